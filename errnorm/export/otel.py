"""A record in OpenTelemetry: attributes for a span, and a log record of its own.

Names are those of the semantic conventions 1.44, none of them deprecated; what they have no name for stands
under `errnorm.`. `error.message` is not among them (deprecated), nor `exception.*`: nothing was raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from errnorm.catalog import Catalog
from errnorm.export._fields import FIELDS, record_of, scalars_of
from errnorm.record import ErrorRecord
from errnorm.vocabulary import Category, Severity

__all__ = ["EVENT_NAME", "PLACES", "from_attributes", "to_attributes", "to_log_record", "to_otlp"]

_SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"
EVENT_NAME = "errnorm.error"
"""The event name of every log record: it says which attributes to expect."""

PLACES: Mapping[str, str] = {name: f"errnorm.{name}" for name in FIELDS} | {
    "status": "http.response.status_code",
    "ids.session": "session.id",
    "ids.user": "user.id",
}
"""The attribute of each field."""

# Severity numbers of the log data model: the first of each range, as its appendix B maps syslog.
_SEVERITY_NUMBERS = {Severity.INFO: 9, Severity.WARNING: 13, Severity.ERROR: 17, Severity.CRITICAL: 21}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS = 1000  # in a microsecond, the finest that a datetime knows
_TOO_LATE = 2**64  # a timestamp is a fixed64 of OTLP: it ends in 2554


def to_attributes(record: ErrorRecord, *, faithful: bool = False) -> dict[str, str | int | float]:
    """Give the attributes of an error, for a span or a log record of yours.

    `error.type` is the category, one of few words, and `_OTHER` where it is `unknown`. A notice is no error
    and has none. For a metric take `error.type` and `errnorm.vendor` alone: the others have many values.

    Args:
        record: the error of the vendor.
        faithful: also what is private: message, target, ids, codes that no catalog knows, `extra`, source.

    Returns:
        Names of attributes with texts and numbers; lists and objects are their JSON in a text, since an
        attribute of a span has no objects.

    Example:
        >>> import errnorm
        >>> attributes = to_attributes(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first)
        >>> attributes["error.type"], attributes["errnorm.code"], attributes["errnorm.retry.decision"]
        ('network', '1016', 'retry')
    """
    said = scalars_of(record, faithful=faithful)
    return _error_type(record) | {PLACES[name]: value for name, value in said.items()}


def _error_type(record: ErrorRecord) -> dict[str, str | int | float]:
    if record.severity is Severity.INFO:
        return {}
    return {"error.type": "_OTHER" if record.category is Category.UNKNOWN else str(record.category)}


def to_log_record(record: ErrorRecord, *, faithful: bool = False) -> dict[str, Any]:
    """Give a log record (an event) of the error, as keywords of `opentelemetry._logs.LogRecord`.

    Args:
        record: the error of the vendor.
        faithful: also what is private, see `to_attributes`.

    Returns:
        `timestamp` (nanoseconds since 1970, None where the vendor named no time), `severity_number` (an int:
        the SDK wants `SeverityNumber(…)` around it), `severity_text`, `body` (the safe summary),
        `attributes`, `event_name`.

    Example:
        >>> import errnorm
        >>> log = to_log_record(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first)
        >>> log["severity_number"], log["severity_text"], log["event_name"]
        (17, 'error', 'errnorm.error')
    """
    return {
        "timestamp": _nanoseconds(record.occurred_at),
        "severity_number": _SEVERITY_NUMBERS[record.severity],
        "severity_text": str(record.severity),
        "body": record.summary(),
        "attributes": to_attributes(record, faithful=faithful),
        "event_name": EVENT_NAME,
    }


def _nanoseconds(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    since = (moment - _EPOCH) // timedelta(microseconds=1) * _NANOSECONDS
    return since if 0 < since < _TOO_LATE else None


def to_otlp(record: ErrorRecord, *, faithful: bool = False) -> dict[str, Any]:
    """Give the same log record as OTLP in JSON, for where no SDK is: post it to `/v1/logs` of a collector.

    Args:
        record: the error of the vendor.
        faithful: also what is private, see `to_attributes`.

    Returns:
        An `ExportLogsServiceRequest`; one a line is what a collector's `otlpjsonfile` receiver reads.

    Example:
        >>> import errnorm
        >>> request = to_otlp(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first)
        >>> [log] = request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
        >>> log["eventName"], log["attributes"][0]
        ('errnorm.error', {'key': 'error.type', 'value': {'stringValue': 'network'}})
    """
    log = to_log_record(record, faithful=faithful)
    line = {
        "timeUnixNano": str(log["timestamp"] or 0),  # 0 is how the protobuf says that nobody knows
        "severityNumber": log["severity_number"],
        "severityText": log["severity_text"],
        "body": {"stringValue": log["body"]},
        "attributes": [{"key": name, "value": _any_value(item)} for name, item in log["attributes"].items()],
        "eventName": log["event_name"],
    }
    scope = {"scope": {"name": "errnorm"}, "logRecords": [line], "schemaUrl": _SCHEMA_URL}
    return {"resourceLogs": [{"scopeLogs": [scope]}]}


def _any_value(value: str | float) -> dict[str, str | float]:
    """Write an AnyValue: in the JSON of protobuf an integer of 64 bits is a text."""
    if isinstance(value, str):
        return {"stringValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": value}


def from_attributes(attributes: Mapping[str, Any], *, catalog: Catalog | None = None) -> ErrorRecord:
    """Read what `to_attributes` gave, on its own or in a log record, also after it went through an SDK.

    Args:
        attributes: the attributes; others than errnorm's are left alone.
        catalog: where to look the entry up; `errnorm.catalog()` if not given.

    Returns:
        A record with every field that went out; faithful attributes give an equal one, see `PLACES`.

    Raises:
        InvalidRecord: when errnorm did not write them.

    Example:
        >>> import errnorm
        >>> record = errnorm.normalize("Agent agent1001", status=503).first
        >>> from_attributes(to_attributes(record, faithful=True)) == record
        True
    """
    said = {name: attributes[place] for name, place in PLACES.items() if place in attributes}
    return record_of(said, catalog)
