"""Tasks done by several processes, their results in the order of the tasks."""

from __future__ import annotations

import io
import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread

from attrs import evolve

from errnorm.batch.exchange import Exchange
from errnorm.batch.tasks import Task
from errnorm.batch.work import Done, Settings, Work, WorkerError, leave_alone

__all__ = ["done_by"]

_AHEAD = 4  # tasks waiting or done, for each process: enough that none is idle, few enough for memory

_work: Work
_exchange: Exchange


def done_by(every: Iterable[Task], settings: Settings, jobs: int) -> Generator[Done]:
    """Do tasks, and give what they gave in their order.

    Args:
        every: the tasks.
        settings: what to do.
        jobs: how many processes.

    Raises:
        WorkerError: when one of them was ended from outside.
    """
    exchange = Exchange()
    # A fresh interpreter: a fork would copy the locks of the caller's threads as they stand.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (settings, exchange))
    try:
        yield from _in_order(pool, every, exchange, jobs * _AHEAD)
    except BrokenProcessPool as error:
        raise WorkerError from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        exchange.close()


def _in_order(
    pool: ProcessPoolExecutor, every: Iterable[Task], exchange: Exchange, ahead: int
) -> Iterator[Done]:
    waiting: deque[tuple[int, Future[tuple[Done, int]]]] = deque()
    for number, task in enumerate(every):
        slot = number % ahead  # that of a task which was given back already
        waiting.append((slot, pool.submit(_do, *_sent(task, exchange, slot))))
        if len(waiting) >= ahead:
            yield _received(exchange, *waiting.popleft())
    while waiting:
        yield _received(exchange, *waiting.popleft())


def _sent(task: Task, exchange: Exchange, slot: int) -> tuple[Task, int, int]:
    """Give a task as it goes to a worker, its slot, and how many bytes of it are there."""
    file = task.piece.file if task.piece else None
    data = file.getvalue() if isinstance(file, io.BytesIO) else b""
    if task.piece is None or not exchange.put(slot, data):
        return task, slot, 0
    return evolve(task, piece=evolve(task.piece, file=io.BytesIO())), slot, len(data)


def _received(exchange: Exchange, slot: int, future: Future[tuple[Done, int]]) -> Done:
    done, size = future.result()
    return evolve(done, output=exchange.get(slot, size)) if size else done


def _begin(settings: Settings, exchange: Exchange) -> None:
    global _work, _exchange
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one decides
    Thread(target=_leave_with_parent, daemon=True).start()
    _work, _exchange = Work(settings), exchange
    leave_alone()


def _leave_with_parent() -> None:
    """End with the process that started this one, also when that one was killed."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def _do(task: Task, slot: int, size: int) -> tuple[Done, int]:
    """Do a task, and leave what it gives in its slot: what the slot held before has been read."""
    if task.piece is not None and size:
        task = evolve(task, piece=evolve(task.piece, file=io.BytesIO(_exchange.get(slot, size))))
    done = _work(task)
    if not _exchange.put(slot, done.output):
        return done, 0
    return evolve(done, output=b""), len(done.output)
