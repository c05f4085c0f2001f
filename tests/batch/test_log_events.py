"""Payloads in the texts of an event, and in the rows that log stores answer with."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from errnorm import batch
from errnorm.batch.capture import Capture, Found, NotError, Stream
from errnorm.batch.readers import reader_of

BODY = (
    "<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType>"
    "<ErrorMessage>HTTP_PARAM_INVALID</ErrorMessage></ApiError></ApiErrors>"
)
OTHER = BODY.replace("HTTP_PARAM_INVALID", "HTTP_BAD_REQUEST")
PRETTY = BODY.replace("><", ">\n  <")
SESSION = '{"event":"session_error","payload":{"code":1016}}'


def read(data: bytes) -> list[Found]:
    """Choose the reader and read."""
    return [*reader_of(data[:65536], {}).read(Stream(io.BytesIO(data), "a.log"))]


def found_in(event: dict[str, Any]) -> list[Capture]:
    """Give what may be an error of an event, in a log with another one."""
    lines = [json.dumps(one).encode() + b"\n" for one in (event, EVENT | {"message": "PUT sent"})]
    return [one for one in read(b"".join(lines)) if isinstance(one, Capture) and one.source.line == 1]


def bodies_of(event: dict[str, Any]) -> list[str]:
    """Give what may be the errors of an event, as texts."""
    return [bytes(one.body).decode() for one in found_in(event)]


EVENT = {"@timestamp": "2026-11-21T10:00:00Z", "level": "ERROR", "message": "PUT failed"}
MARKS = [
    "...",
    '..."',
    "...[truncated]",
    " [truncated]",
    "... (412 more bytes)",
    "… +133",
    "<truncated>",
    "...\n at put (x.js:4)",
]
STACK = f"c.e.FinesseException: 400 {BODY}\n\tat c.e.Client.put(Client.java:42)\nCaused by: 400 {BODY}"


@pytest.mark.parametrize(
    "event",
    [
        EVENT | {"stack_trace": STACK},
        EVENT | {"error": {"message": f"400 {BODY}", "stack_trace": STACK}},
        {"level": 50, "time": 1795255200000, "msg": "PUT failed", "err": {"message": BODY, "stack": STACK}},
        {"version": "1.1", "short_message": "PUT failed", "_stack": STACK, "timestamp": 1795255200},
        {"@t": "2026-11-21T10:00:00Z", "@l": "Error", "@m": f"PUT failed: {BODY}"},
        {"level": "error", "timestamp": 1795255200, "exception": {"values": [{"value": STACK}]}},
        {"__REALTIME_TIMESTAMP": "1795255200000000", "MESSAGE": f"PUT failed: {BODY}"},
        {
            "__REALTIME_TIMESTAMP": "1795255200000000",
            "PRIORITY": "3",
            "MESSAGE": [*f"\x1b[31mPUT failed: {BODY}\x1b[0m".encode()],
        },
    ],
    ids=["logstash", "ecs", "pino", "gelf", "serilog", "sentry", "journald", "journald-bytes"],
)
def test_a_payload_in_any_text_of_an_event_is_one_error(event: dict[str, Any]):
    """As in a plain log, also where it is told twice."""
    (capture,) = found_in(event)

    assert (capture.body, capture.needs_claim) == (BODY.encode(), True)
    assert capture.options.get("occurred_at") == datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    [
        *({"message": f"400 {BODY[:90]}{mark}", "err": {"stack": STACK}} for mark in MARKS),
        {"message": f"400 {PRETTY}", "exc_info": "HTTPError: 400 b'" + PRETTY.replace("\n", "\\n") + "'"},
        {"err": {"message": f"400 {BODY[:90]}…", "stack": STACK}},
        {"message": f"400 {BODY}", "err": {"stack": f"Error: 400 {PRETTY}\n    at put (client.js:42)"}},
        {"err": {"stack": STACK, "fields": {"message.keyword": STACK[:90]}}},
        {"err": {"stack": STACK}, "highlight": {"stack": [STACK.replace("HTTP", "<em>HTTP</em>")]}},
    ],
    ids=[*MARKS, "bytes", "cut-text", "pretty", "keyword", "highlight"],
)
@pytest.mark.parametrize("status", [{}, {"status": 400}])
def test_a_payload_that_an_event_tells_in_two_ways_is_one_error(told: dict[str, Any], status: dict[str, int]):
    """Cut off in one text and whole in another, over many lines, or with the marks of a search."""
    (capture,) = found_in(EVENT | told | status)

    assert b"".join(bytes(capture.body).split()) == BODY.replace(" ", "").encode()
    assert (capture.problems, capture.options.get("status")) == ((), status.get("status"))


@pytest.mark.parametrize(
    "message", [f"400 {OTHER}", f"got {SESSION}", 'got {"code":400,"id":7}', "session_error"]
)
def test_what_the_message_tells_hides_nothing_of_the_stack(message: str):
    """They may be two errors, or the message only looks like one."""
    assert bodies_of(EVENT | {"message": message, "stack": STACK})[-1] == BODY


def test_a_status_is_that_of_the_one_payload_of_an_event():
    """Behind the payload stands the stack; of two, nobody knows which was answered."""
    one, two = (EVENT | {"status": 400, "stack": stack} for stack in (STACK, STACK + OTHER))

    assert bodies_of(one) == [BODY]
    assert bodies_of(two)[0].startswith('{"@timestamp"')


def test_a_status_of_an_answer_that_went_well_is_not_that_of_a_payload():
    """A service may answer with 200 though one that it asked has failed."""
    (capture,) = found_in(EVENT | {"status": 200, "url": "/own", "stack": STACK})

    assert capture.options == {"occurred_at": datetime(2026, 11, 21, 10, tzinfo=UTC)}


@pytest.mark.parametrize(
    "told",
    [
        {"context": {"labels": '{"code": "abc", "type": "x"}'}},
        {"err": {"config": {"method": "put", "data": '{"code": 1011, "message": "chosen by agent"}'}}},
        {"err": {"config": {"data": STACK}}},
        {"message": 'got {"code": "abc", "type": "x"}'},
        {"thread": "session_error handler 1"},
    ],
)
@pytest.mark.parametrize("url", [{}, {"url": "/x"}])
def test_what_no_vendor_claims_takes_no_place_of_the_event(told: dict[str, Any], url: dict[str, str]):
    """With a status that failed the event is an error, and says itself of what."""
    event = EVENT | {"status": 503} | told | url
    found = [one.body for one in found_in(event) if one.body is not None]  # a line of an access log has none

    assert [json.loads(body) for body in found] == ([] if url and "err" in told else [event])


def test_a_vendor_that_the_url_tells_claims_what_the_message_has():
    """An object that anybody may send is Finesse's where it was asked."""
    event = EVENT | {
        "status": 401,
        "url": "/finesse/api/User/1",
        "message": 'failed: {"error":"invalid_token"}',
    }

    assert bodies_of(event) == ['{"error":"invalid_token"}']


def test_an_event_that_is_an_error_itself_hides_behind_no_message():
    """What nobody claims in its text takes no place of it, with a status or without."""
    event = EVENT | json.loads(SESSION) | {"message": 'state {"code":7}'}

    assert [json.loads(body) for body in bodies_of(event)] == [event]


def test_a_callback_with_a_level_beside_it_is_read_as_one():
    """finesse.js gives an error as text and as object; a logger adds when and how bad."""
    callback = {
        "status": 400,
        "content": BODY,
        "object": {"ApiErrors": {"ApiError": {"ErrorType": "Invalid Input"}}},
    }
    (body,) = bodies_of({"level": "error", **callback})

    assert json.loads(body) == {"level": "error", **callback}


@pytest.mark.parametrize("name", ["request", "requestBody", "httpRequest", "req_payload", "sent", "input"])
def test_what_was_asked_in_an_event_is_no_error(name: str):
    """The body of a request may be in any text of it."""
    assert BODY not in bodies_of(EVENT | {name: {"text": f"it was {BODY}"}})


@pytest.mark.parametrize(
    "name", ["requestError", "sentry", "required", "inputErr", "frequency", "requestResponse"]
)
def test_a_name_that_only_looks_asked_may_tell_of_an_error(name: str):
    """What came of a request was answered."""
    assert bodies_of(EVENT | {name: {"text": f"it was {BODY}"}}) == [BODY]


TIME_AND_LINE = ["1795255200000000000", f"ERROR {BODY}"], ["1795255201000000000", "GET /x 200"]
STORES = {
    "insights": {
        "results": [
            [{"field": "@timestamp", "value": time}, {"field": "@message", "value": line}]
            for time, line in TIME_AND_LINE
        ],
        "status": "Complete",
    },
    "loki": {
        "status": "success",
        "data": {"resultType": "streams", "result": [{"stream": {"app": "gw"}, "values": TIME_AND_LINE}]},
    },
    "azure": {
        "tables": [{"columns": [{"name": "TimeGenerated"}, {"name": "Message"}], "rows": TIME_AND_LINE}]
    },
}


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("how", [{}, {"indent": 2}])
def test_rows_of_a_log_store_are_lines_of_a_log(store: str, how: dict[str, Any]):
    """Whether its answer stands alone, or others behind it."""
    for count in (1, 2):
        found = read("\n".join([json.dumps(STORES[store], **how)] * count).encode())
        captures = [one for one in found if isinstance(one, Capture) and one.body == BODY.encode()]

        assert [one.options.get("occurred_at") for one in captures] == [
            datetime(2026, 11, 21, 10, tzinfo=UTC)
        ] * count


@pytest.mark.parametrize(
    "columns",
    [
        {"SyslogMessage": f"gw[7]: {BODY}"},
        {"LogEntry": f"ERROR {BODY}"},
        {"outerMessage": "PUT failed", "details": json.dumps([{"rawStack": STACK}])},
        {"detail": BODY},
    ],
)
@pytest.mark.parametrize("status", [{}, {"status": "400"}])
def test_any_column_of_a_row_may_hold_a_payload(columns: dict[str, str], status: dict[str, str]):
    """Azure's tables have a name of their own for each kind of log, and queries make names as well."""
    row = {"TimeGenerated": "2026-11-21T10:00:00Z"} | columns | status
    tables = {"tables": [{"columns": [{"name": name} for name in row], "rows": [[*row.values()]]}]}
    insights = {"results": [[{"field": name, "value": text} for name, text in row.items()]]}

    for answer in (tables, insights):
        (capture,) = read(json.dumps(answer).encode())
        assert isinstance(capture, Capture)
        assert (capture.body, capture.options.get("status")) == (BODY.encode(), 400 if status else None)


@pytest.mark.parametrize(
    "answer",
    [
        {"results": [[{"field": ["city"], "error": "required"}]]},
        {"results": [[{"field": None, "value": "required"}]]},
        {"results": [[{"field": "name", "message": "must not be blank"}]]},
        {"results": [[{"field": "name", "value": "x"}], {"name": "y"}]},
        {"results": [[{"field": "name", "value": "x"}]]},
        {"results": [], "statistics": {}},
        {"data": {"resultType": "streams", "result": []}},
        {"tables": [{"columns": [{"name": "a"}], "rows": [["x"], ["y", "z"]]}]},
        {"data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1795255200, "7"]]}]}},
    ],
)
def test_an_answer_that_only_looks_like_that_of_a_log_store_is_a_body(answer: dict[str, Any]):
    """An error of validation names fields as well; nothing of it is left out."""
    told = {"status": 400, "message": "invalid"} | answer
    found = read(json.dumps(told).encode() + b"\n" + json.dumps(EVENT).encode() + b"\n")

    assert isinstance(found[0], Capture)
    assert (json.loads(found[0].body), found[0].options) == (told, {"status": 400})


@pytest.mark.parametrize(
    "answer",
    [
        {"results": [], "statistics": {"recordsMatched": 0}, "status": "Complete"},
        {"status": "success", "data": {"resultType": "streams", "result": []}},
        {"tables": [{"name": "PrimaryResult", "columns": [{"name": "Message"}], "rows": []}]},
    ],
)
def test_an_answer_without_rows_tells_of_no_error(answer: dict[str, Any]):
    """A day on which nothing failed."""
    assert [one for one in read(json.dumps(answer).encode()) if not isinstance(one, NotError)] == []


def test_an_answer_inside_of_an_event_that_failed_is_counted_once(tmp_path: Path):
    """It comes again without a body, where the user maps bodies to a name that it has not."""
    inner = json.dumps(
        {"status": "503", "url": "/finesse/api/User/agent1001", "time": "2026-11-21T10:00:00Z"}
    )
    event = {"status": 404, "url": "/finesse/api/User/agent1001", "message": f"gw {inner}"}
    path = tmp_path / "a.ndjson"
    path.write_text(f"{json.dumps(event)}\n" * 50, "utf-8")
    report = batch.run([path], tmp_path / "records.ndjson", fields={"body": "/answer"})

    assert (report.total.captures, report.total.with_errors) == (50, 50)


def test_rows_that_lack_something_are_rows():
    """A cell without a value, a row without cells, a stream without lines: the other ones are read."""
    none = [[], [{"field": "@message"}]]
    insights = {"results": [*none, *STORES["insights"]["results"]]}
    streams = [{"stream": {"app": "x"}}, *STORES["loki"]["data"]["result"]]
    loki = {"data": {"resultType": "streams", "result": streams}}
    columns = [{"name": "TimeGenerated"}, {"name": "Message"}]
    azure = {"tables": [{"columns": columns, "rows": [["2026-11-21T10:00:00Z"], *TIME_AND_LINE]}]}

    for answer in (insights, loki, azure):
        bodies = [one.body for one in read(json.dumps(answer).encode()) if isinstance(one, Capture)]
        assert bodies.count(BODY.encode()) == 1
