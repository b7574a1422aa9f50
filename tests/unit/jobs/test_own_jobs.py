"""The desk's own jobs, their settings, and running in threads."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from ruledesk import InvalidInput, Job
from ruledesk.desk import retention
from ruledesk.desk.retention import Tally
from ruledesk.errors import StorageFault
from ruledesk.jobs.timing import Timing


@pytest.mark.requirement("C13")
def test_retention_runs_daily_only_where_it_is_wanted(open_desk, start, monkeypatch) -> None:
    ran: list[datetime] = []

    def keep(desk, now, stop) -> Tally:
        ran.append(now)
        return Tally()

    monkeypatch.setattr(retention, "run", keep)
    desk = open_desk()
    assert "retention" not in desk.jobs.known
    desk = open_desk({"retention": {"run": True, "at": "02:30"}})
    for hour in range(48):
        desk.jobs.work(start + timedelta(hours=hour))
    assert [at.isoformat() for at in ran] == [
        "2026-03-10T03:00:00+08:00",
        "2026-03-11T03:00:00+08:00",
    ]


@pytest.mark.requirement("C13")
def test_a_retention_run_that_is_told_to_end_is_put_anew(open_desk, start, monkeypatch) -> None:
    desk = open_desk({"retention": {"run": True}})
    desk.jobs.work(start)
    tallies = [Tally(deleted=1, cut_off=True), Tally(deleted=2)]
    monkeypatch.setattr(retention, "run", lambda desk, now, stop: tallies.pop(0))
    assert desk.jobs.work(start + timedelta(days=1)) == 2
    assert tallies == []


def test_a_store_that_has_left_overs_is_swept_hourly(open_desk, start) -> None:
    desk = open_desk()
    swept: list[datetime] = []
    desk.store.sweep = lambda now: swept.append(now) or 0
    for minute in range(0, 180, 10):
        desk.jobs.work(start + timedelta(minutes=minute))
    assert swept == [start + timedelta(hours=n) for n in range(3)]


def test_a_store_may_bring_its_own_queue(open_desk, start) -> None:
    desk = open_desk()
    closed: list[bool] = []
    own = SimpleNamespace(failed=lambda: ["its own"], close=lambda: closed.append(True))
    desk.store.job_queue = lambda: own
    assert desk.jobs.failed() == ["its own"]
    with pytest.raises(InvalidInput, match="queue of its own"):
        desk.jobs.work(start)
    desk.close()
    assert closed == [True]


def test_a_store_may_leave_the_queue_to_the_desk(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import"))
    desk.store.job_queue = lambda: None
    desk.jobs.put("import", at=start)
    assert desk.jobs.work(start) == 1


def test_the_name_of_a_job_of_the_desk_is_taken(desk_of, diary, caplog) -> None:
    desk = desk_of(diary.job("retention"), description={"retention": {"run": True}})
    assert desk.jobs.known["retention"].at is not None
    assert "job retention of plugin acme: the name is taken" in caplog.messages


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"concurrency": 0}, "jobs.concurrency"),
        ({"heartbeat": 20}, "twice the heartbeat"),
        ({"pol": 1}, "jobs.pol"),
    ],
)
def test_wrong_settings_are_refused(open_desk, settings, said) -> None:
    with pytest.raises(InvalidInput, match=said):
        open_desk({"jobs": settings})


def test_settings(open_desk) -> None:
    desk = open_desk({"jobs": {"concurrency": 2, "stalled": 6}})
    assert desk.config.jobs == Timing(concurrency=2, stalled=6.0)
    assert desk.config.jobs.takeover == timedelta(seconds=10)


def test_threads_run_what_is_put_several_at_a_time(desk_of) -> None:
    """As many as the settings say meet at a barrier; one thread alone would wait for ever."""
    meet = threading.Barrier(2, timeout=30)
    done = threading.Semaphore(0)

    def met(run) -> None:
        meet.wait()
        done.release()

    desk = desk_of(Job("meet", met))
    desk.jobs.start(lambda: datetime.now(UTC))
    desk.jobs.start(lambda: datetime.now(UTC))  # once is enough
    for _ in range(4):
        desk.jobs.put("meet", at=datetime.now(UTC))
    assert all(done.acquire(timeout=30) for _ in range(4))
    assert desk.jobs.alive
    assert desk.jobs.stop()
    assert not desk.jobs.alive
    assert not desk.jobs.failed()


def test_a_job_is_asked_to_end_and_waited_for(desk_of) -> None:
    begun, ended = threading.Event(), threading.Event()

    def patient(run) -> None:
        begun.set()
        while not run.stopping():
            threading.Event().wait(0.01)
        ended.set()

    desk = desk_of(Job("patient", patient))
    desk.jobs.put("patient", at=datetime.now(UTC))
    desk.jobs.start(lambda: datetime.now(UTC))
    assert begun.wait(30)
    desk.close()
    assert ended.is_set()


def test_a_lease_is_renewed_while_its_job_runs(desk_of) -> None:
    """A job that takes longer than a lease is not begun a second time."""
    begun: list[int] = []
    renewed = threading.Event()
    description = {"jobs": {"heartbeat": 0.05, "stalled": 0.4, "poll": 0.05}}

    def slow(run) -> None:
        begun.append(1)
        assert renewed.wait(30)

    desk = desk_of(Job("slow", slow), description=description)
    renewals: list[int] = []
    queue = desk.jobs._queue
    renew = queue.renew

    def counted(*args) -> None:
        renew(*args)
        renewals.append(1)
        if len(renewals) > 10:  # several leases long
            renewed.set()

    queue.renew = counted
    desk.jobs.put("slow", at=datetime.now(UTC))
    desk.jobs.start(lambda: datetime.now(UTC))
    assert renewed.wait(30)
    assert desk.jobs.stop()
    assert begun == [1]


def test_a_store_that_fails_is_asked_again(desk_of, diary, monkeypatch, caplog) -> None:
    ran = threading.Event()
    desk = desk_of(
        Job("import", lambda run: ran.set()),
        description={"jobs": {"poll": 0.05}},
    )
    desk.jobs.put("import", at=datetime.now(UTC))
    document, failures = desk.store.document, [StorageFault.of("gone", "不在")] * 3

    def failing(key):
        if failures:
            raise failures.pop()
        return document(key)

    monkeypatch.setattr(desk.store, "document", failing)
    desk.jobs.start(lambda: datetime.now(UTC))
    assert ran.wait(30)
    assert desk.jobs.stop()
    assert caplog.messages.count("jobs: the store fails, and is tried again: gone") == 1
    assert caplog.messages.count("the store answers again") == 1
