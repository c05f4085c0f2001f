"""Captures in the lines of a log: objects that tell of a response, whatever stands before and behind them.

    gw-1  | {"time":"2026-11-21T10:15:30Z","status":502,"url":"/finesse/api/User/agent1001","body":"<html>…"}
    2026-11-21 10:15:30,123 ERROR [exec-7] Gateway - {"status":400,"body":"<ApiErrors>…"} 12 ms

The first one has nothing in it that a vendor's payload begins with, and is found by itself. In the second one
the payload is found, and the object is what stands around it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from errnorm.batch.anchors import Anchors
from errnorm.batch.cutting import Writing, json_end
from errnorm.batch.names import first_in, has_body, is_told, listed, names_in, opened
from errnorm.batch.pages import pages
from errnorm.batch.payloads import Cut, may_begin

__all__ = ["OBJECT", "STATUS_WORDS", "Captures", "Stands", "capture_of"]

OBJECT: Final = re.compile(rb'\{\s?"')
"""Finds where an object may begin."""

STATUS_WORDS: Final = (b"tatus", b"ode")
"""One of these is in each of the usual names of a status."""

_OBJECT_BYTES: Final = 3
_SHORT_BYTES: Final = 1 << 14
_LINE_BYTES: Final = 1 << 16  # how much of a line is looked at before an object in it
_MOST_OBJECTS: Final = 8  # before a payload in its line, of which one may hold it
_MOST_INSIDE: Final = 64  # objects around payloads of a line that are looked into
_MOST_WORDLESS: Final = 1000  # lines that are looked at one by one
_STARTS: Final = (b"<", b"{", b"[")


class Stands(NamedTuple):
    """A capture, and where it stands in the buffer.

    Attributes:
        start: where it begins.
        end: behind it.
        told: what it tells, decoded.
    """

    start: int
    end: int
    told: dict[str, Any]


class _Line(NamedTuple):
    """A line, or so much of it as a payload may take.

    Attributes:
        start: where it begins.
        end: behind it.
        anchors: where anchors stand in it that may begin a payload.
        pages: where pages stand in it by which known programs tell of an error.
    """

    start: int
    end: int
    anchors: list[int]
    pages: list[int]


class Captures:
    """Finds the captures of a log, from its beginning on.

    All places are offsets in a buffer, which `forget` moves on.

    Args:
        anchors: what begins payloads.
        fields: JSON pointers by role, where the user maps the members of captures.
        max_bytes: the most bytes of one.
    """

    def __init__(self, anchors: Anchors, fields: Mapping[str, str], max_bytes: int) -> None:
        self._anchors = anchors
        self._fields = fields
        self._max_bytes = max_bytes
        self._looked = 0  # captures before this have been looked for
        self._line: _Line | None = None  # the last one that was looked at
        self._object = -1  # the object that was the last capture around a payload
        self._inside = (0, 0)  # up to where objects are looked into, and how many of them were
        self._body = (0, b"")  # where it ends, and its body
        self._words = [0] * len(STATUS_WORDS)  # where each one stands next; 0 where nobody has looked
        self._wordless = 0  # lines with a brace and without a word

    def next_in(self, data: bytes, floor: int, limit: int) -> Stands | None:
        """Give the next capture up to a place in which no payload is found: a 502 with a page, or without.

        Args:
            data: the buffer.
            floor: it does not begin before this.
            limit: it begins before this.
        """
        while (at := self._object_from(data, max(self._looked, floor), limit)) is not None:
            self._looked = at + 1
            if (capture := self._at(data, at)) is not None:
                return capture
        self._looked = max(self._looked, limit)
        return None

    def around(self, data: bytes, cut: Cut, lowest: int) -> Stands | None:
        """Give the capture whose body a payload is: `gw - {"status":400,"body":"<ApiErrors>…"} 12 ms`.

        Args:
            data: the buffer.
            cut: the payload.
            lowest: it does not begin before this.
        """
        first = max(lowest, data.rfind(b"\n", lowest, cut.start) + 1)
        limit = self._line_end(data, cut.end, cut.start)
        for _ in range(_MOST_OBJECTS):
            found = OBJECT.search(data, first, cut.start + _OBJECT_BYTES)
            if not found or found.start() > cut.start:
                return None
            end, told = _object(data, found.start(), limit, self._fields)
            holds = end >= cut.end and self._holds(cut, found.start(), end, told)
            if told is not None and holds:
                return Stands(found.start(), end, told)
            if end >= cut.end and not self._may_go_in(cut.start, limit):
                return None
            # One around it may hold its capture: {"call":{"status":400,"body":"<ApiErrors>…"}}
            first = found.end() if end >= cut.end else max(end, found.end())
        return None

    def _may_go_in(self, place: int, end: int) -> bool:
        """Tell whether an object is looked into: where there are many, each would be read over and over."""
        until, times = self._inside if place < self._inside[0] else (end, 0)
        self._inside = until, times + 1
        return times < _MOST_INSIDE

    def is_told(self, cut: Cut) -> bool:
        """Tell whether a payload is a further one in the body of the last capture around one."""
        end, body = self._body
        return self._object <= cut.start < end and cut.data in body

    def forget(self, drop: int) -> None:
        """Move on by so many bytes."""
        self._looked, self._object, self._line = max(0, self._looked - drop), self._object - drop, None
        self._body = self._body[0] - drop, self._body[1]
        self._inside = self._inside[0] - drop, self._inside[1]
        self._words = [0] * len(STATUS_WORDS)

    def _object_from(self, data: bytes, start: int, limit: int) -> int | None:
        """Give the next object up to a place that stands in a line with a word of a status.

        A brace is looked for first: one byte takes a tenth of the time of a word, and most lines have none.
        """
        while (brace := data.find(b"{", start, limit)) >= 0:
            line = data.rfind(b"\n", start, brace) + 1 or start
            eol = data.find(b"\n", brace, limit)
            end = limit if eol < 0 else eol
            # A line that goes on behind the limit may have its word there: `{"url":"/x",` … `"status":503}`.
            word = line if self._fields or eol < 0 else self._word_near(data, line, end)
            if word < end:
                found = OBJECT.search(data, line, end + _OBJECT_BYTES)
                if found and found.start() < end:
                    return found.start()
            start = max(end + 1, data.rfind(b"\n", end, word) + 1)
        return None

    def _word_near(self, data: bytes, line: int, end: int) -> int:
        """Give where a word of a status stands in a line, or where the next one may stand behind it."""
        if self._wordless < _MOST_WORDLESS:
            found = any(data.find(word, line, end) >= 0 for word in STATUS_WORDS)
            self._wordless += not found
            return line if found else end
        return self._word_from(data, line)  # where many lines have a brace alone, they are passed over

    def _word_from(self, data: bytes, start: int) -> int:
        """Give where the next word of a status stands, the end of the buffer where there is none."""
        for n, word in enumerate(STATUS_WORDS):
            if self._words[n] < start or not self._words[n]:
                at = data.find(word, start)
                self._words[n] = len(data) if at < 0 else at
        return min(self._words)

    def _at(self, data: bytes, start: int) -> Stands | None:
        """Give the capture that begins at a place, and note how far was looked."""
        line = self._line_around(data, start)
        if not self._fields and all(data.rfind(word, start, line.end) < 0 for word in STATUS_WORDS):
            self._looked = line.end
            return None
        next_one = bisect_right(line.anchors, start)
        self._looked = limit = line.anchors[next_one] if next_one < len(line.anchors) else line.end
        end, told = _object(data, start, limit, self._fields)
        if told is None:
            return None
        self._looked = end
        # Without a body it may as well tell more of a payload beside it.
        is_alone = not line.anchors and all(start <= page < end for page in line.pages)
        is_it = is_told(told, self._fields) and (is_alone or has_body(told, self._fields))
        return Stands(start, end, told) if is_it else None

    def _line_around(self, data: bytes, place: int) -> _Line:
        if self._line is None or not self._line.start <= place < self._line.end:
            first = data.rfind(b"\n", max(0, place - _LINE_BYTES), place) + 1
            eol = self._line_end(data, place, place)
            places = _places(data, first, eol, self._anchors)
            self._line = _Line(first, eol, places, [*pages(data, first, eol, self._max_bytes)])
        return self._line

    def _line_end(self, data: bytes, place: int, start: int) -> int:
        """Give where the line of a place ends, and what begins at *start* has to."""
        limit = min(len(data), start + self._max_bytes)
        eol = data.find(b"\n", place, limit)
        return limit if eol < 0 else eol

    def _holds(self, cut: Cut, start: int, end: int, told: dict[str, Any] | None) -> bool:
        """Tell whether the object around a payload is its capture; what else stands in it is another one."""
        if told is None or start == self._object or len(opened(told, tuple(self._fields.items()))) != 1:
            return False
        body = _body_of(cut, told, self._fields, is_all=cut.start == start)
        if body is None:
            return False
        self._object, self._body, self._looked = start, (end, body), max(self._looked, end)
        return True


def _places(data: bytes, first: int, end: int, anchors: Anchors) -> list[int]:
    """Give where anchors stand in a part that may begin a payload."""
    found = anchors.find(memoryview(data)[first:end])
    return [first + at for at, behind in found if may_begin(data, first + at, first + behind, anchors)]


def capture_of(line: bytes, anchors: Anchors, fields: Mapping[str, str]) -> dict[str, Any] | None:
    r"""Give the capture that a line is; None where it is none, or has a payload that is not of its body.

    Args:
        line: a line of a log, without a head.
        anchors: what begins payloads.
        fields: JSON pointers by role, where the user maps the members of captures.

    Example:
        >>> capture_of(b'{"status":502,"url":"/x"}\n', Anchors.usual(), {})
        {'status': 502, 'url': '/x'}
        >>> capture_of(b'{"status":200,"url":"/x","sent":"<ApiErrors/>"}\n', Anchors.usual(), {})
    """
    if not fields and not any(word in line for word in STATUS_WORDS):
        return None
    told = _loaded(line, 0, len(line), fields)
    if told is None or not is_told(told, fields):
        return None
    inside = _places(line, 0, len(line), anchors)
    pairs = tuple(fields.items())
    item = next(iter(opened(told, pairs)), {})
    body = first_in(item, names_in(tuple(item), pairs).body) if inside else None
    text = body.encode("utf-8", "replace").lstrip() if isinstance(body, str) else b""
    is_all = len(_places(text, 0, len(text), anchors)) == len(inside) and text[:1] in _STARTS
    return told if is_all or not inside else None


def _object(
    data: bytes, start: int, limit: int, fields: Mapping[str, str]
) -> tuple[int, dict[str, Any] | None]:
    """Read the object that begins at a place; mostly it goes to the last brace of its line."""
    last = data.rfind(b"}", start, limit) + 1
    if 0 < last - start <= _SHORT_BYTES and (told := _loaded(data, start, last, fields)) is not None:
        return last, told
    end = json_end(data, start, limit, Writing()).end if last else None
    return (0, None) if end is None else (end, _loaded(data, start, end, fields))


def _loaded(data: bytes, start: int, end: int, fields: Mapping[str, str]) -> dict[str, Any] | None:
    try:
        value = orjson.loads(memoryview(data)[start:end])
    except orjson.JSONDecodeError:
        return None
    # Of `{"records":[{"status":404,"body":"<ApiErrors>…"}]}` in a log each payload is found by itself.
    return value if isinstance(value, dict) and not listed(value, tuple(fields.items())) else None


def _body_of(cut: Cut, told: Mapping[str, Any], fields: Mapping[str, str], *, is_all: bool) -> bytes | None:
    """Give the body of an object that tells the status of a response, and has the payload as its body.

    Args:
        cut: the payload.
        told: the object.
        fields: as of `Captures`.
        is_all: whether the payload is the whole object; then the body is one, too.

    Returns:
        The text of the body, empty where it is an object; None where the payload is none.
    """
    pairs = tuple(fields.items())
    item = next(iter(opened(dict(told), pairs)), {})
    names = names_in(tuple(item), pairs)
    body = first_in(item, names.body)
    if not isinstance(body, str):
        return b"" if isinstance(body, dict | list) and is_all else None
    if first_in(item, names.status) is None:
        return None
    text = body.encode("utf-8", "replace").lstrip()
    # {"body":"{\"inner\":\"<ApiErrors>…\"}"} only carries it.
    is_it = text[:1] in _STARTS and text[:1] == cut.data.lstrip()[:1] and cut.data in text
    return text if is_it else None
