"""A JSON list of captures, on one line or on many; also the `hits` of an Elasticsearch answer."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping

from errnorm.batch.capture import Found, Reader, Reject, Stream
from errnorm.batch.elements import elements, loads
from errnorm.batch.readers.ndjson import is_capture
from errnorm.batch.rows import found_in

__all__ = ["HITS", "JSON_ARRAY", "list_of"]

_LIST = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[\s*+\{")
_HITS = re.compile(rb'(?:\xef\xbb\xbf)?\s*+\{(?=.{0,2000}?"hits"\s*+:\s*+\{)', re.DOTALL)
NO_JSON = "The element is no JSON. Look whether it was edited by hand or cut off."
NO_END = "The input ends inside its list. Look whether it was cut off; what comes before was read."


def list_of(stream: Stream, key: bytes | None) -> Iterator[Found]:
    """Give what the elements of a JSON list tell.

    Args:
        stream: JSON text.
        key: the member that is the list; None where the list is all.
    """
    for element in elements(stream, key):
        if not element.whole:
            yield Reject(stream.source(element.line, element.offset), NO_END, element.data)
            continue
        try:
            value = loads(element)
        except ValueError:
            yield Reject(stream.source(element.line, element.offset), NO_JSON, element.data)
            continue
        yield from found_in(value, stream, element.data, element.line, element.offset)


def _read(stream: Stream) -> Iterator[Found]:
    return list_of(stream, None)


def _read_hits(stream: Stream) -> Iterator[Found]:
    return list_of(stream, b"hits")


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    if not _LIST.match(head):
        return 0.0
    # A list may be one body as well, as in Bayeux: [{"channel":"/meta/handshake","successful":false}]
    first = next(elements(Stream(io.BytesIO(head))))
    try:
        # An element longer than what was looked at cannot be judged; a body of that length is rare.
        return 0.9 if not first.whole or is_capture(loads(first), fields) else 0.2
    except ValueError:
        return 0.3


def _sniff_hits(head: bytes, _: Mapping[str, str]) -> float:
    return 0.95 if _HITS.match(head) and b'"_source"' in head else 0.0


JSON_ARRAY = Reader(name="json", title="a JSON list of captures", sniff=_sniff, read=_read)
HITS = Reader(name="hits", title="an answer of Elasticsearch", sniff=_sniff_hits, read=_read_hits)
