"""The text of a first scenario: a ticket with what the ruleset's form asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import yaml

from ruledesk.errors import Locale
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.ruleset import FormField, Ruleset

_START: Final = "2026-03-12T09:00:00+08:00"
#: What any requester is made to have; it is a contact too.
_REQUESTER: Final[Mapping[str, Mapping[Locale, str]]] = {
    "requester.name": {"zh": "王芳", "en": "Wendy"},
    "requester.phone": {"zh": "13812340001", "en": "13812340001"},
}
_COMMENT: Final[Mapping[Locale, str]] = {
    "zh": "# 用 `ruledesk pilot run` 回放：虚拟时钟，不发送真实消息。\n",
    "en": "# Replay with `ruledesk pilot run`: on a virtual clock, with no real messages.\n",
}


def scenario_yaml(ruleset: Ruleset, locale: Locale) -> str:
    """Write a scenario that passes on a desk with this ruleset.

    Args:
        ruleset: The ruleset; also the name of the line.
        locale: The language of its texts.

    Returns:
        A YAML document.
    """
    zh = locale == "zh"
    document = {
        "scenario": "第一张工单" if zh else "The first ticket",
        "line": ruleset.name,
        "start": _START,
        "steps": [
            {
                "at": "0m",
                "do": "submit",
                "by": "requester",
                "channel": "web",
                "with": _nested(sample_fields(ruleset, locale)),
                "expect": {"status": "new", "line": ruleset.name},
            },
            # A scenario may show what is refused, too.
            {"at": "1m", "do": "accept", "by": "agent:nobody", "refused": "nobody"},
        ],
    }
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)
    return _COMMENT[locale] + text


def sample_fields(ruleset: Ruleset, locale: Locale) -> dict[str, Any]:
    """Fill in what a ruleset's form requires, also what it requires given the rest.

    Args:
        ruleset: The ruleset.
        locale: The language of texts.

    Returns:
        Values by field name.
    """
    values: dict[str, Any] = {name: words[locale] for name, words in _REQUESTER.items()}
    values["description"] = (
        "收到的商品无法开机，希望更换。"
        if locale == "zh"
        else "It does not switch on; please replace it."
    )
    form = [field for field in ruleset.form.values() if field.name not in ("contact", *values)]
    # What one field's value requires may require another in turn.
    for _ in range(len(form) + 1):
        facts = {name: value for name, value in values.items() if name in ruleset.schema.fields}
        due = [field for field in form if field.name not in values and _required(field, facts)]
        if not due:
            break
        values.update({field.name: _sample(field, locale) for field in due})
    return values


def _required(field: FormField, facts: Mapping[str, Any]) -> bool:
    if field.default is not None:
        return False
    when = field.required_when
    return field.required or (when is not None and holds(when, facts))


def _sample(field: FormField, locale: Locale) -> Any:
    kind, words = field.type.kind, field.type.values
    if kind == "set":
        return list(words[:1])
    if words:
        return words[0]
    if kind in ("integer", "number", "money"):
        least = field.minimum or 1
        return int(least) if kind == "integer" else float(least)
    if kind == "boolean":
        return True
    if kind == "datetime":
        return datetime.fromisoformat(_START)
    return (field.label.in_(locale) or field.name)[: field.max_length]


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Put ``requester.name`` and the like into mappings, as scenarios have them."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        outer, _, inner = name.partition(".")
        if inner:
            nested.setdefault(outer, {})[inner] = value
        else:
            nested[name] = value
    return nested
