"""The pages of docs/catalog: fresh, complete, and every entry with its anchor."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import errnorm
from errnorm.catalog import Catalog

SCRIPT = Path(__file__).parent.parent / "docs" / "make_catalog.py"
if not SCRIPT.exists():
    pytest.skip("the pages are no part of the wheel", allow_module_level=True)


sys.path.insert(0, str(SCRIPT.parent))
import make_catalog  # noqa: E402 - a script of docs/, found by the line above

PAGES: dict[str, str] = make_catalog.pages()
GONE = "Session does not exist or has ended."
ENTRIES = list(Catalog.builtin().entries())


def test_pages_are_fresh():
    """The files are what the script makes of the data: run `python docs/make_catalog.py`."""
    files = {
        path.relative_to(make_catalog.FOLDER).as_posix(): path.read_text("utf-8")
        for path in make_catalog.FOLDER.rglob("*.*")
    }

    assert {name for name in PAGES.keys() | files.keys() if PAGES.get(name) != files.get(name)} == set()


@pytest.mark.parametrize("name", PAGES)
def test_anchors_are_unique(name: str):
    """An anchor leads to one place of its page."""
    anchors = re.findall(r'<a id="([^"]*)">', PAGES[name])

    assert sorted(set(anchors)) == sorted(anchors)


def test_the_docs_url_of_every_entry_resolves():
    """Every entry, and every text of an entry with several, leads to its place on a page that is there."""
    missing = []
    for entry in ENTRIES:
        numbers = range(1, len(entry.messages) + 1) if len(entry.messages) > 1 else ()
        for one in (entry, *(Catalog.builtin().get(f"{entry.id}#{number}") for number in numbers)):
            page, _, anchor = (one.docs_url if one else "").partition("#")
            file = SCRIPT.parent.parent / page
            missing += [] if f'<a id="{anchor}"></a>' in file.read_text("utf-8") else [one]

    assert missing == []


def test_a_record_leads_to_the_page_of_what_it_says():
    """The docs_url of a record is the anchor of its entry, or of the text that tells the cause."""
    gone = errnorm.normalize({"event": "session_error", "payload": {"code": 1011, "errorMsg": GONE}}).first
    busy = errnorm.normalize({"event": "session_error", "payload": {"code": 1016}}).first

    assert gone.entry.docs_url == "docs/catalog/zoom-cobrowse/code.md#code-1011-text-3"
    assert busy.to_dict()["entry"]["docs_url"] == "docs/catalog/zoom-cobrowse/code.md#code-1016"


def test_every_table_says_what_is_missing():
    """The coverage speaks of every table of the catalog, and of no other."""
    assert set(make_catalog.TABLES) == {(entry.vendor, entry.table) for entry in ENTRIES}


def test_coverage_counts_every_entry():
    """The last line of the coverage is the whole catalog."""
    total = [cell.strip() for cell in PAGES["index.md"].splitlines()[-1].split("|")][5:9]

    assert int(total[0]) == len(ENTRIES) == sum(map(int, total[1:]))


@pytest.mark.parametrize("name", PAGES)
def test_links_of_pages_lead_somewhere(name: str):
    """A relative link leads to a page that is there, and an anchor to one on it."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGES[name]):
        assert (make_catalog.FOLDER / name).parent.joinpath(target).exists(), target
    for target, anchor in re.findall(r"\]\((?!https?:|\.\.)([^)#]+)#([^)]+)\)", PAGES[name]):
        assert f'<a id="{anchor}">' in PAGES[target]
