"""A report as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from ruledesk.insight.figures import Figures, Ratings
from ruledesk.insight.hints import Hint
from ruledesk.insight.percentile import Durations
from ruledesk.insight.repeats import Repeats
from ruledesk.insight.statistics import Group
from ruledesk.reports.labels import Labels
from ruledesk.reports.report import Report
from ruledesk.reports.words import WEEKDAYS


def report_data(report: Report) -> dict[str, Any]:
    """Turn a report into JSON data: durations in seconds, shares from 0 to 1, local times."""
    statistics, source = report.statistics, report.source
    wanted = report.by
    zone = source.zone
    data: dict[str, Any] = {
        "name": source.name,
        "timezone": statistics.timezone,
        "as_of": _instant(statistics.as_of, zone),
        "first": _instant(statistics.first, zone),
        "last": _instant(statistics.last, zone),
        "rows": _rows(report),
        "total": figures_data(statistics.total),
        "groups": {
            name: _groups(name, found, source.labels, statistics.closed_in.get(name))
            for name, found in statistics.groups.items()
            if not wanted or name in wanted
        },
        "targets": [
            {
                "target": one.name, "tickets": one.tickets, "met": one.met,
                "breached": one.breached, "open": one.open, "overdue_rate": one.rate,
            }
            for one in statistics.targets
        ],
        "hand_over": _durations(statistics.hand_over),
        "hand_overs": [
            {"from": one.from_team, "to": one.to_team, "waiting": one.waiting,
             **_durations(one.lost)}
            for one in statistics.hand_overs
        ],
        "tasks": [
            {"team": one.team, "waiting": one.waiting, **_durations(one.answered)}
            for one in statistics.tasks
        ],
        "scores": {name: _ratings(ratings) for name, ratings in statistics.scores},
        "repeat_complaints": _repeats(statistics.complaints),
        "repeat_contacts": _repeats(statistics.contacts),
        "misroutes": statistics.misroutes,
        "reviews": {"count": statistics.reviewed, "improve": statistics.to_improve},
        "load": [
            {"weekday": WEEKDAYS[day].en, "hour": hour, "tickets": count}
            for (day, hour), count in statistics.load.items()
        ],
        "hints": [_hint(hint) for hint in statistics.hints],
    }  # fmt: skip
    return data


def _instant(at: datetime | None, zone: tzinfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None


def _rows(report: Report) -> dict[str, int] | None:
    intake = report.source.intake
    if intake is None:
        return None
    return {"rows": intake.rows, "used": intake.used, "skipped": intake.skipped,
            "blank": intake.blank}  # fmt: skip


def figures_data(figures: Figures) -> dict[str, Any]:
    """Turn the figures of a group into JSON data."""
    return {
        "tickets": figures.tickets,
        "open": figures.open,
        "closed": figures.done,
        "withdrawn": figures.withdrawn,
        "promised": figures.promised,
        "overdue": figures.overdue,
        "overdue_rate": figures.overdue_rate,
        "solved": figures.solved,
        "reopened": figures.reopened,
        "reopens": figures.reopens,
        "reopen_rate": figures.reopen_rate,
        "handling": _durations(figures.handling),
        "response": _durations(figures.response),
        "ratings": _ratings(figures.ratings),
    }


def _groups(
    name: str, groups: Iterable[Group], labels: Labels, closed: Any
) -> list[dict[str, Any]]:
    found = []
    for group in groups:
        label = labels(name, group.value)
        data = {"value": group.value, "label": {"en": label.en, "zh": label.zh}}
        if closed is not None:
            data["closed_in"] = closed.get(group.value, 0)
        found.append({**data, **figures_data(group.figures)})
    return found


def _durations(found: Durations) -> dict[str, Any]:
    if not found.count:
        return {"count": 0, "total": 0, "mean": None, "p50": None, "p90": None, "p95": None,
                "longest": None}  # fmt: skip
    return {
        "count": found.count,
        "total": found.total,
        "mean": round(found.mean, 3),
        "p50": found.p50,
        "p90": found.p90,
        "p95": found.p95,
        "longest": found.longest,
    }


def _ratings(ratings: Ratings) -> dict[str, Any]:
    return {
        "count": ratings.count,
        "mean": ratings.mean,
        "distribution": {str(value): count for value, count in enumerate(ratings.counts, 1)},
    }


def _repeats(repeats: Repeats) -> dict[str, Any]:
    return {
        "of": repeats.tickets,
        "unknown_requester": repeats.unknown,
        "count": len(repeats.numbers),
        "rate": repeats.rate,
        "tickets": list(repeats.numbers),
    }


def _hint(hint: Hint) -> dict[str, Any]:
    return {"code": hint.code, "en": hint.text.en, "zh": hint.text.zh,
            "tickets": list(hint.tickets)}  # fmt: skip
