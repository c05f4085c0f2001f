"""Ready bodies of each vendor, and transports that answer with them: test your own handling."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import chain, repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import httpx
    import requests.adapters

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
    "OK",
    "PROXY_BAD_GATEWAY",
    "SAMPLES",
    "Sample",
    "httpx_transport",
    "requests_adapter",
]


class Sample(NamedTuple):
    """What a vendor sends.

    Attributes:
        body: the bytes.
        status: the HTTP status; None for an event, which has none.
        headers: the headers that matter.

    Example:
        >>> import errnorm
        >>> body, status, headers = FINESSE_OUT_OF_SERVICE
        >>> errnorm.normalize(body, status=status, headers=headers).first.summary()
        'cisco-finesse finesse.rest.xml SERVER_OUT_OF_SERVICE: ...; retry the same call in 5 s.'
    """

    body: bytes
    status: int | None
    headers: Mapping[str, str]


_XML = {"Content-Type": "application/xml"}
_JSON = {"Content-Type": "application/json"}


def _finesse(*errors: tuple[str, str, str]) -> bytes:
    """Write errors (type, data, message) as Finesse's REST API does."""
    items = "".join(
        f"<ApiError><ErrorType>{kind}</ErrorType><ErrorData>{data}</ErrorData>"
        f"<ErrorMessage>{message}</ErrorMessage></ApiError>"
        for kind, data, message in errors
    )
    return f"<ApiErrors>{items}</ApiErrors>".encode()


_INVALID_DEVICE = ("Invalid Device", "260", "CF_INVALID_LOGON_DEVICE_SPECIFIED")

FINESSE_UNAUTHORIZED = Sample(_finesse(("Unauthorized", "", "UNAUTHORIZED")), 401, _XML)
FINESSE_OUT_OF_SERVICE = Sample(
    _finesse(("Service Unavailable", "", "SERVER_OUT_OF_SERVICE")), 503, _XML | {"Retry-After": "5"}
)
FINESSE_INVALID_DEVICE = Sample(_finesse(_INVALID_DEVICE), 400, _XML)
FINESSE_TWO_ERRORS = Sample(_finesse(("Parameter Missing", "", "extension"), _INVALID_DEVICE), 400, _XML)
FINESSE_NOTIFICATION = Sample(
    b"<Update><event>PUT</event><source>/finesse/api/User/1001</source><requestId>req-1</requestId>"
    b"<data><apiErrors><apiError><errorType>Generic Error</errorType><errorData>33</errorData>"
    b"<errorMessage>CF_RESOURCE_BUSY</errorMessage></apiError></apiErrors></data></Update>",
    None,
    {},
)
CHAT_UNAVAILABLE = Sample(
    b'[{"channel": "/chat/session-7", "data": {"type": "EventError", "error": '
    b'{"code": 100, "description": "Chat Server is not available"}}}]',
    200,
    _JSON,
)
CHAT_NOTICE = Sample(
    b'[{"channel": "/chat/session-7", "data": {"type": "EventError", '
    b'"description": "Chat session is restored on another instance of Chat Server."}}]',
    200,
    _JSON,
)
GWE_UNAUTHORIZED = Sample(b"", 401, {"WWW-Authenticate": 'Basic realm="Genesys Web Engagement"'})
GWE_UNAVAILABLE = Sample(b'{"message": "Too many requests"}', 503, _JSON | {"Retry-After": "30"})
COBROWSE_UNREACHABLE = Sample(
    b'{"event": "session_error", "code": 1016, '
    b'"reason": "Network request to backend failed after multiple attempts."}',
    None,
    {},
)
COBROWSE_SESSION_ENDED = Sample(
    b'{"event": "session_error", "code": 1011, "reason": "Session does not exist or has ended."}', None, {}
)
PROXY_BAD_GATEWAY = Sample(
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>"
    b"</center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>\r\n",
    502,
    {"Content-Type": "text/html"},
)
OK = Sample(b'{"ok": true}', 200, _JSON)

SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {name: value for name, value in globals().items() if isinstance(value, Sample) and name != "OK"}
)
"""Every error above by its name. A body of Genesys Web Engagement names nobody: give its url or
`vendor="genesys-gwe"` with it."""


def httpx_transport(*samples: Sample | Exception) -> httpx.MockTransport:
    """Give a transport for `httpx.Client` and `httpx.AsyncClient` that answers without a network.

    Args:
        *samples: the answers in their order; the last one answers all further requests. An exception,
            such as `httpx.ConnectError("refused")`, is raised in its turn.

    Example:
        >>> import httpx
        >>> client = httpx.Client(transport=httpx_transport(FINESSE_OUT_OF_SERVICE, OK))
        >>> [client.get("https://finesse.example.com/finesse/api/User/1001").status_code for _ in range(3)]
        [503, 200, 200]
    """
    import httpx  # noqa: PLC0415 - only who tests with httpx has it

    answers = _in_order(samples)

    def answer(_request: httpx.Request) -> httpx.Response:
        body, status, headers = _answered(next(answers))
        return httpx.Response(status or 200, headers=dict(headers), content=body)

    return httpx.MockTransport(answer)


def requests_adapter(*samples: Sample | Exception) -> requests.adapters.HTTPAdapter:
    """Give an adapter for `requests.Session.mount` that answers without a network.

    Args:
        *samples: the answers in their order; the last one answers all further requests. An exception,
            such as `requests.ConnectionError("refused")`, is raised in its turn.

    Example:
        >>> import requests
        >>> session = requests.Session()
        >>> session.mount("https://", requests_adapter(FINESSE_UNAUTHORIZED))
        >>> session.get("https://finesse.example.com/finesse/api/User/1001").status_code
        401
    """
    import requests.adapters  # noqa: PLC0415 - only who tests with requests has it
    import urllib3  # noqa: PLC0415 - requests brings it along

    answers = _in_order(samples)

    class Adapter(requests.adapters.HTTPAdapter):
        def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override] # noqa: ANN401 - its options are about a network
            body, status, headers = _answered(next(answers))
            raw = urllib3.HTTPResponse(
                io.BytesIO(body),
                headers=headers,
                status=status or 200,
                reason=HTTPStatus(status or 200).phrase,
                preload_content=False,
            )
            return self.build_response(request, raw)

    return Adapter()


def _answered(answer: Sample | Exception) -> Sample:
    if isinstance(answer, Exception):
        raise answer
    return answer


def _in_order(samples: tuple[Sample | Exception, ...]) -> Iterator[Sample | Exception]:
    if not samples:
        raise ValueError("A transport needs an answer: give a sample, such as errnorm.testing.OK.")
    return chain(samples, repeat(samples[-1]))
