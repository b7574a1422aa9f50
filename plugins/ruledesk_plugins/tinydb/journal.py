"""An append-only file of commits: durable when written, whole when read.

A commit is one line (`lines`). It is written, brought to the disk, and only then acknowledged.
What a crash can leave behind is a last line that is not whole: that one was acknowledged to
nobody, and is cut off when the file is opened, with a copy kept beside it. A line that is not
whole *before* others is damage, and refused.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import RLock
from typing import Any, Final

from ruledesk.errors import RuleDeskError, StorageFault
from ruledesk_plugins.tinydb.files import Files
from ruledesk_plugins.tinydb.lines import (
    FORMAT,
    HEADER_KEY,
    header,
    intact,
    lines_of,
    opened,
    read_line,
    sealed,
)
from ruledesk_plugins.tinydb.lock import FileLock
from ruledesk_plugins.tinydb.rewriting import Rewritten, write_new

_LOG: Final = logging.getLogger(__name__)


class Journal:
    """A journal file, locked for this process from opening to closing.

    Args:
        path: The file; made, with its folders, if it is not there.
        files: The file system.
        read_only: Whether to look only: no lock, nothing written, an unfinished last line skipped.

    Attributes:
        size: The length up to which every line is a durable commit.
        lock: Held by who reads by offset, and while a compacted file takes this one's place.

    Raises:
        StorageFault: It is locked by another process, no journal, or cannot be opened.
    """

    def __init__(self, path: Path, files: Files | None = None, *, read_only: bool = False) -> None:
        self.path = path
        self.size = 0
        self.lock = RLock()
        self._files = files or Files()
        self._lock: FileLock | None = None
        self._file = -1
        self._failed: StorageFault | None = None
        try:
            if read_only:
                self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                self._failed = fault(path, "is opened for reading only", "仅以只读方式打开")
            else:
                self._open()
        except OSError as error:
            self.close()
            raise fault(path, "cannot be opened", "无法打开", error) from error
        except BaseException:
            self.close()
            raise

    @property
    def usable(self) -> bool:
        """Whether it takes commits."""
        return self._failed is None

    def load(self, note: Callable[[int, dict[str, Any], int], None]) -> None:
        """Read all commits, in order, and cut off an unfinished last one. Called once, first.

        Args:
            note: Told of each commit: its offset, its content, its length.

        Raises:
            StorageFault: The file is damaged, of a later format, or not a journal.
        """
        number, torn = 0, 0
        length = os.fstat(self._file).st_size
        for offset, line in lines_of(self._file, 0, length):
            number += 1
            if torn:
                raise damaged_at(self.path, torn)
            if not intact(line):
                torn = number
                if number == 1 and not header().startswith(line):
                    raise self._foreign()
                continue
            body = self._body(line, number)
            if number == 1:
                self._check_header(body)
            else:
                note(offset, body, len(line))
            self.size = offset + len(line)
        if self._failed is None:
            self._settle(length)

    def append(self, body: dict[str, Any]) -> tuple[int, int]:
        """Store a commit; durable on return.

        Args:
            body: Its content.

        Returns:
            Offset and length of its line.

        Raises:
            InvalidInput: It has no JSON form.
            StorageFault: It could not be stored; nothing of it is.
        """
        if self._failed is not None:
            raise StorageFault(*self._failed.problems)
        line = sealed(body)
        offset = self.size
        try:
            self._files.write(self._file, line, offset)
        except BaseException as error:
            self._undo(offset, error)
            if isinstance(error, OSError):
                raise fault(self.path, "cannot be written", "无法写入", error) from error
            raise
        try:
            self._files.sync_data(self._file)
        except BaseException as error:
            self._fail("did not reach the disk; open it again", "未能写到磁盘,请重新打开", error)
            self._undo(offset, error)
            if isinstance(error, OSError):
                raise StorageFault(*self._failed_problems()) from error
            raise
        self.size = offset + len(line)
        return offset, len(line)

    def read(self, offset: int) -> dict[str, Any]:
        """Read the commit whose line begins at an offset; the caller holds `lock`.

        Raises:
            StorageFault: The line is not as it was written.
        """
        return read_commit(self._file, offset, self.path)

    def share(self) -> int:
        """Return a descriptor of the file as it is now, for the caller to close; holds `lock`."""
        return os.dup(self._file)

    def rewrite(
        self, bodies: Iterable[dict[str, Any]], note: Callable[[int, dict[str, Any], int], None]
    ) -> Rewritten | None:
        """Write a new file beside this one, durable, but not yet in its place.

        Args:
            bodies: Content of its commits, in order.
            note: Told of each commit: its offset in the new file, its content, its length.

        Returns:
            The new file, for `adopt`; None when it cannot be written, and everything is as before.
        """
        if self._failed is not None:
            return None
        try:
            return self.write_beside(bodies, note)
        except OSError as error:
            _LOG.warning("%s: not compacted: %s", self.path, error)
            return None

    def write_beside(
        self, bodies: Iterable[dict[str, Any]], note: Callable[[int, dict[str, Any], int], None]
    ) -> Rewritten:
        """Write a new file beside this one; arguments and result are those of `rewrite`.

        Raises:
            OSError: It cannot be written; everything is as before.
        """
        path = self.path.with_name(self.path.name + ".compact")
        try:
            return write_new(path, self._files, bodies, note)
        except Exception:
            self._tidy(path)
            raise

    def adopt(self, new: Rewritten) -> bool:
        """Put a rewritten file in the place of this one, at once.

        Returns:
            Whether it was done; if not, everything is as before.

        Raises:
            StorageFault: It is not certain which of the two files a crash would leave; both hold
                every commit so far, and the journal takes no more.
        """
        try:
            self._files.rename(new.path, self.path)
        except OSError as error:
            os.close(new.file)
            _LOG.warning("%s: not compacted: %s", self.path, error)
            self._tidy(new.path)
            return False
        except BaseException as error:
            self._fail("was being replaced; open it again", "正在被替换,请重新打开", error)
            raise
        os.close(self._file)
        self._file, self.size = new.file, new.size
        try:
            self._files.sync_folder(self.path.parent)
        except BaseException as error:
            self._fail("may be the old one after a crash", "崩溃后可能恢复为旧文件", error)
            if isinstance(error, OSError):
                raise StorageFault(*self._failed_problems()) from error
            raise
        return True

    def close(self) -> None:
        """Close the file and give the lock back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _open(self) -> None:
        self._files.make_folder(self.path.parent)
        self._lock = FileLock(self.path.with_name(self.path.name + ".lock"))
        self._file = self._files.create(self.path)
        self._tidy(self.path.with_name(self.path.name + ".compact"))

    def _settle(self, length: int) -> None:
        """Cut off what is behind the last whole line, and begin an empty file."""
        try:
            if length > self.size:
                self._set_aside(length)
                self._files.truncate(self._file, self.size)
            if self.size == 0:
                first = header()
                self._files.write(self._file, first, 0)
                self.size = len(first)
            self._files.sync(self._file)
            self._files.sync_folder(self.path.parent)
        except OSError as error:
            raise fault(self.path, "cannot be written", "无法写入", error) from error

    def _set_aside(self, length: int) -> None:
        torn = self._read(self.size, length - self.size)
        aside = self.path.with_name(f"{self.path.name}.torn-{self.size}")
        _LOG.warning(
            "%s: the last %d bytes are an unfinished commit, acknowledged to nobody; moved to %s",
            self.path,
            len(torn),
            aside.name,
        )
        file = self._files.create(aside)
        try:
            self._files.truncate(file, 0)
            self._files.write(file, torn, 0)
            self._files.sync(file)
        finally:
            os.close(file)

    def _read(self, offset: int, length: int) -> bytes:
        return os.pread(self._file, length, offset)

    def _body(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            return opened(line, f"{self.path}:{number}")
        except RuleDeskError as error:
            raise StorageFault(*error.problems) from error

    def _check_header(self, body: dict[str, Any]) -> None:
        mark = body.get(HEADER_KEY)
        if not isinstance(mark, dict) or "journal" not in mark:
            raise self._foreign()
        if mark["journal"] != FORMAT:
            raise fault(
                self.path,
                f"has format {mark['journal']}, this version reads {FORMAT}",
                f"格式为 {mark['journal']},此版本只能读取 {FORMAT}",
            )

    def _foreign(self) -> StorageFault:
        return fault(
            self.path,
            "is no journal of RuleDesk, or its first line is damaged",
            "不是 RuleDesk 的数据文件,或首行已损坏",
        )

    def _undo(self, length: int, error: BaseException) -> None:
        """Take a failed write back; where that fails too, write no more."""
        try:
            self._files.truncate(self._file, length)
        except OSError:
            self._fail("cannot be written any more; open it again", "无法继续写入", error)

    def _fail(self, en: str, zh: str, error: BaseException) -> None:
        if self._failed is None:
            self._failed = fault(self.path, en, zh, error)
            _LOG.error("%s", self._failed)

    def _failed_problems(self) -> tuple[Any, ...]:
        return () if self._failed is None else self._failed.problems

    def _tidy(self, path: Path) -> None:
        try:
            self._files.remove(path)
        except OSError as error:
            _LOG.warning("%s: cannot be removed: %s", path, error)


def fault(path: Path, en: str, zh: str, error: BaseException | None = None) -> StorageFault:
    """Make the error of a file: what is wrong, and what the system said."""
    if error is not None:
        # Whoever asked knows the file; what else the system says is of no use to them.
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        en, zh = f"{en} ({reason})", f"{zh}({reason})"
    return StorageFault.of(en, zh, field=str(path))


def damaged_at(path: Path, line: int) -> StorageFault:
    """Make the error of a line that is not as it was written, though others follow it."""
    return StorageFault.of(
        "is damaged: the line is not as it was written, and commits follow it",
        "已损坏:此行与写入时不符,且其后还有提交",
        field=f"{path}:{line}",
    )


def read_commit(file: int, offset: int, path: Path) -> dict[str, Any]:
    """Read the commit whose line begins at an offset.

    Args:
        file: The journal's descriptor.
        offset: Where the line begins.
        path: The file, for errors.

    Raises:
        StorageFault: The line is not as it was written, or cannot be read.
    """
    try:
        line = read_line(file, offset)
    except OSError as error:
        raise fault(path, "cannot be read", "无法读取", error) from error
    if not intact(line):
        raise fault(path, f"is damaged at byte {offset}", f"在第 {offset} 字节处损坏")
    try:
        return opened(line, str(path))
    except RuleDeskError as error:
        raise StorageFault(*error.problems) from error
