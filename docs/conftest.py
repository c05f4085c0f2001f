"""What the examples of these pages call: a vendor on loopback at `url`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

BODY = b"""<ApiErrors>
  <ApiError>
    <ErrorType>Service Unavailable</ErrorType>
    <ErrorData></ErrorData>
    <ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage>
  </ApiError>
</ApiErrors>"""


class Finesse(BaseHTTPRequestHandler):
    """Answers that it is out of service."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(503)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Retry-After", "5")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def finesse() -> Iterator[str]:
    """Give the address of a running server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Finesse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/finesse/api/User/agent1001"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _address(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    """Put the address into the examples of the page that calls it."""
    if request.node.name == "middleware.md":
        doctest_namespace["url"] = request.getfixturevalue("finesse")
