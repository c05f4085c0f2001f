"""The command: data on stdout, sentences on stderr, and the exit codes the manual names."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import errnorm

pytest.importorskip("click", reason="the command line comes with errnorm[cli]")

BODY = "<ApiErrors><ApiError><ErrorType>Service Unavailable</ErrorType><ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage></ApiError></ApiErrors>"


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would, piped."""
    command = [sys.executable, "-m", "errnorm", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


def on_terminal(*arguments: str, stdin: str = "", columns: int = 120) -> str:
    """Run the command with a terminal as its stdout, and give what a person sees."""
    parent, child = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "dumb", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "errnorm", *arguments], stdin=subprocess.PIPE, stdout=child, env=environment
    )
    os.close(child)
    assert process.stdin is not None
    process.stdin.write(stdin.encode())
    process.stdin.close()
    seen = b""
    while True:
        try:
            piece = os.read(parent, 65536)
        except OSError:  # the terminal is gone when the program is
            break
        if not piece:
            break
        seen += piece
    os.close(parent)
    assert process.wait() == 0
    return seen.decode()


def test_parse_prints_json_when_piped():
    """`curl -s … | errnorm parse --status 503` gives one JSON record a line."""
    done = run("parse", "--status", "503", stdin=BODY)
    record = json.loads(done.stdout)

    assert done.returncode == 0
    assert (record["vendor"], record["code"], record["status"]) == (
        "cisco-finesse",
        "SERVER_OUT_OF_SERVICE",
        503,
    )


@pytest.mark.parametrize("dialect", ["ecs", "google-rpc", "otel", "problem", "sentry"])
def test_parse_speaks_every_dialect(dialect: str):
    """`--as` prints one JSON object a line, with the message only when asked."""
    body = '{"event": "session_error", "payload": {"code": 1016, "errorMsg": "no way for agent1001"}}'
    plain = run("parse", "--as", dialect, stdin=body)
    faithful = run("parse", "--as", dialect, "--faithful", stdin=body)

    assert isinstance(json.loads(plain.stdout), dict)
    assert "cobrowse.session_error" in plain.stdout
    assert ("agent1001" in plain.stdout, "agent1001" in faithful.stdout) == (False, True)


def test_redacted_and_faithful_go_together():
    """What is left of the record after the policy goes out whole."""
    body = '{"event": "session_error", "payload": {"code": 1016, "errorMsg": "no way for a@example.com"}}'
    done = run("parse", "--as", "ecs", "--faithful", "--redact", stdin=body)

    assert json.loads(done.stdout)["error"]["message"] == "no way for [email]"


def test_faithful_needs_a_dialect():
    """A record is faithful as it is; the sentence says what to do."""
    done = run("parse", "--faithful", stdin=BODY)

    assert done.returncode == 2
    assert "Name a dialect" in done.stderr


def test_parse_prints_a_card_on_a_terminal():
    """A person sees what it is, what it means, what to do, and how we know."""
    seen = on_terminal("parse", "--status", "503", stdin=BODY)

    for heading in ("What it is", "What it means", "What to do", "How we know"):
        assert heading in seen


def test_a_body_cannot_steer_the_terminal():
    """Control characters of a body are not sent to the terminal."""
    seen = on_terminal("parse", "--status", "400", stdin="before \x1b[2J\x07after \u202eltr")

    assert "before" in seen
    assert {"\x1b", "\x07", "\u202e"} & set(seen) == set()


def test_parse_reads_a_file_and_everything_known(tmp_path: Path):
    """A file, a url, headers, a content type and a vendor are all taken into account."""
    path = tmp_path / "body.txt"
    path.write_text("no")
    options = ["--url", "https://gwe.example.com/server/data/gateway/engage", "-H", "Retry-After: 7"]
    record = json.loads(run("parse", str(path), "--status", "503", *options).stdout)

    assert record["vendor"] == "genesys-gwe"
    assert record["retry"]["delay"] == 7.0
    hinted = json.loads(
        run("parse", str(path), "--vendor", "zoom-cobrowse", "--content-type", "text/plain").stdout
    )
    assert hinted["vendor"] == "zoom-cobrowse"


def test_a_body_without_an_error_gives_no_record():
    """Nothing on stdout, a sentence on stderr, exit 0."""
    done = run("parse", "--status", "200", stdin="{}")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "This body reports no error.\n")


def test_a_missing_file_is_exit_3():
    """An input that cannot be opened says so and what to give."""
    done = run("parse", "no-such-file")

    assert done.returncode == 3
    assert "Give a file, or - for standard input." in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("parse", "--vendor", "nobody"),
        ("parse", "--header", "no colon"),
        ("explain", "XYZZY"),
        ("nothing",),
        ("codes", "nobody"),
        ("codes", "--category", "bussy"),
        ("codes", "--table", "nowhere"),
        ("codes", "--retry", "maybe"),
    ],
)
def test_wrong_use_is_exit_2(arguments: tuple[str, ...]):
    """Wrong use is exit 2 with a sentence, and nothing on stdout."""
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.rstrip().endswith((".", "?"))


def test_detect_says_how_sure():
    """`detect` gives vendor, confidence, reasons and candidates."""
    found = json.loads(run("detect", stdin='{"code": 1011}').stdout)

    assert found["vendor"] == "unknown"
    assert [candidate["vendor"] for candidate in found["candidates"]] == ["zoom-cobrowse"]


def test_explain_lists_all_meanings():
    """An ambiguous number gives every meaning, a line each."""
    found = [json.loads(line) for line in run("explain", "34").stdout.splitlines()]

    assert [entry["id"] for entry in found][:3] == [
        "cisco-finesse:arm/34",
        "cisco-finesse:cf/34",
        "cisco-finesse:e-cti/34",
    ]


def test_explain_suggests_what_was_meant():
    """A near miss is answered with the nearest codes."""
    assert "Did you mean CF_RESOURCE_BUSY" in run("explain", "CF_RESOURCE_BUZY").stderr


def test_explain_of_a_family_suggests_the_known_constants():
    """A constant that no list has is answered by its family, and a near one is named beside it."""
    done = run("explain", "CF_RESOURCE_BUZY")

    assert (done.returncode, json.loads(done.stdout)["id"]) == (0, "cisco-finesse:cf/CF_*")
    assert done.stderr.startswith(
        "Only the family of 'CF_RESOURCE_BUZY' is known. Did you mean CF_RESOURCE_BUSY"
    )


def test_explain_tells_meanings_apart_before_it_shows_them():
    """The list of what tells the meanings apart stands above the cards, which fill a terminal."""
    command = [sys.executable, "-m", "errnorm", "explain", "34"]
    seen = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    ).stdout

    assert seen.index("tells which:") < seen.index('{"vendor"')


def test_a_card_says_where_a_path_begins():
    """A page of ours is a path in the repository, and the vendor's document has an address."""
    seen = " ".join(on_terminal("explain", "cisco-finesse:cf/33").replace("│", " ").split())

    assert "in errnorm's repository" in seen
    assert "https://www.cisco.com/" in seen


@pytest.mark.parametrize("command", [("codes",), ("explain",), ("parse",), ("catalog", "check")])
def test_help_shows_no_marks(command: tuple[str, ...]):
    """The examples of a help text stand on lines of their own, and click's mark for that is not shown."""
    said = run(*command, "--help").stdout

    assert "\n    errnorm " in said or "\n  curl" in said or "| errnorm" in said
    assert "\\b" not in said
    assert "\x08" not in said


def test_explain_shows_a_card_on_a_terminal():
    """A person sees the texts that tell the causes of a code apart."""
    assert "Session does not exist or has ended." in on_terminal("explain", "zoom-cobrowse:1011")


def test_explain_says_what_tells_meanings_apart():
    """Of several meanings stderr says vendor, table and name; of one it says nothing."""
    told = run("explain", "34").stderr.splitlines()

    assert told[0].startswith("'34' has 3 meanings.")
    assert (
        told[2]
        .strip()
        .startswith("cisco-finesse:cf/34: cisco-finesse, table cf, CF_RESOURCE_OUT_OF_SERVICE:")
    )
    assert run("explain", "1011").stderr.count("\n") in {0, 3}
    assert run("explain", "13036").stderr == ""


def test_explain_takes_a_pasted_text():
    """The text of a message leads to it, with or without its end."""
    done = run("explain", "Session does not exist or has ended.")

    assert json.loads(done.stdout)["id"] == "zoom-cobrowse:code/1011#3"


def test_codes_are_listed_and_filtered():
    """`codes` prints one JSON object a line when piped: of all, of a vendor, of what was asked for."""
    every = run("codes").stdout.splitlines()
    busy = [
        json.loads(line)
        for line in run(
            "codes", "cisco-finesse", "--table", "cf", "--category", "busy", "--retry", "retry"
        ).stdout.splitlines()
    ]

    assert len(every) == len(list(errnorm.Catalog.builtin().entries()))
    assert "cisco-finesse:cf/33" in [entry["id"] for entry in busy]
    assert {
        (entry["vendor"], entry["table"], entry["category"], entry["retry"]["decision"]) for entry in busy
    } == {("cisco-finesse", "cf", "busy", "retry")}


def test_codes_searches_words():
    """All words must occur, whatever their case; nothing found is a sentence and exit 0."""
    found = [json.loads(line)["id"] for line in run("codes", "--search", "PIN maximum").stdout.splitlines()]
    nothing = run("codes", "--search", "xyzzy")

    assert found == ["zoom-cobrowse:code/1008"]
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert nothing.stderr.startswith("No code fits all of that.")


def test_codes_shows_a_table_on_a_terminal():
    """A person sees a table; with --json also a person gets JSON."""
    seen = on_terminal("codes", "genesys-gwe")

    assert "what happened" in seen
    assert "Unavailable" in seen
    assert json.loads(on_terminal("codes", "genesys-gwe", "--json").splitlines()[0])["code"] == "200"


def test_codes_can_be_copied_from_a_terminal():
    """However narrow the terminal, an id and its constant stand on one line, whole, and so does a category."""
    name = "PERERR_GW_E_JTAPIOBJ_PERFORMANSWERCALL_NO_TERMINAL_CONNECTION"
    seen = on_terminal("codes", "cisco-finesse", "--table", "peripheral", columns=80)

    assert f"cisco-finesse:peripheral/13036  {name}" in seen
    assert "dependency_failed" in seen


def test_codes_filters_by_deployment():
    """What only Unified CCX sends is asked for by its name."""
    found = [
        json.loads(line)
        for line in run("codes", "--deployment", "UCCX", "--table", "e-cti").stdout.splitlines()
    ]

    assert [entry["code"] for entry in found] == ["2", "93", "96"]


OWN = {
    "vendor": "zoom-cobrowse",
    "entries": [{"table": "code", "code": "1016", "title": "Call the network desk"}],
}


def test_parse_takes_catalog_files(tmp_path: Path):
    """An own entry wins; of two files the last one lies on top."""
    paths = []
    for name, title in (("first", "First"), ("second", "Second")):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({**OWN, "entries": [{**OWN["entries"][0], "title": title}]}))
        paths += ["--catalog", str(path)]
    body = '{"event": "session_error", "payload": {"code": 1016}}'
    done = run("parse", *paths, stdin=body)

    assert json.loads(done.stdout)["entry"]["title"] == "Second"
    assert json.loads(run("parse", *paths[:2], stdin=body).stdout)["entry"]["title"] == "First"


def test_a_catalog_file_is_checked(tmp_path: Path):
    """Exit 0 in order, 2 with mistakes, 3 unreadable; the mistakes on stderr, one a line."""
    path = tmp_path / "own.json"
    advice = {"decision": "retry", "scope": "same_call", "delay": 5}
    whole = {**OWN["entries"][0], "category": "network", "severity": "error", "retry": advice}
    path.write_text(json.dumps({**OWN, "entries": [whole]}))
    fine = run("catalog", "check", str(path))
    path.write_text(json.dumps({"vendor": "zoom-cobrowse", "entries": [{"code": 7}, 8]}))
    wrong = run("catalog", "check", str(path))
    missing = run("catalog", "check", "no-such-file")

    assert (fine.returncode, fine.stdout, fine.stderr) == (0, "", f"{path}: in order.\n")
    assert (wrong.returncode, wrong.stdout, len(wrong.stderr.splitlines())) == (2, "", 4)
    assert f"{path}: entries[0].code (code 7): " in wrong.stderr
    assert (missing.returncode, missing.stdout) == (3, "")


def test_a_warning_is_no_mistake(tmp_path: Path):
    """A file that is only unusual is in order, and the warning is shown."""
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**OWN, "vendor": "acme-desk"}))
    done = run("catalog", "check", str(path))

    assert done.returncode == 0
    assert done.stderr.startswith(f"{path}: warning: vendor: errnorm has no vendor 'acme-desk'")


def test_parse_refuses_a_wrong_catalog_file(tmp_path: Path):
    """A mistake is exit 2 with its place, and a file that is not there exit 3."""
    path = tmp_path / "own.json"
    path.write_text("[]")

    assert run("parse", "--catalog", str(path), stdin="{}").returncode == 2
    assert "errnorm catalog check" in run("parse", "--catalog", str(path), stdin="{}").stderr
    assert run("parse", "--catalog", "no-such-file", stdin="{}").returncode == 3


def test_vendors_are_listed():
    """All vendors, each with the number of its codes."""
    from errnorm.vendors import VENDORS

    names = [json.loads(line)["name"] for line in run("vendors").stdout.splitlines()]

    assert names == [vendor.name for vendor in VENDORS]
    assert "Zoom Cobrowse SDK" in on_terminal("vendors")


def test_schema_is_printed():
    """`schema` prints a JSON Schema."""
    assert json.loads(run("schema", "record").stdout)["title"] == "errnorm record"


def test_version_is_printed():
    """`--version` names the program and its version."""
    assert run("--version").stdout == f"errnorm, version {errnorm.__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        ("explain", "zoom-cobrowse:17"),
        ("codes", "zoom-cobrowse", "--search", "turnip"),
        ("parse", "body.json"),
    ],
)
def test_own_entries_are_known_everywhere(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`--catalog` lays a file of one's own over the builtin catalog, in every command that asks it."""
    monkeypatch.chdir(tmp_path)
    own = '{"vendor": "zoom-cobrowse", "entries": [{"table": "code", "code": "17", "title": "No turnip"}]}'
    Path("own.json").write_text(own)
    Path("body.json").write_text('{"event": "session_error", "payload": {"code": 17}}')
    done = run(*command, "--catalog", "own.json")

    assert (done.returncode, "No turnip" in done.stdout) == (0, True)


def test_of_several_own_catalogs_the_last_one_wins(tmp_path: Path):
    """`--catalog` may be given again, and the help says which file decides."""
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for path in files:
        row = {"table": "code", "code": "17", "title": f"Of {path.stem}"}
        path.write_text(json.dumps({"vendor": "zoom-cobrowse", "entries": [row]}))
    done = run("explain", "zoom-cobrowse:17", *(word for path in files for word in ("--catalog", str(path))))

    assert json.loads(done.stdout.splitlines()[0])["title"] == "Of b"
    assert "the last one wins" in " ".join(run("explain", "--help").stdout.split())


@pytest.mark.parametrize(
    "command, word",
    [
        (("parse", "--as", "esc"), "ecs"),
        (("schema", "recrod"), "record"),
        (("codes", "--retry", "retyr"), "retry"),
        (("batch", "-", "--to", "parket"), "parquet"),
        (("batch", "-", "--raw", "base46"), "base64"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_right_one(command: tuple[str, ...], word: str):
    """Where one of some words is wanted, the nearest one stands in the sentence."""
    done = run(*command, stdin="{}")

    assert done.returncode == 2
    assert f"Did you mean {word}?" in done.stderr


def test_parse_redacts_when_asked():
    """`--redact` leaves out what is private, and the record says so."""
    body = '{"code": 1011, "userId": "agent1001", "errorMsg": "agent1001 left"}'
    plain = json.loads(run("parse", "--vendor", "zoom-cobrowse", "--redact", stdin=body).stdout)

    assert (plain["code"], plain["message"], plain["ids"]) == ("1011", "[user] left", {"user": "[user]"})
    assert [item["path"] for item in plain["redactions"]] == ["/message", "/ids/user", "/raw", "/raw"]


@pytest.mark.parametrize("command", ["parse", "explain", "codes", "catalog check"])
def test_examples_of_the_help_stand_on_lines_of_their_own(command: str):
    """The help shows each example as it is typed."""
    shown = run(*command.split(), "--help").stdout

    assert "\\b" not in shown
    assert any(
        line.lstrip().startswith(f"errnorm {command} ") or "| errnorm" in line for line in shown.splitlines()
    )
