"""CSV and TSV (RFC 4180): a table whose first row names its columns, as log stores export it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

from attrs import evolve

from errnorm.batch.capture import Found, Reader, Reject, Stream
from errnorm.batch.names import names_in, pointer
from errnorm.batch.rows import found_in
from errnorm.batch.window import MAX_BYTES
from errnorm.reading.charset import decode
from errnorm.record import Source

__all__ = ["CSV", "lacking"]

_DELIMITERS = (",", "\t", ";", "|")
_PIECE_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z_@][\w@./() -]{0,60}")
_LOOKED_AT = 20  # rows
_BOM = b"\xef\xbb\xbf"
_BROKEN_ROW = "The row is no CSV: {}. Look at its quotes."
_CUT_ROW = "The input ends inside a quoted cell. Look whether it was cut off; what comes before was read."
_LONG_ROW = "The row has {} cells, and the first row names {} columns. Look at its quotes and delimiters."


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    columns = _columns(head.partition(b"\n")[0])
    if len(columns) < 2 or len(set(columns)) < len(columns):
        return 0.0
    if fields:
        return 0.9 if all(pointer(text)[0] in columns for text in fields.values()) else 0.0
    names = names_in(tuple(columns))
    tells = names.body or (names.status and names.url) or (names.log and names.time)
    return 0.85 if tells and not head.lstrip().startswith((b"{", b"[", b"<")) else 0.0


def lacking(head: bytes, fields: Mapping[str, str]) -> str | None:
    r"""Say what a table lacks to be read; None for what is no table.

    Args:
        head: the first bytes of an input that no reader of tables has taken.
        fields: the members that the user maps, JSON pointers by role.

    Example:
        >>> (lacking(b"status,answer\n503,oops\n", {}) or "").partition(". Name")[0]
        'It is a table, and no column is the body. Its columns are status, answer'
        >>> lacking(b"2026-11-21 10:00:00,001 INFO started\n", {})
    """
    header, _, rest = head.partition(b"\n")
    columns = _columns(header)
    if (
        len(columns) < 2
        or not all(map(_NAME.fullmatch, columns))
        or not _has_rows(rest, header, len(columns))
    ):
        return None
    missing = [repr(name) for text in fields.values() if (name := pointer(text)[0]) not in columns]
    names = names_in(tuple(columns))
    is_known = names.status or names.url or names.time or names.headers
    if not missing and not is_known:
        return None
    what = f"no column is {' or '.join(missing)}" if missing else "no column is the body"
    # Without a name that is known, the first row may be data.
    told = f" Its columns are {', '.join(columns)}." if is_known else " Look at its first row."
    return f"It is a table, and {what}.{told} Name the body with --field body=COLUMN."


def _has_rows(rest: bytes, header: bytes, width: int) -> bool:
    """Tell whether all rows but the last, which may be cut, are as wide as the first."""
    lines = rest.decode("utf-8", "replace").splitlines(keepends=True)
    try:
        rows = [row for row in csv.reader(lines, delimiter=_delimiter(header)) if row][:_LOOKED_AT]
    except csv.Error:
        return False
    return bool(rows) and {len(row) for row in rows[:-1] or rows} == {width}


def _delimiter(header: bytes) -> str:
    text = header.decode("utf-8", "replace")
    return max(_DELIMITERS, key=text.count)


def _columns(header: bytes) -> list[str]:
    text = header.removeprefix(_BOM).decode("utf-8", "replace").strip("\r\n")
    try:
        return next(csv.reader([text], delimiter=_delimiter(header)), [])
    except csv.Error:  # a carriage return inside: no row names columns, and each row is a reject
        return []


def _pieces(stream: Stream) -> Iterator[Stream]:
    """Cut a table at ends of rows: outside of quotes, where the number of quotes before is even."""
    head, offset, line, rest, quotes = stream.head, stream.offset, stream.line, b"", 0
    while part := stream.file.read(_PIECE_BYTES):
        data = rest + part
        head = head or data.partition(b"\n")[0]
        # No row ends in the rest: only the new part is looked through, so a long row costs its length once.
        end = _row_end(data, len(rest), quotes)
        if not end and len(data) >= MAX_BYTES:
            end = len(data)
        quotes = data.count(b'"', end) if end else quotes + part.count(b'"')
        rest = data[end:]
        if end:
            yield evolve(stream, file=io.BytesIO(data[:end]), offset=offset, line=line, head=head)
            offset += end
            line += data.count(b"\n", 0, end)
    if rest:
        yield evolve(stream, file=io.BytesIO(rest), offset=offset, line=line, head=head)


def _row_end(data: bytes, start: int, quotes: int) -> int:
    """Give the end of the last whole row behind a place; 0 where none ends there.

    Args:
        data: rows, the last of which may lack its end.
        start: the place.
        quotes: how many quotes stand before it.
    """
    end = data.rfind(b"\n", start) + 1
    quotes += data.count(b'"', start, end) if end else 0
    while end and quotes % 2:
        # Behind the last quote every end of line is inside of it.
        before = data.rfind(b"\n", start, max(start, data.rfind(b'"', start, end))) + 1
        quotes -= data.count(b'"', before, end) if before else 0
        end = before
    return end


def _read(stream: Stream) -> Iterator[Found]:
    for piece in [stream] if stream.head else _pieces(stream):
        yield from _read_rows(piece)


class _Lines:
    """The lines of a piece as text, and how far they were taken."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self.at = 0

    def __iter__(self) -> Iterator[str]:
        for raw in self._file:
            self.at += len(raw)
            yield raw.decode("utf-8", "surrogateescape")


def _read_rows(piece: Stream) -> Iterator[Found]:
    csv.field_size_limit(MAX_BYTES)  # the module's own limit is 128 KiB, less than a body may have
    columns, whole = _columns(piece.head), piece.file.read()
    lines = _Lines(whole)
    rows = csv.reader(lines, delimiter=_delimiter(piece.head), strict=True)
    line, at = piece.line, 0
    while True:
        row, reason = _next(rows)
        data = whole[at : lines.at]
        if not data:
            return
        place = piece.source(line, piece.offset + at)
        if place.offset and reason:
            yield Reject(place, reason, data)
        elif place.offset and row:
            yield from _found(row, columns, piece, place, data)
        line += data.count(b"\n")
        at = lines.at


def _next(rows: Iterator[list[str]]) -> tuple[list[str], str | None]:
    try:
        return next(rows, []), None
    except csv.Error as error:
        cut = "unexpected end of data" in str(error)
        return [], _CUT_ROW if cut else _BROKEN_ROW.format(error)


def _found(row: list[str], columns: list[str], piece: Stream, place: Source, data: bytes) -> Iterator[Found]:
    if len(row) > len(columns):
        yield Reject(place, _LONG_ROW.format(len(row), len(columns)), data)
        return
    cells = [*map(_cell, row), *[""] * (len(columns) - len(row))]
    value = dict(zip(columns, cells, strict=True))
    yield from found_in(value, piece, None, place.line, place.offset)


def _cell(text: str) -> str:
    """Give a cell; bytes that are no UTF-8 are read as windows-1252, as in any text."""
    if text.isascii():
        return text
    data = text.encode("utf-8", "surrogateescape")
    return decode(data).text


CSV = Reader(name="csv", title="a table, CSV or TSV", sniff=_sniff, read=_read, cut=_pieces)
