"""The record that a log entry carries; what the integrations of logging share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from errnorm.exceptions import VendorError
from errnorm.export.safe import safe_fields
from errnorm.middleware._answer import vendor_error_in
from errnorm.record import ErrorRecord, Result

__all__ = ["fields_among"]


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
    if isinstance(value, ErrorRecord):
        return value
    if isinstance(value, Result):
        return VendorError(value).record if value.records else None
    return _record_behind(value) if isinstance(value, BaseException) else None


def _record_behind(error: BaseException) -> ErrorRecord | None:
    """Give the record of a `VendorError`, also of one that another exception was raised from."""
    found = (vendor_error_in(link) for link in _chain(error))
    return next((link.record for link in found if link is not None), None)


def _chain(start: BaseException) -> Iterator[BaseException]:
    """Go from an exception to what it was raised from, as a traceback shows it."""
    error: BaseException | None = start
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
