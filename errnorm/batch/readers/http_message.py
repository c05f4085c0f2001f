"""Raw HTTP messages, one after another, as `curl -i` prints them (RFC 9112).

HTTP/1.1 100 Continue

HTTP/1.1 503 Service Unavailable
Content-Type: application/xml
Retry-After: 5

<ApiErrors>…</ApiErrors>
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from errnorm.batch.capture import Capture, Found, Known, NotError, Reader, Stream
from errnorm.batch.times import last_time
from errnorm.batch.utf16 import AsUtf8
from errnorm.batch.window import MAX_BYTES, Window, rejects
from errnorm.record import Problem
from errnorm.vocabulary import ProblemCode

__all__ = ["HTTP"]

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n\v\f" + _BOM
# At the start of a line or a file, or right behind a body: curl ends none with a line break. A header or a
# blank line follows: `<h1>HTTP/1.1 503 Service Unavailable</h1>` is no message.
_STATUS_LINE = re.compile(
    rb"(?:^|(?<=[}\]>])|(?<=\xef\xbb\xbf))HTTP/\d(?:\.\d)? \d{3}(?: [^\r\n]{0,200})?"
    rb"(?:\Z|\r?\n(?=[\w-]{1,100}(?::|\Z)|\r?\n|\Z))",
    re.MULTILINE,
)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_HEADER = re.compile(rb"^([!#$%&'*+.^_`|~\w-]{1,100}):[ \t]*+([^\r\n]*)", re.MULTILINE)
_AFTER = re.compile(rb"\s*+(?:\xef\xbb\xbf)?(?:HTTP/\d|\Z)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r?\n")
_HEAD_BYTES = 1 << 18
_STATUS_BYTES = 1 << 10
_NO_HEAD = "The message ends inside its headers. Look whether it was cut off; what comes before was read."
_NO_STATUS = "The text before the first message is none. Look for a line that begins with HTTP/."
_TOO_LONG = (
    f"The message is longer than {MAX_BYTES >> 20} MiB, or its headers are than {_HEAD_BYTES >> 10} KiB. "
    "Cut it; a body is read up to 1 MiB."
)
_TRUNCATED = Problem(
    ProblemCode.ENCODING_TRUNCATED, "The message ends before its Content-Length; it was cut off."
)


def _sniff(head: bytes, _: Mapping[str, str]) -> float:
    return 0.95 if _STATUS_LINE.match(head.lstrip(_BLANK)) else 0.0


def _read(stream: Stream) -> Iterator[Found]:
    window = Window(stream)
    while True:
        start = _next_start(window, 0)
        yield from _between(window, stream, start)
        if start is not None:
            yield from _message(window, stream)
        elif window.ended:
            return


def _between(window: Window, stream: Stream, start: int | None) -> Iterator[Found]:
    """Reject what stands before a message; where none is in view, what can be no part of one."""
    line, offset = window.line, window.offset
    end = _last_line(window) if start is None else start
    data = window.drop(end)
    if data.strip(_BLANK):
        # Behind the first message only what was too long for it can be left.
        yield from rejects(stream, _TOO_LONG if offset > stream.offset else _NO_STATUS, data, line, offset)


def _last_line(window: Window) -> int:
    """Give where the last line begins, if it may be a status line that is not all in view."""
    begins = window.data.rfind(b"\n") + 1
    is_short = len(window.data) - begins < _STATUS_BYTES
    return begins if is_short and not window.ended else len(window.data)


def _status_line(data: bytes, place: int) -> re.Match[bytes] | None:
    while (place := data.find(b"HTTP/", place)) >= 0:
        if found := _STATUS_LINE.match(data, place):
            return found
        place += 1
    return None


def _next_start(window: Window, place: int) -> int | None:
    """Give the place of the next status line; a line is only judged when its end is seen."""
    while True:
        found = _status_line(window.data, place)
        if found and (found.end() < len(window.data) or window.ended):
            return found.start()
        if not window.more():
            return found.start() if found else None


def _message(window: Window, stream: Stream) -> Iterator[Found]:
    line, offset = window.line, window.offset
    head_end = _head_end(window)
    if head_end is None:
        start = _next_start(window, 1)
        reason = _NO_HEAD if window.ended or start is not None else _TOO_LONG
        data = window.drop(len(window.data) if start is None else start)
        yield from rejects(stream, reason, data, line, offset)
        return
    head = window.drop(head_end)
    status = int(head.split(None, 2)[1])
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in _HEADER.findall(head)]
    if status < 200:
        return  # an interim response is no message of its own: 100 Continue, 103 Early Hints
    fields = {name.lower(): value for name, value in headers}
    stamp = last_time(fields.get("date", ""), stream.zone)
    source = stream.source(line, offset, fields.get("date"))
    body, problems = _body(window, fields, is_recoded=isinstance(stream.file, AsUtf8))
    if not body.strip() and status < 400:
        yield NotError(source)
        return
    known: Known = {"status": status, "headers": headers}
    if stamp and stamp.moment:
        known["occurred_at"] = stamp.moment
    yield Capture(body, known, source, problems=problems)


def _head_end(window: Window) -> int | None:
    while True:
        found = _HEAD_END.search(window.data, 0, _HEAD_BYTES)
        following = _status_line(window.data, 1)
        if found and (not following or found.start() < following.start()):
            return found.end()
        if following or len(window.data) > _HEAD_BYTES or not window.more():
            return None


def _body(
    window: Window, headers: Mapping[str, str], *, is_recoded: bool
) -> tuple[bytes, tuple[Problem, ...]]:
    """Take the body: by its length where that fits, by its chunks, else up to the next message.

    `curl -i --compressed` prints the unpacked body under the Content-Length of the packed one, and
    curl always prints chunks joined under their Transfer-Encoding: neither header is believed unless
    the next message, or the end, stands where it says.
    """
    length = headers.get("content-length", "")
    end = _at_length(window, int(length)) if length.isdecimal() and len(length) < 9 else None
    if end is not None and _is_as_sent(window.data[:end], is_recoded=is_recoded):
        return window.drop(end), ()
    start = _next_start(window, 0)
    data = window.drop(len(window.data) if start is None else start)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        data = _joined(data)
    is_counted = "content-encoding" not in headers and _is_as_sent(data, is_recoded=is_recoded)
    short = length.isdecimal() and is_counted and len(data) < int(length)
    return data, (_TRUNCATED,) if short else ()


def _is_as_sent(data: bytes, *, is_recoded: bool) -> bool:
    """Tell whether a text has the bytes that a Content-Length has counted.

    PowerShell takes the six bytes of `Gerät` for letters of the code of its console: `Ger├ñt`, in UTF-8 nine.
    """
    return not is_recoded or data.isascii()


def _at_length(window: Window, length: int) -> int | None:
    while len(window.data) < length + 64 and window.more():
        pass
    return length if length <= len(window.data) and _AFTER.match(window.data, length) else None


def _joined(data: bytes) -> bytes:
    """Join the chunks of a body (RFC 9112, section 7.1); bytes that are none are the body itself."""
    parts, place = [], 0
    while found := _CHUNK.match(data, place):
        size = int(found[1], 16)
        parts.append(data[found.end() : found.end() + size])
        if size == 0:
            return b"".join(parts)
        place = found.end() + size
        place += 2 if data.startswith(b"\r\n", place) else data.startswith(b"\n", place)
    return b"".join(parts) if parts and place >= len(data) else data


HTTP = Reader(name="http", title="raw HTTP messages", sniff=_sniff, read=_read)
