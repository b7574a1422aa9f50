"""A unit of work: checks what is asked for against what is stored, and stages it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve

from ruledesk.codec import canonical
from ruledesk.errors import Conflict, InvalidInput, NotFound, StorageFault
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Call, Requester, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.staging import check_events, check_messages, check_version, needs
from ruledesk_plugins.sql import reading, writes
from ruledesk_plugins.sql.block import Block
from ruledesk_plugins.sql.schema import unescaped
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.staged import Staged, StagedTicket
from ruledesk_plugins.sql.tickets import TicketCache
from ruledesk_plugins.sql.trouble import deleted_number


class SQLTransaction:
    """The `Transaction` of SQL stores.

    Args:
        block: The database's side of it.
        cache: Tickets that were read before.
    """

    def __init__(self, block: Block, cache: TicketCache) -> None:
        self._block = block
        self._cache = cache
        self._open = True
        self._read: dict[str, StagedTicket] = {}
        self.staged = Staged()

    def finish(self) -> None:
        """Take nothing more."""
        self._open = False

    def read_ticket(self, number: str) -> Ticket | None:
        """Return a ticket as it is stored, and let nobody else change it."""
        found = self._stored(number)
        return None if found is None else found.old

    def next_in_sequence(self, key: str) -> int:
        """Take the next number of a sequence; see `Transaction.next_in_sequence`."""
        self._check()
        sequences = self.staged.sequences
        if self._block.dialect == "postgresql":
            statement = writes.NEXT_IN_SEQUENCE
            found: Any = self._block.ask(lambda session: session.row(statement, key=key))
            sequences[key] = found[0]
        else:
            last = sequences.get(key)
            if last is None:
                found = self._block.ask(lambda session: session.row(writes.SEQUENCE, key=key))
                last = found[0] if found else 0
            sequences[key] = last + 1
        return sequences[key]

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
        staged = self._to_append(ticket.number, expected_version)
        check_version(ticket.number, staged.version, expected_version)
        check_events(ticket, events, expected_version)
        staged.new = ticket
        staged.events.extend(events)
        staged.messages.update((one.message.id, one) for one in messages)
        self.staged.tickets[ticket.number] = staged
        self.staged.log.extend(events)

    def _to_append(self, number: str, expected: int) -> StagedTicket:
        staged = self.staged.tickets.get(number)
        if staged is not None:
            if staged.tombstone is not None:
                raise deleted_number()
            if staged.rewritten:
                raise _changed_already(number)
            return staged
        needs(number, "ticket.number")
        if expected == 0 and self._block.dialect == "postgresql":
            # The insert finds out whether the number is taken, and by a tombstone.
            return StagedTicket(number, None, None, "")
        stored = self._stored(number)
        if stored is not None:
            return stored
        if self._block.ask(lambda session: reading.tombstone(session, number)) is not None:
            raise deleted_number()
        return StagedTicket(number, None, None, "")

    def claim_due(self, now: datetime) -> Ticket | None:
        """Take the ticket that is due first; see `Transaction.claim_due`."""
        self._check()
        found = self._block.ask(lambda session: session.row(reading.CLAIMED, now=now, limit=1))
        return None if found is None else self.read_ticket(unescaped(found[0]))

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
        stored = self._untouched(number)
        check_version(number, stored.version if stored else 0, expected_version)
        check_events(ticket, events, 0)
        if stored is None or len(events) < expected_version:
            raise InvalidInput.of(
                "has lost events", "事件有缺失", field=f"{number}.version",
                value=len(events), accepted=(f"at least {expected_version}",),
            )  # fmt: skip
        known = self._block.ask(lambda session: reading.messages(session, number))
        check_messages(number, messages, known)
        stored.new, stored.rewritten = ticket, True
        stored.events = list(events)
        stored.messages = {one.message.id: one for one in messages}
        self.staged.tickets[number] = stored
        self.staged.log.extend(events[expected_version:])

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
        before = self.staged.tickets.get(number)
        stored = before if before is not None else self._stored(number)
        if stored is None or stored.tombstone is not None or not stored.version:
            raise NotFound.of("no such ticket", "没有此工单", field="number", value=number)
        check_version(number, stored.version, tombstone.version)
        if stored.touched:
            raise _changed_already(number)
        stored.tombstone = tombstone
        self.staged.tickets[number] = stored

    def save_requester(self, requester: Requester) -> None:
        """Store a requester by id; see `Transaction.save_requester`.

        Raises:
            InvalidInput: The requester has no id.
        """
        self._check()
        needs(requester.id, "requester.id")
        self.staged.requesters.pop(requester.id, None)  # the one saved last is found
        self.staged.requesters[requester.id] = requester

    def forget_requester(self, id: str) -> None:  # noqa: A002
        """Remove a requester; see `Transaction.forget_requester`."""
        self._check()
        self.staged.requesters[id] = None

    def save_call(self, call: Call, ticket: str) -> None:
        """Store what is known of a call; see `Transaction.save_call`.

        Raises:
            InvalidInput: The call has no id.
        """
        self._check()
        needs(call.id, "call.id")
        self.staged.calls[call.id] = (call, ticket)

    def save_delivery(self, delivery: Delivery) -> None:
        """Store where a message stands; see `Transaction.save_delivery`.

        The message itself stays as it is stored: its words may have been replaced while whoever
        had it in hand was sending it.

        Raises:
            NotFound: The message was never queued.
        """
        self._check()
        name = delivery.message.id
        for staged in self.staged.tickets.values():
            if name in staged.messages:
                message = staged.messages[name].message
                staged.messages[name] = evolve(delivery, message=message)
                return
        known = self.staged.deliveries.get(name) or self._block.ask(
            lambda session: _delivery(session, name)
        )
        if known is None:
            raise NotFound.of(
                "no message with this id was queued", "没有此编号的消息", field="id", value=name
            )
        self.staged.deliveries[name] = evolve(delivery, message=known.message)

    def save_document(self, key: str, document: Mapping[str, Any]) -> None:
        """Store a small JSON document by key; see `Transaction.save_document`.

        Raises:
            InvalidInput: It has no JSON form.
        """
        self._check()
        needs(key, "key")
        self.staged.documents[key] = canonical(document)

    def _stored(self, number: str) -> StagedTicket | None:
        """Return a ticket as it is stored, locked; what is locked is asked for once."""
        found = self._read.get(number) or self._block.ask(
            lambda session: self._cache.staged(session, number)
        )
        if found is None:
            return None
        self._read[number] = found
        return StagedTicket(found.number, found.id, found.old, found.head)

    def _untouched(self, number: str) -> StagedTicket | None:
        staged = self.staged.tickets.get(number)
        if staged is not None and staged.tombstone is not None:
            return None
        if staged is not None and staged.touched:
            raise _changed_already(number)
        return self._stored(number)

    def _check(self) -> None:
        if not self._open:
            raise StorageFault.of("the transaction has ended", "事务已结束")


def _changed_already(number: str) -> Conflict:
    return Conflict.of(
        "the same transaction has stored events of it", "同一事务已写入该工单的事件",
        field="number", value=number,
    )  # fmt: skip


def _delivery(session: Session, id_: str) -> Delivery | None:
    found = session.row(reading.LOCKED_DELIVERY, id=id_)
    return None if found is None else reading.delivery_of(found)


__all__ = ["SQLTransaction"]
