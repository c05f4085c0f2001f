"""Content-Encoding undone: tried, not trusted, and bounded (RFC 9110, section 8.4)."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any

from errnorm.record import Problem
from errnorm.vocabulary import ProblemCode

__all__ = ["decompress"]

_MAX_LAYERS = 3  # `Content-Encoding: gzip, br` exists; a body packed eight times is an attack
_MAX_MEMBERS = 64  # gzip allows several members one after another; each costs a copy of the rest
_GZIP, _ZLIB, _RAW_DEFLATE = 31, 15, -15  # `wbits` of zlib
_MARKS = ((b"\x1f\x8b\x08", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))

Unpacked = tuple[bytes, list[Problem]]


def decompress(data: bytes, declared: str | None, limit: int) -> Unpacked:
    """Undo the Content-Encoding of a body.

    A client library has often done so already and left the header: bytes that are no such encoding
    are taken as they are. gzip and zstd are also known by their first bytes.

    Args:
        data: the body as received.
        declared: the value of the Content-Encoding header, if any.
        limit: the most bytes to unpack.

    Returns:
        The plain bytes and the problems met; it never fails.

    Example:
        >>> import gzip
        >>> decompress(gzip.compress(b"<ApiErrors/>"), None, 100)
        (b'<ApiErrors/>', [])
    """
    problems: list[Problem] = []
    names = [name.strip().lower() for name in (declared or "").split(",")][::-1]
    for name in names[:_MAX_LAYERS]:
        data = _undo(data, _marked(data) or name, limit, problems)
    for _ in range(_MAX_LAYERS):
        data = _undo(data, _marked(data) or "", limit, problems)
    return data, problems


def _marked(data: bytes) -> str | None:
    return next((name for mark, name in _MARKS if data.startswith(mark)), None)


def _undo(data: bytes, name: str, limit: int, problems: list[Problem]) -> bytes:
    reader = _READERS.get(name)
    if reader is None or not data or problems:
        return data
    plain, found = reader(data, limit)
    problems += found
    return plain


def _zlib(*wbits: int) -> Callable[[bytes, int], Unpacked]:
    def unpack(data: bytes, limit: int) -> Unpacked:
        for bits in wbits:
            found = _inflate(data, bits, limit)
            if found:
                return found
        # No such encoding: a client that has unpacked the body leaves the header standing.
        return data, [_invalid()] if _marked(data) else []

    return unpack


def _inflate(data: bytes, bits: int, limit: int) -> Unpacked | None:
    plain = b""
    for _ in range(_MAX_MEMBERS):
        reader = zlib.decompressobj(bits)
        try:
            plain += reader.decompress(data, limit - len(plain))
        except zlib.error:
            return (plain, [_invalid()]) if plain else None
        if not reader.eof:
            return plain, [_too_large(limit)] if len(plain) >= limit else [_truncated()]
        data = reader.unused_data if bits == _GZIP else b""
        if not data or len(plain) >= limit:
            break
    return plain, [_too_large(limit)] if data else []


def _zstd(data: bytes, limit: int) -> Unpacked:
    library = _import("zstandard")
    if library is None:
        return data, [_unsupported("zstd")]
    try:
        with library.ZstdDecompressor().stream_reader(data, read_across_frames=True) as stream:
            plain = stream.read(limit + 1)
    except library.ZstdError:
        return data, [_invalid()] if _marked(data) else []
    return plain[:limit], [_too_large(limit)] if len(plain) > limit else []


def _brotli(data: bytes, limit: int) -> Unpacked:
    library = _import("brotli")
    if library is None:
        # Brotli has no mark of its own: text that can be read is not brotli any more.
        return data, [] if data.lstrip()[:1] in {b"<", b"{", b"["} else [_unsupported("br")]
    reader = library.Decompressor()
    try:
        plain = reader.process(data, output_buffer_limit=limit)
    except library.error:
        return data, []
    if len(plain) > limit:  # the limit of its buffer is a hint to brotli, not a bound
        return plain[:limit], [_too_large(limit)]
    return plain, [] if reader.is_finished() else [_truncated()]


def _import(name: str) -> Any:  # noqa: ANN401 - an optional library, or None
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_READERS: dict[str, Callable[[bytes, int], Unpacked]] = {
    "gzip": _zlib(_GZIP),
    "x-gzip": _zlib(_GZIP),
    # "deflate" is zlib by RFC 9110 and the bare stream by the habit of some servers.
    "deflate": _zlib(_ZLIB, _RAW_DEFLATE),
    "zstd": _zstd,
    "br": _brotli,
}


def _unsupported(name: str) -> Problem:
    return Problem(
        ProblemCode.ENCODING_UNSUPPORTED,
        f"The body is packed with {name}, and no library for it is installed. "
        "Install errnorm[compression], or give the body unpacked.",
    )


def _invalid() -> Problem:
    return Problem(ProblemCode.ENCODING_INVALID, "The body is packed, and its packing is damaged.")


def _truncated() -> Problem:
    return Problem(
        ProblemCode.ENCODING_TRUNCATED, "The packed body ends too early; its beginning could be read."
    )


def _too_large(limit: int) -> Problem:
    return Problem(
        ProblemCode.BODY_TOO_LARGE,
        f"The unpacked body is larger than the limit; its first {limit} bytes were read.",
        f"byte {limit}",
    )
