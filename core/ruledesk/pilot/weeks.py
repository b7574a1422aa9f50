"""The weeks of a recording, for people and as data (requirement E9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ruledesk.errors import Locale
from ruledesk.insight.weekly import Week, WrongTeam
from ruledesk.pilot.plain import clean
from ruledesk.pilot.words import word

_TICKETS_SHOWN: Final = 10
_COLUMNS: Final = ("week", "created", "week closed", "reopens", "nobody free", "wrong team")


def draw_weeks(weeks: tuple[Week, ...], locale: Locale) -> Iterator[Padding]:
    """Draw a table of weeks, and below it which rule sent what to the wrong team.

    Args:
        weeks: In order; nothing is drawn where there are none.
        locale: The language.

    Yields:
        What is printed.
    """
    if not weeks:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in _COLUMNS:
        left = name == "week"
        table.add_column(
            Text(word(name, locale)), justify="left" if left else "right", no_wrap=left
        )
    table.add_column(Text(word("targets breached", locale)), overflow="fold")
    for week in weeks:
        table.add_row(*map(Text, _row(week)))
    yield Padding(table, (1, 0, 0, 2))
    for week in weeks:
        for one in week.wrong_team:
            yield Padding(_wrong(week, one, locale), (0, 0, 0, 2))


def _row(week: Week) -> tuple[str, ...]:
    wrong = sum(len(one.tickets) for one in week.wrong_team)
    counts = (week.created, week.closed, week.reopens, week.pooled, wrong)
    return (f"{week.monday} – {week.sunday:%m-%d}", *map(str, counts), _breached(week.breached))


def _breached(breached: Mapping[str, int]) -> str:
    return ", ".join(f"{clean(name)} {count}" for name, count in breached.items()) or "0"


def _wrong(week: Week, one: WrongTeam, locale: Locale) -> Text:
    rule = clean(one.rule) or word("default", locale)
    text = Text("→ ", style="yellow")
    text.append(
        f"{week.monday} {word('routed to the wrong team', locale)}: {rule}, "
        f"{clean(one.from_team)} → {clean(one.to_team)}: {len(one.tickets)} ",
        style="default",
    )
    text.append(f"({', '.join(one.tickets[:_TICKETS_SHOWN])}", style="dim")
    hidden = len(one.tickets) - _TICKETS_SHOWN
    text.append(f" … +{hidden})" if hidden > 0 else ")", style="dim")
    return text


def week_data(week: Week) -> dict[str, Any]:
    """Turn a week into JSON data."""
    return {
        "week": week.monday.isoformat(),
        "until": week.sunday.isoformat(),
        "created": week.created,
        "closed": week.closed,
        "targets_breached": dict(week.breached),
        "reopens": week.reopens,
        "pooled": week.pooled,
        "wrong_team": [
            {
                "rule": one.rule,
                "from": one.from_team,
                "to": one.to_team,
                "count": len(one.tickets),
                "tickets": list(one.tickets),
            }
            for one in week.wrong_team
        ],
    }
