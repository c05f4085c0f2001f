"""The values errnorm hands out: all frozen, all safe to print, all made of plain data.

A record keeps apart what the vendor said (the reported fields, verbatim) and what errnorm adds (the
derived fields, each from data one can point to).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, overload

from attrs import define, field, frozen

from errnorm.exceptions import InvalidRecord
from errnorm.form import wrong_member
from errnorm.vocabulary import (
    Category,
    Decision,
    DelaySource,
    Match,
    Origin,
    ProblemCode,
    Scope,
    Severity,
    Verified,
)

if TYPE_CHECKING:
    from errnorm.redaction import Policy

__all__ = [
    "SCHEMA_VERSION",
    "Candidate",
    "CatalogEntry",
    "Deprecation",
    "Detection",
    "Draft",
    "EntryMessage",
    "ErrorRecord",
    "Problem",
    "RawBody",
    "ReadOnlyDict",
    "ReadOnlyList",
    "Redaction",
    "Result",
    "RetryAdvice",
    "Source",
    "read_only",
    "read_only_dict",
    "record_from_dict",
]

SCHEMA_VERSION = "1.0"
"""Version of the dict form: the first number changes when a reader of the old form would break."""

RawForm = Literal["omit", "text", "base64"]


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("A record cannot be changed. Make a dict of it first: record.to_dict().")


class ReadOnlyDict(dict[str, Any]):
    """A dict that cannot be changed; it compares, copies, pickles and dumps as a dict.

    Example:
        >>> ids = ReadOnlyDict(request="r-1")
        >>> ids == {"request": "r-1"}
        True
        >>> ids["request"] = "r-2"
        Traceback (most recent call last):
        TypeError: A record cannot be changed. Make a dict of it first: record.to_dict().
    """

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[Self], tuple[dict[str, Any]]]:
        """Pickle through the constructor: unpickling must not need `__setitem__`."""
        return type(self), (dict(self),)


class ReadOnlyList(list[Any]):
    """A list that cannot be changed; it compares, copies, pickles and dumps as a list."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = clear = extend = insert = _refuse
    pop = remove = reverse = sort = _refuse

    def __reduce__(self) -> tuple[type[Self], tuple[list[Any]]]:
        """Pickle through the constructor: unpickling must not need `append`."""
        return type(self), (list(self),)


_EMPTY = ReadOnlyDict()


def read_only(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, the same value out
    """Give the same JSON value with every dict and list in it made read-only.

    Args:
        value: a JSON value, nested at most as deep as the reading limits allow.

    Returns:
        An equal value; texts are plain `str` again, whatever mark a reader had put on them.

    Example:
        >>> read_only({"a": [1, {"b": None}]})
        {'a': [1, {'b': None}]}
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return read_only_dict(value)
    if isinstance(value, list | tuple):
        return ReadOnlyList([read_only(item) for item in value])
    return value


_LEAVES = frozenset({str, int, float, bool, type(None)})


def read_only_dict(value: Mapping[str, Any] | None) -> ReadOnlyDict:
    """Give a dict as `read_only` does; nothing gives the one empty dict that all records share."""
    if not value:
        return _EMPTY
    if type(value) is ReadOnlyDict:
        return value  # as an envelope that a hundred errors share
    # Asked here, a leaf costs no call.
    return ReadOnlyDict(
        {str(key): item if type(item) in _LEAVES else read_only(item) for key, item in value.items()}
    )


@frozen
class Problem:
    """One small fact about what could not be read, or not be taken as it stands.

    Attributes:
        code: the kind of problem.
        message: a sentence for people; it never quotes the body.
        where: the place in the body (`byte 311`, `line 2, column 14`, a member's name), if known.

    Example:
        >>> Problem(ProblemCode.XML_TRUNCATED, "The XML ends inside an element.", "byte 311").severity
        <Severity.ERROR: 'error'>
    """

    code: ProblemCode
    message: str
    where: str | None = None

    @property
    def severity(self) -> Severity:
        """How bad it is: `error` means that something was not read."""
        return self.code.severity

    def to_dict(self) -> dict[str, Any]:
        """Give the problem as plain data."""
        return {
            "code": str(self.code),
            "severity": str(self.severity),
            "message": self.message,
            "where": self.where,
        }


@frozen
class Redaction:
    """That a policy took something private out of a record.

    Attributes:
        path: where, as a JSON pointer into the record's dict: `/extra/envelope/userId`.
        rule: the name of the rule.
        action: `mask`, `remove` or `hash`.
        length: how much went: characters of a text, bytes of a body.

    Example:
        >>> Redaction("/message", "email", "mask", 16).to_dict()
        {'path': '/message', 'rule': 'email', 'action': 'mask', 'length': 16}
    """

    path: str
    rule: str
    action: str
    length: int

    def to_dict(self) -> dict[str, Any]:
        """Give the removal as plain data."""
        return {name: getattr(self, name) for name in ("path", "rule", "action", "length")}


def _sha256(data: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415 - 3 ms of import, and most records are never grouped

    return sha256(data).hexdigest()


@frozen(repr=False)
class RawBody:
    """The bytes of a body, exactly as they were given.

    Attributes:
        data: the bytes; for a decoded JSON object its JSON.
        charset: the charset the text was read in (`utf-8`, `windows-1252`, …), None for no text.
        from_object: the caller gave a decoded object, not bytes.
    """

    data: bytes
    charset: str | None = None
    from_object: bool = False

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return _sha256(self.data)

    def to_dict(self, form: Literal["text", "base64"]) -> dict[str, Any]:
        """Give the body as plain data; bytes that are no text in their charset become base64."""
        known = {"size": self.size, "charset": self.charset, "from_object": self.from_object}
        text = self.text() if form == "text" else None
        if text is not None:
            return known | {"text": text}
        return known | {"base64": binascii.b2a_base64(self.data, newline=False).decode("ascii")}

    def text(self) -> str | None:
        """Give the body as text in its charset, None where it is none, or would not come back as it was."""
        try:
            text = self.data.decode(self.charset or "utf-8")
        except (UnicodeDecodeError, LookupError):
            return None
        return text if text.encode(self.charset or "utf-8") == self.data else None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        text = data.get("text")
        if text is not None:
            body = text.encode(data["charset"] or "utf-8")
        else:
            body = binascii.a2b_base64(data["base64"])
        return cls(body, data["charset"], data["from_object"])

    def __repr__(self) -> str:
        """Say how much, never what."""
        return f"<RawBody {self.size} bytes, {self.charset or 'no text'}>"


def _encodable(text: str | None) -> str | None:
    r"""Replace what UTF-8 cannot write: a file name may carry a lone surrogate, `caf\udce9.log`."""
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode()


@frozen(kw_only=True)
class Source:
    """Where a batch found a body.

    Attributes:
        name: file name as given, or `-` for standard input.
        member: member of an archive.
        line: line number, from 1.
        offset: byte offset, from 0; in a compressed input it counts decompressed bytes.
        time: the time beside it, as text, as found.
    """

    name: str | None = field(default=None, converter=_encodable)
    member: str | None = field(default=None, converter=_encodable)
    line: int | None = None
    offset: int | None = None
    time: str | None = field(default=None, converter=_encodable)

    def to_dict(self) -> dict[str, Any]:
        """Give the source as plain data."""
        return {name: getattr(self, name) for name in ("name", "member", "line", "offset", "time")}


@frozen(kw_only=True)
class RetryAdvice:
    """Whether a retry can help, and by which rule.

    Advice is about likelihood, not about safety: a POST that timed out may have succeeded.

    Attributes:
        decision: `retry`, `do_not_retry`, or `unknown` when there is nothing to judge by.
        scope: what to do again (`same_call`, `higher_level`) or what must happen first
            (`after_reauth`, `after_change`); None with `do_not_retry` means that nothing helps.
        delay: seconds to wait before the retry, if anybody said so.
        not_before: the moment the server named, if it named one.
        delay_source: who named the delay.
        basis: the rule, `catalog:zoom-cobrowse:code/1016` or `http:503`; `none` without one.

    Example:
        >>> RetryAdvice(decision=Decision.RETRY, scope=Scope.SAME_CALL, basis="http:503").same_call
        True
    """

    decision: Decision = Decision.UNKNOWN
    scope: Scope | None = None
    delay: float | None = None
    not_before: datetime | None = None
    delay_source: DelaySource | None = None
    basis: str = "none"

    @property
    def same_call(self) -> bool:
        """True when the same call, unchanged, may succeed later: what retry middleware acts on."""
        return self.decision is Decision.RETRY and self.scope is Scope.SAME_CALL

    def to_dict(self) -> dict[str, Any]:
        """Give the advice as plain data."""
        return {
            "decision": str(self.decision),
            "scope": _text_or_none(self.scope),
            "delay": self.delay,
            "not_before": self.not_before.isoformat() if self.not_before else None,
            "delay_source": _text_or_none(self.delay_source),
            "basis": self.basis,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            decision=Decision(data["decision"]),
            scope=Scope(data["scope"]) if data.get("scope") else None,
            delay=data.get("delay"),
            not_before=_moment(data.get("not_before")),
            delay_source=DelaySource(data["delay_source"]) if data.get("delay_source") else None,
            basis=data.get("basis", "none"),
        )

    def __str__(self) -> str:
        """Say it as a person would."""
        wait = f" in {self.delay:g} s" if self.delay is not None else ""
        if self.delay is None and self.not_before is not None:
            wait = f" not before {self.not_before.isoformat()}"
        return f"{_RETRY_WORDS[self.decision, self.scope]}{wait}"


_RETRY_WORDS: dict[tuple[Decision, Scope | None], str] = {
    (Decision.RETRY, None): "retry",
    (Decision.RETRY, Scope.SAME_CALL): "retry the same call",
    (Decision.RETRY, Scope.HIGHER_LEVEL): "start the whole operation anew",
    (Decision.RETRY, Scope.AFTER_REAUTH): "retry after signing in again",
    (Decision.RETRY, Scope.AFTER_CHANGE): "retry after a change",
    (Decision.DO_NOT_RETRY, None): "do not retry",
    (Decision.DO_NOT_RETRY, Scope.SAME_CALL): "do not retry the same call",
    (Decision.DO_NOT_RETRY, Scope.HIGHER_LEVEL): "do not retry the operation",
    (Decision.DO_NOT_RETRY, Scope.AFTER_REAUTH): "do not retry before signing in again",
    (Decision.DO_NOT_RETRY, Scope.AFTER_CHANGE): "do not retry before something has changed",
} | {(Decision.UNKNOWN, scope): "nothing tells whether a retry helps" for scope in (None, *Scope)}


@frozen(kw_only=True)
class EntryMessage:
    """One of the texts that tell the causes of a code apart.

    Attributes:
        text: the vendor's text, verbatim.
        title, explanation, causes, fixes, category, severity, retry: as in `CatalogEntry`; None or
            empty where the entry's own hold.
    """

    text: str
    title: str | None = None
    explanation: str | None = None
    causes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    category: Category | None = None
    severity: Severity | None = None
    retry: RetryAdvice | None = None


@frozen(kw_only=True)
class Deprecation:
    """That a vendor gives a code up.

    Attributes:
        use: what to use instead.
        since: the version or date, if the vendor says.
    """

    use: str
    since: str | None = None


_NO_ANCHOR = re.compile(r"[^A-Za-z0-9_-]++")


@frozen(kw_only=True, repr=False)
class CatalogEntry:
    """What the catalog knows about a code.

    Attributes:
        vendor, table, code: the key; `code` of a family is `1-49` or `PERERR_GW_E_*`.
        number: position of the message that fits, from 1; None for the entry as a whole.
        name: the constant or exception name beside a number.
        aliases: other spellings and numbers of the same thing.
        deployment: `UCCE` or `UCCX`, where only that one sends the code, or means this by it.
        apart: the other deployment means something else by the same code, so the id names the deployment.
        generic: the code says nothing itself, so every other entry ranks before it.
        title, explanation, causes, fixes: in errnorm's own words.
        category, severity, retry: the judgement; None where another entry must judge.
        status: the HTTP statuses it is documented with.
        docs_url: errnorm's own page about it, from the root of the project on:
            `docs/catalog/zoom-cobrowse/code.md#code-1016`; of an entry of your own, the page it names.
        source, source_url: the document it is from, and where that stands.
        verified: how well it is proved.
        deprecated: that the vendor gives it up.
        messages: the texts that tell its causes apart.
    """

    vendor: str
    table: str
    code: str
    number: int | None = None
    name: str | None = None
    aliases: tuple[str, ...] = ()
    deployment: str | None = None
    apart: bool = False
    generic: bool = False
    title: str
    explanation: str = ""
    causes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    category: Category | None = None
    severity: Severity | None = None
    retry: RetryAdvice | None = None
    status: tuple[int, ...] = ()
    docs_url: str | None = None
    source: str | None = None
    source_url: str | None = None
    verified: Verified = Verified.INFERRED
    deprecated: Deprecation | None = None
    messages: tuple[EntryMessage, ...] = ()

    @property
    def id(self) -> str:
        """`vendor:table/code`, with `@deployment` and `#number` where they tell entries apart."""
        deployment = f"@{self.deployment}" if self.apart else ""
        number = f"#{self.number}" if self.number else ""
        return f"{self.vendor}:{self.table}/{self.code}{deployment}{number}"

    @property
    def anchor(self) -> str:
        """The place of the entry on the page of its table; it never changes, so links to it hold."""
        code = _NO_ANCHOR.sub("-", self.code).rstrip("-")
        deployment = f"-{self.deployment}" if self.apart else ""
        return f"code-{code}{deployment}" + (f"-text-{self.number}" if self.number else "")

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every text under which the vendor sends this code."""
        return tuple(text for text in (self.code, self.name, *self.aliases) if text)

    @property
    def has_causes_by_text(self) -> bool:
        """True when several texts tell its causes apart, each with a judgement of its own.

        A code may also have several texts that say the same at more or less length.
        """
        return len(self.messages) > 1 and any(message.title or message.retry for message in self.messages)

    def to_dict(self) -> dict[str, Any]:
        """Give the reference that a record's dict carries."""
        return {"id": self.id, "title": self.title, "docs_url": self.docs_url}

    def __repr__(self) -> str:
        """Name the entry."""
        return f"<CatalogEntry {self.id}>"


@frozen(kw_only=True)
class Candidate:
    """A vendor that could have sent a body.

    Attributes:
        vendor: its name.
        confidence: from 0 to 1.
        reason: the evidence, in words.
    """

    vendor: str
    confidence: float
    reason: str


@frozen(kw_only=True)
class Detection:
    """Which vendor sent a body, by which evidence, how sure.

    Attributes:
        vendor: the vendor's name, `unknown` when nothing decides.
        shape: the wire form.
        confidence: from 0 to 1.
        reasons: the evidence that decided, in words; it never quotes the body.
        candidates: the other vendors with some evidence for them, the likeliest first.
    """

    vendor: str
    shape: str
    confidence: float
    reasons: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


def _key_of(text: str) -> str:
    return f"e1:{_sha256(text.encode('utf-8', 'replace'))[:16]}"


_kept_key_of = lru_cache(1024)(_key_of)  # in a storm many records, each with its own ids, are of one kind
_LONGEST_KEPT = 1000


_QUOTED = re.compile(r"""'[^']*+'|"[^"]*+\"""")
_WITH_DIGIT = re.compile(r"(?<!\S)[^\s\d]*+\d\S*+")


@define(kw_only=True, eq=False, repr=False)
class Draft:
    """The fields of a record that is still being made; an `ErrorRecord` has no others.

    The road fills a draft and closes it: `draft.__class__ = ErrorRecord`. A frozen class sets each of its 23
    fields by a call, and so takes 2.5 µs where this takes 1.0.
    """

    vendor: str
    shape: str
    type: str | None = None
    code: str | None = None
    subcode: str | None = None
    message: str | None = None
    target: str | None = None
    status: int | None = None
    ids: Mapping[str, str] = _EMPTY
    occurred_at: datetime | None = None
    index: int = 0
    total: int = 1
    origin: Origin = Origin.UNKNOWN
    extra: Mapping[str, Any] = _EMPTY
    source: Source | None = None
    raw: RawBody = field(default=RawBody(b""), eq=False)
    category: Category = Category.UNKNOWN
    severity: Severity = Severity.ERROR
    retry: RetryAdvice = RetryAdvice()
    entry: CatalogEntry | None = None
    match: Match = Match.NONE
    problems: tuple[Problem, ...] = ()
    redactions: tuple[Redaction, ...] = ()


@frozen(kw_only=True, slots=True, repr=False)  # pyright: ignore[reportGeneralTypeIssues] # a draft can be filled in
class ErrorRecord(Draft):
    """One normalized error.

    Reported fields are the vendor's, verbatim; None means that the vendor did not say.

    Attributes:
        vendor: vendor name, `unknown` when nobody can be named.
        shape: the wire form, `finesse.rest.xml`.
        type: the vendor's own class of error.
        code: the vendor's code or constant, as text.
        subcode: the more specific code below it.
        message: the vendor's text.
        target: what the error is about.
        status: the HTTP status, 100 to 599.
        ids: correlation ids under `request`, `session`, `dialog`, `user`, `media`, `trace`, `client`.
        occurred_at: the vendor's or the log's time.
        index, total: position among the errors of its body, from 0, and how many there are.
        origin: who wrote the body.
        extra: every vendor member that has no field.
        source: where a batch found it.
        raw: the body; not part of equality.
        category, severity, retry: errnorm's judgement.
        entry, match: the catalog entry, and by which rung it was found.
        problems: what could not be read.
        redactions: what a policy has taken out; empty for a record as it was read.

    Example:
        >>> import errnorm
        >>> record = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first
        >>> record.code, str(record.category), record.retry.basis
        ('1016', 'network', 'catalog:zoom-cobrowse:code/1016')
    """

    # Two errors with equal fields are two errors: group by `fingerprint`.
    __hash__ = None  # type: ignore[assignment]

    @property
    def fingerprint(self) -> str:
        """A stable key for "the same kind of error": `e1:` and 16 hex digits.

        It depends on vendor, shape family, type, code, subcode and the message without its variable
        parts (numbers, quoted texts, the ids and the target of this record); where there is none of
        these, on the status.
        """
        family = ".".join(self.shape.split(".")[:2])
        parts = [self.vendor, family, self.type, self.code, self.subcode, self._masked_message()]
        if not any(parts[2:]):
            parts.append(str(self.status))  # without a word of the vendor's, the status tells kinds apart
        text = "\x1f".join(part or "" for part in parts)
        return _kept_key_of(text) if len(text) <= _LONGEST_KEPT else _key_of(text)

    def _masked_message(self) -> str:
        text = self.message or ""
        for private in sorted({self.target or "", *self.ids.values()}, key=len, reverse=True):
            text = text.replace(private, "#") if private else text
        return _WITH_DIGIT.sub("#", _QUOTED.sub("#", text))

    @property
    def known_codes(self) -> tuple[str, ...]:
        """The reported type, code and subcode that the entry knows: safe to show to anybody."""
        spellings = self.entry.spellings if self.entry and self.match is not Match.STATUS else ()
        return tuple(text for text in (self.type, self.code, self.subcode) if text and text in spellings)

    def summary(self) -> str:
        """Say in one sentence what it is and what to do; safe to log, nothing private in it.

        Example:
            >>> import errnorm
            >>> print(errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse").first.summary())
            zoom-cobrowse cobrowse.session_error 1016: Zoom's servers could not be reached (network);
            retry the same call.
        """
        codes = "".join(f" {code}" for code in self.known_codes)
        title = f"{self.entry.title} ({self.category})" if self.entry else str(self.category)
        return f"{self.vendor} {self.shape}{codes}: {title}; {self.retry}."

    def to_dict(self, *, raw: RawForm = "omit") -> dict[str, Any]:
        """Give the record as plain, flat, JSON-ready data.

        Args:
            raw: whether and how the body goes with it: `omit`, `text` or `base64`.

        Returns:
            One member per field under the field's own name, `schema_version` first; `entry` is a
            reference. `errnorm.from_dict` reads it back to an equal record.

        Example:
            >>> import errnorm
            >>> errnorm.normalize(b"", status=503).first.to_dict()["category"]
            'unavailable'
        """
        data = {"schema_version": SCHEMA_VERSION} | {name: getattr(self, name) for name in _PLAIN}
        data |= {name: str(getattr(self, name)) for name in _WORDS}
        data["ids"] = dict(self.ids)
        data["extra"] = dict(self.extra)
        data["occurred_at"] = self.occurred_at.isoformat() if self.occurred_at else None
        data["source"] = self.source.to_dict() if self.source else None
        data["retry"] = self.retry.to_dict()
        data["entry"] = self.entry.to_dict() if self.entry else None
        data["problems"] = [problem.to_dict() for problem in self.problems]
        if self.redactions:
            data["redactions"] = [redaction.to_dict() for redaction in self.redactions]
        if raw != "omit":
            data["raw"] = self.raw.to_dict(raw)
        return data

    def redacted(self, policy: Policy) -> ErrorRecord:
        """Give the record without what is private; this record stays as it is.

        Args:
            policy: what must go, such as `errnorm.redaction.CONTACT_CENTER`.

        Returns:
            A record of which `to_dict` and `raw` hold nothing that the policy knows to be private; its
            `redactions` say what went. Its fingerprint is made of what is left.

        Example:
            >>> import errnorm
            >>> from errnorm.redaction import CONTACT_CENTER
            >>> record = errnorm.normalize("No device for agent1001@finesse.example.com", status=404).first
            >>> record.redacted(CONTACT_CENTER).message
            'No device for [email]'
        """
        return policy.record(self)

    def __repr__(self) -> str:
        """Show what is safe to show."""
        return f"<ErrorRecord {self.summary()}>"

    __str__ = summary


_PLAIN = (
    "vendor",
    "shape",
    "type",
    "code",
    "subcode",
    "message",
    "target",
    "status",
    "index",
    "total",
    "fingerprint",
)
_WORDS = ("origin", "category", "severity", "match")


def _text_or_none(value: str | None) -> str | None:
    return None if value is None else str(value)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def record_from_dict(
    data: Mapping[str, Any],
    entry_of: Callable[[str], CatalogEntry | None],
) -> ErrorRecord:
    """Read what `ErrorRecord.to_dict` wrote.

    Args:
        data: the dict.
        entry_of: looks a catalog entry up by its id; None where it is gone.

    Returns:
        An equal record; an entry that is gone becomes a stub of the reference.

    Raises:
        InvalidRecord: when `data` is no such dict.
    """
    version = data.get("schema_version") if isinstance(data, Mapping) else None
    if not isinstance(version, str) or version.split(".")[0] != SCHEMA_VERSION.split(".", maxsplit=1)[0]:
        raise InvalidRecord(
            f"This is no record of schema {SCHEMA_VERSION}: schema_version is {version!r}. "
            "Give from_dict what to_dict of this major version wrote."
        )
    try:
        wrong = wrong_member(data)
        if wrong is None:
            return _read_record(data, entry_of)
    except KeyError as error:
        raise InvalidRecord(f"The record lacks the member {error}. Give what to_dict wrote, whole.") from None
    except (TypeError, ValueError, AttributeError, LookupError) as error:  # LookupError: of a charset
        raise InvalidRecord(
            f"A member of the record is of the wrong kind ({type(error).__name__}). "
            "Compare it with the schema: errnorm schema record."
        ) from None  # the first error quotes what it could not read
    raise InvalidRecord(
        f"The member {wrong} of the record holds what no record has there. "
        "Compare it with the schema: errnorm schema record."
    )


def _read_record(data: Mapping[str, Any], entry_of: Callable[[str], CatalogEntry | None]) -> ErrorRecord:
    source = data["source"]
    raw = data.get("raw")
    return ErrorRecord(
        **{name: data[name] for name in _PLAIN if name != "fingerprint"},
        ids=read_only(data["ids"]),
        extra=read_only(data["extra"]),
        origin=Origin(data["origin"]),
        occurred_at=_moment(data["occurred_at"]),
        source=Source(**source) if source else None,
        raw=RawBody.from_dict(raw) if raw else RawBody(b""),
        category=Category(data["category"]),
        severity=Severity(data["severity"]),
        retry=RetryAdvice.from_dict(data["retry"]),
        entry=_entry(data["entry"], entry_of),
        match=Match(data["match"]),
        problems=tuple(_problem(item) for item in data["problems"]),
        redactions=tuple(Redaction(**item) for item in data.get("redactions", ())),
    )


def _problem(data: Mapping[str, Any]) -> Problem:
    return Problem(ProblemCode(data["code"]), data["message"], data["where"])


def _entry(
    reference: Mapping[str, Any] | None,
    entry_of: Callable[[str], CatalogEntry | None],
) -> CatalogEntry | None:
    if reference is None:
        return None
    found = entry_of(reference["id"])
    if found is not None:
        return found
    vendor, _, rest = reference["id"].partition(":")
    table, _, code = rest.partition("/")
    return CatalogEntry(
        vendor=vendor, table=table, code=code, title=reference["title"], docs_url=reference["docs_url"]
    )


@frozen(kw_only=True, repr=False)
class Result(Sequence[ErrorRecord]):
    """What one body gives: a sequence of records, falsy without any.

    Attributes:
        records: one record per error, in the order of the body.
        detection: which vendor sent it.
        problems: all that could not be read, of the body and of each record.
        raw: the body.

    Example:
        >>> import errnorm
        >>> result = errnorm.normalize(b"<html><h1>502 Bad Gateway</h1></html>", status=502)
        >>> len(result), result.is_error, result.first.message
        (1, True, '502 Bad Gateway')
    """

    records: tuple[ErrorRecord, ...]
    detection: Detection
    problems: tuple[Problem, ...] = ()
    raw: RawBody = field(default=RawBody(b""), eq=False)

    __hash__ = None  # type: ignore[assignment]

    @property
    def first(self) -> ErrorRecord | None:
        """The first record, None without any."""
        return self.records[0] if self.records else None

    @property
    def is_error(self) -> bool:
        """True when a record is `warning` or worse; a notice alone is no error."""
        return any(record.severity is not Severity.INFO for record in self.records)

    def redacted(self, policy: Policy) -> Result:
        """Give the result without what is private in its records and its body, see `ErrorRecord.redacted`."""
        return policy.result(self)

    def __len__(self) -> int:
        """Count the records."""
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> ErrorRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ErrorRecord]: ...
    def __getitem__(self, index: int | slice) -> ErrorRecord | Sequence[ErrorRecord]:
        """Give a record by its position."""
        return self.records[index]

    def __iter__(self) -> Iterator[ErrorRecord]:
        """Go through the records."""
        return iter(self.records)

    def __repr__(self) -> str:
        """Show what is safe to show."""
        count = "1 record" if len(self) == 1 else f"{len(self)} records"
        return f"<Result {self.detection.vendor} {self.detection.shape}, {count}>"
