"""A small ruleset, and a ticket with decisions of every kind on record."""

from datetime import UTC, datetime, timedelta

import pytest

from ruledesk.model.action import Classify, Submit
from ruledesk.model.decision import Decision
from ruledesk.model.event import (
    Decided,
    Event,
    MessagesQueued,
    TargetBreached,
    TargetsStarted,
    TimersCleared,
    TimersSet,
)
from ruledesk.model.message import Message
from ruledesk.model.ticket import Requester, Target, Ticket
from ruledesk.rules.load import ruleset_from_document

START = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai, a Thursday

DOCUMENT = {
    "ruleset": {"name": "small", "version": "1.2.0"},
    "fields": {
        "urgency": {"kind": "enum", "values": ["normal", "urgent", "critical"]},
        "priority": {"kind": "enum", "values": ["low", "normal", "high"]},
    },
    "stages": {
        "priority": {
            "hit": "unique",
            "sets": ["priority"],
            "default": {"priority": "normal"},
            "rules": [
                {
                    "name": "p-high",
                    "when": 'urgency == "critical"',
                    "set": {"priority": "high"},
                    "manual": ["B7", "F2"],
                },
                {
                    "name": "p-many",
                    "when": 'urgency == "urgent" and affected_users >= 100',
                    "set": {"priority": "high"},
                },
                {
                    "name": "p-far",
                    "when": 'urgency == "urgent" and affected_users >= 1000 and present(order)',
                    "set": {"priority": "low"},
                },
            ],
        },
        "route": {
            "hit": "first",
            "sets": ["team"],
            "rules": [
                {"name": "r-first", "when": 'priority == "normal"', "set": {"team": "it"}},
                {"name": "r-second", "when": "present(priority)", "set": {"team": "sales"}},
            ],
        },
    },
    "targets": {
        "resolution": {
            "met_by": ["resolved"],
            "limits": [{"name": "t-normal", "within": "2h"}],
        },
        "response": {
            "met_by": ["accepted"],
            "optional": True,
            "limits": [{"name": "t-crowd", "when": "affected_users >= 9999", "within": "1h"}],
        },
    },
    "correlations": {"repeat": {"key": ["requester.id"], "window": "30d"}},
    "templates": {"hello": {"subject": "x", "text": "x"}},
    "reactions": [
        {"name": "on-breach", "on": ["target_breached"], "raise_flags": ["overdue"],
         "when": 'event.target == "response"'},
        {"name": "on-overdue", "on": ["target_breached.resolution"], "raise_flags": ["overdue"],
         "when": 'priority == "normal"'},
        {"name": "tell-normal", "on": ["submitted"], "when": 'priority == "normal"',
         "send": [{"to": ["requester"], "via": ["sms"], "template": "hello"}]},
        {"name": "tell-high", "on": ["submitted"], "when": 'priority == "high" or open_tasks > 0',
         "send": [{"to": ["requester"], "via": ["sms"], "template": "hello"}]},
        {"name": "tell-repeat", "on": ["submitted"], "when": "counts.repeat >= 2 and reopens > 0",
         "send": [{"to": ["requester"], "via": ["sms"], "template": "hello"}]},
        {"name": "reminder", "on": ["submitted"], "after": "1h", "until": ["resolved"],
         "when": 'priority == "high"', "raise_flags": ["x"]},
        {"name": "closer", "on": ["submitted"], "after": "9h", "until": ["classified"],
         "act": "close"},
        {"name": "on-decline", "on": ["declined"], "raise_flags": ["x"], "manual": "A12"},
        {"name": "later", "on": ["submitted"], "after": "3h", "raise_flags": ["x"]},
    ],
}  # fmt: skip


def decision(ruleset, **changes):
    values = {
        "ruleset": ruleset.id,
        "hash": ruleset.hash,
        "hit": "unique",
        "rule": "",
        "matched": (),
        "facts": {},
        "outcome": {},
    }
    return Decision(**{**values, **changes})


def target(**changes):
    values = {"state": "running", "started_at": START, "limit": "2h", "calendar": "",
              "due": START + timedelta(hours=2), "rule": "t-normal"}  # fmt: skip
    return Target("resolution", **{**values, **changes})


@pytest.fixture(scope="session")
def ruleset():
    return ruleset_from_document(DOCUMENT)


@pytest.fixture
def events(ruleset):
    facts = {"urgency": "urgent", "affected_users": 7}
    first = Decided(
        (
            decision(ruleset, stage="priority", facts=facts, outcome={"priority": "normal"}),
            decision(
                ruleset,
                stage="route",
                hit="first",
                rule="r-first",
                matched=("r-first", "r-second"),
                facts={"priority": "normal"},
                outcome={"team": "it"},
            ),
            decision(ruleset, stage="targets.resolution", rule="t-normal", matched=("t-normal",),
                     outcome={"within": "2h"}),
        )
    )  # fmt: skip
    again = Decided(
        (
            decision(ruleset, stage="priority", rule="p-high", matched=("p-high",),
                     facts={"urgency": "critical"}),
        )
    )  # fmt: skip
    overdue = Decided(
        (
            decision(ruleset, stage="on.target_breached", hit="collect", rule="on-overdue",
                     matched=("on-overdue",), outcome={"raise_flags": ("overdue",)}),
        )
    )  # fmt: skip
    told = Message("T1/1", "T1", "requester", "sms", "hello", "", "", "x", "en", "tell-normal")
    timers = {
        "reminder": START + timedelta(hours=1),
        "closer": START + timedelta(hours=9),
        "later": START + timedelta(hours=3),
    }
    due = START + timedelta(hours=2)
    bodies = [
        (START, "requester", Submit("small", "web", Requester())),
        (START, "system", first),
        (START, "system", TargetsStarted((target(),))),
        (START, "system", TimersSet(timers)),
        (START, "system", MessagesQueued((told,))),
        (START + timedelta(hours=1), "agent:A1", Classify(priority="low", reason="told")),
        (START + timedelta(hours=1), "system", again),
        (START + timedelta(hours=1), "system", TimersCleared(("closer",))),
        (START + timedelta(hours=1), "system", TimersCleared(("reminder",))),
        (due, "system", TargetBreached("resolution", due)),
        (due, "system", overdue),
    ]
    return [
        Event("T1", version, at, actor, body)
        for version, (at, actor, body) in enumerate(bodies, start=1)
    ]


@pytest.fixture
def ticket(ruleset):
    breached = target(
        state="breached",
        pauses=((START + timedelta(minutes=30), START + timedelta(minutes=40)),),
        breached_at=START + timedelta(hours=2),
    )
    return Ticket(
        number="T1",
        line="small",
        channel="web",
        created_at=START,
        requester=Requester(),
        ruleset=ruleset.id,
        targets={"resolution": breached},
        timers={"later": START + timedelta(hours=3)},
    )


@pytest.fixture
def find(ruleset):
    return {ruleset.hash: ruleset}.get


@pytest.fixture
def start():
    return START
