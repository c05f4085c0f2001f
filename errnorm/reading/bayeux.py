"""The Bayeux envelope (CometD): one object or a list of objects, each with a `channel`.

Source: the Bayeux protocol specification, sections 3 (message fields) and 3.11 (error).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

__all__ = ["BayeuxError", "is_envelope", "messages", "read_error"]

# The protocol's own samples: 402::Unknown client, or 403:session7,/chat/room:Subscription denied.
_ERROR = re.compile(r"(\d{3}):([^:]{0,1000}):(.{0,10000})", re.DOTALL)


class BayeuxError(NamedTuple):
    """The three parts of a Bayeux error field.

    Attributes:
        code: three digits.
        arguments: what it is about, comma-separated; often empty.
        message: the text.
    """

    code: str
    arguments: str | None
    message: str | None


def is_envelope(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a JSON value is a Bayeux message.

    Example:
        >>> is_envelope({"channel": "/meta/handshake", "successful": True}), is_envelope({"channel": "mail"})
        (True, False)
    """
    return isinstance(value, dict) and "channel" in value and str(value["channel"]).startswith("/")


def messages(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    """Give the Bayeux messages of a body, none when it is no Bayeux.

    Example:
        >>> len(messages([{"channel": "/chat", "data": {}}, {"channel": "/meta/connect"}]))
        2
    """
    items = value if isinstance(value, list) else [value]
    return [item for item in items if is_envelope(item)]


def read_error(text: str | None) -> BayeuxError | None:
    """Take a Bayeux error field apart.

    Example:
        >>> read_error("402::Unknown client")
        BayeuxError(code='402', arguments=None, message='Unknown client')
    """
    found = _ERROR.fullmatch(text) if text else None
    return BayeuxError(found[1], found[2] or None, found[3] or None) if found else None
