"""What does errnorm cost a client, on a success and on an error?

A server of a few lines answers on loopback from a process of its own, and connections are kept open. The
clock is the wall's: a client waits for the server, and so does its caller.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import requests
from harness import Measure, Question, Row, Side, main

import errnorm.middleware.aiohttp
import errnorm.middleware.httpx
import errnorm.middleware.requests

__all__ = ["questions"]

BODY = Path(__file__).parent.parent / "fixtures" / "cisco-finesse" / "rest-12-5-peripheral.xml"
WORK = {"200": ("a 200", 1.02), "400": ("a 400 with a Finesse body", 1.10)}

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


def httpx_transport() -> httpx.Client:
    """Give a client with errnorm."""
    return httpx.Client(transport=errnorm.middleware.httpx.ErrnormTransport())


def httpx_install() -> httpx.Client:
    """Give a client with errnorm."""
    client = httpx.Client()
    errnorm.middleware.httpx.install(client)
    return client


def requests_install() -> requests.Session:
    """Give a session with errnorm."""
    session = requests.Session()
    errnorm.middleware.requests.install(session)
    return session


def requests_adapter() -> requests.Session:
    """Give a session with errnorm."""
    session = requests.Session()
    session.mount("http://", errnorm.middleware.requests.ErrnormAdapter())
    return session


async def httpx_async_transport() -> httpx.AsyncClient:
    """Give a client with errnorm."""
    return httpx.AsyncClient(transport=errnorm.middleware.httpx.AsyncErrnormTransport())


async def httpx_async() -> httpx.AsyncClient:
    """Give a client."""
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport())


async def aiohttp_middleware() -> aiohttp.ClientSession:
    """Give a session with errnorm."""
    return aiohttp.ClientSession(middlewares=[errnorm.middleware.aiohttp.middleware()])


async def aiohttp_session() -> aiohttp.ClientSession:
    """Give a session."""
    return aiohttp.ClientSession()


SYNC: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "httpx, transport": (httpx_transport, httpx.Client),
    "httpx, install": (httpx_install, httpx.Client),
    "requests, install": (requests_install, requests.Session),
    "requests, adapter": (requests_adapter, requests.Session),
}
ASYNC: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "httpx async, transport": (httpx_async_transport, httpx_async),
    "aiohttp": (aiohttp_middleware, aiohttp_session),
}


def questions() -> Iterator[Question]:
    """Give a question for each client and status."""
    with _server() as address, ExitStack() as open_clients, asyncio.Runner() as runner:
        for name, pair in SYNC.items():
            clients = [open_clients.enter_context(make()) for make in pair]
            yield from _questions(
                name, [lambda url, get=client.get: _timed(get, url) for client in clients], address
            )
        for name, pair in ASYNC.items():
            clients = [runner.run(make()) for make in pair]
            yield from _questions(name, [_async_timed(runner, client) for client in clients], address)
            for client in clients:
                runner.run(client.aclose() if hasattr(client, "aclose") else client.close())


def _questions(name: str, sides: list[Callable[[str], Measure]], address: str) -> Iterator[Question]:
    for status, (work, goal) in WORK.items():
        own, bare = (measure(f"{address}/{status}") for measure in sides)
        yield Question(
            sides=(Side("with errnorm", own), Side("without", bare)),
            rows=(Row(f"{name}, {work}", "with errnorm", "without", goal),),
            rounds=160,  # a round beside a server differs by 5 %, and a goal here is 2 % away from nothing
            calls=25,
        )


def _timed(get: Callable[[str], object], url: str) -> Measure:
    def measure(calls: int) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            get(url)
        return (time.perf_counter() - start) / calls

    return measure


def _async_timed(runner: asyncio.Runner, client: Any) -> Callable[[str], Measure]:  # noqa: ANN401 - of either package
    async def measure(url: str, calls: int) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            response = await client.get(url)
            if isinstance(response, aiohttp.ClientResponse):  # httpx has read it already
                await response.read()
        return (time.perf_counter() - start) / calls

    return lambda url: lambda calls: runner.run(measure(url, calls))


@contextmanager
def _server() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", SERVER, BODY], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


if __name__ == "__main__":
    main(questions)
