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
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from traceback import format_exc
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from attrs import evolve

from errnorm.batch.exchange import Exchange
from errnorm.batch.tasks import Task
from errnorm.batch.work import Done, Settings, Work, WorkerError, leave_alone, together

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, SpawnContext

__all__ = ["Answer", "Parcel", "Worker", "deaf", "way_to_start"]

_THREADS: Final = Path("/proc/self/task")  # of this process, Python's and others


class _Packer(pickle.Pickler):
    """Pickles tasks, all but the bytes of their pieces, which go into a slot as far as it has room.

    The persistent ids of pickle are there for what lies elsewhere: here the slot, and from where to where.
    """

    def __init__(self, file: IO[bytes], exchange: Exchange, slot: int | None) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._exchange = exchange
        self._slot = slot
        self._end = 0

    def persistent_id(self, thing: object) -> tuple[int | None, int, int] | None:
        if not isinstance(thing, io.BytesIO):
            return None
        start, data = self._end, thing.getvalue()
        if not self._exchange.put(self._slot, data, start):
            return None
        self._end += len(data)
        return self._slot, start, self._end


class _Unpacker(pickle.Unpickler):
    """Reads what was packed.

    Attributes:
        end: where in the slot the last piece ends.
    """

    def __init__(self, packed: bytes, exchange: Exchange) -> None:
        super().__init__(io.BytesIO(packed))
        self._exchange = exchange
        self.end = 0

    def persistent_load(self, place: tuple[int, int, int]) -> io.BytesIO:
        slot, start, self.end = place
        return io.BytesIO(self._exchange.take(slot, self.end - start, start))


class Parcel(NamedTuple):
    """Tasks on their way to a worker.

    Attributes:
        slot: where the bytes of their pieces lie, and where the output is to go; None for no such place.
        packed: the tasks, but for these bytes.
    """

    slot: int | None
    packed: bytes

    @classmethod
    def of(cls, tasks: Sequence[Task], exchange: Exchange, slot: int) -> Parcel:
        """Pack tasks."""
        room = slot if exchange.open(slot) else None
        file = io.BytesIO()
        _Packer(file, exchange, room).dump(tasks)
        return cls(room, file.getvalue())


class _Output:
    """Where the output of tasks goes: behind their pieces, and from where their slot is full, along.

    Attributes:
        first, end: from where to where it lies in the slot.
        rest: what goes along.
    """

    def __init__(self, exchange: Exchange, slot: int | None, first: int) -> None:
        self._exchange = exchange
        self._slot = slot
        self.first = self.end = first
        self.rest: list[bytes] = []

    def put(self, piece: bytes) -> None:
        if not self.rest and self._exchange.put(self._slot, piece, self.end):
            self.end += len(piece)
        else:
            self.rest.append(piece)


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
        way: how it is started, as `way_to_start` says.
        settings: what it does.
        exchange: where bytes are handed over.

    Attributes:
        is_ready: it said that it is.
    """

    def __init__(self, way: ForkContext | SpawnContext, settings: Settings, exchange: Exchange) -> None:
        self._line, theirs = way.Pipe()
        # A fork has both ends; with ours open it would never see that this process has ended.
        ours = self._line if way.get_start_method() == "fork" else None
        # As a daemon it is never waited for at the end of this process.
        self._process = way.Process(target=_serve, args=(theirs, ours, settings, exchange), daemon=True)
        with theirs:
            self._process.start()
        self._exchange = exchange
        self.is_ready = False

    def send(self, tasks: Sequence[Task], slot: int) -> None:
        """Send tasks; nothing where it has ended, which `answer` tells.

        It never waits for them to be done: a thread there takes what comes.

        Args:
            tasks: what it is to do.
            slot: where bytes go there and back.
        """
        parcel = Parcel.of(tasks, self._exchange, slot)
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


def way_to_start() -> ForkContext | SpawnContext:
    """Give the way to start processes from here; to be asked before `deaf`.

    A fork is at work at once, where a fresh interpreter imports for 0.3 s. But it has a copy of every lock as
    it stands, and of no thread that would release it: it is for a process without other threads, and a system
    that tells of them.
    """
    try:
        is_alone = len([*_THREADS.iterdir()]) == 1
    except OSError:  # no Linux
        is_alone = False
    if is_alone:
        return get_context("fork")
    resource_tracker.ensure_running()  # now: as it starts, it lets Ctrl-C through
    return get_context("spawn")


@contextmanager
def deaf() -> Iterator[None]:
    """Hear no Ctrl-C for a while, nor do processes that are started: it would end their imports loudly.

    Between the start of a process and where it is noted, or between the ends of two, one would stay behind.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # a Ctrl-C in between reaches this one now


def _serve(
    line: Connection[Any, Any], other_end: Connection[Any, Any] | None, settings: Settings, exchange: Exchange
) -> None:
    """Do what comes, in a process of its own."""
    if other_end:
        _forget_caller()
        other_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one decides
    parcels: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(line, parcels.put), daemon=True).start()
    work = Work(settings)
    leave_alone()
    with suppress(OSError):  # who sent the parcel was killed
        line.send(None)
        while True:
            line.send(_answer(parcels.get(), work, exchange))


def _forget_caller() -> None:
    """Hear signals as a fresh process does: the caller's handlers would clean up once more."""
    signal.set_wakeup_fd(-1)  # of an event loop, which would take what is heard here as its own
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)


def _receive(line: Connection[Any, Any], put: Callable[[bytes], None]) -> None:
    """Take what comes while this process works, and end with the one that sends, also when it is killed."""
    try:
        while True:
            put(line.recv_bytes())
    finally:
        os._exit(1)


def _answer(sent: bytes, work: Work, exchange: Exchange) -> Answer | Exception:
    try:
        return _done(pickle.loads(sent), work, exchange)  # noqa: S301 - sent by the process that started this one
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
    """Do tasks."""
    unpacker = _Unpacker(parcel.packed, exchange)
    tasks = unpacker.load()
    output = _Output(exchange, parcel.slot, unpacker.end)
    done = together(map(work, tasks), output.put)
    return Answer(evolve(done, output=output.rest), output.end - output.first, output.first)
