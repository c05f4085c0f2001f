"""Records to JSON lines: the bytes of `orjson.dumps(record.to_dict())`, made faster.

What of a record is the same for every use of a catalog entry is written once. What is the same whenever a
body comes again is kept apart from its time and place, so that `storm.py` can write it again as it stands.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import orjson

from errnorm.batch.capture import Reject
from errnorm.record import SCHEMA_VERSION, CatalogEntry, ErrorRecord, RawBody, RawForm, RetryAdvice, Source

__all__ = ["Encoder", "Frame", "fingerprint_of", "reject_line", "when_and_where"]

_MOST_TAILS = 4096
_MOST_FINGERPRINTS = 64
_NULL = b"null"


class Frame(NamedTuple):
    """A record's line but for what changes when its body comes again.

    Attributes:
        head: up to the value of `ids`.
        ids: the value of `ids`.
        middle: from behind it up to the value of `occurred_at`.
        tail: from behind the value of `source` to the end of the line.
    """

    head: bytes
    ids: bytes
    middle: bytes
    tail: bytes

    def line(self, told: bytes, ids: bytes | None = None) -> bytes:
        """Give the line of a time and place, as `when_and_where` writes them, with these ids or its own."""
        return b"".join((self.head, ids or self.ids, self.middle, told, self.tail))


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
        self._tails: dict[tuple[int, int], tuple[RetryAdvice, CatalogEntry | None, bytes]] = {}

    def line(self, record: ErrorRecord) -> bytes:
        """Give a record's JSON with the end of line."""
        return self.frame(record).line(when_and_where(record.occurred_at, record.source))

    def frame(self, record: ErrorRecord) -> Frame:
        """Give a record's line but for what changes when its body comes again."""
        middle = b',"extra":%s,"occurred_at":' % orjson.dumps(record.extra)
        return Frame(_head(record), orjson.dumps(record.ids), middle, self._tail(record))

    def _tail(self, record: ErrorRecord) -> bytes:
        judged = self._judged(record.retry, record.entry)
        if not record.problems and not record.redactions and self._raw == "omit":
            return judged + b',"problems":[]}\n'
        parts = [judged, b',"problems":', orjson.dumps([problem.to_dict() for problem in record.problems])]
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


def _head(record: ErrorRecord) -> bytes:
    plain = orjson.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "vendor": record.vendor,
            "shape": record.shape,
            "type": record.type,
            "code": record.code,
            "subcode": record.subcode,
            "message": record.message,
            "target": record.target,
            "status": record.status,
            "index": record.index,
            "total": record.total,
            "fingerprint": fingerprint_of(record),
            "origin": record.origin,
            "category": record.category,
            "severity": record.severity,
            "match": record.match,
        }
    )
    return plain[:-1] + b',"ids":'


_fingerprints: dict[int, tuple[ErrorRecord, str]] = {}


def fingerprint_of(record: ErrorRecord) -> str:
    """Give a record's fingerprint, worked out once: the report asks for it right after the output."""
    known = _fingerprints.get(id(record))
    if known is None or known[0] is not record:
        if len(_fingerprints) >= _MOST_FINGERPRINTS:
            _fingerprints.clear()
        known = _fingerprints[id(record)] = (record, record.fingerprint)
    return known[1]


def when_and_where(moment: datetime | None, source: Source | None) -> bytes:
    """Give the values of `occurred_at` and `source`, as they stand in a record's JSON."""
    when = b'"%s"' % moment.isoformat().encode() if moment else _NULL
    return b'%s,"source":%s' % (when, _source(source))


def _source(source: Source | None) -> bytes:
    if source is None:
        return _NULL
    return b'{%s,"line":%s,"offset":%s,"time":%s}' % (
        _names(source.name, source.member),
        _NULL if source.line is None else b"%d" % source.line,
        _NULL if source.offset is None else b"%d" % source.offset,
        _NULL if source.time is None else orjson.dumps(source.time),
    )


@lru_cache(256)
def _names(name: str | None, member: str | None) -> bytes:
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
