"""Planted secrets come out of no output form: without asking of the safe ones, with a policy of none."""

from __future__ import annotations

import base64
import csv
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

for package in ("click", "pyarrow", "rich", "structlog"):
    pytest.importorskip(package, reason="the command, Parquet and structlog come with extras")

import orjson
import pyarrow.parquet
from click.testing import CliRunner
from planted import MEMBERS, PLANTED, SECRETS

import errnorm
from errnorm import batch, cli
from errnorm.batch import progress
from errnorm.export import ecs, google_rpc, otel, sentry
from errnorm.export.problem import to_problem
from errnorm.export.safe import safe_fields
from errnorm.middleware._answer import answer
from errnorm.middleware.logging import ErrnormFilter
from errnorm.middleware.structlog import add_errnorm
from errnorm.redaction import CONTACT_CENTER

DIALECTS = (
    to_problem,
    ecs.to_document,
    google_rpc.to_status,
    otel.to_attributes,
    otel.to_log_record,
    otel.to_otlp,
    sentry.to_event,
)


def leaked(text: str) -> list[str]:
    """Name the secrets that stand in a text, as they are or in the escapes of JSON and of Python."""
    return [
        secret
        for secret in SECRETS
        if any(form in text for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]))
    ]


def logged(result: errnorm.Result) -> Iterator[str]:
    """Log a result in each way that errnorm offers, and by its bare text."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(ErrnormFilter())
    handler.setFormatter(logging.Formatter("%(message)s %(errnorm)s", defaults={"errnorm": ""}))
    log = logging.getLogger("errnorm.tests.secrets")
    log.propagate = False
    log.handlers = [handler]
    log.error("failed: %s %r", result, result.records, extra={"error": result})
    for record in result:
        log.error("failed: %s", record)
        yield repr(add_errnorm(None, "error", {"event": "failed", "error": record}))
    if result.is_error:
        error = errnorm.VendorError(result)
        log.error("failed", exc_info=error)
        yield str(answer(error))
    yield stream.getvalue()


def test_no_log_and_no_document_shows_a_planted_secret():
    """The filter, the processor, a traceback's text, the answer of a server, and each dialect."""
    leaks = []
    for case, body in PLANTED:
        result = errnorm.normalize(body, **case.given)
        shown = [*logged(result), *(repr(safe_fields(record)) for record in result)]
        shown += [repr(write(record)) for record in result for write in DIALECTS]
        leaks += [(case.name, secret) for text in shown for secret in leaked(text)]

    assert leaks == []


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a log of captures with every planted body, and lines that are none."""
    place = tmp_path_factory.mktemp("captures") / "day.ndjson"
    with place.open("wb") as file:
        for case, body in PLANTED:
            given = {name: case.given[name] for name in ("status", "url", "vendor") if name in case.given}
            file.write(orjson.dumps({"body": body, **given}) + b"\n")
        for secret in SECRETS:
            file.write(orjson.dumps({"nothing": "known", "userId": secret}) + b"\n")
            file.write(orjson.dumps({"lastName": secret})[:-1] + b"\n")
    return place


def test_the_report_and_the_progress_show_no_planted_secret(captures: Path, tmp_path: Path):
    """Whatever the records hold, the report as text and as JSON and each line of progress are safe."""
    told: list[str] = []
    report = batch.run(captures, tmp_path / "out.ndjson", progress=lambda step: told.append(repr(step)))
    text = f"{report} {report!r} {json.dumps(report.to_dict())} {told}"

    assert report.total.captures > 250
    assert leaked((tmp_path / "out.ndjson").read_text("utf-8")) == SECRETS
    assert leaked(text) == []


def test_the_bar_shows_no_planted_secret(captures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """What the command writes to the terminal beside its output is safe as well."""
    with progress.shown() as bar:
        batch.run(captures, tmp_path / "out.ndjson", progress=bar)
    written = capsys.readouterr()

    assert leaked(written.out + written.err) == []


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give captures of no known vendor, as text, in UTF-16 and escaped, in a file with a secret name."""
    place = tmp_path_factory.mktemp("refused") / f"{MEMBERS['email']}.ndjson"
    with place.open("wb") as file:
        for secret in SECRETS:
            told = json.dumps({"userId": secret}, ensure_ascii=False)
            wide = base64.b64encode(told.encode("utf-16-le")).decode()
            escaped = "".join(f"\\u{ord(char):04x}" for char in secret)
            twice = f'{{"userId": {json.dumps(secret, ensure_ascii=False)}, "note": "{escaped} is away"}}'
            for body in (
                {"body": told},
                {"body_base64": wide},
                {"body": twice},
                {"body": told + "x" * 2**17},
            ):
                file.write(orjson.dumps({**body, "status": 500, "vendor": secret}) + b"\n")
    return place


def written_with_a_policy(captures: Path, refused: Path, folder: Path, form: str) -> str:
    """Write a batch under a policy, and give all of it as text, also what stands there in UTF-16 or escaped."""
    out, rejects = folder / f"out.{form}", folder / "rejects.ndjson"
    report = batch.run(
        [captures, refused],
        out,
        rejects=rejects,
        raw="text",
        policy=CONTACT_CENTER,
        fields={"vendor": "/vendor"},
    )
    assert report.total.captures > 250
    assert report.total.rejected > 4 * len(SECRETS)
    lines = rejects.read_text("utf-8").splitlines()
    texts = [str(orjson.loads(line).get("text")).replace("\0", "") for line in lines]
    plain = [re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text) for text in texts]
    left = "\n".join([*lines, *texts, *plain, json.dumps(report.to_dict(), ensure_ascii=False)])
    if form == "parquet":
        return left + repr(pyarrow.parquet.read_table(out).to_pylist())
    if form == "csv":
        csv.field_size_limit(1 << 30)
        with out.open(encoding="utf-8", newline="") as file:
            return left + repr(list(csv.reader(file)))
    return left + out.read_text("utf-8")


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_no_file_of_a_batch_with_a_policy_holds_a_planted_secret(
    captures: Path, refused: Path, tmp_path: Path, form: str
):
    """Records with their bodies as text, rejects with their place, reason and bytes, and the report."""
    assert leaked(written_with_a_policy(captures, refused, tmp_path, form)) == []


@pytest.mark.parametrize(
    "options", [(), ("--json",), ("--as", "ecs", "--faithful"), ("--as", "otel", "--faithful")]
)
@pytest.mark.parametrize("on_terminal", [False, True])
def test_parse_with_redact_prints_no_planted_secret(
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    on_terminal: bool,  # noqa: FBT001 - a parameter
):
    """As a card and as JSON, in errnorm's own form and, faithful, in that of others."""
    runner, leaks = CliRunner(), []
    monkeypatch.setattr("sys.stdout.isatty", lambda: on_terminal, raising=False)
    if on_terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "400")
    for case, body in PLANTED[::4]:
        given = body if isinstance(body, str) else json.dumps(body)
        known = ["--status", str(case.given["status"])] if "status" in case.given else []
        printed = runner.invoke(cli.cli, ["parse", "-", "--redact", *known, *options], input=given)
        leaks += [(case.name, secret) for secret in leaked(printed.output)]

        assert printed.exit_code == 0

    assert leaks == []
