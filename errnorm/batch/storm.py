"""Bodies that come again: in an error storm most captures say what one before has said.

Such a capture differs in its time, its place and the ids of its response. What it becomes is known, so it is
neither read nor built anew: its line is the one before with these three put in, and it is counted by adding
one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from attrs import define

from errnorm.batch.capture import Capture
from errnorm.batch.encode import Encoder, Frame, when_and_where
from errnorm.batch.report import Kind
from errnorm.batch.tally import Tally
from errnorm.exceptions import InvalidArgument
from errnorm.headers import COMMON_HEADERS, read_headers
from errnorm.record import ErrorRecord, Source
from errnorm.vendor import Vendor
from errnorm.vendors import UNKNOWN

if TYPE_CHECKING:
    from errnorm.redaction import Policy

__all__ = ["Seen", "Storm"]

_LONGEST = 16_384
_MOST_BYTES = 8 << 20
_ENTRY_BYTES = 3072  # about what is kept beside a body
_NO_IDS: Mapping[str, str] = {}
_PLAIN_ID = re.compile(r"[\w.-]++", re.ASCII)
_WORD = re.compile(r"\w++")
# Where a text may stand in a body without being found there: `r\u002d1`, `r&#45;1`, `r-<![CDATA[1]]>`.
_HIDES = re.compile(r"\\u|&|%|<!")


class Seen(NamedTuple):
    """A capture, as far as it can come again.

    Attributes:
        key: what decides over it, but for its time, its place and the ids of its response.
        ids: the ids that its headers carry.
    """

    key: tuple[Any, ...]
    ids: Mapping[str, str] = _NO_IDS


@define
class _Known:
    """What a capture became, and how often it came again since somebody counted.

    Attributes:
        kinds: what is counted; nothing where it was no error.
        frames: their lines but for what changes.
        own_ids: the ids that each body tells; they win over those of headers.
        times: how often it came again.
        line: where it came first since then.
    """

    kinds: Sequence[Kind]
    frames: Sequence[Frame]
    own_ids: Sequence[Mapping[str, str]]
    times: int = 0
    line: int | None = None

    def lines(self, told: bytes, ids: Mapping[str, str]) -> list[bytes]:
        if not ids:
            return [frame.line(told) for frame in self.frames]
        pairs = zip(self.frames, self.own_ids, strict=True)
        return [frame.line(told, orjson.dumps({**ids, **own})) for frame, own in pairs]


class Storm:
    """Remembers what captures became.

    Args:
        encoder: who writes records.
        vendors: who reads bodies; they say which headers matter.
        policy: what is taken out of records, if anything is.
    """

    def __init__(self, encoder: Encoder, vendors: Sequence[Vendor], policy: Policy | None = None) -> None:
        self._encoder = encoder
        self._declared = frozenset(chain(COMMON_HEADERS, *(v.headers for v in (*vendors, UNKNOWN))))
        self._policy = policy
        self._known: dict[tuple[Any, ...], _Known] = {}
        self._size = 0
        self._met: list[_Known] = []

    def seen(self, capture: Capture) -> Seen | None:
        """Give a capture as far as it can come again; None where its like is not remembered."""
        body, options = capture.body, capture.options
        kind = type(body)
        if kind is dict or kind is list:
            body = _json(body)
        elif kind is not str and kind is not bytes:
            return None
        if body is None or capture.problems or len(body) > _LONGEST:
            return None
        get = options.get
        told = (get("status"), get("url"), get("content_type"), get("vendor"))
        key = (body, kind, capture.needs_claim, *told)
        seen = self._headed(key, options["headers"]) if "headers" in options else Seen(key)
        return self._redacted(seen, capture.source) if self._policy and seen else seen

    def _headed(self, key: tuple[Any, ...], headers: Any) -> Seen | None:  # noqa: ANN401 - headers as found
        try:
            declared, facts = read_headers(headers, self._declared)
        except InvalidArgument:
            return None
        if facts is None:
            return Seen((*key, *declared.items()))
        told = (facts.delay, facts.not_before, facts.problems, bool(facts.ids))
        is_plain = all(map(_PLAIN_ID.fullmatch, facts.ids.values()))
        return Seen((*key, *told, *declared.items()), facts.ids) if is_plain else None

    def _redacted(self, seen: Seen, source: Source) -> Seen | None:
        """Let the names of the input and the ids decide as well: what is private in one place is in all."""
        key = (*seen.key, source.name, source.member, source.time is None, *seen.ids.items())
        text = _text(seen.key[0])
        if source.time is None:
            return Seen(key)
        told = f"{text} {key[1:]}".casefold()
        words = {*source.time.casefold().split(":"), *_WORD.findall(source.time.casefold())}
        is_private = any(len(word) > 2 and word in told for word in words)
        is_plain = self._policy is not None and self._policy.text(source.time) == (source.time, ())
        return (
            Seen(key) if is_plain and not is_private and not _HIDES.search(text) and text.isascii() else None
        )

    def lines(self, capture: Capture, seen: Seen, tally: Tally) -> list[bytes] | None:
        """Give the lines of a capture that came before, and count it; None where it did not."""
        known = self._known.get(seen.key)
        if known is None or (seen.ids and _name_any(known.frames, seen.ids)):
            return None
        if not known.times:
            self._met.append(known)
            known.line = capture.source.line
        known.times += 1
        if not known.frames:
            return []
        moment = capture.options.get("occurred_at")
        tally.at(moment, len(known.frames))
        return known.lines(when_and_where(moment, capture.source), seen.ids)

    def keep(
        self, seen: Seen, frames: Sequence[Frame], records: Sequence[ErrorRecord], kinds: Sequence[Kind]
    ) -> None:
        """Remember what a capture became, in bytes: the records themselves would fill the memory.

        Args:
            seen: the capture.
            frames: the lines of its records.
            records: its records, before anything was taken out; none where it was no error.
            kinds: what a report tells of them.
        """
        if seen.ids and _may_name(_text(seen.key[0]), seen.ids):
            return  # then an id may be the body's own as well
        if self._size > _MOST_BYTES:
            self._known.clear()
            self._size = 0
        self._size += len(seen.key[0]) + _ENTRY_BYTES
        self._known[seen.key] = _Known(kinds, frames, [_own_ids(record.ids, seen.ids) for record in records])

    def count(self, tally: Tally) -> None:
        """Count what came again since the last time."""
        for known in self._met:
            if known.kinds:
                tally.add(known.kinds, known.line, known.times)
            else:
                tally.pass_by(known.times)
            known.times = 0
        self._met = []


def _own_ids(ids: Mapping[str, str], given: Mapping[str, str]) -> Mapping[str, str]:
    """Give the ids that a body tells itself."""
    return {kind: text for kind, text in ids.items() if given.get(kind) != text} if ids else _NO_IDS


def _json(value: Any) -> bytes | None:  # noqa: ANN401 - a JSON object or list
    try:
        return orjson.dumps(value)
    except TypeError:  # a number beyond 64 bits, half a surrogate pair
        return None


def _text(body: str | bytes) -> str:
    return body if isinstance(body, str) else body.decode("utf-8", "replace")


def _may_name(text: str, ids: Mapping[str, str]) -> bool:
    return bool(_HIDES.search(text)) or not text.isascii() or any(own in text for own in ids.values())


def _name_any(frames: Iterable[Frame], ids: Mapping[str, str]) -> bool:
    """Tell whether a message may name an id: the fingerprint masks it there."""
    return any(text.encode() in frame.mold.front for frame in frames for text in ids.values())
