"""logging: a record's safe fields beside the message.

handler.addFilter(ErrnormFilter())
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from errnorm.middleware._carried import fields_among
from errnorm.middleware._guard import guarded

__all__ = ["ErrnormFilter"]


class ErrnormFilter(logging.Filter):
    """A filter that lets everything through, and adds `errnorm` where an entry carries a record.

    An entry carries one as the exception (`exc_info`), as an argument of the message, or in `extra`:
    a `VendorError`, also one in a group or that another exception was raised from, a record, a result,
    or one of them among the first twenty values of a list or a mapping. The
    attribute `errnorm` of the log record is then a dict of `errnorm.export.safe.safe_fields`;
    formatters that write JSON take it along. Nothing private is in it.

    Add it to a handler: the filters of a logger are not asked for entries of the loggers below it.

    Example:
        >>> import sys, errnorm
        >>> handler = logging.StreamHandler(sys.stdout)
        >>> handler.addFilter(ErrnormFilter())
        >>> handler.setFormatter(logging.Formatter("%(message)s %(errnorm)s", defaults={"errnorm": ""}))
        >>> log = logging.getLogger("integration")
        >>> log.addHandler(handler)
        >>> record = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first
        >>> log.error("no session for the customer", extra={"error": record})
        no session for the customer {'vendor': 'zoom-cobrowse', ... 'category': 'network', ...}
        >>> log.removeHandler(handler)
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields; True in every case."""
        fields = guarded(fields_among, _values(record))
        if fields is not None:
            record.errnorm = fields
        return True


def _values(record: logging.LogRecord) -> Iterator[object]:
    """Go through what an entry carries: first its exception, then all its attributes."""
    yield record.exc_info
    yield from list(vars(record).values())
