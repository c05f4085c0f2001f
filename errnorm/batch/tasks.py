"""The work of a run, cut into tasks: always the same ones, in the same order, whoever does them.

A task is a piece of an input that a reader takes by itself, or what a reader has found already. That the
tasks of a run are always the same is what makes several processes give the output of one, and a run that
was killed go on where it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from attrs import evolve, field, frozen

from errnorm.batch.capture import Capture, Found, Reader, Reject, Remembers, Stream
from errnorm.batch.inputs import Input, Member, members, written
from errnorm.batch.readers import reader_named, reader_of
from errnorm.batch.readers.body import BINARY, BODY
from errnorm.batch.readers.csv import lacking
from errnorm.batch.readers.log import LOG
from errnorm.batch.sought import Sought
from errnorm.batch.utf16 import AsUtf8, codec_of

__all__ = ["How", "Task", "found_by", "size_of", "tasks"]

_TASK_CAPTURES = 256
_TASK_BYTES = 1 << 20
_WHOLE = (BODY, BINARY)  # these are not searched
_OBJECT_BYTES = 1024  # about what a decoded body takes
# The report of another run, as the command writes it, and the journal of one that was killed.
_OWN = re.compile(
    rb'\{\n  "schema_version": "[\d.]+",\n  "(?:complete|total)": |\{"version":\d+,"settings":"\('
)
_IS_OWN = "It was written by errnorm: a report or a journal, and no captures. Leave it out."


@frozen(kw_only=True)
class How:
    """How inputs are read.

    Attributes:
        format: the name of a reader, `auto` to choose by content.
        fields: JSON pointers by role, where the user maps members.
        zone: the zone of times that name none.
    """

    format: str = "auto"
    fields: Mapping[str, str] = field(factory=dict)
    zone: tzinfo | None = None

    def reader(self, head: bytes) -> Reader:
        """Give the reader of a stream."""
        return reader_of(head, self.fields) if self.format == "auto" else reader_named(self.format)

    def stream(self, name: str, member: Member) -> tuple[Reader, Stream]:
        """Give the reader of a member, and the member as it takes it."""
        file: Any = member
        head, codec = member.head, codec_of(member.head)
        if codec:
            text = head.decode(codec, "ignore").encode()
            if self.reader(text) not in _WHOLE:
                file, head = AsUtf8(file, codec), text
        stream = Stream(
            file, name, member.name, fields=self.fields, zone=self.zone, sought=Sought(self.fields)
        )
        return self.reader(head), stream


@frozen(kw_only=True)
class Task:
    """One piece of work.

    Attributes:
        input: the name of the input.
        member: the file in an archive; None where it is none.
        reader: the name of its reader; None where it could not be opened.
        piece: bytes that the reader takes by themselves; None where `found` holds what was found.
        found: what was found.
        error: a sentence, where the input could not be opened or read to its end.
        seen: the bytes on disk that were read for this task.
        fields: which of the mapped members are there, as of `Report`, where an input was read to its end.
    """

    input: str
    member: str | None = None
    reader: str | None = None
    piece: Stream | None = None
    found: tuple[Found, ...] = ()
    error: str | None = None
    seen: int = 0
    fields: Mapping[str, bool] = field(factory=dict)


def found_by(task: Task, storm: Remembers | None = None, sought: Sought | None = None) -> Iterable[Found]:
    """Give what is found in a task.

    Args:
        task: the task.
        storm: as of `Stream`.
        sought: as of `Stream`.
    """
    if task.piece is None or task.reader is None:
        return task.found
    return reader_named(task.reader).read(evolve(task.piece, storm=storm, sought=sought))


def tasks(inputs: Iterable[Input], how: How) -> Iterator[Task]:
    """Cut the work of a run into tasks.

    Args:
        inputs: the inputs.
        how: how to read them.

    Yields:
        The tasks in the order of the output; at least one an input.
    """
    for source in inputs:
        meter = _Meter()
        for member in members(source, meter.add):
            yield from _of_member(written(source.name), member, how, meter.taken)


class _Meter:
    """Counts the bytes read since somebody asked."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, count: int) -> None:
        self._count += count

    def taken(self) -> int:
        count, self._count = self._count, 0
        return count


def _of_member(name: str, member: Member, how: How, seen: Callable[[], int]) -> Iterator[Task]:
    if member.error and not member.head:
        yield Task(input=name, error=_named(member), seen=seen())
        return
    if how.format == "auto" and _OWN.match(member.head):
        member.error = _IS_OWN
        yield Task(input=name, error=_named(member), seen=seen())
        return
    reader, stream = how.stream(name, member)
    lack = lacking(member.head, how.fields) if reader is LOG and how.format == "auto" else None
    if lack and lack.is_sure:
        # As lines of a log, `"{""type"":""EventError""}"` would be none, and a body have no status.
        member.error = member.error or lack.told
        yield Task(input=name, error=_named(member), seen=seen())
        return
    for part in _parts((reader.cut or reader.read)(stream)):
        found, piece = ((), part) if isinstance(part, Stream) else (part, None)
        yield Task(input=name, member=member.name, reader=reader.name, piece=piece, found=found, seen=seen())
    if lack and not member.error:
        member.error = lack.told
    told = {} if stream.sought is None else stream.sought.told
    yield Task(input=name, reader=reader.name, error=_named(member), seen=seen(), fields=told)


def _named(member: Member) -> str | None:
    return f"{member.name}: {member.error}" if member.name and member.error else member.error


def _parts(every: Iterable[Stream | Found]) -> Iterator[Stream | tuple[Found, ...]]:
    """Put together what was found, up to the next piece, or until it is enough for a task."""
    batch: list[Found] = []
    size = 0
    for part in every:
        if not isinstance(part, Stream):
            batch.append(part)
            size += size_of(part)
        if batch and (isinstance(part, Stream) or len(batch) >= _TASK_CAPTURES or size >= _TASK_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        if isinstance(part, Stream):
            yield part
    if batch:
        yield tuple(batch)


def size_of(found: Found) -> int:
    """Give about how many bytes of memory something found takes."""
    if isinstance(found, Reject):
        return len(found.data)
    body = found.body if isinstance(found, Capture) else None
    return len(body) if isinstance(body, bytes | str) else _OBJECT_BYTES
