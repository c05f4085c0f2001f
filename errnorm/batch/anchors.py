r"""Where a payload may begin in a log: the vendors' clues as texts, all of them looked for at once.

An anchor is a text to find; it proves nothing, and the vendor's `score` decides over what was cut out.

| clue | looked for as |
|---|---|
| `ROOT` | the name behind `<`, `&lt;` or `\u003c`; not a lower-case word: anybody's XML has `data` |
| `KEY` | the name behind a quote: `"code`, `'code`, `&quot;code` |
| `EVENT`, `MARK` | the text itself |
| `FRAME` | its words before the first hole; it alone names its vendor |

Between the vendors stand servers and proxies: their HTML pages are looked for by `<html`, where one asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from attrs import frozen

from errnorm.batch.alike import Alike
from errnorm.installed import installed
from errnorm.vendor import ClueKind, Vendor

__all__ = ["PAGE", "Anchors", "Frame", "plain_search"]

Buffer = bytes | bytearray | memoryview
Search = Callable[[Buffer], list[tuple[int, int]]]

# Measured over 268 MB of a server log with one payload in 500 lines, 42 texts, GB/s on one core:
# ahocorasick-rs 6.4 (4.5 with 19 texts), Hyperscan 2.5, `grep -c -F` from a pipe 0.6, `bytes.count` of each
# text 0.05, `re` 0.04. Its SIMD search (Teddy) takes at most 64 texts and only leftmost matching; beyond
# that, or with its default of matching, it falls back to a table: 0.3.
_MOST_TEXTS = 64
PAGE = b"<html"
"""Where an HTML page may begin; few write it in capitals, and one text more makes the search slower."""

_WORD = re.compile(r"[a-z]++")
_HOLE = re.compile(r"\{(status|url|body)\}")
_HOLES = {"status": rb"(?P<status>\d{1,5})", "url": rb"(?P<url>[^'\"\s]{0,500})", "body": rb"(?P<body>)"}


@frozen
class Frame:
    """A line that a vendor's own client or server writes around a body.

    Attributes:
        vendor: the vendor's name.
        pattern: the words, with groups `status`, `url` and `body` (where the body begins).
        closer: what stands behind the body.
    """

    vendor: str
    pattern: re.Pattern[bytes]
    closer: bytes

    @classmethod
    def of(cls, vendor: str, text: str) -> Frame:
        r"""Read a frame as a clue writes it.

        Example:
            >>> frame = Frame.of("cisco-finesse", "Returned with status={status}, content='{body}'")
            >>> frame.pattern.match(b"Returned with status=401, content='<ApiErrors>")["status"]
            b'401'
        """
        head, _, closer = text.partition("{body}")
        pieces = _HOLE.split(head)
        words = [re.escape(piece.encode()) for piece in pieces[::2]]
        holes = [_HOLES[name] for name in pieces[1::2]]
        pattern = b"".join(word + hole for word, hole in zip(words, [*holes, _HOLES["body"]], strict=True))
        return cls(vendor, re.compile(pattern), closer.encode())


class Anchors:
    """What to look for in a log, compiled from the vendors' clues.

    Args:
        vendors: the vendors.

    Attributes:
        texts: the texts to find, as bytes.
        frames: the frames, by the text that they begin with.
        roots: the names of the roots that may stand around an anchor's own, by each name: the vendor's.
        keys: the keys of a vendor, by each of its names: a text under one of them is a part of the object.
        key_names: the keys of all vendors.
        alike: what is known of lines that differ in digits alone.

    Example:
        >>> anchors = Anchors.usual()
        >>> anchors.find(b'12:00:00 body={"code":1011} 12:00:01 <ApiErrors/>')
        [(15, 20), (37, 46)]
    """

    def __init__(self, vendors: Sequence[Vendor]) -> None:
        self._outer: dict[bytes, re.Pattern[bytes]] = {}
        self.roots = _names_of(vendors, ClueKind.ROOT)
        self.keys = _names_of(vendors, ClueKind.KEY)
        self.key_names = frozenset(
            clue.text.encode() for vendor in vendors for clue in vendor.clues if clue.kind is ClueKind.KEY
        )
        self.frames = {
            clue.text.partition("{")[0].encode(): Frame.of(vendor.name, clue.text)
            for vendor in vendors
            for clue in vendor.clues
            if clue.kind is ClueKind.FRAME
        }
        self.texts = _texts(vendors) | set(self.frames)
        self.alike = Alike(clue.text for vendor in vendors for clue in vendor.clues)
        self._searches = _searches(self.texts)
        self._page_searches = _searches(self.texts | {PAGE})

    @staticmethod
    @cache
    def usual() -> Anchors:
        """Give the anchors of all vendors, those of other packages included."""
        return Anchors([known.vendor for known in installed().vendors])

    def find(self, data: Buffer, *, pages: bool = False) -> list[tuple[int, int]]:
        """Give start and end of every anchor, in order.

        Args:
            data: where to look.
            pages: whether HTML pages are looked for as well.
        """
        searches = self._page_searches if pages else self._searches
        if len(searches) == 1:
            return searches[0](data)
        return sorted(place for search in searches for place in search(data))

    def outer_roots(self, name: bytes) -> re.Pattern[bytes]:
        """Give what finds the start tag of any root of a name's vendor: group 1 its `<`, group 2 its name."""
        if name not in self._outer:
            names = b"|".join(re.escape(other) for other in sorted(self.roots[name], key=len, reverse=True))
            self._outer[name] = re.compile(rb"(<|&(?:amp;)*+lt;|\\++u003[cC])(" + names + rb")(?=[\s>&\\])")
        return self._outer[name]

    def __reduce__(self) -> Any:  # noqa: ANN401 - what pickle wants
        """Refuse to travel: a worker makes its own."""
        raise TypeError("Anchors are compiled where they are used: send the vendors instead.")


def _names_of(vendors: Sequence[Vendor], kind: ClueKind) -> dict[bytes, frozenset[bytes]]:
    """Give the names of one kind of clue by every name that a vendor has in its XML or JSON."""
    found: dict[bytes, frozenset[bytes]] = {}
    for vendor in vendors:
        own = frozenset(clue.text.encode() for clue in vendor.clues if clue.kind is kind)
        for clue in vendor.clues:
            if clue.kind in {ClueKind.ROOT, ClueKind.MARK}:
                name = clue.text.lstrip("<").encode()
                found[name] = found.get(name, frozenset()) | own
    return found


def _texts(vendors: Sequence[Vendor]) -> set[bytes]:
    """Give all texts to find, without those that another one finds as well."""
    every = {
        text.encode() for vendor in vendors for clue in vendor.clues for text in _forms(clue.kind, clue.text)
    }
    return {text for text in every if not any(other in text for other in every - {text})}


def _forms(kind: ClueKind, text: str) -> Iterator[str]:
    if kind is ClueKind.ROOT and not _WORD.fullmatch(text):
        yield from (f"<{text}", f"lt;{text}", f"u003c{text}", f"u003C{text}")
    elif kind is ClueKind.KEY:
        yield from (f'"{text}', f"'{text}", f"quot;{text}")
    elif kind in {ClueKind.EVENT, ClueKind.MARK}:
        yield text


def _searches(texts: Iterable[bytes]) -> list[Search]:
    every = sorted(texts)
    return [_search(every[start : start + _MOST_TEXTS]) for start in range(0, len(every), _MOST_TEXTS)]


def _search(texts: Sequence[bytes]) -> Search:
    """Give a search for all texts at once; without the extra `batch` it is `re`, which is much slower."""
    try:
        from ahocorasick_rs import BytesAhoCorasick, MatchKind  # noqa: PLC0415 - an extra
    except ImportError:
        return plain_search(texts)
    compiled = BytesAhoCorasick(texts, matchkind=MatchKind.LeftmostFirst)
    return lambda data: [(start, end) for _, start, end in compiled.find_matches_as_indexes(data)]


def plain_search(texts: Sequence[bytes]) -> Search:
    """Give the search of the standard library."""
    pattern = re.compile(b"|".join(re.escape(text) for text in texts))
    return lambda data: [found.span() for found in pattern.finditer(data)]
