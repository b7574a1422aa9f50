"""The desk's file is a TinyDB database: read with queries, and open to tables of one's own."""

from __future__ import annotations

import json

import pytest
from tinydb import Query, TinyDB, where
from tinydb.operations import increment
from tinydb.table import Document

from ruledesk.errors import StorageFault
from ruledesk.model.values import changed
from ruledesk.testing.samples import delivery, noted, sample_ticket, store_ticket
from ruledesk_plugins.tinydb import JournalDB, JournalStorage, TinyDBStore


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desk.json"


@pytest.fixture
def store(path):
    store = TinyDBStore(path)
    for n in range(3):
        ticket = sample_ticket(f"T{n}", n, team=("it", "logistics")[n % 2])
        store_ticket(store, ticket, messages=[delivery(f"T{n}", 1)])
    after, event = noted(store.ticket("T1"))
    with store.transaction() as transaction:
        transaction.append(after, [event], expected_version=1)
        transaction.save_delivery(changed(delivery("T1", 1), state="sent"))
    yield store
    store.close()


@pytest.fixture(params=["store", "beside it"])
def database(request, store, path):
    """Two ways to look: through the store, and beside it while it is open."""
    if request.param == "store":
        yield store.db
    else:
        with JournalDB(path, access_mode="r") as database:
            yield database


def test_tables_of_the_desk_can_be_queried(database):
    tickets = database.table("tickets")
    assert [t["number"] for t in tickets.search(where("team") == "it")] == ["T0", "T2"]
    assert database.table("events").count(where("kind") == "noted") == 1
    assert database.table("messages").get(where("state") == "sent")["message"]["id"] == "T1/1"
    assert len(database.table("events")) == 4
    assert len(database.table("messages")) == 3
    assert {"tickets", "events", "messages"} <= database.tables()


def test_documents_are_found_by_id(store):
    assert store.db.table("tickets").get(doc_id="T1")["version"] == 2
    assert store.db.table("events").get(doc_id="T1/2")["kind"] == "noted"
    assert store.db.table("messages").get(doc_id="T0/1")["state"] == "waiting"
    assert store.db.table("events").get(doc_id="T1/9") is None
    assert store.db.table("tickets").get(doc_id="T9") is None


@pytest.mark.parametrize("table", ["tickets", "events", "messages", "sequences"])
def test_tables_of_the_desk_are_written_by_the_desk(store, table):
    target = store.db.table(table)
    with pytest.raises(StorageFault, match="written by the desk only"):
        target.insert({"a": 1})
    with pytest.raises(StorageFault, match="written by the desk only"):
        target.insert(Document({"a": 1}, doc_id="x"))
    if len(target):
        with pytest.raises(StorageFault, match="written by the desk only"):
            target.truncate()
    with pytest.raises(StorageFault, match="written by the desk only"):
        store.db.drop_tables()
    assert store.ticket("T0") is not None


@pytest.mark.parametrize("made", [JournalDB, lambda p: TinyDB(p, storage=JournalStorage)])
def test_tables_of_ones_own(path, made):
    TinyDBStore(path).close()
    with made(path) as database:
        notes = database.table("notes")
        assert notes.insert({"text": "一", "n": 1}) == 1
        assert notes.insert_multiple([{"n": 2}, {"n": 3}]) == [2, 3]
        assert notes.update({"seen": True}, where("n") > 1) == [2, 3]
        assert notes.update(increment("n"), doc_ids=[1]) == [1]
        assert notes.upsert({"n": 9, "text": "九"}, where("n") == 3) == [3]
        assert notes.remove(where("n") == 2) == [1, 2]
        assert notes.insert({"n": 5}) == 4
    with made(path) as database:
        notes = database.table("notes")
        assert notes.all() == [{"n": 9, "seen": True, "text": "九"}, {"n": 5}]
        assert [d.doc_id for d in notes] == [3, 4]
        assert notes.search(Query().text.search("九")) == [notes.get(doc_id=3)]
        database.drop_table("notes")
        assert "notes" not in database.tables()
        database.table("other").insert({"a": 1})
        database.table("other").truncate()
        assert len(database.table("other")) == 0
    TinyDBStore(path).close()


def test_own_tables_survive_compaction(store, path):
    notes = store.db.table("notes")
    for n in range(5):
        notes.upsert(Document({"n": n}, doc_id=1))
    notes.insert({"n": 9})
    notes.remove(doc_ids=[2])
    assert store.compact()
    assert notes.all() == [{"n": 4}]
    assert store.ticket("T1").version == 2


def test_looking_does_not_write(store, path):
    with JournalDB(path, access_mode="r") as database:
        before = path.read_bytes()
        with pytest.raises(StorageFault, match="reading only"):
            database.table("notes").insert({"n": 1})
        assert path.read_bytes() == before


def test_file_is_readable_by_people(store, path):
    text = path.read_text("utf-8")
    assert "张伟" in text
    assert "您的工单已受理" in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0]["ruledesk"] == {"journal": 1}
    assert lines[1]["put"]["tickets"]["T0"]["number"] == "T0"
