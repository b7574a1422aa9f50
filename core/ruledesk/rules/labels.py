"""A word beside what people call it, as refusals show it (F4, F5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ruledesk.model.values import Text

#: What people call the flags of the contract.
FLAGS: Final[Mapping[str, Text]] = {
    "incomplete": Text("incomplete", "信息不全"),
    "vague": Text("vague", "描述不清"),
    "unclear_demand": Text("unclear demand", "诉求不明确"),
    "green_channel": Text("green channel", "绿色通道"),
    "emergency": Text("emergency", "应急"),
    "overdue": Text("overdue", "超时"),
    "at_risk": Text("at risk", "即将超时"),
    "supervised": Text("under supervision", "督办"),
    "unrouted": Text("unrouted", "未派单"),
    "repeat_complaint": Text("repeated complaint", "重复投诉"),
    "batch_fault": Text("batch fault", "批量故障"),
    "plugin_fault": Text("plugin fault", "插件故障"),
}


def flag(word: str) -> Text:
    """Name a flag; one of a ruleset's own goes by its word."""
    return FLAGS.get(word) or Text(word, word)


def labelled(word: str, label: Text | None) -> str:
    """Write a word with what people call it.

    Args:
        word: The word that is recorded.
        label: Its label; None where it has none.

    Returns:
        ``urgent (Urgent 紧急)``, or the word alone where the label says no more.
    """
    said = dict.fromkeys((label.en, label.zh)) if label else {}
    more = [one for one in said if one and one != word]
    return f"{word} ({' '.join(more)})" if more else word
