"""What a client's middleware does and leaves alone: raising, peeking, loops of the client, faults, leaks."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import io
import pickle
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

for package in ("hypercorn", "httpx", "requests", "aiohttp", "uvicorn", "h2"):
    pytest.importorskip(package, reason="the clients and the servers come with the extras and the tools")

import aiohttp
import httpx
import requests
from aiohttp.base_protocol import BaseProtocol
from client_doors import (
    ALL,
    CERTIFICATES,
    OVER_HTTP2,
    STREAMS,
    WAITS,
    WHOLE,
    aiohttp_call,
    httpx_async_client,
    httpx_client,
    session_of_aiohttp,
    session_of_requests,
    waits_aiohttp,
)
from requests.auth import HTTPDigestAuth
from vendor_server import plain, serving
from vendor_servers import SHAPES, Vendor

import errnorm
import errnorm.middleware.httpx
import errnorm.middleware.urllib3
from errnorm import rewind
from errnorm.middleware import _httpcore
from errnorm.middleware._guard import Peek, Watch
from errnorm.response import attached
from errnorm.testing import Sample

CALLS = WHOLE | STREAMS
FINESSE = SHAPES["finesse"][0]
RAISE = {"raise_on_error": True}


class Broken(errnorm.Normalizer):
    """A normalizer with a fault that shows on every response."""

    def normalize(self, body: object, **options: Any) -> errnorm.Result:
        """Fail, but for the check of the options."""
        if "status" in options:
            raise ZeroDivisionError("a bug of ours")
        return super().normalize(body, **options)


@pytest.mark.parametrize("name", CALLS)
def test_raise_on_error_raises(vendor: Vendor, name: str):
    """Each client raises one and the same exception, with its own response on it."""
    with pytest.raises(errnorm.VendorError) as caught:
        CALLS[name](f"{vendor.http1}/cobrowse/gzip?503", RAISE)

    error = caught.value
    assert (error.record.code, error.record.status) == ("1016", 503)
    assert attached(error.response) is error.result
    assert error.__cause__ is None
    assert read_of(error.response) == SHAPES["cobrowse"][0]


COOKIE = plain(Sample(b"", 503, {"Set-Cookie": "desk=7"}))


@pytest.mark.parametrize("door, is_kept", [("transport", False), ("hook", True), ("install", True)])
def test_cookies_of_what_httpx_raises(door: str, is_kept: bool):  # noqa: FBT001 - a parameter
    """They are on the response, and in the jar where the client was done with it."""
    with serving(COOKIE) as server, httpx_client(door, RAISE) as client:
        with pytest.raises(errnorm.VendorError) as caught:
            client.get(server.url)

        assert dict(caught.value.response.cookies) == {"desk": "7"}
        assert dict(client.cookies) == ({"desk": "7"} if is_kept else {})


@pytest.mark.parametrize("door, is_kept", [("adapter", False), ("install", True)])
def test_cookies_of_what_requests_raises(door: str, is_kept: bool):  # noqa: FBT001 - a parameter
    """The same for a session."""
    with serving(COOKIE) as server, session_of_requests(door, RAISE) as session:
        with pytest.raises(errnorm.VendorError) as caught:
            session.get(server.url, timeout=30)

        assert dict(caught.value.response.cookies) == {"desk": "7"}
        assert dict(session.cookies) == ({"desk": "7"} if is_kept else {})


def read_of(response: Any) -> bytes:
    """Give the body that a response holds, read and unpacked."""
    return response.content if isinstance(response, httpx.Response | requests.Response) else response._body


@pytest.mark.parametrize("name", WHOLE)
def test_the_address_is_looked_at_as_well(name: str):
    """An empty error of a path of Finesse's is Finesse's: the middleware gives on what it knows."""
    with serving(plain(Sample(b"", 503, {}))) as server:
        _, result = WHOLE[name](f"{server.url}/finesse/api/User/agent1001", {})

    assert result is not None
    assert result[0].vendor == "cisco-finesse"


@pytest.mark.parametrize("way", ["cut", "cut-chunked", "malformed"])
@pytest.mark.parametrize("name", CALLS)
def test_a_broken_body_raises_what_it_did(vendor: Vendor, name: str, way: str):
    """Where the network fails, the client's own exception is what the caller gets, and where it was."""
    url = f"{vendor.raw}/finesse/{way}?503"
    without, _ = CALLS[name](url, None)

    assert without.error is not None
    assert CALLS[name](url, RAISE)[0] == without


@pytest.mark.parametrize("name", CALLS)
def test_a_success_is_looked_at_when_asked(vendor: Vendor, name: str):
    """A 200 is left alone; with `inspect_success` an error in it is found, and a notice raises nothing."""
    url = f"{vendor.http1}/cobrowse/gzip?200"
    both = {"inspect_success": True, "raise_on_error": True}

    assert CALLS[name](url, RAISE)[1] is None
    with pytest.raises(errnorm.VendorError):
        CALLS[name](url, both)
    seen, result = CALLS[name](f"{vendor.http1}/notice/plain?200", both)
    assert seen == CALLS[name](f"{vendor.http1}/notice/plain?200", None)[0]
    assert result is not None
    assert [str(record.severity) for record in result] == ["info"]


@pytest.mark.parametrize("options", [{}, RAISE])
@pytest.mark.parametrize("name", CALLS)
def test_a_fault_of_errnorm_stays_inside(
    vendor: Vendor, name: str, options: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    """A normalizer that fails costs the record and a line in the log, and nothing else."""
    url = f"{vendor.http1}/finesse/chunked?400"
    seen, result = CALLS[name](url, {"normalizer": Broken(), **options})

    assert seen == CALLS[name](url, None)[0]
    assert result is None
    assert [record.getMessage() for record in caplog.records if record.name == "errnorm"] == [
        "errnorm failed in a middleware with ZeroDivisionError; please report it"
    ]


@pytest.mark.parametrize("name", CALLS)
def test_no_more_than_the_bound_is_looked_at(vendor: Vendor, name: str):
    """With a bound of 100 bytes the caller has the whole body and errnorm its beginning."""
    url = f"{vendor.http1}/finesse/plain?400"
    seen, result = CALLS[name](url, {"peek_bytes": 100})

    assert seen == CALLS[name](url, None)[0]
    assert result is not None
    assert result.raw.data == FINESSE[:100]


@pytest.mark.parametrize("name", CALLS)
def test_no_connection_is_no_connection(name: str):
    """Where nobody listens the client's own exception passes, with and without."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        errors = [what_raises(lambda options=options: CALLS[name](url, options)) for options in (None, RAISE)]

    assert errors[0] == errors[1]
    assert errors[0] is not None


def what_raises(call: Callable[[], Any]) -> str | None:
    """Give the name of the exception that a call ends with, raised or seen."""
    try:
        return call()[0].error
    except Exception as error:  # noqa: BLE001 - any exception is what is compared
        return type(error).__name__


# Loops of the client: redirects and challenges.

AUTH = [("agent1001", 200), ("agent1002", 401)]


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_is_raised_around_the_client_alone(status: int):
    """One of a proxy as one of a server: within the client's loop somebody may answer it."""
    mock = httpx.MockTransport(lambda _: httpx.Response(status))
    inside = httpx.Client(transport=errnorm.middleware.httpx.ErrnormTransport(mock, **RAISE))
    around = httpx.Client(transport=mock)
    errnorm.middleware.httpx.install(around, **RAISE)
    with inside, around:
        assert attached(inside.get("https://finesse.example.com/")).first.status == status
        with pytest.raises(errnorm.VendorError):
            around.get("https://finesse.example.com/")


@pytest.mark.parametrize("user, status", AUTH)
@pytest.mark.parametrize("door", ["transport", "hook", "install"])
def test_httpx_digest(vendor: Vendor, door: str, user: str, status: int):
    """A 401 that is answered is no error; one that stays is raised around the client, and kept inside."""
    with httpx_client(door, RAISE) as client:
        url, auth = f"{vendor.http1}/digest/", httpx.DigestAuth(user, "secret")
        if door == "install" and status == 401:
            with pytest.raises(errnorm.VendorError) as caught:
                client.get(url, auth=auth)
            response = caught.value.response
        else:
            response = client.get(url, auth=auth)
            client.get(f"{vendor.http1}/success/plain?200")
    result = attached(response)

    assert response.status_code == status
    assert [record.status for record in result or ()] == [401] * (status == 401)


@pytest.mark.parametrize("user, status", AUTH)
@pytest.mark.parametrize("door", ["transport", "hook", "install"])
def test_httpx_digest_async(vendor: Vendor, door: str, user: str, status: int):
    """The same for the async client."""

    async def run() -> tuple[bool, int]:
        async with httpx_async_client(door, RAISE) as client:
            try:
                response = await client.get(f"{vendor.http1}/digest/", auth=httpx.DigestAuth(user, "secret"))
            except errnorm.VendorError as error:
                return True, error.response.status_code
            return False, response.status_code

    assert asyncio.run(run()) == ((door, status) == ("install", 401), status)


@pytest.mark.parametrize("user, status", AUTH)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("door", ["adapter", "install"])
def test_requests_digest(vendor: Vendor, door: str, stream: bool, user: str, status: int):  # noqa: FBT001 - a parameter
    """The session answers the challenge whether errnorm stands around it or inside."""
    raised = False
    with session_of_requests(door, RAISE) as session:
        auth = HTTPDigestAuth(user, "secret")
        try:
            response = session.get(f"{vendor.http1}/digest/", auth=auth, stream=stream, timeout=30)
        except errnorm.VendorError as error:
            raised, response = True, error.response
        text = response.text

    assert raised == ((door, status) == ("install", 401))
    assert response.status_code == status
    assert text == {200: "welcome", 401: "no"}[status]


@pytest.mark.parametrize("user, status", AUTH)
def test_aiohttp_digest(vendor: Vendor, user: str, status: int):
    """First among the middlewares, errnorm sees what the others are done with."""

    async def run() -> tuple[int, str]:
        digest = aiohttp.DigestAuthMiddleware(user, "secret")
        async with session_of_aiohttp(RAISE, digest) as session:
            try:
                response = await session.get(f"{vendor.http1}/digest/")
            except errnorm.VendorError as error:
                response = error.response
            async with response:
                return response.status, await response.text()

    assert asyncio.run(run()) == (status, {200: "welcome", 401: "no"}[status])


@pytest.mark.parametrize("name", [name for name in CALLS if not name.startswith("httpx")])
def test_a_redirect_is_followed_to_its_error(vendor: Vendor, name: str):
    """A redirect is no error, and the page that it leads to has its record."""
    url = f"{vendor.http1}/redirect/finesse/plain?404"
    seen, result = CALLS[name](url, {"inspect_success": True})

    assert seen == CALLS[name](url, None)[0]
    assert result is not None
    assert result[0].status == 404
    with pytest.raises(errnorm.VendorError):
        CALLS[name](url, RAISE)


@pytest.mark.parametrize("door", ["transport", "hook", "install"])
def test_httpx_follows_a_redirect(vendor: Vendor, door: str):
    """A redirect is no error, followed or not."""
    url = f"{vendor.http1}/redirect/finesse/plain?404"
    with httpx_client(door, RAISE) as client:
        assert client.get(url).status_code == 302
        with pytest.raises(errnorm.VendorError) as caught:
            client.get(url, follow_redirects=True)

    assert caught.value.record.status == 404
    assert caught.value.response.text == FINESSE.decode()


# What is never read ahead, and what is read ahead no longer than need be.


@pytest.mark.parametrize("method, status, kind, expected", [
    ("GET", 400, None, True), ("GET", 200, "text/html", True), ("POST", 500, "application/json", True),
    ("HEAD", 400, None, False), ("GET", 101, None, False), ("GET", 204, None, False), ("GET", 304, None, False),
    ("GET", 500, "text/event-stream", False), ("GET", 500, "Text/Event-Stream; charset=utf-8", False),
])  # fmt: skip
def test_what_is_never_read_ahead(method: str, status: int, kind: str | None, expected: bool):  # noqa: FBT001 - a parameter
    """No body follows HEAD, 1xx, 204 and 304, and an event stream is not held up."""
    assert Watch.has_body(method, status, kind) is expected


@pytest.mark.parametrize("options, expected", [
    ({}, True), ({"peek_bytes": 5}, True), ({"peek_bytes": 4}, False), ({"peek_seconds": 0}, False),
])  # fmt: skip
def test_a_look_goes_on_while_there_is_room_and_time(options: dict[str, Any], expected: bool):  # noqa: FBT001 - a parameter
    """A piece that fills the bound is the last, and so is one that comes when the time is over."""
    assert Peek(Watch(**options)).wants_more(b"<Api") is expected


def test_an_event_stream_is_not_held_up(vendor: Vendor):
    """The response is there before the first event; its record is made from the status."""
    url = f"{vendor.raw}/finesse/events?503"
    with httpx_client("transport", {}) as client, client.stream("GET", url) as response:
        assert attached(response) == errnorm.normalize(b"", status=503, headers=response.headers, url=url)
        vendor.go.set()
        assert response.read() == b"data: ok\n"
    vendor.go.clear()
    with session_of_requests("install", {}) as session, session.get(url, stream=True, timeout=30) as response:
        assert attached(response).raw.data == b""
        vendor.go.set()
        assert response.content == b"data: ok\n"
    vendor.go.clear()
    result, body = waits_aiohttp(vendor, url, {})

    assert (result.raw.data, body) == (b"", b"data: ok\n")


def test_an_event_stream_that_is_over_is_left_alone(vendor: Vendor):
    """All of it came to aiohttp with the head; its record is that of one that is still coming."""
    result, body = waits_aiohttp(vendor, f"{vendor.raw}/finesse/events-over?503", {})

    assert (result.raw.data, body) == (b"", b"data: ok\n")


def test_head_has_a_record_and_no_body(vendor: Vendor):
    """The record of a HEAD is made from status and headers."""
    url = f"{vendor.http1}/finesse/plain?503"
    with httpx_client("transport", {}) as client:
        result = attached(client.head(url))
    with session_of_requests("adapter", {}) as session:
        other = attached(session.head(url, timeout=30))

    assert result is not None
    assert (result.raw.data, result[0].status, result[0].retry.delay) == (b"", 503, 7.0)
    assert other == result


def first_of_httpx(url: str, options: Any) -> tuple[Any, bytes]:
    """Open an endless stream, read one piece, leave."""
    with httpx_client("transport", options) as client, client.stream("GET", url) as response:
        return attached(response), next(response.iter_bytes())


def first_of_httpx_async(url: str, options: Any) -> tuple[Any, bytes]:
    """Open an endless stream, read one piece, leave."""

    async def run() -> tuple[Any, bytes]:
        async with httpx_async_client("transport", options) as client, client.stream("GET", url) as response:
            pieces = response.aiter_bytes()
            piece = await anext(pieces)
            await pieces.aclose()  # type: ignore[attr-defined]
            return attached(response), piece

    return asyncio.run(run())


def first_of_requests(url: str, options: Any) -> tuple[Any, bytes]:
    """Open an endless stream, read one piece, leave."""
    with (
        session_of_requests("install", options) as session,
        session.get(url, stream=True, timeout=30) as response,
    ):
        return attached(response), next(response.iter_content(None))


def first_of_aiohttp(url: str, options: Any) -> tuple[Any, bytes]:
    """Open an endless stream, read one piece, leave."""

    async def run() -> tuple[Any, bytes]:
        async with session_of_aiohttp(options) as session, session.get(url) as response:
            return attached(response), await response.content.readany()

    return asyncio.run(run())


FIRST = [first_of_httpx, first_of_httpx_async, first_of_requests, first_of_aiohttp]


@pytest.mark.parametrize("first", FIRST)
def test_an_endless_body_is_not_waited_for(vendor: Vendor, first: Callable[[str, Any], tuple[Any, bytes]]):
    """A body that never ends gives its record and its first bytes, and the caller may leave."""
    result, piece = first(f"{vendor.raw}/cobrowse/endless?400", {"peek_seconds": 0.1})
    gc.collect()

    assert result[0].code == "1016"
    assert piece.startswith(SHAPES["cobrowse"][0])


@pytest.mark.parametrize("first", FIRST)
def test_an_endless_body_that_is_raised_is_left(
    vendor: Vendor, first: Callable[[str, Any], tuple[Any, bytes]]
):
    """With `raise_on_error` its connection is closed: nobody will read on."""
    with pytest.raises(errnorm.VendorError) as caught:
        first(f"{vendor.raw}/cobrowse/endless?400", {"peek_seconds": 0.1, **RAISE})
    gc.collect()

    assert caught.value.record.code == "1016"


@pytest.mark.parametrize("way", ["stalled", "stalled-chunk", "stalled-chunks"])
@pytest.mark.parametrize("name", WAITS)
def test_a_stalled_body_is_not_waited_for(vendor: Vendor, name: str, way: str):
    """The response is there while the body still stalls, for ever if need be, and nothing of it is lost."""
    result, body = WAITS[name](vendor, f"{vendor.raw}/finesse/{way}?400", {"peek_seconds": 0.2})

    assert 0 < len(result.raw.data) <= len(FINESSE) // 2
    assert FINESSE.startswith(result.raw.data)
    assert body == FINESSE


def below(buffered: bytes, **more: Any) -> Any:
    """Give a stream of httpcore with so much read behind the head."""
    state = SimpleNamespace(trailing_data=(buffered, False))
    return of("httpcore._sync.http11", _connection=SimpleNamespace(_h11_state=state, _events={}), **more)


def of(module: str, **more: Any) -> Any:
    """Give an object of a class of another package."""
    return type("Stream", (SimpleNamespace,), {"__module__": module})(**more)


@pytest.mark.parametrize(
    ("stream", "headers", "expected"),
    [
        (below(b"<Api/>"), {"Content-Length": "6"}, True),
        (below(b"<Api/"), {"Content-Length": "6"}, False),
        (below(b"<Api/>"), {}, False),
        (below(b"6\r\n<A"), {"Content-Length": "5", "Transfer-Encoding": "chunked"}, False),
        (below(b"", _stream_id=1), {"Content-Length": "0"}, False),
        (of("httpx._client", _stream=below(b"<Api/>")), {"Content-Length": "6"}, True),
        (of("caller", _stream=below(b"<Api/>")), {"Content-Length": "6"}, False),
        (of("httpx._client", _stream=of("caller", _stream=below(b"<Api/>"))), {"Content-Length": "6"}, False),
        (of("httpcore.other", _connection=object()), {"Content-Length": "6"}, False),
    ],
)
def test_a_body_that_came_with_its_head_is_told_by_its_length(
    stream: Any,
    headers: dict[str, str],
    expected: bool,  # noqa: FBT001 - a parameter
):
    """A length that chunks make void (RFC 9112, section 6.3) tells nothing, nor does one over HTTP/2.

    A stream of the caller's around the connection may wait by itself, whatever has come.
    """
    assert _httpcore.is_all_here(httpx.Response(400, headers=headers), stream) is expected


@pytest.mark.parametrize("buffered, is_over, expected", [
    (b"5\r\n<", False, True), (b"\r\n5\r\n<", False, True), (b"\r\n5", False, False),
    (b"\r\n5\r\n", False, False), (b"", False, False), (b"", True, True),
])  # fmt: skip
def test_a_chunk_has_come_with_its_first_byte(buffered: bytes, is_over: bool, expected: bool):  # noqa: FBT001 - parameters
    """The end of the chunk before and a head alone are nothing to read; the end of the connection is."""
    stream, response = below(buffered), httpx.Response(400, headers={"Transfer-Encoding": "chunked"})
    stream._connection._h11_state.trailing_data = (buffered, is_over)

    assert _httpcore._is_buffered(stream, response, Peek(Watch())) is expected


def test_what_tls_has_unpacked_has_come():
    """A rest of a TLS record shows at no socket: it is asked for before the socket is waited for."""
    request, response = httpx.Request("GET", "https://finesse.example.com"), httpx.Response(400)
    unpacked = SimpleNamespace(pending=lambda: 5)  # no socket: nothing can wait for it

    assert _httpcore._comes_in_time(request, response, below(b""), unpacked, Peek(Watch()))


def test_a_read_that_is_under_way_ends_with_its_response(vendor: Vendor):
    """A response of an AsyncClient that is closed lets go of the read that errnorm had begun."""

    async def run() -> tuple[int, str]:
        async with httpx_async_client("transport", {"peek_seconds": 0.1}) as client:
            async with client.stream("GET", f"{vendor.raw}/finesse/stalled?400", timeout=None) as response:
                reader = asyncio.create_task(response.aread())
                await asyncio.sleep(0.05)
            error = await asyncio.wait_for(asyncio.gather(reader, return_exceptions=True), 30)
            return len(asyncio.all_tasks()), type(error[0]).__name__

    assert asyncio.run(run()) == (1, "ReadError")


# A fault of errnorm, wherever it is.

FAULTS = [
    (Watch, "looks_at"), (Watch, "has_body"), (Watch, "result"), (Watch, "raises"),
    (Peek, "__init__"), (Peek, "wants_more"), (Peek, "seconds_left"), (Peek, "start"),
    (errnorm.Result, "is_error"), (errnorm.VendorError, "__init__"),
    (rewind, "peek"), (rewind, "_socket_below"), (rewind, "is_readable"),
    (rewind._Recording, "_has_come"), (_httpcore, "_is_buffered"),
    (errnorm.middleware.httpx, "coming"), (errnorm.middleware.httpx, "is_all_here"),
    (errnorm.middleware.aiohttp, "_all_here"),
]  # fmt: skip


def fault(*_: object, **__: object) -> None:
    """Fail."""
    raise ZeroDivisionError("a bug of ours")


@pytest.mark.parametrize("where", FAULTS, ids=lambda where: ".".join((where[0].__name__, where[1])))
@pytest.mark.parametrize("call", ["httpx-install", "httpx-hook-raw", "httpx-async-transport-bytes",
                                  "requests-install", "requests-adapter-lines", "aiohttp-chunks"])  # fmt: skip
@pytest.mark.parametrize("way", ["plain", "slow"])  # all there at once, and still to come
def test_a_fault_anywhere_in_errnorm_stays_inside(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, way: str, call: str, where: Any
):
    """What errnorm does around the body may fail: the caller has the same bytes and no exception of ours."""
    url, (place, name) = f"{vendor.http1}/finesse/{way}?400", where
    without = CALLS[call](url, None)[0]
    is_property = isinstance(vars(place).get(name), property)
    monkeypatch.setattr(place, name, property(fault) if is_property else fault)

    with suppress(errnorm.VendorError):  # where the fault is no part of this client's road
        assert CALLS[call](url, RAISE)[0] == without


def stalled_httpx(url: str, options: Any) -> str:
    """Say what reading a stalled body raises, once the response is there."""
    with httpx_client("transport", options) as client, client.stream("GET", url, timeout=0.2) as response:
        try:
            response.read()
        except httpx.HTTPError as error:
            return f"{response.status_code} {type(error).__name__}"
    raise AssertionError


def stalled_requests(url: str, options: Any) -> str:
    """Say what reading a stalled body raises, once the response is there."""
    with (
        session_of_requests("adapter", options) as session,
        session.get(url, stream=True, timeout=0.2) as response,
    ):
        try:
            return response.text
        except requests.RequestException as error:
            return f"{response.status_code} {type(error).__name__}"


@pytest.mark.parametrize("options", [{}, RAISE])
@pytest.mark.parametrize("stalled", [stalled_httpx, stalled_requests])
def test_a_timeout_is_raised_where_the_caller_reads(
    vendor: Vendor, stalled: Callable[[str, Any], str], options: dict[str, Any]
):
    """A read that times out while errnorm looks ahead is raised when the caller reads, and nothing else is."""
    url = f"{vendor.raw}/finesse/stalled?400"
    without = stalled(url, None)

    assert without.startswith("400 ")
    assert stalled(url, options) == without


# Nothing is leaked.


PROTOCOLS = {"http1": {}, "http2": OVER_HTTP2}


@pytest.mark.parametrize("options", [{}, RAISE])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("door", ["transport", "hook", "install"])
def test_httpx_goes_on_with_its_connection(vendor: Vendor, door: str, protocol: str, options: dict[str, Any]):
    """Ten errors in a row use one connection, raised or not, streamed or not."""
    url = f"{getattr(vendor, protocol)}/finesse/chunked?400"
    with httpx_client(door, options, **PROTOCOLS[protocol]) as client:
        for _ in range(10):
            with suppress(errnorm.VendorError), client.stream("GET", url) as response:
                response.read()
            with suppress(errnorm.VendorError):
                client.get(url)

    assert len(vendor.callers) == 20
    assert len(set(vendor.callers)) == 1


@pytest.mark.parametrize("options", [{}, RAISE])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("door", ["transport", "hook", "install"])
def test_httpx_async_goes_on_with_its_connection(
    vendor: Vendor, door: str, protocol: str, options: dict[str, Any]
):
    """The same for the async client."""
    url = f"{getattr(vendor, protocol)}/finesse/chunked?400"

    async def run() -> None:
        async with httpx_async_client(door, options, **PROTOCOLS[protocol]) as client:
            for _ in range(10):
                with suppress(errnorm.VendorError):
                    async with client.stream("GET", url) as response:
                        await response.aread()

    asyncio.run(run())

    assert len(vendor.callers) == 10
    assert len(set(vendor.callers)) == 1


@pytest.mark.parametrize("options", [{}, RAISE])
@pytest.mark.parametrize("way", ["plain", "streamed"])
@pytest.mark.parametrize("door", ["adapter", "install"])
def test_requests_goes_on_with_its_connection(vendor: Vendor, door: str, way: str, options: dict[str, Any]):
    """Ten errors in a row use one connection, raised or not, streamed or not."""
    with session_of_requests(door, options) as session:
        for turn in range(10):
            with suppress(errnorm.VendorError):
                session.get(f"{vendor.http1}/finesse/{way}?400", stream=bool(turn % 2), timeout=30).content  # noqa: B018 - it reads

    assert len(vendor.callers) == 10
    assert len(set(vendor.callers)) == 1


@pytest.mark.parametrize("options", [{}, RAISE])
def test_aiohttp_goes_on_with_its_connection(vendor: Vendor, options: dict[str, Any]):
    """Ten errors in a row use one connection, raised or not."""

    async def run() -> None:
        async with session_of_aiohttp(options) as session:
            for _ in range(10):
                with suppress(errnorm.VendorError):
                    async with session.get(f"{vendor.http1}/finesse/chunked?400") as response:
                        await response.read()

    asyncio.run(run())

    assert len(vendor.callers) == 10
    assert len(set(vendor.callers)) == 1


def test_a_body_that_nobody_reads_is_let_go(vendor: Vendor, recwarn: pytest.WarningsRecorder):
    """A response that is closed unread leaves no open file and no generator behind."""
    url = f"{vendor.http1}/finesse/large?400"

    async def run() -> None:
        async with httpx_async_client("transport", {}) as client, client.stream("GET", url):
            pass
        async with session_of_aiohttp({}) as session, session.get(url):
            pass

    asyncio.run(run())
    with httpx_client("transport", {}) as client, client.stream("GET", url):
        pass
    with session_of_requests("install", {}) as session, session.get(url, stream=True, timeout=30):
        pass
    gc.collect()

    assert [str(warning.message) for warning in recwarn] == []


class Interrupted(httpx.SyncByteStream):
    """A body during which somebody presses Ctrl-C."""

    is_closed = False

    def __iter__(self):
        raise KeyboardInterrupt
        yield b""  # pragma: no cover - a generator, as the streams of httpx are

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True


def test_an_interrupt_is_not_kept_for_later():
    """Ctrl-C while errnorm looks ahead is raised at once, and the connection is closed."""
    body = Interrupted()
    mock = httpx.MockTransport(lambda _: httpx.Response(503, stream=body))
    with pytest.raises(KeyboardInterrupt):
        errnorm.middleware.httpx.ErrnormTransport(mock).handle_request(
            httpx.Request("GET", "https://finesse.example.com/")
        )

    assert body.is_closed


def test_a_cancelled_call_is_let_go(vendor: Vendor, recwarn: pytest.WarningsRecorder):
    """A task that is cancelled while errnorm looks ahead ends at once and leaves nothing open."""
    url, kept = f"{vendor.raw}/finesse/stalled?400", []

    async def keep(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        kept.append(await handler(request))
        return kept[-1]

    async def run() -> None:
        async with session_of_aiohttp({}, keep) as session:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(session.get(url), 0.1)
            assert [response.closed for response in kept] == [True]
        async with httpx_async_client("transport", {}) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get(url), 0.1)
            assert len(asyncio.all_tasks()) == 1  # nobody reads on

    asyncio.run(run())
    vendor.go.set()
    gc.collect()

    assert [str(warning.message) for warning in recwarn] == []


# Corners of one client.


def readers() -> dict[str, Callable[[aiohttp.StreamReader], AsyncIterator[Any]]]:
    """Give odd ways to read a body of aiohttp."""

    async def exactly(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        yield await content.readexactly(90)
        try:
            await content.readexactly(100_000)
        except asyncio.IncompleteReadError as error:
            yield repr((error.partial, error.expected)).encode()

    async def until(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        while piece := await content.readuntil(b"Api"):
            yield b"|" + piece

    async def nowait(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        yield await content.read(5)
        yield content.read_nowait(5)
        yield await content.read()
        yield repr((content.at_eof(), content.is_eof(), content.exception())).encode()

    async def end(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        await content.wait_eof()
        yield b"%d" % content.total_bytes

    async def chunks(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        await content.wait_eof()
        while not content.at_eof():
            pair = await content.readchunk()
            yield (
                b"" if pair == (b"", True) else repr(pair).encode()
            )  # the mark of a chunk's end may come alone

    async def ends(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        yield await content.read(5)
        yield repr(await content.readchunk()).encode()

    return {"exactly": exactly, "ends": ends, "until": until, "nowait": nowait, "end": end, "chunks": chunks}


@pytest.mark.parametrize("peek_bytes", [1, 100, 64 * 1024])
@pytest.mark.parametrize("way", ["plain", "slow"])
@pytest.mark.parametrize("name", readers())
def test_the_reader_of_aiohttp_is_whole(vendor: Vendor, name: str, way: str, peek_bytes: int):
    """Exact counts, separators, what is there, the end: all as without, on either side of the bound."""
    read = readers()[name]
    call = aiohttp_call(lambda response: read(response.content))
    url = f"{vendor.http1}/finesse/{way}?400"

    assert call(url, {"peek_bytes": peek_bytes})[0] == call(url, None)[0]


def test_a_separator_may_lie_on_both_sides_of_the_bound(vendor: Vendor):
    """Half of it was read ahead, and half of it comes: it is found."""
    middle = len(FINESSE) // 2
    separator = FINESSE[middle - 3 : middle + 3]

    async def until(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        yield await response.content.readuntil(separator)

    seen, result = aiohttp_call(until)(f"{vendor.http1}/finesse/slow?400", {"peek_bytes": 1})

    assert result.raw.data == FINESSE[:1]
    assert seen.body == FINESSE[: FINESSE.index(separator) + len(separator)]


@pytest.mark.parametrize("name, given", [
    ("read", ()), ("read", (5,)), ("readany", ()), ("readchunk", ()), ("readuntil", ()), ("readline", ()),
    ("readexactly", (5,)), ("read_nowait", ()),
])  # fmt: skip
def test_a_released_response_of_aiohttp_is_closed(vendor: Vendor, name: str, given: tuple[int, ...]):
    """What was read ahead is not given out once the response is released, as without."""

    async def after(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        response.release()
        taken = getattr(response.content, name)(*given)
        yield repr(await taken if inspect.isawaitable(taken) else taken).encode()

    call = aiohttp_call(after)
    url = f"{vendor.http1}/finesse/large?400"

    assert call(url, {})[0] == call(url, None)[0]


def test_bytes_given_back_to_the_reader_come_again(vendor: Vendor):
    """Another middleware may give bytes back, as the reader of aiohttp allows."""

    async def again(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        first = await response.content.read(5)
        response.content.unread_data(first)
        yield await response.content.read()

    call = aiohttp_call(again)
    url = f"{vendor.http1}/finesse/slow?400"

    assert call(url, {})[0].body == FINESSE


def test_a_body_that_is_all_here_is_left_where_it_lies(vendor: Vendor):
    """The reader of aiohttp stays its own where nothing had to be waited for."""

    async def kind(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        yield type(response.content).__module__.encode()
        await response.read()

    call = aiohttp_call(kind)

    assert call(f"{vendor.raw}/finesse/whole?400", {})[0].body == b"aiohttp.streams"
    assert call(f"{vendor.http1}/finesse/slow?400", {})[0].body == b"errnorm.middleware.aiohttp"


def test_the_raw_response_of_requests_is_a_file(vendor: Vendor):
    """`raw` below is a response of urllib3 as before: a file, lines, its data, its place."""
    url = f"{vendor.http1}/finesse/gzip?400"

    def read(options: Any) -> list[Any]:
        found: list[Any] = []
        with session_of_requests("install", options) as session:
            for use in (
                lambda raw: io.BufferedReader(raw).read(),
                list,
                lambda raw: (raw.data, raw.tell(), raw.closed, raw.isclosed()),
                lambda raw: (raw.read(10), raw.tell() > 0, raw.drain_conn(), raw.read(10)),
                lambda raw: (raw.geturl(), raw.close(), raw.closed, raw.release_conn()),
            ):
                with session.get(url, stream=True, timeout=30) as response:
                    found.append(use(response.raw))
        return found

    assert read({}) == read(None)


def test_the_raw_response_of_requests_has_its_socket(vendor: Vendor):
    """A program that waits for several responses at once asks each for its file number."""
    with (
        session_of_requests("install", {}) as session,
        session.get(f"{vendor.http1}/finesse/large?400", stream=True, timeout=30) as response,
    ):
        assert response.raw.fileno() == response.raw.connection.sock.fileno()


def test_two_looks_at_a_stalled_body_wait_no_longer(vendor: Vendor, monkeypatch: pytest.MonkeyPatch):
    """A retry has looked before the adapter does: the second look knows the connection as well."""
    monkeypatch.setattr(errnorm.middleware.urllib3, "_PEEK_SECONDS", 0.05)
    retrying = requests.adapters.HTTPAdapter(max_retries=errnorm.middleware.urllib3.ErrnormRetry(total=0))
    with requests.Session() as session:
        session.mount("http://", errnorm.middleware.requests.ErrnormAdapter(retrying, peek_seconds=0.05))
        response = session.get(f"{vendor.raw}/finesse/stalled?400", stream=True)
        found = attached(response)
        vendor.go.set()

        assert response.content == FINESSE
    assert FINESSE.startswith(found.raw.data)
    assert found.raw.data


def test_a_chunked_raw_response_is_chunked(vendor: Vendor):
    """`read_chunked` and its pieces go on."""
    url = f"{vendor.http1}/finesse/slow?400"

    def read(options: Any) -> list[bytes]:
        with (
            session_of_requests("install", options) as session,
            session.get(url, stream=True, timeout=30) as response,
        ):
            return list(response.raw.read_chunked(decode_content=True))

    assert read({}) == read(None)


def test_a_response_of_requests_pickles(vendor: Vendor):
    """It pickles as before; the result stays behind."""
    with session_of_requests("install", {}) as session:
        copy = pickle.loads(pickle.dumps(session.get(f"{vendor.http1}/finesse/plain?400", timeout=30)))

    assert copy.content == FINESSE


class Pipe(io.BytesIO):
    """A file that cannot tell where it is."""

    def tell(self) -> int:
        """Fail as a pipe does."""
        raise io.UnsupportedOperation


def test_another_kind_of_adapter_is_left_alone(caplog: pytest.LogCaptureFixture):
    """A `raw` that is not urllib3's is not read ahead: the record is made from the status."""

    class Other(requests.adapters.BaseAdapter):
        def send(self, request: Any, **_: Any) -> requests.Response:
            response = requests.Response()
            response.status_code, response.url, response.request = 503, request.url, request
            response.raw = Pipe(b"<ApiErrors/>")
            return response

        def close(self) -> None:
            pass

    with requests.Session() as session:
        session.mount("other://", errnorm.middleware.requests.ErrnormAdapter(Other()))
        response = session.get("other://finesse.example.com/")

    assert response.content == b"<ApiErrors/>"
    assert [record.status for record in response.errnorm] == [503]
    assert caplog.records == []


def test_what_a_hook_has_read_is_not_read_again():
    """A response whose body is there already, as those of a mock, is looked at and left as it is."""
    mock = httpx.MockTransport(lambda _: httpx.Response(503, content=FINESSE))
    transport = errnorm.middleware.httpx.ErrnormTransport(mock)
    with httpx.Client(transport=transport, verify=CERTIFICATES) as client:
        response = client.get("https://finesse.example.com/")

    assert response.extensions["errnorm"].first.vendor == "cisco-finesse"
    assert response.content == FINESSE


def counted(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> list[Any]:
    """Note each call of a function."""
    calls: list[Any] = []
    function = getattr(place, name)
    monkeypatch.setattr(place, name, lambda *given: calls.append(given) or function(*given))
    return calls


def test_two_doors_make_one_record(vendor: Vendor, monkeypatch: pytest.MonkeyPatch):
    """A client with errnorm at two doors has the result of the inner one, and its body is looked at once."""
    looks = counted(monkeypatch, errnorm.middleware.httpx, "fill")
    url, second = f"{vendor.http1}/finesse/plain?400", {"vendor": "zoom-cobrowse", **RAISE}
    with httpx_client("transport", {}) as client:
        errnorm.middleware.httpx.install(client, **second)
        with pytest.raises(errnorm.VendorError) as caught, client.stream("GET", url):
            pass

    assert caught.value.record.vendor == "cisco-finesse"
    assert len(looks) == 1


def test_two_doors_of_requests_make_one_record(vendor: Vendor, monkeypatch: pytest.MonkeyPatch):
    """The same for a session."""
    looks = counted(monkeypatch, errnorm.middleware.requests, "peek")
    url, second = f"{vendor.http1}/finesse/plain?400", {"vendor": "zoom-cobrowse", **RAISE}
    with session_of_requests("adapter", {}) as session:
        errnorm.middleware.requests.install(session, **second)
        with pytest.raises(errnorm.VendorError) as caught:
            session.get(url, stream=True, timeout=30)

    assert caught.value.record.vendor == "cisco-finesse"
    assert len(looks) == 1


def begin(response: httpx.Response) -> None:
    """Read a part of a body, to go on with it later."""
    response.begun = response.iter_raw(100)  # type: ignore[attr-defined]
    next(response.begun)  # type: ignore[attr-defined]


@pytest.mark.parametrize("hook", [begin, httpx.Response.close])
def test_a_response_that_a_hook_has_begun_or_closed_is_not_read(vendor: Vendor, hook: Callable[..., None]):
    """What is left of its body is not taken for the body; its error is raised all the same."""
    with httpx_client("install", RAISE) as client:
        client.event_hooks = {"response": [hook]}
        with (
            pytest.raises(errnorm.VendorError) as caught,
            client.stream("GET", f"{vendor.http1}/finesse/large?503"),
        ):
            pass

    assert caught.value.result.raw.data == b""


@pytest.mark.parametrize("name", [name for name in STREAMS if not name.startswith("aiohttp")])
def test_a_body_that_cannot_be_unpacked_is_an_error_as_well(vendor: Vendor, name: str):
    """Its record is raised, and not the client's exception about a body that nobody has asked for."""
    with pytest.raises(errnorm.VendorError) as caught:
        STREAMS[name](f"{vendor.raw}/finesse/bad-gzip?400", RAISE)

    assert caught.value.record.status == 400


INNER = [({}, None), ({"inspect_success": True}, "zoom-cobrowse")]


@pytest.mark.parametrize("options, expected", INNER)
def test_a_success_has_a_result_to_ask_for(vendor: Vendor, options: dict[str, Any], expected: str | None):
    """It is None where nobody looked, and an outer door leaves the result of an inner one."""
    url = f"{vendor.http1}/cobrowse/plain?200"
    with httpx_client("transport", options) as client:
        errnorm.middleware.httpx.install(client)
        found = client.get(url).extensions["errnorm"]
    with session_of_requests("adapter", options) as session:
        errnorm.middleware.requests.install(session)
        other = session.get(url, timeout=30).errnorm

    assert (found and found.first.vendor) == expected
    assert other == found


@pytest.mark.parametrize("options, expected", INNER)
def test_a_success_has_a_result_to_ask_for_async(
    vendor: Vendor, options: dict[str, Any], expected: str | None
):
    """The same for the async client."""

    async def run() -> Any:
        async with httpx_async_client("transport", options) as client:
            errnorm.middleware.httpx.install(client)
            return (await client.get(f"{vendor.http1}/cobrowse/plain?200")).extensions["errnorm"]

    found = asyncio.run(run())

    assert (found and found.first.vendor) == expected


@pytest.mark.parametrize("options", [None, {}])
def test_an_empty_raw_response_can_be_wrapped(vendor: Vendor, options: Any):
    """`raw` of an empty error is a file whether errnorm looked at it or not."""
    url = f"{vendor.http1}/empty/plain?503"
    with (
        session_of_requests("install", options) as session,
        session.get(url, stream=True, timeout=30) as response,
    ):
        assert list(io.TextIOWrapper(io.BufferedReader(response.raw))) == []


def test_a_body_that_was_left_says_so(vendor: Vendor):
    """The response of a raised error whose body was not all looked at does not pass for an empty one."""
    with session_of_requests("install", RAISE) as session, pytest.raises(errnorm.VendorError) as caught:
        session.get(f"{vendor.http1}/finesse/large?400", stream=True, timeout=30)

    with pytest.raises(RuntimeError, match="already consumed"):
        caught.value.response.content  # noqa: B018 - it raises
    assert caught.value.record.code == "SERVER_OUT_OF_SERVICE"


def test_a_raised_response_of_requests_has_its_history(vendor: Vendor):
    """A redirect that ends in an error is raised by the call, not from within the session's loop."""
    with session_of_requests("install", RAISE) as session, pytest.raises(errnorm.VendorError) as caught:
        session.get(f"{vendor.http1}/redirect/finesse/plain?404", timeout=30)

    assert [response.status_code for response in caught.value.response.history] == [302]


def test_a_call_within_a_hook_is_a_call_of_its_own(vendor: Vendor):
    """A hook of the first hop that calls somebody: the error at the end is still that of the whole call."""

    def call(response: requests.Response, **_: object) -> None:
        if response.is_redirect:
            inner = session.get(f"{vendor.http1}/success/plain?200", timeout=30)
            assert inner.errnorm is None

    with session_of_requests("install", RAISE) as session:
        session.hooks["response"].append(call)
        with pytest.raises(errnorm.VendorError) as caught:
            session.get(f"{vendor.http1}/redirect/finesse/plain?404", timeout=30)

    assert [response.status_code for response in caught.value.response.history] == [302]


def test_a_call_in_another_thread_is_a_call_of_its_own(vendor: Vendor):
    """While one thread waits within a session, another one's call that follows no redirect is looked at."""
    seen: list[Any] = []

    def ask() -> None:
        url = f"{vendor.http1}/finesse/plain?404"
        seen.append(attached(session.get(url, allow_redirects=False, timeout=30)))

    def meanwhile(response: requests.Response, **_: object) -> None:
        if response.ok:
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join(30)

    with session_of_requests("install", {}) as session:
        session.hooks["response"].append(meanwhile)
        session.get(f"{vendor.http1}/success/plain?200", timeout=30)

    assert [result.first.status for result in seen] == [404]


def test_a_redirect_that_is_not_followed_is_looked_at(vendor: Vendor):
    """A caller who follows redirects by hand has each response's result."""
    with session_of_requests("install", {}) as session:
        first = session.get(f"{vendor.http1}/redirect/finesse/plain?404", allow_redirects=False, timeout=30)
        last = session.send(first.next, allow_redirects=False, timeout=30)

    assert (first.errnorm, last.errnorm.first.status) == (None, 404)


def test_an_empty_error_of_aiohttp_that_is_raised_can_be_read(vendor: Vendor):
    """There is nothing to read, and that is no failure."""

    async def run() -> tuple[int, bytes]:
        async with session_of_aiohttp(RAISE) as session:
            with pytest.raises(errnorm.VendorError) as caught:
                await session.get(f"{vendor.http1}/empty/plain?503")
            return caught.value.record.status, await caught.value.response.read()

    assert asyncio.run(run()) == (503, b"")


@pytest.mark.parametrize("client", [httpx, requests])
def test_an_error_is_chained_to_the_client_s_own(vendor: Vendor, client: Any):
    """Raised in the handler of a client's own exception, ours shows it as what came before."""
    response = client.get(f"{vendor.http1}/finesse/plain?503", timeout=30)
    with pytest.raises((httpx.HTTPStatusError, requests.HTTPError)) as own:
        response.raise_for_status()

    def handle() -> None:
        try:
            raise own.value
        except (httpx.HTTPStatusError, requests.HTTPError) as error:
            errnorm.raise_for_error(error.response)

    with pytest.raises(errnorm.VendorError) as caught:
        handle()
    assert caught.value.__context__ is own.value


# Lines that each client needs.


class Closing(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that remembers who closed it."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure
        self.closed = 0
        self.generators = 0

    def __iter__(self):
        yield b"<ApiErrors/>" + b" " * 70_000
        if self.failure:
            raise self.failure
        yield b"more"

    async def __aiter__(self):
        try:
            for piece in self:
                yield piece
        finally:
            self.generators += 1

    def close(self) -> None:
        """Count."""
        self.closed += 1

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


class Bare(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that gives a body and nothing else."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - as httpx calls it
        """Answer."""
        return httpx.Response(503, stream=self.body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - as httpx calls it
        """Answer."""
        return httpx.Response(503, stream=self.body)


REQUEST = httpx.Request("GET", "https://finesse.example.com/")


def test_httpx_closes_what_it_raises():
    """A response that is raised unread is closed, and knows its request."""
    body = Closing()
    with pytest.raises(errnorm.VendorError) as caught:
        errnorm.middleware.httpx.ErrnormTransport(Bare(body), **RAISE).handle_request(REQUEST)

    assert body.closed == 1
    assert caught.value.response.request is REQUEST
    with pytest.raises(httpx.ResponseNotRead):
        caught.value.response.content  # noqa: B018 - it raises


def test_httpx_closes_what_it_raises_async():
    """The same for the async transport, and the generator is closed as well."""
    body = Closing()
    transport = errnorm.middleware.httpx.AsyncErrnormTransport(Bare(body), **RAISE)

    async def run() -> tuple[int, int]:
        with pytest.raises(errnorm.VendorError) as caught:
            await transport.handle_async_request(REQUEST)
        with pytest.raises(httpx.ResponseNotRead):  # what lies beyond the bound is not read for it
            caught.value.response.content  # noqa: B018 - it raises
        return body.closed, body.generators  # before the end of the loop, which closes all that are left

    assert asyncio.run(run()) == (1, 1)


class Waiting(httpx.AsyncByteStream):
    """A body that never comes, whoever closes it."""

    async def __aiter__(self):
        try:
            await asyncio.Event().wait()
            yield b""  # pragma: no cover - a generator, as the streams of httpx are
        finally:
            await asyncio.sleep(0.01)  # says goodbye


@pytest.mark.parametrize("seconds, end", [(0.01, "closed"), (30, "cancelled")])
def test_nobody_waits_for_a_response_that_is_over(seconds: float, end: str):
    """A transport of another kind may not end a read when its stream is closed: errnorm ends its own."""
    transport = errnorm.middleware.httpx.AsyncErrnormTransport(Bare(Waiting()), peek_seconds=seconds)

    async def run() -> tuple[int, str]:
        try:
            async with asyncio.timeout(0.1):
                response = await transport.handle_async_request(REQUEST)
                await response.aclose()
        except TimeoutError:
            return len(asyncio.all_tasks()), "cancelled"
        return len(asyncio.all_tasks()), "closed"

    assert asyncio.run(run()) == (1, end)


class Opened(httpx.BaseTransport, httpx.AsyncBaseTransport, requests.adapters.BaseAdapter):
    """A transport that notes who opens and closes it."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def __enter__(self):
        self.noted.append("enter")
        return self

    def __exit__(self, *_: object) -> None:
        self.noted.append("exit")

    def close(self) -> None:
        """Note it."""
        self.noted.append("close")

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()

    async def aclose(self) -> None:
        """Note it."""
        self.close()


def test_what_is_wrapped_is_opened_and_closed():
    """A client as a context opens its transport and leaves it; one that is closed closes it."""
    ours, wrapped = errnorm.middleware.httpx, [Opened() for _ in range(5)]
    with httpx.Client(transport=ours.ErrnormTransport(wrapped[0])):
        pass
    httpx.Client(transport=ours.ErrnormTransport(wrapped[1])).close()

    async def run() -> None:
        async with httpx.AsyncClient(transport=ours.AsyncErrnormTransport(wrapped[2])):
            pass
        await httpx.AsyncClient(transport=ours.AsyncErrnormTransport(wrapped[3])).aclose()

    asyncio.run(run())
    with requests.Session() as session:
        session.mount("http://", errnorm.middleware.requests.ErrnormAdapter(wrapped[4]))

    assert [each.noted for each in wrapped] == [["enter", "exit"], ["close"]] * 2 + [["close"]]


class Exit(BaseException):
    """What ends a program."""


def test_an_interrupt_closes_the_response_async():
    """What ends the program while errnorm looks ahead is raised at once, and the connection is closed."""
    body = Closing()
    transport = errnorm.middleware.httpx.AsyncErrnormTransport(Bare(body))

    async def run() -> None:
        call = asyncio.create_task(transport.handle_async_request(REQUEST))
        await asyncio.sleep(0)
        call.cancel()
        await call

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
    assert body.closed == 1


def test_without_asyncio_the_body_is_read_all_the_same():
    """Under trio there is no asyncio: the pieces are read where the caller stands."""
    body = Closing()
    transport = errnorm.middleware.httpx.AsyncErrnormTransport(Bare(body))
    with pytest.raises(StopIteration) as returned:
        transport.handle_async_request(REQUEST).send(None)

    assert returned.value.value.extensions["errnorm"].first.vendor == "cisco-finesse"


def test_requests_closes_what_is_interrupted(vendor: Vendor, monkeypatch: pytest.MonkeyPatch):
    """What ends the program while errnorm looks ahead is raised at once, and the connection is closed."""
    closed: list[bool] = []

    def interrupt(*_: object) -> None:
        raise Exit

    monkeypatch.setattr(requests.Response, "close", lambda _: closed.append(True))
    monkeypatch.setattr(errnorm.middleware.requests, "peek", interrupt)
    with session_of_requests("adapter", {}) as session, pytest.raises(Exit):
        session.get(f"{vendor.http1}/finesse/plain?400", timeout=30)

    assert closed == [True]


def test_a_raw_response_that_was_begun_is_left_alone(vendor: Vendor):
    """Where a hook has read a part of `raw`, the tail is not taken for the body."""

    def begin(response: requests.Response, **_: object) -> None:
        response.raw.read(100)

    with session_of_requests("install", {}) as session:
        session.hooks["response"].append(begin)
        with session.get(f"{vendor.http1}/finesse/plain?400", stream=True, timeout=30) as response:
            assert response.errnorm.raw.data == b""
            assert response.content == FINESSE[100:]


def test_digest_goes_through_the_adapter_again(vendor: Vendor):
    """The second request of a challenge is sent through errnorm as well, so its result is there."""
    with session_of_requests("adapter", {"inspect_success": True}) as session:
        url, auth = f"{vendor.http1}/digest/", HTTPDigestAuth("agent1001", "secret")
        response = session.get(url, auth=auth, timeout=30)

    assert response.status_code == 200
    assert attached(response) is not None


def test_aiohttp_keeps_the_ends_of_chunks(vendor: Vendor):
    """`iter_chunks` tells where a chunk ends, also of what was read ahead."""

    async def ends(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        yield repr([pair async for pair in response.content.iter_chunks()]).encode()

    url, call = f"{vendor.http1}/finesse/slow?400", aiohttp_call(ends)
    seen = call(url, {})[0]

    assert seen == call(url, None)[0]
    assert b"True" in seen.body


@pytest.mark.parametrize("options", [{}, RAISE])
def test_a_timeout_of_aiohttp_is_raised_where_the_caller_reads(vendor: Vendor, options: dict[str, Any]):
    """The clock of aiohttp, shorter than ours, is not taken for ours."""

    async def run(options: Any) -> str:
        timeout = aiohttp.ClientTimeout(sock_read=0.2)
        async with (
            session_of_aiohttp(options) as session,
            session.get(f"{vendor.raw}/finesse/stalled?400", timeout=timeout) as response,
        ):
            try:
                await response.read()
            except aiohttp.ClientError as error:
                return type(error).__name__
        raise AssertionError

    assert asyncio.run(run(options)) == asyncio.run(run(None))


def test_aiohttp_closes_what_it_raises(vendor: Vendor):
    """A response that is raised unread gives its connection up."""

    async def run() -> bool:
        async with session_of_aiohttp(RAISE) as session:
            with pytest.raises(errnorm.VendorError) as caught:
                await session.get(f"{vendor.http1}/finesse/large?400")
            return bool(caught.value.response.closed)

    assert asyncio.run(run())


def open_sockets() -> int:
    """Count the sockets that this process holds."""
    links = Path("/proc/self/fd")
    if not links.exists():
        pytest.skip("there is no list of open files on this system")
    return sum(link.is_socket() for link in links.iterdir() if link.exists())


@pytest.mark.parametrize("options", [{}, RAISE])
@pytest.mark.parametrize("way", ["to-the-end", "cut-chunked"])
@pytest.mark.parametrize("name", ALL)
def test_no_socket_is_left_open(vendor: Vendor, name: str, way: str, options: dict[str, Any]):
    """After a call, raised or not, a client holds as many sockets as after one without errnorm: none."""
    url = f"{vendor.raw}/finesse/{way}?400"
    ALL[name](url, None)
    before = open_sockets()
    for _ in range(3):
        with suppress(errnorm.VendorError):
            ALL[name](url, options)

    assert open_sockets() <= before


# Mistakes of the user.


@pytest.mark.parametrize("package", ["httpx", "requests", "aiohttp"])
def test_without_the_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, package: str):
    """An import without the client says what to install."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"errnorm.middleware.{package}")

    with pytest.raises(ImportError, match=rf'Try: pip install "errnorm\[{package}\]"'):
        importlib.import_module(f"errnorm.middleware.{package}")


def test_a_client_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch):
    """A client before middlewares, aiohttp 3.11: it is there, and not what is needed."""
    monkeypatch.delattr(aiohttp, "ClientMiddlewareType")
    monkeypatch.delitem(sys.modules, "errnorm.middleware.aiohttp")

    with pytest.raises(
        ImportError, match=rf"cannot use aiohttp {aiohttp.__version__}, which is installed\. Try: "
    ):
        importlib.import_module("errnorm.middleware.aiohttp")


@pytest.mark.parametrize("options, error", [
    ({"vendor": "cisco"}, errnorm.UnknownVendor),
    ({"peek_bytes": 0}, errnorm.InvalidArgument),
    ({"peek_seconds": -1}, errnorm.InvalidArgument),
    ({"raise_on_errors": True}, TypeError),
])  # fmt: skip
def test_a_wrong_option_is_refused_at_once(options: dict[str, Any], error: type[Exception]):
    """A mistake in the options shows when the middleware is made, not at the first error."""
    with pytest.raises(error):
        errnorm.middleware.httpx.ErrnormTransport(**options)


WRONG = [
    lambda: errnorm.middleware.httpx.install(requests.Session()),
    lambda: errnorm.middleware.httpx.install(httpx.Client),
    lambda: errnorm.middleware.httpx.ErrnormTransport(httpx.AsyncHTTPTransport()),
    lambda: errnorm.middleware.httpx.AsyncErrnormTransport(httpx.HTTPTransport()),
    lambda: errnorm.middleware.httpx.ErrnormTransport(httpx.HTTPTransport),
    lambda: errnorm.middleware.requests.install(httpx),
    lambda: errnorm.middleware.requests.ErrnormAdapter(requests.Session()),
]


@pytest.mark.parametrize("make", WRONG)
def test_what_is_no_client_is_refused_at_once(make: Callable[[], object]):
    """The wrong object gets a sentence that says what it is and what to give."""
    with pytest.raises(errnorm.InvalidArgument, match=r"was given .+, which .+\. Give an? "):
        make()


def test_an_unknown_option_is_named():
    """The sentence names it and the options that there are."""
    with pytest.raises(
        errnorm.InvalidArgument, match=r"no option foo\. The options are inspect_success, norm"
    ):
        errnorm.middleware.requests.install(requests.Session(), foo=1)


def test_a_hook_on_the_wrong_client_says_so(vendor: Vendor):
    """A hook of the other kind names the one to give."""
    url = f"{vendor.http1}/finesse/plain?400"

    async def run() -> None:
        hooks = {"response": [errnorm.middleware.httpx.response_hook()]}
        async with httpx.AsyncClient(event_hooks=hooks, verify=CERTIFICATES) as client:
            await client.get(url)

    with pytest.raises(errnorm.InvalidArgument, match="Give async_response_hook"):
        asyncio.run(run())
    hooks = {"response": [errnorm.middleware.httpx.async_response_hook()]}
    with (
        httpx.Client(event_hooks=hooks, verify=CERTIFICATES) as client,
        pytest.raises(errnorm.InvalidArgument, match="Give response_hook"),
    ):
        client.get(url)


def test_the_vendor_s_name_is_a_hint(vendor: Vendor):
    """A client that calls one vendor says so, and a thin body is read as that vendor's."""
    _, result = WHOLE["httpx-transport"](f"{vendor.http1}/empty/plain?503", {"vendor": "cisco-finesse"})

    assert result is not None
    assert result[0].vendor == "cisco-finesse"


# What lies in the buffer of aiohttp.


def reader(*pieces: bytes, is_over: bool = True) -> aiohttp.StreamReader:
    """Give a reader that was fed some pieces."""
    loop = asyncio.new_event_loop()
    content = aiohttp.StreamReader(BaseProtocol(loop), 2**16, loop=loop)
    for piece in pieces:
        content.feed_data(piece)
    if is_over:
        content.feed_eof()
    loop.close()
    return content


def begun(content: aiohttp.StreamReader) -> aiohttp.StreamReader:
    """Give a reader of which somebody has read a byte."""
    content.read_nowait(1)
    return content


def failed(content: aiohttp.StreamReader) -> aiohttp.StreamReader:
    """Give a reader whose connection was closed."""
    content.set_exception(aiohttp.ClientConnectionError("Connection closed"))
    return content


@pytest.mark.parametrize(
    ("content", "body", "expected"),
    [
        (reader(b"<Api", b"Errors/>"), None, b"<ApiErrors/>"),
        (reader(b"<Api", is_over=False), None, None),
        (reader(b"<ApiErrors/>" * 9), None, None),
        (begun(reader(b"<ApiErrors/>")), None, b""),
        (begun(reader(b"<", b"ApiErrors/>")), None, b""),
        (failed(reader(b"<ApiErrors/>")), None, None),
        (reader(), b"<ApiErrors/>", b"<ApiErrors/>"),
        (aiohttp.streams.EMPTY_PAYLOAD, None, b""),
    ],
)
def test_what_is_all_here_is_told_by_the_buffer(
    content: aiohttp.StreamReader, body: bytes | None, expected: bytes | None
):
    """All pieces are one body; of one that somebody has begun nothing is told, and none is more than a look."""
    response: Any = SimpleNamespace(content=content, _body=body)

    assert errnorm.middleware.aiohttp._all_here(response, 20) == expected


def test_two_doors_of_aiohttp_give_one_record(vendor: Vendor):
    """A door around another takes its result, however the body comes."""

    async def run(way: str) -> errnorm.Result | None:
        doors = (errnorm.middleware.aiohttp.middleware(), errnorm.middleware.aiohttp.middleware())
        async with aiohttp.ClientSession(middlewares=doors) as session, session.get(way) as response:
            return errnorm.middleware.aiohttp.result(response)

    found = [
        asyncio.run(run(way))
        for way in (f"{vendor.raw}/finesse/whole?400", f"{vendor.http1}/finesse/slow?400")
    ]

    assert [result and result.detection.vendor for result in found] == ["cisco-finesse", "cisco-finesse"]


@pytest.mark.parametrize("end", ["release", "close"])
def test_a_response_that_was_let_go_inside_stays_a_response(vendor: Vendor, end: str):
    """An inner middleware may let a response go; whoever raises errors finds nothing to raise there."""

    async def let_go(request: Any, handler: Any) -> Any:
        response = await handler(request)
        getattr(response, end)()
        return response

    async def run(*doors: Any) -> int:
        async with aiohttp.ClientSession(middlewares=(*doors, let_go)) as session:
            return (await session.get(f"{vendor.http1}/finesse/large?400")).status

    assert asyncio.run(run(errnorm.middleware.aiohttp.middleware(raise_on_error=True))) == 400
    assert asyncio.run(run()) == 400
