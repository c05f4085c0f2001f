"""Captured logs become records: whole, fast, and without loss.

    for record in errnorm.batch.records("captures.ndjson.gz"): ...
    report = errnorm.batch.run(["captures/"], "errors.ndjson", rejects="rejects.ndjson", jobs=4)

| file | what it is |
|---|---|
| `inputs.py`, `apart.py` | files, folders, archives, opened and unpacked, apart from what is written |
| `readers/` | one form of input a file |
| `window.py`, `elements.py`, `names.py`, `rows.py`, `sought.py` | what readers share |
| `anchors.py`, `spans.py`, `alike.py`, … | payloads in plain logs |
| `tasks.py`, `work.py` | the work cut into tasks, and done |
| `pool.py`, `worker.py`, `exchange.py` | done by several processes |
| `encode.py`, `sinks.py`, `tally.py`, `report.py` | what comes out |
| `storm.py`, `outline.py`, `ids.py`, `line_forms.py`, … | what comes again, with other ids, too |
| `run.py`, `journal.py` | one run, and how it goes on after a kill |
| `arrow.py` | columns in, columns out, for engines |
| `command.py` | the command, a thin face over `run` |
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from errnorm.batch.capture import Capture, Reject
from errnorm.batch.inputs import expand
from errnorm.batch.journal import NotResumable
from errnorm.batch.names import mapped
from errnorm.batch.report import Report
from errnorm.batch.run import Failed, NotReconciled, Progress, Run, Stopped
from errnorm.batch.sinks import sink_of
from errnorm.batch.sought import Sought
from errnorm.batch.tasks import How, found_by, tasks
from errnorm.batch.times import a_zone
from errnorm.batch.work import Settings, judged
from errnorm.normalizer import Normalizer
from errnorm.record import ErrorRecord, RawForm, Result

if TYPE_CHECKING:
    from errnorm.redaction import Policy

__all__ = [
    "Failed",
    "NotReconciled",
    "NotResumable",
    "Progress",
    "Reject",
    "Report",
    "Stopped",
    "records",
    "run",
]

Inputs = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def records(  # noqa: PLR0913 - keywords: how to read
    source: Inputs,
    format: str = "auto",  # noqa: A002 - the word that users of pandas and polars know
    *,
    fields: Mapping[str, str] | None = None,
    zone: tzinfo | None = None,
    normalizer: Normalizer | None = None,
    on_reject: Callable[[Reject], None] | None = None,
    on_error: Callable[[str, str], None] | None = None,
) -> Iterator[ErrorRecord]:
    """Give the records of captured logs, one at a time.

    Args:
        source: a file, a folder, a pattern such as `logs/**/*.gz`, `-` for standard input, or several.
        format: the form of all inputs, `auto` to know it by content.
        fields: where a capture has its members, by name: `{"body": "/response/body"}`, JSON pointers.
            The names are body, status, headers, content_type, url, time, log and vendor.
        zone: the zone of times that name none; without it they stay texts.
        normalizer: who reads the bodies; the default one if not given.
        on_reject: is given each place that could not be read.
        on_error: is given the name of an input that could not be opened or read to its end, and why; a
            `UserWarning` tells of it if not given, and of a member of *fields* that no capture has.

    Yields:
        The records in the order of the inputs, each with its `source`.

    Raises:
        InvalidArgument: at the first record, when there is no such format, member or zone.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w+") as file:
        ...     _ = file.write('{"status": 503, "url": "/finesse/api/User", "body": ""}'), file.flush()
        ...     for record in records(file.name):
        ...         print(record.category, record.source.line)
        unavailable 1
    """
    reader = normalizer or Normalizer()
    how = How(format=format, fields=mapped(fields), zone=a_zone(zone))
    whole = Report()
    for task in tasks(expand(_several(source)), how):
        if task.error:
            (on_error or _warn)(task.input, task.error)
        sought = Sought(how.fields)
        for found in found_by(task, sought=sought):
            what = judged(found, reader) if isinstance(found, Capture) else found
            if isinstance(what, Result):
                yield from what
            elif isinstance(what, Reject) and on_reject:
                on_reject(what)
        whole.meet(sought.told or task.fields)
    for told in whole.lacking:
        warnings.warn(told, UserWarning, stacklevel=2)


def run(  # noqa: PLR0913 - keywords: what a run is made of
    inputs: Inputs,
    output: str | os.PathLike[str] | None = None,
    *,
    to: str | None = None,
    rejects: str | os.PathLike[str] | None = None,
    jobs: int = 1,
    resume: bool = False,
    fields: Mapping[str, str] | None = None,
    zone: tzinfo | None = None,
    raw: RawForm = "omit",
    policy: Policy | None = None,
    normalizer: Normalizer | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Turn captured logs into a file of records, and count them.

    Args:
        inputs: files, folders, patterns, `-` for standard input.
        output: the file to write, aside first and moved into place when whole; None for standard output.
        to: `ndjson`, `csv` or `parquet`; by the output's suffix if not given.
        rejects: the file for what could not be read: NDJSON with place, reason and bytes.
        jobs: how many processes work, with this one. Beside other threads, and on other systems than Linux,
            they start afresh and import the caller's main module: a script needs
            `if __name__ == "__main__":`.
        resume: whether to go on where an earlier run with the same arguments was killed.
        fields: where a capture has its members, as in `records`.
        zone: the zone of times that name none.
        raw: whether and how the body goes with a record: `omit`, `text`, `base64`.
        policy: what is taken out of records and rejects, such as `errnorm.redaction.CONTACT_CENTER`.
        normalizer: who reads the bodies.
        progress: is told at the start, and after each piece of work, how far it is.

    Returns:
        The counts. Inputs that could not be read stand in it; they raise nothing.

    Raises:
        InvalidArgument: when there is no such form of output, member, zone, form of body or count of jobs, or
            other processes cannot be sent something of your own, such as a vendor with a lambda.
        NotResumable: when a run cannot go on.
        Stopped: when the output could not be written.
        Failed: when errnorm itself failed: a bug of errnorm. It is a `Stopped`.
        NotReconciled: when the captures do not add up: a bug of errnorm. The output is in place.
    """
    sink = sink_of(output, to)
    reader = normalizer or Normalizer(cache_size=sink.cache_size)
    settings = Settings(normalizer=reader, sink=sink.name, raw=raw, policy=policy)
    how = How(fields=mapped(fields), zone=a_zone(zone))
    place = None if output is None else Path(output)
    left = None if rejects is None else Path(rejects)
    return Run(_several(inputs), place, rejects=left, settings=settings, how=how).go(
        jobs=jobs, resume=resume, progress=progress
    )


def _warn(name: str, why: str) -> None:
    # A misspelt name would look like a day without errors.
    warnings.warn(f"{name}: {why}", UserWarning, stacklevel=3)


def _several(inputs: Inputs) -> Iterable[str | os.PathLike[str]]:
    return [inputs] if isinstance(inputs, str | os.PathLike) else inputs
