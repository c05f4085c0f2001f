r"""The outline of a body: the body without the numbers that only tell one case from another.

Most errors of a bad day are one error, for another agent, session, request or second:

    <ErrorData>agent1001</ErrorData>      {"id": "17", "channel": "/chat/session-0000017"}
    <ErrorData>agent1002</ErrorData>      {"id": "18", "channel": "/chat/session-0000018"}

In JSON and XML no builtin vendor's parser and no builtin entry of the catalog asks for these numbers, so two
such bodies become two such records. Which numbers those are is told below; every other number may be a code,
and decides. Of a page all numbers decide: its status may stand anywhere near its top.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Literal

__all__ = ["MASK", "MOST_RUNS", "Outline", "Outlines", "getter", "mask", "runs", "without"]

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
_OTHER: Final = bytes.maketrans(b"0123456789abcdefABCDEF", b"3456789012bcdefaBCDEFA")
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
MOST_RUNS: Final = 64
"""Of a body with more numbers than these no outline is made: it would fill the memory."""
_RUN_BYTES: Final = 256  # about what is kept for each of them
_MOST_BYTES: Final = 4 << 20
_OUTLINE_BYTES: Final = 1024  # about what is kept beside a masked body


class Outline:
    """What all bodies share that have equal characters but for their digits, and where those stand.

    Args:
        masked: such a body, each digit a 0.

    Attributes:
        fixed: gives the digits of a body that may decide.
        numbers: gives those that do not; None where all may.
        places: where those stand.
    """

    __slots__ = ("_digits", "_tries", "fixed", "numbers", "places")

    def __init__(self, masked: bytes) -> None:
        self.places = _places(masked)
        self._digits = runs(masked)
        self.fixed = getter(runs(without(masked, self.places)))
        self.numbers = getter(self.places) if self.places else None
        self._tries = _MOST_TRIES

    def put_off(self) -> None:
        """Note that a body told nothing of the next ones: its numbers are by chance something else, too."""
        self._tries -= 1
        if not self._tries:
            self.refuse()

    def refuse(self) -> None:
        """Let all digits decide from now on."""
        self.fixed, self.numbers, self.places = getter(self._digits), None, []

    def is_plain(self, body: bytes) -> bool:
        """Tell whether no number goes on behind a 0: `"timestamp": 0795…` is no JSON, and is read as 795…."""
        return all(body[place.start - 1 : place.start] != b"0" for place in self.places)

    def twin(self, body: bytes) -> bytes:
        """Give a body of this outline with other numbers."""
        other = bytearray(body)
        for place in self.places:
            other[place] = body[place].translate(_OTHER)
        return bytes(other)


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
    places = [slice(*one.span(one.lastindex or 0)) for one in found]
    return places if len(places) <= _MOST_NUMBERS else []


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


class Outlines:
    """The outlines of bodies that came at least twice: to make one takes 15 µs.

    Example:
        >>> outlines = Outlines()
        >>> body = b"<ErrorData>agent1001</ErrorData><ErrorType>404</ErrorType>"
        >>> outlines.of(body) is None
        True
        >>> outline = outlines.of(body.replace(b"1001", b"2002"))
        >>> outline.fixed(body), outline.numbers(body)
        ((b'404',), (b'1001',))
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Outline | Literal[False] | None] = {}  # False: none is made; None: met once
        self._size = 0

    def known(self, body: bytes) -> Outline | None:
        """Give the outline of a body in ASCII, where it is known already."""
        return self._known.get(mask(body)) or None

    def of(self, body: bytes) -> Outline | None:
        """Give the outline of a body in ASCII; None where it is met first, or has too many numbers."""
        masked = mask(body)
        known = self._known.get(masked)
        if known is None:
            known = self._met(masked)
        return known or None

    def _met(self, masked: bytes) -> Outline | Literal[False] | None:
        known: Outline | Literal[False] | None = None
        size = len(masked) + _OUTLINE_BYTES
        if masked in self._known:
            digits = len(list(islice(_DIGITS.finditer(masked), MOST_RUNS + 1)))
            known = Outline(masked) if digits <= MOST_RUNS else False
            size = digits * _RUN_BYTES if known else 0
        if self._size > _MOST_BYTES:
            self._known.clear()
            self._size = 0
        self._size += size
        self._known[masked] = known
        return known
