"""The wire forms of Finesse, each made into one kind of tree: the errors, and what stands around them.

Whatever the form, an error is a dict of the same few members (`ErrorType`, `errorType`, …). REST wraps
it in XML, a notification in an `Update`, XMPP escapes that into a text, and finesse.js parses both and
hands on the text beside what it made of it.

Sources: Cisco Finesse Web Services Developer and JavaScript Guide, Release 12.5(1) and 15.0; finesse.js
10.5.1 (CiscoDevNet/finesse-sample-code).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

from attrs import define

from errnorm.payload import Kind, Payload
from errnorm.reading.xml import Element, XmlDocument, local_name, read_xml, to_value
from errnorm.record import Problem
from errnorm.vendor import NOTHING, Evidence, is_blank, text_value, whole
from errnorm.vocabulary import Origin, ProblemCode

__all__ = [
    "CLIENT_TYPES",
    "COMPOSITE",
    "MEMBERS",
    "REST",
    "REST_XML",
    "TREE_KEYS",
    "TREE_ROOTS",
    "Group",
    "Tree",
    "leaf",
    "usual_errors",
]

REST = Evidence(0.98, "an ApiErrors element, the root of a Finesse REST error")
_UPDATE = Evidence(0.97, "an Update with apiErrors, a Finesse error notification")
_FRAGMENT = Evidence(0.9, "apiErrors inside data, a fragment of a Finesse notification")
_LOWER = Evidence(0.7, "apiErrors as root, with nothing that marks a sibling product")
_NOTICE = Evidence(0.9, "an Update about a /finesse/api/ object")
_BARE_UPDATE = Evidence(0.3, "an Update root, which other products use as well")
_CALLBACK = Evidence(0.95, "the object or content that finesse.js hands to callbacks")
_ACCEPTED = Evidence(0.3, "status, content and object of a request that was accepted")
_CLIENT = Evidence(0.8, "an error that finesse.js itself makes")
_DESKTOP = Evidence(0.95, "apiErrors with an errorType, as the Finesse desktop API writes it in JSON")
_SSO = Evidence(0.7, "the status and errorMessage of a Finesse SSO test")
_GATEWAY = Evidence(
    0.6, "an Error event with loginId, type and description, as a Finesse gateway re-emits it"
)
_MEMBERS = Evidence(0.4, "errorType and errorMessage, which other products use as well")

TREE_ROOTS = (
    *("ApiErrors", "ApiError", "apiErrors", "apiError", "Update"),
    *("data", "message", "event", "notification", "content", "object"),
)
TREE_KEYS = (
    *("ApiErrors", "ApiError", "apiErrors", "apiError", "Update"),
    *("errorType", "errorMessage", "loginId", "content"),
)
MEMBERS = frozenset(
    {
        "ErrorType",
        "ErrorMessage",
        "ErrorData",
        "ErrorMedia",
        "peripheralErrorCode",
        "peripheralErrorMsg",
        "peripheralErrorText",
    }
)
"""The members of an error as REST spells them; other forms write `errorType`."""

COMPOSITE = "HTTP Status code:"
"""How a message begins that is a report of its own: status, type and message in one text."""

CLIENT_TYPES = frozenset({"parseError", "Disconnected", "Not connected"})

_LISTS = frozenset({"apiErrors", "ApiErrors"})
_ITEMS = frozenset({"apiError", "ApiError"})
_OPENED = _LISTS | _ITEMS | {"notification"}
_BRANCHES = (dict, list)
_TWINS = frozenset({"content", "object"})
REST_XML = "finesse.rest.xml"
_TAG_OF, _TEXT_OF, _TAIL_OF = attrgetter("tag"), attrgetter("text"), attrgetter("tail")
_API = "/finesse/api/"
_TUNNEL = "0|"  # type 0 of the browser tunnel is an event: `0|/finesse/api/User/1001<Update>…`
_DIGITS = re.compile(r"\d{1,9}")
_SOURCE_ID = re.compile(r"/(Dialog|User|Media)/([^/<>\s]{1,200})")
_SOURCE_KINDS = {"Dialog": "dialog", "User": "user", "Media": "media"}
_SSO_CONSTANTS = frozenset({"AUTH_ERROR", "NO TOKEN"})
_DIFFER = Problem(
    ProblemCode.REPRESENTATIONS_DIFFER,
    "The body holds the same error in two forms, and they differ; the richer one was taken.",
)


class Group(NamedTuple):
    """The errors of one Update, one REST body or one event, with what stands around them.

    Attributes:
        errors: the members of each error.
        envelope: what stands around them.
        path: the node of the tunnel, or of a finesse.js event.
    """

    errors: list[dict[str, Any]]
    envelope: dict[str, Any]
    path: str | None = None

    def ids(self) -> dict[str, str]:
        """Give the request, and the dialog, user and media of `/finesse/api/User/{id}/Media/{mrd}`."""
        if not self.envelope and not self.path:
            return {}
        found: dict[str, str] = {}
        for place in (self.path, *_places(self.envelope)):
            pairs = _SOURCE_ID.findall(place.replace("%2F", "/").replace("%2f", "/")) if place else ()
            found |= {_SOURCE_KINDS[kind]: text for kind, text in pairs}
        request = whole(leaf(_update_of(self.envelope).get("requestId")))
        return found | ({"request": request} if request else {})

    def around(self) -> dict[str, Any]:
        """Give the envelope without what says nothing or is an id, and with the node before it."""
        if not self.envelope and not self.path:
            return {}
        node = {"node": self.path} if self.path else {}
        kept = {name: item for name, item in self.envelope.items() if not is_blank(item)}
        kept.pop("requestId", None)
        return node | kept


@define(eq=False, repr=False)
class Tree:
    """The errors of a body, and all that stands around them.

    Attributes:
        shape: the wire form.
        evidence: how sure the form alone makes it that this is Finesse's.
        groups: the errors, each group with what stands around it; a notification without errors is a
            group without errors.
        notification: the errors came after a 202, by the notification service.
        origin: who wrote it.
        status: the HTTP status that the server wrote into the body.
        problems: what the inner layers could not read.
    """

    shape: str
    evidence: Evidence
    groups: list[Group]
    notification: bool = False
    origin: Origin = Origin.VENDOR
    status: int | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors of all groups."""
        return [error for group in self.groups for error in group.errors]

    @classmethod
    def of(cls, payload: Payload) -> Tree | None:
        """Make the tree of a payload, None where there is nothing of Finesse in it."""
        kind = payload.kind
        document = payload.xml if kind is Kind.XML or kind is Kind.TEXT else None
        if document is not None:
            return _of_xml(document, payload.xml_values)
        found = payload.json if kind is Kind.JSON or kind is Kind.TEXT else None
        if found is None or not isinstance(found.value, dict):
            return None
        tree = _of_json(found.value, payload)
        path = _tunnel_path(found.lead)
        if tree and path:
            tree.shape = "finesse.notification.tunnel"
            tree.groups = [group._replace(path=path) for group in tree.groups]
        return tree


class _Harvest:
    """What is taken out of a tree on the way through it.

    Attributes:
        errors: the members of each error.
        problems: what inner layers could not read.
        named: the list of errors was there, whether or not it held any.
    """

    def __init__(self) -> None:
        self.errors: list[dict[str, Any]] = []
        self.problems: list[Problem] = []
        self.named = False

    def found(self) -> list[dict[str, Any]]:
        """Give the errors; a list that was named and is empty or cut off is one that says nothing."""
        return self.errors or ([{}] if self.named else [])


def leaf(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Give the text of a leaf as some XML-to-JSON libraries write it.

    Example:
        >>> leaf({"_text": "Invalid Input"}), leaf("Invalid Input")
        ('Invalid Input', 'Invalid Input')
    """
    if isinstance(value, dict):
        return next((value[name] for name in ("#text", "_text", "$t", "_") if name in value), value)
    return value


def _of_xml(document: XmlDocument, values: list[Any]) -> Tree:
    """Make a tree of XML: REST, a notification, a stanza, or the two roots of finesse.js."""
    names = [local_name(root) for root in document.roots]
    if names == ["ApiErrors"] and not document.lead and _holds_only_errors(values[0]):
        # What most bodies are: searching it for errors would take longer than reading it.
        return Tree(REST_XML, REST, [Group(_taken(values[0]["ApiError"]), {}, None)])
    if len(names) > 1 and set(names) <= _TWINS:
        return _of_twins(values)
    leads = [document.lead, *(root.tail or "" for root in document.roots)]
    groups: list[Group] = []
    problems: list[Problem] = []
    for name, value, lead in zip(names, values, leads, strict=False):
        harvest = _Harvest()
        rest = _split({name: value}, harvest)
        groups.append(Group(harvest.found(), _inside(rest, name), _tunnel_path(lead)))
        problems += harvest.problems
    found = [group for group in groups if group.errors] or groups[:1]
    shape, evidence, notification = _xml_form(names, found)
    return Tree(
        shape="finesse.notification.tunnel" if notification and groups[0].path else shape,
        evidence=evidence,
        groups=found,
        notification=notification,
        problems=tuple(problems),
    )


def usual_errors(payload: Payload) -> list[dict[str, str | None]] | None:
    """Give the errors of REST as it is nearly always sent; None for anything else.

    `ApiErrors` holds only `ApiError`, and that the known members, each a bare text and there once. No tree
    is made of it, and nothing searched in one, which saves 20 µs of 45.

    Example:
        >>> sent = b"<ApiErrors><ApiError><ErrorType> Not Found</ErrorType></ApiError></ApiErrors>"
        >>> usual_errors(Payload(sent))
        [{'ErrorType': 'Not Found'}]
    """
    document = payload.xml if payload.kind is Kind.XML else None
    if document is None or document.roots[1:] or document.lead or document.problems:
        return None
    root, body = document.roots[0], payload.text
    if root.tag != "ApiErrors" or root.text or COMPOSITE in body:
        return None
    if "=" in body and body.find("=", body.find("?>") + 1) >= 0:
        return None  # there may be attributes
    errors: list[dict[str, str | None]] = []
    for error in root:
        if error.tag != "ApiError" or error.text or error.tail or not 0 < len(error) <= len(MEMBERS):
            return None
        leaves = list(error)
        if _are_mixed(leaves):
            return None
        said = [text.strip() or None if text else None for text in map(_TEXT_OF, leaves)]
        members = dict(zip(map(_TAG_OF, leaves), said, strict=True))
        if len(members) != len(leaves) or not members.keys() <= MEMBERS:
            return None
        errors.append(members)
    return errors or None


def _are_mixed(leaves: list[Element]) -> bool:
    """Tell whether there is anything in an element but a text, or a text beside it."""
    return any(map(len, leaves)) or any(map(_TAIL_OF, leaves))


def _holds_only_errors(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, dict) and len(value) == 1 and "ApiError" in value


def _inside(rest: dict[str, Any], name: str) -> dict[str, Any]:
    """Give the members of a root."""
    inner = rest.get(name)
    return inner if isinstance(inner, dict) else {} if is_blank(inner) else {"#text": inner}


def _tunnel_path(lead: str) -> str | None:
    text = lead.strip()
    return text.removeprefix(_TUNNEL) if text.startswith(_TUNNEL) else None


def _xml_form(names: list[str], groups: list[Group]) -> tuple[str, Evidence, bool]:
    if names[0] in {"ApiErrors", "ApiError"}:
        return REST_XML, REST, False
    if names[0] in {"apiErrors", "apiError"}:
        return REST_XML, _LOWER, False
    xmpp = names[0] in {"message", "event", "notification"}
    shape = "finesse.notification.xmpp" if xmpp else "finesse.notification.xml"
    if groups[0].errors:
        return shape, _FRAGMENT if names[0] == "data" else _UPDATE, True
    if any(_API in text for text in _texts(groups[0].envelope)):
        return shape, _NOTICE, True
    return shape, _BARE_UPDATE if "Update" in names else NOTHING, True


def _of_json(value: dict[str, Any], payload: Payload) -> Tree | None:
    """Make a tree of JSON: a callback of finesse.js, the desktop API, an SSO test, a gateway."""
    if isinstance(value.get("object"), dict) or isinstance(value.get("content"), str):
        return _of_callback(value, payload)
    if isinstance(value.get("error"), dict):
        return _of_client(value, payload)
    harvest = _Harvest()
    envelope = _split(value, harvest)
    if harvest.found():
        return _of_api_errors(value, harvest, envelope, payload)
    return _of_sso(value, payload) or _of_gateway(value) or _of_members(value)


def _of_api_errors(
    value: dict[str, Any], harvest: _Harvest, envelope: dict[str, Any], payload: Payload
) -> Tree:
    """Make a tree of `{status: 400, apiErrors: {errorType, …}}`, or of REST or a notification as JSON."""
    notification = "Update" in value or "data" in value
    rest = bool({"ApiErrors", "ApiError", "apiError"} & value.keys())
    update = envelope.get("Update")
    inner = update if isinstance(update, dict) and len(envelope) == 1 else envelope
    return Tree(
        shape=f"finesse.{'notification' if notification else 'rest' if rest else 'desktop'}.json",
        evidence=_DESKTOP,
        status=None if notification else _take_status(inner, payload),
        groups=[Group(harvest.found(), inner)],
        notification=notification,
        problems=tuple(harvest.problems),
    )


def _of_callback(value: dict[str, Any], payload: Payload) -> Tree | None:
    """Make a tree of `{status, content, object}`; `content` and `object` tell of one error.

    finesse.js answers 400 for every notification ("we don't know what the real status code should be"),
    and its `object` then lacks errorMedia and the peripheral members, which `content` still has.
    """
    document = _inner(value.get("content"))
    roots = [{local_name(root): to_value(root, document)} for root in document.roots] if document else []
    made = value["object"] if isinstance(value.get("object"), dict) else {}
    names = {name for root in (*roots, made) for name in root}
    tree = _of_twins([*roots, made])
    if not tree.errors:
        return _of_client(value, payload) or _of_success(value)
    rest = {name: item for name, item in value.items() if name not in _TWINS}
    tree.notification = bool({"content", "Update"} & names)
    tree.shape = "finesse.callback.json"
    tree.status = None if tree.notification else _take_status(rest, payload)
    tree.groups = [group._replace(envelope=rest | group.envelope) for group in tree.groups]
    tree.problems += document.problems if document else ()
    return tree


def _inner(text: Any) -> XmlDocument | None:  # noqa: ANN401 - any JSON value
    """Read XML that stands as a text inside something else."""
    return read_xml(text.encode("utf-8", "replace"), text) if isinstance(text, str) and "<" in text else None


def _of_client(value: dict[str, Any], payload: Payload) -> Tree | None:
    """Make a tree of an error that finesse.js made itself: `{error: {errorType: "parseError", …}}`."""
    error = value.get("error")
    if not isinstance(error, dict) or "errorType" not in error:
        return None
    rest = {name: item for name, item in value.items() if name != "error"}
    own = text_value(error["errorType"]) in CLIENT_TYPES
    return Tree(
        shape="finesse.callback.json",
        evidence=_CLIENT if own else _MEMBERS,
        status=_take_status(rest, payload),
        groups=[Group([error], rest)],
        origin=Origin.CLIENT if own else Origin.UNKNOWN,
    )


def _of_success(value: dict[str, Any]) -> Tree | None:
    """Make a tree of `{status: 202, content: "", object: {…}}`, an accepted request."""
    accepted = (text_value(value.get("status")) or "").startswith("2")
    return Tree(shape="finesse.callback.json", evidence=_ACCEPTED, groups=[]) if accepted else None


def _of_twins(values: list[Any]) -> Tree:
    """Make one tree of several representations of one event: the richest wins, the others fill it up."""
    versions: list[list[dict[str, Any]]] = []
    problems: list[Problem] = []
    envelope: dict[str, Any] = {}
    for value in values:
        harvest = _Harvest()
        rest = _split(value, harvest)
        versions += [harvest.found()] if harvest.found() else []
        problems += harvest.problems
        envelope = _merged(envelope, _unwrapped(rest))
    versions.sort(key=lambda errors: sum(len(error) for error in errors), reverse=True)
    errors, differ = _agreed(versions)
    if differ:
        envelope["twins"] = versions[1:]
        problems.append(_DIFFER)
    path = envelope.pop("#text", None)
    return Tree(
        shape="finesse.callback.xml",
        evidence=_CALLBACK if errors else NOTHING,
        groups=[Group(errors, envelope, path if isinstance(path, str) else None)],
        notification=True,
        problems=tuple(problems),
    )


def _unwrapped(rest: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Give the members of the Update alone: `content` and `object` only say which twin it is."""
    if not isinstance(rest, dict):
        return {}
    inner = {name: item for name, item in rest.items() if name not in {*_TWINS, "Update"}}
    for name in (*_TWINS, "Update"):
        if isinstance(rest.get(name), dict):
            inner |= _unwrapped(rest[name])
    return inner


def _agreed(versions: list[list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], bool]:
    """Fill the richest version up with what only another has; tell whether they contradict each other."""
    if not versions:
        return [], False
    best = [dict(error) for error in versions[0]]
    differ = any(len(version) != len(best) for version in versions)
    for version in versions[1:]:
        for error, twin in zip(best, version, strict=False):
            names = {name.lower(): name for name in error}
            for name, item in twin.items():
                kept = error.setdefault(names.get(name.lower(), name), item)
                differ = differ or leaf(kept) != leaf(item)
    return best, differ


def _merged(envelope: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    for name, item in other.items():
        here = envelope.get(name)
        if isinstance(here, dict) and isinstance(item, dict):
            envelope[name] = _merged(here, item)
        elif is_blank(here):
            envelope[name] = item
    return envelope


def _of_sso(value: dict[str, Any], payload: Payload) -> Tree | None:
    """Make a tree of an SSO test: `{status: "false", errorMessage: "AUTH_ERROR"}` or its success twin."""
    status, message = text_value(value.get("status")), value.get("errorMessage")
    if status not in {"true", "false"} or "errorMessage" not in value:
        return None
    asked = "/sso" in (payload.url or "") or payload.hint == "cisco-finesse"
    if text_value(message) not in _SSO_CONSTANTS and not asked and not (status == "true" and message == ""):
        return None
    failed = status == "false"
    return Tree(
        shape="finesse.sso.json",
        evidence=_SSO,
        groups=[
            Group(
                [{"errorMessage": message}] if failed else [],
                {name: item for name, item in value.items() if name != "errorMessage"},
            )
        ],
    )


def _of_gateway(value: dict[str, Any]) -> Tree | None:
    """Make a tree of `{"event": "Error", "response": {"loginId", "type", "description"}}`."""
    response = value.get("response")
    if value.get("event") != "Error" or not isinstance(response, dict) or "loginId" not in response:
        return None
    error = {"errorType": response.get("type"), "errorMessage": response.get("description")}
    rest = {name: item for name, item in response.items() if name not in {"type", "description"}}
    return Tree(
        shape="finesse.gateway.json",
        evidence=_GATEWAY,
        groups=[Group([error], {**value, "response": rest})],
        notification=True,
    )


def _of_members(value: dict[str, Any]) -> Tree | None:
    """Make a tree of the bare members, which only a hint, the url or a header makes Finesse's."""
    if not {"errorType", "errorMessage"} <= value.keys():
        return None
    return Tree(shape="finesse.error.json", evidence=_MEMBERS, groups=[Group([value], {})])


def _split(value: Any, harvest: _Harvest) -> Any:  # noqa: ANN401 - any JSON value
    """Take the errors out of a tree; give what is left of it."""
    if isinstance(value, list):
        return [_split(item, harvest) for item in value]
    if not isinstance(value, dict):
        return value
    rest: dict[str, Any] = {}
    for name, item in value.items():
        if name not in _OPENED and type(item) not in _BRANCHES:
            rest[name] = item  # a leaf, as most are: an object of 88,000 takes 40 ms less
            continue
        left = _left(name, item, harvest)
        if not is_blank(left) or is_blank(item):
            rest[name] = left
    return rest


def _left(name: str, item: Any, harvest: _Harvest) -> Any:  # noqa: ANN401 - any JSON value
    harvest.named = harvest.named or name in _LISTS
    if name in _ITEMS or (name in _LISTS and _is_error(item)):
        harvest.errors += _taken(item)
        return None
    return _split(_opened(item, harvest) if name == "notification" else item, harvest)


def _is_error(item: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether `apiErrors` holds its members at once, as the desktop's JSON does."""
    if isinstance(item, list):
        return True
    return (
        isinstance(item, dict)
        and not _ITEMS & item.keys()
        and any(name.lower()[:5] == "error" for name in item)
    )


def _taken(item: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    if type(item) is dict:
        return [item]
    errors = item if isinstance(item, list) else [item]
    # An empty <ApiError/> is an error all the same: one that says nothing; a bare text is its message.
    return [
        error if isinstance(error, dict) else {"errorMessage": error} if error else {} for error in errors
    ]


def _opened(item: Any, harvest: _Harvest) -> Any:  # noqa: ANN401 - any JSON value
    """Open the text of a notification: `<notification>&lt;Update&gt;…` holds XML as text.

    Escaped once more inside it stands what was text before: `&amp;lt;ConferenceCallCommand&amp;gt;`.
    """
    attributes = (
        {name: value for name, value in item.items() if name != "#text"} if isinstance(item, dict) else {}
    )
    document = _inner(leaf(item))
    if document is None:
        return item
    harvest.problems += document.problems
    return attributes | {local_name(root): to_value(root, document) for root in document.roots}


def _update_of(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the Update inside a stanza: message, event, items, item, notification, Update."""
    inner = envelope
    for name in ("event", "items", "item", "notification", "Update"):
        below = inner.get(name)
        inner = below if isinstance(below, dict) and not isinstance(leaf(below), str) else inner
    return inner


def _places(envelope: Mapping[str, Any]) -> Iterator[str]:
    """Give the object paths of an envelope, from the outermost (the node) to the source of the Update."""
    items = envelope.get("event")
    items = items.get("items") if isinstance(items, dict) else None
    node = items.get("@node") if isinstance(items, dict) else None
    login = envelope.get("response")
    user = (
        f"/User/{login.get('loginId')}" if isinstance(login, dict) and whole(login.get("loginId")) else None
    )
    for place in (node, user, leaf(_update_of(envelope).get("source"))):
        if isinstance(place, str):
            yield place


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _take_status(envelope: dict[str, Any], payload: Payload) -> int | None:
    """Take the server's status out; one that is none, or another than the response's, stays in sight too."""
    text = text_value(envelope.get("status")) or ""
    if not _DIGITS.fullmatch(text):
        return None
    if 100 <= int(text) <= 599 and payload.status in {None, int(text)}:
        del envelope["status"]
    return int(text)
