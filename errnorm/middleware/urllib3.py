"""urllib3: a `Retry` that reads the body of an error before it decides.

    http = urllib3.PoolManager(retries=ErrnormRetry(total=3))
    session.mount("https://", requests.adapters.HTTPAdapter(max_retries=ErrnormRetry(total=3)))

As in every `Retry`, only `allowed_methods` are repeated: those that are idempotent by RFC 9110.
Advice is about likelihood, not about safety: a POST that timed out may have succeeded.
"""

from __future__ import annotations

import io
import time
from types import TracebackType
from typing import Any, Self

from errnorm.middleware._advice import LONGEST_WAIT, advised_wait
from errnorm.middleware._guard import guarded, needs
from errnorm.normalizer import normalize

try:
    from urllib3 import BaseHTTPResponse, Retry
    from urllib3.connectionpool import ConnectionPool
    from urllib3.exceptions import MaxRetryError, ResponseError
except ImportError as error:
    raise needs("urllib3") from error

__all__ = ["ErrnormRetry"]

_PEEK_BYTES = 64 * 1024
_PEEK_SECONDS = 1.0


class ErrnormRetry(Retry):
    """A `urllib3.Retry` that repeats a call where the vendor's error says that this can help.

    The advice decides for every status from 400 on, so there is no `status_forcelist`. A response
    that is not repeated, or not again, is given to the caller with its body unread: there is no
    `raise_on_status`. Failures of the connection and redirects are counted as in `Retry`.

    Args:
        total: how often to repeat at most.
        longest: seconds to wait at most before one repeat; a longer delay of the vendor is cut to it.
            Where nobody said how long, `backoff_factor` holds.
        **options: those of `urllib3.Retry`.

    Raises:
        TypeError: for `status_forcelist` and `raise_on_status`.

    Example:
        >>> import urllib3
        >>> http = urllib3.PoolManager(retries=ErrnormRetry(total=3, backoff_factor=0.5))
        >>> ErrnormRetry(status_forcelist=[503])
        Traceback (most recent call last):
        TypeError: ErrnormRetry takes no status_forcelist: the advice of the record decides. Leave it out.
    """

    def __init__(
        self,
        total: int | None = 10,
        *,
        longest: float = LONGEST_WAIT,
        **options: Any,  # noqa: ANN401 - as urllib3 has them
    ) -> None:
        for name in ("status_forcelist", "raise_on_status"):
            if options.pop(name, None):
                raise TypeError(
                    f"ErrnormRetry takes no {name}: the advice of the record decides. Leave it out."
                )
        super().__init__(total, raise_on_status=False, **options)
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
        wait: bool | float | None = True
        if response is not None and response.status >= 400:
            wait = guarded(_wait_after, response, url, self.longest)
        if wait is None or wait is False:
            # urlopen takes this for "no attempts left", and with raise_on_status=False it gives the
            # response to its caller.
            raise MaxRetryError(_pool, url or "", ResponseError("A repeat cannot help."))  # type: ignore[arg-type] # urllib3 does the same
        counted = super().increment(method, url, response, error, _pool, _stacktrace)
        counted._wait = wait  # noqa: SLF001 - of the same class
        return counted

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:  # noqa: ARG002 - as urllib3 calls it
        """Wait as advised, else as `backoff_factor` says."""
        if isinstance(self._wait, bool):
            super().sleep()  # without the response: a Retry-After that cannot be read would raise
        else:
            time.sleep(self._wait)


def _wait_after(response: BaseHTTPResponse, url: str | None, longest: float) -> bool | float:
    result = normalize(_peeked(response), status=response.status, headers=response.headers, url=url)
    return advised_wait(result, longest)


def _peeked(response: BaseHTTPResponse) -> bytes:
    """Give the beginning of the body, packed as it was sent, and leave all of it to be read."""
    fp = getattr(response, "_fp", None)
    if fp is None or response.closed:  # urllib3 has read it (preload_content), or there is none
        return response.data or b""
    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return b""  # it never ends
    return _read_and_wind_back(fp)


def _read_and_wind_back(fp: Any) -> bytes:  # noqa: ANN401 - http.client's response
    """Read the beginning of a body, and let the connection give the same bytes once more.

    It is wound back below the chunks: urllib3 takes them apart in more than one way.
    """
    connection, state = fp.fp, (fp.length, fp.chunk_left)
    recording = _Recording(connection)
    fp.fp = io.BufferedReader(recording)
    start = _read_start(fp)
    fp.fp = io.BufferedReader(_Replay(connection, bytes(recording.taken), recording.failure))
    fp.length, fp.chunk_left = state
    return start


def _read_start(fp: Any) -> bytes:  # noqa: ANN401 - http.client's response
    """Read piece by piece: one `read` would lose what came before a failure.

    A body that trickles for ever holds the caller up for a second and one piece.
    """
    start, end = b"", time.monotonic() + _PEEK_SECONDS
    try:
        while len(start) < _PEEK_BYTES and (piece := fp.read1(_PEEK_BYTES - len(start))):
            start += piece
            if time.monotonic() > end:
                break
    except Exception:  # noqa: BLE001, S110 - a timeout, a broken connection: raised again where the caller reads
        pass
    return start


class _Recording(io.RawIOBase):
    """A connection that keeps what was read from it, and how that failed."""

    def __init__(self, connection: io.BufferedReader) -> None:
        self._connection = connection
        self.taken = bytearray()
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        try:
            count = self._connection.readinto1(buffer)
        except Exception as failure:
            self.failure = failure
            raise
        self.taken += buffer[:count]
        return count


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
