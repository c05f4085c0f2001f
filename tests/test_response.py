"""Response objects of the clients, real ones, from a server on loopback."""

from __future__ import annotations

import asyncio
import http.client
import pickle
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from corpus import cases

import errnorm

BODY = b"<ApiErrors><ApiError><ErrorType>Not Found</ErrorType><ErrorData>agent1001</ErrorData></ApiError></ApiErrors>"
PATH = "/finesse/api/User/agent1001"


class Vendor(BaseHTTPRequestHandler):
    """Answers with a Finesse body; the status is what the query says."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(int(self.path.partition("?")[2]))
        self.send_header("Content-Type", "application/xml")
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Give the port of a running server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Vendor) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def of_http_client(url: str) -> Any:
    """Give a response of http.client; it is closed when its body is read."""
    host, path = url.removeprefix("http://").split("/", 1)
    connection = http.client.HTTPConnection(host)
    connection.request("GET", f"/{path}", headers={"Connection": "close"})
    return connection.getresponse()


def of_urllib(url: str) -> Any:
    """Give the error of urllib, which is its response."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    return caught.value


def of_httpx(url: str) -> Any:
    """Give a response of httpx."""
    return pytest.importorskip("httpx", reason="it comes with errnorm[httpx]").get(url)


def of_requests(url: str) -> Any:
    """Give a response of requests."""
    return pytest.importorskip("requests", reason="it comes with errnorm[requests]").get(url, timeout=5)


def of_urllib3(url: str) -> Any:
    """Give a response of urllib3."""
    urllib3 = pytest.importorskip("urllib3", reason="it comes with errnorm[urllib3]")
    with urllib3.PoolManager() as pool:
        return pool.request("GET", url)


def of_aiohttp(url: str) -> Any:
    """Give a response of aiohttp that has been read."""
    aiohttp = pytest.importorskip("aiohttp", reason="it comes with errnorm[aiohttp]")

    async def get() -> Any:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            await response.read()
            return response

    return asyncio.run(get())


CLIENTS = [of_http_client, of_urllib, of_httpx, of_requests, of_urllib3, of_aiohttp]


@pytest.mark.parametrize("get", CLIENTS)
def test_the_response_of_a_client_gives_the_library_s_record(port: int, get: Callable[[str], Any]):
    """Body, status, headers and url are taken from the response, whoever made it."""
    url = f"http://127.0.0.1:{port}{PATH}?404"
    result = errnorm.from_response(get(url))
    expected = errnorm.normalize(
        BODY, status=404, headers={"Content-Type": "application/xml", "Retry-After": "7"}, url=url
    )

    assert result == expected
    assert result.raw.data == BODY


@pytest.mark.parametrize("get", CLIENTS)
def test_raise_for_error_raises_with_the_response(port: int, get: Callable[[str], Any]):
    """The error carries the client's own response, is chained to nothing, and pickles without it."""
    response = get(f"http://127.0.0.1:{port}{PATH}?404")
    with pytest.raises(errnorm.VendorError) as caught:
        errnorm.raise_for_error(response)

    assert caught.value.response is response
    assert (caught.value.__cause__, caught.value.record.type) == (None, "Not Found")
    assert pickle.loads(pickle.dumps(caught.value)).response is None


def test_an_error_in_a_success_that_was_read_is_found(port: int):
    """A 200 that carries an error is an error, once the client has read it."""
    assert errnorm.from_response(of_requests(f"http://127.0.0.1:{port}{PATH}?200")).is_error


def test_a_success_of_http_client_is_left_to_the_caller(port: int):
    """http.client gives a body once, so a success keeps it."""
    with of_http_client(f"http://127.0.0.1:{port}{PATH}?200") as response:
        assert errnorm.raise_for_error(response).records == ()
        assert response.read() == BODY


def test_streams_of_requests_and_httpx(port: int):
    """A streaming error is read as the client reads it, or must be read first; a success goes on."""
    httpx = pytest.importorskip("httpx", reason="it comes with errnorm[httpx]")
    requests = pytest.importorskip("requests", reason="it comes with errnorm[requests]")
    url = f"http://127.0.0.1:{port}{PATH}"
    with requests.get(f"{url}?404", stream=True, timeout=5) as response:
        assert errnorm.from_response(response).is_error
        assert response.content == BODY
    with requests.get(f"{url}?200", stream=True, timeout=5) as response:
        assert not errnorm.from_response(response)
        assert b"".join(response.iter_content(7)) == BODY
    with httpx.stream("GET", f"{url}?200") as response:
        assert not errnorm.from_response(response)
        assert b"".join(response.iter_bytes()) == BODY
    with httpx.stream("GET", f"{url}?404") as response:
        with pytest.raises(errnorm.InvalidArgument, match=r"Read it first: response\.read\(\)"):
            errnorm.from_response(response)
        response.read()
        assert errnorm.from_response(response).is_error


def test_what_a_middleware_left_is_taken():
    """A result on the response is the answer, unless the caller knows better."""
    result = errnorm.normalize(b"", status=503)
    response = SimpleNamespace(status=503, headers={}, errnorm=result, closed=True, read=lambda: BODY)

    assert errnorm.from_response(response) is result
    assert errnorm.from_response(response, vendor="cisco-finesse").first.vendor == "cisco-finesse"
    own = errnorm.Normalizer(cache_size=0)
    assert errnorm.from_response(response, normalizer=own).first.type == "Not Found"


def test_a_result_is_raised_as_it_is():
    """Without a response there is none on the error, and a notice alone raises nothing."""
    with pytest.raises(errnorm.VendorError) as caught:
        errnorm.raise_for_error(errnorm.normalize(BODY, status=404))
    case = next(case for case in cases() if case.name == "genesys-chat/notice-restoring")
    notice = errnorm.normalize(case.body, **case.given)

    assert caught.value.response is None
    assert [str(record.severity) for record in errnorm.raise_for_error(notice)] == ["info"]


@pytest.mark.parametrize("value", [None, "body", 503, SimpleNamespace(status="404", headers={})])
def test_what_is_no_response_says_so(value: Any):
    """A body given by mistake gets a sentence with the call that takes it."""
    with pytest.raises(errnorm.InvalidArgument, match=r"call errnorm\.normalize with the body"):
        errnorm.from_response(value)
