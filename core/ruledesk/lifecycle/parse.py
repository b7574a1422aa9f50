"""From what an edge was given to an action, with every problem named (F4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ruledesk.errors import Problem, Refused, suggestion
from ruledesk.model import action as act
from ruledesk.model.action import BY_NAME, ActionBody
from ruledesk.strict import structured

#: What an action cannot be done without.
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "answer_task": ("task", "text"),
    "collaborate": ("team", "duty"),
    "decline": ("reason",),
    "escalate": ("to",),
    "link": ("other",),
    "merge": ("into",),
    "note": ("text",),
    "plan": ("solution",),
    "reject_plan": ("reason",),
    "resolve": ("solution",),
}


def parse_action(name: str, given: Mapping[str, Any]) -> ActionBody:
    """Make an action of a name and a mapping.

    Args:
        name: The contract's word for the action, not ``submit`` (its form is the ruleset's).
        given: What it is done with, as plain data.

    Returns:
        The action.

    Raises:
        Refused: Unknown action, unknown or missing field, wrong type; all of them at once.
    """
    kind = BY_NAME.get(name) if isinstance(name, str) else None
    if kind is None or kind is act.Submit:
        known = [one for one in BY_NAME if one != "submit"]
        raise Refused.of(
            "unknown action",
            "未知操作",
            field="action",
            value=name,
            accepted=suggestion(str(name), known),
        )
    body = structured(kind, given)
    missing = [
        Problem("is required", "必填", one)
        for one in REQUIRED.get(name, ())
        if _blank(getattr(body, one))
    ]
    if missing:
        raise Refused(*missing)
    return body


def _blank(value: Any) -> bool:
    return not (value.strip() if isinstance(value, str) else value)
