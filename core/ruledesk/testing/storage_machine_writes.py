"""The machine's tickets and people: stored, changed, deleted, erased."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from ruledesk.errors import Conflict
from ruledesk.model.action import Submit
from ruledesk.model.event import Assigned, Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Requester
from ruledesk.model.values import changed
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterForgotten, RequesterSaved
from ruledesk.storage.interface import Transaction
from ruledesk.testing.samples import START
from ruledesk.testing.storage_deletion import tombstone
from ruledesk.testing.storage_histories import (
    AGENTS,
    CHANGES,
    KEPT,
    SUBMISSIONS,
    Kept,
    Submission,
    instant,
)
from ruledesk.testing.storage_machine_base import Machine


class _Abandoned(Exception):  # noqa: N818 -- never seen
    """Ends a transaction that is to leave nothing behind."""


class WritingMachine(Machine):
    """Stores, changes, deletes and erases."""

    @initialize(submissions=st.lists(SUBMISSIONS, max_size=5))
    def begin(self, submissions: list[Submission]) -> None:
        """Begin with some tickets, or none."""
        for submission in submissions:
            self.submit(submission, fails=False)

    @rule(submission=SUBMISSIONS, fails=st.sampled_from([False, False, False, True]))
    def submit(self, submission: Submission, fails: bool) -> None:
        """Store a new ticket, or fail at the end of it."""
        last = self.reference.sequences.get("T", 0)
        number = f"T{last + 1:03d}"
        ticket, event, queued = submission.of(number)

        def store(transaction: Transaction) -> None:
            assert transaction.next_in_sequence("T") == last + 1
            transaction.append(ticket, [event], expected_version=0, messages=queued)
            assert self.store.ticket(number) is None, "a transaction is not read before its end"
            if fails:
                raise _Abandoned

        try:
            self.commit(store)
        except _Abandoned:
            return
        self.reference.sequences["T"] = last + 1
        self.reference.append(ticket, [event], queued)

    @precondition(Machine.has_tickets)
    @rule(data=st.data(), changes=CHANGES, assigned=st.lists(st.sampled_from(AGENTS), max_size=2))
    def go_on(self, data: st.DataObject, changes: dict[str, Any], assigned: list[str]) -> None:
        """Store further events of a ticket."""
        old = self.any_ticket(data)
        bodies = [Assigned("it", agent) for agent in assigned] or [Assigned("it", "")]
        events = [
            Event(old.number, old.version + n, instant(n), "system", body)
            for n, body in enumerate(bodies, 1)
        ]
        ticket = changed(old, version=old.version + len(events), **changes)
        self.commit(lambda t: t.append(ticket, events, expected_version=old.version))
        self.reference.append(ticket, events)

    @precondition(Machine.has_tickets)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Delete a ticket."""
        ticket = self.any_ticket(data)
        left = tombstone(ticket)
        self.commit(lambda t: t.delete_ticket(ticket.number, left))
        self.reference.delete(ticket.number, left)

    @precondition(Machine.has_tickets)
    @rule(data=st.data(), version=st.integers(0, 4))
    def conflict(self, data: st.DataObject, version: int) -> None:
        """Try to store events on a version that is not the stored one."""
        old = self.any_ticket(data)
        if old.version == version:
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

    @precondition(Machine.has_tickets)
    @rule(
        data=st.data(),
        changes=CHANGES,
        named=st.booleans(),
        requester=st.sampled_from(["R1", "erased-1"]),
        more=st.booleans(),
    )
    def rewrite(
        self,
        data: st.DataObject,
        changes: dict[str, Any],
        named: bool,
        requester: str,
        more: bool,
    ) -> None:
        """Put other words in the place of a ticket's, some with a new event at the end."""
        old = self.any_ticket(data)
        number, person = old.number, Requester(requester)
        events = [_erased(event, person, named) for event in self.reference.events(number)]
        if more:
            events.append(Event(number, len(events) + 1, START, "system", Assigned("it", "A3")))
        ticket = changed(old, version=len(events), requester=person, **changes)
        messages = [_worded(one, requester) for one in self.reference.messages(number)]
        self.commit(
            lambda transaction: transaction.rewrite(
                ticket, events, expected_version=old.version, messages=messages
            )
        )
        self.reference.rewrite(ticket, events, messages)

    @rule(kept=KEPT)
    def keep(self, kept: Kept) -> None:
        """Store a requester, a call or a document, or forget a requester, known or not."""
        match kept:
            case RequesterSaved(requester):
                self.commit(lambda t: t.save_requester(requester))
                self.reference.requesters[requester.id] = requester
            case RequesterForgotten(name):
                self.commit(lambda t: t.forget_requester(name))
                self.reference.requesters.pop(name, None)
            case CallSaved(call, ticket):
                self.commit(lambda t: t.save_call(call, ticket))
                self.reference.calls[call.id] = (call, ticket)
            case DocumentSaved(key, document):
                self.commit(lambda t: t.save_document(key, document))
                self.reference.documents[key] = document


def _erased(event: Event, person: Requester, named: bool) -> Event:
    body = event.body
    if not isinstance(body, Submit):
        return event
    source = body.source if named else ""
    return attrs.evolve(event, body=changed(body, requester=person, source=source))


def _worded(queued: Delivery, text: str) -> Delivery:
    return changed(queued, message=changed(queued.message, text=text, address=""), error="")
