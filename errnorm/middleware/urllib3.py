"""urllib3: a `Retry` that reads the body of an error before it decides.

    http = urllib3.PoolManager(retries=ErrnormRetry(total=3))
    session.mount("https://", requests.adapters.HTTPAdapter(max_retries=ErrnormRetry(total=3)))

As in every `Retry`, only `allowed_methods` are repeated: those that are idempotent by RFC 9110.
Advice is about likelihood, not about safety: a POST that timed out may have succeeded.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, NamedTuple, Self

from errnorm.middleware._advice import LONGEST_WAIT, advised_wait
from errnorm.middleware._guard import Watch, guarded, needs
from errnorm.normalizer import normalize
from errnorm.rewind import peek

try:
    from urllib3 import BaseHTTPResponse, Retry
    from urllib3.connectionpool import ConnectionPool
    from urllib3.exceptions import MaxRetryError, ResponseError
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
    if not Watch.has_body("", response.status, response.headers.get("Content-Type")):
        return b"", False  # an event stream never ends
    start = peek(fp, _PEEK_BYTES, _PEEK_SECONDS)
    return start.data, start.is_whole
