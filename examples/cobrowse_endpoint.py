"""Take the `session_error` payloads that a page of Zoom Cobrowse posts, and log them as records.

    uvicorn --app-dir examples cobrowse_endpoint:app

The page sends what the SDK gave it, to its own server:

    session.on("session_error", (error) => {
      navigator.sendBeacon("/cobrowse/errors", JSON.stringify({ event: "session_error", payload: error }));
    });

Anybody can post here, so the body is bounded, nothing in it is believed, and the log gets safe fields only.
"""

from __future__ import annotations

import logging

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import errnorm
from errnorm.export.safe import safe_fields

MOST_BYTES = 64 * 1024
log = logging.getLogger("cobrowse")


async def read_bounded(request: Request) -> bytes | None:
    """Give the body; None as soon as it is longer than any payload of the SDK."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return body


async def take_error(request: Request) -> Response:
    """Log what a browser reports; a beacon waits for no answer, so there is none."""
    body = await read_bounded(request)
    if body is None:
        return Response(status_code=413)
    # The page is ours, so the vendor is known, also for a text or for half a payload.
    for record in errnorm.normalize(body, vendor="zoom-cobrowse"):
        log.warning("cobrowse: %s", record, extra={"errnorm": safe_fields(record)})
    return Response(status_code=204)


app = Starlette(routes=[Route("/cobrowse/errors", take_error, methods=["POST"])])
