"""Another process that does tasks, and what goes to it and comes back.

The pool of `concurrent.futures` hands over through threads that wait for the interpreter while this process
works: the other one was idle for a tenth of the time, and for a fifth where little went to it at once.
"""

from __future__ import annotations

import io
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from traceback import format_exc
from typing import Any, NamedTuple

from attrs import evolve

from errnorm.batch.exchange import Exchange
from errnorm.batch.tasks import Task
from errnorm.batch.work import Done, Settings, Work, WorkerError, leave_alone, together

__all__ = ["Answer", "Parcel", "Worker", "bytes_of", "deaf"]


class Parcel(NamedTuple):
    """Tasks on their way to a worker.

    Attributes:
        tasks: the tasks.
        slot: where the bytes of their pieces lie, and where the output is to go; None for no such place.
        sizes: how many bytes of each one's piece lie there, in order.
    """

    tasks: Sequence[Task]
    slot: int | None
    sizes: Sequence[int]

    @classmethod
    def of(cls, tasks: Sequence[Task], exchange: Exchange, slot: int) -> Parcel:
        """Put as much of the pieces into their slot as has room there; the rest goes along."""
        if not exchange.open(slot):
            return cls(tasks, None, ())
        bare: list[Task] = []
        sizes: list[int] = []
        for task in tasks:
            data = bytes_of(task)
            is_put = bool(data) and exchange.put(slot, data, sum(sizes))
            bare.append(_with(task, b"") if is_put else task)
            sizes.append(len(data) if is_put else 0)
        return cls(bare, slot, sizes)

    def unpacked(self, exchange: Exchange) -> Iterator[Task]:
        """Give the tasks with their pieces."""
        if self.slot is None:
            yield from self.tasks
            return
        start = 0
        for task, size in zip(self.tasks, self.sizes, strict=True):
            yield _with(task, exchange.take(self.slot, size, start)) if size else task
            start += size


class Answer(NamedTuple):
    """What tasks gave.

    Attributes:
        done: all of it, but for the output that lies in their slot.
        size: how many bytes lie there.
        start: from where on.
    """

    done: Done
    size: int = 0
    start: int = 0


class Worker:
    """A process that was started; start and end it while `deaf`.

    Args:
        settings: what it does.
        exchange: where bytes are handed over.

    Attributes:
        is_ready: it said that it is.
    """

    def __init__(self, settings: Settings, exchange: Exchange) -> None:
        # A fresh interpreter: a fork would copy the locks of the caller's threads as they stand.
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        # As a daemon it is never waited for at the end of this process.
        self._process = context.Process(target=_serve, args=(theirs, settings, exchange), daemon=True)
        with theirs:
            self._process.start()
        self.is_ready = False

    def send(self, parcel: Parcel) -> None:
        """Send tasks; nothing where it has ended, which `answer` tells.

        It never waits for them to be done: a thread there takes what comes.
        """
        try:
            self._line.send(parcel)
        except OSError:
            return

    @property
    def has_answer(self) -> bool:
        """True where `answer` need not wait."""
        try:
            return self._line.poll()
        except OSError:  # so Windows tells that it has ended
            return True

    def answer(self) -> Answer | Exception | None:
        """Give what the tasks gave that were sent first and not answered, or the exception it ended with.

        Returns:
            None once, before all others: it is ready.
        """
        try:
            answer: Answer | Exception | None = self._line.recv()
        except (EOFError, OSError):
            return WorkerError()
        self.is_ready = True
        return answer

    def end(self) -> None:
        """End it: nobody waits for it any more, and it may have just been started."""
        self._process.kill()
        self._process.join()
        self._line.close()


def bytes_of(task: Task) -> bytes:
    """Give the bytes of a task's piece, without a copy."""
    file = task.piece.file if task.piece else None
    return file.getvalue() if isinstance(file, io.BytesIO) else b""


def _with(task: Task, data: bytes) -> Task:
    return evolve(task, piece=evolve(task.piece, file=io.BytesIO(data))) if task.piece else task


@contextmanager
def deaf() -> Iterator[None]:
    """Hear no Ctrl-C for a while, nor do processes that are started: it would end their imports loudly.

    Between the start of a process and where it is noted, or between the ends of two, one would stay behind.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # first: as it starts, it lets the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # a Ctrl-C in between reaches this one now


def _serve(line: Connection[Any, Any], settings: Settings, exchange: Exchange) -> None:
    """Do what comes, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one decides
    parcels: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(line, parcels.put), daemon=True).start()
    work = Work(settings)
    leave_alone()
    with suppress(OSError):  # who sent the parcel was killed
        line.send(None)
        while True:
            line.send(_answer(parcels.get(), work, exchange))


def _receive(line: Connection[Any, Any], put: Callable[[bytes], None]) -> None:
    """Take what comes while this process works, and end with the one that sends, also when it is killed."""
    try:
        while True:
            put(line.recv_bytes())
    finally:
        os._exit(1)


def _answer(parcel: bytes, work: Work, exchange: Exchange) -> Answer | Exception:
    try:
        return _done(pickle.loads(parcel), work, exchange)  # noqa: S301 - sent by the process that started this one
    except Exception as error:  # noqa: BLE001 - it is raised in the other process
        return _sendable(error, format_exc())


def _sendable(error: Exception, told: str) -> Exception:
    """Give an exception, or one in its place that the other process can make again, with its traceback."""
    error.add_note(told)
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever its class raises
        error = RuntimeError(f"{type(error).__name__} was raised in another process.")
        error.add_note(told)
    return error


def _done(parcel: Parcel, work: Work, exchange: Exchange) -> Answer:
    """Do tasks, and put what they give behind their pieces; from where the slot is full it goes along."""
    slot = parcel.slot
    first = end = sum(parcel.sizes)
    every: list[Done] = []
    rest: list[bytes] = []
    for task in parcel.unpacked(exchange):
        done = work(task)
        # At once: the next output is then made where this one was, which the processor has at hand.
        for piece in done.output:
            if slot is not None and not rest and exchange.put(slot, piece, end):
                end += len(piece)
            else:
                rest.append(piece)
        every.append(evolve(done, output=()))
    return Answer(together(every, rest), end - first, first)
