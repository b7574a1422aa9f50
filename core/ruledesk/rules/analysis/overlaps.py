"""Two rules that match at once where only one may: overlaps under the hit policy ``unique``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ruledesk.model.values import Value
from ruledesk.rules.analysis.cover import Box, TooLargeError, disjoint, meet
from ruledesk.rules.analysis.finding import Finding, Level, Witness
from ruledesk.rules.analysis.subject import Subject, values_text
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.ruleset import Rule, Stage, TargetPolicy

#: How many overlaps of one stage or target are told one by one.
MOST_TOLD = 20
#: How many shared boxes of two rules are tried for a witness.
_MOST_SHARED = 12
#: How many pairs without a witness are looked into.
_MOST_DOUBTFUL = 200


def overlap_findings(subject: Subject) -> Iterator[Finding]:
    """Look for tickets on which two rules of a ``unique`` stage, or two limits, match."""
    ruleset = subject.ruleset
    for place, stage in enumerate(ruleset.stages):
        if stage.hit == "unique":
            yield from islice(_of(subject, stage, stage.rules, place), MOST_TOLD)
    for target in ruleset.targets.values():
        found = _of(subject, target, target.limits, len(ruleset.stages))
        yield from islice(found, MOST_TOLD)


def _of(
    subject: Subject, owner: Stage | TargetPolicy, rules: Sequence[Rule], place: int
) -> Iterator[Finding]:
    doubtful = 0
    for number, rule in enumerate(rules):
        for earlier in rules[:number]:
            shared = _shared(subject, earlier, rule, place)
            if not shared:
                continue
            found = witnessed(subject, shared, (earlier, rule), place)
            if found is not None:
                yield _finding(subject, owner, (earlier, rule), found)
                continue
            doubtful += 1
            if doubtful > _MOST_DOUBTFUL:
                return


def _shared(subject: Subject, a: Rule, b: Rule, place: int) -> list[Box]:
    try:
        return [
            shared
            for one in subject.boxes(a.when, place)
            for other in subject.boxes(b.when, place)
            if not disjoint(one, other) and (shared := meet(one, other)) is not None
        ]
    except TooLargeError:
        return []


def witnessed(
    subject: Subject, shared: Sequence[Box], rules: Sequence[Rule], place: int
) -> Witness | None:
    """Look for a ticket on which several rules hold.

    Args:
        subject: The ruleset.
        shared: Boxes in which they all do.
        rules: The rules.
        place: The number of the stage; that of stages for limits.

    Returns:
        The witness; None where none was found, so that nothing need be said.
    """

    def shows(facts: Mapping[str, Value]) -> bool:
        return all(holds(rule.when, facts) for rule in rules)

    for box in shared[:_MOST_SHARED]:
        found = subject.search.submission(box, place, shows)
        if found is not None:
            return found
    for box in shared[:_MOST_SHARED]:
        found = subject.search.later(box, shows)
        if found is not None:
            return found
    return None


def _finding(
    subject: Subject, owner: Stage | TargetPolicy, pair: tuple[Rule, Rule], witness: Witness
) -> Finding:
    first, second = pair
    names = (second.name, first.name)
    level: Level = "error" if first.set != second.set else "warning"
    if first.set == second.set:
        en = f"{second.name} and {first.name} can both match where one may, with the same outcome"
        zh = f"{second.name} 与 {first.name} 可能同时命中（结果相同），而此处只允许一条命中"
    else:
        en = (
            f"{second.name} and {first.name} can both match where one may: "
            f"{values_text(second.set)} against {values_text(first.set)}"
        )
        zh = (
            f"{second.name} 与 {first.name} 可能同时命中，而此处只允许一条命中："
            f"{values_text(second.set)} 与 {values_text(first.set)} 冲突"
        )
    if subject.inherited(first.origin) and not subject.inherited(second.origin):
        en += f"; to replace the inherited {first.name}, give yours its name"
        zh += f"；若要替换继承的 {first.name}，请使用同一名称"
    return subject.of_rule(
        owner, second, level, "overlap", en=en, zh=zh, rules=names, witness=witness
    )
