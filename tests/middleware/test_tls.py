"""Over TLS every client with errnorm in it behaves as it does without, and waits no longer."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace

import pytest

for package in ("aiohttp", "httpx", "requests", "hypercorn", "uvicorn", "trustme"):
    pytest.importorskip(package, reason="the clients and the servers come with the extras and the tools")

import trustme
from client_doors import ALL, CALLS, CERTIFICATES, WAITS, check
from vendor_servers import SHAPES, Vendor, listening, serve_raw

FINESSE = SHAPES["finesse"][0]

# aiohttp leaves the end of a TLS connection to the loop ("Graceful shutdown" of its manual), and the loop
# of a test is over before it comes: with errnorm or without, a transport may be left to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module", autouse=True)
def _collected() -> Iterator[None]:
    """Collect such transports here: later the warning would fail a test that has nothing to do with them."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    """Give what a server needs, whose authority is made for this run and known to all clients."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    place = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(str(place))
    CERTIFICATES.load_verify_locations(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(place))
        yield context


@pytest.fixture(scope="module")
def servers(context: ssl.SSLContext) -> Iterator[Vendor]:
    """Give a vendor behind TLS."""
    yield from running(context)


def running(context: ssl.SSLContext) -> Iterator[Vendor]:
    """Run the server in a thread of its own."""
    with listening() as each:
        address, stop = f"https://127.0.0.1:{each.getsockname()[1]}", threading.Event()
        vendor = Vendor(address, address, address)

        async def serve() -> None:
            async with await asyncio.start_server(partial(serve_raw, vendor), sock=each, ssl=context):
                await asyncio.to_thread(stop.wait)

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        try:
            yield vendor
        finally:
            vendor.go.set()
            stop.set()
            thread.join(10)


def half_a_record(context: ssl.SSLContext, each: socket.socket, go: threading.Event) -> None:
    """Answer one client, and send half of the TLS record with the body; the other half when told to."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls, (client, _) = context.wrap_bio(incoming, outgoing, server_side=True), each.accept()
    with client:
        for step in (tls.do_handshake, tls.read):
            while True:
                try:
                    step()
                except ssl.SSLWantReadError:
                    client.sendall(outgoing.read())
                    incoming.write(client.recv(65536))
                else:
                    break
        tls.write(b"HTTP/1.1 400 Said\r\nContent-Length: %d\r\n\r\n" % len(FINESSE))
        client.sendall(outgoing.read())
        tls.write(FINESSE)
        record = outgoing.read()
        client.sendall(record[: len(record) // 2])
        go.wait(30)
        client.sendall(record[len(record) // 2 :])


@pytest.mark.parametrize("name", ["requests-adapter", "requests-install", "httpx-async-transport", "aiohttp"])
def test_half_a_record_of_tls_is_nothing_yet(context: ssl.SSLContext, name: str):
    """The socket has something, which cannot be read before the record is whole: it is not waited for."""
    with listening() as each:
        stalling = SimpleNamespace(go=threading.Event())
        thread = threading.Thread(target=half_a_record, args=(context, each, stalling.go))
        thread.start()
        url = f"https://127.0.0.1:{each.getsockname()[1]}/finesse"
        result, body = WAITS[name](stalling, url, {"peek_seconds": 0.2})
        thread.join(10)

    assert (result.raw.data, body) == (b"", FINESSE)


@pytest.mark.parametrize("way", ["whole", "cut", "cut-chunked", "malformed", "to-the-end", "bad-gzip"])
@pytest.mark.parametrize("name", ALL)
def test_a_call_over_tls_is_what_it_is_without(vendor: Vendor, name: str, way: str):
    """Whole, cut or no HTTP at all: equal bytes, then the same exception, and the library's record."""
    check(ALL[name], f"{vendor.raw}/finesse/{way}?400")


@pytest.mark.parametrize("name", CALLS)
def test_a_broken_body_over_tls_raises_what_it_did(vendor: Vendor, name: str):
    """The end of TLS is the end of the body, and no pause in it: the client's own exception comes."""
    url = f"{vendor.raw}/finesse/cut?503"

    assert CALLS[name](url, {"raise_on_error": True})[0] == CALLS[name](url, None)[0]


@pytest.mark.parametrize("name", CALLS)
def test_a_large_body_over_tls_is_what_it_is_without(vendor: Vendor, name: str):
    """10 MiB in hundreds of TLS records: equal bytes, and no more than the bound is looked at."""
    result = check(CALLS[name], f"{vendor.raw}/large/whole?400")

    assert "13036" in result[0].known_codes


@pytest.mark.parametrize("way", ["stalled", "stalled-chunk", "stalled-chunks"])
@pytest.mark.parametrize("name", WAITS)
def test_a_stalled_body_over_tls_is_not_waited_for(vendor: Vendor, name: str, way: str):
    """What the TLS layer holds already is looked at, and for the rest nobody waits."""
    result, body = WAITS[name](vendor, f"{vendor.raw}/finesse/{way}?400", {"peek_seconds": 0.2})

    assert 0 < len(result.raw.data) <= len(FINESSE) // 2
    assert FINESSE.startswith(result.raw.data)
    assert body == FINESSE
