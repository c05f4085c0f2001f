"""The template slice: it runs as it stands, so that a copy of it is a good beginning."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import jsonschema
import pytest
from corpus import Case, cases

import errnorm
from errnorm.schemas import schema_text
from errnorm.vendors import VENDORS
from errnorm.vendors._template import TEMPLATE

FOLDER = Path(errnorm.__file__).parent / "vendors" / "_template"
CATALOG = errnorm.Catalog.builtin() | errnorm.Catalog.load(FOLDER / "catalog.json")
NORMALIZER = errnorm.Normalizer(vendors=(*VENDORS, TEMPLATE), catalog=CATALOG)

BODY = b'{"exampleError": {"code": 17, "text": "No such ticket", "ticket": "T-4711"}}'
BARE = b'{"code": 17, "text": "No such ticket", "ticket": "T-4711"}'


def test_body_is_recognised():
    """The wrapper names the vendor, and each member has its field."""
    result = NORMALIZER.normalize(BODY, status=404)
    record = result[0]

    assert result.detection.vendor == TEMPLATE.name
    assert result.detection.confidence == 0.95
    assert (record.shape, record.code, record.message) == ("desk.error", "17", "No such ticket")
    assert record.ids == {"request": "T-4711"}
    assert record.extra == {}


def test_what_has_no_field_is_kept():
    """Members of the error stay under their own names, those around it under `envelope`."""
    body = {"exampleError": {"code": "30", "queue": {"id": 3}}, "node": "desk-2"}
    record = NORMALIZER.normalize(body)[0]

    assert record.extra == {"queue": {"id": 3}, "envelope": {"node": "desk-2"}}


def test_every_error_of_a_list_is_a_record():
    """A body with several errors gives as many records, in their order."""
    body = [{"exampleError": {"code": 30}}, {"exampleError": {"code": 30}}, {"pulse": 1}]

    assert [(record.code, record.index) for record in NORMALIZER.normalize(body)] == [("30", 0), ("30", 1)]


@pytest.mark.parametrize(
    "code, entry, match, category",
    [
        (17, "example-desk:code/17", "exact", "not_found"),
        ("ticket_not_found", "example-desk:code/17", "exact", "not_found"),
        (142, "example-desk:code/100-199", "family", "dependency_failed"),
    ],
)
def test_code_finds_its_entry(code: int | str, entry: str, match: str, category: str):
    """A code in the table is exact, also by its name, and one in a known range has the family's meaning."""
    record = NORMALIZER.normalize({"exampleError": {"code": code}})[0]

    assert record.entry == CATALOG.get(entry)
    assert (record.match, record.category) == (match, category)
    assert record.retry.basis == f"catalog:{entry}"


def test_unknown_code_stays_unknown():
    """A code that the catalog does not have is shown as it came, and nothing is made up about it."""
    record = NORMALIZER.normalize({"exampleError": {"code": 999}})[0]

    assert record.code == "999"
    assert (record.entry, record.match, record.category) == (None, "none", "unknown")
    assert record.retry == errnorm.RetryAdvice()


def test_unknown_code_is_judged_by_its_status():
    """Where the code says nothing, the status is the next rung."""
    record = NORMALIZER.normalize({"exampleError": {"code": 999}}, status=503)[0]

    assert (record.code, record.match, record.retry.basis) == ("999", "status", "http:503")


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"code": 17, "text": "No such ticket"}}',
        b'{"code": 17, "text": "No such ticket"}',
        b"<exampleError><code>17</code></exampleError>",
        b"the exampleError was not found",
        b"",
    ],
)
def test_foreign_body_is_not_claimed(body: bytes):
    """What only resembles the vendor's form is nobody's."""
    result = NORMALIZER.normalize(body)

    assert result.detection.vendor == "unknown"
    assert [record.vendor for record in result] == ["unknown"]


def test_thin_evidence_names_a_candidate():
    """Without its wrapper the body is anybody's, and the vendor is named as one who may have sent it."""
    detection = NORMALIZER.detect(BARE)

    assert detection.vendor == "unknown"
    assert TEMPLATE.name in [candidate.vendor for candidate in detection.candidates]


@pytest.mark.parametrize("known", [{"vendor": "example-desk"}, {"url": "https://h.example.com/desk/api/t/1"}])
def test_caller_or_url_may_decide(known: dict[str, str]):
    """The same thin body is the vendor's where the caller or the url says so."""
    record = NORMALIZER.normalize(BARE, **known)[0]

    assert (record.vendor, record.code, record.ids) == (TEMPLATE.name, "17", {"request": "T-4711"})


def test_hint_does_not_invent_an_error():
    """A body with nothing of the vendor's form is described as it is, whoever the caller says sent it."""
    record = NORMALIZER.normalize(b'{"pulse": 1}', vendor="example-desk")[0]

    assert (record.vendor, record.shape, record.code) == (TEMPLATE.name, "json", None)


def test_cut_body_keeps_its_vendor_and_makes_up_no_code():
    """From the wrapper's name on, a body cut at any byte is the vendor's; half a code is no code."""
    start = BODY.index(b":") + 1
    results = [NORMALIZER.normalize(BODY[:end]) for end in range(start, len(BODY))]

    assert {result.detection.vendor for result in results} == {TEMPLATE.name}
    assert {record.code for result in results for record in result} == {None, "17"}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_one_more_vendor_changes_nothing_for_the_others(case: Case):
    """Every fixture gives the same records, whether the template stands beside its vendor or not."""
    assert list(NORMALIZER.normalize(case.body, **case.given)) == list(
        errnorm.normalize(case.body, **case.given)
    )


def test_slice_can_be_sent_to_a_worker():
    """A vendor is made of plain functions of its module, so a normalizer with it pickles."""
    copy = pickle.loads(pickle.dumps(NORMALIZER))

    assert copy.normalize(BODY) == NORMALIZER.normalize(BODY)


def test_catalog_fits_the_schema():
    """The catalog has the form that is printed for users, and is the vendor's own."""
    content = json.loads((FOLDER / "catalog.json").read_text("utf-8"))
    jsonschema.validate(content, json.loads(schema_text("catalog")))

    assert content["vendor"] == TEMPLATE.name
    assert [entry.id for entry in CATALOG.entries(TEMPLATE.name)] == [
        "example-desk:code/17",
        "example-desk:code/30",
        "example-desk:code/100-199",
    ]


def test_template_is_no_vendor_of_ours():
    """The invented product is neither recognised nor explained by default."""
    assert TEMPLATE not in VENDORS
    assert TEMPLATE.name not in errnorm.Catalog.builtin().vendors()
    assert errnorm.detect(BODY).vendor == "unknown"
