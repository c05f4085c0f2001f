"""What a caller gave as a record, checked."""

from __future__ import annotations

from errnorm.exceptions import InvalidArgument
from errnorm.record import ErrorRecord

__all__ = ["require_record"]


def require_record(record: object) -> None:
    """Refuse what is no record, such as a whole result.

    Args:
        record: what a caller gave.

    Raises:
        InvalidArgument: when it is no record.

    Example:
        >>> require_record({"code": "1016"})
        Traceback (most recent call last):
        errnorm.exceptions.InvalidArgument: record is of type dict. Give an ErrorRecord: ...
    """
    if not isinstance(record, ErrorRecord):
        raise InvalidArgument(
            f"record is of type {type(record).__name__}. Give an ErrorRecord: a Result has them, the first "
            "as `first` (None where there is no error), and `errnorm.from_dict` makes one of its dict."
        )
