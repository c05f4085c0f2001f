"""What all tests share: the hypothesis profiles, and the third net that nobody may touch."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

import errnorm

# Programs of their own, run by a test or by `make fuzz`; the last needs a package that nothing else needs.
collect_ignore = ["attacked.py", "untouched.py", "fuzz.py"]

ROAD = sys.modules[errnorm.Normalizer.__module__]  # the name `errnorm.normalize` is the function's

settings.register_profile(
    "quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(autouse=True)
def _no_third_net(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """A body that reaches the third net has found a bug: the test fails with it."""
    if "touches_third_net" in request.keywords:
        return

    def fail(*args: object) -> None:
        raise args[-1]  # type: ignore[misc]

    monkeypatch.setattr(ROAD, "third_net", fail)
