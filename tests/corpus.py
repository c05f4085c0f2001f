"""The fixtures of the vendors that come with errnorm."""

from __future__ import annotations

from pathlib import Path

from errnorm.testing import HEALTHS, Fixture, fixtures_in
from errnorm.testing.fixtures import SUFFIX

__all__ = ["FOLDER", "HEALTHS", "SUFFIX", "Case", "cases"]

FOLDER = Path(__file__).parent.parent / "fixtures"
Case = Fixture


def cases(*healths: str) -> list[Case]:
    """Give all fixtures, or those of some healths, sorted by name."""
    return [case for case in fixtures_in(FOLDER) if not healths or case.health in healths]
