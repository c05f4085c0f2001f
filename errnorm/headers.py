"""What response headers tell: what vendors read, when to retry, which request it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from attrs import evolve

from errnorm.exceptions import InvalidArgument
from errnorm.record import Problem, RetryAdvice
from errnorm.vocabulary import Decision, DelaySource, ProblemCode, Scope

__all__ = [
    "COMMON_HEADERS",
    "ID_HEADERS",
    "LONGEST_DELAY",
    "HeaderFacts",
    "HeaderNames",
    "Headers",
    "read_headers",
]

Headers = Mapping[str, str] | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]

COMMON_HEADERS = ("content-type", "content-encoding")
"""The headers that reading itself needs, whoever the vendor is."""

ID_HEADERS = {
    "requestid": "request",  # Finesse Media API: Shindig lower-cases `requestId`
    "x-request-id": "request",
    "x-correlation-id": "request",
    "inin-correlation-id": "request",
    "x-zm-trackingid": "request",
    "traceparent": "trace",
}
"""Which correlation id a header carries; the first of a kind that is there and says something wins."""

_RETRY_AFTER, _DATE = "retry-after", "date"
_WANTED = {*ID_HEADERS, _RETRY_AFTER, _DATE}
_ONLY_DATE = {_DATE}  # which tells nothing without a Retry-After
_MOST_NAMES = 256  # a server may send any
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
LONGEST_DELAY = 7 * 24 * 3600.0  # Zoom's daily limits name tomorrow; a month is nobody's intent
_YEARS = range(2001, 2100)  # a date without a Date beside it: `Fri, 31 Dec 9999 23:59:59 -0500` means "never"


class HeaderFacts(NamedTuple):
    """What holds for one response alone, and is therefore laid over what the body gave.

    Attributes:
        ids: correlation ids by kind.
        delay: seconds to wait.
        not_before: the moment before which not to try again.
        problems: a Retry-After that cannot be meant.
    """

    ids: Mapping[str, str]
    delay: float | None = None
    not_before: datetime | None = None
    problems: tuple[Problem, ...] = ()

    def advise(self, advice: RetryAdvice) -> RetryAdvice:
        """Put the server's delay into an advice.

        A server that names a time says that a later try may succeed; it does not overrule a catalog
        entry that says otherwise.
        """
        if self.delay is None and self.not_before is None:
            return advice
        if advice.decision is Decision.UNKNOWN:
            advice = evolve(
                advice, decision=Decision.RETRY, scope=Scope.SAME_CALL, basis=f"header:{_RETRY_AFTER}"
            )
        return evolve(advice, delay=self.delay, not_before=self.not_before, delay_source=DelaySource.HEADER)


class HeaderNames:
    """The headers that matter, by their names as clients write them: most of a response tell nothing.

    Args:
        declared: lower-cased names that some vendor reads.

    Example:
        >>> names = HeaderNames(["content-type"])
        >>> [names.key(name) for name in ("Content-Type", b"RETRY-AFTER", "Content-Length")]
        ['content-type', 'retry-after', None]
    """

    def __init__(self, declared: Iterable[str]) -> None:
        self.declared = frozenset(declared)
        # Asked in `read_headers` itself: a call would take as long as all the rest.
        self.known: dict[Any, str | None] = {}

    def key(self, name: Any) -> str | None:  # noqa: ANN401 - a header's name as some client gives it
        """Give a name in lower case; None where nobody asks for this header."""
        lowered = _text(name).lower()
        key = lowered if lowered in self.declared or lowered in _WANTED else None
        if len(self.known) < _MOST_NAMES:
            self.known[name] = key
        return key

    def of(self, headers: Iterable[str]) -> dict[str, str]:
        """Give which of a response's headers tell anything: a Date does so beside a Retry-After alone.

        Args:
            headers: names as they came.

        Returns:
            Those of them that do, each with its name in lower case.

        Example:
            >>> HeaderNames(["content-type"]).of(["Content-Type", "Date", "Server"])
            {'Content-Type': 'content-type'}
        """
        keys = {name: self.key(name) for name in headers}
        has_delay = _RETRY_AFTER in keys.values()
        return {name: key for name, key in keys.items() if key and (key != _DATE or has_delay)}


def read_headers(headers: Headers, names: HeaderNames) -> tuple[dict[str, str], HeaderFacts | None]:
    """Sort headers into those that vendors declare and the facts of this one response.

    Args:
        headers: a mapping, pairs, or pairs of bytes; names in any case.
        names: which of them matter.

    Returns:
        The declared headers by lower-cased name, and the facts; None when there are none.

    Raises:
        InvalidArgument: when it is neither a mapping nor pairs.

    Example:
        >>> headers = {"Content-Type": "text/xml", "Retry-After": "5"}
        >>> declared, facts = read_headers(headers, HeaderNames(["content-type"]))
        >>> declared, facts.delay
        ({'content-type': 'text/xml'}, 5.0)
    """
    found: dict[str, str] = {}
    facts: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    given: Any = headers
    known, declared = names.known, names.declared
    try:
        for name, value in given.items() if hasattr(given, "items") else given:
            key = known[name] if name in known else names.key(name)
            if key is None or value is None:  # a capture may have `"Retry-After": null`
                continue
            if key in declared:
                if key in found:
                    repeated.setdefault(key, [found[key]]).append(_text(value))
                else:
                    found[key] = value if type(value) is str and value.isascii() else _text(value)
            if key in _WANTED:
                facts.setdefault(key, _text(value).strip())
    except (TypeError, ValueError) as error:
        raise InvalidArgument(
            f"headers is of type {type(headers).__name__}, which is neither a mapping nor pairs of texts. "
            "Give response.headers, a dict, or a list of (name, value)."
        ) from error
    if repeated:
        found |= {key: ", ".join(values) for key, values in repeated.items()}
    return found, _facts(facts) if facts and facts.keys() != _ONLY_DATE else None


def _text(value: Any) -> str:  # noqa: ANN401 - a header's name or value as some client gives it
    if isinstance(value, str) and value.isascii():
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return str(value).encode("utf-8", "replace").decode()


def _facts(found: Mapping[str, str]) -> HeaderFacts:
    ids: dict[str, str] = {}
    for name, kind in ID_HEADERS.items():
        if found.get(name):
            ids.setdefault(kind, found[name])
    retry_after = found.get(_RETRY_AFTER)
    if not retry_after:
        return HeaderFacts(ids)
    delay, moment = _when(retry_after, found.get(_DATE))
    if delay is None and moment is None:
        return HeaderFacts(ids, problems=(_INVALID,))
    return HeaderFacts(ids, delay, moment)


_INVALID = Problem(
    ProblemCode.RETRY_AFTER_INVALID,
    "The Retry-After header is neither seconds nor a date that can be meant; it was not obeyed.",
)


def _when(value: str, date: str | None) -> tuple[float | None, datetime | None]:
    """Read Retry-After (RFC 9110, section 10.2.3); a date counts from the response's own Date."""
    if _SECONDS.fullmatch(value):
        delay = float(value)
        return (delay if delay <= LONGEST_DELAY else None), None
    moment, now = _moment(value), _moment(date)
    if moment is None or now is None:
        return None, moment
    delay = max(0.0, (moment - now).total_seconds())
    return (delay, moment) if delay <= LONGEST_DELAY else (None, None)


def _moment(text: str | None) -> datetime | None:
    """Read a HTTP date, or the ISO 8601 time stamp that Zoom writes into Retry-After."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - 5 ms of import, and dates are rare

    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text or "")
        except (ValueError, TypeError, OverflowError):
            continue
        return moment if moment.tzinfo and moment.year in _YEARS else None
    return None
