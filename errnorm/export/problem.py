"""A record as a problem document (RFC 9457), for the callers of a server that called a vendor."""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus
from math import ceil
from typing import Any, TypeGuard
from urllib.parse import quote, urldefrag

from errnorm.export.safe import safe_fields
from errnorm.record import CatalogEntry, ErrorRecord
from errnorm.vocabulary import Decision

__all__ = ["MEDIA_TYPE", "retry_after", "to_problem"]

MEDIA_TYPE = "application/problem+json"


def to_problem(record: ErrorRecord) -> dict[str, Any]:
    """Give the problem document that a gateway answers with; nothing private is in it.

    The status is the category's `gateway_status`: a vendor's 401 is about *our* credentials, so our
    caller gets a 502 and is not asked to sign in.

    Args:
        record: the error of the vendor.

    Returns:
        The members of RFC 9457, section 3.1 (`type` is the page about the error that the catalog
        names, or `about:blank`), and as extension members those of `safe_fields`.

    Example:
        >>> import errnorm
        >>> problem = to_problem(errnorm.normalize(b"", status=401).first)
        >>> problem["status"], problem["title"], problem["category"]
        (502, 'Bad Gateway', 'authentication')
    """
    status = record.category.gateway_status
    page = _page(record.entry)
    # Section 4.2.1: beside `about:blank` stands the phrase of the status, and nothing more exact.
    title = record.entry.title if record.entry and page else HTTPStatus(status).phrase
    return {
        "type": page or "about:blank",
        "title": title,
        "status": status,
        "detail": record.summary(),
        **safe_fields(record),
    }


def _page(entry: CatalogEntry | None) -> str | None:
    """Give the page about an entry that a stranger can open.

    Section 3.1.1: a relative `type` would lead to a page of our caller's own server. Section 3.1.3: the
    title of a type does not change, and a vendor's page has many codes, so the entry is named behind it.
    What errnorm knows by the bare status is no type of its own: section 4.2.1 has `about:blank` for it.
    """
    if entry is None or entry.vendor == "unknown":
        return None
    if _is_address(entry.docs_url):
        return entry.docs_url
    if not _is_address(entry.source_url):
        return None
    return f"{urldefrag(entry.source_url).url}#{quote(entry.id, safe=':/@')}"


def _is_address(page: str | None) -> TypeGuard[str]:
    return page is not None and page.startswith(("https://", "http://"))


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
    return format_datetime(advice.not_before.astimezone(UTC), usegmt=True) if advice.not_before else None
