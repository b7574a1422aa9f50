"""A machine that does the same things to a store and to a reference, and compares the answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import frozen
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ruledesk.errors import Conflict
from ruledesk.model.event import Assigned, Event
from ruledesk.model.ticket import Call, Requester, Status, Target, Ticket
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store, TicketQuery, Transaction
from ruledesk.testing.reference_store import ReferenceStore
from ruledesk.testing.samples import START, delivery, sample_ticket, submitted
from ruledesk.testing.storage_deletion import tombstone


@frozen
class StoreFactory:
    """How to get stores to test.

    Attributes:
        fresh: Makes a new, empty store.
        reopen: Closes a store and opens the same data again; None where nothing outlives closing.
    """

    fresh: Callable[[], Store]
    reopen: Callable[[Store], Store] | None = None


_MINUTES = st.integers(0, 5)
_AGENTS = ("", "A1", "A2", "A3")
_WORDS = st.sampled_from(["", "alpha", "ALPHA beta", "冰箱", "a_b%c"])


def _instant(minute: int) -> Any:
    return START + timedelta(minutes=minute)


def _target(minute: int, state: str, warned: bool) -> Target:
    warn_at = _instant(minute - 2) if warned else None
    due = _instant(minute)
    return Target("response", state, START, "2h", "", due, "r", warn_at=warn_at)  # type: ignore[arg-type]


#: Attributes of a ticket that the indexes read, each with few values, so that they meet.
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(Status),
        "team": st.sampled_from(["", "it", "logistics"]),
        "agent": st.sampled_from(_AGENTS),
        "priority": st.sampled_from(["", "P1", "P2"]),
        "type": st.sampled_from(["", "it-support"]),
        "category": st.sampled_from(["", "a/b"]),
        "flags": st.frozensets(st.sampled_from(["overdue", "vague"])),
        "updated_at": st.none() | _MINUTES.map(_instant),
        "timers": st.dictionaries(st.sampled_from(["close", "remind"]), _MINUTES.map(_instant)),
        "targets": st.dictionaries(
            st.just("response"),
            st.builds(_target, _MINUTES, st.sampled_from(["running", "met"]), st.booleans()),
        ),
        "correlation_keys": st.lists(st.sampled_from(["k1", "k2"]), max_size=3).map(tuple),
        "subject": _WORDS,
        "description": _WORDS,
    },
)
QUERIES = st.builds(
    TicketQuery,
    where=st.fixed_dictionaries(
        {},
        optional={
            "status": st.lists(st.sampled_from(Status), max_size=4),
            "team": st.lists(st.sampled_from(["", "it", "logistics", "none"]), max_size=2),
            "agent": st.lists(st.sampled_from(_AGENTS), max_size=2),
            "priority": st.lists(st.sampled_from(["", "P1"]), max_size=2),
            "flag": st.lists(st.sampled_from(["overdue", "vague"]), max_size=2),
            "requester": st.lists(st.sampled_from(["R1", "R2"]), max_size=2),
        },
    ),
    text=st.sampled_from(["", "", "alph", "箱", "a_b", "%"]),
    created_from=st.none() | _MINUTES.map(_instant),
    created_to=st.none() | _MINUTES.map(_instant),
    sort=st.sampled_from(["created_at", "updated_at", "next_due", "priority", "number"]),
    descending=st.booleans(),
    limit=st.integers(1, 4),
)


class _Abandoned(Exception):  # noqa: N818 -- never seen
    """Ends a transaction that is to leave nothing behind."""


class StoreMachine(RuleBasedStateMachine):
    """Drives a store and a `ReferenceStore` side by side.

    Args:
        factory: Where the store comes from.
    """

    def __init__(self, factory: StoreFactory) -> None:
        super().__init__()
        self.factory = factory
        self.store = factory.fresh()
        self.reference = ReferenceStore()

    def teardown(self) -> None:
        """Close the store."""
        self.store.close()

    # -- what is done -----------------------------------------------------------------------------

    @rule(
        minute=_MINUTES,
        changes=CHANGES,
        source=st.sampled_from(["", "s1", "s2"]),
        requester=st.sampled_from(["", "R1", "R2"]),
        messages=st.lists(_MINUTES, max_size=3),
        fails=st.booleans(),
    )
    def submit(
        self,
        minute: int,
        changes: dict[str, Any],
        source: str,
        requester: str,
        messages: list[int],
        fails: bool,
    ) -> None:
        """Store a new ticket, or fail at the end of it."""
        last = self.reference.sequences.get("T", 0)
        number = f"T{last + 1:03d}"
        ticket = sample_ticket(number, minute, requester=Requester(requester), **changes)
        queued = [delivery(number, n, at) for n, at in enumerate(messages, 1)]
        event = submitted(ticket, source)
        try:
            with self.store.transaction() as transaction:
                assert transaction.next_in_sequence("T") == last + 1
                transaction.append(ticket, [event], expected_version=0, messages=queued)
                assert self.store.ticket(number) is None, "a transaction is not read before its end"
                if fails:
                    raise _Abandoned  # noqa: TRY301 -- the block has to see it
        except _Abandoned:
            return
        self.reference.sequences["T"] = last + 1
        self.reference.append(ticket, [event], queued)

    @rule(data=st.data(), changes=CHANGES, assigned=st.lists(st.sampled_from(_AGENTS), max_size=2))
    def go_on(self, data: st.DataObject, changes: dict[str, Any], assigned: list[str]) -> None:
        """Store further events of a ticket."""
        old = self._any_ticket(data)
        if old is None:
            return
        bodies = [Assigned("it", agent) for agent in assigned] or [Assigned("it", "")]
        events = [
            Event(old.number, old.version + n, _instant(n), "system", body)
            for n, body in enumerate(bodies, 1)
        ]
        ticket = changed(old, version=old.version + len(events), **changes)
        with self.store.transaction() as transaction:
            transaction.append(ticket, events, expected_version=old.version)
        self.reference.append(ticket, events)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Delete a ticket."""
        ticket = self._any_ticket(data)
        if ticket is None:
            return
        left = tombstone(ticket)
        with self.store.transaction() as transaction:
            transaction.delete_ticket(ticket.number, left)
        self.reference.delete(ticket.number, left)

    @rule(data=st.data(), version=st.integers(0, 4))
    def conflict(self, data: st.DataObject, version: int) -> None:
        """Try to store events on a version that is not the stored one."""
        old = self._any_ticket(data)
        if old is None or old.version == version:
            return
        event = Event(old.number, version + 1, START, "system", Assigned("it", "A1"))
        ticket = changed(old, version=version + 1, team="nobody")
        try:
            with self.store.transaction() as transaction:
                transaction.next_in_sequence("T")
                transaction.append(ticket, [event], expected_version=version)
        except Conflict:
            return
        raise AssertionError("a stale version was accepted")

    @rule(data=st.data(), state=st.sampled_from(["waiting", "sent", "failed"]), minute=_MINUTES)
    def attempt(self, data: st.DataObject, state: str, minute: int) -> None:
        """Store where a waiting message stands after an attempt."""
        waiting = [d for d in self.reference.outbox.values() if d.state == "waiting"]
        if not waiting:
            return
        old = data.draw(st.sampled_from(waiting))
        new = changed(
            old, state=state, not_before=_instant(minute), attempts=old.attempts + 1, error="busy"
        )
        with self.store.transaction() as transaction:
            transaction.save_delivery(new)
        self.reference.outbox[new.message.id] = new

    @rule(name=st.sampled_from(["R1", "R2"]), phone=st.integers(0, 2), email=st.integers(0, 2))
    def save_requester(self, name: str, phone: int, email: int) -> None:
        """Store a requester; no two share a phone or an address."""
        requester = Requester(
            name,
            phone=f"{name}-{phone}" if phone else "",
            email=f"{name}@{email}" if email else "",
        )
        self._save(lambda transaction: transaction.save_requester(requester))
        self.reference.requesters[name] = requester

    @rule(name=st.sampled_from(["c1", "c2"]), minute=_MINUTES, ticket=st.sampled_from(["", "T001"]))
    def save_call(self, name: str, minute: int, ticket: str) -> None:
        """Store a call."""
        call = Call(name, "138", _instant(minute))
        self._save(lambda transaction: transaction.save_call(call, ticket))
        self.reference.calls[name] = (call, ticket)

    @rule(key=st.sampled_from(["d1", "d2"]), value=st.integers(0, 3))
    def save_document(self, key: str, value: int) -> None:
        """Store a document."""
        document = {"value": value, "nested": {"list": [1, "二", None]}}
        self._save(lambda transaction: transaction.save_document(key, document))
        self.reference.documents[key] = document

    @rule()
    def reopen(self) -> None:
        """Close the store and open it again, where it can be."""
        if self.factory.reopen is not None:
            self.store = self.factory.reopen(self.store)

    # -- what is asked ----------------------------------------------------------------------------

    @rule(query=QUERIES)
    def query(self, query: TicketQuery) -> None:
        """Read all pages of a query, and count what it filters."""
        found: list[Ticket] = []
        page = self.store.query(query)
        while True:
            assert len(page.tickets) <= query.limit
            found += page.tickets
            if not page.next:
                break
            assert len(page.tickets) == query.limit, "only the last page may be short"
            page = self.store.query(_after(query, page.next))
        assert found == self.reference.query(query)
        assert self.store.count(query.where) == self.reference.count(query.where)

    @rule(minute=_MINUTES, limit=st.integers(1, 5))
    def clock(self, minute: int, limit: int) -> None:
        """Ask what is due and what may be sent."""
        now = _instant(minute)
        assert list(self.store.due(now, limit)) == self.reference.due(now)[:limit]
        assert list(self.store.pending(now, limit)) == self.reference.pending(now)[:limit]

    @rule(minute=_MINUTES)
    def relations(self, minute: int) -> None:
        """Ask for sources, correlations, requesters, calls and documents."""
        since = _instant(minute)
        for key in ("k1", "k2", "k3"):
            assert list(self.store.correlated(key, since)) == self.reference.correlated(key, since)
        for source in ("s1", "s2", "s3"):
            assert self.store.by_source(source) == self.reference.by_source(source)
        for name in ("c1", "c2"):
            assert self.store.call(name) == self.reference.calls.get(name)
        for key in ("d1", "d2"):
            assert self.store.document(key) == self.reference.documents.get(key)
        self._compare_requesters()

    @rule(data=st.data(), after=st.integers(0, 3))
    def history(self, data: st.DataObject, after: int) -> None:
        """Read a ticket, its events and its messages, and the whole log."""
        ticket = self._any_ticket(data)
        if ticket is not None:
            number = ticket.number
            assert self.store.ticket(number) == ticket
            assert list(self.store.events(number, after)) == self.reference.events(number, after)
            assert list(self.store.messages(number)) == self.reference.messages(number)
        assert list(self.store.all_events()) == self.reference.log
        assert list(self.store.tombstones()) == list(self.reference.tombstones.values())

    @invariant()
    def kept_figures(self) -> None:
        """Counts, next instants and workloads agree after every step."""
        assert dict(self.store.counts()) == self.reference.counts()
        assert self.store.next_due() == self.reference.next_due()
        assert self.store.next_delivery() == self.reference.next_delivery()
        grouped = list(self.store.correlated("k1", START))
        assert grouped == self.reference.correlated("k1", START)
        agents = [*_AGENTS[1:], "never"]
        loads = self.store.workloads(agents)
        assert [loads[a].open for a in agents] == [self.reference.open_of(a) for a in agents]
        if self.reference.tombstones:
            return  # assignments of deleted tickets may be forgotten
        never = [a for a in agents if loads[a].last_assigned == 0]
        assert never == [a for a in agents if self.reference.last_assigned(a) == 0]
        turns = sorted(agents, key=lambda a: loads[a].last_assigned)
        assert turns == sorted(agents, key=self.reference.last_assigned)

    # -- helpers ----------------------------------------------------------------------------------

    def _any_ticket(self, data: st.DataObject) -> Ticket | None:
        tickets = list(self.reference.tickets.values())
        return data.draw(st.sampled_from(tickets)) if tickets else None

    def _save(self, save: Callable[[Transaction], None]) -> None:
        with self.store.transaction() as transaction:
            save(transaction)

    def _compare_requesters(self) -> None:
        known = self.reference.requesters
        for name in ("R1", "R2"):
            assert self.store.requester(id=name) == known.get(name)
            for n in (1, 2):
                phone, email = f"{name}-{n}", f"{name}@{n}"
                with_phone = [r for r in known.values() if r.phone == phone]
                with_email = [r for r in known.values() if r.email == email]
                assert [r for r in [self.store.requester(phone=phone)] if r] == with_phone
                assert [r for r in [self.store.requester(email=email)] if r] == with_email


def _after(query: TicketQuery, cursor: str) -> TicketQuery:
    return TicketQuery(
        query.where,
        query.text,
        query.created_from,
        query.created_to,
        query.sort,
        query.descending,
        query.limit,
        cursor,
    )
