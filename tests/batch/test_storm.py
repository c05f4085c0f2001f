"""What comes again: its line is that of the capture alone, and what is remembered is bounded."""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import orjson
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import CASES

import errnorm
from errnorm import batch
from errnorm.batch import outline, storm, work
from errnorm.batch.alike import Alike
from errnorm.batch.capture import Capture, Reject, Stream
from errnorm.batch.encode import Encoder
from errnorm.batch.ids import Between, Cut
from errnorm.batch.inputs import expand
from errnorm.batch.outline import MASK, Outline, Outlines, mask
from errnorm.batch.report import Counts, Place
from errnorm.batch.tasks import How, found_by, tasks
from errnorm.batch.work import judged
from errnorm.entries import folded, plain_text
from errnorm.reading import html
from errnorm.record import CatalogEntry, RetryAdvice, Source
from errnorm.redaction import CONTACT_CENTER, Policy
from errnorm.vendor import NOTHING, Clue, ClueKind, Vendor
from errnorm.vendors import VENDORS
from errnorm.vocabulary import Decision

UPDATE = (
    "<Update><data><apiErrors><apiError><errorData>33</errorData>"
    "<errorMessage>CF_RESOURCE_BUSY</errorMessage><errorType>Generic Error</errorType></apiError></apiErrors>"
    "</data><event>PUT</event><requestId>{}</requestId><source>/finesse/api/Dialog/3211</source></Update>"
)


DESK = Vendor(
    name="example-desk",
    title="Example Desk",
    clues=(Clue(ClueKind.ROOT, "Desk"),),
    score=lambda _: NOTHING,
    parse=lambda _: [],
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


class Reads(NamedTuple):
    """How many bodies were read: those of captures, and those that were made to learn from."""

    captures: int
    twins: int


def read_in(folder: Path, captures: list[dict[str, Any]], **options: Any) -> Reads:
    """Write captures as one input, run it, and give how many bodies were read."""
    path = folder / "storm.ndjson"
    path.write_bytes(b"\n".join(map(orjson.dumps, captures)))
    with (
        patch.object(work, "judged", wraps=work.judged) as judged,
        patch.object(work, "_like", wraps=work._like) as twins,
    ):
        batch.run(path, folder / "out", **options)
    return Reads(judged.call_count - twins.call_count, twins.call_count)


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


def test_a_private_word_in_the_name_of_the_input_goes_each_time(tmp_path: Path):
    """A user whom a body names is taken out of the file's name beside each record, the first and the next ones."""
    path = tmp_path / "zaubermaus.ndjson"
    told = {"status": 500, "time": "2026-11-21T10:15:30Z", "body": '{"code":1011,"userId":"zaubermaus"}'}
    path.write_bytes(b"\n".join([orjson.dumps(told)] * 4))
    batch.run(path, tmp_path / "out", policy=CONTACT_CENTER)

    assert (tmp_path / "out").read_bytes().count(b"[user].ndjson") == 4


def test_an_id_of_the_body_wins_over_that_of_the_headers_each_time(tmp_path: Path):
    """Where the first capture's header says what the body says, the next one's header changes nothing."""
    captures = [
        {"status": 400, "body": UPDATE.format("req-1"), "headers": {"X-Request-Id": told}}
        for told in ("req-1", "req-2", "req-3", "req-4", "req-5")
    ]
    records = written(tmp_path, captures)

    assert [record["ids"]["request"] for record in records] == ["req-1"] * 5
    assert (tmp_path / "out").read_bytes().count(b'"request":') == 5
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
        for told in ("red", "red", "green", "blue", "green")
    ]
    records = written(tmp_path, captures)

    assert records[0]["fingerprint"] == records[4]["fingerprint"] != records[3]["fingerprint"]
    assert but_place(records) == but_place(alone(tmp_path, captures))


def test_a_capture_with_a_moment_and_one_without_share_a_body(tmp_path: Path):
    """The moment is the capture's own: neither is given the other's."""
    times = ["2026-11-21T10:00:00Z", None, "2026-11-21T11:00:00Z", None]
    records = written(tmp_path, [{"status": 503, "body": "{}", "time": told} for told in times])

    assert [record["occurred_at"] for record in records] == [
        told and told.replace("Z", "+00:00") for told in times
    ]


@pytest.mark.parametrize("kept", [{}, {"body": None}, {"body": ""}], ids=["none", "null", "empty"])
def test_of_answers_without_a_body_one_is_read(tmp_path: Path, kept: dict[str, str | None]):
    """In the log of a gateway that is down each line is the same error at another address."""
    captures = [{"status": 502, "url": f"/finesse/api/User/agent{n}", **kept} for n in range(1000, 1010)]

    assert read_in(tmp_path, captures).captures == 2
    assert but_place(written(tmp_path, captures)) == but_place(alone(tmp_path, captures))


def test_the_first_place_of_a_kind_is_told_whichever_body_it_has(tmp_path: Path):
    """A body that an earlier input has shown may be the first of its kind in the next input."""
    first, second = tmp_path / "b.ndjson", tmp_path / "a.ndjson"
    known, new = ({"status": 503, "body": body} for body in ('{"code":1016}', '{"code": 1016}'))
    first.write_bytes(orjson.dumps(known))
    second.write_bytes(b"".join(orjson.dumps(told) + b"\n" for told in (known, new)))
    report = batch.run([first, second], tmp_path / "out")

    assert [place for _, _, place in report.fingerprints.ranked()] == [Place(str(second), line=1)]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """Of many captures that differ, no more are remembered than fit; the last one always is."""
    monkeypatch.setattr(storm, "_MOST_BYTES", 40_000)
    known = storm.Storm(errnorm.Normalizer())
    captures = [Capture(f"body {number}", {"status": 500}, Source(name="a")) for number in range(100)]
    for capture in captures:
        known.keep(known.seen(capture), storm.Became())
        known.learn_line(b'{"body":"%s"}' % (b"a" * len(known._forms)), Stream(BytesIO()))
    again = [known.lines(capture, known.seen(capture)) for capture in captures]

    assert again[-1] is not None
    assert 0 < sum(one is not None for one in again) < 20
    assert len(known._forms) < 20


def numbered(*bodies: str, **beside: Any) -> list[dict[str, Any]]:
    """Give captures of these bodies under one status."""
    return [{"status": 500, "body": body, **beside} for body in bodies]


def cobrowse(*told: tuple[int, object], **beside: Any) -> list[dict[str, Any]]:
    """Give session_error events, each of a session and with a text."""
    body = '{{"event":"session_error","payload":{{"code":1011,"errorMsg":"No {1}","sessionId":"{0}"}}}}'
    return numbered(*(body.format(*one) for one in told), **beside)


ERROR = "<ApiErrors><ApiError><ErrorData>{}</ErrorData><ErrorType>Generic Error</ErrorType></ApiError></ApiErrors>"
EVENT = (
    '[{{"id":"{0}","channel":"/chat/session-00{0}","data":{{"type":"EventError","error":{{"code":100}}}}}}]'
)
HEADERS = {"X-Request-Id": "req-1"}
CTI = ERROR.replace("<ErrorType>", "<ErrorMessage>CF_INVALID_OBJECT</ErrorMessage><ErrorType>")
BESIDE = CTI.replace("<ErrorType>", "<peripheralErrorCode>100</peripheralErrorCode><ErrorType>")
TWO = ERROR.replace(
    "</ApiErrors>",
    "<ApiError><ErrorData>20700</ErrorData><ErrorType>Generic Error</ErrorType></ApiError></ApiErrors>",
).replace("{}", "agent{}0")
NAMES = ("jsmith", "anna", "bob.c", "d-1@example.com", "e_f", "g")
TOKENS = ("0ea0c77df79e", "k3Zb-9_xQ", "a", "7b1c5d6e8f9041d74a53", "2990e1424", "9-9")


def at_user(*pairs: tuple[object, object]) -> list[dict[str, Any]]:
    """Give errors of the CTI server, each with its data and the user in its url."""
    return [
        told | {"url": f"/finesse/api/User/{user}"}
        for data, user in pairs
        for told in numbered(CTI.format(data))
    ]


ALIKE = {
    "agent": numbered(*(ERROR.format(f"agent{n}") for n in range(1000, 1006))),
    "agents in a message": cobrowse(*(("main street", f"50% of agent{n}") for n in range(1000, 1006))),
    "uuid": cobrowse(
        *(
            (f"{n}2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f{n}", "session")
            for n in ("0f", "1e", "2d", "3C", "4b", "5a")
        )
    ),
    "session": cobrowse(*((n, "session") for n in range(10, 16))),
    "several": numbered(*(EVENT.format(n) for n in range(10, 16))),
    "moment": numbered(*(f'{{"timestamp":"2026-11-21T10:15:{n}.123","error":"x"}}' for n in range(10, 16))),
    "epoch": numbered(*(f'{{"timestamp":17952561{n}123,"error":"x"}}' for n in range(10, 16))),
    "element": numbered(*(UPDATE.format(n) for n in range(10, 16))),
    "header": cobrowse(*((n, "session") for n in range(10, 16)), headers=HEADERS),
    "object": [
        told | {"body": orjson.loads(told["body"])} for told in cobrowse(*((n, "") for n in range(10, 16)))
    ],
    "names": numbered(*map(ERROR.format, NAMES)),
    "numbers that are names": numbered(*map(ERROR.format, (9, 10, 4711, 1001001, 33, 8))),
    "tokens": cobrowse(*((token, "session") for token in TOKENS)),
    "tokens in an object": [
        told | {"body": orjson.loads(told["body"])} for told in cobrowse(*((token, "") for token in TOKENS))
    ],
    "JSON in a string": numbered(
        *(
            f'{{"channel":"/chat/x","data":"{{\\"error\\":\\"x\\",\\"userId\\":\\"{token}\\"}}"}}'
            for token in TOKENS
        )
    ),
    "ends of a path": numbered(*(EVENT.replace("session-00{0}", f"{name}7").format(7) for name in NAMES)),
    "users in a url": at_user(*((name, 1001 + n) for n, name in enumerate(NAMES))),
}
# The fourth of each would be taken for one like the three before it.
UNLIKE = {
    "code": numbered(*(f'{{"event":"session_error","payload":{{"code":{n}}}}}' for n in range(1010, 1018))),
    "number": numbered(*map(ERROR.format, (20698, 20699, 20701, 20700))),
    "number of CTI": numbered(*(UPDATE.format("x").replace(">33<", f">{n}<") for n in (31, 32, 33, 34))),
    "a name that the message says": numbered(
        *(
            ERROR.format(name).replace(
                "Generic", "</ErrorType><ErrorMessage>No agent</ErrorMessage><ErrorType>"
            )
            for name in ("anna", "ben", "carla", "agent")
        )
    ),
    "an id that is a mark": numbered(
        *(f'{{"sessionId":"{told}","message":"x"}}' for told in ("anna", "ben", "carla", "session_error"))
    ),
    "an id that is a mark of a proxy": numbered(
        *(f'{{"visitId":"{told}","message":"x"}}' for told in ("anna", "ben", "carla", "cf-error-details")),
        url="/server/data/visits",
    ),
    "the end of a channel of a chat": numbered(
        *(
            f'[{{"channel":"/x/{told}","data":{{"error":{{"code":5,"description":"y"}}}}}}]'
            for told in ("a1", "b2", "c3", "chat4")
        )
    ),
    "a url of single sign-on": [
        told | {"url": f"/x/{user}"}
        for user in ("anna1001", "ben1002", "carla1003", "sso1004")
        for told in numbered('{"status":"false","errorMessage":"NO","userId":"a"}')
    ],
    "a url with the number of the error": [
        told | {"url": f"/finesse/api/Dialog/{dialog}"}
        for dialog in (20701, 20702, 20703, 20700)
        for told in numbered(
            ERROR.format(20700).replace("<ApiError>", "<ApiError><ErrorMedia>m</ErrorMedia>")
        )
    ],
    "a url without the number of an error beside others": [
        told | {"url": f"/finesse/api/Dialog/{dialog}"}
        for n, dialog in enumerate((20700, 20700, 20700, 20701))
        for told in numbered(TWO.format(1000 + n))
    ],
    "an id beside which a long number is kept as text": [
        cobrowse((told, '","at":1795256130.123456,"x":"'))[0]
        for told in ("anna", "ben", "carla", "6f1e3479c0")
    ],
    "an id that may not stand in a comment": numbered(
        *(
            ERROR.format(1).replace("<ApiError>", f"<!-- <userId>{told}</userId> --><ApiError>")
            for told in ("anna", "ben", "carla", "a--b")
        )
    ),
    "an id that is another member, which is no text": numbered(
        *(
            f'{{"event":"session_error","payload":{{"code":1011,"sessionId":"{told}","session_id":true}}}}'
            for told in ("anna", "ben", "carla", "true")
        )
    ),
    "an id that is another member, written with an escape": numbered(
        *(
            f'{{"event":"session_error","payload":{{"code":1011,"userId":"{told}","user_id":"\\u0061nn"}}}}'
            for told in ("bob", "ben", "carla", "ann")
        )
    ),
    "an id that makes a name one of two": numbered(
        *(
            f'{{"error":"x","sessionId":"s","errors":{{"a/{told}":"1","a\\/b17":"2"}}}}'
            for told in ("c17", "d17", "e17", "b17")
        )
    ),
    "an id that is a number of the error, written with an entity": numbered(
        *(UPDATE.format(told).replace(">33<", ">3&#51;1<") for told in (1001, 2001, 3001, 331))
    ),
    "a url without the number of an error, written with an entity": [
        told | {"url": f"/finesse/api/User/{user}"}
        for name, user in (("anna", 331), ("ben", 331), ("carla", 331), ("david", 1001))
        for told in numbered(UPDATE.format(name).replace(">33<", ">3&#51;1<"))
    ],
    "an id that makes a body longer than is looked through": numbered(
        *(
            f'{{"message":"x","requestId":"{told}","p":"{"y" * 16309}","z":"cf-error-details"}}'
            for told in ("anna", "ben", "carla", "q" * 60)
        ),
        url="/server/data/visits",
    ),
    "an id that makes two words stand too far apart": numbered(
        *(
            f'{{"message":"x","a":"<p>{"y" * 255}","requestId":"{told}","b":" on this server."}}'
            for told in ("anna", "ben", "carla", "q" * 60)
        ),
        url="/server/data/visits",
    ),
    "an id that makes two words stand near enough": numbered(
        *(
            f'{{"message":"x","a":"<p>{"y" * 255}","requestId":"{told}","b":" on this server."}}'
            for told in ("a" * 60, "b" * 60, "c" * 60, "q")
        ),
        url="/server/data/visits",
    ),
    "an id beside which JSON is read anew": numbered(
        *(f'{{"id":"x","id":"{told}","error":"y"}}' for told in ("anna", "ben", "carla", "1e500"))
    ),
    "an id that moves the place of a problem": numbered(
        *(f"<error><userId>{told}</userId><a></error>" for told in ("anna", "ben", "carla", "d" * 40))
    ),
    "a number beside a peripheral's": numbered(*map(BESIDE.format, (99991, 99992, 99993, 38))),
    "a number beside a peripheral's, of another table": numbered(
        *(BESIDE.replace("CF_INVALID", "E_ARM_STAT").format(n) for n in (99991, 99992, 99993, 9))
    ),
    "a number among names": numbered(*map(CTI.format, ("anna", "ben", "carla", 33))),
    "a number that is not the user": at_user((1001, 1001), (1002, 1002), (1003, 1003), (33, 1003)),
    "a number that is the user": at_user((331, 1001), (332, 1002), (333, 1003), (1003, 1003)),
    "ids that are equal": numbered(
        *(
            f'{{"status":400,"content":"{ERROR.format(one)}","object":{{"ApiErrors":{{"ApiError":{{"ErrorData":"{other}"}}}}}}}}'
            for one, other in (("anna", "anna"), ("ben", "ben"), ("carla", "carla"), ("anna", "ben"))
        )
    ),
    "leading zero": numbered(*(f'{{"timestamp":{n}795256130123,"error":"x"}}' for n in (1, 2, 3, 0))),
    "a page": numbered(
        *(f"<html><body><id>{n}</id> gone <center>nginx</center></body></html>" for n in (701, 702, 703, 404))
    ),
    "a moment said twice": cobrowse(
        *((f"2026-11-21T10:15:{n}", "call 2026-11-21T10:15:30Z left") for n in (11, 12, 13, 14, 30))
    ),
    "ids that meet a number": numbered(
        *(
            f'{{"event":"session_error","payload":{{"code":1011,"errorMsg":"No last{n}.x","sessionId":"last10","userId":"20.x"}}}}'
            for n in (3011, 3012, 3013, 3014, 1020)
        )
    ),
    "an id of the source in a number": numbered(
        *(
            UPDATE.format("x").replace("CF_RESOURCE_BUSY", f"no agent{n}").replace("3211", "12")
            for n in (3434, 3435, 3436, 1212)
        )
    ),
    "a UUID like a number": numbered(
        *(
            orjson.dumps({"error": "x", "K": 1, f"{first}": 2}).decode().replace("K", first)
            for first in (
                *(f"{n}2b8c1d-41d7-4a53-9d2a-7b1c5d6f8f90" for n in range(4)),
                "90df5825-a4ca-45fe-9d49-78e2990e1424",
            )
        )
    ),
    "zeros": numbered(*(f'{{"timestamp":0{n}95256130123,"error":"x"}}' for n in (1, 2, 3, 0))),
    "an id that is the number of the error": numbered(*map(UPDATE.format, (10, 11, 12, 33, 13))),
    "an id in a word of the message": cobrowse(*((n, "a1717b") for n in (10, 11, 12, 17, 13))),
    "an id in a number of the message": cobrowse(
        (98, "agent1234"), (98, "agent1235"), (97, "agent1236"), (12, "agent1212")
    ),
    "an id in a number of the message, learned from": cobrowse(
        (98, "agent1234"), (98, "agent1235"), (12, "agent1212"), (98, "agent1237"), (98, "agent1238")
    ),
    "an id of all in a number of the message": [
        told
        | {"body": told["body"].replace("sessionId", "userId").replace('"17"', '"0017", "sessionId": "x"')}
        for told in cobrowse((17, "agent1234"), (17, "agent1235"), (17, "agent1236"), (17, "agent00170017"))
    ],
    "equal ids": cobrowse((9876, "agent1234"), (9877, "agent1235"), (9878, "agent1236"), (1237, "agent1237")),
    "an id of the headers": [
        told | {"headers": {"X-Request-Id": id_}}
        for told, id_ in zip(
            cobrowse(*((1, f"agent{n}") for n in range(1000, 1005))),
            ("a", "b", "c", "agent1003", "d"),
            strict=True,
        )
    ],
}


@pytest.mark.parametrize(
    "captures", [*ALIKE.values(), *UNLIKE.values()], ids=[*ALIKE, *(f"not {name}" for name in UNLIKE)]
)
def test_numbers_of_a_body_are_its_own_each_time(tmp_path: Path, captures: list[dict[str, Any]]):
    """Bodies that differ in numbers alone give the records that each of them gives by itself."""
    assert but_place(written(tmp_path, captures)) == but_place(alone(tmp_path, captures))


@pytest.mark.parametrize("captures", ALIKE.values(), ids=ALIKE)
def test_of_bodies_that_differ_in_an_id_three_are_read(tmp_path: Path, captures: list[dict[str, Any]]):
    """From the fourth on such a body is not read at all: what it becomes is known, with its own numbers in it."""
    assert read_in(tmp_path, captures).captures == 3


@pytest.mark.parametrize("captures", [UNLIKE["code"], UNLIKE["number of CTI"]], ids=["code", "number of CTI"])
def test_a_body_with_another_code_is_read(tmp_path: Path, captures: list[dict[str, Any]]):
    """A number that may be a code makes a body a new one."""
    assert len(captures) == read_in(tmp_path, captures).captures


@pytest.mark.parametrize("third", ["33", "00"], ids=["its own", "its twin's"])
def test_nothing_is_learned_from_a_number_that_is_there_twice(tmp_path: Path, third: str):
    """A body whose id is by chance the number of its error, or whose twin's is, tells nothing of the next ones."""
    captures = numbered(*map(UPDATE.format, ("10", "11", third, "12", "13", "14")))

    assert read_in(tmp_path, captures).captures == 4


def test_a_body_of_many_numbers_is_remembered_as_it_is(tmp_path: Path):
    """Of a body with more than 64 numbers no outline is made, and one with more than 8 ids has all of them decide."""
    many = [
        orjson.dumps({"error": "x", "list": [10 * n + k for k in range(70)]}).decode()
        for n in range(100, 105)
    ]
    ids = [
        orjson.dumps({"error": "x", "ids": [f"agent{n}{k}" for k in range(9)]}).decode()
        for n in range(100, 105)
    ]

    assert read_in(tmp_path, numbered(*many, *many)) == (5, 0)
    assert read_in(tmp_path, numbered(*ids, *ids[1:])) == (5, 0)


def test_each_record_of_a_body_is_counted_in_its_hour(tmp_path: Path):
    """A body with two errors adds two records to the hour each time it comes."""
    error = "<ApiError><ErrorData>agent{0}</ErrorData></ApiError>"
    captures = numbered(
        *(f"<ApiErrors>{error.format(n) * 2}</ApiErrors>" for n in range(1000, 1010)),
        time="2026-11-21T10:15:30Z",
    )
    path = tmp_path / "storm.ndjson"
    path.write_bytes(b"\n".join(map(orjson.dumps, captures)))

    assert batch.run(path, tmp_path / "out").tables["hour"] == {"2026-11-21T10:00Z": 20}


def test_where_four_bodies_told_nothing_all_numbers_decide(tmp_path: Path):
    """An id that is mostly digits of the message as well decides: its twin is not read each time."""
    every = "".join(map(str, range(10, 100)))
    captures = cobrowse(*((n, every) for n in range(10, 20)))

    assert read_in(tmp_path, captures) == (10, 2 * 4)


def test_where_a_number_decides_all_of_them_do(tmp_path: Path):
    """Where bodies alike become different things, each is read once, and known when it comes again."""
    bodies = [f'{{"error":"call{n}","description":"x"}}' for n in range(1000, 1006)]
    reads = read_in(tmp_path, numbered(*bodies, *bodies[3:], *bodies[3:]))
    codes = [orjson.loads(line)["code"] for line in (tmp_path / "out").read_bytes().splitlines()]

    assert codes[:6] == [f"call{n}" for n in range(1000, 1006)]
    assert reads == (len(bodies), 1)  # the twin of the third showed it


NUMBERS = {
    b"<ErrorData>agent1001</ErrorData>": (b"1001",),
    b"No agent-1001, no agent_1002": (b"1001", b"1002"),
    b'{"id": "17", "sessionId":"18", "code": "19", "tid": 20}': (b"17", b"18"),
    b"<requestId>17</requestId><code>18</code>": (b"17",),
    b"at 2026-11-21T10:15:30.123Z": (b"2026-11-21T10:15:30.123",),
    b'"2026-11-21 10:15:30"': (b"2026-11-21 10:15:30",),
    b"HTTP Status code: 2026-11-21T10:15:30": (),
    b'{"timestamp": 1795256130123, "code": 1795256130123}': (b"795256130123",),
    b"agent101 1001 ab1001 agent1001x xagent+1001": (),
    b'"id": "0f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90"': (b"0f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90",),
    b"<ErrorData>0f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90</ErrorData>": (
        b"0f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90",
    ),
    b'<a xmlns="0f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90" b= "1f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90"/>': (),
    b"&lt;/0f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90&gt;": (),
    b"</0f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90>": (),
    b"x-0f2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90 af2b8c1e-41d7-4a53-9e2a-7b1c5d6e8f90b": (),
    b"abcdefab-41d7-4a53-9e2a-7b1c5d6e8f90": (),
    b"windows-1252 iso-88591 code1011 error-10017 status5030 cp12520 ibm12520": (),
    rb"\uabc1234 &#xabc1234; %abc1234 +abc1234 $abc1234 -abc1234": (),
    b"\x1b$B abc1234\x1b(B": (),
}


@pytest.mark.parametrize(("body", "numbers"), NUMBERS.items(), ids=[body.decode()[:20] for body in NUMBERS])
def test_only_a_number_that_names_something_is_left_out(body: bytes, numbers: tuple[bytes, ...]):
    """Agents, ids and moments are; what may be a code, a charset or an escape is not."""
    found = Outline(mask(body)).numbers

    assert (found(body) if found else ()) == numbers


def constants() -> set[str]:
    """Give every word that stands in errnorm's own code and catalog: one of them might mean something."""
    texts = {text for entry in errnorm.Catalog.builtin().entries() for text in entry.spellings}
    for path in Path(errnorm.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
    return {word for text in texts for word in re.findall(r"[A-Za-z0-9][\w.@-]{0,63}", text)}


WORDS = st.one_of(
    st.sampled_from([*NAMES, *TOKENS, "17", "1001", "agent1001"]),
    st.integers(0, 10**8).map(str),
    st.sampled_from(sorted(constants())),
)


IDS_CUT = {
    b'{"sessionId": "k3Zb-9_xQ", "id":"17", "session_id" : "x"}': (b"k3Zb-9_xQ", b"17", b"x"),
    rb'{"data":"{\"userId\":\"anna\"}"}': (b"anna",),
    b"<requestId>r-1</requestId><ErrorData>jsmith</ErrorData><id>7</id>": (b"r-1", b"jsmith", b"7"),
    b'"channel":"/chat/x1","uri":"/visits/v.7", <source>/api/Dialog/3211</source>': (b"x1", b"v.7", b"3211"),
    b'"valid":"no","paid":"yes","code":"17","void":"x","channel":"/meta/connect"': (),
    b'"id": "two words", "id": "", "id": 17, "id": "-x", "id": null, "id": "%b"' % (b"a" * 65): (),
    b"<ErrorData>no agent</ErrorData><ErrorData></ErrorData><userId>&lt;</userId></ErrorData>": (),
    b"it said: id: 17, /chat/17 and sessionId 18": (),
    b'"id":"session_error", "userId":"anna"': (),
    b'"id":"\x7f", "userId":"anna"': (),
}


@pytest.mark.parametrize(("text", "ids"), IDS_CUT.items(), ids=[text.decode()[:20] for text in IDS_CUT])
def test_only_what_is_called_an_id_is_cut_out(text: bytes, ids: tuple[bytes, ...]):
    """All of a string, an element or the end of a path that has a digit is; what may mean more is not, nor is all beside it."""
    cut = Cut.of(text)

    assert (cut.ids if cut else ()) == ids
    assert (cut.whole if cut else text) == text


@given(ids=st.lists(st.one_of(WORDS, st.text(max_size=9)), min_size=3, max_size=3))
def test_ids_of_lines_alike_are_those_that_are_looked_for(ids: list[str]):
    """Where the texts between ids are known, the same is cut out as where the ids are looked for anew."""
    form = '{{"requestId":{0},"n":1,"channel":"/chat/x"," id":{1},"url":"/a/{2}"}}\n'
    lines = [
        form.format(orjson.dumps(one).decode(), orjson.dumps(other).decode(), last).encode()
        for one, other, last in (("a", "b", "c1"), ids)
    ]
    known = Cut.of(lines[0])
    assert known

    found = Between(known.text.translate(MASK)).cut(lines[1], lines[1].translate(MASK))
    looked_for = Cut.of(lines[1])

    is_alike = looked_for is not None and looked_for.text.translate(MASK) == known.text.translate(MASK)
    assert found == (looked_for if is_alike else None)


def test_whatever_a_body_is_looked_through_for_is_no_id():
    """Marks of vendors and of pages that an id could hold are told from ids."""
    marks = {clue.text for vendor in VENDORS for clue in vendor.clues if clue.kind is ClueKind.MARK}
    marks |= {mark for mark, _ in html._MARKS}
    could_be = {mark for mark in marks if re.fullmatch(r"[A-Za-z0-9][\w.@-]*", mark)}

    assert len(could_be) >= 5
    assert [mark for mark in could_be if Cut.of(f'"id":"x-{mark}"'.encode())] == []


def test_a_body_that_is_known_without_its_ids_is_not_read_for_ever(tmp_path: Path):
    """Where its digits make each another case, a body is read a few times to learn from it as it is."""
    captures = numbered(*(EVENT.replace("session-00{0}", "{0}").format(n) for n in range(1000, 1100)))

    with patch.multiple(work, _AT_FIRST=1, _AT_ONCE=1):
        assert read_in(tmp_path, captures).captures == 1 + outline._MOST_CHANCES


def test_in_a_body_that_is_known_as_it_is_no_ids_are_looked_for(tmp_path: Path):
    """Beside headers, too, where a line is decoded each time: it would take longer than all else."""
    captures = [
        one | {"headers": {"Date": f"Sat, 21 Nov 2026 10:15:{n % 60:02} GMT"}}
        for n, one in enumerate(numbered(*(EVENT.format(f"{n:04}") for n in range(100))))
    ]

    with (
        patch.multiple(work, _AT_FIRST=1, _AT_ONCE=1),
        patch.object(Outlines, "of", autospec=True, side_effect=Outlines.of) as looked,
    ):
        written(tmp_path, captures)
    assert looked.call_count == 3


def test_bodies_with_tokens_do_not_fill_the_memory():
    """Where what is left without the ids is known, the body itself is not remembered: its digits never come again."""
    outlines = Outlines()
    for number in range(100):
        outlines.of(ERROR.format(f"{number}a{number:x}f").encode())

    assert len(outlines._known) == 2  # one of them, before it was known, and what is left of all


def test_a_name_that_comes_twice_by_an_id_is_written_once(tmp_path: Path):
    """The id at the end of one name makes it another one, which is written with an escape: the last value is kept."""
    body = '{{"error":"x","sessionId":"s","errors":{{"a/{}":"1","a\\/b17":"2"}}}}'
    written(tmp_path, numbered(*map(body.format, ("c17", "d17", "e17", "b17", "f17"))))

    assert (tmp_path / "out").read_bytes().count(b'"a/b17"') == 5


def test_the_size_of_a_body_is_its_own(tmp_path: Path):
    """Beside the body a record tells its size, which an id of another length changes."""
    path, out = tmp_path / "storm.ndjson", tmp_path / "out"
    bodies = [ERROR.format(name) for name in NAMES]
    path.write_bytes(b"\n".join(map(orjson.dumps, numbered(*bodies))))
    batch.run(path, out, raw="text")
    sizes = [orjson.loads(line)["raw"]["size"] for line in out.read_bytes().splitlines()]

    assert sizes == [len(body) for body in bodies]


def test_outlines_are_bounded(monkeypatch: pytest.MonkeyPatch):
    """Of many bodies that differ, no more are remembered than fit."""
    monkeypatch.setattr(outline, "_MOST_BYTES", 40_000)
    outlines = Outlines()
    for number in range(1000):
        outlines.of(b"a" * number)

    assert len(outlines._known) < 100


def test_no_entry_of_the_catalog_asks_for_a_number_that_is_left_out():
    """The names and texts of the builtin catalog, folded as it asks for them, hold no such number."""
    catalog = errnorm.Catalog.builtin()
    texts = [
        text
        for entry in catalog.entries()
        for text in (*map(folded, entry.spellings), *(plain_text(message.text) for message in entry.messages))
    ]

    assert len(texts) > 800
    assert [text for text in texts if Outline(mask(text.encode())).numbers] == []


@pytest.mark.parametrize("own", [True, False], ids=["own", "builtin"])
def test_a_vendor_of_a_user_may_ask_for_any_number(tmp_path: Path, *, own: bool):
    """Only of the builtin vendors it is known that they ask for none of these numbers."""
    vendors = [*VENDORS, *([DESK] if own else [])]
    captures = cobrowse(*((n, "") for n in range(10, 20)))

    assert read_in(tmp_path, captures, normalizer=errnorm.Normalizer(vendors=vendors)).captures == (
        10 if own else 3
    )


@pytest.mark.parametrize(
    "asked",
    [{"code": "desk-10017"}, {"code": "DESK- 10017"}, {"prefix": "desk-1"}],
    ids=["code", "folded", "family"],
)
def test_a_catalog_may_ask_for_any_number(tmp_path: Path, asked: dict[str, str]):
    """Where a user's catalog knows `desk-10017`, however it is written there, that is told from another desk."""
    entry = {"table": "message", **asked, "title": "A desk is closed", "category": "unavailable"}
    own = tmp_path / "catalog.json"
    own.write_bytes(orjson.dumps({"vendor": "cisco-finesse", "entries": [entry]}))
    catalog = errnorm.Catalog.builtin() | errnorm.Catalog.load(own)
    body = "<ApiErrors><ApiError><ErrorMessage>desk-{}</ErrorMessage></ApiError></ApiErrors>"
    path = tmp_path / "storm.ndjson"
    bodies = map(body.format, (20014, 20015, 20016, 10017, 20018))
    path.write_bytes(b"\n".join(map(orjson.dumps, numbered(*bodies))))
    batch.run(path, tmp_path / "out", normalizer=errnorm.Normalizer(catalog=catalog))
    titles = [orjson.loads(line)["entry"]["title"] for line in (tmp_path / "out").read_bytes().splitlines()]

    assert titles.count("A desk is closed") == 1


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
        "url": st.one_of(
            st.sampled_from(["/finesse/api/User/agent1001?x=blue", "/server/data/visits"]),
            WORDS.map("/finesse/api/User/{}".format),
        ),
        "time": st.sampled_from(TIMES),
        "headers": st.dictionaries(
            st.sampled_from(["X-Request-Id", "traceparent", "Content-Type"]), st.sampled_from(IDS)
        ).flatmap(lambda named: st.sampled_from([named, named | {"Retry-After": "5"}])),
        "vendor": st.sampled_from(["zoom-cobrowse", "cisco-finesse", "nobody"]),
        "level": st.just("error"),
    }
    members = draw(st.fixed_dictionaries({}, optional=told))
    if draw(st.integers(0, 7)) == 0:
        return members | draw(st.sampled_from([{}, {"body": None}, {"body": ""}]))
    body = renamed(draw, turned(draw(st.sampled_from(bodies)), draw(st.integers(0, 9))))
    return members | draw(st.sampled_from([{"body": body}, {"answer": body}, *carried(body)]))


def carried(body: str) -> list[dict[str, Any]]:
    """Give rows that have a body under another name, or in a text."""
    logged = f"10:15:30 gw - {json.dumps({'status': 400, 'body': body})}"
    return [
        {"detail": body},
        {"error": f"failed: {body}"},
        {"message": f"failed: {body}"},
        {"message": logged},
        {"message": "failed", "error": {"message": body, "stack": f"failed: {body}\n at x"}},
    ]


def turned(body: str, times: int) -> str:
    """Give a body with other numbers where its outline leaves them out."""
    data = body.encode()
    found = Outline(mask(data))
    for _ in range(times):
        data = found.twin(data)
    return data.decode()


def renamed(draw: st.DrawFn, body: str) -> str:
    """Give a body with other ids."""
    cut = Cut.of(body.encode())
    if cut is None or not draw(st.booleans()):
        return body
    return cut._replace(ids=tuple(draw(WORDS).encode() for _ in cut.ids)).whole.decode()


NUMBERED = [told["body"] for group in (*ALIKE.values(), *UNLIKE.values()) for told in group]
BODIES += [body for body in NUMBERED if isinstance(body, str)]
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


def escaping(characters: str) -> Callable[[Any], bytes]:
    r"""Give what writes JSON with some characters as `\u0061`, in names as well."""

    def write(value: Any) -> bytes:
        text = json.dumps(value)
        for character in characters:
            text = text.replace(character, rf"\u{ord(character):04x}")
        return text.encode()

    return write


# Each as some gateway's own encoder does.
WRITERS: list[Callable[[Any], bytes]] = [
    orjson.dumps,
    lambda value: json.dumps(value).encode(),
    lambda value: json.dumps(value, ensure_ascii=False, separators=(" ,", " : ")).encode(),
    escaping("<>/"),
    escaping("ag"),
    escaping("-"),
]

how_it_is_run = st.fixed_dictionaries(
    {
        "fields": st.sampled_from([{}, {"body": "/answer"}, {"vendor": "/vendor"}]),
        "raw": st.sampled_from(["omit", "text", "base64"]),
        "policy": st.sampled_from([None, CONTACT_CENTER]),
    }
)


# One a line, in a list, and one behind the other: as a gateway, a log store, and `jq .` have them.
JOINED: list[tuple[bytes, bytes, bytes]] = [
    *[(b"", b"\n", b"")] * 3,
    (b"[", b",", b"]"),
    (b"[\n  ", b",\n  ", b"\n]\n"),
    (b'{"next":null,"records":[', b", ", b"]}"),
    (b"", b"\n\n", b"\n"),
]


def joined(
    around: tuple[bytes, bytes, bytes],
    captures: list[dict[str, Any]],
    writers: list[Callable[[Any], bytes]],
) -> bytes:
    """Give a file of captures; by the first ones it is known as such."""
    begin, between, end = around
    lines = [write(one) for one, write in zip(captures, cycle(writers), strict=False)]
    return begin + between.join([b'{"status":503,"body":""}'] * 3 + lines) + end


@given(
    file=st.builds(
        joined,
        st.sampled_from(JOINED),
        captures_again,
        st.lists(st.sampled_from(WRITERS), min_size=1, max_size=4),
    ),
    how=how_it_is_run,
    at_once=st.sampled_from([(1, 1), (1, 3), (1, 64), (64, 64)]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_storm_gives_what_one_by_one_gives(
    tmp_path: Path, file: bytes, how: dict[str, Any], at_once: tuple[int, int]
):
    """Whatever comes again, however often and with whatever beside it: lines and counts are as if it came alone."""
    path, out, rejects = (tmp_path / name for name in ("storm.ndjson", "out", "rejects"))
    path.write_bytes(file)
    with patch.multiple(work, _AT_FIRST=at_once[0], _AT_ONCE=at_once[1]):
        report = batch.run(path, out, rejects=rejects, **how)
    expected, counted = read_one_by_one(path, How(fields=how["fields"]), how["raw"], how["policy"])
    rejected = [orjson.loads(line)["source"]["line"] for line in rejects.read_bytes().splitlines()]

    assert out.read_bytes() == expected
    assert rejected == sorted(rejected)
    assert report.tables == counted.tables
    assert report.fingerprints == counted.fingerprints
    assert report.unknown_codes == counted.unknown_codes
    assert report.total == counted.total


@pytest.mark.parametrize("name", ["body", "detail", "message", "log"])
def test_a_row_without_its_mapped_body_is_counted_once(tmp_path: Path, name: str):
    """However often it comes: what is looked for elsewhere in it is none of its own counts."""
    captures = [{"status": 503, name: ERROR.format(f"agent100{n % 2}")} for n in range(5)]
    (tmp_path / "in.ndjson").write_bytes(b"\n".join(map(orjson.dumps, captures)))
    with pytest.warns(UserWarning, match="No capture has /answer"):
        every = [*batch.records(tmp_path / "in.ndjson", fields={"body": "/answer"})]
    report = batch.run(tmp_path / "in.ndjson", tmp_path / "out", fields={"body": "/answer"})
    lines = [orjson.loads(line) for line in (tmp_path / "out").read_bytes().splitlines()]

    assert [line["target"] for line in lines] == [one.target for one in every]
    assert report.total == Counts(captures=5, with_errors=5, records=5)


LOGGED = [body for body in BODIES if body.isascii() and len(body) < 1500]


@st.composite
def logged(draw: st.DrawFn) -> bytes:
    """A line of a log with a body in it, one of few, and other numbers each time."""
    body = turned(draw(st.sampled_from([*LOGGED, *LOGGED[:3] * 9])), draw(st.integers(0, 9)))
    head = f"2026-11-21T10:{draw(st.integers(10, 70))}:30.123Z ERROR [exec-{draw(st.integers(1, 9))}] x - "
    said = draw(st.sampled_from(["", "status=400 body=", "Returned with status=401, content='"]))
    return f"{head}{said}{' '.join(body.split())}\n".encode()


@given(lines=st.lists(logged(), max_size=30), policy=st.sampled_from([None, CONTACT_CENTER]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_log_gives_what_its_payloads_give_one_by_one(
    tmp_path: Path, lines: list[bytes], policy: Policy | None
):
    """Lines alike are cut alike, and bodies alike are not read: records and counts are as if each came alone."""
    path, out = tmp_path / "storm.log", tmp_path / "out"
    path.write_bytes(b"".join([b"2026-11-21T10:15:30.123Z INFO it begins\n", *lines]))
    report = batch.run(path, out, policy=policy)
    with patch.object(Alike, "learn"):
        expected, counted = read_one_by_one(path, How(), "omit", policy)

    assert out.read_bytes() == expected
    assert report.tables == counted.tables
    assert report.fingerprints == counted.fingerprints
    assert report.total == counted.total
