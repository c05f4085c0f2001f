r"""Where a payload begins and ends, by syntax alone: braces through strings, tags to their end tag.

A log carries a payload as it is, or escaped once or more for what carries it:

    <ApiErrors>…                                            XML
    &lt;ApiErrors&gt;…                                      XML in XML or HTML
    "body":"<ApiErrors>\n <ApiError a=\"1\">…              XML in a JSON string
    {"code":1011}                                           JSON
    {\"code\":1011}                                         JSON in a JSON string
    {&quot;code&quot;:1011}                                 JSON in XML or HTML
    {code: 1011}                                            JavaScript

Nothing here knows a vendor. Every function reads each byte a fixed number of times.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Final, NamedTuple

__all__ = [
    "Enclosure",
    "Writing",
    "carrier_end",
    "enclosing",
    "json_end",
    "json_escapes",
    "opener_after",
    "plain",
    "tag_end",
    "writing_at",
]


class Writing(NamedTuple):
    r"""How a JSON text is written down.

    Attributes:
        unit: bytes that stand for one backslash of the JSON's own: 1 plain, 2 in a JSON string (`\"` is a
            quote there), 4 in a JSON string inside another.
        is_html: quotes are `&quot;`.
    """

    unit: int = 1
    is_html: bool = False

    @property
    def depth(self) -> int:
        """How many times it has been escaped for a JSON string."""
        return self.unit.bit_length() - 1


class Scan(NamedTuple):
    """How far a JSON text was followed.

    Attributes:
        end: behind its last brace; None where it is still open.
        string: where the string begins in which it stopped, None outside of strings.
        stop: where the string that carries the whole text ends, if it ended first.
    """

    end: int | None
    string: int | None = None
    stop: int | None = None


class Enclosure(NamedTuple):
    """The outermost object or list around a place.

    Attributes:
        start: its opening brace.
        writing: how it is written.
        string: where the string begins that the place lies in, None outside of strings.
    """

    start: int
    writing: Writing
    string: int | None


_OPENER: Final = re.compile(
    rb"""\{(?:\s|\\+[nrt])*+(?:\\*+["']|&(?:quot|\#34|\#x22);|[A-Za-z_$][\w$]{0,80}+\s*+:)
       |\[(?:\s|\\+[nrt])*+(?=\{|\\*+["']|&(?:quot|\#34|\#x22);)""",
    re.VERBOSE,
)
# From its first backslash on: a run of a thousand is looked at once, not a thousand times.
_FIRST_QUOTE: Final = re.compile(rb"(?<!\\)(\\*+)(\"|&(?:quot|#34|#x22);)")
_QUOTE_WITHIN: Final = 400  # from the opening brace to the first quote, indentation included
_MARKS: Final = re.compile(rb"(?<!\\)(\\*+)([\"'])|[{}\[\]]")
_HTML_MARKS: Final = re.compile(rb"(?<!\\)(\\*+)(&(?:quot|#34|#x22|#39|apos);)|[{}\[\]]")
_MOST_UNIT: Final = 8
# Plain JSON is most of all: its strings are passed over as wholes, a lone quote is one that does not end.
# The end is a mark as well: without it a long end without a mark would be tried from each of its characters.
_PLAIN_MARK: Final = re.compile(
    rb"""(?:[^{}\[\]"']++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')*+([{}\[\]"']|\Z)""",
    re.DOTALL,
)


def writing_at(data: bytes, start: int) -> Writing:
    r"""Tell how the object that opens here is written, by its first quote.

    Example:
        >>> writing_at(rb'{\"code\":1011}', 0).unit, writing_at(b"{code: 1011}", 0).unit
        (2, 1)
    """
    found = _FIRST_QUOTE.search(data, start, start + _QUOTE_WITHIN)
    if not found:
        return Writing()
    unit = len(found[1]) + 1
    return Writing(unit if unit in {1, 2, 4, _MOST_UNIT} else 1, found[2] != b'"')


def json_end(data: bytes, start: int, limit: int, writing: Writing) -> Scan:
    r"""Follow an object or list to its last brace.

    Args:
        data: the log.
        start: its opening brace.
        limit: how far to go.
        writing: how it is written.

    Returns:
        Where it ends, or how it stood when the limit or the end of its carrier came.

    Example:
        >>> json_end(b'{"a": "}"} and more', 0, 19, Writing()).end
        10
        >>> json_end(rb'"{\"a\": \"cut" and more', 1, 24, Writing(2)).stop
        14
    """
    if writing == _PLAIN:
        return _plain_end(data, start, limit)
    depth, string, begun, unit = 0, None, start, writing.unit
    marks = _HTML_MARKS if writing.is_html else _MARKS
    for found in marks.finditer(data, start, limit):
        mark = found[2]
        if mark is None:
            if string is None:
                depth += 1 if data[found.start()] in b"{[" else -1
                if depth == 0:
                    return Scan(found.end())
            continue
        escapes = len(found[1])
        if mark == b'"' and escapes < unit - 1:
            return Scan(None, begun if string else None, found.start())
        if string is None:
            string, begun = mark, found.end()
        elif mark == string and _closes(escapes, unit, mark):
            string = None
    return Scan(None, begun if string else None)


def _plain_end(data: bytes, start: int, limit: int) -> Scan:
    depth = 0
    for found in _PLAIN_MARK.finditer(data, start, limit):
        mark = found[1]
        if not mark:
            break
        if mark in _QUOTES:
            return Scan(None, found.end())
        depth += 1 if mark in _OPENING else -1
        if depth == 0:
            return Scan(found.end())
    return Scan(None)


_PLAIN: Final = Writing()
_QUOTES: Final = frozenset({b'"', b"'"})
_OPENING: Final = frozenset({b"{", b"["})


def _closes(escapes: int, unit: int, mark: bytes) -> bool:
    r"""Tell whether a quote ends its string: `"` and `\\"` do, `\"` does not."""
    own = escapes // unit if mark == b"'" else (escapes + 1) // unit - 1
    return own % 2 == 0


def enclosing(data: bytes, start: int, place: int) -> Enclosure | None:
    """Give the outermost object or list that is open at a place.

    Args:
        data: the log.
        start: where to begin, outside of any object.
        place: the place.

    Returns:
        The object, None where the place lies in none.

    Example:
        >>> enclosing(b'body={"event": "session_error"}', 0, 16)
        Enclosure(start=5, writing=Writing(unit=1, is_html=False), string=16)
    """
    while found := _OPENER.search(data, start, place + _QUOTE_WITHIN):
        if found.start() >= place:
            return None
        writing = writing_at(data, found.start())
        scan = json_end(data, found.start(), place, writing)
        if scan.end is None and scan.stop is None:
            return Enclosure(found.start(), writing, scan.string)
        start = scan.end or (scan.stop or 0) + 1
    return None


def opener_after(data: bytes, start: int, limit: int) -> int | None:
    """Give the opening brace that follows at once, but for a colon, a quote or the like."""
    found = _AFTER.match(data, start, limit)
    return found.end() if found and _OPENER.match(data, found.end()) else None


_AFTER: Final = re.compile(rb"[^\w\s{\[]{0,3}\ {0,3}[^\w\s{\[]{0,3}\s{0,2}")


@cache
def _tags(name: bytes, opener: bytes) -> re.Pattern[bytes]:
    """Find the tags of a name; group 1 in an end tag, group 2 what stands behind the name."""
    own = re.escape(name)
    if opener == b"<":
        return re.compile(rb"<(\\*+/)?(?:[\w.-]{1,40}:)?" + own + rb"((?![\w.-])[^<>]*+)>")
    if opener.startswith(b"&"):
        close = re.escape(opener.replace(b"lt", b"gt"))
        return re.compile(
            re.escape(opener) + rb"(\\*+/)?" + own + rb"((?![\w.-])(?:(?!&[lga][tm])[^<>])*+)" + close
        )
    slashes = re.escape(opener[:-5])
    return re.compile(slashes + rb"u003[cC](\\*+/)?" + own + rb"((?![\w.-])[^<>]*?)" + slashes + rb"u003[eE]")


def tag_end(data: bytes, start: int, limit: int, name: bytes, opener: bytes) -> int | None:
    r"""Follow an element to its end tag.

    Args:
        data: the log.
        start: its start tag.
        limit: how far to go.
        name: its name, without a prefix.
        opener: what `<` is written as: `<`, `&lt;`, `&amp;lt;`, `\u003c`.

    Returns:
        Where it ends; None where it is still open.

    Example:
        >>> tag_end(b"&lt;Update&gt;&lt;Update/&gt;&lt;/Update&gt; ok", 0, 48, b"Update", b"&lt;")
        44
    """
    depth = 0
    for found in _tags(name, opener).finditer(data, start, limit):
        is_empty = found[2].endswith((b"/", b"\\/"))
        depth += 0 if is_empty else -1 if found[1] else 1
        if depth <= 0:
            return found.end()
    return None


_QUOTE: Final = re.compile(rb"(?<!\\)(\\*+)\"")


def json_escapes(data: bytes, start: int, place: int) -> int:
    r"""Tell how many JSON strings a place lies in, by the quotes before it in its line.

    Example:
        >>> line = rb'{"body":"said: {\"xml\":\"<ApiErrors>'
        >>> json_escapes(line, 0, len(line) - 11)
        2
    """
    if data.find(b'"', start, place) < 0:
        return 0
    quotes = [len(found[1]) for found in _QUOTE.finditer(data, start, place)]
    if quotes.count(0) % 2 == 0:
        return 0
    return (quotes[-1] + 1).bit_length()


def carrier_end(data: bytes, start: int, limit: int, escapes: int) -> int | None:
    r"""Give where the JSON string ends that carries a text: at a quote with too few backslashes.

    Example:
        >>> carrier_end(rb'<a b=\"1\"><cde", "d": 1', 0, 24, 1)
        15
    """
    if not escapes:
        return None
    every = _QUOTE.finditer(data, start, limit)
    return next((found.start() for found in every if len(found[1]) < (1 << escapes) - 1), None)


_HALF_ESCAPE: Final = re.compile(rb"(?<!\\)\\++(?:u[0-9a-fA-F]{0,3})?\Z")
_SIMPLE_ESCAPE: Final = re.compile(rb"\\([\"'\\/])")
# The ampersand last: `&amp;lt;` is `&lt;`. The standard library's `unescape` brings all of `urllib.request`.
_ENTITIES: Final = (
    (b"&lt;", b"<"),
    (b"&gt;", b">"),
    *((entity, b'"') for entity in (b"&quot;", b"&#34;", b"&#x22;")),
    *((entity, b"'") for entity in (b"&apos;", b"&#39;", b"&#x27;")),
    (b"&amp;", b"&"),
)


def plain(data: bytes, *, json_depth: int = 0, html_depth: int = 0) -> bytes:
    r"""Take the escapes of the carrier off a payload.

    Args:
        data: the payload as it stands in the log.
        json_depth: how many JSON strings it lies in.
        html_depth: how many times it was escaped for XML or HTML.

    Example:
        >>> plain(rb'{\"code\":1011}', json_depth=1), plain(b"&lt;Update/&gt;", html_depth=1)
        (b'{"code":1011}', b'<Update/>')
    """
    for _ in range(json_depth if b"\\" in data else 0):
        data = _out_of_json(data)
    for _ in range(html_depth):
        for entity, meant in _ENTITIES:
            data = data.replace(entity, meant)
    return data


def _out_of_json(data: bytes) -> bytes:
    whole = _HALF_ESCAPE.sub(b"", data)  # a text cut inside an escape
    try:
        text = json.loads(f'"{whole.decode("utf-8", "surrogateescape")}"', strict=False)
        return str(text).encode("utf-8", "surrogateescape")
    except ValueError:  # it is not escaped throughout: DOMAIN\agent1001
        return _SIMPLE_ESCAPE.sub(rb"\1", data)
