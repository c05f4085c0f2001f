"""The bounds of reading: what lies beyond is kept as bytes and named in a problem."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from errnorm.exceptions import InvalidArgument

__all__ = ["Limits"]


def _from_one(_: object, attribute: Any, value: object) -> None:  # noqa: ANN401 - of attrs
    if type(value) is not int or value < 1:
        raise InvalidArgument(f"{attribute.name} is {value!r}. Give a whole number, from 1.")


@frozen(kw_only=True)
class Limits:
    """How much of a body is read.

    Attributes:
        max_body_bytes: bytes read, after Content-Encoding is undone.
        max_depth: levels of nesting kept.
        max_records: records made from one body.

    Raises:
        InvalidArgument: when one of them is no whole number, or below 1.

    Example:
        >>> Limits(max_records=10).max_body_bytes
        1048576
    """

    max_body_bytes: int = field(default=1 << 20, validator=_from_one)
    max_depth: int = field(default=100, validator=_from_one)
    max_records: int = field(default=1000, validator=_from_one)
