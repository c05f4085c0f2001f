"""Bytes handed from one process to another through memory that both have open.

Through the pipe of a process pool they take as long as the work on them. `multiprocessing.shared_memory`
would end a process with SIGBUS where `/dev/shm` is full, and containers mostly have 64 MiB of it. Where the
memory cannot be had, or a slot is too small, the pipe takes the bytes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing import reduction
from typing import Any, Final, Self

__all__ = ["Exchange"]

_SLOT_BYTES: Final = 1 << 23  # only what was written takes room, as long as a run lasts
# Small enough to stay in the processor, and in memory that is used again. Looked at where they lie, mapped,
# bytes took up to seven times as long to write on: each page of them has to be found first.
_PIECE_BYTES: Final = 1 << 16


class Exchange:
    """Slots for bytes, each written and read by one process at a time; it goes along to a new process.

    Args:
        file: the descriptor of the memory; None for no exchange at all.

    Example:
        >>> exchange = Exchange.of(8)
        >>> exchange.put(3, b"<ApiErrors>"), exchange.put(3, b"</ApiErrors>", start=11)
        (True, True)
        >>> list(exchange.pieces(3, 23)), exchange.take(3, 12, start=11)
        ([b'<ApiErrors></ApiErrors>'], b'</ApiErrors>')
        >>> exchange.close()
    """

    def __init__(self, file: int | None) -> None:
        self._file = file

    @classmethod
    def of(cls, slots: int) -> Self:
        """Make one with so many slots, or, where no memory is to be had, one that takes nothing."""
        return cls(_memory(slots * _SLOT_BYTES))

    def put(self, slot: int, data: bytes, start: int = 0) -> bool:
        """Write bytes into a slot, at a place in it; False where they do not go in."""
        if self._file is None or start + len(data) > _SLOT_BYTES:
            return False
        try:
            return os.pwrite(self._file, data, slot * _SLOT_BYTES + start) == len(data)
        except OSError:  # no room is left
            return False

    def pieces(self, slot: int, size: int, start: int = 0) -> Iterator[bytes]:
        """Give so many bytes of a slot, from a place in it, in pieces; the next `put` changes them."""
        for done in range(0, size, _PIECE_BYTES):
            yield self.take(slot, min(_PIECE_BYTES, size - done), start + done)

    def take(self, slot: int, size: int, start: int = 0) -> bytes:
        """Give them at once."""
        return b"" if self._file is None else os.pread(self._file, size, slot * _SLOT_BYTES + start)

    def close(self) -> None:
        """Let go of the memory."""
        if self._file is not None:
            os.close(self._file)

    def __reduce__(self) -> tuple[Callable[[Any], Exchange], tuple[Any]]:
        """Hand the descriptor on to a process that is being started."""
        return _joined, (None if self._file is None else reduction.DupFd(self._file),)


def _joined(file: Any) -> Exchange:  # noqa: ANN401 - multiprocessing has no name for it
    return Exchange(None if file is None else file.detach())


def _memory(size: int) -> int | None:
    """Open memory without a name; None where there is none to be had."""
    if not hasattr(os, "pwrite"):  # Windows
        return None
    try:
        if hasattr(os, "memfd_create"):
            file = os.memfd_create("errnorm")
        else:  # macOS
            with tempfile.TemporaryFile() as unnamed:
                file = os.dup(unnamed.fileno())
        os.ftruncate(file, size)
    except OSError:  # a limit on the size of files, a sandbox without this call
        return None
    return file
