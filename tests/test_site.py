"""The site as it was built: no dead link, no dead anchor, nothing fetched, every docs_url leads to its place.

`make docs` builds it and runs these tests; without a site there is nothing to look at.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from errnorm.catalog import Catalog

SITE = Path(os.environ.get("ERRNORM_SITE", ""))
if not os.environ.get("ERRNORM_SITE"):
    pytest.skip("make docs builds the site and runs these", allow_module_level=True)

PAGES = sorted(path.resolve() for path in SITE.rglob("*.html"))


@cache
def tree_of(page: Path) -> html.HtmlElement:
    """Read a page."""
    return html.document_fromstring(page.read_bytes())


@cache
def anchors_of(page: Path) -> frozenset[str]:
    """Give every place of a page that a link may lead to."""
    return frozenset(tree_of(page).xpath("//@id | //a/@name")) | {"", "top"}


def leads_somewhere(page: Path, link: str) -> bool:
    """Tell whether a link inside the site leads to a file, and to an anchor of it."""
    parts = urlsplit(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return False
    return target.suffix != ".html" or unquote(parts.fragment) in anchors_of(target)


def test_there_is_a_site():
    """Every Markdown page of the project has become a page of the site, at the same path."""
    root = Path(__file__).parent.parent
    sources = [*root.glob("*.md"), *root.glob("docs/**/*.md")]
    missing = [path for path in sources if not (SITE / path.relative_to(root).with_suffix(".html")).exists()]

    assert len(sources) > 100
    assert missing == []


def test_no_link_is_dead():
    """Each link and each picture, script and style of each page leads to a file, and each anchor to a place."""
    links = [
        (page, link)
        for page in PAGES
        for link in tree_of(page).xpath("//a/@href | //link/@href | //@src")
        if not urlsplit(link).scheme
    ]

    assert len(links) > 10_000
    assert [(page.name, link) for page, link in links if not leads_somewhere(page, link)] == []


def test_nothing_is_fetched_from_elsewhere():
    """A page brings its scripts, styles, fonts and pictures itself."""
    asked = "//script/@src | //img/@src | //iframe/@src | //link[@rel='stylesheet' or @rel='icon']/@href"
    fetched = [link for page in PAGES for link in tree_of(page).xpath(asked) if urlsplit(link).netloc]
    styles = [path for path in SITE.rglob("*.css") if "url(http" in path.read_text("utf-8").replace('"', "")]

    assert fetched == []
    assert styles == []


def test_outer_links_are_well_formed():
    """A link out of the site has a scheme that readers know, and a host."""
    links = {link for page in PAGES for link in tree_of(page).xpath("//a/@href") if urlsplit(link).scheme}
    odd = [
        link
        for link in links
        if urlsplit(link).scheme not in {"https", "http"} or "." not in urlsplit(link).netloc
    ]

    assert odd == []


def test_the_docs_url_of_every_entry_leads_to_its_place():
    """Each of the catalog's entries, and each text of an entry with several, has its anchor on the site."""
    catalog = Catalog.builtin()
    entries = list(catalog.entries())
    texts = [
        catalog.get(f"{entry.id}#{number}")
        for entry in entries
        for number in range(1, len(entry.messages) + 1)
        if len(entry.messages) > 1
    ]
    urls = [entry.docs_url or "" for entry in (*entries, *filter(None, texts))]
    # The rule of docs/reference/fields/entry.md: `.md` is `.html` on the site.
    dead = [url for url in urls if not leads_somewhere(SITE.resolve() / "x", url.replace(".md#", ".html#"))]

    assert len(entries) > 400
    assert dead == []


def test_a_dead_link_would_be_found(tmp_path: Path):
    """The look at links tells a file and an anchor that are there from those that are not."""
    page = tmp_path / "page.html"
    page.write_text('<p><a id="here"></a></p>')

    assert leads_somewhere(page, "page.html#here")
    assert not leads_somewhere(page, "page.html#there")
    assert not leads_somewhere(page, "other.html")
