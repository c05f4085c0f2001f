"""What a vendor is: a frozen value of small functions, and the clues by which it is looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Required, TypedDict

from attrs import frozen

from errnorm.payload import Payload
from errnorm.reading.cut import is_cut
from errnorm.record import Problem
from errnorm.vocabulary import Match, Origin

__all__ = [
    "NOTHING",
    "THIN",
    "Clue",
    "ClueKind",
    "Evidence",
    "Lookup",
    "Question",
    "Reported",
    "Vendor",
    "is_blank",
    "text_value",
    "whole",
]


class ClueKind(StrEnum):
    """Where a mark of a vendor stands."""

    ROOT = "root"
    KEY = "key"
    EVENT = "event"
    PATH = "path"
    HEADER = "header"
    MARK = "mark"
    FRAME = "frame"


@frozen
class Clue:
    """A mark by which a body may be a vendor's; whether it is, the vendor's `score` says.

    Attributes:
        kind: where it stands.
        text: a root element or top-level key or event name, exact; a part of the url's path; a header
            as `name: part of its value`, lower-cased; a mark anywhere in a text; a frame is what the
            vendor's own client or server writes into a log around a body, with the holes `{status}`,
            `{url}` and `{body}`, such as `Returned with status={status}, content='{body}'`.

    Example:
        >>> Clue(ClueKind.ROOT, "ApiErrors").text
        'ApiErrors'
    """

    kind: ClueKind
    text: str


@frozen
class Evidence:
    """One rung of a vendor's ladder of evidence.

    Attributes:
        confidence: from 0 to 1; below `THIN` it names a candidate and claims nothing.
        reason: the evidence in words, without a word of the body.
        against: the body bears another product's marks, so that even a hint is contradicted.
    """

    confidence: float
    reason: str
    against: bool = False

    @property
    def claims(self) -> bool:
        """True when it is enough to call the body this vendor's."""
        return self.confidence >= THIN


THIN = 0.5
"""Evidence below this makes a vendor a candidate only."""

NOTHING = Evidence(0.0, "no evidence")
"""What `score` gives for a body that bears no mark of the vendor."""


class Lookup(NamedTuple):
    """One question to the catalog.

    Attributes:
        table: the table to look in.
        key: a code, constant or alias.
        match: how an entry found this way counts: `message` where the text led to the key.
    """

    table: str
    key: str
    match: Match = Match.EXACT


Question = tuple[str, str | None] | tuple[str, str | None, Match]
"""A `Lookup` as a plain tuple; a key of None asks nothing."""


class Reported(TypedDict, total=False):
    """What a vendor's parser reports of one error: the reported fields of a record, verbatim.

    Attributes:
        shape: the wire form, a word without spaces: `desk.error`. It is the one member that must be there.
        type: the vendor's word for the kind of error.
        code: the vendor's code or constant as text; no HTTP status.
        subcode: a more specific code below `code`.
        message: the vendor's text for a person.
        target: what of the request the error is about.
        status: an HTTP status that the body names.
        ids: texts under `client`, `dialog`, `media`, `request`, `session`, `trace` or `user`.
        origin: who wrote the body.
        extra: JSON values: what has no field under its own name, what stands around the error under
            `envelope`.
        lookups: the questions to the catalog, the most specific first.
        problems: what is wrong with this error alone.
        delay: a retry delay in seconds that the body names.
        vendor: only where it is not the parser's own: a failure of Bayeux itself is nobody's.

    Example:
        >>> Reported(shape="desk.error", code="17", lookups=(Lookup("code", "17"),))["code"]
        '17'
    """

    vendor: str
    shape: Required[str]
    type: str | None
    code: str | None
    subcode: str | None
    message: str | None
    target: str | None
    status: int | None
    ids: Mapping[str, str]
    origin: Origin
    extra: Mapping[str, Any]
    lookups: tuple[Question, ...]
    problems: tuple[Problem, ...]
    delay: float | None


@frozen(kw_only=True)
class Vendor:
    """A vendor: what to look for, how sure to be, what to report.

    Attributes:
        name: `cisco-finesse`.
        title: `Cisco Finesse`.
        clues: by what its bodies are looked for, in a response and in a log.
        score: how sure a payload is this vendor's; only asked when a clue is there, or the vendor named.
        parse: the errors of a payload; empty for the vendor's own success form. It may be a generator:
            no more is taken from it than becomes records.
        headers: the lower-cased names of the headers that `score` and `parse` read.
    """

    name: str
    title: str
    clues: tuple[Clue, ...]
    score: Callable[[Payload], Evidence]
    parse: Callable[[Payload], Iterable[Reported]]
    headers: tuple[str, ...] = ()


def text_value(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Give a leaf as the vendor's text: a number as its digits, blank and null and absent as None.

    Example:
        >>> text_value(1011), text_value(" "), text_value({"a": 1}), text_value(True)
        ('1011', None, None, 'true')
    """
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def whole(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Give a leaf as `text_value`, and None when the end of the body cut it off.

    Args:
        value: a leaf of `payload.json.value`, or of what `to_value(element, payload.xml)` gave.

    Example:
        >>> from errnorm.payload import Payload
        >>> cut = Payload(b'{"code": "1011", "subcode": "10').json.value
        >>> whole(cut["code"]), whole(cut["subcode"])
        ('1011', None)
    """
    if type(value) is str:
        return value if value.strip() else None
    return None if is_cut(value) else text_value(value)


def is_blank(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a value says nothing: null, blank text, an empty object or list.

    Example:
        >>> [is_blank(value) for value in (None, " ", {}, 0, False)]
        [True, True, True, False, False]
    """
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ({}, [])
