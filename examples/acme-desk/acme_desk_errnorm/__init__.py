"""errnorm reads the errors of Acme Desk: install this package, and nothing else has to be done."""

from importlib.resources import files

from acme_desk_errnorm.parser import ACME_DESK

__all__ = ["ACME_DESK", "CATALOG"]

CATALOG = files(__name__) / "catalog.json"
