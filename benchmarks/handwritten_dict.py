"""What an integrator writes by hand: a parser, ladders of `get`, a small table of codes, and a dict.

Each function knows its vendor, so nothing is detected, and knows only the usual form of its bodies.
"""

from __future__ import annotations

import json
from typing import Any

import xmltodict

__all__ = ["finesse", "genesys", "gwe", "zoom"]

Advice = tuple[str, bool]  # a category, and whether the same call may be made again
UNKNOWN: Advice = ("unknown", False)
BY_STATUS: dict[int | None, Advice] = {
    400: ("invalid_request", False),
    401: ("authentication", False),
    403: ("authorization", False),
    404: ("not_found", False),
    429: ("rate_limited", True),
    500: ("internal", False),
    502: ("unavailable", True),
    503: ("unavailable", True),
    504: ("timeout", True),
}
FINESSE: dict[str | None, Advice] = {
    "13036": ("dependency_failed", False),
    "SERVER_OUT_OF_SERVICE": ("unavailable", True),
    "CF_RESOURCE_BUSY": ("busy", True),
    "CF_INVALID_AGENT_ID": ("invalid_request", False),
}
ZOOM: dict[str | None, Advice] = {
    "1001": ("session_ended", False),
    "1011": ("session_ended", False),
    "1016": ("authentication", False),
}
CHAT: dict[str | None, Advice] = {
    "50": ("not_found", False),
    "100": ("unavailable", True),
    "150": ("network", True),
}


def finesse(body: bytes, status: int | None = None) -> dict[str, Any]:
    """Read `ApiErrors` XML; of several errors the first."""
    error = xmltodict.parse(body).get("ApiErrors", {}).get("ApiError") or {}
    if isinstance(error, list):
        error = error[0]
    code, subcode = error.get("ErrorMessage"), error.get("peripheralErrorCode")
    category, again = FINESSE.get(subcode) or FINESSE.get(code) or BY_STATUS.get(status, UNKNOWN)
    return {
        "vendor": "cisco-finesse",
        "type": error.get("ErrorType"),
        "code": code,
        "subcode": subcode,
        "message": error.get("peripheralErrorText") or code,
        "target": error.get("ErrorData"),
        "status": status,
        "category": category,
        "retry": again,
        "extra": {"peripheralErrorMsg": error.get("peripheralErrorMsg")},
        "raw": body,
    }


def zoom(body: bytes, status: int | None = None) -> dict[str, Any]:
    """Read a `session_error` event, with or without its payload."""
    event = json.loads(body)
    error = event.get("payload") or event.get("data") or event
    code = error.get("code")
    code = None if code is None else str(code)
    category, again = ZOOM.get(code) or BY_STATUS.get(status, UNKNOWN)
    return {
        "vendor": "zoom-cobrowse",
        "type": error.get("exception"),
        "code": code,
        "message": error.get("errorMsg") or error.get("message"),
        "status": status,
        "ids": {"session": error.get("sessionId")},
        "category": category,
        "retry": again,
        "raw": body,
    }


def genesys(body: bytes, status: int | None = None) -> dict[str, Any]:
    """Read an `EventError` in a Bayeux envelope; of several messages the first."""
    message = json.loads(body)
    if isinstance(message, list):
        message = message[0]
    event = message.get("data") or {}
    error = event.get("error") or {}
    code = error.get("code")
    code = None if code is None else str(code)
    category, again = CHAT.get(code) or BY_STATUS.get(status, UNKNOWN)
    return {
        "vendor": "genesys-chat",
        "type": event.get("type"),
        "code": code,
        "message": error.get("description") or error.get("message"),
        "status": status,
        "ids": {"client": message.get("clientId"), "request": message.get("id")},
        "category": category,
        "retry": again,
        "extra": {"channel": message.get("channel")},
        "raw": body,
    }


def gwe(body: bytes, status: int | None = None) -> dict[str, Any]:
    """Read whatever members a body under a status has."""
    found = json.loads(body)
    error = found.get("error") or found
    code = error.get("code")
    category, again = BY_STATUS.get(status, UNKNOWN)
    return {
        "vendor": "genesys-gwe",
        "code": None if code is None else str(code),
        "message": error.get("message") or error.get("title"),
        "target": error.get("uri"),
        "status": status,
        "category": category,
        "retry": again,
        "extra": {"title": error.get("title")},
        "raw": body,
    }
