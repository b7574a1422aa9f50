"""Reading what a ruleset asks of actions: ``[actions.<action>]``."""

from __future__ import annotations

from typing import Final

import attrs

from ruledesk.errors import suggestion
from ruledesk.model.action import BY_NAME
from ruledesk.rules.load.context import Context
from ruledesk.rules.recipients import ROLES
from ruledesk.rules.ruleset import ActionPolicy
from ruledesk.strict import INTERNAL, RENAMED
from ruledesk.toml import Table

#: Arguments whose name outside is another one, by that.
_INSIDE: Final = {outside: inside for inside, outside in RENAMED.items()}


def read_actions(root: Table, context: Context) -> dict[str, ActionPolicy]:
    """Read ``[actions.…]``, by action; a submission has its form instead."""
    known = [name for name in BY_NAME if name != "submit"]
    found = {}
    for name, table in root.children("actions").items():
        if name not in known:
            root.problem(
                f"actions.{name}", "unknown action", "未知操作", name, suggestion(name, known)
            )
            continue
        found[name] = _action(name, table, context)
    return found


def _action(name: str, table: Table, context: Context) -> ActionPolicy:
    policy = ActionPolicy(
        name=name,
        required=_arguments(name, table, "required"),
        any_of=_arguments(name, table, "any_of"),
        teams=table.texts("teams"),
        roles=table.enums("roles", ROLES),
        when=context.condition(table, "when") if "when" in table else None,
        reason=table.localized("reason"),
        eta_within=_target(name, table, context),
    )
    if "reason" in table and policy.when is None:
        table.problem("reason", "there is no `when`", "缺少 when", accepted=("when = …",))
    table.done()
    return policy


def _arguments(action: str, table: Table, key: str) -> tuple[str, ...]:
    """Read names of arguments; returns them as the action's class has them."""
    names = table.texts(key)
    fields = attrs.fields_dict(BY_NAME[action])
    known = [RENAMED.get(name, name) for name in fields if name not in INTERNAL]
    for name in names:
        if name not in known:
            table.problem(
                key, f"no argument of {action!r}", f"不是 {action} 的参数", name,
                suggestion(name, known),
            )  # fmt: skip
    table.no_doubles(key, names)
    return tuple(_INSIDE.get(name, name) for name in names if name in known)


def _target(action: str, table: Table, context: Context) -> str:
    name = table.text("eta_within")
    if name and action != "plan":
        table.problem("eta_within", "only a plan has an estimate", "只有 plan 有预计时间", name)
        return ""
    if name and name not in context.targets:
        near = suggestion(name, context.targets)
        table.problem("eta_within", "unknown target", "未知目标", name, near)
        return ""
    return name
