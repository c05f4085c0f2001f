"""Django: a `VendorError` that escapes from a view becomes a problem document.

    MIDDLEWARE = [..., "errnorm.middleware.django.ErrnormMiddleware"]

Django makes a plain 500 of every exception before a WSGI or ASGI middleware can see it.
"""

from __future__ import annotations

from errnorm.middleware._answer import answer_to
from errnorm.middleware._guard import needs

try:
    from django.http import HttpRequest, HttpResponse  # type: ignore[import-untyped] # Django has no types
    from django.utils.deprecation import MiddlewareMixin  # type: ignore[import-untyped] # the same
except ImportError as error:
    raise needs("django") from error

__all__ = ["ErrnormMiddleware"]


class ErrnormMiddleware(MiddlewareMixin):  # type: ignore[misc] # the same
    """A middleware of Django, for sync and async views."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:  # noqa: ARG002 - Django calls it so
        """Answer for the view; None leaves other exceptions to Django."""
        found = answer_to(exception)
        return found and HttpResponse(found.body, status=found.status, headers=found.headers)
