"""One normalizer, many threads: the same records, and a cache that only one of them is in at a time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from strategies import CASES

import errnorm
from errnorm.cache import Cache

THREADS = 8


@pytest.fixture
def _restless():
    """Let threads change places a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], None]) -> None:
    """Run the work in eight threads that begin in the same moment, and give what one of them raises."""
    barrier = threading.Barrier(THREADS)

    def begin(number: int) -> None:
        barrier.wait()
        work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(begin, number) for number in range(THREADS)]:
            done.result()


@pytest.mark.usefixtures("_restless")
@pytest.mark.parametrize("cache_size", [0, 8 * 1024, 4 << 20])
def test_threads_read_what_one_thread_reads(cache_size: int):
    """Without a cache, with one that forgets all the time, and with one that keeps all."""
    expected = [errnorm.Normalizer(cache_size=0).normalize(case.body, **case.given) for case in CASES]
    shared = errnorm.Normalizer(cache_size=cache_size)
    wrong: list[str] = []

    def work(number: int) -> None:
        order = random.Random(number).sample(range(len(CASES)), len(CASES))
        read = ((place, shared.normalize(CASES[place].body, **CASES[place].given)) for place in order)
        wrong.extend(CASES[place].name for place, result in read if result != expected[place])

    at_once(work)

    assert wrong == []


class Watched:
    """A key that notes how many threads are looking it up, and takes its time."""

    inside = 0
    most = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        Watched.inside += 1
        Watched.most = max(Watched.most, Watched.inside)
        time.sleep(0.0002)
        Watched.inside -= 1
        return self.number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Watched) and self.number == other.number


@pytest.mark.parametrize("asked", ["get", "put"])
def test_one_thread_at_a_time_is_in_the_cache(asked: str):
    """Both reading and writing hold the lock: without it, lookups of several threads overlap."""
    cache: Cache[int] = Cache(64 * 1024, lambda _: 10)
    Watched.inside = Watched.most = 0

    def work(number: int) -> None:
        for turn in range(20):
            if asked == "put":
                cache.put(Watched(turn % 5), number)
            else:
                cache.get(Watched(turn % 5))

    at_once(work)

    assert Watched.most == 1


def test_a_cache_in_many_hands_keeps_its_bound():
    """What threads put in together never weighs more than the cache may hold, and its books agree."""
    cache: Cache[int] = Cache(16 * 1024, lambda _: 1000)

    def work(number: int) -> None:
        for turn in range(300):
            cache.put((number, turn % 7), turn)
            cache.get((number, turn % 5))

    at_once(work)

    assert cache._used == 1000 * len(cache._kept)
    assert cache._used <= 16 * 1024


@pytest.mark.parametrize("step", [1, 7, 31])
def test_eight_threads_may_be_the_first(step: int):
    """What is made at its first use is made whole, whoever comes first: catalog, ladders, readers, caches."""
    program = Path(__file__).with_name("first_use.py")
    done = subprocess.run(
        [sys.executable, program, str(step)], capture_output=True, text=True, check=True, timeout=240
    )

    assert json.loads(done.stdout) == {"failures": [], "wrong": [], "complete": True}


@pytest.mark.usefixtures("_restless")
def test_threads_share_the_views_of_a_result():
    """What a result works out when it is asked for is the same for all who ask at once."""
    for case in CASES[::10]:
        result = errnorm.Normalizer(cache_size=0).normalize(case.body, **case.given)
        seen: list[object] = []

        def work(_: int, result: errnorm.Result = result, seen: list[object] = seen) -> None:
            prints = tuple(record.fingerprint for record in result)
            seen.append((prints, result.raw.sha256, result.detection.reasons, result.detection.candidates))

        at_once(work)

        assert len(seen) == THREADS
        assert seen == [seen[0]] * THREADS


@pytest.mark.usefixtures("_restless")
def test_ladders_that_are_forgotten_while_others_climb():
    """A catalog that throws its ladders away all the time judges as one that keeps them."""
    catalog = errnorm.Catalog.builtin() | errnorm.Catalog.builtin()
    shared = errnorm.Normalizer(catalog=catalog, cache_size=0)
    expected = [errnorm.Normalizer(cache_size=0).normalize(case.body, **case.given) for case in CASES[::3]]
    wrong: list[str] = []
    done = threading.Event()

    def forget() -> None:
        while not done.is_set():
            catalog._ladders.clear()

    def work(number: int) -> None:
        places = random.Random(number).sample(range(len(expected)), len(expected))
        read = (
            (place, shared.normalize(CASES[3 * place].body, **CASES[3 * place].given)) for place in places
        )
        wrong.extend(CASES[3 * place].name for place, result in read if result != expected[place])

    forgetting = threading.Thread(target=forget)
    forgetting.start()
    at_once(work)
    done.set()
    forgetting.join()

    assert wrong == []
