"""``ruledesk jobs``: what there is, what has failed, and putting it back."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk

NOW = datetime(2026, 3, 9, 2, tzinfo=UTC)


@pytest.fixture
def fetching(desk):
    """A desk whose mailbox is not there, and whose retention runs by itself."""
    path = desk / "desk.toml"
    more = '\n[channels.email]\nmaildir = "mail"\nline = "LINE"\n\n[retention]\nrun = true\n'
    line = next(iter(load_desk(desk).lines))
    path.write_text(path.read_text(encoding="utf-8") + more.replace("LINE", line), "utf-8")
    return desk


def work(folder, at):
    desk = open_desk(load_desk(folder))
    desk.jobs.work(at)
    desk.close()


def test_a_desk_without_jobs(ruledesk, desk):
    result = ruledesk("jobs", desk, "--locale", "en")
    assert (result.status, result.out) == (0, "this desk has no background jobs\n")


def test_jobs_and_their_periods(ruledesk, fetching):
    result = ruledesk("jobs", fetching, "--locale", "en")
    assert result.status == 0, result.err
    assert "fetch.email.mail" in result.out
    assert "every 30 s" in result.out
    assert "daily at 03:00" in result.out
    assert "每 30 秒" in ruledesk("jobs", fetching, "--locale", "zh").out


def test_what_has_failed_is_seen_and_put_back(ruledesk, fetching):
    work(fetching, NOW)
    result = ruledesk("jobs", fetching, "--locale", "en")
    assert result.status == 1
    assert "no such folder" in result.out
    listed = json.loads(ruledesk("jobs", fetching, "--json").out)
    assert [job["name"] for job in listed["jobs"]] == ["retention", "fetch.email.mail"]
    (failed,) = listed["failed"]
    assert failed["job"] == "fetch.email.mail"
    assert failed["at"] == "2026-03-09T02:00:00+00:00"
    back = ruledesk("jobs", fetching, "--again", failed["id"], "--locale", "en")
    assert (back.status, back.out) == (0, f"job {failed['id']} is in the queue again\n")
    assert ruledesk("jobs", fetching).status == 0
    for part in ("new", "cur", "tmp"):
        (fetching / "mail" / part).mkdir(parents=True)
    work(fetching, datetime.now(UTC) + timedelta(seconds=1))
    assert ruledesk("jobs", fetching).status == 0


@pytest.mark.requirement("F4")
def test_an_unknown_id_is_refused(ruledesk, fetching):
    result = ruledesk("jobs", fetching, "--again", "77", "--locale", "en")
    assert result.status == 2
    assert "no failed job has this id" in result.err
