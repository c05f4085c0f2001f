"""What a run reads and what it writes, kept apart: its output may lie in the folder that it reads."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from errnorm.batch.inputs import Input, expand
from errnorm.batch.journal import files_beside
from errnorm.exceptions import InvalidArgument

__all__ = ["apart"]

_File = tuple[int, int]
_HEAD_BYTES = 1 << 12
# How records, rejects and the report begin, as NDJSON, CSV, Parquet, JSON.
_OWN = re.compile(
    rb'\{\s*"schema_version": ?"[\d.]+",\s*"(?:vendor|complete|total)":'
    rb'|(?:\xef\xbb\xbf)?schema_version,vendor,shape,|PAR1|\{"source":\{"name":|\s*\Z'
)


def apart(
    given: Iterable[str | os.PathLike[str]],
    output: Path | None,
    rejects: Path | None = None,
    report: Path | None = None,
) -> list[Input]:
    """Give the inputs of a run without the files that it writes itself.

    Args:
        given: files, folders, patterns, `-` for standard input.
        output: where the records go; None for standard output.
        rejects: where what could not be read goes.
        report: where the report goes.

    Returns:
        The inputs; files that the run writes are left out of folders and patterns.

    Raises:
        InvalidArgument: when two of the files are the same, or one of them is given as an input.

    Example:
        >>> [found.name for found in apart(["-", "no-such-file"], Path("errors.ndjson"))]
        ['-', 'no-such-file']
    """
    inputs = [os.fspath(one) for one in given]
    _refuse_twice([path for path in (output, rejects, report) if path is not None])
    own = {*_own_files(output, rejects, report)}
    named = next((name for name in inputs if _file_of(name) in own), None)
    if named is not None:
        raise InvalidArgument(
            f"{named} is an input, and the run would write over it. Give the output another name."
        )
    found = expand(inputs)
    lost = next((path for path in (output, rejects, report) if path and _would_be_lost(path, found)), None)
    if lost is not None:
        raise InvalidArgument(
            f"{lost} lies among the inputs, and errnorm has not written it. Give the output another name, or "
            "move the file away."
        )
    return [one for one in found if not own or _file_of(one.name) not in own]


def _would_be_lost(path: Path, found: list[Input]) -> bool:
    """Tell whether a file of a folder or pattern is none of another run, and would be written over."""
    file = _file_of(path)
    if file is None or not path.stat().st_size or all(_file_of(one.name) != file for one in found):
        return False
    with path.open("rb") as opened:
        return not _OWN.match(opened.read(_HEAD_BYTES))


def _refuse_twice(paths: list[Path]) -> None:
    places = [os.path.realpath(path) for path in paths if path.is_file() or not path.exists()]
    if len({*places}) < len(places):
        raise InvalidArgument(
            f"Two of {', '.join(map(str, paths))} are one file. Give records, rejects and report a file each."
        )


def _own_files(output: Path | None, *others: Path | None) -> Iterator[_File]:
    if output is None:
        found = _stdout()
        if found:
            yield found
    for path in (output, *others):
        for own in (path, *files_beside(path)) if path is not None else ():
            file = _file_of(own)
            if file:
                yield file


def _file_of(path: str | Path) -> _File | None:
    """Tell which file a name leads to; None where it is none, or no plain one."""
    try:
        return _plain(os.stat(path))  # noqa: PTH116 - a name as it is
    except (OSError, ValueError):
        return None


def _stdout() -> _File | None:
    """Tell which file standard output goes to: `errnorm batch . > errors.ndjson`."""
    try:
        return _plain(os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):
        return None


def _plain(facts: os.stat_result) -> _File | None:
    return (facts.st_dev, facts.st_ino) if stat.S_ISREG(facts.st_mode) else None
