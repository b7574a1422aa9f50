"""Counts what happened on a desk, in one pass over its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ruledesk.model.action import Submit
from ruledesk.model.event import (
    Event,
    MessagesQueued,
    TargetBreached,
    TargetsCorrected,
    TargetsMet,
    TargetsStarted,
)
from ruledesk.model.ticket import Status
from ruledesk.pilot.result import Totals


def count_events(events: Iterable[Event]) -> Totals:
    """Count tickets, messages and targets.

    Args:
        events: All events of a desk in order of commit; streamed.

    Returns:
        The counts. A target that is breached and met later counts as breached.
    """
    counting = _Counting()
    for event in events:
        counting.add(event)
    return counting.totals()


class _Counting:
    def __init__(self) -> None:
        self.events = self.messages = self.met = self.breached = 0
        self.channels: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()
        self.status: dict[str, str] = {}
        self.late: dict[str, set[str]] = {}

    def add(self, event: Event) -> None:
        self.events += 1
        if event.version == 1:
            self.status[event.ticket] = Status.NEW
        if event.status is not None:
            self.status[event.ticket] = event.status
        body = event.body
        if isinstance(body, Submit):
            self.channels[body.channel] += 1
            self.lines[body.line] += 1
        elif isinstance(body, MessagesQueued):
            self.messages += len(body.messages)
        else:
            self.add_target(event)

    def add_target(self, event: Event) -> None:
        body = event.body
        if isinstance(body, TargetBreached):
            self.breached += 1
            self.late.setdefault(event.ticket, set()).add(body.name)
        elif isinstance(body, TargetsStarted):
            # A repeated target starts anew; what became of its last round is counted already.
            self.late.get(event.ticket, set()).difference_update(t.name for t in body.targets)
        elif isinstance(body, TargetsCorrected):
            self.breached -= len(body.unbroken)
            self.met -= len(body.unmet)
            self.late.get(event.ticket, set()).difference_update(t.name for t in body.targets)
        elif isinstance(body, TargetsMet):
            self.met += len(set(body.names) - self.late.get(event.ticket, set()))

    def totals(self) -> Totals:
        return Totals(
            tickets=len(self.status),
            events=self.events,
            messages=self.messages,
            met=self.met,
            breached=self.breached,
            channels=_ordered(self.channels),
            statuses=_ordered(Counter(str(status) for status in self.status.values())),
            lines=_ordered(self.lines),
        )


def _ordered(counter: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
