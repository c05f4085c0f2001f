"""Readers: one form of input a file, each a frozen value, chosen by content."""

from __future__ import annotations

from collections.abc import Mapping

from errnorm.batch.capture import Reader
from errnorm.batch.readers.body import BINARY, BODY
from errnorm.batch.readers.container import CONTAINER
from errnorm.batch.readers.csv import CSV
from errnorm.batch.readers.har import HAR
from errnorm.batch.readers.http_message import HTTP
from errnorm.batch.readers.json_array import HITS, JSON_ARRAY, JSON_VALUES, RECORDS
from errnorm.batch.readers.log import LOG
from errnorm.batch.readers.ndjson import NDJSON
from errnorm.exceptions import InvalidArgument

__all__ = ["READERS", "reader_named", "reader_of"]

READERS = (HAR, HITS, RECORDS, HTTP, CONTAINER, NDJSON, JSON_ARRAY, JSON_VALUES, CSV, BODY, BINARY, LOG)
"""All readers; of two that are equally sure, the first reads."""


def reader_of(head: bytes, fields: Mapping[str, str]) -> Reader:
    """Choose the reader of a stream by its first bytes.

    Args:
        head: the first bytes, at least some KiB where there are so many.
        fields: the members that the user maps, JSON pointers by role.

    Returns:
        The reader that is surest; a text of no other form is a log.

    Example:
        >>> reader_of(b"HTTP/1.1 503 Service Unavailable", {}).name
        'http'
    """
    return max(READERS, key=lambda reader: reader.sniff(head, fields))


def reader_named(name: str) -> Reader:
    """Give a reader by its name.

    Raises:
        InvalidArgument: when no reader has it.
    """
    for reader in READERS:
        if reader.name == name:
            return reader
    names = ", ".join(reader.name for reader in READERS)
    raise InvalidArgument(f"There is no format {name!r}. There are: auto, {names}.")
