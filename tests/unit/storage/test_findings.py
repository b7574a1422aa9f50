"""What differs is named down to the smallest part, and told in both languages."""

from datetime import UTC, datetime, timedelta

from attrs import evolve

from ruledesk.errors import ABSENT, Problem
from ruledesk.model.ticket import Link, Plan, Target
from ruledesk.storage.findings import Finding, differing, of_problem
from ruledesk.testing.samples import sample_ticket

AT = datetime(2026, 3, 1, tzinfo=UTC)
TARGET = Target("response", "running", AT, "2h", "", AT, "r")


def test_equal_values_do_not_differ():
    ticket = sample_ticket("T1", targets={"response": TARGET})
    assert list(differing(ticket, evolve(ticket))) == []


def test_parts_of_a_target():
    one = sample_ticket("T1", targets={"response": TARGET})
    late = evolve(TARGET, due=AT + timedelta(hours=1))
    other = sample_ticket("T1", targets={"response": late, "view": TARGET}, team="it")
    assert list(differing(one, other)) == [
        ("team", "", "it"),
        ("targets.response.due", AT, late.due),
        ("targets.view", ABSENT, TARGET),
    ]


def test_what_is_there_only_once():
    plan = Plan("c", "s", None, "agent:A1")
    one, other = sample_ticket("T1", plan=plan), sample_ticket("T1", links=(Link("T2", "x"),))
    assert [path for path, *_ in differing(one, other)] == ["plan", "links"]


def test_text_and_data():
    finding = Finding(
        "ticket", "T1", "is wrong", "有误", "T1", field="flags", stored=frozenset({"b", "a"}),
        expected=AT,
    )  # fmt: skip
    assert finding.text("en") == (
        "ticket T1, flags: is wrong; stored: ['a', 'b']; should be: 2026-03-01T00:00:00+00:00"
    )
    assert finding.text("zh") == (
        "工单 T1，flags: 有误；现为 ['a', 'b']；应为 2026-03-01T00:00:00+00:00"
    )
    assert finding.to_dict() == {
        "kind": "ticket",
        "key": "T1",
        "ticket": "T1",
        "event": None,
        "field": "flags",
        "message_en": "is wrong",
        "message_zh": "有误",
        "stored": "['a', 'b']",
        "expected": "2026-03-01T00:00:00+00:00",
    }


def test_a_message_names_its_ticket_and_event():
    finding = Finding("delivery", "T1/2", "is lost", "丢失", "T1", 5)
    assert finding.text("en") == "message T1/2, event 5: is lost"
    assert evolve(finding, event=0).text("en") == "message T1/2, ticket T1: is lost"


def test_what_a_store_expects_is_shown_as_it_says_it():
    found = of_problem(Problem("is wrong", "有误", "counters/new", 10, ("9",)))
    assert found.text("en") == "store counters/new: is wrong; stored: 10; should be: 9"
    assert found.to_dict()["expected"] == "9"
