"""A JSON list of captures, on one line or on many; also the `hits` of an Elasticsearch answer.

Values that stand one behind the other are read here as well, as `jq .` prints them:

{
  "status": 503,
  "body": "<ApiErrors>…"
}
{
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from errnorm.batch.capture import Found, Reader, Stream
from errnorm.batch.elements import Element, elements, loads, parts, reason_of, value_parts, values
from errnorm.batch.names import has_body, is_capture, is_telemetry, is_told
from errnorm.batch.readers.ndjson import beginning
from errnorm.batch.rows import found_in
from errnorm.batch.window import rejects

__all__ = ["HITS", "JSON_ARRAY", "JSON_VALUES"]

_LIST = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+\{")
_NOTHING = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+\]\s*+")
_NO_HITS = re.compile(rb'"hits"\s*+:\s*+\[\s*+\]')
_VALUE = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x1e]*+\{")
_HITS = re.compile(rb'(?:\xef\xbb\xbf)?\s*+\{.{0,2000}?(?P<key>"hits"\s*+:\s*+\{)', re.DOTALL)
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BEHIND = re.compile(rb"\}\s*+\{")


def _read(find: Callable[[Stream], Iterable[Element]], stream: Stream) -> Iterator[Found]:
    """Give what the elements tell that are found in a stream."""
    for element in find(stream):
        yield from _found(element, stream)


def _cut(cut: Callable[[Stream], Iterable[Stream | Element]], stream: Stream) -> Iterator[Stream | Found]:
    for part in cut(stream):
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


def _sniff_values(head: bytes, fields: Mapping[str, str]) -> float:
    if not _VALUE.match(head):
        return 0.0
    every = values(Stream(io.BytesIO(head)))
    first, second = next(every), next(every, None)
    if second is None or second.data[:1] != b"{":
        # It stands alone, and may be a body itself: a vendor's has a status and a path, or a member `body`.
        value = beginning(first.data)
        is_one = is_telemetry(value) or (has_body(value, fields) and is_told(value, fields))
        return 0.8 if is_one else 0.0
    if _is_whole(first):
        return 0.95 if first.line == second.line else 0.8
    # A first line that was cut, and whole ones behind it, are lines.
    return 0.8 if b"\n" in second.data and _is_whole(second) else 0.0


def _is_whole(element: Element) -> bool:
    try:
        return not element.reason and isinstance(loads(element), dict)
    except ValueError:
        return False


def _sniff_hits(head: bytes, _: Mapping[str, str]) -> float:
    found = _HITS.match(head)
    if not found or not (b'"_source"' in head or _NO_HITS.search(head)):
        return 0.0
    # The member is one of the first object, and not of what stands in it or behind it.
    before = _TEXT.sub(b"", head[: found.start("key")])
    return 0.95 if before.count(b"{") - before.count(b"}") == 1 and not _BEHIND.search(before) else 0.0


JSON_ARRAY = Reader(
    name="json",
    title="a JSON list of captures",
    sniff=_sniff,
    read=partial(_read, elements),
    cut=partial(_cut, parts),
)
HITS = Reader(
    name="hits",
    title="an answer of Elasticsearch",
    sniff=_sniff_hits,
    read=partial(_read, partial(elements, key=b"hits")),
    cut=partial(_cut, partial(parts, key=b"hits")),
)
JSON_VALUES = Reader(
    name="values",
    title="JSON values, one behind the other",
    sniff=_sniff_values,
    read=partial(_read, values),
    cut=partial(_cut, value_parts),
)
