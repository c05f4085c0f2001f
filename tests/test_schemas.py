"""The JSON Schemas: valid themselves, true for whatever errnorm writes, and in agreement with what it reads."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from corpus import Case, cases

import errnorm
from errnorm import batch
from errnorm.batch.names import ROLES
from errnorm.record import SCHEMA_VERSION
from errnorm.schemas import schema_names, schema_text

CASES = [case for case in cases() if case.given.get("status", 200) < 600]  # 999 is the status of nothing
SCHEMAS: dict[str, dict[str, Any]] = {name: json.loads(schema_text(name)) for name in schema_names()}
VALIDATORS = {name: jsonschema.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}


@pytest.mark.parametrize("name", ["capture", "catalog", "record", "report"])
def test_a_schema_is_one(name: str):
    """Each schema is valid JSON Schema 2020-12 and says which form it describes."""
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])

    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMAS[name]["$id"].startswith(f"urn:errnorm:schema:{name}")
    assert SCHEMAS[name]["title"]


def test_the_version_of_a_form_is_in_its_schema():
    """What carries a `schema_version` carries the one of its schema."""
    assert SCHEMAS["record"]["properties"]["schema_version"] == {
        "description": "derived: version of this form",
        "const": SCHEMA_VERSION,
    }
    assert (
        batch.Report().to_dict()["schema_version"]
        == SCHEMAS["report"]["properties"]["schema_version"]["const"]
    )


def properties(roles: Mapping[str, Any]) -> dict[str, Any]:
    """Give the properties that the names of all roles make: each name flat, and one with dots nested as well."""
    made: dict[str, Any] = {}
    for role, names in roles.items():
        for name in names:
            _add(made, [name], role)
            if "." in name:
                _add(made, name.split("."), role)
    return {name: _settled(node) for name, node in made.items()}


def _add(made: dict[str, Any], path: list[str], role: str) -> None:
    node = made.setdefault(path[0], {"roles": [], "below": {}})
    if path[1:]:
        _add(node["below"], path[1:], role)
    else:
        node["roles"].append(role)


def _settled(node: dict[str, Any]) -> dict[str, Any]:
    below = {name: _settled(inner) for name, inner in node["below"].items()}
    refs = [{"$ref": f"#/$defs/{role}"} for role in node["roles"]]
    if not below:
        return refs[0]
    return ({"anyOf": [*refs, {"type": "object"}]} if refs else {}) | {"properties": below}


def test_the_capture_schema_has_the_names_that_batch_reads():
    """A name that batch takes for a role is in the schema with that role, and the schema has no other."""
    expected = properties(ROLES)

    assert SCHEMAS["capture"]["properties"] == expected, json.dumps(expected, indent=2)
    assert SCHEMAS["capture"]["$defs"].keys() == {role for role, names in ROLES.items() if names}


def line_of(case: Case, form: str) -> dict[str, Any]:
    """Write a fixture as a gateway would."""
    given = dict(case.given)
    try:
        body, encoding = case.body.decode(), None
    except UnicodeDecodeError:
        body, encoding = base64.b64encode(case.body).decode(), "base64"
    known = {
        "status": given.get("status"),
        "headers": given.get("headers"),
        "url": given.get("url"),
        "content_type": given.get("content_type"),
    }
    return FORMS[form]({name: value for name, value in known.items() if value is not None}, body, encoding)


def _bare(known: dict[str, Any], body: str, encoding: str | None) -> dict[str, Any]:
    return {**known, ("body_base64" if encoding else "body"): body, "time": "2026-11-21T08:00:00Z"}


def _har(known: dict[str, Any], body: str, encoding: str | None) -> dict[str, Any]:
    content = {"text": body} | ({"encoding": encoding} if encoding else {})
    headers = [{"name": name, "value": value} for name, value in known.get("headers", {}).items()]
    response = {"status": known.get("status", 0), "headers": headers, "content": content}
    return {
        "request": {"url": known.get("url", "")},
        "response": response,
        "startedDateTime": "2026-11-21T08:00:00Z",
    }


def _ecs(known: dict[str, Any], body: str, encoding: str | None) -> dict[str, Any]:
    flat = {
        "http.response.status_code": str(known.get("status", "-")),
        "http.response.headers": json.dumps(known.get("headers", {})),
        "url.path": known.get("url", ""),
        "@timestamp": 1795248000.5,
    }
    return flat | ({"body_base64": body} if encoding else {"http": {"response": {"body": {"content": body}}}})


FORMS = {"bare": _bare, "har": _har, "ecs": _ecs}


@pytest.mark.parametrize("form", FORMS)
def test_every_fixture_fits_as_a_capture(form: str):
    """A capture of each fixture fits its schema, in the forms that gateways write."""
    wrong = [case.name for case in CASES if not VALIDATORS["capture"].is_valid(line_of(case, form))]

    assert wrong == []


def test_a_capture_that_fits_is_read_as_the_library_reads_it(tmp_path: Path):
    """What the schema promises of a line, batch keeps: the record is that of the library call."""
    known = {"status", "headers", "url", "content_type"}
    chosen = [case for case in CASES if case.given.keys() <= known and case.given.get("status", 0) >= 400]
    file = tmp_path / "captures.ndjson"
    file.write_text("".join(f"{json.dumps(line_of(case, 'bare'))}\n" for case in chosen), "utf-8")
    found = [record.fingerprint for record in batch.records(file)]
    expected = [
        record.fingerprint for case in chosen for record in errnorm.normalize(case.body, **case.given)
    ]

    assert len(chosen) > 100
    assert found == expected


@pytest.mark.parametrize(
    "line",
    [
        "<ApiErrors/>",
        {},
        {"status": "five", "body": ""},
        {"status": 5030, "body": ""},
        {"response": {"status": True}},
        {"headers": 7},
        {"headers": [["Retry-After"]]},
        {"url": ["/finesse/api"]},
        {"content_type": 1},
        {"@timestamp": []},
    ],
)
def test_a_line_that_tells_nothing_does_not_fit(line: Any):
    """A status that is none, headers that are none: whoever writes such lines learns it from the schema."""
    assert not VALIDATORS["capture"].is_valid(line)


def test_the_line_of_the_page_is_a_capture(tmp_path: Path):
    """The example in docs/schema.md fits the schema, and gives a record of Finesse."""
    page = Path(__file__).parent.parent / "docs" / "schema.md"
    if not page.exists():
        pytest.skip("the docs are no part of the wheel")
    line = page.read_text("utf-8").partition("```json\n")[2].partition("\n```")[0]
    file = tmp_path / "gateway.ndjson"
    file.write_text(line, "utf-8")

    assert VALIDATORS["capture"].is_valid(json.loads(line))
    assert [(record.vendor, record.status, record.retry.delay) for record in batch.records(file)] == [
        ("cisco-finesse", 503, 5.0)
    ]


def lines(path: Path) -> Iterator[Any]:
    """Read a file of JSON lines."""
    return (json.loads(line) for line in path.read_text("utf-8").splitlines())


def test_the_report_of_every_fixture_fits(tmp_path: Path):
    """A run over all fixtures gives records and a report that fit their schemas."""
    file, output = tmp_path / "captures.ndjson", tmp_path / "out.ndjson"
    file.write_text(
        "".join(f"{json.dumps(line_of(case, 'bare'))}\n" for case in CASES) + "{broken\n", "utf-8"
    )
    report = batch.run([file, tmp_path / "no-such-file"], output, rejects=tmp_path / "rejects.ndjson")
    data = json.loads(json.dumps(report.to_dict()))

    assert data["total"]["records"] > 300
    assert data["errors"]
    assert [error.message for error in VALIDATORS["report"].iter_errors(data)] == []
    assert [line for line in lines(output) if not VALIDATORS["record"].is_valid(line)] == []
