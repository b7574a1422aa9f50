"""Delivering: waiting messages are claimed, handed to the notifiers, and settled (F3).

A send may take long, so it holds a lease and no transaction. A process that dies in between leaves
the lease to run out: the message goes out again, under the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from attrs import evolve

from ruledesk.desk.acting import Acting
from ruledesk.desk.outbox import PATIENCE, is_settled
from ruledesk.desk.parts import Parts
from ruledesk.errors import NotFound, RuleDeskError, Unavailable
from ruledesk.model.event import MessageFailed
from ruledesk.model.message import Delivery
from ruledesk.storage.interface import Transaction

_LOGGER: Final = logging.getLogger("ruledesk.outbox")
#: How long a message is one process's own.
LEASE: Final = 2 * timedelta(seconds=PATIENCE)


class Delivering:
    """Delivers the messages of a desk."""

    def __init__(self, parts: Parts, acting: Acting) -> None:
        self._parts = parts
        self._store = parts.store
        self._acting = acting
        # What was sent is tried to be recorded for as long as nobody else may send it.
        patience = LEASE.total_seconds() - PATIENCE
        self._again = evolve(parts.again, patience=max(patience, parts.again.patience))

    def deliver(self, now: datetime) -> int:
        """Hand all waiting messages to the notifiers; see `deliver_one`.

        Args:
            now: The desk's clock, in UTC.

        Returns:
            How many were tried.
        """
        due = self._parts.again(self._store.next_delivery)
        tried = 0
        if due is None or due > now:
            return tried
        while self.deliver_one(now):
            tried += 1
        return tried

    def deliver_one(self, now: datetime, taken: Callable[[], object] | None = None) -> bool:
        """Hand the next waiting message to a notifier.

        Args:
            now: The desk's clock, in UTC: the lease begins with it.
            taken: Called once the message is claimed, before it is sent.

        Returns:
            Whether there was one. What another thread or process has in hand is left to it.
        """
        claimed = self._parts.again(partial(self._store.claim, now, now + LEASE))
        if claimed and taken is not None:
            taken()
        for delivery in claimed:
            self._settle(self._parts.outbox.attempt(delivery, now), now)
        return bool(claimed)

    def _settle(self, done: Delivery, now: datetime) -> None:
        """Store where a message stands; a failure for good in one commit with its event."""

        def block(transaction: Transaction) -> None:
            self._store.ticket(done.message.ticket)  # nobody else settles it until this ends
            if is_settled(self._store, done):
                _LOGGER.warning("message %s was settled by another process", done.message.id)
            else:
                transaction.save_delivery(done)

        try:
            if done.state != "failed" or not self._recorded(done, now):
                self._parts.commit(block, self._again)
            _LOGGER.info("message %s: %s after attempt %d", done.message.id, done.state,
                         done.attempts)  # fmt: skip
        except NotFound:  # the ticket was deleted, with its messages, while this one was on its way
            _LOGGER.info("message %s: its ticket is gone", done.message.id)

    def _recorded(self, done: Delivery, now: datetime) -> bool:
        """Record a failure for good on the ticket; the outbox keeps it in any case."""
        failed = MessageFailed(done.message.id, done.error)
        try:
            self._acting.record(done.message.ticket, [failed], now, done, self._again)
        except (NotFound, Unavailable):
            raise
        except RuleDeskError:
            _LOGGER.exception("ticket %s: %s not recorded", done.message.ticket, failed.kind)
            return False
        return True
