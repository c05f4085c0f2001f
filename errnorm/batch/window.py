"""A stream seen through a window: bytes are looked at in place, and dropped once they are read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator

from attrs import evolve

from errnorm.batch.capture import Reject, Stream

__all__ = ["MAX_BYTES", "Window", "placed", "portions", "rejects"]

MAX_BYTES = 8 << 20
"""The longest line, row, list element or message: a body is read up to 1 MiB, and this is some of them."""

_REJECT_BYTES = 1 << 20  # a reject's JSON may be six times as long as its bytes
_MOST_LINES = 1024  # what they become is in memory at once


def rejects(stream: Stream, reason: str, data: bytes, line: int, offset: int) -> Iterator[Reject]:
    """Reject bytes, in parts where they are many: nothing of them is lost, and no part fills the memory.

    Args:
        stream: where they are from.
        reason: a sentence that says why.
        data: the bytes.
        line: the line they begin in.
        offset: the byte they begin at.
    """
    for start in range(0, len(data) or 1, _REJECT_BYTES):
        part = data[start : start + _REJECT_BYTES]
        yield Reject(stream.source(line, offset + start), reason, part)
        line += part.count(b"\n")


def portions(data: bytes, lines: int, end_in: Callable[[bytes], int]) -> Iterator[tuple[bytes, int]]:
    """Cut many short lines into portions: a MiB of them may become a hundred MiB of records.

    Args:
        data: whole lines.
        lines: how many ends of lines they have.
        end_in: gives where the last line ends of the bytes it is given; 0 where none does.

    Yields:
        Each portion, and how many ends of lines it has.
    """
    while lines > _MOST_LINES and (end := _some_end(data, end_in)):
        here = data.count(b"\n", 0, end)
        yield from portions(data[:end], here, end_in)
        data, lines = data[end:], lines - here
    if data:
        yield data, lines


def _some_end(data: bytes, end_in: Callable[[bytes], int]) -> int:
    """Give the end of a line near the middle; behind it where a long line lies there."""
    left = place = len(data) // 2
    while left > _MOST_LINES:
        if end := end_in(data[:place]):
            return end
        left //= 2
        place += left
    return 0


def placed(stream: Stream, parts: Iterable[tuple[bytes, int]], line: int, offset: int) -> Iterator[Stream]:
    """Give portions of a stream, one behind the other, as streams that know their places."""
    for part, lines in parts:
        yield evolve(stream, file=io.BytesIO(part), line=line, offset=offset, is_cut=True)
        line, offset = line + lines, offset + len(part)


class Window:
    """The bytes of a stream from some place on, as many as one wants to look at.

    Args:
        stream: what to read.
        at_once: how many bytes are read at least; to drop the first ones copies all others.

    Attributes:
        data: the bytes in view.
        offset: where they begin in the input.
        line: the number of the line in which they begin.
        ended: nothing comes after them.
    """

    def __init__(self, stream: Stream, at_once: int = 1 << 20) -> None:
        self.data = b""
        self.offset = stream.offset
        self.line = stream.line
        self.ended = False
        self._file = stream.file
        self._at_once = at_once

    def more(self) -> bool:
        """Look further, twice as far each time; False at the end and at the greatest length."""
        left = MAX_BYTES - len(self.data)
        if self.ended or left <= 0:
            return False
        # Twice as much each time: who looks again from the start stays linear.
        part = self._file.read(min(max(self._at_once, len(self.data)), left))
        self.ended = not part
        self.data += part
        return bool(part)

    def drop(self, count: int) -> bytes:
        """Take the first bytes out of view, and give them."""
        taken, self.data = self.data[:count], self.data[count:]
        self.offset += count
        self.line += taken.count(b"\n")
        return taken
