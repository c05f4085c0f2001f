"""What is known about codes: lookup by a ladder of rungs, and the judgement it gives.

A catalog is data (`vendors/<name>/catalog.json`, checked by `schemas/catalog.schema.json`). A file is
read when its vendor is first asked for, and an entry is built when it is first found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypedDict

import orjson
from attrs import evolve, field, frozen

from errnorm.exceptions import InvalidArgument, InvalidCatalog, UnknownVendor
from errnorm.record import CatalogEntry, Deprecation, EntryMessage, Problem, RetryAdvice
from errnorm.vendor import Lookup, Question
from errnorm.vocabulary import (
    Category,
    Decision,
    DelaySource,
    Match,
    ProblemCode,
    Scope,
    Severity,
    Verified,
)

if TYPE_CHECKING:
    from errnorm.mistakes import Mistake

__all__ = ["Catalog", "Judgement"]

# No pathlib here: it would add 4 ms to the import of errnorm.
_FOLDER = os.path.join(os.path.dirname(__file__), "vendors")  # noqa: PTH118, PTH120
_HTTP = "unknown"  # the vendor whose table judges a bare HTTP status
_STATUS = "status"
_MOST_LADDERS = 1024
_LONGEST_KEPT = 200  # a constant of a megabyte is looked up, and not kept
_DEPLOYMENTS = ("UCCE", "UCCX")
_BARE_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]{3,}+")
_MOST_WORDS = 12  # the longest type has five
_MOST_PIECES = 20  # of a pasted text; more is a log, and has `errnorm parse`
_LEAST_WORDS = 12  # a shorter text inside a longer message proves nothing


class Judgement(TypedDict):
    """The derived fields of a record."""

    category: Category
    severity: Severity
    retry: RetryAdvice
    entry: CatalogEntry | None
    match: Match
    problems: tuple[Problem, ...]


class _Rung(NamedTuple):
    entry: CatalogEntry
    match: Match
    lookup: Lookup | None = None


class _Table:
    """The places of one table's rows in their file, by every spelling and by family."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], places: Sequence[int]) -> None:
        self.spelled: dict[str, list[int]] = {}
        self.families = [place for place in places if "code" not in rows[place]]
        for place in places:
            for spelling in {_folded(text) for text in _spellings(rows[place])}:
                self.spelled.setdefault(spelling, []).append(place)


class _File:
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
        return [self.entry(place) for place in self.table(table).spelled.get(_folded(key), ())]

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
                yield self.entry(position), number, _plain(message["text"])

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
        files = (self, _builtin(self.vendor)) if self.vendor in _builtin_names() else (self,)
        key = (row["table"], row.get("code", ""))
        return "deployment" in row and any(len(file.deployed.get(key, ())) > 1 for file in files)


_NO_TABLE = _Table((), ())


class _Ladder:
    """The rungs that answer some lookups; what they say is worked out once.

    Errors come in storms: the same few codes again and again. A ladder kept saves 40 µs of 120.
    """

    def __init__(self, rungs: list[_Rung], problems: tuple[Problem, ...]) -> None:
        self.rungs = rungs
        self.problems = problems
        self.texts = [_texts(rung) for rung in rungs]
        self.by_code = self._judgement(rungs)
        self.known: dict[tuple[int | None, ...], Judgement] = {(None,) * len(rungs): self.by_code}

    def judged(self, message: str | None) -> Judgement:
        """Give the judgement; the message matters only where a code has several texts."""
        if not message or not any(self.texts):
            return self.by_code
        said = _plain(message)
        numbers = tuple(_fitting(texts, said) if texts and said else None for texts in self.texts)
        found = self.known.get(numbers)
        if found is None:
            rungs = [
                _Rung(_numbered(rung.entry, number), Match.MESSAGE) if number else rung
                for rung, number in zip(self.rungs, numbers, strict=True)
            ]
            found = self.known[numbers] = self._judgement(rungs)
        return found

    def _judgement(self, rungs: list[_Rung]) -> Judgement:
        entries = [rung.entry for rung in rungs]
        return Judgement(
            category=next((e.category for e in entries if e.category), Category.UNKNOWN),
            severity=next((e.severity for e in entries if e.severity), Severity.ERROR),
            retry=next((e.retry for e in entries if e.retry), _NO_ADVICE),
            entry=entries[0] if entries else None,
            match=rungs[0].match if rungs else Match.NONE,
            problems=self.problems,
        )


@frozen(repr=False)
class Catalog:
    """What is known about the codes of all vendors.

    Catalogs are values: `|` lays one over another, and the right side wins.

    Example:
        >>> entry = Catalog.builtin().get("zoom-cobrowse:code/1016")
        >>> entry.name, str(entry.category)
        ('NETWORK_ERROR', 'network')
    """

    # The builtin files are found by name; a layer given by a user stands before them.
    layers: tuple[_File, ...] = ()
    _ladders: dict[tuple[Any, ...], _Ladder] = field(factory=dict, init=False, eq=False)

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[_File, ...]]]:
        """Pickle the files alone; ladders are found again."""
        return type(self), (self.layers,)

    @classmethod
    def builtin(cls) -> Self:
        """Give the catalog that comes with errnorm; nothing is read before it is asked."""
        return cls()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a catalog file of your own.

        Args:
            path: a JSON file in the form of `errnorm schema catalog`.

        Returns:
            A catalog; lay it over the builtin one with `|`.

        Raises:
            OSError: when the file cannot be read.
            InvalidCatalog: when there is a mistake in it; the message says where, and how to mend it.
        """
        data = _bytes_of(path)
        _refuse_mistakes(os.fsdecode(path), _mistakes(data))
        return cls((_File.read(data),))

    @classmethod
    def check(cls, path: str | os.PathLike[str]) -> tuple[Mistake, ...]:
        """Give every mistake of a catalog file of your own, each with its place and how to mend it.

        Args:
            path: a JSON file in the form of `errnorm schema catalog`.

        Returns:
            The mistakes in the order of the file; `load` refuses a file with one of severity `error`.

        Raises:
            OSError: when the file cannot be read.

        Example:
            >>> import pathlib, tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     path = pathlib.Path(folder, "own.json")
            ...     _ = path.write_text('{"vendor": "zoom-cobrowse", "entries": [{"code": "7"}, 8]}')
            ...     for mistake in Catalog.check(path):
            ...         print(mistake)
            entries[0] (code 7): 'table' is missing. Add it.
            entries[0] (code 7): 'title' is missing. Add it.
            entries[1]: this is a number, and an object in braces is wanted.
        """
        return _mistakes(_bytes_of(path))

    def __or__(self, other: Catalog) -> Catalog:
        """Lay the other catalog over this one; where both know a code, the right side wins."""
        return Catalog((*other.layers, *self.layers))

    def vendors(self) -> tuple[str, ...]:
        """Name the vendors that have entries, sorted."""
        return tuple(sorted({file.vendor for file in self.layers} | set(_builtin_names())))

    def entries(self, vendor: str | None = None) -> Iterator[CatalogEntry]:
        """Go through the entries, of one vendor or of all; an entry that is overlaid comes once."""
        for name in (vendor,) if vendor else self.vendors():
            seen: set[str] = set()
            for file in self._files(name):
                found = [file.entry(position) for position in range(len(file.rows))]
                yield from (entry for entry in found if entry.id not in seen)
                seen |= {entry.id for entry in found}

    def find(self, vendor: str, table: str, key: str) -> CatalogEntry | None:
        """Give the entry of a code, constant or alias; None when it is not known."""
        return next(iter(self._find(vendor, Lookup(table, key))), None)

    def get(self, entry_id: str) -> CatalogEntry | None:
        """Give the entry of an id such as `zoom-cobrowse:code/1011#3`; None when there is none."""
        key, _, number = entry_id.partition("#")
        vendor, _, rest = key.partition(":")
        table, _, code = rest.partition("/")
        found = [entry for entry in self._all(vendor, table, code.partition("@")[0]) if entry.id == key]
        if not found or not number:
            return found[0] if found else None
        entry = found[0]
        return _numbered(entry, int(number)) if number in _numbers(entry) else None

    def explain(self, query: str) -> tuple[CatalogEntry, ...]:
        """Give every entry that a person may mean.

        Args:
            query: an id, `vendor:code`, a number, constant, name, alias or message text, or a text with
                a constant in it; case and spaces do not matter.

        Returns:
            The entries, all meanings of an ambiguous one; empty when none is known. A code that only
            falls into a family gives the family.

        Example:
            >>> [entry.id for entry in Catalog.builtin().explain("1016")]
            ['cisco-finesse:cf/1016', 'zoom-cobrowse:code/1016']
            >>> [entry.id for entry in Catalog.builtin().explain("Session does not exist or has ended.")]
            ['zoom-cobrowse:code/1011#3']
            >>> [entry.id for entry in Catalog.builtin().explain("CF_RESOURCE_BUSY: the call is busy")]
            ['cisco-finesse:cf/33']
        """
        exact = self.get(query)
        if exact:
            return (exact,)
        vendor, _, key = query.partition(":")
        if vendor in self.vendors():
            return self._meanings((vendor,), key)
        return self._meanings(self.vendors(), query)

    def near(self, query: str, count: int = 5) -> tuple[str, ...]:
        """Give the constants, names and texts that a misspelt one may mean, one a code, the likeliest first.

        Args:
            query: what `explain` does not know; for a number there is nothing near.
            count: how many at most.

        Example:
            >>> Catalog.builtin().near("CF_RESOURCE_BUZY", 1)
            ('CF_RESOURCE_BUSY',)
            >>> Catalog.builtin().near("4711")
            ()
        """
        asked = query.rpartition(":")[2].strip()
        if asked.lstrip("-").isdecimal():
            return ()
        files = [file for vendor in self.vendors() for file in self._files(vendor)]
        owners = {
            text: (file.vendor, row["table"], _code_of(row))
            for file in files
            for row in file.rows
            for text in _spellings(row)
        }
        found = {owners[text]: text for text in reversed(_nearest(asked, owners, 2 * count))}
        return tuple(reversed(found.values()))[:count]

    def search(  # noqa: PLR0913 - one keyword a filter
        self,
        words: str = "",
        *,
        vendor: str | None = None,
        table: str | None = None,
        category: str | None = None,
        decision: str | None = None,
        deployment: str | None = None,
    ) -> tuple[CatalogEntry, ...]:
        """Give the entries that fit everything asked for; without arguments all of them.

        Args:
            words: each of them occurs in id, names, title, explanation, causes, fixes or message texts.
            vendor: the vendor's name.
            table: one of the vendor's lists, `cf`.
            category: a word of `Category`.
            decision: a word of `Decision`.
            deployment: `UCCE` or `UCCX`: what only that one sends, or means something else by.

        Returns:
            The entries in the order of the catalog. A numbered message stands for itself where only its
            own judgement fits.

        Raises:
            UnknownVendor: when the catalog knows no such vendor.
            InvalidArgument: when there is no such table, category, decision or deployment.

        Example:
            >>> catalog = Catalog.builtin()
            >>> [entry.name for entry in catalog.search("wrap-up data", table="cf")]
            ['CF_WRAPUP_DATA_REQUIRED']
            >>> [entry.id for entry in catalog.search(vendor="zoom-cobrowse", category="rate_limited")]
            ['zoom-cobrowse:code/9999#2']
        """
        self._require(vendor, table)
        _require_word("category", category, Category)
        _require_word("decision", decision, Decision)
        _require_word("deployment", deployment, _DEPLOYMENTS)
        entries = [
            entry
            for entry in self.entries(vendor)
            if table in {None, entry.table} and deployment in {None, entry.deployment}
        ]
        wanted = words.casefold().split()
        told = [entry for entry in entries if _tells(entry, wanted)]
        return tuple(found for entry in told for found in _judged_so(entry, category, decision))

    def _require(self, vendor: str | None, table: str | None) -> None:
        if vendor is not None and vendor not in self.vendors():
            raise UnknownVendor(
                f"No vendor {vendor!r} is in the catalog. There are: {', '.join(self.vendors())}."
            )
        names = (vendor,) if vendor else self.vendors()
        tables = sorted({name for vendor in names for file in self._files(vendor) for name in file.places})
        _require_word("table", table, tables)

    def judge(
        self,
        vendor: str,
        lookups: Sequence[Question],
        message: str | None,
        status: int | None,
    ) -> Judgement:
        """Descend the ladder: exact entries, generic ones, families, the HTTP status.

        Args:
            vendor: whose tables to ask.
            lookups: what to look up, the most specific first; without a key nothing is asked.
            message: the vendor's text, which may tell the causes of a code apart.
            status: the HTTP status.

        Returns:
            The derived fields; category, severity and retry each from the first rung that states it.
        """
        key = (vendor, tuple(lookups), status)
        ladder = self._ladders.get(key)
        if ladder is None:
            asked = [Lookup(question[0], question[1], *question[2:]) for question in lookups if question[1]]
            ladder = self._ladder(vendor, asked, status)
            if all(len(lookup.key) <= _LONGEST_KEPT for lookup in asked):
                self._keep(key, ladder)
        return ladder.judged(message)

    def _keep(self, key: tuple[Any, ...], ladder: _Ladder) -> None:
        if len(self._ladders) >= _MOST_LADDERS:
            self._ladders.clear()
        self._ladders[key] = ladder

    def _ladder(self, vendor: str, lookups: Sequence[Lookup], status: int | None) -> _Ladder:
        found = [rung for lookup in lookups for rung in self._exact(vendor, lookup)]
        exact, problems = _consistent(found, lookups)
        own = [rung for rung in exact if not rung.entry.generic]
        generic = [rung for rung in exact if rung.entry.generic]
        # CF_GENERIC_OPERATION begins as its family does, and is known all the same.
        known = {rung.lookup for rung in found}
        unknown = () if own else (lookup for lookup in lookups if lookup not in known)
        families = [rung for lookup in unknown for rung in self._family(vendor, lookup)]
        return _Ladder(own + families + generic + self._by_status(vendor, status), problems)

    def _files(self, vendor: str) -> list[_File]:
        own = [file for file in self.layers if file.vendor == vendor]
        return [*own, _builtin(vendor)] if vendor in _builtin_names() else own

    def _find(self, vendor: str, lookup: Lookup) -> list[CatalogEntry]:
        for file in self._files(vendor):
            found = file.find(lookup.table, lookup.key)
            if found:
                return found
        return []

    def _exact(self, vendor: str, lookup: Lookup) -> list[_Rung]:
        # Pages of nobody (a login page) come under any vendor.
        found = self._find(vendor, lookup) or self._find(_HTTP, lookup)
        return [_Rung(entry, lookup.match, lookup) for entry in found[:1]]

    def _family(self, vendor: str, lookup: Lookup) -> list[_Rung]:
        found = (file.family(lookup.table, lookup.key) for file in self._files(vendor))
        return [_Rung(entry, Match.FAMILY) for entry in found if entry]

    def _by_status(self, vendor: str, status: int | None) -> list[_Rung]:
        if status is None:
            return []
        lookup = Lookup(_STATUS, str(status))
        found = [entry for name in (vendor, _HTTP) for entry in self._find(name, lookup)]
        if not found:
            found = [rung.entry for rung in self._family(_HTTP, lookup)]
        return [_Rung(entry, Match.STATUS) for entry in found]

    def _all(self, vendor: str, table: str, code: str) -> Iterator[CatalogEntry]:
        for file in self._files(vendor):
            yield from file.find(table, code)
            yield from file.families(table)

    def _meanings(self, vendors: Sequence[str], query: str) -> tuple[CatalogEntry, ...]:
        """Descend from what the query is, over what it says and names, to where it would fall."""
        bare = query.strip(_AROUND)
        constants = [found[0] for found in islice(_CONSTANT.finditer(query), _MOST_PIECES)]
        return (
            self._spelled(vendors, query)
            or self._placed(vendors, bare)
            or self._said(vendors, query)
            or self._first(self._spelled, vendors, (bare, *constants, *_beginnings(query)))
            or self._loosely(vendors, bare)
            or self._first(self._families, vendors, (bare, *constants))
            or self._by_number(vendors, query)
            or self._spelled(vendors, query.rpartition(":")[2] if len(query.split()) == 1 else "")
        )

    def _first(
        self,
        finder: Callable[[Sequence[str], str], tuple[CatalogEntry, ...]],
        vendors: Sequence[str],
        keys: Iterable[str],
    ) -> tuple[CatalogEntry, ...]:
        return next((found for key in keys if (found := finder(vendors, key))), ())

    def _spelled(self, vendors: Sequence[str], key: str) -> tuple[CatalogEntry, ...]:
        """Give the entries with this code, name or alias."""
        files = [(file, table) for name in vendors for file in self._files(name) for table in file.places]
        return _first_of_each(entry for file, table in files for entry in file.find(table, key))

    def _placed(self, vendors: Sequence[str], query: str) -> tuple[CatalogEntry, ...]:
        """Give what a table and a code name: `cf/22`, `cf:22`, `cf 22`."""
        found = _PLACE.fullmatch(query)
        if not found:
            return ()
        table, sign, key = found[1].casefold(), found[2], found[3]
        if not sign and table == "code":  # `code 34` is a manner of speaking
            return ()
        return self._tabled(vendors, table, key)

    def _tabled(self, vendors: Sequence[str], table: str, key: str) -> tuple[CatalogEntry, ...]:
        files = [file for name in vendors for file in self._files(name)]
        found = [entry for file in files for entry in file.find(table, key)]
        families = (file.family(table, key) for file in files)
        return _first_of_each(found or (entry for entry in families if entry))

    def _loosely(self, vendors: Sequence[str], query: str) -> tuple[CatalogEntry, ...]:
        """Give the entries that differ from the query in signs and small words: `invalid-device`."""
        wanted = _loose(query)
        if len(wanted) < _LEAST_LOOSE or wanted.isdecimal():
            return ()
        files = [file for name in vendors for file in self._files(name)]
        return _first_of_each(
            file.entry(place)
            for file in files
            for place, row in enumerate(file.rows)
            if any(_loose(text) == wanted for text in _spellings(row))
        )

    def _by_number(self, vendors: Sequence[str], text: str) -> tuple[CatalogEntry, ...]:
        """Give what the first number of a text means that is marked as a code or a status, or begins it."""
        for found in islice(_MARKED.finditer(text), _MOST_PIECES):
            status, number = found[1], found[2] or found[3]
            entries = (
                self._tabled(vendors, _STATUS, number)
                if status
                else self._spelled(vendors, number) or self._families(vendors, number)
            )
            if entries:
                return entries
        return ()

    def _families(self, vendors: Sequence[str], key: str) -> tuple[CatalogEntry, ...]:
        files = [file for name in vendors if name != _HTTP for file in self._files(name)]
        found = (file.family(table, key) for file in files for table in file.places)
        return _first_of_each(entry for entry in found if entry)

    def _said(self, vendors: Sequence[str], text: str) -> tuple[CatalogEntry, ...]:
        """Give the entries with this message text, or the longest one in it, or one of which it is a part."""
        said = _plain(text)
        known = [item for name in vendors for file in self._files(name) for item in file.texts()]
        inside = [plain for _, _, plain in known if len(plain) >= _LEAST_WORDS and plain in said]
        longest = max(inside, key=len, default=said)
        found = [(entry, number) for entry, number, plain in known if plain in {said, longest}]
        if not found and len(said) >= _LEAST_WORDS:
            found = [(entry, number) for entry, number, plain in known if said in plain]
        return _first_of_each(
            _numbered(entry, number) if entry.has_causes_by_text else entry for entry, number in found
        )

    def __repr__(self) -> str:
        """Say how much lies over the builtin catalog."""
        return f"<Catalog builtin + {len(self.layers)} files>" if self.layers else "<Catalog builtin>"


_NO_ADVICE = RetryAdvice()


@cache
def _builtin_names() -> tuple[str, ...]:
    folders = (place.name for place in os.scandir(_FOLDER) if place.is_dir() and place.name[0] != "_")
    return (_HTTP, *sorted(name.replace("_", "-") for name in folders))


@cache
def _builtin(vendor: str) -> _File:
    name = "unknown.json" if vendor == _HTTP else f"{vendor.replace('-', '_')}/catalog.json"
    return _File.read(_bytes_of(f"{_FOLDER}/{name}"), f"docs/catalog/{vendor}")


def _mistakes(data: bytes) -> tuple[Mistake, ...]:
    from errnorm.mistakes import mistakes_in  # noqa: PLC0415 - only a file of a user needs it

    return mistakes_in(data, {name: _builtin(name).rows for name in _builtin_names()})


def _refuse_mistakes(name: str, mistakes: Sequence[Mistake]) -> None:
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    if errors:
        more = f" {len(errors) - 1} more: " if len(errors) > 1 else " "
        raise InvalidCatalog(
            f"{name}: {errors[0]}{more}`errnorm catalog check` lists every mistake, "
            "and `errnorm schema catalog` prints the form."
        )


def _bytes_of(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - see _FOLDER
        return file.read()


def _folded(text: str) -> str:
    """Fold what vendors and people vary: `Finesse API error`, `E_ ARM_STAT_…`, `invalidDevice`."""
    return text.casefold().replace(" ", "")


def _loose(text: str) -> str:
    """Fold what people vary when they type: signs between words, and small words."""
    words = _SIGNS.split(text.casefold())
    return "".join(word for word in words if word not in _SMALL_WORDS)


def _first_of_each(entries: Iterable[CatalogEntry]) -> tuple[CatalogEntry, ...]:
    found: dict[str, CatalogEntry] = {}
    for entry in entries:  # a layer of a user comes before what it overlays
        found.setdefault(entry.id, entry)
    # What HTTP means by a status comes before what a vendor adds to it.
    return tuple(sorted(found.values(), key=lambda entry: (entry.vendor, entry.table) != (_HTTP, _STATUS)))


def _beginnings(text: str) -> Iterator[str]:
    """Give what may be a type or constant at the beginning of a text, or behind a colon in it.

    `Invalid State: the agent talks`; `HTTP Status code: 404 (Not Found) Api Error Type: Not Found Error …`.
    """
    for piece in text.split(":", _MOST_PIECES):
        words = piece.split()[:_MOST_WORDS]
        for count in range(len(words), 0, -1):
            begin = " ".join(words[:count]).rstrip(",;.-=")
            if count > 1 or _BARE_CONSTANT.fullmatch(begin):
                yield begin


def _require_word(name: str, word: str | None, words: Iterable[str]) -> None:
    known = [str(one) for one in words]
    if word is not None and word not in known:
        near = _nearest(word, known, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InvalidArgument(f"There is no {name} {word!r}.{hint} There are: {', '.join(known)}.")


def _nearest(word: str, words: Iterable[str], count: int) -> list[str]:
    """Give the words that are most like one, whatever their case."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a miss needs it

    known = {text.casefold(): text for text in words}
    return [known[text] for text in get_close_matches(word.casefold(), known, n=count)]


def _tells(entry: CatalogEntry, words: Sequence[str]) -> bool:
    parts = [entry.id, *entry.spellings, entry.title, entry.explanation, *entry.causes, *entry.fixes]
    text = "\n".join((*parts, *(message.text for message in entry.messages))).casefold()
    return all(word in text for word in words)


def _judged_so(entry: CatalogEntry, category: str | None, decision: str | None) -> list[CatalogEntry]:
    numbered = [_numbered(entry, number) for number in range(1, len(entry.messages) + 1)]
    fitting = [one for one in (entry, *numbered) if _fits(one, category, decision)]
    return fitting[:1] if fitting[:1] == [entry] else fitting


def _fits(entry: CatalogEntry, category: str | None, decision: str | None) -> bool:
    known = entry.retry.decision if entry.retry else None
    return category in {None, entry.category} and decision in {None, known}


def _spellings(row: Mapping[str, Any]) -> Iterator[str]:
    if "code" in row:
        yield row["code"]
    if "name" in row:
        yield row["name"]
    yield from row.get("aliases", ())


def _in_family(row: Mapping[str, Any], key: str) -> bool:
    if "prefix" in row:
        # `E_ ARM_STAT_…` falls into the family of its list, as it has the entries there.
        return _folded(key[:_LONGEST_KEPT]).startswith(_folded(row["prefix"]))
    low, high = row["range"]
    # Nine digits at most: a code of a million digits is in no range, and costs nothing.
    return key.isascii() and key.isdecimal() and len(key) <= 9 and low <= int(key) <= high


def _code_of(row: Mapping[str, Any]) -> str:
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
        code=_code_of(row),
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
    by_status = vendor == _HTTP and rest.startswith(f"{_STATUS}/")
    return RetryAdvice(
        decision=Decision(row["decision"]),
        scope=Scope(scope) if scope else None,
        delay=delay,
        delay_source=None if delay is None else DelaySource.CATALOG,
        basis=f"http:{rest.removeprefix('status/')}" if by_status else f"catalog:{entry_id}",
    )


def _consistent(
    rungs: list[_Rung],
    lookups: Sequence[Lookup],
) -> tuple[list[_Rung], tuple[Problem, ...]]:
    """Drop a number that contradicts its constant, and an entry that was found twice."""
    constants = {lookup.table: lookup.key for lookup in lookups if _CONSTANT.fullmatch(lookup.key)}
    names = {rung.lookup: rung.entry for rung in rungs}
    kept: list[_Rung] = []
    contradicted = False
    for rung in rungs:
        constant = constants.get(rung.entry.table)
        entry = names.get(Lookup(rung.entry.table, constant)) if constant else None
        if constant and _contradicts(rung, constant, entry):
            contradicted = True
        elif not any(_same_code(rung, other) for other in kept):
            # Where a number has two deployments, the constant says which.
            kept.append(_Rung(entry, rung.match) if entry and entry.code == rung.entry.code else rung)
    return kept, (_CONTRADICTED,) if contradicted else ()


_AROUND = " \t\r\n,;\"'`()[]<>"
_PLACE = re.compile(r"([A-Za-z][A-Za-z-]{0,20}+)\s{0,3}([/:]?)\s{0,3}(\S.{0,200})")
_SIGNS = re.compile(r"[\W_]+")
_SMALL_WORDS = frozenset({"a", "an", "the", "is", "are", "was"})
_LEAST_LOOSE = 5
# `errorCode=20999`, `HTTP/1.1 502`, `status code 502`; a number of a clock or a version is none.
_MARKED = re.compile(
    r"(?:(?<!\w)(?:(https?(?:/[\d.]{1,3})?|status(?:[ _-]?code)?)|[a-z]{0,20}(?:code|error|data|err))"
    r"[\s:=#\"'>(]{1,4}(-?\d{1,9})|^\s{0,9}(\d{3,9}))(?![.:/-]?\w)",
    re.IGNORECASE,
)
_CONSTANT = re.compile(r"(?<![A-Z0-9])[A-Z][A-Z0-9]*+(?:_ ?[A-Z0-9]++)++")
_CONTRADICTED = Problem(
    ProblemCode.CODE_CONTRADICTED,
    "The number and the constant of this error stand for different things; the constant was believed.",
)


def _contradicts(rung: _Rung, constant: str, entry: CatalogEntry | None) -> bool:
    """Tell whether a number stands for something else than the constant beside it.

    A generic number (-1, "unknown") contradicts nobody.
    """
    by_number = rung.lookup is not None and rung.lookup.key.lstrip("-").isdecimal()
    if not by_number or rung.entry.generic:
        return False
    if entry is None:
        return rung.entry.name is not None and _folded(rung.entry.name) != _folded(constant)
    return entry.code != rung.entry.code


def _same_code(rung: _Rung, other: _Rung) -> bool:
    return rung.entry.table == other.entry.table and rung.entry.code == other.entry.code


def _texts(rung: _Rung) -> dict[str, int]:
    """Give the numbered texts that tell the causes of an exact code apart; a code with one text has none."""
    if rung.match is not Match.EXACT or rung.entry.generic or not rung.entry.has_causes_by_text:
        return {}
    texts: dict[str, int] = {}
    for number, message in enumerate(rung.entry.messages, 1):
        texts.setdefault(_plain(message.text), number)
    return texts


def _fitting(texts: dict[str, int], said: str) -> int | None:
    """Give the number of the text that a message is, or else of the longest that it contains."""
    if said in texts:
        return texts[said]
    inside = [text for text in texts if len(text) >= _LEAST_WORDS and text in said]
    return texts[max(inside, key=len)] if inside else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")


def _numbers(entry: CatalogEntry) -> set[str]:
    return {str(number) for number in range(1, len(entry.messages) + 1)}


def _numbered(entry: CatalogEntry, number: int) -> CatalogEntry:
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
