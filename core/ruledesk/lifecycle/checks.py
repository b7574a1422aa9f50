"""What single actions must satisfy, beyond actor and status: each check returns its problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ruledesk.errors import Problem, suggestion
from ruledesk.lifecycle.estimate import latest_eta
from ruledesk.lifecycle.situation import Situation, agent_id, task_owner
from ruledesk.model import action as act
from ruledesk.model.action import ActionBody
from ruledesk.model.ticket import OVER_STATUSES, VERDICTS, Ticket
from ruledesk.rules.labels import labelled
from ruledesk.rules.recipients import ROLES, members, recipients
from ruledesk.rules.wording import accepted_words


def _unknown(field: str, en: str, zh: str, value: str, known: Any) -> Problem:
    return Problem(en, zh, field, value, suggestion(value, known))


def _team_problem(team: str, situation: Situation, field: str = "team") -> list[Problem]:
    if team in situation.directory.teams:
        return []
    return [_unknown(field, "unknown team", "未知团队", team, situation.directory.teams)]


def _agent_problem(agent: str, situation: Situation, field: str = "agent") -> list[Problem]:
    if agent in situation.directory.agents:
        return []
    return [_unknown(field, "unknown agent", "未知坐席", agent, situation.directory.agents)]


def _domain_problem(field: str, value: str, situation: Situation) -> list[Problem]:
    declared = situation.policy.ruleset.schema.fields.get(field)
    if not value or declared is None or not declared.values or value in declared.values:
        return []
    form = situation.policy.ruleset.form.get(field)
    accepted = accepted_words(form, value) if form else suggestion(value, declared.values)
    return [Problem("unknown value", "未知的值", field, value, accepted)]


def _check_acknowledge(_: Ticket, body: act.Acknowledge, at: Situation) -> list[Problem]:
    return _domain_problem("category", body.category, at)


def _check_assign(_: Ticket, body: act.Assign, at: Situation) -> list[Problem]:
    if not body.team and not body.agent:
        return [Problem("a team or an agent is required", "必须指定团队或坐席", "team")]
    problems = _team_problem(body.team, at) if body.team else []
    if body.agent:
        return problems + _agent_problem(body.agent, at)
    return problems or _nobody_problem(body.team, at)


def _nobody_problem(team: str, at: Situation) -> list[Problem]:
    """Say that a team has nobody who could own what is passed on to it (B10)."""
    if not at.policy.ruleset.policy.task_owner or members(team, at.directory):
        return []
    en = "somebody must own what is passed on, and the team has nobody: name an agent"
    zh = "转出的工单必须有负责人，而该团队没有成员：请指定坐席"
    return [Problem(en, zh, "agent", "", tuple(at.directory.agents))]


def _check_classify(_: Ticket, body: act.Classify, at: Situation) -> list[Problem]:
    names = ("category", "urgency", "impact", "priority")
    if not any(getattr(body, name) for name in names):
        return [Problem("nothing to classify", "没有要更改的内容", "action", accepted=names)]
    return [p for name in names for p in _domain_problem(name, getattr(body, name), at)]


def _check_collaborate(_: Ticket, body: act.Collaborate, at: Situation) -> list[Problem]:
    problems = _team_problem(body.team, at) or _owner_problem(body, at)
    if body.due is not None and body.due <= at.now:
        problems.append(_past("due", body.due.isoformat(), at))
    return problems


def _owner_problem(body: act.Collaborate, at: Situation) -> list[Problem]:
    """Say that the agent is not of the team, or that nobody would own the task (B10)."""
    known = members(body.team, at.directory)
    if body.agent and body.agent not in at.directory.agents:
        return [_unknown("agent", "unknown agent", "未知坐席", body.agent, known)]
    if body.agent and body.agent not in known:
        return [Problem("not of this team", "不属于该团队", "agent", body.agent, known)]
    if at.policy.ruleset.policy.task_owner and not task_owner(body, at.directory):
        en = "somebody must own the task, and the team has nobody"
        accepted = tuple(team for team in at.directory.teams if members(team, at.directory))
        return [Problem(en, "协同任务必须有负责人，而该团队没有成员", "team", body.team, accepted)]
    return []


def _past(field: str, value: str, at: Situation) -> Problem:
    return Problem("lies in the past", "时间已过", field, value, (f"> {at.now.isoformat()}",))


def _check_task(ticket: Ticket, body: act.AnswerTask, at: Situation) -> list[Problem]:
    tasks = {task.number: task for task in ticket.tasks}
    task = tasks.get(body.task)
    if task is None:
        numbers = tuple(str(number) for number in tasks)
        return [Problem("no such task", "没有此协同任务", "task", body.task, numbers)]
    if not task.open:
        return [Problem("the task is answered already", "协同任务已答复", "task", body.task)]
    mine = at.directory.teams_of(agent_id(at.actor))
    if task.team not in mine and "supervisor" not in at.capacities:
        return [
            Problem(
                "the task is another team's", "协同任务属于其他团队", "by", at.actor, (task.team,)
            )
        ]
    return []


def _check_plan(ticket: Ticket, body: act.MakePlan, at: Situation) -> list[Problem]:
    if body.eta is None:
        return []
    if body.eta <= at.now:
        return [_past("eta", body.eta.isoformat(), at)]
    latest = latest_eta(ticket, at)
    if latest is None or body.eta <= latest or "supervisor" in at.capacities:
        return []
    local = latest.astimezone(at.timezone).isoformat()
    return [
        Problem(
            "lies beyond the time limit; a supervisor may override it",
            "预计时间超出时限，须由主管确认",
            "eta",
            body.eta.astimezone(at.timezone).isoformat(),
            (f"<= {local}",),
        )
    ]


def _check_approval(
    ticket: Ticket, body: act.ApprovePlan | act.RejectPlan, _: Situation
) -> list[Problem]:
    if ticket.plan is None or ticket.plan.approval != "pending":
        return [Problem("no plan awaits approval", "没有待审批的方案", "action", body.action)]
    return []


def _check_resolve(ticket: Ticket, _: act.Resolve, __: Situation) -> list[Problem]:
    problems = []
    unanswered = [str(task.number) for task in ticket.tasks if task.open]
    if unanswered:
        problems.append(
            Problem(
                "collaboration tasks are still open",
                "协同任务尚未完成",
                "tasks",
                ", ".join(unanswered),
                ("answer_task first",),
            )
        )
    if ticket.plan is not None and ticket.plan.approval in ("pending", "rejected"):
        problems.append(
            Problem(
                f"the plan is {ticket.plan.approval}",
                "方案未获批准",
                "plan.approval",
                ticket.plan.approval,
                ("approved",),
            )
        )
    return problems


def _check_confirm(_: Ticket, body: act.Confirm, __: Situation) -> list[Problem]:
    return _rating_problem("rating", body.rating)


def _check_rate(_: Ticket, body: act.Rate, at: Situation) -> list[Problem]:
    if body.rating is None and not body.scores:
        return [Problem("a rating or scores are required", "必须给出评分", "rating")]
    problems = _rating_problem("rating", body.rating)
    survey = at.policy.ruleset.survey
    for name, score in body.scores.items():
        if survey and name not in survey:
            accepted = tuple(labelled(one, label) for one, label in survey.items())
            field = f"scores.{name}"
            problems.append(
                Problem("no score of the survey", "问卷没有此项", field, name, accepted)
            )
        else:
            problems += _rating_problem(f"scores.{name}", score)
    return problems


def _rating_problem(field: str, rating: int | None) -> list[Problem]:
    if rating is None or rating in range(1, 6):
        return []
    return [Problem("not a rating", "评分无效", field, rating, ("1", "2", "3", "4", "5"))]


def _check_escalate(ticket: Ticket, body: act.Escalate, at: Situation) -> list[Problem]:
    kind, _sep, name = body.to.partition(":")
    if kind == "team":
        return _team_problem(name, at, "to")
    if kind == "agent":
        return _agent_problem(name, at, "to")
    if body.to not in ("head", "superior", *(f"role:{role}" for role in ROLES)):
        accepted = ("head", "superior", "team:…", "agent:…", *(f"role:{role}" for role in ROLES))
        return [Problem("unknown recipient", "未知接收人", "to", body.to, accepted)]
    found = recipients([body.to], ticket, at.directory)
    if body.hand_over and not any(one.person for one in found):
        return [Problem("nobody is there to take it over", "没有可接手的人", "to", body.to)]
    return []


def _check_merge(ticket: Ticket, body: act.Merge, _: Situation) -> list[Problem]:
    return _itself("into", ticket, body.into)


def _check_link(ticket: Ticket, body: act.LinkTo, _: Situation) -> list[Problem]:
    return _itself("other", ticket, body.other)


def _itself(field: str, ticket: Ticket, other: str) -> list[Problem]:
    if other != ticket.number:
        return []
    return [Problem("is the ticket itself", "不能指向自身", field, other, ("another ticket",))]


def _check_review(_: Ticket, body: act.MakeReview, __: Situation) -> list[Problem]:
    if body.verdict in VERDICTS:
        return []
    accepted = tuple(f"{word} ({en} {zh})" for word, (en, zh) in VERDICTS.items())
    return [Problem("unknown verdict", "未知的质检结论", "verdict", body.verdict, accepted)]


def _check_delete(ticket: Ticket, body: act.Delete, at: Situation) -> list[Problem]:
    """Refuse to delete what must still be kept; counted in the desk's own calendar (C13).

    By itself the desk deletes only what a ruleset says how long to keep, and nothing that a ticket
    which is worked on refers to.
    """
    retention = at.policy.ruleset.policy.retention
    over = ticket.closed_at or ticket.updated_at or ticket.created_at
    if retention is None:
        return _needs_retention(at)
    until = retention.until(over.astimezone(at.timezone))
    if at.now >= until:
        return _worked_on(ticket, at)
    return [
        Problem(
            f"the ticket must be kept for {retention}; it may be deleted from {until.date()} on",
            f"工单须保存 {retention}，自 {until.date()} 起方可删除",
            "action",
            body.action,
            (f">= {until.isoformat()}",),
        )
    ]


def _needs_retention(at: Situation) -> list[Problem]:
    if at.actor != "system":
        return []
    en = "without a retention in the ruleset nothing is deleted by itself"
    return [Problem(en, "规则集未设保存期限，不会自动删除", "by", at.actor, ("administrator",))]


def _worked_on(ticket: Ticket, at: Situation) -> list[Problem]:
    """Name the tickets linked to this one that are not over; a person may decide otherwise."""
    if at.actor != "system":
        return []
    others = (at.other(number) for number in dict.fromkeys(link.other for link in ticket.links))
    open_ = [other.number for other in others if other and other.status not in OVER_STATUSES]
    if not open_:
        return []
    en = "is linked to tickets that are not over yet"
    return [Problem(en, "关联的工单尚未结束", "links", ", ".join(open_))]


_Check = Callable[[Ticket, Any, Situation], list[Problem]]
CHECKS: Final[Mapping[type[ActionBody], _Check]] = {
    act.Acknowledge: _check_acknowledge,
    act.Assign: _check_assign,
    act.Classify: _check_classify,
    act.Collaborate: _check_collaborate,
    act.AnswerTask: _check_task,
    act.MakePlan: _check_plan,
    act.ApprovePlan: _check_approval,
    act.RejectPlan: _check_approval,
    act.Resolve: _check_resolve,
    act.Confirm: _check_confirm,
    act.Rate: _check_rate,
    act.Escalate: _check_escalate,
    act.Merge: _check_merge,
    act.LinkTo: _check_link,
    act.MakeReview: _check_review,
    act.Delete: _check_delete,
}
