"""How the figures are made: own side and peer by turns, in one process and one run; the median of the ratios.

pyperf and pytest-benchmark measure one thing to its end and then the other, and on a shared machine the
second may meet another machine than the first. Here a round measures every side once, in an order that is
shuffled anew, and a ratio is taken within a round. The clock counts the processor's time: by the wall, a
busy machine would stretch the side that is interrupted, which is the longer one. pyperf gives the units and
the file in which two runs can be compared: `python -m pyperf compare_to before.json after.json`.

Both sides get inputs made beforehand, and begin with the garbage of the other collected. The collector
stays on, as it does where the code is used.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import random
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyperf
from attrs import frozen
from table import Line, machine, markdown, write

__all__ = [
    "ENVIRONMENT",
    "Measure",
    "Question",
    "Row",
    "Side",
    "is_quick",
    "main",
    "memory",
    "process",
    "seconds_told",
    "time_of",
]

Measure = Callable[[int], float]
NUMBERS = itertools.count(1)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""What a started program gets: both sides run from compiled files, as after an installation."""


@frozen
class Side:
    """One side of a comparison.

    Attributes:
        name: as the table calls it.
        measure: takes a number of calls, gives the figure of one: seconds, or bytes.
    """

    name: str
    measure: Measure


@frozen
class Row:
    """One ratio of the table.

    Attributes:
        work: what is done.
        own, peer: names of two sides; the ratio is own over peer.
        goal: the most that the ratio should be.
    """

    work: str
    own: str
    peer: str
    goal: float | None = None


@frozen
class Question:
    """Sides that are measured together, and the ratios that answer the question.

    Attributes:
        sides: measured by turns.
        rows: what is read from them.
        rounds: turns of each side.
        calls: calls of a side within its turn.
        unit: `second` or `byte`.
    """

    sides: tuple[Side, ...]
    rows: tuple[Row, ...]
    rounds: int = 40
    calls: int = 100
    unit: str = "second"


Source = Callable[[], Iterable[Question]]


def time_of(call: Callable[[Any], object], make: Callable[[int], Any]) -> Measure:
    """Time a call.

    Args:
        call: takes one input.
        make: gives the input of a number; no number comes twice in a run, whoever asks.

    Returns:
        The measure, in seconds of the processor.
    """

    def measure(calls: int) -> float:
        inputs = [make(next(NUMBERS)) for _ in range(calls)]
        gc.collect()
        start = time.process_time()
        for item in inputs:
            call(item)
        return (time.process_time() - start) / calls

    return measure


def memory(call: Callable[[Any], object], make: Callable[[int], Any]) -> Measure:
    """Weigh what a call gives, without its input; arguments as in `time_of`, the measure in bytes."""

    def measure(calls: int) -> float:
        call(make(next(NUMBERS)))  # what is loaded once is not the record's
        inputs = [make(next(NUMBERS)) for _ in range(calls)]
        gc.collect()
        tracemalloc.start()
        kept = [call(item) for item in inputs]
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - sys.getsizeof(kept)
        tracemalloc.stop()
        return used / calls

    return measure


def process(command: Sequence[str | Path], given: bytes = b"") -> Measure:
    """Time a program that reads some bytes, from its start to its end."""

    def measure(calls: int) -> float:
        start = _children()
        for _ in range(calls):
            subprocess.run(command, input=given, stdout=subprocess.DEVNULL, env=ENVIRONMENT, check=True)
        return (_children() - start) / calls

    return measure


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds_told(code: str, given: bytes) -> Measure:
    """Run Python code in a fresh process, which reads some bytes and prints the seconds it measured."""
    command = [sys.executable, "-c", code]

    def measure(calls: int) -> float:
        runs = [
            subprocess.run(
                command,
                input=given,
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parent,
                env=ENVIRONMENT,
                check=True,
            )
            for _ in range(calls)
        ]
        return statistics.mean(float(run.stdout) for run in runs)

    return measure


def is_quick() -> bool:
    """Tell whether nobody wants figures: inputs may be short then."""
    return "--quick" in sys.argv


def main(*sources: Source, page: Path | None = None) -> None:
    """Answer questions and print the table.

    Args:
        sources: functions that give questions.
        page: where `--write` writes the table.
    """
    options = _options(page)
    suite: list[pyperf.Benchmark] = []
    lines = [line for source in sources for question in source() for line in _answer(question, suite)]
    if is_quick():
        print(f"{len(lines)} rows ran, one call a side. Leave --quick out for figures.")
        return
    print(table := markdown(lines))
    if options.json:
        pyperf.BenchmarkSuite(suite).dump(options.json, replace=True)
    if page and options.write:
        write(page, "bench", f"{machine()}\n\n{table}")


def _options(page: Path | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure, by turns and in one run.")
    parser.add_argument("--quick", action="store_true", help="one call a side, to see that all of it runs")
    parser.add_argument("--json", metavar="FILE", help="keep all values for `python -m pyperf compare_to`")
    if page:
        parser.add_argument("--write", action="store_true", help=f"write the table into {page.name}")
    return parser.parse_args()


def _answer(question: Question, suite: list[pyperf.Benchmark]) -> Iterator[Line]:
    values = _once(question) if is_quick() else _by_turns(question)
    sides = {name: _benchmark(question, name, figures) for name, figures in values.items()}
    suite += sides.values()
    for row in question.rows:
        ratios = [own / peer for own, peer in zip(values[row.own], values[row.peer], strict=True)]
        own, peer = sides[row.own], sides[row.peer]
        yield Line(row.work, _shown(own), row.peer, _shown(peer), ratios, row.goal)


def _once(question: Question) -> dict[str, list[float]]:
    return {side.name: [side.measure(1)] for side in question.sides}


def _by_turns(question: Question) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {side.name: [] for side in question.sides}
    for side in question.sides:
        side.measure(question.calls // 10 + 1)  # the first calls load and fill what is kept
    gc.collect()
    gc.freeze()  # or each collection would go through all that was imported and made
    order = random.Random(0)
    for _ in range(question.rounds):
        for side in order.sample(question.sides, len(question.sides)):
            values[side.name].append(side.measure(question.calls))
    gc.unfreeze()
    return values


def _benchmark(question: Question, side: str, values: list[float]) -> pyperf.Benchmark:
    metadata = {"name": f"{question.rows[0].work}: {side}", "unit": question.unit}
    return pyperf.Benchmark([pyperf.Run(values, metadata=metadata, collect_metadata=False)])


def _shown(side: pyperf.Benchmark) -> str:
    return str(side.format_value(side.median())).replace("us", "µs")
