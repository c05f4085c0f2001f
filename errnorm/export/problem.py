"""A record as a problem document (RFC 9457), for the callers of a server that called a vendor."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime
from http import HTTPStatus
from math import ceil
from typing import Any

from errnorm.catalog import Catalog
from errnorm.export._fields import FIELDS, answer_of, found, in_utc, nested, record_of
from errnorm.export._page import page_of
from errnorm.export.safe import safe_fields
from errnorm.record import ErrorRecord
from errnorm.vocabulary import Decision

__all__ = ["MEDIA_TYPE", "PLACES", "from_problem", "retry_after", "to_problem"]

MEDIA_TYPE = "application/problem+json"

PLACES: Mapping[str, str] = {name: name for name in FIELDS} | {
    "type": "error_type",
    "status": "upstream_status",
    "entry.id": "entry",
    "entry.title": "entry_title",
    "entry.docs_url": "entry_docs_url",
}
"""Where each field stands; `type`, `title` and `status` are members of the problem document itself."""


def to_problem(record: ErrorRecord, *, faithful: bool = False) -> dict[str, Any]:
    """Give the problem document that a gateway answers with; nothing private is in it.

    The status is the category's `gateway_status`: a vendor's 401 is about *our* credentials, so our
    caller gets a 502 and is not asked to sign in.

    Args:
        record: the error of the vendor.
        faithful: every field of the record, also what is private: for a caller inside your own walls.

    Returns:
        The members of RFC 9457, section 3.1 (`type` is the page about the error that the catalog
        names, or `about:blank`), and as extension members those of `safe_fields` and the codes that the
        catalog knows, `error_type`, `code` and `subcode`.

    Example:
        >>> import errnorm
        >>> problem = to_problem(errnorm.normalize(b"", status=401).first)
        >>> problem["status"], problem["title"], problem["category"]
        (502, 'Bad Gateway', 'authentication')
    """
    said = answer_of(record, faithful=faithful)
    own = nested((PLACES[name], value) for name, value in said.items())
    safe = safe_fields(record)
    status = record.category.gateway_status
    page = page_of(record.entry)
    # Section 4.2.1: beside `about:blank` stands the phrase of the status, and nothing more exact.
    title = record.entry.title if record.entry and page else HTTPStatus(status).phrase
    return {
        "type": page or "about:blank",
        "title": title,
        "status": status,
        "detail": record.summary(),
        **(safe | own | {"retry": safe["retry"] | own.get("retry", {})}),
    }


def from_problem(problem: Mapping[str, Any], *, catalog: Catalog | None = None) -> ErrorRecord:
    """Read what `to_problem` gave: a service behind yours sees the vendor's error, not yours.

    Args:
        problem: the document. One of anybody else's is read by `errnorm.normalize`.
        catalog: where to look the entry up; `errnorm.catalog()` if not given.

    Returns:
        A record with every field that went out; a faithful document gives an equal one, see `PLACES`.

    Raises:
        InvalidRecord: when errnorm did not write it.

    Example:
        >>> import errnorm
        >>> record = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first
        >>> from_problem(to_problem(record)).summary() == record.summary()
        True
    """
    return record_of(found(problem, PLACES), catalog)


def retry_after(record: ErrorRecord) -> str | None:
    """Give the Retry-After (RFC 9110, section 10.2.3) for our own caller.

    Args:
        record: the error of the vendor.

    Returns:
        Whole seconds, or a date where the vendor named one and no clock of its own; None where
        nobody said when, or where a repeat would fail again however long the caller waits.

    Example:
        >>> import errnorm
        >>> retry_after(errnorm.normalize(b"", status=503, headers={"Retry-After": "2.5"}).first)
        '3'
    """
    advice = record.retry
    if advice.decision is not Decision.RETRY:
        return None
    if advice.delay is not None:
        return str(ceil(advice.delay))
    return format_datetime(in_utc(advice.not_before), usegmt=True) if advice.not_before else None
