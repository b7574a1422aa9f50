"""Replays a recording for a test, and keeps what came of it."""

from __future__ import annotations

import io
from pathlib import Path

from attrs import frozen

from ruledesk.codec import event_from_line
from ruledesk.desk.config import DeskConfig
from ruledesk.errors import RuleDeskError
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.suite import Options, memory_desk, run_files
from ruledesk.pilot.values import Head


@frozen
class Replay:
    """What came of a recording.

    Attributes:
        outcome: What the pilot says of it.
        tickets: Every ticket as it ended, in the order of their numbers.
        lines: All events in order of commit, each a canonical JSON line.
        config: The desk that it ran on.
    """

    outcome: Outcome
    tickets: tuple[Ticket, ...]
    lines: bytes
    config: DeskConfig

    def events(self) -> tuple[Event, ...]:
        """Read the events."""
        return tuple(map(event_from_line, self.lines.splitlines()))


def replay(file: Path, engine: str = "") -> Replay:
    """Replay a recording on a desk in memory.

    Args:
        file: The recording.
        engine: Name of the rule engine; empty for the desk's.

    Returns:
        What came of it.

    Raises:
        RuleDeskError: The recording cannot be used.
    """
    lines, kept = io.BytesIO(), _Kept()
    run_files([file], Options(open_desk=memory_desk(engine), events=lines), [kept])
    outcome, config = kept.outcome, kept.config
    assert outcome is not None
    assert config is not None
    return Replay(outcome, kept.tickets, lines.getvalue(), config)


class _Kept:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.config: DeskConfig | None = None
        self.tickets: tuple[Ticket, ...] = ()

    def started(self, head: Head, size: int) -> None:
        """Keep nothing yet."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        """Keep everything."""
        self.outcome, self.config = outcome, desk.config
        numbers = sorted({event.ticket for event in desk.store.all_events()})
        self.tickets = tuple(desk.ticket(number) for number in numbers)

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:  # noqa: ARG002
        """Fail the test."""
        raise error
