"""Reading the form: which fields a submission has, which it must have, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve

from ruledesk.errors import Refused, suggestion
from ruledesk.model.values import Text, Value
from ruledesk.rules.expression.patterns import longest_whole, refused
from ruledesk.rules.expression.types import Expression, FieldType
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.facts import FORM_FIELDS, REQUESTER_FIELDS, TEXT
from ruledesk.rules.form import CONTACTS
from ruledesk.rules.form_values import checked_value, too_short
from ruledesk.rules.load.context import Context
from ruledesk.rules.load.schema import declared_fields
from ruledesk.rules.ruleset import FormField
from ruledesk.toml import Table

#: What an address must look like at the least; a ruleset may say more.
_ADDRESSES: Final[Mapping[str, tuple[str, int, Text]]] = {
    "requester.email": (r"[^@\s]+@[^@\s]+", 254, Text("name@example.com", "")),
    "requester.phone": (r".*\d.*", 80, Text("a number with its digits", "含数字的电话号码")),
}
#: What numbers are at the least; a ruleset may say something else.
_LEAST: Final[Mapping[str, float]] = {"affected_users": 0.0, "loss": 0.0}
#: What conditions of the form may read besides its fields.
_AROUND: Final = ("channel", "line")


def read_fields(root: Table, context: Context) -> dict[str, FormField]:
    """Read ``[fields]``; the contract's own fields are part of every form.

    Returns:
        Form fields by schema name, with ``contact`` where the ruleset asks for one.
    """
    form = {
        name: FormField(name, context.schema.fields[name], minimum=_LEAST.get(name))
        for name in (*FORM_FIELDS, *(f"requester.{one}" for one in REQUESTER_FIELDS))
    }
    for name, kind, table in declared_fields(root):
        form[name] = _field(name, kind, table, context)
    for name, (pattern, longest, hint) in _ADDRESSES.items():
        if not form[name].pattern:
            length = min(longest, form[name].max_length)
            form[name] = evolve(form[name], pattern=pattern, max_length=length, pattern_hint=hint)
    form["category"] = evolve(form["category"], words=_category_words(root))
    contact = root.table("fields").table("contact")
    if contact.data:
        form["contact"] = _contact(contact, context, form)
    return form


def _category_words(root: Table) -> dict[str, Text]:
    """Read the labels of the tree; what is wrong with them is told where the tree is read."""
    categories = Table(root.mapping("categories"), root.where)
    return {path: categories.localized(path) for path in categories.data}


def _contact(table: Table, context: Context, form: Mapping[str, FormField]) -> FormField:
    """Read ``contact``: the ways to reach the requester, of which one is needed."""
    ways = table.texts("any_of", CONTACTS)
    for way in ways:
        if way not in form:
            table.problem("any_of", "unknown field", "未知字段", way, suggestion(way, form))
    if not ways:
        table.problem("any_of", "names no field", "没有字段", [], CONTACTS)
    return evolve(_field("contact", TEXT, table, context), any_of=ways)


def _field(name: str, kind: FieldType, table: Table, context: Context) -> FormField:
    table.value("kind")
    lowest, highest = table.value("minimum"), table.value("maximum")
    result = FormField(
        name=name,
        type=context.schema.fields.get(name, kind),
        required=table.flag("required"),
        required_when=_condition(table, "required_when", context),
        wanted=table.flag("wanted"),
        wanted_when=_condition(table, "wanted_when", context),
        when=_condition(table, "when", context),
        min_length=table.integer("min_length", 0, minimum=0),
        pattern=table.text("pattern"),
        pattern_hint=table.localized("pattern_hint"),
        max_length=table.integer("max_length", 10_000, minimum=1),
        minimum=_LEAST.get(name) if lowest is None else table.number("minimum"),
        maximum=None if highest is None else table.number("maximum"),
        label=table.localized("label", Text(name, name)),
        words=_words(table),
    )
    low, high = result.minimum, result.maximum
    if low is not None and high is not None and low > high:
        # Where no minimum is written it is the standard one, and the maximum is what is wrong.
        if lowest is None:
            said = ("below the minimum", "小于最小值")
            table.problem("maximum", *said, highest, (f">= {low:.15g}",))
        else:
            said = ("above the maximum", "大于最大值")
            table.problem("minimum", *said, lowest, (f"<= {high:.15g}",))
    result = evolve(result, pattern=_pattern(result, table))
    default = _default(result, table)
    table.done()
    return evolve(result, default=default)


def _condition(table: Table, key: str, context: Context) -> Expression | None:
    """Read a condition over the form; what only comes about later cannot be read there."""
    if key not in table:
        return None
    condition = context.condition(table, key)
    known = {
        name
        for name in context.schema.fields
        if name in FORM_FIELDS or name.startswith(("requester.", "custom."))
    } | set(_AROUND)
    for name in sorted(reads([condition]) - known):
        table.problem(
            key, "is not known while the form is filled in", "填写时尚不可知", name, _AROUND
        )
    return condition


def _pattern(field: FormField, table: Table) -> str:
    """Check what is said of a text's length and pattern; returns the pattern, where it is good."""
    for key in ("pattern", "min_length"):
        if key in table and field.type.kind != "text":
            table.problem(key, "is for text only", "仅用于文本字段", field.type.kind, ("text",))
            return ""
    if field.min_length > field.max_length:
        accepted = (f"<= {field.max_length}",)
        table.problem("min_length", "above max_length", "大于 max_length", accepted=accepted)
    reason = refused(field.pattern) if field.pattern else None
    if reason:
        table.problem("pattern", *reason, field.pattern)
        return ""
    longest = longest_whole(field.pattern)
    if field.max_length > longest:
        en = f"the pattern may take long on a text of {field.max_length} characters"
        zh = f"对 {field.max_length} 字的文本，该正则表达式可能耗时过长"
        table.problem("pattern", en, zh, field.pattern, (f"max_length <= {longest}",))
    return field.pattern


def _default(field: FormField, table: Table) -> Value:
    """Read a field's default, which is held to what the field may hold."""
    value = table.value("default")
    if value is None:
        return None
    try:
        checked = checked_value(field, value)
        short = too_short(field, checked)
        wrong = [short] if short else []
    except Refused as error:
        checked, wrong = None, list(error.problems)
    for problem in wrong:
        table.problem("default", problem.en, problem.zh, value, problem.accepted)
    return checked


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
