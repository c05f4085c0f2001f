"""A body with what is known about it, each view of it read at most once."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from errnorm.exceptions import InvalidArgument
from errnorm.reading.charset import charset_of, decode
from errnorm.reading.encoding import decompress
from errnorm.reading.html import HtmlPage, looks_like_html, read_html
from errnorm.reading.json import JsonDocument, read_json
from errnorm.reading.limits import Limits
from errnorm.reading.xml import XmlDocument, local_name, read_xml, to_value
from errnorm.record import Problem
from errnorm.vocabulary import ProblemCode

__all__ = ["Body", "Kind", "Payload", "XmlDocument", "as_body", "local_name", "to_value"]

_NO_HEADERS: Mapping[str, str] = {}
_NO_LIMITS = Limits()
_UNREAD: Any = object()
_NUL, _ESCAPE = b"\0\x1b"  # as numbers: asking bytes for bytes takes 0.2 µs, for a number a tenth of it


class Kind(StrEnum):
    """What a body is by its first characters: a server's Content-Type is often wrong about errors."""

    EMPTY = "empty"
    XML = "xml"
    HTML = "html"
    JSON = "json"
    TEXT = "text"


class Body(NamedTuple):
    """What a caller gave, as bytes.

    Attributes:
        data: the bytes; for a decoded JSON value its JSON.
        from_object: it was a decoded JSON value.
        problems: what JSON could not carry.
    """

    data: bytes
    from_object: bool = False
    problems: tuple[Problem, ...] = ()


def as_body(body: object) -> Body:
    """Take a body as callers have it.

    Args:
        body: bytes, str, decoded JSON, or None for no body.

    Returns:
        The bytes: a str as UTF-8, decoded JSON as its JSON.

    Raises:
        InvalidArgument: when it is anything else, such as a response object.

    Example:
        >>> as_body({"code": 1016}).data
        b'{"code":1016}'
    """
    if isinstance(body, bytes):
        return Body(body)
    if isinstance(body, str):
        return Body(body.encode("utf-8", "surrogatepass"))
    if isinstance(body, bytearray | memoryview):
        return Body(bytes(body))
    if body is None:
        return Body(b"")
    if isinstance(body, Mapping | list | tuple | int | float):
        return _as_json(dict(body) if isinstance(body, Mapping) else body)
    raise InvalidArgument(
        f"body is of type {type(body).__name__}. Give bytes, str, decoded JSON or None; "
        "of a response object give its content."
    )


def _as_json(value: object) -> Body:
    foreign: list[object] = []

    def text_of(item: object) -> object:
        if isinstance(item, Mapping):
            return dict(item)
        foreign.append(item)
        try:
            return str(item)
        except Exception:  # noqa: BLE001 - an object of the caller's may fail in any way
            return type(item).__name__

    try:
        data = orjson.dumps(value, default=text_of)
    except TypeError:  # a number beyond 64 bits, a lone surrogate, a key that is no text
        try:
            data = json.dumps(value, default=text_of).encode()
        except (TypeError, ValueError, RecursionError):
            # It contains itself, or is nested deeper than Python goes: `reprlib` stops in time.
            return Body(reprlib.repr(value).encode("utf-8", "replace"), True, (_COERCED,))
    return Body(data, True, (_COERCED,) if foreign else ())


_COERCED = Problem(
    ProblemCode.OBJECT_COERCED, "The object holds what JSON has no form for; that was written as its text."
)


class Payload:
    """A body with its status, headers, content type and url, and lazy views that never raise.

    Args:
        body: the raw bytes.
        status: the HTTP status, if known.
        headers: by lower-cased name; only those that some vendor declares.
        url: the path of the request's url.
        hint: the vendor that the caller named.
        limits: how much is read.

    Attributes:
        content_type: the Content-Type, as sent.
        data: the bytes that are read: without Content-Encoding, at most `limits.max_body_bytes`.
        text: the body as text.
        charset: the charset it was read in.
        kind: what the body is by its first characters.
        problems: what could not be read, so far.
        memo: what a vendor's `score` worked out, for its `parse`.
        shape: the wire form, once a vendor's `parse` has recognised it.

    Example:
        >>> payload = Payload(b'<ApiErrors><ApiError/></ApiErrors>', status=400)
        >>> payload.kind.value, payload.xml.roots[0].tag
        ('xml', 'ApiErrors')
    """

    content_type: str | None = None
    charset = "utf-8"
    shape: str | None = None
    _json: JsonDocument | None = _UNREAD
    _xml: XmlDocument | None = _UNREAD
    _html: HtmlPage | None = None
    _values: list[Any] | None = None
    _utf8: bytes | None = None

    def __init__(  # noqa: PLR0913 - keywords: what is known about a body
        self,
        body: bytes,
        *,
        status: int | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        url: str | None = None,
        hint: str | None = None,
        limits: Limits = _NO_LIMITS,
    ) -> None:
        self.body = self.data = body
        self.status = status
        self.headers = headers
        self.url = url
        self.hint = hint
        self.limits = limits
        self.problems: list[Problem] = []
        self.memo: dict[str, Any] = {}
        if headers:
            self.content_type = headers.get("content-type")
        if (
            body.isascii()
            and len(body) <= limits.max_body_bytes
            and _NUL not in body
            and _ESCAPE not in body
            and "content-encoding" not in headers
        ):
            # Most bodies: ASCII is packed in nothing, and text in whatever charset was declared; only
            # UTF-16 has NULs in it, and ISO-2022-JP escapes.
            self.text, self._utf8 = body.decode("ascii"), body
        else:
            self.data = self._plain(body)
            self.text, self.charset, problems = decode(self.data, charset_of(self.content_type))
            self.problems += problems
        self.kind = _kind_of(self.text)

    def _plain(self, body: bytes) -> bytes:
        limit = self.limits.max_body_bytes
        encoding = self.headers.get("content-encoding")
        if encoding or body[:1] in {b"\x1f", b"\x28"}:
            body, problems = decompress(body, encoding, limit)
            self.problems += problems
        if len(body) <= limit:
            return body
        self.problems.append(
            Problem(
                ProblemCode.BODY_TOO_LARGE,
                f"The body has {len(body)} bytes; its first {limit} bytes were read.",
                f"byte {limit}",
            )
        )
        return body[:limit]

    @property
    def json(self) -> JsonDocument | None:
        """The body as JSON, None where it holds no object and no list."""
        if self._json is _UNREAD:
            self._json = read_json(self._as_utf8(), self.text, self.limits.max_depth)
            self.problems += self._json.problems if self._json else ()
        return self._json

    @property
    def xml(self) -> XmlDocument | None:
        """The body as XML, None where it holds no markup."""
        if self._xml is _UNREAD:
            self._xml = read_xml(self._as_utf8(), self.text, self.limits.max_depth)
            self.problems += self._xml.problems if self._xml else ()
        return self._xml

    @property
    def xml_values(self) -> list[Any]:
        """The roots of `xml` as JSON values, with nothing left out; empty where there is none.

        All vendors are given the same values: take a copy of what you change.
        """
        if self._values is None:
            document = self.xml
            self._values = [to_value(root, document) for root in document.roots] if document else []
        return self._values

    @property
    def html(self) -> HtmlPage:
        """The top of the body as an HTML page."""
        if self._html is None:
            self._html = read_html(self.text)
        return self._html

    def _as_utf8(self) -> bytes:
        """Give the text as the readers want it."""
        if self._utf8 is None:
            self._utf8 = self.text.encode("utf-8", "replace")
        return self._utf8

    def __repr__(self) -> str:
        """Show what is safe to show."""
        return f"<Payload {len(self.body)} bytes, status {self.status}>"


_TELLING = frozenset("<{[")
_OF_PAGES = frozenset("!?hHbBtTcCdDsSnNiImM")
_LEADING = "\ufeff\0 \t\r\n\f\v"


def _kind_of(text: str) -> Kind:
    first = text[:1]
    if first not in _TELLING:
        text = text.lstrip(_LEADING)
        first = text[:1]
    if first == "<":
        # By its second character, `<ApiErrors>` is no page: saves 0.4 µs.
        return Kind.HTML if text[1:2] in _OF_PAGES and looks_like_html(text) else Kind.XML
    if first in _TELLING:
        return Kind.JSON
    return Kind.TEXT if first else Kind.EMPTY
