"""All vendors' clues in one index: what a body shows is looked up, not searched vendor by vendor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from errnorm.payload import Kind, Payload
from errnorm.reading.xml import local_name
from errnorm.vendor import ClueKind, Vendor

__all__ = ["ClueIndex"]

_HEAD_CHARS = 65_536  # marks in a text stand near its top
_MAX_KEYS = 2_000
# Where an event has its name. No document says which of them the Genesys chat uses.
_NAMES = ("type", "event", "eventType", "name")


class ClueIndex:
    """The vendors that may have sent a payload, found at a cost that does not grow with their number.

    Args:
        vendors: the vendors, whose clues are compiled once.

    Example:
        >>> from errnorm.vendors import VENDORS
        >>> found = ClueIndex(VENDORS).vendors(Payload(b"<ApiErrors/>"))
        >>> [vendor.name for vendor in found]
        ['cisco-finesse']
    """

    def __init__(self, vendors: Sequence[Vendor]) -> None:
        self._roots = _by_text(vendors, ClueKind.ROOT)
        self._keys = _by_text(vendors, ClueKind.KEY)
        self._events = _by_text(vendors, ClueKind.EVENT)
        self._paths = _by_text(vendors, ClueKind.PATH)
        self._headers = _by_text(vendors, ClueKind.HEADER)
        self._marks = _by_text(vendors, ClueKind.MARK)
        self._path_pattern = _any_of(self._paths)
        self._mark_pattern = _any_of(self._marks)

    def vendors(self, payload: Payload) -> list[Vendor]:
        """Give the vendors with a clue in the payload, in the order the clues were found."""
        found = list(self._inside(payload))
        if not found and payload.kind is not Kind.EMPTY:
            found += _hits(self._mark_pattern, self._marks, payload.text[:_HEAD_CHARS])
        if payload.url:
            found += _hits(self._path_pattern, self._paths, payload.url)
        if payload.headers:
            found += self._in_headers(payload)
        return found if len(found) < 2 else list({vendor.name: vendor for vendor in found}.values())

    def _inside(self, payload: Payload) -> Iterator[Vendor]:
        if payload.kind is Kind.XML and payload.xml:
            for root in payload.xml.roots[:_MAX_KEYS]:
                yield from self._roots.get(local_name(root), ())
        elif payload.kind is Kind.JSON and payload.json:
            for item in _objects(payload.json.value):
                yield from self._in_object(item)

    def _in_object(self, item: dict[str, Any]) -> Iterator[Vendor]:
        for key in item:
            if key in self._keys:
                yield from self._keys[key]
        for name in _NAMES:
            value = item.get(name)
            if isinstance(value, str) and value in self._events:
                yield from self._events[value]

    def _in_headers(self, payload: Payload) -> Iterator[Vendor]:
        for clue, vendors in self._headers.items():
            name, _, part = clue.partition(": ")
            if part in payload.headers.get(name, "").lower() and name in payload.headers:
                yield from vendors


def _objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    """Go through the objects that may name a vendor: the top, its items, and one level below each."""
    tops = value if isinstance(value, list) else [value]
    left = _MAX_KEYS
    for top in tops:
        if isinstance(top, dict) and left > 0:
            left -= len(top)
            yield top
            yield from (item for item in top.values() if isinstance(item, dict))


def _by_text(vendors: Iterable[Vendor], kind: ClueKind) -> dict[str, tuple[Vendor, ...]]:
    found: dict[str, tuple[Vendor, ...]] = {}
    for vendor in vendors:
        for clue in vendor.clues:
            if clue.kind is kind:
                found[clue.text] = (*found.get(clue.text, ()), vendor)
    return found


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(re.escape(text) for text in longest_first) or r"(?!)")


def _hits(pattern: re.Pattern[str], index: dict[str, tuple[Vendor, ...]], text: str) -> Iterator[Vendor]:
    for found in pattern.finditer(text):
        yield from index[found[0]]
