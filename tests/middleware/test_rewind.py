"""The beginning of a body of http.client is read, is bounded, and is still there afterwards."""

from __future__ import annotations

import http.client
import io
import math
from itertools import chain, repeat
from typing import Any

import pytest

from errnorm.rewind import Start, peek

HEAD = b"HTTP/1.1 400 Said\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY = b"<ApiErrors/>"
CHUNK = b"%x\r\n%b\r\n" % (len(BODY), BODY)


class Wire(io.RawIOBase):
    """A connection that gives a line at a time, for ever where there is no end to them."""

    def __init__(self, *lines: Any) -> None:
        self._lines = chain(*lines)
        self.given = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give the next line."""
        line = next(self._lines, b"")
        buffer[: len(line)] = line
        self.given += len(line)
        return len(line)

    def makefile(self, *_: Any) -> io.BufferedReader:
        """Give what http.client reads from."""
        return io.BufferedReader(self)


def response_of(wire: Wire) -> http.client.HTTPResponse:
    """Give a response whose head has been read."""
    response = http.client.HTTPResponse(wire)  # type: ignore[arg-type] # as much of a socket as it asks for
    response.begin()
    return response


def test_trailers_without_an_end_end_the_look():
    """Lines behind the last chunk are no body: what is taken of them is a small multiple of the bound."""
    wire = Wire([HEAD, CHUNK, b"0\r\n"], repeat(b"X-More: and more\r\n"))
    start = peek(response_of(wire), 100, math.inf)

    assert start == Start(BODY, is_whole=False, is_broken=False)
    assert wire.given < 100 * 100


def test_trailers_that_end_are_there_for_the_caller():
    """A look at a whole body takes its trailers, and gives all of it back."""
    wire = Wire([HEAD, CHUNK, b"0\r\n", b"X-More: 1\r\n", b"\r\n"])
    response = response_of(wire)
    start = peek(response, 100, math.inf)

    assert start == Start(BODY, is_whole=True, is_broken=False)
    assert response.read() == BODY


def test_a_byte_a_chunk_is_looked_at_whole():
    """Chunks that are mostly frame do not use up the bound."""
    chunks = [b"1\r\n%c\r\n" % byte for byte in BODY]
    response = response_of(Wire([HEAD, *chunks, b"0\r\n", b"\r\n"]))

    assert peek(response, len(BODY), math.inf).data == BODY
    assert response.read() == BODY


def test_without_time_what_is_there_is_looked_at():
    """A look of no seconds waits for nothing, and takes what has come."""
    response = response_of(Wire([HEAD, CHUNK, b"0\r\n", b"\r\n"]))

    assert peek(response, 100, 0).data == BODY
    assert response.read() == BODY


@pytest.mark.parametrize("size", [1, 5, len(BODY), 1000])
def test_a_look_is_no_longer_than_it_may_be(size: int):
    """However little is looked at, the caller reads the whole."""
    response = response_of(Wire([HEAD, CHUNK, b"0\r\n", b"\r\n"]))
    start = peek(response, size, math.inf)

    assert start.data == BODY[:size]
    assert response.read() == BODY
