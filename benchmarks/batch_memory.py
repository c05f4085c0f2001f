"""How much memory does a batch take at its peak, by the kernel's count (`ru_maxrss`), mapped pages included?

It makes its inputs in a folder of its own, small ones unless `--full` asks for those of the promise.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain, count, repeat
from pathlib import Path

import orjson
from batch import captures

GOAL = 150  # MB
PAGE = f"<!DOCTYPE html><html><head><title>x</title></head><body>{'<p>x</p>' * 1024}</body></html>"
MB = 10**6
CODE = """
import resource, sys
from errnorm import batch
report = batch.run(sys.argv[1], sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, report.total.captures)
"""


def ndjson() -> Iterator[bytes]:
    """Give captures, one a line."""
    # As many bodies as a storm fills its memory with; more would be read anew, for an hour.
    return chain.from_iterable(repeat(list(captures(2_000))))


def array() -> Iterator[bytes]:
    """Give captures in one list on one line."""
    return chain([b"["], (line[:-1] + b"," for line in ndjson()))


def har() -> Iterator[bytes]:
    """Give a recording whose entries have bodies of some KiB, as pages have."""
    yield b'{"log":{"version":"1.2","creator":{"name":"browser","version":"1"},"entries":['
    for number in count():
        failed = number % 10 == 0
        yield (
            orjson.dumps(
                {
                    "startedDateTime": "2026-11-21T10:00:00.000Z",
                    "request": {
                        "method": "GET",
                        "url": f"https://finesse.example.com/finesse/api/User/{number}",
                    },
                    "response": {
                        "status": 503 if failed else 200,
                        "headers": [{"name": "Content-Type", "value": "text/html"}] * 8,
                        "content": {"size": 8192, "mimeType": "text/html", "text": PAGE},
                    },
                }
            )
            + b","
        )


def log() -> Iterator[bytes]:
    """Give a server's log with one payload in 500 lines."""
    line = b"2026-11-21 10:15:30,123 INFO  [http-nio-8080-exec-7] c.e.Router - GET /finesse/api/User 200\n"
    payload = (
        line[:-1] + b" <ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>\n"
    )
    return chain.from_iterable(repeat([line] * 499 + [payload]))


# The form, what makes it, what ends it, and the MB of the promise.
INPUTS: tuple[tuple[str, Callable[[], Iterator[bytes]], bytes, int], ...] = (
    ("NDJSON", ndjson, b"", 2000),
    ("one-line JSON list", array, b"{}]", 1000),
    ("HAR", har, b"{}]}}", 500),
    ("log", log, b"", 1000),
)


def main() -> None:
    """Print a line an input."""
    parser = argparse.ArgumentParser(description="Weigh a batch at its peak.")
    parser.add_argument("--full", action="store_true", help="inputs of the sizes promised, not a tenth")
    share = 1 if parser.parse_args().full else 10
    with tempfile.TemporaryDirectory(prefix="errnorm-batch-") as folder:
        for name, make, end, size in INPUTS:
            path = Path(folder, "input")
            write(path, make(), end, size * MB // share)
            done = subprocess.run(
                [sys.executable, "-c", CODE, path, f"{path}.out"], capture_output=True, text=True, check=True
            )
            peak, number = map(int, done.stdout.split())
            print(
                f"{name:20} {size // share:5} MB  {number:9,} captures  peak {peak / MB:4.0f} MB  goal {GOAL}"
            )


def write(path: Path, parts: Iterator[bytes], end: bytes, size: int) -> None:
    """Write parts up to a size, and the end."""
    with path.open("wb") as file:
        for part in parts:
            file.write(part)
            if file.tell() > size:
                break
        file.write(end)


if __name__ == "__main__":
    main()
