"""Bytes handed from one process to another through memory that both have open.

Through the pipe of a process pool they take as long as the work on them. `multiprocessing.shared_memory`
would end a process with SIGBUS where `/dev/shm` is full, and containers mostly have 64 MiB of it; here a
write that finds no room fails as any other, and the pipe takes the bytes.
"""

from __future__ import annotations

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
        file: the descriptor of the memory; a new one if not given.

    Example:
        >>> exchange = Exchange()
        >>> exchange.put(3, b"<ApiErrors/>"), exchange.get(3, 12)
        (True, b'<ApiErrors/>')
    """

    def __init__(self, file: int | None = None) -> None:
        self._file = _memory() if file is None else file

    def put(self, slot: int, data: bytes) -> bool:
        """Write bytes into a slot; False where they do not go in, and what is there now is nothing."""
        if not 0 < len(data) <= _SLOT_BYTES:
            return False
        try:
            return os.pwrite(self._file, data, slot * _SLOT_BYTES) == len(data)
        except OSError:  # no room is left
            return False

    def get(self, slot: int, size: int) -> bytes:
        """Give the first bytes of a slot."""
        return os.pread(self._file, size, slot * _SLOT_BYTES)

    def close(self) -> None:
        """Give the memory back."""
        os.close(self._file)

    def __reduce__(self) -> tuple[Callable[[Any], Exchange], tuple[Any]]:
        """Hand the descriptor on to a process that is being started."""
        return _received, (reduction.DupFd(self._file),)


def _received(file: Any) -> Exchange:  # noqa: ANN401 - multiprocessing has no name for it
    return Exchange(file.detach())


def _memory() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("errnorm")
    with tempfile.TemporaryFile() as file:  # macOS
        return os.dup(file.fileno())
