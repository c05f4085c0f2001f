"""A line of output with the places for what is put in: time and place, numbers, ids of a response."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

import orjson

from errnorm.batch.encode import PLACED, Frame
from errnorm.batch.outline import getter

__all__ = ["NOT_GIVEN", "Cast", "Given", "Line", "Numbers"]

# Texts that no JSON holds: the first two mark the place of `told` in two lines, the last that of `ids`.
_TOLD, _IDS = (b"\0", b"\1"), b"\2"
_TARGET: Final = b',"target":'  # behind the message; inside a text its quotes are escaped
# Time and place, as one value or as those of `PLACED`, the numbers, the ids of a response.
_Values = Sequence[Any]
_ONE: Final = (b"%b", 1)
_EACH: Final = (PLACED, 5)
_Parts = tuple[bytes | int, ...]
"""Texts, and in between which value stands there: 0 is time and place, then the numbers and the given ids."""


class Numbers(NamedTuple):
    """The numbers in which two bodies of one outline differ.

    Attributes:
        own: those of the one.
        other: those of the other, each of the same length.
    """

    own: tuple[bytes, ...] = ()
    other: tuple[bytes, ...] = ()


class Given(NamedTuple):
    """The ids that the headers of a response carry.

    Attributes:
        kinds: their kinds.
        ids: the ids, in the same order; each is a word.
    """

    kinds: tuple[str, ...] = ()
    ids: tuple[bytes, ...] = ()

    @property
    def by_kind(self) -> Mapping[str, bytes]:
        """The same as a mapping."""
        return dict(zip(self.kinds, self.ids, strict=True))

    def are_named(self, lines: Sequence[bytes]) -> bool:
        """Tell whether the message of a line may name one of them: its fingerprint masks it there."""
        for line in lines if self.ids else ():
            end = line.find(_TARGET)
            for one in self.ids:
                if line.find(one, 0, end) >= 0:
                    return True
        return False


NOT_GIVEN: Final = Given()


class Line(NamedTuple):
    """A record's line, and the ids that the headers of its response carry."""

    frame: Frame
    given: Given

    @property
    def own_ids(self) -> dict[str, str]:
        """The ids that its body tells itself, without what is private: a policy may have masked them."""
        ids: dict[str, str] = orjson.loads(self.frame.ids)
        given = self.given.by_kind
        return {kind: text for kind, text in ids.items() if given.get(kind) != text.encode()}

    def around(self, told: bytes) -> tuple[bytes, bytes]:
        """Give what stands before the ids, and what stands behind."""
        front, _, behind = self.frame.line(told, _IDS).partition(_IDS)
        return front, behind


class _Form(NamedTuple):
    """A text with a place for each value, and which of the values go there."""

    text: bytes
    pick: Callable[[_Values], tuple[Any, ...]]

    def fill(self, values: _Values) -> bytes:
        """Give the text with values put in."""
        return self.text % self.pick(values)

    @classmethod
    def of(cls, parts: _Parts, told: tuple[bytes, int] = _ONE) -> Self:
        """Make a form of its parts, and of the places that time and place take in it."""
        form, count = told
        text: list[bytes] = []
        picked: list[int] = []
        for part in parts:
            if isinstance(part, bytes):
                text.append(part.replace(b"%", b"%%"))
            else:
                text.append(b"%b" if part else form)
                picked += [part + count - 1] if part else range(count)
        return cls(b"".join(text), getter(picked))


def _parts(own: bytes, other: bytes, pairs: Sequence[tuple[bytes, bytes]]) -> _Parts | None:
    """Find the places of values in two texts; None where these differ in anything else."""
    if len(own) != len(other):
        return None
    found: list[bytes | int] = []
    start = 0
    while (at := _difference(own, other, start)) < len(own):
        place = _value_at(at, own, other, pairs)
        if place is None:
            return None
        found += [own[start:at], place]
        start = at + len(pairs[place][0])
    return (*found, own[start:])


def _difference(own: bytes, other: bytes, start: int) -> int:
    """Give where two texts of one length begin to differ; their length where they do not."""
    bits = (int.from_bytes(own[start:], "big") ^ int.from_bytes(other[start:], "big")).bit_length()
    return len(own) - (bits + 7) // 8


def _value_at(at: int, own: bytes, other: bytes, pairs: Sequence[tuple[bytes, bytes]]) -> int | None:
    """Give which value stands at a place, the longest that does."""
    fitting = [
        place
        for place, (here, there) in enumerate(pairs)
        if own.startswith(here, at) and other.startswith(there, at)
    ]
    return max(fitting, key=lambda place: len(pairs[place][0]), default=None)


class Cast:
    """The line of every record whose body has the same outline.

    Args:
        front: what stands before the ids, and their brace.
        ids: the ids that the body tells itself, by their kind.
        behind: what stands behind the ids.
        count: how many values stand before those of a response's ids.

    Attributes:
        whole: the line.
        placed: the same, with a place for each value of `PLACED`.
    """

    __slots__ = ("_behind", "_count", "_front", "_given", "_ids", "placed", "whole")

    def __init__(self, front: _Parts, ids: dict[str, _Parts], behind: _Parts, count: int) -> None:
        self._front = front
        self._ids = ids
        self._behind = behind
        self._count = count
        self._given: dict[tuple[str, ...], tuple[_Form, _Form]] = {}
        self.whole, self.placed = self.forms_with(())

    def forms_with(self, kinds: tuple[str, ...]) -> tuple[_Form, _Form]:
        """Give `whole` and `placed` for a response that carries ids of these kinds; the body's own win."""
        forms = self._given.get(kinds)
        if forms is None:
            line = (*self._front, *self._all_ids(kinds), *self._behind)
            forms = self._given[kinds] = (_Form.of(line), _Form.of(line, _EACH))
        return forms

    def _all_ids(self, kinds: tuple[str, ...]) -> Iterator[bytes | int]:
        given: dict[str, _Parts] = {kind: (b'"', n, b'"') for n, kind in enumerate(kinds, self._count)}
        comma = b"{"
        for kind, parts in (given | self._ids).items():
            yield comma + orjson.dumps(kind) + b":"
            yield from parts
            comma = b","
        yield b"}" if comma == b"," else b"{}"

    @classmethod
    def of(cls, line: Line, twin: Line, numbers: Numbers) -> Self | None:
        """Find the places in the line of a record.

        Args:
            line: its line.
            twin: that of a record whose body differs in its numbers alone; the same one, if it has none.
            numbers: the numbers of the two bodies.

        Returns:
            The cast; None where the two lines differ in more than their numbers.
        """
        pairs = (_TOLD, *zip(*numbers, strict=True))
        texts = zip(line.around(_TOLD[0]), twin.around(_TOLD[1]), strict=True)
        front, behind = (_parts(own, other, pairs) for own, other in texts)
        own_ids, others = line.own_ids, twin.own_ids
        if own_ids.keys() != others.keys() or front is None or behind is None:
            return None
        ids: dict[str, _Parts] = {}
        for kind, text in own_ids.items():
            parts = _parts(orjson.dumps(text), orjson.dumps(others[kind]), pairs)
            if parts is None:
                return None
            ids[kind] = parts
        return cls(front, ids, behind, len(pairs))
