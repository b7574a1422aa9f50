"""The actions that reactions do in the desk's own name (A4, A12, A13, B9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ruledesk.lifecycle.decide import status_after
from ruledesk.lifecycle.table import TABLE
from ruledesk.model import action as act
from ruledesk.model.action import ActionBody
from ruledesk.rules.ruleset import Reaction
from ruledesk.targets.clock import clock

if TYPE_CHECKING:
    from ruledesk.lifecycle.unfold import Unfolding

_SYSTEM: Final = "system"


def _plan(unfolding: Unfolding, reaction: Reaction) -> None:
    """Record the plan that stands ready; a plan that a person made stands.

    Nobody has begun to work, so the status stays, and the plan waits for no approval: whoever
    wrote the ruleset gave it.
    """
    ready, made = reaction.plan, unfolding.current.plan
    if ready is None or (made is not None and made.by != _SYSTEM):
        return
    at = unfolding.situation
    ruleset = at.policy.ruleset
    eta = None
    if ready.within is not None:
        calendar = ruleset.policy.calendar if ready.within.working else ""
        eta = ready.within.due(at.now, clock(ruleset.calendars, calendar))
    cause, solution = ready.cause.in_(at.locale), ready.solution.in_(at.locale)
    unfolding.record(act.MakePlan(cause, solution, eta, rule=reaction.name))


def _request_info(unfolding: Unfolding, reaction: Reaction) -> None:
    """Ask the requester for what the ticket lacks; nothing where it lacks nothing."""
    ticket = unfolding.current
    if not ticket.missing:
        return
    _by_status(unfolding, act.RequestInfo(ticket.missing, reaction.reason, rule=reaction.name))


def _by_status(unfolding: Unfolding, body: ActionBody) -> None:
    """Record what does nothing but lead to another status."""
    unfolding.record(body, status_after(unfolding.current, body, unfolding.situation))


_DO: Final[Mapping[str, Callable[[Unfolding, Reaction], None]]] = {
    "close": lambda at, reaction: _by_status(at, act.Close(reaction.reason, reaction.name)),
    "archive": lambda at, reaction: _by_status(at, act.Archive(reaction.reason, reaction.name)),
    "reopen": lambda at, reaction: _by_status(at, act.Reopen(reaction.reason)),
    "plan": _plan,
    "request_info": _request_info,
}


def do(unfolding: Unfolding, reaction: Reaction) -> None:
    """Do a reaction's ``act``, where the ticket's status admits it.

    Args:
        unfolding: Of the ticket.
        reaction: One with ``act``.
    """
    if unfolding.current.status in TABLE[reaction.act].within:
        _DO[reaction.act](unfolding, reaction)
