"""What a ruleset asks of an action besides the lifecycle: ``[actions.<action>]``."""

from __future__ import annotations

from typing import Final

from ruledesk.errors import Problem, Refused
from ruledesk.lifecycle.parse import blank, none_given
from ruledesk.lifecycle.situation import Situation, actor_kind, agent_id
from ruledesk.lifecycle.surroundings import surroundings
from ruledesk.lifecycle.table import TABLE
from ruledesk.model.action import ActionBody
from ruledesk.model.ticket import Ticket
from ruledesk.rules.expression.format import format_expression
from ruledesk.rules.facts import holds_of
from ruledesk.rules.ruleset import ActionPolicy
from ruledesk.strict import RENAMED

#: What the ruleset cannot lift: nobody reviews or rates their own work.
_NOT_ONESELF: Final = "colleague"


def check_named(ticket: Ticket, policy: ActionPolicy, situation: Situation) -> None:
    """Refuse an action to whom the ruleset does not name, where it names teams or roles.

    Who is named may do it on every ticket of the line, whatever the lifecycle's table says of
    agents; what the desk does by itself is the table's matter.

    Args:
        ticket: The ticket.
        policy: What the ruleset asks; it names teams or roles.
        situation: Who acts.

    Raises:
        Refused: The actor is not named, or it would be their own work.
    """
    row = TABLE[policy.name]
    if situation.actor == "system" and "system" in row.by:
        return
    named = _is_named(ticket, policy, situation)
    oneself = named and _NOT_ONESELF in row.by and _NOT_ONESELF not in situation.capacities
    if named and not oneself:
        return
    accepted = (
        *(f"team:{team}" for team in policy.teams),
        *(f"role:{role}" for role in policy.roles),
        "role:administrator",
    )
    raise Refused.of(
        f"{policy.name!r} may not be done by this actor",
        f"此人无权执行 {policy.name}",
        field="by",
        value=situation.actor,
        accepted=(_NOT_ONESELF,) if oneself else accepted,
    )


def _is_named(ticket: Ticket, policy: ActionPolicy, situation: Situation) -> bool:
    agent = agent_id(situation.actor)
    if not agent:
        return False
    directory = situation.directory
    if "administrator" in situation.capacities or situation.capacities.intersection(policy.roles):
        return True
    if set(policy.teams).intersection(directory.teams_of(agent)):
        return True
    team = directory.teams.get(ticket.team)
    return "head" in policy.roles and team is not None and team.head == agent


def policy_problems(
    ticket: Ticket, action: ActionBody, policy: ActionPolicy, situation: Situation
) -> list[Problem]:
    """Name what an action lacks of what the ruleset asks.

    Args:
        ticket: The ticket.
        action: The action.
        policy: What the ruleset asks of it.
        situation: When, by whom.

    Returns:
        Arguments that are missing, and the ruleset's reason where its condition does not hold.
    """
    problems = [
        Problem("is required", "必填", RENAMED.get(name, name))
        for name in policy.required
        if blank(getattr(action, name))
    ]
    if policy.any_of and all(blank(getattr(action, name)) for name in policy.any_of):
        problems.append(none_given(tuple(RENAMED.get(name, name) for name in policy.any_of)))
    if not _allowed(ticket, policy, situation):
        problems.append(_reason(policy))
    return problems


def _allowed(ticket: Ticket, policy: ActionPolicy, situation: Situation) -> bool:
    if policy.when is None:
        return True
    around = surroundings(ticket, situation, actor_kind(situation.actor))
    return holds_of(policy.when, ticket, around)


def _reason(policy: ActionPolicy) -> Problem:
    assert policy.when is not None  # noqa: S101 - asked only where there is a condition
    return Problem(
        policy.reason.en or "the ruleset does not allow it now",
        policy.reason.zh or "当前规则不允许此操作",
        "action",
        policy.name,
        (format_expression(policy.when),),
    )
