"""An event loop is held up by errnorm no longer than reading the beginning of a body takes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

for package in ("aiohttp", "httpx", "requests", "hypercorn", "uvicorn"):
    pytest.importorskip(package, reason="the clients and the servers come with the extras and the tools")

from client_doors import httpx_async_client, session_of_aiohttp
from vendor_servers import Vendor

from errnorm.response import attached

HERE = Path(__file__).parent
PEEK = 64 * 1024


def test_nothing_but_reading_a_beginning_is_done_on_the_loop():
    """Over all attacks: no file, socket, process, lock or sleep of errnorm, and 64 KiB at once at most."""
    path = os.pathsep.join([str(HERE), str(HERE.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, HERE / "on_the_loop.py"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, "PYTHONPATH": path},
    )
    told = json.loads(done.stdout) if done.returncode == 0 else {"stderr": done.stderr[-2000:]}

    assert told == {"met": {}, "most": PEEK, "found": 2 * told.get("bodies", 0), "bodies": told.get("bodies")}


async def beaten(call: Any) -> tuple[Any, int]:
    """Give what a call gives, and how often another task came to its turn meanwhile."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    heart = asyncio.create_task(beat())
    try:
        return await call, beats
    finally:
        heart.cancel()


async def over_httpx(url: str) -> Any:
    """Look at a body that stalls."""
    options = {"peek_seconds": 0.2}
    async with (
        httpx_async_client("install", options) as client,
        client.stream("GET", url, timeout=None) as response,
    ):
        return attached(response)


async def over_aiohttp(url: str) -> Any:
    """Look at a body that stalls."""
    async with session_of_aiohttp({"peek_seconds": 0.2}) as session, session.get(url) as response:
        found = attached(response)
        response.close()
        return found


@pytest.mark.parametrize("call", [over_httpx, over_aiohttp])
@pytest.mark.parametrize("way", ["stalled", "stalled-chunk", "endless"])
def test_other_tasks_go_on_while_a_body_is_waited_for(vendor: Vendor, call: Any, way: str):
    """A look that waits gives the loop away: another task has hundreds of turns until it is over."""
    result, beats = asyncio.run(beaten(call(f"{vendor.raw}/finesse/{way}?400")))

    assert result is not None
    assert beats > 100
