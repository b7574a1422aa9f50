"""What all parts of the analysis share: the ruleset, its cells, its boxes, the way to findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ruledesk.rules.analysis.cover import Box, Cover, TooLargeError, meet
from ruledesk.rules.analysis.domain import known_fields
from ruledesk.rules.analysis.finding import Code, Finding, Level
from ruledesk.rules.analysis.place import every_expression, file_of, rule_key
from ruledesk.rules.analysis.search import Search, certain_boxes
from ruledesk.rules.analysis.space import Space
from ruledesk.rules.expression.types import Expression
from ruledesk.rules.ruleset import Reaction, Rule, Ruleset, Stage, TargetPolicy


@define
class Subject:
    """A ruleset under analysis.

    Attributes:
        ruleset: The ruleset.
        space: The cells of all its conditions.
        search: Finds witnesses.
        cover: Answers whether boxes cover one another.
        never: Names of the rules that were found never to hold; nothing more is said of them.
    """

    ruleset: Ruleset
    space: Space
    search: Search
    cover: Cover
    never: set[str] = field(factory=set)
    _boxes: dict[tuple[int, int], list[Box]] = field(factory=dict)

    @classmethod
    def of(cls, ruleset: Ruleset) -> Subject:
        """Prepare a ruleset."""
        space = Space(known_fields(ruleset), every_expression(ruleset))
        certain = certain_boxes(space, ruleset.stages)
        # Variables of tests come to be with the boxes that need them: all of them first.
        for expression in every_expression(ruleset):
            try:
                space.boxes(expression)
            except TooLargeError:
                continue
        return cls(ruleset, space, Search(ruleset, space, certain), Cover(space.full))

    def boxes(self, when: Expression, place: int) -> list[Box]:
        """Return a condition's boxes, within what can be there at a stage.

        Args:
            when: The condition.
            place: The number of the stage; that of stages for limits and what follows.

        Raises:
            TooLargeError: There are too many.
        """
        key = (id(when), place)
        if key not in self._boxes:
            certain = self.search.certain[place]
            try:
                met = [meet(box, certain) for box in self.space.boxes(when)]
            except TooLargeError:
                self.cover.given_up = True
                raise
            self._boxes[key] = [box for box in met if box is not None]
        return self._boxes[key]

    def inherited(self, file: str) -> bool:
        """Whether a part stands in another file, which this ruleset extends.

        What it does to them is meant: such a part is only told of where it is wrong by itself.
        """
        own = self.ruleset.origin
        return bool(file and own) and file != own

    # -- findings -----------------------------------------------------------------------------

    def of_rule(
        self, owner: Stage | TargetPolicy, rule: Rule, level: Level, code: Code, **said: Any
    ) -> Finding:
        """Make a finding about a rule of a stage or a limit of a target."""
        group = "stages" if isinstance(owner, Stage) else "targets"
        key = rule_key(self.ruleset, group, owner.name, rule.name)
        said.setdefault("rules", (rule.name,))
        return Finding(level, code, file=rule.origin, key=key, **said)

    def of_reaction(self, reaction: Reaction, level: Level, code: Code, **said: Any) -> Finding:
        """Make a finding about a reaction."""
        key = f"reactions.{reaction.name}"
        return Finding(level, code, rules=(reaction.name,), file=reaction.origin, key=key, **said)

    def of_key(self, key: str, level: Level, code: Code, **said: Any) -> Finding:
        """Make a finding about another part of the ruleset."""
        return Finding(level, code, file=file_of(self.ruleset, key), key=key, **said)


def named(names: tuple[str, ...] | list[str], most: int = 4) -> str:
    """Write a list of names, the first few."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown}, +{len(names) - most}"


def values_text(outcome: Mapping[str, Any]) -> str:
    """Write an outcome: ``priority = P1``."""
    return ", ".join(f"{name} = {value}" for name, value in outcome.items()) or "nothing"
