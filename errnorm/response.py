"""The response object of an HTTP client, read without knowing the client.

It knows them by what they have, so that none of them need be installed: httpx and requests have
`status_code` and `content`, urllib3 has `data`, aiohttp has a `read` to await, and http.client has a
`read` that gives the body once.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any, TypeAlias, overload

from errnorm.exceptions import InvalidArgument, VendorError
from errnorm.normalizer import Normalizer, normalize
from errnorm.record import Result

__all__ = ["AnyResponse", "attached", "from_response", "raise_for_error"]

_BOUND = 64 * 1024

AnyResponse: TypeAlias = Any
"""The response object of any client: what it is called differs, and so does nearly everything it has."""


def from_response(
    response: AnyResponse,
    *,
    vendor: str | None = None,
    normalizer: Normalizer | None = None,
) -> Result:
    """Turn the response object of an HTTP client into normalized records.

    A result that a middleware has left on the response is taken as it is. A body that has not been read
    is looked at only where it is an error's: a success that is still streaming is left to the caller.
    requests reads it whole, as `response.content` does. urllib3 is left with all of it to be read, whatever
    was looked at. http.client and urllib give a body once: up to 64 KiB are read, and kept in
    `result.raw.data`.

    Args:
        response: of httpx, requests, urllib3, aiohttp (already read), http.client or urllib.
        vendor: the vendor's name, where the caller knows it.
        normalizer: one of your own, in place of the default one.

    Returns:
        What `normalize` gives for its body, status, headers and url.

    Raises:
        InvalidArgument: when it is no response, or an error whose body is still to be read or is gone.

    Example:
        >>> from io import BytesIO
        >>> from urllib.error import HTTPError
        >>> body = BytesIO(b"<ApiErrors><ApiError><ErrorType>Not Found</ErrorType></ApiError></ApiErrors>")
        >>> url = "https://finesse.example.com/finesse/api/User/agent1001"
        >>> record = from_response(HTTPError(url, 404, "Not Found", {}, body)).first
        >>> record.vendor, record.type, record.status, str(record.category)
        ('cisco-finesse', 'Not Found', 404, 'not_found')
    """
    known = attached(response) if vendor is None and normalizer is None else None
    if known is not None:
        return known
    status = _status_of(response)
    body = None if status < 400 and not _was_read(response) else _body_of(response)
    if body is None and status >= 400:
        raise InvalidArgument(
            "The body of this response has not been read, or is gone. "
            "Read it first: response.read() of httpx, await response.read() of aiohttp; "
            "where it is gone, call errnorm.normalize with the body that you have."
        )
    read = normalizer.normalize if normalizer else normalize
    return read(body, status=status, headers=response.headers, url=_url_of(response), vendor=vendor)


@overload
def raise_for_error(response_or_result: None) -> None: ...  # pyright: ignore[reportOverlappingOverload] # a response may be of any type


@overload
def raise_for_error(response_or_result: AnyResponse | Result) -> Result: ...


def raise_for_error(response_or_result: AnyResponse | Result | None) -> Result | None:
    """Raise `VendorError` where a response or a result is an error.

    Args:
        response_or_result: what `from_response` takes, what it gave, or what a middleware has left: None
            where nothing was looked at, and that is no error.

    Returns:
        The result, where it is no error: a Genesys notice stands in it. None for None.

    Raises:
        VendorError: when a record is `warning` or worse.
        InvalidArgument: as in `from_response`.

    Example:
        >>> import errnorm
        >>> errnorm.raise_for_error(errnorm.normalize(b"", status=503))
        Traceback (most recent call last):
        errnorm.exceptions.VendorError: unknown empty: The service is out of order for the moment
        (unavailable); retry the same call.
    """
    if response_or_result is None:
        return None
    if isinstance(response_or_result, Result):
        result, response = response_or_result, None
    else:
        result, response = from_response(response_or_result), response_or_result
    if result.is_error:
        raise VendorError(result, response)
    return result


def attached(response: AnyResponse) -> Result | None:
    """Give the result that a middleware has left on a response, None without one.

    Args:
        response: any client's.

    Returns:
        `response.extensions["errnorm"]` of httpx, `response.errnorm` of the others.
    """
    extensions = getattr(response, "extensions", None)
    if isinstance(extensions, Mapping):
        result = extensions.get("errnorm")
    else:
        result = getattr(response, "errnorm", None)
    return result if isinstance(result, Result) else None


def _status_of(response: AnyResponse) -> int:
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    if isinstance(status, int) and hasattr(response, "headers"):
        return status
    raise InvalidArgument(
        f"response is of type {type(response).__name__}, which has no status and no headers. "
        "Give the response object of an HTTP client, or call errnorm.normalize with the body."
    )


def _was_read(response: AnyResponse) -> bool:
    """Tell whether the client has the whole body already: httpx, requests, then files."""
    for mark in ("is_stream_consumed", "_content_consumed"):
        if hasattr(response, mark):
            return bool(getattr(response, mark))
    return _is_async(response) or bool(response.closed)


def _body_of(response: AnyResponse) -> bytes | None:
    """Give the body, None where it cannot be had any more, or not without waiting."""
    if hasattr(response, "status_code"):
        return _content_of(response)
    if _is_async(response):
        return response._body  # type: ignore[no-any-return]  # noqa: SLF001 - aiohttp has it nowhere else
    if hasattr(type(response), "data"):
        return _data_of(response)
    return _read(response)


def _data_of(response: AnyResponse) -> bytes | None:
    """Give what urllib3 has; of a body that still streams the beginning, and leave all of it to be read."""
    below = getattr(response, "_fp", None)
    if below is None or response._body is not None:  # noqa: SLF001 - there is no other way to know
        return response.data  # type: ignore[no-any-return]
    if response.tell():
        return None
    if not hasattr(below, "chunk_left") or below.isclosed():
        return _read(below)
    from errnorm.rewind import peek  # noqa: PLC0415 - http.client is loaded where its response is

    return peek(below, _BOUND, math.inf).data


def _read(response: AnyResponse) -> bytes | None:
    """Read a body that comes once, None where somebody has begun to."""
    below: Any = getattr(response, "file", response)  # urllib
    if not hasattr(below, "chunk_left"):  # no network: a file
        return None if below.closed or below.tell() else below.read(_BOUND)
    if _has_none(below):
        response.close()
        return b""
    if below.isclosed():
        return None
    announced = below.headers.get("Content-Length")
    is_begun = below.length is not None and str(below.length) != announced
    if is_begun or isinstance(below.chunk_left, int):
        return None
    data: bytes = below.read(_BOUND)
    if len(data) < _BOUND:
        response.close()  # that was all
    return data


def _has_none(below: AnyResponse) -> bool:
    """Tell whether a response of http.client has no body in the first place, read or not."""
    return below._method == "HEAD" or below.headers.get("Content-Length") == "0"  # type: ignore[no-any-return]  # noqa: SLF001 - nobody else knows the method


def _content_of(response: AnyResponse) -> bytes | None:
    try:
        content: bytes = response.content
    except RuntimeError:  # httpx.ResponseNotRead is one; requests raises it once the stream is used up
        return None
    return content


def _is_async(response: AnyResponse) -> bool:
    return inspect.iscoroutinefunction(getattr(response, "read", None))


def _url_of(response: AnyResponse) -> object:
    try:
        return getattr(response, "url", None)
    except RuntimeError:  # httpx raises it on a response that was made without a request
        return None
