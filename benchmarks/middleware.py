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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import requests

import errnorm.middleware.aiohttp
import errnorm.middleware.httpx
import errnorm.middleware.requests

ROUNDS = 1000
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
        head = b"HTTP/1.1 %s Said\\r\\nContent-Type: text/xml\\r\\nContent-Length: %d\\r\\n\\r\\n"
        self.transport.write(head % (status, len(body)) + body)

async def main():
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def httpx_transport() -> tuple[httpx.Client, httpx.Client]:
    """Give a client without and one with errnorm."""
    transport = errnorm.middleware.httpx.ErrnormTransport(httpx.HTTPTransport())
    return httpx.Client(transport=httpx.HTTPTransport()), httpx.Client(transport=transport)


def httpx_install() -> tuple[httpx.Client, httpx.Client]:
    """Give a client without and one with errnorm."""
    bare, own = httpx.Client(), httpx.Client()
    errnorm.middleware.httpx.install(own)
    return bare, own


def requests_install() -> tuple[requests.Session, requests.Session]:
    """Give a session without and one with errnorm."""
    bare, own = requests.Session(), requests.Session()
    errnorm.middleware.requests.install(own)
    return bare, own


def requests_adapter() -> tuple[requests.Session, requests.Session]:
    """Give a session without and one with errnorm."""
    bare, own = requests.Session(), requests.Session()
    own.mount("http://", errnorm.middleware.requests.ErrnormAdapter())
    return bare, own


def httpx_async_transport() -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """Give a client without and one with errnorm."""
    transport = errnorm.middleware.httpx.AsyncErrnormTransport(httpx.AsyncHTTPTransport())
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport()), httpx.AsyncClient(transport=transport)


def aiohttp_middleware() -> tuple[aiohttp.ClientSession, aiohttp.ClientSession]:
    """Give a session without and one with errnorm."""
    middleware = errnorm.middleware.aiohttp.middleware()
    return aiohttp.ClientSession(), aiohttp.ClientSession(middlewares=[middleware])


SYNC: list[Callable[[], tuple[Any, Any]]] = [
    httpx_transport,
    httpx_install,
    requests_install,
    requests_adapter,
]
ASYNC: list[Callable[[], tuple[Any, Any]]] = [httpx_async_transport, aiohttp_middleware]


def measure(make: Callable[[], tuple[Any, Any]], url: str) -> list[float]:
    """Give the median seconds of a call without and with errnorm, and the median of their ratios."""
    bare, own = make()
    times: dict[Any, list[float]] = {bare: [], own: []}
    with bare, own:
        for turn in range(WARM_UP + ROUNDS):
            # Who goes first changes: the second finds warm caches.
            for client in (bare, own)[:: 1 if turn % 2 else -1]:
                start = time.perf_counter()
                client.get(url)
                times[client].append(time.perf_counter() - start)
    return medians(*times.values())


async def measure_async(make: Callable[[], tuple[Any, Any]], url: str) -> list[float]:
    """Give the same of async clients."""
    bare, own = make()
    times: dict[Any, list[float]] = {bare: [], own: []}
    async with bare, own:
        for turn in range(WARM_UP + ROUNDS):
            for client in (bare, own)[:: 1 if turn % 2 else -1]:
                start = time.perf_counter()
                response = await client.get(url)
                if isinstance(response, aiohttp.ClientResponse):  # the others have read it already
                    await response.read()
                times[client].append(time.perf_counter() - start)
    return medians(*times.values())


def medians(bare: list[float], own: list[float]) -> list[float]:
    """Give the medians and that of the ratios turn by turn: a busy moment meets both of a turn."""
    ratios = [mine / theirs for mine, theirs in zip(own, bare, strict=True)]
    return [statistics.median(column[WARM_UP:]) for column in (bare, own, ratios)]


def show(name: str, status: str, times: list[float]) -> None:
    """Print a line."""
    bare, own, ratio = times
    print(f"{name:24} {status:6}  {own * 1e6:7.0f}   {bare * 1e6:7.0f}   {ratio:5.3f}  {GOALS[status]:.2f}")


def main() -> None:
    """Print one line a client and status."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, BODY], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    print(f"{'client':24} status  µs with   without   ratio  goal")
    try:
        for status in GOALS:
            for make in SYNC:
                show(make.__name__, status, measure(make, f"{url}/{status}"))
            for make in ASYNC:
                show(make.__name__, status, asyncio.run(measure_async(make, f"{url}/{status}")))
    finally:
        server.terminate()
        server.communicate()


if __name__ == "__main__":
    main()
