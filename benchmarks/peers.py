"""What others run on an error response: the bare parsers, botocore, google-api-core.

botocore and google-api-core read a form of their own, so they get it: as long as ours, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import orjson
from botocore.parsers import JSONParser, QueryParser
from google.api_core.exceptions import from_http_response
from lxml import etree

__all__ = ["aws", "bare_json", "bare_xml", "boto_json", "boto_query", "google", "google_response"]

QUERY = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>ServiceUnavailable</Code><Message>%s</Message></Error>"
    b"<RequestId>request-%07d</RequestId></ErrorResponse>"
)
JSON = b'{"__type": "com.example#ServiceUnavailable", "message": "%s of request-%07d"}'
GOOGLE = b'{"error": {"code": 503, "message": "%s of request-%07d", "status": "UNAVAILABLE"}}'
WORDS = b"The service cannot answer now, try again later. "

_QUERY, _JSON = QueryParser(), JSONParser()


def bare_xml(body: bytes) -> dict[str, str | None]:
    """Parse with lxml, and read the members of the error into a dict."""
    return {member.tag: member.text for member in etree.fromstring(body)[0]}


def bare_json(body: bytes) -> object:
    """Parse with orjson."""
    return orjson.loads(body)


def boto_query(response: dict[str, Any]) -> object:
    """Read an error of an AWS service that speaks XML, as its client does."""
    return _QUERY.parse(response, None)


def boto_json(response: dict[str, Any]) -> object:
    """Read an error of an AWS service that speaks JSON, as its client does."""
    return _JSON.parse(response, None)


def google(response: object) -> object:
    """Make the exception of a Google client."""
    return from_http_response(response)


def aws(form: bytes, size: int, headers: Mapping[str, str]) -> Callable[[int], dict[str, Any]]:
    """Give a maker of AWS responses.

    Args:
        form: `QUERY` or `JSON`.
        size: of the body, in bytes.
        headers: the response headers.

    Returns:
        A function from a number to a response, as botocore hands it to its parsers.
    """
    return lambda n: {"status_code": 503, "headers": headers, "body": _filled(form, n, size)}


def google_response(size: int) -> Callable[[int], object]:
    """Give a maker of responses as google-api-core takes them from requests, with bodies of a size."""

    def make(n: int) -> object:
        body = _filled(GOOGLE, n, size)
        request = SimpleNamespace(method="GET", url="https://service.example.com/v1/items")
        return SimpleNamespace(status_code=503, request=request, json=lambda: json.loads(body))

    return make


def _filled(form: bytes, n: int, size: int) -> bytes:
    room = size - len(form % (b"", n))
    return form % ((WORDS * (room // len(WORDS) + 1))[:room], n)
