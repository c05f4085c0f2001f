"""The fixtures: each a body, untouched, and beside it what was given and what is expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen

FOLDER = Path(__file__).parent.parent / "fixtures"
SUFFIX = ".case.json"

HEALTHS = frozenset(
    {"well-formed", "ill-formed", "truncated", "wrong-charset", "several-errors", "foreign", "success"}
)
"""What is the matter with a body, seen from a reader."""


@frozen(kw_only=True)
class Case:
    """One fixture.

    Attributes:
        name: `cisco-finesse/rest-12-5`, the path below `fixtures/`.
        owner: the vendor whose folder it lies in.
        body: the bytes.
        about: what the case shows.
        health: one of `HEALTHS`.
        given: keywords for `normalize`.
        expected: `detection`, `records`, `problems`.
        named_by: the mark from which on a cut body is still known for its owner's.
    """

    name: str
    owner: str
    body: bytes
    about: str
    health: str
    given: dict[str, Any]
    expected: dict[str, Any]
    named_by: str | None


def cases(*healths: str) -> list[Case]:
    """Give all fixtures, or those of some healths, sorted by name."""
    found = [_case(path) for path in sorted(FOLDER.rglob(f"*{SUFFIX}"))]
    return [case for case in found if not healths or case.health in healths]


def _case(path: Path) -> Case:
    stem = path.name.removesuffix(SUFFIX)
    bodies = [other for other in path.parent.glob(f"{stem}.*") if not other.name.endswith(SUFFIX)]
    assert len(bodies) == 1, f"{path.name} needs exactly one body beside it, found {len(bodies)}"
    said = json.loads(path.read_text("utf-8"))
    return Case(
        name=f"{path.parent.name}/{stem}",
        owner=path.parent.name,
        body=bodies[0].read_bytes(),
        about=said["about"],
        health=said["health"],
        given=said.get("given", {}),
        expected=said["expected"],
        named_by=said.get("named_by"),
    )
