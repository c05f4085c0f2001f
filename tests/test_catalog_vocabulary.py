"""The catalog against the public vocabulary: every row is in, as it is printed, and nothing is invented.

`vocabulary.json` lists what the vendors' pages print: table, code, names, deployment, HTTP status, texts. It
was written from those pages and not from the catalog, so that a slip in the catalog is seen here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

import errnorm
from errnorm.catalog import Catalog
from errnorm.record import CatalogEntry

Row = dict[str, Any]
Key = tuple[str, str, str, str | None]
ROWS: list[Row] = json.loads((Path(__file__).parent / "vocabulary.json").read_text("utf-8"))
CATALOG = Catalog.builtin()
FINESSE = [row for row in ROWS if row["vendor"] == "cisco-finesse"]

# What has no row of a public list: families that the beginning of a name makes, and labels of ours.
WITHOUT_A_ROW = {
    *(f"cisco-finesse:{place}" for place in ("arm/E_ARM_STAT_*", "ccx/CCX_*", "cf/CF_*", "e-cti/E_CTI_*")),
    "cisco-finesse:peripheral/PERERR_*",
    *(
        f"genesys-chat:notice/{name}"
        for name in ("channel-not-ready", "session-restored", "session-restoring")
    ),
}


def key_of(entry: CatalogEntry) -> Key:
    """Give what makes an entry one row of a list."""
    return entry.vendor, entry.table, entry.code, entry.deployment


def key_in(row: Row) -> Key:
    """Give the same of a row."""
    return row["vendor"], row["table"], row["code"], row.get("deployment")


ENTRIES = {key_of(entry): entry for entry in CATALOG.entries() if entry.vendor != "unknown"}
by_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: "/".join(map(str, key_in(row))))
by_finesse_row = pytest.mark.parametrize("row", FINESSE, ids=lambda row: "/".join(map(str, key_in(row))))


def test_the_catalog_has_every_row_and_no_other():
    """No row is missing, moved, renumbered or of another deployment, and no number or constant is ours."""
    assert {key_in(row) for row in ROWS} ^ ENTRIES.keys() == {
        key for key, entry in ENTRIES.items() if entry.id in WITHOUT_A_ROW
    }
    assert {entry.id for entry in ENTRIES.values()} >= WITHOUT_A_ROW


@by_row
def test_an_entry_has_the_printed_names(row: Row):
    """Name and aliases are those that are printed: none is missing, none is made up."""
    entry = ENTRIES[key_in(row)]

    assert {text for text in (entry.name, *entry.aliases) if text} == set(row.get("names", ()))


@by_finesse_row
def test_an_entry_has_the_printed_statuses(row: Row):
    """The HTTP statuses of an entry are those that are printed with it."""
    assert sorted(ENTRIES[key_in(row)].status) == row.get("status", [])


@by_finesse_row
def test_an_entry_has_the_printed_texts(row: Row):
    """The texts of an entry are those that are printed with it."""
    assert [message.text for message in ENTRIES[key_in(row)].messages] == row.get("texts", [])


@by_row
def test_a_row_is_explained(row: Row):
    """`explain` answers for the place, the code, each name and each text of a row."""
    entry = ENTRIES[key_in(row)]
    code = {"1-49": "25", "50-99": "77", "100-149": "149", "150-199": "177", "200-249": "225"}.get(
        row["code"], row["code"].replace("*", "NEW")
    )
    questions = [f"{row['vendor']}:{row['table']}/{code}", f"{row['vendor']}:{code}"]
    questions += [*row.get("names", ()), *row.get("texts", ())]

    assert [asked for asked in questions if entry not in CATALOG.explain(asked)] == []


# As the pages print them, where that is more than a constant.
PRINTED = [
    ("INVALID_ACTION TRANSFER on extension 24011", "message/INVALID_ACTION"),
    ("INVALID_DIALOG_ID: 16777230", "message/INVALID_DIALOG_ID"),
    ("Partially succeeded", "status/207"),
    ("Could not serialize XML: not well-formed", "type/parseError"),
    (
        "HTTP Status code: 400 (Bad Request) Api Error Type: Database constraint violation Error Message: A workflow with the same name already exists",
        "type/Database constraint violation",
    ),
    (
        "HTTP Status code: 404 (Not Found) Api Error Type: finesse.api.team.team_assignment_ invalid_team Error Message: This is not a valid team",
        "type/finesse.api.team.team_assignment_invalid_team",
    ),
    ("E_ ARM_STAT_CANT_LOGIN_TO_VOICE_MRD", "arm/11"),
    ("CF_INVALID_CSTA_CALL_ IDENTIFIER", "cf/11"),
    ("20700", "type/20700"),
    ("4047", "message/INVALID_ACTION"),
    ("6030", "message/INVALID_DIALOG_ID"),
    ("574", "message/574"),
]


@pytest.mark.parametrize(("text", "place"), PRINTED)
def test_a_printed_text_is_explained(text: str, place: str):
    """What a page prints around a constant or type does not hide it."""
    assert [entry.id for entry in CATALOG.explain(text)] == [f"cisco-finesse:{place}"]


def body_of(**members: str) -> bytes:
    """Give the REST body with these members."""
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items())
    return f"<ApiErrors><ApiError>{inner}</ApiError></ApiErrors>".encode()


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"ErrorMessage": text, "ErrorType": "Generic Error"}, place)
        for text, place in PRINTED
        if " " in text and not text.startswith(("Partially", "Could"))
    ],
    ids=str,
)
def test_a_printed_text_is_judged_in_a_body(members: dict[str, str], place: str):
    """What comes on the wire in ErrorMessage leads there to the same entry."""
    record = errnorm.normalize(body_of(**members), status=400).first

    assert record
    assert record.entry
    assert record.entry.id == f"cisco-finesse:{place}"


@pytest.mark.parametrize(
    "row", [row for row in FINESSE if row["table"] == "sibling"], ids=lambda row: row["code"]
)
def test_the_types_of_siblings_claim_no_body(row: Row):
    """A word of PCCE or SocialMiner is explained, and a body with it is not called Finesse's."""
    body = f"<apiErrors><apiError><errorType>{row['code']}</errorType></apiError></apiErrors>".encode()

    assert errnorm.detect(body).vendor != "cisco-finesse"
    assert CATALOG.judge("cisco-finesse", [("type", row["code"])], None, None)["entry"] in {
        None,
        CATALOG.get("cisco-finesse:type/Not Found"),  # `notFound` folds to it
    }
