"""Inputs: files, folders, patterns, standard input; each plain, packed, or an archive; opened one by one.

What an input is packed with is known by its first bytes, never by its name.
"""

from __future__ import annotations

import glob
import io
import os
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from attrs import define, frozen

from errnorm.batch.tar import EndedError, files_in_tar

__all__ = ["HEAD_BYTES", "Input", "Member", "expand", "members", "written"]

HEAD_BYTES = 65_536
"""How much of a stream is looked at to tell its form."""

_READ_BYTES = 1 << 20
_STDIN = "-"
_MAX_LAYERS = 3  # `logs.tar.gz` with `.gz` inside is three; more is an attack
_UNPACKED_BYTES = 1 << 13  # at once: so much is lost where the next bytes are damaged
_LAST_BYTES = 64  # of a packed file: its checksums, and in xz the index behind them
_XZ_BYTES = 72 << 20  # `xz -9` asks for 65 MiB to unpack
_NO_ZIP = (
    "The list of its members stands at its end: look whether it was cut off, and repair it with zip -FF."
)
_TAR_MARK = slice(257, 262)  # "ustar", POSIX.1-1988


@frozen
class Input:
    """One input of a run.

    Attributes:
        name: the file name as given or found, `-` for standard input.
        size: bytes on disk; 0 where nobody knows.
        changed: when the file was last changed, in nanoseconds; 0 where nobody knows.
    """

    name: str
    size: int = 0
    changed: int = 0


@define
class Member:
    """The plain bytes of an input, or of one member of an archive; reading it never fails.

    Attributes:
        name: name of the member in its archive; None for an input that is no archive.
        head: its first bytes, which `read` gives again.
        error: a sentence, once it could not be read to its end.
        file: what is read after the head; None once nothing is left.
    """

    name: str | None
    head: bytes = b""
    error: str | None = None
    file: Any = None
    _given: int = 0

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes, fewer only at the end; `error` says when the end came too early."""
        size = sys.maxsize if size < 0 else size
        first = self.head[self._given : self._given + size]
        self._given += len(first)
        return first + self._guarded(size - len(first)) if first else self._guarded(size)

    def _guarded(self, size: int) -> bytes:
        parts = []
        while size > 0 and self.file is not None:
            try:
                # `read` would throw away what it has when a packed file turns out to be cut.
                part = self.file.read1(min(size, _READ_BYTES))
            except _BROKEN as error:
                self.error, self.file = _why(error), None
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def expand(inputs: Iterable[str | os.PathLike[str]]) -> list[Input]:
    """Give the inputs of a run in their order: a folder's files by name, a pattern's likewise.

    Args:
        inputs: files, folders, patterns such as `logs/**/*.gz`, and `-` for standard input.

    Returns:
        One input a file, each once. A name that leads to no file is kept: opening it tells why.

    Example:
        >>> [found.name for found in expand(["-", "no-such-file"])]
        ['-', 'no-such-file']
    """
    names: dict[str, str] = {}  # by the file that each leads to: `latest.log` may be a link to its neighbour
    for given in inputs:
        for name in _names(os.fspath(given)):
            names.setdefault(_file_of(name), name)
    return [_input(name) for name in names.values()]


def _file_of(name: str) -> str:
    try:
        return name if name == _STDIN else os.path.realpath(name)
    except (OSError, ValueError):  # opening it will tell
        return name


def written(name: str) -> str:
    r"""Give a file name as it can be written; a byte that is no UTF-8 stands as Python holds it.

    Example:
        >>> written("gateway.log"), written("gr\udcfcn.log")
        ('gateway.log', 'gr\\udcfcn.log')
    """
    return name.encode("utf-8", "backslashreplace").decode()


def _names(given: str) -> Iterator[str]:
    if Path(given).is_dir():
        yield from _files(given)
    elif given == _STDIN or Path(given).exists() or not glob.has_magic(given):
        yield given
    else:
        found = sorted(glob.glob(given, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        yield from (name for path in found for name in _names(path)) if found else [given]


def _files(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        yield from (str(path) for name in sorted(files) if not _waits(path := Path(place, name)))


def _waits(path: Path) -> bool:
    """Tell whether a file of a folder is none: to open a pipe that nobody writes to would wait for ever."""
    return path.is_fifo() or path.is_socket() or path.is_char_device() or path.is_block_device()


def _input(name: str) -> Input:
    try:
        facts = Path(name).stat()
    except (OSError, ValueError):  # it is standard input, or opening it will tell
        return Input(name)
    return Input(name, facts.st_size, facts.st_mtime_ns)


def members(source: Input, seen: Callable[[int], None] = lambda _: None) -> Iterator[Member]:
    """Open an input, unpack it, and give what is in it, one after the other.

    Args:
        source: the input.
        seen: is told how many bytes of the file on disk have been read since it was told before.

    Yields:
        The members of an archive, or the input itself. One that cannot be opened has no bytes and an
        `error`. A member is read before the next one is asked for.

    Example:
        >>> import tempfile, gzip
        >>> with tempfile.NamedTemporaryFile() as file:
        ...     _ = file.write(gzip.compress(b"one ") + gzip.compress(b"two")), file.flush()
        ...     [member.read() for member in members(Input(file.name))]
        [b'one two']
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(_opened(source.name))
        except (OSError, ValueError, AttributeError) as error:
            yield Member(
                None, error=f"It could not be opened: {_reason(error)}. Look at its name and rights."
            )
            return
        _widen(file)
        yield from _unpacked(_Counted(file, seen), None, _MAX_LAYERS)


def _opened(name: str) -> IO[bytes]:
    if name == _STDIN:
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    return Path(name).open("rb", buffering=0)


def _widen(file: IO[bytes]) -> None:
    """Let a pipe hold a MiB: of the 64 KiB that it holds on Linux, each costs a change of processes."""
    with suppress(ImportError, AttributeError, OSError):  # another system, no pipe, or too many pipes
        fcntl = import_module("fcntl")
        fcntl.fcntl(file.fileno(), fcntl.F_SETPIPE_SZ, _READ_BYTES)


class _Counted(io.RawIOBase):
    """A file that tells how far it has been read; seeking is left to archives that need it.

    A zip archive is read from its end first, where the list of its members stands, and then each member
    from some bytes before it: what was told of is not told again, nor what was jumped ahead to.
    """

    def __init__(self, file: IO[bytes], seen: Callable[[int], None]) -> None:
        self._inner = file
        self._seen = seen
        self._at = self._told = 0

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        count: int = self._inner.readinto(buffer)  # type: ignore[attr-defined]
        is_ahead = self._at > self._told + HEAD_BYTES
        self._at += count
        if self._at > self._told and not is_ahead:
            self._seen(self._at - self._told)
            self._told = self._at
        return count

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._inner.seekable()

    def seek(self, place: int, whence: int = 0) -> int:
        self._at = self._inner.seek(place, whence)
        return self._at

    def tell(self) -> int:
        return self._at


def _unpacked(raw: Any, name: str | None, layers: int) -> Iterator[Member]:  # noqa: ANN401 - any file
    """Look at the first bytes, unpack as long as they are a packing's, and go into archives."""
    member, file = _peeked(raw, name)
    packing = next((p for p in _PACKINGS if member.head.startswith(p.mark)), None)
    if packing and layers:
        try:
            inner = packing.open(file)
        except ImportError:
            yield Member(name, error=f"It is packed with {packing.name}; {packing.advice}")
            return
        yield from _unpacked(inner, name, layers - 1)
    elif member.head[_TAR_MARK] == b"ustar" and layers:
        yield from _in_tar(file, name, layers - 1)
    elif member.head.startswith(b"PK\x03\x04") and layers:
        yield from _in_zip(file, name, layers - 1)
    else:
        yield member


def _peeked(raw: Any, name: str | None) -> tuple[Member, Any]:  # noqa: ANN401 - any file
    """Read the head, and give a member and a file that both begin with it."""
    file = io.BufferedReader(raw, HEAD_BYTES) if isinstance(raw, io.RawIOBase) else raw
    member = Member(name, file=file)
    member.head = member.read(HEAD_BYTES)
    return member, _Rejoined(member)


class _Rejoined(io.RawIOBase):
    """A member as a file: its head, and what comes after; a file that can seek is sought through."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        data = self._member.read(len(buffer))
        buffer[: len(data)] = data
        if not data and self._member.error:
            raise EndedError(self._member.error)
        return len(data)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._member.file and self._member.file.seekable())

    def seek(self, place: int, whence: int = 0) -> int:
        self._member.head = b""  # from here on the file itself is read, wherever one goes
        return int(self._member.file.seek(place, whence))

    def tell(self) -> int:
        return int(self._member.file.tell())


def _within(name: str | None, member: str) -> str:
    """Give the name of a member of an archive, which may stand in another one: `node1.tgz/app.log`."""
    return member if name is None else f"{name}/{member}"


def _in_tar(file: Any, name: str | None, layers: int) -> Iterator[Member]:  # noqa: ANN401 - any file
    try:
        for member, inner in files_in_tar(io.BufferedReader(file, 1 << 20)):
            yield from _unpacked(inner, _within(name, written(member)), layers)
    except _BROKEN as error:
        yield Member(name, error=_why(error))


def _in_zip(file: Any, name: str | None, layers: int) -> Iterator[Member]:  # noqa: ANN401 - any file
    if not file.seekable():
        yield Member(name, error="A zip archive can only be read from a file. Unpack it, or give its name.")
        return
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield from _zipped(archive, info, _within(name, info.filename), layers)
    except zipfile.BadZipFile as error:
        yield Member(name, error=f"It could not be read as a zip archive: {_reason(error)}. {_NO_ZIP}")
    except _BROKEN as error:
        yield Member(name, error=_why(error))


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, layers: int) -> Iterator[Member]:
    try:
        inner = archive.open(info)
    except (RuntimeError, NotImplementedError) as error:  # a password, a method that zipfile has not
        yield Member(name, error=f"It could not be unpacked: {error}. Unpack it, and give the file.")
        return
    with inner:
        yield from _unpacked(inner, name, layers)


@frozen
class _Packing:
    """A way of packing: its name, its first bytes, and what finds its library."""

    name: str
    mark: bytes
    find: Callable[[], Callable[[], Any]]

    def open(self, file: Any) -> Any:  # noqa: ANN401 - any file
        """Open a packed file; ImportError where its library is missing."""
        return io.BufferedReader(_Unpacker(file, self.find()), HEAD_BYTES)

    @property
    def advice(self) -> str:
        """What to do where its library is missing."""
        return "install errnorm[batch], or give it unpacked."


class _Unpacker(io.RawIOBase):
    """What is packed, in one stream or several, up to the byte where it is damaged or cut.

    The files of `gzip`, `bz2` and `lzma` throw away what they have unpacked when they come to that, and
    `LZMAFile` takes as much memory as its file asks for, up to 4 GiB.

    Args:
        file: the packed file.
        begin: gives what unpacks a stream, an object as `lzma.LZMADecompressor` is one.
    """

    def __init__(self, file: Any, begin: Callable[[], Any]) -> None:  # noqa: ANN401 - any file
        self._file = file
        self._begin = begin
        self._stream: Any = None
        self._held = b""
        self._error: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        while True:
            data = self._next()
            if self._stream is None:
                return 0
            part = self._stream.decompress(data, min(len(buffer), _UNPACKED_BYTES))
            if part:
                buffer[: len(part)] = part
                return len(part)

    def _next(self) -> bytes:
        """Give the next packed bytes, and begin a stream where one has ended; none at the end."""
        if self._stream and not self._stream.eof:
            data = self._read() if self._stream.needs_input else b""
            if self._stream.needs_input and not data:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            return data
        data = self._stream.unused_data if self._stream else b""
        # Padding may stand between streams: section 2.2 of the format of xz; `tar` pads gzip as well.
        while not (data := data.lstrip(b"\0")) and (part := self._read()):
            data = part
        self._stream = self._begin() if data else None
        return data

    def _read(self) -> bytes:
        """Give the next packed bytes, the last ones one by one: what is before a wrong checksum is kept."""
        data = self._held
        while len(data) <= _LAST_BYTES and (part := self._part()):
            data += part
        if self._error and not data:
            raise self._error
        at = max(len(data) - _LAST_BYTES, 1)
        data, self._held = data[:at], data[at:]
        return data

    def _part(self) -> bytes:
        """Read on; an error of what is below comes when all before it has been unpacked."""
        try:
            part: bytes = b"" if self._error else self._file.read(HEAD_BYTES)
        except _BROKEN as error:
            self._error = error
            return b""
        return part


class _Inflater:
    """What unpacks gzip where isal is missing: `zlib.decompressobj` with the face of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._is_full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._is_full and not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, most: int) -> bytes:
        part = self._inner.decompress(self._inner.unconsumed_tail + data, most)
        self._is_full = len(part) == most
        return part


def _gzip() -> Callable[[], Any]:
    try:
        igzip_lib = import_module("isal.igzip_lib")  # several times the speed, with the same checks
    except ImportError:
        return _Inflater
    return partial(igzip_lib.IgzipDecompressor, flag=igzip_lib.DECOMP_GZIP)


def _bz2() -> Callable[[], Any]:
    begin: Callable[[], Any] = import_module("bz2").BZ2Decompressor
    return begin


def _xz() -> Callable[[], Any]:
    return partial(import_module("lzma").LZMADecompressor, memlimit=_XZ_BYTES)


def _zstd() -> Callable[[], Any]:
    home = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    begin: Callable[[], Any] = import_module(home).ZstdDecompressor
    return begin


_PACKINGS = (
    _Packing("gzip", b"\x1f\x8b\x08", _gzip),
    _Packing("zstd", b"\x28\xb5\x2f\xfd", _zstd),
    _Packing("bz2", b"BZh", _bz2),
    _Packing("xz", b"\xfd7zXZ\x00", _xz),
)


def _broken() -> tuple[type[Exception], ...]:
    """Give what the openers above raise on damaged bytes."""
    found: list[type[Exception]] = [OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile]
    for module, name in (
        ("lzma", "LZMAError"),
        ("isal.igzip_lib", "IsalError"),
        ("backports.zstd", "ZstdError"),
        ("compression.zstd", "ZstdError"),
    ):
        try:
            found.append(getattr(import_module(module), name))
        except ImportError:
            continue
    return tuple(found)


_BROKEN = _broken()


def _why(error: Exception) -> str:
    if isinstance(error, EndedError):
        return str(error)
    return f"It could not be read to its end: {_reason(error)}. What comes before that was read."


def _reason(error: Exception) -> str:
    if isinstance(error, AttributeError):
        return "it is closed"  # sys.stdin is None: the shell has closed standard input
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).rstrip(".")
