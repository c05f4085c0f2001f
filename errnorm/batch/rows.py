"""From an object or a table row to a capture: what it tells about a response, and the body in it."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
from attrs import evolve

from errnorm.batch.anchors import Anchors
from errnorm.batch.capture import Again, Capture, Found, Known, NotError, Stream
from errnorm.batch.events import has_empty_body, has_own, is_asked, is_claimed, texts_of, told_in
from errnorm.batch.names import (
    MISSING,
    STATUS,
    STATUS_TEXT,
    Names,
    Path,
    Plain,
    first_in,
    has_body,
    is_own,
    is_told,
    names_in,
    opened,
    value_at,
)
from errnorm.batch.spans import Span, spans
from errnorm.batch.times import Stamp, last_time, whole_moment
from errnorm.reading.charset import decode
from errnorm.reading.html import looks_like_html
from errnorm.record import Problem, Source

__all__ = [
    "captured",
    "found_in",
    "found_in_bytes",
    "headers_of",
    "in_span",
    "stamp_of",
    "status_of",
    "text_body",
]

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
# How `<`, `{`, `[`, a byte order mark and gzip begin in base64.
_BASE64_STARTS = ("P", "e", "W", "77u", "H4sI")
_ESCAPED = ('{\\"', '[{\\"', '"{\\"', '"[{\\"', '"<')
_PLAIN = ("<", "{", "[{")
_PLAIN_STARTS = (b"<", b"{", b"[", b"\xef\xbb\xbf", b"\x1f\x8b")
# nginx and Apache: `GET /finesse/api/User/1001 HTTP/1.1`
_REQUEST_LINE = re.compile(r"[A-Z]{3,10} (\S{1,8000})(?: HTTP/\S{1,4})?")
_NOTHING: Known = {}
_TEXT_BEGINS = re.compile(rb'"(?:\\[nrt]|\s)*+\Z')
_TEXT_ENDS = re.compile(rb'(?:\\[nrt]|\s)*+"')
_TELLS = re.compile(rb'[":=](?:\\[nrt]|\s)*+\Z')
_BLANK_BYTES = 80
_MOST_PAYLOADS = 8  # of a row, of which one may be the answer
_LOOKED_AT = 8  # elements of a list, which may be a body
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = re.compile(r"\d:\d\d:\d\d")
_LONGEST_NUMBER = 31  # characters of a number of seconds
# Digits before the point: seconds, milliseconds, microseconds, nanoseconds of our times.
_UNITS = ((10, 1), (13, 10**3), (16, 10**6), (19, 10**9))


def found_in(
    value: Any,  # noqa: ANN401 - any JSON value
    stream: Stream,
    data: bytes | None,
    line: int | None,
    offset: int | None,
) -> Iterable[Found]:
    """Give what an object tells.

    An object that carries no body of another one is the body itself; a list of captures holds them all.

    Args:
        value: an object of a capture, decoded; whatever else it is, it is a body.
        stream: where it is from; its `fields` say how members are mapped.
        data: its bytes, where it stands as JSON in the input.
        line: the line it begins in.
        offset: the byte it begins at.
    """
    if not isinstance(value, dict):
        return _in_list(value, stream, data, (line, offset))
    fields = tuple(stream.fields.items()) if stream.fields else ()
    plain = names_in(tuple(value), fields).plain
    found = _plainly(value, plain, stream, line, offset) if plain else None
    return (found,) if found else _in_object(value, stream, fields, data, (line, offset))


def found_in_bytes(
    value: Any,  # noqa: ANN401 - any JSON value
    stream: Stream,
    data: bytes,
    line: int | None,
    offset: int | None,
) -> Iterable[Found]:
    """Give what an object tells, as `found_in` does, and what was guessed of the charset of its bytes."""
    problems = _charset_problems(data)
    if not problems:
        return found_in(value, stream, data, line, offset)
    # Captures that are alike come again without a problem, and those in UTF-8 have none.
    every = found_in(value, evolve(stream, storm=None), data, line, offset)
    return [_with_problems(one, problems) for one in every]


def _charset_problems(data: bytes) -> tuple[Problem, ...]:
    """Give what was guessed of the charset of JSON, nothing where it is UTF-8, as it has to be."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return decode(data).problems
    return ()


def _with_problems(found: Found, problems: tuple[Problem, ...]) -> Found:
    if not isinstance(found, Capture) or (isinstance(found.body, bytes) and _charset_problems(found.body)):
        return found  # such a body tells so itself
    return evolve(found, problems=problems + found.problems)


def _in_list(
    value: Any,  # noqa: ANN401 - any JSON value but an object
    stream: Stream,
    data: bytes | None,
    place: tuple[int | None, int | None],
) -> Iterable[Found]:
    """Give what a list of captures tells; any other value is a body."""
    is_many = isinstance(value, list) and any(_is_capture(one, stream.fields) for one in value[:_LOOKED_AT])
    if not is_many:
        body = value if data is None else data.strip()
        return (Capture(body, {}, stream.source(*place), needs_claim=True),)
    every = (
        found_in(one, stream, None, *place)
        if isinstance(one, dict)
        else (Capture(one, {}, stream.source(*place), needs_claim=True),)
        for one in value
    )
    return [found for some in every for found in some]


def _is_capture(value: Any, fields: Mapping[str, str]) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, dict) and (has_body(value, fields) or is_told(value, fields))


def _in_object(
    value: dict[str, Any],
    stream: Stream,
    fields: tuple[tuple[str, str], ...],
    data: bytes | None,
    place: tuple[int | None, int | None],
) -> Iterator[Found]:
    for item in opened(value, fields):
        own = data.strip() if data is not None and item is value else None
        yield from _found(item, names_in(tuple(item), fields), stream, own, place)


def _seek(item: dict[str, Any], names: Names, status: int | None, stream: Stream) -> None:
    if stream.sought:
        # A line of a log without a status is mostly none: {"level":"info","msg":"started"}
        stream.sought.look(item, is_error=not names.log if status is None else status >= 400)


def _plainly(
    item: dict[str, Any], names: Plain, stream: Stream, line: int | None, offset: int | None
) -> Capture | Again | None:
    """Read a capture in which everything is as one expects, fast; None where anything is not."""
    body = item[names.body]
    status = None if names.status is None else item[names.status]
    time = None if names.time is None else item[names.time]
    if type(body) is not str or not body.startswith(_PLAIN) or body.startswith(_ESCAPED):
        return None
    if type(status) is not int or not 100 <= status <= 599:
        return None
    known: Known = {"status": status}
    if time is not None:
        moment = whole_moment(time)
        if moment is None:
            return None
        known["occurred_at"] = moment
    if not _has_plain(item, names, known):
        return None
    if stream.sought:
        stream.sought.look(item, is_error=status >= 400)
    if stream.storm is not None and line is not None and offset is not None:
        lines = stream.storm.of_body(body, known, stream, (line, offset, time))
        if lines is not None:
            return Again(1, lines)
    source = Source(name=stream.name, member=stream.member, line=line, offset=offset, time=time)
    return Capture(body, known, source)


def _has_plain(item: dict[str, Any], names: Plain, known: Known) -> bool:
    """Add url, content type and headers; False where one of them is not as one expects."""
    if names.url is not None:
        url = known["url"] = item[names.url]
        if type(url) is not str or not url or " " in url:
            return False
    if names.content_type is not None:
        text = known["content_type"] = item[names.content_type]
        if type(text) is not str or not text:
            return False
    if names.headers is not None and item[names.headers] != {}:
        headers = known["headers"] = item[names.headers]
        return type(headers) is dict
    return True


def _found(  # noqa: PLR0913, PLR0917 - an object, what is known of it, and where it stands
    item: dict[str, Any],
    names: Names,
    stream: Stream,
    data: bytes | None,
    place: tuple[int | None, int | None],
    beside: Stamp | None = None,
    line_known: Known = _NOTHING,
) -> Iterator[Found]:
    own_time = first_in(item, names.time)
    time, moment = stamp_of(own_time, stream) if own_time or beside is None else beside
    source = stream.source(*place, time)
    known = cast("Known", {**line_known, **_known(item, names)})
    if moment is not None:
        known["occurred_at"] = moment
    body, path = _body(item, names.body)
    status = known.get("status")
    _seek(item, names, status, stream)
    if path is None and is_own(item):
        yield NotError(source)
        return
    if not body:
        # {"status":200,"body":"","message":…}: the answer was empty, and no error.
        is_answered = path is not None and (status is not None or "body" in stream.fields)
        text = None if is_answered else _line_in(first_in(item, names.log))
        found = _elsewhere(item, names, text, stream, data, source, known)
        if found:
            yield from found
            return
    if path is not None or ("body" in stream.fields and status is not None):
        if not body and status is not None and status < 400:
            yield NotError(source)
        else:
            yield _again(body, known, stream, source) or Capture(
                body, known, source, needs_claim=status is None
            )
    elif status is not None and "url" in known:
        # A line of an access log: status and url, and no body was kept.
        if status < 400:
            yield NotError(source)
        else:
            yield _again(None, known, stream, source) or Capture(None, known, source)
    elif status is not None and status >= 400:
        # {"status":503,"error":"…"}: the body says so itself.
        yield Capture(item if data is None else data, known, source)
    else:
        told: Known = {"occurred_at": moment} if moment else {}
        every = [] if data is None else _carried(item, data, stream, source, told)
        yield from every or [Capture(item if data is None else data, told, source, needs_claim=True)]


def _line_in(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Give a line of a log; one with escapes in it, such as those of colors, journald writes as its bytes."""
    if not isinstance(value, list):
        return value
    try:
        return bytes(value).decode("utf-8", "replace")
    except (TypeError, ValueError):
        return value


def _elsewhere(  # noqa: PLR0913, PLR0917 - as in `_found`
    item: dict[str, Any],
    names: Names,
    text: Any,  # noqa: ANN401 - any JSON value
    stream: Stream,
    data: bytes | None,
    source: Source,
    known: Known,
) -> list[Found]:
    r"""Find what answered where no member is the body: in a line of a log, or under another name.

    {"@timestamp":"2026-11-21T10:15:30Z","message":"12:00:01 ERROR body={…}"}
    {"status":503,"url":"/finesse/api/User/agent1001","detail":"failed: <ApiErrors>…"}
    """
    told = told_in(item, names, text, stream, data)
    has_failed = (known.get("status") or 0) >= 400
    # {"level":"error","msg":"state {…}","event":"session_error","payload":…} is one itself.
    may_be_one = bool(told.line or told.others) and has_own(item, Anchors.usual())
    if has_failed or may_be_one:
        stream = evolve(stream, storm=None)  # it counts what it knows, and here some of that is left out
    line = _founds(told.line, stream, source, known)
    if not has_failed:
        # A status that says that all went well is that of another answer than the one in a stack.
        beside = _time_in(known) if "status" in known else known
        every = [*line, *_founds(told.others, stream, source, beside)]
        return [] if may_be_one and not any(map(_is_sure, every)) and is_claimed(item) else every
    # What nobody claims, in the text of an error, is not what the line is about.
    if any(map(_is_sure, line)):
        return line
    if has_empty_body(item, names):
        return []
    every = [] if data is None else _carried(item, data, stream, source, known)
    if not every:
        # Of several nobody knows which one was answered with this status.
        every = [one for one in _founds(told.others, stream, source, known) if _is_sure(one)]
        every = every if len(every) == 1 else []
    if not every and (told.line or told.others):
        # {"status":503,"url":"/x","msg":"got {…}"} is more than a line of an access log.
        every = [Capture(item if data is None else data, known, source)]
    return [evolve(one, needs_claim=False) for one in every if isinstance(one, Capture)]


def _time_in(known: Known) -> Known:
    return {"occurred_at": known["occurred_at"]} if "occurred_at" in known else {}


def _is_sure(found: Found) -> bool:
    """Tell whether something was answered, and by whom."""
    if not isinstance(found, Capture):
        return False
    return not found.needs_claim or is_claimed(found.body, **_beside(found.options))


def _beside(known: Known) -> Known:
    return cast("Known", {name: told for name, told in known.items() if name != "occurred_at"})


def _again(body: Any, known: Known, stream: Stream, source: Source) -> Again | None:  # noqa: ANN401 - as found
    """Give a capture that came before and stands in a line; None where it is to be read."""
    line, offset = source.line, source.offset
    if stream.storm is None or line is None or offset is None:
        return None
    place, is_claimed = (line, offset, source.time), "status" not in known
    lines = stream.storm.of_body(body, known, stream, place, needs_claim=is_claimed)
    return None if lines is None else Again(1, lines)


def _founds(every: Iterable[Span], stream: Stream, source: Source, known: Known) -> list[Found]:
    stamp = Stamp(source.time, known.get("occurred_at")) if source.time else None
    return [found for span in every for found in in_span(span, stream, source, known, stamp)]


def _carried(item: dict[str, Any], data: bytes, stream: Stream, source: Source, known: Known) -> list[Found]:
    r"""Find a vendor's XML that is a text under a name that nobody knows: `{"detail":"<ApiErrors>…"}`."""
    anchors = Anchors.usual()
    if not anchors.find(data) or has_own(item, anchors):
        return []
    data = data if not _charset_problems(data) else decode(data).text.encode()
    found = spans(io.BytesIO(data), zone=stream.zone)
    # A proxy's page beside a vendor's error is no second answer.
    every = [span for span in found if not looks_like_html(span.data.decode("utf-8", "replace"))]
    is_answer = "status" in known
    every = _answer(item, every) if is_answer else every
    if is_claimed(item) or not all(_is_text(data, span, is_all=not is_answer) for span in every):
        return []
    return _founds(every, stream, source, known)


def _answer(item: dict[str, Any], every: list[Span]) -> list[Span]:
    """Give the payload that an answer failed with; of several, nobody knows which.

    What stands around it is the row itself: `{"status":503,"body":"<ApiErrors>…"}`, where the user maps the
    body to `/answer`, and the row has none there.
    """
    if len(every) > _MOST_PAYLOADS:
        return []
    held = [span for span in every if any(_holds(*member, span.data) for member in item.items())]
    return [held[0]._replace(capture=None)] if len(held) == 1 else []


def _is_text(data: bytes, span: Span, *, is_all: bool) -> bool:
    """Tell whether a payload is the XML of a text, and all of it or what it tells: `failed: <ApiErrors>…`.

    In `"see <ApiErrors/> there"` it is only spoken of; `"the server said <ApiErrors>…"` ends with it.
    """
    begins = _TEXT_BEGINS if is_all else _TELLS
    before = begins.search(data, max(0, span.offset - _BLANK_BYTES), span.offset)
    ends = _TEXT_ENDS.match(data, span.end)
    is_it = before and ends if is_all else before or ends
    return bool(is_it) and span.data.lstrip().startswith(b"<")


def _holds(name: str, value: Any, payload: bytes) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a member has a payload in its text, and is not what was asked: `request_body`."""
    is_in = any(payload.decode("utf-8", "replace") in text for text in texts_of(value))
    return is_in and not is_asked(name)


def in_span(span: Span, stream: Stream, source: Source, known: Known, stamp: Stamp | None) -> Iterator[Found]:
    """Give what a span tells of a log that stands inside of something else.

    Args:
        span: the span.
        stream: where it is from.
        source: its place.
        known: what is known beside it.
        stamp: the time that is known there: it is whole, and the log's own may lack its zone.
    """
    if span.capture:
        yield from captured(span.capture, stream, (source.line, source.offset), stamp or span.stamp, known)
        return
    own = cast("Known", known | span.known)
    if "occurred_at" in known:
        own["occurred_at"] = known["occurred_at"]
    yield Capture(span.data, own, source, needs_claim=True, problems=span.problems)


def captured(
    capture: Mapping[str, Any],
    stream: Stream,
    place: tuple[int | None, int | None],
    beside: Stamp | None,
    known: Known = _NOTHING,
) -> Iterator[Found]:
    """Give what a capture tells that stands in a line of a log.

    Args:
        capture: the object.
        stream: where it is from.
        place: the line and the byte it begins at.
        beside: the time of its line, where it has none of its own.
        known: what is known beside it, and not told by it.
    """
    fields = tuple(stream.fields.items())
    for item in opened(dict(capture), fields):
        yield from _found(item, names_in(tuple(item), fields), stream, None, place, beside, known)


def _known(item: dict[str, Any], names: Names) -> Known:
    known: Known = {}
    if names.status and (status := status_of(first_in(item, names.status))):
        known["status"] = status
    if names.headers and (headers := headers_of(first_in(item, names.headers))):
        known["headers"] = headers
        if "status" not in known and (status := status_of(_pseudo(headers, STATUS))):
            known["status"] = status  # HTTP/2 and Envoy's tap: the status is a header
    if names.content_type and isinstance(text := first_in(item, names.content_type), str):
        known["content_type"] = text
    if names.url and isinstance(url := first_in(item, names.url), str):
        found = _REQUEST_LINE.fullmatch(url)
        known["url"] = found[1] if found else url
    if names.vendor and isinstance(vendor := first_in(item, names.vendor), str) and vendor:
        known["vendor"] = vendor
    return known


def _pseudo(headers: Any, name: str) -> Any:  # noqa: ANN401 - headers as found
    pairs = headers.items() if isinstance(headers, dict) else headers
    return next((value for key, value in pairs if key == name), None)


def _body(item: dict[str, Any], paths: Iterable[Path]) -> tuple[Any, Path | None]:
    """Give the body and where it stands; a body that is there and empty is one, if no better is."""
    empty: Path = ()
    for path in paths:
        value = value_at(item, path)
        # `"body": {"content": ""}` is an empty body, and none with a member `content`.
        if value is MISSING or path == empty[: len(path)]:
            continue
        if value is not None and value != "":
            return _read_body(value, path, item), path
        empty = path
    return None, empty or None


def _read_body(value: Any, path: Path, item: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(value, str):
        return value if isinstance(value, dict | list | int | float | bytes) else str(value)
    beside = value_at(item, (*path[:-1], "encoding"))
    marked = beside == "base64" or path[-1].lower().endswith(("base64", "as_bytes"))
    return text_body(value, is_base64=marked or item.get("isBase64Encoded") is True)


def text_body(text: str, *, is_base64: bool = False) -> bytes | str:
    r"""Give a body that stands in a text: as it is, base64 undone, or JSON escaping undone.

    Args:
        text: the text.
        is_base64: whether something says that it is base64.

    Example:
        >>> text_body("PEFwaUVycm9ycy8+PEFwaUVycm9ycy8+")
        b'<ApiErrors/><ApiErrors/>'
        >>> text_body(r'{\"code\":1011}')
        '{"code":1011}'
        >>> text_body(r'"[{\"code\":1011}]"')
        '[{"code":1011}]'
    """
    if is_base64 or text.startswith(_BASE64_STARTS):
        found = _from_base64(text)
        if found is not None and (is_base64 or found.startswith(_PLAIN_STARTS)):
            return found
    if text.startswith(_ESCAPED):
        return _unescaped(text)
    return text


def _from_base64(text: str) -> bytes | None:
    text = "".join(text.split())
    if not _BASE64.fullmatch(text) and text:
        return None
    try:
        return base64.b64decode(
            text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True
        )
    except binascii.Error:
        return None


def _unescaped(text: str) -> str:
    quoted = text if text.startswith('"') else f'"{text}"'
    try:
        inner = orjson.loads(quoted)
    except orjson.JSONDecodeError:
        return text
    return inner if isinstance(inner, str) else text


def status_of(value: Any) -> int | None:  # noqa: ANN401 - any JSON value
    """Give the HTTP status; a browser's 0 and a proxy's `-` are none.

    Example:
        >>> status_of("503"), status_of(0), status_of("-"), status_of(503.0), status_of("404 Not Found")
        (503, None, None, 503, 404)
    """
    if isinstance(value, str):
        value = _number_of(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and 100 <= value <= 599 else None


def _number_of(status: str) -> int | None:
    if status.isdecimal() and len(status) <= 3:
        return int(status)
    return int(status[:3]) if STATUS_TEXT.fullmatch(status) else None


def headers_of(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, headers out
    """Give headers as `normalize` takes them.

    Args:
        value: an object, a list of pairs, a list of objects with `name` or `key` and `value` (HAR,
            Envoy), or such a thing as JSON text.

    Returns:
        A mapping or pairs; None where it is nothing of that kind.

    Example:
        >>> headers_of([{"name": "Retry-After", "value": "5"}])
        [('Retry-After', '5')]
    """
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
        if isinstance(value, str):
            return None
    if isinstance(value, dict):
        return value
    return [pair for item in value if (pair := _pair(item))] if isinstance(value, list) else None


def _pair(item: Any) -> tuple[Any, Any] | None:  # noqa: ANN401 - any JSON value
    if isinstance(item, dict) and "value" in item:
        name = item.get("name", item.get("key"))
        return None if name is None else (name, item["value"])
    return (item[0], item[1]) if isinstance(item, list) and len(item) == 2 else None


def stamp_of(value: Any, stream: Stream) -> tuple[str | None, datetime | None]:  # noqa: ANN401 - any JSON value
    """Give a time as found, and the moment it means where nothing has to be guessed.

    Args:
        value: a text in any usual form, or a number of seconds to nanoseconds since 1970.
        stream: whose `zone` times without a zone are in.
    """
    if isinstance(value, str):
        return value, _moment(value, stream)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value), _since_1970(value)
    return None, None


def _moment(text: str, stream: Stream) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _other_moment(text, stream)
    if moment.tzinfo is not None:
        return moment
    return _last_moment(text, stream)  # a clock change may give two such moments, or none


def _other_moment(text: str, stream: Stream) -> datetime | None:
    if len(text) > _LONGEST_NUMBER:
        # Thu Mar 05 2026 10:00:00 GMT+0100 (CET) is one, 2026-03-05T10:00:00Z/2026-03-05T11:00:00Z are two.
        return _last_moment(text[:200], stream) if len(_CLOCK.findall(text[:200])) == 1 else None
    try:
        return _since_1970(float(text) if "." in text else int(text))
    except ValueError:
        return _last_moment(text, stream)


def _last_moment(text: str, stream: Stream) -> datetime | None:
    found = last_time(text, stream.zone)
    return found.moment if found else None


def _since_1970(value: float) -> datetime | None:
    digits = len(str(int(abs(value)))) if abs(value) < 10**20 else 0
    unit = next((unit for length, unit in _UNITS if digits == length), None)
    if unit is None:
        return None
    whole, rest = divmod(value, unit)
    # A float stands for the nearest decimal: 1795255200.123456 lies a little below it.
    micros = round(rest * 10**6 / unit) if isinstance(value, float) else rest * 10**6 // unit
    try:
        return _EPOCH + timedelta(seconds=whole, microseconds=micros)
    except OverflowError:
        return None
