"""Races of many processes for one thing, on the level of the store (C14, F3)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from attrs import evolve, frozen

from ruledesk.errors import Conflict
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.storage.interface import Store
from ruledesk.testing.crash.children import Child, Say
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket

_PATIENCE: Final = 500
_LEASE: Final = timedelta(seconds=60)
_LATER: Final = timedelta(days=1)


class _GivenBack(Exception):  # noqa: N818
    """Ends a block on purpose."""


@frozen
class Races:
    """Races on one store, each run by its own name.

    Attributes:
        open: Opens the store; each process opens its own.
        processes: How many race.
        turns: How often each of them tries.
    """

    open: Callable[[], Store]
    processes: int = 16
    turns: int = 8

    def on_one_ticket(self) -> list[str]:
        """All add notes to one ticket; none is lost, none comes twice, none is cut off."""
        with _opened(self.open) as store:
            store_ticket(store, sample_ticket("RACE-1"))

        def note(store: Store, name: int, say: Say) -> None:
            for turn in range(self.turns):
                say(f"{name}.{turn} {_note(store, 'RACE-1', f'{name}.{turn}')}")

        said = self._run(note)
        with _opened(self.open) as store:
            events, ticket = store.events("RACE-1"), store.ticket("RACE-1")
        found = Counter(_text(event) for event in events[1:])
        wanted = {f"{name}.{turn}" for name in range(self.processes) for turn in range(self.turns)}
        problems = [f"{text}: {times} times" for text, times in found.items() if times != 1]
        problems += [f"{text}: lost" for text in wanted - set(found)]
        problems += [
            f"{text}: acknowledged as version {version}, stored as another"
            for text, version in map(str.split, said)
            if _text(events[int(version) - 1]) != text
        ]
        if ticket is None or ticket.version != len(events) or len(events) != 1 + len(wanted):
            problems.append(f"{len(events)} events, the ticket is {ticket}")
        return problems

    def on_one_sequence(self) -> list[str]:
        """All take numbers, and some give them back; what is kept has no gap and no double."""

        def take(store: Store, name: int, say: Say) -> None:
            for turn in range(self.turns):
                number = _taken(store, keep=(name + turn) % 4 != 0)
                if number:
                    say(str(number))

        taken = sorted(int(line) for line in self._run(take))
        if taken != list(range(1, len(taken) + 1)):
            return [f"the sequence gave {taken}"]
        return []

    def on_due_tickets(self) -> list[str]:
        """All let happen what is due; each ticket is moved by one of them, and none is left."""
        count = self.processes * self.turns
        with _opened(self.open) as store:
            for n in range(count):
                store_ticket(store, sample_ticket(f"DUE-{n:03}", timers={"t": START}))

        def move(store: Store, name: int, say: Say) -> None:
            while number := _moved(store, f"{name}"):
                say(number)

        said = Counter(self._run(move))
        with _opened(self.open) as store:
            problems = [
                f"DUE-{n:03}: moved {said[f'DUE-{n:03}']} times, {len(events)} events"
                for n in range(count)
                if len(events := store.events(f"DUE-{n:03}")) != 2 or said[f"DUE-{n:03}"] != 1
            ]
            if left := store.due(START):
                problems.append(f"left due: {left}")
        return problems

    def on_waiting_deliveries(self) -> list[str]:
        """All claim messages; each is one's own until its lease runs out, and then another's."""
        count = self.processes * self.turns
        with _opened(self.open) as store:
            for n in range(count):
                number = f"MSG-{n:03}"
                store_ticket(store, sample_ticket(number), messages=[delivery(number, 1)])

        def claim(store: Store, name: int, say: Say) -> None:
            while claimed := store.claim(START, START + _LEASE, limit=1 + name % 3):
                for one in claimed:
                    say(f"{one.message.id}")
                    if name % 2:
                        _settled(store, one)

        said = Counter(self._run(claim))
        problems = [f"{name}: claimed {times} times" for name, times in said.items() if times != 1]
        if len(said) != count:
            problems.append(f"{len(said)} of {count} messages were claimed")
        return problems + self._after_the_leases(count)

    def _after_the_leases(self, count: int) -> list[str]:
        """Whoever claimed and settled nothing loses it: now it is given to others."""
        again = START + _LEASE
        with _opened(self.open) as store:
            sent = sum(store.messages(f"MSG-{n:03}")[0].state == "sent" for n in range(count))
            early = store.claim(again - timedelta(microseconds=1), again, limit=count)
            late = store.claim(again, again + _LEASE, limit=count)
        if early or len(late) != count - sent:
            return [f"{sent} settled, {len(early)} given early, {len(late)} given again"]
        return []

    def _run(self, work: Callable[[Store, int, Say], None]) -> list[str]:
        """Let all processes begin at the same moment; return what they said."""
        waiting, go = os.pipe()

        def racer(name: int) -> Callable[[Say], None]:
            def run(say: Say) -> None:
                os.close(go)
                with _opened(self.open) as store:
                    say("ready")
                    os.read(waiting, 1)  # ends when the parent closes its end
                    work(store, name, say)

            return run

        children = [Child(racer(name)) for name in range(self.processes)]
        os.close(waiting)
        ready = [child.listen_for(1, "ready") for child in children]
        os.close(go)
        said = [line for child in children for line in child.rest() if line != "ready"]
        failed = [child.status for child in children if child.failed]
        if failed or not all(ready):
            raise AssertionError(f"processes failed with status {failed}")
        return said


@contextmanager
def _opened(open_store: Callable[[], Store]) -> Iterator[Store]:
    store = open_store()
    try:
        yield store
    finally:
        store.close()


def _note(store: Store, number: str, text: str) -> int:
    """Add a note as the version that was read allows it; returns the version it got."""
    for _ in range(_PATIENCE):
        try:
            with store.transaction() as transaction:
                ticket = store.ticket(number)
                if ticket is None:
                    raise AssertionError(number)
                after, event = noted(ticket, text)
                transaction.append(after, [event], expected_version=ticket.version)
        except Conflict:
            continue
        return after.version
    raise AssertionError(f"{text}: others were faster {_PATIENCE} times")


def _taken(store: Store, *, keep: bool) -> int:
    """Take a number; 0 where it was given back."""
    for _ in range(_PATIENCE):
        try:
            with store.transaction() as transaction:
                number = transaction.next_in_sequence("race")
                _give_back(unless=keep)
        except _GivenBack:
            return 0
        except Conflict:
            continue
        return number
    raise AssertionError(f"others were faster {_PATIENCE} times")


def _give_back(*, unless: bool) -> None:
    if not unless:
        raise _GivenBack


def _moved(store: Store, name: str) -> str:
    """Let happen what is due on the first ticket; returns its number, empty where none is due."""
    for _ in range(_PATIENCE):
        try:
            with store.transaction() as transaction:
                ticket = transaction.claim_due(START)
                if ticket is None:
                    return ""
                after, event = noted(ticket, name)
                later = evolve(after, timers={"t": START + _LATER})
                transaction.append(later, [event], expected_version=ticket.version)
        except Conflict:
            continue
        return ticket.number
    raise AssertionError(f"others were faster {_PATIENCE} times")


def _settled(store: Store, one: Delivery) -> None:
    with store.transaction() as transaction:
        transaction.save_delivery(evolve(one, state="sent", attempts=1))


def _text(event: Event) -> str:
    return str(getattr(event.body, "text", ""))


def all_races(races: Races) -> Iterator[tuple[str, Sequence[str]]]:
    """Run every race, one after the other; yields its name and what is wrong."""
    for race in (
        races.on_one_ticket,
        races.on_one_sequence,
        races.on_due_tickets,
        races.on_waiting_deliveries,
    ):
        yield race.__name__, race()
