"""The null vendor: what nobody claims is still read, and judged by its status."""

from __future__ import annotations

from errnorm.payload import Kind, Payload
from errnorm.reading.bayeux import messages
from errnorm.usual import bayeux_failures, describe
from errnorm.vendor import NOTHING, Evidence, Reported, Vendor

__all__ = ["UNKNOWN"]


def score(_: Payload) -> Evidence:
    """Claim nothing."""
    return NOTHING


def parse(payload: Payload) -> list[Reported]:
    """Report one error, unless the status or the body says that there is none."""
    document = payload.json if payload.kind is Kind.JSON else None
    envelopes = messages(document.value) if document else []
    failures = bayeux_failures(envelopes)
    if failures:
        return failures
    reported = describe(payload)
    if payload.status is not None:
        return [reported] if payload.status >= 400 or _says_error(reported) else []
    return [] if envelopes else [reported]


def _says_error(reported: Reported) -> bool:
    """A problem document is an error under any status (RFC 9457, section 3)."""
    return reported["shape"].startswith("problem.")


UNKNOWN = Vendor(name="unknown", title="Unknown", clues=(), score=score, parse=parse)
