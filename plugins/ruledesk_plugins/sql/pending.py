"""SQLite: the texts of new tickets, that a search looks at one by one until they are indexed.

A text is indexed at half the cost, and less, where others are indexed with it. The texts of
tickets up to an id are in the index, those behind it are *pending*; one commit in `AT_ONCE` new
tickets indexes them. An id of a new ticket is always behind: where the last ticket is deleted, its
id is given again, so that the mark goes back with it.
"""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from ruledesk_plugins.sql.asking import ask
from ruledesk_plugins.sql.batch import Batch, Move
from ruledesk_plugins.sql.grams import sqlite_terms
from ruledesk_plugins.sql.statement import Statement

#: So many tickets at most wait for being indexed.
AT_ONCE: Final = 64
#: What the database is told to call `sqlite_terms` by.
_TERMS: Final = "ruledesk_terms"
_KEY: Final = "texts_indexed"
#: The id up to which texts are indexed.
UPTO: Final = f"coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = '{_KEY}'), 0)"

_LAST: Final = "(SELECT coalesce(max(id), 0) FROM ticket_texts)"
_MARK: Final = (
    f"INSERT INTO meta (key, value) VALUES ('{_KEY}', CAST({_LAST} AS TEXT))"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_INDEX: Final = Statement(
    text(
        f"INSERT INTO ticket_grams (rowid, grams) SELECT id, {_TERMS}(search) FROM ticket_texts"
        f" WHERE id = :id AND id <= {UPTO}"
    )
)
#: An index without the text can only forget what it is told word for word.
_FORGET: Final = Statement(
    text(
        "INSERT INTO ticket_grams (ticket_grams, rowid, grams)"
        f" SELECT 'delete', id, {_TERMS}(search) FROM ticket_texts"
        f" WHERE id = :id AND id <= {UPTO}"
    )
)
_FOLD: Final = (
    Statement(
        text(
            "INSERT INTO ticket_grams (rowid, grams)"
            f" SELECT id, {_TERMS}(search) FROM ticket_texts WHERE id > {UPTO} ORDER BY id"
        )
    ),
    Statement(text(_MARK)),
)
_GO_BACK: Final = Statement(
    text(
        f"UPDATE meta SET value = CAST(min(CAST(value AS INTEGER), {_LAST}) AS TEXT)"
        f" WHERE key = '{_KEY}'"
    )
)


def prepare(connection: sqlite3.Connection) -> None:
    """Tell a connection how texts are cut."""
    connection.create_function(_TERMS, 1, sqlite_terms, deterministic=True)


def forget(batch: Batch, ids: Sequence[int]) -> None:
    """Take texts out of the index, before they are changed or removed."""
    batch.add(_FORGET, [{"id": id_} for id_ in ids])


def write(batch: Batch, moves: Sequence[Move]) -> None:
    """Index again what was changed, and all that waits if it is this commit's turn.

    Args:
        batch: Gathers statements; the texts are written before.
        moves: The tickets whose texts change.
    """
    changed = [move.id for move in moves if move.old is not None and move.new is not None]
    batch.add(_INDEX, [{"id": id_} for id_ in changed])
    if any(move.new is None for move in moves):
        batch.add(_GO_BACK, ({},))
    if any(move.old is None and move.id % AT_ONCE == 0 for move in moves):
        for statement in _FOLD:
            batch.add(statement, ({},))


def upto(connection: Connection) -> int:
    """Return the id up to which texts are indexed."""
    return int(ask(connection, f"SELECT {UPTO}")[0][0])


def mark(connection: Connection) -> None:
    """Note that all texts are indexed."""
    ask(connection, _MARK)


def clear(connection: Connection) -> None:
    """Empty the index, and note that."""
    ask(connection, "INSERT INTO ticket_grams (ticket_grams) VALUES ('delete-all')")
    ask(connection, f"DELETE FROM meta WHERE key = '{_KEY}'")


__all__ = ["AT_ONCE", "UPTO", "clear", "forget", "mark", "prepare", "upto", "write"]
