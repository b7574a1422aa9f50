"""What the readers of a ruleset's parts share: the schema, and typed reading of conditions."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from ruledesk.errors import InvalidInput, suggestion
from ruledesk.rules.expression.parse import parse
from ruledesk.rules.expression.types import Constant, Expression, Schema
from ruledesk.rules.ruleset import Template
from ruledesk.targets.limit import Limit
from ruledesk.toml import Table

#: Kinds of event that a ruleset may start a target, meet it, or react on.
TRIGGERS = (
    "submitted",
    "acknowledged",
    "assigned_by_hand",
    "accepted",
    "contacted",
    "info_requested",
    "info_provided",
    "classified",
    "noted",
    "task_opened",
    "task_answered",
    "task_overdue",
    "planned",
    "plan_submitted",
    "plan_approved",
    "plan_rejected",
    "resolved",
    "confirmed",
    "declined",
    "rated",
    "escalated",
    "supervised",
    "merged",
    "linked",
    "closed",
    "reopened",
    "cancelled",
    "archived",
    "reviewed",
    "decided",
    "assigned",
    "pooled",
    "target_warned",
    "target_breached",
    "call_updated",
    "answered",
    "duplicate_received",
    "message_failed",
    "plugin_faulted",
)
#: Kinds that are about a collaboration task.
ABOUT_TASKS = ("task_opened", "task_answered", "task_overdue")
#: Kinds whose second part, after a dot, narrows them.
_QUALIFIED = ("target_warned", "target_breached")
#: What comes before a template's name: a message from it was queued.
SENT = "sent"
TRUE = Constant(value=True)


@frozen
class Context:
    """What names in a ruleset may refer to."""

    schema: Schema
    calendars: frozenset[str]
    targets: frozenset[str] = frozenset()
    templates: Mapping[str, Template] = field(factory=dict)

    def with_templates(self, templates: Mapping[str, Template]) -> Context:
        """Return a context that knows the templates too."""
        return evolve(self, templates=templates)

    def condition(self, table: Table, key: str) -> Expression:
        """Read a condition; always true where there is none. An empty one is a problem."""
        text = table.text(key)
        if isinstance(table.data.get(key), str) and not text.strip():
            said = ("is empty: write True where it always holds", "为空；若始终成立请写 True")
            table.problem(key, *said, text, ("True",))
            return TRUE
        return TRUE if not text else self.parsed(table, key, text)

    def parsed(self, table: Table, key: str, text: str) -> Expression:
        """Parse a condition that stands (in some form) under a key."""
        try:
            return parse(text, self.schema, table.field(key))
        except InvalidInput as error:
            table.problems.extend(error)
            return TRUE

    def limit(self, table: Table, key: str, *, required: bool = False) -> Limit | None:
        """Read a limit such as ``2h`` or ``3wd``."""
        text = table.text(key, required=required)
        if not text:
            return None
        try:
            return Limit.parse(text, table.field(key))
        except InvalidInput as error:
            table.problems.extend(error)
            return None

    def calendar(self, table: Table, key: str) -> str:
        """Read the name of a calendar; empty where there is none."""
        name = table.text(key)
        if name and name not in self.calendars:
            table.problem(
                key, "unknown calendar", "未知日历", name, suggestion(name, self.calendars)
            )
            return ""
        return name

    def triggers(self, table: Table, key: str, *, required: bool = False) -> tuple[str, ...]:
        """Read a list of event kinds."""
        names = table.texts(key, required=required)
        for name in names:
            kind = name.partition(".")[0]
            known = [*TRIGGERS, "noted.public"]
            if kind in _QUALIFIED:
                known += [f"{kind}.{target}" for target in sorted(self.targets)]
            if kind == SENT:
                known += [f"{kind}.{template}" for template in sorted(self.templates)]
            if name not in known:
                table.problem(key, "unknown event", "未知事件", name, suggestion(name, known))
        return names
