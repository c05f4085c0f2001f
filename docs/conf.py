"""How the site is built: the Markdown of the project as it lies, so that a link means the same here and there.

`make docs` builds it; a warning is an error, and so are dead links and anchors. Nothing is fetched.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.transforms import Transform
from myst_parser.mdit_to_docutils.transforms import ResolveAnchorIds

ROOT = Path(__file__).parent.parent

project = "errnorm"
author = "The errnorm authors"
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "examples/*/README.md"]
exclude_patterns = [".*", "build", "dist", "errnorm", "tests", "fixtures", "benchmarks"]
nitpicky = True
myst_heading_anchors = 4  # as deep as GitHub's links to headings are used here
html_theme = "furo"
html_title = "errnorm"
html_copy_source = False
html_extra_path = ["site"]  # a page that leads from the top of the site to docs/index

# The order of the side bar; a page of docs/ that stands nowhere comes at the end of the guides.
TUTORIAL = ["README", "docs/tutorial"]
GUIDES = [
    f"docs/{name}" for name in ("middleware", "middleware-servers", "retry", "logging", "exports", "events")
]
GUIDES += [f"docs/{name}" for name in ("testing", "batch", "extending")]
GUIDES += ["examples/acme-desk/README"]
GUIDES += [f"docs/recipes/{name}" for name in ("fastapi", "jobs", "pipelines")]
EXPLANATION = ["docs/why", "docs/catalog-guide", "docs/trust", "docs/performance", "SECURITY"]
PROJECT = ["docs/compatibility", "CONTRIBUTING", "CHANGELOG"]
REFERENCE = ["docs/reference/index", "docs/schema"]
ROOMS = ("fields", "categories", "problems", "vendors", "api")  # of the reference


def _tree(caption: str, pages: list[str]) -> str:
    # Titles only: with the headings of the catalog in it, the side bar would be larger than the pages.
    options = [":hidden:", ":titlesonly:", *([f":caption: {caption}"] if caption else [])]
    lines = "\n".join((*options, "", *(f"/{page}" for page in pages)))
    return f"\n```{{toctree}}\n{lines}\n```\n"


def _names(pattern: str) -> list[str]:
    """Give the pages that fit a pattern, an index first."""
    found = (path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.glob(pattern))
    return sorted(found, key=lambda name: (not name.endswith("/index"), name))


def _trees(page: str) -> str:
    """Give what the side bar has below a page: the Markdown itself stays free of it."""
    if page == root_doc:
        placed = {*TUTORIAL, *GUIDES, *REFERENCE, *EXPLANATION, *PROJECT, root_doc}
        rest = [name for name in _names("docs/*.md") if name not in placed]
        parts = {"Tutorial": TUTORIAL, "How to": GUIDES + rest, "Reference": REFERENCE}
        parts |= {"Explanation": EXPLANATION, "The project": PROJECT}
        return "".join(_tree(caption, pages) for caption, pages in parts.items())
    if page == "docs/reference/index":
        rooms = [f"docs/reference/{room}/index" for room in ROOMS]
        return _tree("", [*rooms, "docs/catalog/index", "docs/reference/command"])
    if page.endswith("/index"):
        folder = page.removesuffix("/index")
        return _tree("", [name for name in _names(f"{folder}/**/*.md") if name != page])
    return ""


def _with_tree(_: Any, page: str, source: list[str]) -> None:  # noqa: ANN401 - Sphinx's application
    source[0] += _trees(page)


class Named(Transform):
    """Make `<a id="code-1016"></a>` a place that a link may lead to."""

    default_priority = ResolveAnchorIds.default_priority - 1

    def apply(self, **_: Any) -> None:  # noqa: ANN401 - nobody gives anything
        """Note the place of every such mark beside those of the headings."""
        for raw in self.document.findall(nodes.raw):
            for name in re.findall(r'<a id="([^"]+)">', raw.astext()):
                self.document.myst_slugs[name] = (raw.line or 0, name, name)


def setup(app: Any) -> None:  # noqa: ANN401 - Sphinx's application
    """Tell Sphinx of the two."""
    app.connect("source-read", _with_tree)
    app.add_transform(Named)
