"""Bytes handed from one process to another through memory that both have open.

Through the pipe of a process pool they take as long as the work on them. `multiprocessing.shared_memory`
would end a process with SIGBUS where `/dev/shm` is full, and containers mostly have 64 MiB of it; here a
write that finds no room fails as any other, and the pipe takes the bytes.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable
from multiprocessing import reduction
from typing import Any, Final

__all__ = ["Exchange"]

_SLOT_BYTES: Final = 1 << 22  # only what was written takes room, as long as the run lasts


class Exchange:
    """Slots for bytes, each written and read by one process at a time; it goes along to a new process.

    Args:
        slots: how many there are.
        file: the descriptor of the memory; a new one if not given.

    Attributes:
        slots: how many there are.

    Example:
        >>> exchange = Exchange(8)
        >>> exchange.put(3, b"<ApiErrors/>"), bytes(exchange.get(3, 12))
        (True, b'<ApiErrors/>')
        >>> exchange.close()
    """

    def __init__(self, slots: int, file: int | None = None) -> None:
        self.slots = slots
        self._file = _memory(slots * _SLOT_BYTES) if file is None else file
        # Only read: where a write found no room, it would be a signal and no error.
        self._view = memoryview(mmap.mmap(self._file, slots * _SLOT_BYTES, access=mmap.ACCESS_READ))

    def put(self, slot: int, data: bytes | memoryview) -> bool:
        """Write bytes into a slot; False where they do not go in, and what is there now is nothing."""
        if not 0 < len(data) <= _SLOT_BYTES:
            return False
        try:
            return os.pwrite(self._file, data, slot * _SLOT_BYTES) == len(data)
        except OSError:  # no room is left
            return False

    def get(self, slot: int, size: int) -> memoryview:
        """Give the first bytes of a slot, where they lie: the next `put` overwrites them."""
        start = slot * _SLOT_BYTES
        return self._view[start : start + size]

    def close(self) -> None:
        """Give the memory back, once nobody looks at it any more."""
        os.close(self._file)

    def __reduce__(self) -> tuple[Callable[[int, Any], Exchange], tuple[int, Any]]:
        """Hand the descriptor on to a process that is being started."""
        return _received, (self.slots, reduction.DupFd(self._file))


def _received(slots: int, file: Any) -> Exchange:  # noqa: ANN401 - multiprocessing has no name for it
    return Exchange(slots, file.detach())


def _memory(size: int) -> int:
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("errnorm")
    else:  # macOS
        with tempfile.TemporaryFile() as unnamed:
            file = os.dup(unnamed.fileno())
    os.ftruncate(file, size)
    return file
