"""What does a record cost, for each vendor's form, beside what others pay for less?

All bodies are different. errnorm is called as a user calls it, and the first record is taken out. Its cache
is on, and asked for each body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import bodies
import handwritten_dict
import handwritten_pydantic
import peers
from attrs import field, frozen
from harness import Measure, Question, Row, Side, main, time_of

import errnorm

__all__ = ["SHAPES", "Shape", "normalized", "questions", "with_headers"]

Call = Callable[[Any], object]


@frozen
class Shape:
    """A vendor's form, and who else reads something like it.

    Attributes:
        name: as the table calls it.
        make: the n-th body.
        given: what its caller knows: keywords of `normalize`.
        bare: the bare parser.
        by_dict, by_pydantic: what an integrator writes.
        boto, form: botocore's parser, and the form of its bodies.
        goals: the most that a ratio should be, by the name of the peer.
    """

    name: str
    make: Callable[[int], bytes]
    given: Mapping[str, Any]
    bare: Side
    by_dict: Call
    by_pydantic: Call
    boto: Call = peers.boto_json
    form: bytes = peers.JSON
    goals: Mapping[str, float] = field(factory=dict)

    @property
    def size(self) -> int:
        """The bytes of a body."""
        return len(self.make(0))


SHAPES = (
    Shape(
        name="Finesse XML",
        make=bodies.finesse,
        given={"status": 503},
        bare=Side("lxml parse and read", time_of(peers.bare_xml, bodies.finesse)),
        by_dict=handwritten_dict.finesse,
        by_pydantic=handwritten_pydantic.finesse,
        boto=peers.boto_query,
        form=peers.QUERY,
        goals={"botocore": 1.0, "lxml parse and read": 2.5, "by hand, pydantic": 0.6},
    ),
    Shape(
        name="Zoom session_error",
        make=bodies.zoom,
        given={},
        bare=Side("orjson.loads", time_of(peers.bare_json, bodies.zoom)),
        by_dict=handwritten_dict.zoom,
        by_pydantic=handwritten_pydantic.zoom,
        goals={"botocore": 1.5, "by hand, pydantic": 0.6},
    ),
    Shape(
        name="Genesys EventError, Bayeux",
        make=bodies.genesys,
        given={"status": 200},
        bare=Side("orjson.loads", time_of(peers.bare_json, bodies.genesys)),
        by_dict=handwritten_dict.genesys,
        by_pydantic=handwritten_pydantic.genesys,
        goals={"by hand, dict": 1.5, "by hand, pydantic": 0.6},
    ),
    Shape(
        name="GWE body under a status",
        make=bodies.gwe,
        given={"status": 400, "vendor": "genesys-gwe"},
        bare=Side("orjson.loads", time_of(peers.bare_json, bodies.gwe)),
        by_dict=handwritten_dict.gwe,
        by_pydantic=handwritten_pydantic.gwe,
        goals={"by hand, pydantic": 0.6},
    ),
)


def normalized(given: Mapping[str, Any]) -> Call:
    """Give the call that a user makes, who looks at the first record."""
    return lambda body: errnorm.normalize(body, **given).first


def with_headers(given: Mapping[str, Any]) -> Call:
    """Give the call with a body and response headers."""
    return lambda pair: errnorm.normalize(pair[0], headers=pair[1], **given).first


def questions() -> Iterator[Question]:
    """Give a question for each vendor's form."""
    yield from map(_question, SHAPES)


def _question(shape: Shape) -> Question:
    others = (shape.bare, *_others(shape))
    own = Side("normalize", time_of(normalized(shape.given), shape.make))
    headed = Side("normalize with headers", time_of(with_headers(shape.given), _headed(shape.make)))
    boto_headed = Side("botocore, the same headers", _boto(shape, bodies.headers(0)))
    return Question(
        sides=(own, headed, *others, boto_headed),
        rows=(
            *(Row(f"{shape.name}, all different", own.name, o.name, shape.goals.get(o.name)) for o in others),
            Row(f"{shape.name}, all different, with headers", headed.name, boto_headed.name),
            Row(f"{shape.name}, all different, with headers", headed.name, own.name),
        ),
    )


def _others(shape: Shape) -> Iterator[Side]:
    status = shape.given.get("status")
    yield Side("botocore", _boto(shape, {}))
    yield Side("by hand, dict", time_of(lambda body: shape.by_dict(body, status), shape.make))
    yield Side("by hand, pydantic", time_of(lambda body: shape.by_pydantic(body, status), shape.make))
    if shape.form is peers.JSON:
        yield Side("google-api-core", time_of(peers.google, peers.google_response(shape.size)))


def _boto(shape: Shape, headers: Mapping[str, str]) -> Measure:
    return time_of(shape.boto, peers.aws(shape.form, shape.size, headers))


def _headed(make: Callable[[int], bytes]) -> Callable[[int], tuple[bytes, dict[str, str]]]:
    return lambda n: (make(n), bodies.headers(n))


if __name__ == "__main__":
    main(questions)
