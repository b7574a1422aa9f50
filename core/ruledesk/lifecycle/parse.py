"""From what an edge was given to an action, with every problem named (F4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from ruledesk.errors import Problem, Refused, suggestion
from ruledesk.model import action as act
from ruledesk.model.action import BY_NAME, ActionBody
from ruledesk.rules.recipients import ROLES
from ruledesk.strict import structured

#: What an action cannot be done without.
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "answer_task": ("task", "text"),
    "collaborate": ("team", "duty"),
    "decline": ("reason",),
    "delete": ("reason",),
    "escalate": ("to",),
    "link": ("other",),
    "merge": ("into",),
    "note": ("text",),
    "plan": ("solution",),
    "reject_plan": ("reason",),
    "review": ("verdict",),
}
#: Of what an action needs at least one.
ANY_OF: Final[Mapping[str, tuple[str, ...]]] = {"resolve": ("solution", "article")}


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
    body = _with_role(structured(kind, given))
    missing = [
        Problem("is required", "必填", one)
        for one in REQUIRED.get(name, ())
        if blank(getattr(body, one))
    ]
    either = ANY_OF.get(name, ())
    if either and all(blank(getattr(body, one)) for one in either):
        missing.append(none_given(either))
    if missing:
        raise Refused(*missing)
    return body


def _with_role(body: ActionBody) -> ActionBody:
    """Take a role's bare name for the role: ``director`` says what ``role:director`` does."""
    if isinstance(body, act.Escalate) and body.to in ROLES and body.to != "head":
        return evolve(body, to=f"role:{body.to}")
    return body


def none_given(names: tuple[str, ...]) -> Problem:
    """Say that an action needs one of several arguments and has none of them."""
    en = "is required" if len(names) == 1 else "one of these is required"
    return Problem(en, "必填" if len(names) == 1 else "至少填写一项", names[0], accepted=names)


def blank(value: Any) -> bool:
    """Say whether an argument of an action was not given, or says nothing."""
    return not (value.strip() if isinstance(value, str) else value)
