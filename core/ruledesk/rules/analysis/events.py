"""Events that never happen under a ruleset."""

from __future__ import annotations

from typing import Final

from ruledesk.rules.ruleset import Ruleset

_OF_APPROVAL: Final = ("plan_submitted", "plan_approved", "plan_rejected")


def impossible(ruleset: Ruleset, trigger: str) -> tuple[str, str] | None:
    """Say why an event never happens.

    Args:
        ruleset: The ruleset.
        trigger: An event kind as targets and reactions name it.

    Returns:
        Why, in English and Chinese; None where it may happen.
    """
    kind, _, name = trigger.partition(".")
    if kind in _OF_APPROVAL and ruleset.policy.plan_approval is None:
        return (
            f"{trigger} does not happen, as no plan needs approval (policy.plan_approval)",
            f"{trigger} 不会发生：没有方案需要审批（policy.plan_approval）",
        )
    if kind == "sent" and name not in sent_templates(ruleset):
        return (
            f"{trigger} does not happen, as no reaction sends this template",
            f"{trigger} 不会发生：没有反应发送该模板",
        )
    if kind == "target_warned" and not _warns(ruleset, name):
        return (
            f"{trigger} does not happen, as the target has no warn",
            f"{trigger} 不会发生：该目标没有 warn",
        )
    return None


def sent_templates(ruleset: Ruleset) -> set[str]:
    """Name the templates that some reaction sends."""
    return {send.template for reaction in ruleset.reactions for send in reaction.send}


def _warns(ruleset: Ruleset, name: str) -> bool:
    targets = ruleset.targets.values() if not name else [ruleset.targets[name]]
    return any(target.warn > 0 for target in targets)
