"""The elements of a JSON list, beside ijson: the same values, and their places besides."""

from __future__ import annotations

import io
import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errnorm.batch import elements as module
from errnorm.batch.capture import Stream
from errnorm.batch.elements import NO_END, elements, loads, parts, value_parts
from errnorm.batch.elements import values as values_in

ijson = pytest.importorskip("ijson", reason="ijson is the peer of this test")

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
spaces = st.sampled_from([(",", ":"), (", ", ": "), (",\n  ", " : ")])


class Slow(io.BytesIO):
    """A file that gives few bytes at a time."""

    def read(self, _: int | None = -1) -> bytes:
        """Give seven bytes."""
        return super().read(7)


@given(items=st.lists(values, max_size=8), separators=spaces, kind=st.sampled_from([Slow, io.BytesIO]))
def test_elements_are_those_of_ijson(items: list[Any], separators: tuple[str, str], kind: type):
    """Every value of a list is found, and at its offset stand its bytes."""
    data = json.dumps({"log": {"entries": items}, "after": [1]}, separators=separators).encode()
    found = list(elements(Stream(kind(data)), b"entries"))

    assert list(ijson.items(io.BytesIO(data), "log.entries.item", use_float=True)) == [
        loads(e) for e in found
    ]
    for element in found:
        assert element.reason is None
        assert data[element.offset : element.offset + len(element.data)] == element.data
        assert data.count(b"\n", 0, element.offset) + 1 == element.line


@given(items=st.lists(values, min_size=1, max_size=5), keep=st.floats(0, 1))
def test_cut_list_gives_its_beginning_and_the_rest(items: list[Any], keep: float):
    """A list cut at any byte gives the elements up to there, and what is left as one that has no end."""
    data = json.dumps(items).encode()
    data = data[: int(keep * (len(data) - 1))]
    *whole, last = elements(Stream(io.BytesIO(data)))

    assert [loads(element) for element in whole] == items[: len(whole)]
    assert last.reason == NO_END
    assert data.endswith(last.data)


LIKE = st.builds(lambda n, text: {"time": n, "body": text}, st.integers(), st.text(max_size=20))
ODD = st.sampled_from([b'{"time":NaN}', b'{"time":', b"}", b'"x"y', b'{"time":"\\ud800"}', b"[1", b"nope"])


@given(
    items=st.lists(LIKE.map(lambda item: json.dumps(item).encode()) | ODD, max_size=30),
    end=st.sampled_from([b"]", b"", b"]}}", b" , "]),
    separator=st.sampled_from([b",", b",\n", b" , "]),
    size=st.integers(20, 300),
)
def test_pieces_of_a_list_hold_its_elements(items: list[bytes], end: bytes, separator: bytes, size: int):
    """A list cut into pieces has the elements of the whole, at the same places, whatever stands in it."""
    data = b"[" + separator.join(items) + end
    with patch.multiple(module, _PIECE_BYTES=size, _FEW_BYTES=size // 4):
        cut = list(parts(Stream(io.BytesIO(data))))
    found = [one for part in cut for one in (elements(part) if isinstance(part, Stream) else [part])]

    assert [one[:4] for one in found] == [one[:4] for one in elements(Stream(io.BytesIO(data)))]


@given(
    items=st.lists(LIKE.map(lambda item: json.dumps(item, indent=2).encode()) | ODD, max_size=30),
    separator=st.sampled_from([b"", b"\n", b"\r\n", b",\n", b"\n\x1e", b" \n\n "]),
    size=st.integers(20, 600),
)
def test_pieces_of_values_hold_its_values(items: list[bytes], separator: bytes, size: int):
    """So have values that stand one behind the other, and all their bytes are given."""
    data = separator.join(items)
    with patch.multiple(module, _PIECE_BYTES=size, _FEW_BYTES=size // 4):
        cut = list(value_parts(Stream(io.BytesIO(data))))
    found = [one for part in cut for one in (values_in(part) if isinstance(part, Stream) else [part])]
    left = bytearray(data)
    for one in found:
        assert data[one.offset : one.offset + len(one.data)] == one.data
        left[one.offset : one.offset + len(one.data)] = b" " * len(one.data)

    assert [one[:4] for one in found] == [one[:4] for one in values_in(Stream(io.BytesIO(data)))]
    assert not left.strip(b" ,\r\n\x1e")


@given(
    items=st.lists(st.dictionaries(st.text(max_size=8), values, max_size=4), min_size=1, max_size=8),
    indent=st.sampled_from([None, 0, 1, 4]),
    separator=st.sampled_from(["", "\n", "\r\n", "\x1e", "\n\n"]),
    kind=st.sampled_from([Slow, io.BytesIO]),
)
def test_values_are_those_of_ijson(items: list[Any], indent: int | None, separator: str, kind: type):
    """Objects one behind the other are found, however they are printed, and at their offsets."""
    data = separator.join(json.dumps(item, indent=indent) for item in items).encode()
    found = list(values_in(Stream(kind(data))))
    plain = io.BytesIO(data.replace(b"\x1e", b" "))

    assert [loads(one) for one in found] == list(ijson.items(plain, "", multiple_values=True, use_float=True))
    assert [one.reason for one in found] == [None] * len(items)
    assert [data.count(b"\n", 0, one.offset) + 1 for one in found] == [one.line for one in found]


@given(
    head=st.lists(
        st.sampled_from([b"x", b"\\", b'\\"', b'"', b"{", b"}", b"[", b"]", b",", b" "]), max_size=40
    ),
    first=st.sampled_from([b"{", b"[", b'"', b"1"]),
    cuts=st.lists(st.integers(1, 9), max_size=8),
)
def test_the_end_of_an_element_is_found_in_parts(head: list[bytes], first: bytes, cuts: list[int]):
    """Where an element ends does not depend on how it is cut while it is looked for."""
    data, at, end = first + b"".join(head), 0, module._End(first)
    found = None
    for size in [*cuts, len(data)]:
        part = data[at : at + size]
        found = end.find(part) if part else None
        if found is not None:
            found += at
            break
        at += len(part)

    assert found == module._End(first).find(data)


def test_broken_element_does_not_end_the_list():
    """What comes after an element that is no JSON is found all the same."""
    found = list(elements(Stream(io.BytesIO(b'[{"a":1},{"a":nope},{"a":3}]'))))

    assert [element.data for element in found] == [b'{"a":1}', b'{"a":nope}', b'{"a":3}']


def test_numbers_and_surrogates_of_browsers_are_read():
    """NaN and half a surrogate pair are no reason to lose an element."""
    found = list(elements(Stream(io.BytesIO(b'[{"a":NaN},{"a":"\\ud83d"}]'))))

    assert [list(loads(element)) for element in found] == [["a"], ["a"]]
