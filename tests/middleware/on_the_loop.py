"""What errnorm does in the thread of an event loop: run by `test_loop.py` in a process of its own.

An audit hook cannot be taken away again. It notes each event of the process that has errnorm in its stack,
and `normalize` notes how many bytes it is given at once. Prints both as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from client_doors import httpx_async_client, session_of_aiohttp
from hostile import ATTACKS
from vendor_server import Raw, serving

from errnorm.middleware._guard import Watch
from errnorm.normalizer import Normalizer
from errnorm.response import attached

HARMLESS = {"builtins.id", "object.__getattr__", "object.__setattr__", "sys._getframe"}
HARMLESS.add("array.__new__")  # a cache remembers in an array which bodies it has met
SMALL, FULL = 4096, 256 * 1024


def places() -> Iterator[str]:
    """Go up the stack, and give the file of each call."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame.f_code.co_filename.replace("\\", "/")
        frame = frame.f_back


def is_ours() -> bool:
    """Tell whether errnorm asked for what happens, or a client that it has called."""
    asked = next((place for place in places() if "/errnorm/" in place or "/site-packages/" in place), "")
    return "/errnorm/" in asked


def raw(body: bytes) -> Raw:
    """Give a body as an error."""
    return Raw(b"HTTP/1.1 400 Said\r\nContent-Length: %d\r\n\r\n" % len(body), body)


async def ask(url: str, count: int) -> int:
    """Meet every body through both clients, streamed and read; give how many had a result."""
    options = {"normalizer": Normalizer(cache_size=0)}
    found = 0
    async with httpx_async_client("transport", options) as client, session_of_aiohttp(options) as session:
        for _ in range(count):
            async with client.stream("GET", url) as response:
                found += attached(response) is not None
            async with session.get(url) as other:
                found += attached(other) is not None
                await other.read()
    return found


def main() -> None:
    """Warm up, set the hook, and meet every attack."""
    attacks = [attack for attack in ATTACKS if not attack.name.startswith("packed: z")]
    small, bodies = ([raw(attack.make(size)) for attack in attacks] for size in (SMALL, FULL))
    loops: set[int] = set()
    met: dict[str, str] = {}
    given: list[int] = []

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in HARMLESS or threading.get_ident() not in loops:
            return
        if is_ours():
            met.setdefault(event, repr(args)[:200])

    take = Watch.result

    def noted(self: Watch, body: bytes, *more: Any) -> Any:
        given.append(len(body[: self.peek_bytes]))
        return take(self, body, *more)

    Watch.result = noted  # type: ignore[method-assign]
    with serving(*(each for each in small for _ in range(2))) as vendor:
        asyncio.run(ask(vendor.url, len(small)))  # what is imported and made at the first use
    sys.addaudithook(hook)
    loops.add(threading.get_ident())
    with serving(*(each for each in bodies for _ in range(2))) as vendor:
        found = asyncio.run(ask(vendor.url, len(bodies)))
    sys.stdout.write(json.dumps({"met": met, "most": max(given), "found": found, "bodies": len(bodies)}))


if __name__ == "__main__":
    main()
