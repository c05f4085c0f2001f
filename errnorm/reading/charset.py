"""Bytes to text: an ordered list of evidence, and never a failure."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from errnorm.record import Problem
from errnorm.vocabulary import ProblemCode

__all__ = ["Text", "charset_of", "decode"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Only charsets of the web (WHATWG Encoding Standard), by name of Python's codec: a header must not
# choose `idna` or `punycode` (quadratic), `unicode_escape` or `zlib`.
_WEB = (
    "utf-8 utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be ascii iso8859-1 iso8859-2 iso8859-3 "
    "iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-13 iso8859-14 "
    "iso8859-15 iso8859-16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp874 cp866 "
    "koi8-r koi8-u shift_jis cp932 euc_jp iso2022_jp gb2312 gbk gb18030 big5 euc_kr cp949 mac-roman"
)
_ESCAPED = "iso2022_jp"
_CODECS = frozenset(_WEB.split())

# `charset="utf-8"` of a Content-Type, `encoding='UTF-8'` of an XML declaration, `<meta charset=utf-8>`.
_PARAMETER = re.compile(r"""charset\s*+=\s*+["']?([\w.:-]{1,40})""", re.IGNORECASE)
_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})["']""")
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
# The beginning of a character of UTF-8 that does not go on, and the first byte of one.
_BEGUN = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})(?=[\0-\x7f]|\Z)")
_LEADS = re.compile(rb"[\xc2-\xf4]")
_HEAD_BYTES = 1024  # both declarations stand at the top; HTML gives its <meta> 1024 bytes


class Text(NamedTuple):
    """A text with what is known about its making.

    Attributes:
        text: the characters; only what UTF-8 can write.
        charset: the charset it was read in.
        problems: what was guessed or replaced.
    """

    text: str
    charset: str
    problems: tuple[Problem, ...] = ()


def charset_of(content_type: str | None) -> str | None:
    """Give the charset that a Content-Type declares.

    Args:
        content_type: the header's value.

    Returns:
        The name as declared, None without one.

    Example:
        >>> charset_of('application/xml; charset="UTF-8"')
        'UTF-8'
    """
    found = _PARAMETER.search(content_type) if content_type else None
    return found[1] if found else None


def decode(data: bytes, declared: str | None = None) -> Text:
    """Read bytes as text.

    The evidence, best first: a byte order mark, the declared charset where the bytes fit it, the NUL
    bytes of UTF-16 and UTF-32, UTF-8 where the bytes fit it, the charset that an XML declaration or
    an HTML `<meta>` names, UTF-8 where it was cut inside of a few characters, windows-1252 (WHATWG
    Encoding Standard, section 4 and 6).

    Args:
        data: the bytes.
        declared: the charset that the Content-Type names, if any.

    Returns:
        The text; it never fails.

    Example:
        >>> decode("Größe".encode("cp1252")).charset
        'windows-1252'
    """
    if data.isascii() and b"\0" not in data:
        return _seven_bits(data, declared)
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], codec)
    return _declared(data, declared) or _without_mark(data, declared)


def _seven_bits(data: bytes, declared: str | None) -> Text:
    r"""Read ASCII, or ISO-2022-JP, which writes Japanese in seven bits: `\x1b$B8N>c\x1b(B`."""
    if b"\x1b" in data and (_codec(declared) or _codec(_written(data))) == _ESCAPED:
        return _strict(data, _ESCAPED) or _replacing(data, _ESCAPED)
    return Text(data.decode("ascii"), "utf-8")


def _marked(data: bytes, codec: str) -> Text:
    return _strict(data, codec) or _replacing(data, codec)


def _declared(data: bytes, declared: str | None) -> Text | None:
    codec = _codec(declared)
    # UTF-8 is tried below all the same, and ISO-8859-1 fits any bytes, so it proves nothing.
    return _strict(data, codec) if codec and codec not in {"iso8859-1", "cp1252", "ascii"} else None


def _without_mark(data: bytes, declared: str | None) -> Text:
    wide = _wide_codec(data)
    if wide:
        return _strict(data, wide) or _replacing(data, wide)
    found = _strict(data, "utf-8")
    if found:
        return found if _fits(declared, "utf-8") else _with(found, _mismatch(declared, "utf-8"))
    found = _with_surrogates(data)
    if found:
        return found
    written = _codec(_written(data))
    if written:
        return _strict(data, written) or _guessed(data)
    return _single_byte(data) if declared and _fits(declared, "iso8859-1", "cp1252") else _guessed(data)


def _codec(name: str | None) -> str | None:
    try:
        found = codecs.lookup(name).name if name else None
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return None
    return found if found in _CODECS else None


def _fits(declared: str | None, *names: str) -> bool:
    return declared is None or _codec(declared) in {*names, "ascii"}


def _strict(data: bytes, codec: str) -> Text | None:
    try:
        reader = codecs.getincrementaldecoder(codec)()
        text = reader.decode(data, False)
    except UnicodeError:  # UTF-16 without its mark is one, and no UnicodeDecodeError
        return None
    # A body may end inside a character: b"<ErrorMessage>Gr\xc3". The open bytes stand in `raw`.
    rest = len(reader.getstate()[0])
    return Text(text, _label(codec), (_replaced(len(data) - rest),) if rest else ())


def _label(codec: str) -> str:
    return codec.replace("cp125", "windows-125")  # Python's name and the web's


def _with_surrogates(data: bytes) -> Text | None:
    """Read UTF-8 with surrogates in it: Java's own UTF-8, or a Python str with half a character."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return Text(
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "utf-8", (_replaced(None),)
    )


def _replacing(data: bytes, codec: str) -> Text:
    return Text(data.decode(codec, "replace"), _label(codec), (_replaced(None),))


def _single_byte(data: bytes) -> Text:
    # "ISO-8859-1" on the web means windows-1252; five bytes have no meaning in it and become U+FFFD.
    return _strict(data, "cp1252") or _replacing(data, "cp1252")


def _guessed(data: bytes) -> Text:
    found = _cut_inside(data)
    if found:
        return found
    guess = Problem(
        ProblemCode.CHARSET_GUESSED,
        "The bytes are no UTF-8 and nothing names another charset; they are read as windows-1252.",
    )
    return _with(_single_byte(data), guess)


def _cut_inside(data: bytes) -> Text | None:
    r"""Read UTF-8 that was cut inside of characters and goes on: `{"sent":"für M\xc3","status":400}`.

    All the rest is UTF-8, and has as many whole characters beyond ASCII: other charsets write none, or by
    chance.
    """
    rest, broken = _BEGUN.subn(b"", data)
    if _strict(rest, "utf-8") is None or len(_LEADS.findall(rest)) < broken:
        return None
    return _replacing(data, "utf-8")


def _wide_codec(data: bytes) -> str | None:
    # Without a mark, `<` or `{` between NUL bytes tells width and order (RFC 4627, section 3).
    if data.count(0) * 3 < len(data):
        return None
    return _NULS.get(tuple(byte == 0 for byte in data[:4]))


_NULS: dict[tuple[bool, ...], str] = {
    (True, True, True, False): "utf-32-be",
    (False, True, True, True): "utf-32-le",
    (True, False, True, False): "utf-16-be",
    (False, True, False, True): "utf-16-le",
}


def _written(data: bytes) -> str | None:
    head = data[:_HEAD_BYTES]
    found = _DECLARATION.search(head) or _META.search(head)
    return found[1].decode("ascii", "replace") if found else None


def _with(text: Text, problem: Problem) -> Text:
    return Text(text.text, text.charset, (problem, *text.problems))


def _mismatch(declared: str | None, codec: str) -> Problem:
    named = f"as {_codec(declared)}" if _codec(declared) else "as a charset nobody knows"
    return Problem(
        ProblemCode.CHARSET_MISMATCH,
        f"The headers declare the body {named}, but its bytes are {codec}; they are read as {codec}.",
    )


def _replaced(where: int | None) -> Problem:
    return Problem(
        ProblemCode.TEXT_REPLACED,
        "Some bytes are no character of the charset; they stand in `raw` only.",
        None if where is None else f"byte {where}",
    )
