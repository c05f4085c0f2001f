"""Records to JSON lines: the bytes of `orjson.dumps(record.to_dict())`, made faster.

What of a record is the same for every use of a catalog entry is written once. What is the same whenever a
body comes again is kept apart from its time and place, so that `storm.py` can write it again as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from errnorm.batch.capture import Reject
from errnorm.batch.report import Kind, kind_of
from errnorm.record import SCHEMA_VERSION, CatalogEntry, ErrorRecord, RawBody, RawForm, RetryAdvice, Source

__all__ = [
    "PLACED",
    "Encoder",
    "Frame",
    "Mold",
    "names_any",
    "origin_of",
    "reject_line",
    "when_and_where",
    "when_of",
]

_SHARED = attrgetter(
    *("vendor", "shape", "type", "code", "subcode", "message", "status"),
    *("index", "total", "origin", "category", "severity", "match"),
)
_MOST_MOLDS = 1024
_LONGEST_MOLD = 4096
_MOST_TAILS = 4096
_NULL = b"null"
_PLACE = b'{%b,"line":%d,"offset":%d,"time":%b}'
PLACED = b'%b,"source":' + _PLACE
"""What `when_and_where` gives, with places for the moment, the origin, line, offset and time."""

_NO_PROBLEMS = b',"problems":[]}\n'


class Mold(NamedTuple):
    """What records share that differ in their target, ids, extra, problems, time and place alone.

    Attributes:
        front: their lines up to the value of `target`.
        back: from behind it up to the value of `ids`.
        judged: the members `retry` and `entry`.
        kind: what a report tells of them.
        held: the objects of whose ids the mold's key is made.
    """

    front: bytes
    back: bytes
    judged: bytes
    kind: Kind
    held: tuple[RetryAdvice, CatalogEntry | None]


class Frame(NamedTuple):
    """A record's line but for its time and place: what it shares with others, and what is its own.

    Attributes:
        mold: what it shares.
        target, ids, extra: the values of these members.
        rest: `problems`, and what stands behind them.
    """

    mold: Mold
    target: bytes
    ids: bytes
    extra: bytes
    rest: bytes

    def line(self, told: bytes, ids: bytes | None = None) -> bytes:
        """Give the line of a time and place, as `when_and_where` writes them, with these ids or its own."""
        (front, back, judged, _, _), target, own_ids, extra, rest = self
        parts = (front, target, back, ids or own_ids, b',"extra":', extra, b',"occurred_at":')
        return b"".join((*parts, told, judged, rest))


class Encoder:
    """Writes records as JSON, one a line.

    Args:
        raw: whether and how the body goes with a record.

    Example:
        >>> import errnorm, orjson
        >>> record = errnorm.normalize(b"", status=503).first
        >>> Encoder().line(record) == orjson.dumps(record.to_dict(), option=orjson.OPT_APPEND_NEWLINE)
        True
    """

    def __init__(self, raw: RawForm = "omit") -> None:
        self._raw: RawForm = raw
        self._molds: dict[tuple[Any, ...], Mold] = {}
        self._tails: dict[tuple[int, int], tuple[RetryAdvice, CatalogEntry | None, bytes]] = {}

    def line(self, record: ErrorRecord) -> bytes:
        """Give a record's JSON with the end of line."""
        return self.frame(record, self.mold(record)).line(when_and_where(record.occurred_at, record.source))

    def frame(self, record: ErrorRecord, mold: Mold) -> Frame:
        """Give a record's line, of which the mold is known, but for its time and place."""
        dumps = orjson.dumps
        return Frame(mold, dumps(record.target), dumps(record.ids), dumps(record.extra), self._rest(record))

    def mold(self, record: ErrorRecord) -> Mold:
        """Give what a record shares with others: 10 µs, and 0.6 where one of them was met before."""
        message = record.message
        if message and names_any(message, (record.target, *record.ids.values())):
            return self._molded(record)  # the fingerprint masks target and ids in the message
        key = (_SHARED(record), id(record.retry), id(record.entry))
        mold = self._molds.get(key)
        if mold is None:
            mold = self._molded(record)
            if len(self._molds) >= _MOST_MOLDS:
                self._molds.clear()
            if len(mold.front) <= _LONGEST_MOLD:
                self._molds[key] = mold
        return mold

    def _molded(self, record: ErrorRecord) -> Mold:
        fingerprint = record.fingerprint
        front, back = _head(record, fingerprint)
        judged = self._judged(record.retry, record.entry)
        return Mold(front, back, judged, kind_of(record, fingerprint), (record.retry, record.entry))

    def _rest(self, record: ErrorRecord) -> bytes:
        if not record.problems and not record.redactions and self._raw == "omit":
            return _NO_PROBLEMS
        parts = [b',"problems":', orjson.dumps([problem.to_dict() for problem in record.problems])]
        if record.redactions:
            parts += [b',"redactions":', orjson.dumps([item.to_dict() for item in record.redactions])]
        if self._raw != "omit":
            parts += [b',"raw":', orjson.dumps(record.raw.to_dict(self._raw))]
        return b"".join((*parts, b"}\n"))

    def _judged(self, retry: RetryAdvice, entry: CatalogEntry | None) -> bytes:
        """Give `retry` and `entry`: the same two objects for every use of an entry."""
        key = (id(retry), id(entry))
        known = self._tails.get(key)
        if known is None:
            if len(self._tails) >= _MOST_TAILS:
                self._tails.clear()
            advice, reference = retry.to_dict(), entry.to_dict() if entry else None
            text = b',"retry":%s,"entry":%s' % (orjson.dumps(advice), orjson.dumps(reference))
            known = self._tails[key] = (retry, entry, text)  # an id is another's once its object is gone
        return known[2]


def names_any(text: str, names: Iterable[str | None]) -> bool:
    """Tell whether any of the names stands in a text."""
    for name in names:  # noqa: SIM110 - a generator in `any` takes three times as long
        if name and name in text:
            return True
    return False


def _head(record: ErrorRecord, fingerprint: str) -> tuple[bytes, bytes]:
    """Give what stands before the target, and what stands between it and the ids."""
    front = orjson.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "vendor": record.vendor,
            "shape": record.shape,
            "type": record.type,
            "code": record.code,
            "subcode": record.subcode,
            "message": record.message,
        }
    )
    back = orjson.dumps(
        {
            "status": record.status,
            "index": record.index,
            "total": record.total,
            "fingerprint": fingerprint,
            "origin": record.origin,
            "category": record.category,
            "severity": record.severity,
            "match": record.match,
        }
    )
    return b'%s,"target":' % front[:-1], b',%s,"ids":' % back[1:-1]


def when_and_where(moment: datetime | None, source: Source | None) -> bytes:
    """Give the values of `occurred_at` and `source`, as they stand in a record's JSON."""
    return b'%s,"source":%s' % (when_of(moment), _NULL if source is None else _source(source))


def when_of(moment: datetime | None) -> bytes:
    """Give the value of `occurred_at`."""
    if moment is None or moment.tzinfo is UTC:
        return orjson.dumps(moment)  # 0.2 µs, where the other takes 1.5; it would round a zone's seconds
    return b'"%s"' % moment.isoformat().encode()


def _source(source: Source) -> bytes:
    names, line, offset, time = origin_of(source.name, source.member), source.line, source.offset, source.time
    if line is not None and offset is not None and time is not None:
        return _PLACE % (names, line, offset, orjson.dumps(time))
    return b'{%s,"line":%s,"offset":%s,"time":%s}' % (names, *map(orjson.dumps, (line, offset, time)))


@lru_cache(256)
def origin_of(name: str | None, member: str | None) -> bytes:
    """Give the members of `source` that name an input."""
    return b'"name":%s,"member":%s' % (orjson.dumps(name), orjson.dumps(member))


def reject_line(reject: Reject) -> bytes:
    r"""Give a reject's JSON with the end of line: place, reason, and its bytes as text or base64.

    Example:
        >>> line = reject_line(Reject(Source(name="a", line=1, offset=0), "It is no JSON.", b"{\n"))
        >>> orjson.loads(line)["text"]
        '{\n'
    """
    body = RawBody(reject.data, "utf-8").to_dict("text")
    if reject.redactions:
        body["redactions"] = [item.to_dict() for item in reject.redactions]
    return b'{"source":%s,"reason":%s,%s\n' % (
        _source(reject.source),
        orjson.dumps(reject.reason),
        orjson.dumps(body)[1:],
    )
