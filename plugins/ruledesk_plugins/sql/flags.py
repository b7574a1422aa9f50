"""The flags that are up: one row a flag and ticket, in the orders of the lists."""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from ruledesk.errors import Problem
from ruledesk.storage.row import SINGLE, SORTED, Row
from ruledesk_plugins.sql.asking import ask
from ruledesk_plugins.sql.batch import Batch, Move
from ruledesk_plugins.sql.schema import Key, tickets
from ruledesk_plugins.sql.statement import Statement, insert_into
from ruledesk_plugins.sql.tables_lists import COMBINED, ticket_flags

_KEY: Final = ("flag", "id")
_COPIED: Final = ("number", *COMBINED, "created_at", "updated_at", "next_due", "over_at")
_OF_SINGLE: Final = tuple((name, SINGLE.index(name)) for name in COMBINED)
_OF_SORT: Final = tuple((name, place) for place, name in enumerate(SORTED) if name != "priority")


def _put(dialect: str) -> Any:
    made = insert_into(dialect, ticket_flags)
    rest = [column.name for column in ticket_flags.columns if column.name not in _KEY]
    return made.on_conflict_do_update(
        index_elements=_KEY, set_={name: made.excluded[name] for name in rest}
    )


_PUT: Final = Statement(_put)
_DROP: Final = Statement(
    delete(ticket_flags).where(
        ticket_flags.c.flag == bindparam("flag", type_=Key), ticket_flags.c.id == bindparam("id")
    )
)


_COPY: Final = Statement(
    insert(ticket_flags).from_select(
        ["flag", "id", "is_over", *_COPIED],
        select(
            bindparam("flag", type_=Key),
            tickets.c.id,
            tickets.c.over_at.is_not(None),
            *(tickets.c[name] for name in _COPIED),
        ).where(tickets.c.id == bindparam("of")),
    )
)


def write(batch: Batch, moves: Sequence[Move]) -> None:
    """Bring the flags of tickets that changed up to date; each only where something differs."""
    gone = [
        {"flag": flag, "id": move.id}
        for move in moves
        if move.old is not None
        for flag in move.old.flags
        if move.new is None or flag not in move.new.flags
    ]
    batch.add(_DROP, sorted(gone, key=lambda row: (row["flag"], row["id"])))
    raised = [row for move in moves for row in _raised(move)]
    batch.add(_PUT, sorted(raised, key=lambda row: (row["flag"], row["id"])))


def _raised(move: Move) -> Iterator[dict[str, Any]]:
    if move.new is None or not move.new.flags:
        return
    copied = _copied(move.new)
    same = move.old is not None and _copied(move.old) == copied
    for flag in move.new.flags:
        if not (same and move.old is not None and flag in move.old.flags):
            yield {"flag": flag, "id": move.id, **copied}


def _copied(row: Row) -> dict[str, Any]:
    copied: dict[str, Any] = {"number": row.number}
    copied |= {name: row.single[place] for name, place in _OF_SINGLE}
    copied |= {name: row.sort[place] for name, place in _OF_SORT}
    copied["is_over"] = copied["over_at"] is not None
    return copied


def fill(batch: Batch, flags: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Write the flags of stored tickets, each given by id."""
    batch.add(_COPY, [{"of": id_, "flag": flag} for id_, raised in flags for flag in raised])


def faults(connection: Connection) -> Iterator[Problem]:
    """Find flags whose row is not as the ticket's."""
    columns = " OR ".join(
        f"(f.{name} <> t.{name} OR (f.{name} IS NULL) <> (t.{name} IS NULL))" for name in _COPIED
    )
    sql = (
        "SELECT f.flag, f.number FROM ticket_flags AS f LEFT JOIN tickets AS t ON t.id = f.id"
        f" WHERE t.id IS NULL OR {columns} OR f.is_over <> (t.over_at IS NOT NULL) LIMIT 100"
    )
    for flag, number in ask(connection, sql):
        yield Problem(
            "the flag's entry is not as the ticket",
            "标记条目与工单不符",
            field=f"ticket_flags/{flag}/{number}",
        )


__all__ = ["faults", "fill", "write"]
