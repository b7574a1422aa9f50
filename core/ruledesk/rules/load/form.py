"""Reading the form: which fields a submission has, which it must have, and their words."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from ruledesk.errors import Refused
from ruledesk.model.values import Text, Value
from ruledesk.rules.expression.types import FieldType
from ruledesk.rules.facts import FORM_FIELDS, REQUESTER_FIELDS, TEXT
from ruledesk.rules.form import checked_value
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
        max_length=table.integer("max_length", 10_000, minimum=1),
        minimum=None if lowest is None else table.number("minimum"),
        maximum=None if highest is None else table.number("maximum"),
        label=table.localized("label", Text(name, name)),
        words=_words(table),
    )
    low, high = result.minimum, result.maximum
    if low is not None and high is not None and low > high:
        table.problem("minimum", "above the maximum", "大于最大值", lowest, (f"<= {high:.15g}",))
    default = _default(result, table)
    table.done()
    return evolve(result, default=default)


def _default(field: FormField, table: Table) -> Value:
    """Read a field's default, which is held to what the field may hold."""
    value = table.value("default")
    if value is None:
        return None
    try:
        return checked_value(field, value)
    except Refused as error:
        for problem in error.problems:
            table.problem("default", problem.en, problem.zh, value, problem.accepted)
        return None


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
