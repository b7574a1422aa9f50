"""The retention run: what its ruleset no longer asks to keep is deleted (C13).

Ticket by ticket, each deletion in a transaction of its own, so that a run which is cut off has done
what it did, and the next one goes on. Several processes may run at once. What was removed is told
by the tombstones, which hold nothing personal.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import Any, Final

from attrs import frozen

from ruledesk.desk.clockwork import never
from ruledesk.desk.deleting import check_deletion
from ruledesk.desk.lines import RunningLine
from ruledesk.desk.service import Desk
from ruledesk.errors import Conflict, NotFound, Problem, Refused
from ruledesk.model.action import Delete
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.rules.retention import Retention
from ruledesk.storage.interface import Store, TicketQuery, over_at
from ruledesk.strict import instant

_LOGGER: Final = logging.getLogger("ruledesk.desk")
#: Who deletes what is past its retention.
ACTOR: Final = "system"
#: Tickets read at once.
_PAGE: Final = 100
_REASON: Final = re.compile(r"retention (?P<retention>\w+) of (?P<ruleset>.+)")


@frozen
class Outcome:
    """What became of a ticket whose retention is over.

    Attributes:
        over_at: Since when nobody works on it.
        retention: How long it was to be kept (``3y``), by which `ruleset` (``name@version``).
        kept: Why it is not deleted; empty where it is.
    """

    number: str
    line: str
    over_at: datetime
    retention: str
    ruleset: str
    kept: tuple[Problem, ...] = ()


@frozen
class Tally:
    """How many tickets a run deleted, how many it had to keep, and whether it was told to end."""

    deleted: int = 0
    kept: int = 0
    cut_off: bool = False


@frozen
class Removed:
    """An entry of the log: a ticket that is no more.

    Attributes:
        tombstone: Number, line, instants, who.
        retention: The retention by which it went; empty where a person deleted it.
        ruleset: The ruleset, with its version, that had the retention; else empty.
    """

    tombstone: Tombstone
    retention: str = ""
    ruleset: str = ""


def run(desk: Desk, now: datetime, stop: Callable[[], bool] = never) -> Tally:
    """Delete everything whose retention is over.

    Args:
        desk: The desk.
        now: Its clock, aware.
        stop: Asked after each ticket whether to leave the rest to another run.

    Returns:
        How much was deleted; what had to be kept is in the process's log by number.
    """
    deleted = kept = 0
    for outcome in sweep(desk, now):
        if outcome.kept:
            kept += 1
            _LOGGER.info("ticket %s is past its retention and kept: %s", outcome.number,
                         "; ".join(problem.text("en") for problem in outcome.kept))  # fmt: skip
        else:
            deleted += 1
        if stop():
            return Tally(deleted, kept, cut_off=True)
    return Tally(deleted, kept)


def sweep(desk: Desk, now: datetime, *, dry_run: bool = False) -> Iterator[Outcome]:
    """Delete what is past its retention, ticket by ticket, those that ended first first.

    Only the tickets whose time has come are looked at, a page of them at a time.

    Args:
        desk: The desk.
        now: Its clock, aware.
        dry_run: Delete nothing; say what would become of each.

    Yields:
        What became of each ticket, as soon as it is done.
    """
    now = instant(now, "now")
    for running in desk.parts.lines.values():
        retention = running.ruleset.policy.retention
        if retention is None:
            continue
        for ticket, over in _past(desk.store, running, retention, now, desk.timezone):
            ruleset = running.ruleset.id
            body = Delete(f"retention {retention} of {ruleset}")
            problems = _problems(desk, ticket, body, now, dry_run=dry_run)
            if problems is not None:
                yield Outcome(ticket.number, ticket.line, over, str(retention), ruleset, problems)


def removed(store: Store) -> Iterator[Removed]:
    """Stream the log of what was deleted, in that order, by a run or by people."""
    for tombstone in store.tombstones():
        said = _REASON.fullmatch(tombstone.reason) if tombstone.by == ACTOR else None
        yield Removed(tombstone, **(said.groupdict() if said else {}))


def removed_data(entry: Removed) -> dict[str, Any]:
    """Write an entry of the log as plain data."""
    stone = entry.tombstone
    return {
        "kind": "deleted",
        "number": stone.number,
        "line": stone.line,
        "created_at": stone.created_at.isoformat(),
        "closed_at": stone.closed_at.isoformat() if stone.closed_at else None,
        "at": stone.deleted_at.isoformat(),
        "by": stone.by,
        "reason": stone.reason,
        "retention": entry.retention,
        "ruleset": entry.ruleset,
    }


def _past(
    store: Store, running: RunningLine, retention: Retention, now: datetime, zone: tzinfo
) -> Iterator[tuple[Ticket, datetime]]:
    """Yield the tickets of a line that need not be kept, each with when it was over."""
    after = ""
    while True:
        query = TicketQuery(
            where={"line": (running.line.name,)},
            sort="over_at",
            descending=False,
            limit=_PAGE,
            after=after,
        )
        page = store.query(query)
        for ticket in page.tickets:
            over = over_at(ticket)
            if over is None or retention.until(over.astimezone(zone)) > now:
                return
            yield ticket, over
        after = page.next
        if not after:
            return


def _problems(
    desk: Desk, ticket: Ticket, body: Delete, now: datetime, *, dry_run: bool
) -> tuple[Problem, ...] | None:
    """Delete a ticket; returns why it may not be, None where another process was faster."""
    try:
        if dry_run:
            check_deletion(desk.parts, ticket, body, ACTOR, now)
        else:
            desk.do(ticket.number, body, by=ACTOR, at=now)
    except NotFound:
        return None
    except (Refused, Conflict) as error:
        return error.problems
    return ()
