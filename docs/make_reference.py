"""Write the pages of `docs/reference/`: a page per field, category, problem code and vendor, the command, the API.

The facts come from the code and the catalog, the words from `docs/words/`.
Run `make pages` after a change of either; a test compares the pages with what this script makes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import make_api
import make_catalog
import make_command
from writing import HERE, bullets, example, first_sentence, page, table, words, write

from errnorm import Catalog, CatalogEntry, Category, ErrorRecord, ProblemCode, Vendor
from errnorm.schemas import schema_text
from errnorm.vendors import UNKNOWN, VENDORS

FOLDER = HERE / "reference"
FIXTURES = HERE.parent / "fixtures"
NOTE = (
    "<!-- Written by docs/make_reference.py from the code and docs/words/{}.toml: change those, not this. -->"
)
ENTRIES = list(Catalog.builtin().entries())
MOST_EXAMPLES = 8  # entries that a category's page shows of each vendor

PROOFS = {
    "captured": "a body of this form was captured from a real system and could be read",
    "printed": "the vendor's manual, or a standard, prints the form or its members",
    "code": "it is what code that runs (the vendor's client, a public one) writes or reads",
    "plausible": "nobody prints it; it is what such systems usually send",
}


def pages() -> dict[str, str]:
    """Give the text of every page by its path below `docs/reference/`."""
    made = {"index.md": _index()}
    for folder, parts in (
        ("fields", _fields()),
        ("categories", _categories()),
        ("problems", _problems()),
        ("vendors", _vendors()),
        ("api", make_api.pages()),
    ):
        made |= {f"{folder}/{name}.md": text for name, text in parts.items()}
    return made | {"command.md": make_command.page_of_all()}


def _index() -> str:
    rows = (
        ("[Fields of a record](fields/index.md)", "what each means, when it is empty, what you may rely on"),
        ("[Categories](categories/index.md)", "the kinds of trouble, and what tells neighbours apart"),
        ("[Problem codes](problems/index.md)", "what could not be read, what was read anyway, what to do"),
        ("[Vendors](vendors/index.md)", "which bodies are recognised, and how well that is proved"),
        ("[The catalog](../catalog/index.md)", "every code, explained"),
        ("[The command](command.md)", "all options of `errnorm`"),
        ("[The API](api/index.md)", "every public name of Python"),
        (
            "[The schemas](../schema.md)",
            "record, report, capture and catalog as JSON Schema, and what may change",
        ),
        ("[What is public](../compatibility.md)", "what you may build on, and what may change"),
    )
    return page("# Reference", NOTE.format("*"), table(("page", "what you find there"), rows))


# Fields ------------------------------------------------------------------------------------------------


def _fields() -> dict[str, str]:
    told, schema = words("fields"), json.loads(schema_text("record"))["properties"]
    types = {field.name: str(field.type) for field in attrs.fields(ErrorRecord)} | {"fingerprint": "str"}
    made = {name: _field(name, told[name], types.get(name), schema[name]) for name in told}
    rows = [
        (f"[`{name}`]({name}.md)", _side(schema[name]), first_sentence(told[name]["meaning"]))
        for name in told
    ]
    made["index"] = page(
        "# The fields of a record",
        NOTE.format("fields"),
        "Reported fields are the vendor's, verbatim; derived fields are what errnorm adds.\n"
        "All fields always exist.",
        table(("field", "", "meaning"), rows),
        "`errnorm schema record` prints the JSON Schema of the dict.",
    )
    return made


def _field(name: str, told: Mapping[str, Any], type_: str | None, schema: Mapping[str, Any]) -> str:
    facts = [f"{_side(schema)} field"]
    facts += [f"in Python: `{type_}`"] if type_ else []
    facts += [f"in the dict: {_json_type(schema)}"]
    return page(
        f"# `{name}`",
        NOTE.format("fields"),
        told["meaning"].strip(),
        bullets(facts),
        f"## When it is empty\n\n{told['empty']}",
        f"## What you may rely on\n\n{bullets(told['rely'])}",
        f"## Example\n\n{example(told['example'])}",
        "[All fields](index.md)",
    )


def _side(schema: Mapping[str, Any]) -> str:
    return str(schema["description"]).partition(":")[0]


def _json_type(schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_json_type(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return _json_type(json.loads(schema_text("record"))["$defs"][schema["$ref"].rpartition("/")[2]])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(kinds) + (f" ({schema['format']})" if "format" in schema else "")


# Categories --------------------------------------------------------------------------------------------


def _categories() -> dict[str, str]:
    told = words("categories")
    made = {str(category): _category(category, told[category]) for category in Category}
    rows = [
        (f"[`{one}`]({one}.md)", one.line, one.rpc, str(one.http_status), str(one.gateway_status))
        for one in Category
    ]
    made["index"] = page(
        "# The categories",
        NOTE.format("categories"),
        "One word for the kind of trouble, the same for every vendor.\n"
        "The list is open: a later version may add a word, and `Category` reads a word that it does not know as `unknown`.",
        table(("category", "what it says", "google.rpc", "HTTP", "for your own caller"), rows),
        "The last column is `gateway_status`: what *your* caller should see when it happened at a vendor.\n"
        "A vendor's 401 is about your credentials, so your caller gets a 502 and is not asked to sign in.\n"
        "[How the catalog judges](../../catalog-guide.md) says by which rules a code gets its category.",
    )
    return made


def _category(category: Category, told: Mapping[str, str]) -> str:
    neighbour, _, difference = category.not_to_be_confused_with.partition(": ")
    facts = (
        f"google.rpc: `{category.rpc}`",
        f"HTTP status that means the same (`http_status`): {category.http_status}",
        f"HTTP status for your own caller (`gateway_status`): {category.gateway_status}",
    )
    return page(
        f"# `{category}`",
        NOTE.format("categories"),
        f"{category.line}\n{told['situation']}",
        bullets(facts),
        f"## What to do\n\n{told['do']}",
        f"## Not to be confused with\n\n[`{neighbour}`]({neighbour}.md): {difference}",
        f"## In the catalog\n\n{_judged(category)}",
        "[All categories](index.md)",
    )


def _judged(category: Category) -> str:
    entries = [entry for entry in ENTRIES if entry.category is category]
    if not entries:
        return "No code of the catalog has it; it comes from what stands around a body."
    advice = Counter(str(entry.retry) for entry in entries if entry.retry)
    counted = ", ".join(
        f"{words} ({count})" for words, count in sorted(advice.items(), key=lambda item: (-item[1], item[0]))
    )
    shown = [entry for vendor in (*VENDORS, UNKNOWN) for entry in _of(vendor, entries)[:MOST_EXAMPLES]]
    more = f"\n\nThese are the first of each vendor; `errnorm codes --category {category}` lists all."
    return (
        f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}; the advice: {counted or 'none'}.\n\n"
        + bullets(_linked(entry) for entry in shown)
        + (more if len(shown) < len(entries) else "")
    )


def _of(vendor: Vendor, entries: list[CatalogEntry]) -> list[CatalogEntry]:
    return [entry for entry in entries if entry.vendor == vendor.name]


def _linked(entry: CatalogEntry) -> str:
    place = f"../../{(entry.docs_url or '').removeprefix('docs/')}"
    return f"[`{entry.id}`](<{place}>) {make_catalog.prose(entry.title)}"


# Problems ----------------------------------------------------------------------------------------------


def _problems() -> dict[str, str]:
    told = words("problems")
    made = {str(code): _problem(code, told[code]) for code in ProblemCode}
    rows = [
        (f"[`{code}`]({code}.md)", str(code.severity), first_sentence(told[code]["happened"]))
        for code in ProblemCode
    ]
    made["index"] = page(
        "# The problem codes",
        NOTE.format("problems"),
        "A problem is a small fact about what could not be read, or not be taken as it stands.\n"
        "`error` means that something was not read: with `strict=True` it raises `errnorm.UnreadableBody`.\n"
        "`warning` and `info` mean that all was read, and say how.",
        table(("code", "severity", "what happened"), rows),
        "A problem never quotes the body.",
    )
    return made


def _problem(code: ProblemCode, told: Mapping[str, str]) -> str:
    shown = example(told.get("example"))
    return page(
        f"# `{code}`",
        NOTE.format("problems"),
        f"Severity: {code.severity}.",
        f"## What happened\n\n{told['happened']}",
        f"## What was read anyway\n\n{told['read']}",
        f"## What to do\n\n{told['act']}",
        f"## Example\n\n{shown}" if shown else "",
        "[All problem codes](index.md)",
    )


# Vendors -----------------------------------------------------------------------------------------------


def _vendors() -> dict[str, str]:
    told, bodies = words("vendors"), _bodies()
    every = (*VENDORS, UNKNOWN)
    made = {vendor.name: _vendor(vendor, told[vendor.name], bodies) for vendor in every}
    rows = [_support(vendor, told[vendor.name]) for vendor in every]
    made["index"] = page(
        "# The vendors",
        NOTE.format("vendors"),
        "Which bodies are recognised, and how well we know that they look so.\n"
        "No live system was touched to write errnorm: what we know is from captures, manuals and code that others made public.",
        table(("vendor", "forms", *PROOFS, "codes"), rows),
        table(("proof of a form", "it means"), PROOFS.items()),
        "The proof of a *code* is another matter; [the coverage](../../catalog/index.md#coverage) counts it.\n"
        "A body of your own is the best proof: [Contributing](../../../CONTRIBUTING.md) says how to bring one.",
    )
    return made


def _bodies() -> Counter[tuple[str, str]]:
    """Count the test bodies by vendor and shape."""
    cases = [json.loads(path.read_text("utf-8")) for path in sorted(FIXTURES.glob("*/*.case.json"))]
    seen = [case["expected"].get("detection", {}) for case in cases]
    return Counter((one.get("vendor", ""), one.get("shape", "")) for one in seen)


def _support(vendor: Vendor, told: Mapping[str, Any]) -> list[str]:
    proofs = Counter(shape["proof"] for shape in told["shapes"].values())
    counts = [str(proofs[proof]) for proof in PROOFS]
    return [
        f"[{vendor.name}]({vendor.name}.md)",
        str(proofs.total()),
        *counts,
        str(len(_of(vendor, ENTRIES))),
    ]


def _vendor(vendor: Vendor, told: Mapping[str, Any], bodies: Mapping[tuple[str, str], int]) -> str:
    rows = [
        (f"`{name}`", shape["what"], shape["proof"], shape["note"], str(bodies[vendor.name, name]))
        for name, shape in told["shapes"].items()
    ]
    return page(
        f"# {vendor.title}: what is supported",
        NOTE.format("vendors"),
        f"The vendor `{vendor.name}`.\n{told['about'].strip()}",
        "## Forms, and how well they are proved",
        table(("shape", "what it is", "proof", "how we know", "test bodies"), rows),
        "[What the levels of proof mean](index.md)",
        f"## How it is recognised\n\n{_clues(vendor)}",
        f"## When to name it yourself\n\n{told['hint']}",
        f"## Codes\n\n{bullets(_tables(vendor))}",
        f"## What is missing\n\n{bullets(told['missing'])}",
        "[All vendors](index.md)",
    )


def _clues(vendor: Vendor) -> str:
    if not vendor.clues:
        return "By nothing: it takes what is left."
    found: dict[str, list[str]] = {}
    for clue in vendor.clues:
        found.setdefault(str(clue.kind), []).append(f"`{clue.text}`")
    return (
        "A clue makes sure that the vendor is asked; what stands around it decides. `errnorm detect` shows how a body was judged.\n\n"
        + table(("clue", "texts"), [(kind, ", ".join(texts)) for kind, texts in found.items()])
    )


def _tables(vendor: Vendor) -> Iterator[str]:
    for (name, number), (what, missing) in make_catalog.TABLES.items():
        if name == vendor.name:
            yield f"[{number}](../../catalog/{name}/{number}.md): {what}. Missing: {missing}"


def main() -> None:
    """Write all pages."""
    write(make_catalog.FOLDER, make_catalog.pages())
    write(FOLDER, pages())


if __name__ == "__main__":
    main()
