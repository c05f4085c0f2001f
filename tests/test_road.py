"""The road reads a body once: one pass of each reader, one record for each error."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import orjson
import pytest
from attrs import evolve
from corpus import Case, cases
from lxml import etree

import errnorm
from errnorm import payload
from errnorm.record import Draft, ErrorRecord
from errnorm.vendor import Evidence, Reported, Vendor
from errnorm.vendors import VENDORS

CASES = cases()
BY_NAME = {case.name: case for case in CASES}

DATE = "Sat, 21 Nov 2026 08:00:%02d GMT"

# What a well-formed body of each vendor costs: the readers that pass over it, and the errors in it.
COSTS = [
    ("cisco-finesse/rest-12-5-peripheral", {"xml": 1}, 1),
    ("cisco-finesse/rest-two-errors", {"xml": 1}, 2),
    ("cisco-finesse/notification-update-two-errors", {"xml": 1}, 2),
    ("cisco-finesse/callback-object-two-errors", {"json": 1}, 2),
    ("cisco-finesse/callback-sync", {"json": 1, "xml": 1}, 1),  # XML as a text inside of JSON
    ("genesys-chat/bayeux-one", {"json": 1}, 1),
    ("genesys-chat/bayeux-several", {"json": 1}, 3),
    ("genesys-gwe/400-json-by-hint", {"json": 1}, 1),
    ("genesys-gwe/403-xml-by-url", {"xml": 1}, 1),
    ("genesys-gwe/502-nginx-by-url", {"html": 1}, 1),
    ("zoom-cobrowse/session-error-1011-3", {"json": 1}, 1),
]


class Counts:
    """What one call did: the inputs of each reader, and how many records were constructed."""

    def __init__(self) -> None:
        self.read: list[tuple[str, bytes]] = []
        self.records = 0

    @property
    def readers(self) -> dict[str, int]:
        """How often each reader of a structure was at work."""
        return dict(Counter(reader for reader, _ in self.read if reader != "text"))

    @property
    def twice(self) -> list[tuple[str, bytes]]:
        """What a reader read more than once."""
        return [passed for passed, times in Counter(self.read).items() if times > 1]


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """Count what the road does, at the readers themselves."""
    found = Counts()

    def noted(reader: Callable[..., str], function: Callable[..., object]):
        def call(data: bytes | str, *args: object, **kwargs: object) -> object:
            plain = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
            found.read.append((reader(*args), plain))
            return function(data, *args, **kwargs)

        return call

    def constructing(original: Callable[..., None]):
        def construct(record: Draft, *args: object, **kwargs: object) -> None:
            found.records += 1
            original(record, *args, **kwargs)

        return construct

    # A draft that is closed is a record, and a record may be made without a draft.
    for kind in (Draft, ErrorRecord):
        monkeypatch.setattr(kind, "__init__", constructing(kind.__init__))
    monkeypatch.setattr(payload, "decode", noted(lambda *_: "text", payload.decode))
    monkeypatch.setattr(orjson, "loads", noted(lambda *_: "json", orjson.loads))
    monkeypatch.setattr(json, "loads", noted(lambda *_: "exact json", json.loads))
    monkeypatch.setattr(etree, "fromstring", noted(markup_of, etree.fromstring))
    return found


def markup_of(parser: object = None, **_: object) -> str:
    """Name the reader by its parser: lxml reads XML and HTML by one function."""
    return "html" if isinstance(parser, etree.HTMLParser) else "xml"


def normalized(case: Case, normalizer: errnorm.Normalizer) -> errnorm.Result:
    """Read a fixture as its case says."""
    return normalizer.normalize(case.body, **case.given)


@pytest.fixture(scope="module")
def normalizer() -> errnorm.Normalizer:
    """A normalizer without a cache, which has loaded what is loaded once."""
    fresh = errnorm.Normalizer(cache_size=0)
    for case in CASES:
        normalized(case, fresh)
    return fresh


@pytest.mark.parametrize("name, readers, errors", COSTS)
def test_a_body_costs_one_pass_of_each_reader_it_needs(
    name: str, readers: dict[str, int], errors: int, normalizer: errnorm.Normalizer, counts: Counts
):
    """A well-formed body is parsed once for each form in it, and by no reader it does not need."""
    result = normalized(BY_NAME[name], normalizer)

    assert counts.readers == readers
    assert counts.records == len(result) == errors


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_reader_passes_over_a_body_twice(case: Case, normalizer: errnorm.Normalizer, counts: Counts):
    """Whatever the body, no reader gets the same text a second time, and each error makes one record."""
    result = normalized(case, normalizer)

    assert counts.twice == []
    assert counts.records == len(result)


def test_each_vendor_is_asked_once_and_one_parses():
    """The road scores a vendor at most once for a body, and only one vendor parses it."""
    asked: Counter[str] = Counter()

    def counting(vendor: Vendor) -> Vendor:
        def score(body: payload.Payload) -> Evidence:
            asked[f"score {vendor.name}"] += 1
            return vendor.score(body)

        def parse(body: payload.Payload) -> list[Reported]:
            asked["parse"] += 1
            return vendor.parse(body)

        return evolve(vendor, score=score, parse=parse)

    normalizer = errnorm.Normalizer(vendors=[counting(vendor) for vendor in VENDORS], cache_size=0)
    often = []
    for case in CASES:
        asked.clear()
        normalized(case, normalizer)
        often += [f"{case.name}: {what}" for what, times in asked.items() if times > 1]

    assert often == []


@pytest.mark.parametrize("name", [name for name, _, _ in COSTS])
def test_a_body_that_comes_again_is_not_read(name: str, counts: Counts):
    """Of a body that is still known nothing is read, also where the `Date` of the response is another."""
    normalizer, case = errnorm.Normalizer(), BY_NAME[name]
    for second in range(3):
        counts.read.clear()
        normalizer.normalize(bytes(bytearray(case.body)), **case.given, headers={"Date": DATE % second})

    assert counts.read == []
