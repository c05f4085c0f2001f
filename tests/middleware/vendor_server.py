"""A vendor on loopback: a real server that answers each request with the next of some raw responses."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from errnorm.testing import Sample


class Raw(NamedTuple):
    """A response as it goes over the wire; `ends` says that the connection is closed after it."""

    head: bytes
    body: bytes
    ends: bool = False


def _head(sample: Sample, **more: str) -> bytes:
    headers = dict(sample.headers) | {name.replace("_", "-"): value for name, value in more.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {sample.status or 200} Status\r\n{lines}\r\n".encode()


def plain(sample: Sample) -> Raw:
    """With its length."""
    return Raw(_head(sample, content_length=str(len(sample.body))), sample.body)


def packed(sample: Sample) -> Raw:
    """In gzip."""
    body = gzip.compress(sample.body)
    return Raw(_head(sample, content_length=str(len(body)), content_encoding="gzip"), body)


def _chunks(body: bytes) -> bytes:
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def chunked(sample: Sample) -> Raw:
    """In chunks of 100 bytes."""
    return Raw(_head(sample, transfer_encoding="chunked"), _chunks(sample.body) + b"0\r\n\r\n")


def packed_chunks(sample: Sample) -> Raw:
    """In gzip, and that in chunks."""
    body = _chunks(gzip.compress(sample.body)) + b"0\r\n\r\n"
    return Raw(_head(sample, transfer_encoding="chunked", content_encoding="gzip"), body)


def cut(sample: Sample) -> Raw:
    """Broken off before the length that it announced."""
    return Raw(_head(sample, content_length=str(len(sample.body) + 100)), sample.body, ends=True)


def cut_chunks(sample: Sample) -> Raw:
    """Broken off between two chunks."""
    return Raw(_head(sample, transfer_encoding="chunked"), _chunks(sample.body), ends=True)


def until_closed(sample: Sample) -> Raw:
    """Without a length: the end of the connection is the end of the body."""
    return Raw(_head(sample, connection="close"), sample.body, ends=True)


FORMS = [plain, packed, chunked, packed_chunks, cut, cut_chunks, until_closed]


class Vendor(NamedTuple):
    """A server that runs.

    Attributes:
        url: its address.
        asked: the requests so far, `GET /path`.
    """

    url: str
    asked: list[str]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: that a client hangs up is what some tests are about."""


@contextmanager
def serving(*answers: Raw) -> Iterator[Vendor]:
    """Run a server that gives these answers in their order, the last one again and again."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked.append(f"{self.command} {self.path}")
            raw = answers[min(len(asked), len(answers)) - 1]
            self.wfile.write(raw.head + (b"" if self.command == "HEAD" else raw.body))
            self.close_connection = self.close_connection or raw.ends

        do_GET = do_POST = do_HEAD = answer  # noqa: N815 - http.server looks for these names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Vendor(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
