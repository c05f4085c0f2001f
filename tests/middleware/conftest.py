"""The servers, started once for all tests of this folder that ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def servers() -> Iterator[Any]:
    """Give running servers."""
    from vendor_servers import running

    with running() as vendor:
        yield vendor


@pytest.fixture
def vendor(servers: Any) -> Iterator[Any]:
    """Give the servers, with nobody remembered and stalled bodies stalling."""
    servers.callers.clear()
    servers.go.clear()
    yield servers
    servers.go.set()
