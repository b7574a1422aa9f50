"""Conditions by themselves: such that never hold, always hold, or compare with the impossible."""

from __future__ import annotations

from collections.abc import Iterator

from ruledesk.rules.analysis.cover import Box, TooLargeError
from ruledesk.rules.analysis.finding import Finding
from ruledesk.rules.analysis.place import other_conditions
from ruledesk.rules.analysis.subject import Subject
from ruledesk.rules.expression.format import format_expression
from ruledesk.rules.expression.types import Compare, Constant, Expression, OneOf, Test
from ruledesk.rules.expression.walk import atoms
from ruledesk.rules.ruleset import Rule, Stage, TargetPolicy

NEVER = (
    "the condition holds for no ticket, so the rule never fires",
    "没有任何工单能满足该条件，规则永远不会触发",
)
ALWAYS = (
    'the condition holds for every ticket; if that is meant, write when = "True"',
    '该条件对所有工单都成立；如属有意，请写 when = "True"',
)


_PRESENCE = ("present", "missing")


def condition_findings(subject: Subject) -> Iterator[Finding]:
    """Look at each condition of stages, limits, reactions, fields, actions, correlations."""
    ruleset = subject.ruleset
    for place, stage in enumerate(ruleset.stages):
        for rule in stage.rules:
            last = stage.hit == "first" and rule is stage.rules[-1]
            yield from _of_rule(subject, stage, rule, place, may_be_always=last)
    for target in ruleset.targets.values():
        for rule in target.limits:
            yield from _of_rule(subject, target, rule, len(ruleset.stages), may_be_always=False)
    yield from _of_reactions(subject)
    yield from _of_others(subject)


def _of_rule(
    subject: Subject, owner: Stage | TargetPolicy, rule: Rule, place: int, *, may_be_always: bool
) -> Iterator[Finding]:
    found = verdict(subject, rule.when, place)
    if found and subject.inherited(rule.origin):
        found = verdict(subject, rule.when, 0) or "overridden"
    if found in ("never", "overridden"):
        subject.never.add(rule.name)
    if found == "never":
        en, zh = _because(subject, rule.when, NEVER)
        yield subject.of_rule(owner, rule, "error", "never", en=en, zh=zh)
    elif found == "always" and not may_be_always:
        witness = subject.search.submission({}, place, lambda _: True)
        en, zh = ALWAYS
        yield subject.of_rule(owner, rule, "warning", "always", en=en, zh=zh, witness=witness)
    elif not found:
        for en, zh in comparisons(subject, rule.when):
            yield subject.of_rule(owner, rule, "warning", "comparison", en=en, zh=zh)


def _of_reactions(subject: Subject) -> Iterator[Finding]:
    place = len(subject.ruleset.stages)
    for reaction in subject.ruleset.reactions:
        found = verdict(subject, reaction.when, place)
        if found == "never":
            subject.never.add(reaction.name)
            en, zh = _because(subject, reaction.when, NEVER)
            yield subject.of_reaction(reaction, "error", "never", en=en, zh=zh)
        elif found == "always":
            en, zh = ALWAYS
            yield subject.of_reaction(reaction, "warning", "always", en=en, zh=zh)
        else:
            for en, zh in comparisons(subject, reaction.when):
                yield subject.of_reaction(reaction, "warning", "comparison", en=en, zh=zh)


def _of_others(subject: Subject) -> Iterator[Finding]:
    for one in other_conditions(subject.ruleset):
        found = verdict(subject, one.when, 0)
        if found == "never":
            en, zh = _because(
                subject, one.when, ("the condition holds for no ticket", "没有任何工单能满足该条件")
            )
            yield subject.of_key(one.key, "error", "never", en=en, zh=zh)
        elif found != "always":
            for en, zh in comparisons(subject, one.when):
                yield subject.of_key(one.key, "warning", "comparison", en=en, zh=zh)


def verdict(subject: Subject, when: Expression, place: int) -> str:
    """Say whether a condition never holds, always does, or neither; a literal True is neither.

    Args:
        subject: The ruleset.
        when: The condition.
        place: The number of the stage that it is of.

    Returns:
        ``never``, ``always`` or the empty text.
    """
    if when == Constant(value=True):
        return ""
    try:
        boxes = subject.boxes(when, place)
        if not boxes:
            return "never"
        within: Box = subject.search.certain[place]
        return "" if subject.cover.uncovered(within, boxes) is not None else "always"
    except TooLargeError:
        return ""


def comparisons(subject: Subject, when: Expression) -> Iterator[tuple[str, str]]:
    """Tell the tests of a condition that no value of their field can pass, or can fail."""
    for atom in atoms(when):
        if isinstance(atom, Compare | OneOf | Test) and (said := _pointless(subject, atom)):
            yield said


def _because(subject: Subject, when: Expression, said: tuple[str, str]) -> tuple[str, str]:
    """Add which test it is that cannot hold, where it is one by itself."""
    more = list(comparisons(subject, when))
    if not more:
        return said
    return f"{said[0]} ({more[0][0]})", f"{said[1]}（{more[0][1]}）"


def _pointless(subject: Subject, atom: Compare | OneOf | Test) -> tuple[str, str] | None:
    space = subject.space
    if atom.field not in space.cells:
        return None
    main = space.index("field", atom.field)
    if main is None or (isinstance(atom, Test) and atom.function in _PRESENCE):
        return None
    present = space.present(atom.field)
    boxes = space.boxes(atom)
    if any(set(box) - {main} for box in boxes):
        return None
    passing = 0
    for box in boxes:
        passing |= box.get(main, space.full[main])
    text = format_expression(atom)
    if not passing & present:
        return f"{text} can never hold{_range(subject, atom, 0)}", (
            f"{text} 不可能成立{_range(subject, atom, 1)}"
        )
    if present & ~passing or not _outside(subject, atom):
        return None
    return f"{text} always holds{_range(subject, atom, 0)}", (
        f"{text} 总是成立{_range(subject, atom, 1)}"
    )


def _outside(subject: Subject, atom: Compare | OneOf | Test) -> bool:
    """Whether a number is compared that the field cannot hold."""
    known = subject.space.known[atom.field]
    if not isinstance(atom, Compare) or not isinstance(atom.literal, int | float):
        return False
    low, high = known.low, known.high
    return (low is not None and atom.literal < low) or (high is not None and atom.literal > high)


def _range(subject: Subject, atom: Compare | OneOf | Test, language: int) -> str:
    known = subject.space.known[atom.field]
    low, high = known.low, known.high
    if known.words or (low is None and high is None):
        return ""
    if low is None:
        bounds = f"≤ {high:.15g}"
    elif high is None:
        bounds = f"≥ {low:.15g}"
    else:
        bounds = f"{low:.15g} … {high:.15g}"
    return (f": {atom.field} is {bounds}", f"：{atom.field} 的范围是 {bounds}")[language]
