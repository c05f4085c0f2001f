"""A JSON list of captures, on one line or on many; also the `hits` of an Elasticsearch answer."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from functools import partial

from errnorm.batch.capture import Found, Reader, Stream
from errnorm.batch.elements import Element, elements, loads, parts, reason_of
from errnorm.batch.readers.ndjson import is_capture
from errnorm.batch.rows import found_in
from errnorm.batch.window import rejects

__all__ = ["HITS", "JSON_ARRAY"]

_LIST = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+\{")
_NOTHING = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+\]\s*+")
_NO_HITS = re.compile(rb'"hits"\s*+:\s*+\[\s*+\]')
_HITS = re.compile(rb'(?:\xef\xbb\xbf)?\s*+\{(?=.{0,2000}?"hits"\s*+:\s*+\{)', re.DOTALL)


def _read(key: bytes | None, stream: Stream) -> Iterator[Found]:
    """Give what the elements of a list tell: of the member with this key, or of a text that is one."""
    for element in elements(stream, key):
        yield from _found(element, stream)


def _cut(key: bytes | None, stream: Stream) -> Iterator[Stream | Found]:
    for part in parts(stream, key):
        yield from (part,) if isinstance(part, Stream) else _found(part, stream)


def _found(element: Element, stream: Stream) -> Iterator[Found]:
    value, reason = None, element.reason
    try:
        value = None if reason else loads(element)
    except ValueError as error:
        reason = reason_of(error)
    if reason:
        yield from rejects(stream, reason, element.data, element.line, element.offset)
    else:
        yield from found_in(value, stream, element.data, element.line, element.offset)


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    if _NOTHING.fullmatch(head):  # an export of a day without errors
        return 0.9
    if not _LIST.match(head):
        return 0.0
    # A list may be one body as well, as in Bayeux: [{"channel":"/meta/handshake","successful":false}]
    first = next(elements(Stream(io.BytesIO(head))))
    try:
        # An element longer than what was looked at cannot be judged; a body of that length is rare.
        return 0.9 if first.reason or is_capture(loads(first), fields) else 0.2
    except ValueError:
        return 0.3


def _sniff_hits(head: bytes, _: Mapping[str, str]) -> float:
    is_told = b'"_source"' in head or _NO_HITS.search(head)
    return 0.95 if _HITS.match(head) and is_told else 0.0


JSON_ARRAY = Reader(
    name="json",
    title="a JSON list of captures",
    sniff=_sniff,
    read=partial(_read, None),
    cut=partial(_cut, None),
)
HITS = Reader(
    name="hits",
    title="an answer of Elasticsearch",
    sniff=_sniff_hits,
    read=partial(_read, b"hits"),
    cut=partial(_cut, b"hits"),
)
