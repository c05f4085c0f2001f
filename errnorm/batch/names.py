"""The usual names of what a capture tells: body, status, headers, url, time, a line of a log.

Gateways and log stores write one object a response and agree on nothing: `status`, `response_code`,
`http.response.status_code` (flat or nested), `sc-status`. Names are data here; which of them an object has
is worked out once for all objects with the same members.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from attrs import frozen

from errnorm.batch.stores import NAMES as STORES
from errnorm.batch.stores import rows_of
from errnorm.exceptions import InvalidArgument

__all__ = [
    "LISTS",
    "MISSING",
    "ROLES",
    "STATUS",
    "STATUS_TEXT",
    "Names",
    "first_in",
    "has_body",
    "has_level",
    "has_many",
    "is_capture",
    "is_event",
    "is_own",
    "is_telemetry",
    "is_told",
    "listed",
    "mapped",
    "names_in",
    "opened",
    "paths_of",
    "pointer",
    "value_at",
]

Path = tuple[str, ...]

# In each line the best name first: what names the response goes before what may be anything.
_USUAL = {
    # Envoy's tap; HAR; ECS (Elastic); OpenTelemetry; Google Cloud; gateways; a bare capture
    "body": (
        "response.body.as_string response.body.as_bytes response.body.content response.body.text "
        "response.content.text response.content response.body response.text http.response.body.content "
        "http.response.body response_body responseBody resp_body upstream_response_body error_body "
        "response_body_base64 body_base64 raw_body body"
    ),
    "status": (
        "response.status_code response.status response.statusCode http.response.status_code "
        "http.status_code httpRequest.status http_status httpStatus status_code statusCode response_code "
        "responseCode response_status responseStatus sc_status upstream_status status"
    ),
    "headers": (
        "response.headers http.response.headers response_headers responseHeaders resp_headers headers"
    ),
    "content_type": (
        "response.content.mimeType http.response.mime_type response_content_type sent_http_content_type "
        "content_type contentType mimeType"
    ),
    "url": (
        "request.url request.pretty_url request.uri request.path url.full url.original url.path http.url "
        "http.target httpRequest.requestUrl request_url requestUrl request_uri requestURI requestUri uri "
        "cs_uri_stem x_envoy_original_path url path request"
    ),
    "time": (
        "response.timestamp_end response.timestamp_start @timestamp time_iso8601 timestamp timeUnixNano "
        "start_time startedDateTime times.start _time datetime time_local time ts msec __REALTIME_TIMESTAMP "
        "TimeGenerated @t date"
    ),
    "log": (
        "_raw message textPayload jsonPayload.message log.original log line msg @message @m full_message "
        "short_message event"
    ),
    "vendor": "",
}

ROLES: Mapping[str, Sequence[str]] = {role: text.split() for role, text in _USUAL.items()}
"""The usual names by what they tell, the best first; a dot goes down one level."""

STATUS = ":status"
"""The header that is the status (HTTP/2, Envoy's tap)."""

MISSING: Any = object()
_WHOLE = re.compile(r"-?\d{1,19}")
STATUS_TEXT = re.compile(r"[1-5]\d\d(?:\.0| [A-Za-z][\w' -]{0,60})?", re.ASCII)
"""Matches a status as text: 503, 503.0 (pandas), 404 Not Found (CGI, Rack), 404 NOT_FOUND (Spring)."""
_OWN = (
    {"schema_version", "vendor", "shape", "fingerprint", "category", "retry", "match"},
    {"source", "reason", "size", "charset", "from_object"},
)
_SAME = str.maketrans("- ", "__")


class Plain(NamedTuple):
    """The keys of an object that has each member once, at its top; None for what it has not."""

    body: str
    status: str | None
    headers: str | None
    content_type: str | None
    url: str | None
    time: str | None


@frozen
class Names:
    """Where an object has each of its members: the paths to try, in order.

    Attributes:
        body, status, headers, content_type, url, time, log, vendor: paths of keys.
        plain: the same, where there is nothing to try.
    """

    body: tuple[Path, ...] = ()
    status: tuple[Path, ...] = ()
    headers: tuple[Path, ...] = ()
    content_type: tuple[Path, ...] = ()
    url: tuple[Path, ...] = ()
    time: tuple[Path, ...] = ()
    log: tuple[Path, ...] = ()
    vendor: tuple[Path, ...] = ()
    plain: Plain | None = None


@lru_cache(256)
def names_in(keys: Path, fields: tuple[tuple[str, str], ...] = ()) -> Names:
    """Give the paths to try in an object.

    Args:
        keys: the keys of the object.
        fields: JSON pointers by role, where the user maps them; they leave the usual names aside.

    Example:
        >>> names_in(("Status", "http.response.body", "url")).body
        (('http.response.body',),)
    """
    own = {name: paths_of(text) for name, text in fields}
    spelt = {key.lower().translate(_SAME): key for key in reversed(keys)}
    usual = {role: tuple(_paths(names, spelt)) for role, names in ROLES.items()}
    found = {**usual, **own}
    return Names(**found, plain=None if _MARKS & {*keys} else _plain(found, keys))


def _plain(found: Mapping[str, tuple[Path, ...]], keys: Path) -> Plain | None:
    """Give the keys where each role has one: `url.full` is tried below `url`, which holds no text then.

    What the user maps may be missing in an object: `--field body=/answer` and `{"status": 503}`.
    """
    tops = {role: {path[0] for path in found[role] if path[0] in keys} for role in Plain._fields}
    flat = all((top,) in found[role] for role in tops for top in tops[role])
    if found["vendor"] or not flat or any(len(some) > 1 for some in tops.values()):
        return None
    body, *others = (next(iter(some), None) for some in tops.values())
    return Plain(body, *others) if body else None


def _paths(names: Iterable[str], spelt: Mapping[str, str]) -> Iterable[Path]:
    for name in names:
        if flat := spelt.get(name.lower()):
            yield (flat,)
        top, _, rest = name.partition(".")
        if rest and (key := spelt.get(top.lower())):
            yield (key, *rest.split("."))


def paths_of(text: str) -> tuple[Path, ...]:
    """Give the paths of a pointer, or of a name as in `ROLES`: a dot is one, or goes down one level.

    Example:
        >>> paths_of("/answer/a.b"), paths_of("answer.text")
        ((('answer', 'a.b'),), (('answer.text',), ('answer', 'text')))
    """
    path = pointer(text)
    return (path, tuple(text.split("."))) if "." in text and path == (text,) else (path,)


def pointer(text: str) -> Path:
    """Read a JSON pointer (RFC 6901); a name without `/` is a member of the top.

    Example:
        >>> pointer("/response/a~1b"), pointer("body")
        (('response', 'a/b'), ('body',))
    """
    if not text.startswith("/"):
        return (text,)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def value_at(value: Any, path: Path) -> Any:  # noqa: ANN401 - any JSON value
    """Give what stands in a value at a path; `MISSING` where nothing does.

    Example:
        >>> value_at({"hops": [{"status": 503}]}, ("hops", "0", "status"))
        503
    """
    for key in path:
        if isinstance(value, dict):
            if key not in value:
                return MISSING
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value


def first_in(item: Any, paths: Iterable[Path]) -> Any:  # noqa: ANN401 - any JSON value
    """Give the first value that is there and says something; None where none does."""
    for path in paths:
        value = value_at(item, path)
        if value is not MISSING and value is not None and value != "":
            return value
    return None


def is_capture(value: Any, fields: Mapping[str, str]) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether an object tells of a response: it has a body, or status and url, or a line of a log.

    Args:
        value: any JSON value.
        fields: JSON pointers by role, where the user maps them.

    Example:
        >>> is_capture({"status": 503, "path": "/x"}, {}), is_capture({"code": 1011}, {})
        (True, False)
    """
    if not isinstance(value, dict):
        return False
    if is_telemetry(value):
        return True
    _, names = _first_of(value, fields)
    return bool(fields or names.body or (names.status and names.url) or (names.log and names.time))


def is_event(value: Any, fields: Mapping[str, str]) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether an object may be one of a log: it has a level, or the status of a response.

    Example:
        >>> is_event({"level": "error", "detail": "x"}, {}), is_event({"status": "ok"}, {})
        (True, False)
    """
    if not isinstance(value, dict):
        return False
    item, names = _first_of(value, fields)
    return has_level(item) or bool(STATUS_TEXT.fullmatch(str(first_in(item, names.status))))


def has_level(item: Mapping[str, Any]) -> bool:
    """Tell whether an object names the level of a line of a log.

    Example:
        >>> has_level({"level": 50, "err": {}}), has_level({"err": {}})
        (True, False)
    """
    return any(name.lower() in _LEVELS for name in item)


def is_telemetry(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether an object is an export of OpenTelemetry or the like, or an event that tells of a response.

    Example:
        >>> is_telemetry({"resourceSpans": []}), is_telemetry({"attributes": {"http.status_code": 503}})
        (True, False)
    """
    if not isinstance(value, dict):
        return False
    is_export = any(isinstance(value.get(name), list) for name in _EXPORTS) or _has_rows(value)
    return is_export or _plain_of(value) is not None or _attributes_in(value) is not None


def _has_rows(value: dict[str, Any]) -> bool:
    return not STORES.isdisjoint(value) and rows_of(value) is not None


def has_body(value: Any, fields: Mapping[str, str]) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether an object tells of a response and has its body, be it empty.

    Example:
        >>> has_body({"status": 503, "path": "/x"}, {}), has_body({"status": 503, "body": ""}, {})
        (False, True)
    """
    if not isinstance(value, dict):
        return False
    item, names = _first_of(value, fields)
    return _is_any(item, names.body)


def _first_of(value: dict[str, Any], fields: Mapping[str, str]) -> tuple[dict[str, Any], Names]:
    """Give the first object that may be a capture, and where it has its members."""
    pairs = tuple(fields.items())
    item = next(iter(opened(value, pairs)), {})
    return item, names_in(tuple(item), pairs)


def _is_any(item: dict[str, Any], paths: Iterable[Path]) -> bool:
    return any(value_at(item, path) is not MISSING for path in paths)


def is_own(item: Mapping[str, Any]) -> bool:
    """Tell whether an object is a record or a reject of a run: it would come again as an unknown error.

    Example:
        >>> is_own({"source": {}, "reason": "", "size": 6, "charset": "utf-8", "from_object": False})
        True
    """
    return any(keys <= item.keys() for keys in _OWN)


def is_told(value: dict[str, Any], fields: Mapping[str, str]) -> bool:
    """Tell whether an object tells the status of a response, and its body, be it empty, or its url.

    Example:
        >>> is_told({"status": 502, "body": ""}, {}), is_told({"status": "ok", "body": ""}, {})
        (True, False)
    """
    return _is_told(*_first_of(value, fields))


def _is_told(item: dict[str, Any], names: Names) -> bool:
    status = first_in(item, names.status)
    is_status = STATUS_TEXT.fullmatch(str(status)) is not None
    return is_status and (first_in(item, names.url) is not None or _is_any(item, names.body))


def mapped(fields: object) -> dict[str, str]:
    """Give where a capture has its members, as the caller says it.

    Args:
        fields: JSON pointers by role.

    Raises:
        InvalidArgument: when it is no mapping, or has a role or a pointer that is none.

    Example:
        >>> mapped({"body": "/answer"}), mapped(None)
        ({'body': '/answer'}, {})
    """
    if not isinstance(fields, Mapping | None):
        kind = type(fields).__name__
        raise InvalidArgument(f'fields is of type {kind}. Give a mapping: {{"body": "/response/body"}}.')
    pairs = dict(fields or {})
    for name, text in pairs.items():
        if name not in ROLES:
            raise InvalidArgument(f"There is no member {name!r}. There are: {', '.join(ROLES)}.")
        if not isinstance(text, str) or not text:
            raise InvalidArgument(
                f"fields[{name!r}] is no JSON pointer. Give a text, such as /response/body."
            )
    return pairs


# Splunk's export, Elastic's hit, Envoy's tap, Datadog's log: what matters stands inside of another object.
_WRAPPERS = ("_source", "http_buffered_trace", "result", "event", "attributes")
_EXPORTS = ("resourceLogs", "resourceSpans")
_LOG_TIMES = ("timeUnixNano", "observedTimeUnixNano")
_UNKNOWN_TIMES = (None, "", "0", 0)
# What says that a body is base64, or that the object is not the capture itself.
_MANY = frozenset({*_EXPORTS, "hits", "responses"})
# Azure, Splunk, CloudWatch and Google Cloud put a list of what they export under one of these.
LISTS = frozenset({"records", "data", "events", "results", "entries", "logEvents"})
"""The members in which an object may hold a list of captures."""
# What has one of these is an answer itself: {"code":400,"data":[{"time":…,"body":…}]}
_ERRORS = frozenset({
    "error", "errors", "errorcode", "error_code", "errormessage", "error_message", "errormsg", "code",
    "message", "msg", "exception", "fault", "title", "detail",
})  # fmt: skip
# The usual loggers; OpenTelemetry; journald; Serilog.
_LEVELS = frozenset({
    "level", "severity", "log.level", "loglevel", "levelname", "severitytext", "priority", "@l",
})  # fmt: skip
_TELLING = ("status", "body", "response", "url")
_ATTRIBUTES = ("attributes", "Attributes")
_FIELDS = "fields"
_MARKS = frozenset({*_WRAPPERS, *_MANY, *_ATTRIBUTES, _FIELDS, "encoding", "isBase64Encoded"})
# The status in OpenTelemetry's conventions for HTTP, those of today and the old ones.
_CONVENTIONS = (*paths_of("http.response.status_code"), *paths_of("http.status_code"))
_CLIENT = (3, "SPAN_KIND_CLIENT")  # trace.proto
_BODIES = ("<", "{", "[")
_DEEPEST = 64  # levels of an AnyValue; a log record has two or three
# What alone may stand around it, where its name may be anybody's: in Splunk's export and what its collector
# is sent, and in a list of Datadog's, whose form is JSON:API.
_BESIDE = {
    "result": frozenset({"preview", "offset", "lastrow", "result"}),
    "event": frozenset({"event", "time", "host", "source", "sourcetype", "index", "fields"}),
    "attributes": frozenset({"id", "type", "attributes"}),
}


def opened(value: dict[str, Any], fields: tuple[tuple[str, str], ...] = ()) -> list[dict[str, Any]]:
    """Take an object out of what a log store wraps around it.

    Args:
        value: an object as exported.
        fields: JSON pointers by role, where the user maps them.

    Returns:
        The objects that may be captures: one, or for OpenTelemetry one a log record or span, for
        Elasticsearch one a hit, of a table one a row, of any other list one an element.

    Example:
        >>> opened({"_index": "logs", "_source": {"status": 503}})
        [{'_index': 'logs', '_source': {'status': 503}, 'status': 503}]
    """
    if "resourceLogs" in value:
        return [_plain_log(record) for record in _below(value, "resourceLogs", "scopeLogs", "logRecords")]
    if "resourceSpans" in value:
        return [_plain_span(span) for span in _below(value, "resourceSpans", "scopeSpans", "spans")]
    if not STORES.isdisjoint(value) and (rows := rows_of(value)) is not None:
        return list(map(_unwrapped, rows))
    if not fields and (plain := _plain_of(value)):
        return [plain(value)]
    hits = _hits(value) if "hits" in value or "responses" in value else []
    # What tells of a response itself is a capture, whatever else stands in it.
    if hits and not any(value.get(name) is not None for name in _TELLING):
        return list(map(_unwrapped, hits))
    name = listed(value, fields)
    return list(map(_unwrapped, value[name])) if name else [_unwrapped(value)]


def listed(value: dict[str, Any], fields: tuple[tuple[str, str], ...] = ()) -> str | None:
    """Give the member in which an object holds a list of captures, or of lines of a log with their times.

    An object that tells of an error or of a response itself holds none.

    Args:
        value: an object as exported.
        fields: JSON pointers by role, where the user maps them.

    Example:
        >>> listed({"next": "", "records": [{"status": 404, "body": "<ApiErrors/>"}]})
        'records'
        >>> listed({"code": 400, "data": [{"status": 404, "body": "<ApiErrors/>"}]})
    """
    if LISTS.isdisjoint(value):
        return None
    found = (name for name, inner in value.items() if name in LISTS and _are_events(inner, fields))
    name = next(found, None)
    return None if name is None or _is_answer(value, fields) else name


def has_many(value: dict[str, Any]) -> bool:
    """Tell whether an object may hold several captures, by the kinds of its members alone.

    Example:
        >>> has_many({"records": []}), has_many({"records": "none"})
        (True, False)
    """
    is_list = any(isinstance(value.get(name), list) for name in LISTS)
    return is_list or not _MANY.isdisjoint(value) or _has_rows(value)


def _are_events(value: Any, fields: tuple[tuple[str, str], ...]) -> bool:  # noqa: ANN401 - any JSON value
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        return False
    item = _unwrapped(value[0])
    names = names_in(tuple(item), fields)
    is_log = "attributes" in value[0] and _wraps("attributes", value[0])
    if _is_told(item, names) or is_log:
        return True
    text = first_in(item, names.log)
    # {"type":"x","event":"session_error","timestamp":…} is no line of a log.
    has_any = _is_any(item, names.body) or (isinstance(text, str) and not text.isidentifier())
    return has_any and first_in(item, names.time) is not None


def _is_answer(value: dict[str, Any], fields: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether an object tells of an error, or of a response, at its top."""
    names = names_in(tuple(value), fields)
    is_error = any(inner and name.lower() in _ERRORS for name, inner in value.items())
    # {"status":200,"data":[…]} may be what a log store answers.
    has_failed = str(first_in(value, names.status))[:1] in {"4", "5"}
    return is_error or has_failed or _is_any(value, names.body) or _is_told(value, names)


def _unwrapped(value: dict[str, Any]) -> dict[str, Any]:
    # A search that asks for fields, beside the source or alone: {"_index":"logs","fields":{"status":[503]}}
    if _FIELDS in value and "_index" in value and isinstance(value[_FIELDS], dict):
        value = {name: _only(inner) for name, inner in value[_FIELDS].items()} | value
    for name in _WRAPPERS:
        inner = value.get(name)
        if isinstance(inner, dict) and _wraps(name, value):
            return _with_attributes(value | inner)
    return _with_attributes(value)


def _only(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _with_attributes(value: dict[str, Any]) -> dict[str, Any]:
    if "attributes" not in value and "Attributes" not in value:  # most objects
        return value
    attributes = _attributes_in(value)
    return value if attributes is None else _as_logged(value) | attributes


def _attributes_in(value: dict[str, Any]) -> dict[str, Any] | None:
    """Give the attributes of an event: `{"time": …, "attributes": {"http.response.status_code": 503}}`."""
    for name in _ATTRIBUTES:
        inner = value.get(name)
        if isinstance(inner, dict) and _is_any(inner, _CONVENTIONS) and names_in(tuple(value)).time:
            return inner
    return None


def _as_logged(value: dict[str, Any]) -> dict[str, Any]:
    """Give an event whose body is a line of a log, `"body": "call failed: <ApiErrors>…"`, with it as such."""
    for name in ("body", "Body"):
        text = value.get(name)
        # `"body": "<ApiErrors>…"` is what was answered.
        if isinstance(text, str) and not text.lstrip().startswith(_BODIES):
            return {key: inner for key, inner in value.items() if key != name} | {"message": text}
    return value


def _hits(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the hits of an answer of Elasticsearch, or of the answers that `_msearch` gives together."""
    if not isinstance(value.get("hits"), dict):
        # An answer without hits tells why: {"error":{…},"status":404}
        answers = _objects(value.get("responses"))
        return [hit for one in answers for hit in (_objects(_hits_in(one)) or [one])]
    return _objects(_hits_in(value))


def _hits_in(answer: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    inner = answer.get("hits")
    return inner.get("hits") if isinstance(inner, dict) else None


def _wraps(name: str, value: dict[str, Any]) -> bool:
    if name == "attributes" and value.get("type") != "log":
        return False  # any other object of a JSON:API
    return value.keys() <= _BESIDE.get(name, value.keys())


def _below(value: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    """Give the log records or spans of an export (opentelemetry-proto, logs.proto and trace.proto)."""
    found = [value]
    for name in names:
        found = [inner for one in found for inner in _objects(one.get(name))]
    return found


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _plain_of(value: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
    """Give what reads a log record or a span that stands alone, as `jq` takes them out of an export."""
    attributes, body = value.get("attributes"), value.get("body")
    is_list = isinstance(attributes, list) and all(
        isinstance(one, dict) and "key" in one for one in attributes
    )
    # What tells of a response itself is a capture; of a span, `status` is an object.
    if any(value.get(name) is not None and not isinstance(value[name], dict) for name in _TELLING):
        return None
    if is_list and "startTimeUnixNano" in value:
        return _plain_span
    has_body = isinstance(body, dict) and len(body) == 1 and body.keys() <= _ANY_VALUE.keys()
    is_log = any(name in value for name in _LOG_TIMES) and (has_body or (is_list and not body))
    return _plain_log if is_log else None


def _plain_log(record: dict[str, Any]) -> dict[str, Any]:
    body = _any_value(record.get("body"))
    times = [record.get(name) for name in _LOG_TIMES]
    told = {"timeUnixNano": next((time for time in times if time not in _UNKNOWN_TIMES), None)}
    return told | (body if isinstance(body, dict) else {"message": body}) | _attributes(record)


def _plain_span(span: dict[str, Any]) -> dict[str, Any]:
    attributes = _attributes(span)
    # Where no answer came, a url alone, `{"url.path": "/finesse/api/User"}`, would be enough for a claim.
    if not STATUS_TEXT.fullmatch(str(first_in(attributes, _CONVENTIONS))):
        attributes = {}
    elif (
        span.get("kind") in _CLIENT
    ):  # what it got may be told by an exception; the spans around have it as well
        attributes["events"] = list(map(_attributes, _objects(span.get("events"))))
    # Without a body and a url it would be one: `{"http.response.status_code": 404, "http.route": …}`.
    return {"timeUnixNano": span.get("startTimeUnixNano"), "body": None} | attributes


def _attributes(record: dict[str, Any]) -> dict[str, Any]:
    return {
        str(item.get("key")): _any_value(item.get("value")) for item in _objects(record.get("attributes"))
    }


def _any_value(value: Any, left: int = _DEEPEST) -> Any:  # noqa: ANN401 - any JSON value
    """Give what an AnyValue holds: `{"stringValue": "x"}`, `{"kvlistValue": {"values": […]}}`."""
    if not isinstance(value, dict) or len(value) != 1 or not left:
        return value
    ((kind, inner),) = value.items()
    read = _ANY_VALUE.get(kind)
    return read(inner, left - 1) if read else value


def _text_in(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Give the text that bytes are, which stand in base64; as they are where they are none."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (ValueError, TypeError):
        return value


def _values(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    values = value.get("values") if isinstance(value, dict) else None
    return values if isinstance(values, list) else []


_ANY_VALUE: Mapping[str, Callable[[Any, int], Any]] = {
    "stringValue": lambda value, _: value,
    "boolValue": lambda value, _: value,
    "doubleValue": lambda value, _: value,
    "intValue": lambda value, _: int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else value,
    "bytesValue": lambda value, _: _text_in(value),
    "arrayValue": lambda value, left: [_any_value(item, left) for item in _values(value)],
    "kvlistValue": lambda value, left: {
        str(item.get("key")): _any_value(item.get("value"), left) for item in _objects(_values(value))
    },
}
