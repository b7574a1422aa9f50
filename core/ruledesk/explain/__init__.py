"""Why a ticket is what it is: decisions, rules that did not fire, and targets (requirement F2).

Pure: everything follows from the ticket's events and the rulesets that decided.
"""

from ruledesk.explain.decisions import FindRuleset, explain_ticket
from ruledesk.explain.rule import explain_rule
from ruledesk.explain.values import (
    Evaluation,
    ExplainedDecision,
    ExplainedTarget,
    Explanation,
    NearMiss,
    RuleExplanation,
)

__all__ = [
    "Evaluation",
    "ExplainedDecision",
    "ExplainedTarget",
    "Explanation",
    "FindRuleset",
    "NearMiss",
    "RuleExplanation",
    "explain_rule",
    "explain_ticket",
]
