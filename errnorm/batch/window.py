"""A stream seen through a window: bytes are looked at in place, and dropped once they are read."""

from __future__ import annotations

from errnorm.batch.capture import Stream

__all__ = ["MAX_BYTES", "Window"]

MAX_BYTES = 16 << 20
"""The longest line, list element or message; what is longer becomes rejects of this length."""

_READ_BYTES = 1 << 20


class Window:
    """The bytes of a stream from some place on, as many as one wants to look at.

    Args:
        stream: what to read.

    Attributes:
        data: the bytes in view.
        offset: where they begin in the input.
        line: the number of the line in which they begin.
        ended: nothing comes after them.
    """

    def __init__(self, stream: Stream) -> None:
        self.data = b""
        self.offset = stream.offset
        self.line = stream.line
        self.ended = False
        self._file = stream.file

    def more(self) -> bool:
        """Look further, twice as far each time; False at the end and at the greatest length."""
        if self.ended or len(self.data) >= MAX_BYTES:
            return False
        # Twice as much each time: who looks again from the start stays linear.
        part = self._file.read(min(max(_READ_BYTES, len(self.data)), MAX_BYTES))
        self.ended = not part
        self.data += part
        return bool(part)

    def drop(self, count: int) -> bytes:
        """Take the first bytes out of view, and give them."""
        taken, self.data = self.data[:count], self.data[count:]
        self.offset += count
        self.line += taken.count(b"\n")
        return taken
