"""Reading reactions: on an event, at once or later, when a condition holds, do something."""

from __future__ import annotations

from typing import Final

from ruledesk.errors import suggestion
from ruledesk.model.message import VIAS, Via
from ruledesk.rules.load.context import ABOUT_TASKS, Context
from ruledesk.rules.load.names import origin
from ruledesk.rules.recipients import ROLES
from ruledesk.rules.ruleset import Reaction, ReadyPlan, Send
from ruledesk.targets.limit import Limit
from ruledesk.toml import Table

RECIPIENTS: Final = ("requester", "agent", "head", "superior", "team", "owner", "escalated_to")
#: In ``via``: every way that the reader has an address for.
EVERY: Final = "every"
_LEAST_SECONDS: Final = 60
_PREFIXES: Final = ("team:", "role:", "agent:")


def read_reactions(root: Table, context: Context) -> tuple[Reaction, ...]:
    """Read ``[[reactions]]`` in order."""
    correlations = tuple(root.mapping("correlations"))
    return tuple(_reaction(table, context, correlations) for table in root.tables("reactions"))


def _reaction(table: Table, context: Context, correlations: tuple[str, ...]) -> Reaction:
    on = context.triggers(table, "on", required=True)
    act = table.enum("act", ("close", "archive", "reopen", "plan", "request_info"))
    reaction = Reaction(
        name=table.text("name", required=True),
        on=on,
        when=context.condition(table, "when"),
        after=context.limit(table, "after"),
        every=_interval(table, context),
        until=context.triggers(table, "until"),
        send=tuple(_send(one, context, on) for one in table.tables("send")),
        raise_flags=table.texts("raise_flags"),
        clear_flags=table.texts("clear_flags"),
        escalate_to=_higher(table, "escalate_to"),
        hand_over=table.flag("hand_over"),
        assign_team=table.text("assign_team"),
        act=act,  # type: ignore[arg-type]
        reason=table.text("reason"),
        link_to=_correlation(table, "link_to", correlations),
        plan=_plan(table, context, wanted=act == "plan"),
        merge_into=_merge_into(table, correlations),
        origin=origin(table),
    )
    table.done()
    return reaction


def _correlation(table: Table, key: str, correlations: tuple[str, ...]) -> str:
    name = table.text(key)
    if name and name not in correlations:
        table.problem(key, "unknown correlation", "未知关联", name, suggestion(name, correlations))
    return name


def _merge_into(table: Table, correlations: tuple[str, ...]) -> str:
    """Read ``merge_into``; a ticket that is just being linked to is not merged in that commit."""
    name = _correlation(table, "merge_into", correlations)
    if name and "linked" in table.texts("on"):
        table.problem(
            "on",
            "a ticket is not merged because another one was linked to it",
            "不能因被其他工单关联而合并",
            "linked",
            ("submitted", "classified", "info_provided"),
        )
    return name


def _plan(table: Table, context: Context, *, wanted: bool) -> ReadyPlan | None:
    """Read the plan that ``act = "plan"`` makes, and that nothing else does."""
    if wanted != ("plan" in table):
        form = 'plan = { cause = {en, zh}, solution = {en, zh}, within = "4h" }'
        if wanted:
            table.problem("plan", "is missing", "缺少此项", accepted=(form,))
        else:
            table.value("plan")
            table.problem(
                "plan", 'needs act = "plan"', "须同时设置 act", accepted=('act = "plan"',)
            )
        return None
    if not wanted:
        return None
    plan = table.table("plan")
    ready = ReadyPlan(
        cause=plan.localized("cause"),
        solution=plan.localized("solution", required=True),
        within=context.limit(plan, "within"),
    )
    plan.done()
    return ready


def _interval(table: Table, context: Context) -> Limit | None:
    """Read ``every``; an interval of seconds would keep the clock busy with one ticket."""
    interval = context.limit(table, "every")
    if interval is not None and interval.unit == "s" and interval.amount < _LEAST_SECONDS:
        table.problem("every", "too short", "间隔过短", str(interval), (">= 1m",))
    return interval


def _send(table: Table, context: Context, on: tuple[str, ...]) -> Send:
    template = table.text("template", required=True)
    if template and template not in context.templates:
        table.problem(
            "template",
            "unknown template",
            "未知模板",
            template,
            suggestion(template, context.templates),
        )
    to = tuple(_recipient(table, "to", one) for one in table.texts("to", required=True))
    if "owner" in to and not set(on) <= set(ABOUT_TASKS):
        en = "owns a task, which not each of these events is about"
        accepted = tuple(f'on = ["{one}"]' for one in ABOUT_TASKS)
        table.problem("to", en, "并非每个事件都涉及协同任务", "owner", accepted)
    via = table.enums("via", (*VIAS, EVERY))
    if not via:
        table.problem("via", "is missing", "缺少此项", accepted=(*VIAS, EVERY))
    every = EVERY in via
    if every and len(via) > 1:
        table.problem("via", "stands alone", "须单独使用", EVERY, (f'["{EVERY}"]',))
    table.done()
    ways: tuple[Via, ...] = () if every else via  # type: ignore[assignment]
    return Send(to, ways, template, every)


def _higher(table: Table, key: str) -> str:
    """Read who a ticket is escalated to."""
    name = table.text(key)
    if name in ("requester", "agent", "team", "owner", "escalated_to"):
        accepted = ("head", "superior", *(f"{prefix}…" for prefix in _PREFIXES))
        table.problem(key, "nobody higher", "不是上级", name, accepted)
        return ""
    return _recipient(table, key, name)


def _recipient(table: Table, key: str, name: str) -> str:
    """Check the form of a recipient; whether a named team exists is for the desk to say."""
    prefixed = name.startswith(_PREFIXES) and name.partition(":")[2]
    if name.startswith("role:") and name.removeprefix("role:") not in ROLES:
        table.problem(key, "unknown role", "未知角色", name, tuple(f"role:{r}" for r in ROLES))
    elif name and name not in RECIPIENTS and not prefixed:
        accepted = (*RECIPIENTS, *(f"{prefix}…" for prefix in _PREFIXES))
        table.problem(key, "unknown recipient", "未知接收人", name, accepted)
    return name
