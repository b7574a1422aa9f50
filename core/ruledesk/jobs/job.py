"""What a background job is, what it is given, and what is kept of one that failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import Attribute, field, frozen

if TYPE_CHECKING:
    from ruledesk.desk.service import Desk

#: Waits before a job that failed is run again; after the last one it is kept as failed.
RETRIES: Final = tuple(timedelta(seconds=s) for s in (10, 60, 300, 900))
#: How long one run may take before it is interrupted.
PATIENCE: Final = timedelta(hours=1)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_SHORTEST: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)


@frozen
class JobRun:
    """One run of a job: what it is given.

    Attributes:
        desk: The desk.
        clock: Returns the desk's time, aware; a long job asks again.
        arguments: What it was put with, plain JSON data; empty for a periodic run.
        stopping: Says whether the process is about to end; a long job returns early then, after
            putting itself anew where something is left to do.
    """

    desk: Desk
    clock: Callable[[], datetime]
    arguments: Mapping[str, Any] = field(factory=dict)
    stopping: Callable[[], bool] = lambda: False

    @property
    def now(self) -> datetime:
        """The desk's time."""
        return self.clock()


def _check_every(_: Job, __: Attribute[timedelta | None], every: timedelta | None) -> None:
    if every is not None and not _SHORTEST <= every <= _DAY:
        raise ValueError(f"every is {every}: a second at least, a day at most")


def _check_name(_: Job, __: Attribute[str], name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"no name of letters, digits, '.', '_', '+' and '-': {name!r}")


@frozen
class Job:
    """Work for the background.

    A run that raises is logged with the job's name and tried again after each of `retries`; then
    it is kept as failed, where an administrator sees it. The run of a process that died is taken
    over by another one, so a job may run twice: it has to come to the same.

    Attributes:
        name: Unique among all jobs.
        run: Does the work. Raises whatever it likes where it fails.
        every: The period of a periodic job: at most once a period over all processes. None for
            a job that is only put on demand.
        at: Local time of day at the desk of a job that runs once a day; instead of `every`.
        retries: Waits before it is tried again.
        lock: Two jobs with the same lock never run at the same time; a periodic job without one is
            locked by its own name.
        patience: How long a run may take before it is interrupted.
    """

    name: str = field(validator=_check_name)
    run: Callable[[JobRun], object]
    every: timedelta | None = field(default=None, validator=_check_every)
    at: time | None = None
    retries: tuple[timedelta, ...] = RETRIES
    lock: str = ""
    patience: timedelta = PATIENCE

    def __attrs_post_init__(self) -> None:
        """Refuse two periods."""
        if self.every is not None and self.at is not None:
            raise ValueError(f"{self.name}: either every or at, not both")

    @property
    def periodic(self) -> bool:
        """Whether it runs by itself."""
        return self.every is not None or self.at is not None

    @property
    def exclusive(self) -> str:
        """The lock under which it runs; empty for none."""
        return self.lock or (self.name if self.periodic else "")


@frozen
class FailedJob:
    """A job that was tried as often as it is worth.

    Attributes:
        id: Of this one among all that were put.
        job: The job's name.
        arguments: What it was put with.
        attempts: How often it was tried.
        error: What went wrong the last time.
        at: When that was.
    """

    id: int
    job: str
    arguments: Mapping[str, Any]
    attempts: int
    error: str
    at: datetime | None


__all__ = ["PATIENCE", "RETRIES", "FailedJob", "Job", "JobRun"]
