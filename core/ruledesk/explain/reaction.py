"""What became of a reaction.

A reaction that acts is on record: as a decision, or as the rule of the messages that it sent. One
that did nothing leaves no trace, so the ticket is made again from its events up to the moment, and
the condition is looked at once more. What no event holds (counts of other tickets, facts of
plugins) is told as unrecorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from ruledesk.explain.values import Evaluation, Verdict
from ruledesk.lifecycle.evolve import evolve
from ruledesk.lifecycle.keys import event_keys, event_target, timer_reaction
from ruledesk.lifecycle.situation import actor_kind
from ruledesk.model.decision import Decision
from ruledesk.model.event import Decided, Event, MessagesQueued, TimersCleared, TimersSet
from ruledesk.model.ticket import Ticket
from ruledesk.rules.expression.evaluate import Trace, failed_atoms
from ruledesk.rules.expression.facts import CHANGED
from ruledesk.rules.expression.types import Expression
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.facts import Projection, Surroundings
from ruledesk.rules.ruleset import Reaction, Ruleset, TargetPolicy

#: Facts from outside the ticket that no event holds.
_OUTSIDE: Final = ("counts.", "extra.")
#: What the desk adds to an event before reactions look at it.
_BEFORE_REACTIONS: Final = frozenset(
    {
        "decided", "assigned", "pooled", "correlated", "flags_changed", "targets_started",
        "targets_paused", "targets_resumed", "targets_corrected", "targets_met",
        "targets_cancelled", "timers_cleared", "timers_set",
    }
)  # fmt: skip


@frozen
class _Moment:
    """A time at which a reaction was looked at: an event, and the ticket that it saw."""

    event: Event
    place: str
    ticket: Ticket


def reaction_evaluations(
    reaction: Reaction, ruleset: Ruleset, events: Sequence[Event]
) -> tuple[Evaluation, ...]:
    """Explain each time that a reaction was looked at.

    Args:
        reaction: The reaction.
        ruleset: What it belongs to.
        events: All events of the ticket, in order.

    Returns:
        An evaluation for each of its events that happened, or, where it waits, for each end of a
        wait; none where none of its events happened.
    """
    if reaction.after is not None or reaction.every is not None:
        return tuple(_after_waits(reaction, ruleset, events))
    return tuple(_at_once(reaction, ruleset, events))


def limit_evaluations(
    limit: Expression, target: TargetPolicy, ruleset: Ruleset, events: Sequence[Event]
) -> tuple[Evaluation, ...]:
    """Look anew at a limit whose target never began: none of its limits applied.

    Args:
        limit: The limit's condition.
        target: The target that it is of.
        ruleset: What it belongs to.
        events: All events of the ticket, in order.

    Returns:
        An evaluation for each event at which the target could have begun.
    """
    tickets = _tickets(events)
    found = []
    for index, event in enumerate(events):
        before = tickets[index - 1] if index else None
        if not set(target.starts) & set(event_keys(event, before)):
            continue
        place = f"targets.{target.name}"
        moment = _Moment(event, place, tickets[_last_before_reactions(events, index)])
        found.append(_without_effect(limit, ruleset, moment))
    return tuple(found)


def _at_once(reaction: Reaction, ruleset: Ruleset, events: Sequence[Event]) -> Iterator[Evaluation]:
    tickets = _tickets(events)
    for index, event in enumerate(events):
        before = tickets[index - 1] if index else None
        keys = [key for key in reaction.on if key in event_keys(event, before)]
        if keys:
            seen = tickets[_last_before_reactions(events, index)]
            yield _evaluation(reaction, ruleset, _Moment(event, keys[0], seen), events[index:])


def _after_waits(
    reaction: Reaction, ruleset: Ruleset, events: Sequence[Event]
) -> Iterator[Evaluation]:
    tickets = _tickets(events)
    place = ", ".join(reaction.on)
    due: dict[str, datetime] = {}  # by timer: it waits about each target on its own
    for index, event in enumerate(events):
        if isinstance(event.body, TimersSet):
            due |= event.body.timers
        elif isinstance(event.body, TimersCleared):
            for timer in event.body.names:
                if timer_reaction(timer) != reaction.name:
                    continue
                if event.at < due.get(timer, event.at):
                    yield Evaluation(event.at, event.version, place, "dropped")
                else:
                    moment = _Moment(event, place, tickets[index])
                    yield _evaluation(reaction, ruleset, moment, events[index:])


def _tickets(events: Sequence[Event]) -> list[Ticket]:
    """Make the ticket as it was after each event."""
    tickets: list[Ticket] = []
    for event in events:
        tickets.append(evolve(tickets[-1] if tickets else None, event))
    return tickets


def _last_before_reactions(events: Sequence[Event], index: int) -> int:
    """Find the last event that the rules and targets added to one before reactions looked."""
    last = index
    for place in range(index + 1, len(events)):
        event = events[place]
        if event.at != events[index].at or event.body.kind not in _BEFORE_REACTIONS:
            break
        if getattr(event.body, "rule", "") or _of_reaction(event):
            break
        last = place
    return last


def _of_reaction(event: Event) -> bool:
    """Say whether a reaction decided this."""
    return isinstance(event.body, Decided) and any(
        decision.stage.startswith("on.") for decision in event.body.decisions
    )


def _evaluation(
    reaction: Reaction, ruleset: Ruleset, moment: _Moment, after: Sequence[Event]
) -> Evaluation:
    event, place = moment.event, moment.place
    decision, sent = _trace_of(reaction, after)
    if decision is not None or sent:
        return Evaluation(event.at, event.version, place, "fired", decision, sent=sent)
    return _without_effect(reaction.when, ruleset, moment)


def _without_effect(when: Expression, ruleset: Ruleset, moment: _Moment) -> Evaluation:
    failed, unrecorded = _lacking(when, ruleset, moment)
    verdict: Verdict = "failed" if failed else "unknown"
    event = moment.event
    return Evaluation(
        event.at, event.version, moment.place, verdict, failed=failed, unrecorded=unrecorded
    )


def _trace_of(reaction: Reaction, after: Sequence[Event]) -> tuple[Decision | None, int]:
    """Find what a reaction did at an event: its decision, and the number of its messages."""
    found: Decision | None = None
    sent = 0
    for event in after:
        if event.at != after[0].at:
            break
        if isinstance(event.body, Decided) and found is None:
            mine = [one for one in event.body.decisions if _is_of(reaction, one, after[0])]
            found = mine[0] if mine else None
        elif isinstance(event.body, MessagesQueued):
            sent += sum(1 for message in event.body.messages if message.rule == reaction.name)
    return found, sent


def _is_of(reaction: Reaction, decision: Decision, event: Event) -> bool:
    return decision.stage == f"on.{event.body.kind}" and decision.rule == reaction.name


def _lacking(
    when: Expression, ruleset: Ruleset, moment: _Moment
) -> tuple[tuple[Trace, ...], tuple[str, ...]]:
    names = reads([when]) - {CHANGED}
    outside = tuple(sorted(name for name in names if name.startswith(_OUTSIDE)))
    facts = Projection(sorted(names - set(outside)))(moment.ticket, _surroundings(ruleset, moment))
    failed = failed_atoms(when, facts)
    return tuple(trace for trace in failed if not set(trace.actual) & set(outside)), outside


def _surroundings(ruleset: Ruleset, moment: _Moment) -> Surroundings:
    channel = ruleset.channels.get(moment.ticket.channel)
    hours = ruleset.calendars.get(channel.hours) if channel is not None else None
    return Surroundings(
        channel_open=hours is None or hours.is_open(moment.event.at),
        event_by=actor_kind(moment.event.actor),
        event_target=event_target(moment.event),
    )
