"""The examples for events: a chat client against a real Bayeux server, an endpoint for a browser."""

from __future__ import annotations

import json
import logging
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from app_server import uvicorn_serving
from corpus import FOLDER
from vendor_server import plain, serving

import errnorm
from errnorm import VendorError, testing

EXAMPLES = FOLDER.parent / "examples"
if not EXAMPLES.exists():
    pytest.skip("the examples are no part of the wheel", allow_module_level=True)
for package in ("httpx", "starlette", "uvicorn"):
    pytest.importorskip(package, reason="the client, the framework and the server of the examples")

import httpx

EVENT_ERROR = {"type": "EventError", "error": {"code": 100, "description": "Chat Server is not available"}}
NOTICE = {"type": "EventError", "description": "Chat session is restored on another instance of Chat Server."}


@pytest.fixture(scope="session")
def faye(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder with faye in it, which npm fetches once a run."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("the Bayeux server is faye, which needs node and npm; neither is a part of errnorm")
    folder = tmp_path_factory.mktemp("faye")
    fetched = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, "faye@1.4"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if fetched.returncode:
        missing = pytest.fail if os.environ.get("FAYE_MUST_RUN") else pytest.skip  # .ci/run wants it proved
        missing(f"npm could not fetch faye, the Bayeux server of these tests: {fetched.stderr[-300:]}")
    return folder


class Bayeux:
    """A Bayeux server in node."""

    def __init__(self, folder: Path) -> None:
        script = folder / "server.js"
        script.write_bytes((Path(__file__).parent / "faye_server.js").read_bytes())
        self.process = subprocess.Popen(
            ["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = f"http://127.0.0.1:{self.said()['port']}/cometd"

    def said(self) -> dict[str, Any]:
        """Give the next thing that happened."""
        return json.loads(self.process.stdout.readline())

    def does(self, **what: Any) -> None:
        """Publish on a channel, or forget a client."""
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """End the server: its input ends."""
        self.process.communicate(timeout=10)


@pytest.fixture
def bayeux(faye: Path) -> Iterator[Bayeux]:
    """Give a server that runs."""
    server = Bayeux(faye)
    yield server
    server.end()


@pytest.fixture
def chat(bayeux: Bayeux) -> Iterator[Any]:
    """Give the client of the example on that server."""
    with httpx.Client(timeout=10) as http:
        yield chat_client()(http, bayeux.url)


def chat_client() -> Any:
    """Give the class of the example."""
    return runpy.run_path(str(EXAMPLES / "chat_client.py"))["ChatClient"]


def first_with(answers: Any, wanted: Any) -> Any:
    """Give the first answer that is wanted; some polls that brought nothing may lie between."""
    return next(answer for answer in islice(answers, 20) if wanted(answer))


def test_an_error_event_arrives_as_a_record(bayeux: Bayeux, chat: Any):
    """What the server publishes on the chat's channel is a record of the Genesys chat, under a 200."""
    answers = chat.listen("/chat/session-7")
    assert [next(answers).result.is_error for _ in range(2)] == [False, False]
    bayeux.does(channel="/chat/session-7", data=EVENT_ERROR)
    record = first_with(answers, lambda answer: answer.result).result.first

    assert (record.vendor, record.shape, record.code) == ("genesys-chat", "chat.bayeux", "100")
    assert record.status == 200


def test_a_notice_is_no_error_and_a_message_is_a_message(bayeux: Bayeux, chat: Any):
    """Good news comes as an EventError as well; a text of the chat gives no record."""
    answers = chat.listen("/chat/session-7")
    next(answers), next(answers)
    bayeux.does(channel="/chat/session-7", data=NOTICE)
    notice = first_with(answers, lambda answer: answer.result)
    bayeux.does(channel="/chat/session-7", data={"type": "Message", "text": "hello"})
    message = first_with(answers, lambda answer: "data" in answer.messages[-1])

    assert (len(notice.result), notice.result.is_error) == (1, False)
    assert (list(message.result), message.messages[-1]["data"]["text"]) == ([], "hello")


def test_a_refused_subscription_is_a_record(chat: Any):
    """`successful: false` with 403 is a failure of the protocol, under a 200."""
    answers = chat.listen("/forbidden/room")
    next(answers)
    result = next(answers).result

    assert result.is_error
    assert (result.first.code, result.first.status) == ("403", 200)


def test_a_forgotten_client_signs_in_anew(bayeux: Bayeux, chat: Any):
    """The server forgets the client: the error is a record, and the advice `handshake` is followed."""
    answers = chat.listen("/chat/session-7")
    next(answers), next(answers)
    first = bayeux.said()["client"]
    bayeux.does(forget=first)
    assert bayeux.said() == {"forgotten": first}
    failure = first_with(answers, lambda answer: answer.result)
    next(answers), next(answers)
    second = bayeux.said()["client"]

    assert failure.result.is_error
    assert second not in {None, first}


def test_the_command_prints_safe_sentences(bayeux: Bayeux):
    """`python examples/chat_client.py URL CHANNEL` prints an error as one sentence."""
    command = [sys.executable, EXAMPLES / "chat_client.py", bayeux.url, "/chat/session-7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert bayeux.said()["subscribed"] == "/chat/session-7"
        bayeux.does(channel="/chat/session-7", data=EVENT_ERROR)
        line = next(line for line in process.stdout if line.startswith(("error", "notice")))
        process.terminate()

    assert line.startswith("error genesys-chat chat.bayeux 100: ")
    assert "session-7" not in line


def test_a_proxy_in_the_way_is_waited_for_or_raised(monkeypatch: pytest.MonkeyPatch):
    """A 503 is polled again after its Retry-After; a 401 is raised, with its record."""
    import time

    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    shaken = b'[{"channel": "/meta/handshake", "clientId": "client-1", "successful": true}]'
    fine, empty = testing.Sample(shaken, 200, {}), testing.Sample(b"[]", 200, {})
    answers = [plain(each) for each in (fine, empty, testing.GWE_UNAVAILABLE, testing.FINESSE_UNAUTHORIZED)]
    with serving(*answers) as vendor, httpx.Client() as http:
        listening = chat_client()(http, f"{vendor.url}/cometd").listen("/chat/session-7")
        seen = [next(listening).result.is_error for _ in range(3)]
        with pytest.raises(VendorError) as raised:
            next(listening)

    assert seen == [False, False, True]
    assert slept[-1] == 30.0
    assert raised.value.record.category == "authentication"


NO_CHAT = {
    "a login page": (b"<html><title>Sign in</title></html>", "is no Bayeux"),
    "a text": (b'"x"', "is no Bayeux"),
    "a list of texts": (b'["x"]', "is no Bayeux"),
    "nothing": (b"", "is no Bayeux"),
    "no client id": (b'[{"channel": "/meta/handshake", "successful": true}]', "gave no client id"),
    "no messages": (b"[]", "gave no client id"),
}


@pytest.mark.parametrize("body, words", NO_CHAT.values(), ids=NO_CHAT)
def test_a_200_that_is_no_chat_is_said_in_a_sentence(body: bytes, words: str):
    """Whatever stands under the 200: the sentence says what to look at, and quotes nothing."""
    with serving(plain(testing.Sample(body, 200, {}))) as vendor, httpx.Client() as http:
        listening = chat_client()(http, f"{vendor.url}/cometd").listen("/chat/session-7")
        with pytest.raises(Exception, match=words) as raised:
            next(listening)

    assert raised.type.__name__ == "ChatError"


def test_a_refused_handshake_is_raised_as_the_vendors():
    """`successful: false` without a client id is the chat's own error."""
    refused = b'[{"channel": "/meta/handshake", "successful": false, "error": "403::no"}]'
    with serving(plain(testing.Sample(refused, 200, {}))) as vendor, httpx.Client() as http:
        listening = chat_client()(http, f"{vendor.url}/cometd").listen("/chat/session-7")
        with pytest.raises(VendorError) as raised:
            next(listening)

    assert raised.value.record.code == "403"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Give the address of the endpoint of the example, in a real server."""
    app = runpy.run_path(str(EXAMPLES / "cobrowse_endpoint.py"))["app"]
    with uvicorn_serving(app, lifespan="off") as url:
        yield f"{url}/cobrowse/errors"


PAYLOADS = {
    "as the page sends it": b'{"event": "session_error", "payload": {"code": 1016, "errorMsg": "secret"}}',
    "the payload alone": b'{"code": 1016, "reason": "secret"}',
    "a text": b"session_error: secret",
    "another JSON": b'["secret", {"secret": [1, null]}]',
    "half a payload": b'{"event": "session_error", "code": 10',
    "no UTF-8": b"\xff\xfe secret \x00",
    "nothing": b"",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_the_endpoint_takes_any_payload(endpoint: str, payload: bytes, caplog: pytest.LogCaptureFixture):
    """JSON, text or junk: 204, one line in the log, and nothing of the body in it."""
    with caplog.at_level(logging.WARNING, "cobrowse"):
        response = httpx.post(endpoint, content=payload, headers={"Content-Type": "text/plain"})
    expected = errnorm.normalize(payload, vendor="zoom-cobrowse")

    assert response.status_code == 204
    assert [record.errnorm["vendor"] for record in caplog.records] == ["zoom-cobrowse"] * len(expected)
    assert len(expected) == 1
    assert "secret" not in caplog.text


def test_the_endpoint_refuses_what_is_too_long(endpoint: str):
    """Beyond 64 KiB it is no payload of the SDK: 413, with or without an announced length."""
    long = b"x" * 200_000
    announced = httpx.post(endpoint, content=long)
    streamed = httpx.post(endpoint, content=iter([long[:1000]] * 200))

    assert (announced.status_code, streamed.status_code) == (413, 413)
