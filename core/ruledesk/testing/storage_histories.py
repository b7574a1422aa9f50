"""What the histories that stores are compared over are made of: few values, so that they meet."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias, get_args

from attrs import frozen
from hypothesis import strategies as st

from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Status, Target, Ticket
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterForgotten, RequesterSaved
from ruledesk.storage.interface import SortField, TicketQuery
from ruledesk.testing.samples import START, delivery, sample_ticket, submitted

_FEW, _MANY = 40, 500


def histories() -> int:
    """Return how many histories a store is driven through: ``RULEDESK_HISTORIES``, else few.

    In CI (the variable ``CI`` is set) they are 500 unless that variable says another number.
    """
    given = os.environ.get("RULEDESK_HISTORIES")
    return int(given) if given else _MANY if os.environ.get("CI") else _FEW


MINUTES = st.integers(0, 5)
AGENTS = ("", "A1", "A2", "A3")
WORDS = st.sampled_from(["", "alpha", "ALPHA beta", "冰箱", "a_b%c"])


def instant(minute: int) -> datetime:
    """Return an instant, some minutes after `START`."""
    return START + timedelta(minutes=minute)


def _target(minute: int, state: str, warned: bool) -> Target:
    warn_at = instant(minute - 2) if warned else None
    due = instant(minute)
    return Target("response", state, START, "2h", "", due, "r", warn_at=warn_at)  # type: ignore[arg-type]


#: Attributes of a ticket that the indexes read, each with few values, so that they meet.
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(Status),
        "team": st.sampled_from(["", "it", "logistics"]),
        "agent": st.sampled_from(AGENTS),
        "priority": st.sampled_from(["", "P1", "P2"]),
        "type": st.sampled_from(["", "it-support"]),
        "category": st.sampled_from(["", "a/b"]),
        "flags": st.frozensets(st.sampled_from(["overdue", "vague"])),
        "closed_at": st.none() | MINUTES.map(instant),
        "updated_at": st.none() | MINUTES.map(instant),
        "timers": st.sampled_from([{}, {"a": START}, {"a": instant(2)}, {"a": instant(4)}]),
        "targets": st.dictionaries(
            st.just("response"),
            st.builds(_target, MINUTES, st.sampled_from(["running", "met"]), st.booleans()),
        ),
        "correlation_keys": st.lists(st.sampled_from(["k1", "k2"]), max_size=3).map(tuple),
        "subject": WORDS,
        "description": WORDS,
    },
)


@frozen
class Submission:
    """What a new ticket is made of.

    Attributes:
        minute: Minutes after `START` at which it was created.
        changes: Attributes of the ticket.
        source: The channel identity of its first event.
        requester: Its requester's id.
        messages: Minutes after `START` from which each of its messages may be sent.
    """

    minute: int
    changes: Mapping[str, Any]
    source: str
    requester: str
    messages: Sequence[int]

    def of(self, number: str) -> tuple[Ticket, Event, list[Delivery]]:
        """Make the ticket of a number, its first event, and its messages."""
        requester = Requester(self.requester)
        ticket = sample_ticket(number, self.minute, requester=requester, **self.changes)
        queued = [delivery(number, n, at) for n, at in enumerate(self.messages, 1)]
        return ticket, submitted(ticket, self.source), queued


SUBMISSIONS = st.builds(
    Submission,
    MINUTES,
    CHANGES,
    st.sampled_from(["", "s1", "s2"]),
    st.sampled_from(["", "R1", "R2"]),
    st.lists(MINUTES, max_size=3),
)
Kept: TypeAlias = RequesterSaved | RequesterForgotten | CallSaved | DocumentSaved


def _requester(name: str, phone: int, email: int) -> RequesterSaved:
    """Make a requester; no two share a phone or an address."""
    number, address = f"{name}-{phone}" if phone else "", f"{name}@{email}" if email else ""
    return RequesterSaved(Requester(name, phone=number, email=address))


def _call(name: str, minute: int, ticket: str) -> CallSaved:
    return CallSaved(Call(name, "138", instant(minute)), ticket)


def _document(key: str, value: int) -> DocumentSaved:
    return DocumentSaved(key, {"value": value, "nested": {"list": [1, "二", None]}})


#: What is kept besides tickets.
KEPT = st.one_of(
    st.builds(_requester, st.sampled_from(["R1", "R2"]), st.integers(0, 2), st.integers(0, 2)),
    st.sampled_from(["R1", "R2", "R3"]).map(RequesterForgotten),
    st.builds(_call, st.sampled_from(["c1", "c2"]), MINUTES, st.sampled_from(["", "T001"])),
    st.builds(_document, st.sampled_from(["d1", "d2"]), st.integers(0, 3)),
)
_FILTERED = st.builds(
    TicketQuery,
    where=st.fixed_dictionaries(
        {},
        optional={
            "status": st.lists(st.sampled_from(Status), max_size=4),
            "team": st.lists(st.sampled_from(["", "it", "logistics", "none"]), max_size=2),
            "agent": st.lists(st.sampled_from(AGENTS), max_size=2),
            "priority": st.lists(st.sampled_from(["", "P1"]), max_size=2),
            "flag": st.lists(st.sampled_from(["overdue", "vague"]), max_size=2),
            "requester": st.lists(st.sampled_from(["R1", "R2"]), max_size=2),
        },
    ),
    text=st.sampled_from(["", "", "alph", "箱", "a_b", "%"]),
    created_from=st.none() | MINUTES.map(instant),
    created_to=st.none() | MINUTES.map(instant),
    sort=st.sampled_from(get_args(SortField)),
    descending=st.booleans(),
    limit=st.integers(1, 4),
)
_ALL = st.builds(
    TicketQuery,
    sort=st.sampled_from(get_args(SortField)),
    descending=st.booleans(),
    limit=st.integers(1, 4),
)
#: Queries that such tickets meet: half of them of all tickets.
QUERIES = _ALL | _FILTERED
