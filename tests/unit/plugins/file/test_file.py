"""Messages as lines of a file."""

from __future__ import annotations

import json
import os
import threading

import pytest

from ruledesk import DeliveryError, InvalidInput, Settings
from ruledesk.testing.doubles import message
from ruledesk_plugins.file import journal
from ruledesk_plugins.file.notifier import FileNotifier, line_of

pytestmark = pytest.mark.requirement("F3")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a" / "b" / "out.jsonl"


@pytest.fixture
def notifier(tmp_path):
    made = FileNotifier(Settings({"path": "a/b/out.jsonl"}, tmp_path, "desk.toml: notifiers.file"))
    yield made
    made.close()


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def test_a_line_has_all_of_the_message(notifier, path):
    notifier.deliver(message(text="冰箱\nsecond"))
    assert lines(path) == [
        {
            "id": "T1/1",
            "ticket": "T1",
            "to": "requester",
            "via": "sms",
            "about": "received",
            "address": "13800000001",
            "subject": "",
            "text": "冰箱\nsecond",
            "locale": "en",
            "rule": "received",
            "on_behalf": "",
        }
    ]


def test_lone_surrogates_survive_as_escapes():
    assert json.loads(line_of(message(text="\ud800")))["text"] == "\ud800"


def test_opening_again_appends(tmp_path, notifier, path):
    notifier.deliver(message(id="T1/1"))
    notifier.close()
    notifier.deliver(message(id="T1/2"))
    assert [line["id"] for line in lines(path)] == ["T1/1", "T1/2"]


@pytest.mark.parametrize("size", [1, 5, 60, 200])
def test_an_unfinished_line_of_ours_is_removed(notifier, path, size):
    notifier.deliver(message(id="T1/1"))
    notifier.close()
    with path.open("ab") as file:
        file.write(line_of(message(id="T1/2", text="x" * 300))[:size])
    notifier.deliver(message(id="T1/3"))
    assert [line["id"] for line in lines(path)] == ["T1/1", "T1/3"]


def test_every_length_of_an_unfinished_line(notifier, path):
    """A crash can cut the line anywhere; nothing that was acknowledged is lost or spoiled."""
    whole = line_of(message(id="T1/2"))
    for size in range(len(whole) + 1):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(line_of(message(id="T1/1")) + b"\n" + whole[:size])
        notifier.deliver(message(id="T1/3"))
        notifier.close()
        assert [line["id"] for line in lines(path)] == ["T1/1", "T1/3"]


def test_a_long_unfinished_line_is_found(notifier, path):
    path.parent.mkdir(parents=True)
    path.write_bytes(line_of(message(text="x" * 300_000))[:-1])
    notifier.deliver(message(id="T1/3"))
    assert [line["id"] for line in lines(path)] == ["T1/3"]


def test_an_unfinished_line_of_somebody_else_is_kept(notifier, path):
    path.parent.mkdir(parents=True)
    path.write_text("notes of an administrator")
    notifier.deliver(message(id="T1/1"))
    first, second, end = path.read_text().split("\n")
    assert first == "notes of an administrator"
    assert json.loads(second)["id"] == "T1/1"
    assert end == ""


def test_a_failed_write_is_tried_again_on_a_clean_line(notifier, path, monkeypatch):
    notifier.deliver(message(id="T1/1"))
    real = os.write

    def half(file, content):
        real(file, bytes(content)[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal.os, "write", half)
    with pytest.raises(DeliveryError, match="No space") as error:
        notifier.deliver(message(id="T1/2"))
    assert not error.value.permanent
    monkeypatch.undo()
    notifier.deliver(message(id="T1/2"))
    assert [line["id"] for line in lines(path)] == ["T1/1", "T1/2"]


def test_short_writes_are_completed(notifier, path, monkeypatch):
    real = os.write
    monkeypatch.setattr(journal.os, "write", lambda file, content: real(file, bytes(content)[:7]))
    notifier.deliver(message(text="whole"))
    assert lines(path)[0]["text"] == "whole"


def test_every_line_is_synced(notifier, monkeypatch):
    synced = []
    monkeypatch.setattr(journal.os, "fsync", synced.append)
    notifier.deliver(message())
    notifier.deliver(message())
    assert len(synced) == 5  # two new folders, the new file in them, and each line


def test_two_writers_do_not_mix(tmp_path, path):
    def write(name):
        own = FileNotifier(Settings({"path": "a/b/out.jsonl"}, tmp_path))
        for number in range(30):
            own.deliver(message(id=f"{name}/{number}", text="x" * 3000))
        own.close()

    threads = [threading.Thread(target=write, args=(f"T{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(path)) == 60


def test_a_folder_that_cannot_be_made_is_a_delivery_error(tmp_path, notifier):
    (tmp_path / "a").write_text("a file where the folder should be")
    with pytest.raises(DeliveryError):
        notifier.deliver(message())
    (tmp_path / "a").unlink()
    notifier.deliver(message())


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("value", [1, "", " ", "a\0b"])
def test_what_is_no_path_is_refused(value):
    with pytest.raises(InvalidInput, match=r"notifiers\.file\.path"):
        FileNotifier(Settings({"path": value}, where="desk.toml: notifiers.file"))
