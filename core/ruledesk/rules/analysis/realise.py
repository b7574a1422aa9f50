"""From a box to facts: values that lie in its cells, texts that pass its tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, Final

from ruledesk.model.values import Value
from ruledesk.rules.analysis.cover import Box
from ruledesk.rules.analysis.sample import samples
from ruledesk.rules.analysis.space import NO, OTHER, YES, Cell, Space
from ruledesk.rules.expression.evaluate import OPERATORS, holds
from ruledesk.rules.expression.facts import CHANGED
from ruledesk.rules.expression.types import Function, Test

#: How many sets of facts are tried for one box.
MOST_FACTS: Final = 12
_PLAIN_TEXTS: Final = ("x", "示例", "n/a")
_CELLS_TRIED: Final = 3


def realised(space: Space, box: Box) -> Iterator[dict[str, Value]]:
    """Make facts that lie in a box.

    Args:
        space: What the box is of.
        box: The box, restricted to what is sensible already.

    Yields:
        Facts by field name, missing ones left out; only fields that the box speaks of.
    """
    fields, relations = _spoken_of(space, box)
    choices = [tuple(islice(_values(space, box, name), _CELLS_TRIED)) for name in fields]
    changed = tuple(
        key[1]
        for variable, key in _keys(space, box)
        if key[0] == "changed" and box[variable] == YES
    )
    for values in islice(product(*choices), MOST_FACTS * 4):
        facts: dict[str, Value] = {
            n: v for n, v in zip(fields, values, strict=True) if v is not None
        }
        if changed:
            facts[CHANGED] = changed
        fitted = _related(space, box, facts, relations)
        if fitted is not None:
            yield fitted


def _keys(space: Space, box: Box) -> list[tuple[int, tuple[str, ...]]]:
    return [(variable, space.keys[variable]) for variable in sorted(box)]


def _spoken_of(space: Space, box: Box) -> tuple[list[str], list[tuple[int, str, str]]]:
    fields: dict[str, None] = {}
    relations = []
    for variable, key in _keys(space, box):
        if key[0] == "relation":
            relations.append((variable, key[1], key[2]))
            fields |= {key[1]: None, key[2]: None}
        elif key[0] != "changed":
            fields[key[1]] = None
    return list(fields), relations


def _cells(space: Space, box: Box, name: str) -> list[Cell]:
    main = space.index("field", name)
    mask = -1 if main is None else box.get(main, space.full[main])
    return [cell for n, cell in enumerate(space.cells[name]) if mask >> n & 1]


def _values(space: Space, box: Box, name: str) -> Iterator[Value]:
    """List values of one field that lie in a box; None where it is missing."""
    cells = _cells(space, box, name)
    if space.known[name].kind == "set":
        yield from _sets(space, box, name, cells)
        return
    # What is there shows more than what is missing.
    for cell in sorted(cells, key=lambda one: one.missing):
        if cell.missing:
            yield None
        elif cell is OTHER:
            yield from _texts(space, box, name)
        else:
            yield from cell.values[:2]


def _sets(space: Space, box: Box, name: str, cells: Sequence[Cell]) -> Iterator[Value]:
    words = tuple(
        key[2]
        for variable, key in _keys(space, box)
        if key[:2] == ("has", name) and box[variable] == YES
    )
    if any(not cell.missing for cell in cells):
        yield words
    if any(cell.missing for cell in cells) and not words:
        yield None


# -- texts ----------------------------------------------------------------------------------------


def _texts(space: Space, box: Box, name: str) -> Iterator[Value]:
    """Make texts that pass the tests of a box and are none that a condition names."""
    wanted: list[Test] = []
    unwanted: list[Test] = []
    for variable, key in _keys(space, box):
        if key[0] in ("contains", "startswith", "matches", "under") and key[1] == name:
            function: Function = key[0]  # type: ignore[assignment]
            asked = Test(function, name, key[2])
            if box[variable] in (YES, NO):
                (wanted if box[variable] == YES else unwanted).append(asked)
    named = {value for cell in space.cells[name] for value in cell.values}
    for text in dict.fromkeys(_candidates(wanted)):
        facts = {name: text}
        passes = all(holds(one, facts) for one in wanted)
        if passes and text not in named and not any(holds(one, facts) for one in unwanted):
            yield text


def _candidates(wanted: Sequence[Test]) -> Iterator[str]:
    if not wanted:
        yield from _PLAIN_TEXTS
        return
    starts = [t.text for t in wanted if t.function in ("startswith", "under")]
    start = max(starts, key=len, default="")
    parts = [_pieces(test) for test in wanted if test.function not in ("startswith", "under")]
    for pieces in islice(product(*parts), 200):
        for between in ("", " "):
            yield start + between.join(dict.fromkeys(pieces))
        yield start + " ".join(reversed(pieces))


def _pieces(test: Test) -> tuple[str, ...]:
    if test.function != "matches":
        return (test.text,)
    return tuple(text for text in samples(test.text) if holds(test, {test.field: text}))


# -- two fields -----------------------------------------------------------------------------------


def _related(
    space: Space, box: Box, facts: dict[str, Value], relations: Sequence[tuple[int, str, str]]
) -> dict[str, Value] | None:
    """Choose other values of the same cells where two fields are to stand to each other."""
    for variable, left, right in relations:
        if left not in facts or right not in facts:
            continue
        signs = [sign for n, sign in enumerate((-1, 0, 1)) if box[variable] >> n & 1]
        if any(_stands(facts, left, right, sign) for sign in signs):
            continue
        found = _moved(space, box, facts, (left, right), signs)
        if found is None:
            return None
        facts = found
    return facts


def _stands(facts: Mapping[str, Value], left: str, right: str, sign: int) -> bool:
    a: Any = facts[left]
    b: Any = facts[right]
    if isinstance(a, str):
        return bool(a == b) == (sign == 0)
    return bool(OPERATORS["==" if sign == 0 else "<" if sign < 0 else ">"](a, b))


def _moved(
    space: Space, box: Box, facts: dict[str, Value], pair: tuple[str, str], signs: Sequence[int]
) -> dict[str, Value] | None:
    left, right = pair
    options: list[list[Value]] = []
    for name, other in ((left, right), (right, left)):
        cells = [cell for cell in _cells(space, box, name) if not cell.missing]
        near = [value for cell in cells for value in cell.values]
        more = [facts[other]] if _may_be(cells, facts[other]) else []
        options.append([*near[:20], *more, *_neighbours(facts[other])])
    for a, b in islice(product(*options), 400):
        tried = {**facts, left: a, right: b}
        if any(_stands(tried, left, right, sign) for sign in signs):
            return tried
    return None


def _may_be(cells: Sequence[Cell], value: Value) -> bool:
    return OTHER in cells or any(value in cell.values for cell in cells)


def _neighbours(value: Value) -> list[Value]:
    if isinstance(value, int) and not isinstance(value, bool):
        return [value, value + 1, value - 1]
    return [value + 1.0, value - 1.0] if isinstance(value, float) else []
