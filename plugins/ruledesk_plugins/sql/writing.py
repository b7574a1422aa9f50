"""From what a block has staged to the statements of its commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field

from ruledesk.model.event import Assigned, Event
from ruledesk.model.ticket import Requester, Ticket
from ruledesk.storage.interface import blobs, sources
from ruledesk.storage.row import Row, row_of
from ruledesk_plugins.sql import lists, reading, writes
from ruledesk_plugins.sql.batch import Batch, Move
from ruledesk_plugins.sql.block import Block, array_of, lock_of, lock_of_stored
from ruledesk_plugins.sql.commit import Proof
from ruledesk_plugins.sql.proof import proof_of
from ruledesk_plugins.sql.rows import (
    call_row,
    delivery_row,
    document_row,
    event_row,
    requester_row,
    ticket_row,
    tombstone_row,
)
from ruledesk_plugins.sql.schema import shortened, unescaped
from ruledesk_plugins.sql.staged import Staged, StagedTicket


@define
class Written:
    """What a commit means to who is told of it afterwards.

    Attributes:
        batch: Its statements.
        heads: Tickets as they are stored then, with the digest of the last event.
        gone: Numbers of tickets that are deleted.
        left: Blobs that tickets named and name no more.
        wakes: Whether something is due earlier, or a message waits.
        proof: By what it is known that the commit is stored.
        moves: What changes for lists.
        totals: How much the kept totals change.
        loads: How many more open tickets agents have.
    """

    batch: Batch
    heads: list[tuple[str, Ticket]] = field(factory=list)
    gone: list[str] = field(factory=list)
    left: list[str] = field(factory=list)
    wakes: bool = False
    proof: Proof | None = None
    moves: list[Move] = field(factory=list)
    totals: Counter[str] = field(factory=Counter)
    loads: Counter[str] = field(factory=Counter)


class Writer:
    """Turns one block's changes into statements.

    Args:
        block: The block; what is about to change is locked in it.
        staged: The changes.
        holder: The name by which this store keeps fresh blobs.
        new_id: Gives the id of a new ticket.
    """

    def __init__(
        self, block: Block, staged: Staged, holder: str, new_id: Callable[[], int]
    ) -> None:
        self._block = block
        self._staged = staged
        self._holder = holder
        self._new_id = new_id
        self._rows: list[tuple[StagedTicket, Row | None, Row | None]] = []
        self._new_events: dict[tuple[str, int], dict[str, Any]] = {}

    def write(self) -> Written:
        """Lock what is about to change, and write the statements."""
        staged = self._staged
        self._rows = [
            (
                one,
                row_of(one.old) if one.old is not None else None,
                row_of(one.new) if one.new is not None else None,
            )
            for one in staged.touched
        ]
        written = Written(Batch(self._block.dialect))
        wanted = self._block.missing(self._locks()) if self._block.locks else []
        if wanted:
            written.batch.add(writes.ADVISORY_LOCKS, [{"locks": array_of(wanted)}])
        for one, old, new in self._rows:
            if new is None:
                self._delete(written, one, old)
            else:
                self._put(written, one, old, new)
        self._events(written)
        self._agents(written)
        self._records(written)
        self._deliveries(written)
        written.proof = proof_of(written.heads, self._staged)
        if written.moves or written.totals:
            lists.write(written.batch, written.moves, written.totals)
        return written

    # -- locks --------------------------------------------------------------------------------

    def _locks(self) -> set[int]:
        """Name what others may have asked for, and must not see change: no rows of their own."""
        locks = {lock_of("source", one) for one in sources(self._staged.log)}
        for one, old, new in self._rows:
            keys = set(old.keys if old else ()) ^ set(new.keys if new else ())
            if old and new and old.created_at != new.created_at:
                keys.update(old.keys, new.keys)
            locks.update(lock_of("key", key) for key in keys)
            if one.tombstone is not None or one.rewritten:
                locks.update(self._locks_of_old(one.number))
        locks.update(lock_of("call", id_) for id_ in self._staged.calls)
        for id_, requester in self._staged.requesters.items():
            locks.update(self._locks_of_requester(id_, requester))
        return locks

    def _locks_of_requester(self, id_: str, requester: Requester | None) -> set[int]:
        """Name by what a requester is found after the commit, and was before."""
        new = {lock_of("requester", id_)}
        if requester is not None:
            new |= {lock_of("phone", requester.phone)} if requester.phone else set()
            new |= {lock_of("email", requester.email)} if requester.email else set()
        if self._block.dialect == "sqlite":
            return new
        found = self._block.ask(lambda session: session.row(writes.REQUESTER_KEYS, id=id_), new)
        if found is not None:
            keys = zip(("phone", "email"), found, strict=True)
            new |= {lock_of_stored(kind, key) for kind, key in keys if key}
        return new

    def _locks_of_old(self, number: str) -> set[int]:
        rows = self._block.ask(lambda session: session.rows(writes.SOURCES_OF, ticket=number))
        calls = self._block.ask(lambda session: session.rows(writes.CALLS_OF, ticket=number))
        return {
            *(lock_of_stored("source", source) for (source,) in rows),
            *(lock_of_stored("call", id_) for (id_,) in calls),
        }

    # -- tickets ------------------------------------------------------------------------------

    def _put(self, written: Written, one: StagedTicket, old: Row | None, new: Row) -> None:
        ticket = one.new
        assert ticket is not None  # noqa: S101 -- there is a row of it
        batch = written.batch
        head = self._chain(written, one)
        if one.id is None:
            one.id = self._new_id()
            batch.add(writes.INSERT_TICKET, [ticket_row(one.id, ticket, new, head)])
            if batch.dialect == "postgresql":
                batch.add(writes.NEVER_DELETED, [{"number": one.number}])
            written.totals["tickets"] += 1
        else:
            batch.add(writes.UPDATE_TICKET, [ticket_row(one.id, ticket, new, head)])
        written.heads.append((head, ticket))
        written.moves.append(Move(one.id, old, new))
        written.wakes = written.wakes or _earlier(old, new)
        _correlate(written, old, new)
        _carry(written, old, new)
        if one.rewritten:
            self._rewrite(written, one)
        else:
            rows = [delivery_row(delivery) for delivery in one.messages.values()]
            batch.add(writes.INSERT_DELIVERY, rows)
            written.totals["messages"] += len(rows)
            written.wakes = written.wakes or any(row["ready_at"] for row in rows)

    def _chain(self, written: Written, one: StagedTicket) -> str:
        """Chain a ticket's events to those before; returns the digest of the last."""
        head = "" if one.rewritten else one.head
        rows: list[dict[str, Any]] = []
        for event in one.events:
            rows.append(event_row(event, head))
            head = rows[-1]["digest"]
        stored = one.old.version if one.rewritten and one.old is not None else 0
        written.batch.add(writes.UPDATE_EVENT, rows[:stored])
        self._new_events.update({(one.number, row["version"]): row for row in rows[stored:]})
        return head

    def _events(self, written: Written) -> None:
        """Write the new events of all tickets, in the order in which they were stored."""
        log = self._staged.log
        if not log:
            return
        rows = [self._new_events[event.ticket, event.version] for event in log]
        written.batch.add(writes.INSERT_EVENT, rows)
        written.totals["events"] += len(rows)
        carried = [(source, e.ticket) for e in log for source in sources((e,))]
        written.batch.add(
            writes.INSERT_SOURCE,
            [{"source": source, "ticket": ticket} for source, ticket in dict.fromkeys(carried)],
        )
        self._name_blobs(written, log)

    def _name_blobs(self, written: Written, log: list[Event]) -> None:
        named = [(name, event.ticket) for event in log for name in blobs((event,))]
        if not named:
            return
        batch = written.batch
        batch.add(
            writes.NAME_BLOB,
            [{"blob": name, "ticket": ticket} for name, ticket in sorted(set(named))],
        )
        mine = [{"of_blob": name, "of_holder": self._holder} for name, _ in sorted(named)]
        batch.add(writes.LESS_FRESH, mine)
        batch.add(writes.NOT_FRESH, mine)

    def _rewrite(self, written: Written, one: StagedTicket) -> None:
        """Leave nothing of what the ticket said before."""
        batch, number = written.batch, one.number
        ask = self._block.ask
        batch.add(
            writes.REWRITE_DELIVERY, [delivery_row(delivery) for delivery in one.messages.values()]
        )
        batch.add(writes.DELETE_CALLS, [{"ticket": number}])
        carried = {shortened(source) for source in sources(one.events)}
        found = ask(lambda session: session.rows(writes.SOURCES_OF, ticket=number))
        batch.add(
            writes.DELETE_SOURCE,
            [{"stored": source, "ticket": number} for (source,) in found if source not in carried],
        )
        named = set(blobs(one.events))
        old = {
            unescaped(name)
            for (name,) in ask(lambda session: session.rows(writes.BLOBS_OF, ticket=number))
        }
        self._leave(written, number, sorted(old - named))

    def _delete(self, written: Written, one: StagedTicket, old: Row | None) -> None:
        assert old is not None  # noqa: S101 -- only what is stored is deleted
        assert one.id is not None  # noqa: S101
        assert one.tombstone is not None  # noqa: S101
        batch, number = written.batch, one.number
        ask = self._block.ask
        found = ask(lambda session: session.rows(writes.BLOBS_OF, ticket=number))
        self._leave(written, number, sorted(unescaped(name) for (name,) in found))
        messages = ask(lambda session: reading.messages(session, number))
        batch.add(writes.DELETE_TICKET, [{"ticket_id": one.id}])
        for statement in (
            writes.DELETE_EVENTS,
            writes.DELETE_DELIVERIES,
            writes.DELETE_SOURCES,
        ):
            batch.add(statement, [{"ticket": number}])
        batch.add(writes.INSERT_TOMBSTONE, [tombstone_row(one.tombstone)])
        _correlate(written, old, None)
        _carry(written, old, None)
        written.gone.append(number)
        written.moves.append(Move(one.id, old, None))
        written.totals.update(tickets=-1, events=-old.version, messages=-len(messages))

    def _leave(self, written: Written, number: str, names: list[str]) -> None:
        """Note blobs that a ticket names no more; files are removed once that is stored."""
        rows = [{"blob": name, "ticket": number} for name in names]
        written.batch.add(writes.UNNAME_BLOB, rows)
        written.batch.add(writes.LEAVE_BLOB, rows)
        written.left += names

    # -- the rest -----------------------------------------------------------------------------

    def _agents(self, written: Written) -> None:
        """Write what agents carry: rows in one order, then whose turn it was, in the log's."""
        assigned = [
            event.body.agent
            for event in self._staged.log
            if isinstance(event.body, Assigned) and event.body.agent
        ]
        moved = {agent for agent, more in written.loads.items() if more}
        rows = [
            {"agent": agent, "open": written.loads[agent]}
            for agent in sorted(moved.union(assigned))
        ]
        last = dict.fromkeys(reversed(assigned))
        if len(rows) == len(last) == 1:  # as for a ticket that is new: one row, written once
            written.batch.add(writes.MOVE_AND_ASSIGN, rows)
            return
        written.batch.add(writes.MOVE_LOAD, rows)
        written.batch.add(writes.ASSIGN, [{"of_agent": agent} for agent in reversed(last)])

    def _records(self, written: Written) -> None:
        staged, batch = self._staged, written.batch
        for id_, requester in staged.requesters.items():
            if requester is None:
                batch.add(writes.DELETE_REQUESTER, [{"id": id_}])
            else:
                batch.add(writes.PUT_REQUESTER, [requester_row(requester)])
        batch.add(writes.PUT_CALL, [call_row(*staged.calls[id_]) for id_ in sorted(staged.calls)])
        # A call that the block itself gives to a ticket that it deletes goes with it.
        batch.add(writes.DELETE_CALLS, [{"ticket": number} for number in written.gone])
        documents = sorted(staged.documents.items())
        batch.add(writes.PUT_DOCUMENT, [document_row(key, body) for key, body in documents])
        if batch.dialect == "sqlite":
            taken = sorted(staged.sequences.items())
            batch.add(writes.PUT_SEQUENCE, [{"key": key, "last": last} for key, last in taken])

    def _deliveries(self, written: Written) -> None:
        waiting = self._staged.deliveries
        rows = [delivery_row(waiting[id_]) for id_ in sorted(waiting)]
        written.batch.add(writes.UPDATE_DELIVERY, rows)
        written.wakes = written.wakes or any(row["ready_at"] for row in rows)


def _earlier(old: Row | None, new: Row) -> bool:
    """Whether a ticket needs the clock earlier than before."""
    before: datetime | None = old.sort[2] if old else None  # type: ignore[assignment]
    after: datetime | None = new.sort[2]  # type: ignore[assignment]
    return after is not None and (before is None or after < before)


def _correlate(written: Written, old: Row | None, new: Row | None) -> None:
    before, after = (
        {(key, row.created_at, row.number) for key in row.keys} if row else set()
        for row in (old, new)
    )
    names = ("key", "created_at", "ticket")
    rows = [dict(zip(names, entry, strict=True)) for entry in sorted(before - after)]
    written.batch.add(writes.DELETE_CORRELATION, rows)
    rows = [dict(zip(names, entry, strict=True)) for entry in sorted(after - before)]
    written.batch.add(writes.INSERT_CORRELATION, rows)


def _carry(written: Written, old: Row | None, new: Row | None) -> None:
    before, after = (row.holder if row else "" for row in (old, new))
    if before != after:
        if before:
            written.loads[before] -= 1
        if after:
            written.loads[after] += 1


__all__ = ["Writer", "Written"]
