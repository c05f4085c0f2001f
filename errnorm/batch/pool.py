"""Tasks done by several processes, their results in the order of the tasks."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread

from errnorm.batch.tasks import Task
from errnorm.batch.work import Done, Settings, Work, WorkerError, leave_alone

__all__ = ["done_by"]

_AHEAD = 4  # tasks waiting or done, for each process: enough that none is idle, few enough for memory

_work: Work


def done_by(every: Iterable[Task], settings: Settings, jobs: int) -> Generator[Done]:
    """Do tasks, and give what they gave in their order.

    Args:
        every: the tasks.
        settings: what to do.
        jobs: how many processes.

    Raises:
        WorkerError: when one of them was ended from outside.
    """
    # A fresh interpreter: a fork would copy the locks of the caller's threads as they stand.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (settings,))
    try:
        yield from _in_order(pool, every, jobs * _AHEAD)
    except BrokenProcessPool as error:
        raise WorkerError from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, every: Iterable[Task], ahead: int) -> Iterator[Done]:
    waiting: deque[Future[Done]] = deque()
    for task in every:
        waiting.append(pool.submit(_do, task))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _begin(settings: Settings) -> None:
    global _work  # noqa: PLW0603 - one worker a process, made once
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one decides
    Thread(target=_leave_with_parent, daemon=True).start()
    _work = Work(settings)
    leave_alone()


def _leave_with_parent() -> None:
    """End with the process that started this one, also when that one was killed."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def _do(task: Task) -> Done:
    return _work(task)
