"""A run never reads what it writes, and never writes over what it reads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from errnorm import batch
from errnorm.exceptions import InvalidArgument

LINES = b'{"status":503,"url":"/x","body":""}\n' * 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three captures in it."""
    (tmp_path / "a.ndjson").write_bytes(LINES)
    return tmp_path


def command(folder: Path, *options: str | Path, **streams: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    pytest.importorskip("click", reason="the command line comes with errnorm[cli]")
    line = [sys.executable, "-m", "errnorm", "batch", "-q", *options]
    return subprocess.run(line, cwd=folder, text=True, check=False, timeout=60, **streams)  # type: ignore[call-overload]


def test_an_output_in_its_folder_is_no_input(folder: Path):
    """Run again, it gives the same; what an earlier run left beside it when it was killed is none either."""
    for name in ("errors.ndjson.part", "errors.ndjson.journal", "rejects.part"):
        (folder / name).write_bytes(LINES)
    counts = [
        batch.run(folder, folder / "errors.ndjson", rejects=folder / "rejects").total.captures
        for _ in range(2)
    ]

    assert counts == [3, 3]


def test_standard_output_in_its_folder_is_no_input(folder: Path):
    """`errnorm batch . > errors.ndjson` read its own records, without end."""
    with (folder / "errors.ndjson").open("wb") as file:
        done = command(folder, ".", stdout=file)

    assert done.returncode == 0
    assert len((folder / "errors.ndjson").read_bytes().splitlines()) == 3


def test_a_report_in_its_folder_is_no_input(folder: Path):
    """Run again, the report of the run before is not read as a body."""
    options = (".", "-o", "errors.ndjson", "--report", "report.json")
    done = [command(folder, *options) for _ in range(2)]

    assert [one.returncode for one in done] == [0, 0]
    assert len((folder / "errors.ndjson").read_bytes().splitlines()) == 3


@pytest.mark.parametrize("option", ["-o", "--rejects", "--report"])
def test_an_input_is_never_written_over(folder: Path, option: str):
    """It would be gone."""
    done = command(
        folder, "a.ndjson", option, "./a.ndjson", stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )

    assert (done.returncode, (folder / "a.ndjson").read_bytes()) == (2, LINES)
    assert "a.ndjson is an input, and the run would write over it" in done.stderr


@pytest.mark.parametrize("option", ["-o", "--rejects", "--report"])
@pytest.mark.parametrize("given", [".", "*.ndjson"])
def test_a_capture_of_a_folder_is_never_written_over(folder: Path, option: str, given: str):
    """Nor read no more: it is not what errnorm has written."""
    streams = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    done = command(folder, given, option, "a.ndjson", **streams)

    assert (done.returncode, (folder / "a.ndjson").read_bytes()) == (2, LINES)
    assert "a.ndjson lies among the inputs, and errnorm has not written it" in " ".join(done.stderr.split())


@pytest.mark.parametrize("form", ["csv", "parquet", "ndjson"])
def test_what_errnorm_has_written_is_written_anew(folder: Path, form: str):
    """In each form, with its rejects."""
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="Parquet comes with errnorm[parquet]")
    (folder / "b.ndjson").write_bytes(b"{oops\n" + LINES)
    counts = [
        batch.run(folder, folder / f"errors.{form}", rejects=folder / "rejects").total.captures
        for _ in range(2)
    ]

    assert counts == [7, 7]


def test_two_outputs_are_two_files(folder: Path):
    """The one would be lost in the other."""
    with pytest.raises(InvalidArgument, match="Give records, rejects and report a file each"):
        batch.run(folder, folder / "out", rejects=folder / "." / "out")


def test_two_outputs_may_both_go_nowhere(folder: Path):
    """What is no file may be named twice."""
    assert batch.run(folder, os.devnull, rejects=os.devnull).total.captures == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_in_a_folder_is_left_out(folder: Path):
    """To open it would wait for who writes to it; one that is named is read."""
    os.mkfifo(folder / "pipe")
    report = batch.run(folder, folder / "out")

    assert [Path(name).name for name in report.inputs] == ["a.ndjson"]
