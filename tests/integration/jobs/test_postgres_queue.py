"""The queue on PostgreSQL, with several real processes and one of them killed."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest

from ruledesk.errors import StorageFault
from ruledesk.jobs.job import Job
from ruledesk.jobs.queue import Work
from ruledesk.jobs.timing import Timing
from ruledesk_plugins.sql.backend import PostgreSQLBackend
from ruledesk_plugins.sql.jobs import PostgresJobs
from ruledesk_plugins.sql.jobs_schema import _MORE, SCHEMA, _steps, apply

NOW = datetime.now(UTC)
QUICK = Timing(concurrency=2, heartbeat=0.2, stalled=5.0, poll=0.05)


class Runs:
    """The table into which jobs write."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute(
            "CREATE TABLE runs (job text, what text, pid int, at timestamptz DEFAULT now())"
        )

    def of(self, job: str, what: str = "") -> list[tuple]:
        return self.connection.execute(
            "SELECT what, pid, at FROM runs WHERE job = %s AND what LIKE %s ORDER BY at",
            (job, f"{what}%"),
        ).fetchall()

    def go(self) -> None:
        self.connection.execute("INSERT INTO runs (job) VALUES ('go')")


@pytest.fixture
def runs(postgres_url):
    runs = Runs(postgres_url)
    yield runs
    runs.connection.close()


@pytest.fixture
def queue(postgres_url):
    queue = PostgresJobs(postgres_url)
    yield queue
    queue.close()


def work(perform, *jobs: Job, timing: Timing = QUICK) -> Work:
    return Work({job.name: job for job in jobs}, perform, lambda: datetime.now(UTC), UTC, timing)


def test_a_periodic_job_runs_once_a_period_with_three_workers(
    postgres_url, runs, spawn, finish, until
) -> None:
    workers = [spawn("queue_worker.py", postgres_url, "10") for _ in range(3)]
    until(lambda: len(runs.of("tick", "begun")) >= 5)
    finish(*workers)
    begun = [at for _, _, at in runs.of("tick", "begun")]
    # The first period has begun already when the first worker comes; each other one is run at
    # its own beginning, or later where the machine is busy, and never twice.
    passed = (begun[-1] - begun[0]).total_seconds()
    assert len(begun) <= passed + 2
    deferred = runs.connection.execute(
        f"SELECT count(*) FROM {SCHEMA}.procrastinate_periodic_defers WHERE task_name = 'tick'"
    ).fetchone()
    assert deferred == (1,)


def test_jobs_are_done_once_though_a_worker_is_killed(
    postgres_url, runs, queue, spawn, finish, until
) -> None:
    workers = [spawn("queue_worker.py", postgres_url, "4") for _ in range(3)]
    for n in range(100):
        queue.put(Job("quick", print), {"n": n}, "", NOW)
    until(lambda: len(runs.of("quick", "ended")) >= 20)
    os.kill(workers[0].pid, signal.SIGKILL)
    until(lambda: len({what for what, _, _ in runs.of("quick", "ended")}) == 100)
    finish(*workers[1:])
    ended = [what for what, _, _ in runs.of("quick", "ended")]
    assert len(ended) <= 101  # at most the one in hand, between its end and the record of it
    assert not queue.failed()


def test_a_killed_worker_s_job_is_taken_over_within_the_stated_time(
    postgres_url, runs, queue, spawn, finish, until
) -> None:
    stalled = 3.0
    workers = [spawn("queue_worker.py", postgres_url, str(stalled)) for _ in range(2)]
    queue.put(Job("slow", print), {}, "", NOW)
    until(lambda: runs.of("slow", "begun"))
    ((_, pid, _),) = runs.of("slow", "begun")
    os.kill(pid, signal.SIGKILL)
    took = until(lambda: len(runs.of("slow", "begun")) == 2)
    runs.go()
    until(lambda: runs.of("slow", "ended"))
    finish(*[worker for worker in workers if worker.pid != pid])
    stated = Timing(heartbeat=0.2, stalled=stalled, poll=0.1).takeover.total_seconds()
    assert took < stated + 3  # the machine may be busy
    assert [at_pid for _, at_pid, _ in runs.of("slow", "ended")] != [pid]


def test_a_failing_job_is_tried_again_and_then_kept_as_failed(queue, until) -> None:
    ran: list[str] = []

    def perform(name, arguments) -> str:
        ran.append(name)
        return "no route to host"

    job = Job("import", print, retries=(timedelta(seconds=0.1),) * 2)
    queue.put(job, {"n": 1}, "key", NOW)
    working = queue.start(work(perform, job))
    until(lambda: len(ran) == 1)
    queue.put(job, {"n": 2}, "key", NOW)  # waits beside the retry, and is in nobody's way
    until(lambda: len(queue.failed()) == 2)
    assert working.stop(10)
    first = queue.failed()[0]
    assert (first.job, first.arguments, first.attempts) == ("import", {"n": 1}, 3)
    assert first.error == "no route to host"
    assert len(ran) == 6
    assert queue.again(first.id, {}, NOW)
    assert not queue.again(first.id, {}, NOW)
    assert len(queue.failed()) == 1


def test_what_is_put_with_the_same_key_waits_once(queue, until) -> None:
    ran: list[dict] = []

    def perform(name, arguments) -> str:
        ran.append(dict(arguments))
        return ""

    job, last = Job("import", print, lock="one"), Job("last", print, lock="one")
    for n in range(5):
        queue.put(job, {"n": n}, "a.csv", NOW)
    queue.put(last, {"end": True}, "", NOW)
    working = queue.start(work(perform, job, last))
    until(lambda: {"end": True} in ran)
    assert working.stop(10)
    assert ran == [{"n": 0}, {"end": True}]


def test_the_server_is_killed_and_comes_back(postgres, postgres_url, until) -> None:
    ran: list[int] = []

    def perform(name, arguments) -> str:
        ran.append(arguments["n"])
        return ""

    queue, job = PostgresJobs(postgres_url), Job("import", print)
    queue.put(job, {"n": 1}, "", NOW)
    working = queue.start(work(perform, job))
    until(lambda: ran == [1])
    postgres.kill()
    with pytest.raises(StorageFault):
        queue.put(job, {"n": 2}, "", NOW)
    postgres.start()
    queue.put(job, {"n": 3}, "", NOW)
    until(lambda: 3 in ran)
    assert 2 not in ran  # the first may run once more: the server died before its end was noted
    assert working.alive
    assert working.stop(10)
    queue.close()


def test_tables_are_made_once_and_a_newer_version_is_refused(postgres_url) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        apply(connection)
        path = connection.execute("SHOW search_path").fetchone()
        apply(connection)
        assert connection.execute("SHOW search_path").fetchone() == path
        connection.execute(f"UPDATE {SCHEMA}.ruledesk_version SET version = '99.0.0'")
        with pytest.raises(StorageFault, match="newer"):
            apply(connection)


def test_several_processes_that_come_first_make_the_tables_once(postgres_url) -> None:
    meet = Barrier(6)

    def first(n: int) -> None:
        queue = PostgresJobs(postgres_url)
        meet.wait(30)
        queue.put(Job("import", print), {"n": n}, "", NOW)
        queue.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(first, range(6)))
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute(f"SELECT count(*) FROM {SCHEMA}.procrastinate_jobs").fetchone()
    assert found == (6,)


def test_older_tables_are_refused_until_they_are_upgraded(postgres_url) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(f"SET search_path TO {SCHEMA}")
        for statements in (*_steps((-1,), (3, 3, 0)), _MORE):  # as procrastinate 3.3 left them
            connection.execute(statements)
        connection.execute("INSERT INTO ruledesk_version VALUES ('3.3.0')")
        connection.execute("RESET search_path")
        queue = PostgresJobs(postgres_url)
        with pytest.raises(StorageFault, match="storage upgrade"):
            queue.put(Job("import", print), {}, "", NOW)
        apply(connection)
        queue.put(Job("import", print), {}, "", NOW)
        queue.close()
        upgraded = _functions(connection)
        connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        apply(connection)
        assert set(_functions(connection)) <= set(upgraded)


def _functions(connection) -> list[tuple]:
    return connection.execute(
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = %s::regnamespace", [SCHEMA]
    ).fetchall()


def test_storage_upgrade_makes_the_tables_of_jobs_too(postgres_url, tmp_path) -> None:
    assert PostgreSQLBackend.upgrade(postgres_url, tmp_path)[-1].startswith("jobs 3.")
    assert not PostgreSQLBackend.upgrade(postgres_url, tmp_path)
