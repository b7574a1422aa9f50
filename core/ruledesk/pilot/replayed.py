"""What is left to look at of a replay: its desk while it is open, or what another process sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from attrs import define

from ruledesk.desk.config import DeskConfig
from ruledesk.errors import NotFound
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.rules.ruleset import Ruleset


class Log(Protocol):
    """The events of a replay; the part of `ruledesk.storage.interface.Store` that has them."""

    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit."""

    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""


class Replayed(Protocol):
    """What reporters may look at of a replay; a `ruledesk.desk.service.Desk` is one."""

    @property
    def config(self) -> DeskConfig:
        """What it ran on."""

    @property
    def rulesets(self) -> Mapping[str, Ruleset]:
        """The ruleset of each line."""

    @property
    def store(self) -> Log:
        """Its events."""

    def ticket(self, number: str) -> Ticket:
        """Return a ticket as it ended.

        Raises:
            NotFound: There is none with this number.
        """


@define(slots=False)
class ReplayedElsewhere:
    """A replay that another process made.

    Attributes:
        config: What it ran on.
        log: Its events in the order of commit.
        tickets: Its tickets as they ended, by number.
        load: Loads the rulesets of a desk; called where somebody asks for them.
    """

    config: DeskConfig
    log: Sequence[Event]
    tickets: Mapping[str, Ticket]
    load: Callable[[DeskConfig], Mapping[str, Ruleset]]

    @cached_property
    def rulesets(self) -> Mapping[str, Ruleset]:
        """The ruleset of each line."""
        return self.load(self.config)

    @property
    def store(self) -> ReplayedElsewhere:
        """Its events: this object itself."""
        return self

    @cached_property
    def _histories(self) -> dict[str, list[Event]]:
        histories: dict[str, list[Event]] = {}
        for event in self.log:
            histories.setdefault(event.ticket, []).append(event)
        return histories

    def all_events(self) -> Iterator[Event]:
        """Stream every event in the order of commit."""
        return iter(self.log)

    def events(self, number: str, after: int = 0) -> Sequence[Event]:
        """Return a ticket's events with a version above `after`, in order."""
        return self._histories.get(number, [])[after:]

    def ticket(self, number: str) -> Ticket:
        """Return a ticket as it ended.

        Raises:
            NotFound: There is none with this number.
        """
        if number not in self.tickets:
            raise NotFound.of("no such ticket", "没有此工单", field="number", value=number)
        return self.tickets[number]
