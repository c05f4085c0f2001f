"""From an anchor to its payload: what it is, where it begins, and how far it goes.

Other lines may stand in it. A line that begins with a time or a level is set aside; what follows
without one goes on with the payload, and so does a line of the same thread that begins with markup:

    2026-11-21 10:15:30,123 ERROR [exec-7] Gateway - answer: <ApiErrors>
      <ApiError>
    2026-11-21 10:15:30,124 INFO  [exec-9] Router - GET /finesse/api/User/agent1001     set aside
        <ErrorType>Invalid Input</ErrorType>
    2026-11-21 10:15:30,125 ERROR [exec-7] Gateway -   </ApiError></ApiErrors>          joined
"""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import takewhile
from types import MappingProxyType
from typing import Final, NamedTuple

import orjson

from errnorm.batch.anchors import Anchors
from errnorm.batch.cutting import (
    Enclosure,
    Writing,
    carrier_end,
    enclosing,
    json_end,
    json_escapes,
    opener_after,
    plain,
    tag_end,
    writing_at,
)
from errnorm.batch.lines import BEGINS, NEXT, message_at, thread_of
from errnorm.batch.outline import MASK
from errnorm.record import Problem
from errnorm.vocabulary import ProblemCode

__all__ = ["OPENS_LINE", "OTHER_BYTES", "Cut", "Payloads", "may_begin"]

_FIRST_STEP: Final = 1 << 11
_HEAD_BYTES: Final = 200
_PROSE_BYTES: Final = 1 << 10  # a text without a form goes to the end of its line, at most so far
_OTHER_LINES: Final = 32  # lines looked through for the rest of a payload
OTHER_BYTES: Final = 1 << 12
"""How far behind the first part of a payload its other parts are looked for."""

_PREFIX: Final = re.compile(rb"<|lt;|u003[cC]|[\"']|quot;")
_KEY_PREFIXES: Final = frozenset({b'"', b"'", b"quot;"})
_NAME: Final = re.compile(rb"[\w.-]{1,100}")
# What stands before the name of a start tag, an end tag, a comment.
_TAG: Final = re.compile(
    rb"(<|&(?:amp;)*+lt;|(?<!\\)\\++u003[cC])(!--\s{0,9}|[?/]|\\++/)?(?:[\w.-]{1,40}:)?\Z"
)
_TAG_BYTES: Final = 64
_QUOTE: Final = re.compile(rb"\\*+[\"']|&(?:quot|#34|#39|#x22|apos);")
# "content": "<ApiErrors>…  {content: '<ApiErrors>…  The key of the text that a payload stands in.
_KEY: Final = re.compile(rb"[\"'{,\s](\w{1,80})\\*+[\"']?\s{0,9}:\s{0,9}\\*+[\"']\s{0,9}\Z")
_KEY_BYTES: Final = 120
_AFTER_KEY: Final = re.compile(rb"(?:\\*+[\"']|&(?:quot|#34|#39|#x22|apos);)\s{0,9}:")
_TEXT_OF_KEY: Final = re.compile(rb"\\*+[\"']\s{0,9}:\s{0,9}\\*+[\"']\s{0,9}<([A-Za-z][\w.-]{0,99})[\s>]")
_GAP: Final = 20  # between a word and the object that it names: `EventError: {`
_QUOTE_BYTES: Final = b"\"'"
_MOST_SLASHES: Final = 16
_STRICT: Final = re.compile(rb'\{\s*"')
_COMPACT: Final = re.compile(rb'\[?\{[ \t]{0,9}"')
_BEHIND_CARRIER: Final = 1 << 13
_LINE_BYTES: Final = 1 << 13  # of the line before a tag, which tell whether it stands in a JSON string
_ANY: Final = re.compile(
    rb"\s{0,99}(?:(?=[{\[])|(<|&(?:amp;){0,9}lt;|\\{1,16}u003[cC])"
    rb"(?:[A-Za-z][\w.-]{0,40}:)?([A-Za-z][\w.-]{0,99})|(<)[!?])"
)
# A line of another one that opens a payload, `answer: {`, `answer {'code': 1011,` or `<ApiErrors>`: what has
# no head belongs to that, also behind a third one's. `offsets [100, 200)` and `{idle=3, busy=` open none.
_OPENS_OWN: Final = re.compile(rb"(?:[{\[](?:[^{}\[\]]*,)?\s*+|<[A-Za-z][\w:.-]{0,60}>\s*+)\Z")
OPENS_LINE: Final = re.compile(rb"[{\[](?=[ \t\r]{0,20}\n)")
"""Finds an object or list that a line opens and does not go on with."""

_FAR_BYTES: Final = 1 << 11  # behind a payload in a line of its own, to where one around it is looked through
_MOST_OPENERS: Final = 8  # lines before that may have opened the object of a key
# A line that has an object or element behind a text of its own: `got {"code":1011}`.
_HAS_OWN: Final = re.compile(rb"\n([^\n{<\"']{0,300}?)(\{\s?\"|\[\{\s?\"|<(?=[A-Za-z]))")
# What may stand before an object in one that is no strict JSON: `payload: {"code":1011}`.
_BARE_KEY: Final = re.compile(rb"[ \t]{0,99}[\w.$-]{1,80}[ \t]{0,9}:[ \t]{0,9}")
_ENDS_ITEM: Final = re.compile(rb"[ \t]{0,20},[ \t\r]{0,20}(?:\n|\Z)")
_GOES_ON: Final = re.compile(rb"[,:{\[(]\s{0,99}\Z")
_GOES_ON_BYTES: Final = 99
_WORD: Final = re.compile(rb"\w")
_NUMBER: Final = re.compile(rb"0+")
_FIRST_WORD: Final = re.compile(rb"(?=[^\s<{\[\"'\w]*+\w)[^\s<{\[\"']++\s")
# Where a line begins that may have the words of another one; an opening that ends it; the first one in it.
_UNINDENTED: Final = re.compile(rb"\n(?=[^\s<{\[\"'\]}])")
_ENDS_OPEN: Final = re.compile(
    rb"[^\"'<{]{0,300}?(?:[{\[](?:[^{}\[\]]{0,300},)?|<([A-Za-z][\w.-]{0,99})[^<>]{0,200}>)\s{0,20}\Z"
)
_OPENER: Final = re.compile(rb"([^\"'<{\[]{0,300})[<{\[]")
_CONTINUES: Final = re.compile(
    rb"\s{0,99}(?:[<&{}\[\]\"'\\]|(?:-?\d[\d.eE+-]{0,40}|true|false|null)\s{0,20},?\s{0,20}\Z)"
)
_MARKUP: Final = re.compile(rb"\s{0,99}(?:<|&(?:amp;){0,9}lt;|\\{1,16}u003[cC])")
_TAGS: Final = re.compile(rb"(\n[ \t]*+)?<(/?)([A-Za-z][\w:.-]{0,99}+)(?:\s[^<>]*?)?(/?)>")
_NO_TAGS: Final = re.compile(rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_SPACE: Final = re.compile(rb"\s{0,99}")

_TRUNCATED: Final = Problem(
    ProblemCode.SPAN_TRUNCATED,
    "The log ends the payload, or goes on to something else, before it is complete.",
)
_INTERLEAVED: Final = Problem(
    ProblemCode.SPAN_INTERLEAVED,
    "Other lines of the log stand inside the payload; they were set aside.",
)


class Cut(NamedTuple):
    """A payload cut out.

    Attributes:
        start: where it begins.
        end: behind it, or behind its first part.
        data: the payload, freed of what its carrier escaped.
        problems: what was lost, or set aside.
        later: its other parts, start and end.
        said: what the frame around it says: `vendor`, `status`, `url`.
    """

    start: int
    end: int
    data: bytes
    problems: tuple[Problem, ...] = ()
    later: tuple[tuple[int, int], ...] = ()
    said: Mapping[str, bytes] = MappingProxyType({})


class _Form(NamedTuple):
    """How to follow a payload to its end, and how to take its escapes off.

    Attributes:
        start: where it begins.
        opens: its first brace or tag, behind the word that names it: `session_error {code: 1011}`.
        tag: the name of its root; None for JSON.
        opener: what `<` is written as.
        writing: how its JSON is written.
        escapes: how many JSON strings its XML lies in.
    """

    start: int
    opens: int
    tag: bytes | None = None
    opener: bytes = b"<"
    writing: Writing = Writing()
    escapes: int = 0

    def end_in(self, data: bytes, start: int, limit: int) -> tuple[int | None, int | None]:
        """Give where it ends; else where what carries it ends, if that comes first."""
        if self.tag is None:
            scan = json_end(data, start, limit, self.writing)
            return scan.end, scan.stop
        # Most end near, and then nothing is looked for that may be a MiB away.
        if end := tag_end(data, start, min(limit, start + _BEHIND_CARRIER), self.tag, self.opener):
            return end, None
        stop = carrier_end(data, start, limit, self.escapes)
        # A lone quote in a line looks like a carrier, and ends none; but each of a thousand elements that
        # have no end would be looked for to the end of a long line.
        near = limit if stop is None else min(limit, stop + _BEHIND_CARRIER)
        end = tag_end(data, start, near, self.tag, self.opener)
        return end, None if end else stop

    def plain(self, data: bytes) -> bytes:
        """Take the escapes off."""
        if self.tag is None:
            return plain(data, json_depth=self.writing.depth, html_depth=int(self.writing.is_html))
        html = self.opener.count(b"amp;") + 1 if self.opener.startswith(b"&") else 0
        in_text = self.opener.startswith(b"\\")
        depth = max(self.escapes, 1) if in_text else 0 if b"\n" in data else self.escapes
        return plain(data, json_depth=depth, html_depth=html)


class Payloads:
    """The payloads of a piece of a log.

    Args:
        data: the piece.
        anchors: what is looked for.
        max_bytes: the most bytes from the beginning of a payload to its end.
    """

    def __init__(self, data: bytes, anchors: Anchors, max_bytes: int) -> None:
        self.data = data
        self.anchors = anchors
        self.max_bytes = max_bytes
        self.floor = 0  # what begins in a line before an anchor's own begins behind this

    def at(self, start: int, end: int, window: int, line: int) -> Cut | None:
        """Cut out the payload that an anchor belongs to.

        Args:
            start: where the anchor begins.
            end: behind it.
            window: how far back the payload may begin; no payload is open there.
            line: where the line begins that names the thread.

        Returns:
            The payload; None where the anchor begins none.
        """
        if data_frame := self.anchors.frames.get(self.data[start:end]):
            return self._framed(data_frame.vendor, data_frame.pattern, data_frame.closer, start, line)
        name_at, tag = self._tag_before(start, end, window)
        name = _NAME.match(self.data, name_at)
        if name is None:
            return None
        if tag:
            return self._tagged(tag, name[0], window, line)
        if name_at == start:
            return self._worded(start, end, window, line)
        is_key = _is_key(self.data, name, self.anchors)
        return self._keyed(start, name, window, line) if is_key else None

    def _tag_before(self, start: int, end: int, window: int) -> tuple[int, re.Match[bytes] | None]:
        """Give where the name of an anchor begins, and what makes it the name of a tag."""
        prefix = _PREFIX.match(self.data, start, end)
        at = prefix.end() if prefix else start
        if self.data[at - 1] in _QUOTE_BYTES:
            return at, None
        return at, _TAG.search(self.data, max(window, at - _TAG_BYTES), at)

    def _framed(
        self, vendor: str, pattern: re.Pattern[bytes], closer: bytes, start: int, line: int
    ) -> Cut | None:
        """Cut the body out of `Returned with status=401, content='…'`."""
        frame = pattern.match(self.data, start)
        if frame is None:
            return None
        said = {name: text for name, text in frame.groupdict().items() if name != "body"}
        said["vendor"] = vendor.encode()
        form = self._any_form(frame.end())
        cut = self._follow(form, line) if form else self._text(frame.end(), closer)
        return cut._replace(said=said)

    def _any_form(self, start: int) -> _Form | None:
        found = _ANY.match(self.data, start)
        if found is None:
            return None
        if found[1]:
            name = b"html" if found[2].lower() == b"html" else found[2]
            return _Form(start, found.start(1), name, found[1])
        if found[3]:
            return _Form(start, found.start(3), b"html")
        return _Form(start, found.end(), writing=writing_at(self.data, found.end()))

    def _text(self, start: int, closer: bytes) -> Cut:
        """Cut a text without a form: to what closes it, or to the end of the line."""
        limit = min(len(self.data), start + min(_PROSE_BYTES, self.max_bytes))
        eol = self.data.find(b"\n", start, limit)
        eol = limit if eol < 0 else eol
        close = self.data.rfind(closer, start, eol) if closer else -1
        end = eol if close < 0 else close
        return Cut(start, end, self.data[start:end].rstrip(b"\r"))

    def _tagged(self, tag: re.Match[bytes], name: bytes, window: int, line: int) -> Cut | None:
        """Cut out an element, a stanza around it, or the object whose text it is."""
        if tag[2] and not tag[2].startswith(b"!--"):
            return None  # an end tag, whose start nobody saw
        if tag[2]:
            return self._follow(_Form(tag.start(), tag.start(), b"html", tag[1]), line)
        if name not in self.anchors.roots:
            return None  # <UpdateRequest> is no <Update>
        form = self._outermost(tag, name, window)
        begun = max(window, form.start - _KEY_BYTES)
        key = _KEY.search(self.data, begun, form.start)
        if key and key[1] in self.anchors.keys.get(name, ()):  # finesse.js: {status, content: "<ApiErrors>…
            around = enclosing(self.data, self._behind_cut_off(key.start(1), window), key.start(1))
            if around:
                return self._follow(_Form(around.start, around.start, writing=around.writing), line)
        return self._with_sibling(self._follow(form, line), form, name)

    def _outermost(self, tag: re.Match[bytes], name: bytes, window: int) -> _Form:
        """Widen an element to the outermost root of its vendor: <message>…&lt;Update&gt;."""
        start = tag.start()
        escapes = json_escapes(self.data, self._line_of(start), start)
        own = _Form(start, start, name, tag[1], escapes=escapes)
        for found in self.anchors.outer_roots(name).finditer(self.data, window, start):
            end = tag_end(self.data, found.start(), start, found[2], found[1])
            if end is None:
                return own._replace(start=found.start(), opens=found.start(), tag=found[2], opener=found[1])
        return own

    def _line_of(self, place: int) -> int:
        lowest = max(0, place - _LINE_BYTES)
        return max(lowest, self.data.rfind(b"\n", lowest, place) + 1)

    def _with_sibling(self, cut: Cut, form: _Form, name: bytes) -> Cut:
        """Add the twin root: <content>…</content><object>…</object> tells of one error."""
        after = _SPACE.match(self.data, cut.end)
        sibling = self.anchors.outer_roots(name).match(self.data, after.end() if after else cut.end)
        if not sibling or cut.problems or sibling[1] != form.opener or sibling[2] in {form.tag, name}:
            return cut
        limit = min(len(self.data), form.start + self.max_bytes)
        end = tag_end(self.data, sibling.start(), limit, sibling[2], sibling[1])
        return cut if end is None else Cut(cut.start, end, form.plain(self.data[form.start : end]))

    def _keyed(self, start: int, name: re.Match[bytes], window: int, line: int) -> Cut | None:
        """Cut out the object that a key stands in, unless it only carries a payload in a text."""
        window = self._behind_cut_off(start, window)
        around = enclosing(self.data, window, start)
        while around and around.string is not None:
            around = enclosing(self.data, around.string, start)
        if around is None:
            return self._opened_before(start, window)
        cut = self._around(around, start, line)
        text = _TEXT_OF_KEY.match(self.data, name.end())
        # finesse.js: {"status":400,"content":"<content>…<Update>…","object":{"ApiErrors":…}} is one error.
        is_own = text and name[0] in self.anchors.keys.get(text[1], ())
        return cut if is_own or not self._is_carrier(cut, name.end(), around.writing) else None

    def _worded(self, start: int, end: int, window: int, line: int) -> Cut | None:
        """Cut out the object that a word stands in, or that follows it; else the rest of its line."""
        window = self._behind_cut_off(start, window)
        around = enclosing(self.data, window, start)
        in_text = False
        while around and around.string is not None and not self._is_whole(around.string, start, end):
            in_text = True
            around = enclosing(self.data, around.string, start)
        if around:
            return self._around(around, start, line)
        if not in_text and (cut := self._opened_before(start, window)):
            return cut
        brace = opener_after(self.data, end, end + _GAP)
        if brace is not None:
            return self._follow(_Form(start, brace, writing=writing_at(self.data, brace)), line)
        return None if in_text else self._text(start, b"")

    def _around(self, around: Enclosure, start: int, line: int) -> Cut:
        """Cut out the object around an anchor."""
        cut = self._follow(_Form(around.start, around.start, writing=around.writing), line)
        is_plain = b"\n" not in cut.data or _is_json(cut.data)
        return cut if is_plain else self._opened_alike(start) or cut

    def _opened_alike(self, start: int) -> Cut | None:
        """Cut out the object whose lines all begin as the one does that opens it: with a head of any form.

        fail: Example.Client[0] answer: {
        fail: Example.Client[0]   "code": 1011
        """
        for opener in self._openers(start, start):
            form = _Form(opener, opener, writing=writing_at(self.data, opener))
            parts = self._parts_alike(opener)
            cut = self._of_parts(form, parts) if len(parts) > 1 else None
            if cut and _is_json(cut.data) and any(first <= start < last for first, last in cut.later):
                return cut
        return None

    def _parts_alike(self, opener: int) -> list[tuple[int, int]]:
        """Give the rest of a line, and what stands in the next ones behind the head that all of them have."""
        text = self.data[opener : opener + OTHER_BYTES]
        first, *rest = text.split(b"\n")
        masked = text.translate(MASK).split(b"\n")[1:]
        head = _shared(self._head_of(opener), masked[0]) if rest else b""
        same = takewhile(lambda line: line.startswith(head), masked) if head.strip() else ()
        parts = [(opener, opener + len(first))]
        for line, _ in zip(rest, same, strict=False):
            at = parts[-1][1] + 1
            parts.append((at + len(head), at + len(line)))
        return parts

    def _openers(self, start: int, limit: int) -> list[int]:
        """Give the last objects and lists before an anchor that a line opens and does not go on with."""
        lowest = max(self.floor, start - OTHER_BYTES)
        return [found.start() for found in OPENS_LINE.finditer(self.data, lowest, limit)][-_MOST_OPENERS:]

    def _opened_before(self, start: int, window: int) -> Cut | None:
        """Cut out the object that a line before has opened, where lines with heads stand in it.

        2026-11-21 10:15:30,123 ERROR [exec-7] Gateway - answer: {
        2026-11-21 10:15:30,124 INFO  [exec-9] Router - GET /finesse/api/User/agent1001
          "code": 1011
        """
        if not BEGINS.match(self.data, window):
            return self._opened_alike(start)  # no line with a head stands between
        for brace in self._openers(start, window):
            form = _Form(brace, brace, writing=writing_at(self.data, brace))
            cut = self._follow(form, self._head_before(brace))
            if any(first <= start < last for first, last in cut.later):
                return cut
        return None

    def _head_before(self, place: int) -> int:
        """Give where the line of its own begins that a place belongs to."""
        lowest, at = max(0, place - OTHER_BYTES), place
        while (at := self.data.rfind(b"\n", lowest, at)) >= 0:
            if BEGINS.match(self.data, at + 1):
                return at + 1
        return lowest

    def _is_whole(self, string: int, start: int, end: int) -> bool:
        """Tell whether a word is the whole text it stands in: "event": "session_error"."""
        return string == start and bool(_QUOTE.match(self.data, end))

    def _is_carrier(self, cut: Cut, end: int, writing: Writing) -> bool:
        r"""Tell whether an object only carries a payload: {"code":500,"msg":"answer: {\"code\":1011}"}."""
        for start, stop in self.anchors.find(memoryview(self.data)[end : cut.end]):
            _, tag = self._tag_before(end + start, end + stop, end)
            before = self.data[max(end, end + start - _MOST_SLASHES) : end + start]
            slashes = len(before) - len(before.rstrip(b"\\"))
            if tag or slashes >= writing.unit:
                return True
        return False

    def _follow(self, form: _Form, line: int) -> Cut:
        """Follow a payload through its lines."""
        data, opens = self.data, form.opens
        last = min(len(data), form.start + self.max_bytes)
        eol = data.find(b"\n", opens, last)
        limit = last if eol < 0 else eol
        step, other = _FIRST_STEP, None
        while True:
            end, stop = form.end_in(data, opens, limit)
            if end is not None:
                return self._ended(form, end)
            if stop:
                return self._cut_off(form, stop)
            if limit == other:
                return self._joined(form, limit, last, line) or self._cut_off(form, limit)
            if limit == last:
                return self._cut_off(form, last)
            if form.tag and (own := self._own_line(form, eol, limit)):
                last = min(last, own + _FAR_BYTES)  # it may stand in a text; but that is no long one
            limit = min(last, opens + step)
            step *= 4
            if anew := self._anew(form, eol, limit):
                is_twin = self._begins_anew(form, anew + 1, self._end_of_line(anew + 1))
                limit = last = anew if is_twin else min(last, anew + _FAR_BYTES)  # as above
            found = NEXT.search(data, eol, min(len(data), limit + _HEAD_BYTES))
            if found and found.start() <= limit:
                limit = other = found.start()

    def _ended(self, form: _Form, end: int) -> Cut:
        """Cut out what seems whole; the braces of one that was cut off and of others may match as well."""
        eol = self.data.find(b"\n", form.opens, end)
        if eol < 0 or form.tag is not None:
            return self._cut(form, end, whole=True)
        may_be_two = _COMPACT.match(self.data, form.opens) or self._anew(form, eol, end)
        if not may_be_two or _is_text_of_json(form.plain(self.data[form.opens : end])):
            return self._cut(form, end, whole=True)
        own = self._next(form, eol, end)
        return self._cut(form, own or end, whole=own is None)

    def _cut_off(self, form: _Form, limit: int) -> Cut:
        """Cut out what does not end: it goes no further than to a line with a payload of its own."""
        eol = self.data.find(b"\n", form.opens, limit)
        own = None if eol < 0 else self._next(form, eol, limit)
        return self._cut(form, own or limit, whole=False)

    def _next(self, form: _Form, start: int, limit: int) -> int | None:
        """Give the first line with a payload of its own, or that opens one behind the words of this one."""
        anew = self._anew(form, start, limit)
        return self._own_line(form, start, anew or limit) or anew

    def _anew(self, form: _Form, start: int, limit: int) -> int | None:
        """Give the first line that opens a payload behind the same words: the one before it was cut off.

        client.js:42 got {"event":"session_error","paylo...
        client.js:44 got {
        client.js:44 got answer: <ApiErrors>
        """
        return next(self._openings(form, start, limit), None)

    def _openings(self, form: _Form, start: int, limit: int) -> Iterator[int]:
        """Find lines that open a payload behind the words of one before; a head with a time tells more."""
        head = self._head_of(form.start)
        word = _FIRST_WORD.match(head)
        if not word or BEGINS.match(self.data, form.start - len(head)):
            return
        words, all_words = _masked(word[0]), _masked(head)
        # Its own lines may all have the words: `got <Update>`, `got <data>`.
        own = self._words_at(self._end_of_line(form.opens) + 1)
        tag = form.tag if own == words else None
        for found in _UNINDENTED.finditer(self.data, start, limit):
            if self._words_at(found.end()) == words and self._opens(all_words, tag, found.end()):
                yield found.start()

    def _words_at(self, line: int) -> bytes | None:
        word = _FIRST_WORD.match(self.data, line, line + _HEAD_BYTES)
        return _masked(word[0]) if word else None

    def _opens(self, head: bytes, tag: bytes | None, line: int) -> bool:
        """Tell whether a line ends with an opening, or has a payload behind all the words of another line.

        Args:
            head: these words.
            tag: the name of an element, where no other one is an opening.
            line: where the line begins.
        """
        eol = self._end_of_line(line)
        opening = _ENDS_OPEN.match(self.data, line, eol)
        if opening:
            return tag is None or opening[1] in {None, tag}
        found = _OPENER.match(self.data, line, eol)
        return found is not None and _masked(found[1]) == head and self._has_payload(found.end(1), eol)

    def _own_line(self, form: _Form, start: int, limit: int) -> int | None:
        """Give the first line with a payload of its own: the one before it was cut off.

        client.js:42 got {"event":"session_error","paylo...
        client.js:42 got {"event":"session_error","payload":{"code":1016}}
        """
        if form.tag is None and form.writing != Writing():
            return None
        for found in _HAS_OWN.finditer(self.data, start, limit):
            if self._is_own(form, found):
                return found.start()
        return None

    def _is_own(self, form: _Form, line: re.Match[bytes]) -> bool:
        """Tell whether a line has a payload of its own, and not a part of one that begins before."""
        if line[2] == b"<":
            return self._is_own_element(form, line)
        is_strict = form.tag is not None or _STRICT.match(self.data, form.opens)
        if self._is_item(line) or not (is_strict or not _BARE_KEY.fullmatch(line[1])):
            return False
        eol = self._end_of_line(line.start(2))
        end = json_end(self.data, line.start(2), eol, Writing()).end
        if end is None or _ENDS_ITEM.match(self.data, end):
            return False
        return _is_json(self.data[line.start(2) : end]) and self._has_payload(line.start(2), end)

    def _is_own_element(self, form: _Form, line: re.Match[bytes]) -> bool:
        """Tell whether a vendor's element is whole in its line, and no child: its name or a word tells."""
        name = _NAME.match(self.data, line.end(2))
        if name is None or name[0] not in self.anchors.roots:
            return False
        if form.tag not in {None, name[0]} and not _WORD.search(line[1]):
            return False
        return tag_end(self.data, line.start(2), self._end_of_line(line.start(2)), name[0], b"<") is not None

    def _is_item(self, line: re.Match[bytes]) -> bool:
        """Tell whether an object may be one of a list: a comma or the like stands before it, and no word."""
        text = line[1].strip()
        if not text:
            return _GOES_ON.search(self.data, line.start() - _GOES_ON_BYTES, line.start()) is not None
        return text.endswith((b",", b"[")) or not _WORD.search(text)

    def _has_payload(self, start: int, end: int) -> bool:
        """Tell whether a vendor's payload may begin in an object."""
        found = self.anchors.find(memoryview(self.data)[start:end])
        return any(may_begin(self.data, start + at, start + behind, self.anchors) for at, behind in found)

    def _behind_cut_off(self, place: int, window: int) -> int:
        """Give from where on an object may be open at a place: behind what the log has cut off before.

        Where the line of the place has all of an object, or one before opens another behind the same words,
        the one around the place is asked whether it is JSON.
        """
        line = self._line_of(place)
        around = enclosing(self.data, window, place) if window < line else None
        if around is None or around.start >= line or around.writing != Writing():
            return window
        found = _HAS_OWN.match(self.data, line - 1)
        form = _Form(around.start, around.start)
        is_own = found and found.start(2) <= place + 1 and self._is_own(form, found)
        begins = line if is_own else self._last_opening(form, place)
        return window if begins is None or self._is_whole_json(around.start, place) else begins

    def _last_opening(self, form: _Form, place: int) -> int | None:
        """Give the last line before a place that opens a payload behind the words of one before."""
        last = deque(self._openings(form, form.start, place), maxlen=1)
        return last[0] + 1 if last else None

    def _is_whole_json(self, start: int, place: int) -> bool:
        """Tell whether an object around a place is JSON, or may be, as it goes on for long."""
        limit = min(len(self.data), place + _FAR_BYTES)
        end = json_end(self.data, start, limit, Writing()).end
        if end is None:
            return False
        return not _COMPACT.match(self.data, start) or _is_text_of_json(self.data[start:end])

    def _end_of_line(self, start: int) -> int:
        eol = self.data.find(b"\n", start, start + self.max_bytes)
        return len(self.data) if eol < 0 else eol

    def _cut(self, form: _Form, end: int, *, whole: bool) -> Cut:
        data = self.data[form.start : end]
        if whole:
            return Cut(form.start, end, form.plain(data))
        return Cut(form.start, end, form.plain(data.rstrip(b"\r\n")), (_TRUNCATED,))

    def _joined(self, form: _Form, other: int, last: int, line: int) -> Cut | None:
        """Join the parts of a payload around the lines of others; None where it does not end."""
        return self._of_parts(form, [(form.start, other), *self._parts(form, other, last, line)])

    def _of_parts(self, form: _Form, parts: list[tuple[int, int]]) -> Cut | None:
        """Put a payload together; None where it does not end in its parts."""
        text = b"\n".join(self.data[start:end] for start, end in parts)
        end, _ = form.end_in(text, form.opens - form.start, len(text))
        if end is None or not _is_sound(form, text[:end]):
            return None
        behind = parts[0][1]
        later, left = [], end - (behind - form.start) - 1
        for start, stop in parts[1:]:
            if left > 0:
                later.append((start, min(stop, start + left)))
            left -= stop - start + 1
        return Cut(form.start, behind, form.plain(text[:end]), (_INTERLEAVED,), tuple(later))

    def _parts(self, form: _Form, other: int, last: int, line: int) -> list[tuple[int, int]]:
        """Collect the lines that may go on with a payload."""
        owner = thread_of(self.data, line, form.start)
        head = self._head_of(form.start)
        limit, at = min(last, other + OTHER_BYTES), other + 1
        parts: list[tuple[int, int]] = []
        is_ours = True  # a line without a head of its own
        is_mixed = False  # with lines of what another one has opened
        has_opened = False  # another one, a payload of the same kind
        for _ in range(_OTHER_LINES):
            eol = self.data.find(b"\n", at, limit)
            eol = limit if eol < 0 else eol
            start = at if is_ours or (is_mixed and self._is_of(form, at, eol)) else None
            if BEGINS.match(self.data, at):
                same = owner is not None and thread_of(self.data, at, eol) == owner
                # Without a thread, and with digits alone between two heads, who writes is the same.
                start = self._behind(head, at, eol) if same or owner is None else None
                if same and start is None:
                    start = message_at(self.data, at, eol)
                if same and start is not None and not _CONTINUES.match(self.data, start, eol):
                    break  # the thread went on to something else
                opens = _OPENS_OWN.search(self.data, at, eol) if start is None else None
                # Behind `settings: {` markup is ours, once a third one has written.
                has_opened |= opens is not None and opens[0].startswith(b"<") == (form.tag is not None)
                is_ours = same or not (opens or has_opened)
                is_mixed = opens is not None and not has_opened
            if start is not None:
                if self._begins_anew(form, start, eol):
                    break
                parts.append((start, eol))
            at = eol + 1
            if at >= limit:
                break
        return parts

    def _is_of(self, form: _Form, start: int, end: int) -> bool:
        """Tell whether a line may go on with a payload and not with one of the other kind, by its markup."""
        return (_MARKUP.match(self.data, start, end) is None) == (form.tag is None)

    def _head_of(self, start: int) -> bytes:
        """Give what stands before a payload in its line, each digit a 0; nothing where that is long."""
        lowest = max(0, start - _HEAD_BYTES)
        first = self.data.rfind(b"\n", lowest, start) + 1
        return self.data[first:start].translate(MASK) if first or not lowest else b""

    def _behind(self, head: bytes, start: int, end: int) -> int | None:
        """Give what a line with the same head goes on with: kubectl and syslog put one before each line.

        2026-11-21T10:15:30.123456789Z stdout F <ApiErrors>
        2026-11-21T10:15:30.123460000Z stdout F   <ApiError>
        """
        message = start + len(head)
        if not head or message > end or self.data[start:message].translate(MASK) != head:
            return None
        return message if _CONTINUES.match(self.data, message, end) else None

    def _begins_anew(self, form: _Form, start: int, end: int) -> bool:
        if form.tag is None:
            return False
        found = self.data.find(form.opener + form.tag, start, end)
        return found >= 0 and not _NAME.match(self.data, found + len(form.opener + form.tag))


def may_begin(data: bytes, start: int, end: int, anchors: Anchors) -> bool:
    """Tell whether an anchor may begin a payload; the value in `"level":"error"` begins none.

    Args:
        data: where it stands.
        start: where it begins.
        end: behind it.
        anchors: what is looked for.

    Example:
        >>> logs = b'"level": "error"', b'"level":1,"error": 1'
        >>> [may_begin(log, log.index(b'"error'), 16, Anchors.usual()) for log in logs]
        [False, True]
    """
    prefix = _PREFIX.match(data, start, end)
    if prefix is None or prefix[0] not in _KEY_PREFIXES:
        return True
    name = _NAME.match(data, prefix.end())
    return name is not None and _is_key(data, name, anchors)


def _is_key(data: bytes, name: re.Match[bytes], anchors: Anchors) -> bool:
    """Tell whether a name is the key of a vendor: "codec" is no "code"."""
    return name[0] in anchors.key_names and _AFTER_KEY.match(data, name.end()) is not None


def _is_sound(form: _Form, data: bytes) -> bool:
    """Tell whether a payload was put together right: two of them, each cut off, may close as one."""
    text = form.plain(data)
    if form.tag is None:
        return not _STRICT.match(text) or _is_json(text)
    return form.tag == b"html" or _is_nested(text)


def _is_nested(text: bytes) -> bool:
    """Tell whether elements end as often as they begin; `List<User>` in a text is none."""
    tags = _TAGS.findall(_NO_TAGS.sub(b"", text))
    begun = Counter(name for _, end, name, is_empty in tags if not end and not is_empty)
    ended = Counter(name for _, end, name, _ in tags if end)
    first = {name for before, end, name, is_empty in tags if before and not end and not is_empty}
    return all(begun[name] == ended[name] for name in ended.keys() | first)


def _masked(text: bytes) -> bytes:
    """Give a text with one 0 for each number: `client.js:42` and `client.js:7` are one place to log from."""
    return _NUMBER.sub(b"0", text.translate(MASK))


def _shared(first: bytes, second: bytes) -> bytes:
    """Give what two texts begin with."""
    pairs = zip(first, second, strict=False)
    return first[: next((at for at, (own, other) in enumerate(pairs) if own != other), None)][: len(second)]


def _is_text_of_json(data: bytes) -> bool:
    r"""Tell whether an object is JSON, be it with ends of lines in its strings, as some write them."""
    try:
        json.loads(data, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def _is_json(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True
