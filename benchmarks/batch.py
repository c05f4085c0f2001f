"""What does a captured response cost in a batch, beside the script a user writes today, and beside `jq`?"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import bodies
import orjson
import xmltodict
from harness import ENVIRONMENT, Measure, Question, Row, Side, is_quick, main, process

from errnorm import batch

__all__ = ["captures", "questions"]

FORMS: tuple[tuple[Callable[[int], bytes], int, str], ...] = (
    (bodies.finesse, 503, "/finesse/api/User/agent1001"),
    (bodies.zoom, 200, "/cobrowse/sessions"),
    (bodies.genesys, 200, "/cometd"),
    (bodies.gwe, 400, "/server/data/visits"),
)
_PART = 50 if is_quick() else 1
COUNT = 50_000 // _PART
MANY = 100_000 // _PART  # so that the start of a command is no large part of its time
FEW = 3_000 // _PART
ROUNDS = 15  # in five the ratio was anything from 0.33 to 0.43
STORM = 200  # how many bodies a storm goes around in
Telling = Callable[[bytes, bytes], bytes]
_LETTERS = bytes.maketrans(b"0123456789", b"bdfhjlnprt")


def captures(count: int, *, new: int = 1, told: Telling = lambda body, _: body) -> Iterator[bytes]:
    """Give lines of a gateway's captures, mixed vendors.

    Args:
        count: how many.
        new: every so-many-th body is one not seen before.
        told: gives a body, in which bodies of one form differ in a number, with something else in its place.
    """
    for n in range(count):
        make, status, url = FORMS[n % len(FORMS)]
        number = n if n % new == 0 else n % STORM
        body = told(make(number), b"%07d" % number)
        minutes, seconds = divmod(n, 60)
        line = {
            "time": f"2026-11-21T{minutes // 60 % 24:02}:{minutes % 60:02}:{seconds:02}Z",
            "status": status,
            "url": url,
            "body": body.decode(),
        }
        yield orjson.dumps(line) + b"\n"


def in_words(body: bytes, number: bytes) -> bytes:
    """Give a body that differs from others in a word, so that none is like another."""
    return body.replace(number, number.translate(_LETTERS))


def in_ids(body: bytes, number: bytes) -> bytes:
    """Give a body that differs from others in an agent's name, or in the token that a session has."""
    token = hashlib.sha256(number).hexdigest()[:24].encode()
    name = b"j" + number.translate(_LETTERS)
    return body.replace(b"agent" + number, name).replace(b"session-" + number, b"s7" + token)


def nested(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give captures that tell of the request and the response apart, with headers."""
    for n, line in enumerate(lines):
        told = orjson.loads(line)
        headers = {
            "Content-Type": "application/xml" if told["body"].startswith("<") else "application/json",
            "Date": f"Sat, 21 Nov 2026 10:{n // 60 % 60:02}:{n % 60:02} GMT",
            "Server": "nginx/1.24.0",
        }
        request = {"method": "GET", "url": told["url"]}
        response = {"status": told["status"], "headers": headers, "body": told["body"]}
        yield orjson.dumps({"time": told["time"], "request": request, "response": response}) + b"\n"


def script(path: Path) -> None:
    """Do what a user's script does: a dict a line, with the body parsed."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            told = json.loads(line)
            request, answer = told.get("request", told), told.get("response", told)
            body = answer["body"]
            try:
                error = xmltodict.parse(body) if body.startswith("<") else json.loads(body)
            except ValueError:
                error = {}
            _ = {"time": told["time"], "status": answer["status"], "url": request["url"], "error": error}


def questions() -> Iterator[Question]:
    """Give the questions of new bodies, of a storm, of bodies without a like, and of two processes."""
    with tempfile.TemporaryDirectory(prefix="errnorm-batch-") as folder:
        for name, new, goal in (("every body different", 1, 1.0), ("four of five seen before", 5, 0.4)):
            some = _file(folder, f"some-{new}", captures(COUNT, new=new))
            yield _beside_script(f"{COUNT:,} captures, {name}", some, goal)
            if shutil.which("jq"):  # a package of the system; without it the other ratio stands alone
                many = _file(folder, f"many-{new}", captures(MANY, new=new))
                yield _beside_jq(f"{MANY:,} captures, {name}, the command", many)
        ids = _file(folder, "ids", captures(COUNT, told=in_ids))
        yield _beside_script(f"{COUNT:,} captures, every body different, by names and tokens", ids, 1.0)
        deep = _file(folder, "nested", nested(captures(COUNT)))
        yield _beside_script(f"{COUNT:,} captures, every body different, nested, with headers", deep, 1.0)
        words = _file(folder, "words", captures(FEW, told=in_words))
        yield _beside_script(f"{FEW:,} captures, no body like another", words, None)
        every = captures(20 * FEW, told=in_words)  # of the same ones again, one process would remember more
        inputs = [_file(folder, f"words-{n}", islice(every, FEW)) for n in range(20)]
        yield _jobs(f"20 times {FEW:,} captures, no body like another, two jobs", inputs)
        many = _file(folder, "many-1", captures(MANY))  # once learned, none of them is read
        # A command starts in 0.3 s: of fewer of them, that would be a large part of the time.
        yield _jobs(f"20 times {MANY:,} captures, every body different, two jobs", _links(many, 20))
        listed = _file(folder, "listed", _in_list(captures(MANY)))
        yield _jobs(f"8 lists of {MANY:,} captures, every body different, two jobs", _links(listed, 8))


def _in_list(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give lines as the elements of a JSON list on one line."""
    yield b"["
    for n, line in enumerate(lines):
        yield b"," + line.rstrip() if n else line.rstrip()
    yield b"]"


def _file(folder: str, name: str, lines: Iterable[bytes]) -> Path:
    path = Path(folder, f"{name}.ndjson")
    if not path.exists():
        path.write_bytes(b"".join(lines))
    return path


def _links(path: Path, count: int) -> list[Path]:
    links = [path.with_name(f"{n}-{path.name}") for n in range(count)]
    for link in links:
        os.link(path, link)
    return links


def _beside_script(name: str, path: Path, goal: float | None) -> Question:
    own = Side("errnorm.batch.run", _seconds(lambda: batch.run(path, path.with_suffix(".out"))))
    peer = Side("json, xmltodict, dict", _seconds(lambda: script(path)))
    row = Row(name, own.name, peer.name, goal)
    return Question(sides=(own, peer), rows=(row,), rounds=ROUNDS, calls=1)


def _beside_jq(name: str, path: Path) -> Question:
    command = [sys.executable, "-m", "errnorm", "batch", "-q", path, "-o", path.with_suffix(".out")]
    whole = Side("errnorm batch", process(command))
    jq = Side("jq", process(["jq", "-c", "{time, status, url, body}", path]))
    return Question(sides=(whole, jq), rows=(Row(name, whole.name, jq.name, 1.0),), rounds=ROUNDS, calls=1)


def _seconds(call: Callable[[], Any]) -> Measure:
    def measure(calls: int) -> float:
        gc.collect()
        start = time.process_time()
        for _ in range(calls):
            call()
        return (time.process_time() - start) / calls

    return measure


def _jobs(name: str, inputs: Sequence[Path]) -> Question:
    """Ask by the wall, of all files together: two processes are there to be there earlier.

    Two commands at once, each with half of the files and nothing to hand over, show what the machine gives.
    """
    sides = (
        Side("--jobs 2", _wall(inputs, ["-j2"])),
        Side("--jobs 1", _wall(inputs, ["-j1"])),
        Side("two commands at once", _wall(inputs, ["-j1"], ["-j1"])),
    )
    rows = (
        Row(name, "--jobs 2", "--jobs 1", 1 / 1.7),
        Row(f"{name}, half of them each", "two commands at once", "--jobs 1"),
    )
    return Question(sides=sides, rows=rows, rounds=ROUNDS, calls=1)


def _wall(inputs: Sequence[Path], *options: list[str]) -> Measure:
    """Time commands at once: in them the collector is left alone whatever the jobs, as it is in workers."""
    command = [sys.executable, "-m", "errnorm", "batch", "-q"]
    outputs = [inputs[0].with_suffix(f".jobs{n}") for n in range(len(options))]

    def once() -> float:
        for output in outputs:
            output.unlink(missing_ok=True)  # to free what is written over takes a tenth of the time
        start = time.perf_counter()
        commands = [
            subprocess.Popen([*command, *own, *inputs[n :: len(options)], "-o", outputs[n]], env=ENVIRONMENT)
            for n, own in enumerate(options)
        ]
        ended = [each.wait() for each in commands]
        if any(ended):
            raise RuntimeError("A command failed. Run `errnorm batch` by hand, without -q.")
        return time.perf_counter() - start

    return lambda calls: sum(once() for _ in range(calls)) / calls


if __name__ == "__main__":
    main(questions)
