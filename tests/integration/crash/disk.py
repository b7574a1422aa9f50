"""Fills the disk under a desk, or closes it to writing, and sees what happens.

Usage: ``disk.py full|readonly WAY STORAGE FOLDER``; it prints the errors as JSON. It is a process
of its own, since what it does to itself would hit other tests. The ways: ``limit`` needs no rights:
files may grow to a length only, or modes forbid to write. ``mount`` needs them: the folder is on a
disk of its own, which is filled, or mounted anew for reading only.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from ruledesk.desk.assembly import open_desk
from ruledesk.errors import RuleDeskError
from ruledesk.hooks.kinds import File
from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.crash.checks import problems
from ruledesk.testing.crash.desk import LINE, crash_desk
from ruledesk.testing.crash.said import Told
from ruledesk.testing.crash.stage import START
from ruledesk.testing.crash.writing import Writer

ROOM = 50_000
MOST_LIVES = 300


class Script:
    def __init__(self, way, storage, folder):
        self.way = way
        self.storage = storage
        self.folder = folder
        self.said = []

    def open(self):
        return open_desk(crash_desk(self.folder), storage=self.storage)

    def full(self):
        desk = self.open()
        writer = Writer(desk, "disk", self.said.append, lambda: START)
        for _ in range(3):
            writer.life()
        assert not writer.errors, writer.errors
        with self.no_room():
            for _ in range(MOST_LIVES):
                writer.life()
                if writer.errors:
                    break
            errors = [str(error) for error in writer.errors]
            errors.append(attachment_refused(desk))
            number = desk.store.query(TicketQuery(sort="number")).tickets[0].number
            assert desk.store.events(number), "nothing can be read any more"
        writer.errors.clear()
        for _ in range(3):
            writer.life()
        assert not writer.errors, "it does not go on when there is room again"
        desk.close()
        self.check()
        return errors

    def readonly(self):
        desk = self.open()
        Writer(desk, "disk", self.said.append, lambda: START).life()
        desk.close()
        before = self.contents()
        with self.closed():
            errors = [self.refused()]
        after = self.contents()
        assert {path: after[path] for path in before} == before
        desk = self.open()
        Writer(desk, "again", self.said.append, lambda: START).life()
        desk.close()
        self.check()
        return errors

    def refused(self):
        """Open the desk and hand in a ticket; return the error at which it ends."""
        try:
            desk = self.open()
        except RuleDeskError as error:
            return str(error)
        try:
            writer = Writer(desk, "refused", lambda _: None, lambda: START)
            assert writer.submit(0) is None
            return str(writer.errors[0])
        finally:
            desk.close()

    def contents(self):
        return {
            str(path): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.endswith(("-shm", ".lock"))
        }

    def check(self):
        told = Told()
        told.add(self.said)
        # A step that was refused with an error is not there by halves, nor whole.
        told.refused |= told.begun - told.acknowledged.keys()
        desk = self.open()
        found = problems(desk.store, told)
        desk.close()
        assert not found, found

    @contextlib.contextmanager
    def no_room(self):
        if self.way == "limit":
            longest = max(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (longest + ROOM, hard))
            yield
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        else:
            filler, disk = self.folder / "filler", os.statvfs(self.folder)
            filler.write_bytes(bytes(disk.f_bavail * disk.f_frsize - ROOM))
            yield
            filler.unlink()

    @contextlib.contextmanager
    def closed(self):
        if self.way == "limit":
            paths = [self.folder, *self.folder.rglob("*")]
            modes = {path: path.stat().st_mode for path in paths}
            for path in paths:
                path.chmod(0o555 if path.is_dir() else 0o444)
            obey_modes()
            yield
            for path, mode in modes.items():
                path.chmod(mode)
        else:
            mount("-o", "remount,ro", self.folder)
            yield
            mount("-o", "remount,rw", self.folder)


def attachment_refused(desk):
    """Hand in a ticket with a file that is longer than the room that is left."""
    try:
        desk.submit(
            by="requester",
            line=LINE,
            channel="web",
            fields={"description": "with a file", "requester": {"phone": "13800000000"}},
            at=START,
            files=[File("photo.jpg", b"\xff\xd8\xff\xe0" + os.urandom(1_500_000))],
        )
    except RuleDeskError as error:
        return str(error)
    raise AssertionError("the file is larger than the disk")


def obey_modes():
    """Give up the right of root to write in spite of a file's mode (CAP_DAC_OVERRIDE)."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    assert libc.capget(header, data) == 0
    for held in range(3):
        data[held] &= ~0b110
    assert libc.capset(header, data) == 0


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)


def main():
    what, way, storage, folder = sys.argv[1:]
    path = Path(folder)
    script = Script(way, storage, path)
    if way == "mount":
        mount("-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", path)
    try:
        errors = script.full() if what == "full" else script.readonly()
    finally:
        if way == "mount":
            subprocess.run(["umount", "-l", folder], check=True)
    sys.stdout.write(json.dumps(errors))


if __name__ == "__main__":
    main()
