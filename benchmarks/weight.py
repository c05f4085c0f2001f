"""How much memory does a record hold, its body not counted, and how much the cache when it is full?"""

from __future__ import annotations

from collections.abc import Iterator

import bodies
from harness import Question, Row, Side, main, memory
from shapes import SHAPES, Shape

from errnorm import Normalizer

__all__ = ["questions"]

RECORDS = 10_000
CACHE = 4 * 1024 * 1024


def questions() -> Iterator[Question]:
    """Give a question for each vendor's form, and one for the cache."""
    yield from map(_question, SHAPES)
    yield _cache()


def _question(shape: Shape) -> Question:
    normalizer, status = Normalizer(cache_size=0), shape.given.get("status")
    sides = (
        Side("result", memory(lambda body: normalizer.normalize(body, **shape.given), shape.make)),
        Side("by hand, dict", memory(lambda body: shape.by_dict(body, status), shape.make)),
        Side("by hand, pydantic", memory(lambda body: shape.by_pydantic(body, status), shape.make)),
    )
    rows = tuple(Row(f"{shape.name}, memory of a result", "result", peer.name) for peer in sides[1:])
    return Question(sides=sides, rows=rows, rounds=1, calls=RECORDS, unit="byte")


def _cache() -> Question:
    normalizer = Normalizer(cache_size=CACHE)

    def forget(n: int) -> None:
        for _ in range(2):  # what comes once is not kept
            normalizer.normalize(bodies.finesse(n), status=503)

    measure = memory(forget, int)  # the bodies are made inside: the cache holds them too
    sides = (
        Side("full cache", lambda calls: measure(calls) * calls),
        Side("its bound", lambda _: CACHE),
    )
    return Question(
        sides=sides,
        rows=(Row("the cache, full", "full cache", "its bound"),),
        rounds=1,
        calls=RECORDS,
        unit="byte",
    )


if __name__ == "__main__":
    main(questions)
