"""A record without personal data: which text goes, by which rule, and what stands in its place.

Error bodies of contact centers are full of people: ids of agents, numbers of callers, chat texts, tokens.
A policy says what of it must not be stored or sent on; `record.redacted(policy)` is the record without it.

    "Agent agent1001 is not on extension 24011"  →  "Agent [user] is not on extension [extension]"

Rules are data: the members whose value is private, and patterns for what stands in running text. A private
value that a member names (`"userId": "jdoe"`) is then taken out of every other text of the record as well.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Self

from attrs import Factory, evolve, field, frozen

from errnorm.exceptions import InvalidArgument
from errnorm.record import ErrorRecord, RawBody, Redaction, Result, Source, read_only
from errnorm.vocabulary import Severity

__all__ = ["CONTACT_CENTER", "Action", "Policy", "Redaction", "Rule"]


class Action(StrEnum):
    """What is put in the place of a private text."""

    MASK = "mask"
    """The name of the rule: `[user]`."""
    REMOVE = "remove"
    """Nothing; a member that is private as a whole goes with its name."""
    HASH = "hash"
    """The rule and an HMAC with your key, `[user:9f86d081884c7d65]`: the same agent still groups."""


_DONE = re.compile(r"\[[a-z]++(?::[0-9a-f]{16})?+\]")
_HASH_CHARS = 16
_TOKEN = re.compile(r"""[^\s"'<>&;,:=?#()\[\]{}|\\/]++""")
_WORD = re.compile(r"\w++")
_SHORTEST_WORD = 3  # a private value of two letters would take every such pair out of the prose
_MOST_WORDS = 3  # a sentence is no name: its words are everybody's
_SHORTEST_PHRASE = 8
_MOST_PHRASES = 100  # that begin with the same word: each is compared where the word stands
_MOST_VALUES = 1000
_TAIL_CHARS = 400
_JOINTS = re.compile(r"(?<=[a-z0-9])[ _.-]++")
_MAX_UNESCAPES = 8


def _plain_name(name: str) -> str:
    # `_text` and `#text` are the converters' names for the text of an element, whatever it says.
    return _JOINTS.sub("", name.lower().lstrip("@"))


# A member in running text, plain or escaped once more, and what then is its value:
# `"userId":"jdoe"`, `\"userId\":\"jdoe\"`, `userId=jdoe`, `<userId>jdoe<`, `&lt;userId&gt;jdoe&lt;`.
_IN_TEXT = (
    (
        re.compile(r"""(?<![\w#-])([A-Za-z][\w-]*+)(?=\\{0,9}["']?\s{0,9}[:=])"""),
        re.compile(
            r"""\\{0,9}["']?\s{0,9}(?::|=>)\s{0,9}"""
            r"""(?:"((?:[^"\\]|\\.)++)|'((?:[^'\\]|\\.)++)|\\{1,9}["']((?:[^"'\\]|\\[^"'])++)|(-?\d[\d.]*+))"""
            r"""|\s{0,9}=\s{0,9}(?:"([^"<]++)|'([^'<]++)|([^\s"'&<>;,]++))""",
            re.DOTALL,
        ),
    ),
    (
        re.compile(r"<(?:[\w.-]{1,40}+:)?([A-Za-z][\w-]*+)(?:\s[^<>]{0,400})?>"),
        re.compile(r"<!\[CDATA\[([^\]<]++)|([^<]++)"),
    ),
    (
        re.compile(r"&(?:amp;){0,8}lt;([A-Za-z][\w-]*+)&(?:amp;){0,8}gt;"),
        re.compile(r"((?:[^&<]|&(?!(?:amp;){0,8}lt;))++)"),
    ),
)
# What stands behind the name instead where the member has members of its own.
_NESTED = re.compile(r"""\\{0,9}["']?\s{0,9}(?::|=>)\s{0,9}[\[{]|\s*+(?:<(?!/)|&(?:amp;){0,8}lt;(?!/))""")


@frozen(kw_only=True)
class Rule:
    """One kind of private text.

    Attributes:
        name: what is written in its place, lower-case letters: `user`.
        members: names of members whose whole value is private, words apart: `user id` stands for
            `userId`, `user_id`, `USERID`; whatever lies below such a member is private too.
        fields: fields of the record that are private as a whole: `target`, `ids.user`.
        patterns: what is private in running text: the last group that took part, else the whole match.
        accepts: a last look at what a pattern found (a checksum); None takes all.
        spreads: a value found once is taken out of every text of the record.
        action: what is put in its place.

    Example:
        >>> badge = Rule(name="badge", members=("badge number",), patterns=(re.compile(r"B-[0-9]{4}"),))
        >>> Policy(rules=(badge,)).text("no seat for B-1234")[0]
        'no seat for [badge]'
    """

    name: str
    members: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    accepts: Callable[[str], bool] | None = None
    spreads: bool = False
    action: Action = field(default=Action.MASK, converter=Action)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Find what the patterns know to be private in a text, as start and end."""
        for pattern in self.patterns:
            for found in pattern.finditer(text):
                start, end = found.span(found.lastindex or 0)
                if end > start and (self.accepts is None or self.accepts(text[start:end])):
                    yield start, end


@frozen(kw_only=True)
class Policy:
    """What must not be stored or sent on: a frozen value of rules, picklable as long as its rules are.

    Where two rules claim one text, the one that takes more of it wins.

    Args:
        rules: the rules.
        key: your secret for rules that hash; it is never shown.

    Raises:
        InvalidArgument: when a rule hashes and there is no key.

    Example:
        >>> policy = CONTACT_CENTER.using("hash", "user", key=b"a long secret of your own").without("ip")
        >>> policy.text("agent 1001 at 192.0.2.7")[0]
        'agent [user:32769f86e573b03c] at 192.0.2.7'
    """

    rules: tuple[Rule, ...]
    key: bytes | None = field(default=None, repr=False)
    _by_member: Mapping[str, Rule] = field(
        init=False,
        repr=False,
        eq=False,
        default=Factory(
            lambda self: {_plain_name(name): rule for rule in self.rules for name in rule.members},
            takes_self=True,
        ),
    )
    _by_field: Mapping[str, Rule] = field(
        init=False,
        repr=False,
        eq=False,
        default=Factory(
            lambda self: {name: rule for rule in self.rules for name in rule.fields}, takes_self=True
        ),
    )

    def __attrs_post_init__(self) -> None:
        hashing = [rule.name for rule in self.rules if rule.action is Action.HASH]
        if hashing and not self.key:
            raise InvalidArgument(
                f"The rule {hashing[0]!r} hashes, and there is no key. Give a secret: key=b'…'."
            )

    def using(self, action: str, *names: str, key: bytes | None = None) -> Self:
        """Give the same policy with another action for the rules of these names, or for all without any.

        Args:
            action: `mask`, `remove` or `hash`.
            *names: names of rules.
            key: your secret, when the action is `hash` and the policy has none yet.

        Raises:
            InvalidArgument: when no rule has such a name, there is no such action, or the key is missing.
        """
        wanted = self._known(names) or {rule.name for rule in self.rules}
        if action not in list(Action):
            raise InvalidArgument(f"There is no action {action!r}. There are: {', '.join(Action)}.")
        rules = tuple(
            evolve(rule, action=Action(action)) if rule.name in wanted else rule for rule in self.rules
        )
        return evolve(self, rules=rules, key=key or self.key)

    def without(self, *names: str) -> Self:
        """Give the same policy without the rules of these names.

        Raises:
            InvalidArgument: when no rule has such a name.
        """
        unwanted = self._known(names)
        return evolve(self, rules=tuple(rule for rule in self.rules if rule.name not in unwanted))

    def _known(self, names: Iterable[str]) -> set[str]:
        wanted, known = set(names), [rule.name for rule in self.rules]
        if wanted <= set(known):
            return wanted
        raise InvalidArgument(
            f"There is no rule {min(wanted - set(known))!r}. There are: {', '.join(known)}."
        )

    def text(self, text: str) -> tuple[str, tuple[Redaction, ...]]:
        """Give a text without what the patterns know to be private, and what went.

        Example:
            >>> CONTACT_CENTER.text("mail to jane@example.com")
            ('mail to [email]', (Redaction(path='', rule='email', action='mask', length=16),))
        """
        run = _Run(self)
        plain = run.text(text, "")
        return plain, tuple(run.found)

    def record(self, record: ErrorRecord) -> ErrorRecord:
        """Give the record without what is private; `redactions` says what went."""
        run = self._run([record])
        return run.record(record, run.body(record.raw, record.problems))

    def result(self, result: Result) -> Result:
        """Give the result with each record and the body redacted."""
        run = self._run(result.records)
        raw = run.body(result.raw, result.problems)
        own = (run.again() for _ in result.records)
        records = tuple(one.record(record, raw) for one, record in zip(own, result.records, strict=True))
        return evolve(result, records=records, raw=raw.body)

    def _run(self, records: Iterable[ErrorRecord]) -> _Run:
        """Look at all first: what one text names as private is private in all of them."""
        first = _Run(self)
        bodies: dict[int, RawBody] = {}
        for record in records:
            first.record(record, _Body(record.raw, ()))
            bodies[id(record.raw)] = record.raw
        for raw in bodies.values():
            first.text(raw.text() or "", "/raw")
        return first.again()


class _Body(NamedTuple):
    """A redacted body, and what went from it."""

    body: RawBody
    found: tuple[Redaction, ...]


class _Run:
    """One pass over a record: what was found, and what is known to be private by now."""

    def __init__(self, policy: Policy, private: dict[str, Rule] | None = None) -> None:
        self.policy = policy
        self.private = private or {}
        self.known = {word: rule for value, rule in self.private.items() for word in _words(value, rule)}
        self.phrases = _phrases(self.private)
        self.found: list[Redaction] = []
        self.nested = False  # a text names a private member that has members of its own
        self.keep: frozenset[str] = frozenset()
        self.by_member = policy._by_member  # noqa: SLF001 - a run is the policy at work
        self.by_field = policy._by_field  # noqa: SLF001 - the same

    def again(self) -> _Run:
        """Give a fresh pass that knows the private values of this one."""
        run = _Run(self.policy, self.private)
        run.keep = self.keep
        return run

    def record(self, record: ErrorRecord, raw: _Body) -> ErrorRecord:
        """Redact each field; what the catalog knows is no secret and stays."""
        self.keep |= set(record.known_codes)
        codes = {name: self._code(getattr(record, name), name) for name in ("type", "code", "subcode")}
        fields = {
            **codes,
            "message": self._field(record.message, "message", _tail(record)),
            "target": self._field(record.target, "target"),
            "ids": read_only(self._ids(record.ids)),
            "extra": read_only(self.value(dict(record.extra), "/extra")),
            "source": self._source(record.source) if record.source else None,
        }
        redactions = (*record.redactions, *self.found, *raw.found)
        return evolve(record, **fields, raw=raw.body, redactions=redactions)

    def _code(self, code: str | None, name: str) -> str | None:
        return code if code is None or code in self.keep else self.text(code, f"/{name}") or None

    def _field(self, text: str | None, name: str, tail: str = "") -> str | None:
        if text is None:
            return None
        rule = self.by_field.get(name)
        return (self.whole(text, rule, f"/{name}") if rule else self.text(text, f"/{name}", tail)) or None

    def _ids(self, ids: Mapping[str, str]) -> dict[str, str]:
        known, self.known = self.known, {}  # a dialog's id may be a number that is also somebody's target
        plain = {kind: self._id(kind, text) for kind, text in ids.items()}
        self.known = known
        return {kind: text for kind, text in plain.items() if text}

    def _id(self, kind: str, text: str) -> str:
        rule = self.by_field.get(f"ids.{kind}")
        return self.whole(text, rule, f"/ids/{kind}") if rule else self.text(text, f"/ids/{kind}")

    def _source(self, source: Source) -> Source:
        def plain(name: str, text: str | None) -> str | None:
            return self.text(text, f"/source/{name}") or None if text else text

        return evolve(
            source,
            name=plain("name", source.name),
            member=plain("member", source.member),
            time=plain("time", source.time),
        )

    def value(self, value: Any, path: str, rule: Rule | None = None) -> Any:  # noqa: ANN401 - a JSON value
        """Redact a JSON value; below a private member every leaf is private."""
        if isinstance(value, dict):
            return self._object(value, path, rule)
        if isinstance(value, list):
            return [self.value(item, f"{path}/{n}", rule) for n, item in enumerate(value)]
        if value is None or isinstance(value, bool):
            return value
        text = str(value)
        plain = self.whole(text, rule, path) if rule else self.text(text, path)
        return value if plain == text else plain

    def _object(self, value: dict[str, Any], path: str, rule: Rule | None) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        namesakes: Counter[str] = Counter()
        for name, item in value.items():
            own = rule or self.by_member.get(_plain_name(name))
            # A key may be data: {"sessions": {"jdoe@example.com": …}}.
            key = _free(self.text(name, f"{path}/"), plain, namesakes)
            below = self.value(item, f"{path}/{_pointer(key)}", own)
            if below != "" or item == "":
                plain[key] = below
        return plain

    def whole(self, text: str, rule: Rule, path: str) -> str:
        """Redact a text that is private from end to end."""
        if not text.strip() or _DONE.fullmatch(text):
            return text
        self.private.setdefault(text, rule)
        return self._replaced(text, rule, path)

    def text(self, text: str, path: str, tail: str = "") -> str:
        """Redact what is private inside a text; `tail` is what stood behind it before it was cut."""
        parts, at = [], 0
        for start, end, rule in _united(self._spans(text + tail)):
            if start < len(text):
                private = text[start:end]
                parts += [text[at:start], self._replaced(private, rule, path)]
                at = start + len(private)
                self.private |= {private: rule} if rule.spreads else {}
        return "".join([*parts, text[at:]]) if parts else text

    def _spans(self, text: str) -> Iterator[tuple[int, int, Rule]]:
        done = [found.span() for found in _DONE.finditer(text)] if "[" in text else []
        for start, end, rule in self._claims(text):
            before = (
                bisect_left(done, (end,)) - 1
            )  # marks are apart: only the last before the end may overlap
            if before < 0 or done[before][1] <= start:
                yield start, end, rule

    def _claims(self, text: str) -> Iterator[tuple[int, int, Rule]]:
        for rule in self.policy.rules:
            for start, end in rule.spans(text):
                yield start, end, rule
        yield from self._members(text)
        for pattern in (_TOKEN, _WORD) if self.known else ():
            for found in pattern.finditer(text):
                word = found[0].rstrip(".!")
                known = self.known.get(word.casefold())
                if known and word not in self.keep:
                    yield found.start(), found.start() + len(word), known
        for found in _WORD.finditer(text) if self.phrases else ():
            for phrase, rule in self.phrases.get(found[0], ()):
                if text.startswith(phrase, found.start()):
                    yield found.start(), found.start() + len(phrase), rule

    def _members(self, text: str) -> Iterator[tuple[int, int, Rule]]:
        for names, values in _IN_TEXT:
            at = 0
            while found := names.search(text, at):
                at = found.end()
                rule = self.by_member.get(_plain_name(found[1]))
                value = values.match(text, at) if rule else None
                group = value.lastindex or 0 if value else 0
                self.nested = self.nested or bool(rule and _NESTED.match(text, at))
                if rule and value and value[group].strip():
                    if not _DONE.search(value[group]):
                        self.private.setdefault(value[group], rule)
                    yield *value.span(group), rule
                    at = value.end()  # read once: `user=user=user=…`

    def _replaced(self, text: str, rule: Rule, path: str) -> str:
        self.found.append(Redaction(path, rule.name, str(rule.action), len(text)))
        if rule.action is Action.REMOVE:
            return ""
        return (
            f"[{rule.name}:{_hmac(text, self.policy.key)}]"
            if rule.action is Action.HASH
            else f"[{rule.name}]"
        )

    def body(self, raw: RawBody, problems: Iterable[Any]) -> _Body:
        """Redact a body as text; one that is no text, or was not read whole, goes whole."""
        if not raw.data:
            return _Body(raw, ())
        run = self.again()
        text = raw.text()
        unread = text is None or any(problem.severity is Severity.ERROR for problem in problems)
        plain = "" if unread else run.text(text or "", "/raw")
        if unread or run.nested or self._leaks(plain):
            gone = Redaction("/raw", "body", str(Action.REMOVE), raw.size)
            return _Body(RawBody(b"", None, raw.from_object), (gone,))
        if not run.found:
            return _Body(raw, ())
        return _Body(RawBody(plain.encode("utf-8", "replace"), "utf-8", raw.from_object), tuple(run.found))

    def _leaks(self, text: str) -> bool:
        r"""Tell whether a private value is left in a body in another writing: `M\u00fcller`, `M&#252;`."""
        if len(self.private) > _MOST_VALUES:
            return True  # each is looked for by itself; nobody waits for that
        plain = _unescaped(text).casefold()
        return any(
            len(value) >= _SHORTEST_WORD and value not in self.keep and _stands_in(value, plain)
            for value in self.private
        )


def _stands_in(value: str, text: str) -> bool:
    value = value.casefold()
    at = text.find(value)
    while at >= 0:
        around = text[max(at - 1, 0) : at] + text[at + len(value) : at + len(value) + 1]
        if not any(char.isalnum() for char in around):
            return True
        at = text.find(value, at + 1)
    return False


def _words(value: str, rule: Rule) -> list[str]:
    """Give what of a private value is private in every other text: an id, each part of a name."""
    words = value.split()
    if not rule.spreads or len(words) > _MOST_WORDS:
        return []
    parts = [part for word in words for part in (word, *_TOKEN.findall(word))]
    # `/finesse/api/User/1001`: of a path only what has a digit is an id.
    sure = [part for part in parts if "/" not in value or _DIGITS.search(part)]
    return [part.rstrip(".!").casefold() for part in sure if len(part) >= _SHORTEST_WORD]


def _phrases(private: Mapping[str, Rule]) -> dict[str, list[tuple[str, Rule]]]:
    """Give the private sentences by their first word: a chat text may stand in the words of a page too."""
    phrases: dict[str, list[tuple[str, Rule]]] = {}
    for value, rule in private.items():
        first = _WORD.search(value)
        if first and len(value) >= _SHORTEST_PHRASE and not _words(value, rule):
            same = phrases.setdefault(first[0], [])
            same += [(value[first.start() :], rule)] if len(same) < _MOST_PHRASES else []
    return phrases


def _united(spans: Iterable[tuple[int, int, Rule]]) -> list[tuple[int, int, Rule]]:
    """Unite spans that overlap under the rule of the longest: no rest of either may stay."""
    united: list[tuple[int, int, Rule]] = []
    longest = 0
    for start, end, rule in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not united or start >= united[-1][1]:
            united.append((start, end, rule))
            longest = end - start
            continue
        first, last, before = united[-1]
        winner = rule if end - start > longest else before
        longest = max(longest, end - start)
        united[-1] = (first, max(last, end), winner)
    return united


def _tail(record: ErrorRecord) -> str:
    """Give what followed the message in the body: half an address is no address to a pattern."""
    text = record.raw.text() if record.message and len(record.message) >= _TAIL_CHARS else None
    at = text.find(record.message or "") if text else -1
    end = at + len(record.message or "")
    return text[end : end + _TAIL_CHARS] if text and at >= 0 else ""


def _free(key: str, taken: Mapping[str, Any], namesakes: Counter[str]) -> str:
    """Give a key of its own to each of several members whose names were masked alike."""
    free = key
    while free in taken:
        namesakes[key] += 1
        free = f"{key}#{namesakes[key] + 1}"
    return free


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")  # RFC 6901, section 3


def _hmac(text: str, key: bytes | None) -> str:
    import hmac  # noqa: PLC0415 - 3 ms of import, and most policies mask

    return hmac.new(key or b"", text.strip().encode("utf-8", "replace"), "sha256").hexdigest()[:_HASH_CHARS]


_JSON_ESCAPE = re.compile(r"\\{1,8}u([0-9a-fA-F]{4})")


def _unescaped(text: str) -> str:
    from html import unescape  # noqa: PLC0415 - 1 ms of import, and a body is rarely redacted

    for _ in range(_MAX_UNESCAPES):
        plain = unescape(_JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text))
        if plain == text:
            break
        text = plain
    return text.replace('\\"', '"').replace("\\/", "/")


_DIGITS = re.compile(r"\d")
_DATE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")


def _is_card(text: str) -> bool:
    """Luhn's checksum (ISO/IEC 7812-1, annex B), and a first digit that card networks use."""
    digits = [int(digit) for digit in _DIGITS.findall(text)]
    doubled = [digit if n % 2 == 0 else sum(divmod(2 * digit, 10)) for n, digit in enumerate(digits[::-1])]
    return 2 <= digits[0] <= 6 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def _is_phone(text: str) -> bool:
    return 7 <= len(_DIGITS.findall(text)) <= 15 and _is_no_date(text)


def _is_no_date(text: str) -> bool:
    return not _DATE.search(text)


def _is_secret(text: str) -> bool:
    """Tell `Basic dXNlcjpwYXNz` from `Basic authentication`: capitals inside, a digit, or great length."""
    inside = text[1:]
    return bool(_DIGITS.search(text)) or len(text) >= 24 or (not inside.islower() and not inside.isupper())


def _has_digit(text: str) -> bool:
    return len(_DIGITS.findall(text)) >= 3 or bool(_DIGITS.search(text) and not text.isdecimal())


def _is_ip(text: str) -> bool:
    from ipaddress import ip_address  # noqa: PLC0415 - 8 ms of import, and most bodies hold none

    try:
        ip_address(text)
    except ValueError:
        return False
    return True


_I = re.IGNORECASE


def _each(names: str) -> tuple[str, ...]:
    return tuple(names.split(", "))


CONTACT_CENTER = Policy(
    rules=(
        Rule(
            name="token",
            members=_each(
                "token, access token, refresh token, id token, auth token, session token, secure key, "
                "api key, sdk key, sdk secret, app key, client secret, secret, password, passwd, pwd, pin, "
                "pin code, authorization, cookie, set cookie, jwt, zak, signature, jsessionid, jsessionidsso"
            ),
            patterns=(
                re.compile(r"(?<![\w-])eyJ[\w-]{8,}+(?:\.[\w-]*+){0,4}"),
                re.compile(r"\b(?:password|passwd|pwd|secret)\b[ \t]{0,3}[:=][ \t]{0,3}([^\s\"'<>,;]++)", _I),
                re.compile(
                    r"\b(?:pin|pin code|token|(?:api|secure) key)[ \t]{0,3}[:= ][ \t]{0,3}(\d{4,}+)\b", _I
                ),
            ),
            spreads=True,
        ),
        Rule(
            name="credential",
            patterns=(re.compile(r"\b(?:bearer|basic|digest|negotiate)[ \t]{1,3}([\w.~+/=-]{8,}+)", _I),),
            accepts=_is_secret,
        ),
        Rule(
            name="session",
            members=_each("session id, session key, chat session id, service session id, client id, sid"),
            fields=("ids.session", "ids.client"),
            patterns=(re.compile(r"\b(?:session|clientId)[ \t]{0,3}[:=/ ][ \t]{0,3}([\w-]++)", _I),),
            accepts=_has_digit,
            spreads=True,
        ),
        Rule(
            name="email",
            members=_each("email, e mail, mail, email address, customer email"),
            patterns=(re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,8}"),),
            spreads=True,
        ),
        Rule(
            name="user",
            members=_each(
                "user id, user name, user login, user, login, login id, login name, agent id, agent, "
                "agent login, agent user id, supervisor id, supervisor, owner, employee id, person id, "
                "principal, subject id, customer id, contact id"
            ),
            fields=("ids.user",),
            patterns=(
                re.compile(r"/(?:users?|agents?|supervisors?)(?:/|%2F)([^/\s?#\"'<>&%]{1,100}+)", _I),
                re.compile(
                    r"\b(?:agent|user|supervisor|customer|login)(?:[ _-]?(?:id|name|login))?"
                    r"[ \t]{0,3}[:=# ][ \t]{0,3}[\"']?([\w.-]{2,100}+)",
                    _I,
                ),
            ),
            accepts=_has_digit,
            spreads=True,
        ),
        Rule(
            name="name",
            members=_each(
                "first name, last name, middle name, full name, display name, nick name, surname, "
                "given name, family name, customer name, caller name, agent name, contact name, from name, "
                "screen name, requester name, participant name"
            ),
            spreads=True,
        ),
        Rule(
            name="phone",
            members=_each(
                "phone, phone number, mobile, mobile number, telephone, fax, msisdn, ani, dnis, cli, "
                "caller id, calling number, called number, dialed number, dialled number, from address, "
                "to address, callback number, customer number, outside number"
            ),
            patterns=(
                re.compile(r"(?<![\w:.+-])\+[1-9](?:[ ().-]{0,2}\d){6,16}+(?![\w-])"),
                re.compile(r"(?<![\w.+-])\(?[2-9]\d\d\)?[ .-][2-9]\d\d[ .-]\d{4}(?![\w-])"),
                re.compile(r"\b(?:from|to|number)[:= \t]{1,3}(\+?\d{7,15})(?![\w-])", _I),
            ),
            accepts=_is_phone,
            spreads=True,
        ),
        Rule(
            name="phone",  # where a word says what it is, four digits are enough
            patterns=(
                re.compile(
                    r"\b(?:ani|dnis|cli|caller(?:[ _-]?id)?|calling|called|dial(?:l?ed)?|phone|mobile)"
                    r"(?:[ _-]?number)?\b[.:=# \t]{1,4}([+(]?\d[\d ().-]{2,20}\d)",
                    _I,
                ),
            ),
            accepts=_is_no_date,
            spreads=True,
        ),
        Rule(
            name="extension",
            members=_each("extension, agent extension, station, device id, line number, dn"),
            patterns=(
                re.compile(
                    r"\b(?:extensions?|extn?|dn|station|instrument)\b\.?[ _-]?(?:number|id|no)?"
                    r"[:=# \t\"']{0,4}(\d{3,10}+)\b",
                    _I,
                ),
            ),
            spreads=True,
        ),
        Rule(
            name="card",
            members=_each("card number, credit card, pan, cvv, cvc, iban"),
            patterns=(
                re.compile(r"(?<![\w.-])\d{13,19}+(?![\w-])"),
                re.compile(r"(?<![\w.-])(?:\d{4}[ -]){3}\d{4}(?![\w-])"),
                re.compile(r"(?<![\w.-])3\d{3}[ -]\d{6}[ -]\d{5}(?![\w-])"),
            ),
            accepts=_is_card,
            spreads=True,
        ),
        Rule(
            name="ip",
            members=_each("ip, ip address, client ip, remote address, remote addr, x forwarded for"),
            patterns=(
                re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)"),
                re.compile(r"(?<![\w:.])(?:[23f][0-9a-f]{3}|::ffff):[0-9a-f:.]{1,40}+(?!\w)", _I),
            ),
            accepts=_is_ip,
        ),
        Rule(name="query", patterns=(re.compile(r"[?&](?:amp;)?[\w.%-]{1,64}+=([^&#\s\"'<>]++)"),)),
        Rule(
            name="chat",
            members=_each(
                "text, chat text, message text, text body, transcript, utterance, chat message, comment"
            ),
        ),
        Rule(name="target", fields=("target",), spreads=True),
    )
)
"""What a contact center does not want in its logs: people, their numbers and words, and every key.

Rules: `token`, `credential`, `session`, `email`, `user`, `name`, `phone`, `extension`, `card`, `ip`, `query`
(the values of a url's query), `chat`, `target` (of most Finesse errors an agent or an extension). All mask.
"""
