"""Tickets that people gave to another team than the rules had chosen (requirement E9)."""

from __future__ import annotations

from collections.abc import Callable

from ruledesk.insight.case import Misroute
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.action import ActionBody
from ruledesk.model.event import Event


class Routing:
    """Follows the events of one ticket.

    Args:
        teams_of: The teams of an agent, by staff number: who accepts a ticket that waits for
            another team has taken it there, although it still carries that team's name.
    """

    def __init__(self, teams_of: Callable[[str], tuple[str, ...]]) -> None:
        self._teams_of = teams_of
        self._last: ActionBody | None = None
        self._rule = self._chosen = self._agent = ""

    def add(self, event: Event) -> Misroute | None:
        """Follow one event.

        Returns:
            The misroute, at the event by which people corrected the rules' choice.
        """
        body = event.body
        if isinstance(body, ev.Assigned):
            return self._assigned(body, event)
        if isinstance(body, ActionBody):
            self._last = body
            if isinstance(body, act.Accept):
                return self._accepted(event)
        return None

    def _assigned(self, body: ev.Assigned, event: Event) -> Misroute | None:
        # What the system does next after these is what the person wanted; a rule's name says
        # that a reaction did it.
        by_hand = not body.rule and isinstance(self._last, act.Assign | act.Accept)
        if not by_hand:
            handed_over = not body.rule and isinstance(self._last, act.Escalate)
            if not handed_over:
                self._rule, self._chosen = body.rule, body.team
            self._agent = body.agent
            return None
        self._agent = body.agent
        return self._moved(body.team, event)

    def _accepted(self, event: Event) -> Misroute | None:
        agent = event.actor.removeprefix("agent:")
        teams = self._teams_of(agent)
        if agent == self._agent or not teams or self._chosen in teams:
            return None
        return self._moved(teams[0], event)

    def _moved(self, team: str, event: Event) -> Misroute | None:
        if not self._chosen or not team or team == self._chosen:
            return None
        found = Misroute(self._rule, self._chosen, team, event.at)
        self._chosen = ""  # told once a ticket, until rules choose again
        return found
