"""An attack on a client, a server or a retry loop costs no more with errnorm in it, and changes nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

for package in ("aiohttp", "brotli", "httpx", "requests", "zstandard"):
    pytest.importorskip(package, reason="the clients and the packings come with the extras")

import aiohttp
import brotli
import httpx
import urllib3
import zstandard
from client_doors import (
    ALL,
    check,
    httpx_async_client,
    httpx_client,
    session_of_aiohttp,
    session_of_requests,
)
from hostile import ATTACKS
from vendor_server import Raw, serving

import errnorm
from errnorm.middleware import asgi, wsgi
from errnorm.middleware._answer import written
from errnorm.middleware.urllib3 import ErrnormRetry
from errnorm.response import attached
from errnorm.testing import FINESSE_OUT_OF_SERVICE

FINESSE = b"<ApiErrors><ApiError><ErrorType>Not Found</ErrorType><ErrorMessage>x</ErrorMessage></ApiError>"
BOMB = FINESSE + b" " * (2 << 20)
HUGE = FINESSE + b" " * (64 << 20)
PEAK = 24 << 20
"""Bytes that a look may take: far less than a bomb, far more than 64 KiB and what 1 MiB of text needs."""


def raw(body: bytes, *lines: str, status: int = 400) -> Raw:
    """Give a response with these header lines."""
    head = "\r\n".join((f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *lines, "", ""))
    return Raw(head.encode("latin-1"), body)


def chunked(*after: bytes) -> Raw:
    """Give a response in chunks, with this behind the last one."""
    head = b"HTTP/1.1 400 Said\r\nTransfer-Encoding: chunked\r\nContent-Type: application/xml\r\n\r\n"
    return Raw(head, b"%x\r\n%b\r\n0\r\n" % (len(FINESSE), FINESSE) + b"".join(after), ends=True)


def zip_of(data: bytes) -> bytes:
    """Pack with gzip."""
    return gzip.compress(data, mtime=0)


DOORS = (
    "httpx-install",
    "httpx-transport-bytes",
    "httpx-async-hook-lines",
    "requests-adapter",
    "requests-install-raw",
    "aiohttp",
    "aiohttp-chunks",
    "urllib3-data",
    "urllib3-stream",
)
"""Each client, reading by itself and read from."""

ATTACKED = {
    "gzip": raw(zip_of(BOMB), "Content-Encoding: gzip"),
    "deflate": raw(zlib.compress(BOMB), "Content-Encoding: deflate"),
    "br": raw(brotli.compress(BOMB, quality=5), "Content-Encoding: br"),
    "zstd": raw(zstandard.compress(BOMB), "Content-Encoding: zstd"),
    "gzip twice": raw(zip_of(zip_of(BOMB)), "Content-Encoding: gzip, gzip"),
    "gzip fifty times": raw(zip_of(BOMB), f"Content-Encoding: {', '.join(['gzip'] * 50)}"),
    "gzip that is none": raw(FINESSE, "Content-Encoding: gzip"),
    "no such packing": raw(FINESSE, "Content-Encoding: sdch, pack200-gzip"),
    "headers, many": raw(FINESSE, *(f"X-Request-Id-{n}: {n}" for n in range(90))),
    "headers, long": raw(FINESSE, f"X-Request-Id: {'i' * 7000}"),
    "a type that is long": raw(FINESSE, f"Content-Type: text/xml; charset={'u' * 7000}"),
    "a wait of centuries": raw(FINESSE, f"Retry-After: {'9' * 4000}"),
    "a date that is none": raw(FINESSE, f"Retry-After: {', ' * 2000}", f"Date: {'Mon, ' * 800}"),
    "tabs and letters of Latin-1": raw(FINESSE, "X-Request-Id: \ta\tb\xe9\xff", "Retry-After: \t 5"),
    "trailers": chunked(*(b"X-Trailer: %d\r\n" % n for n in range(90)), b"\r\n"),
}


@pytest.mark.parametrize("attack", ATTACKED)
@pytest.mark.parametrize("name", DOORS)
def test_an_attacked_call_is_what_it_is_without(name: str, attack: str):
    """Bombs, floods of headers, packings that are none: bytes, exceptions and records as without errnorm."""
    with serving(ATTACKED[attack]) as vendor:
        check(ALL[name], f"{vendor.url}/finesse")


def looks_httpx(url: str, options: dict[str, Any]) -> Any:
    """Open a stream, and leave it unread."""
    with httpx_client("transport", options) as client, client.stream("GET", url) as response:
        return attached(response)


def looks_httpx_async(url: str, options: dict[str, Any]) -> Any:
    """Open a stream, and leave it unread."""

    async def run() -> Any:
        async with httpx_async_client("transport", options) as client, client.stream("GET", url) as response:
            return attached(response)

    return asyncio.run(run())


def looks_requests(url: str, options: dict[str, Any]) -> Any:
    """Open a stream, and leave it unread."""
    with (
        session_of_requests("install", options) as session,
        session.get(url, stream=True, timeout=30) as response,
    ):
        return attached(response)


def looks_aiohttp(url: str, options: dict[str, Any]) -> Any:
    """Open a stream, and leave it unread."""

    async def run() -> Any:
        async with session_of_aiohttp(options) as session, session.get(url) as response:
            return attached(response)

    return asyncio.run(run())


def looks_urllib3(url: str, _: dict[str, Any]) -> Any:
    """Open a stream, and leave it unread."""
    with urllib3.PoolManager(timeout=30, retries=False) as pool:
        response = pool.request("GET", url, preload_content=False)
        result = errnorm.from_response(response)
        response.close()
        return result


LOOKS = [looks_httpx, looks_httpx_async, looks_requests, looks_aiohttp, looks_urllib3]


def held_by(work: Callable[[], Any]) -> tuple[Any, int]:
    """Give what a call gives, and the most memory that was held while it ran."""
    tracemalloc.start()
    try:
        return work(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


HUGE_PACKED = {
    "gzip": zip_of(HUGE),
    "gzip, gzip": zip_of(zip_of(HUGE)),
    "deflate": zlib.compress(HUGE),
    "br": brotli.compress(HUGE, quality=1),
    "zstd": zstandard.compress(HUGE),
}


UNPACKS_IN_PIECES = tuple(map(int, aiohttp.__version__.split(".")[:3])) >= (3, 13, 3)


@pytest.mark.parametrize("encoding", HUGE_PACKED)
@pytest.mark.parametrize("look", LOOKS)
def test_a_look_at_a_bomb_unpacks_no_more_than_is_read(look: Callable[..., Any], encoding: str):
    """64 MiB in a few kilobytes: its record is there, and the memory is that of the first mebibyte."""
    if look is looks_aiohttp and not UNPACKS_IN_PIECES:
        pytest.skip("aiohttp before 3.13.3 unpacks a whole bomb by itself, with errnorm or without")
    with serving(raw(HUGE_PACKED[encoding], f"Content-Encoding: {encoding}")) as vendor:
        look(f"{vendor.url}/warm", {})
        result, most = held_by(lambda: look(f"{vendor.url}/finesse", {}))

    assert (result[0].vendor, result[0].type) == ("cisco-finesse", "Not Found")
    assert most < PEAK


@pytest.mark.parametrize("look", LOOKS[:-1])
def test_a_look_that_may_be_long_is_bounded_as_the_library_is(look: Callable[..., Any]):
    """With `peek_bytes` of 16 MiB and a body of 10 MiB the record names the bound of reading."""
    body = FINESSE + b" " * (10 << 20)
    with serving(raw(body)) as vendor:
        result = look(f"{vendor.url}/finesse", {"peek_bytes": 16 << 20, "peek_seconds": 20})

    assert len(result.raw.data) == len(body)
    assert "body-too-large" in [problem.code for problem in result.problems]


def test_a_retry_waits_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch):
    """Whatever a response names as its wait, a packed bomb included, the loop's own bound holds."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    down = FINESSE_OUT_OF_SERVICE.body
    busy = raw(
        zip_of(down + b" " * (2 << 20)), "Content-Encoding: gzip", f"Retry-After: {'9' * 4000}", status=503
    )
    week = raw(down, "Retry-After: 600000", status=503)
    with (
        serving(busy, week, week, raw(b"ok", status=200)) as vendor,
        urllib3.PoolManager(timeout=30) as pool,
    ):
        retry = ErrnormRetry(total=5, longest=0.25, backoff_factor=0)
        response = pool.request("GET", f"{vendor.url}/finesse", retries=retry)

    assert (response.status, len(vendor.asked)) == (200, 4)
    assert slept
    assert max(slept) <= 0.25


def hostile_errors() -> Iterator[errnorm.VendorError]:
    """Give the error of every attack, with headers that would like to be lines of their own."""
    headers = [
        ("Retry-After", "5\r\nSet-Cookie: a=b"),
        ("X-Request-Id", "1\r\nLocation: https://example.com/\0"),
        ("Content-Type", "text/xml\r\n\r\n<html>"),
    ]
    for attack in ATTACKS:
        given = {"status": 503, "headers": headers} | dict(attack.given)
        result = errnorm.normalize(attack.make(20_000), **given)
        if result.is_error:
            yield errnorm.VendorError(result)


def test_no_attack_writes_into_the_answer_of_a_server():
    """The problem document of any body is small JSON, and its headers are one clean line each."""
    answers = [written(error) for error in hostile_errors()]

    assert len(answers) > 60
    assert [answer for answer in answers if len(answer.body) > 4096 or not json.loads(answer.body)] == []
    assert [
        value
        for answer in answers
        for value in answer.headers.values()
        if not value.isascii() or not value.isprintable()
    ] == []


def test_a_server_answers_every_attack():
    """An app under ASGI and one under WSGI answer for each of them with the same document."""
    for error in hostile_errors():

        async def fails(*_: Any, error: Exception = error) -> None:
            raise error

        def falls(*_: Any, error: Exception = error) -> Any:
            raise error

        async def ask(app: Any) -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://desk.example.com") as client:
                return await client.get("/")

        over_asgi = asyncio.run(ask(asgi.ErrnormMiddleware(fails)))
        under_wsgi = httpx.WSGITransport(app=wsgi.ErrnormMiddleware(falls), raise_app_exceptions=False)
        with httpx.Client(transport=under_wsgi) as client:
            over_wsgi = client.get("http://desk.example.com/")

        assert over_asgi.status_code == over_wsgi.status_code == over_asgi.json()["status"]
        assert over_asgi.content == over_wsgi.content
        assert "set-cookie" not in over_asgi.headers
