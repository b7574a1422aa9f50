"""A recorded day as records, the stores it is put into, and everything such a store answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from attrs import evolve, frozen

from ruledesk.hooks.manager import load_plugins
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Status, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.pilot.suite import Options, memory_desk, run_files
from ruledesk.storage.change import CallSaved
from ruledesk.storage.interface import Store, TicketQuery, blobs, sources
from ruledesk.storage.record import Blob

RULESETS = Path(__file__).parents[4] / "rulesets" / "ruledesk_rulesets"
DAY = RULESETS / "hotline" / "recordings" / "day.jsonl"


class _Kept:
    records = ()

    def started(self, head, size):
        pass

    def finished(self, outcome, desk):
        _delete(desk.store)
        _settle(desk.store)
        with desk.store.snapshot() as records:
            self.records = tuple(records)

    def unusable(self, file, name, error):
        raise error


def _delete(store: Store) -> None:
    """Delete two tickets, as a retention run would."""
    for ticket in store.query(TicketQuery(where={"status": ["closed"]}, limit=2)).tickets:
        mark = Tombstone(
            ticket.number, ticket.line, ticket.version, ticket.created_at, ticket.closed_at,
            datetime(2030, 1, 1, tzinfo=UTC), "agent:S100", "retention",
        )  # fmt: skip
        with store.transaction() as transaction:
            transaction.delete_ticket(ticket.number, mark)


def _settle(store: Store) -> None:
    """Let messages stand in every state."""
    tickets = store.query(TicketQuery(limit=60)).tickets
    deliveries = [one for ticket in tickets for one in store.messages(ticket.number)]
    with store.transaction() as transaction:
        for n, one in enumerate(deliveries):
            if n % 3 == 0:
                transaction.save_delivery(evolve(one, state="waiting", notifier="", attempts=1))
            elif n % 3 == 1:
                failed = evolve(one, state="failed", notifier="", error="refused", attempts=6)
                transaction.save_delivery(failed)


@pytest.fixture(scope="session")
def day():
    """All records of a day of the hotline: 241 tickets, two of them deleted."""
    kept = _Kept()
    run_files([DAY], Options(open_desk=memory_desk()), [kept])
    return kept.records


@pytest.fixture(scope="session")
def few(day):
    """The records of 40 tickets of that day, and of the two that were deleted."""
    gone = {one.number for one in day if isinstance(one, Tombstone)}
    tickets = [one for one in day if isinstance(one, Ticket)]
    kept = {one.number for one in sorted(tickets, key=lambda one: one.number)[: 40 - len(gone)]}
    named = set(blobs([one for one in day if isinstance(one, Event) and one.ticket in kept]))
    return tuple(one for one in day if _belongs(one, kept, named))


def _belongs(record, tickets, named):
    match record:
        case Event():
            return record.ticket in tickets
        case Ticket():
            return record.number in tickets
        case Delivery():
            return record.message.ticket in tickets
        case CallSaved():
            return record.ticket in tickets
        case Blob():
            return record.name in named
        case _:
            return True


@pytest.fixture
def bare_desk(tmp_path):
    """A desk that has the line of the recording, and nobody in it."""
    folder = tmp_path / "desk"
    folder.mkdir()
    text = '[desk]\ntimezone = "Asia/Shanghai"\n[lines.hotline]\nruleset = "hotline"\n'
    (folder / "desk.toml").write_text(text, encoding="utf-8")
    return folder


@frozen
class Home:
    """Where stores of one backend are made.

    Attributes:
        scheme: The backend's.
        folder: What relative paths are relative to.
        url: Names a store that is not there yet.
    """

    scheme: str
    folder: Path
    url: Callable[[], str]

    @contextmanager
    def opened(self, url: str) -> Iterator[Store]:
        plugins = load_plugins()
        store = plugins.registry.storages.get(self.scheme).open(url, self.folder)
        plugins.close()
        try:
            yield store
        finally:
            store.close()

    def filled(self, records) -> str:
        url = self.url()
        with self.opened(url) as store:
            store.load(records)
        return url


@pytest.fixture
def home(tmp_path, request):
    """Makes the home of a backend by its scheme."""
    made = count(1)
    databases = []

    def database():
        server = request.getfixturevalue("postgres")
        databases.append(server.database())
        mark = "&" if "?" in databases[-1] else "?"
        return f"{databases[-1]}{mark}blobs={tmp_path / f'{next(made)}.blobs'}"

    ways = {
        "tinydb": lambda: f"tinydb:{next(made)}.json",
        "sqlite": lambda: f"sqlite:///{next(made)}.db",
        "postgresql": database,
    }
    yield lambda scheme: Home(scheme, tmp_path, ways[scheme])
    for url in databases:
        request.getfixturevalue("postgres").drop(url)


@pytest.fixture
def answers():
    """Collects everything that a store of the recorded day can be asked."""
    return _answers


def _answers(store: Store, numbers, at):
    tickets = {number: store.ticket(number) for number in numbers}
    found = [one for one in tickets.values() if one]
    events = list(store.all_events())
    return {
        "tickets": tickets,
        "histories": {number: tuple(store.events(number)) for number in numbers},
        "events": events,
        "counts": dict(store.counts()),
        "lists": [[one.number for one in _all(store, query)] for query in _queries(found)],
        "count": [store.count(query.where) for query in _queries(found)],
        "due": [tuple(store.due(at + timedelta(hours=h), 1000)) for h in range(0, 200, 20)],
        "next due": store.next_due(),
        "sources": {source: store.by_source(source) for source in sources(events)},
        "correlated": {
            key: tuple(store.correlated(key, at - timedelta(days=9)))
            for key in {key for one in found for key in one.correlation_keys}
        },
        "loads": _loads(store, sorted({one.agent for one in found if one.agent})),
        "people": _people(store, found),
        "calls": {one.call.id: store.call(one.call.id) for one in found if one.call},
        "pending": [tuple(store.pending(at + timedelta(hours=h), 5000)) for h in range(0, 200, 40)],
        "next delivery": store.next_delivery(),
        "messages": {number: tuple(store.messages(number)) for number in numbers},
        "tombstones": list(store.tombstones()),
        "tombstone": [store.tombstone(number) for number in numbers],
        "raw": {one.raw: store.blob(one.raw) for one in found if one.raw},
    }


def _queries(tickets):
    filters = [{}, *({"status": [status.value]} for status in Status)]
    for name in ("team", "agent", "priority", "type", "channel", "category"):
        filters += [{name: [value]} for value in sorted({getattr(t, name) for t in tickets})]
    filters += [{"flag": [flag]} for flag in sorted({f for t in tickets for f in t.flags})]
    sorts = ("created_at", "updated_at", "next_due", "priority", "number", "over_at")
    listed = [TicketQuery(where=where, sort="number") for where in filters]
    listed += [TicketQuery(sort=sort, descending=d) for sort in sorts for d in (True, False)]
    return [*listed, *(TicketQuery(text=text) for text in ("退款", "G2026031200", "不存在的词"))]


def _all(store, query):
    while True:
        page = store.query(query)
        yield from page.tickets
        if not page.next:
            return
        query = evolve(query, after=page.next)


def _loads(store, agents):
    loads = store.workloads(agents)
    order = sorted(agents, key=lambda agent: (loads[agent].last_assigned, agent))
    return {agent: loads[agent].open for agent in agents}, order


def _people(store, tickets):
    seen = {t.requester.id: t.requester for t in tickets}.values()
    return [
        (store.requester(id=r.id), store.requester(phone=r.phone), store.requester(email=r.email))
        for r in seen
    ]
