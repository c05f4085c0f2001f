"""Elastic Common Schema: every field is one of ECS, of its type, and lives beside Elastic's own formatter."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta, timezone
from io import StringIO

import pytest
from attrs import evolve
from dialects import full_record, schema

from errnorm import Severity
from errnorm.export.ecs import PLACES, from_document, to_document


def is_field_of_ecs(place: str) -> bool:
    """Tell whether the schema has a place by name."""
    inside = schema("ecs").schema
    for name in place.split("."):
        inside = inside.get("properties", {}).get(name, {})
    return inside.get("type") in {"string", "integer"}


def test_every_place_is_a_field_of_ecs_or_below_errnorm():
    """A place outside `errnorm` is in the schema by name; none is both."""
    assert [
        place for place in PLACES.values() if is_field_of_ecs(place) == place.startswith("errnorm.")
    ] == []


def test_a_vendors_own_names_become_no_fields():
    """`extra` is one text: names out of a body would each become a field of the index."""
    document = to_document(evolve(full_record(), extra={"agent-1001": {"deep": 1}}), faithful=True)

    assert document["errnorm"]["extra"] == '{"agent-1001":{"deep":1}}'


def test_a_moment_that_utc_has_no_year_for_is_written():
    """The first moment of year 1 east of Greenwich: `@timestamp` is the nearest there is, the field is exact."""
    moment = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    record = evolve(full_record(), occurred_at=moment)
    document = to_document(record, faithful=True)

    assert document["@timestamp"] == "0001-01-01T00:00:00+00:00"
    assert from_document(document) == record


def test_a_notice_has_no_outcome():
    """ECS leaves the outcome open where nothing succeeded or failed."""
    event = to_document(evolve(full_record(), severity=Severity.INFO))["event"]

    assert (event["type"], event["severity"], "outcome" in event) == (["info"], 6, False)


def test_the_timestamp_is_the_vendors_in_utc():
    """Nobody's clock stands in for it."""
    local = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=1)))

    assert to_document(evolve(full_record(), occurred_at=local))["@timestamp"] == "2026-11-21T09:30:00+00:00"
    assert "@timestamp" not in to_document(evolve(full_record(), occurred_at=None))


def test_elastics_formatter_takes_the_fields():
    """Beside what ecs-logging writes itself, each field of ours stands where ECS has it."""
    ecs_logging = pytest.importorskip("ecs_logging", reason="Elastic's formatter is not installed")
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(ecs_logging.StdlibFormatter())
    logger = logging.Logger("integration")  # noqa: LOG001 - a logger of its own: nothing of it stays
    logger.addHandler(handler)
    document = to_document(full_record())
    fields = {
        name: value for name, value in document.items() if name not in {"message", "@timestamp", "ecs", "log"}
    }
    logger.error(document["message"], extra=fields)
    line = json.loads(out.getvalue())

    assert {name: line[name] for name in fields} == fields
    assert (line["message"], line["log.level"]) == (document["message"], document["log"]["level"])
