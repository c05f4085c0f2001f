"""What `curl -v` tells: its talk with the server line by line, and the body where it stands.

    * Connected to finesse.example.com (10.0.0.5) port 8445 (#0)
    > GET /finesse/api/User/agent1001 HTTP/1.1
    > Host: finesse.example.com
    >
    < HTTP/1.1 400 Bad Request
    < Content-Length: 80
    <
    { [80 bytes data]
    * Connection #0 to host finesse.example.com left intact
    <ApiErrors>…</ApiErrors>* Found bundle for host: 0x55889ed471e0 [serially]

The talk goes to standard error and the body to standard output, so the body may stand behind the talk that
follows it, and talk right behind a body without an end of line. Where a terminal was recorded, lines end
with two carriage returns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from errnorm.batch.capture import Found, Reader, Stream
from errnorm.batch.readers.http_message import HEAD_BYTES, HEADER, METER, TRUNCATED, TYPED, Head
from errnorm.batch.utf16 import AsUtf8
from errnorm.batch.window import Window, rejects
from errnorm.record import Problem

__all__ = ["CURL"]

# Behind the progress meter there is no end of line: `--:--:--     0< HTTP/1.1 400 Bad Request`.
_BEGINS = rb"(?:^|(?<=[ -]\d))"
_RESPONSE = re.compile(_BEGINS + rb"< HTTP/\d(?:\.\d)? \d{3}(?=[ \r\n])", re.MULTILINE)
_REQUEST = re.compile(_BEGINS + rb"> [A-Z]{3,20} (?P<url>\S{1,8000}) HTTP/\d(?:\.\d)?(?=\s)", re.MULTILINE)
_NEXT = re.compile(rb"(?:%b)|(?:%b)" % (_RESPONSE.pattern, _REQUEST.pattern), re.MULTILINE)
_HEAD = re.compile(rb"< [^\r\n]+(?:[\r\n]+< [^\r\n]+)*+[\r\n]+<[ \t]*+(?=[\r\n]|\Z)")
_HEADERS = re.compile(rb"^< " + HEADER, re.MULTILINE)
_TALK = re.compile(
    rb"(?:(?:[*>] [^\r\n]*+|>|[{}] \[\d{1,12} bytes data\]|Note: Unnecessary use of -X[^\r\n]*+"
    rb"|#[^\r\n]*+|" + TYPED + rb"|\s*+" + METER + rb")(?=[\r\n]|\Z|[*<>] )|\s++)*+"
)
# `</ApiErrors>* Connection #0 to host finesse.example.com left intact`
_GLUED = re.compile(rb"(?<=[}\]>])(?=\* [A-Z])")
_TALK_BYTES = 1 << 16  # behind a body
_NO_TALK = "It is neither an answer nor talk of curl. Look whether the transcript was edited."
_NO_HEAD = "The answer ends inside its headers. Look whether it was cut off; what comes before was read."


def _sniff(head: bytes, _: Mapping[str, str]) -> float:
    talk = _talk_end(head)
    return 0.96 if talk and _RESPONSE.match(head, talk) else 0.0


def _talk_end(data: bytes, place: int = 0) -> int:
    found = _TALK.match(data, place)
    return found.end() if found else place


def _read(stream: Stream) -> Iterator[Found]:
    window, url = Window(stream), None
    while not (window.ended and not window.data):
        start = _find(_RESPONSE, window, 0)
        line, offset = window.line, window.offset
        before = window.drop(len(window.data) if start is None else start)
        if _talk_end(before) < len(before):
            yield from rejects(stream, _NO_TALK, before, line, offset)
        if start is not None:
            url = next((one["url"].decode("latin-1") for one in _REQUEST.finditer(before)), url)
            found = [*_answer(window, stream, url)]
            url = None if found else url  # 100 Continue, and the answer
            yield from found


def _find(pattern: re.Pattern[bytes], window: Window, place: int) -> int | None:
    """Give where something begins; a line is only judged when its end may be seen."""
    while True:
        found = pattern.search(window.data, place)
        if found and (found.end() + 1 < len(window.data) or window.ended):
            return found.start()
        if not window.more():
            return found.start() if found else None


def _answer(window: Window, stream: Stream, url: str | None) -> Iterator[Found]:
    line, offset = window.line, window.offset
    head = _head(window)
    if head is None:
        yield from rejects(stream, _NO_HEAD, _to_next(window, 1), line, offset)
        return
    told = Head.of(window.drop(len(head)), _HEADERS, (line, offset), url)
    if told.status >= 200:
        is_recoded = isinstance(stream.file, AsUtf8)
        body, problems = _body(window, told.fields, is_recoded=is_recoded)
        yield told.with_body(body, problems, stream)


def _to_next(window: Window, place: int) -> bytes:
    """Take what stands before the next question or answer."""
    end = _find(_NEXT, window, place)
    return window.drop(len(window.data) if end is None else end)


def _head(window: Window) -> bytes | None:
    while True:
        found = _HEAD.match(window.data, 0, HEAD_BYTES)
        if found and (found.end() < len(window.data) or window.ended):
            return found[0]
        if len(window.data) > HEAD_BYTES or not window.more():
            return found[0] if found else None


def _body(
    window: Window, headers: Mapping[str, str], *, is_recoded: bool
) -> tuple[bytes, tuple[Problem, ...]]:
    """Take the body out of the talk: by its length where only talk follows it."""
    told = headers.get("content-length", "")
    is_told = told.isdecimal() and len(told) < 9 and "content-encoding" not in headers
    length = int(told) if is_told else 0
    start = _at_length(window, length) if length else None
    if start is not None:
        body = window.data[start : start + length]
        if body.isascii() or not is_recoded:
            return window.drop(start + length)[start:], ()
    data = _to_next(window, 0)
    data = data[_talk_end(data) :]
    body = data[: _end_of_body(data)]
    is_short = body and len(body) < length and (body.isascii() or not is_recoded)
    return body, (TRUNCATED,) if is_short else ()


def _at_length(window: Window, length: int) -> int | None:
    """Give where a body begins, behind which only talk stands up to the next answer; None where it is none.

    It may hold lines that look like an answer, or like a question.
    """
    while len(window.data) < length + _TALK_BYTES:
        # As in HTTP messages: a length is not believed that leads far behind the next answer.
        if (length > len(window.data) and _NEXT.search(window.data)) or not window.more():
            break
    following = _find(_NEXT, window, 0)
    data = window.data
    talk = _TALK.match(data, 0, len(data) if following is None else following)
    start = talk.end() if talk else 0
    if start == following or start + length > len(data):
        return None
    end = _talk_end(data, start + length)
    return start if end == len(data) or _RESPONSE.match(data, end) else None


def _end_of_body(data: bytes) -> int:
    """Give where the talk begins that ends the data; it may begin behind a bracket."""
    end, lines = len(data), data[-_TALK_BYTES:].splitlines(keepends=True)
    while lines and _talk_end(lines[-1]) == len(lines[-1]):
        end -= len(lines.pop())
    glued = _GLUED.search(lines[-1]) if lines else None
    return end - len(lines[-1]) + glued.start() if glued else end


CURL = Reader(name="curl", title="what curl -v tells", sniff=_sniff, read=_read)
