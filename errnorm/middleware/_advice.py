"""When to repeat a call, by the advice of its records; what all retry integrations share."""

from __future__ import annotations

from datetime import UTC, datetime

from errnorm.exceptions import VendorError
from errnorm.middleware._guard import guarded
from errnorm.record import Result, RetryAdvice
from errnorm.vocabulary import Severity

__all__ = ["LONGEST_WAIT", "advised_wait", "wait_after"]

LONGEST_WAIT = 60.0
"""Seconds that a retry waits at most, where the caller names no other bound."""


def advised_wait(result: Result, longest: float = LONGEST_WAIT) -> bool | float:
    """Tell whether the same call may succeed later, and after how many seconds.

    Args:
        result: what the response gave.
        longest: seconds to wait at most; a longer delay is cut to it.

    Returns:
        False: do not repeat it. True: repeat it, and nobody said when. Seconds: repeat it then; the
        number is that of the response's header, else of its body, else of the catalog. Of several
        errors all must allow it, and the longest delay counts.

    Example:
        >>> import errnorm
        >>> advised_wait(errnorm.normalize(b"", status=503, headers={"Retry-After": "5"}))
        5.0
        >>> advised_wait(errnorm.normalize(b"", status=503)), advised_wait(errnorm.normalize(b"", status=401))
        (True, False)
    """
    advices = [record.retry for record in result if record.severity is not Severity.INFO]
    if not advices or not all(advice.same_call for advice in advices):
        return False
    delays = [delay for advice in advices if (delay := _seconds(advice)) is not None]
    return min(max(delays), longest) if delays else True


def _seconds(advice: RetryAdvice) -> float | None:
    """Give the delay; a date without the server's own clock beside it is measured by ours."""
    if advice.delay is not None or advice.not_before is None:
        return advice.delay
    return max(0.0, (advice.not_before - datetime.now(UTC)).total_seconds())


def wait_after(error: BaseException | None, longest: float) -> bool | float:
    """Tell the same of an exception: False for all that is no `VendorError`, and where errnorm fails."""
    wait = guarded(advised_wait, error.result, longest) if isinstance(error, VendorError) else None
    return False if wait is None else wait
