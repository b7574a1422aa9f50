"""A worker of procrastinate in a thread of the desk's process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from threading import Thread
from typing import Any, Final, TypeAlias

import psycopg
from procrastinate import (
    App,
    BaseRetryStrategy,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    builtin_tasks,
)
from procrastinate.jobs import Job as QueuedJob

from ruledesk.jobs.job import Job
from ruledesk.jobs.queue import Work
from ruledesk_plugins.sql.jobs_keeping import QUEUE, Keeper

Note: TypeAlias = Callable[[Job, int, str], None]

_LOGGER: Final = logging.getLogger("ruledesk.jobs")
#: Seconds after which a server that was lost is tried again.
_PAUSE: Final = 1.0
#: Seconds to wait for a connection.
_PATIENCE: Final = 5.0
#: Hours that failed jobs are kept.
_KEPT: Final = 30 * 24


class JobError(Exception):
    """What a job's run came to, for procrastinate to decide on a retry."""


class PostgresWorking:
    """Runs jobs until it is stopped; see `ruledesk.jobs.queue.Working`.

    A server that is lost is waited for. Jobs run in threads, `Timing.concurrency` at once.

    Args:
        url: Of the desk's database.
        schema: Where procrastinate's tables are.
        work: What the jobs are, and how to run one.
        note: Keeps what a run has come to.
    """

    def __init__(self, url: str, schema: str, work: Work, note: Note) -> None:
        self._url = url
        self._schema = schema
        self._work = work
        self._note = note
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="ruledesk-jobs", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its threads are running."""
        return self._thread.is_alive()

    def stop(self, seconds: float) -> bool:
        """Take no new job, and wait for those that run; says whether all have ended."""
        if self._thread.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:  # it has ended in this moment
                _LOGGER.debug("the worker has ended already")
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        logging.getLogger("procrastinate.worker").addFilter(_told_already)
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                await self._work_on()
            except Exception as error:
                if self._stop.is_set():
                    return
                said = " ".join(f"{error.__cause__ or error}".split())
                _LOGGER.error("background jobs pause, the server is lost: %s", said)  # noqa: TRY400
                await self._pause(_PAUSE)

    async def _work_on(self) -> None:
        """Run a worker until it is to stop, or fails."""
        # Asked first, because the pool would try ever more seldom.
        connection = await psycopg.AsyncConnection.connect(
            self._url, connect_timeout=round(_PATIENCE)
        )
        await connection.close()
        app = self._app()
        async with app.open_async():
            parts = [
                asyncio.create_task(self._worker(app), name="worker"),
                asyncio.create_task(self._keep(app), name="keeper"),
                asyncio.create_task(self._stop.wait(), name="stop"),
            ]
            done, others = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in others:
                part.cancel()  # the worker waits for the jobs that run
            await asyncio.gather(*others, return_exceptions=True)
            for part in done:
                part.result()

    async def _worker(self, app: App) -> None:
        timing = self._work.timing
        await app.run_worker_async(
            concurrency=timing.concurrency,
            fetch_job_polling_interval=timing.poll,
            update_heartbeat_interval=timing.heartbeat,
            stalled_worker_timeout=timing.stalled,
            delete_jobs="successful",
            install_signal_handlers=False,
        )

    async def _keep(self, app: App) -> None:
        keeper = Keeper(app, self._work)
        while True:
            await keeper.look()
            await asyncio.sleep(min(self._work.timing.heartbeat, self._work.timing.poll))

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    # -- procrastinate's view of the jobs ---------------------------------------------------------

    def _app(self) -> App:
        # Each fetching, keeping and listening coroutine may want a connection at once.
        most = self._work.timing.concurrency + 4
        connector = PsycopgConnector(
            conninfo=self._url,
            configure=self._configured(),
            min_size=1,
            max_size=most,
            timeout=_PATIENCE,
        )
        app = App(connector=connector)
        for job in self._work.jobs.values():
            self._add(app, job)
        # It also keeps procrastinate's watch over its own coroutines going, which ends with the
        # first of them: without a periodic task, a lost heartbeat would go unseen.
        app.periodic(cron="17 3 * * *")(
            app.task(name="ruledesk:forget", queueing_lock="ruledesk:forget", pass_context=True)(
                _forget
            )
        )
        return app

    def _configured(self) -> Callable[[Any], Awaitable[None]]:
        path = '"' + self._schema.replace('"', '""') + '"'

        async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
            await connection.execute("SELECT set_config('search_path', %s, false)", [path])
            await connection.commit()

        return configure

    def _add(self, app: App, job: Job) -> None:
        def run(
            context: JobContext,
            arguments: Mapping[str, Any] | None = None,
            timestamp: int = 0,  # noqa: ARG001 - the period, which procrastinate gives
        ) -> None:
            error = self._work.perform(job.name, arguments or {})
            self._note(job, context.job.id or 0, error)
            if error:
                raise JobError(error)

        app.task(
            name=job.name,
            queue=QUEUE,
            lock=job.exclusive or None,
            retry=_Retries(job),
            pass_context=True,
        )(run)


class _Retries(BaseRetryStrategy):
    """Tries a job again after its own waits."""

    def __init__(self, job: Job) -> None:
        self._waits = job.retries

    def get_retry_decision(
        self,
        *,
        exception: BaseException,  # noqa: ARG002 - procrastinate's signature
        job: QueuedJob,
    ) -> RetryDecision | None:
        """Say when a job is run again; None once it was tried often enough."""
        if job.attempts >= len(self._waits):
            return None
        return RetryDecision(retry_at=datetime.now(UTC) + self._waits[job.attempts])


def _told_already(record: logging.LogRecord) -> bool:
    """Leave out that a job failed: the desk has logged it, with its error."""
    return not str(getattr(record, "action", "")).startswith("job_error")


async def _forget(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Remove jobs that failed long ago."""
    await builtin_tasks.remove_old_jobs(context, max_hours=_KEPT, remove_failed=True)


__all__ = ["JobError", "PostgresWorking"]
