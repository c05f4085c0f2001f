"""The dialects, each with its functions and its table, and a record in which every field says something."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from corpus import cases
from jsonschema import Draft202012Validator

import errnorm
from errnorm import ErrorRecord
from errnorm.export import ecs, google_rpc, otel, problem, sentry


@frozen
class Dialect:
    """One way to say a record, and to hear it."""

    say: Callable[..., dict[str, Any]]
    hear: Callable[..., ErrorRecord]
    places: Mapping[str, str]


DIALECTS = {
    "problem": Dialect(problem.to_problem, problem.from_problem, problem.PLACES),
    "otel": Dialect(otel.to_attributes, otel.from_attributes, otel.PLACES),
    "ecs": Dialect(ecs.to_document, ecs.from_document, ecs.PLACES),
    "google-rpc": Dialect(google_rpc.to_status, google_rpc.from_status, google_rpc.PLACES),
    "sentry": Dialect(sentry.to_event, sentry.from_event, sentry.PLACES),
}


def schema(name: str) -> Draft202012Validator:
    """Give the schema of a dialect, written anew after its own reference."""
    path = Path(__file__).with_name(f"{name}.schema.json")
    return Draft202012Validator(json.loads(path.read_text("utf-8")))


MOMENT = datetime(2026, 11, 21, 9, 30, 0, 250_000, UTC)


def full_record() -> ErrorRecord:
    """Give a record in which every field says something."""
    known = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse", status=503).first
    assert known is not None
    kinds = ("client", "dialog", "media", "request", "session", "trace", "user")
    return evolve(
        known,
        type="session_error",
        subcode="7",
        message="The way is broken for agent1001.",
        target="agent1001",
        ids={kind: f"{kind}-1" for kind in kinds},
        occurred_at=MOMENT,
        index=1,
        total=3,
        extra={"envelope": {"seen": [1, 2.5, None, True]}, "note": "a \u2028 b"},
        source=errnorm.Source(name="desk.log", member="a/b", line=7, offset=4096, time="09:30"),
        retry=evolve(known.retry, delay=2.5, not_before=MOMENT, delay_source=errnorm.DelaySource.HEADER),
        problems=(errnorm.Problem(errnorm.ProblemCode.TEXT_REPLACED, "A character was none.", "byte 3"),),
        redactions=(errnorm.Redaction("/message", "email", "mask", 16),),
    )


@cache
def records() -> tuple[ErrorRecord, ...]:
    """Give every record of every fixture."""
    return tuple(record for case in cases() for record in errnorm.normalize(case.body, **case.given))
