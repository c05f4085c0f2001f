"""structlog: a record's safe fields beside the event.

    structlog.configure(processors=[add_errnorm, ..., structlog.processors.JSONRenderer()])

It imports nothing of structlog: a processor is a function.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from typing import Any

from errnorm.middleware._carried import fields_among
from errnorm.middleware._guard import guarded

__all__ = ["add_errnorm"]


def add_errnorm(
    _logger: object, _method_name: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add `errnorm` to an event that carries a record; a processor of structlog.

    An event carries one as the exception (`exc_info`) or as any value: a `VendorError`, also one in a
    group or that another exception was raised from, a record, a result, or one of them in a list.
    Put it before the processors that render exceptions.

    Args:
        _logger: not used; structlog gives it.
        _method_name: not used; structlog gives it.
        event_dict: the event.

    Returns:
        The event, with the dict of `errnorm.export.safe.safe_fields` under `errnorm`, or unchanged.

    Example:
        >>> import errnorm
        >>> record = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first
        >>> event = add_errnorm(None, "error", {"event": "no session", "error": record})
        >>> event["errnorm"]["category"]
        'network'
    """
    fields = guarded(fields_among, _values(event_dict))
    if fields is not None:
        event_dict["errnorm"] = fields
    return event_dict


def _values(event_dict: MutableMapping[str, Any]) -> Iterator[object]:
    """Go through what an event carries: first its exception, which may be True or what sys.exc_info gives."""
    exc_info = event_dict.get("exc_info")
    yield sys.exception() if exc_info is True else exc_info
    yield from event_dict.values()
