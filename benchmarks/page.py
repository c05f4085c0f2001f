"""What does a proxy's page of 64 KiB cost? No more should be read of it than is needed."""

from __future__ import annotations

from collections.abc import Iterator

import bodies
import lxml.html
from harness import Question, Row, Side, main, time_of
from shapes import normalized

__all__ = ["questions"]


def questions() -> Iterator[Question]:
    """Give the one question."""
    own = Side("normalize", time_of(normalized({"status": 502}), bodies.page))
    bare = Side("lxml.html.fromstring", time_of(lxml.html.fromstring, bodies.page))
    yield Question(
        sides=(own, bare),
        rows=(Row("HTML page of a proxy, 64 KiB, all different", own.name, bare.name, 1.0),),
        calls=10,
    )


if __name__ == "__main__":
    main(questions)
