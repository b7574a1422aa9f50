"""Clockwork: what happens to tickets by itself when time passes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, MutableMapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from attrs import define, field

from ruledesk.desk.commit import Committer
from ruledesk.desk.lines import choose_line
from ruledesk.desk.parts import Parts
from ruledesk.desk.timers import pass_over_due, unfold_due
from ruledesk.errors import Conflict, StorageFault, Unavailable
from ruledesk.hooks.guard import describe
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.ticket import Ticket
from ruledesk.storage.interface import Transaction, next_due

_LOGGER: Final = logging.getLogger("ruledesk.desk")
#: So many tickets in a row that the store fails on are the store's fault, not theirs.
_MOST_FAULTS: Final = 3
#: What a live desk finds later than this happens when it is found: nobody did it in time. Up to
#: this it happens at its own instant, or a survey promised within two hours would always be late.
LATE: Final = timedelta(minutes=1)
#: How long a ticket that cannot be stored is passed over by those who sweep all the time.
_REST: Final = timedelta(minutes=1)
_INSTANT: Final = timedelta(microseconds=1)


def never() -> bool:
    """Say that nobody wants to stop."""
    return False


class Clockwork:
    """Moves the tickets of a desk when they are due.

    Each ticket is claimed in the transaction that moves it. Of several processes each takes what
    no other one has in hand, and what a process had in hand that died is free at once.
    """

    def __init__(self, parts: Parts, committer: Committer) -> None:
        self._parts = parts
        self._store = parts.store
        self._committer = committer

    def sweep(
        self,
        limit: datetime,
        *,
        inclusive: bool = True,
        late: timedelta | None = None,
        stop: Callable[[], bool] = never,
        resting: MutableMapping[str, datetime] | None = None,
    ) -> int:
        """Let everything due happen in order, one ticket a transaction.

        A ticket that cannot be stored is logged and passed over for the rest of the sweep; it stops
        no other one.

        Args:
            limit: Until when, in UTC.
            inclusive: Whether what is due at `limit` itself happens too.
            late: What was due longer ago than this happens at `limit`; None for each at its own
                instant, as in a replay.
            stop: Asked before each ticket whether to leave the rest.
            resting: Tickets that could not be stored before, each with until when it is passed
                over; what cannot be stored now is added. For those who sweep all the time.

        Returns:
            How many tickets were moved; one that is due several times counts as often.

        Raises:
            Unavailable: The store cannot be reached.
            StorageFault: It fails on one ticket after the other.
        """
        if not inclusive:
            limit -= _INSTANT
        due = self._parts.again(self._store.next_due)
        if due is None or due > limit:
            return 0
        sweep = _Sweep(self, limit, late, {} if resting is None else resting)
        while not stop() and sweep.step():
            pass
        return sweep.moved

    def catch_up(self, number: str, now: datetime) -> Ticket | None:
        """Let what was due on a ticket before `now` happen first.

        The clock may not have been advanced in time (the desk was down); a promise that was
        broken stays broken, whoever keeps it late.

        Args:
            number: The ticket's number.
            now: The desk's clock, in UTC.

        Returns:
            The ticket as it stands then, None where there is none.
        """
        look = partial(self._store.ticket, number)
        while (ticket := self._parts.again(look)) is not None:
            due = next_due(ticket)
            if due is None or due >= now:
                break
            self.move(partial(self.named, number, due), due, None)
        return ticket

    def move(
        self,
        find: Callable[[Transaction], Ticket | None],
        now: datetime,
        late: timedelta | None,
    ) -> bool:
        """Let happen to a ticket what is due on it, in one transaction.

        Args:
            find: Finds the ticket within the transaction, None where there is nothing to do.
            now: The desk's clock, in UTC.
            late: As for `sweep`.

        Returns:
            Whether anything happened.
        """

        def block(transaction: Transaction) -> tuple[Unfolding, ...]:
            ticket = find(transaction)
            unfolding = None if ticket is None else self._unfold(ticket, now, late)
            if ticket is None or unfolding is None or not unfolding.events:
                return ()
            return self._committer.store(transaction, unfolding, ticket.version)

        stored = self._parts.commit(block)
        if stored:
            self._committer.observe(stored)
        return bool(stored)

    def named(self, number: str, limit: datetime, _: Transaction) -> Ticket | None:
        """Find a ticket that is still due, now that nobody else can change it."""
        ticket = self._store.ticket(number)
        due = None if ticket is None else next_due(ticket)
        return None if due is None or due > limit else ticket

    def waiting(self, limit: datetime, besides: Collection[str]) -> str:
        """Name the first ticket that is due, besides some; empty where there is none."""
        due = self._store.due(limit, len(besides) + 1)
        return next((number for number in due if number not in besides), "")

    def _unfold(self, ticket: Ticket, now: datetime, late: timedelta | None) -> Unfolding:
        running = self._parts.lines.get(ticket.line)
        if running is None:
            # Its clocks run out under another line's ruleset rather than stand in the way.
            _LOGGER.error("ticket %s: its line %s is gone", ticket.number, ticket.line)
            running = choose_line(self._parts.lines, *self._parts.lines)
        due = next_due(ticket) or now
        at = due if late is None or now - due <= late else now
        # Nothing happens to a ticket before what happened last.
        at = max(at, ticket.updated_at or at)
        situation = self._parts.situations.on(running, at, "system", ticket)
        unfolding = Unfolding(ticket.number, ticket, situation)
        try:
            unfold_due(unfolding)
        except (Conflict, Unavailable):
            raise  # to be run again
        except Exception as error:
            _LOGGER.exception("ticket %s: what is due on it failed", ticket.number)
            unfolding = Unfolding(ticket.number, ticket, situation)
            pass_over_due(unfolding, describe(error))
        return unfolding


@define
class _Sweep:
    """One sweep over what is due: how many were moved, and which cannot be.

    The earliest ticket is claimed. Once one was passed over, the rest are taken by name: it would
    be claimed again and again.
    """

    clockwork: Clockwork
    limit: datetime
    late: timedelta | None
    resting: MutableMapping[str, datetime]
    moved: int = 0
    passed_over: set[str] = field(init=False)
    in_hand: str = ""
    faults: int = 0

    def __attrs_post_init__(self) -> None:
        for number in [number for number, until in self.resting.items() if until <= self.limit]:
            del self.resting[number]
        self.passed_over = set(self.resting)

    def step(self) -> bool:
        """Move one ticket; returns whether there may be another one."""
        self.in_hand = ""
        try:
            happened = self.clockwork.move(self._find, self.limit, self.late)
        except Unavailable:
            raise
        except Exception as error:
            return self._failed(error)
        if happened:
            _LOGGER.info("ticket %s: what was due on it happened", self.in_hand)
            self.moved += 1
            self.faults = 0
        elif self.in_hand:
            self.passed_over.add(self.in_hand)  # it stays due though nothing is to be done
        return bool(self.in_hand)

    def _find(self, transaction: Transaction) -> Ticket | None:
        if self.passed_over:
            self.in_hand = self.clockwork.waiting(self.limit, self.passed_over)
            found = self.clockwork.named(self.in_hand, self.limit, transaction)
        else:
            found = transaction.claim_due(self.limit)
            self.in_hand = found.number if found else ""
        return found

    def _failed(self, error: Exception) -> bool:
        """Pass over the ticket that failed, unless it is the store that fails.

        Raises:
            StorageFault: It is.
        """
        if isinstance(error, StorageFault):
            self.faults += 1
            if self.faults >= _MOST_FAULTS:
                raise error
        number = self.in_hand or self.clockwork.waiting(self.limit, self.passed_over)
        if not number:
            raise error
        self._pass_over(number)
        _LOGGER.error(
            "ticket %s: what is due on it cannot be stored; it is passed over for now",
            number,
            exc_info=error,
        )
        return True

    def _pass_over(self, number: str) -> None:
        self.passed_over.add(number)
        self.resting[number] = self.limit + _REST
