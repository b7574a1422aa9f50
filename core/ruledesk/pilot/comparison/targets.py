"""Counts how targets move from one ruleset to the other, and who misses them."""

from __future__ import annotations

from collections import Counter

from ruledesk.pilot.comparison.course import Course, Promise
from ruledesk.pilot.comparison.values import TargetCount


class TargetCounting:
    """Counts over tickets, by target."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def add(self, old: Course, new: Course) -> None:
        """Count a ticket that both desks have."""
        was, now = old.first.targets, new.first.targets
        for name in dict.fromkeys((*was, *now)):
            kind = _moved(was.get(name), now.get(name))
            self._count(name).update((kind,) if kind else ())
        for name in {*old.breached, *new.breached}:
            before, after = name in old.breached, name in new.breached
            count = self._count(name)
            count["breached_old"] += before
            count["breached_new"] += after
            count["breached_only_old"] += before and not after
            count["breached_only_new"] += after and not before

    def _count(self, name: str) -> Counter[str]:
        return self._counts.setdefault(name, Counter())

    def counts(self) -> tuple[TargetCount, ...]:
        """Return what was counted, by name of the target."""
        return tuple(TargetCount(name, **count) for name, count in sorted(self._counts.items()))


def _moved(old: Promise | None, new: Promise | None) -> str:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if old.due != new.due:
        return "earlier" if new.due < old.due else "later"
    return "unmoved" if old.limit != new.limit else ""
