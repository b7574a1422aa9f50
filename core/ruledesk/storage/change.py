"""What one commit changes, as a value: made by a transaction, applied to the state of a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone


@frozen
class Appended:
    """New events of a ticket, the view they lead to, and the messages they cause."""

    ticket: Ticket
    events: tuple[Event, ...]
    messages: tuple[Delivery, ...] = ()


@frozen
class RequesterSaved:
    """A requester as known from here on."""

    requester: Requester


@frozen
class CallSaved:
    """A call as known from here on, and its ticket's number, empty while it has none."""

    call: Call
    ticket: str


@frozen
class DeliverySaved:
    """Where a message, queued before, stands from here on."""

    delivery: Delivery


@frozen
class DocumentSaved:
    """A document by key; `document` is plain JSON data."""

    key: str
    document: Mapping[str, Any]


@frozen
class TicketDeleted:
    """A ticket that is no more.

    Attributes:
        tombstone: What stays of it.
        messages: Ids of its messages.
        calls: Ids of the calls that were its.
        blobs: Names of the blobs that it named; other tickets may need them.
    """

    tombstone: Tombstone
    messages: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()


@frozen
class Rewritten:
    """A ticket whose stored words were replaced.

    Attributes:
        ticket: The ticket that `events` lead to.
        events: Its whole history.
        messages: All its deliveries, by the same ids and in the same order as before.
        before: The events that were stored, which the first of `events` replace.
        calls: Ids of the calls that were its, and are no more.
    """

    ticket: Ticket
    events: tuple[Event, ...]
    messages: tuple[Delivery, ...]
    before: tuple[Event, ...]
    calls: tuple[str, ...] = ()

    @property
    def new(self) -> tuple[Event, ...]:
        """The events that replace none."""
        return self.events[len(self.before) :]


@frozen
class RequesterForgotten:
    """A requester, by id, who is no more."""

    id: str


Step: TypeAlias = (
    Appended
    | RequesterSaved
    | RequesterForgotten
    | CallSaved
    | DeliverySaved
    | DocumentSaved
    | TicketDeleted
    | Rewritten
)


@frozen
class Change:
    """A commit.

    Attributes:
        steps: What changes, in the order in which it was asked for; deletions come last.
        sequences: The sequences from which numbers were taken: key to the last number taken.
    """

    steps: tuple[Step, ...] = ()
    sequences: Mapping[str, int] = field(factory=dict)

    def __bool__(self) -> bool:
        return bool(self.steps or self.sequences)
