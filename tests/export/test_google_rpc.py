"""google.rpc: the protobufs take the JSON form, every detail opens, and it comes back."""

from __future__ import annotations

import re

import pytest

error_details_pb2 = pytest.importorskip(
    "google.rpc.error_details_pb2", reason="the protobufs of google.rpc are not installed"
)

from attrs import evolve
from dialects import full_record, records
from google.protobuf import json_format
from google.rpc import code_pb2, status_pb2

from errnorm import Category, Decision, ErrorRecord, RetryAdvice, Scope
from errnorm.export.google_rpc import DOMAIN, from_status, to_status


def as_protobuf(record: ErrorRecord, *, faithful: bool = False) -> status_pb2.Status:
    """Give the message as a server writes it and a client reads it: through its bytes."""
    status = json_format.ParseDict(to_status(record, faithful=faithful), status_pb2.Status())
    return status_pb2.Status.FromString(status.SerializeToString())


def detail(status: status_pb2.Status, kind: type) -> object | None:
    """Give the detail of a kind, None where there is none."""
    for item in status.details:
        if item.Is(kind.DESCRIPTOR):
            found = kind()
            item.Unpack(found)
            return found
    return None


def test_each_record_of_the_fixtures_goes_through_the_protobuf():
    """To bytes and back to JSON, a faithful Status is the record."""
    expected = [full_record(), *records()]
    heard = [
        from_status(json_format.MessageToDict(as_protobuf(record, faithful=True))) for record in expected
    ]

    assert heard == expected


def test_each_error_info_keeps_the_rules():
    """The reason is UPPER_SNAKE_CASE of at most 63 characters; keys fit their pattern."""
    for record in (full_record(), *records()):
        info = detail(as_protobuf(record, faithful=True), error_details_pb2.ErrorInfo)

        assert info.domain == DOMAIN
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+[A-Z0-9]", info.reason)
        assert info.reason == record.category.name
        assert len(info.reason) <= 63
        assert [key for key in info.metadata if not re.fullmatch(r"[a-z][a-zA-Z0-9-_]{1,63}", key)] == []


@pytest.mark.parametrize("category", Category)
def test_our_caller_is_never_asked_for_our_credentials(category):
    """The code is one that our caller can act on: nothing about our login, our request or our quota."""
    status = to_status(evolve(full_record(), category=category))
    name = code_pb2.Code.Name(status["code"])

    assert name not in {
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "INVALID_ARGUMENT",
        "RESOURCE_EXHAUSTED",
        "OK",
    }
    assert category.http_status != category.gateway_status or name == category.rpc


@pytest.mark.parametrize(
    "advice, seconds, nanos",
    [
        (RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL, delay=5.0), 5, 0),
        (RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL, delay=0.25), 0, 250_000_000),
        (RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL, delay=0.0), 0, 0),
        (RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL, delay=1e-12), 0, 0),
    ],
    ids=str,
)
def test_retry_info_is_the_delay(advice, seconds, nanos):
    """A Duration of whole seconds and nanoseconds."""
    info = detail(as_protobuf(evolve(full_record(), retry=advice)), error_details_pb2.RetryInfo)

    assert (info.retry_delay.seconds, info.retry_delay.nanos) == (seconds, nanos)


@pytest.mark.parametrize(
    "advice",
    [
        RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL),
        RetryAdvice(decision=Decision.RETRY, scope=Scope.HIGHER_LEVEL, delay=5.0),
        RetryAdvice(decision=Decision.DO_NOT_RETRY, scope=Scope.AFTER_REAUTH, delay=5.0),
        RetryAdvice(),
    ],
    ids=str,
)
def test_there_is_no_retry_info_where_the_same_call_would_not_help(advice):
    """Clients repeat on RetryInfo, so it stands only where that is the advice and somebody said when."""
    assert detail(as_protobuf(evolve(full_record(), retry=advice)), error_details_pb2.RetryInfo) is None


def test_help_leads_to_a_page_that_a_stranger_can_open():
    """The vendor's page about its codes, or that of one's own catalog; none without an entry."""
    record = full_record()
    links = detail(as_protobuf(record), error_details_pb2.Help).links

    assert [link.description for link in links] == [record.entry.title]
    assert links[0].url.startswith("https://")
    assert detail(as_protobuf(evolve(record, entry=None)), error_details_pb2.Help) is None


def test_what_is_private_has_details_of_its_own():
    """The vendor's words and the id of the request stand where a reader of google.rpc looks for them."""
    record = full_record()
    faithful, plain = as_protobuf(record, faithful=True), as_protobuf(record)

    assert detail(faithful, error_details_pb2.DebugInfo).detail == record.message
    assert detail(faithful, error_details_pb2.RequestInfo).request_id == "request-1"
    assert detail(plain, error_details_pb2.DebugInfo) is None
    assert detail(plain, error_details_pb2.RequestInfo) is None
