"""The README is true: its commands run, its two set-up commands are there, its examples are doctests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from corpus import FOLDER

ROOT = FOLDER.parent
README = ROOT / "README.md"
if not README.exists():
    pytest.skip("the README is no part of the wheel", allow_module_level=True)
pytest.importorskip("click", reason="the commands come with errnorm[cli]")

COMMANDS = re.findall(r"^\$ (.+)$", README.read_text("utf-8"), re.MULTILINE)
ERRNORM = [command for command in COMMANDS if "errnorm" in command]

# The network is no part of a test: curl gives the body that the address would.
PRELUDE = f"""
set -eo pipefail
errnorm() {{ {sys.executable} -m errnorm "$@"; }}
curl() {{ cat body.xml; }}
"""


@pytest.mark.parametrize("command", ERRNORM)
def test_a_command_of_the_readme_runs(command: str, tmp_path: Path):
    """Each command line with errnorm in it works as printed, and prints something."""
    body = (FOLDER / "cisco-finesse" / "rest-12-5-peripheral.xml").read_bytes()
    (tmp_path / "body.xml").write_bytes(body)
    (tmp_path / "body.html").write_bytes((FOLDER / "unknown" / "html-nginx-502.html").read_bytes())
    (tmp_path / "body.json").write_bytes(b'{"code": 1011}')
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "one.xml").write_bytes(body)
    own = (
        '{"vendor": "zoom-cobrowse", "entries": [{"table": "code", "code": "17", "title": "No such ticket"}]}'
    )
    (tmp_path / "own.json").write_text(own)
    done = subprocess.run(
        ["bash", "-c", PRELUDE + command], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    # A check of a file has no data to print, and batch -o prints its report: both are sentences.
    is_told = "catalog check" in command or " -o " in command
    data, sentences = (done.stderr, "") if is_told else (done.stdout, done.stderr)

    assert (done.returncode, sentences) == (0, "")
    assert data != ""


def test_the_set_up_commands_are_make_targets():
    """`make demo` and `make test` are what the first screen says, and they are targets."""
    makes = [command.split("#")[0].strip() for command in COMMANDS if command.startswith("make")]
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert makes == ["make demo", "make test"]
    assert [name for name in makes if f"\n{name.split()[1]}:" not in makefile] == []


def test_the_demo_shows_every_vendor():
    """`make demo` prints a card for a body of each vendor."""
    from errnorm.vendors import VENDORS

    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "demo.py"], capture_output=True, text=True, check=True
    )

    assert [vendor.name for vendor in VENDORS if f"─ {vendor.name} " not in done.stdout] == []
