"""Does a body cost more when more vendors are registered?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness import Measure, Question, Row, Side, main, time_of
from shapes import SHAPES

from errnorm import Normalizer
from errnorm.payload import Payload
from errnorm.vendor import NOTHING, Clue, ClueKind, Evidence, Reported, Vendor
from errnorm.vendors import VENDORS

__all__ = ["questions"]

FOREIGN = b"upstream connect error or disconnect/reset before headers. reset reason: connection failure %07d"


def foreign(n: int) -> bytes:
    """Give a text that shows no vendor's mark, so that all marks are looked for."""
    return FOREIGN % n


BODIES: tuple[tuple[str, Callable[[int], bytes], Mapping[str, Any]], ...] = (
    *((shape.name, shape.make, shape.given) for shape in SHAPES),
    ("text of a proxy", foreign, {"status": 503}),
    ("text of a proxy, with url", foreign, {"status": 503, "url": "https://api.example.com/v1/calls/17"}),
)


def questions() -> Iterator[Question]:
    """Give a question for each kind of body: four vendors, 50 more, 200 more, and 50 that share a key."""
    for name, make, given in BODIES:
        crowds = {
            "4 vendors": (),
            "54 vendors": _crowd(50),
            "204 vendors": _crowd(200),
            "54 vendors that share the key `code`": _crowd(50, Clue(ClueKind.KEY, "code")),
        }
        sides = [Side(label, _measure(crowd, make, given)) for label, crowd in crowds.items()]
        four, fifty, many, sharing = (side.name for side in sides)
        yield Question(
            sides=tuple(sides),
            rows=(
                Row(f"{name}, 54 vendors registered", fifty, four, 1.1),
                Row(f"{name}, 204 vendors registered", many, four),
                Row(f"{name}, 54 vendors that share the key `code`", sharing, four),
            ),
        )


def _measure(crowd: tuple[Vendor, ...], make: Callable[[int], bytes], given: Mapping[str, Any]) -> Measure:
    normalizer = Normalizer(vendors=(*VENDORS, *crowd), cache_size=0)
    return time_of(lambda body: normalizer.normalize(body, **given).first, make)


def _crowd(size: int, *shared: Clue) -> tuple[Vendor, ...]:
    return tuple(_vendor(f"vendor-{n}", shared) for n in range(size))


def _vendor(name: str, shared: tuple[Clue, ...]) -> Vendor:
    clues = (
        Clue(ClueKind.ROOT, f"{name}-errors"),
        Clue(ClueKind.KEY, f"{name}-error"),
        Clue(ClueKind.EVENT, f"{name}-failed"),
        Clue(ClueKind.PATH, f"/{name}/api/"),
        Clue(ClueKind.HEADER, f"server: {name}"),
        Clue(ClueKind.MARK, f"{name} says"),
    )
    return Vendor(
        name=name, title=name, clues=clues + shared, score=_score, parse=_parse, headers=(f"x-{name}-error",)
    )


def _score(_: Payload) -> Evidence:
    return NOTHING


def _parse(_: Payload) -> list[Reported]:
    return []


if __name__ == "__main__":
    main(questions)
