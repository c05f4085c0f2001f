"""The tables of docs/exports.md are what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from dialects import DIALECTS, full_record

from errnorm.export._fields import FIELDS, at, found, nested
from errnorm.export.otel import to_log_record

PAGE = Path(__file__).parents[2] / "docs" / "exports.md"
KNOWN_CODE = "where the catalog knows it"


def rows(heading: str) -> Iterator[list[str]]:
    """Give the cells of the rows below the one that begins with a heading."""
    if not PAGE.exists():
        pytest.skip("the pages are no part of the wheel")
    lines = PAGE.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def places_in(cell: str) -> list[str]:
    """Give what stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def test_the_table_names_the_place_of_every_field():
    """Each row has the place of its field in each dialect, in the order of the fields."""
    said = [[places_in(cell) for cell in (row[0], *row[2:])] for row in rows("field")]
    meant = [[[name], *([dialect.places[name]] for dialect in DIALECTS.values())] for name in FIELDS]

    assert said == meant


@pytest.mark.parametrize("number, name", list(enumerate(DIALECTS)))
def test_the_table_says_what_goes_out_unasked(number, name):
    """`yes` is what a default export of a full record carries, but for a † beside its place."""
    dialect = DIALECTS[name]
    shown = found(opened(dialect.say(full_record()), name), dialect.places)
    said = {row[0].strip("`"): (row[1], "†" in row[2 + number]) for row in rows("field")}

    assert {field for field, (unasked, asked) in said.items() if unasked == "yes" and not asked} == {
        field for field in shown if said[field][0] != KNOWN_CODE
    }
    assert {field for field, (unasked, _) in said.items() if unasked == KNOWN_CODE} == {
        "type",
        "code",
        "subcode",
    }


def opened(document: dict, name: str) -> dict:
    """Give a document in which dotted places lead to values: details by name, attributes as objects."""
    if name == "otel":
        return nested(document.items())
    if name == "google-rpc":
        details = {detail["@type"].rpartition(".")[2]: detail for detail in document["details"]}
        return document | details
    return document


def test_the_second_table_names_what_is_there():
    """Each place stands in the default export of a full record."""
    full = full_record()
    documents = {name: opened(dialect.say(full), name) for name, dialect in DIALECTS.items()}
    documents["otel"] |= to_log_record(full)
    missing = [
        (name, place)
        for row in rows("what")
        for name, cell in zip(DIALECTS, row[1:], strict=True)
        for place in places_in(cell)
        if at(documents[name], place) is None
    ]

    assert missing == []
