"""How two rulesets differ on paper, and what a recording cannot show of the new one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from attrs import evolve

from ruledesk.calendar import WALL
from ruledesk.explain.rulebook import entries
from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Text
from ruledesk.pilot.comparison.course import default_of
from ruledesk.pilot.comparison.values import Caution, Identity, RuleState
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.facts import FORM_FIELDS, REQUESTER_FIELDS
from ruledesk.rules.ruleset import Rule, Ruleset


def identity(ruleset: Ruleset) -> Identity:
    """Say which ruleset it is."""
    return Identity(ruleset.id, ruleset.hash, ruleset.origin)


def rule_states(old: Ruleset, new: Ruleset) -> dict[str, RuleState]:
    """Say of each rule of either ruleset whether it was added, removed or changed.

    Args:
        old: The current ruleset.
        new: The other one.

    Returns:
        By name, in the new ruleset's order, those that are gone last; ``<stage>: default`` is a
        stage's default, and is here only where it differs.
    """
    was, now = _definitions(old), _definitions(new)
    states: dict[str, RuleState] = {}
    for name, definition in now.items():
        before = was.get(name)
        state: RuleState = "added" if before is None else "changed" if before != definition else ""
        states[name] = state
    states.update({name: "removed" for name in was if name not in now})
    return {name: state for name, state in states.items() if state or ": default" not in name}


def _definitions(ruleset: Ruleset) -> dict[str, object]:
    """Map each rule to all that it says; where it stands and which manual it is from is no part."""
    found: dict[str, object] = {}
    for stage in ruleset.stages:
        found.update({rule.name: (stage.name, stage.hit, _bare(rule)) for rule in stage.rules})
        if stage.default:
            found[default_of(stage.name)] = dict(stage.default)
    for target in ruleset.targets.values():
        clock = evolve(target, limits=(), durations={}, label=Text("", ""), manual=())
        for limit in target.limits:
            found[limit.name] = (_bare(limit), str(target.durations[limit.name]), clock)
    for reaction in ruleset.reactions:
        found[reaction.name] = evolve(reaction, origin="", manual=())
    return found


def _bare(rule: Rule) -> Rule:
    return evolve(rule, origin="", manual=())


def rule_reads(ruleset: Ruleset) -> dict[str, frozenset[str]]:
    """Name the facts that the condition of each rule reads."""
    return {entry.name: reads((entry.when,)) for entry in entries(ruleset)}


def cautions(
    old: Ruleset, new: Ruleset, given: Collection[str], ages: Collection[tuple[datetime, datetime]]
) -> Iterator[Caution]:
    """Say what the recording cannot show of the new ruleset.

    Args:
        old: The current ruleset.
        new: The other one.
        given: The fields that any ticket of the recording had a value in.
        ages: Of each ticket of a recording, when it was handed in, and when its recording begins.

    Yields:
        Fields that no ticket had, and windows that the start of the recording cuts.
    """
    yield from _absent_fields(old, new, given)
    yield from _cut_windows(new, ages)


def _absent_fields(old: Ruleset, new: Ruleset, given: Collection[str]) -> Iterator[Caution]:
    read = rule_reads(new)
    for name in new.form:
        readers = [rule for rule, facts in read.items() if name in facts]
        if name in given or name == "contact" or not (readers or name not in old.form):
            continue
        by = ", ".join(readers)
        yield Caution(
            "field-absent",
            Text(
                f"no ticket of the recording has the field {name}"
                + (f"; rules that read it could not be tried: {by}" if by else ""),
                f"录制中没有工单填写字段 {name}" + (f"；读取它的规则未能试验：{by}" if by else ""),
            ),
        )


def _cut_windows(
    ruleset: Ruleset, ages: Collection[tuple[datetime, datetime]]
) -> Iterator[Caution]:
    windows: dict[str, list[str]] = {}
    limits = {}
    for one in ruleset.correlations.values():
        windows.setdefault(str(one.window), []).append(f"counts.{one.name}")
        limits[str(one.window)] = one.window
    for window, names in windows.items():
        cut = sum(at < limits[window].due(start, WALL) for at, start in ages)
        if cut:
            listed = ", ".join(names)
            yield Caution(
                "window-cut",
                Text(
                    f"the recording begins too late for the {window} of {listed}: "
                    f"for {cut} of {len(ages)} tickets they may be too low",
                    f"{listed} 回看 {window}，录制开始得太晚：{len(ages)} 张工单中有 {cut} 张的"
                    "计数可能偏低",
                ),
            )


def fields_of(ticket: Ticket) -> frozenset[str]:
    """Name the form fields that a ticket has a value in, its own and those of its requester."""
    named = {name for name in FORM_FIELDS if getattr(ticket, name) not in ("", None)}
    named |= {f"requester.{name}" for name in REQUESTER_FIELDS if getattr(ticket.requester, name)}
    named |= {f"custom.{name}" for name, value in ticket.custom.items() if value not in ("", None)}
    return frozenset(named)
