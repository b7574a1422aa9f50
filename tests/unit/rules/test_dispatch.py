"""From a route to a person: who is free, who knows, who is next."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ruledesk.model.people import Agent, Candidate, Directory, Team, Workload
from ruledesk.model.ticket import Ticket
from ruledesk.rules.dispatch import Placement, Request, place, preferred
from ruledesk.rules.ruleset import DispatchPolicy
from ruledesk.testing.doubles import ticket as made

PEOPLE = Directory(
    agents={
        "A1": Agent("A1", capacity=2, skills=("gas",)),
        "A2": Agent("A2", capacity=1),
        "A3": Agent("A3", away=True, skills=("gas",)),
        "B1": Agent("B1", capacity=1, skills=("gas",)),
        "B2": Agent("B2", capacity=0),
        "C1": Agent("C1"),
    },
    teams={
        "a": Team("a", head="C1", agents=("A1", "A2", "A3", "A9")),
        "b": Team("b", agents=("B1", "B2")),
    },
)


def placed(
    request: Request, loads: Mapping[str, int] | None = None, **policy: Any
) -> tuple[Placement, list[list[str]]]:
    asked: list[list[str]] = []

    def choose(_: str, __: Ticket, candidates: Sequence[Candidate]) -> str:
        asked.append([candidate.agent.id for candidate in candidates])
        return candidates[-1].agent.id

    def workloads(agents: Sequence[str]) -> Mapping[str, Workload]:
        return {a: Workload((loads or {}).get(a, 0)) for a in agents}

    found = place(made(), request, DispatchPolicy(**policy), PEOPLE, workloads, choose)
    return found, asked


@pytest.mark.requirement("D7")
def test_the_dispatcher_chooses_among_those_who_are_free() -> None:
    found, asked = placed(Request("a"))
    assert asked == [["A1", "A2"]]
    assert (found.team, found.agent, found.strategy) == ("a", "A2", "least_loaded")
    assert found.facts == {"agent.A1": "0/2", "agent.A2": "0/1", "agent.A3": "away"}


@pytest.mark.requirement("C7")
def test_only_who_has_the_skill() -> None:
    found, asked = placed(Request("a", skills=("gas",)))
    assert asked == []  # one is no choice
    assert found.agent == "A1"
    assert found.facts["agent.A2"] == "lacks gas"


@pytest.mark.requirement("D7")
@pytest.mark.parametrize(
    ("loads", "spill", "agent"),
    [
        ({"A1": 1, "A2": 1}, True, "A1"),
        ({"A1": 2, "A2": 1}, True, "B1"),
        ({"A1": 2, "A2": 1}, False, ""),
        ({"A1": 2, "A2": 1, "B1": 1}, True, ""),
        ({"A1": 9, "A2": 0}, True, "A2"),
    ],
)
def test_who_is_full_is_passed_over(loads: dict[str, int], spill: bool, agent: str) -> None:
    found, _ = placed(Request("a"), loads, spill=spill)
    assert (found.team, found.agent) == ("a", agent)
    assert found.reason == {
        "": "nobody is free",
        "B1": "least_loaded in elsewhere",
    }.get(agent, "least_loaded in a")


def test_the_route_overrides_the_policy() -> None:
    full = {"A1": 2, "A2": 1}
    assert placed(Request("a", spill=False), full, spill=True)[0].agent == ""
    assert placed(Request("a", spill=True), full, spill=False)[0].agent == "B1"
    assert placed(Request("b", strategy="round_robin"))[0].strategy == "round_robin"


def test_a_named_person_or_else_somebody() -> None:
    assert placed(Request("a", agent="A2"))[0].agent == "A2"
    assert placed(Request("a", agent="A2"), automatic=False)[0].agent == "A2"
    assert placed(Request("a", agent="A3"))[0].agent == ""
    assert placed(Request("a", agent="nobody"))[0].agent == ""


def test_a_team_that_accepts_by_itself() -> None:
    found, asked = placed(Request("a"), automatic=False)
    assert (found.team, found.agent, found.strategy, asked) == ("a", "", "", [])


def test_a_request_of_a_route() -> None:
    outcome = {"team": "a", "skills": ("gas",), "spill": False, "priority": "P1"}
    assert Request.of(outcome) == Request("a", skills=("gas",), spill=False)
    assert Request.of({}) == Request("")


@pytest.mark.requirement("C7")
def test_who_knows_the_product_is_preferred_where_anybody_does() -> None:
    found, asked = placed(Request("a", prefer=("gas",)))
    assert asked == []
    assert (found.agent, found.reason) == ("A1", "least_loaded in a, who know gas")
    found, asked = placed(Request("a", prefer=("oil",)))
    assert asked == [["A1", "A2"]]  # nobody does: whoever is free
    assert found.reason == "least_loaded in a"
    found, _ = placed(Request("a", prefer=("gas",)), loads={"A1": 2})
    assert found.agent == "A2"  # who knows it has no room


@pytest.mark.requirement("E3")
def test_the_first_preference_goes_before_the_second() -> None:
    both = Agent("A1", skills=("gas", "vip"))
    free = [Candidate(one, Workload()) for one in (Agent("A0", skills=("vip",)), both)]
    assert preferred(free, ["gas", "vip"]) == ([free[1]], ["gas", "vip"])
    assert preferred(free, ["vip", "oil"]) == (free, ["vip"])
    assert preferred(free, []) == (free, [])
