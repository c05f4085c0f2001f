"""An app on loopback: uvicorn in a thread for ASGI, wsgiref for WSGI."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server


@contextmanager
def uvicorn_serving(app: Any, lifespan: str = "on") -> Iterator[str]:
    """Run an ASGI app in uvicorn and give its address."""
    import uvicorn

    config = uvicorn.Config(app, port=0, log_config=None, ws="none", lifespan=lifespan)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def get_stderr(self) -> Any:
        """Let the server write what it raises into nothing."""
        import io

        return io.StringIO()


@contextmanager
def wsgiref_serving(app: Any) -> Iterator[str]:
    """Run a WSGI app in the server of the standard library and give its address."""
    server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
