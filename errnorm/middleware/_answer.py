"""A vendor's error as the answer of our own server; what ASGI, WSGI and Django share."""

from __future__ import annotations

from logging import getLogger
from typing import NamedTuple

import orjson

from errnorm.exceptions import VendorError
from errnorm.export.problem import MEDIA_TYPE, retry_after, to_problem
from errnorm.middleware._guard import guarded

__all__ = ["Answer", "answer", "answer_to", "note", "vendor_error_in", "written"]

_log = getLogger("errnorm.middleware")


class Answer(NamedTuple):
    """A response in the order that Flask takes one.

    Attributes:
        body: the problem document as JSON.
        status: the HTTP status.
        headers: Content-Type, Content-Length, and Retry-After when known.
    """

    body: bytes
    status: int
    headers: dict[str, str]


def answer(error: VendorError) -> Answer:
    """Give the response for an error of a vendor, and write one safe line to the log.

    Args:
        error: what escaped from a view.

    Returns:
        Body, status and headers: the tuple that a Flask view or error handler may return.

    Example:
        >>> import errnorm
        >>> error = errnorm.VendorError(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse"))
        >>> answer(error).status, answer(error).headers["Content-Type"]
        (502, 'application/problem+json')
    """
    made = written(error)
    note(error, made)
    return made


def written(error: VendorError) -> Answer:
    """Give the response for an error of a vendor, and say nothing: it may not be sent yet."""
    problem = to_problem(error.record)
    body = orjson.dumps(problem)
    headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body))}
    wait = retry_after(error.record)
    if wait is not None:
        headers["Retry-After"] = wait
    return Answer(body, problem["status"], headers)


def note(error: VendorError, made: Answer) -> None:
    """Write one safe line to the log: nobody else will, because the server sees a finished response."""
    _log.warning("A vendor's error escaped from the app; its answer is %d: %s", made.status, error)


def answer_to(error: BaseException) -> Answer | None:
    """Give the response for what escaped from an app; None where it is no vendor's error."""
    found = vendor_error_in(error)
    return None if found is None else guarded(answer, found)


def vendor_error_in(error: BaseException | None) -> VendorError | None:
    """Give the vendor's error that an exception is, or that a group of such errors begins with.

    A task group (asyncio, anyio) raises a group, also around one error alone. A group in which
    anything else failed as well is not taken: a bug beside a vendor's error must stay visible.

    Example:
        >>> import errnorm
        >>> error = errnorm.VendorError(errnorm.normalize(b"", status=503))
        >>> vendor_error_in(ExceptionGroup("unhandled errors", [error])) is error
        True
        >>> vendor_error_in(ExceptionGroup("unhandled errors", [error, KeyError("a bug")]))
    """
    if isinstance(error, BaseExceptionGroup) and error.split(VendorError)[1] is None:
        return vendor_error_in(error.exceptions[0])
    return error if isinstance(error, VendorError) else None
