"""One ticket that cannot be moved must not stop the clock of the others."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk import timers
from ruledesk.desk.acting import SKEW
from ruledesk.desk.service import Desk
from ruledesk.errors import Refused, StorageFault
from ruledesk.lifecycle.evolve import replay
from ruledesk.lifecycle.unfold import Unfolding
from ruledesk.model.event import TimersSet
from ruledesk.storage.change import Appended

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


# -- a ticket that cannot be stored ---------------------------------------------------------------


class Refusing:
    """Lets every commit of one ticket fail."""

    def __init__(self, desk: Desk, number: str, error: Exception) -> None:
        self.number = number
        self.error = error
        self.tries = 0
        self._commit = desk.store._commit  # type: ignore[attr-defined]

    def __call__(self, change: Any) -> None:
        if any(isinstance(s, Appended) and s.ticket.number == self.number for s in change.steps):
            self.tries += 1
            raise self.error
        self._commit(change)


@pytest.mark.parametrize("error", [StorageFault.of("damaged", "损坏"), ValueError("no JSON")])
def test_a_ticket_that_cannot_be_stored_stops_no_other(
    error: Exception,
    desk: Desk,
    start: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad, *good = (submit(desk, start) for _ in range(3))
    later = start + timedelta(days=2)
    resting: dict[str, datetime] = {}
    with monkeypatch.context() as patch:
        refusing = Refusing(desk, bad, error)
        patch.setattr(desk.store, "_commit", refusing)
        assert desk.sweep(later, resting=resting) > 0
        for number in good:
            assert desk.ticket(number).targets["response"].state == "breached"
        assert refusing.tries == 1
        assert bad in caplog.text
        # Those who sweep all the time leave it alone for a while.
        assert desk.sweep(later + timedelta(seconds=1), resting=resting) == 0
        assert refusing.tries == 1
        assert desk.sweep(later + timedelta(minutes=2), resting=resting) == 0
        assert refusing.tries == 2
    assert desk.advance(later + timedelta(minutes=2)) > 0
    assert desk.ticket(bad).targets["response"].state == "breached"


def test_a_store_that_fails_on_every_ticket_is_told(
    desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(8):
        submit(desk, start)
    tries = []

    def full(_: object) -> None:
        tries.append(1)
        raise StorageFault.of("disk full", "磁盘已满")

    monkeypatch.setattr(desk.store, "_commit", full)
    with pytest.raises(StorageFault, match="disk full"):
        desk.advance(start + timedelta(days=2))
    assert len(tries) == 3


def test_each_thing_happens_at_its_own_instant_in_order(desk: Desk, start: datetime) -> None:
    numbers = [submit(desk, start + timedelta(minutes=minute)) for minute in (0, 3, 1)]
    desk.advance(start + timedelta(days=9))
    fired = [e.at for e in desk.store.all_events() if e.body.kind == "target_breached"]
    assert fired == sorted(fired)
    assert len(set(fired)) > len(numbers)


def submit(desk: Desk, at: datetime) -> str:
    fields = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}}
    return desk.submit(by="requester", line="main", channel="web", fields=fields, at=at).number


# -- clocks of several processes ------------------------------------------------------------------


def note(desk: Desk, number: str, at: datetime) -> datetime:
    fields = {"text": "x", "public": True}
    last = desk.act(number, "note", by="requester", fields=fields, at=at).updated_at
    assert last is not None
    return last


def test_a_clock_that_is_behind_by_a_moment_is_no_refusal(
    open_desk: Callable[..., Desk], start: datetime
) -> None:
    live, replay_only = open_desk(deliver=True), open_desk()
    behind = start - SKEW
    assert note(live, submit(live, start), behind) == start
    for desk, at in ((live, behind - timedelta(microseconds=1)), (replay_only, behind)):
        with pytest.raises(Refused, match="clock went backwards"):
            note(desk, submit(desk, start), at)


def test_who_is_overtaken_while_waiting_comes_right_after(desk: Desk, start: datetime) -> None:
    number = submit(desk, start)
    ticket = desk.store.ticket
    faster = start + timedelta(minutes=5)  # far more than clocks may be apart
    looks: list[int] = []

    def look(asked: str) -> Any:
        found = ticket(asked)
        looks.append(1)
        if len(looks) == 1:  # behind the back of the one who looked
            note(desk, number, faster)
        return found

    desk.store.ticket = look  # type: ignore[method-assign]
    assert note(desk, number, start + timedelta(seconds=1)) == faster
    kinds = [event.body.kind for event in desk.store.events(number)]
    assert kinds.count("noted") == 2
