"""Readers: one form of input a file, chosen by content.

A reader is a frozen value of small functions: `sniff` says from the first bytes how likely a stream has
its form, `read` gives what is found in it, one at a time, and never fails on what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from errnorm.batch.capture import Found, Stream

__all__ = ["Reader"]


@frozen(kw_only=True)
class Reader:
    """A form of input.

    Attributes:
        name: `ndjson`, what a caller may say as *format*.
        title: the form in words.
        sniff: how likely a stream is of this form, from 0 to 1, by its first bytes.
        read: gives what is found in a stream, in order.
        cut: cuts a long stream into pieces that `read` takes one by one, for several processes; None
            where only the whole can be read.
    """

    name: str
    title: str
    sniff: Callable[[bytes], float]
    read: Callable[[Stream], Iterator[Found]]
    cut: Callable[[Stream], Iterator[Stream]] | None = None
