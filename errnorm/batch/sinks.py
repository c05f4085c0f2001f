"""Where records go: NDJSON, CSV or Parquet, each a value of small functions.

All three are first written aside as bytes that can be cut off anywhere between two records, which is what
lets a killed run go on. What stands aside becomes the file in one move, so a reader never sees half of one;
Parquet, whose index stands at its end, is made from the lines at that moment, some hundred at a time.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import orjson
from attrs import frozen

from errnorm.batch.encode import Encoder
from errnorm.batch.journal import can_stand_aside
from errnorm.exceptions import InvalidArgument
from errnorm.record import ErrorRecord, RawForm

__all__ = ["SINKS", "Sink", "parquet_schema", "sink_named", "sink_of", "table_of"]

_CACHE_BYTES = 4 << 20
# Lines under such a name, an `errors.ndjson.gz` that is not packed, open nowhere.
_PACKED = {".gz", ".bz2", ".xz", ".zst", ".zip", ".7z", ".tar", ".tgz"}
_OTHERS = _PACKED | {
    ".xlsx",
    ".xls",
    ".ods",
    ".tsv",
    ".html",
    ".xml",
    ".yaml",
    ".pdf",
    ".avro",
    ".arrow",
    ".db",
}
Encode = Callable[[Sequence[ErrorRecord]], bytes]


@frozen
class Sink:
    """A form of output.

    Attributes:
        name: as `--to` takes it.
        suffixes: by which a file name chooses it.
        encoder: gives, for a way to write bodies, what turns records into bytes to append.
        header: gives the bytes before the first record.
        finish: makes the file at the second path from what was written at the first, which then is gone.
        needs_file: it cannot be written to standard output.
        is_lines: what its encoder gives are the lines of `Encoder`.
    """

    name: str
    suffixes: tuple[str, ...]
    encoder: Callable[[RawForm], Encode]
    header: Callable[[RawForm], bytes]
    finish: Callable[[Path, Path], None]
    needs_file: bool = False
    is_lines: bool = False

    @property
    def cache_size(self) -> int:
        """How much a normalizer should remember: nothing where lines are, which tell as much."""
        return 0 if self.is_lines else _CACHE_BYTES


def sink_named(name: str) -> Sink:
    """Give the form of this name.

    Raises:
        InvalidArgument: when there is none.

    Example:
        >>> sink_named("csv").suffixes
        ('.csv',)
    """
    found = next((sink for sink in SINKS if sink.name == name), None)
    if found is None:
        names = ", ".join(sink.name for sink in SINKS)
        raise InvalidArgument(f"There is no form of output {name!r}. There are: {names}.")
    return found


def sink_of(output: str | os.PathLike[str] | None, to: str | None = None) -> Sink:
    """Give the form for an output: the one that is named, else by the file's suffix, else NDJSON.

    Args:
        output: the file; None for standard output.
        to: the name of a form.

    Returns:
        The form.

    Raises:
        InvalidArgument: when there is no such form, when the file's suffix is that of another one, or when
            it needs a file or a package that is not there.

    Example:
        >>> sink_of("errors.csv").name, sink_of("errors.log").name, sink_of(None).name
        ('csv', 'ndjson', 'ndjson')
    """
    sink = sink_named(to) if to else _by_suffix(Path(output or "").suffix.lower())
    if sink.needs_file:
        if output is None or not can_stand_aside(Path(output)):
            raise InvalidArgument(f"The form {sink.name} cannot be written to a pipe. Name a file with -o.")
        _pyarrow()
    return sink


def _by_suffix(suffix: str) -> Sink:
    if suffix in _OTHERS:
        known = ", ".join(suffix for sink in SINKS for suffix in sink.suffixes)
        names = ", ".join(sink.name for sink in SINKS)
        raise InvalidArgument(
            f"No form of output has the suffix {suffix!r}. Use {known}, or name the form: {names}."
        )
    return next((sink for sink in SINKS if suffix in sink.suffixes), NDJSON)


def _nothing(_: RawForm) -> bytes:
    return b""


def _moved(part: Path, path: Path) -> None:
    part.replace(path)


def _lines(raw: RawForm) -> Encode:
    line = Encoder(raw).line
    return lambda records: b"".join(map(line, records))


# CSV ------------------------------------------------------------------------------------------------------

# A column is a member of the record's dict, or a member of one of its members; what is nested deeper is JSON.
_COLUMNS = (
    *("schema_version", "vendor", "shape", "type", "code", "subcode", "message", "target", "status"),
    *("category", "severity", "origin", "match", "fingerprint", "occurred_at", "index", "total"),
    *(
        "retry.decision",
        "retry.scope",
        "retry.delay",
        "retry.not_before",
        "retry.delay_source",
        "retry.basis",
    ),
    *("entry.id", "entry.title", "entry.docs_url"),
    *("source.name", "source.member", "source.line", "source.offset", "source.time"),
    *("ids", "extra", "problems", "redactions"),
)
_PATHS = tuple(tuple(column.split(".")) for column in _COLUMNS)
_RAW_PATHS = (("raw", "size"), ("raw", "charset"), ("raw", "from_object"), ("raw", "text"), ("raw", "base64"))


def _paths(raw: RawForm) -> tuple[tuple[str, ...], ...]:
    return _PATHS if raw == "omit" else (*_PATHS, *_RAW_PATHS)


def _csv_header(raw: RawForm) -> bytes:
    return _csv_rows([[".".join(path) for path in _paths(raw)]])


def _csv_encoder(raw: RawForm) -> Encode:
    paths = _paths(raw)

    def encode(records: Sequence[ErrorRecord]) -> bytes:
        return _csv_rows([_cell(data, path) for path in paths] for data in _dicts(records, raw))

    return encode


def _dicts(records: Iterable[ErrorRecord], raw: RawForm) -> Iterator[dict[str, Any]]:
    return (record.to_dict(raw=raw) for record in records)


def _csv_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as RFC 4180 has them, but with a line feed alone: awk and grep read them as well."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(data: dict[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - what a cell may hold
    value: Any = data.get(path[0])
    if len(path) > 1:
        value = value.get(path[1]) if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value


# Parquet --------------------------------------------------------------------------------------------------

_BYTES_AT_ONCE = 1 << 20
_GROUP_ROWS = 10_000
_GROUP_BYTES = 1 << 24
_NO_PYARROW = "Parquet needs the package pyarrow. Install it: pip install 'errnorm[parquet]'."


def _pyarrow() -> Any:  # noqa: ANN401 - a module
    try:
        import_module("pyarrow.parquet")  # an extra, and 200 ms of import
        return import_module("pyarrow")
    except ImportError:
        raise InvalidArgument(_NO_PYARROW) from None


def parquet_schema() -> Any:  # noqa: ANN401 - a pyarrow.Schema
    """Give the schema of the Parquet form: the same for every file, whatever stands in it.

    Moments are UTC to the microsecond; `extra`, which may hold anything, is JSON.

    Raises:
        InvalidArgument: when pyarrow is not installed.
    """
    pa = _pyarrow()
    text, number, moment = pa.string(), pa.int64(), pa.timestamp("us", "UTC")
    named = {
        **dict.fromkeys(_COLUMNS[:8], text),
        "status": pa.int32(),
        **dict.fromkeys(("category", "severity", "origin", "match", "fingerprint"), text),
        "occurred_at": moment,
        "index": pa.int32(),
        "total": pa.int32(),
        "retry": _struct(pa, "retry", {"delay": pa.float64(), "not_before": moment}),
        "entry": _struct(pa, "entry", {}),
        "source": _struct(pa, "source", {"line": number, "offset": number}),
        "ids": pa.map_(text, text),
        "extra": text,
        "problems": pa.list_(pa.struct([(name, text) for name in ("code", "severity", "message", "where")])),
        "redactions": pa.list_(
            pa.struct([("path", text), ("rule", text), ("action", text), ("length", pa.int32())])
        ),
        "raw": pa.struct(
            [
                ("size", number),
                ("charset", text),
                ("from_object", pa.bool_()),
                ("text", text),
                ("base64", text),
            ]
        ),
    }
    return pa.schema(list(named.items()))


def _struct(pa: Any, name: str, kinds: dict[str, Any]) -> Any:  # noqa: ANN401 - pyarrow and its type
    members = [path[1] for path in _PATHS if path[0] == name and len(path) > 1]
    return pa.struct([(member, kinds.get(member, pa.string())) for member in members])


def _to_parquet(part: Path, path: Path) -> None:
    """Make the file from the lines aside, beside its place, and move it there when it is whole."""
    pa = _pyarrow()
    schema = parquet_schema()
    made = path.with_name(f"{path.name}.making")
    with part.open("rb") as lines, made.open("wb") as file:
        with pa.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            for group in _groups(_tables(lines)):
                writer.write_table(pa.concat_tables(group))
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
    part.unlink()


def table_of(lines: IO[bytes]) -> Any:  # noqa: ANN401 - a pyarrow.Table
    """Give the lines of records as a table with the schema of the Parquet form."""
    parts = [*_tables(lines)]
    return _pyarrow().concat_tables(parts) if parts else parquet_schema().empty_table()


def _tables(lines: IO[bytes]) -> Iterator[Any]:
    """Give the lines as tables, few at a time: as objects of Python they take ten times the memory."""
    pa, schema = _pyarrow(), parquet_schema()
    while batch := lines.readlines(_BYTES_AT_ONCE):
        yield pa.Table.from_pylist([_row(orjson.loads(line)) for line in batch], schema=schema)


def _groups(tables: Iterable[Any]) -> Iterator[list[Any]]:
    """Put tables together until they are enough for a group of rows: who reads a file skips whole groups."""
    group: list[Any] = []
    for table in tables:
        group.append(table)
        if (
            sum(part.num_rows for part in group) >= _GROUP_ROWS
            or sum(p.nbytes for p in group) >= _GROUP_BYTES
        ):
            yield group
            group = []
    if group:
        yield group


def _row(data: dict[str, Any]) -> dict[str, Any]:
    retry = data["retry"]
    return data | {
        "occurred_at": _moment(data["occurred_at"]),
        "retry": retry | {"not_before": _moment(retry["not_before"])},
        "ids": list(data["ids"].items()),
        "extra": orjson.dumps(data["extra"]).decode(),
        "redactions": data.get("redactions", ()),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


NDJSON = Sink("ndjson", (".ndjson", ".jsonl", ".json"), _lines, _nothing, _moved, is_lines=True)

SINKS = (
    NDJSON,
    Sink("csv", (".csv",), _csv_encoder, _csv_header, _moved),
    Sink("parquet", (".parquet", ".pq"), _lines, _nothing, _to_parquet, needs_file=True, is_lines=True),
)
