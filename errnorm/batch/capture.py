"""What a reader is, and what it finds in an input: a capture, a place without an error, or a reject.

Every one of them is one capture of the reconciliation: captures = with_errors + not_errors + rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol, TypedDict

from attrs import field, frozen

from errnorm.headers import Headers
from errnorm.record import Problem, Redaction, Source

if TYPE_CHECKING:
    from errnorm.batch.sought import Sought

__all__ = [
    "Again",
    "Capture",
    "Found",
    "Fresh",
    "Known",
    "NotError",
    "Place",
    "Reader",
    "Reject",
    "Remembers",
    "Stream",
]


class Known(TypedDict, total=False):
    """What a capture tells about its body: keywords of `normalize`, all but `source` and `strict`."""

    status: int | None
    headers: Headers | None
    content_type: str | None
    url: str | None
    vendor: str | None
    occurred_at: datetime | None


@frozen
class Capture:
    """One body that may be an error, with what is known about it.

    Attributes:
        body: bytes, text, or decoded JSON; None for no body.
        options: what is known about it, as keywords of `normalize`.
        source: where it was found.
        needs_claim: nothing but its own form makes it an error: a table row or a span of a log without
            a status. Where no vendor claims it, it is counted under `not_errors`.
        problems: what could not be read on the way to the body.
    """

    body: Any
    options: Known
    source: Source
    needs_claim: bool = False
    problems: tuple[Problem, ...] = ()


@frozen
class NotError:
    """A place that was read and reports no error, such as a HAR entry with status 200 and no body.

    Attributes:
        source: where it was found.
    """

    source: Source


@frozen
class Reject:
    """A place that could not be read.

    Attributes:
        source: where it was found.
        reason: a sentence that says why; it never quotes the data.
        data: its bytes, whole.
        redactions: what a policy took out of its place and bytes.
    """

    source: Source
    reason: str
    data: bytes
    redactions: tuple[Redaction, ...] = ()


class Again(NamedTuple):
    """Captures one behind the other whose like came before: what they become is known, and counted.

    Attributes:
        captures: how many there are.
        lines: the lines of their records, whole; empty where they are no errors.
    """

    captures: int
    lines: bytes


Fresh = Capture | NotError | Reject
Found = Fresh | Again
Place = tuple[int, int, str | None]
"""The line, the offset, and the time beside it."""


class Remembers(Protocol):
    """Who knows what captures became; it counts those of which it gives the lines."""

    def of_body(
        self,
        body: Any,  # noqa: ANN401 - as found
        known: Known,
        stream: Stream,
        place: Place,
        *,
        needs_claim: bool = False,
    ) -> bytes | None:
        """Give the lines of a capture without problems, where the like of its body came before."""

    def of_lines(
        self, stream: Stream, lines: Iterable[bytes], number: int, offset: int, gap: bytes | None = None
    ) -> list[bytes]:
        """Give the lines of captures that are lines, up to the first whose like did not come before."""
        ...

    def learn_line(self, line: bytes, stream: Stream) -> None:
        """Learn from a line whose body came before."""


@frozen
class Stream:
    """Plain bytes to read captures from: a whole input, a member of an archive, or a piece of either.

    Attributes:
        file: the bytes, decompressed; only `read` is called, never `seek`.
        name: as in `Source`.
        member: as in `Source`.
        line: the number of the first line, from 1; above 1 in a piece.
        offset: the byte offset of the first byte; above 0 in a piece.
        head: what a piece needs from before it, such as the header line of a table.
        fields: JSON pointers by the name of a capture's member, where the user maps them.
        zone: the zone of times that name none; None leaves them without.
        storm: who knows what captures became, None where nobody does.
        is_cut: it is a piece of whole lines, not too many.
        sought: who notes which of `fields` are there; None where nobody does.
    """

    file: IO[bytes]
    name: str | None = None
    member: str | None = None
    line: int = 1
    offset: int = 0
    head: bytes = b""
    fields: Mapping[str, str] = field(factory=dict)
    zone: tzinfo | None = None
    storm: Remembers | None = None
    is_cut: bool = False
    sought: Sought | None = None

    def source(self, line: int | None = None, offset: int | None = None, time: str | None = None) -> Source:
        """Give a place in this stream.

        Args:
            line: line number in the whole input, from 1.
            offset: byte offset in the whole input, from 0.
            time: the time beside it, as found.
        """
        return Source(name=self.name, member=self.member, line=line, offset=offset, time=time)


@frozen(kw_only=True)
class Reader:
    """A form of input.

    Attributes:
        name: `ndjson`, what a caller may say as *format*.
        title: the form in words.
        sniff: how likely a stream is of this form, from 0 to 1, by its first bytes and the members that
            the user maps.
        read: gives what is found in a stream, in order.
        cut: cuts a long stream into pieces that `read` takes one by one, for several processes, and gives
            what is found where it cannot be cut; None where only the whole can be read.
    """

    name: str
    title: str
    sniff: Callable[[bytes, Mapping[str, str]], float]
    read: Callable[[Stream], Iterator[Found]]
    cut: Callable[[Stream], Iterator[Stream | Found]] | None = None
