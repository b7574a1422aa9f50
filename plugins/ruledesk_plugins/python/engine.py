"""Compiles the conditions of a program to one Python function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from attrs import frozen

from ruledesk.errors import InvalidInput
from ruledesk.model.values import Value
from ruledesk.rules.engine import Matcher, Program
from ruledesk.rules.expression.source import FunctionSource, condition_source

Match = Callable[[Mapping[str, Value]], list[str]]


@frozen
class PythonMatcher:
    """A compiled program: a pure function, so any number of threads may call it."""

    _match: Match

    def match(self, facts: Mapping[str, Value]) -> Sequence[str]:
        """Match; see `ruledesk.rules.engine.Matcher.match`."""
        return self._match(facts)

    def close(self) -> None:
        """Do nothing: the function is garbage once the matcher is."""


class PythonEngine:
    """The engine ``python``; needs no compiler and explains nothing away: plain evaluation."""

    name: ClassVar[str] = "python"

    def compile(self, program: Program) -> Matcher:
        """Compile a program.

        Args:
            program: The conditions and the schema that they were checked against.

        Returns:
            The matcher.

        Raises:
            InvalidInput: A condition reads an undeclared field, or is nested too deeply.
        """
        source = FunctionSource(program.schema)
        body = ["hits = []", "add = hits.append"]
        for condition in program.conditions:
            test = condition_source(source, condition, program.label)
            body.append(f"if {test}: add({source.bind(condition.name)})")
        try:
            return PythonMatcher(source.function([*body, "return hits"]))
        except (RecursionError, MemoryError, SyntaxError) as error:
            raise InvalidInput.of(
                "the conditions are too large for Python", "条件过大，无法编译", field=program.label
            ) from error
