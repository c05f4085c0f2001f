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
from copy import copy
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple, Self

from attrs import Factory, evolve, field, frozen

from errnorm.exceptions import InvalidArgument
from errnorm.record import ErrorRecord, Problem, RawBody, Redaction, Result, Source, read_only
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
_MOST_COMPARED = 16 << 20  # characters that are gone through for private values in another writing
_MOST_LOOKS = 100
_MOST_SPANS = 2000  # of one text: more than that is no prose with a name in it
_MOST_PHRASES_COMPARED = 50_000
_ROOM = 256 * 1024  # characters of all records of a body that are looked through
_LEAST = 72  # what a short text counts as: asking each pattern costs as much as reading that
_LONGEST = 128 * 1024  # of one text, a body among them
_CUT = (300, 2000)  # a page's words and a plain text are shown no longer than this
_TAIL_CHARS = 2000
_LETTERS = re.compile(r"[^\W_]++")
_JOINTS = re.compile(r"(?<=[a-z0-9])[ _.-]++")
_MAX_UNESCAPES = 8


def _plain_name(name: str) -> str:
    # `_text` and `#text` are the converters' names for the text of an element, whatever it says.
    return _JOINTS.sub("", name.lower().lstrip("@"))


# A member in running text, plain or escaped once more, and what then is its value:
# `"userId":"jdoe"`, `\"userId\":\"jdoe\"`, `userId=jdoe`, `<userId>jdoe<`, `&lt;userId&gt;jdoe&lt;`.
_IN_TEXT = (
    (
        re.compile(r"""([A-Za-z](?<![\w#-].)[\w-]*+)(?=\\{0,9}["']?\s{0,9}[:=])"""),
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

    No body makes it work for long: of the records of a body 256 Ki characters are looked through, of one
    text 128 Ki, of the body itself 128 Ki, and a text with 2000 private pieces goes from end to end. What is
    beyond goes unseen, and `redactions` says so by the rule `rest`. The rule `end` takes the last words of a
    text that errnorm has cut, where nobody can tell any more whether they are half of an address.

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
        records = []
        for record in result.records:
            run.found = []
            records.append(run.record(record, raw))
        return evolve(result, records=tuple(records), raw=raw.body)

    def place(
        self, source: Source, raw: RawBody, problems: Iterable[Problem] = ()
    ) -> tuple[Source, RawBody, tuple[Redaction, ...]]:
        """Give a place and its bytes without what is private, and what went: where there is no record.

        Args:
            source: the place.
            raw: what stands there.
            problems: what was met when its text was read; bytes that were not read whole go whole.

        Example:
            >>> raw = RawBody(b"userId=jdoe, jdoe", "utf-8")
            >>> source, raw, gone = CONTACT_CENTER.place(Source(name="jdoe.log"), raw)
            >>> source.name, raw.data, len(gone)
            ('[user].log', b'userId=[user], [user]', 3)
        """
        first = _Run(self)
        first.source(source)
        first.text((raw.text() or "")[:_LONGEST], "/raw")
        run = first.knowing().again()
        plain, body = run.source(source), run.body(raw, problems)
        return plain, body.body, (*run.found, *body.found)

    def _run(self, records: Iterable[ErrorRecord]) -> _Run:
        """Look at all first: what one text names as private is private in all of them."""
        first = _Run(self)
        bodies: dict[int, RawBody] = {}
        for record in records:
            first.record(record, _Body(record.raw, ()))
            bodies[id(record.raw)] = record.raw
        for raw in bodies.values():
            first.text((raw.text() or "")[:_LONGEST], "/raw")
        return first.knowing().again()


class _Body(NamedTuple):
    """A redacted body, and what went from it."""

    body: RawBody
    found: tuple[Redaction, ...]


class _Claims(NamedTuple):
    """What a text says by itself to be private.

    Attributes:
        spans: where, and by which rule.
        private: the values that a member names.
        nested: it names a private member that has members of its own.
    """

    spans: list[tuple[int, int, Rule]]
    private: dict[str, Rule]
    nested: bool


class _Run:
    """One pass over a record: what was found, and what is known to be private by now."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.private: dict[str, Rule] = {}
        self.known: dict[str, Rule] = {}
        self.phrases: dict[str, list[tuple[str, Rule]]] = {}
        self.read: dict[str, _Claims] = {}
        self.clean: set[str] = set()
        self.found: list[Redaction] = []
        self.nested = False
        self.keep: frozenset[str] = frozenset()
        self.room = _ROOM
        self.compared = 0
        self.by_member = policy._by_member  # noqa: SLF001 - a run is the policy at work
        self.by_field = policy._by_field  # noqa: SLF001 - the same

    def knowing(self) -> Self:
        """Look from now on for the words of what was found private."""
        self.known = {word: rule for value, rule in self.private.items() for word in _words(value, rule)}
        self.phrases = _phrases(self.private)
        return self

    def again(self) -> _Run:
        """Give a fresh pass that knows what this one does, and asks no pattern about a text again."""
        run = copy(self)
        run.found, run.nested, run.clean, run.room, run.compared = [], False, set(), _ROOM, 0
        return run

    def record(self, record: ErrorRecord, raw: _Body) -> ErrorRecord:
        """Redact each field; what the catalog knows is no secret and stays."""
        self.keep |= set(record.known_codes)
        codes = {name: self._code(getattr(record, name), name) for name in ("type", "code", "subcode")}
        fields = {
            **codes,
            "message": self._message(record),
            "target": self._field(record.target, "target"),
            "ids": read_only(self._ids(record.ids)),
            "extra": read_only(self._extra(record)),
            "source": self.source(record.source) if record.source else None,
        }
        redactions = (*record.redactions, *self.found, *raw.found)
        return evolve(record, **fields, raw=raw.body, redactions=redactions)

    def _code(self, code: str | None, name: str) -> str | None:
        return code if code in self.keep else self._field(code, name)

    def _message(self, record: ErrorRecord) -> str | None:
        tail = _tail(record)
        text = self._end(record.message, "/message") if tail is None else record.message
        return self._field(text, "message", tail or "")

    def _extra(self, record: ErrorRecord) -> dict[str, Any]:
        extra = dict(record.extra)
        if record.shape == "html" and isinstance(extra.get("words"), str):
            extra["words"] = self._end(extra["words"], "/extra/words")
        return self.value(extra, "/extra") or {}

    def _end(self, text: str | None, path: str) -> str | None:
        """Take the end from a text that was cut nobody knows where: half an address looks like none."""
        if text is None or len(text) not in _CUT:
            return text
        start = text.rpartition(" ")[0].rstrip("0123456789()+-./ ")
        for found in _WORD.finditer(start):
            if any(phrase.startswith(text[found.start() :]) for phrase, _ in self.phrases.get(found[0], ())):
                start = start[: found.start()]
                break
        self.found.append(Redaction(path, "end", str(Action.REMOVE), len(text) - len(start)))
        return start

    def _field(self, text: str | None, name: str, tail: str = "") -> str | None:
        path = f"/{name.replace('.', '/')}"
        if not text:
            return None
        if not self._has_room(text):
            self._gone(path, len(text))
            return None
        rule = self.by_field.get(name)
        return (self.whole(text, rule, path) if rule else self.text(text, path, tail)) or None

    def _has_room(self, text: str) -> bool:
        if len(text) > _LONGEST:
            return False
        self.room -= max(len(text), _LEAST)
        return self.room >= 0

    def _gone(self, path: str, length: int) -> None:
        """Take out what nobody looked through."""
        self.found.append(Redaction(path, "rest", str(Action.REMOVE), length))

    def _ids(self, ids: Mapping[str, str]) -> dict[str, str]:
        # A dialog's id may be a number that is also somebody's target.
        known, clean, self.known, self.clean = self.known, self.clean, {}, set()
        plain = {kind: self._field(text, f"ids.{kind}") for kind, text in ids.items()}
        self.known, self.clean = known, clean
        return {kind: text for kind, text in plain.items() if text}

    def source(self, source: Source) -> Source:
        """Redact the names of a place, and the time as it was found."""

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
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, dict | list) and len(value) * _LEAST > self.room:
            self._gone(path, len(value))
            return None
        if isinstance(value, dict):
            return self._object(value, path, rule)
        if isinstance(value, list):
            return [self.value(item, f"{path}/{n}", rule) for n, item in enumerate(value)]
        text = str(value)
        if not self._has_room(text):
            self._gone(path, len(text))
            return None
        plain = self.whole(text, rule, path) if rule else self.text(text, path)
        return value if plain == text else plain

    def _object(self, value: dict[str, Any], path: str, rule: Rule | None) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        namesakes: Counter[str] = Counter()
        for name, item in value.items():
            own = rule or self.by_member.get(_plain_name(name))
            # A key may be data: {"sessions": {"jdoe@example.com": …}}.
            if not self._has_room(name):
                self._gone(path, len(value) - len(plain))
                break
            key = _free(self.text(name, f"{path}/"), plain, namesakes)
            below = self.value(item, f"{path}/{_pointer(key)}", own)
            if below not in ("", None) or item in ("", None):
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
        if text in self.clean and not tail:
            return text
        parts, at = [], 0
        for start, end, rule in _united(self._spans(text + tail)):
            if start < len(text):
                private = text[start:end]
                parts += [text[at:start], self._replaced(private, rule, path)]
                at = start + len(private)
                self.private |= {private: rule} if rule.spreads else {}
        if not parts:
            self.clean.add(text)
        return "".join([*parts, text[at:]])

    def _spans(self, text: str) -> Iterator[tuple[int, int, Rule]]:
        done = [found.span() for found in _DONE.finditer(text)] if "[" in text else []
        for start, end, rule in self._claims(text):
            before = (
                bisect_left(done, (end,)) - 1
            )  # marks are apart: only the last before the end may overlap
            if before < 0 or done[before][1] <= start:
                yield start, end, rule

    def _claims(self, text: str) -> Iterator[tuple[int, int, Rule]]:
        claims = self.read.get(text)
        if claims is None:
            claims = self.read[text] = self._read(text)
        self.private |= {value: rule for value, rule in claims.private.items() if value not in self.private}
        self.nested = self.nested or claims.nested
        yield from claims.spans
        if self.known:
            yield from self._known_words(text)
        if self.phrases:
            yield from self._known_phrases(text)

    def _known_words(self, text: str) -> Iterator[tuple[int, int, Rule]]:
        for pattern in (_TOKEN, _WORD):
            # Each word once: most texts have none of them, and then nothing is gone through again.
            words = {word for word in set(pattern.findall(text)) if _plain_word(word) in self.known}
            known = (found for found in pattern.finditer(text) if found[0] in words) if words else iter(())
            for count, found in enumerate(known):
                rule, word = self.known[_plain_word(found[0])], found[0].rstrip(".!")
                if count == _MOST_SPANS:
                    yield _all_of(text, rule)
                    return
                if word not in self.keep:
                    yield found.start(), found.start() + len(word), rule

    def _known_phrases(self, text: str) -> Iterator[tuple[int, int, Rule]]:
        if self.phrases.keys().isdisjoint(_WORD.findall(text)):
            return
        for found in _WORD.finditer(text):
            at, same = found.start(), self.phrases.get(found[0], [])
            self.compared += len(same)
            if same and self.compared > _MOST_PHRASES_COMPARED:
                yield _all_of(text, same[0][1])
                return
            for phrase, rule in same:
                if text.startswith(phrase, at):
                    yield at, at + len(phrase), rule

    def _read(self, text: str) -> _Claims:
        found = (
            (start, end, rule)
            for rule in self.policy.rules
            for start, end in islice(rule.spans(text), _MOST_SPANS)
        )
        claims = _Claims(list(found), {}, nested=False)
        for names, values in _IN_TEXT:
            claims = self._read_members(text, names, values, claims)
        if len(claims.spans) < _MOST_SPANS:
            return claims
        named = {text[start:end]: rule for start, end, rule in claims.spans if rule.spreads}
        return claims._replace(spans=[_all_of(text, claims.spans[0][2])], private=claims.private | named)

    def _read_members(
        self, text: str, names: re.Pattern[str], values: re.Pattern[str], claims: _Claims
    ) -> _Claims:
        at, nested = 0, claims.nested
        while (found := names.search(text, at)) and len(claims.spans) < _MOST_SPANS:
            at = found.end()
            rule = self.by_member.get(_plain_name(found[1]))
            if rule is None:
                continue
            value = values.match(text, at)
            group = value.lastindex or 0 if value else 0
            nested = nested or _NESTED.match(text, at) is not None
            if value and value[group].strip():
                if not _DONE.search(value[group]):
                    claims.private.setdefault(value[group], rule)
                claims.spans.append((*value.span(group), rule))
                at = value.end()  # read once: `user=user=user=…`
        return claims._replace(nested=nested)

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
        """Redact a body as text; one that is no text, too long, or was not read whole, goes whole."""
        if not raw.data:
            return _Body(raw, ())
        run = self.again()
        text = raw.text()
        broken = any(problem.severity is Severity.ERROR for problem in problems)
        unread = text is None or len(text) > _LONGEST or broken
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
        words = set(_LETTERS.findall(plain))
        sought = [value.casefold() for value in self.private if value not in self.keep]
        likely = [
            value
            for value in sought
            if len(value) >= _SHORTEST_WORD and words.issuperset(_LETTERS.findall(value))
        ]
        return len(likely) * len(plain) > _MOST_COMPARED or any(_stands_in(value, plain) for value in likely)


def _all_of(text: str, rule: Rule) -> tuple[int, int, Rule]:
    return 0, len(text), evolve(rule, spreads=False)  # its other words are everybody's


def _plain_word(word: str) -> str:
    return word.rstrip(".!").casefold()


def _stands_in(value: str, text: str) -> bool:
    at = -1
    for _ in range(_MOST_LOOKS):
        at = text.find(value, at + 1)
        if at < 0:
            return False
        around = text[max(at - 1, 0) : at] + text[at + len(value) : at + len(value) + 1]
        if not any(char.isalnum() for char in around):
            return True
    return True  # it may stand behind the next one


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


def _tail(record: ErrorRecord) -> str | None:
    """Give what followed the message in the body: half an address is no address to a pattern.

    None where the body does not hold it in these words.
    """
    if not record.message or len(record.message) < min(_CUT):
        return ""
    text = record.raw.text() or ""
    at = text.find(record.message)
    end = at + len(record.message)
    return text[end : end + _TAIL_CHARS] if at >= 0 else None


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


def _each(names: str) -> tuple[str, ...]:
    return tuple(names.split(", "))


def _said(words: str, then: str) -> re.Pattern[str]:
    r"""Give a pattern for what stands behind one of some words, in capitals or not.

    The first letters stand in front as a set: what `re` can look for without trying the rest is found in a
    tenth of the time, and a pattern that begins with `\b` or ignores case from its first letter on is none.
    """
    rests = "|".join(f"(?<={word[0]}){word[1:]}" for word in sorted(_each(words), key=len, reverse=True))
    firsts = {letter for word in _each(words) for letter in (word[0], word[0].upper())}
    return re.compile(rf"[{''.join(sorted(firsts))}](?<!\w.)(?i:(?:{rests}){then})")


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
                re.compile(r"eyJ(?<![\w-]eyJ)[\w-]{8,}+(?:\.[\w-]*+){0,4}"),
                _said("password, passwd, pwd, secret", r"\b[ \t]{0,3}[:=][ \t]{0,3}([^\s\"'<>,;]++)"),
                _said("pin, pin code, token, api key, secure key", r"[ \t]{0,3}[:= ][ \t]{0,3}(\d{4,}+)\b"),
            ),
            spreads=True,
        ),
        Rule(
            name="credential",
            patterns=(_said("bearer, basic, digest, negotiate", r"[ \t]{1,3}([\w.~+/=-]{8,}+)"),),
            accepts=_is_secret,
        ),
        Rule(
            name="session",
            members=_each("session id, session key, chat session id, service session id, client id, sid"),
            fields=("ids.session", "ids.client"),
            patterns=(_said("session, clientid", r"[ \t]{0,3}[:=/ ][ \t]{0,3}([\w-]++)"),),
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
                re.compile(r"/(?i:users?|agents?|supervisors?)(?:/|%2[Ff])([^/\s?#\"'<>&%]{1,100}+)"),
                _said(
                    "agent, user, supervisor, customer, login",
                    r"(?:[ _-]?(?:id|name|login))?[ \t]{0,3}[:=# ][ \t]{0,3}[\"']?([\w.-]{2,100}+)",
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
                re.compile(r"\+(?<![^\W_]\+)(?<![:.+]\+)[1-9](?:[ ().-]{0,2}\d){6,16}+(?![\w-])"),
                re.compile(
                    r"[(2-9](?<![\w.+-].)(?:(?<=\()[2-9]|(?<!\())\d\d\)?[ .-][2-9]\d\d[ .-]\d{4}(?![\w-])"
                ),
                _said("from, to, number", r"[:= \t]{1,3}(\+?\d{7,15})(?![\w-])"),
            ),
            accepts=_is_phone,
            spreads=True,
        ),
        Rule(
            name="phone",  # where a word says what it is, four digits are enough
            patterns=(
                _said(
                    "ani, dnis, cli, caller, calling, called, dial, dialed, dialled, phone, mobile",
                    r"(?:[ _-]?id)?(?:[ _-]?number)?\b[.:=# \t]{1,4}([+(]?\d[\d ().-]{2,20}\d)",
                ),
            ),
            accepts=_is_no_date,
            spreads=True,
        ),
        Rule(
            name="extension",
            members=_each("extension, agent extension, station, device id, line number, dn"),
            patterns=(
                _said(
                    "extension, extensions, ext, extn, dn, station, instrument",
                    r"\b\.?[ _-]?(?:number|id|no)?[:=# \t\"']{0,4}(\d{3,10}+)\b",
                ),
            ),
            spreads=True,
        ),
        Rule(
            name="card",
            members=_each("card number, credit card, pan, cvv, cvc, iban"),
            patterns=(
                re.compile(r"\d(?<![\w.-].)\d{12,18}+(?![\w-])"),
                re.compile(r"\d(?<![\w.-].)\d{3}[ -](?:\d{4}[ -]){2}\d{4}(?![\w-])"),
                re.compile(r"3(?<![\w.-].)\d{3}[ -]\d{6}[ -]\d{5}(?![\w-])"),
            ),
            accepts=_is_card,
            spreads=True,
        ),
        Rule(
            name="ip",
            members=_each("ip, ip address, client ip, remote address, remote addr, x forwarded for"),
            patterns=(
                re.compile(r"\d(?<![\w.].)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?!\w|\.\d)"),
                re.compile(
                    r"[:23fF](?<![\w:.].)(?i:(?<=:):ffff|(?<!:)[0-9a-f]{3}):(?i:[0-9a-f:.]{1,40}+)(?!\w)"
                ),
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
