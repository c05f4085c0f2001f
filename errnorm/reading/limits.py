"""The bounds of reading: what lies beyond is kept as bytes and named in a problem."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Limits"]


@frozen(kw_only=True)
class Limits:
    """How much of a body is read.

    Attributes:
        max_body_bytes: bytes read, after Content-Encoding is undone.
        max_depth: levels of nesting kept.
        max_records: records made from one body.

    Example:
        >>> Limits(max_records=10).max_body_bytes
        1048576
    """

    max_body_bytes: int = 1 << 20
    max_depth: int = 100
    max_records: int = 1000
