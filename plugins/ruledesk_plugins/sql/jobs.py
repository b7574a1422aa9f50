"""Background jobs on PostgreSQL: procrastinate's tables on the desk's own server.

Any number of processes put jobs and run them; each job is run by one of them at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from procrastinate import exceptions, jobs, manager
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector

from ruledesk.jobs.job import FailedJob, Job
from ruledesk.jobs.queue import Work, Working
from ruledesk_plugins.sql.jobs_connection import JobsConnection
from ruledesk_plugins.sql.jobs_keeping import QUEUE
from ruledesk_plugins.sql.jobs_schema import Connection
from ruledesk_plugins.sql.jobs_worker import PostgresWorking

_NO_ERROR: Final = (
    "no error is known: the plugin of the job is not there / 没有错误信息：缺少任务的插件"
)
_FAILED: Final = """
SELECT job.id, job.task_name, job.args, job.attempts, failed.error, failed.at
FROM procrastinate_jobs AS job LEFT JOIN ruledesk_errors AS failed ON failed.job_id = job.id
WHERE job.status = 'failed' ORDER BY job.id
"""
_AGAIN: Final = """
UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL,
    queueing_lock = NULL, worker_id = NULL
WHERE id = %s AND status = 'failed'
"""
_ENDED_WELL: Final = "DELETE FROM procrastinate_jobs WHERE task_name = %s AND status = 'failed'"
#: A queueing lock would be in the way of a retry while another one waits with the same words.
_ENDED_BADLY: Final = """
WITH unlocked AS (UPDATE procrastinate_jobs SET queueing_lock = NULL WHERE id = %(id)s)
INSERT INTO ruledesk_errors (job_id, error) VALUES (%(id)s, %(error)s)
ON CONFLICT (job_id) DO UPDATE SET at = now(), error = excluded.error
"""


class PostgresJobs:
    """A `ruledesk.jobs.queue.JobQueue` on PostgreSQL.

    Args:
        url: Of the desk's database, as libpq reads it.
    """

    def __init__(self, url: str) -> None:
        self._connection = JobsConnection(url)
        # Only what it makes of a job is used, on a connection that is given to it.
        self._manager = manager.JobManager(SyncPsycopgConnector())

    def put(self, job: Job, arguments: Mapping[str, Any], once: str, now: datetime) -> None:  # noqa: ARG002 - the server's clock
        """Queue a job; see `ruledesk.jobs.queue.JobQueue.put`."""
        queued = jobs.Job(
            queue=QUEUE,
            lock=job.exclusive or None,
            queueing_lock=f"{job.name}:{once}" if once else None,
            task_name=job.name,
            task_kwargs={"arguments": dict(arguments)},
        )

        def defer(connection: Connection) -> None:
            try:
                with connection.transaction():
                    self._manager.defer_job(queued, connection=connection)
            except exceptions.AlreadyEnqueued:
                pass  # one that waits will do

        self._connection.ask(defer)

    def start(self, work: Work) -> Working:
        """Begin to run jobs in a thread of this process, with a worker of procrastinate."""
        return PostgresWorking(self._connection.url, self._connection.schema, work, self.note)

    def failed(self) -> Sequence[FailedJob]:
        """Return the jobs that are given up, oldest first."""
        rows = self._connection.ask(lambda connection: connection.execute(_FAILED).fetchall())
        return [
            FailedJob(id, name, args.get("arguments", {}), attempts, error or _NO_ERROR, at)
            for id, name, args, attempts, error, at in rows  # noqa: A001
        ]

    def again(self, id: int, jobs: Mapping[str, Job], now: datetime) -> bool:  # noqa: A002, ARG002
        """Put a job that was given up back into the queue; says whether there was one."""
        count = self._connection.ask(lambda connection: connection.execute(_AGAIN, [id]).rowcount)
        return count > 0

    def note(self, job: Job, id: int, error: str) -> None:  # noqa: A002
        """Keep what a run has come to, before procrastinate is told.

        Args:
            job: The job.
            id: Which of those that were put.
            error: What went wrong; empty where nothing did.
        """
        if not error and not job.periodic:
            return

        def noted(connection: Connection) -> None:
            if job.periodic:  # of a periodic job, the last failure says it all
                connection.execute(_ENDED_WELL, [job.name])
            if error:
                connection.execute(_ENDED_BADLY, {"id": id, "error": error})

        self._connection.ask(noted)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


__all__ = ["PostgresJobs"]
