"""Every fixture gives what its case file expects, and nothing of another vendor's."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from corpus import FOLDER, HEALTHS, SUFFIX, Case, cases

import errnorm
from errnorm.schemas import schema_text
from errnorm.vendors import UNKNOWN, VENDORS

CASES = cases()
SCHEMA = jsonschema.Draft202012Validator(json.loads(schema_text("record")))


def seen(record: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Give of a record what the case file speaks about, in the case file's form."""
    found = {name: record[name] for name in expected}
    if "entry" in expected:
        found["entry"] = record["entry"] and record["entry"]["id"]
    if "retry" in expected:
        found["retry"] = {name: record["retry"][name] for name in expected["retry"]}
    if "problems" in expected:
        found["problems"] = [problem["code"] for problem in record["problems"]]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_body_gives_what_its_case_expects(case: Case):
    """The body with what was given gives the expected detection, records and problems."""
    result = errnorm.normalize(case.body, **case.given)
    expected = case.expected

    assert expected["records"] == [
        seen(record.to_dict(), wanted) for record, wanted in zip(result, expected["records"], strict=True)
    ]
    assert expected.get("problems", []) == [str(problem.code) for problem in result.problems]
    detection = {"vendor": result.detection.vendor, "shape": result.detection.shape}
    detection["candidates"] = [candidate.vendor for candidate in result.detection.candidates]
    assert expected["detection"] == {name: detection[name] for name in expected["detection"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_the_owner_claims_a_fixture(case: Case):
    """Of all vendors, only the one whose folder a body lies in calls it its own."""
    given = {name: value for name, value in case.given.items() if name != "vendor"}
    detection = errnorm.detect(case.body, **given)
    hinted = "vendor" in case.given

    assert detection.vendor in {case.owner, "unknown"} if hinted else detection.vendor == case.owner


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_records_fit_their_schema(case: Case):
    """What to_dict gives fits the JSON Schema that is printed for users, body or not."""
    for record in errnorm.normalize(case.body, **case.given):
        SCHEMA.validate(record.to_dict())
        SCHEMA.validate(record.to_dict(raw="base64"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_file_is_complete(case: Case):
    """A case says what it shows, what is the matter with its body, and what is expected."""
    assert case.about.endswith(".")
    assert case.health in HEALTHS
    assert {"detection", "records"} <= case.expected.keys()


def test_every_folder_is_a_vendor():
    """Fixtures lie in folders named like vendors, and every vendor has some."""
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}

    assert {vendor.name for vendor in (*VENDORS, UNKNOWN)} == folders


def test_every_body_has_a_case():
    """No body lies in the fixtures without its case file."""
    files = [path for path in FOLDER.rglob("*") if path.is_file() and not path.name.endswith(SUFFIX)]
    known = {case.name for case in CASES}

    assert [path.name for path in files if f"{path.parent.name}/{path.name.split('.')[0]}" not in known] == []


def test_there_are_enough_fixtures_of_each_health():
    """The corpus holds at least 150 cases, and some of every health."""
    assert len(CASES) >= 150
    assert {case.health for case in CASES} == HEALTHS
