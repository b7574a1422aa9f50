"""May this be done, and what happens directly: ``decide(ticket, action, situation)``, pure.

What the rules, targets and reactions make of it follows in `ruledesk.lifecycle.unfold`.
"""

from __future__ import annotations

from ruledesk.errors import Problem, Refused, suggestion
from ruledesk.lifecycle.action_policy import check_named, policy_problems
from ruledesk.lifecycle.checks import CHECKS
from ruledesk.lifecycle.consequences import COMPLETED, CONSEQUENCES, Happening
from ruledesk.lifecycle.situation import Situation
from ruledesk.lifecycle.table import TABLE, Lead, actions_in, capacities_accepted
from ruledesk.model import action as act
from ruledesk.model.action import ActionBody
from ruledesk.model.ticket import STATUS_LABELS, TERMINAL_STATUSES, Status, Ticket


def decide(ticket: Ticket, action: ActionBody, situation: Situation) -> tuple[Happening, ...]:
    """Decide an action.

    Args:
        ticket: The ticket as it stands.
        action: What is to be done (not ``submit``).
        situation: By whom, when, under which policy.

    Returns:
        What happens, in order; the first is the action itself.

    Raises:
        Refused: It may not be done; the problems say why and what could be.
    """
    row = TABLE[action.action]
    _check_clock(ticket, situation)
    if ticket.status not in row.within:
        raise Refused(_not_in_status(ticket, action))
    check_known(situation)
    policy = situation.policy.ruleset.actions.get(action.action)
    if policy is not None and (policy.teams or policy.roles):
        check_named(ticket, policy, situation)
    elif not row.by & situation.capacities:
        raise Refused(_not_by(action, situation))
    check = CHECKS.get(type(action))
    problems = check(ticket, action, situation) if check else []
    problems += policy_problems(ticket, action, policy, situation) if policy else []
    if problems:
        raise Refused(*problems)
    consequence = CONSEQUENCES.get(type(action))
    more = consequence(ticket, action, situation) if consequence else ()
    completed = COMPLETED.get(type(action))
    done = completed(ticket, action, situation) if completed else action
    return (Happening(done, status_after(ticket, action, situation)), *more)


def status_after(ticket: Ticket, action: ActionBody, situation: Situation) -> Status | None:
    """Say which status an action leads to; None where the status stays as it is.

    Args:
        ticket: The ticket as it stands.
        action: What is done; its status admits it.
        situation: Under which policy.
    """
    lead = TABLE[action.action].to
    if lead is Lead.POLICY:
        lead = _policy_status(ticket, action, situation)
    return lead if isinstance(lead, Status) and lead != ticket.status else None


def _check_clock(ticket: Ticket, situation: Situation) -> None:
    last = ticket.updated_at or ticket.created_at
    if situation.now < last:
        raise Refused.of(
            "the clock went backwards: the ticket's last event is later",
            "时钟倒退：工单的最后一条记录晚于此时间",
            field="at",
            value=situation.now.isoformat(),
            accepted=(f">= {last.isoformat()}",),
        )


def _not_in_status(ticket: Ticket, action: ActionBody) -> Problem:
    possible = actions_in(ticket.status)
    if ticket.status in TERMINAL_STATUSES and not possible:
        possible = ("(nothing: the status is final)",)
    status, (_, label) = ticket.status.value, STATUS_LABELS[ticket.status]
    return Problem(
        f"{action.action!r} cannot be done while the ticket is {status}",
        f"工单状态为“{label}”（{status}）时不能执行 {action.action}",
        "action",
        action.action,
        possible,
    )


def check_known(situation: Situation) -> None:
    """Refuse an agent whom the desk does not know.

    Raises:
        Refused: The actor is an agent and not on the desk.
    """
    if situation.actor.startswith("agent:") and not situation.capacities:
        raise Refused.of(
            "unknown agent",
            "未知坐席",
            field="by",
            value=situation.actor,
            accepted=suggestion(
                situation.actor, [f"agent:{a}" for a in situation.directory.agents]
            ),
        )


def _not_by(action: ActionBody, situation: Situation) -> Problem:
    return Problem(
        f"{action.action!r} may not be done by this actor",
        f"此人无权执行 {action.action}",
        "by",
        situation.actor,
        capacities_accepted(action.action),
    )


def _policy_status(ticket: Ticket, action: ActionBody, situation: Situation) -> Status:
    match action:
        case act.Decline():
            return situation.policy.ruleset.policy.on_decline
        case act.ProvideInfo() if ticket.status is Status.WAITING_REQUESTER:
            return ticket.resumes or Status.IN_PROGRESS
        case act.Reopen():
            return Status.IN_PROGRESS if ticket.agent else Status.NEW
        case act.MakePlan() if ticket.status is Status.NEW:
            return Status.IN_PROGRESS
        case _:
            return ticket.status
