r"""What a program in a container printed, as Docker and the runtimes of Kubernetes (CRI) keep it.

    {"log":"\u003cApiErrors\u003e\n","stream":"stdout","time":"2026-11-21T10:15:30.123456789Z"}     Docker
    2026-11-21T10:15:30.123456789Z stdout F <ApiErrors>                                             CRI

A line of more than 16 KiB is kept in parts: in Docker's files all but the last end without `\n`, in those of
CRI they are marked P. What was printed is put together again and read as a plain log, and each record has the
place and the time of the line that its payload begins in.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any, Final

import orjson

from errnorm.batch.anchors import Anchors
from errnorm.batch.capture import Found, Known, Reader, Reject, Stream
from errnorm.batch.captures import capture_of
from errnorm.batch.readers.ndjson import line_pieces
from errnorm.batch.rows import captured, in_span, stamp_of
from errnorm.batch.spans import Span, last_calm, spans
from errnorm.batch.times import Stamp
from errnorm.batch.window import placed, rejects

__all__ = ["CONTAINER"]

_DOCKER: Final = b'{"log":"'
_HEAD: Final = re.compile(
    rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]*(?:Z|[+-]\d\d:\d\d))"
    rb" std(?:out|err) ([FP])(?::\S*)?(?: |(?=\r?\n))"
)
_NEXT_HEAD: Final = re.compile(rb"\n" + _HEAD.pattern)
_PARTS: Final = (b" stdout P", b" stderr P", _DOCKER)
_SNIFFED_LINES: Final = 20
_MOST_BYTES: Final = 2 << 20  # a payload is at most a MiB, so where none ends for so long, none is to be
_BROKEN: Final = "The line is no JSON object, as Docker writes one. It may be cut: look at its end."


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
        # By its line; None where that is broken.
        self._texts: list[bytes] | list[bytes | None]
        if any(mark in data for mark in _PARTS):
            self._texts = [_text_of(line) for line in self._lines]
        else:  # all at once, in a quarter of the time
            self._texts = io.BytesIO(_NEXT_HEAD.sub(b"\n", b"\n" + data)[1:]).readlines()

    def calm(self) -> int:
        """Give the offset of the last line that no payload goes over; 0 where there is none."""
        texts = [text or b"" for text in self._texts]
        place = last_calm(b"".join(texts), is_timed=False)
        return self._offsets[bisect_left(_starts_of(texts), place)] if place else 0

    def found(self) -> list[Found]:
        """Give the captures and payloads in it, and what cannot be read, in the order of their lines."""
        lines = self._found_in_lines()
        texts = [b"" if number in lines else text or b"" for number, text in enumerate(self._texts)]
        starts = _starts_of(texts)
        every = [*lines.items()]
        for span in spans(io.BytesIO(b"".join(texts)), zone=self._stream.zone, fields=self._stream.fields):
            number = bisect_right(starts, span.offset) - 1
            every.append((number, self._in_span(span, number, span.offset - starts[number])))
        return [found for _, some in sorted(every, key=itemgetter(0)) for found in some]

    def _found_in_lines(self) -> dict[int, list[Found]]:
        """Give what is found in single lines: the captures that they are, and the broken ones.

        So a capture that another thread prints is set aside where it stands in a payload, and one takes a
        fifth of the time.
        """
        found: dict[int, list[Found]] = {}
        is_begun = False
        for number, text in enumerate(self._texts):
            if text is None:
                line, offset = self._place_of(number)
                found[number] = [*rejects(self._stream, _BROKEN, self._lines[number], line, offset)]
            elif not is_begun and (told := self._capture_in(text)):
                stamp, within = self._told_by(number)
                line, offset = self._place_of(number)
                found[number] = [*captured(told, self._stream, (line, offset + (within or 0)), stamp)]
            is_begun = text is not None and not text.endswith(b"\n")
        return found

    def _capture_in(self, text: bytes) -> dict[str, Any] | None:
        if not text.startswith(b'{"'):
            return None
        return capture_of(text, Anchors.usual(), self._stream.fields)

    def _in_span(self, span: Span, number: int, place: int) -> list[Found]:
        stamp, within = self._told_by(number)
        line, offset = self._place_of(number)
        at = 0 if within is None else within + place
        source = self._stream.source(line, offset + at, stamp.text if stamp else span.time)
        known: Known = {"occurred_at": stamp.moment} if stamp and stamp.moment else {}
        return [*in_span(span, self._stream, source, known)]

    def _told_by(self, number: int) -> tuple[Stamp | None, int | None]:
        """Give the time of a line, and where its text begins, None where that is escaped."""
        told, within = _time_of(self._lines[number])
        time, moment = stamp_of(told, self._stream)
        return None if time is None else Stamp(time, moment), within

    def _place_of(self, number: int) -> tuple[int, int]:
        """Give the number of a line, and its offset, in the whole input."""
        return self._stream.line + number, self._offsets[number]


def _starts_of(texts: Sequence[bytes]) -> list[int]:
    return [*accumulate(map(len, texts), initial=0)]


def _text_of(line: bytes) -> bytes | None:
    """Give what a line has of what was printed; None where it is one of Docker and broken."""
    if line.startswith(_DOCKER):
        text = _docker(line).get("log")
        return text.encode() if isinstance(text, str) else None
    found = _HEAD.match(line)
    if not found:
        return line
    text = line[found.end() :]
    return text.rstrip(b"\r\n") if found[2] == b"P" else text


def _time_of(line: bytes) -> tuple[Any, int | None]:
    """Give the time of a line, if it has one, and where its text begins; None where that is escaped."""
    if line.startswith(_DOCKER):
        return _docker(line).get("time"), None
    found = _HEAD.match(line)
    return (found[1].decode(), found.end()) if found else (None, 0)


def _docker(line: bytes) -> dict[str, Any]:
    try:
        told: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return told


def _sniff(head: bytes, _: Mapping[str, str]) -> float:
    lines = [line for line in head.split(b"\n")[:_SNIFFED_LINES] if line.strip()]
    kept = [
        line for line in lines if _HEAD.match(line) or (line.startswith(_DOCKER) and b'","time":"' in line)
    ]
    return 0.95 if kept and kept[0] is lines[0] and 2 * len(kept) > len(lines) else 0.0


def _cut(stream: Stream) -> Iterator[Stream | Found]:
    """Cut a file between lines over which no payload goes."""
    data, line, offset = b"", stream.line, stream.offset
    for part in line_pieces(stream):
        end = len(data)
        if isinstance(part, Stream):
            if not data:
                line, offset = part.line, part.offset
            data += part.file.read()
            end = _Printed(Stream(io.BytesIO(data))).calm()
            end = end or (len(data) if len(data) >= _MOST_BYTES else 0)
        if end:
            piece = data[:end]
            yield from placed(stream, [(piece, 0)], line, offset)
            data, line, offset = data[end:], line + piece.count(b"\n"), offset + end
        if isinstance(part, Reject):
            yield part
    if data:
        yield from placed(stream, [(data, 0)], line, offset)


def _read(stream: Stream) -> Iterator[Found]:
    for piece in (stream,) if stream.is_cut else _cut(stream):
        yield from _Printed(piece).found() if isinstance(piece, Stream) else (piece,)


CONTAINER = Reader(
    name="container", title="what a container printed, of Docker or CRI", sniff=_sniff, read=_read, cut=_cut
)
