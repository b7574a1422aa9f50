"""A transaction on the database: when it begins, what it locks, how it ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final, TypeVar

from sqlalchemy import String, cast, func, select

from ruledesk_plugins.sql.batch import Batch
from ruledesk_plugins.sql.commit import Proof, ask_outcome
from ruledesk_plugins.sql.engine import Database
from ruledesk_plugins.sql.schema import shortened
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.statement import Statement
from ruledesk_plugins.sql.writes import ADVISORY_LOCKS

T = TypeVar("T")

_LOGGER: Final = logging.getLogger("ruledesk.storage.sql")
_XID: Final = Statement(select(cast(func.pg_current_xact_id(), String)))


def lock_of(kind: str, key: str) -> int:
    """Return the number by which PostgreSQL locks a thing that is no row."""
    return lock_of_stored(kind, shortened(key))


def lock_of_stored(kind: str, key: str) -> int:
    """Return the same for a key as it is in a column of type `Key`."""
    digest = blake2b(f"{kind}\0{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def array_of(locks: Iterable[int]) -> str:
    """Write locks for `ADVISORY_LOCKS`; psycopg takes longer for a list than for all the rest."""
    return f"{{{','.join(map(str, locks))}}}"


class Block:
    """The database's side of a ``with`` block.

    On SQLite it begins at once, and nobody else writes until it ends. On PostgreSQL it begins with
    the first question, and locks what is asked for: rows, and by `lock_of` what is no row.

    Args:
        database: Where.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.dialect = database.dialect
        self._locked: set[int] = set()
        self._session: Session | None = None
        self._xid = ""
        if self.dialect == "sqlite":
            self._session = _immediately(database)

    def ask(self, question: Callable[[Session], T], locks: Iterable[int] = ()) -> T:
        """Ask something whose answer holds until the block ends.

        Args:
            question: What; it locks the rows that it reads.
            locks: What else is locked before, by `lock_of`.
        """
        with self.database.translating():
            wanted = self.missing(locks)
            if self._session is not None and not wanted:
                return question(self._session)
            fresh = self._session is None
            session = self._session = self._session or self.database.borrow()
            with session.pipelined():
                xid = _begin(session) if fresh else None
                if wanted:
                    session.send(ADVISORY_LOCKS, locks=array_of(wanted))
                    self._locked.update(wanted)
                answer = question(session)
                if xid is not None:
                    self._xid = xid.fetchone()[0]
            return answer

    @property
    def locks(self) -> bool:
        """Whether single things are locked; SQLite has locked everything."""
        return self.dialect != "sqlite"

    def missing(self, locks: Iterable[int]) -> list[int]:
        """Return the locks that the block does not have yet."""
        return sorted(set(locks) - self._locked) if self.locks else []

    def commit(self, batch: Batch, proof: Proof | None) -> None:
        """Write what changes and make it last.

        Args:
            batch: What changes.
            proof: By what it is known afterwards that it is stored.

        Raises:
            Conflict: Something came in between.
            Unavailable: The database was lost, and nothing of it is stored.
            StorageFault: It cannot be written; or nobody can say whether it is stored.
        """
        session = self.ask(lambda session: session)
        try:
            if self.dialect == "sqlite":
                session.write(batch)
                session.sql("COMMIT")
            else:
                with session.pipelined():
                    session.write(batch)
                    session.sql("COMMIT")
        except Exception:
            if self.dialect == "sqlite" or session.alive or not self._xid:
                raise
            _LOGGER.warning("the connection was lost in a commit; asking what became of it")
            if not ask_outcome(self.database, self._xid, session.pid, proof):
                raise
        self._end()

    def leave(self) -> None:
        """End it where nothing is to be changed; what was locked is free."""
        session = self._session
        if session is not None:
            session.roll_back()
            self._end()

    def roll_back(self) -> None:
        """Give everything up; nothing happens where the block has ended."""
        session = self._session
        if session is None:
            return
        if session.alive:
            with suppress(Exception):  # what led here is what is told
                session.sql("ROLLBACK")
        self._end()

    def _end(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self.database.give_back(session)


def _immediately(database: Database) -> Session:
    """Begin on SQLite, before anything is asked."""
    session = database.borrow()
    try:
        with database.translating():
            session.sql(database.begin)
    except BaseException:
        database.give_back(session)
        raise
    return session


def _begin(session: Session) -> Any:
    """Begin on PostgreSQL, within a pipeline.

    Returns:
        A cursor that will know by what name PostgreSQL knows the transaction once it is over.
    """
    session.sql("BEGIN")
    return session.send(_XID)


__all__ = ["Block", "array_of", "lock_of", "lock_of_stored"]
