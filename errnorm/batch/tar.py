"""The files of a tar archive, up to the byte where it is damaged or cut (POSIX.1-1988, pax, GNU).

`tarfile` gives nothing of a file that is cut, ends without a word at a header that is damaged or cut, and
takes the end of the first archive for the end of several. Here what is missing of a file is made up with
zeros, which are taken off again, and headers are looked for behind what is damaged.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import Any, Final, cast

__all__ = ["EndedError", "files_in_tar"]

_BLOCK: Final = tarfile.BLOCKSIZE
_READ_BYTES: Final = 1 << 18
# `tarfile` has them, and its stubs do not.
_NO_HEADER: Final[type[Exception]] = vars(tarfile)["InvalidHeaderError"]
_NO_NEXT_HEADER: Final[type[Exception]] = vars(tarfile)["SubsequentHeaderError"]
_CUT: Final = "It ends in the middle of the archive. What comes before that was read."
_DAMAGED: Final = "A header of the archive is damaged. What was found before and behind it was read."


class EndedError(EOFError):
    """A file ended too early, or is damaged; it says so in a sentence."""


def files_in_tar(file: Any) -> Iterator[tuple[str, io.RawIOBase]]:  # noqa: ANN401 - any file
    """Give the files of an archive, each to be read before the next one is asked for.

    Args:
        file: the archive, from which only `read1` is called; it raises `EndedError` where it ends too early.

    Yields:
        The name and the bytes; these raise `EndedError` where the archive ends before them.

    Raises:
        EndedError: at the end, when a header is damaged or the archive ends between two files.
        tarfile.TarError: when it is none.
    """
    source = _Source(file)
    damaged: list[str] = []
    stream, header = cast("Any", source), _header(damaged)
    try:
        with tarfile.open(fileobj=stream, mode="r|", ignore_zeros=True, tarinfo=header) as archive:
            for info in archive:
                pieces = _pieces_of(info)
                source.needed = info.offset_data + -(-sum(size for _, size in pieces) // _BLOCK) * _BLOCK
                inner = archive.extractfile(info) if info.isfile() else None
                if inner is not None:
                    yield info.name, _Part(inner, source, info.offset_data, pieces)
                if source.is_short:
                    break  # nothing stands behind, and a header may ask for any number of zeros
    except (ValueError, OverflowError) as error:  # numbers in a header that are none
        raise EndedError(_DAMAGED) from error
    if damaged:
        raise EndedError(_DAMAGED)
    if not (source.is_whole or source.is_told):
        raise EndedError(source.why)


def _pieces_of(info: tarfile.TarInfo) -> list[tuple[int, int]]:
    """Give where pieces of a file begin, and their lengths: of a sparse one the holes are left out."""
    sparse: list[tuple[int, int]] | None = getattr(info, "sparse", None)
    return [(0, info.size)] if sparse is None else sparse


def _header(damaged: list[str]) -> type[tarfile.TarInfo]:
    """Give a kind of header that notes why another one is none."""

    class Header(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: Any, encoding: str, errors: str) -> Any:  # noqa: ANN401 - as in `tarfile`
            try:
                return super().frombuf(buf, encoding, errors)
            except _NO_HEADER as error:
                damaged[:] = [str(error)]
                raise

        @classmethod
        def fromtarfile(cls, tarfile: Any) -> Any:  # noqa: ANN401 - as in `tarfile`
            try:
                return super().fromtarfile(tarfile)
            except _NO_NEXT_HEADER as error:
                # Behind a long name or pax header: the search goes on behind what was read.
                tarfile.offset = tarfile.fileobj.tell() - _BLOCK
                damaged[:] = [str(error)]
                raise _NO_HEADER(str(error)) from error

    return Header


class _Source:
    """The bytes of an archive, with zeros behind them as far as a file of it goes on.

    Attributes:
        needed: how far the file goes that is read.
        size: how many bytes there are; None until the end was met.
        why: why they end, a sentence.
        is_told: a file of it was cut, and said why.
    """

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - any file
        self._file = file
        self._given = 0
        self._last = b""
        self.needed = 0
        self.size: int | None = None
        self.why = _CUT
        self.is_told = False

    @property
    def is_short(self) -> bool:
        """True where the file that is read ends behind the archive."""
        return self.size is not None and self.size < self.needed

    @property
    def is_whole(self) -> bool:
        """True where it ends with the end mark, a block of zeros."""
        return self.why is _CUT and not self._last.strip(b"\0")

    def read(self, size: int) -> bytes:
        """Give the next bytes."""
        data = self._next(size) or bytes(max(0, min(size, self.needed - self._given)))
        self._given += len(data)
        return data

    def _next(self, size: int) -> bytes:
        if self.size is not None:
            return b""
        try:
            data: bytes = self._file.read1(size)  # `read` loses what stands before the end
        except EndedError as error:
            data, self.why = b"", str(error)
        if data:
            self._last = (self._last + data)[-_BLOCK:]
        else:
            self.size = self._given
        return data


class _Part(io.RawIOBase):
    """A file of an archive, without the zeros that are not its own."""

    def __init__(self, inner: Any, source: _Source, start: int, pieces: list[tuple[int, int]]) -> None:  # noqa: ANN401 - any file
        self._inner = inner
        self._source = source
        self._start = start
        self._pieces = pieces
        self._at = 0
        self._is_cut = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        if self._is_cut:
            self._source.is_told = True
            raise EndedError(self._source.why)
        data = self._inner.read(min(len(buffer), _READ_BYTES))
        end = self._end
        if end is not None and self._at + len(data) > end:
            data = data[: max(0, end - self._at)]
            self._is_cut = True
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data) or (self.readinto(buffer) if self._is_cut else 0)

    @property
    def _end(self) -> int | None:
        """Give how far the file is there; None where it is not cut."""
        if not self._source.is_short or self._source.size is None:
            return None
        left = self._source.size - self._start
        for place, size in self._pieces:
            if left < size:
                return place + max(0, left)
            left -= size
        return None
