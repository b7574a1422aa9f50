"""Limits of targets among each other: words that no limit is for, promises that contradict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Final

from attrs import define, field

from ruledesk.errors import InvalidInput
from ruledesk.model.values import Value
from ruledesk.rules.analysis.cover import Box, TooLargeError, meet
from ruledesk.rules.analysis.finding import Finding, Witness
from ruledesk.rules.analysis.overlaps import witnessed
from ruledesk.rules.analysis.severity import highest_first
from ruledesk.rules.analysis.subject import Subject, named
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.ruleset import Rule, TargetPolicy
from ruledesk.targets.clock import calendar_of, clock
from ruledesk.targets.limit import Limit

#: What comes first in a ticket's life, then, and last.
_ANSWER, _PLAN, _SOLUTION = 1, 2, 3
_ANSWERS: Final = frozenset(
    {"acknowledged", "accepted", "contacted", "noted", "noted.public", "answered"}
)
#: A week without holidays, at hours inside and outside of what people work.
_STARTS: Final = tuple(
    datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=day, hours=hour)
    for day in range(7)
    for hour in (0, 2, 4, 6, 8, 9, 12, 20)
)
_ORDERED: Final = ("priority", "urgency")
_MOST_BOXES: Final = 12


@define
class Limits:
    """The limits of a ruleset, and when each would be due."""

    subject: Subject
    _dues: dict[tuple[Limit, str], tuple[datetime, ...]] = field(factory=dict)

    def boxes(self, rule: Rule) -> list[Box]:
        """Return where a limit holds; nowhere where that is too much to say."""
        try:
            return self.subject.boxes(rule.when, len(self.subject.ruleset.stages))
        except TooLargeError:
            return []

    def later(self, a: tuple[TargetPolicy, Rule], b: tuple[TargetPolicy, Rule]) -> bool:
        """Say whether one limit is due after another, whenever in the week both begin."""
        one, other = self.due(*a), self.due(*b)
        return bool(one and other) and all(x > y for x, y in zip(one, other, strict=True))

    def due(self, target: TargetPolicy, rule: Rule) -> tuple[datetime, ...]:
        """Return when a limit is due, by where in the week it begins; empty where it never is."""
        ruleset = self.subject.ruleset
        limit = target.durations[rule.name]
        name = calendar_of(ruleset, target, limit)
        if (limit, name) not in self._dues:
            ticking = clock(ruleset.calendars, name)
            try:
                self._dues[limit, name] = tuple(limit.due(start, ticking) for start in _STARTS)
            except InvalidInput:  # the calendar has not that much working time
                self._dues[limit, name] = ()
        return self._dues[limit, name]

    def shared(self, a: Rule, b: Rule, without: int | None = None) -> list[Box]:
        """Return where two limits both hold, whatever a variable says."""
        found = (
            meet(_without(one, without), _without(other, without))
            for one in self.boxes(a)
            for other in self.boxes(b)
        )
        return [box for box in found if box is not None]


def _without(box: Box, variable: int | None) -> Box:
    return {v: mask for v, mask in box.items() if v != variable}


def limit_findings(subject: Subject) -> Iterator[Finding]:
    """Look at the limits of all targets."""
    limits = Limits(subject)
    for target in subject.ruleset.targets.values():
        yield from _never_due(limits, target)
        if not target.optional:
            yield from _uncovered_words(limits, target)
    yield from _out_of_order(limits)
    for name in _ORDERED:
        yield from _against_priority(limits, name)


def _never_due(limits: Limits, target: TargetPolicy) -> Iterator[Finding]:
    ruleset = limits.subject.ruleset
    for rule in target.limits:
        if limits.due(target, rule):
            continue
        limit = target.durations[rule.name]
        name = calendar_of(ruleset, target, limit)
        yield limits.subject.of_rule(
            target,
            rule,
            "error",
            "never-due",
            en=f"{limit} never ends: the calendar {name} has too little working time, "
            "so tickets with this limit are refused",
            zh=f"时限 {limit} 永远不会到期：日历 {name} 的工作时间不足，适用该时限的工单会被拒绝",
        )


# -- words without a limit ------------------------------------------------------------------------


def _uncovered_words(limits: Limits, target: TargetPolicy) -> Iterator[Finding]:
    subject = limits.subject
    space = subject.space
    boxes = [box for rule in target.limits for box in limits.boxes(rule)]
    for name, cells in space.cells.items():
        known, variable = space.known[name], space.index("field", name)
        if not known.form or known.kind != "enum" or not known.words or variable is None:
            continue
        if not boxes or not all(variable in box for box in boxes):
            continue
        covered = 0
        for box in boxes:
            covered |= box[variable]
        words = [
            str(cell.values[0])
            for n, cell in enumerate(cells)
            if not covered >> n & 1 and not cell.missing
        ]
        found = {word: w for word in words if (w := _without_limit(subject, target, name, word))}
        if found and len(words) < len(known.words):
            yield _word_finding(subject, target, name, found)


def _without_limit(subject: Subject, target: TargetPolicy, name: str, word: str) -> Witness | None:
    def shows(facts: Mapping[str, Value]) -> bool:
        none_holds = not any(holds(rule.when, facts) for rule in target.limits)
        return facts.get(name) == word and none_holds

    variable = subject.space.index("field", name)
    if variable is None:
        return None
    box = {variable: subject.space.having(name, value=word)}
    return subject.search.submission(box, len(subject.ruleset.stages), shows)


def _word_finding(
    subject: Subject, target: TargetPolicy, name: str, found: Mapping[str, Witness]
) -> Finding:
    words = named(list(found))
    return subject.of_key(
        f"targets.{target.name}",
        "warning",
        "target-gap",
        en=f"has limits for some words of {name} and none for {words}; "
        "add one, or optional = true where that is meant",
        zh=f"只为 {name} 的部分取值规定了时限，缺少 {words}；请补充，确属有意则写 optional = true",
        rules=tuple(rule.name for rule in target.limits),
        witness=next(iter(found.values())),
    )


# -- one target after another ---------------------------------------------------------------------


def _rank(target: TargetPolicy) -> int:
    """Say where in a ticket's life a target belongs; 0 for one that has no such place."""
    met_by = set(target.met_by)
    if target.repeats or "submitted" not in target.starts:
        return 0
    # What comes later may meet it, too; a solution is an answer.
    if met_by & _ANSWERS:
        return _ANSWER
    if "planned" in met_by:
        return _PLAN
    return _SOLUTION if "resolved" in met_by else 0


def _out_of_order(limits: Limits) -> Iterator[Finding]:
    targets = limits.subject.ruleset.targets.values()
    for before, after in permutations(targets, 2):
        first, second = _rank(before), _rank(after)
        if 0 < first < second and (before.opens, before.clock) == (after.opens, after.clock):
            yield from _too_late(limits, before, after)


def _too_late(limits: Limits, before: TargetPolicy, after: TargetPolicy) -> Iterator[Finding]:
    subject = limits.subject
    for rule in before.limits:
        for other in after.limits:
            if not limits.later((before, rule), (after, other)):
                continue
            shared = limits.shared(rule, other)[:_MOST_BOXES]
            place = len(subject.ruleset.stages)
            witness = witnessed(subject, shared, (rule, other), place)
            if witness is not None:
                yield _late_finding(subject, (before, rule), (after, other), witness)
                break


def _late_finding(
    subject: Subject,
    one: tuple[TargetPolicy, Rule],
    other: tuple[TargetPolicy, Rule],
    witness: Witness,
) -> Finding:
    (before, rule), (after, second) = one, other
    limit, end = before.durations[rule.name], after.durations[second.name]
    return subject.of_rule(
        before,
        rule,
        "error",
        "target-order",
        en=f"{before.name} within {limit} is due after {after.name} within {end} "
        f"({second.name}) of the same ticket",
        zh=f"同一工单的 {before.name} 时限 {limit} 晚于 {after.name} 时限 {end}（{second.name}）",
        rules=(rule.name, second.name),
        witness=witness,
    )


# -- priorities -----------------------------------------------------------------------------------


def _against_priority(limits: Limits, name: str) -> Iterator[Finding]:
    subject = limits.subject
    variable = subject.space.index("field", name)
    words = subject.ruleset.form[name].type.values
    if variable is None or not words:
        return
    downwards = list(_slower_above(limits, name, words))
    upwards = list(_slower_above(limits, name, words[::-1]))
    if (order := highest_first(words)) is not None:
        found = downwards if order else upwards
    elif len(downwards) == len(upwards):
        return
    else:  # most limits say which end is the higher one
        found = min(downwards, upwards, key=len)
    told: set[str] = set()
    for target, higher, lower, words_met in found:
        if higher.name not in told:
            told.add(higher.name)
            yield _priority_finding(limits, (target, higher, lower), (name, *words_met))


def _slower_above(
    limits: Limits, name: str, words: tuple[str, ...]
) -> Iterator[tuple[TargetPolicy, Rule, Rule, tuple[str, str]]]:
    """List the limits that are later for a word than for one after it."""
    for target in limits.subject.ruleset.targets.values():
        for higher, lower in permutations(target.limits, 2):
            if not limits.later((target, higher), (target, lower)):
                continue
            met = _in_order(limits, name, words, (higher, lower))
            if met is not None and not _has_interim(limits, target, higher, lower):
                yield target, higher, lower, met


def _in_order(
    limits: Limits, name: str, words: tuple[str, ...], pair: tuple[Rule, Rule]
) -> tuple[str, str] | None:
    """Return a word of each limit, the first's being the earlier one, if all else may be equal."""
    space = limits.subject.space
    variable = space.index("field", name)
    if variable is None or not limits.shared(*pair, without=variable):
        return None
    above, below = ([w for w in words if _takes(limits, rule, name, w)] for rule in pair)
    if len(above) == len(words) or len(below) == len(words) or set(above) & set(below):
        return None
    found = ((a, b) for a in above for b in below if words.index(a) < words.index(b))
    return next(found, None)


def _takes(limits: Limits, rule: Rule, name: str, word: str) -> bool:
    space = limits.subject.space
    variable = space.index("field", name)
    mask = space.having(name, value=word)
    return any(variable not in box or box[variable] & mask for box in limits.boxes(rule))


def _has_interim(limits: Limits, target: TargetPolicy, higher: Rule, lower: Rule) -> bool:
    """Whether the higher one is promised something of its own, no later than the lower's limit."""
    for other in limits.subject.ruleset.targets.values():
        for rule in other.limits:
            sooner = not limits.later((other, rule), (target, lower))
            own = bool(limits.shared(rule, higher)) and not limits.shared(rule, lower)
            if other is not target and _rank(other) == _PLAN and sooner and own:
                return True
    return False


def _priority_finding(
    limits: Limits, found: tuple[TargetPolicy, Rule, Rule], by: tuple[str, str, str]
) -> Finding:
    target, higher, lower = found
    name, high, low = by
    subject = limits.subject
    slow, fast = target.durations[higher.name], target.durations[lower.name]
    place = len(subject.ruleset.stages)
    return subject.of_rule(
        target,
        higher,
        "error",
        "priority-order",
        en=f"{name} {high} is given {slow}, which is longer than the {fast} "
        f"of the lower {low} ({lower.name})",
        zh=f"{name} 为 {high} 的时限 {slow} 长于级别更低的 {low} 的时限 {fast}（{lower.name}）",
        rules=(higher.name, lower.name),
        witness=witnessed(subject, limits.boxes(higher)[:_MOST_BOXES], (higher,), place),
    )
