"""Which rules a decision was made from, and what a condition lacked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ruledesk.explain.values import RuleKind
from ruledesk.model.decision import Decision
from ruledesk.model.values import Value
from ruledesk.rules.expression.evaluate import Trace, failed_atoms
from ruledesk.rules.expression.facts import FactError, check_facts
from ruledesk.rules.expression.types import Expression, Schema
from ruledesk.rules.ruleset import Reaction, Rule, Ruleset

_TARGETS: Final = "targets."
#: Under what a store keeps rulesets, by hash. One that was read from there names no file.
KEPT: Final = "ruleset/"


@frozen
class Entry:
    """A rule of any kind, with what all kinds have.

    Attributes:
        place: Name of the stage or target; the events of a reaction, joined with commas.
        sets: The fields that it sets.
        reaction: The reaction itself, where it is one.
        manual: The lines of the manual that it implements.
    """

    name: str
    kind: RuleKind
    place: str
    when: Expression
    origin: str
    sets: tuple[str, ...] = ()
    reaction: Reaction | None = None
    manual: tuple[str, ...] = ()

    def decided_in(self, decision: Decision) -> bool:
        """Say whether a decision looked at this rule; reactions are each on their own."""
        if self.kind == "stage":
            return decision.stage == self.place
        if self.kind == "target":
            return decision.stage == f"{_TARGETS}{self.place}"
        return self.name in decision.matched


def entries(ruleset: Ruleset) -> tuple[Entry, ...]:
    """List every rule of a ruleset: of stages, of targets, and the reactions."""
    found = [
        _entry(rule, "stage", stage.name, tuple(rule.set))
        for stage in ruleset.stages
        for rule in stage.rules
    ]
    found += [
        _entry(rule, "target", target.name)
        for target in ruleset.targets.values()
        for rule in target.limits
    ]
    return (*found, *(_reaction(reaction) for reaction in ruleset.reactions))


def _entry(rule: Rule, kind: RuleKind, place: str, sets: tuple[str, ...] = ()) -> Entry:
    origin = _file(rule.origin)
    return Entry(rule.name, kind, place, rule.when, origin, sets, manual=rule.manual)


def _reaction(reaction: Reaction) -> Entry:
    return Entry(
        name=reaction.name,
        kind="reaction",
        place=", ".join(reaction.on),
        when=reaction.when,
        origin=_file(reaction.origin),
        reaction=reaction,
        manual=reaction.manual,
    )


def _file(origin: str) -> str:
    return "" if origin.startswith(KEPT) else origin


def competitors(ruleset: Ruleset, decision: Decision) -> tuple[Entry, ...]:
    """List the rules that a decision was made from, in the ruleset's order."""
    return tuple(entry for entry in entries(ruleset) if entry.decided_in(decision))


def lacking(schema: Schema, when: Expression, facts: Mapping[str, Value]) -> tuple[Trace, ...]:
    """List the fewest tests of a condition that would have to differ for it to hold.

    Args:
        schema: The fields that conditions may read.
        when: The condition.
        facts: As recorded with the decision.

    Returns:
        The tests with what the facts were; empty where the condition holds.
    """
    return failed_atoms(when, _usable(schema, facts))


def _usable(schema: Schema, facts: Mapping[str, Any]) -> dict[str, Value]:
    """Drop facts of the wrong type: they are the incident that the decision already tells."""
    usable: dict[str, Value] = {}
    for name, value in facts.items():
        try:
            usable.update(check_facts(schema, {name: value}, (name,)))
        except FactError:
            continue
    return usable


def withheld(entry: Entry, decision: Decision) -> tuple[str, ...]:
    """Name what a chosen rule sets and the decision left out, since people had set it."""
    if entry.kind != "stage":
        return ()
    return tuple(name for name in entry.sets if name not in decision.outcome)


def chosen(decision: Decision) -> Sequence[str]:
    """Name the rules that a decision follows: one, none, or all of ``collect``."""
    if decision.hit == "collect":
        return decision.matched
    return (decision.rule,) if decision.rule else ()
