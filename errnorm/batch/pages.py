"""HTML pages in a log by which servers and proxies tell of an error: a gateway's is full of them at times.

    2026-11-21 10:15:30,123 ERROR [exec-7] Gateway - answer: <html><head><title>502 Bad Gateway</title></head>
    <body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>

A page may be anybody's text, so only whole ones count, by the mark of a known program and with its status.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from errnorm.batch.anchors import PAGE
from errnorm.batch.cutting import json_escapes, plain
from errnorm.batch.lines import NEXT
from errnorm.batch.payloads import Cut
from errnorm.reading.html import tells_error

__all__ = ["page_at", "pages"]

# `<!doctype html>`, `<?xml version="1.0"?>`, and what a JSON string has for the end of a line between them
_PROLOG: Final = re.compile(rb"(?:<[!?][^<>]{0,300}>(?:\s|\\{1,16}[nrt]){0,20}){1,9}\Z")
_PROLOG_BYTES: Final = 600
_END: Final = b"/html>"  # `</html>`, and `<\/html>` of a JSON string
_PAGE_BYTES: Final = 1 << 16
_LINE_BYTES: Final = 1 << 13  # of the line before a page, which tell whether it stands in a JSON string


def page_at(data: bytes, start: int, lowest: int, limit: int, size: int) -> Cut | None:
    """Cut out a page by which a known program tells of an error.

    Args:
        data: the log.
        start: its `<html`.
        lowest: what belongs to it does not begin before this.
        limit: it ends there, or before.
        size: the most bytes of it.

    Returns:
        The page; None where it has no end or tells of no error, or another one or a line of its own is in it.

    Example:
        >>> log = b"x <html><title>502 Bad Gateway</title><center>nginx</center></html> y"
        >>> page_at(log, 2, 0, len(log), 100).end
        67
    """
    size = min(size, _PAGE_BYTES)
    last = min(limit, start + size)
    other = data.find(PAGE, start + 1, last)
    behind = data.find(_END, start, last if other < 0 else other)
    if behind < 0:
        return None
    end = behind + len(_END)
    if NEXT.search(data, start, end):
        return None
    prolog = _PROLOG.search(data, max(lowest, start - _PROLOG_BYTES), start)
    begins = prolog.start() if prolog else start
    if end - begins > size or NEXT.search(data, begins, start):
        begins = start
    written = data[begins:end]
    in_json = b"\\" in written and b"\n" not in written
    page = plain(written, json_depth=_escapes(data, start) if in_json else 0)
    return Cut(begins, end, page) if tells_error(page.decode("utf-8", "replace")) else None


def pages(data: bytes, start: int, end: int, size: int) -> Iterator[int]:
    """Give where such pages of at most so many bytes begin between two places: each one's `<html`."""
    at = start - 1
    while (at := data.find(PAGE, at + 1, end)) >= 0:
        if page_at(data, at, start, len(data), size):
            yield at


def _escapes(data: bytes, place: int) -> int:
    lowest = max(0, place - _LINE_BYTES)
    return json_escapes(data, max(lowest, data.rfind(b"\n", lowest, place) + 1), place)
