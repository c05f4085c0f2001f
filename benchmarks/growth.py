"""How does the time grow with the size of a body, and with the errors in it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import bodies
from harness import Question, Row, Side, main, time_of
from shapes import normalized

__all__ = ["questions"]

KIB = 1024
SIZES = (1 * KIB, 10 * KIB, 100 * KIB, 1000 * KIB)
COUNTS = (1, 10, 100)


def finesse_of_size(n: int, size: int) -> bytes:
    """Give REST XML with members that nobody knows, up to a size."""
    top, rest = bodies.finesse(n).split(b"<peripheralErrorCode>", 1)
    member = b"<unknown>a value of 24 characters</unknown>\n"
    return top + member * ((size - len(top) - len(rest)) // len(member)) + b"<peripheralErrorCode>" + rest


def genesys_of_size(n: int, size: int) -> bytes:
    """Give an `EventError` with members that nobody knows, up to a size."""
    members = b"".join(
        b'"unknown%07d": "a value of 24 characters", ' % number for number in range(size // 46)
    )
    return bodies.genesys(n).replace(b'"code"', members + b'"code"')


def finesse_errors(n: int, count: int) -> bytes:
    """Give REST XML with several errors."""
    error = bodies.finesse(n).split(b"<ApiErrors>")[1].split(b"</ApiErrors>")[0]
    return b"<ApiErrors>%s</ApiErrors>" % (error * count)


def genesys_errors(n: int, count: int) -> bytes:
    """Give a Bayeux list with several events."""
    return b"[%s]" % b", ".join([bodies.genesys(n)[1:-1]] * count)


# What grows: the body of a number and a step, and its status.
Kind = tuple[str, Callable[[int, int], bytes], int]
BY_SIZE: tuple[Kind, ...] = (
    ("Finesse XML", finesse_of_size, 503),
    ("Genesys EventError, Bayeux", genesys_of_size, 200),
    ("HTML page of a proxy", bodies.page, 502),
)
BY_COUNT: tuple[Kind, ...] = (
    ("Finesse XML", finesse_errors, 503),
    ("Genesys EventError, Bayeux", genesys_errors, 200),
)


def questions() -> Iterator[Question]:
    """Give the questions of size, then those of number."""
    for kind in BY_SIZE:
        yield from _steps(kind, {f"body of {size // KIB} KiB": size for size in SIZES})
    for kind in BY_COUNT:
        yield from _steps(kind, {f"errors: {count}": count for count in COUNTS})


def _steps(kind: Kind, steps: dict[str, int]) -> Iterator[Question]:
    name, make, status = kind
    call = normalized({"status": status})
    for power, (small, large) in enumerate(pairwise(steps)):
        yield Question(
            sides=tuple(
                Side(label, time_of(call, partial(_made, make, steps[label]))) for label in (small, large)
            ),
            rows=(Row(f"{name}, {large}", large, small, 10.0),),
            rounds=30,
            calls=40 // 10**power or 1,
        )


def _made(make: Callable[[int, int], bytes], step: int, n: int) -> bytes:
    return make(n, step)


if __name__ == "__main__":
    main(questions)
