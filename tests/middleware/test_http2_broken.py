"""Over HTTP/2 a body that breaks off or stalls is to the caller what it is without errnorm.

hypercorn breaks nothing off, so this server speaks the protocol by h2 alone: it sends the head and half a
body, and then does what the path says.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

for package in ("aiohttp", "httpx", "requests", "h2", "uvicorn", "hypercorn"):
    pytest.importorskip(package, reason="the clients and the servers come with the extras and the tools")

import h2.connection
import h2.errors
import h2.events
from attrs import field, frozen
from client_doors import HTTP2, OVER_HTTP2, check, httpx_async_client, httpx_client
from vendor_servers import SHAPES, halves, listening

from errnorm.response import attached

FINESSE = SHAPES["finesse"][0]
HEAD = [(":status", "400"), ("content-type", "application/xml")]


@frozen
class Vendor:
    """A running server: its address, and what lets stalled bodies go on."""

    url: str
    go: threading.Event = field(factory=threading.Event)


def answer(vendor: Vendor, client: socket.socket) -> None:
    """Speak HTTP/2 with one client until it goes, or the path ends the connection."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    client.sendall(connection.data_to_send())
    while data := client.recv(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                path = dict(event.headers)[b":path"].decode()
                if not respond(vendor, connection, client, event.stream_id, path):
                    hang_up(client)
                    return
        client.sendall(connection.data_to_send())


def hang_up(client: socket.socket) -> None:
    """End the connection by FIN: closed over what the client still sends, it might end by RST instead."""
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):
        pass


def respond(vendor: Vendor, connection: Any, client: socket.socket, stream: int, path: str) -> bool:
    """Send half a body, and break it off; tell whether the connection goes on."""
    first, rest = halves(FINESSE)
    connection.send_headers(stream, HEAD)
    connection.send_data(stream, first)
    client.sendall(connection.data_to_send())
    if path == "/stalled":
        vendor.go.wait(30)
        connection.send_data(stream, rest, end_stream=True)
    elif path == "/reset":
        connection.reset_stream(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
    elif path == "/goaway":
        connection.close_connection(h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
    elif path == "/no-frame":
        client.sendall(b"\xff" * 100)
    client.sendall(connection.data_to_send())
    return path in {"/stalled", "/reset"}


@pytest.fixture(scope="module")
def server() -> Iterator[Vendor]:
    """Give a running server, one thread a client."""
    with listening() as each:
        vendor = Vendor(f"http://127.0.0.1:{each.getsockname()[1]}")

        def one(client: socket.socket) -> None:
            with client, suppress(OSError, h2.exceptions.ProtocolError):
                answer(vendor, client)

        def serve() -> None:
            with suppress(OSError):  # closed: the tests are done
                while True:
                    threading.Thread(target=one, args=(each.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=serve)
        thread.start()
        yield vendor
        vendor.go.set()
        each.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.parametrize("way", ["reset", "goaway", "closed", "no-frame"])
@pytest.mark.parametrize("name", HTTP2)
def test_a_body_over_http2_breaks_where_it_did(server: Vendor, name: str, way: str):
    """RST_STREAM, GOAWAY, a closed connection, no frame: the same bytes and then the same exception."""
    check(HTTP2[name], f"{server.url}/{way}")


def test_a_stalled_body_over_http2_is_not_waited_for(server: Vendor):
    """The sync client has its response while the body still stalls, and nothing of it is lost."""
    with (
        httpx_client("transport", {"peek_seconds": 0.2}, **OVER_HTTP2) as client,
        client.stream("GET", f"{server.url}/stalled", timeout=None) as response,
    ):
        result = attached(response)
        server.go.set()
        body = response.read()
    server.go.clear()

    assert result is not None
    assert FINESSE.startswith(result.raw.data)
    assert body == FINESSE


def test_a_stalled_body_over_http2_is_not_waited_for_async(server: Vendor):
    """The same for the async client."""

    async def run() -> tuple[Any, bytes]:
        async with (
            httpx_async_client("transport", {"peek_seconds": 0.2}, **OVER_HTTP2) as client,
            client.stream("GET", f"{server.url}/stalled", timeout=None) as response,
        ):
            server.go.set()
            return attached(response), await response.aread()

    result, body = asyncio.run(run())
    server.go.clear()

    assert FINESSE.startswith(result.raw.data)
    assert body == FINESSE
