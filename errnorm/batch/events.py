"""The payloads that an event of a log tells in its texts: its message, an exception, the stack of one.

{"level":"error","msg":"PUT failed","err":{"message":"400 <ApiErrors>…","stack":"Error: 400 <ApiErrors>…"}}

Many loggers tell one twice, cut off in the message and whole in the stack: it is one error.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from errnorm.batch.anchors import Anchors
from errnorm.batch.capture import Stream
from errnorm.batch.names import Names, has_level, value_at
from errnorm.batch.spans import Span, spans
from errnorm.exceptions import InvalidArgument, UnknownVendor
from errnorm.normalizer import detect
from errnorm.vendors import UNKNOWN

__all__ = ["Told", "has_empty_body", "has_own", "is_asked", "is_claimed", "texts_of", "told_in"]

_DEEPEST = 8  # levels in which a text may lie; exceptions have five: exception.values[0].value
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# request_body, reqBody, axios's config.data; `requestError` tells what became of it.
_ASKED = frozenset({"req", "request", "requests", "sent", "input", "config"})
_ANSWERED = frozenset({"error", "err", "exception", "fault", "failure", "res", "resp", "response", "answer"})
_HIGHLIGHT = "highlight"  # of Elasticsearch: parts of what the hit tells, with markup of its own
_MARKS = (b"...", "…".encode(), b"[trunc", b"<trunc", b"(trunc")  # of a text that was cut off
_WRITTEN = ((b"\\r", b""), (b"\\n", b""), (b"\\t", b""), (b"&amp;", b"&"))


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
    told = _once(line, others)
    # A callback of finesse.js with a level beside it: {"level":"error","content":"<ApiErrors>…","object":{…}}
    return Told(line, []) if told.others and is_claimed(item) else told


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


def is_claimed(body: Any, **known: Any) -> bool:  # noqa: ANN401 - as `detect` takes it
    """Tell whether a vendor claims a body.

    Args:
        body: the body.
        **known: what is known beside it, as of `detect`.

    Example:
        >>> is_claimed("<ApiErrors/>"), is_claimed({"code": 7})
        (True, False)
    """
    try:
        return detect(body, **known).vendor != UNKNOWN.name
    except (InvalidArgument, UnknownVendor):
        return True  # told of as a reject


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


@lru_cache(maxsize=4096)  # the members of a log have few names
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
    """Leave out what comes again: over many lines, escaped once more, or cut off and whole elsewhere."""
    whole = sorted({_compact(span.data) for span in (*line, *others) if not span.problems})
    left = [span for span in line if not (span.problems and _is_part(_compact(span.data), whole))]
    seen = sorted({*whole, *(_compact(span.data) for span in left)})
    told: dict[bytes, Span] = {}
    known = {_compact(span.data) for span in left}
    for span in others:
        key = _compact(span.data)
        if key not in known and not (span.problems and _is_part(key, seen)):
            told.setdefault(key, span)
    return Told(left, [*told.values()])


def _is_part(cut: bytes, every: Sequence[bytes]) -> bool:
    """Tell whether one of some sorted texts begins as one that was cut off does, up to the mark of that.

    <ApiErrors><ApiErr...      <ApiErrors><ApiErr... (412 more)      <ApiErrors><ApiErr [truncated]
    """
    at = bisect_left(every, cut)
    near = every[max(0, at - 1) : at + 1]
    return any(cut.startswith(one) or _is_mark(cut[_common(cut, one) :]) for one in near)


def _common(first: bytes, second: bytes) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(second)))


def _is_mark(rest: bytes) -> bool:
    return not rest or rest.startswith(_MARKS)


def _compact(data: bytes) -> bytes:
    for written, meant in _WRITTEN:
        data = data.replace(written, meant)
    return b"".join(data.split())


def has_own(item: Mapping[str, Any], anchors: Anchors) -> bool:
    """Tell whether an object may be a vendor's body itself, by the names of its members, or the word of one.

    Example:
        >>> has_own({"code": 1011}, Anchors.usual()), has_own({"error": "<ApiErrors/>"}, Anchors.usual())
        (True, False)
    """
    return any(_is_own(name, inner, anchors) for name, inner in item.items())


def _is_own(name: str, value: Any, anchors: Anchors) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a member is one of a vendor's body; `"error": "failed: <ApiErrors>…"` may be anybody's."""
    if isinstance(value, str) and value.isidentifier() and anchors.find(value.encode()):
        return True  # "event": "session_error"
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
