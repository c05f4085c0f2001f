r"""Ids that stand by themselves, as all of a text: cut out, so that bodies are compared without them.

    {"code": 1011, "sessionId": "k3Zb-9_xQ"}        <ErrorData>jsmith</ErrorData>
    {"code": 1011, "sessionId": "0ea0c77df79e"}     <ErrorData>4711</ErrorData>

Whether an id is a word, a number or a token is the vendor's business, and two of them may differ in their
length as well. Its place says that it is one: a name that ends in *id* or *Data*, or the end of a path with a
digit in it. What is called a code is none, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import count, product
from typing import Final, NamedTuple

__all__ = ["MARK", "Between", "Cut", "is_url_id", "parts_of_url", "probes", "told_by"]

MARK: Final = b"\x7f"
"""Stands where an id was. JSON holds it in a string as it is, and nobody writes it."""

# `"sessionId": "…"`, also as JSON in a string, `\"id\":\"…\"`; `<requestId>…<`, `<ErrorData>…<`.
_ONE: Final = rb"[A-Za-z0-9][\w.@-]{0,63}+"
_VALUE: Final = rb'(?:\\?"\s{0,4}:\s{0,4}\\?"|>)(' + _ONE + rb')(?=\\?"|<)'
# The end of a path: `"channel": "/chat/session-0017"`, `<source>/finesse/api/Dialog/3211<`.
_HAS_DIGIT: Final = rb"(?=[\w.@-]{0,63}[0-9])"
_PATH_END: Final = rb"/(?<=\w/)" + _HAS_DIGIT + rb"(" + _ONE + rb')(?=\\?"|<)'
_ONE_ALONE: Final = re.compile(_ONE).match
_ONE_WITH_DIGIT: Final = re.compile(_HAS_DIGIT + _ONE).match
# Each has a beginning of its own, which is searched for in a sixth of the time that all at once take.
_IDS: Final = tuple(
    (start, re.compile(pattern))
    for start, pattern in (
        (b"I", b"I[dD]" + _VALUE),
        (b"id", b"id(?<![A-Za-z]id)" + _VALUE),
        (b"Data", b"Data" + _VALUE),
        (b"/", _PATH_END),
    )
)
# What a body is looked through for, wherever it stands (ApiErrors, session_error, cf-error-details,
# microsoft-azure-application-gateway), what a channel is (chat, cometd), and the numbers that Finesse prints
# in ErrorData as its own codes.
_TELLING: Final = ("rror", "-application-", "chat", "cometd", "20700", "20999")
# `agent1001`, `4711`, and the `1.24.0` of `"Server": "nginx/1.24.0"`.
_NUMBERED: Final = re.compile(rb"(?:(?:[a-z]{3,24}[-_]?)?[0-9]{1,24}(?:\.[0-9]{1,9}){0,4}(?:\n|\Z))++")
# `/finesse/api/User/1001001/Dialogs`; what a url is looked through for has fewer digits (`/v2/`) or is below.
_IN_URL: Final = re.compile(
    r"(?<=/)(?=[\w.@-]{0,63}[0-9]{3})([A-Za-z0-9][\w.@-]{0,63}+)(?=[/?]|\Z)", re.ASCII
)
_TELLING_URL: Final = re.compile("chat|cometd|sso", re.IGNORECASE)
_LETTERS: Final = b"qzjxkvwyQZJXKVWY"
_DIGITS: Final = b"7395182046"


class Cut(NamedTuple):
    r"""A text without its ids.

    Attributes:
        text: the text, a mark in place of each id.
        ids: the ids, in their order.

    Example:
        >>> cut = Cut.of(b'{"code": "1011", "sessionId": "k3Zb-9_xQ"}')
        >>> cut.ids, cut.text.count(MARK), cut.whole
        ((b'k3Zb-9_xQ',), 1, b'{"code": "1011", "sessionId": "k3Zb-9_xQ"}')
    """

    text: bytes
    ids: tuple[bytes, ...] = ()

    @staticmethod
    def of(text: bytes) -> Cut | None:
        """Cut the ids out of a text; None where it has none, or one may be more than an id."""
        spans = [
            found.span(1) for start, pattern in _IDS if start in text for found in pattern.finditer(text)
        ]
        return None if not spans or MARK in text else _cut(text, sorted(spans))

    @property
    def whole(self) -> bytes:
        """The text with its ids."""
        if not self.ids:
            return self.text
        first, *others = self.text.split(MARK)
        return first + b"".join([part for pair in zip(self.ids, others, strict=True) for part in pair])

    @property
    def is_numbered(self) -> bool:
        """True where ids are numbers, or words with one: the next text may well differ in digits alone."""
        return _NUMBERED.fullmatch(b"\n".join(self.ids)) is not None


class Between:
    r"""The texts between the ids of lines alike: a third of the time that it takes to look for ids anew.

    Args:
        masked: such a line, a mark in place of each id, and each digit a 0.

    Example:
        >>> between = Between(b'{"code":0000,"id":"\x7f"}')
        >>> line = b'{"code":1011,"id":"k3Zb"}'
        >>> between.cut(line, b'{"code":0000,"id":"k0Zb"}') == Cut.of(line)
        True
    """

    __slots__ = ("_first", "_others")

    def __init__(self, masked: bytes) -> None:
        self._first, *others = masked.split(MARK)
        before = (self._first, *others)
        # The end of a path is an id only where it has a digit.
        ids = [_ONE_WITH_DIGIT if text.endswith(b"/") else _ONE_ALONE for text in before]
        self._others = [*zip(ids, others, strict=False)]

    def cut(self, line: bytes, masked: bytes) -> Cut | None:
        """Cut the ids out of a line; None where it is not alike, or one may be more than an id.

        Args:
            line: the line.
            masked: the line, each digit a 0.
        """
        if not masked.startswith(self._first):
            return None
        end, spans = len(self._first), []
        for one, text in self._others:
            found = one(masked, end)
            if found is None or not masked.startswith(text, found.end()):
                return None
            spans.append(found.span())
            end = found.end() + len(text)
        return _cut(line, spans) if end == len(masked) else None


def _cut(text: bytes, spans: Iterable[tuple[int, int]]) -> Cut | None:
    ids, texts, last = [], [], 0
    for start, end in spans:
        texts.append(text[last:start])
        ids.append(text[start:end])
        last = end
    texts.append(text[last:])
    # Of bytes, each `in` makes an exception and throws it away: together they would take four times as long.
    return None if _is_telling(b" ".join(ids).decode("ascii")) else Cut(MARK.join(texts), tuple(ids))


def _is_telling(ids: str) -> bool:
    folded = ids.lower()
    for telling in _TELLING:  # noqa: SIM110 - a generator in `any` takes three times as long
        if telling in folded:
            return True
    return False


def told_by(ids: tuple[bytes, ...]) -> bytes:
    r"""Give what ids may decide all the same: whether each is a number.

    Finesse prints numbers of its CTI server in ErrorData, where agents stand as well.

    Example:
        >>> told_by((b"4711", b"jsmith"))
        b'\x01\x00'
    """
    return bytes(map(bytes.isdigit, ids))


def probes(ids: tuple[bytes, ...], said: bytes) -> Iterator[tuple[bytes, ...]]:
    """Give other ids that show what is not seen by those of a body: the longest, and the shortest there are.

    The long ones look like a long number, beside which JSON is read by another reader, and hold what may not
    stand in a comment. Numbers stay numbers, and what is equal stays equal.

    Args:
        ids: the ids of a body.
        said: a text that none of the others stands in.

    Example:
        >>> [len(one) for one, in probes((b"jsmith",), b"quiet")], [*probes((b"17",), b"7")][1]
        ([64, 1], (b'3',))
    """
    equal = [ids.index(one) for one in ids]
    yield tuple(
        [(b"%d" % (at + 1) * 64)[:64] if ids[at].isdigit() else (b"%de999--" % at * 64)[:64] for at in equal]
    )
    unused: dict[bool, Iterator[bytes]] = {True: _unused(_DIGITS, said), False: _unused(_LETTERS, said)}
    short = {at: next(unused[ids[at].isdigit()]) for at in sorted(set(equal))}
    yield tuple([short[at] for at in equal])


def _unused(characters: bytes, said: bytes) -> Iterator[bytes]:
    for length in count(1):
        for one in product(characters, repeat=length):
            if bytes(one) not in said:
                yield bytes(one)


@lru_cache(4096)
def is_url_id(one: bytes) -> bool:
    """Tell whether an id at the end of a url is one by the rule for urls.

    Example:
        >>> is_url_id(b"1001001"), is_url_id(b"v2"), is_url_id(b"sso123")
        (True, False, False)
    """
    return parts_of_url("/" + one.decode()) == (("/", ""), (one,))


@lru_cache(4096)
def parts_of_url(url: str) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """Give the parts of a url between its ids, and the ids.

    Example:
        >>> parts_of_url("/finesse/api/User/1001001/Dialogs?x=1")
        (('/finesse/api/User/', '/Dialogs?x=1'), (b'1001001',))
    """
    parts = _IN_URL.split(url)
    ids = parts[1::2]
    if any(map(_TELLING_URL.search, ids)):
        return (url,), ()
    return tuple(parts[::2]), tuple([one.encode() for one in ids])
