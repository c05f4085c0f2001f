"""Readers are chosen by content; the usual names of gateways and log stores are found; nothing is lost."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from errnorm import batch
from errnorm.batch import rows as rows_of
from errnorm.batch.capture import Capture, Found, NotError, Reject, Stream
from errnorm.batch.elements import NO_END, values
from errnorm.batch.names import ROLES
from errnorm.batch.readers import READERS, reader_named, reader_of
from errnorm.batch.readers.log import LOG
from errnorm.batch.readers.ndjson import NDJSON
from errnorm.batch.tasks import Task
from errnorm.batch.times import zone_of
from errnorm.batch.utf16 import AsUtf8
from errnorm.batch.work import Settings, Work
from errnorm.exceptions import InvalidArgument
from errnorm.normalizer import Normalizer

BODY = (
    "<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType>"
    "<ErrorMessage>HTTP_PARAM_INVALID</ErrorMessage></ApiError></ApiErrors>"
)
CHAT = '{"type": "EventError", "errorCode": 201}'
TEN = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def read(data: bytes, **how: Any) -> tuple[str, list[Found]]:
    """Choose the reader and read."""
    reader = reader_of(data[:65536], how.get("fields", {}))
    return reader.name, list(reader.read(Stream(io.BytesIO(data), "a.log", **how)))


def dumps(value: Any) -> bytes:
    """Give a line of JSON."""
    return json.dumps(value).encode() + b"\n"


CAPTURES = {
    "bare": {"time": "2026-11-21T10:00:00Z", "status": 503, "url": "/x", "body": BODY},
    "nginx": {
        "time_iso8601": "2026-11-21T10:00:00+00:00",
        "status": "503",
        "request": "GET /x HTTP/1.1",
        "resp_body": BODY,
    },
    "Envoy": {
        "start_time": "2026-11-21T10:00:00.000Z",
        "response_code": 503,
        "path": "/x",
        "response_body": BODY,
    },
    "mitmproxy": {
        "request": {"url": "/x", "timestamp_start": 1795255199.5},
        "response": {"status_code": 503, "content": BODY, "timestamp_end": 1795255200.0},
    },
    "Charles": {
        "path": "/x",
        "times": {"start": "2026-11-21T11:00:00.000+01:00", "end": "2026-11-21T11:00:00.100+01:00"},
        "response": {"status": 503, "mimeType": "application/xml", "body": {"text": BODY}},
    },
    "Splunk": {
        "preview": False,
        "result": {"_time": "2026-11-21T10:00:00Z", "status": "503", "uri": "/x", "body": BODY},
    },
    "Splunk collector": {"time": 1795255200, "event": {"status": 503, "url": "/x", "body": BODY}},
    "Elastic, nested": {
        "_source": {
            "@timestamp": "2026-11-21T10:00:00Z",
            "http": {"response": {"status_code": 503, "body": {"content": BODY}}},
            "url": {"path": "/x"},
        }
    },
    "Elastic, flat": {
        "@timestamp": "2026-11-21T10:00:00Z",
        "http.response.status_code": 503,
        "http.response.body.content": BODY,
        "url.path": "/x",
    },
    "Elastic, a search for fields": {
        "_index": "logs",
        "_id": "1",
        "fields": {
            "@timestamp": ["2026-11-21T10:00:00.000Z"],
            "http.response.status_code": [503],
            "http.response.body.content": [BODY],
            "url.path": ["/x"],
        },
    },
    "OpenTelemetry": {
        "resourceLogs": [
            {
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "timeUnixNano": "1795255200000000000",
                                "body": {"stringValue": "call failed"},
                                "attributes": [
                                    {"key": "http.response.status_code", "value": {"intValue": "503"}},
                                    {"key": "url.path", "value": {"stringValue": "/x"}},
                                    {"key": "http.response.body", "value": {"stringValue": BODY}},
                                ],
                            }
                        ]
                    }
                ]
            }
        ]
    },
    "base64": {
        "time": "2026-11-21T10:00:00Z",
        "status": 503,
        "url": "/x",
        "body": base64.b64encode(BODY.encode()).decode(),
    },
    "escaped twice": {"ts": 1795255200000, "status": 503, "url": "/x", "body": json.dumps(BODY)},
}


@pytest.mark.parametrize("name", CAPTURES)
def test_members_are_found_under_their_usual_names(name: str):
    """Body, status, url and time of a capture are found however its gateway calls them."""
    reader, found = read(dumps(CAPTURES[name]))
    (capture,) = found

    assert reader == "ndjson"
    assert isinstance(capture, Capture)
    body = capture.body.decode() if isinstance(capture.body, bytes) else capture.body
    assert (body, capture.options) == (BODY, {"status": 503, "url": "/x", "occurred_at": TEN})
    assert (capture.source.line, capture.source.offset, capture.needs_claim) == (1, 0, False)


FINESSE = "/finesse/api/User/1"


@pytest.mark.parametrize(
    "attributes",
    [
        {"http.response.status_code": 503, "url.path": FINESSE},
        {"http.response.status_code": 503, "url.full": FINESSE, "url.path": "/"},
        {"http.status_code": 503, "http.url": FINESSE, "http.target": "/"},
        {"http.status_code": "503", "http.target": FINESSE},
        {"http": {"response": {"status_code": 503}}, "url": {"path": FINESSE}},
    ],
)
@pytest.mark.parametrize(
    ("beside", "body"),
    [
        ({"timestamp": "2026-11-21T10:00:00Z"}, None),
        ({"Timestamp": "1795255200000000000", "Body": "call failed"}, None),
        ({"@timestamp": 1795255200000, "body": f"answer: {BODY}"}, BODY.encode()),
        ({"time": "2026-11-21T10:00:00Z", "body": BODY}, BODY),
        ({"_source": {"@timestamp": "2026-11-21T10:00:00Z", "body": {"a": 1}}}, {"a": 1}),
    ],
)
def test_attributes_of_opentelemetry_beside_a_time_tell_of_the_response(
    attributes: dict[str, Any], beside: dict[str, Any], body: Any
):
    """By the conventions of today or the old ones; a body that is a text of a log is searched for a payload."""
    inside = {name: inner | {"attributes": attributes} for name, inner in beside.items() if name == "_source"}
    _, (capture,) = read(dumps(inside or beside | {"attributes": attributes}))

    assert isinstance(capture, Capture)
    assert (capture.body, capture.options) == (body, {"status": 503, "url": FINESSE, "occurred_at": TEN})


def span(**attributes: Any) -> dict[str, Any]:
    """Give a span of OTLP."""
    told = [
        {
            "key": name.replace("__", "."),
            "value": {"intValue" if isinstance(value, int) else "stringValue": str(value)},
        }
        for name, value in attributes.items()
    ]
    return {
        "name": "GET",
        "startTimeUnixNano": "1795255200000000000",
        "endTimeUnixNano": "1795255200100000000",
        "attributes": told,
    }


SPANS = [
    span(db__system="redis", code="/x", error="Timeout"),
    span(url__full=FINESSE, error__type="timeout"),
    span(http__status_code=0, url__full=FINESSE),
    span(http__response__status_code=503, url__path=FINESSE),
    span(http__response__status_code=200, url__path=FINESSE),
    span(http__response__status_code=404, http__route="/x/{id}"),
    span(http__status_code=502, http__url=FINESSE, http__target="/"),
]


@pytest.mark.parametrize("how", [{}, {"indent": 2}])
@pytest.mark.parametrize("count", [1, 2])
def test_spans_of_opentelemetry_tell_of_responses(tmp_path: Path, count: int, how: dict[str, Any]):
    """Each with a status of 400 or more is an error at its start, each other one is counted as none."""
    spans = [{"resource": {}, "scopeSpans": [{"spans": SPANS[:3]}, {"spans": SPANS[3:]}]}]
    (tmp_path / "traces").write_text((json.dumps({"resourceSpans": spans}, **how) + "\n") * count)
    report = batch.run(tmp_path / "traces", tmp_path / "out.ndjson")
    records = [*map(orjson.loads, (tmp_path / "out.ndjson").read_bytes().splitlines())]

    assert [(one["status"], one["source"]["time"], one["occurred_at"]) for one in records] == [
        (status, "1795255200000000000", TEN.isoformat()) for status in [503, 404, 502] * count
    ]
    assert (report.total.with_errors, report.total.not_errors) == (3 * count, 4 * count)


@pytest.mark.parametrize(("kind", "body"), [(3, BODY), ("SPAN_KIND_CLIENT", BODY), (2, None)])
def test_an_exception_of_a_span_tells_what_its_client_got(kind: Any, body: str | None):
    """Once, though its message and its stack have it; the status of a server is its own."""
    told = [
        {"key": f"exception.{name}", "value": {"stringValue": f"400 {BODY}"}}
        for name in ("message", "stacktrace")
    ]
    failed = span(http__response__status_code=400, url__path=FINESSE)
    failed |= {"kind": kind, "events": [{"name": "exception", "attributes": told}]}
    _, (capture,) = read(dumps({"resourceSpans": [{"scopeSpans": [{"spans": [failed]}]}]}))

    assert isinstance(capture, Capture)
    assert (capture.body, capture.options["status"]) == (body and body.encode(), 400)


def test_an_export_of_opentelemetry_is_one_whatever_comes_first_in_it():
    """Its first record may tell of no response, and it may stand over many lines."""
    none, told = CAPTURES["OpenTelemetry"]["resourceLogs"], {"body": {"stringValue": "started"}}
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [told]}]}, *none]}
    every = [read(json.dumps(logs, **how).encode()) for how in ({}, {"indent": 2})]
    event = {"time": "2026-11-21T10:00:00Z", "attributes": {"http.status_code": 503, "http.url": FINESSE}}
    over_lines = read(json.dumps(event, indent=2).encode())

    assert [[one.options.get("status") for one in found] for _, found in (*every, over_lines)] == [
        [None, 503],
        [None, 503],
        [503],
    ]


@pytest.mark.parametrize("body", [{}, {"body": "call done"}])
def test_attributes_of_a_success_are_no_error(body: dict[str, Any]):
    """The text beside them tells of the call, and is not what was answered."""
    attributes = {"http.response.status_code": 200, "url.path": FINESSE}
    _, (found,) = read(dumps({"time": "2026-11-21T10:00:00Z", "attributes": attributes} | body))

    assert isinstance(found, NotError)


@pytest.mark.parametrize(
    "error",
    [
        {"code": 1, "attributes": {"http.response.status_code": 503, "url.path": FINESSE}},
        {"timestamp": "2026-11-21T10:00:00Z", "attributes": {"status": 503, "path": FINESSE}},
        {"timestamp": "2026-11-21T10:00:00Z", "attributes": ["http.status_code"]},
    ],
)
def test_other_attributes_are_those_of_a_body(error: dict[str, Any]):
    """Without a time beside them, or with other names in them."""
    name, (found,) = read(dumps(error))

    assert name == "body"
    assert isinstance(found, Capture)
    assert found.body == dumps(error)


@pytest.mark.parametrize("how", [{}, {"indent": 2}])
def test_entries_of_google_cloud_are_captures(how: dict[str, Any]):
    """As `gcloud logging read` gives them: a line of a log as text or in an object, or a request and its answer."""
    entries = [
        {"textPayload": f"ERROR {BODY}", "timestamp": "2026-11-21T10:00:00Z"},
        {"httpRequest": {"status": 503, "requestUrl": FINESSE}, "timestamp": "2026-11-21T10:00:00Z"},
        {"jsonPayload": {"message": f"ERROR {BODY}"}, "timestamp": "2026-11-21T10:00:00Z"},
        {"httpRequest": {"status": 200, "requestUrl": FINESSE}, "timestamp": "2026-11-21T10:00:00Z"},
    ]
    told = [{}, {"status": 503, "url": FINESSE}, {}]

    for data in (json.dumps(entries, **how).encode(), b"".join(map(dumps, entries))):
        _, found = read(data)

        assert [one.body for one in found[:3]] == [BODY.encode(), None, BODY.encode()]
        assert [one.options for one in found[:3]] == [{"occurred_at": TEN} | beside for beside in told]
        assert [type(one) for one in found[3:]] == [NotError]


def test_tap_of_envoy_has_its_status_in_the_headers():
    """`:status` and base64 under `as_bytes` are read as Envoy's tap writes them."""
    tap = {
        "http_buffered_trace": {
            "response": {
                "headers": [{"key": ":status", "value": "503"}, {"key": "retry-after", "value": "5"}],
                "body": {"truncated": False, "as_bytes": base64.b64encode(BODY.encode()).decode()},
            }
        }
    }
    _, (capture,) = read(dumps(tap))

    assert capture.body == BODY.encode()
    assert capture.options == {"status": 503, "headers": [(":status", "503"), ("retry-after", "5")]}


def test_line_of_a_log_store_is_searched():
    """Where the store kept only the line, the payload in it is cut out."""
    _, (capture,) = read(dumps({"_time": "2026-11-21T10:00:00Z", "_raw": f"10:00:00 ERROR body={BODY} end"}))

    assert capture.body == BODY.encode()
    assert capture.options == {"occurred_at": TEN}
    assert capture.needs_claim


def test_logs_of_datadog_are_searched():
    """Its list of logs, as its interface answers, has each line below `attributes`; other objects stay bodies."""
    told = {"service": "gw", "message": f"ERROR body={BODY}", "timestamp": "2026-11-21T10:00:00Z"}
    log = {"id": "AwAAAZ", "type": "log", "attributes": told | {"tags": ["env:x"]}}
    name, found = read(json.dumps({"data": [log] * 2, "meta": {"status": "done"}}).encode())

    assert (name, [one.body for one in found]) == ("records", [BODY.encode()] * 2)
    assert [one.options for one in found] == [{"occurred_at": TEN}] * 2
    assert read(json.dumps({"data": [log | {"type": "user"}] * 2}).encode())[0] == "body"


def test_a_list_of_datadog_may_begin_with_any_log():
    """Its first log may tell nothing of an error, or have no text."""
    logs = [
        {"id": "1", "type": "log", "attributes": told}
        for told in ({"service": "gw"}, {"message": "started"}, {"message": f"ERROR {BODY}"})
    ]
    name, found = read(json.dumps({"data": logs, "meta": {}}).encode())

    assert (name, len(found), found[2].body) == ("records", 3, BODY.encode())


@pytest.mark.parametrize(
    "value, kind",
    [
        ({"status": 200, "uri": "/x"}, NotError),
        ({"status": 200, "body": ""}, NotError),
        ({"status": 200, "body": BODY}, Capture),
        ({"status": 503, "uri": "/x"}, Capture),
        ({"status": 0, "body": None}, Capture),
    ],
)
def test_only_what_may_be_an_error_is_normalized(value: dict[str, Any], kind: type):
    """A success without a body is counted, and nothing more."""
    _, (found,) = read(dumps(value) * 1)

    assert isinstance(found, kind)


def test_lines_of_bodies_are_their_own_bodies():
    """An object that carries no other body is the body, with its bytes as they stand, and needs a claim."""
    _, found = read(CHAT.encode() + b"\n" + CHAT.encode())

    assert [(f.body, f.needs_claim) for f in found if isinstance(f, Capture)] == [(CHAT.encode(), True)] * 2


@pytest.mark.parametrize("content", ["", None])
def test_an_empty_body_is_not_the_object_around_it(content: str | None):
    """ECS has the body one level below: `"body": {"content": ""}`."""
    told = {"http": {"response": {"status_code": 503, "body": {"content": content}}}, "url": {"full": "/x"}}
    _, (capture,) = read(dumps(told))

    assert isinstance(capture, Capture)
    assert (capture.body, capture.options["status"]) == (None, 503)


@pytest.mark.parametrize("data", [b"[]", b"\xef\xbb\xbf [ ]\n", b'{"took":1,"hits":{"total":0,"hits":[]}}'])
def test_an_export_of_nothing_has_no_captures(data: bytes):
    """A day without errors is none itself."""
    _, found = read(data)

    assert found == []


PRETTY = (orjson.dumps(CAPTURES["bare"], option=orjson.OPT_INDENT_2) + b"\n") * 3


@pytest.mark.parametrize(
    "data",
    [
        PRETTY,
        b"\xef\xbb\xbf\n" + PRETTY.replace(b"\n", b"\r\n"),
        PRETTY.replace(b"\n", b""),
        b"\x1e" + PRETTY.replace(b"}\n{", b"}\n\x1e{"),
    ],
    ids=["jq", "jq on Windows", "Firehose", "RFC 7464"],
)
def test_json_values_one_behind_the_other_are_captures(data: bytes):
    """Over many lines each, all on one, or behind a record separator: each is read at its place."""
    name, found = read(data)

    assert name == "values"
    assert [(one.body, one.options["status"]) for one in found] == [
        (CAPTURES["bare"]["body"], CAPTURES["bare"]["status"])
    ] * 3
    assert [one.source.offset for one in found] == [place.start() for place in re.finditer(rb"\{", data)]


def test_values_on_one_long_line_are_values():
    """The line is longer than what is looked at, as a file of Firehose is."""
    capture = PRETTY[: PRETTY.index(b"}\n") + 1].replace(b"\n", b"")
    name, found = read(capture * 1000)

    assert (name, len(found)) == ("values", 1000)


@pytest.mark.parametrize("mark", [b"", b"\x1e"])
def test_many_values_are_cut_into_pieces_of_whole_ones(mark: bytes):
    """For several processes; the separator of RFC 7464 stands in them as well."""
    data = (mark + dumps(CAPTURES["bare"]).replace(b",", b",\n")) * 3000
    reader = reader_named("values")
    cut = list(reader.cut(Stream(io.BytesIO(data), "a.log")))
    found = [one for part in cut for one in (reader.read(part) if isinstance(part, Stream) else [part])]

    assert sum(isinstance(part, Stream) for part in cut) > 1
    assert [type(one) for one in found] == [Capture] * 3000
    assert found == list(reader.read(Stream(io.BytesIO(data), "a.log")))


@pytest.mark.parametrize("size", [1, 8, 1000])
def test_where_a_broken_value_ends_does_not_depend_on_how_it_is_read(size: int):
    """A packed file comes in smaller parts than a plain one."""
    data = b'{"a":1}\n{"a":2}\n{"a":3}\n{"a":4 {"a":5}\n{"a":6}\n'
    file = io.BytesIO(data)
    parts = Mock(read=lambda most: file.read(min(size, most)))

    assert [one.data for one in values(Stream(parts))] == [
        b'{"a":1}', b'{"a":2}', b'{"a":3}', b'{"a":4 ', b'{"a":5}', b'{"a":6}',
    ]  # fmt: skip


def test_a_broken_value_ends_where_another_one_begins():
    """What was cut off in its middle, or is none, costs itself; no byte of it is lost."""
    half, rest = PRETTY[:28], PRETTY[PRETTY.index(b"}\n{") + 2 :]
    _, found = read(PRETTY + half + b"\n" + rest + b"and text\n" + rest[:-3])
    rejects = [one for one in found if isinstance(one, Reject)]

    assert [type(one) for one in found] == [Capture] * 3 + [Reject] + [Capture] * 2 + [
        Reject,
        Capture,
        Reject,
    ]
    assert [one.data for one in rejects[:2]] == [half, b"and text"]
    assert rejects[2].reason == NO_END


def test_one_object_over_many_lines_is_a_capture_where_it_has_a_body():
    """An error of Spring has a status and a path of its own, one of Genesys a member `body`: each is a body."""
    capture = orjson.dumps({"status": 503, "body": BODY}, option=orjson.OPT_INDENT_2)
    spring = orjson.dumps({"status": 404, "error": "Not Found", "path": "/x"}, option=orjson.OPT_INDENT_2)
    told = {
        "type": "response",
        "class": "TooManyRequestsErrorMessage",
        "code": 429,
        "body": {"retryAfter": 3},
    }
    genesys = orjson.dumps(told, option=orjson.OPT_INDENT_2)

    assert [(name, [one.body for one in found]) for name, found in map(read, (capture, spring, genesys))] == [
        ("values", [BODY]),
        ("body", [spring]),
        ("body", [genesys]),
    ]


SAID = {"status": 503, "url": "/finesse/api/User", "headers": {"Retry-After": "5"}, "body": BODY}
HEADS = {
    "a time": b"2026-11-21T10:00:00.000Z ",
    "docker compose": b"gateway-1  | ",
    "syslog": b"<134>Nov 21 10:00:00 gw01 nginx: ",
    "a logger": b"2026-11-21 10:00:00,000 ERROR [exec-7] {main} gw - ",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_captures_behind_a_head_of_their_line_are_read(head: bytes):
    """With an empty body, a page or an error: what the capture tells is known, and the head has the time."""
    bodies = ["", "<html><title>502 Bad Gateway</title></html>", BODY]
    lines = [head + dumps(SAID | {"body": body}) for body in bodies]
    name, found = read(b"".join(lines), zone=zone_of("UTC"))

    assert name in {"log", "container"}
    assert [one.body or "" for one in found] == bodies
    assert {(one.options["status"], one.options["headers"]["Retry-After"]) for one in found} == {(503, "5")}
    assert {one.options.get("occurred_at", TEN) for one in found} == {TEN}
    starts = [lines[0].index(b'{"'), lines[1].index(b'{"'), lines[2].index(b"<ApiErrors>")]
    assert [(one.source.line, one.source.offset) for one in found] == [
        (n + 1, sum(map(len, lines[:n])) + starts[n]) for n in range(3)
    ]


def test_lines_between_captures_are_a_log():
    """A payload over several of them is cut out whole, with its line's time."""
    log = b"2026-11-21 10:00:01,000 ERROR answer: <ApiErrors>\n<ApiError>\n</ApiError></ApiErrors>\n"
    _, found = read((HEADS["a time"] + dumps(SAID)) * 3 + log + b"started\n" + HEADS["syslog"] + dumps(SAID))

    assert [one.source.line for one in found] == [1, 2, 3, 4, 8]
    assert found[3].body == b"<ApiErrors>\n<ApiError>\n</ApiError></ApiErrors>"
    assert [one.source.time for one in found[3:]] == ["2026-11-21 10:00:01,000", "Nov 21 10:00:00"]


@pytest.mark.parametrize("key", ["log", "_raw", "message"])
def test_a_capture_in_a_text_of_a_log_store_is_read(key: str):
    """Docker's own files hold a line as text; so do Splunk and Elasticsearch, with its head or without."""
    rows = [
        {key: text + json.dumps(SAID | {"body": body}) + "\n", "time": "2026-11-21T10:00:00Z"}
        for text in ("", "10:00:00.001 gw - ")
        for body in ("", BODY)
    ]
    _, found = read(b"".join(map(dumps, rows)))

    assert [(one.body or "", one.options["status"]) for one in found] == [("", 503), (BODY, 503)] * 2
    assert {one.options["occurred_at"] for one in found} == {TEN}


def test_a_capture_in_a_line_of_a_log_tells_of_its_payload():
    """Status, url and headers beside an error are those of its response; the rest of the log is as it is."""
    line = b"2026-11-21 10:00:00,000 INFO gw - " + dumps(SAID).strip() + b" (12 ms)\n"
    name, found = read((b"2026-11-21 09:59:59,000 INFO started\n" * 3 + line) * 2)

    assert name == "log"
    assert [(one.body, one.options["status"], one.source.line) for one in found] == [
        (BODY, 503, 4),
        (BODY, 503, 8),
    ]
    assert {one.source.time for one in found} == {"2026-11-21 10:00:00,000"}
    assert found[0].options["headers"] == SAID["headers"]


@pytest.mark.parametrize(
    "beside",
    [
        {"status": 200, "body": "fine", "detail": BODY},
        {"body": "answer: " + BODY, "status": 503},
        {"body": {"fine": True}, "status": 200, "sent": BODY},
        {"body": BODY},
    ],
)
def test_a_payload_that_is_not_the_body_of_its_line_stays_what_it_is(beside: dict[str, Any]):
    """An object that tells of another response, or of none, does not take the place of the payload."""
    _, (found,) = read(b"2026-11-21 09:59:59,000 INFO started\n" * 3 + b"10:00:00.000 gw " + dumps(beside))

    assert isinstance(found, Capture)
    assert (found.body, found.options) == (BODY.encode(), {})


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("text", "name"),
    [
        (dumps(CAPTURES["bare"]).decode() * 3000, "ndjson"),
        ("status,body\r\n" + "503,Über 17 €\r\n" * 3000, "csv"),
        ("2026-11-21 10:00:00,000 FEHLER Gerät 😀 <ApiErrors></ApiErrors>\r\n" * 3000, "log"),
    ],
)
def test_text_in_utf_16_is_read(tmp_path: Path, codec: str, text: str, name: str):
    """As it is in UTF-8, whichever byte comes first, with a mark or without."""
    told = []
    for file, data in (("wide", text.encode(codec)), ("plain", text.encode())):
        (tmp_path / file).write_bytes(data)
        report = batch.run(tmp_path / file, tmp_path / "out")
        told.append((report.total, set(report.readers), report.tables))

    assert told[0] == told[1]
    assert (told[0][0].with_errors, told[0][1]) == (3000, {name})


def test_a_body_in_utf_16_stays_as_it_is(tmp_path: Path):
    """It may say of itself which code it is in."""
    data = f'<?xml version="1.0" encoding="UTF-16"?>{BODY}'.encode("utf-16")
    (tmp_path / "body.xml").write_bytes(data)
    batch.run(tmp_path / "body.xml", tmp_path / "out", raw="base64")
    record = orjson.loads((tmp_path / "out").read_bytes())

    assert (record["code"], record["problems"]) == ("HTTP_PARAM_INVALID", [])
    assert base64.b64decode(record["raw"]["base64"]) == data


@example(text=f"{'0' * 15}\U00010000\u0800", size=6, cut=False)
@given(text=st.text(max_size=60), size=st.integers(1, 9), cut=st.booleans())
def test_utf_16_becomes_the_same_text_however_it_is_read(text: str, size: int, *, cut: bool):
    """In parts of any size, none larger than asked for but for one character; half a character is U+FFFD."""
    data = text.encode("utf-16-le")
    file = AsUtf8(io.BytesIO(data[:-1] if cut else data), "utf-16-le")
    parts = list(iter(lambda: file.read(size), b""))
    whole = data[:-1].decode("utf-16-le", "replace") if cut else text

    assert b"".join(parts).decode() == whole
    assert all(len(part) <= max(size, 4) for part in parts)


SOUND, OTHER = {"status": 503, "body": BODY}, {"status": 502, "body": ""}
HITS = {"took": 1, "hits": {"total": 2, "hits": [{"_source": SOUND}, {"_source": OTHER}]}, "aggs": {"a": [1]}}
FIELDS = {
    "took": 1,
    "hits": {"hits": [{"_index": "x", "fields": {name: [it] for name, it in SOUND.items()}}]},
}
BOTH = {
    "took": 1,
    "hits": {"hits": [{"_index": "x", "_source": SOUND, "fields": {"@timestamp": ["2026-11-21T10:00:00Z"]}}]},
}
RECORDING = {"log": {"version": "1.2", "entries": [{"response": {"status": 502}}], "comment": "]}"}}


@pytest.mark.parametrize(
    ("parts", "statuses"),
    [
        ([[SOUND, OTHER], [SOUND]], [503, 502, 503]),
        ([[SOUND], SOUND, OTHER], [503, 503, 502]),
        ([HITS, HITS], [503, 502] * 2),
        ([HITS, SOUND], [503, 502, 503]),
        ([FIELDS, SOUND], [503, 503]),
        ([BOTH, SOUND], [503, 503]),
        ([OTHER, HITS, OTHER], [502, 503, 502, 502]),
        ([OTHER, [SOUND, OTHER], OTHER], [502, 503, 502, 502]),
        ([{"responses": [HITS, {"error": {}, "status": 404}, HITS]}], [503, 502, 404, 503, 502]),
        ([OTHER, SOUND | {"hits": {"hits": [{"_id": "1"}]}}], [502, 503]),
        ([OTHER, [{"x": 1}, SOUND], OTHER], [502, None, 503, 502]),
        ([RECORDING, RECORDING], [502, 502]),
    ],
)
@pytest.mark.parametrize("how", [{}, {"indent": 2}, {"separators": (",", ":")}])
def test_what_stands_behind_a_list_is_read(parts: list[Any], statuses: list[int], how: dict[str, Any]):
    """Lists, answers and recordings one behind the other, as `cat` and `jq` make them, are read to the end."""
    for gap in ("\n", "\r\n", ""):
        _, found = read(gap.join(json.dumps(part, **how) for part in parts).encode())

        assert [one.options.get("status") for one in found if isinstance(one, Capture)] == statuses


TOLD = {"time": "2026-11-21T10:00:00Z", "status": 503, "body": BODY}
LOGGED = {"timestamp": 1795255200000, "message": f"ERROR {BODY}"}


@pytest.mark.parametrize("name", ["records", "data", "events", "results", "entries", "logEvents"])
@pytest.mark.parametrize("how", [{}, {"indent": 2}, {"separators": (",", ":")}])
def test_a_list_that_a_log_store_puts_into_an_object_is_read(name: str, how: dict[str, Any]):
    """Whatever stands beside it, each element is read at its place, and what stands behind the object is, too."""
    around = {"next": None, "fields": [{"name": "]"}], "in": {name: [{"a": 1}]}, "of": f'"{name}":[{{'}
    one = json.dumps(around | {name: [TOLD, LOGGED, OTHER], "more": {name: [TOLD]}}, **how)
    for gap in ("", "\n"):
        data = (one + gap + one + gap + json.dumps(TOLD, **how)).encode()
        reader, found = read(data)

        assert reader == ("ndjson" if gap and "indent" not in how else "records")
        assert [one.options.get("status") for one in found] == [503, None, 502] * 2 + [503]
        assert [str(one.body or "")[:3] for one in found] == ["<Ap", "b'<", ""] * 2 + ["<Ap"]
        assert {data[one.source.offset :][:1] for one in found} == {b"{"}
        assert {one.options.get("occurred_at", TEN) for one in found} == {TEN}


def test_a_line_with_a_list_that_was_cut_costs_itself():
    """The ones behind it are read."""
    line = dumps({"records": [TOLD, LOGGED]})
    name, found = read(line[:-20] + b"\n" + line * 2)

    assert name == "ndjson"
    assert [type(one) for one in found] == [Reject] + [Capture] * 4


def test_each_payload_of_a_list_in_a_log_is_found_once():
    """The object around them is the body of none."""
    log = b"2026-11-21 10:00:00,000 INFO started\n"
    told = dumps({"records": [TOLD, TOLD | {"body": BODY.replace("PARAM", "OTHER")}]})
    name, found = read(log * 3 + b"2026-11-21 10:00:01,000 ERROR gw - " + told + log)

    assert name == "log"
    assert ["OTHER" in str(one.body) for one in found] == [False, True]


def test_a_list_in_an_object_is_known_by_its_first_element():
    """One longer than what is looked at is judged by its beginning; so is a line of it in a file of lines."""
    long = TOLD | {"body": "<a>" + "x" * 70_000}
    lines = b"".join(map(dumps, [OTHER, {"records": [TOLD, LOGGED]}, {"records": []}]))
    (first, found), (name, every) = read(dumps({"records": [long, TOLD]})), read(lines)

    assert (first, name) == ("records", "ndjson")
    assert [len(one.body) for one in found] == [70_003, len(BODY)]
    assert [one.options.get("status") for one in every if isinstance(one, Capture)] == [502, 503, None, None]


@pytest.mark.parametrize(
    "error",
    [
        {"errors": [TOLD]},
        {"data": TOLD},
        {"data": [{"code": 1011, "errorMsg": "Session does not exist"}]},
        {"data": [{"event": "session_error", "timestamp": 1795255200000}]},
        {"data": [{"body": "x"}]},
        {"data": [TOLD, "x"]},
        {"data": []},
        {"code": 400, "data": [TOLD]},
        {"Message": "Invalid", "events": [LOGGED]},
        {"status": 503, "events": [LOGGED]},
        {"list": [TOLD]},
        {"in": {"records": [TOLD]}},
        [{"channel": "/chat", "data": [{"type": "Message", "text": "well done"}]}],
    ],
)
@pytest.mark.parametrize("how", [{}, {"indent": 2}])
def test_an_error_that_holds_a_list_is_a_body(error: Any, how: dict[str, Any]):
    """Of a vendor's answer nothing is taken out; what is no capture, or stands deeper, is in no export."""
    data = json.dumps(error, **how).encode()
    name, (found,) = read(data)

    assert name == "body"
    assert isinstance(found, Capture)
    assert found.body == data


def test_a_capture_that_holds_a_list_stays_one():
    """`{"status":200,"url":"/x","events":[…]}`: the events are what the gateway knows of its own call."""
    _, found = read(dumps(TOLD | {"events": [LOGGED]}) + dumps({"status": 200, "url": "/x", "data": [TOLD]}))

    assert [type(one) for one in found] == [Capture, NotError]
    assert [one.body for one in found if isinstance(one, Capture)] == [BODY]


def test_elements_have_the_members_that_the_user_maps():
    """`--field` tells of the captures, and not of the object around them."""
    fields = {"body": "/answer", "status": "/result/code"}
    captures = [{"answer": BODY, "result": {"code": 503}}] * 2
    data = json.dumps({"total": 2, "results": captures}).encode() * 2
    name, found = read(data, fields=fields)

    assert name == "records"
    assert [(one.body, one.options) for one in found] == [(BODY, {"status": 503})] * 4


def test_text_behind_a_list_is_a_reject():
    """Nobody knows what it is, and its bytes are kept."""
    _, found = read(json.dumps([SOUND]).encode() + b"\nmade by export 1.2\n" + dumps(OTHER))

    assert [type(one) for one in found] == [Capture, Reject, Capture]
    assert found[1].data == b"made by export 1.2"


def test_the_head_alone_does_not_make_an_answer_of_elasticsearch():
    """A line of a gateway may hold one, be it empty, or as a body; the lines around it are captures."""
    nothing = {"hits": {"hits": []}}
    name, found = read(b"".join(map(dumps, [OTHER, nothing, OTHER])))
    other, more = read(b"".join(map(dumps, [OTHER, {"status": 500, "url": "/es", "body": nothing}, OTHER])))

    assert (name, other) == ("ndjson", "ndjson")
    assert [one.options.get("status") for one in found if isinstance(one, Capture)] == [502, None, 502]
    assert [one.options["status"] for one in more if isinstance(one, Capture)] == [502, 500, 502]


X = BODY.replace('"', "'")


@pytest.mark.parametrize(
    ("line", "bodies"),
    [
        ('{"status":200,"url":"/x","body":"fine"} answer: ' + X, ["fine", X]),
        ('{"status":200,"url":"/x","error":"' + X + '"}', [X]),
        ('{"status":"up","url":"/x","error":"' + X + '"}', [X]),
        ("answer: " + X + ' ctx={"status":400,"url":"/x"}', [X]),
        ('{"status":400,"body":"' + X + '","previous":"' + X.replace("HTTP", "CF") + '"}', [X, X.replace("HTTP", "CF")]),
        ('{"status":400,"body":"' + X + '"} retry {"status":503,"body":""}', [X, ""]),
        (json.dumps({"status": 400, "body": json.dumps({"inner": X})}), [X]),
        ('{"status":400,"body":"' + X + X + '"}', [X + X]),
        ('{"status":502,"body":"","url":"/x"} then {"status":400,"body":"' + X + '"}', ["", X]),
        ('{"body":{"event":"session_error","payload":{"code":1011}}}', [{"event": "session_error", "payload": {"code": 1011}}]),
    ],
)  # fmt: skip
def test_no_payload_of_a_line_is_lost_behind_a_capture(line: str, bodies: list[Any]):
    """Beside a capture, in another member, or as a second one: each is found, and once."""
    data = b"2026-11-21 10:00:00,000 ERROR gw " + line.encode() + b"\n"
    _, plain = read(data * 3)
    _, stored = read(dumps({"log": data.decode(), "time": "2026-11-21T10:00:00Z"}) * 3)

    for found in (plain, stored):
        told = [one.body or "" for one in found if isinstance(one, Capture)]
        assert [one.decode() if isinstance(one, bytes) else one for one in told] == bodies * 3


def test_a_capture_and_the_same_payload_in_the_next_line_are_two():
    """Two threads met one error: neither is the other one's twin."""
    head = b"2026-11-21 10:00:00,000 ERROR gw "
    _, found = read(head + dumps({"status": 400, "body": X}) + head + X.encode() + b"\n")

    assert [one.options.get("status") for one in found] == [400, None]


def test_a_payload_with_a_capture_of_another_thread_in_it_stays_whole():
    """What another thread wrote between its lines is set aside, and read."""
    first = b"2026-11-21 10:00:00,000 ERROR [exec-7] answer: <ApiErrors>\n<ApiError>\n"
    other = b"2026-11-21 10:00:00,000 INFO [exec-9] access " + dumps(OTHER)
    _, found = read(first + other + b"<ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>\n" + other)

    assert [one.body or "" for one in found] == [
        b"<ApiErrors>\n<ApiError>\n<ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>",
        "",
        "",
    ]


def test_captures_far_from_each_other_in_a_log_are_all_found():
    """What stands at its head does not decide, nor how much lies between."""
    line = b"2026-11-21T10:00:00Z gw " + dumps(OTHER)
    noise = b"2026-11-21T10:00:00Z gw starting\n"
    data = noise * 40 + line * 30 + noise * 170_000 + line * 30
    found = [one for piece in LOG.cut(Stream(io.BytesIO(data), "a.log")) for one in LOG.read(piece)]

    assert len(found) == 60
    assert found == list(LOG.read(Stream(io.BytesIO(data), "a.log")))


def test_a_body_that_tells_its_status_is_an_error():
    """Whoever sent it: 400 and more says so; what tells another one is for the vendors to claim."""
    rows = {"status": 503}, {"statusCode": 429, "message": "Rate limit"}, {"status": 200, "x": 1}
    _, found = read(b"".join(map(dumps, rows)))

    assert [(one.options.get("status"), one.needs_claim) for one in found] == [
        (503, False),
        (429, False),
        (None, True),
    ]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("404", 404),
        ("404.0", 404),
        ("404 Not Found", 404),
        ("404 NOT_FOUND", 404),
        ("418 I'm a teapot", 418),
        ("203 Non-Authoritative Information", 203),
        ("404 ", None),
        ("404 17", None),
        ("404Not Found", None),
        ("999 Request Denied", None),
        ("4040 Not Found", None),
        ("not found", None),
    ],
)
def test_a_status_may_stand_there_with_its_words(text: str, status: int | None):
    """Gateways and frameworks write the reason behind it; a count of something is none."""
    _, (capture,) = read(dumps({"status": text, "body": BODY}))

    assert capture.options.get("status") == status


def test_a_line_of_a_log_may_tell_its_status_with_words():
    """The object with it is a capture, as it is with the number alone."""
    _, found = read(
        b"".join(b"2026-11-21T10:00:00Z gw - " + dumps(OTHER | {"status": "502 Bad Gateway"}) for _ in "ab")
    )

    assert [(one.body or "", one.options["status"]) for one in found] == [("", 502)] * 2


def test_members_can_be_mapped():
    """A JSON pointer says where a member stands, in objects and in tables."""
    fields = {"body": "/a~1b/0", "status": "/c"}
    _, (capture,) = read(dumps({"a/b": [BODY], "c": "503", "body": "no"}), fields=fields)
    _, (cell,) = read(b"c,d\n503,no\n", fields={"body": "d", "status": "c"})

    assert (capture.body, capture.options["status"]) == (BODY, 503)
    assert (cell.body, cell.options["status"]) == ("no", 503)


def test_a_dot_in_a_mapped_name_is_one_or_a_step_down():
    """A name is looked for as the usual ones are: `answer.text` in `{"answer": {"text": …}}`, too."""
    fields = {"body": "answer.text", "status": "answer.code"}
    rows = {"answer": {"text": BODY, "code": 503}}, {"answer.text": BODY, "answer.code": 503}
    _, found = read(b"".join(map(dumps, rows)), fields=fields)

    assert [(one.body, one.options["status"]) for one in found] == [(BODY, 503)] * 2


def test_bodies_stand_alone_beside_captures_that_are_mapped():
    """What lacks the mapped body is the body itself; with a status it is a response without one."""
    rows = {"answer": CHAT, "status": 400}, {"event": "session_error", "payload": {"code": 1016}}
    data = b"".join(map(dumps, (*rows, {"status": 503})))
    _, found = read(data, fields={"body": "/answer"})
    _, plain = read(dumps(rows[1]) * 2)
    alone = (dumps(rows[1]).strip(), True)

    assert [(f.body, f.needs_claim) for f in found if isinstance(f, Capture)] == [
        (CHAT, False),
        alone,
        (None, False),
    ]
    assert [(f.body, f.needs_claim) for f in plain if isinstance(f, Capture)] == [alone] * 2


def test_bad_line_is_a_reject_with_place_and_bytes():
    """A line that is no JSON ends nothing."""
    good = dumps(CAPTURES["bare"])
    _, found = read(good + b"{oops\n" + good + b'{"half": "')

    assert [type(item) for item in found] == [Capture, Reject, Capture, Reject]
    assert [(i.source.line, i.source.offset, i.data) for i in found if isinstance(i, Reject)] == [
        (2, len(good), b"{oops\n"),
        (4, 2 * len(good) + 6, b'{"half": "'),
    ]


HAR = {
    "log": {
        "version": "1.2",
        "creator": {"name": "Firefox", "version": "130"},
        "pages": [{"title": 'no "entries":[ here'}],
        "entries": [
            {
                "startedDateTime": "2026-11-21T10:00:00.000Z",
                "request": {"method": "GET", "url": "https://finesse.example.com/finesse/api/User/agent1001"},
                "response": {
                    "status": 503,
                    "headers": [
                        {"name": "Retry-After", "value": "5"},
                        {"name": "Content-Encoding", "value": "gzip"},
                    ],
                    "content": {"size": 9, "mimeType": "application/xml", "text": BODY},
                },
            },
            {
                "startedDateTime": "2026-11-21T10:00:00Z",
                "request": {"url": "/x"},
                "response": {
                    "status": 400,
                    "content": {"encoding": "base64", "text": base64.b64encode(BODY.encode()).decode()},
                },
            },
            {"request": {"url": "/omitted"}, "response": {"status": 500, "content": {"size": 12}}},
            {"request": {"url": "/ok"}, "response": {"status": 200, "content": {"size": 0}}},
            {"request": {"url": "/blocked"}, "response": {"status": 0, "headers": [], "content": {}}},
            {"request": {"url": "/gone"}},
        ],
        "comment": "",
    }
}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("indent", [None, 2])
def test_har_is_read(start: bytes, indent: int | None):
    """Bodies as text or base64 or left out; successes and unanswered requests are counted."""
    name, found = read(start + json.dumps(HAR, indent=indent).encode())

    assert name == "har"
    assert [type(item) for item in found] == [Capture, Capture, Capture, NotError, NotError, Reject]
    first, second, third = found[:3]
    assert (first.body, second.body, third.body) == (BODY, BODY.encode(), None)
    assert first.options["headers"] == [("Retry-After", "5")]
    assert first.options["occurred_at"] == TEN
    assert [item.options["status"] for item in found[:3]] == [503, 400, 500]
    assert [[str(one.code) for one in item.problems] for item in found[:3]] == [[], [], ["body-omitted"]]


SIZES = [
    ({"content": {"size": 12}}, ["body-omitted"]),
    ({"content": {"size": -1}, "bodySize": 12}, ["body-omitted"]),
    ({"content": {"size": 0}, "bodySize": 20}, []),
    ({"content": {"size": 12, "text": ""}}, []),
    ({"content": {"size": 0}, "bodySize": 0}, []),
    ({"content": {"size": -1}, "bodySize": -1}, []),
    ({"content": {"size": "12"}}, []),
    ({}, []),
]


@pytest.mark.parametrize(("response", "codes"), SIZES)
def test_a_body_left_out_is_told_apart_from_an_empty_one(response: dict[str, Any], codes: list[str]):
    """An answer with a size had a body, which the recording does not hold."""
    entry = {"request": {"url": "/"}, "response": {"status": 500, **response}}
    _, (found,) = read(dumps({"log": {"version": "1.2", "entries": [entry]}}))

    assert [str(one.code) for one in found.problems] == codes


def test_a_vendors_xml_is_found_under_any_name():
    """No usual name says that it is a body: it is an error as in a log, at the time of its line."""
    told = {"@timestamp": "2026-11-21T10:00:00Z", "level": "error", "message": "call failed"}
    every = [
        {"detail": BODY},
        {"error": f"\n{BODY}\n"},
        {"reply": {"text": BODY}},
        {"message": "call failed", "error": {"message": BODY}},
        {},
    ]
    lines = [dumps(told | beside) for beside in every]
    name, found = read(b"".join(lines))

    assert name == "ndjson"
    assert [one.body for one in found] == [BODY.encode()] * 4 + [lines[4].strip()]
    assert [(one.options["occurred_at"], one.source.line) for one in found] == [(TEN, n) for n in range(1, 6)]


SPOKEN_OF = [
    {
        "ApiErrors": {
            "ApiError": {"ErrorType": "User Not Found", "ErrorMessage": "no <ApiErrors/> in the answer"}
        }
    },
    {"errorType": "x", "note": "<ApiErrors></ApiErrors>"},
    {"chatId": "1", "statusCode": 2, "errors": [{"code": 247, "advice": "see <ApiErrors/> there"}]},
    {"note": "<Error/><ApiErrors></ApiErrors>"},
]


@pytest.mark.parametrize("body", SPOKEN_OF)
def test_a_body_that_speaks_of_xml_is_not_cut_apart(body: dict[str, Any]):
    """It may be a vendor's own, or a text for people: only what is all of a text was sent by somebody."""
    data = dumps(body)
    found = NDJSON.read(Stream(io.BytesIO(data)))

    assert [one.body for one in found] == [data.strip()]


BEGINNINGS = [
    "    <ErrorType>Invalid Input</ErrorType>\n  </ApiError>\n</ApiErrors>",
    '{"a":',
    "<!-- rotated -->",
]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_log_may_begin_inside_a_payload(beginning: str):
    """It was rotated there, or is the end of a longer one: the lines behind that are read."""
    lines = [f"2026-11-21T10:00:0{n}Z ERROR {BODY}\n" for n in range(2)]
    name, found = read(f"{beginning}\n{''.join(lines)}".encode())

    assert name == "log"
    assert [one.body for one in found[-2:]] == [BODY.encode()] * 2
    assert [one.source.line for one in found[-2:]] == [beginning.count("\n") + 2, beginning.count("\n") + 3]


LINES = "2026-11-21 10:00:00 ERROR a\n2026-11-21 10:00:01 ERROR b"
BODIES = [
    "<html>\n<pre>\n2026-11-21 10:00:00 down\n</pre></html>",
    f"<html>\n<br>\n{LINES}\n</html>",
    "<ServiceFault>\nINFO: a\nERROR: b\n</ServiceFault>",
    f'{{"code":1011,\n"log":"x\n{LINES}"}}',
    '{"at":\n"2026"}',
]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_may_hold_lines_of_a_log(body: str):
    """Where its first element, or a text of it, is still open, they are a part of it."""
    assert reader_of(body.encode(), {}).name == "body"


UPDATE = (
    "<Update><data><apiErrors><apiError><errorData>34</errorData><errorMessage>CF_INVALID_OBJECT_STATE"
    "</errorMessage><errorType>Call Operation Failure</errorType></apiError></apiErrors></data>"
    "<event>PUT</event><requestId>r-1</requestId><source>/finesse/api/Dialog/3211</source></Update>"
)
BAYEUX = b'[{"channel": "/chat/session-7", "data": {"type": "EventError", "error": {"code": 100}}}]'
NEWS = UPDATE.replace("apiErrors", "dialogs").replace("apiError", "dialog")


def test_messages_of_a_web_socket_are_read(tmp_path: Path):
    """What the server sent is an error where a vendor claims it, at its own time; the rest is counted."""
    messages = [
        {"type": "send", "time": 1795255200.0, "opcode": 1, "data": UPDATE},
        {"type": "receive", "time": 1795255201.0, "opcode": 1, "data": NEWS},
        {"type": "receive", "time": 1795255202.25, "opcode": 1, "data": UPDATE},
        {
            "type": "receive",
            "time": 1795255203.0,
            "opcode": 2,
            "data": base64.b64encode(BAYEUX).decode(),
        },
        {"type": "receive", "time": 1795255204.0, "opcode": 1, "data": "<html>maintenance</html>"},
        {"type": "receive", "opcode": 8},
        "no message",
    ]
    entry = {
        "startedDateTime": "2026-11-21T10:00:00Z",
        "request": {"url": "wss://finesse.example.com/ws/"},
        "response": {"status": 101, "content": {"size": 0}},
        "_webSocketMessages": messages,
    }
    path = tmp_path / "agent.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry]}}))
    records = list(batch.records(path))
    counts = batch.run(path, tmp_path / "out").inputs[str(path)]

    assert [(record.vendor, record.occurred_at.timestamp()) for record in records] == [
        ("cisco-finesse", 1795255202.25),
        ("genesys-chat", 1795255203.0),
    ]
    assert records[0].source.time == "1795255202.25"
    assert (counts.captures, counts.with_errors, counts.not_errors, counts.rejected) == (5, 2, 3, 0)


def test_messages_of_an_entry_without_a_response_are_read():
    """A recording that was stopped while the socket was open has none yet."""
    every = [[{"type": "receive", "data": UPDATE}], [{"type": "send", "data": UPDATE}], "none"]
    entries = [{"_webSocketMessages": messages} for messages in every]
    _, (found, *rejects) = read(dumps({"log": {"version": "1.2", "entries": entries}}))

    assert found.body == UPDATE
    assert [type(one) for one in rejects] == [Reject, Reject]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2026-11-21 10:00:00 UTC", {"occurred_at": TEN}),
        ("Sat Nov 21 10:00:00 GMT 2026", {"occurred_at": TEN}),
        ("2026-11-21 10:00:00 EST", {}),
        ("Sat Nov 21 10:00:00 CET 2026", {}),
    ],
)
def test_the_zone_that_a_member_names_is_its_own(text: str, known: dict[str, Any]):
    """The zone of times that name none is not theirs, and of EST nobody knows which one it is."""
    _, (capture,) = read(dumps({"ts": text, "body": BODY}), zone=zone_of("-03:00"))

    assert (capture.options, capture.source.time) == (known, text)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Sat Nov 21 2026 11:00:00 GMT+0100 (CET)", {"occurred_at": TEN}),
        ("Sat Nov 21 2026 11:00:00 GMT+0100 (Mitteleuropäische Normalzeit)", {"occurred_at": TEN}),
        ("Sat Nov 21 2026 13:00:00 GMT+0300 (GMT+03:00)", {"occurred_at": TEN}),
        ("2026-11-21T11:00:00.000000+01:00[Europe/Berlin]", {"occurred_at": TEN}),
        ("2026-11-21T10:00:00Z/2026-11-21T11:00:00Z", {}),
        ("1" * 400, {}),
    ],
)
def test_a_long_text_of_a_time_is_a_moment(text: str, known: dict[str, Any]):
    """The zone may stand there twice, by its offset and by its name; a time from one to another is none."""
    _, (capture,) = read(dumps({"ts": text, "body": BODY}))

    assert (capture.options, capture.source.time) == (known, text)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("csv", '"@timestamp",status,body\n"Nov 5, 2026 @ 10:00:00.000",503,gone\n'),
        ("ndjson", '{"@timestamp":"Nov 5, 2026 @ 10:00:00.000","status":503,"body":"gone"}\n'),
        ("log", 'started\nNov 5, 2026 @ 10:00:00.000 gw - {"status":503,"url":"/x","body":"gone"}\n'),
    ],
)
def test_the_times_of_kibana_are_read(name: str, data: str):
    """In tables, captures and logs they name no zone, and are moments in the one that is given."""
    form, (bare,) = read(data.encode())
    _, (zoned,) = read(data.encode(), zone=UTC)

    assert (form, bare.source.time) == (name, "Nov 5, 2026 @ 10:00:00.000")
    assert (bare.options.get("occurred_at"), zoned.options["occurred_at"]) == (None, TEN.replace(day=5))


@given(st.integers(10**15, 2 * 10**15))
def test_a_time_in_seconds_keeps_its_microseconds(micros: int):
    """A float of seconds since 1970 means the microsecond that it was written for."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    row = {"time": micros / 10**6, "status": 503, "body": BODY}
    _, (number,) = read(dumps(row))
    _, (text,) = read(dumps(row | {"time": str(micros / 10**6)}))

    assert number.options["occurred_at"] == text.options["occurred_at"] == moment


TABLE = [
    ["time", "Status", "response-body", "note"],
    ["2026-11-21T10:00:00Z", "503", BODY.replace("><", ">\n<"), 'a "note"'],
    ["21/Nov/2026:10:00:00 +0000", "200", "", ""],
    ["2026-11-21 10:00:00", "", CHAT, "é"],
]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_are_read(delimiter: str, end: str):
    """Rows with several lines, any usual delimiter, and times without zone stay texts unless one is given."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(TABLE)
    data = text.getvalue().encode()
    name, found = read(data)
    _, zoned = read(data, zone=zone_of("+00:00"))

    assert name == "csv"
    assert [type(item) for item in found] == [Capture, NotError, Capture]
    assert found[0].body == TABLE[1][2]
    assert found[0].options == {"status": 503, "occurred_at": TEN}
    assert (found[2].body, found[2].options, found[2].needs_claim) == (CHAT, {}, True)
    assert zoned[2].options == {"occurred_at": TEN}
    for item in found:
        assert data[item.source.offset :].startswith(item.source.time.encode())
        assert data.count(b"\n", 0, item.source.offset) + 1 == item.source.line


def test_broken_rows_are_rejects():
    """A row with too many cells, and one whose quotes never end, are rejected with their bytes."""
    _, found = read(b'status,body\n500,a\n1,2,3\n500,"open\nx')

    assert [(type(i), i.source.line) for i in found] == [(Capture, 2), (Reject, 3), (Reject, 4)]
    assert [i.data for i in found[1:]] == [b"1,2,3\n", b'500,"open\nx']


HTTP = (
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 503 Service Unavailable\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\nContent-Length: 20\r\n\r\n"
    b"HTTP/1.1 502 is text"
    b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n{}"
    b"HTTP/2 200\r\nserver: x\r\n\r\n"
    b"HTTP/1.1 400 Bad Request\nContent-Length: 99\n\ncut"
)


def test_http_messages_are_read():
    """Interim answers are skipped; a body ends by its length, its chunks, or where the next message begins."""
    name, found = read(HTTP)

    assert name == "http"
    assert [type(item) for item in found] == [Capture, Capture, Capture, NotError, Capture]
    assert [i.body for i in found if isinstance(i, Capture)] == [
        b"HTTP/1.1 502 is text",
        b"abcde",
        b"{}",
        b"cut",
    ]
    assert [i.options["status"] for i in found if isinstance(i, Capture)] == [503, 500, 404, 400]
    assert found[0].options["occurred_at"] == TEN
    assert [problem.code for problem in found[4].problems] == ["encoding-truncated"]


@pytest.mark.parametrize("size", [500, 9_000, 70_000, 700_000])
def test_a_length_is_believed_wherever_the_message_stands(size: int):
    """A body may quote a status line, and how much is read at once says nothing about it."""
    body = b"<pre>\nHTTP/1.1 502 Bad Gateway\r\nA: b\r\n\r\n" + b"x" * size + b"</pre>\n"
    message = b"HTTP/1.1 500 Oops\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    count = max(3, 3_000_000 // size) if size > 500 else 400
    _, found = read(message * count)

    assert [len(item.body) for item in found] == [len(body)] * count


PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
ANSWER = "<ApiErrors><ApiError><ErrorMessage>UNKNOWN_USER</ErrorMessage></ApiError></ApiErrors>"


@pytest.mark.parametrize(
    "told",
    [
        {"status": 503, "url": "/finesse/api/User/agent1001", "detail": ANSWER},
        {"status": 503, "detail": f"call failed: {ANSWER}"},
        {"status": 503, "body": None, "error.stack_trace": f"at Gateway: {ANSWER}\n\tat Main"},
        {"status": 503, "url": "/x", "error": f"failed: {ANSWER}"},
        {"status": 503, "url": "/x", "detail": f"the server said {ANSWER}"},
        {
            "status": 503,
            "url": "/x",
            "request_body": ANSWER.replace("USER", "ID"),
            "exception": f"failed: {ANSWER}",
        },
        {"status": 503, "url": "/x", "upstream": f"got {PAGE}", "detail": ANSWER},
        {"status": 503, "url": "/x", "error": {"message": f"failed: {ANSWER}"}},
    ],
)
def test_an_answer_without_a_body_may_stand_under_another_name(told: dict[str, Any]):
    """The status says that it failed, so the one payload of the line is what was answered."""
    line = orjson.dumps({"ts": "2026-11-21T10:00:00Z", "status": 404, "url": "/x", "body": ""}) + b"\n"
    _, (_, found) = read(line + orjson.dumps({"ts": "2026-11-21T10:00:00Z"} | told) + b"\n")

    assert (found.body, found.options["status"], found.needs_claim) == (ANSWER.encode(), 503, False)


def test_an_answer_may_stand_under_the_usual_name_where_another_one_is_mapped():
    """The row has nothing where the user says that bodies are, and it failed."""
    line = dumps({"status": 404, "answer": "x"}) + dumps({"status": 503, "body": ANSWER})
    _, (_, found) = read(line, fields={"body": "/answer"})

    assert (found.body, found.options["status"], found.needs_claim) == (ANSWER.encode(), 503, False)


@pytest.mark.parametrize(
    "told",
    [
        {"level": "error", "detail": ANSWER},
        {"level": "error", "message": f"got {ANSWER}"},
        {"time": "2026-11-21T10:00:00Z", "level": "error", "detail": ANSWER},
        {"status": 400, "text": ANSWER},
    ],
)
def test_a_list_of_lines_of_a_log_tells_what_the_lines_tell(told: dict[str, Any]):
    """A viewer of logs saves as a list what a gateway writes one a line."""
    name, found = read(json.dumps([told, told], indent=1).encode())
    _, lines = read(dumps(told) * 2)

    assert name == "json"
    assert [(one.body, one.options) for one in found] == [(one.body, one.options) for one in lines]
    assert [one.body for one in found] == [ANSWER.encode()] * 2


@pytest.mark.parametrize(
    ("before", "behind"),
    [(b"\0" * 70_000, b""), (b"10:15:29.123 a\0b\n", b""), (b"", b"\0")],
    ids=["a hole", "one", "one in each line"],
)
def test_nuls_in_a_log_take_nothing_from_it(before: bytes, behind: bytes):
    """A server writes on where its log was cut meanwhile, and logs what a body holds."""
    line = b"2026-11-21 10:15:30 ERROR answer: %b%b\n" % (ANSWER.encode(), behind)
    name, found = read(before + line * 3)

    assert (name, [one.body for one in found]) == ("log", [ANSWER.encode()] * 3)


def test_a_list_of_frames_of_finesse_js_has_a_frame_in_each_element():
    """As a browser's console saves them."""
    frame = {"status": 400, "content": ANSWER, "object": {"ApiErrors": {}}, "error": None}
    _, found = read(json.dumps([frame, frame], indent=1).encode())

    assert [(json.loads(one.body), one.options["status"]) for one in found] == [(frame, 400)] * 2


def test_a_list_of_a_vendor_is_one_body():
    """Though it tells a level of its own."""
    event = {"level": "x", "channel": "/x", "data": {"type": "EventError", "error": {"code": 52}}}
    _, (found,) = read(json.dumps([event]).encode())

    assert json.loads(found.body) == [event]


@pytest.mark.parametrize(
    "told",
    [
        {"request_body": ANSWER, "response_body": None},
        {"hint": f"docs say {ANSWER} means", "body": None},
        {"detail": ANSWER, "body": ""},
    ],
)
def test_what_was_asked_or_is_only_spoken_of_is_no_answer(told: dict[str, Any]):
    """Nor is anything else one where the body is there, and empty."""
    (found,) = read(orjson.dumps({"status": 404, "url": "/x"} | told) + b"\n")[1]

    assert (found.body or "", found.options["status"]) == ("", 404)


@pytest.mark.parametrize("body", [None, ""])
def test_where_the_body_is_not_there_its_line_of_a_log_tells(body: str | None):
    """Of an exchange the gateway kept its own line, and no body."""
    (found,) = read(orjson.dumps({"body": body, "message": f"failed: {ANSWER}"}) + b"\n")[1]

    assert found.body == ANSWER.encode()


def test_a_vendors_xml_is_found_beside_a_page_of_a_proxy():
    """No status says that it failed, and the page is no second payload."""
    line = orjson.dumps({"level": "info", "reason": f"got {PAGE}", "text": ANSWER}) + b"\n"
    (found,) = NDJSON.read(Stream(io.BytesIO(line)))

    assert found.body == ANSWER.encode()


@pytest.mark.parametrize("body", [None, "", {}])
def test_an_answer_that_was_empty_is_not_what_its_line_tells(body: Any):
    """The server did answer, with success; the text tells of another one."""
    told = {"status": 200, "url": "/x", "body": body, "message": f"see {ANSWER}"}
    (found,) = read(orjson.dumps(told) + b"\n")[1]

    assert isinstance(found, NotError)


def test_of_many_payloads_it_is_not_asked_where_each_stands():
    """None is the answer where there are several; to look for each in each member would take their square."""
    told = {f"m{n}": f"<ApiErrors>{n}</ApiErrors>" for n in range(100)}
    with patch.object(rows_of, "_holds") as looked:
        (found,) = read(orjson.dumps({"status": 503, "url": "/x"} | told) + b"\n")[1]

    assert (found.body, looked.call_count) == (None, 0)


def test_of_two_payloads_under_other_names_none_is_the_answer():
    """Nobody knows which; the line is told with its status."""
    (found,) = read(orjson.dumps({"status": 503, "url": "/x", "sent": ANSWER, "got": ANSWER}) + b"\n")[1]

    assert (found.body, found.options["status"]) == (None, 503)


def test_a_body_of_otlp_may_be_bytes():
    """They stand in base64 in JSON (protobuf's own form of it)."""
    body = {"bytesValue": base64.b64encode(f"call failed: {ANSWER}".encode()).decode()}
    (found,) = read(dumps({"timeUnixNano": "1795255200000000000", "body": body}))[1]

    assert found.body == ANSWER.encode()


@pytest.mark.parametrize(
    ("name", "body"),
    [("timeUnixNano", ANSWER), ("observedTimeUnixNano", ANSWER), ("startTimeUnixNano", None)],
)
def test_a_log_record_or_a_span_of_otlp_may_stand_alone(name: str, body: str | None):
    """So `jq -c '.resourceLogs[].scopeLogs[].logRecords[]'` gives them."""
    told = {
        "http.response.status_code": {"intValue": "503"},
        "url.path": {"stringValue": "/finesse/api/User"},
    }
    record = {"timeUnixNano": "0"} if name == "observedTimeUnixNano" else {}
    record |= {name: "1795255200000000000", "attributes": [{"key": k, "value": v} for k, v in told.items()]}
    if body:
        record["body"] = {"stringValue": f"call failed: {body}"}
    _, (found,) = read(orjson.dumps(record) + b"\n")

    assert (found.body or b"").decode() == (body or "")
    assert found.options == {"status": 503, "url": "/finesse/api/User", "occurred_at": TEN}


@pytest.mark.parametrize(
    "told",
    [
        {"startTimeUnixNano": "1", "attributes": [], "body": ANSWER},
        {"timeUnixNano": "1795255200000000000", "body": {"code": 1011, "errorMsg": "Over."}},
        {"timeUnixNano": "1795255200000000000", "attributes": ["x"], "body": ANSWER},
    ],
)
def test_what_tells_of_a_response_itself_is_no_record_of_otlp(told: dict[str, Any]):
    """Its status and its body are those of the capture."""
    (found,) = read(orjson.dumps({"status": 404, "url": "/x"} | told) + b"\n")[1]

    assert (found.body, found.options["status"]) == (told["body"], 404)


def test_headers_without_end_are_a_reject():
    """A message cut inside its headers is no message."""
    _, found = read(b"HTTP/1.1 500 Oops\r\n\r\nbody\nHTTP/1.1 503 Service Unav")

    assert [type(item) for item in found] == [Capture, Reject]
    assert found[1].data == b"HTTP/1.1 503 Service Unav"


DATED = "HTTP/1.1 404 X\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n\r\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_http_messages_may_begin_with_a_byte_order_mark(tmp_path: Path, codec: str):
    """So Windows PowerShell writes what `curl.exe -i` prints; status, time and place of each are known."""
    text = f"{DATED}{BODY}\r\nHTTP/1.1 503 X\r\n\r\n"
    (tmp_path / "dump.txt").write_bytes(text.encode(codec))
    report = batch.run(tmp_path / "dump.txt", tmp_path / "out")
    records = [orjson.loads(line) for line in (tmp_path / "out").read_bytes().splitlines()]
    mark = 0 if codec in {"utf-8", "utf-16-le", "utf-16-be"} else 3

    assert (set(report.readers), report.total.captures, report.total.rejected) == ({"http"}, 2, 0)
    assert [(one["status"], one["source"]["line"]) for one in records] == [(404, 1), (503, 5)]
    assert [one["source"]["offset"] - mark for one in records] == [0, text.index("HTTP/1.1 503")]
    assert datetime.fromisoformat(records[0]["occurred_at"]) == TEN


@pytest.mark.parametrize("length", ["", f"Content-Length: {len(BODY)}\r\n"])
def test_dumps_joined_into_one_keep_their_marks_between_messages(length: str):
    """`cat` leaves the mark of each file before its first status line; a length ends the body before it."""
    dump = f"\ufeffHTTP/1.1 400 X\r\n{length}\r\n{BODY}\r\n".encode()
    _, found = read(dump * 3)

    assert [one.options["status"] for one in found] == [400] * 3
    assert [one.body.strip(b"\r\n\xef\xbb\xbf").decode() for one in found] == [BODY] * 3


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("<e>Gerät</e>", "<e>Ger├ñt</e>\r\n"),
        ("<e>\nGerät\n</e>\n", "<e>\r\nGer├ñt\r\n</e>\r\n"),
        ("<e>Gerät ist fort: Störung</e>", "<e>Ger?t ist fort: St?rung: €</e>\r\n"),
        ("<e>" + "語" * 9 + "</e>", "<e>" + "é" * 9 + "</e>\r\n"),
    ],
)
def test_a_length_counts_no_text_of_another_code(sent: str, shown: str):
    """What a console has made of the bytes of a body is neither cut at its Content-Length nor called cut."""
    head = f"HTTP/1.1 400 X\r\nContent-Length: {len(sent.encode())}\r\n\r\n"
    file = AsUtf8(io.BytesIO((head + shown).encode("utf-16") * 2), "utf-16-le")
    found = list(reader_named("http").read(Stream(file)))

    assert [(one.body.removesuffix(b"\xef\xbb\xbf").decode(), one.problems) for one in found] == [
        (shown, ())
    ] * 2


def test_a_length_counts_a_text_of_ascii_in_any_code():
    """There it ends a body in which a status line stands, and tells of one that was cut off."""
    body = "as in\r\nHTTP/1.1 503 X\r\n\r\n"
    text = f"HTTP/1.1 400 X\r\nContent-Length: {len(body)}\r\n\r\n{body}HTTP/1.1 400 X\r\nContent-Length: 9\r\n\r\ncut"
    found = list(reader_named("http").read(Stream(AsUtf8(io.BytesIO(text.encode("utf-16-le")), "utf-16-le"))))

    assert [one.body.decode() for one in found] == [body, "cut"]
    assert [[problem.code for problem in one.problems] for one in found] == [[], ["encoding-truncated"]]


METER = (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    "                                 Dload  Upload   Total   Spent    Left  Speed\n"
    "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
    "\r100  1.2k  100  1.2k    0     0   9.8M      0  0:00:01 --:--:--  0:00:01 9.8M\n"
)
PROMPTS = {
    "a sign": "$ curl -i https://finesse.example.com/x\n",
    "bash": "agent@host:~$ curl -i https://finesse.example.com/x\n",
    "an environment": "(venv) agent@host:~/errors$ curl -sS -i 'https://finesse.example.com/x'\n",
    "zsh": "agent@mac ~ % curl -i https://finesse.example.com/x\n",
    "root": "[root@gw ~]# curl -i https://finesse.example.com/x\n\n",
    "a container": "bash-5.1$ curl -i https://finesse.example.com/x\n",
    "PowerShell": "PS C:\\Users\\agent1001> curl.exe -i https://finesse.example.com/x\r\n",
    "cmd": "C:\\Users\\agent1001>curl -i https://finesse.example.com/x\r\n",
    "many lines": "$ curl -i \\\n  -H 'Accept: application/xml' \\\n  https://finesse.example.com/x\n",
}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_http_messages_are_pasted_from_a_terminal(prompt: str, mark: str):
    """A prompt before a message is no part of a body, no capture and no reject, be it the first or not."""
    asked = f"{prompt}{DATED}"
    name, found = read(f"{mark}{asked}{BODY}\n{asked}{asked}{BODY}\n".encode())

    assert name == "http"
    assert [one.body.decode() for one in found] == [f"{BODY}\n", "", f"{BODY}\n"]
    assert [one.options["occurred_at"] for one in found] == [TEN] * 3


@pytest.mark.parametrize(
    "talk",
    [
        *PROMPTS.values(),
        "# first try\n\n",
        "curl -i https://finesse.example.com/x\n",
        METER,
        "$ cd /tmp\n" + PROMPTS["bash"] + METER.replace("\n", "\r\n"),
        "\n# first try\n" + PROMPTS["PowerShell"] + METER + "\n",
    ],
)
def test_talk_of_a_terminal_around_messages_is_passed_over(talk: str):
    """Before the first one, and where a Content-Length ends right before it, with no line break between."""
    message = f"HTTP/1.1 404 X\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}"
    data = f"{talk}{message}{talk}{message}\n{talk}{message}{talk.rstrip()}".encode()
    name, found = read(data)

    assert name == "http"
    assert [(one.body.decode(), one.problems) for one in found] == [(BODY, ())] * 3
    assert [one.source.offset for one in found] == [at.start() for at in re.finditer(b"HTTP/1.1", data)]


@pytest.mark.parametrize(
    "body",
    [
        "# Errors\n# try again\n",
        "Try:\n$ curl -i https://finesse.example.com/x\n\nand look.\n",
        "Try:\n$ curl -i https://finesse.example.com/x\n# and look\n",
        "Try:\n# curl -i https://finesse.example.com/x\n",
        "Try `curl`:\n  $ curl -i https://finesse.example.com/x\n",
        "costs\n$ 52.10\n",
        METER,
        '$ curl -d {"a":1}',
        "$ curl -i https://finesse.example.com/x\nHTTP/1.1 is what it speaks\n",
    ],
)
@pytest.mark.parametrize("behind", ["HTTP/1.1 500 X\r\n\r\n{}", ""])
def test_what_looks_like_talk_in_a_body_stays_in_it(body: str, behind: str):
    """Where no Content-Length says that it ends before, and where one says that it ends behind."""
    length = f"Content-Length: {len(body)}\r\n"
    for head in (
        "",
        length,
        length.replace("Length: ", "Length: 9"),
        "Content-Encoding: br\r\nContent-Length: 9\r\n",
    ):
        _, (first, *_) = read(f"HTTP/1.1 404 X\r\n{head}\r\n{body}{behind}".encode())

        assert first.body.decode() == body


@pytest.mark.parametrize("length", [True, False])
def test_a_prompt_in_a_body_is_kept_where_its_length_holds_it(*, length: bool):
    """A page that ends with a command is only whole with it, also where no length tells."""
    body = "Try:\n" + PROMPTS["a sign"]
    head = f"HTTP/1.1 404 X\r\nContent-Length: {len(body)}\r\n\r\n" if length else "HTTP/1.1 404 X\r\n\r\n"
    _, found = read(f"{head}{body}HTTP/1.1 500 X\r\n\r\n".encode())

    assert [one.body.decode() for one in found] == [body, ""]


@pytest.mark.parametrize(
    "before",
    [
        "2026-11-21 10:00:00,000 ERROR gw answer:\n",
        "$ curl -v https://finesse.example.com/x\n*   Trying 10.0.0.1:443...\n> GET /x HTTP/1.1\n",
        "# first try\nthis one failed:\n",
        "```console\n$ curl -i https://finesse.example.com/x\n",
    ],
)
def test_other_text_before_a_status_line_makes_a_log(before: str):
    """Only where nothing but talk of a terminal stands before the first message is it sure that it is one."""
    name, found = read(f"{before}{DATED}{BODY}\n".encode())

    assert (name, [one.body.decode() for one in found]) == ("log", [BODY])


@pytest.mark.parametrize(
    "head, name",
    [
        (BODY.encode(), "body"),
        (b'{\n  "code": 1011\n}\n', "body"),
        (b'{"code": 1011}', "body"),
        (b'[{"channel":"/meta/handshake","successful":false}]', "body"),
        (b'[{"status":503,"body":"x"}]', "json"),
        (b'{"took":1,"hits":{"total":1,"hits":[{"_source":{"status":503}}]}}', "hits"),
        (b"<34>Nov 21 10:00:00 gw finesse: x", "log"),
        (b"[2026-11-21 10:00:00] ERROR x", "log"),
        (b"plain words, no table\n", "log"),
        (b"", "body"),
        (b'{"status":503,"body":"' + b"x" * 70_000 + b'"}', "ndjson"),
        (b'{"code":1011,"text":"' + b"x" * 70_000 + b'"}', "body"),
        (b'{"cut\n{"status":503}\n{"status":503}\n', "ndjson"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary"),
    ],
)
def test_form_is_known_by_content(head: bytes, name: str):
    """The first bytes tell the form."""
    assert reader_of(head[:65_536], {}).name == name


def test_format_must_exist():
    """A format that nobody reads is refused with those that are."""
    with pytest.raises(InvalidArgument, match="There are: auto, har, "):
        reader_named("xls")


@example(data=b"\x00\r\x00", reader=reader_named("csv"))
@given(data=st.binary(max_size=300), reader=st.sampled_from(READERS))
def test_any_bytes_can_be_read_by_any_reader(data: bytes, reader: Any):
    """No bytes make a reader fail."""
    assert all(isinstance(item, Found) for item in reader.read(Stream(io.BytesIO(data))))


FILES = {
    "ndjson": b"".join(dumps(value) for value in CAPTURES.values()),
    "json": json.dumps(list(CAPTURES.values())).encode(),
    "records": json.dumps({"total": 9, "records": list(CAPTURES.values())}).encode(),
    "har": json.dumps(HAR).encode(),
    "csv": b"status,body\n" + b"".join(b'500,"<a>\n%d</a>"\n' % n for n in range(9)),
}


@given(name=st.sampled_from(sorted(FILES)), keep=st.floats(0, 1))
def test_cut_file_gives_what_stands_before_the_cut(name: str, keep: float):
    """A file cut at any byte gives what it gave up to there, and then at most one reject."""
    data = FILES[name]
    reader = reader_named(name)
    whole = list(reader.read(Stream(io.BytesIO(data))))
    cut = list(reader.read(Stream(io.BytesIO(data[: int(keep * len(data))]))))
    same = next((n for n, (a, b) in enumerate(zip(cut, whole, strict=False)) if a != b), len(cut))

    assert len(cut) - same <= 1
    assert all(isinstance(item, Reject | Capture) for item in cut[same:])


@given(size=st.integers(20, 60), name=st.sampled_from(["ndjson", "csv", "json", "records", "har"]))
def test_pieces_give_what_the_whole_gives(size: int, name: str):
    """A stream cut into pieces for several processes is read as if it were whole."""
    data = FILES[name]
    reader = reader_named(name)
    whole = list(reader.read(Stream(io.BytesIO(data), "a")))

    class Small(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            """Give few bytes at a time."""
            return super().read(size)

    assert reader.cut is not None
    pieces = list(reader.cut(Stream(Small(data), "a")))
    found = [
        item for piece in pieces for item in (reader.read(piece) if isinstance(piece, Stream) else [piece])
    ]
    assert found == whole
    assert len(pieces) > 1


def test_a_long_body_is_read_whole(tmp_path: Path):
    """A file that is one body is that body to its end, however much of it was looked at to know its form."""
    path = tmp_path / "a.xml"
    body = BODY.replace("Input", "Input" + " " * 200_000)
    path.write_text(body)
    (record,) = batch.records(path)

    assert (record.raw.data.decode(), record.problems) == (body, ())


MEMBERS = [
    "body",
    "status",
    "headers",
    "content_type",
    "url",
    "time",
    "vendor",
    "log",
    "answer",
    "event",
    "a",
]
VALUES = st.sampled_from(
    [CHAT, BODY, "x", "", None, 503, "200", 0, {}, [], {"a": BODY}, [1, "b"], {"k": "v"}, "/x?y z", "10:00",
     "2026-11-21T10:00:00Z", 10**30, "cisco-finesse", "nobody", 1763719200, True]
)  # fmt: skip
POINTERS = st.sampled_from(["", "/", *MEMBERS, *(f"/{name}" for name in MEMBERS), "/a/a", "/answer/0", "/no"])
OPEN = st.recursive(
    VALUES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"values": st.one_of(VALUES, st.lists(inner, max_size=2))}),
        st.sampled_from(["arrayValue", "kvlistValue", "intValue"]).flatmap(
            lambda name: st.fixed_dictionaries({name: inner})
        ),
    ),
    max_leaves=4,
)
EXPORT = st.builds(
    lambda body, kind, value: {
        "resourceLogs": [
            {"scopeLogs": [{"logRecords": [{"body": body, "attributes": [{"key": kind, "value": value}]}]}]}
        ]
    },
    OPEN,
    st.sampled_from([*MEMBERS, 7]),
    OPEN,
)


NORMALIZER = Normalizer()


def nested(depth: int) -> bytes:
    """Give an export of OpenTelemetry whose one value is as deep as told."""
    start, end = b'{"arrayValue": {"values": [', b"]}}"
    body = start * depth + b'{"stringValue": "x"}' + end * depth
    return b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": ' + body + b"}]}]}]}"


def _ndjson(data: bytes, fields: dict[str, str]) -> Iterator[Found]:
    return reader_named("ndjson").read(Stream(io.BytesIO(data), fields=fields))


@given(
    rows=st.lists(
        st.one_of(st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=5), EXPORT),
        min_size=1,
        max_size=4,
    ),
    fields=st.dictionaries(st.sampled_from(sorted(ROLES)), POINTERS, max_size=3),
)
@example(rows=[nested(335)], fields={})
@example(rows=[{"status": 503, "body": "x"}], fields={"body": "/answer"})
@example(rows=[{"status": 503, "body": BODY, "url": "/x"}], fields={"status": "/code", "time": "/ts"})
def test_any_rows_are_read_with_any_mapping(rows: list[Any], fields: dict[str, str]):
    """Whatever members an object lacks, it is read and told of; the fast road gives what the slow one gives."""
    data = b"\n".join(row if isinstance(row, bytes) else dumps(row) for row in rows)
    found = [*_ndjson(data, fields)]
    with patch.object(rows_of, "_plainly", return_value=None):
        slow = [*_ndjson(data, fields)]
    done = Work(Settings(normalizer=NORMALIZER))(Task(input="a", found=tuple(found)))

    assert found == slow
    assert done.report.reconciled
    assert done.report.total.captures == len(found) >= len(rows)


@pytest.mark.parametrize("first", [b'{"status":500,"body":"<ApiErr', b"[]", b"null", b'"text"'])
def test_of_two_lines_the_second_is_read_where_the_first_is_none(first: bytes):
    """A short file may begin with a line that was cut."""
    name, found = read(first + b"\n" + dumps({"status": 503, "url": "/x", "body": ""}))

    assert name == "ndjson"
    assert [one.options["status"] for one in found if isinstance(one, Capture) and one.options] == [503]


@pytest.mark.parametrize(
    "head", ["2026-11-21 10:00:00 ERROR", "[2026-11-21] ERROR", "10.0.0.1 - -", '"GET /x"']
)
def test_a_log_with_a_capture_in_one_line_stays_a_log(head: str):
    """Its other lines are no values, though they begin like one."""
    name, found = read(f"{head} {BODY}\n".encode() * 5 + dumps(SAID))

    assert (name, len(found)) == ("log", 6)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_table_may_name_its_separator_first(mark: bytes):
    """So Excel asks for it; the row with the names is the next one."""
    rows = b'sep=;\r\ntime;status;url;body\r\n2026-11-21T10:00:00Z;503;/x;"gw ""down"""\r\n'
    name, (found,) = read(mark + rows)

    assert name == "csv"
    assert isinstance(found, Capture)
    assert (found.body, found.options["status"], found.source.line) == ('gw "down"', 503, 3)
    assert found.source.offset == len(mark) + rows.index(b"2026")


def test_a_table_that_names_its_separator_tells_what_it_lacks(tmp_path: Path):
    """As any other table in which no column is the body."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"sep=;\nstatus;answer\n503;oops\n")
    (name, why), *_ = batch.run(path, tmp_path / "out").errors

    assert name == str(path)
    assert why.startswith("It is a table, and no column is the body. Its columns are status, answer.")


ANSWERS = '2026-11-21T10:00:00Z,404,"{}"\n2026-11-21T10:00:01Z,500,"{}"\n'.format(
    BODY, CHAT.replace('"', '""')
)


@pytest.mark.parametrize(
    ("table", "fields", "told"),
    [
        ("when,code,answer\n" + ANSWERS, {}, "no column is the body. Its columns are when, code, answer."),
        ("sep=;\nwhen;code;answer\n" + ANSWERS.replace(",", ";"), {}, "no column is the body."),
        ("when,code,answer\n" + ANSWERS, {"body": "anwer"}, "no column is 'anwer'. Its columns are when, "),
        ("when,status,answer\n" + ANSWERS, {"body": "anwer"}, "no column is 'anwer'. Its columns are when, "),
        (
            "time,level,answer\n" + f'10:00,x,"{BODY}"\n' * 2,
            {},
            "no column is the body. Its columns are time, ",
        ),
    ],
)
def test_of_a_table_that_lacks_its_body_nothing_is_read(tmp_path: Path, table: str, fields: Any, told: str):
    """It is told of, and no error in it becomes half a record, as in a line of a log."""
    path, behind = tmp_path / "a.csv", tmp_path / "b.ndjson"
    path.write_text(table)
    behind.write_bytes(dumps(CAPTURES["bare"]))
    report = batch.run([path, behind], tmp_path / "out", fields=fields)
    counts = report.inputs[str(path)]

    assert [(name, why.startswith(f"It is a table, and {told}")) for name, why in report.errors] == [
        (str(path), True)
    ]
    assert (counts.captures, report.total.captures) == (0, 1)


def test_the_rest_of_an_archive_is_read_behind_a_table_that_lacks_its_body(tmp_path: Path):
    """However long that table is."""
    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as archive:
        for name, data in (
            ("a.csv", "when,code,answer\n" + ANSWERS * 3000),
            ("b", '{"status":503,"body":""}\n'),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data.encode()))
    report = batch.run(tmp_path / "all.tar.gz", tmp_path / "out")

    assert [why.partition(",")[0] for _, why in report.errors] == ["a.csv: It is a table"]
    assert report.total.with_errors == 1


@pytest.mark.parametrize(
    "log",
    [
        f"INFO,main,started\nERROR,gw,{BODY}\nINFO,main,stopped\n",
        f"agent1001,east,{BODY}\n" * 3,
        f"10:00:00,001 ERROR gw {BODY}\n" * 3,
        f"Starting,up,now\n10:00:00,001 ERROR gw {BODY}\n10:00:01,001 INFO a\n",
        f"gw,up,ok\n10:00:00,404,{BODY}\nand no more\n",
        f"gw,up,ok\n10:00:00,404,{BODY}\n10:00:00,404,{BODY},1\n10:00:00,404,x\n",
        f"gw,up,ok\n10:00:00,404,{BODY}\ngw,up,ok\n10:00:00,404,{BODY}\n",
        f"gw started,up now,is ok\n10:00:00,404,{BODY}\n10:00:00,404,{BODY}\n",
        f"gw,up\n10:00:00,{BODY}\n10:00:01,{BODY}\n",
    ],
)
def test_a_log_with_commas_is_no_table(tmp_path: Path, log: str):
    """Its first line names nothing: no usual name, and below it stand words of its kind, or fewer or more."""
    path = tmp_path / "a.log"
    path.write_text(log)
    report = batch.run(path, tmp_path / "out")

    assert (report.errors, report.total.with_errors) == ([], log.count(BODY))


def test_names_that_are_known_to_nobody_may_be_data(tmp_path: Path):
    """Where a mapped column is missing, and the first row may be one of a log, it is read as one all the same."""
    path = tmp_path / "a.log"
    path.write_text(f"ERROR gw failed,answer\nERROR gw,{BODY}\n")
    report = batch.run(path, tmp_path / "out", fields={"body": "zzz"})

    assert [why for _, why in report.errors] == [
        "It is a table, and no column is 'zzz'. Look at its first row. Name the body with --field body=COLUMN."
    ]
    assert report.total.with_errors == 1


@pytest.mark.parametrize(
    "around",
    [
        lambda told: {"took": 1, "hits": {"total": 2, "hits": [{"_source": one} for one in told]}},
        lambda told: {"records": told},
        lambda told: {"time": "2026-11-21T10:00:00Z", "calls": told},
        lambda told: {"level": "error", "ctx": {"req": {"id": 7}, "first": told[0], "second": told[1]}},
    ],
)
@pytest.mark.parametrize("count", [2, 3])
def test_captures_inside_of_an_object_of_a_log_come_once(around: Callable[[list[Any]], Any], count: int):
    """Each payload has the status that stands beside it, and none is counted twice."""
    told = [
        {"status": 400 + n, "url": f"/x{n}", "body": BODY.replace("<E", f"<!--{n}--><E")}
        for n in range(count)
    ]
    line = f"2026-11-21 10:00:00,000 ERROR gw got {json.dumps(around(told))} end\n"
    _, found = read((line + "2026-11-21 10:00:01,000 INFO gw went on\n").encode())
    told = told[:2] if "second" in line else told

    assert [(one.options["status"], one.options["url"], one.body) for one in found] == [
        (one["status"], one["url"], one["body"]) for one in told
    ]


@pytest.mark.parametrize("more", [[], [{"status": 400, "url": "/x400", "body": BODY}]])
@pytest.mark.parametrize(
    "around",
    [
        lambda told: {"took": 1, "hits": {"hits": [{"_source": one} for one in told]}},
        lambda told: {"responses": [{"hits": {"hits": [{"_source": one}]}} for one in told]},
    ],
)
def test_hits_without_a_payload_in_a_line_are_found(around: Callable[[list[Any]], Any], more: list[Any]):
    """Nothing in a page of a proxy begins a payload; it is found behind one, too."""
    told = [*more, *({"status": n, "url": f"/x{n}", "body": f"<html>{n}</html>"} for n in (502, 503))]
    line = f"2026-11-21 10:00:00,000 ERROR gw got {json.dumps(around(told))} end\n"
    _, found = read((line + "2026-11-21 10:00:01,000 INFO gw went on\n").encode())

    assert [one.options["status"] for one in found] == [one["status"] for one in told]


@pytest.mark.parametrize("around", ["{}\n", "{}\n" * 20, "[{}]", "[\n{},\n{}\n]", "{}{}"])
def test_json_in_another_charset_is_read(around: str):
    """Loggers of Windows write windows-1252; what was guessed is told."""
    row = json.dumps(TOLD | {"body": BODY.replace("Invalid", "Ungültig")}, ensure_ascii=False)
    _, found = read(around.replace("{}", row).encode("cp1252"))

    assert len(found) == around.count("{}")
    assert {one.body for one in found if isinstance(one, Capture)} == {BODY.replace("Invalid", "Ungültig")}
    assert {str(one.problems[0].code) for one in found if isinstance(one, Capture)} == {"charset-guessed"}


def test_a_body_that_was_cut_inside_of_a_character_is_read():
    """Each line of nginx, which cuts after so many bytes, is a capture."""
    line = b'{"status":"400","request_uri":"/x","resp_body":"<ApiErrors><ErrorMessage>Gr\xc3"}\n'
    reader, found = read(line * 3)

    assert (reader, len(found)) == ("ndjson", 3)
    assert {one.body for one in found if isinstance(one, Capture)} == {"<ApiErrors><ErrorMessage>GrÃ"}


def test_a_line_that_was_cut_inside_of_a_character_stays_utf_8():
    """Where whole characters stand beside the broken one; the problem says that bytes are missing."""
    line = json.dumps(TOLD | {"body": BODY.replace("Invalid", "Ungültig")}, ensure_ascii=False).encode()
    _, found = read(line.replace(b"Input", b"f\xc3r") + b"\n")

    assert [one.body for one in found if isinstance(one, Capture)] == [
        BODY.replace("Invalid Input", "Ungültig f\ufffdr")
    ]
    assert [str(one.problems[0].code) for one in found if isinstance(one, Capture)] == ["text-replaced"]


@pytest.mark.parametrize(
    "told", [{"detail": f"got {BODY} ü"}, {"err": {"stack": f"400 {BODY} ü"}, "level": "error"}]
)
@pytest.mark.parametrize("status", [{}, {"status": 400}])
def test_a_payload_in_a_text_in_another_charset_is_found(told: dict[str, Any], status: dict[str, int]):
    """What was guessed is told, though the payload itself is ASCII."""
    line = json.dumps({"time": "2026-11-21T10:00:00Z"} | told | status, ensure_ascii=False)
    _, (capture, _) = read(line.encode("cp1252") + b"\n" + dumps(TOLD))

    assert isinstance(capture, Capture)
    assert (capture.body, [str(one.code) for one in capture.problems]) == (BODY.encode(), ["charset-guessed"])


@pytest.mark.parametrize("around", ["{}\n", "[{1},{}]"])
def test_json_in_another_charset_that_is_nested_too_deep_is_a_reject(around: str):
    """As it is in UTF-8."""
    deep = (
        json.dumps(TOLD | {"url": "/é"}, ensure_ascii=False)[:-1] + ', "a": ' + "[" * 5000 + "]" * 5000 + "}"
    )
    text = around.replace("{}", deep).replace("{1}", json.dumps(TOLD))
    _, found = read(text.encode("cp1252") + b"\n")

    assert isinstance(found[-1], Reject)


def test_a_charset_is_told_also_of_captures_that_come_again(tmp_path: Path):
    """What came before in UTF-8 had no problem to tell."""
    lines = [json.dumps(TOLD | {"id": n, "note": "für"}, ensure_ascii=False) for n in range(200)]
    path = tmp_path / "a.ndjson"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    with path.open("ab") as file:
        file.write("".join(f"{line}\n" for line in lines).encode("cp1252"))
    output = tmp_path / "records.ndjson"
    batch.run([path], output=output)
    records = [json.loads(line) for line in output.read_bytes().splitlines()]

    assert [[one["code"] for one in record["problems"]] for record in records] == [[]] * 200 + [
        ["charset-guessed"]
    ] * 200
