"""Bytes handed from one process to another through memory that both have open.

Through a pipe they take as long as the work on them. `multiprocessing.shared_memory` would end a process
with SIGBUS where `/dev/shm` is full, and containers mostly have 64 MiB of it; here memory is had before it is
used. Where there is none, or a slot is too small, the pipe takes the bytes.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import reduction
from typing import Any, Final, Self

__all__ = ["Exchange"]

_SLOT_BYTES: Final = 1 << 23  # a multiple of what any system maps at once
_ZEROS: Final = bytes(1 << 16)
_PIECE_BYTES: Final = len(_ZEROS)  # stays in the processor, in memory that is used again


class Exchange:
    """Slots for bytes, each written and read by one process at a time; it goes along to a new process.

    A slot is mapped once, with all of its pages, and stays so: to copy into it and to write a file from it
    takes a third less than to write and read its descriptor.

    Args:
        file: the descriptor of the memory; None for no exchange at all.

    Example:
        >>> exchange = Exchange.of_memory()
        >>> exchange.open(3), exchange.put(3, b"<ApiErrors>"), exchange.put(3, b"</ApiErrors>", start=11)
        (True, True, True)
        >>> list(exchange.pieces(3, 23)), exchange.take(3, 12, start=11)
        ([b'<ApiErrors></ApiErrors>'], b'</ApiErrors>')
        >>> exchange.close()
    """

    def __init__(self, file: int | None) -> None:
        self._file = file
        self._slots: dict[int, mmap.mmap | None] = {}

    @classmethod
    def of_memory(cls) -> Self:
        """Make one, or, where no memory is to be had, one that opens no slot."""
        return cls(_memory())

    def open(self, slot: int) -> bool:
        """Have the memory of a slot, and tell whether it is there; to be asked first, where it was made."""
        if slot in self._slots:
            return True
        if self._file is None:
            return False
        try:
            # Had now: a page that is not there when it is written to would end the process.
            for start in range(0, _SLOT_BYTES, _PIECE_BYTES):
                if os.pwrite(self._file, _ZEROS, slot * _SLOT_BYTES + start) < _PIECE_BYTES:
                    return False
        except OSError:  # no room is left
            return False
        self._slot(slot)
        return True

    def put(self, slot: int | None, data: bytes, start: int = 0) -> bool:
        """Write bytes into an open slot, at a place in it; False where there is none, or no room."""
        end = start + len(data)
        if self._file is None or slot is None or end > _SLOT_BYTES:
            return False
        mapped = self._slot(slot)
        if mapped is None:
            return os.pwrite(self._file, data, slot * _SLOT_BYTES + start) == len(data)
        mapped[start:end] = data
        return True

    def pieces(self, slot: int, size: int, start: int = 0) -> Iterator[bytes]:
        """Give so many bytes of a slot, from a place in it, in pieces."""
        for done in range(0, size, _PIECE_BYTES):
            yield self.take(slot, min(_PIECE_BYTES, size - done), start + done)

    def take(self, slot: int, size: int, start: int = 0) -> bytes:
        """Give them at once."""
        mapped = self._slot(slot)
        if mapped is None:
            return b"" if self._file is None else os.pread(self._file, size, slot * _SLOT_BYTES + start)
        return mapped[start : start + size]

    def close(self) -> None:
        """Let go of the memory."""
        for mapped in filter(None, self._slots.values()):
            mapped.close()
        if self._file is not None:
            os.close(self._file)

    def _slot(self, slot: int) -> mmap.mmap | None:
        """Give an open slot; None where it cannot be mapped, as under `ulimit -v`."""
        if slot not in self._slots:
            self._slots[slot] = None if self._file is None else _mapped(self._file, slot)
        return self._slots[slot]

    def __reduce__(self) -> tuple[Callable[[Any], Exchange], tuple[Any]]:
        """Hand the descriptor on to a process that is being started."""
        return _joined, (None if self._file is None else reduction.DupFd(self._file),)


def _joined(file: Any) -> Exchange:  # noqa: ANN401 - multiprocessing has no name for it
    return Exchange(None if file is None else file.detach())


def _mapped(file: int, slot: int) -> mmap.mmap | None:
    """Map a slot, with all of its pages where the system can: at the first write, one by one, is slower."""
    flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
    try:
        return mmap.mmap(file, _SLOT_BYTES, flags=flags, offset=slot * _SLOT_BYTES)
    except (OSError, MemoryError):
        return None


def _memory() -> int | None:
    """Open memory without a name; None where there is none to be had."""
    if not hasattr(os, "pwrite"):  # Windows
        return None
    with suppress(OSError):  # a sandbox without this call, a folder for such files that may not be written to
        if hasattr(os, "memfd_create"):
            return os.memfd_create("errnorm")
        with tempfile.TemporaryFile() as unnamed:  # macOS
            return os.dup(unnamed.fileno())
    return None
