"""Columns in, columns out: a batch as a function that engines call on Arrow record batches.

    frame.mapInArrow(Records(), from_arrow_schema(schema()))                     # Spark
    dataset.map_batches(Records().table, batch_format="pyarrow")                 # Ray Data
    other.from_arrow(Records().reader(relation.to_arrow_reader()))               # DuckDB
    polars.from_arrow(Records().table(frame.to_arrow()))                         # Polars

Each row is a capture, its columns are found as the members of an object are. A row gives as many records as
its body holds errors, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time, tzinfo
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

import orjson

from errnorm.batch.capture import Found, NotError, Stream
from errnorm.batch.names import mapped, paths_of
from errnorm.batch.report import Report
from errnorm.batch.rows import found_in
from errnorm.batch.sinks import parquet_schema, table_of
from errnorm.batch.tasks import Task
from errnorm.batch.times import a_zone
from errnorm.batch.work import Settings, Work
from errnorm.exceptions import InvalidArgument
from errnorm.normalizer import Normalizer
from errnorm.record import RawForm

if TYPE_CHECKING:
    from errnorm.redaction import Policy

__all__ = ["Records", "schema"]

Batch = Any
"""A pyarrow.RecordBatch; pyarrow brings no types."""
Table = Any
"""A pyarrow.Table."""

_NAME = "arrow"
_OWN = ("report", "_work", "_line")
# Of a time beyond the year 9999, of a zone that nobody knows, of text that is no UTF-8.
_NOT_PYTHON = (OverflowError, ValueError, LookupError)


def schema() -> Any:  # noqa: ANN401 - a pyarrow.Schema
    """Give the schema of the records: that of the Parquet form, the same whatever stands in them.

    Raises:
        InvalidArgument: when pyarrow is not installed.

    Example:
        >>> schema().field("code").type
        DataType(string)
    """
    return parquet_schema()


class Records:
    """Turns captures into records, both as Arrow columns; it can be pickled and sent to where the data is.

    Args:
        fields: which column holds which member, `{"body": "answer"}`, or a JSON pointer into a struct or
            list, `{"body": "/response/body"}`; without it the usual names are looked for.
        zone: the zone of times that name none; without it they stay texts.
        raw: whether and how the body goes with a record: `omit`, `text`, `base64`.
        policy: what is taken out of records, such as `errnorm.redaction.CONTACT_CENTER`.
        normalizer: who reads the bodies.
        on_reject: is given each row that could not be read, as a line of a file of rejects says it; such
            as one whose `vendor` nobody knows.

    Attributes:
        report: the counts of what this object, in this process, was given so far.

    Raises:
        InvalidArgument: when there is no such member, zone or form of body, or pyarrow is not installed.

    Example:
        >>> import pyarrow as pa
        >>> captures = pa.table({"status": [503, 200], "url": ["/finesse/api/User", "/x"], "body": ["", ""]})
        >>> Records().table(captures).select(["vendor", "category"]).to_pylist()
        [{'vendor': 'cisco-finesse', 'category': 'unavailable'}]
    """

    def __init__(  # noqa: PLR0913 - keywords: how to read
        self,
        *,
        fields: Mapping[str, str] | None = None,
        zone: tzinfo | None = None,
        raw: RawForm = "omit",
        policy: Policy | None = None,
        normalizer: Normalizer | None = None,
        on_reject: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self._fields = mapped(fields)
        self._zone = a_zone(zone)
        self._on_reject = on_reject
        normalizer = normalizer or Normalizer(cache_size=0)  # the work remembers what comes again
        self._settings = Settings(normalizer=normalizer, raw=raw, policy=policy)
        schema()  # without pyarrow it says so now, not where the data is
        self._begin()

    def _begin(self) -> None:
        self.report = Report()
        self._work = Work(self._settings)
        self._line = 1

    def __getstate__(self) -> dict[str, Any]:
        """Pickle how to read, not what was read."""
        return {name: value for name, value in self.__dict__.items() if name not in _OWN}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin anew where it was sent to."""
        self.__dict__.update(state)
        self._begin()

    def __call__(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Turn record batches of captures into record batches of records, as they come.

        Args:
            batches: captures, one a row.

        Yields:
            Records, with the columns of `schema()`; nothing for a batch without an error.

        Raises:
            InvalidArgument: when a column that *fields* names is not there.
        """
        for batch in batches:
            yield from self.table(batch).to_batches()

    def reader(self, batches: Iterable[Batch]) -> Any:  # noqa: ANN401 - a pyarrow.RecordBatchReader
        """Do the same for engines that ask for a reader, which tells its schema."""
        return import_module("pyarrow").RecordBatchReader.from_batches(schema(), self(batches))

    def table(self, captures: Table | Batch) -> Table:
        """Turn a table or record batch of captures into a table of records.

        Args:
            captures: one a row; `source.line` counts the rows that this object was given, from 1.

        Raises:
            InvalidArgument: when a column that *fields* names is not there.
        """
        self._check(captures.schema.names)
        done = self._work(Task(input=_NAME, reader=_NAME, found=tuple(self._found(_rows(captures)))))
        self.report.merge(done.report)
        if self._on_reject:
            for line in done.rejects.splitlines():
                self._on_reject(orjson.loads(line))
        return table_of(BytesIO(b"".join(done.output)))

    def _check(self, columns: list[str]) -> None:
        for role, text in self._fields.items():
            named = [path[0] for path in paths_of(text)]
            if not {*named} & {*columns}:
                raise InvalidArgument(
                    f"There is no column {named[0]!r} for {role}. There are: {', '.join(columns)}."
                )

    def _found(self, rows: Iterable[dict[str, Any]]) -> Iterator[Found]:
        stream = Stream(BytesIO(), _NAME, fields=self._fields, zone=self._zone)
        for row in rows:
            item = {name: _plain(value) for name, value in row.items()}
            # An array or an export of OpenTelemetry holds several; a row is one capture.
            found = found_in(item, stream, None, self._line, None)
            yield next(iter(found), NotError(stream.source(self._line)))
            self._line += 1


def _rows(captures: Table | Batch) -> Iterator[dict[str, Any]]:
    """Give each row by the names of its columns."""
    for cells in zip(*map(_cells, captures.columns), strict=True):
        yield dict(zip(captures.schema.names, cells, strict=True))


def _cells(column: Any) -> list[Any]:  # noqa: ANN401 - a pyarrow.Array or ChunkedArray
    """Give the cells of a column as Python has them, one by one where one of them is none."""
    kind = _in_micros(column.type)
    column = column if kind == column.type else column.cast(kind, safe=False)
    try:
        return column.to_pylist()  # type: ignore[no-any-return]
    except _NOT_PYTHON:
        return [_cell(column.slice(row, 1)) for row in range(len(column))]


def _cell(cells: Any) -> Any:  # noqa: ANN401 - an array of one in, what it holds out
    """Give a cell; one that Python has no value for, such as the year 20983, as Arrow prints it."""
    pa = import_module("pyarrow")
    try:
        return cells.to_pylist()[0]
    except _NOT_PYTHON:
        if cells.type in {pa.string(), pa.large_string()}:
            return cells.cast(pa.large_binary()).to_pylist()[0]  # the bytes are no UTF-8
        return cells.to_string().strip("[] \n")


def _in_micros(kind: Any) -> Any:  # noqa: ANN401 - a pyarrow.DataType
    """Give a type with times in microseconds: without pandas, Python has no nanoseconds."""
    pa = import_module("pyarrow")
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if pa.types.is_time64(kind):
        return pa.time64("us")
    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_in_micros(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, _in_micros(kind.item_type))
    return pa.list_(_in_micros(kind.value_type)) if pa.types.is_list(kind) else kind


def _plain(value: Any) -> Any:  # noqa: ANN401 - what a cell may hold
    """Give a cell as JSON would have it; what is bytes stays bytes, for it may be a body."""
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return dict(value)  # a map
    return value
