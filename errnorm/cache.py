"""A small cache of what reading gave: an error storm sends the same body again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Cache"]

T = TypeVar("T")


class Cache(Generic[T]):
    """Least recently used results, bounded by bytes, safe between threads.

    Args:
        size: bytes in all; 0 switches the cache off.

    Example:
        >>> cache = Cache[str](4096)
        >>> cache.put("key", "value", weight=10)
        >>> cache.get("key")
        'value'
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """Give what was kept under the key, None if nothing was."""
        if not self._size:
            return None
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: T, weight: int) -> None:
        """Keep a value of so many bytes; what was not asked for longest goes when the room is used up."""
        if weight > self._size:
            return
        with self._lock:
            self._used -= self._kept.pop(key, (None, 0))[1]
            self._kept[key] = (value, weight)
            self._used += weight
            while self._used > self._size:
                _, (_, gone) = self._kept.popitem(last=False)
                self._used -= gone
