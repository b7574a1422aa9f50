"""Revisions of the tables: made, moved on, compared, refused."""

from __future__ import annotations

import shutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ruledesk.codec import canonical, event_to_dict, ticket_to_dict
from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.model.values import changed
from ruledesk.storage.interface import TicketQuery
from ruledesk.storage.row import row_of
from ruledesk.testing.samples import START, sample_ticket, store_ticket, submitted
from ruledesk_plugins.sql import PostgreSQLBackend, SQLiteBackend, upgrading
from ruledesk_plugins.sql.batch import Batch
from ruledesk_plugins.sql.engine import postgresql_database, sqlite_database
from ruledesk_plugins.sql.rows import event_row, ticket_row
from ruledesk_plugins.sql.schema import metadata
from ruledesk_plugins.sql.writes import INSERT_CORRELATION, INSERT_EVENT, INSERT_TICKET


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """How to open the store, its URL, and the bare database."""
    if request.param == "sqlite":
        url = "sqlite:///desk.db"
        return SQLiteBackend, url, lambda: sqlite_database(tmp_path / "desk.db")
    url = request.getfixturevalue("postgres_url")
    return PostgreSQLBackend, url, lambda: postgresql_database(url, "test")


@pytest.fixture
def bare(place):
    """A database without tables."""
    made = place[2]()
    yield made
    made.close()


def test_scripts_are_one_line_of_revisions():
    scripts = ScriptDirectory(str(upgrading._SCRIPTS))
    found = [one.revision for one in scripts.walk_revisions()]
    assert tuple(reversed(found)) == upgrading.REVISIONS
    assert scripts.get_heads() == [upgrading.HEAD]


def test_an_empty_database_is_made_as_the_tables_are_described(place, tmp_path, bare):
    backend, url, _ = place
    backend.open(url, tmp_path).close()
    with bare.session() as session:
        context = MigrationContext.configure(
            session.connection,
            opts={"compare_type": True, "include_name": _ours, "include_object": _here},
        )
        assert compare_metadata(context, metadata) == []


def _ours(name, kind, _parents):
    return kind != "table" or not str(name).startswith("ticket_grams")


def _here(_thing, name, kind, _reflected, _other):
    """Leave out the index that is made on PostgreSQL alone, where a test of search sees it used."""
    return kind != "index" or name != "ticket_texts_grams"


def test_an_unknown_revision_is_refused(place, tmp_path, bare):
    backend, url, _ = place
    backend.open(url, tmp_path).close()
    with bare.session() as session:
        session.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (backend.open, backend.upgrade):
        with pytest.raises(StorageFault, match=r"does not know.*'9999'"):
            attempt(url, tmp_path)


def test_tables_of_another_program_are_left_alone(place, tmp_path, bare):
    backend, url, _ = place
    with bare.session() as session:
        session.connection.execute(text("CREATE TABLE tickets (a INTEGER)"))
    with pytest.raises(StorageFault, match="same names"):
        backend.open(url, tmp_path)


def test_older_tables_are_refused_and_moved_on_with_what_is_in_them(place, tmp_path, bare):
    """What was stored at the first revision is there, and found by every index, at the last."""
    backend, url, _ = place
    assert upgrading.upgrade(bare, "0001") == ("0001",)
    _store_at_first(bare)
    with pytest.raises(StorageFault, match="ruledesk storage upgrade"):
        backend.open(url, tmp_path)
    assert list(backend.upgrade(url, tmp_path))[: len(upgrading.REVISIONS) - 1] == list(
        upgrading.REVISIONS[1:]
    )
    store = backend.open(url, tmp_path)
    assert [t.number for t in store.query(TicketQuery(text="冰箱")).tickets] == ["T1"]
    assert store.count({"team": ["it"]}) == 1
    assert store.count({"flag": ["vague"]}) == 1
    assert dict(store.counts()) == {"tickets": 2, "events": 2, "messages": 0}
    assert list(store.correlated("k", START)) == ["T1"]
    # Agents' loads are kept since 0001; none was assigned here.
    assert list(store.faults()) == []
    store_ticket(store, sample_ticket("T3", 3))
    store.close()
    assert not [one for one in backend.upgrade(url, tmp_path) if one in upgrading.REVISIONS]


def _store_at_first(database):
    samples = [
        sample_ticket("T1", 1, team="it", subject="冰箱不制冷", correlation_keys=("k",)),
        sample_ticket("T2", 2, flags=frozenset({"vague"})),
    ]
    batch = Batch(database.dialect)
    for n, ticket in enumerate(samples, 1):
        event = event_row(submitted(ticket), "")
        row = row_of(ticket)
        batch.add(INSERT_EVENT, [event])
        batch.add(INSERT_TICKET, [ticket_row(n, ticket, row, event["digest"])])
        keys = [{"key": k, "created_at": ticket.created_at, "ticket": row.number} for k in row.keys]
        batch.add(INSERT_CORRELATION, keys)
        assert canonical(ticket_to_dict(ticket))
        assert canonical(event_to_dict(submitted(ticket)))
    with database.session() as session, session.transaction(database.begin):
        session.write(batch)


def test_blobs_of_another_store_are_refused(place, tmp_path):
    """A folder that another database owns, or an empty one where blobs must be, is named."""
    backend, url, _ = place
    store = backend.open(url, tmp_path)
    ticket = sample_ticket("T1")
    event = submitted(ticket)
    name = store.put_blob(b"raw")
    with store.transaction() as transaction:
        body = changed(event.body, raw=name)
        transaction.append(ticket, [changed(event, body=body)], expected_version=0)
    folder = store.folder.path
    store.close()
    (folder / ".store-id").write_text("another\n")
    with pytest.raises(InvalidInput, match="another store's"):
        backend.open(url, tmp_path)
    shutil.rmtree(folder)
    with pytest.raises(InvalidInput, match="does not hold this store's"):
        backend.open(url, tmp_path)


def test_what_is_made_is_for_owner_and_group_only(tmp_path):
    """A database and its blobs hold what people told the desk."""
    store = SQLiteBackend.open("sqlite:///desk.db", tmp_path)
    store.put_blob(b"raw")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"desk.db", "desk.db-wal", ".store-id"} < {path.name for path in files}
    assert [path for path in files if path.stat().st_mode & 0o007] == []
    store.close()
