"""Payloads in logs: found whole, told where and when, whatever stands around them and wherever a chunk ends."""

from __future__ import annotations

import html
import io
import json
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import errnorm
from errnorm.batch import anchors as anchors_module
from errnorm.batch import payloads as payloads_module
from errnorm.batch import spans as spans_module
from errnorm.batch.alike import Alike
from errnorm.batch.anchors import Anchors
from errnorm.batch.capture import Stream
from errnorm.batch.readers import log as log_module
from errnorm.batch.readers.log import LOG
from errnorm.batch.spans import Span, last_calm, spans
from errnorm.batch.times import zone_of
from errnorm.vendor import Clue, ClueKind
from errnorm.vendors import VENDORS

LOGS = sorted((Path(__file__).parent / "logs").glob("*.log"))
HEAD = b"2026-11-21 10:15:30,123 ERROR [exec-7] c.e.Gateway - "
XML = "<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType><ErrorData>\"a\" \\ 'b'</ErrorData></ApiError></ApiErrors>"
BODIES = [
    XML,
    XML.replace("><", ">\n  <"),
    "<Update><data><apiErrors><apiError><errorMessage>UNAUTHORIZED</errorMessage></apiError></apiErrors></data></Update>",
    '{"event":"session_error","payload":{"code":1011,"errorMsg":"It\'s \\"over\\" } ] {"}}',
    json.dumps({"success": False, "error": {"code": 1004, "errorMsg": "full"}}, indent=2),
    '[{"channel":"/service/chat","data":{"type":"EventError","error":{"code":52,"description":"é"}}}]',
    "session_error {code: 1011}",
]


def found_in(log: bytes, **known: Any) -> list[Span]:
    """Give all spans of a log."""
    return list(spans(io.BytesIO(log), **known))


@pytest.mark.parametrize(
    "head",
    [
        b"2026-11-21T10:00:00.00000000%dZ ",
        b"2026-11-21T10:00:00.00000000%dZ stdout F ",
        b"<134>Nov 21 10:00:0%d gw01 nginx: ",
        b"Nov 21 10:00:0%d gw01 gateway[123]: ",
        b"Nov 21, 2026 @ 10:00:00.00%d ",
        b"20261121T10000%dZ ",
    ],
    ids=["kubectl", "a container", "syslog", "journal", "Kibana", "ISO 8601, basic"],
)
def test_a_payload_with_a_head_before_each_line_is_joined(head: bytes):
    """One head before all of its lines, but for digits: it is one error, and the line of another is set aside."""
    lines = [b"answer", *BODIES[1].encode().split(b"\n"), b"done"]
    if b"[" not in head:  # where a thread is named, what it goes on with ends the payload
        lines.insert(3, b"GET /finesse/api/User 200")
    (span,) = found_in(b"".join(head % (number % 10) + line + b"\n" for number, line in enumerate(lines)))

    assert span.data == BODIES[1].encode()
    assert [str(problem.code) for problem in span.problems] == ["span-interleaved"]


@pytest.mark.parametrize(
    "head",
    [
        "E1121 10:15:30.123456   1 client.go:42] ",
        "E, [2026-11-21T10:15:30.123456 #123] ERROR -- : ",
        "11-21 10:15:30.123  1234  5678 E Client: ",
        "[11/21/26 10:15:30:123 CET] 00000042 SystemOut     O ",
        "[11/21/26, 10:15:30:123 CET] 00000042 SystemOut     O ",
        "####<Nov 21, 2026 10:15:30 AM CET> <Error> ",
        "[2026-11-21, 10:15:30 UTC] {client.py:12} ERROR - ",
        "[main] ERROR com.example.Client - ",
        "[ERROR]\t2026-11-21T10:15:30.123Z\t7f3a\t",
        "0|gateway  | 2026-11-21T10:15:30: ",
        "10:15:30:123 pg1a-jgw1 Trace: ",
        "42: 10.1.1.1: Nov 21 2026 10:15:30.123 +0100: %CVP_11_0-7-CALL: {Thrd=pool-1-thread-2} ",
        "[10:15:30 ERR] ",
        "fail: Example.Client[0] ",
        "[req-7f3a] ",
        "desk> ",
    ],
)
def test_json_with_a_head_before_each_line_is_joined(head: str):
    """Of programs of Google, Android, IBM, Oracle, Cisco, of loggers in many languages, or of nobody known."""
    body = BODIES[4].replace("{", '{\n  "ids": [\n    1,\n    true\n  ],', 1)
    (span,) = found_in("".join(f"{head}{line}\n" for line in ["call", *body.split("\n"), "done"]).encode())

    assert json.loads(span.data) == json.loads(body)


@pytest.mark.parametrize(
    "head",
    [
        "2026-11-21T10:15:30.123+01:00 ERROR 1 --- [app] [nio-8080-exec-{}] c.e.Client : ",
        "2026-11-21 10:15:30,123 ERROR [com.example.Client] (default task-{}) ",
    ],
    ids=["Spring Boot", "WildFly"],
)
def test_threads_are_told_apart_beside_other_names_in_brackets(head: str):
    """The name of the application, or of the logger, is the same for all of them."""
    first, *rest = [f"{head.format(1)}{line}" for line in BODIES[1].split("\n")]
    (span,) = found_in(
        "\n".join([first, f"{head.format(2)}GET /x", *rest, f"{head.format(1)}done\n"]).encode()
    )

    assert (span.data.decode(), [str(one.code) for one in span.problems]) == (BODIES[1], ["span-interleaved"])


@pytest.mark.parametrize(
    "level", ["[ERR]", "[WRN]", "[E]", "[error]", "[Warning]", "[com.example.Client] ERROR -"]
)
def test_a_level_or_a_logger_in_brackets_is_no_thread(level: str):
    """Both lines have it, and the second one is another thread's."""
    first, rest = BODIES[1].split("\n", 1)
    (span,) = found_in(
        f"2026-11-21 10:15:30.123 {level} {first}\n2026-11-21 10:15:30.124 {level} GET /x\n{rest}\n".encode()
    )

    assert (span.data.decode(), [str(one.code) for one in span.problems]) == (BODIES[1], ["span-interleaved"])


@pytest.mark.parametrize("head", ["", "client.js:42 ", "client.js:42 got ", "got answer "])
@pytest.mark.parametrize(
    "body", [BODIES[0], BODIES[3], BODIES[5]], ids=["ApiErrors", "session_error", "EventError"]
)
@pytest.mark.parametrize(
    ("cut_off", "payloads"),
    [
        ('send {"user":"jdoe","text":"Hello wor', 0),
        ('send {"user":"jdoe","calls":[1', 0),
        ('{"event":"session_error","payload":{"code":10', 1),
        ('[{"channel":"/service/chat","data":{"type":"EventError","err', 1),
        ("<ApiErrors><ApiError><ErrorType>Gene", 1),
    ],
    ids=["text", "list", "session_error", "EventError", "ApiErrors"],
)
def test_what_a_line_has_cut_off_takes_none_of_the_next_ones(
    head: str, body: str, cut_off: str, payloads: int
):
    """Though no time or level begins them: each has a payload of its own."""
    found = found_in("".join(f"{head}{line}\n" for line in [cut_off, *[body] * 5]).encode())

    assert [span.data.decode() for span in found[payloads:]] == [body] * 5
    assert [[str(one.code) for one in span.problems] for span in found] == [["span-truncated"]] * payloads + [
        []
    ] * 5


@pytest.mark.parametrize(
    "body",
    [
        '{\n "payload": {"code": 1011},\n "event": "session_error"\n}',
        '{\n  payload: {"code": 1011},\n  event: "session_error"\n}',
        '[\n{"channel":"/service/chat"},\n{"channel":"/x","data":{"type":"EventError","error":{"code":52}}}\n]',
        '[ {"channel":"/service/chat"}\n, {"channel":"/x","data":{"type":"EventError","error":{"code":52}}}\n]',
        '[{"channel":"/service/chat"},\n 1, {"channel":"/x","data":{"type":"EventError","error":{"code":52}}}\n]',
        '[\n{"a":1},%s\n{"channel":"/x","data":{"type":"EventError","error":{"code":52}}}\n]' % (" " * 30),
        '{"event":"session_error","payload":%s\n{"code":1011}}' % (" " * 30),
        '{"event":"session_error","payload":{"code":1,"errorMsg":"told\nsee {\\"code\\":2}\nand <ApiErrors/>"}}',
        '{\n  event: "session_error",\n  // was {"code":1}\n  payload: {"code": 1011}\n}',
        '{\n  event: "session_error",\n  payload: {"code":1011},\n  headers: AxiosHeaders {"code":"b"}\n}',
        '{\n  "event": "session_error",\n  payload => {"code": 1011}\n}',
        '<ApiErrors>\n<ApiError><ErrorMessage>got\n{"code":5}\n</ErrorMessage></ApiError></ApiErrors>',
    ],
)
def test_an_object_in_a_line_of_a_payload_is_its_own(body: str):
    """What is whole ends no sooner, whatever stands in its lines."""
    (span,) = found_in(f"got {body}\n".encode())

    assert (span.data.decode(), span.problems) == (body, ())


@pytest.mark.parametrize(
    "lines",
    [
        ["<ApiErrors>", " <ApiError><ErrorType>Invalid Input</ErrorType></ApiError>", "</ApiErrors>"],
        ["<Update>", " <data><apiErrors/></data>", " <event>PUT</event>", "</Update>"],
        ["{'event': 'session_error',", " 'payload': {'code': 1011,", "  'errorMsg': 'gone'}}"],
    ],
    ids=["ApiErrors", "Update", "repr"],
)
def test_a_child_in_a_line_of_an_interleaved_payload_is_its_own(lines: list[str]):
    """The line of another thread is set aside, and what stands before and behind it is one."""
    first, *rest, last = lines
    head = HEAD.decode()
    other = head.replace("exec-7", "exec-9")
    log = "\n".join([f"{head}{first}", *rest, f"{other}GET /x", last, f"{head}ok"])
    (span,) = found_in(f"{log}\n".encode())

    assert (span.data.decode(), [str(one.code) for one in span.problems]) == (
        "\n".join(lines),
        ["span-interleaved"],
    )


def test_what_was_cut_off_takes_no_lines_of_another_thread():
    """They have no head because they go on with its payload."""
    whole = "{'event': 'session_error',\n 'payload': {'code': 1011}}"
    cut_off = "{event: 'session_error', pay"
    head = HEAD.decode()
    other = head.replace("exec-7", "exec-9")
    found = found_in(f"{head}{cut_off}\n{other}{whole}\n{other}done\n".encode())

    assert [span.data.decode() for span in found] == [cut_off, whole]


NODE = "{\n  event: 'session_error',\n  payload: { code: 1011 }\n}"
PPRINT = "{'event': 'session_error',\n 'payload': {'code': 1011}}"


@pytest.mark.parametrize("head", ["client.js:42 got ", "received ", "gw | "])
@pytest.mark.parametrize("words", ["", "answer: "])
@pytest.mark.parametrize(
    "body", [BODIES[1], BODIES[4], NODE, PPRINT], ids=["ApiErrors", "session_error", "node", "pprint"]
)
@pytest.mark.parametrize(
    "cut_off",
    [
        '{"event":"session_error","paylo...',
        '{\n  "event": "session_error",\n  "payl...',
        "{\n  event: 'session_error',\n  payload: {...",
        "<ApiErrors><ApiErr...",
        "<Update>\n  <data>\n    <apiErrors>\n      <apiErr...",
    ],
    ids=["compact", "pretty", "node", "ApiErrors", "Update"],
)
def test_what_was_cut_off_takes_no_payload_over_many_lines(head: str, words: str, body: str, cut_off: str):
    """Though no time or level begins a line: it opens a payload behind the words that another one had."""
    found = found_in("".join(f"{head}{one}\n" for one in [cut_off, *[words + body] * 5]).encode())

    assert [span.data.decode() for span in found] == [cut_off, *[body] * 5]
    assert [str(problem.code) for problem in found[0].problems] == ["span-truncated"]


def test_a_payload_with_its_own_words_in_a_text_is_one():
    """What is sound JSON, or goes on in its text, was not cut off."""
    body = json.dumps({"event": "session_error", "payload": {"code": 1011, "text": "got {\ngot {\n"}})
    body = body.replace("\\n", "\n")
    (span,) = found_in(f"got {body}\n".encode())

    assert (span.data.decode(), span.problems) == (body, ())


@pytest.mark.parametrize(
    "other",
    [
        "polled offsets [100, 200) of finesse-events",
        "state {idle=3, busy=",
        "resolved User [id=1001, name=J...",
        "settings [",
    ],
)
@pytest.mark.parametrize("body", [BODIES[1], BODIES[4]], ids=["ApiErrors", "session_error"])
def test_a_bracket_in_a_line_of_another_one_opens_nothing(other: str, body: str):
    """Only what ends its line, or a comma behind it, goes on in the next ones; and not with markup."""
    first, second, *rest = body.split("\n")
    line = f"2026-11-21 10:15:30,124 INFO  [exec-9] Router - {other}\n"
    log = "\n".join([HEAD.decode() + first, second]) + "\n" + line + "\n".join(rest)
    is_joined = not other.endswith("[") or body.startswith("<")
    span, *_ = found_in(f"{log}\n2026-11-21 10:15:31,000 INFO  [exec-9] Router - x\n".encode())

    assert [str(problem.code) for problem in span.problems] == [
        "span-interleaved" if is_joined else "span-truncated"
    ]
    assert not is_joined or span.data.decode() == body


@pytest.mark.parametrize("head", ["gateway: ", "client.js:44 ", "fail: Example.Client[0] ", "worker-1 got "])
@pytest.mark.parametrize(
    "other",
    [
        "[worker-2] GET /finesse/api/User/agent1001 200",
        '{"state":"READY"}',
        "<User><state>READY</state></User>",
        "ids [1,2,",
        "state {",
    ],
)
def test_a_line_of_another_one_cuts_no_element_that_ends(head: str, other: str):
    """Without a known head it stays in the payload, which ends where its root does."""
    lines = BODIES[1].split("\n")
    inside = "\n".join([*lines[:3], head + other, *lines[3:]])
    span, *rest = found_in(f"{head}started\n{head}{inside}\n{head}done\n".encode())

    assert (span.data.decode(), span.problems, rest) == (inside, (), [])


@pytest.mark.parametrize("head", ["gateway: ", "client.js:44 "])
def test_a_whole_object_of_another_one_cuts_no_object(head: str):
    """It has no vendor's payload, and leaves nothing open."""
    lines = NODE.split("\n")
    inside = "\n".join([*lines[:2], head + '{"state":"READY"}', *lines[2:]])
    (span,) = found_in(f"{head}started\n{head}{inside}\n{head}done\n".encode())

    assert (span.data.decode(), span.problems) == (inside, ())


def test_lines_that_all_have_the_words_of_the_first_one_open_nothing():
    """Only the same element again does, behind one that was cut off."""
    whole = "".join(f"got {line}\n" for line in ["<Update>", "<data>", "<apiErrors>", "<apiError>"])
    ends = "".join(f"got </{name}>\n" for name in ["apiError", "apiErrors", "data", "Update"])
    found = found_in((whole + whole + ends).encode())

    assert [len(span.problems) for span in found] == [1, 0]
    assert found[1].data.decode() == (whole + ends).removeprefix("got ").rstrip()


@pytest.mark.parametrize(
    "text",
    ["<![CDATA[java.util.List<User> of]]>", "<!-- <x> -->", "line <br> of", "a List<User> of", "&lt;x> of"],
)
def test_what_is_no_element_in_a_text_hinders_no_joining(text: str):
    """Elements that end nowhere, and those that are only spoken of."""
    body = BODIES[1].replace("Invalid Input", text)
    first, second, *rest = body.split("\n")
    other = "2026-11-21 10:15:30,124 INFO  [exec-9] Router - GET /x 200"
    span, *_ = found_in((HEAD.decode() + "\n".join([first, second, other, *rest]) + "\n").encode())

    assert (span.data.decode(), [str(problem.code) for problem in span.problems]) == (
        body,
        ["span-interleaved"],
    )


@pytest.mark.parametrize("eol", ["\n", "\r\n", " \n"])
def test_lines_of_what_another_one_opens_are_not_joined(eol: str):
    """Whatever stands behind the comma: they are none of the payload."""
    log = (
        f"{HEAD.decode()}<ApiErrors>\n  <ApiError>\n    <ErrorMessage>Invalid user\n"
        f"2026-11-21 10:15:30,124 INFO  [exec-9] Pool - pool {{'idle': 3,{eol} 'busy': 2}}\n"
        "    state given</ErrorMessage>\n  </ApiError>\n</ApiErrors>\n"
    )
    span, *_ = found_in(log.encode())

    assert [str(problem.code) for problem in span.problems] == ["span-truncated"]
    assert b"busy" not in span.data


def test_two_elements_that_were_cut_off_are_not_joined_to_one():
    """The end tags of the second one would close the first one as well."""
    log = (
        f"{HEAD.decode()}<ApiErrors>\n  <ApiError>\n"
        "2026-11-21 10:15:31,000 INFO  [exec-9] Router - [\n"
        "  <ApiError>\n  <ErrorMessage>HTTP_PARAM_INVALID</ErrorMessage>\n  </ApiError>\n</ApiErrors>\n"
    )
    span, *_ = found_in(log.encode())

    assert [str(problem.code) for problem in span.problems] == ["span-truncated"]


@pytest.mark.parametrize("time", ["20261121T101530Z", "20261121T101530.123+01:00", "20261121T101530,1-0330"])
def test_a_line_that_begins_with_basic_iso_8601_is_one_of_its_own(time: str):
    """What stands in it has its time, and ends what was cut off in the line before."""
    log = f"2026-11-21 09:00:00 ERROR <ApiErrors>\n{time} ERROR {XML}\n20261121T101531 {XML}\n"
    found = found_in(log.encode())

    assert [span.time for span in found] == ["2026-11-21 09:00:00", time, time]


def test_digits_that_look_like_a_time_begin_no_line():
    """Without a zone, or alone in their line, they stand in the payload."""
    body = "<ApiErrors>\n20261121T101530Z\n20261121T101530 17\n20261121T101530-17.log\n</ApiErrors>"
    (span,) = found_in(f"2026-11-21 09:00:00 ERROR {body}\n".encode())

    assert (span.data.decode(), span.problems) == (body, ())


@pytest.mark.parametrize("zone", ["", " EST", " UTC", " CEST"])
def test_a_payload_goes_on_in_lines_whose_times_name_a_zone(zone: str):
    """Of the same thread and with another level, they have no zone in what goes on with the payload."""
    heads = [f"2026-11-21 10:15:30{zone} {level} [exec-7] c.e.Gateway - " for level in ("ERROR", "INFO")]
    first, rest = BODIES[1].split("\n", 1)
    log = f"{heads[0]}{first}\n" + "".join(f"{heads[1]}{line}\n" for line in (*rest.split("\n"), "done"))
    (span,) = found_in(log.encode())

    assert (span.data.decode(), span.time) == (BODIES[1], f"2026-11-21 10:15:30{zone}")


@pytest.mark.parametrize(
    "lines",
    [
        ['{"code":1011, "errorMsg":"x",', '{"code":1012,"errorMsg":"y"}', "}"],
        [
            "<ApiErrors>",
            "<ApiError>a</ApiError>",
            '<ApiErrors xmlns="q">',
            "<ApiError>b</ApiError></ApiErrors>",
        ],
    ],
)
def test_one_head_does_not_join_two_payloads(lines: list[str]):
    """What one logger cut off is not closed by what comes behind it; that one is found by itself."""
    first, second, *_ = found_in(b"".join(b"2026-11-21T10:00:01Z " + line.encode() + b"\n" for line in lines))

    assert [str(problem.code) for problem in first.problems] == ["span-truncated"]
    assert b"".join(second.data.split()).startswith((b'{"code":1012', b"<ApiErrorsxmlns", b"<ApiError>a"))


def said(span: Span) -> dict[str, Any]:
    """Give what an expectation says of a span."""
    known = {name: item for name, item in span.known.items() if name != "occurred_at"}
    records = errnorm.normalize(span.data, **span.known)
    return {
        "line": span.line,
        "time": span.time,
        "occurred_at": span.occurred_at.isoformat() if span.occurred_at else None,
        "known": known,
        "problems": [str(problem.code) for problem in span.problems],
        "data": span.data.decode(),
        "gives": [f"{record.vendor} {record.shape} {record.code}" for record in records],
    }


@pytest.mark.parametrize(
    "page",
    [
        "<html><title>Welcome</title>404</html>",
        "<html><h1>503 flats</h1></html>",
        "<html><center>nginx</center></html>",
        "<html5><title>HTTP Status 404</title></html5>",
    ],
)
def test_a_page_that_names_no_status_of_a_known_program_is_no_payload(page: str):
    """A log of a portal has pages that tell of nothing, and payloads may stand in them."""
    found = found_in(f"2026-11-21 09:00:00 ERROR {page.replace('</', ERROR + '</', 1)} {XML}\n".encode())

    assert [span.data.decode() for span in found] == [ERROR, XML]


@pytest.mark.parametrize(
    "lines",
    [
        ["got {", "2026-11-21 10:15:30 INFO [exec-9] tick", "2026-11-21 10:15:30 INFO [exec-9] tick"],
        ["got {", "2026-11-21 10:15:30 INFO [exec-9] tick"],
        ["got <ApiErrors>", "2026-11-21 10:15:30 INFO [exec-9] tick"],
    ],
)
def test_a_log_is_not_cut_where_the_rest_of_a_payload_may_come(lines: list[str]):
    """Else what it gives would hang on where in a file it stands."""
    before = "2026-11-21 10:15:29 INFO [exec-9] before\n" * 300
    log = f"{before}2026-11-21 10:15:30 ERROR [exec-1] " + "".join(f"{line}\n" for line in lines)

    assert last_calm(log.encode(), limit=len(log) - 1) <= len(before)


ERROR = "<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>"
WRITTEN = {
    "HTML": ERROR.replace("<", "&lt;").replace(">", "&gt;"),
    "HTML twice": ERROR.replace("<", "&amp;lt;").replace(">", "&amp;gt;"),
    "JSON": ERROR.replace("<", r"\u003c").replace(">", r"\u003e"),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_body_in_a_frame_may_be_escaped(written: str):
    """What the frame says of it is known as well, as where the body stands as it is."""
    log = f"2026-11-21T10:00:00Z Returned with status=404, content='{written}'\n"
    (span,) = spans(io.BytesIO(log.encode()))

    assert (span.data, span.status, span.problems) == (ERROR.encode(), 404, ())


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_log_gives_what_stands_beside_it(path: Path):
    """The spans of a log are those of its expectation, and an offset says where each begins."""
    expected = json.loads(path.with_suffix(".spans.json").read_text("utf-8"))
    log = path.read_bytes()
    found = found_in(log, zone=zone_of("+01:00"))

    assert [said(span) for span in found] == expected
    assert [log.count(b"\n", 0, span.offset) + 1 for span in found] == [span.line for span in found]


def escaped(body: str, how: str) -> tuple[bytes, bytes]:
    """Write a body as a log may carry it; give it with what stands right before it."""
    if how == "json":
        return b'{"msg":"said: ', json.dumps(body)[1:-1].encode() + b'"}'
    if how == "json twice":
        inner = json.dumps({"m": f" {body}"})
        at = inner.index(json.dumps(body)[1:-1])
        return b'{"msg":"' + json.dumps(inner[:at])[1:-1].encode(), json.dumps(inner[at:])[
            1:-1
        ].encode() + b'"}'
    if how == "html":
        return b"report: ", html.escape(body).replace("&#x27;", "&#39;").encode()
    if how == "quotes":
        return b"body='", body.encode() + b"'"
    return b"body: ", body.encode()


prose = st.lists(
    st.sampled_from(
        [
            b"GET /finesse/api/User 200",
            b"{}",
            b"[x]",
            b"it's",
            b"a=1",
            b"\xff\xfe",
            b"<br/>",
            b"}",
            b"key: value",
        ]
    ),
    max_size=4,
).map(b" ".join)


@given(
    body=st.sampled_from(BODIES),
    how=st.sampled_from(["plain", "json", "json twice", "html", "quotes"]),
    before=st.lists(prose, max_size=3),
    after=st.lists(prose, max_size=3),
    chunk=st.integers(1, 5000),
)
def test_any_planted_body_is_found_whole(
    body: str, how: str, before: list[bytes], after: list[bytes], chunk: int
):
    """A body in a log is found whole, with its offset, line and time, wherever a chunk ends."""
    lead, carried = escaped(body, how)
    lines = b"".join(HEAD + text + b"\n" for text in before)
    log = lines + HEAD + lead + carried + b"\n" + b"".join(HEAD + text + b"\n" for text in after)
    with pytest.MonkeyPatch.context() as monkey:
        monkey.setattr(spans_module, "_CHUNK", chunk)
        found = found_in(log, max_bytes=2000)

    assert [span.data.decode() for span in found] == [body]
    assert [(span.offset, span.line) for span in found] == [
        (len(lines) + len(HEAD) + len(lead), len(before) + 1)
    ]
    assert found[0].time == "2026-11-21 10:15:30,123"


PIECES = [
    *(path.read_bytes() for path in LOGS),
    *(line for path in LOGS for line in path.read_bytes().splitlines(keepends=True)),
    *(b"\n", b"{", b"}", b'"', b"'", b"\\", b"[", b"<ApiErrors>", b"</ApiErrors>", b'"code"', b"<message "),
    *(b"&lt;Update&gt;", b"session_error ", b"Returned with status=401, content='"),
]


@st.composite
def broken_logs(draw: st.DrawFn) -> bytes:
    """A log made of pieces of logs, cut anywhere."""
    pieces = draw(st.lists(st.sampled_from(PIECES), max_size=12))
    return b"".join(piece[draw(st.integers(0, 40)) :][: draw(st.integers(1, 300))] for piece in pieces)


@given(log=broken_logs(), max_bytes=st.sampled_from([50, 300, 1000]), chunk=st.integers(1, 3000))
def test_any_log_gives_the_same_spans_in_any_chunks(log: bytes, max_bytes: int, chunk: int):
    """Where a chunk ends changes nothing; spans stand in order, never overlap, and know their line."""
    with pytest.MonkeyPatch.context() as monkey:
        monkey.setattr(spans_module, "_LOOK_BACK", 300)
        expected = found_in(log, max_bytes=max_bytes)
        monkey.setattr(spans_module, "_CHUNK", chunk)
        found = found_in(log, max_bytes=max_bytes)

    assert found == expected
    assert all(first.end <= second.offset for first, second in pairwise(found))
    assert [span.line for span in found] == [log.count(b"\n", 0, span.offset) + 1 for span in found]
    assert all(span.end - span.offset <= max_bytes for span in found)


def with_digits(line: bytes, shift: int) -> bytes:
    """Give a line with other digits."""
    return line.translate(
        bytes.maketrans(b"0123456789", bytes((digit + shift) % 10 + 48 for digit in range(10)))
    )


HEADS = [HEAD, b"[1795256130] ", b"INFO 1795256130 10:15:30.1 ", b"", b"ERROR: body="]
CARRIED = [*(body.replace("\n", " ").encode() for body in BODIES), *PIECES]


@given(
    log=st.lists(
        st.tuples(
            st.tuples(st.sampled_from(HEADS), st.sampled_from(CARRIED) | broken_logs()).map(b"".join),
            st.lists(st.integers(0, 9), min_size=1, max_size=4),
        ),
        max_size=5,
    ),
    zone=st.sampled_from([None, zone_of("Europe/Berlin")]),
)
def test_lines_alike_give_what_each_gives_by_itself(log: list[tuple[bytes, list[int]]], zone: Any):
    """A payload is where it would be found without another line that has equal characters but for its digits."""
    data = b"".join(with_digits(line, shift) + b"\n" for line, shifts in log for shift in shifts)
    found = found_in(data, anchors=Anchors(VENDORS), zone=zone)
    with patch.object(Alike, "learn"):
        expected = found_in(data, anchors=Anchors(VENDORS), zone=zone)

    assert found == expected


LINES_ALIKE = {
    "plain": [HEAD.replace(b"123", b"%d" % n) + b'body={"code":10%d}\n' % n for n in range(100, 110)],
    "tag": [HEAD + b"body=<ApiErrors>%d</ApiErrors>\n" % n for n in range(10, 20)],
}
LINES_NOT_ALIKE = {
    "an escape": [HEAD + b'{"event":"session_error","m":"\\u002%d"}\n' % n for n in range(10)],
    "an entity": [HEAD + b'{"event":"session_error","m":"&#3%d;"}\n' % n for n in range(10)],
    "seconds": [b'INFO ts=%d795256130 10:15:30.1 x {"code":1011}\n' % n for n in range(10)],
    "a time that stands there twice": [
        b'2026-11-21 10:15:3%d 2026-11-21 10:15:3%d x {"code":1011}\n' % (n, n) for n in range(10)
    ],
    "no time": [b'ERROR: {"code":10%d}\n' % n for n in range(10)],
    "no quote": [HEAD + b"session_error {code: 10%d}\n" % n for n in range(10)],
    "something behind it": [HEAD + b"<ApiErrors>%d</ApiErrors> <object>\n" % n for n in range(10)],
    "an object before it": [HEAD + b"{a: '}', b: <ApiErrors>%d</ApiErrors>}\n" % n for n in range(10)],
    "a frame": [HEAD + b"Returned with status=40%d, content='<ApiErrors/>'\n" % n for n in range(10)],
    "an escaped payload": [HEAD + b"&lt;ApiErrors>%d&lt;/ApiErrors>\n" % n for n in range(10)],
    "a payload that goes on": [HEAD + b'{"code":10%d,\n}\n' % n for n in range(10)],
    "a payload that is cut": [HEAD + b'{"code":10%d,\n' % n for n in range(10)],
}


def cuts_of(lines: list[bytes]) -> tuple[list[Span], int]:
    """Give the spans of lines, and how many of them were cut anew."""
    with patch.object(
        payloads_module.Payloads, "at", autospec=True, side_effect=payloads_module.Payloads.at
    ) as cut:
        return found_in(
            b"".join((HEAD, b"it begins\n", *lines, HEAD)), anchors=Anchors(VENDORS)
        ), cut.call_count


@pytest.mark.parametrize("lines", LINES_ALIKE.values(), ids=LINES_ALIKE)
def test_of_lines_alike_one_is_looked_at(lines: list[bytes]):
    """The payloads of the others are cut where that of the first one stood."""
    found, cuts = cuts_of(lines)

    assert (len(found), cuts) == (10, 1)
    assert [span.data for span in found] == [one.data for line in lines for one in found_in(line)]


@pytest.mark.parametrize("before", range(0, 400, 7))
def test_a_capture_may_begin_where_the_log_is_looked_at_in_parts(
    monkeypatch: pytest.MonkeyPatch, before: int
):
    """What says that it is one stands behind the place up to which the first part is looked at."""
    monkeypatch.setattr("errnorm.batch.spans._CHUNK", 64)
    told = b'{"level":"info","thread":"http-nio-8080-exec-7","status":503,"url":"/x"}\n'
    log = b"x" * before + b"\n" + (b"2026-11-21 10:00:00,001 INFO x " + told) * 90

    assert [span.data for span in spans(io.BytesIO(log), max_bytes=200)] == [told.strip()] * 90


@pytest.mark.parametrize("lines", LINES_NOT_ALIKE.values(), ids=LINES_NOT_ALIKE)
def test_lines_in_which_digits_mean_something_are_each_looked_at(lines: list[bytes]):
    """Nothing is taken from one line to the next."""
    assert cuts_of(lines)[1] >= 10


def test_a_line_alike_may_be_followed_by_what_ends_its_twin():
    """Nothing closes the `<object>` of the first line, and something that of the second one."""
    line = HEAD + b"<content><Update><data><apiErrors>%d</apiErrors></data></Update></content><object>\n"
    log = [line % 1, HEAD + b"it goes on\n", line % 2, HEAD + b"it ends\n</object>\n"]
    found, _ = cuts_of(log)

    assert [span.data.endswith(b"</object>") for span in found] == [False, True]


def test_a_payload_that_a_bound_has_cut_is_no_example():
    """What is cut after 20 bytes here is whole where the bound is another one."""
    log = b"".join((HEAD, b"it begins\n", HEAD, b'session_error "a%d" and more\n', HEAD))
    anchors = Anchors(VENDORS)
    short, whole = found_in(log % 1, anchors=anchors, max_bytes=20), found_in(log % 2, anchors=anchors)

    assert [span.data for span in (*short, *whole)] == [
        b'session_error "a1" a',
        b'session_error "a2" and more',
    ]


def test_what_stands_behind_a_payload_is_looked_at_in_each_line():
    """The first payload of a line is cut where that of a line alike stood, the second one by itself."""
    lines = [HEAD + b'{"code":10%d} <ApiErrors>%d</ApiErrors>\n' % (n, n) for n in range(10)]
    found, _ = cuts_of(lines)

    assert [span.data for span in found] == [one.data for line in lines for one in found_in(line)]


def test_a_name_with_a_digit_is_looked_for_in_each_line():
    """`code1` is no key where `code2` is one."""
    vendor = evolve(VENDORS[0], clues=(Clue(ClueKind.KEY, "code2"),))
    lines = [HEAD + b'x {"code%d":7}\n' % n for n in (2, 1, 2)]

    assert len(found_in(b"".join((*lines, HEAD)), anchors=Anchors([vendor]))) == 2


@given(
    logs=st.lists(broken_logs() | st.sampled_from([path.read_bytes() for path in LOGS]), max_size=6),
    size=st.integers(300, 3000),
    near=st.integers(300, 1000),
)
def test_a_log_cut_into_pieces_has_the_spans_of_the_whole(logs: list[bytes], size: int, near: int):
    """A log is cut where no payload stands: its pieces give what the whole gives, at the same places."""
    data = b"\n".join(logs)
    with pytest.MonkeyPatch.context() as monkey:
        for module in (spans_module, payloads_module):
            monkey.setattr(module, "OTHER_BYTES", 200)
        monkey.setattr(spans_module, "_NEAR", (near, 1 << 22))
        monkey.setattr(log_module, "_PIECE_BYTES", size)
        monkey.setattr(log_module, "_MOST_BYTES", 3 * size)
        whole = list(LOG.read(Stream(io.BytesIO(data))))
        cut = [*(LOG.cut or LOG.read)(Stream(io.BytesIO(data)))]
        pieces = [item for item in cut if isinstance(item, Stream)]
        found = [one for item in cut for one in (LOG.read(item) if isinstance(item, Stream) else (item,))]

    assert found == whole
    assert [piece.line for piece in pieces] == [data.count(b"\n", 0, piece.offset) + 1 for piece in pieces]


HOSTILE = {
    "objects that end nowhere behind the same words": b'got {"code":1,\n',
    "elements that end nowhere behind the same words": b"got <ApiErrors>\n",
    "texts that end nowhere behind the same words": b'got {"code":"\n',
    "xml": b"<ApiErrors>",
    "lines of xml": b"2026-11-21 10:15:30 <ApiErrors>\n",
    "keys": b'{"code":',
    "keys without an object": b'"code":1 ',
    "escaped": b'{\\"code\\":',
    "html": b"&lt;Update&gt;",
    "carriers": b'{"code":500,"m":"<x',
    "backslashes": b'"code' + b"\\" * 50,
    "stanzas": b"<message <Update ",
    "threads": b'2026-11-21 10:15:30 [t] {"code":[\n}]\n',
    "frames": b"Returned with status=401, content='",
    "lists that lines open": b"[\n" * 8 + b'7 "code":1\n',
    "functions": b"foo() {\n" * 8 + b" session_error\n",
    "functions in lines": HEAD + b"foo() {\n" * 8 + HEAD + b" session_error\n",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_hostile_logs_cost_in_proportion(unit: bytes):
    """Anchors without an end cost the same for each byte, however many there are."""
    steps = [steps_for(unit * (size // len(unit))) for size in (1 << 14, 1 << 16)]

    assert steps[1] <= 6 * steps[0] + 1000


OPENED = {
    "one in thirty lines": (HEAD + b"plain\n") * 30 + HEAD + b"settings: {\n",
    "every line": HEAD + b"Entering {\n",
}


@pytest.mark.parametrize("unit", OPENED.values(), ids=OPENED)
def test_a_line_where_nothing_is_open_is_looked_for_in_proportion(unit: bytes):
    """Objects that are never closed cost the same for each byte, however many lines open one."""
    steps = [steps_of(lambda size=size: last_calm(unit * (size // len(unit)))) for size in (1 << 15, 1 << 17)]

    assert steps[1] <= 6 * steps[0] + 1000


def steps_for(log: bytes) -> int:
    """Count what it takes to read a log."""
    return steps_of(lambda: found_in(log))


def steps_of(work: Callable[[], object]) -> int:
    """Count the lines of Python that some work takes, each turn of a loop anew."""
    import sys

    steps = 0

    def count(*_: object) -> Any:
        nonlocal steps
        steps += 1
        return count

    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(None)
    return steps


def test_memory_does_not_grow_with_the_log():
    """A log eight times as long takes no more memory."""

    def peak(size: int) -> int:
        tracemalloc.start()
        for _ in spans(_Endless(size)):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(8 << 20)  # what is imported at the first call is none of it
    assert peak(64 << 20) < 1.2 * peak(8 << 20)


class _Endless(io.RawIOBase):
    """A log of so many bytes, made as it is read."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.block = (HEAD + b"nothing\n") * 500 + HEAD + BODIES[0].encode() + b"\n"

    def read(self, size: int = -1) -> bytes:
        block = self.block[: max(0, min(size, self.left))]
        self.left -= len(block)
        return block


def test_a_payload_longer_than_the_bound_is_cut_there():
    """What goes on beyond the bound is cut there, and a problem says so."""
    [span] = found_in(b"<ApiErrors>" + b"x" * 500 + b"</ApiErrors>", max_bytes=100)

    assert (len(span.data), [problem.code for problem in span.problems]) == (100, ["span-truncated"])


def test_a_piece_of_a_log_counts_from_where_it_begins():
    """Offset and line of a piece are those of the whole log."""
    [span] = found_in(b"\n<ApiErrors/>", offset=1000, line=50)

    assert (span.offset, span.line) == (1001, 51)


@pytest.mark.parametrize(
    "log",
    [
        b'{"codec":"opus"}',
        b"<UpdateRequest/>",
        b"</ApiErrors> only the end",
        b'a "code" without an object',
        b'{"message":"we saw a session_error"}',
        b'{"successful":true}',
    ],
)
def test_what_only_looks_like_an_anchor_begins_nothing(log: bytes):
    """A longer word, an end tag, a word inside a text are no payloads."""
    assert found_in(log) == []


def test_an_error_told_as_text_and_as_object_is_one():
    """Of text and object side by side the text stays, whichever stands first."""
    text = b"<ApiErrors><ApiError><ErrorType>Not Found</ErrorType></ApiError></ApiErrors>"
    made = b'{"ApiErrors":{"ApiError":{"ErrorType":"Not Found"}}}'
    other = b'{"ApiErrors":{"ApiError":{"ErrorType":"In Use"}}}'

    assert [span.data for span in found_in(text + b" " + made)] == [text]
    assert [span.data for span in found_in(made + b" " + text)] == [text]
    assert [span.data for span in found_in(text + b" " + other)] == [text, other]


def test_xml_in_a_string_and_its_object_are_one():
    """On one line, as a logger writes both."""
    text = json.dumps("<ApiErrors>\n<ApiError><ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>")
    made = '{"ApiErrors":{"ApiError":{"ErrorType":"Invalid Input"}}}'
    (span,) = found_in(f"2026-11-21 10:15:30 ERROR raw {text} parsed {made}\n".encode())

    assert span.data.decode() == json.loads(text)


@pytest.mark.parametrize("body", [BODIES[3], BODIES[5]], ids=["session_error", "EventError"])
def test_json_told_as_text_and_as_object_is_one(body: str):
    """On one line, whichever comes first; two that are written alike are two errors."""
    text = json.dumps(body)
    both = [f"raw {text} parsed {body}", f"parsed {body} raw {text}", f"one {body} two {body}"]
    found = found_in("".join(f"2026-11-21 10:15:30 ERROR {line}\n" for line in both).encode())

    assert [span.line for span in found] == [1, 2, 3, 3]
    assert [json.loads(span.data) for span in found] == [json.loads(body)] * 4


def test_anchors_are_the_vendors_clues():
    """Every name, event, mark and key of a vendor is found in a log; no vendor is named in the code."""
    anchors = Anchors.usual()
    forms = {ClueKind.EVENT: "{}", ClueKind.MARK: "{}", ClueKind.KEY: '"{}"'}
    clues = [clue for vendor in VENDORS for clue in vendor.clues if clue.kind in forms]

    assert [clue for clue in clues if not anchors.find(forms[clue.kind].format(clue.text).encode())] == []


def test_more_anchors_than_one_search_takes_are_found_by_several():
    """The anchors of many vendors are all found, and those of the builtin ones give what they gave."""
    keys = tuple(Clue(ClueKind.KEY, f"acmeKey{number:03}") for number in range(70))
    anchors = Anchors([*VENDORS, evolve(VENDORS[0], name="acme-desk", clues=keys)])
    log = b"".join(HEAD + b'{"acmeKey%03d": 1}\n' % number for number in range(70))

    assert len(anchors.texts) > 2 * 64
    assert [span.line for span in found_in(log, anchors=anchors)] == [*range(1, 71)]
    for path in LOGS:
        assert found_in(path.read_bytes(), anchors=anchors) == found_in(path.read_bytes())


@given(
    st.lists(st.sampled_from([*sorted(Anchors.usual().texts), b"x", b"<", b'"']), max_size=20).map(b"".join)
)
def test_both_searches_find_the_same(log: bytes):
    """Without the SIMD library the same anchors are found, only slower."""
    pytest.importorskip("ahocorasick_rs", reason="there is nothing to compare with")
    texts = sorted(Anchors.usual().texts)

    assert anchors_module.plain_search(texts)(log) == Anchors.usual().find(log)
