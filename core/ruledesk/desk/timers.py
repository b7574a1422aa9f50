"""What is due on a ticket: warnings, breaches and waiting reactions, in the order of their time."""

from __future__ import annotations

from ruledesk.lifecycle.react import fire
from ruledesk.lifecycle.unfold import Unfolding
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
    due = [(at, name) for name, at in unfolding.current.timers.items() if at <= now]
    unfolding.run([])
    for _, name in sorted(due):
        if name in unfolding.current.timers:
            fire(unfolding, name)
            unfolding.run([])
