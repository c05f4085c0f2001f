"""A run: inputs to an output, with rejects, a report, and a journal to go on from."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

from attrs import frozen

from errnorm.batch.apart import apart
from errnorm.batch.inputs import written
from errnorm.batch.journal import Aside, Journal, Mark, NotResumable, can_stand_aside, journal_of, part_of
from errnorm.batch.report import Report
from errnorm.batch.sinks import sink_named
from errnorm.batch.tasks import How, Task, tasks
from errnorm.batch.work import Done, Settings, Work, WorkerError
from errnorm.exceptions import InvalidArgument

__all__ = ["Failed", "NotReconciled", "Progress", "Run", "Stopped"]

_STDIN = "-"
_JOURNAL_SECONDS = 1.0


class Stopped(Exception):  # noqa: N818 - a fact about the run
    """A run that ended before its inputs did: the disk is full, or who read the output has gone.

    Attributes:
        report: the counts of what was done.
        pipe_closed: who read the output wanted no more of it.
    """

    def __init__(self, why: str, report: Report, *, pipe_closed: bool = False) -> None:
        super().__init__(why)
        self.report = report
        self.pipe_closed = pipe_closed


class Failed(Stopped):
    """A run that ended because errnorm itself failed: a bug of errnorm; what failed is its `__cause__`."""


class NotReconciled(RuntimeError):  # noqa: N818 - a fact about the run
    """A run that lost a capture, or counted one twice: a bug of errnorm, found out by counting.

    Attributes:
        report: the counts.
    """

    def __init__(self, report: Report) -> None:
        name = report.unreconciled[0]
        counts = report.inputs[name]
        told = counts.with_errors + counts.not_errors + counts.rejected
        super().__init__(
            f"errnorm itself failed: {name} has {counts.captures} captures, and {told} of them are told of. "
            "The output is in place, but do not rely on it. Please report it."
        )
        self.report = report


@frozen(kw_only=True)
class Progress:
    """How far a run is.

    Attributes:
        seen, total: bytes read and to read, on disk; `total` is 0 where nobody knows.
        report: the counts so far.
    """

    seen: int
    total: int
    report: Report


class _Direct:
    """Standard output, a pipe or a device: what is written is gone."""

    def __init__(self, file: IO[bytes], *, is_ours: bool = False) -> None:
        self._file = file
        self._is_ours = is_ours
        self.size = 0

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:  # a pipe may take less than all
            view = view[self._file.write(view) :]
        self._file.flush()

    def close(self) -> None:
        """Close what was opened here; standard output is not ours."""
        if self._is_ours:
            self._file.close()

    def place(self, finish: Callable[[Path, Path], None]) -> None:
        """Leave it where it is."""


class Run:
    """One run, ready to go.

    Args:
        inputs: files, folders, patterns, `-` for standard input.
        output: the file for the records; None for standard output.
        rejects: the file for what could not be read; None to count it only.
        report: the file that the caller writes the report to.
        settings: what to do with what is read.
        how: how to read it.

    Attributes:
        report: the counts of what was done.

    Raises:
        InvalidArgument: when a file is to be written twice, or is an input that would be replaced.
    """

    def __init__(  # noqa: PLR0913 - keywords: what is written where, and how
        self,
        inputs: Iterable[str | os.PathLike[str]],
        output: Path | None,
        *,
        rejects: Path | None,
        report: Path | None = None,
        settings: Settings,
        how: How,
    ) -> None:
        self.report = Report()
        self._inputs = apart(inputs, output, rejects, report)
        self._output = output
        self._rejects = rejects
        self._settings = settings
        self._how = how
        self._stands_aside = output is not None and can_stand_aside(output)
        self._journal = self._journal_of(output)
        self._files: list[tuple[Aside | _Direct, Callable[[Path, Path], None]]] = []
        self._sizes: tuple[int, ...] = ()
        self._tasks = 0
        self._seen = 0

    def _journal_of(self, output: Path | None) -> Journal | None:
        """Keep a journal where there is a file to go on with, and inputs that can be read again."""
        is_stdin = any(item.name == _STDIN for item in self._inputs)
        if output is None or not self._stands_aside or is_stdin:
            return None
        same = repr((str(self._rejects), self._settings.same, self._how))
        return Journal(journal_of(output), self._inputs, same)

    def go(
        self,
        *,
        jobs: int = 1,
        resume: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> Report:
        """Run to the end.

        Args:
            jobs: how many processes work.
            resume: whether to go on where an earlier run was killed.
            progress: is told at the start, and after each task, how far it is.

        Returns:
            The report.

        Raises:
            InvalidArgument: when *jobs* is no number from 1, or a process that is being started comes here,
                or none can be sent what to do.
            NotResumable: when it cannot go on, or the journal is another run's.
            Stopped: when the output could not be written; what is there is kept, to go on with.
            Failed: when errnorm itself failed; likewise.
            NotReconciled: when the captures do not add up.
        """
        if not isinstance(jobs, int) or jobs < 1:
            raise InvalidArgument(f"jobs is {jobs!r}. Give how many processes work, from 1.")
        if jobs > 1:
            from errnorm.batch.pool import refuse  # noqa: PLC0415 - 20 ms of import, and one job needs none of it

            refuse(jobs, self._settings)
        mark = self._mark() if resume else None
        self.report.complete = False
        try:
            self._open(mark)
            if mark is None or not mark.whole:
                self._work(jobs, progress)
            with self._guard():
                self._place()
            self.report.complete = True
        except OSError as error:
            self._note()
            raise self._stopped(error) from error
        except WorkerError as error:
            self._note()
            why = "A worker process was ended from outside. Look whether memory ran out; try fewer --jobs."
            raise Stopped(why, self.report) from error
        finally:
            self._close()
        if not self.report.reconciled:
            raise NotReconciled(self.report)
        return self.report

    def _close(self) -> None:
        """Close the files; what was rejected of an output that is gone, down a pipe, will not be cut off."""
        if self._tasks and not (self.report.complete or self._stands_aside):
            with suppress(OSError, ValueError):  # ValueError: it is closed, and could not be moved before
                self._place()
        for file, _ in self._files:
            file.close()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Raise what nobody foresaw as a fact about the run, and quote none of it: it may be private."""
        try:
            yield
        except (OSError, WorkerError):
            raise
        except Exception as error:
            self._note()
            kept = " What is done so far is kept, and --resume goes on there." if self._journal else ""
            why = f"errnorm itself failed, with a {type(error).__name__}.{kept} Please report it."
            raise Failed(why, self.report) from error

    def _stopped(self, error: OSError) -> Stopped:
        if error.filename:  # it could not be opened: its folder is missing, or may not be written to
            what, advice = (
                f"{written(str(error.filename))} could not be written",
                "Look at its folder and rights.",
            )
        else:
            what = "The output could not be written"
            advice = "Make room, and run again with --resume." if self._journal else "Send it elsewhere."
        why = f"{what}: {error.strerror or error}. {advice}"
        # With an output that stands aside it is the rejects whose reader has gone.
        pipe_closed = isinstance(error, BrokenPipeError) and not self._stands_aside
        return Stopped(why, self.report, pipe_closed=pipe_closed)

    @property
    def kept(self) -> str:
        """Say where what is done is found after a run that was stopped."""
        if self._journal:
            return "What is done so far is kept: go on with --resume."
        if self._output and self._stands_aside:
            form = ", as NDJSON" if sink_named(self._settings.sink).needs_file else ""
            return f"What is done so far stands in {written(str(part_of(self._output)))}{form}."
        return "What is done so far has been written; another run begins anew."

    def _mark(self) -> Mark | None:
        if self._journal is None:
            raise NotResumable(
                "A run goes on only from files to a file: standard input cannot be read again, and standard "
                "output cannot be taken back. Give files, and an output with -o."
            )
        return self._journal.read()

    def _open(self, mark: Mark | None) -> None:
        sink = sink_named(self._settings.sink)
        if mark:
            self.report = Report.from_dict(mark.report)
            self._tasks = mark.tasks
        places = [(self._output, sink.finish)]
        if self._rejects:
            places.append((self._rejects, _moved))
        self._sizes = mark.sizes if mark else (0,) * len(places)
        for (path, finish), keep in zip(places, self._sizes, strict=True):
            # A run killed while it moved its files has moved those that are no more aside.
            if path is None or not (mark and mark.whole and not part_of(path).exists()):
                self._files.append((_opened(path, keep), finish))
        if not mark:
            self._files[0][0].write(sink.header(self._settings.raw))

    def _work(self, jobs: int, progress: Callable[[Progress], None] | None) -> None:
        total = sum(item.size for item in self._inputs)
        written = float("-inf")  # the first task is noted at once: Ctrl-C may come soon
        if progress:
            progress(Progress(seen=0, total=total, report=self.report))
        with closing(self._done(jobs)) as every:
            for done in every:
                self._write(done)
                if progress:
                    progress(Progress(seen=self._seen, total=total, report=self.report))
                if time.monotonic() - written > _JOURNAL_SECONDS:
                    self._note()
                    written = time.monotonic()
        self._note(whole=True)

    def _done(self, jobs: int) -> Generator[Done]:
        with self._guard():
            if jobs == 1:
                yield from map(Work(self._settings), self._left())
                return
            from errnorm.batch.pool import done_by  # noqa: PLC0415 - as above

            yield from done_by(self._left(), self._settings, jobs)

    def _left(self) -> Iterator[Task]:
        """Give the tasks that are not done yet."""
        for number, task in enumerate(tasks(self._inputs, self._how)):
            if number >= self._tasks:
                yield task
            else:
                self._seen += task.seen

    def _write(self, done: Done) -> None:
        try:
            _append(self._files[0][0], done.output)
        except BrokenPipeError:
            if not self._stands_aside:
                self._count(done)  # `| head`: some of it came out, and nobody knows how much was read
            raise
        self._count(done)

    def _count(self, done: Done) -> None:
        """Add to the rejects and to the report."""
        for file, _ in self._files[1:]:
            _append(file, (done.rejects,))
        self._sizes = tuple(file.size for file, _ in self._files)
        self.report.merge(done.report)
        self._tasks += done.tasks
        self._seen += done.seen

    def _note(self, *, whole: bool = False) -> None:
        """Write into the journal how far the run has come."""
        if self._journal is None:
            return
        mark = Mark(tasks=self._tasks, sizes=self._sizes, report=self.report.to_dict(), whole=whole)
        with suppress(OSError):  # on a full disk the journal before stays, and holds
            self._journal.write(mark)

    def _place(self) -> None:
        for file, finish in self._files:
            file.place(finish)
        if self._journal:
            self._journal.delete()


def _opened(output: Path | None, keep: int) -> Aside | _Direct:
    if output is not None and output.is_dir():
        raise IsADirectoryError(errno.EISDIR, "It is a folder")  # now, not after hours of work
    if output is not None and can_stand_aside(output):
        return Aside(output, keep)
    if output is not None:
        return _Direct(output.open("wb", buffering=0), is_ours=True)
    if sys.stdout is None:  # the shell has closed it
        raise OSError(errno.EBADF, "Standard output is closed")
    return _Direct(sys.stdout.buffer)


def _append(file: Aside | _Direct, pieces: Iterable[bytes]) -> None:
    for data in filter(None, pieces):
        file.write(data)


def _moved(part: Path, path: Path) -> None:
    part.replace(path)
