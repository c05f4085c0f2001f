"""Zoom Cobrowse: how its errors look on the wire, and what its codes mean."""

from errnorm.vendors.zoom_cobrowse.parser import ZOOM_COBROWSE

__all__ = ["ZOOM_COBROWSE"]
