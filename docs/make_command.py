"""Make the page of the command: what `--help` prints, for every command."""

from __future__ import annotations

from collections.abc import Iterator

import click
from writing import page, table

from errnorm.cli import cli

NOTE = "<!-- Written by docs/make_reference.py from the command's own help: change that, not this. -->"
COLUMNS = 90  # what a block of the site holds
EXITS = (
    ("0", "done"),
    ("1", "a `--fail-on` of `batch` holds"),
    ("2", "wrong use, or a catalog file with a mistake"),
    ("3", "an input could not be opened or read to its end, or the output not be written"),
    ("4", "a bug of errnorm in `batch`: it failed, or the captures do not add up"),
    ("130", "stopped with Ctrl-C"),
)


def page_of_all() -> str:
    """Give the page of `errnorm` and all its commands."""
    root = click.Context(cli, info_name="errnorm", terminal_width=COLUMNS, max_content_width=COLUMNS)
    return page(
        "# The command",
        NOTE,
        'It comes with `pip install "errnorm[cli]"`; `errnorm batch` needs `errnorm[batch]` as well.\n'
        "Data goes to standard output, everything else to standard error.\n"
        "On a terminal a person reads cards, piped or with `--json` a program reads one JSON object a line.\n"
        "`NO_COLOR` switches colours off.",
        table(("exit code", "meaning"), EXITS),
        *_helps(cli, root),
    )


def _helps(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _helps(inner, click.Context(inner, info_name=name, parent=context))
