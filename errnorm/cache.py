"""A small cache of what reading gave: an error storm sends the same body again and again."""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Cache"]

T = TypeVar("T")

_SEEN = 8192  # numbers of keys that were met once: 64 KiB


class Cache(Generic[T]):
    """Least recently used results, bounded by bytes, safe between threads.

    Args:
        size: bytes in all; 0 switches the cache off.
        weigh: gives the bytes of a value.

    Example:
        >>> cache = Cache[str](4096, len)
        >>> cache.put("key", "value")
        >>> cache.get("key")
        'value'
    """

    def __init__(self, size: int, weigh: Callable[[T], int]) -> None:
        self._size = size
        self._weigh = weigh
        self._used = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._last: tuple[Hashable, T, bool] | None = None  # key, value, and whether it is kept
        self._seen = array("q", bytes(8 * _SEEN if size else 0))

    def get(self, key: Hashable) -> T | None:
        """Give what was kept under the key, None if nothing was."""
        last = self._last  # asked first: a storm sends one body again and again, and to compare takes no lock
        if last is not None and last[0] == key:
            if not last[2]:
                self.put(last[0], last[1])
            return last[1]
        if not self._size:
            return None
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                self._last = (key, found, True)
        return found

    def offer(self, key: Hashable, value: T) -> None:
        """Keep a value from the second time on that its key is met; the last one is kept in any case.

        Most bodies of a quiet day come once. Kept, each would drive out another, and what it is made of
        would never lie in the processor's own memory: a new body would take 12 µs longer.
        """
        if not self._size:
            return
        number = hash(key)
        place = number % _SEEN
        if self._seen[place] == number:
            self.put(key, value)
        else:
            self._seen[place] = number
            self._last = (key, value, False)

    def put(self, key: Hashable, value: T) -> None:
        """Keep a value; what was not asked for longest goes when the room is used up."""
        weight = self._weigh(value)
        if weight > self._size:
            return
        with self._lock:
            known = self._kept.pop(key, None)
            self._used += weight - (0 if known is None else self._weigh(known))
            self._kept[key] = value
            self._last = (key, value, True)
            while self._used > self._size:
                self._used -= self._weigh(self._kept.popitem(last=False)[1])
