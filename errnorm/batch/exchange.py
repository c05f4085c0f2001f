"""Bytes handed from one process to another through memory that both have open.

Through the pipe of a process pool they take as long as the work on them. `multiprocessing.shared_memory`
would end a process with SIGBUS where `/dev/shm` is full, and containers mostly have 64 MiB of it. Where the
memory cannot be had, or a slot is too small, the pipe takes the bytes.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable
from multiprocessing import reduction
from typing import Any, Final, Self

__all__ = ["Exchange"]

_SLOT_BYTES: Final = 1 << 23  # only what was written takes room, as long as a run lasts


class Exchange:
    """Slots for bytes, each written and read by one process at a time; it goes along to a new process.

    Args:
        file: the descriptor of the memory; None for no exchange at all.
        size: how many bytes of it can be looked at where they lie; 0 for who only takes.

    Example:
        >>> exchange = Exchange.of(8)
        >>> exchange.put(3, b"<ApiErrors>"), exchange.put(3, b"</ApiErrors>", start=11)
        (True, True)
        >>> bytes(exchange.look(3, 23)), exchange.take(3, 12, start=11)
        (b'<ApiErrors></ApiErrors>', b'</ApiErrors>')
        >>> exchange.close()
    """

    def __init__(self, file: int | None, size: int = 0) -> None:
        self._file = file
        # Only read: where a write found no room, it would be a signal and no error.
        self._view = _mapped(file, size) if file is not None and size else None

    @classmethod
    def of(cls, slots: int) -> Self:
        """Make one with so many slots, or, where no memory is to be had, one that takes nothing."""
        size = slots * _SLOT_BYTES
        return cls(_memory(size), size)

    def put(self, slot: int, data: bytes | memoryview, start: int = 0) -> bool:
        """Write bytes into a slot, at a place in it; False where they do not go in."""
        if self._file is None or start + len(data) > _SLOT_BYTES:
            return False
        try:
            return os.pwrite(self._file, data, slot * _SLOT_BYTES + start) == len(data)
        except OSError:  # no room is left
            return False

    def look(self, slot: int, size: int, start: int = 0) -> memoryview:
        """Give so many bytes of a slot where they lie, from a place in it; the next `put` changes them."""
        if self._view is None:
            return memoryview(self.take(slot, size, start))
        first = slot * _SLOT_BYTES + start
        return self._view[first : first + size]

    def take(self, slot: int, size: int, start: int = 0) -> bytes:
        """Give a copy of them."""
        return b"" if self._file is None else os.pread(self._file, size, slot * _SLOT_BYTES + start)

    def close(self) -> None:
        """Let go of the memory; it is given back once nobody looks at it any more."""
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


def _mapped(file: int, size: int) -> memoryview | None:
    try:
        return memoryview(mmap.mmap(file, size, access=mmap.ACCESS_READ))
    except OSError:  # a limit on addresses
        return None
