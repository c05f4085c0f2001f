"""How far a run is, for a person at a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from errnorm.batch.run import Progress

__all__ = ["Shown", "shown"]

_EVERY_SECONDS = 0.1


class Shown:
    """A line that says how far a run is: bytes, records a second, errors so far, time left.

    Args:
        bar: where it is shown.
    """

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, read="", records=0, speed=0.0)
        self._start = time.monotonic()
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show it, at most ten times a second."""
        now = time.monotonic()
        if now - self._last < _EVERY_SECONDS:
            return
        self._last = now
        records = progress.report.records
        self._bar.update(
            self._task,
            completed=progress.seen,
            total=progress.total or None,
            read=_read(progress),
            records=records,
            speed=records / max(now - self._start, 0.001),
        )
        self._bar.refresh()


def _read(progress: Progress) -> str:
    """Say how much is read, and of how much where that is known: nobody knows how long a pipe is."""
    seen = decimal(progress.seen)
    return f"{seen} of {decimal(progress.total)}" if progress.total else seen


@contextmanager
def shown() -> Iterator[Shown]:
    """Show progress on standard error, and take it away at the end."""
    columns = (
        BarColumn(),
        TextColumn("{task.fields[read]}"),
        TextColumn("{task.fields[records]:,} errors, {task.fields[speed]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    # No thread refreshes it: a process that is started meanwhile would find its locks taken.
    with Bar(*columns, console=Console(file=sys.stderr), transient=True, auto_refresh=False) as bar:
        yield Shown(bar)
