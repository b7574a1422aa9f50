"""Rules of a stage among each other: shadowed ones, gaps, and outcomes that undo themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ruledesk.model.values import Value
from ruledesk.rules.analysis.cover import Box, TooLargeError, disjoint, meet
from ruledesk.rules.analysis.finding import Finding, Witness
from ruledesk.rules.analysis.search import Shows
from ruledesk.rules.analysis.simulate import decided, matching
from ruledesk.rules.analysis.subject import Subject, named, values_text
from ruledesk.rules.expression.types import Expression, Test
from ruledesk.rules.expression.walk import atoms
from ruledesk.rules.ruleset import Rule, Stage

#: How many parts of a gap are tried until one turns out to be a ticket.
_MOST_PARTS = 40
#: What a ticket is classed by and cannot well do without.
_CLASS = ("type", "category", "urgency", "impact", "priority", "team")


def stage_findings(subject: Subject) -> Iterator[Finding]:
    """Look at each stage."""
    for place, stage in enumerate(subject.ruleset.stages):
        try:
            if stage.hit == "first":
                yield from _shadowed(subject, stage, place)
            if stage.hit != "collect" and not _closed(subject, stage):
                yield from _gap(subject, stage, place)
            if stage.hit != "collect":
                yield from _unstable(subject, stage, place)
        except TooLargeError:
            yield subject.of_key(
                f"stages.{stage.name}",
                "warning",
                "too-large",
                en="not all of this stage could be analysed: its conditions are too many, or too "
                "long",
                zh="该阶段的条件过多或过长，未能全部分析",
            )


# -- shadowed -------------------------------------------------------------------------------------


def _shadowed(subject: Subject, stage: Stage, place: int) -> Iterator[Finding]:
    before: list[tuple[Rule, list[Box]]] = []
    for number, rule in enumerate(stage.rules):
        boxes = subject.boxes(rule.when, place)
        covering = _covering(subject, boxes, before) if rule.name not in subject.never else None
        last = number == len(stage.rules) - 1
        if covering and not (last and _is_fallback(subject, boxes, before)):
            if subject.inherited(rule.origin) and _by_own(subject, stage, covering):
                before.append((rule, boxes))
                continue
            yield _shadow(subject, stage, place, (rule, covering))
        before.append((rule, boxes))


def _covering(
    subject: Subject, boxes: list[Box], before: list[tuple[Rule, list[Box]]]
) -> tuple[str, ...]:
    """Name the rules that together match wherever another one does; none where they don't."""
    meeting: dict[str, list[Box]] = {}
    for rule, others in before:
        near = [other for other in others if any(not disjoint(box, other) for box in boxes)]
        if near:
            meeting[rule.name] = near
    every = [other for others in meeting.values() for other in others]
    if not boxes or any(subject.cover.uncovered(box, every) is not None for box in boxes):
        return ()
    for name, others in meeting.items():
        if all(subject.cover.uncovered(box, others) is None for box in boxes):
            return (name,)
    return tuple(meeting)


def _by_own(subject: Subject, stage: Stage, names: tuple[str, ...]) -> bool:
    """Whether some of these rules are the ruleset's own: then it overrides what it extends."""
    return any(r.name in names and not subject.inherited(r.origin) for r in stage.rules)


def _is_fallback(subject: Subject, boxes: list[Box], before: list[tuple[Rule, list[Box]]]) -> bool:
    """Whether the last rule takes whatever the others leave: each of them lies within it."""
    return all(
        subject.cover.uncovered(box, boxes) is None for _, others in before for box in others
    )


def _shadow(
    subject: Subject, stage: Stage, place: int, found: tuple[Rule, tuple[str, ...]]
) -> Finding:
    rule, covering = found

    def shows(facts: Mapping[str, Value]) -> bool:
        return rule in matching(stage.rules, facts)[1:]

    by = named(covering)
    together = len(covering) > 1
    first = next(one for one in stage.rules if one.name in covering)
    last = subject.inherited(first.origin) and not subject.inherited(rule.origin)
    front = f'before = "{first.name}"'
    return subject.of_rule(
        stage,
        rule,
        "error",
        "shadowed",
        en=f"never comes to decide: earlier rules{' together' if together else ''} "
        f"match wherever it does ({by})" + (f"; {front} puts it in front" if last else ""),
        zh=f"永远轮不到该规则：凡其命中之处，前面的规则{'合起来' if together else ''}"
        f"已先命中（{by}）" + (f"；{front} 可将其置于前面" if last else ""),
        rules=(rule.name, *covering),
        witness=_witness(subject, subject.boxes(rule.when, place), place, shows),
    )


def _witness(subject: Subject, boxes: list[Box], place: int, shows: Shows) -> Witness | None:
    for box in boxes[:12]:
        found = subject.search.submission(box, place, shows)
        if found is not None:
            return found
    return None


# -- gaps -----------------------------------------------------------------------------------------


def _closed(subject: Subject, stage: Stage) -> bool:
    """Whether a stage says what happens where no rule matches; an empty default says: nothing."""
    stages = subject.ruleset.document.get("stages")
    written = stages.get(stage.name) if isinstance(stages, Mapping) else None
    return bool(stage.default) or (isinstance(written, Mapping) and "default" in written)


def _decides(stage: Stage, name: str) -> bool:
    """Whether a stage is there to give every ticket a field; own fields may well stay open."""
    return name in _CLASS or (stage.hit == "unique" and name.startswith("custom."))


def _gap(subject: Subject, stage: Stage, place: int) -> Iterator[Finding]:
    sets = [name for name in stage.sets if _decides(stage, name)]
    if not stage.rules or not sets:
        return

    def shows(facts: Mapping[str, Value]) -> bool:
        unset = any(facts.get(name) is None for name in sets)
        return unset and not matching(stage.rules, facts)

    witness = gap_witness(subject, [rule.when for rule in stage.rules], place, shows)
    if witness is None:
        return
    yield subject.of_key(
        f"stages.{stage.name}",
        "warning",
        "gap",
        en=f"a ticket that no rule matches gets no {', '.join(sets)}; "
        "add a default (default = {} where that is meant)",
        zh=f"没有规则命中的工单得不到 {', '.join(sets)}；"
        "请写 default（确属有意则写 default = {}）",
        witness=witness,
    )


def gap_witness(
    subject: Subject, conditions: list[Expression], place: int, shows: Shows
) -> Witness | None:
    """Look for a submission that none of some conditions takes."""
    boxes = [box for when in conditions for box in subject.boxes(when, place)]
    within = meet(subject.search.submitted, subject.search.certain[place])
    for _ in range(_MOST_PARTS):
        if within is None:
            return None
        open_part = subject.cover.uncovered(within, boxes)
        if open_part is None:
            return None
        spoken = {v for box in boxes for v in box}
        part = {v: mask for v, mask in open_part.items() if v in spoken}
        found = subject.search.submission(part, place, shows)
        if found is not None:
            return found
        boxes = [*boxes, part]
    return None


# -- undone by itself -----------------------------------------------------------------------------


def _unstable(subject: Subject, stage: Stage, place: int) -> Iterator[Finding]:
    for name in stage.sets:
        if name in ("flags", "lacks") or not _reads_itself(stage, name):
            continue
        for rule in stage.rules:
            found = _flips(subject, stage, place, (name, rule))
            if found is not None:
                yield found
                break


def _reads_itself(stage: Stage, name: str) -> bool:
    return any(
        getattr(atom, "field", "") == name
        and not (isinstance(atom, Test) and atom.function == "changed")
        for rule in stage.rules
        for atom in atoms(rule.when)
    )


def _flips(subject: Subject, stage: Stage, place: int, by: tuple[str, Rule]) -> Finding | None:
    name, rule = by
    value = rule.set.get(name)
    if value is None:
        return None

    def shows(facts: Mapping[str, Value]) -> bool:
        rules = matching(stage.rules, facts)
        if not rules or rules[0] is not rule:
            return False
        return decided(stage, {**facts, **rule.set}).get(name, value) != value

    witness = None
    for other in (*stage.rules, None):
        outcome = stage.default if other is None else other.set
        if outcome.get(name, value) != value:
            witness = _after(subject, stage, place, (name, rule, other), shows)
        if witness is not None:
            return subject.of_rule(
                stage,
                rule,
                "warning",
                "unstable",
                en=f"undoes itself: it reads {name}, which it sets ({values_text(rule.set)}); "
                "decided again, the stage would set "
                f"{name} = {outcome[name]}",
                zh=f"规则自相抵消：它读取自己设置的 {name}（{values_text(rule.set)}），"
                f"再次判定时该阶段会设为 {name} = {outcome[name]}",
                rules=(rule.name,) if other is None else (rule.name, other.name),
                witness=witness,
            )
    return None


def _after(
    subject: Subject,
    stage: Stage,
    place: int,
    by: tuple[str, Rule, Rule | None],
    shows: Shows,
) -> Witness | None:
    """Look for a ticket on which a rule fires and then, with what it set, another one."""
    name, rule, other = by
    variable = subject.space.index("field", name)
    if variable is None:
        return None
    then = {variable: subject.space.having(name, value=rule.set[name])}
    causes = subject.boxes(rule.when, place)
    if other is not None:
        after = [meet(box, then) for box in subject.boxes(other.when, place)]
    else:
        rest = subject.cover.uncovered(
            then, [box for one in stage.rules for box in subject.boxes(one.when, place)]
        )
        after = [rest]
    for second in after:
        if second is None:
            continue
        free = {v: mask for v, mask in second.items() if v != variable}
        shared = [both for box in causes if (both := meet(box, free)) is not None]
        found = _witness(subject, shared, place, shows)
        if found is not None:
            return found
    return None
