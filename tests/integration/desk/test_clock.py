"""One ticket that cannot be moved must not stop the clock of the others."""

import logging
from datetime import datetime, timedelta

import pytest

from ruledesk.desk import timers
from ruledesk.desk.service import Desk
from ruledesk.lifecycle.evolve import replay
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.event import TimersSet

pytestmark = pytest.mark.requirement("F3")


def test_a_ticket_that_fails_is_flagged_and_passed_over(
    desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fields = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}}
    bad, good = (
        desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
        for _ in range(2)
    )
    run = timers.Unfolding.run

    def broken(unfolding: Unfolding, *args: object) -> None:
        if unfolding.current.number == bad.number:
            raise ZeroDivisionError("a bug")
        run(unfolding, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(timers.Unfolding, "run", broken)
    with caplog.at_level(logging.ERROR):
        desk.advance(start + timedelta(days=2))
    after = desk.ticket(bad.number)
    assert after.flags >= {"plugin_fault", "overdue"}
    assert after.targets["response"].state == "breached"
    assert replay(desk.store.events(bad.number)) == after
    assert desk.ticket(good.number).targets["response"].state == "breached"
    assert bad.number in caplog.text
    due = desk.store.next_due()
    assert due is None or due > start + timedelta(days=2)


def test_a_timer_of_what_no_longer_waits_is_dropped(desk: Desk, start: datetime) -> None:
    fields = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}}
    number = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start).number
    policy = desk.parts.lines["main"].policy
    at_once = next(name for name in policy.by_name if name not in policy.timers)
    later = start + timedelta(minutes=1)  # set when the ruleset still had it wait
    desk.record(number, [TimersSet({at_once: later, "long-gone": later})], start)
    desk.advance(later)
    after = desk.ticket(number)
    assert not {at_once, "long-gone"} & after.timers.keys()
    assert "plugin_fault" not in after.flags
