"""Tasks done by several processes, their results in the order of the tasks."""

from __future__ import annotations

import io
import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import NamedTuple

from attrs import evolve

from errnorm.batch.exchange import Exchange
from errnorm.batch.tasks import Task, size_of
from errnorm.batch.work import Done, Settings, Work, WorkerError, leave_alone

__all__ = ["done_by"]

_AHEAD = 3  # groups waiting or done, for each process: enough that none is idle, few enough for memory
_GROUP_BYTES = 1 << 20
_MOST_TASKS = 4  # in a group

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
    with closing(Exchange.of(jobs * _AHEAD * _MOST_TASKS)) as exchange:
        # A fresh interpreter: a fork would copy the locks of the caller's threads as they stand.
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (settings, exchange))
        try:
            yield from _in_order(pool, every, exchange, jobs * _AHEAD)
        except BrokenProcessPool as error:
            raise WorkerError from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Parcel(NamedTuple):
    """A task on its way to a worker: so many bytes of its piece lie in this slot, and none in itself."""

    task: Task
    slot: int
    size: int


_Answers = list[tuple[Done, int]]  # how many bytes of each output lie in the slot of its task


def _in_order(
    pool: ProcessPoolExecutor, every: Iterable[Task], exchange: Exchange, ahead: int
) -> Iterator[Done]:
    waiting: deque[tuple[list[_Parcel], Future[_Answers]]] = deque()
    free = list(range(ahead * _MOST_TASKS))  # the last one first: its memory is in use already
    for group in _groups(every):
        parcels = [_packed(task, exchange, free.pop()) for task in group]
        waiting.append((parcels, pool.submit(_do, parcels)))
        if len(waiting) >= ahead:
            yield from _unpacked(exchange, *waiting.popleft(), free)
    while waiting:
        yield from _unpacked(exchange, *waiting.popleft(), free)


def _groups(every: Iterable[Task]) -> Iterator[list[Task]]:
    """Give tasks as many as go to a worker at once: to hand over a small one takes as long as its work."""
    group: list[Task] = []
    size = 0
    for task in every:
        group.append(task)
        size += len(_bytes_of(task)) + sum(map(size_of, task.found))
        if size >= _GROUP_BYTES or len(group) == _MOST_TASKS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _bytes_of(task: Task) -> bytes:
    file = task.piece.file if task.piece else None
    return file.getvalue() if isinstance(file, io.BytesIO) else b""  # which copies nothing


def _packed(task: Task, exchange: Exchange, slot: int) -> _Parcel:
    data = _bytes_of(task)
    if task.piece is None or not exchange.put(slot, data):
        return _Parcel(task, slot, 0)
    return _Parcel(evolve(task, piece=evolve(task.piece, file=io.BytesIO())), slot, len(data))


def _unpacked(
    exchange: Exchange, parcels: list[_Parcel], future: Future[_Answers], free: list[int]
) -> Iterator[Done]:
    """Give what the tasks of a group gave; each must be written before the next one is asked for."""
    for (_, slot, _), (done, size) in zip(parcels, future.result(), strict=True):
        yield evolve(done, output=exchange.look(slot, size)) if size else done
        free.append(slot)


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


def _do(parcels: list[_Parcel]) -> _Answers:
    return [_answer(_work(_task_in(parcel)), parcel.slot) for parcel in parcels]


def _task_in(parcel: _Parcel) -> Task:
    task, slot, size = parcel
    if task.piece is None or not size:
        return task
    return evolve(task, piece=evolve(task.piece, file=io.BytesIO(_exchange.take(slot, size))))


def _answer(done: Done, slot: int) -> tuple[Done, int]:
    """Leave an output in the slot of its task, whose bytes have been read."""
    if not _exchange.put(slot, done.output):
        return done, 0
    return evolve(done, output=b""), len(done.output)
