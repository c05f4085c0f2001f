"""tenacity: repeat a call when the vendor's error says that this can help, and when it says.

    @retry(retry=retry_if_vendor_error(), wait=wait_as_advised(), stop=stop_after_attempt(3))
    def reserve_agent(): ...

Advice is about likelihood, not about safety: repeat only what is idempotent, because a POST that
timed out may have succeeded.
"""

from __future__ import annotations

from errnorm.middleware._advice import LONGEST_WAIT, wait_after
from errnorm.middleware._guard import needs

try:
    from tenacity import RetryCallState, retry_if_exception, wait_random_exponential
    from tenacity.wait import wait_base
except ImportError as error:
    raise needs("tenacity") from error

__all__ = ["retry_if_vendor_error", "wait_as_advised"]


class retry_if_vendor_error(retry_if_exception):  # noqa: N801 - tenacity's strategies are named so
    """Repeat after a `VendorError` for which the same call may succeed later, and after nothing else.

    Like every strategy of tenacity it can be joined with others by `|` and `&`.

    Example:
        >>> import errnorm, tenacity
        >>> @tenacity.retry(retry=retry_if_vendor_error(), stop=tenacity.stop_after_attempt(3), reraise=True)
        ... def call():
        ...     raise errnorm.VendorError(errnorm.normalize(b"", status=401))
        >>> call()
        Traceback (most recent call last):
        errnorm.exceptions.VendorError: unknown empty: The login is missing, wrong or expired
        (authentication); do not retry before signing in again.
        >>> call.statistics["attempt_number"]
        1
    """

    def __init__(self) -> None:
        super().__init__(lambda error: wait_after(error, LONGEST_WAIT) is not False)


class wait_as_advised(wait_base):  # noqa: N801 - tenacity's strategies are named so
    """Wait as long as the response or the catalog says.

    Args:
        fallback: how to wait where nobody said how long; random and growing up to 10 s by default.
        longest: seconds to wait at most before one repeat; a longer delay of the vendor is cut to it.
    """

    def __init__(self, fallback: wait_base | None = None, longest: float = LONGEST_WAIT) -> None:
        self.fallback = fallback or wait_random_exponential(max=10)
        self.longest = longest

    def __call__(self, retry_state: RetryCallState) -> float:
        """Give the seconds to wait before the next call."""
        error = retry_state.outcome.exception() if retry_state.outcome else None
        wait = wait_after(error, self.longest)
        return self.fallback(retry_state) if isinstance(wait, bool) else wait
