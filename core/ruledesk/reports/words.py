"""What reports say, in both languages (requirement F5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ruledesk.model.ticket import STATUS_LABELS
from ruledesk.model.values import Text

#: Key to English and Chinese.
WORDS: Final[Mapping[str, Text]] = {
    key: Text(en, zh)
    for key, en, zh in (
        # tables
        ("summary", "Summary", "概览"),
        ("month", "By month", "按月"),
        ("week", "By week", "按周"),
        ("day", "By day", "按日"),
        ("problem", "Most frequent problems", "高频问题"),
        ("category", "By category", "按类别"),
        ("type", "By type", "按类型"),
        ("product", "By product", "按产品"),
        ("team", "By team", "按部门"),
        ("agent", "By handler", "按处理人"),
        ("channel", "By channel", "按渠道"),
        ("line", "By business line", "按业务线"),
        ("priority", "By priority", "按优先级"),
        ("urgency", "By urgency", "按紧急程度"),
        ("status", "By status", "按状态"),
        ("rating", "By satisfaction", "按满意度"),
        ("targets", "Targets", "时限达成"),
        ("hand_overs", "Hand-overs between teams", "部门间交接"),
        ("tasks", "Collaboration tasks", "协同任务"),
        ("scores", "Survey scores", "满意度调查评分"),
        ("load", "Load by weekday and hour", "各时段工单量"),
        ("hints", "Improvement hints", "改进建议"),
        ("tickets_sheet", "Tickets", "工单明细"),
        # columns
        ("value.month", "Month", "月份"),
        ("value.week", "Week", "周"),
        ("value.day", "Day", "日期"),
        ("value.problem", "Problem", "问题"),
        ("value.category", "Category", "类别"),
        ("value.type", "Type", "类型"),
        ("value.product", "Product", "产品"),
        ("value.team", "Team", "部门"),
        ("value.agent", "Handler", "处理人"),
        ("value.channel", "Channel", "渠道"),
        ("value.line", "Business line", "业务线"),
        ("value.priority", "Priority", "优先级"),
        ("value.urgency", "Urgency", "紧急程度"),
        ("value.status", "Status", "状态"),
        ("value.rating", "Rating", "评分"),
        ("figure", "Figure", "指标"),
        ("amount", "Value", "数值"),
        ("note", "Of", "说明"),
        ("tickets", "Tickets", "工单数"),
        ("share", "Share", "占比"),
        ("open", "Open", "未完成"),
        ("done", "Closed", "已关闭"),
        ("closed_in", "Closed in it", "期内关闭"),
        ("overdue", "Overdue", "超时"),
        ("overdue_rate", "Overdue rate", "超时率"),
        ("handling_p50", "Handling p50", "处理时长 p50"),
        ("handling_p90", "Handling p90", "处理时长 p90"),
        ("handling_p95", "Handling p95", "处理时长 p95"),
        ("response_p50", "First response p50", "首次响应 p50"),
        ("response_p90", "First response p90", "首次响应 p90"),
        ("reopened", "Re-opened", "重开"),
        ("reopen_rate", "Re-open rate", "重开率"),
        ("rated", "Rated", "评价数"),
        ("rating_mean", "Satisfaction", "满意度"),
        ("target", "Target", "时限"),
        ("met", "Met", "达成"),
        ("breached", "Missed", "未达成"),
        ("running", "Running", "计时中"),
        ("from_team", "From team", "转出部门"),
        ("to_team", "To team", "接收部门"),
        ("count", "Count", "次数"),
        ("waiting", "Still waiting", "仍在等待"),
        ("lost_total", "Lost in all", "累计耗时"),
        ("lost_mean", "Mean", "平均"),
        ("lost_p50", "p50", "p50"),
        ("lost_p90", "p90", "p90"),
        ("longest", "Longest", "最长"),
        ("score", "Score", "评分项"),
        ("mean", "Mean", "平均"),
        ("weekday", "Weekday", "星期"),
        ("hour", "Hour", "时"),
        ("hint", "Hint", "建议"),
        ("numbers", "Ticket numbers", "工单编号"),
        ("number", "Number", "编号"),
        ("subject", "Subject", "主题"),
        ("requester", "Requester", "报告人"),
        ("created_at", "Created", "创建时间"),
        ("responded_at", "First response", "首次响应时间"),
        ("resolved_at", "Resolved", "解决时间"),
        ("closed_at", "Closed at", "关闭时间"),
        ("handling", "Handling", "处理时长"),
        ("response", "First response after", "首次响应时长"),
        ("missed_targets", "Missed targets", "未达成时限"),
        ("reopens", "Re-opens", "重开次数"),
        ("flags", "Flags", "标记"),
        # summary
        ("sum.tickets", "Tickets", "工单总数"),
        ("sum.open", "Open", "未完成"),
        ("sum.done", "Closed", "已关闭"),
        ("sum.withdrawn", "Cancelled or merged", "已取消或合并"),
        ("sum.overdue", "Overdue tickets", "超时工单"),
        ("sum.overdue_rate", "Overdue rate", "超时率"),
        ("sum.complaints", "Repeat complaints", "重复投诉"),
        ("sum.complaint_rate", "Repeat-complaint rate", "重复投诉率"),
        ("sum.contacts", "Repeat tickets of a requester", "同一报告人重复来单"),
        ("sum.contact_rate", "Repeat-ticket rate", "重复来单率"),
        ("sum.hand_overs", "Hand-overs between teams", "部门间交接"),
        ("sum.hand_over_p50", "Hand-over time p50", "交接耗时 p50"),
        ("sum.hand_over_p90", "Hand-over time p90", "交接耗时 p90"),
        ("sum.hand_over_total", "Time lost in hand-overs", "交接累计耗时"),
        ("sum.misroutes", "Routed to the wrong team", "派错部门"),
        ("sum.handling_mean", "Handling time, mean", "处理时长 平均"),
        ("sum.handling_p50", "Handling time p50", "处理时长 p50"),
        ("sum.handling_p90", "Handling time p90", "处理时长 p90"),
        ("sum.handling_p95", "Handling time p95", "处理时长 p95"),
        ("sum.response_p50", "First response p50", "首次响应 p50"),
        ("sum.response_p90", "First response p90", "首次响应 p90"),
        ("sum.response_p95", "First response p95", "首次响应 p95"),
        ("sum.reopened", "Re-opened tickets", "重开工单"),
        ("sum.reopen_rate", "Re-open rate", "重开率"),
        ("sum.rated", "Ratings", "评价数"),
        ("sum.rating_mean", "Satisfaction, 1–5", "满意度（1–5）"),
        ("sum.to_improve", "Quality reviews asking for improvement", "质量复核需改进"),
        ("of.reviewed", "of {n} reviewed", "共复核 {n} 张"),
        ("of.promised", "of {n} with a deadline", "共 {n} 张有时限"),
        ("of.complaints", "of {n} complaints, within 30 days", "共 {n} 次投诉，30 天内"),
        ("of.contacts", "of {n} tickets, within 30 days", "共 {n} 张工单，30 天内"),
        ("of.unknown", "{n} without a known requester", "{n} 张无法识别报告人"),
        ("of.solved", "of {n} solved", "共 {n} 张已解决"),
        ("of.measured", "of {n} tickets", "共 {n} 张工单"),
        # the rest
        ("none", "(none)", "（无）"),
        ("total", "All", "合计"),
        ("title", "Service desk report", "服务台统计报告"),
        ("from_to", "Tickets made from {a} to {b}", "工单创建于 {a} 至 {b}"),
        ("as_of", "as of {t} ({zone})", "截至 {t}（{zone}）"),
        ("no_tickets", "There are no tickets in this report.", "没有符合条件的工单。"),
        ("rows", "{used} of {rows} rows used, {skipped} skipped, {blank} blank",
         "共 {rows} 行，采用 {used} 行，跳过 {skipped} 行，空行 {blank} 行"),
        ("more", "… {n} more", "…… 另有 {n} 项"),
        ("in", "New", "新增"),
        ("trend", "Trend", "趋势"),
        ("satisfaction", "Satisfaction", "满意度"),
        ("as_table", "As a table", "查看表格"),
        ("contents", "Contents", "目录"),
        ("figures_table", "All figures", "全部指标"),
    )
}  # fmt: skip
WEEKDAYS: Final = tuple(
    Text(en, zh)
    for en, zh in (
        ("Mon", "周一"), ("Tue", "周二"), ("Wed", "周三"), ("Thu", "周四"), ("Fri", "周五"),
        ("Sat", "周六"), ("Sun", "周日"),
    )
)  # fmt: skip
#: What the contract's targets and channels are called where no ruleset says otherwise.
TARGETS: Final[Mapping[str, Text]] = {
    name: Text(en, zh)
    for name, en, zh in (
        ("answer", "Answer", "接听"),
        ("view", "View", "查看受理"),
        ("contact", "Contact", "联系报告人"),
        ("response", "Response", "响应"),
        ("handler", "Handler", "指派处理人"),
        ("update", "Progress", "进展更新"),
        ("interim", "Interim plan", "初步方案"),
        ("resolution", "Resolution", "解决"),
        ("confirmation", "Confirmation", "确认"),
        ("survey", "Survey", "回访"),
    )
}
CHANNELS: Final[Mapping[str, Text]] = {
    name: Text(en, zh)
    for name, en, zh in (
        ("phone", "Phone", "电话"),
        ("chat", "Chat", "在线客服"),
        ("email", "E-mail", "邮件"),
        ("web", "Web form", "网页表单"),
        ("portal", "Portal", "自助门户"),
        ("app", "App", "应用"),
    )
}
STATUSES: Final[Mapping[str, Text]] = {
    status.value: Text(en, zh) for status, (en, zh) in STATUS_LABELS.items()
}


def say(key: str, locale: str, **values: object) -> str:
    """Say a word or sentence; ``{name}`` in it is replaced by the value of that name."""
    text = WORDS[key].in_(locale)
    return text.format(**values) if values else text
