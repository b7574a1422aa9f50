"""What a ruleset declares and nothing in it uses, and flags that are read and never raised."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from typing import Final

from ruledesk.errors import suggestion
from ruledesk.rules.analysis.events import impossible, sent_templates
from ruledesk.rules.analysis.finding import Finding
from ruledesk.rules.analysis.place import all_rules, every_expression
from ruledesk.rules.analysis.subject import Subject
from ruledesk.rules.expression.types import Expression, Test
from ruledesk.rules.expression.walk import atoms, reads
from ruledesk.rules.ruleset import Ruleset, TargetPolicy

#: Flags that the desk raises by itself.
BUILT_IN: Final = frozenset(
    {"incomplete", "overdue", "at_risk", "supervised", "unrouted", "plugin_fault"}
)


def unused_findings(subject: Subject) -> Iterator[Finding]:
    """Look for what is declared and not used."""
    ruleset = subject.ruleset
    read = reads(every_expression(ruleset)) | _printed(ruleset)
    yield from (one for one in _declared(subject, read) if not subject.inherited(one.file))
    yield from _flags(subject)


def _declared(subject: Subject, read: frozenset[str]) -> Iterator[Finding]:
    yield from _templates(subject)
    yield from _correlations(subject, read)
    yield from _calendars(subject)
    for target in subject.ruleset.targets.values():
        yield from _target(subject, target, read)


def _printed(ruleset: Ruleset) -> frozenset[str]:
    """Name what message templates print."""
    texts = (
        text
        for template in ruleset.templates.values()
        for both in (template.subject, template.text)
        for text in (both.en, both.zh)
    )
    return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)


def _templates(subject: Subject) -> Iterator[Finding]:
    sent = sent_templates(subject.ruleset)
    for name in subject.ruleset.templates:
        if name not in sent:
            yield subject.of_key(
                f"templates.{name}",
                "warning",
                "unused-template",
                en="no reaction sends this template",
                zh="没有反应发送该模板",
            )


def _correlations(subject: Subject, read: frozenset[str]) -> Iterator[Finding]:
    reactions = subject.ruleset.reactions
    named = {r.link_to for r in reactions} | {r.merge_into for r in reactions}
    for name in subject.ruleset.correlations:
        if f"counts.{name}" not in read and name not in named:
            yield subject.of_key(
                f"correlations.{name}",
                "warning",
                "unused-correlation",
                en=f"nothing reads counts.{name}, and no reaction links or merges by it",
                zh=f"没有条件读取 counts.{name}，也没有反应据此关联或合并工单",
            )


def _calendars(subject: Subject) -> Iterator[Finding]:
    ruleset = subject.ruleset
    used = {ruleset.policy.calendar}
    used |= {
        name for target in ruleset.targets.values() for name in (target.calendar, target.opens)
    }
    used |= {channel.hours for channel in ruleset.channels.values()}
    written = ruleset.document.get("calendars")
    for name in written if isinstance(written, dict) else ():
        if name not in used:
            yield subject.of_key(
                f"calendars.{name}",
                "warning",
                "unused-calendar",
                en="no target, channel or policy names this calendar",
                zh="没有目标、渠道或 policy 使用该日历",
            )


# -- targets --------------------------------------------------------------------------------------


def _target(subject: Subject, target: TargetPolicy, read: frozenset[str]) -> Iterator[Finding]:
    ruleset = subject.ruleset
    said = None
    for triggers, en, zh in (
        (target.starts, "never starts", "永远不会开始计时"),
        (target.met_by, "can never be met", "永远无法达成"),
    ):
        reasons = [impossible(ruleset, trigger) for trigger in triggers]
        if reasons and reasons[0] is not None and None not in reasons:
            said = said or (f"{en}: {reasons[0][0]}", f"{zh}：{reasons[0][1]}")
    if said is None and not _matters(ruleset, target, read):
        said = (
            "nothing comes of it: it raises no flag, no reaction is on its events, "
            "and no condition or template reads it",
            "没有任何作用：不置标志，没有反应依赖其事件，也没有条件或模板读取它",
        )
    if said is not None:
        key = f"targets.{target.name}"
        yield subject.of_key(key, "warning", "unused-target", en=said[0], zh=said[1])


def _matters(ruleset: Ruleset, target: TargetPolicy, read: frozenset[str]) -> bool:
    events = {
        name
        for kind in ("target_warned", "target_breached")
        for name in (kind, f"{kind}.{target.name}")
    }
    names = {f"targets.{target.name}.state", f"due.{target.name}"}
    return (
        target.flags
        or bool(names & read)
        or any(events.intersection((*r.on, *r.until)) for r in ruleset.reactions)
        or any(action.eta_within == target.name for action in ruleset.actions.values())
    )


# -- flags ----------------------------------------------------------------------------------------


def _flags(subject: Subject) -> Iterator[Finding]:
    ruleset = subject.ruleset
    raised = BUILT_IN | _raised(ruleset)
    for stage in ruleset.stages:
        for rule in stage.rules:
            for flag in _unraised(rule.when, raised):
                en, zh = _unraised_text(flag, raised)
                yield subject.of_rule(stage, rule, "warning", "unraised-flag", en=en, zh=zh)
    for target in ruleset.targets.values():
        for rule in target.limits:
            for flag in _unraised(rule.when, raised):
                en, zh = _unraised_text(flag, raised)
                yield subject.of_rule(target, rule, "warning", "unraised-flag", en=en, zh=zh)
    for reaction in ruleset.reactions:
        cleared = [flag for flag in reaction.clear_flags if flag not in raised]
        for flag in dict.fromkeys((*_unraised(reaction.when, raised), *cleared)):
            en, zh = _unraised_text(flag, raised)
            yield subject.of_reaction(reaction, "warning", "unraised-flag", en=en, zh=zh)


def _raised(ruleset: Ruleset) -> set[str]:
    outcomes = [rule.set for rule in all_rules(ruleset)]
    outcomes += [stage.default for stage in ruleset.stages]
    found = {flag for reaction in ruleset.reactions for flag in reaction.raise_flags}
    for outcome in outcomes:
        flags = outcome.get("flags")
        found |= set(flags) if isinstance(flags, tuple) else set()
    return found


def _unraised(when: Expression, raised: set[str] | frozenset[str]) -> list[str]:
    return [
        atom.text
        for atom in atoms(when)
        if isinstance(atom, Test)
        and atom.function == "has"
        and atom.field == "flags"
        and atom.text not in raised
    ]


def _unraised_text(flag: str, raised: set[str] | frozenset[str]) -> tuple[str, str]:
    near = ", ".join(suggestion(flag, raised))
    return (
        f'nothing in this ruleset raises the flag "{flag}" (raised: {near})',
        f"该规则集中没有任何地方置标志“{flag}”（可用：{near}）",
    )
