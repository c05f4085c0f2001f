"""Bodies that come again: in an error storm most captures say what one before has said.

Such a capture differs in time and place. What it becomes is known, so it is neither read nor built anew: its
line is the one before with another time and place, and it is counted by adding one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from attrs import define, field

from errnorm.batch.capture import Capture
from errnorm.batch.encode import Encoder, when_and_where
from errnorm.batch.report import Report, hour_of
from errnorm.record import Result

__all__ = ["Storm"]

_LONGEST = 16_384
_MOST_BYTES = 8 << 20
_ENTRY_BYTES = 4096  # about what is kept beside a body
_MOST_ONCE = 65_536


@define
class _Known:
    """What a capture became, and how often it came since somebody counted.

    Attributes:
        result: its records; None where it was no error.
        frames: what stands in their lines before and behind time and place.
        times: how often it came again.
        hours: how many records there were in each hour since 1970.
    """

    result: Result | None
    frames: tuple[tuple[bytes, bytes], ...]
    times: int = 0
    hours: Counter[int] = field(factory=Counter)


class Storm:
    """Remembers what captures became.

    Args:
        encoder: who writes records.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[Any, _Known] = {}
        self._size = 0
        self._met: list[_Known] = []
        self._once: set[int] = set()

    def line(self, capture: Capture) -> bytes | None:
        """Give the lines of a capture that came before; None where it did not."""
        known = self._known.get(_key(capture))
        if known is None:
            return None
        if not known.times:
            self._met.append(known)
        known.times += 1
        moment = capture.options.get("occurred_at")
        if not known.frames:
            return b""
        told = when_and_where(moment, capture.source)
        if moment is not None:
            known.hours[hour_of(moment)] += len(known.frames)
        return b"".join([part for before, after in known.frames for part in (before, told, after)])

    def keep(self, capture: Capture, result: Result | None) -> None:
        """Remember what a capture became, from the second time on: most bodies of a quiet day come once."""
        key = _key(capture)
        if key is None or self._is_first(hash(key)):
            return
        if self._size > _MOST_BYTES:
            self._known.clear()
            self._size = 0
        self._size += len(capture.body) + _ENTRY_BYTES
        frames = tuple(self._encoder.frame(record) for record in result or ())
        self._known[key] = _Known(result, frames)

    def _is_first(self, number: int) -> bool:
        if number in self._once:
            return False
        if len(self._once) >= _MOST_ONCE:
            self._once.clear()
        self._once.add(number)
        return True

    def count(self, name: str, report: Report) -> None:
        """Count what came again since the last time."""
        for known in self._met:
            if known.result is None:
                report.pass_by(name, known.times)
            else:
                report.add_same(name, known.result, known.times, known.hours)
            known.times = 0
            known.hours = Counter()
        self._met = []


def _key(capture: Capture) -> Any:  # noqa: ANN401 - a key, or None for what is not remembered
    """Give what decides over a capture, but for time and place; headers are each response's own."""
    body, options = capture.body, capture.options
    if type(body) is not str or "headers" in options or capture.problems or len(body) > _LONGEST:
        return None
    get = options.get
    return body, get("status"), get("url"), get("content_type"), get("vendor"), capture.needs_claim
