"""Commits that are cut off, wait for each other, or meet: on a real PostgreSQL, and on SQLite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import psycopg
import pytest

from ruledesk.errors import Conflict, StorageFault, Unavailable
from ruledesk.model.ticket import Requester
from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket, submitted
from ruledesk.testing.storage_deletion import tombstone
from ruledesk_plugins.sql import PostgreSQLBackend, SQLiteBackend, commit
from ruledesk_plugins.sql.session import Session


@pytest.fixture
def store(postgres_url, tmp_path):
    made = PostgreSQLBackend.open(postgres_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def admin(postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


def cut(monkeypatch, after):
    """Lose the connection at the next COMMIT, before it is sent or after it was done."""
    usual = Session.sql
    left = ["COMMIT"]

    def sql(self, statement):
        if statement in left and self.dialect == "postgresql":
            left.clear()
            if after:
                usual(self, statement)
                self._driver.pgconn.pipeline_sync()
                while self._driver.pgconn.get_result() is not None or not self._idle():
                    pass
            self._driver.pgconn.finish()
            raise psycopg.OperationalError("the connection is lost")
        usual(self, statement)

    def idle(self):
        status = self._driver.pgconn.transaction_status
        return status == psycopg.pq.TransactionStatus.IDLE

    monkeypatch.setattr(Session, "_idle", idle, raising=False)
    monkeypatch.setattr(Session, "sql", sql)


@pytest.mark.requirement("F3")
def test_a_commit_that_was_done_is_done_though_nobody_said_so(store, monkeypatch):
    cut(monkeypatch, after=True)
    store_ticket(store, sample_ticket("T1"))
    assert store.ticket("T1") is not None
    assert dict(store.counts()) == {"tickets": 1, "events": 1, "messages": 0}


@pytest.mark.requirement("F3")
def test_a_commit_that_never_came_is_nothing_and_may_be_tried_again(store, monkeypatch):
    cut(monkeypatch, after=False)
    with pytest.raises(Unavailable):
        store_ticket(store, sample_ticket("T1"))
    assert store.ticket("T1") is None
    store_ticket(store, sample_ticket("T1"))


@pytest.mark.requirement("F3")
def test_a_commit_of_which_nobody_knows_is_never_tried_again(store, monkeypatch):
    cut(monkeypatch, after=False)
    monkeypatch.setattr(commit, "_status", lambda *_: "unknown")
    with pytest.raises(StorageFault) as told:
        store_ticket(store, sample_ticket("T1"))
    assert not isinstance(told.value, Unavailable)


@pytest.mark.requirement("F3")
def test_a_backend_that_is_terminated_while_it_commits(store, admin):
    """The commit is held by a trigger, and its backend terminated there: nothing is stored."""
    admin.execute("CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
                  " 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END'")  # fmt: skip
    admin.execute("CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON tickets DEFERRABLE"
                  " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()")  # fmt: skip
    with ThreadPoolExecutor() as pool:
        stored = pool.submit(store_ticket, store, sample_ticket("T1"))
        held = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        while not admin.execute(held).fetchall():
            assert not stored.done()
        with pytest.raises(Unavailable):
            stored.result(60)
    admin.execute("DROP TRIGGER hold ON tickets")
    assert store.ticket("T1") is None
    store_ticket(store, sample_ticket("T1"))


@pytest.mark.requirement("F3")
def test_a_block_whose_connection_is_lost_in_the_middle_is_nothing(store, admin):
    terminate = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ruledesk'"
    )

    def cut_off():
        with store.transaction() as transaction:
            assert transaction.next_in_sequence("T") == 1
            admin.execute(terminate)
            ticket = sample_ticket("T1")
            transaction.append(ticket, [submitted(ticket)], expected_version=0)
            store.by_source("s")

    with pytest.raises(Unavailable):
        cut_off()
    admin.execute(terminate)
    assert store.ticket("T1") is None, "a question is asked again on another connection"
    with store.transaction() as transaction:
        assert transaction.next_in_sequence("T") == 1


@pytest.mark.requirement("F3")
def test_a_server_that_is_killed_and_comes_back_needs_no_reopening(tmp_path):
    from ruledesk.testing.postgres import PostgresServer  # noqa: PLC0415

    with PostgresServer() as server:
        store = PostgreSQLBackend.open(server.database(), tmp_path)
        store_ticket(store, sample_ticket("T1"))
        server.kill()
        with pytest.raises(Unavailable):
            store.ticket("T1")
        with pytest.raises(Unavailable):
            store_ticket(store, sample_ticket("T2"))
        server.start()
        assert store.ticket("T1") is not None
        store_ticket(store, sample_ticket("T2"))
        store.close()


def test_no_connection_is_left_in_a_transaction(store, admin):
    store_ticket(store, sample_ticket("T1"), messages=[delivery("T1", 1)])
    store.query(TicketQuery())
    list(store.all_events())
    with pytest.raises(Conflict):
        store_ticket(store, sample_ticket("T1"))
    with store.transaction():
        store.ticket("T1")
    with store.snapshot() as records:
        next(records)
    states = "SELECT DISTINCT state FROM pg_stat_activity WHERE application_name = 'ruledesk'"
    assert admin.execute(states).fetchall() == [("idle",)]


@pytest.mark.requirement("A5")
def test_a_number_that_is_being_deleted_cannot_be_taken(store):
    ticket = store_ticket(store, sample_ticket("T1"))
    inside, go = Event(), Event()

    def delete():
        with store.transaction() as transaction:
            transaction.delete_ticket("T1", tombstone(ticket))
            inside.set()
            go.wait(60)

    with ThreadPoolExecutor() as pool:
        deleted = pool.submit(delete)
        inside.wait(60)
        stored = pool.submit(store_ticket, store, sample_ticket("T1", 5))
        go.set()
        deleted.result(60)
        with pytest.raises(Conflict):
            stored.result(60)
    assert store.ticket("T1") is None
    assert list(store.faults()) == []


def test_two_that_lock_each_other_out_do_not_wait_for_ever(store):
    """One of them gets a conflict, and the other goes on."""
    both = Barrier(2)

    def ask(first, second):
        try:
            with store.transaction():
                store.by_source(first)
                both.wait(60)
                store.by_source(second)
        except Conflict:
            return "conflict"
        return "stored"

    with ThreadPoolExecutor() as pool:
        outcomes = [pool.submit(ask, "a", "b"), pool.submit(ask, "b", "a")]
        assert sorted(one.result(60) for one in outcomes) == ["conflict", "stored"]


def _note(store):
    with store.transaction() as transaction:
        ticket, event = noted(store.ticket("T1"))
        transaction.append(ticket, [event], expected_version=1)


@pytest.mark.parametrize(
    ("asked", "changed_by"),
    [
        (lambda s: s.by_source("s"), lambda s: store_ticket(s, sample_ticket("T2", 2), source="s")),
        (
            lambda s: list(s.correlated("k", START)),
            lambda s: store_ticket(s, sample_ticket("T2", 2, correlation_keys=("k",))),
        ),
        (
            lambda s: s.workloads(["A9"])["A9"].open,
            lambda s: store_ticket(s, sample_ticket("T2", 2, agent="A9")),
        ),
        (lambda s: s.requester(phone="138"), lambda s: _save(s, Requester("R9", phone="138"))),
        (lambda s: s.ticket("T1").version, _note),
    ],
)
def test_what_a_block_was_told_holds_until_it_ends(store, asked, changed_by):
    """Whoever would change an answer waits; in the block it is the same at the end."""
    store_ticket(store, sample_ticket("T1"))
    with ThreadPoolExecutor() as pool:
        with store.transaction():
            before = asked(store)
            other = pool.submit(changed_by, store)
            with pytest.raises(TimeoutError):
                other.result(0.2)
            assert asked(store) == before
        other.result(60)
        assert asked(store) != before


def _save(store, requester):
    with store.transaction() as transaction:
        transaction.save_requester(requester)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_stores_wake_each_other(request, tmp_path, kind):
    """A commit of one process ends the wait of another."""
    if kind == "sqlite":
        stores = [SQLiteBackend.open("sqlite:///desk.db", tmp_path) for _ in range(2)]
    else:
        url = request.getfixturevalue("postgres_url")
        stores = [PostgreSQLBackend.open(url, tmp_path) for _ in range(2)]
    first, second = stores
    first.wait(0)
    first.wait(0)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(lambda: (first.wait(0), first.wait(600)))
        store_ticket(second, sample_ticket("T1"), messages=[delivery("T1", 1)])
        waiting.result(60)
    for store in stores:
        store.close()


@pytest.mark.requirement("F3")
def test_a_full_disk_stores_nothing_and_says_so(tmp_path):
    """SQLite is told that the file may not grow; after that it may again."""
    store = SQLiteBackend.open("sqlite:///desk.db", tmp_path)
    store_ticket(store, sample_ticket("T1"))
    with store.database.session() as session:
        connection = session.connection
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    big = sample_ticket("T2", 2, description="大" * 200_000)
    with pytest.raises(StorageFault, match=r"desk\.db: cannot be written: the disk is full"):
        store_ticket(store, big)
    assert store.ticket("T2") is None
    assert list(store.faults()) == []
    with store.database.session() as session:
        session.connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    store_ticket(store, big)
    store.close()


def test_a_claim_is_taken_over_when_its_lease_runs_out(store):
    store_ticket(store, sample_ticket("T1"), messages=[delivery("T1", 1), delivery("T1", 2)])
    until = START + timedelta(minutes=2)
    assert [d.message.id for d in store.claim(START, until)] == ["T1/1"]
    assert [d.message.id for d in store.claim(START, until, 5)] == ["T1/2"]
    assert store.next_delivery() == until
    assert [d.message.id for d in store.claim(until, until + timedelta(1), 5)] == ["T1/1", "T1/2"]


def test_a_failed_pipeline_takes_no_statement_for_prepared(store):
    """Statements that a commit was to run behind the one that failed run in the next one."""
    store_ticket(store, sample_ticket("T1"))
    for n in range(12):
        with pytest.raises(Conflict):
            store_ticket(store, sample_ticket("T1"), source=f"s{n}", messages=[delivery("T1", n)])
    queued = [delivery("T2", 1), delivery("T2", 2)]
    store_ticket(store, sample_ticket("T2"), source="s", messages=queued)
    with store.transaction() as transaction:
        transaction.delete_ticket("T2", tombstone(store.ticket("T2")))
    assert dict(store.counts()) == {"tickets": 1, "events": 1, "messages": 0}
