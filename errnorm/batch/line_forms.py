r"""Lines of a gateway that differ in a moment and in numbers alone: these are not even decoded.

    {"time":"2026-11-21T10:15:30Z","status":503,"bytes":474,"body":"<ErrorData>agent1001</ErrorData>"}
    {"time":"2026-11-21T10:15:31Z","status":503,"bytes":512,"body":"<ErrorData>agent1002</ErrorData>"}

Where two lines have equal characters but for their digits, and the digits of their names and escapes are
equal as well, they have the same members in the same places, nested ones too. What a capture becomes is told
by its body, status, url, type and headers; so these digits decide, but for those that the outline of the body
leaves out, and of headers that nobody asks for. The moment is put in, and no one reads the other members.
Where lines differ in ids with letters in them, these are cut out first, those of the line
(`"request_id": "…"`) and those of the body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from attrs import field, frozen

from errnorm.batch.cast import NOT_GIVEN, Given
from errnorm.batch.ids import MARK, Cut, told_by
from errnorm.batch.leaves import TEXT, WHOLE_PART, Leaf, leaves_in, text_in, tree_of
from errnorm.batch.names import MISSING, STATUS, Names, Path, has_many, names_in, opened, value_at
from errnorm.batch.outline import MASK, MOST_RUNS, Told, equals, getter, runs, without
from errnorm.headers import ID_HEADERS, HeaderNames

__all__ = ["Beside", "LineForm", "ToldLine", "form_of"]

_MOST_COMMAS: Final = 512  # of a line with more, to find its members would take longer than to read it
_EMPTY: Final = (b"null", b'""')
_BODIES: Final = (b"<", b"{", b"[")
_ESCAPE: Final = re.compile(rb"\\(?:u....|.)")
ToldLine = tuple[tuple[bytes, ...], Given, tuple[object, ...]]
"""Of a line what does not decide over its body, the ids that its headers carry, and what decides."""


class Beside(NamedTuple):
    """What decides over a capture beside its body.

    Attributes:
        told: all of it, of its url the parts between the ids.
        ids: those ids: no one asks for them, but a number of the body that decides is no code if it is one.
        given: the ids that its headers carry.
    """

    told: tuple[Any, ...] = ()
    ids: tuple[bytes, ...] = ()
    given: Given = NOT_GIVEN

    @property
    def whole(self) -> tuple[Any, ...]:
        """All that decides where a body is compared as a whole."""
        return self.told + self.ids

    def key(self, body: Told) -> tuple[Any, ...]:
        """Give what decides over a body in the light of its outline."""
        key = (body.outline, body.fixed, *self.told)
        if not body.numbers:
            return key + self.ids if body.cut.text else key  # an empty body has no number that may be an id
        return key if len(body.numbers) < 2 else key + equals(body.numbers)


_ALONE: Final = Beside()


@frozen(eq=False)
class LineForm:
    """What lines share that have equal characters but for their digits and ids, and where the others stand.

    Attributes:
        digits: gives the numbers of its body that the outline of the body leaves out, then the digits of
            the line that decide.
        count: how many of the former there are.
        ids: gives those of a line's ids that stand in its body.
        beside: gives those that stand in its url, where these are all that its url has.
        deciding: gives those in whatever else is read.
        kinds: of the ids that its headers carry.
        givers: where those stand: a place in the line, or which of the ids that are cut out it is.
        is_cut: it is that of lines without their ids.
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
    kinds: tuple[str, ...]
    givers: tuple[slice | int, ...]
    is_cut: bool
    time: slice | None
    leading: tuple[int, ...]
    places: tuple[Any, ...]
    known: dict[tuple[object, ...], Any] = field(factory=dict)

    def told(self, line: bytes) -> ToldLine:
        """Look at a line as it is."""
        digits, count = self.digits(line), self.count
        numbers, key = digits[:count], digits[count:]
        given = self._given(line, ()) if self.kinds else NOT_GIVEN
        return numbers, given, key if count < 2 else key + equals(numbers)

    def told_without_ids(self, cut: Cut) -> ToldLine:
        """Look at a line without its ids."""
        digits, count = self.digits(cut.text), self.count
        own = self.ids(cut.ids)
        numbers, key = digits[:count] + own, (*digits[count:], told_by(own), *self.deciding(cut.ids))
        given = self._given(*cut) if self.kinds else NOT_GIVEN
        return numbers, given, key if len(numbers) < 2 else key + equals(numbers)

    def _given(self, text: bytes, ids: Sequence[bytes]) -> Given:
        found = [ids[at] if isinstance(at, int) else text[at] for at in self.givers]
        return Given(self.kinds, tuple(found))


def form_of(
    cut: Cut,
    fields: Mapping[str, str],
    asked: HeaderNames,
    told: Told,
    beside: Beside = _ALONE,
) -> LineForm | None:
    r"""Find the members of a line, and the digits and ids in it that do not decide.

    Args:
        cut: a JSON object and the end of the line, with or without its ids.
        fields: JSON pointers by the name of a capture's member, where the user maps them.
        asked: the headers that matter.
        told: its body, likewise with or without its ids.
        beside: what decides beside it.

    Returns:
        None where anything in the line is not as one expects.

    Example:
        >>> from errnorm.batch.outline import Outline
        >>> line = b'{"status":503,"bytes":474,"body":"<ErrorData>agent1001</ErrorData>"}'
        >>> body = b"<ErrorData>agent1001</ErrorData>"
        >>> told = Told.of(Outline(body.translate(MASK)), Cut(body))
        >>> form_of(Cut(line), {}, HeaderNames(()), told).told(line)
        ((b'1001',), Given(kinds=(), ids=()), (b'503',))
    """
    line = cut.text
    parts = _parts_of(line, tuple(fields.items()), asked)
    body = _body_in(parts.body, line, told.cut.text) if parts else None
    givers = _givers(parts, cut, beside.given) if parts else None
    if parts is None or body is None or givers is None:
        return None
    escapes = _ESCAPE.finditer(line, body.start, body.stop) if isinstance(parts.body, re.Match) else ()
    numbers = tuple(_in_line(told.outline.places, body.start, [found.span() for found in escapes]))
    of_body = _ids_in([body], line)
    # A digit may be written as an escape.
    if getter(numbers)(line) + getter(of_body)(cut.ids) != told.numbers:
        return None
    form = _form(parts, cut, beside, (numbers, of_body, givers))
    return form if len(form.places[0]) <= MOST_RUNS else None


def _form(parts: _Parts, cut: Cut, beside: Beside, undecided: tuple[Any, Any, Any]) -> LineForm:
    """Put a form together.

    Args:
        parts: the leaves of the line.
        cut: the line.
        beside: what decides beside its body.
        undecided: where the numbers stand that do not decide over the body, which of the ids do not, and
            where those stand that headers carry.
    """
    line, (numbers, of_body, givers) = cut.text, undecided
    of_url, deciding = (_ids_in(map(_place_of, some), line) for some in (parts.url, parts.others))
    if getter(of_url)(cut.ids) != beside.ids:
        of_url, deciding = [], [*deciding, *of_url]
    time = parts.time.span() if parts.time else None
    fixed = runs(without(line.translate(MASK), (*numbers, *map(_unread, parts.unread))))
    wholes = [one for one in parts.unread if one[WHOLE_PART] and len(one[WHOLE_PART]) > 1]
    leading = tuple([one.start(WHOLE_PART) for one in wholes])
    return LineForm(
        digits=getter((*numbers, *fixed)),
        count=len(numbers),
        ids=getter(of_body),
        beside=getter(of_url),
        deciding=getter(deciding),
        kinds=beside.given.kinds,
        givers=givers,
        is_cut=bool(cut.ids),
        time=slice(*time) if time else None,
        leading=leading,
        places=(fixed, numbers, time, leading, of_body, of_url, deciding, beside.given.kinds, givers),
    )


class _Parts(NamedTuple):
    """The leaves of a line.

    Attributes:
        body: its body: a leaf, an object or a list.
        time: its time.
        url: its url, where it has one.
        others: whatever else is read.
        ids: the headers that carry ids, by their kind.
        unread: what is not, and its time.
    """

    body: Any
    time: Leaf | None
    url: Sequence[Leaf]
    others: Sequence[Leaf]
    ids: Mapping[str, Any]
    unread: Sequence[Leaf]


def _parts_of(line: bytes, fields: tuple[tuple[str, str], ...], asked: HeaderNames) -> _Parts | None:
    """Sort the leaves of a line by who reads them; None where that is not sure."""
    tree = tree_of(line) if line.count(b",") < _MOST_COMMAS else None
    if not isinstance(tree, dict) or has_many(tree):
        return None
    (item,) = opened(tree, fields)
    names = names_in(tuple(item), fields)
    body, time, url = (_first(item, paths) for paths in (names.body, names.time, names.url))
    if not (time is None or (isinstance(time, re.Match) and time[TEXT])):
        return None
    bodies, urls = {*leaves_in(body)}, [*leaves_in(url)]
    headers, ids = _headers_in(_first(item, names.headers), asked)
    others = [one for one in dict.fromkeys((*headers, *_read(item, names))) if one not in urls]
    read = {*urls, *others}
    if not bodies.isdisjoint({*read, *leaves_in([*ids.values()]), *leaves_in(time)}):
        return None
    unread = [one for one in leaves_in(tree) if one not in bodies and one not in read]
    return _Parts(body, time, urls, others, ids, unread)


def _headers_in(tree: Any, asked: HeaderNames) -> tuple[list[Leaf], Mapping[str, Any]]:  # noqa: ANN401 - of `tree_of`
    """Give what of the headers decides, and what carries ids, by their kind."""
    if not isinstance(tree, dict):
        return [*leaves_in(tree)], {}
    keys = asked.of(tree)
    first = {key: tree[name] for name, key in reversed(keys.items())}
    ids: dict[str, Any] = {}
    for key, kind in ID_HEADERS.items():
        if key in first and not _is_empty(first[key]):
            ids.setdefault(kind, first[key])
    read = [name for name, key in keys.items() if key not in ID_HEADERS or key in asked.declared]
    return [leaf for name in (STATUS, *read) for leaf in leaves_in(tree.get(name))], ids


def _givers(parts: _Parts, cut: Cut, given: Given) -> tuple[slice | int, ...] | None:
    """Give where the ids of headers stand; None where they are written in another way."""
    if parts.ids.keys() != {*given.kinds}:
        return None
    found: list[slice | int] = []
    for kind, one in given.by_kind.items():
        leaf = parts.ids[kind]
        if not isinstance(leaf, re.Match):
            return None
        is_cut = leaf[TEXT] == MARK
        at = cut.text.count(MARK, 0, leaf.start()) if is_cut else slice(*leaf.span(TEXT))
        if (cut.ids[at] if isinstance(at, int) else leaf[TEXT]) != one:
            return None
        found.append(at)
    return tuple(found)


def _first(item: Any, paths: Iterable[Path]) -> Any:  # noqa: ANN401 - a part of `tree_of`, or None
    """Give the first leaf that says something, as `first_in` gives its value."""
    every = (value_at(item, path) for path in paths)
    return next((one for one in every if one is not MISSING and not _is_empty(one)), None)


def _is_empty(one: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(one, re.Match) and one[0] in _EMPTY


def _read(item: Mapping[str, Any], names: Names) -> Iterator[Leaf]:
    """Give what is read of a capture beside its body, time, url and headers."""
    for paths in (names.status, names.content_type, names.vendor):
        yield from leaves_in(_first(item, paths))
    # What says that the body is base64.
    for path in (("isBase64Encoded",), *((*path[:-1], "encoding") for path in names.body)):
        yield from leaves_in(value_at(item, path))


def _body_in(body: Any, line: bytes, text: bytes) -> slice | None:  # noqa: ANN401 - as above
    """Give where a body stands in a line as it is read, or, a text, with escapes; None where it does not."""
    if not text.startswith(_BODIES):  # it may be base64, by its digits
        return None
    if isinstance(body, re.Match):
        is_it = body[TEXT] is not None and text_in(body[TEXT]).encode() == text
        return slice(*body.span(TEXT)) if is_it else None
    start = line.find(text)
    end = start + len(text)
    leaves = [*leaves_in(body)]
    if start < 0 or not leaves or leaves[0].start() < start or leaves[-1].end() > end:
        return None
    return slice(start, end)


def _place_of(leaf: Leaf) -> slice:
    return slice(*leaf.span())


def _ids_in(places: Iterable[slice], line: bytes) -> list[int]:
    """Give which of a line's ids stand in some places."""
    found: list[int] = []
    for place in places:
        first = line.count(MARK, 0, place.start)
        found += range(first, first + line.count(MARK, place.start, place.stop))
    return found


def _in_line(places: Sequence[slice], start: int, escapes: Sequence[tuple[int, int]]) -> Iterator[slice]:
    """Give where places of a body stand in its line, in which some characters are written as escapes."""
    for place in places:
        shift = start
        for first, end in escapes:
            if first >= place.start + shift:
                break
            shift += end - first - 1
        yield slice(place.start + shift, place.stop + shift)


def _unread(leaf: Leaf) -> slice:
    """Give where digits of a leaf stand that no one reads; an escape holds some that are no digits."""
    return slice(0, 0) if b"\\u" in leaf[0] else _place_of(leaf)
