"""Zoom Cobrowse: `session_error` events, callback results, and what the console shows of both.

Only `code` is documented. `errorMsg` is what samples read; the exception is a column of the manual.
A code alone names nobody: 1001 is SESSION_START_FAILED here and "user does not exist" in Zoom's REST API.

Source: Zoom Cobrowse SDK, Error codes and troubleshooting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from errnorm.catalog import Catalog
from errnorm.payload import Kind, Payload
from errnorm.record import CatalogEntry
from errnorm.vendor import (
    NOTHING,
    Clue,
    ClueKind,
    Evidence,
    Reported,
    Vendor,
    is_blank,
    text_value,
    whole,
)
from errnorm.vocabulary import Origin

__all__ = ["ZOOM_COBROWSE"]

_EVENT_FOUND = Evidence(0.97, "an event named session_error")
_LOGGED = Evidence(0.9, "an object printed after the word session_error")
_EXCEPTION = Evidence(0.9, "an exception name of the Cobrowse table, with its own code or none")
_EXCEPTION_ALONE = Evidence(0.7, "an exception name that only Cobrowse has, with a code that is not its own")
_TEXT = Evidence(0.8, "a code of the Cobrowse table with its own text")
_CALLBACK = Evidence(0.8, "a callback result with success false and a code of the Cobrowse table")
_SUCCESS = Evidence(0.4, "a callback result with success true, which other products have as well")
_OWN_SUCCESS = Evidence(0.6, "a callback result with success true, and the caller says Cobrowse")
_SHARED_NAME = Evidence(0.4, "an exception name of the Cobrowse table that other products use as well")
_CODE_ALONE = Evidence(0.3, "a code of the Cobrowse table, which other Zoom products use as well")
_REST = Evidence(0.05, "a code of the Cobrowse table under a url of Zoom's REST API")

_NAME, _TABLE = "zoom-cobrowse", "code"
_EVENT = "session_error"
_EVENT_NAMES = ("event", "type", "eventType", "name")
_INSIDE = ("payload", "data", "detail", "error")
_TEXTS = ("errorMsg", "message", "errorMessage", "reason")
_EXCEPTIONS = ("exception", "name")
_TOLD = frozenset({*_TEXTS, *_EXCEPTIONS})
_IDS = {"sessionId": "session", "session_id": "session", "userId": "user", "user_id": "user"}
_SUCCESSES = frozenset({"session", "sdkInfo", "agentViewerUrl"})
# The exceptions of the table. Some of the names say nothing of Cobrowse.
_OWN_NAMES = (
    "SESSION_AGENT_COUNT_LIMIT",
    "SESSION_CANCELING_IN_PROGRESS",
    "SESSION_CONNECTING_IN_PROGRESS",
    "SESSION_COUNT_LIMIT",
    "SESSION_CUSTOMER_COUNT_LIMIT",
    "SESSION_DUPLICATE_USER",
    "SESSION_JOIN_FAILED",
    "SESSION_JOIN_PIN_NOT_FOUND",
    "SESSION_PIN_INVALID_FORMAT",
    "SESSION_START_FAILED",
    "SESSION_START_PIN_CONFLICT",
    "SESSION_START_PIN_REQUIRED",
)
_SHARED_NAMES = ("NETWORK_ERROR", "TOKEN_INVALID", "UNDEFINED")
_CODE = re.compile(r"\d{1,9}")
# `error code 1011`, as the manual's own sample logs it.
_CONSOLE = re.compile(r"\berror code:?\s{1,3}(\d{1,9})\b")


class _Error(NamedTuple):
    """One error: its own members, those around it, and what is asked of them more than once.

    Attributes:
        members, envelope: its own members, and those around it.
        named: something calls it a session_error.
        failed: it is the error of a callback result with `success: false`.
        code: the code, as digits.
        exception: the exception name.
        text: the member that holds the text, and the text.
    """

    members: dict[str, Any]
    envelope: dict[str, Any]
    named: bool
    failed: bool
    code: str | None
    exception: str | None
    text: tuple[str, str] | None

    @classmethod
    def of(
        cls, members: dict[str, Any], envelope: dict[str, Any], *, named: bool = False, failed: bool = False
    ) -> Self:
        """Ask the members of an error."""
        code = whole(members.get("code"))
        if code and not _CODE.fullmatch(code):
            code = None
        exception, text = None, None
        if not _TOLD.isdisjoint(members):
            exceptions, texts = (filter(members.__contains__, names) for names in (_EXCEPTIONS, _TEXTS))
            exception = next((name for key in exceptions if (name := whole(members[key]))), None)
            text = next(((name, said) for name in texts if (said := text_value(members[name]))), None)
        return cls(members, envelope, named, failed, code, exception, text)


def score(payload: Payload) -> Evidence:
    """Tell how sure it is that a Cobrowse SDK made this."""
    errors = _errors(payload)
    if len(errors) == 1:
        found = _evidence(errors[0], payload)
    else:
        found = max([_evidence(error, payload) for error in errors], key=_confidence, default=NOTHING)
    if found is NOTHING and _succeeded(payload):
        return _OWN_SUCCESS if payload.hint == _NAME else _SUCCESS
    return found


def _confidence(evidence: Evidence) -> float:
    return evidence.confidence


def _evidence(error: _Error, payload: Payload) -> Evidence:
    if error.named:
        return _LOGGED if payload.kind is Kind.TEXT else _EVENT_FOUND
    entry = _entry(error.code)
    if entry and error.exception and error.exception == entry.name:
        return _EXCEPTION
    if error.exception in _OWN_NAMES:
        return _EXCEPTION if error.code is None else _EXCEPTION_ALONE
    if entry is None:
        return _SHARED_NAME if error.exception in _SHARED_NAMES else NOTHING
    if "/v2/" in (payload.url or ""):
        return _REST
    if error.text and _own_text(entry, error.text[1]):
        return _TEXT
    return _CALLBACK if error.failed else _CODE_ALONE


def _entry(key: str | None) -> CatalogEntry | None:
    return Catalog.builtin().find(_NAME, _TABLE, key) if key else None


def _own_text(entry: CatalogEntry, text: str) -> bool:
    said = text.strip().rstrip(".").casefold()
    texts = (*(message.text for message in entry.messages), *entry.aliases)
    return any(said == own.rstrip(".").casefold() for own in texts)


def parse(payload: Payload) -> Iterable[Reported]:
    """Report the errors of a body; none for a callback that succeeded."""
    if _succeeded(payload):
        payload.shape = "cobrowse.callback"
    return [_reported(error) for error in _errors(payload) if error.named or error.failed or _says(error)]


def _says(error: _Error) -> bool:
    return bool(error.code or (error.exception and _entry(error.exception)))


def _errors(payload: Payload) -> list[_Error]:
    """Give the objects of a body that may be errors."""
    if _NAME not in payload.memo:
        payload.memo[_NAME] = _found(payload)
    errors: list[_Error] = payload.memo[_NAME]
    return errors


def _found(payload: Payload) -> list[_Error]:
    is_text = payload.kind is Kind.TEXT
    document = payload.json if is_text or payload.kind is Kind.JSON else None
    if document is None:
        return _console(payload)
    value = document.value
    logged = is_text and _EVENT in document.lead
    if isinstance(value, list) and value[:1] == [_EVENT]:  # ["session_error", {"code": 1011}]
        value, logged = value[1:], True
    items = value if isinstance(value, list) else (value,)
    found = [_unwrapped(item, named=logged) for item in items if isinstance(item, dict)]
    return [error for error in found if error]


def _console(payload: Payload) -> list[_Error]:
    found = _CONSOLE.search(payload.text) if payload.kind is Kind.TEXT else None
    return [_Error.of({"code": found[1]}, {}, named=_EVENT in payload.text)] if found else []


def _unwrapped(item: dict[str, Any], *, named: bool) -> _Error | None:
    """Unwrap an event around its payload, and a callback result around its error; a success gives none."""
    members = item.get("payload")
    if (
        len(item) == 2
        and item.get("event") == _EVENT
        and isinstance(members, dict)
        and "error" not in members
    ):
        return _Error.of(members, {}, named=True)  # the event as the SDK sends it: saves 3 µs
    event = next((name for name in filter(item.__contains__, _EVENT_NAMES) if item[name] == _EVENT), None)
    rest = {key: value for key, value in item.items() if key != event} if event else dict(item)
    named = named or event is not None
    success = text_value(rest.get("success"))
    if success == "true" and is_blank(rest.get("error")):
        return None
    failed = success == "false"
    inner = [key for key in filter(rest.__contains__, _INSIDE) if isinstance(rest[key], dict)]
    if not inner or "code" in rest or not (named or failed or inner[0] == "error"):
        return _Error.of(rest, {}, named=named, failed=failed)
    members = rest.pop(inner[0])
    if isinstance(members.get("error"), dict) and "code" not in members:
        rest |= {inner[0]: {key: value for key, value in members.items() if key != "error"}}
        members = members["error"]
    return _Error.of(members, rest, named=named, failed=failed)


def _succeeded(payload: Payload) -> bool:
    document = payload.json if payload.kind is Kind.JSON else None
    value = document.value if document else None
    if not isinstance(value, dict) or "success" not in value or text_value(value["success"]) != "true":
        return False
    return bool(_SUCCESSES & value.keys()) or payload.hint == _NAME


def _reported(error: _Error) -> Reported:
    name, message = error.text or (None, None)
    code, exception = whole(error.members.get("code")), error.exception
    ids: dict[str, str] = {}
    extra: dict[str, Any] = {}
    for key, value in error.members.items():
        if key == name or (key == "code" and code):
            continue
        if key in _IDS:
            text = whole(value)
            if text and ids.setdefault(_IDS[key], text) == text:
                continue
        elif key in _EXCEPTIONS and exception and whole(value) == exception:
            continue
        if not is_blank(value):
            extra[key] = value
    envelope = {key: value for key, value in error.envelope.items() if not is_blank(value)}
    if envelope:
        extra["envelope"] = envelope
    return {
        "shape": _shape(error),
        "type": exception,
        "code": code,
        "message": message,
        "ids": ids,
        "origin": Origin.CLIENT,
        "extra": extra,
        "lookups": ((_TABLE, code), (_TABLE, exception)),
    }


def _shape(error: _Error) -> str:
    if error.failed and not error.named:
        return "cobrowse.callback"
    return "cobrowse.session_error"


ZOOM_COBROWSE = Vendor(
    name=_NAME,
    title="Zoom Cobrowse SDK",
    clues=(
        *(Clue(ClueKind.EVENT, name) for name in (_EVENT, *_OWN_NAMES)),
        *(Clue(ClueKind.KEY, name) for name in ("code", "success", "exception")),
        Clue(ClueKind.MARK, _EVENT),
        Clue(ClueKind.MARK, "error code"),
    ),
    score=score,
    parse=parse,
)
