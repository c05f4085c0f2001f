"""Write the pages of `docs/catalog/` from the catalog: one a vendor and table, and an index with the coverage.

Run `python docs/make_catalog.py` after a change of a `catalog.json`; a test compares the pages with the data.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from writing import write

from errnorm import Catalog, CatalogEntry, Verified
from errnorm.vendors import UNKNOWN, VENDORS

FOLDER = Path(__file__).parent / "catalog"
VOCABULARY = FOLDER.parent.parent / "tests" / "vocabulary.json"  # the rows of the vendors' own lists
TITLES = {vendor.name: vendor.title for vendor in VENDORS} | {UNKNOWN.name: "HTTP, whoever answers"}
NOTE = "<!-- Written by docs/make_catalog.py from the catalog.json of the vendor: change that, not this. -->"

# What each table lists, and what is known to be missing from it.
TABLES = {
    ("cisco-finesse", "arm"): (
        "E_ARM_STAT codes: agent reporting and management, for requests about Finesse's media (MRD)",
        "The numbers 4, 5, 7, 8, 10, 12, 13, 15 to 17, 23 to 26, 28, 29, 31, 35, 39 and 40: no page prints them.",
    ),
    ("cisco-finesse", "ccx"): (
        "CCX codes: Unified CCX's own, from 88001 on",
        "Whatever follows 88017, and the number of CCX_CALL_CONTROL_MASK_NOT_ON.",
    ),
    ("cisco-finesse", "cf"): (
        "CF codes: why the CTI server refused to control a call or an agent",
        "Unified CCX's own wording from 23 on, except 33 and 265; the Unified CCE meaning answers for both.",
    ),
    ("cisco-finesse", "e-cti"): (
        "E_CTI codes: why the CTI server refused a message",
        "Nothing of the 15.0 list; older releases name some numbers differently. 99 to 106 are printed nowhere.",
    ),
    ("cisco-finesse", "message"): (
        "Constants and texts in ErrorMessage that belong to Finesse itself",
        "What the token service, Desktop Chat, Voice MRD, FIPPA and the JSON of 15.0 answer: no page was found.",
    ),
    ("cisco-finesse", "peripheral"): (
        "Codes of what stands behind the CTI server: the PERERR constants and their numbers",
        "Most of the list: -1, 12004, 12005 and 13036 could be read, 10001 without its meaning, and five prefixes.",
    ),
    ("cisco-finesse", "sibling"): (
        "Error types of sibling products whose bodies look like Finesse's: explained, and never claimed",
        "All but three: the lists of Packaged CCE, CVP and SocialMiner are not this catalog's.",
    ),
    ("cisco-finesse", "status"): (
        "HTTP statuses that Finesse gives a meaning of its own",
        "All others are judged as HTTP says, in the table `status` of `unknown`.",
    ),
    ("cisco-finesse", "type"): (
        "ErrorType, Finesse's own class of error",
        "Errors about queues and teams in notifications; what a reverse proxy or the identity service answers.",
    ),
    ("genesys-chat", "code"): (
        "Codes of an EventError of the chat API",
        "Quit reasons, and the codes of Genesys' Flex and Workspace: other lists. Single codes of the browser from 153 to 199, and all from 200 to 249: only the ranges are printed.",
    ),
    ("genesys-chat", "notice"): (
        "Notices of the chat API that have no code; the labels are ours",
        "Their text on the wire: the manual describes them and prints none.",
    ),
    ("genesys-gwe", "status"): (
        "HTTP statuses of the Backend Server of Genesys Web Engagement",
        "The bodies under them: none is printed, and none was captured. The codes of Conversation Manager: another list.",
    ),
    ("unknown", "page"): (
        "Pages that stand where an answer of an API should be; the labels are ours",
        "Every page but the one that asks for a password.",
    ),
    ("unknown", "status"): (
        "HTTP statuses, as their standards define them",
        "Statuses of no standard, such as those of a CDN: the families 400-499 and 500-599 answer.",
    ),
    ("zoom-cobrowse", "code"): (
        "Codes of the Cobrowse SDK, and one of the agent's desk",
        "1003, 1005, 1007 and 1014 were seen nowhere; no changelog tells of codes that came or went.",
    ),
}


def pages() -> dict[str, str]:
    """Give the text of every page by its path below `docs/catalog/`."""
    tables: dict[tuple[str, str], list[CatalogEntry]] = {}
    for entry in Catalog.builtin().entries():
        tables.setdefault((entry.vendor, entry.table), []).append(entry)
    own = {f"{vendor}/{table}.md": _page(entries) for (vendor, table), entries in sorted(tables.items())}
    return {"index.md": _index(tables), **own}


def _index(tables: dict[tuple[str, str], list[CatalogEntry]]) -> str:
    rows = [_coverage(vendor, table, entries) for (vendor, table), entries in sorted(tables.items())]
    proofs = Counter(entry.verified for entries in tables.values() for entry in entries)
    levels = " | ".join(str(proofs[level]) for level in Verified)
    entries_of_all = [entry for entries in tables.values() for entry in entries]
    return _lines(
        "# The catalog: every code, explained",
        NOTE,
        "One page a table of a vendor, and on it every code with its meaning, its causes and what to do.\n"
        "Every entry has an anchor that never changes: [`code.md#code-1016`](zoom-cobrowse/code.md#code-1016).\n"
        "At a prompt, `errnorm explain 1016` and `errnorm codes --search PIN` show the same.",
        "## Coverage",
        "How much of each public vocabulary is in, how well it is proved, and what we know to be missing.\n"
        "A row is one line of a list that a vendor prints, as far as we could read that list; families that the\n"
        "beginning of a name makes, and labels of ours, are entries without a row.\n"
        "[The catalog guide](../catalog-guide.md#levels-of-proof) says what the levels of proof mean.",
        "\n".join(
            (
                "| vendor | table | what it lists | public rows that are in | entries | documented | observed | inferred | known to be missing |",
                "|---|---|---|---:|---:|---:|---:|---:|---|",
                *rows,
                f"| **all** | | | {_rows_in(entries_of_all)} | {proofs.total()} | {levels} | |",
            )
        ),
    )


def _coverage(vendor: str, table: str, entries: Sequence[CatalogEntry]) -> str:
    what, missing = TABLES[vendor, table]
    proofs = Counter(entry.verified for entry in entries)
    counts = " | ".join(str(proofs[level]) for level in Verified)
    rows = _rows_in(entries)
    return f"| {vendor} | [{table}]({vendor}/{table}.md) | {what} | {rows} | {len(entries)} | {counts} | {missing} |"


def _rows_in(entries: Sequence[CatalogEntry]) -> str:
    """Say how many rows of the printed lists of these entries' tables are in."""
    tables = {(entry.vendor, entry.table) for entry in entries}
    rows = [
        row for row in json.loads(VOCABULARY.read_text("utf-8")) if (row["vendor"], row["table"]) in tables
    ]
    there = {(entry.vendor, entry.table, entry.code, entry.deployment) for entry in entries}
    found = sum((row["vendor"], row["table"], row["code"], row.get("deployment")) in there for row in rows)
    return f"{found} of {len(rows)}" if rows else "no list"


def _page(entries: Sequence[CatalogEntry]) -> str:
    vendor, table = entries[0].vendor, entries[0].table
    what, missing = TABLES[vendor, table]
    return _lines(
        f"# {TITLES[vendor]}: {table}",
        NOTE,
        f"{what}.\nKnown to be missing: {missing}\n[All tables](../index.md)",
        *(block for entry in entries for block in _entry(entry)),
    )


def _entry(entry: CatalogEntry) -> Iterator[str]:
    name = f" `{entry.name}`" if entry.name else ""
    deployment = f" ({entry.deployment})" if entry.deployment else ""
    yield f'<a id="{entry.anchor}"></a>\n\n## `{entry.code}`{name}{deployment}'
    yield f"**{prose(entry.title)}.** {prose(entry.explanation)}".rstrip()
    yield _bullets("", _facts(entry))
    yield _bullets("Why it may have happened:", map(prose, entry.causes))
    yield _bullets("What to do:", map(prose, entry.fixes))
    if entry.has_causes_by_text:
        yield "Its texts tell the causes apart:"
        for number in range(1, len(entry.messages) + 1):
            yield from _numbered(entry, number)


def _numbered(entry: CatalogEntry, number: int) -> Iterator[str]:
    text = entry.messages[number - 1].text
    one = Catalog.builtin().get(f"{entry.id}#{number}") or entry
    yield f'<a id="{one.anchor}"></a>\n\n### {number}. `{text}`'
    if one.title != entry.title or one.explanation != entry.explanation:
        yield f"**{prose(one.title)}.** {prose(one.explanation)}"
    yield _bullets("", _judgement(one))
    yield _bullets("Why it may have happened:", map(prose, one.causes if one.causes != entry.causes else ()))
    yield _bullets("What to do:", map(prose, one.fixes if one.fixes != entry.fixes else ()))


def _facts(entry: CatalogEntry) -> Iterator[str]:
    yield from _judgement(entry)
    if entry.aliases:
        yield f"also: {', '.join(f'`{alias}`' for alias in entry.aliases)}"
    if not entry.has_causes_by_text:
        yield from (f"text: `{message.text}`" for message in entry.messages)
    if entry.status:
        yield f"HTTP status: {', '.join(map(str, entry.status))}"
    if entry.deprecated:
        yield f"given up by the vendor: use {prose(entry.deprecated.use)}"
    yield f"id: `{entry.id}`"
    yield f"proof: {entry.verified}, [{prose(entry.source or 'source')}]({entry.source_url})"


def _judgement(entry: CatalogEntry) -> Iterator[str]:
    category = entry.category or ("no error" if entry.severity else "unknown; what stands beside it judges")
    yield f"category: {category}{f', {entry.severity}' if entry.severity else ''}"
    if entry.retry:
        yield f"retry: {entry.retry}"


def _bullets(heading: str, texts: Iterator[str] | map[str]) -> str:
    items = [f"- {text}" for text in texts]
    return "\n\n".join((heading, "\n".join(items)) if heading else ("\n".join(items),)) if items else ""


def prose(text: str) -> str:
    """Keep Markdown from reading our words as marks."""
    marked = re.sub(r"([*\[\]`])", r"\\\1", text)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"


def main() -> None:
    """Write all pages, and remove those of tables that are gone."""
    write(FOLDER, pages())


if __name__ == "__main__":
    main()
