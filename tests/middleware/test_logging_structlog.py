"""logging and structlog: the safe fields of a record stand beside the message."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from vendor_errors import PRIVATE, error_of

import errnorm
from errnorm import VendorError, testing
from errnorm.middleware import _carried
from errnorm.middleware.logging import ErrnormFilter
from errnorm.middleware.structlog import add_errnorm

ERROR = error_of(testing.COBROWSE_UNREACHABLE)
WANTED = ("zoom-cobrowse", ["1016"], "network")


class Kept(logging.Handler):
    """A handler that keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep."""
        self.records.append(record)


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Give a handler with the filter, on the root logger: entries come from loggers below."""
    handler = Kept()
    handler.addFilter(ErrnormFilter())
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def shown(fields: Any) -> Any:
    """Give what the tests compare."""
    return fields["vendor"], fields["codes"], fields["category"]


log = logging.getLogger("integration.calls")


def log_in_except() -> None:
    """Log as `log.exception` does."""
    try:
        raise ERROR
    except VendorError:
        log.exception("no session")


def log_a_wrapped_one() -> None:
    """Log an exception that was raised from the vendor's."""
    try:
        try:
            raise ERROR
        except VendorError as error:
            raise RuntimeError("no session") from error
    except RuntimeError:
        log.exception("no session")


WAYS = {
    "exc_info of an except": log_in_except,
    "raised from it": log_a_wrapped_one,
    "exc_info": lambda: log.error("no session", exc_info=ERROR),
    "a group": lambda: log.error("no session", exc_info=ExceptionGroup("g", [ERROR])),
    "a group with a bug": lambda: log.error("no", exc_info=ExceptionGroup("g", [KeyError(), ERROR])),
    "a mapping of arguments": lambda: log.error("no session: %(error)s", {"error": ERROR}),
    "a list in extra": lambda: log.error("no session", extra={"errors": [1, ERROR.record]}),
    "a mapping in extra": lambda: log.error("no session", extra={"call": {"error": ERROR.result}}),
    "an argument": lambda: log.error("no session: %s", ERROR),
    "a record in extra": lambda: log.error("no session", extra={"error": ERROR.record}),
    "a result in extra": lambda: log.error("no session", extra={"anything": ERROR.result}),
    "an error in extra": lambda: log.error("no session", extra={"error": ERROR}),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_entry_that_carries_a_record_gets_its_fields(way: Any, kept: Kept):
    """As exception, argument or extra; an error, a record or a result; directly or behind another."""
    way()

    assert [shown(record.errnorm) for record in kept.records] == [WANTED]


def test_other_entries_stay_as_they_are(kept: Kept):
    """Without a record there is no attribute, and no entry is dropped."""
    log.error("plain")
    log.error("with %s", {"a": "dict"}, extra={"number": 1})
    log.error("with %(name)s", {"name": "a mapping"})
    log.error("another", exc_info=KeyError("a bug"))
    log.error("an empty result", extra={"result": errnorm.normalize(testing.OK.body, status=200)})

    assert [hasattr(record, "errnorm") for record in kept.records] == [False] * 5


def test_what_from_none_hides_stays_hidden(kept: Kept):
    """`raise … from None` says that the vendor's error is no part of the story."""
    hidden = RuntimeError("another story")
    hidden.__context__ = ERROR
    hidden.__suppress_context__ = True
    log.error("no session", exc_info=hidden)

    assert not hasattr(kept.records[0], "errnorm")


def test_a_chain_that_ends_in_itself_ends():
    """Two exceptions, each raised from the other, are each looked at once."""
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one

    assert list(_carried._chain(one)) == [one, other]


OTHER = error_of(testing.FINESSE_UNAUTHORIZED)


def test_of_several_the_exception_s_comes_first(kept: Kept):
    """What the entry is about stands before what its text mentions; of a group it is the first."""
    log.error("no session after %s", OTHER, exc_info=ERROR)
    log.error("no session", exc_info=ExceptionGroup("both", [ERROR, OTHER]))
    event = add_errnorm(None, "error", {"event": "no session", "before": OTHER.record, "exc_info": ERROR})

    assert [shown(record.errnorm) for record in kept.records] == [WANTED, WANTED]
    assert shown(event["errnorm"]) == WANTED


def test_of_a_result_the_error_is_shown_and_not_the_notice():
    """As `VendorError.record`: a notice beside an error is not the error."""
    notice = errnorm.normalize(testing.CHAT_NOTICE.body, status=200)
    both = attrs.evolve(notice, records=(notice.first, ERROR.record))

    assert shown(_carried.fields_among([both])) == WANTED


def test_of_a_long_list_the_beginning_is_looked_at():
    """A list of a million numbers costs an entry no more than a short one."""
    assert _carried.fields_among([[None] * 19 + [ERROR]]) is not None
    assert _carried.fields_among([[None] * 20 + [ERROR]]) is None
    assert _carried.fields_among([dict.fromkeys(range(20)) | {"late": ERROR}]) is None


def test_nothing_private_stands_beside_the_message():
    """Fields, message and traceback show no text of the body."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(ErrnormFilter())
    handler.setFormatter(logging.Formatter("%(message)s %(errnorm)s"))
    own = logging.getLogger("integration.private")
    own.addHandler(handler)
    error = error_of(PRIVATE, "https://finesse.example.com/secret-path")
    own.error("failed: %s", error, exc_info=error, extra={"record": error.record})
    own.removeHandler(handler)

    assert "cisco-finesse" in stream.getvalue()
    assert "secret" not in stream.getvalue()


def test_a_fault_of_ours_drops_no_entry(kept: Kept, monkeypatch: pytest.MonkeyPatch):
    """Where errnorm fails, the entry is written without its fields."""
    monkeypatch.setattr(_carried, "safe_fields", lambda _: 1 / 0)
    log.error("no session: %s", ERROR)
    event = {"event": "no session", "error": ERROR}

    assert "no session" in kept.records[-1].getMessage()
    assert not hasattr(kept.records[-1], "errnorm")
    assert add_errnorm(None, "error", dict(event)) == event


def structlog_line(stream: io.StringIO, **configured: Any) -> Any:
    """Give a logger of structlog that writes JSON with our processor in it."""
    structlog = pytest.importorskip("structlog", reason="the processor is for errnorm[structlog]")
    processors = [add_errnorm, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return structlog.wrap_logger(structlog.PrintLogger(stream), processors=processors, **configured)


@pytest.mark.parametrize(
    "values",
    [
        {"exc_info": ERROR},
        {"exc_info": (VendorError, ERROR, None)},
        {"error": ERROR},
        {"record": ERROR.record},
        {"result": ERROR.result},
    ],
    ids=["exc_info", "exc_info as a tuple", "error", "record", "result"],
)
def test_structlog_gets_the_fields(values: Any):
    """The event has them under `errnorm`, whichever way it carries the record."""
    stream = io.StringIO()
    structlog_line(stream).error("no session", **values)

    assert shown(json.loads(stream.getvalue())["errnorm"]) == WANTED


def test_structlog_gets_the_fields_in_an_except():
    """`log.exception` gives exc_info=True."""
    stream = io.StringIO()
    logger = structlog_line(stream)
    try:
        raise ERROR
    except VendorError:
        logger.exception("no session")

    assert shown(json.loads(stream.getvalue())["errnorm"]) == WANTED


def test_structlog_shows_nothing_private():
    """The line of JSON has no text of the body; a record among its values is written by its repr."""
    stream = io.StringIO()
    error = error_of(PRIVATE)
    structlog_line(stream).error("failed", exc_info=error, record=error.record, result=error.result)
    structlog_line(stream).error("plain", number=1)

    assert "secret" not in stream.getvalue()
    assert "errnorm" not in json.loads(stream.getvalue().splitlines()[-1])
