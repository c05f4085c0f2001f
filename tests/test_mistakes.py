"""A catalog file of a user: every mistake with its place and its fix, and none that reaches a lookup."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import errnorm
from errnorm.catalog import Catalog
from errnorm.mistakes import mistakes_in, unusual_advice
from errnorm.schemas import schema_text
from errnorm.vendor import Lookup
from errnorm.vocabulary import Category

BUILTIN = {
    "zoom-cobrowse": [
        {"table": "code", "code": "1016", "name": "NETWORK_ERROR"},
        {"table": "code", "code": "1017"},
        {"table": "code", "code": "1018", "category": "network", "severity": "error", "retry": {}},
    ],
    "unknown": [{"table": "status", "code": "503"}],
    "cisco-finesse": [
        {"table": "e-cti", "code": "2", "deployment": "UCCE"},
        {"table": "e-cti", "code": "2", "deployment": "UCCX"},
    ],
}
ROW = {
    "table": "code",
    "code": "1016",
    "name": "NETWORK_ERROR",
    "aliases": ["network error"],
    "title": "Call the network desk",
    "explanation": "The backend was not reached.",
    "causes": ["The proxy is down."],
    "category": "network",
    "severity": "error",
    "retry": {"decision": "retry", "scope": "same_call", "delay": 5},
    "status": [503],
    "source": "desk",
    "docs_url": "https://desk.example.com/1016",
    "verified": "observed",
    "deprecated": {"use": "1017"},
    "messages": [{"text": "No way.", "title": "No way", "category": "busy"}],
}
FAMILY = {"table": "code", "range": [1, 9], "title": "A family"}
FILE = {
    "vendor": "zoom-cobrowse",
    "title": "Zoom",
    "sources": {"desk": {"title": "Desk manual", "url": "https://desk.example.com"}},
    "entries": [ROW, FAMILY],
}


def said(file: Any) -> list[str]:
    """Give the mistakes of a file as lines."""
    return [str(mistake) for mistake in mistakes_in(json.dumps(file).encode(), BUILTIN)]


def changed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Give the good file with one value changed."""
    file: Any = copy.deepcopy(FILE)
    inner = file
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return file


def test_a_good_file_has_no_mistake():
    """A file that uses every member is in order, and builtin files have no error."""
    assert said(FILE) == []


E0 = ("entries", 0)
MISTAKES = [
    (("vendor",), 7, 'vendor: this is a number, and a text is wanted. Write it in quotes: "7".'),
    (
        ("vendor",),
        "Zoom Cobrowse",
        "vendor: 'Zoom Cobrowse' is no short name. Write small letters, digits and hyphens: e-cti.",
    ),
    (
        ("vendor",),
        "zoom-cobrowze",
        "vendor: errnorm has no vendor 'zoom-cobrowze'; only one of your own asks for it. Did you mean 'zoom-cobrowse'?",
    ),
    (("tilte",), "x", "tilte: no member has this name here. Did you mean 'title'?"),
    (("entries",), {}, "entries: this is an object, and a list in brackets is wanted."),
    (("entries",), [], "entries: this list is empty. Write an entry."),
    (("entries", 1), None, "entries[1]: this is null, and an object in braces is wanted."),
    (("sources",), [], "sources: this is a list, and an object in braces is wanted."),
    (
        ("sources", "desk", "url"),
        "desk",
        "sources.desk.url: 'desk' is no address. Begin it with https:// and leave no blank in it.",
    ),
    (
        (*E0, "code"),
        1016,
        'entries[0].code (code 1016): this is a number, and a text is wanted. Write it in quotes: "1016".',
    ),
    (
        (*E0, "code"),
        " ",
        "entries[0].code (code  ): this text is empty. Fill it in, or leave the member out.",
    ),
    (
        (*E0, "range"),
        [1, 9],
        "entries[0] (code 1016): an entry has exactly one of code, range and prefix; here is code and range.",
    ),
    (
        ("entries", 1, "range"),
        [9, 1],
        "entries[1].range (code 9-1): the first number of a range is the lowest. Turn them round.",
    ),
    (
        ("entries", 1, "range"),
        ["1", 9],
        "entries[1].range (code 1-9): a range is a list of two whole numbers, the lowest and the highest: [200, 249].",
    ),
    (
        (*E0, "table"),
        "cod",
        "entries[0].table (code 1016): nothing of zoom-cobrowse is looked up in a table 'cod'. Did you mean 'code'?",
    ),
    (
        (*E0, "category"),
        "netwrk",
        "entries[0].category (code 1016): 'netwrk' is no category. Did you mean 'network'?",
    ),
    (
        (*E0, "category"),
        ["network"],
        "entries[0].category (code 1016): a list is no category. Did you mean 'network'?",
    ),
    (
        (*E0, "severity"),
        "fatal",
        "entries[0].severity (code 1016): 'fatal' is no severity. There are: critical, error, info, warning.",
    ),
    (
        (*E0, "retry"),
        "retry",
        "entries[0].retry (code 1016): this is a text, and an object in braces is wanted.",
    ),
    ((*E0, "retry"), {}, "entries[0].retry (code 1016): 'decision' is missing. Add it."),
    (
        (*E0, "retry", "decision"),
        "yes",
        "entries[0].retry.decision (code 1016): 'yes' is no decision. There are: do_not_retry, retry, unknown.",
    ),
    (
        (*E0, "retry", "scope"),
        "same",
        "entries[0].retry.scope (code 1016): 'same' is no scope. Did you mean 'same_call'?",
    ),
    (
        (*E0, "retry", "scope"),
        "after_change",
        "entries[0].retry.scope (code 1016): retry goes with same_call or higher_level, and not with after_change. Change one.",
    ),
    (
        (*E0, "retry"),
        {"decision": "retry"},
        "entries[0].retry (code 1016): 'scope' is missing: retry goes with same_call or higher_level. Add it.",
    ),
    (
        (*E0, "code"),
        "01016",
        "entries[0].code (code 01016): no vendor writes '01016', with zeros or blanks. Write '1016'.",
    ),
    (
        (*E0, "code"),
        "10 16",
        "entries[0].code (code 10 16): no vendor writes '10 16', with zeros or blanks. Write '1016'.",
    ),
    (
        (*E0, "code"),
        "17",
        "entries[0] (code 17): 'NETWORK_ERROR' belongs to 1016 in the builtin catalog, and leads here from now on. ",
    ),
    (
        (*E0, "retry", "delay"),
        "5",
        "entries[0].retry.delay (code 1016): a delay is a number of seconds above 0, without quotes.",
    ),
    (
        (*E0, "retry"),
        {"decision": "unknown", "delay": 1},
        "entries[0].retry.delay (code 1016): nobody waits before unknown. Leave it out.",
    ),
    (
        (*E0, "category"),
        "not_found",
        "entries[0].retry (code 1016): the advice of not_found is usually do_not_retry with after_change.",
    ),
    (
        (*E0, "status"),
        [99],
        "entries[0].status[0] (code 1016): 99 is no HTTP status. They go from 100 to 599.",
    ),
    (
        (*E0, "status"),
        ["503"],
        "entries[0].status[0] (code 1016): this is a text, and a whole number without quotes is wanted.",
    ),
    (
        (*E0, "source"),
        "dask",
        "entries[0].source (code 1016): 'dask' is no key of sources. Did you mean 'desk'?",
    ),
    ((*E0, "generic"), "yes", "entries[0].generic (code 1016): this is a text, and true is wanted."),
    (
        (*E0, "generic"),
        False,
        "entries[0].generic (code 1016): an entry is not generic unless it says so. Leave it out.",
    ),
    (
        (*E0, "aliases"),
        "x",
        "entries[0].aliases (code 1016): this is a text, and a list in brackets is wanted.",
    ),
    (
        (*E0, "causes"),
        ["a", "a"],
        "entries[0].causes[1] (code 1016): this stands in the list twice. Keep one.",
    ),
    ((*E0, "title"), "Down.", "entries[0].title (code 1016): a title has no stop at its end. Leave it out."),
    (
        (*E0, "title"),
        "x" * 71,
        "entries[0].title (code 1016): 71 characters are long for a title. Keep it within 70.",
    ),
    (
        (*E0, "explanation"),
        "a\nb",
        "entries[0].explanation (code 1016): this text begins or ends with a blank, or has a line break. Write it on one line.",
    ),
    ((*E0, "deprecated"), {"by": "x"}, "entries[0].deprecated (code 1016): 'use' is missing. Add it."),
    (
        (*E0, "messages", 0),
        "text",
        "entries[0].messages[0] (code 1016): this is a text, and an object in braces is wanted.",
    ),
    (
        (*E0, "messages", 0, "category"),
        "bussy",
        "entries[0].messages[0].category (code 1016): 'bussy' is no category. Did you mean 'busy'?",
    ),
    (
        ("entries", 1),
        dict(ROW),
        "entries[1] (code 1016): this code stands at entries[0] already. Make one entry of the two.",
    ),
    (
        ("entries", 1),
        {"table": "code", "code": "7", "name": "Network Error", "title": "x"},
        "entries[1] (code 7): 'Network Error' leads to entries[0] (1016) as well. Keep it in one of the two.",
    ),
]  # fmt: skip - a row is a mistake and what is said about it


@pytest.mark.parametrize(("place", "value", "line"), MISTAKES, ids=[line for _, _, line in MISTAKES])
def test_a_mistake_is_told_with_place_and_fix(place: tuple[str | int, ...], value: Any, line: str):
    """Each mistake has a line that says where it stands, what is wrong and what to do."""
    assert any(found.startswith(line) for found in said(changed(place, value))), said(changed(place, value))


def test_every_mistake_is_told_in_the_order_of_the_file():
    """One mistake hides no other."""
    file = {
        "vendor": "zoom-cobrowse",
        "entries": [{"code": 1, "titel": "x"}, 7, {"table": "code", "title": "x"}],
    }
    places = [mistake.place for mistake in mistakes_in(json.dumps(file).encode(), BUILTIN)]

    assert places == [
        *(
            "entries[0] (code 1)",
            "entries[0] (code 1)",
            "entries[0].code (code 1)",
            "entries[0].titel (code 1)",
        ),
        "entries[1]",
        "entries[2] (code ?)",
    ]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{\n "entries": [1,,]}', "line 2, column 16: this is no JSON: "),
        (b"", "line 1, column 1: this is no JSON: "),
        (b"\xef\xbb\xbf{}", "line 1, column 1: this is no JSON: "),
        (b"[" * 100_000, "line 1, column "),
        (b'{"entries": ' + b"[" * 1000 + b"]" * 1000 + b"}", ""),
        (b'{"entries": ' + b"9" * 5000 + b"}", ""),
        (
            b'{"entries": [{"table": "code", "code": "1", "code": "2", "title": "x"}]}',
            "the file: 'vendor' is missing.",
        ),
    ],
)
def test_a_file_that_is_no_json_has_a_line_number(data: bytes, line: str):
    """What is no JSON has line and column, and nothing in a file raises."""
    found = [str(mistake) for mistake in mistakes_in(data, BUILTIN)]

    assert found
    assert found[0].startswith(line)


@pytest.mark.parametrize(
    ("data", "fix"),
    [
        (b"\xff", "Save it as UTF-8."),
        (b"\xef\xbb\xbf{}", "Save it as UTF-8 without one."),
        (b"", "`errnorm schema catalog` prints the form."),
        (b"[" * 100_000, "Close each where it ends."),
        (b'{"vendor": "x",}', "a comma stands before the end of a list or an object. Take it out."),
        (b'{"vendor": "x"', "Close every quote, bracket and brace."),
        (b"{} x", "something follows the last brace. Take it out."),
        (b'{"vendor" "x"}', "a comma, a colon, a quote or a bracket is missing here, or one is too many."),
    ],
)
def test_what_is_no_json_is_told_in_our_words(data: bytes, fix: str):
    """The sentence is ours and ends with what to do, whatever the reader of JSON calls it."""
    (found,) = mistakes_in(data, BUILTIN)

    assert found.message.endswith(fix)


def test_mistakes_stand_in_the_order_of_the_file():
    """A person mends a file from its top to its end."""
    file = {
        "tilte": 1,
        "entries": [{"code": "1", "table": "cod", "title": 7}],
        "vendor": "zoom-cobrowse",
        "x": 1,
    }

    assert [mistake.place for mistake in mistakes_in(json.dumps(file).encode(), BUILTIN)] == [
        "tilte",
        "entries[0].table (code 1)",
        "entries[0].title (code 1)",
        "x",
    ]


def test_an_entry_that_judges_less_than_the_one_below_is_told():
    """An entry of your own lies over the builtin one whole: with a title alone, the advice is gone."""
    row = {"table": "code", "code": "1018", "title": "Ours"}

    assert said({"vendor": "zoom-cobrowse", "entries": [row]}) == [
        (
            "entries[0] (code 1018): the builtin entry of this code has category, retry; this one lies over "
            "it whole. Repeat them here, or they are gone."
        )
    ]


def test_an_entry_over_two_deployments_is_told():
    """Status 2 means one thing on Unified CCE and another on Unified CCX; one entry for both is unusual."""
    row = {"table": "e-cti", "code": "2", "title": "Ours"}
    lines = said({"vendor": "cisco-finesse", "entries": [row]})

    assert lines == [
        "entries[0] (code 2): this lies over 2 entries, of UCCE and UCCX. Say which by deployment."
    ]
    assert said({"vendor": "cisco-finesse", "entries": [{**row, "deployment": "UCCE"}]}) == []


def test_an_entry_in_a_table_of_nobody_is_refused():
    """No body leads to such an entry, so it is a mistake and no style."""
    (found,) = mistakes_in(json.dumps(changed((*E0, "table"), "cod")).encode(), BUILTIN)

    assert str(found.severity) == "error"


def test_a_member_that_stands_twice_is_told():
    """JSON keeps the last of two equal members in silence; we do not."""
    found = mistakes_in(b'{"vendor": "zoom-cobrowse", "vendor": "unknown", "entries": []}', BUILTIN)

    assert "vendor: this member stands here twice, and only the last counts. Keep one." in map(str, found)


def test_a_line_is_one_line():
    """Control characters of a file are not sent to a terminal."""
    assert "\x1b" not in said(changed((*E0, "category"), "\x1b[2J\n"))[0]
    assert "\n" not in said(changed((*E0, "\x1b\n"), 1))[0]


def test_every_category_has_its_usual_advice():
    """The guide's column `retry` speaks of every category."""
    nonsense = {"decision": "do_not_retry", "scope": "same_call"}

    assert [str(word) for word in Category if not unusual_advice(word, nonsense)] == []


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 700),
    st.sampled_from([0.5, 10**30, -(10**30)]),
    st.sampled_from(
        ["", " ", "x", "network", "retry", "unknown", "UCCX", "same_call", "1016", "a\nb", "https://x"]
    ),
    st.lists(st.one_of(st.none(), st.integers(0, 700), st.just("x")), max_size=3),
    st.dictionaries(
        st.sampled_from(["text", "use", "decision", "title"]),
        st.sampled_from(["x", "retry", 1, None]),
        max_size=2,
    ),
)


def places_in(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Give every place in a JSON value."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for step, item in steps for place in [(*here, step), *places_in(item, (*here, step))]]


FILES = st.builds(
    changed,
    st.sampled_from([*places_in(FILE), (*E0, "generic"), (*E0, "prefix"), (*E0, "deployment"), ("x",)]),
    ODD,
)
BEYOND_A_SCHEMA = (
    *("is no key of sources", "stands at entries", "leads to entries", "errnorm has no vendor"),
    *("is looked up in a table", "is usually", "first number of a range", "a delay is"),
    *("no vendor writes", "belongs to", "this lies over", "lies over it whole"),
)
VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text("catalog")))


@given(FILES)
def test_the_schema_and_the_sentences_agree(file: dict[str, Any]):
    """What the schema refuses has a sentence, and what has a sentence the schema refuses, where it can."""
    found = said(file)
    sayable = [line for line in found if not any(words in line for words in BEYOND_A_SCHEMA)]

    assert found if not VALIDATOR.is_valid(file) else not sayable


@given(FILES)
def test_what_is_loaded_can_be_used(tmp_path_factory: pytest.TempPathFactory, file: dict[str, Any]):
    """A file is refused when it is loaded, or it serves: no mistake of it waits for a body."""
    path = tmp_path_factory.mktemp("own") / "own.json"
    path.write_text(json.dumps(file))
    try:
        own = Catalog.load(path)
    except errnorm.InvalidCatalog:
        return
    catalog = Catalog.builtin() | own
    normalizer = errnorm.Normalizer(catalog=catalog)

    assert [str(entry.retry) for entry in catalog.entries() if entry.retry]
    assert catalog.explain("5")
    assert catalog.search("desk") is not None
    assert all(catalog.get(entry.id) for entry in catalog.entries("zoom-cobrowse"))
    for code in ("1016", "5", "x", "No way."):
        record = normalizer.normalize({"code": code, "errorMsg": "No way."}, vendor="zoom-cobrowse")[0]
        assert record.to_dict()
        assert record.summary()
        catalog.judge("zoom-cobrowse", [Lookup("code", code)], "No way.", 503)


@pytest.mark.parametrize("content", ["[]", "{}", '{"vendor": "zoom-cobrowse"}', "nothing"])
def test_a_file_with_a_mistake_is_refused(tmp_path: Path, content: str):
    """The sentence names the file, the place, the fix, and the command that lists the rest."""
    path = tmp_path / "own.json"
    path.write_text(content)

    with pytest.raises(errnorm.InvalidCatalog, match=r"own\.json: .*errnorm catalog check"):
        Catalog.load(path)


def test_a_warning_refuses_nothing(tmp_path: Path):
    """What is only unusual loads."""
    path = tmp_path / "own.json"
    path.write_text(json.dumps(changed((*E0, "category"), "not_found")))

    assert [str(mistake.severity) for mistake in Catalog.check(path)] == ["warning"]
    assert Catalog.load(path).get("zoom-cobrowse:code/1016") is not None
