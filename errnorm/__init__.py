"""errnorm: raw contact-center error bodies in, one normalized and explained error record out."""

from errnorm.catalog import Catalog
from errnorm.exceptions import InvalidArgument, InvalidCatalog, InvalidRecord, UnknownVendor, UnreadableBody
from errnorm.normalize import Normalizer, detect, from_dict, normalize
from errnorm.reading.limits import Limits
from errnorm.record import (
    Candidate,
    CatalogEntry,
    Detection,
    ErrorRecord,
    Problem,
    RawBody,
    Result,
    RetryAdvice,
    Source,
)
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
    "Limits",
    "Lookup",
    "Match",
    "Normalizer",
    "Origin",
    "Problem",
    "ProblemCode",
    "RawBody",
    "Reported",
    "Result",
    "RetryAdvice",
    "Scope",
    "Severity",
    "Source",
    "UnknownVendor",
    "UnreadableBody",
    "Vendor",
    "Verified",
    "detect",
    "from_dict",
    "normalize",
]
