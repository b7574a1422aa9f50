"""Reading targets: what starts, meets and pauses them, and the limits."""

from __future__ import annotations

from ruledesk.errors import suggestion
from ruledesk.model.ticket import Status
from ruledesk.model.values import Text
from ruledesk.rules.load.context import Context
from ruledesk.rules.load.names import origin
from ruledesk.rules.ruleset import Rule, TargetPolicy
from ruledesk.targets.limit import Limit
from ruledesk.targets.opening import CHANNEL
from ruledesk.toml import Table


def read_targets(root: Table, context: Context) -> dict[str, TargetPolicy]:
    """Read ``[targets.…]``, by name."""
    return {name: _target(name, table, context) for name, table in root.children("targets").items()}


def _target(name: str, table: Table, context: Context) -> TargetPolicy:
    durations: dict[str, Limit] = {}
    limits = tuple(_limit(one, context, durations) for one in table.tables("limits"))
    if not limits:
        table.problem("limits", "has no limit", "没有时限", accepted=("[[limits]] with within",))
    warn = table.number("warn", 0.0, minimum=0.0)
    if warn >= 1:
        table.problem("warn", "not a share of the limit", "不是时限的比例", warn, ("0 … 0.99",))
    policy = TargetPolicy(
        name=name,
        starts=context.triggers(table, "starts") or ("submitted",),
        met_by=context.triggers(table, "met_by", required=True),
        limits=limits,
        durations=durations,
        pauses_in=tuple(Status(s) for s in table.enums("pauses_in", tuple(Status))),
        restarts_on=context.triggers(table, "restarts_on"),
        repeats=table.flag("repeats"),
        ends=context.triggers(table, "ends"),
        calendar=context.calendar(table, "calendar"),
        warn=warn,
        flags=table.flag("flags", default=True),
        opens=_opens(table, context),
        clock=table.enum("clock", ("ticket", "contact"), "ticket"),  # type: ignore[arg-type]
        optional=table.flag("optional"),
        label=table.localized("label", Text(name, name)),
    )
    table.done()
    return policy


def _opens(table: Table, context: Context) -> str:
    """Read what the clock waits for: the hours of the channel, or a calendar."""
    name = table.text("opens")
    if name in ("", CHANNEL):
        return name
    if name not in context.calendars:
        known = (CHANNEL, *sorted(context.calendars))
        table.problem("opens", "unknown calendar", "未知日历", name, suggestion(name, known))
        return ""
    return name


def _limit(table: Table, context: Context, durations: dict[str, Limit]) -> Rule:
    name = table.text("name", required=True)
    limit = context.limit(table, "within", required=True)
    if limit is not None:
        durations[name] = limit
    rule = Rule(
        name=name,
        when=context.condition(table, "when"),
        set={"within": "" if limit is None else str(limit)},
        origin=origin(table),
    )
    table.done()
    return rule
