"""The weeks of a pilot: what came in, what was late, what went to the wrong team (E9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from attrs import field, frozen

from ruledesk.insight.history import TeamsOf, no_teams
from ruledesk.insight.period import local_date, monday_of
from ruledesk.insight.routing import Routing
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.event import Event
from ruledesk.model.ticket import Status

#: A review by week says something about what lasted longer than one.
A_WEEK: Final = timedelta(days=7)


@frozen
class WrongTeam:
    """Tickets that people took from the team which the rules had chosen.

    Attributes:
        rule: The routing rule; empty where the stage's default applied.
        tickets: Their numbers, in the order in which it happened.
    """

    rule: str
    from_team: str
    to_team: str
    tickets: tuple[str, ...]


@frozen
class Week:
    """What happened from a Monday to the Sunday after.

    Attributes:
        monday: Its first day, in the desk's time zone.
        created: Tickets that came in.
        closed: Tickets that were closed.
        breached: Targets missed, by name; a target missed again counts again.
        reopens: Solutions declined, and closed tickets reopened.
        pooled: Tickets for which nobody was free, or no rule found a team.
        wrong_team: Tickets routed to the wrong team, most often first.
    """

    monday: date
    created: int = 0
    closed: int = 0
    breached: Mapping[str, int] = field(factory=dict)
    reopens: int = 0
    pooled: int = 0
    wrong_team: tuple[WrongTeam, ...] = ()

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)


def count_weeks(
    events: Iterable[Event], zone: tzinfo, teams_of: TeamsOf = no_teams
) -> tuple[Week, ...]:
    """Count what happened in each week.

    Args:
        events: All events of a desk in order of commit; streamed.
        zone: The desk's time zone, in which weeks begin.
        teams_of: The teams of an agent, by staff number.

    Returns:
        Every week from the first event to the last, quiet ones too; none where all events fall
        within seven days.
    """
    counting = _Counting(zone, teams_of)
    for event in events:
        counting.add(event)
    return counting.weeks()


class _Counts:
    """What one week adds up to so far."""

    def __init__(self) -> None:
        self.created = self.closed = self.reopens = 0
        self.breached: Counter[str] = Counter()
        self.pooled: set[str] = set()
        self.wrong: dict[tuple[str, str, str], list[str]] = {}

    def week(self, monday: date) -> Week:
        wrong = [WrongTeam(*key, tuple(numbers)) for key, numbers in self.wrong.items()]
        wrong.sort(key=lambda one: (-len(one.tickets), one.rule, one.from_team, one.to_team))
        return Week(
            monday=monday,
            created=self.created,
            closed=self.closed,
            breached=dict(sorted((+self.breached).items())),
            reopens=self.reopens,
            pooled=len(self.pooled),
            wrong_team=tuple(wrong),
        )


class _Counting:
    def __init__(self, zone: tzinfo, teams_of: TeamsOf) -> None:
        self._zone = zone
        self._teams_of = teams_of
        self._routings: dict[str, Routing] = {}
        self._weeks: dict[date, _Counts] = {}
        self._first: datetime | None = None
        self._last: datetime | None = None

    def add(self, event: Event) -> None:
        if isinstance(event.body, ev.PersonErased):
            return  # no work: years later it would add years of quiet weeks
        self._first = min(self._first or event.at, event.at)
        self._last = max(self._last or event.at, event.at)
        self._count(event, self._counts(event.at))

    def _counts(self, at: datetime) -> _Counts:
        monday = monday_of(local_date(at, self._zone))
        if monday not in self._weeks:
            self._weeks[monday] = _Counts()
        return self._weeks[monday]

    def _count(self, event: Event, counts: _Counts) -> None:
        body = event.body
        counts.created += event.version == 1
        counts.closed += event.status is Status.CLOSED
        counts.reopens += isinstance(body, act.Decline | act.Reopen)
        if isinstance(body, ev.TargetBreached):
            counts.breached[body.name] += 1
        elif isinstance(body, ev.TargetsCorrected):
            counts.breached.subtract(body.unbroken)
        elif isinstance(body, ev.Pooled):
            counts.pooled.add(event.ticket)
        self._follow(event, counts)

    def _follow(self, event: Event, counts: _Counts) -> None:
        routing = self._routings.get(event.ticket)
        if routing is None:
            routing = self._routings[event.ticket] = Routing(self._teams_of)
        moved = routing.add(event)
        if moved is not None:
            key = (moved.rule, moved.from_team, moved.to_team)
            counts.wrong.setdefault(key, []).append(event.ticket)

    def weeks(self) -> tuple[Week, ...]:
        if self._first is None or self._last is None or self._last - self._first <= A_WEEK:
            return ()
        monday, last = min(self._weeks), max(self._weeks)
        found = []
        while monday <= last:
            found.append(self._weeks.get(monday, _Counts()).week(monday))
            monday += A_WEEK
        return tuple(found)


def add_weeks(parts: Iterable[tuple[Week, ...]]) -> tuple[Week, ...]:
    """Add the weeks of several desks, those of the same Monday together.

    Args:
        parts: The weeks of each desk.

    Returns:
        The weeks in order.
    """
    added: dict[date, Week] = {}
    for week in (week for weeks in parts for week in weeks):
        found = added.get(week.monday)
        added[week.monday] = week if found is None else _sum(found, week)
    return tuple(added[monday] for monday in sorted(added))


def _sum(one: Week, other: Week) -> Week:
    breached = Counter(one.breached) + Counter(other.breached)
    wrong: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for part in (*one.wrong_team, *other.wrong_team):
        key = (part.rule, part.from_team, part.to_team)
        wrong[key] = wrong.get(key, ()) + part.tickets
    return Week(
        monday=one.monday,
        created=one.created + other.created,
        closed=one.closed + other.closed,
        breached=dict(sorted(breached.items())),
        reopens=one.reopens + other.reopens,
        pooled=one.pooled + other.pooled,
        wrong_team=tuple(WrongTeam(*key, numbers) for key, numbers in wrong.items()),
    )
