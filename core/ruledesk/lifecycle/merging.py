"""Merging a ticket by itself into another one about the same problem (requirement E2).

A ticket is only ever merged into one that is older, so that no two can be merged into each other,
whichever is looked at first, and that is still worked on, so that nothing is lost in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve as with_changes

from ruledesk.lifecycle.table import TABLE
from ruledesk.model import action as act
from ruledesk.model.decision import Decision
from ruledesk.model.ticket import OPEN_STATUSES, Status, Ticket
from ruledesk.rules.ruleset import Reaction

if TYPE_CHECKING:
    from ruledesk.lifecycle.unfold import Unfolding


def goal(unfolding: Unfolding, reaction: Reaction) -> str:
    """Name the ticket that a reaction merges this one into.

    Args:
        unfolding: Of the ticket.
        reaction: One with ``merge_into``.

    Returns:
        The oldest other ticket that the correlation counts and that is open; empty for none.
    """
    ticket = unfolding.current
    if ticket.status not in TABLE["merge"].within:
        return ""
    *others, _ = unfolding.counts(reaction.merge_into) or ("",)
    for number in others:
        other = unfolding.situation.other(number)
        if other is not None and other.status in OPEN_STATUSES and _older(other, ticket):
            return number
    return ""


def cited(unfolding: Unfolding, reaction: Reaction, decision: Decision, into: str) -> Decision:
    """Say in a reaction's decision where the ticket goes, and what it was counted with (F2)."""
    if not into:
        return decision
    name = reaction.merge_into
    return with_changes(
        decision,
        outcome={**decision.outcome, "merge_into": name, "into": into},
        events={**decision.events, name: unfolding.counts(name)},
    )


def merge(unfolding: Unfolding) -> None:
    """Merge the ticket as the first reaction that wanted it said; it can be merged only once."""
    (into, rule), *_ = unfolding.merges
    unfolding.merges.clear()
    if unfolding.current.status in TABLE["merge"].within:
        unfolding.record(act.Merge(into, rule), Status.MERGED)


def _older(other: Ticket, ticket: Ticket) -> bool:
    return (other.created_at, other.number) < (ticket.created_at, ticket.number)
