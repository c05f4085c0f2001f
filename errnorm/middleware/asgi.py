"""ASGI: an escaped `VendorError` becomes a problem document.

    app.add_middleware(ErrnormMiddleware)     # Starlette, FastAPI
    app = ErrnormMiddleware(app)              # any ASGI app

In Starlette and FastAPI the stack is, from the outside: ServerErrorMiddleware, the app's own
middleware, ExceptionMiddleware, the routes. An exception handler of the app therefore comes first,
and the catch-all 500 last.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from errnorm.middleware._answer import Answer, answer_to, vendor_error_in

__all__ = ["ErrnormMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_START, _BODY = "http.response.start", "http.response.body"


class ErrnormMiddleware:
    """An ASGI app that answers with a problem document where the app inside raises a `VendorError`.

    The status is the category's `gateway_status`, `Retry-After` goes with it when known, and nothing
    private is in the body. Other exceptions, websockets and lifespan pass through; where the response
    has started, the error is raised on.

    Args:
        app: the app inside.

    Example:
        >>> import asyncio, errnorm
        >>> async def view(scope, receive, send):
        ...     raise errnorm.VendorError(errnorm.normalize(b"", status=401))
        >>> async def show(message):
        ...     print(message.get("status", message.get("body", b"")[:29]))
        >>> asyncio.run(ErrnormMiddleware(view)({"type": "http"}, None, show))
        502
        b'{"type":"about:blank","title"'
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app inside."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        outgoing = _Outgoing(send)
        try:
            await self.app(scope, receive, outgoing)
        except BaseException as error:  # also where the call is cancelled: what is held is the app's own
            answered = None if outgoing.started else answer_to(error)
            if answered is None:
                await outgoing.release()
                raise
            await _send_answer(answered, send)
        else:
            await outgoing.release()


class _Outgoing:
    """The way out for the app's response; it knows whether the response has started.

    Around a whole Starlette app, ServerErrorMiddleware has sent its 500 when the error arrives here: it
    sends from inside its `except`, so the error can be seen while it sends. A 500 of one piece that comes
    so waits until the app has returned or raised; any other response goes out at once.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: list[Message] = []
        self.started = False

    async def __call__(self, message: Message) -> None:
        if self._may_be_replaced(message):
            self._held.append(message)
            return
        await self.release()
        await self._pass(message)

    def _may_be_replaced(self, message: Message) -> bool:
        if message["type"] == _START:
            return bool(message["status"] == 500) and vendor_error_in(sys.exception()) is not None
        return bool(self._held) and not message.get("more_body", False)

    async def release(self) -> None:
        """Send what was held back."""
        held, self._held = self._held, []
        for message in held:
            await self._pass(message)

    async def _pass(self, message: Message) -> None:
        self.started = self.started or message["type"] == _START
        await self._send(message)


async def _send_answer(answer: Answer, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    await send({"type": _START, "status": answer.status, "headers": headers})
    await send({"type": _BODY, "body": answer.body})
