"""Reads what a step says of a call, and plays what the telephone system says later (C2, D3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from ruledesk.desk.service import Desk
from ruledesk.errors import NotFound
from ruledesk.model.event import CallUpdated
from ruledesk.model.ticket import Call
from ruledesk.model.values import changed
from ruledesk.pilot.entry import Entry

_TEXTS: Final = ("id", "caller", "agent")
_TIMES: Final = ("started_at", "answered_at", "ended_at")
#: What a step may say of a call.
KEYS: Final = (*_TEXTS, *_TIMES)


def read_call(entry: Entry, start: datetime) -> Mapping[str, Any] | None:
    """Read what is said of a call.

    Args:
        entry: A mapping of `KEYS`; problems are noted on its source.
        start: What offsets count from.

    Returns:
        The values given, times in UTC; None where it is no mapping.
    """
    if entry.mapping() is None:
        return None
    entry.only(KEYS)
    said: dict[str, Any] = {key: entry.text(key) for key in _TEXTS if entry.has(key)}
    for key in _TIMES:
        at = entry.at(key).instant(start) if entry.has(key) else None
        if at is not None:
            said[key] = at
    for earlier, later in pairwise([key for key in _TIMES if key in said]):
        if said[later] < said[earlier]:
            entry.at(later).problem(
                f"earlier than {earlier}",
                f"早于 {earlier}",
                value=entry.value[later],
                accepted=(f"{said[earlier].isoformat()} or later",),
            )
    return said


def submitted_call(said: Mapping[str, Any], step: int) -> Call:
    """Make the call that a ticket is handed in with.

    Args:
        said: What is known of it.
        step: The step's number, for a call that has no id of its own.
    """
    return Call(**{"id": f"call-{step}", **said})


def say_more(desk: Desk, said: Mapping[str, Any], ticket: str, at: datetime) -> None:
    """Let the telephone system say more of a call.

    Args:
        desk: The desk.
        said: What is new; without an id, the call of the ticket is meant.
        ticket: The ticket's number; empty where there is none yet.
        at: The desk's clock.

    Raises:
        NotFound: There is neither an id nor a ticket with a call.
    """
    of_ticket = desk.ticket(ticket).call if ticket else None
    name = said.get("id") or (of_ticket.id if of_ticket else "")
    if not name:
        raise NotFound.of(
            "no call is meant", "未指明通话", field="with.id", value="", accepted=("id: …",)
        )
    known, number = desk.store.call(name) or (Call(name), "")
    call = changed(known, **said)
    if number:
        desk.record(number, [CallUpdated(call)], at)
        return
    with desk.store.transaction() as transaction:
        transaction.save_call(call, "")
