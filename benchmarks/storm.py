"""What does a body cost that comes again? A storm is the same body in new bytes, at another second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bodies
from harness import Question, Row, Side, main, time_of
from shapes import SHAPES, Shape, normalized, with_headers

__all__ = ["questions"]


def questions() -> Iterator[Question]:
    """Give a question for each vendor's form."""
    yield from map(_question, SHAPES)


def _question(shape: Shape) -> Question:
    plain, headed = normalized(shape.given), with_headers(shape.given)
    first = Side("the first time", time_of(plain, shape.make))
    again = Side("again", time_of(plain, lambda _: _copy(shape)))
    first_headed = Side(
        "the first time, with headers", time_of(headed, lambda n: (shape.make(n), bodies.headers(n)))
    )
    again_headed = Side("again, another Date", time_of(headed, lambda n: (_copy(shape), bodies.headers(n))))
    again_named = Side("again, another Date and X-Request-Id", time_of(headed, lambda n: _traced(shape, n)))
    return Question(
        sides=(first, again, first_headed, again_headed, again_named),
        rows=(
            Row(f"{shape.name}, again", again.name, first.name, 0.15),
            Row(f"{shape.name}, again, another Date", again_headed.name, first_headed.name, 0.15),
            Row(f"{shape.name}, again, another Date and X-Request-Id", again_named.name, first_headed.name),
        ),
    )


def _copy(shape: Shape) -> bytes:
    # New bytes, as a client makes them: their hash is not known yet, and they are not the cached object.
    return bytes(bytearray(shape.make(0)))


def _traced(shape: Shape, n: int) -> tuple[bytes, dict[str, Any]]:
    return _copy(shape), bodies.headers(n) | {"X-Request-Id": f"request-{n:07}"}


if __name__ == "__main__":
    main(questions)
