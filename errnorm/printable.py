"""Text of others on a line of a terminal."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    r"""Give a line without what a terminal obeys: names in archives, codes and messages are somebody else's.

    Args:
        text: the line; an end of line is no part of it.

    Example:
        >>> printable("day.tar: \x1b[31mgw.log:12")
        'day.tar: \ufffd[31mgw.log:12'
    """
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
