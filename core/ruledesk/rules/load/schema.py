"""The schema of a ruleset: every field that its conditions may read, with its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from ruledesk.errors import suggestion
from ruledesk.rules.expression.types import FieldKind, FieldType, Schema
from ruledesk.rules.facts import FORM_FIELDS, INTEGER, REQUESTER_FIELDS, STANDARD, TEXT
from ruledesk.toml import Table

KINDS: Final = get_args(FieldKind)
_TARGET_STATES: Final = FieldType("enum", ("running", "paused", "met", "breached", "cancelled"))


def read_schema(root: Table) -> Schema:
    """Collect the standard fields, the ruleset's own, and what is derived from its other parts."""
    fields = dict(STANDARD)
    fields |= {name: kind for name, kind, _ in declared_fields(root)}
    for name in root.mapping("correlations"):
        fields[f"counts.{name}"] = INTEGER
    for name in root.mapping("targets"):
        fields[f"targets.{name}.state"] = _TARGET_STATES
    if targets := tuple(root.mapping("targets")):
        fields["event.target"] = FieldType("enum", targets)
    for name in root.table("survey").mapping("scores"):
        fields[f"scores.{name}"] = INTEGER
    extra = root.table("extra")
    for name in extra.data:
        fields[f"extra.{name}"] = FieldType(_kind(extra, name))
    fields["category"] = FieldType("tree", categories(root))
    if not fields["priority"].values:
        fields["priority"] = FieldType("enum", _priorities(root))
    return Schema(fields)


def declared_fields(root: Table) -> list[tuple[str, FieldType, Table]]:
    """List the ``[fields.…]`` tables: name in the schema, type, table."""
    found = []
    for key, table in root.children("fields").items():
        if key == "contact":
            continue
        name = schema_name(key)
        standard = STANDARD.get(name)
        kind: FieldKind = standard.kind if standard else "text"
        if "kind" in table:
            kind = _kind(table, "kind")
            words_of_text = kind in ("enum", "tree") and standard == TEXT
            if standard is not None and kind != standard.kind and not words_of_text:
                said = table.data["kind"]
                table.problem("kind", "of another kind", "类型不同", said, (standard.kind,))
                kind = standard.kind
        words = (
            tuple(table.mapping("values"))
            if isinstance(table.data.get("values"), Mapping)
            else table.texts("values")
        )
        if standard is not None and not words and kind in ("enum", "tree"):
            words = standard.values
        found.append((name, FieldType("enum" if words and kind == "text" else kind, words), table))
    return found


def schema_name(key: str) -> str:
    """Return what a form field is called in conditions: its own name, or ``custom.<name>``."""
    known = key in FORM_FIELDS or key.startswith("custom.")
    if known or key in {f"requester.{name}" for name in REQUESTER_FIELDS}:
        return key
    return f"custom.{key}"


def categories(root: Table) -> tuple[str, ...]:
    """List the nodes of the category tree, with the nodes above them."""
    nodes: dict[str, None] = {}
    for path in root.mapping("categories"):
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            nodes["/".join(parts[:depth])] = None
    return tuple(nodes)


def _kind(table: Table, key: str) -> FieldKind:
    kind = table.text(key, required=True)
    if kind in KINDS:
        return kind  # type: ignore[return-value]
    table.problem(key, "unknown kind", "未知类型", kind, suggestion(kind, KINDS))
    return "text"


def _priorities(root: Table) -> tuple[str, ...]:
    """Where no words are declared for the priority: those that the stages may set."""
    words: dict[str, None] = {}
    for stage in root.children("stages").values():
        outcomes = [stage.mapping("default"), *(r.mapping("set") for r in stage.tables("rules"))]
        for outcome in outcomes:
            if isinstance(word := outcome.get("priority"), str):
                words[word] = None
        for table in stage.tables("tables"):
            sets = table.texts("sets")
            if "priority" not in sets:
                continue
            place = sets.index("priority")
            for row in table.tables("rows"):
                given = row.value("set")
                if isinstance(given, list) and place < len(given):
                    words[str(given[place])] = None
    return tuple(words)
