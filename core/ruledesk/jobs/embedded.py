"""The queue that needs nothing but the store: its jobs are one small document.

Processes that share the store share the queue, as far as the store lets several in (SQLite). Who
runs a job has a lease of it, and renews it while the job runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Condition
from typing import Any, TypeAlias
from uuid import uuid4

from ruledesk.jobs.document import KEY, from_document, to_document
from ruledesk.jobs.job import FailedJob, Job
from ruledesk.jobs.queue import Work, Working
from ruledesk.jobs.state import Entry, QueueState
from ruledesk.jobs.threads import EmbeddedWorking
from ruledesk.storage.interface import Store, Transaction

Commit: TypeAlias = Callable[[Callable[[Transaction], bool]], bool]


class EmbeddedQueue:
    """A `ruledesk.jobs.queue.JobQueue` in a document of the store.

    Args:
        store: Where the document is.
        commit: Runs a block in a transaction of the store, and again where the store asks for it.
    """

    def __init__(self, store: Store, commit: Commit) -> None:
        self._store = store
        self._commit = commit
        #: Told when something was put, or a job has ended.
        self.changed = Condition()
        # Tells leases apart, of this process and of others; nothing is decided by it.
        self._holder = uuid4().hex

    def put(self, job: Job, arguments: Mapping[str, Any], once: str, now: datetime) -> None:
        """Queue a job; see `JobQueue.put`."""
        self._change(lambda state: state.put(job, now, dict(arguments), once))

    def start(self, work: Work) -> Working:
        """Begin to run jobs in threads of this process."""
        return EmbeddedWorking(self, work)

    def failed(self) -> Sequence[FailedJob]:
        """Return the jobs that are given up, oldest first."""
        return self._state().failed

    def again(self, id: int, jobs: Mapping[str, Job], now: datetime) -> bool:  # noqa: A002
        """Put a job that was given up back into the queue; says whether there was one."""
        return self._change(lambda state: state.again(id, jobs, now))

    def close(self) -> None:
        """Nothing is held."""

    # -- for who runs them ------------------------------------------------------------------------

    def claim(self, work: Work, now: datetime) -> Entry | None:
        """Queue the periodic jobs that are due, and take the next job, in one commit at most."""
        until = now + timedelta(seconds=work.timing.stalled)
        taken: Entry | None = None

        def change(state: QueueState) -> QueueState:
            nonlocal taken
            state = state.periodic(work.jobs.values(), now, work.zone)
            state, taken = state.claim(work.jobs, now, until, self._holder)
            return state

        # Looked at first: where there is nothing to do, nothing is written.
        state = self._state()
        if change(state) == state:
            return None
        self._change(change)
        return taken

    def renew(self, work: Work, ids: Sequence[int], now: datetime) -> None:
        """Keep jobs in hand that run on."""
        until = now + timedelta(seconds=work.timing.stalled)
        self._change(lambda state: state.renew(ids, self._holder, until))

    def run(self, work: Work, entry: Entry) -> None:
        """Run a job that was claimed, and note what came of it."""
        error = work.perform(entry.job, entry.arguments)
        job, now = work.jobs.get(entry.job), work.clock()
        if error:
            self._change(lambda state: state.fail(entry, job, error, now))
        else:
            self._change(lambda state: state.done(entry, job))

    # -- the document -----------------------------------------------------------------------------

    def _state(self) -> QueueState:
        return from_document(self._store.document(KEY))

    def _change(self, change: Callable[[QueueState], QueueState]) -> bool:
        """Change the document in a block of its own; says whether it was changed."""

        def block(transaction: Transaction) -> bool:
            state = self._state()
            after = change(state)
            if after == state:
                return False
            transaction.save_document(KEY, to_document(after))
            return True

        changed = self._commit(block)
        with self.changed:
            self.changed.notify_all()
        return changed


__all__ = ["EmbeddedQueue"]
