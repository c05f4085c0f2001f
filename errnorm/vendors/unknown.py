"""The null vendor: what nobody claims is still read, and judged by its status."""

from __future__ import annotations

from collections.abc import Iterable

from errnorm.payload import Kind, Payload
from errnorm.reading.bayeux import messages
from errnorm.usual import bayeux_failures, describe, says_error, says_success
from errnorm.vendor import NOTHING, Evidence, Reported, Vendor

__all__ = ["UNKNOWN"]


def score(_: Payload) -> Evidence:
    """Claim nothing."""
    return NOTHING


def parse(payload: Payload) -> Iterable[Reported]:
    """Report one error, unless the status or the body says that there is none."""
    document = payload.json if payload.kind is Kind.JSON else None
    envelopes = messages(document.value) if document else []
    if any(item.get("successful") is False for item in envelopes):
        return bayeux_failures(envelopes)
    if payload.status is not None and payload.status >= 400:
        return [describe(payload)]
    if says_success(payload) or (envelopes and all(item.get("successful") is True for item in envelopes)):
        return []
    return [describe(payload)] if payload.status is None or says_error(payload) else []


UNKNOWN = Vendor(name="unknown", title="Unknown", clues=(), score=score, parse=parse)
