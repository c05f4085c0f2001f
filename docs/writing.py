"""What the scripts that write pages share: blocks of Markdown, and a folder of pages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def words(name: str) -> dict[str, dict[str, Any]]:
    """Give the words of `docs/words/<name>.toml`."""
    return tomllib.loads((HERE / "words" / f"{name}.toml").read_text("utf-8"))


def page(*blocks: str) -> str:
    """Join blocks to a page; an empty block is left out."""
    return "\n\n".join(block.strip("\n") for block in blocks if block) + "\n"


def bullets(items: Iterable[str]) -> str:
    """Give a list."""
    return "\n".join(f"- {item}" for item in items)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; a bar in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def example(text: str | None) -> str:
    """Give an example as a block that runs."""
    return f"```python\n{text.strip(chr(10))}\n\n```" if text else ""


def first_sentence(text: str) -> str:
    """Give the first sentence of a text."""
    return re.split(r"(?<=\.)\s", text.strip(), maxsplit=1)[0]


def write(folder: Path, made: Mapping[str, str]) -> None:
    """Write the pages below `folder`, and remove those that are no longer made."""
    for path in folder.rglob("*.md"):
        if path.relative_to(folder).as_posix() not in made:
            path.unlink()
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    print(f"{len(made)} pages are written to {folder}.")
