"""Snapshots, loads and checks of the TinyDB store: damage is named, and nothing is half done."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.storage.record import Blob, Unreadable
from ruledesk.testing.samples import delivery, noted, sample_ticket, store_ticket, submitted
from ruledesk.testing.storage_factory import commit
from ruledesk.testing.storage_records import holdings
from ruledesk.testing.storage_snapshots import fill_with_all
from ruledesk_plugins.memory import MemoryStore
from ruledesk_plugins.tinydb import TinyDBStore
from ruledesk_plugins.tinydb import store as store_module

pytestmark = pytest.mark.requirement("F3")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.json"


@pytest.fixture
def source():
    store = MemoryStore()
    for n in range(3):
        ticket = store_ticket(store, sample_ticket(f"T{n}", n), messages=[delivery(f"T{n}", 1)])
        after, event = noted(ticket, "处理中" * 20)
        commit(store, lambda t, a, e: t.append(a, [e], expected_version=1), after, event)
    yield store
    store.close()


@pytest.mark.parametrize("power_fails", [False, True], ids=["killed", "power failure"])
@pytest.mark.parametrize("halfway", [False, True], ids=["before", "halfway"])
def test_a_load_that_crashes_at_any_step_is_whole_or_nothing(
    tmp_path, source, crash, crashing_files, halfway, power_fails
):
    crashed, step, outcomes = True, 0, set()
    whole = holdings(source)
    while crashed:
        folder = tmp_path / str(step)
        folder.mkdir()
        path = folder / "desk.json"
        TinyDBStore(path).close()
        files = crashing_files(folder, step, halfway=halfway)
        done = False
        try:
            store = TinyDBStore(path, files=files)
            with source.snapshot() as records:
                store.load(records)
            done = True
            store.close()
            crashed = False
        except crash:
            pass
        if not done and "store" in locals():
            store._storage.close()
        if power_fails:
            files.lose_what_was_not_synced()
        store = TinyDBStore(path)
        held = holdings(store)
        assert held in ({}, whole)
        assert held == whole or not done
        outcomes.add(bool(held))
        assert list(store.faults()) == []
        store_ticket(store, sample_ticket("LAST"))
        store.close()
        step += 1
    assert outcomes == {False, True}


@pytest.mark.parametrize("operation", ["create", "write", "sync", "rename"])
def test_a_full_disk_loads_nothing(path, source, full_disk, operation):
    files = full_disk(part=50)
    store = TinyDBStore(path, files=files)
    files.broken = {operation}
    with pytest.raises(StorageFault), source.snapshot() as records:
        store.load(records)
    files.broken = set()
    assert holdings(store) == {}
    assert not path.with_name("desk.json.compact").exists()
    with source.snapshot() as records:
        store.load(records)
    assert holdings(store) == holdings(source)
    store.close()


def test_a_load_that_may_be_undone_ends_all_work(path, source, full_disk):
    """After the rename nobody knows which of the two files a power failure would leave."""
    files = full_disk(code=errno.EIO)
    store = TinyDBStore(path, files=files)
    files.broken = {"sync_folder"}
    with pytest.raises(StorageFault), source.snapshot() as records:
        store.load(records)
    files.broken = set()
    with pytest.raises(StorageFault):
        store_ticket(store, sample_ticket("T9"))
    store.close()
    store = TinyDBStore(path)
    assert holdings(store) == holdings(source)
    store.close()


def test_blobs_of_a_load_that_failed_are_removed(path, source):
    """Those that it kept; others were there before."""
    store = TinyDBStore(path)
    before = store.put_blob(b"before")
    name = source.put_blob(b"new")
    ticket = sample_ticket("T1")
    records = [submitted(ticket), ticket, Blob(before, b"before"), Blob(name, b"new")]
    with pytest.raises(InvalidInput):
        store.load([*records, Unreadable("blob", "x", "gone")])
    assert store.blob(name) is None
    assert store.blob(before) == b"before"
    store.load(records)
    assert store.blob(name) == b"new"
    store.close()


def test_bytes_under_a_wrong_name_are_refused(path):
    store = TinyDBStore(path)
    with pytest.raises(InvalidInput, match="is damaged"):
        store.load([Blob("0" * 64, b"other")])
    assert holdings(store) == {}
    store.close()


def test_own_tables_are_in_the_way_of_a_load(path, source):
    """Tables of others in the file are not lost to a load."""
    store = TinyDBStore(path)
    store.db.table("mine").insert({"a": 1})
    with pytest.raises(InvalidInput), source.snapshot() as records:
        store.load(records)
    assert store.db.table("mine").all() == [{"a": 1}]
    store.close()


# -- damage ---------------------------------------------------------------------------------------


def spoil(path: Path, word: str) -> int:
    """Change a letter of the only line that has a word in it; returns the line's number."""
    lines = path.read_bytes().split(b"\n")
    (number,) = [n for n, line in enumerate(lines, 1) if word.encode() in line]
    line = lines[number - 1]
    lines[number - 1] = line.replace(word.encode(), b"X" + word.encode()[1:])
    file = os.open(path, os.O_WRONLY)  # in place: the store has the file open
    os.pwrite(file, b"\n".join(lines), 0)
    os.close(file)
    return number


@pytest.fixture
def damaged(path):
    store = TinyDBStore(path, compact_at_open=1 << 60, compact_in_use=1 << 60)
    first = store_ticket(store, sample_ticket("T1"))
    second, event = noted(first, "spoiled")
    commit(
        store,
        lambda t: t.append(second, [event], expected_version=1, messages=[delivery("T1", 1)]),
    )
    third, last = noted(second, "last")
    commit(store, lambda t: t.append(third, [last], expected_version=2))
    store_ticket(store, sample_ticket("T2"))
    yield store
    store._storage.close()


def unreadable(store) -> set[tuple[str, str]]:
    with store.snapshot() as records:
        return {(r.kind, r.key) for r in records if isinstance(r, Unreadable)}


def test_a_damaged_line_is_named(path, damaged):
    """`faults` names file and line, and what was in it; the rest is read (F3)."""
    assert unreadable(damaged) == set()
    assert list(damaged.faults()) == []
    number = spoil(path, "spoiled")
    assert unreadable(damaged) == {("event", "T1/2"), ("delivery", "T1/?")}
    fields = [problem.field for problem in damaged.faults()]
    assert fields == [f"{path}:{number}", "event T1/2", "delivery T1/?"]
    with damaged.snapshot() as records:
        assert len([r for r in records if not isinstance(r, Unreadable)]) == 5
    with pytest.raises(StorageFault):
        damaged.events("T1")


def test_a_damaged_last_line_of_a_ticket(path, damaged):
    """Its view is lost with its last event."""
    spoil(path, '"text":"last"')
    assert unreadable(damaged) == {("event", "T1/3"), ("ticket", "T1"), ("delivery", "T1/?")}


def test_a_damaged_source_is_not_copied(path, damaged, tmp_path):
    spoil(path, "spoiled")
    other = TinyDBStore(tmp_path / "other.json")
    with pytest.raises(InvalidInput, match="event T1/2"), damaged.snapshot() as records:
        other.load(records)
    assert holdings(other) == {}
    other.close()


def test_damaged_words_of_an_erased_ticket(path, monkeypatch):
    """The line that took the place of others is damaged: none of the old words comes back."""
    monkeypatch.setattr(store_module, "_ERASE_AT_ONCE", 0)
    store = TinyDBStore(path, compact_at_open=1 << 60, compact_in_use=1 << 60)
    fill_with_all(store)
    assert store._storage.source.catalogue.rewritten
    spoil(path, '"rewritten"')
    with store.snapshot() as records:
        read = list(records)
    assert {(r.kind, r.key) for r in read if isinstance(r, Unreadable)} >= {
        ("event", "T3/1"), ("event", "T3/2"), ("event", "T3/3"), ("ticket", "T3"),
    }  # fmt: skip
    assert "secret" not in repr(read)
    store._storage.close()


def test_damaged_and_missing_blobs_are_named(path):
    store = TinyDBStore(path)
    name, other = store.put_blob(b"one"), store.put_blob(b"two")
    file = path.with_name("desk.blobs") / name[:2] / name
    file.write_bytes(b"changed")
    assert [problem.field for problem in store.faults()] == [f"blob {name}"]
    with store.snapshot() as records:
        (path.with_name("desk.blobs") / other[:2] / other).unlink()
        assert {r.key for r in records if isinstance(r, Unreadable)} == {name, other}
    store.close()


@pytest.mark.parametrize("what", ["table", "history", "counts", "index"])
def test_a_wrong_catalogue_is_found(path, what):
    """Where memory says something else than the file, that is named."""
    store = TinyDBStore(path)
    fill_with_all(store)
    catalogue = store._storage.source.catalogue
    match what:
        case "table":
            catalogue.tables["tickets"]["T2"] = catalogue.tables["tickets"]["T1"]
        case "history":
            catalogue._history["T2"] = catalogue._history["T1"]
        case "counts":
            catalogue.events += 1
        case "index":
            store._state.sequences["index"] = 9
    found = [problem.field for problem in store.faults()]
    assert found
    assert any(what in field for field in found)
    store._storage.close()
