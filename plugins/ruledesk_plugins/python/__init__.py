"""The rule engine ``python``: conditions compiled to one Python function a program."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk.hooks.spec import hookimpl
from ruledesk.rules.engine import RuleEngine
from ruledesk_plugins.python.engine import PythonEngine

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_rule_engines() -> Sequence[type[RuleEngine]]:
    """Provide the engine."""
    return (PythonEngine,)
