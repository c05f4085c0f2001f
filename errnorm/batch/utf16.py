"""Text in UTF-16 read as UTF-8: what `>` of Windows PowerShell 5 writes, and some exports of Windows.

Readers look for bytes of ASCII. A single body stays as it is: it may declare its own charset.
"""

from __future__ import annotations

import codecs
import re
from typing import IO, Final

__all__ = ["AsUtf8", "codec_of"]

_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_TEXT: Final = re.compile(rb"[^\0-\x08\x0e-\x1f]+")
_LOOKED_AT: Final = 64  # bytes; without a mark, nearly half of them are zeros


def codec_of(head: bytes) -> str | None:
    r"""Tell in which order of bytes a text is in UTF-16; None where it is not.

    Example:
        >>> codec_of(b"\xff\xfe{\0"), codec_of(b'\0{\0"\0a\0"'), codec_of(b"{}")
        ('utf-16-le', 'utf-16-be', None)
    """
    if head.startswith(codecs.BOM_UTF32_LE):
        return None
    start = head[:_LOOKED_AT]
    first, second = start[::2], start[1::2]
    if _TEXT.fullmatch(first) and _is_zeros(second):
        return "utf-16-le"
    if _TEXT.fullmatch(second) and _is_zeros(first):
        return "utf-16-be"
    return _MARKS.get(head[:2])


def _is_zeros(half: bytes) -> bool:
    """Tell whether most of these bytes are zeros, as with letters; of `€` both bytes are something else."""
    return half.count(0) * 4 > len(half) * 3


class AsUtf8:
    """A file in UTF-16, as UTF-8; half a character at its end is U+FFFD.

    Args:
        file: the file, from which only `read` is called.
        codec: as `codec_of` gives it.
    """

    def __init__(self, file: IO[bytes], codec: str) -> None:
        self._file = file
        # Half a surrogate pair is no reason to end: who reads the text rejects it.
        self._decoder = codecs.getincrementaldecoder(codec)("surrogatepass")

    def read(self, size: int) -> bytes:
        """Give at most so many of the next bytes, and some unless it is the end."""
        # Two bytes become at most three, and four where they end a character that was begun before.
        while data := self._file.read(max(2, (size - 1) // 3 * 2)):
            if text := self._decoder.decode(data):
                return text.encode("utf-8", "surrogatepass")
        left, _ = self._decoder.getstate()
        self._decoder.reset()
        return b"\xef\xbf\xbd" if left else b""
