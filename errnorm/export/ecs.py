"""A record as a document of the Elastic Common Schema (ECS 9.4), for Elasticsearch and what reads like it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errnorm.catalog import Catalog
from errnorm.export._fields import FIELDS, found, in_utc, nested, record_of, scalars_of
from errnorm.export._page import page_of
from errnorm.record import ErrorRecord
from errnorm.vocabulary import Severity

__all__ = ["ECS_VERSION", "PLACES", "from_document", "to_document"]

ECS_VERSION = "9.4.0"

PLACES: Mapping[str, str] = {name: f"errnorm.{name}" for name in FIELDS} | {
    "vendor": "event.provider",
    "code": "error.code",
    "message": "error.message",
    "status": "http.response.status_code",
    "ids.request": "http.request.id",
    "ids.trace": "trace.id",
    "ids.user": "user.id",
    "source.name": "log.file.path",
    "category": "error.type",
    "severity": "log.level",
}
"""Where each field stands. ECS asks for a proper name before fields of one's own: `errnorm`."""

# ECS has no scale of its own for `event.severity` and offers that of syslog (RFC 5424, section 6.2.1).
_SYSLOG = {Severity.INFO: 6, Severity.WARNING: 4, Severity.ERROR: 3, Severity.CRITICAL: 2}


def to_document(record: ErrorRecord, *, faithful: bool = False) -> dict[str, Any]:
    """Give the ECS document of an error.

    Args:
        record: the error of the vendor.
        faithful: also what is private: message, target, ids, codes that no catalog knows, `extra`, source.

    Returns:
        Nested objects. `extra`, `problems` and `redactions` are their JSON in a text: a vendor's own names
        would each become a field of the index. `@timestamp` is there when the vendor named a time, which
        stands in `errnorm.occurred_at` as well: what ships the document sets a missing one.

    Example:
        >>> import errnorm
        >>> document = to_document(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first)
        >>> document["error"], document["event"]["outcome"]
        ({'code': '1016', 'type': 'network'}, 'failure')
    """
    said = scalars_of(record, faithful=faithful)
    return nested([*_about(record), *((PLACES[name], value) for name, value in said.items())])


def _about(record: ErrorRecord) -> list[tuple[str, Any]]:
    """Give what ECS says about any event; `web` is the category whose types have `error` in them."""
    notice = record.severity is Severity.INFO
    time = record.occurred_at
    return [
        ("@timestamp", in_utc(time).isoformat() if time else None),
        ("ecs.version", ECS_VERSION),
        ("message", record.summary()),
        ("event.kind", "event"),
        ("event.category", ["web"]),
        ("event.type", ["info" if notice else "error"]),
        ("event.outcome", None if notice else "failure"),
        ("event.severity", _SYSLOG[record.severity]),
        ("event.reference", page_of(record.entry)),
    ]


def from_document(document: Mapping[str, Any], *, catalog: Catalog | None = None) -> ErrorRecord:
    """Read what `to_document` gave, as it stands in `_source` of a search.

    Args:
        document: the nested document.
        catalog: where to look the entry up; `errnorm.catalog()` if not given.

    Returns:
        A record with every field that went out; a faithful document gives an equal one, see `PLACES`.

    Raises:
        InvalidRecord: when errnorm did not write it.

    Example:
        >>> import errnorm
        >>> record = errnorm.normalize("Agent agent1001", status=503).first
        >>> from_document(to_document(record, faithful=True)) == record
        True
    """
    return record_of(found(document, PLACES), catalog)
