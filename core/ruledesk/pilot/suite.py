"""Runs files of scenarios and recordings, each on a fresh desk, and tells reporters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import BinaryIO, Protocol
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ruledesk.codec import event_line
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.service import Desk
from ruledesk.errors import RuleDeskError
from ruledesk.insight.hints import Hint, find_hints
from ruledesk.insight.history import case_of
from ruledesk.insight.weekly import Week, count_weeks
from ruledesk.model.event import Event
from ruledesk.pilot.desks import choose_desk
from ruledesk.pilot.find import holds_recording
from ruledesk.pilot.play import Played, play
from ruledesk.pilot.recording import Progress, Recording, load_recording
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.scenario import load_scenarios
from ruledesk.pilot.totals import count_events
from ruledesk.pilot.values import Head, Scenario, Step

OpenDesk = Callable[[DeskConfig], Desk]


class Reporter(Protocol):
    """Is told what comes of each scenario."""

    def started(self, head: Head, size: int) -> Progress | None:
        """A recording of so many bytes begins; may ask to be told how far it is."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        """A scenario or recording is over; its desk can still be looked at."""

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:
        """A file, or a scenario of it (where `name` is not empty), cannot be used."""


@frozen
class Options:
    """How files are run.

    Attributes:
        desk: The desk of files that name none; None for the nearest one.
        events: Where the events of all desks are written, a canonical JSON line each; None for
            nowhere.
        clock: Seconds, for telling how long it took; nothing that happens depends on it.
        open_desk: Opens a desk in memory, from which nothing reaches real people.
    """

    open_desk: OpenDesk
    desk: Path | None = None
    events: BinaryIO | None = None
    clock: Callable[[], float] = field(default=perf_counter)


def memory_desk(engine: str = "") -> OpenDesk:
    """Say how pilots open desks: in memory, with no notifier called.

    Args:
        engine: Name of the rule engine; empty for the desk's.
    """
    from ruledesk.pilot.memory import open_in_memory  # noqa: PLC0415 - loads much

    return lambda config: open_in_memory(config, engine)


def run_files(files: Iterable[Path], options: Options, reporters: Sequence[Reporter]) -> None:
    """Run files one after the other.

    A file that cannot be used is told and passed over.

    Args:
        files: Scenario files and recordings.
        options: How they are run.
        reporters: Told everything, in order.
    """
    for file in files:
        try:
            items = load_items(file)
        except RuleDeskError as error:
            _tell_unusable(file, "", error, reporters)
            continue
        for item in items:
            try:
                run_one(item, options, reporters)
            except RuleDeskError as error:
                _tell_unusable(file, item.head.name, error, reporters)


def _tell_unusable(
    file: Path, name: str, error: RuleDeskError, reporters: Sequence[Reporter]
) -> None:
    for reporter in reporters:
        reporter.unusable(file, name, error)


def load_items(file: Path) -> tuple[Scenario | Recording, ...]:
    """Read what a file holds: one recording, or scenarios.

    Raises:
        InvalidInput: It cannot be used.
    """
    return (load_recording(file),) if holds_recording(file) else load_scenarios(file)


def run_one(item: Scenario | Recording, options: Options, reporters: Sequence[Reporter]) -> None:
    """Run one scenario or recording on a fresh desk.

    Args:
        item: What was read from a file.
        options: How it is run.
        reporters: Told what comes of it, while the desk is still open.

    Raises:
        RuleDeskError: It cannot be used on its desk.
    """
    head = item.head
    began = options.clock()
    desk = options.open_desk(choose_desk(head, lines_of(item), options.desk))
    try:
        played = play(desk, head, _steps(item, reporters))
        events = _logged(desk.store.all_events(), options.events)
        outcome = outcome_of(item, played, desk, events, options.clock() - began)
        for reporter in reporters:
            reporter.finished(outcome, desk)
    finally:
        desk.close()


def outcome_of(
    item: Scenario | Recording,
    played: Played,
    desk: Replayed,
    events: Iterable[Event],
    seconds: float,
) -> Outcome:
    """Say what came of a scenario or recording.

    Args:
        item: Which.
        played: What came of its steps.
        desk: What it was played on.
        events: All events of the desk in order of commit; gone through once.
        seconds: How long it took.
    """
    recording = isinstance(item, Recording)
    return Outcome(
        name=item.head.name,
        file=item.head.file,
        steps=played.steps,
        failures=played.failures,
        names=played.names,
        totals=count_events(events),
        seconds=seconds,
        recording=recording,
        hints=_hints(desk) if recording else (),
        weeks=_weeks(desk) if recording else (),
        refusals=played.refusals,
    )


def _hints(desk: Replayed) -> tuple[Hint, ...]:
    numbers: list[str] = []
    now = datetime.min.replace(tzinfo=UTC)
    for event in desk.store.all_events():
        now = max(now, event.at)
        if event.version == 1:
            numbers.append(event.ticket)
    teams_of = desk.config.directory.teams_of
    return find_hints(
        (case_of(desk.ticket(number), desk.store.events(number), teams_of) for number in numbers),
        now,
    )


def _weeks(desk: Replayed) -> tuple[Week, ...]:
    config = desk.config
    zone = ZoneInfo(config.timezone)
    return count_weeks(desk.store.all_events(), zone, config.directory.teams_of)


def lines_of(item: Scenario | Recording) -> Iterable[str]:
    """Name the business lines that a scenario or recording uses; empty where it names none."""
    if isinstance(item, Recording):
        return sorted(item.lines)
    return (item.head.line, *(step.line for step in item.steps))


def _steps(item: Scenario | Recording, reporters: Sequence[Reporter]) -> Iterable[Step]:
    if isinstance(item, Scenario):
        return item.steps
    told = [reporter.started(item.head, item.size) for reporter in reporters]
    wanted = [progress for progress in told if progress is not None]

    def progress(done: int) -> None:
        for tell in wanted:
            tell(done)

    return item.steps(progress if wanted else None)


def _logged(events: Iterable[Event], log: BinaryIO | None) -> Iterator[Event]:
    for event in events:
        if log is not None:
            log.write(event_line(event))
        yield event
