"""OpenTelemetry: the SDK takes what we give, OTLP carries it, and the conventions know every name."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

sdk_logs = pytest.importorskip("opentelemetry.sdk._logs", reason="OpenTelemetry's SDK is not installed")
semconv = pytest.importorskip(
    "opentelemetry.semconv", reason="the names of the conventions are not installed"
)

from attrs import evolve
from dialects import MOMENT, full_record, records
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import errnorm
from errnorm import Category, ErrorRecord, Severity
from errnorm.export.otel import EVENT_NAME, PLACES, from_attributes, to_attributes, to_log_record, to_otlp


def emitted(record: ErrorRecord, *, faithful: bool = False) -> LogRecord:
    """Give the keywords to the API, as the docs show it."""
    log = to_log_record(record, faithful=faithful)
    return LogRecord(**(log | {"severity_number": SeverityNumber(log["severity_number"])}))


def test_the_sdk_exports_each_record_of_the_fixtures():
    """What comes out at the exporter's end is the record, for every fixture."""
    exporter = InMemoryLogRecordExporter()
    provider = sdk_logs.LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("integration")
    expected = [full_record(), *records()]
    for record in expected:
        logger.emit(emitted(record, faithful=True))
    logs = [item.log_record for item in exporter.get_finished_logs()]

    assert [from_attributes(log.attributes) for log in logs] == expected
    assert {log.event_name for log in logs} == {EVENT_NAME}
    assert [log.body for log in logs] == [record.summary() for record in expected]
    provider.shutdown()


def test_a_span_and_a_metric_take_the_attributes():
    """No value is of a kind that the SDK drops with a warning."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(shutdown_on_exit=False), MeterProvider([reader], shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    attributes = to_attributes(full_record(), faithful=True)
    with tracers.get_tracer("integration").start_as_current_span("call") as span:
        span.set_attributes(attributes)
    few = {name: attributes[name] for name in ("error.type", "errnorm.vendor")}
    meters.get_meter("integration").create_counter("errors").add(1, few)
    [metrics] = reader.get_metrics_data().resource_metrics
    [point] = metrics.scope_metrics[0].metrics[0].data.data_points

    assert dict(spans.get_finished_spans()[0].attributes) == attributes
    assert dict(point.attributes) == few
    tracers.shutdown()
    meters.shutdown()


class Collector(BaseHTTPRequestHandler):
    """Keeps what an OTLP exporter posts."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        """Take the body and answer that all is well."""
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Give the address of a collector on loopback, and what it was sent."""
    handler = type("Handler", (Collector,), {"bodies": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/logs", handler.bodies
        server.shutdown()
        thread.join()


def test_otlp_carries_it_to_a_collector(collector):
    """The real OTLP exporter encodes it, and the protobuf at the other end says the same."""
    otlp = pytest.importorskip(
        "opentelemetry.exporter.otlp.proto.http._log_exporter", reason="the OTLP exporter is not installed"
    )
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    url, sent = collector
    provider = sdk_logs.LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(
        SimpleLogRecordProcessor(
            otlp.OTLPLogExporter(endpoint=url, compression=otlp.Compression.NoCompression)
        )
    )
    provider.get_logger("integration").emit(emitted(full_record()))
    provider.shutdown()
    request = ExportLogsServiceRequest.FromString(sent[0])
    [log] = request.resource_logs[0].scope_logs[0].log_records
    attributes = {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in log.attributes}

    assert attributes == to_attributes(full_record())
    assert (log.event_name, log.severity_number, log.severity_text) == (EVENT_NAME, 17, "error")
    assert log.body.string_value == full_record().summary()
    assert datetime.fromtimestamp(log.time_unix_nano / 1e9, UTC) == MOMENT


@pytest.mark.parametrize("faithful", [False, True])
def test_the_json_of_otlp_is_its_protobuf(faithful):
    """For every fixture: the protobuf takes the JSON, and its attributes are those that the SDK gets."""
    json_format = pytest.importorskip("google.protobuf.json_format", reason="protobuf is not installed")
    logs_service_pb2 = pytest.importorskip(
        "opentelemetry.proto.collector.logs.v1.logs_service_pb2",
        reason="the protobufs of OTLP are not installed",
    )
    for record in (full_record(), *records()):
        request = logs_service_pb2.ExportLogsServiceRequest()
        json_format.ParseDict(to_otlp(record, faithful=faithful), request)
        [log] = request.resource_logs[0].scope_logs[0].log_records
        attributes = {
            item.key: getattr(item.value, item.value.WhichOneof("value")) for item in log.attributes
        }

        assert attributes == to_attributes(record, faithful=faithful)
        assert (log.body.string_value, log.event_name) == (record.summary(), EVENT_NAME)
        assert (log.time_unix_nano or None) == to_log_record(record)["timestamp"]


def names_of_the_conventions() -> tuple[set[str], set[str]]:
    """Give the names of all attributes, and the deprecated ones, out of the package's own source."""
    stable, others, deprecated = set(), set(), set()
    for path in Path(semconv.__path__[0]).rglob("attributes/*_attributes.py"):
        body = ast.parse(path.read_text("utf-8")).body
        for node, after in pairwise(body):
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant):
                text = str(after.value.value) if isinstance(after, ast.Expr) else ""
                group = others if "_incubating" in path.parts else stable
                (deprecated if text.strip().startswith("Deprecated") else group).add(node.value.value)
    return stable | others, deprecated - stable


TWO = "<ApiErrors><ApiError><ErrorType>A</ErrorType></ApiError><ApiError><ErrorType>B</ErrorType></ApiError></ApiErrors>"
PAGE = Path(__file__).parents[2] / "docs" / "exports.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the pages are no part of the wheel")
@pytest.mark.skipif(not shutil.which("sh"), reason="the page's command is one of a shell")
def test_the_command_of_the_page_posts_each_error_as_a_request_of_its_own(tmp_path):
    """With `curl` standing for "print what would be posted": each post is one request, whole."""
    pytest.importorskip("click", reason="the command line comes with errnorm[cli]")
    (tmp_path / "body.xml").write_text(TWO, "utf-8")
    [command] = re.findall(r"```text\n(errnorm parse --as otel .*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    stand_ins = f'errnorm() {{ "{sys.executable}" -m errnorm "$@"; }}\ncurl() {{ cat; echo; }}\n'
    done = subprocess.run(
        [str(shutil.which("sh")), "-c", stand_ins + command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    posted = [json.loads(line) for line in done.stdout.splitlines()]

    assert posted == [to_otlp(record) for record in errnorm.normalize(TWO)]
    assert len(posted) == 2


def test_every_name_is_one_of_the_conventions():
    """No name of ours is deprecated, and those under `errnorm.` are in nobody's namespace."""
    names, deprecated = names_of_the_conventions()
    ours = {"error.type", *PLACES.values()}
    borrowed = {name for name in ours if not name.startswith("errnorm.")}

    assert borrowed == {"error.type", "http.response.status_code", "session.id", "user.id"}
    assert borrowed - names == set()
    assert ours & deprecated == set()
    assert "error.message" in deprecated
    assert [name for name in names if name.startswith("errnorm")] == []
    assert [name for name in (*ours, EVENT_NAME) if not re.fullmatch(r"[a-z]+([._][a-z]+)+", name)] == []


def test_error_type_has_few_values():
    """Over all fixtures it is a category, `_OTHER` for the unknown one, and absent for a notice."""
    seen = {to_attributes(record).get("error.type") for record in records()}

    assert seen <= {*Category, "_OTHER", None}
    assert "unknown" not in seen
    assert "error.type" not in to_attributes(evolve(full_record(), severity=Severity.INFO))


@pytest.mark.parametrize(
    "severity, name", [("info", "INFO"), ("warning", "WARN"), ("error", "ERROR"), ("critical", "FATAL")]
)
def test_a_severity_is_the_first_of_its_range(severity, name):
    """The number is the SDK's own for the name."""
    log = to_log_record(evolve(full_record(), severity=Severity(severity)))

    assert SeverityNumber(log["severity_number"]) is SeverityNumber[name]


@pytest.mark.parametrize(
    "moment, nanoseconds",
    [
        (None, None),
        (datetime(2026, 11, 21, 9, 30, 0, 250_001, UTC), 1795253400250001000),
        (datetime(1969, 12, 31, tzinfo=UTC), None),
        (datetime(2600, 1, 1, tzinfo=UTC), None),
    ],
)
def test_a_timestamp_is_the_vendors_or_none(moment, nanoseconds):
    """Nobody's clock stands in for it; what a fixed64 of nanoseconds cannot say is left to the attribute."""
    assert to_log_record(evolve(full_record(), occurred_at=moment))["timestamp"] == nanoseconds


def test_a_log_inside_a_span_belongs_to_it():
    """The trace is the one that the SDK knows; an id of the vendor's is an attribute and no trace of ours."""
    with (
        TracerProvider(shutdown_on_exit=False).get_tracer("integration").start_as_current_span("call") as span
    ):
        log = emitted(full_record(), faithful=True)

    assert log.trace_id == span.get_span_context().trace_id
    assert log.attributes["errnorm.ids.trace"] == "trace-1"


def test_no_body_gives_the_least():
    """What nobody said has no attribute."""
    [record] = errnorm.normalize(b"", status=503)

    assert "errnorm.code" not in to_attributes(record, faithful=True)
