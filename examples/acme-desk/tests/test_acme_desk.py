"""Acme Desk keeps every promise of errnorm."""

from importlib.resources import files
from pathlib import Path

from acme_desk_errnorm import ACME_DESK

from errnorm.testing import check_vendor

FIXTURES = Path(__file__).parent.parent / "fixtures"


def test_the_vendor_keeps_every_promise() -> None:
    """Each fixture is read as its case says: whole, cut at every byte, shuffled and broken."""
    check_vendor(ACME_DESK, FIXTURES, catalog=str(files("acme_desk_errnorm") / "catalog.json"))
