"""Genesys Web Engagement: whatever body comes under a status, where something else names GWE.

The manual promises "an application-specific description" in the requested format and prints none, so
no body of GWE is known: a hint, the url or a header must name it, and the usual members are read.

Source: Genesys Web Engagement API Reference, HTTP Response Codes and Errors.
"""

from __future__ import annotations

from errnorm.payload import Kind, Payload
from errnorm.reading.html import writer_of
from errnorm.usual import describe
from errnorm.vendor import NOTHING, Clue, ClueKind, Evidence, Reported, Vendor
from errnorm.vocabulary import Origin

__all__ = ["GENESYS_GWE"]

_NAMED = Evidence(0.6, "the url or a header names Genesys Web Engagement")
_HINTED = Evidence(0.4, "nothing but the caller's word: no form of its own is known of GWE")

_PATHS = ("/server/data/",)  # Engagement REST API: /server/data/gateway/engage
_NAMES = ("genesys web engagement", "genesys-web-engagement", "genesys gwe")
_NAMING_HEADERS = ("server", "x-powered-by", "www-authenticate")
# "messages can differ and provide additional details included in the header of the response": the
# manual names no header, so any of the usual ones is read when it is there.
_DETAIL_HEADERS = (
    "error-message",
    "error-description",
    "x-error",
    "x-error-code",
    "x-error-message",
    "x-error-description",
    "x-genesys-error",
    "reason",
    "warning",
)


def score(payload: Payload) -> Evidence:
    """Tell whether the url, a header or the caller names GWE; a body cannot."""
    url = payload.url or ""
    told = (payload.headers.get(name, "").lower() for name in _NAMING_HEADERS)
    if any(path in url for path in _PATHS) or any(name in text for text in told for name in _NAMES):
        return _NAMED
    return _HINTED if payload.hint == "genesys-gwe" else NOTHING


def parse(payload: Payload) -> list[Reported]:
    """Report the error under a status of 400 or more; 204 on a filtered read is no error."""
    if payload.status is not None and payload.status < 400:
        return []
    reported = describe(payload)
    reported["shape"] = f"gwe.{payload.kind}"
    reported["origin"] = _origin(payload, reported)
    details = {name: payload.headers[name] for name in _DETAIL_HEADERS if name in payload.headers}
    if details:
        reported["extra"] = {**reported.get("extra", {}), "headers": details}
        reported["message"] = reported.get("message") or next(iter(details.values()))
    return [reported]


def _origin(payload: Payload, reported: Reported) -> Origin:
    if payload.kind is Kind.HTML:
        return reported["origin"]
    if payload.kind is Kind.EMPTY:
        return Origin.UNKNOWN
    writer = writer_of(payload.text).origin
    return Origin.VENDOR if writer is Origin.UNKNOWN else writer


GENESYS_GWE = Vendor(
    name="genesys-gwe",
    title="Genesys Web Engagement",
    clues=(
        *(Clue(ClueKind.PATH, path) for path in _PATHS),
        *(Clue(ClueKind.HEADER, f"{header}: {name}") for header in _NAMING_HEADERS for name in _NAMES),
    ),
    score=score,
    parse=parse,
    headers=(*_NAMING_HEADERS, *_DETAIL_HEADERS),
)
