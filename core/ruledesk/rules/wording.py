"""The words of a form, for people: a field's words with their labels, a condition in words (F5)."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from ruledesk.errors import Locale
from ruledesk.model.values import Text, Value
from ruledesk.rules.expression.format import format_expression, format_value
from ruledesk.rules.expression.types import (
    And,
    Compare,
    CompareFields,
    Expression,
    Not,
    OneOf,
    Operator,
    Or,
    Test,
)
from ruledesk.rules.labels import labelled
from ruledesk.rules.ruleset import FormField

#: More words than this are not all listed where only a few of them can have been meant.
_MOST_LISTED: Final = 20

_OPERATORS: Final[Mapping[Operator, Text]] = {
    "==": Text("is", "为"),
    "!=": Text("is not", "不为"),
    "<": Text("is less than", "小于"),
    "<=": Text("is at most", "不大于"),
    ">": Text("is more than", "大于"),
    ">=": Text("is at least", "不小于"),
}
_TESTS: Final[Mapping[str, Text]] = {
    "present": Text("is given", "已填写"),
    "missing": Text("is not given", "未填写"),
    "contains": Text("contains", "包含"),
    "startswith": Text("begins with", "开头为"),
    "matches": Text("matches", "符合"),
    "under": Text("is within", "属于"),
    "has": Text("has", "含有"),
    "changed": Text("changed", "已变更"),
}


def word_of(field: FormField, text: str) -> str | None:
    """Find the word that a text means: itself, or the one that has it for a label.

    Args:
        field: An enum, tree or set.
        text: A word, or a label in either language, in any case.

    Returns:
        The word; None where there is none, or where two have this label.
    """
    if not field.type.values or text in field.type.values:
        return text
    wanted = text.strip().casefold()
    found = [
        word
        for word, label in field.words.items()
        if wanted in (label.en.casefold(), label.zh.casefold()) and word in field.type.values
    ]
    return found[0] if len(found) == 1 else None


def accepted_words(field: FormField, given: str) -> tuple[str, ...]:
    """List the words that a field takes, with their labels.

    Args:
        field: An enum, tree or set.
        given: What was given instead; of many words only those near it are listed.

    Returns:
        The words, in the order in which the ruleset has them.
    """
    words = field.type.values
    if len(words) > _MOST_LISTED:
        near = get_close_matches(given, [*words, *_labels(field)], n=3)
        meant = {word_of(field, one) for one in near}
        words = tuple(word for word in words if word in meant) or words
    return tuple(labelled(word, field.words.get(word)) for word in words)


def _labels(field: FormField) -> list[str]:
    return [text for label in field.words.values() for text in (label.en, label.zh)]


def field_label(form: Mapping[str, FormField], name: str, locale: Locale) -> str:
    """Say what people call a field; its own name where the ruleset has no label for it."""
    field = form.get(name)
    label = field.label.in_(locale) if field else ""
    return label or name.removeprefix("custom.")


def in_words(expression: Expression, form: Mapping[str, FormField], locale: Locale) -> str:
    """Say a condition in words, for somebody who fills in a form.

    Args:
        expression: A checked condition over the form's fields.
        form: The form, for the labels.
        locale: The language.

    Returns:
        ``Type is IT support (it-support)``.
    """
    match expression:
        case And(operands) | Or(operands):
            joint = Text(" and ", "且") if isinstance(expression, And) else Text(" or ", "或")
            parts = [_operand(operand, form, locale) for operand in operands]
            return joint.in_(locale).join(parts)
        case Not(operand):
            return Text("not ", "并非").in_(locale) + _operand(operand, form, locale)
        case Compare(name, op, literal):
            said = (_OPERATORS[op].in_(locale), _value(form.get(name), literal, locale))
            return _sentence(field_label(form, name, locale), *said, locale=locale)
        case CompareFields(left, op, right):
            names = (field_label(form, left, locale), field_label(form, right, locale))
            return _sentence(names[0], _OPERATORS[op].in_(locale), names[1], locale=locale)
        case OneOf(name, literals):
            words = [_value(form.get(name), one, locale) for one in literals]
            listed = Text(" or ", "或").in_(locale).join(words)
            name = field_label(form, name, locale)
            return _sentence(name, Text("is", "为").in_(locale), listed, locale=locale)
        case Test(function, name, text):
            parts = [field_label(form, name, locale), _TESTS[function].in_(locale)]
            parts += [_value(form.get(name), text, locale)] if text else []
            return _sentence(*parts, locale=locale)
        case _:
            return format_expression(expression)


def _operand(expression: Expression, form: Mapping[str, FormField], locale: Locale) -> str:
    text = in_words(expression, form, locale)
    return f"({text})" if isinstance(expression, And | Or) else text


def _sentence(*parts: str, locale: Locale) -> str:
    return " ".join(parts) if locale == "en" else "".join(parts)


def _value(field: FormField | None, value: Value, locale: Locale) -> str:
    label = field.words.get(value) if field and isinstance(value, str) else None
    said = label.in_(locale) if label else ""
    if not said or said == value:
        return value if isinstance(value, str) else format_value(value)
    return f"{said} ({value})"
