"""A process that runs jobs on PostgreSQL until its standard input ends: URL, stalled seconds.

The jobs write what they do into the table ``runs``.
"""

import os
import sys
import time
from datetime import UTC, datetime, timedelta

import psycopg

from ruledesk.jobs.job import Job
from ruledesk.jobs.queue import Work
from ruledesk.jobs.timing import Timing
from ruledesk_plugins.sql.jobs import PostgresJobs


def main(url: str, stalled: float) -> None:
    with psycopg.connect(url, autocommit=True) as connection:

        def note(job: str, what: str) -> None:
            row = (job, what, os.getpid())
            connection.execute("INSERT INTO runs (job, what, pid) VALUES (%s, %s, %s)", row)

        def perform(name: str, arguments) -> str:
            note(name, f"begun {arguments.get('n', '')}".strip())
            if name == "slow":
                while not connection.execute("SELECT 1 FROM runs WHERE job = 'go'").fetchone():
                    time.sleep(0.02)
            if name == "quick":
                time.sleep(0.01)
            note(name, f"ended {arguments.get('n', '')}".strip())
            return ""

        jobs = {
            job.name: job
            for job in (
                Job("tick", print, every=timedelta(seconds=1)),
                Job("slow", print),
                Job("quick", print),
            )
        }
        timing = Timing(concurrency=1, heartbeat=0.2, stalled=stalled, poll=0.1)
        queue = PostgresJobs(url)
        working = queue.start(Work(jobs, perform, lambda: datetime.now(UTC), UTC, timing))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()
        assert working.stop(10)
        queue.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
