"""What a deletion leaves in the files of the TinyDB store: nothing of what was in the ticket."""

from pathlib import Path

import pytest

from ruledesk.testing.samples import delivery, sample_ticket, store_ticket
from ruledesk.testing.storage_deletion import deletable, delete
from ruledesk_plugins.tinydb import JournalDB, TinyDBStore
from ruledesk_plugins.tinydb import store as store_module

pytestmark = pytest.mark.requirement("C13", "F3")
SECRET = "geheim 机密"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.json"


def blobs(path: Path) -> list[Path]:
    return [one for one in path.with_name("desk.blobs").rglob("*") if one.is_file()]


def test_the_file_is_rid_of_it_at_once(path: Path) -> None:
    store = TinyDBStore(path)
    ticket = deletable(store)
    assert SECRET in path.read_text(encoding="utf-8")
    assert len(blobs(path)) == 2
    delete(store, ticket)
    text = path.read_text(encoding="utf-8")
    assert SECRET not in text
    assert '"T1/1"' not in text
    assert '"c1"' not in text
    assert blobs(path) == []
    assert '"T2/1"' in text
    store.close()


def test_a_long_file_is_rid_of_it_when_closed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_ERASE_AT_ONCE", 0)
    store = TinyDBStore(path)
    delete(store, deletable(store))
    assert SECRET in path.read_text(encoding="utf-8")
    assert store.ticket("T1") is None
    assert [event.ticket for event in store.all_events()] == ["T2"]
    store.close()
    assert SECRET not in path.read_text(encoding="utf-8")


def test_a_crash_after_the_deletion_is_made_good_when_opened(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the file was written anew nor were the blobs removed; the commit lasts."""
    with monkeypatch.context() as crashed:
        crashed.setattr(TinyDBStore, "_erase", lambda *_: None)
        crashed.setattr(TinyDBStore, "_remove_blob", lambda *_: None)
        store = TinyDBStore(path)
        delete(store, deletable(store))
        store.close()
    assert SECRET in path.read_text(encoding="utf-8")
    assert len(blobs(path)) == 2
    store = TinyDBStore(path)
    assert SECRET not in path.read_text(encoding="utf-8")
    assert blobs(path) == []
    assert store.ticket("T1") is None
    assert [left.number for left in store.tombstones()] == ["T1"]
    assert dict(store.counts()) == {"tickets": 1, "events": 1, "messages": 1}
    store.close()


def test_waiting_messages_are_not_sent_after_a_crash(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TinyDBStore, "_erase", lambda *_: None)
    store = TinyDBStore(path)
    ticket = store_ticket(store, sample_ticket("T1"), messages=[delivery("T1", 1)])
    delete(store, ticket)
    store.close()
    store = TinyDBStore(path)
    assert store.next_delivery() is None
    assert not store.messages("T1")
    assert store.counts()["messages"] == 0
    store.close()


def test_tables_show_what_is_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TinyDBStore, "_erase", lambda *_: None)
    store = TinyDBStore(path)
    delete(store, deletable(store))
    with JournalDB(path, access_mode="r") as db:
        assert [one["number"] for one in db.table("tickets").all()] == ["T2"]
        assert [one["ticket"] for one in db.table("events").all()] == ["T2"]
        assert len(db.table("messages")) == 1
        assert [one["number"] for one in db.table("tombstones").all()] == ["T1"]
        assert db.table("calls").all() == []
    store.close()
