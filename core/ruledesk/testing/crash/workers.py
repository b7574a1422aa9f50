"""Rounds in which workers are killed: they let time pass and deliver messages."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import define, field

from ruledesk.desk.delivering import LEASE
from ruledesk.desk.runner import Runner
from ruledesk.desk.service import Desk
from ruledesk.model.event import TargetBreached
from ruledesk.storage.interface import Store
from ruledesk.testing.crash.checks import MOST
from ruledesk.testing.crash.children import Child, Say
from ruledesk.testing.crash.desk import MESSAGES
from ruledesk.testing.crash.stage import START, Outcome, Stage
from ruledesk.testing.crash.writing import Writer

#: Between rounds every lease runs out.
_ROUND: Final = LEASE + timedelta(seconds=10)
_TICKETS_A_ROUND: Final = 2
_LINES_AT_MOST: Final = 9
_BETWEEN_LINES: Final = 0.006
_WHILE_OPENING: Final = 0.06
_IDLE: Final = 1.0
_TARGETS: Final = 2


@define
class Deliveries:
    """Lines that the notifier has written, and those whose record was cut off by a kill.

    Attributes:
        ids: Ids of the messages, line by line.
        cut: How often each id was seen written and not recorded, right after a kill.
    """

    ids: list[str] = field(factory=list)
    cut: Counter[str] = field(factory=Counter)


def kill_workers(stage: Stage, rounds: int, *, workers: int = 1, deliveries: int = 4) -> Outcome:
    """Kill workers at random moments, while they let targets pass and deliver messages.

    Args:
        stage: The desk; its notifier writes a line a message, with fsync.
        rounds: How often.
        workers: How many run at the same time; all are killed, one after the other.
        deliveries: How many messages each has in hand at the most.

    Returns:
        What is wrong, and how much was delivered, and delivered twice.
    """
    _feed(stage, rounds)
    seen = Deliveries()
    for round_ in range(rounds):
        now = START + _ROUND * (round_ + 1)
        children = [_worker(stage, now, deliveries) for _ in range(workers)]
        for child in children:
            _wait_for_moment(stage, len(seen.ids))
            child.kill()
            if child.failed:
                stage.outcome.problems.append(f"a worker failed with status {child.status}")
        look(stage, seen, most=workers * deliveries)
        stage.outcome.rounds += 1
        if stage.outcome.problems:
            break
    finish(stage, seen, START + _ROUND * (rounds + 2))
    stage.outcome.problems += stage.in_child(lambda desk: of_targets(desk.store))
    return stage.outcome


def _feed(stage: Stage, rounds: int) -> None:
    """Hand in a few tickets for each round; their messages and targets wait for their time."""

    def submit(desk: Desk) -> Sequence[str]:
        said: list[str] = []
        at = [START]
        writer = Writer(desk, "feed", said.append, lambda: at[0])
        for life in range(rounds * _TICKETS_A_ROUND):
            at[0] = START + _ROUND * (life // _TICKETS_A_ROUND)
            writer.submit(life)
        return said

    stage.told.add(stage.in_child(submit))


def _worker(stage: Stage, now: datetime, deliveries: int) -> Child:
    def work(_: Say) -> None:
        Runner(stage.open(), lambda: now, deliveries=deliveries).run()

    return Child(work)


def _written(stage: Stage) -> list[str]:
    """Read the ids of the lines that are whole."""
    path = stage.folder / MESSAGES
    content = path.read_bytes() if path.exists() else b""
    return [json.loads(line)["id"] for line in content.split(b"\n")[:-1]]


def _wait_for_moment(stage: Stage, before: int) -> None:
    """Wait until so many messages more are written, and a moment longer."""
    more = stage.chance.randrange(_LINES_AT_MOST)
    path = stage.folder / MESSAGES
    end = time.monotonic() + _IDLE
    while more and time.monotonic() < end:
        if path.exists() and path.read_bytes().count(b"\n") >= before + more:
            break
        time.sleep(0.0005)
    stage.linger(_BETWEEN_LINES if more else _WHILE_OPENING)


def look(stage: Stage, seen: Deliveries, most: int) -> None:
    """Find the messages that a kill caught between their line and their record."""
    ids = _written(stage)
    fresh, seen.ids = sorted(set(ids[len(seen.ids) :])), ids
    cut = stage.in_child(lambda desk: unrecorded(desk.store, fresh))
    seen.cut.update(cut)
    if len(cut) > most:
        stage.outcome.problems.append(f"{len(cut)} messages in hand of workers that take {most}")


def unrecorded(store: Store, ids: Sequence[str]) -> list[str]:
    """Name those of some messages that the store does not know to be sent."""
    return [
        delivery.message.id
        for number in sorted({one.rpartition("/")[0] for one in ids})
        for delivery in store.messages(number)
        if delivery.message.id in ids and delivery.state != "sent"
    ]


def finish(stage: Stage, seen: Deliveries, now: datetime) -> None:
    """Let a worker that nobody kills do the rest, and compare."""

    def drain(_: Say) -> None:
        desk = stage.open()
        desk.advance(now)
        desk.close()

    Child(drain).rest()
    seen.ids = _written(stage)
    stage.check()
    stage.outcome.problems += stage.in_child(lambda desk: of_outbox(desk.store, seen))
    stage.outcome.count("messages", len(set(seen.ids)))
    stage.outcome.count("doubles", len(seen.ids) - len(set(seen.ids)))
    stage.outcome.count("cut between send and record", seen.cut.total())


def of_outbox(store: Store, seen: Deliveries) -> list[str]:
    """Every message went out, and more than once only where a kill had cut its record off."""
    lines = Counter(seen.ids)
    found: list[str] = []
    known: set[str] = set()
    for number in dict.fromkeys(event.ticket for event in store.all_events()):
        for delivery in store.messages(number):
            name = delivery.message.id
            known.add(name)
            if delivery.state != "sent" or not lines[name]:
                found.append(f"{name}: {delivery.state}, written {lines[name]} times")
    found += [
        f"{name}: written {times} times, cut off {seen.cut[name]} times"
        for name, times in lines.items()
        if times > 1 + seen.cut[name] or name not in known
    ]
    return found[:MOST]


def of_targets(store: Store) -> list[str]:
    """Nobody worked on the tickets, so each target has passed, and was seen to once."""
    breached = Counter(
        (event.ticket, event.body.name)
        for event in store.all_events()
        if isinstance(event.body, TargetBreached)
    )
    found = [f"{where}: passed {times} times" for where, times in breached.items() if times != 1]
    tickets = store.counts()["tickets"]
    if len(breached) != _TARGETS * tickets:
        found.append(f"{len(breached)} targets passed, of {tickets} tickets")
    return found[:MOST]
