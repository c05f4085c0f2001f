"""The fields of a record that anybody may see."""

from __future__ import annotations

from typing import Any

from errnorm.export._given import require_record
from errnorm.record import ErrorRecord

__all__ = ["safe_fields"]


def safe_fields(record: ErrorRecord) -> dict[str, Any]:
    """Give what is safe to show of a record, as plain data.

    Args:
        record: any record.

    Returns:
        Vendor, shape, the codes that the catalog knows, the id of the catalog entry, category,
        severity and retry advice. Never a message, a target, an id, a url or a piece of the body.

    Raises:
        InvalidArgument: when it is no record.

    Example:
        >>> import errnorm
        >>> safe_fields(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first)
        {'vendor': 'zoom-cobrowse', 'shape': 'cobrowse.session_error', 'codes': ['1016'],
         'entry': 'zoom-cobrowse:code/1016', 'category': 'network', 'severity': 'error',
         'retry': {'decision': 'retry', 'scope': 'same_call', 'delay': None}}
    """
    require_record(record)
    advice = record.retry.to_dict()
    return {
        "vendor": record.vendor,
        "shape": record.shape,
        "codes": list(record.known_codes),
        "entry": record.entry.id if record.entry else None,
        "category": str(record.category),
        "severity": str(record.severity),
        "retry": {name: advice[name] for name in ("decision", "scope", "delay")},
    }
