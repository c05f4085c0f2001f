"""The beginning of a body, read from `http.client` and left where it was.

urllib3, requests and urllib all read from an `http.client.HTTPResponse`. What it reads from is exchanged
for a recording while errnorm looks, and then for a replay of the recording. That is below chunks, packing
and the client's own failures, so the caller reads as if nobody had been there.
"""

from __future__ import annotations

import io
import math
import selectors
import socket
import ssl
import time
from http.client import HTTPResponse
from typing import Any, NamedTuple

__all__ = ["Start", "is_readable", "peek"]

_PIECE = 64 * 1024
_FRAMING = 16  # a body of one byte a chunk comes in six times as many


class Start(NamedTuple):
    """The beginning of a body.

    Attributes:
        data: the bytes, taken out of their chunks, packed as they were sent.
        is_whole: it was read to its end.
        is_broken: it ends before its end, and the caller's own read will say how.
    """

    data: bytes
    is_whole: bool
    is_broken: bool


class TimeIsUp(Exception):  # noqa: N818 - no error: it ends the look, and nobody else sees it
    """Nothing came in the time, or more than anybody looks at."""


def peek(response: HTTPResponse, size: int, seconds: float) -> Start:
    """Read the beginning of a body, and leave all of it to be read.

    Args:
        response: open, and nothing of its body read.
        size: bytes at most.
        seconds: to wait at most. Where the connection has a shorter timeout of its own, that one holds,
            and its failure is the caller's.

    Returns:
        What came.
    """
    connection, state = response.fp, (response.length, response.chunk_left)
    try:
        here = _all_here(response)
    except OSError as failure:  # the connection's own: it comes once, and belongs to the caller
        response.fp = io.BufferedReader(_Replay(connection, b"", failure))
        return Start(b"", is_whole=False, is_broken=True)
    if here is not None:
        return Start(here[:size], is_whole=len(here) <= size, is_broken=False)
    recording = _Recording(connection, time.monotonic() + seconds, size * _FRAMING)
    response.fp = io.BufferedReader(recording)
    try:
        return _read(response, size)
    finally:
        response.fp = io.BufferedReader(_Replay(connection, bytes(recording.taken), recording.failure))
        response.length, response.chunk_left = state


def _all_here(response: HTTPResponse) -> bytes | None:
    """Give a body that came whole with its head, as most errors do, and leave it where it lies.

    To record it, and to put a replay in its place, takes 40 µs more.
    """
    length, connection = response.length, _socket_below(response.fp)
    if length is None or response.chunked or connection is None:
        return None
    buffered = _buffered(response.fp, connection)
    return buffered[:length] if buffered and len(buffered) >= length else None


def _buffered(file: io.BufferedReader, connection: socket.socket) -> bytes | None:
    """Give what is buffered of a connection, or can be had without waiting; None where TLS wants more."""
    timeout = connection.gettimeout()
    connection.settimeout(0)
    try:
        return file.peek(1)
    except ssl.SSLWantReadError:
        return None
    finally:
        connection.settimeout(timeout)


def _read(response: HTTPResponse, size: int) -> Start:
    """Read piece by piece: one `read` would lose what came before a failure."""
    start = b""
    try:
        while len(start) < size:
            piece = response.read1(min(size - len(start), _PIECE))
            if not piece:
                return Start(start, not response.length, bool(response.length))
            start += piece
    except TimeIsUp:
        pass
    except Exception:  # noqa: BLE001 - a timeout, a broken connection, no chunk: the caller meets it again
        return Start(start, is_whole=False, is_broken=True)
    return Start(start, is_whole=response.length == 0, is_broken=False)


def is_readable(connection: socket.socket, seconds: float) -> bool:
    """Wait until something can be read from a socket, its end included.

    Args:
        connection: a socket.
        seconds: to wait at most.

    Returns:
        False where nothing came in the time.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(None if seconds == math.inf else max(seconds, 0)))


class _Recording(io.RawIOBase):
    """A connection that keeps what was read from it, and how that failed.

    It waits no longer than `until`, and takes no more than about `most` bytes: trailers without an end
    (RFC 9112, section 7.1.2) are no body, and http.client reads them for as long as they come.
    """

    def __init__(self, connection: io.BufferedReader, until: float, most: int) -> None:
        self._connection = connection
        self._socket = _socket_below(connection)
        self._until = until
        self._most = most
        self.taken = bytearray()
        self.failure: OSError | None = None

    def readable(self) -> bool:
        return True

    def seconds_left(self) -> float:
        return self._until - time.monotonic()

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        if self.taken and (self.seconds_left() <= 0 or len(self.taken) > self._most):
            raise TimeIsUp
        try:
            count = self._connection.readinto1(buffer) if self._has_come() else None
        except OSError as failure:  # all that a connection raises; anything else is ours, and no caller's
            self.failure = failure
            raise
        if count is None:
            raise TimeIsUp
        self.taken += buffer[:count]
        return count

    def _has_come(self) -> bool:
        """Wait for something to read."""
        timeout = self._socket.gettimeout() if self._socket else 0
        if self._socket is None or (timeout is not None and timeout <= self.seconds_left()):
            return True  # no network, or the caller's own clock ends first
        while not self._is_here(self._socket):
            if not is_readable(self._socket, self.seconds_left()):
                return False
            if not isinstance(self._socket, ssl.SSLSocket):
                return True  # of TLS it may be half a record, which is nothing yet
        return True

    def _is_here(self, connection: socket.socket) -> bool:
        """Ask without waiting: what is buffered here, or unpacked by TLS, shows at no socket."""
        buffered = _buffered(self._connection, connection)
        # Nothing is the end with TLS; without TLS it may be "not yet" as well.
        return bool(buffered) or (buffered is not None and isinstance(connection, ssl.SSLSocket))


class _Replay(io.RawIOBase):
    """A connection that first gives what was read from it before, and fails as it failed."""

    def __init__(self, connection: io.BufferedReader, taken: bytes, failure: OSError | None) -> None:
        self._connection = connection
        self._sock = _socket_below(connection)  # the name that `socket.SocketIO` has for it
        self._taken = io.BytesIO(taken)
        self._failure = failure

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        count = self._taken.readinto(buffer)
        if count:
            return count
        if self._failure is not None:
            raise self._failure
        return self._connection.readinto1(buffer)

    def fileno(self) -> int:
        return self._connection.fileno()

    def close(self) -> None:
        self._connection.close()
        super().close()


def _socket_below(connection: io.BufferedReader) -> socket.socket | None:
    """Give the socket that a file reads from, None where it is none that can be waited for."""
    found = getattr(connection.raw, "_sock", None)
    return found if isinstance(found, socket.socket) else None
