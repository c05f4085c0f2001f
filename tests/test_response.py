"""Response objects of the clients, real ones, from a server on loopback."""

from __future__ import annotations

import asyncio
import http.client
import io
import pickle
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from corpus import cases

import errnorm

BODY = b"<ApiErrors><ApiError><ErrorType>Not Found</ErrorType><ErrorData>agent1001</ErrorData></ApiError></ApiErrors>"
PATH = "/finesse/api/User/agent1001"


class Vendor(BaseHTTPRequestHandler):
    """Answers with a Finesse body; the status is what the query says, and then in which form."""

    def do_GET(self) -> None:
        """Answer."""
        status, _, form = self.path.partition("?")[2].partition("&")
        body = {"empty": b"", "long": BODY * 4000}.get(form, BODY)
        self.protocol_version = "HTTP/1.1" if form == "chunked" else "HTTP/1.0"  # 1.0 knows no chunks
        self.send_response(int(status))
        self.send_header("Connection", "close")
        self.send_header("Content-Type", "application/xml")
        self.send_header("Retry-After", "7")
        if form == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    do_HEAD = do_GET  # noqa: N815 - http.server looks for this name

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
    url = "https://finesse.example.com/finesse/api/User/agent1001"
    own = errnorm.Normalizer(cache_size=0)
    responses = [urllib.error.HTTPError(url, 503, "", Message(), io.BytesIO(BODY)) for _ in range(3)]
    for response in responses:
        response.errnorm = result  # type: ignore[attr-defined] # as a middleware does

    assert errnorm.from_response(responses[0]) is result
    assert errnorm.from_response(responses[1], vendor="cisco-finesse").first.vendor == "cisco-finesse"
    assert errnorm.from_response(responses[2], normalizer=own).first.type == "Not Found"


def stream_of_urllib3(url: str) -> Any:
    """Give a response of urllib3 whose body has not been read."""
    urllib3 = pytest.importorskip("urllib3", reason="it comes with errnorm[urllib3]")
    with urllib3.PoolManager() as pool:
        return pool.request("GET", url, preload_content=False, retries=False)


ONCE = [of_http_client, of_urllib, stream_of_urllib3]


@pytest.mark.parametrize("form", ["whole", "chunked"])
def test_a_stream_of_urllib3_is_left_to_the_caller(port: int, form: str):
    """An error that is still streaming is looked at, twice if need be, and read by its caller then."""
    with stream_of_urllib3(f"http://127.0.0.1:{port}{PATH}?404&{form}") as response:
        assert errnorm.from_response(response).first.type == "Not Found"
        assert errnorm.from_response(response).first.type == "Not Found"
        assert b"".join(response.stream(7)) == BODY


@pytest.mark.parametrize("get", [of_http_client, of_urllib])
def test_a_body_that_comes_once_is_read_once(port: int, get: Callable[[str], Any]):
    """The second look finds nothing, and says so; the connection is closed."""
    response = get(f"http://127.0.0.1:{port}{PATH}?404")

    assert errnorm.from_response(response).raw.data == BODY
    assert response.closed
    with pytest.raises(errnorm.InvalidArgument, match="or is gone"):
        errnorm.from_response(response)


@pytest.mark.parametrize("count", [None, 20, len(BODY)])
@pytest.mark.parametrize("get", ONCE)
def test_a_body_that_is_gone_gives_no_record(port: int, get: Callable[[str], Any], count: int | None):
    """Where somebody has read it, all or a part, what is left is not taken for the body."""
    with get(f"http://127.0.0.1:{port}{PATH}?404") as response:
        response.read(count)
        with pytest.raises(errnorm.InvalidArgument, match="or is gone"):
            errnorm.from_response(response)


def test_a_file_that_was_read_is_gone():
    """An error of urllib may stand on a file; that is read once."""
    url = "https://finesse.example.com/finesse/api/User/agent1001"
    error = urllib.error.HTTPError(url, 404, "", Message(), io.BytesIO(BODY))

    assert errnorm.from_response(error).first.type == "Not Found"
    with pytest.raises(errnorm.InvalidArgument, match="or is gone"):
        errnorm.from_response(error)


def test_a_chunked_body_is_gone_once_begun(port: int):
    """A part of a chunk that was read is gone as well."""
    with of_http_client(f"http://127.0.0.1:{port}{PATH}?404&chunked") as response:
        response.read(20)
        with pytest.raises(errnorm.InvalidArgument, match="or is gone"):
            errnorm.from_response(response)


@pytest.mark.parametrize("get", ONCE)
def test_an_error_without_a_body_has_its_record(port: int, get: Callable[[str], Any]):
    """No body is no body that is gone."""
    with get(f"http://127.0.0.1:{port}{PATH}?503&empty") as response:
        assert errnorm.from_response(response).detection.shape == "empty"


def test_a_response_without_a_request_has_its_record():
    """A test of a user makes one by hand, and httpx then refuses to tell its address."""
    httpx = pytest.importorskip("httpx", reason="it comes with errnorm[httpx]")

    assert errnorm.from_response(httpx.Response(404, content=BODY)).first.type == "Not Found"


def test_an_answer_to_head_has_its_record(port: int):
    """It announces the length of a body that does not come; nothing of it is gone, read or not."""
    path = f"{PATH}?503"
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("HEAD", path, headers={"Connection": "close"})
    with connection.getresponse() as response:
        results = [errnorm.from_response(response)]
        response.read()
        results.append(errnorm.from_response(response))
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", method="HEAD"))
    results.append(errnorm.from_response(caught.value))

    assert [(result.raw.data, result.first.retry.delay) for result in results] == [(b"", 7.0)] * 3


def test_a_long_body_is_looked_at_within_a_bound(port: int):
    """No more than 64 KiB of a streaming error are read."""
    with of_http_client(f"http://127.0.0.1:{port}{PATH}?404&long") as response:
        assert len(errnorm.from_response(response).raw.data) == 64 * 1024
    with stream_of_urllib3(f"http://127.0.0.1:{port}{PATH}?404&long") as response:
        assert len(errnorm.from_response(response).raw.data) == 64 * 1024
        assert len(response.read()) == 4000 * len(BODY)


def test_none_is_no_error():
    """What a middleware leaves where it did not look can be given on."""
    assert errnorm.raise_for_error(None) is None


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
