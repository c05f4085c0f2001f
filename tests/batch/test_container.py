"""What a container printed: put together again from the lines that Docker and CRI keep, each in its place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errnorm import batch
from errnorm.batch.anchors import Anchors
from errnorm.batch.capture import Capture, Found, Reject, Stream
from errnorm.batch.readers import ndjson, reader_of
from errnorm.batch.readers.container import CONTAINER
from errnorm.batch.spans import spans

XML = """<ApiErrors>
  <ApiError>
    <ErrorType>Invalid Input</ErrorType>
  </ApiError>
</ApiErrors>"""
PAGE = "<html><title>502 Bad Gateway</title>" + "é" * 20_000 + "</html>"
EVENT = json.dumps(
    {"path": "/x", "at": {"n": 1}, "event": "session_error", "payload": {"code": 1016, "errorMsg": "No"}},
    indent=2,
)
CAPTURE = json.dumps({"status": 502, "url": "/finesse/api/User/agent1001", "body": PAGE})
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
_PART_CHARACTERS = 16_000


def docker(part: str, number: int, *, is_last: bool) -> bytes:
    """Give a line as Docker's `json-file` driver writes it: Go escapes `<` and `>`."""
    told = {"log": part + "\n" * is_last, "stream": "stdout", "time": time_of(number)}
    line = json.dumps(told, separators=(",", ":"), ensure_ascii=False) + "\n"
    return line.replace("<", "\\u003c").replace(">", "\\u003e").encode()


def cri(part: str, number: int, *, is_last: bool) -> bytes:
    """Give a line as containerd and CRI-O write it."""
    return f"{time_of(number)} stdout {'F' if is_last else 'P'} {part}\n".encode()


def time_of(number: int) -> str:
    """Give the time of a line: one a second."""
    return (START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.000000123Z")


Keeps = Callable[..., bytes]
KEEPS = [docker, cri]


def kept(text: str, keep: Keeps, size: int = _PART_CHARACTERS) -> list[bytes]:
    """Give the lines in which a text is kept, those that are longer in parts."""
    parts = [
        (line[start : start + size], start + size >= len(line))
        for line in text.splitlines()
        for start in range(0, len(line) or 1, size)
    ]
    return [keep(part, number, is_last=is_last) for number, (part, is_last) in enumerate(parts)]


def read(data: bytes) -> list[Found]:
    """Give what is found in a file, whose form must be known."""
    reader = reader_of(data[:65536], {})
    assert reader.name == "container"
    return list(reader.read(Stream(io.BytesIO(data), "app.log")))


@pytest.mark.parametrize("keep", KEEPS)
def test_what_was_printed_is_put_together(keep: Keeps):
    """A payload over several lines is one, and so is a line in parts; each is where and when it begins."""
    lines = kept(f"started\n2026-11-21 11:00:00,001 ERROR answer: {XML}\n{CAPTURE}\ndone", keep)
    payload, capture = read(b"".join(lines))

    assert isinstance(payload, Capture)
    assert isinstance(capture, Capture)
    assert (payload.body, payload.problems) == (XML.encode(), ())
    assert (capture.body, capture.options["status"]) == (PAGE, 502)
    assert [(one.source.line, one.source.time) for one in (payload, capture)] == [
        (2, time_of(1)),
        (7, time_of(6)),
    ]
    assert [one.options["occurred_at"] for one in (payload, capture)] == [
        START + timedelta(seconds=n) for n in (1, 6)
    ]


@pytest.mark.parametrize("keep", KEEPS)
def test_a_capture_of_another_thread_is_set_aside_in_a_payload(keep: Keeps):
    """It is a line of its own; its own time is the better one, and without one it has that of its line."""
    first, *rest = XML.splitlines()
    own = '{"status":503,"url":"/x","time":"2026-11-21T09:00:00Z"}'
    lines = kept("\n".join([f"ERROR {first}", own, '{"status":502,"url":"/y"}', *rest]), keep)
    payload, timed, other = read(b"".join(lines))

    assert [one.source.line for one in (payload, timed, other)] == [1, 2, 3]
    assert (payload.body, payload.problems) == (XML.encode(), ())
    assert [one.source.time for one in (timed, other)] == ["2026-11-21T09:00:00Z", time_of(2)]
    assert timed.source.offset == len(lines[0]) + (0 if keep is docker else lines[1].index(b"{"))


@pytest.mark.parametrize("keep", KEEPS)
def test_a_payload_that_is_not_the_body_of_its_line_stays_what_it_is(keep: Keeps):
    """An answer without an error tells of the request that was: what failed stands beside it."""
    beside = {"status": 200, "url": "/x", "body": "fine", "detail": XML.replace("\n", "")}
    (found,) = read(b"".join(kept(f"started\n{json.dumps(beside)}", keep)))

    assert isinstance(found, Capture)
    assert (found.body, found.options) == (
        beside["detail"].encode(),
        {"occurred_at": START + timedelta(seconds=1)},
    )


def test_an_offset_is_that_of_the_payload_where_it_stands_as_it_was_printed():
    """CRI keeps a text as it is; Docker escapes it, and the offset is that of the line."""
    found = {keep: read(b"".join(kept(f"started\nERROR {XML}", keep)))[0].source for keep in KEEPS}
    before = {keep: len(kept("started", keep)[0]) for keep in KEEPS}

    assert found[cri].offset == before[cri] + len(f"{time_of(1)} stdout F ERROR ")
    assert found[docker].offset == before[docker]


@given(
    lines=st.lists(
        st.one_of(
            st.just(XML),
            st.sampled_from(
                ['2026-11-21 11:00:00,001 INFO {"status":503,"url":"/x"}', '{"status":503,"url":"/x"}']
            ),
            # A vendor's word would take the object behind it along, where no head parts the two.
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=30).filter(
                lambda line: not Anchors.usual().find(line.encode())
            ),
        ),
        max_size=12,
    ),
    keep=st.sampled_from(KEEPS),
    size=st.integers(1, 60),
)
def test_any_text_gives_what_it_gives_as_a_log(lines: list[str], keep: Keeps, size: int):
    """However its lines are kept: nothing of it is lost, and nothing is there twice."""
    text = "".join(f"{line}\n" for line in lines)
    expected = [span.data for span in spans(io.BytesIO(text.encode())) if not span.capture]
    found = CONTAINER.read(Stream(io.BytesIO(b"".join(kept(text, keep, size)))))
    bodies = [one.body for one in found if isinstance(one, Capture) and one.body is not None]

    assert bodies == expected


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("size", [_PART_CHARACTERS, 20])
@pytest.mark.parametrize("payload", [XML, EVENT], ids=["XML", "JSON"])
def test_a_payload_goes_over_no_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: Keeps, size: int, payload: str
):
    """A long file is cut where none does: the records are those of the file in one piece, at the same places."""
    monkeypatch.setattr(ndjson, "_PIECE_BYTES", 1000)
    text = "".join(f"line {n}\n" * (n % 7) + f"ERROR {payload}\n" for n in range(40))
    path = tmp_path / "app.log"
    path.write_bytes(b"".join(kept(text, keep, size)))
    pieces = [piece for piece in pieces_of(path) if isinstance(piece, Stream)]
    report = batch.run(path, tmp_path / "out")
    records = [orjson.loads(line) for line in (tmp_path / "out").read_bytes().splitlines()]
    starts = [n for n, line in enumerate(printed(path), 1) if b"ERROR" in line]

    assert len(pieces) > 2
    assert (report.total.captures, report.total.with_errors) == (40, 40)
    assert [record["source"]["line"] for record in records] == starts
    assert {record["type"] or record["code"] for record in records} == {
        "Invalid Input" if payload == XML else "1016"
    }
    assert not any(record["problems"] for record in records)


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("payload", [XML, EVENT], ids=["XML", "JSON"])
def test_a_piece_ends_where_no_stream_has_a_payload_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: Keeps, payload: str
):
    """Of two streams the payloads go over each other's ends."""
    monkeypatch.setattr(ndjson, "_PIECE_BYTES", 700)
    texts = [
        "".join(
            f"a line of the usual length, the {n}th of them\n" * (n % m) + f"ERROR {payload}\n"
            for n in range(60)
        )
        for m in (23, 31)
    ]
    first, second = kept(texts[0], keep), [*map(other, kept(texts[1], keep))]
    lines = [line for pair in zip(first, second, strict=False) for line in pair]
    path = tmp_path / "app.log"
    path.write_bytes(b"".join([*lines, *first[len(second) :], *second[len(first) :]]))
    report = batch.run(path, tmp_path / "out")

    assert len([piece for piece in pieces_of(path) if isinstance(piece, Stream)]) > 2
    assert (report.total.captures, report.total.with_errors) == (120, 120)


def pieces_of(path: Path) -> Iterator[Any]:
    """Cut a file."""
    assert CONTAINER.cut is not None
    return CONTAINER.cut(Stream(io.BytesIO(path.read_bytes())))


def printed(path: Path) -> list[bytes]:
    """Give the lines of a file, with `<` and `>` as they are."""
    data = path.read_bytes().replace(b"\\u003c", b"<").replace(b"\\u003e", b">")
    return data.splitlines()


def test_a_line_that_is_cut_is_rejected_and_the_rest_is_read():
    """A line of Docker that is no JSON is kept whole, with its place."""
    lines = kept(f"started\n{XML}\nmore\n{CAPTURE}", docker)
    broken = lines[0][:40] + b"\n"
    found = read(b"".join([lines[0], broken, *lines[1:]]))
    (reject,) = (one for one in found if isinstance(one, Reject))

    assert (reject.data, reject.source.line, reject.source.offset) == (broken, 2, len(lines[0]))
    assert [one.source.line for one in found if isinstance(one, Capture)] == [3, 9]


@pytest.mark.parametrize("keep", KEEPS)
def test_a_line_of_another_form_is_read_as_it_is(keep: Keeps):
    """A tool may write a line of its own between those of a container."""
    lines = kept("started\nmore", keep)
    own = f"2026-11-21 11:00:00,001 ERROR {XML}\n".replace("\n ", " ").encode()
    (found,) = read(b"".join([*lines, own, *lines]))

    assert isinstance(found, Capture)
    assert (found.source.line, found.source.time) == (3, "2026-11-21 11:00:00,001")
    assert found.source.offset == sum(map(len, lines)) + own.index(b"<")


def other(line: bytes) -> bytes:
    """Give a line of the other stream."""
    return line.replace(b"stdout", b"stderr")


@pytest.mark.parametrize("keep", KEEPS)
def test_each_stream_is_put_together_by_itself(keep: Keeps):
    """Two errors that are printed at once, and a line between the parts of another one, are kept apart."""
    first, second = (
        kept(f"ERROR {XML}", keep),
        map(other, kept(f"ERROR {XML.replace('Input', 'State')}", keep)),
    )
    parts = kept(CAPTURE, keep)
    mixed = [line for pair in zip(first, second, strict=True) for line in pair]
    found = read(b"".join([*mixed, parts[0], other(kept("started", keep)[0]), *parts[1:]]))

    assert [one.body for one in found] == [XML.encode(), XML.replace("Input", "State").encode(), PAGE]
    assert [one.source.line for one in found] == [1, 2, 11]
    assert not any(one.problems for one in found)


DOCKER_FORMS = {
    "attrs": lambda line: line.replace(b',"time"', b',"attrs":{"tag":"web"},"time"'),
    "spaces": lambda line: json.dumps(json.loads(line)).encode() + b"\n",
    "no stream": lambda line: line.replace(b',"stream":"stdout"', b""),
}


@pytest.mark.parametrize("form", DOCKER_FORMS.values(), ids=DOCKER_FORMS)
@pytest.mark.parametrize(
    "start", [b"", b"\xef\xbb\xbf", b'arted\\n","stream":"stdout"}\n'], ids=["", "mark", "cut"]
)
def test_any_file_of_docker_is_known(form: Callable[[bytes], bytes], start: bytes):
    """With what `--log-opt tag` adds, written anew by a tool, with a byte order mark, or from its middle on."""
    (found,) = read(start + b"".join(map(form, kept(f"started\n{XML}\nmore", docker))))

    assert isinstance(found, Capture)
    assert found.body == XML.encode()


@pytest.mark.parametrize(
    ("beside", "fields"),
    [
        ({"status": 400, "url": "/x", "body": XML}, {}),
        ({"stream": "stdout", "response": {"status": 400, "body": XML}}, {}),
        ({}, {"body": "/log"}),
    ],
    ids=["a capture", "a response", "mapped"],
)
def test_an_object_with_more_to_tell_is_none_of_docker(beside: dict[str, Any], fields: dict[str, str]):
    """A log store's object has a log and a time as well; and the user may say what the members are."""
    line = json.dumps({"log": XML, "time": time_of(0)} | beside, separators=(",", ":")).encode() + b"\n"
    reader = reader_of(line * 3, fields)
    found = list(reader.read(Stream(io.BytesIO(line * 3), fields=fields)))

    assert reader.name == "ndjson"
    assert [one.body for one in found] == [XML] * 3


def test_where_a_line_tells_no_time_what_was_printed_may():
    """A line of a tool between those of Docker has the time of its own text."""
    own = '2026-11-21T11:00:00.001Z INFO gw - {"status":503,"url":"/x"}'
    lines = kept("started\nmore\nand more", docker)
    (found,) = read(b"".join([*lines, f"# {own}\n".encode()]))

    assert isinstance(found, Capture)
    assert found.options["occurred_at"] == START + timedelta(hours=1, milliseconds=1)
    assert found.source.time == "2026-11-21T11:00:00.001Z"


HEADS = {
    "compose": "gateway-1  | ",
    "prefix": "[pod/gateway-7d9f/app] ",
    "timestamps": "2026-11-21T10:00:{n:02}.123456789Z ",
    "compose -t": "gateway-1  | 2026-11-21T10:00:{n:02}.123456789Z ",
    "prefix and timestamps": "[pod/gateway-7d9f/app] 2026-11-21T10:00:{n:02}.123456789Z ",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("payload", [XML, EVENT], ids=["XML", "JSON"])
def test_what_is_collected_with_a_head_before_each_line_is_put_together(head: str, payload: str):
    """The head is no part of the payload, whatever stands before that in its first line."""
    text = f"started\n  on port 80\nERROR reply: {payload}\nINFO next"
    data = "".join(f"{head.format(n=n)}{line}\n" for n, line in enumerate(text.splitlines()))
    (found,) = read(data.encode())
    moment = START + timedelta(seconds=2, microseconds=123_456) if "{n:" in head else None

    assert isinstance(found, Capture)
    assert (found.body, found.problems, found.source.line) == (payload.encode(), (), 3)
    assert found.source.offset == data.index("reply: ") + len("reply: ")
    assert found.options.get("occurred_at") == moment


@pytest.mark.parametrize("keep", KEEPS)
def test_a_payload_that_was_cut_ends_where_a_line_goes_on_with_nothing(keep: Keeps):
    """A logger cut it off: the next error of the program is another one."""
    second = XML.replace("\n", "").replace("Input", "State")
    lines = kept(f"started\n[exec-1] WARN <ApiErrors>\n[exec-0] WARN zzz\n[exec-1] WARN {second}", keep)
    first, other = read(b"".join(lines))

    assert (first.body, first.source.line) == (b"<ApiErrors>", 2)
    assert [str(problem.code) for problem in first.problems] == ["span-truncated"]
    assert (other.body, other.problems, other.source.line) == (second.encode(), (), 4)


def test_a_line_without_a_head_goes_on_with_the_one_before():
    """A service may have printed an end of line that its collector has kept as it was."""
    first, *rest = XML.splitlines()
    lines = [f"gw-1  | step {n}" for n in range(20)]
    (found,) = read("\n".join([*lines, f"gw-1  | ERROR {first}", *rest, "db-1  | ready"]).encode())

    assert (found.body, found.problems, found.source.line) == (XML.encode(), (), 21)


NO_HEADS = {
    "a time": "2026-11-21T10:00:0{n}Z INFO started",
    "Spring Boot": "2026-11-21T10:00:0{n}.123Z  INFO 1 --- [exec-1] c.e.Gateway : started",
    "columns": "worker-{n} | 2026-11-21 10:00:00 | ERROR | started",
    "a level": "CRITICAL  | started {n}",
    "syslog": "Nov 21 10:00:0{n} gw01 gateway[123]: 2026-11-21 10:00:00,000 INFO started",
}


@pytest.mark.parametrize("line", NO_HEADS.values(), ids=NO_HEADS)
def test_a_log_of_a_program_stays_a_log(line: str):
    """Nothing says that the beginning of its lines was put there by another one."""
    assert reader_of("\n".join(line.format(n=n) for n in range(9)).encode(), {}).name == "log"
