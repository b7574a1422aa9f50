"""Plays one part of a recording, so that what comes of it can be put between that of the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from attrs import frozen

from ruledesk.desk.requesters import SEQUENCE
from ruledesk.desk.service import Desk
from ruledesk.model.event import Event, MessagesQueued
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.parallel.split import Part
from ruledesk.pilot.parallel.watched import WatchedStore
from ruledesk.pilot.play import Player
from ruledesk.pilot.recording import Recording
from ruledesk.pilot.result import Failure, Refusal
from ruledesk.pilot.values import Step

#: Where a commit belongs among those of all parts: the step's number and one of `_CLOCK`,
#: `_DELIVERY` and `_STEP`, which follow each other. Of what the clock did then the instant and the
#: ticket; of a delivery the place of the commit that queued the message.
Place: TypeAlias = tuple[Any, ...]
_CLOCK: Final = 0
_DELIVERY: Final = 1
_STEP: Final = 2


@frozen
class PartPlayed:
    """What came of a part.

    Attributes:
        steps: How many steps were its own.
        commits: What was stored, each with its place, in order.
        failures: What did not hold, in order.
        refusals: What was refused, each with the step's number.
        names: Names of tickets to numbers.
        tickets: Its tickets as they ended, by number.
        deleted: Numbers of tickets that were deleted.
        foretold: Whether everything went as the split foretold; else the parts cannot be joined.
    """

    steps: int
    commits: tuple[tuple[Place, tuple[Event, ...]], ...]
    failures: tuple[Failure, ...]
    refusals: tuple[tuple[int, Refusal], ...]
    names: Mapping[str, str]
    tickets: Mapping[str, Ticket]
    deleted: frozenset[str]
    foretold: bool


def play_part(recording: Recording, part: Part, desk: Desk, store: WatchedStore) -> PartPlayed:
    """Play a part: do its own steps, and let time pass at those of others as they do.

    Args:
        recording: The recording.
        part: Which steps of it.
        desk: A fresh desk.
        store: The desk's store.

    Raises:
        RuleDeskError: The desk failed, or a step cannot be used.
    """
    playing = _Playing(part, desk, store, Player(desk, recording.head))
    number = 0
    for step in recording.steps():
        number = step.number
        playing.step(step)
    if recording.head.until is not None:
        playing.advance(number + 1, recording.head.until, inclusive=True)
    return playing.played()


class _Playing:
    def __init__(self, part: Part, desk: Desk, store: WatchedStore, player: Player) -> None:
        self._part = part
        self._desk = desk
        self._store = store
        self._player = player
        self._steps = 0
        self._commits: list[tuple[Place, tuple[Event, ...]]] = []
        self._refusals: list[tuple[int, Refusal]] = []
        #: By message: the place of the commit that queued it.
        self._queued: dict[str, Place] = {}
        self._foretold = True

    def step(self, step: Step) -> None:
        """Let time pass up to a step, and do it where it is the part's own."""
        self.advance(step.number, step.at, inclusive=not step.do)
        if step.number not in self._part.steps:
            return
        self._steps += 1
        drawn = self._part.draws.get(step.number)
        if drawn is not None:
            self._foretold &= self._next(up_to=drawn) == drawn
        before = len(self._player.refusals)
        self._player.step(step)
        refused = self._player.refusals[before:]
        self._refusals += ((step.number, one) for one in refused)
        if step.do == "submit":
            self._foretold &= bool(refused) is bool(step.refused)
        if step.number in self._part.made and not refused:
            self._foretold &= len(self._player.made) == self._part.made[step.number]
        if drawn is not None:
            self._foretold &= self._next() == drawn + 1
        self._note((step.number, _STEP))

    def advance(self, number: int, limit: datetime, *, inclusive: bool) -> None:
        """Let time pass as a whole desk would, and note the place of what happens meanwhile."""
        following: Place = (number, _CLOCK)

        def look() -> bool:
            """Note what was moved last, and what is moved next."""
            nonlocal following
            self._note(following)
            due = self._store.next_due()
            if due is not None:
                following = (number, _CLOCK, due.isoformat(), *self._store.due(due, 1))
            return False

        self._desk.sweep(limit, look, inclusive=inclusive)
        self._note(following)
        self._deliver(number, limit)

    def _deliver(self, number: int, limit: datetime) -> None:
        """Try what waits: a replay has messages without an address only, which fail."""
        while (waiting := self._store.pending(limit, 1)) and self._desk.deliver_one(limit):
            self._note((number, _DELIVERY, self._queued[waiting[0].message.id]))

    def played(self) -> PartPlayed:
        """Return what came of it."""
        if self._part.draws:
            self._foretold &= self._next() == max(self._part.draws.values()) + 1
        else:
            self._foretold &= self._next() == 1
        numbers = {event.ticket for _, events in self._commits for event in events}
        player = self._player
        return PartPlayed(
            steps=self._steps,
            commits=tuple(self._commits),
            failures=tuple(player.failures),
            refusals=tuple(self._refusals),
            names=dict(player.names),
            tickets={n: self._desk.ticket(n) for n in numbers - self._store.deleted},
            deleted=frozenset(self._store.deleted),
            foretold=self._foretold,
        )

    def _note(self, place: Place) -> None:
        events = self._store.taken()
        if not events:
            return
        self._commits.append((place, events))
        for event in events:
            if isinstance(event.body, MessagesQueued):
                self._queued.update((message.id, place) for message in event.body.messages)

    def _next(self, up_to: int = 0) -> int:
        """Say which number the next new requester gets, after those of other parts were taken."""
        following = _peek(self._store)
        if following >= up_to:
            return following
        with self._store.transaction() as transaction:
            for _ in range(following, up_to):
                transaction.next_in_sequence(SEQUENCE)
        return _peek(self._store)


class _Peeked(Exception):  # noqa: N818 -- nobody sees it
    """Gives a number back."""


def _peek(store: WatchedStore) -> int:
    number = 0
    try:
        with store.transaction() as transaction:
            number = transaction.next_in_sequence(SEQUENCE)
            raise _Peeked  # noqa: TRY301 -- the block has to see it
    except _Peeked:
        return number
