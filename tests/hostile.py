"""Bodies made to hurt whoever reads them, each of about the size asked for."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

FULL = 1 << 20
"""As much of a body as is read."""


class Hostile(NamedTuple):
    """One attack.

    Attributes:
        name: what it is called.
        make: gives the body of about so many bytes.
        given: keywords of `normalize`.
    """

    name: str
    make: Callable[[int], bytes]
    given: Mapping[str, Any] = MappingProxyType({})


def repeated(piece: str, before: str = "", after: str = "") -> Callable[[int], bytes]:
    """Repeat a piece until the size is reached."""

    def make(size: int) -> bytes:
        data, head, tail = piece.encode(), before.encode(), after.encode()
        return head + data * ((size - len(head) - len(tail)) // len(data)) + tail

    return make


def numbered(piece: str, before: str = "", after: str = "", joint: str = "") -> Callable[[int], bytes]:
    """Repeat a piece with a number of its own each, written at `%d`."""

    def make(size: int) -> bytes:
        count = (size - len(before) - len(after)) // (len(piece) + len(joint) + 4)
        return (before + joint.join(piece.replace("%d", str(n)) for n in range(count)) + after).encode()

    return make


def counted(most: int, piece: str, before: str, after: str, joint: str = "") -> Callable[[int], bytes]:
    """Repeat a piece as often as is read at most, so that nothing is refused."""

    def make(size: int) -> bytes:
        count = min(most, size // len(piece + joint))
        return (before + joint.join([piece] * count) + after).encode()

    return make


def nested(opener: str, closer: str, inside: str = "") -> Callable[[int], bytes]:
    """Nest as deep as the size allows, open ends closed."""

    def make(size: int) -> bytes:
        count = size // (len(opener) + len(closer))
        return (opener * count + inside + closer * count).encode()

    return make


def entity_bomb(size: int) -> bytes:
    """A billion laughs: each entity is ten of the one before it."""
    steps = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    head = f'<!DOCTYPE lolz [<!ENTITY l0 "lol">{steps}]><ApiErrors><ApiError><ErrorType>'
    tail = "</ErrorType></ApiError></ApiErrors>"
    return (head + "&l9;" * ((size - len(head) - len(tail)) // 4) + tail).encode()


def quadratic_entity(size: int) -> bytes:
    """One entity of half the size, named as often as the other half allows."""
    head = f'<!DOCTYPE a [<!ENTITY x "{"x" * (size // 2)}">]><ApiErrors><ApiError><ErrorMessage>'
    return (head + "&x;" * (size // 6) + "</ErrorMessage></ApiError></ApiErrors>").encode()


def escaped(times: int, text: str) -> str:
    """Escape markup as often as that."""
    for _ in range(times):
        text = text.replace("&", "&amp;").replace("<", "&lt;")
    return text


def json_in_json(size: int) -> bytes:
    """JSON as a text in JSON as a text in JSON, until the backslashes fill the size."""
    text = '{"code": 1011}'
    while True:
        outer = json.dumps({"content": text, "error": text[:0]})
        if len(outer) > size:
            return text.encode()
        text = outer


def bomb(pack: Callable[[bytes], bytes]) -> Callable[[int], bytes]:
    """A packed body that unpacks to five hundred times its size."""
    return lambda size: pack(b"\0" * (size * 64))


def gzip_in_gzip(size: int) -> bytes:
    """Bombs packed into each other three times."""
    data = b"<a>" * (size * 20)
    for _ in range(3):
        data = gzip.compress(data, 9, mtime=0)
    return data


def gzip_members(size: int) -> bytes:
    """As many empty gzip members one after another as fit."""
    member = gzip.compress(b"", mtime=0)
    return member * (size // len(member))


def zstd(data: bytes) -> bytes:
    """Pack with zstd, where it is installed."""
    import zstandard

    return zstandard.compress(data)


def encoded(codec: str, text: str) -> Callable[[int], bytes]:
    """Repeat a text in another charset."""
    return lambda size: (
        text.encode(codec, "surrogatepass") * (size // len(text.encode(codec, "surrogatepass")))
    )


def _one_text(size: int) -> bytes:
    return b'{"code": 1011, "errorMsg": "' + b"x" * (size - 40) + b'"}'


def one_letter(size: int) -> bytes:
    """Ids of one letter in each length, and a long text of that letter."""
    users = [{"userId": "x" * length} for length in range(3, int(size**0.5))]
    return json.dumps({"message": "m", "users": users, "note": "x" * (size // 2)}).encode()


def told(private: str, count: int, piece: str) -> Callable[[int], bytes]:
    """Name private values in members, and repeat what looks like them until the size is reached."""
    members = ",".join(private.replace("%d", str(n)) for n in range(count))
    return repeated(piece, f'{{"message":"m","members":[{members}],"note":"', '"}')


def envelope(size: int) -> bytes:
    """A hundred errors in one envelope of many members, which each of their records has."""
    seats = numbered("<k%d>v%d</k%d>")(size - 5000).decode()
    errors = "<apiError><errorType>a</errorType></apiError>" * 100
    return f"<Update><env>{seats}</env><data><apiErrors>{errors}</apiErrors></data></Update>".encode()


_HTML = {"status": 502}
_GWE = {"vendor": "genesys-gwe", "status": 500}
_FINESSE = {"status": 502, "url": "https://finesse.example.com/finesse/api/User/1001"}
_CHAT = {"status": 502, "vendor": "genesys-chat"}
_COBROWSE = {"status": 502, "vendor": "zoom-cobrowse"}
_PAGE = "<!DOCTYPE html><html><body><div class='a'><p>hello <b>you</b></p></div></body></html>"
_ATTRIBUTES = "".join(f" a{n}='1'" for n in range(200))
_ERROR = "<ApiError><ErrorType>%d</ErrorType></ApiError>"

ATTACKS = (
    Hostile("XML: entity bomb", entity_bomb),
    Hostile("XML: quadratic entity", quadratic_entity),
    Hostile("XML: attributes of one element", numbered(' a%d="v"', "<ApiErrors><ApiError", "/></ApiErrors>")),
    Hostile("XML: attributes, broken", numbered(' a%d="v"', "<ApiErrors><ApiError", "></ApiErrors>")),
    Hostile("XML: one attribute without an end", repeated("x", '<ApiErrors a="')),
    Hostile("XML: nested, closed", nested("<a>", "</a>", "x")),
    Hostile("XML: nested, open", repeated("<a>")),
    Hostile("XML: nested, own names", numbered("<a%d>")),
    Hostile("XML: nested empty list", repeated("<apiErrors>")),
    Hostile("XML: errors without an end", repeated("<apiError>")),
    Hostile("XML: ends without a beginning", repeated("</a>", "<b>")),
    Hostile("XML: crossed tags", repeated("<a><b></a></b>")),
    Hostile("XML: a hundred thousand errors", numbered(_ERROR, "<ApiErrors>", "</ApiErrors>")),
    Hostile("XML: siblings", repeated("<a/>", "<ApiErrors>", "</ApiErrors>")),
    Hostile("XML: as many leaves as are read", counted(12_400, "<a b='c'>d e</a>", "<r>", "</r>"), _FINESSE),
    Hostile("XML: elements of two hundred attributes", repeated(f"<a{_ATTRIBUTES}/>", "<r>", "</r>"), _FINESSE),
    Hostile("XML: elements of as many attributes as are read", counted(124, f"<a{_ATTRIBUTES}/>", "<r>", "</r>"), _FINESSE),
    Hostile("XML: as many branches as are read", counted(12_400, "<a>b<c>d</c>e</a>", "<r>", "</r>"), _FINESSE),
    Hostile("XML: as many broken leaves as are read", counted(4_990, "<a b='c'>d e</a>", "<r>", ""), _FINESSE),
    Hostile("XML: pages in an element", repeated(_PAGE, "<answer>"), _FINESSE),
    Hostile("XML: namespaces", numbered("<n%d:a xmlns:n%d='u%d'/>", "<ApiErrors>", "</ApiErrors>")),
    Hostile("XML: only <", repeated("<")),
    Hostile("XML: only < in a text", repeated("<", "<ApiErrors><ApiError><ErrorMessage>", "</ErrorMessage></ApiError></ApiErrors>")),
    Hostile("XML: only &", repeated("&", "<a>", "</a>")),
    Hostile("XML: character references", repeated("&#65;", "<ApiErrors><ApiError><ErrorMessage>", "</ErrorMessage></ApiError></ApiErrors>")),
    Hostile("XML: comments without an end", repeated("<!--", "<a>")),
    Hostile("XML: CDATA without an end", repeated("<![CDATA[", "<a>")),
    Hostile("XML: small CDATA", repeated("<![CDATA[x]]>", "<ApiErrors><b>", "</ApiErrors>")),
    Hostile("XML: declarations", repeated("<!DOCTYPE a [")),
    Hostile("XML: declaration of brackets", repeated("]", "<!DOCTYPE a [", "><a/>")),
    Hostile("XML: control characters", repeated("\x01", "<ApiErrors><b>", "</ApiErrors>")),
    Hostile("XML: escaped eight times", repeated(escaped(8, "<Update><data>"))),
    Hostile("XML: escaped eight times, whole", repeated(escaped(8, "<a>x</a>"), "<Update><data>", "</data></Update>")),
    Hostile("XML: an Update in an Update", nested("<Update><data>", "</data></Update>", "x")),
    Hostile("JSON: nested lists", nested("[", "]")),
    Hostile("JSON: nested lists, open", repeated("[")),
    Hostile("JSON: nested objects", nested('{"error":', "}", "1")),
    Hostile("JSON: nested objects, open", repeated('{"error":')),
    Hostile("JSON: keys of one object", numbered('"k%d":1', "{", "}", ",")),
    Hostile("JSON: keys of one object, lenient", numbered("k%d:1", "{", "}", ",")),
    Hostile("JSON: duplicate keys", repeated('"code":1011,', "{", '"a":1}')),
    Hostile("JSON: duplicate keys, exact", repeated('"code":1011,', '{"n":12345678901234567890,', '"a":1}')),
    Hostile("JSON: empty objects", repeated("{},", "[", "{}]")),
    Hostile("JSON: as many objects as are read", counted(9_900, '{"a":"b"}', "[", "]", ","), _CHAT),
    Hostile("JSON: as many objects as are read, twice over", counted(4_900, '{"payload":{}}', "[", "]", ","), _COBROWSE),
    Hostile("JSON: errors in a list", repeated('{"event":"session_error","payload":{"code":1011}},', "[", "{}]")),
    Hostile("JSON: chat errors in a list", repeated('{"channel":"/chat/1","data":{"type":"EventError","error":{"code":1}}},', "[", "{}]")),
    Hostile("JSON: Finesse errors in a list", repeated('{"errorType":"a","errorData":"b"},', '{"apiErrors":{"apiError":[', "{}]}}")),
    Hostile("JSON: one text", _one_text),
    Hostile("JSON: one text of escapes", repeated("\\u0041", '{"code":1011,"errorMsg":"', '"}')),
    Hostile("JSON: lone surrogates", repeated("\\ud800", '{"code":1011,"errorMsg":"', '"}')),
    Hostile("JSON: one text without an end", repeated("x", '{"code":1011,"errorMsg":"')),
    Hostile("JSON: backslashes without an end", repeated("\\", '{"code":1011,"errorMsg":"')),
    Hostile("JSON: only quotes", repeated('"', "{")),
    Hostile("JSON: only commas", repeated(",", "{")),
    Hostile("JSON: only colons", repeated(":", "{")),
    Hostile("JSON: a number of a million digits", repeated("9", '{"code":', "}")),
    Hostile("JSON: a fraction of a million digits", repeated("9", '{"code":0.', "}")),
    Hostile("JSON: an exponent of a million digits", repeated("9", '{"code":1e', "}")),
    Hostile("JSON: minus signs", repeated("-", '{"code":', "}")),
    Hostile("JSON: long numbers", repeated("12345678901234567890,", '{"code":[', "1]}")),
    Hostile("JSON: JSON in JSON in JSON", json_in_json),
    Hostile("JSON: white space", repeated(" ", "{", '"code":1011}')),
    Hostile("HTML: a fragment", repeated(_PAGE, "<div>"), _FINESSE),
    Hostile("HTML: divs", repeated("<div>", "<html><body>"), _HTML),
    Hostile("HTML: forms and inputs", repeated("<input type=x ", "<html>"), _HTML),
    Hostile("HTML: paragraphs", repeated("<p>a", "<html>"), _HTML),
    Hostile("HTML: comments before it", repeated("<!-- - ", "", "<html>"), _HTML),
    Hostile("HTML: dashes", repeated("-", "<!--"), _HTML),
    Hostile("text: one line", repeated("x"), _GWE),
    Hostile("text: white space", repeated(" ")),
    Hostile("text: white space and a letter", repeated(" ", "x", "y"), _GWE),
    Hostile("text: a log of anchors", repeated("session_error ")),
    Hostile("text: a log of braces", repeated("x { ")),
    Hostile("text: Finesse marks", repeated("HTTP Status code: 400 Api Error Type: ", "apiErrors ")),
    Hostile("text: error codes", repeated("error code ")),
    Hostile("text: underscores", repeated("A_", "<ApiErrors><ApiError><ErrorMessage>", "</ErrorMessage></ApiError></ApiErrors>")),
    Hostile("text: quotes", repeated("'a", '{"message":"', '"}'), {"status": 400}),
    Hostile("private: agents", numbered('{"userId":"agent-%d"}', '{"message":"x","users":[', "]}", ","), _GWE),
    Hostile("private: ids of one letter", one_letter, _GWE),
    Hostile("private: names that nearly stand there", told('{"displayName":"a %d a b"}', 900, "a 1 a "), _GWE),
    Hostile("private: sentences that begin alike", told('{"text":"aaa bbbb cccc dddd %d"}', 100, "aaa bbbb "), _GWE),
    Hostile("private: addresses", told("1", 1, "a@a.a "), _GWE),
    Hostile("private: what looks like an address", told("1", 1, "a@"), _GWE),
    Hostile("private: words that a number follows", told("1", 1, "pin agent ext. "), _GWE),
    Hostile("private: one envelope of a hundred errors", envelope),
    Hostile("bytes: NUL", repeated("\0")),
    Hostile("bytes: NUL in XML", repeated("\0", "<ApiErrors><b>", "</ApiErrors>")),
    Hostile("bytes: 0xFF", lambda size: b"\xff" * size),
    Hostile("bytes: overlong UTF-8", lambda size: b"<ApiErrors>" + b"\xc0\xbc" * (size // 2)),
    Hostile("bytes: surrogates in UTF-8", lambda size: b'{"code":"' + b"\xed\xa0\x80" * (size // 3) + b'"}'),
    Hostile("bytes: UTF-16 with a mark", encoded("utf-16", "<ApiErrors>")),
    Hostile("bytes: UTF-16 without a mark", encoded("utf-16-le", '{"code":1}')),
    Hostile("bytes: UTF-32 without a mark", encoded("utf-32-be", '{"code":1}')),
    Hostile("bytes: UTF-8 called UTF-16", repeated("<a>"), {"content_type": "text/xml; charset=utf-16"}),
    Hostile("bytes: a charset of the East", lambda size: b"\x1b$B" * (size // 3), {"content_type": "text/xml; charset=iso-2022-jp"}),
    Hostile("packed: gzip bomb", bomb(lambda data: gzip.compress(data, 9, mtime=0))),
    Hostile("packed: zlib bomb", bomb(lambda data: zlib.compress(data, 9)), {"headers": {"Content-Encoding": "deflate"}}),
    Hostile("packed: gzip in gzip in gzip", gzip_in_gzip),
    Hostile("packed: empty gzip members", gzip_members),
    Hostile("packed: zstd bomb", bomb(zstd)),
)  # fmt: skip
