r"""JSON as a tree in which each text and number knows where it stands.

    {"request":{"url":"/a"},"response":{"status":503}}
                      ╰──╯                       ╰─╯

What a capture tells is found in such a tree as in a decoded one: by the same names, with the same functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from errnorm.batch.ids import MARK

__all__ = ["TEXT", "WHOLE_PART", "Leaf", "leaves_in", "text_in", "tree_of"]

Leaf = re.Match[bytes]
"""A text, a number, `true`, `false` or `null`; groups of the first two are named below."""

TEXT: Final = 1  # what stands between the quotes
WHOLE_PART: Final = 2  # the digits of a number before its point or exponent
_MARK: Final = 3
_TOKEN: Final = re.compile(
    rb'"((?:[^"\\]++|\\.)*+)"|-?([0-9]++)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null|([\[\]{}])'
)
_ENDS: Final = (b"]", b"}")
_DEEPEST: Final = 32


class _Unclear(Exception):  # noqa: N818 - a fact about a text
    """A name that stands twice in an object or is cut like an id, or too many levels."""


def tree_of(text: bytes) -> Any:  # noqa: ANN401 - dicts, lists and leaves
    """Give a JSON text as a tree.

    Args:
        text: what orjson reads; ids may be cut out of it.

    Returns:
        The tree; None where a name stands twice in an object or is cut like an id, or it is very deep.

    Example:
        >>> tree = tree_of(b'{"response": {"status": 503}}')
        >>> tree["response"]["status"].span()
        (24, 27)
    """
    tokens = _TOKEN.finditer(text)
    try:
        return _tree(next(tokens), tokens, _DEEPEST)
    except _Unclear:
        return None


def _tree(token: Leaf, tokens: Iterator[Leaf], left: int) -> Any:  # noqa: ANN401 - as above
    if token[_MARK] is None:
        return token
    if not left:
        raise _Unclear
    if token[_MARK] == b"[":
        return [_tree(item, tokens, left - 1) for item in _up_to_end(tokens)]
    members = [(_name(name), _tree(next(tokens), tokens, left - 1)) for name in _up_to_end(tokens)]
    if len({name for name, _ in members}) < len(members):
        raise _Unclear
    return dict(members)


def _up_to_end(tokens: Iterator[Leaf]) -> Iterator[Leaf]:
    """Give where items begin, up to the end of this list or object; who takes one goes behind it."""
    for token in tokens:
        if token[_MARK] in _ENDS:
            return
        yield token


def _name(token: Leaf) -> str:
    if MARK in token[0]:
        raise _Unclear
    return text_in(token[TEXT])


def text_in(written: bytes) -> str:
    r"""Give what a JSON string says.

    Args:
        written: what stands between its quotes.

    Example:
        >>> text_in(rb"a\u002fb")
        'a/b'
    """
    return str(orjson.loads(b'"%b"' % written))


def leaves_in(tree: Any) -> Iterator[Leaf]:  # noqa: ANN401 - of `tree_of`, a part of it, or nothing
    """Give the leaves of a tree, in their order; of what is no tree there are none."""
    if isinstance(tree, re.Match):
        yield tree
    elif isinstance(tree, dict | list):
        for item in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves_in(item)
