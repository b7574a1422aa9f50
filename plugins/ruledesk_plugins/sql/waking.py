"""Waking those who wait for work: NOTIFY between machines, a look at the file between processes."""

from __future__ import annotations

import logging
import time
from threading import Event, Lock, Thread
from typing import Any, Final, Protocol

from ruledesk.storage.wakeup import WakeUp
from ruledesk_plugins.sql.engine import Database, connect_postgresql
from ruledesk_plugins.sql.trouble import translated

_LOGGER: Final = logging.getLogger("ruledesk.storage.sql")
CHANNEL: Final = "ruledesk"
_LOOK: Final = 0.2
#: While nobody listens (the server is away), whoever waits looks by himself after so many seconds.
_DEAF: Final = 1.0


class Waking(Protocol):
    """How those who wait hear of commits."""

    def ring(self) -> None:
        """Wake those who wait in this process."""

    def wait(self, seconds: float) -> None:
        """Wait for a commit of anybody; see `Store.wait`."""

    def close(self) -> None:
        """Let everybody go."""


class FileWaking:
    """Between processes that share a file of SQLite: a look at its version now and then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bell = WakeUp()
        self._looking = Lock()
        self._seen: int | None = None
        self._session: Any = None
        self._closed = False

    def ring(self) -> None:
        """Wake those who wait in this process."""
        self._bell.ring()

    def wait(self, seconds: float) -> None:
        """Wait for a commit of anybody; one of another process is seen within 0.2 s."""
        until = time.monotonic() + seconds
        while not self._closed:
            if self._changed():
                self._bell.ring()
            left = until - time.monotonic()
            rung = self._bell.wait(min(left, _LOOK))
            if rung or left <= _LOOK:
                return

    def close(self) -> None:
        """Let everybody go."""
        self._closed = True
        self._bell.ring()
        with self._looking:
            session, self._session = self._session, None
            if session is not None:
                self._database.give_back(session)

    def _changed(self) -> bool:
        """Whether anybody else has written; the first look says so, too."""
        with self._looking:
            if self._closed:
                return True
            if self._session is None:
                self._session = self._database.borrow()
            with self._database.translating():
                ((version,),) = self._session.connection.exec_driver_sql(
                    "PRAGMA data_version"
                ).fetchall()
            seen, self._seen = self._seen, version
            return bool(seen != version)


class NotifyWaking:
    """Between machines: one connection of the process listens.

    Args:
        conninfo: Where.
        database: For errors.
    """

    def __init__(self, conninfo: str, database: Database) -> None:
        self._conninfo = conninfo
        self._database = database
        self._bell = WakeUp()
        self._starting = Lock()
        self._thread: Thread | None = None
        self._heard = Event()
        self._closed = Event()

    def ring(self) -> None:
        """Wake those who wait in this process; NOTIFY tells the others."""
        self._bell.ring()

    def wait(self, seconds: float) -> None:
        """Wait for a commit of anybody."""
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._listen, name="ruledesk-listen", daemon=True)
                self._thread.start()
                self._heard.wait(_DEAF)
        if self._closed.is_set():
            return
        self._bell.wait(seconds if self._heard.is_set() else min(seconds, _DEAF))

    def close(self) -> None:
        """Let everybody go, and listen no more."""
        self._closed.set()
        self._bell.ring()
        if self._thread is not None:
            self._thread.join(2 * _DEAF)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen_once()
            except Exception as error:
                self._heard.clear()
                if translated(error, self._database.where) is None:
                    _LOGGER.exception("nobody listens for commits")
                self._closed.wait(_DEAF)

    def _listen_once(self) -> None:
        with connect_postgresql(self._conninfo) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._heard.set()
            self._bell.ring()  # something may have happened while nobody listened
            while not self._closed.is_set():
                for _ in connection.notifies(timeout=_DEAF, stop_after=1):
                    self._bell.ring()


__all__ = ["CHANNEL", "FileWaking", "NotifyWaking", "Waking"]
