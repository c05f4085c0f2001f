"""A record as an event of Sentry, grouped by errnorm's fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errnorm.catalog import Catalog
from errnorm.export._fields import FIELDS, found, nested, record_of, scalars_of
from errnorm.record import ErrorRecord
from errnorm.vocabulary import Severity

__all__ = ["PLACES", "from_event", "to_event"]

PLACES: Mapping[str, str] = {name: f"contexts.errnorm.{name}" for name in FIELDS} | {
    "type": "contexts.errnorm.error_type",  # `type` is Sentry's own: the one key that a context may not have
    "status": "contexts.response.status_code",
    "ids.user": "user.id",
}
"""Where each field stands."""

_LEVELS = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "fatal",
}
_TAGS = ("vendor", "shape", "category", "entry.id", "retry.decision", "retry.scope")
_TAG_CHARS = 200  # Sentry drops a longer value


def to_event(record: ErrorRecord, *, faithful: bool = False) -> dict[str, Any]:
    """Give the event of an error, for `sentry_sdk.capture_event` or a `before_send` of yours.

    It is a message and no exception: nothing was raised, and there is no stack.

    Args:
        record: the error of the vendor.
        faithful: also what is private: message, target, ids, codes that no catalog knows, `extra`, source.

    Returns:
        Level, message (the safe summary), fingerprint, tags to search by, and the fields in `contexts`.
        `extra`, `problems` and `redactions` are their JSON in a text: Sentry cuts deep objects.

    Example:
        >>> import errnorm
        >>> event = to_event(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first)
        >>> event["level"], event["tags"]["errnorm.category"], event["contexts"]["errnorm"]["code"]
        ('error', 'network', '1016')
    """
    said = scalars_of(record, faithful=faithful)
    own = [(PLACES[name], value) for name, value in said.items()]
    # The SDK writes its own time where there is none, so the vendor's stands in the context as well.
    return {
        "level": _LEVELS[record.severity],
        "logger": "errnorm",
        "logentry": {"formatted": record.summary()},
        "fingerprint": [record.fingerprint],
        "tags": {f"errnorm.{name}": str(said[name])[:_TAG_CHARS] for name in _TAGS if name in said},
        **nested([("timestamp", said.get("occurred_at")), *own]),
    }


def from_event(event: Mapping[str, Any], *, catalog: Catalog | None = None) -> ErrorRecord:
    """Read what `to_event` gave, also after it went through the SDK.

    Args:
        event: the event.
        catalog: where to look the entry up; `errnorm.catalog()` if not given.

    Returns:
        A record with every field that went out; a faithful event gives an equal one, see `PLACES`.

    Raises:
        InvalidRecord: when errnorm did not write it.

    Example:
        >>> import errnorm
        >>> record = errnorm.normalize("Agent agent1001", status=503).first
        >>> from_event(to_event(record, faithful=True)) == record
        True
    """
    return record_of(found(event, PLACES), catalog)
