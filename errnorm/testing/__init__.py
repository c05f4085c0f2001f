"""For the tests of users: ready bodies of each vendor, transports that answer with them, the conformance kit.

    def test_an_agent_is_told_to_wait():
        client = httpx.Client(transport=httpx_transport(FINESSE_OUT_OF_SERVICE))
        ...

    def test_our_vendor_keeps_every_promise():
        check_vendor(ACME_DESK, "fixtures", catalog="catalog.json")

It imports no test framework, and a client only where its transport is asked for.
"""

from errnorm.testing.conformance import NotConforming, bench_of, check_vendor
from errnorm.testing.fixtures import HEALTHS, Fixture, fixtures_in
from errnorm.testing.promises import PROMISES, Bench
from errnorm.testing.samples import (
    CHAT_NOTICE,
    CHAT_UNAVAILABLE,
    COBROWSE_SESSION_ENDED,
    COBROWSE_UNREACHABLE,
    FINESSE_INVALID_DEVICE,
    FINESSE_NOTIFICATION,
    FINESSE_OUT_OF_SERVICE,
    FINESSE_TWO_ERRORS,
    FINESSE_UNAUTHORIZED,
    GWE_UNAUTHORIZED,
    GWE_UNAVAILABLE,
    OK,
    PROXY_BAD_GATEWAY,
    SAMPLES,
    Sample,
    httpx_transport,
    requests_adapter,
)

__all__ = [
    "CHAT_NOTICE",
    "CHAT_UNAVAILABLE",
    "COBROWSE_SESSION_ENDED",
    "COBROWSE_UNREACHABLE",
    "FINESSE_INVALID_DEVICE",
    "FINESSE_NOTIFICATION",
    "FINESSE_OUT_OF_SERVICE",
    "FINESSE_TWO_ERRORS",
    "FINESSE_UNAUTHORIZED",
    "GWE_UNAUTHORIZED",
    "GWE_UNAVAILABLE",
    "HEALTHS",
    "OK",
    "PROMISES",
    "PROXY_BAD_GATEWAY",
    "SAMPLES",
    "Bench",
    "Fixture",
    "NotConforming",
    "Sample",
    "bench_of",
    "check_vendor",
    "fixtures_in",
    "httpx_transport",
    "requests_adapter",
]
