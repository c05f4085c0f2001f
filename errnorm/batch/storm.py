"""Bodies that come again: in an error storm most captures say what one before has said.

Such a capture differs in its time, its place, the ids of its response, and the numbers that the outline of
its body leaves out. What it becomes is known, so it is neither read nor built anew: its line is the one
before with these put in, and it is counted by adding one. Of a line of NDJSON all this may be known before it
is decoded.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson
from attrs import define, evolve

from errnorm.batch.capture import Capture, Known, Place, Stream
from errnorm.batch.cast import NOT_GIVEN, Cast, Given, Line, Numbers
from errnorm.batch.clock import Clock
from errnorm.batch.encode import Frame, origin_of, when_and_where, when_of
from errnorm.batch.ids import MARK, Between, Cut, is_url_id, parts_of_url
from errnorm.batch.line_forms import Beside, LineForm, ToldLine, form_of
from errnorm.batch.outline import MASK, Outlines, Told
from errnorm.batch.report import Kind, hour_of
from errnorm.batch.tally import Tally
from errnorm.exceptions import InvalidArgument
from errnorm.headers import COMMON_HEADERS, HeaderNames, read_headers
from errnorm.normalizer import Normalizer
from errnorm.payload import Payload
from errnorm.record import ErrorRecord, Source
from errnorm.vendor import text_value
from errnorm.vendors import UNKNOWN, VENDORS

if TYPE_CHECKING:
    from errnorm.redaction import Policy

__all__ = ["Became", "Seen", "Storm"]

_LONGEST = 16_384
_MOST_BYTES = 8 << 20
_ENTRY_BYTES = 3072  # about what is kept beside a body
_NONE = Numbers()
_NULL = b"null"
_READ = frozenset({"json", "xml"})
_ZERO = ord("0")
_MARKED = ord(MARK)
_LINE_BYTES = 1536  # about what is kept beside a line
_DIGITS_BYTES = 64  # for each of its numbers
_MOST_KNOWN = 32  # cases of lines alike
_MOST_BETWEENS = 16  # each line is held against each of them
_UNMET: Any = object()
_MOST_REFUSED = 256
_At = tuple[bytes, int, int]  # where a line stands: what `origin_of` gives, its number and offset
_PLAIN_ID = re.compile(r"[\w.-]++", re.ASCII)
_WORD = re.compile(r"\w++")
_DIGITS = re.compile(r"\d++")
# Where a text may stand in a body without being found there: `r\u002d1`, `r&#45;1`, `r-<![CDATA[1]]>`.
_HIDES = re.compile(r"\\u|&|%|<!")


class _Headed(NamedTuple):
    """What the headers of a capture tell.

    Attributes:
        told: what decides.
        given: the ids of the response.
    """

    told: tuple[Any, ...] = ()
    given: Given = NOT_GIVEN


_NOT_HEADED = _Headed()


class Seen(NamedTuple):
    """A capture, as far as it can come again.

    Attributes:
        key: what decides over it, but for its time, its place and the ids of its response.
        body: its body.
        told: its body in the light of its outline, where that leaves out anything.
        beside: the ids of its url.
        given: the ids that its headers carry.
        other: the same capture in the light of another outline.
    """

    key: tuple[Any, ...]
    body: str | bytes
    told: Told | None = None
    beside: tuple[bytes, ...] = ()
    given: Given = NOT_GIVEN
    other: Seen | None = None

    @property
    def text(self) -> str:
        """The body as a text."""
        return self.body if isinstance(self.body, str) else self.body.decode("utf-8", "replace")

    @property
    def numbers(self) -> tuple[bytes, ...]:
        """What is left out of its body."""
        return self.told.numbers if self.told else ()

    @property
    def ways(self) -> tuple[Seen, ...]:
        """The same capture in the light of each of its outlines."""
        return (self, self.other) if self.other else (self,)


class Became(NamedTuple):
    """What a capture became.

    Attributes:
        records: its records, before anything was taken out; none where it is no error.
        frames: their lines.
        kinds: what a report tells of them.
        place: where they were found, without what is private in its names; None where nothing was taken out.
    """

    records: Sequence[ErrorRecord] = ()
    frames: Sequence[Frame] = ()
    kinds: Sequence[Kind] = ()
    place: Source | None = None


@define
class _Known:
    """What a capture became, and how often it came again since somebody counted.

    Attributes:
        kinds: what is counted; nothing where it was no error.
        casts: the lines of its records; None until they are needed.
        frames: what they are made of; none where only a twin shows the places of numbers.
        fixed: the digits that decide.
        said: the digits that its messages have beside its numbers.
        place: as of `Became`.
        times: how often it came again.
        line: where it came first since then.
    """

    kinds: Sequence[Kind]
    casts: Sequence[Cast] | None = None
    frames: Sequence[Line] | None = None
    fixed: frozenset[bytes] = frozenset()
    said: bytes = b""
    place: Source | None = None
    times: int = 0
    line: int | None = None

    def lines(self, told: bytes, numbers: tuple[bytes, ...], given: Given = NOT_GIVEN) -> bytes | None:
        """Give the lines of a capture; None where its ids or numbers may mean more than those before.

        Args:
            told: its time and place, as `when_and_where` writes them.
            numbers: what the outline of its body leaves out.
            given: the ids that its headers carry.
        """
        casts = self._all_casts()
        if casts is None or not self.fits(numbers):
            return None
        values = (told, *numbers, *given.ids)
        lines = [cast.forms_with(given.kinds)[0].fill(values) for cast in casts]
        return None if given.are_named(lines) else b"".join(lines)

    def placed(
        self, place: tuple[Any, ...], numbers: tuple[bytes, ...], given: Given = NOT_GIVEN
    ) -> bytes | None:
        """Give the same in less time.

        Args:
            place: the values of `PLACED`.
            numbers: as of `lines`.
            given: likewise.
        """
        casts = self.casts or self._all_casts()
        if casts is None or not (self.fits(numbers) if self.said else self.fixed.isdisjoint(numbers)):
            return None
        if given is NOT_GIVEN and len(casts) == 1:
            text, pick = casts[0].placed
            return text % pick(place + numbers)
        values = place + numbers + given.ids
        lines = [cast.forms_with(given.kinds)[1].fill(values) for cast in casts]
        return None if given.are_named(lines) else b"".join(lines)

    @property
    def is_open(self) -> bool:
        """True where it only was met, and a twin must show the places of numbers."""
        return self.casts is None and self.frames is None

    def _all_casts(self) -> Sequence[Cast] | None:
        if self.frames is not None:
            self.casts, self.frames = _casts(self.frames, self.frames), None
        return self.casts

    def fits(self, numbers: tuple[bytes, ...]) -> bool:
        """Tell whether numbers are nothing else in their body, nor in a message, whose ids are masked."""
        if not self.fixed.isdisjoint(numbers):
            return False
        for number in numbers:  # noqa: SIM110 - a generator in `any` takes three times as long
            if self.said.find(number) >= 0:  # `in` takes twice as long
                return False
        return True


class Storm:
    """Remembers what captures became.

    Args:
        normalizer: who reads bodies; its vendors say which headers matter.
        policy: what is taken out of records, if anything is.
        has_raw: the body goes with a record, and its size.
    """

    def __init__(
        self, normalizer: Normalizer, policy: Policy | None = None, *, has_raw: bool = False
    ) -> None:
        vendors = (*normalizer.vendors, UNKNOWN)
        self._header_names = HeaderNames(chain(COMMON_HEADERS, *(v.headers for v in vendors)))
        self._policy = policy
        self._outlines = None if policy or _may_decide(normalizer) else Outlines(in_numbers=has_raw)
        self._known: dict[tuple[Any, ...], _Known] = {}
        # False: none can be made; None: met once.
        self._forms: dict[bytes, LineForm | Literal[False] | None] = {}
        self._refused: set[bytes] = set()  # lines of which no form is made, with their ids or without
        self._size = 0
        self._met: list[_Known] = []
        self._hours: Counter[int] = Counter()
        self._clock = Clock()
        # What `of_body` has found last, for `learn_line`.
        self._last: tuple[bytes, Beside] | None = None
        # Of lines without their ids.
        self._betweens: deque[tuple[Between, LineForm]] = deque(maxlen=_MOST_BETWEENS)

    def seen(self, capture: Capture) -> Seen | None:
        """Give a capture as far as it can come again; None where its like is not remembered."""
        body = _written(capture.body)
        if body is None or capture.problems:
            return None
        beside = self._beside_of(type(capture.body), capture.options, needs_claim=capture.needs_claim)
        if beside is None:
            return None
        data, outlines = _plain(body), self._outlines
        if data is None or not outlines:
            seen = Seen((body, *beside.whole), body, given=beside.given)
            return self._redacted(seen, capture.source) if self._policy else seen
        told = outlines.of_whole(data)
        whole = _seen(data, told, beside) if told and told.numbers else None
        # Of most captures no ids are looked for: that takes longer than all else.
        if whole and self._is_known(whole):
            return whole
        return _outlined(data, beside, outlines)

    def _is_known(self, seen: Seen) -> bool:
        known = self._known.get(seen.key)
        if known is None or known.is_open:
            return False
        return known.fixed.isdisjoint(seen.beside) and known.fits(seen.numbers)

    def _beside_of(self, kind: type, told: Known, *, needs_claim: bool) -> Beside | None:
        """Give what decides over a capture beside its body; None where its like is not remembered."""
        headed = self._told_by(told)
        if headed is None:
            return None
        get = told.get
        url = get("url")
        parts, ids = parts_of_url(url) if url else (url, ())
        decides = (kind, needs_claim, get("status"), parts, get("content_type"), get("vendor"), *headed.told)
        return Beside(decides, ids, headed.given)

    def _told_by(self, options: Known) -> _Headed | None:
        """Give what the headers of a capture tell; None where that is not remembered."""
        headers = options.get("headers")
        if headers is None:
            return _NOT_HEADED
        try:
            declared, facts = read_headers(headers, self._header_names)
        except InvalidArgument:
            return None
        if facts is None:
            return _Headed(tuple(declared.items()))
        if not all(map(_PLAIN_ID.fullmatch, facts.ids.values())):
            return None
        given = Given(tuple(facts.ids), tuple([text.encode() for text in facts.ids.values()]))
        told = (facts.delay, facts.not_before, facts.problems, given.kinds)
        return _Headed((*told, *declared.items()), given)

    def _redacted(self, seen: Seen, source: Source) -> Seen | None:
        """Let the names of the input and the ids decide as well: what is private in one place is in all."""
        key = (*seen.key, source.name, source.member, source.time is None, *seen.given)
        text = seen.text
        if source.time is None:
            return Seen(key, seen.body)
        told = f"{text} {key[1:]}".casefold()
        words = {*source.time.casefold().split(":"), *_WORD.findall(source.time.casefold())}
        is_private = any(len(word) > 2 and word in told for word in words)
        is_plain = self._policy is not None and self._policy.text(source.time) == (source.time, ())
        hides = _HIDES.search(text) or not text.isascii()
        return Seen(key, seen.body) if is_plain and not is_private and not hides else None

    def of_body(
        self,
        body: Any,  # noqa: ANN401 - as found
        known: Known,
        stream: Stream,
        place: Place,
        *,
        needs_claim: bool = False,
    ) -> bytes | None:
        """Give what `seen` and `lines` give for most captures that came before, in half of the time."""
        written = _written(body) if self._outlines else None
        data = None if written is None else _plain(written)
        if self._outlines is None or data is None:
            return None
        beside = self._beside_of(type(body), known, needs_claim=needs_claim)
        if beside is None:
            return None
        moment, (line, offset, time) = known.get("occurred_at"), place
        for told in self._outlines.known(data):
            before = self._known.get(beside.key(told))
            if _is_wanted(told, before):
                return None
            if before is None or not before.fixed.isdisjoint(beside.ids):
                continue
            where = (origin_of(stream.name, stream.member), line, offset, orjson.dumps(time))
            lines = before.placed((when_of(moment), *where), told.numbers, beside.given)
            if lines is not None:
                self._last = (data, beside)
                self._count(before, hour_of(moment) if moment else None, line)
                return lines
        return None

    def of_lines(
        self, stream: Stream, lines: Iterable[bytes], number: int, offset: int, gap: bytes | None = None
    ) -> list[bytes]:
        """Give the lines of captures, each a line that came before but for moment, numbers and ids.

        None of them is decoded, and it ends before the first line whose like did not come before.

        Args:
            stream: where they are from.
            lines: JSON objects, each with the end of its line, or as they stand in a list.
            number: the line of the first one.
            offset: its first byte.
            gap: what stands between two of them in a list; None between lines.
        """
        found: list[bytes] = []
        origin = origin_of(stream.name, stream.member)
        for line in lines:
            masked = line.translate(MASK)
            form = self._forms.get(masked)
            became = None
            if form and not form.is_cut:  # a line may have a mark where another one's id was
                told = form.told(line)
                known = form.known.get(told[2])
                became = self._of_form(form, known, line, told, (origin, number, offset)) if known else None
            if became is None and self._betweens:
                became = self._of_rest(form, line, masked, (origin, number, offset))
            if became is None:
                break
            found.append(became)
            if gap is None:
                number += 1
                offset += len(line)
            else:
                number += line.count(b"\n") + gap.count(b"\n")
                offset += len(line) + len(gap)
        return found

    def _of_rest(
        self, form: LineForm | Literal[False] | None, line: bytes, masked: bytes, at: _At
    ) -> bytes | None:
        """Give the lines of a capture by its line without its ids."""
        for between, rest in self._betweens:
            if cut := between.cut(line, masked):
                # As it is such a line takes half of the time: it is decoded twice, to be learned.
                is_new = form is None and cut.is_numbered
                return None if is_new else self._of_cut(rest, cut, at)
        cut = Cut.of(line)
        form = self._forms.get(cut.text.translate(MASK)) if cut else None
        return self._of_cut(form, cut, at) if cut and form else None

    def _of_cut(self, form: LineForm, cut: Cut, at: _At) -> bytes | None:
        told = form.told_without_ids(cut)
        known: _Known | None = form.known.get(told[2])
        beside = form.beside(cut.ids)
        if known is None or (beside and not (all(map(is_url_id, beside)) and known.fixed.isdisjoint(beside))):
            return None
        return self._of_form(form, known, cut.text, told, at)

    def _of_form(self, form: LineForm, known: _Known, line: bytes, told: ToldLine, at: _At) -> bytes | None:
        for place in form.leading:
            if line[place] == _ZERO:
                return None
        time, when, hour = _NULL, _NULL, None
        if form.time is not None:
            time = line[form.time]
            moment = self._clock.read(time)
            if moment is None:
                return None
            when, hour = moment
        (numbers, given, _), (origin, number, offset) = told, at
        lines = known.placed((when, origin, number, offset, time), numbers, given)
        if lines is not None:
            self._count(known, hour, number)
        return lines

    def _count(self, known: _Known, hour: int | None, line: int | None) -> None:
        """Count a capture that came again."""
        if not known.times:
            self._met.append(known)
            known.line = line
        known.times += 1
        if hour is not None and known.kinds:
            self._hours[hour] += len(known.kinds)

    def learn_line(self, line: bytes, stream: Stream) -> None:
        """Learn from a line whose body came before what its like become, from the second one on."""
        if self._outlines is None or self._last is None or _MARKED in line:
            return
        masked = line.translate(MASK)
        if masked in self._refused:
            return
        (body, beside), cut = self._last, Cut.of(line)
        cuts = [cut] if cut else []
        if not cut or cut.is_numbered:
            cuts.append(Cut(line))
        for one in cuts:
            has_ids = one is cut and Cut.of(body) is not None
            told = self._outlines.of_rest(body) if has_ids else self._outlines.of_whole(body)
            self._learn_form(one, stream, told, beside)
        are_refused = all(self._forms.get(one.text.translate(MASK)) is False for one in cuts)
        if are_refused and len(self._refused) < _MOST_REFUSED:
            self._refused.add(masked)

    def _learn_form(self, cut: Cut, stream: Stream, told: Told | None, beside: Beside) -> None:
        masked = cut.text.translate(MASK)
        form = self._forms.get(masked, _UNMET)
        if form is _UNMET:
            self._grow(len(masked) + _LINE_BYTES)
            self._forms[masked] = None
            return
        if form is False or (form and len(form.known) >= _MOST_KNOWN):
            return
        became = self._known.get(beside.key(told)) if told else None
        if became and became.is_open:
            return
        names = self._header_names
        own = form_of(cut, stream.fields, names, told, beside) if told and became else None
        # Names and escapes with other digits may make other members of the same characters.
        if own is None or became is None or (form and form.places != own.places):
            self._forms[masked] = False
            return
        known = form or own
        _, _, key = known.told_without_ids(cut) if cut.ids else known.told(cut.text)
        self._grow(len(masked) + _LINE_BYTES + _DIGITS_BYTES * len(key))
        self._forms[masked] = known
        if cut.ids and all(one is not known for _, one in self._betweens):
            self._betweens.append((Between(masked), known))
        known.known[key] = became

    def lines(self, capture: Capture, seen: Seen) -> bytes | None:
        """Give the lines of a capture that came before, and count it; None where it did not."""
        moment, place = capture.options.get("occurred_at"), capture.source
        for way in seen.ways:
            known = self._known.get(way.key)
            if way.other and way.told and _is_wanted(way.told, known):
                return None
            if known is None or not known.fixed.isdisjoint(way.beside):
                continue
            if known.place:  # the key has the names of the input, so they are the same each time
                place = evolve(place, name=known.place.name, member=known.place.member)
            lines = known.lines(when_and_where(moment, place), way.numbers, way.given)
            if lines is not None:
                self._count(known, hour_of(moment) if moment else None, place.line)
                return lines
        return None

    def keep(self, seen: Seen, became: Became) -> bool:
        """Remember what a capture became, in bytes: the records themselves would fill the memory.

        Args:
            seen: the capture.
            became: its records, before anything was taken out, and the lines of what is left.

        Returns:
            Whether an outline of it came before and is not known yet: then `learn` wants its twin.
        """
        if seen.given.ids and _may_name(seen.text, seen.given):
            return False  # then an id may be the body's own as well
        wanting = [self._keep(way, became) for way in seen.ways]
        return any(wanting)

    def _keep(self, seen: Seen, became: Became) -> bool:
        if seen.told:
            seen.told.outline.try_once()
        if seen.told is None:
            self._put(seen, _Known(became.kinds, frames=_lines(became, seen), place=became.place))
        elif known := self._known.get(seen.key):
            return known.is_open
        else:
            self._put(seen, _Known(became.kinds))
        return False

    def learn(self, seen: Seen, became: Became, read: Callable[[bytes], Became | None]) -> None:
        """Learn what an outline becomes, from a body and the same body with other numbers.

        Args:
            seen: the capture.
            became: what it became.
            read: gives what it becomes with another body; None where it cannot be read.
        """
        for way in seen.ways:
            known = self._known.get(way.key)
            if known and known.is_open and way.told and not way.told.outline.is_refused:
                self._learn(way, way.told, became, read)

    def _learn(self, seen: Seen, own: Told, became: Became, read: Callable[[bytes], Became | None]) -> None:
        outline, other, fixed = own.outline, own.twin, frozenset(own.fixed)
        if other is None or not fixed.isdisjoint(own.numbers + other.numbers):
            outline.put_off()
            return
        numbers = Numbers(own.numbers, other.numbers)
        twin = read(other.cut.whole)
        # A kind has the fingerprint, so the type and code are the same as well.
        is_alike = twin and twin.kinds == became.kinds and _is_told_alike(own, became, twin, numbers)
        casts = _casts(_lines(became, seen), _lines(twin, seen), numbers) if twin and is_alike else None
        if twin is None or casts is None or Payload(own.cut.whole).kind not in _READ:
            outline.refuse()
            return
        if own.cut.ids:
            fixed, said = fixed | (_texts(became) & _texts(twin)), _messages_of(became)
        else:
            said = _said(became, twin)
        known = _Known(became.kinds, casts, fixed=fixed, said=said)
        if not known.fits(own.numbers) or not known.fits(other.numbers) or not fixed.isdisjoint(seen.beside):
            outline.put_off()
        elif own.cut.ids and not (_are_ids(own, became) and self._are_known(seen, own, known, read)):
            outline.refuse()
        else:
            self._put(seen, known)

    def _are_known(
        self, seen: Seen, own: Told, known: _Known, read: Callable[[bytes], Became | None]
    ) -> bool:
        """Tell whether bodies with the ids that show most become what is known, to the last character."""
        for probe in own.probes(known.said):
            became = read(probe.cut.whole)
            lines = b"".join([line.frame.line(b"") for line in _lines(became, seen)]) if became else None
            if lines is None or known.lines(b"", probe.numbers, seen.given) != lines:
                return False
        return True

    def _put(self, seen: Seen, known: _Known) -> None:
        self._grow(len(seen.body) + _ENTRY_BYTES + (_DIGITS_BYTES * len(seen.told.fixed) if seen.told else 0))
        self._known[seen.key] = known

    def _grow(self, size: int) -> None:
        if self._size > _MOST_BYTES:
            self._size = 0
            self._known.clear()
            self._forms.clear()
            self._refused.clear()
            self._betweens.clear()
        self._size += size

    def count(self, tally: Tally) -> None:
        """Enter what came again since the last time."""
        for known in self._met:
            if known.kinds:
                tally.add(known.kinds, known.line, known.times)
            else:
                tally.pass_by(known.times)
            known.times = 0
        for hour, records in self._hours.items():
            tally.at_hour(hour, records)
        self._met = []
        self._hours.clear()


def _is_wanted(told: Told, known: _Known | None) -> bool:
    """Tell whether a body is read once more to be learned as it is, known without its ids or not."""
    return (known is None or known.is_open) and not told.cut.ids and told.outline.has_chance


def _seen(body: bytes, told: Told, beside: Beside) -> Seen:
    return Seen(beside.key(told), body, told, beside.ids, beside.given)


def _outlined(body: bytes, beside: Beside, outlines: Outlines) -> Seen:
    every = outlines.of(body)
    ways = [_seen(body, told, beside) for told in every if told.numbers]
    if not ways:
        # With an outline, so that the key is not the whole body.
        return Seen(beside.key(every[0]) if every else (body, *beside.whole), body, given=beside.given)
    return ways[0]._replace(other=ways[1]) if ways[1:] else ways[0]


def _plain(body: str | bytes) -> bytes | None:
    """Give the bytes of a body that has an outline; None where a character of it is no ASCII, or a mark."""
    if not body.isascii():
        return None
    data = body.encode() if isinstance(body, str) else body
    return None if _MARKED in data else data


def _written(body: Any) -> str | bytes | None:  # noqa: ANN401 - as found
    """Give a body as its vendor wrote it, an object as JSON; None where it does not come again."""
    if body is None:  # the line of an access log: what decides beside it has the type of the body
        return b""
    kind = type(body)
    if kind is dict or kind is list:
        try:
            body = orjson.dumps(body)
        except TypeError:  # a number beyond 64 bits, half a surrogate pair
            return None
    elif kind is not str and kind is not bytes:
        return None
    return body if len(body) <= _LONGEST else None


def _may_name(text: str, given: Given) -> bool:
    return bool(_HIDES.search(text)) or not text.isascii() or any(one.decode() in text for one in given.ids)


def _may_decide(normalizer: Normalizer) -> bool:
    """Tell whether anything of a user's own may ask for a number that outlines leave out."""
    return bool(normalizer.catalog.layers) or any(vendor not in VENDORS for vendor in normalizer.vendors)


def _casts(lines: Sequence[Line], twins: Sequence[Line], numbers: Numbers = _NONE) -> list[Cast] | None:
    casts = [Cast.of(line, twin, numbers) for line, twin in zip(lines, twins, strict=True)]
    return None if None in casts else [cast for cast in casts if cast]


def _lines(became: Became, seen: Seen) -> list[Line]:
    return [Line(frame, seen.given) for frame in became.frames]


def _said(became: Became, twin: Became) -> bytes:
    """Give the digits of messages that are none of a body's numbers."""
    pairs = zip(_messages(became), _messages(twin), strict=True)
    runs = [(run, other) for own, other in pairs for run in _DIGITS.finditer(own)]
    return " ".join(run[0] for run, other in runs if other[slice(*run.span())] == run[0]).encode()


def _messages_of(became: Became) -> bytes:
    return " ".join(_messages(became)).encode()


def _messages(became: Became) -> list[str]:
    return [record.message or "" for record in became.records]


def _is_told_alike(own: Told, became: Became, twin: Became, numbers: Numbers) -> bool:
    """Tell whether fingerprints mask what was left out the same way, whatever it is.

    An id is masked wherever a message says it.
    """
    if own.cut.ids:
        return _messages(became) == _messages(twin)
    return _masks_alike(became, twin, numbers)


def _are_ids(own: Told, became: Became) -> bool:
    """Tell whether no number of ErrorData that was cut out was asked of the catalog: it became no target."""
    numbers = {one.decode() for one in own.cut.ids if one.isdigit()}
    data = [item for record in became.records for name, item in record.extra.items() if name.endswith("Data")]
    return not any(isinstance(item, str) and item in numbers for item in data)


def _texts(became: Became) -> frozenset[bytes]:
    """Give what stands in records, names as well, however a body wrote it: an id may be compared with it."""
    found: set[str] = set()
    for record in became.records:
        told = (record.type, record.code, record.subcode, record.target, *record.ids.values())
        found.update(text for text in told if text)
        found.update(_leaves(record.extra))
    # An id may be the end of a path.
    return frozenset(part.encode() for text in found for part in (text, text.rpartition("/")[2]))


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        yield from value
    if isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(item)
    elif text := text_value(value):
        yield text


def _masks_alike(became: Became, twin: Became, numbers: Numbers) -> bool:
    """Tell whether fingerprints mask a number in messages the same way, whatever it is.

    Ids and targets are masked wherever a message says them, before words with digits are. Where a message
    has a number, ids with other digits could meet it half: `No agent1212` with the session 12.
    """
    if _messages(became) == _messages(twin):
        return True
    private = {text for record in became.records for text in (record.target, *record.ids.values()) if text}
    digits = [run for text in private for run in _DIGITS.findall(text)]
    if not digits:
        return True
    number = numbers.own[0].decode()
    return len({*numbers.own}) == 1 and {*digits} == {number} and not _said(became, twin)
