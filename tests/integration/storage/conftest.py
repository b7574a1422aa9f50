"""File systems that fail, for the tests of what the journal leaves behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ruledesk_plugins.tinydb.files import Files


class Crash(BaseException):
    """The process ends here."""


class CrashingFiles(Files):
    """Ends at a step, before it or in the middle of it, and then does nothing more.

    Args:
        folder: Where the files are.
        crash_at: The step, from 0, at which the process ends.
        halfway: Whether half of a write is done before.
    """

    def __init__(self, folder: Path, crash_at: int, *, halfway: bool) -> None:
        self.folder = folder
        self.crash_at = crash_at
        self.halfway = halfway
        self.steps = 0
        self._durable: dict[int, bytes] = {}
        self._names: dict[str, int] = {}
        self._keep_names(folder)
        for path in folder.iterdir():
            if path.is_file():
                self._durable[path.stat().st_ino] = path.read_bytes()

    def lose_what_was_not_synced(self) -> None:
        """Leave in the folder what is certain to be there after a power failure, and no more."""
        content = {name: self._durable.get(inode, b"") for name, inode in self._names.items()}
        for path in self.folder.iterdir():
            if path.is_file():
                path.unlink()
        for name, left in content.items():
            (self.folder / name).write_bytes(left)

    def create(self, path):
        self._step()
        return super().create(path)

    def write(self, file, content, offset):
        if self._is_now() and self.halfway:
            super().write(file, content[: len(content) // 2], offset)
        self._step()
        super().write(file, content, offset)

    def sync_data(self, file):
        self._step()
        super().sync_data(file)
        self._keep(file)

    def sync(self, file):
        self._step()
        super().sync(file)
        self._keep(file)

    def truncate(self, file, length):
        self._step()
        super().truncate(file, length)

    def rename(self, old, new):
        self._step()
        super().rename(old, new)

    def remove(self, path):
        self._step()
        super().remove(path)

    def sync_folder(self, folder):
        self._step()
        super().sync_folder(folder)
        self._keep_names(folder)

    def _is_now(self):
        return self.steps == self.crash_at

    def _step(self):
        if self.steps >= self.crash_at:
            raise Crash
        self.steps += 1

    def _keep(self, file):
        size = os.fstat(file).st_size
        self._durable[os.fstat(file).st_ino] = os.pread(file, size, 0)

    def _keep_names(self, folder):
        if folder == self.folder:
            self._names = {p.name: p.stat().st_ino for p in folder.iterdir() if p.is_file()}


class FullDisk(Files):
    """Fails at chosen operations while `broken` holds their names.

    Args:
        part: How many bytes of a failing write are written all the same.
    """

    def __init__(self, *, part: int = 0, code: int = errno.ENOSPC) -> None:
        self.broken: set[str] = set()
        self.part = part
        self.code = code

    def _check(self, operation: str) -> None:
        if operation in self.broken:
            raise OSError(self.code, os.strerror(self.code))

    def create(self, path):
        self._check("create")
        return super().create(path)

    def write(self, file, content, offset):
        if "write" in self.broken:
            super().write(file, content[: self.part], offset)
        self._check("write")
        super().write(file, content, offset)

    def sync_data(self, file):
        self._check("sync_data")
        super().sync_data(file)

    def sync(self, file):
        self._check("sync")
        super().sync(file)

    def truncate(self, file, length):
        self._check("truncate")
        super().truncate(file, length)

    def rename(self, old, new):
        self._check("rename")
        super().rename(old, new)

    def sync_folder(self, folder):
        self._check("sync_folder")
        super().sync_folder(folder)


@pytest.fixture
def crash():
    return Crash


@pytest.fixture
def crashing_files():
    return CrashingFiles


@pytest.fixture
def full_disk():
    return FullDisk
