"""What `curl -v` tells is read as what `curl -i` prints."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errnorm.batch.capture import Capture, NotError, Reject, Stream
from errnorm.batch.readers import reader_of
from errnorm.vocabulary import ProblemCode

BODY = b"<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>"
METER = (
    b"  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    b"                                 Dload  Upload   Total   Spent    Left  Speed\n"
    b"\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
)
BEGIN = b"*   Trying 10.0.0.5:8445...\n* Connected to finesse.example.com (10.0.0.5) port 8445 (#0)\n"
ASKED = (
    b"> GET /finesse/api/User/agent1001 HTTP/1.1\r\n> Host: finesse.example.com\r\n> Accept: */*\r\n> \r\n"
)
DATE = b"< Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n"
HEAD = b"< HTTP/1.1 400 Bad Request\r\n< Content-Type: application/xml\r\n" + DATE
LENGTH = b"< Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"< Transfer-Encoding: chunked\r\n"
END = b"< \r\n"
RECEIVED = (
    b"{ [80 bytes data]\n\r100    80  100    80    0     0  55632      0 --:--:-- --:--:-- --:--:-- 80000\n"
)
LEFT = b"* Connection #0 to host finesse.example.com left intact\n"
AGAIN = b"* Found bundle for host: 0x55889ed471e0 [serially]\n* Can not multiplex, even if we wanted to\n"
PROMPT = b"agent@host:~$ curl -v https://finesse.example.com/finesse/api/User/agent1001\n"


def read(data: bytes) -> tuple[str, list[Any]]:
    """Give the name of the reader, and what it finds."""
    reader = reader_of(data, {})
    return reader.name, list(reader.read(Stream(io.BytesIO(data), "curl.txt")))


TALKS = {
    "silent": BEGIN + ASKED + HEAD + LENGTH + END + LEFT + BODY,
    "on a terminal": BEGIN + ASKED + HEAD + LENGTH + END + BODY + b"\n" + LEFT,
    "glued to its body": BEGIN + ASKED + HEAD + LENGTH + END + BODY + LEFT,
    "with a meter": METER + BEGIN + ASKED + HEAD + LENGTH + END + RECEIVED + LEFT + BODY,
    "with a meter before the answer": METER[:-1] + b"0" + ASKED + METER + HEAD + LENGTH + END + BODY,
    "chunked": BEGIN + ASKED + HEAD + CHUNKED + END + RECEIVED + LEFT + BODY,
    "chunked, with talk behind": BEGIN + ASKED + HEAD + CHUNKED + END + LEFT + BODY + AGAIN + METER,
    "with a body sent": BEGIN + ASKED + b"} [3 bytes data]\n" + HEAD + LENGTH + END + LEFT + BODY,
    "behind a prompt": PROMPT + BEGIN + ASKED + HEAD + LENGTH + END + LEFT + BODY + b"\n" + PROMPT,
    "behind an interim answer": BEGIN
    + ASKED
    + b"< HTTP/1.1 100 Continue\r\n< \r\n"
    + HEAD
    + END
    + BODY
    + LEFT,
    "over HTTP/2": BEGIN + ASKED + HEAD.replace(b"/1.1 400 Bad Request", b"/2 400 ") + LENGTH + END + BODY,
    "recorded": (BEGIN + ASKED + HEAD + LENGTH + END).replace(b"\r\n", b"\n").replace(b"\n", b"\r\r\n")
    + BODY,
    "kept by an editor": (BEGIN + ASKED + HEAD + LENGTH + END).replace(b" \r\n", b"\n") + LEFT + BODY + b"\n",
}


@pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS)
def test_talk_is_told_from_the_answer(talk: bytes):
    """Whatever curl says around it: one answer, with its status, headers, url, time, place and body."""
    name, found = read(talk)
    (answer,) = found

    assert (name, type(answer)) == ("curl", Capture)
    assert answer.body.rstrip() == BODY
    assert (answer.options["status"], answer.options["url"]) == (400, "/finesse/api/User/agent1001")
    assert ("Content-Type", "application/xml") in answer.options["headers"]
    assert answer.options["occurred_at"].isoformat() == "2026-11-21T10:00:00+00:00"
    assert answer.source.offset == talk.index(b"< HTTP/", talk.find(b"Continue") + 1)
    assert answer.source.line == 1 + talk.count(b"\n", 0, answer.source.offset)
    assert answer.problems == ()


@given(
    talks=st.lists(
        st.sampled_from([*TALKS.values()]).filter(lambda talk: LEFT in talk), min_size=1, max_size=5
    )
)
def test_any_talks_one_behind_the_other_are_read(talks: list[bytes]):
    """Each answer is found once, whatever stands between it and the next one."""
    _, found = read(b"\n".join(talks))

    assert [(type(one), one.body.rstrip()) for one in found] == [(Capture, BODY)] * len(talks)


def test_a_body_of_lines_like_talk_is_whole():
    """Its length tells where it ends."""
    body = b"* no\n> such\n< user\n" + BODY + b"\n* Connection #0 is a line of it"
    head = HEAD + b"< Content-Length: %d\r\n" % len(body)
    _, (answer,) = read(BEGIN + ASKED + head + END + b"{ [99 bytes data]\n" + b"x" + body[1:] + LEFT)

    assert answer.body == b"x" + body[1:]


def test_a_body_that_was_cut_off_is_told_of():
    """It is shorter than its Content-Length."""
    _, (answer,) = read(BEGIN + ASKED + HEAD + LENGTH + END + BODY[:40])

    assert answer.body == BODY[:40]
    assert [problem.code for problem in answer.problems] == [ProblemCode.ENCODING_TRUNCATED]


def test_an_answer_without_an_error_is_counted():
    """A redirect that curl follows is none, and what it leads to has its own url."""
    moved = b"< HTTP/1.1 302 Found\r\n< Location: /x\r\n< Content-Length: 0\r\n< \r\n* Ignoring the response-body\n"
    again = ASKED.replace(b"/finesse/api/User/agent1001", b"/x")
    _, (first, second) = read(BEGIN + ASKED + moved + again + HEAD + LENGTH + END + BODY + LEFT)

    assert (type(first), type(second)) == (NotError, Capture)
    assert second.options["url"] == "/x"


def test_what_is_no_talk_is_rejected():
    """Nothing between two answers is lost, nor an answer that ends in its headers."""
    one = BEGIN + ASKED + HEAD + LENGTH + END + BODY + LEFT
    data = one + ASKED + b"something else\n" + HEAD + LENGTH + END + BODY + b"\n" + ASKED + HEAD
    _, found = read(data)
    rejects = [reject for reject in found if isinstance(reject, Reject)]

    assert [type(each) for each in found] == [Capture, Reject, Capture, Reject]
    assert rejects[0].data == ASKED + b"something else\n"
    assert [data[one.source.offset :].startswith(one.data) for one in rejects] == [True, True]


@pytest.mark.parametrize(
    "talk", [BEGIN + ASKED, b"* a list\n* of remarks\n", b"> quoted\n\nHTTP/1.1 400 x\n"]
)
def test_talk_without_an_answer_is_a_log(talk: bytes):
    """Only a status line behind talk shows what it is."""
    assert read(talk)[0] == "log"


def test_what_stands_behind_an_interim_answer_is_not_lost():
    """It has no body."""
    _, found = read(
        BEGIN + ASKED + b"< HTTP/1.1 100 Continue\r\n< \r\nnot talk\n" + HEAD + LENGTH + END + BODY
    )

    assert [getattr(one, "data", None) for one in found] == [b"\r\nnot talk\n", None]


def test_a_body_may_tell_of_another_talk():
    """What looks like a question or an answer under a Content-Length is one of its lines."""
    body = b"<pre>\n> GET /a HTTP/1.1\n< HTTP/1.1 200 OK\n< \nfine\n</pre>"
    head = HEAD + b"< Content-Length: %d\r\n" % len(body)
    one = BEGIN + ASKED + head + END + RECEIVED + LEFT + body + AGAIN
    _, found = read(one + one)

    assert [answer.body for answer in found] == [body, body]


def test_an_answer_to_head_has_no_body():
    """Its Content-Length is that of another answer, and what follows is the next one."""
    data = (
        BEGIN
        + ASKED.replace(b"GET", b"HEAD")
        + HEAD
        + LENGTH
        + END
        + LEFT
        + ASKED
        + HEAD
        + LENGTH
        + END
        + BODY
    )
    _, found = read(data)

    assert [answer.body for answer in found] == [b"", BODY]


def test_a_tunnel_through_a_proxy_is_no_error():
    """Its answer is counted by itself."""
    tunnel = (
        b"> CONNECT finesse.example.com:443 HTTP/1.1\r\n> \r\n< HTTP/1.1 200 Connection established\r\n< \r\n"
    )
    _, found = read(BEGIN + tunnel + b"* CONNECT phase completed\n" + ASKED + HEAD + LENGTH + END + BODY)

    assert [type(answer) for answer in found] == [NotError, Capture]
    assert found[1].options["url"] == "/finesse/api/User/agent1001"
