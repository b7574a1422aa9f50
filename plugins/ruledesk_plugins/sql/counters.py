"""How many tickets there are of each kind, kept and not counted anew.

A commit adds a row for what it changes (a *delta*), which no other commit waits for. Now and then a
commit folds what has gathered into the counters. A count is the counters' and the deltas' together.
Counted this way is what the screens show: by line, status, team, agent, priority and flag, and any
of these together; the rest is counted from an index.
"""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Connection, text

from ruledesk.errors import Problem
from ruledesk.storage.row import SINGLE, Row
from ruledesk_plugins.sql.asking import Stored, ask, value_list
from ruledesk_plugins.sql.batch import Batch, Move
from ruledesk_plugins.sql.schema import shortened
from ruledesk_plugins.sql.statement import Statement, insert_into
from ruledesk_plugins.sql.tables_lists import COMBINED, counter_deltas

TOTALS: Final = ("tickets", "events", "messages")
_PLACES: Final = tuple(SINGLE.index(name) for name in COMBINED)
#: One commit in so many folds.
_OFTEN: Final = 256
#: More counters that are wrong say nothing new.
_ENOUGH: Final = 100
#: Keeps all but one process out of folding; any number that nothing else locks.
_LOCK: Final = 7_245_091_166

_COMBINED: Final = ", ".join(COMBINED)
_REST: Final = ", ".join(COMBINED[1:])

_ADD: Final = Statement(
    lambda dialect: insert_into(dialect, counter_deltas, "n", *COMBINED, "flags", *TOTALS)
)


def _flags_of(table: str, dialect: str) -> str:
    if dialect == "postgresql":
        return f"jsonb_array_elements_text({table}.flags::jsonb) AS raised(value)"
    return f"json_each({table}.flags) AS raised"


def _spread(table: str, dialect: str) -> str:
    """Select from rows like deltas: flag (empty for all), combination, n."""
    of = ", ".join(f"d.{name} AS {name}" for name in COMBINED)
    return (
        f"SELECT '' AS flag, {of}, d.n AS n FROM {table} AS d WHERE d.n <> 0 UNION ALL"
        f" SELECT '=' || raised.value, {of}, d.n FROM {table} AS d, {_flags_of('d', dialect)}"
        " WHERE d.n <> 0"
    )


def _upsert(table: str, keys: str, source: str) -> str:
    return (
        f"INSERT INTO {table} ({keys}, n) SELECT {keys}, sum(n) FROM {source} WHERE true"
        f" GROUP BY {keys} HAVING sum(n) <> 0"
        f" ON CONFLICT ({keys}) DO UPDATE SET n = {table}.n + excluded.n"
    )


def _totals_upsert(source: str) -> str:
    each = " UNION ALL ".join(
        f"SELECT '{name}' AS name, coalesce(sum({name}), 0) AS n FROM {source}" for name in TOTALS
    )
    return (
        f"INSERT INTO totals (name, n) SELECT name, n FROM ({each}) AS sums WHERE true"
        " ON CONFLICT (name) DO UPDATE SET n = totals.n + excluded.n"
    )


def _fold_postgresql() -> str:
    # One statement, so that nobody sees a delta folded and still there. The lock is tried, not
    # waited for: somebody who folds just now does it for all.
    return (
        f"WITH mine AS MATERIALIZED (SELECT pg_try_advisory_xact_lock({_LOCK}) AS taken),"
        " gone AS (DELETE FROM counter_deltas WHERE id IN (SELECT id FROM counter_deltas"
        " WHERE (SELECT taken FROM mine) ORDER BY id LIMIT 20000 FOR UPDATE SKIP LOCKED)"
        " RETURNING *),"
        f" spread AS ({_spread('gone', 'postgresql')}),"
        f" by_all AS ({_upsert('counters', f'flag, {_REST}', 'spread')}),"
        f" by_agent AS ({_upsert('agent_counters', f'flag, {_COMBINED}', 'spread')})"
        f" {_totals_upsert('gone')}"
    )


def _fold_sqlite() -> tuple[str, ...]:
    spread = f"({_spread('counter_deltas', 'sqlite')}) AS spread"
    return (
        _upsert("counters", f"flag, {_REST}", spread),
        _upsert("agent_counters", f"flag, {_COMBINED}", spread),
        _totals_upsert("counter_deltas"),
        "DELETE FROM counter_deltas",
    )


_TIDY: Final = ("DELETE FROM counters WHERE n = 0", "DELETE FROM agent_counters WHERE n = 0")
_FOLD: Final[Mapping[str, tuple[Statement, ...]]] = {
    "postgresql": (Statement(text(_fold_postgresql().replace("::", r"\:\:"))),),
    "sqlite": tuple(Statement(text(sql)) for sql in (*_fold_sqlite(), *_TIDY)),
}


def write(batch: Batch, moves: Sequence[Move], changed: Mapping[str, int]) -> None:
    """Note what a commit changes, and fold what has gathered if it is this commit's turn.

    Args:
        batch: Gathers statements.
        moves: How tickets change.
        changed: By how much the totals change.
    """
    rows = [row for move in moves for row in _deltas(move)]
    if any(changed.values()):
        if not rows:
            rows.append(_delta(0, dict.fromkeys(COMBINED, ""), ()))
        rows[-1] |= {name: changed.get(name, 0) for name in TOTALS}
    batch.add(_ADD, rows)
    if any(_turn(move) for move in moves):
        for statement in _FOLD[batch.dialect]:
            batch.add(statement, ({},))


def _turn(move: Move) -> bool:
    row = move.new or move.old
    return row is not None and crc32(f"{row.number}/{row.version}".encode()) % _OFTEN == 0


def _deltas(move: Move) -> Iterator[dict[str, Any]]:
    old, new = move.old, move.new
    if old is not None and new is not None and _kind(old) == _kind(new):
        return
    if old is not None:
        yield _delta(-1, *_kind(old))
    if new is not None:
        yield _delta(1, *_kind(new))


def _kind(row: Row) -> tuple[dict[str, str], tuple[str, ...]]:
    return {name: row.single[at] for name, at in zip(COMBINED, _PLACES, strict=True)}, row.flags


def _delta(n: int, combination: Mapping[str, str], flags: Sequence[str]) -> dict[str, Any]:
    raised = json.dumps([shortened(flag) for flag in flags], ensure_ascii=False)
    return {"n": n, **combination, "flags": raised, "tickets": 0, "events": 0, "messages": 0}


def countable(where: Mapping[str, Sequence[str]]) -> bool:
    """Say whether the counters know how many tickets some filters accept."""
    known = all(name in COMBINED or name == "flag" for name in where)
    return known and len(where.get("flag", ())) <= 1


def count(connection: Connection, where: Mapping[str, Sequence[str]]) -> int:
    """Count the tickets that filters accept, from the counters.

    Args:
        connection: Where to ask.
        where: Filters that are `countable`; none without values.
    """
    dialect = connection.dialect.name
    values: dict[str, Any] = {}
    conditions = [
        f"{name} IN ({value_list(values, name, accepted)})"
        for name, accepted in where.items()
        if name != "flag"
    ]
    kept, fresh = list(conditions), list(conditions)
    flag = where.get("flag")
    kept.append("flag = :counted")
    values["counted"] = Stored(f"={shortened(flag[0])}" if flag else "")
    if flag:
        values["raised"] = Stored(shortened(flag[0]))
        fresh.append(
            f"EXISTS (SELECT 1 FROM {_flags_of('counter_deltas', dialect)}"
            " WHERE raised.value = :raised)"
        )
    table = "agent_counters" if "agent" in where else "counters"
    fresh_where = f" WHERE {' AND '.join(fresh)}" if fresh else ""
    sql = (
        f"SELECT (SELECT coalesce(sum(n), 0) FROM {table} WHERE {' AND '.join(kept)})"
        f" + (SELECT coalesce(sum(n), 0) FROM counter_deltas{fresh_where})"
    )
    return int(ask(connection, sql, values)[0][0])


def totals(connection: Connection) -> dict[str, int]:
    """Return how many tickets, events and messages are stored."""
    columns = ", ".join(
        f"(SELECT coalesce(sum(n), 0) FROM totals WHERE name = '{name}')"
        f" + (SELECT coalesce(sum({name}), 0) FROM counter_deltas)"
        for name in TOTALS
    )
    (row,) = ask(connection, f"SELECT {columns}")
    return {name: int(n) for name, n in zip(TOTALS, row, strict=True)}


def combinations(where: Mapping[str, Sequence[str]], values: dict[str, Any]) -> str:
    """Write the query for the combinations that there may be tickets of.

    Args:
        where: Filters; those of combinations are used.
        values: Gets the query's values.
    """
    conditions = "".join(
        f" AND {name} IN ({value_list(values, f'k_{name}', accepted)})"
        for name, accepted in where.items()
        if name in COMBINED
    )
    return (
        f"SELECT {_COMBINED} FROM agent_counters WHERE flag = '' AND n > 0{conditions}"
        f" UNION SELECT {_COMBINED} FROM counter_deltas WHERE n > 0{conditions}"
    )


def fill(connection: Connection) -> None:
    """Count everything anew."""
    dialect = connection.dialect.name
    for table in ("counter_deltas", "counters", "agent_counters", "totals"):
        ask(connection, f"DELETE FROM {table}")
    for table, keys in (("counters", _REST), ("agent_counters", _COMBINED)):
        for source in _truth(keys):
            ask(connection, f"INSERT INTO {table} (flag, {keys}, n) {source}")
    for name, table in zip(TOTALS, ("tickets", "events", "deliveries"), strict=True):
        cast = "CAST(:name AS text)" if dialect == "postgresql" else ":name"
        ask(connection, f"INSERT INTO totals (name, n) SELECT {cast}, count(*) FROM {table}",
            {"name": name})  # fmt: skip


def _truth(keys: str) -> tuple[str, str]:
    return (
        f"SELECT '' AS flag, {keys}, count(*) AS n FROM tickets GROUP BY {keys}",
        f"SELECT '=' || flag AS flag, {keys}, count(*) AS n FROM ticket_flags"
        f" GROUP BY flag, {keys}",
    )


def _miscounted(
    connection: Connection, keys: str, kept: str, truth: str
) -> Sequence[Sequence[Any]]:
    """Find counters, a hundred at most: their keys, what they say, what they should say."""
    both = (
        f"SELECT flag, {keys}, n AS said, 0 AS held FROM ({kept}) AS one"
        f" UNION ALL SELECT flag, {keys}, 0 AS said, n AS held FROM ({truth}) AS other"
    )
    return ask(
        connection,
        f"SELECT flag, {keys}, sum(said), sum(held) FROM ({both}) AS b GROUP BY flag, {keys}"
        f" HAVING sum(said) <> sum(held) LIMIT {_ENOUGH}",
    )


def faults(connection: Connection) -> Iterator[Problem]:
    """Compare the counters with the tickets, and the totals with what is stored."""
    spread = _spread("counter_deltas", connection.dialect.name)
    for table, keys in (("counters", _REST), ("agent_counters", _COMBINED)):
        kept = (
            f"SELECT flag, {keys}, sum(n) AS n FROM (SELECT flag, {keys}, n FROM {table} UNION ALL"
            f" SELECT flag, {keys}, n FROM ({spread}) AS s) AS k GROUP BY flag, {keys}"
            " HAVING sum(n) <> 0"
        )
        truth = " UNION ALL ".join(f"SELECT * FROM ({part}) AS p" for part in _truth(keys))
        for *names, n, right in _miscounted(connection, keys, kept, truth):
            yield Problem(
                "is not how many tickets are stored",
                "计数与已存工单不符",
                field=f"{table}/{'/'.join(names)}",
                value=int(n),
                accepted=(str(int(right)),),
            )
    kept_totals = totals(connection)
    for name, table in zip(TOTALS, ("tickets", "events", "deliveries"), strict=True):
        n = int(ask(connection, f"SELECT count(*) FROM {table}")[0][0])
        if n != kept_totals[name]:
            yield Problem(
                f"says {kept_totals[name]}, but {n} are stored",
                f"记为 {kept_totals[name]},实际存有 {n}",
                field=f"totals/{name}",
                value=kept_totals[name],
            )


__all__ = [
    "TOTALS",
    "combinations",
    "count",
    "countable",
    "faults",
    "fill",
    "totals",
    "write",
]
