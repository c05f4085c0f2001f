"""Every pattern over bodies takes linear time, whatever the text."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import errnorm

ATTACKED = Path(__file__).parent / "attacked.py"
HANG = 400


def attacked(*own: str) -> Any:
    """Attack the patterns of errnorm, or own ones, in a process that may be stopped."""
    done = subprocess.run(
        [sys.executable, str(ATTACKED)], input=json.dumps(own), capture_output=True, text=True, timeout=HANG, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_pattern_hangs():
    """No compiled pattern of errnorm hangs on an attack made of itself."""
    found = attacked()

    assert found["count"] > 80
    assert found["searched"] > 50
    assert found["hang"] == {}


def test_patterns_that_hang_are_found():
    """The attacks find what they look for: nested, neighbouring, and plain repeats that a search repeats."""
    bad = ["(a+)+$", r"\d+\d+x", "(?:a|a)*b", r"\s+$", "x.*y"]

    assert sorted(attacked(*bad)["hang"]) == sorted(bad)


def test_every_pattern_in_the_source_is_compiled_where_it_is_found():
    """A pattern given to `re` by its text would be attacked by nobody: there is none."""
    package = Path(errnorm.__file__).parent
    calls = re.compile(r"\bre\.(?:search|match|fullmatch|findall|finditer|sub|subn|split)\(")
    found = [path.name for path in package.rglob("*.py") if calls.search(path.read_text("utf-8"))]

    assert found == ["mistakes.py"]  # it reads catalog files, with the patterns of their schema
