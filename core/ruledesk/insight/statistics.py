"""The statistics of a desk: one frozen value, added up in one pass (requirements E1, D12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final

from attrs import frozen

from ruledesk.insight.case import Case
from ruledesk.insight.figures import (
    BEST,
    Figures,
    FiguresAdder,
    Ratings,
    TargetFigures,
    TargetsAdder,
    measured,
    ratings_of,
)
from ruledesk.insight.hand_overs import HandOverFigures, HandOversAdder, TaskFigures
from ruledesk.insight.hints import Hint, HintsAdder, Label, as_it_is
from ruledesk.insight.percentile import Durations
from ruledesk.insight.period import PERIODS
from ruledesk.insight.repeats import COMPLAINTS, Repeats, RepeatsAdder

#: What tickets are grouped by, besides the periods of their creation: attributes of a case.
_ATTRIBUTES: Final = (
    "problem", "category", "type", "product", "team", "agent", "channel", "line", "priority",
    "urgency", "status",
)  # fmt: skip
DIMENSIONS: Final = (*PERIODS, *_ATTRIBUTES, "rating")
_EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)


@frozen
class Group:
    """The tickets that agree in one thing.

    Attributes:
        value: What they agree in; empty where they have none.
    """

    value: str
    figures: Figures


@frozen
class Statistics:
    """What the tickets of a period say.

    Attributes:
        timezone: In which days begin and end.
        as_of: When the tickets were looked at: what was due before and not met is overdue.
        first: When the first of them was made; None where there are none. So with `last`.
        total: All of them together.
        groups: By dimension (`DIMENSIONS`): periods in order of time, ratings from 1 to 5,
            everything else with the most tickets first.
        closed_in: Tickets closed in each period, by kind of period and period.
        targets: By target, in order of name.
        hand_over: All hand-overs between teams together (E1); `hand_overs` by pair of teams.
        tasks: Collaboration tasks, by team that was asked.
        scores: Answers of surveys, by name of the score (C12).
        complaints: Complaints repeated within 30 days (E1).
        contacts: The same for tickets of any type.
        load: Tickets made, by weekday (0 is Monday) and hour of the day.
        misroutes: Tickets that people gave to another team than the rules had chosen (E9).
        reviewed: Tickets with a quality review; `to_improve` those of them that ask for more (A13).
        hints: What went wrong often, with the tickets behind it (D13).
    """

    timezone: str
    as_of: datetime
    first: datetime | None
    last: datetime | None
    total: Figures
    groups: Mapping[str, tuple[Group, ...]]
    closed_in: Mapping[str, Mapping[str, int]]
    targets: tuple[TargetFigures, ...]
    hand_over: Durations
    hand_overs: tuple[HandOverFigures, ...]
    tasks: tuple[TaskFigures, ...]
    scores: tuple[tuple[str, Ratings], ...]
    complaints: Repeats
    contacts: Repeats
    load: Mapping[tuple[int, int], int]
    misroutes: int
    reviewed: int
    to_improve: int
    hints: tuple[Hint, ...]


class StatisticsAdder:
    """Adds up the statistics, ticket by ticket; no ticket is kept but open ones.

    What an open ticket comes to depends on when it is looked at, and a file of old records says
    that only at its end. So open ones wait for `statistics`.

    Args:
        zone: In which days begin and end.
        complaints: The types that are complaints; None for every ticket.
    """

    def __init__(self, zone: tzinfo, complaints: Collection[str] | None = COMPLAINTS) -> None:
        self._zone = zone
        self._open: list[Case] = []
        self._latest = _EARLIEST
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._total = FiguresAdder()
        self._groups: dict[str, dict[str, FiguresAdder]] = {name: {} for name in DIMENSIONS}
        self._closed: dict[str, Counter[str]] = {name: Counter() for name in PERIODS}
        self._targets = TargetsAdder()
        self._hand_overs = HandOversAdder()
        self._scores: dict[str, list[int]] = {}
        self._complaints = RepeatsAdder(complaints)
        self._contacts = RepeatsAdder(None)
        self._load: Counter[tuple[int, int]] = Counter()
        self._misroutes = self._reviewed = self._to_improve = 0
        self._hints = HintsAdder()

    def add(self, case: Case) -> None:
        """Add a ticket."""
        self._latest = max(self._latest, latest(case))
        if any(promise.state == "open" for promise in case.promises.values()):
            self._open.append(case)
        else:
            self._add(case, self._latest)

    def add_earlier(self, case: Case) -> None:
        """Know a ticket from before the period, which one of the period may repeat."""
        self._complaints.add_earlier(case)
        self._contacts.add_earlier(case)

    def statistics(self, as_of: datetime | None = None, label: Label = as_it_is) -> Statistics:
        """Return what was added up; nothing may be added afterwards.

        Args:
            as_of: When the tickets were looked at; None for the last thing that happened to any.
            label: Names teams, categories and targets in hints.
        """
        now = as_of or self._latest
        for case in self._open:
            self._add(case, now)
        self._open.clear()
        return Statistics(
            timezone=str(self._zone),
            as_of=now,
            first=self._first,
            last=self._last,
            total=self._total.figures(),
            groups={name: _ordered(name, found) for name, found in self._groups.items()},
            closed_in={name: dict(sorted(found.items())) for name, found in self._closed.items()},
            targets=self._targets.figures(),
            hand_over=self._hand_overs.total(),
            hand_overs=self._hand_overs.pairs(),
            tasks=self._hand_overs.tasks(),
            scores=ratings_of(self._scores),
            complaints=self._complaints.repeats(),
            contacts=self._contacts.repeats(),
            load=dict(sorted(self._load.items())),
            misroutes=self._misroutes,
            reviewed=self._reviewed,
            to_improve=self._to_improve,
            hints=self._hints.hints(label),
        )

    def _add(self, case: Case, as_of: datetime) -> None:
        one = measured(case, as_of)
        made = case.created_at.astimezone(self._zone)
        self._total.add(one)
        for name, value in self._values(case, made):
            groups = self._groups[name]
            adder = groups.get(value)
            if adder is None:
                adder = groups[value] = FiguresAdder()
            adder.add(one)
        self._add_times(case, made)
        self._targets.add(case, as_of)
        self._hand_overs.add(case)
        for name, score in case.scores.items():
            self._scores.setdefault(name, [0] * BEST)[score - 1] += 1
        self._complaints.add(case)
        self._contacts.add(case)
        self._misroutes += case.misroute is not None
        self._reviewed += case.verdict != ""
        self._to_improve += case.verdict == "improve"
        self._hints.add(case, as_of)

    def _values(self, case: Case, made: datetime) -> list[tuple[str, str]]:
        day = made.date()
        return [
            *((name, key(day)) for name, key in PERIODS.items()),
            *((name, str(getattr(case, name))) for name in _ATTRIBUTES),
            ("rating", "" if case.rating is None else str(case.rating)),
        ]

    def _add_times(self, case: Case, made: datetime) -> None:
        self._first = min(self._first or case.created_at, case.created_at)
        self._last = max(self._last or case.created_at, case.created_at)
        self._load[made.weekday(), made.hour] += 1
        if case.closed_at is not None:
            day = case.closed_at.astimezone(self._zone).date()
            for name, key in PERIODS.items():
                self._closed[name][key(day)] += 1


def latest(case: Case) -> datetime:
    """The last thing known to have happened; a due time is no happening."""
    taken = [one.taken_at or one.at for one in case.hand_overs]
    happened = (case.created_at, case.responded_at, case.resolved_at, case.closed_at, *taken)
    return max(at for at in happened if at is not None)


def _ordered(dimension: str, groups: Mapping[str, FiguresAdder]) -> tuple[Group, ...]:
    found = [Group(value, adder.figures()) for value, adder in groups.items()]
    if dimension in PERIODS or dimension == "rating":
        return tuple(sorted(found, key=lambda group: group.value))
    return tuple(sorted(found, key=lambda group: (-group.figures.tickets, group.value)))
