"""How fast payloads are found in a log, beside `grep -c -F` looking for the same texts.

    python benchmarks/spans.py [MEGABYTES]

Both read the same log through a pipe, once and twice as long; the difference is what a further piece of it
costs, without the start of either. Counted is processor time, which other work on the machine disturbs least.
Exits 1 when errnorm takes longer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from errnorm.batch.anchors import Anchors

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
ROUNDS = 3
FIND = "import sys; from errnorm.batch.spans import spans; print(sum(1 for _ in spans(sys.stdin.buffer)))"


def write_log(path: Path, size: int) -> None:
    """Write a log of so many bytes."""
    with path.open("w") as file:
        for n in range(sys.maxsize):
            if file.tell() >= size:
                return
            if n % EVERY == 0:
                file.write(ERROR.format(n % 60, n % 1000, n % 40, BODIES[n // EVERY % len(BODIES)]))
            else:
                file.write(LINE.format(n % 60, n % 1000, n % 40, n % 9973, n % 900, n * 2654435761))


def _once(command: list[str], paths: list[Path]) -> float:
    """Give the seconds of processor time of a command that reads the files through a pipe."""
    with subprocess.Popen(["cat", *map(str, paths)], stdout=subprocess.PIPE) as log:
        # Into a pipe: grep stops at the first line where its output goes to /dev/null.
        process = subprocess.Popen(command, stdin=log.stdout, stdout=subprocess.PIPE)
        process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def added_costs(commands: dict[str, list[str]], log: Path, scale: float) -> dict[str, float]:
    """Give what a further GB costs each command; they run by turns, the best of some rounds counts."""
    best = {(name, n): float("inf") for name in commands for n in (1, 2)}
    for _ in range(ROUNDS):
        for (name, n), least in best.items():
            best[name, n] = min(least, _once(commands[name], [log] * n))
    return {name: (best[name, 2] - best[name, 1]) * scale for name in commands}


def main() -> int:
    """Print both costs and their ratio."""
    size = int(sys.argv[1] if len(sys.argv) > 1 else "256") << 20
    texts = [option for text in sorted(Anchors.builtin().texts) for option in ("-e", os.fsdecode(text))]
    commands = {"grep -c -F": ["grep", "-c", "-F", *texts], "spans": [sys.executable, "-c", FIND]}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "gateway.log"
        write_log(log, size)
        added = added_costs(commands, log, (1 << 30) / size)
    for name, cost in added.items():
        print(f"{name:12} {cost:6.2f} s for a further GB")
    ratio = added["spans"] / added["grep -c -F"]
    print(f"{'ratio':12} {ratio:6.2f} (at most 1)")
    return int(ratio > 1)


if __name__ == "__main__":
    raise SystemExit(main())
