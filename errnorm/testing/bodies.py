"""What can be done to a body: its leaves listed, its members shuffled, something in it broken."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

__all__ = ["broken", "leaves", "replanted", "shuffled", "texts"]

_OTHER_KINDS: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "1011", [], {}, [[]], {"a": {}}, [{"code": 1}])
_PIECES = (b"", b"\0", b"\xff", b"<", b'"', b"&", b"{", b"]", b"\\u", b"null")
_MOST_REPLANTED = 40


def texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Go through all leaves of a JSON value, as text.

    Example:
        >>> list(texts({"code": 17, "open": True, "rest": [None, " ", "x"]}))
        ['17', 'true', 'x']
    """
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)
    elif value is not None and str(value).strip():
        yield str(value) if not isinstance(value, bool) else str(value).lower()


def leaves(body: bytes, is_error: Callable[[Any], object] = bool) -> list[str]:
    """Give the leaves of a well-formed body, independently of errnorm's own reading.

    Args:
        body: XML or JSON; of anything else, a page included, no leaf is known.
        is_error: tells of an item of a top list whether it is an error: a neighbour that is none has no
            record to stand in.

    Example:
        >>> leaves(b'<ApiErrors><ApiError id="7"><ErrorType>Busy</ErrorType></ApiError></ApiErrors>')
        ['7', 'Busy']
    """
    start = body.lstrip()[:1]
    try:
        if start == b"<":
            return _xml_leaves(body)
        value = json.loads(body) if start in {b"{", b"["} else None
    except (ValueError, etree.XMLSyntaxError):
        return []
    if isinstance(value, list):
        value = [item for item in value if isinstance(item, dict) and is_error([item])]
    return [leaf for text in texts(value) for leaf in _unescaped(text)]


def _xml_leaves(body: bytes) -> list[str]:
    root = etree.fromstring(body, etree.XMLParser(remove_comments=True, remove_pis=True))
    if str(root.tag).lower().endswith("html"):
        return []
    found = [text for element in root.iter() for text in (element.text, *element.attrib.values())]
    return [leaf for text in found for leaf in _unescaped(text)]


def _unescaped(text: Any) -> list[str]:  # noqa: ANN401 - lxml gives str, its stubs say more
    """Give a leaf's text, or the leaves of the XML or JSON that it holds as text."""
    text = (text or "").strip()
    if not text or text[0] not in "<{[":
        return [text] if text else []
    return leaves(text.encode()) or leaves(f"<all>{text}</all>".encode())


def shuffled(body: bytes, seed: int) -> bytes | None:
    """Give the same body with its XML children and JSON keys in another order; None where it is neither.

    Example:
        >>> sorted({shuffled(b'{"a": 1, "b": 2}', seed) for seed in range(9)})
        [b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1}']
    """
    order = random.Random(seed)  # noqa: S311 - an order, no secret
    text = body.lstrip()
    try:
        if text[:1] == b"<":
            return _shuffled_xml(body, order)
        return (
            json.dumps(_shuffled_keys(json.loads(body), order)).encode() if text[:1] in {b"{", b"["} else None
        )
    except (ValueError, etree.XMLSyntaxError):
        return None


def _shuffled_xml(body: bytes, order: random.Random) -> bytes | None:
    root = etree.fromstring(body, etree.XMLParser(remove_comments=True))
    if str(root.tag).lower().endswith("html") or b"<!DOCTYPE" in body:
        return None  # a page is read from top to bottom; a declaration would get lost
    for element in root.iter():
        children = list(element)
        names = {child.tag for child in children}
        # Repeats have an order of their own, and so has text between children.
        if len(names) == len(children) and not any((child.tail or "").strip() for child in children):
            order.shuffle(children)
            element[:] = children
    return etree.tostring(root)


def _shuffled_keys(value: Any, order: random.Random) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return [_shuffled_keys(item, order) for item in value]
    if not isinstance(value, dict):
        return value
    items = list(value.items())
    order.shuffle(items)
    return {name: _shuffled_keys(item, order) for name, item in items}


def replanted(body: bytes, text: str) -> Iterator[bytes]:
    """Give the body with one leaf after the other replaced by a text.

    Example:
        >>> list(replanted(b'{"code": 17, "user": "x"}', "secret"))
        [b'{"code": "secret", "user": "x"}', b'{"code": 17, "user": "secret"}']
    """
    try:
        if body.lstrip()[:1] == b"<":
            yield from _replanted_xml(body, text)
        else:
            value = json.loads(body)
            for path in list(_places(value))[:_MOST_REPLANTED]:
                if not isinstance(_at(value, path), dict | list):
                    yield json.dumps(_replaced(value, path, text)).encode()
    except (ValueError, etree.XMLSyntaxError):
        return


def _replanted_xml(body: bytes, text: str) -> Iterator[bytes]:
    root = etree.fromstring(body)
    for element in list(root.iter(etree.Element))[:_MOST_REPLANTED]:
        kept = element.text
        if not len(element):
            element.text = text
            yield etree.tostring(root)
            element.text = kept


def broken(body: bytes, seed: str, count: int) -> Iterator[bytes]:
    """Give the body with one thing broken: cut off, a piece lost, doubled or changed, or another value in it.

    Args:
        body: any bytes.
        seed: the same seed gives the same variants.
        count: how many.

    Example:
        >>> list(broken(b'{"code": 17}', "a", 9)) == list(broken(b'{"code": 17}', "a", 9))
        True
    """
    chance = random.Random(seed)  # noqa: S311 - a choice, no secret
    try:
        value = json.loads(body)
        places = list(_places(value))
    except (ValueError, RecursionError):
        value, places = None, []
    for number in range(count):
        if places and number % 2:
            changed = _replaced(value, chance.choice(places), chance.choice(_OTHER_KINDS))
            yield json.dumps(changed).encode()
        else:
            start = chance.randint(0, len(body))
            end = chance.randint(start, min(len(body), start + 40))
            piece = chance.choice((*_PIECES, body[start:end] * 2))
            yield body[:start] + piece + (body[end:] if chance.random() < _MOSTLY else b"")


_MOSTLY = 0.8


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON value
    """Go through the paths to all values inside a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield (*path, key)
        yield from _places(item, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any JSON value
    for key in path:
        value = value[key]
    return value


def _replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Give the value with another one at the path."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], other)
    return copy
