"""What does a further piece of a log cost, beside `grep -c -F` looking for the same texts?

Both read the log through a pipe, once and twice as long; the difference leaves the start of either out.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from harness import ENVIRONMENT, Measure, Question, Row, Side, main

from errnorm.batch.anchors import Anchors

__all__ = ["questions"]

LINE = (
    "2026-11-21T10:15:{:02d}.{:03d}Z INFO  [exec-{}] c.e.Router - "
    "GET /finesse/api/User/agent{} 200 {} ms requestId={:016x}\n"
)
ERROR = "2026-11-21T10:15:{:02d}.{:03d}Z ERROR [exec-{}] c.e.Gateway - answer status=400 body={}\n"
BODIES = (
    "<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>",
    '{"event":"session_error","payload":{"code":1011,"errorMsg":"Session does not exist or has ended."}}',
    '{"type":"EventError","error":{"code":52,"description":"Session expired"}}',
)
EVERY = 500  # one payload in so many lines
SIZE = 128 << 20
_LEAST_SECONDS = 1e-9
FIND = "import sys; from errnorm.batch.spans import spans; print(sum(1 for _ in spans(sys.stdin.buffer)))"
BATCH = "import sys; from errnorm.__main__ import main; sys.argv[1:] = ['batch', '-', '--quiet']; main()"


def questions() -> Iterator[Question]:
    """Give the question: the payloads alone, and the records of them, beside grep."""
    texts = [option for text in sorted(Anchors.usual().texts) for option in ("-e", os.fsdecode(text))]
    grep = "grep -c -F, the same texts"
    sides = (
        Side("payloads of a log", _added([sys.executable, "-c", FIND])),
        Side("records of a log", _added([sys.executable, "-c", BATCH])),
        Side(grep, _added(["grep", "-c", "-F", *texts])),
    )
    rows = tuple(
        Row(f"{side.name}, 128 MiB more, a payload in {EVERY} lines", side.name, grep, 1.0)
        for side in sides[:2]
    )
    yield Question(sides=sides, rows=rows, rounds=15, calls=1)


def _added(command: Sequence[str]) -> Measure:
    """Measure what the second half of a log costs a command."""

    def measure(calls: int) -> float:
        log = _log()
        added = sum(_once(command, [log, log]) - _once(command, [log]) for _ in range(calls)) / calls
        # Beside other work the longer log may take less, and pyperf takes no time that is not above zero.
        return max(added, _LEAST_SECONDS)

    return measure


@cache
def _log() -> Path:
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / "gateway.log"
    with path.open("w") as file:
        for n in itertools.count():
            file.write(LINE.format(n % 60, n % 1000, n % 40, n % 9973, n % 900, n * 2654435761))
            if n % EVERY == 0:
                file.write(ERROR.format(n % 60, n % 1000, n % 40, BODIES[n // EVERY % len(BODIES)]))
                if file.tell() > SIZE:
                    break
    return path


def _once(command: Sequence[str], paths: Sequence[Path]) -> float:
    """Give the processor time of a command that reads the files through a pipe."""
    with subprocess.Popen(["cat", *paths], stdout=subprocess.PIPE) as log:
        # Into a pipe: grep stops at the first line where its output goes to /dev/null.
        process = subprocess.Popen(command, stdin=log.stdout, stdout=subprocess.PIPE, env=ENVIRONMENT)
        process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}.")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(questions)
