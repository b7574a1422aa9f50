"""What each event makes of a ticket: ``evolve(ticket, event) -> ticket``, pure and total.

Events were decided already, so nothing is checked or refused here; replaying a ticket's events
gives the ticket, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from ruledesk.lifecycle.completeness import (
    INCOMPLETE,
    is_incomplete,
    missing_changes,
    not_in,
    unfilled_of,
)
from ruledesk.lifecycle.evolve_targets import TARGET_CHANGES, Changes
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.event import Event
from ruledesk.model.ticket import Link, Plan, Review, Status, Task, Ticket
from ruledesk.model.values import changed


def evolve(ticket: Ticket | None, event: Event) -> Ticket:
    """Apply one event.

    Args:
        ticket: The ticket so far; None for its first event, which is ``submitted``.
        event: The next event.

    Returns:
        The ticket afterwards, one version later.

    Raises:
        ValueError: The first event is not ``submitted``: the history is damaged.
    """
    if ticket is None:
        ticket = _born(event)
    handler = _CHANGES.get(type(event.body))
    changes: Changes = handler(ticket, event.body, event) if handler is not None else {}
    if event.status is not None and event.status != ticket.status:
        changes |= _status_changes(ticket, event)
    changes["version"] = event.version
    changes.setdefault("updated_at", event.at)
    return changed(ticket, **changes)


def replay(events: Iterable[Event]) -> Ticket:
    """Rebuild a ticket from its whole history, which must not be empty."""
    ticket: Ticket | None = None
    for event in events:
        ticket = evolve(ticket, event)
    if ticket is None:
        msg = "a ticket has at least one event"
        raise ValueError(msg)
    return ticket


def _born(event: Event) -> Ticket:
    body = event.body
    if not isinstance(body, act.Submit):
        msg = f"{event.ticket}: the history begins with {body.kind!r}, not with 'submitted'"
        raise ValueError(msg)  # noqa: TRY004 - the history is damaged, not the argument's type
    return Ticket(
        number=event.ticket,
        line=body.line,
        channel=body.channel,
        created_at=event.at,
        requester=body.requester,
        attachments=body.attachments,
        call=body.call,
        source=body.source,
        raw=body.raw,
    )


def _status_changes(ticket: Ticket, event: Event) -> Changes:
    status = cast("Status", event.status)
    changes: Changes = {"status": status}
    if status is Status.CLOSED:
        changes["closed_at"] = event.at
    elif ticket.status is Status.CLOSED and status is not Status.ARCHIVED:
        changes["closed_at"] = None
    if status is Status.WAITING_REQUESTER:
        changes["resumes"] = ticket.status
    elif ticket.resumes is not None:
        changes["resumes"] = None
    return changes


def fields_set(ticket: Ticket, fields: Mapping[str, Any]) -> Changes:
    """Turn values by contract name into changes of the ticket's attributes.

    Args:
        ticket: The ticket they are set on.
        fields: Values by ticket field name; ``custom.<name>`` and ``requester.<name>`` are
            parts of their attribute.

    Returns:
        New attribute values.
    """
    changes: Changes = {}
    custom: Changes = {}
    requester: Changes = {}
    for name, value in fields.items():
        if name.startswith("custom."):
            custom[name[7:]] = value
        elif name.startswith("requester."):
            requester[name[10:]] = value
        else:
            changes[name] = value
    if custom:
        changes["custom"] = {**ticket.custom, **custom}
    if requester:
        changes["requester"] = changed(ticket.requester, **requester)
    return changes


# -- actions ----------------------------------------------------------------------------------


def _submitted(ticket: Ticket, body: act.Submit, _: Event) -> Changes:
    changes = fields_set(ticket, body.fields)
    if body.missing:
        changes |= missing_changes(ticket, unfilled=body.missing)
    return changes


def _acknowledged(ticket: Ticket, body: act.Acknowledge, _: Event) -> Changes:
    changes: Changes = {"opinion": body.opinion or ticket.opinion}
    if body.category:
        changes |= {"category": body.category, "manual": ticket.manual | {"category"}}
    return changes


def _assigned_by_hand(ticket: Ticket, _: act.Assign, __: Event) -> Changes:
    return {"manual": ticket.manual | {"team"}}


def _info_requested(ticket: Ticket, body: act.RequestInfo, _: Event) -> Changes:
    """Note what an agent asks for; what form or rules miss is theirs to find again."""
    fresh = (name for name in body.missing if name not in ticket.missing)
    return missing_changes(ticket, asked=(*ticket.asked, *fresh))


def _info_provided(ticket: Ticket, body: act.ProvideInfo, _: Event) -> Changes:
    """Take over what was given; whether a text answers what an agent asked, the agent reads."""
    given = {*body.fields, *body.fills}
    asked = () if body.text or body.attachments else not_in(ticket.asked, given)
    unfilled = not_in(unfilled_of(ticket), given)
    return {
        **fields_set(ticket, body.fields),
        **missing_changes(ticket, unfilled=unfilled, asked=asked),
        "attachments": ticket.attachments + body.attachments,
    }


def _classified(ticket: Ticket, body: act.Classify, _: Event) -> Changes:
    given = {
        name: value
        for name in ("category", "urgency", "impact", "priority")
        if (value := getattr(body, name))
    }
    return {**given, "manual": ticket.manual | given.keys()}


def _noted(ticket: Ticket, body: act.Note, _: Event) -> Changes:
    if not body.attachments:
        return {}
    return {"attachments": ticket.attachments + body.attachments}


def _task_opened(ticket: Ticket, body: act.Collaborate, event: Event) -> Changes:
    task = Task(
        number=len(ticket.tasks) + 1,
        team=body.team,
        duty=body.duty,
        due=body.due,
        opened_at=event.at,
        opened_by=event.actor,
        owner=body.owner,
    )
    return {"tasks": (*ticket.tasks, task)}


def _task_answered(ticket: Ticket, body: act.AnswerTask, event: Event) -> Changes:
    tasks = tuple(
        changed(task, answer=body.text, answered_at=event.at, answered_by=event.actor)
        if task.number == body.task
        else task
        for task in ticket.tasks
    )
    return {"tasks": tasks, "attachments": ticket.attachments + body.attachments}


def _task_overdue(ticket: Ticket, body: ev.TaskOverdue, event: Event) -> Changes:
    tasks = tuple(
        changed(task, overdue_at=event.at) if task.number == body.task else task
        for task in ticket.tasks
    )
    return {"tasks": tasks}


def _planned(_: Ticket, body: act.MakePlan, event: Event) -> Changes:
    plan = Plan(body.cause, body.solution, body.eta, event.actor, overrides=body.overrides)
    return {"plan": plan}


def _plan_awaits(ticket: Ticket, _: ev.PlanSubmitted, __: Event) -> Changes:
    return {"plan": changed(ticket.plan, approval="pending")}


def _plan_approved(ticket: Ticket, body: act.ApprovePlan, _: Event) -> Changes:
    return {"plan": changed(ticket.plan, approval="approved", approval_reason=body.reason)}


def _plan_rejected(ticket: Ticket, body: act.RejectPlan, _: Event) -> Changes:
    return {"plan": changed(ticket.plan, approval="rejected", approval_reason=body.reason)}


def _resolved(_: Ticket, body: act.Resolve, event: Event) -> Changes:
    return {
        "solution": body.solution,
        "steps": body.steps,
        "cautions": body.cautions,
        "article": body.article,
        "resolved_at": event.at,
    }


def _confirmed(ticket: Ticket, body: act.Confirm, _: Event) -> Changes:
    rated = {} if body.rating is None else {"rating": body.rating}
    return {**rated, "comment": body.comment or ticket.comment}


def _declined(ticket: Ticket, _: act.Decline, __: Event) -> Changes:
    return {"reopens": ticket.reopens + 1, "resolved_at": None}


def _rated(ticket: Ticket, body: act.Rate, _: Event) -> Changes:
    rated = {} if body.rating is None else {"rating": body.rating}
    return {
        **rated,
        "scores": {**ticket.scores, **body.scores},
        "comment": body.comment or ticket.comment,
    }


def _supervised(ticket: Ticket, _: act.Supervise, __: Event) -> Changes:
    return {"flags": ticket.flags | {"supervised"}}


def _merged(ticket: Ticket, body: act.Merge, _: Event) -> Changes:
    return {"links": (*ticket.links, Link(body.into, "merged-into"))}


def _linked(ticket: Ticket, body: act.LinkTo, _: Event) -> Changes:
    link = Link(body.other, body.kind_of)
    return {} if link in ticket.links else {"links": (*ticket.links, link)}


def _reopened(ticket: Ticket, _: act.Reopen, __: Event) -> Changes:
    return {"reopens": ticket.reopens + 1, "resolved_at": None}


def _reviewed(ticket: Ticket, body: act.MakeReview, event: Event) -> Changes:
    review = Review(body.verdict, body.text, body.improvement, event.actor, event.at)
    return {"reviews": (*ticket.reviews, review)}


# -- consequences -----------------------------------------------------------------------------


def _decided(ticket: Ticket, body: ev.Decided, _: Event) -> Changes:
    """Apply the outcomes in order.

    ``unflag`` and ``unlack`` take back what the stage had said before.
    """
    last = body.decisions[-1]
    changes: Changes = {"ruleset": last.ruleset}
    flags = ticket.flags
    lacks = dict.fromkeys(ticket.lacks)
    fields: Changes = {}
    for decision in body.decisions:
        for name, value in decision.outcome.items():
            if name in _WORD_LISTS:
                words = cast("tuple[str, ...]", value)
                flags = _with_flags(flags, name, words)
                lacks = _with_lacks(lacks, name, words)
            elif name in SETTABLE or name.startswith("custom."):
                fields[name] = value
    changes |= fields_set(ticket, fields)
    if tuple(lacks) != ticket.lacks:
        changes |= missing_changes(changed(ticket, flags=flags), lacks=tuple(lacks))
        flags = changes.get("flags", flags)
    elif is_incomplete(ticket):
        flags |= {INCOMPLETE}  # whatever a stage takes back
    if flags != ticket.flags:
        changes["flags"] = flags
    return changes


#: Outcomes that are lists of words: said, and taken back.
_WORD_LISTS: Final = frozenset({"flags", "unflag", "lacks", "unlack"})


def _with_flags(flags: frozenset[str], name: str, words: tuple[str, ...]) -> frozenset[str]:
    if name == "flags":
        return flags | frozenset(words)
    return flags - frozenset(words) if name == "unflag" else flags


def _with_lacks(lacks: dict[str, None], name: str, words: tuple[str, ...]) -> dict[str, None]:
    if name == "lacks":
        return {**lacks, **dict.fromkeys(words)}
    return {one: None for one in lacks if one not in words} if name == "unlack" else lacks


#: Ticket fields that a decision's outcome sets directly; other outcome names (team, within …)
#: lead to events of their own.
SETTABLE: Final = frozenset({"type", "category", "urgency", "impact", "priority", "subject"})


def _assigned(_: Ticket, body: ev.Assigned, __: Event) -> Changes:
    return {"team": body.team, "agent": body.agent}


def _flags_changed(ticket: Ticket, body: ev.FlagsChanged, _: Event) -> Changes:
    flags = (ticket.flags | frozenset(body.raised)) - frozenset(body.cleared)
    return {"flags": flags | {INCOMPLETE} if is_incomplete(ticket) else flags}


def _correlated(_: Ticket, body: ev.Correlated, __: Event) -> Changes:
    return {"correlation_keys": body.keys}


def _timers_set(ticket: Ticket, body: ev.TimersSet, _: Event) -> Changes:
    return {"timers": {**ticket.timers, **body.timers}}


def _timers_cleared(ticket: Ticket, body: ev.TimersCleared, _: Event) -> Changes:
    gone = frozenset(body.names)
    return {"timers": {name: at for name, at in ticket.timers.items() if name not in gone}}


def _messages_queued(ticket: Ticket, body: ev.MessagesQueued, _: Event) -> Changes:
    return {"messages": ticket.messages + len(body.messages)}


def _call_updated(_: Ticket, body: ev.CallUpdated, __: Event) -> Changes:
    return {"call": body.call}


def _plugin_faulted(ticket: Ticket, _: ev.PluginFaulted, __: Event) -> Changes:
    return {"flags": ticket.flags | {"plugin_fault"}}


_CHANGES: Final[Mapping[type, Callable[[Ticket, Any, Event], Changes]]] = {
    act.Submit: _submitted,
    act.Acknowledge: _acknowledged,
    act.Assign: _assigned_by_hand,
    act.RequestInfo: _info_requested,
    act.ProvideInfo: _info_provided,
    act.Classify: _classified,
    act.Note: _noted,
    act.Collaborate: _task_opened,
    act.AnswerTask: _task_answered,
    act.MakePlan: _planned,
    act.ApprovePlan: _plan_approved,
    act.RejectPlan: _plan_rejected,
    act.Resolve: _resolved,
    act.Confirm: _confirmed,
    act.Decline: _declined,
    act.Rate: _rated,
    act.Supervise: _supervised,
    act.Merge: _merged,
    act.LinkTo: _linked,
    act.Reopen: _reopened,
    act.MakeReview: _reviewed,
    ev.Decided: _decided,
    ev.Assigned: _assigned,
    ev.FlagsChanged: _flags_changed,
    ev.TaskOverdue: _task_overdue,
    ev.Correlated: _correlated,
    ev.PlanSubmitted: _plan_awaits,
    ev.TimersSet: _timers_set,
    ev.TimersCleared: _timers_cleared,
    ev.MessagesQueued: _messages_queued,
    ev.CallUpdated: _call_updated,
    ev.PluginFaulted: _plugin_faulted,
    # Nothing happened to the ticket: since when it is over stays as it was (C13).
    ev.PersonErased: lambda ticket, _, __: {"updated_at": ticket.updated_at},
    **TARGET_CHANGES,
}
