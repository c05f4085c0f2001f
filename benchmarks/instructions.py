"""How many instructions does a call take? A count sees a change that the noise of a time hides.

valgrind counts a program that makes N calls, and the same program with 2 N; the difference, over N, is a
call's. Nothing in it depends on the clock, and hashes are not seeded: two runs agree to about 0.1 %.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from table import aligned, machine, write

__all__ = ["count", "lines"]

CALLS = 200
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
COLLECTED = re.compile(r"Collected : (\d+)")

PROGRAM = """
{load}
made = [{make} for n in range(2 * {calls})]
for item in made[:{loops} * {calls}]:
    {call}
"""

# What is counted: what is imported, the n-th input, the call.
PATHS = {
    "normalize, Finesse XML, all different": (
        "import bodies, errnorm",
        "bodies.finesse(n)",
        "errnorm.normalize(item, status=503).first",
    ),
    "normalize, Finesse XML, again": (
        "import bodies, errnorm",
        "bytes(bytearray(bodies.finesse(0)))",
        "errnorm.normalize(item, status=503).first",
    ),
    "beside it: lxml parse and read": (
        "import bodies, peers",
        "bodies.finesse(n)",
        "peers.bare_xml(item)",
    ),
    "beside it: botocore, same size": (
        "import bodies, peers; make = peers.aws(peers.QUERY, len(bodies.finesse(0)), {})",
        "make(n)",
        "peers.boto_query(item)",
    ),
}


def count(load: str, make: str, call: str, calls: int = CALLS) -> int:
    """Count the instructions of one call.

    Args:
        load: what is imported first.
        make: an expression for the n-th input.
        call: what is done with an `item`.
        calls: how many calls the difference is taken over.

    Returns:
        Instructions, those of the C code and of the interpreter's collector included.
    """
    once, twice = (
        _collected(PROGRAM.format(load=load, make=make, call=call, calls=calls, loops=loops))
        for loops in (1, 2)
    )
    return (twice - once) // calls


def _collected(program: str) -> int:
    command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        sys.executable,
        "-c",
        program,
    ]
    # No compiled file is written, or the first of the two programs would compile what the second then finds.
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=Path(__file__).parent, env=environment, capture_output=True, text=True, check=True
    )
    return int(COLLECTED.findall(done.stderr)[0])


def lines(calls: int = CALLS) -> Iterator[tuple[str, str]]:
    """Give the rows of the table: what is done, and its instructions."""
    for name, path in PATHS.items():
        yield name, f"{count(*path, calls=calls):,}"


def main() -> None:
    """Print the table, and write it where it is asked to."""
    parser = argparse.ArgumentParser(description="Count the instructions of a call with valgrind.")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("SKIPPED: nothing was counted, for valgrind is missing. Try: apt-get install valgrind.")
        return
    print(table := aligned([("work", "instructions a call"), *lines()]))
    if options.write:
        write(PAGE, "instructions", f"{machine()}\n\n{table}")


if __name__ == "__main__":
    main()
