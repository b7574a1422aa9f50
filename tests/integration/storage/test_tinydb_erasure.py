"""What erasing a person leaves in the files of the TinyDB store: nothing of the old words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ruledesk.model.ticket import Call, Requester
from ruledesk.model.values import changed
from ruledesk.testing.samples import START, delivery, noted, sample_ticket, store_ticket
from ruledesk.testing.storage_factory import commit
from ruledesk.testing.storage_records import holdings
from ruledesk.testing.storage_rewriting import erased, personal
from ruledesk_plugins.tinydb import JournalDB, TinyDBStore
from ruledesk_plugins.tinydb import store as store_module

pytestmark = pytest.mark.requirement("C13", "F3")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.json"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is a long one: it is not written anew at once."""
    monkeypatch.setattr(store_module, "_ERASE_AT_ONCE", 0)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def filled(path: Path) -> TinyDBStore:
    store = TinyDBStore(path, compact_in_use=1 << 60)
    personal(store, "T1", store.put_blob(b"secret"))
    store_ticket(store, sample_ticket("T2", 2, requester=Requester("R2")), source="s2")
    commit(store, lambda t: t.save_call(Call("c1", "secret"), "T1"))
    commit(store, lambda t: t.save_requester(Requester("R1", "张伟", phone="secret")))
    return store


def erase(store: TinyDBStore) -> None:
    erased(store, "T1")
    commit(store, lambda t: t.forget_requester("R1"))


def test_the_file_is_rid_of_it_at_once(path: Path) -> None:
    store = filled(path)
    assert "secret" in text(path)
    erase(store)
    assert "secret" not in text(path)
    assert "张伟" not in text(path)
    assert not [one for one in path.with_name("desk.blobs").rglob("*") if one.is_file()]
    store.close()


@pytest.mark.usefixtures("later")
def test_a_long_file_answers_with_the_new_words_until_it_is_rid_of_the_old(path: Path) -> None:
    store = filled(path)
    erase(store)
    after, event = noted(store.ticket("T1") or sample_ticket("T1"), "later")
    commit(
        store,
        lambda t: t.append(
            after, [event], expected_version=event.version - 1, messages=[delivery("T1", 3)]
        ),
    )
    sent = changed(store.messages("T1")[0], state="sent", attempts=1)
    commit(store, lambda t: t.save_delivery(sent))
    assert "secret" in text(path)
    before = holdings(store)
    assert "secret" not in repr(before)
    assert store.messages("T1")[0] == sent
    assert list(store.faults()) == []
    assert [(e.ticket, e.version) for e in store.all_events()] == [
        ("T1", 1), ("T1", 2), ("T1", 3), ("T2", 1), ("T1", 4), ("T1", 5),
    ]  # fmt: skip
    with JournalDB(path, access_mode="r") as db:
        tables = {name: db.table(name).all() for name in ("events", "messages", "requesters")}
        assert len(tables["events"]) == 6
        assert "secret" not in repr(tables)
        assert "secret" not in repr(db.table("events").get(doc_id="T1/2"))  # type: ignore[arg-type]
    store.close()
    assert "secret" not in text(path)
    store = TinyDBStore(path)
    assert holdings(store) == before
    assert list(store.faults()) == []
    store.close()


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("compacted", [True, False], ids=["when opened", "not even then"])
def test_a_crash_after_the_erasure_is_made_good(
    path: Path, monkeypatch: pytest.MonkeyPatch, compacted: bool
) -> None:
    """The commit lasts, whether or not the file could be written anew since."""
    store = filled(path)
    erase(store)
    store.put_blob(b"secret")  # as if it had not been removed before the crash
    before = holdings(store) | {"Blob": []}
    store._storage.close()
    assert "secret" in text(path)
    if not compacted:
        monkeypatch.setattr(TinyDBStore, "_erase", lambda *_: None)
    for _ in range(2):
        store = TinyDBStore(path, compact_at_open=1 << 60, compact_in_use=1 << 60)
        assert ("secret" in text(path)) is not compacted
        assert holdings(store) | {"Blob": []} == before
        assert store.by_source("source-T1") is None
        assert store.by_source("s2") == "T2"
        assert store.call("c1") is None
        assert store.requester(phone="secret") is None
        assert list(store.faults()) == []
        assert not [one for one in path.with_name("desk.blobs").rglob("*") if one.is_file()]
        store.close()


@pytest.mark.usefixtures("later")
def test_two_erasures_of_one_ticket(path: Path) -> None:
    """Of the words that were put in between, nothing is left either."""
    store = filled(path)
    erased(store, "T1", subject="between")
    first = store.ticket("T1")
    assert first is not None
    erased(store, "T1")
    assert "between" not in repr(holdings(store))
    assert [event.version for event in store.events("T1")] == [1, 2, 3, 4, 5]
    assert list(store.faults()) == []
    store.close()
    assert "between" not in text(path)


def test_order_within_a_commit_survives(path: Path) -> None:
    """Of two people with one number, who was saved last is found, also after reopening."""
    store = TinyDBStore(path)
    with store.transaction() as transaction:
        transaction.save_requester(Requester("R2", phone="138"))
        transaction.save_requester(Requester("R1", phone="138"))
        transaction.save_requester(Requester("R3", phone="139"))
    for _ in range(2):
        assert store.requester(phone="138") == Requester("R1", phone="138")
        assert [one.requester.id for one in holdings(store)["RequesterSaved"]] == ["R2", "R1", "R3"]
        store.compact()
        store.close()
        store = TinyDBStore(path)
    commit(store, lambda t: t.forget_requester("R1"))
    assert store.requester(phone="138") == Requester("R2", phone="138")
    store.close()


def test_bytes_that_a_snapshot_reads_are_removed_after_it(path: Path) -> None:
    """A deletion meanwhile takes its file from nobody, and is made good afterwards (C13)."""
    store = filled(path)
    name = store.events("T1")[0].body.raw  # type: ignore[attr-defined]
    with store.snapshot() as records:
        next(records)
        erase(store)
        assert "secret" not in text(path)
        found = [record for record in records if getattr(record, "name", "") == name]
        assert [getattr(one, "content", b"") for one in found] == [b"secret"]
    assert store.blob(name) is None
    store.close()


def test_a_crash_while_a_snapshot_is_read_leaves_no_bytes(path: Path) -> None:
    """What was to be removed after the snapshot is removed when the file is opened (C13)."""
    store = filled(path)
    name = store.events("T1")[0].body.raw  # type: ignore[attr-defined]
    with store.snapshot():
        erase(store)
        assert store.blob(name) == b"secret"
        store._storage.close()
        again = TinyDBStore(path)
        assert again.blob(name) is None
        again.close()
        assert "unneeded" not in text(path)


def test_the_clock_of_an_erased_ticket(path: Path) -> None:
    store = filled(path)
    erase(store)
    assert store.next_due() == START
    store.close()
    store = TinyDBStore(path)
    assert store.next_due() == START
    store.close()


@pytest.mark.parametrize("power_fails", [False, True], ids=["killed", "power failure"])
@pytest.mark.parametrize("halfway", [False, True], ids=["before", "halfway"])
def test_a_crash_at_any_step_of_an_erasure(tmp_path, crash, crashing_files, halfway, power_fails):
    """Either all old words are there or none is; what was acknowledged is out of the file."""
    crashed, step, outcomes = True, 0, set()
    while crashed:
        folder = tmp_path / str(step)
        folder.mkdir()
        path = folder / "desk.json"
        store = TinyDBStore(path)
        personal(store)
        other = store_ticket(store, sample_ticket("T2", 2), messages=[delivery("T2", 1)])
        store.close()
        files = crashing_files(folder, step, halfway=halfway)
        store, acknowledged = None, False
        try:
            store = TinyDBStore(path, files=files)
            erased(store, "T1")
            acknowledged = True
            store.close()
            crashed = False
        except crash:
            if store is not None:
                store._storage.close()
        if power_fails:
            files.lose_what_was_not_synced()
        store = TinyDBStore(path)
        whole = "secret" in repr(holdings(store))
        assert not (acknowledged and whole)
        assert ("secret" in text(path)) is whole
        assert len(store.events("T1")) == (3 if whole else 4)
        assert store.ticket("T2") == other
        assert list(store.faults()) == []
        outcomes.add(whole)
        store.close()
        step += 1
    assert outcomes == {True, False}
