"""XML as vendors really send it: strict first, repaired when it must be.

The strict reader is lxml with every door shut: no entities, no DTD, no network, no huge tree. What it
refuses goes to `repair`, which keeps two things that a recovering parser loses: where the body was
cut, and markup that was meant as text:

    <ErrorMessage><ConferenceCallCommand>: Conference failed</ErrorMessage><ErrorType>…
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree

from errnorm.reading.cut import Cut
from errnorm.record import Problem
from errnorm.vocabulary import ProblemCode

__all__ = ["Element", "XmlDocument", "local_name", "read_xml", "to_value"]

Element = etree._Element  # noqa: SLF001 - lxml gives its element class no public name

# Shared: a parser of its own for each body would more than double the time, and lxml locks it itself.
# Blanks between elements and a table of ids would be kept for nobody: without them it takes 1 µs less of 5.
_PARSER = etree.XMLParser(
    encoding="utf-8",
    collect_ids=False,
    remove_blank_text=True,
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
# The repairing reader is Python: 10,000 tags and attributes take about 70 ms, and their values as long.
_MAX_MARKUP = 10_000
# Making values of 50,000 tags takes as long, however well formed; an attribute costs as much as two.
_MAX_STRICT_MARKUP = 50_000
_MAX_ATTRIBUTES = 200  # lxml looks for a namesake among all before: a thousand times as many take a minute
_DEEPEST = 256  # libxml2 refuses what is nested deeper
_MAX_REFERENCES = 20_000  # `&lol9;` by the hundred thousand: each is looked up by itself
_ROOT = "repaired"

_DOCTYPE = "<!DOCTYPE"
_DOCTYPE_STEP = re.compile(r"[\[>]")
# One piece of markup: comment, CDATA, processing instruction, declaration, or a tag with its attributes.
# Names are ASCII: \w would take `h¹tml`, which is no name and no vendor's.
_MARKUP = re.compile(
    r"<(?:!--(?P<comment>)|!\[CDATA\[(?P<cdata>)|\?(?P<instruction>)"
    r"|(?P<end>/)?(?P<name>[A-Za-z_][\w.-]*+(?::[A-Za-z_][\w.-]*+)?+)"
    r"(?P<attributes>(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)(?P<close>>))",
    re.ASCII,
)
_ATTRIBUTE = re.compile(
    r"""(?<![\w.:-])((?:[A-Za-z_][\w.-]*+:)?[A-Za-z_][\w.-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""", re.ASCII
)
_BOSH = "http://jabber.org/protocol/httpbind"
_BOSH_BODY = f"{{{_BOSH}}}body"
_CLOSERS = {"comment": "-->", "cdata": "]]>", "instruction": "?>"}
# What XML 1.0 cannot carry (production 2, Char): lxml refuses it in a text.
_NO_CHARS = (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
_NO_CHAR = re.compile(f"[{''.join(map(chr, _NO_CHARS))}]")
_REPLACEMENTS = dict.fromkeys(_NO_CHARS, "\ufffd")  # by a table: a pattern takes three times as long


class XmlDocument(NamedTuple):
    """The XML of a body: usually one root, several in a stream of stanzas or in what BOSH wraps around them.

    An element counts from the `>` of its start tag on: of `<Fault code="1` there is no root.

    Attributes:
        roots: the root elements in the order of the body.
        lead: the text before the first root (`0|/finesse/api/User/1001`, a log prefix).
        cut: the innermost element that the end of the body cut off.
        problems: what had to be repaired.
    """

    roots: tuple[Element, ...]
    lead: str = ""
    cut: Element | None = None
    problems: tuple[Problem, ...] = ()


def read_xml(data: bytes, text: str, max_depth: int = 100) -> XmlDocument | None:
    """Read a body as XML.

    Args:
        data: the same text in UTF-8.
        text: the text.
        max_depth: levels of nesting kept.

    Returns:
        The document; None where the text holds no markup at all.

    Example:
        >>> body = "<ApiErrors><ApiError><ErrorType>Invalid In"
        >>> document = read_xml(body.encode(), body)
        >>> to_value(document.roots[0], document), document.problems[0].code.value
        ({'ApiError': {'ErrorType': 'Invalid In'}}, 'xml-truncated')
    """
    if "<" not in text:
        return None
    if _DOCTYPE not in text:
        document = _strict(data, max_depth) or _Repair(text, max_depth).document()
        return document and _unwrapped(document) if text.startswith("<body") else document
    plain = _without_doctype(text)
    document = _strict(plain.encode("utf-8", "replace"), max_depth) if _DOCTYPE not in plain else None
    document = document or _Repair(plain, max_depth).document()
    return document and _with(document, _doctype_ignored())


def _unwrapped(document: XmlDocument) -> XmlDocument:
    """Take off the `<body rid="1" xmlns="http://jabber.org/protocol/httpbind">` of XEP-0124 (BOSH)."""
    root = document.roots[0]
    if root.tag == _BOSH_BODY or (root.tag == "body" and root.get("xmlns") == _BOSH):
        return document._replace(roots=tuple(root) or document.roots)
    return document


def _strict(data: bytes, max_depth: int) -> XmlDocument | None:
    # No mark is counted in a body too short to hold so many: saves 0.5 µs.
    size = len(data)
    if size > _MAX_STRICT_MARKUP and data.count(b"<") + 2 * data.count(b"=") > _MAX_STRICT_MARKUP:
        return None
    try:
        root = etree.fromstring(data, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return None
    # Both are asked of libxml2 itself: each element that Python sees takes 1 µs. Few equals signs are few
    # attributes, and each level has an end tag; the repairing reader keeps to the bounds.
    if size > 4 * _MAX_ATTRIBUTES and data.count(b"=") > _MAX_ATTRIBUTES and _has_too_many_attributes(root):
        return None
    if size > 7 * max_depth and data.count(b"</") > max_depth and _deeper_than(max_depth)(root):
        return None
    return XmlDocument((root,))


_has_too_many_attributes = etree.XPath(f"boolean(//*[@*[{_MAX_ATTRIBUTES + 1}]])")


@lru_cache(4)
def _deeper_than(levels: int) -> etree.XPath:
    return etree.XPath(f"boolean({'/*' * (min(levels, _DEEPEST) + 1)})")


def _without_doctype(text: str) -> str:
    """Cut out `<!DOCTYPE a SYSTEM "b" [ … ]>`: what it defines is never used."""
    start = text.find(_DOCTYPE)
    step = _DOCTYPE_STEP.search(text, start)
    end = step.start() if step else len(text)
    if step and step[0] == "[":
        end = text.find(">", max(text.find("]", end), end))
    return text[:start] + (text[end + 1 :] if end >= 0 else "")


def local_name(element: Element) -> str:
    """Give the name of an element without its namespace.

    Example:
        >>> from lxml import etree
        >>> local_name(etree.fromstring("<m:message xmlns:m='jabber:client'/>"))
        'message'
    """
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


def to_value(element: Element, document: XmlDocument | None = None) -> Any:  # noqa: ANN401 - a JSON value
    """Give an element as a JSON value, with nothing left out.

    A bare leaf is its text, None when blank. Otherwise a dict: attributes under `@name`, the text of
    its own under `#text`, children under their names, repeats as a list. Names are without namespace.

    Args:
        element: the element.
        document: the document that it stands in; with it, `whole` knows the text that the end of the body
            cut off.

    Example:
        >>> from lxml import etree
        >>> to_value(etree.fromstring("<a x='1'><b>2</b><b/></a>"))
        {'@x': '1', 'b': ['2', None]}
    """
    return _value(element, document.cut if document else None)


def _value(element: Element, cut: Element | None) -> Any:  # noqa: ANN401 - a JSON value
    # Each question to lxml makes a new Python object, so each is asked once: this is the hottest loop.
    attributes = element.items()
    text = element.text
    if not attributes and not len(element):
        text = (text and text.strip()) or None
        return Cut(text) if text and element is cut else text
    value: dict[str, Any] = {f"@{_local(str(name))}": str(item) for name, item in attributes}
    own = [text.strip()] if text and not text.isspace() else []
    for child in element:
        tail = child.tail
        if tail and not tail.isspace():
            own.append(tail.strip())
        name = child.tag
        if isinstance(name, str):
            name = name if name[0] != "{" else _local(name)
            if len(child) or child is cut or child.items():
                item = _value(child, cut)
            else:  # a bare leaf, as most are: read here it costs no call, which saves 0.3 µs each
                item = child.text
                item = (item and item.strip()) or None
            value[name] = _with_namesake(value[name], item) if name in value else item
    if own:
        said = " ".join(own)
        value = {"#text": Cut(said) if element is cut else said, **value}
    return value


def _local(name: str) -> str:
    return name.rpartition("}")[2] if name[0] == "{" else name


def _with_namesake(there: Any, item: Any) -> list[Any]:  # noqa: ANN401 - JSON values
    if isinstance(there, list):
        there.append(item)
        return there
    return [there, item]


def _with(document: XmlDocument, problem: Problem) -> XmlDocument:
    return XmlDocument(
        roots=document.roots,
        lead=document.lead,
        cut=document.cut,
        problems=(problem, *document.problems),
    )


def _doctype_ignored() -> Problem:
    return Problem(
        ProblemCode.XML_DOCTYPE_IGNORED,
        "The XML brings a document type declaration; it was not read and no entity was opened.",
    )


class _Repair:
    """A reader for XML that is none: it never gives up, and reads each character once.

    An end tag closes its nearest open namesake; what stands open inside had no end of its own and was
    meant as text. What is open when the body ends was cut off.
    """

    def __init__(self, text: str, max_depth: int) -> None:
        self.text = text
        self.max_depth = max_depth
        self.top = etree.Element(_ROOT)
        self.open = [self.top]
        self.sources = [""]
        self.lead = ""
        self.count = 0
        self.references = 0
        self.pending: list[str] = []  # joined once: a text in ten thousand pieces would be copied as often
        self.ending = False  # the text ends in an end tag: the last value is whole
        self.problems: dict[ProblemCode, Problem] = {}

    def document(self) -> XmlDocument | None:
        """Read the whole text."""
        start = 0
        for found in self._markup():
            self._characters(self.text[start : found.start()])
            start = self._take(found)
            self.count += 1
            if self.count > _MAX_MARKUP:
                self._note(
                    ProblemCode.TOO_MANY_MEMBERS, "More markup than is read; the rest stands in `raw`."
                )
                break
        else:
            self._characters(self._tail(start))
        return self._finished()

    def _markup(self) -> Iterator[re.Match[str]]:
        start = 0
        while found := _MARKUP.search(self.text, start):
            start = self._end(found)
            yield found

    def _end(self, found: re.Match[str]) -> int:
        closer = _CLOSERS.get(found.lastgroup or "")
        if closer is None:
            return found.end()
        end = self.text.find(closer, found.end())
        return len(self.text) if end < 0 else end + len(closer)

    def _take(self, found: re.Match[str]) -> int:
        end = self._end(found)
        if found.lastgroup == "cdata":
            inside = self.text[found.end() : end]
            self._append(inside.removesuffix("]]>"))
        elif found["end"]:
            self._close(found)
        elif found["name"]:
            self._open(found)
        return end

    def _tail(self, start: int) -> str:
        # `<ErrorMess`: the last tag is not whole. It is no text of anybody.
        rest = self.text[start:]
        broken = rest.rfind("<")
        if broken < 0 or ">" in rest[broken:]:
            return rest
        self.ending = rest.startswith("</", broken)
        return rest[:broken]

    def _characters(self, text: str) -> None:
        self._append(self._unescaped(text))

    def _unescaped(self, text: str) -> str:
        self.references += text.count("&")
        if self.references <= _MAX_REFERENCES:
            return _unescape(text)
        self._note(
            ProblemCode.TOO_MANY_MEMBERS, "More references than are read; the rest stands as it was sent."
        )
        return text

    def _append(self, text: str) -> None:
        if text:
            self.pending.append(text)

    def _settle(self) -> None:
        """Put the text read so far where it stands, before the markup around it changes."""
        if not self.pending:
            return
        text = self._writable("".join(self.pending))
        self.pending.clear()
        here = self.open[-1]
        if here is self.top and len(here) == 0:
            self.lead += text
        elif len(here):
            here[-1].tail = (here[-1].tail or "") + text
        else:
            here.text = (here.text or "") + text

    def _writable(self, text: str) -> str:
        """Replace what XML cannot carry."""
        if not _NO_CHAR.search(text):
            return text
        self._note(ProblemCode.TEXT_REPLACED, "The XML holds control characters; they were replaced.")
        return text.translate(_REPLACEMENTS)

    def _open(self, found: re.Match[str]) -> None:
        if len(self.open) > self.max_depth:
            self._note(
                ProblemCode.TOO_DEEP, "The XML is nested deeper than is read; the rest stands in `raw`."
            )
            return
        self._settle()
        attributes = found["attributes"]
        child = etree.SubElement(self.open[-1], _local_tag(found["name"]))
        for count, (name, double, single) in enumerate(_ATTRIBUTE.findall(attributes)):
            if count == _MAX_ATTRIBUTES:
                self._note(
                    ProblemCode.TOO_MANY_MEMBERS, "More attributes than are read; the rest stands in `raw`."
                )
                break
            self.count += 1
            if not name.startswith("xmlns"):
                child.set(_local_tag(name), self._writable(self._unescaped(double or single)))
        if not attributes.endswith("/"):
            self.open.append(child)
            self.sources.append(found[0])

    def _close(self, found: re.Match[str]) -> None:
        name = _local_tag(found["name"])
        depth = next((n for n in range(len(self.open) - 1, 0, -1) if self.open[n].tag == name), 0)
        if depth == 0:
            self._repaired()
            return  # an end without a beginning
        self._settle()
        while len(self.open) > depth + 1:
            self._flatten()
            self._settle()
        self.open.pop()
        self.sources.pop()

    def _flatten(self) -> None:
        """Close the innermost open element, which has no end tag of its own.

        Alone in its parent it was meant as text: `<ErrorMessage><ConferenceCallCommand>: failed</…>`.
        With others around or inside it, it lost its end: `<ErrorType>Generic Error<ErrorMessage>…`.
        """
        self._repaired()
        element, source = self.open.pop(), self.sources.pop()
        parent, children = self.open[-1], list(element)
        if children or len(parent) > 1:
            parent.extend(children)
            return
        parent.remove(element)
        self._append(source + (element.text or ""))

    def _repaired(self) -> None:
        self._note(
            ProblemCode.XML_REPAIRED, "The XML is not well-formed; markup without an end was read as text."
        )

    def _note(self, code: ProblemCode, message: str) -> None:
        self.problems.setdefault(code, Problem(code, message))

    def _finished(self) -> XmlDocument | None:
        self._settle()
        if len(self.top) == 0:
            return None
        cut = self.open[-1] if len(self.open) > 1 else None
        if cut is not None:
            self._note(
                ProblemCode.XML_TRUNCATED, "The XML ends inside an element; its last value may be cut."
            )
        if self.ending and cut is not None:
            cut = cut.getparent()
        if not self.problems and len(self.top) == 1 and not self.lead.strip():
            self._repaired()
        problems = tuple(self.problems.values())
        return XmlDocument(roots=tuple(self.top), lead=self.lead.strip(), cut=cut, problems=problems)


def _unescape(text: str) -> str:
    if "&" not in text:
        return text
    from html import unescape  # noqa: PLC0415 - 1 ms of import, and ill-formed XML is rare

    return unescape(text)


def _local_tag(name: str) -> str:
    return name.rpartition(":")[2]
