"""The Genesys chat API: `EventError` events, bare, inside Bayeux envelopes, or from a JavaScript bridge.

Three products of Genesys call an event `EventError`. Their members tell them apart, never the name:

    {"type": "EventError", "error": {"code": 52, "description": "…"}}                    the chat API
    {"messageType": "EventError", "error": {"errorCode": 415, "errorMessage": "…"}}      Workspace
    {"eventId": "…", "message": "…", "retryable": true}                                  Cloud

Source: Genesys Web Engagement API Reference, Chat Service JS API and its error codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from errnorm.payload import Kind, Payload
from errnorm.reading.bayeux import is_envelope
from errnorm.reading.json import read_json
from errnorm.usual import bayeux_failures
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
from errnorm.vocabulary import Match, Origin

__all__ = ["GENESYS_CHAT"]

_NAMED = Evidence(0.95, "an event named EventError, without the members of its namesakes")
_LOGGED = Evidence(0.8, "an object printed after the word EventError")
_CHANNEL = Evidence(0.7, "an error with code and description on a chat channel or a cometd url")
_NAMELESS = Evidence(0.3, "an error with code and description, which any API may send")

_EVENT = "EventError"
_EVENT_NAMES = ("type", "event", "eventType", "name")  # no document says which of them it is
_TEXTS = ("description", "message")
_IDS = {"sessionId": "session", "chatSessionId": "session", "userId": "user", "clientId": "client"}
_CLIENT_CODES = range(150, 250)  # "generated on browser side"
_CODE = re.compile(r"\d{1,9}")

# Notices that the manual describes without giving them a code or a text. A failure is no notice.
_FAILURE = re.compile(r"fail|expire|unable|cannot|could not|lost", re.IGNORECASE)
_NOTICES = (
    (
        re.compile(r"\brestor(?:e|ing)\b|\bbeing restored\b|\bstop(?:s|ped)? responding\b", re.IGNORECASE),
        "session-restoring",
    ),
    (re.compile(r"\brestored\b", re.IGNORECASE), "session-restored"),
    (re.compile(r"\bnot (?:yet )?(?:been )?ready\b", re.IGNORECASE), "channel-not-ready"),
)


class _Event(NamedTuple):
    """One event: its own members, and those of the envelope around it."""

    members: dict[str, Any]
    envelope: dict[str, Any]
    name: str | None
    in_bayeux: bool

    @property
    def body(self) -> dict[str, Any]:
        """The members that carry the error: some bridges put them under `data`."""
        inner = self.members.get("data")
        flat = {"error", "code", *_TEXTS} & self.members.keys()
        return inner if isinstance(inner, dict) and not flat else self.members

    @property
    def error(self) -> dict[str, Any]:
        """The `error` object, empty where there is none."""
        error = self.body.get("error")
        return error if isinstance(error, dict) else {}

    @property
    def is_foreign(self) -> bool:
        """True for the namesakes in Workspace and Cloud."""
        members = {*self.members, *self.error}
        return bool(members & {"messageType", "errorCode"}) or {"eventId", "retryable"} <= members

    @property
    def is_nameless(self) -> bool:
        """True for `{error: {code, description}}` without a name."""
        code = whole(self.error.get("code"))
        return bool(code and _CODE.fullmatch(code) and self.error.get("description")) and not self.is_foreign


def score(payload: Payload) -> Evidence:
    """Tell how sure it is that a Genesys chat sent this."""
    events = list(_events(payload))
    if any(event.name and not event.is_foreign for event in events):
        return _LOGGED if payload.kind is Kind.TEXT else _NAMED
    if any(_on_channel(event, payload) for event in events):
        return _CHANNEL
    return _NAMELESS if any(event.is_nameless for event in events) else NOTHING


def parse(payload: Payload) -> list[Reported]:
    """Report every EventError of a body, and the failures of the Bayeux protocol beside them."""
    reports = [
        _reported(event)
        for event in _events(payload)
        if not event.is_foreign and (event.name or _on_channel(event, payload))
    ]
    document = payload.json
    return reports + (bayeux_failures(document.value) if reports and document else [])


def _events(payload: Payload) -> Iterator[_Event]:
    """Go through the objects of a body that may be events."""
    document = payload.json if payload.kind in {Kind.JSON, Kind.TEXT} else None
    if document is None:
        return
    logged = _EVENT if payload.kind is Kind.TEXT and _EVENT in document.lead else None
    items = document.value if isinstance(document.value, list) else [document.value]
    for item in items:
        if not isinstance(item, dict):
            continue
        if is_envelope(item):
            yield from _inside(item)
        else:
            yield _Event(item, {}, _name_of(item) or logged, in_bayeux=False)


def _inside(envelope: dict[str, Any]) -> Iterator[_Event]:
    """Go through the events of a Bayeux message: `data` is one, a list, or either as a JSON text."""
    data = envelope.get("data")
    if isinstance(data, str):
        document = read_json(data.encode("utf-8", "replace"), data)
        data = document.value if document else None
    rest = {name: item for name, item in envelope.items() if name != "data"}
    for item in data if isinstance(data, list) else [data]:
        if isinstance(item, dict):
            yield _Event(item, rest, _name_of(item), in_bayeux=True)


def _name_of(item: Mapping[str, Any]) -> str | None:
    return next((_EVENT for name in _EVENT_NAMES if item.get(name) == _EVENT), None)


def _on_channel(event: _Event, payload: Payload) -> bool:
    place = f"{event.envelope.get('channel', '')} {payload.url or ''}".lower()
    told = "chat" in place or "cometd" in place or payload.hint == "genesys-chat"
    return event.is_nameless and told


def _reported(event: _Event) -> Reported:
    rest = dict(event.body)
    error = dict(event.error)
    name = next((name for name in _EVENT_NAMES if rest.get(name) == _EVENT), None)
    rest.pop(name or "", None)
    code = whole(_pop(error, "code")) if "code" in error else whole(_pop(rest, "code"))
    message = next((text for source in (error, rest) for text in _take_text(source)), None)
    if isinstance(rest.get("error"), str) and not message:
        message = text_value(rest.pop("error"))
    rest["error"] = error or rest.get("error") if not isinstance(rest.get("error"), dict) else error
    notice = _notice(message) if code is None else None
    return Reported(
        shape="chat.bayeux" if event.in_bayeux else "chat.event",
        type=event.name,
        code=code,
        message=message,
        ids=dict(_ids(rest, event.envelope)),
        origin=_origin(code),
        extra=_extra(event, rest),
        lookups=(Lookup("code", code),)
        if code
        else (Lookup("notice", notice, Match.MESSAGE),)
        if notice
        else (),
    )


def _pop(source: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Take a member out when it is a whole leaf; what is cut or no leaf stays for `extra`."""
    return source.pop(name) if whole(source.get(name)) else None


def _take_text(source: dict[str, Any]) -> Iterator[str]:
    for name in _TEXTS:
        text = text_value(source.get(name))
        if text:
            del source[name]
            yield text


def _notice(message: str | None) -> str | None:
    if not message or _FAILURE.search(message):
        return None
    return next((code for pattern, code in _NOTICES if pattern.search(message)), None)


def _origin(code: str | None) -> Origin:
    in_browser = code is not None and _CODE.fullmatch(code) and int(code) in _CLIENT_CODES
    return Origin.CLIENT if in_browser else Origin.VENDOR


def _ids(*sources: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for source in sources:
        for name, kind in _IDS.items():
            text = whole(source.get(name))
            if text:
                yield kind, text


def _extra(event: _Event, rest: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: item for name, item in rest.items() if not is_blank(item)}
    if event.body is not event.members:
        outer = {name: item for name, item in event.members.items() if name not in {"data", *_EVENT_NAMES}}
        kept = {**outer, **kept}
    return kept | ({"envelope": event.envelope} if event.envelope else {})


GENESYS_CHAT = Vendor(
    name="genesys-chat",
    title="Genesys chat API",
    clues=(
        Clue(ClueKind.EVENT, _EVENT),
        Clue(ClueKind.KEY, "error"),
        Clue(ClueKind.KEY, "channel"),
        Clue(ClueKind.MARK, _EVENT),
    ),
    score=score,
    parse=parse,
)
