"""stamina: repeat a call when the vendor's error says that this can help, and when it says.

    @stamina.retry(on=on_vendor_error())
    def reserve_agent(): ...

stamina itself decides how often and how long altogether (`attempts`, `timeout`).
Advice is about likelihood, not about safety: repeat only what is idempotent, because a POST that
timed out may have succeeded.
"""

from __future__ import annotations

from collections.abc import Callable

from errnorm.middleware._advice import LONGEST_WAIT, wait_after

__all__ = ["on_vendor_error"]


def on_vendor_error(longest: float = LONGEST_WAIT) -> Callable[[Exception], bool | float]:
    """Give the backoff hook for `stamina.retry(on=…)`, `retry_context` and the retrying callers.

    Args:
        longest: seconds to wait at most before one repeat; a longer delay of the vendor is cut to it.

    Returns:
        A function that takes the exception. It gives False for what is no `VendorError` and for what
        a repeat of the same call cannot help, the seconds where the response or the catalog names
        them, else True, and stamina's own backoff holds.

    Example:
        >>> from errnorm import VendorError, normalize
        >>> hook = on_vendor_error()
        >>> hook(VendorError(normalize(b"", status=503, headers={"Retry-After": "5"})))
        5.0
        >>> hook(VendorError(normalize(b"", status=503))), hook(VendorError(normalize(b"", status=401)))
        (True, False)
        >>> hook(ConnectionError())
        False
    """

    def hook(error: Exception) -> bool | float:
        return wait_after(error, longest)

    return hook
