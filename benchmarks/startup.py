"""Start-up, side by side in one run: importing errnorm, and its command beside `jc --xml`.

Each pair is run by turns, and the table gives the medians and their ratio: a ratio travels between
machines, a time does not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROUNDS = 25
BIN = Path(sysconfig.get_path("scripts"))
BODY = Path(__file__).parent.parent / "fixtures" / "cisco-finesse" / "rest-12-5-peripheral.xml"

PAIRS = [
    (
        "import errnorm",
        [sys.executable, "-c", "import errnorm"],
        "import orjson, attrs, lxml.etree",
        [sys.executable, "-c", "import orjson, attrs, lxml.etree"],
        1.25,
    ),
    (
        "errnorm parse, a Finesse body",
        [BIN / "errnorm", "parse", "-"],
        "jc --xml",
        [BIN / "jc", "--xml"],
        1.5,
    ),
    (
        "errnorm explain, warm",
        [BIN / "errnorm", "explain", "CF_RESOURCE_BUSY"],
        "errnorm --version",
        [BIN / "errnorm", "--version"],
        1.3,
    ),
]


def seconds(command: list[str | Path]) -> float:
    """Time one run of a command that reads the body."""
    # Both sides from compiled files, as after an installation.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with BODY.open("rb") as body:
        start = time.perf_counter()
        subprocess.run(command, stdin=body, stdout=subprocess.DEVNULL, env=environment, check=True)
        return time.perf_counter() - start


def main() -> None:
    """Print one line a pair."""
    print(f"{'work':32} {'ms':>7}   {'beside':34} {'ms':>7}   {'ratio':>5}  goal")
    for name, command, peer, peer_command, goal in PAIRS:
        seconds(command), seconds(peer_command)  # the first run fills the file cache
        times = [(seconds(command), seconds(peer_command)) for _ in range(ROUNDS)]
        own, other = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{name:32} {own * 1000:7.1f}   {peer:34} {other * 1000:7.1f}   {own / other:5.2f}  {goal}")


if __name__ == "__main__":
    main()
