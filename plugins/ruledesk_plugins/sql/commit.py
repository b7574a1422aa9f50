"""What became of a commit whose connection was lost before the answer came.

PostgreSQL knows what became of a transaction by its id. After a crash it gives ids out again that
had never reached the disk, so that an id alone may be somebody else's by then: what the commit was
to write is looked for as well.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen
from sqlalchemy import text

from ruledesk.errors import RuleDeskError, StorageFault
from ruledesk_plugins.sql.engine import Database
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.statement import Statement

#: Seconds for which a server that has gone is waited for, and between two questions.
_PATIENCE: Final = 60.0
_PAUSE: Final = 0.2
_STATUS: Final = Statement(text("SELECT pg_xact_status(CAST(CAST(:xid AS text) AS xid8))"))
_AT_IT: Final = Statement(
    text(
        "SELECT 1 FROM pg_stat_activity"
        " WHERE pid = CAST(:pid AS integer) AND backend_xid IS NOT NULL"
    )
)
#: The server has never heard of the id: it was lost with the transaction.
_IN_THE_FUTURE: Final = "22023"


@frozen
class Proof:
    """Something that is stored as a commit was to write it if, and only if, it is stored.

    Attributes:
        statement: What to ask.
        values: By what.
        row: What is answered then.
    """

    statement: Statement
    values: Mapping[str, Any]
    row: tuple[Any, ...] | None

    def holds(self, session: Session) -> bool:
        """Whether it is there."""
        return session.row(self.statement, **self.values) == self.row


def ask_outcome(
    database: Database, xid: str, pid: int, proof: Proof | None, patience: float = _PATIENCE
) -> bool:
    """Ask whether a transaction was committed, until somebody knows.

    Args:
        database: Where.
        xid: The transaction.
        pid: The process of the server that ran it.
        proof: What it was to write; None where it wrote nothing that can be told from others'.
        patience: Seconds after which it is given up.

    Returns:
        Whether it was committed.

    Raises:
        StorageFault: Nobody can say: the server does not come back, or has forgotten it.
    """
    database.forget()
    until = time.monotonic() + patience
    gone = 0
    while True:
        status = _status(database, xid)
        if status == "aborted":
            return False
        if status == "committed" and proof is not None:
            return _holds(database, proof)  # else somebody else was given the id
        if status == "in progress":
            gone = gone + 1 if _is_gone(database, pid) else 0
            if gone > 1:  # had it just ended, the second look would have said how
                return False
        elif status != "away":
            raise _nobody_knows(database)
        if time.monotonic() > until:
            raise _nobody_knows(database)
        time.sleep(_PAUSE)


def _holds(database: Database, proof: Proof) -> bool:
    """Look for what a commit was to write; where the server goes once more, nobody can say."""
    try:
        return database.read(proof.holds)
    except RuleDeskError:
        raise _nobody_knows(database) from None


def _nobody_knows(database: Database) -> StorageFault:
    return StorageFault.of(
        "the connection was lost in a commit, and nobody can say whether it is stored",
        "提交时连接中断,无法确定是否已存储",
        field=database.where,
    )


def _status(database: Database, xid: str) -> str:
    """Ask once.

    Returns:
        ``committed``, ``aborted``, ``in progress``; ``unknown`` where it was too long ago;
        ``away`` where the server does not answer.
    """
    try:
        found: Any = database.read(lambda session: session.row(_STATUS, xid=xid))
    except RuleDeskError as fault:
        future = getattr(fault.__cause__, "sqlstate", "") == _IN_THE_FUTURE
        return "aborted" if future else "away"
    return found[0] or "unknown"


def _is_gone(database: Database, pid: int) -> bool:
    """Whether the process that ran a transaction runs none any more."""
    try:
        return database.read(lambda session: session.row(_AT_IT, pid=pid)) is None
    except RuleDeskError:
        return False


__all__ = ["Proof", "ask_outcome"]
