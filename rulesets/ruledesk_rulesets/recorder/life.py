"""What a life of a recording is, and what it can see of the world.

A life is a generator. It yields a step to have it done at once, or an instant to go on then; what
it does next depends on what the desk made of the step.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol, TypeAlias

from ruledesk.model.ticket import Ticket

Life: TypeAlias = Generator[dict[str, Any] | datetime, None, None]


class World(Protocol):
    """What a life can see."""

    random: Random
    now: datetime

    @property
    def last(self) -> str:
        """The number of the ticket that the last input went to."""

    def ticket(self, number: str) -> Ticket:
        """Look a ticket up."""

    def members(self, team: str) -> tuple[str, ...]:
        """Name a team's agents who are there."""

    def least_loaded(self, *teams: str) -> str:
        """Name who has the fewest open tickets, of these teams or of the whole desk."""

    def see(self, number: str, *keys: str) -> None:
        """Have the last step expect these fields of a ticket to be what they are now."""

    def wake(self, at: datetime, life: Life) -> None:
        """Let a life go on at an instant."""


class Part:
    """Somebody's part in the life of a ticket.

    Args:
        world: What can be seen.
        name: The recording's own name of the ticket.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.random = world.random
        self.number = ""

    @property
    def ticket(self) -> Ticket:
        """The ticket as it stands."""
        return self.world.ticket(self.number)

    @property
    def handler(self) -> str:
        """Who handles it now, as an actor."""
        return f"agent:{self.ticket.agent}"

    def minutes(self, low: float, high: float) -> timedelta:
        """Return a time of so many minutes, to the second."""
        return timedelta(seconds=self.random.randint(int(low * 60), int(high * 60)))

    def later(self, low: float, high: float) -> datetime:
        """Return an instant so many minutes ahead, to the second."""
        return self.world.now + self.minutes(low, high)

    def step(self, do: str, by: str, refused: str | bool = False, **fields: Any) -> dict[str, Any]:
        """Write a step on this ticket."""
        step: dict[str, Any] = {"do": do, "ticket": self.name, "by": by}
        if fields:
            step["with"] = fields
        if refused:
            step["refused"] = refused
        return step
