"""A unit of work: collects what is to change and checks it against what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve

from ruledesk.codec import canonical
from ruledesk.errors import Conflict, InvalidInput, NotFound, StorageFault
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import (
    Appended,
    CallSaved,
    Change,
    DeliverySaved,
    DocumentSaved,
    RequesterSaved,
    Step,
    TicketDeleted,
)
from ruledesk.storage.state import IndexedState


class StagedTransaction:
    """The `Transaction` of stores that write in one process.

    Args:
        state: What is stored. Nothing changes it while the transaction is open.
        known: Says whether a message was queued by an earlier commit.
        messages: Returns the deliveries of a ticket.
    """

    def __init__(
        self,
        state: IndexedState,
        known: Callable[[Delivery], bool],
        messages: Callable[[str], Sequence[Delivery]],
    ) -> None:
        self._state = state
        self._known = known
        self._messages = messages
        self._deleted: dict[str, TicketDeleted] = {}
        self._steps: list[Step] = []
        self._sequences: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._queued: set[str] = set()
        self._open = True

    def finish(self) -> Change:
        """End the transaction.

        Returns:
            What it changes.
        """
        self._open = False
        gone = (self._with_calls(deleted) for deleted in self._deleted.values())
        return Change((*self._steps, *gone), self._sequences)

    def next_in_sequence(self, key: str) -> int:
        """Take the next number of a sequence; see `Transaction.next_in_sequence`."""
        self._check()
        last = self._sequences.get(key)
        if last is None:
            last = self._state.sequences.get(key, 0)
        self._sequences[key] = last + 1
        return last + 1

    def append(
        self,
        ticket: Ticket,
        events: Sequence[Event],
        *,
        expected_version: int,
        messages: Sequence[Delivery] = (),
    ) -> None:
        """Store new events, view and messages; see `Transaction.append`.

        Raises:
            Conflict: The stored version is not the expected one.
            InvalidInput: The events do not lead from that version to the ticket's.
        """
        self._check()
        number = ticket.number
        if number in self._deleted or number in self._state.tombstones:
            raise Conflict.of(
                "the number is that of a deleted ticket",
                "此编号属于已删除的工单",
                field="ticket.number",
                value=number,
            )
        stored = self._versions.get(number)
        if stored is None:
            stored = self._state.version(number)
        _check_version(number, stored, expected_version)
        _check_events(ticket, events, expected_version)
        self._steps.append(Appended(ticket, tuple(events), tuple(messages)))
        self._versions[number] = ticket.version
        self._queued.update(delivery.message.id for delivery in messages)

    def delete_ticket(self, number: str, tombstone: Tombstone) -> None:
        """Remove a ticket for good; see `Transaction.delete_ticket`.

        Raises:
            NotFound: There is no such ticket.
            Conflict: The stored version is not the tombstone's, or this block changed the ticket.
            InvalidInput: The tombstone is another ticket's.
        """
        self._check()
        if tombstone.number != number:
            raise InvalidInput.of(
                "is another ticket's", "属于其他工单", field="tombstone.number",
                value=tombstone.number, accepted=(number,),
            )  # fmt: skip
        stored = self._versions.get(number) or self._state.version(number)
        if not stored or number in self._deleted:
            raise NotFound.of("no such ticket", "没有此工单", field="number", value=number)
        _check_version(number, stored, tombstone.version)
        if number in self._versions:
            raise Conflict.of(
                "the same transaction has stored events of it",
                "同一事务已写入该工单的事件",
                field="number",
                value=number,
            )
        messages = tuple(delivery.message.id for delivery in self._messages(number))
        self._deleted[number] = TicketDeleted(
            tombstone, messages, blobs=self._state.blobs_of(number)
        )

    def _with_calls(self, deleted: TicketDeleted) -> TicketDeleted:
        """Add the calls that are the ticket's when the transaction ends."""
        calls = {id_: ticket for id_, (_, ticket) in self._state.calls.items()}
        calls |= {s.call.id: s.ticket for s in self._steps if isinstance(s, CallSaved)}
        mine = tuple(id_ for id_, ticket in calls.items() if ticket == deleted.tombstone.number)
        return evolve(deleted, calls=mine)

    def save_requester(self, requester: Requester) -> None:
        """Store a requester by id; see `Transaction.save_requester`.

        Raises:
            InvalidInput: The requester has no id.
        """
        self._check()
        _needs(requester.id, "requester.id")
        self._steps.append(RequesterSaved(requester))

    def save_call(self, call: Call, ticket: str) -> None:
        """Store what is known of a call; see `Transaction.save_call`.

        Raises:
            InvalidInput: The call has no id.
        """
        self._check()
        _needs(call.id, "call.id")
        self._steps.append(CallSaved(call, ticket))

    def save_delivery(self, delivery: Delivery) -> None:
        """Store where a message stands; see `Transaction.save_delivery`.

        Raises:
            NotFound: The message was never queued.
        """
        self._check()
        message = delivery.message.id
        if message not in self._queued and not self._known(delivery):
            raise NotFound.of(
                "no message with this id was queued", "没有此编号的消息", field="id", value=message
            )
        self._steps.append(DeliverySaved(delivery))

    def save_document(self, key: str, document: Mapping[str, Any]) -> None:
        """Store a small JSON document by key; see `Transaction.save_document`.

        Raises:
            InvalidInput: It has no JSON form.
        """
        self._check()
        _needs(key, "key")
        self._steps.append(DocumentSaved(key, json.loads(canonical(document))))

    def _check(self) -> None:
        if not self._open:
            raise StorageFault.of("the transaction has ended", "事务已结束")


def _check_version(number: str, stored: int, expected: int) -> None:
    if stored != expected:
        raise Conflict.of(
            f"ticket {number} is at version {stored}",
            f"工单 {number} 的版本是 {stored}",
            field="expected_version",
            value=expected,
            accepted=(str(stored),),
        )


def _check_events(ticket: Ticket, events: Sequence[Event], version: int) -> None:
    """Refuse events that are not the next of the ticket."""
    _needs(ticket.number, "ticket.number")
    for event in events:
        version += 1
        if (event.ticket, event.version) != (ticket.number, version):
            raise InvalidInput.of(
                "is not the next event of the ticket",
                "不是工单的下一个事件",
                field=f"{ticket.number}/{version}",
                value=f"{event.ticket}/{event.version}",
            )
    if ticket.version != version or version == 0:
        raise InvalidInput.of(
            "the ticket's version is not that of its last event",
            "工单版本与最后事件不符",
            field=f"{ticket.number}.version",
            value=ticket.version,
            accepted=(str(version),) if version else ("at least one event",),
        )


def _needs(key: str, field: str) -> None:
    if not key:
        raise InvalidInput.of("must not be empty", "不能为空", field=field, value=key)
