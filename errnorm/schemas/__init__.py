"""The JSON Schemas (2020-12) of what errnorm writes and reads."""

from __future__ import annotations

from pathlib import Path

__all__ = ["schema_names", "schema_text"]

_FOLDER = Path(__file__).parent
_SUFFIX = ".schema.json"


def schema_names() -> list[str]:
    """Name the schemas.

    Example:
        >>> schema_names()
        ['capture', 'catalog', 'record', 'report']
    """
    return sorted(path.name.removesuffix(_SUFFIX) for path in _FOLDER.glob(f"*{_SUFFIX}"))


def schema_text(name: str) -> str:
    """Give a schema as JSON text.

    Args:
        name: one of `schema_names()`.

    Returns:
        The text of the file.

    Raises:
        ValueError: when there is no such schema.

    Example:
        >>> import json
        >>> json.loads(schema_text("record"))["title"]
        'errnorm record'
    """
    if name not in schema_names():
        raise ValueError(f"There is no schema {name!r}. There are: {', '.join(schema_names())}.")
    return (_FOLDER / f"{name}{_SUFFIX}").read_text("utf-8")
