"""The work itself: what was found becomes records, records become bytes and counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from attrs import evolve, field, frozen

from errnorm.batch.capture import Capture, Reject
from errnorm.batch.encode import Encoder, reject_line, when_and_where
from errnorm.batch.report import Kind, Report, kind_of
from errnorm.batch.sinks import sink_named
from errnorm.batch.storm import Seen, Storm
from errnorm.batch.tally import Tally
from errnorm.batch.tasks import Task, found_by
from errnorm.exceptions import InvalidArgument, UnknownVendor
from errnorm.normalizer import Normalizer
from errnorm.payload import Payload, as_body
from errnorm.record import Problem, RawBody, RawForm, Result
from errnorm.vendors import UNKNOWN

if TYPE_CHECKING:
    from errnorm.redaction import Policy

__all__ = ["Done", "Settings", "Work", "judged"]

_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


def judged(capture: Capture, normalizer: Normalizer) -> Result | Reject | None:
    """Give what a capture is: a result with records, nothing where it is no error, or a reject.

    Args:
        capture: what a reader found.
        normalizer: who reads the body.
    """
    try:
        result = normalizer.normalize(capture.body, source=capture.source, **capture.options)
    except UnknownVendor:
        # A table may hold anything where its reader was told to find the vendor's name: it is not quoted.
        known = ", ".join(sorted(vendor.name for vendor in normalizer.vendors))
        return _turned_down(capture, f"What it names as its vendor is none. Known are: {known}.")
    except InvalidArgument as error:
        return _turned_down(capture, str(error))
    if not result or (capture.needs_claim and result.detection.vendor == UNKNOWN.name):
        return None
    return _with_problems(result, capture.problems) if capture.problems else result


def _turned_down(capture: Capture, reason: str) -> Reject:
    return Reject(capture.source, reason, as_body(capture.body).data)


def _with_problems(result: Result, problems: tuple[Problem, ...]) -> Result:
    records = tuple(evolve(record, problems=problems + record.problems) for record in result)
    return evolve(result, records=records, problems=problems + result.problems)


def _is_form(_: object, __: object, raw: object) -> None:
    forms = get_args(RawForm)
    if raw not in forms:
        raise InvalidArgument(f"There is no form {raw!r} of a body. There are: {', '.join(forms)}.")


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
    raw: RawForm = field(default="omit", validator=_is_form)
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
        self._sink = sink_named(settings.sink)
        self._encode = self._sink.encoder(settings.raw)
        self._encoder = Encoder(settings.raw)
        self._storm = Storm(self._encoder, settings.normalizer.vendors, settings.policy)

    def __call__(self, task: Task) -> Done:
        """Do one task."""
        report = Report()
        name = self._plain(task.input)
        report.open(name, task.reader)
        if task.error:
            report.fail(name, self._plain(task.error))
        tally = Tally(name, report)
        output: list[bytes] = []
        rejects: list[bytes] = []
        captures = 0
        for captures, found in enumerate(found_by(task), 1):  # noqa: B007 - counted, and used below
            if isinstance(found, Capture):
                self._take(found, tally, output, rejects)
            elif isinstance(found, Reject):
                self._turn_down(found, tally, rejects)
            else:
                tally.pass_by()
        self._storm.count(tally)
        tally.enter(captures)
        return Done(output=b"".join(output), rejects=b"".join(rejects), report=report, seen=task.seen)

    def _take(self, capture: Capture, tally: Tally, output: list[bytes], rejects: list[bytes]) -> None:
        seen = self._storm.seen(capture) if self._sink.is_lines else None
        lines = self._storm.lines(capture, seen, tally) if seen else None
        if lines is not None:
            output += lines
            return
        what = judged(capture, self._settings.normalizer)
        if isinstance(what, Reject):
            self._turn_down(what, tally, rejects)
            return
        if what is None:
            tally.pass_by()
            if seen:
                self._storm.keep(seen, (), (), ())
            return
        kinds = [kind_of(record) for record in what]
        tally.add(kinds, capture.source.line)
        for record in what:
            tally.at(record.occurred_at, 1)
        output += self._lines(what, kinds, seen)

    def _lines(self, result: Result, kinds: Sequence[Kind], seen: Seen | None) -> list[bytes]:
        """Give the bytes of a new capture's records, and remember them where they may come again."""
        kept = self._kept(result).records
        if not self._sink.is_lines:
            return [self._encode(kept)]
        frames = [self._encoder.frame(record) for record in kept]
        if seen:
            self._storm.keep(seen, frames, result.records, kinds)
        return [
            frame.line(when_and_where(record.occurred_at, record.source))
            for frame, record in zip(frames, kept, strict=True)
        ]

    def _turn_down(self, reject: Reject, tally: Tally, rejects: list[bytes]) -> None:
        tally.reject()
        rejects.append(self._reject(reject))

    def _kept(self, result: Result) -> Result:
        policy = self._settings.policy
        return policy.result(result) if policy else result

    def _plain(self, text: str) -> str:
        """Give a text for the report: the name of an input may be a person's."""
        policy = self._settings.policy
        return policy.text(text)[0] if policy else text

    def _reject(self, reject: Reject) -> bytes:
        policy = self._settings.policy
        if policy:
            raw, problems = _read(reject.data)
            source, raw, gone = policy.place(reject.source, raw, problems)
            reject = Reject(source, reject.reason, raw.data, gone)
        return reject_line(reject)


def _read(data: bytes) -> tuple[RawBody, list[Problem]]:
    """Read the bytes of a reject as those of a body: in UTF-16 an address looks like none."""
    payload = Payload(data)
    # Brotli has no mark at its beginning, and any bytes are text in windows-1252.
    is_binary = not payload.charset.startswith("utf") and _CONTROL.search(data)
    return RawBody(data, None if is_binary else payload.charset), payload.problems
