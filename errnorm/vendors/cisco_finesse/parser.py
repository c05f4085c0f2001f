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
from errnorm.vendors.cisco_finesse.forms import CLIENT_TYPES, TREE_KEYS, TREE_ROOTS, UPDATE, Tree, leaf
from errnorm.vocabulary import Origin

__all__ = ["CISCO_FINESSE"]

_NAME = "cisco-finesse"
_PAGE = Evidence(0.4, "the error page of Cisco's platform, which Finesse shares with its siblings")
_SURE_PAGE = Evidence(
    0.8, "the error page of Cisco's platform, and the caller, the url or a header says Finesse"
)
_PLACE = Evidence(0.6, "the caller, the url or a header says Finesse")

_PATHS = ("/finesse/", "/desktop/api/", "/desktop/sso/")
_HEADERS = ("www-authenticate", "set-cookie", "location")
_PAGE_WRITER = "Cisco VOS"

# PCCE says invalidInput.outOfRange, SocialMiner notFound; Finesse writes words, numbers, finesse.api.….
_SIBLING_TYPE = re.compile(r"(?!finesse\.)[a-z]\w*+(?:\.\w++)*+")
_AGENT_TYPES = ("authorization", "authentication", "usernotfound")

# `INVALID_ACTION TRANSFER on extension 24011`, `E_ ARM_STAT_CC_OFFLINE` (so printed), `UNAUTHORIZED`.
_CONSTANT = re.compile(r"(?:E_ (?=ARM_))?(?=[A-Z0-9]*+_)[A-Z][A-Z0-9_]*+(?=[\s:]|$)")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]++")
_NUMBER = re.compile(r"-?\d++")
_STATUS = re.compile(r"[1-5]\d\d")
_COMPOSITE = "HTTP Status code:"

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
    if any(_is_sibling(error) for error in tree.errors):
        return UPDATE if tree.notification else NOTHING
    return max(tree.evidence, place, key=lambda evidence: evidence.confidence)


def _is_placed(payload: Payload) -> bool:
    told = (payload.headers.get(name, "").lower() for name in _HEADERS)
    by_url = any(path in (payload.url or "") for path in _PATHS)
    return by_url or payload.hint == _NAME or any("finesse" in text for text in told)


def _tree(payload: Payload) -> Tree | None:
    if _NAME not in payload.memo:
        payload.memo[_NAME] = Tree.of(payload)
    tree: Tree | None = payload.memo[_NAME]
    return tree


def _is_sibling(error: Mapping[str, Any]) -> bool:
    """Tell PCCE, CVP and SocialMiner by their own members and types."""
    names = {name.lower(): name for name in error}
    if "errordetail" in names:
        return True
    kind = whole(leaf(error.get(names.get("errortype", ""))))
    return kind is not None and kind not in CLIENT_TYPES and _SIBLING_TYPE.fullmatch(kind) is not None


def parse(payload: Payload) -> list[Reported]:
    """Report the errors of a body; none for a notification or an SSO test that carries no error."""
    if payload.kind is Kind.HTML:
        return _parse_page(payload)
    tree = _tree(payload)
    if tree is None:
        return []
    ids, envelope = tree.ids(), tree.around()
    envelope.pop("requestId", None)
    return [_Error(error, tree).reported(ids, envelope) for error in tree.errors]


def _parse_page(payload: Payload) -> list[Reported]:
    """Report Cisco's own page: `<!-- custom Cisco error page --> … HTTP Status 401 - Unauthorized`."""
    page = payload.html
    if page.writer.name != _PAGE_WRITER:
        return []
    extra = {name: text for name, text in (("title", page.title), ("heading", page.heading)) if text}
    message = page.words or page.title
    return [Reported(shape="finesse.html", message=message, origin=Origin.CONTAINER, extra=extra)]


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
            key = name.lower()
            if key in _KNOWN and key not in self.members:
                self.members[key], self.names[key] = leaf(item), name
            elif not is_blank(item):
                self.extra[name] = item

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
        if self.tree.status:
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
        cut = message is not None and whole(message) is None
        text = text_value(message)
        code = None if cut else _constant(text, self.tree.shape)
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
        status = _STATUS.search(head)
        inner = kind.strip() or None
        self.keep("errormessage")
        self.fields["message"] = message.strip() or None
        self.fields["code"] = inner if inner != self.fields["type"] else None
        if status:
            self.fields["status"] = int(status[0])

    def _codes(self) -> None:
        """Choose subcode and target, and what to look up: the most specific first."""
        code = self.fields["code"]
        table = _table(code)
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
        self._look_up("type", *((code,) if table == "message" else ()), self.fields["type"])

    def _look_up(self, table: str, *keys: str | None) -> None:
        self.lookups += [Lookup(table, key) for key in keys if key]

    def _is_code(self, data: str, table: str | None) -> bool:
        """Tell a CTI number from an agent id: both are digits in ErrorData."""
        if not _NUMBER.fullmatch(data):
            return False
        kind = (self.fields["type"] or "").lower().replace(" ", "")
        if kind.startswith(_AGENT_TYPES):
            return False
        return table in _CTI_TABLES or self.tree.notification


def _constant(text: str | None, shape: str) -> str | None:
    """Give the constant that a message is or begins with."""
    if not text:
        return None
    found = _CONSTANT.match(text)
    if found:
        return found[0]
    # The SSO test writes its constant with a space: NO TOKEN.
    word = text.replace(" ", "") if shape == "finesse.sso.json" else text
    return text if _CAPITALS.fullmatch(word) else None


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
