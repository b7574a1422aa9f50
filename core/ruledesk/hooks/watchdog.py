"""Interrupts calls into plugins that do not come back.

One daemon thread a watchdog, started with the first call. A call costs its caller a note of who
was called and when; all else is done by the thread. What it can interrupt is Python code; a call
that waits in C (a socket without a timeout) is named in the log and interrupted once it returns.
"""

from __future__ import annotations

import ctypes
import logging
import os
import threading
import time
from collections.abc import Callable
from threading import get_ident
from types import TracebackType
from typing import Final
from weakref import WeakSet, finalize, ref

_LOGGER: Final = logging.getLogger("ruledesk.plugins")
_SHORTEST_SLEEP: Final = 0.001
#: Seconds that the watchdog may wake up late before it takes the whole process for stalled.
_STALL: Final = 0.5
#: How often a call is forgiven a stall; a plugin that causes them itself does not run for ever.
_FORGIVEN: Final = 3


class PluginTimeout(BaseException):
    """Raised by the watchdog inside a plugin; no `Exception`, so that plugins do not swallow it."""


class Watch:
    """A call in progress.

    Attributes:
        plugin: Whose call it is.
        hook: What was called.
        thread: The identity of the calling thread.
        started: When, on the watchdog's clock, without the time spent in nested calls.
        outer: The call inside which this one was made.
        outer_started: When the outer call started, as it stood when this one began.
        closing: The plugin is done; no interruption begins any more.
        interruptions: How often it was interrupted.
        forgiven: How often the process stalled during it.
        shield: The desk's own work, which is never interrupted.
        patience: Seconds that this call may take; 0 for the watchdog's.
    """

    # Most calls change none of these; as class attributes they cost such a call nothing.
    closing = False
    interruptions = 0
    forgiven = 0
    shield = False
    patience = 0.0

    def __init__(
        self, plugin: str, hook: str, thread: int, started: float, outer: Watch | None
    ) -> None:
        self.plugin = plugin
        self.hook = hook
        self.thread = thread
        self.started = started
        self.outer = outer
        if outer is not None:
            self.outer_started = outer.started


class Watchdog:
    """Knows every call in progress and interrupts the ones that exceed the patience.

    Args:
        patience: Seconds that a call may take.
        clock: Monotonic seconds.
    """

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.patience = patience
        self._clock = clock
        self._current: dict[int, Watch] = {}
        # Re-entrant: a signal handler may call a plugin while its thread holds the lock.
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        _ALL.add(self)

    def enter(self, plugin: str, hook: str) -> Watch:
        """Note that a call begins.

        Returns:
            The call, to be given to `leave`.
        """
        if self._thread is None:
            self._start()
        thread = get_ident()
        watch = Watch(plugin, hook, thread, self._clock(), self._current.get(thread))
        self._current[thread] = watch  # the last step: from here on it may be interrupted
        return watch

    def leave(self, watch: Watch) -> None:
        """Note that a call is over, and take back an interruption that has not arrived yet.

        May be called again for the same call, should an interruption arrive in the middle of it.
        """
        watch.closing = True
        with self._lock:
            if watch.interruptions:
                _interrupt(watch.thread, None)
            outer = watch.outer
            if outer is None:
                self._current.pop(watch.thread, None)
            else:
                outer.started = watch.outer_started + self._clock() - watch.started
                self._current[watch.thread] = outer

    def look(self, now: float | None = None) -> float:
        """Interrupt what exceeds the patience.

        Args:
            now: The instant on the watchdog's clock; by default what the clock says.

        Returns:
            Seconds until the next look is due.
        """
        now = self._clock() if now is None else now
        wait = self.patience
        # Copying a dictionary is one step of the interpreter; callers need no lock to enter.
        for watch in self._current.copy().values():
            if watch.shield:
                continue
            patience = watch.patience or self.patience
            left = watch.started + patience * (watch.interruptions + 1) - now
            if left > 0:
                wait = min(wait, max(left, _SHORTEST_SLEEP))
            elif self._bark(watch):
                _LOGGER.error(
                    "plugin %s: %s is still running after %g s and is interrupted",
                    watch.plugin,
                    watch.hook,
                    patience * watch.interruptions,
                )
        return wait

    def forgive(self, seconds: float) -> None:
        """Leave a stall of the process out of the time that calls in progress have taken."""
        for watch in self._current.copy().values():
            if watch.forgiven < _FORGIVEN:
                watch.forgiven += 1
                watch.started += seconds

    def close(self) -> None:
        """Stop the thread. A later call starts it again."""
        with self._lock:  # a call that begins meanwhile starts a thread with the new event
            self._stop.set()
            thread, self._thread = self._thread, None
            self._stop = threading.Event()
        if thread is not None and thread.ident != get_ident():
            thread.join()

    def _bark(self, watch: Watch) -> bool:
        with self._lock:
            # Under the lock a call cannot end, so the exception goes to this call or to nobody.
            if watch.closing or self._current.get(watch.thread) is not watch:
                return False
            watch.interruptions += 1
            _interrupt(watch.thread, PluginTimeout)
        return True

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(
                target=_run, args=(ref(self), self._stop), name="ruledesk-watchdog", daemon=True
            )
            # The thread holds the watchdog weakly: a desk nobody closed can still be collected.
            finalize(self, self._stop.set)
            self._thread.start()

    def _forked(self) -> None:
        """Begin anew in a child process, which has neither the thread nor the lock's holder."""
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread = None


class Shield:
    """A ``with`` block of the desk's own work inside a plugin's call; it is not interrupted.

    The time spent in it does not count as the plugin's.
    """

    def __init__(self, watchdog: Watchdog) -> None:
        self._watchdog = watchdog
        self._watch: Watch | None = None

    def __enter__(self) -> None:
        """Begin; an interruption that is on its way arrives here, before the block."""
        watch = self._watchdog.enter("", "")
        try:
            watch.shield = True
            get_ident()  # any call: what is pending is raised at the latest now
        except BaseException:
            self._watchdog.leave(watch)
            raise
        self._watch = watch

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; the plugin's clock goes on."""
        if self._watch is not None:
            self._watchdog.leave(self._watch)


def _interrupt(thread: int, exception: type[BaseException] | None) -> None:
    """Raise an exception in a thread at its next bytecode, or take back one not yet raised."""
    argument = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), argument)


def _run(watchdog: ref[Watchdog], stop: threading.Event) -> None:
    wait = 0.0
    began = time.monotonic()
    while not stop.wait(wait):
        # A machine that stood still, or a long garbage collection, is no plugin's fault: when the
        # watchdog itself wakes up late, the calls in progress are given the time back.
        late = time.monotonic() - began - wait
        alive = watchdog()
        if alive is None:
            return
        if late > _STALL:
            alive.forgive(late)
        wait = alive.look()
        del alive
        began = time.monotonic()


_ALL: Final[WeakSet[Watchdog]] = WeakSet()


def _after_fork() -> None:
    for watchdog in tuple(_ALL):
        watchdog._forked()  # noqa: SLF001 - the same module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
