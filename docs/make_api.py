"""Make the pages of the API: every public name with its signature and docstring.

griffe reads the docstrings; a name is public when it stands in the `__all__` of a public module,
or in `FOR_VENDORS`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from enum import EnumMeta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import griffe
from writing import bullets, example, first_sentence, page, table

import errnorm
import errnorm.export
import errnorm.middleware

NOTE = "<!-- Written by docs/make_reference.py from the docstrings: change those, not this. -->"
# What vendors of others are written with: these modules hold more, which may change.
FOR_VENDORS = {
    "errnorm.payload": ("Kind", "Payload", "XmlDocument", "local_name", "to_value"),
    "errnorm.usual": ("describe",),
    "errnorm.vendor": ("NOTHING", "THIN", "is_blank", "text_value", "whole"),
}
OPTIONS: dict[str, Any] = {"warnings": False, "returns_named_value": False, "returns_multiple_items": False}


@cache
def _source(module: str) -> Any:  # noqa: ANN401 - griffe's module
    """Read one file alone: in `errnorm.batch` the function `run` and the module `run` share a name."""
    file = Path(importlib.import_module(module).__file__ or "")
    code = file.read_text("utf-8")
    return griffe.visit(module, file, code, docstring_parser="google", docstring_options=OPTIONS)


def public_modules() -> list[str]:
    """Give the modules whose names users may build on, the package itself first."""
    rooms = (errnorm.export, errnorm.middleware)
    inside = [
        f"{room.__name__}.{name}" for room in rooms for _, name, _ in pkgutil.iter_modules(room.__path__)
    ]
    fixed = (
        "errnorm",
        "errnorm.batch",
        "errnorm.batch.arrow",
        "errnorm.redaction",
        "errnorm.schemas",
        "errnorm.testing",
        *FOR_VENDORS,
    )
    return [*fixed, *(name for name in inside if "._" not in name)]


def public_names(module: str) -> Sequence[str]:
    """Give the names of a public module that users may build on."""
    return FOR_VENDORS.get(module) or tuple(importlib.import_module(module).__all__)


def pages() -> dict[str, str]:
    """Give the text of every page by its name."""
    made = {name: _module(name) for name in public_modules()}
    rows = [
        (
            f"[`{name}`]({name}.md)",
            ", ".join(f"[`{one}`]({name}.md#{one})" for one in public_names(name)),
        )
        for name in public_modules()
    ]
    made["index"] = page(
        "# The API",
        NOTE,
        "Every name that is public, by its module.\n[What is public](../../compatibility.md) says what that promises.",
        table(("module", "names"), rows),
    )
    return made


def _module(name: str) -> str:
    module = importlib.import_module(name)
    about = first_sentence(module.__doc__ or "").rstrip(".:")
    return page(
        f"# `{name}`",
        NOTE,
        f"{about}.",
        *(block for one in public_names(name) for block in _named(name, one, getattr(module, one))),
        "[All modules](index.md)",
    )


def _named(module: str, name: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - any public value
    found = _source(_home(module, value)).members[getattr(value, "__qualname__", name)]
    if found.is_alias:  # a constant does not know its home; the import does
        home, _, name_there = found.target_path.rpartition(".")
        found = _source(home).members[name_there]
    yield f'<a id="{name}"></a>\n\n## `{name}`'
    yield from _object(found)
    if isinstance(value, EnumMeta):
        yield "Its words: " + ", ".join(f"`{word}`" for word in value) + "."
    elif isinstance(found, griffe.Class):
        for member in found.members.values():
            if member.has_docstring and not member.name.startswith("_"):
                yield f'<a id="{name}.{member.name}"></a>\n\n### `{name}.{member.name}`'
                yield from _object(member)


def _home(module: str, value: Any) -> str:  # noqa: ANN401 - any public value
    """Name the module in which a public value is written down."""
    if isinstance(value, ModuleType):
        return "errnorm.installed"  # what a module answers that is called: see errnorm.called
    return str(value.__module__) if callable(value) else module


def _object(found: Any) -> Iterator[str]:  # noqa: ANN401 - a function, class or attribute of griffe
    if isinstance(found, griffe.Function):
        # Python writes 'auto'; the formatter of the pages, as of the code, wants "auto".
        signature = _signature(found).replace("'", '"')
        yield f"```python\n{signature}\n```"
    for section in found.docstring.parsed if found.docstring else ():
        yield _section(section)


def _signature(function: griffe.Function) -> str:
    """Write the first line of a function as the formatter would, one parameter a line where it is long."""
    kind = "async def" if "async" in function.labels else "def"
    line = f"{kind} {function.signature()}: ..."
    if len(line) <= 100:
        return line
    inside = ",\n".join(f"    {parameter}" for parameter in _parameters(function))
    return f"{kind} {function.name}(\n{inside},\n) -> {function.returns}: ..."


def _parameters(function: griffe.Function) -> Iterator[str]:
    starred = False
    for one in (one for one in function.parameters if one.name not in {"self", "cls"}):
        if one.kind is griffe.ParameterKind.keyword_only and not starred:
            starred = True
            yield "*"
        stars = {"variadic positional": "*", "variadic keyword": "**"}.get(str(one.kind.value), "")
        starred = starred or stars == "*"
        note = f": {one.annotation}" if one.annotation else ""
        default = f" = {one.default}" if one.default is not None and not stars else ""
        yield f"{stars}{one.name}{note}{default}"


def _section(section: Any) -> str:  # noqa: ANN401 - a section of griffe
    if section.kind is griffe.DocstringSectionKind.text:
        return str(section.value)
    if section.kind is griffe.DocstringSectionKind.admonition:
        return f"**{section.title}**\n\n{example(section.value.contents)}"
    if section.kind is griffe.DocstringSectionKind.examples:
        return "**Example**\n\n" + example("\n".join(text for _, text in section.value))
    return f"**{_TITLES.get(section.kind.value, section.kind.value.capitalize())}**\n\n" + bullets(
        _item(item) for item in section.value
    )


_TITLES = {"parameters": "Arguments"}


def _item(item: Any) -> str:  # noqa: ANN401 - an item of griffe
    name = getattr(item, "name", None) or getattr(item, "annotation", None)
    text = " ".join(item.description.split())
    return f"`{name}`: {text}" if name else text
