"""The Genesys chat API: `EventError` events, bare, inside Bayeux envelopes, or from a JavaScript bridge.

Three products of Genesys call an event `EventError`. Their members tell them apart, never the name:

    {"type": "EventError", "error": {"code": 52, "description": "…"}}                    the chat API
    {"messageType": "EventError", "error": {"errorCode": 415, "errorMessage": "…"}}      Workspace
    {"eventId": "…", "message": "…", "retryable": true}                                  Cloud

Source: Genesys Web Engagement API Reference, Chat Service JS API and its error codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from errnorm.payload import Kind, Payload
from errnorm.reading.bayeux import is_envelope
from errnorm.reading.json import read_json
from errnorm.usual import bayeux_failures
from errnorm.vendor import (
    NOTHING,
    Clue,
    ClueKind,
    Evidence,
    Question,
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
_NO_ERROR = Evidence(0.5, "a Bayeux message of a chat, without an error")
_NAMELESS = Evidence(0.3, "an error with code and description, which any API may send")

_NAME = "genesys-chat"
_EVENT = "EventError"
_EVENT_NAMES = ("type", "event", "eventType", "name")  # no document says which of them it is
_TEXTS = ("description", "message")
_FLAT = frozenset({"error", "code", *_TEXTS})
_FOREIGN = frozenset({"messageType", "errorCode"})  # what the namesakes in Workspace and Cloud have
_IDS = {"sessionId": "session", "chatSessionId": "session", "userId": "user"}
_BAYEUX_IDS = {"clientId": "client", "id": "request"}
_CLIENT_CODES = range(150, 250)  # "generated on browser side"
_CODE = re.compile(r"\d{1,9}")

# Notices that the manual describes without giving them a code or a text. A failure is no notice.
_FAILURE = re.compile(
    r"fail|expire|unable|can(?:no|')t|could ?n[o']t|lost|timed? ?out|abort|refus|reject"
    r"|not (?:be |been )?restored",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\b(?:chat|session|channel|server)\b", re.IGNORECASE)
_NOTICES = (
    (
        re.compile(
            r"\brestor(?:e|ing)\b|\bbe(?:ing)? restored\b|\bstop(?:s|ped)? responding\b", re.IGNORECASE
        ),
        "session-restoring",
    ),
    (re.compile(r"\brestored\b", re.IGNORECASE), "session-restored"),
    (
        re.compile(r"\b(?:channel|server)\b[^.]{0,80}?\bnot (?:yet )?(?:been )?ready\b", re.IGNORECASE),
        "channel-not-ready",
    ),
)
_CHAT_PLACE = re.compile(r"[/_.-]chat|cometd", re.IGNORECASE)


class _Event(NamedTuple):
    """One event: its own members, those of the envelope around it, and what is asked more than once.

    Attributes:
        members, envelope: its own members, and those of the envelope around it.
        name: `EventError`, where something calls it so.
        in_bayeux: it stood in a Bayeux message.
        body: the members that carry the error: some bridges put them under `data`.
        error: the `error` object, empty where there is none.
        is_foreign: it is one of the namesakes in Workspace and Cloud.
    """

    members: dict[str, Any]
    envelope: dict[str, Any]
    name: str | None
    in_bayeux: bool
    body: dict[str, Any]
    error: dict[str, Any]
    is_foreign: bool

    @classmethod
    def of(
        cls, members: dict[str, Any], envelope: dict[str, Any], name: str | None, *, in_bayeux: bool
    ) -> Self:
        """Ask the members of an event."""
        inner = members.get("data")
        body = inner if isinstance(inner, dict) and _FLAT.isdisjoint(members) else members
        found = body.get("error")
        error = found if isinstance(found, dict) else {}
        foreign = not (_FOREIGN.isdisjoint(members) and _FOREIGN.isdisjoint(error))
        cloud = "retryable" in members and "eventId" in members
        return cls(members, envelope, name, in_bayeux, body, error, foreign or cloud)

    @property
    def is_nameless(self) -> bool:
        """True for `{error: {code, description}}` without a name."""
        return _is_coded(self.error, ("description",)) and not self.is_foreign

    @property
    def is_flat(self) -> bool:
        """True for `{code, description}` or `{code, message}` without a name."""
        return _is_coded(self.body, _TEXTS) and not self.is_foreign


def _is_coded(members: Mapping[str, Any], texts: Sequence[str]) -> bool:
    code = whole(members.get("code"))
    return bool(code and _CODE.fullmatch(code)) and any(members.get(name) for name in texts)


def score(payload: Payload) -> Evidence:
    """Tell how sure it is that a Genesys chat sent this."""
    events = [event for _, events in _items(payload) for event in events]
    for event in events:
        if event.name and not event.is_foreign:
            return _LOGGED if payload.kind is Kind.TEXT else _NAMED
    if any(_on_channel(event, payload) for event in events):
        return _CHANNEL
    if any(event.is_nameless for event in events):
        return _NAMELESS
    return _NO_ERROR if _are_of_chat(events, payload) else NOTHING


def _are_of_chat(events: Sequence[_Event], payload: Payload) -> bool:
    """Tell whether all there is are events of a chat's channel, and none of them a namesake's."""
    return bool(events) and all(
        event.in_bayeux and not event.is_foreign and _is_told(event, payload) for event in events
    )


def parse(payload: Payload) -> Iterable[Reported]:
    """Report every EventError of a body, and the failures of the Bayeux protocol between them."""
    found = [
        (item, [event for event in events if _is_error(event, payload)]) for item, events in _items(payload)
    ]
    if any(errors for _, errors in found):
        return _reports(found)
    if _are_of_chat([event for _, events in _items(payload) for event in events], payload):
        payload.shape = "chat.bayeux"
    return []


def _reports(found: list[tuple[dict[str, Any], list[_Event]]]) -> Iterator[Reported]:
    for item, errors in found:
        yield from map(_reported, errors) if errors else bayeux_failures(item)


def _is_error(event: _Event, payload: Payload) -> bool:
    return not event.is_foreign and (event.name is not None or _on_channel(event, payload))


def _items(payload: Payload) -> list[tuple[dict[str, Any], list[_Event]]]:
    """Give the objects of a body, each with what may be events in it."""
    if _NAME not in payload.memo:
        kind = payload.kind
        document = payload.json if kind is Kind.JSON or kind is Kind.TEXT else None
        value = document.value if document else []
        items = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]
        payload.memo[_NAME] = [(item, _events_of(item, payload)) for item in items]
    found: list[tuple[dict[str, Any], list[_Event]]] = payload.memo[_NAME]
    return found


def _events_of(item: dict[str, Any], payload: Payload) -> list[_Event]:
    if is_envelope(item):
        return _inside(item)
    lead = payload.json.lead if payload.kind is Kind.TEXT and payload.json else ""
    name = _name_of(item) or (_EVENT if _EVENT in lead else None)
    return [_Event.of(item, {}, name, in_bayeux=False)]


def _inside(envelope: dict[str, Any]) -> list[_Event]:
    """Give the events of a Bayeux message: `data` is one, a list, or either as a JSON text."""
    data = envelope.get("data")
    if isinstance(data, str):
        document = read_json(data.encode("utf-8", "replace"), data)
        data = document.value if document else None
    rest = {name: item for name, item in envelope.items() if name != "data"}
    items = [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, dict)]
    return [_Event.of(item, rest, _name_of(item), in_bayeux=True) for item in items]


def _name_of(item: Mapping[str, Any]) -> str | None:
    for name in _EVENT_NAMES:
        if item.get(name) == _EVENT:
            return _EVENT
    return None


def _on_channel(event: _Event, payload: Payload) -> bool:
    if not event.is_nameless and not event.is_flat:
        return False
    return _is_told(event, payload) and (event.is_nameless or payload.hint == _NAME)


def _is_told(event: _Event, payload: Payload) -> bool:
    """Tell whether the channel, the url or the caller says chat."""
    channel = str(event.envelope.get("channel", ""))
    return payload.hint == _NAME or any(_CHAT_PLACE.search(place) for place in (channel, payload.url or ""))


def _reported(event: _Event) -> Reported:
    rest, error, envelope = dict(event.body), dict(event.error), dict(event.envelope)
    for name in _EVENT_NAMES:
        if rest.get(name) == _EVENT:
            del rest[name]
            break
    code = _pop(error if "code" in error else rest, "code")
    message = _pop_text(error) or _pop_text(rest)
    if isinstance(rest.get("error"), str) and not message:
        message = text_value(rest.pop("error"))
    if event.error:
        rest["error"] = error
    notice = _notice(message) if code is None else None
    ids: dict[str, str] = {}
    _move_ids(rest, _IDS, ids)
    _move_ids(envelope, _BAYEUX_IDS, ids)
    return {
        "shape": "chat.bayeux" if event.in_bayeux else "chat.event",
        "type": event.name,
        "code": code,
        "message": message,
        "ids": ids,
        "origin": _origin(code),
        "extra": _extra(event, rest, envelope),
        "lookups": _lookups(code, notice),
    }


def _lookups(code: str | None, notice: str | None) -> tuple[Question, ...]:
    if code:
        return (("code", code),)
    return (("notice", notice, Match.MESSAGE),) if notice else ()


def _pop(source: dict[str, Any], name: str) -> str | None:
    """Take a member out when it is a whole leaf; what is cut or no leaf stays for `extra`."""
    text = whole(source[name]) if name in source else None
    if text:
        del source[name]
    return text


def _pop_text(source: dict[str, Any]) -> str | None:
    for name in filter(source.__contains__, _TEXTS):
        text = text_value(source[name])
        if text:
            del source[name]
            return text
    return None


def _notice(message: str | None) -> str | None:
    if not message or _FAILURE.search(message) or not _ABOUT.search(message):
        return None
    return next((code for pattern, code in _NOTICES if pattern.search(message)), None)


def _origin(code: str | None) -> Origin:
    in_browser = code is not None and _CODE.fullmatch(code) and int(code) in _CLIENT_CODES
    return Origin.CLIENT if in_browser else Origin.VENDOR


def _move_ids(source: dict[str, Any], kinds: Mapping[str, str], ids: dict[str, str]) -> None:
    for name in filter(source.__contains__, kinds):
        text = _pop(source, name)
        if text:
            ids[kinds[name]] = text


def _extra(event: _Event, rest: Mapping[str, Any], envelope: dict[str, Any]) -> dict[str, Any]:
    kept = {name: item for name, item in rest.items() if not is_blank(item)}
    if event.body is not event.members:
        own = {name: item for name, item in event.members.items() if name != "data" and item != _EVENT}
        kept = own | kept
    if envelope:
        kept["envelope"] = envelope
    return kept


GENESYS_CHAT = Vendor(
    name=_NAME,
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
