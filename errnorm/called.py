"""A module that can be called: `errnorm.vendors` holds the slices, and `errnorm.vendors()` names them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["CalledModule"]


class CalledModule(ModuleType):
    """A module whose name is that of a function of `errnorm.installed` as well.

    Importing `errnorm.catalog` binds the module to that name of the package, whatever stood there before
    (the import system, section 5.4.2); so the module itself answers the call.

    Example:
        >>> import errnorm.catalog
        >>> errnorm.catalog()
        <Catalog ...>
    """

    def __call__(self) -> Any:  # noqa: ANN401 - what the function of that name gives
        """Give what the function of that name gives."""
        return getattr(import_module("errnorm.installed"), self.__name__.rpartition(".")[2])()
