"""What comes again: its line is that of the capture alone, and what is remembered is bounded."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import CASES

import errnorm
from errnorm import batch
from errnorm.batch import storm, work
from errnorm.batch.capture import Capture, Reject
from errnorm.batch.encode import Encoder
from errnorm.batch.inputs import expand
from errnorm.batch.report import Report
from errnorm.batch.tally import Tally
from errnorm.batch.tasks import How, found_by, tasks
from errnorm.batch.work import judged
from errnorm.record import CatalogEntry, RetryAdvice, Source
from errnorm.redaction import CONTACT_CENTER, Policy
from errnorm.vocabulary import Decision

UPDATE = (
    "<Update><data><apiErrors><apiError><errorData>33</errorData>"
    "<errorMessage>CF_RESOURCE_BUSY</errorMessage><errorType>Generic Error</errorType></apiError></apiErrors>"
    "</data><event>PUT</event><requestId>{}</requestId><source>/finesse/api/Dialog/3211</source></Update>"
)


def written(folder: Path, captures: list[dict[str, Any]], policy: Policy | None = None) -> list[Any]:
    """Write captures as one input, and give the records."""
    path = folder / "storm.ndjson"
    path.write_bytes(b"\n".join(map(orjson.dumps, captures)))
    batch.run(path, folder / "out", policy=policy)
    return [orjson.loads(line) for line in (folder / "out").read_bytes().splitlines()]


def alone(folder: Path, captures: list[dict[str, Any]]) -> list[Any]:
    """Write each capture as an input of its own, and give the records."""
    return [record for capture in captures for record in written(folder, [capture])]


def but_place(records: list[Any]) -> list[Any]:
    """Give records without where they were found."""
    return [record | {"source": None} for record in records]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"body": '{"code":1011,"userId":"zaubermaus"}'}, "zaubermaus"),
        ({"body": '{"code":1011,"userId":"zauber\\u006daus"}'}, "zaubermaus"),
        ({"body": "<ApiErrors><userId>zauber&#109;aus</userId></ApiErrors>"}, "zaubermaus"),
        (
            {
                "body_base64": base64.b64encode(
                    '{"code":1011,"lastName":"Müllerström"}'.encode("cp1252")
                ).decode()
            },
            "Müllerström",
        ),
    ],
    ids=["plain", "json-escape", "entity", "windows-1252"],
)
def test_a_private_word_in_the_time_goes_each_time(tmp_path: Path, body: dict[str, str], word: str):
    """A value that a body names as private is taken out of the time beside it, also where the body is known."""
    captures = [
        {"status": 500, "time": told, **body} for told in ("at ten", f"at {word}", f"at {word}", "at ten")
    ]
    times = [record["source"]["time"] for record in written(tmp_path, captures, CONTACT_CENTER)]

    assert times[0] == times[3] == "at ten"
    assert [word in told for told in times] == [False] * 4


def test_an_id_of_the_body_wins_over_that_of_the_headers_each_time(tmp_path: Path):
    """Where the first capture's header says what the body says, the next one's header changes nothing."""
    captures = [
        {"status": 400, "body": UPDATE.format("req-1"), "headers": {"X-Request-Id": told}}
        for told in ("req-1", "req-2", "req-3")
    ]
    records = written(tmp_path, captures)

    assert [record["ids"]["request"] for record in records] == ["req-1"] * 3
    assert but_place(records) == but_place(alone(tmp_path, captures))


def test_a_response_without_an_id_is_not_given_that_of_another(tmp_path: Path):
    """A response that carries a Retry-After and no id has no id, also where its like before had one."""
    headers = [{"Retry-After": "5", "X-Request-Id": "req-1"}, {"Retry-After": "5"}]
    captures = [{"status": 503, "body": "{}", "headers": told} for told in headers]

    assert [record["ids"] for record in written(tmp_path, captures)] == [{"request": "req-1"}, {}]


def test_an_id_in_the_message_changes_the_fingerprint_each_time(tmp_path: Path):
    """A fingerprint masks the ids of its record, so it is worked out anew where the message names one."""
    captures = [
        {
            "status": 500,
            "body": '{"code":1011,"message":"No call of blue"}',
            "headers": {"X-Request-Id": told},
        }
        for told in ("red", "blue", "green")
    ]
    records = written(tmp_path, captures)

    assert records[0]["fingerprint"] == records[2]["fingerprint"] != records[1]["fingerprint"]
    assert but_place(records) == but_place(alone(tmp_path, captures))


def test_a_capture_with_a_moment_and_one_without_share_a_body(tmp_path: Path):
    """The moment is the capture's own: neither is given the other's."""
    times = ["2026-11-21T10:00:00Z", None, "2026-11-21T11:00:00Z", None]
    records = written(tmp_path, [{"status": 503, "body": "{}", "time": told} for told in times])

    assert [record["occurred_at"] for record in records] == [
        told and told.replace("Z", "+00:00") for told in times
    ]


def test_the_first_place_of_a_kind_is_told_whichever_body_it_has(tmp_path: Path):
    """A body that an earlier input has shown may be the first of its kind in the next input."""
    first, second = tmp_path / "b.ndjson", tmp_path / "a.ndjson"
    known, new = ({"status": 503, "body": body} for body in ('{"code":1016}', '{"code": 1016}'))
    first.write_bytes(orjson.dumps(known))
    second.write_bytes(b"".join(orjson.dumps(told) + b"\n" for told in (known, new)))
    report = batch.run([first, second], tmp_path / "out")

    assert [place for _, _, place in report.fingerprints.ranked()] == [(str(second), 1)]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """Of many captures that differ, no more are remembered than fit; the last one always is."""
    monkeypatch.setattr(storm, "_MOST_BYTES", 40_000)
    known = storm.Storm(Encoder(), errnorm.Normalizer().vendors)
    captures = [Capture(f"body {number}", {"status": 500}, Source(name="a")) for number in range(100)]
    report = Report()
    report.open("a", "ndjson")
    for capture in captures:
        known.keep(known.seen(capture), (), (), ())
    again = [known.lines(capture, known.seen(capture), Tally("a", report)) for capture in captures]

    assert again[-1] == []
    assert 0 < again.count([]) < 20


def test_entries_with_one_advice_keep_their_own_names():
    """Two entries may share one advice; each record is written with its own entry."""
    encoder = Encoder()
    record = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first
    other = evolve(record, entry=evolve(record.entry, title="Another one"))

    assert isinstance(record.entry, CatalogEntry)
    for each in (record, other, record):
        assert orjson.loads(encoder.line(each)) == json.loads(json.dumps(each.to_dict()))


def test_an_advice_that_is_gone_leaves_nothing_to_the_next():
    """Python gives the id of an object that is gone to a new one: that is written as itself."""
    encoder = Encoder()
    record = errnorm.normalize(b"", status=503).first
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    written_as = []
    for delay in range(200):
        advice = RetryAdvice(decision=Decision.RETRY, delay=float(delay), not_before=moment)
        written_as.append(orjson.loads(encoder.line(evolve(record, retry=advice)))["retry"]["delay"])
        del advice

    assert written_as == list(range(200))


BODIES = [case.body.decode("utf-8", "replace") for case in CASES]
IDS = ["req-1", "req-2", "blue", "a b", ""]
TIMES = [
    *("2026-11-21T10:15:30Z", "0001-01-01T00:00:00.000001+00:00", "2026-11-21T10:15:30.5+05:30:15"),
    *("2026-11-21 10:15:30", "at blue", 1795256130123),
]


@st.composite
def any_capture(draw: st.DrawFn, bodies: list[str]) -> dict[str, Any]:
    """Give a capture of one of few bodies, with some of what a gateway tells beside it."""
    told = {
        "status": st.sampled_from([200, 400, 503, "503", 42]),
        "url": st.sampled_from(["/finesse/api/User/agent1001?x=blue", "/server/data/visits"]),
        "time": st.sampled_from(TIMES),
        "headers": st.dictionaries(
            st.sampled_from(["X-Request-Id", "traceparent", "Content-Type"]), st.sampled_from(IDS)
        ).flatmap(lambda named: st.sampled_from([named, named | {"Retry-After": "5"}])),
        "vendor": st.sampled_from(["zoom-cobrowse", "cisco-finesse", "nobody"]),
    }
    members = draw(st.fixed_dictionaries({}, optional=told))
    return members | {draw(st.sampled_from(["body", "answer"])): draw(st.sampled_from(bodies))}


captures_again = st.lists(st.sampled_from(BODIES), min_size=1, max_size=3).flatmap(
    lambda bodies: st.lists(any_capture(bodies), max_size=30)
)


def read_one_by_one(path: Path, how: How, raw: Any, policy: Policy | None) -> tuple[bytes, batch.Report]:
    """Give lines and counts of a file, each capture read as if it were the only one, by the plainest code."""
    report, lines = batch.Report(), []
    report.open(str(path), "ndjson")
    for task in tasks(expand([path]), how):
        for found in found_by(task):
            what = judged(found, errnorm.Normalizer()) if isinstance(found, Capture) else found
            if isinstance(what, Reject):
                report.reject(str(path))
            elif not isinstance(what, errnorm.Result):
                report.pass_by(str(path))
            else:
                report.add(str(path), what)
                kept = what.redacted(policy) if policy else what
                lines += [orjson.dumps(record.to_dict(raw=raw)) + b"\n" for record in kept]
    return b"".join(lines), report


how_it_is_run = st.fixed_dictionaries(
    {
        "fields": st.sampled_from([{}, {"body": "/answer"}, {"vendor": "/vendor"}]),
        "raw": st.sampled_from(["omit", "text", "base64"]),
        "policy": st.sampled_from([None, CONTACT_CENTER]),
    }
)


@given(captures=captures_again, how=how_it_is_run, at_once=st.sampled_from([1, 3, 64]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_storm_gives_what_one_by_one_gives(
    tmp_path: Path, captures: list[dict[str, Any]], how: dict[str, Any], at_once: int
):
    """Whatever comes again, however often and with whatever beside it: lines and counts are as if it came alone."""
    path, out, rejects = (tmp_path / name for name in ("storm.ndjson", "out", "rejects"))
    path.write_bytes(b"\n".join(map(orjson.dumps, [{"status": 503, "body": ""}] * 2 + captures)))
    with patch.object(work, "_AT_ONCE", at_once):
        report = batch.run(path, out, rejects=rejects, **how)
    lines, counted = read_one_by_one(path, How(fields=how["fields"]), how["raw"], how["policy"])
    rejected = [orjson.loads(line)["source"]["line"] for line in rejects.read_bytes().splitlines()]

    assert out.read_bytes() == lines
    assert rejected == sorted(rejected)
    assert report.tables == counted.tables
    assert report.fingerprints == counted.fingerprints
    assert report.unknown_codes == counted.unknown_codes
    assert report.total == counted.total
