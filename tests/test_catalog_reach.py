"""Every entry of the catalog is reached by a body: a plain one in its vendor's form, made from the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pytest

import errnorm
from errnorm.catalog import Catalog
from errnorm.record import CatalogEntry

Sample = tuple[Any, dict[str, Any]]
ENTRIES = list(Catalog.builtin().entries())


def rest(**members: str) -> Sample:
    """Give the XML that Finesse answers a REST call with."""
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items())
    return f"<ApiErrors><ApiError>{inner}</ApiError></ApiErrors>".encode(), {}


def notification(**members: str) -> Sample:
    """Give the XML of a Finesse notification of an error."""
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items())
    return (
        f"<Update><data><apiErrors><apiError>{inner}</apiError></apiErrors></data><event>PUT</event><source>/finesse/api/User/1001</source></Update>",
        {},
    )


def key_of(entry: CatalogEntry) -> str:
    """Give the entry's code; of a family a code that falls into it and is no entry."""
    if entry.code.endswith("*"):
        return f"{entry.code[:-1]}NEW"
    low, dash, high = entry.code.partition("-")
    if not (low and dash and high.isdecimal()):
        return entry.code
    known = {other.code for other in ENTRIES if other.vendor == entry.vendor}
    return next(code for code in map(str, range(int(high), int(low), -1)) if code not in known)


def of_type(entry: CatalogEntry) -> Sample:
    """Give a REST error of this type; what only finesse.js says, as finesse.js says it."""
    if entry.code in {"parseError", "Disconnected", "Not connected"}:
        return {"error": {"errorType": entry.code, "errorMessage": "The client says so."}}, {}
    return rest(ErrorData="4711", ErrorType=entry.code)


def of_constant(entry: CatalogEntry) -> Sample:
    """Give a REST error with the number and the constant, as Finesse passes CTI codes on."""
    number = {"ErrorData": entry.code} if entry.name else {}
    return rest(ErrorType="Generic Error", ErrorMessage=entry.name or key_of(entry), **number)


def of_peripheral(entry: CatalogEntry) -> Sample:
    """Give a notification with the code of what stands behind the CTI server."""
    return notification(errorType="Call Operation Failure", peripheralErrorCode=key_of(entry))


NOTICES = {
    "channel-not-ready": "The channel is open, the chat server is not ready",
    "session-restored": "The chat session was restored",
    "session-restoring": "The server stopped responding; the chat session is being restored",
}

SAMPLES: dict[tuple[str, str], Callable[[CatalogEntry], Sample]] = {
    ("cisco-finesse", "type"): of_type,
    ("cisco-finesse", "message"): lambda entry: rest(ErrorMessage=entry.code, ErrorData="4711"),
    ("cisco-finesse", "cf"): of_constant,
    ("cisco-finesse", "e-cti"): of_constant,
    ("cisco-finesse", "arm"): of_constant,
    ("cisco-finesse", "ccx"): of_peripheral,
    ("cisco-finesse", "peripheral"): of_peripheral,
    ("cisco-finesse", "sibling"): lambda entry: (
        f"<apiErrors><apiError><errorType>{entry.code}</errorType></apiError></apiErrors>".encode(),
        {},
    ),
    ("cisco-finesse", "status"): lambda entry: (rest(ErrorMessage="no code")[0], {"status": int(entry.code)}),
    ("genesys-chat", "code"): lambda entry: (
        {"type": "EventError", "error": {"code": int(key_of(entry)), "description": "?"}},
        {},
    ),
    ("genesys-chat", "notice"): lambda entry: (
        {"type": "EventError", "error": {"description": NOTICES[entry.code]}},
        {},
    ),
    ("genesys-gwe", "status"): lambda entry: (b"", {"status": int(entry.code), "vendor": "genesys-gwe"}),
    ("unknown", "page"): lambda _: (b"<html><form><input type='password'></form></html>", {"status": 200}),
    ("unknown", "status"): lambda entry: (b"", {"status": int(key_of(entry))}),
    ("zoom-cobrowse", "code"): lambda entry: (
        {"event": "session_error", "payload": {"code": int(entry.code)}},
        {},
    ),
}  # fmt: skip - one table a line


# A success is no error, and the body of a sibling product is not Finesse's: these entries are there for
# `errnorm explain` alone.
EXPLAINED_ALONE = {"genesys-gwe:status/200", "genesys-gwe:status/204"} | {
    entry.id for entry in ENTRIES if entry.table == "sibling"
}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_entry_is_reached_by_a_body(entry: CatalogEntry):
    """The plain body of an entry gives a record with that entry; what is only explained gives none."""
    body, given = SAMPLES[entry.vendor, entry.table](entry)
    record = errnorm.normalize(body, **given).first

    assert (record and record.entry and record.entry.id) == (
        None if entry.id in EXPLAINED_ALONE else entry.id
    )


@pytest.mark.parametrize(
    ("entry", "number"),
    [
        (entry, number)
        for entry in ENTRIES
        if entry.has_causes_by_text
        for number in range(1, len(entry.messages) + 1)
    ],
    ids=str,
)
def test_numbered_text_is_reached_by_a_body(entry: CatalogEntry, number: int):
    """Each of several texts of a code gives a record with that text's judgement."""
    text = entry.messages[number - 1].text
    body = {"event": "session_error", "payload": {"code": int(entry.code), "errorMsg": text}}
    record = errnorm.normalize(body).first

    assert record
    assert record.entry == Catalog.builtin().get(f"{entry.id}#{number}")
    assert record.match == "message"


@pytest.mark.parametrize(
    ("entry", "alias"),
    [
        (entry, alias)
        for entry in ENTRIES
        if entry.table in {"type", "cf", "e-cti", "arm"}
        for alias in entry.aliases
    ],
    ids=str,
)
def test_other_spelling_is_reached_by_a_body(entry: CatalogEntry, alias: str):
    """A type or constant of Finesse in its other spelling gives the same entry."""
    body, _ = (
        rest(ErrorType=alias)
        if entry.table == "type"
        else rest(ErrorType="Generic Error", ErrorMessage=alias)
    )
    record = errnorm.normalize(body).first

    assert record
    assert record.entry == entry


@pytest.mark.parametrize("table", ["cf", "e-cti", "arm"])
def test_a_constant_alone_reaches_its_entry(table: str):
    """A constant needs no number beside it."""
    entries = [entry for entry in ENTRIES if entry.table == table and entry.name]
    wrong = []
    for entry in entries:
        record = errnorm.normalize(rest(ErrorType="Generic Error", ErrorMessage=str(entry.name))[0]).first
        wrong += [entry.id] if record is None or record.entry != entry else []

    assert wrong == []
