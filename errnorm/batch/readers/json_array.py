"""A JSON list of captures, on one line or on many, also inside of an object.

The object is an answer of Elasticsearch, with its `hits`, or what another log store exports:
`{"records": [{"time": …, "status": 404, "body": …}]}`.

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
from typing import Any

from errnorm.batch.capture import Again, Found, Reader, Stream
from errnorm.batch.elements import Element, elements, loads, parts, reason_of, value_parts, values
from errnorm.batch.events import is_claimed
from errnorm.batch.names import LISTS, has_body, is_capture, is_event, is_telemetry, is_told, listed
from errnorm.batch.readers.ndjson import beginning
from errnorm.batch.rows import found_in, found_in_bytes
from errnorm.batch.window import rejects

__all__ = ["HITS", "JSON_ARRAY", "JSON_VALUES", "RECORDS"]

_LIST = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+\{")
_NOTHING = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+\]\s*+")
_HIT = re.compile(rb'"(?:_source|fields)"\s*+:\s*+\{')
_NO_HITS = re.compile(rb'"hits"\s*+:\s*+\[\s*+\]')
_VALUE = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x1e]*+\{")
_HITS = re.compile(rb'(?:\xef\xbb\xbf)?\s*+\{.{0,2000}?(?P<key>"hits"\s*+:\s*+\{)', re.DOTALL)
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_LINES = re.compile(rb'(?:\xef\xbb\xbf)?\{[^\n]++\n\{"')
_ANY_LIST = re.compile(rb'"(?:%s)"\s*+:\s*+\[\s*+\{' % "|".join(sorted(LISTS)).encode())
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_ITS_LIST = re.compile(rb"\s*+:\s*+\[")
_BEHIND = re.compile(rb"\}\s*+\{")


def _read(find: Callable[..., Iterable[Element]], stream: Stream) -> Iterator[Found]:
    """Give what the elements tell that are found in a stream."""
    storm = stream.storm
    for element in find(stream, come_again=partial(storm.of_lines, stream) if storm else None):
        yield from (element.again,) if element.again else _learned(element, stream)


def _learned(element: Element, stream: Stream) -> Iterable[Found]:
    found = [*_found(element, stream)]
    if stream.storm and element.is_read and len(found) == 1 and type(found[0]) is Again:
        stream.storm.learn_line(element.data, stream)
    return found


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
        find = found_in if element.is_read else found_in_bytes
        yield from find(value, stream, element.data, element.line, element.offset)


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    if _NOTHING.fullmatch(head):  # an export of a day without errors
        return 0.9
    if not _LIST.match(head):
        return 0.0
    # A list may be one body as well, as in Bayeux: [{"channel":"/meta/handshake","successful":false}]
    first = next(elements(Stream(io.BytesIO(head))))
    try:
        # An element longer than what was looked at cannot be judged; a body of that length is rare.
        return 0.9 if first.reason or _is_one(first, fields) else 0.2
    except ValueError:
        return 0.3


def _is_one(element: Element, fields: Mapping[str, str]) -> bool:
    """Tell whether an element is a capture, or a line of a log in a list that is no vendor's."""
    value = loads(element)
    if is_capture(value, fields):
        return True
    return is_event(value, fields) and not is_claimed(b"[%b]" % element.data)


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
    if not found or not (_HIT.search(head) or _NO_HITS.search(head)):
        return 0.0
    # The member is one of the first object, and not of what stands in it or behind it.
    before = _TEXT.sub(b"", head[: found.start("key")])
    return 0.95 if before.count(b"{") - before.count(b"}") == 1 and not _BEHIND.search(before) else 0.0


def _sniff_records(head: bytes, fields: Mapping[str, str]) -> float:
    # One a line are lines: one that was cut ends with its line.
    is_first_of_lines = _LINES.match(head) is not None
    return (0.85 if is_first_of_lines else 0.95) if _list_at(head, fields) else 0.0


def _list_at(head: bytes, fields: Mapping[str, str]) -> int:
    """Give where the elements begin of the list of captures in the first object; 0 where it has none."""
    if not _VALUE.match(head) or not _ANY_LIST.search(head):
        return 0
    value = beginning(next(values(Stream(io.BytesIO(head)))).data)
    name = listed(value, tuple(fields.items())) if isinstance(value, dict) else None
    return _place_of(f'"{name}"'.encode(), head) if name else 0


def _place_of(name: bytes, head: bytes) -> int:
    """Give where a list begins that is a member of the first object; others may stand deeper in it."""
    depth = 0
    for token in _TOKEN.finditer(head):
        text = token[0]
        if depth == 1 and text == name and (found := _ITS_LIST.match(head, token.end())):
            return found.end()
        depth += (text in {b"{", b"["}) - (text in {b"}", b"]"})
    return 0


def _records(walk: Callable[..., Iterable[Any]], stream: Stream, **options: Any) -> Iterable[Any]:  # noqa: ANN401 - of *walk*
    return walk(stream, partial(_list_at, fields=stream.fields), **options)


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
RECORDS = Reader(
    name="records",
    title="a JSON object with a list of captures",
    sniff=_sniff_records,
    read=partial(_read, partial(_records, elements)),
    cut=partial(_cut, partial(_records, parts)),
)
JSON_VALUES = Reader(
    name="values",
    title="JSON values, one behind the other",
    sniff=_sniff_values,
    read=partial(_read, values),
    cut=partial(_cut, value_parts),
)
