"""Reading the form: which fields a submission has, which it must have, and their words."""

from __future__ import annotations

from collections.abc import Mapping

from ruledesk.model.values import Text, Value
from ruledesk.rules.expression.types import FieldType
from ruledesk.rules.facts import FORM_FIELDS, REQUESTER_FIELDS, TEXT
from ruledesk.rules.load.context import Context
from ruledesk.rules.load.schema import declared_fields
from ruledesk.rules.ruleset import FormField
from ruledesk.toml import Table


def read_fields(root: Table, context: Context) -> dict[str, FormField]:
    """Read ``[fields]``; the contract's own fields are part of every form.

    Returns:
        Form fields by schema name, with ``contact`` where the ruleset asks for one.
    """
    form = {
        name: FormField(name, context.schema.fields[name])
        for name in (*FORM_FIELDS, *(f"requester.{one}" for one in REQUESTER_FIELDS))
    }
    for name, kind, table in declared_fields(root):
        form[name] = _field(name, kind, table, context)
    contact = root.table("fields").table("contact")
    if contact.data:
        form["contact"] = _field("contact", TEXT, contact, context)
    return form


def _field(name: str, kind: FieldType, table: Table, context: Context) -> FormField:
    table.value("kind")
    lowest, highest = table.value("minimum"), table.value("maximum")
    result = FormField(
        name=name,
        type=context.schema.fields.get(name, kind),
        required=table.flag("required"),
        required_when=context.condition(table, "required_when")
        if "required_when" in table
        else None,
        default=_default(name, table, context),
        max_length=table.integer("max_length", 10_000, minimum=1),
        minimum=None if lowest is None else table.number("minimum"),
        maximum=None if highest is None else table.number("maximum"),
        label=table.localized("label", Text(name, name)),
        words=_words(table),
    )
    table.done()
    return result


def _default(name: str, table: Table, context: Context) -> Value:
    value = table.value("default")
    if value is None:
        return None
    kind = context.schema.fields.get(name, TEXT)
    if kind.values and value not in kind.values:
        table.problem("default", "unknown value", "未知的值", value, kind.values)
        return None
    return tuple(value) if isinstance(value, list) else value


def _words(table: Table) -> dict[str, Text]:
    given = table.value("values")
    if not isinstance(given, Mapping):
        return {word: Text(word, word) for word in table.texts("values")}
    words = {}
    for word, label in given.items():
        holder = Table({word: _labels(label)}, table.where, table.problems, f"{table.path}.values")
        words[word] = holder.localized(word)
    return words


def _labels(label: object) -> object:
    """Drop the number format's code from a word's labels."""
    if isinstance(label, Mapping):
        return {key: value for key, value in label.items() if key != "code"}
    return label
