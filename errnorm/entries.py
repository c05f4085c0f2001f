"""The entries of a catalog file: rows indexed by spelling and family, each built when first found."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Self

import orjson
from attrs import evolve

from errnorm.record import CatalogEntry, Deprecation, EntryMessage, RetryAdvice
from errnorm.vocabulary import (
    Category,
    Decision,
    DelaySource,
    Scope,
    Severity,
    Verified,
)

__all__ = [
    "DEPLOYMENTS",
    "DRAFT_TITLE",
    "HTTP",
    "LONGEST_KEPT",
    "STATUS",
    "EntryFile",
    "builtin",
    "builtin_names",
    "bytes_of",
    "code_of",
    "folded",
    "numbered",
    "plain_text",
    "spellings",
]

HTTP = "unknown"  # the vendor whose table judges a bare HTTP status
STATUS = "status"
DEPLOYMENTS = ("UCCE", "UCCX")
DRAFT_TITLE = "Not described yet"  # of an entry that `errnorm catalog propose` has written
LONGEST_KEPT = 200  # a constant of a megabyte is looked up, and not kept
# No pathlib here: it would add 4 ms to the import of errnorm.
_FOLDER = os.path.join(os.path.dirname(__file__), "vendors")  # noqa: PTH118, PTH120


class _Table:
    """The places of one table's rows in their file, by every spelling and by family."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], places: Sequence[int]) -> None:
        self.spelled: dict[str, list[int]] = {}
        self.families = [place for place in places if "code" not in rows[place]]
        for place in places:
            for spelling in {folded(text) for text in spellings(rows[place])}:
                self.spelled.setdefault(spelling, []).append(place)


class EntryFile:
    """The entries of one vendor in one file; a table is indexed when it is first asked."""

    def __init__(
        self,
        vendor: str,
        sources: Mapping[str, Mapping[str, str]],
        rows: Sequence[Mapping[str, Any]],
        pages: str | None = None,
    ) -> None:
        self.vendor = vendor
        self.pages = pages
        self.sources = sources
        self.rows = rows
        self.places: dict[str, list[int]] = {}
        self.deployed: dict[tuple[str, str], set[str]] = {}
        for place, row in enumerate(rows):
            self.places.setdefault(row["table"], []).append(place)
            if "deployment" in row and "code" in row:
                self.deployed.setdefault((row["table"], row["code"]), set()).add(row["deployment"])
        self.tables: dict[str, _Table] = {}
        self.built: dict[int, CatalogEntry] = {}

    @classmethod
    def read(cls, data: bytes, pages: str | None = None) -> Self:
        """Take the JSON of a catalog file that has no mistake in it; `pages` is the folder of its pages."""
        content = orjson.loads(data)
        return cls(content["vendor"], content.get("sources", {}), content["entries"], pages)

    def table(self, name: str) -> _Table:
        """Give the index of a table; of one that the file does not have, an empty one."""
        found = self.tables.get(name)
        if found is None:
            places = self.places.get(name)
            if places is None:
                return _NO_TABLE
            found = self.tables[name] = _Table(self.rows, places)
        return found

    def find(self, table: str, key: str) -> list[CatalogEntry]:
        """Give the entries of a table that have this code, name or alias."""
        return [self.entry(place) for place in self.table(table).spelled.get(folded(key), ())]

    def families(self, table: str) -> Iterator[CatalogEntry]:
        """Give the families of a table."""
        return (self.entry(place) for place in self.table(table).families)

    def family(self, table: str, key: str) -> CatalogEntry | None:
        """Give the family of a table in which this code falls."""
        fitting = [place for place in self.table(table).families if _in_family(self.rows[place], key)]
        if not fitting:
            return None
        # PERERR_CM_NEW falls into PERERR_ as well; the longer prefix says more.
        return self.entry(max(fitting, key=lambda place: len(self.rows[place].get("prefix", ""))))

    def texts(self) -> Iterator[tuple[CatalogEntry, int, str]]:
        """Give each message text, folded, with its entry and its number."""
        for position, row in enumerate(self.rows):
            for number, message in enumerate(row.get("messages", ()), 1):
                yield self.entry(position), number, plain_text(message["text"])

    def entry(self, position: int) -> CatalogEntry:
        """Give the entry of a row, built once."""
        found = self.built.get(position)
        if found is None:
            found = self.built[position] = self._build(self.rows[position])
        return found

    def _build(self, row: Mapping[str, Any]) -> CatalogEntry:
        entry = _entry(self.vendor, row, self.sources, apart=self._is_apart(row))
        if self.pages is None:
            return entry
        return evolve(entry, docs_url=f"{self.pages}/{entry.table}.md#{entry.anchor}")

    def _is_apart(self, row: Mapping[str, Any]) -> bool:
        """Tell whether two deployments have this code; a file of a user keeps the ids of the builtin one."""
        files = (self, builtin(self.vendor)) if self.vendor in builtin_names() else (self,)
        key = (row["table"], row.get("code", ""))
        return "deployment" in row and any(len(file.deployed.get(key, ())) > 1 for file in files)


_NO_TABLE = _Table((), ())


@cache
def builtin_names() -> tuple[str, ...]:
    """Name the vendors whose entries come with errnorm, that of the HTTP statuses first."""
    folders = (place.name for place in os.scandir(_FOLDER) if place.is_dir() and place.name[0] != "_")
    return (HTTP, *sorted(name.replace("_", "-") for name in folders))


@cache
def builtin(vendor: str) -> EntryFile:
    """Give the file of a vendor that comes with errnorm, read when it is first asked for."""
    name = "unknown.json" if vendor == HTTP else f"{vendor.replace('-', '_')}/catalog.json"
    return EntryFile.read(bytes_of(f"{_FOLDER}/{name}"), f"docs/catalog/{vendor}")


def bytes_of(path: str | os.PathLike[str]) -> bytes:
    """Read a file."""
    with open(path, "rb") as file:  # noqa: PTH123 - see _FOLDER
        return file.read()


def folded(text: str) -> str:
    """Fold what vendors and people vary: `Finesse API error`, `E_ ARM_STAT_…`, `invalidDevice`."""
    return text.casefold().replace(" ", "")


def spellings(row: Mapping[str, Any]) -> Iterator[str]:
    """Give the code, the constant and the aliases of a row, as they are written."""
    if "code" in row:
        yield row["code"]
    if "name" in row:
        yield row["name"]
    yield from row.get("aliases", ())


def _in_family(row: Mapping[str, Any], key: str) -> bool:
    if "prefix" in row:
        # `E_ ARM_STAT_…` falls into the family of its list, as it has the entries there.
        return folded(key[:LONGEST_KEPT]).startswith(folded(row["prefix"]))
    low, high = row["range"]
    # Nine digits at most: a code of a million digits is in no range, and costs nothing.
    return key.isascii() and key.isdecimal() and len(key) <= 9 and low <= int(key) <= high


def code_of(row: Mapping[str, Any]) -> str:
    """Give the code of a row, or the name of its family: `CF_*`, `20000-20999`."""
    if "code" in row:
        return str(row["code"])
    return f"{row['prefix']}*" if "prefix" in row else "{}-{}".format(*row["range"])


def _entry(
    vendor: str, row: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]], *, apart: bool
) -> CatalogEntry:
    source = sources.get(row.get("source", ""), {})
    deprecated = row.get("deprecated")
    key = CatalogEntry(
        vendor=vendor,
        table=row["table"],
        code=code_of(row),
        title=row["title"],
        deployment=row.get("deployment"),
        apart=apart,
    )
    return evolve(
        key,
        name=row.get("name"),
        aliases=tuple(row.get("aliases", ())),
        generic=row.get("generic", False),
        severity=Severity(row["severity"]) if "severity" in row else None,
        status=tuple(row.get("status", ())),
        docs_url=row.get("docs_url") or source.get("url"),
        source=source.get("title"),
        source_url=source.get("url"),
        verified=Verified(row.get("verified", "inferred")),
        deprecated=Deprecation(**deprecated) if deprecated else None,
        messages=tuple(_message(item, f"{key.id}#{n}") for n, item in enumerate(row.get("messages", ()), 1)),
        **_words(row, key.id),
    )


def _message(row: Mapping[str, Any], entry_id: str) -> EntryMessage:
    return EntryMessage(
        text=row["text"],
        title=row.get("title"),
        severity=Severity(row["severity"]) if "severity" in row else None,
        **_words(row, entry_id),
    )


def _words(row: Mapping[str, Any], entry_id: str) -> dict[str, Any]:
    return {
        "explanation": row.get("explanation", ""),
        "causes": tuple(row.get("causes", ())),
        "fixes": tuple(row.get("fixes", ())),
        "category": Category(row["category"]) if "category" in row else None,
        "retry": _advice(row["retry"], entry_id) if "retry" in row else None,
    }


def _advice(row: Mapping[str, Any], entry_id: str) -> RetryAdvice:
    vendor, _, rest = entry_id.partition(":")
    scope, delay = row.get("scope"), row.get("delay")
    by_status = vendor == HTTP and rest.startswith(f"{STATUS}/")
    return RetryAdvice(
        decision=Decision(row["decision"]),
        scope=Scope(scope) if scope else None,
        delay=delay,
        delay_source=None if delay is None else DelaySource.CATALOG,
        basis=f"http:{rest.removeprefix('status/')}" if by_status else f"catalog:{entry_id}",
    )


def plain_text(text: str) -> str:
    """Fold a message text: case, blanks and the sign at its end are no difference."""
    return " ".join(text.casefold().split()).rstrip(".!")


def numbered(entry: CatalogEntry, number: int) -> CatalogEntry:
    """Give an entry as one of its numbered texts tells it; the first has the number 1."""
    message = entry.messages[number - 1]
    stated = {
        name: getattr(message, name)
        for name in ("title", "explanation", "causes", "fixes", "category", "severity", "retry")
        if getattr(message, name)
    }
    # The causes of the other texts are none of this one.
    inherited: dict[str, Any] = {"causes": ()} if entry.has_causes_by_text else {}
    one = evolve(entry, number=number, **(inherited | stated))
    page, anchor, _ = (entry.docs_url or "").partition(f"#{entry.anchor}")
    has_place = anchor and entry.has_causes_by_text  # a text of its own has a place of its own on our page
    return evolve(one, docs_url=f"{page}#{one.anchor}") if has_place else one
