"""Example Desk, an invented product: the slice to copy when a vendor is added."""

from errnorm.vendors._template.parser import TEMPLATE

__all__ = ["TEMPLATE"]
