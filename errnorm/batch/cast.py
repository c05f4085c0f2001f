"""A line of output with the places for what is put in: time and place, ids of a response, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import orjson

from errnorm.batch.encode import PLACED, Frame
from errnorm.batch.outline import getter

__all__ = ["Cast", "Line", "Numbers"]

# Texts that no JSON holds: the first two mark the place of `told` in two lines, the last that of `ids`.
_TOLD, _IDS = (b"\0", b"\1"), b"\2"
_TARGET = b',"target":'  # behind the message; inside a text its quotes are escaped
_Values = Sequence[Any]  # time and place, as one value or as those of `PLACED`, then the numbers
_ONE = (b"%b", 1)
_EACH = (PLACED, 5)


class Numbers(NamedTuple):
    """The numbers in which two bodies of one outline differ.

    Attributes:
        own: those of the one.
        other: those of the other, each of the same length.
    """

    own: tuple[bytes, ...] = ()
    other: tuple[bytes, ...] = ()


class Line(NamedTuple):
    """A record's line, and the ids that its body tells itself."""

    frame: Frame
    ids: Mapping[str, str]

    def texts(self, told: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """Give the whole line, what stands before the ids, the body's own ids, and what stands behind."""
        front, _, behind = self.frame.line(told, _IDS).partition(_IDS)
        return self.frame.line(told), front, orjson.dumps(self.ids), behind


class _Form(NamedTuple):
    """A text with a place for each value, and which of the values go there."""

    text: bytes
    pick: Callable[[_Values], tuple[Any, ...]]

    def fill(self, values: _Values) -> bytes:
        return self.text % self.pick(values)

    @classmethod
    def of(cls, parts: _Parts, told: tuple[bytes, int] = _ONE) -> Self:
        """Make a form of its parts, and of the places that time and place take in it."""
        form, count = told
        text = [parts.first.replace(b"%", b"%%")]
        picked: list[int] = []
        for place, part in parts.others:
            text += [b"%b" if place else form, part.replace(b"%", b"%%")]
            picked += [place + count - 1] if place else range(count)
        return cls(b"".join(text), getter(picked))


class _Parts(NamedTuple):
    """What two texts share, and which values stand between."""

    first: bytes
    others: Sequence[tuple[int, bytes]]

    @classmethod
    def of(cls, own: bytes, other: bytes, pairs: Sequence[tuple[bytes, bytes]]) -> Self | None:
        """Find the places of values in two texts; None where these differ in anything else."""
        if len(own) != len(other):
            return None
        parts: list[bytes] = []
        places: list[int] = []
        start = 0
        while (at := _difference(own, other, start)) < len(own):
            place = _value_at(at, own, other, pairs)
            if place is None:
                return None
            parts.append(own[start:at])
            places.append(place)
            start = at + len(pairs[place][0])
        first, *others = (*parts, own[start:])
        return cls(first, [*zip(places, others, strict=True)])


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


class Cast(NamedTuple):
    """The line of every record whose body has the same outline.

    Attributes:
        whole: the line with the ids that the body tells itself.
        placed: the same, with a place for each value of `PLACED`.
        front, behind: what stands before and behind the value of `ids`.
        ids: the ids that the body tells itself, a JSON object.
        kinds: their kinds.
    """

    whole: _Form
    placed: _Form
    front: _Form
    ids: _Form
    behind: _Form
    kinds: frozenset[str]

    def line_with(self, given: Mapping[str, str], told: bytes, numbers: tuple[bytes, ...]) -> bytes | None:
        """Give the line with the ids of a response beside those of the body.

        Args:
            given: the ids of the response.
            told: its time and place, as `when_and_where` writes them.
            numbers: the numbers of its body.

        Returns:
            The line; None where the body tells such an id too, or its message may name one: the fingerprint
            masks it there.
        """
        values = (told, *numbers)
        front = self.front.fill(values)
        said = front[: front.find(_TARGET)]
        if not self.kinds.isdisjoint(given) or any(text.encode() in said for text in given.values()):
            return None
        ids = orjson.dumps(given)
        if self.kinds:
            ids = ids[:-1] + b"," + self.ids.fill(values)[1:]
        return front + ids + self.behind.fill(values)

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
        texts = zip(line.texts(_TOLD[0]), twin.texts(_TOLD[1]), strict=True)
        parts = [_Parts.of(own, other, pairs) for own, other in texts]
        whole, front, ids, behind = (_Form.of(part) if part else None for part in parts)
        if not parts[0] or whole is None or front is None or ids is None or behind is None:
            return None
        return cls(whole, _Form.of(parts[0], _EACH), front, ids, behind, frozenset(line.ids))
