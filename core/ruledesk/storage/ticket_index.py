"""The indexes over tickets: by filter, by order, by correlation key, by holder."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final, TypeAlias

from ruledesk.errors import InvalidInput, suggestion
from ruledesk.storage.cursor import SortValue
from ruledesk.storage.interface import FilterField, SortField
from ruledesk.storage.ordered import OrderedKeys
from ruledesk.storage.row import SINGLE, SORTED, Row

Numbers: TypeAlias = set[str]
_FIELDS: Final = {name: place for place, name in enumerate(SINGLE)}


class Order:
    """The numbers of all tickets in one order; those without a value come last, either way.

    Ties are ordered by number, in the same direction as the values.
    """

    __slots__ = ("_valued", "_without")

    def __init__(self) -> None:
        self._valued: OrderedKeys[tuple[Any, str]] = OrderedKeys()
        self._without: OrderedKeys[str] = OrderedKeys()

    def load(self, values: Iterable[tuple[SortValue, str]]) -> None:
        """Take over many values and numbers at once."""
        pairs = list(values)
        self._valued = OrderedKeys(pair for pair in pairs if pair[0] is not None)
        self._without = OrderedKeys(number for value, number in pairs if value is None)

    def add(self, value: SortValue, number: str) -> None:
        """Put a ticket in its place."""
        if value is None:
            self._without.add(number)
        else:
            self._valued.add((value, number))

    def remove(self, value: SortValue, number: str) -> None:
        """Take a ticket away."""
        if value is None:
            self._without.remove(number)
        else:
            self._valued.remove((value, number))

    def first(self) -> tuple[Any, str] | None:
        """Return the least value, with its number."""
        return self._valued.first()

    def valued(self) -> Iterator[tuple[Any, str]]:
        """Iterate over values and numbers from the least; without those that have no value."""
        return iter(self._valued)

    def image(self) -> dict[Any, Any]:
        """Return what `ruledesk.storage.image` compares: values by number, and disorder."""
        valued, without = list(self._valued), list(self._without)
        values: dict[Any, Any] = {number: value for value, number in valued}
        values |= dict.fromkeys(without)
        if valued != sorted(valued) or without != sorted(without):
            values["order"] = "disturbed"
        return values

    def walk(self, descending: bool, after: tuple[SortValue, str] | None) -> Iterator[str]:
        """Iterate over the numbers in order.

        Args:
            descending: Whether the greatest comes first.
            after: Value and number behind which to begin; None for the beginning.
        """
        pairs: Iterable[tuple[Any, str]]
        if after is None:
            pairs = reversed(self._valued) if descending else iter(self._valued)
            without = reversed(self._without) if descending else iter(self._without)
        elif after[0] is None:
            pairs = ()
            tail = self._without
            without = tail.before(after[1]) if descending else tail.after(after[1])
        else:
            pairs = self._valued.before(after) if descending else self._valued.after(after)
            without = reversed(self._without) if descending else iter(self._without)
        return chain((number for _, number in pairs), without)


class TicketIndex:
    """All tickets, as their rows, and every index over them."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self._single: tuple[defaultdict[str, Numbers], ...] = tuple(
            defaultdict(set) for _ in SINGLE
        )
        self._flags: defaultdict[str, Numbers] = defaultdict(set)
        self._orders = {name: Order() for name in (*SORTED, "number")}
        self._keys: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._held: Counter[str] = Counter()

    def load(self, rows: Iterable[Row]) -> None:
        """Take over many tickets at once, into an empty index."""
        self.rows = {row.number: row for row in rows}
        for row in self.rows.values():
            self._add_sets(row)
            for key in row.keys:
                self._keys[key].append((row.created_at, row.number))
        for place, name in enumerate(SORTED):
            self._orders[name].load((r.sort[place], r.number) for r in self.rows.values())
        self._orders["number"].load((number, number) for number in self.rows)
        for entries in self._keys.values():
            entries.sort()

    def put(self, row: Row) -> None:
        """Index a ticket as it is from here on; only what changed is touched."""
        old = self.rows.get(row.number)
        self.rows[row.number] = row
        if old is None:
            self._add_new(row)
        else:
            self._replace(old, row)

    def remove(self, number: str) -> None:
        """Forget a ticket."""
        row = self.rows.pop(number)
        for index, value in zip(self._single, row.single, strict=True):
            _discard(index, value, number)
        for flag in row.flags:
            _discard(self._flags, flag, number)
        for name, at in zip(SORTED, row.sort, strict=True):
            self._orders[name].remove(at, number)
        self._orders["number"].remove(number, number)
        for key in row.keys:
            self._leave_group(key, row)
        self._move_holder(row.holder, "")

    def count(self, where: Mapping[FilterField, Sequence[str]]) -> int:
        """Count tickets that all filters accept.

        Raises:
            InvalidInput: A filter is unknown.
        """
        fields = self.filters(where)
        if not fields:
            return len(self.rows)
        if len(fields) == 1 and "flag" not in where:
            return sum(map(len, fields[0]))
        fields.sort(key=lambda sets: sum(map(len, sets)))
        found = set().union(*fields[0])
        for sets in fields[1:]:
            found = set().union(*(found & numbers for numbers in sets))
        return len(found)

    def filters(self, where: Mapping[FilterField, Sequence[str]]) -> list[list[Numbers]]:
        """Return for each filter the sets of numbers that it accepts, one a value.

        Raises:
            InvalidInput: A filter is unknown.
        """
        return [self._accepted(name, values) for name, values in where.items()]

    def order(self, sort: SortField) -> Order:
        """Return the tickets in an order.

        Raises:
            InvalidInput: The order is unknown.
        """
        order = self._orders.get(sort)
        if order is None:
            accepted = suggestion(sort, self._orders)
            raise InvalidInput.of(
                "is no order of tickets",
                "不是排序字段",
                field="sort",
                value=sort,
                accepted=accepted,
            )
        return order

    def correlated(self, key: str, since: datetime) -> list[str]:
        """Name the tickets with a correlation key created at or after `since`, oldest first."""
        entries = self._keys.get(key, [])
        return [number for _, number in entries[bisect_left(entries, (since, "")) :]]

    def held(self, agent: str) -> int:
        """Count the open tickets of an agent."""
        return self._held[agent]

    def image(self) -> dict[str, Mapping[Any, Any]]:
        """Return what `ruledesk.storage.image` compares."""
        single = {
            f"tickets by {name}": {value: frozenset(numbers) for value, numbers in index.items()}
            for name, index in zip(SINGLE, self._single, strict=True)
        }
        orders = {f"order by {name}": order.image() for name, order in self._orders.items()}
        return {
            "tickets": dict(self.rows),
            **single,
            "tickets by flag": {flag: frozenset(found) for flag, found in self._flags.items()},
            **orders,
            "correlations": {key: tuple(entries) for key, entries in self._keys.items()},
            "open tickets of": dict(self._held),
        }

    def _accepted(self, name: str, values: Sequence[str]) -> list[Numbers]:
        if name == "flag":
            index = self._flags
        elif name in _FIELDS:
            index = self._single[_FIELDS[name]]
        else:
            accepted = suggestion(name, [*SINGLE, "flag"])
            raise InvalidInput.of(
                "is no filter", "不是过滤字段", field=f"where.{name}", accepted=accepted
            )
        return [index[value] for value in dict.fromkeys(map(str, values)) if value in index]

    def _add_new(self, row: Row) -> None:
        self._add_sets(row)
        for name, value in zip(SORTED, row.sort, strict=True):
            self._orders[name].add(value, row.number)
        self._orders["number"].add(row.number, row.number)
        for key in row.keys:
            insort(self._keys[key], (row.created_at, row.number))

    def _add_sets(self, row: Row) -> None:
        number = row.number
        for index, value in zip(self._single, row.single, strict=True):
            index[value].add(number)
        for flag in row.flags:
            self._flags[flag].add(number)
        if row.holder:
            self._held[row.holder] += 1

    def _replace(self, old: Row, new: Row) -> None:
        number = new.number
        if old.single != new.single:
            for index, was, now in zip(self._single, old.single, new.single, strict=True):
                if was != now:
                    _discard(index, was, number)
                    index[now].add(number)
        if old.sort != new.sort:
            for name, was_at, now_at in zip(SORTED, old.sort, new.sort, strict=True):
                if was_at != now_at:
                    self._orders[name].remove(was_at, number)
                    self._orders[name].add(now_at, number)
        if old.flags != new.flags:
            for flag in old.flags:
                _discard(self._flags, flag, number)
            for flag in new.flags:
                self._flags[flag].add(number)
        self._move_keys(old, new)
        self._move_holder(old.holder, new.holder)

    def _move_keys(self, old: Row, new: Row) -> None:
        if old.keys == new.keys and old.created_at == new.created_at:
            return
        for key in old.keys:
            self._leave_group(key, old)
        for key in new.keys:
            insort(self._keys[key], (new.created_at, new.number))

    def _leave_group(self, key: str, row: Row) -> None:
        entries = self._keys[key]
        del entries[bisect_left(entries, (row.created_at, row.number))]
        if not entries:
            del self._keys[key]

    def _move_holder(self, was: str, now: str) -> None:
        if was == now:
            return
        if was:
            self._held[was] -= 1
            if not self._held[was]:
                del self._held[was]
        if now:
            self._held[now] += 1


def _discard(index: defaultdict[str, Numbers], value: str, number: str) -> None:
    numbers = index[value]
    numbers.discard(number)
    if not numbers:
        del index[value]
