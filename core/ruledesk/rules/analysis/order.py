"""The order of stages: such that read what only a later stage decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ruledesk.model.values import Value
from ruledesk.rules.analysis.cover import TooLargeError
from ruledesk.rules.analysis.finding import Finding, Witness
from ruledesk.rules.analysis.subject import Subject
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.ruleset import Rule, Stage

_MOST_BOXES = 12


def order_findings(subject: Subject) -> Iterator[Finding]:
    """Look for rules that a ticket meets only once a later stage has decided.

    The stages run in order when a ticket comes in. A rule that reads what a later one sets fires
    late at best, when something else lets its stage be decided again. It is told of only with a
    ticket that the rule misses at its place and would take after the last stage.
    """
    stages = subject.ruleset.stages
    settled: set[str] = set()
    for place, stage in enumerate(stages):
        settled |= set(stage.sets)
        later = {
            name: one.name
            for one in stages[place + 1 :]
            for name in one.sets
            if name not in settled
        }
        for rule in stage.rules:
            names = sorted(reads([rule.when]) & later.keys())
            if names and rule.name not in subject.never:
                yield from _missed(subject, (place, stage), rule, {n: later[n] for n in names})


def _missed(
    subject: Subject, at: tuple[int, Stage], rule: Rule, later: Mapping[str, str]
) -> Iterator[Finding]:
    place, stage = at
    witness = _witness(subject, rule, place)
    if witness is None:
        return
    name, other = next(iter(later.items()))
    yield subject.of_rule(
        stage,
        rule,
        "warning",
        "unordered",
        en=f"reads {name}, which only the stage {other} after it sets; put that one first in order",
        zh=f"读取 {name}，而它由后面的阶段 {other} 设置；请在 order 中把该阶段放到前面",
        witness=witness,
    )


def _witness(subject: Subject, rule: Rule, place: int) -> Witness | None:
    """Look for a ticket that a rule takes after the last stage, and not at its place."""
    end = len(subject.ruleset.stages)

    def shows(facts: Mapping[str, Value]) -> bool:
        return holds(rule.when, facts)

    try:
        boxes = subject.boxes(rule.when, end)
    except TooLargeError:
        return None
    for box in boxes[:_MOST_BOXES]:
        found = subject.search.submission(box, end, shows, unless=(place, shows))
        if found is not None:
            return found
    return None
