"""Plain logs: the payloads and captures that stand in the lines, each with its line's time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import IO, Any, cast

from attrs import evolve

from errnorm.batch.capture import Again, Capture, Found, Known, Reader, Stream
from errnorm.batch.lines import count_lines
from errnorm.batch.rows import captured
from errnorm.batch.spans import last_calm, spans

__all__ = ["LOG"]

_PIECE_BYTES = 1 << 20
_MOST_BYTES = 1 << 22  # a payload is at most a MiB, so where no line is calm for so long, none is to be


def _sniff(_: bytes, __: Mapping[str, str]) -> float:
    return 0.3


def _read(stream: Stream) -> Iterator[Found]:
    storm = stream.storm
    every = spans(stream.file, zone=stream.zone, offset=stream.offset, line=stream.line, fields=stream.fields)
    for span in every:
        if span.capture:
            yield from captured(span.capture, stream, (span.line, span.offset), span.stamp)
            continue
        known, place = cast("Known", span.known), (span.line, span.offset, span.time)
        # An anchor proves nothing: what stood there is an error when a vendor claims it.
        is_whole = storm is not None and not span.problems
        lines = (
            storm.of_body(span.data, known, stream, place, needs_claim=True) if storm and is_whole else None
        )
        if lines is None:
            source = stream.source(*place)
            yield Capture(span.data, known, source, needs_claim=True, problems=span.problems)
        else:
            yield Again(1, lines)


def _cut(stream: Stream) -> Iterator[Stream | Found]:
    """Cut a log before lines of their own; from where there are none for long, it is read as it is."""
    offset, line, rest = stream.offset, stream.line, b""
    while part := _filled(stream.file, _PIECE_BYTES):
        end = last_calm(part, begins=not rest) if len(part) == _PIECE_BYTES else len(part)
        if not end:
            part, rest = rest + part, b""
            end = last_calm(part)
        if end:
            # One copy of a MiB and no more: each takes a tenth of the time of all that is done with it.
            data = b"".join((rest, memoryview(part)[:end]))
            yield evolve(stream, file=io.BytesIO(data), line=line, offset=offset)
            line, offset = line + count_lines(data, 0, len(data)), offset + len(data)
        elif len(part) > _MOST_BYTES:
            behind = cast("Any", _Behind(part, stream.file))
            yield from _read(evolve(stream, file=behind, line=line, offset=offset))
            return
        rest = part[end:]
    if rest:
        yield evolve(stream, file=io.BytesIO(rest), line=line, offset=offset)


def _filled(file: IO[bytes], size: int) -> bytes:
    """Read so much, in as many goes as the file takes: pieces are the same however it gives its bytes."""
    data = file.read(size)
    while len(data) < size and (part := file.read(size - len(data))):
        data += part
    return data


class _Behind:
    """Bytes that were read already, and behind them the file that they are from."""

    def __init__(self, data: bytes, file: IO[bytes]) -> None:
        self._data = data
        self._file = file

    def read(self, size: int) -> bytes:
        data, self._data = self._data[:size], self._data[size:]
        return data or self._file.read(size)


LOG = Reader(name="log", title="a plain log", sniff=_sniff, read=_read, cut=_cut)
