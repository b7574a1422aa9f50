"""Who gets a ticket."""

from __future__ import annotations

import pytest

from ruledesk.testing.dispatcher import candidate
from ruledesk.testing.doubles import requester, ticket
from ruledesk_plugins.dispatch.load import LeastLoaded, RoundRobin
from ruledesk_plugins.dispatch.region import Nearest, nearness


@pytest.mark.requirement("D7")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"open": 2, "capacity": 8}, {"open": 1, "capacity": 3}),
        ({"open": 1, "capacity": 3}, {"open": 2, "capacity": 6}),
        ({"open": 1, "last": 3}, {"open": 1, "last": 4}),
        ({"last": 0}, {"last": 1}),
        ({"open": 9, "capacity": 10}, {"open": 0, "capacity": 0}),
        ({"open": 1, "capacity": 0}, {"open": 2, "capacity": 0}),
    ],
)
def test_least_loaded(one, other):
    least, more = candidate("A1", **one), candidate("A2", **other)
    assert LeastLoaded().choose(ticket(), [more, least]) == "A1"
    assert LeastLoaded().choose(ticket(), [least, more]) == "A1"


@pytest.mark.requirement("D7")
def test_round_robin_gives_everybody_a_turn():
    agents = ["A1", "A2", "A3"]
    last = dict.fromkeys(agents, 0)
    turns = []
    for order in range(1, 7):
        choice = [candidate(agent, last=last[agent], open=9) for agent in agents]
        chosen = RoundRobin().choose(ticket(), choice)
        last[chosen] = order
        turns.append(chosen)
    assert turns == agents * 2


@pytest.mark.requirement("A1")
@pytest.mark.parametrize(
    ("place", "nearest_first"),
    [
        ("江苏/苏州/吴中", ["江苏/苏州/吴中", "江苏/苏州/姑苏", "江苏/南京", "上海"]),
        ("江苏/苏州/吴中", ["江苏/苏州", "江苏", ""]),
        ("江苏 > 苏州", ["江苏,苏州", "江苏/南京"]),
        ("苏州工业园区", ["苏州工业园区", "苏州工业", "苏州", "南京"]),
        ("Suzhou", ["suzhou ", "Suzhou North", "Shanghai"]),
        ("江苏省苏州市", ["江苏省苏州市", "江苏省南京市", "浙江省"]),
    ],
)
def test_nearness(place, nearest_first):
    keys = [nearness(place, other) for other in nearest_first]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == len(keys)


@pytest.mark.requirement("A1")
@pytest.mark.parametrize(
    ("place", "other"),
    [("", ""), ("", "上海"), ("江苏", "江西"), ("Suzhou", "Shanghai"), ("/", "/")],
)
def test_nothing_in_common(place, other):
    assert nearness(place, other) == (False, 0, 0)


@pytest.mark.requirement("A1")
def test_the_nearest_engineer_goes_even_if_busy():
    near = candidate("A1", region="江苏/苏州/姑苏", open=4)
    far = candidate("A2", region="上海", open=0)
    visit = ticket(requester=requester(region="江苏/苏州/吴中"))
    assert Nearest().choose(visit, [far, near]) == "A1"


@pytest.mark.requirement("A1")
@pytest.mark.parametrize("region", ["", "Berlin"])
def test_load_decides_where_nobody_is_nearer(region):
    busy, free = candidate("A1", region="上海", open=4), candidate("A2", region="南京", open=1)
    visit = ticket(requester=requester(region=region))
    assert Nearest().choose(visit, [busy, free]) == "A2"
