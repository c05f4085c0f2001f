"""All vendors' clues in one index: what a body shows is looked up, not searched vendor by vendor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from errnorm.payload import Kind, Payload
from errnorm.reading.xml import local_name
from errnorm.vendor import ClueKind, Vendor

__all__ = ["ClueIndex"]

_HEAD_CHARS = 16_384  # marks in a text stand near its top
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
        self._headers = _by_header(vendors)
        self._marks = _by_text(vendors, ClueKind.MARK)

    def vendors(self, payload: Payload) -> list[Vendor]:
        """Give the vendors with a clue in the payload, in the order the clues were found."""
        found = self._inside(payload)
        if not found and payload.kind is not Kind.EMPTY:
            found += _hits(self._marks, payload.text[:_HEAD_CHARS])
        if payload.url:
            found += _hits(self._paths, payload.url)
        if payload.headers:
            found += self._in_headers(payload)
        return found if len(found) < 2 else list({vendor.name: vendor for vendor in found}.values())

    def _inside(self, payload: Payload) -> list[Vendor]:
        if payload.kind is Kind.XML and payload.xml:
            names = [local_name(root) for root in payload.xml.roots[:_MAX_KEYS]]
            return [vendor for name in names for vendor in self._roots.get(name, ())]
        if payload.kind is Kind.JSON and payload.json:
            return [vendor for item in _objects(payload.json.value) for vendor in self._in_object(item)]
        return []

    def _in_object(self, item: dict[str, Any]) -> list[Vendor]:
        found: list[Vendor] = []
        for key in item:
            found += self._keys.get(key, ())
        for name in _NAMES:
            value = item.get(name)
            if isinstance(value, str):
                found += self._events.get(value, ())
        return found

    def _in_headers(self, payload: Payload) -> Iterator[Vendor]:
        for name, clues in self._headers.items():
            value = payload.headers.get(name)
            if value is not None:
                text = value.lower()
                yield from (vendor for part, vendors in clues if part in text for vendor in vendors)


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    """Give the objects that may name a vendor: the top, its items, and one level below each."""
    found: list[dict[str, Any]] = []
    left = _MAX_KEYS
    for top in value if isinstance(value, list) else [value]:
        if isinstance(top, dict) and left > 0:
            left -= len(top)
            found += [top, *(item for item in top.values() if isinstance(item, dict))]
    return found


def _by_header(vendors: Sequence[Vendor]) -> dict[str, list[tuple[str, tuple[Vendor, ...]]]]:
    found: dict[str, list[tuple[str, tuple[Vendor, ...]]]] = {}
    for clue, owners in _by_text(vendors, ClueKind.HEADER).items():
        name, _, part = clue.partition(": ")
        found.setdefault(name, []).append((part, owners))
    return found


def _by_text(vendors: Iterable[Vendor], kind: ClueKind) -> dict[str, tuple[Vendor, ...]]:
    found: dict[str, tuple[Vendor, ...]] = {}
    for vendor in vendors:
        for clue in vendor.clues:
            if clue.kind is kind:
                found[clue.text] = (*found.get(clue.text, ()), vendor)
    return found


def _hits(index: dict[str, tuple[Vendor, ...]], text: str) -> list[Vendor]:
    # One `in` a mark: searched for all at once by a pattern, a page of 16 KiB takes 30 times as long.
    return [vendor for mark, vendors in index.items() if mark in text for vendor in vendors]
