"""Tasks done by several processes, their results in the order of the tasks."""

from __future__ import annotations

import io
import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import cycle
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import NamedTuple

from attrs import evolve

from errnorm.batch.exchange import Exchange
from errnorm.batch.tasks import Task
from errnorm.batch.work import Done, Settings, Work, WorkerError, leave_alone

__all__ = ["done_by"]

_AHEAD = 3  # groups waiting or done, for each process: enough that none is idle, few enough for memory
_GROUP_BYTES = 1 << 20
_MOST_TASKS = 8  # in a group

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
    ahead = jobs * _AHEAD
    exchange = Exchange(ahead * _MOST_TASKS)
    # A fresh interpreter: a fork would copy the locks of the caller's threads as they stand.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (settings, exchange))
    try:
        yield from _in_order(pool, every, exchange, ahead)
    except BrokenProcessPool as error:
        raise WorkerError from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        exchange.close()


class _Sent(NamedTuple):
    """A task on its way to a worker: so many bytes of its piece lie in this slot, and none in itself."""

    task: Task
    slot: int
    size: int


def _in_order(
    pool: ProcessPoolExecutor, every: Iterable[Task], exchange: Exchange, ahead: int
) -> Iterator[Done]:
    waiting: deque[tuple[list[_Sent], Future[list[tuple[Done, int]]]]] = deque()
    slots = cycle(range(exchange.slots))  # a slot comes again once what it held was given back
    for group in _groups(every):
        sent = [_sent(task, exchange, next(slots)) for task in group]
        waiting.append((sent, pool.submit(_do, sent)))
        if len(waiting) >= ahead:
            yield from _received(exchange, *waiting.popleft())
    while waiting:
        yield from _received(exchange, *waiting.popleft())


def _groups(every: Iterable[Task]) -> Iterator[list[Task]]:
    """Give tasks as many as go to a worker at once: to hand over a small one takes as long as its work."""
    group: list[Task] = []
    size = 0
    for task in every:
        group.append(task)
        size += len(_bytes_of(task))
        if size >= _GROUP_BYTES or len(group) == _MOST_TASKS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _bytes_of(task: Task) -> bytes:
    file = task.piece.file if task.piece else None
    return file.getvalue() if isinstance(file, io.BytesIO) else b""  # which copies nothing


def _sent(task: Task, exchange: Exchange, slot: int) -> _Sent:
    data = _bytes_of(task)
    if task.piece is None or not exchange.put(slot, data):
        return _Sent(task, slot, 0)
    return _Sent(evolve(task, piece=evolve(task.piece, file=io.BytesIO())), slot, len(data))


def _received(
    exchange: Exchange, group: list[_Sent], future: Future[list[tuple[Done, int]]]
) -> Iterator[Done]:
    for sent, (done, size) in zip(group, future.result(), strict=True):
        yield evolve(done, output=exchange.get(sent.slot, size)) if size else done


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


def _do(group: list[_Sent]) -> list[tuple[Done, int]]:
    return [_left(_work(_task_of(sent)), sent.slot) for sent in group]


def _task_of(sent: _Sent) -> Task:
    if sent.task.piece is None or not sent.size:
        return sent.task
    data = bytes(_exchange.get(sent.slot, sent.size))
    return evolve(sent.task, piece=evolve(sent.task.piece, file=io.BytesIO(data)))


def _left(done: Done, slot: int) -> tuple[Done, int]:
    """Leave what a task gave in its slot, whose bytes have been read; say how many bytes lie there now."""
    if not _exchange.put(slot, done.output):
        return done, 0
    return evolve(done, output=b""), len(done.output)
