"""From events to a case: responses, hand-overs, misroutes, what became of targets."""

from datetime import timedelta

import pytest

from ruledesk.insight.case import HandOver, Misroute
from ruledesk.insight.history import case_of
from ruledesk.insight.routing import Routing
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.ticket import Requester, Review, Status, Target, Task, Ticket

SUBMIT = act.Submit("main", "web", Requester())


@pytest.fixture
def ticket(at):
    def made(**values):
        return Ticket("T1", "main", "web", at(), Requester(phone="138"), **values)

    return made


def test_the_first_response_is_a_persons(history, ticket, at):
    events = history(
        (0, "requester", SUBMIT),
        (1, "system", act.Note("auto", public=True)),
        (2, "agent:A", act.Note("inside")),
        (3, "agent:A", act.Note("hello", public=True)),
        (4, "agent:A", act.Accept()),
    )
    assert case_of(ticket(), events).responded_at == at(3)


@pytest.mark.requirement("E1")
def test_a_hand_over_lasts_from_the_assignment_to_the_acceptance(history, ticket, at):
    events = history(
        (0, "requester", SUBMIT),
        (0, "system", ev.Assigned("it", "A", "route-it")),
        (1, "agent:A", act.Accept()),
        (2, "agent:S", act.Assign(team="sales")),
        (2, "system", ev.Assigned("sales", "B")),
        (3, "agent:B", act.Note("I look at it")),
        (5, "agent:B", act.Accept()),
    )
    assert case_of(ticket(), events).hand_overs == (HandOver("it", "sales", at(2), at(5)),)


@pytest.mark.requirement("E1")
def test_passing_on_closing_and_waiting_end_a_hand_over_each_in_its_way(history, ticket, at):
    events = history(
        (0, "requester", SUBMIT),
        (0, "system", ev.Assigned("it", "")),
        (1, "agent:S", act.Assign(team="sales")),
        (1, "system", ev.Assigned("sales", "")),
        (4, "agent:S", act.Assign(team="market")),
        (4, "system", ev.Assigned("market", "")),
    )
    passed_on = HandOver("it", "sales", at(1), at(4))
    waiting = case_of(ticket(), events)
    assert waiting.hand_overs == (passed_on, HandOver("sales", "market", at(4), None))
    closed = case_of(ticket(status=Status.CLOSED, closed_at=at(9)), events)
    assert closed.hand_overs == (passed_on, HandOver("sales", "market", at(4), at(9)))


def test_one_team_or_none_before_is_no_hand_over(history, ticket):
    events = history(
        (0, "requester", SUBMIT),
        (1, "system", ev.Assigned("it", "A")),
        (2, "system", ev.Assigned("it", "B")),
    )
    assert case_of(ticket(), events).hand_overs == ()


def test_promises_remember_a_breach_that_a_new_round_forgot(history, ticket, at):
    running = Target("update", "running", at(25), "24h", "", at(49), "r")
    answer = Target("answer", "breached", at(), "10s", "", at(), "r", breached_at=at(1))
    events = history(
        (0, "requester", SUBMIT),
        (1, "system", ev.TargetBreached("answer", at(), flag=False)),
        (24, "system", ev.TargetBreached("update", at(24))),
    )
    case = case_of(ticket(targets={"update": running, "answer": answer}), events)
    assert case.promises["update"].state == "breached"
    assert case.promises["answer"].state == "breached"
    assert case.overdue(at(30))
    only_answer = case_of(ticket(targets={"answer": answer}), events[:2])
    assert not only_answer.overdue(at(30))


def test_what_the_telephone_system_takes_back_was_no_breach(history, ticket, at):
    met = Target("answer", "met", at(), "10s", "", at(), "r", met_at=at())
    events = history(
        (0, "requester", SUBMIT),
        (1, "system", ev.TargetBreached("answer", at())),
        (2, "system", ev.TargetsCorrected((met,), unbroken=("answer",))),
    )
    assert case_of(ticket(targets={"answer": met}), events).promises["answer"].state == "met"


def test_an_open_target_is_overdue_after_its_due_time_and_a_paused_one_never(ticket, at):
    due = at(2)
    running = ticket(targets={"r": Target("r", "running", at(), "2h", "", due, "x")})
    paused = ticket(targets={"r": Target("r", "paused", at(), "2h", "", due, "x")})
    assert not case_of(running, []).overdue(due)
    assert case_of(running, []).overdue(due + timedelta(seconds=1))
    assert not case_of(paused, []).overdue(due + timedelta(days=9))


def test_tasks_reviews_and_the_requester_are_taken_over(ticket, at):
    task = Task(1, "sales", "price", None, at(1), "agent:A", "9", at(3), "agent:B")
    review = Review("improve", "slow", "faster", "agent:Q", at(9))
    case = case_of(ticket(tasks=(task,), reviews=(review,)), [])
    assert (case.tasks[0].team, case.tasks[0].answered_at) == ("sales", at(3))
    assert (case.verdict, case.requester) == ("improve", "138")


# -- routed to the wrong team -------------------------------------------------------------------

TEAMS = {"A": ("it",), "B": ("sales",), "N": ()}


def misroutes(events):
    routing = Routing(lambda agent: TEAMS.get(agent, ()))
    return [found for event in events if (found := routing.add(event))]


@pytest.mark.requirement("E9")
def test_handed_by_hand_to_another_team_names_the_rule_that_had_routed_it(history, at):
    events = history(
        (0, "requester", SUBMIT),
        (0, "system", ev.Assigned("it", "A", "route-it")),
        (2, "agent:S", act.Assign(team="sales")),
        (2, "system", ev.Assigned("sales", "B")),
        (3, "agent:S", act.Assign(team="market")),
        (3, "system", ev.Assigned("market", "")),
    )
    assert misroutes(events) == [Misroute("route-it", "it", "sales", at(2))]


@pytest.mark.requirement("E9")
def test_accepted_by_somebody_of_another_team(history, at):
    routed = ((0, "requester", SUBMIT), (0, "system", ev.Assigned("it", "", "route-it")))
    taken = (*routed, (1, "agent:B", act.Accept()), (1, "agent:B", ev.Assigned("it", "B")))
    assert misroutes(history(*taken)) == [Misroute("route-it", "it", "sales", at(1))]
    for agent in ("A", "N", "X"):  # of the team, of none, unknown
        assert not misroutes(history(*routed, (1, f"agent:{agent}", act.Accept())))


@pytest.mark.requirement("E9")
def test_who_the_rules_chose_elsewhere_accepts_what_was_meant_for_them(history):
    events = history(
        (0, "requester", SUBMIT),
        (0, "system", ev.Assigned("it", "B", "route-it", "least_loaded in elsewhere")),
        (1, "agent:B", act.Accept()),
    )
    assert not misroutes(events)


@pytest.mark.requirement("E9")
def test_reactions_escalations_and_the_same_team_are_no_correction(history):
    routed = ((0, "requester", SUBMIT), (0, "system", ev.Assigned("it", "A", "")))
    for body, assigned in (
        (act.Escalate("team:sales", "help", hand_over=True), ev.Assigned("sales", "B")),
        (act.Classify(category="x"), ev.Assigned("sales", "B", "route-sales")),
        (act.Assign(agent="A"), ev.Assigned("it", "A")),
    ):
        assert not misroutes(history(*routed, (1, "agent:S", body), (1, "system", assigned)))


@pytest.mark.requirement("E9")
def test_the_default_counts_as_a_rule_without_a_name(history, at):
    events = history(
        (0, "requester", SUBMIT),
        (0, "system", ev.Assigned("it", "A", "")),
        (1, "agent:S", act.Assign(agent="B")),
        (1, "agent:S", ev.Assigned("sales", "B")),
    )
    assert misroutes(events) == [Misroute("", "it", "sales", at(1))]
