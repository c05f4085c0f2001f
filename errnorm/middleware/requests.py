"""requests: records on responses, for a whole session or by an adapter.

`install` stands around `Session.send` and sees a response when the hooks of the session, and with them
digest authentication, are done. An adapter stands inside: with `raise_on_error` it leaves 401 and 407 to
the caller, because a hook may answer them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any, Unpack

from errnorm.exceptions import VendorError
from errnorm.middleware._guard import Peek, Watch, WatchOptions, needs, peek_at

try:
    import requests
    from requests.adapters import BaseAdapter, HTTPAdapter
    from requests.exceptions import ContentDecodingError
    from urllib3 import HTTPResponse
except ImportError as error:
    raise needs("requests") from error

__all__ = ["ErrnormAdapter", "install"]

_PIECE = 64 * 1024


def install(session: requests.Session, **options: Unpack[WatchOptions]) -> None:
    """Put errnorm around a session: each response that it gives has its result at `response.errnorm`.

    The result is None where nothing was looked at. A session that is copied or pickled leaves errnorm
    behind, as it does with its hooks' state; install it again.

    Args:
        session: whatever adapters, hooks and authentication it has stay as they are.
        **options: see `errnorm.middleware._guard.WatchOptions`.

    Example:
        >>> session = requests.Session()
        >>> install(session, raise_on_error=True)
        >>> session.close()
    """
    watch, send = Watch(**options), session.send

    def send_and_look(*args: Any, **keywords: Any) -> requests.Response:  # noqa: ANN401 - those of `send`
        return _look(watch, send(*args, **keywords), is_final=True)

    session.send = send_and_look  # type: ignore[method-assign]


class ErrnormAdapter(BaseAdapter):
    """An adapter that leaves the result of each error at `response.errnorm`.

    Args:
        wrapped: the adapter that does the work; `requests.adapters.HTTPAdapter()` without one.
        **options: see `errnorm.middleware._guard.WatchOptions`.

    Example:
        >>> session = requests.Session()
        >>> session.mount("https://finesse.example.com", ErrnormAdapter(HTTPAdapter(max_retries=2)))
        >>> session.close()
    """

    def __init__(self, wrapped: BaseAdapter | None = None, **options: Unpack[WatchOptions]) -> None:
        super().__init__()
        self._watch = Watch(**options)
        self._wrapped = wrapped or HTTPAdapter()

    def send(self, *args: Any, **keywords: Any) -> requests.Response:  # noqa: ANN401 - those of the wrapped one
        """Send the request with the wrapped adapter, and look at an error's body."""
        response = self._wrapped.send(*args, **keywords)
        # Digest sends its second request through the adapter that it finds on the first response.
        response.connection = self  # type: ignore[assignment] # the stubs know HTTPAdapter alone
        return _look(self._watch, response, is_final=False)

    def close(self) -> None:
        """Close the wrapped adapter."""
        self._wrapped.close()


def _look(watch: Watch, response: requests.Response, *, is_final: bool) -> requests.Response:
    try:
        peek = _peek(watch, response)
        error = _judge(watch, response, peek, is_final=is_final)
    except BaseException:
        response.close()
        raise
    if error is None:
        return response
    if peek and peek.is_whole:
        with suppress(ContentDecodingError):
            response.content  # noqa: B018 - it reads: all of it is here, and `error.response.text` works
    response.close()
    raise error


def _peek(watch: Watch, response: requests.Response) -> Peek | None:
    """Read ahead where nobody has begun to read; the response then hands on what was read."""
    status, raw = response.status_code, response.raw
    # An adapter of another kind has a `raw` of its own, which we do not know how to put together again.
    if not watch.looks_at(status) or hasattr(response, "errnorm") or not isinstance(raw, HTTPResponse):
        return None
    has_body = watch.has_body(response.request.method or "", status, response.headers.get("content-type"))
    if not has_body or raw.closed or raw.tell():
        return None
    rest = _pieces(raw)
    peek = peek_at(rest, watch)
    response.raw = _Replay(raw, peek, rest)
    return peek


def _pieces(raw: HTTPResponse) -> Iterator[bytes]:
    """Give the body as it comes: packed as it is, a chunk at a time where it is chunked."""
    if raw.chunked and raw.supports_chunked_reads():
        yield from raw.stream(_PIECE, decode_content=False)
        return
    while not raw.closed and (piece := raw.read1(_PIECE, decode_content=False)):
        yield piece


def _judge(
    watch: Watch, response: requests.Response, peek: Peek | None, *, is_final: bool
) -> VendorError | None:
    """Leave the result on the response; give the error to raise, if it is to be raised."""
    status = response.status_code
    if not hasattr(response, "errnorm"):
        body = peek.start if peek else _content(response)
        looked = watch.looks_at(status)
        result = watch.result(body, status, response.headers, response.url) if looked else None
        vars(response)["errnorm"] = result
    result = vars(response)["errnorm"]
    # Where the body broke off, the client's own exception comes when the caller reads, as without errnorm.
    broken = peek is not None and peek.failure is not None
    raises = not broken and watch.raises(result, status, is_final=is_final)
    return VendorError(result, response) if raises else None


def _content(response: requests.Response) -> bytes:
    """Give the body where the session has read it already; a stream is left alone."""
    consumed = getattr(response, "_content_consumed", False)
    return (consumed and response._content) or b""  # noqa: SLF001 - `content` would begin to read


class _Replay(HTTPResponse):
    """A response of urllib3 whose first bytes were read ahead.

    It unpacks what comes through `_Source` as urllib3 does, and leaves the connection to the response
    that was read from.
    """

    def __init__(self, inner: HTTPResponse, peek: Peek, rest: Iterator[bytes]) -> None:
        self._inner = inner
        super().__init__(
            body=_Source(inner, peek, rest),  # type: ignore[arg-type] # a file in all that urllib3 asks for
            headers=inner.headers,
            status=inner.status,
            version=inner.version,
            reason=inner.reason,
            preload_content=False,
            decode_content=inner.decode_content,
            original_response=inner._original_response,  # noqa: SLF001 - requests finds cookies there
            msg=inner.msg,
            retries=inner.retries,
            enforce_content_length=inner.enforce_content_length,
            request_url=inner.url,
        )
        self.version_string = getattr(inner, "version_string", "HTTP/?")

    def stream(
        self,
        amt: int | None = _PIECE,
        decode_content: bool | None = None,  # noqa: FBT001 - as urllib3 has it
    ) -> Generator[bytes, None, None]:
        """Give the body in pieces: of a chunked one what has come, else as much as was asked for."""
        if not self.chunked:
            yield from super().stream(amt, decode_content)
            return
        while piece := self.read1(amt, decode_content):
            yield piece

    def read_chunked(
        self,
        amt: int | None = None,
        decode_content: bool | None = None,  # noqa: FBT001 - as urllib3 has it
    ) -> Generator[bytes, None, None]:
        """Give a chunked body in pieces."""
        yield from self.stream(amt, decode_content)

    @property
    def connection(self) -> Any:  # noqa: ANN401 - as urllib3 has it
        """The connection, while it is not back in its pool."""
        return self._inner.connection

    def release_conn(self) -> None:
        """Give the connection back to its pool."""
        self._inner.release_conn()

    def close(self) -> None:
        """Close the response, and its connection where there was more to read."""
        self._inner.close()
        super().close()


class _Source:
    """What was read ahead and then the rest, as a file of packed bytes."""

    def __init__(self, inner: HTTPResponse, peek: Peek, rest: Iterator[bytes]) -> None:
        self._inner = inner
        self._peek = peek
        self._pieces = chain(peek.replay(), rest)
        self._left = b""
        self._failure: Exception | None = None
        self._is_over = False

    @property
    def closed(self) -> bool:
        """Tell whether everything was handed on, as `http.client.HTTPResponse` does."""
        waiting = self._left or self._peek.pieces or self._peek.failure or self._failure
        return self._is_over or (not waiting and self._inner.closed)

    def close(self) -> None:
        """Hand nothing more on."""
        self._is_over = True
        self._inner.close()

    def read1(self, amt: int | None = None) -> bytes:
        """Give what is there, at most `amt` bytes; wait only where nothing is."""
        if not self._left:
            self._left = self._next()
        size = len(self._left) if amt is None or amt < 0 else amt
        data, self._left = self._left[:size], self._left[size:]
        return data

    def read(self, amt: int | None = None) -> bytes:
        """Give `amt` bytes, or what there is until the end."""
        found: list[bytes] = []
        missing = amt
        while missing is None or missing > 0:
            try:
                piece = self.read1(missing)
            except Exception as failure:
                # As http.client: what came before the break is handed on first, unless all was asked for
                # or a chunk is not whole.
                if amt is None or not found or self._inner.chunked:
                    raise
                self._failure = failure
                break
            if not piece:
                break
            found.append(piece)
            missing = None if missing is None else missing - len(piece)
        return b"".join(found)

    def _next(self) -> bytes:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        try:
            return next(self._pieces, b"")
        except Exception:
            self._peek.failure = None
            raise
