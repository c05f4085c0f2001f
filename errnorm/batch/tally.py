"""What a piece of work counts, while it lasts.

Most records of an error storm are counted alike: by vendor, category, entry, fingerprint. So a record adds
one to its kind here, and each kind is entered into the report once, with how often it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from errnorm.batch.report import Counts, Kind, Place, Report, hour_of

__all__ = ["Tally"]


class Tally:
    """Counts of one task.

    Args:
        name: the input.
        member: the file in an archive; empty where it is none.
        report: where they are entered in the end.
    """

    def __init__(self, name: str, member: str, report: Report) -> None:
        self._name = name
        self._member = member
        self._report = report
        self._kinds: dict[Kind, list[int]] = {}
        self._hours: Counter[int] = Counter()
        self._counts = Counts()

    def add(self, kinds: Iterable[Kind], line: int | None, times: int = 1) -> None:
        """Count captures whose records are of these kinds, the first of them in a line."""
        self._counts.with_errors += times
        place = line or 0
        for kind in kinds:
            known = self._kinds.get(kind)
            if known is None:
                self._kinds[kind] = [times, place]
            else:
                known[0] += times
                known[1] = min(known[1], place)  # what came again is counted in the end, and may be the first

    def at(self, moment: datetime | None, records: int) -> None:
        """Count the records of a moment."""
        if moment is not None:
            self.at_hour(hour_of(moment), records)

    def at_hour(self, hour: int, records: int) -> None:
        """Count the records of an hour, counted since 1970."""
        self._hours[hour] += records

    def pass_by(self, times: int = 1) -> None:
        """Count captures that are no errors."""
        self._counts.not_errors += times

    def reject(self) -> None:
        """Count a capture that could not be read."""
        self._counts.rejected += 1

    def enter(self, captures: int) -> None:
        """Enter it all into the report.

        Args:
            captures: how many the reader found; counted apart from what became of them, so that one that
                was lost on the way shows.
        """
        self._counts.captures = captures
        self._report.inputs[self._name].add(self._counts)
        for kind, (times, line) in self._kinds.items():
            self._report.add_kind(self._name, kind, times, Place(self._name, self._member, line))
        for hour, records in self._hours.items():
            self._report.add_hour(hour, records)
