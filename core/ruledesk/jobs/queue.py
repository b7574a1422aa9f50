"""What a queue of jobs is: durable, and each job done once by whoever is free.

The desk's default is `ruledesk.jobs.embedded`, which keeps its jobs in a document of the store. A
store of several machines brings its own, by the optional method of `HasJobQueue`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Protocol, runtime_checkable

from attrs import frozen

from ruledesk.jobs.job import FailedJob, Job
from ruledesk.jobs.timing import Timing


@frozen
class Work:
    """What a queue needs to run jobs.

    Attributes:
        jobs: All jobs of the desk, by name.
        perform: Runs a job with its arguments, and never raises. Returns what went wrong, empty
            where nothing did.
        clock: The desk's clock.
        zone: The desk's time zone.
        timing: How many at once, and how soon a dead process is noticed.
    """

    jobs: Mapping[str, Job]
    perform: Callable[[str, Mapping[str, Any]], str]
    clock: Callable[[], datetime]
    zone: tzinfo
    timing: Timing


class Working(Protocol):
    """A process's part in running jobs, from `JobQueue.start` on."""

    @property
    def alive(self) -> bool:
        """Whether its threads are running."""

    def stop(self, seconds: float) -> bool:
        """Take no new job, and wait for those that run.

        Args:
            seconds: How long at most.

        Returns:
            Whether all have ended.
        """


class JobQueue(Protocol):
    """Keeps jobs until they are done. Safe to call from several threads."""

    def put(self, job: Job, arguments: Mapping[str, Any], once: str, now: datetime) -> None:
        """Queue a job; durable on return.

        Args:
            job: The job.
            arguments: Plain JSON data.
            once: While a job put with the same words waits to be run, this one is left out; empty
                for no such comparison.
            now: The desk's clock.

        Raises:
            StorageFault: It could not be stored.
        """

    def start(self, work: Work) -> Working:
        """Begin to run jobs in threads of this process, periodic ones too."""

    def failed(self) -> Sequence[FailedJob]:
        """Return the jobs that are given up, oldest first.

        Of a periodic job there is the last failure only, until it is done again.
        """

    def again(self, id: int, jobs: Mapping[str, Job], now: datetime) -> bool:  # noqa: A002
        """Put a job that was given up back into the queue.

        Args:
            id: Of the failed job.
            jobs: All jobs of the desk, by name.
            now: The desk's clock.

        Returns:
            Whether there was such a job.
        """

    def close(self) -> None:
        """Release what is held."""


@runtime_checkable
class HasJobQueue(Protocol):
    """A store that brings its own queue of jobs (optional method of a `Store`)."""

    def job_queue(self) -> JobQueue | None:
        """Make the queue; the desk asks once and closes it before the store.

        Returns:
            The queue; None to leave it to the desk, which keeps the jobs in a document.
        """


__all__ = ["HasJobQueue", "JobQueue", "Work", "Working"]
