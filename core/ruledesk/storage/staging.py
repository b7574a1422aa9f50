"""A unit of work: collects what is to change and checks it against what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

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
    RequesterForgotten,
    RequesterSaved,
    Rewritten,
    Step,
    TicketDeleted,
)
from ruledesk.storage.state import IndexedState


class Committed(Protocol):
    """What a transaction asks its store; see `ruledesk.storage.interface.Store`."""

    def ticket(self, number: str) -> Ticket | None:
        """Return a ticket as its events have made it."""

    def events(self, number: str) -> Sequence[Event]:
        """Return a ticket's events, in order."""

    def messages(self, ticket: str) -> Sequence[Delivery]:
        """Return all deliveries of a ticket, in order of queueing."""

    def requester(self, *, id: str) -> Requester | None:  # noqa: A002
        """Find a requester by id."""

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        """Name the tickets due at or before `now`."""


class StagedTransaction:
    """The `Transaction` of stores that write in one process.

    Args:
        state: What is stored. Nothing changes it while the transaction is open.
        committed: What the store answers.
    """

    def __init__(self, state: IndexedState, committed: Committed) -> None:
        self._state = state
        self._committed = committed
        self._deleted: dict[str, TicketDeleted] = {}
        self._steps: list[Step] = []
        self._sequences: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._queued: dict[str, Delivery] = {}
        self._open = True

    def finish(self) -> Change:
        """End the transaction.

        Returns:
            What it changes.
        """
        self._open = False
        steps = (*self._steps, *self._deleted.values())
        return Change(tuple(map(self._with_calls, steps)), self._sequences)

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
        check_version(number, self._version(number), expected_version)
        check_events(ticket, events, expected_version)
        self._steps.append(Appended(ticket, tuple(events), tuple(messages)))
        self._versions[number] = ticket.version
        self._queued.update((delivery.message.id, delivery) for delivery in messages)

    def claim_due(self, now: datetime) -> Ticket | None:
        """Take the ticket that is due first; see `Transaction.claim_due`.

        No other block is open while this one is, so that nobody else has it in hand.
        """
        self._check()
        first = next(iter(self._committed.due(now, 1)), None)
        return None if first is None else self._committed.ticket(first)

    def rewrite(
        self,
        ticket: Ticket,
        events: Sequence[Event],
        *,
        expected_version: int,
        messages: Sequence[Delivery],
    ) -> None:
        """Put other words in the place of a ticket's; see `Transaction.rewrite`.

        Raises:
            Conflict: The stored version is not the expected one, or this block changed the ticket.
            InvalidInput: The events are not its whole history, or the messages not all its own.
        """
        self._check()
        number = ticket.number
        stored = 0 if number in self._deleted else self._version(number)
        check_version(number, stored, expected_version)
        self._check_untouched(number)
        check_events(ticket, events, 0)
        before = tuple(self._committed.events(number))
        if len(events) < len(before):
            raise InvalidInput.of(
                "has lost events", "事件有缺失", field=f"{number}.version",
                value=len(events), accepted=(f"at least {len(before)}",),
            )  # fmt: skip
        check_messages(number, messages, self._committed.messages(number))
        self._steps.append(Rewritten(ticket, tuple(events), tuple(messages), before))
        self._versions[number] = ticket.version
        self._queued.update((delivery.message.id, delivery) for delivery in messages)

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
        stored = self._version(number)
        if not stored or number in self._deleted:
            raise NotFound.of("no such ticket", "没有此工单", field="number", value=number)
        check_version(number, stored, tombstone.version)
        self._check_untouched(number)
        messages = tuple(one.message.id for one in self._committed.messages(number))
        self._deleted[number] = TicketDeleted(
            tombstone, messages, blobs=self._state.blobs_of(number)
        )

    def _with_calls(self, step: Step) -> Step:
        """Add the calls that are the ticket's when the transaction ends."""
        match step:
            case TicketDeleted(tombstone):
                return evolve(step, calls=self._calls_of(tombstone.number))
            case Rewritten(ticket):
                return evolve(step, calls=self._calls_of(ticket.number))
        return step

    def _calls_of(self, number: str) -> tuple[str, ...]:
        calls = dict.fromkeys(self._state.calls.of(number), number)
        calls |= {s.call.id: s.ticket for s in self._steps if isinstance(s, CallSaved)}
        return tuple(name for name, ticket in calls.items() if ticket == number)

    def save_requester(self, requester: Requester) -> None:
        """Store a requester by id; see `Transaction.save_requester`.

        Raises:
            InvalidInput: The requester has no id.
        """
        self._check()
        needs(requester.id, "requester.id")
        self._steps.append(RequesterSaved(requester))

    def forget_requester(self, id: str) -> None:  # noqa: A002
        """Remove a requester; see `Transaction.forget_requester`."""
        self._check()
        staged = any(isinstance(s, RequesterSaved) and s.requester.id == id for s in self._steps)
        if staged or self._committed.requester(id=id) is not None:
            self._steps.append(RequesterForgotten(id))

    def save_call(self, call: Call, ticket: str) -> None:
        """Store what is known of a call; see `Transaction.save_call`.

        Raises:
            InvalidInput: The call has no id.
        """
        self._check()
        needs(call.id, "call.id")
        self._steps.append(CallSaved(call, ticket))

    def save_delivery(self, delivery: Delivery) -> None:
        """Store where a message stands; see `Transaction.save_delivery`.

        The message itself stays as it is stored: its words may have been replaced while whoever
        had it in hand was sending it.

        Raises:
            NotFound: The message was never queued.
        """
        self._check()
        name = delivery.message.id
        stored = self._queued.get(name) or self._delivery(name, delivery.message.ticket)
        if stored is None:
            raise NotFound.of(
                "no message with this id was queued", "没有此编号的消息", field="id", value=name
            )
        self._steps.append(DeliverySaved(evolve(delivery, message=stored.message)))

    def save_document(self, key: str, document: Mapping[str, Any]) -> None:
        """Store a small JSON document by key; see `Transaction.save_document`.

        Raises:
            InvalidInput: It has no JSON form.
        """
        self._check()
        needs(key, "key")
        self._steps.append(DocumentSaved(key, json.loads(canonical(document))))

    def _version(self, number: str) -> int:
        """Return the version that a ticket has at this place of the block."""
        staged = self._versions.get(number)
        return self._state.version(number) if staged is None else staged

    def _delivery(self, message: str, ticket: str) -> Delivery | None:
        waiting = self._state.outbox.get(message)
        if waiting is not None:
            return waiting
        of_ticket = self._committed.messages(ticket)
        return next((one for one in of_ticket if one.message.id == message), None)

    def _check_untouched(self, number: str) -> None:
        if number in self._versions:
            raise Conflict.of(
                "the same transaction has stored events of it",
                "同一事务已写入该工单的事件",
                field="number",
                value=number,
            )

    def _check(self) -> None:
        if not self._open:
            raise StorageFault.of("the transaction has ended", "事务已结束")


def check_messages(number: str, given: Sequence[Delivery], stored: Sequence[Delivery]) -> None:
    """Refuse messages that are not those of the ticket."""
    names, known = ([one.message.id for one in some] for some in (given, stored))
    if names != known:
        raise InvalidInput.of(
            "are not the messages of the ticket, in order of queueing",
            "不是该工单按入队顺序排列的全部消息",
            field=f"{number}.messages",
            value=names,
            accepted=tuple(known),
        )


def check_version(number: str, stored: int, expected: int) -> None:
    """Refuse to go on from a version that is not the stored one."""
    if stored != expected:
        raise Conflict.of(
            f"ticket {number} is at version {stored}",
            f"工单 {number} 的版本是 {stored}",
            field="expected_version",
            value=expected,
            accepted=(str(stored),),
        )


def check_events(ticket: Ticket, events: Sequence[Event], version: int) -> None:
    """Refuse events that are not the next of the ticket."""
    needs(ticket.number, "ticket.number")
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


def needs(key: str, field: str) -> None:
    """Refuse an empty key."""
    if not key:
        raise InvalidInput.of("must not be empty", "不能为空", field=field, value=key)
