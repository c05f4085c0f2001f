"""The pages of docs/reference: fresh, complete, and of one mind with what is public."""

from __future__ import annotations

import importlib
import sys
import tomllib
from pathlib import Path

import attrs
import pytest

import errnorm
from errnorm.vendors import UNKNOWN, VENDORS

DOCS = Path(__file__).parent.parent / "docs"
if not DOCS.exists():
    pytest.skip("the pages are no part of the wheel", allow_module_level=True)
pytest.importorskip("griffe", reason="the pages of the API are made with the group docs")
pytest.importorskip("click", reason="the page of the command is made with errnorm[cli]")

sys.path.insert(0, str(DOCS))
import make_api  # noqa: E402 - scripts of docs/, found by the line above
import make_reference  # noqa: E402

PAGES: dict[str, str] = make_reference.pages()


def words(name: str) -> dict[str, dict[str, object]]:
    """Give the words of one kind of page."""
    return tomllib.loads((DOCS / "words" / f"{name}.toml").read_text("utf-8"))


def test_pages_are_fresh():
    """The files are what the script makes: run `make pages`."""
    files = {
        path.relative_to(make_reference.FOLDER).as_posix(): path.read_text("utf-8")
        for path in make_reference.FOLDER.rglob("*.*")
    }

    assert {name for name in PAGES.keys() | files.keys() if PAGES.get(name) != files.get(name)} == set()


@pytest.mark.parametrize(
    "kind, names",
    [
        (
            "fields",
            {field.name for field in attrs.fields(errnorm.ErrorRecord)} | {"fingerprint", "schema_version"},
        ),
        ("categories", set(errnorm.Category)),
        ("problems", set(errnorm.ProblemCode)),
        ("vendors", {vendor.name for vendor in (*VENDORS, UNKNOWN)}),
    ],
)
def test_everything_has_its_words(kind: str, names: set[str]):
    """A field, category, problem code or vendor has its page, and nothing that is gone has one."""
    assert set(words(kind)) == names
    assert {f"{kind}/{name}.md" for name in names} <= PAGES.keys()


def test_the_shapes_of_a_vendor_are_those_of_its_bodies():
    """A shape that a test body has is in the support table, and one of the table has a test body."""
    seen = set(make_reference._bodies())
    listed = {(vendor, shape) for vendor, told in words("vendors").items() for shape in told["shapes"]}
    general = {shape for vendor, shape in listed if vendor == "unknown"}

    assert listed - seen == set()
    assert {(vendor, shape) for vendor, shape in seen - listed if shape and shape not in general} == set()


@pytest.mark.parametrize("module", make_api.public_modules())
def test_the_page_of_a_module_is_what_is_public(module: str):
    """What is public and what the page shows are the same names, all of them in the module's `__all__`."""
    names = make_api.public_names(module)
    page = PAGES[f"api/{module}.md"]

    assert [line[4:-1] for line in page.splitlines() if line.startswith("## `")] == list(names)
    assert set(names) <= set(importlib.import_module(module).__all__)
    assert module in make_api.FOR_VENDORS or list(names) == importlib.import_module(module).__all__


@pytest.mark.parametrize("name", ["Options", "Reported"])
def test_every_key_of_a_public_dict_is_told(name: str):
    """A dict whose members users write has a line for each of them on its page."""
    page = PAGES["api/errnorm.md"].partition(f"## `{name}`")[2].partition("\n## ")[0]

    assert [key for key in getattr(errnorm, name).__annotations__ if f"\n- `{key}`: " not in page] == []
