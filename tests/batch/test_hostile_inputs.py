"""Inputs made to hurt: each is counted whole, what cannot be read is kept, and the memory stays flat."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from errnorm import batch

MOST_MB = 150
MB = 10**6
HANG = 300
"""Seconds after which something hangs; all inputs together take half a minute. This is no measure of speed."""

BODY = b"<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType></ApiError></ApiErrors>"
LINE = b'{"time":"2026-11-21T10:00:00Z","status":503,"url":"/x","body":"%s"}\n' % BODY
ROW = b'503,"%s"\n' % BODY
HTTP = b"HTTP/1.1 503 Oops\r\n\r\n" + BODY
LOG = b"2026-11-21 10:00:00,001 ERROR [exec-1] Gateway - answer: " + BODY + b"\n"
LIST = LINE[:-1]
DOCKER = b'{"log":"%s\\n","stream":"stdout","time":"2026-11-21T10:00:00.000000000Z"}\n'
CRI = b"2026-11-21T10:00:00.000000000Z stdout %s %s"


def har(*entries: bytes) -> bytes:
    """Give a recording."""
    return b'{"log":{"version":"1.2","entries":[' + b",".join(entries) + b"]}}"


def entry(body: bytes) -> bytes:
    """Give an entry of a recording."""
    return b'{"request":{"url":"/x"},"response":{"status":503,"content":{"text":"%s"}}}' % body


def blocks(byte: bytes, megabytes: float) -> bytes:
    """Give as many MB of one text."""
    return byte * int(megabytes * MB // len(byte))


# By name: what makes an input, how many of its captures are errors, and how many bytes of it are rejected.
# None: what is rejected is tested apart, or it is not said how much a reader makes of it.
INPUTS: dict[str, tuple[Callable[[], bytes], int, int | None]] = {
    "ndjson-endless": (lambda: LINE * 5 + b'{"body":"' + blocks(b"x", 50), 5, 50 * MB + 9),
    "ndjson-long": (lambda: LINE * 5 + b'{"body":"' + blocks(b"x", 20) + b'"}\n' + LINE * 5, 10, 20 * MB + 12),
    "ndjson-nul": (lambda: LINE * 5 + b"\0" * 1000 + b"\n" + LINE, 6, 1001),
    "ndjson-tiny": (lambda: LINE * 5 + b"{}\n" * 15_000, 5, 0),
    "ndjson-tiny-bad": (lambda: LINE * 5 + b"x\n" * 30_000, 5, 60_000),
    "ndjson-deep": (lambda: LINE * 5 + b"[" * 100_000 + b"\n" + b'{"a":' * 100_000 + b"\n", 5, 600_002),
    "ndjson-values": (lambda: LINE * 5 + b'{"a":[' + blocks(b"{},", 6) + b"1]}\n" + LINE, 6, 6 * MB + 10),
    "ndjson-surrogates": (lambda: LINE.replace(b"Invalid", b"\\ud800 \\udfff") * 5, 5, 0),
    "list-open": (lambda: b"[" + LIST + b"," + blocks(b"[", 30), 1, 30 * MB),
    "list-deep": (lambda: b"[" + LIST + b"," + b"[" * MB + b"]" * MB + b"," + LIST + b"]", 2, 2 * MB),
    "list-long": (lambda: b"[" + b",".join([LIST, b'"' + blocks(b"\\\\", 20) + b'"', LIST]) + b"]", 2, 20 * MB + 2),
    "list-scalars": (lambda: b"[" + LIST + b",1" * 15_000 + b"]", 1, 0),
    "list-unlike": (lambda: b"[" + b",".join([LIST] * 20 + [b'{"b":"a/b1"}', b'{"c":"a/b2"}'] * 5000 + [LIST] * 2) + b"]", 22, 0),
    "list-stray": (lambda: b"[" + LIST + b"}}," + LIST + b"]", 2, 2),
    "values-open": (lambda: LIST * 2 + b'{"a":[1\n' * 15_000 + LINE, 3, None),
    "values-endless": (lambda: LIST * 2 + b'{"body":"' + blocks(b"x", 30), 2, 30 * MB + 9),
    "values-tiny": (lambda: LIST * 2 + b"{}" * 15_000, 2, 0),
    "values-stray": (lambda: LIST * 2 + b"]}\n" * 20_000 + LIST, 3, 40_000),
    "log-captures-open": (lambda: (b"gw: " + LINE) * 5 + b'gw: {"a":' * MB + b"\n" + b"gw: " + LINE, 6, 0),
    "log-pages": (lambda: LOG[:-1] + b"<html>" * 9000 + b'{"a":"' + b"<html></html>" * 9000 + b'"}\n' + LOG, 2, 0),
    "log-pages-open": (lambda: (LOG[:60] + b"<html>\n") * 9000 + LOG, 1, 0),
    "log-captures-none": (lambda: (b"gw: " + LINE) * 5 + blocks(b'gw: {"a\n', 10) + LOG * 5, 10, 0),
    "log-captures-nested": (lambda: b"gw: " + (b'{"a":' * 8 + b'[1],"p":"%b","n":' % BODY) * 500 + b"1" + b"}" * 4000 + b"\n" + LOG, 501, 0),
    "log-captures-code": (lambda: (b"gw: " + LINE) * 5 + b'gw: {"code\n' * 30_000 + LOG * 5, 10, 0),
    "container-open": (lambda: DOCKER % LOG[:-1] * 5 + DOCKER % b"<ApiErrors>" * 10_000 + DOCKER % LOG[:-1], None, 0),
    "container-captures": (lambda: CRI % (b"F", b"<ApiErrors>\n") + CRI % (b"F", b'{"status":502,"url":"/x"}\n') * 20_000, None, 0),
    "container-parts": (lambda: CRI % (b"F", LOG) * 5 + CRI % (b"P", b"x" * 100 + b"\n") * 50_000, 5, 0),
    "container-broken": (lambda: DOCKER % LOG[:-1] * 5 + b'{"log":"\n' * 30_000, 5, 270_000),
    "container-endless": (lambda: DOCKER % LOG[:-1] * 5 + b'{"log":"' + blocks(b"x", 30), 5, 30 * MB + 8),
    "har-long": (lambda: har(entry(BODY), entry(blocks(b'x\\"', 30)), entry(BODY)), 2, 30 * MB + len(entry(b""))),
    "har-deep": (lambda: har(entry(BODY), b'{"a":' * 100_000 + b"1" + b"}" * 100_000, entry(BODY)), 2, 600_001),
    "har-nul": (lambda: har(entry(BODY), b"\0", entry(BODY)), 2, 1),
    "har-surrogates": (lambda: har(entry(b"\\ud800" + BODY), entry(BODY)), 2, 0),
    "csv-open": (lambda: b"status,body\n" + ROW * 5 + b'500,"' + blocks(b"x", 20) + b"\n" + ROW * 5, 10, 20 * MB + 6),
    "csv-open-rows": (lambda: b"status,body\n" + ROW * 5 + b'500,"open\n' + ROW * 30_000, 30_004, len(ROW) + 10),
    "csv-open-end": (lambda: b"status,body\n" + ROW * 5 + b'500,"' + b"x\n" * MB, 5, 2 * MB + 5),
    "csv-columns": (lambda: b"status,body," + b",".join(b"a%07d" % n for n in range(300_000)) + b"\n" + ROW * 5, 0, 5 * len(ROW)),
    "csv-cells": (lambda: b"status,body\n" + ROW * 5 + blocks(b"a,", 2) + b"a\n" + ROW * 5, 10, 2 * MB + 2),
    "csv-nul": (lambda: b"status,body\n" + ROW * 5 + b"500,\0\0\n", 6, 0),
    "http-heads": (lambda: HTTP + b"\n" + b"HTTP/1.1 503 Oops\r\nA: b\r\n" * 50_000, 1, 50_000 * 25),
    "http-headers": (lambda: HTTP + b"HTTP/1.1 503 Oops\r\n" + blocks(b"X-A: b\r\n", 20), 1, 20 * MB + 19),
    "http-body": (lambda: HTTP + HTTP + blocks(b"x\n", 20) + b"\n" + HTTP, 3, None),
    "http-marks": (lambda: HTTP + blocks(b"\nHTTP/1.1 503 ", 2), 1, None),
    "http-prompts": (lambda: blocks(b"HTTP/1.1 503 X\r\nContent-Length: 150000\r\n\r\n", 0.1) + blocks(b"$ curl -i /x\n", 2) + HTTP, 2381, 0),
    "http-nul": (lambda: HTTP + b"\nHTTP/1.1 503 Oops\r\n\0\0\r\n\r\n" + BODY, 1, 0),
    "log-endless": (lambda: LOG * 5 + blocks(b"x", 50), 5, 0),
    "log-open": (lambda: LOG * 5 + b"<ApiErrors><ApiError>" + blocks(b"x", 20), 6, 0),
    "log-anchors": (lambda: LOG * 5 + b"<ApiErrors>" * 20_000 + b"\n" + LOG * 5, None, 0),
    "log-spans": (lambda: LOG * 5 + b"<ApiErrors/>" * 8_000, 8_005, 0),
    "log-nul": (lambda: LOG * 5 + b"\0" * 1000 + b"\n" + LOG, 6, 0),
    "body-long": (lambda: b"<ApiErrors>" + blocks(b"x", 20), 0, 20 * MB + 11),
    "binary": (lambda: blocks(b"\0\1\2\3", 20), 0, 20 * MB),
}  # fmt: skip

CODE = """
import sys
from errnorm import batch
report = batch.run(sys.argv[1], sys.argv[2], rejects=sys.argv[3])
import orjson
held = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
sys.stdout.buffer.write(orjson.dumps([report.to_dict(), int(held.split()[1]) * 1024]))
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Counter[str], int]]:
    """Read all inputs in one process; give its report, the bytes rejected of each input, and its memory."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the memory of a process is told by Linux")
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "in").mkdir()
    for name, (make, _, _) in INPUTS.items():
        (folder / "in" / name).write_bytes(make())
    run = [sys.executable, "-c", CODE, folder / "in", folder / "out", folder / "rejects"]
    child = subprocess.run(run, capture_output=True, timeout=HANG, check=False)
    assert (child.returncode, child.stderr) == (0, b"")
    report, peak = json.loads(child.stdout)
    with (folder / "rejects").open("rb") as lines:
        yield report, rejected(lines), peak
    for path in (folder / "in").iterdir():
        path.unlink()
    (folder / "rejects").unlink()


def rejected(lines: Any) -> Counter[str]:
    """Count the bytes that stand in rejects, by input."""
    found: Counter[str] = Counter()
    for line in map(orjson.loads, lines):
        data = base64.b64decode(line["base64"]) if "base64" in line else line["text"].encode()
        found[Path(line["source"]["name"]).name] += len(data)
    return found


@pytest.mark.parametrize("name", INPUTS)
def test_a_hostile_input_is_counted_whole(done: Any, name: str):
    """Its counts reconcile, the captures around what hurts are read, and what cannot be read is kept whole."""
    report, rejects, _ = done
    counts = next(item for path, item in report["inputs"].items() if Path(path).name == name)
    _, errors, lost = INPUTS[name]

    assert report["reconciled"]
    assert errors is None or counts.get("with_errors", 0) == errors
    assert lost is None or rejects[name] == lost


def test_hostile_inputs_take_little_memory(done: Any):
    """No input, however it is made, takes more memory than is promised for any."""
    assert done[2] / MB < MOST_MB


def test_a_packed_list_that_never_opens_ends(tmp_path: Path):
    """A bomb, 30 MB of brackets in some KB, is rejected part by part."""
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"[" + LIST + b",")
        for _ in range(30):
            file.write(b"[" * MB)
    report = batch.run(path, tmp_path / "out", rejects=tmp_path / "rejects")

    assert (report.total.with_errors, report.reconciled) == (1, True)
    with (tmp_path / "rejects").open("rb") as lines:
        assert rejected(lines)["bomb.gz"] == 30 * MB


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
@pytest.mark.parametrize(
    "harm", [lambda data: data[: len(data) // 2], lambda data: data + b"\xffgarbage" * 9], ids=["cut", "more"]
)
def test_a_packed_input_that_is_harmed_is_told_of(tmp_path: Path, packing: str, harm: Any):
    """What is cut, or has something else behind it, gives what could be unpacked, and an error."""
    if packing == "zstd":
        compress = pytest.importorskip("backports.zstd", reason="zstd comes with errnorm[batch]").compress
    else:
        compress = gzip.compress
    path = tmp_path / "captures"
    path.write_bytes(harm(compress(LINE * 10_000)))
    report = batch.run(path, tmp_path / "out")

    assert report.reconciled
    assert report.total.with_errors > 0
    assert "could not be read to its end" in report.errors[0][1]
