"""A ticket of the recorded day, and what a life can see and say of it."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from attrs import define

from ruledesk.model.ticket import Ticket
from ruledesk_rulesets.hotline.recordings.day_words import Customer, Problem, Words

Life: TypeAlias = Generator[dict[str, Any] | datetime, None, None]

ZONE: Final = ZoneInfo("Asia/Shanghai")
SUPERVISORS: Final = ("agent:CS900", "agent:CS010")
_OPENING, _CLOSING = (8, 30), (20, 0)


class World(Protocol):
    """What a life can see of the day."""

    random: Random
    words: Words
    now: datetime

    def ticket(self, number: str) -> Ticket:
        """Look a ticket up."""

    def members(self, team: str) -> tuple[str, ...]:
        """Name a team's agents who are there."""

    def least_loaded(self) -> str:
        """Name the agent of the desk who has the fewest open tickets."""


@define
class Case:
    """A ticket, who it is from, and what it is about."""

    name: str
    customer: Customer
    problem: Problem
    channel: str
    number: str = ""
    mail: str = ""


class CasePart:
    """Somebody's part in the life of a ticket."""

    def __init__(self, world: World, case: Case) -> None:
        self.world = world
        self.case = case
        self.random = world.random
        self.words = world.words
        self.chance = world.words.chance
        self.talk = world.words.texts["talk"]

    # -- small things -------------------------------------------------------------------------

    @property
    def ticket(self) -> Ticket:
        """The ticket as it stands."""
        return self.world.ticket(self.case.number)

    @property
    def handler(self) -> str:
        """Who handles it now, as an actor."""
        return f"agent:{self.ticket.agent}"

    def later(self, low: float, high: float) -> datetime:
        """Return an instant so many minutes ahead, to the second."""
        return self.world.now + timedelta(
            seconds=self.random.randint(int(low * 60), int(high * 60))
        )

    def at_work(self, low: float, high: float) -> datetime:
        """Return an instant so many minutes ahead, or the next morning where that is at night."""
        at = self.later(low, high).astimezone(ZONE)
        if (at.hour, at.minute) < _OPENING:
            at = at.replace(hour=8, minute=30) + timedelta(minutes=self.random.randint(1, 40))
        elif (at.hour, at.minute) >= _CLOSING:
            at = (at + timedelta(days=1)).replace(hour=8, minute=30)
            at += timedelta(minutes=self.random.randint(1, 40))
        return at

    def step(self, do: str, by: str, refused: str | bool = False, **fields: Any) -> dict[str, Any]:
        """Write a step on this ticket."""
        step: dict[str, Any] = {"do": do, "ticket": self.case.name, "by": by}
        if fields:
            step["with"] = fields
        if refused:
            step["refused"] = refused
        return step
