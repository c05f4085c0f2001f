"""A single body: an input that is one response's bytes and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from errnorm.batch.capture import Capture, Found, Reader, Stream
from errnorm.batch.lines import NEXT
from errnorm.batch.window import MAX_BYTES, rejects

__all__ = ["BINARY", "BODY"]

_START = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*+(?:[<{\[]|$)")
# `<34>Nov 21 …` (RFC 3164, RFC 5424) and `[2026-11-21 …]` begin a log, and no body.
_LOG = re.compile(rb"<\d{1,3}>|\[(?!\s*+[\[{\"\]])")
# Control characters, or NULs that are no hole: a log cut while its server wrote on begins with a long run.
_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]|(?<!\0)\0{1,15}+(?!\0)")
_LOG_LINES = 2  # one may stand in a body, as a text with a time in it
_START_TAG = re.compile(rb"<[A-Za-z](?:[^<>]*[^<>/])?>")
_END_TAG = re.compile(rb"</[A-Za-z]")
_BLOCK_BYTES = 1 << 20
_TOO_LONG = f"The input is one body of more than {MAX_BYTES >> 20} MiB. Cut it; a body is read up to 1 MiB."
_NO_FORM = "The input is of no form that is read here. Look whether it is a picture, a program or encrypted."


def _sniff(head: bytes, _: Mapping[str, str]) -> float:
    if head and not head.strip(b"\0"):  # a log that was cut while its server wrote on
        return 0.0
    return 0.6 if _START.match(head) and not _LOG.match(head) and not _goes_on_as_log(head) else 0.0


def _goes_on_as_log(head: bytes) -> bool:
    """Tell whether lines of a log stand behind the rest of a payload: it was rotated in the middle of one.

        <ErrorType>User Not Found</ErrorType>
    </ApiErrors>]: sent
    2026-03-05T10:00:01Z ERROR [exec-7] …

    In a page, or in a text of an object, such lines are a part of the body.
    """
    lines = [*islice(NEXT.finditer(head), _LOG_LINES)]
    if len(lines) < _LOG_LINES:
        return False
    before = head[: lines[0].start()]
    if before.lstrip().startswith(b"<"):
        return len(_START_TAG.findall(before)) <= len(_END_TAG.findall(before))
    return before.count(b'"') % 2 == 0


def _read(stream: Stream) -> Iterator[Found]:
    data = stream.file.read(MAX_BYTES)
    if len(data) == MAX_BYTES:
        yield from _rejected(stream, data, _TOO_LONG)
    elif data.strip():
        yield Capture(data, {}, stream.source(stream.line, stream.offset))


def _rejected(stream: Stream, data: bytes, reason: str) -> Iterator[Found]:
    line, offset = stream.line, stream.offset
    while data:
        yield from rejects(stream, reason, data, line, offset)
        line, offset = line + data.count(b"\n"), offset + len(data)
        data = stream.file.read(_BLOCK_BYTES)


def _sniff_binary(head: bytes, _: Mapping[str, str]) -> float:
    is_log = len([*islice(NEXT.finditer(head), _LOG_LINES)]) == _LOG_LINES  # a NUL of a body stands in it
    return 0.5 if b"\0" in head and _NO_TEXT.search(head) and not is_log else 0.0


def _read_binary(stream: Stream) -> Iterator[Found]:
    yield from _rejected(stream, stream.file.read(_BLOCK_BYTES), _NO_FORM)


BODY = Reader(name="body", title="a single body", sniff=_sniff, read=_read)
BINARY = Reader(name="binary", title="no text", sniff=_sniff_binary, read=_read_binary)
