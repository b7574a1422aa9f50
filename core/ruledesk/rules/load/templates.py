"""Reading message templates; each name in braces is checked at load."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Final

from ruledesk.errors import suggestion
from ruledesk.model.values import Text
from ruledesk.rules.load.context import Context
from ruledesk.rules.ruleset import Template
from ruledesk.toml import Table

#: Names that templates have besides the fields of the schema.
EXTRA_NAMES: Final = (
    "agent.name",
    "due",
    "text",
    "missing",
    "scores",
    "desk",
    "line.title",
    "team.title",
)


def read_templates(root: Table, context: Context) -> Mapping[str, Template]:
    """Read ``[templates.…]``, by name."""
    known = {
        *context.schema.fields,
        *EXTRA_NAMES,
        *(f"due.{name}" for name in root.mapping("targets")),
    }
    found = {}
    for name, table in root.children("templates").items():
        found[name] = Template(
            name=name,
            subject=_text(table, "subject", known),
            text=_text(table, "text", known, required=True),
        )
        table.done()
    return found


def _text(table: Table, key: str, known: set[str], *, required: bool = False) -> Text:
    text = table.localized(key, required=required)
    for language, body in (("en", text.en), ("zh", text.zh)):
        try:
            names = [name for _, name, _, _ in Formatter().parse(body) if name is not None]
        except ValueError as error:
            table.problem(
                f"{key}.{language}", f"braces do not match ({error})", "花括号不匹配", body
            )
            continue
        for name in names:
            if name not in known:
                table.problem(
                    f"{key}.{language}", "unknown name", "未知名称", name, suggestion(name, known)
                )
    return text
