"""What is known of a call after one more event, in whatever order events come (D3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from ruledesk.model.ticket import Call
from ruledesk.model.values import changed
from ruledesk_plugins.phone.event import CallEvent, Kind

#: A time this far ahead of the desk's clock is an error of the telephone system's clock.
FURTHEST_AHEAD: Final = timedelta(days=1)
#: The call goes on elsewhere; nobody has to call back.
_GOES_ON: Final = frozenset({"forwarded", "transferred"})


@frozen
class Merged:
    """A call after an event.

    Attributes:
        call: All that is known.
        missed: Whether this event ended the call unanswered.
        notes: What was wrong with the times, and what was done about it.
    """

    call: Call
    missed: bool = False
    notes: tuple[str, ...] = ()


def merge(known: Call | None, event: CallEvent, now: datetime) -> Merged:
    """Add an event to what is known of its call.

    What is known is never overwritten, so the same event again changes nothing. Times keep the
    order ring, answer, end: one that contradicts what is known is moved to it, with a note.

    Args:
        known: The call so far; None for a call not heard of.
        event: What happened.
        now: The desk's clock, for events without a time.

    Returns:
        The call, equal to `known` where the event says nothing new.
    """
    call = known or Call(id=event.call)
    if event.caller and not call.caller:
        call = changed(call, caller=event.caller)
    at, notes = _time_of(event, now)
    return _STEPS[event.kind](call, event, at, notes)


def _time_of(event: CallEvent, now: datetime) -> tuple[datetime, tuple[str, ...]]:
    if event.unreadable_time:
        return now, (
            f"the time {event.unreadable_time} cannot be read; the desk's clock is taken / "
            "时间无法识别，改用系统时间",
        )
    if event.at is not None and event.at - now > FURTHEST_AHEAD:
        return now, (
            f"the time {event.at.isoformat()} lies ahead; the desk's clock is taken / "
            "时间晚于当前时间，改用系统时间",
        )
    return event.at or now, ()


def _new_call(call: Call, event: CallEvent, at: datetime, notes: tuple[str, ...]) -> Merged:
    if call.started_at is not None:
        return Merged(call)
    latest = call.answered_at or call.ended_at
    if latest is not None and at > latest:
        notes += _moved(event.kind, at, latest)
        at = latest
    return Merged(changed(call, started_at=at), notes=notes)


def _answer(call: Call, event: CallEvent, at: datetime, notes: tuple[str, ...]) -> Merged:
    if call.answered_at is not None:
        return Merged(call)
    placed, more = _within(event.kind, at, call.started_at, call.ended_at)
    return Merged(changed(call, answered_at=placed), notes=notes + more)


def _hangup(call: Call, event: CallEvent, at: datetime, notes: tuple[str, ...]) -> Merged:
    if call.ended_at is not None:
        return Merged(call)
    placed, more = _within(event.kind, at, call.answered_at or call.started_at, None)
    missed = call.answered_at is None and event.cause not in _GOES_ON
    return Merged(changed(call, ended_at=placed), missed, notes + more)


_STEPS: Final[Mapping[Kind, Callable[[Call, CallEvent, datetime, tuple[str, ...]], Merged]]] = {
    "newCall": _new_call,
    "answer": _answer,
    "hangup": _hangup,
}


def _within(
    kind: str, at: datetime, earliest: datetime | None, latest: datetime | None
) -> tuple[datetime, tuple[str, ...]]:
    if earliest is not None and at < earliest:
        return earliest, _moved(kind, at, earliest)
    if latest is not None and at > latest:
        return latest, _moved(kind, at, latest)
    return at, ()


def _moved(kind: str, at: datetime, to: datetime) -> tuple[str, ...]:
    return (
        f"the time of {kind}, {at.isoformat()}, contradicts the call; {to.isoformat()} is taken / "
        f"{kind} 的时间与通话不符，改用 {to.isoformat()}",
    )
