"""The table of ratios, and the machine it was measured on."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pyperf
from attrs import frozen

__all__ = ["Line", "aligned", "machine", "markdown", "write"]

HEAD = ("work", "errnorm", "beside", "takes", "ratio", "half of the rounds", "goal", "is")
PACKAGES = (
    "errnorm",
    "attrs",
    "lxml",
    "orjson",
    "botocore",
    "google-api-core",
    "xmltodict",
    "pydantic",
    "jc",
    "pyperf",
)


@frozen
class Line:
    """One line of the table.

    Attributes:
        work: what is done.
        own: the own figure with its unit.
        peer: what it is measured beside.
        other: the peer's figure with its unit.
        ratios: own over peer, one a round.
        goal: the most that the median should be.
    """

    work: str
    own: str
    peer: str
    other: str
    ratios: Sequence[float]
    goal: float | None

    def cells(self) -> tuple[str, ...]:
        """Give the cells under `HEAD`."""
        ratio = statistics.median(self.ratios)
        low, high = _quartiles(self.ratios)
        goal = "" if self.goal is None else f"{self.goal:g}"
        met = "" if self.goal is None else "met" if ratio <= self.goal else "not met"
        return (
            self.work,
            self.own,
            self.peer,
            self.other,
            f"{ratio:.2f}",
            f"{low:.2f} to {high:.2f}",
            goal,
            met,
        )


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) == 1:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def markdown(lines: Iterable[Line]) -> str:
    """Give the table of ratios in Markdown."""
    return aligned([HEAD, *(line.cells() for line in lines)])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Give a table in Markdown, its first row the head, aligned so that a terminal shows it as well."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    shown = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    shown.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {row} |" for row in shown)


def machine() -> str:
    """Name the machine, the versions and the day, in lines of Markdown."""
    known = pyperf.Run([1.0]).get_metadata()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    processor = known.get("cpu_model_name", platform.machine())
    system = f"{platform.system()}, load at the end {os.getloadavg()[0]:.1f}"
    return "\n".join(
        (
            f"- Machine: {processor}, {os.cpu_count()} cores, {system}.",
            f"- {platform.python_implementation()} {platform.python_version()}; {versions}.",
            f"- Measured on {datetime.now(UTC):%Y-%m-%d}.",
        )
    )


def write(page: Path, part: str, text: str) -> None:
    """Put a text between the markers of a part of a page."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    old = page.read_text("utf-8")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    page.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", old), "utf-8")
