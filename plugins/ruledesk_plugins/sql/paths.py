"""Where a page of tickets may be read from, as SQL: walks in the order of the list, and scans.

A walk reads an index in the order asked for and stops when the page is full. A scan reads all of a
small set, whatever its order.
"""

# ruff: noqa: S608 - names are those of this package; all values are bound.

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from ruledesk.model.ticket import OVER_STATUSES, Status
from ruledesk.storage.cursor import SortValue
from ruledesk.storage.interface import TicketQuery
from ruledesk_plugins.sql.asking import Stored, value_list
from ruledesk_plugins.sql.schema import shortened
from ruledesk_plugins.sql.search import contains

OVER: Final = frozenset(map(str, OVER_STATUSES))
NOT_OVER: Final = frozenset(map(str, Status)) - OVER
#: Orders in which a ticket may have no place; those without a value come last.
GAPPED: Final = frozenset({"updated_at", "next_due", "priority", "over_at"})


@frozen
class Wanted:
    """What is read: part of a query.

    Attributes:
        query: The query.
        where: Its filters, without doubles.
        sought: What its text is case-folded; empty for none.
        valued: Whether the tickets that have a value to sort by are read, or those without.
        after: Value and number behind which to begin; None for the beginning.
        rows: How many tickets are wanted.
        dialect: ``sqlite`` or ``postgresql``.
        values: The values of the statement; paths add theirs.
    """

    query: TicketQuery
    where: Mapping[str, Sequence[str]]
    sought: str
    valued: bool
    after: tuple[SortValue, str] | None
    rows: int
    dialect: str
    values: dict[str, Any] = field(factory=dict)

    @property
    def sort(self) -> str:
        """The column that orders."""
        return self.query.sort

    def halves(self) -> tuple[bool, ...]:
        """Name the halves that may hold tickets: not over (False), over (True)."""
        statuses = set(self.where.get("status", NOT_OVER | OVER))
        if self.sort == "over_at" and self.valued:
            statuses &= OVER
        if self.sort == "over_at" and not self.valued:
            statuses &= NOT_OVER
        return tuple(over for over, of in ((False, NOT_OVER), (True, OVER)) if statuses & of)

    def ordering(self, table: str, *, of_number: bool = False) -> str:
        """Write the order, as that of the index that is read: perhaps of numbers alone."""
        way = "DESC" if self.query.descending else "ASC"
        if self.sort == "number" or of_number:
            return f"{table}.number {way}"
        return f"{table}.{self.sort} {way}, {table}.number {way}"

    def bounds(self, table: str, own: tuple[str, str] | None = None) -> Iterator[str]:
        """Write which part of the order is read.

        Args:
            table: The row.
            own: Column and value that the order's index begins with, so that PostgreSQL, which
                thinks that little is behind the cursor, finds no other index to its liking.
        """
        than = "<" if self.query.descending else ">"
        column = f"{table}.{self.sort}"
        # SQLite takes one lower bound of a column: that of the cursor, which implies this one.
        implied = self.after is not None and self.sort == "priority" and self.valued
        if self.sort in GAPPED and not (implied and not self.query.descending):
            yield self._has_value(column)
        if self.after is not None:
            value, number = self.after
            self.values["after_number"] = number
            if self.sort == "number" or not self.valued:
                yield f"{table}.number {than} :after_number"
            else:
                self.values["after"] = value
                first, is_ = (f"{own[0]}, ", f"{own[1]}, ") if own else ("", "")
                yield f"({first}{column}, {table}.number) {than} ({is_}:after, :after_number)"
        yield from self._span(table)

    def _has_value(self, column: str) -> str:
        if self.sort == "priority":
            return f"{column} {'>' if self.valued else '='} ''"
        return f"{column} IS {'NOT NULL' if self.valued else 'NULL'}"

    def _span(self, table: str) -> Iterator[str]:
        for name, than in (("created_from", ">="), ("created_to", "<")):
            bound = getattr(self.query, name)
            if bound is not None:
                self.values[name] = bound
                yield f"{table}.created_at {than} :{name}"

    def columns(self, table: str) -> str:
        """Name the columns that filters and the order need, so that an index may have them all."""
        names = {"id": 1, "number": 1, self.sort: 1, **dict.fromkeys(self.where, 1)}
        return ", ".join(f"{table}.{name}" for name in names if name != "flag")

    def fits(self, table: str, *, but: Sequence[str] = ()) -> Iterator[str]:
        """Write what filters ask of a row.

        Args:
            table: The row.
            but: Filters that are met already.
        """
        for name, accepted in self.where.items():
            if name in but:
                continue
            listed = value_list(self.values, f"{name}_", accepted)
            if name == "flag":
                yield (
                    f"EXISTS (SELECT 1 FROM ticket_flags AS raised WHERE raised.id = {table}.id"
                    f" AND raised.flag IN ({listed}))"
                )
            else:
                yield f"{table}.{name} IN ({listed})"
        if self.sought:
            self.values["sought"] = Stored(self.sought)
            found = contains(self.dialect, "searched.search", "sought")
            yield (
                "EXISTS (SELECT 1 FROM ticket_texts AS searched"
                f" WHERE searched.id = {table}.id AND {found})"
            )


#: Has only what is over.
_ENDED: Final = "flags_over_at"


@frozen
class Branch:
    """Part of what a page is read from.

    Attributes:
        sql: Gives the first tickets of the part, in order: as many as are wanted, or all.
        given_up: Gives a row where `sql` may have stopped before that; empty where it never does.
    """

    sql: str
    given_up: str = ""


def _index_of(wanted: Wanted, over: bool) -> str:
    half = "over" if over else "open"
    if wanted.sort == "number":
        return ""
    if wanted.sort == "next_due":
        return "lists_due" if wanted.valued else f"lists_{half}_undue"
    if wanted.sort == "over_at":
        return "lists_over_over_at" if over else ""
    return f"lists_{half}_{wanted.sort}"


def _half(table: str, over: bool) -> str:
    return f"{table}.over_at IS {'NOT NULL' if over else 'NULL'}"


def _hint(wanted: Wanted, index: str) -> str:
    return f" INDEXED BY {index}" if index and wanted.dialect == "sqlite" else ""


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _value(wanted: Wanted, table: str) -> str:
    return f"{table}.{wanted.sort} AS v"


def walks(wanted: Wanted, patience: int, halves: Sequence[bool]) -> Iterator[Branch]:
    """Write the walks over all tickets, one for each half.

    Args:
        wanted: What is read.
        patience: After how many tickets to give up; 0 for never.
        halves: The halves.
    """
    if wanted.sort == "next_due" and wanted.valued and len(halves) > 1:
        table = f"tickets AS t{_hint(wanted, 'lists_due')}"
        yield _walked(wanted, table, [*wanted.bounds("t")], patience)
        return
    for over in halves:
        index = _index_of(wanted, over)
        bounds = [*wanted.bounds("t"), _half("t", over)]
        table = f"tickets AS t{_hint(wanted, index)}"
        of_number = not index or index.endswith("undue")
        yield _walked(wanted, table, bounds, patience, of_number=of_number)


def own_walks(wanted: Wanted, owner: str) -> Iterator[Branch]:
    """Write the walks over what is over, one for each agent or team asked for.

    Args:
        wanted: What is read.
        owner: The filter: ``agent`` or ``team``.
    """
    index = "" if wanted.sort == "number" else f"lists_{owner}_{wanted.sort}"
    for place, value in enumerate(wanted.where[owner]):
        wanted.values[f"owner_{place}"] = Stored(shortened(value))
        led = (f"t.{owner}", f":owner_{place}") if wanted.dialect == "postgresql" else None
        own = [f"t.{owner} = :owner_{place}", *wanted.bounds("t", led), _half("t", True)]
        yield _walked(wanted, f"tickets AS t{_hint(wanted, index)}", own, 0, but=(owner,))


def flag_walks(wanted: Wanted, patience: int) -> Iterator[Branch]:
    """Write the walks over flags that are up, one for each flag and half."""
    for over in wanted.halves():
        for place, flag in enumerate(wanted.where["flag"]):
            wanted.values[f"walked_{place}"] = Stored(shortened(flag))
            own = [f"t.flag = :walked_{place}", f"t.is_over = {'true' if over else 'false'}"]
            conditions = [*own, *wanted.bounds("t")]
            index = "" if wanted.sort == "number" else f"flags_{wanted.sort}"
            table = f"ticket_flags AS t{_hint(wanted, index if over or index != _ENDED else '')}"
            yield _walked(wanted, table, conditions, patience, but=("flag",))


def _walked(
    wanted: Wanted,
    table: str,
    conditions: Sequence[str],
    patience: int,
    *,
    but: Sequence[str] = (),
    of_number: bool = False,
) -> Branch:
    order = wanted.ordering("t", of_number=of_number)
    refusing = list(wanted.fits("t", but=but))
    limit = f" LIMIT {wanted.rows}"
    if not patience or not refusing:
        return Branch(
            f"SELECT t.id, t.number, {_value(wanted, 't')} FROM {table}"
            f"{_where([*conditions, *refusing])} ORDER BY {order}{limit}"
        )
    # The inner query has no filter that could tempt a planner away from the order's index. SQLite
    # hands its rows on one by one in their order; PostgreSQL is told the order again and knows it.
    inner = (
        f"SELECT {wanted.columns('t')} FROM {table}{_where(conditions)}"
        f" ORDER BY {order} LIMIT {patience}"
    )
    again = f" ORDER BY {order}" if wanted.dialect == "postgresql" else ""
    return Branch(
        f"SELECT t.id, t.number, {_value(wanted, 't')} FROM ({inner}) AS t"
        f"{_where(refusing)}{again}{limit}",
        f"SELECT 1 FROM {table}{_where(conditions)} ORDER BY {order} LIMIT 1 OFFSET {patience}",
    )


def scan(wanted: Wanted, table: str, conditions: Sequence[str], but: Sequence[str] = ()) -> Branch:
    """Write the scan of a set: all of it is looked at, and ordered.

    Args:
        wanted: What is read.
        table: What is read from, where ``t`` is the ticket.
        conditions: What makes the set.
        but: Filters that are met by it.
    """
    everything = [*conditions, *wanted.bounds("t"), *wanted.fits("t", but=but)]
    return Branch(
        f"SELECT t.id, t.number, {_value(wanted, 't')} FROM {table}"
        f"{_where(everything)} ORDER BY {wanted.ordering('t')} LIMIT {wanted.rows}"
    )


__all__ = [
    "GAPPED",
    "NOT_OVER",
    "OVER",
    "Branch",
    "Wanted",
    "flag_walks",
    "own_walks",
    "scan",
    "walks",
]
