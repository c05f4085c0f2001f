"""The fields of a record under dotted names, and the way back: what every dialect is made of.

A dialect is a table that says where each field stands: `retry.decision` is `errnorm.retry.decision` in
OpenTelemetry and `contexts.errnorm.retry.decision` in Sentry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from errnorm.catalog import Catalog
from errnorm.exceptions import InvalidRecord
from errnorm.export._given import require_record
from errnorm.normalizer import from_dict
from errnorm.record import SCHEMA_VERSION, ErrorRecord

__all__ = [
    "FIELDS",
    "answer_of",
    "as_text",
    "at",
    "fields_of",
    "found",
    "in_utc",
    "nested",
    "record_of",
    "scalars_of",
]

_KINDS: dict[str, type] = {
    "vendor": str,
    "shape": str,
    "type": str,
    "code": str,
    "subcode": str,
    "message": str,
    "target": str,
    "status": int,
    "ids.client": str,
    "ids.dialog": str,
    "ids.media": str,
    "ids.request": str,
    "ids.session": str,
    "ids.trace": str,
    "ids.user": str,
    "occurred_at": str,
    "index": int,
    "total": int,
    "origin": str,
    "extra": dict,
    "source.name": str,
    "source.member": str,
    "source.line": int,
    "source.offset": int,
    "source.time": str,
    "category": str,
    "severity": str,
    "retry.decision": str,
    "retry.scope": str,
    "retry.delay": float,
    "retry.not_before": str,
    "retry.delay_source": str,
    "retry.basis": str,
    "entry.id": str,
    "entry.title": str,
    "entry.docs_url": str,
    "match": str,
    "problems": list,
    "redactions": list,
    "fingerprint": str,
}
FIELDS = tuple(_KINDS)
"""Every field of a record but its body, which no dialect carries."""

# What the vendor or the caller said is private: people, phone numbers, names of files, codes nobody knows.
_CODES = frozenset({"type", "code", "subcode"})
_PRIVATE = frozenset(
    {
        "message",
        "target",
        "extra",
        "redactions",
        *(name for name in FIELDS if name.startswith(("ids.", "source."))),
    }
)


# Enough to act on: how the vendor's answer came about (status, origin, fingerprint) is not for strangers.
_FOR_CALLERS = frozenset(
    {
        *("vendor", "shape", "category", "severity", "entry.id", *_CODES),
        *("retry.decision", "retry.scope", "retry.delay"),
    }
)


def fields_of(record: ErrorRecord, *, faithful: bool) -> dict[str, Any]:
    """Give what a record says by the names in `FIELDS`, without what it leaves open.

    Args:
        record: any record.
        faithful: also what is private.

    Returns:
        Plain data, as in `ErrorRecord.to_dict`.

    Example:
        >>> import errnorm
        >>> fields_of(errnorm.normalize("Agent agent1001", status=503).first, faithful=True)["message"]
        'Agent agent1001'
    """
    require_record(record)
    data = record.to_dict()
    said = {name: value for name in FIELDS if (value := _member(data, name)) not in (None, {}, [])}
    if faithful:
        return said
    unknown = {name for name in _CODES if said.get(name) not in record.known_codes}
    return {name: value for name, value in said.items() if name not in _PRIVATE | unknown}


def answer_of(record: ErrorRecord, *, faithful: bool) -> dict[str, Any]:
    """Give the same for an answer to a caller of ours: unasked, only what one can act on.

    Example:
        >>> import errnorm
        >>> answer_of(errnorm.normalize("Agent agent1001", status=503).first, faithful=False)
        {'vendor': 'unknown', 'shape': 'text', 'category': 'unavailable', 'severity': 'error',
         'retry.decision': 'retry', 'retry.scope': 'same_call', 'entry.id': 'unknown:status/503'}
    """
    said = fields_of(record, faithful=faithful)
    return {name: value for name, value in said.items() if faithful or name in _FOR_CALLERS}


def _member(data: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - any JSON value
    outer, _, inner = name.partition(".")
    value = data.get(outer)
    return (value or {}).get(inner) if inner else value


def scalars_of(record: ErrorRecord, *, faithful: bool) -> dict[str, str | int | float]:
    """Give the same with `extra`, `problems` and `redactions` as their JSON in a text.

    Example:
        >>> import errnorm
        >>> scalars_of(errnorm.normalize({"balance": 30}, status=403).first, faithful=True)["extra"]
        '{"balance":30}'
    """
    said = fields_of(record, faithful=faithful)
    return {name: as_text(item) if isinstance(item, dict | list) else item for name, item in said.items()}


def as_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Give a text as it is, and every other value as its JSON.

    Example:
        >>> as_text("busy"), as_text(2.5), as_text({"balance": 30})
        ('busy', '2.5', '{"balance":30}')
    """
    return value if isinstance(value, str) else orjson.dumps(value).decode()


_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)


def in_utc(moment: datetime) -> datetime:
    """Give a moment in UTC; one that UTC has no year for becomes the first or the last moment it has.

    Example:
        >>> in_utc(datetime.fromisoformat("9999-12-31T23:59:59-05:00")).isoformat()
        '9999-12-31T23:59:59.999999+00:00'
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == _FIRST.year else _LAST


def nested(members: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Give a document of its members by their dotted places; a member of None is left out.

    Example:
        >>> nested([("log.level", "error"), ("log.logger", "errnorm")])
        {'log': {'level': 'error', 'logger': 'errnorm'}}
    """
    document: dict[str, Any] = {}
    for place, value in members:
        if value is None:
            continue
        *outer, last = place.split(".")
        inside = document
        for name in outer:
            inside = inside.setdefault(name, {})
        inside[last] = value
    return document


def at(document: Any, place: str) -> Any:  # noqa: ANN401 - any JSON value
    """Give what stands at a dotted place of a document, None where nothing does.

    Example:
        >>> at({"log": {"level": "error"}}, "log.level"), at({"log": "text"}, "log.level")
        ('error', None)
    """
    for name in place.split("."):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def found(document: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """Give the fields of a record that stand in a document, by the table of its dialect.

    Example:
        >>> found({"log": {"level": "error"}}, {"severity": "log.level", "code": "error.code"})
        {'severity': 'error'}
    """
    there = ((name, at(document, place)) for name, place in places.items())
    return {name: value for name, value in there if value is not None}


def record_of(said: Mapping[str, Any], catalog: Catalog | None) -> ErrorRecord:
    """Read what `fields_of` gave, also where a dialect made texts of it.

    Args:
        said: values by the names in `FIELDS`; what is no text in a record may be its JSON in a text.
        catalog: where to look the entry up; `errnorm.catalog()` if not given.

    Returns:
        The record; of a field that is not there, nobody said anything.

    Raises:
        InvalidRecord: when there is no vendor or no shape, or a value is of another kind.

    Example:
        >>> record_of({"vendor": "unknown", "shape": "text", "status": "503"}, None).status
        503
    """
    if not said.get("vendor") or not said.get("shape"):
        raise InvalidRecord(
            "errnorm did not write this: it names no vendor and no shape. "
            "Give a body of anybody else's to errnorm.normalize."
        )
    plain = {name: _plain(name, value) for name, value in said.items()}
    data = ErrorRecord(vendor="", shape="").to_dict()
    top = {name: value for name, value in plain.items() if "." not in name}
    whole = data | top | {"schema_version": SCHEMA_VERSION}
    whole["ids"] = _inside(plain, "ids")
    whole["retry"] = data["retry"] | _inside(plain, "retry")
    whole["source"] = _inside(plain, "source") or None
    entry = _inside(plain, "entry")
    # A title is what a stub is shown by; where the dialect carries none, the id is the honest one.
    whole["entry"] = {"title": entry["id"], "docs_url": None} | entry if "id" in entry else None
    return from_dict(whole, catalog=catalog)


def _inside(plain: Mapping[str, Any], outer: str) -> dict[str, Any]:
    return {
        name.removeprefix(f"{outer}."): value for name, value in plain.items() if name.startswith(f"{outer}.")
    }


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Give a value in the kind of its field: `"503"` is 503, and a whole number of seconds a float."""
    kind = _KINDS[name]
    if isinstance(value, str) and kind is not str:
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise _wrong(name) from None  # the first error quotes what it could not read
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _wrong(name)
    return value


def _wrong(name: str) -> InvalidRecord:
    return InvalidRecord(
        f"The field {name} is of the wrong kind here: it should be {_KIND_WORDS[_KINDS[name]]}. "
        "Give what errnorm wrote, unchanged."
    )


_KIND_WORDS = {str: "a text", int: "a whole number", float: "a number", list: "a list", dict: "an object"}
