"""The clients, each with errnorm at one of its doors and without, and what a caller sees of a call."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

for package in ("aiohttp", "httpx", "requests"):
    pytest.importorskip(package, reason="the clients come with the extras")

import aiohttp
import httpx
import requests
import urllib3
from attrs import Factory, frozen

import errnorm.middleware.aiohttp
import errnorm.middleware.httpx
import errnorm.middleware.requests
from errnorm import Result
from errnorm.response import attached

Options = dict[str, Any] | None
TIMEOUT = 30
CERTIFICATES = ssl.create_default_context()  # read once: it is most of the time that a new client takes


@frozen
class Seen:
    """What a caller sees of one call.

    Attributes:
        status: of the response; None where the call itself raised.
        headers: of the response, without the time.
        body: what could be read.
        error: the name of the exception that ended it.
    """

    status: int | None = None
    headers: dict[str, str] = Factory(dict)
    body: bytes = b""
    error: str | None = None


Call = Callable[[str, Options], tuple[Seen, Result | None]]
"""Calls an address, with the options of errnorm or without errnorm; gives what the caller sees and has."""


def headers_of(response: Any) -> dict[str, str]:
    """Give the headers that do not change from call to call."""
    return {name.lower(): value for name, value in response.headers.items() if name.lower() != "date"}


def _gather(pieces: Iterator[Any]) -> tuple[bytes, str | None]:
    found: list[bytes] = []
    try:
        for piece in pieces:
            found.append(piece.encode() if isinstance(piece, str) else piece)  # noqa: PERF401 - what came before an exception counts
    except Exception as error:  # noqa: BLE001 - any exception is what the caller sees
        return b"".join(found), type(error).__name__
    return b"".join(found), None


async def _gather_async(pieces: AsyncIterator[Any]) -> tuple[bytes, str | None]:
    found: list[bytes] = []
    try:
        async for piece in pieces:
            found.append(piece.encode() if isinstance(piece, str) else piece)  # noqa: PERF401 - what came before an exception counts
    except Exception as error:  # noqa: BLE001 - any exception is what the caller sees
        return b"".join(found), type(error).__name__
    return b"".join(found), None


def httpx_client(door: str, options: Options, **transport: Any) -> httpx.Client:
    """Give a client of httpx with errnorm at a door."""
    wrapped = httpx.HTTPTransport(verify=CERTIFICATES, **transport)
    if options is None:
        return httpx.Client(transport=wrapped, timeout=TIMEOUT)
    if door == "transport":
        return httpx.Client(
            transport=errnorm.middleware.httpx.ErrnormTransport(wrapped, **options), timeout=TIMEOUT
        )
    if door == "hook":
        hooks = {"response": [errnorm.middleware.httpx.response_hook(**options)]}
        return httpx.Client(transport=wrapped, event_hooks=hooks, timeout=TIMEOUT)
    client = httpx.Client(transport=wrapped, timeout=TIMEOUT)
    errnorm.middleware.httpx.install(client, **options)
    return client


def httpx_async_client(door: str, options: Options, **transport: Any) -> httpx.AsyncClient:
    """Give an async client of httpx with errnorm at a door."""
    wrapped = httpx.AsyncHTTPTransport(verify=CERTIFICATES, **transport)
    if options is None:
        return httpx.AsyncClient(transport=wrapped, timeout=TIMEOUT)
    if door == "transport":
        transport_ = errnorm.middleware.httpx.AsyncErrnormTransport(wrapped, **options)
        return httpx.AsyncClient(transport=transport_, timeout=TIMEOUT)
    if door == "hook":
        hooks = {"response": [errnorm.middleware.httpx.async_response_hook(**options)]}
        return httpx.AsyncClient(transport=wrapped, event_hooks=hooks, timeout=TIMEOUT)
    client = httpx.AsyncClient(transport=wrapped, timeout=TIMEOUT)
    errnorm.middleware.httpx.install(client, **options)
    return client


def session_of_requests(door: str, options: Options) -> requests.Session:
    """Give a session of requests with errnorm at a door."""
    session = requests.Session()
    if options is not None and door == "adapter":
        for scheme in ("http://", "https://"):
            session.mount(scheme, errnorm.middleware.requests.ErrnormAdapter(**options))
    elif options is not None:
        errnorm.middleware.requests.install(session, **options)
    return session


def session_of_aiohttp(options: Options, *inner: Any) -> aiohttp.ClientSession:
    """Give a session of aiohttp with errnorm first among its middlewares."""
    own = [] if options is None else [errnorm.middleware.aiohttp.middleware(**options)]
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    connector = aiohttp.TCPConnector(ssl=CERTIFICATES)
    return aiohttp.ClientSession(connector=connector, middlewares=[*own, *inner], timeout=timeout)


def httpx_whole(door: str, **transport: Any) -> Call:
    """Call with `client.get`."""

    def call(url: str, options: Options) -> tuple[Seen, Result | None]:
        with httpx_client(door, options, **transport) as client:
            try:
                response = client.get(url)
            except httpx.HTTPError as error:
                return Seen(error=type(error).__name__), None
            return Seen(response.status_code, headers_of(response), response.content), attached(response)

    return call


def httpx_stream(door: str, read: Callable[[httpx.Response], Iterator[Any]], **transport: Any) -> Call:
    """Call with `client.stream`."""

    def call(url: str, options: Options) -> tuple[Seen, Result | None]:
        with httpx_client(door, options, **transport) as client, client.stream("GET", url) as response:
            result = attached(response)
            return Seen(response.status_code, headers_of(response), *_gather(read(response))), result

    return call


def httpx_async_whole(door: str, **transport: Any) -> Call:
    """Call with `await client.get`."""

    async def run(url: str, options: Options) -> tuple[Seen, Result | None]:
        async with httpx_async_client(door, options, **transport) as client:
            try:
                response = await client.get(url)
            except httpx.HTTPError as error:
                return Seen(error=type(error).__name__), None
            return Seen(response.status_code, headers_of(response), response.content), attached(response)

    return lambda url, options: asyncio.run(run(url, options))


def httpx_async_stream(
    door: str, read: Callable[[httpx.Response], AsyncIterator[Any]], **transport: Any
) -> Call:
    """Call with `async with client.stream`."""

    async def run(url: str, options: Options) -> tuple[Seen, Result | None]:
        async with (
            httpx_async_client(door, options, **transport) as client,
            client.stream("GET", url) as response,
        ):
            result = attached(response)
            return Seen(
                response.status_code, headers_of(response), *await _gather_async(read(response))
            ), result

    return lambda url, options: asyncio.run(run(url, options))


def requests_whole(door: str) -> Call:
    """Call with `session.get`."""

    def call(url: str, options: Options) -> tuple[Seen, Result | None]:
        with session_of_requests(door, options) as session:
            try:
                response = session.get(url, timeout=TIMEOUT)
            except requests.RequestException as error:
                return Seen(error=type(error).__name__), None
            return Seen(response.status_code, headers_of(response), response.content), attached(response)

    return call


def requests_stream(door: str, read: Callable[[requests.Response], Iterator[Any]]) -> Call:
    """Call with `session.get(stream=True)`."""

    def call(url: str, options: Options) -> tuple[Seen, Result | None]:
        with (
            session_of_requests(door, options) as session,
            session.get(url, stream=True, timeout=TIMEOUT) as response,
        ):
            return Seen(response.status_code, headers_of(response), *_gather(read(response))), attached(
                response
            )

    return call


def raw_pieces(response: requests.Response) -> Iterator[bytes]:
    """Read the response of urllib3 below, a bit at a time."""
    while piece := response.raw.read(777, decode_content=True):
        yield piece


def raw_whole(response: requests.Response) -> Iterator[bytes]:
    """Read the response of urllib3 below at once, packed as it is."""
    yield response.raw.read(decode_content=False)


def aiohttp_call(read: Callable[[aiohttp.ClientResponse], AsyncIterator[Any]]) -> Call:
    """Call with `session.get`."""

    async def run(url: str, options: Options) -> tuple[Seen, Result | None]:
        async with session_of_aiohttp(options) as session:
            try:
                response = await session.get(url)
            except aiohttp.ClientError as error:
                return Seen(error=type(error).__name__), None
            async with response:
                result = errnorm.middleware.aiohttp.result(response)
                return Seen(
                    response.status, headers_of(response), *await _gather_async(read(response))
                ), result

    return lambda url, options: asyncio.run(run(url, options))


async def aiohttp_whole(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Read with `response.read`."""
    yield await response.read()


async def aiohttp_text(response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    """Read with `response.text`."""
    yield await response.text()


async def aiohttp_chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Read with `content.iter_chunks`."""
    async for piece, _ in response.content.iter_chunks():
        yield piece


WHOLE: dict[str, Call] = {
    "httpx-transport": httpx_whole("transport"),
    "httpx-hook": httpx_whole("hook"),
    "httpx-install": httpx_whole("install"),
    "httpx-async-transport": httpx_async_whole("transport"),
    "httpx-async-hook": httpx_async_whole("hook"),
    "httpx-async-install": httpx_async_whole("install"),
    "requests-install": requests_whole("install"),
    "requests-adapter": requests_whole("adapter"),
    "aiohttp": aiohttp_call(aiohttp_whole),
}
"""Calls for which the client reads the body."""

STREAMS: dict[str, Call] = {
    "httpx-transport-bytes": httpx_stream("transport", lambda response: response.iter_bytes(1000)),
    "httpx-hook-raw": httpx_stream("hook", lambda response: response.iter_raw()),
    "httpx-install-lines": httpx_stream("install", lambda response: response.iter_lines()),
    "httpx-async-transport-bytes": httpx_async_stream("transport", lambda response: response.aiter_bytes()),
    "httpx-async-hook-lines": httpx_async_stream("hook", lambda response: response.aiter_lines()),
    "httpx-async-install-raw": httpx_async_stream("install", lambda response: response.aiter_raw(1000)),
    "requests-install-content": requests_stream("install", lambda response: response.iter_content(1000)),
    "requests-adapter-lines": requests_stream("adapter", lambda response: response.iter_lines()),
    "requests-install-raw": requests_stream("install", raw_pieces),
    "requests-adapter-raw-whole": requests_stream("adapter", raw_whole),
    "aiohttp-chunked": aiohttp_call(lambda response: response.content.iter_chunked(1000)),
    "aiohttp-any": aiohttp_call(lambda response: response.content.iter_any()),
    "aiohttp-chunks": aiohttp_call(aiohttp_chunks),
    "aiohttp-lines": aiohttp_call(lambda response: response.content),
    "aiohttp-text": aiohttp_call(aiohttp_text),
}
"""Calls for which the caller reads the body, in the ways that there are."""


def urllib3_call(read: Callable[[Any], Iterator[bytes]], **options_of_call: Any) -> Call:
    """Call with urllib3, which has no middleware: the result is what `from_response` gives."""

    def call(url: str, options: Options) -> tuple[Seen, Result | None]:
        with urllib3.PoolManager(timeout=TIMEOUT, retries=False, ssl_context=CERTIFICATES) as pool:
            try:
                response = pool.request("GET", url, **options_of_call)
            except urllib3.exceptions.HTTPError as error:
                return Seen(error=type(error).__name__), None
            result = None if options is None else errnorm.from_response(response)
            seen = Seen(response.status, headers_of(response), *_gather(read(response)))
            response.close()
            return seen, result

    return call


def data_of_urllib3(response: Any) -> Iterator[bytes]:
    """Read with `data`."""
    yield response.data


URLLIB3: dict[str, Call] = {
    "urllib3": urllib3_call(data_of_urllib3),
    "urllib3-data": urllib3_call(data_of_urllib3, preload_content=False),
    "urllib3-stream": urllib3_call(lambda response: response.stream(1000), preload_content=False),
}
"""Calls without a middleware."""

OVER_HTTP2 = {"http1": False, "http2": True}
HTTP2: dict[str, Call] = {
    "httpx-transport": httpx_whole("transport", **OVER_HTTP2),
    "httpx-async-transport": httpx_async_whole("transport", **OVER_HTTP2),
    "httpx-transport-bytes": httpx_stream(
        "transport", lambda response: response.iter_bytes(100), **OVER_HTTP2
    ),
    "httpx-async-hook-raw": httpx_async_stream("hook", lambda response: response.aiter_raw(), **OVER_HTTP2),
    "httpx-hook": httpx_whole("hook", **OVER_HTTP2),
    "httpx-install-lines": httpx_stream("install", lambda response: response.iter_lines(), **OVER_HTTP2),
    "httpx-async-install": httpx_async_whole("install", **OVER_HTTP2),
}

CALLS = WHOLE | STREAMS
ALL = CALLS | URLLIB3
DOORS = (
    "httpx-transport-bytes",
    "httpx-hook-raw",
    "httpx-install",
    "httpx-async-transport-bytes",
    "httpx-async-hook",
    "httpx-async-install-raw",
    "requests-install-content",
    "requests-adapter",
    "aiohttp",
    "urllib3-stream",
)
"""A call through each door, for what takes too long to be asked of every way to read."""
BOUND = 64 * 1024


def check(call: Call, url: str, status: int = 400) -> errnorm.Result:
    """Call with and without errnorm: the caller sees the same, and the record is the library's."""
    without, _ = call(url, None)
    seen, result = call(url, {})

    assert seen == without
    assert (result is None) == (seen.status is None)
    if result is None:
        return errnorm.normalize(b"", status=status)
    assert len(result.raw.data) <= BOUND
    assert result == errnorm.normalize(result.raw.data, status=status, url=url, headers=seen.headers)
    return result


Waits = Callable[[Any, str, Any], tuple[Any, bytes]]


def waits_httpx(door: str) -> Waits:
    """Let a body go on once its response is there, and read it."""

    def call(vendor: Any, url: str, options: Any) -> tuple[Any, bytes]:
        with httpx_client(door, options) as client, client.stream("GET", url, timeout=None) as response:
            vendor.go.set()
            return attached(response), response.read()

    return call


def waits_httpx_async(door: str) -> Waits:
    """Let a body go on once its response is there, and read it."""

    async def run(vendor: Any, url: str, options: Any) -> tuple[Any, bytes]:
        async with (
            httpx_async_client(door, options) as client,
            client.stream("GET", url, timeout=None) as response,
        ):
            vendor.go.set()
            return attached(response), await response.aread()

    return lambda vendor, url, options: asyncio.run(run(vendor, url, options))


def waits_requests(door: str, timeout: int | None) -> Waits:
    """Let a body go on once its response is there, and read it."""

    def call(vendor: Any, url: str, options: Any) -> tuple[Any, bytes]:
        with (
            session_of_requests(door, options) as session,
            session.get(url, stream=True, timeout=timeout) as response,
        ):
            vendor.go.set()
            return attached(response), response.content

    return call


def waits_aiohttp(vendor: Any, url: str, options: Any) -> tuple[Any, bytes]:
    """Let a body go on once its response is there, and read it."""

    async def run() -> tuple[Any, bytes]:
        async with session_of_aiohttp(options) as session, session.get(url) as response:
            vendor.go.set()
            return attached(response), await response.read()

    return asyncio.run(run())


WAITS: dict[str, Waits] = {
    **{f"httpx-{door}": waits_httpx(door) for door in ("transport", "hook", "install")},
    **{f"httpx-async-{door}": waits_httpx_async(door) for door in ("transport", "hook", "install")},
    "requests-adapter": waits_requests("adapter", None),
    "requests-install": waits_requests("install", TIMEOUT),  # a longer clock of the caller's changes nothing
    "aiohttp": waits_aiohttp,
}
"""Calls that let a stalled body go on once they have its response."""
