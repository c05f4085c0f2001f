"""What errnorm raises: its own names for misuse, and one for a body that strict mode refuses.

Exception
├── UnreadableBody      strict=True, and something of the body could not be read
├── TypeError
│   └── InvalidArgument     an argument is of the wrong type
└── ValueError
    ├── UnknownVendor       no vendor has this name
    ├── InvalidRecord       a dict that is no record of errnorm
    └── InvalidCatalog      a catalog file with a mistake in it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from errnorm.record import Result

__all__ = ["InvalidArgument", "InvalidCatalog", "InvalidRecord", "UnknownVendor", "UnreadableBody"]


class InvalidArgument(TypeError):  # noqa: N818 - a fact about the call, like the builtin it is
    """An argument is of the wrong type."""


class UnknownVendor(ValueError):  # noqa: N818 - a fact about the call
    """No vendor has this name."""


class InvalidRecord(ValueError):  # noqa: N818 - a fact about the data
    """A dict that is no record of errnorm."""


class InvalidCatalog(ValueError):  # noqa: N818 - a fact about the data
    """A catalog file with a mistake in it."""


class UnreadableBody(Exception):  # noqa: N818 - a fact about the body
    """Something of the body could not be read, and the caller asked for `strict=True`.

    Attributes:
        result: what could be read, with the problems that say what could not.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__(result)

    def __str__(self) -> str:
        """Name the problems; a problem never quotes the body."""
        facts = "; ".join(p.message for p in self.result.problems if p.code.severity == "error")
        return f"The body could not be read whole: {facts} Look at `.result` for what could be read."
