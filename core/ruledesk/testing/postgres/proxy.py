"""A door before PostgreSQL that falls shut at a commit: connections are lost where it hurts."""

from __future__ import annotations

import select
import socket
import struct
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias

#: ``before``: the commit does not reach the server; ``after``: its answer does not come back.
Moment: TypeAlias = Literal["before", "after"]

_SOCKET: Final = ".s.PGSQL.5432"
_CHUNK: Final = 1 << 16
_IDLE: Final = b"Z\0\0\0\x05I"
_COMMIT: Final = b"COMMIT"
_STEP: Final = 0.1


class CuttingProxy:
    """Stands between a client and the server, and cuts the next commit off when told to.

    Args:
        url: URL of the database, reached by a unix socket.

    Attributes:
        url: URL by which to reach it through the proxy.
    """

    def __init__(self, url: str) -> None:
        database, _, sockets = url.partition("?host=")
        self._server = f"{sockets}/{_SOCKET}"
        self._folder = tempfile.TemporaryDirectory(prefix="ruledesk-proxy-")
        self.url = f"{database}?host={self._folder.name}"
        self._moment: Moment | None = None
        self._pass = 0
        self._meanwhile: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._cut = threading.Event()
        self._ending = threading.Event()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(Path(self._folder.name) / _SOCKET))
        self._listening.listen(64)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(
        self,
        moment: Moment,
        meanwhile: Callable[[], object] = lambda: None,
        *,
        passing: int = 0,
    ) -> None:
        """Cut a commit off.

        Args:
            moment: Whether the commit still reaches the server.
            passing: How many commits are let through before.
            meanwhile: Done after that, before the client learns that its connection is gone.
        """
        with self._lock:
            self._cut.clear()
            self._moment, self._meanwhile, self._pass = moment, meanwhile, passing

    @property
    def has_cut(self) -> bool:
        """Whether the commit that was to be cut off has been."""
        return self._cut.is_set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
        self._listening.close()
        self._folder.cleanup()

    def _accept(self) -> None:
        while not self._ending.is_set():
            if select.select([self._listening], [], [], _STEP)[0]:
                client, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, suppress(OSError):
            server.connect(self._server)
            self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """Pass everything on, until one side ends or the connection is to be cut."""
        reader = _Reader()
        moment: Moment | None = None
        kept_back = b""
        while not self._ending.is_set():
            for source in select.select([client, server], [], [], _STEP)[0]:
                content = source.recv(_CHUNK)
                if not content:
                    return
                if source is server and moment is None:
                    client.sendall(content)
                elif source is server:
                    kept_back += content
                else:
                    moment = moment or self._due(commits=reader.commits(content))
                    if moment != "before":
                        server.sendall(content)
            if moment == "before" or kept_back.endswith(_IDLE):
                self._happen()
                return

    def _due(self, *, commits: int) -> Moment | None:
        with self._lock:
            if self._moment is None:
                return None
            self._pass -= commits
            if self._pass >= 0:
                return None
            moment, self._moment = self._moment, None
            return moment

    def _happen(self) -> None:
        self._meanwhile()
        self._cut.set()


class _Reader:
    """Reads what a client says, so far as to know a commit: the text, or its prepared statement."""

    def __init__(self) -> None:
        self._rest = b""
        self._started = False
        self._prepared: dict[bytes, bytes] = {}

    def commits(self, content: bytes) -> int:
        """Take in a part; how many commits are in it."""
        self._rest += content
        found = 0
        while message := self._next():
            kind, body = message
            parts = body.split(b"\0")
            if kind == b"P":  # prepare: name, statement
                self._prepared[parts[0]] = parts[1]
            elif kind == b"B":  # bind: portal, name of the statement
                found += self._prepared.get(parts[1]) == _COMMIT
            elif kind == b"Q":
                found += parts[0] == _COMMIT
        return found

    def _next(self) -> tuple[bytes, bytes] | None:
        head = 1 if self._started else 0
        if len(self._rest) < head + 4:
            return None
        (length,) = struct.unpack_from("!I", self._rest, head)
        if len(self._rest) < head + length:
            return None
        kind, body = self._rest[:head], self._rest[head + 4 : head + length]
        self._rest = self._rest[head + length :]
        self._started = True
        return kind, body
