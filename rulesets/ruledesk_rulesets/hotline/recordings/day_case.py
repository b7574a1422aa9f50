"""A ticket of the recorded day, and what a life can see and say of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Protocol

from attrs import define

from ruledesk_rulesets.hotline.recordings.day_words import Problem, Words
from ruledesk_rulesets.recorder.life import Part, World
from ruledesk_rulesets.recorder.recorder import ZONE
from ruledesk_rulesets.recorder.words import Customer

SUPERVISORS: Final = ("agent:CS900", "agent:CS010")
_OPENING, _CLOSING = (8, 30), (20, 0)


class Day(World, Protocol):
    """What a life can see of the day."""

    words: Words


@define
class Case:
    """A ticket, who it is from, and what it is about."""

    name: str
    customer: Customer
    problem: Problem
    channel: str
    number: str = ""
    mail: str = ""


class CasePart(Part):
    """Somebody's part in the life of a ticket."""

    def __init__(self, world: Day, case: Case) -> None:
        super().__init__(world, case.name)
        self.number = case.number
        self.case = case
        self.words = world.words
        self.chance = world.words.chance
        self.talk = world.words.texts["talk"]

    def at_work(self, low: float, high: float) -> datetime:
        """Return an instant so many minutes ahead, or the next morning where that is at night."""
        at = self.later(low, high).astimezone(ZONE)
        if (at.hour, at.minute) < _OPENING:
            at = at.replace(hour=8, minute=30) + timedelta(minutes=self.random.randint(1, 40))
        elif (at.hour, at.minute) >= _CLOSING:
            at = (at + timedelta(days=1)).replace(hour=8, minute=30)
            at += timedelta(minutes=self.random.randint(1, 40))
        return at
