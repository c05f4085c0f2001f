"""The ladder of rungs that answers what was looked up, and the judgement that it gives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from errnorm.entries import folded, numbered, plain_text
from errnorm.record import CatalogEntry, Problem, RetryAdvice
from errnorm.vendor import Lookup
from errnorm.vocabulary import (
    Category,
    Match,
    ProblemCode,
    Severity,
)

__all__ = ["CONSTANT", "LEAST_WORDS", "Judgement", "Ladder", "Rung", "consistent"]

LEAST_WORDS = 12  # a shorter text inside a longer message proves nothing


class Judgement(TypedDict):
    """The derived fields of a record."""

    category: Category
    severity: Severity
    retry: RetryAdvice
    entry: CatalogEntry | None
    match: Match
    problems: tuple[Problem, ...]


class Rung(NamedTuple):
    """An entry that answers, how it was found, and by which lookup."""

    entry: CatalogEntry
    match: Match
    lookup: Lookup | None = None


class Ladder:
    """The rungs that answer some lookups; what they say is worked out once.

    Errors come in storms: the same few codes again and again. A ladder kept saves 40 µs of 120.
    """

    def __init__(self, rungs: list[Rung], problems: tuple[Problem, ...]) -> None:
        self.rungs = rungs
        self.problems = problems
        self.texts = [_texts(rung) for rung in rungs]
        self.by_code = self._judgement(rungs)
        self.known: dict[tuple[int | None, ...], Judgement] = {(None,) * len(rungs): self.by_code}

    def judged(self, message: str | None) -> Judgement:
        """Give the judgement; the message matters only where a code has several texts."""
        if not message or not any(self.texts):
            return self.by_code
        said = plain_text(message)
        numbers = tuple(_fitting(texts, said) if texts and said else None for texts in self.texts)
        found = self.known.get(numbers)
        if found is None:
            rungs = [
                Rung(numbered(rung.entry, number), Match.MESSAGE) if number else rung
                for rung, number in zip(self.rungs, numbers, strict=True)
            ]
            found = self.known[numbers] = self._judgement(rungs)
        return found

    def _judgement(self, rungs: list[Rung]) -> Judgement:
        entries = [rung.entry for rung in rungs]
        return Judgement(
            category=next((e.category for e in entries if e.category), Category.UNKNOWN),
            severity=next((e.severity for e in entries if e.severity), Severity.ERROR),
            retry=next((e.retry for e in entries if e.retry), _NO_ADVICE),
            entry=entries[0] if entries else None,
            match=rungs[0].match if rungs else Match.NONE,
            problems=self.problems,
        )


_NO_ADVICE = RetryAdvice()


def consistent(
    rungs: list[Rung],
    lookups: Sequence[Lookup],
) -> tuple[list[Rung], tuple[Problem, ...]]:
    """Drop a number that contradicts its constant, and an entry that was found twice."""
    constants = {lookup.table: lookup.key for lookup in lookups if CONSTANT.fullmatch(lookup.key)}
    names = {rung.lookup: rung.entry for rung in rungs}
    kept: list[Rung] = []
    contradicted = False
    for rung in rungs:
        constant = constants.get(rung.entry.table)
        entry = names.get(Lookup(rung.entry.table, constant)) if constant else None
        if constant and _contradicts(rung, constant, entry):
            contradicted = True
        elif not any(_same_code(rung, other) for other in kept):
            # Where a number has two deployments, the constant says which.
            kept.append(Rung(entry, rung.match) if entry and entry.code == rung.entry.code else rung)
    return kept, (_CONTRADICTED,) if contradicted else ()


CONSTANT = re.compile(r"(?<![A-Z0-9])[A-Z][A-Z0-9]*+(?:_ ?[A-Z0-9]++)++")
_CONTRADICTED = Problem(
    ProblemCode.CODE_CONTRADICTED,
    "The number and the constant of this error stand for different things; the constant was believed.",
)


def _contradicts(rung: Rung, constant: str, entry: CatalogEntry | None) -> bool:
    """Tell whether a number stands for something else than the constant beside it.

    A generic number (-1, "unknown") contradicts nobody.
    """
    by_number = rung.lookup is not None and rung.lookup.key.lstrip("-").isdecimal()
    if not by_number or rung.entry.generic:
        return False
    if entry is None:
        return rung.entry.name is not None and folded(rung.entry.name) != folded(constant)
    return entry.code != rung.entry.code


def _same_code(rung: Rung, other: Rung) -> bool:
    return rung.entry.table == other.entry.table and rung.entry.code == other.entry.code


def _texts(rung: Rung) -> dict[str, int]:
    """Give the numbered texts that tell the causes of an exact code apart; a code with one text has none."""
    if rung.match is not Match.EXACT or rung.entry.generic or not rung.entry.has_causes_by_text:
        return {}
    texts: dict[str, int] = {}
    for number, message in enumerate(rung.entry.messages, 1):
        texts.setdefault(plain_text(message.text), number)
    return texts


def _fitting(texts: dict[str, int], said: str) -> int | None:
    """Give the number of the text that a message is, or else of the longest that it contains."""
    if said in texts:
        return texts[said]
    inside = [text for text in texts if len(text) >= LEAST_WORDS and text in said]
    return texts[max(inside, key=len)] if inside else None
