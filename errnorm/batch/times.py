"""The time beside a text: the usual forms of log times, as found and, where nothing is guessed, as a moment.

A time is a moment only when its day, its year and its zone are all known. RFC 3164 writes no year,
a browser console no day: these stay texts, as does 10:00:00 EST, which is in one of several zones.
A time without a zone becomes a moment only in the zone that the caller names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from errnorm.exceptions import InvalidArgument

__all__ = ["ZONE_NAME", "Stamp", "a_zone", "is_dated", "last_time", "moment_of", "whole_moment", "zone_of"]


class Stamp(NamedTuple):
    """A time as found.

    Attributes:
        text: the time as it stands there.
        moment: what it means, aware; None where its day, its year or its zone is not known.
    """

    text: str
    moment: datetime | None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_NAMED = r"(?:Z|UTC|GMT)(?![A-Za-z+-])"
# UTC+01:00 (Python), GMT+0100 (JavaScript), GMT+1 (its Intl).
_FROM_UTC = r"(?:UTC|GMT)[+-]\d{1,2}(?::?\d\d)?(?![\d:])"
# 2026-03-05 10:00:00 EST ERROR: five hours behind UTC in New York, ten before it in Brisbane, and in no case
# in the zone of times that name none. A level may stand there too: only these names are zones.
_NAME_ENDS = r"(?!\w|-[A-Za-z])"  # BST-gw1 is a host
_ABBREVIATION = (
    r"(?:[ACEHMNP][SD]T|[CEMW]ES?T|A[CEKW][SD]T|NZ[SD]T|[BIJK]ST|SAST|BRT|HKT|MSK|PKT|SGT)" + _NAME_ENDS
)
ZONE_NAME = rf"(?:(?:UTC|GMT){_NAME_ENDS}|{_ABBREVIATION})"
"""Matches the name of a zone that stands behind a time, as in a log of Java: `10:00:00 CEST ERROR`."""
_OFFSETS = rf"[+-]\d\d:?\d\d(?!\d)|[+-]\d\d(?![\d:])|{_FROM_UTC}"
_ZONE = rf"(?:\ ?(?:{_NAMED}|{_OFFSETS}|{_ABBREVIATION}))"

# 1:15:30 PM; JavaScript puts a narrow space before the mark. Without a mark, one digit may be of either half.
_HALF = r"(?:[\ \u00a0\u202f]?[AaPp]\.?[\ \u00a0\u202f]?[Mm](?![A-Ya-z])\.?)"
_PART = r"(?:[.,]\d{1,9}+)?+"
# A clock goes on with neither digits nor the mark of a half: 01:15:30:123 PM is in no form that is known.
_HALVES = rf"(?:\d{{1,2}}:\d\d:\d\d{_PART}{_HALF}|\d\d:\d\d:\d\d{_PART}(?!:?\d|{_HALF}))"

# Each form with an example of it; of two that begin alike the longer one stands first.
_DATED = (
    # 2026-11-21T10:15:30.123+01:00, 2015-12-16T01:15:56.039 -06:00, 2026/11/21 10:15:30 (nginx)
    rf"\d{{4}}[-/]\d\d[-/]\d\d[T ]{_CLOCK}{_ZONE}?",
    # 21/Nov/2026:10:15:30 +0100 (Apache and nginx access logs)
    rf"\d\d/{_MONTH}/\d{{4}}:{_CLOCK}{_ZONE}?",
    # Nov 21 2026 10:15:30.123 +0100 (Finesse), Nov 21, 2026 10:15:30.123, Nov 21, 2026 1:15:30 PM (Java),
    # Sat Nov 21 2026 10:15:30 GMT+0100 (JavaScript), Nov 21, 2026 @ 10:15:30.123 (Kibana)
    rf"{_MONTH}\ {{1,2}}\d{{1,2}},?\ \d{{4}},?\ (?:@\ )?{_HALVES}{_ZONE}?",
    # 21 Nov 2026 10:15:30,123; Sat, 21 Nov 2026 10:15:30 GMT
    rf"\d{{1,2}}[ -]{_MONTH}[ -]\d{{4}}\ {_CLOCK}{_ZONE}?",
    # 21.11.2026 10:15:30,123; 21.11.2026, 10:15:30
    rf"\d{{1,2}}\.\d{{1,2}}\.\d{{4}},?\ {_HALVES}{_ZONE}?",
    # 11/21/2026 1:15:30 PM, 21/11/2026 13:15:30: the day first or the month
    rf"\d{{1,2}}/\d{{1,2}}/\d{{4}},?\ {_HALVES}{_ZONE}?",
    # Sat Nov 21 10:15:30 2026 (C, Apache error logs), Sat Nov 21 10:15:30 CET 2026 (Java's Date), and without
    # a year Nov 21 10:15:30 (RFC 3164), Nov 21 10:15:30.123 EST (Cisco)
    rf"{_MONTH}\ {{1,2}}\d{{1,2}}\ {_CLOCK}{_ZONE}?(?:\ \d{{4}})?",
)
# 1795256130123, 1795256130.123: ten digits are a time only at the start or under the name of one.
_NAMES = ("ts=", "time=", "stamp=", 'ts":', 'time":', 'stamp":', 'ts": ', 'time": ', 'stamp": ')
_PLACES = "|".join(f"(?<={re.escape(name)})" for name in ("[", "(", *_NAMES))
# 20260305T110000Z (ISO 8601, basic): likewise, and only with its zone.
_BASIC = r"\d{8}T(?:[01]\d|2[0-3])\d{4}(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d|[+-]\d\d)"
_UNIX = rf"(?:^|{_PLACES})(?:1\d{{9}}(?:\.\d{{1,9}})?|1\d{{12}}|{_BASIC})(?![\w.])"
# Every dated form holds a clock, at most 22 characters after its start: `Nov 21, 2026 10:15:30`, to the last
# digit of the hour. Around the clocks alone is looked for the rest, ten times as fast as everywhere.
_CLOCK_AT = re.compile(r"\d:\d\d:\d\d")
_BEFORE, _AFTER = 23, 30
# 10:15:30.123 (a console): no day. Only where nothing better stands: a duration looks the same.
_CLOCK_ALONE = re.compile(rf"(?<![\w.:/-]){_CLOCK}(?![\w:])")

_DAY = r"(?P<day>\d{1,2})"
_WORD = rf"(?P<month>{_MONTH})"
_AT = rf"(?P<clock>{_CLOCK})(?P<zone>{_ZONE})?"
_AT_HALVES = rf"(?P<clock>{_HALVES})(?P<zone>{_ZONE})?"
_FORMS = (
    rf"(?P<year>\d{{4}})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]{_AT}",
    rf"{_DAY}[ /-]{_WORD}[ /-](?P<year>\d{{4}})[: ]{_AT}",
    rf"{_WORD}\ +{_DAY},?\ (?P<year>\d{{4}}),?\ (?:@\ )?{_AT_HALVES}",
    rf"{_WORD}\ +{_DAY}\ {_AT}\ (?P<year>\d{{4}})",
    rf"{_DAY}\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}),? {_AT_HALVES}",
    # One of the first two is the month, and the other one the day.
    rf"(?P<one>\d{{1,2}})/(?P<other>\d{{1,2}})/(?P<year>\d{{4}}),? {_AT_HALVES}",
)
_EPOCH = re.compile(r"(\d{10})(?:\.?(\d{1,9}))?")
_MONTHS_OF_A_YEAR = _HOURS_OF_HALF_A_DAY = 12
_SECONDS = re.compile(r"(\d\d)(?:[.,](\d{1,9}))?[^\dAaPp]*([AaPp])?.*", re.DOTALL)
_UTC = ("Z", "UTC", "GMT")
_NO_HOUR = ("T24", " 24")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")


@cache
def _time() -> re.Pattern[str]:
    """Give what finds a dated time; it takes 10 ms to compile, and captures in JSON need none of it."""
    return re.compile(rf"(?<![\w.:/-])(?:{'|'.join(_DATED)})")


@cache
def _unix_time() -> re.Pattern[str]:
    return re.compile(_UNIX)


@cache
def _forms() -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, _FORMS))


def last_time(text: str, zone: tzinfo | None = None) -> Stamp | None:
    """Give the last time in a text, such as the head of a log line.

    Args:
        text: the text, linear time whatever stands in it.
        zone: the zone of times that name none; None leaves them texts.

    Returns:
        The time as found, with its moment where nothing had to be guessed; None without a time.

    Example:
        >>> last_time("0000000042: 10.10.10.5: Nov 21 2026 10:15:30.123 +0100: %CCBU_http-7-6-INFO: ")
        Stamp(text='Nov 21 2026 10:15:30.123 +0100', moment=datetime.datetime(2026, 11, 21, 10, 15, 30, \
123000, tzinfo=datetime.timezone(datetime.timedelta(seconds=3600))))
        >>> last_time("<34>Nov 21 10:15:30 gw01 finesse: ").moment is None
        True
    """
    found = _dated(text) or _last(_unix_time(), text) or _last(_CLOCK_ALONE, text)
    return Stamp(found, moment_of(found, zone)) if found else None


def whole_moment(time: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    """Give a moment that is written whole, `2026-11-21T10:00:00Z`.

    Example:
        >>> whole_moment("2026-11-21T10:00:00"), whole_moment(17)
        (None, None)
    """
    try:
        moment = datetime.fromisoformat(time)
    except (ValueError, TypeError):
        return None
    # Python 3.13 takes 24:00 for the next day's beginning, older ones for nothing.
    return moment if moment.tzinfo is not None and time[10:13] not in _NO_HOUR else None


def _dated(text: str) -> str | None:
    for clock in reversed(list(_CLOCK_AT.finditer(text))):
        around = text[max(0, clock.start() - _BEFORE) : clock.end() + _AFTER]
        if found := _last(_time(), around):
            return found
    return None


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    every = pattern.findall(text)
    return every[-1] if every else None


def a_zone(zone: object) -> tzinfo | None:
    """Give a zone as the caller gave it.

    Raises:
        InvalidArgument: when it is none.
    """
    if zone is None or isinstance(zone, tzinfo):
        return zone
    kind = type(zone).__name__
    raise InvalidArgument(f'zone is of type {kind}. Give a tzinfo: zoneinfo.ZoneInfo("Europe/Berlin").')


def zone_of(name: str) -> tzinfo:
    """Give the zone that a user names.

    Args:
        name: `Europe/Berlin`, `UTC`, or an offset such as `+01:00`.

    Returns:
        The zone.

    Raises:
        ValueError: when there is no such zone.

    Example:
        >>> zone_of("+01:30")
        datetime.timezone(datetime.timedelta(seconds=5400))
    """
    try:
        return _offset(name) or (UTC if name in {"Z", "UTC"} else ZoneInfo(name))
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(
            f"There is no time zone {name!r}. Name it as in Europe/Berlin, or as an offset: +01:00."
        ) from None


def is_dated(time: str) -> bool:
    """Tell whether a time is more than a clock, and no number of seconds.

    Example:
        >>> [is_dated(time) for time in ("Nov 21 10:15:30", "10:15:30.123", "1795256130")]
        [True, False, False]
    """
    return _time().fullmatch(time) is not None


def moment_of(text: str, zone: tzinfo | None) -> datetime | None:
    """Give the moment that a time means, as `last_time` found it; None where something would be guessed."""
    try:
        return _read(text, zone)
    except (ValueError, OverflowError):  # the 31st of June, 25 o'clock
        return None


def _read(text: str, zone: tzinfo | None) -> datetime | None:
    if moment := whole_moment(text):
        return moment  # most of them, in a tenth of the time
    found = next(filter(None, (form.fullmatch(text) for form in _forms())), None)
    if found:
        told = found.groupdict()
        day = _month_and_day(told)
        return _aware(int(told["year"]), *day, told["clock"], _named(told["zone"], zone)) if day else None
    if found := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(found[1]), UTC).replace(microsecond=_micros(found[2]))
    return None


def _month_and_day(told: Mapping[str, str]) -> tuple[int, int] | None:
    """Give both; None where each of two numbers may be either: 4/5/2026 may be in April or in May."""
    if "month" in told:
        return _month(told["month"]), int(told["day"])
    month, day = sorted((int(told["one"]), int(told["other"])))
    return None if month != day <= _MONTHS_OF_A_YEAR else (month, day)


def _month(text: str) -> int:
    return int(text) if text.isdecimal() else _MONTHS.index(text.lower()) + 1


def _micros(digits: str | None) -> int:
    """Give a part of a second to the microsecond: finer digits stay in the text."""
    return int(digits.ljust(6, "0")[:6]) if digits else 0


def _aware(year: int, month: int, day: int, clock: str, zone: tzinfo | None) -> datetime | None:
    if zone is None:
        return None
    hours, minutes, rest = clock.split(":")
    seconds, fraction, half = _SECONDS.fullmatch(rest).groups()  # type: ignore[union-attr]
    hour = _hour_of(int(hours), half)
    moment = datetime(year, month, day, hour, int(minutes), int(seconds), _micros(fraction), zone)
    if not isinstance(zone, timezone) and moment.utcoffset() != moment.replace(fold=1).utcoffset():
        return None  # the hour that a clock change repeats or leaves out: there are two such moments or none
    return moment


def _hour_of(hour: int, half: str | None) -> int:
    """Give the hour of a day: 12 AM is midnight, 12 PM noon, and there is no 13 PM."""
    if half and not 1 <= hour <= _HOURS_OF_HALF_A_DAY:
        raise ValueError("It is no hour of half a day.")
    return hour % _HOURS_OF_HALF_A_DAY + _HOURS_OF_HALF_A_DAY * (half in {"P", "p"}) if half else hour


def _named(text: str | None, zone: tzinfo | None) -> tzinfo | None:
    """Give the zone that a time names, or the caller's; None for EST, which is several."""
    if not text:
        return zone
    name = text.strip()
    return UTC if name in _UTC else _offset(name.removeprefix("GMT").removeprefix("UTC"))


def _offset(text: str) -> tzinfo | None:
    found = _OFFSET.fullmatch(text)
    if not found:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(size if found[1] == "+" else -size)
