"""`ErrnormRetry` against a real server: what it repeats, how long it waits, and what the caller reads."""

from __future__ import annotations

import shutil
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from vendor_server import FORMS, Raw, plain, serving

from errnorm import testing
from errnorm.testing import OK, Sample

urllib3 = pytest.importorskip("urllib3", reason="the retry comes with errnorm[urllib3]")
from errnorm.middleware import urllib3 as ours

BAD = testing.FINESSE_UNAUTHORIZED
DOWN = testing.FINESSE_OUT_OF_SERVICE
BIG = Sample(testing.FINESSE_UNAUTHORIZED.body + b" " * 200_000, 401, BAD.headers)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the waits that would have been."""
    waits: list[float] = []
    monkeypatch.setattr(ours.time, "sleep", waits.append)
    return waits


def pool(retries: Any) -> Any:
    """Make a pool of one connection, which is waited for: a leaked one would show."""
    return urllib3.PoolManager(retries=retries, maxsize=1, block=True, timeout=5)


def test_a_call_is_repeated_after_the_time_the_server_names(slept: list[float]):
    """503 with Retry-After: 5 is asked again 5 seconds later."""
    with serving(plain(DOWN), plain(OK)) as vendor:
        response = pool(ours.ErrnormRetry(total=3)).request("GET", vendor.url)

    assert (response.status, len(vendor.asked), slept) == (200, 2, [5.0])


def test_an_error_that_a_repeat_cannot_help_is_given_to_the_caller(slept: list[float]):
    """401 is asked once, and its body is there."""
    with serving(plain(BAD), plain(OK)) as vendor:
        response = pool(ours.ErrnormRetry(total=3)).request("GET", vendor.url)

    assert (response.status, response.data, len(vendor.asked), slept) == (401, BAD.body, 1, [])


def test_the_body_overrules_the_status():
    """A 500 with a code that asks for a change is not repeated, whatever 500 alone would mean."""
    body = testing.FINESSE_INVALID_DEVICE.body
    with serving(plain(Sample(body, 503, {"Content-Type": "application/xml"})), plain(OK)) as vendor:
        response = pool(ours.ErrnormRetry(total=3)).request("GET", vendor.url)

    assert (response.status, len(vendor.asked)) == (503, 1)


BUSY = testing.samples._finesse(("Generic Error", "33", "CF_RESOURCE_BUSY"))


@pytest.mark.parametrize("status", [400, 404, 500, 599])
def test_the_advice_decides_for_every_status_of_an_error(status: int, slept: list[float]):
    """A code that asks for a repeat is repeated under whatever status it comes."""
    with serving(plain(Sample(BUSY, status, {"Retry-After": "3"})), plain(OK)) as vendor:
        response = pool(ours.ErrnormRetry(total=1)).request("GET", vendor.url)

    assert (response.status, slept) == (200, [3.0])


def test_the_address_is_looked_at_as_well(monkeypatch: pytest.MonkeyPatch):
    """Where a body names nobody, its path may."""
    seen: list[Any] = []
    normalize = ours.normalize
    monkeypatch.setattr(
        ours, "normalize", lambda body, **given: seen.append(given["url"]) or normalize(body, **given)
    )
    with serving(plain(BAD)) as vendor:
        pool(ours.ErrnormRetry(total=1)).request("GET", f"{vendor.url}/finesse/api/User/agent1001")

    assert seen == ["/finesse/api/User/agent1001"]


def test_of_several_errors_all_must_allow_it():
    """One error that cannot be helped stands beside one that can: the call is not repeated."""
    both = testing.samples._finesse(
        ("Generic Error", "33", "CF_RESOURCE_BUSY"),
        ("Invalid Device", "260", "CF_INVALID_LOGON_DEVICE_SPECIFIED"),
    )
    with serving(plain(Sample(both, 500, {})), plain(OK)) as vendor:
        pool(ours.ErrnormRetry(total=3)).request("GET", vendor.url)

    assert len(vendor.asked) == 1


def test_the_last_answer_is_given_when_no_attempt_is_left(slept: list[float]):
    """After total=2 repeats the caller has the 503 itself, not an exception."""
    with serving(plain(DOWN)) as vendor:
        response = pool(ours.ErrnormRetry(total=2, longest=1)).request("GET", vendor.url)

    assert (response.status, response.data, len(vendor.asked)) == (503, DOWN.body, 3)
    assert slept == [1, 1]


def test_without_a_delay_the_backoff_factor_holds(slept: list[float]):
    """Where nobody says how long, urllib3 waits as it does elsewhere: not at all, then more and more."""
    with serving(plain(Sample(b"", 503, {}))) as vendor:
        pool(ours.ErrnormRetry(total=3, backoff_factor=2)).request("GET", vendor.url)

    assert slept == [4.0, 8.0]


def test_a_retry_after_that_cannot_be_read_does_no_harm(slept: list[float]):
    """`Retry-After: soon` raises in a bare Retry; here it is not obeyed."""
    with serving(plain(Sample(b"", 503, {"Retry-After": "soon"})), plain(OK)) as vendor:
        response = pool(ours.ErrnormRetry(total=1)).request("GET", vendor.url)

    assert (response.status, slept) == (200, [])


def test_a_post_is_repeated_only_when_the_caller_says_so():
    """POST is not among the methods that urllib3 holds for idempotent."""
    now = Sample(DOWN.body, 503, {"Retry-After": "0"})
    with serving(plain(now), plain(OK)) as vendor:
        first = pool(ours.ErrnormRetry(total=1)).request("POST", vendor.url)
    with serving(plain(now), plain(OK)) as vendor:
        second = pool(ours.ErrnormRetry(total=1, allowed_methods=None)).request("POST", vendor.url)

    assert (first.status, second.status) == (503, 200)


def test_redirects_are_followed_as_before():
    """A redirect is no error, and `redirect=0` refuses it as in a bare Retry."""
    moved = Raw(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", b"")
    with serving(moved, plain(OK)) as vendor:
        pool(ours.ErrnormRetry(total=2)).request("GET", vendor.url)
        with pytest.raises(urllib3.exceptions.MaxRetryError), serving(moved) as other:
            pool(ours.ErrnormRetry(redirect=0)).request("GET", other.url)

    assert vendor.asked == ["GET /", "GET /there"]


def test_a_refused_connection_is_counted_as_before():
    """Where nobody answers, the client's own exception comes after its own number of attempts."""
    with serving(plain(OK)) as vendor:
        pass
    with pytest.raises(urllib3.exceptions.MaxRetryError) as raised:
        pool(ours.ErrnormRetry(total=2)).request("GET", vendor.url)

    assert isinstance(raised.value.reason, urllib3.exceptions.NewConnectionError)


def whole(response: Any) -> bytes:
    """Read all at once."""
    return response.read()


def streamed(response: Any) -> bytes:
    """Read by the stream."""
    return b"".join(response.stream(70))


def by_pieces(response: Any) -> bytes:
    """Read pieces of 7 bytes."""
    return b"".join(iter(lambda: response.read(7), b""))


def as_sent(response: Any) -> bytes:
    """Read packed, as it was sent."""
    return b"".join(response.stream(50, decode_content=False))


def outcome(read: Callable[[Any], bytes], response: Any) -> Any:
    """Give what was read, or the name of what was raised."""
    try:
        return read(response)
    except urllib3.exceptions.HTTPError as error:
        return type(error).__name__


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("read", [whole, streamed, by_pieces, as_sent])
@pytest.mark.parametrize("sample", [BAD, DOWN, BIG, Sample(b"", 401, {})], ids=["401", "503", "big", "empty"])
def test_the_caller_reads_what_it_would_read_without_errnorm(form, read, sample):
    """A stream of an error that is not repeated any more gives the same bytes, or fails in the same place."""
    with serving(form(sample)) as vendor:
        bare, retried = pool(False), pool(ours.ErrnormRetry(total=0))
        expected = outcome(read, bare.request("GET", vendor.url, preload_content=False))
        response = retried.request("GET", vendor.url, preload_content=False)
        seen = outcome(read, response)
        response.release_conn()
        again = retried.request("GET", vendor.url, preload_content=False)
        again.close()

    assert seen == expected
    assert again.status == sample.status


@pytest.mark.parametrize("form", FORMS)
def test_a_body_in_any_form_is_judged(form, slept: list[float]):
    """Packed, in chunks or cut: the advice is found, and the call repeated."""
    with serving(form(DOWN), plain(OK)) as vendor:
        response = pool(ours.ErrnormRetry(total=1)).request("GET", vendor.url, preload_content=False)
        response.close()

    assert (response.status, slept) == (200, [5.0])


@pytest.mark.parametrize("kind", [b"text/event-stream", b"Text/Event-Stream; charset=utf-8"])
def test_an_event_stream_is_not_read(monkeypatch: pytest.MonkeyPatch, kind: bytes):
    """A stream that never ends is judged by its status, and the caller has its first event."""
    seen: list[bytes] = []
    normalize = ours.normalize
    monkeypatch.setattr(
        ours, "normalize", lambda body, **given: seen.append(body) or normalize(body, **given)
    )
    head = b"HTTP/1.1 401 No\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n" % kind
    with serving(Raw(head, b"9\r\ndata: 1\n\n\r\n")) as vendor:
        response = pool(ours.ErrnormRetry(total=1)).request("GET", vendor.url, preload_content=False)
        first = next(response.stream(100))
        response.close()

    assert (seen, first) == ([b""], b"data: 1\n\n")


def test_a_timeout_inside_the_body_is_raised_where_the_caller_reads():
    """The head came, the body did not: the call gives the response, reading it fails."""
    slow = Raw(b"HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\n", b"half")
    with serving(slow) as vendor:
        http = pool(ours.ErrnormRetry(total=1))
        response = http.request("GET", vendor.url, preload_content=False, timeout=0.2)
        stream = response.stream(4)
        first = next(stream)
        with pytest.raises(urllib3.exceptions.ReadTimeoutError):
            next(stream)

    assert first == b"half"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at a body for a twentieth of a second."""
    monkeypatch.setattr(ours, "_PEEK_SECONDS", 0.05)


def endless(form: str, go: threading.Event) -> Iterator[bytes]:
    """Give a head and the beginning of a body that stalls, trickles or floods, until `go` is set."""
    yield b"HTTP/1.1 503 No\r\nRetry-After: 5\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"
    if form == "floods":
        yield b"0\r\n"
    while not go.wait(0 if form == "floods" else 0.01):
        yield {"stalls": b"", "trickles": b"1\r\n \r\n", "floods": b"trailer: 1\r\n" * 10}[form]


@pytest.fixture(params=["plain", "TLS"])
def tls(request: pytest.FixtureRequest, tmp_path: Path) -> ssl.SSLContext | None:
    """Give what the server wraps its connections in."""
    if request.param == "plain":
        return None
    if shutil.which("openssl") is None:
        pytest.skip("the certificate is written by openssl, which is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    command = ["openssl", *options.split(), "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@contextmanager
def serving_endlessly(form: str, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run a server whose first answer has no end; the second is fine."""
    go, fine = threading.Event(), plain(OK)
    answers: list[Any] = [endless(form, go)]

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            with suppress(OSError):
                for piece in answers.pop() if answers else (fine.head, fine.body):
                    self.wfile.write(piece)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def get_request(self) -> Any:
            connection, address = super().get_request()
            return (tls.wrap_socket(connection, server_side=True) if tls else connection), address

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        go.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
@pytest.mark.parametrize("form", ["stalls", "trickles", "floods"])
def test_a_body_without_an_end_holds_nobody_up(form: str, tls: Any, slept: list[float]):
    """Without a timeout of the caller's: the call is repeated, and the one connection is free again."""
    retries = ours.ErrnormRetry(total=1)
    http = urllib3.PoolManager(retries=retries, maxsize=1, block=True, timeout=None, cert_reqs="CERT_NONE")
    with serving_endlessly(form, tls) as url:
        response = http.request("GET", url, preload_content=False)
        body = response.read()

    assert (response.status, body, slept) == (200, OK.body, [5.0])


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("form", ["stalls", "trickles", "floods"])
def test_a_body_without_an_end_is_still_there(form: str):
    """Where no attempt is left, the caller reads on where the look at it ended."""
    http = urllib3.PoolManager(retries=ours.ErrnormRetry(total=0), timeout=None)
    with serving_endlessly(form) as url:
        response = http.request("GET", url, preload_content=False)
        first = next(response.stream(100))
        response.close()

    assert (response.status, first) == (503, b"half")


@pytest.mark.usefixtures("impatient")
def test_a_socket_waits_as_before_when_the_look_is_over():
    """The look does not block; the caller's own timeout stands on the socket afterwards."""
    with serving_endlessly("stalls") as url:
        response = pool(ours.ErrnormRetry(total=0)).request("GET", url, preload_content=False)
        timeout = response.connection.sock.gettimeout()
        response.close()

    assert timeout == 5


def test_no_more_is_read_than_the_bound(monkeypatch: pytest.MonkeyPatch, slept: list[float]):
    """Of a body of 200 kB errnorm sees 64 KiB; the rest is not read before a repeat either."""
    seen: list[bytes] = []
    normalize = ours.normalize
    monkeypatch.setattr(
        ours, "normalize", lambda body, **given: seen.append(body) or normalize(body, **given)
    )
    long = Sample(DOWN.body + b" " * 200_000, 503, DOWN.headers)
    with serving(plain(long), plain(OK)) as vendor:
        response = pool(ours.ErrnormRetry(total=1)).request("GET", vendor.url, preload_content=False)

    assert (response.status, len(seen[0]), slept) == (200, 64 * 1024, [5.0])


def test_a_retry_after_is_left_alone_where_the_caller_says_so(slept: list[float]):
    """`respect_retry_after_header=False` means here what it means in a bare Retry."""
    retry = ours.ErrnormRetry(total=1, respect_retry_after_header=False)
    with serving(plain(DOWN), plain(OK)) as vendor:
        response = pool(retry).request("GET", vendor.url)

    assert (response.status, slept) == (200, [])


def test_a_server_that_is_down_is_not_asked_again_and_again_at_once(slept: list[float]):
    """Where nobody names a time, repeats are spread without being asked to."""
    with serving(plain(Sample(b"", 503, {}))) as vendor:
        pool(ours.ErrnormRetry(total=3)).request("GET", vendor.url)

    assert (len(vendor.asked), slept) == (4, [1.0, 2.0])


def test_a_fault_of_ours_never_reaches_the_caller(monkeypatch: pytest.MonkeyPatch, caplog):
    """Where errnorm fails, the caller has the response as it is, and the log says so."""
    monkeypatch.setattr(ours, "normalize", lambda *_, **__: 1 / 0)
    with serving(plain(DOWN)) as vendor:
        response = pool(ours.ErrnormRetry(total=3)).request("GET", vendor.url, preload_content=False)
        body = response.read()

    assert (response.status, body, len(vendor.asked)) == (503, DOWN.body, 1)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("stream", [False, True])
def test_requests_repeats_through_its_adapter(stream: bool, slept: list[float]):  # noqa: FBT001 - a parameter
    """Mounted in a session of requests it does the same, and `iter_content` gives the whole body."""
    requests = pytest.importorskip("requests", reason="its adapter takes a Retry")
    with serving(plain(DOWN), *[form(BIG) for form in FORMS[:4]]) as vendor, requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=ours.ErrnormRetry(total=1)))
        bodies = [b"".join(session.get(vendor.url, stream=stream).iter_content(999)) for _ in range(4)]

    assert bodies == [BIG.body] * 4
    assert slept == [5.0]


def test_a_date_is_measured_by_our_clock_where_the_server_names_none(slept: list[float]):
    """Retry-After with a date and no Date beside it: the wait is what is left until then."""
    moment = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600))
    with serving(plain(Sample(b"", 503, {"Retry-After": moment})), plain(OK)) as vendor:
        pool(ours.ErrnormRetry(total=1, longest=7200)).request("GET", vendor.url)

    assert 3500 < slept[0] <= 3600


def test_what_it_does_not_take_is_said():
    """A list of statuses contradicts the advice, and an exception would lose the body."""
    with pytest.raises(TypeError, match="takes no status_forcelist"):
        ours.ErrnormRetry(status_forcelist=[503])
    with pytest.raises(TypeError, match="takes no raise_on_status"):
        ours.ErrnormRetry(raise_on_status=True)
