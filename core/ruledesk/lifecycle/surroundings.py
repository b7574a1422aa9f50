"""What conditions may read besides the ticket, at the moment of an action."""

from __future__ import annotations

from functools import partial

from ruledesk.lifecycle.situation import Situation
from ruledesk.model.ticket import Ticket
from ruledesk.rules.correlation import counted
from ruledesk.rules.facts import Surroundings


def surroundings(
    ticket: Ticket, situation: Situation, by: str = "system", target: str = ""
) -> Surroundings:
    """Collect what conditions may read besides a ticket.

    Args:
        ticket: The ticket as it stands.
        situation: The action's.
        by: Who does what it is about: ``requester``, ``agent`` or ``system``.
        target: The target that it is about; empty for none.

    Returns:
        Channel hours, correlation counts (looked up when read) and plugins' facts.
    """
    ruleset = situation.policy.ruleset
    channel = ruleset.channels.get(ticket.channel)
    is_open = (
        not channel or not channel.hours or ruleset.calendars[channel.hours].is_open(situation.now)
    )
    return Surroundings(
        channel_open=is_open,
        event_by=by,
        event_target=target,
        counts=partial(counts, ticket, situation),
        extra=situation.plugin_facts(ticket),
    )


def counts(ticket: Ticket, situation: Situation, name: str) -> tuple[str, ...]:
    """Look up the tickets that a correlation counts, oldest first, this one last; asks no plugin.

    Args:
        ticket: The ticket as it stands.
        situation: The action's.
        name: The correlation, which the ruleset has.
    """
    correlation = situation.policy.ruleset.correlations[name]
    return counted(ticket.line, correlation, ticket, situation.now, situation.correlated)
