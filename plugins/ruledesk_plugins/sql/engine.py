"""Connections: how they are set up, lent, given up and replaced."""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from ruledesk.errors import StorageFault, Unavailable
from ruledesk_plugins.sql import pending
from ruledesk_plugins.sql.session import PATIENCE, Session
from ruledesk_plugins.sql.trouble import translated

T = TypeVar("T")

#: Of one process, at most: a PostgreSQL as it is installed has 100 for all.
_CONNECTIONS: Final = 16
#: Of these, kept outside the pool while nobody uses them.
_AT_HAND: Final = 4


class Database:
    """A database that can be asked by several threads.

    Args:
        engine: In autocommit mode.
        where: What errors call it: a path, or host and database; never a password.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.engine = engine
        self.where = where
        self.dialect = engine.dialect.name
        #: How a transaction that writes begins: SQLite queues writers here, not when they write.
        self.begin = "BEGIN IMMEDIATE" if self.dialect == "sqlite" else "BEGIN"
        self._closed = False
        self._idle: deque[Session] = deque()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a connection.

        Raises:
            Unavailable: None can be had, or it was lost.
            Conflict: The database says that something came in between.
            StorageFault: Anything else that is about the database.
        """
        session = self.borrow()
        try:
            with self.translating():
                yield session
        finally:
            self.give_back(session)

    def borrow(self) -> Session:
        """Take a connection, to be given back by `give_back`."""
        if self._closed:
            raise StorageFault.of("the store is closed", "存储已关闭")
        with suppress(IndexError):
            return self._idle.pop()
        with self.translating():
            connection = self.engine.connect()
            try:
                return Session(connection)
            except BaseException:
                connection.close()
                raise

    def give_back(self, session: Session) -> None:
        """Give a connection back; one that is lost is thrown away, and so are those unused.

        A few that only drivers have used are kept at hand: the pool would take longer to lend one
        than some questions take.
        """
        connection = session.connection
        if not session.alive:
            connection.invalidate()
            connection.close()
            self._drop_idle()
        elif connection.in_transaction() or len(self._idle) >= _AT_HAND:
            connection.close()
        else:
            self._idle.append(session)
            if self._closed:
                self._drop_idle()

    def _drop_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().connection.close()

    def read(self, question: Callable[[Session], T]) -> T:
        """Ask a question on a connection of its own; asked again, once, if that was lost."""
        try:
            with self.session() as session:
                return question(session)
        except Unavailable:
            if self._closed:
                raise
        self.forget()
        with self.session() as session:
            return question(session)

    def forget(self) -> None:
        """Close the connections that nobody uses: the server has gone, and they with it."""
        self._drop_idle()
        self.engine.dispose()

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise what drivers raise in a block as errors of the desk."""
        try:
            yield
        except Exception as error:
            meant = translated(error, self.where)
            if meant is None:
                raise
            raise meant from error

    def close(self) -> None:
        """Close all connections; no more are lent."""
        self._closed = True
        self._drop_idle()
        self.engine.dispose()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed


def sqlite_database(path: Path) -> Database:
    """Make the connections to a file of SQLite; it is created by the first one."""

    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(
            os.fspath(path),
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        try:
            _prepare_sqlite(made)
        except BaseException:
            made.close()
            raise
        return made

    return Database(_engine("sqlite://", connect), str(path))


def _prepare_sqlite(connection: sqlite3.Connection) -> None:
    """Durable at each commit, readers beside one writer, and nothing left of what is removed."""
    for pragma in (
        # Of a new file: a commit touches many indexes, each in one place, and writes whole pages.
        "page_size = 2048",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "temp_store = MEMORY",
        "cache_size = -65536",
        "wal_autocheckpoint = 16000",
        "mmap_size = 268435456",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    pending.prepare(connection)


def postgresql_database(conninfo: str, where: str) -> Database:
    """Make the connections to a PostgreSQL.

    Args:
        conninfo: A URL or string as libpq takes it.
        where: Host and database, for errors.
    """
    return Database(_engine("postgresql+psycopg://", lambda: connect_postgresql(conninfo)), where)


def connect_postgresql(conninfo: str) -> Any:
    """Open one connection, in autocommit mode."""
    import psycopg  # noqa: PLC0415 -- the extra `postgresql`; the backend has said where it is missing
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    given = conninfo_to_dict(conninfo)
    usual = {
        "application_name": "ruledesk",
        "connect_timeout": "10",
        "client_encoding": "UTF8",
        "tcp_user_timeout": "30000",
        "keepalives_idle": "30",
    }
    made = psycopg.connect(**{**usual, **given}, autocommit=True)  # type: ignore[arg-type]
    made.prepared_max = 500  # more than there are statements
    try:
        made.execute(
            f"SET lock_timeout = '{PATIENCE}s'; SET jit = off; SET TimeZone = 'UTC';"
            " SET default_transaction_isolation = 'read committed'; SET synchronous_commit = on"
        )
    except BaseException:
        made.close()
        raise
    return made


def _engine(url: str, connect: Callable[[], Any]) -> Engine:
    return create_engine(
        url,
        creator=connect,
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=_CONNECTIONS - 8,
        pool_timeout=PATIENCE,
        pool_use_lifo=True,
        skip_autocommit_rollback=True,
    )


__all__ = ["PATIENCE", "Database", "connect_postgresql", "postgresql_database",
           "sqlite_database"]  # fmt: skip
