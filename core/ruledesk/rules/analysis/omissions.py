"""What is left out: rules and reactions that do nothing, types without a code for their number."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from ruledesk.rules.analysis.finding import Finding
from ruledesk.rules.analysis.subject import Subject, named
from ruledesk.rules.ruleset import Reaction

_TYPE_CODE = "type_code"


def omission_findings(subject: Subject) -> Iterator[Finding]:
    """Look for what does nothing though it is there, and for what is wanted and not there."""
    yield from _idle_rules(subject)
    for reaction in subject.ruleset.reactions:
        if not _acts(reaction):
            yield subject.of_reaction(
                reaction,
                "warning",
                "no-effect",
                en="does nothing: it neither sends nor acts (send, raise_flags, act …)",
                zh="没有任何效果：既不发送消息也不执行动作（send、raise_flags、act 等）",
            )
    yield from _codes(subject)


def _idle_rules(subject: Subject) -> Iterator[Finding]:
    """Tell of rules that set nothing; elsewhere than under `collect` they keep others out."""
    for stage in subject.ruleset.stages:
        for rule in stage.rules if stage.hit == "collect" else ():
            if not rule.set:
                yield subject.of_rule(
                    stage,
                    rule,
                    "warning",
                    "no-effect",
                    en="does nothing: it has no set",
                    zh="没有任何效果：缺少 set",
                )


def _acts(reaction: Reaction) -> bool:
    return bool(
        reaction.send
        or reaction.raise_flags
        or reaction.clear_flags
        or reaction.escalate_to
        or reaction.hand_over
        or reaction.assign_team
        or reaction.act
        or reaction.link_to
        or reaction.merge_into
    )


def _codes(subject: Subject) -> Iterator[Finding]:
    ruleset = subject.ruleset
    if not any(name == _TYPE_CODE for _, name, _, _ in Formatter().parse(ruleset.number)):
        return
    form = ruleset.form.get("type")
    words = form.type.values if form is not None else ()
    without = [word for word in words if word not in ruleset.type_codes]
    if without:
        yield subject.of_key(
            "fields.type.values",
            "warning",
            "number-gap",
            en=f"the number holds {{{_TYPE_CODE}}}, and these types have no code: {named(without)}",
            zh=f"编号含 {{{_TYPE_CODE}}}，而以下类型没有 code：{named(without)}",
        )
