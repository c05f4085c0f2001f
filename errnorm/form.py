"""What each member of a record's dict may be: a dict may come from anywhere, a record may not be anything.

The JSON Schema of a record says the same; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from math import inf
from typing import Any

import orjson

__all__ = ["wrong_member"]

_MOST = 2**63  # JSON of errnorm holds integers of 64 bits
_KINDS = frozenset({"request", "session", "dialog", "user", "media", "trace", "client"})
_ACTIONS = frozenset({"mask", "remove", "hash"})


def wrong_member(data: Mapping[str, Any]) -> str | None:
    """Name the first member that no record may have so.

    Args:
        data: a dict as `ErrorRecord.to_dict` writes it; a member that is not there is not judged.

    Returns:
        The dotted name, None where all are in order.

    Example:
        >>> wrong_member({"status": 503, "retry": {"delay": -5}})
        'retry.delay'
    """
    for name, may_be in _MAY_BE.items():
        if not all(_holds(may_be, value) for value in _values(data, name)):
            return name
    return None


def _values(data: Mapping[str, Any], name: str) -> Iterator[Any]:
    """Give what stands under a name: of a list, in each of its rows."""
    outer, _, inner = name.partition(".")
    if outer not in data:
        return
    value = data[outer]
    for row in value if inner and isinstance(value, list | tuple) else (value,):
        if not inner:
            yield row
        elif isinstance(row, Mapping) and inner in row:
            yield row[inner]


def _holds(may_be: Callable[[Any], bool], value: Any) -> bool:  # noqa: ANN401 - any JSON value
    try:
        return may_be(value)
    except (TypeError, ValueError):  # a lone surrogate, a date that is none, what JSON has no form for
        return False


def _is_string(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, str) and value.encode() is not None


def _is_text(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return value is None or (_is_string(value) and value != "")


def _is_whole(least: int, most: int = _MOST) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value < most


def _or_none(may_be: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or may_be(value)


def _is_delay(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return type(value) in {int, float} and 0 <= value < inf and _is_json(value)


def _is_moment(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return datetime.fromisoformat(value).tzinfo is not None


def _is_json(value: Any) -> bool:  # noqa: ANN401 - any value
    return bool(orjson.loads(orjson.dumps(value)) == value)


def _is_ids(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, dict) and value.keys() <= _KINDS and all(map(_is_string, value.values()))


_MAY_BE: Mapping[str, Callable[[Any], bool]] = {
    "vendor": _is_string,
    "shape": _is_string,
    **dict.fromkeys(("type", "code", "subcode", "message", "target"), _is_text),
    "status": _or_none(_is_whole(100, 600)),
    "index": _is_whole(0),
    "total": _is_whole(1),
    "ids": _is_ids,
    "extra": lambda value: isinstance(value, dict) and _is_json(value),
    "occurred_at": _or_none(_is_moment),
    **dict.fromkeys(("source.name", "source.member", "source.time"), _is_text),
    "source.line": _or_none(_is_whole(1)),
    "source.offset": _or_none(_is_whole(0)),
    "retry.delay": _or_none(_is_delay),
    "retry.not_before": _or_none(_is_moment),
    "retry.basis": _is_string,
    "entry.id": _is_string,
    "entry.title": _is_string,
    "entry.docs_url": _is_text,
    "problems.message": _is_string,
    "problems.where": _is_text,
    "redactions.path": _is_string,
    "redactions.rule": _is_string,
    "redactions.action": _ACTIONS.__contains__,
    "redactions.length": _is_whole(0),
    "raw.charset": _is_text,
    "raw.from_object": lambda value: isinstance(value, bool),
}
