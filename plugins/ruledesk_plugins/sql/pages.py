"""One page of tickets: which path is tried, and when it is given up for another.

Where an index has exactly what is asked for, in the order asked for, it is walked. Else walking the
order is tried first and given up after so many tickets, and then the smallest set that an index
knows is looked at as a whole; where that is large, the order is walked to the end. So what is
frequent is found on the way, what is rare by its index, and nothing frequent is ever ordered.
"""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from ruledesk.storage.cursor import SortValue
from ruledesk.storage.interface import TicketQuery
from ruledesk_plugins.sql import counters, search
from ruledesk_plugins.sql.asking import ask, value_list
from ruledesk_plugins.sql.grams import searchable, sought_grams
from ruledesk_plugins.sql.paths import (
    GAPPED,
    NOT_OVER,
    Branch,
    Wanted,
    flag_walks,
    own_walks,
    scan,
    walks,
)
from ruledesk_plugins.sql.tables_lists import COMBINED

#: Tickets that a walk looks at before it is given up; with a text to look into, each is dearer.
_PATIENCE: Final = 3000
_TEXT_PATIENCE: Final = 250
#: A set of that many tickets is looked at as a whole.
_SMALL: Final = 5000
#: A queue of a team of that many open tickets, too, before its order is walked among all.
_QUEUE: Final = 2000
#: The same where the alternative is to walk everything.
_BEARABLE: Final = 20_000
_FACETS: Final = ("category", "type", "channel")

Where: TypeAlias = Mapping[str, Sequence[str]]
#: Id, number, value sorted by, head and body.
Found: TypeAlias = tuple[int, str, Any, str, str]
#: What is asked together; the rows of all, in order, begin with the page.
Path: TypeAlias = Iterable[Branch]


def find(
    connection: Connection, query: TicketQuery, where: Where, after: tuple[SortValue, str] | None
) -> list[Found]:
    """Find a page, and one ticket more if there is one.

    Args:
        connection: Where to ask.
        query: What is asked, valid.
        where: Its filters, without doubles, each with at least one value.
        after: Value and number behind which the page begins; None for the beginning.

    Returns:
        The tickets in order.
    """
    rows = query.limit + 1
    sought = searchable(query.text.casefold())
    dialect = connection.dialect.name
    found: list[Found] = []
    behind_values = after is not None and after[0] is None
    if not behind_values:
        found = _part(connection, Wanted(query, where, sought, True, after, rows, dialect))
    if query.sort in GAPPED and len(found) < rows:
        start = after if behind_values else None
        left = rows - len(found)
        found += _part(connection, Wanted(query, where, sought, False, start, left, dialect))
    return found


def _part(connection: Connection, wanted: Wanted) -> list[Found]:
    """Find tickets that all have a value to sort by, or all have none."""
    if not wanted.halves():
        return []
    for branches in _paths(connection, wanted):
        found = _run(connection, wanted, list(branches))
        if found is not None:
            return found
    return []


def _run(connection: Connection, wanted: Wanted, branches: Sequence[Branch]) -> list[Found] | None:
    """Ask several branches at once and put their rows in order; None where one was given up."""
    if not branches:
        return []
    union = " UNION ALL ".join(
        f"SELECT b{n}.*, {n} AS branch FROM ({branch.sql}) AS b{n}"
        for n, branch in enumerate(branches)
    )
    join = "CROSS JOIN" if wanted.dialect == "sqlite" else "JOIN"
    rows = ask(
        connection,
        f"SELECT x.id, x.number, x.v, t.head, t.body, x.branch FROM ({union}) AS x"
        f" {join} tickets AS t ON t.id = x.id",
        wanted.values,
    )
    given = Counter(row[5] for row in rows)
    for n, branch in enumerate(branches):
        short = branch.given_up and given[n] < wanted.rows
        if short and ask(connection, branch.given_up, wanted.values):
            return None
    each = {row[0]: row for row in rows}.values()
    by_number = wanted.sort == "number" or not wanted.valued
    ordered = sorted(
        each,
        key=(lambda row: row[1]) if by_number else (lambda row: (row[2], row[1])),
        reverse=wanted.query.descending,
    )
    return [tuple(row[:5]) for row in ordered[: wanted.rows]]


def _paths(connection: Connection, wanted: Wanted) -> Iterator[Path]:
    """Yield the paths to try, one after the other; the last one is never given up."""
    where = wanted.where
    if "requester" in where and _few(connection, where, ("requester",), _SMALL):
        yield [_of(wanted, "requester")]
    # What is shorter than a gram is dearer to look up, and mostly frequent.
    patience = _TEXT_PATIENCE if wanted.sought and sought_grams(wanted.sought)[0] else _PATIENCE
    if "agent" in where:
        yield _agents(connection, wanted)
    elif "team" in where and "flag" not in where:
        yield _teams(connection, wanted, patience)
    else:
        yield _walks(wanted, patience)
    yield from _scans(connection, wanted)
    yield _walks(wanted, 0)


def _walks(wanted: Wanted, patience: int) -> Iterator[Branch]:
    """Write the walks over all tickets, or all that have a flag."""
    foreign = any(name in wanted.where for name in (*_FACETS, "requester"))
    if "flag" in wanted.where and not foreign:
        return flag_walks(wanted, patience)
    return walks(wanted, patience, wanted.halves())


def _agents(connection: Connection, wanted: Wanted) -> Path:
    """Return the path to the tickets of agents: what is over by walks, what is not as a whole."""
    branches: list[Branch] = []
    for over in wanted.halves():
        if over:
            branches += own_walks(wanted, "agent")
        elif counters.count(connection, _open(wanted)) > _SMALL:
            branches += walks(wanted, _PATIENCE, (False,))
        else:
            branches.append(_of_combinations(wanted, _open(wanted)))
    return branches


def _teams(connection: Connection, wanted: Wanted, patience: int) -> Path:
    """Return the path to the tickets of teams: what is over by walks, what is not by either."""
    branches: list[Branch] = []
    for over in wanted.halves():
        if over:
            branches += own_walks(wanted, "team")
        elif _few(connection, _open(wanted), ("team", "status"), _QUEUE):
            listed = value_list(wanted.values, "open_", _open(wanted)["status"])
            branches.append(_scanned(wanted, "lists_scope", [f"t.status IN ({listed})"]))
        else:
            branches += walks(wanted, patience, (False,))
    return branches


def _open(wanted: Wanted) -> dict[str, Sequence[str]]:
    """Return the filters that the counters know, for tickets that are not over."""
    combined = {name: accepted for name, accepted in wanted.where.items() if name in COMBINED}
    statuses = combined.get("status", tuple(sorted(NOT_OVER)))
    return {**combined, "status": tuple(status for status in statuses if status in NOT_OVER)}


def _scans(connection: Connection, wanted: Wanted) -> Iterator[Path]:
    """Yield the small sets that may be looked at as a whole."""
    where = wanted.where
    if wanted.sought:
        ids = search.found(connection, wanted.sought, _SMALL)
        if ids is not None:
            yield [_of_ids(wanted, ids)]
    if "category" in where and _few(connection, where, _FACETS, _BEARABLE):
        yield [_of(wanted, *_FACETS)]
    combined = {name: where[name] for name in where if name in COMBINED}
    if combined and counters.count(connection, combined) <= _BEARABLE:
        yield [_of_combinations(wanted, combined)]


def _few(connection: Connection, where: Where, names: Sequence[str], most: int) -> bool:
    """Say whether some of the filters leave few tickets, without counting further than that."""
    values: dict[str, Any] = {}
    conditions = " AND ".join(
        f"{name} IN ({value_list(values, f'{name}_', where[name])})"
        for name in names
        if name in where
    )
    sql = f"SELECT 1 FROM tickets WHERE {conditions} LIMIT {most + 1}"
    return int(ask(connection, f"SELECT count(*) FROM ({sql}) AS few", values)[0][0]) <= most


def _of(wanted: Wanted, *names: str) -> Branch:
    """Write the scan of the tickets that some of the filters leave."""
    index = {"requester": "lists_requester", "category": "lists_facets"}[names[0]]
    return _scanned(wanted, index, [])


def _scanned(wanted: Wanted, index: str, conditions: Sequence[str]) -> Branch:
    hint = f" INDEXED BY {index}" if wanted.dialect == "sqlite" else ""
    return scan(wanted, f"tickets AS t{hint}", conditions)


def _of_ids(wanted: Wanted, ids: Sequence[int]) -> Branch:
    """Write the scan of some tickets."""
    if wanted.dialect == "sqlite":
        wanted.values["ids"] = json.dumps(ids)
        table = "json_each(:ids) AS picked CROSS JOIN tickets AS t ON t.id = picked.value"
    else:
        wanted.values["ids"] = list(ids)
        table = (
            "unnest(CAST(:ids AS bigint[])) AS picked (value)"
            " JOIN tickets AS t ON t.id = picked.value"
        )
    return scan(wanted, table, [])


def _of_combinations(wanted: Wanted, where: Where) -> Branch:
    """Write the scan of the combinations that the counters know of."""
    known = counters.combinations(where, wanted.values)
    same = " AND ".join(f"t.{name} = k.{name}" for name in COMBINED)
    if wanted.dialect == "sqlite":
        table = f"({known}) AS k CROSS JOIN tickets AS t INDEXED BY lists_scope ON {same}"
    else:
        # Offset 0 keeps the planner from turning the few look-ups into a join with everything.
        table = (
            f"({known}) AS k CROSS JOIN LATERAL"
            f" (SELECT t.* FROM tickets AS t WHERE {same} OFFSET 0) AS t"
        )
    return scan(wanted, table, [], but=COMBINED)


__all__ = ["Found", "find"]
