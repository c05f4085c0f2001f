"""The pages of docs/ are true: their blocks run or parse, their links lead somewhere, the map knows them all.

Examples in Python are doctests, which pytest finds by itself. A command line stands in a `console` block:

    $ errnorm parse body.xml
    what it prints; without lines of output it need only succeed

A line that begins with `> ` goes on with the command above it. The commands of a page run in its own folder,
one after another. A block whose first line is `# name.ext` is a file of that folder.
"""

from __future__ import annotations

import ast
import doctest
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import tomllib
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from corpus import FOLDER

import errnorm

ROOT = FOLDER.parent
DOCS = ROOT / "docs"
if not DOCS.exists():
    pytest.skip("the docs are no part of the wheel", allow_module_level=True)

PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
OWN = {  # pages whose commands another file of tests runs, with bodies of their own
    "README.md": "test_readme.py",
    "docs/batch.md": "batch/test_command.py",
    "docs/extending.md": "test_extending_page.py",
}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w-]+\.\w+)\n")


class Block(NamedTuple):
    """A fenced block of a page: its language and its text."""

    language: str
    text: str


def name_of(page: Path) -> str:
    """Give the path of a page below the project."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> list[Block]:
    """Give the fenced blocks of a page, without what indents them."""
    found = FENCE.findall(page.read_text("utf-8"))
    return [Block(word, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)) for indent, word, text in found]


def parses_as_python(text: str) -> None:
    """Read examples as doctest does, and anything else as a file."""
    if ">>>" in text:
        assert doctest.DocTestParser().get_examples(text)
    else:
        ast.parse(text)


PARSES: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "python": parses_as_python,
}
TEXTS = {"console", "text", "javascript", "ruby"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_parses(page: Path):
    """A block says its language, and what has a parser here is accepted by it."""
    blocks = blocks_of(page)
    for block in blocks:
        PARSES.get(block.language, str)(block.text)

    assert {block.language for block in blocks} - PARSES.keys() - TEXTS == set()


# Commands ----------------------------------------------------------------------------------------------


class Command(NamedTuple):
    """A command line, and what the page says that it prints."""

    line: str
    output: str


def commands_of(block: Block) -> Iterator[Command]:
    """Give the commands of a console block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        first, *rest = part.splitlines()
        more = [line[2:] for line in rest if line.startswith("> ") or line == ">"]
        output = [line for line in rest if not (line.startswith("> ") or line == ">")]
        yield Command("\n".join([first, *more]), "\n".join(output))


def told(line: str, folder: Path) -> tuple[int, str, str]:
    """Run a command whose output goes to a terminal of 80 columns; give its exit code, output and errors."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = os.environ | {"PATH": f"{folder.parent}/bin:{os.environ['PATH']}", "TERM": "dumb"}
    with subprocess.Popen(
        ["bash", "-c", line],
        cwd=folder,
        env=environment,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(theirs)
        printed = b"".join(iter(lambda: read_of(ours), b"")).decode()
        errors = process.stderr.read() if process.stderr else ""
    os.close(ours)
    return process.returncode, printed.replace("\r\n", "\n"), errors


def read_of(terminal: int) -> bytes:
    """Read what is there; a terminal that nobody holds any more fails with EIO."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give a folder for the commands of a page, beside it a bin/ with errnorm and python."""
    for name, command in (("errnorm", "-m errnorm"), ("python", "")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        program.chmod(0o755)
    (tmp_path / "page").mkdir()
    return tmp_path / "page"


def is_run_here(page: Path) -> bool:
    """Tell whether a page has commands that its own test does not run."""
    return name_of(page) not in OWN and any(block.language == "console" for block in blocks_of(page))


@pytest.mark.parametrize("page", [page for page in PAGES if is_run_here(page)], ids=name_of)
def test_the_commands_of_a_page_run(page: Path, place: Path):
    """Each command works as printed, in the order of the page."""
    pytest.importorskip("click", reason="the commands come with errnorm[cli]")
    for block in blocks_of(page):
        if name := FILE.match(block.text):
            (place / name[1]).write_text(block.text)
        for command in commands_of(block) if block.language == "console" else ():
            assert_runs(command, place)


def assert_runs(command: Command, place: Path) -> None:
    """Run one command; what would ask the network, or run all the tests, is only looked at."""
    if command.line.startswith("pip install"):
        assert_extras_exist(command.line)
    elif command.line.split()[0] in {"make", ".ci/run"}:
        assert_is_there(command.line.split("#")[0].split())
    else:
        code, printed, errors = told(command.line, place)
        same = doctest.OutputChecker().check_output
        either = (printed + errors, errors + printed)  # a terminal mixes the two in the order of time

        assert (command.line, code) == (command.line, 0), printed + errors
        if command.output:
            assert any(same(command.output + "\n", text, FLAGS) for text in either), printed + errors


def assert_extras_exist(line: str) -> None:
    """An extra that a page installs is one of pyproject.toml."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = [name for names in re.findall(r"errnorm\[([\w,]+)\]", line) for name in names.split(",")]

    assert [name for name in named if name not in extras] == []


def assert_is_there(words: list[str]) -> None:
    """A target of make stands in the Makefile, and a script is a file."""
    if words[0] == "make":
        assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text("utf-8")
    else:
        assert (ROOT / words[0]).exists()


# Links -------------------------------------------------------------------------------------------------

LINK = re.compile(r"\[[^\]]*\]\(<?([^)<>\s]+)>?\)")


def links_of(page: Path) -> list[str]:
    """Give where the links of a page lead, those in its blocks left out."""
    prose = re.sub(r"(?s)^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE)
    return LINK.findall(re.sub(r"`[^`\n]*`", "", prose))


def anchors_of(page: Path) -> set[str]:
    """Give the anchors of a page: those that are written, and those that GitHub makes of headings."""
    text = re.sub(r"(?s)^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE)
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path):
    """A link to a page, a file or an anchor of the project leads to one that is there."""
    dead = []
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        if re.match(r"https?://[\w.-]+(/|$)|mailto:\S+@", link):
            continue
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            dead.append(link)

    assert dead == []


def test_the_map_leads_to_every_page():
    """Whoever begins at docs/index.md comes to every page by links."""
    seen: set[Path] = set()
    ahead = [DOCS / "index.md"]
    while ahead:
        page = ahead.pop()
        if page not in seen and page.suffix == ".md" and page.exists():
            seen.add(page)
            ahead += [(page.parent / link.partition("#")[0]).resolve() for link in links_of(page)]

    assert [name_of(page) for page in PAGES if page not in seen] == []


def test_the_stand_in_of_the_middleware_page_answers_as_its_examples_say():
    """The program on the page is the Finesse that its examples call."""
    text = (DOCS / "middleware.md").read_text("utf-8")
    (program,) = [found[3] for found in FENCE.finditer(text) if "class OutOfService" in found[3]]
    names: dict[str, Any] = {"__name__": "stand_in"}
    exec(compile(program, "middleware.md", "exec"), names)
    with HTTPServer(("127.0.0.1", 0), names["OutOfService"]) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        client = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        client.request("GET", "/finesse/api/User/agent1001")
        record = errnorm.from_response(client.getresponse()).first
        client.close()
        thread.join()

    assert record is not None
    assert (record.code, record.status, record.retry.delay) == ("SERVER_OUT_OF_SERVICE", 503, 5.0)
