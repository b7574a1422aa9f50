"""One connection in use, and the two ways to ask it: compiled statements, and SQLAlchemy's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection

from ruledesk_plugins.sql.batch import Batch
from ruledesk_plugins.sql.statement import Statement

#: Seconds that a lock is waited for, before whoever waits gets `Conflict` and begins again.
PATIENCE: Final = 30


class Session:
    """A connection of the pool; it commits by itself unless `begin` was called.

    Args:
        connection: In autocommit mode; what SQLAlchemy statements run on.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        driver: Any = connection.connection.driver_connection
        self._driver = driver
        self._pid: int = driver.info.backend_pid if self.dialect == "postgresql" else 0
        self._cursor: Any = driver.cursor()
        # In a pipeline answers come later: one cursor for all whose answer nobody asks for.
        self._silent: Any = driver.cursor()

    @property
    def pid(self) -> int:
        """PostgreSQL's process that serves the connection, also of one that is lost."""
        return self._pid

    @property
    def alive(self) -> bool:
        """Whether the server can still be reached by it, as far as is known."""
        return not getattr(self._driver, "closed", False)

    @contextmanager
    def pipelined(self) -> Iterator[None]:
        """Send the statements of a block without waiting for the answer to each."""
        if self.dialect == "sqlite":
            yield
            return
        failed: Exception | None = None
        try:
            with self._driver.pipeline():
                try:
                    yield
                except Exception as error:
                    failed = error  # the end of the pipeline would log what follows from it
        except Exception:
            if failed is None:
                raise
        if failed is not None:
            raise failed

    def sql(self, text: str) -> None:
        """Run a statement that has no values and returns nothing."""
        if self.dialect == "postgresql":
            self._silent.execute(text, prepare=False)
        else:
            self._cursor.execute(text)

    def roll_back(self) -> None:
        """End a transaction in which nothing was changed and nothing went wrong.

        psycopg forgets its prepared statements at a ROLLBACK that it knows of.
        """
        if self.dialect == "postgresql":
            self._driver.pgconn.exec_(b"ROLLBACK")
        else:
            self.sql("ROLLBACK")

    def rows(self, statement: Statement, **values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a question."""
        found: list[tuple[Any, ...]] = self._run(self._cursor, statement, values).fetchall()
        return found

    def row(self, statement: Statement, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row of a question, None where there is none."""
        found: tuple[Any, ...] | None = self._run(self._cursor, statement, values).fetchone()
        return found

    def run(self, statement: Statement, **values: Any) -> int:
        """Run a statement; returns how many rows it changed."""
        changed: int = self._run(self._cursor, statement, values).rowcount
        return changed

    def send(self, statement: Statement, **values: Any) -> Any:
        """Run a statement whose outcome is asked for later, or never; within `pipelined`.

        Returns:
            The cursor that will have it.
        """
        cursor = self._driver.cursor() if self.dialect == "postgresql" else self._cursor
        return self._run(cursor, statement, values)

    def _run(self, cursor: Any, statement: Statement, values: Mapping[str, Any]) -> Any:
        """Run a statement.

        PostgreSQL prepares it at once. One that psycopg prepares by itself after some runs is
        taken for prepared also if the pipeline in which that was to happen has failed before it.
        """
        compiled = statement.on(self.dialect)
        if self.dialect == "postgresql":
            return cursor.execute(compiled.sql, compiled.values(values), prepare=True)
        return cursor.execute(compiled.sql, compiled.values(values))

    def checkpoint(self) -> None:
        """Empty SQLite's write-ahead log, if readers let it within half a second."""
        self.sql("PRAGMA busy_timeout = 500")
        try:
            self._cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self.sql(f"PRAGMA busy_timeout = {PATIENCE * 1000}")

    def stream_cursor(self, name: str) -> Any:
        """Return a cursor that leaves rows with the server until they are asked for."""
        return (
            self._driver.cursor(name=name)
            if self.dialect == "postgresql"
            else self._driver.cursor()
        )

    def write(self, batch: Batch) -> None:
        """Run the statements of a batch."""
        cursor = self._silent
        for statement, rows in batch.statements:
            if len(rows) == 1:
                self._run(cursor, statement, rows[0])
            else:
                compiled = statement.on(self.dialect)
                cursor.executemany(compiled.sql, [compiled.values(row) for row in rows])

    @contextmanager
    def transaction(self, begin: str) -> Iterator[None]:
        """Make the statements of a block one transaction, outside `Store.transaction`.

        Args:
            begin: The statement that begins it.
        """
        self.sql(begin)
        try:
            yield
        except BaseException:
            if self.alive:
                self.sql("ROLLBACK")
            raise
        self.sql("COMMIT")


__all__ = ["PATIENCE", "Session"]
