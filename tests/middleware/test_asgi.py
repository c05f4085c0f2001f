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


def test_a_500_that_nobody_finishes_is_sent():
    """A 500 is held back only until the app has said what becomes of it."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        raise KeyError("a bug")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(KeyError):
        asyncio.run(ErrnormMiddleware(app)({"type": "http"}, None, send))

    assert [message["type"] for message in sent] == ["http.response.start"]


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
