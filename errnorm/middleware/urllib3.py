"""urllib3: a `Retry` that reads the body of an error before it decides.

    http = urllib3.PoolManager(retries=ErrnormRetry(total=3))
    session.mount("https://", requests.adapters.HTTPAdapter(max_retries=ErrnormRetry(total=3)))

As in every `Retry`, only `allowed_methods` are repeated: those that are idempotent by RFC 9110.
Advice is about likelihood, not about safety: a POST that timed out may have succeeded.
"""

from __future__ import annotations

import io
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from types import TracebackType
from typing import Any, NamedTuple, Self

from errnorm.middleware._advice import LONGEST_WAIT, advised_wait
from errnorm.middleware._guard import guarded, needs
from errnorm.normalizer import normalize

try:
    from urllib3 import BaseHTTPResponse, Retry
    from urllib3.connectionpool import ConnectionPool
    from urllib3.exceptions import MaxRetryError, ResponseError
    from urllib3.util import wait_for_read
except ImportError as error:
    raise needs("urllib3") from error

__all__ = ["ErrnormRetry"]

_PEEK_BYTES = 64 * 1024
_PEEK_SECONDS = 1.0


class _Look(NamedTuple):
    """What an error's response says: whether and when to repeat the call, and whether it was read whole."""

    wait: bool | float
    is_whole: bool


class ErrnormRetry(Retry):
    """A `urllib3.Retry` that repeats a call where the vendor's error says that this can help.

    The advice decides for every status from 400 on, so there is no `status_forcelist`. A response
    that is not repeated, or not again, is given to the caller with its body unread: there is no
    `raise_on_status`. Failures of the connection and redirects are counted as in `Retry`.
    A body that stalls or never ends is looked at for a second; before a repeat its connection is closed.

    Args:
        total: how often to repeat at most.
        longest: seconds to wait at most before one repeat; a longer delay of the vendor is cut to it.
        backoff_factor: how to wait where nobody said how long: 0.5 gives 0, 1, 2, 4 seconds and so on.
            `Retry` itself has 0, which asks a server that is down again and again at once.
        **options: those of `urllib3.Retry`.

    Raises:
        TypeError: for `status_forcelist` and `raise_on_status`.

    Example:
        >>> import urllib3
        >>> http = urllib3.PoolManager(retries=ErrnormRetry(total=3, longest=10))
        >>> ErrnormRetry(status_forcelist=[503])
        Traceback (most recent call last):
        TypeError: ErrnormRetry takes no status_forcelist: the advice of the record decides. Leave it out.
    """

    def __init__(
        self,
        total: int | None = 10,
        *,
        longest: float = LONGEST_WAIT,
        backoff_factor: float = 0.5,
        **options: Any,  # noqa: ANN401 - as urllib3 has them
    ) -> None:
        for name in ("status_forcelist", "raise_on_status"):
            if options.pop(name, None):
                raise TypeError(
                    f"ErrnormRetry takes no {name}: the advice of the record decides. Leave it out."
                )
        super().__init__(total, raise_on_status=False, backoff_factor=backoff_factor, **options)
        self.longest = longest
        self._wait: bool | float = True

    def new(self, **options: Any) -> Self:  # noqa: ANN401 - as urllib3 has it
        """Give a copy with other counters."""
        return super().new(longest=self.longest, **options)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: ARG002, FBT001, FBT002 - as urllib3 calls it
        """Say that a response may be one to repeat; `increment` sees it whole and decides."""
        return status_code >= 400 and self._is_method_retryable(method)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Count one attempt; what is not worth repeating counts as the last."""
        look: _Look | None = _Look(wait=True, is_whole=True)
        if response is not None and response.status >= 400:
            look = guarded(self._look_at, response, url)
        if look is None or look.wait is False:
            # urlopen takes this for "no attempts left", and with raise_on_status=False it gives the
            # response to its caller.
            raise MaxRetryError(_pool, url or "", ResponseError("A repeat cannot help."))  # type: ignore[arg-type] # urllib3 does the same
        counted = super().increment(method, url, response, error, _pool, _stacktrace)
        counted._wait = look.wait  # noqa: SLF001 - of the same class
        if response is not None and not look.is_whole:
            response.close()  # else urllib3 reads it to its end before the repeat, however long that takes
        return counted

    def _look_at(self, response: BaseHTTPResponse, url: str | None) -> _Look:
        start, is_whole = _peeked(response)
        headers = [
            (name, value)
            for name, value in response.headers.items()
            if self.respect_retry_after_header or name.lower() != "retry-after"
        ]
        result = normalize(start, status=response.status, headers=headers, url=url)
        return _Look(advised_wait(result, self.longest), is_whole)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:  # noqa: ARG002 - as urllib3 calls it
        """Wait as advised, else as `backoff_factor` says."""
        if isinstance(self._wait, bool):
            super().sleep()  # without the response: a Retry-After that cannot be read would raise
        else:
            time.sleep(self._wait)


def _peeked(response: BaseHTTPResponse) -> tuple[bytes, bool]:
    """Give the beginning of the body, packed as it was sent, and whether it is all of it.

    All of it is still there to be read.
    """
    fp = getattr(response, "_fp", None)
    if fp is None or response.closed:  # urllib3 has read it (preload_content), or there is none
        return response.data or b"", True
    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return b"", False  # it never ends
    return _read_and_wind_back(fp)


def _read_and_wind_back(fp: Any) -> tuple[bytes, bool]:  # noqa: ANN401 - http.client's response
    """Read the beginning of a body, and let the connection give the same bytes once more.

    It is wound back below the chunks: urllib3 takes them apart in more than one way.
    """
    connection, state = fp.fp, (fp.length, fp.chunk_left)
    recording = _Recording(connection)
    fp.fp = io.BufferedReader(recording)
    start, is_whole = _read_start(fp)
    fp.fp = io.BufferedReader(_Replay(connection, bytes(recording.taken), recording.failure))
    fp.length, fp.chunk_left = state
    return start, is_whole


def _read_start(fp: Any) -> tuple[bytes, bool]:  # noqa: ANN401 - http.client's response
    """Read piece by piece: one `read` would lose what came before a failure."""
    start = b""
    try:
        while len(start) < _PEEK_BYTES:
            piece = fp.read1(_PEEK_BYTES - len(start))
            if not piece:
                return start, True
            start += piece
    except Exception:  # noqa: BLE001, S110 - the time is over, or what failed is raised again where the caller reads
        pass
    return start, False


class _TimeIsOver(Exception):  # noqa: N818 - no error: the body comes later than anybody waits for here
    """The body has not come to its end within the time of the look at it."""


class _Recording(io.RawIOBase):
    """A connection that keeps what was read from it, and how that failed; it waits a second at most.

    Its socket does not block meanwhile: a read gives what the buffer, TLS or the network has already,
    in this order, and only then the socket is waited for.
    """

    def __init__(self, connection: io.BufferedReader) -> None:
        self._connection = connection
        # http.client hands on no socket; TLS and plain ones are files of socket.SocketIO alike.
        self._socket: socket | None = getattr(getattr(connection, "raw", None), "_sock", None)
        self._end = time.monotonic() + _PEEK_SECONDS
        self.taken = bytearray()
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        while (count := self._read_at_once(buffer)) is None:
            self._wait()
        self.taken += buffer[:count]
        return count

    def _read_at_once(self, buffer: Any) -> int | None:  # noqa: ANN401 - any buffer
        """Read what is there; None where nothing is there yet."""
        if time.monotonic() > self._end:
            raise _TimeIsOver
        try:
            with _not_blocking(self._socket):
                return self._connection.readinto1(buffer)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except Exception as failure:
            self.failure = failure
            raise

    def _wait(self) -> None:
        """Wait for the socket, and never longer than its owner does for one read."""
        rest = self._end - time.monotonic()
        own = self._socket.gettimeout() if self._socket else None
        longest = rest if own is None else min(rest, own)
        if not wait_for_read(self._socket, max(0.0, longest)):  # type: ignore[arg-type] # without one nothing is waited for
            raise _TimeIsOver


@contextmanager
def _not_blocking(connected: socket | None) -> Iterator[None]:
    """Let a socket say at once that nothing has come."""
    own = connected.gettimeout() if connected else None
    try:
        if connected:
            connected.settimeout(0)
        yield
    finally:
        if connected:
            connected.settimeout(own)


class _Replay(io.RawIOBase):
    """A connection that first gives what was read from it before, and fails as it failed."""

    def __init__(self, connection: io.BufferedReader, taken: bytes, failure: Exception | None) -> None:
        self._connection = connection
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
