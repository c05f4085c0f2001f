"""Columns in, columns out: the records of a table are those of its bodies, whoever calls."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from corpus import cases

import errnorm
from errnorm.batch.sinks import parquet_schema
from errnorm.exceptions import InvalidArgument
from errnorm.redaction import CONTACT_CENTER

pa = pytest.importorskip("pyarrow", reason="pyarrow is an extra")
arrow = pytest.importorskip("errnorm.batch.arrow", reason="pyarrow is an extra")

SENT = [case for case in cases("well-formed", "several-errors") if case.given.get("status")][:40]
MOMENT = datetime(2026, 11, 21, 10, tzinfo=UTC)
ROWS = [
    {
        "body": case.body,
        "status": case.given["status"],
        "url": case.given.get("url"),
        "headers": [("X-Request-Id", f"r-{number}")],
        "time": MOMENT,
    }
    for number, case in enumerate(SENT * 2)
]
SCHEMA = pa.schema(
    {
        "body": pa.binary(),
        "status": pa.int32(),
        "url": pa.string(),
        "headers": pa.map_(pa.string(), pa.string()),
        "time": pa.timestamp("us", "UTC"),
    }
)


def captures() -> Any:
    """Give captures as a table."""
    return pa.Table.from_pylist(ROWS, schema=SCHEMA)


def expected() -> list[tuple[int, str, str | None]]:
    """Give row, fingerprint and request id of each record, as the library call tells them."""
    return [
        (line, record.fingerprint, record.ids.get("request"))
        for line, row in enumerate(ROWS, 1)
        for record in errnorm.normalize(
            row["body"], status=row["status"], url=row["url"], headers=row["headers"]
        )
    ]


def told(table: Any) -> list[tuple[int, str, str | None]]:
    """Give the same of a table of records."""
    return [
        (row["source"]["line"], row["fingerprint"], dict(row["ids"]).get("request"))
        for row in table.to_pylist()
    ]


def test_a_table_of_captures_gives_a_table_of_records():
    """Bytes, maps and moments are understood; the records are those of the library call, with their row."""
    records = arrow.Records()
    table = records.table(captures())

    assert told(table) == expected()
    assert table.schema.equals(parquet_schema())
    assert set(table["occurred_at"].to_pylist()) == {MOMENT}
    assert records.report.total.captures == len(ROWS)
    assert records.report.reconciled


def test_batches_come_and_go_one_by_one():
    """An iterator of batches gives an iterator of batches, as mapInArrow asks, also after pickling."""
    records = pickle.loads(pickle.dumps(arrow.Records()))
    batches = list(records(iter(captures().to_batches(max_chunksize=7))))

    assert all(isinstance(batch, pa.RecordBatch) for batch in batches)
    assert told(pa.Table.from_batches(batches, arrow.schema())) == expected()


def test_a_reader_tells_its_schema_before_it_is_read():
    """Engines that ask for a reader get one, and nothing is read ahead."""
    reader = arrow.Records().reader(iter(captures().to_batches()))

    assert reader.schema.equals(arrow.schema())
    assert told(reader.read_all()) == expected()


def test_columns_may_be_named():
    """A column, or a member of a struct, is taken for what the caller says."""
    rows = [{"answer": {"text": "", "code": 503}, "who": "cisco-finesse"}]
    fields = {"body": "/answer/text", "status": "/answer/code", "vendor": "who"}
    (record,) = arrow.Records(fields=fields).table(pa.Table.from_pylist(rows)).to_pylist()

    assert (record["vendor"], record["status"]) == ("cisco-finesse", 503)
    with pytest.raises(InvalidArgument, match=r"There is no column 'answer' for body\. There are: body"):
        arrow.Records(fields=fields).table(captures())
    with pytest.raises(InvalidArgument, match="There is no member 'boddy'"):
        arrow.Records(fields={"boddy": "answer"})


def test_nothing_is_lost():
    """A row that cannot be read is told, one that is no error is counted, and the rest are records."""
    told_of: list[dict[str, Any]] = []
    records = arrow.Records(
        fields={"body": "body", "vendor": "who", "status": "status"}, on_reject=told_of.append
    )
    rows = [
        {"body": "x", "who": "nobody", "status": 500},
        {"body": "", "who": None, "status": 200},
        {"body": None, "who": None, "status": 503},
    ]
    table = records.table(pa.Table.from_pylist(rows))

    assert [row["source"]["line"] for row in table.to_pylist()] == [3]
    assert [(item["source"]["line"], item["text"]) for item in told_of] == [(1, "x")]
    assert "nobody" not in told_of[0]["reason"]
    assert records.report.total.to_dict() == {
        "captures": 3,
        "with_errors": 1,
        "not_errors": 1,
        "rejected": 1,
        "records": 1,
    }


ODD = {
    "nanoseconds": pa.array([1_795_255_200_123_456_789], pa.timestamp("ns", "UTC")),
    "beyond the year 9999": pa.array([600_000_000_000], pa.timestamp("s", "UTC")),
    "a day beyond the year 9999": pa.array([3_000_000], pa.date32()),
    "a zone of nobody": pa.array([1_795_255_200], pa.timestamp("s", "Nowhere/At-All")),
    "a time of day": pa.array([1], pa.time64("ns")),
    "a span of time": pa.array([1], pa.duration("ns")),
    "a struct": pa.array([{"at": 1}], pa.struct([("at", pa.timestamp("ns"))])),
    "a struct beyond the year 9999": pa.array(
        [{"at": 600_000_000_000}], pa.struct([("at", pa.timestamp("s"))])
    ),
    "a list": pa.array([[1]], pa.list_(pa.timestamp("ns"))),
    "a map": pa.array([[("at", 1)]], pa.map_(pa.string(), pa.timestamp("ns"))),
    "a decimal": pa.array([Decimal("1795255200.125")]),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("column", ["time", "headers", "url", "other"])
def test_no_value_of_a_column_ends_the_work(name: str, column: str):
    """Whatever Python has no value for stands in a column, the body beside it becomes its record."""
    captured = pa.table({"status": [503], "body": ["<ApiErrors/>"], column: ODD[name]})
    records = arrow.Records()
    (record,) = records.table(captured).to_pylist()

    assert (record["status"], record["source"]["line"]) == (503, 1)
    assert records.report.reconciled


def test_a_moment_in_nanoseconds_is_told_in_microseconds():
    """Python has no nanoseconds; a moment that it has no value for at all stays a text."""
    times = ("nanoseconds", "beyond the year 9999", "a decimal")
    tables = [pa.table({"status": [503], "body": [""], "time": ODD[name]}) for name in times]
    whole, far, decimal = [arrow.Records().table(table).to_pylist()[0] for table in tables]

    assert whole["occurred_at"] == datetime(2026, 11, 21, 10, 0, 0, 123456, UTC)
    assert (far["occurred_at"], far["source"]["time"]) == (None, "20983-03-30 10:40:00.000000Z")
    assert decimal["occurred_at"] == datetime(2026, 11, 21, 10, 0, 0, 125000, UTC)


def test_a_text_that_is_no_utf8_is_a_body_of_bytes():
    """A column of texts may hold other bytes; the rows beside it stay texts."""
    offsets = pa.array([0, 1, 3], pa.int32()).buffers()[1]
    bodies = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"a\xfcb")])
    table = arrow.Records(raw="text").table(pa.table({"status": [500, 500], "body": bodies}))

    assert [row["message"] for row in table.to_pylist()] == ["a", "üb"]


def test_an_export_without_log_records_is_no_error():
    """A column `resourceLogs` may hold anything; a row without a record in it is counted."""
    records = arrow.Records()
    table = records.table(pa.table({"resourceLogs": [[{"a": 1}], []], "status": [500, 500]}))

    assert table.num_rows == 0
    assert records.report.total.not_errors == 2


def test_a_policy_and_bodies_are_columns_too():
    """What a policy took out is told, and the bodies go along where asked for."""
    rows = [{"status": 404, "url": "/x", "body": "<p>No device for agent1001@finesse.example.com</p>"}]
    records = arrow.Records(policy=CONTACT_CENTER, raw="text")
    (record,) = records.table(pa.Table.from_pylist(rows)).to_pylist()

    assert {item["rule"] for item in record["redactions"]} == {"email"}
    assert "agent1001" not in json.dumps(record, default=str)
    assert record["raw"]["text"] == "<p>No device for [email]</p>"


def test_a_table_without_rows_has_the_schema():
    """Nothing in, nothing out, with all columns."""
    assert arrow.Records().table(SCHEMA.empty_table()).schema.equals(arrow.schema())


def test_a_query_of_duckdb_goes_through():
    """A real engine reads captures, sends them through, and asks the records."""
    duckdb = pytest.importorskip("duckdb", reason="the engine is of the dev group alone")
    connection, other = duckdb.connect(), duckdb.connect()  # one has a result open, the other asks
    rows = connection.from_arrow(captures()).filter("status >= 400").select("body, status, url, time")
    records = other.from_arrow(arrow.Records().reader(rows.to_arrow_reader(16)))
    counted = records.aggregate("vendor, count(*)").fetchall()
    alone = [
        record.vendor
        for row in ROWS
        if row["status"] >= 400
        for record in errnorm.normalize(row["body"], status=row["status"], url=row["url"])
    ]

    assert dict(counted) == {vendor: alone.count(vendor) for vendor in set(alone)}
