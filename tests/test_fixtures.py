"""Every fixture keeps every promise: the kit that strangers run on their vendors, run on our own."""

from __future__ import annotations

import json

import jsonschema
import pytest
from corpus import FOLDER, HEALTHS, Case, cases

import errnorm
from errnorm.schemas import schema_text
from errnorm.testing import PROMISES, Bench, bench_of
from errnorm.testing.promises import Promise
from errnorm.vendors import UNKNOWN, VENDORS

CASES = cases()
SCHEMA = jsonschema.Draft202012Validator(json.loads(schema_text("record")))
BENCHES: dict[str, Bench] = {vendor.name: bench_of(vendor) for vendor in (*VENDORS, UNKNOWN)}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_promise_is_kept(case: Case, promise: Promise):
    """The builtin vendor of a fixture keeps what is asked of every vendor."""
    assert list(promise(BENCHES[case.owner], case)) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_records_fit_their_schema(case: Case):
    """What to_dict gives fits the JSON Schema that is printed for users, body or not."""
    for record in errnorm.normalize(case.body, **case.given):
        SCHEMA.validate(record.to_dict())
        SCHEMA.validate(record.to_dict(raw="base64"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_lies_with_its_vendor(case: Case):
    """The folder of a fixture is the vendor that it expects."""
    assert case.name.partition("/")[0] == case.owner


def test_every_folder_is_a_vendor():
    """Fixtures lie in folders named like vendors, and every vendor has some."""
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}

    assert {vendor.name for vendor in (*VENDORS, UNKNOWN)} == folders


def test_there_are_enough_fixtures_of_each_health():
    """The corpus holds at least 150 cases, and some of every health."""
    assert len(CASES) >= 150
    assert {case.health for case in CASES} == HEALTHS
