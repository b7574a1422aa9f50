"""The background jobs of a desk: put, run, failed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Final

from ruledesk.errors import InvalidInput, Problem, suggestion
from ruledesk.hooks.guard import Fault
from ruledesk.jobs.collect import DESK, jobs_of
from ruledesk.jobs.embedded import EmbeddedQueue
from ruledesk.jobs.job import FailedJob, Job, JobRun
from ruledesk.jobs.queue import HasJobQueue, JobQueue, Work, Working

if TYPE_CHECKING:
    from ruledesk.desk.service import Desk

_LOGGER: Final = logging.getLogger("ruledesk.jobs")


class Jobs:
    """The background jobs of a desk. Nothing runs until it is started; jobs can be put before.

    Args:
        desk: The desk; its store keeps the queue.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._working: Working | None = None
        self._stopping = Event()
        self._starting = Lock()
        self._opened = False

    @cached_property
    def known(self) -> Mapping[str, Job]:
        """All jobs by name: the desk's own, those of mailboxes, those of plugins."""
        return {name: job for name, (job, _) in self._collected.items()}

    @cached_property
    def _collected(self) -> Mapping[str, tuple[Job, str]]:
        return jobs_of(self._desk)

    @cached_property
    def _queue(self) -> JobQueue:
        self._opened = True
        store = self._desk.store
        own = store.job_queue() if isinstance(store, HasJobQueue) else None
        return EmbeddedQueue(store, self._desk.parts.commit) if own is None else own

    def put(
        self,
        job: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        at: datetime,
        once: str = "",
    ) -> None:
        """Queue a job; it is durable on return, and run as soon as somebody is free.

        Args:
            job: The job's name.
            arguments: Plain JSON data, small.
            at: The desk's clock, aware.
            once: While a job put with the same words waits to be run, this one is left out.

        Raises:
            InvalidInput: There is no such job, or the arguments are no JSON data.
            StorageFault: It could not be stored.
        """
        known = self.known.get(job)
        if known is None:
            raise InvalidInput(_unknown(job, self.known))
        plain = _plain(arguments or {})
        with self._desk.parts.guard.shield():  # a plugin's hook may have asked for it
            self._queue.put(known, plain, once, at)

    def start(self, clock: Callable[[], datetime]) -> None:
        """Begin to run jobs in threads of this process; returns at once.

        Args:
            clock: Returns the desk's time, aware.
        """
        with self._starting:
            if not self.alive:
                self._stopping.clear()
                self._working = self._queue.start(self._work(clock))

    @property
    def alive(self) -> bool:
        """Whether this process runs jobs."""
        return self._working is not None and self._working.alive

    def stop(self, seconds: float = 30.0) -> bool:
        """Take no new job, ask those that run to end (`JobRun.stopping`), and wait for them.

        Args:
            seconds: How long at most. What still runs then is run again by another process once
                this one has ended.

        Returns:
            Whether all have ended.
        """
        self._stopping.set()
        return self._working is None or self._working.stop(seconds)

    def work(self, now: datetime) -> int:
        """Run all that is due at `now` in this thread, on a virtual clock.

        Returns:
            How many jobs were run.

        Raises:
            InvalidInput: The store has a queue of its own, which goes by the server's clock.
        """
        queue = self._queue
        if not isinstance(queue, EmbeddedQueue):
            raise InvalidInput.of("has a queue of its own", "有自己的任务队列", field="storage")
        work, done = self._work(lambda: now), 0
        while (entry := queue.claim(work, now)) is not None:
            queue.run(work, entry)
            done += 1
        return done

    def failed(self) -> Sequence[FailedJob]:
        """Return the jobs that are given up, oldest first; of a periodic one the last time."""
        return self._queue.failed()

    def again(self, id: int, at: datetime) -> bool:  # noqa: A002
        """Put a job that was given up back into the queue; says whether there was one."""
        return self._queue.again(id, self.known, at)

    def close(self) -> None:
        """Stop, and release the queue. Before the store is closed."""
        self.stop()
        if self._opened:
            self._queue.close()

    # -- running ----------------------------------------------------------------------------------

    def _work(self, clock: Callable[[], datetime]) -> Work:
        def perform(name: str, arguments: Mapping[str, Any]) -> str:
            return self._perform(name, arguments, clock)

        return Work(self.known, perform, clock, self._desk.timezone, self._desk.config.jobs)

    def _perform(
        self, name: str, arguments: Mapping[str, Any], clock: Callable[[], datetime]
    ) -> str:
        """Run a job; returns what went wrong, empty where nothing did."""
        found = self._collected.get(name)
        if found is None:  # of a plugin that is off by now
            error = _unknown(name, self.known).text("en")
            _LOGGER.error("job %s: %s", name, error)
            return error
        job, plugin = found
        run = JobRun(self._desk, clock, arguments, self._stopping.is_set)
        guard = self._desk.parts.guard
        patience = job.patience.total_seconds()
        result = guard.call(plugin, f"job:{name}", job.run, run, patience=patience)
        if not isinstance(result, Fault):
            return ""
        _LOGGER.error("job %s failed: %s", name, result.error)
        return result.error or "failed"


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Copy arguments as JSON has them.

    Raises:
        InvalidInput: They are no JSON data.
    """
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(arguments), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidInput.of(
            f"no JSON data: {error}", f"不是 JSON 数据：{error}", field="arguments"
        ) from None
    return plain


def _unknown(name: str, known: Mapping[str, Job]) -> Problem:
    return Problem(
        "no installed plugin provides this job",
        "没有已安装的插件提供此任务",
        "job",
        name,
        suggestion(name, known),
    )


__all__ = ["DESK", "Jobs"]
