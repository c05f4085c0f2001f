"""aiohttp: records on responses, by a client middleware (aiohttp 3.12 and later).

It belongs first in `middlewares`, before `DigestAuthMiddleware` and its like: then it sees a response
when the others are done with it, and `raise_on_error` means what the caller gets.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import nullcontext, suppress
from typing import Any, Unpack

from errnorm.exceptions import VendorError
from errnorm.middleware._guard import Peek, Watch, WatchOptions, guarded, is_event_stream, needs, report_bug
from errnorm.record import Result
from errnorm.response import attached

try:
    import aiohttp
    from aiohttp import ClientHandlerType, ClientMiddlewareType
except ImportError as error:
    raise needs("aiohttp") from error

__all__ = ["middleware", "result"]


def middleware(**options: Unpack[WatchOptions]) -> ClientMiddlewareType:
    """Give a client middleware: `aiohttp.ClientSession(middlewares=[middleware()])`.

    Args:
        **options: see `errnorm.middleware._guard.WatchOptions`.

    Returns:
        A middleware that keeps the result of each error for `result`.

    Example:
        >>> async def who() -> None:
        ...     async with aiohttp.ClientSession(middlewares=[middleware(raise_on_error=True)]) as session:
        ...         await session.get("https://finesse.example.com/finesse/api/User/agent1001")
    """
    watch = Watch(**options)

    async def look(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        response = await handler(request)
        try:
            try:
                error = _look(watch, response)
            except Exception as bug:  # noqa: BLE001 - as in `guarded`, whose call takes 1 µs
                report_bug(bug)
                return response
            if error is None:
                return response
            if isinstance(error, Peek):
                error = await _look_ahead(watch, response, error)
            if error is not None:
                await _let_go(response)
        except BaseException:
            response.close()
            raise
        if error is not None:
            raise error
        return response

    return look


def result(response: aiohttp.ClientResponse) -> Result | None:
    """Give the result that the middleware has kept for a response.

    Args:
        response: a response of a session with the middleware.

    Returns:
        The result; None where nothing was looked at, or without the middleware.
    """
    return attached(response)


def _look(watch: Watch, response: aiohttp.ClientResponse) -> VendorError | Peek | None:
    """Look at a response whose body is all here; of one that is still coming, give an empty look ahead."""
    if not watch.looks_at(response.status):
        return None
    start: bytes | None = b""
    if getattr(response, "errnorm", None) is None:
        start = _all_here(response, watch.peek_bytes)
        kind = response.headers.get(aiohttp.hdrs.CONTENT_TYPE)
        # Whether a body comes is asked second: what is all here is nothing to wait for, and most errors are.
        if start is None and watch.has_body(response.method, response.status, kind):
            return Peek(watch)
        if start and is_event_stream(kind):
            start = b""  # as where it is still coming: a record must not hang on how soon it came
    return _judge(watch, response, start or b"")


async def _look_ahead(watch: Watch, response: aiohttp.ClientResponse, peek: Peek) -> VendorError | None:
    response.content = await _peek(response.content, watch, peek)
    error = guarded(lambda: _judge(watch, response, peek.start))
    # Where the body broke off, the client's own exception comes when the caller reads, as without errnorm.
    return error if peek.failure is None else None


async def _let_go(response: aiohttp.ClientResponse) -> None:
    """Free the connection of a response that goes with an exception, as `raise_for_status` does."""
    if not response.content.is_eof():
        response.close()
        return
    with suppress(aiohttp.ClientError):
        await response.read()  # it is all here: `await error.response.text()` works


def _all_here(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    """Give a body that came whole with its head, as most errors do, and leave it where it lies.

    aiohttp has no public name for a look that takes nothing. Where its buffer is called otherwise, the body
    is read ahead as one that is still coming, which takes 20 µs more.
    """
    content = response.content
    if response._body is not None:  # noqa: SLF001 - an inner middleware has read it
        return response._body  # noqa: SLF001
    if not content.is_eof() or content.total_bytes > most or content.exception() is not None:
        return None
    buffer = getattr(content, "_buffer", None) if type(content) is aiohttp.StreamReader else None
    if (
        buffer is None
    ):  # a body that is over before it began is a shared constant of aiohttp, without a buffer
        return b"" if content.at_eof() else None
    is_begun = getattr(content, "_size", None) != content.total_bytes  # by somebody inside, who has the rest
    return b"" if is_begun else b"".join(buffer)


def _judge(watch: Watch, response: aiohttp.ClientResponse, start: bytes) -> VendorError | None:
    """Leave the result on the response; give the error to raise, if it is to be raised."""
    status, found = response.status, getattr(response, "errnorm", None)  # of a door inside of this one
    if found is None:
        found = watch.result(start, status, response.headers, response.url)
        # Not by way of its dict: to ask an object for that makes each later look at an attribute slower.
        response.errnorm = found  # type: ignore[attr-defined]
    # Asked here already: most callers want no exception, and a call with a keyword takes its time.
    if watch.raise_on_error and watch.raises(found, status, is_final=True):
        return VendorError(found, response)
    return None


async def _peek(content: aiohttp.StreamReader, watch: Watch, peek: Peek) -> _Replay:
    """Read the first pieces; a reader of aiohttp loses nothing when the wait for a piece is given up."""
    ends: list[bool] = []
    limit: asyncio.Timeout | None = None
    try:
        # Where the end is here already there is no wait, and no clock to pay for.
        async with nullcontext() if content.is_eof() else asyncio.timeout(watch.peek_seconds) as limit:
            while not peek.is_whole:
                piece, is_end = await content.readchunk()
                peek.is_whole = not piece and not is_end
                ends.append(is_end)
                peek.pieces.append(piece)
                if not guarded(peek.wants_more, piece):
                    break
    except TimeoutError as failure:
        peek.failure = None if limit and limit.expired() else failure
    except Exception as failure:  # noqa: BLE001 - the client's own, for the caller
        peek.failure = failure
    return _Replay(content, peek, ends)


class _Replay(aiohttp.StreamReader):
    """A reader that hands on what was read ahead, then goes on with the reader it came from."""

    def __init__(self, inner: aiohttp.StreamReader, peek: Peek, ends: list[bool]) -> None:
        # Not `super().__init__()`: what is not read ahead is the other reader's, attributes included.
        self._inner = inner
        self._failure = peek.failure
        self._is_whole = peek.is_whole
        self._ahead = deque(zip(peek.pieces, ends, strict=True))
        if peek.is_whole:
            self._ahead.pop()  # the end itself, `(b"", False)`

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of the other reader
        return getattr(self._inner, name)

    async def read(self, n: int = -1) -> bytes:
        """Give at most n bytes of what is there, or all until the end."""
        self._check()
        if n >= 0:
            return self._take(n) or await self._inner.read(n)
        ahead = self._take()
        return ahead if self._is_whole else ahead + await self._inner.read()

    async def readany(self) -> bytes:
        """Give what is there, and wait where nothing is."""
        self._check()
        return self._take() or await self._inner.readany()

    async def readchunk(self) -> tuple[bytes, bool]:
        """Give a piece, and whether it ends a chunk."""
        self._check()
        return self._ahead.popleft() if self._ahead else await self._inner.readchunk()

    async def readuntil(self, separator: bytes = b"\n", **limits: Any) -> bytes:  # noqa: ANN401 - those of aiohttp
        """Give the bytes up to a separator."""
        self._check()
        ahead = b"".join(piece for piece, _ in self._ahead)
        end = ahead.find(separator)
        line = self._take(end + len(separator) if end >= 0 else -1)
        while not line.endswith(separator):
            self._check()
            # By its last byte: a separator of several may lie half on this side and half on that one.
            more = await self._inner.readuntil(separator[-1:], **limits)
            if not more:
                break
            line += more
        return line

    async def readexactly(self, n: int) -> bytes:
        """Give n bytes, not fewer."""
        found = b""
        while len(found) < n:
            piece = await self.read(n - len(found))
            if not piece:
                raise asyncio.IncompleteReadError(found, n)
            found += piece
        return found

    def read_nowait(self, n: int = -1) -> bytes:
        """Give what is there."""
        self._check()
        return self._take(n) or self._inner.read_nowait(n)

    def unread_data(self, data: bytes) -> None:
        """Take bytes back."""
        self._ahead.appendleft((data, False))

    def at_eof(self) -> bool:
        """Tell whether everything was handed on."""
        return not self._ahead and self._inner.at_eof()

    def is_eof(self) -> bool:
        """Tell whether the end has come, read or not."""
        return self._inner.is_eof()

    async def wait_eof(self) -> None:
        """Wait for the end."""
        await self._inner.wait_eof()

    def exception(self) -> BaseException | None:
        """Give what broke the body off."""
        return self._inner.exception()

    def set_exception(self, *args: Any) -> None:  # noqa: ANN401 - those of aiohttp # pyright: ignore[reportIncompatibleMethodOverride]
        """Break the body off: the response was released."""
        self._inner.set_exception(*args)

    def set_read_chunk_size(self, n: int) -> None:
        """Make room for pieces of n bytes."""
        self._inner.set_read_chunk_size(n)

    def _check(self) -> None:
        """Raise what the other reader would: a failure met while reading ahead once its turn has come."""
        broken = self._inner.exception()
        if broken is not None and broken is not self._failure:
            raise broken
        if self._failure is not None and not self._ahead:
            raise self._failure

    def _take(self, n: int = -1) -> bytes:
        taken = []
        while self._ahead and n:
            piece, is_end = self._ahead.popleft()
            if 0 <= n < len(piece):
                self._ahead.appendleft((piece[n:], is_end))
                piece = piece[:n]
            taken.append(piece)
            n -= len(piece)  # of all, -1, nothing comes to be 0
        return b"".join(taken)
