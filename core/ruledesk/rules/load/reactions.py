"""Reading reactions: on an event, at once or later, when a condition holds, do something."""

from __future__ import annotations

from typing import Final

from ruledesk.errors import suggestion
from ruledesk.model.message import VIAS, Via
from ruledesk.rules.load.context import Context
from ruledesk.rules.load.names import origin
from ruledesk.rules.recipients import ROLES
from ruledesk.rules.ruleset import Reaction, Send
from ruledesk.targets.limit import Limit
from ruledesk.toml import Table

RECIPIENTS: Final = ("requester", "agent", "head", "superior", "team", "escalated_to")
_LEAST_SECONDS: Final = 60
_PREFIXES: Final = ("team:", "role:", "agent:")


def read_reactions(root: Table, context: Context) -> tuple[Reaction, ...]:
    """Read ``[[reactions]]`` in order."""
    correlations = tuple(root.mapping("correlations"))
    return tuple(_reaction(table, context, correlations) for table in root.tables("reactions"))


def _reaction(table: Table, context: Context, correlations: tuple[str, ...]) -> Reaction:
    link_to = table.text("link_to")
    if link_to and link_to not in correlations:
        table.problem(
            "link_to", "unknown correlation", "未知关联", link_to, suggestion(link_to, correlations)
        )
    reaction = Reaction(
        name=table.text("name", required=True),
        on=context.triggers(table, "on", required=True),
        when=context.condition(table, "when"),
        after=context.limit(table, "after"),
        every=_interval(table, context),
        until=context.triggers(table, "until"),
        send=tuple(_send(one, context) for one in table.tables("send")),
        raise_flags=table.texts("raise_flags"),
        clear_flags=table.texts("clear_flags"),
        escalate_to=_higher(table, "escalate_to"),
        hand_over=table.flag("hand_over"),
        assign_team=table.text("assign_team"),
        act=table.enum("act", ("close", "archive", "reopen")),  # type: ignore[arg-type]
        reason=table.text("reason"),
        link_to=link_to,
        origin=origin(table),
    )
    table.done()
    return reaction


def _interval(table: Table, context: Context) -> Limit | None:
    """Read ``every``; an interval of seconds would keep the clock busy with one ticket."""
    interval = context.limit(table, "every")
    if interval is not None and interval.unit == "s" and interval.amount < _LEAST_SECONDS:
        table.problem("every", "too short", "间隔过短", str(interval), (">= 1m",))
    return interval


def _send(table: Table, context: Context) -> Send:
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
    via: tuple[Via, ...] = table.enums("via", VIAS)  # type: ignore[assignment]
    if not via:
        table.problem("via", "is missing", "缺少此项", accepted=VIAS)
    table.done()
    return Send(to, via, template)


def _higher(table: Table, key: str) -> str:
    """Read who a ticket is escalated to."""
    name = table.text(key)
    if name in ("requester", "agent", "team", "escalated_to"):
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
