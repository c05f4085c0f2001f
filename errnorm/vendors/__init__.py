"""The vendors: one folder each, and the one list that names them all."""

from __future__ import annotations

import sys

from errnorm.called import CalledModule
from errnorm.vendor import Vendor
from errnorm.vendors.cisco_finesse import CISCO_FINESSE
from errnorm.vendors.genesys_chat import GENESYS_CHAT
from errnorm.vendors.genesys_gwe import GENESYS_GWE
from errnorm.vendors.unknown import UNKNOWN
from errnorm.vendors.zoom_cobrowse import ZOOM_COBROWSE

__all__ = ["UNKNOWN", "VENDORS"]

VENDORS: tuple[Vendor, ...] = (
    CISCO_FINESSE,
    GENESYS_CHAT,
    GENESYS_GWE,
    ZOOM_COBROWSE,
)

sys.modules[__name__].__class__ = CalledModule  # `errnorm.vendors()` is asked of errnorm.installed
