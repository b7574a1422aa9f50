"""What an analysis of a ruleset finds, and the ticket that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from ruledesk.model.values import Value

#: An error keeps the ruleset from working as written; a warning is allowed and hardly meant.
Level: TypeAlias = Literal["error", "warning"]
#: What kind of finding it is; docs/reference/analysis.md says what each means and its cure.
Code: TypeAlias = Literal[
    "never",
    "always",
    "overlap",
    "shadowed",
    "gap",
    "unstable",
    "unordered",
    "no-effect",
    "number-gap",
    "one-language",
    "misspelt-field",
    "never-due",
    "comparison",
    "target-gap",
    "target-order",
    "priority-order",
    "unused-template",
    "unused-correlation",
    "unused-calendar",
    "unused-target",
    "unused-until",
    "unraised-flag",
    "too-large",
]


@frozen
class Witness:
    """A ticket for which a finding shows.

    Attributes:
        fields: What is handed in, as plain data for `ruledesk.desk.service.Desk.submit`.
        facts: What else the rules read of it, by field name: counts, plugins' facts, what only
            comes about later in a ticket's life.
        channel: What it comes by; empty where that is all the same.
    """

    fields: Mapping[str, Any] = field(factory=dict)
    facts: Mapping[str, Value] = field(factory=dict)
    channel: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Write it as plain data, without what is empty."""
        said = {"fields": self.fields, "facts": _plain(self.facts), "channel": self.channel}
        return {key: value for key, value in said.items() if value}


def _plain(facts: Mapping[str, Value]) -> dict[str, Any]:
    return {name: plain(value) for name, value in facts.items()}


def plain(value: Value) -> Any:
    """Write a value as JSON knows it: times in ISO format, sets as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@frozen
class Finding:
    """One thing that was found (requirement F4).

    Attributes:
        code: What kind of finding it is.
        en: What was found, in English.
        zh: The same in Chinese.
        rules: The rules that it is about, the first being the one to look at.
        file: The file that this rule or key stands in; empty where that is not known.
        key: The key path of it in the file.
        witness: A ticket that shows it, where one can.
    """

    level: Level
    code: Code
    en: str
    zh: str
    rules: tuple[str, ...] = ()
    file: str = ""
    key: str = ""
    witness: Witness | None = None

    @property
    def where(self) -> str:
        """``<file>: <key path>``."""
        return ": ".join(part for part in (self.file, self.key) if part)

    def __hash__(self) -> int:
        # A witness holds mappings, which have no hash.
        return hash((self.code, self.rules, self.file, self.key, self.en))
