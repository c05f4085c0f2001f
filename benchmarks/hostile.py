"""What the worst bodies cost: time and memory of one call, and how both grow with the size of the body.

    python benchmarks/hostile.py            # prints the table
    python benchmarks/hostile.py --write    # and writes it into docs/trust.md

Every attack runs in a process of its own. Its time is the median of five calls without a cache, in seconds of
the processor: another program that runs beside does not count. Its memory
is the most that the process held above what it held with the body alone. The growth is the time of 1 MiB
beside that of a quarter of it: about 4 is linear, 16 would be quadratic. Redaction has bounds of its own, so
its time is the worst of three sizes: 126 KiB, which it looks through, 256 KiB, and 1 MiB.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "trust.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
CALLS = 5
REDACTED = 126 << 10  # nearly as much of a body as a policy looks through
MOST_MS, MOST_MIB = 200, 100

sys.path.insert(0, str(ROOT / "tests"))

from hostile import ATTACKS, FULL  # noqa: E402 - a module of the tests, where it attacks as well


def peak_kib() -> int:
    """Give the most memory held since the mark was set back, in KiB (Linux)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def measure(number: int, size: int) -> dict[str, float]:
    """Measure one attack in this process."""
    import errnorm  # noqa: PLC0415 - the process that only starts others does without
    from errnorm.redaction import CONTACT_CENTER  # noqa: PLC0415 - the same

    attack = ATTACKS[number]
    normalizer = errnorm.Normalizer(cache_size=0)
    for body in (b"<ApiErrors><ApiError/></ApiErrors>", b'{"code": 1}', b"<html>", b"<a>&b;", b"{a: 1"):
        normalizer.normalize(body, **attack.given).redacted(
            CONTACT_CENTER
        )  # imports done on first use are no cost of a body
    body = attack.make(size)
    Path("/proc/self/clear_refs").write_text("5")
    before, times, redacted = peak_kib(), [], []
    for _ in range(CALLS):
        start = time.process_time()
        result = normalizer.normalize(body, **attack.given)
        times.append(time.process_time() - start)
    mib = (peak_kib() - before) / 1024
    for _ in range(CALLS):
        start = time.process_time()
        result.redacted(CONTACT_CENTER)
        redacted.append(time.process_time() - start)
    ms, redacted_ms = (statistics.median(each) * 1000 for each in (times, redacted))
    return {"ms": ms, "redacted": redacted_ms, "mib": mib, "size": len(body)}


def measured(number: int, size: int) -> dict[str, float]:
    """Measure one attack in a process of its own."""
    command = [sys.executable, __file__, str(number), str(size)]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Write the rows as Markdown, the slowest first."""
    lines = [
        f"Measured with Python {platform.python_version()} on {platform.machine()}, {platform.system()}.\n",
        "| body | bytes | ms | growth | redacted ms | MiB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in sorted(rows, key=lambda row: -row["ms"]):
        cost = f"{row['ms']:.1f} | {row['growth']:.1f}" if row["ms"] >= 1 else "< 1 | "
        name = row["name"].replace("<", "&lt;").replace("&", "&amp;", 0)
        lines.append(f"| {name} | {row['size']:.0f} | {cost} | {row['redacted']:.1f} | {row['mib']:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure all attacks; fail when one is over the goals."""
    rows = []
    for number, attack in enumerate(ATTACKS):
        looked_through, small, full = (measured(number, size) for size in (REDACTED, FULL // 4, FULL))
        worst = max(looked_through["redacted"], small["redacted"], full["redacted"])
        rows.append({**full, "name": attack.name, "growth": full["ms"] / small["ms"], "redacted": worst})
        print(
            f"{attack.name:40} {full['ms']:8.1f} ms {worst:8.1f} ms redacted {full['mib']:7.1f} MiB"
            f"  x{rows[-1]['growth']:.1f}",
            flush=True,
        )
    over = [row["name"] for row in rows if max(row["ms"], row["redacted"]) > MOST_MS or row["mib"] > MOST_MIB]
    print(f"over {MOST_MS} ms or {MOST_MIB} MiB: {', '.join(over) or 'none'}")
    if "--write" in sys.argv:
        head, rest = PAGE.read_text("utf-8").split(BEGIN)
        PAGE.write_text(head + BEGIN + table(rows) + END + rest.split(END)[1], "utf-8")
    return len(over)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
    else:
        sys.exit(main())
