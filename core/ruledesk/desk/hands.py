"""Threads that work when they are woken."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from ruledesk.desk.outage import Outage

#: Seconds before work that failed is tried again: the first wait, which doubles, and the longest.
SHORTEST: Final = 0.1
LONGEST: Final = 2.0


class Attempts:
    """Does a piece of work; after failures it says how long to wait.

    Args:
        who: What logs call it.
        work: The piece of work.
        outage: Is told how it went.
    """

    def __init__(self, who: str, work: Callable[[], object], outage: Outage) -> None:
        self._who = who
        self._work = work
        self._outage = outage
        self._failures = 0

    def try_once(self) -> float:
        """Do the work, whatever comes of it.

        Returns:
            Seconds until it should be tried again; 0 where it succeeded.
        """
        try:
            self._work()
        except Exception as error:
            self._outage.met(self._who, error)
            self._failures += 1
            return min(SHORTEST * 2.0 ** min(self._failures - 1, 16), LONGEST)
        self._outage.over(self._who)
        self._failures = 0
        return 0.0


class Hand:
    """A thread that does its work each time it is woken.

    Args:
        name: The thread's name.
        work: Does all there is to do; to be asked again where it fails.
        outage: Is told how it went.
        stopping: Set when everybody is to end.
    """

    def __init__(
        self, name: str, work: Callable[[], object], outage: Outage, stopping: Event
    ) -> None:
        self._attempts = Attempts(name, work, outage)
        self._stopping = stopping
        self._woken = Event()
        self._thread = Thread(target=self._run, name=f"ruledesk {name}")
        self.idle = True

    def start(self) -> None:
        """Begin to wait for work."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there may be work. One that is at work looks once more afterwards."""
        self.idle = False
        self._woken.set()

    def join(self) -> None:
        """Wait for the end of what is in hand; `stopping` is set already."""
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            if self._stopping.is_set():
                return
            if wait := self._attempts.try_once():
                self._stopping.wait(wait)
                self._woken.set()
            self.idle = not self._woken.is_set()
