"""Reading: bytes to text, XML, JSON and HTML, as far as they go, and never further."""

from __future__ import annotations

import gzip
import json
import math
import xml.etree.ElementTree as ET
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values, word_soup

from errnorm.payload import Kind, Payload
from errnorm.reading.charset import decode
from errnorm.reading.encoding import decompress
from errnorm.reading.html import read_html
from errnorm.reading.json import read_json
from errnorm.reading.limits import Limits
from errnorm.reading.xml import read_xml, to_value


def json_of(text: str) -> Any:
    """Read a text as JSON and give the value."""
    document = read_json(text.encode("utf-8", "replace"), text)
    return document and document.value


def xml_of(text: str) -> Any:
    """Read a text as XML and give each root with its value."""
    document = read_xml(text.encode("utf-8", "replace"), text)
    return document and [(root.tag, to_value(root, document)) for root in document.roots]


@given(value=json_values)
def test_json_agrees_with_the_standard_library(value: Any):
    """What the standard library writes is read as it reads it, but for numbers that would change."""
    text = json.dumps({"value": value})

    def expected(item: Any) -> Any:
        if isinstance(item, list):
            return [expected(inner) for inner in item]
        if isinstance(item, dict):
            return {sound(key): expected(inner) for key, inner in item.items()}
        if isinstance(item, float) and not math.isfinite(item):
            return json.dumps(item)
        return sound(item) if isinstance(item, str) else item

    def sound(item: str) -> str:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in item)

    read = json_of(text)
    assert as_written(expected({"value": json.loads(json.dumps(value))})) == as_written(read)


def as_written(value: Any) -> Any:
    """Make numbers comparable with numbers kept as text."""
    if isinstance(value, list):
        return [as_written(item) for item in value]
    if isinstance(value, dict):
        return {key: as_written(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool) else str(value)


@given(text=word_soup)
def test_xml_agrees_with_the_standard_library(text: str):
    """A document that the standard library accepts has the same root and the same texts."""
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError):
        return
    if "<!DOCTYPE" in text:
        return
    document = read_xml(text.encode("utf-8", "replace"), text)
    assert document is not None
    assert root.tag == document.roots[0].tag
    assert "".join(root.itertext()) == "".join(document.roots[0].itertext())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{ status : 400, apiErrors : { 'errorType': 'Bad Request', } }", {"status": 400, "apiErrors": {"errorType": "Bad Request"}}),
        ("session_error {code: 1011}", {"code": 1011}),
        ("{'a': True, 'b': None, 'c': undefined}", {"a": True, "b": None, "c": None}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ('{"code" => 124, "b": [1 2 3]}', {"code": 124, "b": [1, 2, 3]}),
        ('{"a":{"b":"c"},"d":"e', {"a": {"b": "c"}, "d": "e"}),
        ('{"a":1]}', {"a": 1}),
        ('{"a":1} and more', {"a": 1}),
        ('{"n": 12345678901234567890, "m": 7}', {"n": "12345678901234567890", "m": 7}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ('{"a": "\\ud83d"}', {"a": "\ufffd"}),
        ("[ERROR] nothing here", None),
        ("no json", None),
        ('"a text"', None),
        ("{}", {}),
    ],
)  # fmt: skip
def test_json_is_read_as_people_write_it(text: str, value: Any):
    """Unquoted keys, single quotes, other languages' words, cut ends: all give what was meant."""
    assert json_of(text) == value


@pytest.mark.parametrize(
    ("text", "roots"),
    [
        ("<a>1</a><b>2</b>", [("a", "1"), ("b", "2")]),
        ("<a><b>tex", [("a", {"b": "tex"})]),
        ("<a><b x='1' y=\"2\">t</b><b/></a>", [("a", {"b": [{"@x": "1", "@y": "2", "#text": "t"}, None]})]),
        ("<a><Cmd>: failed</a>", [("a", "<Cmd>: failed")]),
        ("<a>1 < 2 & 3 &amp; 4</a>", [("a", "1 < 2 & 3 & 4")]),
        ("<a><![CDATA[<b>]]></a", [("a", "<b>")]),
        ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", [("a", "&x;")]),
        ("<n:a xmlns:n='u'><n:b>1</n:b></n:a>", [("{u}a", {"b": "1"})]),
        ("plain", None),
        ("</a>", None),
    ],
)
def test_xml_is_read_as_far_as_it_goes(text: str, roots: Any):
    """Several roots, cut ends, markup meant as text, entities that are not opened."""
    assert xml_of(text) == roots


PAGE_IN_SEVEN_BITS = '<meta charset="iso-2022-jp"><h1>障害</h1>'.encode("iso2022_jp")


@pytest.mark.parametrize(
    ("data", "declared", "text", "charset", "problems"),
    [
        ("Größe".encode(), None, "Größe", "utf-8", []),
        (b"\xef\xbb\xbfabc", None, "abc", "utf-8", []),
        ("<a>é</a>".encode("utf-16"), None, "<a>é</a>", "utf-16-le", []),
        ("<a>é</a>".encode("utf-16-be"), None, "<a>é</a>", "utf-16-be", []),
        ("{é}".encode("utf-32-le"), None, "{é}", "utf-32-le", []),
        ("Größe".encode("cp1252"), "ISO-8859-1", "Größe", "windows-1252", []),
        ("Größe".encode("cp1252"), None, "Größe", "windows-1252", ["charset-guessed"]),
        ("Größe".encode(), "ISO-8859-1", "Größe", "utf-8", ["charset-mismatch"]),
        ("エラー".encode("shift_jis"), "Shift_JIS", "エラー", "shift_jis", []),
        ("<?xml version='1.0' encoding='ISO-8859-2'?>ł".encode("iso8859-2"), None, "<?xml version='1.0' encoding='ISO-8859-2'?>ł", "iso8859-2", []),
        ("Gr\xc3".encode("latin-1"), None, "Gr", "utf-8", ["text-replaced"]),
        ("Größe".encode() + b' Gr\xc3"', None, 'Größe Gr\ufffd"', "utf-8", ["text-replaced"]),
        (b'Gr\xc3"', None, 'GrÃ"', "windows-1252", ["charset-guessed"]),
        ("ü".encode() + b" \xc3 \xc3", None, "Ã¼ Ã Ã", "windows-1252", ["charset-guessed"]),
        ("ещё".encode("koi8-r"), None, "ÅÝ£", "windows-1252", ["charset-guessed"]),
        ("坐席状态".encode("gbk"), None, "×øÏ¯×´Ì¬", "windows-1252", ["charset-guessed"]),
        ("é".encode(), "idna", "é", "utf-8", ["charset-mismatch"]),
        ("障害".encode("iso2022_jp"), "ISO-2022-JP", "障害", "iso2022_jp", []),
        (PAGE_IN_SEVEN_BITS, None, PAGE_IN_SEVEN_BITS.decode("iso2022_jp"), "iso2022_jp", []),
        (PAGE_IN_SEVEN_BITS, "utf-8", PAGE_IN_SEVEN_BITS.decode("ascii"), "utf-8", []),
        ("障害".encode("iso2022_jp")[:-4], "ISO-2022-JP", "障", "iso2022_jp", ["text-replaced"]),
        (b"\x1b$B\x7f\x7f\x1b(B", "ISO-2022-JP", "\ufffd", "iso2022_jp", ["text-replaced"]),
        (b"\x1b[31mred\x1b[0m!", "utf-16", "\x1b[31mred\x1b[0m!", "utf-8", []),
        (b"ab\xed\xa0\x80\xc3\xa9", None, "ab\ufffdé", "utf-8", ["text-replaced"]),
        (b"", None, "", "utf-8", []),
    ],
)  # fmt: skip
def test_charsets_are_found_by_evidence(
    data: bytes, declared: str | None, text: str, charset: str, problems: list[str]
):
    """Mark, declaration, NUL bytes, UTF-8, the body's own word, and at last a guess that says so."""
    found = decode(data, declared)

    assert (text, charset) == (found.text, found.charset)
    assert problems == [str(problem.code) for problem in found.problems]


BODY = b"<ApiErrors>" + b"x" * 500


@pytest.mark.parametrize(
    ("data", "declared", "plain", "problems"),
    [
        (gzip.compress(BODY), None, BODY, []),
        (gzip.compress(BODY), "gzip", BODY, []),
        (gzip.compress(BODY) + gzip.compress(b"y"), "gzip", BODY + b"y", []),
        (gzip.compress(gzip.compress(BODY)), "gzip, gzip", BODY, []),
        (zlib.compress(BODY), "deflate", BODY, []),
        (zlib.compress(BODY)[2:-4], "deflate", BODY, []),
        (BODY, "gzip", BODY, []),
        (BODY, "br", BODY, []),
        (BODY, "who-knows", BODY, []),
        (gzip.compress(b"z" * 10_000), None, b"z" * 1000, ["body-too-large"]),
        (gzip.compress(BODY)[:-12], None, BODY[:0], ["encoding-truncated"]),
        (b"\x1f\x8b\x08\x00damaged", None, b"\x1f\x8b\x08\x00damaged", ["encoding-truncated"]),
        (b"", "gzip", b"", []),
    ],
)
def test_content_encoding_is_tried_not_trusted(
    data: bytes, declared: str | None, plain: bytes, problems: list[str]
):
    """Packed bodies are unpacked within the limit, and plain ones under a wrong header are left alone."""
    found, noted = decompress(data, declared, 1000)

    assert problems == [str(problem.code) for problem in noted]
    if "encoding-truncated" not in problems:
        assert plain == found


@pytest.mark.parametrize(("name", "library"), [("br", "brotli"), ("zstd", "zstandard")])
def test_the_compression_extra_is_used_when_there(name: str, library: str):
    """Br and zstd are undone with the extra."""
    module = pytest.importorskip(library, reason=f"{name} comes with errnorm[compression]")
    packed = module.compress(BODY)

    assert decompress(packed, name, 1000) == (BODY, [])
    assert [str(problem.code) for problem in decompress(packed, name, 100)[1]] == ["body-too-large"]


@pytest.mark.parametrize(("name", "packed"), [("br", b"\x8b\x00\x80"), ("zstd", b"\x28\xb5\x2f\xfd\x00")])
def test_without_the_extra_a_problem_says_what_to_install(
    name: str, packed: bytes, monkeypatch: pytest.MonkeyPatch
):
    """A body that cannot be unpacked says which extra would."""
    monkeypatch.setattr("errnorm.reading.encoding._import", lambda _: None)
    plain, problems = decompress(packed, name, 1000)

    assert plain == packed
    assert [str(problem.code) for problem in problems] == ["encoding-unsupported"]
    assert "errnorm[compression]" in problems[0].message


PAGES = [
    ("<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body>", "502 Bad Gateway", "nginx"),
    ("<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body>", "503 Service Unavailable", "HAProxy"),
    ("<html><title>Request Rejected</title><body>The requested URL was rejected. Please consult with your administrator.", "Request Rejected", "F5 BIG-IP"),
    ("<!doctype html><title>HTTP Status 404 – Not Found</title><h1>HTTP Status 404 – Not Found</h1><h3>Apache Tomcat/9.0</h3>", "HTTP Status 404 – Not Found", "Apache Tomcat"),
    ("<html><title>Sign in</title><form><input type='password' name='p'></form>", "Sign in", "login page"),
    ("<html><body><p>Nothing known.</p><script>var x;</script></body></html>", "Nothing known.", "unknown"),
    ("<?xml version='1.0' encoding='utf-8'?>\n<html><title>503 Größe</title><p>Guru Meditation:", "503 Größe", "Varnish"),
    ("<html>", None, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "message", "writer"), PAGES)
def test_pages_tell_who_wrote_them(page: str, message: str | None, writer: str):
    """Title, else heading, else first words; and the program by the marks of its shipped page."""
    found = read_html(page)

    assert (message, writer) == (found.message, found.writer.name)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", Kind.EMPTY),
        (b" \r\n", Kind.EMPTY),
        (b"\xef\xbb\xbf{}", Kind.JSON),
        (b"\n[1]", Kind.JSON),
        (b"<?xml version='1.0'?><a/>", Kind.XML),
        (b"<?xml version='1.0'?><!DOCTYPE html><html/>", Kind.HTML),
        (b"<!-- custom Cisco error page --><html>", Kind.HTML),
        (b"0|/finesse/api/User/1<Update>", Kind.TEXT),
    ],
)
def test_a_body_is_what_it_begins_with(body: bytes, kind: Kind):
    """The first characters tell what a body is; a Content-Type does not."""
    assert kind is Payload(body, headers={"content-type": "text/plain"}).kind


@given(data=st.binary(max_size=200))
def test_any_bytes_have_all_views(data: bytes):
    """Every view of any bytes can be asked for."""
    payload = Payload(data)

    assert isinstance(payload.text, str)
    assert payload.html.writer is not None
    payload.text.encode()
    assert (payload.xml is None) or payload.xml.roots
    assert payload.json is None or isinstance(payload.json.value, dict | list)


# Each of these made some reader of ours or of others slow, deep or hungry.
HOSTILE = {
    "deep xml": "<a>" * 300_000,
    "deep json": "[" * 1_000_000,
    "deep json objects": '{"a":' * 200_000,
    "less-thans": "<" * 500_000,
    "open attributes": "<a b='" * 100_000,
    "long attribute": "<a " + "b" * 1_000_000 + ">",
    "many attributes": "<a " + "b = c " * 150_000 + ">",
    "open comments": "<!--" * 200_000,
    "open cdata": "<![CDATA[" * 100_000,
    "end tags": "</a>" * 200_000,
    "never closed": "<x>" * 90 + "<a></b>" * 100_000,
    "doctypes": "<!DOCTYPE [" * 80_000,
    "entity bomb": '<!DOCTYPE a [<!ENTITY b "' + "c" * 1000 + '">]><a>' + "&b;" * 100_000 + "</a>",
    "escapes": "&lt;" * 250_000,
    "many keys": "{" + ",".join(f'"k{n}":{n}' for n in range(60_000)) + "}",
    "many values cut": "[" + "1," * 500_000,
    "long number": '{"code": ' + "9" * 1_000_000 + "}",
    "quotes": "{" + "'" * 500_001,
    "backslashes": "{" + '"\\' * 300_000,
    "colons": "{:" + ":" * 500_000,
    "crossed": "[{]" * 100_000,
    "one text": '{"message": "' + "x" * 1_000_000 + '"}',
    "updates": "<Update>" * 100_000,
    "stanzas": "<message><body>x</body></message>" * 30_000,
    "events": '[{"channel":"/chat","data":{"type":"EventError"}}' + ',{"channel":"/chat","data":{"type":"EventError"}}' * 15_000 + "]",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_give_a_result(name: str):
    """A hostile body costs no exception and loses no byte; what it costs in time stands in benchmarks."""
    import errnorm

    body = HOSTILE[name].encode()
    result = errnorm.normalize(body, status=400)

    assert len(result) >= 1
    assert result.raw.data == body


@pytest.mark.parametrize("depth", [90, 150, 250])
def test_deep_xml_is_read_to_its_bound(depth: int):
    """Well-formed XML beyond the bound is cut there, as ill-formed XML is."""
    text = "<Update>" + "<a>" * depth + "x" + "</a>" * depth + "</Update>"
    document = read_xml(text.encode(), text)
    assert document is not None
    assert ("too-deep" in [str(problem.code) for problem in document.problems]) == (depth > 99)


def test_limits_bound_what_is_read():
    """Beyond a limit lie bytes and a problem, in every kind of body."""
    payload = Payload(b"<a>" + b"x" * 100, limits=Limits(max_body_bytes=50))

    assert payload.text == "<a>" + "x" * 47
    assert len(payload.body) == 103
    assert [str(problem.code) for problem in payload.problems] == ["body-too-large"]


def test_a_page_is_read_at_its_top():
    """Title, heading and marks are looked for in the first 16,384 characters, and no further."""
    head, tail = "<html><body>", "<h1>HTTP Status 404 - Not Found</h1>"
    within = head + "<p></p>".ljust(16_384 - len(head) - len(tail)) + tail
    beyond = head + "<p></p>".ljust(16_384 - len(head)) + tail

    assert (read_html(within).heading, read_html(within).writer.name) == (
        "HTTP Status 404 - Not Found",
        "Apache Tomcat",
    )
    assert (read_html(beyond).heading, read_html(beyond).writer.name) == (None, "unknown")


def test_zstd_is_unpacked_no_further_than_the_limit(monkeypatch: pytest.MonkeyPatch):
    """One byte more than the limit is asked for, to know that there was more; the bomb stays packed."""
    zstandard = pytest.importorskip("zstandard", reason="zstd comes with an extra")
    asked: list[int] = []

    class Decompressor:
        def stream_reader(self, data: bytes, **options: Any) -> Any:
            reader = zstandard.ZstdDecompressor().stream_reader(data, **options)

            class Reader:
                __enter__ = lambda self: self  # noqa: E731
                __exit__ = lambda *_: None  # noqa: E731

                def read(self, size: int = -1) -> bytes:
                    asked.append(size)
                    return bytes(reader.read(size))

            return Reader()

    library = type("library", (), {"ZstdDecompressor": Decompressor, "ZstdError": zstandard.ZstdError})
    packed = zstandard.compress(b"x" * 100_000)
    monkeypatch.setattr("errnorm.reading.encoding._import", lambda _: library)
    data, problems = decompress(packed, None, 1000)

    assert (data, [str(problem.code) for problem in problems]) == (b"x" * 1000, ["body-too-large"])
    assert asked == [1001]


@pytest.mark.parametrize(
    "name", ["unicode_escape", "raw_unicode_escape", "utf-7", "punycode", "idna", "cp037", "hz", "cp65001"]
)
def test_a_charset_that_is_not_of_the_web_is_not_taken(name: str):
    """A header cannot choose a decoder that interprets the text, takes quadratic time or fits anything."""
    data = b"\xe9 \\u0041 +AGE- ~{VPND~}"

    assert decode(data, name).text == "é \\u0041 +AGE- ~{VPND~}"
    assert decode(data, name).charset == "windows-1252"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("utf-16le", "Größe<a>"), ("utf-16be", "Größe<a>"), ("utf-32le", "Größe<a>"), ("utf-32be", "Größe<a>")),
        *(("iso-8859-2", "zażółć"), ("iso-8859-3", "Ħħ"), ("iso-8859-4", "Ģģ"), ("iso-8859-5", "Ошибка")),
        *(("iso-8859-6", "خطأ"), ("iso-8859-7", "λάθος"), ("iso-8859-8", "שגיאה"), ("iso-8859-9", "ğış")),
        *(("iso-8859-10", "Đđ"), ("iso-8859-13", "Ųų"), ("iso-8859-14", "Ŵŵ"), ("iso-8859-15", "€Š")),
        *(("iso-8859-16", "Țț"), ("windows-1250", "žluť"), ("windows-1251", "Ошибка"), ("windows-1253", "λάθος")),
        *(("windows-1254", "ğış"), ("windows-1255", "שגיאה"), ("windows-1256", "خطأ"), ("windows-1257", "Ųų")),
        *(("windows-1258", "Ơơ"), ("windows-874", "ผิดพลาด"), ("ibm866", "Ошибка"), ("koi8-r", "Ошибка")),
        *(("koi8-u", "Помилка"), ("shift_jis", "エラー"), ("windows-31j", "①"), ("euc-jp", "エラー")),
        *(("iso-2022-jp", "エラー"), ("gb2312", "错误"), ("gbk", "錯誤"), ("gb18030", "错误€")),
        *(("big5", "錯誤"), ("euc-kr", "오류"), ("ks_c_5601-1987", "오류"), ("macintosh", "Größe")),
    ],
)  # fmt: skip
def test_every_charset_of_the_web_is_taken(name: str, text: str):
    """What the header names is believed where the bytes fit it, in each charset of the WHATWG list."""
    codec = {
        "windows-874": "cp874",
        "windows-31j": "cp932",
        "macintosh": "mac-roman",
        "ks_c_5601-1987": "euc_kr",
    }
    if name in {"windows-874", "windows-31j"}:  # names of the web that Python does not know by them
        name = codec[name]
    data = text.encode(codec.get(name, name))

    assert decode(data if not data.isascii() else data + b"\0", name).text.rstrip("\0") == text
