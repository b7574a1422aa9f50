from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.pilot.check import check
from ruledesk.pilot.entry import Entry, Source
from ruledesk.pilot.expectations import read_expectations
from ruledesk.pilot.fields import UnknownFieldError, kind_of, read_field

START = datetime(2026, 11, 2, 1, tzinfo=UTC)


def read(expect):
    source = Source(Path("x.yaml"))
    expectations = read_expectations(Entry(expect, source, ("expect",)), START)
    source.raise_problems()
    return expectations


@pytest.fixture
def wrong(ticket):
    """Name what does not hold of the ticket."""

    def _wrong(expect, messages=(), resolve=str):
        (expectation,) = read(expect)
        return [(m.key, m.actual) for m in check(expectation, ticket, messages, resolve)]

    return _wrong


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("status", "text"),
        ("requester.name", "text"),
        ("targets.response.due", "time"),
        ("targets.anything.state", "text"),
        ("targets.response.paused_seconds", "number"),
        ("tasks.1.answer", "text"),
        ("tasks.1.open", "boolean"),
        ("plan.eta", "time"),
        ("plan.approval", "text"),
        ("links", "links"),
        ("flags", "set"),
        ("custom.model", "any"),
        ("scores.speed", "number"),
        ("call.waiting_seconds", "number"),
        ("loss", "number"),
        ("resumes", "text"),
        ("targets", "group"),
        ("tasks", "list"),
    ],
)
def test_every_field_of_the_contract_has_a_kind(key, kind):
    assert kind_of(key) == kind


@pytest.mark.parametrize(
    ("key", "accepted"),
    [
        ("statos", "status"),
        ("requester.nam", "requester.name"),
        ("targets.response.du", "targets.response.due"),
        ("tasks.0.answer", "tasks.1"),
        ("tasks.first", "tasks.1"),
        ("flags.x", "flags"),
        ("custom.a.b", "custom.a"),
    ],
)
def test_unknown_fields_get_a_suggestion(key, accepted):
    with pytest.raises(UnknownFieldError) as caught:
        kind_of(key)
    assert accepted in caught.value.accepted


def test_what_is_not_there_reads_as_none(ticket):
    for key in ("targets.none.due", "tasks.2.answer", "call.id", "custom.none", "scores.a"):
        assert read_field(ticket, key) is None


@pytest.mark.parametrize(
    "expect",
    [
        {"status": "in_progress"},
        {"requester.name": "Zhang"},
        {"requester": {"name": "Zhang", "phone": "13800000001"}},
        {"targets.response.due": "2026-11-02T11:00:00+08:00"},
        {"targets.response.due": "2026-11-02T03:00:00Z"},
        {"targets.response.due": "2h"},
        {"targets": {"response": {"state": "running"}}},
        {"flags": ["vague", "overdue"]},
        {"flags": {"contains": "overdue"}},
        {"flags": {"contains": ["overdue", "vague"]}},
        {"affected_users": 3},
        {"loss": 12.5},
        {"loss": {"at_least": 12, "at_most": 13}},
        {"tasks.1.answer": "done"},
        {"tasks.1.answer": {"any_of": ["done", "no"]}},
        {"team": {"any_of": ["it", None]}},
        {"closed_at": {"any_of": [None, "1h"]}},
        {"status": {"any_of": [None, "in_progress"]}},
        {"tasks.2": {"absent": True}},
        {"tasks": {"absent": False}},
        {"plan.eta": {"before": "3d", "after": "2026-11-03T00:00:00Z"}},
        {"plan.eta": {"at_least": "1d"}},
        {"closed_at": {"absent": True}},
        {"closed_at": None},
        {"team": ""},
        {"number": {"matches": "^G[0-9]+$"}},
        {"number": {"contains": "1"}},
        {"links": ["G2", {"other": "G3", "kind": "related"}]},
        {"links": {"contains": {"kind": "duplicate"}}},
        {"custom.model": "X-1"},
        {"custom": {"count": {"at_least": 4}}},
        {"custom.bought": "2026-11-02T09:00:00+08:00"},
        {"custom.bought": {"before": "1m"}},
        {"custom.safe": True},
        {"call": {"absent": True}},
        {},
    ],
)
def test_what_holds(wrong, expect):
    assert wrong(expect) == []


@pytest.mark.parametrize(
    ("expect", "key", "actual"),
    [
        ({"status": "closed"}, "status", "in_progress"),
        ({"requester": {"name": "Li"}}, "requester.name", "Zhang"),
        ({"flags": ["vague"]}, "flags", {"vague", "overdue"}),
        ({"flags": []}, "flags", {"vague", "overdue"}),
        ({"flags": {"contains": "supervised"}}, "flags", {"vague", "overdue"}),
        ({"affected_users": {"at_least": 4}}, "affected_users", 3),
        ({"targets.response.due": "1h"}, "targets.response.due", START + timedelta(hours=2)),
        ({"targets.none.state": "met"}, "targets.none.state", None),
        ({"targets.none.due": {"before": "9d"}}, "targets.none.due", None),
        ({"tasks.1.open": False}, "tasks.1.open", True),
        ({"links": ["G2"]}, "links", ...),
        ({"links": {"contains": "G9"}}, "links", ...),
        ({"custom.safe": 1}, "custom.safe", True),
        ({"custom.count": "4"}, "custom.count", 4),
        ({"custom.model": {"before": "1d"}}, "custom.model", "X-1"),
        ({"custom.bought": "yesterday"}, "custom.bought", START),
        ({"requester.name": {"absent": True}}, "requester.name", "Zhang"),
        ({"team": {"absent": False}}, "team", ""),
        ({"team": {"matches": "."}}, "team", ""),
        ({"team": {"any_of": ["it"]}}, "team", ""),
        ({"status": {"any_of": [None, "closed"]}}, "status", "in_progress"),
    ],
)
def test_what_does_not_hold(wrong, expect, key, actual):
    ((found, value),) = wrong(expect)
    assert found == key
    assert actual is ... or value == actual


def test_links_are_named_as_the_scenario_names_tickets(wrong):
    numbers = {"t2": "G2", "t3": "G3"}
    assert wrong({"links": ["t2", {"other": "t3"}]}, resolve=lambda n: numbers.get(n, n)) == []


@pytest.mark.parametrize(
    ("expect", "where", "what", "accepted"),
    [
        ({"statos": "x"}, "expect.statos", "unknown expectation", "status"),
        ({"sendt": []}, "expect.sendt", "unknown expectation", "sent"),
        ({"targets.response.du": "x"}, "expect.targets.response.du", "unknown", "due"),
        ({"targets": {"response": {"du": "x"}}}, "expect.targets.response.du", "unknown", "due"),
        ({"status": 3}, "expect.status", "wrong type", "text"),
        ({"affected_users": "3"}, "expect.affected_users", "wrong type", "number"),
        ({"affected_users": True}, "expect.affected_users", "wrong type", "number"),
        ({"plan": "x"}, "expect.plan", "wrong type", "absent: true"),
        ({"flags": [1]}, "expect.flags", "wrong type", "words"),
        ({"plan.eta": "soon"}, "expect.plan.eta", "not a time", "+08:00"),
        ({"plan.eta": "2026-11-02T09:00"}, "expect.plan.eta", "offset from UTC", "+08:00"),
        ({"status": {"at_leest": 3}}, "expect.status.at_leest", "unknown operator", "any_of"),
        ({"loss": {"at_leest": 3}}, "expect.loss.at_leest", "unknown operator", "at_least"),
        ({"status": {"at_least": 3}}, "expect.status.at_least", "does not apply", "matches"),
        ({"status": {}}, "expect.status", "nothing to compare", "any_of"),
        ({"number": {"matches": "["}}, "expect.number.matches", "regular expression", ""),
        ({"number": {"any_of": "G1"}}, "expect.number.any_of", "wrong type", "list"),
        ({"team": {"absent": "yes"}}, "expect.team.absent", "wrong type", "true or false"),
        ({"sent": [{"too": "requester"}]}, "expect.sent[1].too", "unknown key", "to"),
        ({"sent": {"to": "Li"}}, "expect.sent.to", "unknown recipient", "agent:<id>"),
        ({"sent": {"via": "fax"}}, "expect.sent.via", "unknown way", "sms"),
        ({"sent": ["x"]}, "expect.sent[1]", "wrong type", "mapping"),
        ({"sent": {"times": "2"}}, "expect.sent.times", "wrong type", "whole number"),
        ({"received": "tiket"}, "expect.received", "unknown word", "ticket"),
        ("closed", "expect", "wrong type", "mapping"),
    ],
)
@pytest.mark.requirement("F4", "F5")
def test_what_cannot_be_checked_is_unusable(expect, where, what, accepted):
    with pytest.raises(InvalidInput) as caught:
        read(expect)
    (problem,) = caught.value.problems
    assert problem.field == f"x.yaml:1: {where}"
    assert what in problem.en
    assert problem.zh
    assert accepted in ", ".join(problem.accepted)


def test_messages(wrong, message):
    sent = (
        message(),
        message(to="agent:A100", via="message", about="overdue", on_behalf="role:supervisor"),
        message(to="agent:A101", via="message", about="overdue", on_behalf="team:it"),
    )
    for entry in (
        {"to": "requester"},
        {"to": "requester", "via": "sms", "about": "received"},
        {"to": "agent:A100"},
        {"to": "role:supervisor", "about": "overdue"},
        {"to": "team:it"},
        {"about": "overdue", "times": 2},
        {"to": "requester", "text": "Thank"},
        {"to": "role:director", "times": 0},
    ):
        assert wrong({"sent": [entry]}, sent) == [], entry
    for entry in (
        {"to": "requester", "via": "email"},
        {"to": "role:director"},
        {"about": "overdue", "times": 1},
        {"text": "nowhere"},
    ):
        assert [key for key, _ in wrong({"sent": [entry]}, sent)] == ["sent"], entry
        assert wrong({"not_sent": [{k: v for k, v in entry.items() if k != "times"}]}, ()) == []
    ((key, actual),) = wrong({"not_sent": [{"to": "team:it"}]}, sent)
    assert key == "not_sent"
    assert actual == [{"to": "agent:A101 (team:it)", "via": "message", "about": "overdue"}]


def test_expectations_for_several_tickets():
    first, second = read([{"ticket": "a", "status": "new"}, {"ticket": "b", "sent": []}])
    assert (first.ticket, second.ticket) == ("a", "b")
