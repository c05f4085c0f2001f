"""What holds for every dialect: nothing private goes out unasked, and what goes out can be read back."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from attrs import evolve
from corpus import cases
from dialects import DIALECTS, full_record, records, schema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies import JSON, bodies, broken_fixtures, json_values, places, replaced, statuses, vendors

import errnorm
from errnorm import ErrorRecord, InvalidRecord, RetryAdvice, Source
from errnorm.export import problem
from errnorm.export._fields import FIELDS
from errnorm.export.otel import to_log_record
from errnorm.export.problem import retry_after
from errnorm.export.safe import safe_fields
from errnorm.redaction import CONTACT_CENTER
from errnorm.schemas import schema_text

SECRET = "s3cr3t"
EVERY_DIALECT = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
any_dialect = st.sampled_from(list(DIALECTS.values()))


def through_json(document: dict[str, Any]) -> dict[str, Any]:
    """Give what a reader of the JSON has."""
    return json.loads(json.dumps(document))


def test_the_fields_are_those_of_a_record():
    """`FIELDS` names each member of the dict form, one level deep, and no other."""
    data = full_record().to_dict()
    inside = {"ids", "source", "retry", "entry"}
    names = {name for name in data if name not in inside}
    names |= {f"{outer}.{name}" for outer in inside for name in data[outer]}

    assert set(FIELDS) == names - {"schema_version"}
    assert [name for name in FIELDS if name in data and data[name] in (None, {}, [])] == []


@EVERY_DIALECT
@pytest.mark.parametrize("given", [None, {"code": "1016"}, errnorm.normalize(b"", status=503)], ids=type)
def test_what_is_no_record_is_refused(dialect, given: Any):
    """A result, a dict or nothing in place of a record is a sentence that names the way to a record."""
    with pytest.raises(errnorm.InvalidArgument, match=r"record is of type \w+\. Give an ErrorRecord"):
        dialect.say(given)
    with pytest.raises(errnorm.InvalidArgument, match=r"record is of type"):
        safe_fields(given)


@EVERY_DIALECT
def test_each_field_has_a_place_of_its_own(dialect):
    """A table of a dialect names every field, and no place twice."""
    assert tuple(dialect.places) == FIELDS
    assert len(set(dialect.places.values())) == len(FIELDS)


@pytest.mark.parametrize("faithful", [False, True])
@pytest.mark.parametrize("name", ["ecs", "problem", "sentry"])
def test_each_document_fits_the_schema_of_its_dialect(name, faithful):
    """Over every record of the fixtures: known names, right types, allowed values."""
    validator = schema(name)
    wrong = [
        (record.summary(), error.json_path)
        for record in (full_record(), *records())
        for error in validator.iter_errors(through_json(DIALECTS[name].say(record, faithful=faithful)))
    ]

    assert wrong == []


@EVERY_DIALECT
def test_each_record_of_the_fixtures_comes_back(dialect):
    """Asked to be faithful, a dialect carries the whole record: what is read back is equal."""
    lost = [
        record.to_dict()
        for record in (full_record(), *records())
        if dialect.hear(through_json(dialect.say(record, faithful=True))) != record
    ]

    assert lost == []


@given(bodies | broken_fixtures().map(lambda broken: broken[1]), statuses, vendors, any_dialect)
def test_any_record_comes_back(body, status, vendor, dialect):
    """The same for bytes of any kind."""
    for record in errnorm.normalize(body, status=status, vendor=vendor):
        assert dialect.hear(through_json(dialect.say(record, faithful=True))) == record


def without_private(record: ErrorRecord) -> ErrorRecord:
    """Give the record as a default export carries it."""
    codes = {name: getattr(record, name) for name in ("type", "code", "subcode")}
    known = {name: code if code in record.known_codes else None for name, code in codes.items()}
    nothing = {"message": None, "target": None, "ids": {}, "extra": {}, "source": None, "redactions": ()}
    return evolve(record, **known, **nothing)


def for_callers(record: ErrorRecord) -> ErrorRecord:
    """Give the record as an answer to a caller of ours carries it: what one can act on."""
    safe = without_private(record)
    kept = ("vendor", "shape", "type", "code", "subcode", "category", "severity", "entry")
    advice = {name: getattr(record.retry, name) for name in ("decision", "scope", "delay")}
    return ErrorRecord(**{name: getattr(safe, name) for name in kept}, retry=RetryAdvice(**advice))


EXPECTED = {
    "ecs": without_private,
    "google-rpc": for_callers,
    "otel": without_private,
    "problem": for_callers,
    "sentry": without_private,
}


@pytest.mark.parametrize("name", DIALECTS)
def test_what_goes_out_unasked_comes_back(name):
    """A default export is read back to the record without what it keeps to itself; nothing is made up."""
    dialect = DIALECTS[name]
    changed = [
        record
        for record in (full_record(), *records())
        if dialect.hear(through_json(dialect.say(record))) != EXPECTED[name](record)
    ]

    assert changed == []


@EVERY_DIALECT
def test_a_known_code_is_no_secret(dialect):
    """A code that the catalog knows goes out unasked and comes back; another one does not."""
    known = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first
    unknown = errnorm.normalize({"code": 101601}, vendor="zoom-cobrowse").first

    assert dialect.hear(dialect.say(known)).code == "1016"
    assert dialect.hear(dialect.say(unknown)).code is None
    assert dialect.hear(dialect.say(unknown, faithful=True)).code == "101601"


def planted(record: ErrorRecord) -> ErrorRecord:
    """Give the record with a secret in every field that a vendor or a log fills with words of its own."""
    kinds = ("client", "dialog", "media", "request", "session", "trace", "user")
    return evolve(
        record,
        type=SECRET,
        code=SECRET,
        subcode=SECRET,
        message=SECRET,
        target=SECRET,
        ids=dict.fromkeys(kinds, SECRET),
        extra={SECRET: {SECRET: [SECRET]}},
        source=Source(name=SECRET, member=SECRET, time=SECRET),
        raw=errnorm.RawBody(SECRET.encode()),
        redactions=(errnorm.Redaction(f"/extra/{SECRET}", "user", "mask", 6),),
    )


def bodies_with_a_secret() -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Give each JSON and XML fixture once for each of its values, with a secret in that place."""
    for case in JSON:
        value = json.loads(case.body)
        for place in places(value):
            yield json.dumps(replaced(value, place, SECRET)).encode(), case.given
    for case in cases():
        text = case.body.decode("latin-1")
        for found in re.finditer(r">([^<>{}]+)<", text):
            yield (text[: found.start(1)] + SECRET + text[found.end(1) :]).encode("latin-1"), case.given


def shown(record: ErrorRecord) -> str:
    """Give all that goes out without asking, in every dialect."""
    return json.dumps([to_log_record(record), *(dialect.say(record) for dialect in DIALECTS.values())])


def test_no_planted_secret_goes_out():
    """Over every record of the fixtures, with a secret in each private field."""
    assert [record for record in records() if SECRET in shown(planted(record))] == []


def test_no_secret_of_a_body_goes_out():
    """Over every value of every fixture, with a secret in its place, in the url and in a header."""
    known = {"headers": {"X-Request-Id": SECRET}, "url": f"https://{SECRET}.example.com/{SECRET}"}
    count, told = 0, []
    for body, given_keywords in bodies_with_a_secret():
        for record in errnorm.normalize(body, **(given_keywords | known)):
            count += 1
            told += [body] if SECRET in shown(record) else []

    assert told == []
    assert count > 1000


@EVERY_DIALECT
def test_a_redacted_record_may_be_faithful(dialect):
    """What a policy took out does not go out; what it left does, with a word about what went."""
    record = errnorm.normalize("No device for agent1001@finesse.example.com", status=404).first
    redacted = record.redacted(CONTACT_CENTER)
    document = dialect.say(redacted, faithful=True)

    assert "agent1001" not in json.dumps(document)
    assert dialect.hear(document) == redacted


FOREIGN = [
    {},
    {"type": "about:blank", "title": "Not Found", "status": 404},
    {
        "code": 5,
        "message": "gone",
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "a"}],
    },
    {"code": 5, "details": [7, None]},
    {"event": {"provider": "kernel"}, "errnorm": "text"},
    {"contexts": None, "user": []},
    {"http.response.status_code": 404},
]


@EVERY_DIALECT
@pytest.mark.parametrize("document", FOREIGN, ids=str)
def test_a_document_of_anybody_else_is_refused(dialect, document):
    """It is no record: the sentence says what to do with it."""
    with pytest.raises(InvalidRecord, match=r"Give a body of anybody else's to errnorm\.normalize"):
        dialect.hear(document)


@given(any_dialect, st.data())
def test_a_changed_document_is_read_or_refused(dialect, data):
    """With any value in any place there is a record or an InvalidRecord, never another exception."""
    document = through_json(dialect.say(full_record(), faithful=True))
    place = data.draw(st.sampled_from(list(places(document))))
    changed = replaced(document, place, data.draw(values))
    with contextlib.suppress(InvalidRecord):
        check_form(dialect.hear(changed))


@given(st.data())
def test_a_changed_dict_of_a_record_is_read_or_refused(data):
    """The same for the dict form: what `from_dict` takes is a record that can be written everywhere."""
    whole = full_record().to_dict(raw="text")
    place = data.draw(st.sampled_from(list(places(whole))))
    changed = replaced(whole, place, data.draw(values))
    with contextlib.suppress(InvalidRecord):
        check_form(errnorm.from_dict(changed))


values = json_values | st.sampled_from(
    [
        -5,
        -1,
        0,
        2**70,
        float("nan"),
        float("inf"),
        "",
        "\ud800",
        "2026-11-21T08:15:02",
        "utf-9",
        "idna",
        [],
        {},
    ]
)


def check_form(record: ErrorRecord) -> None:
    """Assert that a record fits its own schema, and that every dialect has words for it."""
    written = orjson.loads(orjson.dumps(record.to_dict()))
    assert [error.json_path for error in RECORD.iter_errors(written)] == []
    for dialect in DIALECTS.values():
        orjson.dumps(dialect.say(record, faithful=True))
    to_log_record(record)
    retry_after(record)


RECORD = Draft202012Validator(json.loads(schema_text("record")))


WRONG = {
    "vendor": 5,
    "message": 7,
    "status": 99999,
    "index": -1,
    "total": True,
    "ids": {"nobody": "x"},
    "extra": [],
    "occurred_at": "2026-11-21T08:15:02",
    "source.line": 0,
    "retry.delay": -5,
    "retry.not_before": "soon",
    "entry.title": None,
    "problems.where": 3,
    "redactions.action": "lose",
    "raw.from_object": 1,
}


@pytest.mark.parametrize("name, value", WRONG.items())
def test_a_member_that_no_record_has_so_is_refused_by_name(name, value):
    """The sentence names the member, and never the value."""
    whole = full_record().to_dict(raw="text")
    outer, _, inner = name.partition(".")
    row = whole[outer][0] if isinstance(whole[outer], list) else whole[outer]
    (row if inner else whole)[inner or outer] = value

    with pytest.raises(InvalidRecord, match=f"The member {name} of the record holds what no record has"):
        errnorm.from_dict(whole)


@pytest.mark.parametrize("delay", [-5, float("inf"), float("nan"), True])
def test_a_delay_that_nobody_can_wait_is_refused(delay):
    """A problem document comes over the network: a bad delay makes no header of ours."""
    document = problem.to_problem(full_record(), faithful=True)
    document["retry"]["delay"] = delay

    with pytest.raises(InvalidRecord):
        problem.from_problem(document)


@pytest.mark.parametrize("name, value", [("status", "a"), ("status", True), ("extra", "[1"), ("message", 7)])
def test_a_value_of_another_kind_is_refused(name, value):
    """The sentence names the field and what it should be, and never the value."""
    document = DIALECTS["otel"].say(full_record(), faithful=True) | {DIALECTS["otel"].places[name]: value}

    with pytest.raises(InvalidRecord, match=f"The field {name} is of the wrong kind"):
        DIALECTS["otel"].hear(document)
