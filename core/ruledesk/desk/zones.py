"""IANA time zones, as people write them."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

_EXAMPLES: Final = ("Asia/Shanghai", "Europe/Berlin", "UTC")


def is_zone(name: str) -> bool:
    """Say whether a name is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no path at all; a folder of zones
        return False
    return True


def near_zones(name: str) -> tuple[str, ...]:
    """Name the zones that may have been meant; a few examples where none is near."""
    by_fold = {zone.casefold(): zone for zone in _zones()}
    wanted = name.casefold().replace(" ", "_")
    near = get_close_matches(wanted, by_fold, n=3, cutoff=0.7)
    cities = [zone for fold, zone in sorted(by_fold.items()) if fold.endswith(f"/{wanted}")]
    return tuple(dict.fromkeys([*cities, *(by_fold[fold] for fold in near)]))[:3] or _EXAMPLES


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
