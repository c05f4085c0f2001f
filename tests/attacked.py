"""Attack every pattern of errnorm; run by `test_patterns.py`, in a process of its own that may be stopped.

For each repeat in a pattern the text that leads to it is made from the pattern itself, then what it repeats
is written over and over, for forty thousand characters, and at last comes what fits nothing. A pattern that
takes quadratic time needs seconds for that, and a linear one a few milliseconds.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import signal
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from re import _constants as op
from re import _parser as parser
from types import ModuleType
from typing import Any, NamedTuple

import errnorm
from errnorm.redaction import CONTACT_CENTER

LENGTH = 40_000
HANG = 0.5
"""Seconds of the processor after which an attack hangs: many times what it takes."""

SAMPLES = {
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_SPACE: "x",
    op.CATEGORY_NOT_WORD: "-",
    op.CATEGORY_NOT_DIGIT: "x",
}
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


IMPORTS = re.compile(r"^(?:from \S+ )?import (?:\([^)]*\)|.*)$", re.MULTILINE)
METHODS = ("search", "match", "fullmatch", "finditer", "sub", "split")


class Use(NamedTuple):
    """A pattern, and what it is asked."""

    pattern: re.Pattern[Any]
    methods: frozenset[str]


def patterns() -> dict[str, Use]:
    """Find every compiled pattern: in modules, in their values, on classes, and in what is made of them."""
    found: dict[str, Use] = {}
    modules = [importlib.import_module("errnorm")]
    for module in pkgutil.walk_packages(errnorm.__path__, "errnorm."):
        if module.name != "errnorm.__main__":
            try:
                modules.append(importlib.import_module(module.name))
            except ImportError:  # an extra that is not installed
                continue
    for module in modules:
        for name, value in vars(module).items():
            for pattern in inside(value):
                found.setdefault(pattern_name(module, name, pattern), Use(pattern, methods(module, name)))
    for value in (errnorm.Normalizer()._index, CONTACT_CENTER):
        for pattern in inside(value):
            found.setdefault(
                pattern_name(sys.modules[type(value).__module__], "made", pattern),
                Use(pattern, frozenset(METHODS)),
            )
    return found


@cache  # of a policy's name there are two hundred patterns
def methods(module: ModuleType, name: str) -> frozenset[str]:
    """Give what a pattern is asked where its name stands; where it is handed on, that may be anything."""
    home = Path(module.__file__ or "")
    readers = [home] if name.startswith("_") else list(Path(errnorm.__file__).parent.rglob("*.py"))
    source = "".join(IMPORTS.sub("", path.read_text("utf-8")) for path in readers)
    uses = re.findall(rf"(\w+\()?(?<![\w.\"]){name}\b(?:\.(\w+))?(?!\s*+[=:])", source)
    # The lenient reader's `_skip` matches at its place.
    asked = {"match" if call == "_skip(" else method for call, method in uses}
    return frozenset(asked) if asked and asked <= set(METHODS) | {"subn", "findall"} else frozenset(METHODS)


def pattern_name(module: ModuleType, name: str, pattern: re.Pattern[Any]) -> str:
    """Name a pattern by its place and its beginning."""
    return f"{module.__name__}.{name}: {pattern.pattern[:60]!r}"


def inside(value: Any, depth: int = 6) -> Iterator[re.Pattern[Any]]:
    """Go through the patterns in a value."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        for item in value.values():
            yield from inside(item, depth - 1)
    elif depth and isinstance(value, tuple | list | frozenset | set):
        for item in value:
            yield from inside(item, depth - 1)
    elif depth and getattr(type(value), "__module__", "").startswith("errnorm"):
        names = {*getattr(value, "__dict__", ()), *getattr(type(value), "__slots__", ())}
        for name in names:
            yield from inside(getattr(value, name, None), depth - 1)
    elif depth and isinstance(value, type) and value.__module__.startswith("errnorm"):
        for item in vars(value).values():
            yield from inside(item, depth - 1) if isinstance(item, re.Pattern | tuple | dict) else ()


def example(tree: Any) -> str:
    """Give a short text that a part of a pattern fits."""
    return "".join(example_of(code, argument) for code, argument in tree)


def example_of(code: Any, argument: Any) -> str:
    """Give a short text that one element of a pattern fits."""
    if code is op.LITERAL:
        return chr(argument)
    if code is op.IN:
        return sample(argument)
    if code in REPEATS:
        return example(argument[2]) * max(argument[0], 1)
    if code is op.SUBPATTERN:
        return example(argument[-1])
    if code is op.ATOMIC_GROUP:
        return example(argument)
    if code is op.BRANCH:
        return example(argument[1][0])
    return "x" if code in {op.ANY, op.NOT_LITERAL} else ""


def sample(items: Any) -> str:
    """Give a character of a class."""
    if items[0][0] is op.NEGATE:
        taken = {chr(value) for code, value in items if code is op.LITERAL}
        return next(char for char in "x1 -_~" if char not in taken)
    code, value = items[0]
    if code is op.LITERAL:
        return chr(value)
    return chr(value[0]) if code is op.RANGE else SAMPLES.get(value, "x")


def attacks(tree: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Give what leads to each repeat of a pattern, and what it repeats."""
    for code, argument in tree:
        if code in REPEATS:
            yield before, example(argument[2])
            yield from attacks(argument[2], before)
        elif code is op.SUBPATTERN:
            yield from attacks(argument[-1], before)
        elif code is op.ATOMIC_GROUP:
            yield from attacks(argument, before)
        elif code in {op.ASSERT, op.ASSERT_NOT}:
            yield from attacks(argument[1], before)
        elif code is op.BRANCH:
            for branch in argument[1]:
                yield from attacks(branch, before)
        before += example_of(code, argument)
    if before:
        yield "", before


def texts(pattern: re.Pattern[Any]) -> set[str]:
    """Give the attacks on a pattern: each repeat pumped alone, with what leads to it, and with what ends it."""
    found = set()
    for lead, pump in attacks(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)):
        if pump:
            many = pump * (LENGTH // len(pump))
            found |= {
                lead + many,
                f"{lead}{many}\0",
                f"{lead}{many}\n",
                (lead + pump) * (LENGTH // len(lead + pump)),
            }
    for char in "a1 \t<>\"'-_.:/\\&%=({[":
        found.add(char * LENGTH)
    return found


def attacked(use: Use) -> str | None:
    """Attack a pattern as it is used; give the attack that it hangs on."""
    pattern = use.pattern
    for text in texts(pattern):
        data: Any = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
        signal.setitimer(signal.ITIMER_VIRTUAL, HANG)
        try:
            pattern.match(data)
            pattern.fullmatch(data)
            if use.methods - {"match", "fullmatch"}:
                pattern.search(data)
                sum(1 for _ in pattern.finditer(data))
        except TimeoutError:
            return repr(text[:60])
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def stop(*_: object) -> None:
    """Stop an attack: `re` asks for signals while it matches."""
    raise TimeoutError


def main() -> None:
    """Attack all patterns, or those given as JSON, and write what hangs."""
    signal.signal(signal.SIGVTALRM, stop)
    own = {text: Use(re.compile(text), frozenset(METHODS)) for text in json.load(sys.stdin)}
    uses = own or patterns()
    found = {name: attack for name, use in uses.items() if (attack := attacked(use))}
    searched = sum(1 for use in uses.values() if use.methods - {"match", "fullmatch"})
    sys.stdout.write(json.dumps({"count": len(uses), "searched": searched, "hang": found}))


if __name__ == "__main__":
    main()
