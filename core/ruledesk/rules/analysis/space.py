"""Elementary cells: the fields of a ruleset cut up so finely that no condition cuts a cell.

A field's *main* variable has a cell for it missing, for each word, for each number or time that a
condition names and each interval between. Open text has a cell for each text that is named and
one for all others; there, what ``contains``, ``startswith`` and ``matches`` ask is a variable of
its own with two cells, so that the same test is the same everywhere and all else is free. A word
in a set and ``changed`` are such variables too; two fields that are compared have one for how
they stand to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from attrs import frozen

from ruledesk.model.ticket import OPEN_STATUSES
from ruledesk.model.values import Value
from ruledesk.rules.analysis.cover import Box, absorbed, product
from ruledesk.rules.analysis.domain import Known
from ruledesk.rules.expression.evaluate import OPERATORS, holds
from ruledesk.rules.expression.facts import INTEGER_LIMIT
from ruledesk.rules.expression.normal import pushed
from ruledesk.rules.expression.types import (
    And,
    Atom,
    Compare,
    CompareFields,
    Constant,
    Expression,
    Not,
    OneOf,
    Operator,
    Or,
    Test,
)
from ruledesk.rules.expression.walk import atoms

#: What identifies a variable: its sort, the field, and what is asked of it.
Key: TypeAlias = tuple[str, ...]
_FREE: Final = ("contains", "startswith", "matches", "under")
#: The cells of a variable that is the answer to a question.
YES, NO = 0b10, 0b01
#: How two values may stand to each other, in the order of the cells.
_RELATIONS: Final = (-1, 0, 1)


@frozen
class Cell:
    """One cell of a main variable.

    Attributes:
        values: Some of its values, the first standing for all; empty where the field is missing
            or is a text that no condition names.
        missing: Whether it is the field missing.
    """

    values: tuple[Value, ...] = ()
    missing: bool = False


MISSING: Final = Cell(missing=True)
#: Any text, or any set.
OTHER: Final = Cell()


class Space:
    """The cells of all fields that some conditions read.

    Args:
        known: What is known of the fields.
        expressions: Every condition that will be asked about.

    Attributes:
        keys: The variables, by index.
        full: All cells of each variable, as masks.
        cells: The cells of each main variable, by field.
    """

    def __init__(self, known: Mapping[str, Known], expressions: Iterable[Expression]) -> None:
        self.known = known
        self.keys: list[Key] = []
        self.full: list[int] = []
        self.cells: dict[str, tuple[Cell, ...]] = {}
        self._index: dict[Key, int] = {}
        self._atoms: dict[Atom, tuple[list[Box], list[Box]]] = {}
        asked: dict[str, list[Atom]] = {}
        for expression in expressions:
            for atom in atoms(expression):
                for name in _fields(atom):
                    asked.setdefault(name, []).append(atom)
        for name, of_field in asked.items():
            self.cells[name] = _cells(known[name], of_field)
            self._variable(("field", name), len(self.cells[name]))

    # -- variables ----------------------------------------------------------------------------

    def _variable(self, key: Key, cells: int = 2) -> int:
        if key not in self._index:
            self._index[key] = len(self.keys)
            self.keys.append(key)
            self.full.append((1 << cells) - 1)
        return self._index[key]

    def index(self, *key: str) -> int | None:
        """Return the index of a variable; None where no condition asks for it."""
        return self._index.get(key)

    def having(self, name: str, *, value: Value) -> int:
        """Return the mask of the cells of a field that hold a value (None: it is missing)."""
        mask = 0
        for number, cell in enumerate(self.cells.get(name, ())):
            if cell.missing if value is None else value in cell.values:
                mask |= 1 << number
        cells = self.cells.get(name, ())
        if not mask and value is not None and OTHER in cells:
            return 1 << cells.index(OTHER)
        return mask

    def present(self, name: str) -> int:
        """Return the mask of the cells of a field in which it is not missing."""
        return sum(1 << n for n, cell in enumerate(self.cells[name]) if not cell.missing)

    # -- conditions ---------------------------------------------------------------------------

    def boxes(self, expression: Expression) -> list[Box]:
        """Write a condition as boxes that together are all the cells in which it holds.

        Raises:
            TooLargeError: It has too many.
        """
        return self._boxes(pushed(expression))

    def _boxes(self, expression: Expression) -> list[Box]:
        match expression:
            case Constant(value):
                return [{}] if value else []
            case Or(operands):
                return absorbed(box for operand in operands for box in self._boxes(operand))
            case And(operands):
                found: list[Box] = [{}]
                for operand in operands:
                    found = product(found, self._boxes(operand))
                return found
            case Not(operand):
                # Negation stands before atoms only.
                return self._of_atom(operand)[1]  # type: ignore[arg-type]
            case _:
                return self._of_atom(expression)[0]

    def _of_atom(self, atom: Atom) -> tuple[list[Box], list[Box]]:
        if atom not in self._atoms:
            self._atoms[atom] = self._made(atom)
        return self._atoms[atom]

    def _made(self, atom: Atom) -> tuple[list[Box], list[Box]]:
        if isinstance(atom, CompareFields):
            return self._relation(atom)
        if isinstance(atom, Test) and atom.function == "changed":
            variable = self._variable(("changed", atom.field))
            return [{variable: YES}], [{variable: NO}]
        (name,) = _fields(atom)
        return self._on_field(name, atom)

    def _on_field(self, name: str, atom: Atom) -> tuple[list[Box], list[Box]]:
        main = self._variable(("field", name))
        yes = no = free = 0
        for number, cell in enumerate(self.cells[name]):
            if cell is OTHER and _is_free(atom):
                free |= 1 << number
            elif holds(atom, _facts(atom, name, cell)):
                yes |= 1 << number
            else:
                no |= 1 << number
        if not free:
            return self._boxed(main, yes), self._boxed(main, no)
        return self._with_free(main, atom, (yes, no, free))

    def _with_free(
        self, main: int, atom: Atom, masks: tuple[int, int, int]
    ) -> tuple[list[Box], list[Box]]:
        assert isinstance(atom, Test)  # noqa: S101 - only tests are free
        yes, no, free = masks
        asked = self._variable((atom.function, atom.field, atom.text))
        either = self._boxed(main, yes), self._boxed(main, no)
        for boxes, answer in zip(either, (YES, NO), strict=True):
            boxes += [{**box, asked: answer} for box in self._boxed(main, free)]
        return either

    def _boxed(self, variable: int, mask: int) -> list[Box]:
        if not mask:
            return []
        return [{}] if mask == self.full[variable] else [{variable: mask}]

    def _relation(self, atom: CompareFields) -> tuple[list[Box], list[Box]]:
        left, right, op = atom.left, atom.right, atom.op
        if left > right:
            left, right, op = right, left, _mirrored(op)
        relation = self._variable(("relation", left, right), len(_RELATIONS))
        mask = sum(1 << n for n, sign in enumerate(_RELATIONS) if OPERATORS[op](sign, 0))
        sides = [(self._variable(("field", name)), self.present(name)) for name in (left, right)]
        there: list[Box] = [{}]
        absent: list[Box] = []
        for variable, present in sides:
            there = product(there, self._boxed(variable, present))
            absent += self._boxed(variable, self.full[variable] & ~present)
        inverse = self.full[relation] & ~mask
        return (
            product(there, self._boxed(relation, mask)),
            [*absent, *product(there, self._boxed(relation, inverse))],
        )


def _fields(atom: Atom) -> tuple[str, ...]:
    """Name the fields whose main variables an atom reads; being open is a matter of status."""
    if isinstance(atom, CompareFields):
        return atom.left, atom.right
    if isinstance(atom, Test) and atom.function == "changed":
        return ()
    return ("status",) if atom.field == "open" else (atom.field,)


def _is_free(atom: Atom) -> bool:
    return isinstance(atom, Test) and (atom.function in _FREE or atom.function == "has")


def _facts(atom: Atom, name: str, cell: Cell) -> dict[str, Any]:
    if cell.missing:
        return {}
    # An unnamed text is equal to nothing that a condition names.
    value: Any = cell.values[0] if cell.values else _Unnamed()
    if isinstance(atom, Compare | OneOf | Test) and atom.field == "open":
        return {"open": value in OPEN_STATUSES}
    return {name: value}


class _Unnamed:
    """A text that is equal to no literal."""


def _mirrored(op: Operator) -> Operator:
    mirror: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
    return mirror.get(op, op)


# -- cells ----------------------------------------------------------------------------------------


def _cells(known: Known, of_field: list[Atom]) -> tuple[Cell, ...]:
    if known.kind == "boolean":
        present: tuple[Cell, ...] = (Cell((False,)), Cell((True,)))
    elif known.kind == "set":
        present = (OTHER,)
    elif known.ordered:
        present = tuple(_intervals(known, sorted(_literals(of_field))))
    elif known.words:
        present = tuple(Cell((word,)) for word in known.words)
    else:
        present = (OTHER, *(Cell((literal,)) for literal in sorted(_literals(of_field))))
    return present if known.certain else (MISSING, *present)


def _literals(of_field: list[Atom]) -> set[Any]:
    found: set[Any] = set()
    for atom in of_field:
        if isinstance(atom, Compare):
            found.add(atom.literal)
        elif isinstance(atom, OneOf):
            found.update(atom.literals)
    return found


def _intervals(known: Known, points: list[Any]) -> Iterator[Cell]:
    """Part an order at points: each is a cell, and so is what lies between two of them."""
    if not points:
        points = [_anywhere(known)]
    before = None
    for point in points:
        yield from _between(known, before, point)
        if _inside(known, point):
            yield Cell((point,))
        before = point
    yield from _between(known, before, None)


def _anywhere(known: Known) -> Any:
    if known.kind == "datetime":
        return datetime.fromisoformat("2026-11-02T01:00:00+00:00")
    return next((int(b) for b in (known.low, known.high) if b is not None and b == int(b)), 0)


def _between(known: Known, low: Any, high: Any) -> Iterator[Cell]:
    ends = [_beside(known, low, 1)] if low is not None else []
    ends += [_beside(known, high, -1)] if high is not None else []
    if low is not None and high is not None and known.kind == "number":
        ends = [(low + high) / 2]
    bounds = [b for b in (known.low, known.high) if b is not None]
    ends += [int(b) if known.kind == "integer" and b == int(b) else b for b in bounds]
    fitting = [
        end
        for end in dict.fromkeys(ends)
        if (low is None or end > low) and (high is None or end < high) and _inside(known, end)
    ]
    if fitting:
        yield Cell(tuple(fitting))


def _beside(known: Known, value: Any, sign: int) -> Any:
    """Return a value next to another, above or below."""
    match known.kind:
        case "datetime":
            return value + sign * timedelta(seconds=1)
        case "money":
            return round(value + sign * 0.01, 2)
        case "number":
            return value + sign * max(1.0, abs(value))
        case _:
            return value + sign


def _inside(known: Known, value: Any) -> bool:
    if isinstance(value, datetime):
        return True
    if known.kind == "integer" and abs(value) > INTEGER_LIMIT:
        return False
    return (known.low is None or value >= known.low) and (known.high is None or value <= known.high)
