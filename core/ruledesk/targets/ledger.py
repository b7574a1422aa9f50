"""The ledger of a target: why its due time is what it is.

It lists what the target's clock did from its start on, piece by piece; the running pieces add up to
the budget used, and once the budget is used up the target is due.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ruledesk.calendar import Clock, Kind, Pause
from ruledesk.model.ticket import Target
from ruledesk.targets.limit import Limit


@frozen
class Segment:
    """A piece of a target's time.

    Attributes:
        start: From, in UTC.
        end: To, in UTC.
        kind: ``running``, ``paused`` (it would run, were it not for a pause), ``closed`` (outside
            the working time; also while the clock waits for the opening at which it begins) or
            ``holiday``.
        seconds: Elapsed time.
    """

    start: datetime
    end: datetime
    kind: Kind
    seconds: float


@frozen
class Ledger:
    """Everything that the due time of a target follows from.

    Attributes:
        segments: From the target's start (or from when it was to begin, where its clock waited
            for an opening) to when it was met, or else to now, without a gap.
        used_seconds: The running segments.
        budget_seconds: What the limit allows on its clock.
        due: When the budget is used up, given the pauses so far; while the target is paused, as
            if the pause ended now. It is worked out anew from limit and calendar; where it differs
            from `Target.due`, the calendar has changed since.
    """

    segments: tuple[Segment, ...]
    used_seconds: float
    budget_seconds: float
    due: datetime

    @property
    def left_seconds(self) -> float:
        """Budget not yet used; negative once more was used than allowed."""
        return round(self.budget_seconds - self.used_seconds, 6)

    @classmethod
    def of(cls, target: Target, calendar: Clock, now: datetime) -> Ledger:
        """Draw up the ledger of a target.

        Args:
            target: The target as it stands.
            calendar: The calendar that it names; its wall-clock limits do not look at it.
            now: Until when to look, aware.

        Returns:
            The ledger.

        Raises:
            InvalidInput: The target's limit or times cannot be used.
        """
        limit = Limit.parse(target.limit, f"targets.{target.name}.limit")
        end = _end(target, now)
        pauses = _pauses(target, end)
        return cls(
            segments=ledger(target, calendar, now),
            used_seconds=_used(target, limit.clock(calendar), end, pauses),
            budget_seconds=limit.budget(target.started_at, calendar).total_seconds(),
            due=limit.due(target.started_at, calendar, pauses),
        )


def ledger(target: Target, calendar: Clock, now: datetime) -> tuple[Segment, ...]:
    """Cut a target's time into pieces by what its clock did.

    Args:
        target: The target as it stands.
        calendar: The calendar that it names; its wall-clock limits do not look at it.
        now: Until when to look, aware.

    Returns:
        Segments that tile from the start to when the target was met, or else to `now`; none where
        that is not after the start. A breached target that was not met runs on. Where the clock
        waited for an opening, the first one is that wait, ``closed``.

    Raises:
        InvalidInput: The target's limit or times cannot be used.
    """
    clock = Limit.parse(target.limit, f"targets.{target.name}.limit").clock(calendar)
    end = _end(target, now)
    pieces = clock.segments(target.started_at, end, _pauses(target, end))
    return (
        *_wait(target, end),
        *(
            Segment(begin, stop, kind, (stop - begin).total_seconds())
            for begin, stop, kind in pieces
        ),
    )


def _wait(target: Target, end: datetime) -> tuple[Segment, ...]:
    """The time before the opening at which the clock began (C1)."""
    if target.asked_at is None or end <= target.asked_at:
        return ()
    stop = min(target.started_at, end)
    return (Segment(target.asked_at, stop, "closed", (stop - target.asked_at).total_seconds()),)


def _end(target: Target, now: datetime) -> datetime:
    return now if target.met_at is None else min(target.met_at, now)


def _pauses(target: Target, end: datetime) -> tuple[Pause, ...]:
    if target.paused_at is None or target.paused_at >= end:
        return target.pauses
    return (*target.pauses, (target.paused_at, end))


def _used(target: Target, clock: Clock, end: datetime, pauses: tuple[Pause, ...]) -> float:
    if end <= target.started_at:
        return 0.0
    return clock.between(target.started_at, end, pauses).total_seconds()
