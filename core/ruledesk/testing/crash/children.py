"""Children of a warm process that say what they have done, and are killed."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Final, TypeAlias

_PR_SET_PDEATHSIG: Final = 1
_CHUNK: Final = 65_536

#: Says one line to the parent; it has left the process when the call returns.
Say: TypeAlias = Callable[[str], None]


class Child:
    """A forked process and what it says, line by line.

    It dies with its parent. Fork before any thread is started: the child has only the one that
    forked.

    Args:
        work: What it does; it is given the function to say lines with.
    """

    def __init__(self, work: Callable[[Say], None]) -> None:
        self._reading, writing = os.pipe()
        self._received = b""
        self._ended = False
        self.status: int | None = None
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._reading)
            _run(work, writing, parent)
        os.close(writing)

    def lines(self) -> list[str]:
        """Return the whole lines that came so far."""
        return self._received.decode().split("\n")[:-1]

    def listen(self, seconds: float) -> bool:
        """Take in what the child says within a time; False when it says nothing more."""
        if self._ended:
            return False
        if select.select([self._reading], [], [], max(seconds, 0.0))[0]:
            part = os.read(self._reading, _CHUNK)
            self._received += part
            self._ended = not part
        return not self._ended

    def done(self, beginning: str) -> int:
        """Count what it has said so far that begins with a text."""
        while select.select([self._reading], [], [], 0)[0] and self.listen(0.0):
            pass
        return sum(line.startswith(beginning) for line in self.lines())

    def listen_for(self, count: int, beginning: str = "", seconds: float = 60.0) -> bool:
        """Wait until so many lines begin with a text; False where they do not come."""
        end = time.monotonic() + seconds
        while sum(line.startswith(beginning) for line in self.lines()) < count:
            if time.monotonic() > end or not self.listen(end - time.monotonic()):
                return False
        return True

    def kill(self) -> list[str]:
        """Kill it with SIGKILL, bury it, and return everything that it said."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
        return self.rest()

    def rest(self) -> list[str]:
        """Wait until it has ended, and return everything that it said."""
        while self.listen(60.0):
            pass
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._reading)
        return self.lines()

    @property
    def failed(self) -> bool:
        """Whether it ended by an error of its own, and not because it was killed or done."""
        return self.status not in (None, 0, -signal.SIGKILL)


def _run(work: Callable[[Say], None], writing: int, parent: int) -> None:
    """Be the child; never returns."""
    status = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            work(lambda line: _say(writing, line))
            status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _say(writing: int, line: str) -> None:
    """Write a line at once: what is shorter than PIPE_BUF is never cut in two."""
    os.write(writing, f"{line}\n".encode())
