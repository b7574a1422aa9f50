"""The embedded queue as a value: what each step makes of it. Pure; times are arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from attrs import evolve, field, frozen

from ruledesk.jobs.job import FailedJob, Job
from ruledesk.jobs.period import period_of

#: Failed jobs that are kept; the queue is one document and stays small.
MOST_FAILED: Final = 200
#: Processes that may die of a job, however seldom it is worth trying after an error.
MOST_DEATHS: Final = 3
#: What is said of a job that is given up because the processes that ran it died.
DIED: Final = "the process that ran it ended without a result / 运行它的进程已终止，没有结果"


@frozen
class Entry:
    """A job that waits or runs.

    Attributes:
        once: Another one with the same words is not queued while this one waits.
        lock: Not run at the same time as another one with the same lock.
        attempts: Runs that have ended without success.
        not_before: When it may be run.
        holder: Who runs it, empty for nobody; until `leased_until`, unless renewed.
    """

    id: int
    job: str
    not_before: datetime
    arguments: Mapping[str, Any] = field(factory=dict)
    once: str = ""
    lock: str = ""
    attempts: int = 0
    holder: str = ""
    leased_until: datetime | None = None

    def held(self, now: datetime) -> bool:
        """Whether somebody who lives runs it."""
        return self.leased_until is not None and self.leased_until > now


@frozen
class QueueState:
    """The queue.

    Attributes:
        last: The id given last.
        entries: Jobs that wait or run, in order of queueing.
        failed: Jobs that were given up, oldest first.
        periods: Of each periodic job, the period for which it was queued last.
    """

    last: int = 0
    entries: tuple[Entry, ...] = ()
    failed: tuple[FailedJob, ...] = ()
    periods: Mapping[str, datetime] = field(factory=dict)

    def put(
        self, job: Job, now: datetime, arguments: Mapping[str, Any] | None = None, once: str = ""
    ) -> QueueState:
        """Queue a job, unless one with the same `once` waits already."""
        if once and any(e.once == once and not e.held(now) for e in self.entries):
            return self
        entry = Entry(self.last + 1, job.name, now, arguments or {}, once, job.exclusive)
        return evolve(self, last=entry.id, entries=(*self.entries, entry))

    def periodic(self, jobs: Iterable[Job], now: datetime, zone: tzinfo) -> QueueState:
        """Queue each periodic job whose period has begun, once a period.

        A job with a time of day that was never seen waits for its time; one that was missed, the
        desk being down, is queued now.
        """
        state = self
        for job in jobs:
            if not job.periodic:
                continue
            period, last = period_of(job, now, zone), state.periods.get(job.name)
            if last is not None and period <= last:
                continue
            state = evolve(state, periods={**state.periods, job.name: period})
            if last is not None or job.at is None:
                state = state.put(job, now, once=f"every:{job.name}")
        return state

    def next(self, now: datetime) -> Entry | None:
        """Return the job to be run next: its time has come, nobody runs it, its lock is free."""
        taken = {e.lock for e in self.entries if e.lock and e.held(now)}
        for entry in self.entries:
            if entry.held(now) or entry.lock in taken:
                continue
            if entry.not_before <= now:
                return entry
            if entry.lock:
                taken.add(entry.lock)  # in order under one lock, as one after the other was put
        return None

    def claim(
        self, jobs: Mapping[str, Job], now: datetime, until: datetime, holder: str
    ) -> tuple[QueueState, Entry | None]:
        """Take the next job.

        Returns:
            The queue, and the job: leased to `holder` until `until`.
        """
        state = self
        while (entry := state.next(now)) is not None:
            # A lease that ran out was a run, too: a job must not kill its processes for ever.
            attempts = entry.attempts + bool(entry.holder)
            job = jobs.get(entry.job)
            if entry.holder and attempts > max(len(job.retries) if job else 0, MOST_DEATHS):
                state = state._given_up(entry, job, attempts, DIED, now)
                continue
            taken = evolve(entry, attempts=attempts, holder=holder, leased_until=until)
            return state._with(taken), taken  # noqa: SLF001 - another one of the same class
        return state, None

    def renew(self, ids: Sequence[int], holder: str, until: datetime) -> QueueState:
        """Keep jobs in hand that run on."""
        return evolve(
            self,
            entries=tuple(
                evolve(e, leased_until=until) if e.id in ids and e.holder == holder else e
                for e in self.entries
            ),
        )

    def done(self, entry: Entry, job: Job | None) -> QueueState:
        """Forget a job that was done, and with a periodic one what had failed of it before."""
        state = self._without(entry)
        if job is not None and job.periodic:
            kept = tuple(one for one in state.failed if one.job != job.name)
            return evolve(state, failed=kept)
        return state

    def fail(self, entry: Entry, job: Job | None, error: str, now: datetime) -> QueueState:
        """Let a job that failed wait for its next attempt, or give it up."""
        if not self._mine(entry):
            return self
        attempts = entry.attempts + 1
        retries = job.retries if job is not None else ()
        if attempts <= len(retries):
            again = now + retries[attempts - 1]
            waiting = evolve(
                entry, attempts=attempts, not_before=again, holder="", leased_until=None
            )
            return self._with(waiting)
        return self._given_up(entry, job, attempts, error, now)

    def again(self, id: int, jobs: Mapping[str, Job], now: datetime) -> QueueState:  # noqa: A002
        """Queue a failed job anew; the same state where there is none."""
        found = next((one for one in self.failed if one.id == id), None)
        if found is None:
            return self
        job = jobs.get(found.job)
        lock = job.exclusive if job is not None else ""
        entry = Entry(found.id, found.job, now, found.arguments, lock=lock)
        failed = tuple(one for one in self.failed if one is not found)
        return evolve(self, entries=(*self.entries, entry), failed=failed)

    def _given_up(
        self, entry: Entry, job: Job | None, attempts: int, error: str, now: datetime
    ) -> QueueState:
        given_up = FailedJob(entry.id, entry.job, entry.arguments, attempts, error, now)
        kept = self.failed
        if job is not None and job.periodic:
            kept = tuple(one for one in kept if one.job != entry.job)
        state = self._without(entry)
        return evolve(state, failed=(*kept, given_up)[-MOST_FAILED:])

    def _mine(self, entry: Entry) -> bool:
        """Whether who claimed an entry has it still; else another one has taken it over."""
        return any(e.id == entry.id and e.holder == entry.holder for e in self.entries)

    def _with(self, entry: Entry) -> QueueState:
        entries = tuple(entry if e.id == entry.id else e for e in self.entries)
        return evolve(self, entries=entries)

    def _without(self, entry: Entry) -> QueueState:
        if not self._mine(entry):
            return self
        return evolve(self, entries=tuple(e for e in self.entries if e.id != entry.id))


__all__ = ["DIED", "MOST_DEATHS", "MOST_FAILED", "Entry", "QueueState"]
