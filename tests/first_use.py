"""Eight threads that use errnorm for the first time in the same moment: run by `test_threads.py`.

What is made at the first use (the default normalizer's cache and ladders, the catalog's files, the readers'
imports) is made once in a process, so each try needs a process of its own. Prints how many answers of the
threads differ from those of one thread, asked afterwards.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from typing import Any

from corpus import cases

import errnorm

THREADS = 8


def told(result: errnorm.Result) -> list[Any]:
    """Give all that a result says, also what is worked out when it is asked for."""
    records = [(record.to_dict(raw="base64"), record.fingerprint, record.summary()) for record in result]
    return [
        records,
        result.is_error,
        result.raw.sha256,
        result.detection.reasons,
        result.detection.candidates,
    ]


def main() -> None:
    """Let the threads begin at once, each in an order of its own."""
    sys.setswitchinterval(1e-6)
    bodies = list(cases())[:: int(sys.argv[1])]
    barrier = threading.Barrier(THREADS)
    found: list[dict[str, Any]] = [{} for _ in range(THREADS)]
    failures: list[str] = []

    def work(number: int) -> None:
        order = random.Random(number).sample(bodies, len(bodies))
        barrier.wait()
        try:
            for case in order:
                found[number][case.name] = told(errnorm.normalize(case.body, **case.given))
            errnorm.Catalog.builtin().entries()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test asks for
            failures.append(repr(error))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = errnorm.Normalizer(cache_size=0)
    expected = {case.name: told(alone.normalize(case.body, **case.given)) for case in bodies}
    wrong = [name for each in found for name, answer in each.items() if answer != expected[name]]
    complete = all(len(each) == len(expected) for each in found)
    sys.stdout.write(json.dumps({"failures": failures, "wrong": wrong, "complete": complete}))


if __name__ == "__main__":
    main()
