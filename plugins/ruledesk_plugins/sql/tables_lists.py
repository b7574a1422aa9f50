"""What lists, searches and counts are answered from: indexes of `tickets`, and tables beside it.

A commit touches few of them. Walks are indexes in the order of a list that carry what lists filter
by; they are split into tickets that are over and those that are not, so that a new ticket is put
into one half, and what is over costs nothing until it is.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, BigInteger, Boolean, Column, Index, Integer, Table, Text, event, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from ruledesk_plugins.sql.schema import Instant, Key, Word, metadata, serial, tickets

#: What walks carry, so that filters are answered without looking at the ticket.
CARRIED: Final = ("agent", "team", "line", "status", "priority", "over_at")
#: What a combination of the counters is made of, besides a flag.
COMBINED: Final = ("agent", "team", "line", "status", "priority")


def _index(name: str, *columns: str, only: str = "") -> None:
    condition = text(only) if only else None
    Index(
        name,
        *(tickets.c[column] for column in columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )


_index("lists_due", "next_due", "number", *CARRIED, only="next_due IS NOT NULL")
_index("lists_open_undue", "number", *CARRIED, only="next_due IS NULL AND over_at IS NULL")
_index("lists_over_undue", "number", *CARRIED, only="next_due IS NULL AND over_at IS NOT NULL")
for _order in ("created_at", "updated_at", "priority"):
    _rest = tuple(name for name in CARRIED if name != _order)
    _index(f"lists_open_{_order}", _order, "number", *_rest, only="over_at IS NULL")
    _index(f"lists_over_{_order}", _order, "number", *_rest, only="over_at IS NOT NULL")
_index("lists_over_over_at", "over_at", "number", *CARRIED[:-1], only="over_at IS NOT NULL")
for _owner in ("agent", "team"):
    for _order in ("created_at", "updated_at", "next_due", "priority", "over_at"):
        _index(
            f"lists_{_owner}_{_order}",
            _owner,
            _order,
            "number",
            "status",
            only="over_at IS NOT NULL",
        )
#: All of a team, or of a combination that the counters know; in any order, by looking at all.
_index(
    "lists_scope",
    *("team", "status", "agent", "line", "priority", "number"),
    *("created_at", "updated_at", "next_due", "over_at"),
)
_index("lists_requester", "requester", "created_at", "number")
_index("lists_facets", "category", "type", "channel", "created_at", "number")

#: The flags that are up, each with what lists filter and sort by.
ticket_flags = Table(
    "ticket_flags",
    metadata,
    Column("flag", Key, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("is_over", Boolean, nullable=False),
    Column("number", Word, nullable=False),
    *(Column(name, Key, nullable=False) for name in COMBINED),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant),
    Column("next_due", Instant),
    Column("over_at", Instant),
    *(
        Index(f"flags_{order}", "flag", "is_over", order, "number")
        for order in ("created_at", "updated_at", "next_due", "priority")
    ),
    Index("flags_over_at", "flag", "is_over", "over_at", "number",
          sqlite_where=text("over_at IS NOT NULL"),
          postgresql_where=text("over_at IS NOT NULL")),
    sqlite_with_rowid=False,
)  # fmt: skip

#: What a search looks in. PostgreSQL keeps the grams beside it, SQLite in `ticket_grams`.
ticket_texts = Table(
    "ticket_texts",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=False),
    Column("search", Text, nullable=False),
    Column("grams", TSVECTOR().with_variant(Text(), "sqlite")),
)
# The pending list makes a commit cheap; it is searched as a whole, so it is kept short.
Index(
    "ticket_texts_grams",
    ticket_texts.c.grams,
    postgresql_using="gin",
    postgresql_with={"fastupdate": "on", "gin_pending_list_limit": 256},
).ddl_if(dialect="postgresql")

#: An index of grams alone: no text, no places, no sizes. Grams are made by `grams.sqlite_terms`.
GRAMS_TABLE: Final = (
    "CREATE VIRTUAL TABLE ticket_grams USING fts5"
    "(grams, content='', detail=none, columnsize=0, tokenize='ascii')"
)
_MAKE: DDL = DDL(GRAMS_TABLE)  # type: ignore[no-untyped-call]
_DROP: DDL = DDL("DROP TABLE IF EXISTS ticket_grams")  # type: ignore[no-untyped-call]
event.listen(ticket_texts, "after_create", _MAKE.execute_if(dialect="sqlite"))
event.listen(ticket_texts, "before_drop", _DROP.execute_if(dialect="sqlite"))

#: What commits changed since the counters were last brought up to date. `flags` is a JSON list.
counter_deltas = Table(
    "counter_deltas",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("n", Integer, nullable=False),
    *(Column(name, Key, nullable=False) for name in COMBINED),
    Column("flags", Text, nullable=False),
    Column("tickets", Integer, nullable=False),
    Column("events", Integer, nullable=False),
    Column("messages", Integer, nullable=False),
)

#: How many tickets there are of a combination; `flag` is empty for all, else ``=`` and the flag.
counters = Table(
    "counters",
    metadata,
    Column("flag", Key, primary_key=True),
    *(Column(name, Key, primary_key=True) for name in COMBINED[1:]),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: The same by agent.
agent_counters = Table(
    "agent_counters",
    metadata,
    Column("agent", Key, primary_key=True),
    Column("flag", Key, primary_key=True),
    *(Column(name, Key, primary_key=True) for name in COMBINED[1:]),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

totals = Table(
    "totals",
    metadata,
    Column("name", Word, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

__all__ = [
    "CARRIED",
    "COMBINED",
    "GRAMS_TABLE",
    "agent_counters",
    "counter_deltas",
    "counters",
    "ticket_flags",
    "ticket_texts",
    "totals",
]
