"""Improvement hints from the data (requirement D13): what went wrong often enough to look at.

Each hint is a plain count with the tickets behind it; nothing is guessed. Few tickets say nothing,
so a hint needs a minimum number of cases and a minimum share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from attrs import frozen

from ruledesk.model.ticket import Ticket
from ruledesk.model.values import Text

#: A group is worth a hint from so many cases on …
FEWEST: Final = 3
#: … and from this share of the group's tickets on.
SHARE: Final = 0.1
#: Ratings from 1 to this one count as poor.
POOR: Final = 2


@frozen
class Hint:
    """Something to look at.

    Attributes:
        code: What kind of hint: ``missed_target``, ``nobody_free``, ``unrouted``, ``declined``,
            ``poor_rating``, ``repeat_complaint``.
        text: The hint as a sentence.
        tickets: The tickets behind it, by number.
    """

    code: str
    text: Text
    tickets: tuple[str, ...]


def find_hints(tickets: Iterable[Ticket], pooled: Mapping[str, str]) -> tuple[Hint, ...]:
    """Find what went wrong often.

    Args:
        tickets: All tickets of a period, as they stand.
        pooled: Tickets for which nobody was free, with the team that they waited in (empty for
            none).

    Returns:
        Hints, those with the most tickets first.
    """
    every = tuple(tickets)
    found = [
        *_missed(every),
        *_nobody_free(every, pooled),
        *_declined(every),
        *_poorly_rated(every),
        *_flagged(every),
    ]
    return tuple(sorted(found, key=lambda hint: (-len(hint.tickets), hint.code, hint.text.en)))


def _missed(tickets: tuple[Ticket, ...]) -> Iterable[Hint]:
    """Targets that a team broke often, counted once a ticket."""
    names = sorted({name for ticket in tickets for name in ticket.targets})
    for target in names:
        for team, cases, of in _often(
            [ticket for ticket in tickets if target in ticket.targets],
            lambda ticket: ticket.team,
            lambda ticket, name=target: ticket.targets[name].breached_at is not None,  # type: ignore[misc]
        ):
            yield Hint(
                "missed_target",
                Text(
                    f"team {team} missed the target {target} on {len(cases)} of {of} tickets",
                    f"团队 {team} 在 {of} 张工单中有 {len(cases)} 张未达成时限 {target}",
                ),
                cases,
            )


def _nobody_free(tickets: tuple[Ticket, ...], pooled: Mapping[str, str]) -> Iterable[Hint]:
    by_team: dict[str, list[str]] = {}
    for ticket in tickets:
        if ticket.number in pooled:
            by_team.setdefault(pooled[ticket.number], []).append(ticket.number)
    for team, numbers in sorted(by_team.items()):
        if len(numbers) < FEWEST:
            continue
        if not team:
            text = Text(
                f"no routing rule found a team for {len(numbers)} tickets",
                f"{len(numbers)} 张工单没有匹配到派单规则",
            )
            yield Hint("unrouted", text, tuple(numbers))
            continue
        text = Text(
            f"nobody was free for {len(numbers)} tickets of team {team}: capacity or shifts",
            f"团队 {team} 有 {len(numbers)} 张工单无人可派：请检查人力或排班",
        )
        yield Hint("nobody_free", text, tuple(numbers))


def _declined(tickets: tuple[Ticket, ...]) -> Iterable[Hint]:
    for category, cases, of in _often(
        [ticket for ticket in tickets if ticket.resolved_at or ticket.reopens],
        lambda ticket: ticket.category,
        lambda ticket: ticket.reopens > 0,
    ):
        yield Hint(
            "declined",
            Text(
                f"{len(cases)} of {of} solutions in {category} were declined",
                f"{category} 的 {of} 次解决中有 {len(cases)} 次未获认可",
            ),
            cases,
        )


def _poorly_rated(tickets: tuple[Ticket, ...]) -> Iterable[Hint]:
    for category, cases, of in _often(
        [ticket for ticket in tickets if ticket.rating is not None],
        lambda ticket: ticket.category,
        lambda ticket: (ticket.rating or 0) <= POOR,
    ):
        yield Hint(
            "poor_rating",
            Text(
                f"{len(cases)} of {of} ratings in {category} were {POOR} or less",
                f"{category} 的 {of} 个评分中有 {len(cases)} 个不超过 {POOR} 分",
            ),
            cases,
        )


def _flagged(tickets: tuple[Ticket, ...]) -> Iterable[Hint]:
    cases = tuple(t.number for t in tickets if "repeat_complaint" in t.flags)
    if len(cases) >= FEWEST:
        text = Text(f"{len(cases)} complaints were repeated ones", f"{len(cases)} 次投诉为重复投诉")
        yield Hint("repeat_complaint", text, cases)


def _often(
    tickets: Iterable[Ticket],
    group: Callable[[Ticket], str],
    is_case: Callable[[Ticket], bool],
) -> Iterable[tuple[str, tuple[str, ...], int]]:
    """Yield the groups with enough cases: the group, its cases, and how many tickets it has."""
    groups: dict[str, list[Ticket]] = {}
    for ticket in tickets:
        groups.setdefault(group(ticket) or "—", []).append(ticket)
    for name, members in sorted(groups.items()):
        cases = tuple(ticket.number for ticket in members if is_case(ticket))
        if len(cases) >= FEWEST and len(cases) >= SHARE * len(members):
            yield name, cases, len(members)
