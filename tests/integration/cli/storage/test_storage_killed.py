"""A copy, backup or restore whose process is killed leaves nothing that looks whole."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ruledesk.storage.tally import tally_of

pytestmark = pytest.mark.requirement("F3")
BACKENDS = ("tinydb", "sqlite", "postgresql")
HOST = Path(__file__).with_name("killed.py")


def killed(at, *arguments):
    command = [sys.executable, str(HOST), str(at), "storage", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout == ""


@pytest.fixture
def source(home, few):
    return home("tinydb").filled(few)


def digest_in(one, url):
    with one.opened(url) as store, store.snapshot() as records:
        return tally_of(records)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_copy(ruledesk, home, few, source, backend):
    one = home(backend)
    total = tally_of(few).total
    for at in (total // 2, total):
        target = one.url()
        killed(at, "copy", source, target, "--desk", one.folder)
        counts = digest_in(one, target).counts
        assert {kind: n for kind, n in counts.items() if n and kind != "blob"} == {}, at
        again = ruledesk("storage", "copy", source, target, "--desk", one.folder)
        assert (again.status, again.err) == (0, "")
        assert digest_in(one, target).digest() == tally_of(few).digest()


def test_a_copy_that_was_stored_and_not_yet_compared_is_whole(home, few, source):
    one = home("tinydb")
    target = one.url()
    killed(tally_of(few).total + 5, "copy", source, target, "--desk", one.folder)
    assert digest_in(one, target).digest() == tally_of(few).digest()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_restore(ruledesk, home, few, source, bare_desk, backend):
    one = home(backend)
    file, target = one.folder / "desk.tar.gz", one.url()
    toml = bare_desk / "desk.toml"
    url = f"tinydb:../{source.partition(':')[2]}"
    toml.write_text(toml.read_text().replace("[desk]\n", f'[desk]\nstorage = "{url}"\n'))
    assert ruledesk("storage", "backup", file, "--desk", bare_desk).status == 0
    killed(500, "restore", file, target, "--desk", one.folder)
    with one.opened(target) as store:
        assert dict(store.counts()) == {"tickets": 0, "events": 0, "messages": 0}
    again = ruledesk("storage", "restore", file, target, "--desk", one.folder)
    assert (again.status, again.err) == (0, "")
    assert digest_in(one, target).digest() == tally_of(few).digest()


def test_a_backup(ruledesk, home, few, source, bare_desk):
    one = home("tinydb")
    file = one.folder / "desk.tar.gz"
    toml = bare_desk / "desk.toml"
    url = f"tinydb:../{source.partition(':')[2]}"
    toml.write_text(toml.read_text().replace("[desk]\n", f'[desk]\nstorage = "{url}"\n'))
    for at in (1, tally_of(few).total):
        killed(at, "backup", file, "--desk", bare_desk)
        assert not file.exists()
    (draft, *_) = file.parent.glob("desk.tar.gz.*.part")
    result = ruledesk("storage", "restore", draft, "tinydb:new.json", "--desk", one.folder)
    assert result.status == 2
    assert not (one.folder / "new.json").exists()
    assert ruledesk("storage", "backup", file, "--desk", bare_desk).status == 0
