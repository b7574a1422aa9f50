"""One connection for short questions about jobs, opened again when it was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TypeVar

import psycopg

from ruledesk.errors import StorageFault, Unavailable
from ruledesk_plugins.sql.jobs_schema import Connection, ensure, enter, schema_of

T = TypeVar("T")
#: Seconds to wait for a server that does not answer.
_PATIENCE = 10


class JobsConnection:
    """Asks one thing after the other, from any thread.

    Args:
        url: Of the desk's database, as libpq reads it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = Lock()
        self._connection: Connection | None = None
        self._schema = ""

    @property
    def schema(self) -> str:
        """The schema of the jobs' tables, which are there from now on."""
        with self._lock, _faults():
            self._open()
            return self._schema

    def ask(self, question: Callable[[Connection], T]) -> T:
        """Run a transaction; it is stored when this returns.

        Raises:
            Unavailable: The server cannot be reached; nothing is stored.
            StorageFault: The connection was lost in the middle.
        """
        with self._lock, _faults():
            connection = self._open()
            with connection.transaction():
                return question(connection)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _open(self) -> Connection:
        """Return a connection that answers."""
        if self._connection is not None:
            try:
                self._connection.execute("SELECT 1")
            except psycopg.OperationalError:
                self._drop()  # the server was restarted meanwhile
            else:
                return self._connection
        try:
            connection = psycopg.connect(self.url, autocommit=True, connect_timeout=_PATIENCE)
        except psycopg.OperationalError as error:
            said = " ".join(str(error).split())
            raise Unavailable.of(
                f"the server cannot be reached: {said}", f"无法连接服务器：{said}", field="storage"
            ) from error
        try:
            ensure(connection)
            self._schema = schema_of(connection)
            enter(connection, self._schema)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise StorageFault.of(
            f"the queue of jobs failed: {said}", f"任务队列出错：{said}", field="storage"
        ) from error


__all__ = ["JobsConnection"]
