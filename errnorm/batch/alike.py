r"""Lines of a log that differ in digits alone: a payload is cut out where it stood in the first of them.

    2026-11-21T10:15:30.123Z ERROR [exec-7] c.e.Gateway - status=400 body={"code":1011,"errorMsg":"Ended"}
    2026-11-21T10:15:31.456Z ERROR [exec-9] c.e.Gateway - status=400 body={"code":1016,"errorMsg":"Ended"}

Where a payload begins and ends is told by braces, tags, quotes and names. Digits mean something there only
behind `\` and `&` (`\u003c`, `&#34;`), and in a time only where it is written in seconds since 1970. Lines
with these are looked at by themselves, and so are all where a name that is looked for has a digit, and those
of which the next lines may tell how far a payload goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from errnorm.batch.outline import MASK
from errnorm.batch.times import is_dated

__all__ = ["LONGEST_HEAD", "LONGEST_LINE", "Alike", "Places"]

LONGEST_LINE: Final = 2048
LONGEST_HEAD: Final = 1000
"""How much of a line before a payload is looked through for a time."""

# The first quote behind it tells how an object is written, be that quote in the next line.
_OPENS: Final = re.compile(rb"\{|\[\s*+[{\"']")
_OBJECTS: Final = (b"{", b"[", b"<")
_MOST_LINES: Final = 1024
_DIGIT: Final = re.compile(r"[0-9]")


class Places(NamedTuple):
    """Where things stand in a line.

    Attributes:
        anchor: where the anchor begins that the payload was found by.
        start, end: where the payload begins, and where it ends.
        time: where the last time before it stands.
    """

    anchor: int
    start: int
    end: int
    time: slice


class Alike:
    """Remembers where payloads stand in lines, each of its own and with another one behind it.

    Args:
        texts: all texts that anchors and names are compared with.

    Example:
        >>> lines = Alike(["code"])
        >>> line = b'2026-11-21 10:15:30 x {"code":1011}'
        >>> lines.learn(line, 23, slice(22, 35), "2026-11-21 10:15:30")
        >>> lines.at(b'2026-11-21 10:15:42 x {"code":1016}', 23).time
        slice(0, 19, None)
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._can_be = not any(map(_DIGIT.search, texts))
        self._known: dict[bytes, Places] = {}

    def at(self, line: bytes, anchor: int) -> Places | None:
        """Give the places in a line alike; None where none is known with this anchor.

        Args:
            line: the line, without its end.
            anchor: where an anchor begins in it.
        """
        found = self._known.get(line.translate(MASK))
        return found if found and found.anchor == anchor else None

    def learn(self, line: bytes, anchor: int, payload: slice, time: str | None) -> None:
        """Learn where a payload stands that is whole, and as it stands in its line.

        Args:
            line: as of `at`.
            anchor: as of `at`.
            payload: where it stands.
            time: the last time before it.
        """
        head, own, rest = line[: payload.start], line[payload], line[payload.stop :]
        written = (time or "").encode()
        # A word alone may stand in an object that a line before has opened.
        has_quote = (b'"' in own and own[:1] in _OBJECTS) or (own[:1] == b"<" and not _OPENS.search(head))
        # What follows at once may be the twin of a root, which ends some lines below: </content><object>
        is_plain = b"\\" not in line and b"&" not in line and not rest.lstrip().startswith(b"<")
        # Of a text that stands there twice, it cannot be known which one it was.
        is_sure = len(head) <= LONGEST_HEAD and head.count(written) == 1
        if not (self._can_be and has_quote and is_plain and is_sure and time and is_dated(time)):
            return
        if len(self._known) >= _MOST_LINES:
            self._known.clear()
        place = slice(head.find(written), head.find(written) + len(written))
        self._known[line.translate(MASK)] = Places(anchor, payload.start, payload.stop, place)
