"""What a worker process is asked to do, and what it answers; both travel between processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import DeskConfig
from ruledesk.errors import RuleDeskError
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.memory import memory_plugins
from ruledesk.pilot.parallel.part import PartPlayed, play_part
from ruledesk.pilot.parallel.split import Part
from ruledesk.pilot.parallel.watched import WatchedStore
from ruledesk.pilot.recording import Recording
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.suite import Options, load_items, memory_desk, run_one
from ruledesk.pilot.values import Head


@frozen
class FileTask:
    """Run a whole file.

    Attributes:
        file: Scenarios, or a recording.
        desk: The desk of files that name none; None for the nearest one.
        engine: Name of the rule engine; empty for the desk's.
        log: Whether the events of recordings are wanted; those of scenarios always come along.
    """

    file: Path
    desk: Path | None
    engine: str
    log: bool


@frozen
class Ended:
    """One scenario or recording is over.

    Attributes:
        outcome: What came of it.
        config: The desk that it ran on.
        events: All its events in the order of commit; none where they were not wanted.
        tickets: Its tickets as they ended, by number; none where no events were wanted.
    """

    outcome: Outcome
    config: DeskConfig
    events: Sequence[Event]
    tickets: Mapping[str, Ticket]


@frozen
class Unusable:
    """A file, or a scenario of it (where `name` is not empty), that cannot be used."""

    name: str
    error: RuleDeskError


Answer: TypeAlias = Ended | Unusable


def run_file(task: FileTask) -> tuple[Answer, ...]:
    """Run a file, item by item; what is unusable is an answer, too."""
    try:
        items = load_items(task.file)
    except RuleDeskError as error:
        return (Unusable("", error),)
    answers: list[Answer] = []
    options = Options(memory_desk(task.engine), desk=task.desk)
    for item in items:
        kept = _Kept(log=task.log or not isinstance(item, Recording))
        try:
            run_one(item, options, [kept])
        except RuleDeskError as error:
            answers.append(Unusable(item.head.name, error))
        else:
            answers += kept.ended
    return tuple(answers)


def run_part(recording: Recording, part: Part, config: DeskConfig, engine: str) -> PartPlayed:
    """Run one part of a recording on a desk of its own, in memory.

    Raises:
        RuleDeskError: The desk cannot be opened, or fails.
    """
    plugins = memory_plugins(config)
    backend = plugins.registry.storages.get("memory", "storage")
    store = WatchedStore(backend.open("memory:", config.folder))
    desk = open_desk(config, storage=store, engine=engine, deliver=False, plugins=plugins)
    try:
        return play_part(recording, part, desk, store)
    finally:
        desk.close()


class _Kept:
    """A reporter that keeps what travels."""

    def __init__(self, *, log: bool) -> None:
        self._log = log
        self.ended: list[Ended] = []

    def started(self, head: Head, size: int) -> None:
        """Nobody watches a worker."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        """Keep what came of it."""
        events = tuple(desk.store.all_events()) if self._log else ()
        tickets = {number: desk.ticket(number) for number in {event.ticket for event in events}}
        self.ended.append(Ended(outcome, desk.config, events, tickets))

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:
        """Raised to whoever runs it."""
