"""A file of lines that a crash cannot spoil: whole lines, durable on return."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_CHUNK: Final = 64 * 1024


class LineJournal:
    """Appends lines to a file; several processes may append to the same one.

    A line is written under an exclusive lock and synced before `append` returns. What a crash left
    of an unfinished line is dealt with before the next line is written, so that no line is ever
    joined to another.
    """

    def __init__(self, path: Path, beginning: bytes) -> None:
        """Name the file; it is opened at the first line.

        Args:
            path: The file; folders that are missing are made.
            beginning: What each line begins with. An unfinished last line that begins so was
                ours and never acknowledged, and is removed; any other is kept and ended.
        """
        self._path = path
        self._beginning = beginning
        self._file: int | None = None

    def append(self, line: bytes) -> None:
        """Write one line and sync it.

        Args:
            line: The line without its line break.

        Raises:
            OSError: It is not durable; an unfinished rest is removed before the next line.
        """
        try:
            file = self._opened()
            with _locked(file):
                self._repair(file)
                _write(file, line + b"\n")
                os.fsync(file)
        except OSError:
            with suppress(OSError):
                self.close()
            raise

    def close(self) -> None:
        """Close the file; it is opened again if another line comes."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _opened(self) -> int:
        if self._file is None:
            _make_folder(self._path.parent)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._file = os.open(self._path, flags, 0o640)
            # Also where it was there: whoever made it may not have come to this yet.
            _sync_folder(self._path.parent)
        return self._file

    def _repair(self, file: int) -> None:
        size = os.fstat(file).st_size
        if size == 0 or os.pread(file, 1, size - 1) == b"\n":
            return
        start = _last_line(file, size)
        head = os.pread(file, len(self._beginning), start)
        # A tail shorter than the beginning may be ours just as well.
        if self._beginning.startswith(head) or head.startswith(self._beginning):
            os.ftruncate(file, start)
        else:
            _write(file, b"\n")


@contextmanager
def _locked(file: int) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _last_line(file: int, size: int) -> int:
    """Find where the last line begins."""
    end = size
    while end > 0:
        start = max(0, end - _CHUNK)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    # The entry of a new file is durable only once its folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
