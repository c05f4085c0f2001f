"""Vendors on loopback: uvicorn for HTTP/1.1, hypercorn for HTTP/2, and a socket for what is broken.

A path is `/<shape>/<way>?<status>`: which body, and how it comes.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

for package in ("hypercorn", "uvicorn"):
    pytest.importorskip(package, reason="the servers come with the tools")

import hypercorn.asyncio
import hypercorn.config
import uvicorn
from attrs import field, frozen
from corpus import cases

BIG = 10 * 1024 * 1024
PAUSE = 0.015
DIGEST = b'Digest realm="desk", nonce="abc123", qop="auth", algorithm=MD5'


_BODIES = {case.name: case.body for case in cases()}

SHAPES = {
    "finesse": (_BODIES["cisco-finesse/rest-12-5-peripheral"], b"application/xml"),
    "chat": (_BODIES["genesys-chat/bayeux-data-as-text"], b"application/json"),
    "gwe": (b"<html><body>502 - Proxy Error for the engagement service</body></html>", b"text/html"),
    "cobrowse": (
        b'{"event": "session_error", "payload": {"code": 1016, "errorMsg": "Network"}}',
        b"application/json",
    ),
    "proxy": (_BODIES["unknown/html-nginx-502"], b"text/html"),
    "empty": (b"", b"text/plain"),
}

QUIET = {
    "notice": (_BODIES["genesys-chat/notice-restoring"], b"application/json"),
    "success": (b'{"success": true}', b"application/json"),
}


def big(body: bytes) -> bytes:
    """Give a body of 10 MiB that begins with this one."""
    return (body + (b"\n" + b" " * 1023) * (BIG // 1024))[:BIG]


LARGE = {"large": (big(SHAPES["finesse"][0]), b"application/xml")}


def halves(body: bytes) -> list[bytes]:
    """Cut a body in two."""
    return [part for part in (body[: len(body) // 2], body[len(body) // 2 :]) if part]


@frozen
class Vendor:
    """What a running server has seen.

    Attributes:
        http1, http2, raw: the addresses.
        callers: the ports of clients, one a connection.
        go: set it to let a stalled body go on.
    """

    http1: str
    http2: str
    raw: str
    callers: list[int] = field(factory=list)
    go: threading.Event = field(factory=threading.Event)


async def _start(send: Any, status: int, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def _piece(send: Any, data: bytes = b"", *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def plain(send: Any, status: int, body: bytes, kind: bytes) -> None:
    """Send it whole, with its length."""
    await _start(
        send, status, (b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"retry-after", b"7")
    )
    await _piece(send, body)


async def packed(send: Any, status: int, body: bytes, kind: bytes) -> None:
    """Send it in gzip."""
    body = gzip.compress(body, mtime=0)
    await _start(
        send,
        status,
        (b"content-type", kind),
        (b"content-encoding", b"gzip"),
        (b"content-length", b"%d" % len(body)),
    )
    await _piece(send, body)


async def chunked(send: Any, status: int, body: bytes, kind: bytes) -> None:
    """Send it without a length, whole."""
    await _start(send, status, (b"content-type", kind))
    await _piece(send, body, more=True)
    await _piece(send)


async def streamed(send: Any, status: int, body: bytes, kind: bytes) -> None:
    """Send it in gzip, in many small chunks."""
    body = gzip.compress(body, mtime=0)
    await _start(send, status, (b"content-type", kind), (b"content-encoding", b"gzip"))
    for start in range(0, len(body), 50):
        await _piece(send, body[start : start + 50], more=True)
    await _piece(send)


async def slow(send: Any, status: int, body: bytes, kind: bytes) -> None:
    """Send it in two halves with pauses."""
    await _start(send, status, (b"content-type", kind))
    for part in halves(body):
        await asyncio.sleep(PAUSE)
        await _piece(send, part, more=True)
    await asyncio.sleep(PAUSE)
    await _piece(send)


async def large(send: Any, status: int, body: bytes, kind: bytes) -> None:
    """Send it with 10 MiB in all."""
    await plain(send, status, big(body), kind)


WAYS: dict[str, Callable[..., Awaitable[None]]] = {
    "plain": plain, "gzip": packed, "chunked": chunked, "streamed": streamed, "slow": slow, "large": large,
}  # fmt: skip


def app_of(callers: list[int]) -> Callable[..., Awaitable[None]]:
    """Give the ASGI application that both servers run."""

    async def app(scope: Any, _: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        callers.append(scope["client"][1])
        shape, _, way = scope["path"].lstrip("/").partition("/")
        status = int(scope["query_string"] or b"400")
        if shape == "redirect":
            await _start(send, 302, (b"location", f"/{way}?{status}".encode()), (b"content-length", b"2"))
            await _piece(send, b"->")
        elif shape == "digest":
            said = dict(scope["headers"]).get(b"authorization", b"")
            if said.startswith(b"Digest") and b'username="agent1001"' in said:
                await plain(send, 200, b"welcome", b"text/plain")
            else:
                await _start(send, 401, (b"www-authenticate", DIGEST), (b"content-length", b"2"))
                await _piece(send, b"no")
        else:
            await WAYS[way](send, status, *(SHAPES | QUIET)[shape])

    return app


def head(status: int, *lines: str) -> bytes:
    """Write the head of a response."""
    return "\r\n".join(
        (f"HTTP/1.1 {status} Broken", "Content-Type: application/xml", *lines, "", "")
    ).encode()


def chunk(data: bytes) -> bytes:
    """Write a chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def broken_body(way: str, status: int, body: bytes) -> tuple[bytes, bytes]:
    """Give what is sent at once, and what is sent when the body may go on."""
    half = body[: len(body) // 2]
    in_chunks = head(status, "Transfer-Encoding: chunked")
    events = head(status, "Content-Length: 9").replace(b"application/xml", b"text/event-stream")
    return {
        "whole": (head(status, f"Content-Length: {len(body)}") + body, b""),
        "cut": (head(status, f"Content-Length: {len(body) + 10}") + half, b""),
        "cut-chunked": (in_chunks + chunk(half or b" ") + b"fff\r\n<more", b""),
        "malformed": (in_chunks + chunk(half or b" ") + b"zzz\r\n", b""),
        "to-the-end": (head(status) + body, b""),
        "bad-gzip": (head(status, "Content-Encoding: gzip", f"Content-Length: {len(body)}") + body, b""),
        "stalled": (head(status, f"Content-Length: {len(body)}") + half, body[len(half) :]),
        "stalled-chunk": (in_chunks + chunk(body)[: len(half)], chunk(body)[len(half) :] + b"0\r\n\r\n"),
        "stalled-chunks": (in_chunks + chunk(half), chunk(body[len(half) :]) + b"0\r\n\r\n"),
        "events": (events + b"data:", b" ok\n"),
        "events-over": (events + b"data: ok\n", b""),
        "endless": (in_chunks + chunk(body or b" "), b""),
    }[way]


async def broken(vendor: Vendor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request in a way that no framework would."""
    target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
    shape, way = target.partition("?")[0].lstrip("/").split("/")
    start, rest = broken_body(way, int(target.partition("?")[2] or 400), (SHAPES | LARGE)[shape][0])
    writer.write(start)
    await writer.drain()
    if rest:
        await asyncio.to_thread(vendor.go.wait, 30)
        writer.write(rest)
    elif way == "cut":
        await asyncio.sleep(PAUSE)
    while way == "endless" and not writer.is_closing():
        writer.write(chunk(b" " * 10))
        await writer.drain()
        await asyncio.sleep(0.01)


async def serve_raw(vendor: Vendor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection."""
    try:
        await broken(vendor, reader, writer)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # the caller has gone
    finally:
        writer.close()


async def _serve(sockets: list[socket.socket], vendor: Vendor, stop: threading.Event) -> None:
    async def stopped() -> None:
        await asyncio.to_thread(stop.wait)
        server.should_exit = True

    app = app_of(vendor.callers)
    http1, http2, raw = sockets
    config = hypercorn.config.Config()
    config.bind, config.graceful_timeout, config.loglevel = [f"fd://{http2.detach()}"], 0.1, "ERROR"
    quiet = {"log_level": "error", "ws": "none", "lifespan": "off", "timeout_graceful_shutdown": 1}
    server = uvicorn.Server(uvicorn.Config(app, **quiet))  # type: ignore[arg-type]
    async with await asyncio.start_server(partial(serve_raw, vendor), sock=raw):
        await asyncio.gather(
            server.serve(sockets=[http1]), hypercorn.asyncio.serve(app, config, shutdown_trigger=stopped)
        )


def listening() -> socket.socket:
    """Give a socket that listens; asyncio sends small pieces at once where TCP is named, else after 40 ms."""
    each = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    each.bind(("127.0.0.1", 0))
    each.listen()
    return each


@contextmanager
def running() -> Iterator[Vendor]:
    """Run the servers in a thread of their own."""
    sockets = [listening() for _ in range(3)]
    urls = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    vendor, stop = Vendor(*urls), threading.Event()
    # The sockets listen already: who calls before the servers run is served when they do.
    thread = threading.Thread(target=lambda: asyncio.run(_serve(sockets, vendor, stop)))
    thread.start()
    try:
        yield vendor
    finally:
        vendor.go.set()
        stop.set()
        thread.join(10)
        for each in sockets:
            each.close()
