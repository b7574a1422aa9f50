"""Rulesets with one part changed: what scenarios are worth is whether they notice."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import normpath
from typing import Literal, TypeAlias, TypeVar

from attrs import evolve, frozen

from ruledesk.pilot.coverable import Part, own_parts
from ruledesk.rules.expression.types import Constant, Not
from ruledesk.rules.ruleset import Reaction, Rule, Ruleset, Stage, TargetPolicy
from ruledesk.targets.limit import Limit

T = TypeVar("T", Rule, Reaction)
Change: TypeAlias = Literal["deleted", "flipped", "doubled"]


@frozen
class Mutant:
    """One change of one part of a ruleset.

    Attributes:
        part: The part; of a target the part ``met``.
        change: ``deleted``; ``flipped``: its condition is negated; ``doubled``: its duration is.
    """

    part: Part
    change: Change


def mutants(ruleset: Ruleset) -> tuple[Mutant, ...]:
    """List the mutants of what stands in a ruleset's own file, in its order.

    A condition that is always true is not flipped: that would be the same as deleting its rule.
    """
    return tuple(
        Mutant(part, change) for part in own_parts(ruleset) for change in _changes(ruleset, part)
    )


def _changes(ruleset: Ruleset, part: Part) -> Iterator[Change]:
    if part.kind == "target":
        if part.way == "met":
            yield "deleted"
        return
    rule = next((one for one in _rules(ruleset) if one.name == part.name), None)
    if part.way or rule is None:
        return
    yield "deleted"
    if not isinstance(rule.when, Constant):
        yield "flipped"
    if part.kind == "limit":
        yield "doubled"


def _rules(ruleset: Ruleset) -> Iterator[Rule | Reaction]:
    for stage in ruleset.stages:
        yield from stage.rules
    for target in ruleset.targets.values():
        yield from target.limits
    yield from ruleset.reactions


def mutated(ruleset: Ruleset, mutant: Mutant) -> Ruleset:
    """Change a ruleset.

    Args:
        ruleset: The ruleset that the part stands in, or one that extends it.
        mutant: The change.

    Returns:
        The ruleset with the change; the same one where it does not have the part.
    """
    part = mutant.part
    match part.kind:
        case "rule" | "row":
            stages = tuple(_stage(ruleset, stage, mutant) for stage in ruleset.stages)
            return evolve(ruleset, stages=stages) if stages != ruleset.stages else ruleset
        case "limit":
            targets = {
                name: _limits(ruleset, target, mutant) for name, target in ruleset.targets.items()
            }
            return evolve(ruleset, targets=targets) if targets != ruleset.targets else ruleset
        case "target":
            path = f"targets.{part.name}"
            if normpath(ruleset.origins.get(path, ruleset.origin)) != part.file:
                return ruleset
            kept = {name: one for name, one in ruleset.targets.items() if name != part.name}
            return evolve(ruleset, targets=kept)
        case "reaction":
            reactions = tuple(
                changed
                for one in ruleset.reactions
                if (changed := _changed(ruleset, one, mutant)) is not None
            )
            return evolve(ruleset, reactions=reactions)
        case _:
            return ruleset


def _is_it(ruleset: Ruleset, one: Rule | Reaction, part: Part) -> bool:
    return one.name == part.name and normpath(one.origin or ruleset.origin) == part.file


def _stage(ruleset: Ruleset, stage: Stage, mutant: Mutant) -> Stage:
    if stage.name != mutant.part.place:
        return stage
    rules = (_changed(ruleset, rule, mutant) for rule in stage.rules)
    return evolve(stage, rules=tuple(rule for rule in rules if rule is not None))


def _limits(ruleset: Ruleset, target: TargetPolicy, mutant: Mutant) -> TargetPolicy:
    if target.name != mutant.part.place:
        return target
    limits = (_changed(ruleset, rule, mutant) for rule in target.limits)
    return evolve(
        target,
        limits=tuple(rule for rule in limits if rule is not None),
        durations={
            rule.name: _doubled(target.durations[rule.name])
            if mutant.change == "doubled" and _is_it(ruleset, rule, mutant.part)
            else target.durations[rule.name]
            for rule in target.limits
        },
    )


def _changed(ruleset: Ruleset, one: T, mutant: Mutant) -> T | None:
    if not _is_it(ruleset, one, mutant.part) or mutant.change == "doubled":
        return one
    return None if mutant.change == "deleted" else evolve(one, when=Not(one.when))


def _doubled(limit: Limit) -> Limit:
    return evolve(limit, amount=limit.amount * 2)
