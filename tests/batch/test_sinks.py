"""Sinks: each form holds every record whole, can be cut and gone on with, and appears in one move."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from corpus import cases

import errnorm
from errnorm.batch.sinks import SINKS, Sink, parquet_schema, sink_named, sink_of
from errnorm.exceptions import InvalidArgument
from errnorm.redaction import CONTACT_CENTER

RECORDS = [
    record
    for case in cases()[::3]
    for record in errnorm.normalize(
        case.body,
        **case.given,
        source=errnorm.Source(name="caf\udce9.log", line=3, offset=7),
        occurred_at=datetime(2026, 11, 21, 9, 15, 30, 123456, UTC),
    )
]
RECORDS += [record.redacted(CONTACT_CENTER) for record in RECORDS[::5]]
RAW_FORMS = ["omit", "text", "base64"]


def written(sink: Sink, path: Path, raw: Any = "omit") -> Path:
    """Write all records as a run does: in two goes, then moved into place."""
    part = path.with_name(f"{path.name}.part")
    encode = sink.encoder(raw)
    part.write_bytes(sink.header(raw) + encode(RECORDS[:5]) + encode(RECORDS[5:]))
    sink.finish(part, path)
    return path


@pytest.mark.parametrize("raw", RAW_FORMS)
def test_ndjson_is_the_dicts(tmp_path: Path, raw: Any):
    """A line is a record's dict, and gives an equal record back."""
    lines = written(sink_named("ndjson"), tmp_path / "a.ndjson", raw).read_bytes().splitlines()

    assert [json.loads(line) for line in lines] == [record.to_dict(raw=raw) for record in RECORDS]


@pytest.mark.parametrize("raw", RAW_FORMS)
def test_csv_holds_every_member(tmp_path: Path, raw: Any):
    """A row has every member of the record; an object that has no column of its own is JSON."""
    text = written(sink_named("csv"), tmp_path / "a.csv", raw).read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert [flat(record.to_dict(raw=raw)) for record in RECORDS] == [
        {name: item for name, item in row.items() if item} for row in rows
    ]


def flat(data: dict[str, Any]) -> dict[str, str]:
    """Give the cells that a record's dict must fill."""
    found = {}
    for name, item in data.items():
        inner = item if name in {"retry", "entry", "source", "raw"} and item else None
        pairs = {f"{name}.{key}": leaf for key, leaf in inner.items()} if inner else {name: item}
        found |= pairs
    cells = {}
    for name, item in found.items():
        if isinstance(item, dict | list):
            cells[name] = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        elif item is not None and item != "":
            cells[name] = str(item).lower() if isinstance(item, bool) else str(item)
    return cells


def test_parquet_gives_the_records_back(tmp_path: Path):
    """Rows have the stable schema, and what stands in them is what the records say."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is an extra")
    table = parquet.read_table(written(sink_named("parquet"), tmp_path / "a.parquet", "text"))

    assert table.schema.equals(parquet_schema())
    assert [back(row) for row in table.to_pylist()] == [record.to_dict(raw="text") for record in RECORDS]
    assert not (tmp_path / "a.parquet.part").exists()


def back(row: dict[str, Any]) -> dict[str, Any]:
    """Give the dict that a row was made from."""
    moment = row["occurred_at"].isoformat() if row["occurred_at"] else None
    retry = row["retry"]
    retry["not_before"] = retry["not_before"].isoformat() if retry["not_before"] else None
    raw = {name: item for name, item in row["raw"].items() if item is not None or name == "charset"}
    if not row["redactions"]:
        del row["redactions"]
    return row | {
        "occurred_at": moment,
        "ids": dict(row["ids"]),
        "extra": json.loads(row["extra"]),
        "raw": raw,
    }


def test_parquet_of_nothing_has_its_schema(tmp_path: Path):
    """A run without an error gives a table without rows that a query can be written for."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is an extra")
    part = tmp_path / "a.part"
    part.write_bytes(b"")
    sink_named("parquet").finish(part, tmp_path / "a.parquet")

    assert parquet.read_table(tmp_path / "a.parquet").schema.equals(parquet_schema())


@pytest.mark.parametrize(("sink", "count"), [(sink, count) for sink in SINKS for count in (0, 1, 7)])
def test_parts_add_up_to_the_whole(sink: Sink, count: int):
    """What two goes write is what one go writes: a run may be cut between any two records."""
    encode = sink.encoder("omit")

    assert encode(RECORDS[:count]) + encode(RECORDS[count:]) == encode(RECORDS)


@pytest.mark.parametrize(
    ("output", "to", "name"),
    [
        ("a.ndjson", None, "ndjson"),
        ("a.CSV", None, "csv"),
        ("a.txt", None, "ndjson"),
        ("a.txt", "csv", "csv"),
        (None, None, "ndjson"),
        (None, "csv", "csv"),
    ],
)
def test_a_sink_is_chosen_by_name_or_suffix(output: str | None, to: str | None, name: str):
    """What is named wins, then the suffix; NDJSON is what is left."""
    assert sink_of(output, to).name == name


@pytest.mark.parametrize(("output", "to"), [("a.ndjson", "xlsx"), (None, "parquet")])
def test_what_cannot_be_written_is_told_at_once(output: str | None, to: str):
    """An unknown form, and Parquet into a pipe, are refused with what to do instead."""
    with pytest.raises(InvalidArgument, match=r"There are: ndjson, csv, parquet|Name a file with -o"):
        sink_of(output, to)


def test_without_pyarrow_parquet_names_what_to_install(monkeypatch: pytest.MonkeyPatch):
    """Without the extra the sentence says how to get it, before anything was read."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)

    with pytest.raises(InvalidArgument, match=r"errnorm\[parquet\]"):
        sink_of("a.parquet")
