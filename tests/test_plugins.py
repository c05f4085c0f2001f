"""Vendors and catalogs of other packages: found late, held apart, and named when they fail."""

from __future__ import annotations

import importlib
import json
import logging
import os
import pickle
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from corpus import Case, cases

import errnorm
from errnorm import installed as module
from errnorm.contract import evidence_faults, report_faults, vendor_faults
from errnorm.guarded import guarded
from errnorm.installed import Loader
from errnorm.vendor import NOTHING, Clue, ClueKind, Evidence, Vendor
from errnorm.vendors import VENDORS
from errnorm.vocabulary import ProblemCode

GOOD = """
from errnorm import Clue, ClueKind, Evidence, Vendor
def score(payload):
    return Evidence(0.9, "an acmeError member")
def parse(payload):
    error = payload.json.value["acmeError"]
    code = str(error["code"])
    yield {"shape": "desk.error", "code": code, "lookups": (("code", code),)}
ACME = Vendor(name="acme-desk", title="Acme Desk", clues=(Clue(ClueKind.KEY, "acmeError"),), score=score, parse=parse)
"""
ENTRIES = {"vendor": "acme-desk", "entries": [{"table": "code", "code": "17", "title": "No such ticket"}]}
BODY = b'{"acmeError": {"code": 17}}'

Install = Callable[..., Loader]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give what installs a package into a folder of its own and asks errnorm anew."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(package: str, code: str = "", *, catalog: Any = None, **points: str) -> Loader:
        name = package.replace("-", "_")
        (tmp_path / f"{name}.py").write_text(code, "utf-8")
        (tmp_path / f"{name}.json").write_text(json.dumps(catalog), "utf-8")
        info = tmp_path / f"{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n", "utf-8")
        lines = [f"[errnorm.{group}]\n{point.format(name)}" for group, point in points.items()]
        (info / "entry_points.txt").write_text("\n".join(lines), "utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        loader = Loader()
        monkeypatch.setattr(module, "installed", loader)
        monkeypatch.setattr("errnorm.normalizer.installed", loader)
        return loader

    return install


CATALOG = "\nimport pathlib\nCATALOG = pathlib.Path(__file__).with_suffix('.json')\n"
WHOLE = {"vendors": "acme-desk = {}:ACME", "catalogs": "acme-desk = {}:CATALOG"}


def test_a_package_brings_a_vendor_and_its_catalog(install: Install):
    """What a package names in its entry points is recognised, explained, and said where it came from."""
    install("acme-desk-errnorm", GOOD + CATALOG, catalog=ENTRIES, **WHOLE)
    record = errnorm.Normalizer().normalize(BODY).first
    known = errnorm.vendors()[-1]

    assert record is not None
    assert (record.vendor, record.code) == ("acme-desk", "17")
    assert record.entry == errnorm.catalog().get("acme-desk:code/17")
    assert errnorm.from_dict(record.to_dict()) == record
    assert (known.name, known.title, known.package, known.version) == (
        "acme-desk",
        "Acme Desk",
        "acme-desk-errnorm",
        "1.2",
    )
    assert not known.is_builtin
    assert [plugin.disabled for plugin in errnorm.plugins()] == [None, None]


def test_a_choice_of_vendors_stays_a_choice(install: Install):
    """Where the caller names the vendors, no plugin is there, and none of their entries."""
    install("acme-desk-errnorm", GOOD + CATALOG, catalog=ENTRIES, **WHOLE)
    normalizer = errnorm.Normalizer(vendors=VENDORS)

    assert normalizer.vendors == VENDORS
    assert normalizer.catalog == errnorm.Catalog.builtin()


@pytest.mark.parametrize(
    "code, points, reason",
    [
        ("import no_such_module", {}, "cannot be imported: ModuleNotFoundError"),
        (
            "raise RuntimeError('password=x')",
            {},
            'cannot be imported: RuntimeError. `python -c "from broken import ACME"` shows why.',
        ),
        ("raise SystemExit(3)", {}, "cannot be imported: SystemExit"),
        ("import asyncio; raise asyncio.CancelledError", {}, "It cannot be used: CancelledError"),
        ("class E(Exception):\n    def __str__(self): raise self\nraise E", {}, "It cannot be imported: E."),
        ("ACME = 7", {}, "It is of type int. Give an errnorm.Vendor."),
        ("", {}, "cannot be imported: AttributeError"),
        (GOOD.replace('"acme-desk"', '"Acme"'), {}, "Write small letters, digits and hyphens"),
        (GOOD.replace('"acme-desk"', '"acme"'), {}, "Its vendor is called 'acme'."),
        (GOOD + "ACME = Vendor(name='a', title='A', clues=(), score=score, parse=parse)", {}, "The clues"),
        (GOOD.replace("score=score", "score=lambda payload: 1"), {}, "cannot be sent to another process"),
        ("import errnorm; errnorm.vendors()", {}, "while it is imported as one of them"),
        (GOOD, {"vendors": "cisco-finesse = {}:ACME"}, "'cisco-finesse' is taken by errnorm."),
        (GOOD, {"vendors": "unknown = {}:ACME"}, "'unknown' is taken by errnorm."),
        (CATALOG, {"catalogs": "acme-desk = {}:CATALOG"}, "this is null, and an object in braces is wanted"),
        ("CATALOG = 'acme.json'", {"catalogs": "acme-desk = {}:CATALOG"}, "It is of type str. Give a path"),
        (
            CATALOG + "CATALOG = CATALOG.parent / 'no.json'",
            {"catalogs": "acme-desk = {}:CATALOG"},
            "It cannot be read: FileNotFoundError",
        ),
    ],
)
def test_a_broken_plugin_is_left_out(
    install: Install, caplog: pytest.LogCaptureFixture, code: str, points: dict[str, str], reason: str
):
    """What cannot be used is left out with a warning, once, and everybody else is read as before."""
    loader = install("broken", code, **(points or {"vendors": "acme-desk = {}:ACME"}))
    with caplog.at_level(logging.WARNING, "errnorm"):
        assert loader().vendors == loader().vendors
    (plugin,) = errnorm.plugins()

    assert reason in (plugin.disabled or "")
    assert "password" not in str(plugin) + caplog.text
    assert (plugin.package, plugin.version) == ("broken", "1.2")
    assert [message for message in caplog.messages if reason in message] == caplog.messages
    assert len(caplog.messages) == 1
    assert [known.name for known in errnorm.vendors()] == [vendor.name for vendor in VENDORS]
    assert errnorm.catalog() == errnorm.Catalog.builtin()


@pytest.mark.parametrize("metadata", [b"", b"Metadata-Version: 2.1\nName: \xff\xfe\n", None])
def test_a_package_without_its_name_is_used_all_the_same(
    install: Install, tmp_path: Path, metadata: bytes | None
):
    """What a broken uninstall leaves has no METADATA, or half of one: its name is not known then."""
    install("acme-desk-errnorm", GOOD, vendors="acme-desk = {}:ACME")
    file = tmp_path / "acme_desk_errnorm-1.2.dist-info" / "METADATA"
    if metadata is None:
        file.unlink()
    else:
        file.write_bytes(metadata)

    assert errnorm.Normalizer().normalize(BODY)[0].vendor == "acme-desk"
    assert [(plugin.package, plugin.disabled) for plugin in errnorm.plugins()] == [("?", None)]


@pytest.mark.parametrize("points", [b"[errnorm.vendors]\nno sign\n", b"[errnorm.vendors]\n\xff = a:b\n"])
def test_entry_points_that_cannot_be_read_take_nothing_from_others(
    install: Install, tmp_path: Path, caplog: pytest.LogCaptureFixture, points: bytes
):
    """One package with broken metadata, and every body is read by the builtin vendors as before."""
    install("acme-desk-errnorm", GOOD, vendors="acme-desk = {}:ACME")
    (tmp_path / "acme_desk_errnorm-1.2.dist-info" / "entry_points.txt").write_bytes(points)

    assert errnorm.Normalizer().normalize(b"<ApiErrors/>").detection.vendor == "cisco-finesse"
    assert "install it anew" in (errnorm.plugins()[0].disabled or "")
    assert len(caplog.messages) == 1


def test_a_log_that_fails_is_not_the_callers(install: Install, monkeypatch: pytest.MonkeyPatch):
    """A filter of the log that raises keeps nobody from his record."""
    loader = install("broken", "ACME = 7", vendors="acme-desk = {}:ACME")
    monkeypatch.setattr(logging.getLogger("errnorm"), "filters", [_raises])

    assert len(loader().vendors) == len(VENDORS)


def test_the_first_package_by_name_wins(install: Install):
    """Of two packages with one vendor, the order of their names decides, and the other one says so."""
    install("b-desk", GOOD, vendors="acme-desk = {}:ACME")
    install("a-desk", GOOD, vendors="acme-desk = {}:ACME")

    assert [(plugin.package, plugin.disabled) for plugin in errnorm.plugins()] == [
        ("a-desk", None),
        ("b-desk", "The name 'acme-desk' is taken by a-desk. Choose another one, or remove one of the two."),
    ]


def test_catalogs_lie_over_the_builtin_one_in_the_order_of_packages(install: Install):
    """A package may judge a builtin code anew; of two that do, the first by name lies on top."""
    rows = [{"table": "code", "code": "1016", "title": "Ours"}]
    overlay = {"vendor": "zoom-cobrowse", "entries": rows}
    other = {"vendor": "zoom-cobrowse", "entries": [rows[0] | {"title": "Theirs"}]}
    install("b-notes", CATALOG, catalog=other, catalogs="notes = {}:CATALOG")
    install("a-notes", CATALOG, catalog=overlay, catalogs="notes = {}:CATALOG")

    found = errnorm.catalog().get("zoom-cobrowse:code/1016")
    assert found is not None
    assert found.title == "Ours"


def acme(**parts: Any) -> Vendor:
    """Give a vendor of which some parts are replaced."""
    clues = (Clue(ClueKind.KEY, "acmeError"),)
    whole: dict[str, Any] = {"name": "acme-desk", "score": _claims, "parse": _reports_nothing} | parts
    return Vendor(**({"title": "Acme", "clues": clues} | whole))


def failing(**parts: Any) -> errnorm.Normalizer:
    """Give a normalizer with a vendor, given by hand, of which some parts are replaced."""
    return errnorm.Normalizer(vendors=(*VENDORS, acme(**parts)))


def _claims(_: Any) -> Evidence:
    return Evidence(0.9, "a mark")


def _reports_nothing(_: Any) -> list[Any]:
    return []


def _raises(_: Any) -> Any:
    raise KeyError(BODY)


def _reports_then_raises(_: Any) -> Any:
    yield {"shape": "desk.error", "code": "17"}
    raise KeyError(BODY)


def _gives(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def _leaves(_: Any) -> Any:
    raise SystemExit(0)


@pytest.mark.parametrize(
    "wrong",
    [
        _raises,
        _leaves,
        _gives(None),
        _gives(Evidence(-0.1, "less")),
        _gives(Evidence(7.0, "sure")),
        _gives(Evidence(float("nan"), "nan")),
    ],
)
def test_a_score_that_fails_is_no_evidence(wrong: Any):
    """The body is read as if the vendor were not there, and a problem names the vendor."""
    result = failing(score=wrong).normalize(BODY, status=500)

    assert result.detection.vendor == "unknown"
    assert [str(problem.code) for problem in result.problems] == ["vendor-failed"]
    assert "acme-desk" in result.problems[0].message
    assert "17" not in result.problems[0].message


@pytest.mark.parametrize(
    "wrong",
    [
        _raises,
        _leaves,
        _gives(None),
        _gives([None]),
        _gives([{"code": "17"}]),
        _gives([{"shape": "a", "code": 17}]),
        _gives([{"shape": "a", "extra": {"at": object()}}]),
        _gives([{"shape": "a", "queue": "b"}]),
        _gives([{"shape": "a b"}]),
        _gives([{"shape": "a", "occurred_at": "2026-01-01"}]),
        _gives([{"shape": "a", "ids": {"ticket": "T-1"}}]),
        _gives([{"shape": "a", "lookups": ["code"]}]),
        _gives([{"shape": "a", "vendor": "Jane Doe"}]),
        _gives([{"shape": "a", "ids": {"request": 5}}]),
        _gives([{"shape": "a", "ids": {"request": ""}}]),
        _gives([{"shape": "a", "message": "\ud800"}]),
        _gives([{"shape": "a", "extra": {"at": 2**70}}]),
        _gives([{"shape": "a", "extra": {"at": float("nan")}}]),
        _gives([{"shape": "a", "extra": {"at": MappingProxyType({})}}]),
        _gives([{"shape": "a", "delay": -1}]),
        _gives([{"shape": "a", "delay": float("inf")}]),
    ],
)
def test_a_parse_that_fails_still_gives_a_record(wrong: Any):
    """The body is described as nobody's would be, under the vendor's name, with the problem."""
    result = failing(parse=wrong).normalize(BODY, status=500)

    assert [(record.vendor, record.shape, record.status) for record in result] == [("acme-desk", "json", 500)]
    assert [str(problem.code) for problem in result.problems] == ["vendor-failed"]
    with pytest.raises(errnorm.UnreadableBody):
        failing(parse=wrong).normalize(BODY, strict=True)


@pytest.mark.parametrize(
    "vendors, sentence",
    [
        (acme(), "vendors is of type Vendor. Give a list: vendors=[YOUR_VENDOR, *VENDORS]."),
        ("acme-desk", "vendors is of type str. Give a list: vendors=[YOUR_VENDOR, *VENDORS]."),
        (["acme-desk"], "vendors[0] cannot be used. It is of type str. Give an errnorm.Vendor."),
        ([VENDORS[0], acme(name="Acme")], "vendors[1] cannot be used. The name is 'Acme'."),
        ([acme(), acme(score=_raises)], "2 vendors are called 'acme-desk'. Give each a name of its own."),
        ([acme(name="unknown")], "vendors[0] is called 'unknown', which stands for no vendor."),
    ],
)
def test_vendors_that_cannot_be_used_are_refused(vendors: list[Any], sentence: str):
    """A `Normalizer` says at once which of its vendors cannot be used, and why."""
    with pytest.raises(errnorm.InvalidArgument) as caught:
        errnorm.Normalizer(vendors=vendors)

    assert sentence in str(caught.value)


@pytest.mark.parametrize("wrong", [{"catalog": "own.json"}, {"limits": 4096}])
def test_a_normalizer_refuses_what_is_of_another_type(wrong: dict[str, Any]):
    """A path in place of a catalog, or a number in place of limits, is said at once and not at each body."""
    with pytest.raises(errnorm.InvalidArgument, match=r"^(catalog|limits) is of type (str|int)\. Give "):
        errnorm.Normalizer(**wrong)


def test_a_catalog_is_laid_under_a_catalog_alone():
    """What is no catalog is refused by the sign itself."""
    with pytest.raises(TypeError, match="unsupported operand"):
        errnorm.catalog() | {}  # type: ignore[operator]


def test_only_a_vendor_of_others_is_guarded_and_only_once():
    """A builtin vendor is called without a guard, and a guarded one gets no second guard."""
    vendors = (*VENDORS, guarded(acme()))
    normalizer = errnorm.Normalizer(vendors=vendors)

    assert normalizer.vendors == vendors
    assert normalizer.vendors[0].score is VENDORS[0].score
    assert pickle.loads(pickle.dumps(normalizer)).vendors == vendors


@pytest.mark.parametrize("step", ["score", "parse"])
def test_a_failure_says_where_it_was_raised(step: str):
    """The problem names the module and the line of what raised, and no path."""
    message = failing(**{step: _raises}).normalize(BODY, status=500).problems[0].message
    line = _raises.__code__.co_firstlineno + 1

    assert f"`{step}` raised KeyError in {__name__} line {line}." in message
    assert str(Path(__file__).parent) not in message


def test_what_was_reported_before_a_failure_is_kept():
    """A generator that fails in its middle loses nothing of what it gave."""
    result = failing(parse=_reports_then_raises).normalize(BODY, status=500)

    assert [record.code for record in result] == ["17"]
    assert result.problems[0].code is ProblemCode.VENDOR_FAILED


def test_one_body_changes_nothing_for_the_next():
    """A vendor that failed on one body reads the next one."""

    def parse(payload: Any) -> Any:
        yield {"shape": "desk.error", "code": str(payload.json.value["acmeError"]["code"])}

    normalizer = failing(parse=parse)
    broken, whole = normalizer.normalize({"acmeError": 1}, status=500), normalizer.normalize(BODY)

    assert [str(problem.code) for problem in broken.problems] == ["vendor-failed"]
    assert (whole[0].code, whole.problems) == ("17", ())


def test_a_failure_is_logged_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch):
    """The log says it at the first body; each body says it in its problems."""
    monkeypatch.setattr("errnorm.guarded._told", set())
    normalizer = failing(parse=_raises)
    for status in (500, 501, 502):
        normalizer.normalize(BODY, status=status)

    assert len(caplog.messages) == 1
    assert "acme-desk" in caplog.messages[0]
    assert "17" not in caplog.messages[0]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_our_own_vendors_keep_the_contract(vendor: Vendor):
    """What is asked of a vendor of others, the builtin ones give on every fixture."""
    careful = guarded(vendor)
    everybody = tuple(careful if other is vendor else other for other in VENDORS)
    guarded_road = errnorm.Normalizer(vendors=everybody, cache_size=0)
    differs = [
        case.name
        for case in cases()
        if guarded_road.normalize(case.body, **case.given) != errnorm.normalize(case.body, **case.given)
    ]

    assert list(vendor_faults(vendor)) == []
    assert differs == []


@pytest.mark.parametrize("case", cases("success"), ids=lambda case: case.name)
def test_the_faults_of_a_report_are_none_for_what_is_right(case: Case):
    """No evidence and no report are nothing wrong."""
    assert list(evidence_faults(NOTHING)) == []
    assert list(report_faults({"shape": case.owner})) == []


def test_threads_load_once(install: Install):
    """Many threads that ask first get one answer, and the package is imported once."""
    code = GOOD + "import time; time.sleep(0.05)"
    loader = install("acme-desk-errnorm", code, vendors="acme-desk = {}:ACME")
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(loader())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len({id(item) for item in found}) == 1
    assert found[0].vendors[-1].name == "acme-desk"


def test_a_module_that_asks_while_it_is_imported_stops_no_other_thread(
    install: Install, monkeypatch: pytest.MonkeyPatch
):
    """One thread imports the plugin, which asks errnorm; another asks errnorm, which imports the plugin."""
    gate = SimpleNamespace(importing=threading.Event(), asking=threading.Event())
    monkeypatch.setitem(sys.modules, "gate", gate)
    code = (
        "import errnorm, gate, time\n"
        "gate.importing.set(); gate.asking.wait(20); time.sleep(0.2); errnorm.vendors()\n"
    )
    loader = install("acme-desk-errnorm", code + GOOD, vendors="acme-desk = {}:ACME")

    def ask() -> None:
        gate.importing.wait(20)
        gate.asking.set()
        loader()

    work = (lambda: importlib.import_module("acme_desk_errnorm"), ask)
    threads = [threading.Thread(target=each, daemon=True) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert [thread.is_alive() for thread in threads] == [False, False]


def test_a_handler_of_the_log_may_ask_errnorm(install: Install):
    """A warning about a plugin reaches a handler that normalizes something itself."""
    loader = install("broken", "ACME = 7", vendors="acme-desk = {}:ACME")
    asked: list[int] = []

    class Asking(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - the signature of logging
            asked.append(len(loader().vendors))

    log, handler = logging.getLogger("errnorm"), Asking()
    log.addHandler(handler)
    loader()
    log.removeHandler(handler)

    assert asked == [len(VENDORS)]


def test_a_normalizer_with_a_plugin_pickles(install: Install):
    """A worker gets the vendor by its place in its package, and the entries with it."""
    install("acme-desk-errnorm", GOOD + CATALOG, catalog=ENTRIES, **WHOLE)
    normalizer = errnorm.Normalizer()
    copy = pickle.loads(pickle.dumps(normalizer))

    assert copy.vendors == normalizer.vendors
    assert copy.normalize(BODY) == normalizer.normalize(BODY)


def run(code: str, *folders: str) -> str:
    """Run a program with folders on its path, and give what it printed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_errnorm_looks_for_nothing(install: Install, tmp_path: Path):
    """Neither the import nor a normalizer with vendors of its own imports a plugin; the first call does."""
    install("acme_desk", "print('imported')\n" + GOOD, vendors="acme-desk = {}:ACME")
    code = """
        import errnorm
        from errnorm import normalize, Normalizer
        Normalizer(vendors=())
        print("before")
        print(normalize({"acmeError": {"code": 17}}).first.vendor)
    """

    assert run(code, str(tmp_path)).split() == ["before", "imported", "acme-desk"]


def test_without_a_plugin_no_machinery_is_imported(tmp_path: Path):
    """Where no package names errnorm's groups, importlib.metadata stays out of the first call."""
    code = "import sys, errnorm; errnorm.normalize(b''); print('importlib.metadata' in sys.modules)"

    assert run(code, str(tmp_path)) == "False"


def test_a_package_in_an_archive_is_found(install: Install, tmp_path: Path):
    """A plugin in a zip on the path is read like any other."""
    import zipfile

    install("acme-desk-errnorm", GOOD, vendors="acme-desk = {}:ACME")
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(tmp_path.rglob("*")):
            if path.is_file() and path != archive:
                file.write(path, path.relative_to(tmp_path))
    code = "import errnorm; print([plugin.package for plugin in errnorm.plugins()])"

    assert run(code, str(archive)) == "['acme-desk-errnorm']"


def test_every_command_names_a_plugin(install: Install, tmp_path: Path):
    """`errnorm vendors` says where a vendor came from, and why another one is left out."""
    pytest.importorskip("click", reason="the command line comes with errnorm[cli]")
    install("acme-desk-errnorm", GOOD + CATALOG, catalog=ENTRIES, **WHOLE)
    install("broken", "ACME = 7", vendors="bad-desk = {}:ACME")
    code = "import sys; sys.argv = ['errnorm', 'vendors']; from errnorm.__main__ import main; main()"
    rows = [json.loads(line) for line in run(code, str(tmp_path)).splitlines()]
    found = {(row["kind"], row["name"]): row for row in rows}

    assert found["vendor", "cisco-finesse"]["package"] == "errnorm"
    assert found["vendor", "acme-desk"]["version"] == "1.2"
    assert found["vendor", "acme-desk"]["codes"] == 1
    assert found["vendor", "bad-desk"]["disabled"] == "It is of type int. Give an errnorm.Vendor."
    assert found["catalog", "acme-desk"]["disabled"] is None


def test_the_categories_are_told():
    """Each category comes with all that is known about it."""
    told = errnorm.categories()

    assert told == tuple(errnorm.Category)
    assert [word for word in told if not (word.line and word.rpc and word.not_to_be_confused_with)] == []


def test_an_entry_of_a_package_is_not_counted_as_ours(install: Install):
    """`errnorm vendors` counts for a builtin vendor what errnorm itself brings."""
    pytest.importorskip("click", reason="the command comes with errnorm[cli]")
    from errnorm.cli import _vendor_row

    before = _vendor_row(errnorm.vendors()[0])["codes"]
    entries = {"vendor": "cisco-finesse", "entries": [{"table": "cf", "code": "9999", "title": "Ours"}]}
    install("notes", CATALOG, catalog=entries, catalogs="notes = {}:CATALOG")

    assert errnorm.catalog().get("cisco-finesse:cf/9999")
    assert _vendor_row(errnorm.vendors()[0])["codes"] == before


def test_the_list_of_vendors_says_each_fault_once(install: Install, tmp_path: Path):
    """What `errnorm vendors` lists as left out does not stand in a line of the log as well."""
    pytest.importorskip("click", reason="the command comes with errnorm[cli]")
    install("broken", "ACME = 7", vendors="acme-desk = {}:ACME")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "-m", "errnorm", "vendors"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.count("It is of type int.") == 1
    assert done.stderr == ""
