"""The business lines of a desk: each with its ruleset, compiled."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ruledesk.errors import Refused, suggestion
from ruledesk.model.people import Line
from ruledesk.rules.compiled import CompiledRuleset
from ruledesk.rules.ruleset import Ruleset


@frozen
class RunningLine:
    """A line and what it is run by."""

    line: Line
    policy: CompiledRuleset

    @property
    def ruleset(self) -> Ruleset:
        """The line's ruleset."""
        return self.policy.ruleset


def choose_line(lines: Mapping[str, RunningLine], *names: str) -> RunningLine:
    """Choose a line: the first name that is given, else the only line of the desk.

    Raises:
        Refused: The name is unknown, or none is given and there are several.
    """
    name = next((name for name in names if name), "")
    if not name and len(lines) == 1:
        return next(iter(lines.values()))
    if name not in lines:
        raise Refused.of(
            "unknown line" if name else "a line is required",
            "未知业务线" if name else "必须指定业务线",
            field="line",
            value=name,
            accepted=suggestion(name, lines),
        )
    return lines[name]
