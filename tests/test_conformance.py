"""The conformance kit: a good vendor passes, and each way of being wrong is told in a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from corpus import cases

import errnorm
from errnorm.payload import Payload
from errnorm.testing import PROMISES, NotConforming, bench_of, check_vendor
from errnorm.testing.promises import knowing_the_vendor_loses_no_error
from errnorm.vendor import NOTHING, Clue, ClueKind, Evidence, Reported
from errnorm.vendors._template import TEMPLATE

FOLDER = Path(errnorm.__file__).parent / "vendors" / "_template"
CATALOG = FOLDER / "catalog.json"
BODY = {"exampleError": {"code": 17, "text": "No such ticket", "ticket": "T-4711", "queue": 3}}
CASE: dict[str, Any] = {
    "about": "A code of the table, with a ticket.",
    "health": "well-formed",
    "named_by": '"exampleError":',
    "given": {"status": 404},
    "expected": {
        "detection": {"vendor": "example-desk", "shape": "desk.error", "candidates": []},
        "records": [{"code": "17", "entry": "example-desk:code/17", "retry": {"decision": "do_not_retry"}}],
        "problems": [],
    },
}


@pytest.fixture
def fixtures(tmp_path: Path) -> Path:
    """Give a folder with one fixture of the template."""
    return written(tmp_path, BODY, CASE)


def written(folder: Path, body: Any, case: Any) -> Path:
    """Write a fixture."""
    (folder / "gone.json").write_text(json.dumps(body), "utf-8")
    (folder / "gone.case.json").write_text(json.dumps(case), "utf-8")
    return folder


def faults(vendor: Any, fixtures: Path, catalog: Path | None = CATALOG) -> str:
    """Give what the kit says."""
    with pytest.raises(NotConforming) as caught:
        check_vendor(vendor, fixtures, catalog=catalog)
    assert str(caught.value).splitlines()[1:] == [f"  {fault}" for fault in caught.value.faults[:30]] + (
        [f"  and {len(caught.value.faults) - 30} more"] if len(caught.value.faults) > 30 else []
    )
    return str(caught.value)


def test_a_good_vendor_passes(fixtures: Path):
    """The template, which is there to be copied, keeps every promise."""
    assert check_vendor(TEMPLATE, fixtures, catalog=CATALOG) is None


def _sure(_: Payload) -> Evidence:
    return Evidence(0.9, "anything at all")


def _quoting(payload: Payload) -> Evidence:
    return Evidence(0.9, f"it says {payload.text}")


def _fickle(payload: Payload) -> Evidence:
    return Evidence(next(_CHANGING), "a mark") if "exampleError" in payload.text else Evidence(0.0, "none")


_CHANGING = (0.6 + (number % 7) / 100 for number in count())


def _whole_only(payload: Payload) -> Evidence:
    return TEMPLATE.score(payload) if payload.text.endswith("}}") else Evidence(0.0, "cut")


def _ordered(payload: Payload) -> Evidence:
    return Evidence(0.9, "a mark") if '{"code"' in payload.text else Evidence(0.6, "a mark")


def _raises(payload: Payload) -> list[Reported]:
    if "null" in payload.text:
        raise KeyError("null")
    return list(TEMPLATE.parse(payload))


def _forgets(payload: Payload) -> Iterator[Reported]:
    yield from ({**reported, "extra": {}} for reported in TEMPLATE.parse(payload))  # type: ignore[misc]


def _half(payload: Payload) -> Iterator[Reported]:
    text = payload.text.partition('"text": "')[2].partition('"')[0]
    yield from ({**reported, "code": text or None} for reported in TEMPLATE.parse(payload))  # type: ignore[misc]


def _numbers(payload: Payload) -> Iterator[Any]:
    yield from ({**reported, "code": 17} for reported in TEMPLATE.parse(payload))


def _not_a_number(payload: Payload) -> Iterator[Reported]:
    yield from ({**reported, "extra": {"load": float("nan")}} for reported in TEMPLATE.parse(payload))  # type: ignore[misc]


def _silent(_: Payload) -> list[Reported]:
    return []


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"name": "Example"}, "the vendor: The name is 'Example'. Write small letters"),
        ({"name": "genesys-chat"}, "the name 'genesys-chat' is taken by errnorm"),
        ({"clues": ()}, "the vendor: The clues are no tuple, or there are none."),
        ({"clues": (Clue(ClueKind.MARK, "err"),)}, "the mark clue 'err' is too short"),
        ({"clues": (Clue(ClueKind.HEADER, "Server"),)}, "`name: part of its value`"),
        ({"clues": (Clue(ClueKind.FRAME, "{body} and"),)}, "does not begin with words"),
        ({"clues": ("exampleError",)}, "A clue is no errnorm.Clue"),
        ({"headers": ("Server",)}, "`headers` is no tuple of header names in lower case"),
        ({"parse": None}, "`parse` cannot be called"),
        ({"title": ""}, "The title is empty"),
        ({"score": lambda _: NOTHING}, "cannot be sent to another process"),
        ({"score": _sure, "clues": (*TEMPLATE.clues, Clue(ClueKind.KEY, "a"))}, "what anybody may send"),
        ({"score": _quoting}, "what is printed shows no value"),
        ({"score": _fickle}, "the cache changes nothing"),
        ({"score": _whole_only}, "a cut body keeps its vendor: cut to"),
        ({"score": _ordered}, "the order of members changes nothing"),
        (
            {"parse": _raises},
            "`parse` raised KeyError in test_conformance line ",
        ),
        ({"parse": _forgets}, 'every member is findable: the record has lost "3"'),
        ({"parse": _half}, "a cut value is never a code: cut to"),
        ({"parse": _numbers}, "'code' is of type int. Give a text or None."),
        ({"parse": _not_a_number}, "'extra' is of type dict. Give a dict of JSON values."),
        ({"parse": _silent}, 'detection.shape is "json", and the case expects "desk.error".'),
    ],
)
def test_what_is_wrong_is_told(fixtures: Path, change: dict[str, Any], sentence: str):
    """Each broken promise is a sentence with the fixture, what was found, and what to do."""
    assert sentence.casefold() in faults(evolve(TEMPLATE, **change), fixtures).casefold()


@pytest.mark.parametrize(
    "changed, sentence",
    [
        (
            {"records": []},
            "gone: it gives what the case expects: there are 1 records, and the case expects 0.",
        ),
        ({"problems": ["json-invalid"]}, 'problems is [], and the case expects ["json-invalid"].'),
        ({"records": [{"kode": "17"}]}, "the case expects records[0].kode, and nothing is called so."),
        ({"detection": {"vendor": "unknown"}}, 'detection.vendor is "example-desk"'),
        (
            {"detection": {"vendor": "unknown"}},
            "only its owner claims it: without a hint it is claimed by example-desk.",
        ),
        ({"detection": {"vendor": "unknown"}}, "none is a well-formed error of example-desk"),
    ],
)
def test_a_case_that_differs_is_told(tmp_path: Path, changed: dict[str, Any], sentence: str):
    """What the case expects stands beside what was found."""
    folder = written(tmp_path, BODY, {**CASE, "expected": CASE["expected"] | changed})

    assert sentence in faults(TEMPLATE, folder)


def test_a_mark_that_is_not_there_is_told(tmp_path: Path):
    """`named_by` is a text of the body."""
    folder = written(tmp_path, BODY, {**CASE, "named_by": "acmeError"})

    assert "`named_by` is 'acmeError', which does not stand in the body." in faults(TEMPLATE, folder)


def test_a_hint_that_loses_an_error_is_told():
    """The promise about hints fails where a vendor swallows the errors of others."""
    bench = bench_of(evolve(TEMPLATE, name="swallow", parse=_swallow))
    chat = next(
        case for case in cases("well-formed") if case.owner == "genesys-chat" and "vendor" not in case.given
    )

    assert list(knowing_the_vendor_loses_no_error(bench, chat)) == [
        "with vendor='swallow' it gives no record, and without it does."
    ]


def _swallow(payload: Payload) -> list[Reported]:
    payload.shape = "swallowed"
    return []


def test_a_catalog_with_a_mistake_is_told(fixtures: Path, tmp_path_factory: pytest.TempPathFactory):
    """The catalog file is checked as `errnorm catalog check` does."""
    catalog = tmp_path_factory.mktemp("own") / "catalog.json"
    catalog.write_text('{"vendor": "example-desk", "entries": [{"table": "code", "code": 17}]}', "utf-8")

    assert "entries[0].code (code 17): this is a number" in faults(TEMPLATE, fixtures, catalog)


def test_what_is_no_vendor_is_told(fixtures: Path):
    """A folder or a class in place of the vendor is a sentence."""
    assert "It is of type dict. Give an errnorm.Vendor." in faults({}, fixtures)


@pytest.mark.parametrize(
    "files, sentence",
    [
        ({}, "There is no case in"),
        (
            {"a.json": "{}", "a.case.json": '{"about": "A.", "health": "success", "given": 404}'},
            "'given' is no object.",
        ),
        ({"a.json": "{}"}, "a.json has no a.case.json beside it."),
        ({"a.case.json": "{}"}, "a.case.json needs one body beside it, a.<anything>; there are 0."),
        ({"a.json": "{}", "a.case.json": "{"}, "a.case.json is no JSON: "),
        ({"a.json": "{}", "a.case.json": "[]"}, "this is no object."),
        ({"a.json": "{}", "a.case.json": '{"abuot": ""}'}, "no member is called 'abuot'."),
        ({"a.json": "{}", "a.case.json": '{"about": "A."}'}, "'health' is no text, or missing."),
        ({"a.json": "{}", "a.case.json": '{"about": "A.", "health": "ill"}'}, "'ill' is no health."),
        ({"a.json": "{}", "a.case.json": '{"about": "A", "health": "success"}'}, "'about' is no sentence."),
        ({"a.json": "{}", "a.case.json": '{"about": "A.", "health": "success"}'}, "no list of records"),
        (
            {
                "a.json": "{}",
                "a.case.json": '{"about": "A.", "health": "success", "expected": {"records": []}}',
            },
            "does not say which vendor is detected",
        ),
    ],
)
def test_fixtures_that_cannot_be_read_are_told(tmp_path: Path, files: dict[str, str], sentence: str):
    """A folder of fixtures with a slip in it is a sentence that names the file."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r".") as caught:
        check_vendor(TEMPLATE, tmp_path, catalog=CATALOG)

    assert sentence in str(caught.value)


def test_what_failed_is_told_before_what_differs(fixtures: Path):
    """A parser that gives a wrong type is named first, and then the fields that it did not fill."""
    told = faults(evolve(TEMPLATE, parse=_numbers), fixtures).splitlines()

    assert "gone: whatever is broken is read: The vendor example-desk failed" in told[1]
    assert any("gone: it gives what the case expects" in line for line in told[2:])


def test_a_short_value_is_looked_for_as_a_word(tmp_path: Path):
    """A digit that was dropped is not found in a longer number, nor in what errnorm says itself."""
    body = {"exampleError": {"code": 1014, "text": "No such ticket", "line": 4, "part": 0}}
    vendor = evolve(TEMPLATE, parse=_forgets)
    told = faults(vendor, written(tmp_path, body, CASE))

    assert 'gone: every member is findable: the record has lost "4"' in told
    assert 'gone: every member is findable: the record has lost "0"' in told


def test_a_folder_that_is_not_there_is_told():
    """A slip in the path is not taken for a folder without fixtures."""
    with pytest.raises(ValueError, match=r"There is no folder fixtrues\."):
        check_vendor(TEMPLATE, "fixtrues", catalog=CATALOG)


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"staus": 404}, "gone: `given`: There is no keyword 'staus'. Did you mean status?"),
        ({"status": "404"}, "gone: `given`: status is of type str."),
        ({"vendor": "exmple-desk"}, "gone: `given`: No vendor is called 'exmple-desk'."),
    ],
)
def test_a_wrong_keyword_is_told_with_its_fixture(tmp_path: Path, given: dict[str, Any], sentence: str):
    """A case with a slip in `given` is named, and the others are read."""
    assert sentence in faults(TEMPLATE, written(tmp_path, BODY, CASE | {"given": given}))


def test_every_promise_is_a_fact():
    """A promise is named and described as what holds."""
    assert [promise for promise in PROMISES if not (promise.__doc__ or "").endswith(".")] == []
    assert len({promise.__name__ for promise in PROMISES}) == len(PROMISES)


def test_the_kit_needs_no_other_package(fixtures: Path):
    """A stranger runs it with the core alone."""
    code = (
        "import sys; from errnorm.testing import check_vendor; from errnorm.vendors._template import TEMPLATE; "
        f"check_vendor(TEMPLATE, {str(fixtures)!r}, catalog={str(CATALOG)!r}); "
        "print(*{name.split('.')[0] for name in sys.modules} & {'pytest', 'hypothesis', 'jsonschema'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
