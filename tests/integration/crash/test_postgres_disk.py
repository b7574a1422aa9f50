"""PostgreSQL with a full disk, or reading only: told, nothing by halves, and on it goes (F3)."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from ruledesk.desk.again import Again
from ruledesk.desk.assembly import open_desk
from ruledesk.errors import StorageFault, Unavailable
from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.crash.checks import problems
from ruledesk.testing.crash.desk import crash_desk
from ruledesk.testing.crash.said import Told
from ruledesk.testing.crash.stage import START
from ruledesk.testing.crash.writing import Writer
from ruledesk.testing.postgres import PostgresServer
from ruledesk.testing.postgres.programs import other_user

pytestmark = pytest.mark.requirement("F3", "F4")

MEGABYTE = 1 << 20
ROOM = MEGABYTE // 4
MOST_NOTES = 1500


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    """Let the desk give up soon where it would try again for a quarter of a minute."""
    made = Again.__init__
    monkeypatch.setattr(Again, "__init__", lambda self, **_: made(self, patience=0.2))


class Full:
    """A server of its own, whose disk becomes full: tables cannot grow, or nothing can."""

    def __init__(self, way, place):
        self.way = way
        self.place = place
        self.server = PostgresServer(within=place, segment=1).start()
        self.url = self.server.database()
        self.who = {}
        if other_user():
            entry = pwd.getpwnam(other_user())
            self.who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    @contextlib.contextmanager
    def disk(self):
        if self.way == "mount":
            filler, state = self.place / "filler", os.statvfs(self.place)
            filler.write_bytes(bytes(state.f_bavail * state.f_frsize - ROOM))
            yield
            filler.unlink()
            self.server.kill()  # it may have given up, or be trying to come back
            self.server.start()
        else:
            # Files of its log have a megabyte: the limit hits tables only.
            files = [path.stat().st_size for path in (self.server.data / "base").rglob("*")]
            self.limit(max(*files, MEGABYTE) + ROOM)
            yield
            self.limit("unlimited")

    def limit(self, length):
        pid = self.server.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        for one in (pid, *map(int, listed.split())):
            command = ["prlimit", f"--pid={one}", f"--fsize={length}:"]
            # A session may have ended meanwhile. The server's user may do it, root not everywhere.
            subprocess.run(command, **self.who, check=one == pid, cwd="/")


@pytest.fixture
def full(way, within):
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=within)))
        place.chmod(0o755)
        if way == "mount":
            options = ["-t", "tmpfs", "-o", "size=128m,mode=755", "tmpfs", str(place)]
            subprocess.run(["mount", *options], check=True)
            stack.callback(subprocess.run, ["umount", "-l", str(place)], check=True)
        full = Full(way, place)
        stack.callback(full.server.close)
        yield full


def noted(desk, number):
    """Add long notes until there is no room; return how many, and the error."""
    for count in range(MOST_NOTES):
        fields = {"text": os.urandom(4000).hex()}
        try:
            desk.act(number, "note", by="agent:H00", fields=fields, at=START)
        except StorageFault as error:
            return count, error
    raise AssertionError("there is always room")


def test_a_full_disk_is_told_and_loses_nothing(full, folder):
    said = []
    desk = open_desk(crash_desk(folder), storage=full.url)
    writer = Writer(desk, "w", said.append, lambda: START)
    ticket = writer.life()
    before = desk.ticket(ticket.number).version
    with full.disk():
        count, error = noted(desk, ticket.number)
        assert count > 0
        assert "postgresql" in str(error)
        assert "Traceback" not in str(error)
    writer.life()
    assert writer.errors == [], "it does not go on when there is room again"
    desk.close()
    desk = open_desk(crash_desk(folder), storage=full.url)
    told = Told()
    told.add(said)
    assert problems(desk.store, told) == []
    assert desk.ticket(ticket.number).version >= before + count
    notes = [one for one in desk.store.events(ticket.number) if one.body.kind == "noted"]
    assert len(notes) == 1 + count
    desk.close()


def test_a_server_for_reading_only_is_told_and_left_alone(server, folder):
    said = []
    url = server.database()
    desk = open_desk(crash_desk(folder), storage=url)
    writer = Writer(desk, "w", said.append, lambda: START)
    writer.life()
    counts = desk.store.counts()
    name = url.partition("@/")[2].partition("?")[0]
    for readonly in ("on", "off"):
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(
                f'ALTER DATABASE "{name}" SET default_transaction_read_only = {readonly}'
            )
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        if readonly == "on":
            assert writer.submit(1) is None
            assert all(isinstance(error, Unavailable) for error in writer.errors)
            assert "read-only" in str(writer.errors[0])
            assert desk.store.counts() == counts
            assert desk.store.query(TicketQuery()).tickets
    assert writer.submit(2) is not None
    told = Told()
    told.add(said)
    assert problems(desk.store, told) == []
    desk.close()
