"""The Genesys chat API: how its errors look on the wire, and what its codes mean."""

from errnorm.vendors.genesys_chat.parser import GENESYS_CHAT

__all__ = ["GENESYS_CHAT"]
