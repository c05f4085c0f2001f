"""Tasks done by several processes, their results in the order of the tasks."""

from __future__ import annotations

import io
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from itertools import chain, islice
from multiprocessing import current_process, get_context, parent_process, resource_tracker
from multiprocessing.connection import wait
from threading import Thread
from typing import NamedTuple, TypeVar

from attrs import evolve

from errnorm.batch.exchange import Exchange
from errnorm.batch.tasks import Task, size_of
from errnorm.batch.work import Done, Settings, Work, WorkerError, leave_alone, together
from errnorm.exceptions import InvalidArgument

__all__ = ["done_by", "refuse_again"]

T = TypeVar("T")

_AHEAD = 3  # groups on their way, for each other process: with 2 one is idle for a tenth of the time
_KEPT = 5  # the same, with those that are done and wait for an earlier one
_OWN = 48  # tasks that this process did and that wait for an earlier one
_ALONE_SECONDS = 0.05  # of work in this process before it starts another one, and as many before the next
_GROUP_BYTES = 2 << 20
_GROUP_SECONDS = 0.04  # to hand over a group takes 1 ms and more; at the end all wait for the last ones
_TICK = 1e-6  # seconds: less than any task takes
_USUAL_SECONDS = 0.005  # of a task, before one was done
_MOST_TASKS = 12  # in a group

_work: Work
_exchange: Exchange


def done_by(every: Iterable[Task], settings: Settings, jobs: int) -> Generator[Done]:
    """Do tasks, and give what they gave in their order.

    This process is one of them: it works whenever the others have enough to do. So half of the bytes of two
    processes stay where they are, and what is short is over before another one is started.

    Args:
        every: the tasks.
        settings: what to do.
        jobs: how many processes, from 2.

    Raises:
        WorkerError: when one of them was ended from outside.
    """
    others = jobs - 1
    with closing(Exchange.of(others * _KEPT)) as exchange:
        # A fresh interpreter: a fork would copy the locks of the caller's threads as they stand.
        pool = ProcessPoolExecutor(others, get_context("spawn"), _begin, (settings, exchange))
        try:
            yield from _Team(pool, exchange, Work(settings), others).done(iter(every))
        except BrokenProcessPool as error:
            raise WorkerError from error
        finally:
            _end(pool)


class _Parcel(NamedTuple):
    """Tasks on their way to a worker, and how many bytes of each one's piece lie in their slot, in order."""

    tasks: Sequence[Task]
    slot: int
    sizes: Sequence[int]


class _Answer(NamedTuple):
    """What tasks gave; so much of the output as has room there lies in their slot, behind the pieces."""

    done: Done
    size: int = 0
    start: int = 0


class _Group(NamedTuple):
    """Tasks that are on their way to a worker or done, and their slot; none where this process did them."""

    answer: Future[_Answer]
    slot: int | None = None


class _Team:
    """This process and the others, and what they were given and is not written yet."""

    def __init__(self, pool: ProcessPoolExecutor, exchange: Exchange, work: Work, others: int) -> None:
        self._pool = pool
        self._exchange = exchange
        self._work = work
        self._others = others
        self._starts: list[Future[int]] = []
        self._alone = 0.0  # seconds of work in this process
        self._seconds = _USUAL_SECONDS  # how long the last of them took
        self._waiting: deque[_Group] = deque()
        # The last one first: its memory is in use already.
        self._free = list(range(others * _KEPT))

    def done(self, tasks: Iterator[Task]) -> Iterator[Done]:
        """Give what tasks gave, in their order.

        The others are given work before anything is written: what one group wrote may take as long as the
        next two take them.
        """
        most = self._others * _KEPT + _OWN
        is_more = True
        while is_more or self._waiting:
            if is_more:
                self._start()
            if is_more and self._are_wanting():
                try:
                    is_more = self._send(tasks)
                except BrokenProcessPool:
                    while self._waiting:  # up to the first that is lost, which raises it as well
                        yield from self._next()
                    raise
            elif self._waiting and (
                self._waiting[0].answer.done() or not is_more or len(self._waiting) > most
            ):
                yield from self._next()
            else:
                is_more = self._do(tasks)

    def _are_wanting(self) -> bool:
        """Tell whether others want work, and there is memory to hand it over."""
        ready = sum(start.done() for start in self._starts)
        away = sum(not group.answer.done() for group in self._waiting)
        return away < ready * _AHEAD and bool(self._free)

    def _start(self) -> None:
        """Start one more process where the work goes on."""
        count = len(self._starts)
        if count < self._others and self._alone >= _ALONE_SECONDS * (count + 1):
            self._starts.append(self._submit(os.getpid))

    def _submit(self, call: Callable[..., T], *arguments: object) -> Future[T]:
        with _deaf():  # it starts a process where none is idle
            return self._pool.submit(call, *arguments)

    def _send(self, tasks: Iterator[Task]) -> bool:
        """Send some tasks to others; False when there are no more."""
        most = min(_MOST_TASKS, int(_GROUP_SECONDS / max(self._seconds, _TICK)))
        some = list(_some(tasks, max(1, most)))
        if some:
            slot = self._free.pop()
            parcel = _packed(some, self._exchange, slot)
            self._waiting.append(_Group(self._submit(_do, parcel), slot))
        return bool(some)

    def _do(self, tasks: Iterator[Task]) -> bool:
        """Do a task here; False when there are no more."""
        task = next(tasks, None)
        if task is None:
            return False
        group = _Group(Future())
        self._waiting.append(group)
        start = time.perf_counter()
        try:
            group.answer.set_result(_Answer(self._work(task)))
        except Exception as error:  # noqa: BLE001 - it is raised when what came before is written
            group.answer.set_exception(error)
        if task.piece or task.found:  # what ends an input takes no time
            self._seconds = time.perf_counter() - start
            self._alone += self._seconds
        return True

    def _next(self) -> Iterator[Done]:
        """Give what the first group gave; it must be written before the next one is asked for."""
        group = self._waiting.popleft()
        done, size, start = group.answer.result()
        if group.slot is None:
            yield done
            return
        yield evolve(done, output=chain(self._exchange.pieces(group.slot, size, start), done.output))
        self._free.append(group.slot)


def _some(tasks: Iterator[Task], most: int) -> Iterator[Task]:
    """Give as many tasks as go to a worker at once."""
    size = 0
    for task in islice(tasks, most):
        yield task
        size += len(_bytes_of(task)) + sum(map(size_of, task.found))
        if size >= _GROUP_BYTES:
            return


def _bytes_of(task: Task) -> bytes:
    file = task.piece.file if task.piece else None
    return file.getvalue() if isinstance(file, io.BytesIO) else b""  # which copies nothing


def _packed(tasks: Sequence[Task], exchange: Exchange, slot: int) -> _Parcel:
    bare: list[Task] = []
    sizes: list[int] = []
    for task in tasks:
        data = _bytes_of(task)
        is_put = bool(data) and exchange.put(slot, data, sum(sizes))
        bare.append(_with(task, b"") if is_put else task)
        sizes.append(len(data) if is_put else 0)
    return _Parcel(bare, slot, sizes)


def _with(task: Task, data: bytes) -> Task:
    return evolve(task, piece=evolve(task.piece, file=io.BytesIO(data))) if task.piece else task


def refuse_again(jobs: int) -> None:
    """Refuse a run in a process that is being started: its files are those of the run that starts it.

    Args:
        jobs: how many processes were asked for.

    Raises:
        InvalidArgument: when this process is being started by another one, and runs its script anew.
    """
    # What multiprocessing itself asks before it starts a process; it would be asked too late.
    if getattr(current_process(), "_inheriting", False):
        raise InvalidArgument(
            f"jobs is {jobs} in a script that each process runs anew when it starts. "
            'Put what the script does under `if __name__ == "__main__":`.'
        )


def _end(pool: ProcessPoolExecutor) -> None:
    """End the other processes: nobody waits for them any more, and some may have just been started."""
    with _deaf():  # a second Ctrl-C would leave them behind, and this process waiting for them
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 - `kill_workers` is of Python 3.14
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Hear no Ctrl-C for a while, nor do processes that are started: it would end their imports loudly."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # first: as it starts, it lets the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # a Ctrl-C in between reaches this one now


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


def _do(parcel: _Parcel) -> _Answer:
    """Do tasks, and put what they give behind their pieces; from where the slot is full it goes along."""
    first = end = sum(parcel.sizes)
    every: list[Done] = []
    rest: list[bytes] = []
    for task in _unpacked(parcel):
        done = _work(task)
        # At once: the next output is then made where this one was, which the processor has at hand.
        for piece in done.output:
            if not rest and _exchange.put(parcel.slot, piece, end):
                end += len(piece)
            else:
                rest.append(piece)
        every.append(evolve(done, output=()))
    return _Answer(together(every, rest), end - first, first)


def _unpacked(parcel: _Parcel) -> Iterator[Task]:
    start = 0
    for task, size in zip(parcel.tasks, parcel.sizes, strict=True):
        yield _with(task, _exchange.take(parcel.slot, size, start)) if size else task
        start += size
