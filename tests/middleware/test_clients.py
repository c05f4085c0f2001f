"""A client with errnorm in it behaves as it does without, and each error has its record."""

from __future__ import annotations

import pytest

pytest.importorskip("hypercorn", reason="the clients and the servers come with the extras and the tools")
for package in ("httpx", "requests", "aiohttp", "uvicorn", "h2"):
    pytest.importorskip(package, reason="the clients and the servers come with the extras and the tools")

from client_doors import ALL, DOORS, HTTP2, check
from vendor_servers import SHAPES, Vendor


@pytest.mark.parametrize("way", ["plain", "gzip", "chunked", "streamed"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ALL)
def test_a_call_is_what_it_is_without(vendor: Vendor, name: str, shape: str, way: str):
    """Every shape of body in every packing: equal bytes, and the library's record."""
    check(ALL[name], f"{vendor.http1}/{shape}/{way}?400")


@pytest.mark.parametrize("way", ["slow", "large"])
@pytest.mark.parametrize("name", [name for name in ALL if name != "urllib3"])  # which reads all of it first
def test_a_slow_and_a_large_body_stay_what_they_are(vendor: Vendor, name: str, way: str):
    """A body that takes its time and one of 10 MiB: equal bytes, and no more than the bound is looked at."""
    result = check(ALL[name], f"{vendor.http1}/finesse/{way}?400")

    assert "13036" in result[0].known_codes


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", ["cut", "cut-chunked", "malformed", "to-the-end", "bad-gzip"])
@pytest.mark.parametrize("name", ALL)
def test_a_broken_body_breaks_where_it_did(vendor: Vendor, name: str, shape: str, way: str):
    """A body that is cut, or no HTTP at all, gives the same bytes and then the same exception."""
    check(ALL[name], f"{vendor.raw}/{shape}/{way}?400")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", ["plain", "gzip", "chunked", "streamed", "slow"])
@pytest.mark.parametrize("name", HTTP2)
def test_http2_is_what_it_is_without(vendor: Vendor, name: str, shape: str, way: str):
    """Over HTTP/2 as over HTTP/1.1."""
    check(HTTP2[name], f"{vendor.http2}/{shape}/{way}?503", 503)


@pytest.mark.parametrize("name", HTTP2)
def test_a_large_body_over_http2_stays_what_it_is(vendor: Vendor, name: str):
    """10 MiB over HTTP/2: equal bytes, and no more than the bound is looked at."""
    result = check(HTTP2[name], f"{vendor.http2}/finesse/large?503", 503)

    assert "13036" in result[0].known_codes


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "finesse"])
@pytest.mark.parametrize("way", ["slow", "large"])
@pytest.mark.parametrize("name", list(DOORS)[::2])
def test_every_shape_may_be_slow_or_large(vendor: Vendor, name: str, shape: str, way: str):
    """The other shapes as well, through every second door: each door has its own for one shape above."""
    check(ALL[name], f"{vendor.http1}/{shape}/{way}?400")


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "finesse"])
@pytest.mark.parametrize("name", ["httpx-transport-bytes", "httpx-async-install"])
def test_every_shape_may_be_large_over_http2(vendor: Vendor, name: str, shape: str):
    """The same over HTTP/2, for the sync and the async client."""
    check(HTTP2[name], f"{vendor.http2}/{shape}/large?503", 503)
