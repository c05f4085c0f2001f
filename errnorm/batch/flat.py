r"""Lines of a gateway that differ in a moment and in numbers alone: these are not even decoded.

    {"time":"2026-11-21T10:15:30Z","status":503,"bytes":474,"body":"<ErrorData>agent1001</ErrorData>"}
    {"time":"2026-11-21T10:15:31Z","status":503,"bytes":512,"body":"<ErrorData>agent1002</ErrorData>"}

Where two lines have equal characters but for their digits, and the digits of their names and escapes are
equal as well, they have the same members in the same places. What a capture becomes is told by its body,
status, url and type; so these digits decide, but for those that the outline of the body leaves out. The
moment is put in, and no one reads the other members. Where lines differ in ids with letters in them, these
are cut out first, those of the line (`"request_id": "…"`) and those of the body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
from attrs import field, frozen

from errnorm.batch.ids import MARK, Cut, told_by
from errnorm.batch.names import names_in
from errnorm.batch.outline import MASK, MOST_RUNS, Told, equals, getter, runs, without

__all__ = ["Flat", "flat_of"]

_OPENS: Final = re.compile(rb"\s*+\{")
_MEMBER: Final = re.compile(
    rb"""\s*+"((?:[^"\\]++|\\.)*+)"\s*+:\s*+
    (?:"((?:[^"\\]++|\\.)*+)"|(-?([0-9]++)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)|true|false|null)
    \s*+(?:,|(\}\s*+\Z))""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(rb"\\(?:u....|.)")


@frozen(eq=False)
class Flat:
    """What lines share that have equal characters but for their digits and ids, and where the others stand.

    Attributes:
        digits: gives the numbers of its body that the outline of the body leaves out, then the digits of
            the line that decide.
        count: how many of the former there are.
        ids: gives those of a line's ids that stand in its body.
        beside: gives those that stand in its url, where these are all that its url has.
        deciding: gives those in whatever else is read.
        time: where its time stands, with its quotes; None where it has none.
        leading: where a number begins that no one reads; with a 0 there the line would be no JSON.
        places: all of these places, to compare one line's with another's.
        known: what lines became, by the digits and ids that decide and by which of the others are equal.
    """

    digits: Callable[[bytes], tuple[bytes, ...]]
    count: int
    ids: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    beside: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    deciding: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    time: slice | None
    leading: tuple[int, ...]
    places: tuple[Any, ...]
    known: dict[tuple[object, ...], Any] = field(factory=dict)

    def told(self, line: bytes) -> tuple[tuple[bytes, ...], tuple[object, ...]]:
        """Give what does not decide over a line as it is, and what does."""
        digits, count = self.digits(line), self.count
        numbers, key = digits[:count], digits[count:]
        return numbers, key if count < 2 else key + equals(numbers)

    def told_without_ids(self, cut: Cut) -> tuple[tuple[bytes, ...], tuple[object, ...]]:
        """Give what does not decide over a line without its ids but for its url, and what does."""
        digits, count = self.digits(cut.text), self.count
        own = self.ids(cut.ids)
        numbers, key = digits[:count] + own, (*digits[count:], told_by(own), *self.deciding(cut.ids))
        return numbers, key if len(numbers) < 2 else key + equals(numbers)


def flat_of(cut: Cut, fields: Mapping[str, str], told: Told, beside: tuple[bytes, ...] = ()) -> Flat | None:
    r"""Find the members of a line, and the digits and ids in it that do not decide.

    Args:
        cut: a JSON object and the end of the line, with or without its ids.
        fields: JSON pointers by the name of a capture's member, where the user maps them.
        told: its body, likewise with or without its ids.
        beside: the ids of its url.

    Returns:
        None where the line is nested, or anything in it is not as one expects.

    Example:
        >>> from errnorm.batch.outline import Outline
        >>> line = b'{"status":503,"bytes":474,"body":"<ErrorData>agent1001</ErrorData>"}'
        >>> body = b"<ErrorData>agent1001</ErrorData>"
        >>> flat = flat_of(Cut(line), {}, Told.of(Outline(body.translate(MASK)), Cut(body)))
        >>> flat.told(line)
        ((b'1001',), (b'503',))
    """
    line = cut.text
    members = _members(line)
    names = names_in(tuple(members), tuple(fields.items())).plain
    body = members[names.body] if names else None
    if names is None or body is None or body[2] is None or _text(body[2]) != told.cut.text:
        return None
    read = {names.body, names.status, names.url, names.content_type, names.headers}
    unread = [member for name, member in members.items() if name not in read]
    of_body = _ids_in(body, line)
    of_url = _ids_in(members[names.url], line) if names.url else []
    deciding = [
        at for name in read - {names.body, names.url, None} for at in _ids_in(members[str(name)], line)
    ]
    if getter(of_url)(cut.ids) != beside:
        of_url, deciding = [], [*deciding, *of_url]
    numbers = tuple(_in_line(told.outline.places, body))
    time = members[names.time].span(2) if names.time else None
    fixed = runs(without(line.translate(MASK), (*numbers, *map(_unread, unread))))
    leading = tuple(member.start(4) for member in unread if member[4] and len(member[4]) > 1)
    # A digit may be written as an escape, and a time as a number.
    is_plain = getter(numbers)(line) + getter(of_body)(cut.ids) == told.numbers
    if not is_plain or time == (-1, -1) or len(fixed) > MOST_RUNS:
        return None
    return Flat(
        digits=getter((*numbers, *fixed)),
        count=len(numbers),
        ids=getter(of_body),
        beside=getter(of_url),
        deciding=getter(deciding),
        time=slice(time[0] - 1, time[1] + 1) if time else None,
        leading=leading,
        places=(fixed, numbers, time, leading, of_body, of_url, deciding),
    )


def _ids_in(member: re.Match[bytes], line: bytes) -> list[int]:
    """Give which of a line's ids stand in a member."""
    first = line.count(MARK, 0, member.start())
    return list(range(first, first + member[0].count(MARK)))


def _members(line: bytes) -> dict[str, re.Match[bytes]]:
    """Give the members of an object by name; none where it is nested, or a name is there twice."""
    found: dict[str, re.Match[bytes]] = {}
    start = _OPENS.match(line)
    at = start.end() if start else len(line)
    while member := _MEMBER.match(line, at):
        name, at = _text(member[1]), member.end()
        if name is None or MARK in name or name.decode("utf-8", "replace") in found:
            return {}
        found[name.decode("utf-8", "replace")] = member
        if member[5]:
            return found
    return {}


def _text(written: bytes) -> bytes | None:
    """Give what a JSON string says; None where orjson cannot read it."""
    try:
        return str(orjson.loads(b'"%b"' % written)).encode()
    except orjson.JSONDecodeError:
        return None


def _in_line(places: Sequence[slice], body: re.Match[bytes]) -> Iterator[slice]:
    """Give where places of a body stand in its line, in which some characters are written as escapes."""
    escapes = [found.span() for found in _ESCAPE.finditer(body[2])]
    for place in places:
        shift = body.start(2)
        for start, end in escapes:
            if start + body.start(2) >= place.start + shift:
                break
            shift += end - start - 1
        yield slice(place.start + shift, place.stop + shift)


def _unread(member: re.Match[bytes]) -> slice:
    """Give where digits of a member stand that no one reads; an escape holds some that are no digits."""
    number, text = member[3], member[2]
    if number is not None:
        return slice(*member.span(3))
    return slice(*member.span(2)) if text is not None and b"\\u" not in text else slice(0, 0)
