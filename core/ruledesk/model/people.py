"""People and lines, as the desk's configuration names them."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen


@frozen(slots=False)
class Agent:
    """A person who handles tickets 客服代表 / 处理人.

    Attributes:
        id: Staff number, as used in ``agent:<id>``.
        capacity: How many open tickets automatic dispatch gives this person at most.
        skills: What the person is certified for.
        region: Where a field engineer works.
        roles: ``supervisor``, ``technical-lead``, ``director``, ``administrator``.
        away: On leave or off shift: passed over while somebody else is there.
        superior: The staff number that overdue notices also go to; empty for the team's head.
        contacts: Addresses by kind (``phone``, ``email``).
    """

    id: str
    name: str = ""
    capacity: int = 5
    skills: tuple[str, ...] = ()
    region: str = ""
    roles: tuple[str, ...] = ()
    away: bool = False
    superior: str = ""
    locale: str = ""
    contacts: Mapping[str, str] = field(factory=dict)


@frozen(slots=False)
class Team:
    """A team 责任部门: its head and its agents, by staff number.

    Attributes:
        by_hand: Whether it is meant that no rule names it: what reaches it is given to it by
            people, or it helps with collaboration tasks.
    """

    name: str
    head: str = ""
    agents: tuple[str, ...] = ()
    title: str = ""
    by_hand: bool = False


@frozen(slots=False)
class Line:
    """A business line 业务线 and the ruleset that it is run by.

    Attributes:
        ruleset: The name of a shipped ruleset, or a path ending in ``.toml``.
        department: The department code that number formats may use.
    """

    name: str
    ruleset: str
    title: str = ""
    department: str = ""


@frozen(slots=False)
class Directory:
    """Everybody on the desk."""

    agents: Mapping[str, Agent] = field(factory=dict)
    teams: Mapping[str, Team] = field(factory=dict)

    def teams_of(self, agent: str) -> tuple[str, ...]:
        """Name the teams that an agent belongs to or heads, in the order of the configuration."""
        return tuple(
            team.name for team in self.teams.values() if agent in team.agents or agent == team.head
        )

    def holding(self, role: str) -> tuple[str, ...]:
        """List the staff numbers that hold a role (``head`` is any team's head)."""
        if role == "head":
            return tuple(dict.fromkeys(t.head for t in self.teams.values() if t.head))
        return tuple(a.id for a in self.agents.values() if role in a.roles)


@frozen(slots=False)
class Workload:
    """What an agent carries at the moment of a dispatch.

    Attributes:
        open: Tickets assigned and still open.
        last_assigned: Order of the agent's latest assignment on this desk, 0 for never; what round
            robin turns on.
    """

    open: int = 0
    last_assigned: int = 0


@frozen(slots=False)
class Candidate:
    """An agent who may get a ticket: present, skilled and with room for one more."""

    agent: Agent
    workload: Workload
