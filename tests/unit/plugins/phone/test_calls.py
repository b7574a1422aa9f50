"""Events of a telephone system, in and out of order."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from urllib.parse import urlencode

import pytest

from ruledesk import CallSeen, Ignored, RawInput, Refused, Settings
from ruledesk.model.ticket import Call
from ruledesk.testing.doubles import NOON, FakeChannelContext
from ruledesk_plugins.phone.channel import PhoneChannel

pytestmark = pytest.mark.requirement("D3")

FORM = "application/x-www-form-urlencoded"
SAMPLES = Path(__file__).parents[3] / "samples" / "phone"


def at(seconds):
    return NOON + timedelta(seconds=seconds)


class Line:
    """A desk that remembers what the channel says of calls."""

    def __init__(self):
        self.channel = PhoneChannel(Settings(where="desk.toml: channels.phone"))
        self.calls = {}
        self.missed = 0

    def raw(self, content, kind=FORM, now=NOON):
        context = FakeChannelContext(now=now, calls=self.calls)
        intake = self.channel.receive(RawInput(content, kind), context)
        for item in intake:
            if isinstance(item, CallSeen):
                self.calls[item.call.id] = (item.call, "")
                self.missed += item.missed
        return intake

    def event(self, event, now=0, **values):
        named = {"event": event, "callId": "c1", **values}
        return self.raw(urlencode(named).encode(), now=at(now))

    @property
    def call(self):
        return self.calls["c1"][0]


@pytest.fixture
def line():
    return Line()


def test_a_call_that_is_answered(line):
    line.event("newCall", 0, **{"from": "13800000001", "to": "4001"})
    (seen,) = line.event("answer", 8, user="CS001")
    assert seen.agent == "CS001"
    line.event("hangup", 68, cause="normalClearing")
    assert line.call == Call("c1", "13800000001", at(0), at(8), at(68))
    assert (line.call.waiting_seconds, line.call.talking_seconds) == (8, 60)
    assert line.missed == 0


def test_a_call_that_nobody_answers_is_missed_once(line):
    line.event("newCall", 0, **{"from": "13800000001"})
    (seen,) = line.event("hangup", 30, cause="cancel")
    assert seen == CallSeen(Call("c1", "13800000001", at(0), None, at(30)), missed=True)
    (again,) = line.event("hangup", 31, cause="cancel")
    assert isinstance(again, Ignored)
    assert again.source == "call:c1"
    assert line.missed == 1


@pytest.mark.parametrize("cause", ["forwarded", "FORWARDED"])
def test_a_call_that_goes_on_elsewhere_is_not_missed(line, cause):
    line.event("newCall", 0)
    line.event("hangup", 5, cause=cause)
    assert line.missed == 0


@pytest.mark.parametrize("order", list(permutations(["newCall", "answer", "hangup"])))
def test_any_order_with_times_gives_the_same_call(line, order):
    times = {"newCall": 0, "answer": 5, "hangup": 60}
    for event in order:
        line.event(event, 100, timestamp=at(times[event]).isoformat(), **{"from": "138"})
        line.event(event, 101, timestamp=at(times[event]).isoformat(), **{"from": "138"})
    assert line.call == Call("c1", "138", at(0), at(5), at(60))
    assert line.missed == (order.index("hangup") < order.index("answer"))


def test_any_order_without_times_keeps_ring_answer_end(line):
    line.event("hangup", 1)
    line.event("answer", 2)
    line.event("newCall", 3)
    assert line.call.started_at == line.call.answered_at == line.call.ended_at == at(1)


def test_an_answer_alone_makes_the_call(line):
    (seen,) = line.event("answer", 3, agent="CS002", **{"from": "138"})
    assert seen == CallSeen(Call("c1", "138", None, at(3)), "CS002")


@pytest.mark.parametrize("event", ["newCall", "answer", "hangup"])
def test_a_repeated_event_says_nothing_new(line, event):
    line.event("newCall", 0)
    line.event("answer", 1)
    line.event(event, 2)
    (again,) = line.event(event, 3)
    assert isinstance(again, Ignored)
    assert event in again.reason


def test_a_time_before_the_start_is_moved_and_noted(line):
    line.event("newCall", 10)
    seen, note = line.event("answer", 20, at=at(-60).isoformat())
    assert seen.call.answered_at == at(10)
    assert isinstance(note, Ignored)
    assert "contradicts" in note.reason


@pytest.mark.parametrize(
    "given", ["soon", "2026-11-02T12:00:00", "nan", "9" * 30, "2999-01-01T00:00Z"]
)
def test_a_time_that_cannot_be_used_is_the_desks_and_noted(line, given):
    seen, note = line.event("newCall", 7, at=given)
    assert seen.call.started_at == at(7)
    assert "clock" in note.reason


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-02T12:00:00+08:00",
        "2026-11-02T04:00:00Z",
        NOON.timestamp(),
        NOON.timestamp() * 1000,
    ],
)
def test_times_in_every_form(line, given):
    (seen,) = line.event("newCall", 9, timestamp=given)
    assert seen.call.started_at == NOON


@pytest.mark.parametrize("name", ["callId", "call_id", "callid", "CallID", "call-id"])
def test_names_of_the_call(line, name):
    body = json.dumps({"event": "newcall", name: 81}).encode()
    (seen,) = line.raw(body, "application/json")
    assert seen.call.id == "81"


@pytest.mark.parametrize("number", ["anonymous", "Unknown", "", "private"])
def test_a_withheld_number_is_none(line, number):
    line.event("newCall", 0, **{"from": number})
    assert line.call.caller == ""


def test_an_outgoing_call_is_ignored(line):
    for event in ("newCall", "answer", "hangup"):
        (intake,) = line.event(event, 0, direction="out")
        assert isinstance(intake, Ignored)
    assert line.calls == {}


@pytest.mark.parametrize(
    ("values", "agent"),
    [
        ({"user": "CS1", "answeringNumber": "41"}, "CS1"),
        ({"answeringNumber": "41"}, "41"),
        ({"user[]": "CS1"}, "CS1"),
        ({"agent": "CS2", "user": "CS1"}, "CS2"),
        ({}, ""),
    ],
)
def test_who_answered(line, values, agent):
    (seen,) = line.event("answer", 0, **values)
    assert seen.agent == agent


def test_who_could_answer_is_not_who_answered(line):
    (seen,) = line.event("newCall", 0, user="CS1")
    assert seen.agent == ""


def test_the_samples_are_one_call(line):
    for path in ("new_call.form", "answer.json", "hangup.form"):
        line.raw((SAMPLES / path).read_bytes(), "application/json" if "json" in path else FORM)
    call = line.calls["c-81"][0]
    assert call.caller == "13800000001"
    assert call.waiting_seconds == 8
    assert call.talking_seconds is not None


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("content", "kind", "field"),
    [
        (b"event=ring&callId=1", FORM, "event"),
        (b"callId=1", FORM, "event"),
        (b"event=newCall", FORM, "callId"),
        (b"event=newCall&callId=%20", FORM, "callId"),
        (b"event=newCall&callId=" + b"x" * 300, FORM, "callid"),
        (b"event=newCall&callId=a%00b", FORM, "callid"),
        (b'{"event": "newCall", "callId": "\\ud800"}', "application/json", "callid"),
        (b'{"event": "newCall", "callId": true}', "application/json", "callId"),
        (b'{"event": ["newCall"', "application/json", ""),
        (b"[]", "application/json", ""),
        (b"[" * 60_000, "application/json", ""),
        (b'{"event": ' + b"9" * 6000 + b"}", "application/json", ""),
        (b"\xff", FORM, ""),
        (b"", FORM, "event"),
        (b"a=1&" * 200, FORM, ""),
        (b"x" * 70_000, FORM, ""),
    ],
    ids=range(16),
)
def test_what_is_no_event_is_refused(line, content, kind, field):
    with pytest.raises(Refused) as refused:
        line.raw(content, kind)
    (problem,) = refused.value.problems
    assert problem.field == field
    assert problem.en
    assert problem.zh
    refused.value.text().encode()
