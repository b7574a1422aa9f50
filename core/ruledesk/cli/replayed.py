"""Where a ticket to be explained comes from: the desk's store, or a file that is replayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, frozen

from ruledesk.desk.assembly import plugins_of
from ruledesk.desk.config import DeskConfig
from ruledesk.errors import NotFound, RuleDeskError
from ruledesk.explain.decisions import decisions_of
from ruledesk.explain.rulebook import KEPT
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.ruleset import Ruleset
from ruledesk.storage.interface import Store

if TYPE_CHECKING:
    from ruledesk.pilot.replayed import Replayed
    from ruledesk.pilot.result import Outcome
    from ruledesk.pilot.values import Head


@frozen
class History:
    """A ticket with all that explains it.

    Attributes:
        ticket: As its events have made it.
        events: All of them, in order.
        rulesets: The rulesets that decided and are kept, by hash.
        now: The end of the clocks of its targets: the present, or the end of the replay.
        timezone: The desk's.
        locale: The desk's.
        desk: The desk, for the names of people, teams and lines.
    """

    ticket: Ticket
    events: Sequence[Event]
    rulesets: dict[str, Ruleset]
    now: datetime
    timezone: str
    locale: str
    desk: DeskConfig

    def find(self, hash_: str) -> Ruleset | None:
        """Find a ruleset by its content hash."""
        return self.rulesets.get(hash_)


def from_desk(number: str, config: DeskConfig) -> History:
    """Read a ticket of a desk; only its store is opened.

    Raises:
        NotFound: The desk has no such ticket.
        RuleDeskError: The store cannot be opened.
    """
    with _store(config) as store:
        found = _history(number, store, config, datetime.now(UTC))
    if found is None:
        raise _no_ticket(number, f"{config.where}: {config.storage}")
    return found


def from_file(number: str, path: Path, folder: Path | None) -> History:
    """Replay scenarios or a recording and take a ticket from it.

    Args:
        number: The ticket's number, or its name in the scenario.
        path: Scenario files, recordings, or a folder of them; the first that has the ticket.
        folder: The desk for files that name none; None for the nearest one.

    Raises:
        NotFound: No file has such a ticket.
        RuleDeskError: A file cannot be used.
    """
    from ruledesk.pilot.find import find_files  # noqa: PLC0415 - the pilot is large
    from ruledesk.pilot.suite import Options, memory_desk, run_files  # noqa: PLC0415

    seeker = _Seeker(number)
    for file in find_files([path]):
        run_files([file], Options(open_desk=memory_desk(), desk=folder), [seeker])
        if seeker.found is not None:
            return seeker.found
    raise _no_ticket(number, str(path))


@define
class _Seeker:
    """A reporter of the pilot that keeps the history of one ticket."""

    number: str
    found: History | None = None

    def started(self, head: Head, size: int) -> None:
        """A recording begins: no progress is wanted."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        """Look for the ticket while the desk is open."""
        from ruledesk.desk.service import Desk  # noqa: PLC0415 - loads much

        assert isinstance(desk, Desk)  # noqa: S101 -- it was replayed in this process
        number = outcome.names.get(self.number, self.number)
        if self.found is None:
            self.found = _history(number, desk.store, desk.config, None)

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:  # noqa: ARG002 - protocol
        """A file that cannot be used explains nothing."""
        raise error


def _history(number: str, store: Store, config: DeskConfig, now: datetime | None) -> History | None:
    ticket = store.ticket(number)
    if ticket is None:
        return None
    end = now or max(event.at for event in store.all_events())
    events = store.events(number)
    return History(
        ticket=ticket,
        events=events,
        rulesets=_rulesets(store, events),
        now=end,
        timezone=config.timezone,
        locale=config.locale,
        desk=config,
    )


def _rulesets(store: Store, events: Sequence[Event]) -> dict[str, Ruleset]:
    found = {}
    for hash_ in dict.fromkeys(recorded.decision.hash for recorded in decisions_of(events)):
        document = store.document(f"{KEPT}{hash_}")
        if document is not None:
            found[hash_] = ruleset_from_document(document, f"{KEPT}{hash_}")
    return found


@contextmanager
def _store(config: DeskConfig) -> Iterator[Store]:
    plugins = plugins_of(config)
    scheme = config.storage.partition(":")[0]
    try:
        backend = plugins.registry.storages.get(scheme, f"{config.where}: desk.storage")
        store = backend.open(config.storage, config.folder)
        try:
            yield store
        finally:
            store.close()
    finally:
        plugins.close()


def _no_ticket(number: str, where: str) -> NotFound:
    return NotFound.of("no such ticket", "没有此工单", field=where, value=number)
