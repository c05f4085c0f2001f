"""What does the very first call cost, in a fresh process, with and without the import?"""

from __future__ import annotations

from collections.abc import Iterator

import bodies
from harness import Question, Row, Side, main, seconds_told

__all__ = ["questions"]

CODE = """
import sys, time
body = sys.stdin.buffer.read()
{first}
start = time.process_time()
{then}
print(time.process_time() - start)
"""

# What is imported, and the call.
PROGRAMS = {
    "errnorm": ("from errnorm import normalize", "normalize(body, status=503).first"),
    "botocore": (
        "from botocore.parsers import QueryParser",
        "QueryParser().parse({'body': body, 'headers': {}, 'status_code': 503}, None)",
    ),
    "by hand, dict": ("import handwritten_dict", "handwritten_dict.finesse(body, 503)"),
    "by hand, pydantic": ("import handwritten_pydantic", "handwritten_pydantic.finesse(body, 503)"),
}


def questions() -> Iterator[Question]:
    """Give the question of the call alone, and that of the import and the call."""
    yield _question("first call in a fresh process, Finesse XML", "{load}", "{call}")
    yield _question("import and first call, Finesse XML", "", "{load}\n{call}")


def _question(work: str, first: str, then: str) -> Question:
    sides = tuple(
        Side(name, seconds_told(_program(first, then, load, call), bodies.finesse(1)))
        for name, (load, call) in PROGRAMS.items()
    )
    rows = tuple(Row(work, "errnorm", peer.name) for peer in sides[1:])
    return Question(sides=sides, rows=rows, rounds=9, calls=1)


def _program(first: str, then: str, load: str, call: str) -> str:
    names = {"load": load, "call": call}
    return CODE.format(first=first.format(**names), then=then.format(**names))


if __name__ == "__main__":
    main(questions)
