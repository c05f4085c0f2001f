"""The command line: each command reads its options, calls the library, and prints.

Data goes to stdout, the rest to stderr. On a terminal a person reads cards; piped, a program reads JSON,
one object a line. Exit codes: 0 done, 2 wrong use, 3 an input could not be opened or read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeVar

import click
import orjson

import errnorm
from errnorm.catalog import Catalog
from errnorm.exceptions import InvalidArgument, InvalidCatalog, UnknownVendor
from errnorm.installed import CATALOG_GROUP, KnownVendor, Plugin
from errnorm.record import CatalogEntry, ErrorRecord
from errnorm.schemas import schema_names, schema_text
from errnorm.vendors import UNKNOWN
from errnorm.vocabulary import Decision, Severity

__all__ = ["Word", "cli", "own_catalogs"]

_WRONG_USE = 2
_UNREADABLE = 3
_C1_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class _UnreadableInput(click.ClickException):
    exit_code = _UNREADABLE


class _UnwritableOutput(click.ClickException):
    exit_code = _UNREADABLE


class Word(click.Choice):  # type: ignore[type-arg] # generic from click 8.2 on
    """One of some words; beside one that is none of them stands the word that was probably meant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's own
        """Give the word, or say which one was probably meant."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

            near = get_close_matches(str(value), [str(word) for word in self.choices], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.BadParameter(f"{error.message}{hint}", ctx=ctx, param=param) from error


def _header(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [tuple(part.strip() for part in value.split(":", 1)) for value in values]
    wrong = [value for value, pair in zip(values, pairs, strict=True) if len(pair) != 2]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} has no colon. Write it as 'Retry-After: 5'.")
    return [(pair[0], pair[1]) for pair in pairs]


def _vendor(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    # No click.Choice: it would look for plugins whenever any command starts.
    names = [known.name for known in errnorm.vendors()] if name else []
    if name and name not in {*names, UNKNOWN.name}:
        raise click.BadParameter(
            f"no vendor is called {name!r}. There are: {', '.join((*names, UNKNOWN.name))}. "
            "`errnorm vendors` says where each came from, and which is left out."
        )
    return name


def _body_options(command: F) -> F:
    """Add what `parse` and `detect` share: the body, and what is known about it."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON also on a terminal."),
        click.option("--url", help="The request's url; its path may name the vendor."),
        click.option(
            "--header",
            "-H",
            "headers",
            multiple=True,
            callback=_header,
            help="A response header, NAME: VALUE.",
        ),
        click.option("--content-type", help="The response's Content-Type."),
        click.option(
            "--vendor",
            metavar="NAME",
            callback=_vendor,
            help="The vendor, where you know it: errnorm vendors.",
        ),
        click.option("--status", type=int, help="The HTTP status of the response."),
        click.argument("file", default="-"),
    ):
        command = option(command)
    return command


def _opened(file: str, opener: Callable[[str], T]) -> T:
    try:
        return opener(file)
    except OSError as error:
        raise _UnreadableInput(
            f"{file} could not be read: {error.strerror}. Give a catalog file, "
            "in the form that `errnorm schema catalog` prints."
        ) from error


def _catalog(_: click.Context, __: click.Parameter, files: tuple[str, ...]) -> Catalog:
    """Lay the catalog files over what is installed; the last one lies on top."""
    found = errnorm.catalog()
    for file in files:
        try:
            found |= _opened(file, Catalog.load)
        except InvalidCatalog as error:
            raise click.UsageError(str(error)) from error
    return found


def own_catalogs(command: Any) -> Any:  # noqa: ANN401 - click's own decorators are typed so
    """Add the option for catalogs of the user's own."""
    text = (
        "A catalog file of your own; it wins over the builtin catalog. "
        "Of several, the last one wins: --catalog a.json --catalog b.json."
    )
    option = click.option("--catalog", multiple=True, metavar="FILE", callback=_catalog, help=text)
    return option(command)


class _Group(click.Group):
    """The commands; a large one is imported when it is asked for, so that the others start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _LATER:
            command: click.Command = getattr(import_module(_LATER[cmd_name]), cmd_name)
            return command
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click itself would end with 1, which means that a --fail-on holds
            click.echo("Stopped.", err=True)
            ctx.exit(_INTERRUPTED)


_INTERRUPTED = 130  # as shells have it: 128 and the number of SIGINT
_LATER = {"batch": "errnorm.batch.command"}


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(errnorm.__version__, prog_name="errnorm")
def cli() -> None:
    """Turn raw contact-center error bodies into normalized, explained error records."""


# What `--as` writes: the file of errnorm/export/, and its function.
_DIALECTS = {
    "ecs": ("ecs", "to_document"),
    "google-rpc": ("google_rpc", "to_status"),
    "otel": ("otel", "to_otlp"),
    "problem": ("problem", "to_problem"),
    "sentry": ("sentry", "to_event"),
}


@cli.command()
@_body_options
@own_catalogs
@click.option("--redact", is_flag=True, help="Leave out what is private: people, numbers, keys, chat text.")
@click.option("--as", "dialect", type=Word(sorted(_DIALECTS)), help="Print JSON of this dialect.")
@click.option("--faithful", is_flag=True, help="With --as: also what is private, such as the message.")
def parse(  # noqa: PLR0913 - one parameter an option
    file: str,
    *,
    catalog: Catalog,
    redact: bool,
    dialect: str | None,
    faithful: bool,
    as_json: bool,
    **known: Any,  # noqa: ANN401 - keywords of normalize
) -> None:
    """Normalize the body in FILE (or standard input) and print its records.

    \b
    Examples:
      curl -s https://finesse.example.com/finesse/api/User/1001 | errnorm parse --status 503
      errnorm parse --as ecs body.xml

    A record shows all that the vendor said. What --as prints shows what is safe, and all with --faithful.
    """  # noqa: D301 - \\b tells click to leave the lines as they are
    write = _writer(dialect, faithful=faithful)
    result = errnorm.Normalizer(catalog=catalog).normalize(_read(file), **known)
    if redact:
        result = result.redacted(import_module("errnorm.redaction").CONTACT_CENTER)
    if not result:
        click.echo("This body reports no error.", err=True)
    _show(result, "result", (write(record) for record in result), as_json=as_json or dialect is not None)


def _writer(dialect: str | None, *, faithful: bool) -> Callable[[ErrorRecord], dict[str, Any]]:
    """Give what makes plain data of a record: `to_dict`, or the function of a dialect."""
    if dialect is not None:
        file, function = _DIALECTS[dialect]
        return partial(getattr(import_module(f"errnorm.export.{file}"), function), faithful=faithful)
    if faithful:
        raise click.UsageError(
            "--faithful is about what --as prints. Name a dialect, or leave it out: a record shows all."
        )
    return ErrorRecord.to_dict


@cli.command()
@_body_options
def detect(file: str, *, as_json: bool, **known: Any) -> None:  # noqa: ANN401 - keywords of detect
    """Tell which vendor sent the body in FILE, by which evidence, how sure."""
    detection = errnorm.detect(_read(file), **known)
    _show(detection, "detection", [_plain(detection)], as_json=as_json)


@cli.command(context_settings={"ignore_unknown_options": True})  # -1 is a code
@click.argument("code")
@own_catalogs
@click.option("--json", "as_json", is_flag=True, help="Print JSON also on a terminal.")
def explain(code: str, *, catalog: Catalog, as_json: bool) -> None:
    """Explain CODE: an id, a number, a constant, VENDOR:CODE, or a message text; all meanings are listed.

    \b
    Examples:
      errnorm explain 1016
      errnorm explain cisco-finesse:13036
      errnorm explain CF_RESOURCE_BUSY
      errnorm explain "Session does not exist or has ended."
    """  # noqa: D301 - \\b tells click to leave the lines as they are
    entries = catalog.explain(code)
    if not entries:
        raise click.UsageError(f"No code {code!r} is known. {_near_misses(code, catalog)}")
    if len(entries) > 1:  # first, since the cards of several meanings fill the terminal
        click.echo(_told_apart(code, entries), err=True)
    _show_entries(entries, "entries", as_json=as_json)
    near = catalog.near(code) if all(entry.code.endswith("*") for entry in entries) else ()
    if near:
        click.echo(f"Only the family of {code!r} is known. Did you mean {', '.join(near)}?", err=True)


@cli.command()
@click.argument("vendor", required=False)
@click.option("--table", help="One of the vendor's lists: cf, e-cti, type, …")
@click.option("--category", help="The kind of failure: busy, not_found, …")
@click.option("--deployment", help="What only UCCE or only UCCX sends.")
@click.option(
    "--retry",
    "decision",
    type=Word([str(word) for word in Decision]),
    help="What is said about a retry.",
)
@click.option("--search", "words", default="", metavar="TEXT", help="Words that all occur in the entry.")
@own_catalogs
@click.option("--json", "as_json", is_flag=True, help="Print JSON also on a terminal.")
def codes(vendor: str | None, *, catalog: Catalog, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 - keywords of search
    """List the codes of the catalog, of one VENDOR or of all.

    \b
    Examples:
      errnorm codes zoom-cobrowse
      errnorm codes cisco-finesse --table cf --retry retry
      errnorm codes --search "wrap-up"
    """  # noqa: D301 - \\b tells click to leave the lines as they are
    try:
        entries = catalog.search(vendor=vendor, **asked)
    except (InvalidArgument, UnknownVendor) as error:
        raise click.UsageError(str(error)) from error
    if not entries:
        click.echo("No code fits all of that. Leave something out, or search for other words.", err=True)
    _show_entries(entries, "codes", as_json=as_json)


@cli.group()
def catalog() -> None:
    """Work with a catalog file of your own."""


@catalog.command()
@click.argument("file")
def check(file: str) -> None:
    """Tell every mistake in the catalog FILE, one a line, with its place and how to mend it.

    \b
    Example:
      errnorm catalog check own.json && errnorm parse --catalog own.json body.xml

    A warning is no mistake: the file works, and something in it is unusual.
    """  # noqa: D301 - \\b tells click to leave the lines as they are
    names = [known.name for known in errnorm.vendors()]
    mistakes = _opened(file, lambda path: Catalog.check(path, vendors=names))
    for mistake in mistakes:
        warning = "warning: " if mistake.severity is Severity.WARNING else ""
        click.echo(f"{file}: {warning}{mistake}", err=True)
    if any(mistake.severity is Severity.ERROR for mistake in mistakes):
        raise SystemExit(_WRONG_USE)
    click.echo(f"{file}: in order.", err=True)


@catalog.command()
@click.argument("report")
@click.option(
    "--catalog", "file", metavar="FILE", help="Your own catalog file; without it the drafts are printed."
)
@click.option("--vendor", metavar="NAME", callback=_vendor, help="Whose codes, where the report has several.")
def propose(report: str, *, file: str | None, vendor: str | None) -> None:
    """Draft entries for the codes that a batch REPORT does not know, each with the place of a sample.

    \b
    Examples:
      errnorm batch captures/ -o errors.ndjson --report report.json
      errnorm catalog propose report.json --catalog own.json
      errnorm catalog check own.json
      errnorm batch captures/ -o errors.ndjson --catalog own.json

    A file that is there keeps every character, and only codes that are new to it are added behind its own.
    """  # noqa: D301 - \\b tells click to leave the lines as they are
    import_module("errnorm.proposing").propose(_read(report), file, vendor)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON also on a terminal.")
def vendors(*, as_json: bool) -> None:
    """List the vendors whose bodies are recognised: how many codes of each are known, where it came from.

    What other packages bring stands there as well, with the reason where it cannot be used.
    """
    logging = import_module("logging")  # the rows say what is left out: a line of the log would say it twice
    logging.getLogger("errnorm").addHandler(logging.NullHandler())
    rows = [*map(_vendor_row, errnorm.vendors()), *map(_plugin_row, _beside_vendors())]
    _show(rows, "vendors", rows, as_json=as_json)


def _vendor_row(known: KnownVendor) -> dict[str, Any]:
    # What other packages say of a builtin vendor is no entry of errnorm's.
    brought = Catalog.builtin() if known.is_builtin else errnorm.catalog()
    return {
        "kind": "vendor",
        "name": known.name,
        "title": known.title,
        "codes": sum(1 for _ in brought.entries(known.name)),
        "clues": [f"{clue.kind}: {clue.text}" for clue in known.vendor.clues],
        "package": known.package,
        "version": known.version,
        "disabled": None,
    }


def _beside_vendors() -> Iterable[Plugin]:
    """Give the plugins that are no vendor in use: those left out, and the catalogs."""
    return (plugin for plugin in errnorm.plugins() if plugin.disabled or plugin.group == CATALOG_GROUP)


def _plugin_row(plugin: Plugin) -> dict[str, Any]:
    told = {name: getattr(plugin, name) for name in ("name", "package", "version", "disabled")}
    return {"kind": "catalog" if plugin.group == CATALOG_GROUP else "vendor", **told}


@cli.command()
@click.argument("name", type=Word(schema_names()), default="record")
def schema(name: str) -> None:
    """Print the JSON Schema of a record, a batch report, a catalog file, or a line that `batch` reads."""
    click.echo(schema_text(name), nl=False)


def _read(file: str) -> bytes:
    if file == "-" and sys.stdin and sys.stdin.isatty():
        click.echo("Reading the body from the terminal; end it with Ctrl-D.", err=True)
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, AttributeError) as error:  # AttributeError: the shell has closed standard input
        why = getattr(error, "strerror", None) or "it is closed"
        raise _UnreadableInput(
            f"{file!r} could not be read: {why}. Give a file, or - for standard input."
        ) from error


def _show(value: Any, kind: str, lines: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:  # noqa: ANN401
    """Print cards for a person, one JSON object a line for a program."""
    if sys.stdout is None:
        raise _UnwritableOutput("Standard output is closed. Send it to a file, a pipe or the terminal.")
    if sys.stdout.isatty() and not as_json:
        # rich takes longer to import than all the rest, so piped output does without.
        import_module("errnorm.cards").show(kind, value)
        return
    try:
        _write(sys.stdout.buffer, lines)
    except BrokenPipeError:  # `| head -1` has read what it wanted
        sys.stdout = None
    except OSError as error:
        why = f"The output could not be written: {error.strerror}. Send it elsewhere, or make room."
        raise _UnwritableOutput(why) from error


def _write(out: IO[bytes], lines: Iterable[Mapping[str, Any]]) -> None:
    for line in lines:
        text = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        # On a terminal U+009B would begin a command: `ESC [` in one character.
        out.write(text.decode().translate(_C1_ESCAPES).encode() if out.isatty() else text)
    out.flush()


def _show_entries(entries: tuple[CatalogEntry, ...], kind: str, *, as_json: bool) -> None:
    _show(entries, kind, (_plain(entry) | {"id": entry.id} for entry in entries), as_json=as_json)


def _told_apart(code: str, entries: tuple[CatalogEntry, ...]) -> str:
    """Say by what the meanings of a code are told apart: by vendor, table, deployment and name."""
    lines = [f"{code!r} has {len(entries)} meanings. Where it came from, or the name beside it, tells which:"]
    for entry in entries:
        marks = (entry.vendor, f"table {entry.table}", entry.deployment, entry.name)
        lines.append(f"  {entry.id}: {', '.join(mark for mark in marks if mark)}: {entry.title}")
    return "\n".join(lines)


def _plain(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any attrs value
    from attrs import asdict  # noqa: PLC0415 - parse does without it

    return asdict(value)


def _near_misses(code: str, catalog: Catalog) -> str:
    near = catalog.near(code)
    if near:
        return f"Did you mean {', '.join(near)}?"
    return "Give an id, a number, a constant, or VENDOR:CODE; `errnorm vendors` lists the vendors."
