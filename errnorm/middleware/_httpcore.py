"""Whether the next piece of a body of httpx can be had without a wait.

httpx reads with httpcore, and a read that has begun there cannot be given up without closing the
connection. So errnorm looks first: at what httpcore has buffered, then at the socket. The buffers have no
public name; where they are not found (a transport of another kind) a piece is waited for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from errnorm.middleware._guard import Peek
from errnorm.rewind import is_readable

__all__ = ["coming", "is_all_here"]

_THEIRS = ("httpx", "httpcore")
# The end of the chunk before, the head of a chunk, and at least one byte of it.
_CHUNK = re.compile(rb"(?:\r?\n)?+[^\n]+\n.", re.DOTALL)


def coming(
    request: httpx.Request, response: httpx.Response, stream: object, peek: Peek
) -> Callable[[], bool]:
    """Give a function that waits for the next piece of a body, as long as a look at it may.

    Args:
        request: what was asked, with the read timeout of its caller.
        response: what was answered.
        stream: the stream of the response.
        peek: what has come so far.

    Returns:
        A function that gives False where the time is over and nothing has come.
    """
    if is_all_here(response, stream):
        return _always
    below, network = _stream_of_httpcore(stream), response.extensions.get("network_stream")
    connection = network.get_extra_info("socket") if network else None
    if below is None or connection is None:
        return _always
    return partial(_comes_in_time, request, response, below, connection, peek)


def is_all_here(response: httpx.Response, stream: object) -> bool:
    """Tell whether a body came in one piece with its head, as most errors do: then nobody waits for it.

    Args:
        response: what was answered.
        stream: the stream of the response, of which nothing has been read.
    """
    below: Any = _stream_of_httpcore(stream) if _are_all_theirs(stream) else None
    state = getattr(getattr(below, "_connection", None), "_h11_state", None)
    if state is None or hasattr(below, "_stream_id") or "transfer-encoding" in response.headers:
        return False
    buffered, _ = state.trailing_data
    announced: str | None = response.headers.get("content-length")
    return announced == str(len(buffered))


def _are_all_theirs(stream: object) -> bool:
    """Tell whether no stream of somebody else is among those around the connection: it may wait by itself."""
    while stream is not None:
        if type(stream).__module__.partition(".")[0] not in _THEIRS:
            return False
        stream = _below(stream)
    return True


def _always() -> bool:
    return True


def _comes_in_time(
    request: httpx.Request,
    response: httpx.Response,
    stream: Any,  # noqa: ANN401 - of httpcore
    connection: Any,  # noqa: ANN401 - a socket, perhaps with TLS
    peek: Peek,
) -> bool:
    left, timeout = peek.seconds_left(), request.extensions.get("timeout", {}).get("read")
    if timeout is not None and timeout <= left:
        return True  # the caller's own clock ends first
    if _is_buffered(stream, response, peek) or getattr(connection, "pending", int)():
        return True
    return is_readable(connection, left)


def _stream_of_httpcore(stream: Any) -> Any:  # noqa: ANN401 - of httpx, then of httpcore
    """Give the stream that knows its connection, below those that are wrapped around it."""
    while stream is not None and not hasattr(stream, "_connection"):
        stream = _below(stream)
    return stream


def _below(stream: object) -> Any:  # noqa: ANN401 - of httpx, then of httpcore
    return getattr(stream, "_httpcore_stream", None) or getattr(stream, "_stream", None)


def _is_buffered(stream: Any, response: httpx.Response, peek: Peek) -> bool:  # noqa: ANN401 - of httpcore
    """Tell whether httpcore has the next piece, or the end, without reading."""
    connection = stream._connection  # noqa: SLF001
    if hasattr(stream, "_stream_id"):  # HTTP/2
        return bool(connection._events.get(stream._stream_id))  # noqa: SLF001
    buffered, is_over = connection._h11_state.trailing_data  # noqa: SLF001
    if "transfer-encoding" in response.headers:
        return is_over or _CHUNK.match(buffered) is not None
    return is_over or bool(buffered) or response.headers.get("content-length") == str(len(peek.start))
