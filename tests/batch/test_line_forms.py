"""Lines that differ in a moment and in numbers alone are not decoded, and become what each becomes by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest

from errnorm import batch
from errnorm.batch import storm, work
from errnorm.batch.ids import Cut
from errnorm.batch.line_forms import Beside, form_of
from errnorm.batch.outline import Outline, Told, mask
from errnorm.batch.readers import json_array, ndjson
from errnorm.headers import HeaderNames

NO_HEADERS = HeaderNames(())
ERROR = r"<ApiErrors><ApiError><ErrorData>agent{}</ErrorData>\n</ApiError></ApiErrors>"
COBROWSE = r"{{\"event\":\"session_error\",\"payload\":{{\"code\":1011,\"errorMsg\":\"No line {}\",\"sessionId\":\"{}\"}}}}"
NUMBER = "<ApiErrors><ApiError><ErrorData>20700</ErrorData><ErrorType>Generic Error</ErrorType></ApiError></ApiErrors>"
TOKEN = ERROR.replace("agent", "")
SSO = r"{\"status\":\"false\",\"errorMessage\":\"NO\",\"userId\":\"%s\"}"
UNNAMED = r"{\"sessionId\":\"%s\",\"message\":\"x\"}"
MOMENT = r"{{\"error\":\"x\",\"timestamp\":\"2026-11-21T10:15:{}\"}}"
TOLD = NUMBER.replace("20700", " 33300 ").replace(
    "<ErrorType>", "<ErrorMessage>CF_X agent{}</ErrorMessage><ErrorType>"
)
EVENT = r"[{{\"id\":\"{0}\",\"channel\":\"/chat/s{1}\",\"data\":{{\"type\":\"EventError\",\"error\":{{\"code\":100}}}}}}]"


# By these two the input is known as NDJSON, whatever comes behind them.
CAPTURES = ['{"status":503,"body":""}'] * 2


def lines_of(
    folder: Path, lines: list[str], first: int = 1, most: int = 1, **options: Any
) -> tuple[list[Any], list[Any], int]:
    """Run lines as one input, and give records, rejects, and how many lines were decoded.

    They are taken one by one, so that a line can be known to the next one, or as many at once.
    """
    path, rejects = folder / "lines.ndjson", folder / "rejects"
    path.write_text("".join(f"{one}\n" for one in (*CAPTURES, *lines)))
    with (
        patch.object(ndjson, "_decoded", wraps=ndjson._decoded) as decoded,
        patch.multiple(work, _AT_FIRST=first, _AT_ONCE=most),
    ):
        report = batch.run(path, folder / "out", rejects=rejects, **options)
    found, turned_down = (
        [orjson.loads(line) for line in file.read_bytes().splitlines()] for file in (folder / "out", rejects)
    )
    assert report.total.captures == len(CAPTURES) + len(lines)
    return found[len(CAPTURES) :], turned_down, decoded.call_count - len(CAPTURES)


def told(records: list[Any]) -> list[Any]:
    """Give records without where they stand."""
    return [record | {"source": {**record["source"], "line": 0, "offset": 0}} for record in records]


def as_told(written: str) -> Told:
    """Look at a body, as it is written in a line, in the light of its outline."""
    body = orjson.loads(f'"{written}"').encode()
    return Told.of(Outline(mask(body)), Cut(body))


def line(body: str = ERROR.format(1001), **members: str) -> str:
    """Give a line of these members, as they are written."""
    beside = {"status": "503", "time": '"2026-11-21T10:15:30Z"', **members}
    inside = ",".join(f'"{name}":{text}' for name, text in {**beside, "body": f'"{body}"'}.items())
    return f"{{{inside}}}"


def nested(body: str = ERROR.format(1001), *, beside: str = "", **members: str) -> str:
    """Give a line of a gateway that tells of the request and the response apart."""
    inside = ",".join(f'"{name}":{text}' for name, text in {"status": "503", **members}.items())
    head = '"time":"2026-11-21T10:15:30Z","request":{"method":"GET","url":"/finesse/api/User"}'
    return f'{{{head},"response":{{{inside},"body":"{body}"}}{beside}}}'


def ten(make: Callable[[int], str]) -> list[str]:
    """Give ten lines."""
    return [make(number) for number in range(10, 20)]


ALIKE = {
    "moment": ten(lambda n: line(time=f'"2026-11-21T10:15:{n}.5+05:30:15"')),
    "moment in UTC": ten(lambda n: line(time=f'"2026-11-{n}T{n % 3:02}:{n % 4:02}:{n % 5:02}Z"')),
    "part of a second": ten(lambda n: line(time=f'"2026-11-21T10:15:{n}.{n}7Z"')),
    "moment with a space": ten(lambda n: line(time=f'"2026-11-21 10:15:{n}Z"')),
    "number of the body": ten(lambda n: line(ERROR.format(f"10{n}"))),
    "numbers of the body": ten(lambda n: line(EVENT.format(n, f"ession1{n}0"))),
    "unread numbers": ten(lambda n: line(bytes=f"4{n}", rt=f"0.{n}", node=f'"n-{n}"', ok="true")),
    "ids of the body": ten(lambda n: line(TOKEN.format(f"{n:x}a{n}"))),
    "ids beside the body": ten(lambda n: line(ERROR.format(f"10{n}"), request_id=f'"{n:x}a{n}"')),
    "ids of a line beside a body without any": ten(lambda n: line(MOMENT.format(n), span_id=f'"{n:x}a{n}"')),
    "ids and users": ten(lambda n: line(TOKEN.format(f"a{n}"), url=f'"/finesse/api/User/a{n}00"')),
    "no time": ten(lambda n: line(ERROR.format(f"10{n}")).replace('"time":"2026-11-21T10:15:30Z",', "")),
    "nested": ten(lambda n: nested(ERROR.format(f"10{n}"), bytes=f"4{n}")),
    "nested, with ids": ten(lambda n: nested(TOKEN.format(f"{n:x}a{n}"))),
    "nested, in a list": ten(
        lambda n: nested(ERROR.format(f"10{n}"), beside=f',"hops":[{{"ms":{n}}},[{n}]]')
    ),
    "with headers that tell nothing": ten(
        lambda n: nested(
            headers=f'{{"Content-Type":"text/xml","Date":"Sat, 21 Nov 2026 10:15:{n} GMT","Age":"{n}"}}'
        )
    ),
    "with headers beside the body": ten(lambda n: line(headers=f'{{"Server":"nginx","Content-Length":{n}}}')),
    "with an id of the request": ten(
        lambda n: nested(ERROR.format(f"10{n}"), headers=f'{{"X-Request-Id":"r-{n}","Date":"{n}"}}')
    ),
    "with an id beside one of the body": ten(
        lambda n: line(EVENT.format(n, f"ession1{n}0"), headers=f'{{"x-correlation-id":"{n:x}a{n}"}}')
    ),
    "with an id of each kind": ten(
        lambda n: nested(headers=f'{{"traceparent":"00-{n}","X-Request-Id":"","X-Correlation-Id":"r-{n}"}}')
    ),
    "a body that is an object": ten(
        lambda n: line().replace(
            f'"{ERROR.format(1001)}"', EVENT.replace("\\", "").format(f"{n}", f"ession1{n}0")
        )
    ),
    "a body that is an object, by ids": ten(
        lambda n: nested().replace(f'"{ERROR.format(1001)}"', UNNAMED.replace("\\", "") % f"{n:x}a{n}")
    ),
    "in a hit": ten(lambda n: f'{{"_id":"{n}","_source":{line(ERROR.format(f"10{n}"))}}}'),
    "space": ten(lambda n: f"  {line(ERROR.format(f'10{n}')).replace(',', ' , ')} "),
}
# The last one is another case than those before, and has equal characters but for its digits.
UNLIKE = {
    "status": [*ten(lambda n: line(bytes=str(n))), line(status="500")],
    "url": [
        *ten(lambda n: line(NUMBER, url='"/finesse/api/Dialog/20701"', bytes=str(n))),
        line(NUMBER, url='"/finesse/api/Dialog/20700"', bytes="10"),
    ],
    "url of another user": [
        line(TOLD.format(f"10{n:02}"), url=f'"/finesse/api/Dialog/333{n:02}"', request_id=f'"{n:x}a{n}"')
        for n in (*range(10, 20), 0)
    ],
    "a word that a body is looked through for": [
        line(UNNAMED.replace("%s", told), url='"/server/data/visits"')
        for told in (*(f"a{n}" for n in range(10, 20)), "cf-error-details")
    ],
    "url of single sign-on": [
        *ten(lambda n: line(SSO.replace("%s", f"a{n}"), url=f'"/api/10{n}"')),
        line(SSO.replace("%s", "b1"), url='"/api/sso123"'),
        line(SSO.replace("%s", "b2"), url='"/api/sso1"'),
    ],
    "a time with an escape": ten(lambda n: line(time=rf'"2026-11-21\"10:15:{n}Z"')),
    "no moment": [*ten(lambda n: line(time=f'"2026-11-21T10:15:{n}Z"')), line(time='"2026-99-21T10:15:30Z"')],
    "no second": [*ten(lambda n: line(time=f'"2026-11-21T10:15:{n}Z"')), line(time='"2026-11-21T10:15:60Z"')],
    "end of a day": [
        line(time=f'"2026-11-21T{clock}Z"')
        for clock in (*(f"1{n}:00:{n}0" for n in range(6)), "24:00:00", "24:00:10", "24:00:00", "23:00:00")
    ],
    "no JSON": [*ten(lambda n: line(bytes=str(n))), line(bytes="05")],
    "equal numbers": [
        *ten(lambda n: line(EVENT.format(f"10{n}", f"ession77{n}"))),
        line(EVENT.format("1015", "ession1015")),
    ],
    "a number that decides": [
        *ten(lambda n: line(ERROR.format(f"10{n}") + "1023")),
        line(ERROR.format("1023") + "1023"),
    ],
    "an escape": [
        line(ERROR.replace("agent", rf"\u00{code}agent").format(n))
        for code, numbers in ((22, range(1001, 1011)), (26, (1001, 1001, 1001, 1001, 1002)))
        for n in numbers
    ],
    "names": [
        line(ERROR.format(f"10{n}"), **{f"time_iso860{name}": f'"2026-11-21T10:15:{n}Z"'}).replace(
            '"time"', '"tide"'
        )
        for name in (2, 1, 2)
        for n in range(10, 20)
    ],
    "an outline that was given up": [
        line(COBROWSE.format(*told))
        for told in (*((99, n) for n in range(30, 40)), *[(17, 17)] * 8, (17, 18), (17, 19))
    ],
    "a mark in the body": ten(lambda n: line(ERROR.format(f"10{n}") + "\x7f")),
    "a mark in the url": ten(lambda n: line(ERROR.format(f"10{n}"), url='"/a\x7fb"')),
    "a mark beside the body": ten(lambda n: line(ERROR.format(f"10{n}"), note='"a\x7fb"')),
    "status below": [*ten(lambda n: nested(bytes=str(n))), nested(status="500")],
    "status in a header": [
        *ten(lambda n: nested(headers='{":status":"503"}', bytes=str(n)).replace('"status":503,', "")),
        nested(headers='{":status":"500"}', bytes="10").replace('"status":503,', ""),
    ],
    "a type": [
        *ten(lambda n: nested(headers='{"Content-Type":"text/html;charset=iso-8859-1"}', bytes=str(n))),
        nested(headers='{"Content-Type":"text/html;charset=iso-8859-2"}', bytes="10"),
    ],
    "a delay": [
        *ten(lambda n: nested(headers='{"Retry-After":"5"}', bytes=str(n))),
        nested(headers='{"Retry-After":"7"}', bytes="10"),
    ],
    "a delay up to a date": ten(
        lambda n: nested(
            headers=f'{{"Retry-After":"Sat, 21 Nov 2026 10:16:00 GMT","Date":"Sat, 21 Nov 2026 10:15:{n} GMT"}}'
        )
    ),
    "an object that is written in another way": ten(
        lambda n: line().replace(
            f'"{ERROR.format(1001)}"', EVENT.replace("\\", "").replace(",", ", ").format(n, f"ession1{n}0")
        )
    ),
    "an object beside its like": ten(
        lambda n: (
            line(
                EVENT.replace("\\", "").format(n, f"ession1{n}0"),
                note=EVENT.replace("\\", "").format(15, "ession1150"),
            )
            .replace('"[', "[ ")
            .replace(']"', " ]")
        )
    ),
    "an id that the message says": [
        *ten(lambda n: line(UNNAMED.replace("%s", f"s{n}"), headers=f'{{"X-Request-Id":"r{n}"}}')),
        line(UNNAMED.replace("%s", "s1"), headers='{"X-Request-Id":"x"}'),
    ],
    "an id that is an address": ten(
        lambda n: nested(headers=f'{{"X-Request-Id":"{"ab"[n % 2]}{n}{"@x" * (n == 17)}"}}')
    ),
    "a mark where an id was": [
        *ten(lambda n: line(ERROR.format(f"10{n}"), headers=f'{{"X-Request-Id":"k{n}z"}}')),
        line(ERROR.replace("agent{}", "\x7f"), headers='{"X-Request-Id":"\x7f"}'),
    ],
    "a header that is null": ten(
        lambda n: nested(headers=f'{{"X-Request-Id":null,"X-Correlation-Id":"{n:x}a{n}"}}')
    ),
    "an id in a list": ten(lambda n: nested(headers=f'{{"X-Request-Id":["r-{n}"]}}')),
    "an id with a space": ten(lambda n: nested(headers=f'{{"X-Request-Id":" r-{n}"}}')),
    "headers as a list": ten(lambda n: nested(headers=f'[["Retry-After","{n}"],["Age","{n}"]]')),
    "headers as a text": ten(lambda n: nested(headers=rf'"{{\"Retry-After\":\"{n}\"}}"')),
    "base64 by its name": [
        *ten(lambda n: nested("e30K" * 4, encoding='"base99"', bytes=str(n))),
        nested("e30K" * 4, encoding='"base64"', bytes="10"),
    ],
    "a member below another": [
        *ten(lambda n: nested(beside=f',"url":"/a{n}"')),
        nested(beside=',"url":"/a10"').replace('"url":"/finesse/api/User"', '"url":""'),
    ],
    "a code": [*ten(lambda n: line(rf"{{\"event\":\"session_error\",\"payload\":{{\"code\":10{n}}}}}"))],
}


@pytest.mark.parametrize(
    "lines", [*ALIKE.values(), *UNLIKE.values()], ids=[*ALIKE, *(f"not {one}" for one in UNLIKE)]
)
def test_lines_alike_become_what_each_becomes_by_itself(tmp_path: Path, lines: list[str]):
    """Whether or not a line is decoded, its record has its own moment, numbers and place."""
    found, rejects, _ = lines_of(tmp_path, lines)
    by_itself = [lines_of(tmp_path, [one]) for one in lines]

    assert told(found) == told([record for records, _, _ in by_itself for record in records])
    assert [one["text"] for one in rejects] == [one["text"] for _, each, _ in by_itself for one in each]
    assert [one["source"]["line"] for one in (*found, *rejects)] == list(range(3, len(lines) + 3))


@pytest.mark.parametrize("lines", ALIKE.values(), ids=ALIKE)
def test_of_lines_alike_five_are_decoded(tmp_path: Path, lines: list[str]):
    """Three are read, one was learned from, one shows that lines like it come again; the next are known."""
    assert lines_of(tmp_path, lines)[2] == 5


def test_the_first_lines_of_a_storm_are_enough(tmp_path: Path):
    """Six stand among the eight captures that are taken at first, and of two the lines are learned."""
    storm = [line(ERROR.format(n)) for n in range(1001, 1301)]

    assert lines_of(tmp_path, storm, work._AT_FIRST, work._AT_ONCE)[2] == 6 + 2


def listed(folder: Path, written: str) -> tuple[list[Any], int]:
    """Run a list of captures, and give records, and how many elements were decoded."""
    path = folder / "lines.ndjson"
    path.write_text(written)
    with (
        patch.object(json_array, "_found", wraps=json_array._found) as decoded,
        patch.multiple(work, _AT_FIRST=1, _AT_ONCE=1),
    ):
        batch.run(path, folder / "out")
    return [orjson.loads(line) for line in (folder / "out").read_bytes().splitlines()], decoded.call_count


@pytest.mark.parametrize("between", [",", ",\n", ",\r\n    "])
@pytest.mark.parametrize("lines", ALIKE.values(), ids=ALIKE)
def test_in_a_list_elements_alike_become_what_lines_become(tmp_path: Path, lines: list[str], between: str):
    """An element has its own place, decoded or not; one more than of lines shows how they begin, and one ends them."""
    lines = [one.strip() for one in lines]
    text = f"[{between.join([*CAPTURES, *lines])}]"
    found, decoded = listed(tmp_path, text)
    begins = [text.index("[") + 1]
    for one in (*CAPTURES, *lines):
        begins.append(begins[-1] + len(one) + len(between))

    assert told(found[2:]) == told(lines_of(tmp_path, lines)[0])
    assert [one["source"]["offset"] for one in found] == begins[:-1]
    assert [one["source"]["line"] for one in found] == [1 + text.count("\n", 0, at) for at in begins[:-1]]
    assert decoded == len(CAPTURES) + 5 + 2


def test_an_element_over_several_lines_has_its_line(tmp_path: Path):
    """Elements that are printed for a person are known as well."""
    captures = [orjson.loads(line(ERROR.format(f"10{n}"))) for n in range(10, 20)]
    text = json.dumps([*map(orjson.loads, CAPTURES), *captures], indent=2)
    found, decoded = listed(tmp_path, text)

    assert [text.splitlines()[one["source"]["line"] - 1] for one in found] == ["  {"] * 12
    assert decoded == len(CAPTURES) + 5 + 2


def test_what_stands_inside_of_an_element_is_none(tmp_path: Path):
    """An element may hold a list of what looks like those before it."""
    alike = [line(ERROR.format(f"10{n}")) for n in range(10, 20)]
    outer = line(ERROR.format("1030"), tries=f"[{','.join(alike)}]")
    found, _ = listed(tmp_path, f"[{','.join([*CAPTURES, *alike, outer, *alike])}]")

    assert told(found[2:]) == told(lines_of(tmp_path, [*alike, outer, *alike])[0])
    assert len(found) == 2 + 21


NOT_FLAT = {
    "twice": line()[:-1] + ',"status":503}',
    "twice in a member": line(request='{"a":1,"a":2}'),
    "very deep": line(node="[" * 40 + "]" * 40),
    "many captures": line(resourceLogs="[]"),
    "an escape for a digit": line(ERROR.format(r"100\u0031")),
    "no body": '{"status":503,"time":"2026-11-21T10:15:30Z"}',
    "a body that is no text": '{"status":503,"body":null}',
    "a list": "[1]",
    "a time that is a number": line(time="1795256130"),
    "text that is no ASCII": line(ERROR.format("ä1001")),
}


@pytest.mark.parametrize("written", NOT_FLAT.values(), ids=NOT_FLAT)
def test_a_line_that_is_not_as_one_expects_is_decoded(written: str):
    """Nothing is learned from the line."""
    assert form_of(Cut(written.encode()), {}, NO_HEADERS, as_told(ERROR.format(1001))) is None


def test_what_is_read_of_the_body_decides(tmp_path: Path):
    """A member may be mapped into the body, where an outline leaves it out."""
    body = '{"event":"session_error","payload":{"code":1011,"errorMsg":"Over."},"sessionId":"%d"}'
    path, out = tmp_path / "lines", tmp_path / "out"
    path.write_text("".join(f'{{"body":{body % (503 + n % 4)}}}\n' for n in range(40)))
    batch.run(path, out, fields={"body": "/body", "status": "/body/sessionId"})
    found = [orjson.loads(line) for line in out.read_bytes().splitlines()]

    assert [record["status"] for record in found] == [503 + n % 4 for n in range(40)]


def test_a_line_of_many_members_is_decoded():
    """To find them would take longer than to read the line."""
    written = line(node=f"[{','.join('1' * 600)}]").encode()

    assert form_of(Cut(written), {}, NO_HEADERS, as_told(ERROR.format(1001))) is None


def test_a_line_of_many_numbers_is_decoded():
    """More than 64 numbers that decide would fill the memory."""
    written = line(content_type=f'"{"a1" * 70}"').encode()

    assert form_of(Cut(written), {}, NO_HEADERS, as_told(ERROR.format(1001))) is None


def test_a_body_that_may_be_base64_is_decoded():
    """Whether it is one may be told by its digits."""
    body = "H4sIAAAAAAAAA1001"

    assert form_of(Cut(line(body).encode()), {}, NO_HEADERS, as_told(body)) is None


@pytest.mark.parametrize("member", ['"x":1,"x":2', '"time":17'], ids=["twice", "a number"])
def test_a_line_of_which_nothing_is_sure_is_tried_twice(tmp_path: Path, member: str):
    """What is no such line, with its ids and without, is known as such: to find that out takes longer than to read it."""
    lines = [f'{{"status":503,{member},"body":"{ERROR.format(n)}"}}' for n in range(1000, 1030)]
    with patch.object(storm, "form_of", wraps=form_of) as tried:
        found, _, _ = lines_of(tmp_path, lines)

    assert (len(found), tried.call_count) == (30, 2)


def test_of_lines_alike_some_cases_are_remembered(tmp_path: Path):
    """A status and a url tell few cases; where there is no end of them, the next ones are decoded."""
    lines = [line(url=f'"/{n}"', bytes=str(k)) for n in range(100, 150) for k in range(10, 20)]
    _, _, decoded = lines_of(tmp_path, lines)

    assert decoded > 18 * 10


def test_digits_of_an_escape_and_of_a_name_decide():
    r"""Those of `\u0031` are no digits of the text, and those of a name make another name."""
    written = line(node=r'"a\u00e4 77"', name2='"88"', bytes="99").encode()
    form = form_of(Cut(written), {}, NO_HEADERS, as_told(ERROR.format(1001)))

    assert form
    assert form.told(written)[::2] == ((b"1001",), (b"503", b"00", b"4", b"77", b"2"))


@pytest.mark.parametrize(
    ("url", "ids", "deciding"),
    [("/a/1001", (b"1001",), ()), ("/a/1001/b/1002", (b"1001", b"1002"), (b"1002",))],
    ids=["all", "not all"],
)
def test_ids_of_a_url_decide_where_not_all_are_cut_out(
    url: str, ids: tuple[bytes, ...], deciding: tuple[bytes, ...]
):
    """A user's url is another one each time; the middle of a path is told by its digits, and the end with it."""
    cut = Cut.of(line(url=f'"{url}"', request_id='"r-1"').encode())
    body = Cut.of(ERROR.format(1001).replace(r"\n", "\n").encode())
    assert cut
    assert body
    form = form_of(cut, {}, NO_HEADERS, Told.of(Outline(mask(body.text)), body), Beside(ids=ids))

    assert form
    assert form.told_without_ids(cut)[0] == (b"agent1001",)
    assert form.beside(cut.ids) == (() if deciding else ids)
    assert [one for one in form.told_without_ids(cut)[2] if one in ids] == [
        *(ids[:1] if deciding else ()),
        *deciding,
    ]


def test_members_are_where_the_user_says(tmp_path: Path):
    """With `--field` the time that is put in is that of the member that is mapped."""
    lines = ten(lambda n: line(ERROR.format(f"10{n}"), when=f'"2026-11-21T10:15:{n}Z"'))
    found, _, decoded = lines_of(
        tmp_path, lines, fields={"time": "/when", "body": "/body", "status": "/status"}
    )

    assert [record["source"]["time"][17:19] for record in found] == [str(n) for n in range(10, 20)]
    assert decoded == 5


def test_a_member_is_mapped_by_its_whole_name(tmp_path: Path):
    """The end of a name is no id, though it has the form of a path's end: another name is another member."""
    users = [("a/u2", f"a{n}") for n in range(10, 20)] + [("a/u1", "b")]
    lines = [line(SSO.replace("%s", user), **{name: '"/desktop/sso/x"'}) for name, user in users]
    fields = {"url": "/a~1u1", "body": "/body", "status": "/status"}
    found, _, _ = lines_of(tmp_path, lines, fields=fields)

    assert [record["vendor"] for record in found] == [*["unknown"] * 10, "cisco-finesse"]
