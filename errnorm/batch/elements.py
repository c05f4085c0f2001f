r"""The elements of a JSON list, or JSON values one behind the other, one by one, however many there are.

Each element comes with its place and its bytes, and a broken one does not end the list. ijson, the
streaming parser, gives neither: it knows no offsets, and stops for good at the first wrong character.
Tests hold it beside this one.

A list is written by one program, so its elements begin alike: `},\n{"time":`. The next such text ends the
element if what comes before is JSON, because no JSON object is the beginning of another one. Where it is
not, brackets are counted.

Values without a list around them stand as `jq .` prints them, over many lines, or with nothing between them,
as Amazon Data Firehose joins them; RFC 7464 puts a record separator before each.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from attrs import evolve

from errnorm.batch.capture import Again, Stream
from errnorm.batch.inputs import HEAD_BYTES
from errnorm.batch.window import MAX_BYTES, Window
from errnorm.reading.charset import decode

__all__ = [
    "LONG_BYTES",
    "NO_END",
    "Element",
    "elements",
    "loads",
    "parts",
    "reason_of",
    "value_parts",
    "values",
]

_GAP = re.compile(rb"[\s,]*+")
_GAP_OF_VALUES = re.compile(rb"(?:[\s,\x1e]++|\xef\xbb\xbf)*+")
_COLUMN = re.compile(rb"\n(?=\{)")
# Strings are passed over as wholes; a lone quote is one that does not end, and the end is a mark as well:
# without it a long end without a mark would be tried from each of its characters.
_MARK = re.compile(rb'[^"{}\[\]]*+(?:"(?:[^"\\]++|\\.)*+"[^"{}\[\]]*+)*+([{\[]++|[}\]]++|"|\Z)', re.DOTALL)
_TEXT = re.compile(rb'(?:[^"\\]++|\\.)*+("?)', re.DOTALL)
_SCALAR = re.compile(rb'(?:"(?:[^"\\]++|\\.)*+"|[^\s",\]]++)++(?=[\s,\]])', re.DOTALL)
_BARE_END = re.compile(rb"[\s,\]]")
_NEXT = re.compile(rb'[\s,\x1e]*+\{\s*+"[^"\\]{1,80}+"')
# Between two values, and in none: there an opening has a comma, a colon or another one before it, and no
# string goes over a line.
_BREAK = re.compile(rb"\n(?<=[^,\[{:\s]\n)(?=\s*+\{)|\r\n(?<=[^,\[{:\s]\r\n)(?=\s*+\{)|\x1e")
_AROUND = 2  # objects around the list of a HAR, and of an answer of Elasticsearch
_MOST_FAR_ONES = 64  # broken values that seem to end far away: of more, one is all up to there
_LIST = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*+\[")
_SEPARATOR = b"\x1e"  # RFC 7464
_KEY_BYTES = 256  # the longest `"entries" : [` that is looked for
Where = Callable[[bytes], int]
"""Gives where the elements of a list begin, by the first bytes of what holds it; 0 where it holds none."""
ComeAgain = Callable[[Iterable[bytes], int, int, bytes], list[bytes]]
"""Gives what objects became, up to the first whose like did not come before; see `elements`."""
_UNREAD: Any = object()
_DROP_BYTES = 1 << 20
_GUESS_BYTES = 1 << 16
_PIECE_BYTES = 1 << 19
_FEW_BYTES = 1 << 14
_MOST_ELEMENTS = 1024  # what they become is in memory at once
LONG_BYTES = 1 << 18
_MOST_VALUES = 400_000
_OPENS = b"{["

NO_END = "The input ends inside a JSON text. Look whether it was cut off; what comes before was read."
_TOO_LONG = f"The element is longer than {MAX_BYTES >> 20} MiB. Cut its body; a body is read up to 1 MiB."
_NO_JSON = "It is no JSON. Look whether it was cut off, edited by hand, or mixed with something else."
_TOO_MUCH = f"It holds more than {_MOST_VALUES:,} values. Look whether it is a capture, and give it in parts."


class Element(NamedTuple):
    """One element of a list.

    Attributes:
        data: its bytes.
        line: the line it begins in, from 1.
        offset: the byte it begins at, from 0.
        reason: why it is none, a sentence: the end of the input cuts it off, or it is a part of one that is
            too long; None for an element that is whole.
        value: what it says, where that is known already.
        again: what it and those behind it became, as their like came before; then the rest tells of the
            first of them, and there are no bytes.
    """

    data: bytes
    line: int
    offset: int
    reason: str | None = None
    value: Any = _UNREAD
    again: Again | None = None

    @property
    def is_read(self) -> bool:
        """True where `value` holds what orjson has read."""
        return self.value is not _UNREAD


class _TooMuch(ValueError):  # noqa: N818 - a fact about the text
    """A text of so many values that they would fill the memory."""


def loads(element: Element) -> Any:  # noqa: ANN401 - any JSON value
    """Give what an element says.

    Raises:
        ValueError: when it is no JSON, nested deeper than Python goes, or of too many values.
    """
    return element.value if element.is_read else _value(element.data)


def reason_of(error: ValueError) -> str:
    """Give the sentence for what `loads` has raised."""
    return _TOO_MUCH if isinstance(error, _TooMuch) else _NO_JSON


def _value(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    # `{},{},{},` becomes twenty times as much in memory; a body of that length has fewer commas.
    if len(data) > LONG_BYTES and data.count(b",") > _MOST_VALUES:
        raise _TooMuch
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            return _patiently(data)
        except RecursionError as error:
            raise ValueError("It is nested too deep.") from error


def _patiently(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read what orjson refuses, and browsers write: half a surrogate pair, NaN, a number beyond 64 bits."""
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        text = decode(data).text  # of nginx, which cuts a body between two bytes
    return json.loads(text)


def elements(
    stream: Stream, key: bytes | Where | None = None, *, come_again: ComeAgain | None = None
) -> Iterator[Element]:
    """Give the elements of a list.

    Args:
        stream: JSON text, or a piece that `parts` gave.
        key: the name of the member that is the list, `entries` in a HAR, in two objects; or what gives the
            place of the first element by the first bytes of one object, 0 for none; None where the list is
            all.
        come_again: gives what objects became, up to the first whose like did not come before: it is given
            these objects, the line and the offset of the first one, and what stands between two of them.

    Yields:
        The elements in order. What the end cuts off comes last, and has a `reason`: an input that ends
        between two elements, or holds no such list, gives one without an end too. An element that is too
        long comes in parts, each with a `reason`.

    Example:
        >>> import io
        >>> har = Stream(io.BytesIO(b'{"log":{"entries":[{"a":1}, {"b":2}]}}'))
        >>> [element.data for element in elements(har, b"entries")]
        [b'{"a":1}', b'{"b":2}']
    """
    window = Window(stream)
    if stream.head:  # a piece: it begins inside of the list, and ends with it
        yield from _Walk(window).elements(come_again)
    elif (yield from _to_list(window, key)):
        yield from _Walk(window, around=_around(key)).elements(come_again)


def parts(stream: Stream, key: bytes | Where | None = None) -> Iterator[Stream | Element]:
    """Cut a list into pieces of many elements, which `elements` takes; what fits in none comes by itself.

    Args:
        stream: JSON text.
        key: as `elements` takes it.
    """
    window = Window(stream)
    if (yield from _to_list(window, key)):
        yield from _Walk(window, around=_around(key)).parts(stream)


def values(stream: Stream, *, come_again: ComeAgain | None = None) -> Iterator[Element]:
    r"""Give JSON values that stand one behind the other, or the elements of a piece that `value_parts` gave.

    Args:
        stream: the values.
        come_again: as of `elements`.

    Yields:
        The values in order, as `elements` gives those of a list. What begins with no brace or bracket is
        taken to the end of its line, and a broken value to where another one begins on a line of its own.

    Example:
        >>> import io
        >>> [value.data for value in values(Stream(io.BytesIO(b'{\n  "a": 1\n}\n{"b":2}{"c":3}')))]
        [b'{\n  "a": 1\n}', b'{"b":2}', b'{"c":3}']
    """
    walk = _Walk(Window(stream), in_list=bool(stream.head), gap=_GAP_OF_VALUES)
    yield from walk.elements(come_again)


def value_parts(stream: Stream) -> Iterator[Stream | Element]:
    """Cut such values into pieces of many, which `values` takes; what fits in none comes by itself."""
    yield from _Walk(Window(stream), in_list=False, gap=_GAP_OF_VALUES).parts(stream)


def _around(key: bytes | Where | None) -> int:
    """Give how many objects stand around a list."""
    return 0 if key is None else _AROUND if isinstance(key, bytes) else 1


def _to_list(window: Window, key: bytes | Where | None) -> Generator[Element, None, bool]:
    """Go to the first element of a list; where there is none, give what is there."""
    if key is None or isinstance(key, bytes):
        start = _LIST if key is None else re.compile(rb'"%s"\s*+:\s*+\[' % re.escape(key))
        found = _find_list(window, start)
    else:
        found = _go_to_list(window, key)
    if not found:
        yield Element(window.data, window.line, window.offset, NO_END)
    return found


def _go_to_list(window: Window, where: Where) -> bool:
    while len(window.data) < HEAD_BYTES and window.more():
        pass
    place = where(window.data[:HEAD_BYTES])
    window.drop(place)
    return place > 0


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


class _End:
    """Finds where an element ends that may be seen in parts.

    Args:
        first: its first byte.
        depth: how many brackets are open where it is looked for.
    """

    def __init__(self, first: bytes, depth: int = 0) -> None:
        self._is_bare = first not in b'{["'
        self._depth = depth
        self._in_text = self._skips = first == b'"'

    def find(self, data: bytes, start: int = 0, limit: int = sys.maxsize) -> int | None:
        """Give where it ends in its next part; None where it goes on.

        Args:
            data: the part.
            start: where in it to begin.
            limit: how far to go.
        """
        if self._is_bare:
            bare = _BARE_END.search(data, start, limit)
            return bare.start() if bare else None
        was_in_text = self._in_text
        if was_in_text:
            start = self._text(data, start + self._skips)
        if self._in_text:
            return None
        return start if was_in_text and not self._depth else self._marks(data, start, limit)

    def _marks(self, data: bytes, start: int, limit: int) -> int | None:
        while (found := _MARK.match(data, start, limit)) and found[1]:
            start = found.end()
            if found[1] == b'"':
                self._text(data, start)
                return None
            if found[1][0] in _OPENS:
                self._depth += len(found[1])
            elif self._depth <= len(found[1]):
                return found.start(1) + self._depth
            else:
                self._depth -= len(found[1])
        return None

    def _text(self, data: bytes, start: int) -> int:
        """Go to the end of a string, or of the part; there the next part may begin behind a backslash."""
        found = _TEXT.match(data, start)
        end = found.end() if found else start
        self._in_text = not (found and found[1])
        self._skips = self._in_text and end < len(data)  # what a backslash escapes comes next
        return end


class _Walk:
    """A walk through the elements in a window.

    Bytes are dropped in great steps: to drop each element by itself would copy the window each time.

    Args:
        window: what to walk through.
        in_list: whether a bracket ends them, and not the end of the input.
        around: how many objects stand around the list, behind which values may follow; None for a piece.
        gap: finds what may stand between two elements.
    """

    def __init__(
        self,
        window: Window,
        *,
        in_list: bool = True,
        around: int | None = None,
        gap: re.Pattern[bytes] = _GAP,
    ) -> None:
        self._window = window
        self._in_list = in_list
        self._around = around
        self._gap = gap
        self._at = 0
        self._line = window.line
        self._next = b""
        self._many = _PIECE_BYTES
        self._followed = b""
        # Places in what is in view: else each element would look through all of it.
        self._next_break = 0
        self._far_ones = _MOST_FAR_ONES
        self._unlike = 0  # before this place no element begins as the one before
        self._unknown = 0  # before this place the like of none came before
        self._alone = 0  # before this place elements are read one by one
        self._ended = False

    def elements(self, come_again: ComeAgain | None) -> Iterator[Element]:
        for first in self._firsts():
            again = self._again(come_again) if come_again and first == b"{" and self._next else None
            yield from (again,) if again else self._one(first)

    def parts(self, stream: Stream) -> Iterator[Stream | Element]:
        for first in self._firsts():
            end = self._end_of_many() if first == b"{" and self._next else None
            if end:
                yield self._piece(stream, end)
            else:
                yield from self._one(first)

    def _firsts(self) -> Iterator[bytes]:
        """Give the first byte of each element, of what stands behind the list, and of further lists."""
        while not self._ended:
            first = self._first()
            if self._in_list and first == b"]":
                if self._around is None:
                    return
                self._leave(self._around)
            elif not self._in_list and first == b"[" and self._around == 0:
                self._step(self._at + 1)
                self._in_list = True
            elif first or self._in_list:
                yield first
            else:
                return

    def _leave(self, around: int) -> None:
        """Go behind the list, and behind the objects around it if these end."""
        self._step(self._at + 1)
        self._in_list, self._next, self._gap = False, b"", _GAP_OF_VALUES
        self._drop()
        if not around:
            return
        while (stop := _End(b"{", around).find(self._window.data)) is None:
            if not self._more():
                return  # what is left is no JSON, and is rejected
        self._step(stop)

    def _one(self, first: bytes) -> Iterator[Element]:
        element = self._element(first)
        yield element
        self._ended = element.reason == NO_END
        if element.reason == _TOO_LONG:
            yield from self._rest(_End(first), element.data)

    def _again(self, come_again: ComeAgain) -> Element | None:
        """Give elements that need not be decoded as one: what was an element before is one here as well."""
        if self._at < self._unknown or self._like() is None:
            return None
        gap, ends = self._next[1 : self._next.index(b"{")], list[int]()
        line, offset = self._line, self._window.offset + self._at
        known = come_again(self._likes(len(gap), ends), line, offset, gap)
        if not known:
            self._unknown = ends[0]  # or a next element far away would be looked at from each before it
            return None
        self._step(ends[len(known) - 1])
        return Element(b"", line, offset, again=Again(len(known), b"".join(known)))

    def _likes(self, gap: int, ends: list[int]) -> Iterator[bytes]:
        """Give what may be the next elements, and note where each of them ends."""
        data, begins = self._window.data, self._at
        while end := data.find(self._next, begins, begins + _GUESS_BYTES) + 1:
            ends.append(end)
            yield data[begins:end]
            begins = end + gap

    def _piece(self, stream: Stream, end: int) -> Stream:
        # The bracket ends the list in this piece.
        file = io.BytesIO(self._window.data[self._at : end] + b"]")
        piece = evolve(stream, file=file, line=self._line, offset=self._window.offset + self._at, head=b"[")
        self._step(end)
        return piece

    def _end_of_many(self) -> int | None:
        """Give where the last of many elements ends, if all of them are JSON."""
        if self._at < self._alone:
            return None
        if len(self._window.data) - self._at < self._many and not self._window.ended:
            self._drop()
            self._more()
        data, at = self._window.data, self._at
        end = data.rfind(self._next, at, at + self._many) + 1
        if end and data.count(self._next, at, end) < _MOST_ELEMENTS and _is_json(self._as_list(data[at:end])):
            self._many = min(2 * self._many, _PIECE_BYTES)
            return end
        # Fewer next time, or one that is no JSON would be looked at again with each that stands before it.
        self._alone, self._many = at + _FEW_BYTES, max(self._many // 4, _FEW_BYTES)
        return None

    def _as_list(self, text: bytes) -> bytes:
        if b"," in self._next:
            return text
        return text.replace(self._next, b"}," + self._next[1:].replace(_SEPARATOR, b" "))

    def _first(self) -> bytes:
        """Go to the next element, and give its first byte; nothing at the end."""
        while True:
            gap = self._gap.match(self._window.data, self._at)
            self._step(gap.end() if gap else self._at)
            if self._at < len(self._window.data):
                if self._at > _DROP_BYTES:
                    self._drop()
                return self._window.data[self._at : self._at + 1]
            self._drop()
            if not self._more():
                return b""

    def _step(self, to: int) -> None:
        self._line += self._window.data.count(b"\n", self._at, to)
        self._at = to

    def _more(self) -> bool:
        self._forget()
        return self._window.more()

    def _forget(self) -> None:
        self._next_break = self._unlike = self._unknown = 0

    def _drop(self) -> None:
        self._forget()
        self._alone = max(0, self._alone - self._at)
        self._window.drop(self._at)
        self._at = 0

    def _element(self, first: bytes) -> Element:
        while True:
            found = self._guessed(first) or self._counted(first)
            if found:
                return found
            if self._at:
                self._drop()
            was_all = self._window.ended
            if not self._more() and (was_all or not self._window.ended):
                return self._last(first)

    def _last(self, first: bytes) -> Element:
        """Give what does not end in view."""
        if not self._window.ended:
            return self._cut(_TOO_LONG)
        end = len(self._window.data)
        if not self._in_list and first not in _OPENS:
            return self._taken(end, _UNREAD)
        other = None if self._in_list else self._other(end)
        return self._cut(_NO_JSON, other) if other else self._cut(NO_END)

    def _rest(self, end: _End, data: bytes) -> Iterator[Element]:
        """Give the rest of an element that is too long, and find its end on the way."""
        stop = end.find(data)
        while stop is None:
            self._drop()
            if not self._more():
                return
            stop = end.find(self._window.data)
            yield self._cut(_TOO_LONG, stop)

    def _cut(self, reason: str, end: int | None = None) -> Element:
        data = self._window.data[self._at : end]
        element = Element(data, self._line, self._window.offset + self._at, reason)
        self._step(self._at + len(data))
        return element

    def _guessed(self, first: bytes) -> Element | None:
        """End the element before what the one before was followed by, where that makes it JSON."""
        if first != b"{" or not self._next:
            return None
        end = self._like()
        if end is None:
            return None
        data = self._window.data[self._at : end + 1]
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        return self._taken(end + 1, value)

    def _counted(self, first: bytes) -> Element | None:
        limit = sys.maxsize if self._in_list else self._break()
        end = self._end(first, limit)
        if end is None and limit >= len(self._window.data):
            return None
        if not self._in_list and (other := self._broken(first, end or limit)):
            return self._cut(_NO_JSON, other)
        if end is None:
            return self._cut(_NO_JSON, limit)
        follows = _NEXT.match(self._window.data, end)
        if not (follows or self._in_list or self._window.ended) and end + _KEY_BYTES > len(self._window.data):
            return None  # what follows is not in view, and tells where the next one ends if it is broken
        if first == b"{" and follows:
            self._learn(b"}" + follows[0])
        return self._taken(end, _UNREAD)

    def _broken(self, first: bytes, end: int) -> int | None:
        """Give where the next value begins inside of one that is none."""
        if first != b"{":
            return None
        try:
            _value(self._window.data[self._at : end])
        except ValueError:
            return self._other(end)
        return None

    def _other(self, end: int) -> int | None:
        """Give where a value seems to begin before an end: in the first column, or as those before began."""
        if end - self._at > _GUESS_BYTES:
            self._far_ones -= 1
            if self._far_ones < 0:
                return None
        column = _COLUMN.search(self._window.data, self._at, end)
        begins = self._next.lstrip(b"}, \r\n\t\x1e")
        like = self._window.data.find(begins, self._at + 1, end) if begins else -1
        places = [place for place in (column.start() if column else -1, like) if place > self._at]
        return min(places, default=None)

    def _learn(self, follows: bytes) -> None:
        """Take what follows two elements for what follows the next ones."""
        if follows == self._followed and follows != self._next:
            self._next, self._unlike = follows, 0
        self._followed = follows

    def _like(self) -> int | None:
        """Give where what follows an element comes next, if that is near."""
        if self._unlike > self._at:
            return None
        found = self._window.data.find(self._next, self._at, self._at + _GUESS_BYTES)
        if found < 0:
            self._unlike = self._at + _GUESS_BYTES - len(self._next)
        return found if found >= 0 else None

    def _break(self) -> int:
        """Give where a value ends at the latest: before one on a line of its own, or at the end in view."""
        if self._next_break <= self._at:
            found = _BREAK.search(self._window.data, self._at)
            self._next_break = found.start() if found else len(self._window.data)
        return self._next_break

    def _end(self, first: bytes, limit: int) -> int | None:
        if first in b"{[":
            return _End(first).find(self._window.data, self._at, limit)
        if not self._in_list:
            end = self._window.data.find(b"\n", self._at)
            return None if end < 0 else end
        found = _SCALAR.match(self._window.data, self._at)
        return found.end() if found else None

    def _taken(self, end: int, value: Any) -> Element:  # noqa: ANN401 - any JSON value
        place = self._window.offset + self._at
        element = Element(self._window.data[self._at : end], self._line, place, value=value)
        self._step(end)
        return element


def _is_json(text: bytes) -> bool:
    """Tell whether elements are JSON, all of them."""
    try:
        orjson.loads(b"[" + text + b"]")
    except orjson.JSONDecodeError:
        return False
    return True
