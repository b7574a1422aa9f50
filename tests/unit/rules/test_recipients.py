"""Whom a message reaches, by which address."""

import pytest

from ruledesk.model.people import Agent, Directory, Team
from ruledesk.rules.recipients import recipients
from ruledesk.testing.doubles import requester
from ruledesk.testing.doubles import ticket as made

PEOPLE = Directory(
    agents={
        "A1": Agent("A1", superior="S1", contacts={"phone": "139", "email": "a1@example.com"}),
        "A2": Agent("A2", locale="zh-CN"),
        "S1": Agent("S1", roles=("supervisor", "director")),
        "S2": Agent("S2", roles=("supervisor",)),
    },
    teams={"t": Team("t", head="A2", agents=("A1",)), "empty": Team("empty")},
)


@pytest.mark.parametrize(
    ("names", "team", "agent", "found"),
    [
        (["requester"], "t", "A1", [("requester", "")]),
        (["agent"], "t", "A1", [("agent:A1", "")]),
        (["agent"], "t", "", []),
        (["agent"], "t", "gone", []),
        (["head"], "t", "A1", [("agent:A2", "head")]),
        (["head"], "", "A1", []),
        (["superior"], "t", "A1", [("agent:S1", "superior")]),
        (["superior"], "t", "S2", [("agent:A2", "superior")]),
        (["team"], "t", "A1", [("agent:A1", "team:t"), ("agent:A2", "team:t")]),
        (["team"], "", "", []),
        (["team:t"], "", "", [("agent:A1", "team:t"), ("agent:A2", "team:t")]),
        (["team:empty"], "t", "", [("team:empty", "")]),
        (["team:gone"], "t", "", [("team:gone", "")]),
        (
            ["role:supervisor"],
            "t",
            "",
            [("agent:S1", "role:supervisor"), ("agent:S2", "role:supervisor")],
        ),
        (["role:head"], "", "", [("agent:A2", "role:head")]),
        (["role:administrator"], "t", "", [("role:administrator", "")]),
        (["agent:S2"], "t", "", [("agent:S2", "")]),
        (
            ["agent", "superior", "role:director"],
            "t",
            "A1",
            [("agent:A1", ""), ("agent:S1", "superior")],
        ),
    ],
)
def test_who_is_meant(
    names: list[str], team: str, agent: str, found: list[tuple[str, str]]
) -> None:
    ticket = made(team=team, agent=agent)
    told = recipients(names, ticket, PEOPLE)
    assert [(one.to, one.on_behalf) for one in told] == found


def test_addresses() -> None:
    ticket = made(agent="A1", requester=requester(id="R1", phone="138", email="z@example.com"))
    handler, customer, nobody = recipients(
        ["agent", "requester", "role:administrator"], ticket, PEOPLE
    )
    assert [handler.address(via) for via in ("sms", "phone", "email", "popup")] == [
        "139",
        "139",
        "a1@example.com",
        "A1",
    ]
    assert [customer.address(via) for via in ("sms", "email", "message")] == [
        "138",
        "z@example.com",
        "R1",
    ]
    assert nobody.address("message") == ""
    assert recipients(["head"], made(team="t"), PEOPLE)[0].locale == "zh-CN"


@pytest.mark.parametrize(
    ("names", "team", "found"),
    [
        (["role:supervisor"], "t", [("agent:A2", "role:supervisor")]),
        (["agent", "role:supervisor"], "t", [("agent:A1", ""), ("agent:A2", "role:supervisor")]),
        # the head is told as the head: the desk still says that it has no supervisor
        (["role:supervisor", "head"], "t", [("role:supervisor", ""), ("agent:A2", "head")]),
        (["role:supervisor"], "empty", [("role:supervisor", "")]),
        (["role:supervisor"], "", [("role:supervisor", "")]),
        (["role:director"], "t", [("role:director", "")]),
    ],
)
def test_the_head_stands_in_where_the_desk_has_no_supervisor(
    names: list[str], team: str, found: list[tuple[str, str]]
) -> None:
    agents = {name: PEOPLE.agents[name] for name in ("A1", "A2")}
    told = recipients(names, made(team=team, agent="A1"), Directory(agents, PEOPLE.teams))
    assert [(one.to, one.on_behalf) for one in told] == found
