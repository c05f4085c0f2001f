"""Cards for a person at a terminal: what it is, what it means, what to do, how we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from errnorm.printable import printable
from errnorm.record import CatalogEntry, Detection, ErrorRecord, Result
from errnorm.vocabulary import Category, Severity

__all__ = ["show"]

_COLOURS = {
    Severity.INFO: "cyan",
    Severity.WARNING: "yellow",
    Severity.ERROR: "red",
    Severity.CRITICAL: "bold red",
}
_LONGEST_CATEGORY = max(map(len, Category))
Row = tuple[str, str | None]


def show(kind: str, value: Any) -> None:  # noqa: ANN401 - what the kind says
    """Print a value as cards.

    Args:
        kind: `result`, `detection`, `entries`, `codes` or `vendors`.
        value: a `Result`, a `Detection`, catalog entries, or rows about vendors.
    """
    console = Console(highlight=False)
    for card in _MAKERS[kind](value):
        console.print(card, soft_wrap=isinstance(card, Text))


def _result(result: Result) -> Iterator[RenderableType]:
    for record in result:
        place = f" ({record.index + 1} of {record.total})" if record.total > 1 else ""
        yield _card(
            f"{record.vendor}  {record.shape}{place}",
            _record_parts(record, result.detection),
            record.severity,
        )


def _record_parts(record: ErrorRecord, detection: Detection) -> Iterator[tuple[str, list[Row]]]:
    entry = record.entry
    yield "What it is", list(_what_it_is(record))
    yield "What it means", _meaning(entry, str(record.category))
    fixes = [("fix", fix) for fix in entry.fixes] if entry else []
    yield "What to do", [("retry", str(record.retry)), *fixes]
    yield "How we know", list(_how_we_know(record, detection))


def _what_it_is(record: ErrorRecord) -> Iterator[Row]:
    for name in ("type", "code", "subcode", "message", "target"):
        yield name, getattr(record, name)
    yield "status", str(record.status) if record.status else None
    yield "origin", str(record.origin)
    for name, text in record.ids.items():
        yield name, text
    for name, item in record.extra.items():
        yield name, item if isinstance(item, str) else orjson.dumps(item).decode()


def _meaning(entry: CatalogEntry | None, category: str) -> list[Row]:
    if entry is None:
        return [("category", category), ("meaning", "The catalog knows nothing about it.")]
    causes = [("cause", cause) for cause in entry.causes]
    return [("category", category), ("meaning", f"{entry.title}. {entry.explanation}"), *causes]


def _how_we_know(record: ErrorRecord, detection: Detection) -> Iterator[Row]:
    yield "vendor", f"{'; '.join(detection.reasons)} ({detection.confidence:.0%})"
    for candidate in detection.candidates:
        yield "or", f"{candidate.vendor}: {candidate.reason} ({candidate.confidence:.0%})"
    if record.entry:
        yield "entry", f"{record.entry.id}, match {record.match}, {record.entry.verified}"
        yield "source", _document(record.entry)
        yield "page", _page(record.entry)
    yield "advice", record.retry.basis
    for problem in record.problems:
        yield str(problem.code), f"{problem.message}{f' ({problem.where})' if problem.where else ''}"


def _detection(detection: Detection) -> Iterator[RenderableType]:
    rows: list[Row] = [("reason", reason) for reason in detection.reasons]
    rows += [
        ("or", f"{other.vendor}: {other.reason} ({other.confidence:.0%})") for other in detection.candidates
    ]
    title = f"{detection.vendor}  {detection.shape}  {detection.confidence:.0%}"
    yield _card(title, iter([("Why", rows)]), Severity.INFO)


def _entries(entries: Sequence[CatalogEntry]) -> Iterator[RenderableType]:
    for entry in entries:
        yield _card(entry.id, _entry_parts(entry), entry.severity or Severity.INFO)


def _entry_parts(entry: CatalogEntry) -> Iterator[tuple[str, list[Row]]]:
    names: list[Row] = [
        ("code", entry.code),
        ("name", entry.name),
        ("also", ", ".join(entry.aliases) or None),
    ]
    deprecated = f"use {entry.deprecated.use}" if entry.deprecated else None
    yield "What it is", [*names, ("deployment", entry.deployment), ("deprecated", deprecated)]
    yield "What it means", _meaning(entry, _category(entry))
    yield (
        "What to do",
        [("retry", str(entry.retry) if entry.retry else None), *(("fix", fix) for fix in entry.fixes)],
    )
    texts = [
        (f"#{n}", f"{m.text} ({m.category or entry.category}; {m.retry or entry.retry})")
        for n, m in enumerate(entry.messages, 1)
    ]
    yield "Its texts", list(texts)
    yield (
        "How we know",
        [("proof", str(entry.verified)), ("source", _document(entry)), ("page", _page(entry))],
    )


def _category(entry: CatalogEntry) -> str:
    """Name the category; a family that has none leaves it to what stands beside it."""
    return str(entry.category or ("no error" if entry.severity is Severity.INFO else "unknown"))


def _document(entry: CatalogEntry) -> str | None:
    return " ".join(text for text in (entry.source, entry.source_url) if text) or None


def _page(entry: CatalogEntry) -> str | None:
    """Give the page, and say of a path where it begins."""
    page = entry.docs_url
    return f"{page} in errnorm's repository" if page and "://" not in page else page


def _codes(entries: Sequence[CatalogEntry]) -> Iterator[RenderableType]:
    """Give each code a line of its own, whole however long it is, so that it can be copied."""
    yield _row("what happened", "category", "retry", style="bold")
    for entry in entries:
        line = Text(_printable(entry.id))
        line.append(f"  {_printable(entry.name)}" if entry.name else "", style="dim")
        yield line
        yield _row(entry.title, _category(entry), str(entry.retry or ""))


def _row(*texts: str, style: str = "") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(width=2)
    table.add_column(ratio=5, overflow="fold", style=style)
    table.add_column(width=_LONGEST_CATEGORY, no_wrap=True, style=style)
    table.add_column(ratio=4, overflow="fold", style=style)
    table.add_row("", *(Text(_printable(text)) for text in texts))
    return table


def _vendors(rows: Sequence[dict[str, Any]]) -> Iterator[RenderableType]:
    table = Table(box=None, pad_edge=False)
    for name in ("vendor", "title", "codes", "from"):
        table.add_column(name, justify="right" if name == "codes" else "left")
    used = [row for row in rows if row["kind"] == "vendor" and not row["disabled"]]
    for row in used:
        table.add_row(row["name"], _printable(row["title"]), str(row["codes"]), Text(_from(row)))
    yield table
    for row in rows:
        if row not in used:
            state = f"left out. {row['disabled']}" if row["disabled"] else "used."
            yield Text(_printable(f"The {row['kind']} {row['name']} from {_from(row)} is {state}"))


def _from(row: Mapping[str, Any]) -> str:
    return f"{row['package']} {row['version']}"


def _card(title: str, parts: Iterator[tuple[str, list[Row]]], severity: Severity) -> Panel:
    shown = [(heading, [row for row in rows if row[1]]) for heading, rows in parts]
    blocks = [_block(heading, rows) for heading, rows in shown if rows]
    return Panel(
        Group(*blocks), title=Text(_printable(title)), title_align="left", border_style=_COLOURS[severity]
    )


def _block(heading: str, rows: list[Row]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", width=13, overflow="fold")
    table.add_column(style="dim", min_width=9, max_width=18, overflow="fold")
    table.add_column(overflow="fold")
    for number, (name, text) in enumerate(rows):
        table.add_row("" if number else heading, Text(_printable(name)), Text(_printable(text or "")))
    return table


def _printable(text: str) -> str:
    """Replace control characters: a body must not move the cursor or colour the terminal."""
    return "\n".join(map(printable, text.split("\n")))


_MAKERS: dict[str, Callable[[Any], Iterator[RenderableType]]] = {
    "result": _result,
    "detection": _detection,
    "entries": _entries,
    "codes": _codes,
    "vendors": _vendors,
}
