"""The catalogs: well made, complete for the vendors' tables, and looked up by a ladder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import errnorm
from errnorm.catalog import Catalog
from errnorm.mistakes import unusual_advice
from errnorm.schemas import schema_names, schema_text
from errnorm.vendor import Lookup

PACKAGE = Path(errnorm.__file__).parent
FILES = [*sorted(PACKAGE.glob("vendors/*/catalog.json")), PACKAGE / "vendors" / "unknown.json"]
CATALOG = Catalog.builtin()
ENTRIES = list(CATALOG.entries())

by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Give the rows of a catalog file."""
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["entries"]
    return rows


def order(row: dict[str, Any]) -> tuple[Any, ...]:
    """Give the place of a row: by table, families last, numbers by value."""
    code = row.get("code", "")
    number = int(code) if code.lstrip("-").isdecimal() else None
    low = row.get("range", [0])[0]
    family = (low, row.get("prefix", ""))
    return (
        row["table"],
        "code" not in row,
        number is None,
        number or 0,
        code,
        family,
        row.get("deployment", ""),
    )


@by_file
def test_catalog_file_fits_its_schema(path: Path):
    """Each file fits the JSON Schema that is printed for users."""
    jsonschema.validate(json.loads(path.read_text("utf-8")), json.loads(schema_text("catalog")))


@by_file
def test_a_catalog_is_its_folders(path: Path):
    """The vendor that a file names is the folder it lies in."""
    folder = "unknown" if path.name == "unknown.json" else path.parent.name.replace("_", "-")
    if folder.startswith("-"):
        return  # the template stands for a product with a name of its own

    assert json.loads(path.read_text("utf-8"))["vendor"] == folder


@by_file
def test_entries_are_sorted_and_unique(path: Path):
    """A person finds an entry by its place, and there is one place for it."""
    places = [order(row) for row in rows_of(path)]

    assert sorted(places) == places
    assert len(set(map(str, places))) == len(places)


@by_file
def test_entries_are_sourced(path: Path):
    """Each entry names one of the file's documents."""
    sources = json.loads(path.read_text("utf-8"))["sources"]

    assert [row for row in rows_of(path) if row["source"] not in sources] == []


def test_spellings_are_unambiguous_within_a_table():
    """A code, name or alias leads to one code of its table (deployments apart)."""
    seen: dict[tuple[str, str, str], set[str]] = {}
    for entry in ENTRIES:
        for text in entry.spellings:
            key = (entry.vendor, entry.table, text.casefold().replace(" ", ""))
            seen.setdefault(key, set()).add(entry.code)

    assert {key: codes for key, codes in seen.items() if len(codes) > 1} == {}


def test_what_is_wrong_is_not_retried_unchanged():
    """Nothing that says invalid or missing is worth the same call again."""
    wrong = [
        entry.id
        for entry in ENTRIES
        if entry.category in {"invalid_request", "missing_parameter"}
        and entry.retry
        and entry.retry.same_call
    ]

    assert wrong == []


def test_authentication_needs_a_new_login_or_a_change():
    """Every authentication entry says what must happen first."""
    scopes = {
        entry.retry.scope
        for entry in ENTRIES
        if entry.category == "authentication" and entry.retry is not None
    }

    assert scopes <= {"after_reauth", "after_change"}


# What the guide's table does not expect of a category, and why it is right all the same.
UNUSUAL = {
    "cisco-finesse:status/207": "half of it happened, and sending it again would double that half",
    "cisco-finesse:type/parseError": "the page in `content` decides, and nobody has read it yet",
    "cisco-finesse:type/parseError#1": "as its type",
    "genesys-chat:code/151": "the answer may have been cut on the way, or be of another version",
    "genesys-chat:code/151#1": "as its code",
    "genesys-chat:code/150-199": "the known members reach from a short gap to a lost session",
    "unknown:status/425": "the standard asks for the same call again",
    "zoom-cobrowse:code/1011#1": "joining anew is what Zoom offers",
    "zoom-cobrowse:code/9999": "Zoom itself says: try again later",
    "zoom-cobrowse:code/9999#1": "as its code",
    "zoom-cobrowse:code/9999#3": "a session in error is built anew",
    "zoom-cobrowse:code/9999#4": "Zoom itself says: try again later",
}
NUMBERED = [
    numbered
    for entry in ENTRIES
    for number in range(1, len(entry.messages) + 1)
    if (numbered := CATALOG.get(f"{entry.id}#{number}"))
]
JUDGED = [entry for entry in (*ENTRIES, *NUMBERED) if entry.category and entry.retry]


def advice_of(entry: errnorm.CatalogEntry) -> tuple[Any, Any]:
    """Give decision and scope of an entry."""
    return (entry.retry.decision, entry.retry.scope) if entry.retry else (None, None)


def test_advice_is_what_the_guide_expects():
    """Category and advice go together as the guide's table says; the exceptions are listed with a reason."""
    found = {
        entry.id
        for entry in JUDGED
        if unusual_advice(
            str(entry.category), dict(zip(("decision", "scope"), advice_of(entry), strict=True))
        )
    }

    assert found == set(UNUSUAL)


def test_decision_and_scope_go_together():
    """What is not to be retried is not to be retried unchanged, and who knows nothing names no scope."""
    allowed = {
        *(("retry", scope) for scope in ("same_call", "higher_level")),
        *(("do_not_retry", scope) for scope in (None, "after_reauth", "after_change")),
        ("unknown", None),
    }

    assert {advice_of(entry) for entry in JUDGED} <= allowed


@pytest.mark.parametrize("category", ["rate_limited", "unavailable"])
def test_what_passes_by_itself_is_the_same_call(category: str):
    """Where waiting is all it takes, the same call is worth another try, everywhere."""
    assert {advice_of(entry) for entry in JUDGED if entry.category == category} == {("retry", "same_call")}


@pytest.mark.parametrize(
    "category", ["unsupported", "protocol", "configuration", "not_found", "authorization"]
)
def test_what_waiting_does_not_mend_is_not_the_same_call(category: str):
    """A wrong version, set-up, name or right does not mend itself; 425 is what its standard says."""
    found = {
        entry.id for entry in JUDGED if entry.category == category and entry.retry and entry.retry.same_call
    }

    assert found <= {"unknown:status/425"}


def test_reauthentication_is_for_authentication_alone():
    """Nothing but a missing or spent login is mended by signing in again."""
    assert {entry.category for entry in JUDGED if advice_of(entry)[1] == "after_reauth"} == {"authentication"}


def test_numbered_messages_judge_for_themselves():
    """Of texts that tell causes apart, each states title, category and advice."""
    assert [
        entry.id
        for entry in ENTRIES
        for message in entry.messages
        if entry.has_causes_by_text and not (message.title and message.category and message.retry)
    ] == []


def test_critical_is_for_everybody():
    """Critical is a service that is down or wrongly set up as a whole, or an account that is used up."""
    categories = {str(entry.category) for entry in JUDGED if entry.severity == "critical"}

    assert categories <= {"unavailable", "dependency_failed", "configuration", "quota_exceeded"}


def test_info_is_no_failure():
    """Only notices and successes are info."""
    assert {(entry.vendor, entry.table) for entry in (*ENTRIES, *NUMBERED) if entry.severity == "info"} == {
        ("genesys-chat", "notice"),
        ("genesys-gwe", "status"),
    }


def test_one_situation_has_one_judgement():
    """Entries of one title are one situation, whatever their table, and are judged alike."""
    judged: dict[str, set[tuple[str, ...]]] = {}
    for entry in JUDGED:
        judged.setdefault(entry.title, set()).add(
            (str(entry.category), str(entry.severity), str(entry.retry))
        )

    assert {title: found for title, found in judged.items() if len(found) > 1} == {}


def test_every_failure_is_explained():
    """An entry that judges says what happened and what to do."""
    assert [entry.id for entry in ENTRIES if entry.retry and not (entry.explanation and entry.fixes)] == []


ACTORS = re.compile(
    r"\b(?:agent|supervisor|customer|caller|integration's|administrators?|account owner|network people"
    r"|support|CTI client|controller|[Ww]hoever|person)\b"
)


def test_every_fix_names_somebody():
    """A fix without an actor is nobody's."""
    fixes = [(entry.id, fix) for entry in (*ENTRIES, *NUMBERED) for fix in entry.fixes]

    assert [(entry_id, fix) for entry_id, fix in fixes if not ACTORS.search(fix)] == []


def test_what_is_inferred_says_so():
    """An entry that reads a constant says in its explanation that there is no more than the constant."""
    inferred = [entry for entry in ENTRIES if entry.verified == "inferred"]

    assert [entry.id for entry in inferred if not re.search("only|alone|name", entry.explanation)] == []


def test_every_entry_judges_except_successes():
    """Only a status that is no error, and a family that says nothing but its list, has no judgement."""
    assert {entry.id for entry in ENTRIES if not (entry.category and entry.retry)} == {
        "genesys-gwe:status/200",
        "genesys-gwe:status/204",
        "cisco-finesse:arm/E_ARM_STAT_*",
        "cisco-finesse:ccx/CCX_*",
        "cisco-finesse:cf/CF_*",
        "cisco-finesse:e-cti/E_CTI_*",
    }


def test_a_family_that_knows_nothing_lets_others_judge():
    """A new constant does not hide what the type behind it, or the status, says."""
    lookups = [Lookup("cf", "CF_NEW_THING"), Lookup("type", "Call Operation Failure")]
    behind = CATALOG.judge("cisco-finesse", lookups, None, 400)
    alone = CATALOG.judge("cisco-finesse", lookups[:1], None, 503)

    assert behind["entry"] == CATALOG.get("cisco-finesse:cf/CF_*")
    assert str(behind["category"]) == "dependency_failed"
    assert (str(alone["category"]), str(alone["retry"])) == ("unavailable", "retry the same call")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_entry_is_found_by_its_id(entry: errnorm.CatalogEntry):
    """An id leads back to its entry, and so does each numbered message."""
    assert CATALOG.get(entry.id) == entry
    for number, message in enumerate(entry.messages, 1):
        numbered = CATALOG.get(f"{entry.id}#{number}")
        assert numbered is not None
        assert numbered.title == (message.title or entry.title)


SEEDS = {
    "genesys-chat": [
        *("1", "2", "3", "50", "51", "52", "100", "101", "150", "151", "152"),
        "1-49",
        "200-249",
    ],
    "genesys-gwe": ["200", "204", "400", "401", "403", "404", "500", "502", "503"],
    "zoom-cobrowse": [
        *(
            "1001",
            "1002",
            "1004",
            "1006",
            "1008",
            "1009",
            "1010",
            "1011",
            "1012",
            "1013",
            "1015",
            "1016",
            "1017",
        ),
        *("2001", "9999", "SESSION_START_FAILED", "SESSION_JOIN_PIN_NOT_FOUND", "TOKEN_INVALID", "UNDEFINED"),
    ],
    "cisco-finesse": [
        *("DB_RUNTIME_EXCEPTION", "RUNTIME_EXCEPTION", "AWS_SERVICE_UNAVAILABLE", "SERVER_OUT_OF_SERVICE"),
        *("500", "503", "13036", "Service Unavailable", "Internal Server Error"),
    ],
}


@pytest.mark.parametrize(
    ("vendor", "code"), [(vendor, code) for vendor, codes in SEEDS.items() for code in codes]
)
def test_every_documented_code_is_explained(vendor: str, code: str):
    """Every code of the vendors' error pages answers, with and without the vendor's name.

    A number in a range of one vendor that another vendor has as a code needs the name: 25 is Finesse's.
    """
    query = "25" if code == "1-49" else "225" if code == "200-249" else code

    assert code == "1-49" or vendor in {entry.vendor for entry in CATALOG.explain(query)}
    assert {entry.vendor for entry in CATALOG.explain(f"{vendor}:{query}")} == {vendor}


def judged(vendor: str, *lookups: tuple[str, str], message: str | None = None, status: int | None = None):
    """Judge and give what was found: the entry's id and the match."""
    found = CATALOG.judge(vendor, [Lookup(*pair) for pair in lookups], message, status)
    return found["entry"] and found["entry"].id, str(found["match"])


def test_the_most_specific_code_wins():
    """Subcode before code before type."""
    lookups = [("peripheral", "13036"), ("message", "SERVER_OUT_OF_SERVICE"), ("type", "Service Unavailable")]

    assert judged("cisco-finesse", *lookups) == ("cisco-finesse:peripheral/13036", "exact")
    assert judged("cisco-finesse", *lookups[1:]) == ("cisco-finesse:message/SERVER_OUT_OF_SERVICE", "exact")
    assert judged("cisco-finesse", *lookups[2:]) == ("cisco-finesse:type/Service Unavailable", "exact")


def test_a_generic_entry_ranks_last():
    """Peripheral -1 says nothing, so the type is believed before it."""
    lookups = [("peripheral", "-1"), ("type", "Invalid Input")]

    assert judged("cisco-finesse", *lookups) == ("cisco-finesse:type/Invalid Input", "exact")
    assert judged("cisco-finesse", *lookups[:1]) == ("cisco-finesse:peripheral/-1", "exact")


def test_a_number_that_contradicts_its_constant_is_a_problem():
    """Of 34 and CF_NO_ACTIVE_CALL (24) the constant is believed."""
    lookups = [Lookup("cf", "34"), Lookup("cf", "CF_NO_ACTIVE_CALL")]
    found = CATALOG.judge("cisco-finesse", lookups, None, None)

    assert found["entry"] == CATALOG.get("cisco-finesse:cf/24")
    assert [str(problem.code) for problem in found["problems"]] == ["code-contradicted"]


def test_the_same_number_stands_in_several_tables():
    """34 is three things; the table chooses."""
    names = {table: CATALOG.find("cisco-finesse", table, "34") for table in ("cf", "e-cti", "arm")}

    assert {table: entry and entry.name for table, entry in names.items()} == {
        "cf": "CF_RESOURCE_OUT_OF_SERVICE",
        "e-cti": "E_CTI_INVALID_CALL_TYPE",
        "arm": "E_ARM_STAT_PERFORMANCE_LIMIT_EXCEEDED",
    }


def test_a_family_answers_for_its_unknown_members():
    """A code in a known range, and a constant with a known prefix, have the family's meaning.

    A type that says nothing ranks behind it, and one that says something before it.
    """
    generic, real = ("type", "Generic Error"), ("type", "Invalid State")

    assert judged("cisco-finesse", ("cf", "CF_NEW_THING"), generic) == ("cisco-finesse:cf/CF_*", "family")
    assert judged("cisco-finesse", ("cf", "CF_NEW_THING"), real) == (
        "cisco-finesse:type/Invalid State",
        "exact",
    )
    assert judged("cisco-finesse", ("cf", "CF_GENERIC_OPERATION")) == ("cisco-finesse:cf/1", "exact")
    assert judged("cisco-finesse", ("peripheral", "PERERR_ZZ_X")) == (
        "cisco-finesse:peripheral/PERERR_*",
        "family",
    )
    assert judged("genesys-chat", ("code", "177")) == ("genesys-chat:code/150-199", "family")
    assert judged("cisco-finesse", ("peripheral", "PERERR_CM_NEW")) == (
        "cisco-finesse:peripheral/PERERR_CM_*",
        "family",
    )


def test_the_status_answers_when_no_code_does():
    """An unknown code under 503 is judged by 503; without a status by nothing."""
    assert judged("zoom-cobrowse", ("code", "4711"), status=503) == ("unknown:status/503", "status")
    assert judged("zoom-cobrowse", ("code", "4711"), status=418) == ("unknown:status/400-499", "status")
    assert judged("zoom-cobrowse", ("code", "4711")) == (None, "none")


def test_a_numbered_message_tells_causes_apart():
    """1011 with the text of an ended session is an ended session; with a foreign text it is 1011."""
    ended = "Session does not exist or has ended."

    assert judged("zoom-cobrowse", ("code", "1011"), message=ended) == (
        "zoom-cobrowse:code/1011#3",
        "message",
    )
    assert judged("zoom-cobrowse", ("code", "1011"), message="Oops") == ("zoom-cobrowse:code/1011", "exact")


def test_a_code_with_one_text_stays_exact():
    """The only text of a code adds nothing to the code."""
    text = "Network request to backend failed after multiple attempts."

    assert judged("zoom-cobrowse", ("code", "1016"), message=text) == ("zoom-cobrowse:code/1016", "exact")


def test_spellings_are_folded():
    """Case and spaces inside a type or a constant do not matter."""
    found = CATALOG.find("cisco-finesse", "type", "Finesse API error")

    assert found is CATALOG.find("cisco-finesse", "type", "Finesse API Error")
    assert CATALOG.find("cisco-finesse", "arm", "E_ ARM_STAT_LOGIN_TIMEOUT") == CATALOG.get(
        "cisco-finesse:arm/37"
    )


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ("Session does not exist or has ended.", ["zoom-cobrowse:code/1011#3"]),
        ("session  DOES not exist", ["zoom-cobrowse:code/1011#3"]),
        ("Error: session error occurred, try again later", ["zoom-cobrowse:code/9999#4"]),
        (
            "zoom-cobrowse:The website link is invalid.",
            ["zoom-cobrowse:code/1001#1", "zoom-cobrowse:code/1011#4"],
        ),
        ("Unknown chat command", ["genesys-chat:code/1"]),
        ("CF_RESOURCE_BUSY: the call is busy", ["cisco-finesse:cf/33"]),
        ("E_ ARM_STAT_LOGIN_TIMEOUT happened", ["cisco-finesse:arm/37"]),
        ("INVALID_ACTION HOLD on extension 1001", ["cisco-finesse:message/INVALID_ACTION"]),
        ("Invalid State: the agent is talking", ["cisco-finesse:type/Invalid State"]),
        ("error: CF_RESOURCE_BUSY", ["cisco-finesse:cf/33"]),
        ("PERERR_CM_NEW: something", ["cisco-finesse:peripheral/PERERR_CM_*"]),
        ("2026-11-21T12:34:56 got CF_RESOURCE_BUSY from Finesse", ["cisco-finesse:cf/33"]),
        ("Service Unavailable: SERVER_OUT_OF_SERVICE", ["cisco-finesse:message/SERVER_OUT_OF_SERVICE"]),
        (
            "HTTP Status code: 400 (Bad Request) Api Error Type: Database constraint violation Error Message: taken",
            ["cisco-finesse:type/Database constraint violation"],
        ),
        ("peripheral error PERERR_CM_NEW", ["cisco-finesse:peripheral/PERERR_CM_*"]),
        ("… ErrorCode=20999 ConferenceCallCommand: Conference failed", ["cisco-finesse:type/20999"]),
        ("errorCode 20999", ["cisco-finesse:type/20999"]),
        ("<errorData>88001</errorData>", ["cisco-finesse:ccx/88001"]),
        ("HTTP 502", ["unknown:status/502", "genesys-gwe:status/502"]),
        ("HTTP/1.1 502 Bad Gateway", ["unknown:status/502", "genesys-gwe:status/502"]),
        ("502 Bad Gateway", ["unknown:status/502", "genesys-gwe:status/502"]),
        ("502", ["unknown:status/502", "genesys-gwe:status/502"]),
        (
            "Error: Request failed with status code 502",
            ["unknown:status/502", "genesys-gwe:status/502"],
        ),
        ("HTTP 599", ["unknown:status/500-599"]),
        ("13036,", ["cisco-finesse:peripheral/13036"]),
        ("errorCode: -1", ["cisco-finesse:peripheral/-1"]),
        ("cf 22", ["cisco-finesse:cf/22"]),
        ("cf/22", ["cisco-finesse:cf/22"]),
        ("CF:22", ["cisco-finesse:cf/22"]),
        ("cisco-finesse:cf:22", ["cisco-finesse:cf/22"]),
        ("e-cti/2", ["cisco-finesse:e-cti/2@UCCE", "cisco-finesse:e-cti/2@UCCX"]),
        ("code 34", ["cisco-finesse:arm/34", "cisco-finesse:cf/34", "cisco-finesse:e-cti/34"]),
        ("25", ["cisco-finesse:cf/25", "cisco-finesse:e-cti/25"]),
        ("177", ["genesys-chat:code/150-199"]),
        ("CF INVALID OBJECT STATE", ["cisco-finesse:cf/22"]),
        ("invalid-device", ["cisco-finesse:type/Invalid Device"]),
        ("Agent not logged in", ["cisco-finesse:type/Agent is not logged in"]),
        ("CF_NEW_THING", ["cisco-finesse:cf/CF_*"]),
        ("got E_CTI_NEW_THING from it", ["cisco-finesse:e-cti/E_CTI_*"]),
        ("E_ ARM_STAT_NEW", ["cisco-finesse:arm/E_ARM_STAT_*"]),
        ("CCX_NEW", ["cisco-finesse:ccx/CCX_*"]),
        ("PERERR_ZZ_X", ["cisco-finesse:peripheral/PERERR_*"]),
        ("E_NEW_THING", []),
        ("5 agents wait", []),
        ("error 12:34:56", []),
        ("release 12.5 of 2024-01-02", []),
        ("at 12:34:56 nothing", []),
        ("Busy people wait", []),
        ("has ended", []),
        (":", []),
        ("", []),
    ],
)
def test_a_pasted_text_is_explained(said: str, ids: list[str]):
    """A message's text, a piece of it, more than it, or a constant in it leads to the entry."""
    assert [entry.id for entry in CATALOG.explain(said)] == ids


def test_search_filters_by_everything():
    """Words, vendor, table, category and decision all have to fit."""
    found = CATALOG.search("session", vendor="zoom-cobrowse", table="code", category="busy", decision="retry")

    assert [entry.id for entry in found] == ["zoom-cobrowse:code/1002#2", "zoom-cobrowse:code/1017"]
    assert list(CATALOG.search()) == ENTRIES


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"vendor": "nobody"}, errnorm.UnknownVendor),
        ({"table": "nowhere"}, errnorm.InvalidArgument),
        ({"vendor": "genesys-gwe", "table": "cf"}, errnorm.InvalidArgument),
        ({"category": "bussy"}, errnorm.InvalidArgument),
        ({"decision": "maybe"}, errnorm.InvalidArgument),
        ({"deployment": "UCCZ"}, errnorm.InvalidArgument),
    ],
)
def test_search_refuses_unknown_names(asked: dict[str, str], error: type[Exception]):
    """A name that is nowhere is misuse, and the sentence lists what there is."""
    with pytest.raises(error, match="There are: "):
        CATALOG.search(**asked)


OWN = {
    "vendor": "zoom-cobrowse",
    "sources": {},
    "entries": [{"table": "code", "code": "1016", "title": "Our backend is down", "category": "unavailable"}],
}


def test_the_right_side_wins(tmp_path: Path):
    """An entry of one's own lies over the builtin one; all others stay."""
    path = tmp_path / "own.json"
    path.write_text(json.dumps(OWN))
    catalog = Catalog.builtin() | Catalog.load(path)
    own, builtin = catalog.get("zoom-cobrowse:code/1016"), catalog.get("zoom-cobrowse:code/1011")

    assert own is not None
    assert own.title == "Our backend is down"
    assert builtin == CATALOG.get("zoom-cobrowse:code/1011")
    assert own in catalog.explain("1016")
    assert len(list(catalog.entries("zoom-cobrowse"))) == len(list(CATALOG.entries("zoom-cobrowse")))
    assert (
        errnorm.Normalizer(catalog=catalog).normalize({"code": 1016}, vendor="zoom-cobrowse")[0].entry == own
    )


def test_a_broken_catalog_file_is_refused(tmp_path: Path):
    """A file that is no catalog is refused with the place to look."""
    path = tmp_path / "broken.json"
    path.write_text("[]")

    with pytest.raises(errnorm.InvalidCatalog, match="errnorm schema catalog"):
        Catalog.load(path)


@pytest.mark.parametrize("name", schema_names())
def test_schemas_are_schemas(name: str):
    """Each schema is itself valid."""
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text(name)))


FAMILIES = [
    (vendor, entry.table, *(int(end) for end in re.fullmatch(r"(\d+)-(\d+)", entry.code).groups()), entry.id)  # type: ignore[union-attr]
    for vendor in ("genesys-chat", "unknown")
    for entry in Catalog.builtin().entries(vendor)
    if re.fullmatch(r"\d+-\d+", entry.code)
]


@pytest.mark.parametrize(("vendor", "table", "low", "high", "entry_id"), FAMILIES)
def test_a_range_holds_its_ends_and_nothing_beyond(
    vendor: str, table: str, low: int, high: int, entry_id: str
):
    """Both ends of a range are in the family, and the numbers beside them are not."""

    def family_of(number: int | str) -> str | None:
        found = (file.family(table, str(number)) for file in Catalog.builtin()._files(vendor))
        return next((entry.id for entry in found if entry), None)

    assert [family_of(low), family_of(high)] == [entry_id, entry_id]
    assert entry_id not in {
        family_of(low - 1),
        family_of(high + 1),
        family_of("9" * 10),
        family_of(f"{low}x"),
    }


def test_there_are_ranges():
    """The test above has something to hold."""
    assert len(FAMILIES) > 5


def test_a_text_has_no_causes_of_another_text():
    """What tells causes apart does not mix them: a session that is over is no wrong version."""
    whole, one = CATALOG.get("zoom-cobrowse:code/1011"), CATALOG.get("zoom-cobrowse:code/1011#3")

    assert whole is not None
    assert one is not None
    assert one.causes
    assert set(one.causes) & set(whole.causes) == set()


def test_the_texts_of_one_cause_are_one_entry():
    """Cisco words 13036 in two lengths; both are the code, and neither is a cause of its own."""
    short, long = (
        "JTAPI Gateway - Error on ANSWER operation",
        "The routine performAnswerCall in class JTapiObj",
    )

    assert [entry.id for entry in CATALOG.explain(short)] == ["cisco-finesse:peripheral/13036"]
    assert [entry.id for entry in CATALOG.explain(long)] == ["cisco-finesse:peripheral/13036"]
    assert judged("cisco-finesse", ("peripheral", "13036"), message=short) == (
        "cisco-finesse:peripheral/13036",
        "exact",
    )


def test_a_deployment_stands_in_an_id_only_where_it_tells_entries_apart():
    """Links and ids hold: a code of one deployment alone has the plain id."""
    only = {entry.id for entry in CATALOG.search(deployment="UCCX")}

    assert "cisco-finesse:ccx/88001" in only
    assert {entry_id for entry_id in only if "@" in entry_id} == {"cisco-finesse:e-cti/2@UCCX"}
    assert CATALOG.search(deployment="UCCE", table="ccx") == ()


def test_what_is_near_a_miss_is_named_once():
    """A misspelt constant has near ones, each code once; a number has none, since every number is near."""
    near = CATALOG.near("invalid devise")

    assert near[0] == "Invalid Device"
    assert len(set(near)) == len(near)
    assert CATALOG.near("4711") == ()
    assert CATALOG.near("cisco-finesse:-99") == ()


def test_near_words_are_those_of_the_vendor_that_was_named():
    """Of `VENDOR:CODE` only what that vendor's catalog has is near."""
    assert CATALOG.near("cisco-finesse:CF_RESOURCE_BUZY", 1) == ("CF_RESOURCE_BUSY",)
    assert CATALOG.near("zoom-cobrowse:CF_RESOURCE_BUZY") == ()


@pytest.mark.parametrize(("asked", "near"), [({"table": "CF"}, "'cf'"), ({"category": "bussy"}, "'busy'")])
def test_search_suggests_what_was_meant(asked: dict[str, str], near: str):
    """A word that is nearly one of the list is named first."""
    with pytest.raises(errnorm.InvalidArgument, match=f"Did you mean {near}"):
        CATALOG.search(**asked)
