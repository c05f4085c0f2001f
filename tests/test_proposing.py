"""From unknown to known: drafts of entries for the codes of a report, in the user's own file."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("click", reason="the command line comes with errnorm[cli]")
from click.testing import CliRunner, Result

import errnorm
from errnorm import batch, proposing
from errnorm.cli import cli
from errnorm.drafts import DRAFT_TITLE, Seen, drafts_of, file_of, with_entries

FINESSE = "<ApiErrors><ApiError><ErrorMessage>{}</ErrorMessage></ApiError></ApiErrors>"
COBROWSE = '{{"event": "session_error", "payload": {{"code": {}, "errorMsg": "x"}}}}'
BODIES = [
    *(FINESSE.format(code) for code in ("CF_ON_FIRE", "QUEUE_ON_FIRE", "QUEUE_ON_FIRE", "jane.doe_SMITH")),
    *(COBROWSE.format(code) for code in ("1998", "1999", "1999", "24011234", "1016")),
    '{"error": {"code": "SOME_CODE"}}',
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with captures and their report, and work in it."""
    lines = [json.dumps({"status": 500, "body": body}) for body in BODIES]
    (tmp_path / "captures.ndjson").write_text("\n".join(lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    report()
    return tmp_path


def report(*options: str) -> dict[str, Any]:
    """Run the batch, and give its report."""
    run("batch", "captures.ndjson", "-q", "-o", "out.ndjson", "--report", "report.json", *options)
    found: dict[str, Any] = json.loads(Path("report.json").read_text("utf-8"))
    return found


def run(*arguments: str, code: int = 0) -> Result:
    """Run the command."""
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == code, done.output
    return done


def propose(*options: str, code: int = 0) -> Result:
    """Run `errnorm catalog propose` on the report."""
    return run("catalog", "propose", "report.json", *options, code=code)


def rows(file: str = "own.json") -> list[dict[str, Any]]:
    """Give the entries of a file."""
    found: list[dict[str, Any]] = json.loads(Path(file).read_text("utf-8"))["entries"]
    return found


@pytest.mark.usefixtures("place")
def test_unknown_codes_become_drafts():
    """The most frequent first, each with its table, its count and its first place, and nothing made up."""
    done = propose("--catalog", "own.json", "--vendor", "cisco-finesse")

    assert [(row["table"], row["code"], row["explanation"]) for row in rows()] == [
        ("message", "QUEUE_ON_FIRE", "Seen in 2 records, the first at captures.ndjson:2."),
        ("cf", "CF_ON_FIRE", "Seen in 1 record, the first at captures.ndjson:1."),
    ]
    assert {frozenset(row) for row in rows()} == {
        frozenset({"table", "code", "title", "explanation", "verified"})
    }
    assert done.stdout == ""
    assert done.stderr.splitlines()[0].startswith("own.json: 2 new for cisco-finesse. Describe them;")


@pytest.mark.usefixtures("place")
def test_a_draft_passes_the_check_with_warnings_that_say_what_to_do():
    """`errnorm catalog check` takes the file, and names each entry that is still to be described."""
    propose("--catalog", "own.json", "--vendor", "zoom-cobrowse")
    told = run("catalog", "check", "own.json").stderr.splitlines()

    draft = "this entry is a draft. Write what happened here, and add category, severity and retry."
    assert told == [
        f"own.json: warning: entries[0].title (code 1999): {draft}",
        f"own.json: warning: entries[1].title (code 1998): {draft}",
        "own.json: in order.",
    ]


@pytest.mark.usefixtures("place")
def test_a_draft_can_be_used_at_once():
    """With the drafts laid over the catalog the codes are known, and judged as they were before."""
    propose("--catalog", "own.json", "--vendor", "cisco-finesse")
    before = [json.loads(line) for line in Path("out.ndjson").read_text("utf-8").splitlines()]
    kinds = report("--catalog", "own.json")["unknown_codes"]["kinds"]
    after = [json.loads(line) for line in Path("out.ndjson").read_text("utf-8").splitlines()]

    assert [kind["name"] for kind in kinds if "ON_FIRE" in kind["name"]] == []
    assert [record["entry"]["title"] for record in after[:3]] == [DRAFT_TITLE] * 3
    for name in ("category", "severity", "retry"):
        assert [record[name] for record in before] == [record[name] for record in after]


@pytest.mark.usefixtures("place")
def test_what_the_user_wrote_is_kept():
    """Run again, only new codes are added behind, and every character that was there stays."""
    written = (
        '{ "vendor":"zoom-cobrowse",\r\n  "sources": {"ours": {"title": "Wiki", "url": "https://wiki.example.com"}},'
        '\r\n  "entries":[\r\n      {"code":"1999", "table" : "code","title": "Caf\u00e9 closed", "retry":\r\n'
        '         {"decision": "retry", "scope":"same_call"}}\r\n  ] , "title": "Zoom" }\r\n'
    )
    Path("own.json").write_bytes(written.encode())
    propose("--catalog", "own.json")
    text = Path("own.json").read_bytes().decode()
    end = written.index("\r\n  ] ,")

    assert text.startswith(written[:end] + ",\r\n      {\r\n")
    assert text.endswith(written[end:])
    assert [row["code"] for row in rows()] == ["1999", "1998"]
    assert "\n" not in text.replace("\r\n", "")
    again = propose("--catalog", "own.json")
    assert Path("own.json").read_bytes().decode() == text
    assert again.stderr.startswith(
        "Nothing to draft: every code of zoom-cobrowse that the report shows is known.\n"
    )


@pytest.mark.usefixtures("place")
def test_without_a_file_the_drafts_are_printed():
    """On stdout stands a whole catalog file; the rest is said on stderr."""
    done = propose("--vendor", "zoom-cobrowse")
    content = json.loads(done.stdout)

    assert (content["vendor"], content["title"]) == ("zoom-cobrowse", "Zoom Cobrowse SDK")
    assert [row["code"] for row in content["entries"]] == ["1999", "1998"]
    assert not Path("own.json").exists()


@pytest.mark.usefixtures("place")
def test_what_was_not_drafted_is_said():
    """Codes that the report does not show, of other vendors, and of none, each with what to do."""
    told = propose("--vendor", "zoom-cobrowse").stderr

    assert "Of cisco-finesse there are more (2). Draft them into a file of their own." in told
    assert "the codes of 1 record, the first at captures.ndjson:8. Look there, and write their" in told
    assert "Of no known vendor: 1 more, as in 1 record, the first at captures.ndjson:10." in told


@pytest.mark.usefixtures("place")
def test_a_report_of_several_vendors_needs_a_choice():
    """A file is one vendor's: without one and without a choice the vendors are named with their counts."""
    assert "zoom-cobrowse (3), cisco-finesse (2). Choose one with --vendor." in propose(code=2).stderr


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    "content, options, sentence",
    [
        ('{"vendor": "genesys-chat", "entries": [{"table": "code", "code": "1", "title": "A"}]}',
         ("--vendor", "zoom-cobrowse"), "own.json is genesys-chat's, and a file is one vendor's."),
        ('{"vendor": "zoom-cobrowse", "entries": [{"code": 7}]}', (), "'table' is missing"),
        ("{", (), "is no JSON"),
        ("\udcff", (), "not in UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_left_alone(content: str, options: tuple[str, ...], sentence: str):
    """Another vendor's file, and one with a mistake in it, is a sentence, and stays as it is."""
    Path("own.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    done = propose("--catalog", "own.json", *options, code=2)

    assert sentence in done.stderr
    assert Path("own.json").read_bytes() == content.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"schema_version": "1.0"}', "\udcff"])
def test_what_is_no_report_is_a_sentence(tmp_path: Path, content: str):
    """A file that is no report says how to write one."""
    path = tmp_path / "report.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    assert "errnorm batch … --report report.json" in run("catalog", "propose", str(path), code=2).stderr


def test_a_code_that_is_not_shown_gives_a_sentence_and_no_file(tmp_path: Path):
    """Of a code that may be somebody's name nothing is drafted: its place and the next step are told."""
    path, own = tmp_path / "report.json", tmp_path / "own.json"
    counted = batch.Report()
    counted.unknown_codes.count("zoom-cobrowse (not shown)", batch.report.Place("desk.log", line=2))
    path.write_text(json.dumps(counted.to_dict()), "utf-8")
    done = run("catalog", "propose", str(path), "--catalog", str(own))

    assert done.stderr.splitlines() == [
        f"Nothing to draft: the report shows no unknown code of zoom-cobrowse. {own} is not written.",
        (
            "Not shown in the report, since they may be somebody's name or number: the codes of 1 record, the "
            "first at desk.log:2. Look there, and write their entries by hand; `errnorm schema catalog` prints "
            "the form."
        ),
    ]
    assert not own.exists()


def test_a_report_without_an_unknown_code_gives_nothing(tmp_path: Path):
    """Nothing to draft is no mistake, and no file is made."""
    path, own = tmp_path / "report.json", tmp_path / "own.json"
    path.write_text(json.dumps(batch.Report().to_dict()), "utf-8")
    done = run("catalog", "propose", str(path), "--catalog", str(own))

    assert (
        done.stderr
        == f"Nothing to draft: the report shows no unknown code of a vendor. {own} is not written.\n"
    )
    assert not own.exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(place: Path):
    """The output that cannot be written is told, and nothing is left behind."""
    done = propose("--catalog", str(place / "nowhere" / "own.json"), "--vendor", "zoom-cobrowse", code=1)

    assert "could not be written: No such file or directory." in done.stderr


def test_a_link_stays_a_link(place: Path):
    """A catalog file that is a link is written where it leads."""
    (place / "real.json").write_text(file_of("zoom-cobrowse", "Zoom", [_row("1")]), "utf-8")
    (place / "own.json").symlink_to("real.json")
    propose("--catalog", "own.json")

    assert (place / "own.json").is_symlink()
    assert len(rows("real.json")) == 3


def _row(code: str) -> dict[str, Any]:
    return {"table": "code", "code": code, "title": "Said by us"}


texts = st.text(min_size=1, max_size=12).filter(lambda text: text.strip())
files = st.builds(
    lambda members, entries, last: {"vendor": "acme-desk"} | members | {"entries": entries} | last,
    st.dictionaries(
        st.sampled_from(["title", "entries2", '"entries":', "]"]), texts | st.lists(texts), max_size=3
    ),
    st.lists(
        st.dictionaries(texts, texts | st.lists(texts) | st.just({"entries": []}), min_size=1), max_size=3
    ),
    st.dictionaries(st.just("sources"), texts | st.just({"entries": ["[", "}"]})),
)


@given(
    content=files,
    indent=st.sampled_from([None, 0, 1, 2, 4, "\t"]),
    line=st.sampled_from(["\n", "\r\n"]),
    ascii_only=st.booleans(),
    codes=st.lists(texts, min_size=1, max_size=3),
)
def test_entries_are_added_whatever_the_file_looks_like(
    content: dict[str, Any],
    indent: Any,
    line: str,
    ascii_only: bool,  # noqa: FBT001 - a parameter
    codes: list[str],
):
    """However a file is laid out, it has its entries and then the new ones, and nothing else has changed."""
    text = json.dumps(content, indent=indent, ensure_ascii=ascii_only).replace("\n", line)
    new = with_entries(text, [_row(code) for code in codes])

    assert json.loads(new) == content | {"entries": [*content["entries"], *map(_row, codes)]}
    assert list(json.loads(new)) == list(content)


def test_a_place_is_one_line():
    """A file name with a line break in it makes no entry that the check refuses."""
    seen = Seen(vendor="acme-desk", code="17", records=1, place="a\nb.log:1")
    (row,) = drafts_of([seen], errnorm.Catalog.builtin())

    assert row["explanation"] == "Seen in 1 record, the first at a\ufffdb.log:1."
    assert row["table"] == "code"


MODES = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")


@MODES
@pytest.mark.usefixtures("place")
def test_a_file_keeps_its_mode():
    """A catalog that only its owner may read stays so, and no other file stands beside it."""
    Path("own.json").write_text(
        json.dumps({"vendor": "zoom-cobrowse", "title": "Zoom", "entries": []}), "utf-8"
    )
    Path("own.json").chmod(0o600)
    Path("own.json.part").write_text("somebody's own", "utf-8")
    there = set(Path().iterdir())
    propose("--catalog", "own.json")

    assert len(rows()) == 2
    assert Path("own.json").stat().st_mode & 0o777 == 0o600
    assert Path("own.json.part").read_text("utf-8") == "somebody's own"
    assert set(Path().iterdir()) == there


@MODES
@pytest.mark.usefixtures("place")
def test_a_file_that_nobody_may_write_stays_as_it_is():
    """It is not replaced by way of its folder."""
    written = json.dumps({"vendor": "zoom-cobrowse", "title": "Zoom", "entries": []})
    Path("own.json").write_text(written, "utf-8")
    Path("own.json").chmod(0o444)
    done = propose("--catalog", "own.json", code=1)

    assert "own.json could not be written: Permission denied." in done.stderr
    assert Path("own.json").read_text("utf-8") == written


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("there", [True, False])
def test_what_was_written_in_the_meantime_is_kept(monkeypatch: pytest.MonkeyPatch, *, there: bool):
    """An editor saves the file while the drafts are made: its work stays, and the command says so."""
    if there:
        Path("own.json").write_text('{"vendor": "zoom-cobrowse", "title": "Z", "entries": []}', "utf-8")

    def saved_meanwhile(*given: Any) -> Any:
        Path("own.json").write_text("saved", "utf-8")
        return drafts_of(*given)

    monkeypatch.setattr(proposing, "drafts_of", saved_meanwhile)
    names = {path.name for path in Path().iterdir()}
    done = propose("--catalog", "own.json", "--vendor", "zoom-cobrowse", code=1)

    assert ("changed while the drafts were made" if there else "File exists") in done.stderr
    assert Path("own.json").read_text("utf-8") == "saved"
    assert {path.name for path in Path().iterdir()} == names | {"own.json"}


@pytest.mark.usefixtures("place")
def test_a_write_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch):
    """A full disk costs the drafts, and neither the file nor a part beside it."""
    written = json.dumps({"vendor": "zoom-cobrowse", "title": "Zoom", "entries": []})
    Path("own.json").write_text(written, "utf-8")
    names = {path.name for path in Path().iterdir()}

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(proposing.shutil, "copymode", full)
    done = propose("--catalog", "own.json", code=1)

    assert "own.json could not be written: No space left on device." in done.stderr
    assert Path("own.json").read_text("utf-8") == written
    assert {path.name for path in Path().iterdir()} == names


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a file")
def test_a_new_file_that_cannot_be_written_whole_is_not_left(place: Path):
    """With room for ten bytes alone there is no file afterwards, and the next run begins anew."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); from errnorm.cli import cli; "
        "cli(['catalog', 'propose', 'report.json', '--catalog', 'own.json', '--vendor', 'zoom-cobrowse'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=place, capture_output=True, text=True, check=False
    )

    assert "own.json could not be written: File too large." in done.stderr
    assert not (place / "own.json").exists()
