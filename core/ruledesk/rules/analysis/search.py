"""Finding the ticket that shows something: from a box back through the stages to a submission.

Boxes say what the rules see. What a stage before has set cannot simply be handed in, so the search
also asks which rule sets it, and hands in what makes that rule fire. Whatever it tries is played
through form and stages, and only what then shows the finding counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeAlias

from ruledesk.model.values import Value
from ruledesk.rules.analysis.cover import Box, Cover, TooLargeError, meet
from ruledesk.rules.analysis.domain import Known
from ruledesk.rules.analysis.finding import Witness, plain
from ruledesk.rules.analysis.realise import MOST_FACTS, realised
from ruledesk.rules.analysis.simulate import play
from ruledesk.rules.analysis.space import NO, YES, Space
from ruledesk.rules.expression.facts import CHANGED
from ruledesk.rules.ruleset import Rule, Ruleset, Stage

#: Says whether facts show what is looked for.
Shows: TypeAlias = Callable[[Mapping[str, Value]], bool]
#: How many boxes are tried for one witness.
MOST_TRIED: Final = 60
_DEEPEST: Final = 3
_THERE: Final = frozenset({"number", "line", "channel", "channel_open", "created_at", "event.by"})
_FORM: Final = Known("text", form=True)


class Search:
    """Looks for witnesses in one ruleset.

    Args:
        ruleset: The ruleset.
        space: The cells of all its conditions.

    Attributes:
        submitted: The box of all tickets that were just handed in, in full.
        certain: For each stage, and at the end for the limits: the box of what can be there at
            all, given what the stages before decide.
    """

    def __init__(self, ruleset: Ruleset, space: Space, certain: tuple[Box, ...]) -> None:
        self.ruleset = ruleset
        self.space = space
        self.certain = certain
        self.submitted = _just_submitted(space)

    def submission(
        self, box: Box, place: int, shows: Shows, unless: tuple[int, Shows] | None = None
    ) -> Witness | None:
        """Look for a submission.

        Args:
            box: What the rules at `place` are to see.
            place: The number of the stage; that of stages for the limits.
            shows: Whether the facts that the stage then sees show the finding.
            unless: What the facts that another stage sees must not show.

        Returns:
            The witness; None where none was found.
        """
        for candidate in islice(self._back(box, place), MOST_TRIED):
            narrowed = self._narrowed(candidate)
            if narrowed is None:
                continue
            for facts in islice(realised(self.space, narrowed), MOST_FACTS):
                given, ambient = self._parted(facts)
                played = play(self.ruleset, given, ambient)
                if played is None or not shows(played.before[place]):
                    continue
                if unless is None or not unless[1](played.before[unless[0]]):
                    channel = str(ambient.pop("channel", ""))
                    return Witness(played.given, ambient, channel)
        return None

    def later(self, box: Box, shows: Shows) -> Witness | None:
        """Look for facts of a ticket later in its life, where a box speaks of such facts at all."""
        names = {self.space.keys[variable][1] for variable in box}
        if not any(self._comes_later(name) for name in names):
            return None
        for facts in islice(realised(self.space, box), MOST_FACTS):
            if shows({"flags": (), **facts}):
                return Witness(facts=facts)
        return None

    def _narrowed(self, box: Box) -> Box | None:
        # Only what the box speaks of need be chosen; all else takes its natural course.
        concerned = {v: m for v, m in self.submitted.items() if v in self._concerned(box)}
        return meet(box, concerned)

    def _concerned(self, box: Box) -> set[int]:
        names = {name for v in box for name in self.space.keys[v][1:3]}
        main = (self.space.index("field", name) for name in names)
        return {*box, *(v for v in main if v is not None)}

    def _parted(self, facts: Mapping[str, Value]) -> tuple[dict[str, Any], dict[str, Value]]:
        given: dict[str, Any] = {}
        ambient: dict[str, Value] = {}
        for name, value in facts.items():
            known = self.space.known.get(name, Known("text"))
            if known.form:
                given[name] = plain(value)
            elif name != CHANGED and not self._comes_later(name):
                ambient[name] = value
        return given, ambient

    def _comes_later(self, name: str) -> bool:
        """Whether a fact is neither handed in nor there already when a ticket is."""
        there = name in _THERE or name.startswith(("counts.", "extra.", "call."))
        return not there and not self.space.known.get(name, _FORM).form

    # -- back through the stages --------------------------------------------------------------

    def _back(self, box: Box, place: int) -> Iterator[Box]:
        """List boxes of submissions that may come to lie in a box at a stage, the nearest first."""
        waiting = deque([(self._chosen(box, place), place, 0)])
        while waiting:
            wanted, before, steps = waiting.popleft()
            yield wanted
            if steps < _DEEPEST:
                waiting.extend((cause, at, steps + 1) for cause, at in self._causes(wanted, before))

    def _chosen(self, box: Box, place: int) -> Box:
        """Leave out what is so of every ticket: it need not be brought about."""
        certain = self.certain[place]
        return {v: mask for v, mask in box.items() if certain.get(v) != mask}

    def _causes(self, box: Box, place: int) -> Iterator[tuple[Box, int]]:
        for variable in sorted(box):
            for at in range(place - 1, -1, -1):
                for cause in self._through(box, variable, self.ruleset.stages[at]):
                    yield cause, at

    def _through(self, box: Box, variable: int, stage: Stage) -> Iterator[Box]:
        rest = {v: m for v, m in box.items() if v != variable}
        for rule in stage.rules:
            if self._makes(rule.set, variable, box[variable]):
                merged = (meet(rest, cause) for cause in self._boxes(rule))
                yield from (one for one in merged if one is not None)
        if self._makes(stage.default, variable, box[variable]):
            yield rest

    def _boxes(self, rule: Rule) -> list[Box]:
        try:
            return self.space.boxes(rule.when)[:8]
        except TooLargeError:
            return []

    def _makes(self, outcome: Mapping[str, Value], variable: int, mask: int) -> bool:
        """Say whether an outcome puts a variable into one of some cells."""
        key = self.space.keys[variable]
        value = outcome.get(key[1])
        if value is None:
            return False
        if key[0] == "has":
            return mask == YES and isinstance(value, tuple) and key[2] in value
        return key[0] == "field" and bool(self.space.having(key[1], value=value) & mask)


def _just_submitted(space: Space) -> Box:
    box: Box = {}
    for variable, key in enumerate(space.keys):
        if key[0] == "changed" or key[:2] == ("has", "flags"):
            box[variable] = NO
        elif key[0] == "field":
            mask = _at_submission(space, key[1], space.full[variable])
            if mask and mask != space.full[variable]:
                box[variable] = mask
    return box


def _at_submission(space: Space, name: str, full: int) -> int:
    known = space.known[name]
    if known.later:
        return space.having(name, value=None)
    if known.submitted is not None:
        return space.having(name, value=known.submitted)
    return space.present(name) if known.given else full


def certain_boxes(space: Space, stages: tuple[Stage, ...]) -> tuple[Box, ...]:
    """Say before each stage, and after all, which fields cannot be missing any more.

    Args:
        space: The cells.
        stages: The stages, in order.

    Returns:
        One box more than there are stages.
    """
    boxes: list[Box] = [{}]
    for stage in stages:
        box = dict(boxes[-1])
        for name in stage.sets:
            variable = space.index("field", name)
            if variable is not None and _always_sets(space, stage, name, boxes[-1]):
                box[variable] = space.present(name)
        boxes.append(box)
    return tuple(boxes)


def _always_sets(space: Space, stage: Stage, name: str, before: Box) -> bool:
    """Say whether a field is there after a stage, whatever the ticket."""
    if stage.hit == "collect" or any(rule.set.get(name) is None for rule in stage.rules):
        return False
    if stage.default.get(name) is not None:
        return True
    variable = space.index("field", name)
    absent = space.having(name, value=None)
    if variable is None or not absent:
        return True
    missing = meet(before, {variable: absent})
    if missing is None:
        return True
    try:
        boxes = [box for rule in stage.rules for box in space.boxes(rule.when)]
        return Cover(space.full).uncovered(missing, boxes) is None
    except TooLargeError:
        return False
