"""What a ruleset asks of actions: ``[actions.…]``, the survey, owners of tasks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput, Refused
from ruledesk.lifecycle.evolve import replay
from ruledesk.model.ticket import Status, Ticket

DeskWith = Callable[..., Desk]
PEOPLE: dict[str, Any] = {
    "teams": {
        "after-sales": {"head": "A100", "agents": ["A101", "A102"]},
        "customer-service": {"head": "S100", "agents": ["S101"]},
        "quality": {"agents": ["Q101", "Q102"]},
        "archive": {"agents": []},
    },
    "agents": {
        "A100": {"name": "Wang"},
        "A101": {"name": "Li", "skills": ["refrigerator"]},
        "A102": {"name": "Zhao"},
        "S100": {"name": "Chen", "roles": ["supervisor"]},
        "S101": {"name": "Liu"},
        "Q101": {"name": "Qian"},
        "Q102": {"name": "Qiao"},
        "D100": {"name": "Dong", "roles": ["director"]},
        "X100": {"name": "Xu", "roles": ["administrator"]},
    },
}


class Case:
    """A desk with a ruleset, and a ticket of A101 on it."""

    def __init__(self, desk: Desk, start: datetime) -> None:
        self.desk, self.start = desk, start
        fields = {"type": "repair", "description": "冰箱不制冷", "requester": {"phone": "138"}}
        ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
        self.number = ticket.number
        assert ticket.agent == "A101"

    def do(self, action: str, by: str = "agent:A101", after: str = "0", **fields: Any) -> Ticket:
        at = self.start + timedelta(hours=float(after))
        self.desk.advance(at, inclusive=False)
        return self.desk.act(self.number, action, by=by, fields=fields, at=at)

    def refused(self, action: str, by: str = "agent:A101", after: str = "0", **fields: Any) -> Any:
        before = dict(self.desk.store.counts())
        with pytest.raises(Refused) as refused:
            self.do(action, by, after, **fields)
        if after == "0":
            assert dict(self.desk.store.counts()) == before
        (problem,) = refused.value.problems
        assert problem.en
        assert any("\u4e00" <= char <= "\u9fff" for char in problem.zh)
        return problem

    def may(self, action: str, **fields: Any) -> set[str]:
        """Name who is not refused because of who they are."""
        actors = ["requester", *(f"agent:{one}" for one in PEOPLE["agents"])]
        found = set()
        for actor in actors:
            try:
                self.do(action, actor, **fields)
            except Refused as refused:
                assert refused.problems[0].field == "by"
            else:
                found.add(actor.removeprefix("agent:"))
        return found


@pytest.fixture
def case(desk_with: DeskWith, start: datetime) -> Callable[..., Case]:
    def made(overlay: str = "", **people: Any) -> Case:
        return Case(desk_with(overlay, {**PEOPLE, **people}), start)

    return made


# -- arguments --------------------------------------------------------------------------------


@pytest.mark.requirement("A10", "F4")
def test_required_arguments(case: Callable[..., Case]) -> None:
    plan = case('[actions.plan]\nrequired = ["cause", "solution", "eta"]\n')
    with pytest.raises(Refused) as refused:
        plan.do("plan", solution="换")
    assert [problem.field for problem in refused.value.problems] == ["cause", "eta"]
    with pytest.raises(Refused):
        plan.do("plan", solution="换", cause="  ", eta="2026-03-09T12:00:00+08:00")
    done = plan.do("plan", solution="换", cause="漏", eta="2026-03-09T12:00:00+08:00")
    assert done.plan is not None
    assert done.plan.overrides is None


@pytest.mark.requirement("E7", "F4")
def test_one_of_several_arguments(case: Callable[..., Case]) -> None:
    resolve = case('[actions.resolve]\nany_of = ["steps", "article"]\n')
    problem = resolve.refused("resolve", solution="换")
    assert (problem.field, problem.accepted) == ("steps", ("steps", "article"))
    assert resolve.do("resolve", solution="换", article="KB-7").article == "KB-7"


@pytest.mark.requirement("E7")
def test_an_article_solves_as_a_text_does(case: Callable[..., Case]) -> None:
    one = case()
    problem = one.refused("resolve", steps="1, 2")
    assert (problem.field, problem.accepted) == ("solution", ("solution", "article"))
    ticket = one.do("resolve", article="KB-7")
    assert (ticket.article, ticket.solution) == ("KB-7", "")
    assert ticket.status is Status.AWAITING_CONFIRMATION
    assert replay(one.desk.store.events(one.number)) == ticket


# -- who --------------------------------------------------------------------------------------


@pytest.mark.requirement("C9", "E6")
def test_roles_say_who_may(case: Callable[..., Case]) -> None:
    overlay = '[policy]\nplan_approval = "True"\n[actions.approve_plan]\nroles = ["director"]\n'
    approve = case(overlay)
    approve.do("plan", solution="换")
    problem = approve.refused("approve_plan", "agent:S100")
    assert (problem.field, problem.value) == ("by", "agent:S100")
    assert problem.accepted == ("role:director", "role:administrator")
    done = approve.do("approve_plan", "agent:D100")
    assert done.plan is not None
    assert done.plan.approval == "approved"


@pytest.mark.parametrize(
    ("policy", "may"),
    [
        ('teams = ["quality"]', {"Q101", "Q102", "X100"}),
        ('roles = ["director"]', {"D100", "X100"}),
        ('roles = ["head"]', {"A100", "X100"}),
        ('roles = ["supervisor"]', {"A100", "S100", "X100"}),
        ('teams = ["customer-service"]\nroles = ["director"]', {"S100", "S101", "D100", "X100"}),
        ("", {"A100", "A101", "A102", "S100"}),
    ],
)
@pytest.mark.requirement("E6", "E9")
def test_teams_and_roles(policy: str, may: set[str], case: Callable[..., Case]) -> None:
    assert case(f"[actions.contact]\n{policy}\n").may("contact") == may


def test_what_the_desk_does_by_itself_needs_no_team(case: Callable[..., Case]) -> None:
    close = case('[actions.close]\nteams = ["quality"]\n')
    close.refused("close")
    assert close.do("close", "system").status is Status.CLOSED


# -- when -------------------------------------------------------------------------------------


@pytest.mark.requirement("F4")
def test_a_condition_refuses_with_its_reason(case: Callable[..., Case]) -> None:
    overlay = (
        "[actions.resolve]\nwhen = 'has_plan and counts.same_fault == 0'\n"
        'reason = { en = "make a plan first", zh = "请先制定方案" }\n'
    )
    resolve = case(overlay)
    problem = resolve.refused("resolve", solution="换")
    assert (problem.en, problem.zh) == ("make a plan first", "请先制定方案")
    assert (problem.field, problem.value) == ("action", "resolve")
    assert "has_plan" in problem.accepted[0]
    resolve.do("plan", solution="换")
    assert resolve.do("resolve", solution="换").status is Status.AWAITING_CONFIRMATION


# -- estimates --------------------------------------------------------------------------------

WITHIN = """
[actions.plan]
eta_within = "resolution"
[[targets.resolution.limits]]
name = "resolution-p3"
when = 'priority == "P3"'
within = "24h"
"""


@pytest.mark.requirement("A10")
@pytest.mark.parametrize(
    ("after", "eta", "latest"),
    [
        ("1", 24.01, "2026-03-10T10:00:00+08:00"),
        ("30", 54.01, "2026-03-11T16:00:00+08:00"),  # overdue: as long again from now on
    ],
)
def test_an_estimate_beyond_the_limit(
    after: str, eta: float, latest: str, case: Callable[..., Case], start: datetime
) -> None:
    plan = case(WITHIN)
    beyond = (start + timedelta(hours=eta)).isoformat()
    problem = plan.refused("plan", after=after, solution="换", eta=beyond)
    assert (problem.field, problem.value) == ("eta", beyond)
    assert problem.accepted == (f"<= {latest}",)
    assert plan.do("plan", after=after, solution="换", eta=latest).plan is not None


@pytest.mark.requirement("A10")
@pytest.mark.parametrize("who", ["agent:S100", "agent:A100"])  # a supervisor; the team's head
def test_a_supervisor_overrides_the_limit_on_record(
    who: str, case: Callable[..., Case], start: datetime
) -> None:
    plan = case(WITHIN)
    ticket = plan.do("plan", who, solution="换", eta=(start + timedelta(days=9)).isoformat())
    assert ticket.plan is not None
    assert ticket.plan.overrides == start + timedelta(hours=24)
    assert replay(plan.desk.store.events(plan.number)) == ticket
    within = plan.do("plan", who, solution="换", eta=(start + timedelta(hours=9)).isoformat())
    assert within.plan is not None
    assert within.plan.overrides is None


@pytest.mark.requirement("A10", "F1")
def test_a_pause_that_goes_on_counts_for_the_estimate(
    case: Callable[..., Case], start: datetime
) -> None:
    plan = case(WITHIN)
    plan.do("request_info", after="1", missing=["product"])
    eta = (start + timedelta(hours=26)).isoformat()
    problem = plan.refused("plan", after="2", solution="换", eta=eta)
    assert problem.accepted == ("<= 2026-03-10T11:00:00+08:00",)
    assert plan.do("plan", after="4", solution="换", eta=eta).plan is not None


def test_the_override_cannot_be_given_from_outside(case: Callable[..., Case]) -> None:
    problem = case().refused("plan", solution="x", overrides="2026-03-10T11:00:00+08:00")
    assert problem.field == "overrides"
    assert case().refused("collaborate", team="quality", duty="x", owner="Q101").field == "owner"


# -- reviews ----------------------------------------------------------------------------------


@pytest.mark.requirement("A13", "E9")
def test_quality_reviews_a_closed_ticket(case: Callable[..., Case]) -> None:
    review = case('[actions.review]\nteams = ["quality"]\nrequired = ["text"]\n')
    problem = review.refused("review", "agent:Q101", verdict="good", text="x")
    assert problem.field == "action"  # not while it is open
    review.do("close")
    assert review.refused("review", "agent:S100", verdict="good", text="x").field == "by"
    assert review.refused("review", "agent:Q101", verdict="good").field == "text"
    assert review.refused("review", "agent:Q101", text="x").field == "verdict"
    problem = review.refused("review", "agent:Q101", verdict="bad", text="x")
    assert (problem.field, problem.value) == ("verdict", "bad")
    assert [one.partition(" ")[0] for one in problem.accepted] == ["good", "improve"]
    ticket = review.do("review", "agent:Q101", verdict="improve", text="慢", improvement="先打电话")
    (found,) = ticket.reviews
    assert (found.verdict, found.improvement, found.by) == ("improve", "先打电话", "agent:Q101")
    assert found.at == review.start
    assert ticket.status is Status.CLOSED
    review.do("archive", "system")
    ticket = review.do("review", "agent:Q102", verdict="good", text="ok")
    assert ticket.status is Status.ARCHIVED
    assert [one.verdict for one in ticket.reviews] == ["improve", "good"]
    assert replay(review.desk.store.events(review.number)) == ticket


@pytest.mark.requirement("A13")
@pytest.mark.parametrize("policy", ["", '[actions.review]\nteams = ["after-sales"]\n'])
def test_nobody_reviews_their_own_work(policy: str, case: Callable[..., Case]) -> None:
    review = case(policy)
    review.do("close")
    assert review.refused("review", "agent:A101", verdict="good").field == "by"
    assert review.refused("review", "requester", verdict="good").field == "by"
    assert review.do("review", "agent:A102", verdict="good").reviews


@pytest.mark.requirement("A13")
def test_reactions_follow_a_review(case: Callable[..., Case]) -> None:
    review = case(
        '[[reactions]]\nname = "improve"\non = ["reviewed"]\nwhen = "reviews >= 1"\n'
        'raise_flags = ["to_improve"]\n'
    )
    review.do("close")
    assert "to_improve" in review.do("review", "agent:S101", verdict="improve").flags


# -- tasks ------------------------------------------------------------------------------------


@pytest.mark.requirement("B10", "A11")
def test_who_owns_a_task(case: Callable[..., Case]) -> None:
    one = case()
    ticket = one.do("collaborate", team="customer-service", duty="call")
    ticket = one.do("collaborate", team="customer-service", duty="call", agent="S101")
    ticket = one.do("collaborate", team="quality", duty="look")
    ticket = one.do("collaborate", team="archive", duty="look")
    assert [task.owner for task in ticket.tasks] == ["S100", "S101", "Q101", ""]
    assert replay(one.desk.store.events(one.number)) == ticket
    problem = one.refused("collaborate", team="quality", duty="look", agent="S101")
    assert (problem.field, problem.accepted) == ("agent", ("Q101", "Q102"))
    assert one.refused("collaborate", team="quality", duty="look", agent="Z9").field == "agent"


@pytest.mark.requirement("B10", "F4")
def test_a_task_must_have_an_owner_where_the_policy_says_so(case: Callable[..., Case]) -> None:
    one = case("[policy]\ntask_owner = true\n")
    problem = one.refused("collaborate", team="archive", duty="look")
    assert problem.field == "team"
    assert "quality" in problem.accepted
    assert "archive" not in problem.accepted
    assert one.do("collaborate", team="quality", duty="x", agent="Q102").tasks[0].owner == "Q102"
    assert one.do("collaborate", team="after-sales", duty="x").tasks[1].owner == "A100"


@pytest.mark.requirement("B10", "F4")
def test_a_ticket_must_have_an_owner_where_it_is_passed_on(case: Callable[..., Case]) -> None:
    one = case("[policy]\ntask_owner = true\n")
    problem = one.refused("assign", by="agent:S100", team="archive")
    assert problem.field == "agent"
    assert "A101" in problem.accepted
    assert one.refused("assign", by="agent:S100", team="zoo").field == "team"
    assert one.do("assign", by="agent:S100", team="archive", agent="A102").agent == "A102"
    assert one.do("assign", by="agent:S100", team="quality").team == "quality"


@pytest.mark.requirement("F4")
def test_who_is_not_named_is_told_who_is(case: Callable[..., Case]) -> None:
    one = case('[actions.rate]\nteams = ["quality"]\n')
    one.do("close")
    problem = one.refused("rate", "requester", rating=5)
    assert problem.accepted == ("team:quality", "role:administrator")
    assert one.do("rate", "agent:Q101", rating=5).rating == 5


# -- the survey -------------------------------------------------------------------------------

SURVEY = """
[survey.scores]
efficiency = { en = "Efficiency", zh = "效率" }
attitude = { en = "Attitude", zh = "态度" }
[[reactions]]
name = "ask"
on = ["resolved"]
send = [{ to = ["requester"], via = ["sms"], template = "survey" }]
[[reactions]]
name = "unhappy"
on = ["rated"]
when = "scores.attitude <= 2"
raise_flags = ["unhappy"]
[templates.survey]
text = { en = "rate {scores}", zh = "请评价{scores}" }
"""


@pytest.mark.requirement("C12", "F4")
def test_the_survey_names_its_scores(case: Callable[..., Case]) -> None:
    one = case(SURVEY)
    one.do("resolve", solution="换")
    texts = {d.message.about: d.message.text for d in one.desk.store.messages(one.number)}
    assert texts["survey"] == "rate Efficiency, Attitude"
    problem = one.refused("rate", "requester", scores={"speed": 5})
    assert (problem.field, problem.value) == ("scores.speed", "speed")
    assert problem.accepted == ("efficiency (Efficiency 效率)", "attitude (Attitude 态度)")
    assert one.refused("rate", "requester", scores={"attitude": 6}).field == "scores.attitude"
    ticket = one.do("rate", "requester", scores={"efficiency": 5, "attitude": 2}, rating=4)
    assert dict(ticket.scores) == {"efficiency": 5, "attitude": 2}
    assert "unhappy" in ticket.flags


@pytest.mark.requirement("C12")
def test_without_a_survey_any_score_is_taken(case: Callable[..., Case]) -> None:
    one = case()
    one.do("resolve", solution="换")
    assert one.do("rate", "requester", scores={"speed": 5}).scores == {"speed": 5}


# -- loading ----------------------------------------------------------------------------------


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("overlay", "key", "what"),
    [
        ("[actions.plam]\n", "actions.plam", "unknown action"),
        ("[actions.submit]\n", "actions.submit", "unknown action"),
        ('[actions.plan]\nrequired = ["etaa"]\n', "actions.plan.required", "no argument"),
        ('[actions.plan]\nrequired = ["overrides"]\n', "actions.plan.required", "no argument"),
        ('[actions.plan]\nany_of = ["x"]\n', "actions.plan.any_of", "no argument"),
        ('[actions.plan]\nroles = ["boss"]\n', "actions.plan.roles", "unknown value"),
        ('[actions.plan]\nwhen = "nothing > 3"\n', "actions.plan.when:1", "nothing"),
        ('[actions.plan]\nreason = "x"\n', "actions.plan.reason", "no `when`"),
        ('[actions.plan]\neta_within = "x"\n', "actions.plan.eta_within", "unknown target"),
        ('[actions.note]\neta_within = "update"\n', "actions.note.eta_within", "only a plan"),
        ("[actions.plan]\nfoo = 1\n", "actions.plan.foo", "unknown key"),
        ('[survey]\nscore = "x"\n', "survey.score", "unknown key"),
        ("[survey.scores]\nx = 1\n", "survey.scores.x", "wrong type"),
        ('[policy]\nretention = "3 years"\n', "policy.retention", "no such retention"),
        ("[policy]\ntask_owner = 1\n", "policy.task_owner", "wrong type"),
        ('[dispatch]\nfallback = "nobody"\n', "dispatch.fallback", "unknown value"),
    ],
)
def test_what_is_wrong_is_told(
    overlay: str, key: str, what: str, case: Callable[..., Case]
) -> None:
    with pytest.raises(InvalidInput) as error:
        case(overlay)
    (problem,) = error.value.problems
    assert problem.field.endswith(f": {key}")
    assert what in problem.en or what in str(problem.value)
