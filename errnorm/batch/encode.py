"""Records to JSON lines: the bytes of `orjson.dumps(record.to_dict())`, made faster.

In an error storm the same body comes a thousand times, and its records differ in their place and time
alone. A normalizer that knows a body gives the same objects again, so what was written of them once is
written again as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from errnorm.batch.capture import Reject
from errnorm.record import SCHEMA_VERSION, CatalogEntry, ErrorRecord, RawBody, RawForm, RetryAdvice, Source

__all__ = ["Encoder", "fingerprint_of", "reject_line", "when_and_where"]

_MOST_TEMPLATES = 1024
_MOST_FINGERPRINTS = 64
_NULL = b"null"


class _Template(NamedTuple):
    """What was written of a record, and the objects that it was written from.

    Attributes:
        raw, message, ids, extra, retry, problems, redactions: the very objects of the record.
        head: up to the value of `ids`.
        own_ids: the value of `ids`.
        middle: from behind the value of `ids` up to the value of `occurred_at`.
        tail: from behind the value of `source` to the end.
    """

    raw: RawBody
    message: str | None
    ids: Mapping[str, str]
    extra: Mapping[str, Any]
    retry: RetryAdvice
    problems: tuple[Any, ...]
    redactions: tuple[Any, ...]
    head: bytes
    own_ids: bytes
    middle: bytes
    tail: bytes


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
        self._templates: dict[tuple[int, int], _Template] = {}
        self._entries: dict[int, tuple[CatalogEntry, bytes]] = {}

    def line(self, record: ErrorRecord) -> bytes:
        """Give a record's JSON with the end of line."""
        before, after = self.frame(record)
        return b"".join((before, when_and_where(record.occurred_at, record.source), after))

    def frame(self, record: ErrorRecord) -> tuple[bytes, bytes]:
        """Give what stands before and behind the time and place of a record."""
        key = (id(record.raw), record.index)
        known = self._templates.get(key)
        if known is None or not _is_same(known, record):
            known = self._made(record)
            if len(self._templates) >= _MOST_TEMPLATES:
                self._templates.clear()
            self._templates[key] = known
        ids = known.own_ids if record.ids is known.ids else orjson.dumps(record.ids)
        return known.head + ids + known.middle, known.tail

    def _made(self, record: ErrorRecord) -> _Template:
        head = orjson.dumps(
            {"schema_version": SCHEMA_VERSION}
            | {name: getattr(record, name) for name in _HEAD[:10]}
            | {"fingerprint": fingerprint_of(record)}
            | {name: getattr(record, name) for name in _HEAD[10:]}
        )
        problems = orjson.dumps([problem.to_dict() for problem in record.problems])
        tail = [b',"retry":', _retry(record.retry), b',"entry":', self._entry(record.entry)]
        tail += [b',"problems":', problems]
        if record.redactions:
            tail += [b',"redactions":', orjson.dumps([item.to_dict() for item in record.redactions])]
        if self._raw != "omit":
            tail += [b',"raw":', orjson.dumps(record.raw.to_dict(self._raw))]
        return _Template(
            raw=record.raw,
            message=record.message,
            ids=record.ids,
            extra=record.extra,
            retry=record.retry,
            problems=record.problems,
            redactions=record.redactions,
            head=head[:-1] + b',"ids":',
            own_ids=orjson.dumps(record.ids),
            middle=b',"extra":%s,"occurred_at":' % orjson.dumps(record.extra),
            tail=b"".join((*tail, b"}\n")),
        )

    def _entry(self, entry: CatalogEntry | None) -> bytes:
        if entry is None:
            return _NULL
        known = self._entries.get(id(entry))
        if known is None:
            known = self._entries[id(entry)] = (entry, orjson.dumps(entry.to_dict()))
        return known[1]


_HEAD = (
    *("vendor", "shape", "type", "code", "subcode", "message", "target", "status", "index", "total"),
    *("origin", "category", "severity", "match"),
)


_fingerprints: dict[int, tuple[ErrorRecord, str]] = {}


def fingerprint_of(record: ErrorRecord) -> str:
    """Give a record's fingerprint, worked out once: the report asks for it right after the output."""
    known = _fingerprints.get(id(record))
    if known is None or known[0] is not record:
        if len(_fingerprints) >= _MOST_FINGERPRINTS:
            _fingerprints.clear()
        known = _fingerprints[id(record)] = (record, record.fingerprint)
    return known[1]


def _is_same(known: _Template, record: ErrorRecord) -> bool:
    """Tell whether a record differs in time, place and the ids of its response alone."""
    return (
        record.raw is known.raw
        and record.message is known.message
        and record.extra is known.extra
        and record.retry is known.retry
        and record.problems is known.problems
        and record.redactions == known.redactions
        # The fingerprint masks the ids that stand in the message.
        and (record.ids is known.ids or not (_has_any(record, record.ids) or _has_any(record, known.ids)))
    )


def _has_any(record: ErrorRecord, ids: Mapping[str, str]) -> bool:
    message = record.message
    return bool(message) and any(text in message for text in ids.values() if text)  # type: ignore[operator]


@lru_cache(1024)
def _retry(advice: RetryAdvice) -> bytes:
    return orjson.dumps(advice.to_dict())


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
    return b'{"source":%s,"reason":%s,%s\n' % (
        _source(reject.source),
        orjson.dumps(reject.reason),
        orjson.dumps(body)[1:],
    )
