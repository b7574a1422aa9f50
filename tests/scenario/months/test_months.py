"""The recorded months of the pilot lines: what is in them, and that they replay the same (E9)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen

from ruledesk.model import action as act
from ruledesk.model.event import Event, MessagesQueued, TargetsStarted
from ruledesk.testing.replays import Replay, replay
from ruledesk_rulesets import ruledesk_rulesets
from ruledesk_rulesets.months.make import LINES, file_of, make

pytestmark = pytest.mark.requirement("E1", "E2", "E5", "E6", "E8", "E9", "F1")

ZONE = ZoneInfo("Asia/Shanghai")
MAKE_UP_DAY = date(2026, 10, 10)
HOLIDAYS = {date(2026, 10, day) for day in range(1, 8)}
OPENING, CLOSING = 9, 18
#: Working days to solve it in, by priority (E8).
LIMITS = {"general": 5, "urgent": 3, "major": 7}


@frozen
class Month:
    """A month, replayed once."""

    line: str
    file: Path
    steps: tuple[dict[str, Any], ...]
    replay: Replay
    events: tuple[Event, ...]
    seconds: float


@pytest.fixture(scope="module", params=LINES)
def month(request: pytest.FixtureRequest) -> Month:
    file = file_of(request.param)
    lines = file.read_text(encoding="utf-8").splitlines()
    began = time.process_time()
    replayed = replay(file, "durable")
    seconds = time.process_time() - began
    steps = tuple(json.loads(line) for line in lines[1:])
    return Month(request.param, file, steps, replayed, replayed.events(), seconds)


# -- the same each time ---------------------------------------------------------------------------


@pytest.mark.parametrize("line", LINES)
def test_made_again_up_to_the_make_up_day_it_is_the_same_file(line: str) -> None:
    until = datetime(2026, 10, 10, 18, 0, tzinfo=ZONE)
    made = make(line, until=until)
    kept = file_of(line).read_bytes()
    assert made.count(b"\n") > 2000
    assert kept.startswith(made)
    rest = json.loads(kept[len(made) :].splitlines()[0])
    assert datetime.fromisoformat(rest["at"]) >= until


def test_every_step_does_what_it_did(month: Month) -> None:
    assert month.replay.outcome.failures == ()
    assert sum("expect" in step for step in month.steps) >= 500


def test_replayed_with_the_other_engine_in_another_process_the_events_are_the_same(
    month: Month, tmp_path: Path
) -> None:
    log = tmp_path / "events.jsonl"
    command = (sys.executable, "-m", "ruledesk", "pilot", "run", str(month.file))
    done = subprocess.run(
        (*command, "--engine", "python", "--events", str(log)),
        env={**os.environ, "PYTHONHASHSEED": "20261010", "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert log.read_bytes() == month.replay.lines
    shown_as_the_week_counts(month, done.stdout)


def test_it_takes_well_under_a_minute(month: Month) -> None:
    assert month.seconds < 45


def test_the_months_lie_beside_their_rulesets() -> None:
    assert [file_of(line).parents[1] for line in LINES] == [
        ruledesk_rulesets()[line] for line in LINES
    ]
    assert all(file_of(line).stat().st_size < 4_000_000 for line in LINES)


# -- what is in it --------------------------------------------------------------------------------


def test_it_is_a_month_of_at_least_2000_tickets(month: Month) -> None:
    tickets = month.replay.tickets
    assert len(tickets) >= 2000
    days = Counter(ticket.created_at.astimezone(ZONE).date() for ticket in tickets)
    assert (min(days), max(days)) == (date(2026, 9, 28), date(2026, 10, 31))
    assert len(days) == 34
    busy = [count for day, count in days.items() if working(day)]
    assert max(count for day, count in days.items() if not working(day)) < min(busy)
    assert days[MAKE_UP_DAY] in busy


def test_no_number_is_missing_or_given_twice(month: Month) -> None:
    days = Counter(ticket.number[:8] for ticket in month.replay.tickets)
    expected = [f"{day}{n:03}" for day, count in days.items() for n in range(1, count + 1)]
    assert sorted(expected) == [ticket.number for ticket in month.replay.tickets]


def test_nothing_failed_behind_the_scenes(month: Month) -> None:
    assert b'"plugin_faulted"' not in month.replay.lines
    assert b'"message_failed"' not in month.replay.lines
    assert not [t.number for t in month.replay.tickets if "plugin_fault" in t.flags]


def test_it_holds_what_a_line_meets(month: Month) -> None:
    tickets = month.replay.tickets
    done = Counter(step["do"] for step in month.steps if not step.get("refused"))
    for action in ("accept", "contact", "note", "collaborate", "answer_task", "request_info",
                   "provide_info", "plan", "resolve", "confirm", "decline", "rate", "assign",
                   "supervise", "classify", "close", "cancel", "review"):  # fmt: skip
        assert done[action] >= 25, action
    assert {ticket.channel for ticket in tickets} == {"phone", "web", "app", "email"}
    assert {ticket.type for ticket in tickets} == {"quality", "service", "product", "other"}
    assert {ticket.priority for ticket in tickets} == {"general", "urgent", "major"}
    assert {"overdue", "supervised", "repeat_complaint", "batch_fault"} <= {
        flag for ticket in tickets for flag in ticket.flags
    }
    assert sum(ticket.requester.level != "" for ticket in tickets) >= 50
    assert sum(ticket.reopens > 0 for ticket in tickets) >= 100
    assert {ticket.rating for ticket in tickets} == {None, 1, 2, 3, 4, 5}
    refused = [step for step in month.steps if step.get("refused")]
    assert len(refused) >= 50
    assert {step["do"] for step in refused} >= {"submit", "receive", "resolve", "review", "decline"}


def test_a_problem_reported_by_two_channels_is_one_ticket(month: Month) -> None:
    merged = {t.number: t for t in month.replay.tickets if t.status == "merged"}
    assert len(merged) >= 20
    tickets = {ticket.number: ticket for ticket in month.replay.tickets}
    for ticket in merged.values():
        into = tickets[ticket.links[0].other]
        assert into.requester.id == ticket.requester.id
        assert into.product == ticket.product
        assert timedelta(0) <= ticket.created_at - into.created_at <= timedelta(hours=24)


def test_five_reports_of_one_fault_make_it_major(month: Month) -> None:
    batches: dict[tuple[str, Any], list[Any]] = {}
    for ticket in month.replay.tickets:
        if "batch_fault" in ticket.flags:
            batches.setdefault((ticket.product, ticket.custom["fault"]), []).append(ticket)
    assert len(batches) >= 2
    for (product, fault), found in batches.items():
        reports = [
            t.created_at
            for t in month.replay.tickets
            if t.product == product
            and t.custom.get("fault") == fault
            and found[0].created_at - timedelta(hours=24) <= t.created_at <= found[0].created_at
        ]
        assert len(reports) >= 5
        assert {ticket.team for ticket in found} == {"emergency"}
        assert {ticket.priority for ticket in found} == {"major"}


def test_the_director_hears_of_a_second_complaint(month: Month) -> None:
    told = {
        event.ticket
        for event in month.events
        if isinstance(event.body, MessagesQueued)
        for message in event.body.messages
        if message.on_behalf == "role:director"
    }
    again = {t.number for t in month.replay.tickets if "repeat_complaint" in t.flags}
    assert len(again) >= 50
    assert again <= told


def test_teams_were_full_and_their_heads_took_over(month: Month) -> None:
    teams = month.replay.config.directory.teams
    heads = {team.head for team in teams.values()}
    assert sum(ticket.agent in heads for ticket in month.replay.tickets) >= 50


def test_other_departments_helped_and_quality_reviewed(month: Month) -> None:
    tickets = month.replay.tickets
    asked = Counter(task.team for ticket in tickets for task in ticket.tasks)
    assert min(asked["product"], asked["quality"]) >= 25
    reviews = Counter(review.verdict for ticket in tickets for review in ticket.reviews)
    assert min(reviews["good"], reviews["improve"]) >= 50


def test_most_surveys_go_out_and_many_are_answered(month: Month) -> None:
    tickets = month.replay.tickets
    surveyed = [t for t in tickets if "survey" in t.targets]
    assert sum(t.targets["survey"].state == "met" for t in surveyed) >= 0.95 * len(surveyed)
    assert sum(t.rating is not None for t in tickets) >= 1000


# -- holidays -------------------------------------------------------------------------------------


def test_limits_in_working_days_pass_over_the_holidays_and_use_the_make_up_day(
    month: Month,
) -> None:
    """Each resolution is due when somebody who counts days on a paper calendar says so."""
    checked = Counter[str]()
    for event in month.events:
        if not isinstance(event.body, TargetsStarted) or event.version > 10:
            continue
        for target in event.body.targets:
            if target.name != "resolution" or target.pauses:
                continue
            days = LIMITS[target.rule.removeprefix("resolution-")]
            due = target.due.astimezone(ZONE)
            assert due == counted(target.started_at.astimezone(ZONE), days), event.ticket
            checked[str(due.date())] += 1
    assert not {str(day) for day in HOLIDAYS} & set(checked)
    assert checked[str(MAKE_UP_DAY)] >= 20
    assert sum(checked.values()) >= 2000


def test_what_came_in_over_the_holiday_was_not_forgotten(month: Month) -> None:
    off = [t for t in month.replay.tickets if t.created_at.astimezone(ZONE).date() in HOLIDAYS]
    late = [t for t in off if t.targets["response"].breached_at is not None]
    assert len(off) >= 200
    assert 5 <= len(late) <= len(off) / 2
    told = [t for t in late if t.agent and "overdue" in t.flags]
    assert len(told) >= 5


def working(day: date) -> bool:
    return day == MAKE_UP_DAY or (day.weekday() < 5 and day not in HOLIDAYS)


def counted(begun: datetime, days: int) -> datetime:
    """Count working days by hand (F1)."""
    inside = working(begun.date()) and OPENING <= begun.hour < CLOSING
    day, left = begun.date(), days
    if not inside and working(day) and begun.hour < OPENING:
        left -= 1
    while left > 0:
        day += timedelta(days=1)
        left -= working(day)
    at = begun if inside else begun.replace(hour=CLOSING, minute=0, second=0, microsecond=0)
    return datetime.combine(day, at.timetz())


# -- the weekly review ----------------------------------------------------------------------------


def shown_as_the_week_counts(month: Month, text: str) -> None:
    """Check that the summary for people has the weeks, and what went to the wrong team."""
    weeks = month.replay.outcome.weeks
    assert len(weeks) == 6
    for week in weeks:
        assert f"{week.monday} – {week.sunday:%m-%d}" in text
        for wrong in week.wrong_team:
            told = f"{wrong.rule}, {wrong.from_team} → {wrong.to_team}: {len(wrong.tickets)} "
            assert told in text


def test_the_weeks_add_up_to_the_month(month: Month) -> None:
    outcome = month.replay.outcome
    assert sum(week.created for week in outcome.weeks) == len(month.replay.tickets)
    assert sum(week.reopens for week in outcome.weeks) == sum(
        isinstance(event.body, act.Decline | act.Reopen) for event in month.events
    )
    assert all(week.breached["response"] for week in outcome.weeks[:5])


def test_the_weekly_review_tells_what_was_routed_to_the_wrong_team(month: Month) -> None:
    """Who is told of as wrongly routed is who was handed on with that reason, and nobody else."""
    weeks = month.replay.outcome.weeks
    told = {n for week in weeks for wrong in week.wrong_team for n in wrong.tickets}
    noted = {
        event.ticket
        for event in month.events
        if isinstance(event.body, act.Assign) and event.body.note.startswith("派错团队")
    }
    assert told == noted
    assert all(sum(len(w.tickets) for w in week.wrong_team) >= 10 for week in weeks[:5])
    assert {wrong.rule for week in weeks for wrong in week.wrong_team} >= {
        "route-quality",
        "route-service",
        "route-product",
        "route-other",
    }
