"""Lists, searches and counts of the SQL store against a store that looks at everything."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.model.action import Note
from ruledesk.model.event import Event
from ruledesk.model.ticket import Requester, Status, Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.interface import TicketQuery
from ruledesk.storage.row import SORTED
from ruledesk.testing.reference_store import ReferenceStore
from ruledesk_plugins.sql import counters, lists, pages, pending
from ruledesk_plugins.sql.backend import PostgreSQLBackend, SQLiteBackend
from ruledesk_plugins.sql.store import SQLStore

START = datetime(2026, 1, 5, tzinfo=UTC)
#: What texts and searches are made of: Chinese, what case-folding changes or lengthens, combining
#: marks, characters beyond the basic plane, and the signs of SQL, FTS5 and tsquery.
PIECES = (
    *(
        "冰箱",
        "冰",
        "箱",
        "İ",
        "ß",
        "ẞ",
        "ſ",
        "é",
        "e\u0301",
        "😀",
        "\U0002070e",
        "\ue020",
        "\uf8ff",
    ),
    *("'", '"', "%", "_", "a", "B", "vpn", "Server", " ", "\\", "*", "\x00", "\x1a", "1", "2026"),
    *(";", "&|!:", "--", "(", ")", "AND", "\ud800", "，"),
)
VALUES: dict[str, tuple[str, ...]] = {
    "line": ("l1", "l2", "nowhere"),
    "status": (*map(str, Status), "none"),
    "team": ("x", "y", "", "no'body"),
    "agent": ("a", "b", ""),
    "priority": ("P1", "P2", ""),
    "channel": ("web", "mail"),
    "type": ("t1", "t2", ""),
    "category": ("c1", "c2", "", "c" * 3000),
    "requester": ("r1", "r2", "", "r" * 3000),
    "flag": ("overdue", "at_risk", "v'ip", "\ud800%", "f" * 3000),
}
INSTANTS = st.builds(
    lambda hour, micro: START + timedelta(hours=hour, microseconds=micro),
    st.integers(0, 5),
    st.integers(0, 1),
)
QUERIES = st.builds(
    TicketQuery,
    where=st.fixed_dictionaries(
        {},
        optional={
            name: st.lists(st.sampled_from(of), min_size=0 if name == "team" else 1, max_size=4)
            for name, of in VALUES.items()
        },
    ).map(lambda where: dict(list(where.items())[:3])),
    text=st.just("") | st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join),
    created_from=st.none() | INSTANTS,
    created_to=st.none() | INSTANTS,
    sort=st.sampled_from([*SORTED, "number"]),
    descending=st.booleans(),
    limit=st.sampled_from([1, 2, 7, 50, 500]),
)
EASY = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLStore]:
    """An empty store of each kind."""
    if request.param == "sqlite":
        opened = SQLiteBackend.open("sqlite:///desk.db", tmp_path)
    else:
        opened = PostgreSQLBackend.open(request.getfixturevalue("postgres_url"), tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def folding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let counters be folded, and texts indexed, after every few commits."""
    monkeypatch.setattr(counters, "_OFTEN", 5)
    monkeypatch.setattr(pending, "AT_ONCE", 7)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let walks be given up, and sets be too large, among a few dozen tickets."""
    for name in ("_PATIENCE", "_TEXT_PATIENCE", "_SMALL", "_QUEUE"):
        monkeypatch.setattr(pages, name, 4)
    monkeypatch.setattr(pages, "_BEARABLE", 9)


def any_ticket(number: str, version: int, rnd: random.Random) -> Ticket:
    """Make a ticket that shares much with others."""

    def at() -> datetime:
        return START + timedelta(hours=rnd.randrange(6), microseconds=rnd.randrange(2))

    def one(name: str) -> Any:
        return rnd.choice(VALUES[name][:-1] if name in {"line", "status"} else VALUES[name])

    return Ticket(
        number,
        one("line"),
        one("channel"),
        at(),
        Requester(one("requester")),
        Status(one("status")),
        version,
        type=one("type"),
        category=one("category"),
        priority=one("priority"),
        team=one("team"),
        agent=one("agent"),
        subject="".join(rnd.choices(PIECES, k=rnd.randrange(5))),
        description="".join(rnd.choices(PIECES, k=rnd.randrange(9))),
        flags=frozenset(rnd.sample(VALUES["flag"], rnd.randrange(3))),
        updated_at=rnd.choice([None, at()]),
        closed_at=rnd.choice([None, at()]),
        timers={"x": at()} if rnd.random() < 0.5 else {},
    )


def change(store: SQLStore, reference: ReferenceStore, rnd: random.Random, n: int) -> None:
    """Store a new ticket, change one, or delete one; in both stores."""
    known = sorted(reference.tickets)
    roll = rnd.random()
    with store.transaction() as transaction:
        if known and roll < 0.1:
            old = reference.tickets[rnd.choice(known)]
            tombstone = Tombstone(
                old.number, old.line, old.version, old.created_at, None, START, "agent:a"
            )
            transaction.delete_ticket(old.number, tombstone)
            reference.delete(old.number, tombstone)
            return
        number = rnd.choice(known) if known and roll < 0.5 else f"N{n}"
        before = reference.tickets.get(number)
        version = before.version if before else 0
        ticket = any_ticket(number, version + 1, rnd)
        event = Event(number, version + 1, START, "system", Note("x"))
        transaction.append(ticket, [event], expected_version=version)
        reference.append(ticket, [event])


def filled(store: SQLStore, seed: int, changes: int = 160) -> ReferenceStore:
    """Change a store at random, and what it is compared with."""
    reference, rnd = ReferenceStore(), random.Random(seed)
    for n in range(changes):
        change(store, reference, rnd, n)
    return reference


def walked(store: SQLStore, query: TicketQuery) -> list[str]:
    """Read all pages of a query."""
    numbers: list[str] = []
    page = store.query(query)
    while True:
        numbers += [ticket.number for ticket in page.tickets]
        if not page.next:
            return numbers
        assert len(page.tickets) == query.limit
        page = store.query(evolve(query, after=page.next))


def damage(store: SQLStore) -> list[str]:
    """Name what the store finds wrong with lists, search and counters."""
    with store.database.session() as session:
        return [problem.text() for problem in lists.faults(session.connection)]


@pytest.mark.requirement("F2")
@pytest.mark.usefixtures("folding")
def test_pages_and_counts_are_those_of_a_store_that_looks_at_everything(store: SQLStore) -> None:
    reference = filled(store, 1)

    @EASY
    @given(QUERIES)
    def compare(query: TicketQuery) -> None:
        assert walked(store, query) == [ticket.number for ticket in reference.query(query)]
        assert store.count(query.where) == reference.count(query.where)

    compare()
    assert store.counts() == reference.counts()


@pytest.mark.usefixtures("folding", "impatient")
def test_every_path_to_a_page_gives_the_same_page(store: SQLStore) -> None:
    reference = filled(store, 2)

    @EASY
    @given(QUERIES)
    def compare(query: TicketQuery) -> None:
        assert walked(store, query) == [ticket.number for ticket in reference.query(query)]

    compare()


@pytest.mark.usefixtures("folding")
def test_what_is_kept_agrees_with_the_tickets_after_every_change(store: SQLStore) -> None:
    reference, rnd = ReferenceStore(), random.Random(3)
    for n in range(60):
        change(store, reference, rnd, n)
        if n % 6 == 0:
            assert damage(store) == []
    assert store.counts() == reference.counts()


def test_filling_anew_gives_what_was_kept_all_along(store: SQLStore) -> None:
    reference = filled(store, 4, 60)
    with store.database.session() as session, session.transaction(store.database.begin):
        lists.fill(session.connection)
    assert damage(store) == []
    assert store.counts() == reference.counts()
    for text in ("冰箱", "a", "vpn"):
        query = TicketQuery(text=text)
        assert walked(store, query) == [ticket.number for ticket in reference.query(query)]


def indexed(store: SQLStore) -> int:
    """Say up to which ticket texts are in SQLite's index."""
    with store.database.session() as session:
        return pending.upto(session.connection)


def test_texts_that_wait_for_the_index_are_found_and_an_id_given_again_is_not_mixed_up(
    tmp_path: Path,
) -> None:
    store = SQLiteBackend.open("sqlite:///desk.db", tmp_path)

    def append(number: str, words: str, version: int = 1) -> None:
        ticket = Ticket(number, "l", "web", START, Requester("r"), version=version, subject=words)
        event = Event(number, version, START, "system", Note("x"))
        with store.transaction() as transaction:
            transaction.append(ticket, [event], expected_version=version - 1)

    def found(words: str) -> list[str]:
        assert damage(store) == []
        query = TicketQuery(text=words, sort="number", descending=False, limit=500)
        return [ticket.number for ticket in store.query(query).tickets]

    for n in range(1, pending.AT_ONCE):
        append(f"N{n:02d}", "waiting")
    assert indexed(store) == 0
    assert found("waiting") == [f"N{n:02d}" for n in range(1, pending.AT_ONCE)]
    append("N64", "last")
    assert indexed(store) == pending.AT_ONCE
    assert found("last") == ["N64"]
    append("N01", "changed", 2)
    append("N65", "newest")
    assert (found("changed"), found("newest")) == (["N01"], ["N65"])
    append("N65", "newest", 2)
    for number, version in (("N65", 2), ("N64", 1)):
        with store.transaction() as transaction:
            tombstone = Tombstone(number, "l", version, START, None, START, "agent:a")
            transaction.delete_ticket(number, tombstone)
        assert found("newest" if number == "N65" else "last") == []
    assert indexed(store) == pending.AT_ONCE - 1
    append("N66", "again")
    assert found("again") == ["N66"]
    store.close()


PLANTED = {
    "a counter that is off": "UPDATE counters SET n = n + 1 WHERE flag = ''",
    "a total that is off": "UPDATE totals SET n = n + 1 WHERE name = 'events'",
    "a delta that is lost": "DELETE FROM counter_deltas",
    "a flag that is lost": "DELETE FROM ticket_flags WHERE flag = 'overdue'",
    "a flag of another time": "UPDATE ticket_flags SET number = 'elsewhere'",
    "a text that is lost": "DELETE FROM ticket_texts WHERE id = (SELECT min(id) FROM tickets)",
    "a text of other words": "UPDATE ticket_texts SET search = 'other'",
    "a missing index": "DROP INDEX lists_due",
    "a wrong column": "UPDATE tickets SET team = 'z' WHERE id = (SELECT min(id) FROM tickets)",
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_planted_damage_is_found(store: SQLStore, planted: str) -> None:
    filled(store, 5, 40)
    if "counters" in planted or "totals" in planted:
        with store.database.session() as session, session.transaction(store.database.begin):
            lists.fill(session.connection)
    assert damage(store) == []
    with store.database.session() as session:
        session.connection.exec_driver_sql(planted)
    assert damage(store)


def test_a_search_entry_that_is_lost_is_found(tmp_path: Path) -> None:
    store = SQLiteBackend.open("sqlite:///desk.db", tmp_path)
    filled(store, 6, 20)
    with store.database.session() as session, session.transaction(store.database.begin):
        lists.fill(session.connection)  # so few would not be indexed yet
    with store.database.session() as session:
        forget = "INSERT INTO ticket_grams (ticket_grams) VALUES ('delete-all')"
        session.connection.exec_driver_sql(forget)
    assert any("ticket_texts" in line for line in damage(store))
    store.close()
