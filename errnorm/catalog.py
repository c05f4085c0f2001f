"""What is known about codes: asked by a body (`judge`), and by a person (`explain`, `search`).

A catalog is data (`vendors/<name>/catalog.json`, checked by `schemas/catalog.schema.json`). A file is
read when its vendor is first asked for, and an entry is built when it is first found.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from attrs import field, frozen

from errnorm.called import CalledModule
from errnorm.entries import (
    DEPLOYMENTS,
    HTTP,
    LONGEST_KEPT,
    STATUS,
    EntryFile,
    builtin,
    builtin_names,
    bytes_of,
    code_of,
    numbered,
    plain_text,
    spellings,
)
from errnorm.exceptions import InvalidArgument, InvalidCatalog, UnknownVendor
from errnorm.ladder import CONSTANT, LEAST_WORDS, Judgement, Ladder, Rung, consistent
from errnorm.record import CatalogEntry
from errnorm.vendor import Lookup, Question
from errnorm.vocabulary import (
    Category,
    Decision,
    Match,
    Severity,
)

if TYPE_CHECKING:
    from errnorm.mistakes import Mistake

__all__ = ["Catalog", "Judgement"]

_MOST_LADDERS = 1024
_BARE_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]{3,}+")
_MOST_WORDS = 12  # the longest type has five
_MOST_PIECES = 20  # of a pasted text; more is a log, and has `errnorm parse`


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
    layers: tuple[EntryFile, ...] = ()
    _ladders: dict[tuple[Any, ...], Ladder] = field(factory=dict, init=False, eq=False)

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[EntryFile, ...]]]:
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
        data = bytes_of(path)
        _refuse_mistakes(os.fsdecode(path), _mistakes(data))
        return cls((EntryFile.read(data),))

    @classmethod
    def check(cls, path: str | os.PathLike[str], *, vendors: Iterable[str] = ()) -> tuple[Mistake, ...]:
        """Give every mistake of a catalog file of your own, each with its place and how to mend it.

        Args:
            path: a JSON file in the form of `errnorm schema catalog`.
            vendors: the names of vendors of your own, beside the builtin ones.

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
        return _mistakes(bytes_of(path), vendors)

    def __or__(self, other: Catalog) -> Catalog:
        """Lay the other catalog over this one; where both know a code, the right side wins."""
        if not isinstance(other, Catalog):
            return NotImplemented
        return Catalog((*other.layers, *self.layers))

    def vendors(self) -> tuple[str, ...]:
        """Name the vendors that have entries, sorted."""
        return tuple(sorted({file.vendor for file in self.layers} | set(builtin_names())))

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
        return numbered(entry, int(number)) if number in _numbers(entry) else None

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
            query: what `explain` does not know; for a number there is nothing near. Where it names a
                vendor, the others are left out.
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
        named = query.partition(":")[0].strip().casefold()
        vendors = (named,) if named in self.vendors() else self.vendors()
        files = [file for vendor in vendors for file in self._files(vendor)]
        owners = {
            text: (file.vendor, row["table"], code_of(row))
            for file in files
            for row in file.rows
            for text in spellings(row)
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
        _require_word("deployment", deployment, DEPLOYMENTS)
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
            if all(len(lookup.key) <= LONGEST_KEPT for lookup in asked):
                self._keep(key, ladder)
        return ladder.judged(message)

    def _keep(self, key: tuple[Any, ...], ladder: Ladder) -> None:
        if len(self._ladders) >= _MOST_LADDERS:
            self._ladders.clear()
        self._ladders[key] = ladder

    def _ladder(self, vendor: str, lookups: Sequence[Lookup], status: int | None) -> Ladder:
        found = [rung for lookup in lookups for rung in self._exact(vendor, lookup)]
        exact, problems = consistent(found, lookups)
        own = [rung for rung in exact if not rung.entry.generic]
        generic = [rung for rung in exact if rung.entry.generic]
        # CF_GENERIC_OPERATION begins as its family does, and is known all the same.
        known = {rung.lookup for rung in found}
        unknown = () if own else (lookup for lookup in lookups if lookup not in known)
        families = [rung for lookup in unknown for rung in self._family(vendor, lookup)]
        return Ladder(own + families + generic + self._by_status(vendor, status), problems)

    def _files(self, vendor: str) -> list[EntryFile]:
        own = [file for file in self.layers if file.vendor == vendor]
        return [*own, builtin(vendor)] if vendor in builtin_names() else own

    def _find(self, vendor: str, lookup: Lookup) -> list[CatalogEntry]:
        for file in self._files(vendor):
            found = file.find(lookup.table, lookup.key)
            if found:
                return found
        return []

    def _exact(self, vendor: str, lookup: Lookup) -> list[Rung]:
        # Pages of nobody (a login page) come under any vendor.
        found = self._find(vendor, lookup) or self._find(HTTP, lookup)
        return [Rung(entry, lookup.match, lookup) for entry in found[:1]]

    def _family(self, vendor: str, lookup: Lookup) -> list[Rung]:
        found = (file.family(lookup.table, lookup.key) for file in self._files(vendor))
        return [Rung(entry, Match.FAMILY) for entry in found if entry]

    def _by_status(self, vendor: str, status: int | None) -> list[Rung]:
        if status is None:
            return []
        lookup = Lookup(STATUS, str(status))
        found = [entry for name in (vendor, HTTP) for entry in self._find(name, lookup)]
        if not found:
            found = [rung.entry for rung in self._family(HTTP, lookup)]
        return [Rung(entry, Match.STATUS) for entry in found]

    def _all(self, vendor: str, table: str, code: str) -> Iterator[CatalogEntry]:
        for file in self._files(vendor):
            yield from file.find(table, code)
            yield from file.families(table)

    def _meanings(self, vendors: Sequence[str], query: str) -> tuple[CatalogEntry, ...]:
        """Descend from what the query is, over what it says and names, to where it would fall."""
        bare = query.strip(_AROUND)
        constants = [found[0] for found in islice(CONSTANT.finditer(query), _MOST_PIECES)]
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
            if any(_loose(text) == wanted for text in spellings(row))
        )

    def _by_number(self, vendors: Sequence[str], text: str) -> tuple[CatalogEntry, ...]:
        """Give what the first number of a text means that is marked as a code or a status, or begins it."""
        for found in islice(_MARKED.finditer(text), _MOST_PIECES):
            status, number = found[1], found[2] or found[3]
            entries = (
                self._tabled(vendors, STATUS, number)
                if status
                else self._spelled(vendors, number) or self._families(vendors, number)
            )
            if entries:
                return entries
        return ()

    def _families(self, vendors: Sequence[str], key: str) -> tuple[CatalogEntry, ...]:
        files = [file for name in vendors if name != HTTP for file in self._files(name)]
        found = (file.family(table, key) for file in files for table in file.places)
        return _first_of_each(entry for entry in found if entry)

    def _said(self, vendors: Sequence[str], text: str) -> tuple[CatalogEntry, ...]:
        """Give the entries with this message text, or the longest one in it, or one of which it is a part."""
        said = plain_text(text)
        known = [item for name in vendors for file in self._files(name) for item in file.texts()]
        inside = [plain for _, _, plain in known if len(plain) >= LEAST_WORDS and plain in said]
        longest = max(inside, key=len, default=said)
        found = [(entry, number) for entry, number, plain in known if plain in {said, longest}]
        if not found and len(said) >= LEAST_WORDS:
            found = [(entry, number) for entry, number, plain in known if said in plain]
        return _first_of_each(
            numbered(entry, number) if entry.has_causes_by_text else entry for entry, number in found
        )

    def __repr__(self) -> str:
        """Say how much lies over the builtin catalog."""
        return f"<Catalog builtin + {len(self.layers)} files>" if self.layers else "<Catalog builtin>"


def _mistakes(data: bytes, vendors: Iterable[str] = ()) -> tuple[Mistake, ...]:
    from errnorm.mistakes import mistakes_in  # noqa: PLC0415 - only a file of a user needs it

    own: dict[str, Sequence[Mapping[str, Any]]] = dict.fromkeys(vendors, ())
    return mistakes_in(data, own | {name: builtin(name).rows for name in builtin_names()})


def _refuse_mistakes(name: str, mistakes: Sequence[Mistake]) -> None:
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    if errors:
        more = f" {len(errors) - 1} more: " if len(errors) > 1 else " "
        raise InvalidCatalog(
            f"{name}: {errors[0]}{more}`errnorm catalog check` lists every mistake, "
            "and `errnorm schema catalog` prints the form."
        )


def _loose(text: str) -> str:
    """Fold what people vary when they type: signs between words, and small words."""
    words = _SIGNS.split(text.casefold())
    return "".join(word for word in words if word not in _SMALL_WORDS)


def _first_of_each(entries: Iterable[CatalogEntry]) -> tuple[CatalogEntry, ...]:
    found: dict[str, CatalogEntry] = {}
    for entry in entries:  # a layer of a user comes before what it overlays
        found.setdefault(entry.id, entry)
    # What HTTP means by a status comes before what a vendor adds to it.
    return tuple(sorted(found.values(), key=lambda entry: (entry.vendor, entry.table) != (HTTP, STATUS)))


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
    texts = [numbered(entry, number) for number in range(1, len(entry.messages) + 1)]
    fitting = [one for one in (entry, *texts) if _fits(one, category, decision)]
    return fitting[:1] if fitting[:1] == [entry] else fitting


def _fits(entry: CatalogEntry, category: str | None, decision: str | None) -> bool:
    known = entry.retry.decision if entry.retry else None
    return category in {None, entry.category} and decision in {None, known}


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


def _numbers(entry: CatalogEntry) -> set[str]:
    return {str(number) for number in range(1, len(entry.messages) + 1)}


sys.modules[__name__].__class__ = CalledModule  # `errnorm.catalog()` is asked of errnorm.installed
