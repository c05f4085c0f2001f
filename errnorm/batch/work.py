"""The work itself: what was found becomes records, records become bytes and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from errnorm.batch.capture import Capture, Found, Reject
from errnorm.batch.encode import Encoder, reject_line
from errnorm.batch.report import Report
from errnorm.batch.sinks import sink_named
from errnorm.batch.storm import Storm
from errnorm.batch.tasks import Task, found_by
from errnorm.exceptions import InvalidArgument, UnknownVendor
from errnorm.normalizer import Normalizer
from errnorm.payload import as_body
from errnorm.record import Problem, RawForm, Result
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
        sink = sink_named(settings.sink)
        self._settings = settings
        self._encode = sink.encoder(settings.raw)
        # What a policy takes out depends on the place as well, so then nothing is the same again.
        self._storm = Storm(Encoder(settings.raw)) if sink.is_lines and not settings.policy else None

    def __call__(self, task: Task) -> Done:
        """Do one task."""
        report = Report()
        report.open(task.input, task.reader)
        if task.error:
            report.fail(task.input, task.error)
        output: list[bytes] = []
        rejects: list[bytes] = []
        for found in found_by(task):
            line = self._storm.line(found) if self._storm and isinstance(found, Capture) else None
            if line is not None:
                output.append(line)
            else:
                self._take(found, task.input, report, output, rejects)
        if self._storm:
            self._storm.count(task.input, report)
        return Done(output=b"".join(output), rejects=b"".join(rejects), report=report, seen=task.seen)

    def _take(
        self, found: Found, name: str, report: Report, output: list[bytes], rejects: list[bytes]
    ) -> None:
        what: Result | Reject | None = found if isinstance(found, Reject) else None
        if isinstance(found, Capture):
            what = judged(found, self._settings.normalizer)
            if self._storm and not isinstance(what, Reject):
                self._storm.keep(found, what)
        if isinstance(what, Reject):
            report.reject(name)
            rejects.append(self._reject(what))
        elif what is not None:
            report.add(name, what)
            output.append(self._encode(self._kept(what)))
        else:
            report.pass_by(name)

    def _kept(self, result: Result) -> Result:
        policy = self._settings.policy
        return policy.result(result) if policy else result

    def _reject(self, reject: Reject) -> bytes:
        policy = self._settings.policy
        if policy:
            text, _ = policy.text(reject.data.decode("utf-8", "replace"))
            reject = evolve(reject, data=text.encode("utf-8", "replace"))
        return reject_line(reject)
