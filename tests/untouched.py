"""Read every fixture, every attack and every XML that asks for a file, while each event of the process counts.

Run by `test_hostile.py` in a process of its own: an audit hook cannot be taken away again. Prints the audit
events that were met; a body that the third net would have to catch ends the process.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import resource
import sys
from typing import Any

from corpus import cases
from hostile import ATTACKS, FULL

import errnorm
import errnorm.normalizer
from errnorm.redaction import CONTACT_CENTER

ROOM = 400 << 20  # what reading may take beside what the process holds already
# What Python tells of itself, and what asks nothing of the world outside.
HARMLESS = {"builtins.id", "object.__getattr__", "object.__setattr__", "sys._getframe", "gc.get_objects"}
HARMLESS.add("array.__new__")  # a cache remembers in an array which bodies it has met


def fail(*args: Any) -> Any:
    """Let nothing be caught by the third net."""
    raise args[-1]


def read(body: Any, given: Any) -> None:
    """Read a body as the library, its records and the redaction do."""
    result = errnorm.Normalizer(cache_size=0).normalize(body, **given)
    assert not isinstance(body, bytes) or result.raw.data == body
    str(result), result.is_error, [record.fingerprint for record in result[:3]]


def main() -> None:
    """Warm up on everything small, set the hook, and read everything again at its full size."""
    for module in pkgutil.walk_packages(errnorm.__path__, "errnorm."):
        if not module.name.startswith(("errnorm.cli", "errnorm.cards", "errnorm.__main__")):
            importlib.import_module(module.name)
    errnorm.normalizer.third_net = fail
    foreign = [(text.encode(), {}) for text in json.load(sys.stdin)]
    fixtures = [(case.body, case.given) for case in cases()]
    small = [(attack.make(4096), attack.given) for attack in ATTACKS]
    full = [(attack.make(FULL), attack.given) for attack in ATTACKS]
    for body, given in (*fixtures, *small):
        read(body, given)
    errnorm.normalize("x", status=500).redacted(CONTACT_CENTER.using("hash", key=b"k"))
    met: dict[str, str] = {}

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in HARMLESS:
            met.setdefault(event, repr(args)[:200])

    pages = int(open("/proc/self/statm").read().split()[0])  # noqa: PTH123, SIM115 - before the hook is set
    held = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + ROOM, resource.RLIM_INFINITY))
    sys.addaudithook(hook)
    for body, given in (*fixtures, *foreign, *full):
        read(body, given)
    for body, given in (*fixtures, *full):
        errnorm.normalize(body, **given).redacted(CONTACT_CENTER)
    sys.stdout.write(json.dumps(met))


if __name__ == "__main__":
    main()
