r"""What programs in containers printed, with what stands before each line when it is collected.

    {"log":"\u003cApiErrors\u003e\n","stream":"stdout","time":"2026-11-21T10:15:30.123456789Z"}     Docker
    2026-11-21T10:15:30.123456789Z stdout F <ApiErrors>                                             CRI
    gateway-1  | <ApiErrors>                                                                        compose
    [pod/gateway-7d9f/app] <ApiErrors>                                                              kubectl
    2026-11-21T10:15:30.123456789Z <ApiErrors>                 docker logs -t, kubectl logs --timestamps

A line of more than 16 KiB is kept in parts: in Docker's files all but the last end without `\n`, in those of
CRI they are marked P. What each stream or service printed is put together again and read as a plain log, and
each record has the place and the time of the line that its payload begins in.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any, Final, NamedTuple

from errnorm.batch.anchors import Anchors
from errnorm.batch.capture import Found, Known, Reader, Reject, Stream
from errnorm.batch.captures import OBJECT, STATUS_WORDS, capture_of
from errnorm.batch.elements import Element, loads
from errnorm.batch.lines import LEVEL
from errnorm.batch.names import MISSING, paths_of, value_at
from errnorm.batch.readers.ndjson import line_pieces
from errnorm.batch.rows import captured, found_in, in_span, stamp_of
from errnorm.batch.spans import Span, last_calm, spans
from errnorm.batch.times import Stamp
from errnorm.batch.window import placed, rejects

__all__ = ["CONTAINER"]

_BOM: Final = b"\xef\xbb\xbf"
_DOCKER: Final = re.compile(rb'\{\s?"log"\s?:\s?"')
_KEYS: Final = frozenset({"log", "stream", "attrs", "time"})
_STREAMS: Final = ("stdout", "stderr")
_ALONE: Final = frozenset({*_STREAMS, ""})  # heads with these names are all the heads of a file
_END: Final = rb"(?: |(?=\r?\n))"
_CRI: Final = re.compile(
    rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))"
    rb" (?P<name>stdout|stderr) (?P<part>[FP])(?::\S*)?" + _END
)
_NEXT_CRI: Final = re.compile(rb"\n" + _CRI.pattern)
# Nine digits behind the second, as Docker and Kubernetes write them: most loggers write fewer.
_NANOS: Final = rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)" + _END
_NAMED: Final = (
    re.compile(
        rb"(?!" + LEVEL + rb" )(?P<name>[A-Za-z][\w.-]{0,80}) {2,80}\|" + _END + rb"(?:" + _NANOS + rb")?"
    ),
    re.compile(rb"\[(?P<name>(?:pod|container)/[^\]\s]{1,300})\]" + _END + rb"(?:" + _NANOS + rb")?"),
    re.compile(_NANOS + rb"(?P<name>)"),
)
_HEADS: Final = (_CRI, *_NAMED)
# The same before each line may as well be the head of a program's own lines, whose further ones have none:
# 2026-11-21T10:15:30.123456789Z ERROR [exec-7] answer:
_STAMP: Final = re.compile(_NANOS + rb"(?P<more>[ \t]|[}\])]|</)?")
# It goes on with nothing: no indentation, tag, brace or quote, but for an object that is whole.
_OWN: Final = re.compile(rb"[^\s<>{}\[\]()\"',:]|\[[\w-]|\{\"[^\n]*\}\r?$")
_OPENED: Final = re.compile(rb"[,:(\[{]\s*$")
# Before a line of its own, so that it looks like one: its time was in its head.
_MARK: Final = b"INFO:"
# Where one of these stands, heads are not taken off all at once.
_ONE_BY_ONE: Final = (b" stdout P", b" stderr P", b'"log"', _BOM)
_SNIFFED_LINES: Final = 20
# A payload is at most a MiB, and takes no line for each 64 bytes: where none ends for so long, none is to be.
_MOST_BYTES: Final = 2 << 20
_MOST_LINES: Final = 1 << 15
_ROUNDS: Final = 8
_NEAR_LINES: Final = 20
_BROKEN: Final = "The line begins as one of Docker and is no JSON. It may be cut: look at its end."


class _Line(NamedTuple):
    """A line, without its head.

    Attributes:
        name: the stream or service that has printed it.
        text: what it has of that; None where it is broken, or tells more than that.
        is_timed: its head tells its time.
    """

    name: str
    text: bytes | None
    is_timed: bool = False


class _Part(NamedTuple):
    """What a line has of what was printed.

    Attributes:
        number: the number of the line.
        text: the text, behind a mark where it is a line of its own.
        mark: how long the mark is.
    """

    number: int
    text: bytes
    mark: int = 0


class _Printed:
    """What was printed, in the order of the lines.

    Args:
        stream: what tells how they are read.
        data: whole lines.
    """

    def __init__(self, stream: Stream, data: bytes) -> None:
        self._stream = stream
        self._raw = io.BytesIO(data).readlines()
        self._offsets = [*accumulate(map(len, self._raw), initial=stream.offset)]
        self._lines = _lines_of(data, self._raw)
        self._told: dict[int, tuple[Stamp | None, int | None]] = {}

    def _parts(self) -> Iterator[tuple[str, _Part]]:
        """Give what each line has, with the name of who has printed it."""
        begun: set[str] = set()
        for number, (name, text, is_timed) in enumerate(self._lines):
            if not text:
                continue
            is_own = is_timed and name not in begun and _OWN.match(text)
            yield name, _Part(number, _MARK + text, len(_MARK)) if is_own else _Part(number, text)
            (begun.discard if text.endswith(b"\n") else begun.add)(name)

    def calm(self) -> int:
        """Give the offset of the last line that no payload goes over; 0 where there is none."""
        streams: dict[str, list[_Part]] = {}
        for name, part in self._parts():
            streams.setdefault(name, []).append(part)
        number = len(self._raw)
        for _ in range(_ROUNDS):
            before = number
            number = min([_calm_in(parts, number) for parts in streams.values()], default=0)
            if number in {0, before}:
                return self._offsets[number] if number else 0
        return 0

    def found(self) -> list[Found]:
        """Give the captures and payloads in it, and what cannot be read, in the order of their lines.

        A line of its own that is a capture is taken as one: so it is set aside where another thread prints it
        in the middle of a payload, and takes a third of the time.
        """
        every = [*self._found_in_others()]
        streams: dict[str, list[_Part]] = {}
        for name, part in self._parts():
            told = self._capture_in(part.text[part.mark :]) if part.mark else None
            if told:
                stamp, within = self._told_by(part.number)
                line, offset = self._place_of(part.number)
                place = line, offset + (within or 0)
                every.append((part.number, [*captured(told, self._stream, place, stamp)]))
            else:
                streams.setdefault(name, []).append(part)
        for parts in streams.values():
            every += self._found_in_parts(parts)
        return [found for _, some in sorted(every, key=itemgetter(0)) for found in some]

    def _found_in_others(self) -> Iterator[tuple[int, list[Found]]]:
        """Give what is found in lines of Docker that are broken, or tell more than Docker does."""
        for number, (_, text, _) in enumerate(self._lines):
            if text is not None:
                continue
            line, offset = self._place_of(number)
            raw = self._raw[number]
            try:
                told = loads(Element(raw.removeprefix(_BOM), line, offset))
            except ValueError:
                yield number, [*rejects(self._stream, _BROKEN, raw, line, offset)]
            else:
                yield number, [*found_in(told, self._stream, raw.removeprefix(_BOM), line, offset)]

    def _found_in_parts(self, parts: Sequence[_Part]) -> Iterator[tuple[int, list[Found]]]:
        starts = _starts_of(parts)
        printed = io.BytesIO(b"".join([part.text for part in parts]))
        for span in spans(printed, zone=self._stream.zone, fields=self._stream.fields):
            at = bisect_right(starts, span.offset) - 1
            part = parts[at]
            yield part.number, self._in_span(span, part.number, span.offset - starts[at] - part.mark)

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
        return [*in_span(span, self._stream, source, known, stamp)]

    def _told_by(self, number: int) -> tuple[Stamp | None, int | None]:
        """Give the time of a line, and where its text begins, None where that is escaped."""
        if number not in self._told:
            raw, text = self._raw[number], self._lines[number].text or b""
            time, is_escaped = _time_of(raw)
            stamp = None if time is None else Stamp(time, stamp_of(time, self._stream)[1])
            self._told[number] = stamp, None if is_escaped else raw.rfind(text)
        return self._told[number]

    def _place_of(self, number: int) -> tuple[int, int]:
        """Give the number of a line, and its offset, in the whole input."""
        return self._stream.line + number, self._offsets[number]


def _starts_of(parts: Sequence[_Part]) -> list[int]:
    return [*accumulate([len(part.text) for part in parts], initial=0)]


def _calm_in(parts: Sequence[_Part], number: int) -> int:
    """Give a line, this or an earlier one, before which no payload of a stream may be open; 0 for none."""
    starts = _starts_of(parts)
    first = bisect_left(parts, number, key=itemgetter(0))
    # Behind the last line there is no other one that tells that it goes on with nothing.
    is_whole = first == len(parts) and parts[-1].mark and not _OPENED.search(parts[-1].text[-80:])
    text = b"".join([part.text for part in parts]) + (_MARK if is_whole else b"")
    place = last_calm(text, limit=starts[first])
    if place == starts[first]:
        return number
    # Inside of a text with several lines it must be the line before, which may be within a payload.
    return parts[bisect_right(starts, place) - 1].number


def _is_mixed(data: bytes) -> bool:
    return b" stdout " in data and b" stderr " in data


def _lines_of(data: bytes, raw: Sequence[bytes]) -> list[_Line]:
    """Take the heads off lines; one without a head goes on with what the line before has printed."""
    first = _CRI.match(data)
    if first and not _is_mixed(data) and not any(text in data for text in _ONE_BY_ONE):
        text, count = _NEXT_CRI.subn(b"\n", b"\n" + data)
        if count == len(raw):  # all at once, in a quarter of the time
            name = first["name"].decode()
            return [_Line(name, line, is_timed=True) for line in io.BytesIO(text[1:]).readlines()]
    lines: list[_Line] = []
    for line in raw:
        found = _line_of(line.removeprefix(_BOM))
        lines.append(found or _Line(lines[-1].name if lines else _STREAMS[0], line.removeprefix(_BOM)))
    return lines


def _line_of(line: bytes) -> _Line | None:
    """Take the head off a line; None where it has none."""
    if _DOCKER.match(line):
        return _of_docker(line)
    found = _head_of(line)
    if not found:
        return None
    text = line[found.end() :]
    if found.re is _CRI and found["part"] == b"P":
        text = text.removesuffix(b"\n").removesuffix(b"\r")
    return _Line(found["name"].decode("utf-8", "replace"), text, is_timed=bool(found["time"]))


def _head_of(line: bytes) -> re.Match[bytes] | None:
    for head in _HEADS:  # `next` of a generator takes three times as long
        if found := head.match(line):
            return found
    return None


def _of_docker(line: bytes) -> _Line:
    told = _docker_in(line)
    if told is None:
        return _Line(_STREAMS[0], None)
    text = told["log"].encode("utf-8", "surrogatepass")
    return _Line(told.get("stream", _STREAMS[0]), text, is_timed=True)


def _docker_in(line: bytes) -> dict[str, Any] | None:
    """Give the object that a line of Docker is; None where it is broken, or tells more than Docker does."""
    try:
        told = loads(Element(line, 0, 0))
    except ValueError:
        return None
    return told if _is_docker(told) else None


def _is_docker(told: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether an object is a line of Docker (`jsonlog.JSONLog`), and has nothing else to tell."""
    if not isinstance(told, dict) or not told.keys() <= _KEYS:
        return False
    is_text = isinstance(told.get("log"), str) and isinstance(told.get("time"), str)
    return is_text and told.get("stream", _STREAMS[0]) in _STREAMS


def _time_of(raw: bytes) -> tuple[str | None, bool]:
    """Give the time of a line, if its head has one, and whether what was printed is escaped in it."""
    line = raw.removeprefix(_BOM)
    if _DOCKER.match(line):
        return loads(Element(line, 0, 0))["time"], True
    found = _head_of(line)
    return found["time"].decode() if found and found["time"] else None, False


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    lines = head.removeprefix(_BOM).split(b"\n")
    if len(lines) > 1:  # the last one is not whole, or empty
        lines.pop()
    some = [line + b"\n" for line in lines[:_SNIFFED_LINES] if line.strip()]
    kept = sum(1 for line in some if _CRI.match(line) or _is_of_docker(line, fields))
    is_named = len(some) > 1 and any(all(map(named.match, some)) for named in _NAMED)
    is_named = is_named and not (_STAMP.match(some[0]) and _is_of_program(lines))
    return 0.95 if is_named or 2 * kept > len(some) else 0.0


def _is_of_program(lines: Sequence[bytes]) -> bool:
    """Tell whether a time before lines is a program's own: none goes on with another one, or one lacks it."""
    found = [_STAMP.match(line) for line in lines if line.strip()]
    return not all(found) or not any(stamp and stamp["more"] for stamp in found)


def _is_of_docker(line: bytes, fields: Mapping[str, str]) -> bool:
    """Tell whether a line is one of Docker, and the user has not said what its members are."""
    told = _docker_in(line) if _DOCKER.match(line) else None
    paths = [path for text in fields.values() for path in paths_of(text)]
    return told is not None and all(value_at(told, path) is MISSING for path in paths)


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


def _is_quiet(data: bytes) -> bool:
    """Tell whether no payload begins in lines, from their bytes: most have none, and heads take long."""
    return not any(text in data for text in _ONE_BY_ONE) and not Anchors.usual().find(data)


def _has_objects(data: bytes, fields: Mapping[str, str]) -> bool:
    return OBJECT.search(data) is not None and (bool(fields) or any(word in data for word in STATUS_WORDS))


def _last_own(data: bytes) -> int:
    """Give where the last line of one stream begins that goes on with nothing; 0 where none is near.

    Of several ones, another may have an object open that nothing has been seen of yet.
    """
    end = 0 if _is_mixed(data) else len(data)
    for _ in range(_NEAR_LINES):
        end = data.rfind(b"\n", 0, end)
        if end < 0:
            break
        line = _line_of(data[end + 1 :])
        if line and line.is_timed and line.name in _ALONE and _OWN.match(line.text or b""):
            return end + 1
    return 0


def _end_in(data: bytes) -> int:
    """Give where a piece may end; 0 where it needs more."""
    end = (_last_own(data) if _is_quiet(data) else 0) or _Printed(Stream(io.BytesIO()), data).calm()
    is_long = len(data) >= _MOST_BYTES or data.count(b"\n") >= _MOST_LINES
    return end or (len(data) if is_long else 0)


def _read(stream: Stream) -> Iterator[Found]:
    for piece in (stream,) if stream.is_cut else _cut(stream):
        if isinstance(piece, Stream):
            data = piece.file.read()
            if not _is_quiet(data) or _has_objects(data, piece.fields):
                yield from _Printed(piece, data).found()
        else:
            yield piece


CONTAINER = Reader(
    name="container",
    title="what containers printed, with a head before each line",
    sniff=_sniff,
    read=_read,
    cut=_cut,
)
