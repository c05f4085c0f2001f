"""What curl tells beside a message, taken off, so that what `curl -i` prints is left.

    agent1001@desk:~$ curl -v https://finesse.example.com/finesse/api/User/1001
    * Connected to finesse.example.com (192.0.2.1) port 443 (#0)
    > GET /finesse/api/User/1001 HTTP/1.1
    < HTTP/1.1 503 Service Unavailable
    < Content-Type: application/xml
    <
    { [474 bytes data]
    <ApiErrors>…</ApiErrors>* Connection #0 to host finesse.example.com left intact

Blanks take its place, byte for byte, so that every line and offset stays what it is. A body ends without a
line break, and what curl or the shell says next stands right behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["Quiet", "is_talk", "quiet"]

_MOST_BYTES: Final = 1 << 20  # of a line that is looked at
# Rows of the progress meter are written over each other: `\r100   474  100   474    0     0  78496 …`.
_TALK: Final = re.compile(
    rb"""
    ^<\ (?P<kept>(?:HTTP/\d|[\w-]{1,100}:)[^\r\n]*)
    |^[<>]\ ?(?=\r?$)
    |^>\ (?:[A-Z]{1,20}\ \S{1,8192}\ HTTP/[\d.]{1,3}|[\w-]{1,100}:[^\r\n]*)(?=\r?$)
    |^[{}]\ \[\d{1,12}\ bytes\ data\](?=\r?$)
    |^\*\ [^\r\n]*
    |\*\ (?:Found\ bundle\ for|\ \ Trying\ |Connection\ \#|Closing\ connection|Re-using\ |Host\ )[^\r\n]*
    |(?:^|(?<=[}\]>]))\ \ %\ Total\ {1,9}%\ Received[^\r\n]*
    |^\ {1,40}Dload\ {1,9}Upload[^\r\n]*
    |\r[ \d.kMGT:-]{60,100}+(?:[*>{}]\ [^\r\n]*)?
    |(?:^|(?<=[}\]>]))(?:[\w.@:~/\\ ()\[\]-]{0,100}+[$\#%>]\ ?)?curl(?:\.exe)?\ [^\r\n]*
     (?:(?<=[\\^`])\r?\n[^\r\n]*){0,99}
    """,
    re.VERBOSE | re.MULTILINE,
)
_NOT_BREAK: Final = re.compile(rb"[^\n]")


def is_talk(head: bytes) -> bool:
    """Tell whether a text begins with what curl, or a shell that was told to run it, says.

    Example:
        >>> is_talk(b"$ curl -i https://finesse.example.com/"), is_talk(b"HTTP/1.1 503 Service Unavailable")
        (True, False)
    """
    return _TALK.match(head.lstrip(b"\n")) is not None


def quiet(data: bytes) -> bytes:
    r"""Give whole lines with blanks in place of what curl says.

    Example:
        >>> quiet(b"< HTTP/1.1 503 Oops\r\n< \r\n{}* Connection #0 to host gw left intact\n")
        b'HTTP/1.1 503 Oops  \r\n  \r\n{}                                       \n'
    """
    return _TALK.sub(_blanks, data)


def _blanks(found: re.Match[bytes]) -> bytes:
    # A header moves to the beginning of its line; line breaks between the lines of a command stay.
    kept = found["kept"] or b""
    return kept + _NOT_BREAK.sub(b" ", found[0][len(kept) :])


class Quiet:
    """A file without what curl says in it.

    Args:
        read: reads so many bytes of the file.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._rest = b""

    def read(self, count: int = -1) -> bytes:
        """Give about so many bytes, in whole lines; none at the end."""
        while part := self._read(count):
            data = self._rest + part
            end = data.rfind(b"\n") + 1 or (len(data) if len(data) > _MOST_BYTES else 0)
            self._rest = data[end:]
            if end:
                return quiet(data[:end])
        data, self._rest = self._rest, b""
        return quiet(data)
