"""What the workers of a desk do for each other: begin periods, take over from the dead."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from procrastinate import App, exceptions

from ruledesk.jobs.job import Job
from ruledesk.jobs.period import period_of
from ruledesk.jobs.queue import Work
from ruledesk.jobs.state import DIED, MOST_DEATHS

_LOGGER: Final = logging.getLogger("ruledesk.jobs")
#: The queue of all jobs; procrastinate's own are on its default queue.
QUEUE: Final = "ruledesk"

#: A period that began later is noted already by a process whose clock is ahead: nothing to do.
_DEFER: Final = """
SELECT procrastinate_defer_periodic_job_v2(
    %(queue)s::varchar, %(lock)s::varchar, %(queueing_lock)s::varchar, %(job)s::varchar, 0,
    ''::varchar, %(period)s::bigint, %(args)s::jsonb
) AS id WHERE NOT EXISTS (
    SELECT FROM procrastinate_periodic_defers
    WHERE task_name = %(job)s AND periodic_id = '' AND defer_timestamp >= %(period)s
)
"""
#: Notes a period without queueing a job for it.
_NOTE: Final = """
INSERT INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
SELECT %(job)s, '', %(period)s WHERE %(always)s OR NOT EXISTS (
    SELECT FROM procrastinate_periodic_defers WHERE task_name = %(job)s AND periodic_id = ''
)
ON CONFLICT DO NOTHING
"""
#: One statement, so that of several processes one takes a job over: the others then see it changed.
_TAKE_OVER: Final = """
WITH taken AS (
    UPDATE procrastinate_jobs SET
        status = CASE
            WHEN attempts >= coalesce((%(limits)s::jsonb ->> task_name)::int, %(deaths)s)
            THEN 'failed' ELSE 'todo' END::procrastinate_job_status,
        attempts = attempts + 1, scheduled_at = NULL, queueing_lock = NULL, worker_id = NULL,
        abort_requested = false
    WHERE status = 'doing' AND (worker_id IS NULL OR worker_id IN (
        SELECT id FROM procrastinate_workers
        WHERE last_heartbeat < now() - make_interval(secs => %(stalled)s)
    ))
    RETURNING id, task_name, status
), noted AS (
    INSERT INTO ruledesk_errors (job_id, error)
    SELECT id, %(died)s FROM taken WHERE status = 'failed'
    ON CONFLICT (job_id) DO UPDATE SET at = now(), error = excluded.error
)
SELECT id, task_name, status::text FROM taken
"""
_PRUNE: Final = """
DELETE FROM procrastinate_workers
WHERE last_heartbeat < now() - make_interval(secs => %(stalled)s)
"""


class Keeper:
    """Looks after the jobs of all workers, from within one of them.

    Args:
        app: procrastinate, opened.
        work: The jobs and the clock.
    """

    def __init__(self, app: App, work: Work) -> None:
        self._connector = app.connector
        self._work = work
        self._seen: dict[str, datetime] = {}
        self._stalled = work.timing.stalled
        limits = {name: max(len(job.retries), MOST_DEATHS) for name, job in work.jobs.items()}
        self._limits = json.dumps(limits)

    async def look(self) -> None:
        """Take over what the dead have left, and queue the periodic jobs whose period has begun."""
        await self._take_over()
        for job in self._periodic():
            await self._begin(job, period_of(job, self._work.clock(), self._work.zone))

    def _periodic(self) -> Iterable[Job]:
        return (job for job in self._work.jobs.values() if job.periodic)

    async def _begin(self, job: Job, period: datetime) -> None:
        """Queue a job for a period, unless somebody has."""
        if self._seen.get(job.name) == period:
            return
        stamp = int(period.timestamp())
        if job.at is not None and job.name not in self._seen:
            # One with a time of day that was never seen waits for its time.
            await self._note(job, stamp, always=False)
        try:
            await self._connector.execute_query_all_async(
                _DEFER,
                queue=QUEUE,
                lock=job.exclusive,
                queueing_lock=f"every:{job.name}",
                job=job.name,
                period=stamp,
                args={"timestamp": stamp},
            )
        except exceptions.UniqueViolation:
            # The one of an earlier period still waits, and will do for this one, too.
            await self._note(job, stamp, always=True)
        self._seen[job.name] = period

    async def _note(self, job: Job, stamp: int, *, always: bool) -> None:
        await self._connector.execute_query_async(_NOTE, job=job.name, period=stamp, always=always)

    async def _take_over(self) -> None:
        taken = await self._connector.execute_query_all_async(
            _TAKE_OVER,
            limits=self._limits,
            deaths=MOST_DEATHS,
            stalled=self._stalled,
            died=DIED,
        )
        for row in taken:
            _LOGGER.warning(
                "job %s (%s): the process that ran it is gone; it is %s",
                row["task_name"],
                row["id"],
                "given up" if row["status"] == "failed" else "run again",
            )
        await self._connector.execute_query_async(_PRUNE, stalled=self._stalled)


__all__ = ["QUEUE", "Keeper"]
