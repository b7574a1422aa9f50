"""The threads of one process that run the jobs of an embedded queue."""

from __future__ import annotations

import logging
import time
from threading import Thread
from typing import TYPE_CHECKING, Final

from ruledesk.desk.outage import Outage
from ruledesk.jobs.queue import Work
from ruledesk.jobs.state import Entry

if TYPE_CHECKING:
    from ruledesk.jobs.embedded import EmbeddedQueue

_LOGGER: Final = logging.getLogger("ruledesk.jobs")


class EmbeddedWorking:
    """Takes jobs and runs each in a thread of its own; see `ruledesk.jobs.queue.Working`.

    Args:
        queue: Where the jobs are.
        work: What they are, and how to run one.
    """

    def __init__(self, queue: EmbeddedQueue, work: Work) -> None:
        self._queue = queue
        self._work = work
        self._changed = queue.changed
        self._stopping = False
        self._outage = Outage()
        self._running: dict[int, Thread] = {}
        self._renewed = time.monotonic()
        self._thread = Thread(target=self._loop, name="ruledesk-jobs", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its threads are running."""
        return self._thread.is_alive()

    def stop(self, seconds: float) -> bool:
        """Take no new job, and wait for those that run; says whether all have ended."""
        until = time.monotonic() + seconds
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in (self._thread, *tuple(self._running.values())):
            thread.join(max(0.0, until - time.monotonic()))
        return not self._thread.is_alive() and not self._running

    def _loop(self) -> None:
        # It goes on until the last job has ended: leases are renewed as long as one runs.
        while not self._stopping or self._running:
            try:
                self._step()
            except Exception as error:
                self._outage.met("jobs", error)
            else:
                self._outage.over("jobs")
            with self._changed:
                if not self._stopping or self._running:
                    self._changed.wait(self._work.timing.poll)

    def _step(self) -> None:
        timing = self._work.timing
        # First of all, or this very process would take its own job for one that was left behind.
        if self._running and time.monotonic() - self._renewed >= timing.heartbeat:
            self._queue.renew(self._work, tuple(self._running), self._work.clock())
            self._renewed = time.monotonic()
        while not self._stopping and len(self._running) < timing.concurrency:
            entry = self._queue.claim(self._work, self._work.clock())
            if entry is None:
                break
            self._begin(entry)

    def _begin(self, entry: Entry) -> None:
        if not self._running:
            self._renewed = time.monotonic()
        name = f"ruledesk-job-{entry.job}"
        thread = Thread(target=self._run, args=(entry,), name=name, daemon=True)
        self._running[entry.id] = thread
        thread.start()

    def _run(self, entry: Entry) -> None:
        try:
            self._queue.run(self._work, entry)
        except Exception:  # its lease runs out, and it is run again
            _LOGGER.exception("job %s: what came of it cannot be stored", entry.job)
        finally:
            with self._changed:
                self._running.pop(entry.id, None)
                self._changed.notify_all()


__all__ = ["EmbeddedWorking"]
