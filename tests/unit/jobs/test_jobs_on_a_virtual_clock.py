"""The embedded queue: durable, once, periodic, retried, given up; on a virtual clock."""

import logging
from datetime import datetime, time, timedelta

import pytest

from ruledesk import InvalidInput
from ruledesk.jobs.job import RETRIES

MINUTE = timedelta(minutes=1)


def test_a_job_is_run_once_with_its_arguments(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import"))
    desk.jobs.put("import", {"file": "a.csv"}, at=start)
    assert desk.jobs.work(start) == 1
    assert desk.jobs.work(start + MINUTE) == 0
    assert diary.runs == [("import", start, {"file": "a.csv"})]


def test_what_is_put_with_the_same_key_waits_once(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import"))
    for _ in range(3):
        desk.jobs.put("import", once="a.csv", at=start)
    desk.jobs.put("import", once="b.csv", at=start)
    assert desk.jobs.work(start) == 2
    desk.jobs.put("import", once="a.csv", at=start)
    assert desk.jobs.work(start) == 1


def test_jobs_survive_a_restart(desk_of, diary, start, tmp_path) -> None:
    jobs = (diary.job("import"), diary.job("report", every=10 * MINUTE))
    desk = desk_of(*jobs, storage="tinydb:desk.json")
    desk.jobs.work(start)
    desk.jobs.put("import", {"n": 1}, at=start)
    desk.close()
    desk = desk_of(*jobs, storage="tinydb:desk.json")
    desk.jobs.work(start + MINUTE)
    assert [name for name, _, _ in diary.runs] == ["report", "import"]  # and report not again


def test_a_periodic_job_runs_once_a_period(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("report", every=10 * MINUTE))
    for minute in range(31):
        desk.jobs.work(start + minute * MINUTE)
    assert diary.of("report") == [start + n * 10 * MINUTE for n in range(4)]


def test_periods_that_were_slept_through_are_one_run(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("report", every=10 * MINUTE))
    desk.jobs.work(start)
    assert desk.jobs.work(start + timedelta(hours=5)) == 1


def test_a_daily_job_runs_at_its_local_hour(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("clean", at=time(3, 0)))  # the desk is in Shanghai, start is 10:00
    for hour in range(49):
        desk.jobs.work(start + timedelta(hours=hour))
    assert [at.isoformat() for at in diary.of("clean")] == [
        "2026-03-10T03:00:00+08:00",
        "2026-03-11T03:00:00+08:00",
    ]


def test_a_daily_job_that_was_missed_runs_at_the_next_start(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("clean", at=time(3, 0)))
    desk.jobs.work(start)
    assert not diary.runs  # never seen before: it waits for its time
    desk.jobs.work(start + timedelta(hours=30))
    assert diary.of("clean") == [start + timedelta(hours=30)]


def test_a_failing_job_is_tried_again_and_then_kept_as_failed(
    desk_of, diary, start, caplog
) -> None:
    desk = desk_of(diary.job("import"))
    diary.failures = 99
    desk.jobs.put("import", {"n": 1}, at=start)
    now: datetime = start
    with caplog.at_level(logging.ERROR, "ruledesk.jobs"):
        for wait in RETRIES:
            assert desk.jobs.work(now) == 1
            assert desk.jobs.work(now + wait - timedelta(seconds=1)) == 0
            now += wait
        desk.jobs.work(now)
    (failed,) = desk.jobs.failed()
    assert (failed.job, failed.arguments, failed.attempts) == ("import", {"n": 1}, len(RETRIES) + 1)
    assert failed.error == "OSError: no route to host"
    assert failed.at == now
    assert "job import failed: OSError: no route to host" in caplog.messages
    assert desk.jobs.work(now + timedelta(days=1)) == 0


def test_a_failed_job_is_put_again_by_hand(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import", retries=()))
    diary.failures = 1
    desk.jobs.put("import", {"n": 1}, at=start)
    desk.jobs.work(start)
    (failed,) = desk.jobs.failed()
    assert desk.jobs.again(failed.id, start + MINUTE)
    assert not desk.jobs.again(failed.id, start + MINUTE)
    assert desk.jobs.work(start + MINUTE) == 1
    assert not desk.jobs.failed()


def test_of_a_periodic_job_the_last_failure_is_kept_until_it_succeeds(
    desk_of, diary, start
) -> None:
    desk = desk_of(diary.job("report", every=MINUTE, retries=()))
    diary.failures = 3
    for minute in range(3):
        desk.jobs.work(start + minute * MINUTE)
    (failed,) = desk.jobs.failed()
    assert failed.at == start + 2 * MINUTE
    desk.jobs.work(start + 3 * MINUTE)
    assert not desk.jobs.failed()


def test_a_dead_process_is_taken_over_when_its_lease_has_run_out(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import"))
    desk.jobs.put("import", at=start)
    work = desk.jobs._work(lambda: start)
    assert desk.jobs._queue.claim(work, start) is not None  # and dies
    stalled = timedelta(seconds=work.timing.stalled)
    assert stalled <= work.timing.takeover <= timedelta(seconds=15)
    assert desk.jobs.work(start + stalled - timedelta(seconds=1)) == 0
    assert desk.jobs.work(start + stalled) == 1


def test_a_job_that_kills_its_processes_is_given_up(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import", retries=()))
    desk.jobs.put("import", at=start)
    work = desk.jobs._work(lambda: start)
    claimed = 0
    for minute in range(10):
        claimed += desk.jobs._queue.claim(work, start + minute * MINUTE) is not None
    assert claimed == 4
    (failed,) = desk.jobs.failed()
    assert "ended without a result" in failed.error


def test_who_lost_its_lease_changes_nothing_any_more(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import"))
    desk.jobs.put("import", at=start)
    queue, work = desk.jobs._queue, desk.jobs._work(lambda: start)
    entry = queue.claim(work, start)
    queue._holder = "another process"
    other = queue.claim(work, start + MINUTE)
    queue.run(work, entry)  # the first one was only slow
    assert [e.holder for e in queue._state().entries] == ["another process"]
    queue.run(work, other)
    assert not queue._state().entries


def test_jobs_under_one_lock_run_one_after_the_other(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("a", lock="mail"), diary.job("b", lock="mail"), diary.job("c"))
    for name in "abc":
        desk.jobs.put(name, at=start)
    queue, work = desk.jobs._queue, desk.jobs._work(lambda: start)
    taken = [queue.claim(work, start) for _ in range(3)]
    assert [one.job if one else None for one in taken] == ["a", "c", None]
    queue.run(work, taken[0])
    assert queue.claim(work, start).job == "b"


def test_unknown_jobs_and_arguments_are_refused(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import"))
    with pytest.raises(InvalidInput, match="import"):
        desk.jobs.put("imprt", at=start)
    with pytest.raises(InvalidInput, match="JSON"):
        desk.jobs.put("import", {"at": start}, at=start)


def test_a_job_of_a_plugin_that_is_off_is_kept_as_failed(desk_of, diary, start) -> None:
    desk = desk_of(diary.job("import"), storage="tinydb:desk.json")
    desk.jobs.put("import", at=start)
    desk.close()
    desk = desk_of(storage="tinydb:desk.json")
    desk.jobs.work(start)
    (failed,) = desk.jobs.failed()
    assert "no installed plugin provides this job" in failed.error


@pytest.mark.parametrize(
    "options",
    [
        {"every": timedelta(milliseconds=1)},
        {"every": timedelta(days=2)},
        {"every": MINUTE, "at": time(3, 0)},
    ],
)
def test_impossible_periods_are_refused(diary, options) -> None:
    with pytest.raises(ValueError, match="every"):
        diary.job("x", **options)


def test_impossible_names_are_refused(diary) -> None:
    with pytest.raises(ValueError, match="name"):
        diary.job("two words")
