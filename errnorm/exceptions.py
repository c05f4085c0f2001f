"""What errnorm raises: its own names for misuse, one for a vendor's error, one for strict mode.

Exception
├── VendorError         a response that is an error, for callers who want it raised
├── UnreadableBody      strict=True, and something of the body could not be read
├── TypeError
│   └── InvalidArgument     an argument is of the wrong type
└── ValueError
    ├── UnknownVendor       no vendor has this name
    ├── InvalidRecord       a dict that is no record of errnorm
    └── InvalidCatalog      a catalog file with a mistake in it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from errnorm.record import ErrorRecord, Result

__all__ = [
    "InvalidArgument",
    "InvalidCatalog",
    "InvalidRecord",
    "UnknownVendor",
    "UnreadableBody",
    "VendorError",
]


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


class VendorError(Exception):
    """A vendor answered with an error, and the caller asked to have it raised.

    It can be pickled with its notes and what was set on it; the response, which holds a connection,
    stays behind.

    Args:
        result: what the body gave; it `is_error`.
        response: the client's own response object, if there is one.

    Raises:
        InvalidArgument: when the result has no record: then there is no error to raise.

    Attributes:
        result: all that is known about the body.
        records: the records, in the order of the body.
        record: the first record that is `warning` or worse.
        response: the client's own response object; None after a pickle.

    Example:
        >>> import errnorm
        >>> result = errnorm.normalize({"code": 1016}, vendor="zoom-cobrowse")
        >>> try:
        ...     raise errnorm.VendorError(result)
        ... except errnorm.VendorError as error:
        ...     match error.record.category:
        ...         case "network" | "unavailable":
        ...             print("try again later")
        try again later
    """

    def __init__(self, result: Result, response: Any = None) -> None:  # noqa: ANN401 - any client's
        if not result:
            raise InvalidArgument(
                "This result has no record, so there is no error to raise. Ask `result.is_error` first."
            )
        self.result = result
        self.response = response
        super().__init__(result)

    @property
    def records(self) -> tuple[ErrorRecord, ...]:
        """The records, in the order of the body."""
        return self.result.records

    @property
    def record(self) -> ErrorRecord:
        """The first record that is `warning` or worse: a notice beside an error is not the error."""
        return next((item for item in self.records if item.severity != "info"), self.records[0])

    def __str__(self) -> str:
        """Say in one sentence what it is; safe to log, nothing private in it."""
        more = len(self.records) - 1
        return f"{self.record.summary()}{f' And {more} more.' if more else ''}"

    def __reduce__(self) -> tuple[type[VendorError], tuple[Result], dict[str, Any]]:
        """Pickle without the response."""
        return type(self), (self.result,), vars(self) | {"response": None}

    def __copy__(self) -> Self:
        """Copy with the response: nothing leaves the process."""
        make, arguments, state = self.__reduce__()
        copied = make(*arguments)
        copied.__setstate__(state | {"response": self.response})
        return copied  # type: ignore[return-value] # of the class of self
