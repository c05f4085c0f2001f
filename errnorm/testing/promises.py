"""What every vendor promises of a body: each promise a function that tells how it is broken.

A promise is named as the fact it holds, takes a `Bench` and a `Fixture`, and gives sentences; none where it
is kept.
"""

from __future__ import annotations

import json
import pickle
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from errnorm.normalizer import Normalizer, from_dict
from errnorm.record import ErrorRecord, Result
from errnorm.testing.bodies import broken, leaves, replanted, shuffled, texts
from errnorm.testing.fixtures import Fixture
from errnorm.vendor import Vendor
from errnorm.vendors import UNKNOWN
from errnorm.vocabulary import ProblemCode

__all__ = ["PROMISES", "Bench", "Promise", "failure"]

_SECRET = "s3cr3t-Miller"  # noqa: S105 - what must not be shown
_PLAIN = frozenset({"well-formed", "several-errors", "foreign", "success"})
_FAILURES = frozenset({ProblemCode.VENDOR_FAILED, ProblemCode.INTERNAL_ERROR})
_REPORTED = ("shape", "type", "code", "subcode", "message", "target", "status", "ids", "extra", "retry")
_ORDERS = 5
_BROKEN = 30
_SHOWN = 200


@frozen
class Bench:
    """Where a vendor is tried: beside all others, and without a cache.

    Attributes:
        vendor: the vendor.
        normalizer: reads with it.
    """

    vendor: Vendor
    normalizer: Normalizer

    def read(self, body: object, given: Mapping[str, Any]) -> Result:
        """Read a body."""
        return self.normalizer.normalize(body, **given)


Promise = Callable[[Bench, Fixture], Iterator[str]]


def it_gives_what_the_case_expects(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """Detection, records and problems are those of the case, in the fields that it names."""
    result, expected = bench.read(fixture.body, fixture.given), fixture.expected
    detection: dict[str, Any] = {"vendor": result.detection.vendor, "shape": result.detection.shape}
    detection["candidates"] = [candidate.vendor for candidate in result.detection.candidates]
    yield from _differences("detection", detection, expected["detection"])
    problems = [str(problem.code) for problem in result.problems]
    yield from _differences("", {"problems": problems}, {"problems": expected.get("problems", [])})
    if len(result) != len(expected["records"]):
        yield f"there are {len(result)} records, and the case expects {len(expected['records'])}."
        return
    for number, (record, wanted) in enumerate(zip(result, expected["records"], strict=True)):
        yield from _differences(f"records[{number}]", _seen(record, wanted), wanted)


def _seen(record: ErrorRecord, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Give of a record what the case speaks about, in the case's form."""
    found = record.to_dict()
    found["entry"] = found["entry"] and found["entry"]["id"]
    found["problems"] = [problem["code"] for problem in found["problems"]]
    retry = wanted.get("retry")
    if isinstance(retry, Mapping):
        found["retry"] = {name: found["retry"].get(name) for name in retry}
    return found


def _differences(place: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        where = f"{place}.{name}" if place else name
        if name not in found:
            yield f"the case expects {where}, and nothing is called so."
        elif found[name] != value:
            yield f"{where} is {_shown(found[name])}, and the case expects {_shown(value)}."


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def only_its_owner_claims_it(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """Without the caller's hint, nobody but the vendor of the case calls the body its own."""
    given = {name: value for name, value in fixture.given.items() if name != "vendor"}
    found = bench.normalizer.detect(fixture.body, **given).vendor
    hinted = "vendor" in fixture.given
    if found != fixture.owner and not (hinted and found == UNKNOWN.name):
        yield f"without a hint it is claimed by {found}."


def it_comes_back_from_its_dict_and_a_pickle(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """A record can be written and read again, and is equal to itself, its body included."""
    result = bench.read(fixture.body, fixture.given)
    copy = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    if copy != result or copy.raw.data != fixture.body:
        yield "the result is another one after a pickle."
    for record in result:
        for raw in ("text", "base64"):
            written = json.loads(json.dumps(record.to_dict(raw=raw)))
            again = from_dict(written, catalog=bench.normalizer.catalog)
            if again != record or again.raw.data != fixture.body or again.fingerprint != record.fingerprint:
                yield f"record {record.index} is another one after to_dict(raw={raw!r}) and from_dict."


def the_cache_changes_nothing(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """The same body gives the same records, the first time, the second time, and without a cache."""
    cached = Normalizer(vendors=bench.normalizer.vendors, catalog=bench.normalizer.catalog)
    first, second = (cached.normalize(fixture.body, **fixture.given) for _ in range(2))
    if not first == second == bench.read(fixture.body, fixture.given):
        yield "it gives another result when it is read again."


def every_member_is_findable(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """Every leaf that the vendor sent of an error stands in a named field or in `extra`."""
    result = bench.read(fixture.body, fixture.given)
    if not result or fixture.health not in _PLAIN:
        return
    kept = "\n".join(text for record in result for text in texts(_reported(record)))
    for leaf in leaves(result.raw.data, lambda item: bench.read(item, fixture.given)):
        # `402::Unknown client` is one leaf and three fields.
        if not _stands_in(leaf, kept) and not all(_stands_in(part, kept) for part in leaf.split(":")):
            yield f"the record has lost {_shown(leaf)}: give it a field, or keep it in `extra`."


def _reported(record: ErrorRecord) -> dict[str, Any]:
    """Give what the vendor said in a record, without what errnorm says beside it: its `index`, its entry."""
    told = record.to_dict()
    return {name: told[name] for name in _REPORTED}


def _stands_in(leaf: str, text: str) -> bool:
    """Tell whether a leaf stands in a text as a word: `4` does not stand in `1014`."""
    place = text.find(leaf)
    while place >= 0:
        around = text[place - 1 : place] + text[place + len(leaf) :][:1]
        if not any(sign.isalnum() or sign == "_" for sign in around):
            return True
        place = text.find(leaf, place + 1)
    return False


def the_order_of_members_changes_nothing(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """XML children and JSON keys in another order give the same records."""
    if fixture.health not in _PLAIN:
        return
    expected = bench.read(fixture.body, fixture.given)
    for seed in range(_ORDERS):
        body = shuffled(fixture.body, seed)
        if body is None:
            return
        result = bench.read(body, fixture.given)
        if list(result) != list(expected) or result.detection != expected.detection:
            yield f"with its members in another order it gives another result: {_quoted(body)}"
            return


def a_cut_body_keeps_its_vendor(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """From the text that names the vendor on, a body cut at any place is still its vendor's."""
    if fixture.named_by is None:
        return
    text = _text_of(fixture.body)
    if fixture.named_by not in text:
        yield f"`named_by` is {fixture.named_by!r}, which does not stand in the body."
        return
    start = text.index(fixture.named_by) + len(fixture.named_by)
    for end in range(start, len(text)):
        found = bench.normalizer.detect(text[:end].encode(), **fixture.given).vendor
        if found != fixture.owner:
            yield f"cut to {end} of {len(text)} characters it is {found}'s: score what is left."
            return


def _text_of(body: bytes) -> str:
    data = zlib.decompressobj(31).decompress(body) if body[:2] == b"\x1f\x8b" else body
    return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")


def a_cut_value_is_never_a_code(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """Type, code and subcode of a cut body are whole values of the body: none is made up by the cut."""
    if fixture.named_by is None or not fixture.body.isascii():
        return
    whole = bench.read(fixture.body, fixture.given)
    # Where the member that decides is cut off, another whole value may take its place.
    known = {None, *texts([record.to_dict() for record in whole])}
    for end in range(len(fixture.body)):
        for record in bench.read(fixture.body[:end], fixture.given):
            made_up = {record.type, record.code, record.subcode} - known
            if made_up and record.vendor == fixture.owner:
                yield f"cut to {end} bytes it gives {_shown(max(map(str, made_up)))}: use `whole`."
                return


def what_is_printed_shows_no_value(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """Whatever is printed without asking holds no value of the body, whichever member it stood in."""
    for body in replanted(fixture.body, _SECRET):
        result = bench.read(body, fixture.given)
        shown = [str(result), repr(result), repr(result.raw), repr(result.detection), str(result.problems)]
        shown += [text for record in result for text in (str(record), repr(record))]
        if any(_SECRET in text for text in shown):
            yield f"a shape, a reason or a problem quotes the body: {_quoted(body)}"
            return


def whatever_is_broken_is_read(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """A body with something broken in it makes `score` and `parse` neither raise nor give nonsense."""
    for body in (fixture.body, *broken(fixture.body, fixture.name, _BROKEN)):
        for given in (fixture.given, {**fixture.given, "vendor": bench.vendor.name}):
            fault = failure(bench, body, given)
            if fault:
                yield fault
                return


def failure(bench: Bench, body: bytes, given: Mapping[str, Any]) -> str | None:
    """Say how a vendor failed on a body; None where it did not.

    Args:
        bench: where it is tried.
        body: the body.
        given: keywords of `normalize`.
    """
    failed = [problem for problem in bench.read(body, given).problems if problem.code in _FAILURES]
    if not failed:
        return None
    return f"{failed[0].message} The body: {_quoted(body)}"


def _quoted(body: bytes) -> str:
    return repr(body) if len(body) <= _SHOWN else f"{body[:_SHOWN]!r}… ({len(body)} bytes)"


def knowing_the_vendor_loses_no_error(bench: Bench, fixture: Fixture) -> Iterator[str]:
    """Whatever vendor a caller names, a body that reports an error gives a record."""
    if fixture.health == "success" or not bench.read(fixture.body, {}):
        return
    for name in (*(vendor.name for vendor in bench.normalizer.vendors), UNKNOWN.name):
        if not bench.read(fixture.body, {"vendor": name}):
            yield f"with vendor={name!r} it gives no record, and without it does."


PROMISES: tuple[Promise, ...] = (
    whatever_is_broken_is_read,  # first: a vendor that fails differs in every field as well
    it_gives_what_the_case_expects,
    only_its_owner_claims_it,
    it_comes_back_from_its_dict_and_a_pickle,
    the_cache_changes_nothing,
    every_member_is_findable,
    the_order_of_members_changes_nothing,
    a_cut_body_keeps_its_vendor,
    a_cut_value_is_never_a_code,
    what_is_printed_shows_no_value,
    knowing_the_vendor_loses_no_error,
)
"""What is asked of every fixture."""
