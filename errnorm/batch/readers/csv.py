"""CSV and TSV (RFC 4180): a table whose first row names its columns, as log stores export it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from attrs import evolve

from errnorm.batch.capture import Found, Reader, Reject, Stream
from errnorm.batch.names import names_in, pointer
from errnorm.batch.rows import found_in
from errnorm.batch.window import MAX_BYTES, placed, portions, rejects
from errnorm.reading.charset import decode
from errnorm.record import Source

__all__ = ["CSV", "Lack", "lacking"]

_DELIMITERS = (",", "\t", ";", "|")
_PIECE_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z_@][\w@./() -]{0,60}")
_PLAIN = re.compile(r"[A-Za-z_@][\w@.-]{0,60}")
_FEW = 2  # columns: with one comma in each, lines of a log look like a table
_LOOKED_AT = 20  # rows
_ROW_BYTES = 4 << 20  # a cell is four times as long while the module reads it
_HEADER_BYTES = 1 << 16
_MOST_COLUMNS = 4_000  # Elasticsearch knows 1,000 fields of an index
_BOM = b"\xef\xbb\xbf"
_SEPARATOR = re.compile(rb"\A(?:\xef\xbb\xbf)?sep=[,;|\t]\r?\n")  # Excel asks for it, and takes it for no row
_BROKEN_ROW = "The row is no CSV: {}. Look at its quotes."
_CUT_ROW = "The input ends inside a quoted cell. Look whether it was cut off; what comes before was read."
_OPEN_ROW = f"The row is longer than {_ROW_BYTES >> 20} MiB. Look whether a quote in it was left open."
_WIDE = f"The first row names more than {_MOST_COLUMNS:,} columns. Look whether it is a table; cut out some."
_LONG_ROW = "The row has {} cells, and the first row names {} columns. Look at its quotes and delimiters."


def _sniff(head: bytes, fields: Mapping[str, str]) -> float:
    columns = _columns(_SEPARATOR.sub(b"", head).partition(b"\n")[0])
    if len(columns) < 2 or len(set(columns)) < len(columns):
        return 0.0
    if fields:
        return 0.9 if all(pointer(text)[0] in columns for text in fields.values()) else 0.0
    names = names_in(tuple(columns))
    tells = names.body or (names.status and names.url) or (names.log and names.time)
    return 0.85 if tells and not head.lstrip().startswith((b"{", b"[", b"<")) else 0.0


class Lack(NamedTuple):
    """What a table lacks to be read.

    Attributes:
        told: a sentence about it.
        is_sure: its first row names columns; else it may be a line of a log.
    """

    told: str
    is_sure: bool


def lacking(head: bytes, fields: Mapping[str, str]) -> Lack | None:
    r"""Say what a table lacks to be read; None for what is no table.

    Args:
        head: the first bytes of an input that no reader of tables has taken.
        fields: the members that the user maps, JSON pointers by role.

    Example:
        >>> lack = lacking(b"status,answer\n503,oops\n", {})
        >>> lack.told.partition(". Name")[0] if lack else None
        'It is a table, and no column is the body. Its columns are status, answer'
        >>> lacking(b"2026-11-21 10:00:00,001 INFO started\n", {})
    """
    header, _, rest = _SEPARATOR.sub(b"", head).partition(b"\n")
    columns = _columns(header)
    if len(columns) < 2 or not all(map(_NAME.fullmatch, columns)):
        return None
    rows = _rows_below(rest, header, len(columns))
    missing = {name: role for role, text in fields.items() if (name := pointer(text)[0]) not in columns}
    names = names_in(tuple(columns))
    is_known = bool(names.status or names.url or names.time or names.headers)
    is_header = _is_header(columns, rows) and (is_known or _delimiter(header) != "|")
    is_sure = is_header or (is_known and len(columns) > _FEW)
    if not rows or not (missing or is_known or is_header):
        return None
    what = f"no column is {' or '.join(map(repr, missing))}" if missing else "no column is the body"
    role = next(iter(missing.values()), "body")
    # Where nothing says that it names columns, the first row may be data.
    told = f" Its columns are {', '.join(columns)}." if is_known or is_header else " Look at its first row."
    return Lack(f"It is a table, and {what}.{told} Name the {role} with --field {role}=COLUMN.", is_sure)


def _rows_below(rest: bytes, header: bytes, width: int) -> list[list[str]]:
    """Give the first rows; none where any but the last, which may be cut, is not as wide as told."""
    lines = rest.decode("utf-8", "replace").splitlines(keepends=True)
    try:
        rows = [row for row in csv.reader(lines, delimiter=_delimiter(header)) if row][:_LOOKED_AT]
    except csv.Error:
        return []
    return rows if {len(row) for row in rows[:-1] or rows} == {width} else []


def _is_header(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a first row that holds no usual name can be no data: other things stand below it.

    when,code,answer
    2026-11-21T10:00:00Z,404,"<ApiErrors>…</ApiErrors>"

    `agent1001,east,open` above `agent1002,west,closed` is a row as any other, and `INFO,main,started` a line.
    """
    whole = [row for row in rows if len(row) == len(columns)]
    if len(columns) <= _FEW or len(whole) < 2 or not all(map(_PLAIN.fullmatch, columns)):
        return False
    below = [*zip(*rows[:-1], strict=True)]
    is_apart = len({*columns}) == len(columns) and not any(map(tuple.__contains__, below, columns))
    return is_apart and sum(any(cells) and not any(map(_PLAIN.fullmatch, cells)) for cells in below) > 1


def _delimiter(header: bytes) -> str:
    text = header.decode("utf-8", "replace")
    return max(_DELIMITERS, key=text.count)


def _columns(header: bytes) -> list[str]:
    text = header.removeprefix(_BOM).decode("utf-8", "replace").strip("\r\n")
    try:
        return next(csv.reader([text], delimiter=_delimiter(header)), [])
    except csv.Error:  # a carriage return inside: no row names columns, and each row is a reject
        return []


def _pieces(stream: Stream) -> Iterator[Stream | Reject]:
    return _Cutter(stream).pieces()


class _Cutter:
    """Cuts a table at ends of rows: outside of quotes, where the number of quotes before is even.

    Where they stay odd for longer than a row may be, a quote was left open: that row is looked for.

    Args:
        stream: the table.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._line = stream.line
        self._offset = stream.offset
        self._data = b""
        self._is_all = False
        self._is_open = False  # in a row that is too long

    def pieces(self) -> Iterator[Stream | Reject]:
        while not self._is_all:
            self._read()
            if self._is_open:
                yield from self._reject(self._data.find(b"\n") + 1)
            while not self._is_open and (end := _rows_end(self._data) or self._odd_end()):
                data, line, offset = self._take(end)
                yield from placed(self._stream, portions(data, self._line - line, _rows_end), line, offset)
            if self._is_open and self._data:
                yield from self._reject(0)

    def _read(self) -> None:
        part = self._stream.file.read(_PIECE_BYTES)
        self._data, self._is_all = self._data + part, not part
        if not self._stream.head:
            separator = _SEPARATOR.match(self._data)
            self._take(separator.end() if separator else 0)
            head = self._data[:_HEADER_BYTES].partition(b"\n")[0]
            self._stream = evolve(self._stream, head=head)
            if separator:  # the row with the names is left out where the input begins
                self._take(len(head) + 1)

    def _odd_end(self) -> int:
        """Give the end of a first row whose quotes are odd, once it is too long or the last; 0 until then."""
        if len(self._data) <= _ROW_BYTES and not self._is_all:
            return 0
        lines = _Lines(self._data)
        _next(_rows(lines, self._stream))
        self._is_open = lines.at == len(self._data) and not self._is_all
        return 0 if self._is_open else lines.at

    def _reject(self, end: int) -> Iterator[Reject]:
        """Reject a row that is too long up to its end; all there is where that is not in view."""
        self._is_open = not end
        data, line, offset = self._take(end or len(self._data))
        yield from rejects(self._stream, _OPEN_ROW, data, line, offset)

    def _take(self, end: int) -> tuple[bytes, int, int]:
        taken = self._data[:end], self._line, self._offset
        self._data = self._data[end:]
        self._line, self._offset = self._line + taken[0].count(b"\n"), self._offset + end
        return taken


def _rows_end(data: bytes) -> int:
    """Give the end of the last whole row; 0 where none ends."""
    end = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, end)
    while end and quotes % 2:
        # Behind the last quote every end of line is inside of it.
        before = data.rfind(b"\n", 0, data.rfind(b'"', 0, end)) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end


def _read(stream: Stream) -> Iterator[Found]:
    for piece in [stream] if stream.head else _pieces(stream):
        yield from _read_rows(piece) if isinstance(piece, Stream) else (piece,)


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
    columns, whole = _columns(piece.head), piece.file.read()
    lines = _Lines(whole)
    rows = _rows(lines, piece)
    line, at = piece.line, 0
    while True:
        row, reason = _next(rows)
        data = whole[at : lines.at]
        if not data:
            return
        place = piece.source(line, piece.offset + at)
        if place.offset and reason:
            yield from rejects(piece, reason, data, line, piece.offset + at)
        elif place.offset and row:
            yield from _found(row, columns, piece, place, data)
        line += data.count(b"\n")
        at = lines.at


def _rows(lines: _Lines, piece: Stream) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_BYTES)  # the module's own limit is 128 KiB, less than a body may have
    return csv.reader(lines, delimiter=_delimiter(piece.head), strict=True)


def _next(rows: Iterator[list[str]]) -> tuple[list[str], str | None]:
    try:
        return next(rows, []), None
    except csv.Error as error:
        cut = "unexpected end of data" in str(error)
        return [], _CUT_ROW if cut else _BROKEN_ROW.format(error)


def _found(row: list[str], columns: list[str], piece: Stream, place: Source, data: bytes) -> Iterator[Found]:
    if len(columns) > _MOST_COLUMNS:
        yield Reject(place, _WIDE, data)
        return
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
