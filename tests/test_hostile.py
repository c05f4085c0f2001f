"""Bodies made to hurt: each gets its answer, keeps its bytes, opens nothing, and costs no more than its size."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import ATTACKS, FULL, Hostile

import errnorm
from errnorm.reading.json import read_json
from errnorm.reading.xml import read_xml, to_value

HANG = 240
"""Seconds after which something hangs. All bodies together take about five; this is no measure of speed."""

zstd = pytest.mark.skipif(
    not __import__("importlib.util", fromlist=["util"]).find_spec("zstandard"),
    reason="zstd comes with an extra",
)


@pytest.mark.parametrize(
    "attack", [pytest.param(one, marks=[zstd] if "zstd" in one.name else []) for one in ATTACKS], ids=lambda one: one.name
)  # fmt: skip
def test_an_attack_gets_its_answer(attack: Hostile):
    """Whatever it is made of, an attack gives a result that can be written, and keeps its bytes."""
    body = attack.make(20_000)
    result = errnorm.normalize(body, **attack.given)

    assert result.raw.data == body
    assert all(errnorm.from_dict(json.loads(json.dumps(record.to_dict()))) == record for record in result)


def test_a_flood_of_headers_ends():
    """A hundred thousand headers of one name are joined once, not one by one: that would take a minute."""
    flood = [("Content-Type", "text/xml"), *[("content-type", "x")] * 100_000, ("Retry-After", "5")]
    record = errnorm.normalize(b"<ApiErrors/>", status=503, headers=flood).first

    assert (record.vendor, record.retry.delay) == ("cisco-finesse", 5.0)


def foreign(place: Path, port: int) -> list[str]:
    """Give XML that asks for a pipe, which would block whoever opens it, and for a server of ours."""
    asked = []
    for address in (
        f"file://{place}",
        str(place),
        f"http://127.0.0.1:{port}/x.dtd",
        f"ftp://127.0.0.1:{port}/x",
    ):
        asked += [
            f'<!DOCTYPE a SYSTEM "{address}"><ApiErrors><ApiError><ErrorType>x</ErrorType></ApiError></ApiErrors>',
            f'<!DOCTYPE a PUBLIC "-//X//Y" "{address}"><a>&x;</a>',
            f'<!DOCTYPE a [<!ENTITY x SYSTEM "{address}">]><ApiErrors><ApiError><ErrorType>&x;</ErrorType></ApiError></ApiErrors>',
            f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{address}"> %p;]><a/>',
            f'<!DOCTYPE a [<!NOTATION n SYSTEM "{address}"><!ENTITY e SYSTEM "{address}" NDATA n>]><a b="e"/>',
            f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{address}" parse="text"/></a>',
            f'<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="{address}"/>',
            f'<?xml-stylesheet href="{address}" type="text/xsl"?><a/>',
            f'<html><base href="{address}"><link rel="stylesheet" href="{address}"><img src="{address}"></html>',
            f'{{"$schema": "{address}", "$ref": "{address}", "type": "{address}", "title": "x"}}',
        ]  # fmt: skip
    return asked


@zstd
def test_nothing_is_opened_and_nothing_hangs(tmp_path: Path):
    """No file, no socket, no process: over every fixture and every attack of 1 MiB, in bounded memory.

    Python tells the audit hook what it opens. libxml2 opens without Python: the pipe would block it for
    ever, and the server would see it come.
    """
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        done = subprocess.run(
            [sys.executable, str(Path(__file__).parent / "untouched.py")],
            input=json.dumps(foreign(pipe, server.getsockname()[1])),
            capture_output=True,
            text=True,
            timeout=HANG,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        with pytest.raises(BlockingIOError):
            server.accept()

    assert json.loads(done.stdout) == {}


def problems_of(body: bytes, **given: object) -> list[str]:
    """Name the problems of a body."""
    return [str(problem.code) for problem in errnorm.normalize(body, **given).problems]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        "XML: attributes of one element",
        "XML: attributes, broken",
        "XML: entity bomb",
        "XML: siblings",
        "XML: small CDATA",
        "XML: crossed tags",
        "JSON: empty objects",
        "JSON: nested lists, open",
        "JSON: keys of one object, lenient",
    ],
)
def test_what_is_beyond_a_bound_is_named(name: str):
    """What is not read for being too much is a problem, never a silence."""
    attack = next(one for one in ATTACKS if one.name == name)

    assert {"too-many-members", "too-deep"} & set(problems_of(attack.make(FULL)))


@pytest.mark.parametrize(("count", "kept", "named"), [(200, 200, False), (201, 200, True)])
@pytest.mark.parametrize("end", ["/>", ">"])
def test_attributes_are_bounded(count: int, kept: int, named: bool, end: str):  # noqa: FBT001
    """200 attributes of an element are read; of one more the rest is named, well-formed or not."""
    text = "<a " + " ".join(f"b{n}='{n}'" for n in range(count)) + end
    document = read_xml(text.encode(), text)

    assert document is not None
    assert len(to_value(document.roots[0])) == kept
    assert ("too-many-members" in [problem.code for problem in document.problems]) is named


@pytest.mark.parametrize(("count", "named"), [(200, False), (201, True)])
def test_attributes_are_told_from_equals_signs(count: int, named: bool):  # noqa: FBT001
    """Equals signs in a text are no attributes: only an element with more than 200 of them is cut."""
    attributes = " ".join(f"c{n}=''" for n in range(count))
    text = f"<a><b {attributes}/>{'=' * 500}</a>"
    document = read_xml(text.encode(), text)

    assert document is not None
    assert ("too-many-members" in [problem.code for problem in document.problems]) is named


@pytest.mark.parametrize(("levels", "named"), [(100, False), (101, True)])
def test_levels_are_bounded(levels: int, named: bool):  # noqa: FBT001
    """A hundred levels are read of well-formed XML; what is nested deeper is named."""
    text = f"{'<a>' * levels}{'<b></b>' * 60}{'</a>' * levels}"
    document = read_xml(text.encode(), text, max_depth=101)

    assert document is not None
    assert ("too-deep" in [problem.code for problem in document.problems]) is named


@pytest.mark.parametrize(("count", "named"), [(4_999, False), (5_001, True)])
def test_marks_of_broken_xml_are_bounded(count: int, named: bool):  # noqa: FBT001
    """10,000 marks are read of what is no XML; the rest stands in the body and is named."""
    text = f"<b>{'<a></a>' * count}"
    document = read_xml(text.encode(), text)

    assert document is not None
    assert len(document.roots[0]) == min(count, 5_000)
    assert ("too-many-members" in [problem.code for problem in document.problems]) is named


@pytest.mark.parametrize(("count", "named"), [(24_999, False), (25_000, True)])
def test_tags_of_good_xml_are_bounded(count: int, named: bool):  # noqa: FBT001
    """50,000 tags are read of well-formed XML; of more only what the repairing reader reads."""
    text = f"<b>{'<a></a>' * count}</b>"
    document = read_xml(text.encode(), text)

    assert document is not None
    assert len(document.roots[0]) == (5_000 if named else count)
    assert ("too-many-members" in [problem.code for problem in document.problems]) is named


@pytest.mark.parametrize(("count", "named"), [(20_000, False), (20_001, True)])
def test_references_of_broken_xml_are_bounded(count: int, named: bool):  # noqa: FBT001
    """20,000 references are looked up; where there are more, the text stays as it was sent."""
    text = f"<a>{'&lt;' * count}"
    document = read_xml(text.encode(), text)

    assert document is not None
    assert to_value(document.roots[0])[:4] == ("&lt;" if named else "<<<<")
    assert ("too-many-members" in [problem.code for problem in document.problems]) is named


@pytest.mark.parametrize(("count", "named"), [(19_998, False), (20_100, True)])
def test_values_of_lenient_json_are_bounded(count: int, named: bool):  # noqa: FBT001
    """20,000 values are read of what is only meant as JSON; the rest is named."""
    text = f"[{'[],' * count}"
    document = read_json(text.encode(), text)

    assert document is not None
    assert len(document.value) == min(count, 20_000)
    assert ("too-many-members" in [problem.code for problem in document.problems]) is named


@pytest.mark.parametrize(("count", "named"), [(9_999, False), (10_000, False), (20_001, True)])
def test_objects_of_good_json_are_bounded(count: int, named: bool):  # noqa: FBT001
    """Of more than 10,000 objects and lists the lenient reader reads what it reads of any."""
    text = f"[{','.join(['{}'] * count)}]"
    document = read_json(text.encode(), text)

    assert document is not None
    assert len(document.value) == min(count, 20_000)
    assert ("too-many-members" in [problem.code for problem in document.problems]) is named
