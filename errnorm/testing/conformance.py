"""The conformance kit: a vendor held to everything that errnorm promises of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

from errnorm.catalog import Catalog
from errnorm.contract import vendor_faults
from errnorm.exceptions import InvalidArgument, UnknownVendor
from errnorm.guarded import guarded
from errnorm.installed import installed
from errnorm.mistakes import Mistake
from errnorm.normalizer import Normalizer
from errnorm.testing.fixtures import Fixture, fixtures_in
from errnorm.testing.promises import PROMISES, Bench, failure
from errnorm.testing.samples import SAMPLES
from errnorm.vendor import Vendor
from errnorm.vendors import UNKNOWN, VENDORS
from errnorm.vocabulary import Severity

__all__ = ["NotConforming", "bench_of", "check_vendor"]

Folder = str | os.PathLike[str]
_MOST_TOLD = 30
# What anybody may send: no vendor is in it.
_NOBODYS = (
    *(
        b"",
        b" ",
        b"null",
        b"0",
        b"{}",
        b"[]",
        b"[{}]",
        b'{"a": [1, {"b": null}]}',
        b"<a/>",
        b"<a><b>1</b></a>",
    ),
    *(b"Service Unavailable", b"\x00\xff\xfe", b"<html><h1>502 Bad Gateway</h1></html>", b'{"code": 1, "'),
    *(b'{"error": "not_found"}', b'{"code": 404, "message": "no"}', b'{"status": 500, "title": "Oops"}'),
)


class NotConforming(AssertionError):  # noqa: N818 - a fact about a vendor
    """A vendor that does not keep what errnorm promises.

    Attributes:
        faults: what is wrong, a sentence each, with the fixture or the part it is about.
    """

    def __init__(self, vendor: str, faults: tuple[str, ...]) -> None:
        self.faults = faults
        told = "".join(f"\n  {fault}" for fault in faults[:_MOST_TOLD])
        more = f"\n  and {len(faults) - _MOST_TOLD} more" if len(faults) > _MOST_TOLD else ""
        super().__init__(f"{vendor} breaks a promise of errnorm ({len(faults)}):{told}{more}")


def check_vendor(vendor: Vendor, fixtures: Folder, *, catalog: Folder | None = None) -> None:
    """Hold a vendor to everything that errnorm promises of its own; for your tests.

    It reads every fixture whole, cut at every byte, shuffled and broken, and tells what goes wrong with the
    fixture's name, what was found and what was expected. Nothing in it is left to chance: it finds the same
    faults each time.

    Args:
        vendor: the vendor.
        fixtures: a folder with bodies, each with its `.case.json` beside it; see `fixtures_in`.
        catalog: the vendor's catalog file, where it has one.

    Raises:
        NotConforming: an AssertionError with all the faults.
        ValueError: when the fixtures cannot be read.

    Example:
        >>> from errnorm.vendors import VENDORS
        >>> check_vendor(VENDORS[3], "fixtures/zoom-cobrowse")
    """
    found = fixtures_in(fixtures)
    faults = [*_faults_as_it_stands(vendor, catalog)]
    if not faults:
        bench = bench_of(vendor, catalog)
        faults += _faults_beside_others(bench)
        faults += _faults_of_fixtures(bench, found)
    if faults:
        raise NotConforming(str(getattr(vendor, "name", vendor)), tuple(faults))


def bench_of(vendor: Vendor, catalog: Folder | None = None) -> Bench:
    """Give a bench to try a vendor on: it stands beside the builtin ones, and guarded.

    Args:
        vendor: the vendor; a builtin one takes its own place.
        catalog: the vendor's catalog file.
    """
    others = [other for other in VENDORS if other.name != vendor.name]
    own = Catalog.load(catalog) if catalog else Catalog()
    vendors = others if vendor is UNKNOWN else [*others, guarded(vendor)]
    return Bench(vendor, Normalizer(vendors=vendors, catalog=Catalog.builtin() | own, cache_size=0))


def _faults_as_it_stands(vendor: Vendor, catalog: Folder | None) -> Iterator[str]:
    yield from (f"the vendor: {fault}" for fault in vendor_faults(vendor))
    taken = {known.name for known in installed().vendors if known.is_builtin}
    if isinstance(vendor, Vendor) and vendor.name in taken and vendor not in VENDORS:
        yield f"the vendor: the name {vendor.name!r} is taken by errnorm. Choose another one."
    if catalog is not None:
        yield from (f"{os.fsdecode(catalog)}: {mistake}" for mistake in _mistakes(catalog))


def _mistakes(catalog: Folder) -> list[Mistake]:
    return [mistake for mistake in Catalog.check(catalog) if mistake.severity is Severity.ERROR]


def _faults_beside_others(bench: Bench) -> Iterator[str]:
    """Find bodies of others, and of nobody, that the vendor claims or fails on."""
    without = bench_of(UNKNOWN)
    for name, sample in SAMPLES.items():
        given = {"status": sample.status, "headers": sample.headers}
        if list(bench.read(sample.body, given)) != list(without.read(sample.body, given)):
            yield f"errnorm.testing.{name}: another vendor's body is read otherwise when this one is there."
    for body in _NOBODYS:
        if bench.normalizer.detect(body).vendor == bench.vendor.name:
            yield f"{body!r}: the vendor claims what anybody may send. Ask for a mark that is its own."
        fault = failure(bench, body, {"vendor": bench.vendor.name})
        if fault:
            yield f"{body!r}: {fault}"


def _faults_of_fixtures(bench: Bench, fixtures: tuple[Fixture, ...]) -> Iterator[str]:
    own = [fixture for fixture in fixtures if fixture.owner == bench.vendor.name]
    if not any(fixture.health == "well-formed" and fixture.expected["records"] for fixture in own):
        yield f"the fixtures: none is a well-formed error of {bench.vendor.name}. Bring a body that it sent."
    for fixture in fixtures:
        yield from (f"{fixture.name}: {fault}" for fault in _faults_of_fixture(bench, fixture))


def _faults_of_fixture(bench: Bench, fixture: Fixture) -> Iterator[str]:
    try:
        bench.read(fixture.body, fixture.given)
    except (InvalidArgument, UnknownVendor) as error:
        yield f"`given`: {error}"
        return
    for promise in PROMISES:
        name = promise.__name__.replace("_", " ")
        yield from (f"{name}: {fault}" for fault in promise(bench, fixture))
