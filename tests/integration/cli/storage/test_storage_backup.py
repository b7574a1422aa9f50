"""``ruledesk storage backup`` and ``restore``: one file, whole or not at all."""

import gzip
import io
import json
import random
import tarfile

import pytest

from ruledesk.storage.tally import tally_of

pytestmark = pytest.mark.requirement("F3")
BACKENDS = ("tinydb", "sqlite", "postgresql")


def desk_of(bare_desk, url):
    path = bare_desk / "desk.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("[desk]\n", f'[desk]\nstorage = "{url}"\n'), "utf-8")
    return bare_desk


@pytest.fixture
def backup(ruledesk, home, few, bare_desk, tmp_path):
    """A backup of a desk that has some tickets of the recorded day."""
    one = home("tinydb")
    desk = desk_of(bare_desk, f"tinydb:../{one.filled(few).partition(':')[2]}")
    file = tmp_path / "desk.tar.gz"
    result = ruledesk("storage", "backup", file, "--desk", desk, "--locale", "en")
    assert (result.status, result.err) == (0, "")
    assert f"Written: {file}" in result.out
    return file


@pytest.mark.parametrize("backend", BACKENDS)
def test_there_and_back(ruledesk, home, few, bare_desk, tmp_path, backend):
    one, file = home(backend), tmp_path / "desk.tar.gz"
    url, other = one.filled(few), one.url()
    path = one.folder / url.partition(":")[2].lstrip("/")
    own = {"tinydb": f"tinydb:{path}", "sqlite": f"sqlite:///{path}"}.get(backend, url)
    made = ruledesk("storage", "backup", file, "--desk", desk_of(bare_desk, own), "--json")
    assert (made.status, made.err) == (0, "")
    expected = tally_of(few)
    assert json.loads(made.out)["digest"] == expected.digest()
    restored = ruledesk("storage", "restore", file, other, "--desk", one.folder, "--json")
    assert (restored.status, restored.err) == (0, "")
    assert json.loads(restored.out)["counts"] == expected.counts
    with one.opened(other) as store, store.snapshot() as records:
        assert tally_of(records).digest() == expected.digest()


def test_what_is_in_the_file(backup, few):
    assert backup.stat().st_mode & 0o077 == 0
    with tarfile.open(backup) as tar:
        names = tar.getnames()
        manifest = json.loads(tar.extractfile("manifest.json").read())
        lines = tar.extractfile("ticket/000001.jsonl").read().splitlines()
    assert names[0] == "ruledesk-backup.json"
    assert names[-1] == "manifest.json"
    assert len(lines) == manifest["counts"]["ticket"] == tally_of(few).counts["ticket"]
    assert len([name for name in names if name.startswith("blobs/")]) == manifest["counts"]["blob"]


def test_no_file_is_written_over(ruledesk, backup, bare_desk):
    before = backup.read_bytes()
    result = ruledesk("storage", "backup", backup, "--desk", bare_desk, "--locale", "en")
    assert result.status == 2
    assert "exists already" in result.err
    assert backup.read_bytes() == before
    assert [one.name for one in backup.parent.glob("*.part")] == []


@pytest.mark.parametrize("where", ["no/such/folder/desk.tar.gz", "desk.toml/x.tar.gz"])
def test_a_file_that_cannot_be_written(ruledesk, backup, bare_desk, where):
    file = bare_desk / where
    result = ruledesk("storage", "backup", file, "--desk", bare_desk, "--locale", "en")
    assert result.status == 2
    assert "cannot be written" in result.err


def test_a_damaged_store_is_not_backed_up(ruledesk, home, few, bare_desk, tmp_path):
    one = home("tinydb")
    one.filled(few)
    blob = next(path for path in (one.folder / "1.blobs").rglob("*") if path.is_file())
    blob.write_bytes(b"")
    desk, file = desk_of(bare_desk, "tinydb:../1.json"), tmp_path / "desk.tar.gz"
    result = ruledesk("storage", "backup", file, "--desk", desk, "--locale", "en")
    assert result.status == 2
    assert f"blob {blob.name}: cannot be read" in result.err
    assert list(tmp_path.glob("desk.tar.gz*")) == []


def refused(ruledesk, file, said):
    result = ruledesk(
        "storage", "restore", file, "tinydb:new.json", "--desk", file.parent, "--locale", "en"
    )
    assert result.status == 2
    assert said in result.err
    assert "nothing was written" in result.err or "no backup" in result.err
    assert not (file.parent / "new.json").exists()
    assert not (file.parent / "new.blobs").exists()


@pytest.mark.parametrize("left", [0, 1, 9, 600, 0.3, 0.9, -9, -1])
def test_a_truncated_backup_is_refused(ruledesk, backup, left):
    content = backup.read_bytes()
    keep = left if isinstance(left, int) else int(left * len(content))
    backup.write_bytes(content[:keep])
    refused(ruledesk, backup, str(backup))


def test_a_changed_byte_is_refused(ruledesk, backup):
    content = backup.read_bytes()
    # The last two bytes of the header say how and where it was compressed, and nothing else.
    places = [*range(8), 10, *random.Random(7).sample(range(10, len(content)), 30), -1, -8]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 0x10
        backup.write_bytes(changed)
        refused(ruledesk, backup, str(backup))


def rewritten(backup, change):
    """Pack a backup anew, by somebody who can: every checksum of the container is right."""
    packed = io.BytesIO()
    with tarfile.open(backup) as old, tarfile.open(fileobj=packed, mode="w") as new:
        for member in old.getmembers():
            content = change(member.name, old.extractfile(member).read())
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    backup.write_bytes(gzip.compress(packed.getvalue(), mtime=0))


@pytest.mark.parametrize("name", ["event/000001.jsonl", "ticket/000001.jsonl", "blobs/"])
def test_a_changed_member_is_named(ruledesk, backup, name):
    rewritten(backup, lambda n, c: c[:-9] + b"x" + c[-8:] if n.startswith(name) else c)
    refused(ruledesk, backup, f"{name}")


@pytest.mark.parametrize("name", ["event/000001.jsonl", "blobs/", "manifest.json"])
def test_a_missing_member_is_refused(ruledesk, backup, name):
    rewritten(backup, lambda n, c: None if n.startswith(name) else c)
    refused(ruledesk, backup, "is damaged")


def test_records_other_than_those_counted_are_refused_by_the_store(ruledesk, backup):
    def change(name, content):
        if name != "manifest.json":
            return content
        data = json.loads(content)
        return json.dumps({**data, "digest": "0" * 64}).encode()

    rewritten(backup, change)
    result = ruledesk(
        "storage", "restore", backup, "tinydb:new.json", "--desk", backup.parent, "--locale", "en"
    )
    assert result.status == 2
    assert "its records are not those counted" in result.err
    again = ruledesk("storage", "verify", "tinydb:new.json", "--desk", backup.parent, "--json")
    assert json.loads(again.out)["counts"]["ticket"] == 0


def test_a_newer_format_is_refused(ruledesk, backup):
    head = json.dumps({"format": 2}).encode()
    rewritten(backup, lambda n, c: head if n == "ruledesk-backup.json" else c)
    refused(ruledesk, backup, "was made by a newer version of RuleDesk")


@pytest.mark.parametrize("content", [b"", b"hello", gzip.compress(b"hello", mtime=0)])
def test_something_else_is_refused(ruledesk, tmp_path, content):
    file = tmp_path / "other.gz"
    file.write_bytes(content)
    refused(ruledesk, file, str(file))


def test_a_store_that_holds_something_is_refused(ruledesk, home, few, backup):
    one = home("tinydb")
    url = one.filled(few)
    result = ruledesk("storage", "restore", backup, url, "--desk", one.folder, "--locale", "en")
    assert result.status == 2
    assert "is not empty" in result.err
    with one.opened(url) as store, store.snapshot() as records:
        assert tally_of(records).digest() == tally_of(few).digest()


def test_no_such_file_and_no_desk(ruledesk, tmp_path):
    result = ruledesk(
        "storage", "restore", tmp_path / "no", "tinydb:a.json", "--desk", tmp_path, "--locale", "en"
    )
    assert result.status == 2
    assert "cannot be read" in result.err
    result = ruledesk("storage", "backup", tmp_path / "b", "--desk", tmp_path, "--locale", "en")
    assert result.status == 2
    assert "no desk here" in result.err
    assert list(tmp_path.iterdir()) == []
