"""The record that a log entry carries; what the integrations of logging share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from errnorm.exceptions import VendorError
from errnorm.export.safe import safe_fields
from errnorm.record import ErrorRecord, Result

__all__ = ["fields_among"]

_LOOKED_AT = 20  # of a list among the values: an entry is written often, and a list may be long


def fields_among(values: Iterable[object]) -> dict[str, Any] | None:
    """Give the safe fields of the first record that one of the values is or holds; None without one.

    Example:
        >>> import errnorm
        >>> fields_among(["text", errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse")])["codes"]
        ['1016']
    """
    record = next((record for value in values if (record := _record_of(value)) is not None), None)
    return None if record is None else safe_fields(record)


def _record_of(value: object) -> ErrorRecord | None:
    """Give the record that a value is, holds, or has among its own first values."""
    if isinstance(value, Mapping):
        value = list(islice(value.values(), _LOOKED_AT))
    among = value[:_LOOKED_AT] if isinstance(value, list | tuple) else (value,)
    return next((record for one in among if (record := _record_in(one)) is not None), None)


def _record_in(value: object) -> ErrorRecord | None:
    if isinstance(value, ErrorRecord):
        return value
    if isinstance(value, Result):
        return VendorError(value).record if value else None
    return _record_behind(value) if isinstance(value, BaseException) else None


def _record_behind(error: BaseException) -> ErrorRecord | None:
    """Give the record of a `VendorError`, also of one in a group, or that another was raised from."""
    return next((link.record for link in _chain(error) if isinstance(link, VendorError)), None)


def _chain(start: BaseException) -> Iterator[BaseException]:
    """Go from an exception to those of its group and to what it was raised from, as a traceback shows it."""
    waiting: list[BaseException | None] = [start]
    seen: set[int] = set()
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        yield error
        waiting.append(error.__cause__ or (None if error.__suppress_context__ else error.__context__))
        if isinstance(error, BaseExceptionGroup):
            waiting += reversed(error.exceptions)
