"""A crash at any step of a commit, an opening or a compaction loses nothing acknowledged (F3)."""

from __future__ import annotations

import pytest

from ruledesk.model.values import changed
from ruledesk.testing.samples import delivery, noted, sample_ticket, store_ticket, submitted
from ruledesk_plugins.tinydb import TinyDBStore

pytestmark = pytest.mark.requirement("F3")
NEVER = 1 << 60


def opened(path, files=None):
    return TinyDBStore(path, files=files, compact_at_open=NEVER, compact_in_use=NEVER)


def fill(path, tickets=4):
    """Make a file with views and deliveries that were superseded."""
    store = opened(path)
    for n in range(tickets):
        number = f"T{n}"
        first = store_ticket(store, sample_ticket(number, n), messages=[delivery(number, 1)])
        second, event = noted(first, "处理中" * 20)
        with store.transaction() as transaction:
            transaction.append(second, [event], expected_version=1)
            transaction.save_delivery(changed(delivery(number, 1), state="sent"))
            transaction.next_in_sequence("T")
    store.close()


def contents(store):
    numbers = [event.ticket for event in store.all_events() if event.version == 1]
    return {n: (store.ticket(n), list(store.events(n)), list(store.messages(n))) for n in numbers}


def commits(store, acknowledged):
    for n in range(3):
        ticket = sample_ticket(f"N{n}", n)
        store_ticket(store, ticket)
        acknowledged.append(ticket)


def compaction_and_commit(store, acknowledged):
    store.compact()
    commits(store, acknowledged)


def run_until_crash(path, files, work, crash):
    """Open, work, and end where the file system does; returns what was acknowledged."""
    acknowledged = []
    store = None
    try:
        store = opened(path, files)
        work(store, acknowledged)
    except crash:
        return acknowledged, True
    finally:
        if store is not None:
            store._storage.close()
    return acknowledged, False


@pytest.mark.parametrize("power_fails", [False, True], ids=["killed", "power failure"])
@pytest.mark.parametrize("halfway", [False, True], ids=["before", "halfway"])
@pytest.mark.parametrize("prepared", [False, True], ids=["new file", "old file"])
@pytest.mark.parametrize("work", [commits, compaction_and_commit])
def test_crash_at_every_step(tmp_path, crash, crashing_files, work, prepared, halfway, power_fails):
    crashed, step = True, 0
    while crashed:
        folder = tmp_path / str(step)
        folder.mkdir()
        path = folder / "desk.json"
        before = {}
        if prepared:
            fill(path)
            store = opened(path)
            before = contents(store)
            store.close()
        files = crashing_files(folder, step, halfway=halfway)
        acknowledged, crashed = run_until_crash(path, files, work, crash)
        if power_fails:
            files.lose_what_was_not_synced()
        check_recovered(path, before, acknowledged)
        step += 1
    assert step > 10


def check_recovered(path, before, acknowledged):
    store = opened(path)
    after = contents(store)
    for number, content in before.items():
        assert after[number] == content
    for ticket in acknowledged:
        assert after[ticket.number] == (ticket, [submitted(ticket)], [])
    assert len(after) - len(before) - len(acknowledged) in {0, 1}
    assert store.counts()["tickets"] == len(after)
    store_ticket(store, sample_ticket("LAST"))
    store.close()
    store = opened(path)
    assert contents(store).keys() == after.keys() | {"LAST"}
    assert not path.with_name("desk.json.compact").exists()
    store.close()


def test_torn_tail_at_every_byte(tmp_path, caplog):
    path = tmp_path / "desk.json"
    fill(path, 1)
    store = opened(path)
    store_ticket(store, sample_ticket("T9"))
    store.close()
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    store = opened(path)
    assert len(list(store.all_events())) == 3
    store.close()
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        store = opened(path)
        assert len(list(store.all_events())) == 2
        assert store.ticket("T0").version == 2
        assert store.ticket("T9") is None
        assert path.read_bytes() == whole[:start]
        store.close()
        aside = path.with_name(f"desk.json.torn-{start}")
        if cut > start:
            assert aside.read_bytes() == whole[start:cut]
            aside.unlink()
    assert "unfinished commit" in caplog.text


@pytest.mark.parametrize("junk", [b"\0" * 5000, b'{"crc":"00000000","events":[]}\n', b"\xff\n"])
def test_junk_at_the_end_is_cut(tmp_path, junk):
    path = tmp_path / "desk.json"
    fill(path, 1)
    whole = path.read_bytes()
    path.write_bytes(whole + junk)
    store = opened(path)
    assert len(list(store.all_events())) == 2
    store.close()
    assert path.read_bytes() == whole


def test_crash_at_every_step_can_fail(tmp_path, crash, crashing_files):
    """The simulated power failure does lose what was not brought to the disk."""

    class Careless(crashing_files):
        def sync_data(self, file):
            pass

    files = Careless(tmp_path, 1000, halfway=False)
    path = tmp_path / "desk.json"
    acknowledged, crashed = run_until_crash(path, files, commits, crash)
    assert acknowledged
    assert not crashed
    files.lose_what_was_not_synced()
    with pytest.raises(KeyError):
        check_recovered(path, {}, acknowledged)
