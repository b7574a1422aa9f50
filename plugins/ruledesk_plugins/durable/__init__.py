"""The rule engine ``durable``: conditions matched by durable-rules, one fact at a time."""

from __future__ import annotations

from collections.abc import Sequence

from ruledesk.hooks.spec import hookimpl
from ruledesk.rules.engine import RuleEngine
from ruledesk_plugins.durable.engine import DurableEngine

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_rule_engines() -> Sequence[type[RuleEngine]]:
    """Provide the engine."""
    return (DurableEngine,)
