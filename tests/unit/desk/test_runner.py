"""The loop of one process: nothing holds up anything else, and nothing ends it but `stop`."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest

from ruledesk.desk.hands import LONGEST, Attempts
from ruledesk.desk.outage import Outage
from ruledesk.desk.runner import Done, Runner
from ruledesk.desk.service import Desk
from ruledesk.errors import StorageFault, Unavailable
from ruledesk.hooks.kinds import Notifier
from ruledesk.hooks.spec import hookimpl
from ruledesk.model.message import Message
from ruledesk.testing.doubles import RecordingNotifier

GONE = Unavailable.of("no connection", "无法连接")
SOON = 20.0  # seconds that a thread may need at most; none of these tests waits as long


class Slow(RecordingNotifier):
    """Sends when the test says so."""

    name = "slow"
    entered: Event
    leave: Event
    made: "Slow"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        type(self).made = self

    def deliver(self, message: Message) -> None:
        super().deliver(message)
        self.entered.set()
        assert self.leave.wait(SOON)


class Plugin:
    """Provides the notifier, and notes what happens."""

    def __init__(self) -> None:
        self.breached = Event()

    @hookimpl
    def ruledesk_notifiers(self) -> Sequence[type[Notifier]]:
        return [Slow]

    @hookimpl
    def ruledesk_after_event(self, event: Any) -> None:
        if event.body.kind == "target_breached":
            self.breached.set()


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Plugin:
    for name in ("entered", "leave"):
        monkeypatch.setattr(Slow, name, Event(), raising=False)
    return Plugin()


@pytest.fixture
def slow_desk(open_desk: Callable[..., Desk], plugin: Plugin) -> Desk:
    return open_desk({"notifiers": {"slow": {}}}, plugins={"slow": plugin}, deliver=True)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def submit(desk: Desk, at: datetime) -> str:
    fields = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}}
    return desk.submit(by="requester", line="main", channel="web", fields=fields, at=at).number


@contextmanager
def running(runner: Runner) -> Iterator[Thread]:
    thread = Thread(target=runner.run)
    thread.start()
    try:
        yield thread
    finally:
        runner.stop()
        Slow.leave.set()
        thread.join(SOON)
        assert not thread.is_alive()


@pytest.mark.requirement("F3")
def test_a_slow_notifier_holds_up_no_deadline(
    slow_desk: Desk, plugin: Plugin, start: datetime
) -> None:
    number = submit(slow_desk, start)
    clock = Clock(start)
    with running(Runner(slow_desk, clock, deliveries=1, jobs=False)):
        assert Slow.entered.wait(SOON)
        clock.now = start + timedelta(days=2)  # a message is in hand the whole time
        assert plugin.breached.wait(SOON)
    assert slow_desk.ticket(number).targets["response"].state == "breached"


@pytest.mark.requirement("F3")
def test_several_messages_are_sent_at_the_same_time(slow_desk: Desk, start: datetime) -> None:
    submit(slow_desk, start)
    with running(Runner(slow_desk, Clock(start), deliveries=2, jobs=False)):
        while len(Slow.made.delivered) < 2:  # both, though the first is not done
            assert Slow.entered.wait(SOON)


@pytest.mark.requirement("F3")
def test_stopping_finishes_what_is_in_hand_and_takes_nothing_more(
    slow_desk: Desk, start: datetime
) -> None:
    number = submit(slow_desk, start)
    runner = Runner(slow_desk, Clock(start), deliveries=1, jobs=False)
    with running(runner):
        assert Slow.entered.wait(SOON)
    states = [delivery.state for delivery in slow_desk.store.messages(number)]
    assert states == ["sent", "waiting"]
    Slow.leave.set()
    assert slow_desk.deliver(start) == 1  # no lease is left behind


def test_the_store_may_fail_and_come_back(
    slow_desk: Desk,
    plugin: Plugin,
    start: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    Slow.leave.set()
    number = submit(slow_desk, start)
    failed = Event()
    real, count = slow_desk.store.next_due, []

    def failing() -> datetime | None:
        count.append(1)
        if len(count) > 3:
            failed.set()
            return real()
        raise GONE

    monkeypatch.setattr(slow_desk.store, "next_due", failing)
    clock = Clock(start + timedelta(days=2))
    with caplog.at_level(logging.WARNING, "ruledesk.worker"), running(Runner(slow_desk, clock)):
        assert failed.wait(SOON)
        assert plugin.breached.wait(SOON)
    assert slow_desk.ticket(number).targets["response"].state == "breached"
    said = [r.getMessage() for r in caplog.records if r.name == "ruledesk.worker"]
    assert [("fails" in text, "again" in text) for text in said] == [(True, True), (False, True)]


def test_once_ends_when_nothing_is_due_or_waits(slow_desk: Desk, start: datetime) -> None:
    Slow.leave.set()
    number = submit(slow_desk, start)
    runner = Runner(slow_desk, Clock(start + timedelta(days=2)), deliveries=3, jobs=False)
    done = runner.once()
    assert done.moved
    assert done.tried == len(Slow.made.delivered) == len(slow_desk.store.messages(number))
    assert {one.state for one in slow_desk.store.messages(number)} == {"sent"}
    assert runner.once() == Done()


def test_once_says_that_the_store_fails(
    slow_desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        raise StorageFault.of("full", "已满")

    submit(slow_desk, start)
    monkeypatch.setattr(slow_desk.store, "next_due", failing)
    with pytest.raises(StorageFault):
        Runner(slow_desk, Clock(start), jobs=False).once()


# -- outages --------------------------------------------------------------------------------------


def test_an_outage_is_told_once_whoever_meets_it(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage()
    with caplog.at_level(logging.WARNING, "ruledesk.worker"):
        for who in ("clock", "sweep", "clock"):
            outage.met(who, GONE)
        outage.over("clock")
        assert len(caplog.records) == 1
        outage.over("sweep")
        outage.over("sweep")
        assert len(caplog.records) == 2
        outage.met("clock", GONE)
    assert len(caplog.records) == 3


def test_waits_after_failures_grow_up_to_seconds(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[Exception] = [GONE] * 12

    def work() -> None:
        if failures:
            raise failures.pop()

    attempts = Attempts("clock", work, Outage())
    waits = [attempts.try_once() for _ in range(12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.1, LONGEST)
    assert attempts.try_once() == 0.0
    failures.append(ValueError("a bug"))
    assert attempts.try_once() == 0.1
    assert "a bug" in caplog.text  # with its trace
