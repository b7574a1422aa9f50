"""Clockwork: what happens by itself when time passes, and the delivery of messages."""

from __future__ import annotations

import logging
from datetime import datetime
from threading import Lock
from typing import Final

from ruledesk.desk.acting import Acting
from ruledesk.desk.commit import Committer
from ruledesk.desk.lines import choose_line
from ruledesk.desk.parts import Parts
from ruledesk.desk.timers import pass_over_due, unfold_due
from ruledesk.errors import NotFound, RuleDeskError
from ruledesk.hooks.guard import describe
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.event import MessageFailed
from ruledesk.model.message import Delivery
from ruledesk.storage.interface import next_due

_LOGGER: Final = logging.getLogger("ruledesk.desk")


class Clockwork:
    """Moves the tickets of a desk when they are due."""

    def __init__(self, parts: Parts, committer: Committer, acting: Acting) -> None:
        self._parts = parts
        self._committer = committer
        self._acting = acting
        self._claiming = Lock()
        self._in_hand: set[str] = set()

    def next_due(self) -> datetime | None:
        """Return when the clock next has something to do: a target, a timer, a delivery."""
        instants = (self._parts.store.next_due(), self._parts.store.next_delivery())
        return min((one for one in instants if one is not None), default=None)

    def advance(self, limit: datetime, *, inclusive: bool = True) -> int:
        """Let time pass: everything due happens in order, each at its own instant.

        Args:
            limit: The desk's clock afterwards, in UTC.
            inclusive: Whether what is due at `limit` itself happens too. What people do at the very
                instant a target is due is in time, so a replay does that first.

        Returns:
            How many tickets were moved.
        """
        moved = 0
        while (due := self._parts.store.next_due()) is not None and due <= limit:
            if due == limit and not inclusive:
                break
            moved += self.tick(due)
        self.deliver(limit)
        return moved

    def tick(self, now: datetime) -> int:
        """Let everything happen that is due at `now`; returns how many tickets were moved."""
        moved = 0
        while numbers := self._parts.store.due(now):
            for number in numbers:
                self._tick(number, now)
            moved += len(numbers)
        return moved

    def catch_up(self, number: str, now: datetime) -> None:
        """Let what was due on a ticket before `now` happen first.

        The clock may not have been advanced in time (the desk was down); a promise that was
        broken stays broken, whoever keeps it late.

        Args:
            number: The ticket's number.
            now: The desk's clock, in UTC.
        """
        while (ticket := self._parts.store.ticket(number)) is not None:
            due = next_due(ticket)
            if due is None or due >= now:
                return
            self._tick(number, due)

    def deliver(self, now: datetime) -> int:
        """Hand waiting messages to the notifiers; returns how many were tried.

        A message that another thread has in hand is left to that thread.
        """
        tried = 0
        while claimed := self._claim(now):
            try:
                for delivery in claimed:
                    self._settle(self._parts.outbox.attempt(delivery, now), now)
            finally:
                with self._claiming:
                    self._in_hand.difference_update(one.message.id for one in claimed)
            tried += len(claimed)
        return tried

    def _claim(self, now: datetime) -> list[Delivery]:
        with self._claiming:
            pending = self._parts.store.pending(now)
            claimed = [one for one in pending if one.message.id not in self._in_hand]
            self._in_hand.update(one.message.id for one in claimed)
        return claimed

    def _settle(self, done: Delivery, now: datetime) -> None:
        """Store where a message stands; a failure for good in one commit with its event."""
        if done.state == "failed":
            failed = MessageFailed(done.message.id, done.error)
            try:
                self._acting.record(done.message.ticket, [failed], now, done)
            except RuleDeskError:  # the outbox keeps the failure in any case
                _LOGGER.exception("ticket %s: %s not recorded", done.message.ticket, failed.kind)
            else:
                return
        try:
            with self._parts.guard.shield(), self._parts.store.transaction() as transaction:
                transaction.save_delivery(done)
        except NotFound:  # the ticket was deleted, with its messages, while this one was on its way
            _LOGGER.info("message %s: its ticket is gone", done.message.id)

    def _tick(self, number: str, now: datetime) -> None:
        with self._parts.guard.shield(), self._parts.store.transaction() as transaction:
            ticket = self._parts.store.ticket(number)
            if ticket is None:
                return  # deleted since it was found due
            running = self._parts.lines.get(ticket.line)
            if running is None:
                # Its clocks run out under another line's ruleset rather than stand in the way.
                _LOGGER.error("ticket %s: its line %s is gone", number, ticket.line)
                running = choose_line(self._parts.lines, *self._parts.lines)
            now = max(now, ticket.updated_at or now)
            situation = self._parts.situations.on(running, now, "system", ticket)
            unfolding = Unfolding(number, ticket, situation)
            try:
                unfold_due(unfolding)
            except Exception as error:
                _LOGGER.exception("ticket %s: what is due on it failed", number)
                unfolding = Unfolding(number, ticket, situation)
                pass_over_due(unfolding, describe(error))
            if not unfolding.events:
                return  # another thread was faster
            stored = self._committer.store(transaction, unfolding, ticket.version)
        self._committer.observe(stored)
