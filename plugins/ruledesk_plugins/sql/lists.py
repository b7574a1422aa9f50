"""Lists, searches and counts: what the store calls.

`write` keeps them as tickets change, `fill` makes them anew from the tickets, `faults` compares.
"""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from ruledesk.errors import InvalidInput, suggestion
from ruledesk.storage.cursor import SortValue, cursor_of, read_cursor
from ruledesk.storage.interface import FilterField, TicketQuery
from ruledesk.storage.row import SINGLE, SORTED
from ruledesk_plugins.sql import counters, flags, pages, search
from ruledesk_plugins.sql.asking import ask, moment, value_list
from ruledesk_plugins.sql.batch import Batch, Move
from ruledesk_plugins.sql.schema import unescaped
from ruledesk_plugins.sql.upkeep import clear, faults, fill

_LONGEST: Final = 500
_FILTERS: Final = (*SINGLE, "flag")
_SORTS: Final = (*SORTED, "number")


def write(batch: Batch, moves: Sequence[Move], totals: Mapping[str, int]) -> None:
    """Keep lists, search and counters as a commit changes tickets.

    Args:
        batch: Gathers the statements of the commit.
        moves: How tickets change, one for each.
        totals: By how much the numbers of ``tickets``, ``events`` and ``messages`` change.
    """
    flags.write(batch, moves)
    search.write(batch, moves)
    counters.write(batch, moves, totals)


def page(connection: Connection, query: TicketQuery) -> tuple[list[tuple[str, str, str]], str]:
    """Find one page.

    Args:
        connection: Where to ask.
        query: What is asked.

    Returns:
        Number, head and body of the tickets in order, and the cursor of the next page, empty on
        the last.

    Raises:
        InvalidInput: The query has an unknown filter or order, a cursor of another list, or a
            limit outside 1 to 500.
    """
    if not 1 <= query.limit <= _LONGEST:
        raise InvalidInput.of(
            "is no length of a page",
            "不是有效的页长",
            field="limit",
            value=query.limit,
            accepted=(f"1 to {_LONGEST}",),
        )
    if query.sort not in _SORTS:
        raise InvalidInput.of(
            "is no order of tickets",
            "不是排序字段",
            field="sort",
            value=query.sort,
            accepted=suggestion(query.sort, _SORTS),
        )
    where = _filters(query.where)
    after = read_cursor(query) if query.after else None
    if not all(where.values()):
        return [], ""
    found = pages.find(connection, query, where, after)
    tickets = [(unescaped(number), head, body) for _, number, _, head, body in found]
    if len(found) <= query.limit:
        return tickets, ""
    _, number, value, *_ = found[query.limit - 1]
    cursor = cursor_of(query, _sort_value(connection, query, value), unescaped(number))
    return tickets[: query.limit], cursor


def _sort_value(connection: Connection, query: TicketQuery, value: Any) -> SortValue:
    if query.sort in {"priority", "number"}:
        return unescaped(value) or None
    at: SortValue = moment(connection, value)
    return at


def _filters(where: Mapping[FilterField, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    for name in where:
        if name not in _FILTERS:
            raise InvalidInput.of(
                "is no filter",
                "不是过滤字段",
                field=f"where.{name}",
                accepted=suggestion(name, _FILTERS),
            )
    return {name: tuple(dict.fromkeys(map(str, values))) for name, values in where.items()}


def count(connection: Connection, where: Mapping[FilterField, Sequence[str]]) -> int:
    """Count tickets that all filters accept: from the counters, else from an index.

    Args:
        connection: Where to ask.
        where: Field to accepted values.

    Raises:
        InvalidInput: A filter is unknown.
    """
    filters = _filters(where)
    if not all(filters.values()):
        return 0
    if counters.countable(filters):
        return counters.count(connection, filters)
    values: dict[str, Any] = {}
    conditions = []
    for name, accepted in filters.items():
        listed = value_list(values, f"{name}_", accepted)
        conditions.append(
            f"id IN (SELECT id FROM ticket_flags WHERE flag IN ({listed}))"
            if name == "flag"
            else f"{name} IN ({listed})"
        )
    sql = f"SELECT count(*) FROM tickets WHERE {' AND '.join(conditions)}"
    return int(ask(connection, sql, values)[0][0])


totals = counters.totals

__all__ = ["clear", "count", "faults", "fill", "page", "totals", "write"]
