"""A vendor of somebody else, held apart: what its functions do wrong is a problem of the one body."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from attrs import evolve, frozen

from errnorm.contract import evidence_faults, report_faults, usage_faults
from errnorm.exceptions import InvalidArgument
from errnorm.payload import Payload
from errnorm.record import Problem
from errnorm.vendor import NOTHING, Evidence, Reported, Vendor
from errnorm.vendors import UNKNOWN, VENDORS
from errnorm.vocabulary import ProblemCode

__all__ = ["guarded", "taken"]

_OURS = (*VENDORS, UNKNOWN)


def taken(vendors: Iterable[object]) -> tuple[Vendor, ...]:
    """Take the vendors that a caller gave: each checked, and those that are not errnorm's own guarded.

    Args:
        vendors: what `Normalizer(vendors=…)` was given.

    Returns:
        The vendors in their order. A builtin one, and one that is guarded already, is taken as it is.

    Raises:
        InvalidArgument: when one cannot be used, or two have the same name.

    Example:
        >>> from errnorm.vendors import VENDORS
        >>> taken(VENDORS) == VENDORS
        True
        >>> taken(["acme-desk"])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        errnorm.exceptions.InvalidArgument: vendors[0] cannot be used. It is of type str. Give ...
    """
    if not isinstance(vendors, Iterable) or isinstance(vendors, str):
        raise InvalidArgument(
            f"vendors is of type {type(vendors).__name__}. Give a list: vendors=[YOUR_VENDOR, *VENDORS]."
        )
    found = tuple(_taken(place, vendor) for place, vendor in enumerate(vendors))
    for name, times in Counter(vendor.name for vendor in found).items():
        if times > 1:
            raise InvalidArgument(f"{times} vendors are called {name!r}. Give each a name of its own.")
    return found


def _taken(place: int, vendor: object) -> Vendor:
    if isinstance(vendor, Vendor) and (vendor in _OURS or _is_guarded(vendor)):
        return vendor
    faults = [*usage_faults(vendor)]
    if faults or not isinstance(vendor, Vendor):
        raise InvalidArgument(f"vendors[{place}] cannot be used. {' '.join(faults)}")
    if vendor.name == UNKNOWN.name:
        raise InvalidArgument(f"vendors[{place}] is called {vendor.name!r}, which stands for no vendor.")
    return guarded(vendor)


def _is_guarded(vendor: Vendor) -> bool:
    return type(vendor.score) is _Score and type(vendor.parse) is _Parse


def guarded(vendor: Vendor) -> Vendor:
    """Give a vendor whose `score` and `parse` never raise, and give only what a vendor may give.

    Where `score` fails the body is read as if the vendor were not there; where `parse` fails, what it gave
    before is kept, or the body is described as nobody's is. The problem `vendor-failed` names the vendor.
    The next body is read as ever: what one body did must not change what another one gives.

    Args:
        vendor: a vendor that is not errnorm's own.

    Example:
        >>> from errnorm.vendors import VENDORS
        >>> def broken(payload):
        ...     raise KeyError("code")
        >>> careful = guarded(evolve(VENDORS[0], score=broken))
        >>> payload = Payload(b"<ApiErrors/>")
        >>> careful.score(payload).reason, str(payload.problems[0].code)
        ('no evidence', 'vendor-failed')
    """
    return evolve(
        vendor,
        score=_Score(vendor.name, vendor.score),
        parse=_Parse(vendor.name, vendor.parse),
    )


@frozen
class _Score:
    vendor: str
    function: Callable[[Payload], Evidence]

    def __call__(self, payload: Payload) -> Evidence:
        try:
            evidence = self.function(payload)
            fault = next(evidence_faults(evidence), None)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code may fail in any way
            evidence, fault = NOTHING, _raised("score", error)
        if fault is None:
            return evidence
        _note(payload, self.vendor, fault)
        return NOTHING


@frozen
class _Parse:
    vendor: str
    function: Callable[[Payload], Iterable[Reported]]

    def __call__(self, payload: Payload) -> Iterator[Reported]:
        count = 0
        try:
            for reported in self.function(payload):
                fault = next(report_faults(reported), None)
                if fault is not None:
                    break
                yield reported
                count += 1
            else:
                return
        except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code may fail in any way
            fault = _raised("parse", error)
        _note(payload, self.vendor, fault)
        if not count:
            yield from UNKNOWN.parse(payload)


def _raised(step: str, error: BaseException) -> str:
    """Say what was raised and where; its text may quote the body, and its path names a machine."""
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f" in {place.tb_frame.f_globals.get('__name__')} line {place.tb_lineno}" if place else ""
    return f"`{step}` raised {type(error).__name__}{where}."


def _note(payload: Payload, vendor: str, fault: str) -> None:
    message = f"The vendor {vendor} failed on this body: {fault} Report it to its package: `errnorm vendors`."
    payload.problems.append(Problem(ProblemCode.VENDOR_FAILED, message))
    if vendor not in _told:
        _told.add(vendor)
        from logging import getLogger  # noqa: PLC0415 - 4 ms of import, and nobody should ever need it

        getLogger("errnorm").warning("%s This is said once; each body says it in its problems.", message)


_told: set[str] = set()
