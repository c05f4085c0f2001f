"""Every fixture with every kind of secret planted into each object of it."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree
from strategies import CASES

# One secret a rule and a place: a member that says what it is, or a sentence.
MEMBERS = {
    "userId": "ursula.ulrich.u77",
    "agent_id": "aagent-4711",
    "firstName": "Zacharias",
    "nickname": "zaubermaus",
    "lastName": "Müllerström",
    "ani": "+49 30 5550177",
    "DNIS": "8005550166",
    "extension": "77311",
    "secureKey": "c2VjdXJlS2V5LTc3",
    "accessToken": "opaque~token~77",
    "sessionId": "sess-77-aa-bb",
    "password": "hunter77!",
    "cardNumber": "4111 1111 1111 1111",
    "clientIp": "198.51.100.77",
    "email": "q.customer77@mail.example.com",
    "chatText": "my mother is called Philippa",
}
SENTENCES = {
    "write to walter.w77@mail.example.com now": "walter.w77@mail.example.com",
    "he rang from +1 (415) 555-0177 today": "+1 (415) 555-0177",
    "the ANI: 4155550188 was seen": "4155550188",
    "moved to extension 77422 at once": "77422",
    "Authorization: Bearer abcDEF123.ghi456-jkl": "abcDEF123.ghi456-jkl",
    "Basic dXNlcjpwYXNzNzc= was sent": "dXNlcjpwYXNzNzc=",
    "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3NyJ9.c2lnbmF0dXJl": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3NyJ9.c2lnbmF0dXJl",
    "paid with 5500-0055-5555-5559 twice": "5500-0055-5555-5559",
    "seen at 203.0.113.177 and 2001:db8::77": "203.0.113.177",
    "GET https://api.example.com/x?who=heinrich77&z=1": "heinrich77",
    "path /finesse/api/User/agent7788/Dialogs": "agent7788",
    "password=trustno177;": "trustno177",
}
SECRETS = [*MEMBERS.values(), *SENTENCES.values(), "2001:db8::77"]


def planted(body: bytes) -> Any | None:
    """Give a JSON or XML body with every secret in every object of it, None where it is neither."""
    try:
        return with_secrets(json.loads(body))
    except ValueError:
        pass
    try:
        root = etree.fromstring(body, etree.XMLParser(remove_comments=True, resolve_entities=False))
    except etree.XMLSyntaxError:
        return None
    inline = {
        "h1",
        "h2",
        "h3",
        "title",
        "p",
        "center",
    }  # the words of a heading run together, whatever is in it
    holders = [found for found in root.iter() if len(found) and isinstance(found.tag, str)]
    for element in [found for found in holders if found.tag.lower() not in inline]:
        for name, text in [*MEMBERS.items(), *((f"note{n}", text) for n, text in enumerate(SENTENCES))]:
            etree.SubElement(element, name).text = text
    return etree.tostring(root, encoding="unicode")


def with_secrets(value: Any) -> Any:
    """Put the secrets into every object of a JSON value."""
    if isinstance(value, list):
        return [with_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    notes = {f"note{n}": text for n, text in enumerate(SENTENCES)}
    keyed = {"seen": {"walter.w77@mail.example.com": 1}, "user": {"id": "ursula.ulrich.u77", "age": 77}}
    return {name: with_secrets(item) for name, item in value.items()} | MEMBERS | notes | keyed


PLANTED = [(case, body) for case in CASES if (body := planted(case.body)) is not None]
