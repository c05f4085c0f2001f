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


@pytest.mark.parametrize("value", [["5"], ("5",), b"5", 5, " 5\t"])
def test_a_value_comes_in_any_form(value: Any):
    """A list (multidicts), bytes (h11), a number (a test of a user), blanks (a server of long ago)."""
    assert errnorm.normalize(b"", status=503, headers={"Retry-After": value}).first.retry.delay == 5.0
