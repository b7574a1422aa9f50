"""What a route may say of the person: automatic, fallback, skills that the ticket names."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from ruledesk.desk.check_ruleset import named
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput
from ruledesk.model.ticket import Ticket
from ruledesk.rules.dispatch import skills_for
from ruledesk.testing import doubles

DeskWith = Callable[..., Desk]
ROUTE = """
[stages.route]
hit = "first"
sets = ["team", "skills", "prefer", "automatic", "fallback", "spill"]
default = {{ team = "after-sales" }}
[[stages.route.rules]]
name = "kitchen-team"
set = {{ team = "after-sales", {outcome} }}
"""


def routed(outcome: str, more: str = "", **fields: Any) -> Callable[[DeskWith, datetime], Ticket]:
    def made(desk_with: DeskWith, start: datetime) -> Ticket:
        desk = desk_with(ROUTE.format(outcome=outcome) + more)
        given = {"type": "repair", "description": "坏", "requester": {"phone": "138"}, **fields}
        return desk.submit(by="requester", line="main", channel="web", fields=given, at=start)

    return made


def pooled(desk: Desk, ticket: Ticket) -> bool:
    return any(event.body.kind == "pooled" for event in desk.store.events(ticket.number))


@pytest.mark.requirement("A9", "C3")
@pytest.mark.parametrize(
    ("outcome", "policy", "agent"),
    [
        ("automatic = false", "automatic = true", ""),
        ("automatic = true", "automatic = false", "A101"),
        ("spill = false", "automatic = false", ""),
    ],
)
def test_a_route_may_leave_the_choice_to_the_team(
    outcome: str, policy: str, agent: str, desk_with: DeskWith, start: datetime
) -> None:
    ticket = routed(outcome, f"[dispatch]\n{policy}\n")(desk_with, start)
    assert (ticket.team, ticket.agent) == ("after-sales", agent)


@pytest.mark.requirement("B8", "B10")
@pytest.mark.parametrize(
    ("outcome", "policy", "agent"),
    [
        ('fallback = "head"', "spill = false", "A100"),
        ('fallback = "pool"', 'spill = false\nfallback = "head"', ""),
        ("spill = false", 'fallback = "head"', "A100"),
        ("spill = false", "automatic = true", ""),
    ],
)
def test_where_nobody_is_free_the_head_answers_for_it(
    outcome: str, policy: str, agent: str, desk_with: DeskWith, start: datetime
) -> None:
    overlay = ROUTE.format(outcome=f'skills = ["rocket"], {outcome}') + f"[dispatch]\n{policy}\n"
    desk = desk_with(overlay)
    fields = {"type": "repair", "description": "坏", "requester": {"phone": "138"}}
    ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
    assert (ticket.team, ticket.agent) == ("after-sales", agent)
    assert pooled(desk, ticket) is not bool(agent)


@pytest.mark.requirement("B8")
def test_a_team_without_a_head_has_only_its_pool(desk_with: DeskWith, start: datetime) -> None:
    people = {"teams": {"after-sales": {"agents": ["A101"]}}, "agents": {"A101": {"name": "Li"}}}
    overlay = ROUTE.format(outcome='skills = ["rocket"], fallback = "head"')
    desk = desk_with(overlay, people)
    fields = {"type": "repair", "description": "坏", "requester": {"phone": "138"}}
    ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
    assert (ticket.team, ticket.agent) == ("after-sales", "")
    assert pooled(desk, ticket)


@pytest.mark.requirement("C7")
@pytest.mark.parametrize(
    ("skills", "product", "agent"),
    [
        ('["{product}"]', "refrigerator", "A101"),
        ('["{product}"]', "oven", ""),
        ('["{product}", "{custom.fault}"]', "refrigerator", "A101"),
        ('["{product}"]', None, "A101"),
        ('["re{module}or"]', None, "A101"),
    ],
)
def test_skills_may_be_the_tickets_own(
    skills: str, product: str | None, agent: str, desk_with: DeskWith, start: datetime
) -> None:
    outcome = f"skills = {skills}, spill = false"
    fields = {"product": product, "module": "frigerat"}
    assert routed(outcome, **fields)(desk_with, start).agent == agent


def test_skills_are_filled_once_each() -> None:
    ticket = doubles.ticket(product="oven", custom={"parts": ("a", "b"), "n": 2})
    skills = ("oven", "{product}", "part-{custom.parts}", "{custom.n}", "{custom.none}", "{{x}}")
    assert skills_for(ticket, skills) == ("oven", "part-a", "part-b", "2", "{x}")


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("outcome", "what"),
    [
        ('skills = ["{prodct}"]', "unknown field"),
        ('skills = ["{event.by}"]', "unknown field"),
        ('skills = ["{product"]', "braces do not match"),
        ("skills = [1]", "wrong type"),
        ('prefer = ["{prodct}"]', "unknown field"),
        ('fallback = "nobody"', "unknown value"),
        ('automatic = "yes"', "wrong type"),
    ],
)
def test_what_is_wrong_with_a_route_is_told(outcome: str, what: str, desk_with: DeskWith) -> None:
    with pytest.raises(InvalidInput, match=what):
        desk_with(ROUTE.format(outcome=outcome))


@pytest.mark.requirement("C7", "E9")
def test_check_names_who_may_act_and_leaves_the_tickets_own_skills(desk_with: DeskWith) -> None:
    overlay = ROUTE.format(outcome='skills = ["{product}"]')
    overlay += '[actions.review]\nteams = ["quality"]\nroles = ["director"]\n'
    found = {(one.kind, one.name, one.by) for one in named(desk_with(overlay).rulesets["main"])}
    assert ("team", "quality", "actions.review") in found
    assert ("role", "director", "actions.review") in found
    assert not [one for one in found if one[0] == "skill" and "{" in one[1]]
