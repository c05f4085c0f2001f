"""What a vendor must be and give: the rules, as sentences for whoever writes one.

Vendors of other packages are held to them when they are loaded and at every call; `errnorm.testing` holds
any vendor to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any

from errnorm.headers import LONGEST_DELAY
from errnorm.reading.cut import is_cut
from errnorm.record import Problem
from errnorm.vendor import Clue, ClueKind, Evidence, Vendor
from errnorm.vocabulary import Match, Origin

__all__ = ["ID_KEYS", "evidence_faults", "report_faults", "usage_faults", "vendor_faults"]

ID_KEYS = frozenset({"request", "session", "dialog", "user", "media", "trace", "client"})
"""The keys of `ids`."""

_NAME = re.compile(r"[a-z][a-z0-9]*+(?:-[a-z0-9]++)*+")
_SHAPE = re.compile(r"[A-Za-z0-9][\w.+-]{0,99}+", re.ASCII)  # it is shown everywhere
_HEADER = re.compile(r"[a-z0-9-]++: \S.*+")
_HEADER_NAME = re.compile(r"[a-z0-9-]++")
_HOLE = re.compile(r"\{\w*+\}")
_LEAST_MARK = 4
_MOST_DEPTH = 100


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
    yield from usage_faults(vendor)
    if isinstance(vendor, Vendor):
        yield from _pickle_faults(vendor)


def usage_faults(vendor: object) -> Iterator[str]:
    """Give what hinders the use of a vendor in the process where it was made.

    Args:
        vendor: what somebody says is a vendor.

    Yields:
        The sentences of `vendor_faults`, but for what hinders its way into another process.

    Example:
        >>> list(usage_faults("acme-desk"))
        ['It is of type str. Give an errnorm.Vendor.']
    """
    if not isinstance(vendor, Vendor):
        yield f"It is of type {_kind(vendor)}. Give an errnorm.Vendor."
        return
    if not _is_name(vendor.name):
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


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_shape(value: object) -> bool:
    return isinstance(value, str) and _SHAPE.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _maybe(fits: Callable[[Any], object]) -> Callable[[Any], bool]:
    return lambda value: value is None or bool(fits(value))


def _all(values: Any, kind: type[Any], fits: Callable[[Any], object]) -> bool:  # noqa: ANN401 - whatever somebody gave
    return isinstance(values, kind) and all(fits(value) for value in values)


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_ids(value: object) -> bool:
    if not isinstance(value, Mapping) or not value.keys() <= ID_KEYS:
        return False
    return all(_is_text(text) and _is_writable(text) for text in value.values())


def _is_question(value: object) -> bool:
    if not isinstance(value, tuple) or len(value) not in {2, 3} or not _is_text(value[0]):
        return False
    key_fits = value[1] is None or isinstance(value[1], str)
    return key_fits and all(isinstance(match, Match) for match in value[2:])


def _is_plain(value: object, depth: int = _MOST_DEPTH) -> bool:
    """Tell whether a value is one of JSON that can be written: with any other there is no record."""
    if isinstance(value, dict):
        return depth > 0 and all(_is_writable(name) and _is_plain(value[name], depth - 1) for name in value)
    if isinstance(value, list | tuple):
        return depth > 0 and all(_is_plain(item, depth - 1) for item in value)
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**64  # orjson writes no others
    return value is None or _is_writable(value)


def _is_writable(value: object) -> bool:
    """Tell whether a text can be written: half a pair of surrogates cannot."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_delay(value: object) -> bool:
    return _is_number(value) and 0 <= value <= LONGEST_DELAY  # type: ignore[operator]


_TEXT = (_maybe(_is_writable), "a text or None")
_CODE = (_maybe(lambda value: _is_writable(value) and not is_cut(value)), "a text or None")
_MEMBERS: Mapping[object, tuple[Callable[[Any], bool], str]] = MappingProxyType(
    {
        "vendor": (_is_name, "a vendor's name"),
        "shape": (_is_shape, "the name of the wire form, in letters, digits and dots: desk.error"),
        "type": _CODE,
        "code": _CODE,
        "subcode": _CODE,
        "message": _TEXT,
        "target": _TEXT,
        "status": (_maybe(_is_status), "a whole number or None"),
        "ids": (_are_ids, f"texts that are not empty, under {', '.join(sorted(ID_KEYS))}"),
        "origin": (lambda value: isinstance(value, Origin), "an errnorm.Origin"),
        "extra": (lambda value: isinstance(value, dict) and _is_plain(value), "a dict of JSON values"),
        "lookups": (
            lambda value: _all(value, tuple, _is_question),
            "a tuple of errnorm.Lookup, each a table and a text",
        ),
        "problems": (
            lambda value: _all(value, tuple, lambda problem: isinstance(problem, Problem)),
            "a tuple of errnorm.Problem",
        ),
        "delay": (_maybe(_is_delay), f"seconds, at most {LONGEST_DELAY:.0f}, or None"),
    }
)
