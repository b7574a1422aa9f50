"""The `hotline` ruleset does what manual D says: every scenario and the recorded day hold."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import RuleDeskError
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.suite import Options, memory_desk, run_files
from ruledesk.pilot.values import Head
from ruledesk_rulesets import ruledesk_rulesets

HOTLINE = ruledesk_rulesets()["hotline"]
SCENARIOS = sorted((HOTLINE / "scenarios").glob("*.scenario.yaml"))
DAY = HOTLINE / "recordings" / "day.jsonl"
ENGINES = ("durable", "python")


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


def run(*files: Path, engine: str = "") -> tuple[Collected, bytes]:
    collected, events = Collected(), io.BytesIO()
    options = Options(open_desk=memory_desk(engine), events=events)
    run_files(files, options, [collected])
    assert [str(error) for error in collected.errors] == []
    return collected, events.getvalue()


def requirements(file: Path) -> tuple[str, ...]:
    """The requirement IDs that a scenario names in its first line."""
    first = file.read_text(encoding="utf-8").partition("\n")[0].partition(":")[0]
    return tuple(re.findall(r"\b[A-F]\d{1,2}\b", first))


def cases() -> Iterator[object]:
    for file in SCENARIOS:
        name = file.name.removesuffix(".scenario.yaml")
        yield pytest.param(file, id=name, marks=pytest.mark.requirement(*requirements(file)))


@pytest.mark.parametrize("file", list(cases()))
def test_scenario_holds(file: Path) -> None:
    collected, _ = run(file)
    assert [outcome.failures for outcome in collected.outcomes] == [()] * len(collected.outcomes)


@pytest.mark.requirement("D1", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D13")
def test_each_requirement_line_has_a_scenario() -> None:
    shown = {one for file in SCENARIOS for one in requirements(file)}
    wanted = {"D1", *(f"D{number}" for number in range(3, 12)), "D13"}
    assert shown >= wanted


def test_scenarios_give_the_same_events_on_every_run_and_engine() -> None:
    runs = [run(*SCENARIOS, engine=engine)[1] for engine in (*ENGINES, ENGINES[0])]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0].count(b"\n") > len(SCENARIOS)
