"""The beginning of a body of http.client is read, is bounded, and is still there afterwards."""

from __future__ import annotations

import http.client
import io
import math
import socket
import struct
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


def answered(data: bytes, *, reset: bool = False) -> http.client.HTTPResponse:
    """Give a response of a real connection on which so much has come, and that was reset if asked for."""
    ours, theirs = socket.socketpair() if not reset else connected()
    theirs.sendall(data)
    response = http.client.HTTPResponse(ours)
    response.begin()
    if reset:
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    ours.close()  # the file of the response keeps it open
    return response


def connected() -> tuple[socket.socket, socket.socket]:
    """Give both ends of a connection by TCP, which alone can be reset."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        return ours, server.accept()[0]


@pytest.mark.parametrize(
    ("announced", "size", "is_whole", "is_left"),
    [(12, 100, True, True), (12, 12, True, True), (12, 5, False, True), (13, 100, False, False)],
)
def test_a_body_that_came_with_its_head_is_left_where_it_lies(
    announced: int,
    size: int,
    is_whole: bool,  # noqa: FBT001 - a parameter
    is_left: bool,  # noqa: FBT001 - a parameter
):
    """What the caller reads from is exchanged only where something of the body is still to come."""
    response = answered(b"HTTP/1.1 400 Said\r\nContent-Length: %d\r\n\r\n" % announced + BODY)
    file = response.fp
    start = peek(response, size, 0.2)

    assert (start.data, start.is_whole) == (BODY[:size], is_whole)
    assert (response.fp is file) is is_left
    with response:
        assert response.read1(100) == BODY


def test_a_connection_that_breaks_at_the_first_look_breaks_for_the_caller():
    """A reset comes once: whoever meets it first hands it on."""
    response = answered(b"HTTP/1.1 400 Said\r\nContent-Length: 12\r\n\r\n", reset=True)
    start = peek(response, 100, 0.2)

    assert start == Start(b"", is_whole=False, is_broken=True)
    with response, pytest.raises(ConnectionResetError):
        response.read()
