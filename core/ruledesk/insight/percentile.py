"""Durations in figures: exact percentiles, mean and sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

_PERCENTILES: Final = (0.5, 0.9, 0.95)


@frozen
class Durations:
    """How long something took, in seconds of the wall clock.

    Attributes:
        count: How many were measured; everything else is 0 where none was.
        total: Their sum.
        p50: The median: half took no longer. So with p90 and p95.
        longest: The longest of them.
    """

    count: int = 0
    total: int = 0
    p50: float = 0.0
    p90: float = 0.0
    p95: float = 0.0
    longest: int = 0

    @property
    def mean(self) -> float:
        """The average."""
        return self.total / self.count if self.count else 0.0


def durations(seconds: Sequence[int]) -> Durations:
    """Summarise durations.

    Args:
        seconds: Whole seconds, in any order.

    Returns:
        Exact figures; percentiles are interpolated between neighbours, as spreadsheets do
        (``PERCENTILE.INC``).
    """
    ordered = sorted(seconds)
    if not ordered:
        return Durations()
    p50, p90, p95 = (percentile(ordered, share) for share in _PERCENTILES)
    return Durations(len(ordered), sum(ordered), p50, p90, p95, ordered[-1])


def percentile(ordered: Sequence[int], share: float) -> float:
    """Return the value below which a share of the values lies.

    Args:
        ordered: Values, smallest first; at least one.
        share: From 0 to 1.
    """
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
