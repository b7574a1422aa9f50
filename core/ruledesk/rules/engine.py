"""The rule engine interface: which conditions of a program hold for these facts?

Engines only match. Hit policy, defaults and effects are decided in Python afterwards
(`ruledesk.rules.stage`), so that all engines give the same events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from attrs import frozen

from ruledesk.model.values import Value
from ruledesk.rules.expression.types import Expression, Schema


@frozen
class Condition:
    """A rule's condition, as the engine sees it. Names are unique within a program."""

    name: str
    when: Expression


@frozen
class Program:
    """Conditions that are matched together.

    Attributes:
        schema: The declared fields that the conditions may read.
        conditions: In the ruleset's order.
        label: For errors: ruleset and stage.
    """

    schema: Schema
    conditions: tuple[Condition, ...]
    label: str = ""


class Matcher(Protocol):
    """A compiled program. Safe to call from several threads."""

    def match(self, facts: Mapping[str, Value]) -> Sequence[str]:
        """Match.

        Args:
            facts: Values by field name. A field that is absent or None is missing: every
                comparison with it is false. Names outside the schema are ignored.

        Returns:
            The names of the conditions that hold, in the program's order.

        Raises:
            FactError: A value is not of its declared type; nothing was matched.
        """

    def close(self) -> None:
        """Release what the engine holds for the program."""


class RuleEngine(Protocol):
    """Compiles programs."""

    name: ClassVar[str]

    def compile(self, program: Program) -> Matcher:
        """Compile.

        Raises:
            InvalidInput: The program is beyond the engine's limits; the condition is named.
        """
