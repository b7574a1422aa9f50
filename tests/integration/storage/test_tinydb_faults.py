"""Full disks, failing disks, damage, locks: clear errors, and nothing half done (F3, F4)."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.model.values import changed
from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.samples import delivery, noted, sample_ticket, store_ticket
from ruledesk_plugins.tinydb import TinyDBBackend, TinyDBStore
from ruledesk_plugins.tinydb.lines import sealed

pytestmark = pytest.mark.requirement("F3")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desk.json"


def numbers(store):
    return [t.number for t in store.query(TicketQuery(sort="number", descending=False)).tickets]


@pytest.mark.parametrize("part", [0, 1, 200])
def test_full_disk_stores_nothing_and_goes_on_later(path, full_disk, part):
    files = full_disk(part=part)
    store = TinyDBStore(path, files=files)
    store_ticket(store, sample_ticket("T1"))
    length = path.stat().st_size
    files.broken = {"write"}
    with pytest.raises(StorageFault, match=r"desk\.json: cannot be written .*No space left"):
        store_ticket(store, sample_ticket("T2"), source="s")
    assert path.stat().st_size == length
    assert numbers(store) == ["T1"]
    assert store.by_source("s") is None
    files.broken = set()
    store_ticket(store, sample_ticket("T3"))
    store.close()
    store = TinyDBStore(path)
    assert numbers(store) == ["T1", "T3"]
    store.close()


def test_failed_write_that_cannot_be_taken_back_ends_writing(path, full_disk):
    files = full_disk(part=100)
    store = TinyDBStore(path, files=files)
    store_ticket(store, sample_ticket("T1"))
    files.broken = {"write", "truncate"}
    with pytest.raises(StorageFault):
        store_ticket(store, sample_ticket("T2"))
    files.broken = set()
    with pytest.raises(StorageFault, match="open it again"):
        store_ticket(store, sample_ticket("T2"))
    assert numbers(store) == ["T1"]
    store.close()
    store = TinyDBStore(path)
    assert numbers(store) == ["T1"]
    store.close()


def test_failed_sync_is_final(path, full_disk):
    """After a failed fdatasync nobody knows what the disk holds, so nothing more is promised."""
    files = full_disk(code=errno.EIO)
    store = TinyDBStore(path, files=files)
    store_ticket(store, sample_ticket("T1"))
    files.broken = {"sync_data"}
    with pytest.raises(StorageFault, match="did not reach the disk"):
        store_ticket(store, sample_ticket("T2"))
    files.broken = set()
    with pytest.raises(StorageFault, match="did not reach the disk"):
        store_ticket(store, sample_ticket("T3"))
    assert numbers(store) == ["T1"]
    store.close()
    store = TinyDBStore(path)
    assert numbers(store) == ["T1"]
    store_ticket(store, sample_ticket("T3"))
    store.close()


@pytest.mark.parametrize("operation", ["create", "write", "sync", "rename"])
def test_failed_compaction_changes_nothing(path, full_disk, operation, caplog):
    files = full_disk(part=50)
    store = TinyDBStore(path, files=files)
    first = store_ticket(store, sample_ticket("T1"), messages=[delivery("T1", 1)])
    before = path.read_bytes()
    files.broken = {operation}
    assert store.compact() is False
    assert "not compacted" in caplog.text
    files.broken = set()
    assert path.read_bytes() == before
    assert not path.with_name("desk.json.compact").exists()
    second, event = noted(first)
    with store.transaction() as transaction:
        transaction.append(second, [event], expected_version=1)
    assert store.compact() is True
    assert store.ticket("T1") == second
    store.close()


def test_compaction_that_may_be_undone_ends_writing(path, full_disk):
    files = full_disk(code=errno.EIO)
    store = TinyDBStore(path, files=files)
    store_ticket(store, sample_ticket("T1"))
    files.broken = {"sync_folder"}
    with pytest.raises(StorageFault, match="may be the old one"):
        store.compact()
    files.broken = set()
    with pytest.raises(StorageFault):
        store_ticket(store, sample_ticket("T2"))
    assert store.ticket("T1") is not None
    assert len(store.events("T1")) == 1
    store.close()


def test_commit_lasts_when_the_compaction_after_it_fails(path, full_disk):
    files = full_disk(code=errno.EIO)
    store = TinyDBStore(path, files=files, compact_in_use=1)
    ticket = store_ticket(store, sample_ticket("T1"))
    files.broken = {"sync_folder"}
    for _ in range(3):
        ticket, event = noted(ticket)
        try:
            with store.transaction() as transaction:
                transaction.append(ticket, [event], expected_version=ticket.version - 1)
        except StorageFault:
            break
        acknowledged = ticket.version
    store.close()
    store = TinyDBStore(path)
    assert store.ticket("T1").version == acknowledged
    store.close()


@pytest.mark.parametrize("flip", ["crc", "text", "newline"])
def test_damage_in_the_middle_names_file_and_line(path, flip):
    store = TinyDBStore(path)
    for n in range(4):
        store_ticket(store, sample_ticket(f"T{n}"))
    store.close()
    lines = path.read_bytes().split(b"\n")
    damaged = bytearray(lines[2])
    damaged[{"crc": 9, "text": 60, "newline": 60}[flip]] ^= 1
    lines[2] = bytes(damaged) if flip != "newline" else lines[2][:60] + b"\n" + lines[2][60:]
    before = b"\n".join(lines)
    path.write_bytes(before)
    with pytest.raises(StorageFault, match=r"desk\.json:3: is damaged"):
        TinyDBStore(path)
    assert path.read_bytes() == before, "a damaged file is left as it is"


@pytest.mark.parametrize("content", [b'{"_default": {"1": {"a": 1}}}', b"hello\n", b"{\n}\n"])
def test_foreign_file_is_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(StorageFault, match="is no journal of RuleDesk"):
        TinyDBStore(path)
    assert path.read_bytes() == content


def test_later_format_is_refused(path):
    path.write_bytes(sealed({"ruledesk": {"journal": 2}}))
    with pytest.raises(StorageFault, match="has format 2, this version reads 1"):
        TinyDBStore(path)


def test_second_store_of_a_process_is_told_so(path):
    store = TinyDBStore(path)
    with pytest.raises(StorageFault, match=r"desk\.json: is open in this process already"):
        TinyDBStore(path)
    store.close()
    TinyDBStore(path).close()


def test_second_process_is_told_who_holds_the_file(path):
    store = TinyDBStore(path)
    code = (
        "import sys; from pathlib import Path; from ruledesk_plugins.tinydb import TinyDBStore\n"
        "from ruledesk.errors import StorageFault\n"
        "try: TinyDBStore(Path(sys.argv[1]))\n"
        "except StorageFault as fault: print(fault.text('zh'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert str(path) in done.stdout
    assert f"已被另一进程打开(pid {os.getpid()})" in done.stdout
    assert "ruledesk storage copy" in done.stdout
    store.close()


def test_unwritable_place_is_a_storage_fault(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFault, match="cannot be opened"):
        TinyDBStore(tmp_path / "file" / "desk.json")
    with pytest.raises(StorageFault, match="cannot be opened"):
        TinyDBStore(tmp_path)


@pytest.mark.parametrize("url", ["tinydb:", "tinydb:data/", "sqlite:x"])
def test_url_without_a_file_is_refused(tmp_path, url):
    with pytest.raises(InvalidInput):
        TinyDBBackend.open(url, tmp_path)


def test_url_is_relative_to_the_folder(tmp_path):
    TinyDBBackend.open("tinydb:data/deep/desk.json", tmp_path).close()
    assert (tmp_path / "data/deep/desk.json").exists()
    TinyDBBackend.open(f"tinydb:{tmp_path}/other.json", tmp_path / "x").close()
    assert (tmp_path / "other.json").exists()


def test_what_has_no_json_form_is_refused_whole(path):
    store = TinyDBStore(path)
    with pytest.raises(InvalidInput):
        store_ticket(store, sample_ticket("T1", loss=float("nan")))
    with pytest.raises(InvalidInput, match="cannot be a field's value"):
        store_ticket(store, sample_ticket("T1", custom={"a": {"b": 1}}))
    assert numbers(store) == []
    store_ticket(store, sample_ticket("T1", subject="half \ud800 a character"))
    store.close()
    store = TinyDBStore(path)
    assert store.ticket("T1").subject == "half \ud800 a character"
    store.close()


def test_nested_transaction_is_refused(path):
    store = TinyDBStore(path)
    with store.transaction():
        with pytest.raises(StorageFault, match="a transaction is open already"):
            store.transaction().__enter__()
        with pytest.raises(StorageFault, match="a transaction is open already"):
            store.close()
    store.close()


def test_damaged_blob_is_told(path):
    store = TinyDBStore(path)
    name = store.put_blob(b"raw mail")
    file = path.with_name("desk.blobs") / name[:2] / name
    file.write_bytes(b"raw main")
    with pytest.raises(StorageFault, match="is damaged"):
        store.blob(name)
    store.close()


def test_blob_on_a_full_disk(path, full_disk):
    files = full_disk(part=3)
    store = TinyDBStore(path, files=files)
    files.broken = {"write"}
    with pytest.raises(StorageFault, match="No space left"):
        store.put_blob(b"raw mail")
    files.broken = set()
    assert not [f for f in path.with_name("desk.blobs").rglob("*") if f.is_file()]
    assert store.blob(store.put_blob(b"raw mail")) == b"raw mail"
    store.close()


def test_compaction_keeps_the_answers(path):
    store = TinyDBStore(path, compact_at_open=1 << 60)
    for n in range(30):
        ticket = store_ticket(store, sample_ticket(f"T{n}", n), messages=[delivery(f"T{n}", 1, n)])
        for _ in range(5):
            ticket, event = noted(ticket)
            with store.transaction() as transaction:
                transaction.append(ticket, [event], expected_version=ticket.version - 1)
                transaction.next_in_sequence("S")
        if n % 2:
            with store.transaction() as transaction:
                transaction.save_delivery(changed(delivery(f"T{n}", 1), state="failed"))
    log, size = list(store.all_events()), path.stat().st_size
    stream = store.all_events()
    first = next(stream)
    pending = store.pending(delivery("T", 1, 90).not_before)
    assert store.compact()
    assert [first, *stream] == log, "a stream goes on over a compaction"
    assert path.stat().st_size < size * 0.7
    for _ in range(2):
        assert list(store.all_events()) == log
        assert store.messages("T3")[0].state == "failed"
        assert store.pending(delivery("T", 1, 90).not_before) == pending
        assert store.counts() == {"tickets": 30, "events": 180, "messages": 30}
        store.close()
        store = TinyDBStore(path)
    with store.transaction() as transaction:
        assert transaction.next_in_sequence("S") == 151
    store.close()


def test_a_compaction_that_failed_is_not_tried_at_each_commit(path, full_disk, caplog):
    files = full_disk(part=0)
    store = TinyDBStore(path, files=files, compact_in_use=1)
    ticket = store_ticket(store, sample_ticket("T1"))
    files.broken = {"rename"}
    for _ in range(60):
        ticket, event = noted(ticket)
        with store.transaction() as transaction:
            transaction.append(ticket, [event], expected_version=event.version - 1)
    assert 1 <= caplog.text.count("not compacted") <= 6
    store.close()
