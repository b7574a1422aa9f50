"""Conformance suite for dispatchers.

```python
class TestMyDispatcher(DispatcherSuite):
    @pytest.fixture
    def dispatcher_class(self):
        return MyDispatcher
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruledesk.hooks.kinds import Dispatcher
from ruledesk.model.people import Agent, Candidate, Workload
from ruledesk.model.ticket import Ticket
from ruledesk.testing.channel import PROPERTY
from ruledesk.testing.doubles import requester, ticket

REGIONS = ("", "Suzhou", "Suzhou North", "上海", "江苏/苏州/吴中", "江苏/苏州/姑苏", "江苏/南京")
_NEWEST = 10_000


def candidate(
    id: str,  # noqa: A002
    *,
    open: int = 0,  # noqa: A002
    capacity: int = 5,
    last: int = 0,
    region: str = "",
    skills: tuple[str, ...] = (),
) -> Candidate:
    """Make a candidate.

    Args:
        id: Staff number.
        open: Open tickets.
        capacity: Most open tickets.
        last: Order of the latest assignment, 0 for never.
        region: Where the agent works.
        skills: What the agent is certified for.

    Returns:
        The candidate.
    """
    agent = Agent(id=id, capacity=capacity, region=region, skills=skills)
    return Candidate(agent, Workload(open, last))


@st.composite
def candidates(draw: st.DrawFn, *, distinct: bool = False) -> list[Candidate]:
    """Draw one to eight candidates, in the order of a configuration.

    Args:
        draw: Hypothesis's.
        distinct: Whether no two had their latest assignment at the same time.

    Returns:
        The candidates, each with its own staff number.
    """
    count = draw(st.integers(1, 8))
    orders = st.lists(st.integers(0, _NEWEST), min_size=count, max_size=count, unique=distinct)
    return [
        candidate(
            f"A{number}",
            open=draw(st.integers(0, 9)),
            capacity=draw(st.integers(0, 10)),
            last=last,
            region=draw(st.sampled_from(REGIONS)),
        )
        for number, last in enumerate(draw(orders))
    ]


TICKETS = (st.sampled_from(REGIONS) | st.text(max_size=20)).map(
    lambda region: ticket(requester=requester(region=region))
)


class DispatcherSuite:
    """What the desk relies on in every dispatcher (D7, F2).

    Attributes:
        order_matters: Whether the order of the configuration counts for more than breaking ties;
            a dispatcher that documents so sets it.
    """

    order_matters: ClassVar[bool] = False

    @pytest.fixture
    def dispatcher_class(self) -> type[Dispatcher]:
        """The class under test."""
        raise NotImplementedError("override the fixture dispatcher_class")

    @pytest.fixture
    def dispatcher(self, dispatcher_class: type[Dispatcher]) -> Dispatcher:
        """The dispatcher under test."""
        return dispatcher_class()

    def test_has_a_name(self, dispatcher_class: type[Dispatcher]) -> None:
        """The name can stand in a ruleset."""
        name = dispatcher_class.name
        assert name.replace("-", "").replace("_", "").isalnum(), f"{name!r} is not a plain name"

    @PROPERTY
    @given(ticket=TICKETS, choice=candidates())
    def test_chooses_a_candidate(
        self, dispatcher: Dispatcher, ticket: Ticket, choice: Sequence[Candidate]
    ) -> None:
        """The choice is the staff number of one of the candidates."""
        chosen = dispatcher.choose(ticket, choice)
        assert chosen in [one.agent.id for one in choice], f"{chosen!r} is no candidate"

    @PROPERTY
    @given(ticket=TICKETS, choice=candidates())
    def test_is_pure(
        self,
        dispatcher_class: type[Dispatcher],
        dispatcher: Dispatcher,
        ticket: Ticket,
        choice: list[Candidate],
    ) -> None:
        """The same arguments give the same choice, by any object, and are left as they are."""
        before = list(choice)
        first = dispatcher.choose(ticket, choice)
        assert dispatcher.choose(ticket, tuple(choice)) == first, "the choice changed"
        assert dispatcher_class().choose(ticket, choice) == first, "another object chose otherwise"
        assert choice == before, "the candidates were changed"

    @PROPERTY
    @given(ticket=TICKETS, only=candidates())
    def test_takes_a_single_candidate(
        self, dispatcher: Dispatcher, ticket: Ticket, only: Sequence[Candidate]
    ) -> None:
        """One candidate is chosen whatever it carries."""
        assert dispatcher.choose(ticket, only[:1]) == only[0].agent.id

    def test_equals_go_by_the_configuration(self, dispatcher: Dispatcher) -> None:
        """Between candidates that differ in nothing but their number the first is chosen."""
        equal = [candidate(id_) for id_ in ("A3", "A1", "A2")]
        assert dispatcher.choose(ticket(), equal) == "A3", "ties are not in order"

    @PROPERTY
    @given(ticket=TICKETS, data=st.data())
    def test_order_only_breaks_ties(
        self, dispatcher: Dispatcher, ticket: Ticket, data: st.DataObject
    ) -> None:
        """Candidates without ties may be given in any order."""
        if self.order_matters:
            pytest.skip("documents that the order matters")
        choice = data.draw(candidates(distinct=True))
        shuffled = data.draw(st.permutations(choice))
        assert dispatcher.choose(ticket, choice) == dispatcher.choose(ticket, shuffled)
