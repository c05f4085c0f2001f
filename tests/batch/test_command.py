"""The command `errnorm batch`: exit codes, streams, signals, and every command of its page."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from unittest.mock import Mock

import orjson
import pytest
from corpus import FOLDER

from errnorm import batch

testing = pytest.importorskip("click.testing", reason="the command line comes with errnorm[cli]")
pytest.importorskip("pyarrow", reason="Parquet comes with errnorm[parquet]")

PAGE = FOLDER.parent / "docs" / "batch.md"
COMMANDS = re.findall(r"^\$ (.+)$", PAGE.read_text("utf-8"), re.MULTILINE) if PAGE.exists() else []
BODY = b"<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>"
LINE = (
    orjson.dumps({"time": "2026-11-21T10:00:00Z", "status": 400, "url": "/x", "body": BODY.decode()}) + b"\n"
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with the files that the page speaks of."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "a.ndjson").write_bytes(LINE * 5 + b"{oops\n")
    (tmp_path / "captures" / "b.log.gz").write_bytes(
        gzip.compress(b"2026-11-21 10:00:00,1 ERROR " + BODY + b"\n")
    )
    (tmp_path / "gateway.ndjson.gz").write_bytes(gzip.compress(LINE * 3))
    (tmp_path / "own.ndjson").write_bytes(LINE.replace(b'"body"', b'"answer":{"code":503,"text":""},"no"'))
    (tmp_path / "finesse.log").write_bytes(b"2026-11-21 10:00:00,1 ERROR " + BODY + b"\n")
    return tmp_path


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command as a shell would, piped."""
    command = [sys.executable, "-m", "errnorm", "batch", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(command: str, place: Path):
    """Each command of the page works as printed."""
    prelude = f'set -eo pipefail; errnorm() {{ {sys.executable} -m errnorm "$@"; }}; jq() {{ cat; }}; '
    done = subprocess.run(["bash", "-c", prelude + command], capture_output=True, text=True, check=False)

    assert (done.returncode, "Error" in done.stderr) == (0, False)
    assert done.stdout or list(place.glob("errors.*"))


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    "arguments, code, sentence",
    [
        (["captures"], 0, ""),
        (["captures", "--redact"], 0, ""),
        (["captures", "--fail-on", "rejected>0"], 1, "--fail-on 'rejected>0' holds."),
        (["captures", "--fail-on", "rejected>many"], 2, "is no policy"),
        (["captures", "--fail-on", "vendor:cisco>0"], 2, "There are: cisco-finesse, "),
        (["captures", "--fail-on", "vendor:unknown>99"], 0, ""),
        (["captures", "--fail-on", "code:abc>0"], 2, "List them with `errnorm codes`"),
        (["captures", "--fail-on", "code:zoom-cobrowse:code/1016>0"], 0, ""),
        (["captures", "-o", "errors.ndjson.gz"], 2, "No form of output has the suffix '.gz'. Use .ndjson, "),
        (["captures", "-o", "errors.2026-11-21"], 0, ""),
        (["captures", "-o", "errors.gz", "--to", "ndjson"], 0, ""),
        (["captures", "--fail-on", "code:13036>0"], 2, "Write cisco-finesse:peripheral/13036."),
        (["captures", "--field", "boddy=/x"], 2, "the names are: body, status, headers"),
        (["captures", "--tz", "Berlin"], 2, "There is no time zone 'Berlin'"),
        (["captures", "--to", "parquet"], 2, "Name a file with -o"),
        (["captures", "--resume"], 2, "standard output cannot be taken back"),
        (["captures", "gone"], 3, "gone: It could not be opened"),
        (["captures", "--report", "gone/report.json"], 3, "The report could not be written"),
        (
            ["captures", "-o", "no/such/folder/out"],
            3,
            "no/such/folder/out.part could not be written: No such file",
        ),
    ],
)
def test_exit_codes(arguments: list[str], code: int, sentence: str):
    """0 done, 1 a condition holds, 2 wrong use, 3 an input or the output could not be had."""
    done = run(*arguments)

    assert code == done.returncode
    assert sentence in " ".join(done.stderr.decode().split())
    assert b"Traceback" not in done.stderr


@pytest.mark.usefixtures("place")
def test_data_goes_to_stdout_and_the_report_to_stderr():
    """Records alone stand on stdout, and --quiet leaves stderr empty."""
    done = run("-", "--quiet", stdin=LINE * 3)

    assert [json.loads(line)["source"]["line"] for line in done.stdout.splitlines()] == [1, 2, 3]
    assert done.stderr == b""
    assert run("-", stdin=LINE * 3).stderr.startswith(b"3 captures = 3 with errors")


def test_closed_pipe_ends_quietly(place: Path):
    """`| head -1` gets its line, and nobody complains."""
    (place / "large.ndjson").write_bytes(LINE * 50_000)
    shell = f"set -o pipefail; {sys.executable} -m errnorm batch -q large.ndjson | head -1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, check=False)

    assert (done.returncode, done.stderr, done.stdout.count(b"\n")) == (0, b"", 1)


def test_closed_pipe_leaves_a_true_report(place: Path):
    """What `| head` has read is counted, the counts add up, and the rejects that they tell of are in place."""
    (place / "large.ndjson").write_bytes(b"{oops\n" + LINE * 50_000)
    words = "batch large.ndjson --rejects rejects --report report.json"
    subprocess.run(["bash", "-c", f"{sys.executable} -m errnorm {words} | head -9"], check=True)
    report = json.loads(Path("report.json").read_bytes())
    total = report["total"]

    assert (report["complete"], report["reconciled"], total["rejected"]) == (False, True, 1)
    assert 9 <= total["records"] < 50_000
    assert Path("rejects").read_bytes().count(b"\n") == 1


def test_rejects_down_a_closed_pipe_are_told(place: Path):
    """The output is not there then, and --resume goes on."""
    (place / "bad.ndjson").write_bytes((LINE + b"{oops\n") * 9000)
    done = shell("bad.ndjson -q -o out --rejects >(head -1 >/dev/null)")

    assert (done.returncode, Path("out").exists()) == (3, False)
    assert b"could not be written: Broken pipe" in done.stderr


@pytest.mark.usefixtures("place")
def test_a_run_that_wrote_nothing_leaves_earlier_rejects():
    """Nothing is counted, and nothing replaced."""
    Path("rejects").write_text("of yesterday", encoding="utf-8")
    shell("captures --to csv --rejects rejects > /dev/full")

    assert Path("rejects").read_text(encoding="utf-8") == "of yesterday"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.usefixtures("place")
def test_full_device_is_told():
    """Where nothing fits, a sentence says so; what was written nowhere is no success."""
    done = shell("captures > /dev/full")

    assert (done.returncode, done.stdout) == (3, b"")
    assert b"The output could not be written: No space left on device" in done.stderr


@pytest.mark.usefixtures("place")
def test_a_pipe_with_a_name_is_written_to():
    """A pipe, like a device, is never replaced by a file; a folder is refused at once."""
    os.mkfifo("pipe")  # never a real device: as root a mistake would replace it for all
    done = shell("captures -q -o pipe & cat pipe; wait")
    folder = shell("captures -o captures")

    assert (done.stdout.count(b"\n"), done.stderr) == (6, b"")
    assert Path("pipe").is_fifo()
    assert list(Path().glob("pipe.*")) == []
    assert (folder.returncode, b"It is a folder" in folder.stderr) == (3, True)
    assert b"cannot be written to a pipe" in shell("captures -o pipe --to parquet").stderr
    assert b"cannot be taken back" in shell("captures -o pipe --resume").stderr


def shell(words: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command with the words of a shell."""
    text = f"{sys.executable} -m errnorm batch {words}"
    return subprocess.run(["bash", "-c", text], capture_output=True, check=False)


def grown(path: Path, size: int) -> int:
    """Wait until a file is larger than it was, and give its size."""
    while not path.exists() or path.stat().st_size <= size:
        time.sleep(0.005)
    return path.stat().st_size


# A shell starts what it runs in the background with SIGINT ignored, and children inherit that.
LISTENING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("errnorm", run_name="__main__", alter_sys=True)
"""


def test_interrupt_before_anything_is_read_ends_as_later(monkeypatch: pytest.MonkeyPatch):
    """Ctrl-C while the command is imported is no --fail-on that holds, which ends with 1."""
    monkeypatch.setattr("errnorm.cli.import_module", Mock(side_effect=KeyboardInterrupt))
    result = testing.CliRunner().invoke(import_module("errnorm.cli").cli, ["batch", "large.ndjson"])

    assert (result.exit_code, result.stderr) == (130, "Stopped.\n")


@pytest.mark.usefixtures("place")
def test_quiet_tells_what_could_not_be_read():
    """A log of a pipeline would show an exit code alone."""
    ended = run("no-such-file", "-q", "-o", "out")

    assert ended.returncode == 3
    assert ended.stderr.decode() == (
        "no-such-file: It could not be opened: No such file or directory. Look at its name and rights.\n"
    )


def test_interrupt_keeps_what_is_done(place: Path):
    """Ctrl-C ends with 130, a report and a sentence; --resume goes on."""
    lines = [LINE.replace(b"Invalid Input", b"Invalid Input %d" % n) for n in range(30_000)]
    (place / "large.ndjson").write_bytes(b"".join(lines))
    paths = ["large.ndjson", "-o", "out", "--report", "report.json"]
    process = subprocess.Popen([sys.executable, "-c", LISTENING, "batch", *paths], stderr=subprocess.PIPE)
    grown(Path("out.part"), 6_000_000)  # of 20 MB in five pieces: the first one is counted
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    resumed = run("large.ndjson", "-o", "out", "--resume", "-q")

    assert process.returncode == 130
    assert b"go on with --resume" in said
    assert 0 < json.loads(Path("report.json").read_bytes())["total"]["captures"] < 30_000
    assert (resumed.returncode, resumed.stderr) == (0, b"")
    assert Path("out").read_bytes().count(b"\n") == 30_000


@pytest.mark.usefixtures("place")
def test_interrupt_tells_where_it_stands():
    """Standard input cannot be read again: what was made of it stays, and its name is told."""
    listening = [sys.executable, "-c", LISTENING, "batch", "-", "-o", "out", "-q"]
    with subprocess.Popen(listening, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(LINE * 30_000)
        process.stdin.flush()
        grown(Path("out.part"), 1_000_000)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()

    assert (process.returncode, said) == (130, b"Stopped. What is done so far stands in out.part.\n")
    assert Path("out.part").read_bytes().startswith(b'{"schema_version"')


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="It sees by /proc when processes are started."
)
@pytest.mark.parametrize("when", [0.05, 0.15])
def test_interrupt_while_processes_start_is_told_once(place: Path, when: float):
    """Ctrl-C goes to every process of the terminal; those that are starting say nothing."""
    code, said = interrupted(place, [when])

    assert (code, said) == (130, ["Stopped. What is done so far is kept: go on with --resume."])


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="It sees by /proc when processes are started."
)
@pytest.mark.parametrize("waits", [[0.05, 0.02], [0.05, 0.2], [0.15, 0.02], [0.15, 0.2, 0.02]])
def test_interrupt_is_pressed_again(place: Path, waits: list[float]):
    """Every process ends, wherever the signal meets the first one; nobody is waited for."""
    code, _ = interrupted(place, waits)

    assert code != 0


def interrupted(place: Path, waits: list[float]) -> tuple[int, list[str]]:
    """Press Ctrl-C some times, from when another process is started; give the exit code and what was said."""
    (place / "large.ndjson").write_bytes(LINE * 300_000)
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENING, "batch", "-q", "large.ndjson", "-o", "out", "--jobs", "3"],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 30
    while len(children.read_text().split()) < 2 and time.monotonic() < deadline:  # one beside the tracker
        time.sleep(0.005)
    for wait in waits:
        time.sleep(wait)
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)  # until the last of them has let go of stderr
    return process.returncode, said.decode().splitlines()


FAILING = """
import runpy
from errnorm.batch import work
def fails(*_):
    raise KeyError("agent1001")
work.judged = fails
runpy.run_module("errnorm", run_name="__main__", alter_sys=True)
"""


@pytest.mark.usefixtures("place")
def test_a_bug_is_told_and_ends_with_an_exit_code_of_its_own():
    """No traceback, no word of the input, and never the exit code of a `--fail-on`."""
    words = ["batch", "captures", "-o", "out", "--report", "report.json", "--fail-on", "captures==0"]
    done = subprocess.run(
        [sys.executable, "-c", FAILING, *words], capture_output=True, text=True, check=False
    )
    report = json.loads(Path("report.json").read_bytes())

    assert (done.returncode, report["reconciled"], report["total"]["captures"]) == (4, True, 0)
    assert "Error: errnorm itself failed, with a KeyError. What is done so far is kept" in done.stderr
    assert "Traceback" not in done.stderr
    assert "agent1001" not in done.stderr


def test_progress_is_for_a_terminal(place: Path):
    """A person sees how far it is; what is left on the screen is the report."""
    (place / "large.ndjson").write_bytes(LINE * 20_000)
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "errnorm", "batch", "large.ndjson", "-o", "out"]
    process = subprocess.Popen(command, stderr=child, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"})
    os.close(child)
    seen = b""
    try:
        while piece := os.read(parent, 65536):
            seen += piece
    except OSError:  # the terminal is gone when the program is
        pass
    os.close(parent)

    assert process.wait() == 0
    assert b"errors" in seen
    assert b"0 bytes of %.1f MB" % (20_000 * len(LINE) / 1e6) in seen
    assert b"?" not in seen.replace(b"\x1b[?25", b"")
    assert b"20,000 captures" in seen


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    "form",
    [b"%b\n", b"%b\n" * 99, b"[%b]", b'{"records":[%b]}', b"2026-11-21 10:00:00,1 INFO gw - %b\n"],
    ids=["ndjson", "storm", "list", "wrapped", "log"],
)
def test_a_pointer_that_finds_nothing_is_told_of(form: bytes, jobs: str, tmp_path: Path):
    """Where no capture has what is mapped, a sentence names it, the exit code is 3, and the rest is read."""
    body = orjson.dumps({"status": 400, "time": "2026-11-21T10:00:00Z", "body": BODY.decode()})
    (tmp_path / "a").write_bytes(form.replace(b"%b", body))
    fields = ("--field", "body=/body", "--field", "url=/adress")
    done = run(str(tmp_path / "a"), *fields, "--jobs", jobs, "-q", "--report", str(tmp_path / "r.json"))
    told = b"No capture has /adress, which is to be its url. Look in one for what it is called.\n"
    assert (done.returncode, done.stderr) == (3, told)
    assert orjson.loads((tmp_path / "r.json").read_bytes())["fields"] == {
        "body=/body": True,
        "url=/adress": False,
    }
    assert {orjson.loads(line)["status"] for line in done.stdout.splitlines()} == {400}


def test_a_quiet_day_lacks_nothing(tmp_path: Path):
    """A gateway that keeps the bodies of errors alone has none on a day without errors."""
    (tmp_path / "a").write_bytes(b'{"status":200,"url":"/x"}\n{"status":204,"url":"/y"}\n')
    done = run(str(tmp_path / "a"), "--field", "body=/answer/text", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_one_capture_that_has_it_is_enough(tmp_path: Path):
    """What one input lacks may stand in another one."""
    (tmp_path / "a.json").write_bytes(b'[{"status":400,"url":"/x"}]')
    (tmp_path / "b.json").write_bytes(b'[{"status":400,"answer":{"text":""}}]')
    done = run(str(tmp_path), "--field", "body=/answer/text", "-q")
    assert (done.returncode, done.stderr) == (0, b"")


def test_lines_of_a_log_need_not_have_what_is_mapped(tmp_path: Path):
    """A line without a status tells of nothing, so that no body is missed."""
    (tmp_path / "a").write_bytes(b'{"level":"info","msg":"started"}\n' * 2)
    done = run(str(tmp_path / "a"), "--field", "body=/answer/text", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_records_warn_of_a_pointer_that_finds_nothing(tmp_path: Path):
    """The library tells what the command does; what one input lacks may stand in another one."""
    one, other = tmp_path / "a.ndjson", tmp_path / "b.json"
    one.write_bytes(b'{"status":400,"url":"/x"}\n' * 2)
    other.write_bytes(b'[{"status":400,"answer":"","url":"/x"}]')
    told = "No capture has /answer, which is to be its body. Look in one for what it is called."

    with pytest.warns(UserWarning, match=f"^{re.escape(told)}$"):
        assert len([*batch.records(one, fields={"body": "/answer"})]) == 2
    assert len([*batch.records([one, other], fields={"body": "/answer"})]) == 3


def test_a_name_in_an_archive_is_printed_and_not_obeyed(tmp_path: Path):
    """A terminal obeys what stands behind an escape."""
    with zipfile.ZipFile(tmp_path / "day.zip", "w") as archive:
        archive.writestr("gw\x1b[31m\n.ndjson", LINE + LINE.replace(b"Invalid Input", b"Not Found"))
    done = run(str(tmp_path / "day.zip"), "-o", str(tmp_path / "out"))

    assert "day.zip: gw\ufffd[31m\ufffd.ndjson:1" in done.stderr.decode()
    assert b"\x1b" not in done.stderr
