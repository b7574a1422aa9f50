"""Reactions: such that none of their events lets fire, and waits that end before they are over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ruledesk.model.ticket import OVER_STATUSES, TERMINAL_STATUSES, Status
from ruledesk.rules.analysis.cover import Box, TooLargeError, meet, product
from ruledesk.rules.analysis.events import impossible
from ruledesk.rules.analysis.finding import Finding
from ruledesk.rules.analysis.subject import Subject, named
from ruledesk.rules.ruleset import Reaction

_ABOUT_TARGETS: Final = ("target_warned", "target_breached")
#: Events that only the desk itself brings about.
_BY_SYSTEM: Final = frozenset(
    {
        *_ABOUT_TARGETS,
        "task_overdue",
        "decided",
        "assigned",
        "pooled",
        "message_failed",
        "plugin_faulted",
    }
)
#: The one event that leads to a status, where there is one only.
_ENTERED_BY: Final[Mapping[str, str]] = {
    Status.CLOSED: "closed",
    Status.AWAITING_CONFIRMATION: "resolved",
    Status.WAITING_REQUESTER: "info_requested",
    Status.ARCHIVED: "archived",
    Status.CANCELLED: "cancelled",
    Status.MERGED: "merged",
}
#: What a ticket is after an event, where that is certain.
_AFTER: Final[Mapping[str, frozenset[str]]] = {
    "submitted": frozenset({Status.NEW}),
    "resolved": frozenset({Status.AWAITING_CONFIRMATION}),
    "declined": frozenset({Status.IN_PROGRESS, Status.FOLLOW_UP}),
    "accepted": frozenset({Status.IN_PROGRESS}),
    "acknowledged": frozenset({Status.IN_PROGRESS}),
    "info_requested": frozenset({Status.WAITING_REQUESTER}),
    "confirmed": frozenset({Status.CLOSED}),
    "closed": frozenset({Status.CLOSED}),
    "reopened": frozenset({Status.NEW, Status.IN_PROGRESS, Status.FOLLOW_UP}),
    "archived": frozenset({Status.ARCHIVED}),
    "task_overdue": frozenset(Status) - OVER_STATUSES,
    "cancelled": frozenset({Status.CANCELLED}),
    "merged": frozenset({Status.MERGED}),
}


def reaction_findings(subject: Subject) -> Iterator[Finding]:
    """Look at each reaction whose condition by itself can hold."""
    for reaction in subject.ruleset.reactions:
        if reaction.until and not _waits(reaction):
            yield subject.of_reaction(
                reaction,
                "warning",
                "unused-until",
                en="until ends a wait, and this reaction waits for nothing (no after, no every)",
                zh="until 用于结束等待，而该反应没有等待（无 after、every）",
            )
        if reaction.name not in subject.never:
            try:
                yield from _never(subject, reaction)
            except TooLargeError:
                continue


def _waits(reaction: Reaction) -> bool:
    return reaction.after is not None or reaction.every is not None


def _never(subject: Subject, reaction: Reaction) -> Iterator[Finding]:
    boxes = subject.boxes(reaction.when, len(subject.ruleset.stages))
    reasons = [_hindered(subject, reaction, trigger, boxes) for trigger in reaction.on]
    found = next(iter(reasons), None)
    if found is None or None in reasons:
        found = _ended_before(subject, reaction, boxes)
    if found is not None:
        en, zh = found
        yield subject.of_reaction(
            reaction, "error", "never", en=f"never fires: {en}", zh=f"永远不会触发：{zh}"
        )


def _hindered(
    subject: Subject, reaction: Reaction, trigger: str, boxes: list[Box]
) -> tuple[str, str] | None:
    """Say why one of its events never lets a reaction fire; None where it may."""
    reason = impossible(subject.ruleset, trigger)
    if reason is not None:
        return reason
    kind, _, target = trigger.partition(".")
    context: Box = {}
    if _waits(reaction) or kind in _BY_SYSTEM:
        _restrict(subject, context, "event.by", ("system",))
    if kind not in _ABOUT_TARGETS:
        _restrict(subject, context, "event.target", (None,))
        return None if product(boxes, [context]) else _no_such_event(trigger)
    names = [target] if target else list(subject.ruleset.targets)
    contexts = [(n, _about(subject, context, n)) for n in names]
    possible = [(n, boxes_) for n, c in contexts if (boxes_ := product(boxes, [c]))]
    if not possible:
        return _no_such_event(trigger)
    if any(_runs(subject, name, met) for name, met in possible):
        return None
    which = named([name for name, _ in possible])
    return (
        f"the target {which} has no limit for a ticket that the condition takes",
        f"条件所要求的工单没有目标 {which} 的时限",
    )


def _about(subject: Subject, context: Box, target: str) -> Box:
    box = dict(context)
    _restrict(subject, box, "event.target", (target,))
    return box


def _restrict(subject: Subject, box: Box, name: str, values: tuple[str | None, ...]) -> None:
    variable = subject.space.index("field", name)
    if variable is not None:
        box[variable] = sum(subject.space.having(name, value=value) for value in values)


def _no_such_event(trigger: str) -> tuple[str, str]:
    return (
        f"what the condition asks of the event is never so of {trigger}",
        f"{trigger} 事件永远不符合条件对事件的要求",
    )


def _runs(subject: Subject, target: str, boxes: list[Box]) -> bool:
    """Whether a ticket that a reaction takes can have a target: one of its limits may apply.

    Only what is looked at again whenever it changes is compared: the fields of the form.
    """
    space = subject.space
    limits = subject.ruleset.targets[target].limits
    place = len(subject.ruleset.stages)
    for rule in limits:
        for limit in subject.boxes(rule.when, place):
            stable = {v: m for v, m in limit.items() if _of_form(subject, space.keys[v])}
            if any(meet(stable, box) is not None for box in boxes):
                return True
    return False


def _of_form(subject: Subject, key: tuple[str, ...]) -> bool:
    return key[0] != "changed" and all(subject.space.known[n].form for n in _names(key))


def _names(key: tuple[str, ...]) -> tuple[str, ...]:
    return key[1:3] if key[0] == "relation" else key[1:2]


# -- waits ----------------------------------------------------------------------------------------


def _ended_before(subject: Subject, reaction: Reaction, boxes: list[Box]) -> tuple[str, str] | None:
    """Say whether a wait ends with the very event that its condition needs."""
    variable = subject.space.index("field", "status")
    if variable is None or not _waits(reaction) or not boxes:
        return None
    if not all(variable in box for box in boxes):
        return None
    asked = 0
    for box in boxes:
        asked |= box[variable]
    cells = subject.space.cells["status"]
    statuses = [str(cell.values[0]) for n, cell in enumerate(cells) if asked >> n & 1]
    if not all(_ends_at(reaction, status) for status in statuses):
        return None
    which = named(statuses)
    return (
        f"the wait has ended when the status becomes {which}, which the condition asks for",
        f"条件要求状态为 {which}，而进入该状态时等待已经结束",
    )


def _ends_at(reaction: Reaction, status: str) -> bool:
    event = _ENTERED_BY.get(status)
    if event is None:
        return False
    if any(status in _AFTER.get(trigger, frozenset({status})) for trigger in reaction.on):
        return False
    return event in reaction.until or status in TERMINAL_STATUSES
