"""The work itself: what was found becomes records, records become bytes and counts."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, cast, get_args

import orjson
from attrs import define, evolve, field, frozen

from errnorm.batch.capture import Again, Capture, Found, Fresh, Reject
from errnorm.batch.encode import Encoder, Frame, Mold, reject_line, when_and_where
from errnorm.batch.report import Kind, Report
from errnorm.batch.sinks import sink_named
from errnorm.batch.sought import Sought
from errnorm.batch.storm import Became, Seen, Storm
from errnorm.batch.tally import Tally
from errnorm.batch.tasks import Task, found_by
from errnorm.exceptions import InvalidArgument, UnknownVendor
from errnorm.normalizer import Normalizer, Options
from errnorm.payload import Payload, as_body
from errnorm.record import ErrorRecord, Problem, RawBody, RawForm, Result
from errnorm.vendors import UNKNOWN

if TYPE_CHECKING:
    from errnorm.redaction import Policy

__all__ = ["Done", "Settings", "Work", "WorkerError", "judged", "leave_alone", "together"]

_COLLECT_AFTER = 50_000  # new objects, in place of 700
_AT_FIRST = 8  # the sooner a storm is learned, the fewer of its captures are decoded
_AT_ONCE = 64  # captures; with 16 or 256 it takes 3 % longer
_Outcome = bytes | Reject
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


class WorkerError(Exception):
    """A process that worked beside this one was ended from outside."""


def leave_alone() -> None:
    """Let the collector of a process that is ours look less often: what is made here has no cycles.

    It took a sixth of the time of a run.
    """
    gc.freeze()  # the catalog and the modules are there to stay
    gc.set_threshold(_COLLECT_AFTER)


def judged(
    capture: Capture, normalizer: Normalizer, options: Options | None = None
) -> Result | Reject | None:
    """Give what a capture is: a result with records, nothing where it is no error, or a reject.

    Args:
        capture: what a reader found.
        normalizer: who reads the body.
        options: what it is told beside the body; what the capture tells, and its place, if not given.
    """
    if options is None:
        options = cast("Options", {**capture.options, "source": capture.source})
    try:
        result = normalizer.answer(capture.body, **options)
    except UnknownVendor:
        # A table may hold anything where its reader was told to find the vendor's name: it is not quoted.
        known = ", ".join(sorted(vendor.name for vendor in normalizer.vendors))
        return _turned_down(capture, f"What it names as its vendor is none. Known are: {known}.")
    except InvalidArgument as error:
        return _turned_down(capture, str(error))
    if not result or (capture.needs_claim and not _is_claimed(result)):
        return None
    return _with_problems(result, capture.problems) if capture.problems else result


def _is_claimed(result: Result) -> bool:
    """Tell whether a vendor claims a body, or it is a page by which a known program tells of an error."""
    first = result.records[0]
    is_page = first.status is not None and first.status >= 400 and "writer" in first.extra
    return result.detection.vendor != UNKNOWN.name or is_page


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
        # A function of a rule, or of a vendor, lies elsewhere in the next process: <function f at 0x7f…>.
        return _ADDRESS.sub("", repr((self.sink, self.raw, self.policy, self.normalizer)))


@frozen(kw_only=True)
class Done:
    """What a task gave, or some tasks together.

    Attributes:
        output: its records, encoded, in pieces; to be written before the next one is asked for.
        rejects: its rejects, as JSON lines.
        report: its counts.
        seen: the bytes on disk that were read for it.
        tasks: how many tasks it was.
    """

    output: Iterable[bytes]
    rejects: bytes
    report: Report
    seen: int
    tasks: int = 1


def together(every: Iterable[Done], put: Callable[[bytes], None]) -> Done:
    """Give what some tasks gave as one, without the output.

    Args:
        every: what they gave.
        put: is given each piece of output, before the next task is done: the next output is then made where
            this one was, which the processor has at hand.
    """
    report = Report()
    rejects: list[bytes] = []
    seen = count = 0
    for done in every:
        for piece in done.output:
            put(piece)
        report.merge(done.report)
        rejects.append(done.rejects)
        seen += done.seen
        count += done.tasks
    return Done(output=(), rejects=b"".join(rejects), report=report, seen=seen, tasks=count)


@define
class _New:
    """A capture whose like did not come before, on its way to lines.

    Attributes:
        place: where in its block it stands.
        found: what the reader found.
        seen: the capture as far as it can come again.
        reject: where it could not be read.
        records: its records; none where it is no error.
        result: the same, without what is private.
        molds, frames: of the records of `result`.
        kinds: of `records`.
    """

    place: int
    found: Fresh
    seen: Seen | None
    reject: Reject | None = None
    records: Sequence[ErrorRecord] = ()
    result: Result | None = None
    molds: Sequence[Mold] = ()
    frames: Sequence[Frame] = ()
    kinds: Sequence[Kind] = ()

    @property
    def became(self) -> Became:
        """What it became."""
        kept = self.result.records if self.result else ()
        place = kept[0].source if kept and kept is not self.records else None
        return Became(self.records, self.frames, self.kinds, place)


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
        # Lines are given their time and place apart; a policy must see them in the record.
        self._is_bare = self._sink.is_lines and settings.policy is None
        self._storm = Storm(settings.normalizer, settings.policy, has_raw=settings.raw != "omit")
        self._at_once = _AT_FIRST

    def __call__(self, task: Task) -> Done:
        """Do one task."""
        report = Report()
        name = self._plain(task.input)
        report.open(name, task.reader)
        if task.error:
            report.fail(name, self._plain(task.error))
        tally = Tally(name, self._plain(task.member or ""), report)
        output: list[bytes] = []
        rejects: list[bytes] = []
        captures = 0
        sought = Sought(task.piece.fields if task.piece else {})
        every = iter(found_by(task, self._storm if self._sink.is_lines else None, sought))
        while block := list(islice(every, self._at_once)):
            self._at_once = min(2 * self._at_once, _AT_ONCE)
            captures += sum(found.captures if isinstance(found, Again) else 1 for found in block)
            for outcome in self._outcomes(block, tally):
                if isinstance(outcome, Reject):
                    tally.reject()
                    rejects.append(self._reject(outcome))
                else:
                    output.append(outcome)
        self._storm.count(tally)
        tally.enter(captures)
        report.meet(sought.told or task.fields)
        return Done(output=(b"".join(output),), rejects=b"".join(rejects), report=report, seen=task.seen)

    def _outcomes(self, block: Sequence[Found], tally: Tally) -> Iterator[_Outcome]:
        """Give what captures became, in their order; each step is done for all before the next one.

        So the processor finds a step's code where it left it: one by one, a new body takes 40 µs more.
        """
        outcomes = [self._known(found) for found in block]
        fresh: dict[Any, _New] = {}
        for place, outcome in enumerate(outcomes):
            found = block[place]
            if not isinstance(found, Again) and (outcome is None or isinstance(outcome, Seen)):
                fresh.setdefault(outcome.key if outcome else place, _New(place, found, outcome))
        self._take(fresh.values(), tally)
        for new in fresh.values():
            outcomes[new.place] = new.reject or self._lines(new)
        for found, outcome in zip(block, outcomes, strict=True):
            if outcome is None or isinstance(outcome, Seen):  # its like came earlier in this block
                yield from self._outcomes([found], tally)
            else:
                yield outcome

    def _known(self, found: Found) -> _Outcome | Seen | None:
        """Give what is known without reading: the lines of a capture that came before."""
        if isinstance(found, Again):
            return found.lines
        if not self._sink.is_lines or not isinstance(found, Capture):
            return None
        seen = self._storm.seen(found)
        lines = self._storm.lines(found, seen) if seen else None
        return seen if lines is None else lines

    def _take(self, every: Collection[_New], tally: Tally) -> None:
        """Read and count captures, and remember those that may come again."""
        for new in every:
            self._judge(new)
        for new in every:
            new.molds = list(map(self._encoder.mold, new.records))
        for new in every:
            _count(new, tally)
        if self._settings.policy:
            for new in every:
                self._redact(new, self._settings.policy)
        if self._sink.is_lines:
            for new in every:
                self._keep(new)

    def _judge(self, new: _New) -> None:
        what: Fresh | Result | None = new.found
        if isinstance(what, Capture):
            what = judged(what, self._settings.normalizer, _bare(what) if self._is_bare else None)
        if isinstance(what, Result):
            new.result, new.records = what, what.records
        elif isinstance(what, Reject):
            new.reject = what

    def _redact(self, new: _New, policy: Policy) -> None:
        if new.result:
            new.result = policy.result(new.result)
            new.molds = list(map(self._encoder.mold, new.result.records))

    def _keep(self, new: _New) -> None:
        if new.result:
            new.frames = list(map(self._encoder.frame, new.result.records, new.molds))
        if new.seen and new.reject is None and self._storm.keep(new.seen, new.became):
            self._storm.learn(new.seen, new.became, lambda body: self._with_body(new, body))

    def _with_body(self, new: _New, body: bytes) -> Became | None:
        """Give what a capture becomes with another body; None where that cannot be read."""
        if not isinstance(new.found, Capture):
            return None
        twin = _New(new.place, evolve(new.found, body=_like(new.found.body, body)), None)
        self._judge(twin)
        twin.molds = list(map(self._encoder.mold, twin.records))
        twin.kinds = [mold.kind for mold in twin.molds]
        twin.frames = list(map(self._encoder.frame, twin.records, twin.molds))
        return None if twin.reject else twin.became

    def _lines(self, new: _New) -> bytes:
        if not new.result:
            return b""
        kept = new.result.records
        if not self._sink.is_lines:
            return self._encode(kept)
        moment = _moment(new.found)
        if self._is_bare:
            told = when_and_where(moment, new.found.source)
            return b"".join([frame.line(told) for frame in new.frames])
        pairs = zip(new.frames, kept, strict=True)
        return b"".join([frame.line(when_and_where(moment, record.source)) for frame, record in pairs])

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


def _bare(capture: Capture) -> Options:
    """Leave out time and place: nothing is then laid over what the body gave, which saves 3 µs."""
    known = capture.options.copy()
    known.pop("occurred_at", None)
    return cast("Options", known)


def _like(body: Any, data: bytes) -> Any:  # noqa: ANN401 - a body as a reader found it
    """Give bytes in the form of a body: text, bytes, or what JSON says."""
    if isinstance(body, bytes):
        return data
    return data.decode() if isinstance(body, str) else orjson.loads(data)


def _moment(found: Fresh) -> datetime | None:
    return found.options.get("occurred_at") if isinstance(found, Capture) else None


def _count(new: _New, tally: Tally) -> None:
    if new.records:
        new.kinds = [mold.kind for mold in new.molds]
        tally.add(new.kinds, new.found.source.line)
        tally.at(_moment(new.found), len(new.kinds))
    elif new.reject is None:
        tally.pass_by()


def _read(data: bytes) -> tuple[RawBody, list[Problem]]:
    """Read the bytes of a reject as those of a body: in UTF-16 an address looks like none."""
    payload = Payload(data)
    # Brotli has no mark at its beginning, and any bytes are text in windows-1252.
    is_binary = not payload.charset.startswith("utf") and _CONTROL.search(data)
    return RawBody(data, None if is_binary else payload.charset), payload.problems
