"""What the pilot prints, in both languages (requirement F5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ruledesk.errors import Locale
from ruledesk.model.ticket import STATUS_LABELS

#: Key to English and Chinese. Statuses are those of the contract, event kinds those of the model.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # statuses
    **{status.value: labels for status, labels in STATUS_LABELS.items()},
    # events
    "kind.submitted": ("submitted", "提交"),
    "kind.acknowledged": ("acknowledged", "受理"),
    "kind.assigned_by_hand": ("assigned by hand", "人工派单"),
    "kind.accepted": ("accepted", "接单"),
    "kind.contacted": ("contacted", "已联系"),
    "kind.info_requested": ("information requested", "要求补充"),
    "kind.info_provided": ("information provided", "已补充"),
    "kind.classified": ("classified", "重新分类"),
    "kind.noted": ("note", "记录"),
    "kind.task_opened": ("task opened", "发起协同"),
    "kind.task_answered": ("task answered", "协同答复"),
    "kind.task_overdue": ("task overdue", "协同超时"),
    "kind.planned": ("plan", "处理方案"),
    "kind.plan_approved": ("plan approved", "方案通过"),
    "kind.plan_rejected": ("plan rejected", "方案驳回"),
    "kind.resolved": ("resolved", "已解决"),
    "kind.confirmed": ("confirmed", "确认"),
    "kind.declined": ("declined", "未认可"),
    "kind.rated": ("rated", "评价"),
    "kind.escalated": ("escalated", "升级"),
    "kind.supervised": ("under supervision", "督办"),
    "kind.merged": ("merged", "合并"),
    "kind.linked": ("linked", "关联"),
    "kind.closed": ("closed", "关闭"),
    "kind.reopened": ("reopened", "重开"),
    "kind.cancelled": ("cancelled", "取消"),
    "kind.archived": ("archived", "归档"),
    "kind.reviewed": ("reviewed", "质量复核"),
    "kind.deleted": ("deleted", "删除"),
    "kind.message_failed": ("message failed", "消息发送失败"),
    "kind.call_updated": ("call", "通话"),
    "kind.duplicate_received": ("received again", "重复收到"),
    "kind.plugin_faulted": ("plugin fault", "插件故障"),
    "kind.person_erased": ("person erased", "清除个人信息"),
    # people
    "requester": ("requester", "报告人"),
    "system": ("system", "系统"),
    # targets
    "due": ("due", "应于"),
    "task": ("task", "协同任务"),
    "paused": ("paused", "暂停计时"),
    "met": ("met", "达成"),
    "no longer owed": ("no longer owed", "不再计时"),
    "at risk": ("at risk", "即将超时"),
    "overdue": ("overdue, was due", "超时，应于"),
    # the rest of a timeline
    "default": ("default", "默认"),
    "pool": ("pool", "待领池"),
    "timer": ("timer", "定时"),
    "by": ("by", "经由"),
    # failures
    "step": ("step", "步骤"),
    "expected": ("expected", "预期"),
    "actual": ("actual", "实际"),
    "refused": ("refused", "被拒绝"),
    "not refused": ("not refused", "未被拒绝"),
    "nothing": ("nothing", "无"),
    "unusable": ("unusable", "无法使用"),
    # closing lines
    "scenarios": ("scenarios", "场景"),
    "passed": ("passed", "通过"),
    "failed": ("failed", "失败"),
    "tickets": ("tickets", "工单"),
    "channels": ("by channel", "按渠道"),
    "statuses": ("by status", "按状态"),
    "events": ("events", "事件"),
    "targets met": ("targets met", "时限达成"),
    "targets breached": ("targets breached", "时限超时"),
    "messages": ("messages", "消息"),
    "seconds": ("seconds", "秒"),
    "steps.one": ("step", "步"),
    "steps": ("steps", "步"),
    # weeks of a recording
    "week": ("week", "周"),
    "created": ("new", "新增"),
    "week closed": ("closed", "关闭"),
    "reopens": ("re-opened", "重开"),
    "nobody free": ("nobody free", "无人可派"),
    "wrong team": ("wrong team", "派错部门"),
    "routed to the wrong team": ("routed to the wrong team", "派错部门"),
}


def word(key: str, locale: Locale) -> str:
    """Say a word; a key that is not known, such as a plugin's own, is said as it is."""
    texts = WORDS.get(key)
    if texts is None:
        return key.removeprefix("kind.").replace("_", " ")
    return texts[1] if locale == "zh" else texts[0]
