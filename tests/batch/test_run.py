"""Runs: the counts reconcile, several processes give the output of one, a killed run goes on."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import itertools
import json
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import attrs
import orjson
import pytest
from corpus import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import CASES

import errnorm
from errnorm import batch
from errnorm.batch import exchange, journal, pool, worker
from errnorm.batch.encode import Encoder
from errnorm.batch.exchange import Exchange
from errnorm.batch.inputs import expand
from errnorm.batch.journal import NotResumable
from errnorm.batch.tally import Tally
from errnorm.batch.tasks import How, Task, found_by, tasks
from errnorm.batch.work import WorkerError, judged
from errnorm.exceptions import InvalidArgument
from errnorm.redaction import CONTACT_CENTER
from errnorm.vendors import VENDORS

SENT = [case for case in cases("well-formed", "several-errors") if case.given.get("status")]


def capture(number: int) -> bytes:
    """Give one line of a gateway's captures; every fifth body is new."""
    case = SENT[number % 40]
    body = case.body.decode("utf-8", "replace") + ("" if number % 5 else " " * (number % 97))
    told = {"time": f"2026-11-21T10:{number // 60 % 60:02}:{number % 60:02}Z", "url": "/finesse/api/User"}
    headers = {"x-request-id": f"r-{number}"} if number % 3 == 0 else {}
    return orjson.dumps(told | {"status": case.given["status"], "headers": headers, "body": body}) + b"\n"


def folder_of(place: Path, count: int = 600) -> Path:
    """Fill a folder with captures of many forms, and one input that is cut."""
    folder = place / "captures"
    folder.mkdir()
    lines = [capture(number) for number in range(count)]
    (folder / "a.ndjson").write_bytes(b"".join(lines) + b"{oops\n")
    (folder / "b.json.bz2").write_bytes(bz2.compress(b"[" + b",".join(lines[:50]) + b"]"))
    (folder / "c.ndjson.gz").write_bytes(gzip.compress(b"".join(lines[:80]))[:-20])
    (folder / "d.csv").write_text('status,body\n503,"<ApiErrors>\n</ApiErrors>"\n200,\n1,2,3\n')
    (folder / "e.http").write_bytes(b"HTTP/1.1 503 Oops\r\n\r\n<ApiErrors/>")
    (folder / "f.xml").write_bytes(SENT[0].body)
    (folder / "g.log").write_bytes(
        b"2026-11-21 10:00:00,1 ERROR x - " + SENT[0].body.replace(b"\n", b"") + b"\nno\n" * 99
    )
    return folder


def files_in(*paths: Path) -> list[bytes]:
    """Give the contents of files."""
    return [path.read_bytes() for path in paths]


def test_records_of_a_file_are_those_of_its_bodies(tmp_path: Path):
    """A body in a file gives the record that a library call gives, with its place besides."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"".join(capture(number) for number in range(200)))
    found = list(batch.records(path))
    expected = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        told = json.loads(line)
        known = {name: told[name] for name in ("status", "headers", "url")}
        expected += [(number, record) for record in errnorm.normalize(told["body"], **known)]

    assert len(found) == len(expected)
    for record, (number, alone) in zip(found, expected, strict=True):
        plain = record.to_dict()
        assert plain["source"]["line"] == number
        assert plain | {"source": None, "occurred_at": None} == alone.to_dict()
        assert plain["occurred_at"] == plain["source"]["time"].replace("Z", "+00:00")


def counts(report: batch.Report) -> dict[str, dict[str, int]]:
    """Give the counts of each input."""
    return report.to_dict()["inputs"]


def test_counts_reconcile_for_every_input(tmp_path: Path):
    """Captures = with_errors + not_errors + rejected, for each input and in total, and nothing is lost."""
    folder = folder_of(tmp_path)
    out, rejects = tmp_path / "out.ndjson", tmp_path / "rejects.ndjson"
    report = batch.run([folder, tmp_path / "gone"], out, rejects=rejects)
    by_name = {Path(name).name: item for name, item in counts(report).items()}

    for item in by_name.values():
        assert item.get("captures", 0) == item.get("with_errors", 0) + item.get("not_errors", 0) + item.get(
            "rejected", 0
        )
    assert by_name["a.ndjson"]["captures"] == 601
    assert by_name["b.json.bz2"]["captures"] == 50
    assert by_name["d.csv"]["captures"] == 3
    lines = out.read_bytes().splitlines()
    assert len(lines) == sum(item.get("records", 0) for item in by_name.values())
    assert len(rejects.read_bytes().splitlines()) == sum(item.get("rejected", 0) for item in by_name.values())
    assert sorted(Path(name).name for name, _ in report.errors) == ["c.ndjson.gz", "gone"]


def test_encoder_writes_what_to_dict_says():
    """The fast encoder gives the bytes of orjson.dumps(record.to_dict()), for new bodies and known ones."""
    normalizer = errnorm.Normalizer()
    encoder = Encoder()
    for turn in range(3):
        for case in CASES:
            given_now = case.given | {"source": errnorm.Source(name="ä.log", line=turn, time=f"t{turn}")}
            for record in normalizer.normalize(case.body, **given_now):
                assert encoder.line(record) == orjson.dumps(record.to_dict()) + b"\n"


@given(
    picks=st.lists(
        st.tuples(st.sampled_from(CASES), st.sampled_from(["r-1", "r-2", "agent1001", "Invalid"])),
        max_size=20,
    ),
    raw=st.sampled_from(["omit", "text", "base64"]),
)
def test_encoder_is_exact_for_any_ids_and_delays(picks: list[Any], raw: Any):
    """Ids and delays of a response change what they change, also where the message names them."""
    normalizer = errnorm.Normalizer()
    encoder = Encoder(raw)
    for case, text in picks:
        told = case.given | {"headers": {"X-Request-Id": text, "Retry-After": str(len(text))}}
        for record in normalizer.normalize(case.body, **told):
            assert encoder.line(record) == orjson.dumps(record.to_dict(raw=raw)) + b"\n"


def test_encoder_is_exact_for_redacted_records():
    """What a policy took out is told as the record tells it."""
    encoder = Encoder("text")
    for case in CASES:
        for record in errnorm.normalize(case.body, **case.given):
            for one in (record, record.redacted(CONTACT_CENTER)):
                assert encoder.line(one) == orjson.dumps(one.to_dict(raw="text")) + b"\n"


def test_policy_holds_for_records_and_rejects(tmp_path: Path):
    """With a policy neither output nor rejects hold what it knows to be private."""
    path = tmp_path / "a.ndjson"
    mail = "agent1001@finesse.example.com"
    path.write_bytes(
        orjson.dumps({"status": 404, "url": "/x", "body": f"<p>No device for {mail}</p>"})
        + b"\n{"
        + mail.encode()
    )
    out, rejects = tmp_path / "out", tmp_path / "rejects"
    report = batch.run(path, out, rejects=rejects, policy=CONTACT_CENTER, raw="text")

    assert (report.total.with_errors, report.total.rejected) == (1, 1)
    assert mail.encode() not in out.read_bytes() + rejects.read_bytes()
    assert b"[email]" in out.read_bytes()


def test_policy_holds_for_what_comes_again(tmp_path: Path):
    """What is remembered of a body is what the policy left of it."""
    body = '{"event":"session_error","payload":{"code":1011,"errorMsg":"Over.","userId":"jdoe","sessionId":"s-1"}}'
    told = {"status": 200, "headers": {"X-Request-Id": "r-17"}, "body": body}
    path = tmp_path / "a.ndjson"
    path.write_bytes((orjson.dumps(told) + b"\n") * 5)
    batch.run(path, tmp_path / "out", policy=CONTACT_CENTER)
    lines = [orjson.loads(line) for line in (tmp_path / "out").read_bytes().splitlines()]

    assert [line["ids"] for line in lines] == [
        {"request": "r-17", "user": "[user]", "session": "[session]"}
    ] * 5


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let each process start before the next task, and count the tasks that each time go to another one."""
    start, send = pool._Team._start, pool.Worker.send
    counts: list[int] = []

    def waits(team: Any) -> None:
        start(team)
        for other in team._others:
            while not other.worker.is_ready:
                team._take(other)

    def counted(worker: Any, tasks: Any, slot: int) -> None:
        counts.append(len(tasks))
        send(worker, tasks, slot)

    monkeypatch.setattr(pool, "_ALONE_SECONDS", 0.0)
    monkeypatch.setattr(pool, "_GROUP_SECONDS", 60.0)
    monkeypatch.setattr(pool._Team, "_start", waits)
    monkeypatch.setattr(pool.Worker, "send", counted)
    return counts


@pytest.mark.parametrize("way", sorted({"fork", "spawn"} & {*multiprocessing.get_all_start_methods()}))
@pytest.mark.parametrize("jobs", [2, 3])
def test_two_jobs_give_the_output_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[int], jobs: int, way: str
):
    """Output, rejects and counts do not depend on how many processes worked, nor on how they were started."""
    monkeypatch.setattr(pool, "way_to_start", lambda: multiprocessing.get_context(way))
    folder = folder_of(tmp_path, 3000)
    one, two = ([tmp_path / f"{name}{number}" for name in ("out", "rejects")] for number in (1, jobs))
    first = batch.run(folder, one[0], rejects=one[1])
    second = batch.run(folder, two[0], rejects=two[1], jobs=jobs)

    assert len(sent) >= 2
    assert files_in(*one) == files_in(*two)
    assert first.to_dict() == second.to_dict()


WAYS = """
import threading
from errnorm.batch.worker import way_to_start
print(way_to_start().get_start_method())
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(way_to_start().get_start_method())
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Elsewhere no process is forked.")
def test_a_process_is_forked_where_no_other_thread_holds_a_lock():
    """It is at work at once; beside another thread it is started afresh."""
    ended = subprocess.run([sys.executable, "-c", WAYS], capture_output=True, text=True, check=True)

    assert ended.stdout.split() == ["fork", "spawn"]


def test_where_nobody_tells_of_threads_a_process_is_started_afresh(monkeypatch: pytest.MonkeyPatch):
    """Any process on macOS may have threads of the system."""
    monkeypatch.setattr(worker, "_THREADS", Path("no-such-folder"))

    assert worker.way_to_start().get_start_method() == "spawn"


def test_tasks_that_take_long_go_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[int]):
    """At the end nobody waits for a process that was given several of them."""
    monkeypatch.setattr(pool, "_GROUP_SECONDS", 0.0)
    folder = folder_of(tmp_path, 3000)
    batch.run(folder, tmp_path / "one")
    batch.run(folder, tmp_path / "two", jobs=2)

    assert set(sent) == {1}
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_what_is_short_starts_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The first process works alone at the beginning, and what is over then costs what one job costs."""
    started = Mock()
    monkeypatch.setattr(pool, "Worker", started)
    path, one, two = (tmp_path / name for name in ("a.ndjson", "one", "two"))
    path.write_bytes(capture(0))
    first, second = batch.run(path, one), batch.run(path, two, jobs=16)

    assert started.call_count == 0
    assert files_in(one) == files_in(two)
    assert first.to_dict() == second.to_dict()


def ended_script(text: str, path: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Write captures, and run a script that turns them into an output."""
    script = out.with_name("script.py")
    script.write_text(text)
    path.write_bytes(b"".join(capture(number) for number in range(8_000)))
    return subprocess.run([sys.executable, script, path, out], capture_output=True, text=True, check=False)


BROKEN_ELSEWHERE = """
import multiprocessing, sys
from errnorm import batch
from errnorm.batch import pool, work

judged = work.judged
def fails(*arguments):
    if multiprocessing.parent_process():
        raise KeyError("agent1001")
    return judged(*arguments)
work.judged = fails

if __name__ == "__main__":
    start = pool._Team._start
    def waits(team):
        start(team)
        for other in team._others:
            while not other.worker.is_ready:
                team._take(other)
    pool._ALONE_SECONDS, pool._Team._start = 0, waits
    try:
        batch.run(*sys.argv[1:], jobs=2)
    except batch.Failed as error:
        print(error)
"""


def test_a_bug_in_another_process_is_told_as_one_here(tmp_path: Path):
    """The sentence is the same, and what is done so far is kept, to go on with."""
    path, one, out = (tmp_path / name for name in ("a.ndjson", "one", "out"))
    ended = ended_script(BROKEN_ELSEWHERE, path, out)
    batch.run(path, one)
    batch.run(path, out, jobs=2, resume=True)

    assert ended.stdout.startswith("errnorm itself failed, with a KeyError. What is done so far is kept")
    assert "agent1001" not in ended.stdout
    assert files_in(out) == files_in(one)


UNGUARDED = """
import sys, threading
from errnorm import batch
threading.Thread(target=threading.Event().wait, daemon=True).start()
path, out = sys.argv[1:]
print(batch.run(path, out, jobs=2).records)
"""


def test_a_script_that_runs_anew_in_each_process_spoils_nothing(tmp_path: Path):
    """The process that is started refuses; the first one goes on alone, or stops and keeps what is done."""
    path, one, out = (tmp_path / name for name in ("a.ndjson", "one", "out"))
    ended = ended_script(UNGUARDED, path, out)
    batch.run(path, one)
    if ended.returncode:
        batch.run(path, out, resume=True)

    assert 'Put what the script does under `if __name__ == "__main__":`.' in ended.stderr
    assert files_in(out) == files_in(one)


def test_a_process_that_is_being_started_touches_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It would empty what the process that starts it is writing."""
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    path, out = tmp_path / "a.ndjson", tmp_path / "out"
    path.write_bytes(capture(0))
    with pytest.raises(InvalidArgument, match="jobs is 2 in a script that each process runs anew"):
        batch.run(path, out, jobs=2)

    assert sorted(tmp_path.iterdir()) == [path]


def test_what_cannot_be_sent_to_another_process_is_refused(tmp_path: Path):
    """Before anything is written, with what stands in the way: no bug of errnorm's is reported then."""
    own = attrs.evolve(VENDORS[0], name="own", parse=lambda _: [])
    path, out = tmp_path / "a.ndjson", tmp_path / "out"
    path.write_bytes(capture(0))
    with pytest.raises(InvalidArgument, match=r"cannot be sent to another process: .*lambda"):
        batch.run(path, out, jobs=2, normalizer=errnorm.Normalizer(vendors=[own]))

    assert sorted(tmp_path.iterdir()) == [path]


def test_where_no_process_can_be_started_one_does_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[int]
):
    """A limit on processes is no reason to stop."""
    monkeypatch.setattr(pool.Worker, "__init__", Mock(side_effect=BlockingIOError))
    folder = folder_of(tmp_path, 3000)
    batch.run(folder, tmp_path / "one")
    batch.run(folder, tmp_path / "two", jobs=2)

    assert sent == []
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_ctrl_c_while_a_process_is_started_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[int]
):
    """It is heard when the process is noted, so that it can be ended."""
    make = pool.Worker.__init__

    def interrupted(worker: Any, *arguments: Any) -> None:
        make(worker, *arguments)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(pool.Worker, "__init__", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
    with pytest.raises(KeyboardInterrupt):
        batch.run(folder_of(tmp_path, 3000), tmp_path / "out", jobs=2)
    signal.signal(signal.SIGINT, before)

    assert multiprocessing.active_children() == []
    assert sent == []


def test_a_process_that_has_ended_is_told_of_on_windows_as_well():
    """There the pipe raises where it is only asked whether anything came."""
    ended = object.__new__(pool.Worker)
    ended._line = Mock(poll=Mock(side_effect=BrokenPipeError), recv=Mock(side_effect=EOFError))

    assert ended.has_answer
    assert isinstance(ended.answer(), WorkerError)


class OddError(Exception):
    """An exception that cannot be made again from what it was given."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


@pytest.mark.parametrize(("error", "sent"), [(KeyError("x"), KeyError), (OddError("x", "y"), RuntimeError)])
def test_what_is_raised_in_another_process_is_raised_here(error: Exception, sent: type):
    """An exception that cannot be sent is told of by its name; both keep their traceback."""
    parcel = pickle.dumps(worker.Parcel.of([Task(input="a")], Exchange(None), 0))
    answer = worker._answer(parcel, Mock(side_effect=error), Exchange(None))

    assert type(answer) is sent
    assert type(error).__name__ in answer.__notes__[0]


def test_a_killed_worker_ends_the_run_with_what_to_do(tmp_path: Path, sent: list[int]):
    """The system ends a process that takes too much memory; what was written is kept, to go on with."""
    folder = folder_of(tmp_path, 8_000)
    whole = batch.run(folder, tmp_path / "whole")

    def kill(_: Any) -> None:
        if sent:
            for child in multiprocessing.active_children():
                child.kill()

    with pytest.raises(batch.Stopped, match="ended from outside"):
        batch.run(folder, tmp_path / "out", jobs=2, progress=kill)
    report = batch.run(folder, tmp_path / "out", jobs=2, resume=True)

    assert report.to_dict() == whole.to_dict()
    assert files_in(tmp_path / "out") == files_in(tmp_path / "whole")


def test_what_is_done_is_written_where_no_more_can_be_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[int]
):
    """A process may be found dead when it is sent more: what it gave before is kept."""
    folder, send = folder_of(tmp_path, 8_000), pool.Worker.send

    def killed(other: Any, tasks: Any, slot: int) -> None:
        if len(sent) == 2:
            assert other._line.poll(60)
            other._process.kill()
            other._process.join()
        send(other, tasks, slot)

    monkeypatch.setattr(pool.Worker, "send", killed)
    monkeypatch.setattr(pool, "_MOST_TASKS", 1)
    with pytest.raises(batch.Stopped, match="ended from outside") as stopped:
        batch.run(folder, tmp_path / "out", jobs=2)
    kept = (tmp_path / "out.part").read_bytes().count(b"\n")
    batch.run(folder, tmp_path / "whole")
    report = batch.run(folder, tmp_path / "out", resume=True)

    assert kept == stopped.value.report.records > 0
    assert (stopped.value.report.complete, report.complete) == (False, True)
    assert files_in(tmp_path / "out") == files_in(tmp_path / "whole")


def test_forms_that_are_one_text_are_cut_for_several_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[int]
):
    """A recording, a list and a log are cut, packed ones as well; the output is that of one job, in order."""
    for module in ("elements", "readers.log"):
        monkeypatch.setattr(f"errnorm.batch.{module}._PIECE_BYTES", 10_000)
    lines = [capture(number) for number in range(200)]
    entry = {"startedDateTime": "2026-11-21T10:00:00Z", "request": {"url": "/finesse/api/User"}}
    told = [orjson.loads(line) for line in lines]
    entries = [entry | {"response": {"status": t["status"], "content": {"text": t["body"]}}} for t in told]
    logged = [
        b"2026-11-21 10:00:00,%03d ERROR [exec-%d] x - %s\n" % (n, n % 3, line[:-1])
        for n, line in enumerate(lines)
    ]
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / "a.har").write_bytes(orjson.dumps({"log": {"version": "1.2", "entries": entries}}))
    (folder / "b.json.gz").write_bytes(gzip.compress(b"[" + b",\n".join(lines) + b"]"))
    (folder / "c.log").write_bytes(b"".join(logged))
    (folder / "d.log.gz").write_bytes(gzip.compress(b"".join(logged)))
    cut = [task.reader for task in tasks(expand([folder]), How()) if task.piece]
    one, two = tmp_path / "one", tmp_path / "two"
    first, second = batch.run(folder, one), batch.run(folder, two, jobs=2)

    assert sum(sent) > 1
    assert min(cut.count("har"), cut.count("json"), cut.count("log") / 2) >= 3
    assert files_in(one) == files_in(two)
    assert first.to_dict() == second.to_dict()


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("lacking", [None, "pwrite", "memfd_create", "mmap", "anything of this kind"])
def test_what_does_not_go_between_two_processes_goes_through_the_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[int], lacking: str | None
):
    """Output that is more than a slot holds, memory that is full or not to be had: nothing is lost."""
    if lacking == "anything of this kind":
        monkeypatch.delattr(os, "pwrite")
    elif lacking == "mmap":  # what is not mapped is written and read, as under `ulimit -v`
        monkeypatch.setattr(exchange.mmap, "mmap", Mock(side_effect=FULL))
    elif lacking:
        monkeypatch.setattr(os, lacking, Mock(side_effect=FULL))
    error = "<ApiError><ErrorType>Generic Error</ErrorType></ApiError>"
    bodies = [f"<ApiErrors>{error * 64}<!--{number}--></ApiErrors>" for number in range(300)]
    path, out, one = (tmp_path / name for name in ("many.ndjson", "two", "one"))
    path.write_bytes(b"".join(orjson.dumps({"status": 500, "body": body}) + b"\n" for body in bodies))
    report = batch.run(path, out, jobs=2)
    batch.run(path, one)

    assert report.records == 300 * 64
    pieces = [task for task in tasks(expand([path]), How()) if task.piece]
    assert out.stat().st_size / len(pieces) * max(sent) > exchange._SLOT_BYTES
    assert files_in(out) == files_in(one)


RUN = """
import sys
from errnorm import batch
from errnorm.redaction import CONTACT_CENTER
from errnorm.batch import run as module
module._JOURNAL_SECONDS = 0.0
if __name__ == "__main__":
    folder, out, rejects, to, resume, jobs, *redact = sys.argv[1:]
    policy = CONTACT_CENTER if redact else None
    resume = resume == "resume"
    batch.run(folder, out, rejects=rejects, to=to, resume=resume, jobs=int(jobs), policy=policy)
"""


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", RUN, *map(str, arguments)], stderr=subprocess.PIPE)


def test_a_killed_run_that_redacts_goes_on(tmp_path: Path):
    """The functions of a policy lie elsewhere in the next process, and are the same ones."""
    folder = folder_of(tmp_path, 3000)
    batch.run(folder, tmp_path / "whole", policy=CONTACT_CENTER)
    process = start(folder, tmp_path / "out", tmp_path / "rejects", "ndjson", "", "1", "redact")
    wait_for(tmp_path / "out.journal", process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    batch.run(folder, tmp_path / "out", rejects=tmp_path / "rejects", policy=CONTACT_CENTER, resume=True)

    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("to", ["ndjson", "csv", "parquet"])
def test_killed_run_goes_on_where_it_was(tmp_path: Path, to: str):
    """However often a run is killed, at whatever moment, its output is that of an uninterrupted one."""
    if to == "parquet":
        pytest.importorskip("pyarrow", reason="Parquet comes with errnorm[parquet]")
    folder = folder_of(tmp_path, 3000)
    whole = [tmp_path / "whole", tmp_path / "whole-rejects"]
    report = batch.run(folder, whole[0], rejects=whole[1], to=to)
    out = [tmp_path / "out", tmp_path / "rejects"]
    chance = random.Random(to)
    kills = 0
    for _ in range(8):
        process = start(folder, *out, to, "resume", "1")
        seen = wait_for(tmp_path / "out.part", process)
        time.sleep(chance.random() * 0.4 if seen else 0)
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
        assert said == b""
        if process.returncode == 0:
            break
        kills += 1
    else:
        batch.run(folder, out[0], rejects=out[1], to=to, resume=True)

    assert kills > 0
    assert contents(to, *out) == contents(to, *whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "captures",
        "out",
        "rejects",
        "whole",
        "whole-rejects",
    ]
    assert report.records > 3000


def contents(to: str, output: Path, rejects: Path) -> tuple[Any, bytes]:
    """Give the bytes of both files; of Parquet the rows, whose groups may be cut otherwise."""
    if to == "parquet":
        return pytest.importorskip("pyarrow.parquet").read_table(output).to_pylist(), rejects.read_bytes()
    return output.read_bytes(), rejects.read_bytes()


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a file is there, or the process has ended."""
    while process.poll() is None:
        if path.exists():
            return True
        time.sleep(0.005)
    return False


def test_workers_end_with_a_killed_run(tmp_path: Path):
    """The processes of a killed run do not stay behind."""
    folder = folder_of(tmp_path, 8_000)
    children: list[str] = []
    with start(folder, tmp_path / "out", tmp_path / "rejects", "ndjson", "no", "3") as process:
        while process.poll() is None and len(children) < 2:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            time.sleep(0.001)
        process.kill()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(is_running(child) for child in children):
        time.sleep(0.05)
    left = [child for child in children if is_running(child)]
    for child in left:
        os.kill(int(child), signal.SIGKILL)

    assert len(children) == 2
    assert left == []


CLEANING = """
import os, signal, sys
from errnorm import batch
from errnorm.batch import pool

def clean(*_):
    print("cleaned by the caller" if os.getpid() == caller else "cleaned by a worker", flush=True)

def end(progress):
    for other in team:
        os.kill(other.worker._process.pid, signal.SIGTERM)
        other.worker._process.join(60)
    if team:
        os.kill(caller, signal.SIGTERM)

team, caller, start = [], os.getpid(), pool._Team._start
def started(of):
    start(of)
    team[:] = of._others
if __name__ == "__main__":
    pool._ALONE_SECONDS, pool._Team._start = 0, started
    signal.signal(signal.SIGTERM, clean)
    try:
        batch.run(*sys.argv[1:], jobs=2, progress=end)
    except batch.Stopped:
        print("stopped")
"""


def test_a_signal_to_another_process_calls_no_handler_of_the_caller(tmp_path: Path):
    """What cleans up behind a script does so once, and a worker that is told to end does."""
    ended = ended_script(CLEANING, tmp_path / "a.ndjson", tmp_path / "out")

    assert {*ended.stdout.splitlines()} <= {"cleaned by the caller", "stopped"}
    assert "cleaned by the caller" in ended.stdout


def is_running(pid: str) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_run_goes_on_only_with_the_same(tmp_path: Path):
    """Other inputs, other options and standard input are refused with what to do."""
    folder = folder_of(tmp_path, 8_000)
    process = start(folder, tmp_path / "out", tmp_path / "rejects", "ndjson", "no", "1")
    assert wait_for(tmp_path / "out.journal", process)
    process.kill()
    process.communicate()

    with pytest.raises(NotResumable, match="Give the same ones"):
        batch.run(folder, tmp_path / "out", resume=True)
    (folder / "a.ndjson").write_bytes(b"")
    with pytest.raises(NotResumable, match="an input has changed"):
        batch.run(folder, tmp_path / "out", rejects=tmp_path / "rejects", resume=True)
    with pytest.raises(NotResumable, match="standard input cannot be read again"):
        batch.run("-", tmp_path / "other", resume=True)


def test_a_long_output_is_sent_to_the_disk_as_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each byte is sent once, where the system takes the advice; where it does not, the output is the same."""
    folder, one = folder_of(tmp_path, 3000), tmp_path / "one"
    batch.run(folder, one)
    monkeypatch.setattr(journal, "_SEND_BYTES", 100_000)
    sent: list[tuple[int, int]] = []

    def advised(_: int, start: int, count: int, __: int) -> None:
        sent.append((start, count))
        raise FULL

    monkeypatch.setattr(os, "posix_fadvise", advised, raising=False)
    monkeypatch.setattr(os, "POSIX_FADV_DONTNEED", 4, raising=False)
    batch.run(folder, tmp_path / "advised")
    monkeypatch.delattr(os, "posix_fadvise")
    batch.run(folder, tmp_path / "not advised")

    assert len(sent) > 2
    assert [start for start, _ in sent] == [0, *itertools.accumulate(count for _, count in sent[:-1])]
    assert files_in(tmp_path / "advised") == files_in(tmp_path / "not advised") == files_in(one)


def test_full_disk_ends_with_a_true_report(tmp_path: Path):
    """What was written is counted, and the sentence says what to do."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"".join(capture(number) for number in range(2000)))
    script = RUN.replace(
        "if __name__",
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\nimport signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nif __name__",
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path, tmp_path / "out", tmp_path / "rejects", "ndjson", "no", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = batch.run(path, tmp_path / "out", rejects=tmp_path / "rejects", resume=True)

    assert "Stopped: The output could not be written: File too large. Make room" in done.stderr
    assert len((tmp_path / "out").read_bytes().splitlines()) == report.records


def test_what_comes_again_is_written_and_counted_as_if_it_were_new(tmp_path: Path):
    """A run gives the lines of the records one by one, and counts each of them, also in an error storm."""
    path = tmp_path / "storm.ndjson"
    plain = [orjson.loads(capture(number)) | {"headers": {}} for number in range(900)]
    quiet = [{"status": 200, "url": "/x", "body": '{"success": true}'}] * 3
    path.write_bytes(b"\n".join(orjson.dumps(told) for told in (*plain, *quiet)))
    report = batch.run(path, tmp_path / "out")
    records = list(batch.records(path))
    expected = batch.Report()
    expected.open(str(path), "ndjson")
    for record in records:
        expected.add(str(path), [record])

    assert (tmp_path / "out").read_bytes() == b"".join(orjson.dumps(r.to_dict()) + b"\n" for r in records)
    assert report.tables == expected.tables
    assert report.fingerprints == expected.fingerprints
    assert report.unknown_codes == expected.unknown_codes
    assert report.total.not_errors == 3


IDS = st.sampled_from(["r-1", "r-2", "agent1001", "Invalid", "1001"])
ASIDE = st.fixed_dictionaries(
    {},
    optional={
        "X-Request-Id": IDS,
        "traceparent": IDS,
        "Retry-After": st.sampled_from(["5", "soon"]),
        "Date": st.sampled_from(["Sat, 21 Nov 2026 10:00:00 GMT"]),
        "Content-Type": st.sampled_from(["text/xml", "application/json"]),
    },
)
TIMES = st.sampled_from(["2026-11-21T10:00:00Z", "2026-11-22T23:59:01.5+01:00", "+49 30 1234567", None])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    told=st.lists(st.tuples(st.sampled_from(SENT[:9]), ASIDE, TIMES, st.booleans()), min_size=5, max_size=30),
    redacts=st.booleans(),
)
def test_what_comes_again_has_its_own_headers_and_time(tmp_path: Path, told: list[Any], *, redacts: bool):
    """Whatever headers, times and forms repeat around a body, each line is that of its capture alone."""
    path = tmp_path / "storm.ndjson"
    policy = CONTACT_CENTER if redacts else None
    with path.open("wb") as file:
        for case, headers, time_said, is_object in told:
            text = case.body.decode("utf-8", "replace")
            body = {"code": 1011, "errorMsg": text} if is_object else text
            capture_told = {"status": 503, "headers": headers, "body": body, "time": time_said}
            file.write(orjson.dumps(capture_told) + b"\n")
    report = batch.run(path, tmp_path / "out", policy=policy)
    alone = batch.Report()
    alone.open(str(path), "ndjson")
    lines = []
    for found in found_by(next(tasks(expand([path]), How()))):
        result = judged(found, errnorm.Normalizer(cache_size=0))
        alone.add(str(path), result.records)
        kept = policy.result(result) if policy else result
        lines += [orjson.dumps(record.to_dict()) + b"\n" for record in kept]

    assert (tmp_path / "out").read_bytes() == b"".join(lines)
    assert (report.tables, report.inputs) == (alone.tables, alone.inputs)
    assert report.fingerprints == alone.fingerprints


def test_what_another_run_has_written_is_not_read(tmp_path: Path):
    """Its records would be counted once more, as errors that nobody knows."""
    path = tmp_path / "captures.ndjson"
    path.write_bytes(b'{"status":503,"url":"/x","body":""}\n{oops\n')
    report = batch.run(path, tmp_path / "old.ndjson", rejects=tmp_path / "old.rejects")
    batch.run(path, tmp_path / "old.csv")
    (tmp_path / "old.json").write_text(json.dumps(report.to_dict(), indent=2))
    again = batch.run(tmp_path, tmp_path / "new.ndjson")

    assert (again.total.records, again.total.with_errors, again.total.rejected) == (1, 1, 1)
    assert again.total.not_errors == 2
    assert [(Path(name).name, why[:23]) for name, why in again.errors] == [
        ("old.csv", "It is a table, and no c"),
        ("old.json", "It was written by errno"),
    ]


def test_an_input_that_cannot_be_read_is_warned_of(tmp_path: Path):
    """Who asks for records of a file that is not there is told, by a warning or a call."""
    told: list[tuple[str, str]] = []
    gone = str(tmp_path / "gone")
    with pytest.warns(UserWarning, match="gone: It could not be opened: No such file") as warned:
        assert list(batch.records(gone)) == []
    assert list(batch.records(gone, on_error=lambda *what: told.append(what))) == []

    assert [Path(one.filename) for one in warned] == [Path(__file__)]
    assert [name for name, _ in told] == [gone]


@pytest.mark.parametrize(
    ("table", "fields", "told"),
    [
        (
            "status,answer\n503,x\n500,y\n",
            {},
            "no column is the body. Its columns are status, answer. Name the body with --field body=COLUMN.",
        ),
        (
            "status,answer\n503,x\n",
            {"body": "zzz"},
            "no column is 'zzz'. Its columns are status, answer. Name the body with --field body=COLUMN.",
        ),
        (
            "agent1001;east\nagent1002;west\n",
            {"body": "zzz"},
            "no column is 'zzz'. Look at its first row. Name the body with --field body=COLUMN.",
        ),
        (
            "status,answer\n503,x\n",
            {"body": "answer", "status": "/zzz"},
            "no column is 'zzz'. Its columns are status, answer. Name the status with --field status=COLUMN.",
        ),
        ("status,answer\n503,x\n500,y\n", {"body": "answer"}, None),
        ("Starting, version 1\n2026-11-21 10:00:00,1 INFO x\n", {}, None),
        ("status,one\nsomething else\nand more\n", {}, None),
    ],
)
def test_a_table_without_its_body_is_told_of(tmp_path: Path, table: str, fields: Any, told: str | None):
    """Rows of which nothing is read are an input that could not be read; its columns say what to map."""
    path = tmp_path / "table"
    path.write_text(table)
    report = batch.run(path, tmp_path / "out", fields=fields)

    assert [why for _, why in report.errors] == ([f"It is a table, and {told}"] if told else [])


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"fields": {"bdy": "/x"}}, r"There is no member 'bdy'\. There are: body, status, "),
        ({"fields": {"body": 7}}, r"fields\['body'\] is no JSON pointer\. Give a text"),
        ({"fields": {"body": ""}}, r"fields\['body'\] is no JSON pointer\. Give a text"),
        ({"fields": "body"}, r"fields is of type str\. Give a mapping"),
        ({"zone": "Europe/Berlin"}, r'zone is of type str\. Give a tzinfo: zoneinfo\.ZoneInfo\("Europe/'),
        ({"raw": "txt"}, r"There is no form 'txt' of a body\. There are: omit, text, base64\."),
        ({"raw": ["text"]}, r"There is no form \['text'\] of a body\."),
        ({"jobs": 0}, r"jobs is 0\. Give how many processes work, from 1\."),
        ({"jobs": "2"}, r"jobs is '2'\. Give how many"),
    ],
)
def test_wrong_use_is_told_before_anything_is_read(tmp_path: Path, how: dict[str, Any], told: str):
    """What a run is asked for and cannot be is a sentence of errnorm's own, and no file is written."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(capture(1))

    with pytest.raises(InvalidArgument, match=told):
        batch.run(path, tmp_path / "out", **how)
    if not how.keys() & {"raw", "jobs"}:
        with pytest.raises(InvalidArgument, match=told):
            next(batch.records(path, **how))
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("place", ["errnorm.batch.work.judged", "errnorm.batch.readers.json_array.loads"])
def test_a_bug_ends_with_a_true_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, jobs: int
):
    """What nobody foresaw is told in a sentence that quotes nothing; what was written is counted and kept."""
    monkeypatch.setattr(pool, "_AHEAD", 0)  # the others know nothing of the bug that is planted here
    lines = [capture(5 * number) for number in range(600)]
    first, second = tmp_path / "a.ndjson", tmp_path / "b.json"
    first.write_bytes(lines[0])
    second.write_bytes(b"[" + b",".join(lines) + b"]")
    whole = batch.run([first, second], tmp_path / "whole")
    module, name = place.rsplit(".", 1)
    works, calls = getattr(sys.modules[module], name), iter(range(10_000))

    def fails(*arguments: Any) -> Any:
        if next(calls) > 400:
            raise KeyError("agent1001")
        return works(*arguments)

    monkeypatch.setattr(place, fails)
    with pytest.raises(batch.Failed, match=r"with a KeyError\. What .* --resume") as failed:
        batch.run([first, second], tmp_path / "out", jobs=jobs)
    monkeypatch.undo()
    report = failed.value.report
    written = (tmp_path / "out.part").read_bytes().splitlines()
    report_whole = batch.run([first, second], tmp_path / "out", resume=True)

    assert "agent1001" not in str(failed.value)
    assert isinstance(failed.value.__cause__, KeyError)
    assert (report.reconciled, report.records) == (True, len(written))
    assert 0 < len(written) < whole.records
    assert report_whole.to_dict() == whole.to_dict()
    assert files_in(tmp_path / "out") == files_in(tmp_path / "whole")


def test_what_the_caller_raises_stays_the_callers(tmp_path: Path):
    """An exception of who watches the run is no bug of errnorm."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(capture(1))

    def watch(_: batch.Progress) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        batch.run(path, tmp_path / "out", progress=watch)


@pytest.mark.parametrize("times", [0, 2])
def test_a_lost_capture_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int):
    """What the readers found and what became of it are counted apart; a difference is told at once."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(capture(1) + b"{oops\n")

    monkeypatch.setattr(Tally, "reject", lambda tally: [tally.pass_by() for _ in range(times)])

    with pytest.raises(batch.NotReconciled, match=f"2 captures, and {1 + times} of them are told of"):
        batch.run(path, tmp_path / "out")
    assert (tmp_path / "out").exists()


def test_a_file_name_that_is_no_text_is_an_input_like_others(tmp_path: Path):
    """A byte that is no UTF-8 in a name, such as an umlaut of an old system, stops nothing."""
    folder, told = tmp_path / "in", str(tmp_path / "in" / "gr\\udcfcn")
    folder.mkdir()
    try:
        (folder / os.fsdecode(b"gr\xfcn.ndjson")).write_bytes(capture(1) + b"{oops\n")
    except OSError:
        pytest.skip("this file system takes no such name")
    inside = io.BytesIO(b"<ApiErrors/>")
    with tarfile.open(folder / os.fsdecode(b"gr\xfcn.tar"), "w") as archive:
        member = tarfile.TarInfo(os.fsdecode(b"gr\xfc.xml"))
        member.size = len(inside.getvalue())
        archive.addfile(member, inside)
    report = batch.run(folder, tmp_path / "out", rejects=tmp_path / "rejects")
    lines = (tmp_path / "out").read_bytes().splitlines()
    sources = [orjson.loads(line)["source"] for line in lines]

    assert [*report.to_dict()["inputs"]] == [f"{told}.ndjson", f"{told}.tar"]
    assert orjson.dumps(report.to_dict())
    assert [source.get("member") for source in sources] == [None, "gr\\udcfc.xml"]
    assert orjson.loads((tmp_path / "rejects").read_bytes())["source"]["name"] == f"{told}.ndjson"
