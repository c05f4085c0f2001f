"""Captures as JSON behind a head of their line, as docker, kubectl, syslog and loggers put it there.

2026-11-21T10:15:30.123456789Z stdout F {"status":503,"url":"/finesse/api/User/agent1001","body":""}
gateway-1  | {"status":400,"url":"/finesse/api/User/agent1002","body":"<ApiErrors>…"}

The lines between them are read as a log.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, cast

from attrs import evolve

from errnorm.batch.capture import Found, Reader, Stream
from errnorm.batch.names import capture_in
from errnorm.batch.readers.log import LOG, Behind
from errnorm.batch.rows import captured
from errnorm.batch.times import last_time

__all__ = ["PREFIXED"]

_SNIFFED_LINES = 20
_PIECE_BYTES = 1 << 17
_MOST_BYTES = 1 << 22


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    lines = [line for line in head.split(b"\n", _SNIFFED_LINES)[:_SNIFFED_LINES] if line.strip()]
    found = [capture_in(line, fields) for line in lines]
    return 0.7 if sum(one is not None and one[0] > 0 for one in found) * 2 > len(lines) else 0.0


def _read(stream: Stream) -> Iterator[Found]:
    offset, between = stream.offset, _Between(stream)
    for number, raw in enumerate(stream.file, stream.line):
        found = capture_in(raw, stream.fields)
        if found:
            yield from between.read()
            at, capture = found
            stamp = last_time(raw[:at].decode("utf-8", "replace"))
            yield from captured(capture, stream, (number, offset + at), stamp.text if stamp else None)
        else:
            between.add(raw, number, offset)
        offset += len(raw)
    yield from between.read()


class _Between:
    """The lines between two captures."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._lines: list[bytes] = []
        self._place = (0, 0)

    def add(self, raw: bytes, line: int, offset: int) -> None:
        if not self._lines:
            self._place = (line, offset)
        self._lines.append(raw)

    def read(self) -> Iterator[Found]:
        if self._lines:
            line, offset = self._place
            file, self._lines = io.BytesIO(b"".join(self._lines)), []
            yield from LOG.read(evolve(self._stream, file=file, line=line, offset=offset))


def _cut(stream: Stream) -> Iterator[Stream | Found]:
    """Cut before lines that hold a capture: no payload goes over such a line."""
    offset, line, data = stream.offset, stream.line, b""
    while part := stream.file.read(_PIECE_BYTES):
        data += part
        end = _last_capture(data, stream.fields)
        if end:
            yield evolve(stream, file=io.BytesIO(data[:end]), line=line, offset=offset)
            line, offset, data = line + data.count(b"\n", 0, end), offset + end, data[end:]
        elif len(data) > _MOST_BYTES:
            rest = cast("Any", Behind(data, stream.file))
            yield from LOG.read(evolve(stream, file=rest, line=line, offset=offset))
            return
    if data:
        yield evolve(stream, file=io.BytesIO(data), line=line, offset=offset)


def _last_capture(data: bytes, fields: Mapping[str, str]) -> int:
    """Give where the last line begins that holds a capture; 0 where it is the first one, or none does."""
    end = len(data)
    while (start := data.rfind(b"\n", 0, end)) >= 0:
        if capture_in(data[start + 1 : end], fields):
            return start + 1
        end = start
    return 0


PREFIXED = Reader(
    name="prefixed", title="JSON, behind a head of its line", sniff=_sniff, read=_read, cut=_cut
)
