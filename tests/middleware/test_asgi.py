"""The ASGI middleware as an ASGI app of its own: scopes, groups, what is held back, what is logged."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from vendor_errors import PRIVATE, error_of

from errnorm import VendorError, testing
from errnorm.middleware import _answer
from errnorm.middleware.asgi import ErrnormMiddleware


def run(app: Any, scope: dict[str, Any]) -> list[Any]:
    """Run an ASGI app and give what it sent."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(ErrnormMiddleware(app)(scope, None, send))
    return sent


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_other_scopes_pass_through(kind: str):
    """A websocket and lifespan get the server's own callables, and their errors are raised on."""
    seen: list[Any] = []

    async def app(*given: Any) -> None:
        seen.extend(given)
        raise error_of(testing.FINESSE_UNAUTHORIZED)

    given = ({"type": kind}, object(), object())
    with pytest.raises(VendorError):
        asyncio.run(ErrnormMiddleware(app)(*given))

    assert all(one is other for one, other in zip(seen, given, strict=True))


def test_a_group_with_a_bug_in_it_is_raised_on():
    """A bug beside a vendor's error must stay visible."""

    async def app(*_: Any) -> None:
        raise ExceptionGroup("both", [error_of(testing.FINESSE_UNAUTHORIZED), KeyError("a bug")])

    with pytest.raises(ExceptionGroup):
        run(app, {"type": "http"})


def test_groups_in_groups_are_opened():
    """The first of the errors is the one that is answered."""

    async def app(*_: Any) -> None:
        inner = ExceptionGroup("inner", [error_of(testing.FINESSE_OUT_OF_SERVICE)])
        raise ExceptionGroup("outer", [inner, error_of(testing.FINESSE_UNAUTHORIZED)])

    assert run(app, {"type": "http"})[0]["status"] == 503


def sent_before(raised: type[BaseException], app: Any) -> list[Any]:
    """Run an app that raises, and give what it sent before."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(raised):
        asyncio.run(ErrnormMiddleware(app)({"type": "http"}, None, send))
    return [message.get("status", message.get("body")) for message in sent]


def start(status: int) -> dict[str, Any]:
    """Give the first message of a response."""
    return {"type": "http.response.start", "status": status, "headers": []}


WHOLE = {"type": "http.response.body", "body": b"own"}


async def answer_for_an_error(send: Any, status: int) -> None:
    """Answer from inside an `except`, as ServerErrorMiddleware does; it does not raise on."""
    try:
        raise error_of(testing.FINESSE_UNAUTHORIZED)
    except VendorError:
        await send(start(status))
        await send(WHOLE)


def test_a_500_that_nobody_finishes_is_sent():
    """A 500 is held back only until the app has said what becomes of it."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        try:
            raise error_of(testing.FINESSE_UNAUTHORIZED)
        except VendorError:
            await send(start(500))
            raise KeyError from None

    assert sent_before(KeyError, app) == [500]


def test_a_500_in_pieces_is_sent_at_once():
    """Nobody can tell when the last piece comes, so the first one goes out, behind its start."""
    order: list[str] = []

    async def send(message: Any) -> None:
        order.append(message["type"])

    async def app(_scope: Any, _receive: Any, outgoing: Any) -> None:
        try:
            raise error_of(testing.FINESSE_UNAUTHORIZED)
        except VendorError:
            await outgoing(start(500))
            await outgoing({**WHOLE, "more_body": True})
            order.append("a pause")
            await outgoing(WHOLE)

    asyncio.run(ErrnormMiddleware(app)({"type": "http"}, None, send))

    assert order == ["http.response.start", "http.response.body", "a pause", "http.response.body"]


def test_the_names_of_its_headers_are_in_small_letters():
    """ASGI asks for it, and HTTP/2 (RFC 9113, section 8.2.1) takes no others."""

    async def app(*_: Any) -> None:
        raise error_of(testing.FINESSE_OUT_OF_SERVICE)

    names = [name for name, _ in run(app, {"type": "http"})[0]["headers"]]

    assert names == [b"content-type", b"content-length", b"retry-after"]


def test_a_500_of_the_apps_own_is_sent_at_once():
    """It goes out before a background task begins, not only when the app has returned."""
    order: list[str] = []

    async def send(message: Any) -> None:
        order.append(message["type"])

    async def app(_scope: Any, _receive: Any, outgoing: Any) -> None:
        await outgoing(start(500))
        await outgoing(WHOLE)
        order.append("background task")

    asyncio.run(ErrnormMiddleware(app)({"type": "http"}, None, send))

    assert order == ["http.response.start", "http.response.body", "background task"]


def test_a_500_that_is_held_outlives_a_cancelled_task():
    """What waits for the end of the app is sent also where that end is a cancellation."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        try:
            raise error_of(testing.FINESSE_UNAUTHORIZED)
        except VendorError:
            await send(start(500))
            await send(WHOLE)
            raise asyncio.CancelledError from None

    assert sent_before(asyncio.CancelledError, app) == [500, b"own"]


def test_a_500_that_the_app_makes_of_the_error_and_keeps_is_sent():
    """The app has dealt with the error itself: its answer stands."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await answer_for_an_error(send, 500)

    assert [message.get("status", message.get("body")) for message in run(app, {"type": "http"})] == [
        500,
        b"own",
    ]


@pytest.mark.parametrize("status", [400, 502, 503])
def test_another_status_is_sent_at_once_and_not_replaced(status: int):
    """Only the catch-all 500 of a framework waits: what an app says with care is its answer."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await answer_for_an_error(send, status)
        raise error_of(testing.FINESSE_UNAUTHORIZED)

    assert sent_before(VendorError, app) == [status, b"own"]


def test_nothing_is_added_to_a_response_that_has_begun():
    """The error is raised on after what was sent, and no second start follows."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send(start(200))
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        raise error_of(testing.FINESSE_UNAUTHORIZED)

    assert sent_before(VendorError, app) == [200, b"begun"]


def test_one_safe_line_is_logged(caplog: pytest.LogCaptureFixture):
    """The server sees a finished response, so the log says what it was, and nothing private."""

    async def app(*_: Any) -> None:
        raise error_of(PRIVATE)

    with caplog.at_level(logging.WARNING):
        run(app, {"type": "http"})

    assert [record.name for record in caplog.records] == ["errnorm.middleware"]
    assert "its answer is 502: cisco-finesse" in caplog.text
    assert "secret" not in caplog.text


def test_a_fault_of_ours_leaves_the_error_as_it_is(monkeypatch: pytest.MonkeyPatch):
    """Where errnorm fails to write the answer, the app's own error goes its own way."""
    monkeypatch.setattr(_answer, "to_problem", lambda _: 1 / 0)

    async def app(*_: Any) -> None:
        raise error_of(PRIVATE)

    with pytest.raises(VendorError):
        run(app, {"type": "http"})
