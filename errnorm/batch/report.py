"""How bad it was: counts of a run, without a word of what anybody said.

A report adds up: the report of a whole is the sum of the reports of its parts, in any order. It shows
vendors, categories, retry decisions, origins, hours, entries of the catalog, fingerprints and places in the
inputs. Of a code that the catalog does not know it shows the text only where that looks like a constant
(`CF_NEW_REASON`), a number of at most five digits, or up to four capitals and four digits (`NW-900`, `E104`);
any other may be a person's name or number, and stands as `(not shown)` beside its place.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import eq, ge, gt, itemgetter, le, lt, ne
from typing import Any, NamedTuple, Self

from attrs import define, field, frozen

from errnorm.printable import printable
from errnorm.record import ErrorRecord, Source
from errnorm.vocabulary import Category, Decision, Match, Origin

__all__ = [
    "Counts",
    "Kind",
    "Kinds",
    "Place",
    "Report",
    "condition",
    "hour_of",
    "kind_of",
    "place_of",
    "show",
]

_VERSION = "1.0"
_HIDDEN = "(not shown)"
# A constant or a short number, alone or behind a short prefix. `jane.doe`, `SMITH-JONES`, `EMP-10017`,
# `24011234` or `+49 30 …` may be somebody's.
_SAFE_CODE = re.compile(r"[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}){1,8}|-?[0-9]{1,5}|[A-Z]{1,4}-?[0-9]{1,4}")
_TABLES = ("vendor", "category", "retry", "origin", "shape", "code", "lookup", "hour")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_FIRST_HOUR = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(hours=1)
_LAST_HOUR = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(hours=1)
_MOST_KINDS = 4096


@define
class Counts:
    """What became of the captures of one input.

    Attributes:
        captures: how many there were.
        with_errors, not_errors, rejected: what each of them was; they add up to `captures`.
        records: how many records the errors gave.
    """

    captures: int = 0
    with_errors: int = 0
    not_errors: int = 0
    rejected: int = 0
    records: int = 0

    @property
    def reconciled(self) -> bool:
        """True when no capture is missing and none was counted twice."""
        return self.captures == self.with_errors + self.not_errors + self.rejected

    def add(self, other: Counts) -> None:
        """Add other counts."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def to_dict(self) -> dict[str, int]:
        """Give the counts as plain data."""
        return {name: getattr(self, name) for name in _COUNTS}


_COUNTS = ("captures", "with_errors", "not_errors", "rejected", "records")


class Place(NamedTuple):
    """Where a record was found.

    Attributes:
        name: the input; empty where nobody knows.
        member: the file in an archive; empty where it is none.
        line: the line, from 1; 0 where nobody knows.

    Example:
        >>> str(Place("day.zip", "gw/a.ndjson", 12)), str(Place("body.xml"))
        ('day.zip: gw/a.ndjson:12', 'body.xml')
    """

    name: str = ""
    member: str = ""
    line: int = 0

    def __str__(self) -> str:
        """Give it as a person reads it."""
        file = f"{self.name}: {self.member}" if self.member else self.name
        return f"{file}:{self.line}" if self.line else file

    def to_dict(self) -> dict[str, Any]:
        """Give the place as plain data."""
        return {"name": self.name, "member": self.member or None, "line": self.line}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(data["name"], data.get("member") or "", data["line"])


_NOWHERE = Place()


class Kinds:
    """Counts of kinds without a known number, each with its first place, in bounded memory.

    Where there are more than some thousand kinds, every second one is left out, then every second one of
    the rest, by a checksum of its name; so it does not matter in which order parts are added, and what is
    counted is counted right.

    Attributes:
        halved: how many times half of the kinds were left out.
    """

    def __init__(self, counts: Mapping[str, tuple[int, Place]] | None = None, halved: int = 0) -> None:
        self._counts: dict[str, tuple[int, Place]] = dict(counts or {})
        self.halved = halved
        self._fit()

    def count(self, name: str, place: Place, times: int = 1) -> None:
        """Count a kind, and keep the first of its places."""
        known = self._counts.get(name)
        if known is not None:
            self._counts[name] = (known[0] + times, min(known[1], place))
        elif self._stays(name):
            self._counts[name] = (times, place)
            self._fit()

    def add(self, other: Kinds) -> None:
        """Add the kinds of another part."""
        self.halved = max(self.halved, other.halved)
        self._counts = {name: item for name, item in self._counts.items() if self._stays(name)}
        for name, (times, place) in other._counts.items():
            self.count(name, place, times)

    def _stays(self, name: str) -> bool:
        return not self.halved or zlib.crc32(name.encode("utf-8", "replace")) & ((1 << self.halved) - 1) == 0

    def _fit(self) -> None:
        while len(self._counts) > _MOST_KINDS:
            self.halved += 1
            self._counts = {name: item for name, item in self._counts.items() if self._stays(name)}

    def ranked(self) -> list[tuple[str, int, Place]]:
        """Give the kinds, the most frequent first, equals by name."""
        pairs = sorted(self._counts.items(), key=lambda pair: (-pair[1][0], pair[0]))
        return [(name, times, place) for name, (times, place) in pairs]

    def __eq__(self, other: object) -> bool:
        """Compare counts and places."""
        return isinstance(other, Kinds) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def to_dict(self) -> dict[str, Any]:
        """Give the kinds as plain data, ranked."""
        kinds = [
            {"name": name, "records": times, "place": place.to_dict()} for name, times, place in self.ranked()
        ]
        return {"halved": self.halved, "kinds": kinds}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        counts = {item["name"]: (item["records"], Place.from_dict(item["place"])) for item in data["kinds"]}
        return cls(counts, data["halved"])


@lru_cache(1024)
def _hour(number: int) -> str:
    """Write an hour since 1970. .NET writes 0001-01-01T00:00 for "never": east of UTC that is before it."""
    hour = _EPOCH + timedelta(hours=min(max(number, _FIRST_HOUR), _LAST_HOUR))
    return f"{hour.isoformat()[:13]}:00Z"


def _entry_of(record: ErrorRecord) -> str | None:
    if record.entry is None or record.match in {Match.STATUS, Match.NONE}:
        return None
    return record.entry.id


def _unknown_of(record: ErrorRecord) -> str | None:
    """Name a code that the catalog does not know, as far as it may be shown."""
    code = record.code
    found = record.match in {Match.EXACT, Match.MESSAGE}
    # `Generic Error` with QUEUE_ON_FIRE is found by its type: the constant is known to nobody. Not so
    # CF_GENERIC_UNSPECIFIED with 0, which say less than the type and stand behind it.
    by_type = record.entry is not None and record.entry.table == "type" and record.subcode is None
    if code is None or code in record.known_codes or (found and not by_type):
        return None
    return f"{record.vendor} {code if _SAFE_CODE.fullmatch(code) else _HIDDEN}"


class Kind(NamedTuple):
    """What a report tells of a record, but for its place and hour.

    Attributes:
        fingerprint: the fingerprint, and behind it the entry, or vendor and shape.
        vendor, category, decision, origin, shape: as the record has them.
        entry: the id of the catalog's entry, where it was found by what the vendor said.
        unknown: a code that the catalog does not know, as far as it may be shown.
    """

    fingerprint: str
    vendor: str
    category: Category
    decision: Decision
    origin: Origin
    shape: str
    entry: str | None
    unknown: str | None


def kind_of(record: ErrorRecord, fingerprint: str) -> Kind:
    """Give what a report tells of a record, of which the fingerprint is known."""
    entry = _entry_of(record)
    return Kind(
        f"{fingerprint} {entry or f'{record.vendor} {record.shape}'}",
        record.vendor,
        record.category,
        record.retry.decision,
        record.origin,
        record.shape,
        entry,
        _unknown_of(record),
    )


def place_of(source: Source | None) -> Place:
    """Give a place as a report tells it."""
    return Place(source.name or "", source.member or "", source.line or 0) if source else _NOWHERE


def hour_of(moment: datetime) -> int:
    """Give the hours since 1970."""
    if moment.tzinfo is UTC:
        return 24 * (moment.toordinal() - _FIRST_DAY) + moment.hour
    return int(moment.timestamp() // 3600)


@define(eq=True)
class Report:
    """The counts of a run, or of a part of one.

    Attributes:
        inputs: what became of the captures, by input.
        readers: how many pieces each reader read.
        errors: inputs that could not be opened or read to their end, each with why.
        tables: records by `vendor`, `category`, `retry`, `origin`, `shape`, `hour` (UTC; records without a
            moment are not in it), `code` (ids of the catalog's entries) and `lookup` (whether the catalog
            knows the code).
        unknown_codes: codes that the catalog does not know.
        fingerprints: kinds of errors: the fingerprint, and behind it the entry, or vendor and shape.
        fields: the members that the user maps, `body=/answer/text`, each with whether any capture has it.
        complete: False where the run was stopped, or goes on: these are the counts of what was done.

    Example:
        >>> import errnorm
        >>> report = Report()
        >>> report.open("a.ndjson", "ndjson")
        >>> report.add("a.ndjson", errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse"))
        >>> report.reject("a.ndjson")
        >>> report.total.to_dict()
        {'captures': 2, 'with_errors': 1, 'not_errors': 0, 'rejected': 1, 'records': 1}
        >>> report.tables["code"]
        Counter({'zoom-cobrowse:code/1016': 1})
    """

    inputs: dict[str, Counts] = field(factory=dict)
    readers: Counter[str] = field(factory=Counter)
    errors: list[tuple[str, str]] = field(factory=list)
    tables: dict[str, Counter[str]] = field(factory=lambda: {name: Counter() for name in _TABLES})
    unknown_codes: Kinds = field(factory=Kinds)
    fingerprints: Kinds = field(factory=Kinds)
    fields: dict[str, bool] = field(factory=dict)
    complete: bool = True

    def open(self, name: str, reader: str | None) -> None:
        """Name an input, and who reads it; None where it could not be opened."""
        self.inputs.setdefault(name, Counts())
        if reader:
            self.readers[reader] += 1

    def fail(self, name: str, why: str) -> None:
        """Note that an input could not be opened, or not be read to its end."""
        self.errors.append((name, why))

    def meet(self, fields: Mapping[str, bool]) -> None:
        """Note which of the mapped members captures have."""
        for name, is_there in fields.items():
            self.fields[name] = is_there or self.fields.get(name, False)

    def reject(self, name: str) -> None:
        """Count a capture that could not be read."""
        counts = self.inputs[name]
        counts.captures += 1
        counts.rejected += 1

    def pass_by(self, name: str) -> None:
        """Count a capture that is no error."""
        counts = self.inputs[name]
        counts.captures += 1
        counts.not_errors += 1

    def add(self, name: str, records: Iterable[ErrorRecord]) -> None:
        """Count a capture with its records."""
        counts = self.inputs[name]
        counts.captures += 1
        counts.with_errors += 1
        for record in records:
            self.add_kind(name, kind_of(record, record.fingerprint), 1, place_of(record.source))
            if record.occurred_at:
                self.add_hour(hour_of(record.occurred_at), 1)

    def add_hour(self, hour: int, records: int) -> None:
        """Count the records of an hour, counted since 1970."""
        self.tables["hour"][_hour(hour)] += records

    def add_kind(self, name: str, kind: Kind, times: int, place: Place) -> None:
        """Count records of a kind, the first of them at a place."""
        self.inputs[name].records += times
        tables = self.tables
        tables["vendor"][kind.vendor] += times
        tables["category"][kind.category.value] += times
        tables["retry"][kind.decision.value] += times
        tables["origin"][kind.origin.value] += times
        tables["shape"][kind.shape] += times
        if kind.entry:
            tables["code"][kind.entry] += times
        tables["lookup"]["unknown" if kind.unknown else "known" if kind.entry else "no code"] += times
        if kind.unknown:
            self.unknown_codes.count(kind.unknown, place, times)
        self.fingerprints.count(kind.fingerprint, place, times)

    def merge(self, other: Report) -> None:
        """Add the report of another part."""
        for name, counts in other.inputs.items():
            self.inputs.setdefault(name, Counts()).add(counts)
        self.readers.update(other.readers)
        self.errors += other.errors
        self.meet(other.fields)
        for name, table in other.tables.items():
            if table:
                self.tables[name].update(table)
        self.unknown_codes.add(other.unknown_codes)
        self.fingerprints.add(other.fingerprints)

    @property
    def total(self) -> Counts:
        """What became of the captures of all inputs."""
        whole = Counts()
        for counts in self.inputs.values():
            whole.add(counts)
        return whole

    @property
    def records(self) -> int:
        """How many records there are."""
        return sum(counts.records for counts in self.inputs.values())

    @property
    def lacking(self) -> list[str]:
        """A sentence for each member that the user maps and no capture has."""
        pairs = (name.split("=", 1) for name, is_there in self.fields.items() if not is_there)
        return [
            f"No capture has {text}, which is to be its {role}. Look in one for what it is called."
            for role, text in pairs
        ]

    @property
    def unreconciled(self) -> list[str]:
        """The inputs of which a capture is missing or was counted twice; none, unless errnorm has a bug."""
        return [name for name, counts in self.inputs.items() if not counts.reconciled]

    @property
    def reconciled(self) -> bool:
        """True when for every input no capture is missing and none was counted twice."""
        return not self.unreconciled

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain data; its JSON Schema is `errnorm schema report`."""
        ranked = {name: dict(_ranked(table, name)) for name, table in self.tables.items()}
        return {
            "schema_version": _VERSION,
            "complete": self.complete,
            "total": self.total.to_dict(),
            "reconciled": self.reconciled,
            "tables": ranked,
            "unknown_codes": self.unknown_codes.to_dict(),
            "fingerprints": self.fingerprints.to_dict(),
            "inputs": {name: counts.to_dict() for name, counts in self.inputs.items()},
            "readers": dict(sorted(self.readers.items())),
            "errors": [{"input": name, "why": why} for name, why in self.errors],
            "fields": dict(self.fields),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises:
            ValueError: when its captures do not add up.
        """
        report = cls(
            inputs={name: Counts(**counts) for name, counts in data["inputs"].items()},
            readers=Counter(data["readers"]),
            errors=[(item["input"], item["why"]) for item in data["errors"]],
            tables={name: Counter(data["tables"][name]) for name in _TABLES},
            unknown_codes=Kinds.from_dict(data["unknown_codes"]),
            fingerprints=Kinds.from_dict(data["fingerprints"]),
            fields=dict(data.get("fields", {})),
            complete=data.get("complete", True),
        )
        if not report.reconciled or report.total.to_dict() != data["total"]:
            raise ValueError(
                "The captures of this report do not add up. Write it anew with `errnorm batch --report`."
            )
        return report


def _ranked(table: Counter[str], name: str) -> list[tuple[str, int]]:
    """Sort hours by time, all else by count."""
    by_count = sorted(table.items(), key=lambda pair: (-pair[1], pair[0]))
    return sorted((str(key), count) for key, count in by_count) if name == "hour" else by_count


# Policies -------------------------------------------------------------------------------------------------

_COMPARE = {">": gt, ">=": ge, "<": lt, "<=": le, "==": eq, "!=": ne}
_POLICY = re.compile(
    r"\s*+([a-z_]++)(?::([^\s<>=!]++))?+\s*+(>=|<=|==|!=|>|<)\s*+(\d++(?:\.\d++)?+)\s*+(%?+)\s*+"
)
_WORDS: dict[str, Collection[str]] = {
    "category": [str(word) for word in Category],
    "retry": [str(word) for word in Decision],
    "origin": [str(word) for word in Origin],
}
_OF_CAPTURES = ("with_errors", "not_errors", "rejected")
_GRAMMAR = (
    "Write SUBJECT OP NUMBER, with % for a share: unknown>1%, category:authentication>0, rejected>=10. "
    "Subjects: captures, with_errors, not_errors, rejected, input_errors, records, unknown (records of no "
    "known vendor), unknown_codes, vendor:NAME, category:WORD, retry:WORD, origin:WORD, code:ID. "
    "Operators: > >= < <= == !=."
)


@frozen
class _Subject:
    """What a policy looks at: how many, and of how many."""

    table: str
    name: str | None

    def of(self, report: Report) -> tuple[int, int]:
        total = report.total
        if self.name is not None:
            return report.tables[self.table][self.name], total.records
        if self.table == "unknown":
            return report.tables["vendor"]["unknown"], total.records
        if self.table == "unknown_codes":
            return report.tables["lookup"]["unknown"], total.records
        if self.table == "input_errors":
            return len(report.errors), len(report.inputs)
        return int(getattr(total, self.table)), total.captures


def condition(text: str, words: Mapping[str, Collection[str]] | None = None) -> Callable[[Report], bool]:
    """Read a policy such as `unknown>1%`.

    The form is `SUBJECT OP NUMBER[%]`. A share is one of all records; that of `with_errors`, `not_errors`
    and `rejected` is one of all captures, that of `input_errors` one of all inputs. Of nothing every share
    is 0 %.

    Args:
        text: the policy.
        words: the names that there are, by subject: `{"vendor": [...], "code": [...]}`; any where not given.

    Returns:
        What tells whether a report meets it.

    Raises:
        ValueError: when it is none, with what it may be.

    Example:
        >>> holds = condition("category:authentication > 0")
        >>> holds(Report())
        False
    """
    found = _POLICY.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no policy. {_GRAMMAR}")
    subject, compare = _subject(text, found[1], found[2], _WORDS | dict(words or {})), _COMPARE[found[3]]
    bound, is_share = float(found[4]), bool(found[5])
    if is_share and subject.table in {"captures", "records"} and subject.name is None:
        raise ValueError(f"{text!r}: {subject.table} are a number and no share of anything. {_GRAMMAR}")

    def holds(report: Report) -> bool:
        part, whole = subject.of(report)
        return bool(
            compare(100 * part / whole if whole else 0.0, bound) if is_share else compare(part, bound)
        )

    return holds


def _subject(text: str, table: str, name: str | None, words: Mapping[str, Collection[str]]) -> _Subject:
    plain = ("captures", *_OF_CAPTURES, "input_errors", "records", "unknown", "unknown_codes")
    named = ("vendor", "category", "retry", "origin", "code")
    if table not in (plain if name is None else named):
        raise ValueError(
            f"{text!r}: there is no subject {table if name is None else f'{table}:{name}'!r}. {_GRAMMAR}"
        )
    if name is not None and name not in words.get(table, [name]):
        raise ValueError(f"{text!r}: there is no {table} {name!r}. {_advice(table, name, words[table])}")
    return _Subject(table, name)


def _advice(table: str, name: str, words: Collection[str]) -> str:
    if table != "code":
        return f"There are: {', '.join(words)}."
    near = sorted(word for word in words if word.rpartition("/")[2].lower() == name.lower())
    return f"Write {' or '.join(near[:3])}." if near else "List them with `errnorm codes`."


# For a person ---------------------------------------------------------------------------------------------

_ROWS = 5
_BARS = "▁▂▃▄▅▆▇█"
_MOST_HOURS = 48
_STOPPED = "Stopped before the end: what follows counts what was done, and no more."


def show(report: Report) -> None:
    """Print a report on standard error, in one screen; plain where that is no terminal."""
    from rich.console import Console  # noqa: PLC0415 - an extra, and 30 ms of import

    console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
    for line in _lines(report):
        console.print(
            printable(line), style="bold" if line and not line.startswith(" ") else None, markup=False
        )


def _lines(report: Report) -> list[str]:
    total = report.total
    parts = f"{total.with_errors:,} with errors + {total.not_errors:,} without + {total.rejected:,} rejected"
    lines = [] if report.complete else [_STOPPED]
    lines += [f"{total.captures:,} captures = {parts}; {total.records:,} records"]
    for title, table in (
        ("Vendor", "vendor"),
        ("Category", "category"),
        ("Retry", "retry"),
        ("Origin", "origin"),
    ):
        lines += _table_line(title, report.tables[table], total.records)
    lines += _ranking("Codes", [(name, count, "") for name, count in _ranked(report.tables["code"], "code")])
    unknown = [(name, count, str(place)) for name, count, place in report.unknown_codes.ranked()]
    lines += _ranking("Codes that the catalog does not know", unknown)
    kinds = [(name, count, str(place)) for name, count, place in report.fingerprints.ranked()]
    lines += _ranking("Kinds of errors", kinds[:3] if len(kinds) > 1 else [])
    lines += _hours(report.tables["hour"])
    rejected = [(name, counts.rejected, "") for name, counts in report.inputs.items() if counts.rejected]
    lines += _ranking(
        "Rejected; --rejects FILE keeps them", sorted(rejected, key=itemgetter(1), reverse=True)
    )
    failed = report.errors[:_ROWS]
    told = {name for name, _ in report.errors}
    empty = [name for name, counts in report.inputs.items() if not counts.captures and name not in told]
    more = f" and {len(empty) - _ROWS} more" if len(empty) > _ROWS else ""
    lines += [f"Nothing was found in {', '.join(empty[:_ROWS])}{more}"] if empty else []
    lines += (
        ["Inputs that could not be read", *(f"  {name}: {why}" for name, why in failed)] if failed else []
    )
    lines += report.lacking
    return lines


def _table_line(title: str, table: Counter[str], records: int) -> list[str]:
    if not table:
        return []
    shown = _ranked(table, title)[:_ROWS]
    words = ", ".join(f"{name} {count:,} ({100 * count / records:.0f} %)" for name, count in shown)
    more = f", {len(table) - len(shown)} more" if len(table) > len(shown) else ""
    return [f"{title}", f"  {words}{more}"]


def _ranking(title: str, rows: list[tuple[str, int, str]]) -> list[str]:
    if not rows:
        return []
    width = max(len(f"{count:,}") for _, count, _ in rows[:_ROWS])
    lines = [
        f"  {count:>{width},}  {name}{f'  {place}' if place else ''}" for name, count, place in rows[:_ROWS]
    ]
    more = f"{title} ({_ROWS} of {len(rows)})" if len(rows) > _ROWS else title
    return [more, *lines]


def _hours(table: Counter[str]) -> list[str]:
    """Draw the records of each hour, quiet hours between two busy ones included."""
    if not table:
        return []
    hours = sorted(table.items())[-_MOST_HOURS:]
    top = max(count for _, count in hours)
    bars = "".join(_BARS[(count * (len(_BARS) - 1)) // top] for _, count in hours)
    return ["By hour", f"  {hours[0][0]} {bars} {hours[-1][0]}, at most {top:,}"]
