r"""The outline of a body: the body without the numbers that only tell one case from another.

Most errors of a bad day are one error, for another agent, session, request or second:

    <ErrorData>agent1001</ErrorData>      {"id": "17", "channel": "/chat/session-0000017"}
    <ErrorData>agent1002</ErrorData>      {"id": "18", "channel": "/chat/session-0000018"}

In JSON and XML no builtin vendor's parser and no builtin entry of the catalog asks for these numbers, so two
such bodies become two such records. Which numbers those are is told below; every other number may be a code,
and decides. Of a page all numbers decide: its status may stand anywhere near its top.

Where that is not enough, because ids have letters in them or no form of their own, the ids are cut out first
(`ids.py`), and the outline is that of what is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple, Self

from errnorm.batch.ids import Cut, probes, told_by

__all__ = ["MASK", "MOST_RUNS", "Outline", "Outlines", "Told", "equals", "getter", "mask", "runs", "without"]

MASK: Final = bytes.maketrans(b"123456789", b"000000000")
# A UUID that is all of a text or a JSON string: in the name of an element, or the address of a namespace, it
# matters whether it begins with a letter. It has a digit near its beginning, because a word without one is
# not masked in a fingerprint.
_UUID: Final = re.compile(
    rb"""(?:(?<=>)|(?<=[^=]"))(?=[a-fA-F]{0,7}[0-9])
    [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?=["<])""",
    re.VERBOSE,
)
# Where one looks like a number with an exponent (2990e1424), JSON is read by another reader.
_EXPONENT: Final = re.compile(rb"[0-9][eE]-?[0-9]{3}")
_ZEROS: Final = (b"00000000-0000-0000-0000-000000000000", b"0000000e-0000-0000-0000-000000000000")
_OTHER: Final = bytes.maketrans(
    b"0123456789abcdefABCDEFghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ",
    b"3456789012bcdefaBCDEFAhijklmnopqrstuvwxyzgHIJKLMNOPQRSTUVWXYZG",
)
_DIGITS: Final = re.compile(rb"0++")
# Searched where each digit is a 0: agent1001; "sessionId": "17"; <requestId>17<; UUIDs; 2026-11-21T10:15:30;
# and "timestamp": 1795256130123, without its first digit, because no number of JSON begins with 0. A charset
# (windows-1252), an escape (\u1234, &#x10017;, %1234) and what calls itself a code or status may decide, and
# so may a number behind words: of `HTTP Status code: 2026-11-21T…` Finesse's parser takes 2026.
_NUMBERS: Final = re.compile(
    rb"""
    (?<![\w\\&#%+$-])(?!windows|iso|ibm|cp|utf|code|err|status|http)[a-z]{3,24}[-_]?(0{4,24})(?!\w)
    |[iI]d"\s{0,9}:\s{0,9}"(0{1,24})"
    |<[A-Za-z]{0,40}[iI]d>(0{1,24})</
    |(?:(?<=>)|(?<=[^=]"))(0{7}[0e]-0000-0000-0000-0{12})(?=["<])
    |(?:(?<=["'>\[(])|(?<=\bat\ )|(?<=\bon\ ))(0000-00-00[T ]00:00:00(?:[.,]0{1,9})?)(?![\w.,]*0)
    |"time[sS]?tamp"\s{0,9}:\s{0,9}0(0{9,15})(?=\s{0,9}[,}])
    """,
    re.VERBOSE,
)
# What has the form of a moment or a UUID, wherever it stands.
_MOMENT: Final = re.compile(rb"0000-00-00[T ]00:00:00")
_LIKE_UUID: Final = re.compile(rb"[0a-fA-F]{8}-[0a-fA-F]{4}-[0a-fA-F]{4}-[0a-fA-F]{4}-")
_MOST_NUMBERS: Final = 8  # each is compared with each
_MOST_TRIES: Final = 4
_MOST_CHANCES: Final = 16  # each case takes two to be learned
MOST_RUNS: Final = 64
"""Of a body with more numbers than these no outline is made: it would fill the memory."""
_RUN_BYTES: Final = 256  # about what is kept for each of them
_MOST_BYTES: Final = 4 << 20
_OUTLINE_BYTES: Final = 1024  # about what is kept beside a masked body


class Outline:
    """What all bodies share that have equal characters but for their digits, and where those stand.

    Args:
        masked: such a body, each digit a 0.
        most: how many numbers may be left out.

    Attributes:
        fixed: gives the digits of a body that may decide.
        numbers: gives those that do not; None where all may.
        places: where those stand.
        is_refused: it was found that all may decide.
    """

    __slots__ = ("_chances", "_digits", "_tries", "fixed", "is_refused", "numbers", "places")

    def __init__(self, masked: bytes, most: int = _MOST_NUMBERS) -> None:
        places = _places(masked)
        self.places = places if len(places) <= most else []
        self._digits = runs(masked)
        self.fixed = getter(runs(without(masked, self.places)))
        self.numbers = getter(self.places) if self.places else None
        self.is_refused = False
        self._tries = _MOST_TRIES
        self._chances = _MOST_CHANCES

    @property
    def has_chance(self) -> bool:
        """True where a body is read to learn from it, though it is known without its ids."""
        return self.numbers is not None and self._chances > 0

    def try_once(self) -> None:
        """Note that a body was read: where each is another case, that does not go on for ever."""
        self._chances -= 1

    def put_off(self) -> None:
        """Note that a body told nothing of the next ones: its numbers are by chance something else, too."""
        self._tries -= 1
        if not self._tries:
            self.refuse()

    def refuse(self) -> None:
        """Let all digits decide from now on."""
        self.fixed, self.numbers, self.places = getter(self._digits), None, []
        self.is_refused = True

    def is_plain(self, body: bytes) -> bool:
        """Tell whether no number goes on behind a 0: `"timestamp": 0795…` is no JSON, and is read as 795…."""
        return all(body[place.start - 1 : place.start] != b"0" for place in self.places)

    def twin(self, body: bytes) -> bytes:
        """Give a body of this outline with other numbers."""
        other = bytearray(body)
        for place in self.places:
            other[place] = body[place].translate(_OTHER)
        return bytes(other)


class Told(NamedTuple):
    """A body in the light of its outline.

    Attributes:
        outline: the outline, of the body or of what is left without its ids.
        cut: that body, or what is left and the ids.
        fixed: what may decide.
        numbers: what does not: numbers of the outline, then the ids.
    """

    outline: Outline
    cut: Cut
    fixed: tuple[bytes, ...]
    numbers: tuple[bytes, ...]

    @classmethod
    def of(cls, outline: Outline, cut: Cut) -> Self:
        """Look at a body."""
        text, ids = cut
        fixed = outline.fixed(text)
        numbers = outline.numbers(text) if outline.numbers else ()
        return cls(outline, cut, (*fixed, told_by(ids)) if ids else fixed, numbers + ids)

    @property
    def twin(self) -> Self | None:
        """The same with other numbers and ids; None where such a body would be read in another way."""
        if not self.outline.is_plain(self.cut.text):
            return None
        ids = tuple([one.translate(_OTHER) for one in self.cut.ids])
        return self.of(self.outline, Cut(self.outline.twin(self.cut.text), ids))

    def probes(self, said: bytes) -> Iterator[Self]:
        """Give the same with the ids that show most.

        Args:
            said: as of `ids.probes`.
        """
        for ids in probes(self.cut.ids, said):
            yield self.of(self.outline, self.cut._replace(ids=ids))


def _places(masked: bytes) -> list[slice]:
    """Give where the numbers stand in a body that do not decide."""
    # ISO-2022-JP writes its characters in ASCII, behind an escape.
    found = [] if b"\x1b" in masked else list(_NUMBERS.finditer(masked))
    # The digits of a moment are compared one by one with others, and so could not be told from the same
    # moment in a place where it decides; nor those of a UUID.
    for form in (_MOMENT, _LIKE_UUID):
        own = [one for one in found if form.match(one[one.lastindex or 0])]
        if len(own) < len(form.findall(masked)):
            found = [one for one in found if one not in own]
    return [slice(*one.span(one.lastindex or 0)) for one in found]


def mask(text: bytes) -> bytes:
    """Give a text with a 0 in place of each digit, those of a UUID among them."""
    # Mostly the search, 5 µs, is spared.
    if text.count(b"-") >= 4 and b"xmlns" not in text:
        text = _UUID.sub(_zeros, text)
    return text.translate(MASK)


def _zeros(uuid: re.Match[bytes]) -> bytes:
    return _ZEROS[_EXPONENT.search(uuid[0]) is not None]


def without(masked: bytes, places: Iterable[slice]) -> bytearray:
    """Give a text in which these places are no digits."""
    left = bytearray(masked)
    for place in places:
        left[place] = bytes(place.stop - place.start)
    return left


def runs(masked: bytes | bytearray) -> list[slice]:
    """Give where digits stand in a text in which each is a 0."""
    return [slice(*run.span()) for run in _DIGITS.finditer(masked)]


def getter(places: Sequence[Any]) -> Callable[[Any], tuple[bytes, ...]]:
    """Give what takes these places of a text or a list."""
    if len(places) > 1:
        return itemgetter(*places)
    if places:  # of one place itemgetter gives no tuple
        only = places[0]
        return lambda source: (source[only],)
    return lambda _: ()


def equals(numbers: tuple[bytes, ...]) -> tuple[int, ...]:
    """Tell which of the numbers are equal: that decides as well."""
    return tuple(map(numbers.index, numbers))


def _whole(_: bytes) -> Cut | None:
    """Cut no ids out."""
    return None


class Outlines:
    r"""The outlines of bodies that came at least twice: to make one takes 15 µs.

    Args:
        in_numbers: bodies may differ in numbers of one length alone: their size is told.

    Example:
        >>> outlines = Outlines()
        >>> body = b"<ErrorData>agent1001</ErrorData><ErrorType>404</ErrorType>"
        >>> outlines.of(body)
        []
        >>> by_number, by_id = outlines.of(body.replace(b"1001", b"2002"))
        >>> by_number.fixed, by_number.numbers
        ((b'404',), (b'2002',))
        >>> by_id.fixed, by_id.numbers
        ((b'404', b'\x00'), (b'agent2002',))
    """

    def __init__(self, *, in_numbers: bool = False) -> None:
        self._cut = _whole if in_numbers else Cut.of
        self._known: dict[bytes, Outline | Literal[False] | None] = {}  # False: none is made; None: met once
        self._size = 0

    def known(self, body: bytes) -> Iterator[Told]:
        """Look at a body in ASCII in the light of the outlines that are known, the cheaper one first.

        Of one that is likely to come again with other digits, the cheaper one must be known.
        """
        outline = self._known.get(mask(body))
        if outline:
            yield Told.of(outline, Cut(body))
        cut = self._cut(body)
        rest = self._known.get(mask(cut.text)) if cut else None
        if cut and rest and not rest.is_refused and not (outline is None and cut.is_numbered):
            yield Told.of(rest, cut)

    def of_whole(self, body: bytes) -> Told | None:
        """Look at a body as it is, where its outline is known already."""
        outline = self._known.get(mask(body))
        return Told.of(outline, Cut(body)) if outline else None

    def of_rest(self, body: bytes) -> Told | None:
        """Look at a body without its ids, where the outline of that is known already."""
        cut = self._cut(body)
        outline = self._known.get(mask(cut.text)) if cut else None
        return Told.of(outline, cut) if cut and outline and not outline.is_refused else None

    def of(self, body: bytes) -> list[Told]:
        """Look at a body in ASCII in the light of its outlines; none where it is new, or all numbers."""
        found: list[Told] = []
        cut = self._cut(body)
        if cut:
            outline = self._of(mask(cut.text), _MOST_NUMBERS - len(cut.ids))
            found = [Told.of(outline, cut)] if outline and not outline.is_refused else []
        # One whose ids are tokens does not come again with other digits alone: it would fill the memory.
        if not cut or not found or cut.is_numbered:
            outline = self._of(mask(body), _MOST_NUMBERS)
            found = [Told.of(outline, Cut(body)), *found] if outline else found
        return found

    def _of(self, masked: bytes, most: int) -> Outline | None:
        known = self._known.get(masked)
        if known is None:
            known = self._met(masked, most)
        return known or None

    def _met(self, masked: bytes, most: int) -> Outline | Literal[False] | None:
        known: Outline | Literal[False] | None = None
        size = len(masked) + _OUTLINE_BYTES
        if masked in self._known:
            digits = len(list(islice(_DIGITS.finditer(masked), MOST_RUNS + 1)))
            known = Outline(masked, most) if digits <= MOST_RUNS and most >= 0 else False
            size = digits * _RUN_BYTES if known else 0
        if self._size > _MOST_BYTES:
            self._known.clear()
            self._size = 0
        self._size += size
        self._known[masked] = known
        return known
