"""What an integrator writes with pydantic: a model for each vendor's form, and one for the record.

JSON goes straight into the model (`model_validate_json`, the fast way that pydantic's manual names).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import handwritten_dict as by_hand
import xmltodict
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

__all__ = ["finesse", "genesys", "gwe", "zoom"]


class Category(StrEnum):
    """The classes of errors that the integration tells apart."""

    AUTHENTICATION = "authentication"
    AUTHORIZATION = "authorization"
    BUSY = "busy"
    DEPENDENCY_FAILED = "dependency_failed"
    INTERNAL = "internal"
    INVALID_REQUEST = "invalid_request"
    NETWORK = "network"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    SESSION_ENDED = "session_ended"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class Record(BaseModel):
    """What all vendors' errors become."""

    model_config = ConfigDict(frozen=True)

    vendor: str
    type: str | None = None
    code: str | None = None
    subcode: str | None = None
    message: str | None = None
    target: str | None = None
    status: int | None = None
    ids: dict[str, str | None] = Field(default_factory=dict)
    category: Category = Category.UNKNOWN
    retry: bool = False
    extra: dict[str, Any] = Field(default_factory=dict)
    raw: bytes = b""


class _Members(BaseModel):
    """The members of a vendor's body: unknown ones are kept, numbers are taken as text."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True, populate_by_name=True)


class ApiError(_Members):
    """One error of Finesse."""

    type: str | None = Field(None, alias="ErrorType")
    data: str | None = Field(None, alias="ErrorData")
    message: str | None = Field(None, alias="ErrorMessage")
    peripheral_code: str | None = Field(None, alias="peripheralErrorCode")
    peripheral_name: str | None = Field(None, alias="peripheralErrorMsg")
    peripheral_text: str | None = Field(None, alias="peripheralErrorText")


class SessionError(_Members):
    """The payload of a Cobrowse event."""

    code: str | None = None
    message: str | None = Field(None, alias="errorMsg")
    exception: str | None = None
    session: str | None = Field(None, alias="sessionId")


class SessionEvent(_Members):
    """A Cobrowse event."""

    event: str
    payload: SessionError


class ChatError(_Members):
    """The error of a chat event."""

    code: str | None = None
    description: str | None = None


class ChatEvent(_Members):
    """A chat event."""

    type: str
    error: ChatError


class BayeuxMessage(_Members):
    """One message of a Bayeux envelope."""

    id: str | None = None
    client: str | None = Field(None, alias="clientId")
    channel: str
    data: ChatEvent


class Usual(_Members):
    """The usual members of a body under a status."""

    code: str | None = None
    title: str | None = None
    message: str | None = None
    uri: str | None = None


BAYEUX = TypeAdapter(list[BayeuxMessage])


def finesse(body: bytes, status: int | None = None) -> Record:
    """Read `ApiErrors` XML; of several errors the first."""
    found = xmltodict.parse(body, force_list=("ApiError",))
    error = ApiError.model_validate(found["ApiErrors"]["ApiError"][0])
    known = by_hand.FINESSE.get(error.peripheral_code) or by_hand.FINESSE.get(error.message)
    category, again = known or by_hand.BY_STATUS.get(status, by_hand.UNKNOWN)
    return Record(
        vendor="cisco-finesse",
        type=error.type,
        code=error.message,
        subcode=error.peripheral_code,
        message=error.peripheral_text or error.message,
        target=error.data,
        status=status,
        category=Category(category),
        retry=again,
        extra={"peripheralErrorMsg": error.peripheral_name},
        raw=body,
    )


def zoom(body: bytes, status: int | None = None) -> Record:
    """Read a `session_error` event with its payload."""
    error = SessionEvent.model_validate_json(body).payload
    category, again = by_hand.ZOOM.get(error.code) or by_hand.BY_STATUS.get(status, by_hand.UNKNOWN)
    return Record(
        vendor="zoom-cobrowse",
        type=error.exception,
        code=error.code,
        message=error.message,
        status=status,
        ids={"session": error.session},
        category=Category(category),
        retry=again,
        raw=body,
    )


def genesys(body: bytes, status: int | None = None) -> Record:
    """Read an `EventError` in a Bayeux envelope; of several messages the first."""
    message = BAYEUX.validate_json(body)[0]
    error = message.data.error
    category, again = by_hand.CHAT.get(error.code) or by_hand.BY_STATUS.get(status, by_hand.UNKNOWN)
    return Record(
        vendor="genesys-chat",
        type=message.data.type,
        code=error.code,
        message=error.description,
        status=status,
        ids={"client": message.client, "request": message.id},
        category=Category(category),
        retry=again,
        extra={"channel": message.channel},
        raw=body,
    )


def gwe(body: bytes, status: int | None = None) -> Record:
    """Read the usual members of a body under a status."""
    error = Usual.model_validate_json(body)
    category, again = by_hand.BY_STATUS.get(status, by_hand.UNKNOWN)
    return Record(
        vendor="genesys-gwe",
        code=error.code,
        message=error.message or error.title,
        target=error.uri,
        status=status,
        category=Category(category),
        retry=again,
        extra={"title": error.title},
        raw=body,
    )
