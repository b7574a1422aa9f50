"""One page of tickets, from the indexes.

Two ways lead to it: walk the asked-for order and drop what the filters refuse, or take the
tickets of the rarest filter and order those. The walk is quick where much fits, the other where
little does; the walk is tried first and given up when it has looked at too many in vain.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, takewhile
from typing import Any, Final

from ruledesk.errors import InvalidInput
from ruledesk.storage.cursor import SortValue, cursor_of, read_cursor
from ruledesk.storage.interface import TicketQuery
from ruledesk.storage.row import SINGLE, SORTED, Row
from ruledesk.storage.ticket_index import Numbers, TicketIndex

_LONGEST: Final = 500
_PATIENCE: Final = 4000


def page_of(index: TicketIndex, query: TicketQuery) -> tuple[list[str], str]:
    """Find one page.

    Args:
        index: The tickets.
        query: What is asked.

    Returns:
        The numbers in order, and the cursor of the next page, empty on the last.

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
    index.order(query.sort)  # refuses an unknown one
    filters = index.filters(query.where)
    after = read_cursor(query) if query.after else None
    numbers = _find(index, query, filters, _walk(index, query, after), after)
    if len(numbers) <= query.limit:
        return numbers, ""
    last = index.rows[numbers[query.limit - 1]]
    return numbers[: query.limit], cursor_of(query, _sort_value(query, last), last.number)


def _walk(
    index: TicketIndex, query: TicketQuery, after: tuple[SortValue, str] | None
) -> Iterator[str]:
    """Walk the order; where it is that of creation, only between the query's bounds."""
    if query.sort != "created_at":
        return index.order(query.sort).walk(query.descending, after)
    rows = index.rows
    if query.descending:
        if query.created_to is not None:
            bound = (query.created_to, "")
            after = min(after, bound) if after else bound
        earliest = query.created_from
        walk = index.order(query.sort).walk(True, after)
        if earliest is None:
            return walk
        return takewhile(lambda number: rows[number].created_at >= earliest, walk)
    if query.created_from is not None:
        bound = (query.created_from, "")
        after = max(after, bound) if after else bound
    latest = query.created_to
    walk = index.order(query.sort).walk(False, after)
    if latest is None:
        return walk
    return takewhile(lambda number: rows[number].created_at < latest, walk)


def _find(
    index: TicketIndex,
    query: TicketQuery,
    filters: list[list[Numbers]],
    walk: Iterator[str],
    after: tuple[SortValue, str] | None,
) -> list[str]:
    """Find up to one ticket more than the page holds."""
    rows, wanted, fits = index.rows, query.limit + 1, _predicate(query)
    rarest = min(filters, key=_size, default=None)
    found: list[str] = []
    if rarest is None or _size(rarest) > _PATIENCE:
        for number in islice(walk, _PATIENCE if rarest is not None else None):
            if fits(rows[number]):
                found.append(number)
                if len(found) == wanted:
                    return found
        if rarest is None:
            return found
    candidates = (rows[number] for number in set().union(*rarest))
    return _ordered(query, filter(fits, candidates), after)


def _ordered(
    query: TicketQuery, rows: Iterable[Row], after: tuple[SortValue, str] | None
) -> list[str]:
    """Order tickets that fit, and take those behind the cursor."""
    valued: list[tuple[Any, str]] = []
    without: list[str] = []
    for row in rows:
        value = _sort_value(query, row)
        if value is None:
            without.append(row.number)
        else:
            valued.append((value, row.number))
    down = query.descending
    if after is not None and after[0] is None:
        valued = []
        without = [n for n in without if (n < after[1] if down else n > after[1])]
    elif after is not None:
        valued = [pair for pair in valued if (pair < after if down else pair > after)]
    first = heapq.nlargest if down else heapq.nsmallest
    wanted = query.limit + 1
    numbers = [number for _, number in first(wanted, valued)]
    return numbers + first(wanted - len(numbers), without)


def _sort_value(query: TicketQuery, row: Row) -> SortValue:
    return row.number if query.sort == "number" else row.sort[SORTED.index(query.sort)]


def _size(sets: list[Numbers]) -> int:
    return sum(map(len, sets))


def _predicate(query: TicketQuery) -> Callable[[Row], bool]:
    """Compile what a row must be like."""
    checks: list[Callable[[Row], bool]] = list(chain(_field_checks(query), _span_checks(query)))
    if query.text:
        sought = query.text.casefold()
        checks.append(lambda row: sought in row.text)
    if len(checks) == 1:
        return checks[0]
    return lambda row: all(check(row) for check in checks)


def _field_checks(query: TicketQuery) -> Iterator[Callable[[Row], bool]]:
    for name, values in query.where.items():
        accepted = frozenset(map(str, values))
        if name == "flag":
            yield lambda row, accepted=accepted: not accepted.isdisjoint(row.flags)  # type: ignore[misc]
        else:
            place = SINGLE.index(name)
            yield lambda row, place=place, accepted=accepted: row.single[place] in accepted  # type: ignore[misc]


def _span_checks(query: TicketQuery) -> Iterator[Callable[[Row], bool]]:
    earliest, latest = query.created_from, query.created_to
    if earliest is not None:
        yield lambda row: row.created_at >= earliest
    if latest is not None:
        yield lambda row: row.created_at < latest
