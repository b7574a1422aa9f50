"""Plays the steps of a recording on two desks side by side, in one pass."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from typing import Final

from attrs import define, evolve, frozen

from ruledesk.desk.service import Desk
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.comparison.course import Course, course_of
from ruledesk.pilot.comparison.numbers import Numbers
from ruledesk.pilot.comparison.refusals import RefusalCounting
from ruledesk.pilot.comparison.rulesets import fields_of
from ruledesk.pilot.comparison.values import Pair
from ruledesk.pilot.play import Player
from ruledesk.pilot.result import Refusal
from ruledesk.pilot.steps import CALL, RECEIVE
from ruledesk.pilot.values import Head, Step

_AGENT: Final = "agent:"


@frozen
class Replayed:
    """What came of a replay on two desks.

    Attributes:
        pairs: The tickets of the line, in the order in which they were handed in.
        skipped: How many tickets other lines have.
        given: The form fields that any ticket of the line had a value in.
        refused: Whether a step on the line was refused.
        until: When the replay ended.
    """

    pairs: tuple[Pair, ...]
    skipped: int
    given: frozenset[str]
    refused: bool
    until: datetime


@define
class _Place:
    """Where a ticket was handed in, and what it was then on either desk."""

    name: str
    step: int
    at: datetime
    old: Ticket | None
    new: Ticket | None


class SideBySide:
    """Two desks that are given the same steps; expectations are not looked at.

    The new desk is told of the tickets that the old one means, whatever their numbers are there.
    What a ticket's handler did, its handler there does, and where an agent may not do there what
    was done, its handler or its team: else every ticket that is routed otherwise would be left
    lying, and one that dispatch gave to somebody else would be handed back.

    Args:
        old: The desk of the current ruleset, fresh.
        new: The desk of the other one, fresh.
        head: Of the scenario or recording.
        line: The business line that is compared.
        refusals: Counts what is refused.
    """

    def __init__(
        self, old: Desk, new: Desk, head: Head, line: str, refusals: RefusalCounting
    ) -> None:
        self._old = Player(old, head)
        self._new = Player(new, head)
        self._head = head
        self._line = line
        self._refusals = refusals
        self._numbers = Numbers()
        self._seen: set[str] = set()
        self._places: list[_Place] = []
        self._any_refused = False
        lines = tuple(old.config.lines)
        self._only = lines[0] if len(lines) == 1 else ""

    def play(self, steps: Iterable[Step], place: str = "") -> Replayed:
        """Play all steps, and let time pass to the end.

        Args:
            steps: In order, streamed.
            place: What the scenario or recording is called, where there are several.

        Raises:
            RuleDeskError: A desk failed; a refusal is no failure.
        """
        until = self._head.start
        for step in steps:
            until = step.at
            self._step(step)
        if self._head.until is not None:
            until = self._head.until
            self._old.desk.advance(until)
            self._new.desk.advance(until)
        ours = [one for one in self._pairs(place) if _line(one) == self._line]
        return Replayed(
            pairs=tuple(ours),
            skipped=len(self._places) - len(ours),
            given=frozenset(self._given({one.step for one in ours})),
            refused=self._any_refused,
            until=until,
        )

    # -- steps ------------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        step = evolve(step, expect=(), refused=False)
        subject = step.ticket or self._old.last
        for_new = self._for_new(step, subject)
        line = (self._old.line(step) or self._only) if step.do else ""
        old = _refused(self._old, step)
        new = _refused(self._new, for_new)
        if new is not None and old is None and self._stands_in(for_new, new):
            self._refusals.stood_in()
            new = None
        elif for_new.by != step.by and new is None:
            self._refusals.stood_in()
        if line == self._line:
            self._any_refused |= old is not None or new is not None
            self._count(step, subject, old, new)
        self._match(step)
        if step.do in ("submit", RECEIVE):
            self._follow(step.name)

    def _for_new(self, step: Step, subject: str) -> Step:
        """Say for the new desk which ticket is meant: its own last one may be another."""
        translated = self._numbers.translated(step)
        if step.do in ("", "submit", RECEIVE):
            return translated
        return evolve(translated, ticket=subject, by=self._actor(step, subject))

    def _actor(self, step: Step, subject: str) -> str:
        """Say who does on the new desk what a ticket's handler did on the old one."""
        old, new = (
            player.ticket(player.names[subject]) if subject in player.names else None
            for player in (self._old, self._new)
        )
        if old is None or new is None or not new.agent:
            return step.by
        taken = step.do == "accept" and not old.agent  # out of the pool
        return f"{_AGENT}{new.agent}" if taken or step.by == f"{_AGENT}{old.agent}" else step.by

    def _stands_in(self, step: Step, refusal: Refusal) -> bool:
        """Let the new desk's handler do what an agent may not; says whether that was possible."""
        number = self._new.names.get(step.ticket, "")
        if not number or not step.by.startswith(_AGENT) or refusal.problems[0].field != "by":
            return False
        ticket = self._new.desk.ticket(number)
        team = self._new.desk.config.directory.teams.get(ticket.team)
        pool = (team.head, *team.agents) if team is not None else ()
        handler = next((one for one in (ticket.agent, *pool) if one), "")
        if not handler or step.by == f"{_AGENT}{handler}":
            return False
        return _refused(self._new, evolve(step, by=f"{_AGENT}{handler}")) is None

    def _count(self, step: Step, subject: str, old: Refusal | None, new: Refusal | None) -> None:
        acts = step.do not in ("submit", RECEIVE, CALL)
        known = self._old.names.get(subject, "")
        if acts and known and subject not in self._new.names:
            self._refusals.lost()
            return
        name = step.name if step.do in ("submit", RECEIVE) else subject
        self._refusals.add((name, step.number), old, new)

    def _match(self, step: Step) -> None:
        """Note which tickets the step has made on either desk, the first of each as the same."""
        old, new = self._fresh(self._old, "old"), self._fresh(self._new, "new")
        for index in range(max(len(old), len(new))):
            one = old[index] if index < len(old) else None
            other = new[index] if index < len(new) else None
            self._places.append(_Place(step.name, step.number, step.at, one, other))
            if one is not None:
                self._numbers.add(one.number, other.number if other is not None else "")

    def _fresh(self, player: Player, side: str) -> list[Ticket]:
        numbers = [number for number in player.made if f"{side} {number}" not in self._seen]
        self._seen.update(f"{side} {number}" for number in numbers)
        return [player.desk.ticket(number) for number in dict.fromkeys(numbers)]

    def _follow(self, name: str) -> None:
        """Let a name mean on the new desk the ticket that it means on the old one."""
        if name not in self._old.names:
            return  # what the current ruleset refused, the other one may have taken
        number = self._numbers.counterpart(self._old.names[name])
        if number:
            self._new.names[name] = number
        else:
            self._new.names.pop(name, None)

    # -- the end ----------------------------------------------------------------------------------

    def _pairs(self, place: str) -> Iterator[Pair]:
        for at in self._places:
            old, new = _course(self._old, at.old), _course(self._new, at.new)
            yield Pair(at.name, place, at.step, at.at, old, new)

    def _given(self, steps: Container[int]) -> Iterator[str]:
        """Name the fields that the tickets of these steps had a value in, at either end."""
        for at in self._places:
            if at.step not in steps:
                continue
            for player, first in ((self._old, at.old), (self._new, at.new)):
                last = player.ticket(first.number) if first is not None else None
                for ticket in (first, last):
                    yield from fields_of(ticket) if ticket is not None else ()


def _line(pair: Pair) -> str:
    course = pair.old or pair.new
    return course.line if course else ""


def _refused(player: Player, step: Step) -> Refusal | None:
    """Play a step; return what was refused in it."""
    before = len(player.refusals)
    player.step(step)
    return player.refusals[-1] if len(player.refusals) > before else None


def _course(player: Player, first: Ticket | None) -> Course | None:
    if first is None:
        return None
    events = player.desk.store.events(first.number)
    return course_of(first, player.ticket(first.number), events)
