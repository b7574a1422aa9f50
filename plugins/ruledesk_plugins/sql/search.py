"""Substrings in tickets, found by grams."""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from zlib import crc32

from sqlalchemy import BindParameter, Connection, Text, bindparam, delete, text

from ruledesk.errors import Problem
from ruledesk_plugins.sql import pending
from ruledesk_plugins.sql.asking import Stored, ask
from ruledesk_plugins.sql.batch import Batch, Move
from ruledesk_plugins.sql.grams import (
    grams,
    postgresql_query,
    postgresql_terms,
    searchable,
    sqlite_match,
    sqlite_terms,
)
from ruledesk_plugins.sql.statement import Statement
from ruledesk_plugins.sql.tables_lists import ticket_texts

#: Bytes of grams that SQLite gathers before it writes: while all are indexed, and usually.
_LARGE: Final = 64 << 20
_USUAL: Final = 1 << 20
#: So many texts say which grams are frequent.
_SAMPLE: Final = 200
_ID: Final[BindParameter[Any]] = bindparam("id")
_SEARCH: Final = bindparam("search", type_=Text())


def _put(dialect: str) -> Any:
    if dialect == "postgresql":
        sql = text(
            "INSERT INTO ticket_texts (id, search, grams)"
            r" VALUES (:id, :search, array_to_tsvector(CAST(:grams AS text[])))"
            " ON CONFLICT (id) DO UPDATE SET search = excluded.search, grams = excluded.grams"
        ).bindparams(_ID, _SEARCH)
    else:
        sql = text(
            "INSERT INTO ticket_texts (id, search) VALUES (:id, :search)"
            " ON CONFLICT (id) DO UPDATE SET search = excluded.search"
        ).bindparams(_ID, _SEARCH)
    return sql


_PUT: Final = Statement(_put)
_DROP: Final = Statement(delete(ticket_texts).where(ticket_texts.c.id == bindparam("id")))
_INDEX: Final = Statement(text("INSERT INTO ticket_grams (rowid, grams) VALUES (:id, :grams)"))


def write(batch: Batch, moves: Sequence[Move]) -> None:
    """Index the texts that a commit changes."""
    changed = [move for move in moves if _changed(move)]
    if batch.dialect == "sqlite":
        pending.forget(batch, [move.id for move in changed if move.old is not None])
    batch.add(_DROP, [{"id": move.id} for move in changed if move.new is None])
    put = [(move.id, move.new.text) for move in changed if move.new is not None]
    batch.add(_PUT, [_stored(id_, searched, batch.dialect) for id_, searched in put])
    if batch.dialect == "sqlite":
        pending.write(batch, changed)


def _changed(move: Move) -> bool:
    return move.old is None or move.new is None or move.old.text != move.new.text


def _indexed(id_: int, searched: str) -> dict[str, Any]:
    return {"id": id_, "grams": sqlite_terms(searchable(searched))}


def _stored(id_: int, searched: str, dialect: str) -> dict[str, Any]:
    stored: dict[str, Any] = {"id": id_, "search": searchable(searched)}
    if dialect == "postgresql":
        stored["grams"] = postgresql_terms(searchable(searched))
    return stored


def fill(batch: Batch, texts: Sequence[tuple[int, str]]) -> None:
    """Index the texts of tickets that are not indexed yet."""
    if batch.dialect == "sqlite":
        batch.add(_INDEX, [_indexed(id_, searched) for id_, searched in texts])
    batch.add(_PUT, [_stored(id_, searched, batch.dialect) for id_, searched in texts])


def _sample(connection: Connection) -> list[str]:
    """Return some texts, as far from each other as can be."""
    (most,) = ask(connection, "SELECT coalesce(max(id), 0) FROM ticket_texts")[0]
    spread = {most - most * n // _SAMPLE for n in range(_SAMPLE)}
    ids = ", ".join(map(str, sorted(spread)))
    return [
        row[0] for row in ask(connection, f"SELECT search FROM ticket_texts WHERE id IN ({ids})")
    ]


def unindex(connection: Connection) -> None:
    """Drop PostgreSQL's index before many texts are written, and let SQLite's gather more."""
    if connection.dialect.name == "postgresql":
        ask(connection, "DROP INDEX IF EXISTS ticket_texts_grams")
    else:
        _configure(connection, _LARGE)


def index(connection: Connection) -> None:
    """Make the index of all texts; SQLite's is brought into one piece."""
    if connection.dialect.name == "postgresql":
        (gin,) = ticket_texts.indexes
        gin.create(connection, checkfirst=True)
    else:
        _configure(connection, _USUAL)
        ask(connection, "INSERT INTO ticket_grams (ticket_grams) VALUES ('optimize')")


def _configure(connection: Connection, size: int) -> None:
    """Say how much SQLite's index gathers before it writes; FTS5's own default again after."""
    ask(
        connection,
        "INSERT INTO ticket_grams (ticket_grams, rank) VALUES ('hashsize', :size)",
        {"size": size},
    )


def contains(dialect: str, column: str, name: str) -> str:
    """Write the condition that a text has what is sought in it, as it stands."""
    function = "strpos" if dialect == "postgresql" else "instr"
    return f"{function}({column}, :{name}) > 0"


def found(connection: Connection, sought: str, most: int) -> list[int] | None:
    """Find the tickets whose text has a part.

    Args:
        connection: Where to ask.
        sought: The part: case-folded, `searchable`, not empty.
        most: How many at most.

    Returns:
        Their ids; None where there are more.
    """
    sample = _sample(connection) if len(sought) > 1 else []
    contained = contains(connection.dialect.name, "s.search", "sought")
    if connection.dialect.name == "postgresql":
        query = postgresql_query(sought, sample)
        indexed = "ticket_texts AS s WHERE s.grams @@ CAST(:query AS tsquery)"
        sources: tuple[str, ...] = (indexed,)
    else:
        query = sqlite_match(sought, sample)
        indexed = (
            "ticket_grams AS g CROSS JOIN ticket_texts AS s ON s.id = g.rowid"
            " WHERE ticket_grams MATCH :query"
        )
        sources = (indexed, f"ticket_texts AS s WHERE s.id > {pending.UPTO}")
    each = " UNION ALL ".join(f"SELECT s.id FROM {source} AND {contained}" for source in sources)
    rows = ask(
        connection,
        f"{each} LIMIT {most + 1}",
        {"query": Stored(query), "sought": Stored(sought)},
    )
    return None if len(rows) > most else [row[0] for row in rows]


def sums(connection: Connection) -> dict[int, int]:
    """Add up the grams that SQLite's index has of each ticket, so that a missing one shows."""
    found: dict[int, int] = {}
    ask(connection, "CREATE VIRTUAL TABLE IF NOT EXISTS temp.ticket_grams_seen"
        " USING fts5vocab(main, ticket_grams, instance)")  # fmt: skip
    rows = connection.exec_driver_sql("SELECT term, doc FROM temp.ticket_grams_seen")
    term, code = None, 0
    for row in rows:
        if row[0] != term:
            term, code = row[0], crc32(row[0].encode())
        found[row[1]] = found.get(row[1], 0) + code
    ask(connection, "DROP TABLE temp.ticket_grams_seen")
    return found


def sum_of(searched: str) -> int:
    """Add up the grams that a text should be indexed by."""
    return sum(crc32(gram.encode()) for gram in grams(searchable(searched)))


def faults(
    connection: Connection,
    texts: Sequence[tuple[int, str, str]],
    sqlite_sums: dict[int, int],
    upto: int,
) -> Iterator[Problem]:
    """Find tickets that a search would miss, or find by other words.

    Args:
        connection: Where to ask.
        texts: Id, number and text of some tickets, in order of id.
        sqlite_sums: What `sums` found; the tickets are taken out of it.
        upto: The id up to which SQLite's index has texts.
    """
    stored = _stored_texts(connection, [id_ for id_, _, _ in texts])
    for id_, number, searched in texts:
        kept, found = stored.get(id_, (None, None))
        if connection.dialect.name == "sqlite":
            indexed = sqlite_sums.pop(id_, 0) == (sum_of(searched) if id_ <= upto else 0)
        else:
            indexed = found is not None and set(found) == set(grams(searchable(searched)))
        if kept != searchable(searched) or not indexed:
            yield Problem(
                "is not found by the words of the ticket",
                "无法按工单文字找到",
                field=f"ticket_texts/{number}",
            )


def _stored_texts(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[Any, Any]]:
    found = "tsvector_to_array(grams)" if connection.dialect.name == "postgresql" else "NULL"
    sql = f"SELECT id, search, {found} FROM ticket_texts WHERE id BETWEEN :first AND :last"
    rows = ask(connection, sql, {"first": ids[0], "last": ids[-1]})
    return {id_: (kept, terms) for id_, kept, terms in rows}


__all__ = [
    "contains",
    "faults",
    "fill",
    "found",
    "index",
    "sum_of",
    "sums",
    "unindex",
    "write",
]
