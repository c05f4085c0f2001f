"""The page about an error that a stranger can open."""

from __future__ import annotations

from typing import TypeGuard
from urllib.parse import quote, urldefrag

from errnorm.record import CatalogEntry

__all__ = ["page_of"]


def page_of(entry: CatalogEntry | None) -> str | None:
    """Give the page about an entry that a stranger can open.

    RFC 9457, section 3.1.1: a relative `type` would lead to a page of our caller's own server. Section
    3.1.3: the title of a type does not change, and a vendor's page has many codes, so the entry is named
    behind it.
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
