"""A single body: an input that is one response's bytes and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from errnorm.batch.capture import Capture, Found, Reader, Reject, Stream
from errnorm.batch.window import MAX_BYTES

__all__ = ["BINARY", "BODY"]

_START = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*+(?:[<{\[]|$)")
# `<34>Nov 21 …` (RFC 3164, RFC 5424) and `[2026-11-21 …]` begin a log, and no body.
_LOG = re.compile(rb"<\d{1,3}>|\[(?!\s*+[\[{\"\]])")
_BLOCK_BYTES = 1 << 20  # a reject's JSON may be six times as long as its bytes
_TOO_LONG = f"The input is one body of more than {MAX_BYTES >> 20} MiB. Cut it; a body is read up to 1 MiB."
_NO_FORM = "The input is of no form that is read here. Look whether it is a picture, a program or encrypted."


def _sniff(head: bytes, _: Mapping[str, str]) -> float:
    return 0.6 if _START.match(head) and not _LOG.match(head) else 0.0


def _read(stream: Stream) -> Iterator[Found]:
    data = stream.file.read(MAX_BYTES)
    source = stream.source(stream.line, stream.offset)
    if len(data) < MAX_BYTES:
        if data.strip():
            yield Capture(data, {}, source)
        return
    yield from _blocks(stream, data, _TOO_LONG)


def _blocks(stream: Stream, data: bytes, reason: str) -> Iterator[Found]:
    line, offset = stream.line, stream.offset
    while data:
        block, data = data[:_BLOCK_BYTES], data[_BLOCK_BYTES:]
        yield Reject(stream.source(line, offset), reason, block)
        line, offset = line + block.count(b"\n"), offset + len(block)
        data = data or stream.file.read(_BLOCK_BYTES)


def _sniff_binary(head: bytes, _: Mapping[str, str]) -> float:
    return 0.5 if b"\0" in head else 0.0


def _read_binary(stream: Stream) -> Iterator[Found]:
    yield from _blocks(stream, stream.file.read(_BLOCK_BYTES), _NO_FORM)


BODY = Reader(name="body", title="a single body", sniff=_sniff, read=_read)
BINARY = Reader(name="binary", title="no text", sniff=_sniff_binary, read=_read_binary)
