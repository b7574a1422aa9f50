"""What is due on a ticket: warnings, breaches and waiting reactions, in the order of their time."""

from __future__ import annotations

from ruledesk.lifecycle.react import fire
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.event import PluginFaulted, TimersCleared
from ruledesk.targets.follow import overdue


def unfold_due(unfolding: Unfolding) -> None:
    """Let everything happen to a ticket that is due at the unfolding's time.

    Targets come before timers, so that a reaction which waited sees the breach. What a ticket of
    an older ruleset no longer has is dropped, so that the clock never turns on the spot.

    Args:
        unfolding: Of the ticket, with no events yet.
    """
    now = unfolding.now
    ruleset = unfolding.situation.policy.ruleset
    for body in overdue(ruleset, unfolding.current, now):
        unfolding.record(body)
    due = _timers_due(unfolding)
    unfolding.run([])
    for name in due:
        if name in unfolding.current.timers:
            fire(unfolding, name)
            unfolding.run([])


def pass_over_due(unfolding: Unfolding, error: str) -> None:
    """Note what is due without letting anything follow from it.

    For a ticket on which `unfold_due` failed: it is flagged, and must not stop the clock of the
    tickets behind it.

    Args:
        unfolding: Of the ticket, with no events yet.
        error: What went wrong.
    """
    ruleset = unfolding.situation.policy.ruleset
    for body in overdue(ruleset, unfolding.current, unfolding.now):
        unfolding.record(body)
    timers = _timers_due(unfolding)
    if timers:
        unfolding.record(TimersCleared(tuple(timers)))
    unfolding.record(PluginFaulted("desk", "clock", error))


def _timers_due(unfolding: Unfolding) -> list[str]:
    """Name the timers that are due, in the order of their time."""
    timers = unfolding.current.timers.items()
    return [name for _, name in sorted((at, name) for name, at in timers if at <= unfolding.now)]
