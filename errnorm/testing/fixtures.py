"""Fixtures: each a body, untouched, and beside it what is given with it and what is expected.

fixtures/no-such-ticket.json            the body
fixtures/no-such-ticket.case.json       {"about": …, "health": …, "given": {…}, "expected": {…}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

__all__ = ["HEALTHS", "SUFFIX", "Fixture", "fixtures_in"]

SUFFIX = ".case.json"
HEALTHS = frozenset(
    {"well-formed", "ill-formed", "truncated", "wrong-charset", "several-errors", "foreign", "success"}
)
"""What is the matter with a body, seen from a reader."""
_KEYS = frozenset({"about", "health", "from", "given", "expected", "named_by"})


@frozen(kw_only=True)
class Fixture:
    """A body and what is expected of it.

    Attributes:
        name: the path below the folder of fixtures, without what follows the first dot.
        body: the bytes.
        about: what the case shows, a sentence.
        health: one of `HEALTHS`.
        given: keywords for `normalize`.
        expected: `detection`, `records` and `problems`; a record is compared in the fields that are named.
        named_by: the text of the body from which on a cut body is still its vendor's; in XML it ends with
            the `>` of a tag.
    """

    name: str
    body: bytes = field(repr=False)
    about: str
    health: str
    given: Mapping[str, Any]
    expected: Mapping[str, Any]
    named_by: str | None = None

    @property
    def owner(self) -> str:
        """The vendor that should be found."""
        return str(self.expected["detection"]["vendor"])


def fixtures_in(folder: str | os.PathLike[str]) -> tuple[Fixture, ...]:
    """Read the fixtures of a folder and the folders in it, sorted by name.

    Args:
        folder: holds bodies `<name>.<anything>`, and beside each `<name>.case.json`.

    Returns:
        The fixtures.

    Raises:
        ValueError: when there is no such folder, when a case cannot be read, has no body or several, or a
            body has no case.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = pathlib.Path(folder, "gone.json").write_text('{"acmeError": {"code": 17}}')
        ...     fixtures_in(folder)
        Traceback (most recent call last):
        ValueError: gone.json has no gone.case.json beside it. Write one, or take the body out.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"There is no folder {root}. Give its path from where the tests are run.")
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.name[0] not in "._")
    places = {path for path in files if path.name.endswith(SUFFIX)}
    for path in files:
        case = path.with_name(f"{path.name.partition('.')[0]}{SUFFIX}")
        if path not in places and case not in places:
            raise ValueError(f"{path.name} has no {case.name} beside it. Write one, or take the body out.")
    if not places:
        raise ValueError(f"There is no case in {root}. Put a body there, and a {SUFFIX} beside it.")
    return tuple(_fixture(path, root) for path in files if path in places)


def _fixture(path: Path, root: Path) -> Fixture:
    body = _body_of(path).read_bytes()
    said = _said(path)
    return Fixture(
        name=path.relative_to(root).as_posix().removesuffix(SUFFIX),
        body=body,
        about=said["about"],
        health=said["health"],
        given=said.get("given", {}),
        expected=said["expected"],
        named_by=said.get("named_by"),
    )


def _body_of(path: Path) -> Path:
    stem = path.name.removesuffix(SUFFIX)
    bodies = [other for other in path.parent.glob(f"{stem}.*") if not other.name.endswith(SUFFIX)]
    if len(bodies) != 1:
        raise ValueError(f"{path.name} needs one body beside it, {stem}.<anything>; there are {len(bodies)}.")
    return bodies[0]


def _said(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is no JSON: {error}. Mend it.") from error
    mistake = next(_mistakes(said), None)
    if mistake:
        raise ValueError(f"{path.name}: {mistake}")
    return dict(said)


def _mistakes(said: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if not isinstance(said, dict):
        yield "this is no object. Write `about`, `health` and `expected` into braces."
        return
    for name in sorted(said.keys() - _KEYS):
        yield f"no member is called {name!r}. There are: {', '.join(sorted(_KEYS))}."
    for name in ("about", "health"):
        if not isinstance(said.get(name), str):
            yield f"{name!r} is no text, or missing. Write it."
    if said.get("health") not in HEALTHS:
        yield f"{said.get('health')!r} is no health. There are: {', '.join(sorted(HEALTHS))}."
    if not str(said.get("about", "")).endswith("."):
        yield "'about' is no sentence. Say what the case shows, with a stop at its end."
    if not isinstance(said.get("given", {}), dict):
        yield "'given' is no object. Write keywords of errnorm.normalize into it, or leave it out."
    yield from _expected_mistakes(said.get("expected"))


def _expected_mistakes(expected: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if not isinstance(expected, dict) or not isinstance(expected.get("records"), list):
        yield "'expected' has no list of records. Write one, empty for a body without an error."
    elif not isinstance(expected.get("detection"), dict) or "vendor" not in expected["detection"]:
        yield '\'expected\' does not say which vendor is detected: {"detection": {"vendor": …}}.'
