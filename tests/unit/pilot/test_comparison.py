"""The pure parts of `ruledesk pilot compare`, and the second replay beside the first."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from multiprocessing.context import SpawnProcess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from ruledesk.errors import InvalidInput, Problem
from ruledesk.model.decision import Decision
from ruledesk.model.event import (
    Decided,
    Event,
    FlagsChanged,
    MessagesQueued,
    TargetBreached,
    TargetsCorrected,
)
from ruledesk.model.message import Message
from ruledesk.model.ticket import Requester, Status, Target, Ticket
from ruledesk.model.values import changed
from ruledesk.pilot.comparison import again
from ruledesk.pilot.comparison.again import Again, digests_of, replayed_beside, unlike
from ruledesk.pilot.comparison.changes import difference
from ruledesk.pilot.comparison.counting import SAMPLES, Counting
from ruledesk.pilot.comparison.course import Course, Promise, View, course_of
from ruledesk.pilot.comparison.numbers import Numbers
from ruledesk.pilot.comparison.refusals import RefusalCounting
from ruledesk.pilot.comparison.rulesets import cautions, fields_of, rule_states
from ruledesk.pilot.comparison.values import Pair
from ruledesk.pilot.result import Refusal
from ruledesk.pilot.values import Raw, Step
from ruledesk.rules.load import load_ruleset

START = datetime(2026, 11, 2, 1, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
SAMPLE = Path(__file__).parents[2] / "samples" / "rulesets" / "full.toml"


def decision(stage, rule, outcome, facts=None, hit="first", matched=None):
    names = (rule,) if matched is None and rule else matched or ()
    return Decision(stage, "r@1", "h", hit, rule, names, facts or {}, outcome)


def course(number="G1", decisions=(), messages=None, breached=None, last=None, raised=None, **view):
    first = View(**{"status": "new", "routed": view.get("team", ""), **view})
    return Course(
        number=number, line="l", created_at=START, first=first, last=last or first,
        decisions=tuple(decisions), raised=raised or {},
        rules=frozenset(one.rule for one in decisions),
        breached=breached or {}, messages=messages or {},
    )  # fmt: skip


def pair(old, new, name="t", at=START):
    return Pair(name, "", 1, at, old, new)


# -- numbers ------------------------------------------------------------------------------------


@pytest.fixture
def numbers():
    found = Numbers()
    found.add("G001", "G002")
    found.add("G002", "")
    found.add("20260312-CS-001", "X1")
    found.add("G003", "G003")
    return found


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("G001", "G002"),
        ("Re: [G001] 关于G001的问题", "Re: [G002] 关于G002的问题"),
        ("G0011 and xG001", "G0011 and xG001"),
        ("G002", "0000"),  # nobody's: the other desk's G002 is another ticket
        ("20260312-CS-001.", "X1."),
        ("ref/G001", "ref/G002"),
        ("G003", "G003"),
        ("", ""),
    ],
)
def test_numbers_are_words(numbers, text, translated):
    assert numbers.text(text) == translated


def test_numbers_anywhere_in_a_step(numbers):
    fields = {"into": "G001", "requester": {"name": "G001"}, "list": ["G001", 1], "rating": 5}
    subject = b64encode("答复 G001".encode()).decode()
    mail = f"Subject: =?utf-8?B?{subject}?= =?utf-8?q?G001_=3F?= =?x?b?!?=\r\n\r\n[G001] 好"
    raw = Raw(mail.encode() + b"\xff", "message/rfc822")
    step = Step(1, START, "0m", 1, do="receive", fields=fields, raw=raw)
    done = numbers.translated(step)
    assert done.fields == {
        "into": "G002", "requester": {"name": "G002"}, "list": ["G002", 1], "rating": 5
    }  # fmt: skip
    again_ = b64encode("答复 G002".encode()).decode()
    question = b64encode(b"G002 ?").decode()
    expected = f"Subject: =?utf-8?b?{again_}?= =?utf-8?b?{question}?= =?x?b?!?=\r\n\r\n[G002] 好"
    assert done.raw.content == expected.encode() + b"\xff"


def test_without_other_numbers_a_step_is_the_same():
    same = Numbers()
    same.add("G001", "G001")
    step = Step(1, START, "0m", 1, do="note", fields={"text": "G001"})
    assert same.translated(step) is step
    assert (same.counterpart("G001"), same.counterpart("G009")) == ("G001", "")


# -- courses ------------------------------------------------------------------------------------


def message(about, rule):
    return Message("G1/1", "G1", "requester", "sms", about, "1", "", "x", "en", rule)


def test_a_course_is_read_from_ticket_and_events():
    due = START + timedelta(hours=2)
    target = Target("response", "running", START, "2h", "", due, "soon")
    first = Ticket(
        "G1", "l", "web", START, Requester(), version=3, team="spilled", agent="A1",
        flags=frozenset({"b", "a"}), targets={"response": target, "wd": evolve(target, limit="3wd",
        calendar="business")},
    )  # fmt: skip
    last = changed(first, status=Status.CLOSED, version=8)
    route = decision("route", "to-it", {"team": "it"})
    bodies = [
        Decided((route, decision("dispatch", "least_loaded", {"team": "spilled"}, hit="plugin"))),
        FlagsChanged(("a",), rule="flag-it"),
        Decided((evolve(decision("priority", "", {"priority": "P2"}), incident="two matched"),)),
        Decided((decision("flags", "x+y", {"flags": ("a",)}, hit="collect", matched=("x", "y")),)),
        TargetBreached("response", due),
        TargetBreached("update", due),
        TargetsCorrected((), ("update",)),
        MessagesQueued((message("hello", "tell"), message("hello", "tell"))),
    ]
    events = [Event("G1", n, START, "system", body) for n, body in enumerate(bodies, 1)]
    found = course_of(first, last, events)
    assert (found.first.team, found.first.routed, found.first.flags) == (
        "spilled",
        "it",
        ("a", "b"),
    )
    assert found.first.targets["wd"] == Promise("3wd business", due)
    assert found.last.status == "closed"
    assert [one.stage for one in found.decisions] == ["route", "dispatch", "priority"]
    assert found.raised == {"a": "flag-it"}
    assert found.rules == {"to-it", "priority: default", "x", "y", "tell"}
    assert found.breached == {"response": 1}
    assert found.messages == {"hello": 2}
    assert found.incidents == {"priority: two matched"}


def test_a_deleted_ticket_ends_so():
    first = Ticket("G1", "l", "web", START, Requester(), version=1)
    assert course_of(first, None, ()).last.status == "deleted"


# -- differences --------------------------------------------------------------------------------


def test_the_same_is_the_same():
    assert difference(course(team="it"), course(team="it", number="G2")).extent == "same"


def test_a_change_says_rules_and_the_facts_that_they_read():
    old = course(
        priority="P1",
        decisions=[decision("priority", "high", {"priority": "P1"}, {"urgency": "h", "loss": 5})],
    )
    new = course(
        priority="P2",
        decisions=[decision("priority", "", {"priority": "P2"}, {"urgency": "h", "x": 1})],
    )
    found = difference(old, new, {"high": {"urgency"}}, {})
    (change,) = found.changes
    assert found.extent == "decided"
    assert (change.field, change.old.value, change.new.value) == ("priority", "P1", "P2")
    assert change.old.rules == ("high",)
    assert change.new.rules == ("priority: default",)
    # What the rule of one side read is told of the other, too; what no rule read is not.
    assert change.old.facts == change.new.facts == {"urgency": "h"}


def test_flags_name_all_that_raised_them():
    both = decision("flags", "x+y", {"flags": ("a",)}, hit="collect")
    old = course(flags=("a", "b"), raised={"b": "react"}, decisions=[both])
    (change,) = difference(old, course()).changes
    assert (change.old.value, change.new.value) == ("a+b", "")
    assert change.old.rules == ("x", "y", "react")
    assert change.new.rules == ()


@pytest.mark.parametrize(
    ("old", "new", "sooner"),
    [(2, 1, True), (1, 2, False), (None, 1, None), (1, None, None)],
)
def test_targets(old, new, sooner):
    def with_target(hours):
        due = START + timedelta(hours=hours or 0)
        return course(targets={"response": Promise(f"{hours}h", due)} if hours else {})

    found = difference(with_target(old), with_target(new))
    (change,) = found.changes
    assert (change.field, change.sooner) == ("targets.response", sooner)


def test_a_spill_over_is_dispatchs_choice_and_not_the_rules():
    old = course(team="it", agent="A1", routed="it")
    new = course(team="sales", agent="B1", routed="it", messages={"assigned": 2})
    assert difference(old, new).extent == "handler"
    closed = evolve(new, last=evolve(new.last, status="closed"))
    assert difference(old, closed).extent == "later"


def test_what_comes_later():
    old = course(team="it", agent="A1", messages={"a": 1, "b": 1})
    new = evolve(old, messages={"a": 1, "b": 2}, breached={"response": 1})
    found = difference(old, new)
    assert found.extent == "later"
    assert found.ends == {"breached": ("", "response"), "messages": ("b 1", "b 2")}


# -- counting -----------------------------------------------------------------------------------


def test_counts_of_pairs():
    counting = Counting(ZONE, {"low": "", "high": "changed", "gone": "removed"})
    late = START + timedelta(days=6, hours=20)  # Monday in Shanghai, Sunday in UTC
    p1 = course(priority="P1", team="it", agent="A1", decisions=[
        decision("priority", "high", {"priority": "P1"})], messages={"m": 2},
        breached={"response": 2})  # fmt: skip
    p2 = course(priority="P2", team="it", agent="A2", decisions=[
        decision("priority", "low", {"priority": "P2"})], messages={"m": 1})  # fmt: skip
    for number in range(SAMPLES + 2):
        counting.add(pair(p1, p2, f"t{number}"))
    counting.add(pair(p2, p2, at=late))
    counting.add(pair(p2, None, "refused", late))
    counting.add(pair(None, p2, "taken", late))
    found = counting.counts()
    assert found.tickets.scanned == SAMPLES + 5
    assert (found.tickets.decided, found.tickets.same) == (SAMPLES + 2, 1)
    assert (found.tickets.refused, found.tickets.taken) == (1, 1)
    assert found.tickets.changed == SAMPLES + 4
    assert found.fields == {"priority": SAMPLES + 2}
    (matrix,) = (m for m in found.matrices if (m.field, m.moment) == ("priority", "first"))
    assert [(c.old, c.new, c.tickets) for c in matrix.cells] == [("P1", "P2", 5), ("P2", "P2", 1)]
    assert [sample.name for sample in matrix.cells[0].samples] == ["t0", "t1", "t2"]
    assert matrix.changed == matrix.cells[:1]
    assert [(one.name, one.old, one.new) for one in found.agents] == [("A1", 5, 0), ("A2", 2, 7)]
    hits = {one.rule: (one.state, one.old, one.new, one.only_old, one.only_new)
            for one in found.rules}  # fmt: skip
    assert hits == {
        "low": ("", 2, 7, 0, 5), "high": ("changed", 5, 0, 5, 0), "gone": ("removed", 0, 0, 0, 0)
    }  # fmt: skip
    assert [(one.template, one.old, one.new) for one in found.messages] == [("m", 12, 7)]
    (target,) = found.targets
    assert (target.breached_old, target.breached_only_old, target.breached_new) == (5, 5, 0)
    assert [(str(w.monday), w.tickets, w.decided, w.refused) for w in found.weeks] == [
        ("2026-11-02", 5, 5, 0), ("2026-11-09", 3, 0, 1),
    ]  # fmt: skip
    assert found.weeks[0].percent == 100.0
    assert [one.extent for one in found.differing] == ["decided"] * 5 + ["refused", "taken"]


def test_the_same_limit_due_at_another_time_is_a_changed_cell():
    counting = Counting(ZONE, {})
    old = course(targets={"r": Promise("1wd", START)})
    new = course(targets={"r": Promise("1wd", START + timedelta(days=1))})
    counting.add(pair(old, new))
    counting.add(pair(old, old))
    (matrix,) = (m for m in counting.counts().matrices if m.field == "targets.r")
    assert [(c.old, c.new, c.moved) for c in matrix.changed] == [("1wd", "1wd", "later")]
    assert len(matrix.cells) == 2


def test_refusals_by_side_and_reason():
    counting = RefusalCounting()
    order = Refusal("l", "submit", (Problem("is required", "必填", "order"),))
    other = Refusal("l", "submit", (Problem("is required", "必填", "colour"),))
    counting.add(("a", 1), None, order)
    counting.add(("b", 2), None, other)
    counting.add(("c", 3), None, order)
    counting.add(("d", 4), order, None)
    counting.add(("e", 5), order, other)
    counting.add(("f", 6), None, None)
    counting.lost()
    counting.stood_in()
    found = counting.refusals()
    assert [(one.problem.field, one.steps, one.first) for one in found.by_new] == [
        ("order", 2, ("a", 1)), ("colour", 1, ("b", 2)),
    ]  # fmt: skip
    assert [(one.steps, one.first) for one in found.by_old] == [(1, ("d", 4))]
    assert (found.both, found.lost, found.stood_in) == (1, 1, 1)


# -- rulesets -----------------------------------------------------------------------------------


@pytest.fixture
def overlaid(tmp_path):
    def made(overlay):
        path = tmp_path / "overlay.toml"
        head = f'[ruleset]\nname = "overlay"\nversion = "1.0.0"\nextends = "{SAMPLE}"\n'
        path.write_text(head + overlay, "utf-8")
        return load_ruleset(path, find=lambda name, _where="": Path(name))

    return made


def test_rules_that_differ_on_paper(overlaid):
    plain = overlaid("")
    assert not any(rule_states(plain, plain).values())
    first = plain.stages[0]
    rule, limits = first.rules[0].name, next(iter(plain.targets.values()))
    reaction = plain.reactions[0].name
    other = overlaid(f"""
[[stages.{first.name}.rules]]
name = "{rule}"
off = true
[[stages.route.rules]]
name = "new-one"
when = 'channel == "phone"'
set = {{ team = "it" }}
[targets.{limits.name}]
warn = 0.123
[[reactions]]
name = "{reaction}"
off = true
""")
    states = {name: state for name, state in rule_states(plain, other).items() if state}
    expected = {limit.name: "changed" for limit in limits.limits}
    expected |= {rule: "removed", "new-one": "added", reaction: "removed"}
    assert states == expected


def test_fields_that_no_ticket_has_and_windows_that_are_cut(overlaid):
    plain = overlaid("")
    other = overlaid("""
[fields.colour]
kind = "text"
[correlations.mine]
key = ["requester.id"]
window = "7d"
when = "True"
""")
    given = set(plain.form)
    ages = [(START + timedelta(days=day), START) for day in (0, 6, 7, 40)]
    found = {one.text.en for one in cautions(plain, other, given, ages)}
    assert "no ticket of the recording has the field custom.colour" in found
    (cut,) = (text for text in found if "counts.mine" in text)
    assert "too late for the 7d of counts.mine: for 2 of 4 tickets" in cut
    assert not [c for c in cautions(plain, plain, given, [ages[-1]]) if c.code == "field-absent"]


def test_fields_of_a_ticket(ticket):
    found = fields_of(ticket)
    assert {"requester.name", "requester.phone", "affected_users", "custom.model"} <= found
    assert not {"requester.email", "subject"} & found


# -- the second replay --------------------------------------------------------------------------


def test_digests_are_by_ticket_and_in_order():
    events = [Event("G1", 1, START, "system", FlagsChanged(("a",))),
              Event("G2", 1, START, "system", FlagsChanged(("a",))),
              Event("G1", 2, START, "system", FlagsChanged(("b",)))]  # fmt: skip
    one = digests_of(events)
    assert set(one) == {"G1", "G2"}
    assert unlike([one], [digests_of(events)]) == ()
    other = digests_of([events[2], events[1], events[0]])
    assert unlike([one], [other]) == ("G1",)
    assert unlike([one, one], [one]) == ("G1", "G2")


def test_where_the_other_process_fails_this_one_replays(monkeypatch, tmp_path):
    nothing = Again((tmp_path / "none.jsonl",), None, "", "l")
    with replayed_beside(nothing) as second, pytest.raises(InvalidInput):
        second()
    monkeypatch.setattr(again, "replay", lambda _: [{"G1": "x"}])
    with replayed_beside(nothing) as second:
        assert second() == [{"G1": "x"}]


def test_where_no_other_process_can_be_started_this_one_replays(monkeypatch, tmp_path):
    def full(_: SpawnProcess) -> None:
        raise BlockingIOError

    monkeypatch.setattr(SpawnProcess, "start", full)
    monkeypatch.setattr(again, "replay", lambda _: [{"G1": "x"}])
    with replayed_beside(Again((tmp_path / "none.jsonl",), None, "", "l")) as second:
        assert second() == [{"G1": "x"}]
