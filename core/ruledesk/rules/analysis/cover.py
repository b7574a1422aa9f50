"""Boxes over elementary cells: do they meet, and do they cover one another?

A *box* says for some variables in which of their cells they are: a bit mask by the variable's
index; a variable that it does not name may be in any cell. A condition is a list of boxes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from attrs import define

Box: TypeAlias = dict[int, int]
#: How many boxes one condition may have.
MOST_BOXES: Final = 512
#: How many steps one question may take, and all questions of an analysis together: some seconds
#: at the very worst.
MOST_STEPS: Final = 20_000
MOST_STEPS_TOGETHER: Final = 300_000
#: How many boxes are looked at for what counts as one step more.
_BOXES_A_STEP: Final = 10


class TooLargeError(Exception):
    """The question needs more boxes or steps than allowed."""


def meet(a: Box, b: Box) -> Box | None:
    """Return what two boxes share; None where that is nothing."""
    if len(a) < len(b):
        a, b = b, a
    shared = dict(a)
    for variable, mask in b.items():
        both = shared.get(variable, mask) & mask
        if not both:
            return None
        shared[variable] = both
    return shared


def disjoint(a: Box, b: Box) -> bool:
    """Say whether two boxes share nothing."""
    if len(a) > len(b):
        a, b = b, a
    return any(not mask & b.get(variable, mask) for variable, mask in a.items())


def product(left: Sequence[Box], right: Sequence[Box]) -> list[Box]:
    """List what the boxes of two conditions share.

    Raises:
        TooLargeError: There are more than `MOST_BOXES`.
    """
    shared = (meet(a, b) for a in left for b in right)
    return absorbed(box for box in shared if box is not None)


def absorbed(boxes: Iterable[Box]) -> list[Box]:
    """Drop boxes that lie within another, and join those that constrain one same variable only.

    Raises:
        TooLargeError: More than `MOST_BOXES` are left.
    """
    single: Box = {}
    kept: list[Box] = []
    for box in boxes:
        if not box:
            return [{}]
        if len(box) == 1:
            ((variable, mask),) = box.items()
            single[variable] = single.get(variable, 0) | mask
        elif not any(_within(box, other) for other in kept):
            kept = [other for other in kept if not _within(other, box)]
            kept.append(box)
            if len(kept) > MOST_BOXES:
                raise TooLargeError
    ones = [{variable: mask} for variable, mask in single.items()]
    return ones + [box for box in kept if not any(_within(box, one) for one in ones)]


def _within(box: Box, other: Box) -> bool:
    return all(variable in box and not box[variable] & ~mask for variable, mask in other.items())


@define
class Cover:
    """Looks for what boxes leave uncovered, within the cells that the variables have.

    Attributes:
        full: All cells of each variable.
        steps: What the question at hand may still take.
        together: What all questions to come may still take.
        given_up: Whether some question was not answered.
    """

    full: Sequence[int]
    steps: int = MOST_STEPS
    together: int = MOST_STEPS_TOGETHER
    given_up: bool = False

    def uncovered(self, within: Box, boxes: Iterable[Box]) -> Box | None:
        """Find a part of a box that none of the others meets.

        Args:
            within: The box to be covered.
            boxes: What may cover it.

        Returns:
            A box inside `within`; None where all of it is covered.

        Raises:
            TooLargeError: The answer takes too many steps.
        """
        before = self.steps = min(MOST_STEPS, self.together)
        try:
            return self._uncovered(within, list(boxes))
        except TooLargeError:
            self.given_up = True
            raise
        finally:
            self.together -= before - self.steps

    def _spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise TooLargeError

    def _uncovered(self, within: Box, boxes: list[Box]) -> Box | None:
        self._spend(1 + len(boxes) // _BOXES_A_STEP)
        relevant: list[Box] = []
        for box in boxes:
            rest = self._rest(within, box)
            if rest is None:
                continue
            if not rest:
                return None
            relevant.append(rest)
        if not relevant:
            return within
        return self._split(within, relevant)

    def _rest(self, within: Box, box: Box) -> Box | None:
        """Return how a box constrains `within` further; None where it lies outside."""
        rest: Box = {}
        for variable, mask in box.items():
            cells = within.get(variable, self.full[variable])
            both = cells & mask
            if not both:
                return None
            if both != cells:
                rest[variable] = both
        return rest

    def _split(self, within: Box, boxes: list[Box]) -> Box | None:
        counts = Counter(variable for box in boxes for variable in box)
        variable = max(counts, key=lambda one: (counts[one], -one))
        free = [box for box in boxes if variable not in box]
        bound = [box for box in boxes if variable in box]
        for part, inside in self._parts(within.get(variable, self.full[variable]), variable, bound):
            found = self._uncovered({**within, variable: part}, [*free, *inside])
            if found is not None:
                return found
        return None

    def _parts(self, cells: int, variable: int, bound: list[Box]) -> list[tuple[int, list[Box]]]:
        """Part the cells of a variable by the boxes that hold them, least covered first.

        Of two parts, the one whose boxes all hold the other too is enough: where it is covered,
        so is the other.
        """
        parts: list[tuple[int, frozenset[int]]] = [(cells, frozenset())]
        for number, box in enumerate(bound):
            mask, split = box[variable], []
            for part, inside in parts:
                if part & mask:
                    split.append((part & mask, inside | {number}))
                if part & ~mask:
                    split.append((part & ~mask, inside))
            parts = split
            self._spend(len(parts) // _BOXES_A_STEP)
        least: list[tuple[int, frozenset[int]]] = []
        for part, inside in sorted(parts, key=lambda one: len(one[1])):
            if not any(other <= inside for _, other in least):
                least.append((part, inside))
        return [(part, [bound[number] for number in sorted(inside)]) for part, inside in least]
