"""The ASGI middleware in a real server, in every place of the stacks of Starlette and FastAPI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from app_server import uvicorn_serving
from vendor_errors import PRIVATE, error_of

from errnorm import VendorError, testing
from errnorm.middleware.asgi import ErrnormMiddleware

for package in ("fastapi", "httpx", "uvicorn"):
    pytest.importorskip(package, reason="the framework, the client and the server of these tests")

import httpx
from anyio import create_task_group
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route


async def fine(_request: Any) -> Any:
    """Answer."""
    return PlainTextResponse("fine")


async def raises(_request: Any) -> Any:
    """Let a vendor's error out."""
    raise error_of(testing.FINESSE_UNAUTHORIZED)


def in_a_thread(_request: Any) -> Any:
    """Let a vendor's error out of a thread."""
    raise error_of(testing.FINESSE_OUT_OF_SERVICE)


async def in_a_group(_request: Any) -> Any:
    """Let a vendor's error out of a task group, which wraps it."""

    async def call() -> None:
        raise error_of(testing.FINESSE_OUT_OF_SERVICE)

    async with create_task_group() as group:
        group.start_soon(call)
        group.start_soon(asyncio.sleep, 30)


async def bug(_request: Any) -> Any:
    """Fail by a fault of the app."""
    raise ZeroDivisionError


async def not_there(_request: Any) -> Any:
    """Let the framework answer."""
    raise HTTPException(404, "no such thing")


async def own_500(_request: Any) -> Any:
    """Answer with a 500 of the app's own."""
    return JSONResponse({"own": True}, status_code=500, background=BackgroundTask(lambda: None))


async def streamed_500(_request: Any) -> Any:
    """Answer with a 500 in pieces."""
    return StreamingResponse(iter([b"a", b"b"]), status_code=500)


async def begun(_request: Any) -> Any:
    """Let a vendor's error out in the middle of a response."""

    async def chunks() -> Any:
        yield b"begun"
        raise error_of(testing.FINESSE_UNAUTHORIZED)

    return StreamingResponse(chunks())


async def private(_request: Any) -> Any:
    """Let an error full of secrets out."""
    raise error_of(PRIVATE, "https://finesse.example.com/secret-path")


VIEWS = (fine, raises, in_a_thread, in_a_group, bug, not_there, own_500, streamed_500, begun, private)


@asynccontextmanager
async def lifespan(_app: Any) -> Any:
    """Run: uvicorn with `lifespan="on"` does not start where it fails."""
    yield


def app_of(framework: Callable[..., Any], **options: Any) -> Any:
    """Make an app with the views."""
    routes = [Route(f"/{view.__name__}", view) for view in VIEWS]
    return framework(routes=routes, lifespan=lifespan, **options)


def inside(app: Any) -> Any:
    """Put the middleware where `add_middleware` puts it."""
    app.add_middleware(ErrnormMiddleware)
    return app


async def pass_on(request: Any, call_next: Any) -> Any:
    """Do nothing, as a middleware made of a function, which runs the app in a task group of its own."""
    return await call_next(request)


FUNCTION = [Middleware(BaseHTTPMiddleware, dispatch=pass_on)]

# What the app is made of, and where ours goes.
STACKS = {
    "starlette, added": (partial(app_of, Starlette), inside),
    "starlette, around it": (partial(app_of, Starlette), ErrnormMiddleware),
    "starlette in debug mode, around it": (partial(app_of, Starlette, debug=True), ErrnormMiddleware),
    "starlette, around a function": (partial(app_of, Starlette, middleware=FUNCTION), inside),
    "fastapi, added": (partial(app_of, FastAPI), inside),
    "fastapi, around it": (partial(app_of, FastAPI), ErrnormMiddleware),
    "fastapi, around a function": (partial(app_of, FastAPI, middleware=FUNCTION), inside),
}


# uvicorn closes a connection after an exception, also where the response was whole: none is used twice.
ONE_CALL = httpx.Limits(max_keepalive_connections=0)


@pytest.fixture(scope="module", params=STACKS, ids=str)
def clients(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any]]:
    """Give a client of each stack in a real server, and one of the same app without ours."""
    make, put = STACKS[request.param]
    with (
        uvicorn_serving(put(make())) as url,
        uvicorn_serving(make()) as bare_url,
        httpx.Client(base_url=url, limits=ONE_CALL) as client,
        httpx.Client(base_url=bare_url, limits=ONE_CALL) as bare,
    ):
        yield client, bare


@pytest.fixture
def client(clients: tuple[Any, Any]) -> Any:
    """Give the client of the app with ours."""
    return clients[0]


def test_an_escaped_error_becomes_a_problem_document(client: Any):
    """A vendor's 401 on our credentials is a 502 for our caller, with the catalog's page as type."""
    response = client.get("/raises")
    problem = response.json()

    assert response.status_code == problem["status"] == 502
    assert response.headers["content-type"] == "application/problem+json"
    assert int(response.headers["content-length"]) == len(response.content)
    assert problem["type"].startswith("https://")
    assert (problem["vendor"], problem["codes"]) == ("cisco-finesse", ["UNAUTHORIZED"])
    assert "retry-after" not in response.headers


@pytest.mark.parametrize("path", ["in_a_thread", "in_a_group"])
def test_the_time_to_wait_goes_with_it(client: Any, path: str):
    """Out of service for 5 seconds: 503 and Retry-After, also out of a thread or a task group."""
    response = client.get(f"/{path}")

    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.json()["retry"] == {"decision": "retry", "scope": "same_call", "delay": 5.0}


def test_nothing_private_is_in_it(client: Any):
    """Message, target, ids, other members and the url stay inside."""
    response = client.get("/private")

    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text + str(response.headers)


def outcome(client: Any, path: str) -> Any:
    """Give what a caller sees, or that the response broke off."""
    try:
        response = client.get(path)
    except httpx.RemoteProtocolError:
        return "broken off"
    return response.status_code, response.headers.get("content-type"), response.content


@pytest.mark.parametrize(
    "view", [fine, not_there, own_500, streamed_500, begun], ids=lambda view: view.__name__
)
def test_everything_else_is_as_without_us(clients: tuple[Any, Any], view: Any):
    """Answers of the app, its own 500 and a broken stream among them, reach the caller unchanged."""
    client, bare = clients

    assert outcome(client, f"/{view.__name__}") == outcome(bare, f"/{view.__name__}")


def test_a_bug_stays_a_bug(client: Any):
    """Another exception gives the app's own 500."""
    response = client.get("/bug")

    assert response.status_code == 500
    assert "problem+json" not in response.headers["content-type"]


def test_a_response_that_has_begun_breaks_off():
    """An error in the middle of a stream is raised on, and the server cuts the body."""
    with uvicorn_serving(inside(app_of(Starlette))) as url, httpx.Client(base_url=url) as client:
        seen = outcome(client, "/begun")

    assert seen == "broken off"


def test_handlers_of_the_app_come_first():
    """ExceptionMiddleware stands inside: a handler for VendorError answers, a catch-all does not."""

    async def own(_request: Any, error: VendorError) -> Any:
        return PlainTextResponse(f"own {error.record.category}", status_code=418)

    handled = inside(app_of(Starlette, exception_handlers={VendorError: own}))
    caught = inside(app_of(Starlette, exception_handlers={Exception: own}))
    with uvicorn_serving(handled) as first, uvicorn_serving(caught) as second:
        answers = [httpx.get(f"{url}/raises") for url in (first, second)]

    assert answers[0].text == "own authentication"
    assert answers[1].status_code == 502


def test_the_stack_of_starlette_is_as_the_docs_say():
    """From outside: ServerErrorMiddleware, the app's middleware, ExceptionMiddleware."""
    names, layer = [], inside(app_of(Starlette)).build_middleware_stack()
    while hasattr(layer, "app"):
        names.append(type(layer).__name__)
        layer = layer.app
    ours = names.index("ErrnormMiddleware")

    assert names[0] == "ServerErrorMiddleware"
    assert names[ours + 1] == "ExceptionMiddleware"
