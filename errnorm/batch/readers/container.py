r"""What programs in containers printed, with what stands before each line when it is collected.

    {"log":"\u003cApiErrors\u003e\n","stream":"stdout","time":"2026-11-21T10:15:30.123456789Z"}     Docker
    2026-11-21T10:15:30.123456789Z stdout F <ApiErrors>                                             CRI
    gateway-1  | <ApiErrors>                                                                        compose
    [pod/gateway-7d9f/app] <ApiErrors>                                                              kubectl
    Nov 21 10:15:30 gw01 gateway[123]: <ApiErrors>                                                  syslog

A line of more than 16 KiB is kept in parts: in Docker's files all but the last end without `\n`, in those of
CRI they are marked P. What each stream, service or process printed is put together again and read as a plain
log, and each record has the place and the time of the line that its payload begins in.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any, Final

from errnorm.batch.anchors import Anchors
from errnorm.batch.capture import Found, Known, Reader, Reject, Stream
from errnorm.batch.captures import capture_of
from errnorm.batch.elements import Element, loads
from errnorm.batch.lines import BEGINS
from errnorm.batch.names import MISSING, paths_of, value_at
from errnorm.batch.readers.ndjson import line_pieces
from errnorm.batch.rows import captured, in_span, stamp_of
from errnorm.batch.spans import Span, last_calm, spans
from errnorm.batch.times import Stamp
from errnorm.batch.window import placed, rejects

__all__ = ["CONTAINER"]

_BOM: Final = b"\xef\xbb\xbf"
_DOCKER: Final = re.compile(rb'\{\s?"log"\s?:\s?"')
_KEYS: Final = frozenset({"log", "stream", "attrs", "time"})
_STREAMS: Final = ("stdout", "stderr")
_RFC3339: Final = rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]*(?:Z|[+-]\d\d:\d\d))"
_END: Final = rb"(?: |(?=\r?\n))"
_CRI: Final = re.compile(_RFC3339 + rb" (?P<name>stdout|stderr) (?P<part>[FP])(?::\S*)?" + _END)
_NEXT_CRI: Final = re.compile(rb"\n" + _CRI.pattern)
_NAMED: Final = (
    re.compile(
        rb"(?!(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL) )(?P<name>[A-Za-z][\w.-]{0,80}) +\|"
        rb"(?: " + _RFC3339 + rb")?" + _END
    ),
    re.compile(rb"\[(?P<name>(?:pod|container)/[^\]\s]{1,300})\](?: " + _RFC3339 + rb")?" + _END),
)
# A log of its own may begin like these.
_TIMED: Final = (
    re.compile(
        rb"(?:<\d{1,3}>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)"
        rb" (?P<name>\S{1,200} [\w./-]{1,80}(?:\[\d{1,10}\])?):" + _END
    ),
    re.compile(_RFC3339 + _END),
)
_HEADS: Final = (_CRI, *_NAMED, *_TIMED)
_GOES_ON: Final = re.compile(rb"[\s<{}\]]|(?=[\[(]?\d)" + BEGINS.pattern, re.VERBOSE)
_WHOLE: Final = re.compile(rb"[^\s<>}\])\"',:][^\n]*(?<![\s,:(\[{])\r?\n")
_MARKS: Final = (b" stdout P", b" stderr P", b'"log"', _BOM)
_SNIFFED_LINES: Final = 20
# A payload is at most a MiB, and takes no line for each 64 bytes: where none ends for so long, none is to be.
_MOST_BYTES: Final = 2 << 20
_MOST_LINES: Final = 1 << 15
_ROUNDS: Final = 8
_BROKEN: Final = "The line begins as one of Docker and is no JSON. It may be cut: look at its end."
_Text = tuple[str, bytes | None]
"""The stream that a line was printed to, and what it has of it; None where the line is broken."""


class _Printed:
    """What was printed, in the order of the lines.

    Args:
        stream: whole lines.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        data = stream.file.read()
        self._lines = io.BytesIO(data).readlines()
        self._offsets = [*accumulate(map(len, self._lines), initial=stream.offset)]
        self._texts: list[_Text] = _texts_of(data, self._lines)
        self._streams: dict[str, list[tuple[int, bytes]]] = {}
        for number, (name, text) in enumerate(self._texts):
            if text:
                self._streams.setdefault(name, []).append((number, text))
        self._told: dict[int, tuple[Stamp | None, int | None]] = {}

    def calm(self) -> int:
        """Give the offset of the last line that no payload goes over; 0 where there is none."""
        number = len(self._lines)
        for _ in range(_ROUNDS):
            before = number
            number = min([_calm_in(texts, number) for texts in self._streams.values()], default=0)
            if number in {0, before}:
                return self._offsets[number] if number else 0
        return 0

    def found(self) -> list[Found]:
        """Give the captures and payloads in it, and what cannot be read, in the order of their lines."""
        lines = self._found_in_lines()
        every = [*lines.items()]
        for stream in self._streams.values():
            texts = [one for one in stream if one[0] not in lines]
            starts = _starts_of(texts)
            printed = io.BytesIO(b"".join([text for _, text in texts]))
            for span in spans(printed, zone=self._stream.zone, fields=self._stream.fields):
                at = bisect_right(starts, span.offset) - 1
                every.append((texts[at][0], self._in_span(span, texts[at][0], span.offset - starts[at])))
        return [found for _, some in sorted(every, key=itemgetter(0)) for found in some]

    def _found_in_lines(self) -> dict[int, list[Found]]:
        """Give what is found in single lines: the captures that they are, and the broken ones.

        So a capture that another thread prints is set aside where it stands in a payload, and one takes a
        third of the time.
        """
        found: dict[int, list[Found]] = {}
        begun: dict[str, bool] = {}
        for number, (name, text) in enumerate(self._texts):
            if text is None:
                line, offset = self._place_of(number)
                found[number] = [*rejects(self._stream, _BROKEN, self._lines[number], line, offset)]
                continue
            told = None if begun.get(name) else self._capture_in(text)
            if told:
                stamp, within = self._told_by(number)
                line, offset = self._place_of(number)
                found[number] = [*captured(told, self._stream, (line, offset + (within or 0)), stamp)]
            begun[name] = not text.endswith(b"\n")
        return found

    def _capture_in(self, text: bytes) -> dict[str, Any] | None:
        if not text.startswith(b'{"'):
            return None
        return capture_of(text, Anchors.usual(), self._stream.fields)

    def _in_span(self, span: Span, number: int, place: int) -> list[Found]:
        stamp, within = self._told_by(number)
        if (stamp is None or stamp.moment is None) and span.stamp:
            stamp = span.stamp  # of syslog the year is not known
        line, offset = self._place_of(number)
        at = 0 if within is None else within + place
        source = self._stream.source(line, offset + at, stamp.text if stamp else None)
        known: Known = {"occurred_at": stamp.moment} if stamp and stamp.moment else {}
        return [*in_span(span, self._stream, source, known, stamp)]

    def _told_by(self, number: int) -> tuple[Stamp | None, int | None]:
        """Give the time of a line, and where its text begins, None where that is escaped."""
        if number not in self._told:
            raw = self._lines[number]
            text = self._texts[number][1] or b""
            time, is_escaped = _time_of(raw)
            stamp = None if time is None else Stamp(time, stamp_of(time, self._stream)[1])
            self._told[number] = stamp, None if is_escaped else raw.rfind(text)
        return self._told[number]

    def _place_of(self, number: int) -> tuple[int, int]:
        """Give the number of a line, and its offset, in the whole input."""
        return self._stream.line + number, self._offsets[number]


def _starts_of(texts: Sequence[tuple[int, bytes]]) -> list[int]:
    return [*accumulate([len(text) for _, text in texts], initial=0)]


def _calm_in(texts: Sequence[tuple[int, bytes]], number: int) -> int:
    """Give a line, this or an earlier one, before which no payload of a stream may be open; 0 for none."""
    starts = _starts_of(texts)
    first = bisect_left(texts, (number, b""))
    # Behind the last line there is no other one that tells that it goes on with nothing.
    more = b"." if first == len(texts) and _WHOLE.fullmatch(texts[-1][1]) else b""
    place = last_calm(b"".join([text for _, text in texts]) + more, is_timed=False, limit=starts[first])
    if place == starts[first]:
        return number
    # Inside of a text with several lines it must be the line before, which may be within a payload.
    return texts[bisect_right(starts, place) - 1][0]


def _texts_of(data: bytes, lines: Sequence[bytes]) -> list[_Text]:
    """Give what each line has of what was printed."""
    first = _CRI.match(data)
    is_mixed = b" stdout " in data and b" stderr " in data
    if first and not is_mixed and not any(mark in data for mark in _MARKS):
        text, count = _NEXT_CRI.subn(b"\n", b"\n" + data)
        if count == len(lines):  # all at once, in a quarter of the time
            name = first["name"].decode()
            return [(name, line) for line in io.BytesIO(text[1:]).readlines()]
    return [_text_of(line) for line in lines]


def _text_of(raw: bytes) -> _Text:
    line = raw.removeprefix(_BOM)
    if _DOCKER.match(line):
        return _of_docker(line)
    found = _head_of(line)
    if not found:
        return _STREAMS[0], line
    named, text = found.re.groupindex, line[found.end() :]
    if "part" in named and found["part"] == b"P":
        text = text.removesuffix(b"\n").removesuffix(b"\r")
    return found["name"].decode("utf-8", "replace") if "name" in named else _STREAMS[0], text


def _head_of(line: bytes) -> re.Match[bytes] | None:
    for head in _HEADS:  # `next` of a generator takes three times as long
        if found := head.match(line):
            return found
    return None


def _of_docker(line: bytes) -> _Text:
    """Read a line that begins as one of Docker; another object is a line that was printed as it stands."""
    try:
        told = loads(Element(line, 0, 0))
    except ValueError:
        return _STREAMS[0], None
    if not _is_docker(told):
        return _STREAMS[0], line
    return told.get("stream", _STREAMS[0]), told["log"].encode("utf-8", "surrogatepass")


def _is_docker(told: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether an object is a line of Docker (`jsonlog.JSONLog`), and has nothing else to tell."""
    if not isinstance(told, dict) or not told.keys() <= _KEYS:
        return False
    is_text = isinstance(told.get("log"), str) and isinstance(told.get("time"), str)
    return is_text and told.get("stream", _STREAMS[0]) in _STREAMS


def _time_of(raw: bytes) -> tuple[str | None, bool]:
    """Give the time of a line, if it has one, and whether what was printed is escaped in it."""
    line = raw.removeprefix(_BOM)
    if _DOCKER.match(line) and _is_docker(told := loads(Element(line, 0, 0))):
        return told["time"], True
    found = _head_of(line)
    time = found["time"] if found and "time" in found.re.groupindex else None
    return time.decode() if time else None, False


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    lines = head.removeprefix(_BOM).split(b"\n")
    if len(lines) > 1:  # the last one is not whole, or empty
        lines.pop()
    some = [line + b"\n" for line in lines[:_SNIFFED_LINES] if line.strip()]
    kept = sum(1 for line in some if _CRI.match(line) or _is_of_docker(line, fields))
    is_kept = 2 * kept > len(some) or any(_have_all(head, some) for head in _NAMED)
    return 0.95 if is_kept or any(_have_all(head, some, goes_on=True) for head in _TIMED) else 0.0


def _have_all(head: re.Pattern[bytes], lines: Sequence[bytes], *, goes_on: bool = False) -> bool:
    """Tell whether all lines have a head, and behind it one goes on with something, or has one of its own."""
    found = [head.match(line) for line in lines]
    if len(lines) < 2 or None in found:
        return False
    behind = [line[one.end() :] for one, line in zip(found, lines, strict=True) if one]
    return not goes_on or any(map(_GOES_ON.match, behind))


def _is_of_docker(line: bytes, fields: Mapping[str, str]) -> bool:
    """Tell whether a line is one of Docker, and the user has not said what its members are."""
    try:
        told = loads(Element(line, 0, 0)) if _DOCKER.match(line) else None
    except ValueError:
        return False
    paths = [path for text in fields.values() for path in paths_of(text)]
    return _is_docker(told) and all(value_at(told, path) is MISSING for path in paths)


def _cut(stream: Stream) -> Iterator[Stream | Found]:
    """Cut a file between lines over which no payload goes."""
    data, line, offset, next_look = b"", stream.line, stream.offset, 0
    for part in line_pieces(stream):
        end = len(data)
        if isinstance(part, Stream):
            if not data:
                line, offset = part.line, part.offset
            data += part.file.read()
            end = 0
            if len(data) >= next_look:  # twice as late each time: who looks again from the start stays linear
                end = _end_in(data)
                next_look = 0 if end else 2 * len(data)
        if end:
            piece = data[:end]
            yield from placed(stream, [(piece, 0)], line, offset)
            data, line, offset = data[end:], line + piece.count(b"\n"), offset + end
        if isinstance(part, Reject):
            yield part
    if data:
        yield from placed(stream, [(data, 0)], line, offset)


def _end_in(data: bytes) -> int:
    """Give where a piece may end; 0 where it needs more."""
    end = _Printed(Stream(io.BytesIO(data))).calm()
    is_long = len(data) >= _MOST_BYTES or data.count(b"\n") >= _MOST_LINES
    return end or (len(data) if is_long else 0)


def _read(stream: Stream) -> Iterator[Found]:
    for piece in (stream,) if stream.is_cut else _cut(stream):
        yield from _Printed(piece).found() if isinstance(piece, Stream) else (piece,)


CONTAINER = Reader(
    name="container",
    title="what containers printed, with a head before each line",
    sniff=_sniff,
    read=_read,
    cut=_cut,
)
