"""stamina and tenacity: what they repeat with our predicates, and how long they wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendor_errors import error_of

import errnorm
from errnorm import VendorError, testing
from errnorm.middleware import _advice
from errnorm.middleware import stamina as for_stamina
from errnorm.middleware._advice import advised_wait
from errnorm.testing import Sample

DOWN, BAD = testing.FINESSE_OUT_OF_SERVICE, testing.FINESSE_UNAUTHORIZED


def failing(*errors: BaseException) -> tuple[Callable[[], str], list[str]]:
    """Give a function that raises each error once and then returns, and the list of its calls."""
    left, calls = list(errors), []

    def call() -> str:
        calls.append("called")
        if left:
            raise left.pop(0)
        return "done"

    return call, calls


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the waits that would have been."""
    import time

    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


def test_stamina_repeats_when_the_vendor_says(slept: list[float]):
    """Out of service for 5 seconds: the call comes again after 5 seconds."""
    stamina = pytest.importorskip("stamina", reason="the hook is for errnorm[stamina]")
    call, calls = failing(error_of(DOWN))
    retried = stamina.retry(on=for_stamina.on_vendor_error(), timeout=None)(call)

    assert (retried(), len(calls), slept) == ("done", 2, [5.0])


def test_stamina_waits_no_longer_than_it_may(slept: list[float]):
    """A longer delay of the vendor is cut to the caller's bound."""
    stamina = pytest.importorskip("stamina", reason="the hook is for errnorm[stamina]")
    call, _ = failing(error_of(DOWN))
    stamina.retry(on=for_stamina.on_vendor_error(longest=2), timeout=None)(call)()

    assert slept == [2.0]


def test_stamina_has_its_own_backoff_where_nobody_says_how_long(slept: list[float]):
    """An answer of True leaves the wait to stamina."""
    stamina = pytest.importorskip("stamina", reason="the hook is for errnorm[stamina]")
    call, _ = failing(error_of(Sample(b"", 503, {})))
    stamina.retry(on=for_stamina.on_vendor_error(), wait_initial=0.5, wait_jitter=0)(call)()

    assert slept == [0.5]


@pytest.mark.parametrize("error", [error_of(BAD), TimeoutError(), KeyError("a bug")], ids=repr)
def test_stamina_leaves_the_rest_alone(error: Exception, slept: list[float]):
    """What a repeat cannot help, and what is no vendor's error, is raised at once."""
    stamina = pytest.importorskip("stamina", reason="the hook is for errnorm[stamina]")
    call, calls = failing(error)
    with pytest.raises(type(error)):
        stamina.retry(on=for_stamina.on_vendor_error())(call)()

    assert (len(calls), slept) == (1, [])


def test_stamina_repeats_coroutines():
    """The same hook serves async functions."""
    stamina = pytest.importorskip("stamina", reason="the hook is for errnorm[stamina]")
    call, calls = failing(error_of(Sample(DOWN.body, 503, {"Retry-After": "0"})))

    @stamina.retry(on=for_stamina.on_vendor_error())
    async def retried() -> str:
        return call()

    assert (asyncio.run(retried()), len(calls)) == ("done", 2)


def tenacious(call: Callable[[], str], **wait: Any) -> str:
    """Call with tenacity, three times at most."""
    tenacity = pytest.importorskip("tenacity", reason="the strategies come with errnorm[tenacity]")
    from errnorm.middleware.tenacity import retry_if_vendor_error, wait_as_advised

    return tenacity.retry(
        retry=retry_if_vendor_error(),
        wait=wait_as_advised(**wait),
        stop=tenacity.stop_after_attempt(3),
        reraise=True,
    )(call)()


def test_tenacity_repeats_when_the_vendor_says(slept: list[float]):
    """Out of service for 5 seconds, twice, and cut to the longest wait."""
    call, calls = failing(error_of(DOWN), error_of(DOWN))

    assert (tenacious(call, longest=3), len(calls), slept) == ("done", 3, [3, 3])


def test_tenacity_falls_back_where_nobody_says_how_long(slept: list[float]):
    """The fallback of the caller holds, and waits of a second at most without one."""
    tenacity = pytest.importorskip("tenacity", reason="the strategies come with errnorm[tenacity]")
    unnamed = error_of(Sample(b"", 503, {}))
    tenacious(failing(unnamed)[0], fallback=tenacity.wait_fixed(7))
    tenacious(failing(unnamed)[0])

    assert slept[0] == 7
    assert 0 <= slept[1] <= 1


@pytest.mark.parametrize("error", [error_of(BAD), TimeoutError(), KeyError("a bug")], ids=repr)
def test_tenacity_leaves_the_rest_alone(error: Exception, slept: list[float]):
    """What a repeat cannot help, and what is no vendor's error, is raised at once."""
    call, calls = failing(error)
    with pytest.raises(type(error)):
        tenacious(call)

    assert (len(calls), slept) == (1, [])


def test_tenacity_strategies_can_be_joined(slept: list[float]):
    """`|` with a strategy of tenacity repeats what either of them wants."""
    tenacity = pytest.importorskip("tenacity", reason="the strategies come with errnorm[tenacity]")
    from errnorm.middleware.tenacity import retry_if_vendor_error, wait_as_advised

    either = retry_if_vendor_error() | tenacity.retry_if_exception_type(TimeoutError)
    wait = wait_as_advised(tenacity.wait_fixed(2)) + tenacity.wait_fixed(1)
    call, calls = failing(TimeoutError(), error_of(DOWN))
    tenacity.retry(retry=either, wait=wait)(call)()

    assert (len(calls), slept) == (3, [3, 6])


@pytest.mark.parametrize(
    "sample, wait",
    [
        (DOWN, 5.0),
        (Sample(b"", 503, {"Retry-After": "3600"}), 60.0),
        (Sample(b"", 503, {}), True),
        (BAD, False),
        (testing.CHAT_NOTICE, False),
        (testing.OK, False),
        (testing.FINESSE_TWO_ERRORS, False),
    ],
)
def test_the_wait_is_that_of_the_response_and_bounded(sample: Sample, wait: bool | float):  # noqa: FBT001 - a parameter
    """Seconds where named, True where a repeat helps, False where not, and for what is no error."""
    body, status, headers = sample
    seen = advised_wait(errnorm.normalize(body, status=status, headers=headers))

    assert (seen, type(seen)) == (wait, type(wait))


def two_errors(*delays: float | None, scope: errnorm.Scope = errnorm.Scope.SAME_CALL) -> errnorm.Result:
    """Give a result of errors with these delays; the last one has the scope."""
    scopes = [errnorm.Scope.SAME_CALL] * (len(delays) - 1) + [scope]
    advices = [
        errnorm.RetryAdvice(decision=errnorm.Decision.RETRY, scope=scope, delay=delay)
        for scope, delay in zip(scopes, delays, strict=True)
    ]
    base = errnorm.normalize(b"", status=503)
    return attrs.evolve(base, records=tuple(attrs.evolve(base.first, retry=advice) for advice in advices))


def test_of_several_delays_the_longest_counts():
    """A repeat before the slowest of them would meet its error again."""
    assert advised_wait(two_errors(2.0, 7.0)) == 7.0
    assert advised_wait(two_errors(7.0, None)) == 7.0


def test_of_several_errors_all_must_allow_a_repeat():
    """One that wants the whole operation anew is not helped by the same call."""
    assert advised_wait(two_errors(2.0, 7.0, scope=errnorm.Scope.HIGHER_LEVEL)) is False


def test_a_date_in_the_past_is_now():
    """A date without the server's own Date is measured by our clock, and never below 0."""
    past = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    seen = advised_wait(errnorm.normalize(b"", status=503, headers={"Retry-After": past}))

    assert (seen, type(seen)) == (0.0, float)


@given(st.integers(400, 599), st.none() | st.integers(0, 10**6), st.sampled_from(sorted(testing.SAMPLES)))
def test_a_wait_follows_the_advice_of_every_record(status: int, seconds: int | None, name: str):
    """A wait is given only where every error says retry, same call; and it is in bounds."""
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    result = errnorm.normalize(testing.SAMPLES[name].body, status=status, headers=headers)
    seen = advised_wait(result, 30)
    errors = [record for record in result if record.severity != "info"]

    assert (seen is not False) == (bool(errors) and all(record.retry.same_call for record in errors))
    assert seen is True or 0 <= seen <= 30


def test_a_fault_of_ours_leaves_the_error_as_it_is(monkeypatch: pytest.MonkeyPatch, caplog: Any):
    """Where errnorm fails to judge, the vendor's error is what the caller gets, and the log says so."""
    stamina = pytest.importorskip("stamina", reason="the hook is for errnorm[stamina]")
    monkeypatch.setattr(_advice, "advised_wait", lambda *_: 1 / 0)
    for retried in (tenacious, stamina.retry(on=for_stamina.on_vendor_error())):
        with pytest.raises(VendorError):
            retried(failing(error_of(DOWN))[0])()

    assert caplog.text.count("ZeroDivisionError") == 2


def test_the_hook_sees_the_error_behind_nothing_else():
    """An exception raised from a vendor's error is the caller's own, and not repeated."""
    error = RuntimeError("wrapped")
    error.__cause__ = error_of(DOWN)

    assert for_stamina.on_vendor_error()(error) is False
    assert isinstance(error.__cause__, VendorError)
