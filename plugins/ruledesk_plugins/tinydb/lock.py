"""One process at a time: a lock beside the journal, given back by the system when it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from ruledesk.errors import StorageFault

#: The stores that several processes may use.
_SEVERAL: Final = "sqlite:///data/desk.db"


class FileLock:
    """A lock held from construction until `release`.

    Args:
        path: The lock file; made if it is not there, and left there.

    Raises:
        StorageFault: Another process (or another store of this one) holds it.
        OSError: The lock file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)
        except BlockingIOError:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip() or "?"
            os.close(self._file)
            raise _held(str(path).removesuffix(".lock"), holder) from None
        except BaseException:
            os.close(self._file)
            raise

    def release(self) -> None:
        """Give the lock back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _held(file: str, holder: str) -> StorageFault:
    """Make the error of a file that is open already: who has it, and what can be done."""
    if holder == str(os.getpid()):
        return StorageFault.of("is open in this process already", "已在本进程中打开", field=file)
    return StorageFault.of(
        f"is open in another process (pid {holder}); one process at a time can use it: end that"
        f" one, or copy the desk to a store for several (ruledesk storage copy … {_SEVERAL})",
        f"已被另一进程打开(pid {holder});同一时间只能由一个进程使用:请结束该进程,"
        f"或把数据复制到支持多进程的存储(ruledesk storage copy … {_SEVERAL})",
        field=file,
    )
