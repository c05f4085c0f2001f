"""HAR 1.2: what a browser or a proxy recorded, `{"log": {"entries": [{"request": …, "response": …}]}}`.

http://www.softwareishard.com/blog/har-12-spec/. Fiddler begins with a byte order mark; Firefox leaves out
the text of bodies that it has thrown away; a request that got no answer has status 0. What came over a
WebSocket stands beside the answer that opened it, as Chrome and mitmproxy write it:
`"_webSocketMessages": [{"type": "receive", "time": 1763719200.25, "opcode": 1, "data": "<message>…"}]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from errnorm.batch.capture import Capture, Found, Known, NotError, Reader, Stream
from errnorm.batch.elements import Element, elements, loads, parts, reason_of
from errnorm.batch.rows import headers_of, stamp_of, status_of, text_body
from errnorm.batch.window import rejects
from errnorm.record import Problem
from errnorm.vocabulary import ProblemCode

__all__ = ["HAR"]

_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*+\{\s*+"log"\s*+:\s*+\{')
_ENCODED = re.compile(r"content-encoding|content-length|transfer-encoding", re.IGNORECASE)

_BINARY = 2  # RFC 6455, section 5.2
_NO_RESPONSE = "The entry has no response. Look whether the recording was edited."
_OMITTED = Problem(
    ProblemCode.BODY_OMITTED,
    "The recording left out the body of this answer. Record it anew with the content of responses.",
)


def _sniff(head: bytes, _: Mapping[str, str]) -> float:
    return 0.97 if _START.match(head) else 0.0


def _read(stream: Stream) -> Iterator[Found]:
    for element in elements(stream, b"entries"):
        yield from _found(element, stream)


def _cut(stream: Stream) -> Iterator[Stream | Found]:
    for part in parts(stream, b"entries"):
        yield from (part,) if isinstance(part, Stream) else _found(part, stream)


def _found(element: Element, stream: Stream) -> Iterator[Found]:
    entry, reason = {}, element.reason
    try:
        entry = {} if reason else _object(loads(element))
    except ValueError as error:
        reason = reason_of(error)
    inner = _object(entry.get("log")).get("entries")
    if not isinstance(inner, list):
        yield from _one(entry, element, stream, reason)
        return
    for one in inner:  # a recording behind the first one
        yield from _one(_object(one), element._replace(data=_written(one, element)), stream, None)


def _written(entry: Any, element: Element) -> bytes:  # noqa: ANN401 - any JSON value
    try:
        return orjson.dumps(entry)
    except orjson.JSONEncodeError:  # nested deeper than orjson writes
        return element.data


def _one(entry: dict[str, Any], element: Element, stream: Stream, reason: str | None) -> Iterator[Found]:
    response = _object(entry.get("response"))
    messages = [*_messages(entry, element, stream)]
    if response:
        yield _entry(entry, response, element, stream)
    elif reason or not messages:
        yield from rejects(stream, reason or _NO_RESPONSE, element.data, element.line, element.offset)
    yield from messages


def _entry(entry: dict[str, Any], response: dict[str, Any], element: Element, stream: Stream) -> Found:
    time, moment = stamp_of(entry.get("startedDateTime"), stream)
    source = stream.source(element.line, element.offset, time)
    status = status_of(response.get("status"))
    body = _body(_object(response.get("content")))
    if not body and (status is None or status < 400):
        # An answer without an error, or none: cancelled, blocked, read from a cache.
        return NotError(source)
    known: Known = {"status": status, "headers": _headers(response), "occurred_at": moment, **_url(entry)}
    if isinstance(mime := _object(response.get("content")).get("mimeType"), str):
        known["content_type"] = mime
    problems = (_OMITTED,) if body is None and _had_body(response) else ()
    return Capture(body, known, source, needs_claim=status is None, problems=problems)


def _messages(entry: dict[str, Any], element: Element, stream: Stream) -> Iterator[Found]:
    """Give what the server sent over a WebSocket; most of it is no error, so that a vendor must claim it."""
    messages = entry.get("_webSocketMessages")
    for message in map(_object, messages if isinstance(messages, list) else ()):
        text = message.get("data")
        if message.get("type") == "receive" and isinstance(text, str) and text:
            time, moment = stamp_of(message.get("time"), stream)
            body = text_body(text, is_base64=message.get("opcode") == _BINARY)
            known: Known = {"occurred_at": moment, **_url(entry)}
            yield Capture(body, known, stream.source(element.line, element.offset, time), needs_claim=True)


def _url(entry: dict[str, Any]) -> Known:
    url = _object(entry.get("request")).get("url")
    return {"url": url} if isinstance(url, str) else {}


def _body(content: dict[str, Any]) -> bytes | str | None:
    text = content.get("text")
    if not isinstance(text, str):
        return None  # left out: the recording kept no bodies, or this one was too large
    return text_body(text, is_base64=True) if content.get("encoding") == "base64" else text


def _had_body(response: dict[str, Any]) -> bool:
    """Tell whether an answer had a body, by its size; -1 is one that nobody knows."""
    sizes = (_object(response.get("content")).get("size"), response.get("bodySize"))
    known = (size for size in sizes if isinstance(size, int) and size >= 0)
    return next(known, 0) > 0


def _headers(response: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Give the headers without those of the transfer: HAR holds bodies decoded (section `content`)."""
    pairs = headers_of(response.get("headers")) or []
    return [(name, value) for name, value in pairs if not _ENCODED.fullmatch(str(name))]


def _object(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, dict) else {}


HAR = Reader(name="har", title="a HAR recording", sniff=_sniff, read=_read, cut=_cut)
