"""The example of a vendor in a package of its own: installed as a stranger would, and used through each door."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="the example is built with it, without a network")

EXAMPLE = Path(__file__).parent.parent / "examples" / "acme-desk"
if not EXAMPLE.exists():
    pytest.skip("the examples are no part of the wheel", allow_module_level=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the example installed in it."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), str(EXAMPLE)]
    subprocess.run(command, check=True, env={**os.environ, "PIP_NO_INPUT": "1"})
    return folder


def run(installed: Path, *command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a module of Python where the example is installed, away from its source."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=installed,
        env=environment,
        input=stdin,
        capture_output=True,
        check=True,
    )


def errnorm(installed: Path, *arguments: str, stdin: bytes = b"") -> list[dict[str, object]]:
    """Run the command, and give the lines that it prints."""
    pytest.importorskip("click", reason="the command line comes with errnorm[cli]")
    return [
        json.loads(line) for line in run(installed, "errnorm", *arguments, stdin=stdin).stdout.splitlines()
    ]


def test_vendors_shows_it(installed: Path):
    """`errnorm vendors` names the vendor with its package, and the catalog that came with it."""
    rows = [row for row in errnorm(installed, "vendors") if row["package"] == "acme-desk-errnorm"]

    assert [(row["kind"], row["name"], row["version"], row["disabled"]) for row in rows] == [
        ("vendor", "acme-desk", "1.0.0", None),
        ("catalog", "acme-desk", "1.0.0", None),
    ]


def test_parse_reads_its_body(installed: Path):
    """`errnorm parse` knows the body for the vendor's, with the meaning from its catalog."""
    body = (EXAMPLE / "fixtures" / "no-such-ticket.json").read_bytes()
    (record,) = errnorm(installed, "parse", "--status", "404", stdin=body)
    (named,) = errnorm(installed, "parse", "--vendor", "acme-desk", stdin=body)

    assert (record["vendor"], record["code"], record["category"]) == ("acme-desk", "17", "not_found")
    assert named["vendor"] == "acme-desk"


@pytest.mark.parametrize("query", ["acme-desk:17", "TICKET_NOT_FOUND", "acme-desk:code/17"])
def test_explain_knows_its_codes(installed: Path, query: str):
    """`errnorm explain` gives the entry of its catalog."""
    assert [entry["id"] for entry in errnorm(installed, "explain", query)] == ["acme-desk:code/17"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_batch_finds_it_in_a_log(installed: Path, tmp_path: Path, jobs: str):
    """`errnorm batch` cuts its bodies out of a log by its frame, also in other processes."""
    output, report = tmp_path / "out.ndjson", tmp_path / "report.json"
    errnorm(
        *(installed, "batch", str(EXAMPLE / "desk.log"), "--quiet", "--jobs", jobs),
        *("-o", str(output), "--report", str(report)),
    )
    records = [json.loads(line) for line in output.read_text("utf-8").splitlines()]

    assert [(record["vendor"], record["code"], record["status"]) for record in records] == [
        ("acme-desk", "17", 404),
        ("acme-desk", "WIDGET_JAM", 500),
    ]
    told = json.loads(report.read_text("utf-8"))["unknown_codes"]["kinds"]
    assert [kind["name"] for kind in told] == ["acme-desk WIDGET_JAM"]


def test_an_entry_of_the_user_lies_over_its_catalog(installed: Path, tmp_path: Path):
    """A catalog file for the plugin's vendor is in order for the check, and wins over what the plugin says."""
    pytest.importorskip("click", reason="the command line comes with errnorm[cli]")
    own = tmp_path / "own.json"
    row = {"table": "code", "code": "17", "title": "Ask the night shift"}
    own.write_text(json.dumps({"vendor": "acme-desk", "entries": [row]}), "utf-8")
    checked = run(installed, "errnorm", "catalog", "check", str(own))
    (entry,) = errnorm(installed, "explain", "--catalog", str(own), "acme-desk:17")

    assert checked.stderr.decode() == f"{own}: in order.\n"
    assert entry["title"] == "Ask the night shift"


def test_its_own_tests_pass(installed: Path):
    """The tests that a stranger copies with it run, and hold the installed vendor to every promise."""
    done = run(
        installed, "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(EXAMPLE), str(EXAMPLE / "tests")
    )

    assert b"1 passed" in done.stdout


def test_a_builtin_vendor_is_read_as_before(installed: Path):
    """A program with the plugin reads every builtin sample as one without it does."""
    code = (
        "import errnorm\nfrom errnorm.testing import SAMPLES\nfrom errnorm.vendors import VENDORS\n"
        "without = errnorm.Normalizer(vendors=VENDORS)\n"
        "print(len(errnorm.vendors()), sum(errnorm.normalize(s.body, status=s.status, headers=s.headers)\n"
        "    != without.normalize(s.body, status=s.status, headers=s.headers) for s in SAMPLES.values()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["5", "0"]
