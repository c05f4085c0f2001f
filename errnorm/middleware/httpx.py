"""httpx: records on responses, by a transport, a response hook, or for a whole client.

A transport and a hook stand inside the client's loop of redirects and challenges and see every response
of it; `install` stands around the loop and sees what the caller gets. With `raise_on_error` the two
inner doors therefore leave 401 and 407 to the caller, and `install` raises them.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, Unpack

from errnorm.exceptions import InvalidArgument, VendorError
from errnorm.middleware._guard import (
    Peek,
    Watch,
    WatchOptions,
    fill,
    fill_async,
    give_up,
    guarded,
    named,
    needs,
)
from errnorm.record import Result

try:
    import httpx

    from errnorm.middleware._httpcore import coming, is_all_here
except ImportError as error:
    raise needs("httpx") from error

__all__ = [
    "AsyncErrnormTransport",
    "ErrnormTransport",
    "async_response_hook",
    "install",
    "response_hook",
]


class ErrnormTransport(httpx.BaseTransport):
    """A transport that leaves the result of each error at `response.extensions["errnorm"]`.

    A client that is given a transport leaves `verify`, `http2`, `limits` and the proxies of the
    environment to it: give them to the wrapped one.

    Args:
        wrapped: the transport that does the work; `httpx.HTTPTransport()` without one.
        **options: see `errnorm.middleware._guard.WatchOptions`.

    Example:
        >>> vendor = httpx.MockTransport(lambda request: httpx.Response(503, text="<ApiErrors/>"))
        >>> with httpx.Client(transport=ErrnormTransport(vendor)) as client:
        ...     response = client.get("https://finesse.example.com/finesse/api/User/agent1001")
        >>> response.extensions["errnorm"].first.vendor, response.text
        ('cisco-finesse', '<ApiErrors/>')
    """

    def __init__(self, wrapped: httpx.BaseTransport | None = None, **options: Unpack[WatchOptions]) -> None:
        if wrapped is not None and (isinstance(wrapped, type) or not hasattr(wrapped, "handle_request")):
            raise InvalidArgument(
                f"ErrnormTransport was given {named(wrapped)}, which has no handle_request. "
                "Give an httpx.HTTPTransport(), or nothing."
            )
        self._watch = Watch(**options)
        self._wrapped = wrapped or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request with the wrapped transport, and look at an error's body."""
        response = self._wrapped.handle_request(request)
        _look(self._watch, request, response)
        return response

    def __enter__(self) -> Self:
        self._wrapped.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._wrapped.__exit__(exc_type, exc_value, traceback)

    def close(self) -> None:
        """Close the wrapped transport."""
        self._wrapped.close()


class AsyncErrnormTransport(httpx.AsyncBaseTransport):
    """`ErrnormTransport` for `httpx.AsyncClient`.

    Args:
        wrapped: the transport that does the work; `httpx.AsyncHTTPTransport()` without one.
        **options: see `errnorm.middleware._guard.WatchOptions`.
    """

    def __init__(
        self, wrapped: httpx.AsyncBaseTransport | None = None, **options: Unpack[WatchOptions]
    ) -> None:
        if wrapped is not None and (
            isinstance(wrapped, type) or not hasattr(wrapped, "handle_async_request")
        ):
            raise InvalidArgument(
                f"AsyncErrnormTransport was given {named(wrapped)}, which has no handle_async_request. "
                "Give an httpx.AsyncHTTPTransport(), or nothing."
            )
        self._watch = Watch(**options)
        self._wrapped = wrapped or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request with the wrapped transport, and look at an error's body."""
        response = await self._wrapped.handle_async_request(request)
        await _look_async(self._watch, request, response)
        return response

    async def __aenter__(self) -> Self:
        await self._wrapped.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._wrapped.__aexit__(exc_type, exc_value, traceback)

    async def aclose(self) -> None:
        """Close the wrapped transport."""
        await self._wrapped.aclose()


def response_hook(**options: Unpack[WatchOptions]) -> Callable[[httpx.Response], None]:
    """Give a response hook: `httpx.Client(event_hooks={"response": [response_hook()]})`.

    Args:
        **options: see `errnorm.middleware._guard.WatchOptions`.

    Returns:
        A function that leaves the result at `response.extensions["errnorm"]`.
    """
    watch = Watch(**options)

    def look(response: httpx.Response) -> None:
        if not isinstance(response.stream, httpx.SyncByteStream):
            raise InvalidArgument("response_hook is for httpx.Client. Give async_response_hook to this one.")
        _look(watch, response.request, response)

    return look


def async_response_hook(
    **options: Unpack[WatchOptions],
) -> Callable[[httpx.Response], Awaitable[httpx.Response]]:
    """Give a response hook for `httpx.AsyncClient`, arguments as in `response_hook`."""
    watch = Watch(**options)

    def look(response: httpx.Response) -> Coroutine[Any, Any, httpx.Response]:
        if not isinstance(response.stream, httpx.AsyncByteStream):
            raise InvalidArgument(
                "async_response_hook is for httpx.AsyncClient. Give response_hook to this one."
            )
        return _look_async(watch, response.request, response)

    return look


def install(client: httpx.Client | httpx.AsyncClient, **options: Unpack[WatchOptions]) -> None:
    """Put errnorm around a client: each response that its calls give has its result.

    It sees a response when redirects have been followed and challenges answered, so that
    `raise_on_error` means the call, also where it ends with a 401.

    Args:
        client: sync or async; whatever transports and hooks it has stay as they are.
        **options: see `errnorm.middleware._guard.WatchOptions`.

    Example:
        >>> vendor = httpx.MockTransport(lambda request: httpx.Response(503, text="<ApiErrors/>"))
        >>> client = httpx.Client(transport=vendor)
        >>> install(client, raise_on_error=True)
        >>> client.get("https://finesse.example.com/finesse/api/User/agent1001")
        Traceback (most recent call last):
        errnorm.exceptions.VendorError: cisco-finesse finesse.rest.xml: Finesse is out of service ...
    """
    if not isinstance(client, httpx.Client | httpx.AsyncClient):
        raise InvalidArgument(
            f"install was given {named(client)}, which is no client of httpx. "
            "Give an httpx.Client() or an httpx.AsyncClient()."
        )
    watch = Watch(**options)
    if isinstance(client, httpx.AsyncClient):
        _install_async(client, watch)
        return
    send = client.send

    def send_and_look(*args: Any, **keywords: Any) -> httpx.Response:  # noqa: ANN401 - those of `send`
        response = send(*args, **keywords)
        return _look(watch, response.request, response, is_final=True)

    client.send = send_and_look  # type: ignore[method-assign]


def _install_async(client: httpx.AsyncClient, watch: Watch) -> None:
    send = client.send

    async def send_and_look(*args: Any, **keywords: Any) -> httpx.Response:  # noqa: ANN401 - those of `send`
        response = await send(*args, **keywords)
        return await _look_async(watch, response.request, response, is_final=True)

    client.send = send_and_look  # type: ignore[method-assign]


def _look(
    watch: Watch, request: httpx.Request, response: httpx.Response, *, is_final: bool = False
) -> httpx.Response:
    if not guarded(watch.looks_at, response.status_code):
        response.extensions.setdefault("errnorm", None)
        return response
    try:
        peek = guarded(_begin, watch, request, response)
        if peek and isinstance(response.stream, httpx.SyncByteStream):
            rest = iter(response.stream)
            fill(peek, rest, guarded(coming, request, response, response.stream, peek) or _never)
            response.stream = _Replay(peek, rest, response.stream)
        error = guarded(_judge, watch, request, response, peek, is_final=is_final)
        if error is not None:
            if peek and peek.is_whole:
                with suppress(httpx.DecodingError):
                    response.read()  # it is all here: `error.response.text` works
            response.close()
    except BaseException:  # Ctrl-C: nobody will have the response
        response.close()
        raise
    if error is not None:
        raise error
    return response


async def _look_async(
    watch: Watch, request: httpx.Request, response: httpx.Response, *, is_final: bool = False
) -> httpx.Response:
    if not guarded(watch.looks_at, response.status_code):
        response.extensions.setdefault("errnorm", None)
        return response
    try:
        peek = guarded(_begin, watch, request, response)
        if peek and isinstance(response.stream, httpx.AsyncByteStream):
            rest = aiter(response.stream)
            seconds = math.inf if guarded(is_all_here, response, response.stream) else watch.peek_seconds
            task = await fill_async(peek, rest, seconds)
            response.stream = _AsyncReplay(peek, task, rest, response.stream)
        error = guarded(_judge, watch, request, response, peek, is_final=is_final)
        if error is not None:
            if peek and peek.is_whole:
                with suppress(httpx.DecodingError):
                    await response.aread()
            await response.aclose()
    except BaseException:
        await response.aclose()
        raise
    if error is not None:
        raise error
    return response


def _begin(watch: Watch, request: httpx.Request, response: httpx.Response) -> Peek | None:
    """Give an empty look where there is a body to look at that nobody has begun to read."""
    if response.is_stream_consumed or response.is_closed or "errnorm" in response.extensions:
        return None
    content_type = response.headers.get("content-type")
    return Peek(watch) if watch.has_body(request.method, response.status_code, content_type) else None


def _never() -> bool:
    return False


def _judge(
    watch: Watch, request: httpx.Request, response: httpx.Response, peek: Peek | None, *, is_final: bool
) -> VendorError | None:
    """Leave the result on the response; give the error to raise, if it is to be raised."""
    status = response.status_code
    if "errnorm" not in response.extensions:
        response.extensions["errnorm"] = None  # also where errnorm fails in the next lines
        body = peek.start if peek else _content(response)
        response.extensions["errnorm"] = watch.result(body, status, response.headers, request.url)
    result: Result | None = response.extensions["errnorm"]
    # Where the body broke off, the client's own exception comes when the caller reads, as without errnorm.
    broken = peek is not None and peek.failure is not None
    if result is None or broken or not watch.raises(result, status, is_final=is_final):
        return None
    response.request = request
    return VendorError(result, response)


def _content(response: httpx.Response) -> bytes:
    try:
        return response.content
    except httpx.ResponseNotRead:
        return b""


class _Replay(httpx.SyncByteStream):
    """What was read ahead, then the rest."""

    def __init__(self, peek: Peek, rest: Iterator[bytes], stream: httpx.SyncByteStream) -> None:
        self._peek = peek
        self._rest = rest
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._peek.replay()
        yield from self._rest

    def close(self) -> None:
        self._stream.close()


class _AsyncReplay(httpx.AsyncByteStream):
    """What was read ahead, then what a task is still waiting for, then the rest."""

    def __init__(
        self,
        peek: Peek,
        task: asyncio.Task[None] | None,
        rest: AsyncIterator[bytes],
        stream: httpx.AsyncByteStream,
    ) -> None:
        self._peek = peek
        self._task = task
        self._rest = rest
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._task:
            while self._peek.pieces:
                yield self._peek.pieces.popleft()
            # Not the task itself: a caller who gives up waiting may read on later.
            await asyncio.wait([self._task])
            if self._task.cancelled():
                raise httpx.ReadError("The response was closed while its body was still coming.")
        for piece in self._peek.replay():
            yield piece
        async for piece in self._rest:
            yield piece

    async def aclose(self) -> None:
        if self._task:
            await give_up(self._task)
        # An async generator that nobody goes on with must be closed by hand; one that is just waiting for
        # the network in another task cannot be, and closing the stream ends it.
        with suppress(RuntimeError, AttributeError):
            await self._rest.aclose()  # type: ignore[attr-defined]
        await self._stream.aclose()
