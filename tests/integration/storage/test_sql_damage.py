"""Damage that is planted is found and named, and what is damaged is not taken for the truth."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ruledesk.errors import StorageFault
from ruledesk.model.ticket import Call, Requester
from ruledesk.model.values import changed
from ruledesk.storage.record import Unreadable
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, submitted
from ruledesk.testing.storage_deletion import delete, store_with_blobs
from ruledesk_plugins.sql import PostgreSQLBackend, SQLiteBackend


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "sqlite":
        made = SQLiteBackend.open("sqlite:///desk.db", tmp_path)
    else:
        made = PostgreSQLBackend.open(request.getfixturevalue("postgres_url"), tmp_path)
    _fill(made)
    yield made
    made.close()


def _fill(store):
    delete(store, store_with_blobs(store, "T9", store.put_blob(b"gone")))
    store_with_blobs(store, "T2", store.put_blob(b"raw"))
    ticket = sample_ticket("T1", 1, agent="A1", correlation_keys=("k",), timers={"close": START})
    with store.transaction() as transaction:
        transaction.next_in_sequence("T")
        queued = [delivery("T1", 1)]
        transaction.append(ticket, [submitted(ticket, "s")], expected_version=0, messages=queued)
        later, event = noted(ticket)
        transaction.append(later, [event], expected_version=1)
        transaction.save_requester(Requester("R1", phone="138"))
        transaction.save_call(Call("c1"), "T1")
        transaction.save_document("d", {"v": 1})
    assert list(store.faults()) == []


def plant(store, sql):
    with store.database.session() as session, session.transaction(store.database.begin):
        assert session.connection.execute(text(sql)).rowcount > 0


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    ("damage", "where"),
    [
        ("UPDATE events SET body = replace(body, '冰箱', '电视') WHERE version = 2", "event T1/2"),
        ("UPDATE events SET digest = 'no' WHERE ticket = 'T1' AND version = 1", "event T1/1"),
        ("DELETE FROM events WHERE ticket = 'T1' AND version = 1", "event T1/1"),
        ("DELETE FROM events WHERE ticket = 'T1' AND version = 2", "ticket T1"),
        ("DELETE FROM tickets WHERE number = 'T1'", "ticket T1"),
        ("UPDATE events SET kind = 'closed' WHERE ticket = 'T1' AND version = 1", "event T1/1"),
        ("UPDATE tickets SET team = 'it' WHERE number = 'T1'", "ticket T1: team"),
        ("UPDATE tickets SET next_due = NULL WHERE number = 'T1'", "ticket T1: next_due"),
        ("UPDATE tickets SET version = 3 WHERE number = 'T1'", "ticket T1"),
        ("UPDATE tickets SET body = '{' WHERE number = 'T1'", "ticket T1"),
        ("UPDATE deliveries SET body = replace(body, 'sms', 'fax')", "delivery T1/1"),
        ("UPDATE deliveries SET ready_at = NULL", "delivery T1/1: ready_at"),
        ("UPDATE deliveries SET state = 'sent'", "delivery T1/1"),
        ("UPDATE requesters SET phone = '139'", "requester R1"),
        ("UPDATE requesters SET body = replace(body, '138', '139')", "requester R1"),
        ("UPDATE calls SET crc = 0", "call c1"),
        ("UPDATE documents SET body = '{}'", "document d"),
        ("UPDATE tombstones SET body = replace(body, 'agent', 'robot')", "tombstone T9"),
        ("DELETE FROM sources WHERE ticket = 'T1'", "ticket T1: sources"),
        ("UPDATE sources SET source = 'x' WHERE ticket = 'T1'", "ticket T1: sources"),
        ("DELETE FROM correlations", "ticket T1: correlations"),
        ("DELETE FROM blob_tickets", "ticket T2: blobs"),
        ("UPDATE loads SET open = 7", "loads/A1"),
    ],
)
def test_planted_damage_is_found(store, damage, where):
    plant(store, damage)
    assert any(problem.field.startswith(where) for problem in store.faults())


def test_a_damaged_attachment_is_found_and_not_read(store):
    (name,) = store.folder.names()
    (store.folder.path / name[:2] / name).write_bytes(b"other")
    assert [problem.field.endswith(name) for problem in store.faults()] == [True]
    with pytest.raises(StorageFault, match="is damaged"):
        store.blob(name)
    with store.snapshot() as records:
        unreadable = [one for one in records if isinstance(one, Unreadable)]
    assert [(one.kind, one.key) for one in unreadable] == [("blob", name)]


def test_what_cannot_be_read_is_told_and_not_guessed(store):
    """Everything else can still be read."""
    plant(store, "UPDATE requesters SET crc = crc + 1")
    plant(store, "UPDATE events SET body = '{' WHERE ticket = 'T1' AND version = 2")
    plant(store, "UPDATE tickets SET body = '[]', head = 'x' WHERE number = 'T1'")
    for ask in (
        lambda: store.requester(phone="138"),
        lambda: store.events("T1"),
        lambda: store.ticket("T1"),
    ):
        with pytest.raises(StorageFault, match="is damaged"):
            ask()
    with store.snapshot() as records:
        found = {(one.kind, one.key) for one in records if isinstance(one, Unreadable)}
    assert found == {("requester", "R1"), ("event", "T1/2"), ("ticket", "T1")}
    assert store.ticket("T2") is not None


def test_a_message_of_many_words_is_kept_whole(store):
    """Texts that no database takes as they are, and keys longer than an index takes."""
    source = "<" + "x" * 5000 + "\x00\ud800>"
    ticket = sample_ticket("T5", 5, subject="nul \x00 and \ud800", correlation_keys=("键" * 3000,))
    with store.transaction() as transaction:
        transaction.append(ticket, [submitted(ticket, source)], expected_version=0)
        transaction.save_requester(Requester("R" * 4000, phone="1" * 4000))
    assert store.by_source(source) == "T5"
    assert store.by_source(source + "x") is None
    assert list(store.correlated("键" * 3000, START)) == ["T5"]
    assert store.ticket("T5") == ticket
    assert store.requester(phone="1" * 4000) == Requester("R" * 4000, phone="1" * 4000)
    with store.transaction() as transaction:
        transaction.append(
            changed(ticket, version=2, correlation_keys=()),
            [changed(noted(ticket)[1], version=2)],
            expected_version=1,
        )
    assert list(store.correlated("键" * 3000, START)) == []
    assert list(store.faults()) == []
