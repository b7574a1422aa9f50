"""Each decision on a ticket, with the rules that were near."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from ruledesk.errors import InvalidInput
from ruledesk.explain.rulebook import Entry, chosen, competitors, lacking, withheld
from ruledesk.explain.values import ExplainedDecision, ExplainedTarget, Explanation, NearMiss
from ruledesk.model.decision import Decision
from ruledesk.model.event import Decided, Event
from ruledesk.model.ticket import Target, Ticket
from ruledesk.model.values import Text
from ruledesk.rules.expression.format import format_expression
from ruledesk.rules.ruleset import Ruleset
from ruledesk.targets.ledger import Ledger

#: Finds a ruleset by its content hash; None where it is not kept.
FindRuleset: TypeAlias = Callable[[str], Ruleset | None]


@frozen
class Recorded:
    """A decision on record, and the event that holds it."""

    event: Event
    decision: Decision


def decisions_of(events: Sequence[Event]) -> Iterator[Recorded]:
    """Yield every decision of a ticket's events, in order."""
    for event in events:
        if isinstance(event.body, Decided):
            for decision in event.body.decisions:
                yield Recorded(event, decision)


def explain_ticket(
    ticket: Ticket, events: Sequence[Event], find: FindRuleset, now: datetime
) -> Explanation:
    """Explain all that was decided by itself on a ticket (requirement F2).

    Args:
        ticket: The ticket as its events have made it.
        events: All its events, in order.
        find: Finds the rulesets that decided.
        now: Until when the clocks of targets are looked at, aware.

    Returns:
        Each decision with its near misses, and each target with its ledger.
    """
    return Explanation(
        ticket=ticket,
        decisions=tuple(
            _explained(recorded, find(recorded.decision.hash)) for recorded in decisions_of(events)
        ),
        targets=tuple(
            _target(target, _ruleset_of(target, events, find), now)
            for target in ticket.targets.values()
        ),
    )


def _explained(recorded: Recorded, ruleset: Ruleset | None) -> ExplainedDecision:
    event, decision = recorded.event, recorded.decision
    if ruleset is None:
        return ExplainedDecision(event.at, event.version, decision, known=False)
    rules = competitors(ruleset, decision)
    winners = [rule for rule in rules if rule.name in chosen(decision)]
    only = winners[0] if len(winners) == 1 else None
    return ExplainedDecision(
        at=event.at,
        version=event.version,
        decision=decision,
        condition=format_expression(only.when) if only else "",
        origin=only.origin if only else "",
        by_hand=withheld(only, decision) if only else (),
        misses=_misses(ruleset, decision, rules),
        manual=tuple(dict.fromkeys(line for rule in winners for line in rule.manual)),
    )


def _misses(ruleset: Ruleset, decision: Decision, rules: Sequence[Entry]) -> tuple[NearMiss, ...]:
    missed = (
        NearMiss(rule.name, lacking(ruleset.schema, rule.when, decision.facts))
        for rule in rules
        if rule.name not in decision.matched
    )
    return tuple(sorted((miss for miss in missed if miss.failed), key=lambda miss: miss.distance))


def _ruleset_of(target: Target, events: Sequence[Event], find: FindRuleset) -> Ruleset | None:
    """Find the ruleset that set a target's limit last; its calendars are the clock."""
    decisions = [recorded.decision for recorded in decisions_of(events)]
    stage = f"targets.{target.name}"
    hashes = [one.hash for one in decisions if one.stage == stage] or [d.hash for d in decisions]
    return find(hashes[-1]) if hashes else None


def _target(target: Target, ruleset: Ruleset | None, now: datetime) -> ExplainedTarget:
    name = Text(target.name, target.name)
    if ruleset is None:
        return ExplainedTarget(name, target, None)
    policy = ruleset.targets.get(target.name)
    label = policy.label if policy is not None else name
    calendar = ruleset.calendars.get(target.calendar or ruleset.policy.calendar)
    if calendar is None:
        return ExplainedTarget(label, target, None)
    try:
        return ExplainedTarget(label, target, Ledger.of(target, calendar, now))
    except InvalidInput:  # a limit that this version no longer reads
        return ExplainedTarget(label, target, None)
