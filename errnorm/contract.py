"""What a vendor must be and give: the rules, as sentences for whoever writes one.

Vendors of other packages are held to them when they are loaded and at every call; `errnorm.testing` holds
any vendor to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from errnorm.reading.cut import is_cut
from errnorm.record import Problem
from errnorm.vendor import Clue, ClueKind, Evidence, Vendor
from errnorm.vocabulary import Match, Origin

__all__ = ["ID_KEYS", "evidence_faults", "report_faults", "vendor_faults"]

ID_KEYS = frozenset({"request", "session", "dialog", "user", "media", "trace", "client"})
"""The keys of `ids`."""

_NAME = re.compile(r"[a-z][a-z0-9]*+(?:-[a-z0-9]++)*+")
_HEADER = re.compile(r"[a-z0-9-]++: \S.*+")
_HEADER_NAME = re.compile(r"[a-z0-9-]++")
_HOLE = re.compile(r"\{\w*+\}")
_LEAST_MARK = 4


def vendor_faults(vendor: object) -> Iterator[str]:
    """Give what is wrong with a vendor as it stands, before any body is read.

    Args:
        vendor: what somebody says is a vendor.

    Yields:
        Sentences; none for a vendor that can be used.

    Example:
        >>> from errnorm.vendors import VENDORS
        >>> from attrs import evolve
        >>> list(vendor_faults(VENDORS[0])), list(vendor_faults(evolve(VENDORS[0], name="Finesse")))
        ([], ["The name is 'Finesse'. Write small letters, digits and hyphens: acme-desk."])
    """
    if not isinstance(vendor, Vendor):
        yield f"It is of type {type(vendor).__name__}. Give an errnorm.Vendor."
        return
    if not _is_text(vendor.name) or not _NAME.fullmatch(vendor.name):
        yield f"The name is {vendor.name!r}. Write small letters, digits and hyphens: acme-desk."
    if not _is_text(vendor.title):
        yield "The title is empty. Write the product's name as a person reads it."
    if not isinstance(vendor.clues, tuple) or not vendor.clues:
        yield "The clues are no tuple, or there are none. Without a clue no body is ever asked about."
    else:
        yield from (fault for clue in vendor.clues for fault in _clue_faults(clue))
    for name in ("score", "parse"):
        if not callable(getattr(vendor, name)):
            yield f"`{name}` cannot be called. Give a function that takes an errnorm Payload."
    if not _all(vendor.headers, tuple, lambda name: _is_text(name) and _HEADER_NAME.fullmatch(name)):
        yield "`headers` is no tuple of header names in lower case, such as ('server',)."
    yield from _pickle_faults(vendor)


def _clue_faults(clue: object) -> Iterator[str]:
    if not isinstance(clue, Clue) or not isinstance(clue.kind, ClueKind) or not _is_text(clue.text):
        yield "A clue is no errnorm.Clue of a ClueKind and a text that is not empty."
        return
    if clue.kind is ClueKind.HEADER and not (_HEADER.fullmatch(clue.text) and clue.text.islower()):
        yield f"The header clue {clue.text!r} is not written as `name: part of its value`, in lower case."
    if clue.kind is ClueKind.FRAME and not _is_frame(clue.text):
        yield (
            f"The frame clue {clue.text!r} does not begin with words, or has not just one {{body}} behind at "
            "most one {status} and one {url}."
        )
    if clue.kind in {ClueKind.MARK, ClueKind.EVENT} and len(clue.text) < _LEAST_MARK:
        yield f"The {clue.kind} clue {clue.text!r} is too short. Use {_LEAST_MARK} letters or more."


def _is_frame(text: str) -> bool:
    holes = _HOLE.findall(text)
    known = len(set(holes)) == len(holes) and set(holes) <= {"{status}", "{url}", "{body}"}
    return known and holes[-1:] == ["{body}"] and len(text.partition("{")[0]) >= _LEAST_MARK


def _pickle_faults(vendor: Vendor) -> Iterator[str]:
    import pickle  # noqa: PLC0415 - only vendors of others are asked

    try:
        pickle.dumps(vendor)
    except Exception as error:  # noqa: BLE001 - an object of somebody else may fail in any way
        yield (
            f"It cannot be sent to another process ({type(error).__name__}), as `errnorm batch --jobs` does. "
            "Write `score` and `parse` as functions of a module."
        )


def evidence_faults(evidence: object) -> Iterator[str]:
    """Give what is wrong with what `score` gave.

    Example:
        >>> list(evidence_faults(0.9))
        ['`score` gave something of type float. Give an errnorm.Evidence, NOTHING where there is none.']
    """
    if not isinstance(evidence, Evidence):
        yield (
            f"`score` gave something of type {_kind(evidence)}. "
            "Give an errnorm.Evidence, NOTHING where there is none."
        )
    elif not _is_number(evidence.confidence) or not 0 <= evidence.confidence <= 1:
        yield "`score` gave a confidence that is no number from 0 to 1."
    elif not _is_text(evidence.reason):
        yield "`score` gave evidence without a reason. Say the mark in words, without a word of the body."


def report_faults(reported: object) -> Iterator[str]:
    """Give what is wrong with one thing that `parse` gave.

    Args:
        reported: what should be a `Reported`.

    Yields:
        Sentences; they name members and kinds, and never quote a value.

    Example:
        >>> list(report_faults({"shape": "desk.error", "code": 17}))
        ["'code' is of type int. Give a text or None."]
    """
    if not isinstance(reported, Mapping):
        yield f"`parse` gave something of type {_kind(reported)}. Give an errnorm.Reported for each error."
        return
    if "shape" not in reported:
        yield "'shape' is missing. Name the wire form: desk.error."
    for name, value in reported.items():
        fits, wanted = _MEMBERS.get(name, (None, ""))
        if fits is None:
            yield f"A report has no member {str(name)[:40]!r}. What has no field goes to 'extra'."
        elif not fits(value):
            yield f"{name!r} is of type {_kind(value)}. Give {wanted}."


def _kind(value: object) -> str:
    return type(value).__name__


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _maybe(fits: Callable[[Any], object]) -> Callable[[Any], bool]:
    return lambda value: value is None or bool(fits(value))


def _all(values: Any, kind: type[Any], fits: Callable[[Any], object]) -> bool:  # noqa: ANN401 - whatever somebody gave
    return isinstance(values, kind) and all(fits(value) for value in values)


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_ids(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() <= ID_KEYS and all(map(_is_text, value.values()))


def _is_question(value: object) -> bool:
    if not isinstance(value, tuple) or len(value) not in {2, 3} or not _is_text(value[0]):
        return False
    key_fits = value[1] is None or isinstance(value[1], str)
    return key_fits and all(isinstance(match, Match) for match in value[2:])


def _is_plain(value: object) -> bool:
    """Tell whether a value is one of JSON: what else could not be written as a record."""
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _is_plain(item) for name, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float)


_TEXT = (_maybe(lambda value: isinstance(value, str)), "a text or None")
_CODE = (_maybe(lambda value: isinstance(value, str) and not is_cut(value)), "a text or None")
_MEMBERS: Mapping[object, tuple[Callable[[Any], bool], str]] = MappingProxyType(
    {
        "vendor": (_is_text, "a vendor's name"),
        "shape": (_is_text, "the name of the wire form: desk.error"),
        "type": _CODE,
        "code": _CODE,
        "subcode": _CODE,
        "message": _TEXT,
        "target": _TEXT,
        "status": (_maybe(_is_status), "a whole number or None"),
        "ids": (_are_ids, f"texts that are not empty, under {', '.join(sorted(ID_KEYS))}"),
        "origin": (lambda value: isinstance(value, Origin), "an errnorm.Origin"),
        "extra": (lambda value: isinstance(value, Mapping) and _is_plain(value), "a mapping of JSON values"),
        "lookups": (
            lambda value: _all(value, tuple, _is_question),
            "a tuple of errnorm.Lookup, each a table and a text",
        ),
        "problems": (
            lambda value: _all(value, tuple, lambda problem: isinstance(problem, Problem)),
            "a tuple of errnorm.Problem",
        ),
        "delay": (_maybe(lambda value: _is_number(value) and value >= 0), "seconds, or None"),
    }
)
