"""What users see of the types: read by mypy and pyright in `make lint`, and never run.

Each line is something that a program may write. A line with `type: ignore` must be a mistake, and mypy says
so when it is none any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, assert_type

import errnorm
from errnorm import batch
from errnorm.payload import Payload
from errnorm.testing import Fixture, check_vendor, fixtures_in


def the_call(body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """Any usual body and headers, and a result of records."""
    result = errnorm.normalize(body, status=503, headers=headers, url="/finesse/api/User/agent1001")
    assert_type(result, errnorm.Result)
    assert_type(result.first, errnorm.ErrorRecord | None)
    assert_type(result[0], errnorm.ErrorRecord)
    assert_type([record.code for record in result], list[str | None])
    assert_type(result.detection.candidates, tuple[errnorm.Candidate, ...])
    errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse", occurred_at=None, strict=True)
    errnorm.normalize("text", headers={"Retry-After": "5"}, content_type="text/xml")
    assert_type(errnorm.detect(None).vendor, str)
    errnorm.normalize(body, status="503")  # type: ignore[arg-type]
    errnorm.normalize(body, statuscode=503)  # type: ignore[call-arg]


def the_record(record: errnorm.ErrorRecord) -> None:
    """Every field has one type, and words are words of a list."""
    assert_type(record.vendor, str)
    assert_type(record.status, int | None)
    assert_type(record.ids, Mapping[str, str])
    assert_type(record.extra, Mapping[str, Any])
    assert_type(record.occurred_at, datetime | None)
    assert_type(record.category, errnorm.Category)
    assert_type(record.retry.decision, errnorm.Decision)
    assert_type(record.retry.delay, float | None)
    assert_type(record.entry, errnorm.CatalogEntry | None)
    assert_type(record.problems, tuple[errnorm.Problem, ...])
    assert_type(record.to_dict(raw="text"), dict[str, Any])
    assert_type(errnorm.from_dict({}), errnorm.ErrorRecord)
    record.code = "1016"  # type: ignore[misc]
    record.to_dict(raw="hex")  # type: ignore[arg-type]


def a_match(error: errnorm.VendorError) -> str:
    """A category is a text that can be matched, and the error has its record."""
    match error.record.category:
        case errnorm.Category.BUSY | errnorm.Category.UNAVAILABLE:
            return "wait"
        case "authentication":
            return "sign in"
        case _:
            return error.record.category.line


def what_is_installed() -> None:
    """The questions about what is there have answers with types, beside the modules of the same names."""
    assert_type(errnorm.vendors(), tuple[errnorm.KnownVendor, ...])
    assert_type(errnorm.vendors()[0].vendor, errnorm.Vendor)
    assert_type(errnorm.plugins()[0].disabled, str | None)
    assert_type(errnorm.catalog(), errnorm.Catalog)
    assert_type(errnorm.catalog() | errnorm.Catalog.load("own.json"), errnorm.Catalog)
    assert_type(errnorm.catalog().get("zoom-cobrowse:code/1016"), errnorm.CatalogEntry | None)
    assert_type([category.gateway_status for category in errnorm.categories()], list[int])


def score(payload: Payload) -> errnorm.Evidence:
    """Tell how sure it is."""
    return errnorm.Evidence(0.9, "a mark") if payload.json else errnorm.Evidence(0.0, "none")


def parse(payload: Payload) -> Iterator[errnorm.Reported]:
    """Report with the members of a report alone."""
    yield {"shape": "desk.error", "code": payload.text, "lookups": (("code", payload.text),)}
    yield errnorm.Reported(shape="desk.error", origin=errnorm.Origin.VENDOR, extra={"queue": 3})
    yield {"shape": "desk.error", "kode": "17"}  # type: ignore[typeddict-unknown-key]
    yield {"code": "17"}  # type: ignore[typeddict-item]


def a_vendor_of_their_own() -> None:
    """A vendor is written, put beside others, and held to the promises."""
    vendor = errnorm.Vendor(
        name="acme-desk",
        title="Acme Desk",
        clues=(errnorm.Clue(errnorm.ClueKind.KEY, "acmeError"),),
        score=score,
        parse=parse,
    )
    others = [known.vendor for known in errnorm.vendors()]
    normalizer = errnorm.Normalizer(vendors=[*others, vendor], limits=errnorm.Limits(max_records=7))
    assert_type(normalizer.normalize(b""), errnorm.Result)
    assert_type(fixtures_in("fixtures"), tuple[Fixture, ...])
    check_vendor(vendor, "fixtures", catalog="catalog.json")
    errnorm.Vendor("acme-desk")  # type: ignore[call-arg]


def a_batch() -> None:
    """Records one at a time, and a run with its report."""
    assert_type(batch.records(["captures/"]), Iterator[errnorm.ErrorRecord])
    report = batch.run("captures/", "errors.ndjson", jobs=2)
    assert_type(report.records, int)
    assert_type(report.to_dict(), dict[str, Any])


def a_response(response: Any, responses: Iterable[Any]) -> None:
    """The response of any client gives a result, and raising takes what a middleware left."""
    assert_type(errnorm.from_response(response), errnorm.Result)
    assert_type(errnorm.raise_for_error(None), None)
    assert_type([errnorm.from_response(one).is_error for one in responses], list[bool])
