"""The promises of errnorm, as laws over whatever hypothesis finds; `test_fixtures.py` has those over fixtures."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import orjson
import pytest
from corpus import Case
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    bodies,
    broken_fixtures,
    json_values,
    remade_fixtures,
    splices,
    statuses,
    vendors,
)

import errnorm


def check(body: Any, result: errnorm.Result) -> None:
    """Assert what holds for every result whatsoever."""
    for record in result:
        assert errnorm.from_dict(orjson.loads(orjson.dumps(record.to_dict()))) == record
        assert record.status is None or 100 <= record.status <= 599
        assert (record.entry is None) == (record.match == "none")
    assert [record.index for record in result] == list(range(len(result)))
    if isinstance(body, bytes):
        assert result.raw.data == body


@given(body=bodies, status=statuses, vendor=vendors)
def test_any_bytes_give_a_result(body: bytes, status: int | None, vendor: str | None):
    """No bytes, no status and no hint make normalize raise or lose a byte."""
    result = errnorm.normalize(body, status=status, vendor=vendor)

    check(body, result)
    if status is not None and status >= 400:
        assert len(result) >= 1


@given(broken=broken_fixtures(), status=statuses)
def test_a_broken_fixture_gives_a_result(broken: tuple[Case, bytes], status: int | None):
    """A fixture with one thing broken is read as far as it goes."""
    case, body = broken
    given = {**case.given, "status": status}

    check(body, errnorm.normalize(body, **given))


@given(remade=remade_fixtures(), status=statuses, vendor=vendors)
def test_any_member_may_be_of_another_kind(remade: tuple[Case, Any], status: int | None, vendor: str | None):
    """A text where an object is wont to stand, and the other way round, are read as far as they go."""
    case, value = remade
    given = {**case.given, "status": status} | ({"vendor": vendor} if vendor else {})

    check(value, errnorm.normalize(value, **given))


@given(body=splices())
def test_a_splice_of_fixtures_gives_a_result(body: bytes):
    """The beginning of one body and the end of another are no reason to fail."""
    check(body, errnorm.normalize(body))


@given(value=json_values, vendor=vendors)
def test_any_decoded_json_gives_a_result(value: Any, vendor: str | None):
    """Decoded JSON of any form is read as its JSON would be."""
    check(value, errnorm.normalize(value, vendor=vendor))


@given(
    headers=st.dictionaries(
        st.sampled_from(["Retry-After", "Date", "Content-Type", "Content-Encoding", "Server", "requestId"]),
        st.text(max_size=30)
        | st.sampled_from(["gzip", "br", "text/xml; charset=utf-16", "99999999999", "-1"]),
    )
)
def test_any_headers_give_a_result(headers: dict[str, str]):
    """What stands in headers may be nonsense; the record is made all the same."""
    check(None, errnorm.normalize(b'{"message": "no"}', status=503, headers=headers))


MEMBER_TEXTS = """
13036|20700|1001|-1|CF_RESOURCE_BUSY|UNAUTHORIZED|NO TOKEN|Generic Error|a=b|notFound|Invalid Input
PERERR_CM_NEW| x | |HTTP Status code: 400 Api Error Type: a Error Message: b
"""
member_texts = st.sampled_from(MEMBER_TEXTS.strip().replace("\n", "|").split("|")) | st.text(
    "ab 1_&<", max_size=8
)
member_names = ["ErrorType", "ErrorMessage", "ErrorData", "ErrorMedia", "peripheralErrorCode"]
member_names += ["peripheralErrorMsg", "peripheralErrorText"]


@given(
    errors=st.lists(
        st.dictionaries(st.sampled_from(member_names), member_texts, min_size=1), min_size=1, max_size=2
    ),
    url=st.sampled_from([None, "/finesse/api/User/1001"]),
)
def test_the_usual_road_of_finesse_is_the_general_one(errors: list[dict[str, str]], url: str | None):
    """REST as it is nearly always sent is read on a shorter road, and becomes the same.

    An empty member that nobody knows says nothing, and leads over the general road.
    """

    def body(more: str) -> str:
        inside = [
            "".join(f"<{name}>{escape(text)}</{name}>" for name, text in error.items()) for error in errors
        ]
        return f"<ApiErrors>{''.join(f'<ApiError>{error}{more}</ApiError>' for error in inside)}</ApiErrors>"

    usual, general = (errnorm.normalize(body(more), status=400, url=url) for more in ("", "<nothing/>"))

    assert usual == general


@given(
    members=st.dictionaries(st.sampled_from(["code", "errorMsg", "exception", "userId", "x"]), json_values)
)
def test_the_usual_road_of_cobrowse_is_the_general_one(members: dict[str, Any]):
    """An event as the SDK sends it is read on a shorter road, and becomes the same."""
    event = {"event": "session_error", "payload": members}
    usual, general = errnorm.normalize(event), errnorm.normalize(event | {"nothing": None})

    assert usual == general


SECRET = "s3cr3t-Agent-Müller"

PRIVATE_BODIES = [
    f"<ApiErrors><ApiError><ErrorType>{SECRET}</ErrorType><ErrorMessage>CF_{SECRET}</ErrorMessage><x>{SECRET}</x></ApiError>",
    f"<ApiErrors><ApiError><ErrorData>{SECRET}</ErrorData><peripheralErrorCode>{SECRET}</peripheralErrorCode></ApiError>",
    f'{{"type": "EventError", "sessionId": "{SECRET}", "error": {{"code": "{SECRET}", "description": "{SECRET}"}}}}',
    f'{{"event": "session_error", "payload": {{"code": "1011", "errorMsg": "{SECRET}", "userId": "{SECRET}"}}}}',
    f"<html><title>{SECRET}</title><h1>{SECRET}</h1>",
    f"{SECRET} happened",
    f'{{"{SECRET}": "{SECRET}", "code": "{SECRET}", "message": "{SECRET}',
    f"<{SECRET[-6:]}><{SECRET}>",
]


@pytest.mark.parametrize("body", PRIVATE_BODIES)
def test_nothing_private_is_shown(body: str):
    """Whatever is printed without asking holds no word of the body."""
    result = errnorm.normalize(
        body, status=400, headers={"X-Request-Id": SECRET}, url=f"https://{SECRET}.example.com/{SECRET}"
    )
    shown = [str(result), repr(result), repr(result.raw), repr(result.detection), str(result.problems)]
    shown += [text for record in result for text in (str(record), repr(record), record.summary())]
    error = errnorm.UnreadableBody(result)
    shown += [str(error), repr(error)]

    assert [text for text in shown if SECRET in text or SECRET[-6:] in text] == []
