"""The report: it adds up, shows nothing private, and tells a pipeline what it asked."""

from __future__ import annotations

import json
import pickle
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import orjson
import pytest
from corpus import cases
from hypothesis import given
from hypothesis import strategies as st

import errnorm
from errnorm import batch
from errnorm.batch import report as report_module
from errnorm.batch.report import Counts, Kinds, Place, Report, condition, show
from errnorm.schemas import schema_text

CASES = cases()
RESULTS = [
    errnorm.normalize(
        case.body,
        **case.given,
        source=errnorm.Source(name="a.log", line=n),
        occurred_at=datetime(2026, 11, 21, n % 24, 30, tzinfo=UTC) if n % 3 else None,
    )
    for n, case in enumerate(CASES)
]
RESULTS = [result for result in RESULTS if result]

events = st.lists(
    st.tuples(
        st.sampled_from(["a.log", "b.har"]),
        st.sampled_from(["add", "reject", "pass_by", "fail"]),
        st.integers(0, len(RESULTS) - 1),
    ),
    max_size=30,
)


def report_of(happened: list[tuple[str, str, int]]) -> Report:
    """Give the report of what happened."""
    report = Report()
    for name, what, n in happened:
        report.open(name, "log")
        if what == "add":
            report.add(name, RESULTS[n])
        elif what == "fail":
            report.fail(name, "It ends in the middle.")
        else:
            getattr(report, what)(name)
    return report


WHOLE = report_of(
    [("a.log", "add", n) for n in range(len(RESULTS))] + [("b.har", "reject", 0), ("b.har", "pass_by", 0)]
)


@given(happened=events, at=st.integers(0, 30), most=st.integers(1, 5))
def test_the_report_of_a_whole_is_the_sum_of_its_parts(happened: list[Any], at: int, most: int):
    """Where a run is cut into parts changes no count, no rank and no sample, also where kinds are left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_module, "_MOST_KINDS", most)
        parts = report_of(happened[:at])
        parts.merge(report_of(happened[at:]))
        whole = report_of(happened)

    assert parts.to_dict() == whole.to_dict()


@given(happened=events)
def test_a_report_comes_back_from_json_and_from_another_process(happened: list[Any]):
    """JSON and pickle give an equal report, and the JSON fits its schema."""
    jsonschema = pytest.importorskip("jsonschema")
    report = report_of(happened)
    data = orjson.loads(orjson.dumps(report.to_dict()))
    jsonschema.Draft202012Validator(json.loads(schema_text("report"))).validate(data)

    assert Report.from_dict(data) == report
    assert pickle.loads(pickle.dumps(report)) == report


@given(happened=events)
def test_captures_reconcile(happened: list[Any]):
    """Every capture is an error, no error or a reject, for each input and in total."""
    report = report_of(happened)
    total = report.total

    assert report.reconciled
    assert total.captures == total.with_errors + total.not_errors + total.rejected
    assert total.records == sum(report.tables["vendor"].values()) == sum(report.tables["lookup"].values())


def test_a_report_that_does_not_add_up_is_refused():
    """A lost capture is told, in memory and on reading."""
    broken = Report(inputs={"a.log": Counts(captures=2, with_errors=1)})

    assert not broken.reconciled
    with pytest.raises(ValueError, match="do not add up"):
        Report.from_dict(broken.to_dict())


def test_nothing_private_is_shown(capsys: pytest.CaptureFixture[str]):
    """Neither the JSON nor the screen holds a message, a target, an id or the body of any fixture."""
    pytest.importorskip("rich", reason="the screen is drawn with it")
    show(WHOLE)
    shown = capsys.readouterr().err + json.dumps(WHOLE.to_dict())
    known = " ".join(entry.id for entry in errnorm.Catalog.builtin().entries())
    private = {
        text
        for result in RESULTS
        for record in result
        for text in (record.message, record.target, *record.ids.values())
        if text
        and len(text) > 5
        and text not in known
        and text not in {record.vendor, record.shape, "unknown"}
    }
    codes = {record.code for result in RESULTS for record in result}

    assert [text for text in private - codes if text in shown] == []


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("CF_NEW_REASON", True),
        ("70001", True),
        ("NW-900", True),
        ("NW900", True),
        ("E104", True),
        ("EMP-10017", False),
        ("u1234", False),
        ("SMITH-JONES", False),
        ("SMITH-1", False),
        ("LineBusy", False),
        ("\u0661\u0662\u0663", False),
        ("jane.doe", False),
        ("240112345", False),
        ("SMITH", False),
        ("a b", False),
    ],
)
def test_an_unknown_code_is_shown_only_where_it_can_be_nobodys(code: str, *, shown: bool):
    """A constant or a short number is shown; what may be a name or a phone number is only counted."""
    body = {"event": "session_error", "payload": {"code": 70001, "errorMsg": "x"}}
    record = errnorm.normalize(body).first
    changed = __import__("attrs").evolve(record, code=code, raw=errnorm.normalize(body | {"n": code}).raw)
    report = Report()
    report.open("a", "log")
    report.add("a", [changed])
    [(name, _, _)] = report.unknown_codes.ranked()

    assert name == f"zoom-cobrowse {code if shown else '(not shown)'}"


@pytest.mark.parametrize(
    "beside, unknown",
    [
        ("", ["cisco-finesse QUEUE_ON_FIRE"]),
        ("<peripheralErrorCode>13036</peripheralErrorCode>", []),  # found by its number
    ],
)
def test_a_code_found_by_its_type_alone_is_unknown(beside: str, unknown: list[str]):
    """That the type of an error is in the catalog does not make its constant known."""
    error = f"<ErrorType>Generic Error</ErrorType><ErrorMessage>QUEUE_ON_FIRE</ErrorMessage>{beside}"
    report = Report()
    report.open("a", "log")
    report.add("a", errnorm.normalize(f"<ApiErrors><ApiError>{error}</ApiError></ApiErrors>"))

    assert unknown == [name for name, _, _ in report.unknown_codes.ranked()]


def test_unknown_codes_are_ranked_with_their_first_place():
    """The most frequent stands first, with the first place that has it, in whatever order they came."""
    kinds = Kinds()
    for name, line in (("B_B", 9), ("A_A", 7), ("B_B", 3), ("C_C", 1)):
        kinds.count(name, Place("a.log", line=line))

    assert [(name, times, str(place)) for name, times, place in kinds.ranked()] == [
        ("B_B", 2, "a.log:3"),
        ("A_A", 1, "a.log:7"),
        ("C_C", 1, "a.log:1"),
    ]


def test_kinds_take_bounded_memory():
    """A hundred thousand kinds leave a sample, whose counts are right."""
    kinds = Kinds()
    for n in range(100_000):
        kinds.count(f"e1:{n:016x}", Place())
    ranked = kinds.ranked()

    assert len(ranked) <= report_module._MOST_KINDS
    assert kinds.halved >= 4
    assert {times for _, times, _ in ranked} == {1}


def test_hours_are_utc():
    """Records are counted under the hour of their moment; without one they are in no hour."""
    expected = sum(1 for result in RESULTS for record in result if record.occurred_at)

    assert sum(WHOLE.tables["hour"].values()) == expected
    assert list(WHOLE.to_dict()["tables"]["hour"]) == sorted(WHOLE.tables["hour"])


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        (datetime(2026, 11, 21, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-11-20T23:00Z"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "0001-01-01T00:00Z"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=1))), "9999-12-31T23:00Z"),
    ],
)
def test_any_moment_has_an_hour(moment: datetime, hour: str):
    """An hour is that of UTC, also at both ends of the calendar."""
    report = Report()
    report.open("a", "log")
    report.add("a", errnorm.normalize(b"", status=503, occurred_at=moment))

    assert dict(report.tables["hour"]) == {hour: 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unknown>1%", True),
        ("unknown > 99.5 %", False),
        ("category:authentication>0", True),
        ("category:authentication>=100%", False),
        ("vendor:cisco-finesse==0", False),
        ("code:zoom-cobrowse:code/1016>0", True),
        ("rejected<1", False),
        ("rejected>0%", True),
        ("input_errors!=0", False),
        ("captures>10", True),
        ("unknown_codes>0", True),
        ("retry:retry>0", True),
        ("origin:proxy>0", True),
    ],
)
def test_a_policy_says_whether_it_holds(text: str, *, expected: bool):
    """Numbers and shares of every subject are compared as they read."""
    assert condition(text)(WHOLE) is expected


def test_a_share_of_nothing_is_zero():
    """A run without a record meets no policy of more than a share."""
    assert condition("unknown>0%")(Report()) is False


@pytest.mark.parametrize(
    "text",
    [
        *("", "unknown", "unknown>", "unknown>x", "unknown>-1", "unknown=>1", "unknow>1", "category>0"),
        *("category:auth>0", "retry:maybe>0", "unknown:x>1", "records>1%", "unknown>1%%", "a" * 5000 + ">1"),
    ],
)
def test_what_is_no_policy_is_told(text: str):
    """A mistake names itself and what may be written instead."""
    with pytest.raises(ValueError, match=r"Write SUBJECT OP NUMBER|There are: "):
        condition(text)


def test_the_screen_is_one_screen(capsys: pytest.CaptureFixture[str]):
    """A person reads the answer in one look: at most 40 lines, plain where it is piped."""
    pytest.importorskip("rich", reason="the screen is drawn with it")
    show(WHOLE)
    lines = capsys.readouterr().err.splitlines()

    assert len(lines) <= 40
    assert lines[0].startswith(f"{WHOLE.total.captures:,} captures = ")
    assert "\x1b" not in "".join(lines)


def test_the_screen_says_which_inputs_have_rejects(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Those with most of them first, and how they are kept."""
    pytest.importorskip("rich", reason="the screen is drawn with it")
    good = b'{"status":503,"url":"/x","body":""}\n'
    for name, count in (("a", 1), ("b", 2), ("c", 0)):
        (tmp_path / name).write_bytes(good + b"{oops\n" * count + good)
    show(batch.run([tmp_path / name for name in "abc"], tmp_path / "out"))
    lines = capsys.readouterr().err.splitlines()
    at = lines.index("Rejected; --rejects FILE keeps them")

    assert lines[at + 1 :] == [f"  2  {tmp_path / 'b'}", f"  1  {tmp_path / 'a'}"]


def test_the_screen_says_where_a_run_was_stopped(capsys: pytest.CaptureFixture[str]):
    """Counts of a part do not look like those of the whole."""
    pytest.importorskip("rich", reason="the screen is drawn with it")
    show(Report(complete=False))

    assert capsys.readouterr().err.startswith("Stopped before the end: ")


def test_a_place_in_an_archive_names_the_file(tmp_path: Path):
    """Of an archive the report says in which file and line a kind stands first, and reads it again as it was."""
    body = (
        r'{"status":500,"body":"<ApiErrors><ApiError><ErrorType>Odd%s</ErrorType></ApiError></ApiErrors>"}'
        "\n"
    )
    with zipfile.ZipFile(tmp_path / "day.zip", "w") as archive:
        archive.writestr("gw/a.ndjson", body % "One" * 2)
        archive.writestr("gw/b.ndjson", '{"status":200,"body":""}\n' * 2 + body % "Two" * 2)
    report = batch.run(tmp_path / "day.zip", tmp_path / "out")
    kinds = report.to_dict()["fingerprints"]["kinds"]

    assert sorted((kind["place"]["member"], kind["place"]["line"]) for kind in kinds) == [
        ("gw/a.ndjson", 1),
        ("gw/b.ndjson", 3),
    ]
    assert {str(place) for _, _, place in Report.from_dict(report.to_dict()).fingerprints.ranked()} == {
        f"{tmp_path / 'day.zip'}: gw/a.ndjson:1",
        f"{tmp_path / 'day.zip'}: gw/b.ndjson:3",
    }
