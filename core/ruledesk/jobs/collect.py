"""All background jobs of a desk: its own, one for each mailbox, and those of plugins."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from ruledesk.jobs.fetching import mailbox_jobs
from ruledesk.jobs.job import Job, JobRun

if TYPE_CHECKING:
    from ruledesk.desk.service import Desk

_LOGGER: Final = logging.getLogger("ruledesk.jobs")
#: Who jobs belong to that no plugin provides.
DESK: Final = "desk"
_RETENTION: Final = "retention"


def jobs_of(desk: Desk) -> Mapping[str, tuple[Job, str]]:
    """Collect a desk's jobs.

    Args:
        desk: The desk.

    Returns:
        Each job and the plugin that provides it, by name. What a plugin provides under a name
        that the desk has itself is left out, and logged.
    """
    found: dict[str, tuple[Job, str]] = {}
    for job, plugin in (*_own(desk), *mailbox_jobs(desk), *_of_plugins(desk)):
        if job.name in found:
            _LOGGER.error("job %s of plugin %s: the name is taken", job.name, plugin)
            continue
        found[job.name] = (job, plugin)
    return found


def _of_plugins(desk: Desk) -> Iterator[tuple[Job, str]]:
    jobs = desk.parts.plugins.registry.jobs
    for name, job in jobs.items().items():
        yield job, jobs.plugin_of(name)


def _own(desk: Desk) -> Iterator[tuple[Job, str]]:
    """The desk's own jobs: retention where it is wanted, what the store asks to be done."""
    retention = desk.config.retention
    if retention.run:
        yield Job(_RETENTION, _retain, at=retention.at), DESK
    if isinstance(desk.store, Sweeping):
        yield Job("store.sweep", _sweep, every=timedelta(hours=1)), DESK


@runtime_checkable
class Sweeping(Protocol):
    """A store in which interrupted writing may leave something over (optional method)."""

    def sweep(self, now: datetime) -> int:
        """Remove what is left over; returns how much it was."""


def _sweep(run: JobRun) -> None:
    if isinstance(run.desk.store, Sweeping):
        run.desk.store.sweep(run.now)


def _retain(run: JobRun) -> None:
    from ruledesk.desk.retention import run as retain  # noqa: PLC0415 - it imports the desk

    if retain(run.desk, run.now, run.stopping).cut_off:  # another process goes on with it
        run.desk.jobs.put(_RETENTION, at=run.now, once=_RETENTION)


__all__ = ["DESK", "Sweeping", "jobs_of"]
