"""Where things stand in a ruleset: files and key paths, and every condition with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs
from attrs import frozen

from ruledesk.rules.expression.types import (
    And,
    Compare,
    CompareFields,
    Constant,
    Expression,
    Not,
    OneOf,
    Or,
    Test,
)
from ruledesk.rules.ruleset import Rule, Ruleset
from ruledesk.toml.table import joined

_EXPRESSIONS: Final = (And, Compare, CompareFields, Constant, Not, OneOf, Or, Test)
#: Parts whose conditions are listed with their rules.
_OF_RULES: Final = ("stages", "targets", "reactions")


@frozen
class Place:
    """A condition that is no rule of a stage, target or reaction: of a field or an action."""

    key: str
    when: Expression


def file_of(ruleset: Ruleset, key: str) -> str:
    """Name the file that a key path stands in; empty where that is not known."""
    parts = key.split(".")
    above = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next(
        (ruleset.origins[path] for path in above if path in ruleset.origins), ruleset.origin
    )


def rule_key(ruleset: Ruleset, group: str, owner: str, name: str) -> str:
    """Write the key path of a rule by its name.

    Args:
        ruleset: The ruleset; its document says which rules are rows of a table.
        group: ``stages`` or ``targets``.
        owner: The stage or target.
        name: The rule's name; of a row ``<table>/<row>``.

    Returns:
        ``stages.priority.rules.p-high``, ``stages.priority.tables.matrix.rows.wide-high`` …
    """
    path = joined(group, owner)
    if group == "targets":
        return joined(f"{path}.limits", name)
    table, slash, row = name.partition("/")
    if slash and table in _tables(ruleset.document, owner):
        return joined(joined(f"{path}.tables", table) + ".rows", row)
    return joined(f"{path}.rules", name)


def _tables(document: Mapping[str, Any], stage: str) -> set[str]:
    stages = document.get("stages", {})
    tables = stages.get(stage, {}).get("tables", []) if isinstance(stages, Mapping) else []
    return {str(table.get("name")) for table in tables if isinstance(table, Mapping)}


def all_rules(ruleset: Ruleset) -> Iterator[Rule]:
    """Yield the rules of all stages and the limits of all targets."""
    for stage in ruleset.stages:
        yield from stage.rules
    for target in ruleset.targets.values():
        yield from target.limits


def other_conditions(ruleset: Ruleset) -> tuple[Place, ...]:
    """List the conditions of fields, actions, correlations and policy."""
    found: list[Place] = []
    for attribute in attrs.fields(Ruleset):
        if attribute.name not in (*_OF_RULES, "document", "schema", "calendars", "templates"):
            name = {"form": "fields"}.get(attribute.name, attribute.name)
            found += _conditions(getattr(ruleset, attribute.name), name)
    return tuple(found)


def _conditions(value: Any, path: str) -> Iterator[Place]:
    if isinstance(value, _EXPRESSIONS):
        yield Place(path, value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _conditions(item, joined(path, str(key).removeprefix("custom.")))
    elif attrs.has(type(value)):
        for attribute in attrs.fields(type(value)):
            yield from _conditions(getattr(value, attribute.name), joined(path, attribute.name))
    elif isinstance(value, tuple | list):
        for number, item in enumerate(value):
            yield from _conditions(item, f"{path}.{number}")


def every_expression(ruleset: Ruleset) -> tuple[Expression, ...]:
    """List every condition of a ruleset."""
    return (
        *(rule.when for rule in all_rules(ruleset)),
        *(reaction.when for reaction in ruleset.reactions),
        *(place.when for place in other_conditions(ruleset)),
    )
