"""The promises of errnorm, as laws over every fixture and over whatever hypothesis finds."""

from __future__ import annotations

import json
import pickle
import zlib
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from corpus import Case
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from strategies import (
    CASES,
    PLAIN,
    bodies,
    broken_fixtures,
    json_values,
    remade_fixtures,
    shuffled,
    splices,
    statuses,
    vendors,
)

import errnorm
from errnorm.vendors import UNKNOWN, VENDORS

by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
plain_by_name = pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)


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


@by_name
def test_result_survives_pickling(case: Case):
    """A result comes out of a pickle as it went in, body included."""
    result = errnorm.normalize(case.body, **case.given)
    copy = pickle.loads(pickle.dumps(result))

    assert copy == result
    assert copy.raw.data == result.raw.data


@by_name
@pytest.mark.parametrize("raw", ["omit", "text", "base64"])
def test_record_survives_its_dict(case: Case, raw: Any):
    """to_dict and from_dict are each other's inverse, and the body comes back when it went along."""
    for record in errnorm.normalize(case.body, **case.given):
        copy = errnorm.from_dict(json.loads(json.dumps(record.to_dict(raw=raw))))

        assert copy == record
        assert copy.fingerprint == record.fingerprint
        assert copy.raw.data == (b"" if raw == "omit" else case.body)


@by_name
def test_same_in_same_out_cache_on_or_off(case: Case):
    """The cache changes nothing but the time."""
    cached, uncached = errnorm.Normalizer(), errnorm.Normalizer(cache_size=0)
    first = cached.normalize(case.body, **case.given)

    assert cached.normalize(case.body, **case.given) == first
    assert uncached.normalize(case.body, **case.given) == first


@by_name
def test_knowing_more_never_loses_an_error(case: Case):
    """Whatever vendor a caller names, a body that reports an error gives a record."""
    if case.health == "success" or not errnorm.normalize(case.body):
        return
    names = [vendor.name for vendor in (*VENDORS, UNKNOWN)]

    assert [name for name in names if not errnorm.normalize(case.body, vendor=name)] == []


@plain_by_name
def test_every_member_is_findable(case: Case):
    """Every leaf that the vendor sent of an error stands in a named field or in extra."""
    result = errnorm.normalize(case.body, **case.given)
    if not result:
        return
    kept = "\n".join(texts([record.to_dict() for record in result]))
    # `402::Unknown client` is one leaf and three fields.
    lost = [
        leaf
        for leaf in leaves_of(result.raw.data, case.given)
        if leaf not in kept and not all(part in kept for part in leaf.split(":"))
    ]

    assert lost == []


def leaves_of(body: bytes, given: dict[str, Any]) -> list[str]:
    """Give the leaves of a well-formed body, independently of errnorm's own reading."""
    start = body.lstrip()[:1]
    try:
        if start == b"<":
            root = etree.fromstring(body, etree.XMLParser(remove_comments=True, remove_pis=True))
            found = [text for element in root.iter() for text in (element.text, *element.attrib.values())]
            return (
                []
                if root.tag.lower().endswith("html")
                else [leaf for text in found for leaf in unescaped(text)]
            )
        if start not in {b"{", b"["}:
            return []
        value = json.loads(body)
    except (ValueError, etree.XMLSyntaxError):
        return []
    if isinstance(value, list):  # a neighbour in a list that is no error has no record to stand in
        value = [item for item in value if isinstance(item, dict) and errnorm.normalize([item], **given)]
    return [leaf for text in texts(value) for leaf in unescaped(text)]


def unescaped(text: str | None) -> list[str]:
    """Give a leaf's text, or the leaves of the XML or JSON that it holds as text."""
    if not text or not text.strip():
        return []
    text = text.strip()
    return (
        leaves_of(text.encode(), {}) or leaves_of(f"<all>{text}</all>".encode(), {})
        if text[0] in "<{["
        else [text]
    )


def texts(value: Any) -> Iterator[str]:
    """Go through all leaves of a JSON value, as text."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)
    elif value is not None and str(value).strip():
        yield str(value) if not isinstance(value, bool) else str(value).lower()


@pytest.mark.parametrize("case", [case for case in CASES if case.named_by], ids=lambda case: case.name)
def test_cut_body_keeps_its_vendor(case: Case):
    """From the mark that names the vendor on, a body cut at any byte is still its vendor's."""
    body = zlib.decompressobj(31).decompress(case.body) if case.body[:2] == b"\x1f\x8b" else case.body
    text = body.decode("utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
    assert case.named_by is not None
    start = text.index(case.named_by) + len(case.named_by)
    wrong = [
        end
        for end in range(start, len(text))
        if errnorm.detect(text[:end].encode(), **case.given).vendor != case.owner
    ]

    assert wrong == []


@pytest.mark.parametrize("case", [case for case in CASES if case.named_by], ids=lambda case: case.name)
def test_cut_value_is_never_a_code(case: Case):
    """A code, type or subcode of a cut body is one of the whole body's: none is made up by the cut."""
    if not case.body.isascii():
        return
    whole = errnorm.normalize(case.body, **case.given)
    # Where the member that decides is cut off, another whole value may take its place.
    known = {None, *texts([record.to_dict() for record in whole])}
    fields = ("type", "code", "subcode")
    seen = {
        getattr(record, name)
        for end in range(len(case.body))
        for record in errnorm.normalize(case.body[:end], **case.given)
        if record.vendor == case.owner
        for name in fields
    }

    assert seen - known == set()


@plain_by_name
def test_order_of_members_changes_nothing(case: Case):
    """Shuffled XML children and JSON keys give the same records."""
    expected = errnorm.normalize(case.body, **case.given)
    for seed in range(5):
        body = shuffled(case.body, seed)
        if body is None:
            return
        result = errnorm.normalize(body, **case.given)

        assert list(result) == list(expected)
        assert result.detection == expected.detection


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
