"""What all middleware shares: what is looked at, how far ahead, and that no fault of ours gets out.

A client with errnorm in it behaves as it does without: what was read ahead is handed on, a failure met
on the way is raised where the caller reads, and a bug of errnorm is a line in the log.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ParamSpec, TypedDict, TypeVar

from errnorm.exceptions import InvalidArgument
from errnorm.normalizer import Normalizer, default_normalizer
from errnorm.record import Result

__all__ = [
    "Peek",
    "Watch",
    "WatchOptions",
    "fill",
    "fill_async",
    "give_up",
    "guarded",
    "is_event_stream",
    "named",
    "needs",
    "report_bug",
]

P = ParamSpec("P")
T = TypeVar("T")

_CHALLENGES = (401, 407)
_EVENT_STREAM = "text/event-stream"


def needs(package: str) -> ImportError:
    """Give the error for a middleware whose package is not installed, or too old for it.

    Args:
        package: the package's name, which is the extra's name as well.

    Returns:
        The error, to be raised from the one that the import gave.

    Example:
        >>> print(needs("no-such-client"))
        errnorm.middleware.no-such-client needs no-such-client, which is not installed.
        Try: pip install "errnorm[no-such-client]"
    """
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 20 ms of import, for an error

    try:
        fact = f"cannot use {package} {version(package)}, which is installed"
    except PackageNotFoundError:
        fact = f"needs {package}, which is not installed"
    return ImportError(f'errnorm.middleware.{package} {fact}. Try: pip install "errnorm[{package}]"')


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
        report_bug(error)
        return None


def report_bug(error: Exception) -> None:
    """Write a line into the log about a failure of errnorm itself; its text may quote the body."""
    from logging import getLogger  # noqa: PLC0415 - 4 ms of import, and nobody should ever need it

    log = getLogger("errnorm")
    log.error("errnorm failed in a middleware with %s; please report it", type(error).__name__)


def named(value: object) -> str:
    """Name a wrong argument in a sentence: a class given in place of its instance is a mistake of its own.

    Example:
        >>> named(7), named(int)
        ('a value of type int', 'the class int')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"a value of type {type(value).__name__}"


def is_event_stream(content_type: str | None) -> bool:
    """Tell whether a body is a stream of server-sent events (HTML Standard, section 9.2).

    Example:
        >>> is_event_stream("Text/Event-Stream; charset=utf-8"), is_event_stream("text/xml")
        (True, False)
    """
    # The beginning is enough to compare, and most kinds are shorter.
    return content_type is not None and content_type[: len(_EVENT_STREAM)].lower() == _EVENT_STREAM


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
        **unknown: object,
    ) -> None:
        if unknown:
            raise InvalidArgument(
                f"errnorm has no option {', '.join(sorted(unknown))}. "
                f"The options are {', '.join(sorted(WatchOptions.__annotations__))}."
            )
        if peek_bytes < 1 or peek_seconds < 0:
            raise InvalidArgument(
                "peek_bytes is below 1 or peek_seconds below 0. "
                "Give the bytes and the seconds that a caller may wait for."
            )
        self._normalizer = normalizer
        self.raise_on_error = raise_on_error
        self.inspect_success = inspect_success
        self.vendor = vendor
        self.peek_bytes = peek_bytes
        self.peek_seconds = peek_seconds
        # An unknown name is a mistake of now, not of the first error.
        (default_normalizer() if normalizer is None else normalizer).normalize(b"", vendor=vendor)

    def looks_at(self, status: int) -> bool:
        """Tell whether a response is looked at: an error always, a 2xx when asked for."""
        return status >= 400 or (self.inspect_success and 200 <= status < 300)

    @staticmethod
    def has_body(method: str, status: int, content_type: str | None) -> bool:
        """Tell whether a body comes that may be read ahead.

        No body follows HEAD, 1xx, 204 and 304 (RFC 9112, section 6.3), and an event stream may say
        nothing for hours.
        """
        if is_event_stream(content_type):
            return False
        return method != "HEAD" and status >= 200 and status not in {204, 304}

    def result(self, body: bytes, status: int, headers: Any, url: object) -> Result:  # noqa: ANN401 - as the client has them
        """Give the result of the beginning of a body; to be called under a guard, as all of errnorm."""
        start, own = body[: self.peek_bytes], self._normalizer
        if own is None:
            return default_normalizer().answer(start, status, headers, url, self.vendor)
        return own.normalize(start, status=status, headers=headers, url=url, vendor=self.vendor)

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

    def wants_more(self, piece: bytes) -> bool:
        """Tell whether another piece is wanted after this one."""
        self._room -= len(piece)
        return self._room > 0 and self.seconds_left() > 0

    def seconds_left(self) -> float:
        """Give the time that a piece may still be waited for."""
        return self._end - time.monotonic()

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


def fill(peek: Peek, pieces: Iterator[bytes], comes: Callable[[], bool]) -> None:
    """Read the first pieces of a body; they are to be handed on before the rest of it.

    Args:
        peek: where they go.
        pieces: the body, as the network gives it.
        comes: tells, within the time that is left, whether the next piece is there.

    Example:
        >>> peek = Peek(Watch())
        >>> fill(peek, iter([b"<Api", b"Errors/>"]), lambda: True)
        >>> peek.start, peek.is_whole
        (b'<ApiErrors/>', True)
    """
    try:
        while guarded(comes):
            piece = next(pieces, None)
            if piece is None:
                peek.is_whole = True
                return
            peek.pieces.append(piece)
            if not guarded(peek.wants_more, piece):
                return
    except Exception as failure:  # noqa: BLE001 - the client's own, for the caller
        peek.failure = failure


async def fill_async(peek: Peek, pieces: AsyncIterator[bytes], seconds: float) -> asyncio.Task[None] | None:
    """Read the first pieces of a body, and wait for them no longer than the clock allows.

    A read that has begun cannot be given up without breaking the connection. So it goes on in a task: the
    caller has the response in time, and waits for the task where it reads on.

    Args:
        peek: where they go.
        pieces: the body, as the network gives it.
        seconds: to wait at most; infinite where all of the body is here already, and nobody waits.

    Returns:
        The task where it is still waiting for a piece.
    """
    # A task costs 50 µs. trio has none of this kind: there the clock is looked at between two pieces.
    if seconds == math.inf or not _is_asyncio():
        await _fill(peek, pieces)
        return None
    task = asyncio.create_task(_fill(peek, pieces))
    try:
        await asyncio.wait([task], timeout=seconds)
    except BaseException:
        await give_up(task)
        raise
    return None if task.done() else task


async def give_up(task: asyncio.Task[None]) -> None:
    """End the wait for a piece that nobody wants any more."""
    task.cancel()
    await asyncio.wait([task])


def _is_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _fill(peek: Peek, pieces: AsyncIterator[bytes]) -> None:
    try:
        async for piece in pieces:
            peek.pieces.append(piece)
            if not guarded(peek.wants_more, piece):
                return
        peek.is_whole = True
    except Exception as failure:  # noqa: BLE001 - the client's own, for the caller
        peek.failure = failure
