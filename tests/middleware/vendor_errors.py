"""Errors as clients raise them, for the tests of servers."""

from __future__ import annotations

import errnorm
from errnorm import VendorError
from errnorm.testing import Sample

PRIVATE = Sample(
    b"<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType><ErrorMessage>secret-message</ErrorMessage>"
    b"<ErrorData>secret-target</ErrorData><secretMember>secret-extra</secretMember></ApiError></ApiErrors>",
    400,
    {"X-Request-Id": "secret-id"},
)


def error_of(sample: Sample, url: str | None = None) -> VendorError:
    """Give the error that a client would raise on a sample."""
    body, status, headers = sample
    return VendorError(errnorm.normalize(body, status=status, headers=headers, url=url))
