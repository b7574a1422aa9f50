"""A ticket's whole life on a desk in memory, as papers in both languages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ruledesk.documents import Paper
from ruledesk.testing.desks import make_desk

RULESET = """\
[ruleset]
name = "counter"
version = "1.0.0"
title = { en = "Counter", zh = "柜台" }
[number]
format = "C{date:%Y%m%d}{seq:03}"
[fields.type]
kind = "enum"
label = { en = "Need", zh = "需求" }
[fields.type.values]
repair = { en = "Repair", zh = "维修" }
[fields.colour]
kind = "text"
label = { en = "Colour", zh = "颜色" }
[fields.expected_by]
label = { en = "Wanted by", zh = "希望完成" }
[stages.route]
hit = "first"
sets = ["team"]
default = { team = "workshop" }
[targets.response]
label = { en = "Response", zh = "响应" }
starts = ["submitted"]
met_by = ["accepted"]
[[targets.response.limits]]
name = "response-all"
when = "True"
within = "30m"
[[reactions]]
name = "thanks"
on = ["submitted"]
send = [{ to = ["requester"], via = ["sms"], template = "received" }]
[templates.received]
subject = { en = "Ticket {number}", zh = "工单 {number}" }
text = { en = "Received.", zh = "已收到。" }
[survey.scores]
attitude = { en = "Attitude", zh = "服务态度" }
speed = { en = "Speed", zh = "处理效率" }
[policy]
edit = "any"
"""
START = datetime(2026, 11, 2, 1, 0, 30, tzinfo=UTC)
EVIL = '<img src=x onerror="alert(1)"> | **bold** `x`\n# head\n- item & [a](http://b)'


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "counter.toml").write_text(RULESET, "utf-8")
    desk = make_desk(
        {
            "desk": {"name": "Desk <1>"},
            "lines": {"main": {"ruleset": "./counter.toml", "title": "前台"}},
            "teams": {"workshop": {"head": "H", "agents": ["A"], "title": "维修部"},
                      "parts": {"head": "P", "agents": ["B"], "title": "配件部"}},
            "agents": {"H": {"name": "Wang", "roles": ["supervisor"]}, "A": {"name": "Li"},
                       "B": {"name": "Zhao"}, "P": {"name": "Qian"}, "Q": {"name": "Sun"}},
        },
        folder=tmp_path,
    )  # fmt: skip
    yield desk
    desk.close()


@pytest.fixture
def submit(desk):
    def submitted(by="agent:A", **fields):
        given = {"requester": {"name": "Zhang", "phone": "138"}, "type": "repair", **fields}
        return desk.submit(by=by, line="main", channel="phone", fields=given, at=START).number

    return submitted


@pytest.fixture
def act(desk):
    """Do actions, each so many minutes after the submission."""

    def done(number, *actions):
        for minute, by, action, fields in actions:
            at = START + timedelta(minutes=minute)
            desk.act(number, action, by=by, fields=fields, at=at)

    return done


@pytest.fixture
def paper(desk):
    def made(number, locale="en", **changes):
        return Paper(
            ticket=desk.ticket(number),
            events=desk.store.events(number),
            ruleset=changes.get("ruleset", desk.rulesets["main"]),
            directory=desk.config.directory,
            lines=desk.config.lines,
            desk=desk.config.name,
            zone=ZoneInfo("Asia/Shanghai"),
            locale=locale,
            now=START + timedelta(days=9),
        )

    return made


@pytest.fixture
def life(submit, act):
    """A ticket that saw everything."""
    number = submit(description="does not start", colour="red")
    act(
        number,
        (45, "agent:A", "accept", {}),
        (50, "agent:A", "collaborate", {"team": "parts", "duty": "send a belt"}),
        (60, "agent:A", "plan", {"cause": "belt worn", "solution": "new belt"}),
        (70, "agent:B", "answer_task", {"task": 1, "text": "sent"}),
        (90, "agent:A", "resolve", {"solution": "belt changed", "steps": "1. stop",
                                    "cautions": "hot"}),
        (95, "requester", "decline", {"reason": "still noisy"}),
        (200, "agent:A", "resolve", {"solution": "bearing changed"}),
        (210, "requester", "confirm", {"rating": 4, "comment": "good"}),
        (220, "requester", "rate", {"scores": {"attitude": 5}}),
        (300, "agent:Q", "review", {"verdict": "improve", "text": "belt was not it",
                                    "improvement": "look longer"}),
    )  # fmt: skip
    return number
