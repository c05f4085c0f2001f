"""The WSGI middleware under the validator of PEP 3333, and in a real server."""

from __future__ import annotations

import io
import json
import logging
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest
from app_server import wsgiref_serving
from vendor_errors import PRIVATE, error_of

from errnorm import VendorError, testing
from errnorm.middleware import _answer
from errnorm.middleware.wsgi import ErrnormMiddleware


class Call:
    """One call of a WSGI app, as a server makes it.

    Attributes:
        status, headers: what the app started with, and started anew.
        body: what it gave.
    """

    def __init__(self, app: Any, method: str = "GET") -> None:
        self.environ: dict[str, Any] = {"REQUEST_METHOD": method, "wsgi.file_wrapper": FileWrapper}
        setup_testing_defaults(self.environ)
        self.sent: list[bytes] = []
        self.status = ""
        chunks = app(self.environ, self.start_response)
        try:
            for chunk in chunks:
                self.sent.append(chunk)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        self.body = b"".join(self.sent)

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Take status and headers; PEP 3333: once something is sent, raise what exc_info holds."""
        if exc_info and any(self.sent):  # an empty chunk sends no headers
            raise exc_info[1]
        assert exc_info or not self.status, "start_response was called twice without exc_info"
        self.status, self.headers = status, dict(headers)
        return self.sent.append


class Chunks:
    """A body that counts how often it is closed."""

    def __init__(self, *items: Any) -> None:
        self.items = iter(items)
        self.closed = 0

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> bytes:
        item = next(self.items)
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """Count."""
        self.closed += 1


def app_with(chunks: Any) -> Any:
    """Make an app that starts with 200 and gives the chunks, or raises them."""

    def app(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/plain")])
        if isinstance(chunks, Exception):
            raise chunks
        return chunks

    return app


ERROR = error_of(testing.FINESSE_OUT_OF_SERVICE)


@pytest.mark.parametrize(
    "chunks", [ERROR, Chunks(ERROR), Chunks(b"", ERROR)], ids=["raised", "first", "after nothing"]
)
def test_an_escaped_error_becomes_a_problem_document(chunks: Any):
    """Raised by the app or while its body is read: headers that were set are replaced."""
    call = Call(ErrnormMiddleware(app_with(chunks)))
    problem = json.loads(call.body)

    assert call.status == "503 Service Unavailable"
    assert (problem["status"], problem["codes"]) == (503, ["SERVER_OUT_OF_SERVICE"])


def test_the_headers_say_what_it_is_and_when_to_come_again():
    """Content-Type, Content-Length and Retry-After."""
    call = Call(ErrnormMiddleware(app_with(ERROR)))

    assert call.headers == {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(call.body)),
        "Retry-After": "5",
    }


def test_once_something_is_sent_the_error_is_raised_on():
    """The server gets the error back through exc_info, and nothing is added to the body."""
    chunks = Chunks(b"begun", ERROR)
    with pytest.raises(VendorError):
        Call(ErrnormMiddleware(app_with(chunks)))

    assert chunks.closed == 1


@pytest.mark.parametrize(
    "items, lines", [([ERROR], 1), ([b"begun", ERROR], 0)], ids=["answered", "broken off"]
)
def test_the_log_names_only_an_answer_that_was_sent(items: Any, lines: int, caplog: pytest.LogCaptureFixture):
    """Where the response has begun, the caller has its first status, and the server logs the error."""
    with caplog.at_level(logging.WARNING, "errnorm.middleware"), suppress(VendorError):
        Call(ErrnormMiddleware(app_with(Chunks(*items))))

    assert caplog.text.count("its answer is 503") == lines


@pytest.mark.parametrize("items", [[b"a", b"b"], [ERROR], [b"a", ERROR], [KeyError()]], ids=str)
def test_the_body_is_closed_once(items: list[Any]):
    """PEP 3333: the server closes, whatever happened, and the app's own body hears of it."""
    chunks = Chunks(*items)
    with suppress(VendorError, KeyError):
        Call(ErrnormMiddleware(app_with(chunks)))

    assert chunks.closed == 1


class NeverBegun(Chunks):
    """A body that fails before its first chunk is asked for."""

    def __iter__(self) -> Any:
        raise ERROR


def test_a_body_that_cannot_be_begun_is_answered_and_closed():
    """The error of its `__iter__` is one of its body."""
    chunks = NeverBegun()
    call = Call(ErrnormMiddleware(app_with(chunks)))

    assert (call.status, chunks.closed) == ("503 Service Unavailable", 1)


def test_nothing_of_the_body_follows_the_answer():
    """A body that could go on after its error is not asked to: the document is all that is sent."""
    call = Call(ErrnormMiddleware(app_with(Chunks(ERROR, b"and more"))))

    assert len(call.body) == int(call.headers["Content-Length"])


def test_a_fault_of_ours_leaves_the_error_as_it_is(monkeypatch: pytest.MonkeyPatch):
    """Where errnorm fails to write the answer, the app's own error goes its own way."""
    monkeypatch.setattr(_answer, "to_problem", lambda _: 1 / 0)
    for chunks in (ERROR, Chunks(ERROR)):
        with pytest.raises(VendorError):
            Call(ErrnormMiddleware(app_with(chunks)))


def test_a_server_may_wrap_files_by_a_function():
    """As uWSGI does: then no body is of its kind, and each is watched."""
    environ = {"wsgi.file_wrapper": lambda file: file}
    app = ErrnormMiddleware(lambda *_: Chunks(b"a"))

    assert list(app(environ, None)) == [b"a"]


def test_a_bug_stays_a_bug():
    """Other exceptions are raised on, from the app and from its body."""
    for chunks in (KeyError("a bug"), Chunks(KeyError("a bug"))):
        with pytest.raises(KeyError):
            Call(ErrnormMiddleware(app_with(chunks)))


def test_a_list_and_a_file_are_handed_on_as_they_are():
    """A server takes the length of a list, and gives a file to the kernel."""
    environ = {"wsgi.file_wrapper": FileWrapper}
    for chunks in ([b"a"], (b"a",), FileWrapper(io.BytesIO(b"a"))):
        app = ErrnormMiddleware(lambda *_, given=chunks: given)

        assert app(environ, None) is chunks


def test_head_has_no_body():
    """The answer to HEAD has the headers alone."""
    call = Call(ErrnormMiddleware(app_with(ERROR)), "HEAD")

    assert (call.body, call.headers["Content-Type"]) == (b"", "application/problem+json")


def test_nothing_private_is_in_it():
    """Message, target, ids, other members and the url stay inside."""
    call = Call(ErrnormMiddleware(app_with(error_of(PRIVATE, "https://finesse.example.com/secret-path"))))

    assert b"secret" not in call.body
    assert "secret" not in str(call.headers)


@pytest.mark.parametrize("chunks", [ERROR, Chunks(b"a", b"b"), [b"a"]], ids=["raised", "chunks", "list"])
def test_the_validator_has_nothing_to_say(chunks: Any):
    """wsgiref.validate checks both sides of the middleware."""
    app = validator(ErrnormMiddleware(validator(app_with(chunks))))
    with wsgiref_serving(app) as url:
        try:
            body = urllib.request.urlopen(url).read()
        except urllib.error.HTTPError as error:
            body = error.read()

    assert body[:9] in {b"ab", b"a", b'{"type":"'}
