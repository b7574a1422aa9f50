"""A PostgreSQL server of one's own: started, stopped, killed and started again."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.testing.postgres import supervisor
from ruledesk.testing.postgres.programs import for_everyone, installation, other_user, usable

_INITDB: Final = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
    *("--no-sync", "--no-instructions"),
)
#: As in production, where what is committed must be on the disk.
_SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "listen_addresses": "",
    "log_timezone": "UTC",
}


class PostgresServer:
    """A server on a folder of its own, reached through a unix socket.

    It ends when this process ends, in whatever way. As root, which PostgreSQL refuses to run as,
    the server runs as ``nobody``; no folder's mode is changed for that.

    Args:
        folder: Where its data is; by default a temporary folder, which is removed at the end. As
            root it must be where ``nobody`` can enter: pytest's ``tmp_path`` is not.
        settings: More settings of ``postgresql.conf``.
        within: Where its temporary folder is made, by default where all are. In memory
            (``/dev/shm``) nothing waits for a disk; a killed server loses nothing there either.
        segment: Megabytes of a file of its log (WAL); by default 16, as everywhere.

    Raises:
        InvalidInput: The package is not installed, or the folder cannot be entered.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        within: Path | None = None,
        segment: int = 16,
    ) -> None:
        place = installation()
        parent = within or Path(tempfile.gettempdir())
        _refuse_closed(parent)
        if folder is not None:
            _refuse_closed(folder.resolve().parent)
        self._room = Path(tempfile.mkdtemp(prefix="ruledesk-pg-", dir=parent))
        self._room.chmod(0o755)
        self.data = self._room / "data" if folder is None else folder.resolve()
        self.log = self._room / "log"
        self._segment = segment
        self._settings = {**_SETTINGS, **(settings or {})}
        self._databases = count(1)
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._supervisor = self._supervise(usable(place, self._room))
        atexit.register(self.close)

    def start(self) -> Self:
        """Start the server, also after `stop` or `kill`, and wait until it answers.

        Raises:
            StorageFault: It does not start; the error holds the end of its log.
        """
        self._tell("start")
        return self

    def stop(self) -> None:
        """Stop the server; its data stays."""
        self._tell("stop")

    def kill(self) -> None:
        """Kill the server and all its processes with SIGKILL; its data stays as it is."""
        self._tell("kill")

    @property
    def pid(self) -> int:
        """The process that all others of the running server are children of."""
        return int((self.data / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database."""
        return f"postgresql://postgres@/{database}?host={self._sockets}"

    def database(self) -> str:
        """Make a new, empty database and return its URL."""
        name = f"ruledesk_{self._owner}_{next(self._databases)}"
        self._execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database that `database` made, whoever is connected to it."""
        name = url.partition("@/")[2].partition("?")[0]
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Stop the server for good, and remove the temporary folder."""
        if os.getpid() != self._owner or self._supervisor.stdin is None:
            return  # a forked child is not the one to close it
        atexit.unregister(self.close)
        with self._lock:
            self._supervisor.communicate()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _execute(self, statement: str) -> None:
        import psycopg  # noqa: PLC0415 - the extra `postgresql` is not needed to import this module

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    @property
    def _sockets(self) -> Path:
        return self._room / "sockets"

    def _supervise(self, programs: Path) -> subprocess.Popen[str]:
        self._sockets.mkdir()
        self._sockets.chmod(0o777)
        settings = {**self._settings, "unix_socket_directories": str(self._sockets)}
        plan = {
            "bin": str(programs / "bin"),
            "data": str(self.data),
            "log": str(self.log),
            "user": other_user(),
            "remove": [str(self._room)],
            "initdb": [*_INITDB, f"--wal-segsize={self._segment}"],
            "postgres": [f"--{key}={value}" for key, value in settings.items()],
        }
        command = [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(plan)]
        return subprocess.Popen(  # noqa: S603 - our own script
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # an interrupt at the terminal ends the test, which ends this
        )

    def _tell(self, command: str) -> None:
        with self._lock:
            given, answers = self._supervisor.stdin, self._supervisor.stdout
            if given is None or answers is None or given.closed:
                raise StorageFault.of("the server was closed", "服务器已关闭", field=command)
            given.write(f"{command}\n")
            given.flush()
            answer = answers.readline().strip()
        if answer != "ok":
            said = str(json.loads(answer)) if answer else "its supervisor is gone"
            raise StorageFault.of(
                f"PostgreSQL for tests: {said}", f"测试用的 PostgreSQL:{said}", field=command
            )


def _refuse_closed(folder: Path) -> None:
    """Refuse to run where the server's user could not enter.

    Raises:
        InvalidInput: One of the folders above is closed to others, and this is root.
    """
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    if other_user() and not for_everyone(nearest):
        raise InvalidInput.of(
            "the folder of a PostgreSQL that root starts must be where the user nobody can enter",
            "由 root 启动的 PostgreSQL,其目录必须是用户 nobody 可以进入的",
            field=str(folder),
        )
