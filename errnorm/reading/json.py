"""JSON as vendors, loggers and consoles write it: three readers, the fast one first.

1. fast: orjson, for JSON that it reads exactly.
2. exact: the standard library, where a number would lose digits or a text holds a lone surrogate.
3. lenient: for what is no JSON, only meant as such, and for what was cut:

    { status : 400, apiErrors : { "errorType":"Bad Request", 'errorMessage': undefined, } }
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, NamedTuple

import orjson

from errnorm.reading.cut import Cut
from errnorm.record import Problem
from errnorm.vocabulary import ProblemCode

__all__ = ["JsonDocument", "read_json"]

_MAX_VALUES = 20_000  # the lenient reader is Python: 20,000 values take about 100 ms
_MAX_CONTAINERS = 10_000  # walking through what a fast reader made of them takes as long
_EXACT_DIGITS = 15  # a 64-bit float keeps 15 decimal digits, whatever they are
# 16 digits, or an exponent that leaves the range of a 64-bit float: 1e999 is no infinity.
# One beginning for both: the search then runs from digit to digit, which saves 8 µs a kilobyte.
_LONG_NUMBER = re.compile(rb"\d(?:\d{15}|[eE][+-]?\d{3})")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")

_SPACE = re.compile(r"[\s\ufeff,;]*+")  # a missing or doubled comma does not matter
_DOUBLE_QUOTED = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)', re.DOTALL)
_SINGLE_QUOTED = re.compile(r"'([^'\\]*+(?:\\.[^'\\]*+)*+)", re.DOTALL)
_ESCAPES = (("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\b", "\b"), ("\\f", "\f"))
_CODE_POINT = re.compile(r"\\u([0-9a-fA-F]{4})")
_NO_MEANING = re.compile(r"\\(?!u[0-9a-fA-F]{4})")  # `\"` is a quote, and so is any other character after it
_COLON = re.compile(r"\s*+(?::|=>)\s*+")
_BARE = re.compile(r"[^\s,:;{}\[\]\"'=]++")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS: dict[str, bool | None] = {
    "true": True,
    "false": False,
    "null": None,
    "True": True,
    "False": False,
    "None": None,
    "undefined": None,
}  # fmt: skip - JSON, Python's repr, JavaScript
_STRICT_WORDS = frozenset({"true", "false", "null"})
_OPENERS = re.compile(r"[{\[]")


class JsonDocument(NamedTuple):
    """The JSON of a body.

    Attributes:
        value: the value; texts are `Cut` where the body ends in them.
        lead: the text before it (`session_error`, a log prefix).
        problems: how it had to be read.
    """

    value: Any
    lead: str = ""
    problems: tuple[Problem, ...] = ()


def read_json(data: bytes, text: str, max_depth: int = 100) -> JsonDocument | None:
    r"""Read a body as JSON.

    A number that a 64-bit reader would change is kept as its text. Of a key that stands twice the
    last wins, with a problem where the exact or the lenient reader met it.

    Args:
        data: the same text in UTF-8.
        text: the text.
        max_depth: levels of nesting kept.

    Returns:
        The document; None where the text holds no object and no list.

    Example:
        >>> read_json(b'{"code": 12345678901234567890}', '{"code": 12345678901234567890}').value
        {'code': '12345678901234567890'}
        >>> body = "{ status : 400, apiErrors : { errorType : 'Bad Req"
        >>> read_json(body.encode(), body).value
        {'status': 400, 'apiErrors': {'errorType': 'Bad Req'}}
    """
    containers = data.count(b"{") + data.count(b"[")
    if containers > _MAX_CONTAINERS:
        return _Lenient(text, max_depth).document()
    long_number = _LONG_NUMBER.search(data) is not None
    document = (None if long_number else _fast(data)) or _exact(text, long_number)
    if document is None:
        return _Lenient(text, max_depth).document()
    if containers > max_depth and _cut_off_below(document.value, max_depth):
        return document._replace(problems=(*document.problems, _too_deep()))
    return document if isinstance(document.value, dict | list) else None


def _fast(data: bytes) -> JsonDocument | None:
    try:
        return JsonDocument(orjson.loads(data))
    except orjson.JSONDecodeError:
        return None


def _exact(text: str, long_number: bool) -> JsonDocument | None:  # noqa: FBT001 - one fact about the text
    duplicates: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        value = {_sound(key): _sound(item) for key, item in items}
        duplicates.extend("" for _ in range(len(items) - len(value)))
        return value

    try:
        value = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_int=_number if long_number else None,
            parse_float=_number if long_number else None,
            parse_constant=str,
        )
    except (ValueError, RecursionError):
        return None
    return JsonDocument(_sound(value), problems=(_duplicate(),) if duplicates else ())


def _cut_off_below(value: Any, max_depth: int) -> bool:  # noqa: ANN401 - any JSON value
    """Empty what is nested deeper than `max_depth`, level by level; tell whether there was anything."""
    level = [value]
    for _ in range(max_depth):
        level = [inner for outer in level for inner in _items(outer) if isinstance(inner, dict | list)]
    for container in level:
        container.clear()
    return bool(level)


def _items(value: Any) -> Iterable[Any]:  # noqa: ANN401 - a dict, a list or a leaf
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _sound(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    r"""Replace lone surrogates: `"\ud83d"` without its other half is no character and cannot be written."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    return [_sound(item) for item in value] if isinstance(value, list) else value


def _number(text: str) -> int | float | str:
    if len(text) > _EXACT_DIGITS:
        return text
    number = float(text) if _is_float(text) else int(text)
    return number if isfinite(number) else text


def _is_float(text: str) -> bool:
    return "." in text or "e" in text or "E" in text


def _duplicate() -> Problem:
    return Problem(
        ProblemCode.JSON_DUPLICATE_KEY,
        "A key stands twice in one JSON object; the last value was taken.",
    )


def _too_deep() -> Problem:
    return Problem(ProblemCode.TOO_DEEP, "The JSON is nested deeper than is read; the rest stands in `raw`.")


class _Lenient:
    """A reader for what is meant as JSON: it never gives up, and reads each character once."""

    def __init__(self, text: str, max_depth: int) -> None:
        self.text = text
        self.max_depth = max_depth
        self.at = 0
        self.count = 0
        self.problems: dict[ProblemCode, Problem] = {}

    def document(self) -> JsonDocument | None:
        """Read from the first brace or bracket on."""
        start = _OPENERS.search(self.text)
        if not start:
            return None
        self.at = start.start()
        value = self._value(0)
        if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
            return None  # `[ERROR] something`: a bracket of prose
        rest = self.text[self.at :].strip()
        if rest and len(value) == 0:
            return None
        if rest or not (self.problems or start.start()):
            self._leniently()
        problems = tuple(self.problems.values())
        return JsonDocument(value=value, lead=self.text[: start.start()].strip(), problems=problems)

    def _value(self, depth: int) -> Any:  # noqa: ANN401 - any JSON value
        self.count += 1
        first = self.text[self.at : self.at + 1]
        if first in {"{", "["}:
            return self._container(first, depth)
        if first in {'"', "'"}:
            return self._quoted()
        return self._bare()

    def _container(self, first: str, depth: int) -> Any:  # noqa: ANN401 - a dict or a list
        if depth >= self.max_depth:
            self.problems.setdefault(ProblemCode.TOO_DEEP, _too_deep())
            self.at = len(self.text)
            return None
        self.at += 1
        return self._object(depth) if first == "{" else self._list(depth)

    def _object(self, depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        while self._more("}"):
            key = self._quoted() if self.text[self.at] in "\"'" else self._bare()
            if not self._colon():
                continue
            item = None if self._ended() else self._value(depth + 1)
            name = str(key)
            if name in value:
                self.problems.setdefault(ProblemCode.JSON_DUPLICATE_KEY, _duplicate())
            value[name] = item
        return value

    def _list(self, depth: int) -> list[Any]:
        value: list[Any] = []
        while self._more("]"):
            value.append(self._value(depth + 1))
        return value

    def _more(self, closer: str) -> bool:
        """Step to the next member; False at the closing mark, at the end, and at the bound."""
        self._skip(_SPACE)
        if self._ended():
            return False
        if self.count > _MAX_VALUES:
            self._note(ProblemCode.TOO_MANY_MEMBERS, "More values than are read; the rest stands in `raw`.")
            self.at = len(self.text)
            return False
        if self.text[self.at] not in "}]":
            return True
        if self.text[self.at] == closer:
            self.at += 1
        else:  # left for the container around it to close
            self._note(ProblemCode.JSON_INVALID, "A brace and a bracket are crossed in the JSON.")
        return False

    def _ended(self) -> bool:
        if self.at < len(self.text):
            return False
        self._note(ProblemCode.JSON_TRUNCATED, "The JSON ends inside a value; its last value may be cut.")
        return True

    def _colon(self) -> bool:
        before = self.at
        self._skip(_COLON)
        if self.at > before:
            return True
        if not self._ended():
            self._note(ProblemCode.JSON_INVALID, "A member of the JSON has no value.")
        return False

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _quoted(self) -> str:
        quote = self.text[self.at]
        self.count += 1
        if quote == "'":
            self._leniently()
        found = (_DOUBLE_QUOTED if quote == '"' else _SINGLE_QUOTED).match(self.text, self.at)
        inside = found[1] if found else ""
        self.at += len(inside) + 1
        if self._ended():
            return Cut(_sound(_unescape(inside)))
        self.at += 1
        return str(_sound(_unescape(inside)))

    def _bare(self) -> Any:  # noqa: ANN401 - a number, a word, or text
        found = _BARE.match(self.text, self.at)
        if not found:
            self.at += 1  # a mark that begins nothing
            self.count += 1
            self._note(ProblemCode.JSON_INVALID, "Some marks of the JSON have no meaning.")
            return None
        self.at = found.end()
        self.count += 1
        word = found[0]
        if self.at == len(self.text):
            self._ended()
            return Cut(_sound(word))
        if _NUMBER.fullmatch(word):
            return _number(word)
        if word not in _STRICT_WORDS:
            self._leniently()
        return _WORDS[word] if word in _WORDS else _sound(word)

    def _leniently(self) -> None:
        self._note(ProblemCode.JSON_LENIENT, "The JSON is not strict; it was read leniently.")

    def _note(self, code: ProblemCode, message: str) -> None:
        self.problems.setdefault(code, Problem(code, message))


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    # Between two pairs of backslashes each one begins an escape; no function is called for each of a million.
    plain = "\\".join([_one_by_one(piece) if "\\" in piece else piece for piece in text.split("\\\\")])
    # Two escapes make one character outside the basic plane: "\ud83d\ude00".
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _one_by_one(text: str) -> str:
    for escape, char in _ESCAPES:
        text = text.replace(escape, char)
    return _CODE_POINT.sub(_escaped, _NO_MEANING.sub("", text))


def _escaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))
