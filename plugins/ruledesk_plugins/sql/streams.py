"""Looking at everything as it was at one instant, with no more than a page of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, Final

from ruledesk_plugins.sql import writes
from ruledesk_plugins.sql.engine import Database
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.statement import Statement

_PAGE: Final = 500
_NUMBERS: Final = count()


@contextmanager
def still(database: Database, lock: int | None = None) -> Iterator[Session]:
    """Lend a connection on which everything stays as it is now, while others go on writing.

    Args:
        database: Where.
        lock: What PostgreSQL locks before, shared, until the end.
    """
    session = database.borrow()
    try:
        with database.translating():
            if session.dialect == "postgresql":
                session.sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            else:
                session.sql("BEGIN")
            if lock is not None and session.dialect == "postgresql":
                session.run(writes.SHARED_LOCK, lock=lock)
            # The instant is that of the first question.
            session.connection.exec_driver_sql("SELECT key FROM meta").fetchall()
            yield session
    finally:
        if session.alive:
            with suppress(Exception):
                session.roll_back()
        database.give_back(session)


def stream(session: Session, statement: Statement) -> Iterator[tuple[Any, ...]]:
    """Stream the rows of a question, within `still`; several may be open at once."""
    cursor = session.stream_cursor(f"ruledesk_{next(_NUMBERS)}")
    try:
        cursor.execute(statement.on(session.dialect).sql)
        while rows := cursor.fetchmany(_PAGE):
            yield from rows
    finally:
        if session.alive:
            with suppress(Exception):  # what ended the stream is what is told
                cursor.close()


__all__ = ["still", "stream"]
