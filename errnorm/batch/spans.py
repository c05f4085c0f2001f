"""Payloads in a log: found at the speed of a search tool, cut out whole, told where and when.

    for span in spans(open("finesse.log", "rb")):
        errnorm.normalize(span.data, **span.known)

A payload may stand on one line or on many, plain or escaped, and other threads may write into it:

    2026-11-21 10:15:30,123 ERROR [exec-7] Gateway - answer: <ApiErrors>
      <ApiError>
    2026-11-21 10:15:30,124 INFO  [exec-9] Router - GET /finesse/api/User/agent1001     ← set aside
        <ErrorType>Invalid Input</ErrorType>

What lies between payloads is searched, never read; memory does not grow with the log.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from itertools import accumulate
from typing import IO, Any, Final, NamedTuple

import orjson

from errnorm.batch.alike import LONGEST_HEAD, LONGEST_LINE
from errnorm.batch.anchors import PAGE, Anchors
from errnorm.batch.captures import OBJECT, Captures
from errnorm.batch.cutting import Writing, json_end
from errnorm.batch.lines import BEGINS, COLOR, NEXT, count_lines
from errnorm.batch.pages import page_at, pages
from errnorm.batch.payloads import OPENS_LINE, OTHER_BYTES, Cut, Payloads
from errnorm.batch.times import Stamp, last_time, moment_of
from errnorm.normalizer import detect
from errnorm.record import Problem
from errnorm.vendors import UNKNOWN

__all__ = ["Span", "last_calm", "spans"]

_CHUNK: Final = 1 << 22
_AHEAD: Final = 1 << 12  # from an anchor to the payload that it names, and what tells how that is written
_LOOK_BACK: Final = 1 << 16  # from an anchor to the opening brace, or to the line that names the time
_MAX_BYTES: Final = 1 << 20
_LONGEST_ANCHOR: Final = 200
_HEAD_START, _HEAD_END = 300, LONGEST_HEAD - 300
_NEAR: Final = (1 << 13, 1 << 16, 1 << 19, 1 << 22)  # how far before its end a log may be cut, at best
_MOST_FOLLOWED: Final = 2048  # of which the end is looked for, to cut a log
_TWIN_GAP: Final = 200  # between the two tellings of one error
_COLOR: Final = re.compile(COLOR)
_LEAF: Final = re.compile(rb":\s*+(?:\"([^\"\\]*+)\"|'([^'\\]*+)')")
_ROOT: Final = re.compile(rb"\s*+<(\w++)")


class Span(NamedTuple):
    """One payload of a log.

    Attributes:
        data: the payload, freed of what its carrier escaped.
        offset: byte offset in the log where it begins.
        end: byte offset behind it, or behind its first part where other lines stand in it.
        line: number of the line on which it begins, from 1.
        time: the line's time, as found; of several the last before the payload.
        occurred_at: the same as a moment, where nothing had to be guessed.
        vendor: the vendor that the line names, None where only the payload can tell.
        status, url: what the line says of the response.
        problems: what was lost on the way into the log.
        capture: the object that has the payload as its body, or has no payload, and tells of a response.
    """

    data: bytes
    offset: int
    end: int
    line: int
    time: str | None = None
    occurred_at: datetime | None = None
    vendor: str | None = None
    status: int | None = None
    url: str | None = None
    problems: tuple[Problem, ...] = ()
    capture: Mapping[str, Any] | None = None

    @property
    def stamp(self) -> Stamp | None:
        """The line's time as a text and as a moment; None where it has none."""
        return None if self.time is None else Stamp(self.time, self.occurred_at)

    @property
    def known(self) -> dict[str, Any]:
        """What the line says about the payload, as keywords of `normalize`."""
        said = {
            "vendor": self.vendor,
            "status": self.status,
            "url": self.url,
            "occurred_at": self.occurred_at,
        }
        return {name: value for name, value in said.items() if value is not None}


def spans(  # noqa: PLR0913 - what is known about the log
    file: IO[bytes],
    *,
    zone: tzinfo | None = None,
    offset: int = 0,
    line: int = 1,
    max_bytes: int = _MAX_BYTES,
    anchors: Anchors | None = None,
    fields: Mapping[str, str] | None = None,
) -> Iterator[Span]:
    r"""Find the payloads of a log.

    Args:
        file: the log, from which only `read` is called.
        zone: the zone of times that name none; without it they stay texts.
        offset: the offset of the first byte, where the file is a piece of a log.
        line: the number of the first line.
        max_bytes: the most bytes from the beginning of a payload to its end.
        anchors: what to look for; by default the clues of all vendors.
        fields: JSON pointers by role, where the user maps the members of captures.

    Yields:
        One span a payload, in the order in which they begin; they never overlap.

    Example:
        >>> import io
        >>> log = b'10:15:30.123 gateway: {\\"code\\":1011,\\"errorMsg\\":\\"Session does not exist\\"}\n'
        >>> [(span.line, span.offset, span.time, span.data) for span in spans(io.BytesIO(log))]
        [(1, 22, '10:15:30.123', b'{"code":1011,"errorMsg":"Session does not exist"}')]
    """
    log = _Log(anchors or Anchors.usual(), zone, max_bytes, offset, line, fields or {})
    return _told_once(log.spans(file))


def last_calm(
    data: bytes,
    anchors: Anchors | None = None,
    *,
    begins: bool = True,
    limit: int | None = None,
) -> int:
    r"""Give where a log can be cut: a line of its own, late in it, that no payload goes over.

    What begins behind such a line never begins before it, and takes its time from there. So the two parts
    have the payloads of the whole, one after the other.

    Args:
        data: a beginning of the log, from a line of its own on.
        anchors: what begins payloads, those of all vendors if not given.
        begins: whether it is one; only its end is looked at where it is not.
        limit: the line begins there, or before.

    Returns:
        Where the line begins; 0 where there is none.

    Example:
        >>> log = b"10:15:30.1 one\n" * 400 + b"10:15:30.2 body: <ApiErrors>\n"
        >>> log[:last_calm(log)].count(b"\n")
        400
    """
    anchors = anchors or Anchors.usual()
    end = len(data) if limit is None else limit
    for near in _NEAR:
        first = NEXT.search(data, end - near, end) if near < end else None
        start = first.start() + 1 if first else 0
        if first or (begins and near >= end):
            # What began before the first line may have parts behind it.
            begun = _begins(data[start:], OTHER_BYTES if start else 0, end - start)
            place = _calm(data[start:], anchors, begun)
            if place:
                return start + place
    return 0


def _calm(data: bytes, anchors: Anchors, begun: Iterator[int]) -> int:
    """Give the first of these lines that no payload goes over, and that parts no two tellings of an error."""
    if not anchors.find(data):  # no line of its own stands in a page
        return next(begun, 0)
    found = [*_Log(anchors, None, _MAX_BYTES, 0, 1, {}).spans(io.BytesIO(data))]
    reaches = [*accumulate(map(_reach, found), max)]
    for place in begun:
        before = bisect_left(found, place, key=lambda span: span.offset)
        if not before:
            return place
        pair = found[before - 1 : before + 1]
        are_apart = place - pair[0].end > _TWIN_GAP or (len(pair) == 2 and not _are_twins(*pair))
        if reaches[before - 1] <= place and are_apart:
            return place
    return 0


def _begins(data: bytes, lowest: int, end: int) -> Iterator[int]:
    """Give the lines of their own where no object is open that a line before has opened, last first."""
    openers = [found.start() for found in OPENS_LINE.finditer(data, 0, end)]
    if len(openers) > _MOST_FOLLOWED:
        openers = openers[-_MOST_FOLLOWED:]
        lowest = max(lowest, openers[0])
    until = [*accumulate((_open_until(data, place, end) for place in openers), max)]
    while (end := data.rfind(b"\n", lowest, end)) >= 0:
        before = bisect_left(openers, end + 1)
        if BEGINS.match(data, end + 1) and (not before or until[before - 1] <= end + 1):
            yield end + 1


def _open_until(data: bytes, place: int, end: int) -> int:
    """Give up to where the rest of an object may come: `answer: {`."""
    last = place + OTHER_BYTES
    return json_end(data, place, min(last, end), Writing()).end or last + 1


def _reach(span: Span) -> int:
    """Give how far the parts of a payload may lie."""
    return span.end + (OTHER_BYTES if span.problems else 0)


class _Log:
    """The walk through a log: a buffer that moves on, and what is known at its place.

    All places are offsets in the buffer, which begins `offset` bytes into the log, on line `line`.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - as `spans` takes them
        self,
        anchors: Anchors,
        zone: tzinfo | None,
        max_bytes: int,
        offset: int,
        line: int,
        fields: Mapping[str, str],
    ) -> None:
        self.anchors = anchors
        self.zone = zone
        self.max_bytes = max_bytes
        self.captures = Captures(anchors, fields, max_bytes)
        self.offset = offset
        self.line = line
        self.data = b""
        self.done = 0  # anchors before this have been looked at
        self.floor = 0  # no payload to come begins before this
        self.last = 0  # behind the last payload
        self.told = 0  # behind it, or behind the capture around it
        self.begins = True  # the buffer begins with a line, not inside of one
        self.counted = 0  # lines before this are counted in `line`
        self.head: int | None = None  # the line that names time and thread of what follows
        self.last_head: int | None = None  # the same for the last payload
        self.stamp: Stamp | None = None  # of the last payload
        self.taken: list[tuple[int, int]] = []  # parts of payloads, behind the floor
        self.pages: deque[int] = deque()  # where pages begin that may stand in a payload to come

    def spans(self, file: IO[bytes]) -> Iterator[Span]:
        """Go through the log; what lies more than `max_bytes` before the end of the buffer is whole."""
        while True:
            chunk = _read(file, max(_CHUNK, self.max_bytes))
            # Of one part alone, as of a piece, `join` gives the part itself and copies nothing.
            self.data = b"".join((self.data, *chunk) if self.data else chunk)
            safe = max(self.done, len(self.data) - self.max_bytes - _AHEAD) if chunk else len(self.data)
            yield from self._up_to(safe)
            if not chunk:
                return
            self._forget()

    def _up_to(self, safe: int) -> Iterator[Span]:
        base = max(0, self.done - _LONGEST_ANCHOR)
        payloads = Payloads(self.data, self.anchors, self.max_bytes)
        for start, end in self.anchors.find(memoryview(self.data)[base : safe + _LONGEST_ANCHOR], pages=True):
            at = base + start
            if not self.done <= at < safe:
                continue
            if self.data.startswith(PAGE, at):
                self.pages.append(at)
            elif at >= self.floor and not self._is_taken(at):
                yield from self._at(payloads, at, base + end)
        yield from self._captures(safe)
        # A payload to come may begin before its anchor, and have a page in it.
        is_end = safe == len(self.data)
        yield from self._pages(safe if is_end else safe - _LOOK_BACK, safe)
        self.done = safe

    def _at(self, payloads: Payloads, at: int, end: int) -> Iterator[Span]:
        """Give the payload of an anchor, and what stands before it."""
        line = self._own_line(at) if self.max_bytes == _MAX_BYTES else None
        places = self.anchors.alike.at(self.data[line], at - line.start) if line else None
        if line and places:
            begin, end = line.start + places.start, line.start + places.end
            yield from self._captures(line.start)
            yield from self._pages(begin, begin)
            yield self._alike(Cut(begin, end, self.data[begin:end]), places.time, line.start)
        else:
            yield from self._captures(at)
            yield from self._payload(payloads, at, end, line)
        self.floor = max(self.floor, at + 1)

    def _pages(self, limit: int, last: int) -> Iterator[Span]:
        """Give the pages that begin before a place and end before another one, and are in no payload."""
        while self.pages and self.pages[0] < limit:
            start = self.pages.popleft()
            if start < self.told or self._is_taken(start):
                continue
            page = page_at(self.data, start, self.told, last, self.max_bytes)
            if page:
                head, floor = self.head, self.floor
                self.head, self.floor = self.last_head, self.last
                self._window(page.start)
                yield self._span(page, self._time_of(page.start))
                self.head, self.floor = head, max(floor, page.end)

    def _captures(self, limit: int) -> Iterator[Span]:
        """Give the captures up to a place that stand there without a payload."""
        while found := self.captures.next_in(self.data, self.floor, limit):
            if not self._is_taken(found.start):
                self._window(found.start)
                yield from self._pages(found.start, found.start)
                cut = Cut(found.start, found.end, self.data[found.start : found.end])
                yield self._span(cut, self._time_of(found.start))._replace(capture=found.told)

    def _own_line(self, place: int) -> slice | None:
        """Give the line around a place: of its own, without a payload before, and another one behind."""
        data = self.data
        start = data.rfind(b"\n", max(self.floor, place - LONGEST_LINE), place) + 1
        end = data.find(b"\n", place, start + LONGEST_LINE) if start else -1
        if end < 0 or not BEGINS.match(data, start) or not BEGINS.match(data, end + 1):
            return None
        return slice(start, end)

    def _alike(self, cut: Cut, time: slice, start: int) -> Span:
        """Give the payload of a line of which one alike was cut; no capture stands before it."""
        self.head = start
        text = self.data[start + time.start : start + time.stop].decode()
        return self._span(cut, Stamp(text, moment_of(text, self.zone)))

    def _payload(self, payloads: Payloads, start: int, end: int, line: slice | None) -> Iterator[Span]:
        """Give the payload that an anchor belongs to, and the pages before it."""
        payloads.floor = self.floor
        cut = payloads.at(start, end, self._window(start), self._line_at(start))
        if cut is None:
            return
        is_told = self.captures.is_told(cut)
        lowest = max(self.floor, start - _LOOK_BACK, 0)
        around = None if is_told else self.captures.around(self.data, cut, lowest)
        if is_told or not (around or _may_be_told(cut)):
            self.floor = max(self.floor, cut.end)
            return
        begins = around.start if around else cut.start
        yield from self._pages(begins, begins)
        if self.head is not None and cut.start < self.head:  # a line before has opened it
            self._window(cut.start)
        span = self._span(cut, self._time_of(cut.start))
        if around:
            span, self.told = span._replace(capture=around.told), max(self.told, around.end)
        elif line:
            self._learn(span, cut, start, line)
        yield span

    def _learn(self, span: Span, cut: Cut, start: int, line: slice) -> None:
        """Learn where the payload stands in a line of its own; the next one alike is not cut."""
        is_in = line.start <= cut.start and cut.end <= line.stop and self.head == line.start
        # Whether an object only carries a page hangs on the status in it, which is digits.
        is_plain = not cut.problems and not cut.said and PAGE not in cut.data
        is_plain = is_plain and cut.data == self.data[cut.start : cut.end]
        if is_in and is_plain and not OBJECT.search(self.data, line.start, cut.start):
            payload = slice(cut.start - line.start, cut.end - line.start)
            self.anchors.alike.learn(self.data[line], start - line.start, payload, span.time)

    def _forget(self) -> None:
        """Drop what no payload to come can need."""
        drop = max(0, self.done - 2 * _LOOK_BACK)  # of a page that waits, and from there to its line
        self._count(drop)
        self.begins = self.data[drop - 1 : drop] == b"\n" if drop else self.begins
        self.data = self.data[drop:]
        self.offset += drop
        self.done, self.counted = self.done - drop, max(0, self.counted - drop)
        self.floor, self.last = max(0, self.floor - drop), max(0, self.last - drop)
        self.told = max(0, self.told - drop)
        self.captures.forget(drop)
        self.head = _moved(self.head, drop)
        self.last_head = _moved(self.last_head, drop)
        self.pages = deque(place - drop for place in self.pages)
        self.taken = [(start - drop, end - drop) for start, end in self.taken if end > drop]

    def _is_taken(self, place: int) -> bool:
        return any(start <= place < end for start, end in self.taken)

    def _count(self, place: int) -> None:
        if place > self.counted:
            self.line += count_lines(self.data, self.counted, place)
            self.counted = place

    def _line_at(self, place: int) -> int:
        return place if self.head is None else self.head

    def _window(self, place: int) -> int:
        """Give how far back a payload may begin: to its line of its own, or to the last payload."""
        lowest = max(self.floor, place - _LOOK_BACK, 0)
        at = place
        while (at := self.data.rfind(b"\n", lowest, at)) >= 0:
            if BEGINS.match(self.data, at + 1):
                self.head = at + 1
                return at + 1
        starts = lowest == 0 and self.begins
        if starts and BEGINS.match(self.data, 0):
            self.head = 0
        elif self.head is not None and place - self.head > _LOOK_BACK:
            self.head = None
        return lowest

    def _span(self, cut: Cut, stamp: Stamp | None) -> Span:
        self.stamp = stamp
        self._count(cut.start)
        self.floor = self.last = self.told = cut.end
        self.last_head = self.head
        self.taken = [part for part in (*self.taken, *cut.later) if part[1] > cut.end]
        status = int(cut.said["status"]) if cut.said.get("status") else None
        url = cut.said.get("url")
        vendor = cut.said.get("vendor")
        return Span(
            data=cut.data,
            offset=self.offset + cut.start,
            end=self.offset + cut.end,
            line=self.line,
            time=stamp.text if stamp else None,
            occurred_at=stamp.moment if stamp else None,
            vendor=vendor.decode() if vendor else None,
            status=status if status and 100 <= status <= 599 else None,
            url=url.decode("utf-8", "replace") if url else None,
            problems=cut.problems,
        )

    def _time_of(self, start: int) -> Stamp | None:
        """Give the last time before a payload: in its line, in the line that began it, of its neighbour."""
        lowest = max(self.last, start - _LOOK_BACK)
        line = max(lowest, self.data.rfind(b"\n", lowest, start) + 1)
        stamp = self._stamp(line, start)
        if stamp or self.head is None or self.head >= line:
            return stamp or (self.stamp if self.head is not None and self.last > self.head else None)
        return self._stamp(max(self.head, self.last), line) or (self.stamp if self.last > self.head else None)

    def _stamp(self, start: int, end: int) -> Stamp | None:
        text = self.data[start:end]
        if len(text) > _HEAD_START + _HEAD_END:
            text = text[:_HEAD_START] + b" " + text[-_HEAD_END:]
        if b"\x1b" in text:
            text = _COLOR.sub(b" ", text)
        return last_time(text.decode("utf-8", "replace"), self.zone)


def _moved(place: int | None, drop: int) -> int | None:
    return None if place is None or place < drop else place - drop


def _may_be_told(cut: Cut) -> bool:
    """Tell whether a payload is more than what carries a page: {"error":"<html>…502 Bad Gateway…"}."""
    is_whole = not cut.problems and not cut.said
    is_object = is_whole and PAGE in cut.data and cut.data.startswith((b"{", b"["))
    is_carrier = is_object and any(pages(cut.data, 0, len(cut.data), len(cut.data)))
    return not is_carrier or detect(cut.data).vendor != UNKNOWN.name


def _read(file: IO[bytes], size: int) -> list[bytes]:
    """Read so much, in as many goes as the file takes; less only at its end."""
    parts: list[bytes] = []
    while size > 0 and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return parts


def _told_once(found: Iterable[Span]) -> Iterator[Span]:
    """Leave out the object of an error that stands beside its text: the text is the richer one."""
    last: Span | None = None
    for span in found:
        if last is None or not _are_twins(last, span):
            if last is not None:
                yield last
            last = span
        elif span.data.lstrip().startswith(b"<"):
            last = span
    if last is not None:
        yield last


def _are_twins(first: Span, second: Span) -> bool:
    r"""Tell whether two spans are one error: `<ApiErrors>…` and beside it `{"ApiErrors": …}`.

    Or the same JSON, in a text and as an object: `raw "{\"code\":1011}" parsed {"code":1011}`.
    """
    if second.offset - first.end > _TWIN_GAP or first.capture or second.capture:
        return False
    if first.line == second.line and _is_escaped(first) != _is_escaped(second):
        value = _value(first.data)
        if value is not None and value == _value(second.data):
            return True
    text, made = (
        (first.data, second.data) if first.data.lstrip().startswith(b"<") else (second.data, first.data)
    )
    root = _ROOT.match(text)
    if root is None or made.lstrip()[:1] not in {b"{", b"["} or root[1].lower() not in made.lower():
        return False
    leaves = [one or other for one, other in _LEAF.findall(made)]
    return any(leaves) and all(leaf in text for leaf in leaves)


def _is_escaped(span: Span) -> bool:
    return span.end - span.offset != len(span.data)


def _value(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
