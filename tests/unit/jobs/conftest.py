"""A desk with jobs that note when they ran."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ruledesk import Job, JobRun, hookimpl
from ruledesk.desk.service import Desk


class Diary:
    """Notes runs, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, datetime, dict[str, Any]]] = []
        self.failures = 0

    def job(self, name: str, **options: Any) -> Job:
        def run(run: JobRun) -> None:
            self.runs.append((name, run.now, dict(run.arguments)))
            if self.failures:
                self.failures -= 1
                raise OSError("no route to host")

        return Job(name, run, **options)

    def of(self, name: str) -> list[datetime]:
        return [at for job, at, _ in self.runs if job == name]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def desk_of(open_desk: Callable[..., Desk]) -> Iterator[Callable[..., Desk]]:
    """Opens the sample desk with jobs of a plugin."""

    def opened(*jobs: Job, description: dict[str, Any] | None = None, **options: Any) -> Desk:
        plugin = SimpleNamespace(
            RULEDESK_API="1.0", ruledesk_jobs=hookimpl(specname="ruledesk_jobs")(lambda: jobs)
        )
        return open_desk(description, plugins={"acme": plugin}, **options)

    return opened


@pytest.fixture
def minutes() -> Callable[[float], timedelta]:
    return lambda number: timedelta(minutes=number)
