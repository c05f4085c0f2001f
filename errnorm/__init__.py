"""errnorm: raw contact-center error bodies in, one normalized and explained error record out.

A name is loaded when it is first used (PEP 562): a program that imports errnorm and meets no error
pays nothing for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from errnorm.catalog import Catalog
    from errnorm.exceptions import (
        InvalidArgument,
        InvalidCatalog,
        InvalidRecord,
        UnknownVendor,
        UnreadableBody,
        VendorError,
    )
    from errnorm.installed import KnownVendor, Plugin, catalog, categories, plugins, vendors
    from errnorm.mistakes import Mistake
    from errnorm.normalizer import Normalizer, Options, detect, from_dict, normalize
    from errnorm.reading.limits import Limits
    from errnorm.record import (
        Candidate,
        CatalogEntry,
        Detection,
        ErrorRecord,
        Problem,
        RawBody,
        Redaction,
        Result,
        RetryAdvice,
        Source,
    )
    from errnorm.response import from_response, raise_for_error
    from errnorm.vendor import Clue, ClueKind, Evidence, Lookup, Reported, Vendor
    from errnorm.vocabulary import (
        Category,
        Decision,
        DelaySource,
        Match,
        Origin,
        ProblemCode,
        Scope,
        Severity,
        Verified,
    )

__version__ = "0.1.0"

__all__ = [
    "Candidate",
    "Catalog",
    "CatalogEntry",
    "Category",
    "Clue",
    "ClueKind",
    "Decision",
    "DelaySource",
    "Detection",
    "ErrorRecord",
    "Evidence",
    "InvalidArgument",
    "InvalidCatalog",
    "InvalidRecord",
    "KnownVendor",
    "Limits",
    "Lookup",
    "Match",
    "Mistake",
    "Normalizer",
    "Options",
    "Origin",
    "Plugin",
    "Problem",
    "ProblemCode",
    "RawBody",
    "Redaction",
    "Reported",
    "Result",
    "RetryAdvice",
    "Scope",
    "Severity",
    "Source",
    "UnknownVendor",
    "UnreadableBody",
    "Vendor",
    "VendorError",
    "Verified",
    "catalog",
    "categories",
    "detect",
    "from_dict",
    "from_response",
    "normalize",
    "plugins",
    "raise_for_error",
    "vendors",
]

_HOMES = {
    "errnorm.catalog": "Catalog",
    "errnorm.exceptions": (
        "InvalidArgument InvalidCatalog InvalidRecord UnknownVendor UnreadableBody VendorError"
    ),
    "errnorm.installed": "KnownVendor Plugin categories plugins",
    "errnorm.mistakes": "Mistake",
    "errnorm.normalizer": "Normalizer Options detect from_dict normalize",
    "errnorm.reading.limits": "Limits",
    "errnorm.record": (
        "Candidate CatalogEntry Detection ErrorRecord Problem RawBody Redaction Result RetryAdvice Source"
    ),
    "errnorm.response": "from_response raise_for_error",
    "errnorm.vendor": "Clue ClueKind Evidence Lookup Reported Vendor",
    "errnorm.vocabulary": ("Category Decision DelaySource Match Origin ProblemCode Scope Severity Verified"),
}
# Modules that answer a call: see errnorm.called.
_CALLED = ("catalog", "vendors")
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in __all__:
        raise AttributeError(f"errnorm has no {name!r}. Its public names stand in errnorm.__all__.")
    if name in _CALLED:
        return import_module(f"errnorm.{name}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
