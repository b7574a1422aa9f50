"""Fetching input: each mailbox is a periodic job, so that one process at a time looks into it.

An input is received first, with its raw bytes kept, and only then acknowledged to the mailbox. A
crash in between gives the same input again, and its source makes it one ticket.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from ruledesk.desk.channels import InstalledChannel
from ruledesk.errors import InvalidInput, Problem, StorageFault, suggestion
from ruledesk.hooks.guard import Fault, describe
from ruledesk.hooks.kinds import Fetched, Fetching, Mailbox
from ruledesk.jobs.job import Job, JobRun

if TYPE_CHECKING:
    from ruledesk.desk.service import Desk

T = TypeVar("T")
_LOGGER: Final = logging.getLogger("ruledesk.intake")
#: Seconds that a mailbox may take for the next input: mail servers are slow.
PATIENCE: Final = 60.0
#: Errors of single inputs that are told at the end of a run; all of them are logged.
_MOST_TOLD: Final = 3


class FetchError(Exception):
    """A mailbox, or an input in it, cannot be read or received; it is left where it is."""


def mailbox_jobs(desk: Desk) -> Iterator[tuple[Job, str]]:
    """Yield a job for each mailbox of each channel, and the plugin of the channel."""
    for channel in desk.parts.channels.values():
        for mailbox in mailboxes_of(desk, channel):
            yield _job(channel, mailbox), channel.plugin


def mailboxes_of(desk: Desk, channel: InstalledChannel) -> tuple[Mailbox, ...]:
    """Name the mailboxes that a channel fetches from; none where it does not fetch."""
    if not isinstance(channel.channel, Fetching):
        return ()
    hook = f"channel:{channel.name}.mailboxes"
    found = desk.parts.guard.call(channel.plugin, hook, channel.channel.mailboxes)
    return () if isinstance(found, Fault) else tuple(found)


def fetch(channel: InstalledChannel, mailbox: Mailbox, run: JobRun) -> int:
    """Receive all that is in a mailbox.

    Args:
        channel: The channel that fetches; it understands the input, too.
        mailbox: One of its mailboxes.
        run: The run of the mailbox's job.

    Returns:
        How many inputs were received.

    Raises:
        FetchError: The mailbox cannot be read, or some input was not received. What was not
            received is still there.
        StorageFault: The store fails.
    """
    received, errors = 0, []
    for item in _fetched(channel, mailbox, run):
        error = _take(channel, mailbox, item, run)
        if error:
            errors.append(f"{item.name}: {error}")
        else:
            received += 1
    if errors:
        more = f" … ({len(errors)})" if len(errors) > _MOST_TOLD else ""
        raise FetchError("; ".join(errors[:_MOST_TOLD]) + more)
    return received


def line_problem(mailbox: Mailbox, lines: tuple[str, ...], where: str) -> Problem | None:
    """Say that a mailbox's line does not exist; a typing error would hold up every mail."""
    if not mailbox.line or mailbox.line in lines:
        return None
    field = f"{where}.mailboxes.{mailbox.name}.line"
    accepted = suggestion(mailbox.line, lines)
    return Problem("unknown line", "未知业务线", field, mailbox.line, accepted)


def _job(channel: InstalledChannel, mailbox: Mailbox) -> Job:
    def run(run: JobRun) -> int:
        return fetch(channel, mailbox, run)

    # The next period is the next attempt.
    every = max(mailbox.every, timedelta(seconds=1))
    return Job(f"fetch.{channel.name}.{mailbox.name}", run, every=every, retries=())


def _fetched(channel: InstalledChannel, mailbox: Mailbox, run: JobRun) -> Iterator[Fetched]:
    """Ask the channel for one input after the other; each call is guarded by itself."""
    fetching = channel.channel
    if not isinstance(fetching, Fetching):  # pragma: no cover - no job is made of such a channel
        raise TypeError(f"{channel.name} does not fetch")
    inputs = _guarded(channel, run, lambda: iter(fetching.fetch(mailbox.name)))
    while not run.stopping():
        item = _guarded(channel, run, lambda: next(inputs, None))
        if item is None:
            return
        yield item


def _guarded(channel: InstalledChannel, run: JobRun, call: Callable[[], T]) -> T:
    guard, hook = run.desk.parts.guard, f"channel:{channel.name}.fetch"
    result = guard.call(channel.plugin, hook, call, expect=(InvalidInput,), patience=PATIENCE)
    if isinstance(result, Fault):
        raise FetchError(result.error)
    return result


def _take(channel: InstalledChannel, mailbox: Mailbox, item: Fetched, run: JobRun) -> str:
    """Receive and acknowledge one input; returns what went wrong, empty where nothing did."""
    try:
        run.desk.receive(channel.name, item.raw, at=run.now, line=mailbox.line)
    except StorageFault:
        raise
    except Exception as error:  # one input must not hold up those behind it; it is tried again
        _LOGGER.exception("%s: %s is not received", channel.name, item.name)
        return describe(error)
    try:
        _guarded(channel, run, item.done)
    except (FetchError, InvalidInput) as error:
        return f"received, and still in the mailbox: {error}"
    return ""


__all__ = ["PATIENCE", "FetchError", "fetch", "line_problem", "mailbox_jobs", "mailboxes_of"]
