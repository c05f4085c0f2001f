"""NDJSON: one JSON value a line, as gateways, log shippers and collectors write captures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from errnorm.batch.capture import Again, Found, Reader, Reject, Stream
from errnorm.batch.elements import LONG_BYTES, Element, loads, reason_of
from errnorm.batch.inputs import HEAD_BYTES
from errnorm.batch.names import is_capture, is_own
from errnorm.batch.rows import found_in, found_in_bytes
from errnorm.batch.window import MAX_BYTES, placed, portions, rejects
from errnorm.reading.json import read_json

__all__ = ["NDJSON", "beginning", "line_pieces"]

_PIECE_BYTES = (
    1 << 17
)  # so that several processes end together, each capture without a like; half of it costs 4 %
_SNIFFED_LINES = 20
_VALUE = re.compile(rb'\{"|(?:\[\]|null|true|false|"[^"]*")\r?$')
_BOM = b"\xef\xbb\xbf"
_TOO_LONG = f"The line is longer than {MAX_BYTES >> 20} MiB. Cut it, or give its body by itself."


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    lines = head.removeprefix(_BOM).split(b"\n")
    if len(lines) == 1 and len(head) >= HEAD_BYTES:
        return 0.9 if is_capture(beginning(head), fields) else 0.0
    full = [line for line in lines[:_SNIFFED_LINES] if line.strip()]
    objects = [value for line in full if (value := _object(line)) is not None]
    if len(full) > 1:
        # The first line may have been cut, or be no object, and the second one be the last.
        are_lines = len(objects) >= len(full) - 1 and any(is_capture(value, fields) for value in objects)
        is_first = _object(full[0]) is not None
        return 0.9 if is_first or (are_lines and _VALUE.match(full[0])) else 0.9 * len(objects) / len(full)
    return 0.9 if objects and (is_capture(objects[0], fields) or is_own(objects[0])) else 0.0


def beginning(head: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Give what the beginning of a long object tells, or all of one."""
    document = read_json(head, head.decode("utf-8", "replace"), 100)
    return document.value if document else None


def _object(line: bytes) -> Any:  # noqa: ANN401 - a JSON object, or None
    try:
        value = loads(Element(line, 0, 0))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def line_pieces(stream: Stream) -> Iterator[Stream | Reject]:
    """Cut a stream at ends of lines into pieces of about an eighth of a MiB, or of one line that is longer.

    A line that is too long is rejected here, in parts.
    """
    offset, line, rest, is_long = stream.offset, stream.line, b"", False
    while part := stream.file.read(_PIECE_BYTES):
        data = rest + part
        end = _line_end(data)
        was_long = is_long or (not end and len(data) >= MAX_BYTES)
        if was_long:
            end = data.find(b"\n") + 1 or len(data)
        lines = data.count(b"\n", 0, end)
        if was_long:
            yield from rejects(stream, _TOO_LONG, data[:end], line, offset)
        else:
            yield from placed(stream, portions(data[:end], lines, _line_end), line, offset)
        is_long = was_long and not data.endswith(b"\n", 0, end)
        offset, line, rest = offset + end, line + lines, data[end:]
    yield from placed(stream, portions(rest, 0, _line_end), line, offset)


def _line_end(data: bytes) -> int:
    return data.rfind(b"\n") + 1


def _read(stream: Stream) -> Iterator[Found]:
    for piece in (stream,) if stream.is_cut else line_pieces(stream):
        yield from _read_lines(piece) if isinstance(piece, Stream) else (piece,)


def _read_lines(piece: Stream) -> Iterator[Found]:
    lines, at, offset = [*piece.file], 0, piece.offset
    while at < len(lines):
        known = piece.storm.of_lines(piece, lines[at:], piece.line + at, offset) if piece.storm else []
        if known:
            yield Again(len(known), b"".join(known))
            offset += sum(map(len, lines[at : at + len(known)]))
            at += len(known)
        if at < len(lines):
            yield from _decoded(lines[at], piece, piece.line + at, offset)
            offset += len(lines[at])
            at += 1


def _decoded(raw: bytes, piece: Stream, number: int, offset: int) -> Iterable[Found]:
    try:
        value = orjson.loads(raw) if len(raw) < LONG_BYTES else None
    except orjson.JSONDecodeError:
        value = None
    if value is None:
        return _read_line(raw, piece, number, offset)
    found = found_in(value, piece, raw, number, offset)
    if piece.storm is None:
        return found
    found = [*found]
    if len(found) == 1 and type(found[0]) is Again:
        piece.storm.learn_line(raw, piece)
    return found


def _read_line(raw: bytes, piece: Stream, number: int, offset: int) -> Iterable[Found]:
    """Read a line that is long, blank, or not what orjson reads."""
    line = raw.removeprefix(_BOM) if offset == 0 else raw
    if len(line) >= MAX_BYTES:
        return rejects(piece, _TOO_LONG, raw, number, offset)
    if line.isspace():
        return ()
    try:
        value = loads(Element(line, number, offset))
    except ValueError as error:
        return rejects(piece, reason_of(error), raw, number, offset)
    return found_in_bytes(value, piece, line, number, offset)


NDJSON = Reader(name="ndjson", title="JSON, one a line", sniff=_sniff, read=_read, cut=line_pieces)
