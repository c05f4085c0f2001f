"""What a piece of work counts, while it lasts.

Most records of an error storm are counted alike: by vendor, category, entry, fingerprint. So a record adds
one to its kind here, and each kind is entered into the report once, with how often it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from errnorm.batch.encode import fingerprint_of
from errnorm.batch.report import Report, hour_of
from errnorm.record import ErrorRecord

__all__ = ["Tally"]


class Tally:
    """Counts of one task.

    Args:
        name: the input.
        report: where they are entered in the end.
    """

    def __init__(self, name: str, report: Report) -> None:
        self._name = name
        self._report = report
        self._kinds: dict[tuple[Any, ...], ErrorRecord] = {}
        self._times: Counter[tuple[Any, ...]] = Counter()
        self._hours: Counter[int] = Counter()
        self._with_errors = 0
        self._not_errors = 0

    def add(self, records: Iterable[ErrorRecord], times: int = 1) -> None:
        """Count captures that gave these records."""
        self._with_errors += times
        for record in records:
            kind = (
                fingerprint_of(record),
                record.shape,
                record.code,
                record.category,
                record.retry.decision,
                record.origin,
                record.match,
                record.entry and record.entry.id,
            )
            if kind not in self._kinds:
                self._kinds[kind] = record  # the first of its kind tells the place
            self._times[kind] += times

    def at(self, moment: datetime | None, records: int) -> None:
        """Count the records of a moment."""
        if moment is not None:
            self._hours[hour_of(moment)] += records

    def pass_by(self, times: int = 1) -> None:
        """Count captures that are no errors."""
        self._not_errors += times

    def reject(self) -> None:
        """Count a capture that could not be read."""
        self._report.reject(self._name)

    def enter(self) -> None:
        """Enter it all into the report."""
        self._report.pass_by(self._name, self._not_errors)
        self._report.add_captures(self._name, self._with_errors)
        for kind, record in self._kinds.items():
            self._report.add_record(self._name, record, self._times[kind])
        for hour, records in self._hours.items():
            self._report.add_hour(hour, records)
