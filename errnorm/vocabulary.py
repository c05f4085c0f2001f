"""The closed word lists of a record: each word once, with what it means."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = [
    "Category",
    "Decision",
    "DelaySource",
    "Match",
    "Origin",
    "ProblemCode",
    "Scope",
    "Severity",
    "Verified",
]


class Category(StrEnum):
    """What kind of trouble it is, the same for every vendor.

    The list is open: a later version may add a word, and a reader of stored records that meets a
    word it does not know reads `unknown`.

    Attributes:
        line: what the category says, in one line.
        rpc: the nearest code of google.rpc.
        http_status: the HTTP status that means the same.
        gateway_status: the HTTP status that *our* caller should see when it happened upstream.
        not_to_be_confused_with: the neighbour that is often taken for it, and what tells them apart.

    Example:
        >>> Category("busy").gateway_status
        503
        >>> Category("a word of tomorrow")
        <Category.UNKNOWN: 'unknown'>
    """

    line: str
    rpc: str
    http_status: int
    gateway_status: int
    not_to_be_confused_with: str

    def __new__(
        cls,
        value: str,
        line: str = "",
        rpc: str = "",
        statuses: tuple[int, int] = (500, 502),
        confusion: str = "",
    ) -> Self:
        """Make a member whose text is `value`, with its facts beside it; only the list below does."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.line = line
        member.rpc = rpc
        member.http_status, member.gateway_status = statuses
        member.not_to_be_confused_with = confusion
        return member

    @classmethod
    def _missing_(cls, value: object) -> Category | None:
        return cls.UNKNOWN if isinstance(value, str) else None

    AUTHENTICATION = (
        "authentication",
        "The caller did not prove who it is.",
        "UNAUTHENTICATED",
        (401, 502),
        "authorization: there the caller is known, and may not.",
    )
    AUTHORIZATION = (
        "authorization",
        "The caller is known and may not do this.",
        "PERMISSION_DENIED",
        (403, 502),
        "authentication: there nobody knows yet who calls.",
    )
    NOT_FOUND = (
        "not_found",
        "What the call names does not exist, or is gone.",
        "NOT_FOUND",
        (404, 404),
        "session_ended: there it existed and ran to its end.",
    )
    INVALID_REQUEST = (
        "invalid_request",
        "Something in the request is wrong, whatever the state of the system.",
        "INVALID_ARGUMENT",
        (400, 502),
        "invalid_state: there the same request is right at another time.",
    )
    MISSING_PARAMETER = (
        "missing_parameter",
        "Something required is absent from the request.",
        "INVALID_ARGUMENT",
        (400, 502),
        "invalid_request: there the value is present and wrong.",
    )
    CONFLICT = (
        "conflict",
        "Two changes collide, or the object is stale.",
        "ABORTED",
        (409, 409),
        "already_exists: there one change came twice.",
    )
    ALREADY_EXISTS = (
        "already_exists",
        "What should be made is there already.",
        "ALREADY_EXISTS",
        (409, 409),
        "conflict: there two different changes collide.",
    )
    INVALID_STATE = (
        "invalid_state",
        "The object exists and cannot do this in its present state.",
        "FAILED_PRECONDITION",
        (409, 409),
        "busy: there the state passes by itself.",
    )
    RATE_LIMITED = (
        "rate_limited",
        "Too many calls in a time.",
        "RESOURCE_EXHAUSTED",
        (429, 503),
        "quota_exceeded: there waiting alone does not help.",
    )
    QUOTA_EXCEEDED = (
        "quota_exceeded",
        "A configured or licensed number is used up.",
        "RESOURCE_EXHAUSTED",
        (429, 503),
        "rate_limited: there waiting helps.",
    )
    BUSY = (
        "busy",
        "What is needed is occupied for a while.",
        "UNAVAILABLE",
        (503, 503),
        "unavailable: there the service is down, not occupied.",
    )
    UNAVAILABLE = (
        "unavailable",
        "The service says that it is out of service for now.",
        "UNAVAILABLE",
        (503, 503),
        "dependency_failed: there the service runs and something behind it failed.",
    )
    TIMEOUT = (
        "timeout",
        "No answer came in time; an action may have happened all the same.",
        "DEADLINE_EXCEEDED",
        (504, 504),
        "network: there the way is known to be broken.",
    )
    CANCELLED = (
        "cancelled",
        "Somebody or something stopped it on purpose.",
        "CANCELLED",
        (499, 502),
        "session_ended: there it came to its regular end.",
    )
    UNSUPPORTED = (
        "unsupported",
        "This product, version or deployment cannot do it.",
        "UNIMPLEMENTED",
        (501, 502),
        "configuration: there it could, if it were set up.",
    )
    DEPENDENCY_FAILED = (
        "dependency_failed",
        "Something behind the answering server failed.",
        "UNAVAILABLE",
        (502, 502),
        "internal: there the answering server itself failed.",
    )
    NETWORK = (
        "network",
        "The way between the two sides is broken.",
        "UNAVAILABLE",
        (502, 502),
        "timeout: there nobody knows what is broken.",
    )
    PROTOCOL = (
        "protocol",
        "The two sides disagree about format, version or order of messages.",
        "INTERNAL",
        (502, 502),
        "invalid_request: there the message is well made and its content wrong.",
    )
    INTERNAL = (
        "internal",
        "The answering server failed by its own fault.",
        "INTERNAL",
        (500, 502),
        "dependency_failed: there it names something behind it.",
    )
    SESSION_ENDED = (
        "session_ended",
        "The session, call or dialog has come to its end.",
        "FAILED_PRECONDITION",
        (410, 410),
        "authentication: there the login ended, not the conversation.",
    )
    CONFIGURATION = (
        "configuration",
        "An administrator's set-up is wrong or incomplete.",
        "FAILED_PRECONDITION",
        (500, 502),
        "unsupported: there no set-up would help.",
    )
    UNKNOWN = (
        "unknown",
        "Nothing tells what kind of trouble it is.",
        "UNKNOWN",
        (500, 502),
        "internal: there the vendor says that it failed itself.",
    )


class Severity(StrEnum):
    """How bad one record or one problem is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class Decision(StrEnum):
    """Whether doing it again can help."""

    RETRY = "retry"
    DO_NOT_RETRY = "do_not_retry"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """What has to be done again, or must happen first."""

    SAME_CALL = "same_call"
    HIGHER_LEVEL = "higher_level"
    AFTER_REAUTH = "after_reauth"
    AFTER_CHANGE = "after_change"


class DelaySource(StrEnum):
    """Who named the delay."""

    HEADER = "header"
    BODY = "body"
    CATALOG = "catalog"


class Match(StrEnum):
    """By which rung of the lookup ladder an entry was found."""

    EXACT = "exact"
    MESSAGE = "message"
    FAMILY = "family"
    STATUS = "status"
    NONE = "none"


class Origin(StrEnum):
    """Who wrote the body."""

    VENDOR = "vendor"
    CONTAINER = "container"
    PROXY = "proxy"
    CLIENT = "client"
    UNKNOWN = "unknown"


class Verified(StrEnum):
    """How well a catalog entry is proved."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    INFERRED = "inferred"


class ProblemCode(StrEnum):
    """What could not be read, or not be taken as it stands.

    `severity` is `error` where something was not read (`strict=True` raises on it), and `warning`
    or `info` where all was read and a reader should know how.
    """

    severity: Severity

    def __new__(cls, value: str, severity: Severity = Severity.ERROR) -> Self:
        """Make a member whose text is `value`, with its severity beside it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.severity = severity
        return member

    BODY_TOO_LARGE = "body-too-large", Severity.ERROR
    TOO_DEEP = "too-deep", Severity.ERROR
    TOO_MANY_RECORDS = "too-many-records", Severity.ERROR
    TOO_MANY_MEMBERS = "too-many-members", Severity.ERROR
    ENCODING_UNSUPPORTED = "encoding-unsupported", Severity.ERROR
    ENCODING_INVALID = "encoding-invalid", Severity.ERROR
    ENCODING_TRUNCATED = "encoding-truncated", Severity.ERROR
    CHARSET_GUESSED = "charset-guessed", Severity.WARNING
    CHARSET_MISMATCH = "charset-mismatch", Severity.WARNING
    TEXT_REPLACED = "text-replaced", Severity.WARNING
    XML_REPAIRED = "xml-repaired", Severity.WARNING
    XML_TRUNCATED = "xml-truncated", Severity.ERROR
    XML_DOCTYPE_IGNORED = "xml-doctype-ignored", Severity.WARNING
    JSON_LENIENT = "json-lenient", Severity.INFO
    JSON_INVALID = "json-invalid", Severity.ERROR
    JSON_TRUNCATED = "json-truncated", Severity.ERROR
    JSON_DUPLICATE_KEY = "json-duplicate-key", Severity.WARNING
    OBJECT_COERCED = "object-coerced", Severity.WARNING
    STATUS_INVALID = "status-invalid", Severity.WARNING
    STATUS_DIFFERS = "status-differs", Severity.WARNING
    RETRY_AFTER_INVALID = "retry-after-invalid", Severity.WARNING
    HINT_CONTRADICTED = "hint-contradicted", Severity.WARNING
    CODE_CONTRADICTED = "code-contradicted", Severity.WARNING
    REPRESENTATIONS_DIFFER = "representations-differ", Severity.WARNING
    BODY_OMITTED = "body-omitted", Severity.WARNING
    SPAN_TRUNCATED = "span-truncated", Severity.WARNING
    SPAN_INTERLEAVED = "span-interleaved", Severity.INFO
    VENDOR_FAILED = "vendor-failed", Severity.ERROR
    INTERNAL_ERROR = "internal-error", Severity.ERROR
