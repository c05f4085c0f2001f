"""The payloads that an event of a log tells in its texts: its message, an exception, the stack of one.

{"level":"error","msg":"PUT failed","err":{"message":"400 <ApiErrors>…","stack":"Error: 400 <ApiErrors>…"}}

Many loggers tell one twice, cut off in the message and whole in the stack: it is one error.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from errnorm.batch.anchors import Anchors
from errnorm.batch.capture import Stream
from errnorm.batch.names import Names, has_level, value_at
from errnorm.batch.spans import Span, spans
from errnorm.normalizer import detect
from errnorm.vendors import UNKNOWN

__all__ = ["Told", "has_empty_body", "has_own", "is_asked", "is_claimed", "texts_of", "told_in"]

_DEEPEST = 8  # levels in which a text may lie; exceptions have five: exception.values[0].value
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# request_body, reqBody, axios's config.data; `requestError` tells what became of it.
_ASKED = frozenset({"req", "request", "requests", "sent", "input", "config"})
_ANSWERED = frozenset({"error", "err", "exception", "fault", "failure", "res", "resp", "response", "answer"})
_HIGHLIGHT = "highlight"  # of Elasticsearch: parts of what the hit tells, with markup of its own
_CUT_OFF = re.compile(rb"(?:\.|\xe2\x80\xa6)++\Z")


class Told(NamedTuple):
    """The payloads of an event.

    Attributes:
        line: those of its message, in their order.
        others: those that only other texts of it tell, each once.
    """

    line: list[Span]
    others: list[Span]


def told_in(
    item: dict[str, Any],
    names: Names,
    text: Any,  # noqa: ANN401 - any JSON value
    stream: Stream,
    data: bytes | None,
) -> Told:
    """Find the payloads in the texts of an event.

    Args:
        item: the event.
        names: where it has its members.
        text: its message, a line of a log; whatever else it is, it is none.
        stream: where it is from.
        data: its bytes, where it stands as JSON in the input.
    """
    # One word is no line of a log: {"event": "session_error", "payload": …} is a body.
    is_line = isinstance(text, str) and not text.isidentifier()
    line = _spans_in(text, stream) if is_line else []
    if data is not None and not Anchors.usual().find(data):
        return Told(line, [])
    if not _is_event(item, names, is_line=is_line):
        return Told(line, [])
    others = [span for other in _texts_below(item) if other is not text for span in _payloads(other, stream)]
    # A callback of finesse.js with a level beside it: {"level":"error","content":"<ApiErrors>…","object":{…}}
    if not others or is_claimed(item):
        return Told(line, [])
    return _once(line, others)


def _spans_in(text: str, stream: Stream) -> list[Span]:
    """Find payloads in a line that a log store keeps: `{"_raw": "12:00:01 ERROR body={…}"}`."""
    data = text.encode("utf-8", "surrogatepass")
    return [*spans(io.BytesIO(data), zone=stream.zone, fields=stream.fields)]


def _payloads(text: str, stream: Stream) -> Iterator[Span]:
    data = text.encode("utf-8", "replace")
    return spans(io.BytesIO(data), zone=stream.zone) if Anchors.usual().find(data) else iter(())


def _is_event(item: dict[str, Any], names: Names, *, is_line: bool) -> bool:
    """Tell whether texts of an object may tell of an error: it is none itself, and no empty answer."""
    if has_empty_body(item, names):
        return False
    if has_own(item, Anchors.usual()):
        return has_level(item)
    return is_line or has_level(item) or bool(names.time)


def has_empty_body(item: dict[str, Any], names: Names) -> bool:
    """Tell whether an object says that the answer was empty: `{"status":404,"body":"","detail":"…"}`.

    Args:
        item: the object.
        names: where it has its members.
    """
    return any(value_at(item, path) == "" for path in names.body)


def is_claimed(body: Any) -> bool:  # noqa: ANN401 - as `detect` takes it
    """Tell whether a vendor claims a body, whatever is known beside it.

    Example:
        >>> is_claimed("<ApiErrors/>"), is_claimed({"code": 7})
        (True, False)
    """
    return detect(body).vendor != UNKNOWN.name


def _texts_below(value: Any, left: int = _DEEPEST) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Give the texts of a value, how deep they may lie, but those that were asked: `request_body`."""
    if isinstance(value, str):
        if not value.isidentifier():  # "session_error" alone is no line of a log
            yield value
    elif left and isinstance(value, dict | list):
        inner = value if isinstance(value, list) else _answered(value)
        for one in inner:
            yield from _texts_below(one, left - 1)


def _answered(value: dict[str, Any]) -> list[Any]:
    return [inner for name, inner in value.items() if name != _HIGHLIGHT and not is_asked(name)]


def is_asked(name: str) -> bool:
    """Tell whether a member holds what was asked, and not what was answered.

    Example:
        >>> is_asked("request_body"), is_asked("http.requestHeaders"), is_asked("requestError")
        (True, True, False)
        >>> is_asked("required"), is_asked("sentry"), is_asked("requestbody")
        (False, False, True)
    """
    words = [word.lower() for word in _WORD.findall(name)]
    asked = any(word in _ASKED or word.startswith("request") for word in words)
    return asked and _ANSWERED.isdisjoint(words)


def _once(line: Sequence[Span], others: Sequence[Span]) -> Told:
    """Leave out what comes again, be it pretty-printed, and what a logger cut off and something has whole."""
    order = sorted({_compact(span) for span in (*line, *others)})
    begun = {key for key, behind in pairwise(order) if behind.startswith(key)}
    left = [span for span in line if not (span.problems and _compact(span) in begun)]
    seen = {_compact(span) for span in left}
    told: dict[bytes, Span] = {}
    for span in others:
        key = _compact(span)
        if key not in seen and not (span.problems and key in begun):
            told.setdefault(key, span)
    return Told(left, [*told.values()])


def _compact(span: Span) -> bytes:
    data = b"".join(span.data.split())
    return _CUT_OFF.sub(b"", data) if span.problems else data


def has_own(item: Mapping[str, Any], anchors: Anchors) -> bool:
    """Tell whether an object may be a vendor's body itself, by the names of its members.

    Example:
        >>> has_own({"code": 1011}, Anchors.usual()), has_own({"error": "<ApiErrors/>"}, Anchors.usual())
        (True, False)
    """
    return any(_is_own(name, inner, anchors) for name, inner in item.items())


def _is_own(name: str, value: Any, anchors: Anchors) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a member is one of a vendor's body; `"error": "failed: <ApiErrors>…"` may be anybody's."""
    is_key = name.encode("utf-8", "replace") in anchors.key_names
    return is_key and not any("<" in text for text in texts_of(value))


def texts_of(value: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    """Give the texts of a member, also of one such as that of ECS.

    Example:
        >>> texts_of({"message": "<ApiErrors/>"}), texts_of(7)
        (['<ApiErrors/>'], [])
    """
    return [
        text for text in (value.values() if isinstance(value, dict) else (value,)) if isinstance(text, str)
    ]
