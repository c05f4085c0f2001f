"""From unknown to known: drafts of catalog entries for the codes that a batch report does not know.

A draft says what is certain (the code, where it was seen) and makes nothing up: without a category of its own
the entry is judged by its family or its status, as before. `errnorm catalog check` names what is left to be
described.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen

from errnorm.catalog import Catalog
from errnorm.entries import DRAFT_TITLE
from errnorm.printable import printable
from errnorm.vendor import Lookup
from errnorm.vocabulary import Match

__all__ = ["Seen", "drafts_of", "file_of", "seen_in", "with_entries"]

Kind = tuple[str, int, object]
_NOT_SHOWN = "(not shown)"  # what a report writes in place of a code that may be somebody's name or number
_USUAL_TABLES = ("code", "message")  # where a code of no family is looked up
_BETWEEN = re.compile(r"[\s,:]*+")
_INDENT = 4


@frozen(kw_only=True)
class Seen:
    """A code of a batch that the catalog did not know.

    Attributes:
        vendor: the vendor's name.
        code: the code; None where the report does not show it.
        records: how many records had it.
        place: where the first of them stands, `gateway.ndjson:12`; empty where nobody knows.
    """

    vendor: str
    code: str | None
    records: int
    place: str


def seen_in(kinds: Iterable[Kind]) -> list[Seen]:
    """Give the codes of a report's `unknown_codes`, the most frequent first.

    Args:
        kinds: name, records and place of each, as `Kinds.ranked` gives them.

    Example:
        >>> seen_in([("zoom-cobrowse 1999", 3, "a.ndjson:12")])[0].place
        'a.ndjson:12'
    """
    return [
        Seen(
            vendor=name.partition(" ")[0],
            code=None if name.endswith(_NOT_SHOWN) else name.partition(" ")[2],
            records=records,
            place=str(place),
        )
        for name, records, place in kinds
    ]


def drafts_of(seen: Iterable[Seen], catalog: Catalog) -> list[dict[str, Any]]:
    """Draft an entry for each code that the catalog still does not know, in the order given.

    Args:
        seen: the codes.
        catalog: all that is known by now, the user's own file included.

    Returns:
        Rows of a catalog file.

    Example:
        >>> code = Seen(vendor="zoom-cobrowse", code="1999", records=3, place="a.ndjson:12")
        >>> (draft,) = drafts_of([code], Catalog.builtin())
        >>> draft["table"], draft["code"], draft["explanation"]
        ('code', '1999', 'Seen in 3 records, the first at a.ndjson:12.')
    """
    rows = []
    for one in seen:
        table = _table_of(one, catalog) if one.code else None
        if table:
            rows.append(
                {
                    "table": table,
                    "code": one.code,
                    "title": DRAFT_TITLE,
                    "explanation": _sample(one),
                    "verified": "observed",
                }
            )
    return rows


def _sample(seen: Seen) -> str:
    count = "1 record" if seen.records == 1 else f"{seen.records} records"
    place = printable(seen.place).strip()
    return f"Seen in {count}, the first at {place}." if place else f"Seen in {count}."


def _table_of(seen: Seen, catalog: Catalog) -> str | None:
    """Give the table in which a code would be looked up; None where an entry has it already."""
    counts = Counter(entry.table for entry in catalog.entries(seen.vendor))
    tables = [name for name, _ in counts.most_common()]
    found = {
        table: catalog.judge(seen.vendor, [Lookup(table, seen.code or "")], None, None)["match"]
        for table in tables
    }
    if Match.EXACT in found.values():
        return None
    family = next((table for table, match in found.items() if match is Match.FAMILY), None)
    usual = next((table for table in _USUAL_TABLES if table in tables), None)
    return family or usual or next(iter(tables), _USUAL_TABLES[0])


def file_of(vendor: str, title: str, rows: Sequence[dict[str, Any]]) -> str:
    """Write a catalog file with these entries.

    Args:
        vendor: the vendor's name.
        title: the product's name.
        rows: the entries.

    Example:
        >>> print(file_of("acme-desk", "Acme Desk", [{"table": "code", "code": "17"}]))
        {
          "vendor": "acme-desk",
          "title": "Acme Desk",
          "entries": [
            {
              "table": "code",
              "code": "17"
            }
          ]
        }
    """
    head = json.dumps({"vendor": vendor, "title": title, "entries": []}, ensure_ascii=False, indent=2)
    return f"{with_entries(head, rows)}\n"


def with_entries(text: str, rows: Sequence[dict[str, Any]]) -> str:
    """Write entries behind those of a catalog file, and leave every character that is there as it is.

    Args:
        text: the file, without a mistake in it.
        rows: the new entries.
    """
    start, end = _list_of_entries(text)
    inside = text[start + 1 : end - 1].rstrip()
    margin = _margin(inside)
    line = "\r\n" if "\r\n" in text else "\n"
    items = [json.dumps(row, ensure_ascii=False, indent=2).replace("\n", f"\n{margin}") for row in rows]
    added = ",".join(f"\n{margin}{item}" for item in items).replace("\n", line)
    tail = text[start + 1 + len(inside) : end - 1] if inside else ""
    return f"{text[: start + 1]}{inside}{',' if inside else ''}{added}{tail or f'{line}  '}{text[end - 1 :]}"


def _margin(inside: str) -> str:
    """Give what stands before the first entry on its line."""
    before = inside[: inside.find("{")].rpartition("\n")
    return before[2] if before[1] else " " * _INDENT


def _list_of_entries(text: str) -> tuple[int, int]:
    """Give where the list of entries begins and ends in a file."""
    decode = json.JSONDecoder().raw_decode
    name, end = "", text.index("{") + 1
    start = end
    while name != "entries":
        name, colon = decode(text, _next(text, end))
        start = _next(text, colon)
        _, end = decode(text, start)
    return start, end


def _next(text: str, place: int) -> int:
    found = _BETWEEN.match(text, place)
    return found.end() if found else place
