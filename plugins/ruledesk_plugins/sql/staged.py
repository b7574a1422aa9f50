"""What a block is to change: gathered while it runs, written when it ends."""

from __future__ import annotations

from attrs import define, field

from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone


@define
class StagedTicket:
    """A ticket that a block adds to, rewrites or deletes.

    Attributes:
        number: Its number.
        id: `tickets.id`; None for a new one.
        old: The ticket as it is stored; None for a new one.
        head: The digest of its last stored event; empty for a new one.
        new: The ticket as it is to be.
        events: New events, in order; for a rewritten ticket its whole history.
        messages: Deliveries to be queued; for a rewritten ticket all.
        tombstone: What stays of it, if it is deleted.
        rewritten: Whether stored events are replaced.
    """

    number: str
    id: int | None
    old: Ticket | None
    head: str
    new: Ticket | None = None
    events: list[Event] = field(factory=list)
    messages: dict[str, Delivery] = field(factory=dict)
    tombstone: Tombstone | None = None
    rewritten: bool = False

    @property
    def version(self) -> int:
        """The version at this place of the block."""
        if self.new is not None:
            return self.new.version
        return 0 if self.old is None else self.old.version

    @property
    def touched(self) -> bool:
        """Whether the block changes it."""
        return self.new is not None or self.tombstone is not None


@define
class Staged:
    """All that a block is to change, in the order in which it asked for it.

    Attributes:
        tickets: By number.
        log: New events of all tickets, in order; of rewritten ones those that replace none.
        requesters: By id; None for one that is forgotten.
        calls: By id, with the ticket's number.
        deliveries: Stored messages and where they stand, by id.
        documents: Canonical JSON by key.
        sequences: The last number taken, by key; PostgreSQL has written it already.
        assigned: Agents in the order of assignment.
    """

    tickets: dict[str, StagedTicket] = field(factory=dict)
    log: list[Event] = field(factory=list)
    requesters: dict[str, Requester | None] = field(factory=dict)
    calls: dict[str, tuple[Call, str]] = field(factory=dict)
    deliveries: dict[str, Delivery] = field(factory=dict)
    documents: dict[str, bytes] = field(factory=dict)
    sequences: dict[str, int] = field(factory=dict)

    @property
    def touched(self) -> list[StagedTicket]:
        """The tickets that change, by number: in one order, so that no two lock each other out."""
        return [self.tickets[number] for number in sorted(self.tickets)
                if self.tickets[number].touched]  # fmt: skip

    def __bool__(self) -> bool:
        return bool(
            self.touched
            or self.requesters
            or self.calls
            or self.deliveries
            or self.documents
            or self.sequences
        )


__all__ = ["Staged", "StagedTicket"]
