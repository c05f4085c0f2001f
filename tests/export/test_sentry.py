"""Sentry: the SDK sends the event whole, by a transport that sends nothing anywhere."""

from __future__ import annotations

import json

import pytest

sentry_sdk = pytest.importorskip("sentry_sdk", reason="Sentry's SDK is not installed")

from attrs import evolve
from dialects import full_record, records
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

import errnorm
from errnorm import ErrorRecord, Severity, VendorError
from errnorm.export.sentry import from_event, to_event


class Kept(Transport):
    """Keeps what would be sent, as the bytes of the wire."""

    def __init__(self, options: dict[str, object] | None = None) -> None:
        """Begin with nothing."""
        super().__init__(options)
        self.sent: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep it."""
        self.sent.append(envelope.serialize())

    def events(self) -> list[dict]:
        """Give the events, as a server reads them."""
        return [item.payload.json for data in self.sent for item in Envelope.deserialize(data).items]


@pytest.fixture
def client():
    """A client of its own, apart from any that a test's process has."""
    made = sentry_sdk.Client(
        dsn="https://key@sentry.example.com/1",
        transport=Kept,
        default_integrations=False,
        auto_enabling_integrations=False,
    )
    yield made
    made.close()


def captured(client: sentry_sdk.Client, *events: dict) -> list[dict]:
    """Capture events and give what went out."""
    for event in events:
        client.capture_event(event, scope=sentry_sdk.Scope())
    return client.transport.events()


def test_no_context_has_a_key_of_sentrys_own():
    """A context may have any key but `type`, by which Sentry tells its kinds of contexts apart."""
    event = to_event(full_record(), faithful=True)

    assert [name for name, context in event["contexts"].items() if "type" in context] == []
    assert event["contexts"]["errnorm"]["error_type"] == "session_error"


def test_each_record_of_the_fixtures_goes_through_the_sdk(client):
    """What a server reads is the record: nothing was cut, scrubbed or stamped over."""
    expected = [full_record(), *records()]
    events = captured(client, *(to_event(record, faithful=True) for record in expected))

    assert [from_event(event) for event in events] == expected


def test_the_event_keeps_what_sentry_groups_and_searches_by(client):
    """Fingerprint, level, message and tags arrive as they were given."""
    record = full_record()
    [event] = captured(client, to_event(record))

    assert event["fingerprint"] == [record.fingerprint]
    assert (event["level"], event["logger"]) == ("error", "errnorm")
    assert event["logentry"] == {"formatted": record.summary()}
    assert event["timestamp"] == "2026-11-21T09:30:00.250000+00:00"
    assert event["tags"]["errnorm.entry.id"] == "zoom-cobrowse:code/1016"


def test_a_long_tag_is_cut_to_what_sentry_takes():
    """A value of more than 200 characters would be dropped."""
    long = evolve(full_record(), shape="s" * 300)

    assert to_event(long)["tags"]["errnorm.shape"] == "s" * 200


@pytest.mark.parametrize(
    "severity, level", [("info", "info"), ("warning", "warning"), ("error", "error"), ("critical", "fatal")]
)
def test_each_severity_has_a_level(severity, level):
    """Sentry's word for critical is fatal."""
    assert to_event(evolve(full_record(), severity=Severity(severity)))["level"] == level


def test_two_errors_of_one_kind_are_one_issue():
    """The fingerprint leaves out ids and numbers; another code is another issue."""

    def key(body: str) -> list[str]:
        record = errnorm.normalize(body, status=500).first
        assert isinstance(record, ErrorRecord)
        return to_event(record)["fingerprint"]

    assert key("No seat for 1001") == key("No seat for 1002")
    assert key("No seat for 1001") != key("No bed for 1001")


def test_before_send_puts_the_record_beside_an_exception(client):
    """A VendorError that was raised keeps its stack, and is grouped and tagged by its record."""

    def before_send(event, hint):
        error = hint.get("exc_info", (None, None))[1]
        return {**event, **to_event(error.record), "exception": event["exception"]} if error else event

    client.options["before_send"] = before_send
    try:
        errnorm.raise_for_error(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse"))
    except VendorError as error:
        event, hint = sentry_sdk.utils.event_from_exception(error)
        client.capture_event(event, hint, scope=sentry_sdk.Scope())
    [sent] = client.transport.events()

    assert sent["exception"]["values"][0]["type"] == "VendorError"
    assert sent["tags"]["errnorm.category"] == "network"
    assert from_event(sent).code == "1016"
    assert json.dumps(sent).count("e1:") == 2
