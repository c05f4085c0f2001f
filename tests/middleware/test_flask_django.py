"""Flask and Django, each in a real server, with as few lines as the docs say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from app_server import uvicorn_serving, wsgiref_serving
from vendor_errors import error_of

from errnorm import VendorError, testing
from errnorm.middleware.wsgi import ErrnormMiddleware, answer

httpx = pytest.importorskip("httpx", reason="the client of these tests")


def raise_error() -> Any:
    """Let a vendor's error out, as a view."""
    raise error_of(testing.FINESSE_OUT_OF_SERVICE)


def flask_app() -> Any:
    """Make a Flask app."""
    flask = pytest.importorskip("flask", reason="the framework of this test")
    app = flask.Flask("integration")

    @app.get("/raises")
    def raises() -> Any:
        raise_error()

    @app.get("/streams")
    def streams() -> Any:
        def chunks() -> Iterator[str]:
            yield raise_error()

        return chunks()

    @app.get("/bug")
    def bug() -> Any:
        raise ZeroDivisionError

    return app


def handled() -> Any:
    """Flask with its own error handler: the way for production."""
    app = flask_app()
    app.register_error_handler(VendorError, answer)
    return app


def wrapped() -> Any:
    """Flask that lets exceptions out, with the middleware around it."""
    app = flask_app()
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.wsgi_app = ErrnormMiddleware(app.wsgi_app)
    return app


def both() -> Any:
    """Flask with both: the handler for views, the middleware for bodies that are streamed."""
    app = handled()
    app.wsgi_app = ErrnormMiddleware(app.wsgi_app)
    return app


@pytest.mark.parametrize(
    "make, path", [(handled, "/raises"), (wrapped, "/raises"), (both, "/raises"), (both, "/streams")]
)
def test_flask_answers_with_a_problem_document(make: Any, path: str):
    """503, Retry-After and the document, from a view and from a streamed body."""
    with wsgiref_serving(make()) as url:
        response = httpx.get(url + path)

    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["codes"] == ["SERVER_OUT_OF_SERVICE"]


def test_flask_keeps_its_own_500():
    """A bug of the app is answered as without us."""
    with wsgiref_serving(both()) as url:
        response = httpx.get(url + "/bug")

    assert (response.status_code, response.headers["content-type"]) == (500, "text/html; charset=utf-8")


def sync_view(request: Any) -> Any:
    """Let a vendor's error out of a view of Django, or fail by a fault of the app."""
    if request.path == "/bug":
        raise ZeroDivisionError
    raise_error()


def streaming_view(_request: Any) -> Any:
    """Let a vendor's error out of a body that is made piece by piece."""
    from django.http import StreamingHttpResponse

    return StreamingHttpResponse(raise_error() for _ in range(1))


async def async_view(request: Any) -> Any:
    """Do the same in an async view."""
    sync_view(request)


@pytest.fixture(scope="module")
def _django() -> None:
    """Set Django up with one line of ours."""
    package = pytest.importorskip("django", reason="the framework of these tests")
    pytest.importorskip("uvicorn", reason="the server of these tests")
    from django.conf import settings
    from django.urls import path

    settings.configure(
        ROOT_URLCONF=type(
            "urls",
            (),
            {
                "urlpatterns": [
                    path("sync", sync_view),
                    path("async", async_view),
                    path("bug", sync_view),
                    path("streams", streaming_view),
                ]
            },
        ),
        MIDDLEWARE=["errnorm.middleware.django.ErrnormMiddleware"],
        ALLOWED_HOSTS=["127.0.0.1"],
        LOGGING_CONFIG=None,
        DEBUG_PROPAGATE_EXCEPTIONS=False,
    )
    package.setup()


@pytest.fixture(params=["wsgi", "asgi"])
def django_url(request: pytest.FixtureRequest, _django: None) -> Iterator[str]:
    """Give the address of the Django app in a real server of each kind."""
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler

    if request.param == "wsgi":
        with wsgiref_serving(WSGIHandler()) as url:
            yield url
    else:
        with uvicorn_serving(ASGIHandler(), lifespan="off") as url:
            yield url


@pytest.mark.parametrize("path", ["/sync", "/async"])
def test_django_answers_with_a_problem_document(django_url: str, path: str):
    """503, Retry-After and the document, from sync and async views, under WSGI and ASGI."""
    response = httpx.get(django_url + path)

    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["codes"] == ["SERVER_OUT_OF_SERVICE"]


def test_django_keeps_its_own_500(django_url: str):
    """A bug of the app is answered as without us."""
    response = httpx.get(django_url + "/bug")

    assert (response.status_code, response.headers["content-type"]) == (500, "text/html; charset=utf-8")


@pytest.mark.usefixtures("_django")
def test_a_stream_of_django_is_answered_by_the_middleware_around_it():
    """It raises after every middleware of Django, and before the first byte is sent."""
    from django.core.handlers.wsgi import WSGIHandler

    with wsgiref_serving(ErrnormMiddleware(WSGIHandler())) as url:
        response = httpx.get(url + "/streams")

    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
