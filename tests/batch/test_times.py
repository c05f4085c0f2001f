"""Times of log lines: as found, and a moment only where nothing had to be guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errnorm.batch.times import Stamp, last_time, zone_of

NOON = datetime(2026, 11, 21, 10, 15, 30, tzinfo=timezone(timedelta(hours=1)))

ABBREVIATIONS = [
    *("EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "CET", "CEST", "BST", "IST", "JST"),
    *("AEST", "AEDT", "AWST", "ACDT", "AKST", "NZDT", "HST", "EET", "EEST", "WEST", "MSK", "SAST"),
]
NO_ZONES = [
    *("TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL", "SEVERE"),
    *("ESTABLISHED", "BST-gw1", "PST_A", "est", "Zone", "GMT-gw1"),
]
WITH_ZONE = {
    "2026-11-21T10:15:30+01:00 gateway": "2026-11-21T10:15:30+01:00",
    "2026-11-21T09:15:30Z gateway": "2026-11-21T09:15:30Z",
    "2026-11-21 10:15:30 +0100: x": "2026-11-21 10:15:30 +0100",
    "<34>1 2026-11-21T10:15:30.000000+01:00 gw01 app - -": "2026-11-21T10:15:30.000000+01:00",
    '10.10.10.5 - - [21/Nov/2026:10:15:30 +0100] "GET / HTTP/1.1" 400': "21/Nov/2026:10:15:30 +0100",
    "0000000042: 10.10.10.5: Nov 21 2026 10:15:30.000 +0100: %CCBU_x-6-Y: ": "Nov 21 2026 10:15:30.000 +0100",
    "Sat Nov 21 2026 10:15:30 GMT+0100 (CET) error": "Nov 21 2026 10:15:30 GMT+0100",
    "Sat, 21 Nov 2026 09:15:30 GMT ": "21 Nov 2026 09:15:30 GMT",
    "Sat Nov 21 09:15:30 UTC 2026 error": "Nov 21 09:15:30 UTC 2026",
    "2026-11-21 09:15:30 UTC ERROR": "2026-11-21 09:15:30 UTC",
    "2026-11-21 10:15:30 UTC+01:00 ERROR": "2026-11-21 10:15:30 UTC+01:00",
    "21.11.2026 10:15:30 GMT+0100 (MEZ) FEHLER": "21.11.2026 10:15:30 GMT+0100",
    "1795252530 app": "1795252530",
    "[1795252530000] app": "1795252530000",
    '{"ts":1795252530.000,"msg":"': "1795252530.000",
    "20261121T091530Z ERROR": "20261121T091530Z",
    "[20261121T101530,000+0100] ERROR": "20261121T101530,000+0100",
    "20261121T091530.000000000Z took 00:00:05": "20261121T091530.000000000Z",
    "20261121T101530+01: x": "20261121T101530+01",
    "20260305T110000Z copied 2026-11-21T10:15:30+01:00": "2026-11-21T10:15:30+01:00",
    "21.11.2026 10:15:30 +0100 gateway": "21.11.2026 10:15:30 +0100",
    "Nov 21 2026 09:15:30Z: %SYS": "Nov 21 2026 09:15:30Z",
    "11/21/2026 09:15:30.000Z x": "11/21/2026 09:15:30.000Z",
    "11/21/2026 09:15:30.000 AMZ x": "11/21/2026 09:15:30.000 AMZ",
    "2015-12-16T01:15:56.039 -06:00: : ?.?.?.?: Nov 21 2026 10:15:30 +0100: <gadget>": "Nov 21 2026 10:15:30 +0100",
}
WITHOUT_ZONE = [
    "2026-11-21 10:15:30,000 ERROR",
    "2026/11/21 10:15:30 [error] 1234#0: *57",
    "[Sat Nov 21 10:15:30.000 2026] [proxy:error]",
    "21 Nov 2026 10:15:30,000 [exec-7]",
    "Nov 21, 2026 10:15:30 ",
    "Nov 21, 2026 @ 10:15:30.000 gateway",
    "21.11.2026 10:15:30,000 FEHLER [exec-7]",
    "[21.11.2026, 10:15:30] ",
    "11/21/2026 10:15:30 AM - ",
    "Nov 21 2026 10:15:30: %SYS",
    "Nov 21 2026 10:15:30.000: %SYS",
    "11/21/2026 10:15:30: x",
    "21/11/2026 10:15:30.000 ERROR",
    *(f"2026-11-21 10:15:30 {word}" for word in NO_ZONES),
]
NO_MOMENT = {
    "04/05/2026 10:15:30 ERROR": "04/05/2026 10:15:30",
    "11/21/2026 13:15:30 PM x": "11/21/2026 13:15:30 PM",
    "31.02.2026 10:15:30 ERROR": "31.02.2026 10:15:30",
    "Nov 21 10:15:30 gw01 app[412]: ": "Nov 21 10:15:30",
    "10:15:30.123 Trc 04541": "10:15:30.123",
    "2026-02-31T10:15:30Z": "2026-02-31T10:15:30Z",
    "2026-11-21T25:15:30Z": "2026-11-21T25:15:30Z",
    "20260231T101530Z": "20260231T101530Z",
    **{f"2026-11-21 10:15:30 {zone} ERROR": f"2026-11-21 10:15:30 {zone}" for zone in ABBREVIATIONS},
    "2026-11-21 10:15:30 GMT+1, x": "2026-11-21 10:15:30 GMT+1",
    "2026-11-21 10:15:30,123EST: x": "2026-11-21 10:15:30,123EST",
    "[21/Nov/2026:10:15:30 CET] x": "21/Nov/2026:10:15:30 CET",
    "Sat Nov 21 10:15:30 EST 2026 x": "Nov 21 10:15:30 EST 2026",
    "Nov 21, 2026 10:15:30 AM PST org.apache": "Nov 21, 2026 10:15:30 AM PST",
    "21 Nov 2026 10:15:30,000 CEST [exec-7]": "21 Nov 2026 10:15:30,000 CEST",
    "21.11.2026 10:15:30 CET-0100 x": "21.11.2026 10:15:30 CET",
    "11/21/2026 10:15:30 AM EST x": "11/21/2026 10:15:30 AM EST",
    "Nov 21 10:15:30.123 EST: %SYS-3": "Nov 21 10:15:30.123 EST",
}


@pytest.mark.parametrize("text", WITH_ZONE)
def test_a_time_with_a_zone_is_a_moment(text: str):
    """The usual forms are found as they stand, and mean what their own zone says, not the caller's."""
    assert last_time(text) == Stamp(WITH_ZONE[text], NOON)
    assert last_time(text, UTC) == Stamp(WITH_ZONE[text], NOON)


@pytest.mark.parametrize("text", WITHOUT_ZONE)
def test_a_time_without_a_zone_needs_one(text: str):
    """Without a zone a time stays a text, until the caller names one."""
    bare, zoned = last_time(text), last_time(text, zone_of("Europe/Berlin"))

    assert bare is not None
    assert zoned is not None
    assert (bare.moment, zoned.moment) == (None, NOON)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("1:15:30\u202fPM", 13),
        ("1:15:30 p.m.", 13),
        ("1:15:30pm", 13),
        ("11:15:30\xa0a. m.", 11),
        ("1:15:30 AM", 1),
        ("12:15:30 AM", 0),
        ("12:15:30 PM", 12),
        ("1:15:30 PM", 13),
        ("11:15:30 PM", 23),
    ],
)
def test_the_hours_of_half_a_day_are_read(text: str, hour: int):
    """Midnight is 12 AM and noon 12 PM; a month and a day that are one number need no guess."""
    expected = datetime(2026, 11, 21, hour, 15, 30, tzinfo=UTC)

    assert last_time(f"11/21/2026, {text} x", UTC) == Stamp(f"11/21/2026, {text}", expected)
    assert last_time(f"11/11/2026 {text}", UTC) == Stamp(f"11/11/2026 {text}", expected.replace(day=11))
    assert last_time(f"Nov 21, 2026 {text} org.apache", UTC) == Stamp(f"Nov 21, 2026 {text}", expected)


@pytest.mark.parametrize("text", NO_MOMENT)
def test_what_is_missing_is_never_made_up(text: str):
    """Without a year, a day, or a zone that is one alone, or on no day of the calendar: only the text."""
    assert last_time(text, UTC) == Stamp(NO_MOMENT[text], None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11/21/2026 01:15:30:123 PM x",
        "requestId=1795252530123",
        "v10:15:30",
        "10.10.10.5:8445",
        "12345678901234567890",
        "20261121T091530 ERROR",
        "ERROR 20261121T091530Z",
        "id20261121T091530Z",
        "20261121T091530Z7 ERROR",
        "20261121-091530Z ERROR",
        "20261121T240000Z ERROR",
    ],
)
def test_what_is_no_time_is_none(text: str):
    """Ids, versions and addresses are no times."""
    assert last_time(text) is None


def test_of_several_the_last_dated_one_counts():
    """A duration or an id behind the time does not take its place."""
    stamp = last_time("2026-11-21T09:15:30Z requestId=1795252530123 took 00:00:05 ")

    assert stamp == Stamp("2026-11-21T09:15:30Z", NOON)


def test_the_hour_of_a_clock_change_is_no_moment():
    """In the hour that comes twice, or never, a local time could be two moments or none."""
    berlin = zone_of("Europe/Berlin")
    twice = last_time("2026-10-25 02:30:00 x", berlin)
    never = last_time("2026-03-29 02:30:00 x", berlin)

    assert [stamp.moment for stamp in (twice, never) if stamp] == [None, None]


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "+1", "+99:00"])
def test_an_unknown_zone_is_told(name: str):
    """A zone that is none gives a sentence that shows how to name one."""
    with pytest.raises(ValueError, match="There is no time zone"):
        zone_of(name)


@given(st.text(alphabet="0123456789-/:., TZNov+JanGMT[]", max_size=120))
def test_any_text_gives_a_time_or_none(text: str):
    """Nothing is raised, and what is found stands in the text."""
    stamp = last_time(text, UTC)

    assert stamp is None or stamp.text in text
