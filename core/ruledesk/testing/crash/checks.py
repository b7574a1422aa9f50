"""Whether a store holds what it acknowledged, once, and nothing by halves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ruledesk.lifecycle.evolve import replay
from ruledesk.model.action import Note, Resolve, Submit
from ruledesk.model.event import Event, MessagesQueued
from ruledesk.storage.interface import Store
from ruledesk.storage.verify import Verification
from ruledesk.testing.crash.said import Acknowledged, Told, digest

_WORD: Final = re.compile(r" (\S+)\.$")
_SEQUENCE: Final = re.compile(r"(C\d{8})(\d{5,})")
#: Each problem is a line of text; this many are told.
MOST: Final = 20


def problems(store: Store, told: Told) -> list[str]:
    """Compare a store with what was acknowledged.

    Args:
        store: The store, open, while nobody writes.
        told: What the writers said.

    Returns:
        What is wrong, in words for the author of the store; empty where nothing is.
    """
    histories: dict[str, list[Event]] = {}
    for event in store.all_events():
        histories.setdefault(event.ticket, []).append(event)
    found = [
        *_of_tickets(store, histories),
        *_of_acknowledged(histories, told.acknowledged),
        *_of_words(histories, told),
        *_of_numbers(histories),
        *(finding.text("en") for finding in Verification(store).findings()),
    ]
    total = sum(len(events) for events in histories.values())
    counts = store.counts()
    if (counts["tickets"], counts["events"]) != (len(histories), total):
        found.append(f"counts are {counts}, found {len(histories)} tickets, {total} events")
    return found[:MOST]


def _of_tickets(store: Store, histories: Mapping[str, Sequence[Event]]) -> Iterator[str]:
    """A ticket's history has no hole, and its view and messages are what the history says."""
    for number, events in histories.items():
        if [event.version for event in events] != list(range(1, len(events) + 1)):
            yield f"{number}: versions {[event.version for event in events]}"
        elif store.ticket(number) != replay(events):
            yield f"{number}: the ticket is not what its {len(events)} events lead to"
        if list(store.events(number)) != list(events):
            yield f"{number}: its events are others than those of the stream"
        queued = [message.id for message in _queued(events)]
        kept = [delivery.message.id for delivery in store.messages(number)]
        if queued != kept:
            yield f"{number}: messages {kept} in the outbox, its events say {queued}"


def _queued(events: Iterable[Event]) -> Iterator[Any]:
    for event in events:
        if isinstance(event.body, MessagesQueued):
            yield from event.body.messages


def _of_acknowledged(
    histories: Mapping[str, Sequence[Event]], acknowledged: Mapping[str, Acknowledged]
) -> Iterator[str]:
    """What was given back to a writer can be told from the events that are stored."""
    for word, given in acknowledged.items():
        events = histories.get(given.number, ())
        if len(events) < given.version:
            yield f"{word}: {given.number} has {len(events)} events of {given.version}: lost"
        elif digest(replay(events[: given.version])) != given.digest:
            yield f"{word}: {given.number} at {given.version} is not as it was acknowledged"


def _of_words(histories: Mapping[str, Sequence[Event]], told: Told) -> Iterator[str]:
    """Each step is there once, if it was acknowledged; at most once, if nobody knows."""
    found = Counter(word for events in histories.values() for word in _words(events))
    for word, times in found.items():
        if times > 1:
            yield f"{word}: stored {times} times"
        if word in told.refused:
            yield f"{word}: was said not to be stored, and is"
        if word not in told.begun:
            yield f"{word}: is stored, and nobody wrote it"
    for word in told.acknowledged.keys() - found.keys():
        if not word.startswith("act:"):
            yield f"{word}: was acknowledged, and is not stored"


def _words(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        match event.body:
            case Submit(fields=fields):
                text = str(fields.get("description", ""))
            case Note(text=text) | Resolve(solution=text):
                pass
            case _:
                continue
        if word := _WORD.search(text):
            yield word[1]


def _of_numbers(numbers: Iterable[str]) -> Iterator[str]:
    """Numbers have no gap and no double (A5)."""
    taken: dict[str, list[int]] = {}
    for number in numbers:
        if parts := _SEQUENCE.fullmatch(number):
            taken.setdefault(parts[1], []).append(int(parts[2]))
    for series, given in taken.items():
        if sorted(given) != list(range(1, len(given) + 1)):
            missing = sorted(set(range(1, max(given) + 1)) - set(given))
            yield f"{series}: {len(given)} numbers up to {max(given)}, missing {missing[:5]}"
