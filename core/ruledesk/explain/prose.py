"""Explanations as lines of text, in Chinese or English (requirements F2, F5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from ruledesk.explain.values import (
    Evaluation,
    ExplainedDecision,
    Explanation,
    NearMiss,
    RuleExplanation,
)
from ruledesk.explain.words import Words
from ruledesk.model.decision import Decision

#: Misses that are told in prose; a decision table may have hundreds. JSON has all of them.
_MISSES_TOLD: Final = 3
_SHORT_HASH: Final = 12


@frozen
class Line:
    """A line and how deep it stands below the headings."""

    text: str
    depth: int = 0


def heading(explanation: Explanation | RuleExplanation, words: Words) -> Line:
    """Say which ticket it is about."""
    ticket = explanation.ticket
    of = words.say("ticket", "工单")
    line = words.say("line", "业务线")
    ruleset = words.say("ruleset", "规则集")
    return Line(f"{of} {ticket.number} · {line} {ticket.line} · {ruleset} {ticket.ruleset}")


def decision_lines(explained: ExplainedDecision, words: Words) -> Iterator[Line]:
    """Tell one decision: outcome, rule, facts, what it counted, and near misses."""
    decision = explained.decision
    outcome = words.pairs(decision.outcome)
    yield Line(f"{words.moment(explained.at)}  {decision.stage} → {outcome}")
    yield Line(_by_rule(explained, words), 1)
    yield from _manual(explained.manual, words)
    if decision.facts:
        yield Line(words.say("facts: ", "依据：") + words.pairs(decision.facts), 1)
    for name, tickets in decision.events.items():
        counted = ", ".join(tickets) or "–"
        yield Line(f"{words.say('counted for', '计入')} {name}: {counted}", 1)
    if explained.by_hand:
        yield Line(_by_hand(explained.by_hand, words), 1)
    if decision.incident:
        yield Line(f"{words.say('incident', '异常')}: {decision.incident}", 1)
    if not explained.known:
        yield Line(
            words.say(
                "the ruleset is not kept, so near misses are not known",
                "未保存该规则集，无法列出接近命中的规则",
            ),
            1,
        )
    yield from _miss_lines(explained.misses, words)


def _by_rule(explained: ExplainedDecision, words: Words) -> str:
    decision = explained.decision
    source = f"{decision.ruleset} #{decision.hash[:_SHORT_HASH]}"
    if decision.rule:
        what = f"{words.say('rule', '规则')} {decision.rule}"
    elif decision.outcome:
        what = words.say("no rule matched; the default applies", "无规则命中，采用默认值")
    else:
        what = words.say("no rule matched", "无规则命中")
    if explained.condition not in ("", "True"):
        what += f" [{explained.condition}]"
    return words.say(f"{what} ({decision.hit}) of {source}", f"{what}（{decision.hit}），{source}")


def _manual(ids: tuple[str, ...], words: Words) -> Iterator[Line]:
    if ids:
        yield Line(f"{words.say('manual', '手册条目')}: {', '.join(ids)}", 1)


def _by_hand(fields: tuple[str, ...], words: Words) -> str:
    names = ", ".join(fields)
    return words.say(f"left alone, since set by hand: {names}", f"已由人工设定，保持不变：{names}")


def _miss_lines(misses: tuple[NearMiss, ...], words: Words) -> Iterator[Line]:
    for miss in misses[:_MISSES_TOLD]:
        tests = words.say("; ", "；").join(trace.sentence(words.locale) for trace in miss.failed)
        short = words.say(
            f"{miss.distance} test{'s' if miss.distance > 1 else ''} short",
            f"差 {miss.distance} 个条件",
        )
        yield Line(f"{words.say('near miss', '未命中')} {miss.rule} ({short}): {tests}", 1)
    more = len(misses) - _MISSES_TOLD
    if more > 0:
        yield Line(words.say(f"and {more} more that did not match", f"另有 {more} 条未命中"), 1)


# -- one rule ---------------------------------------------------------------------------------


def rule_lines(explained: RuleExplanation, words: Words) -> Iterator[Line]:
    """Tell what became of one rule: each time it was looked at, or why it never was."""
    yield Line(f"{words.say('rule', '规则')} {explained.rule} · {_place(explained, words)}")
    always = explained.condition == "True"
    when = words.say("always", "总是") if always else explained.condition
    yield Line(f"{words.say('when', '条件')}: {when}", 1)
    where = f"{explained.ruleset}, {explained.origin}" if explained.origin else explained.ruleset
    yield Line(f"{words.say('from', '来源')}: {where}", 1)
    yield from _manual(explained.manual, words)
    for evaluation in explained.evaluations:
        yield from _evaluation_lines(evaluation, words)
    if explained.by_hand:
        yield Line(_by_hand(explained.by_hand, words))
    if explained.waits_until is not None:
        when = words.time(explained.waits_until)
        yield Line(words.say(f"it waits until {when}", f"等待至 {when} 再判断"))
    elif not explained.evaluations:
        yield Line(_never(explained, words))


def _place(explained: RuleExplanation, words: Words) -> str:
    en, zh = {
        "stage": ("stage", "阶段"),
        "target": ("target", "目标"),
        "reaction": ("reaction on", "响应事件"),
    }[explained.kind]
    return f"{words.say(en, zh)} {explained.place}"


def _evaluation_lines(evaluation: Evaluation, words: Words) -> Iterator[Line]:
    head = f"{words.moment(evaluation.at)}  {evaluation.place}: "
    yield Line(head + _verdict(evaluation, words))
    for trace in evaluation.failed:
        yield Line(trace.sentence(words.locale), 1)
    if evaluation.by_hand:
        yield Line(_by_hand(evaluation.by_hand, words), 1)
    if evaluation.unrecorded:
        names = ", ".join(evaluation.unrecorded)
        yield Line(words.say(f"on no record: {names}", f"没有记录：{names}"), 1)
    if evaluation.decision is not None and evaluation.decision.incident:
        yield Line(f"{words.say('incident', '异常')}: {evaluation.decision.incident}", 1)


def _verdict(evaluation: Evaluation, words: Words) -> str:
    winner = evaluation.winner
    match evaluation.verdict:
        case "fired":
            return words.say("fired", "命中") + _effect(evaluation, words)
        case "shadowed":
            return words.say(
                f"matched, but {winner} stands before it and the first one counts",
                f"条件成立，但 {winner} 排在前面，以先命中者为准",
            )
        case "outvoted":
            return words.say(
                f"matched, but so did {winner}, which came first",
                f"条件成立，但 {winner} 同时命中且在前",
            )
        case "failed":
            return words.say("did not fire", "未命中") + _instead(evaluation.decision, words)
        case "dropped":
            return words.say("was waiting, and was dropped by an event", "等待中被事件取消")
        case "unknown":
            return words.say(
                "did nothing, and the record does not say why", "未执行，记录中没有原因"
            ) + _instead(evaluation.decision, words)


def _effect(evaluation: Evaluation, words: Words) -> str:
    decision, said = evaluation.decision, []
    if decision is not None and decision.outcome:
        said.append(words.pairs(decision.outcome))
    if evaluation.sent:
        said.append(words.say(f"messages: {evaluation.sent}", f"消息 {evaluation.sent} 条"))
    return f" → {words.say(', ', '，').join(said)}" if said else ""


def _instead(decision: Decision | None, words: Words) -> str:
    if decision is None:
        return ""
    if decision.rule:
        return words.say(f" ({decision.rule} did)", f"（命中的是 {decision.rule}）")
    if decision.outcome:
        return words.say(" (the default applied)", "（采用默认值）")
    return words.say(" (none did)", "（无规则命中）")


def _never(explained: RuleExplanation, words: Words) -> str:
    if explained.kind != "reaction":
        return words.say(
            f"never looked at: nothing of {explained.place} was decided on this ticket",
            f"从未判断：此工单没有对 {explained.place} 作出决定",
        )
    return words.say(
        f"never looked at: none of its events happened ({explained.place})",
        f"从未判断：所响应的事件没有发生（{explained.place}）",
    )
