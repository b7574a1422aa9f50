"""Clocks that wait for an opening: when they begin, and what their ledger says."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.explain import explain_ticket
from ruledesk.explain.data import explanation_data
from ruledesk.model.ticket import Target, Ticket
from ruledesk.targets.ledger import Ledger

DeskWith = Callable[..., Desk]
H = timedelta(hours=1)
EVENING = datetime.fromisoformat("2026-03-09T20:00:00+08:00")
OPENING = datetime.fromisoformat("2026-03-10T09:00:00+08:00")
OVERLAY = """
[channels.phone]
hours = "business"
[calendars.late]
hours = { mon-fri = [["12:00", "22:00"]] }
[calendars.never]
hours = { mon = [] }
[targets.response]
opens = "channel"
warn = 0.5
"""


def submit(desk: Desk, at: datetime, channel: str = "phone", **fields: Any) -> Ticket:
    given = {"type": "repair", "description": "x", "requester": {"phone": "1"}, **fields}
    return desk.submit(by="requester", line="main", channel=channel, fields=given, at=at)


def response(desk: Desk, at: datetime, channel: str = "phone") -> Target:
    return submit(desk, at, channel).targets["response"]


@pytest.mark.requirement("C1")
def test_begun_outside_service_hours_begins_at_the_next_opening(desk_with: DeskWith) -> None:
    target = response(desk_with(OVERLAY), EVENING)
    assert (target.started_at, target.due) == (OPENING, OPENING + 4 * H)
    assert target.warn_at == OPENING + 2 * H
    assert (target.asked_at, target.opens) == (EVENING, "business")


@pytest.mark.requirement("C1")
@pytest.mark.parametrize(
    ("at", "channel"),
    [("2026-03-09T10:00:00+08:00", "phone"), ("2026-03-09T20:00:00+08:00", "chat")],
)
def test_begun_in_service_hours_or_by_a_channel_that_never_closes(
    at: str, channel: str, desk_with: DeskWith
) -> None:
    start = datetime.fromisoformat(at)
    target = response(desk_with(OVERLAY), start, channel)
    assert (target.started_at, target.due) == (start, start + 4 * H)
    assert (target.asked_at, target.opens) == (None, "")


@pytest.mark.requirement("C1")
def test_at_the_very_end_of_a_span_it_is_closed(desk_with: DeskWith) -> None:
    closing = datetime.fromisoformat("2026-03-09T18:00:00+08:00")
    desk = desk_with(OVERLAY)
    assert response(desk, closing).started_at == OPENING
    assert response(desk, OPENING).started_at == OPENING


def test_a_calendar_may_be_named(desk_with: DeskWith) -> None:
    desk = desk_with(OVERLAY.replace('"channel"', '"late"'))
    early = datetime.fromisoformat("2026-03-09T10:00:00+08:00")
    target = response(desk, early, "web")
    assert (target.started_at, target.opens) == (early + 2 * H, "late")


def test_a_calendar_that_never_opens_keeps_no_clock_waiting(desk_with: DeskWith) -> None:
    target = response(desk_with(OVERLAY.replace('"channel"', '"never"')), EVENING)
    assert (target.started_at, target.asked_at) == (EVENING, None)


@pytest.mark.requirement("F1")
def test_working_days_of_the_same_calendar_count_as_ever(desk_with: DeskWith) -> None:
    # Begun outside working time they end at the close of the third working day, not next morning.
    desk = desk_with(OVERLAY + '[targets.resolution]\nopens = "business"\n')
    target = submit(desk, EVENING).targets["resolution"]
    assert target.due == datetime.fromisoformat("2026-03-12T18:00:00+08:00")
    assert (target.started_at, target.asked_at) == (EVENING, None)


def test_met_before_it_began(desk_with: DeskWith) -> None:
    desk = desk_with(OVERLAY)
    ticket = submit(desk, EVENING)
    after = desk.act(ticket.number, "accept", by="agent:A101", at=EVENING + H)
    target = after.targets["response"]
    assert (target.state, target.met_at) == ("met", EVENING + H)
    ledger = Ledger.of(target, desk.rulesets["main"].calendars["business"], OPENING)
    assert [(s.kind, s.seconds) for s in ledger.segments] == [("closed", 3600)]
    assert (ledger.used_seconds, ledger.due) == (0, OPENING + 4 * H)


def test_a_pause_before_the_opening_costs_nothing(desk_with: DeskWith) -> None:
    desk = desk_with(OVERLAY)
    ticket = submit(desk, EVENING)
    number = ticket.number
    fields = {"text": "?", "missing": ["product"]}
    desk.act(number, "request_info", by="agent:A101", fields=fields, at=EVENING + H)
    after = desk.act(number, "provide_info", by="requester", at=EVENING + 2 * H).targets
    assert (after["response"].due, after["response"].paused_seconds) == (OPENING + 4 * H, 0)
    desk.act(number, "request_info", by="agent:A101", fields=fields, at=EVENING + 3 * H)
    across = desk.act(number, "provide_info", by="requester", at=OPENING + H).targets["response"]
    assert (across.due, across.paused_seconds) == (OPENING + 5 * H, 3600)


def test_another_limit_keeps_the_wait(desk_with: DeskWith) -> None:
    desk = desk_with(OVERLAY)
    ticket = submit(desk, EVENING)
    fields = {"priority": "P0", "reason": "x"}
    after = desk.act(ticket.number, "classify", by="agent:A101", fields=fields, at=EVENING + H)
    target = after.targets["response"]
    assert (target.limit, target.started_at, target.asked_at) == ("15m", OPENING, EVENING)
    assert target.due == OPENING + timedelta(minutes=15)


@pytest.mark.requirement("C1", "F2")
def test_explained_with_its_wait(desk_with: DeskWith) -> None:
    desk = desk_with(OVERLAY)
    ticket = submit(desk, EVENING)
    ruleset = desk.rulesets["main"]
    explained = explain_ticket(
        ticket, desk.store.events(ticket.number), lambda _: ruleset, OPENING + H
    )
    data = {t["name"]: t for t in explanation_data(explained)["targets"]}["response"]
    assert data["asked_at"] == EVENING.astimezone(ticket.created_at.tzinfo).isoformat()
    assert data["opens"] == "business"
    pieces = [(s["kind"], s["seconds"]) for s in data["ledger"]["segments"]]
    assert pieces == [("closed", 13 * 3600), ("running", 3600)]
    assert data["ledger"]["left_seconds"] == 3 * 3600
