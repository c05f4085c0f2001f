"""What all middleware shares: what is looked at, how far ahead, and that no fault of ours gets out.

A client with errnorm in it behaves as it does without: what was read ahead is handed on, a failure met
on the way is raised where the caller reads, and a bug of errnorm is a line in the log.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ParamSpec, TypedDict, TypeVar

from errnorm.exceptions import InvalidArgument
from errnorm.normalizer import Normalizer, normalize
from errnorm.record import Result

__all__ = ["Peek", "Watch", "WatchOptions", "guarded", "needs", "peek_at", "peek_at_async"]

P = ParamSpec("P")
T = TypeVar("T")

_CHALLENGES = (401, 407)
_EVENT_STREAM = "text/event-stream"


def needs(package: str) -> ImportError:
    """Give the error for a middleware whose package is not installed.

    Args:
        package: the package's name, which is the extra's name as well.

    Returns:
        The error, to be raised from the one that the import gave.

    Example:
        >>> print(needs("httpx"))
        errnorm.middleware.httpx needs httpx, which is not installed. Try: pip install "errnorm[httpx]"
    """
    return ImportError(
        f"errnorm.middleware.{package} needs {package}, which is not installed. "
        f'Try: pip install "errnorm[{package}]"'
    )


def guarded(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Call something of errnorm on behalf of somebody else's program.

    Args:
        call: what may fail; a failure is a bug of errnorm.
        *args: its arguments.
        **kwargs: its keywords.

    Returns:
        What it gave; None where it failed, and then a line is in the log.

    Example:
        >>> guarded(int, "7")
        7
    """
    try:
        return call(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not the caller's
        from logging import getLogger  # noqa: PLC0415 - 4 ms of import, and nobody should ever need it

        log = getLogger("errnorm")
        log.error("errnorm failed in a middleware with %s; please report it", type(error).__name__)  # noqa: TRY400 - a traceback may quote the body
        return None


class WatchOptions(TypedDict, total=False):
    """The keywords that every client's middleware takes.

    Attributes:
        raise_on_error: raise `VendorError` for a response that is an error.
        inspect_success: look at 2xx as well: some vendors put an error into a 200.
        normalizer: one of your own, in place of the default one.
        vendor: the vendor's name, where all that this client calls is one vendor's.
        peek_bytes: the most that is read ahead of the caller.
        peek_seconds: no piece is waited for once so much time has gone.
    """

    raise_on_error: bool
    inspect_success: bool
    normalizer: Normalizer | None
    vendor: str | None
    peek_bytes: int
    peek_seconds: float


class Watch:
    """Which responses are looked at, how, and what comes of it; arguments as in `WatchOptions`.

    Example:
        >>> watch = Watch(inspect_success=True)
        >>> [status for status in (101, 200, 304, 400) if watch.looks_at(status)]
        [200, 400]
    """

    def __init__(  # noqa: PLR0913 - keywords: they are what users choose
        self,
        *,
        raise_on_error: bool = False,
        inspect_success: bool = False,
        normalizer: Normalizer | None = None,
        vendor: str | None = None,
        peek_bytes: int = 64 * 1024,
        peek_seconds: float = 1.0,
    ) -> None:
        if peek_bytes < 1 or peek_seconds < 0:
            raise InvalidArgument(
                "peek_bytes is below 1 or peek_seconds below 0. "
                "Give the bytes and the seconds that a caller may wait for."
            )
        self._normalize = normalizer.normalize if normalizer else normalize
        self._normalize(b"", vendor=vendor)  # an unknown name is a mistake of now, not of the first error
        self.raise_on_error = raise_on_error
        self.inspect_success = inspect_success
        self.vendor = vendor
        self.peek_bytes = peek_bytes
        self.peek_seconds = peek_seconds

    def looks_at(self, status: int) -> bool:
        """Tell whether a response is looked at: an error always, a 2xx when asked for."""
        return status >= 400 or (self.inspect_success and 200 <= status < 300)

    @staticmethod
    def has_body(method: str, status: int, content_type: str | None) -> bool:
        """Tell whether a body comes that may be read ahead.

        No body follows HEAD, 1xx, 204 and 304 (RFC 9112, section 6.3), and an event stream may say
        nothing for hours.
        """
        is_stream = (content_type or "").lower().lstrip().startswith(_EVENT_STREAM)
        return method != "HEAD" and status >= 200 and status not in {204, 304} and not is_stream

    def result(self, body: bytes, status: int, headers: Any, url: object) -> Result | None:  # noqa: ANN401 - as the client has them
        """Give the result of the beginning of a body; None where errnorm itself failed."""
        start = body[: self.peek_bytes]
        return guarded(self._normalize, start, status=status, headers=headers, url=url, vendor=self.vendor)

    def raises(self, result: Result | None, status: int, *, is_final: bool) -> bool:
        """Tell whether a response is to be raised.

        Digest: 401, then the same request with `Authorization`, then 200. Who stands inside the client's
        loop sees the 401 and cannot know whether anybody will answer it, so there it stays a response.
        """
        if not self.raise_on_error or result is None or (status in _CHALLENGES and not is_final):
            return False
        return result.is_error


class Peek:
    """The first pieces of a body, as they came, and what ended the look at them.

    Args:
        watch: how far to look.

    Attributes:
        pieces: what was read ahead and is still to be handed on.
        start: the same bytes, for errnorm.
        is_whole: the body ended within the bound.
        failure: what the client raised while it read; it belongs to the caller.
    """

    def __init__(self, watch: Watch) -> None:
        self._room = watch.peek_bytes
        self._end = time.monotonic() + watch.peek_seconds
        self.pieces: deque[bytes] = deque()
        self.is_whole = False
        self.failure: Exception | None = None

    def add(self, piece: bytes) -> bool:
        """Take a piece; tell whether another one is wanted."""
        self.pieces.append(piece)
        self._room -= len(piece)
        return self._room > 0 and time.monotonic() < self._end

    @property
    def start(self) -> bytes:
        """The bytes, while nobody has taken a piece."""
        return b"".join(self.pieces)

    def replay(self) -> Iterator[bytes]:
        """Hand the pieces on, then raise the failure, if there was one."""
        while self.pieces:
            yield self.pieces.popleft()
        if self.failure is not None:
            raise self.failure


def peek_at(pieces: Iterator[bytes], watch: Watch) -> Peek:
    """Read the first pieces of a body.

    It ends with the body, with the bound, or with the first piece that comes when the time is over: a
    body that trickles for ever holds the caller up for `peek_seconds` and one piece.

    Args:
        pieces: the body, as the network gives it.
        watch: how far to look.

    Returns:
        The pieces, to be handed on before the rest of `pieces`.

    Example:
        >>> peek = peek_at(iter([b"<Api", b"Errors/>"]), Watch())
        >>> peek.start, peek.is_whole
        (b'<ApiErrors/>', True)
    """
    peek = Peek(watch)
    try:
        for piece in pieces:
            if not peek.add(piece):
                return peek
        peek.is_whole = True
    except Exception as failure:  # noqa: BLE001 - the client's own, for the caller
        peek.failure = failure
    return peek


async def peek_at_async(pieces: AsyncIterator[bytes], watch: Watch) -> Peek:
    """Read the first pieces of a body as `peek_at` does."""
    peek = Peek(watch)
    try:
        async for piece in pieces:
            if not peek.add(piece):
                return peek
        peek.is_whole = True
    except Exception as failure:  # noqa: BLE001 - the client's own, for the caller
        peek.failure = failure
    return peek
