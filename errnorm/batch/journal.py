"""How a run goes on where it was killed: what is written aside, and a journal of how far that goes.

Beside `errors.ndjson` stand `errors.ndjson.part` and `errors.ndjson.journal` while a run lasts. The journal
says how many tasks were done and how long the parts were then; what a part holds beyond that was written
after the last entry and is cut off. The journal is replaced, never changed, so it is always whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from attrs import asdict, frozen

from errnorm.batch.inputs import Input, written

__all__ = [
    "Aside",
    "Journal",
    "Mark",
    "NotResumable",
    "can_stand_aside",
    "files_beside",
    "journal_of",
    "part_of",
]

_VERSION = 10  # another one where a run is cut into other tasks
_SEND_BYTES = 64 << 20


class NotResumable(ValueError):  # noqa: N818 - a fact about the call
    """A run that cannot go on where another one was."""


@frozen(kw_only=True)
class Mark:
    """How far a run has come.

    Attributes:
        tasks: tasks done.
        sizes: bytes in each part, in the order of the parts.
        report: the report so far, as data.
        whole: everything is written; only the moving into place is left.
    """

    tasks: int
    sizes: tuple[int, ...]
    report: Mapping[str, Any]
    whole: bool = False


class Journal:
    """The journal of a run.

    Args:
        path: where it stands.
        inputs: the inputs of the run; it only goes on over the same, unchanged.
        settings: what else must be the same.
    """

    def __init__(self, path: Path, inputs: Sequence[Input], settings: str) -> None:
        self._path = path
        self._run = {
            "version": _VERSION,
            "settings": settings,
            "inputs": [asdict(item) | {"name": written(item.name)} for item in inputs],
        }

    def read(self) -> Mark | None:
        """Give how far the run had come, None where there is no journal.

        Raises:
            NotResumable: when it is the journal of another run.
        """
        try:
            data = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, orjson.JSONDecodeError) as error:
            raise NotResumable(
                f"{self._path} cannot be read. Delete it, and run without --resume."
            ) from error
        mark = data.pop("mark", None)
        if data != self._run or not mark:
            raise NotResumable(
                f"{self._path} is of a run with other inputs or options, or an input has changed since. "
                "Give the same ones, or run without --resume."
            )
        return Mark(**{**mark, "sizes": tuple(mark["sizes"])})

    def write(self, mark: Mark) -> None:
        """Replace the journal."""
        new = _next(self._path)
        new.write_bytes(orjson.dumps({**self._run, "mark": asdict(mark)}))
        new.replace(self._path)

    def delete(self) -> None:
        """Take it away: the run has come to its end."""
        self._path.unlink(missing_ok=True)


def part_of(path: Path) -> Path:
    """Give the name under which a file is written aside."""
    return path.with_name(f"{path.name}.part")


def files_beside(path: Path) -> tuple[Path, ...]:
    """Give the files that stand beside an output while a run lasts, or after it was killed."""
    return part_of(path), journal_of(path), _next(journal_of(path))


def journal_of(path: Path) -> Path:
    """Give the name of the journal of an output."""
    return path.with_name(f"{path.name}.journal")


def _next(journal: Path) -> Path:
    return journal.with_name(f"{journal.name}.new")


def can_stand_aside(path: Path) -> bool:
    """Tell whether a file can be written aside and moved there: `/dev/null` or a pipe would be replaced."""
    return path.is_file() or not path.exists()


class Aside:
    """A file written under another name and moved into place when it is whole.

    Args:
        path: its place in the end.
        keep: how many bytes of an earlier run stay, 0 to begin anew.
    """

    def __init__(self, path: Path, keep: int = 0) -> None:
        self.path = path
        self._part = part_of(path)
        if keep and (not self._part.exists() or self._part.stat().st_size < keep):
            raise NotResumable(f"{self._part} is shorter than the journal says. Run without --resume.")
        # Unbuffered: what `write` has taken is in the hands of the system, and survives a kill.
        self._file = self._part.open("r+b" if keep else "wb", buffering=0)
        self._file.truncate(keep)
        self._file.seek(keep)
        self.size = self._sent = keep

    def write(self, data: bytes) -> None:
        """Append bytes."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self.size += len(data)
        if self.size - self._sent >= _SEND_BYTES:
            self._send()

    def _send(self) -> None:
        """Let the disk begin: at the end, all at once, that took half a second for each GB."""
        if hasattr(os, "posix_fadvise"):  # Linux
            with suppress(OSError):  # a file system that takes no advice
                advice = os.POSIX_FADV_DONTNEED
                os.posix_fadvise(self._file.fileno(), self._sent, self.size - self._sent, advice)
        self._sent = self.size

    def close(self) -> None:
        """Leave the file aside."""
        self._file.close()

    def place(self, finish: Callable[[Path, Path], None]) -> None:
        """Move the whole file into place.

        Args:
            finish: makes the file from what was written aside.
        """
        self._file.truncate(self.size)  # of a piece that a full disk did not take whole
        os.fsync(self._file.fileno())
        self._file.close()
        finish(self._part, self.path)
