"""Backup and verification while the desk goes on, and upgrading."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk
from ruledesk.errors import Conflict, Unavailable
from ruledesk.storage.archive_read import check_backup

pytestmark = pytest.mark.requirement("F3")
AT = datetime(2026, 11, 2, 1, tzinfo=UTC)


class Busy(threading.Thread):
    """A desk that takes tickets, as fast as it can, until it is told to stop."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.begun, self.over = folder, threading.Event(), threading.Event()
        self.taken, self.error = 0, None

    def run(self):
        try:
            self._take()
        except Exception as error:
            self.error = error
        finally:
            self.begun.set()

    def _take(self):
        desk = open_desk(load_desk(self.folder), deliver=False)
        line = next(iter(desk.config.lines))
        while not self.over.is_set():
            at = AT + timedelta(seconds=self.taken)
            fields = {"requester": {"phone": f"138{self.taken % 7:08}"}, "type": "consult"}
            fields["description"] = "多久能到" * 20
            try:
                desk.submit(by="requester", line=line, channel="web", fields=fields, at=at)
                self.taken += 1
            except (Conflict, Unavailable):
                continue
            if self.taken >= 20:
                self.begun.set()
        desk.close()


@pytest.fixture
def busy_desk(ruledesk, desk, home):
    def made(scheme):
        one = home(scheme)
        url = one.url()
        if scheme == "sqlite":
            url = f"sqlite:///{one.folder / 'busy.db'}"
        path = desk / "desk.toml"
        text = path.read_text("utf-8")
        assert 'storage = "' in text
        lines = [
            f'storage = "{url}"' if line.startswith("storage = ") else line
            for line in text.splitlines()
        ]
        path.write_text("\n".join(lines), "utf-8")
        return desk

    return made


@pytest.mark.parametrize("scheme", ["sqlite", "postgresql"])
def test_backup_and_verification_of_a_busy_desk(ruledesk, busy_desk, tmp_path, scheme):
    folder = busy_desk(scheme)
    writer = Busy(folder)
    writer.start()
    assert writer.begun.wait(60)
    file = tmp_path / "busy.tar.gz"
    try:
        before = writer.taken
        verified = ruledesk("storage", "verify", "--desk", folder, "--locale", "en")
        backed_up = ruledesk("storage", "backup", file, "--desk", folder, "--locale", "en")
        after = writer.taken
    finally:
        writer.over.set()
        writer.join(60)
    assert writer.error is None
    assert (verified.status, verified.err) == (0, "")
    assert "was written to meanwhile" in verified.out
    assert (backed_up.status, backed_up.err) == (0, "")
    assert before <= check_backup(file).counts["ticket"] <= after + 1
    assert before < after
    restored = ruledesk("storage", "restore", file, "tinydb:new.json", "--desk", folder)
    assert (restored.status, restored.err) == (0, "")
    again = ruledesk("storage", "verify", "tinydb:new.json", "--desk", folder, "--locale", "en")
    assert (again.status, again.err) == (0, "")
    assert "nothing is wrong" in again.out


def test_tinydb_that_is_in_use_is_refused(ruledesk, desk):
    opened = open_desk(load_desk(desk), deliver=False)
    for arguments in (("verify",), ("backup", desk / "x.tar.gz")):
        result = ruledesk("storage", *arguments, "--desk", desk, "--locale", "en")
        assert result.status == 2
        assert "desk.json: is open in this process already" in result.err
    opened.close()


@pytest.mark.parametrize("scheme", ["tinydb", "sqlite", "postgresql"])
def test_nothing_to_upgrade(ruledesk, home, few, scheme):
    one = home(scheme)
    url = one.filled(few)
    # On PostgreSQL the first run makes the tables of background jobs.
    assert ruledesk("storage", "upgrade", url, "--desk", one.folder).status == 0
    result = ruledesk("storage", "upgrade", url, "--desk", one.folder, "--locale", "en")
    assert (result.status, result.out, result.err) == (0, "nothing to upgrade\n", "")


@pytest.mark.parametrize(
    "command", [(), ("copy",), ("verify",), ("backup",), ("restore",), ("upgrade",)]
)
def test_help(ruledesk, command):
    result = ruledesk("storage", *command, "--help")
    assert result.status == 0
    assert "Usage: ruledesk storage" in result.out
