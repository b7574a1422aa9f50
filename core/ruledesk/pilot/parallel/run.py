"""Runs files over several processes or machines; the answer is that of one process.

Each file is a task. A recording of several business lines that have nothing to do with each other
is one task for each group of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO, Protocol

from attrs import frozen

from ruledesk.codec import event_line
from ruledesk.desk.assembly import channels_of
from ruledesk.desk.config import DeskConfig
from ruledesk.errors import RuleDeskError
from ruledesk.pilot.desks import choose_desk
from ruledesk.pilot.find import holds_recording
from ruledesk.pilot.memory import Rulesets, plugins_for
from ruledesk.pilot.parallel.intakes import Inputs
from ruledesk.pilot.parallel.joined import join
from ruledesk.pilot.parallel.part import PartPlayed
from ruledesk.pilot.parallel.split import Part, split
from ruledesk.pilot.parallel.tasks import Answer, Ended, FileTask, Unusable, run_file, run_part
from ruledesk.pilot.recording import Recording, load_recording
from ruledesk.pilot.replayed import ReplayedElsewhere
from ruledesk.pilot.suite import Reporter, lines_of, outcome_of


class Running(Protocol):
    """A task that was handed in."""

    def result(self) -> Any:
        """Wait for it; raise what it raised."""


class Pool(Protocol):
    """Runs functions elsewhere: an executor of ``concurrent.futures``, a client of Dask."""

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Running:
        """Hand a task in."""


@frozen
class Elsewhere:
    """How files are run elsewhere.

    Attributes:
        pool: Who runs them.
        desk: The desk of files that name none; None for the nearest one.
        engine: Name of the rule engine; empty for the desk's.
        events: Where the events of all desks are written; None for nowhere.
        log: Whether a reporter looks at the events of recordings.
        clock: Seconds, for telling how long it took.
    """

    pool: Pool
    desk: Path | None = None
    engine: str = ""
    events: BinaryIO | None = None
    log: bool = False
    clock: Callable[[], float] = perf_counter


@frozen
class _Handed:
    """A file on its way."""

    file: Path
    answers: Callable[[], Iterable[Answer]]


def run_elsewhere(files: Iterable[Path], how: Elsewhere, reporters: Sequence[Reporter]) -> None:
    """Run files, all at once, and tell what comes of them in their order.

    A file that cannot be used is told and passed over.

    Args:
        files: Scenario files and recordings.
        how: Where they are run.
        reporters: Told everything, in order.
    """
    rulesets = Rulesets()
    handed = [_hand_in(file, how, rulesets) for file in files]
    for one in handed:
        for answer in one.answers():
            if isinstance(answer, Unusable):
                for reporter in reporters:
                    reporter.unusable(one.file, answer.name, answer.error)
            else:
                _tell(answer, how, rulesets, reporters)


def _tell(ended: Ended, how: Elsewhere, rulesets: Rulesets, reporters: Sequence[Reporter]) -> None:
    if how.events is not None:
        how.events.writelines(map(event_line, ended.events))
    seen = ReplayedElsewhere(ended.config, ended.events, ended.tickets, rulesets.of)
    for reporter in reporters:
        reporter.finished(ended.outcome, seen)


def _hand_in(file: Path, how: Elsewhere, rulesets: Rulesets) -> _Handed:
    began = how.clock()
    try:
        recording = load_recording(file) if holds_recording(file) else None
        if recording is not None and len(recording.lines) > 1:
            config = choose_desk(recording.head, lines_of(recording), how.desk)
            parts = _parts(recording, config, rulesets)
            if len(parts) > 1:
                running = [
                    how.pool.submit(run_part, recording, part, config, how.engine) for part in parts
                ]
                return _Handed(
                    file, lambda: _joined(recording, config, running, how, rulesets, began)
                )
    except RuleDeskError as error:
        unusable = Unusable("", error)
        return _Handed(file, lambda: (unusable,))
    whole = _whole(file, how)
    return _Handed(file, whole.result)


def _parts(recording: Recording, config: DeskConfig, rulesets: Rulesets) -> Sequence[Part]:
    with plugins_for(config) as plugins:
        only = next(iter(config.lines)) if len(config.lines) == 1 else ""
        inputs = Inputs(channels_of(config, plugins), plugins.guard, only)
        return split(recording, config, rulesets.of(config), inputs)


def _whole(file: Path, how: Elsewhere) -> Running:
    log = how.log or how.events is not None
    return how.pool.submit(run_file, FileTask(file, how.desk, how.engine, log))


def _joined(
    recording: Recording,
    config: DeskConfig,
    running: Sequence[Running],
    how: Elsewhere,
    rulesets: Rulesets,
    began: float,
) -> Iterator[Answer]:
    try:
        parts: list[PartPlayed] = [one.result() for one in running]
    except RuleDeskError as error:
        yield Unusable(recording.head.name, error)
        return
    joined = join(parts)
    if joined is None:  # what was foretold of the parts did not come about: one has to do it
        yield from _whole(recording.head.file, how).result()
        return
    tickets = {number: ticket for part in parts for number, ticket in part.tickets.items()}
    seen = ReplayedElsewhere(config, joined.events, tickets, rulesets.of)
    seconds = how.clock() - began
    outcome = outcome_of(recording, joined.played, seen, joined.events, seconds)
    yield Ended(outcome, config, joined.events, tickets)
