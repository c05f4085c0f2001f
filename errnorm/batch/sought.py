"""Whether any capture has what the user maps: a pointer with a slip of the pen finds nothing, in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errnorm.batch.names import MISSING, paths_of, value_at

__all__ = ["Sought"]


class Sought:
    """The members that the user maps, and which of them no object had so far.

    Args:
        fields: JSON pointers by the name of a capture's member.

    Example:
        >>> sought = Sought({"body": "/answer/text", "status": "/code"})
        >>> sought.look({"answer": {"text": "<ApiErrors/>"}, "cod": 503}, is_error=True)
        >>> sought.told
        {'body=/answer/text': True, 'status=/code': False}
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._names = {f"{role}={text}": paths_of(text) for role, text in fields.items()}
        self._left = self._names
        self._is_asked = False

    def __bool__(self) -> bool:
        """Tell whether anything is left to be looked for."""
        return bool(self._left)

    def look(self, item: Any, *, is_error: bool) -> None:  # noqa: ANN401 - any JSON value
        """Look for what is left.

        Args:
            item: what may have it.
            is_error: whether it is to be asked for; a gateway keeps no body of an answer without an error.
        """
        self._is_asked = self._is_asked or is_error
        self._left = {
            name: paths
            for name, paths in self._left.items()
            if all(value_at(item, path) is MISSING for path in paths)
        }

    @property
    def told(self) -> dict[str, bool]:
        """Whether anything had a member, by `NAME=POINTER`; nothing of one that nothing was to have."""
        return {
            name: name not in self._left for name in self._names if self._is_asked or name not in self._left
        }
