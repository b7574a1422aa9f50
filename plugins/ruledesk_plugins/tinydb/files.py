"""The few things a journal asks of the file system; tests put one that fails in its place."""

from __future__ import annotations

import os
from pathlib import Path


class Files:
    """Writes that last. Every method raises `OSError` when it fails."""

    def create(self, path: Path) -> int:
        """Open a file for reading and writing; it is made if it is not there."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def write(self, file: int, content: bytes, offset: int) -> None:
        """Write all of `content` at `offset`."""
        rest = memoryview(content)
        while rest:
            done = os.pwrite(file, rest, offset)
            rest, offset = rest[done:], offset + done

    def sync_data(self, file: int) -> None:
        """Wait until what was written has reached the disk."""
        os.fdatasync(file)

    def sync(self, file: int) -> None:
        """Wait until what was written, and what describes the file, has reached the disk."""
        os.fsync(file)

    def truncate(self, file: int, length: int) -> None:
        """Cut a file off."""
        os.ftruncate(file, length)

    def rename(self, old: Path, new: Path) -> None:
        """Put a file in the place of another, at once."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Wait until names made or changed in a folder have reached the disk."""
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, so that they last."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        self.sync_folder(folder.parent)
