"""Tasks done by several processes, their results in the order of the tasks."""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from itertools import chain, islice
from multiprocessing import current_process
from multiprocessing.reduction import ForkingPickler

from attrs import define, evolve

from errnorm.batch.exchange import Exchange
from errnorm.batch.tasks import Task, size_of
from errnorm.batch.work import Done, Settings, Work, WorkerError
from errnorm.batch.worker import Answer, Worker, deaf, way_to_start
from errnorm.exceptions import InvalidArgument

__all__ = ["done_by", "refuse"]

_AHEAD = 3  # groups on their way, for each other process: with 2 one is idle for a tenth of the time
_KEPT = 5  # the same, with those that are done and wait for an earlier one
_OWN = 48  # tasks that this process did and that wait for an earlier one
_ALONE_SECONDS = 0.02  # of work in this process before it starts another one, and as many before the next
_GROUP_BYTES = 2 << 20
_GROUP_SECONDS = 0.04  # at the end all wait for the last ones
_LOOK_SECONDS = 0.01  # less than a group takes
_TICK = 1e-6  # seconds: less than any task takes
_USUAL_SECONDS = 0.005  # of a task, before one was done
_MOST_TASKS = 12  # in a group


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
    with closing(Exchange.of_memory()) as exchange, closing(_Team(exchange, settings, others)) as team:
        yield from team.done(iter(every))


@define(eq=False)
class _Group:
    """Tasks that are on their way to a worker or done.

    Attributes:
        slot: where the worker puts the output; None where this process did them.
        answer: what they gave, or what they raised; None as long as nobody knows.
    """

    slot: int | None = None
    answer: Answer | Exception | None = None


@define(eq=False)
class _Other:
    """A worker, and what it was given and has not answered."""

    worker: Worker
    groups: deque[_Group]

    @property
    def is_wanting(self) -> bool:
        return self.worker.is_ready and len(self.groups) < _AHEAD


class _Team:
    """This process and the others, and what they were given and is not written yet."""

    def __init__(self, exchange: Exchange, settings: Settings, most: int) -> None:
        self._exchange = exchange
        self._settings = settings
        self._work = Work(settings)
        self._most = most
        self._started = 0
        self._others: list[_Other] = []
        self._alone = 0.0  # seconds of work in this process
        self._seconds = _USUAL_SECONDS  # how long the last of them took
        self._waiting: deque[_Group] = deque()
        # The last one first: its memory is in use already.
        self._free = list(range(most * _KEPT))
        self._looked = 0.0

    def done(self, tasks: Iterator[Task]) -> Iterator[Done]:
        """Give what tasks gave, in their order.

        The others are given work before anything is written: what one group wrote may take as long as the
        next two take them.
        """
        most = self._most * _KEPT + _OWN
        is_more = True
        while is_more or self._waiting:
            self._collect()
            if is_more:
                self._start()
            other = next((one for one in self._others if one.is_wanting), None) if self._free else None
            if is_more and other:
                is_more = self._send(tasks, other)
            elif self._waiting and (self._waiting[0].answer or not is_more or len(self._waiting) > most):
                yield from self._next()
            else:
                is_more = self._do(tasks)

    def close(self) -> None:
        """End the other processes."""
        with deaf():
            for other in self._others:
                other.worker.end()

    def _start(self) -> None:
        """Start one more process where the work goes on."""
        if self._started < self._most and self._alone >= _ALONE_SECONDS * (self._started + 1):
            self._started += 1
            with suppress(OSError):  # where the system starts no more, the run goes on without it
                way = way_to_start()
                with deaf():
                    self._others.append(_Other(Worker(way, self._settings, self._exchange), deque()))

    def _collect(self) -> None:
        """Take the answers that are there, if the last look is not just over: it takes 0.1 ms."""
        now = time.monotonic()
        if now < self._looked + _LOOK_SECONDS:
            return
        self._looked = now
        for other in [*self._others]:
            while other in self._others and other.worker.has_answer:
                self._take(other)

    def _take(self, other: _Other) -> None:
        """Take an answer of another process, and wait for it."""
        answer = other.worker.answer()
        if isinstance(answer, WorkerError):
            with deaf():
                self._others.remove(other)
                other.worker.end()
            for group in other.groups:  # none where it could not start: the others go on without it
                group.answer = answer
        elif answer:
            other.groups.popleft().answer = answer

    def _send(self, tasks: Iterator[Task], other: _Other) -> bool:
        """Send some tasks to another process; False when there are no more."""
        most = min(_MOST_TASKS, int(_GROUP_SECONDS / max(self._seconds, _TICK)))
        some = list(_some(tasks, max(1, most)))
        if some:
            slot = self._free.pop()
            group = _Group(slot)
            self._waiting.append(group)
            other.groups.append(group)
            other.worker.send(some, slot)
        return bool(some)

    def _do(self, tasks: Iterator[Task]) -> bool:
        """Do a task here; False when there are no more."""
        task = next(tasks, None)
        if task is None:
            return False
        group = _Group()
        self._waiting.append(group)
        start = time.perf_counter()
        try:
            group.answer = Answer(self._work(task))
        except Exception as error:  # noqa: BLE001 - it is raised when what came before is written
            group.answer = error
        if task.piece or task.found:  # what ends an input takes no time
            self._seconds = time.perf_counter() - start
            self._alone += self._seconds
        return True

    def _next(self) -> Iterator[Done]:
        """Give what the first group gave; it must be written before the next one is asked for."""
        group = self._waiting.popleft()
        while group.answer is None:
            self._take(next(other for other in self._others if group in other.groups))
        if isinstance(group.answer, Exception):
            raise group.answer
        done, size, start = group.answer
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
        size += _size(task)
        if size >= _GROUP_BYTES:
            return


def _size(task: Task) -> int:
    file = task.piece.file if task.piece else None
    piece = len(file.getvalue()) if isinstance(file, io.BytesIO) else 0
    return piece + sum(map(size_of, task.found))


def refuse(jobs: int, settings: Settings) -> None:
    """Refuse a run that other processes cannot take part in, before anything is written.

    Args:
        jobs: how many processes were asked for.
        settings: what they are to do.

    Raises:
        InvalidArgument: when this process is being started by another one, and runs its script anew: its
            files are those of the run that starts it; or when settings cannot be sent.
    """
    # What multiprocessing itself asks before it starts a process; it would be asked too late.
    if getattr(current_process(), "_inheriting", False):
        raise InvalidArgument(
            f"jobs is {jobs} in a script that each process runs anew when it starts. "
            'Put what the script does under `if __name__ == "__main__":`.'
        )
    try:
        ForkingPickler.dumps(settings)
    except Exception as error:  # whatever a class of the caller's own raises
        raise InvalidArgument(
            f"jobs is {jobs}, and something of your own cannot be sent to another process: {error}. "
            "Define its functions and classes at the top of a module, without lambda, or use one job."
        ) from error
