"""What outcomes may name: fields that a ticket lacks, and skills that its values stand for."""

from __future__ import annotations

from string import Formatter
from typing import Final

from ruledesk.errors import suggestion
from ruledesk.rules.expression.types import Schema
from ruledesk.rules.facts import FORM_FIELDS
from ruledesk.toml import Table

_CUSTOM: Final = "custom."
#: What is read around a ticket when rules decide; whoever looks for a person does not know it.
_AROUND: Final = ("counts.", "event.", "extra.", "channel_open")


def check_lacks(table: Table, key: str, names: tuple[str, ...], schema: Schema) -> tuple[str, ...]:
    """Check what a ticket is said to lack: fields of the form (A4).

    Args:
        table: The rule.
        key: The key of the list.
        names: Fields by name; the ruleset's own plainly or as ``custom.<name>``.
        schema: The fields that there are.

    Returns:
        The names as the form tells them: its own fields plainly.
    """
    known = [
        *FORM_FIELDS,
        *(name for name in schema.fields if name.startswith("requester.")),
        *(name.removeprefix(_CUSTOM) for name in schema.fields if name.startswith(_CUSTOM)),
        "contact",
    ]
    plain = tuple(dict.fromkeys(name.removeprefix(_CUSTOM) for name in names))
    for name in plain:
        if name not in known:
            table.problem(key, "unknown field", "未知字段", name, suggestion(name, known))
    return plain


def check_skills(
    table: Table, key: str, skills: tuple[str, ...], schema: Schema
) -> tuple[str, ...]:
    """Check the names in braces of skills that depend on the ticket: ``{product}`` (C7).

    Returns:
        The skills as they are.
    """
    known = [name for name in schema.fields if not name.startswith(_AROUND)]
    for skill in skills:
        try:
            names = [name for _, name, _, _ in Formatter().parse(skill) if name is not None]
        except ValueError as error:
            table.problem(key, f"braces do not match ({error})", "花括号不匹配", skill)
            continue
        for name in names:
            if name not in known:
                near = suggestion(name, known)
                table.problem(key, "unknown field", "未知字段", name, near)
    return skills
