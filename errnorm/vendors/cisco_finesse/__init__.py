"""Cisco Finesse: how its errors look on the wire, and what its codes mean."""

from errnorm.vendors.cisco_finesse.parser import CISCO_FINESSE

__all__ = ["CISCO_FINESSE"]
