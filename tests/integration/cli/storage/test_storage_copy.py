"""``ruledesk storage copy``: everything arrives, or nothing is written."""

import json
from datetime import UTC, datetime

import pytest

from ruledesk.model.event import Event
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.copying import copy
from ruledesk.storage.tally import tally_of
from ruledesk_plugins.memory import MemoryStore

pytestmark = pytest.mark.requirement("C13", "F3")
AT = datetime(2026, 3, 12, 4, tzinfo=UTC)
BACKENDS = ("tinydb", "sqlite", "postgresql")


def numbers_of(records):
    events = [one.ticket for one in records if isinstance(one, Event)]
    gone = [one.number for one in records if isinstance(one, Tombstone)]
    return sorted({*events, *gone, "none"})


@pytest.mark.parametrize("target", BACKENDS)
@pytest.mark.parametrize("source", BACKENDS)
def test_every_answer_is_kept(ruledesk, home, few, answers, source, target):
    one, other = home(source), home(target)
    first, second = one.filled(few), other.url()
    result = ruledesk("storage", "copy", first, second, "--desk", one.folder, "--locale", "en")
    assert (result.status, result.err) == (0, "")
    assert f'    storage = "{second}"\n' in result.out
    assert "tickets     38" in result.out
    with one.opened(first) as before, other.opened(second) as after:
        numbers = numbers_of(few)
        assert answers(after, numbers, AT) == answers(before, numbers, AT)
        with before.transaction() as transaction:
            expected = transaction.next_in_sequence("G20260312#")
        with after.transaction() as transaction:
            assert transaction.next_in_sequence("G20260312#") == expected == 242
    verified = ruledesk("storage", "verify", second, "--desk", one.folder, "--locale", "en")
    assert (verified.status, verified.err) == (0, "")


@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_and_back(home, day, answers, backend):
    there = home(backend)
    numbers = numbers_of(day)
    memory = MemoryStore()
    memory.load(day)
    with there.opened(there.url()) as store:
        copied = copy(memory, store)
        back = MemoryStore()
        assert copy(store, back).digest() == copied.digest()
        assert answers(back, numbers, AT) == answers(memory, numbers, AT)
        assert copied.digest() == tally_of(day).digest()


def test_counts_and_digest_as_json(ruledesk, home, few):
    one = home("tinydb")
    url = one.filled(few)
    result = ruledesk("storage", "copy", url, "tinydb:new.json", "--desk", one.folder, "--json")
    data = json.loads(result.out)
    assert data["counts"] == tally_of(few).counts
    assert data["digest"] == tally_of(few).digest()
    assert data["desk_toml"] == 'storage = "tinydb:new.json"'


@pytest.mark.parametrize("backend", ["tinydb", "sqlite"])
def test_what_is_not_there_is_not_made(ruledesk, home, backend):
    one = home(backend)
    for arguments in (
        ("copy", one.url(), one.url()),
        ("verify", one.url()),
        ("upgrade", one.url()),
    ):
        result = ruledesk("storage", *arguments, "--desk", one.folder, "--locale", "en")
        assert result.status == 2
        assert "there is no such store" in result.err
        assert "Traceback" not in result.err
    assert list(one.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("tinydb:a.json", "tinydb:./a.json", "TO: is the store that is copied from"),
        ("nosuch:a", "tinydb:a.json", "FROM: no installed plugin provides this storage"),
        ("tinydb:a.json", "nosuch:a", "TO: no installed plugin provides this storage"),
        ("a.json", "tinydb:b.json", "FROM: is no storage URL"),
        ("tinydb:", "tinydb:b.json", "names no file"),
        ("memory:", "tinydb:b.json", "is empty: there is nothing to copy"),
    ],
)
def test_what_cannot_be_used(ruledesk, tmp_path, source, target, said):
    result = ruledesk("storage", "copy", source, target, "--desk", tmp_path, "--locale", "en")
    assert result.status == 2
    assert said in result.err
    assert list(tmp_path.iterdir()) == []


def test_in_chinese(ruledesk, tmp_path):
    result = ruledesk(
        "storage", "copy", "tinydb:a.json", "tinydb:a.json", "--desk", tmp_path, "--locale", "zh"
    )
    assert "与来源是同一个存储" in result.err


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_store_that_holds_something_stays_as_it_is(ruledesk, home, few, backend):
    one = home(backend)
    first, second = one.filled(few), one.url()
    with one.opened(second) as store, store.transaction() as transaction:
        transaction.save_document("mark", {"n": 1})
    result = ruledesk("storage", "copy", first, second, "--desk", one.folder, "--locale", "en")
    assert result.status == 2
    assert "is not empty; nothing was written" in result.err
    assert f"nothing was written: {second[:60]!r}"[:-1] in result.err  # a long one is cut
    with one.opened(second) as store:
        assert dict(store.counts()) == {"tickets": 0, "events": 0, "messages": 0}


def test_blobs_left_by_an_interrupted_copy_are_in_nobodys_way(ruledesk, home, few):
    one = home("tinydb")
    first, second = one.filled(few), one.url()
    with one.opened(second) as store:
        store.put_blob(b"left over")
    result = ruledesk("storage", "copy", first, second, "--desk", one.folder)
    assert (result.status, result.err) == (0, "")


def test_a_damaged_store_is_not_copied(ruledesk, home, few):
    one = home("tinydb")
    first = one.filled(few)
    blob = next(path for path in (one.folder / "1.blobs").rglob("*") if path.is_file())
    blob.write_bytes(blob.read_bytes() + b"!")
    result = ruledesk("storage", "copy", first, one.url(), "--desk", one.folder, "--locale", "en")
    assert result.status == 2
    assert f"blob {blob.name}: cannot be read" in result.err
    with one.opened("tinydb:2.json") as store:
        assert dict(store.counts())["tickets"] == 0


def test_a_store_that_keeps_nothing_is_no_place_to_move_to(ruledesk, home, few):
    one = home("tinydb")
    result = ruledesk(
        "storage", "copy", one.filled(few), "memory:", "--desk", one.folder, "--locale", "en"
    )
    assert result.status == 1
    assert "TO: keeps nothing once it is closed (accepted: a store on a disk" in result.err
    assert "desk.toml" not in result.out
