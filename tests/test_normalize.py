"""The call: its arguments, what is laid over a reading, and the nets below it."""

from __future__ import annotations

import copy
import http
import pickle
import threading
import tracemalloc
import zlib
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

import errnorm
from errnorm import Decision, DelaySource, Scope, Source
from errnorm.cache import Cache
from errnorm.normalizer import _MOST_DETECTIONS
from errnorm.vendor import Clue, ClueKind, Evidence, Reported, Vendor

FINESSE = b"<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType><ErrorMessage>bad</ErrorMessage></ApiError></ApiErrors>"
TWO = b"<ApiErrors><ApiError><ErrorType>A B</ErrorType></ApiError><ApiError><ErrorType>A B</ErrorType></ApiError></ApiErrors>"


def codes(result: errnorm.Result) -> list[str]:
    """Give the codes of a result's problems."""
    return [str(problem.code) for problem in result.problems]


@pytest.mark.parametrize(
    "body",
    [FINESSE, bytearray(FINESSE), memoryview(FINESSE), FINESSE.decode()],
    ids=["bytes", "bytearray", "memoryview", "str"],
)
def test_a_body_comes_in_any_form_of_bytes_or_text(body: Any):
    """Bytes, views of bytes, and text give the same record."""
    assert errnorm.normalize(body, status=400).first == errnorm.normalize(FINESSE, status=400).first


@pytest.mark.parametrize("value", [{"code": 1016}, MappingProxyType({"code": 1016})])
def test_decoded_json_is_a_body(value: Any):
    """A dict is read as its JSON, and says that it was one."""
    result = errnorm.normalize(value, vendor="zoom-cobrowse")

    assert result.first is not None
    assert result.first.code == "1016"
    assert (result.raw.data, result.raw.from_object) == (b'{"code":1016}', True)


@pytest.mark.parametrize(
    "value",
    [
        {"code": 10**30},
        {"code": 1, "when": datetime(2026, 1, 1, tzinfo=UTC)},
        {("a", "b"): 1},
        {"half": "\ud800"},
        {1: {2: 3}},
        {"bytes": b"\xff"},
    ],
)
def test_an_object_that_json_cannot_carry_is_still_a_body(value: Any):
    """What JSON has no form for is written as text, with a problem where that changed it."""
    result = errnorm.normalize(value, status=400)

    assert len(result) == 1
    assert result.raw.from_object


def test_a_cyclic_object_is_still_a_body():
    """An object that contains itself is no reason to raise."""
    value: dict[str, Any] = {}
    value["self"] = value

    assert codes(errnorm.normalize(value, status=400))[0] == "object-coerced"


@pytest.mark.parametrize(
    ("body", "options", "words"),
    [
        (object(), {}, "give its content"),
        (b"", {"status": "503"}, "Give the HTTP status as a number"),
        (b"", {"status": True}, "Give the HTTP status as a number"),
        (b"", {"headers": 5}, "neither a mapping nor pairs"),
        (b"", {"headers": ["x"]}, "neither a mapping nor pairs"),
        (b"", {"url": 5}, "Give a str"),
        (b"", {"vendor": ["cisco-finesse"]}, "Give str"),
        (b"", {"vendor": 5}, "Give str"),
        (b"", {"source": "file"}, "Give Source"),
        (b"", {"occurred_at": "now"}, "Give datetime"),
        (b"", {"content_type": 5}, "Give str"),
        (b"", {"strict": "yes"}, "Give bool"),
        (b"", {"statuss": 503}, "Did you mean status?"),
        (b"", {"status_code": 503}, "Did you mean status?"),
        (b"", {"foo": 1}, "There are: status, headers"),
        (b"", {"occurred_at": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001 - the point of the test
    ],
)
def test_misuse_raises_at_once(body: Any, options: Any, words: str):
    """An argument of the wrong type is the caller's mistake, and says what to give."""
    with pytest.raises(errnorm.InvalidArgument, match=words):
        errnorm.normalize(body, **options)


def test_an_unknown_vendor_raises_with_the_known_ones():
    """A hint that names nobody is a mistake; the sentence lists the names."""
    with pytest.raises(
        errnorm.UnknownVendor, match="cisco-finesse, genesys-chat, genesys-gwe, unknown, zoom-cobrowse"
    ):
        errnorm.normalize(b"", vendor="cisco")


def test_status_may_be_an_enum_and_must_be_http():
    """HTTPStatus is a number; what is no HTTP status is none, with a problem."""
    assert errnorm.normalize(b"", status=http.HTTPStatus.BAD_GATEWAY)[0].status == 502
    odd = errnorm.normalize(b"", status=999)
    assert (odd[0].status, codes(odd)) == (None, ["status-invalid"])


def test_the_callers_status_wins():
    """Where the body names another status, the response's own is taken and the difference noted."""
    body = b'{"status": 400, "apiErrors": {"errorType": "Bad Request"}}'

    assert errnorm.normalize(body)[0].status == 400
    result = errnorm.normalize(body, status=500)
    assert (result[0].status, codes(result)) == (500, ["status-differs"])


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "7"}, [("retry-after", "7")], [(b"Retry-After", b"7")], {"RETRY-AFTER": ["7"]}],
)
def test_headers_come_in_any_form(headers: Any):
    """Mappings, pairs and byte pairs, names in any case."""
    retry = errnorm.normalize(b"", status=503, headers=headers)[0].retry

    assert (retry.delay, retry.delay_source, retry.basis) == (7.0, DelaySource.HEADER, "http:503")


DATE = "Sat, 21 Nov 2026 10:00:00 GMT"
LATER = "Sat, 21 Nov 2026 10:02:00 GMT"


def test_a_retry_date_counts_from_the_responses_own_date():
    """A date gives not_before; a delay only where the response says what time it was."""
    with_date = errnorm.normalize(b"", status=503, headers={"Retry-After": LATER, "Date": DATE})[0].retry
    without = errnorm.normalize(b"", status=503, headers={"Retry-After": LATER})[0].retry
    past = errnorm.normalize(b"", status=503, headers={"Retry-After": DATE, "Date": LATER})[0].retry

    assert (with_date.delay, with_date.not_before) == (120.0, datetime(2026, 11, 21, 10, 2, tzinfo=UTC))
    assert (without.delay, without.not_before) == (None, datetime(2026, 11, 21, 10, 2, tzinfo=UTC))
    assert past.delay == 0.0


@pytest.mark.parametrize("value", ["-1", "soon", "99999999999", "1e3", "Sat, 21 Nov 1970 10:00:00 GMT"])
def test_an_absurd_retry_after_is_not_obeyed(value: str):
    """What cannot be meant is a problem."""
    result = errnorm.normalize(b"", status=503, headers={"Retry-After": value})

    assert (result[0].retry.delay, codes(result)) == (None, ["retry-after-invalid"])


@pytest.mark.parametrize("value", ["Fri, 31 Dec 9999 23:59:59 -0500", "Fri, 01 Jan 2100 00:00:00 GMT"])
@pytest.mark.parametrize("beside", [{}, {"Date": DATE}], ids=["alone", "with-date"])
def test_a_date_that_means_never_is_not_obeyed(value: str, beside: dict[str, str]):
    """A year that nobody waits for is a problem, whether or not the response says what time it was."""
    result = errnorm.normalize(b"", status=503, headers={"Retry-After": value, **beside})

    assert (result[0].retry.delay, result[0].retry.not_before) == (None, None)
    assert codes(result) == ["retry-after-invalid"]


def test_retry_after_makes_an_unknown_advice_a_retry():
    """A server that names a time says that a later try may succeed."""
    retry = errnorm.normalize(b"{}", status=500, headers={"Retry-After": "3"})[0].retry

    assert (retry.decision, retry.scope, retry.basis) == (
        Decision.RETRY,
        Scope.SAME_CALL,
        "header:retry-after",
    )


def test_retry_after_does_not_overrule_the_catalog():
    """What will fail again fails again, whatever time the server names."""
    retry = errnorm.normalize(b"{}", status=404, headers={"Retry-After": "3"})[0].retry

    assert (retry.decision, retry.delay) == (Decision.DO_NOT_RETRY, 3.0)


def test_request_ids_come_from_headers():
    """A request id header is a correlation id; the body's own wins."""
    body = b"<Update><data><apiErrors><apiError/></apiErrors></data><requestId>r-7</requestId></Update>"
    headers = {"X-Request-Id": "h-1", "traceparent": "00-1-2-01"}

    assert errnorm.normalize(FINESSE, headers=headers)[0].ids == {"request": "h-1", "trace": "00-1-2-01"}
    assert errnorm.normalize(body, headers=headers)[0].ids["request"] == "r-7"


def test_what_is_laid_over_is_not_cached():
    """Headers, source and time of one response do not show in the next with the same body."""
    source = Source(name="capture.log", line=3)
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    first = errnorm.normalize(FINESSE, headers={"Retry-After": "7"}, source=source, occurred_at=moment)[0]
    second = errnorm.normalize(FINESSE)[0]

    assert (first.retry.delay, first.source, first.occurred_at) == (7.0, source, moment)
    assert (second.retry.delay, second.source, second.occurred_at) == (None, None, None)


def test_siblings_are_never_merged():
    """Two equal errors in one list are two errors, numbered."""
    result = errnorm.normalize(TWO)

    assert [(record.index, record.total) for record in result] == [(0, 2), (1, 2)]


def test_records_are_bounded():
    """A body with more errors than the limit gives that many, and says so; the others are not built."""
    result = errnorm.Normalizer(limits=errnorm.Limits(max_records=1)).normalize(TWO)

    assert (len(result), result[0].total, codes(result)) == (1, 1, ["too-many-records"])


def test_as_many_records_as_the_limit_are_no_problem():
    """The limit is the last number that is allowed."""
    result = errnorm.Normalizer(limits=errnorm.Limits(max_records=2)).normalize(TWO)

    assert (len(result), codes(result)) == (2, [])


def test_a_normalizer_keeps_a_bounded_number_of_detections():
    """A vendor that gives each body a shape of its own fills no memory, and each body has its own shape."""
    vendor = Vendor(
        name="acme-desk",
        title="Acme Desk",
        clues=(Clue(ClueKind.KEY, "acme"),),
        score=lambda _: Evidence(0.9, "its name"),
        parse=lambda payload: [Reported(shape=f"acme.{payload.json.value['acme']}")],
    )
    normalizer = errnorm.Normalizer(vendors=(vendor,), cache_size=0)
    shapes = [normalizer.detect({"acme": f"n{number}"}).shape for number in range(2 * _MOST_DETECTIONS)]

    assert shapes == [f"acme.n{number}" for number in range(2 * _MOST_DETECTIONS)]
    assert 0 < len(normalizer._detections) <= _MOST_DETECTIONS


@pytest.mark.parametrize(
    "body",
    [
        b"<Update><data><user/></data><event>PUT</event><source>/finesse/api/User/1001</source></Update>",
        b'{"success": true, "session": {}}',
        b'[{"channel": "/meta/connect", "successful": true}]',
        b'{"status": "true", "errorMessage": ""}',
    ],
)
def test_success_forms_give_no_record(body: bytes):
    """A vendor's own success form is no error, and a result without records is falsy."""
    result = errnorm.normalize(body)

    assert (bool(result), result.first, result.is_error) == (False, None, False)


def test_a_success_form_under_an_error_status_is_an_error():
    """A status of 400 or more is never without a record."""
    body = b"<Update><data/><source>/finesse/api/User/1001</source></Update>"
    result = errnorm.normalize(body, status=500)

    assert [(record.vendor, record.status) for record in result] == [("cisco-finesse", 500)]


def test_an_error_under_200_is_an_error():
    """What a vendor calls an error is one under any status."""
    assert len(errnorm.normalize(FINESSE, status=200)) == 1


def test_a_harmless_200_is_none():
    """Nothing in the body reports an error, and the status does not."""
    assert len(errnorm.normalize(b'{"ok": 1}', status=200)) == 0
    assert len(errnorm.normalize(b"", status=204, vendor="genesys-gwe")) == 0


def test_the_hint_wins_and_the_contradiction_is_noted():
    """The caller is believed; that the body looks like another's is a problem."""
    result = errnorm.normalize(FINESSE, vendor="zoom-cobrowse", status=400)

    assert (result[0].vendor, codes(result)) == ("zoom-cobrowse", ["hint-contradicted"])
    assert [candidate.vendor for candidate in result.detection.candidates] == ["cisco-finesse"]


def test_the_url_may_be_an_object():
    """Clients have url objects with a path."""
    url = SimpleNamespace(path="/finesse/api/User/1001")

    assert errnorm.normalize(b"<html>", status=503, url=url)[0].vendor == "cisco-finesse"


@pytest.mark.parametrize(
    "url", ["http://[::1", "https://h/finesse/api/User?x#y", "/finesse/api/", "https://h"]
)
def test_any_url_is_taken(url: str):
    """A url out of a log may be broken."""
    assert errnorm.normalize(b"", status=503, url=url)[0].vendor == (
        "cisco-finesse" if "finesse" in url else "unknown"
    )


def test_strict_raises_on_what_was_not_read():
    """strict=True raises errnorm's own type, with all that was read, and it pickles."""
    with pytest.raises(errnorm.UnreadableBody) as raised:
        errnorm.normalize(FINESSE[:60], strict=True)

    assert raised.value.result[0].vendor == "cisco-finesse"
    assert "xml" in str(raised.value).lower()
    assert pickle.loads(pickle.dumps(raised.value)).result == raised.value.result
    assert errnorm.normalize(FINESSE, strict=True)


@pytest.mark.touches_third_net
def test_the_third_net_catches_bugs_of_ours(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A bug in errnorm costs a problem and a line in the log, never an exception, never a byte."""
    normalizer = errnorm.Normalizer()
    monkeypatch.setattr(normalizer, "_read", lambda _: 1 / 0)
    result = normalizer.normalize(b"secret", status=503)

    assert (result[0].vendor, result[0].status, codes(result)) == ("unknown", 503, ["internal-error"])
    assert result.raw.data == b"secret"
    assert "secret" not in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_normalizer_serves_many_threads():
    """Eight threads with one normalizer get what one thread gets."""
    normalizer = errnorm.Normalizer()
    bodies = [FINESSE, TWO, b"<a>", b"{", b"[1]", b"x"] * 30
    expected = [errnorm.Normalizer(cache_size=0).normalize(body, status=400) for body in bodies]
    wrong: list[int] = []

    def work() -> None:
        wrong.extend(
            n for n, body in enumerate(bodies) if normalizer.normalize(body, status=400) != expected[n]
        )

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_the_cache_is_bounded():
    """The cache forgets what was not asked for longest, and never holds more than its size."""
    normalizer = errnorm.Normalizer(cache_size=10_000)
    for number in range(400):
        normalizer.normalize(f"body {number // 2}")  # what comes twice is kept

    assert normalizer._cache._used <= 10_000
    assert 0 < len(normalizer._cache._kept) < 10


def test_what_comes_once_is_not_kept():
    """The cache keeps what comes again, whether at once or after others, and knows the last one anyway."""
    cache = Cache[str](1000, lambda _: 10)
    kept = []
    for key in (1, 2, 3, 2, 3, 3, 4, 4):
        if cache.get(key) is None:
            cache.offer(key, f"value {key}")
        kept.append(len(cache._kept))

    assert kept == [0, 0, 0, 1, 2, 2, 2, 3]
    assert [cache.get(key) for key in (1, 2, 3, 4)] == [None, "value 2", "value 3", "value 4"]


def test_the_cache_weighs_what_it_keeps():
    """A cache full of bodies with many errors takes no more memory than it was given."""
    normalizer = errnorm.Normalizer(cache_size=1 << 20)
    error = "<ApiError><ErrorType>Invalid Input</ErrorType><ErrorMessage>{0}</ErrorMessage></ApiError>"
    normalizer.normalize(f"<ApiErrors>{error}</ApiErrors>")
    tracemalloc.start()
    for number in range(100):
        for _ in range(2):
            normalizer.normalize(f"<ApiErrors>{error.format(number) * 50}</ApiErrors>")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (len(normalizer._cache._kept) > 5, kept < 1.2 * (1 << 20)) == (True, True)


def test_equal_bytes_with_other_problems_are_not_confused():
    """The cache tells an object that had to be coerced from one that had not."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    assert codes(errnorm.normalize({"x": {1: 2}}, status=400)) == []
    assert codes(errnorm.normalize({"x": {"y": moment.date}}, status=400)) == ["object-coerced"]
    assert codes(errnorm.normalize({"x": {"y": str(moment.date)}}, status=400)) == []


def test_a_record_cannot_be_changed():
    """Ids and extra are read-only to their leaves, and still copy, pickle and compare as dicts."""
    body = {"error": {"message": "no"}, "more": {"deep": [1, {"x": 2}]}}
    record = errnorm.normalize(body, status=400)[0]

    with pytest.raises(TypeError, match="to_dict"):
        record.extra["more"]["deep"][1]["x"] = 3
    with pytest.raises(TypeError, match="to_dict"):
        record.extra["more"]["deep"].append(4)
    with pytest.raises(AttributeError):
        record.code = "1"  # type: ignore[misc]
    with pytest.raises(TypeError):
        hash(record)
    assert copy.deepcopy(record) == record
    assert record.extra == {"more": {"deep": [1, {"x": 2}]}}


def test_the_fingerprint_groups_the_same_kind_of_error():
    """Ids, users, numbers and quoted parts do not change the fingerprint; the code does."""

    def made(message: str, data: str, code: str = "CF_NO_ACTIVE_CALL") -> str:
        body = f"<ApiErrors><ApiError><ErrorType>T</ErrorType><ErrorMessage>{code}: {message}</ErrorMessage><ErrorData>{data}</ErrorData></ApiError></ApiErrors>"
        return errnorm.normalize(body, headers={"X-Request-Id": data})[0].fingerprint

    assert made("agent jane on 24011", "jane") == made("agent bob on 24099", "bob")
    assert made("x 'a b' y", "jane") == made("x 'c' y", "bob")
    assert made("same", "jane") != made("same", "jane", "CF_NO_HELD_CALL")


def test_from_dict_refuses_what_is_no_record():
    """A dict of another form is refused with the thing to try."""
    good = errnorm.normalize(FINESSE)[0].to_dict()
    for wrong in ({}, {**good, "schema_version": "2.0"}, {**good, "retry": None}, {**good, "match": "?"}, []):
        with pytest.raises(errnorm.InvalidRecord):
            errnorm.from_dict(wrong)  # type: ignore[arg-type]


def test_an_entry_that_is_gone_becomes_a_stub():
    """A stored record whose entry was withdrawn keeps its id, title and page."""
    data = errnorm.normalize(FINESSE)[0].to_dict()
    data["entry"] = {"id": "cisco-finesse:type/Gone", "title": "Gone", "docs_url": None}
    entry = errnorm.from_dict(data).entry

    assert entry is not None
    assert (entry.id, entry.title) == ("cisco-finesse:type/Gone", "Gone")


def test_a_notice_alone_is_no_error():
    """A Genesys notice is a record of severity info: it is never dropped, and raises nothing."""
    result = errnorm.normalize({"type": "EventError", "description": "The chat session was restored"})

    assert [str(record.severity) for record in result] == ["info"]
    assert result.is_error is False
    assert errnorm.normalize(FINESSE).is_error is True


def test_strict_lets_warnings_pass():
    """strict=True raises on what was not read, not on what had to be guessed."""
    result = errnorm.normalize("Größe".encode("cp1252"), status=400, strict=True)

    assert codes(result) == ["charset-guessed"]


def test_candidates_are_ranked():
    """The likelier vendor stands first; equal ones are in the order of names."""
    body = {"error": {"code": 1011, "description": "no"}, "errorType": "a", "errorMessage": "b"}
    found = errnorm.detect(body).candidates

    assert len(found) >= 2
    assert list(found) == sorted(found, key=lambda other: (-other.confidence, other.vendor))


def test_equal_scores_are_broken_by_name():
    """The order in which vendors are registered decides nothing."""
    sure = errnorm.Evidence(0.9, "the test says so")
    clue = errnorm.Clue(errnorm.ClueKind.KEY, "zz")
    made = [
        errnorm.Vendor(name=name, title=name, clues=(clue,), score=lambda _: sure, parse=lambda _: [])
        for name in ("beta", "alpha")
    ]
    detected = {errnorm.Normalizer(vendors=order).detect({"zz": 1}).vendor for order in (made, made[::-1])}

    assert detected == {"alpha"}


def test_large_bodies_are_not_cached():
    """A body beyond 16 KiB is read anew each time, and the cache stays as it was."""
    normalizer = errnorm.Normalizer()
    for _ in range(3):
        normalizer.normalize(b"x" * 17_000)

    assert len(normalizer._cache._kept) == 0


def test_the_parser_opens_nothing(tmp_path: Any):
    """The XML parser itself resolves no entity and loads no DTD, also without our cutting the declaration."""
    from lxml import etree

    from errnorm.reading.xml import _PARSER

    secret = tmp_path / "secret.txt"
    secret.write_text("opened")
    body = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "inner">]><a>&x;&y;</a>'
    root = etree.fromstring(body.encode(), _PARSER)

    assert "opened" not in "".join(str(part) for part in root.itertext())
    assert root.text is None


def test_details_of_gwe_headers_are_kept():
    """The manual promises details in headers: they stand in extra, and speak where the body does not."""
    record = errnorm.normalize(
        b"", status=403, vendor="genesys-gwe", headers={"X-Error-Message": "no right"}
    )[0]

    assert (record.message, record.extra) == ("no right", {"headers": {"x-error-message": "no right"}})


def test_only_the_path_of_a_url_counts():
    """Host and query name no vendor."""
    for url in ("https://finesse/x?y=/finesse/", "https://h/x#/finesse/"):
        assert errnorm.normalize(b"", status=503, url=url)[0].vendor == "unknown"


def test_a_vendor_error_is_safe_and_pickles():
    """`str` shows nothing private, the record is the first real error, and the response stays behind."""
    result = errnorm.normalize(
        "<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType><ErrorData>agent1001</ErrorData>"
        "<ErrorMessage>secret</ErrorMessage></ApiError><ApiError/></ApiErrors>",
        status=400,
    )
    error = errnorm.VendorError(result, response=object())
    copy = pickle.loads(pickle.dumps(error))

    assert (error.record, error.records) == (result[0], result.records)
    assert (copy.result, copy.response) == (result, None)
    assert [secret for secret in ("agent1001", "secret") if secret in f"{error}{error!r}{copy}"] == []
    assert str(error).endswith("And 1 more.")


def test_a_vendor_error_names_the_error_and_not_the_notice():
    """A notice before an error in one body is not what a caller wants to match on."""
    result = errnorm.normalize(b"", status=503)
    notice = evolve(result[0], severity=errnorm.Severity.INFO)

    assert errnorm.VendorError(evolve(result, records=(notice, result[0]))).record == result[0]


@pytest.mark.parametrize("sent", ['{"a": 1}', '["b"]', '"SESSION_START_PIN'])
def test_an_exception_that_is_none_is_kept(sent: str):
    """What stands where Zoom has an exception name, and is no whole text, is still in the record."""
    body = f'{{"event": "session_error", "payload": {{"code": 1010, "exception": {sent}'
    record = errnorm.normalize(body)[0]

    assert (record.code, record.type) == ("1010", None)
    assert "exception" in record.extra


def test_a_page_in_iso_2022_jp_is_read_as_japanese():
    """Its bytes are all below 128, and are no ASCII."""
    page = "<html><head><title>サービス停止中</title></head><body></body></html>".encode("iso2022_jp")
    result = errnorm.normalize(page, status=503, content_type="text/html; charset=ISO-2022-JP")

    assert page.isascii()
    assert (result[0].message, result.raw.charset, result.problems) == ("サービス停止中", "iso2022_jp", ())


def test_a_packed_body_may_look_like_ascii():
    """Deflate, cut by one byte, in which no bit tells it from a text: the header does."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS, strategy=zlib.Z_FIXED)
    packed = (packer.compress(b"server refused") + packer.flush())[:-1]
    result = errnorm.normalize(packed, status=503, headers={"Content-Encoding": "deflate"})

    assert packed.isascii()
    assert b"\0" not in packed
    assert b"\x1b" not in packed
    assert (result[0].message, codes(result)) == ("server refused", ["encoding-truncated"])


@pytest.mark.parametrize("body, message", [('"', '"'), ('""', None), ('"  "', None), ('"busy"', "busy")])
def test_a_quoted_text_is_what_stands_between_its_quotes(body: str, message: str | None):
    """One quotation mark alone is a text; two with nothing between them say nothing."""
    assert errnorm.normalize(body, status=500)[0].message == message


def test_a_code_without_a_name_is_too_thin_to_tell():
    """30308 has no exception name in the catalog: that a body has none either is no evidence."""
    detection = errnorm.detect({"code": "30308", "title": "x"})

    assert (detection.vendor, [each.vendor for each in detection.candidates]) == (
        "unknown",
        ["zoom-cobrowse"],
    )


@pytest.mark.parametrize("declared", ["text/plain; charset=windows-1251", "text/plain; charset=windows-1252"])
def test_a_body_under_another_header_is_another_body(declared: str):
    """The cache tells a body by the values of its headers, not by their names alone."""
    normalizer = errnorm.Normalizer()
    for other in ("text/plain; charset=windows-1251", "text/plain; charset=windows-1252") * 2:
        normalizer.normalize(b"\xcd\xe5\xf2", status=500, content_type=other)
    record = normalizer.normalize(b"\xcd\xe5\xf2", status=500, content_type=declared).first

    assert record is not None
    assert record.message == {"1": "Нет", "2": "Íåò"}[declared[-1]]


def test_each_root_has_its_own_values():
    """What stands behind the first root of a stream is kept under its own name."""
    record = errnorm.normalize("<e><x>1</x></e><f>2</f><g>3</g>", status=500).first

    assert record is not None
    assert record.extra["#roots"] == [{"f": "2"}, {"g": "3"}]


def test_a_text_beside_the_errors_is_kept():
    """A text between `</ApiError>` and the next one is no usual form, and is not lost."""
    error = "<ApiError><ErrorType>Invalid Input</ErrorType></ApiError>"
    record = errnorm.normalize(f"<ApiErrors>{error}beside</ApiErrors>", status=400).first

    assert record is not None
    assert record.extra == {"envelope": {"#text": "beside"}}


def test_a_sibling_in_the_usual_form_is_no_finesse():
    """PCCE sends ApiErrors as well; the type that only it has tells them apart."""
    body = "<ApiErrors><ApiError><ErrorType>invalidInput.outOfRange</ErrorType></ApiError></ApiErrors>"

    assert errnorm.detect(body, status=400).vendor == "unknown"


def test_a_namesake_on_a_channel_is_no_success_of_a_chat():
    """An event that another product of the vendor sends is no message of a chat without an error."""
    event = {"channel": "/v2/chat/1", "data": {"messageType": "Notice", "note": "x"}}
    usual = {"channel": "/v2/chat/1", "data": {"note": "x"}}

    assert errnorm.detect([usual]).vendor == "genesys-chat"
    assert errnorm.detect([event]).vendor == "unknown"


@pytest.mark.parametrize(
    "body",
    ["<hr:fault xmlns:hr='urn:x'><code>E17</code></hr:fault>", "<span.error><code>E17</code></span.error>"],
)
def test_a_name_that_only_begins_as_html_is_xml(body: str):
    """`<hr>` is HTML, and `<hr:fault>` somebody's XML."""
    record = errnorm.normalize(body, status=500).first

    assert record is not None
    assert (record.shape, record.code) == ("xml", "E17")


@pytest.mark.parametrize("limit", [{"max_depth": -1}, {"max_records": 0}, {"max_body_bytes": "1 MiB"}])
def test_a_limit_is_a_whole_number(limit: dict[str, Any]):
    """A bound that nothing can keep to is refused at once."""
    with pytest.raises(errnorm.InvalidArgument, match=r"^max_\w+ is .+\. Give a whole number, from 1\.$"):
        errnorm.Limits(**limit)


def test_a_keyword_of_python_is_no_keyword_of_ours():
    """`self` is a misspelt keyword as any other."""
    with pytest.raises(errnorm.InvalidArgument, match="There is no keyword 'self'"):
        errnorm.normalize(b"", self=1)  # type: ignore[call-arg]
