"""The configurations of docs/recipes/pipelines.md: the commands in them give records while the log grows."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import orjson
import pytest
from corpus import FOLDER

PAGE = FOLDER.parent / "docs" / "recipes" / "pipelines.md"
if not PAGE.exists():
    pytest.skip("the docs are no part of the wheel", allow_module_level=True)
pytest.importorskip("click", reason="the command comes with errnorm[cli]")

TEXT = PAGE.read_text("utf-8")
LINE = b'{"status": 503, "url": "/finesse/api/User/agent1001", "body": ""}\n'


def vector() -> list[str]:
    """Give the command of the Vector source."""
    block = re.search(r"```toml\n(# vector\.toml\n.*?)```", TEXT, re.DOTALL)
    assert block is not None
    source = tomllib.loads(block[1])["sources"]["records"]

    assert (source["type"], source["mode"], source["decoding"]) == ("exec", "streaming", {"codec": "json"})
    return [str(word) for word in source["command"]]


def logstash() -> list[str]:
    """Give the command of the Logstash input, as Ruby's popen runs it."""
    command = re.search(r'^    command => "([^"]+)"$', TEXT, re.MULTILINE)
    assert command is not None
    return ["sh", "-c", command[1]]


@pytest.mark.skipif(
    shutil.which("split") is None or not Path("/proc/self/fd").exists(),
    reason="split --filter is GNU coreutils, and /proc is Linux",
)
@pytest.mark.parametrize("command", [vector(), logstash()], ids=["vector", "logstash"])
def test_a_growing_log_gives_records(command: list[str], tmp_path: Path):
    """The command of a shipper prints the records of a piece when the next one begins, and goes on."""
    program = tmp_path / "errnorm"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m errnorm "$@"\n')
    program.chmod(0o755)
    log = tmp_path / "gateway.ndjson"
    log.touch()
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    # `timeout` of coreutils: a piece that never comes fails the test and does not hang it.
    with subprocess.Popen(
        ["timeout", "60", *command],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        wait_for_tail(process.pid)
        lines = []
        for count in (3, 2):  # split ends a piece when the line after it comes
            with log.open("ab") as end:
                end.write(LINE * count)
            lines += [process.stdout.readline() for _ in range(2)]
        os.killpg(process.pid, signal.SIGTERM)
    records = [orjson.loads(line) for line in lines]

    assert [record["category"] for record in records] == ["unavailable"] * 4


def wait_for_tail(group: int) -> None:
    """Wait until `tail` has opened the log: what is written before, `-n 0` leaves out."""
    end = time.monotonic() + 30
    while not any(holds_log(folder, group) for folder in Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < end, "tail has not opened the log"
        time.sleep(0.02)


def holds_log(process: Path, group: int) -> bool:
    """Tell whether a process of the group has the log open."""
    try:
        of_group = os.getpgid(int(process.name)) == group
        return of_group and any("gateway.ndjson" in str(file.readlink()) for file in process.glob("fd/*"))
    except OSError:  # it has ended
        return False
