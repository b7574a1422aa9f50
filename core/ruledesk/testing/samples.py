"""Tickets, events and messages with which to fill a store in a test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ruledesk.model.action import Note, Submit
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery, Message
from ruledesk.model.ticket import Requester, Status, Ticket
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store

#: When the samples begin.
START = datetime(2026, 1, 5, 1, tzinfo=UTC)


def sample_ticket(number: str, minute: int = 0, **changes: Any) -> Ticket:
    """Make a new ticket at version 1.

    Args:
        number: Its number.
        minute: Minutes after `START` at which it was created.
        **changes: Other attributes.
    """
    at = START + timedelta(minutes=minute)
    ticket = Ticket(number, "support", "phone", at, Requester("R1", "张伟"), version=1)
    return changed(ticket, **changes)


def submitted(ticket: Ticket, source: str = "") -> Event:
    """Make the first event of a ticket."""
    body = Submit(ticket.line, ticket.channel, ticket.requester, source=source)
    return Event(ticket.number, 1, ticket.created_at, "requester", body, ticket.status)


def noted(ticket: Ticket, text: str = "冰箱不制冷") -> tuple[Ticket, Event]:
    """Make the next event of a ticket, a note, and the ticket after it."""
    event = Event(ticket.number, ticket.version + 1, ticket.created_at, "agent:A1", Note(text))
    return changed(ticket, version=event.version), event


def delivery(ticket: str, n: int, minute: int = 0, **changes: Any) -> Delivery:
    """Make the n-th message of a ticket, waiting from a minute after `START` on."""
    message = Message(
        f"{ticket}/{n}", ticket, "requester", "sms", "received", "13800000001", "",
        "您的工单已受理", "zh", "<submit>",
    )  # fmt: skip
    return changed(Delivery(message, "waiting", START + timedelta(minutes=minute)), **changes)


def store_ticket(
    store: Store, ticket: Ticket, *, source: str = "", messages: Sequence[Delivery] = ()
) -> Ticket:
    """Store a new ticket with its first event; returns it."""
    with store.transaction() as transaction:
        transaction.append(
            ticket, [submitted(ticket, source)], expected_version=0, messages=messages
        )
    return ticket


def fill(store: Store) -> None:
    """Store four tickets that the filters tell apart, a minute apart."""
    overdue, vague = frozenset({"overdue"}), frozenset({"vague"})
    both = overdue | vague
    store_ticket(
        store,
        sample_ticket(
            "T1", 1, team="it", agent="A1", priority="P1", flags=overdue, subject="冰箱不制冷"
        ),
    )
    store_ticket(
        store,
        sample_ticket(
            "T2",
            2,
            team="logistics",
            agent="A1",
            flags=both,
            requester=Requester("R2"),
            description="The login page",
        ),
    )
    store_ticket(store, sample_ticket("T3", 3, team="it", status=Status.CLOSED))
    store_ticket(
        store,
        sample_ticket("T4", 4, type="q", category="a/b", flags=vague, subject="at 100% load"),
    )
