"""Well-known suites of bad JSON, XML and HTML, written anew from the descriptions of their cases.

JSON: the categories of the JSON parsing test suite (`y_` must be accepted, `n_` refused, `i_` either).
XML: the attack files of the classical lists (OWASP, "XML schema, DTD, and entity attacks"). HTML: the cases
that the tree construction of the HTML standard (section 13.2.6) was written for.
"""

from __future__ import annotations

import json

import orjson
import pytest

import errnorm
from errnorm.reading.json import read_json

# y_: what every reader of JSON must accept.
GOOD_JSON = [
    *(b"[]", b"{}", b"[ ]", b"[[]   ]", b'[""]', b'["a"]', b"[false]", b"[null]", b"[true]", b"[1,null,null,null,2]"),
    *(b"[1\n]", b" [1]", b"[2] ", b"[-0]", b"[-123]", b"[-1]", b"[0e+1]", b"[0e1]", b"[20e1]", b"[123e45]", b"[1E22]"),
    *(b"[1E-2]", b"[1E+2]", b"[123e-10]", b"[123.456789]", b"[-0.00000000000001]"),
    *(b'{"a":"b"}', b'{"a":"b","a":"c"}', b'{"a":"b","a":"b"}', b'{"":0}', b'{"foo\\u0000bar": 42}', b'{"a":[]}'),
    *(b'{"min": -1.0e+28, "max": 1.0e+28}', b'{"x":[{"id": "xxxx"}], "id": "xxxx"}', b'{\n"a": "b"\n}'),
    *(b'["\\u0060\\u012a\\u12AB"]', b'["\\ud801\\udc37"]', b'["\\ud83d\\ude39\\ud83d\\udc8d"]', b'["\\u0012"]'),
    *(b'["\\"\\\\\\/\\b\\f\\n\\r\\t"]', b'["\\\\u0000"]', b'["\\""]', b'["\\\\a"]', b'["\\\\n"]', b'["\\uFFFF"]'),
    *(b'["a/*b*/c/*d//e"]', '["\u0821"]'.encode(), '["\u2028"]'.encode(), '["\U0010ffff"]'.encode(), b'["\x7f"]'),
    *(b'["\\uDBFF\\uDFFE"]', b'["\\u200B"]', b'["\\u2064"]', b'["\\uFDD0"]', b'["\\uFFFE"]', b'["\\u0022"]'),
]  # fmt: skip

# n_ and i_: what a strict reader refuses, or may; here it is read as far as it goes.
BAD_JSON = [
    *(b"[1 true]", b"[a\xe5]", b'["": 1]', b'[""],', b"[,1]", b"[1,,2]", b'["x",,]', b'["x"]]', b'["",]', b'["x"'),
    *(b"[x", b"[3[4]]", b"[\xff]", b"[1:2]", b"[,]", b"[-]", b'[   , ""]', b'["a",\n4\n,1,', b"[1,]", b"[1,,]"),
    *(b'["\x0ba"\\f]', b"[*]", b'[""', b"[1,", b"[1,\n1\n,1", b"[{}", b"[fals]", b"[nul]", b"[tru]", b"123\x00"),
    *(b"[++1234]", b"[+1]", b"[+Inf]", b"[-01]", b"[-1.0.]", b"[-2.]", b"[-NaN]", b"[.-1]", b"[.2e-3]", b"[0.1.2]"),
    *(b"[0.3e+]", b"[0.3e]", b"[0.e1]", b"[0E+]", b"[0e]", b"[1.0e+]", b"[1.0e-]", b"[1 000.0]", b"[1eE2]", b"[2.e3]"),
    *(b"[9.e+]", b"[Inf]", b"[NaN]", "[\uff11]".encode(), b"[1+2]", b"[0x1]", b"[0x42]", b"[Infinity]", b"[0e+-1]"),
    *(b"[-123.123foo]", b"[123\xe5]", b"[1e1\xe5]", b"[0\xe5]", b"[-Infinity]", b"[-foo]", b"[- 1]", b"[-012]", b"[-.123]"),
    *(b"[-1x]", b"[1ea]", b"[1.]", b"[.123]", b"[1.2a-3]", b"[1.8011670033376514H-308]", b"[012]", b'["x", truth]'),
    *(b'{[: "x"}\n', b'{"x", null}', b'{"x"::"b"}', "{\U0001f1e8\U0001f1ed}".encode(), b'{"a":"a" 123}', b"{key: 'value'}"),
    *(b'{"\xb9":"0",}', b'{"a" b}', b'{:"b"}', b'{"a" "b"}', b'{"a":', b'{"a"', b"{1:1}", b"{9999E9999:1}", b"{null:null}"),
    *(b'{"id":0,,,,,}', b"{'a':0}", b'{"id":0,}', b'{"a":"b"}/**/', b'{"a":"b"}/**//', b'{"a":"b"}//', b'{"a":"b"}/', b'{"a":"b",,"c":"d"}'),
    *(b'{a: "b"}', b'{"a":"a', b'{ "foo" : "bar", "a" }', b'{"a":"b"}#', b" ", b'["\\uD800\\"]', b'["\\uD800\\u"]', b'["\\uD800\\u1"]'),
    *(b'["\\uD800\\u1x"]', "[é]".encode(), b'["\\\x00"]', b'["\\x00"]', b'["\\\\\\"]', b'["\\\t"]', b'["\\\xf0\x9f\x8c\x80"]', b'["\\"]'),
    *(b'["\\u00A"]', b'["\\uD834\\uDd"]', b'["\\uD800\\uD800\\x"]', b'["\\a"]', b'["\\uqqqq"]', b'["\\\xe5"]', b'[\\u0020"asd"]', b"[\\n]"),
    *(b'"', b"['single quote']", b"abc", b'["\\', b'["a\x00a"]', b'["new\nline"]', b'["\t"]', b'"\\UA66D"', b'""x', b"<.>", b"[<null>]"),
    *(b"[1]x", b"[1]]", b'["asd]', b"a\xc3\xa5", b"[True]", b"1]", b'{"x": true,', b"[][]", b"]", b"\xef\xbb{}", b"\xe5", b"["),
    *(b"", b"[\x00]", b"2@", b"{}}", b'{"":', b'{"a":/*comment*/"b"}', b'{"a": true} "x"', b"['", b"[,", b"[{", b'["a', b'["a"'),
    *(b"{", b"{]", b"{,", b"{[", b'{"a', b"{'a'", b'["\\{["\\{["\\{["\\{', b"*", b'{"a":"b"}#{}', b'[\\u000A""]', b"[1", b"[ false, nul"),
    *(b"[ true, fals", b"[ false, tru", b'{"asd":"asd"', "\xe5".encode(), b"[\xe2\x81\xa0]", b"\xef\xbb\xbf", b"[\x0c]"),
    *(b"[123.456e-789]", b"[0.4e006699999]", b"[-1e+9999]", b"[1.5e+9999]", b"[-123123e100000]", b"[100000000000000000000]"),
    *(b'{"\\uDFAA":0}', b'["\\uDADA"]', b'["\\uD888\\u1234"]', '["é"]'.encode("utf-16"), b'["\xe6\x97\xa5\xd1\x88\xfa"]', b'["\\uD800\\n"]'),
    *(b'["\\uDd1ea"]', b'["\\uDd1e\\uD834"]', b'["\xff"]', b'["\xed\xa0\x80"]', b'["\x81"]', b'["\xf4\xbf\xbf\xbf"]', b'["\xe0\xff"]'),
    *(b'["\xc0\xaf"]', b'["\xfc\x83\xbf\xbf\xbf\xbf"]', b'["\xfc\x80\x80\x80\x80\x80"]', b'["\xe0\x80\x80"]'),
    *('["é"]'.encode("utf-16-le"), '["é"]'.encode("utf-16-be"), b"\xef\xbb\xbf{}", b"[" * 500 + b"]" * 500),
]  # fmt: skip
BAD_JSON = [case if isinstance(case, bytes) else bytes([case]) for case in BAD_JSON]

FILE = "file:///no/such/file"
ATTACK_XML = [
    *(f'<!DOCTYPE a [<!ENTITY x {kind} "{FILE}">]><a>&x;</a>' for kind in ("SYSTEM", 'PUBLIC "p"')),
    f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{FILE}"><!ENTITY c "%p;">]><a>&c;</a>',
    f"<!DOCTYPE a [<!ENTITY % a '<!ENTITY &#37; b SYSTEM \"{FILE}\">'>%a;%b;]><a/>",
    f'<!DOCTYPE a SYSTEM "{FILE}" [<!ELEMENT a ANY><!ATTLIST a b CDATA "c">]><a/>',
    '<!DOCTYPE a [<!ENTITY x "<b>">]><a>&x;</b></a>',
    '<!DOCTYPE a [<!ENTITY x "&y;"><!ENTITY y "&x;">]><a>&x;</a>',
    '<!DOCTYPE a [<!ENTITY x "&x;">]><a b="&x;">&x;</a>',
    '<!DOCTYPE a [<!ENTITY x "' + "&#38;#x26;" * 50 + '">]><a>&x;</a>',
    "<!DOCTYPE a [<!ENTITY x '>]><b>'>]><a>&x;</a>",
    "<!DOCTYPE a [<!-- ]> --> <!ENTITY x 'y'>]><a>&x;</a>",
    "<!DOCTYPE a [<!DOCTYPE b [<!DOCTYPE c [",
    "<!DOCTYPE", "<!DOCTYPE a", "<!DOCTYPE a [", "<!DOCTYPE a []", "<!doctype a><a/>", "<a><!DOCTYPE b></a>",
    '<?xml version="1.0" encoding="utf-7"?>+ADw-a+AD4-', '<?xml version="9.9"?><a/>', "<?xml?><a/>", '<?xml version="1.0" standalone="maybe"?><a/>',
    '<?xml version="1.0" encoding="UTF-16"?><a/>', '<?xml encoding="ebcdic-cp-us"?><a/>', "<?xml version='1.0' encoding='no such charset'?><a/>",
    f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{FILE}" parse="text"/></a>',
    f'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:include href="{FILE}"/></xsl:stylesheet>',
    f'<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="u {FILE}"/>',
    '<a xmlns:a="u" xmlns:a="v"/>', "<a:b/>", "<a xmlns=''/>", '<xml:a xmlns:xml="u"/>', "<a b='1' b='2'/>", "<a b=1/>", "<a b/>", "<a =''/>",
    "<a>&#0;</a>", "<a>&#xFFFF;</a>", "<a>&#x110000;</a>", "<a>&#99999999999;</a>", "<a>&#xD800;</a>", "<a>&;</a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>& b</a>",
    "<a>]]></a>", "<a><![CDATA[x]]", "<a><![CDATA[]]]]><![CDATA[>]]></a>", "<a><![CDAT[x]]></a>", "<a><!-- -- --></a>", "<a><!--->", "<a><!-- --->", "<!-- --><a/>",
    "<a><?xml version='1.0'?></a>", "<a><?b", "<a/><b/>", "x<a/>", "<a/>x", "<1a/>", "<-a/>", "<a.b-c_d/>", "< a/>", "<a / >", "</a>", "<a></b></a>", "<>", "</>", "<a", "<a ", "<a b", "<a b='", "<a b='c", "<",
    "<a\x00b/>", "<a>\x00</a>", "<a>\x0b</a>", "<a>\ufffe</a>", "\ufeff\ufeff<a/>", "<\u00e4/>", "<a\u3000b='c'/>", "<a>\u2028</a>", "<a \r\n\tb\n=\r'c'\t/>",
]  # fmt: skip

BAD_HTML = [
    "<html", "<html>", "<!DOCTYPE html>", "<!DOCTYPE html SYSTEM 'about:legacy-compat'>", "<html><html><body><body>", "<body><html>", "</body></html><html>",
    "<html><table><tr><h1>502 Bad Gateway</h1></table>", "<html><h1>a<h1>b<h1>c", "<html><p><div><p></div></p>", "<html><b><i>x</b>y</i>", "<html><a><a><a>",
    "<html><title>a<h1>b", "<html><title></titl><h1>x</h1>", "<html><textarea><h1>x", "<html><script><h1>x</h1>", "<html><script><!--<script></script>--><h1>y", "<html><style></styl",
    "<html><plaintext><h1>x</h1>", "<html><xmp><h1>x</xmp>", "<html><noscript><h1>x</h1></noscript>", "<html><svg><title><h1>x</h1></title></svg>", "<html><math><mi><h1>x",
    "<html><select><option><select><h1>x", "<html><frameset><frame></frameset><h1>x", "<html><form><form><input type=password>", "<html><input type='password", "<html><template><h1>x",
    "<html><!-- <h1>x</h1>", "<html><!-- -- > --!><h1>x</h1>", "<html><!--><h1>x</h1>-->", "<html><![CDATA[<h1>x</h1>]]>", "<html><?php echo 1 ?><h1>x</h1>", "<html></p></br><h1>x</h1>",
    "<html a a=b a='c' a=\"d\" / b><h1>x</h1>", "<html><h1 title='>'>x</h1>", "<html><h1/>x", "<html><h1\x00>x</h1>", "<html>\x00<h1>\x00x\x00</h1>", "<html><h1>&#0;&#128;&notit;&amp&lt x</h1>",
    "<html><h1>&#x1F4A9;&#xD800;&#99999999;</h1>", "<HTML><TITLE>X</TITLE><H1>Y</H1></HTML>", "<html><head><title>a</title><title>b</title>", "<html>" + "<b>" * 600 + "x", "<html>" + "<table>" * 100,
    "<html><meta charset=utf-16><h1>x</h1>", "<html><meta http-equiv=refresh content='0;url=http://192.0.2.1/'>", "<html><base href=//192.0.2.1/><h1>x</h1>", "<html><h1>" + "x" * 20_000,
]  # fmt: skip

SUITES = [
    *(("good json", case) for case in GOOD_JSON),
    *(("bad json", case) for case in BAD_JSON),
    *(("xml", case.encode("utf-8", "surrogatepass")) for case in ATTACK_XML),
    *(("html", case.encode()) for case in BAD_HTML),
]


@pytest.mark.parametrize(("suite", "body"), SUITES)
@pytest.mark.parametrize("status", [None, 500])
def test_a_case_of_a_suite_gets_its_answer(suite: str, body: bytes, status: int | None):
    """Alone, inside a vendor's form, and under each vendor's name: an answer, and the bytes kept."""
    forms = [
        body,
        b'{"event":"session_error","payload":{"code":1011,"x":' + body + b"}}",
        b"<ApiErrors><ApiError>" + body,
    ]
    forms += [b'[{"channel":"/c","data":' + body + b"}]", b"2026-01-01 ERROR session_error " + body]
    for form in forms:
        for vendor in (None, "cisco-finesse", "zoom-cobrowse"):
            result = errnorm.normalize(form, status=status, vendor=vendor)

            assert result.raw.data == form
            assert [errnorm.from_dict(orjson.loads(orjson.dumps(one.to_dict()))) for one in result] == list(
                result
            )
            assert FILE.rpartition("/")[0] in form.decode("utf-8", "replace") or "no/such" not in str(
                result.problems
            )
    assert suite


@pytest.mark.parametrize("body", GOOD_JSON)
def test_good_json_is_read_as_the_standard_library_reads_it(body: bytes):
    """What must be accepted is accepted without a word, and gives the same value."""
    document = read_json(body, body.decode())

    assert document is not None
    assert document.value == json.loads(body)
    assert [problem for problem in document.problems if problem.severity == "error"] == []


@pytest.mark.parametrize("body", BAD_JSON)
def test_bad_json_is_never_taken_for_good(body: bytes):
    """What a strict reader refuses is named, or is no object and no list to anybody."""
    text = body.decode("utf-8", "replace")
    document = read_json(text.encode(), text)
    if document is None or accepts(text):
        return

    assert document.problems or document.lead


def accepts(text: str) -> bool:
    """Tell whether the standard library takes a text for JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
