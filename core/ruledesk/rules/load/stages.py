"""Reading stages: rules and decision tables, with their outcomes checked against the schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from ruledesk.errors import Refused, suggestion
from ruledesk.model.values import Value
from ruledesk.rules.expression.types import Expression, FieldType
from ruledesk.rules.load.context import Context
from ruledesk.rules.load.names import origin
from ruledesk.rules.load.outcomes import check_lacks, check_skills
from ruledesk.rules.ruleset import HitPolicy, Rule, Stage
from ruledesk.strict import instant
from ruledesk.toml import Table

#: Ticket fields that any stage may set.
SETTABLE: Final = (
    "type",
    "category",
    "urgency",
    "impact",
    "priority",
    "subject",
    "flags",
    "lacks",
)
#: Where a ticket goes when nobody in the team is free.
FALLBACKS: Final = ("pool", "head")
#: What only the stage ``route`` decides.
ROUTE: Final[Mapping[str, FieldType]] = {
    "team": FieldType("text"),
    "agent": FieldType("text"),
    "skills": FieldType("set"),
    "prefer": FieldType("set"),
    "strategy": FieldType("text"),
    "spill": FieldType("boolean"),
    "automatic": FieldType("boolean"),
    "fallback": FieldType("enum", FALLBACKS),
}
_ORDER: Final = ("category", "flags", "priority", "route")
_ANY: Final = "*"


def read_stages(root: Table, context: Context) -> tuple[Stage, ...]:
    """Read ``[stages.…]`` in the order of ``stages.order``, else the usual one, then as written."""
    tables = root.children("stages")
    tables.pop("order", None)
    order = root.texts("order") or _ORDER
    for name in order if "order" in root else ():
        if name not in tables:
            root.problem("order", "unknown stage", "未知阶段", name, suggestion(name, tables))
    names = [name for name in order if name in tables]
    names += [name for name in tables if name not in names]
    return tuple(_stage(name, tables[name], context) for name in names)


def _stage(name: str, table: Table, context: Context) -> Stage:
    hit: HitPolicy = table.enum("hit", ("unique", "first", "collect"), "first")  # type: ignore[assignment]
    sets = table.texts("sets", required=True)
    custom = [one for one in context.schema.fields if one.startswith("custom.")]
    allowed = (*SETTABLE, *custom, *(ROUTE if name == "route" else ()))
    for one in sets:
        if one not in allowed:
            table.problem("sets", "cannot be set", "不可设置", one, suggestion(one, allowed))
    rules = [_rule(rule, sets, context) for rule in table.tables("rules")]
    for decision_table in table.tables("tables"):
        rules += _rows(decision_table, context)
    stage = Stage(
        name=name,
        hit=hit,
        sets=sets,
        rules=tuple(rules),
        default=outcome(table, "default", sets, context),
    )
    table.done()
    return stage


def _rule(table: Table, sets: tuple[str, ...], context: Context) -> Rule:
    rule = Rule(
        name=table.text("name", required=True),
        when=context.condition(table, "when"),
        set=outcome(table, "set", sets, context),
        origin=origin(table),
    )
    table.done()
    return rule


def outcome(table: Table, key: str, sets: tuple[str, ...], context: Context) -> dict[str, Value]:
    """Read an outcome and check each value against the type of the field that it sets."""
    found: dict[str, Value] = {}
    for name, value in table.mapping(key).items():
        if name not in sets:
            table.problem(
                f"{key}.{name}",
                "not in the stage's sets",
                "不在该阶段的 sets 中",
                value,
                suggestion(name, sets),
            )
            continue
        kind = ROUTE.get(name) or context.schema.fields.get(name, FieldType("text"))
        found[name] = checked(table, f"{key}.{name}", kind, value)
    for name, check in (
        ("lacks", check_lacks),
        ("skills", check_skills),
        ("prefer", check_skills),
    ):
        if isinstance(words := found.get(name), tuple):
            found[name] = check(table, f"{key}.{name}", words, context.schema)
    return found


_PYTHON: Final[Mapping[str, tuple[type, ...]]] = {
    "integer": (int,),
    "number": (int, float),
    "money": (int, float),
    "boolean": (bool,),
    "set": (list, tuple),
    "datetime": (datetime,),
}


def checked(table: Table, key: str, kind: FieldType, value: Any) -> Value:
    """Check a literal of a ruleset against a field's type; a list becomes a tuple."""
    types = _PYTHON.get(kind.kind, (str,))
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        table.problem(key, "wrong type", "类型错误", value, (kind.kind,))
        return None
    if isinstance(value, datetime):
        return _instant(table, key, value)
    words = value if isinstance(value, list | tuple) else (value,)
    if kind.kind == "set" and not all(isinstance(word, str) for word in words):
        table.problem(key, "wrong type", "类型错误", value, ("a list of texts",))
        return None
    for word in words if kind.values else ():
        if word not in kind.values:
            table.problem(
                key, "unknown value", "未知的值", word, suggestion(str(word), kind.values)
            )
    return tuple(value) if isinstance(value, list | tuple) else cast("Value", value)


def _instant(table: Table, key: str, value: datetime) -> Value:
    try:
        return instant(value)
    except Refused as error:
        (problem,) = error.problems
        table.problem(key, problem.en, problem.zh, value, problem.accepted)
        return None


def _rows(table: Table, context: Context) -> list[Rule]:
    """Read a decision table: each row is a rule named ``<table>/<row>``."""
    name = table.text("name", required=True)
    fields, sets = table.texts("fields", required=True), table.texts("sets", required=True)
    for one in fields:
        if one not in context.schema.fields:
            near = suggestion(one, context.schema.fields)
            table.problem("fields", "unknown field", "未知字段", one, near)
            return []
    came_from = origin(table)
    rules = []
    for number, row in enumerate(table.tables("rows"), start=1):
        own = row.text("name", str(number))
        cells, values = _cells(row, "is", len(fields)), _cells(row, "set", len(sets))
        row.value("__origin__")
        row.done()
        condition = _row_condition(row, fields, cells, context)
        result = Table(
            {"set": dict(zip(sets, values, strict=False))}, row.where, row.problems, row.path
        )
        rules.append(
            Rule(f"{name}/{own}", condition, outcome(result, "set", sets, context), came_from)
        )
    table.done()
    return rules


def _cells(row: Table, key: str, width: int) -> list[Any]:
    cells = row.value(key)
    if isinstance(cells, list) and len(cells) == width:
        return cells
    row.problem(key, "wrong number of cells", "列数不符", cells, (f"a list of {width}",))
    return []


def _row_condition(
    row: Table, fields: tuple[str, ...], cells: list[Any], context: Context
) -> Expression:
    parts = [
        f"{name} in {cell!r}" if isinstance(cell, list) else f"{name} == {cell!r}"
        for name, cell in zip(fields, cells, strict=False)
        if cell != _ANY
    ]
    return context.parsed(row, "is", " and ".join(parts) or "True")
