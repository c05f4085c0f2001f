"""What a body of nobody's form says about itself: the members everybody uses, the words of a page.

This serves vendors without a form of their own (Genesys Web Engagement) and bodies without a vendor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from errnorm.payload import Kind, Payload
from errnorm.reading.bayeux import messages, read_error
from errnorm.reading.html import writer_of
from errnorm.reading.xml import local_name, to_value
from errnorm.vendor import Reported, is_blank, text_value, whole
from errnorm.vocabulary import Origin

__all__ = ["bayeux_failures", "describe"]

_TEXT_CHARS = 2000  # a plain text this long is prose to show; a longer one stands in `raw`
# Where each field usually stands, the most telling first (RFC 9457, RFC 6749, SOAP 1.1, habit).
_MEMBERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "message",
        (
            "detail",
            "message",
            "error_description",
            "errorMessage",
            "error_message",
            "errorMsg",
            "userMessage",
            "statusMessage",
            "msg",
            "description",
            "faultstring",
            "reason",
            "title",
            "error",
        ),
    ),
    ("code", ("code", "errorCode", "error_code", "faultcode", "statusCode", "error")),
    ("type", ("type", "exception", "errorType", "title", "name", "error")),
    ("target", ("field", "parameter", "instance", "uri", "path")),
)
# An error often stands one level down: {"error": {…}}, {"errors": [{…}]}, <fault>…</fault>.
_INNER = ("error", "errors", "Error", "fault", "Fault", "problem", "status")
_PROBLEM = "urn:ietf:rfc:7807"
_PROBLEM_MEMBERS = frozenset({"type", "title", "status", "detail", "instance"})
_REQUEST_IDS = ("requestId", "request_id", "correlationId", "contextId", "traceId", "trackingId")


def describe(payload: Payload) -> Reported:
    """Report what any body says, without knowing whose it is.

    Args:
        payload: the body.

    Returns:
        One error: shape (`json`, `xml`, `html`, `text`, `empty`, `problem.json`, `problem.xml`),
        message, origin, and code, type and target where a usual member names them.

    Example:
        >>> describe(Payload(b'{"title": "Out of credit", "detail": "30 short", "status": 403}'))["message"]
        '30 short'
    """
    return _READERS[payload.kind](payload)


def _empty(_: Payload) -> Reported:
    return Reported(shape="empty", origin=Origin.UNKNOWN)


def _html(payload: Payload) -> Reported:
    page = payload.html
    origin = page.writer.origin
    extra = {"title": page.title, "heading": page.heading, "words": page.words, "writer": page.writer.name}
    kept = {name: text for name, text in extra.items() if text and text not in {page.message, "unknown"}}
    return Reported(shape="html", message=page.message, origin=origin, extra=kept)


def _text(payload: Payload) -> Reported:
    text = payload.text.strip("\ufeff\0 \t\r\n")
    return Reported(shape="text", message=text[:_TEXT_CHARS], origin=writer_of(text).origin)


def _json(payload: Payload) -> Reported:
    document = payload.json
    if document is None:
        return _text(payload)
    value = document.value
    if isinstance(value, list):
        value = value[0] if len(value) == 1 and isinstance(value[0], dict) else {"items": value}
    problem = "problem+json" in (payload.content_type or "") or _is_problem(value)
    return _members(value, "problem.json" if problem else "json", payload)


def _xml(payload: Payload) -> Reported:
    document = payload.xml
    if document is None:
        return _text(payload)
    root = document.roots[0]
    value = to_value(root, document)
    if not isinstance(value, dict):
        return Reported(shape="xml", message=text_value(value), origin=Origin.UNKNOWN)
    problem = _PROBLEM in str(root.tag) or "problem+xml" in (payload.content_type or "")
    if len(document.roots) > 1:
        value = {
            "#roots": [{local_name(item): to_value(item, document)} for item in document.roots[1:]]
        } | value
    return _members(value, "problem.xml" if problem else "xml", payload)


def _is_problem(value: Mapping[str, Any]) -> bool:
    """RFC 9457 under a wrong Content-Type: a status and a title or detail, and a type that is a URI."""
    kind = value.get("type")
    return len(_PROBLEM_MEMBERS & value.keys()) >= 4 or (
        isinstance(kind, str) and "title" in value and ":" in kind
    )


def _members(value: dict[str, Any], shape: str, payload: Payload) -> Reported:
    reported = Reported(shape=shape, origin=Origin.UNKNOWN)
    rest = dict(value)
    _status(rest, reported, payload)
    _fill(rest, reported)
    # A foreign wrapper may have any name: `<apiErrors><apiError>` of a sibling product.
    for name in (*_INNER, *rest):
        inner = rest.get(name)
        single = inner[0] if isinstance(inner, list) and len(inner) == 1 else inner
        if isinstance(single, dict) and not reported.get("message"):
            left = dict(single)
            _fill(left, reported)
            rest[name] = left
    request = next((name for name in _REQUEST_IDS if text_value(rest.get(name))), None)
    if request:
        reported["ids"] = {"request": str(text_value(rest.pop(request)))}
    reported["extra"] = {name: item for name, item in rest.items() if not is_blank(item)}
    return reported


def _status(rest: dict[str, Any], reported: Reported, payload: Payload) -> None:
    """Take the HTTP status out of the body: it is not a code of the vendor's."""
    for name in ("status", "statusCode", "code"):
        text = text_value(rest.get(name)) or ""
        is_status = text.isdecimal() and 400 <= int(text[:4]) <= 599
        if is_status and (name == "status" or int(text) == payload.status):
            reported["status"] = int(text)
            del rest[name]
            return


def _fill(rest: dict[str, Any], reported: Reported) -> None:
    for field, names in _MEMBERS:
        if reported.get(field):
            continue
        read: Callable[[Any], str | None] = text_value if field == "message" else whole
        name = next((name for name in names if read(rest.get(name))), None)
        if name and (field in {"message", "code"} or name not in {"title", "error"}):
            reported[field] = read(rest.pop(name))  # type: ignore[literal-required]


def bayeux_failures(value: Any) -> list[Reported]:  # noqa: ANN401 - any JSON value
    """Report the failures of the Bayeux protocol itself: `{"successful": false, "error": "402::…"}`.

    Args:
        value: the JSON of a body.

    Returns:
        One error for each Bayeux message that failed.

    Example:
        >>> failed = {"channel": "/meta/connect", "successful": False, "error": "402::Unknown client"}
        >>> bayeux_failures([failed])[0]["code"]
        '402'
    """
    return [_failure(item) for item in messages(value) if item.get("successful") is False]


def _failure(item: dict[str, Any]) -> Reported:
    rest = {name: value for name, value in item.items() if not is_blank(value)}
    error = read_error(whole(rest.get("error")))
    ids = {kind: text for name, kind in _BAYEUX_IDS.items() if (text := whole(rest.get(name)))}
    envelope = {name: value for name, value in rest.items() if name not in {"error", *_BAYEUX_IDS}}
    return Reported(
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
