"""Who a message goes to: from a ruleset's words to people and their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve as changed
from attrs import frozen

from ruledesk.model.message import VIAS, Via
from ruledesk.model.people import Agent, Directory
from ruledesk.model.ticket import Requester, Ticket

#: The roles of the contract, each of which a message or an escalation may name.
ROLES: Final = ("supervisor", "head", "technical-lead", "director", "administrator")

_SUPERVISOR: Final = "role:supervisor"
#: Ways inside the desk, which everybody on it has.
_ALWAYS: Final = ("message", "popup")
#: Ways that an address opens, by its kind.
_BY_CONTACT: Final[Mapping[str, tuple[Via, ...]]] = {
    "phone": ("sms", "phone"),
    "email": ("email",),
    "chat": ("chat",),
}


@frozen
class Recipient:
    """One reader.

    Attributes:
        to: ``requester``, ``agent:<id>``, or the group's own name where nobody is in it.
        on_behalf: The group through which the person was found; empty for none.
        person: The agent or requester; None for an empty group.
        locale: The language that the person has chosen; empty for the desk's.
    """

    to: str
    on_behalf: str
    person: Agent | Requester | None
    locale: str = ""

    def address(self, via: Via) -> str:
        """Return where a message goes by this way; empty where no address is known."""
        person = self.person
        if isinstance(person, Agent):
            if via in ("sms", "phone"):
                return person.contacts.get("phone", person.id)
            return person.contacts.get(via, person.id)
        if isinstance(person, Requester):
            if via in ("sms", "phone"):
                return person.phone
            return person.email if via == "email" else person.id
        return ""

    def ways(self) -> tuple[Via, ...]:
        """Name every way that reaches the person: popup, message, and what has an address (B9)."""
        person = self.person
        if person is None:
            return ()
        ways: list[Via] = [via for via in VIAS if via in _ALWAYS and self.address(via)]
        contacts = person.contacts if isinstance(person, Agent) else _contacts(person)
        for kind, vias in _BY_CONTACT.items():
            ways += vias if contacts.get(kind) else ()
        return tuple(ways)


def _contacts(requester: Requester) -> Mapping[str, str]:
    return {"phone": requester.phone, "email": requester.email}


def recipients(names: Iterable[str], ticket: Ticket, directory: Directory) -> list[Recipient]:
    """Find the readers of a message, each once, in the order named.

    Args:
        names: ``requester``, ``agent``, ``head``, ``superior``, ``team``, ``team:…``, ``role:…``,
            ``agent:…``.
        ticket: The ticket that it is about.
        directory: Everybody on the desk.

    Returns:
        Recipients; a group that nobody is in stands for itself, so that the loss is seen. Where the
        desk has no supervisor, the head of the ticket's team is told in their place (contract, 2).
    """
    names = tuple(names)
    found: dict[str, Recipient] = {}
    for name in names:
        told = list(_found(name, ticket, directory))
        if name == _SUPERVISOR and "head" not in names and told[0].person is None:
            told = list(_agents([_head(ticket, directory)], name, directory)) or told
        for recipient in told:
            known = found.setdefault(recipient.to, recipient)
            if not known.on_behalf:  # the handler may hold the role, too: then both are served
                found[recipient.to] = changed(known, on_behalf=recipient.on_behalf)
    return list(found.values())


def _found(name: str, ticket: Ticket, directory: Directory) -> Iterator[Recipient]:
    kind, _, rest = name.partition(":")
    if name == "requester":
        yield Recipient(name, "", ticket.requester)
    elif name == "agent":
        yield from _agents([ticket.agent], "", directory)
    elif name == "head":
        yield from _agents([_head(ticket, directory)], "head", directory)
    elif name == "superior":
        agent = directory.agents.get(ticket.agent)
        superior = (agent.superior if agent else "") or _head(ticket, directory)
        yield from _agents([superior], "superior", directory)
    elif kind == "agent":
        yield from _agents([rest], "", directory)
    elif kind == "role":
        yield from _group(name, directory.holding(rest), directory)
    else:
        team = rest or ticket.team
        if team:
            yield from _group(f"team:{team}", members(team, directory), directory)


def _head(ticket: Ticket, directory: Directory) -> str:
    team = directory.teams.get(ticket.team)
    return team.head if team else ""


def members(team: str, directory: Directory) -> tuple[str, ...]:
    """Name a team's agents and its head, each once; nobody where there is no such team."""
    found = directory.teams.get(team)
    if found is None:
        return ()
    return tuple(dict.fromkeys(a for a in (*found.agents, found.head) if a))


def _agents(ids: Iterable[str], group: str, directory: Directory) -> Iterator[Recipient]:
    for one in ids:
        agent = directory.agents.get(one)
        if agent is not None:
            yield Recipient(f"agent:{one}", group, agent, agent.locale)


def _group(name: str, ids: Iterable[str], directory: Directory) -> Iterator[Recipient]:
    people = list(_agents(ids, name, directory))
    yield from people or [Recipient(name, "", None)]
