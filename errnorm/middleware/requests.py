"""requests: records on responses, for a whole session or by an adapter.

`install` stands around `Session.send` and sees a response when the hooks of the session, and with them
digest authentication, are done. An adapter stands inside: with `raise_on_error` it leaves 401 and 407 to
the caller, because a hook may answer them.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from http.client import HTTPResponse
from typing import Any, Unpack

from errnorm.exceptions import InvalidArgument, VendorError
from errnorm.middleware._guard import Watch, WatchOptions, guarded, named, needs
from errnorm.rewind import Start, peek

try:
    import requests
    from requests.adapters import BaseAdapter, HTTPAdapter
    from requests.exceptions import ContentDecodingError
    from urllib3 import HTTPResponse as Urllib3Response
except ImportError as error:
    raise needs("requests") from error

__all__ = ["ErrnormAdapter", "install"]


def install(session: requests.Session, **options: Unpack[WatchOptions]) -> None:
    """Put errnorm around a session: each response that it gives has its result at `response.errnorm`.

    The result is None where nothing was looked at. A session that is copied or pickled leaves errnorm
    behind, as it does with its hooks' state; install it again.

    Args:
        session: whatever adapters, hooks and authentication it has stay as they are.
        **options: see `errnorm.middleware._guard.WatchOptions`.

    Raises:
        InvalidArgument: where it is no session, or an option is wrong.

    Example:
        >>> session = requests.Session()
        >>> install(session, raise_on_error=True)
        >>> session.close()
    """
    if not isinstance(session, requests.Session):
        raise InvalidArgument(
            f"install was given {named(session)}, which is no session of requests. Give a requests.Session()."
        )
    watch, send, running = Watch(**options), session.send, threading.local()

    def send_and_look(*args: Any, **keywords: Any) -> requests.Response:  # noqa: ANN401 - those of `send`
        if getattr(running, "send", False) and keywords.get("allow_redirects") is False:
            return send(*args, **keywords)  # the next hop of a redirect: the session is not done yet
        before, running.send = getattr(running, "send", False), True
        try:
            response = send(*args, **keywords)
        finally:
            running.send = before
        return _look(watch, response, is_final=True)

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
        if not isinstance(wrapped, BaseAdapter | None):
            raise InvalidArgument(
                f"ErrnormAdapter was given {named(wrapped)}, which is no adapter. "
                "Give a requests.adapters.HTTPAdapter(), or nothing."
            )
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
    if not guarded(watch.looks_at, response.status_code):
        vars(response).setdefault("errnorm", None)
        return response
    try:
        start = guarded(_peek, watch, response)
        error = guarded(_judge, watch, response, start, is_final=is_final)
        if error is not None:
            _read_or_close(response, is_whole=start is not None and start.is_whole)
    except BaseException:  # Ctrl-C: nobody will have the response
        response.close()
        raise
    if error is not None:
        raise error
    return response


def _peek(watch: Watch, response: requests.Response) -> Start | None:
    """Look at the beginning of a body that nobody has begun to read; it stays to be read."""
    status, below = response.status_code, _below(response)
    if below is None or hasattr(response, "errnorm"):
        return None
    if not watch.has_body(response.request.method or "", status, response.headers.get("content-type")):
        return None
    return peek(below, watch.peek_bytes, watch.peek_seconds)


def _below(response: requests.Response) -> HTTPResponse | None:
    """Give the response of http.client that an unread body comes from; another adapter may have none."""
    raw = response.raw
    below = raw._fp if isinstance(raw, Urllib3Response) and not raw.tell() else None  # noqa: SLF001 - urllib3 has it nowhere else
    return below if isinstance(below, HTTPResponse) and not below.isclosed() else None


def _judge(
    watch: Watch, response: requests.Response, start: Start | None, *, is_final: bool
) -> VendorError | None:
    """Leave the result on the response; give the error to raise, if it is to be raised."""
    status = response.status_code
    if not hasattr(response, "errnorm"):
        vars(response)["errnorm"] = None  # also where errnorm fails in the next lines
        body = start.data if start else _content(response)
        vars(response)["errnorm"] = watch.result(body, status, response.headers, response.url)
    result = vars(response)["errnorm"]
    # Where the body broke off, the client's own exception comes when the caller reads, as without errnorm.
    broken = start is not None and start.is_broken
    if result is None or broken or not watch.raises(result, status, is_final=is_final):
        return None
    return VendorError(result, response)


def _read_or_close(response: requests.Response, *, is_whole: bool) -> None:
    """Make the response of an error readable where its body is all here, and let its connection go."""
    if is_whole:
        with suppress(ContentDecodingError):
            response.content  # noqa: B018 - it reads
    response.close()
    # A body that was left would look empty from now on; so `content` says that it is gone.
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001 - requests has no other way


def _content(response: requests.Response) -> bytes:
    """Give the body where the session has read it already; a stream is left alone."""
    return response._content or b""  # noqa: SLF001 - `content` would begin to read
