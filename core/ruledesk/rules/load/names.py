"""Names of rules: unique in a ruleset, since a name is what a decision cites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ruledesk.rules.ruleset import Ruleset
from ruledesk.toml import Table, joined


def stripped(value: Any) -> Any:
    """Copy a document without the marks that say where each part came from."""
    if isinstance(value, Mapping):
        return {key: stripped(item) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, list | tuple):
        return [stripped(item) for item in value]
    return value


def check_rule_names(ruleset: Ruleset, root: Table) -> None:
    """Report each name that more than one rule, limit or reaction has, and where both stand."""
    seen: dict[str, str] = {}
    for place, name in _places(ruleset):
        if name in seen:
            first = seen[name]
            root.problem(
                place,
                f"two rules have this name; the first is in {first}",
                f"规则名称重复；另一条在 {first}",
                name,
            )
        seen.setdefault(name, place)


def _places(ruleset: Ruleset) -> Iterator[tuple[str, str]]:
    """List where each rule stands, and its name."""
    for stage in ruleset.stages:
        for rule in stage.rules:
            yield joined("stages", stage.name), rule.name
    for target in ruleset.targets.values():
        for rule in target.limits:
            yield joined("targets", target.name), rule.name
    for number, reaction in enumerate(ruleset.reactions, start=1):
        yield f"reactions[{number}]", reaction.name


def origin(table: Table) -> str:
    """Read which file a named thing stands in: another one where a ruleset extends another."""
    return str(table.value("__origin__") or table.where)
