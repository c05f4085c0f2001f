"""Cisco Finesse: REST errors, notifications, and what finesse.js makes of both.

`forms` makes one tree of every wire form; here an error of that tree becomes a report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from errnorm.payload import Kind, Payload
from errnorm.reading.cut import is_cut
from errnorm.record import read_only_dict
from errnorm.vendor import (
    NOTHING,
    THIN,
    Clue,
    ClueKind,
    Evidence,
    Question,
    Reported,
    Vendor,
    is_blank,
    text_value,
)
from errnorm.vendors.cisco_finesse.forms import (
    CLIENT_TYPES,
    COMPOSITE,
    MEMBERS,
    REST,
    REST_XML,
    TREE_KEYS,
    TREE_ROOTS,
    Group,
    Tree,
    leaf,
    usual_errors,
)
from errnorm.vocabulary import Match, Origin

__all__ = ["CISCO_FINESSE"]

_NAME = "cisco-finesse"
_USUAL = "cisco-finesse usual"
_PAGE = Evidence(0.4, "the error page of Cisco's platform, which Finesse shares with its siblings")
_SURE_PAGE = Evidence(0.8, "the error page of Cisco's platform, and the url or a header says Finesse")
_PLACE = Evidence(0.6, "the url or a header says Finesse")

_PATHS = ("/finesse/", "/desktop/api/", "/desktop/sso/")
_HEADERS = ("www-authenticate", "set-cookie", "location")
# What finesse.js writes to the log around a body.
_FRAMES = (
    "Returned with status={status}, content='{body}'",
    "Received XML event on node '{url}': {body}",
)
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
_LONGEST_KEY = 80

# The table that a constant belongs to, by its beginning; E_INVALID_CONFIG_MSG_MASK is an E_CTI code.
_ARM = ("E_ARM_", "E_ ARM_")
_TABLES = {"CF_": "cf", "E_": "e-cti", "CCX_": "ccx", "PERERR_": "peripheral"}
_CTI_TABLES = frozenset({"cf", "arm", "e-cti", "ccx"})
# Finesse's own numbers, which it prints under a type that says nothing: a conference that is refused.
_CONFERENCE = frozenset({"20700", "20999"})
_CATCH_ALL = frozenset({"genericerror", "calloperationfailure"})
_PROSE = frozenset({"ErrorMessage", "peripheralErrorText"})
_KNOWN = {name.lower(): name for name in MEMBERS}


def score(payload: Payload) -> Evidence:
    """Tell how sure it is that Finesse, or a client of Finesse, wrote this."""
    placed = (payload.url is not None or payload.headers) and _is_placed(payload)
    place = _PLACE if placed else NOTHING
    if payload.kind is Kind.HTML:
        page = payload.html.writer.name == _PAGE_WRITER
        return (_SURE_PAGE if placed else _PAGE) if page else place
    usual = _usual(payload)
    if usual:
        return _SIBLING if any(_is_foreign(error.get("ErrorType")) for error in usual) else REST
    tree, errors = _read(payload)
    if tree is None:
        return place
    if not tree.notification and any(_is_sibling(error, tree) for error, _ in errors):
        return _SIBLING
    return tree.evidence if tree.evidence.confidence >= place.confidence else place


def _is_placed(payload: Payload) -> bool:
    url, headers = payload.url, payload.headers
    if url and any(path in url for path in _PATHS):
        return True
    return any("finesse" in headers[name].lower() for name in _HEADERS if name in headers)


_Members = dict[str, str | None]


def _usual(payload: Payload) -> list[_Members] | None:
    """Give the errors of a body of the usual form, and one more than become records."""
    if _USUAL not in payload.memo:
        errors = usual_errors(payload)
        payload.memo[_USUAL] = errors and errors[: payload.limits.max_records + 1]
    found: list[_Members] | None = payload.memo[_USUAL]
    return found


_Read = tuple[Tree | None, list[tuple["_Error", Group]]]


def _read(payload: Payload) -> _Read:
    """Give the tree of a payload of any other form, and its errors."""
    if _NAME not in payload.memo:
        tree = Tree.of(payload)
        limit = payload.limits.max_records + 1
        every = [(error, group) for group in tree.groups for error in group.errors] if tree else ()
        payload.memo[_NAME] = tree, [(_Error(error), group) for error, group in every[:limit]]
    found: _Read = payload.memo[_NAME]
    return found


def _is_sibling(error: _Error, tree: Tree) -> bool:
    """Tell PCCE, CVP and SocialMiner by their own members and types."""
    lower_root = tree.evidence.confidence < REST.confidence
    return error.detailed or _is_foreign(error.texts.get("ErrorType"), lower_root=lower_root)


def _is_foreign(kind: str | None, *, lower_root: bool = False) -> bool:
    """Tell whether a type is one of a sibling's."""
    if not kind or kind[0].isupper() or kind in CLIENT_TYPES:
        return False
    return bool(_SIBLING_TYPE.fullmatch(kind) or (lower_root and _SIBLING_WORD.fullmatch(kind)))


def parse(payload: Payload) -> Iterable[Reported]:
    """Report the errors of a body; none for a notification or an SSO test that carries no error."""
    if payload.kind is Kind.HTML:
        return _parse_page(payload)
    url = payload.url or ""
    usual = _usual(payload)
    if usual:
        payload.shape = REST_XML
        return [_reported(error, url) for error in usual]
    tree, errors = _read(payload)
    if tree is None:
        return []
    confidence = tree.evidence.confidence
    if confidence >= THIN or (confidence and payload.hint == _NAME):
        payload.shape = tree.shape
    # Made once: each of a hundred errors has the envelope of their Update, which may hold 10,000 members.
    around = {id(group): read_only_dict(group.around()) for group in tree.groups}
    return [error.reported(tree, group, around[id(group)], url) for error, group in errors]


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
    """One error: its members as REST spells them, and what becomes of each.

    Attributes:
        texts: the members that hold a text, as text; one that the end of the body cut off is `Cut`.
        sent: those members as they were sent, and the names they had.
        extra: every other member.
        detailed: it has an `errorDetail`, as siblings of Finesse do.
    """

    def __init__(self, error: Mapping[str, Any]) -> None:
        self.extra: dict[str, Any] = {}
        self.sent: dict[str, tuple[str, Any]] = {}
        self.detailed = False
        self.texts: dict[str, str] = {}
        for name, item in error.items():
            key = _KNOWN.get(name.lower())
            if key is not None and key not in self.sent:
                self._take(key, name, item)
            elif not is_blank(item):
                self.extra[name] = item
                self.detailed = self.detailed or name.lower() == "errordetail"

    def _take(self, key: str, name: str, item: Any) -> None:  # noqa: ANN401 - any JSON value
        """Sort in a known member: it may be a number, a text that was cut off, a leaf with attributes."""
        self.sent[key] = (name, item)
        value = self._opened(name, item) if isinstance(item, dict) else item
        text = text_value(value)
        if text is not None and (key in _PROSE or not is_cut(text)):
            self.texts[key], self.sent[key] = text, (name, value)
        elif not is_blank(value):
            self.extra[name] = value

    def _opened(self, name: str, item: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Keep the attributes of a leaf; read what finesse.js makes of markup that was meant as text.

        Of `<errorMessage><ConferenceCallCommand>: …</errorMessage><errorType>…` it makes
        `{"ConferenceCallCommand": {"#text": ": …", "errorType": "…"}}`.
        """
        value = leaf(item)
        if value is not item:
            beside = {attribute: text for attribute, text in item.items() if text is not value}
            self.extra |= {name: beside} if beside else {}
            return value
        tag, inside = next(((tag, below) for tag, below in item.items() if isinstance(below, dict)), ("", {}))
        if not text_value(leaf(inside)):
            return item
        self.extra[name] = item
        for inner, below in inside.items():
            key = _KNOWN.get(inner.lower())
            if key is not None and key not in self.sent:
                self._take(key, inner, below)
        return f"<{tag}>{leaf(inside)}"

    def reported(self, tree: Tree, group: Group, envelope: Mapping[str, Any], url: str) -> Reported:
        """Report the error: the steps in the order of their dependence."""
        fields = Reported(
            shape=tree.shape,
            origin=tree.origin,
            type=self.texts.get("ErrorType"),
            ids=group.ids(),
            extra=self.extra,
            problems=tree.problems,
        )
        if tree.status is not None:
            fields["status"] = tree.status
        media = self.texts.get("ErrorMedia")
        if media:
            fields["ids"] = {**fields["ids"], "media": media}
        self._message(fields)
        self._codes(fields, media, tree, url)
        if envelope:
            self.extra["envelope"] = envelope
        return fields

    def keep(self, key: str) -> None:
        """Keep a member in `extra` as it was sent."""
        if self.texts.get(key) is not None:
            name, value = self.sent[key]
            self.extra[name] = value

    def _message(self, fields: Reported) -> None:
        """Choose the message: the vendor's, whole, unless it is only a constant and another says more."""
        text = self.texts.get("ErrorMessage")
        code = _constant(text)
        fields["code"], fields["message"] = code, text
        if text and text.startswith(COMPOSITE):
            self._composite(text, fields)
        detail = self.texts.get("peripheralErrorText")
        if detail and (text is None or text == code):
            fields["message"] = detail
            self.keep("ErrorMessage")
        elif detail:
            self.keep("peripheralErrorText")

    def _composite(self, text: str, fields: Reported) -> None:
        """Take a report apart: `HTTP Status code: 400 (Bad Request) Api Error Type: … Error Message: …`."""
        head, _, rest = text.partition("Api Error Type:")
        kind, found, message = rest.partition("Error Message:")
        if not found:
            return
        status = _STATUS.match(head.removeprefix(COMPOSITE))
        inner = kind.strip()
        same = inner.casefold() == (fields["type"] or "").casefold()
        self.keep("ErrorMessage")
        fields["message"] = message.strip() or None
        fields["code"] = None if same else inner or None
        if status:
            fields["status"] = int(status[1])

    def _codes(self, fields: Reported, media: str | None, tree: Tree, url: str) -> None:
        """Choose subcode and target, and what to look up: the most specific first."""
        code, kind = fields["code"], fields["type"]
        table = _table_of(code, media)
        peripheral, name = self.texts.get("peripheralErrorCode"), self.texts.get("peripheralErrorMsg")
        self.keep("peripheralErrorMsg")
        data = self.texts.get("ErrorData")
        told = kind, fields["message"], fields["ids"], url
        is_code = data and _is_code(data, table, *told, is_notification=tree.notification)
        number = data if is_code else None
        fields["subcode"] = peripheral or number
        fields["target"] = None if number else data
        if number and peripheral:
            self.keep("ErrorData")
        fields["lookups"] = _lookups(kind, code, number, fields["message"], peripheral, name, table)


def _reported(error: _Members, url: str) -> Reported:
    """Report an error of the usual form: no member of it is cut, a peripheral, or under another name."""
    get = error.get
    kind, text, media, data = get("ErrorType"), get("ErrorMessage"), get("ErrorMedia"), get("ErrorData")
    peripheral, name, detail = (
        get("peripheralErrorCode"),
        get("peripheralErrorMsg"),
        get("peripheralErrorText"),
    )
    extra: dict[str, str] = {}
    code, message = _constant(text), text
    if detail and (text is None or text == code):
        message = detail
        if text:
            extra["ErrorMessage"] = text
    elif detail:
        extra["peripheralErrorText"] = detail
    if name:
        extra["peripheralErrorMsg"] = name
    ids = {"media": media} if media else {}
    table = _table_of(code, media)
    is_code = data and _is_code(data, table, kind, message, ids, url, is_notification=False)
    if is_code and data and peripheral:
        extra["ErrorData"] = data
    return {
        "shape": REST_XML,
        "origin": Origin.VENDOR,
        "type": kind,
        "code": code,
        "subcode": peripheral or (data if is_code else None),
        "message": message,
        "target": None if is_code else data,
        "ids": ids,
        "extra": extra,
        "lookups": _lookups(kind, code, data if is_code else None, message, peripheral, name, table),
    }


def _lookups(  # noqa: PLR0913, PLR0917 - each is one text of the error
    kind: str | None,
    code: str | None,
    number: str | None,
    message: str | None,
    peripheral: str | None,
    name: str | None,
    table: str | None,
) -> tuple[Question, ...]:
    """Ask the catalog, the most specific first; what was not sent asks nothing."""
    asked: tuple[Question, ...] = ()
    if peripheral or name:
        asked = (("peripheral", peripheral), ("peripheral", name), ("ccx", peripheral))
    if number:
        # Finesse has numbers of its own (4047, 20999); without a constant, no other table may guess.
        asked += ((table or "message", number), ("type", number if table is None else None))
    if code:
        asked += ((table or "message", code), ("type", code if table == "message" else None))
    elif message and len(message) <= _LONGEST_KEY:
        # `NO TOKEN` is no constant, and the catalog knows it all the same.
        asked += (("message", message, Match.MESSAGE),)
    return (*asked, ("type", kind)) if kind else asked


def _table_of(code: str | None, media: str | None) -> str | None:
    # Without a constant, a number of the Media APIs is of their table (errorMedia).
    return _table(code) or ("arm" if media else None)


def _is_code(  # noqa: PLR0913, PLR0917 - all that tells one number from another
    data: str,
    table: str | None,
    kind: str | None,
    message: str | None,
    ids: Mapping[str, str],
    url: str,
    *,
    is_notification: bool,
) -> bool:
    """Tell a CTI number from an agent id: both are digits in ErrorData.

    Only the request knows its ids: a number that its url or the Update names is one of them.
    """
    if not _NUMBER.fullmatch(data):
        return False
    folded = (kind or "").lower().replace(" ", "")
    if folded.startswith(_AGENT_TYPES) or not (kind or message):
        return False
    if data in ids.values() or (url and data in url.partition("?")[0].split("/")):
        return False
    return table in _CTI_TABLES or is_notification or (data in _CONFERENCE and folded in _CATCH_ALL)


def _constant(text: str | None) -> str | None:
    """Give the constant that a message is or begins with."""
    if not text or is_cut(text):
        return None
    found = _CONSTANT.match(text)
    return found[0] if found else text if _CAPITALS.fullmatch(text) else None


def _table(code: str | None) -> str | None:
    if code is None:
        return None
    return "arm" if code.startswith(_ARM) else _TABLES.get(code[: code.find("_") + 1], "message")


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
        *(Clue(ClueKind.FRAME, text) for text in _FRAMES),
    ),
    score=score,
    parse=parse,
    headers=_HEADERS,
)
