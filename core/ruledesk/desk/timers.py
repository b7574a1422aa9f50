"""What is due on a ticket: warnings, breaches, late tasks and waiting reactions, in that order."""

from __future__ import annotations

from datetime import datetime

from ruledesk.lifecycle.keys import timer_reaction
from ruledesk.lifecycle.react import fire
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.event import PluginFaulted, TaskOverdue, TimersCleared
from ruledesk.model.ticket import Target, tasks_awaited
from ruledesk.targets.follow import overdue


def unfold_due(unfolding: Unfolding) -> None:
    """Let everything happen to a ticket that is due at the unfolding's time.

    Targets and tasks come before timers, so that a reaction which waited sees the breach; except
    that a timer at whose instant the desk itself keeps a promise comes before the breach of that
    promise (C12: a survey sent after 2 h is sent within 2 h). What a ticket of an older ruleset no
    longer has is dropped, so that the clock never turns on the spot.

    Args:
        unfolding: Of the ticket, with no events yet.
    """
    _keep_promises(unfolding)
    now = unfolding.now
    ruleset = unfolding.situation.policy.ruleset
    for body in overdue(ruleset, unfolding.current, now):
        unfolding.record(body)
    _miss_tasks(unfolding)
    due = _timers_due(unfolding)
    unfolding.run([])
    for name in due:
        _fire(unfolding, name)


def _keep_promises(unfolding: Unfolding) -> None:
    """Let the timers go first that meet a target which is due at this very instant."""
    policy = unfolding.situation.policy
    owed = [t.name for t in unfolding.current.targets.values() if _due_now(t, unfolding.now)]
    meeting = {
        trigger
        for name in owed
        if name in policy.ruleset.targets
        for trigger in policy.ruleset.targets[name].met_by
    }
    if not meeting:
        return
    for timer in _timers_due(unfolding):
        program = policy.timers.get(timer_reaction(timer))
        # What looks at targets waits until it is known which of them are broken.
        if program is None or any(name.startswith("targets.") for name in program.reads):
            continue
        reaction = policy.by_name[timer_reaction(timer)]
        if meeting & {f"sent.{send.template}" for send in reaction.send}:
            _fire(unfolding, timer)


def _due_now(target: Target, now: datetime) -> bool:
    return target.state == "running" and target.due == now


def _fire(unfolding: Unfolding, timer: str) -> None:
    if timer in unfolding.current.timers:
        fire(unfolding, timer)
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
    _miss_tasks(unfolding)
    timers = _timers_due(unfolding)
    if timers:
        unfolding.record(TimersCleared(tuple(timers)))
    unfolding.record(PluginFaulted("desk", "clock", error))


def _miss_tasks(unfolding: Unfolding) -> None:
    """Record the collaboration tasks that nobody answered in time, the earliest first (A11)."""
    awaited = [(due, task.number) for due, task in tasks_awaited(unfolding.current)]
    for due, number in sorted(awaited):
        if due <= unfolding.now:
            unfolding.record(TaskOverdue(number, due))


def _timers_due(unfolding: Unfolding) -> list[str]:
    """Name the timers that are due, in the order of their time."""
    timers = unfolding.current.timers.items()
    return [name for _, name in sorted((at, name) for name, at in timers if at <= unfolding.now)]
