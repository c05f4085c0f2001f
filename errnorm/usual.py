"""What a body of nobody's form says about itself: the members everybody uses, the words of a page.

This serves vendors without a form of their own (Genesys Web Engagement) and bodies without a vendor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from errnorm.payload import Kind, Payload
from errnorm.reading.bayeux import messages, read_error
from errnorm.reading.html import LOGIN, writer_of
from errnorm.reading.xml import local_name
from errnorm.vendor import Lookup, Reported, is_blank, text_value, whole
from errnorm.vocabulary import Match, Origin

__all__ = ["bayeux_failures", "describe", "says_error", "says_success"]

_Field = Literal["message", "code", "type", "target"]

_TEXT_CHARS = 2000  # a plain text this long is prose to show; a longer one stands in `raw`
_MAX_LEVELS = 4
# Where each field usually stands, lower-cased, the most telling first (RFC 9457, RFC 6749, SOAP 1.1, habit).
_MEMBERS: tuple[tuple[_Field, tuple[str, ...]], ...] = (
    (
        "message",
        (
            "message",
            "detail",
            "error_description",
            "errormessage",
            "error_message",
            "errormsg",
            "usermessage",
            "statusmessage",
            "msg",
            "description",
            "faultstring",
            "reason",
            "title",
            "error",
        ),
    ),
    ("code", ("code", "errorcode", "error_code", "faultcode", "statuscode", "error")),
    ("type", ("type", "exception", "errortype")),
    ("target", ("field", "parameter", "instance", "uri", "path")),
)
# An error often stands some levels down: {"error": {…}}, {"errors": [{…}]}, <Envelope><Body><Fault>….
_INNER = (
    *("error", "errors", "Error", "Errors", "fault", "Fault", "problem", "status"),
    *("Body", "body", "data", "payload", "parameters", "reasons", "responseJSON"),
)
_STATUS_NAMES = ("status", "statusCode", "status_code", "httpStatus")
_PROBLEM = "urn:ietf:rfc:7807"
_PROBLEM_MEMBERS = frozenset({"type", "title", "status", "detail", "instance"})
_REQUEST_IDS = ("requestId", "request_id", "correlationId", "contextId", "traceId", "trackingId")
# {"error": "invalid_client"} is a code (RFC 6749), {"error": "Not Found"} the status in words.
_ERROR_CODE = re.compile(r"[a-z0-9]++(?:[_.-][a-z0-9]++)*+|[A-Z0-9]++(?:_[A-Z0-9]++)++")
_FAILED = ("success", "ok")


def describe(payload: Payload) -> Reported:
    """Report what any body says, without knowing whose it is.

    Args:
        payload: the body.

    Returns:
        One error: shape (`json`, `xml`, `html`, `text`, `binary`, `empty`, `problem.json`,
        `problem.xml`), message, origin, and code, type and target where a usual member names them.

    Example:
        >>> describe(Payload(b'{"title": "Out of credit", "detail": "30 short", "status": 403}'))["message"]
        '30 short'
    """
    return _READERS[payload.kind](payload)


def says_error(payload: Payload) -> bool:
    """Tell whether a body of nobody's form reports an error by itself, whatever its status.

    Args:
        payload: the body.

    Returns:
        True for a problem document, `success: false`, an `error` or `errors` member that says
        something, a SOAP fault, a page that names an error status, and a login page: somebody asked an
        API and was sent to sign in.

    Example:
        >>> says_error(Payload(b'{"errors": []}')), says_error(Payload(b'{"errors": [{"message": "x"}]}'))
        (False, True)
    """
    if payload.kind is Kind.HTML:
        return payload.html.status is not None or payload.html.writer is LOGIN
    if payload.kind is Kind.XML:
        reported = _xml(payload)
        return reported["shape"] == "problem.xml" or "Fault" in str(reported.get("extra", {}).get("Body", ""))
    value = payload.json.value if payload.kind is Kind.JSON and payload.json else None
    if not isinstance(value, dict):
        return False
    failed = any(value.get(name) is False for name in _FAILED)
    told = any(not is_blank(value.get(name)) and value[name] is not False for name in ("error", "errors"))
    return failed or told or _json(payload)["shape"] == "problem.json"


def says_success(payload: Payload) -> bool:
    """Tell whether a body of nobody's form reports success: `success: true` and no error.

    Example:
        >>> says_success(Payload(b'{"success": true, "error": null}'))
        True
    """
    value = payload.json.value if payload.kind is Kind.JSON and payload.json else None
    return isinstance(value, dict) and value.get("success") is True and is_blank(value.get("error"))


def _empty(_: Payload) -> Reported:
    return Reported(shape="empty", origin=Origin.UNKNOWN)


def _html(payload: Payload) -> Reported:
    page = payload.html
    extra = {"title": page.title, "heading": page.heading, "words": page.words, "writer": page.writer.name}
    kept = {name: text for name, text in extra.items() if text and text not in {page.message, "unknown"}}
    reported = Reported(shape="html", message=page.message, origin=page.writer.origin, extra=kept)
    if page.status:
        reported["status"] = page.status
    if page.writer is LOGIN:
        reported["lookups"] = (Lookup("page", "login", Match.MESSAGE),)
    return reported


def _text(payload: Payload) -> Reported:
    text = payload.text.strip("\ufeff\0 \t\r\n")
    if "\0" in text:
        return Reported(shape="binary", origin=Origin.UNKNOWN)
    if len(text) > 1 and text.startswith('"') and text.endswith('"') and "\n" not in text:
        text = text[1:-1]  # a JSON text is a text
    message = None if text == "null" else text_value(text[:_TEXT_CHARS])
    return Reported(shape="text", message=message, origin=writer_of(text).origin)


def _json(payload: Payload) -> Reported:
    document = payload.json
    if document is None:
        return _text(payload)
    value = document.value
    if isinstance(value, list):
        return _listed(value, payload)
    problem = _is_named_problem(payload) or _is_problem(value)
    return _members(value, "problem.json" if problem else "json", payload)


def _listed(value: list[Any], payload: Payload) -> Reported:
    """Report a list: the one object in it, or what the first of several says, with all kept."""
    objects = [item for item in value if isinstance(item, dict)]
    if len(value) == 1 and objects:
        return _members(objects[0], "json", payload)
    reported = (
        _members(objects[0], "json", payload) if objects else Reported(shape="json", origin=Origin.UNKNOWN)
    )
    reported["extra"] = {"items": value}
    return reported


def _xml(payload: Payload) -> Reported:
    document = payload.xml
    if document is None:
        return _text(payload)
    root = document.roots[0]
    value = payload.xml_values[0]
    # The repairing reader drops namespaces: of a cut <problem xmlns="urn:ietf:rfc:7807"> the name is left.
    is_root = _PROBLEM in str(root.tag) or (local_name(root) == "problem" and _PROBLEM in payload.text)
    shape = "problem.xml" if is_root or _is_named_problem(payload) else "xml"
    if not isinstance(value, dict):
        return Reported(shape=shape, message=text_value(value), origin=Origin.UNKNOWN)
    if len(document.roots) > 1:
        named = zip(document.roots[1:], payload.xml_values[1:], strict=True)
        others = [{local_name(item): inside} for item, inside in named]
        value = {"#roots": others} | value
    return _members(value, shape, payload)


def _is_named_problem(payload: Payload) -> bool:
    # application/problem+json, application/problem+xml; media types are named in any case.
    return "problem+" in (payload.content_type or "").lower()


def _is_problem(value: Mapping[str, Any]) -> bool:
    """RFC 9457 under a wrong Content-Type: four of its members, or a title under a type that is a URI."""
    kind = value.get("type")
    by_type = isinstance(kind, str) and "title" in value and ":" in kind
    return len(_PROBLEM_MEMBERS & value.keys()) >= 4 or by_type


def _members(value: dict[str, Any], shape: str, payload: Payload) -> Reported:
    reported = Reported(shape=shape, origin=Origin.UNKNOWN)
    rest = dict(value)
    _status(rest, reported, payload)
    rest = _filled(rest, reported, payload.status or reported.get("status"))
    request = next((name for name in filter(rest.__contains__, _REQUEST_IDS) if whole(rest[name])), None)
    if request:
        reported["ids"] = {"request": str(whole(rest.pop(request)))}
    reported["extra"] = {name: item for name, item in rest.items() if not is_blank(item)}
    return reported


def _status(rest: dict[str, Any], reported: Reported, payload: Payload) -> None:
    """Take the HTTP status out of the body: it is not a code of the vendor's."""
    for name in filter(rest.__contains__, _STATUS_NAMES):
        text = text_value(rest[name]) or ""
        if len(text) == 3 and text.isdecimal() and 400 <= int(text) <= 599:
            reported["status"] = int(text)
            if payload.status in {None, int(text)}:  # another one than the response's stays in sight
                del rest[name]
            return


def _filled(
    value: dict[str, Any], reported: Reported, status: int | None, levels: int = _MAX_LEVELS
) -> dict[str, Any]:
    """Fill the fields from an object and, where they are still open, from those in it; give the rest."""
    rest = dict(value)
    _fill(rest, reported, status)
    inside = [*filter(rest.__contains__, _INNER)] or (list(rest) if len(rest) == 1 else [])
    for name in inside:
        listed = isinstance(rest[name], list) and len(rest[name]) == 1
        inner = rest[name][0] if listed else rest[name]
        if isinstance(inner, dict) and levels and not reported.get("message"):
            left = _filled(inner, reported, status, levels - 1)
            rest[name] = [left] if listed and left else left
    return rest


def _fill(rest: dict[str, Any], reported: Reported, status: int | None) -> None:
    here = {name.lower(): name for name in reversed(rest)}
    for field, names in _MEMBERS:
        if reported.get(field):
            continue
        for name in filter(here.__contains__, names):
            text = _said(field, name, rest.get(here[name]))
            if text:
                del rest[here[name]]
                # {"error": {"code": 404}} under a 404: the status once more, and no code.
                reported[field] = None if field == "code" and text == str(status) else text
                break


def _said(field: str, name: str, value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    text = text_value(value) if field == "message" else whole(value)
    if text is None:
        return None
    if name == "error" and (field == "code") != bool(_ERROR_CODE.fullmatch(text)):
        return None
    return text


def bayeux_failures(value: Any) -> Iterator[Reported]:  # noqa: ANN401 - any JSON value
    """Report the failures of the Bayeux protocol itself: `{"successful": false, "error": "402::…"}`.

    Args:
        value: the JSON of a body.

    Returns:
        One error for each Bayeux message that failed.

    Example:
        >>> failed = {"channel": "/meta/connect", "successful": False, "error": "402::Unknown client"}
        >>> [report["code"] for report in bayeux_failures([failed])]
        ['402']
    """
    return (_failure(item) for item in messages(value) if item.get("successful") is False)


def _failure(item: dict[str, Any]) -> Reported:
    rest = {name: value for name, value in item.items() if not is_blank(value)}
    error = read_error(whole(rest.get("error")))
    ids = {kind: text for name, kind in _BAYEUX_IDS.items() if (text := whole(rest.get(name)))}
    envelope = {name: value for name, value in rest.items() if name not in {"error", *_BAYEUX_IDS}}
    return Reported(
        vendor="unknown",
        shape="bayeux.meta",
        code=error.code if error else None,
        target=error.arguments if error else None,
        message=error.message if error else text_value(rest.get("error")),
        ids=ids,
        origin=Origin.UNKNOWN,
        extra={"envelope": envelope},
    )


_BAYEUX_IDS = {"clientId": "client", "id": "request"}

_READERS: dict[Kind, Callable[[Payload], Reported]] = {
    Kind.EMPTY: _empty,
    Kind.HTML: _html,
    Kind.TEXT: _text,
    Kind.JSON: _json,
    Kind.XML: _xml,
}
