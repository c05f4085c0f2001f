"""Bodies of each vendor, all different: the number stands where a real body has an id or a name."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FINESSE", "HEADERS", "finesse", "genesys", "gwe", "headers", "page", "zoom"]

FINESSE = (
    Path(__file__).parent.parent / "fixtures" / "cisco-finesse" / "rest-12-5-peripheral.xml"
).read_bytes()

HEADERS = {
    "Server": "Apache",
    "Content-Type": "application/xml;charset=UTF-8",
    "Content-Length": "474",
    "Cache-Control": "no-cache, no-store",
    "X-Frame-Options": "SAMEORIGIN",
    "Strict-Transport-Security": "max-age=31536000",
    "Connection": "keep-alive",
}
"""What a server sends with an error, but for the `Date`."""


def headers(n: int) -> dict[str, str]:
    """Give headers whose `Date` is that of the n-th second."""
    minutes, seconds = divmod(n, 60)
    hours, minutes = divmod(minutes, 60)
    return {**HEADERS, "Date": f"Sat, 21 Nov 2026 {hours % 24:02}:{minutes:02}:{seconds:02} GMT"}


def finesse(n: int) -> bytes:
    """Give REST XML with all three peripheral members (12.5 guide), `ErrorData` filled."""
    return FINESSE.replace(b"<ErrorData></ErrorData>", b"<ErrorData>agent%07d</ErrorData>" % n)


def zoom(n: int) -> bytes:
    """Give a `session_error` event of the Cobrowse SDK."""
    return (
        b'{"event": "session_error", "payload": {"code": 1011, '
        b'"errorMsg": "Session does not exist or has ended.", "sessionId": "session-%07d"}}' % n
    )


def genesys(n: int) -> bytes:
    """Give an `EventError` of the chat API in a Bayeux envelope."""
    return (
        b'[{"id": "%d", "clientId": "client-3", "channel": "/chat/session-%07d", '
        b'"data": {"type": "EventError", '
        b'"error": {"code": 100, "description": "Chat Server is not available"}}}]' % (n, n)
    )


def gwe(n: int) -> bytes:
    """Give a body of Genesys Web Engagement under a status: the usual members."""
    return (
        b'{"title": "Missing parameter", "message": "Parameter visitId of visit-%07d is required", '
        b'"code": 1103, "uri": "/server/data/visits"}' % n
    )


def page(n: int, size: int = 65_536) -> bytes:
    """Give the error page of a proxy: a title, a style sheet, and a table that fills it."""
    top = (
        b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>%s</style></head>"
        b"<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center><p>Request %07d</p><table>"
        % (b".row { color: #333; margin: 0 }\n" * (size // 256), n)
    )
    row = b"<tr><td class=row>proxy.example.com</td><td>upstream prematurely closed connection</td></tr>\n"
    end = b"</table></body></html>"
    return top + row * ((size - len(top) - len(end)) // len(row)) + end
