"""The shape of the house: imports point one way, functions are short, names are exported on purpose."""

from __future__ import annotations

import ast
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import errnorm
from errnorm.vendors import VENDORS

PACKAGE = Path(errnorm.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 45

# Who may import whom: a module's floor, and the floors below it.
FLOORS = [
    {"vocabulary", "exceptions", "called", "form", "printable"},
    {"record"},
    {"redaction"},
    {"reading"},
    {"payload"},
    {"vendor"},
    {"catalog", "entries", "ladder", "mistakes", "usual", "index", "cache", "headers", "rewind"},
    {"vendors"},
    {"contract", "guarded", "installed"},
    {"normalizer"},
    {"response", "export"},
    {"middleware"},
    {"schemas", "cards", "cli", "drafts", "proposing", "testing", "__main__", "__init__", "batch"},
]


def part_of(module: str) -> str:
    """Give the part of the house that a module lies in."""
    return module.split(".")[1] if "." in module else "__init__"


def imports_of(path: Path) -> set[str]:
    """Give the modules of errnorm that a file imports at run time."""
    tree = ast.parse(path.read_text("utf-8"))
    hidden = {
        node
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and getattr(guard.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(guard)
    }
    found = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node not in hidden and node.module
    }
    return {name for name in found if name.startswith("errnorm")}


def module_of(path: Path) -> str:
    """Give the dotted name of a file."""
    return ".".join(("errnorm", *path.relative_to(PACKAGE).with_suffix("").parts))


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_imports_point_one_way(path: Path):
    """A module imports its own floor and those below it, and a vendor never another vendor."""
    floor_of = {name: level for level, names in enumerate(FLOORS) for name in names}
    part = part_of(module_of(path))
    assert part in floor_of, (
        f"errnorm/{part} is a new room: name it in FLOORS, beside those it may not import"
    )
    here = floor_of[part]
    wrong = {name for name in imports_of(path) if floor_of[part_of(name)] > here}
    slices = {folder.name for folder in (PACKAGE / "vendors").iterdir() if (folder / "parser.py").exists()}
    own = path.parent.name
    siblings = {
        name for name in imports_of(path) if own in slices and set(name.split(".")) & (slices - {own})
    }

    assert wrong | siblings == set()


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_functions_are_short(path: Path):
    """No function has more than 45 lines of code below its docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    long = [node.name for node in functions if lines_of(node) > LONGEST]

    assert long == []


def lines_of(function: ast.FunctionDef) -> int:
    """Count the lines of a function below its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_public_names_are_sorted_and_there():
    """`__all__` is what users may rely on, in order."""
    assert sorted(errnorm.__all__) == errnorm.__all__
    assert [name for name in errnorm.__all__ if not hasattr(errnorm, name)] == []


def test_every_slice_is_registered():
    """A folder of vendors/ is a vendor of VENDORS, and the other way round."""
    folders = {path.parent.name for path in PACKAGE.glob("vendors/*/__init__.py")}

    assert {vendor.name.replace("-", "_") for vendor in VENDORS} == {
        name for name in folders if not name.startswith("_")
    }


def test_version_is_in_the_changelog():
    """The newest version of the changelog is the package's."""
    changelog = PACKAGE.parent / "CHANGELOG.md"
    if not changelog.exists():
        pytest.skip("the changelog is no part of the wheel")
    versions = re.findall(r"^## \[(\d[^\]]*)\]", changelog.read_text("utf-8"), re.MULTILINE)

    assert versions[0] == errnorm.__version__


def test_the_core_imports_nothing_of_the_extras():
    """All public names and a call load lxml, orjson and attrs, and none of the optional packages."""
    code = (
        "import sys, errnorm; [getattr(errnorm, name) for name in errnorm.__all__]; "
        "errnorm.normalize(b'{}', status=503); print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    extras = {"click", "rich", "brotli", "zstandard", "httpx", "requests", "aiohttp", "urllib3"}
    extras |= {"django", "stamina", "structlog", "tenacity", "isal", "numpy", "pyarrow", "ahocorasick_rs"}

    assert (extras | {"hypothesis"}) & set(loaded) == set()


def test_the_exports_import_no_client():
    """What makes the data of a dialect needs none of its packages."""
    code = "import sys; from errnorm.export import ecs, google_rpc, otel, problem, safe, sentry; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert {"opentelemetry", "sentry_sdk", "google.rpc", "google.protobuf", "ecs_logging"} & set(
        loaded
    ) == set()


def test_a_normalizer_pickles_without_its_cache():
    """A normalizer can be sent to a worker; what it has read stays behind."""
    normalizer = errnorm.Normalizer(limits=errnorm.Limits(max_records=7))
    normalizer.normalize(b"x" * 10_000)
    data = pickle.dumps(normalizer)
    copy = pickle.loads(data)

    assert len(data) < 10_000
    assert copy.limits == errnorm.Limits(max_records=7)
    assert copy.normalize(b"{}", status=503) == normalizer.normalize(b"{}", status=503)
