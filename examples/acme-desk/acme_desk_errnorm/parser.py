"""Acme Desk: an invented help desk, as an example of a vendor that comes in a package of its own.

Its REST API answers with an object of its own name, and with several of them in a list:

    {"acmeError": {"code": 17, "text": "No such ticket", "ticket": "T-4711"}, "node": "desk-2"}

Its client writes the answer into its log:

    Acme Desk answered 404: {"acmeError": {"code": 17, "text": "No such ticket", "ticket": "T-4711"}}

Source: Acme Desk, Error codes (invented as well; name here the pages that you read).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from errnorm import Clue, ClueKind, Evidence, Lookup, Origin, Reported, Vendor
from errnorm.payload import Payload
from errnorm.vendor import NOTHING, is_blank, text_value, whole

__all__ = ["ACME_DESK"]

_WRAPPER = "acmeError"
_NAMED = Evidence(0.95, "an acmeError member, which no other product uses")
_PLACED = Evidence(0.7, "the Server header says Acme Desk")


def score(payload: Payload) -> Evidence:
    """Tell how sure it is that an Acme Desk sent this."""
    if any(_WRAPPER in item for item in _objects(payload)):
        return _NAMED
    return _PLACED if "acme desk" in payload.headers.get("server", "").lower() else NOTHING


def parse(payload: Payload) -> Iterator[Reported]:
    """Report each error of a body; none for an answer in which nothing failed."""
    for item in _objects(payload):
        error = item.get(_WRAPPER)
        if isinstance(error, dict):
            payload.shape = "desk.error"
            yield _reported(error, {name: value for name, value in item.items() if name != _WRAPPER})


def _objects(payload: Payload) -> list[dict[str, Any]]:
    """Give the objects at the top of a body: one, or those of a list."""
    value = payload.json.value if payload.json else None
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _reported(error: dict[str, Any], envelope: dict[str, Any]) -> Reported:
    # `whole` for what the end of a body must not cut short, `text_value` for prose.
    code, ticket, user = (whole(error.get(name)) for name in ("code", "ticket", "agent"))
    message = text_value(error.get("text"))
    fields = {"code": code, "ticket": ticket, "agent": user, "text": message}
    ids = {"request": ticket, "user": user}
    return Reported(
        shape="desk.error",
        code=code,
        message=message,
        ids={name: value for name, value in ids.items() if value},
        origin=Origin.VENDOR,
        extra=_kept(error, fields) | ({"envelope": kept} if (kept := _kept(envelope, {})) else {}),
        lookups=(Lookup("code", code),) if code else (),
    )


def _kept(members: dict[str, Any], fields: dict[str, str | None]) -> dict[str, Any]:
    """Give the members that have no field: nothing that was sent gets lost."""
    return {name: item for name, item in members.items() if not fields.get(name) and not is_blank(item)}


ACME_DESK = Vendor(
    name="acme-desk",
    title="Acme Desk",
    clues=(
        Clue(ClueKind.KEY, _WRAPPER),
        Clue(ClueKind.MARK, _WRAPPER),
        Clue(ClueKind.HEADER, "server: acme desk"),
        Clue(ClueKind.FRAME, "Acme Desk answered {status}: {body}"),
    ),
    score=score,
    parse=parse,
    headers=("server",),
)
