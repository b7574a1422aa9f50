"""Two weeks of a small shop, compared with a changed ruleset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ruledesk.cli.app import run
from ruledesk.cli.session import Session

RULESET = """
[ruleset]
name = "shop"
version = "1.0.0"
[number]
format = "S{date:%Y%m%d}{seq:03}"
[fields.description]
required = true
[fields.type]
kind = "enum"
values = ["fault", "question"]
[fields.urgency]
kind = "enum"
values = ["high", "low"]
default = "low"
[fields.priority]
kind = "enum"
values = ["P1", "P2"]
[correlations.again]
key = ["requester.id"]
window = "30d"
when = 'type == "fault"'
[stages.flags]
hit = "collect"
sets = ["flags"]
[[stages.flags.rules]]
name = "second"
when = "counts.again >= 2"
set = { flags = ["repeat_complaint"] }
[stages.priority]
sets = ["priority"]
default = { priority = "P2" }
[[stages.priority.rules]]
name = "high-first"
when = 'urgency == "high"'
set = { priority = "P1" }
[stages.route]
hit = "first"
sets = ["team"]
default = { team = "sales" }
[[stages.route.rules]]
name = "to-it"
when = 'type == "fault"'
set = { team = "it" }
[targets.response]
met_by = ["accepted"]
[[targets.response.limits]]
name = "soon"
when = 'priority == "P1"'
within = "2h"
[[targets.response.limits]]
name = "in-time"
when = 'priority == "P2"'
within = "8h"
[[reactions]]
name = "tell"
on = ["submitted"]
send = [{ to = ["requester"], via = ["sms"], template = "hello" }]
[templates.hello]
text = "Hello"
"""
RECORDING = """\
{"recording": "Two weeks", "line": "shop", "start": "2026-03-12T09:00:00+08:00", "until": "2026-03-20T09:00:00+08:00"}
{"at": "2026-03-12T09:00:00+08:00", "do": "submit", "as": "a", "with": {"requester": {"id": "r1"}, "type": "fault", "urgency": "high", "description": "x"}}
{"at": "2026-03-12T09:00:00+08:00", "do": "submit", "as": "b", "with": {"requester": {"id": "r2"}, "type": "question", "urgency": "low", "description": "x"}}
{"at": "2026-03-12T09:10:00+08:00", "do": "submit", "as": "bad", "with": {"requester": {"id": "r3"}, "type": "question"}, "refused": true}
{"at": "2026-03-12T12:00:00+08:00", "do": "accept", "ticket": "a", "by": "agent:A1"}
{"at": "2026-03-12T12:00:00+08:00", "do": "accept", "ticket": "b", "by": "agent:A2"}
{"at": "2026-03-17T09:00:00+08:00", "do": "submit", "as": "c", "with": {"requester": {"id": "r1"}, "type": "fault", "urgency": "low", "description": "x", "order": "7"}}
{"at": "2026-03-17T09:30:00+08:00", "do": "merge", "ticket": "c", "by": "agent:A1", "with": {"into": "S20260312001"}}
"""  # noqa: E501 - a recording has one step a line
Command = Callable[..., int]


@pytest.fixture
def ruleset() -> str:
    """The ruleset of the shop."""
    return RULESET


@pytest.fixture
def recording() -> str:
    """Two weeks of the shop: three tickets, and one step that was refused."""
    return RECORDING


@pytest.fixture
def english_desk(shop_desk: str) -> str:
    """The desk of the shop, in English whatever the environment says."""
    return f'[desk]\nlocale = "en"\n{shop_desk}'


@pytest.fixture
def shop(tmp_path: Path, english_desk: str) -> Path:
    """The folder of the shop: its ruleset, its desk and the recording."""
    (tmp_path / "shop.toml").write_text(RULESET, "utf-8")
    (tmp_path / "desk.toml").write_text(english_desk, "utf-8")
    (tmp_path / "two-weeks.jsonl").write_text(RECORDING, "utf-8")
    return tmp_path


@pytest.fixture
def command() -> Command:
    """Runs ``ruledesk pilot compare`` on the recording of a shop; returns its status."""

    def compare(shop: Path, candidate: Path | str, *options: str, **environment: str) -> int:
        words = ["pilot", "compare", str(shop / "two-weeks.jsonl"), "--with", str(candidate)]
        return run([*words, *options], Session(environment=environment))

    return compare
