"""Hit policies: from the rules that matched to a decision on record (F2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ruledesk.model.decision import Decision
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Value
from ruledesk.rules.compiled import CompiledStage
from ruledesk.rules.facts import Surroundings
from ruledesk.rules.ruleset import Rule, Ruleset, Stage


def decide_stage(
    ruleset: Ruleset, compiled: CompiledStage, ticket: Ticket, around: Surroundings
) -> Decision:
    """Let a stage decide.

    A double match under ``unique`` and a fact of the wrong type are incidents: they are recorded,
    and the first match or the default applies, so that a ticket is never stuck.

    Args:
        ruleset: What the stage belongs to.
        compiled: The stage.
        ticket: The ticket as the stages before have made it.
        around: What is not in the ticket.

    Returns:
        The decision; its outcome leaves out what people set by hand.
    """
    stage = compiled.stage
    matched = compiled.program.match(ticket, around)
    incident = matched.fault
    rules = [rule for rule in stage.rules if rule.name in matched.names]
    chosen, found = hit(stage, rules)
    if stage.hit == "unique" and len(rules) > 1:
        incident = f"{len(rules)} rules matched where one may: {', '.join(matched.names)}"
    outcome = _without_manual(ticket, found)
    return Decision(
        stage=stage.name,
        ruleset=ruleset.id,
        hash=ruleset.hash,
        hit=stage.hit,
        rule=chosen,
        matched=tuple(matched.names),
        facts=matched.facts,
        outcome=_taken_back(stage, ticket, outcome),
        events=_counted(matched.facts, around),
        incident=incident,
    )


def hit(stage: Stage, rules: Sequence[Rule]) -> tuple[str, Mapping[str, Value]]:
    """Apply a stage's hit policy.

    Args:
        stage: The stage.
        rules: Those of its rules that matched, in order.

    Returns:
        The rule that decides, of several all names with ``+``, empty for the default; the outcome.
    """
    if not rules:
        return "", stage.default
    if stage.hit != "collect":
        return rules[0].name, rules[0].set
    outcome: dict[str, Value] = dict(stage.default)
    for rule in rules:
        for name, value in rule.set.items():
            old = outcome.get(name)
            if isinstance(value, tuple) and isinstance(old, tuple):
                outcome[name] = (*old, *(word for word in value if word not in old))
            else:
                outcome.setdefault(name, value)
    return "+".join(rule.name for rule in rules), outcome


def _without_manual(ticket: Ticket, outcome: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in outcome.items() if name not in ticket.manual}


def _taken_back(stage: Stage, ticket: Ticket, outcome: dict[str, Value]) -> dict[str, Value]:
    for name, undo, present in (
        ("flags", "unflag", ticket.flags),
        ("lacks", "unlack", ticket.lacks),
    ):
        stale = stale_words(stage, name, present, outcome)
        if stale:
            outcome[undo] = tuple(sorted(stale))
    return outcome


def stale_words(
    stage: Stage, name: str, present: Collection[str], outcome: Mapping[str, Value]
) -> set[str]:
    """Say what a stage takes back: flags or lacks that it could say, and does not say now.

    Args:
        stage: The stage.
        name: ``flags`` or ``lacks``.
        present: Those that the ticket has.
        outcome: What the stage says now.
    """
    if not present:
        return set()
    could = _words(stage.default.get(name))
    for rule in stage.rules:
        could |= _words(rule.set.get(name))
    return could.intersection(present) - _words(outcome.get(name))


def _words(value: Value) -> set[str]:
    return set(value) if isinstance(value, tuple) else set()


def _counted(facts: Mapping[str, Value], around: Surroundings) -> dict[str, tuple[str, ...]]:
    return {
        name: around.counts(name.removeprefix("counts."))
        for name in facts
        if name.startswith("counts.")
    }
