"""The page about extending errnorm is true: its files are written and its commands run, in their order."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("click", reason="the page uses the command, which comes with errnorm[cli]")
pytest.importorskip("hatchling", reason="the page builds a package, without a network here")

PAGE = Path(__file__).parent.parent / "docs" / "extending.md"
if not PAGE.exists():
    pytest.skip("the docs are no part of the wheel", allow_module_level=True)

# A file is what stands below a line that ends with its name; a command is a line of a console.
STEP = re.compile(
    r"`(?P<file>[\w./]+)`:\n\n```\w+\n(?P<text>.*?)```|^```console\n(?P<lines>.*?)```",
    re.DOTALL | re.MULTILINE,
)
STEPS = [found for found in STEP.finditer(PAGE.read_text("utf-8")) if 'pip install "errnorm' not in found[0]]
OFFLINE = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--target", "site"]


def command(line: str) -> list[str]:
    """Give a line of the page as it runs here: into a folder, from what is on this machine."""
    program, *arguments = shlex.split(line.removeprefix("$ "))
    if line == "$ pip install .":
        return [sys.executable, "-m", "pip", "install", *OFFLINE, "."]
    return [sys.executable, *([] if program == "python" else ["-m", program]), *arguments]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Follow the page in an empty folder, and give what each command printed."""
    folder = tmp_path_factory.mktemp("stranger")
    environment = {**os.environ, "PYTHONPATH": str(folder / "site")}
    told: dict[str, str] = {}
    for step in STEPS:
        if step["file"]:
            path = folder / step["file"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(step["text"], "utf-8")
        for line in (step["lines"] or "").splitlines():
            done = subprocess.run(
                command(line), cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            told[line.removeprefix("$ ")] = done.stdout + done.stderr
    return told | {"errors.ndjson": (folder / "errors.ndjson").read_text("utf-8")}


def test_the_page_has_its_steps():
    """The files and commands of the page are found."""
    files = [step["file"] for step in STEPS if step["file"]]

    assert files == [
        "acme_desk.py",
        "acme_desk.json",
        "fixtures/gone.json",
        "fixtures/gone.case.json",
        "test_acme_desk.py",
        "pyproject.toml",
        "desk.log",
    ]
    assert sum(len(step["lines"].splitlines()) for step in STEPS if step["lines"]) == 10


@pytest.mark.parametrize(
    "line, sentence",
    [
        ("python -m pytest -q test_acme_desk.py", "1 passed"),
        ("errnorm vendors", '"name":"acme-desk","title":"Acme Desk","codes":1'),
        ("errnorm parse --status 404 fixtures/gone.json", '"code":"17"'),
        ("errnorm explain acme-desk:17", '"id":"acme-desk:code/17"'),
        ("errnorm batch desk.log -o errors.ndjson --report report.json", "acme-desk WIDGET_JAM  desk.log:3"),
        ("errnorm catalog propose report.json --catalog own.json", "own.json: 1 new for acme-desk."),
        ("errnorm catalog check own.json", "this entry is a draft. Write what happened here"),
        ("errnorm explain --catalog own.json WIDGET_JAM", "Seen in 1 record, the first at desk.log:3."),
    ],
)
def test_a_command_says_what_the_page_promises(said: dict[str, str], line: str, sentence: str):
    """Each command of the page does what stands around it."""
    assert sentence in said[line]


def test_a_log_is_read_with_the_drafts(said: dict[str, str]):
    """The last batch of the page has both errors, and knows the drafted one."""
    records = [json.loads(line) for line in said["errors.ndjson"].splitlines()]

    assert [(record["code"], record["status"], record["match"]) for record in records] == [
        ("17", 404, "exact"),
        ("WIDGET_JAM", 500, "exact"),
    ]


def test_the_table_of_promises_is_whole():
    """The page names every promise of the kit, and no other."""
    from errnorm.testing import PROMISES

    named = re.findall(r"^\| `(\w+)` \| ", PAGE.read_text("utf-8"), re.MULTILINE)

    assert sorted(named) == sorted(promise.__name__ for promise in PROMISES)
