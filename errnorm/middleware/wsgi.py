"""WSGI: an escaped `VendorError` becomes a problem document.

    app = ErrnormMiddleware(app)                           # any WSGI app that lets exceptions out
    app.register_error_handler(VendorError, answer)        # Flask, which does not

Flask makes a plain 500 of every exception before a middleware can see it. Its error handlers take the
tuple that `answer` gives. For Django see `errnorm.middleware.django`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from itertools import chain
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from errnorm.middleware._answer import answer, note, vendor_error_in, written
from errnorm.middleware._guard import guarded

__all__ = ["ErrnormMiddleware", "answer"]


class ErrnormMiddleware:
    """A WSGI app that answers with a problem document where the app inside raises a `VendorError`.

    It may raise before it answers or while its body is read. Once the headers are sent, the server
    raises the error on (PEP 3333, `exc_info`).

    Args:
        app: the app inside.

    Example:
        >>> import errnorm
        >>> def view(environ, start_response):
        ...     raise errnorm.VendorError(errnorm.normalize(b"", status=504))
        >>> def start_response(status, headers, exc_info=None):
        ...     print(status, dict(headers)["Content-Type"])
        >>> chunks = ErrnormMiddleware(view)({"REQUEST_METHOD": "GET"}, start_response)
        504 Gateway Timeout application/problem+json
    """

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Run the app inside."""
        try:
            chunks = self.app(environ, start_response)
        except Exception as error:
            chunk = _answered(error, environ, start_response)
            if chunk is None:
                raise
            return [chunk]
        return chunks if _is_ready(chunks, environ) else _Watched(chunks, environ, start_response)


def _is_ready(chunks: Iterable[bytes], environ: WSGIEnvironment) -> bool:
    """Tell whether nothing can be raised in it, and the server looks at what it is.

    A server takes the length of a list, and hands a file on to the kernel.
    """
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(chunks, list | tuple) or (isinstance(wrapper, type) and isinstance(chunks, wrapper))


def _answered(error: Exception, environ: WSGIEnvironment, start_response: StartResponse) -> bytes | None:
    """Start the answer and give its body; None where the error is no vendor's."""
    found = vendor_error_in(error)
    made = None if found is None else guarded(written, found)
    if found is None or made is None:
        return None
    status = f"{made.status} {HTTPStatus(made.status).phrase}"
    # PEP 3333: with exc_info it replaces headers that were set, and raises where they were sent.
    start_response(status, list(made.headers.items()), sys.exc_info())
    note(found, made)
    return b"" if environ.get("REQUEST_METHOD") == "HEAD" else made.body


class _Watched:
    """The chunks of a body, with an eye on what is raised while they are made."""

    def __init__(
        self, chunks: Iterable[bytes], environ: WSGIEnvironment, start_response: StartResponse
    ) -> None:
        self._chunks = chunks
        self._iterator = chain.from_iterable((chunks,))  # its own `iter` may raise, so it is called in `next`
        self._environ = environ
        self._start_response = start_response

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._iterator)
        except StopIteration:
            raise
        except Exception as error:
            chunk = _answered(error, self._environ, self._start_response)
            if chunk is None:
                raise
            self._iterator = chain()
            return chunk

    def close(self) -> None:
        """Close the app's own body, as PEP 3333 asks for in every case."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
