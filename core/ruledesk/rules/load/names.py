"""Names of rules: unique in a ruleset, since a name is what a decision cites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruledesk.rules.ruleset import Ruleset
from ruledesk.toml import Table


def stripped(value: Any) -> Any:
    """Copy a document without the marks that say where each part came from."""
    if isinstance(value, Mapping):
        return {key: stripped(item) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, list | tuple):
        return [stripped(item) for item in value]
    return value


def check_rule_names(ruleset: Ruleset, root: Table) -> None:
    """Report each name that more than one rule, limit or reaction has."""
    seen: set[str] = set()
    for name in ruleset.rule_names():
        if name in seen:
            root.problem("", "two rules have this name", "规则名称重复", name)
        seen.add(name)


def origin(table: Table) -> str:
    """Read which file a named thing stands in: another one where a ruleset extends another."""
    return str(table.value("__origin__") or table.where)
