"""Listen to a chat over Bayeux (CometD), and get every error in it as a record.

    python examples/chat_client.py https://chat.example.com/cometd /chat/session-7

Bayeux answers 200 to nearly everything: errors are events on the chat's channel (`EventError`), or a
message with `successful: false`. So the client looks at every body, not only at statuses.
Source: the Bayeux protocol specification, sections 2.4 (advice), 4.2 (meta channels), 6.2 (long polling).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

import errnorm

MESSAGES = list[dict[str, Any]]


class ChatError(Exception):
    """What the server sent is no Bayeux, or no client id is in it; nothing of the body is quoted."""


class Answer(NamedTuple):
    """What one HTTP response brought: the Bayeux messages, and what errnorm found in them."""

    messages: MESSAGES
    result: errnorm.Result


class ChatClient:
    """A small client for one server, by long polling.

    Args:
        http: a client whose read timeout is longer than the server's long poll.
        url: the server's Bayeux address.
    """

    def __init__(self, http: httpx.Client, url: str) -> None:
        self.http = http
        self.url = url
        self.client_id: str | None = None
        self.reconnect = "handshake"
        self.interval = 0.0

    def listen(self, *channels: str) -> Iterator[Answer]:
        """Give what comes, until the server wants no more; sign in anew whenever it says so."""
        while self.reconnect != "none":
            time.sleep(self.interval)
            if self.reconnect == "handshake":
                yield self.handshake()
                yield self.call(
                    *({"channel": "/meta/subscribe", "subscription": channel} for channel in channels)
                )
            else:
                yield self.call({"channel": "/meta/connect", "connectionType": "long-polling"})

    def handshake(self) -> Answer:
        """Get a client id."""
        self.client_id, self.reconnect = None, "retry"
        answer = self.call(
            {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
        )
        self.client_id = next((item["clientId"] for item in answer.messages if "clientId" in item), None)
        if self.client_id is None and answer.result.is_error:
            raise errnorm.VendorError(answer.result)
        if self.client_id is None:
            raise ChatError(f"{self.url} gave no client id. Look whether it is the chat's Bayeux address.")
        return answer

    def call(self, *messages: dict[str, Any]) -> Answer:
        """Send messages, and take what comes back together with the answers."""
        own = {"clientId": self.client_id} if self.client_id else {}
        response = self.http.post(self.url, json=[message | own for message in messages])
        result = errnorm.normalize(
            response.content, status=response.status_code, headers=response.headers, url=self.url
        )
        if response.is_error:  # no Bayeux: a proxy, a login page, a server that is going down
            self.wait_or_raise(result)
            return Answer([], result)
        answer = Answer(messages_in(response), result)
        for item in answer.messages:
            self.take_advice(item.get("advice") or {})
        return answer

    def take_advice(self, advice: dict[str, Any]) -> None:
        """Do as the server says: go on, sign in anew, or stop; and wait that long in between."""
        self.reconnect = advice.get("reconnect", self.reconnect)
        self.interval = advice.get("interval", self.interval * 1000) / 1000

    def wait_or_raise(self, result: errnorm.Result) -> None:
        """Wait where the same call may succeed later; a poll may be repeated without harm."""
        error = errnorm.VendorError(result)
        if not error.record.retry.same_call:
            raise error
        self.interval = error.record.retry.delay or 1.0


def messages_in(response: httpx.Response) -> MESSAGES:
    """Give the Bayeux messages; a login page under a 200 has none, and an answer may be one object."""
    try:
        found = response.json()
    except ValueError:
        found = None
    messages = found if isinstance(found, list) else [found]
    if not all(isinstance(item, dict) for item in messages):
        kind = response.headers.get("content-type", "no content type")
        raise ChatError(
            f"{response.url} answered {response.status_code} with {kind}, which is no Bayeux. "
            "Look whether it is the chat's address, and whether a proxy in between wants a login."
        )
    return messages


def main() -> None:
    """Print what comes on the channels: chat messages as they are, errors as one safe sentence."""
    url, *channels = sys.argv[1:]
    with httpx.Client(timeout=120) as http:
        for answer in ChatClient(http, url).listen(*channels):
            for record in answer.result:
                print("notice" if record.severity == "info" else "error", record.summary(), flush=True)
            if not answer.result:
                for item in answer.messages:
                    print(item["channel"], item.get("data", ""), flush=True)


if __name__ == "__main__":
    main()
