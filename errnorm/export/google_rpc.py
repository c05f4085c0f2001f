"""A record as a google.rpc Status in its JSON form, for the callers of a server that speaks gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errnorm.catalog import Catalog
from errnorm.export._fields import FIELDS, answer_of, as_text, at, found, nested, record_of
from errnorm.export._page import page_of
from errnorm.record import ErrorRecord
from errnorm.vocabulary import Category

__all__ = ["DOMAIN", "PLACES", "from_status", "to_status"]

DOMAIN = "errnorm"
"""The domain of every ErrorInfo: its reasons are errnorm's categories, whatever vendor failed."""

_TYPE = "type.googleapis.com/google.rpc."


def _camel(name: str) -> str:
    first, *rest = name.replace(".", "_").split("_")
    return first + "".join(word.capitalize() for word in rest)


# Keys of the metadata are lowerCamelCase and hold no dot (error_details.proto, ErrorInfo).
PLACES: Mapping[str, str] = {name: f"ErrorInfo.metadata.{_camel(name)}" for name in FIELDS} | {
    "message": "DebugInfo.detail",
    "ids.request": "RequestInfo.requestId",
}
"""Where each field stands, below the detail of that name."""

# google/rpc/code.proto: the codes that our caller may get.
_NUMBERS = {
    "UNKNOWN": 2,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
}
_BY_GATEWAY_STATUS = {502: "INTERNAL", 503: "UNAVAILABLE"}


def to_status(record: ErrorRecord, *, faithful: bool = False) -> dict[str, Any]:
    """Give the Status that a server in front of the vendor answers with.

    The code is what *our* caller should see (AIP-193, "Propagating errors"): a vendor's UNAUTHENTICATED is
    about our credentials, so our caller gets INTERNAL and does not sign in anew.

    Args:
        record: the error of the vendor.
        faithful: also what is private: message, target, ids, codes that no catalog knows, `extra`, source.
            A gRPC server sends details as a header, which is often held to 8 KiB.

    Returns:
        The JSON mapping of the message, for `google.protobuf.json_format.ParseDict`: `ErrorInfo` with the
        category as its reason; `RetryInfo` where the same call may be repeated and somebody said when;
        `Help` with the page about the error, where there is one.

    Example:
        >>> import errnorm
        >>> status = to_status(errnorm.normalize(b"", status=503, headers={"Retry-After": "5"}).first)
        >>> status["code"], status["details"][0]["reason"], status["details"][1]["retryDelay"]
        (14, 'UNAVAILABLE', '5s')
    """
    said = answer_of(record, faithful=faithful)
    own = nested((PLACES[name], as_text(value)) for name, value in said.items())
    info = {"reason": record.category.name, "domain": DOMAIN} | own.pop("ErrorInfo")
    details = {"ErrorInfo": info} | _advice(record) | own
    return {
        "code": _code(record.category),
        "message": record.summary(),
        "details": [{"@type": f"{_TYPE}{name}"} | detail for name, detail in details.items()],
    }


def _code(category: Category) -> int:
    """Give the category's own code where it holds for our caller too, else that of its `gateway_status`."""
    ours = category is Category.UNKNOWN or category.http_status == category.gateway_status
    return _NUMBERS[category.rpc if ours else _BY_GATEWAY_STATUS[category.gateway_status]]


def _advice(record: ErrorRecord) -> dict[str, dict[str, Any]]:
    """Give when to repeat the call, and the page; a client repeats on RetryInfo without more ado."""
    advice: dict[str, dict[str, Any]] = {}
    if record.retry.same_call and record.retry.delay is not None:
        advice["RetryInfo"] = {"retryDelay": _duration(record.retry.delay)}
    page = page_of(record.entry)
    if record.entry and page:
        advice["Help"] = {"links": [{"description": record.entry.title, "url": page}]}
    return advice


def _duration(seconds: float) -> str:
    """Write seconds as google.protobuf.Duration in JSON: at most nine digits of a fraction, and an `s`.

    Example:
        >>> _duration(5.0), _duration(0.25)
        ('5s', '0.25s')
    """
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def from_status(status: Mapping[str, Any], *, catalog: Catalog | None = None) -> ErrorRecord:
    """Read what `to_status` gave, also after it was a protobuf (`json_format.MessageToDict`).

    Args:
        status: the JSON form of a Status.
        catalog: where to look the entry up; `errnorm.catalog()` if not given.

    Returns:
        A record with every field that went out; a faithful status gives an equal one, see `PLACES`.

    Raises:
        InvalidRecord: when errnorm did not write it.

    Example:
        >>> import errnorm
        >>> record = errnorm.normalize("Agent agent1001", status=503).first
        >>> from_status(to_status(record, faithful=True)) == record
        True
    """
    details = status.get("details")
    listed = details if isinstance(details, list) else []
    named = {str(at(detail, "@type")).removeprefix(_TYPE): detail for detail in listed}
    ours = at(named, "ErrorInfo.domain") == DOMAIN
    return record_of(found(named, PLACES) if ours else {}, catalog)
