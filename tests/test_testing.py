"""errnorm.testing: the ready bodies are what they are called, and the transports give them."""

from __future__ import annotations

import subprocess
import sys

import pytest

import errnorm
from errnorm import testing
from errnorm.vendors import VENDORS

URLS = {"GWE_UNAVAILABLE": "https://gwe.example.com/server/data/sessions"}


@pytest.mark.parametrize("name", testing.SAMPLES)
def test_a_sample_is_the_vendors_it_is_called_after(name: str):
    """FINESSE_… is of Cisco Finesse, and all of it can be read."""
    body, status, headers = testing.SAMPLES[name]
    result = errnorm.normalize(body, status=status, headers=headers, url=URLS.get(name))
    owner = {"FINESSE": "cisco-finesse", "CHAT": "genesys-chat", "GWE": "genesys-gwe"} | {
        "COBROWSE": "zoom-cobrowse",
        "PROXY": "unknown",
    }

    assert result.detection.vendor == owner[name.split("_", maxsplit=1)[0]]
    assert result.is_error == (name != "CHAT_NOTICE")
    assert result.problems == ()


def test_every_vendor_has_a_sample():
    """None is left out."""
    found = {
        errnorm.detect(sample.body, status=sample.status, headers=sample.headers).vendor
        for sample in testing.SAMPLES.values()
    }

    assert {vendor.name for vendor in VENDORS} - found == set()


def test_every_name_is_exported():
    """`__all__` has all samples, and OK, which is no error."""
    assert (set(testing.SAMPLES) | {"OK", "SAMPLES", "Sample"}) - set(testing.__all__) == set()
    assert not errnorm.normalize(testing.OK.body, status=200).records


def test_it_imports_no_test_framework_and_no_client():
    """A program may import it without pytest, httpx or requests."""
    code = "import sys, errnorm.testing; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert {"pytest", "httpx", "requests", "urllib3"} & set(loaded) == set()


def test_httpx_gets_the_answers_in_their_order():
    """Sync and async, and the last one for good."""
    httpx = pytest.importorskip("httpx", reason="the transport is for httpx")
    import asyncio

    transport = testing.httpx_transport(testing.FINESSE_OUT_OF_SERVICE, testing.OK)

    async def ask() -> int:
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get("https://finesse.example.com/")).status_code

    with httpx.Client(transport=transport) as client:
        first = client.get("https://finesse.example.com/")

    assert (first.status_code, first.content) == (503, testing.FINESSE_OUT_OF_SERVICE.body)
    assert first.headers["retry-after"] == "5"
    assert [asyncio.run(ask()) for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("stream", [False, True])
def test_requests_gets_the_answers_in_their_order(stream: bool):  # noqa: FBT001 - a parameter
    """Read at once or streamed, and the last one for good."""
    requests = pytest.importorskip("requests", reason="the adapter is for requests")
    with requests.Session() as session:
        session.mount("https://", testing.requests_adapter(testing.FINESSE_UNAUTHORIZED, testing.OK))
        answers = [session.get("https://finesse.example.com/", stream=stream) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 200, 200]
    assert answers[0].content == testing.FINESSE_UNAUTHORIZED.body
    assert answers[0].reason == "Unauthorized"


def test_an_exception_is_raised_in_its_turn():
    """A refused connection, then an answer: what a retry loop has to live with."""
    httpx = pytest.importorskip("httpx", reason="the transport is for httpx")
    requests = pytest.importorskip("requests", reason="the adapter is for requests")
    url = "https://finesse.example.com/"
    with httpx.Client(transport=testing.httpx_transport(httpx.ConnectError("refused"), testing.OK)) as client:
        with pytest.raises(httpx.ConnectError):
            client.get(url)
        after = client.get(url).status_code
    with requests.Session() as session:
        session.mount("https://", testing.requests_adapter(requests.ConnectionError("refused"), testing.OK))
        with pytest.raises(requests.ConnectionError):
            session.get(url)
        again = session.get(url).status_code

    assert (after, again) == (200, 200)


@pytest.mark.parametrize("make", [testing.httpx_transport, testing.requests_adapter])
def test_a_transport_without_an_answer_is_refused(make):
    """The sentence says what to give."""
    pytest.importorskip("httpx", reason="the transport is for httpx")
    pytest.importorskip("requests", reason="the adapter is for requests")
    with pytest.raises(ValueError, match="give a sample"):
        make()
