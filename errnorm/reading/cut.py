"""A value that the end of the body cut off."""

from __future__ import annotations

from typing import Any

__all__ = ["Cut", "is_cut"]


class Cut(str):
    """A text whose end is missing: it may be shown, and is never taken for a code.

    Example:
        >>> is_cut(Cut("CF_INVALID_OBJ")), is_cut("CF_INVALID_OBJECT_STATE")
        (True, False)
    """

    __slots__ = ()


def is_cut(value: Any) -> bool:  # noqa: ANN401 - asks about any value a reader gave
    """Tell whether the end of the body cut this value off."""
    return isinstance(value, Cut)
