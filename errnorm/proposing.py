"""The command `errnorm catalog propose`: a report in, drafts in the user's own catalog file."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from errno import EACCES
from pathlib import Path
from tempfile import mkstemp

import click
import orjson

import errnorm
from errnorm.catalog import Catalog
from errnorm.drafts import Seen, drafts_of, file_of, seen_in, with_entries
from errnorm.exceptions import InvalidCatalog
from errnorm.vendors import UNKNOWN

__all__ = ["propose"]


def propose(report: bytes, file: str | None, vendor: str | None) -> None:
    """Draft entries for the codes that a report does not know.

    Args:
        report: the JSON of a batch report.
        file: the user's own catalog file, there or not; None prints a new one.
        vendor: whose codes; not needed where the file or the report leaves no choice.
    """
    seen = _seen(report)
    text, own = _own(file)
    owner = _owner(seen, file, text, vendor)
    mine = [one for one in seen if one.vendor == owner]
    rows = drafts_of(mine, errnorm.catalog() | own)
    if owner and rows:
        title = next((known.title for known in errnorm.vendors() if known.name == owner), owner)
        whole = with_entries(text, rows) if text else file_of(owner, title, rows)
        _give(whole, text, file)
    _tell(seen, owner, file, len(rows))


def _seen(report: bytes) -> list[Seen]:
    from errnorm.batch.report import Report  # noqa: PLC0415 - the batch is large, and only this needs it

    try:
        return seen_in(Report.from_dict(orjson.loads(report)).unknown_codes.ranked())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise click.UsageError(
            "This is no report of a batch. Write one with `errnorm batch … --report report.json`, whose form "
            "`errnorm schema report` prints."
        ) from error


def _own(file: str | None) -> tuple[str, Catalog]:
    """Give the text of the user's file and what it says; nothing where it is not there yet."""
    if file is None or not Path(file).exists():
        return "", Catalog()
    try:
        own = Catalog.load(file)
        return Path(file).read_bytes().decode(), own
    except InvalidCatalog as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"{file} could not be read: {error.strerror}. Name a catalog file.") from error


def _owner(seen: Sequence[Seen], file: str | None, text: str, vendor: str | None) -> str | None:
    """Say whose codes are drafted: a catalog file is one vendor's."""
    counts = Counter(one.vendor for one in seen if one.vendor != UNKNOWN.name)
    written = str(json.loads(text)["vendor"]) if text else None
    if written and vendor not in {None, written}:
        raise click.UsageError(f"{file} is {written}'s, and a file is one vendor's. Name another one.")
    owner = written or vendor
    if owner is None and len(counts) > 1:
        told = ", ".join(f"{name} ({count})" for name, count in counts.most_common())
        raise click.UsageError(f"The report has unknown codes of {told}. Choose one with --vendor.")
    return owner or next(iter(counts), None)


def _give(text: str, was: str, file: str | None) -> None:
    if file is None:
        click.echo(text, nl=False)
        return
    path = Path(file).resolve()  # a link stays a link
    write = _replace if was else _create
    try:
        write(path, text.encode(), was.encode())
    except OSError as error:
        raise click.ClickException(f"{file} could not be written: {error.strerror}.") from error


def _create(path: Path, data: bytes, _: bytes) -> None:
    with path.open("xb") as out:  # never over a file that somebody made in the meantime
        try:
            out.write(data)
            out.flush()
        except OSError:
            path.unlink()
            raise


def _replace(path: Path, data: bytes, was: bytes) -> None:
    """Put new bytes in the place of those that were read, in one step; the file keeps its mode."""
    if not (os.access(path, os.W_OK) and path.stat().st_mode & _WRITE_BITS):
        raise PermissionError(EACCES, os.strerror(EACCES))
    descriptor, part = mkstemp(prefix=f".{path.name}.", dir=path.parent)  # nobody else may read it
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        shutil.copymode(path, part)
        if path.read_bytes() != was:
            raise click.ClickException(
                f"{path.name} was changed while the drafts were made, so nothing was written. "
                "Run the command again."
            )
        Path(part).replace(path)
    finally:
        Path(part).unlink(missing_ok=True)


_WRITE_BITS = 0o222  # root may write any file, also one that is to stay as it is


def _tell(seen: Sequence[Seen], owner: str | None, file: str | None, drafted: int) -> None:
    """Say what was drafted, what was not, and what comes next."""
    place = file or "the drafts"
    left = f" {file} is not written." if file and not Path(file).exists() else ""
    if drafted:
        check = f"`errnorm catalog check {file or 'FILE'}`"
        told = [f"{place}: {drafted} new for {owner}. Describe them; {check} lists those that are left."]
    elif any(one.vendor == owner and one.code for one in seen):
        told = [f"Nothing to draft: every code of {owner} that the report shows is known.{left}"]
    else:
        told = [f"Nothing to draft: the report shows no unknown code of {owner or 'a vendor'}.{left}"]
    for sentence in (*told, *_left(seen, owner)):
        click.echo(sentence, err=True)


def _left(seen: Sequence[Seen], owner: str | None) -> Iterator[str]:
    others = Counter(one.vendor for one in seen if one.vendor not in {owner, UNKNOWN.name})
    for name, count in others.items():
        yield f"Of {name} there are more ({count}). Draft them into a file of their own."
    for one in seen:
        if one.vendor == owner and one.code is None:
            yield (
                "Not shown in the report, since they may be somebody's name or number: the codes of "
                f"{_count(one)}. Look there, and write their entries by hand; `errnorm schema catalog` "
                "prints the form."
            )
    nobodys = [one for one in seen if one.vendor == UNKNOWN.name]
    if nobodys:
        yield (
            f"Of no known vendor: {len(nobodys)} more, as in {_count(nobodys[0])}. "
            "No catalog is asked for these; a vendor of your own would read them."
        )


def _count(seen: Seen) -> str:
    many = "s" if seen.records > 1 else ""
    return f"{seen.records} record{many}, the first at {seen.place or 'a place unknown'}"
