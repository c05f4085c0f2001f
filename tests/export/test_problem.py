"""Problem documents and safe fields: what they say, and what never stands in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from strategies import any_case, statuses, vendors

import errnorm
from errnorm import Category, Decision, ErrorRecord, RetryAdvice, Scope
from errnorm.export.problem import MEDIA_TYPE, from_problem, retry_after, to_problem
from errnorm.export.safe import safe_fields

SECRET = "s3cr3t"


@given(any_case, statuses, vendors)
def test_any_record_becomes_a_problem_document(case, status, vendor):
    """The members of RFC 9457 are there in their types, and all of it is JSON."""
    for record in errnorm.normalize(case.body, status=status, vendor=vendor):
        problem = json.loads(json.dumps(to_problem(record)))

        assert problem["status"] == record.category.gateway_status
        assert all(isinstance(problem[name], str) for name in ("type", "title", "detail"))
        assert problem["type"] == "about:blank" or problem["type"].startswith("https://")
        assert (problem["type"] == "about:blank") <= (
            problem["title"] == HTTPStatus(problem["status"]).phrase
        )


@pytest.mark.parametrize("category", Category)
def test_our_caller_is_never_asked_for_our_credentials(category: Category):
    """No category gives 401, 403, 407 or 429: those are about us, not about our caller."""
    problem = to_problem(ErrorRecord(vendor="unknown", shape="text", category=category))

    assert problem["status"] in {404, 409, 410, 502, 503, 504}


@pytest.mark.parametrize(
    "docs_url, source_url, page",
    [
        ("https://wiki.example.com/17", "https://vendor.example.com/", "https://wiki.example.com/17"),
        (
            "docs/catalog/a.md#code-17",
            "https://vendor.example.com/",
            "https://vendor.example.com/#acme-desk:code/17",
        ),
        ("docs/catalog/a.md#code-17", None, "about:blank"),
        (None, None, "about:blank"),
    ],
)
def test_the_type_is_a_page_that_a_stranger_can_open(docs_url, source_url, page):
    """The page of one's own entry, else the vendor's; a path inside this project is nobody's address."""
    entry = errnorm.CatalogEntry(
        vendor="acme-desk",
        table="code",
        code="17",
        title="No such ticket",
        docs_url=docs_url,
        source_url=source_url,
    )
    problem = to_problem(ErrorRecord(vendor="acme-desk", shape="desk.error", entry=entry))

    assert problem["type"] == page
    assert problem["title"] == ("Bad Gateway" if page == "about:blank" else "No such ticket")


def test_a_type_has_one_title():
    """Section 3.1.3: whatever the vendor, two errors of one type have one title."""
    titles: dict[tuple[str, int], set[str]] = {}
    for code in range(1000, 1040):
        problem = to_problem(errnorm.normalize({"code": code}, vendor="zoom-cobrowse").first)
        titles.setdefault(
            (problem["type"], problem["status"] if problem["type"] == "about:blank" else 0), set()
        ).add(problem["title"])

    assert len(titles) > 10
    assert {len(each) for each in titles.values()} == {1}


def test_a_bare_status_has_no_type_of_its_own():
    """All that is known is the status: `about:blank`, and the phrase of the status as title."""
    problem = to_problem(errnorm.normalize(b"", status=503).first)

    assert (problem["type"], problem["title"]) == ("about:blank", "Service Unavailable")


def test_nothing_private_is_in_it():
    """A record with a secret in every reported field shows none of them."""
    record = ErrorRecord(
        vendor="cisco-finesse",
        shape="finesse.rest.xml",
        type=SECRET,
        code=SECRET,
        subcode=SECRET,
        message=SECRET,
        target=SECRET,
        ids={"user": SECRET},
        extra={SECRET: SECRET},
        raw=errnorm.RawBody(SECRET.encode()),
        source=errnorm.Source(name=SECRET),
    )

    assert SECRET not in json.dumps([to_problem(record), safe_fields(record)])


MOMENT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "advice, header",
    [
        (RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL, delay=2.2), "3"),
        (RetryAdvice(decision=Decision.RETRY, scope=Scope.HIGHER_LEVEL, delay=0.0), "0"),
        (
            RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL, not_before=MOMENT),
            "Sat, 21 Nov 2026 10:00:00 GMT",
        ),
        (
            RetryAdvice(
                decision=Decision.RETRY,
                not_before=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-5))),
            ),
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ),
        (RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL), None),
        (RetryAdvice(decision=Decision.DO_NOT_RETRY, scope=Scope.AFTER_REAUTH, delay=5.0), None),
        (RetryAdvice(), None),
    ],
    ids=str,
)
def test_retry_after_is_said_where_a_repeat_may_help(advice: RetryAdvice, header: str | None):
    """Whole seconds, rounded up, or a date; nothing where our caller would only fail again."""
    assert retry_after(ErrorRecord(vendor="unknown", shape="text", retry=advice)) == header


def test_a_problem_of_ours_is_read_back():
    """A service behind ours learns the vendor's error, as far as it was shown."""
    known = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse", headers={"Retry-After": "5"}).first
    heard = from_problem(json.loads(json.dumps(to_problem(known))))

    assert (heard.vendor, heard.code, heard.category) == ("zoom-cobrowse", "1016", Category.NETWORK)
    assert (heard.entry, heard.retry.delay, heard.retry.same_call) == (known.entry, 5.0, True)
    assert heard.summary() == known.summary()


def test_a_faithful_problem_has_the_members_of_the_other_one():
    """Asked to be faithful, a document says more, and nothing in another way."""
    record = errnorm.normalize({"code": 1016, "note": "x"}, vendor="zoom-cobrowse", status=503).first
    plain, faithful = to_problem(record), to_problem(record, faithful=True)
    faithful["retry"] = {name: faithful["retry"][name] for name in plain["retry"]}

    assert {name: faithful[name] for name in plain} == plain
    assert (faithful["upstream_status"], faithful["extra"]) == (503, {"note": "x"})


@given(any_case, statuses, vendors)
def test_a_problem_of_ours_is_a_problem_to_anybody(case, status, vendor):
    """Read as a body of anybody's, it is a problem document, and each of its members is somewhere."""
    for record in errnorm.normalize(case.body, status=status, vendor=vendor):
        problem = to_problem(record)
        [read] = errnorm.normalize(json.dumps(problem), status=problem["status"], content_type=MEDIA_TYPE)
        kept = {**read.extra, "type": read.type, "detail": read.message, "status": read.status}
        said = {name: value for name, value in problem.items() if value not in (None, [], {})}

        assert (read.vendor, read.shape) == ("unknown", "problem.json")
        assert {name: kept.get(name, read.code) for name in said} == said


words = st.text("abcdefghij /:&<>'\"é", min_size=1).map(lambda text: " ".join(text.split())).filter(bool)


@given(
    st.fixed_dictionaries(
        {"detail": words},
        optional=dict.fromkeys(("type", "title", "instance", "seats", "team"), words)
        | {"status": st.integers(400, 599)},
    )
)
def test_the_two_forms_of_a_problem_are_one_record(members):
    """What RFC 9457 writes as JSON or as XML (its appendix B) is read alike."""
    root = etree.Element("problem", nsmap={None: "urn:ietf:rfc:7807"})
    for name, value in members.items():
        etree.SubElement(root, name).text = str(value)
    [from_xml] = errnorm.normalize(etree.tostring(root), content_type="application/problem+xml")
    [from_json] = errnorm.normalize(json.dumps(members), content_type=MEDIA_TYPE)

    assert from_xml == evolve(from_json, shape="problem.xml")
