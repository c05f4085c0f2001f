"""httpx: records on responses, by a transport, a response hook, or for a whole client.

A transport and a hook stand inside the client's loop of redirects and challenges and see every response
of it; `install` stands around the loop and sees what the caller gets. With `raise_on_error` the two
inner doors therefore leave 401 and 407 to the caller, and `install` raises them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, Unpack

from errnorm.exceptions import VendorError
from errnorm.middleware._guard import Peek, Watch, WatchOptions, needs, peek_at, peek_at_async
from errnorm.record import Result

try:
    import httpx
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
        _look(watch, response.request, response)

    return look


def async_response_hook(**options: Unpack[WatchOptions]) -> Callable[[httpx.Response], Awaitable[None]]:
    """Give a response hook for `httpx.AsyncClient`, arguments as in `response_hook`."""
    watch = Watch(**options)

    async def look(response: httpx.Response) -> None:
        await _look_async(watch, response.request, response)

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
    peek = None
    try:
        if _is_ahead(watch, request, response) and isinstance(response.stream, httpx.SyncByteStream):
            rest = iter(response.stream)
            peek = peek_at(rest, watch)
            response.stream = _Replay(peek, rest, response.stream)
        error = _judge(watch, request, response, peek, is_final=is_final)
    except BaseException:
        response.close()
        raise
    if error is None:
        return response
    if peek and peek.is_whole:
        with suppress(httpx.DecodingError):
            response.read()  # it is all here: `error.response.text` works
    response.close()
    raise error


async def _look_async(
    watch: Watch, request: httpx.Request, response: httpx.Response, *, is_final: bool = False
) -> httpx.Response:
    peek = None
    try:
        if _is_ahead(watch, request, response) and isinstance(response.stream, httpx.AsyncByteStream):
            rest = aiter(response.stream)
            peek = await peek_at_async(rest, watch)
            response.stream = _AsyncReplay(peek, rest, response.stream)
        error = _judge(watch, request, response, peek, is_final=is_final)
    except BaseException:
        await response.aclose()
        raise
    if error is None:
        return response
    if peek and peek.is_whole:
        with suppress(httpx.DecodingError):
            await response.aread()
    await response.aclose()
    raise error


def _is_ahead(watch: Watch, request: httpx.Request, response: httpx.Response) -> bool:
    """Tell whether there is a body to look at that nobody has begun to read."""
    if response.is_stream_consumed or response.is_closed or "errnorm" in response.extensions:
        return False
    status = response.status_code
    return watch.looks_at(status) and watch.has_body(
        request.method, status, response.headers.get("content-type")
    )


def _judge(
    watch: Watch, request: httpx.Request, response: httpx.Response, peek: Peek | None, *, is_final: bool
) -> VendorError | None:
    """Leave the result on the response; give the error to raise, if it is to be raised."""
    status = response.status_code
    if "errnorm" not in response.extensions:
        body = peek.start if peek else _content(response)
        looked = watch.looks_at(status)
        response.extensions["errnorm"] = (
            watch.result(body, status, response.headers, request.url) if looked else None
        )
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
    """What was read ahead, then the rest."""

    def __init__(self, peek: Peek, rest: AsyncIterator[bytes], stream: httpx.AsyncByteStream) -> None:
        self._peek = peek
        self._rest = rest
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._peek.replay():
            yield piece
        async for piece in self._rest:
            yield piece

    async def aclose(self) -> None:
        # An async generator that nobody goes on with must be closed by hand; one that is just waiting for
        # the network in another task cannot be, and closing the stream ends it.
        with suppress(RuntimeError, AttributeError):
            await self._rest.aclose()  # type: ignore[attr-defined]
        await self._stream.aclose()
