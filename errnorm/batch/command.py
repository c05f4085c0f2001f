"""The command `errnorm batch`: it reads its options, calls `Run`, and prints the report."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from errnorm.batch.journal import NotResumable
from errnorm.batch.names import ROLES
from errnorm.batch.report import Report, condition, show
from errnorm.batch.run import Failed, NotReconciled, Run, Stopped
from errnorm.batch.sinks import SINKS, sink_of
from errnorm.batch.tasks import How
from errnorm.batch.times import zone_of
from errnorm.batch.work import Settings, leave_alone
from errnorm.catalog import Catalog
from errnorm.cli import Word, own_catalogs
from errnorm.exceptions import InvalidArgument
from errnorm.normalizer import Normalizer
from errnorm.printable import printable
from errnorm.vendors import UNKNOWN

__all__ = ["batch"]

T = TypeVar("T")

_POLICY_MET, _UNREADABLE, _BUG, _INTERRUPTED = 1, 3, 4, 130


def _fields(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, equals, pointer in pairs:
        if not equals or not pointer or name not in ROLES:
            raise click.BadParameter(
                f"{name!r} names no member. Write body=/response/body; the names are: {', '.join(ROLES)}."
            )
    return {name: pointer for name, _, pointer in pairs}


def _zone(_: click.Context, __: click.Parameter, name: str | None) -> tzinfo | None:
    try:
        return zone_of(name) if name else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option(
    "--output", "-o", default="-", metavar="FILE", help="Where the records go; - is standard output."
)
@click.option("--to", type=Word([sink.name for sink in SINKS]), help="The form, if not by FILE's suffix.")
@click.option("--rejects", metavar="FILE", help="Where what could not be read goes, with place and reason.")
@click.option("--report", "report_file", metavar="FILE", help="Where the report goes, as JSON.")
@click.option(
    "--jobs", "-j", type=click.IntRange(1), default=1, show_default=True, help="Processes that work."
)
@click.option("--resume", is_flag=True, help="Go on where the same command was killed.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    callback=_fields,
    metavar="NAME=POINTER",
    help="Where a capture has a member: body=/response/body.",
)
@click.option("--tz", "zone", callback=_zone, metavar="ZONE", help="The zone of times that name none.")
@click.option(
    "--raw",
    type=Word(["omit", "text", "base64"]),
    default="omit",
    show_default=True,
    help="Whether and how bodies go with their records.",
)
@click.option("--redact", is_flag=True, help="Leave out what is private: people, numbers, keys, chat text.")
@click.option(
    "--fail-on",
    "policies",
    multiple=True,
    metavar="EXPR",
    help="End with 1 where this holds: unknown>1%, category:authentication>0.",
)
@own_catalogs
@click.option("--quiet", "-q", is_flag=True, help="Print no progress and no report, errors alone.")
def batch(  # noqa: PLR0913 - one argument an option
    *,
    inputs: tuple[str, ...],
    output: str,
    to: str | None,
    rejects: str | None,
    report_file: str | None,
    jobs: int,
    resume: bool,
    fields: dict[str, str],
    zone: tzinfo | None,
    raw: Any,  # noqa: ANN401 - one of three words
    redact: bool,
    policies: tuple[str, ...],
    catalog: Catalog,
    quiet: bool,
) -> None:
    """Turn captured logs into records, and say how bad it was.

    An INPUT is a file, a folder, a pattern, or - for standard input: NDJSON or JSON captures, HAR, CSV, raw
    HTTP messages, plain logs, single bodies; plain, or in gzip, zstd, bz2, xz, tar, zip.

    \b
    Examples:
      errnorm batch captures/ -o errors.ndjson --rejects rejects.ndjson --report report.json
      errnorm batch finesse.log.gz --tz Europe/Berlin | jq .code
      errnorm batch gateway.ndjson -o errors.parquet --jobs 4 --fail-on 'unknown>1%'

    Exit codes: 0 done, 1 a --fail-on holds, 2 wrong use, 3 an input could not be read to its end, no capture
    has what --field names, or the output could not be written, 4 errnorm itself failed, or the counts do not
    add up: a bug of errnorm.
    """  # noqa: D301 - \\b tells click to leave the lines as they are
    place = None if output == "-" else Path(output)
    sink = _wrong_use(lambda: sink_of(place, to))
    normalizer = Normalizer(catalog=catalog, cache_size=sink.cache_size)
    words = {
        "vendor": [*(vendor.name for vendor in normalizer.vendors), UNKNOWN.name],
        "code": {entry.id for entry in catalog.entries()},
    }
    conditions = _wrong_use(lambda: [condition(text, words) for text in policies])
    settings = Settings(
        normalizer=normalizer,
        sink=sink.name,
        raw=raw,
        policy=import_module("errnorm.redaction").CONTACT_CENTER if redact else None,
    )
    run = _wrong_use(
        lambda: Run(
            inputs,
            place,
            rejects=Path(rejects) if rejects else None,
            report=Path(report_file) if report_file else None,
            settings=settings,
            how=How(fields=fields, zone=zone),
        )
    )
    leave_alone()
    code = _went(run, jobs=jobs, resume=resume, quiet=quiet)
    code = _tell(run.report, report_file, quiet=quiet) or code
    held = [text for text, holds in zip(policies, conditions, strict=True) if holds(run.report)]
    for text in held:
        click.echo(f"--fail-on {text!r} holds.", err=True)
    sys.exit(code or (_POLICY_MET if held else _UNREADABLE if run.report.errors or run.report.lacking else 0))


def _wrong_use(make: Callable[[], T]) -> T:
    try:
        return make()
    except (InvalidArgument, ValueError) as error:
        raise click.UsageError(str(error)) from error


def _went(run: Run, *, jobs: int, resume: bool, quiet: bool) -> int:
    """Run, and give the exit code of a run that did not come to its end."""
    watched = not quiet and sys.stderr is not None and sys.stderr.isatty()
    bar = import_module("errnorm.batch.progress").shown() if watched else nullcontext()
    try:
        with bar as progress:
            run.go(jobs=jobs, resume=resume, progress=progress)
    except NotResumable as error:
        raise click.UsageError(str(error)) from error
    except (Failed, NotReconciled) as error:
        click.echo(f"Error: {error}", err=True)
        return _BUG
    except Stopped as stopped:
        if stopped.pipe_closed:  # `| head` has read what it wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return 0
        click.echo(f"Error: {stopped}", err=True)
        return _UNREADABLE
    except KeyboardInterrupt:
        click.echo(f"Stopped. {run.kept}", err=True)
        return _INTERRUPTED
    return 0


def _tell(report: Report, file: str | None, *, quiet: bool) -> int:
    """Tell what was counted, and give the exit code where the report could not be written."""
    code = 0
    if file:
        try:
            Path(file).write_bytes(orjson.dumps(report.to_dict(), option=orjson.OPT_INDENT_2))
        except OSError as error:
            why = f"The report could not be written: {error.strerror}. Name another file, or make room."
            click.echo(f"Error: {why}", err=True)
            code = _UNREADABLE
    if not quiet:
        show(report)
        return code
    for told in (*(f"{name}: {why}" for name, why in report.errors), *report.lacking):
        click.echo(printable(told), err=True)
    return code
