"""Adds up the differences of tickets, one after the other; keeps counts and a few samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, tzinfo
from typing import Final, TypeAlias

from ruledesk.insight.period import local_date, monday_of
from ruledesk.pilot.comparison.changes import (
    END_FIELDS,
    FIELDS,
    TARGETS,
    Change,
    Difference,
    Moment,
    Reads,
    difference,
    end_value,
    first_value,
    targets_of,
)
from ruledesk.pilot.comparison.course import Course
from ruledesk.pilot.comparison.targets import TargetCounting
from ruledesk.pilot.comparison.values import (
    Cell,
    Counts,
    Differing,
    IncidentCount,
    Load,
    Matrix,
    MessageCount,
    Moved,
    Pair,
    RuleHits,
    RuleState,
    Sample,
    Tickets,
    Week,
)

#: Of each changed cell, so many tickets are shown.
SAMPLES: Final = 3
_Cell: TypeAlias = tuple[str, str, Moved]
#: Matrices at the end; breaches have a table of their own.
_END: Final = tuple(name for name in END_FIELDS if name != "breached")


class Counting:
    """Counts over pairs.

    Args:
        zone: The desk's time zone, in which weeks begin.
        states: What became of each rule from one ruleset to the other; its order is kept.
        old_reads: Facts that the current ruleset's rules read.
        new_reads: The same of the other one's.
    """

    def __init__(
        self,
        zone: tzinfo,
        states: Mapping[str, RuleState],
        old_reads: Reads | None = None,
        new_reads: Reads | None = None,
    ) -> None:
        self._zone = zone
        self._states = states
        self._reads = (old_reads or {}, new_reads or {})
        self._extents: Counter[str] = Counter()
        self._fields: Counter[str] = Counter()
        self._ends: Counter[str] = Counter()
        self._matrices = _Matrices()
        self._teams, self._agents = _Sides(), _Sides()
        self._messages, self._incidents = _Sides(), _Sides()
        self._rules: dict[str, Counter[str]] = {}
        self._targets = TargetCounting()
        self._weeks: dict[date, Counter[str]] = {}
        self._differing: list[Differing] = []

    def add(self, pair: Pair) -> None:
        """Count a ticket."""
        found = self._difference(pair)
        extent = found.extent if pair.old and pair.new else "refused" if pair.old else "taken"
        self._extents[extent] += 1
        week = self._weeks.setdefault(monday_of(local_date(pair.at, self._zone)), Counter())
        week.update(("tickets", extent))
        self._count_sides(pair)
        if extent != "same":
            self._differing.append(_differing(pair, found))
        if pair.old and pair.new:
            self._fields.update(change.field for change in found.changes)
            self._ends.update(tuple(found.ends))
            self._matrices.add(pair, pair.old, pair.new, found)
            self._targets.add(pair.old, pair.new)

    def _difference(self, pair: Pair) -> Difference:
        if pair.old is None or pair.new is None:
            return Difference("same")
        return difference(pair.old, pair.new, *self._reads)

    def _count_sides(self, pair: Pair) -> None:
        for side, course in (("old", pair.old), ("new", pair.new)):
            if course is None:
                continue
            self._teams.add(side, course.first.team)
            self._agents.add(side, course.first.agent)
            for template, count in course.messages.items():
                self._messages.add(side, template, count)
            for incident in course.incidents:
                self._incidents.add(side, incident)
        old = pair.old.rules if pair.old else frozenset()
        new = pair.new.rules if pair.new else frozenset()
        both = pair.old is not None and pair.new is not None
        for rule in old | new:
            hits = self._rules.setdefault(rule, Counter())
            hits["old"] += rule in old
            hits["new"] += rule in new
            hits["only_old"] += both and rule not in new
            hits["only_new"] += both and rule not in old

    def counts(self) -> Counts:
        """Return what was counted so far."""
        extents = self._extents
        return Counts(
            tickets=Tickets(
                scanned=extents.total(),
                same=extents["same"],
                decided=extents["decided"],
                later=extents["later"],
                handler=extents["handler"],
                refused=extents["refused"],
                taken=extents["taken"],
            ),
            fields=dict(self._fields.most_common()),
            ends=dict(self._ends.most_common()),
            matrices=tuple(self._matrices.matrices()),
            teams=self._teams.loads(),
            agents=self._agents.loads(),
            rules=tuple(self._rule_hits()),
            targets=self._targets.counts(),
            messages=tuple(MessageCount(*one) for one in self._messages.rows()),
            incidents=tuple(IncidentCount(*one) for one in self._incidents.rows()),
            weeks=tuple(
                Week(monday, week["tickets"], week["decided"], week["refused"])
                for monday, week in sorted(self._weeks.items())
            ),
            differing=tuple(self._differing),
        )

    def _rule_hits(self) -> Iterator[RuleHits]:
        for rule in (*self._states, *sorted(self._rules.keys() - self._states.keys())):
            hits = self._rules.get(rule, Counter())
            state = self._states.get(rule, "")
            yield RuleHits(
                rule, state, hits["old"], hits["new"], hits["only_old"], hits["only_new"]
            )


def _differing(pair: Pair, found: Difference) -> Differing:
    return Differing(
        name=pair.name,
        place=pair.place,
        step=pair.step,
        at=pair.at,
        old_number=pair.old.number if pair.old else "",
        new_number=pair.new.number if pair.new else "",
        difference=found,
    )


class _Sides:
    """Something counted by name on both sides."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {"old": Counter(), "new": Counter()}

    def add(self, side: str, name: str, count: int = 1) -> None:
        self._counts[side][name] += count

    def rows(self) -> list[tuple[str, int, int]]:
        old, new = self._counts["old"], self._counts["new"]
        return [(name, old[name], new[name]) for name in sorted({*old, *new})]

    def loads(self) -> tuple[Load, ...]:
        return tuple(Load(*row) for row in self.rows())


class _Matrices:
    """Cells by moment and field."""

    def __init__(self) -> None:
        self._cells: dict[tuple[Moment, str], Counter[_Cell]] = {}
        self._samples: dict[tuple[str, str, str, Moved], list[Sample]] = {}

    def add(self, pair: Pair, old: Course, new: Course, found: Difference) -> None:
        changes = {change.field: change for change in found.changes}
        for name in (*FIELDS, *targets_of(old.first, new.first)):
            change = changes.get(name)
            values = first_value(old.first, name), first_value(new.first, name)
            cell = (*values, _moved(change))
            self._count("first", name, cell)
            if change is not None:
                self._sample(pair, change, cell)
        for name in _END:
            self._count("end", name, (end_value(old, name), end_value(new, name), ""))

    def _count(self, moment: Moment, name: str, cell: _Cell) -> None:
        self._cells.setdefault((moment, name), Counter())[cell] += 1

    def _sample(self, pair: Pair, change: Change, cell: _Cell) -> None:
        samples = self._samples.setdefault((change.field, *cell), [])
        if len(samples) < SAMPLES:
            samples.append(Sample(pair.name, pair.place, pair.number, change))

    def matrices(self) -> Iterator[Matrix]:
        for (moment, name), cells in sorted(self._cells.items(), key=_place):
            ordered = sorted(cells.items(), key=lambda item: (-item[1], item[0]))
            yield Matrix(
                name,
                moment,
                tuple(
                    Cell(*cell, count, self._samples_of(moment, name, cell))
                    for cell, count in ordered
                ),
            )

    def _samples_of(self, moment: Moment, name: str, cell: _Cell) -> tuple[Sample, ...]:
        return tuple(self._samples.get((name, *cell), ())) if moment == "first" else ()


def _moved(change: Change | None) -> Moved:
    if change is None or change.sooner is None:
        return ""
    return "earlier" if change.sooner else "later"


def _place(item: tuple[tuple[Moment, str], object]) -> tuple[bool, bool, int, str]:
    moment, name = item[0]
    fields = _END if moment == "end" else FIELDS
    is_target = name.startswith(TARGETS)
    return moment == "end", is_target, 0 if is_target else fields.index(name), name
