"""What the report of a comparison says, in both languages (requirement F5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from ruledesk.errors import Locale

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # fields
    "type": ("type", "类型"),
    "category": ("category", "分类"),
    "priority": ("priority", "优先级"),
    "team": ("team", "部门"),
    "agent": ("agent", "处理人"),
    "flags": ("flags", "标记"),
    "status": ("status", "状态"),
    "breached": ("overdue", "超时"),
    "messages": ("messages", "消息"),
    # the head
    "window": ("window", "时间范围"),
    "current": ("current", "现行规则集"),
    "candidate": ("tried", "试用规则集"),
    "rules": ("rules", "规则差异"),
    "scanned": ("tickets", "工单"),
    "stood in": ("steps", "步骤"),
    "deterministic": ("deterministic", "可复现"),
    "added": ("added", "新增"),
    "removed": ("removed", "删除"),
    "changed": ("changed", "修改"),
    # titles
    "first": ("At the first decision", "首次决策的差异"),
    "end": ("At the end", "结束时的差异"),
    "refused": ("Steps that the tried ruleset refuses", "试用规则集拒绝的步骤"),
    "accepted": ("Steps that only the current ruleset refuses", "仅现行规则集拒绝的步骤"),
    "incidents": ("Evaluations that went wrong", "异常的规则求值"),
    "incident": ("what was wrong", "异常"),
    "workload": ("Tickets by team and agent", "各部门与处理人的工单"),
    "targets": ("Targets", "时限"),
    "hits": ("Rules that act on other tickets", "作用对象不同的规则"),
    "templates": ("Messages by template", "各模板的消息"),
    "weeks": ("By week", "按周"),
    "differing": ("Every ticket that differs", "所有有差异的工单"),
    # columns
    "field": ("field", "字段"),
    "now": ("now", "现行"),
    "then": ("then", "试用"),
    "tickets": ("tickets", "工单"),
    "change": ("change", "变化"),
    "target": ("target", "时限"),
    "earlier": ("due earlier", "提前"),
    "later": ("due later", "推迟"),
    "target added": ("added", "新增"),
    "target removed": ("gone", "取消"),
    "overdue now": ("overdue now", "现行超时"),
    "overdue then": ("then", "试用超时"),
    "rule": ("rule", "规则"),
    "only now": ("only now", "仅现行"),
    "only then": ("only then", "仅试用"),
    "template": ("template", "模板"),
    "week": ("week", "周"),
    "decided": ("decided differently", "决策不同"),
    "week refused": ("refused", "被拒绝"),
    # kinds of rows
    "kind.team": ("team", "部门"),
    "kind.agent": ("agent", "处理人"),
    "nobody": ("(pool)", "（待领池）"),
    "default": ("default", "默认"),
    "nothing": ("–", "–"),
    "as given": ("as given", "按提交内容"),
    "no rule": ("no rule", "无规则"),
    # tickets that differ
    "extent.decided": ("decided differently", "决策不同"),
    "extent.later": ("other course", "后续不同"),
    "extent.handler": ("other handler", "处理人不同"),
    "extent.refused": ("refused", "被拒绝"),
    "extent.taken": ("taken", "新受理"),
}


@frozen
class Words:
    """Says things in one language."""

    locale: Locale

    def say(self, en: str, zh: str) -> str:
        """Choose one of two texts."""
        return zh if self.locale == "zh" else en

    def word(self, key: str) -> str:
        """Say a word of the report; a key that is none, such as a target's name, as it is."""
        return self.say(*_WORDS.get(key, (key, key)))

    def field(self, name: str) -> str:
        """Say what a field is called; targets by their name."""
        return self.word(name.removeprefix("targets."))

    def value(self, value: str) -> str:
        """Say a value; a dash for nothing."""
        return value or self.word("nothing")

    def tickets(self, count: int) -> str:
        """Say so many tickets."""
        return self.say(f"{count} ticket{'' if count == 1 else 's'}", f"{count} 张工单")
