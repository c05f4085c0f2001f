"""The lines of a log: where one begins, and which thread wrote it.

A line that begins with a time or a level is a line of its own; any other belongs to the one before it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import Any, Final

from errnorm.batch.times import ZONE_NAME

__all__ = ["BEGINS", "COLOR", "LEVEL", "NEXT", "count_lines", "message_at", "thread_of"]

_END_OF_LINE: Final = 10
_WORTH_IT: Final = 1 << 12  # bytes from which on numpy is the faster one
_MONTH: Final = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
LEVEL: Final = rb"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|SEVERE|CRITICAL)"
_SHORT: Final = rb"(?:VRB|DBG|INF|WRN|ERR|FTL)"
COLOR: Final = rb"\x1b\[[\d;]{0,20}m"
"""What colors a line on a terminal, as containers log it."""
_HEAD: Final = (
    rb"""(?:COLOR){0,4}(?:
    # <34>1 (syslog), [ (many), 0000000042: finesse-a.example.com: (Finesse, CVP), Sat (JavaScript, C),
    # E, [ (Ruby), ####< (WebLogic), time=" (logrus), 0|app  | (pm2)
    (?:<\d{1,3}>\d?\ ?|[\[(]|\d{1,12}:\ \S{1,80}:\ |\[?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ]
      |[DIWEFA],\ \[|\#{4}<|time=\"?|\d{1,3}\|[\w.-]{1,60}\ {1,40}\|\ )?
    (?:\d{4}[-/]\d\d[-/]\d\d(?:[T\ ]|,\ )\d\d:\d\d
      |\d\d/MONTH/\d{4}:\d\d:
      |MONTH\ {1,2}\d{1,2},?\ (?:\d{4},?\ )?\d{1,2}:\d\d:\d\d
      |\d{1,2}[\ -]MONTH[\ -]\d{4}\ \d\d:\d\d
      |\d{1,2}(?:\.\d{1,2}\.|/\d{1,2}/)(?:\d\d){1,2},?\ \d{1,2}:\d\d:\d\d
      |\d\d:\d\d:\d\d(?:[.,]\d|:\d{3}\ )                                      # 10:15:30:123 pg1a-jgw1 (UCCE)
      |\d\d-\d\d\ \d\d:\d\d:\d\d\.\d{3}\                                      # 11-21 10:15:30.123 (Android)
      |1\d{9}(?:\.\d|\d{3}\b)
      # 20261121T101530Z ERROR: alone in its line it may be one of a request that Amazon has signed.
      |\d{8}T\d{6}(?:[.,]\d{1,9})?(?:Z|[+-]\d\d(?::?\d\d)?)(?=[\]:,|]?[\ \t])
      |MONTH\ \d{1,2},\ \d{4}\ @\ \d\d:)                                      # Nov 21, 2026 @ 10:15 (Kibana)
    |[\w.:-]{3,60}\ \S{1,60}\ \S{1,60}\ \[\d\d/MONTH/                       # 10.10.10.5 - - [21/Nov/2026: ...
    |[IWEF](?:\d{4}){1,2}\ \d\d:\d\d:\d\d\.\d{6}\                           # E1121 10:15:30.123456 (klog)
    |\[\d\d:\d\d:\d\d\ SHORT\]                                              # [10:15:30 ERR] (Serilog)
    |\[[\w\#.@$/-]{1,80}\]\ LEVEL\                                          # [main] ERROR (SLF4J)
    |\[?LEVEL\]?(?=[\ :|\x1b\t])
    |\[(?:Log|Debug|Info|Warn|Warning|Error)\]                              # a browser's console, saved
)""".replace(b"MONTH", _MONTH)
    .replace(b"LEVEL", LEVEL)
    .replace(b"SHORT", _SHORT)
    .replace(b"COLOR", COLOR)
)

BEGINS: Final = re.compile(_HEAD, re.VERBOSE)
"""Matches where a line of its own begins."""

NEXT: Final = re.compile(rb"\n(?=" + _HEAD + rb")", re.VERBOSE)
"""Finds the end of line before the next line of its own."""

_THREAD: Final = rb"[\w.-]{0,60}(?:thread|exec|worker)-\d[\w-]{0,20}"  # pool-1-thread-3
# In brackets these are no threads: [ERR], [error], [E], [com.example.Client]
_NO_THREAD: Final = (
    rb"(?:(?i:" + LEVEL + rb")|" + _SHORT + rb"|[A-Z]|(?:[a-z]\w{0,40}\.){1,12}[A-Z]\w{0,60})\]"
)
_THREADS: Final = tuple(
    re.compile(pattern, re.VERBOSE)
    for pattern in (
        rb"%CCBU_([^\s:]{1,80})-\d-",  # %CCBU_http-nio-8080-exec-7-3-API_ERROR: (Finesse)
        rb"(\d{1,10}\#\d{1,10}:(?:\ \*\d{1,12})?)",  # 1234#0: *57 (nginx: the connection)
        rb"\[(" + _THREAD + rb")\]",  # [app] [http-nio-8080-exec-7]
        rb"\((default\ task-\d{1,9})\)",  # [com.example.Client] (default task-1) (WildFly)
        rb"\[(?!" + _NO_THREAD + rb")([\w\#.@$/-]{1,80})\]",  # [http-nio-8080-worker]
        rb"\((MainThread|Thread-[\w-]{1,60})\)",
        rb"\b(?:thread|tid|Thrd)[=:]\s?\"?([\w.-]{1,80})",
        rb"(?<=\s)(" + _THREAD + rb")(?=[\s:])",
    )
)
_HEAD_BYTES: Final = 400  # a thread is named near the start of its line

# 2026-03-05 10:00:00 EST ERROR: between the time and the message stand the rest of the time with its zone,
# levels, [names], logger names, marks.
_TO_MESSAGE: Final = re.compile(
    rb"[^\s\]]*+(?:\ " + ZONE_NAME.encode() + rb")?\]?"
    rb"(?:\s*+(?:"
    + COLOR
    + rb"|"
    + LEVEL
    + rb"\b|"
    + _THREAD
    + rb"(?=\s)|\[[^\]\n]{0,120}\]|\([^)\n]{0,120}\)|[+-]\d\d:?\d\d"
    rb"|[\w.$/\#*%-]++(?=:|\s++[-:|]|\s*+\[)|[-:|]))*+\s?"
)


@cache
def _numpy() -> Any:  # noqa: ANN401 - a module
    """Give numpy, of the extra `batch`, when there is something to count: it takes 100 ms to import."""
    try:
        return import_module("numpy")
    except ImportError:  # the same count at a third of the speed
        return None


def count_lines(data: bytes, start: int, end: int) -> int:
    r"""Count the ends of lines in a piece.

    Example:
        >>> count_lines(b"a\nb\nc", 0, 5)
        2
    """
    np = _numpy() if end - start >= _WORTH_IT else None
    if np is None:
        return data.count(b"\n", start, end)
    return int(np.count_nonzero(np.frombuffer(data, np.uint8, end - start, start) == _END_OF_LINE))


def thread_of(data: bytes, start: int, end: int) -> bytes | None:
    """Give the name of the thread that the head of a line tells, None where it tells none.

    Args:
        data: the log.
        start: where the line begins.
        end: where its payload begins, or the line ends.

    Example:
        >>> line = b"2026-11-21 10:15:30,123 ERROR [http-nio-8080-exec-7] c.e.Gateway - body: "
        >>> thread_of(line, 0, len(line))
        b'http-nio-8080-exec-7'
    """
    end = min(end, start + _HEAD_BYTES)
    for pattern in _THREADS:
        if found := pattern.search(data, start, end):
            return found[1]
    return None


def message_at(data: bytes, start: int, end: int) -> int:
    """Give where the message of a line begins, behind time, level, thread and logger.

    Example:
        >>> line = b"2026-11-21 10:15:30,123 ERROR [t-7] c.e.Gateway - </ApiError>"
        >>> line[message_at(line, 0, len(line)):]
        b'</ApiError>'
    """
    head = BEGINS.match(data, start, end)
    found = _TO_MESSAGE.match(data, head.end(), end) if head else None
    return found.end() if found else start
