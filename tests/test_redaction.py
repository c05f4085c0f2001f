"""Redaction: what is private goes, from every place, and what a code means stays."""

from __future__ import annotations

import base64
import json
import pickle
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from corpus import Case
from hypothesis import given
from hypothesis import strategies as st
from planted import PLANTED, SECRETS, SENTENCES
from strategies import CASES, any_case, json_values

import errnorm
from errnorm.redaction import CONTACT_CENTER, Action, Policy, Rule
from errnorm.schemas import schema_text

KEY = b"a key of the tests"
POLICIES = {
    "mask": CONTACT_CENTER,
    "remove": CONTACT_CENTER.using("remove"),
    "hash": CONTACT_CENTER.using("hash", key=KEY),
}


def outputs(result: errnorm.Result) -> str:
    """Give all that may be written of a result: dicts with the body in both forms, and its bytes."""
    dicts = [record.to_dict(raw=form) for record in result for form in ("text", "base64")]
    bodies = [base64.b64decode(item["raw"]["base64"]) for item in dicts if "base64" in item["raw"]]
    texts = [body.decode("utf-8", "replace") for body in [*bodies, result.raw.data]]
    return "\n".join([json.dumps(dicts, ensure_ascii=False), *texts])


@pytest.mark.parametrize("action", POLICIES)
def test_planted_secrets_never_come_out(action: str):
    """Of every fixture with every secret in every object, no output form shows one under the policy."""
    leaks = []
    for case, body in PLANTED if action == "mask" else PLANTED[::5]:
        text = outputs(errnorm.normalize(body, **case.given).redacted(POLICIES[action]))
        leaks += [(case.name, secret) for secret in SECRETS if secret in text or repr(secret)[1:-1] in text]

    assert len(PLANTED) > 250
    assert leaks == []


def test_without_a_policy_the_planted_secrets_are_there():
    """The test above can fail: the same outputs without a policy show every secret."""
    text = "\n".join(outputs(errnorm.normalize(body, **case.given)) for case, body in PLANTED[:40])

    assert [secret for secret in SECRETS if secret not in text] == []


def test_planted_secrets_are_never_shown_without_asking():
    """What is safe without a policy shows no planted secret, over every fixture."""
    leaks = []
    for case, body in PLANTED:
        result = errnorm.normalize(body, **case.given)
        shown = "\n".join(safe_texts(result))
        leaks += [(case.name, secret) for secret in SECRETS if secret in shown]

    assert leaks == []


def safe_texts(result: errnorm.Result) -> Iterator[str]:
    """Go through all that is shown without asking."""
    for value in (result, result.raw, result.detection, result.problems, errnorm.UnreadableBody(result)):
        yield str(value)
        yield repr(value)
    for record in result:
        yield from (str(record), repr(record), record.summary(), *map(str, record.problems))
    if result.is_error:
        error = errnorm.VendorError(result)
        yield from (str(error), repr(error), str(error.args))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_policy_changes_no_known_code(case: Case):
    """Type, code and subcode that the catalog knows stay, and with them entry, category and retry."""
    result = errnorm.normalize(case.body, **case.given)
    for record, plain in zip(result, result.redacted(CONTACT_CENTER), strict=True):
        assert record.known_codes == plain.known_codes
        assert (record.type, record.code, record.subcode) == (plain.type, plain.code, plain.subcode)
        assert (record.entry, record.category, record.retry) == (plain.entry, plain.category, plain.retry)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_redacted_record_survives_its_dict(case: Case):
    """It fits the schema, comes back equal, pickles, and a second redaction finds nothing."""
    schema = json.loads(schema_text("record"))
    for record in errnorm.normalize(case.body, **case.given).redacted(CONTACT_CENTER):
        data = json.loads(json.dumps(record.to_dict(raw="text")))
        jsonschema.validate(data, schema)

        assert errnorm.from_dict(data) == record
        assert pickle.loads(pickle.dumps(record)) == record
        assert record.redacted(CONTACT_CENTER).redactions == record.redactions


def test_what_the_catalog_says_is_no_secret():
    """No text, constant or number of the catalog looks private to a rule."""
    texts = {
        text
        for entry in errnorm.Catalog.builtin().entries()
        for text in (*entry.spellings, entry.title, *(message.text for message in entry.messages))
    }

    assert [text for text in sorted(texts) if CONTACT_CENTER.text(text)[0] != text] == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("call (415) 555-0123 or 415.555.0199", "call [phone] or [phone]"),
        ("call-+14155550123.log rec_+1-415-555-0123.log", "call-[phone].log rec_[phone].log"),
        ("caller id 5551234 dialed 24011", "caller id [phone] dialed [phone]"),
        ("ext. 24011, DN=24012", "ext. [extension], DN=[extension]"),
        ("Agent agent1001 is not ready", "Agent [user] is not ready"),
        ("userId: 1001, login=u7x", "userId: [user], login=[user]"),
        ('{"userId":"J. \\"Jo\\" Doe","ani":4155550123}', '{"userId":"[user]","ani":[phone]}'),
        ('"{\\"firstName\\":\\"Anna\\",\\"code\\":7}"', '"{\\"firstName\\":\\"[name]\\",\\"code\\":7}"'),
        ("<userId>agent1001</userId><code>7</code>", "<userId>[user]</userId><code>7</code>"),
        ("&lt;lastName&gt;Doe&lt;/lastName&gt;", "&lt;lastName&gt;[name]&lt;/lastName&gt;"),
        ("<a loginId='x' userId=\"agent1\"/>", "<a loginId='[user]' userId=\"[user]\"/>"),
        ("<pin><![CDATA[4711]]></pin>", "<pin><![CDATA[[token]]]></pin>"),
        ("JSESSIONID=ABC.node1; Path=/", "JSESSIONID=[token]; Path=/"),
        ("GET /v2/x?code=7&amp;who=me#top", "GET /v2/x?code=[query]&amp;who=[query]#top"),
        ("from 10.20.30.40 and ::ffff:10.0.0.1", "from [ip] and [ip]"),
        ("4111111111111111 is a card", "[card] is a card"),
        ("jane@host", "[email]"),
    ],
)  # fmt: skip
def test_rules_find_what_is_private(text: str, plain: str):
    """Each rule takes what is private and leaves what stands around it."""
    assert CONTACT_CENTER.text(text)[0] == plain


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T10:00:00.123+0100 2026-11-21 10:00:00 +1100 2026-11-21",
        "1763719200000 1763719200000000 12345678901234567890",
        "402::Unknown client 403:bad:face",
        "peripheral error 13036, code 1011, E_CTI 20999",
        "HTTP Status code: 400 (Bad Request)",
        "Basic authentication required; Bearer error; Negotiate mechanism",
        "Apache Tomcat/9.0.50 Finesse 12.5.1.10000-24",
        "session_error code 1011; the session has ended; user not found; agent state",
        "4111111111111112 1234567890123",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6 12345678-1234-1234-1234-123456789012",
        "INVALID_ACTION TRANSFER, CF_INVALID_OBJECT_STATE, PERERR_GW_E_X",
        "password is required, token: expired",
    ],
)
def test_rules_leave_codes_dates_and_prose(text: str):
    """Dates, time stamps, error codes, versions and trace ids are nobody's number."""
    assert CONTACT_CENTER.text(text) == (text, ())


def test_a_removal_says_where_which_and_how_much():
    """Every removal leaves path, rule, action and length."""
    body = {
        "event": "session_error",
        "payload": {"code": 1011, "userId": "agent1001", "errorMsg": "agent1001 left"},
    }
    record = errnorm.normalize(body).first.redacted(CONTACT_CENTER)

    assert record.message == "[user] left"
    assert record.ids == {"user": "[user]"}
    assert (
        record.raw.data
        == b'{"event":"session_error","payload":{"code":1011,"userId":"[user]","errorMsg":"[user] left"}}'
    )
    assert [list(item.to_dict().values()) for item in record.redactions] == [
        ["/message", "user", "mask", 9],
        ["/ids/user", "user", "mask", 9],
        ["/raw", "user", "mask", 9],
        ["/raw", "user", "mask", 9],
    ]  # fmt: skip


def test_a_value_named_private_once_goes_everywhere():
    """A login without a digit is prose to every pattern; the member that names it gives it away."""
    body = {
        "message": "jdoe is not ready",
        "login_id": "jdoe",
        "trail": ["by jdoe.", {"jdoe": 1}],
        "who": "Jdoe",
    }
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)

    assert record.message == "[user] is not ready"
    assert record.extra == {"login_id": "[user]", "trail": ["by [user].", {"[user]": 1}], "who": "[user]"}


def test_removed_members_go_with_their_names():
    """The action `remove` leaves no member behind, and a field that was private as a whole is None."""
    body = "<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType><ErrorData>24011</ErrorData><userId>agent1001</userId></ApiError></ApiErrors>"
    record = errnorm.normalize(body).first.redacted(CONTACT_CENTER.using("remove"))

    assert (record.target, record.extra) == (None, {})
    assert {item.path for item in record.redactions} == {"/target", "/extra/userId", "/raw"}


def test_a_hash_groups_and_needs_the_key():
    """The same agent has the same hash with the same key, in every field, and another with another key."""
    policy = CONTACT_CENTER.using("hash", "user", key=KEY)
    first, other = (
        {"userId": "agent1001", "message": f"{what} for agent1001"} for what in ("no seat", "no line")
    )
    one, two = (errnorm.normalize(body, status=400).first.redacted(policy) for body in (first, other))
    foreign = errnorm.normalize(first, status=400).first.redacted(
        CONTACT_CENTER.using("hash", key=b"another")
    )

    assert re.fullmatch(r"\[user:[0-9a-f]{16}\]", one.extra["userId"])
    assert one.extra["userId"] == two.extra["userId"]
    assert one.message == f"no seat for {one.extra['userId']}"
    assert one.extra["userId"] != foreign.extra["userId"]
    assert KEY.decode() not in repr(policy)


def test_two_keys_masked_alike_stay_two_members():
    """Keys may be data; two of them under one mask lose no member."""
    body = {"message": "x", "seats": {"a@example.com": 1, "b@example.com": 2}}
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)

    assert record.extra["seats"] == {"[email]": 1, "[email]#2": 2}


def test_a_text_is_redacted_before_it_is_cut():
    """A number that the bound of a message cut in two is still known by its end in the body."""
    text = "call ".rjust(1992, "x") + "415 555 0123 again"
    record = errnorm.normalize(text, status=500).first

    assert record.message.endswith("415 555 ")
    assert record.redacted(CONTACT_CENTER).message.endswith("call [phone]")


def test_the_place_of_a_file_is_redacted():
    """The name of a log may carry an agent's address."""
    source = errnorm.Source(name="logs/jane@example.com.log", member="a.log", line=3)
    record = errnorm.normalize("no", status=500, source=source).first.redacted(CONTACT_CENTER)

    assert record.source == errnorm.Source(name="logs/[email]", member="a.log", line=3)


@pytest.mark.parametrize(
    "body",
    [
        b'{"message": "x", "lastName": "M\\u00fcllerstr\\u00f6m", "note": "M\\u00fcllerstr\\u00f6m left"}',
        b"<error><lastName>Doering</lastName><note>D&#111;ering left</note></error>",
        b'{"message": "x", "userId": "agent1001", "cut": "',
        "{'userId': 'Jörg'}".encode("utf-16"),
        b"\xff\xfe\xfd no text, userId=agent1001",
    ],
    ids=["json-escapes", "xml-references", "cut", "utf-16", "binary"],
)
def test_a_body_that_cannot_be_redacted_surely_goes_whole(body: bytes):
    """Another writing of a private value, a cut body, bytes that are no text: nothing of it is kept."""
    result = errnorm.normalize(body, status=500).redacted(CONTACT_CENTER)

    assert result.first.redactions[-1] == errnorm.redaction.Redaction(
        "/raw", "body", "remove", len(body)
    ) or (b"Jo" not in result.raw.data and "ö".encode() not in result.raw.data)
    assert b"1001" not in result.raw.data


@given(case=any_case, value=json_values)
def test_any_record_can_be_redacted(case: Case, value: Any):
    """Whatever a record holds, its redacted view round-trips and lists a removal for every change."""
    body = {"message": "agent1001", "userId": value, "a@b.example": value, "text": [value], "case": case.name}
    for policy in POLICIES.values():
        record = errnorm.normalize(body, status=400).first
        plain = record.redacted(policy)

        assert errnorm.from_dict(json.loads(json.dumps(plain.to_dict()))) == plain
        assert bool(plain.redactions) == (plain != record or plain.raw.data != record.raw.data)


@given(text=st.text(max_size=200), more=st.sampled_from([*SENTENCES]))
def test_text_around_a_secret_does_not_hide_it(text: str, more: str):
    """A sentence with a secret is redacted whatever stands before it."""
    plain, found = CONTACT_CENTER.text(f"{text} {more}")

    assert found
    assert SENTENCES[more] not in plain


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: CONTACT_CENTER.using("hash"), "hashes, and there is no key"),
        (lambda: CONTACT_CENTER.using("burn"), "no action 'burn'. There are: mask, remove, hash."),
        (lambda: CONTACT_CENTER.using("mask", "shoe size"), "no rule 'shoe size'. There are: token"),
        (lambda: CONTACT_CENTER.without("shoe size"), "no rule 'shoe size'"),
    ],
)
def test_a_wrong_policy_is_told_at_once(make: Any, sentence: str):
    """A policy that cannot do what it says is refused with the next thing to try."""
    with pytest.raises(errnorm.InvalidArgument, match=re.escape(sentence)):
        make()


def test_a_policy_is_a_value():
    """It pickles, compares, and a change makes another one."""
    own = Policy(rules=(Rule(name="badge", patterns=(re.compile(r"B-\d{4}"),), action="remove"),))

    assert pickle.loads(pickle.dumps(CONTACT_CENTER)) == CONTACT_CENTER
    assert own.text("at B-1234 now") == ("at  now", (errnorm.redaction.Redaction("", "badge", "remove", 6),))
    assert own.rules[0].action is Action.REMOVE
    assert CONTACT_CENTER.without("ip") != CONTACT_CENTER


def test_a_hundred_thousand_private_values_end():
    """Marks that stand already, names masked alike, values by the thousand: each is looked at once.

    Were each compared with all before it, this would take minutes.
    """
    marks = "[user] [email] " * 40_000
    keys = {f"u{n}@example.com": n for n in range(1_200)}
    body = {"message": "x", "keys": keys, "users": [{"userId": f"agent-{n}"} for n in range(1_200)]}
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)

    assert CONTACT_CENTER.text(marks)[0] == marks
    assert [*record.extra["keys"]][:2] == ["[email]", "[email]#2"]
    assert (len(record.extra["keys"]), record.raw.data) == (1_200, b"")


def test_private_values_inside_longer_words_end():
    """Each private value is looked for at every place of a text that nearly holds it, and still that ends.

    Ids of one letter in five hundred lengths, and a text of that letter: a search from each place for each
    of them would take hours.
    """
    users = [{"userId": "x" * length} for length in range(3, 500)]
    body = {"message": "m", "users": users, "note": "x" * 100_000}
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)

    assert {user["userId"] for user in record.extra["users"]} == {"[user]"}


def test_a_value_that_may_stand_anywhere_counts_as_standing():
    """Where the first hundred places are none, nobody goes through the thousands behind them."""
    assert not errnorm.redaction._stands_in("x y", "xx yy " * 99)
    assert errnorm.redaction._stands_in("x y", "xx yy " * 10_000)


def test_an_id_that_is_also_somebody_s_number_hides_no_other_place():
    """A dialog's id stays as it is; the same number as an agent's is private in the members."""
    data = errnorm.normalize({"message": "x"}, status=400).first.to_dict()
    data |= {"ids": {"dialog": "24011"}, "extra": {"note": "24011", "userId": "24011"}}
    record = errnorm.from_dict(data).redacted(CONTACT_CENTER)

    assert (record.ids, record.extra) == ({"dialog": "24011"}, {"note": "[user]", "userId": "[user]"})


def test_sentences_that_begin_alike_end():
    """A text that begins a hundred private sentences at each of its words goes whole."""
    chats = [{"text": f"aaa bbbb cccc dddd {n}"} for n in range(100)]
    body = {"message": "m", "chats": chats, "note": "aaa bbbb " * 5_000}
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)

    assert record.extra["note"] == "[chat]"


def test_a_text_full_of_private_pieces_goes_whole_and_is_known():
    """Of thousands of pieces not one is left, and what they say is private elsewhere as well."""
    pieces = " ".join(f"ext. {n}" for n in range(20_000, 23_000))
    body = {"note": pieces, "message": "at 20007, 4711"}
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)

    assert record.extra["note"] == "[extension]"
    assert record.message == "at [extension], 4711"


def test_a_text_full_of_a_known_value_goes_whole():
    """A login that stands in a text ten thousand times takes the text with it."""
    body = {"userId": "jdoe", "note": "jdoe x " * 10_000, "message": "m"}
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)

    assert record.extra["note"] == "[user]"


@pytest.mark.parametrize(
    ("body", "path", "length"),
    [
        ({"message": "x", "note": "a@b.example " * 20_000}, "/extra/note", 200_000),
        ({"message": "a@b.example " * 20_000}, "/message", 200_000),
        ({"message": "x", "seats": list(range(6_000))}, "/extra/seats", 6_000),
        ({"message": "x"} | {f"seat{n}": "a@b.example" for n in range(4_000)}, "/extra", 250),
    ],
    ids=["a long member", "a long message", "many members", "many members at the top"],
)
def test_what_is_too_much_to_look_through_goes_unseen(body: Any, path: str, length: int):
    """Beyond the bound nothing is shown that nobody looked at, and the rest of the record is there."""
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)
    rest = [item for item in record.redactions if item.rule == "rest"]

    assert [(item.path, item.action) for item in rest] == [(path, "remove")]
    assert rest[0].length >= length
    assert "a@b.example" not in json.dumps(record.to_dict(raw="text"))
    assert record.message in {"x", None}


def test_the_room_is_shared_by_the_records_of_a_body():
    """An envelope of a thousand members stands in each of a hundred errors: the last ones go without it."""
    seats = "".join(f"<seat{n}>v{n}</seat{n}>" for n in range(1_000))
    errors = "<apiError><errorType>a</errorType></apiError>" * 100
    body = f"<Update><envelope>{seats}</envelope><data><apiErrors>{errors}</apiErrors></data></Update>"
    result = errnorm.normalize(body).redacted(CONTACT_CENTER)

    assert len(result) == 100
    assert "v999" in str(result[0].to_dict())
    assert "v999" not in str(result[99].to_dict())


def test_a_long_body_goes_whole():
    """A body over 128 KiB is not kept under a policy, and what it names at its beginning is known."""
    body = json.dumps({"who": {"x": 1}, "message": "jdoe left", "userId": "jdoe", "note": ["x" * 99] * 2_000})
    record = errnorm.normalize(body, status=400).first.redacted(CONTACT_CENTER)

    assert (record.message, record.raw.data) == ("[user] left", b"")
    assert record.redactions[-1] == errnorm.redaction.Redaction("/raw", "body", "remove", len(body))


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("jane.q.customer77@mail.example.com", "jane"), ("(415) 555-0123", "415"), ("Müllerström", "Mü")],
)
@pytest.mark.parametrize("head", ["", "<title>Sorry</title>"])
def test_the_words_of_a_page_are_redacted_before_they_are_cut(secret: str, shown: str, head: str):
    """A page shows its first 300 letters; what the cut left of an address, a number or a name goes."""
    for at in range(255, 300):
        words = f"{('about it ' * 40)[: at - 1]} {secret.replace('ü', '&uuml;')} and so on"
        page = f"<html>{head}<body><p>{words}</p><!-- <lastName>Müllerström</lastName> -->"
        record = errnorm.normalize(page, status=502).first.redacted(CONTACT_CENTER)
        bare = errnorm.from_dict(errnorm.normalize(page, status=502).first.to_dict())  # without the body
        # A name that only a member of the body tells is prose without the body.
        for each in (record,) if shown == "Mü" else (record, bare.redacted(CONTACT_CENTER)):
            shown_words = each.extra["words"] if head else each.message

            assert shown_words.startswith("about it about it")
            assert shown not in shown_words


def test_a_private_sentence_that_a_page_cuts_is_gone():
    """A chat text that stands in a page's words as well is not shown by its beginning."""
    chat = "my mother is called Philippa and lives in the house by the river with her seven cats"
    page = f"<html><title>Sorry</title><body>{'about it ' * 28}{chat}<!-- <text>{chat}</text> -->"
    record = errnorm.normalize(page, status=502).first.redacted(CONTACT_CENTER)

    assert len(record.extra["words"]) > 200
    assert "mother" not in str(record.extra)
