"""Vendors and catalogs of other packages, found by their entry points when they are first needed.

    [project.entry-points."errnorm.vendors"]
    acme-desk = "acme_desk_errnorm:ACME_DESK"     # an errnorm.Vendor of this name

    [project.entry-points."errnorm.catalogs"]
    acme-desk = "acme_desk_errnorm:CATALOG"       # a catalog file: a path, or what else has `read_bytes()`

A plugin that cannot be used is left out, with a line in the log and its reason in `plugins()`. A builtin
vendor is never replaced; of two packages that bring the same, the first in the order of package names wins.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import evolve, frozen

from errnorm.catalog import Catalog
from errnorm.entries import EntryFile, builtin, builtin_names
from errnorm.vendor import Vendor
from errnorm.vendors import UNKNOWN, VENDORS
from errnorm.vocabulary import Category, Severity

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "CATALOG_GROUP",
    "VENDOR_GROUP",
    "KnownVendor",
    "Loader",
    "Plugin",
    "catalog",
    "categories",
    "installed",
    "plugins",
    "vendors",
]

VENDOR_GROUP = "errnorm.vendors"
CATALOG_GROUP = "errnorm.catalogs"
_OURS = "errnorm"
_HEADING = b"[errnorm."
_FINDERS = "_frozen_importlib_external"
_ASK = "Report it to its package, or remove the package."


@frozen(kw_only=True)
class KnownVendor:
    """A vendor whose bodies are recognised, and where it came from.

    Attributes:
        vendor: the vendor itself, as `Normalizer(vendors=…)` takes it.
        package: the distribution that brings it; `errnorm` for a builtin one.
        version: the version of that distribution.

    Example:
        >>> known = vendors()[0]
        >>> known.name, known.title, known.package, known.is_builtin
        ('cisco-finesse', 'Cisco Finesse', 'errnorm', True)
    """

    vendor: Vendor
    package: str
    version: str

    @property
    def name(self) -> str:
        """The vendor's name, as records carry it."""
        return self.vendor.name

    @property
    def title(self) -> str:
        """The product's name as a person reads it."""
        return self.vendor.title

    @property
    def is_builtin(self) -> bool:
        """True when it comes with errnorm."""
        return self.package == _OURS


@frozen(kw_only=True)
class Plugin:
    """What another package brings, used or not.

    Attributes:
        group: `errnorm.vendors` or `errnorm.catalogs`.
        name: the name of the entry point.
        package, version: the distribution that brings it.
        disabled: why it is left out, a sentence; None where it is used.
    """

    group: str
    name: str
    package: str
    version: str
    disabled: str | None = None


class _Installed(NamedTuple):
    """All that is there, worked out once."""

    vendors: tuple[KnownVendor, ...]
    catalog: Catalog
    plugins: tuple[Plugin, ...]


class _Unfit(Exception):  # noqa: N818 - a fact about a plugin
    """A plugin that cannot be used, with the reason."""


class _Early(RuntimeError):  # noqa: N818 - a fact about a plugin
    """A plugin that asks for the plugins while it is loaded."""


class Loader:
    """Finds and loads plugins at its first call; all threads get one answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._here = threading.local()
        self._found: _Installed | None = None

    def __call__(self) -> _Installed:
        """Give what is installed."""
        found = self._found
        if found is None:
            # Out of the lock: a module that is imported may wait for a thread that asks errnorm, and a
            # handler of the log may ask it as well. Of threads that load at once, the first is believed.
            loaded = self._load()
            with self._lock:
                fresh = self._found is None
                found = self._found = self._found or loaded
            _warn(found.plugins if fresh else ())
        return found

    def _load(self) -> _Installed:
        if getattr(self._here, "is_loading", False):
            raise _Early("It asks errnorm for its vendors while it is imported as one of them. Ask later.")
        self._here.is_loading = True
        try:
            return _load()
        finally:
            self._here.is_loading = False


installed = Loader()


def vendors() -> tuple[KnownVendor, ...]:
    """Give the vendors whose bodies are recognised: the builtin ones, then those of other packages.

    Example:
        >>> import errnorm
        >>> [known.name for known in errnorm.vendors() if known.is_builtin]
        ['cisco-finesse', 'genesys-chat', 'genesys-gwe', 'zoom-cobrowse']
        >>> others = [known.vendor for known in errnorm.vendors() if known.name != "genesys-chat"]
        >>> errnorm.Normalizer(vendors=others).detect({"type": "EventError", "error": {"code": 100}}).vendor
        'unknown'
    """
    return installed().vendors


def catalog() -> Catalog:
    """Give the catalog that is used where none is named: the builtin one, below those of other packages.

    Example:
        >>> import errnorm
        >>> errnorm.catalog().get("zoom-cobrowse:code/1016").title
        "Zoom's servers could not be reached"
        >>> mine = errnorm.catalog() | errnorm.Catalog.load("own.json")  # doctest: +SKIP
    """
    return installed().catalog


def plugins() -> tuple[Plugin, ...]:
    """Give the vendors and catalogs that other packages bring, also those that cannot be used, with why.

    Example:
        >>> import errnorm
        >>> [plugin.name for plugin in errnorm.plugins() if plugin.disabled]
        []
    """
    return installed().plugins


def categories() -> tuple[Category, ...]:
    """Give the categories, each with its line, its google.rpc code, its HTTP statuses and its neighbour.

    Example:
        >>> import errnorm
        >>> found = {str(category): category for category in errnorm.categories()}["busy"]
        >>> found.line, found.rpc, found.http_status, found.gateway_status
        ('What is needed is occupied for a while.', 'UNAVAILABLE', 503, 503)
        >>> found.not_to_be_confused_with
        'unavailable: there the service is down, not occupied.'
    """
    return tuple(Category)


def _load() -> _Installed:
    version = import_module("errnorm").__version__
    known = {vendor.name: KnownVendor(vendor=vendor, package=_OURS, version=version) for vendor in VENDORS}
    files: list[EntryFile] = []
    points, lost = _points()
    found = tuple([_taken(point, known, files) for point in points])
    return _Installed(tuple(known.values()), Catalog(tuple(files)), (*lost, *found))


def _taken(point: EntryPoint, known: dict[str, KnownVendor], files: list[EntryFile]) -> Plugin:
    """Take a plugin in, or say why not."""
    plugin = _plugin(point)
    try:
        if point.group == CATALOG_GROUP:
            files.append(_file_of(point))
        else:
            _require_free(point.name, known)
            known[point.name] = KnownVendor(
                vendor=_vendor_of(point), package=plugin.package, version=plugin.version
            )
    except _Unfit as why:
        return evolve(plugin, disabled=str(why))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - somebody else's code may fail in any way
        return evolve(plugin, disabled=f"It cannot be used: {type(error).__name__}. {_ASK}")
    return plugin


def _points() -> tuple[Sequence[EntryPoint], tuple[Plugin, ...]]:
    """Find the entry points, in the order that decides between two, or say why they cannot be found."""
    if not _may_be_there():
        return (), ()
    from importlib.metadata import entry_points  # noqa: PLC0415 - 25 ms, and few have a plugin

    try:
        found = [*entry_points(group=VENDOR_GROUP), *entry_points(group=CATALOG_GROUP)]
    except Exception as error:  # noqa: BLE001 - `entry_points.txt` of any package may be of any form
        why = (
            f"The entry points of what is installed cannot be read ({type(error).__name__}), so no plugin is "
            "used. Look for a package whose metadata is broken (`pip check`), and install it anew."
        )
        return (), (Plugin(group=VENDOR_GROUP, name="?", package="?", version="?", disabled=why),)
    return sorted(found, key=_rank), ()


def _rank(point: EntryPoint) -> tuple[bool, str, str]:
    return point.group != VENDOR_GROUP, _plugin(point).package.lower(), point.name


def _may_be_there() -> bool:
    """Tell whether a package may have an entry point of ours, by a look at the files that would say so."""
    own_finders = any(
        hasattr(finder, "find_distributions") and getattr(finder, "__module__", "") != _FINDERS
        for finder in sys.meta_path
    )
    return own_finders or any(map(_names_us, sys.path))


def _names_us(folder: str) -> bool:
    try:
        with os.scandir(folder or ".") as entries:
            infos = [entry.path for entry in entries if entry.name.lower().endswith("-info")]
    except NotADirectoryError:  # an archive: importlib.metadata knows how to look into it
        return True
    except OSError:
        return False
    return any(_HEADING in _bytes_of(f"{info}/entry_points.txt") for info in infos)


def _bytes_of(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib would add 4 ms to the first call
            return file.read()
    except OSError:
        return b""


def _plugin(point: EntryPoint) -> Plugin:
    package, version = _origin_of(point)
    return Plugin(group=point.group, name=point.name, package=package, version=version)


def _origin_of(point: EntryPoint) -> tuple[str, str]:
    # What a broken uninstall left has no METADATA, or half of one.
    with suppress(Exception):
        origin: Any = point.dist
        return origin.name or "?", origin.version or "?"
    return "?", "?"


def _require_free(name: str, known: dict[str, KnownVendor]) -> None:
    if name in known or name == UNKNOWN.name:
        owner = known[name].package if name in known else _OURS
        raise _Unfit(f"The name {name!r} is taken by {owner}. Choose another one, or remove one of the two.")


def _vendor_of(point: EntryPoint) -> Vendor:
    vendor = _loaded(point)
    from errnorm.contract import vendor_faults  # noqa: PLC0415 - only a vendor of somebody else needs it
    from errnorm.guarded import guarded  # noqa: PLC0415 - the same

    faults = " ".join(vendor_faults(vendor))
    if faults:
        raise _Unfit(faults)
    if vendor.name != point.name:
        raise _Unfit(f"Its vendor is called {vendor.name!r}. Give the entry point that name.")
    return guarded(vendor)


def _file_of(point: EntryPoint) -> EntryFile:
    file = _loaded(point)
    if not callable(getattr(file, "read_bytes", None)):
        raise _Unfit(
            f"It is of type {type(file).__name__}. "
            "Give a path, or importlib.resources.files(…) / 'catalog.json'."
        )
    data = _done(file.read_bytes, "It cannot be read", "Look whether the package has brought that file.")
    from errnorm.mistakes import mistakes_in  # noqa: PLC0415 - only a file of somebody else needs it

    mistakes = mistakes_in(data, {name: builtin(name).rows for name in builtin_names()})
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    if errors:
        raise _Unfit(f"{errors[0]} `errnorm catalog check` lists every mistake of the file.")
    return EntryFile.read(data)


def _loaded(point: EntryPoint) -> Any:  # noqa: ANN401 - whatever the entry point names
    module, _, name = point.value.partition(":")
    code = f"from {module} import {name.partition('.')[0]}" if name else f"import {module}"
    return _done(point.load, "It cannot be imported", f'`python -c "{code}"` shows why.')


def _done(step: Callable[[], Any], failed: str, advice: str) -> Any:  # noqa: ANN401 - whatever the step gives
    try:
        return step()
    except _Early as error:
        raise _Unfit(str(error)) from error
    except (Exception, SystemExit) as error:
        # Its type alone: its text may quote a secret of somebody else's.
        raise _Unfit(f"{failed}: {type(error).__name__}. {advice}") from error


def _warn(every: Iterable[Plugin]) -> None:
    for plugin in every:
        if plugin.disabled:
            from logging import getLogger  # noqa: PLC0415 - 4 ms of import, and few have a plugin

            place = f"{plugin.name} of {plugin.package} {plugin.version}"
            with suppress(Exception):  # a filter or handler of the log that fails is none of the caller's
                getLogger("errnorm").warning("The plugin %s is left out. %s", place, plugin.disabled)
