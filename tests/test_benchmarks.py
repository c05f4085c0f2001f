"""The benchmarks still run: figures are made by `make bench`, and no test asserts a time."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from corpus import FOLDER

BENCHMARKS = FOLDER.parent / "benchmarks"
if not BENCHMARKS.exists():
    pytest.skip("the benchmarks are no part of the wheel", allow_module_level=True)


def test_the_benchmarks_run():
    """Each side of each question can be called."""
    for package in ("botocore", "google.api_core", "jc", "pydantic", "pyperf", "xmltodict", "click"):
        pytest.importorskip(package, reason=f"{package} comes with `make bench`", exc_type=ImportError)
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "run.py", "--quick"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "rows ran" in done.stdout


def test_every_question_is_in_the_run():
    """A file that asks a question stands in the list that `make bench` goes through."""
    asking = {path.stem for path in BENCHMARKS.glob("*.py") if "\ndef questions()" in path.read_text("utf-8")}
    listed = next(
        node.value
        for node in ast.parse((BENCHMARKS / "run.py").read_text("utf-8")).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "QUESTIONS"
    )

    assert {name.id for name in listed.elts} == asking
