"""The work itself: what was found becomes records, records become bytes and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from errnorm.batch.capture import Capture, Reject
from errnorm.batch.encode import reject_line
from errnorm.batch.report import Report
from errnorm.batch.sinks import sink_named
from errnorm.batch.tasks import Task, found_by
from errnorm.exceptions import InvalidArgument, UnknownVendor
from errnorm.normalizer import Normalizer
from errnorm.payload import as_body
from errnorm.record import ErrorRecord, Problem, RawForm, Result
from errnorm.vendors import UNKNOWN

if TYPE_CHECKING:
    from errnorm.redaction import Policy

__all__ = ["Done", "Settings", "Work", "judged"]


def judged(capture: Capture, normalizer: Normalizer) -> Result | Reject | None:
    """Give what a capture is: a result with records, nothing where it is no error, or a reject.

    Args:
        capture: what a reader found.
        normalizer: who reads the body.
    """
    try:
        result = normalizer.normalize(capture.body, source=capture.source, **capture.options)
    except (InvalidArgument, UnknownVendor) as error:
        # A table may hold anything where its reader was told to find the vendor's name.
        return Reject(capture.source, str(error), as_body(capture.body).data)
    if not result or (capture.needs_claim and result.detection.vendor == UNKNOWN.name):
        return None
    return _with_problems(result, capture.problems) if capture.problems else result


def _with_problems(result: Result, problems: tuple[Problem, ...]) -> Result:
    records = tuple(evolve(record, problems=problems + record.problems) for record in result)
    return evolve(result, records=records, problems=problems + result.problems)


@frozen(kw_only=True)
class Settings:
    """What a run does with what it reads; it can be sent to another process.

    Attributes:
        normalizer: who reads the bodies.
        sink: the name of the form of output.
        raw: whether and how the body goes with a record.
        policy: what is taken out of records and rejects, None to keep them as they are.
    """

    normalizer: Normalizer
    sink: str = "ndjson"
    raw: RawForm = "omit"
    policy: Policy | None = None

    @property
    def same(self) -> str:
        """What two runs must share for one to go on where the other was."""
        return repr((self.sink, self.raw, self.policy, self.normalizer))


@frozen(kw_only=True)
class Done:
    """What a task gave.

    Attributes:
        output: its records, encoded.
        rejects: its rejects, as JSON lines.
        report: its counts.
        seen: the bytes on disk that were read for it.
    """

    output: bytes
    rejects: bytes
    report: Report
    seen: int


class Work:
    """Does tasks, one by one.

    Args:
        settings: what to do.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._encode = sink_named(settings.sink).encoder(settings.raw)

    def __call__(self, task: Task) -> Done:
        """Do one task."""
        report = Report()
        report.open(task.input, task.reader)
        if task.error:
            report.fail(task.input, task.error)
        records: list[ErrorRecord] = []
        rejects: list[bytes] = []
        for found in found_by(task):
            what = judged(found, self._settings.normalizer) if isinstance(found, Capture) else found
            if isinstance(what, Reject):
                report.reject(task.input)
                rejects.append(self._reject(what))
            elif isinstance(what, Result):
                report.add(task.input, what)
                records.extend(self._kept(what))
            else:
                report.pass_by(task.input)
        return Done(output=self._encode(records), rejects=b"".join(rejects), report=report, seen=task.seen)

    def _kept(self, result: Result) -> Result:
        policy = self._settings.policy
        return policy.result(result) if policy else result

    def _reject(self, reject: Reject) -> bytes:
        policy = self._settings.policy
        if policy:
            text, _ = policy.text(reject.data.decode("utf-8", "replace"))
            reject = evolve(reject, data=text.encode("utf-8", "replace"))
        return reject_line(reject)
