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
# What stands around messages in a terminal: what was typed behind a prompt, remarks, curl's progress meter.
# `$ curl`, `bash-5.1$ curl`, `agent@host:~$ curl`, `[root@gw ~]# curl`, `PS C:\> curl.exe`, `C:\Users>curl`
_PROMPT = (
    rb"(?:\([\w.-]{1,40}\) )?(?:"
    rb"[$%]|[A-Za-z][\w.-]{0,60}[$%#]|[\w.-]{1,60}@[\w.-]{1,60}(?:[: ][^\r\n$#%>]{0,200})?[$#%]"
    rb"|\[[^\]\r\n]{1,200}\][$#%]|PS [^\r\n>]{0,200}>|[A-Za-z]:\\[^\r\n>]{0,200}>)(?: |(?<=>)|(?=[\r\n]|\Z))"
)
_CURL = rb"curl(?:\.exe)?[ \t]"
_ASKS = re.compile(_PROMPT + _CURL)
# `$ curl -i \`, and its options in the lines below
_TYPED = rb"(?:" + _PROMPT + rb"|" + _CURL + rb")(?:[^\r\n\\]++|\\(?:\r?\n)?+)*+"
_CLOSERS = (b"", b">", b"}", b"]")
_GOES_ON = (b"\\\n", b"\\\r\n")
_METER = (
    rb"% Total [^\r\n]*+|Dload  [^\r\n]*+"
    rb"|\d{1,3}(?:[ ]++[\d.]{1,9}[kMGTPE]?+){7}[-:\d.kMGTPEdh ]*+"
)
_TALK = re.compile(rb"\s*+(?:(?:#[^\r\n]*+|" + _TYPED + rb"|" + _METER + rb")(?:[\r\n]\s*+|\Z))*+")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_HEADER = re.compile(rb"^([!#$%&'*+.^_`|~\w-]{1,100}):[ \t]*+([^\r\n]*)", re.MULTILINE)
_AFTER = re.compile(rb"\s*+(?:\xef\xbb\xbf)?(?:HTTP/\d|\Z)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r?\n")
_READ_BYTES = 1 << 16  # of a MiB, each message would take 40 µs to drop
_HEAD_BYTES = 1 << 18
_STATUS_BYTES = 1 << 10
_BELIEVED_BYTES = 1 << 20  # a body may quote a status line
_TALK_BYTES = 1 << 12  # behind a body; more is looked at only where the input begins
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
    head = head.removeprefix(_BOM)
    return 0.95 if _STATUS_LINE.match(head[_talk_end(head) :]) else 0.0


def _talk_end(data: bytes, place: int = 0, limit: int = MAX_BYTES) -> int:
    """Give where the talk of a terminal ends, and the blanks around it."""
    found = _TALK.match(data, place, place + limit)
    return found.end() if found else place


def _read(stream: Stream) -> Iterator[Found]:
    window = Window(stream, _READ_BYTES)
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
    is_first = offset == stream.offset
    text = data.removeprefix(_BOM)
    if is_first and start is not None and _talk_end(text) == len(text):
        return
    if data.strip(_BLANK):
        # Behind the first message only what was too long for it can be left.
        yield from rejects(stream, _NO_STATUS if is_first else _TOO_LONG, data, line, offset)


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
        following = _status_line(window.data, 1)
        # No further than the next message: of heads that never end, each would be searched to the last.
        end = min(following.start(), _HEAD_BYTES) if following else _HEAD_BYTES
        if found := _HEAD_END.search(window.data, 0, end):
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
    is_plain = "content-encoding" not in headers
    is_told = length.isdecimal() and len(length) < 9
    end = _at_length(window, int(length), with_talk=is_plain) if is_told else None
    if end is not None and _is_as_sent(window.data[:end], is_recoded=is_recoded):
        body = window.drop(end)
        window.drop(_talk_end(window.data, 0, _TALK_BYTES))
        return body, ()
    start = _next_start(window, 0)
    data = window.drop(len(window.data)) if start is None else _unasked(window.drop(start))
    if "chunked" in headers.get("transfer-encoding", "").lower():
        data = _joined(data)
    is_counted = is_plain and _is_as_sent(data, is_recoded=is_recoded)
    short = length.isdecimal() and is_counted and len(data) < int(length)
    return data, (_TRUNCATED,) if short else ()


def _is_as_sent(data: bytes, *, is_recoded: bool) -> bool:
    """Tell whether a text has the bytes that a Content-Length has counted.

    PowerShell takes the six bytes of `Gerät` for letters of the code of its console: `Ger├ñt`, in UTF-8 nine.
    """
    return not is_recoded or data.isascii()


def _at_length(window: Window, length: int, *, with_talk: bool) -> int | None:
    """Give the length where a message or the end stands behind it, be it with talk before that."""
    # One that leads far behind the next message is not believed: each would make the view longer.
    is_far = length > _BELIEVED_BYTES and _has(window, _BELIEVED_BYTES)
    if is_far and _status_line(window.data[:_BELIEVED_BYTES], 0):
        return None
    _has(window, length + _TALK_BYTES + _STATUS_BYTES)
    if length > len(window.data):
        return None
    if _AFTER.match(window.data, length):
        return length
    # Where few bytes are looked at, lengths that lead into a MiB of prompts take no longer than others.
    talk = _talk_end(window.data, length, _TALK_BYTES) if with_talk else length
    is_end = talk == len(window.data) and window.ended
    return length if talk > length and (is_end or _STATUS_LINE.match(window.data, talk)) else None


def _has(window: Window, size: int) -> bool:
    """Look so far, and tell whether there is so much."""
    while len(window.data) < size and window.more():
        pass
    return len(window.data) >= size


def _unasked(data: bytes) -> bytes:
    r"""Take off the command that has asked for the next message, where nothing stands behind it.

    <ApiErrors>…</ApiErrors>
    $ curl -i https://finesse.example.com/finesse/api/User/agent1001

    Any other line may be one of the body, whatever it looks like.

    Example:
        >>> _unasked(b"{}\n$ curl -i /x\n\n"), _unasked(b"{}\n# curl -i /x\n"), _unasked(b"$ curl -i /x\n.\n")
        (b'{}\n', b'{}\n# curl -i /x\n', b'$ curl -i /x\n.\n')
    """
    begins = data.rfind(b"\n", 0, len(data.rstrip())) + 1
    while data.endswith(_GOES_ON, 0, begins):
        begins = data.rfind(b"\n", 0, begins - 1) + 1
    # `$ curl -d {}HTTP/1.1 503` is one line, and `usage:` goes on with what one types.
    is_whole = data[:begins].rstrip()[-1:] in _CLOSERS
    return data[:begins] if is_whole and data.endswith(b"\n") and _ASKS.match(data, begins) else data


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
