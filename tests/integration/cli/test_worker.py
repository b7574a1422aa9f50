"""``ruledesk worker``: starts, tells, does what is due, and ends when it is told to."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ruledesk.cli import worker
from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk


def submitted(folder, at, storage=""):
    """Submit a ticket long ago, and close the desk; returns its number."""
    desk = open_desk(load_desk(folder), storage=storage)
    line = next(iter(desk.config.lines))
    fields = {
        "type": "consult",
        "description": "a question",
        "requester": {"name": "Zhang", "phone": "13800000001"},
    }
    number = desk.submit(by="requester", line=line, channel="phone", fields=fields, at=at).number
    desk.close()
    return number


def running(folder, *options):
    return subprocess.Popen(
        [sys.executable, "-m", "ruledesk", "worker", str(folder), "--locale", "en", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
        text=True,
    )


@pytest.mark.requirement("F3")
def test_once_does_what_is_due_and_ends(ruledesk, desk):
    number = submitted(desk, datetime.now(UTC) - timedelta(days=9))
    result = ruledesk("worker", desk, "--once", "--locale", "en")
    assert result.status == 0, result.err
    start, done = result.out.splitlines()
    assert re.fullmatch(
        r"worker of .+: tinydb:data/desk\.json, pid \d+; next target \S+, next message \S+", start
    )
    moved, tried = map(int, re.findall(r"(\d+) (?:moved|messages)", done))
    assert moved > 0
    assert tried > 0
    opened = open_desk(load_desk(desk))
    assert "overdue" in opened.ticket(number).flags
    assert not [d for d in opened.store.messages(number) if d.state == "waiting" and not d.attempts]
    opened.close()
    again = ruledesk("worker", desk, "--once", "--locale", "en").out
    assert "done: 0 moved, 0 messages" in again


@pytest.mark.requirement("F3")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_releases_the_store(number, ruledesk, desk):
    process = running(desk, "-v")
    try:
        assert process.stdout.readline().startswith("worker of ")
        refused = ruledesk("worker", desk, "--once", "--locale", "en")
        assert refused.status == 2
        assert f"pid {process.pid}" in refused.err
        process.send_signal(number)
        assert process.wait(60) == 0, process.stderr.read()
        for line in process.stderr.read().splitlines():
            assert {"at", "level", "logger", "pid", "text"} <= json.loads(line).keys()
    finally:
        process.kill()
        process.communicate()
    assert ruledesk("worker", desk, "--once").status == 0


def test_two_workers_may_share_sqlite(ruledesk, desk):
    settings = desk / "desk.toml"
    text = re.sub(r'storage = ".*"', 'storage = "sqlite:///data/desk.db"', settings.read_text())
    settings.write_text(text)
    number = submitted(desk, datetime.now(UTC) - timedelta(days=9))
    first = running(desk)
    try:
        assert first.stdout.readline().startswith("worker of ")
        assert ruledesk("worker", desk, "--once").status == 0
        first.terminate()
        assert first.wait(60) == 0, first.stderr.read()
    finally:
        first.kill()
        first.communicate()
    opened = open_desk(load_desk(desk))
    breached = [
        e.body.name for e in opened.store.events(number) if e.body.kind == "target_breached"
    ]
    assert len(breached) == len(set(breached)) > 0
    opened.close()


def test_where_there_is_no_desk(ruledesk, tmp_path):
    result = ruledesk("worker", tmp_path, "--once")
    assert result.status == 2
    assert "desk.toml" in result.err


def test_the_start_line_shows_no_password(ruledesk, desk, monkeypatch):
    real = worker.open_desk
    monkeypatch.setattr(worker, "open_desk", lambda config: real(config, storage="memory:"))
    settings = desk / "desk.toml"
    url = "postgresql://desk:s3cret@db/desk?sslpassword=s3cret"
    settings.write_text(re.sub(r'storage = ".*"', f'storage = "{url}"', settings.read_text()))
    result = ruledesk("worker", desk, "--once", "--locale", "en")
    assert result.status == 0
    assert "postgresql://desk:***@db/desk" in result.out
    assert "s3cret" not in result.out + result.err


def test_logs_are_json_lines_and_end_with_the_command(ruledesk, desk):
    before = list(logging.getLogger().handlers)
    submitted(desk, datetime.now(UTC) - timedelta(days=9))
    settings = desk / "desk.toml"
    broken = re.sub(r"\[notifiers\.\w+\]\n(?:\w.*\n)*", "", settings.read_text())
    settings.write_text(broken)
    result = ruledesk("worker", desk, "--once", "-vv", "--locale", "en")
    assert result.status == 0
    for line in result.err.splitlines():
        assert datetime.fromisoformat(json.loads(line)["at"]).tzinfo
    assert logging.getLogger().handlers == before


def test_settings_of_the_worker_are_checked(ruledesk, desk):
    settings = desk / "desk.toml"
    text = settings.read_text()
    for table, field in (("deliveries = 0", "deliveries"), ("delivery = 3", "delivery")):
        settings.write_text(f"{text}\n[worker]\n{table}\n")
        result = ruledesk("worker", desk, "--once", "--locale", "en")
        assert result.status == 2
        assert f"worker.{field}" in result.err
    settings.write_text(f"{text}\n[worker]\ndeliveries = 2\n")
    assert load_desk(desk).worker.deliveries == 2
    assert ruledesk("worker", desk, "--once").status == 0
