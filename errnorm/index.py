"""All vendors' clues in one index: what a body shows is looked up, not searched vendor by vendor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from errnorm.payload import Kind, Payload
from errnorm.reading.xml import local_name
from errnorm.vendor import ClueKind, Vendor

__all__ = ["ClueIndex"]

_HEAD_CHARS = 16_384  # marks in a text stand near its top
_MAX_KEYS = 2_000
# Where an event has its name. No document says which of them the Genesys chat uses.
_NAMES = ("type", "event", "eventType", "name")

_Found = dict[str, Vendor]  # vendors by name: one that shows several marks is found once
_NOBODY: _Found = {}


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
        """Give the vendors with a clue in the payload, each once."""
        found = self._inside(payload)
        if not found and payload.kind is not Kind.EMPTY:
            found |= _hits(self._marks, payload.text[:_HEAD_CHARS])
        if payload.url:
            found |= _hits(self._paths, payload.url)
        if payload.headers:
            found |= self._in_headers(payload)
        return list(found.values())

    def _inside(self, payload: Payload) -> _Found:
        kind = payload.kind
        found: _Found = {}
        document = payload.xml if kind is Kind.XML else None
        for root in document.roots[:_MAX_KEYS] if document else ():
            found |= self._roots.get(local_name(root), _NOBODY)
        read = payload.json if kind is Kind.JSON else None
        if read:
            self._look_through(read.value, found)
        return found

    def _look_through(self, value: Any, found: _Found) -> None:  # noqa: ANN401 - any JSON value
        """Look at the objects that may name a vendor: the top, its items, and one level below each."""
        left = _MAX_KEYS
        for top in value if isinstance(value, list) else (value,):
            if isinstance(top, dict) and left > 0:
                left -= len(top)
                self._look_at(top, found)
                for item in top.values():
                    if isinstance(item, dict):
                        self._look_at(item, found)

    def _look_at(self, item: dict[str, Any], found: _Found) -> None:
        for key in filter(self._keys.__contains__, item):
            found |= self._keys[key]
        for name in filter(item.__contains__, _NAMES):
            value = item[name]
            if isinstance(value, str):
                found |= self._events.get(value, _NOBODY)

    def _in_headers(self, payload: Payload) -> _Found:
        found: _Found = {}
        for name, clues in self._headers.items():
            value = payload.headers.get(name)
            if value is not None:
                text = value.lower()
                for part, vendors in clues:
                    if part in text:
                        found |= vendors
        return found


def _by_header(vendors: Sequence[Vendor]) -> dict[str, list[tuple[str, _Found]]]:
    found: dict[str, list[tuple[str, _Found]]] = {}
    for clue, owners in _by_text(vendors, ClueKind.HEADER).items():
        name, _, part = clue.partition(": ")
        found.setdefault(name, []).append((part, owners))
    return found


def _by_text(vendors: Iterable[Vendor], kind: ClueKind) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for vendor in vendors:
        for clue in vendor.clues:
            if clue.kind is kind:
                found.setdefault(clue.text, {})[vendor.name] = vendor
    return found


def _hits(index: dict[str, _Found], text: str) -> _Found:
    # One `in` a mark: searched for all at once by a pattern, a page of 16 KiB takes 30 times as long.
    found: _Found = {}
    for mark in filter(text.__contains__, index):
        found |= index[mark]
    return found
