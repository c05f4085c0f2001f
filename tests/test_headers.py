"""Headers as clients and servers really give them: repeated, in bytes, in lists."""

from __future__ import annotations

from typing import Any

import pytest

import errnorm


def test_of_a_header_that_comes_twice_the_first_counts():
    """One time and one id, as it was sent: nothing is made of both."""
    headers = [("Retry-After", "5"), ("Retry-After", "60"), ("X-Request-Id", "r-1"), ("X-Request-Id", "r-2")]
    record = errnorm.normalize(b"", status=503, headers=headers).first

    assert (record.retry.delay, record.ids) == (5.0, {"request": "r-1"})


def test_a_repeated_header_that_a_vendor_reads_is_one_list():
    """RFC 9110, section 5.3: the values stand behind each other, with commas."""
    headers = [("X-Error-Message", "no right"), ("x-error-message", "no licence")]
    record = errnorm.normalize(b"", status=403, vendor="genesys-gwe", headers=headers).first

    assert record.message == "no right, no licence"


def test_a_header_that_is_null_is_none():
    """A gateway may write it so; the next one of its kind counts."""
    headers: Any = {"Retry-After": None, "X-Request-Id": None, "X-Correlation-Id": "r-1"}
    record = errnorm.normalize(b"", status=503, headers=headers).first

    assert (record.retry.delay, record.ids, record.problems) == (None, {"request": "r-1"}, ())


@pytest.mark.parametrize("value", [["5"], ("5",), b"5", 5, " 5\t"])
def test_a_value_comes_in_any_form(value: Any):
    """A list (multidicts), bytes (h11), a number (a test of a user), blanks (a server of long ago)."""
    assert errnorm.normalize(b"", status=503, headers={"Retry-After": value}).first.retry.delay == 5.0


DATE, NEXT_WEEK = "Sat, 21 Nov 2026 10:00:00 GMT", "Sat, 28 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize("value, delay", [
    ("604800", 604_800.0), ("604801", None), (NEXT_WEEK, 604_800.0), (NEXT_WEEK.replace("28", "29"), None),
    ("2026-11-21T10:01:00Z", 60.0), ("2026-11-21T10:01:00", None),
])  # fmt: skip
def test_a_wait_is_a_week_at_most_and_its_zone_is_named(value: str, delay: float | None):
    """Seconds, an HTTP date and the time stamp of Zoom; what is beyond that is a problem and not obeyed."""
    result = errnorm.normalize(b"", status=503, headers={"Retry-After": value, "Date": DATE})

    assert result.first.retry.delay == delay
    assert [problem.code for problem in result.problems] == ["retry-after-invalid"] * (delay is None)


@pytest.mark.parametrize("headers, found", [
    ({"X-Correlation-Id": "c-1", "requestid": "r-1"}, "r-1"),
    ([(b"X-Request-Id", b"r-\xe9")], "r-é"),
    ({"X-Request-Id": "r-\udcff"}, "r-?"),
])  # fmt: skip
def test_an_id_is_the_best_that_is_there_and_can_be_written(headers: Any, found: str):
    """The vendor's own name for it comes first; Latin-1 is what bytes of headers are."""
    assert errnorm.normalize(b"", status=503, headers=headers).first.ids == {"request": found}
