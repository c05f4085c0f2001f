"""Plain logs: the payloads that stand in the lines, each with its line's time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from errnorm.batch.capture import Capture, Found, Known, Reader, Stream
from errnorm.batch.spans import spans

__all__ = ["LOG"]


def _sniff(_: bytes, __: Mapping[str, str]) -> float:
    return 0.3


def _read(stream: Stream) -> Iterator[Found]:
    for span in spans(stream.file, zone=stream.zone, offset=stream.offset, line=stream.line):
        source = stream.source(span.line, span.offset, span.time)
        # An anchor proves nothing: what stood there is an error when a vendor claims it.
        yield Capture(span.data, cast("Known", span.known), source, needs_claim=True, problems=span.problems)


LOG = Reader(name="log", title="a plain log", sniff=_sniff, read=_read)
