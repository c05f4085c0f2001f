r"""The elements of a JSON list, one by one, however long the list is.

Each element comes with its place and its bytes, and a broken one does not end the list. ijson, the
streaming parser, gives neither: it knows no offsets, and stops for good at the first wrong character.
Tests hold it beside this one.

A list is written by one program, so its elements begin alike: `},\n{"time":`. The next such text ends the
element if what comes before is JSON, because no JSON object is the beginning of another one. Where it is
not, brackets are counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from errnorm.batch.capture import Stream
from errnorm.batch.window import Window

__all__ = ["Element", "elements", "loads"]

_GAP = re.compile(rb"[\s,]*+")
_BRACKET = re.compile(rb'[^"{}\[\]]*+(?:"(?:[^"\\]++|\\.)*+"[^"{}\[\]]*+)*+([{}\[\]])', re.DOTALL)
_SCALAR = re.compile(rb'(?:"(?:[^"\\]++|\\.)*+"|[^\s",\]}]++)(?=[\s,\]])', re.DOTALL)
_NEXT = re.compile(rb'\s*+,\s*+\{\s*+"[^"\\]{1,80}+"')
_LIST = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*+\[")
_KEY_BYTES = 256  # the longest `"entries" : [` that is looked for
_UNREAD: Any = object()
_DROP_BYTES = 1 << 20


class Element(NamedTuple):
    """One element of a list.

    Attributes:
        data: its bytes.
        line: the line it begins in, from 1.
        offset: the byte it begins at, from 0.
        whole: it has an end; what the end of the input cut off has none.
        value: what it says, where that is known already.
    """

    data: bytes
    line: int
    offset: int
    whole: bool = True
    value: Any = _UNREAD


def loads(element: Element) -> Any:  # noqa: ANN401 - any JSON value
    """Give what an element says.

    Raises:
        ValueError: when it is no JSON, or nested deeper than Python goes.
    """
    return _value(element.data) if element.value is _UNREAD else element.value


def _value(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            # Half a surrogate pair, NaN, a number beyond 64 bits: browsers write them, orjson refuses them.
            return json.loads(data)
        except RecursionError as error:
            raise ValueError("It is nested too deep.") from error


def elements(stream: Stream, key: bytes | None = None) -> Iterator[Element]:
    """Give the elements of a list.

    Args:
        stream: JSON text.
        key: the name of the member that is the list, `entries` in a HAR; None where the list is all.

    Yields:
        The elements in order. What the end cuts off comes last, and is not `whole`: an input that ends
        between two elements, or holds no such list, gives one without an end too.

    Example:
        >>> import io
        >>> har = Stream(io.BytesIO(b'{"log":{"entries":[{"a":1}, {"b":2}]}}'))
        >>> [element.data for element in elements(har, b"entries")]
        [b'{"a":1}', b'{"b":2}']
    """
    window = Window(stream)
    if not _find_list(window, _LIST if key is None else re.compile(rb'"%s"\s*+:\s*+\[' % re.escape(key))):
        yield Element(window.data, window.line, window.offset, whole=False)
        return
    yield from _Walk(window).elements()


def _find_list(window: Window, start: re.Pattern[bytes]) -> bool:
    """Go to the first element; a quote in a JSON text is escaped, so a key is found by its spelling."""
    while True:
        found = start.search(window.data)
        if found:
            window.drop(found.end())
            return True
        if window.ended or (start is _LIST and len(window.data) > _KEY_BYTES):
            return False
        window.drop(max(0, len(window.data) - _KEY_BYTES) if start is not _LIST else 0)
        window.more()


class _Walk:
    """A walk through the elements in a window.

    Bytes are dropped in great steps: to drop each element by itself would copy the window each time.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._at = 0
        self._line = window.line
        self._next = b""

    def elements(self) -> Iterator[Element]:
        while (first := self._first()) != b"]":
            element = self._element(first)
            yield element
            if not element.whole:
                yield from self._blocks()
                return

    def _first(self) -> bytes:
        """Go to the next element, and give its first byte; nothing at the end."""
        while True:
            gap = _GAP.match(self._window.data, self._at)
            self._step(gap.end() if gap else self._at)
            if self._at < len(self._window.data):
                if self._at > _DROP_BYTES:
                    self._drop()
                return self._window.data[self._at : self._at + 1]
            self._drop()
            if not self._window.more():
                return b""

    def _step(self, to: int) -> None:
        self._line += self._window.data.count(b"\n", self._at, to)
        self._at = to

    def _drop(self) -> None:
        self._window.drop(self._at)
        self._at = 0

    def _element(self, first: bytes) -> Element:
        while True:
            found = self._guessed(first) or self._counted(first)
            if found:
                return found
            if self._at:
                self._drop()
            if not self._window.more():
                return self._cut()

    def _cut(self) -> Element:
        element = Element(
            self._window.data[self._at :], self._line, self._window.offset + self._at, whole=False
        )
        self._at = len(self._window.data)
        return element

    def _blocks(self) -> Iterator[Element]:
        """Give what follows an element too long to find its end, in blocks."""
        self._drop()
        while self._window.more():
            self._line = self._window.line
            yield self._cut()
            self._drop()

    def _guessed(self, first: bytes) -> Element | None:
        """End the element before what the one before was followed by, where that makes it JSON."""
        end = self._window.data.find(self._next, self._at) if first == b"{" and self._next else -1
        if end < 0:
            return None
        data = self._window.data[self._at : end + 1]
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        return self._taken(end + 1, value)

    def _counted(self, first: bytes) -> Element | None:
        end = self._end(first)
        if end is None:
            return None
        follows = _NEXT.match(self._window.data, end)
        if first == b"{" and follows:
            self._next = b"}" + follows[0]
        return self._taken(end, _UNREAD)

    def _end(self, first: bytes) -> int | None:
        if first not in b"{[":
            found = _SCALAR.match(self._window.data, self._at)
            return found.end() if found else None
        depth, place = 0, self._at
        while found := _BRACKET.match(self._window.data, place):
            place = found.end()
            depth += 1 if found[1] in b"{[" else -1
            if depth == 0:
                return place
        return None

    def _taken(self, end: int, value: Any) -> Element:  # noqa: ANN401 - any JSON value
        place = self._window.offset + self._at
        element = Element(self._window.data[self._at : end], self._line, place, value=value)
        self._step(end)
        return element
