"""Example Desk: the smallest complete slice. The product is invented; copy the folder for a real one.

Its error stands in an object of its own name. Some gateways in front of it drop that wrapper:

    {"exampleError": {"code": 17, "text": "No such ticket", "ticket": "T-4711"}}
    {"code": 17, "text": "No such ticket", "ticket": "T-4711"}

Source: Example Desk, Error codes (invented as well; name here the pages you read).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from errnorm.payload import Kind, Payload
from errnorm.vendor import (
    NOTHING,
    Clue,
    ClueKind,
    Evidence,
    Lookup,
    Reported,
    Vendor,
    is_blank,
    text_value,
    whole,
)
from errnorm.vocabulary import Origin

__all__ = ["TEMPLATE"]

# The ladder: from 0.5 on a rung claims the body; below, it only names a candidate.
_WRAPPED = Evidence(0.95, "an exampleError member, which no other product uses")
_PLACED = Evidence(0.6, "a code and a ticket, where the url or the caller names Example Desk")
_BARE = Evidence(0.3, "a code and a ticket, which any help desk may send")

_NAME, _TABLE = "example-desk", "code"
_WRAPPER = "exampleError"
_PATH = "/desk/api/"


class _Error(NamedTuple):
    """One error: its own members, and those around it."""

    members: dict[str, Any]
    envelope: dict[str, Any]
    wrapped: bool


def score(payload: Payload) -> Evidence:
    """Tell how sure it is that an Example Desk sent this."""
    found = (_evidence(error, payload) for error in _errors(payload))
    return max(found, key=lambda evidence: evidence.confidence, default=NOTHING)


def _evidence(error: _Error, payload: Payload) -> Evidence:
    if error.wrapped:
        return _WRAPPED
    if not (whole(error.members.get("code")) and whole(error.members.get("ticket"))):
        return NOTHING
    named = _PATH in (payload.url or "") or payload.hint == _NAME
    return _PLACED if named else _BARE


def parse(payload: Payload) -> list[Reported]:
    """Report the errors of a body; what is not claimed is left to others.

    Example:
        >>> found = parse(Payload(b'{"exampleError": {"code": 17, "ticket": "T-4711", "queue": 3}}'))
        >>> found[0]["code"], found[0]["ids"], found[0]["extra"]
        ('17', {'request': 'T-4711'}, {'queue': 3})
    """
    return [_reported(error) for error in _errors(payload) if _evidence(error, payload).claims]


def _errors(payload: Payload) -> Iterator[_Error]:
    """Go through the objects of a body that may be errors: one, or a list of several."""
    document = payload.json if payload.kind in {Kind.JSON, Kind.TEXT} else None
    value = document.value if document else None
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield _unwrapped(item)


def _unwrapped(item: dict[str, Any]) -> _Error:
    rest = dict(item)
    inner = rest.pop(_WRAPPER, None)
    if isinstance(inner, dict):
        return _Error(inner, rest, wrapped=True)
    return _Error(item, {}, wrapped=_WRAPPER in item)


def _reported(error: _Error) -> Reported:
    """Give each member a field, and keep in `extra` what has none."""
    members = error.members
    # `whole` for what must not be cut short by the end of the body, `text_value` for prose.
    code, ticket = whole(members.get("code")), whole(members.get("ticket"))
    message = text_value(members.get("text"))
    fields = {"code": code, "ticket": ticket, "text": message}
    extra = _said({name: item for name, item in members.items() if not fields.get(name)})
    envelope = _said(error.envelope)
    return Reported(
        shape="desk.error",
        code=code,
        message=message,
        ids={"request": ticket} if ticket else {},
        origin=Origin.VENDOR,
        extra=extra | ({"envelope": envelope} if envelope else {}),
        lookups=(Lookup(_TABLE, code),) if code else (),
    )


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in members.items() if not is_blank(item)}


TEMPLATE = Vendor(
    name=_NAME,
    title="Example Desk",
    clues=(
        Clue(ClueKind.KEY, _WRAPPER),
        Clue(ClueKind.KEY, "ticket"),
        Clue(ClueKind.PATH, _PATH),
        Clue(ClueKind.MARK, _WRAPPER),
    ),
    score=score,
    parse=parse,
)
