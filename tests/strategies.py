"""What properties draw from: bytes, texts, JSON, XML, and fixtures with something done to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from corpus import Case, cases
from hypothesis import strategies as st

from errnorm.vendors import UNKNOWN, VENDORS

CASES = cases()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Go through the paths to all values inside a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield (*path, key)
        yield from places(item, (*path, key))


def _is_json(case: Case) -> bool:
    try:
        return any(places(json.loads(case.body)))
    except (ValueError, RecursionError):
        return False


any_case = st.sampled_from(CASES)
statuses = st.none() | st.integers(100, 599)
vendors = st.none() | st.sampled_from([vendor.name for vendor in (*VENDORS, UNKNOWN)])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)

# Words that readers look for: a body made of them reaches further than random bytes do.
WORDS = [
    *("<", ">", "</", "/>", "&lt;", "&#0;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml ?>", "<!DOCTYPE a ["),
    *(
        "ApiErrors",
        "ApiError",
        "apiErrors",
        "apiError",
        "Update",
        "data",
        "ErrorType",
        "errorMessage",
        "errorData",
    ),
    *(
        "peripheralErrorCode",
        "CF_RESOURCE_BUSY",
        "UNAUTHORIZED",
        "HTTP Status code: 400 Api Error Type: a Error Message: ",
    ),
    *("{", "}", "[", "]", ":", ",", '"', "'", "\\", "\\u", "\\ud800", "null", "-1", "1011", "9" * 20),
    *(
        '"code"',
        '"error"',
        '"type"',
        '"EventError"',
        '"session_error"',
        '"channel"',
        '"/chat"',
        '"data"',
        '"success"',
    ),
    *(
        "0|/finesse/api/User/1",
        "<message",
        "<notification>",
        " xmlns='a:b'",
        "<html>",
        "<h1>",
        "\0",
        "\ufeff",
    ),
    *("\ud800", "é", "\u2028", " ", "\n", "session_error", "error code 1011", "custom Cisco error page"),
]
word_soup = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=60).map("".join)
bodies = st.binary(max_size=400) | word_soup.map(lambda text: text.encode("utf-8", "surrogatepass"))


JSON = [case for case in CASES if _is_json(case)]


@st.composite
def broken_fixtures(draw: st.DrawFn) -> tuple[Case, bytes]:
    """A fixture with one thing broken: a byte changed, a piece lost, doubled, or cut off."""
    case = draw(any_case)
    body = case.body
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 40)))
    piece = draw(
        st.sampled_from([b"", b"\0", b"\xff", b"<", b'"', b"&", body[start:end] * 2]) | st.binary(max_size=4)
    )
    return case, body[:start] + piece + body[end:]


@st.composite
def remade_fixtures(draw: st.DrawFn) -> tuple[Case, Any]:
    """A JSON fixture with one value of another kind: what stood as a text is an object, and so on."""
    case = draw(st.sampled_from(JSON))
    value = json.loads(case.body)
    place = draw(st.sampled_from(list(places(value))))
    other = draw(
        st.sampled_from([None, True, 0, -1, 1.5, "", "1011", [], {}, [[]], {"a": {}}, [{"code": 1}]])
    )
    return case, replaced(value, place, draw(st.just(other) | json_values))


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """Give the value with another one at the path."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


@st.composite
def splices(draw: st.DrawFn) -> bytes:
    """The beginning of one fixture and the end of another."""
    first, second = draw(any_case).body, draw(any_case).body
    return first[: draw(st.integers(0, len(first)))] + second[draw(st.integers(0, len(second))) :]
