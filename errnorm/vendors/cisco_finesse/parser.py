"""Cisco Finesse: REST errors, notifications, and what finesse.js makes of both.

`forms` makes one tree of every wire form; here an error of that tree becomes a report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from errnorm.payload import Kind, Payload
from errnorm.vendor import (
    NOTHING,
    Clue,
    ClueKind,
    Evidence,
    Lookup,
    Reported,
    Vendor,
    is_blank,
    text_value,
    whole,
)
from errnorm.vendors.cisco_finesse.forms import CLIENT_TYPES, REST, TREE_KEYS, TREE_ROOTS, Tree, leaf
from errnorm.vocabulary import Match, Origin

__all__ = ["CISCO_FINESSE"]

_NAME = "cisco-finesse"
_PAGE = Evidence(0.4, "the error page of Cisco's platform, which Finesse shares with its siblings")
_SURE_PAGE = Evidence(0.8, "the error page of Cisco's platform, and the url or a header says Finesse")
_PLACE = Evidence(0.6, "the url or a header says Finesse")

_PATHS = ("/finesse/", "/desktop/api/", "/desktop/sso/")
_HEADERS = ("www-authenticate", "set-cookie", "location")
_PAGE_WRITER = "Cisco VOS"

_SIBLING = Evidence(0.0, "the members or types of a sibling product of Finesse", against=True)

# PCCE says invalidInput.outOfRange; Finesse writes words, numbers, finesse.api.…. SocialMiner's notFound
# stands below `apiErrors`, where Finesse's REST has `ApiErrors`.
_SIBLING_TYPE = re.compile(r"(?!finesse\.)[a-z]\w*+(?:\.\w++)++")
_SIBLING_WORD = re.compile(r"[a-z]\w*+")
_AGENT_TYPES = (
    "authorization",
    "authentication",
    "invalidauthorization",
    "invaliduserauthorization",
    "usernotfound",
)

# `INVALID_ACTION TRANSFER on extension 24011`, `UNAUTHORIZED`; some are printed with a space after an
# underscore: `E_ ARM_STAT_CC_OFFLINE`.
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*+(?:_++ ?[A-Z0-9]++)++_?+(?=[\s:]|$)")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]++")
_NUMBER = re.compile(r"-?\d++")
_STATUS = re.compile(r"\s*+(\d{1,9})\b")
_COMPOSITE = "HTTP Status code:"
_LONGEST_KEY = 80

# The table that a constant belongs to, by its beginning; E_INVALID_CONFIG_MSG_MASK is an E_CTI code.
_TABLES = (
    ("CF_", "cf"),
    ("E_ARM_", "arm"),
    ("E_ ARM_", "arm"),
    ("E_", "e-cti"),
    ("CCX_", "ccx"),
    ("PERERR_", "peripheral"),
)
_CTI_TABLES = frozenset({"cf", "arm", "e-cti", "ccx"})
_KNOWN = frozenset(
    {
        "errortype",
        "errormessage",
        "errordata",
        "errormedia",
        "peripheralerrorcode",
        "peripheralerrormsg",
        "peripheralerrortext",
    }
)


def score(payload: Payload) -> Evidence:
    """Tell how sure it is that Finesse, or a client of Finesse, wrote this."""
    place = _PLACE if _is_placed(payload) else NOTHING
    if payload.kind is Kind.HTML:
        page = payload.html.writer.name == _PAGE_WRITER
        return (_SURE_PAGE if place.claims else _PAGE) if page else place
    tree = _tree(payload)
    if tree is None:
        return place
    if not tree.notification and any(_is_sibling(error, tree) for error in tree.errors):
        return _SIBLING
    return max(tree.evidence, place, key=lambda evidence: evidence.confidence)


def _is_placed(payload: Payload) -> bool:
    told = (payload.headers.get(name, "").lower() for name in _HEADERS)
    by_url = any(path in (payload.url or "") for path in _PATHS)
    return by_url or any("finesse" in text for text in told)


def _tree(payload: Payload) -> Tree | None:
    if _NAME not in payload.memo:
        payload.memo[_NAME] = Tree.of(payload)
    tree: Tree | None = payload.memo[_NAME]
    return tree


def _is_sibling(error: Mapping[str, Any], tree: Tree) -> bool:
    """Tell PCCE, CVP and SocialMiner by their own members and types."""
    names = {name.lower(): name for name in error}
    if "errordetail" in names:
        return True
    kind = whole(leaf(error.get(names.get("errortype", ""))))
    if kind is None or kind in CLIENT_TYPES:
        return False
    lower_root = tree.evidence.confidence < REST.confidence
    return bool(_SIBLING_TYPE.fullmatch(kind) or (lower_root and _SIBLING_WORD.fullmatch(kind)))


def parse(payload: Payload) -> list[Reported]:
    """Report the errors of a body; none for a notification or an SSO test that carries no error."""
    if payload.kind is Kind.HTML:
        return _parse_page(payload)
    tree = _tree(payload)
    if tree is None:
        return []
    if tree.evidence.claims or (tree.evidence.confidence and payload.hint == _NAME):
        payload.shape = tree.shape
    return [
        _Error(error, tree).reported(group.ids(), group.around())
        for group in tree.groups
        for error in group.errors
    ]


def _parse_page(payload: Payload) -> list[Reported]:
    """Report Cisco's own page: `<!-- custom Cisco error page --> … HTTP Status 401 - Unauthorized`."""
    page = payload.html
    if page.writer.name != _PAGE_WRITER:
        return []
    message = page.words or page.title
    extra = {
        name: text for name, text in (("title", page.title), ("heading", page.heading)) if text != message
    }
    return [
        Reported(
            shape="finesse.html",
            message=message,
            status=page.status,
            origin=Origin.CONTAINER,
            extra={name: text for name, text in extra.items() if text},
        )
    ]


class _Error:
    """One error: its members by lower-cased name, and what becomes of each."""

    def __init__(self, error: Mapping[str, Any], tree: Tree) -> None:
        self.tree = tree
        self.members: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.fields = Reported(shape=tree.shape, origin=tree.origin)
        self.extra: dict[str, Any] = {}
        self.lookups: list[Lookup] = []
        for name, item in error.items():
            self._sort_in(name, item)

    def _sort_in(self, name: str, item: Any) -> None:  # noqa: ANN401 - any JSON value
        key = name.lower()
        if key not in _KNOWN or key in self.members:
            if not is_blank(item):
                self.extra[name] = item
            return
        self.members[key], self.names[key] = leaf(item), name
        if isinstance(item, dict):
            self._open(key, name, item)

    def _open(self, key: str, name: str, item: dict[str, Any]) -> None:
        """Keep the attributes of a leaf; read what finesse.js makes of markup that was meant as text.

        Of `<errorMessage><ConferenceCallCommand>: …</errorMessage><errorType>…` it makes
        `{"ConferenceCallCommand": {"#text": ": …", "errorType": "…"}}`.
        """
        inside = next(((tag, below) for tag, below in item.items() if isinstance(below, dict)), None)
        if self.members[key] is not item:
            beside = {attribute: text for attribute, text in item.items() if text is not self.members[key]}
            self.extra |= {name: beside} if beside else {}
        elif inside and text_value(leaf(inside[1])):
            self.extra[name] = item
            self.members[key] = f"<{inside[0]}>{leaf(inside[1])}"
            for inner, value in inside[1].items():
                if inner.lower() in _KNOWN:
                    self.members.setdefault(inner.lower(), value)
                    self.names.setdefault(inner.lower(), inner)

    def reported(self, ids: Mapping[str, str], envelope: Mapping[str, Any]) -> Reported:
        """Report the error: the steps in the order of their dependence."""
        media = self.text("errormedia")
        self._type()
        self._message()
        self._codes()
        if envelope:
            self.extra["envelope"] = envelope
        self.fields["ids"] = {**ids, "media": media} if media else ids
        self.fields["extra"] = self.extra
        self.fields["lookups"] = tuple(self.lookups)
        self.fields["problems"] = self.tree.problems
        if self.tree.status is not None:
            self.fields["status"] = self.tree.status
        return self.fields

    def text(self, name: str) -> str | None:
        """Give a member that is whole; keep it in `extra` when it is cut or no leaf."""
        value = self.members.get(name)
        text = whole(value)
        if text is None and not is_blank(value):
            self.extra[self.names[name]] = value
        return text

    def keep(self, name: str) -> None:
        """Keep a member in `extra` under the name the vendor gave it."""
        if not is_blank(self.members.get(name)):
            self.extra[self.names[name]] = self.members[name]

    def _type(self) -> None:
        self.fields["type"] = self.text("errortype")

    def _message(self) -> None:
        """Choose the message: the vendor's, whole, unless it is only a constant and another says more."""
        message = self.members.get("errormessage")
        text = text_value(message)
        code = _constant(whole(message))
        self.fields["code"], self.fields["message"] = code, text
        if text and text.startswith(_COMPOSITE):
            self._composite(text)
        elif text is None:
            self.keep("errormessage")
        detail = text_value(self.members.get("peripheralerrortext"))
        if detail and (text is None or text == code):
            self.fields["message"] = detail
            self.keep("errormessage")
        else:
            self.keep("peripheralerrortext")

    def _composite(self, text: str) -> None:
        """Take a report apart: `HTTP Status code: 400 (Bad Request) Api Error Type: … Error Message: …`."""
        head, _, rest = text.partition("Api Error Type:")
        kind, found, message = rest.partition("Error Message:")
        if not found:
            return
        status = _STATUS.match(head.removeprefix(_COMPOSITE))
        inner = kind.strip()
        same = inner.casefold() == (self.fields["type"] or "").casefold()
        self.keep("errormessage")
        self.fields["message"] = message.strip() or None
        self.fields["code"] = None if same else inner or None
        if status:
            self.fields["status"] = int(status[1])

    def _codes(self) -> None:
        """Choose subcode and target, and what to look up: the most specific first."""
        code = self.fields["code"]
        # Without a constant, a number of the Media APIs is of their table (errorMedia).
        table = _table(code) or ("arm" if self.text("errormedia") else None)
        peripheral = self.text("peripheralerrorcode")
        name = self.text("peripheralerrormsg")
        self.keep("peripheralerrormsg")
        data = self.text("errordata")
        number = data if data and self._is_code(data, table) else None
        self.fields["subcode"] = peripheral or number
        self.fields["target"] = None if number else data
        if number and peripheral:
            self.keep("errordata")
        self._look_up("peripheral", peripheral, name)
        self._look_up("ccx", peripheral)
        # Finesse has numbers of its own (4047, 20999); without a constant, no other table may guess.
        self._look_up(table or "message", number)
        self._look_up("type", *((number,) if table is None else ()))
        self._look_up(table or "message", code)
        if code is None:  # `NO TOKEN` is no constant, and the catalog knows it all the same
            self._look_up_text(self.fields["message"])
        self._look_up("type", *((code,) if table == "message" else ()), self.fields["type"])

    def _look_up(self, table: str, *keys: str | None) -> None:
        self.lookups += [Lookup(table, key) for key in keys if key]

    def _look_up_text(self, text: str | None) -> None:
        if text and len(text) <= _LONGEST_KEY:
            self.lookups.append(Lookup("message", text, Match.MESSAGE))

    def _is_code(self, data: str, table: str | None) -> bool:
        """Tell a CTI number from an agent id: both are digits in ErrorData."""
        if not _NUMBER.fullmatch(data):
            return False
        kind = (self.fields["type"] or "").lower().replace(" ", "")
        if kind.startswith(_AGENT_TYPES) or not (kind or self.fields["message"]):
            return False
        return table in _CTI_TABLES or self.tree.notification


def _constant(text: str | None) -> str | None:
    """Give the constant that a message is or begins with."""
    if not text:
        return None
    found = _CONSTANT.match(text)
    return found[0] if found else text if _CAPITALS.fullmatch(text) else None


def _table(code: str | None) -> str | None:
    if code is None:
        return None
    return next((table for prefix, table in _TABLES if code.startswith(prefix)), "message")


CISCO_FINESSE = Vendor(
    name=_NAME,
    title="Cisco Finesse",
    clues=(
        *(Clue(ClueKind.ROOT, name) for name in TREE_ROOTS),
        *(Clue(ClueKind.KEY, name) for name in TREE_KEYS),
        *(Clue(ClueKind.MARK, text) for text in ("<Update", "ApiErrors", "apiErrors")),
        *(Clue(ClueKind.MARK, text) for text in ("custom Cisco error page", "custom cisco error page")),
        *(Clue(ClueKind.PATH, path) for path in _PATHS),
        *(Clue(ClueKind.HEADER, f"{name}: finesse") for name in _HEADERS),
    ),
    score=score,
    parse=parse,
    headers=_HEADERS,
)
