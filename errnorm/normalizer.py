"""The road from one body to its records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypedDict, Unpack

from attrs import evolve

from errnorm.cache import Cache
from errnorm.catalog import Catalog
from errnorm.exceptions import InvalidArgument, UnknownVendor, UnreadableBody
from errnorm.headers import COMMON_HEADERS, HeaderFacts, HeaderNames, Headers, read_headers
from errnorm.index import ClueIndex
from errnorm.installed import installed
from errnorm.payload import Body, Payload, as_body
from errnorm.reading.cut import Cut
from errnorm.reading.limits import Limits
from errnorm.record import (
    Candidate,
    CatalogEntry,
    Detection,
    Draft,
    ErrorRecord,
    Problem,
    RawBody,
    ReadOnlyDict,
    Result,
    Source,
    read_only_dict,
    record_from_dict,
)
from errnorm.usual import describe, says_error
from errnorm.vendor import NOTHING, THIN, Evidence, Reported, Vendor
from errnorm.vendors import UNKNOWN
from errnorm.vocabulary import DelaySource, Origin, ProblemCode, Severity

__all__ = ["Normalizer", "Options", "default_normalizer", "detect", "from_dict", "normalize"]

_AFTER_PATH = re.compile(r"[?#]")
_MOST_DETECTIONS = 256
_CACHE_BYTES = 4 * 1024 * 1024
_LONGEST_CACHED = 16 * 1024
# What a kept reading weighs beside its body, and beside the texts of the body that stand in its records.
_READING_BYTES, _RECORD_BYTES = 1024, 1536


class Options(TypedDict, total=False):
    """What is known about a body; the keywords of `normalize` and `detect`.

    Attributes:
        status: the HTTP status.
        headers: the response headers: a mapping, pairs, or pairs of bytes; names in any case.
        content_type: the Content-Type, where there are no headers.
        url: the request's url; only its path is looked at.
        vendor: the vendor's name, where the caller knows it; it wins over all evidence.
        source: where a batch found the body.
        occurred_at: when it happened; with a time zone.
        strict: raise `UnreadableBody` when something of the body could not be read.
    """

    status: int | None
    headers: Headers | None
    content_type: str | None
    url: Any
    vendor: str | None
    source: Source | None
    occurred_at: datetime | None
    strict: bool


_KEYWORDS = Options.__annotations__.keys()


def _misspelt(names: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    name = min(names)
    near = get_close_matches(name.lower(), _KEYWORDS, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(_KEYWORDS)}."
    return f"There is no keyword {name!r}. {hint}"


class _Given(NamedTuple):
    """What reading depends on, checked; equal ones give equal records, so it is the key of what is kept."""

    data: bytes
    status: int | None
    from_object: bool = False
    path: str | None = None
    hint: str | None = None
    problems: tuple[Problem, ...] = ()
    declared: tuple[tuple[str, str], ...] = ()


# A `_Given` as a plain tuple, of a usual call (bytes and perhaps a status) the first two: to make one is
# free, and only what is not kept is read.
_Key = tuple[Any, ...]


class _Own(NamedTuple):
    """What holds for one call alone, and is laid over what the body gave."""

    facts: HeaderFacts | None
    source: Source | None = None
    occurred_at: datetime | None = None


class _Reading:
    """What a body gave: the fields of each record, and the result where nothing is laid over it."""

    plain: Result | None = None

    def __init__(
        self,
        drafts: list[dict[str, Any]],
        detection: Detection,
        problems: tuple[Problem, ...],
        raw: RawBody,
    ) -> None:
        self.drafts = drafts
        self.rest = (detection, problems, raw)


def _weight(reading: _Reading) -> int:
    """Weigh a reading, in bytes of memory, about."""
    return 2 * reading.rest[2].size + _READING_BYTES + _RECORD_BYTES * len(reading.drafts)


# Who sent a body, by which evidence, who else could have, and what of it contradicts the caller.
_Found = tuple[Vendor, Evidence, Sequence[tuple[Vendor, Evidence]], tuple[Problem, ...]]


class Normalizer:
    """A configured normalizer: picklable, and safe to share between threads.

    Args:
        vendors: the vendors to know, and no others; if not given, those of `errnorm.vendors()`. One that
            fails on a body breaks no call: the problem `vendor-failed` names it.
        catalog: what is known about their codes; if not given, `errnorm.catalog()`, or beside vendors of
            your own choice the builtin one.
        limits: how much of a body is read.
        cache_size: bytes for bodies that come again; 0 switches the cache off.

    Raises:
        InvalidArgument: when an argument is of the wrong type, a vendor cannot be used, or two have the same
            name.

    Example:
        >>> from errnorm import Limits
        >>> normalizer = Normalizer(limits=Limits(max_body_bytes=4096), cache_size=0)
        >>> normalizer.normalize(b'{"event": "session_error", "payload": {"code": 1016}}').first.code
        '1016'
    """

    def __init__(
        self,
        *,
        vendors: Sequence[Vendor] | None = None,
        catalog: Catalog | None = None,
        limits: Limits | None = None,
        cache_size: int = _CACHE_BYTES,
    ) -> None:
        known = installed() if vendors is None else None
        self.vendors = tuple(item.vendor for item in known.vendors) if known else _taken(vendors or ())
        if catalog is not None and not isinstance(catalog, Catalog):
            raise InvalidArgument(
                f"catalog is of type {type(catalog).__name__}. "
                "Give errnorm.catalog() | errnorm.Catalog.load(path)."
            )
        _of_type("limits", limits, Limits)
        self.catalog = catalog or (known.catalog if known else Catalog.builtin())
        self.limits = limits or Limits()
        self._cache_size = cache_size
        self._cache: Cache[_Reading] = Cache(cache_size, _weight)
        self._detections: dict[tuple[Any, ...], Detection] = {}
        self._index = ClueIndex(self.vendors)
        self._by_name = {vendor.name: vendor for vendor in (*self.vendors, UNKNOWN)}
        declared = (name for vendor in self._by_name.values() for name in vendor.headers)
        self._header_names = HeaderNames((*COMMON_HEADERS, *declared))

    def normalize(self, body: object, **options: Unpack[Options]) -> Result:
        """Turn the raw body of an error response into normalized records.

        Args:
            body: bytes, str, decoded JSON, or None.
            **options: what is known about it, see `Options`.

        Returns:
            The records with the detection, the problems and the raw body.

        Raises:
            InvalidArgument: when an argument is of the wrong type.
            UnknownVendor: when `vendor` names nobody.
            UnreadableBody: with `strict=True`, when something of the body could not be read.
        """
        return self.answer(body, **options)

    def detect(self, body: object, **options: Unpack[Options]) -> Detection:
        """Tell which vendor sent a body, by which evidence, how sure; arguments as in `normalize`."""
        return self.answer(body, **options).detection

    def answer(
        self,
        body: object,
        /,
        status: Any = None,  # noqa: ANN401 - whatever a caller gave
        headers: Any = None,  # noqa: ANN401
        url: Any = None,  # noqa: ANN401
        vendor: Any = None,  # noqa: ANN401
        **rest: Any,  # noqa: ANN401
    ) -> Result:
        """Do what `normalize` does; what most calls tell may be given by its place, which is faster."""
        key, own = self._checked(body, status, headers, url, vendor, rest)
        try:
            result = self._result(key, own)
        except Exception as error:  # noqa: BLE001 - the third net: a bug of ours must not break a caller
            given = _Given(*key)
            result = third_net(Body(given.data, given.from_object), given.status, error)
        if rest and rest.get("strict") and any(_is_error(problem) for problem in result.problems):
            raise UnreadableBody(result)
        return result

    def _checked(  # noqa: PLR0913, PLR0917 - what `answer` takes
        self,
        body: object,
        status: Any,  # noqa: ANN401
        headers: Any,  # noqa: ANN401
        url: Any,  # noqa: ANN401
        vendor: Any,  # noqa: ANN401
        rest: dict[str, Any],
    ) -> tuple[_Key, _Own | None]:
        """Check one call: what was given is checked, and what was not costs nothing."""
        data, from_object, problems = (body, False, ()) if type(body) is bytes else as_body(body)
        if status is not None and (type(status) is not int or not 100 <= status <= 599):
            status, invalid = _status(status)
            problems += invalid
        declared, facts = ({}, None) if headers is None else read_headers(headers, self._header_names)
        path = None if url is None else _path(url)
        if vendor is not None:
            vendor = self._hint(vendor)
        own = None if facts is None else _Own(facts)
        if rest:
            own = _take_rest(rest, facts, declared)
        if declared or path or vendor or from_object or problems:
            return (data, status, from_object, path, vendor, problems, tuple(declared.items())), own
        return (data, status), own

    def _hint(self, name: str) -> str:
        if _of_type("vendor", name, str) in self._by_name:
            return name
        known = ", ".join(sorted(self._by_name))
        raise UnknownVendor(f"No vendor is called {name!r}. Known are: {known}.")

    def _result(self, key: _Key, own: _Own | None) -> Result:
        reading = self._cache.get(key)
        if reading is None:
            given = _Given(*key)
            reading = self._read(given)
            if len(given.data) <= _LONGEST_CACHED:
                self._cache.offer(key, reading)
        if own is not None:
            return _result(_laid_over(reading.drafts, own), *reading.rest)
        if reading.plain is None:
            reading.plain = _result(reading.drafts, *reading.rest)
        return reading.plain

    def _read(self, given: _Given) -> _Reading:
        payload = Payload(
            given.data,
            status=given.status,
            headers=dict(given.declared),
            url=given.path,
            hint=given.hint,
            limits=self.limits,
        )
        found = self._find(payload)
        vendor, _, _, contradicted = found
        reported = self._reports(payload, vendor)
        problems = (*given.problems, *contradicted, *payload.problems)
        raw = RawBody(given.data, payload.charset if given.data else None, given.from_object)
        drafts = [self._draft(item, given.status, vendor.name, problems, raw) for item in reported]
        total = len(drafts)
        if total > 1:
            for index, draft in enumerate(drafts):
                draft["index"], draft["total"] = index, total
        shape = reported[0]["shape"] if reported else payload.shape or payload.kind.value
        return _Reading(drafts, self._detection(found, shape, payload.hint), problems, raw)

    def _find(self, payload: Payload) -> _Found:
        """Ask the vendors with a clue in the body, and the one that the caller named."""
        scored = [(vendor, vendor.score(payload)) for vendor in self._index.vendors(payload)]
        if len(scored) > 1:
            # Equal scores are broken by name: the order of registration must not decide.
            scored.sort(key=lambda pair: (-pair[1].confidence, pair[0].name))
        if payload.hint is not None:
            return self._hinted(self._by_name[payload.hint], scored, payload)
        if scored and scored[0][1].confidence >= THIN:
            return *scored[0], scored[1:], ()
        return UNKNOWN, NOTHING, scored, ()

    def _hinted(
        self,
        named: Vendor,
        scored: list[tuple[Vendor, Evidence]],
        payload: Payload,
    ) -> _Found:
        own = next((evidence for vendor, evidence in scored if vendor is named), None)
        evidence = own or named.score(payload)
        others = [pair for pair in scored if pair[0] is not named]
        others_claim = any(other.claims for _, other in others)
        contradicted = evidence.against or (not evidence.claims and others_claim)
        return named, evidence, others, (_CONTRADICTED,) if contradicted else ()

    def _detection(self, found: _Found, shape: str, hint: str | None) -> Detection:
        """Give the detection; of bodies with one candidate there are few different ones, so they are kept."""
        vendor, evidence, others, _ = found
        if others:
            return _detection(found, shape, hint)
        key = (vendor.name, shape, evidence.confidence, evidence.reason, hint)
        kept = self._detections.get(key)  # 0.1 µs, where making one takes 2.5
        if kept is None:
            if len(self._detections) >= _MOST_DETECTIONS:
                self._detections.clear()
            kept = self._detections[key] = _detection(found, shape, hint)
        return kept

    def _reports(self, payload: Payload, vendor: Vendor) -> list[Reported]:
        """Parse, and report the body as a whole where the vendor found no error but somebody did."""
        limit = self.limits.max_records
        parsed = vendor.parse(payload)
        reported = parsed if type(parsed) is list else list(islice(parsed, limit + 1))
        if len(reported) > limit:
            payload.problems.append(_too_many(limit))
            return reported[:limit]
        if reported or (vendor is UNKNOWN and payload.hint is None):
            return reported
        # A form that was recognised and holds no error is the vendor's own success form.
        failed = payload.shape is None if payload.status is None else payload.status >= 400
        told = payload.shape is None and says_error(payload)
        return [_as_a_whole(payload)] if failed or told else []

    def _draft(
        self,
        reported: Reported,
        status: int | None,
        vendor: str,
        problems: tuple[Problem, ...],
        raw: RawBody,
    ) -> dict[str, Any]:
        """Give the fields of one record: what was reported, and what follows from it."""
        draft: dict[str, Any] = {"vendor": vendor, "raw": raw, **reported}
        own: tuple[Problem, ...] = draft.get("problems", ())
        if "status" in draft:
            status, differs = _settled_status(status, draft["status"])
            own += differs
        draft["status"] = status
        message, lookups = draft.get("message"), draft.pop("lookups", ())
        judgement = self.catalog.judge(draft["vendor"], lookups, message, status)
        draft |= judgement
        if problems or own:
            draft["problems"] = (*problems, *own, *judgement["problems"])
        draft["ids"], draft["extra"] = read_only_dict(draft.get("ids")), read_only_dict(draft.get("extra"))
        if "delay" in draft:
            _take_delay(draft)
        # What may be shown although the end of the body cut it off.
        if type(message) is Cut:
            draft["message"] = str(message)
        if type(draft.get("target")) is Cut:
            draft["target"] = str(draft["target"])
        return draft

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        """Pickle the configuration; the cache is left out."""
        make = partial(
            Normalizer,
            vendors=self.vendors,
            catalog=self.catalog,
            limits=self.limits,
            cache_size=self._cache_size,
        )
        return make, ()

    def __repr__(self) -> str:
        """Name the vendors."""
        return f"<Normalizer {', '.join(vendor.name for vendor in self.vendors)}>"


def _taken(vendors: Iterable[Vendor]) -> tuple[Vendor, ...]:
    from errnorm.guarded import taken  # noqa: PLC0415 - only a choice of vendors needs it, and its guard

    return taken(vendors)


def _as_a_whole(payload: Payload) -> Reported:
    """Report a body in which the vendor found no error of its own."""
    reported = describe(payload)
    if payload.shape:
        reported["shape"], reported["origin"] = payload.shape, Origin.VENDOR
    return reported


def third_net(body: Body, status: int | None, error: Exception) -> Result:
    """Give one unknown record where errnorm itself failed, and say so in the log.

    A body that lands here has shown a bug of errnorm: the tests fail on it, users go on.
    """
    from logging import getLogger  # noqa: PLC0415 - 4 ms of import, and nobody should ever need it

    log = getLogger("errnorm")
    log.error("errnorm failed on a body of %d bytes with %s; please report it", len(body.data), type(error))
    raw = RawBody(body.data, None, body.from_object)
    problem = Problem(
        ProblemCode.INTERNAL_ERROR,
        f"errnorm itself failed with {type(error).__name__}; the body is in `raw`. Please report it.",
    )
    record = ErrorRecord(vendor=UNKNOWN.name, shape="unread", status=status, raw=raw, problems=(problem,))
    detection = Detection(vendor=UNKNOWN.name, shape="unread", confidence=0.0)
    return Result(records=(record,), detection=detection, problems=(problem,), raw=raw)


def _take_rest(rest: dict[str, Any], facts: HeaderFacts | None, declared: dict[str, str]) -> _Own | None:
    if not rest.keys() <= _KEYWORDS:
        raise InvalidArgument(_misspelt(rest.keys() - _KEYWORDS))
    _of_type("strict", rest.get("strict"), bool)
    if _of_type("content_type", rest.get("content_type"), str):
        declared["content-type"] = str(rest["content_type"])
    source = _of_type("source", rest.get("source"), Source)
    occurred_at = _aware(rest.get("occurred_at"))
    if facts is None and source is None and occurred_at is None:
        return None
    return _Own(facts, source, occurred_at)


def _status(status: object) -> tuple[int | None, tuple[Problem, ...]]:
    if not isinstance(status, int) or isinstance(status, bool):
        raise InvalidArgument(
            f"status is of type {type(status).__name__}. Give the HTTP status as a number, or None."
        )
    if 100 <= status <= 599:
        return int(status), ()
    return None, (_STATUS_INVALID,)


_STATUS_INVALID = Problem(ProblemCode.STATUS_INVALID, "The HTTP status is outside 100 to 599.")


def _path(url: Any) -> str:  # noqa: ANN401 - a str, or the url object of some client
    if not isinstance(url, str):
        path = getattr(url, "path", None)
        if not isinstance(path, str):
            raise InvalidArgument(
                f"url is of type {type(url).__name__}. Give a str, or an object with a path."
            )
        return path
    # urllib.parse would add 3 ms to the import, and it raises on `http://[::1`, which a log may hold.
    _, scheme, rest = url.partition("://")
    return _AFTER_PATH.split(f"/{rest.partition('/')[2]}" if scheme else url, maxsplit=1)[0]


def _aware(moment: datetime | None) -> datetime | None:
    _of_type("occurred_at", moment, datetime)
    if moment is not None and moment.tzinfo is None:
        raise InvalidArgument(
            "occurred_at has no time zone, and none is guessed. Give it one: moment.replace(tzinfo=…)."
        )
    return moment


def _of_type(name: str, value: Any, kind: type[Any]) -> Any:  # noqa: ANN401 - gives back what it checks
    if value is not None and not isinstance(value, kind):
        raise InvalidArgument(f"{name} is of type {type(value).__name__}. Give {kind.__name__}, or None.")
    return value


def _is_error(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR


def _settled_status(given: int | None, written: int | None) -> tuple[int | None, tuple[Problem, ...]]:
    """The caller's status wins; where there is none, the one that the server wrote into the body."""
    if written is None or written == given:
        return given, ()
    if not 100 <= written <= 599:
        return given, (_STATUS_INVALID,)
    if given is None:
        return written, ()
    message = "The body names another HTTP status than the response has; the response's was taken."
    return given, (Problem(ProblemCode.STATUS_DIFFERS, message),)


def _take_delay(draft: dict[str, Any]) -> None:
    delay = draft.pop("delay")
    if delay is not None:
        draft["retry"] = evolve(draft["retry"], delay=delay, delay_source=DelaySource.BODY)


def _too_many(limit: int) -> Problem:
    return Problem(
        ProblemCode.TOO_MANY_RECORDS,
        f"The body holds more than {limit} errors; the first {limit} became records.",
    )


_CONTRADICTED = Problem(
    ProblemCode.HINT_CONTRADICTED,
    "The body looks like another vendor's than the one the caller named; the caller was believed.",
)


def _detection(found: _Found, shape: str, hint: str | None) -> Detection:
    vendor, evidence, others, _ = found
    hinted = ("the caller named the vendor",) if hint else ()
    told = (evidence.reason,) if evidence.confidence else ()
    return Detection(
        vendor=vendor.name,
        shape=shape,
        confidence=1.0 if hinted else evidence.confidence,
        reasons=hinted + told or ("no vendor's evidence is enough",),
        candidates=tuple(
            Candidate(vendor=other.name, confidence=weaker.confidence, reason=weaker.reason)
            for other, weaker in others
            if weaker.confidence
        ),
    )


def _result(
    drafts: list[dict[str, Any]],
    detection: Detection,
    problems: tuple[Problem, ...],
    raw: RawBody,
) -> Result:
    """Construct the records, each once."""
    records: list[Any] = []
    for fields in drafts:
        draft = Draft(**fields)
        draft.__class__ = ErrorRecord
        records.append(draft)
        if fields["problems"]:
            problems = tuple(dict.fromkeys((*problems, *fields["problems"])))
    return Result(records=tuple(records), detection=detection, problems=problems, raw=raw)


def _laid_over(drafts: list[dict[str, Any]], own: _Own) -> list[dict[str, Any]]:
    """Give the fields of each record with what holds for this one call alone."""
    given = {"source": own.source, "occurred_at": own.occurred_at}
    stated = {name: value for name, value in given.items() if value is not None}
    laid = [draft | stated for draft in drafts]
    if own.facts is not None:
        for draft in laid:
            draft["ids"] = ReadOnlyDict({**own.facts.ids, **draft["ids"]})  # the body's own ids win
            draft["retry"] = own.facts.advise(draft["retry"])
            draft["problems"] += own.facts.problems
    return laid


_default: Normalizer | None = None


def _made() -> Normalizer:
    """Make the default normalizer at its first use: only then it is asked what is installed."""
    global _default  # noqa: PLW0603 - one a process; a function with a cache costs 50 ns at every call
    _default = Normalizer()
    return _default


def default_normalizer() -> Normalizer:
    """Give the normalizer that `normalize` and `detect` ask, made at its first use.

    Example:
        >>> default_normalizer() is default_normalizer()
        True
    """
    return _default or _made()


def normalize(body: object, **options: Unpack[Options]) -> Result:
    """Turn the raw body of an error response into normalized records.

    Args:
        body: bytes, str, decoded JSON, or None.
        **options: what is known about it, see `Options`: status, headers, content_type, url, vendor,
            source, occurred_at, strict.

    Returns:
        The records with the detection, the problems and the raw body.

    Raises:
        InvalidArgument: when an argument is of the wrong type.
        UnknownVendor: when `vendor` names nobody.
        UnreadableBody: with `strict=True`, when something of the body could not be read.

    Example:
        >>> body = b"<ApiErrors><ApiError><ErrorType>Service Unavailable</ErrorType>"
        >>> body += b"<ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage></ApiError></ApiErrors>"
        >>> record = normalize(body, status=503).first
        >>> record.vendor, record.code, str(record.category), str(record.retry)
        ('cisco-finesse', 'SERVER_OUT_OF_SERVICE', 'unavailable', 'retry the same call')
    """
    return (_default or _made()).answer(body, **options)


def detect(body: object, **options: Unpack[Options]) -> Detection:
    """Tell which vendor sent a body, by which evidence, how sure.

    Args:
        body: bytes, str, decoded JSON, or None.
        **options: as in `normalize`.

    Returns:
        The detection: vendor, shape, confidence, reasons, candidates.

    Raises:
        InvalidArgument, UnknownVendor, UnreadableBody: as in `normalize`.

    Example:
        >>> detect({"code": 1011}).candidates[0].vendor
        'zoom-cobrowse'
    """
    return (_default or _made()).answer(body, **options).detection


def from_dict(data: Mapping[str, Any], *, catalog: Catalog | None = None) -> ErrorRecord:
    """Read what `ErrorRecord.to_dict` wrote.

    Args:
        data: the dict, or the same out of JSON.
        catalog: where to look the entry up; `errnorm.catalog()` if not given.

    Returns:
        An equal record; an entry that is gone becomes a stub with its id, title and docs_url.

    Raises:
        InvalidRecord: when it is no record's dict.

    Example:
        >>> record = normalize(b"", status=503).first
        >>> from_dict(record.to_dict()) == record
        True
    """

    def entry_of(entry_id: str) -> CatalogEntry | None:
        return (catalog or installed().catalog).get(entry_id)

    return record_from_dict(data, entry_of)
