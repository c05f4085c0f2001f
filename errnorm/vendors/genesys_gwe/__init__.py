"""Genesys Web Engagement: how its errors look on the wire, and what its codes mean."""

from errnorm.vendors.genesys_gwe.parser import GENESYS_GWE

__all__ = ["GENESYS_GWE"]
