"""Every shipped scenario gives the same events with both rule engines, and each time it is run.

That the scenarios hold is tested where they stand: the pytest plugin collects them.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import RuleDeskError
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.suite import Options, memory_desk, run_files
from ruledesk.pilot.values import Head
from ruledesk_rulesets import ruledesk_rulesets

SHIPPED = ruledesk_rulesets()


class Collected:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.errors: list[RuleDeskError] = []

    def started(self, head: Head, size: int) -> None:
        return None

    def finished(self, outcome: Outcome, desk: Desk) -> None:
        self.outcomes.append(outcome)

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:
        self.errors.append(error)


def events(files: list[Path], engine: str) -> bytes:
    collected, log = Collected(), io.BytesIO()
    run_files(files, Options(open_desk=memory_desk(engine), events=log), [collected])
    assert [str(error) for error in collected.errors] == []
    assert len(collected.outcomes) >= len(files)
    return log.getvalue()


@pytest.mark.requirement("F2")
@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_same_events_on_every_run_and_engine(name: str) -> None:
    folder = SHIPPED[name] if SHIPPED[name].is_dir() else SHIPPED[name].parent
    files = sorted(folder.rglob("*.scenario.yaml"))
    runs = [events(files, engine) for engine in ("durable", "python", "durable")]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0].count(b"\n") > len(files)
