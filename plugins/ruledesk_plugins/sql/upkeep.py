"""Making lists, search and counters anew from the tickets, and comparing them with the tickets."""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from ruledesk.codec import parse
from ruledesk.errors import Problem
from ruledesk.storage.row import Row, row_of_dict
from ruledesk_plugins.sql import counters, flags, pending, search
from ruledesk_plugins.sql.asking import ask
from ruledesk_plugins.sql.batch import Batch
from ruledesk_plugins.sql.schema import shortened, tickets
from ruledesk_plugins.sql.tables_lists import ticket_flags, ticket_texts

_AT_ONCE: Final = 1000
_TABLES: Final = (
    "ticket_flags", "ticket_texts", "counter_deltas", "counters", "agent_counters", "totals"
)  # fmt: skip
_MAPPED: Final = (tickets, ticket_flags, ticket_texts)


def clear(connection: Connection) -> None:
    """Empty the tables."""
    for table in _TABLES:
        ask(connection, f"DELETE FROM {table}")
    if connection.dialect.name == "sqlite":
        pending.clear(connection)


def fill(connection: Connection) -> None:
    """Make everything anew from the tickets, a thousand at a time.

    Args:
        connection: In a transaction, or in autocommit mode.
    """
    clear(connection)
    many = len(ask(connection, f"SELECT 1 FROM tickets LIMIT {_AT_ONCE}")) == _AT_ONCE
    if many:
        search.unindex(connection)
    dialect = connection.dialect.name
    for rows in _rows(connection):
        batch = Batch(dialect)
        search.fill(batch, [(id_, row.text) for id_, _, row in rows if row is not None])
        flags.fill(batch, [(id_, row.flags) for id_, _, row in rows if row is not None])
        run(connection, batch)
    if dialect == "sqlite":
        pending.mark(connection)
    if many:
        search.index(connection)
    counters.fill(connection)
    if many and dialect == "postgresql":
        # SQLite's planner is told its indexes; with statistics it builds filters over all tickets.
        ask(connection, "ANALYZE")


def run(connection: Connection, batch: Batch) -> None:
    """Run the statements of a batch now."""
    cursor: Any = connection.connection.cursor()
    for statement, rows in batch.statements:
        compiled = statement.on(batch.dialect)
        cursor.executemany(compiled.sql, [compiled.values(row) for row in rows])
    cursor.close()


def _rows(connection: Connection) -> Iterator[list[tuple[int, str, Row | None]]]:
    """Stream all tickets in order of id: id, number, and row; None where it cannot be read."""
    last = -1
    while True:
        found = ask(
            connection,
            f"SELECT id, number, body FROM tickets WHERE id > :last ORDER BY id LIMIT {_AT_ONCE}",
            {"last": last},
        )
        if not found:
            return
        yield [(id_, number, _row(body)) for id_, number, body in found]
        last = found[-1][0]


def _row(body: str) -> Row | None:
    try:
        return row_of_dict(parse(body))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # a damaged ticket is reported as such, by whoever reads tickets


def faults(connection: Connection) -> Iterator[Problem]:
    """Find what lists, searches and counts would answer wrongly.

    Args:
        connection: Where to ask; what is written meanwhile may be reported, unless it is one
            transaction's view.

    Yields:
        What is wrong, in English and Chinese.
    """
    yield from _missing_indexes(connection)
    sqlite = connection.dialect.name == "sqlite"
    sqlite_sums, upto = (search.sums(connection), pending.upto(connection)) if sqlite else ({}, 0)
    for rows in _rows(connection):
        readable = [(id_, number, row) for id_, number, row in rows if row is not None]
        if not readable:
            continue
        texts = [(id_, number, row.text) for id_, number, row in readable]
        yield from search.faults(connection, texts, sqlite_sums, upto)
        yield from _flag_faults(connection, readable)
    for id_ in sorted(sqlite_sums)[:100]:
        yield Problem(
            "finds a ticket that is not there", "能找到并不存在的工单", field=f"ticket_grams/{id_}"
        )
    for (id_,) in ask(connection, "SELECT id FROM ticket_texts AS s WHERE NOT EXISTS"
                      " (SELECT 1 FROM tickets AS t WHERE t.id = s.id) LIMIT 100"):  # fmt: skip
        yield Problem(
            "holds the words of a ticket that is not there",
            "保存了并不存在的工单的文字",
            field=f"ticket_texts/{id_}",
        )
    yield from flags.faults(connection)
    yield from counters.faults(connection)


def _flag_faults(connection: Connection, rows: Sequence[tuple[int, str, Row]]) -> Iterator[Problem]:
    values = {"first": rows[0][0], "last": rows[-1][0]}
    kept: dict[int, set[str]] = {}
    sql = "SELECT id, flag FROM ticket_flags WHERE id BETWEEN :first AND :last"
    for id_, flag in ask(connection, sql, values):
        kept.setdefault(id_, set()).add(flag)
    for id_, number, row in rows:
        if kept.get(id_, set()) != set(map(shortened, row.flags)):
            yield Problem(
                "is not listed by its flags", "未按其标记列出", field=f"ticket_flags/{number}"
            )


def _missing_indexes(connection: Connection) -> Iterator[Problem]:
    if connection.dialect.name == "sqlite":
        asked = "SELECT name FROM sqlite_master WHERE type = 'index'"
    else:
        asked = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
    known = {name for (name,) in ask(connection, asked)}
    for table in _MAPPED:
        for index in table.indexes:
            postgresql_only = index.name == "ticket_texts_grams"
            if index.name not in known and not (
                postgresql_only and connection.dialect.name == "sqlite"
            ):
                yield Problem("is missing", "缺失", field=f"{table.name}/{index.name}")


__all__ = ["clear", "faults", "fill", "run"]
