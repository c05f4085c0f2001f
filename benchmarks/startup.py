"""What does starting cost: the import, with and without the command, and the command beside `jc`?"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import bodies
from attrs import frozen
from harness import Question, Row, Side, main, process

__all__ = ["questions"]

BIN = Path(sysconfig.get_path("scripts"))


@frozen
class Pair:
    """Two programs, of which the first should start in at most `goal` times the time of the second."""

    work: str
    command: tuple[str, ...]
    peer: str
    peer_command: tuple[str, ...]
    goal: float | None = None


def _python(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


def _script(name: str, *arguments: str) -> tuple[str, ...]:
    return str(BIN / name), *arguments


PAIRS = (
    # Names are loaded when they are used: a program that meets no error pays for the first of these alone.
    Pair(
        "import errnorm, nothing used",
        _python("import errnorm"),
        "import orjson, attrs, lxml.etree",
        _python("import orjson, attrs, lxml.etree"),
        1.25,
    ),
    Pair(
        "from errnorm import normalize",
        _python("from errnorm import normalize"),
        "import orjson, attrs, lxml.etree",
        _python("import orjson, attrs, lxml.etree"),
        1.25,
    ),
    Pair(
        "import errnorm.cli, the command",
        _python("import errnorm.cli"),
        "from errnorm import normalize",
        _python("from errnorm import normalize"),
    ),
    Pair(
        "errnorm --version",
        _script("errnorm", "--version"),
        "jc --version",
        _script("jc", "--version"),
    ),
    Pair(
        "errnorm parse, a Finesse body",
        _script("errnorm", "parse", "-"),
        "jc --xml",
        _script("jc", "--xml"),
        1.5,
    ),
    Pair(
        "errnorm explain, warm",
        _script("errnorm", "explain", "CF_RESOURCE_BUSY"),
        "errnorm --version",
        _script("errnorm", "--version"),
        1.3,
    ),
)


def questions() -> Iterator[Question]:
    """Give a question for each pair."""
    for pair in PAIRS:
        sides = (
            Side(pair.work, process(pair.command, bodies.FINESSE)),
            Side(pair.peer, process(pair.peer_command, bodies.FINESSE)),
        )
        yield Question(
            sides=sides, rows=(Row(pair.work, pair.work, pair.peer, pair.goal),), rounds=15, calls=1
        )


if __name__ == "__main__":
    main(questions)
