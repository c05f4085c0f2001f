"""The clients with errnorm beside themselves without, on loopback, in one run.

A server of a few lines answers from a process of its own; each pair is called by turns on connections
that are kept open, and the table gives the medians and their ratio: a ratio travels between machines, a
time does not.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import requests

import errnorm.middleware.aiohttp
import errnorm.middleware.httpx
import errnorm.middleware.requests

ROUNDS = 1500
WARM_UP = 100
BODY = Path(__file__).parent.parent / "fixtures" / "cisco-finesse" / "rest-12-5-peripheral.xml"
GOALS = {"200": 1.02, "400": 1.10}

SERVER = """
import asyncio, sys
body = open(sys.argv[1], "rb").read()

class Vendor(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        status = data.split(b" ", 2)[1][1:]
        self.transport.write(b"HTTP/1.1 %s Said\\r\\nContent-Type: application/xml\\r\\nContent-Length: %d\\r\\n\\r\\n"
                             % (status, len(body)) + body)

async def main():
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""

Get = Callable[[str], Any]
AsyncGet = Callable[[str], Awaitable[Any]]


def pair_of_httpx() -> tuple[Get, Get]:
    """Give `get` without and with errnorm."""
    transport = errnorm.middleware.httpx.ErrnormTransport(httpx.HTTPTransport())
    return httpx.Client(transport=httpx.HTTPTransport()).get, httpx.Client(transport=transport).get


def pair_of_httpx_installed() -> tuple[Get, Get]:
    """Give `get` without and with errnorm."""
    client = httpx.Client(transport=httpx.HTTPTransport())
    errnorm.middleware.httpx.install(client)
    return httpx.Client(transport=httpx.HTTPTransport()).get, client.get


def pair_of_requests() -> tuple[Get, Get]:
    """Give `get` without and with errnorm."""
    session = requests.Session()
    errnorm.middleware.requests.install(session)
    return requests.Session().get, session.get


def pair_of_requests_adapter() -> tuple[Get, Get]:
    """Give `get` without and with errnorm."""
    session = requests.Session()
    session.mount("http://", errnorm.middleware.requests.ErrnormAdapter())
    return requests.Session().get, session.get


def pair_of_httpx_async() -> tuple[AsyncGet, AsyncGet]:
    """Give `get` without and with errnorm."""
    transport = errnorm.middleware.httpx.AsyncErrnormTransport(httpx.AsyncHTTPTransport())
    bare = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport())
    return bare.get, httpx.AsyncClient(transport=transport).get


def pair_of_aiohttp() -> tuple[AsyncGet, AsyncGet]:
    """Give a `get` that reads, without and with errnorm."""

    def reading(session: aiohttp.ClientSession) -> AsyncGet:
        async def get(url: str) -> None:
            async with session.get(url) as response:
                await response.read()

        return get

    middleware = errnorm.middleware.aiohttp.middleware()
    return reading(aiohttp.ClientSession()), reading(aiohttp.ClientSession(middlewares=[middleware]))


SYNC = {
    "httpx, transport": pair_of_httpx,
    "httpx, install": pair_of_httpx_installed,
    "requests, install": pair_of_requests,
    "requests, adapter": pair_of_requests_adapter,
}
ASYNC = {"httpx async, transport": pair_of_httpx_async, "aiohttp": pair_of_aiohttp}


def measure(pair: tuple[Get, Get], url: str) -> tuple[float, float]:
    """Give the median seconds of a call without and with errnorm."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(WARM_UP + ROUNDS):
        for at in (turn % 2, 1 - turn % 2):  # who goes first changes: the second finds warm caches
            start = time.perf_counter()
            pair[at](url)
            times[at].append(time.perf_counter() - start)
    return statistics.median(times[0][WARM_UP:]), statistics.median(times[1][WARM_UP:])


async def measure_async(make: Callable[[], tuple[AsyncGet, AsyncGet]], url: str) -> tuple[float, float]:
    """Give the same of an async client."""
    pair = make()
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(WARM_UP + ROUNDS):
        for at in (turn % 2, 1 - turn % 2):
            start = time.perf_counter()
            await pair[at](url)
            times[at].append(time.perf_counter() - start)
    return statistics.median(times[0][WARM_UP:]), statistics.median(times[1][WARM_UP:])


def show(name: str, status: str, bare: float, own: float) -> None:
    """Print a line."""
    print(f"{name:24} {status}  {own * 1e6:8.0f}  {bare * 1e6:8.0f}   {own / bare:5.3f}  {GOALS[status]}")


def main() -> None:
    """Print one line a client and status."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, BODY], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    print(f"{'client':24} status  µs with   without   ratio  goal")
    try:
        for status in GOALS:
            for name, make in SYNC.items():
                show(name, status, *measure(make(), f"{url}/{status}"))
            for name, make_async in ASYNC.items():
                show(name, status, *asyncio.run(measure_async(make_async, f"{url}/{status}")))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
