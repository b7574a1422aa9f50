"""A ticket of a recorded month, and what a life can see and say of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from attrs import define, field

from ruledesk.calendar import WorkCalendar
from ruledesk_rulesets.months.words import Problem, Words
from ruledesk_rulesets.recorder.life import Part, World
from ruledesk_rulesets.recorder.words import Customer

#: Which team solves what; a ticket that is somewhere else went to the wrong team.
TEAMS: Final = {
    "quality": "after-sales",
    "service": "customer-service",
    "product": "product",
    "other": "customer-service",
}


class Month(World, Protocol):
    """What a life can see of the month."""

    words: Words
    #: The line's working time.
    office: WorkCalendar
    #: Somebody is there, on days off too.
    duty: WorkCalendar

    def head(self, team: str) -> str:
        """Name who leads a team, as an actor."""

    def title(self, team: str) -> str:
        """Say what people call a team."""

    def working(self) -> bool:
        """Say whether today is a working day."""


@define
class Case:
    """A ticket, who it is from, and what it is about.

    Attributes:
        form: What the form is filled in with; empty for mail.
        mail: The identity of the mail that it came by; empty for another channel.
        again: Whether it is about something that was reported before.
    """

    name: str
    customer: Customer
    problem: Problem
    channel: str
    form: Mapping[str, str] = field(factory=dict)
    mail: str = ""
    again: bool = False


class CasePart(Part):
    """Somebody's part in the life of a ticket."""

    def __init__(self, world: Month, case: Case, number: str) -> None:
        super().__init__(world, case.name)
        self.number = number
        self.month = world
        self.case = case
        self.words = world.words
        self.chance = world.words.chance
        self.talk = world.words.texts["talk"]

    def in_hours(self, low: float, high: float) -> datetime:
        """Return an instant so many minutes of the line's working time ahead."""
        return self.month.office.add(self.month.now, self.minutes(low, high))

    def on_duty(self, low: float, high: float) -> datetime:
        """Return an instant so many minutes ahead while somebody is on duty."""
        return self.month.duty.add(self.month.now, self.minutes(low, high))

    def say(self, group: str) -> str:
        """Choose something that is said about this case."""
        return self.words.say(group, self.case.problem.filling)

    def looked_at(self, *keys: str, share: float = 0.12) -> None:
        """Now and then, expect of the last step what came of it."""
        if self.chance(share):
            self.month.see(self.number, *keys)

    def act(self, do: str, **fields: Any) -> dict[str, Any]:
        """Write a step of the handler."""
        return self.step(do, self.handler, **fields)
