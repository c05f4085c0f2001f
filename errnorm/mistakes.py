"""What is wrong with a catalog file: each mistake with its place, and how to mend it.

The rules are those of `schemas/catalog.schema.json`, as sentences for people, and three that a schema
cannot say: an entry stands once, a spelling leads to one code, a source is one of the file's own. What is
only unusual (style, advice that `docs/catalog-guide.md` does not expect) is a warning. The tests hold
this file and the schema to the same answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import orjson
from attrs import evolve, frozen

from errnorm.entries import DRAFT_TITLE
from errnorm.printable import printable
from errnorm.vocabulary import Category, Decision, Scope, Severity, Verified

__all__ = ["Mistake", "mistakes_in", "unusual_advice"]

Check = Callable[[Any, str], Iterator["Mistake"]]
Rows = Sequence[Mapping[str, Any]]


@frozen(kw_only=True)
class Mistake:
    """One mistake in a catalog file.

    Attributes:
        place: where it stands: `line 3, column 7`, or `entries[3].retry.scope (code 1016)`.
        message: what is wrong, and how to mend it.
        severity: `error` where the file cannot be used, `warning` where something is only unusual.

    Example:
        >>> content = b'{"vendor": "acme-desk", "entries": [{"table": "code", "code": 7, "title": "No"}]}'
        >>> print(mistakes_in(content, {"acme-desk": [{"table": "code"}]})[0])
        entries[0].code (code 7): this is a number, and a text is wanted. Write it in quotes: "7".
    """

    place: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """Say place and mistake in one line, whatever the file holds."""
        text = f"{self.place}: {self.message}"
        return printable(text)


def mistakes_in(data: bytes, builtin: Mapping[str, Rows]) -> tuple[Mistake, ...]:
    """Give every mistake of a catalog file, in the order of the file.

    Args:
        data: the bytes of the file.
        builtin: the vendors that are known, each with the rows of its own catalog file; without rows any
            table is right.

    Returns:
        The mistakes; empty for a file that is in order.

    Example:
        >>> [str(mistake) for mistake in mistakes_in(b"[]", {})]
        ['the file: this is a list, and an object in braces is wanted.']
    """
    try:
        orjson.loads(data)
        content = json.loads(data, object_pairs_hook=_Members)
    except orjson.JSONDecodeError as error:
        return (_error(f"line {error.lineno}, column {error.colno}", f"this is no JSON: {_why(error.msg)}"),)
    except (ValueError, RecursionError):
        return (_error("the file", "a number is too long, or lists lie too deep in each other."),)
    found = list(_FILE(content, ""))
    if isinstance(content, dict):
        found += [*_references(content), *_doubles(content), *_places(content, builtin)]
    found.sort(key=lambda mistake: _order(mistake.place, content))
    return tuple(_named(mistake, content) for mistake in found)


def unusual_advice(category: str, retry: Mapping[str, Any]) -> str | None:
    """Say what advice a category usually has, where this one is another; None where it fits.

    Args:
        category: a word of `Category`.
        retry: `decision` and `scope`, as in a catalog file.

    Returns:
        The usual advice in words, as `docs/catalog-guide.md` gives it.

    Example:
        >>> unusual_advice("not_found", {"decision": "retry", "scope": "same_call"})
        'do_not_retry with after_change'
        >>> unusual_advice("not_found", {"decision": "do_not_retry", "scope": "after_change"})
    """
    usual = _USUAL_ADVICE.get(category, ())
    if not usual or (retry.get("decision"), retry.get("scope")) in usual:
        return None
    return ", or ".join(f"{decision} with {scope}" if scope else decision for decision, scope in usual)


def _why(said: str) -> str:
    """Say in our words what the reader of JSON found, and what to do about it."""
    return next((sentence for mark, sentence in _JSON_FAULTS if mark in said), _JSON_FAULTS[-1][1])


_JSON_FAULTS = (
    ("byte order mark", "the file begins with a byte order mark. Save it as UTF-8 without one."),
    ("UTF-8", "the file is not in UTF-8. Save it as UTF-8."),
    ("depth", "lists or objects lie too deep in each other. Close each where it ends."),
    ("end of data", "the file ends too early. Close every quote, bracket and brace."),
    ("empty", "the file is empty. `errnorm schema catalog` prints the form."),
    ("trailing comma", "a comma stands before the end of a list or an object. Take it out."),
    ("after document", "something follows the last brace. Take it out."),
    ("", "a comma, a colon, a quote or a bracket is missing here, or one is too many."),
)


class _Members(dict[str, Any]):
    """The members of an object, and which of them stood there twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.repeated = (
            sorted({name for name in names if names.count(name) > 1}) if len(self) < len(names) else []
        )


def _error(place: str, message: str) -> Mistake:
    return Mistake(place=place or "the file", message=message)


def _warning(place: str, message: str) -> Mistake:
    return Mistake(place=place or "the file", message=message, severity=Severity.WARNING)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return kinds.get(type(value), "an object")


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else _kind(value)


def _near(word: object, words: Collection[str]) -> str:
    near = get_close_matches(str(word), words, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(words))}."


def _object(members: Mapping[str, Check], *required: str) -> Check:
    def check(value: object, place: str) -> Iterator[Mistake]:
        if not isinstance(value, dict):
            yield _error(place, f"this is {_kind(value)}, and an object in braces is wanted.")
            return
        at = f"{place}." if place else ""
        for name in getattr(value, "repeated", ()):
            yield _error(f"{at}{name}", "this member stands here twice, and only the last counts. Keep one.")
        for name in required:
            if name not in value:
                yield _error(place, f"{name!r} is missing. Add it.")
        for name, item in value.items():
            if name in members:
                yield from members[name](item, f"{at}{name}")
            else:
                yield _error(f"{at}{name}", f"no member has this name here. {_near(name, members)}")

    return check


def _list(item_check: Check, *, unique: bool = False, empty: str = "Leave it out.") -> Check:
    def check(value: object, place: str) -> Iterator[Mistake]:
        if not isinstance(value, list):
            yield _error(place, f"this is {_kind(value)}, and a list in brackets is wanted.")
            return
        if not value:
            yield _warning(place, f"this list is empty. {empty}")
        for number, item in enumerate(value):
            yield from item_check(item, f"{place}[{number}]")
            if unique and item in value[:number]:
                yield _warning(f"{place}[{number}]", "this stands in the list twice. Keep one.")

    return check


def _text(value: object, place: str) -> Iterator[Mistake]:
    if not isinstance(value, str):
        example = f' Write it in quotes: "{value}".' if _kind(value) == "a number" else ""
        yield _error(place, f"this is {_kind(value)}, and a text is wanted.{example}")
    elif not value.strip():
        yield _error(place, "this text is empty. Fill it in, or leave the member out.")
    elif not re.fullmatch(r"\S(.*\S)?", value):
        yield _warning(
            place, "this text begins or ends with a blank, or has a line break. Write it on one line."
        )


def _code_text(value: object, place: str) -> Iterator[Mistake]:
    yield from _text(value, place)
    number = re.fullmatch(r"(-?)(\d++)", value.replace(" ", "")) if isinstance(value, str) else None
    plain = number[1] + (number[2].lstrip("0") or "0") if number else value
    if plain != value:
        yield _warning(place, f"no vendor writes {value!r}, with zeros or blanks. Write {plain!r}.")


def _headline(value: object, place: str) -> Iterator[Mistake]:
    yield from _text(value, place)
    if not isinstance(value, str):
        return
    if len(value) > _HEADLINE:
        yield _warning(place, f"{len(value)} characters are long for a title. Keep it within {_HEADLINE}.")
    if value.endswith("."):
        yield _warning(place, "a title has no stop at its end. Leave it out.")
    if value == DRAFT_TITLE:
        yield _warning(
            place, "this entry is a draft. Write what happened here, and add category, severity and retry."
        )


def _like(pattern: str, wanted: str) -> Check:
    def check(value: object, place: str) -> Iterator[Mistake]:
        if not isinstance(value, str):
            yield from _text(value, place)
        elif not re.fullmatch(pattern, value):
            yield _error(place, f"{value!r} is no {wanted}.")

    return check


def _one_of(name: str, words: Iterable[str]) -> Check:
    known = [str(word) for word in words]

    def check(value: object, place: str) -> Iterator[Mistake]:
        if value not in known:
            yield _error(place, f"{_shown(value)} is no {name}. {_near(value, known)}")

    return check


def _whole_number(value: object, place: str) -> Iterator[Mistake]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _error(place, f"this is {_kind(value)}, and a whole number without quotes is wanted.")


def _status(value: object, place: str) -> Iterator[Mistake]:
    yield from _whole_number(value, place)
    if isinstance(value, int) and not isinstance(value, bool) and not 100 <= value <= 599:
        yield _error(place, f"{value} is no HTTP status. They go from 100 to 599.")


def _range(value: object, place: str) -> Iterator[Mistake]:
    wrong = [one for item in value for one in _whole_number(item, place)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(value) != 2 or wrong:
        yield _error(place, "a range is a list of two whole numbers, the lowest and the highest: [200, 249].")
    elif value[0] > value[1]:
        yield _error(place, "the first number of a range is the lowest. Turn them round.")


def _generic(value: object, place: str) -> Iterator[Mistake]:
    if not isinstance(value, bool):
        yield _error(place, f"this is {_kind(value)}, and true is wanted.")
    elif not value:
        yield _warning(place, "an entry is not generic unless it says so. Leave it out.")


def _delay(value: object, place: str) -> Iterator[Mistake]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value < _LONGEST_DELAY:  # type: ignore[operator] # a number, as the line says
        yield _error(place, "a delay is a number of seconds above 0, without quotes.")


def _retry(value: object, place: str) -> Iterator[Mistake]:
    yield from _RETRY_MEMBERS(value, place)
    decision = value.get("decision") if isinstance(value, dict) else None
    if not isinstance(value, dict) or decision not in list(Decision):
        return
    scopes, scope = _SCOPES[decision], value.get("scope")
    choice = " or ".join(one or "no scope" for one in scopes)
    if "scope" not in value and None not in scopes:
        yield _error(place, f"'scope' is missing: {decision} goes with {choice}. Add it.")
    if scope not in scopes and scope in list(Scope):
        yield _error(f"{place}.scope", f"{decision} goes with {choice}, and not with {scope}. Change one.")
    if "delay" in value and decision != Decision.RETRY:
        yield _error(f"{place}.delay", f"nobody waits before {decision}. Leave it out.")


def _judged(members: Check) -> Check:
    """Add to the members of an entry or message that its category and its advice go together."""

    def check(value: object, place: str) -> Iterator[Mistake]:
        found = list(members(value, place))
        yield from found
        broken = any(one.severity is Severity.ERROR for one in found)
        if broken or not isinstance(value, dict) or not {"category", "retry"} <= value.keys():
            return
        usual = unusual_advice(value["category"], value["retry"])
        if usual:
            yield _warning(f"{place}.retry", f"the advice of {value['category']} is usually {usual}.")

    return check


def _entry(value: object, place: str) -> Iterator[Mistake]:
    yield from _ENTRY_MEMBERS(value, place)
    keys = [name for name in ("code", "range", "prefix") if isinstance(value, dict) and name in value]
    if isinstance(value, dict) and len(keys) != 1:
        there = " and ".join(keys) or "none of them"
        yield _error(place, f"an entry has exactly one of code, range and prefix; here is {there}.")


_HEADLINE = 70
_LONGEST_DELAY = 1e9  # thirty years
_NAME = _like(r"[a-z0-9]+(-[a-z0-9]+)*", "short name. Write small letters, digits and hyphens: cti-guide")
_WORD = _like(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "short name. Write small letters, digits and hyphens: e-cti")
_ADDRESS = _like(r"https?://\S+", "address. Begin it with https:// and leave no blank in it")
_TEXTS = _list(_text, unique=True)
_SCOPES: dict[object, tuple[str | None, ...]] = {
    Decision.RETRY: (Scope.SAME_CALL, Scope.HIGHER_LEVEL),
    Decision.DO_NOT_RETRY: (Scope.AFTER_REAUTH, Scope.AFTER_CHANGE, None),
    Decision.UNKNOWN: (None,),
}
_RETRY_MEMBERS = _object(
    {"decision": _one_of("decision", Decision), "scope": _one_of("scope", Scope), "delay": _delay}, "decision"
)
_JUDGEMENT: dict[str, Check] = {
    "title": _headline,
    "explanation": _text,
    "causes": _TEXTS,
    "fixes": _TEXTS,
    "category": _one_of("category", Category),
    "severity": _one_of("severity", Severity),
    "retry": _retry,
}
_ENTRY_MEMBERS = _judged(
    _object(
        {
            "table": _WORD,
            "code": _code_text,
            "range": _range,
            "prefix": _text,
            "name": _text,
            "aliases": _TEXTS,
            "deployment": _one_of("deployment", ("UCCE", "UCCX")),
            "generic": _generic,
            **_JUDGEMENT,
            "status": _list(_status, unique=True),
            "source": _NAME,
            "docs_url": _ADDRESS,
            "verified": _one_of("level of proof", Verified),
            "deprecated": _object({"since": _text, "use": _text}, "use"),
            "messages": _list(_judged(_object({"text": _text, **_JUDGEMENT}, "text"))),
        },
        "table",
        "title",
    )
)
_SOURCE = _object({"title": _text, "url": _ADDRESS}, "title", "url")


def _sources(value: object, place: str) -> Iterator[Mistake]:
    if not isinstance(value, dict):
        yield _error(place, f"this is {_kind(value)}, and an object in braces is wanted.")
        return
    if not value:
        yield _warning(place, "no source is named. Leave the member out.")
    yield from _object(dict.fromkeys(value, _SOURCE))(value, place)
    for key in value:
        yield from _NAME(key, f"{place}.{key}")


_FILE = _object(
    {"vendor": _WORD, "title": _text, "sources": _sources, "entries": _list(_entry, empty="Write an entry.")},
    "vendor",
    "entries",
)
_CHANGE = ((Decision.DO_NOT_RETRY, Scope.AFTER_CHANGE),)
_SAME = ((Decision.RETRY, Scope.SAME_CALL),)
_ANEW = ((Decision.RETRY, Scope.HIGHER_LEVEL),)
_OPEN = ((Decision.UNKNOWN, None),)
# The column `retry` of the table of categories in docs/catalog-guide.md.
_USUAL_ADVICE: dict[str, tuple[tuple[str, str | None], ...]] = {
    Category.AUTHENTICATION: ((Decision.DO_NOT_RETRY, Scope.AFTER_REAUTH), *_CHANGE),
    Category.AUTHORIZATION: _CHANGE,
    Category.NOT_FOUND: _CHANGE,
    Category.INVALID_REQUEST: _CHANGE,
    Category.MISSING_PARAMETER: _CHANGE,
    Category.CONFLICT: _CHANGE,
    Category.ALREADY_EXISTS: _CHANGE,
    Category.INVALID_STATE: _CHANGE,
    Category.RATE_LIMITED: _SAME,
    Category.QUOTA_EXCEEDED: _CHANGE,
    Category.BUSY: (*_SAME, *_CHANGE),
    Category.UNAVAILABLE: _SAME,
    Category.TIMEOUT: _SAME,
    Category.CANCELLED: _CHANGE,
    Category.UNSUPPORTED: ((Decision.DO_NOT_RETRY, None), *_CHANGE),
    Category.DEPENDENCY_FAILED: (*_SAME, *_ANEW, *_OPEN),
    Category.NETWORK: (*_SAME, *_ANEW),
    Category.PROTOCOL: _CHANGE,
    Category.INTERNAL: _OPEN,
    Category.SESSION_ENDED: (*_CHANGE, *_ANEW),
    Category.CONFIGURATION: _CHANGE,
    Category.UNKNOWN: _OPEN,
}


def _rows(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    entries = content.get("entries")
    for number, row in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(row, dict):
            yield f"entries[{number}]", row


def _references(content: Mapping[str, Any]) -> Iterator[Mistake]:
    sources = content.get("sources", {})
    known = list(sources) if isinstance(sources, dict) else []
    for place, row in _rows(content):
        source = row.get("source")
        if isinstance(source, str) and source not in known:
            hint = _near(source, known) if known else "The file has no sources."
            yield _error(f"{place}.source", f"{source!r} is no key of sources. {hint}")


def _doubles(content: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find an entry that stands twice, and a spelling that leads to two codes."""
    first: dict[tuple[str, ...], str] = {}
    owner: dict[tuple[str, str], tuple[str, str]] = {}
    for place, row in _rows(content):
        key = (str(row.get("table")), _code(row), str(row.get("deployment")))
        if first.setdefault(key, place) != place:
            yield _error(place, f"this code stands at {first[key]} already. Make one entry of the two.")
            continue
        for spelling in _row_spellings(row):
            there, code = owner.setdefault((key[0], _folded(spelling)), (place, key[1]))
            if code != key[1]:
                yield _error(
                    place, f"{spelling!r} leads to {there} ({code}) as well. Keep it in one of the two."
                )


def _row_spellings(row: Mapping[str, Any]) -> list[str]:
    aliases = row.get("aliases")
    texts = [row.get("code"), row.get("name"), *(aliases if isinstance(aliases, list) else ())]
    return [text for text in texts if isinstance(text, str)]


def _places(content: Mapping[str, Any], builtin: Mapping[str, Rows]) -> Iterator[Mistake]:
    """Find names that nothing in errnorm asks for, and entries that lie over more than they say."""
    vendor = content.get("vendor")
    if not isinstance(vendor, str):
        return
    if vendor not in builtin:
        yield _warning(
            "vendor",
            f"errnorm has no vendor {vendor!r}; only one of your own asks for it. {_near(vendor, builtin)}",
        )
        return
    tables = {str(row["table"]) for row in builtin[vendor]}
    for place, row in _rows(content):
        table = row.get("table")
        if isinstance(table, str) and tables and table not in tables:
            hint = _near(table, tables)
            yield _error(f"{place}.table", f"nothing of {vendor} is looked up in a table {table!r}. {hint}")
        yield from _covers(place, row, [one for one in builtin[vendor] if one["table"] == table])


def _covers(place: str, row: Mapping[str, Any], builtin: Rows) -> Iterator[Mistake]:
    """Warn of a spelling that another builtin code has, and of an entry over those of two deployments."""
    code = row.get("code")
    if not isinstance(code, str):
        return
    for spelling in _row_spellings(row):
        other = next((one for one in builtin if _has(one, spelling) and one.get("code") != code), None)
        if other:
            yield _warning(
                place,
                f"{spelling!r} belongs to {_code(other)} in the builtin catalog, and leads here from now on. "
                "Take it out, unless you mean that.",
            )
    deployments = [one["deployment"] for one in builtin if one.get("code") == code and "deployment" in one]
    if len(deployments) > 1 and "deployment" not in row:
        names = " and ".join(deployments)
        yield _warning(
            place, f"this lies over {len(deployments)} entries, of {names}. Say which by deployment."
        )
    yield from _drops(place, row, [one for one in builtin if one.get("code") == code])


def _drops(place: str, row: Mapping[str, Any], builtin: Rows) -> Iterator[Mistake]:
    """Warn of an entry that judges less than the one it lies over: nothing of that one is left."""
    said = {name for one in builtin for name in _ADVICE if one.get(name, _USUAL_SEVERITY) != _USUAL_SEVERITY}
    dropped = [name for name in _ADVICE if name in said and name not in row]
    if dropped:
        yield _warning(
            place,
            f"the builtin entry of this code has {', '.join(dropped)}; this one lies over it whole. "
            "Repeat them here, or they are gone.",
        )


_ADVICE = ("category", "severity", "retry")
_USUAL_SEVERITY = "error"  # what a record has where no entry names one


def _has(row: Mapping[str, Any], spelling: str) -> bool:
    wanted = _folded(spelling)
    return any(_folded(text) == wanted for text in _row_spellings(row))


def _folded(text: str) -> str:
    return text.casefold().replace(" ", "")


def _code(row: Mapping[str, Any]) -> str:
    family = row.get("range", "?")
    numbers = "-".join(map(str, family)) if isinstance(family, list) else str(family)
    return str(row.get("code") or row.get("prefix") or numbers)


def _named(mistake: Mistake, content: object) -> Mistake:
    """Add the code of the entry: a person looks for that, not for a number of places."""
    found = _ENTRY_PLACE.match(mistake.place)
    if not found or not isinstance(content, dict):
        return mistake
    row = content["entries"][int(found[1])]
    return evolve(mistake, place=f"{mistake.place} (code {_code(row)})") if isinstance(row, dict) else mistake


_ENTRY_PLACE = re.compile(r"entries\[(\d+)\]")


_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def _order(place: str, content: Any) -> tuple[int, ...]:  # noqa: ANN401 - any JSON value
    """Give the position of a place in its file, step by step."""
    steps: list[int] = []
    for found in _STEP.finditer(place):
        if found[1] and isinstance(content, list) and int(found[1]) < len(content):
            steps.append(int(found[1]))
            content = content[int(found[1])]
        elif isinstance(content, dict) and found[2] in content:
            steps.append(list(content).index(found[2]))
            content = content[found[2]]
        else:
            break
    return tuple(steps)
